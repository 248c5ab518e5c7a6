// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "jf_g711.h"
#include "jf_g722.h"
#include "jf_pcm.h"

#define PARTIES   4u
#define HEARD_MAX (8000u * 30)

/* Each party says a tone of its own, whatever it hears. */
static const double tones[PARTIES] = {500, 900, 1300, 1700};

struct party {
	uint8_t codec;
	uint8_t ptime_ms;
	bool talks;
	uint16_t sequence;
	uint32_t spoken; /* samples */
	struct jf_g722_encoder encoder;
	struct jf_g722_decoder decoder;
	/* what it was sent */
	uint32_t packets, marked, wrong;
	uint16_t last_sequence;
	uint32_t last_timestamp, last_length, ssrc;
	uint32_t n; /* samples */
	int16_t heard[HEARD_MAX];
};

static struct party parties[PARTIES];

static int with_parties(void **state)
{
	int result = jf_lab_make(state);
	struct jf_lab *lab = *state;

	jf_pcm_init();
	memset(parties, 0, sizeof(parties));
	for (uint32_t i = 0; i < PARTIES; i++) {
		parties[i].talks = true;
		parties[i].ptime_ms = 20;
		jf_g722_encoder_init(&parties[i].encoder, JF_G722_NARROW);
		jf_g722_decoder_init(&parties[i].decoder, JF_G722_NARROW);
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	return result;
}

static void speaks(struct jf_lab *lab, uint32_t index, uint8_t codec, uint8_t ptime_ms)
{
	struct jf_command command = jf_lab_remote_of(index);

	command.remote.codec = codec;
	command.remote.rx_audio_type = command.remote.tx_audio_type = codec;
	command.remote.ptime_ms = ptime_ms;
	assert_int_equal(jf_lab_command(lab, command), 0);
	parties[index].codec = codec;
	parties[index].ptime_ms = ptime_ms;
}

/* The listener's row: sources as digits, each with the gain. */
static int mix_with_gain(struct jf_lab *lab, uint32_t listener, const char *sources, int8_t gain_db)
{
	static uint32_t mix_id = 1;
	struct jf_command command = {
	        .type = JF_COMMAND_MIX, .endpoint = {listener, 1}, .mix = {.mix_id = mix_id++}};

	for (; *sources; sources++) {
		command.mix.gain_db[command.mix.count] = gain_db;
		command.mix.sources[command.mix.count++] =
		        (struct jf_endpoint_ref){(uint32_t)(*sources - '0'), 1};
	}
	return jf_lab_command(lab, command);
}

static void mix(struct jf_lab *lab, uint32_t listener, const char *sources)
{
	assert_int_equal(mix_with_gain(lab, listener, sources, 0), 0);
}

/* ---- Talking and hearing ------------------------------------------------------------------- */

static void say(struct jf_lab *lab, uint32_t index)
{
	struct party *party = &parties[index];
	struct jf_lab_frame frame = jf_lab_from(index, party->sequence, party->spoken);
	int16_t samples[160];
	uint8_t octets[160];

	for (uint32_t i = 0; i < 160; i++)
		samples[i] = (int16_t)lrint(
		        4000 * sin(2 * M_PI * tones[index] * (party->spoken + i) / 8000));
	if (party->codec == JF_CODEC_G722)
		jf_g722_encode(&party->encoder, samples, 160, octets);
	else
		jf_g711_encode_block((enum jf_law)party->codec, samples, 160, octets);
	frame.payload = octets;
	frame.payload_type = party->codec;
	jf_lab_receive(lab, &frame);
}

static void hear(const struct jf_lab_frame *frame, const uint8_t *payload)
{
	uint32_t index = (uint32_t)(frame->target_port - 40000) / 2;
	struct party *party = &parties[index];
	int16_t *at = party->heard + party->n;
	uint32_t step = frame->timestamp - party->last_timestamp;

	assert_true(index < PARTIES);
	if (party->packets++) {
		party->wrong += frame->ssrc != party->ssrc;
		party->wrong += frame->sequence != (uint16_t)(party->last_sequence + 1);
		/* at the beginning of a part the time that has passed, within it exactly that */
		party->wrong += frame->marker ? step > 4000 : step != party->last_length;
	}
	party->wrong += frame->payload_type != party->codec;
	party->marked += frame->marker;
	party->ssrc = frame->ssrc;
	party->last_sequence = frame->sequence;
	party->last_timestamp = frame->timestamp;
	party->last_length = frame->payload_length;
	if (party->n + frame->payload_length > HEARD_MAX)
		return;
	if (party->codec == JF_CODEC_G722)
		jf_g722_decode(&party->decoder, payload, frame->payload_length, at);
	else
		jf_g711_decode_block((enum jf_law)party->codec, payload, frame->payload_length, at);
	party->n += frame->payload_length;
}

static void pass(struct jf_lab *lab, uint32_t ms)
{
	struct jf_lab_frame frame;
	uint8_t payload[1500];

	for (uint32_t t = 0; t < ms; t++) {
		uint64_t now_ms;

		lab->path.now_ns += JF_LAB_MS;
		now_ms = lab->path.now_ns / JF_LAB_MS;
		for (uint32_t i = 0; i < PARTIES; i++) {
			if (now_ms % 20 != 3 * i)
				continue;
			if (parties[i].talks)
				say(lab, i);
			parties[i].sequence++;
			parties[i].spoken += 160;
		}
		jf_path_play(&lab->path);
		jf_path_mix_out(&lab->path);
		while (jf_lab_sent(lab, &frame, payload))
			hear(&frame, payload);
	}
}

/* How loud a tone is in the last second that the party heard: dB of full scale's sine. */
static double loudness(uint32_t listener, double hz)
{
	const struct party *party = &parties[listener];
	uint32_t n = party->n < 8000 ? party->n : 8000;
	const int16_t *at = party->heard + party->n - n;
	double c = 0, s = 0;

	if (n == 0)
		return -200;
	for (uint32_t i = 0; i < n; i++) {
		c += at[i] * cos(2 * M_PI * hz * i / 8000);
		s += at[i] * sin(2 * M_PI * hz * i / 8000);
	}
	return 20 * log10(2 * sqrt(c * c + s * s) / n / 32768 + 1e-10);
}

/* Exactly these are heard by the listener, as loud as they are said. */
static void assert_hears(uint32_t listener, const char *sources)
{
	for (uint32_t i = 0; i < PARTIES; i++) {
		bool wanted = strchr(sources, (int)('0' + i)) != NULL;
		double level = loudness(listener, tones[i]);

		if (wanted && fabs(level - 20 * log10(4000.0 / 32768)) > 1)
			fail_msg("%u hears %u with %.1f dB", listener, i, level);
		if (!wanted && level > -55)
			fail_msg("%u hears %u, with %.1f dB", listener, i, level);
	}
	assert_int_equal(parties[listener].wrong, 0);
}

/* ---- The promises -------------------------------------------------------------------------- */

static void a_conference_is_everyone_but_oneself(void **state)
{
	LAB(state);

	mix(lab, 0, "123");
	mix(lab, 1, "023");
	mix(lab, 2, "013");
	mix(lab, 3, "012");
	pass(lab, 2000);
	assert_hears(0, "123");
	assert_hears(1, "023");
	assert_hears(2, "013");
	assert_hears(3, "012");
	assert_int_equal(jf_lab_all_drops(lab), 0);
	for (uint32_t i = 0; i < PARTIES; i++) {
		assert_in_range(parties[i].packets, 99, 101);
		assert_int_equal(parties[i].marked, 1);
		assert_int_equal(parties[i].last_length, 160);
	}
}

static void a_supervisor_hears_both_and_nobody_hears_the_supervisor(void **state)
{
	LAB(state);

	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	mix(lab, 2, "01");
	pass(lab, 2000);
	assert_hears(2, "01");
	assert_hears(0, "1");
	assert_hears(1, "0");
}

static void a_whisper_reaches_the_agent_only(void **state)
{
	LAB(state);

	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	mix(lab, 1, "02");
	mix(lab, 2, "01");
	pass(lab, 2000);
	assert_hears(0, "1");
	assert_hears(1, "02");
	assert_hears(2, "01");
}

static void barging_in_and_taking_over_are_live(void **state)
{
	LAB(state);

	/* the call */
	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	pass(lab, 1000);
	/* listening, whispering, barging in */
	mix(lab, 2, "01");
	pass(lab, 1000);
	mix(lab, 1, "02");
	pass(lab, 1200);
	assert_hears(0, "1");
	assert_hears(1, "02");
	mix(lab, 0, "12");
	pass(lab, 1200);
	assert_hears(0, "12");
	assert_hears(1, "02");
	assert_hears(2, "01");
	/* taking over: the agent hears nothing */
	assert_int_equal(jf_lab_join(lab, 0, 2), 0);
	assert_int_equal(jf_lab_join(lab, 2, 0), 0);
	assert_int_equal(jf_lab_play(lab, 1, 9, NULL, 0, 0), 0);
	pass(lab, 1200);
	assert_hears(0, "2");
	assert_hears(2, "0");
	/* one stream all the time, that is what assert_hears has looked at, with a mark for each
	 * change between joined and mixed */
	assert_int_equal(parties[0].marked, 3);
}

static void sources_come_and_go_without_a_click_or_a_new_stream(void **state)
{
	const struct party *listener = &parties[0];
	int steepest = 0;
	LAB(state);

	mix(lab, 0, "1");
	pass(lab, 500);
	for (int i = 0; i < 10; i++) {
		mix(lab, 0, i % 2 ? "1" : "123");
		pass(lab, 90);
	}
	for (uint32_t i = 1; i < listener->n; i++) {
		int step = abs(listener->heard[i] - listener->heard[i - 1]);

		steepest = step > steepest ? step : steepest;
	}
	/* three tones of 4,000 at most, at their steepest together: 2 pi f / 8000 each */
	assert_true(steepest < 4000 * 2 * M_PI * (900 + 1300 + 1700) / 8000);
	assert_int_equal(listener->marked, 1);
	assert_int_equal(listener->wrong, 0);
}

static void gains_are_heard(void **state)
{
	double level;
	LAB(state);

	assert_int_equal(mix_with_gain(lab, 0, "1", -20), 0);
	pass(lab, 1500);
	level = loudness(0, tones[1]);
	assert_true(fabs(level - (20 * log10(4000.0 / 32768) - 20)) < 1);
	assert_int_equal(mix_with_gain(lab, 0, "1", 6), 0);
	pass(lab, 1500);
	level = loudness(0, tones[1]);
	assert_true(fabs(level - (20 * log10(4000.0 / 32768) + 6)) < 1);
}

static void each_listener_has_its_codec_and_packet_time(void **state)
{
	static const uint8_t codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA, JF_CODEC_G722};
	static const uint8_t times[] = {10, 20, 30, 40, 60};
	LAB(state);

	mix(lab, 0, "123");
	for (size_t c = 0; c < 3; c++) {
		for (size_t t = 0; t < 5; t++) {
			uint32_t packets;

			speaks(lab, 0, codecs[c], times[t]);
			speaks(lab, 1, codecs[(c + t) % 3], 20);
			pass(lab, 300);
			packets = parties[0].packets;
			parties[0].wrong = 0;
			pass(lab, 1200);
			assert_in_range(parties[0].packets - packets, 1200 / times[t] - 1,
			                1200 / times[t] + 1);
			assert_int_equal(parties[0].last_length, times[t] * 8);
			assert_hears(0, "123");
		}
	}
}

static void wideband_is_mixed_with_narrowband(void **state)
{
	LAB(state);

	speaks(lab, 1, JF_CODEC_G722, 20);
	speaks(lab, 2, JF_CODEC_G722, 20);
	speaks(lab, 3, JF_CODEC_PCMA, 20);
	mix(lab, 0, "123");
	mix(lab, 1, "023");
	mix(lab, 2, "013");
	mix(lab, 3, "012");
	pass(lab, 2000);
	for (uint32_t i = 0; i < PARTIES; i++) {
		char others[PARTIES + 1] = "0123";

		memmove(others + i, others + i + 1, PARTIES - i);
		assert_hears(i, others);
	}
}

static void a_row_without_sources_is_silence_that_flows(void **state)
{
	LAB(state);

	mix(lab, 0, "");
	pass(lab, 1000);
	assert_in_range(parties[0].packets, 49, 51);
	assert_hears(0, "");
	mix(lab, 0, "2");
	pass(lab, 1200);
	assert_hears(0, "2");
	assert_int_equal(jf_lab_close(lab, 2), 0);
	pass(lab, 1200);
	assert_hears(0, "");
	assert_in_range(parties[0].packets, 168, 172);
	assert_int_equal(parties[0].marked, 1);
}

static void a_source_that_falls_silent_fades_and_others_go_on(void **state)
{
	LAB(state);

	mix(lab, 0, "12");
	pass(lab, 1000);
	parties[1].talks = false;
	pass(lab, 1200);
	assert_hears(0, "2");
	parties[1].talks = true;
	pass(lab, 1200);
	assert_hears(0, "12");
}

static void listening_ends_with_the_listener(void **state)
{
	LAB(state);

	mix(lab, 2, "01");
	mix(lab, 3, "01");
	pass(lab, 500);
	assert_true(lab->path.endpoints[0].flags & JF_ENDPOINT_MIXED);
	assert_int_equal(jf_lab_close(lab, 2), 0);
	pass(lab, 100);
	assert_true(lab->path.endpoints[0].flags & JF_ENDPOINT_MIXED);
	assert_int_equal(jf_lab_join(lab, 3, 0), 0);
	pass(lab, 100);
	assert_false(lab->path.endpoints[0].flags & JF_ENDPOINT_MIXED);
	assert_false(lab->path.endpoints[1].flags & JF_ENDPOINT_MIXED);
}

static void pools_run_out_and_come_back(void **state)
{
	LAB(state);

	/* 6 inputs, 4 parties here: take what is left by force */
	jf_mix_destroy(lab->path.mix);
	assert_int_equal(jf_mix_create(2, &lab->path.mix), 0);
	for (int round = 0; round < 20; round++) {
		assert_int_equal(jf_lab_join(lab, 0, 1), 0);
		assert_int_equal(mix_with_gain(lab, 0, "123", 0), -ENOSPC);
		pass(lab, 100);
		mix(lab, 0, "12");
		mix(lab, 1, "2");
		assert_int_equal(mix_with_gain(lab, 3, "2", 0), -ENOSPC);
		assert_int_equal(mix_with_gain(lab, 0, "123", 0), -ENOSPC);
		pass(lab, 100);
		assert_int_equal(jf_lab_play(lab, 1, 0, NULL, 0, 0), 0);
		mix(lab, 3, "2");
		pass(lab, 100);
		assert_int_equal(jf_lab_join(lab, 3, 2), 0);
	}
	assert_int_equal(parties[0].wrong, 0);
}

static void what_was_heard_before_goes_on_when_a_mix_is_refused(void **state)
{
	LAB(state);

	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	assert_int_equal(mix_with_gain(lab, 0, "0", 0), -EINVAL);
	assert_int_equal(mix_with_gain(lab, 0, "11", 0), -EINVAL);
	assert_int_equal(mix_with_gain(lab, 0, "1", 13), -EINVAL);
	assert_int_equal(mix_with_gain(lab, 0, "1", -61), -EINVAL);
	assert_int_equal(mix_with_gain(lab, 0, "17", 0), -EINVAL); /* another worker's */
	assert_int_equal(jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_MIX,
	                                                         .endpoint = {0, 1},
	                                                         .mix = {.count = 25}}),
	                 -EINVAL);
	assert_int_equal(jf_lab_close(lab, 3), 0);
	assert_int_equal(mix_with_gain(lab, 0, "3", 0), -ESTALE);
	pass(lab, 1500);
	assert_hears(0, "1");
}

static void the_slot_tells_what_is_heard(void **state)
{
	struct jf_slot_identity identity;
	struct jf_command command = {.type = JF_COMMAND_MIX,
	                             .endpoint = {0, 1},
	                             .mix = {.mix_id = 77, .count = 1, .sources = {{1, 1}}}};
	LAB(state);

	assert_int_equal(jf_lab_command(lab, command), 0);
	pass(lab, 100);
	jf_contract_read_identity(&lab->contract.slots[0], &identity);
	assert_int_equal(identity.hears, JF_HEARS_MIX);
	assert_int_equal(identity.mix_id, 77);
	/* again: no harm */
	assert_int_equal(jf_lab_command(lab, command), 0);
	pass(lab, 1500);
	assert_hears(0, "1");
	assert_int_equal(parties[0].marked, 1);
	assert_int_equal(lab->contract.workers[0].mixed, parties[0].packets);
}

static void the_slot_tells_of_the_jitter_buffer(void **state)
{
	const struct jf_slot_mix *told;
	struct jf_slot_mix before;
	LAB(state);

	told = &lab->contract.slots[1].mix;
	mix(lab, 0, "1");
	pass(lab, 3000);
	assert_true(told->depth_ms > 0 && told->depth_ms < 100);
	before = *told; /* what it took to begin */
	assert_true(before.late + before.lost <= 1);
	pass(lab, 2000);
	assert_int_equal(told->late + told->lost, before.late + before.lost);
	parties[1].talks = false; /* one packet in the middle of a word */
	pass(lab, 20);
	parties[1].talks = true;
	pass(lab, 2000);
	assert_int_equal(told->lost, before.lost + 1);
	assert_int_equal(told->late, before.late);
	assert_int_equal(told->concealed_ms, before.concealed_ms + 20);
	assert_int_equal(lab->contract.slots[0].mix.depth_ms, 0); /* nobody mixes it */
	mix(lab, 0, "");
	pass(lab, 100);
	assert_int_equal(told->depth_ms, 0);
	assert_int_equal(told->lost, before.lost + 1);
}

static void a_stall_is_a_gap_and_no_burst(void **state)
{
	uint32_t before;
	LAB(state);

	mix(lab, 0, "1");
	pass(lab, 500);
	before = parties[0].packets;
	lab->path.now_ns += 1000 * JF_LAB_MS;
	for (uint32_t i = 0; i < PARTIES; i++) {
		parties[i].spoken += 8000;
		parties[i].sequence += 50;
	}
	pass(lab, 20);
	assert_in_range(parties[0].packets - before, 1, 3);
	assert_true(parties[0].wrong <= 1); /* the gap shows in the timestamp */
	parties[0].wrong = 0;
	pass(lab, 1500);
	assert_hears(0, "1");
}

int main(void)
{
#define MIX_TEST(f) cmocka_unit_test_setup_teardown(f, with_parties, jf_lab_free)
	const struct CMUnitTest tests[] = {
	        MIX_TEST(a_conference_is_everyone_but_oneself),
	        MIX_TEST(a_supervisor_hears_both_and_nobody_hears_the_supervisor),
	        MIX_TEST(a_whisper_reaches_the_agent_only),
	        MIX_TEST(barging_in_and_taking_over_are_live),
	        MIX_TEST(sources_come_and_go_without_a_click_or_a_new_stream),
	        MIX_TEST(gains_are_heard),
	        MIX_TEST(each_listener_has_its_codec_and_packet_time),
	        MIX_TEST(wideband_is_mixed_with_narrowband),
	        MIX_TEST(a_row_without_sources_is_silence_that_flows),
	        MIX_TEST(a_source_that_falls_silent_fades_and_others_go_on),
	        MIX_TEST(listening_ends_with_the_listener),
	        MIX_TEST(pools_run_out_and_come_back),
	        MIX_TEST(what_was_heard_before_goes_on_when_a_mix_is_refused),
	        MIX_TEST(the_slot_tells_what_is_heard),
	        MIX_TEST(the_slot_tells_of_the_jitter_buffer),
	        MIX_TEST(a_stall_is_a_gap_and_no_burst),
	};

	return cmocka_run_group_tests_name("mix", tests, jf_lab_begin, jf_lab_end);
}
