// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jf_dtmf.h"
#include "jf_g711.h"
#include "jf_g722.h"
#include "jf_telev.h"
#include "jf_tone.h"

#define LAB(state) struct jf_lab *lab = *(state)
#define CALLER     0u
#define AGENT      1u
#define EVENTS     101
#define SENT_MAX   1000u

/* What the agent was sent. */
struct sent {
	struct jf_lab_frame frame;
	uint8_t payload[480];
};

static struct {
	struct sent sent[SENT_MAX];
	size_t n;
	uint16_t sequence; /* of the caller's next packet */
	uint32_t timestamp;
	uint8_t codec;
	struct jf_g722_encoder encoder; /* of the caller's phone */
} it;

/* ---- Calls and time ----------------------------------------------------------------------- */

static void set_forms(struct jf_lab *lab, uint32_t index, uint8_t rx, uint8_t tx, uint8_t codec)
{
	struct jf_command remote = jf_lab_remote_of(index);

	remote.remote.rx_digits = rx;
	remote.remote.tx_digits = tx;
	remote.remote.codec = codec;
	remote.remote.rx_audio_type = remote.remote.tx_audio_type = codec;
	assert_int_equal(jf_lab_command(lab, remote), 0);
}

/* A call in which the caller dials in one form, and the agent takes another. */
static void call(struct jf_lab *lab, uint8_t dials, uint8_t takes, uint8_t codec)
{
	memset(&it, 0, sizeof(it));
	it.sequence = 500;
	it.timestamp = 70000;
	it.codec = codec;
	jf_g722_encoder_init(&it.encoder, JF_G722_NARROW);
	jf_lab_call(lab);
	set_forms(lab, CALLER, dials, dials, codec);
	set_forms(lab, AGENT, takes, takes, codec);
}

static void collect(struct jf_lab *lab)
{
	struct jf_lab_frame frame;
	uint8_t payload[1500];

	while (jf_lab_sent(lab, &frame, payload)) {
		struct sent *sent = &it.sent[it.n++];

		assert_true(it.n < SENT_MAX && frame.payload_length <= sizeof(sent->payload));
		assert_int_equal(frame.target_port, 40000 + 2 * AGENT);
		sent->frame = frame;
		memcpy(sent->payload, payload, frame.payload_length);
	}
}

static void pass(struct jf_lab *lab, uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		lab->path.now_ns += JF_LAB_MS;
		jf_path_play(&lab->path);
		jf_path_mix_out(&lab->path);
		jf_path_digits_out(&lab->path);
		collect(lab);
	}
}

/* The caller says so many samples, in packets of 20 ms, as time passes. */
static void say(struct jf_lab *lab, enum jf_law law, const int16_t *samples, size_t n)
{
	uint8_t codes[160];

	for (size_t at = 0; at + 160 <= n; at += 160) {
		struct jf_lab_frame frame = jf_lab_from(CALLER, it.sequence++, it.timestamp);

		if (it.codec == JF_CODEC_G722)
			jf_g722_encode(&it.encoder, samples + at, 160, codes);
		else
			jf_g711_encode_block(law, samples + at, 160, codes);
		frame.payload = codes;
		frame.payload_type = it.codec;
		it.timestamp += 160;
		jf_lab_receive(lab, &frame);
		collect(lab);
		pass(lab, 20);
	}
}

/* Speech of a kind: a hum that is no key. */
static void hum(struct jf_lab *lab, enum jf_law law, uint32_t ms)
{
	static int16_t samples[8000];

	for (uint32_t i = 0; i < ms * 8; i++)
		samples[i] = (int16_t)(3000 * sin(0.25 * i) + 1000 * sin(0.611 * i));
	say(lab, law, samples, ms * 8);
}

static void dial_tone(struct jf_lab *lab, enum jf_law law, uint8_t event, uint32_t ms)
{
	static int16_t samples[16000];
	struct jf_tone tone;
	uint32_t n = (ms * 8 + 159) / 160 * 160;

	jf_tone_key(&tone, event, ms * 8);
	jf_tone_make(&tone, samples, n);
	say(lab, law, samples, n);
}

static void dial_event(struct jf_lab *lab, uint8_t event, uint32_t packets)
{
	uint32_t begin_ts = it.timestamp;

	for (uint32_t i = 1; i <= packets + 2; i++) {
		struct jf_telev telev = {.event = event,
		                         .volume = 8,
		                         .end = i >= packets,
		                         .duration_ts =
		                                 (uint16_t)(160 * (i < packets ? i : packets))};
		struct jf_lab_frame frame = jf_lab_from(CALLER, it.sequence++, begin_ts);
		uint8_t payload[JF_TELEV_SIZE];

		jf_telev_write(&telev, payload);
		frame.payload = payload;
		frame.payload_length = sizeof(payload);
		frame.payload_type = EVENTS;
		frame.marker = i == 1;
		jf_lab_receive(lab, &frame);
		collect(lab);
		if (i <= packets)
			pass(lab, 20);
	}
	it.timestamp = begin_ts + 160 * packets;
}

static void digits_of(struct jf_lab *lab, struct jf_slot_digits *ret_digits)
{
	jf_contract_read_digits(&lab->contract.slots[CALLER], ret_digits);
}

/* ---- What was sent ------------------------------------------------------------------------ */

/* One continuous stream: numbers go on by one, the time never goes back by more than a press. */
static void check_stream(void)
{
	for (size_t i = 1; i < it.n; i++) {
		assert_int_equal(it.sent[i].frame.ssrc, it.sent[0].frame.ssrc);
		assert_int_equal(it.sent[i].frame.sequence,
		                 (uint16_t)(it.sent[i - 1].frame.sequence + 1));
		assert_true((int32_t)(it.sent[i].frame.timestamp -
		                      it.sent[i - 1].frame.timestamp) >= 0);
	}
}

/* The events among them: "5:800" is a press of 5 for 800; all the rules of RFC 4733 hold. */
static void events_sent(char *ret_text, size_t size)
{
	uint32_t timestamp = 0, ends = 0, last = 0;

	ret_text[0] = 0;
	for (size_t i = 0; i < it.n; i++) {
		struct jf_telev telev;
		size_t at = strlen(ret_text);

		if (it.sent[i].frame.payload_type != EVENTS)
			continue;
		assert_int_equal(
		        jf_telev_parse(it.sent[i].payload, it.sent[i].frame.payload_length, &telev),
		        0);
		if (ends == 0 && last == 0) {
			assert_true(it.sent[i].frame.marker);
			timestamp = it.sent[i].frame.timestamp;
		} else {
			assert_false(it.sent[i].frame.marker);
		}
		assert_int_equal(it.sent[i].frame.timestamp, timestamp);
		assert_true(telev.end ? telev.duration_ts >= last : telev.duration_ts > last);
		last = telev.duration_ts;
		ends += telev.end;
		if (ends < 3)
			continue;
		snprintf(ret_text + at, size - at, "%s%s:%u", at ? " " : "",
		         jf_telev_name(telev.event), last);
		ends = last = 0;
	}
	assert_int_equal(ends + last, 0);
}

struct ear {
	char keys[100];
	uint32_t longest_ts;
};

static void hear(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	struct ear *ear = user;
	size_t at = strlen(ear->keys);

	(void)token;
	if (news->kind == JF_DTMF_PRESSED && at + 1 < sizeof(ear->keys))
		ear->keys[at] = "0123456789*#ABCD"[news->event];
	if (news->duration_ts > ear->longest_ts)
		ear->longest_ts = news->duration_ts;
}

/* Which keys the agent hears, in the order in which audio came. */
static struct ear keys_heard(enum jf_law law)
{
	struct ear ear = {0};
	struct jf_g722_decoder decoder;
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;

	jf_g722_decoder_init(&decoder, JF_G722_NARROW);
	jf_dtmf_batch_init(&batch, hear, &ear);
	for (size_t i = 0; i < it.n; i++) {
		const struct jf_lab_frame *frame = &it.sent[i].frame;
		int16_t samples[480];

		if (frame->payload_type == EVENTS)
			continue;
		if (it.codec == JF_CODEC_G722) {
			jf_g722_decode(&decoder, it.sent[i].payload, frame->payload_length,
			               samples);
			jf_dtmf_feed_linear(&batch, &stream, 0, frame->timestamp, samples,
			                    frame->payload_length);
		} else {
			jf_dtmf_feed(&batch, &stream, 0, frame->timestamp, law, it.sent[i].payload,
			             frame->payload_length);
		}
	}
	jf_dtmf_flush(&batch);
	return ear;
}

static int mask(struct jf_lab *lab, uint32_t index, bool on)
{
	return jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_MASK,
	                                               .endpoint = {index, 1},
	                                               .mask = {.on = on}});
}

/* ---- Forms -------------------------------------------------------------------------------- */

static void tones_become_events(void **state)
{
	struct jf_slot_digits digits;
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	hum(lab, JF_LAW_PCMU, 100);
	dial_tone(lab, JF_LAW_PCMU, 5, 100);
	hum(lab, JF_LAW_PCMU, 200);
	dial_tone(lab, JF_LAW_PCMU, 11, 400);
	hum(lab, JF_LAW_PCMU, 200);
	check_stream();
	events_sent(text, sizeof(text));
	assert_string_equal(text, "5:800 #:3200"); /* as long as they were held */
	/* no receiver takes what was let through before the press was known for a press */
	assert_string_equal(keys_heard(JF_LAW_PCMU).keys, "");
	digits_of(lab, &digits);
	assert_int_equal(digits.count, 2);
	assert_int_equal(digits.kept[0].event, 5);
	assert_int_equal(digits.kept[1].event, 11);
	assert_false(digits.kept[0].masked);
	assert_in_range(digits.kept[1].duration_ts, 2900, 3200);
	assert_int_equal(it.sent[it.n - 1].frame.payload_type, 0); /* the hum is back */
	assert_true(jf_lab_drops(lab, JF_DROP_DIGIT) > 0);
}

static void a_key_held_until_nothing_comes_ends_all_the_same(void **state)
{
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_PCMA);
	dial_tone(lab, JF_LAW_PCMA, 7, 2000);
	pass(lab, 1000); /* the caller's network is gone */
	events_sent(text, sizeof(text));
	assert_int_equal(strncmp(text, "7:1", 3), 0);
	check_stream();
}

static void events_become_tones(void **state)
{
	static const uint8_t codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA};
	struct jf_slot_digits digits;

	for (size_t c = 0; c < sizeof(codecs); c++) {
		enum jf_law law = (enum jf_law)codecs[c];
		struct ear ear;
		LAB(state);

		call(lab, JF_DIGITS_EVENT, JF_DIGITS_INBAND, codecs[c]);
		hum(lab, law, 100);
		for (uint8_t event = 0; event < 16; event++) {
			dial_event(lab, event, 5);
			hum(lab, law, 100);
		}
		check_stream();
		ear = keys_heard(law);
		assert_string_equal(ear.keys, "0123456789*#ABCD");
		assert_in_range(ear.longest_ts, 600, 816);
		for (size_t i = 0; i < it.n; i++)
			assert_int_equal(it.sent[i].frame.payload_type, codecs[c]);
		digits_of(lab, &digits);
		assert_int_equal(digits.count, 16);
		assert_int_equal(jf_lab_close(lab, CALLER) | jf_lab_close(lab, AGENT), 0);
		jf_lab_free(state);
		jf_lab_make(state);
	}
}

static void wideband_parties_dial_as_well(void **state)
{
	struct jf_slot_digits digits;
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_G722);
	hum(lab, JF_LAW_PCMU, 100);
	dial_tone(lab, JF_LAW_PCMU, 8, 100);
	hum(lab, JF_LAW_PCMU, 200);
	events_sent(text, sizeof(text));
	assert_int_equal(strncmp(text, "8:", 2), 0);
	check_stream();
	it.n = 0;
	set_forms(lab, CALLER, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_G722);
	set_forms(lab, AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_G722);
	for (uint8_t event = 0; event < 16; event++) {
		dial_event(lab, event, 5);
		hum(lab, JF_LAW_PCMU, 100);
	}
	assert_string_equal(keys_heard(JF_LAW_PCMU).keys, "0123456789*#ABCD");
	check_stream();
	it.n = 0;
	assert_int_equal(mask(lab, CALLER, true), 0);
	dial_tone(lab, JF_LAW_PCMU, 6, 100);
	hum(lab, JF_LAW_PCMU, 200);
	assert_string_equal(keys_heard(JF_LAW_PCMU).keys, "");
	digits_of(lab, &digits);
	assert_int_equal(digits.count, 17); /* the phone sends events: its tones are no presses */
}

static void one_form_passes_as_it_is(void **state)
{
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	hum(lab, JF_LAW_PCMU, 60);
	dial_event(lab, 9, 4);
	check_stream();
	events_sent(text, sizeof(text));
	assert_string_equal(text, "9:640");
	set_forms(lab, CALLER, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	set_forms(lab, AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	it.n = 0;
	dial_tone(lab, JF_LAW_PCMU, 3, 100);
	hum(lab, JF_LAW_PCMU, 60);
	assert_string_equal(keys_heard(JF_LAW_PCMU).keys, "3");
	assert_int_equal(jf_lab_drops(lab, JF_DROP_DIGIT), 0);
}

static void a_key_in_both_forms_is_one(void **state)
{
	struct jf_slot_digits digits;
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_NONE, JF_CODEC_PCMU);
	dial_event(lab, 4, 5);
	dial_tone(lab, JF_LAW_PCMU, 4, 100); /* a gateway that leaves the tone in */
	hum(lab, JF_LAW_PCMU, 600);
	dial_tone(lab, JF_LAW_PCMU, 4, 100);
	digits_of(lab, &digits);
	assert_int_equal(digits.count, 2);
}

/* ---- Commands ----------------------------------------------------------------------------- */

static struct jf_command dial(uint32_t digits_id, const char *events)
{
	struct jf_command command = {.type = JF_COMMAND_DIGITS,
	                             .endpoint = {AGENT, 1},
	                             .digits = {.digits_id = digits_id,
	                                        .count = (uint8_t)strlen(events),
	                                        .duration_ms = 100,
	                                        .pause_ms = 60}};

	for (size_t i = 0; events[i]; i++)
		command.digits.events[i] = (uint8_t)(events[i] - '0');
	return command;
}

static bool told_sent(struct jf_lab *lab, uint32_t digits_id)
{
	struct jf_event event;

	while (jf_contract_take_event(&lab->contract, 0, &event) == 0)
		if (event.type == JF_EVENT_DIGITS_SENT && event.value == digits_id)
			return true;
	return false;
}

static void presses_are_sent_over_whatever_is_heard(void **state)
{
	static const uint16_t music[] = {1};
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	jf_lab_sound(lab, 1, 100, 3);
	hum(lab, JF_LAW_PCMU, 100);
	assert_int_equal(jf_lab_command(lab, dial(77, "421")), 0);
	assert_int_equal(jf_lab_command(lab, dial(77, "421")), 0); /* told again */
	hum(lab, JF_LAW_PCMU, 200);
	/* the agent is put on hold meanwhile */
	assert_int_equal(jf_lab_play(lab, AGENT, 5, music, 1, JF_PLAY_LOOP_LAST), 0);
	assert_false(told_sent(lab, 77));
	pass(lab, 400);
	assert_true(told_sent(lab, 77));
	events_sent(text, sizeof(text));
	assert_string_equal(text, "4:800 2:800 1:800");
	check_stream();
	assert_int_equal(it.sent[it.n - 1].frame.payload_type, 0);
	assert_true(it.sent[it.n - 1].payload[0] >= 3); /* music */
}

static void presses_hold_a_mix_back(void **state)
{
	struct jf_command row = {.type = JF_COMMAND_MIX,
	                         .endpoint = {AGENT, 1},
	                         .mix = {.mix_id = 1, .count = 1, .sources = {{CALLER, 1}}}};
	size_t first = SIZE_MAX, last = 0;
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, row), 0);
	hum(lab, JF_LAW_PCMU, 200);
	assert_int_equal(jf_lab_command(lab, dial(78, "42")), 0);
	hum(lab, JF_LAW_PCMU, 600);
	assert_true(told_sent(lab, 78));
	events_sent(text, sizeof(text));
	assert_string_equal(text, "4:800 2:800");
	check_stream();
	for (size_t i = 0; i < it.n; i++) {
		if (it.sent[i].frame.payload_type != EVENTS)
			continue;
		first = first == SIZE_MAX ? i : first;
		last = i;
	}
	for (size_t i = first; i <= last; i++) /* no audio between */
		assert_int_equal(it.sent[i].frame.payload_type, EVENTS);
	assert_true(it.n - last > 5); /* and it goes on */
}

static void presses_are_sent_as_tones(void **state)
{
	struct ear ear;
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMA);
	assert_int_equal(jf_lab_command(lab, dial(1, "0157")), 0);
	pass(lab, 700);
	assert_true(told_sent(lab, 1));
	check_stream();
	ear = keys_heard(JF_LAW_PCMA);
	assert_string_equal(ear.keys, "0157");
	assert_in_range(ear.longest_ts, 612, 816);
}

static void a_new_offer_in_the_middle_of_a_press(void **state)
{
	char text[200];
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, dial(1, "12")), 0);
	pass(lab, 50);
	set_forms(lab, AGENT, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU); /* the same */
	pass(lab, 500);
	events_sent(text, sizeof(text));
	assert_string_equal(text, "1:800 2:800");
	assert_int_equal(jf_lab_command(lab, dial(2, "12")), 0);
	pass(lab, 50);
	set_forms(lab, AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMA);
	it.n = 0;
	it.codec = JF_CODEC_PCMA;
	pass(lab, 500);
	assert_int_equal(it.n, 0);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_DIALLER), 2);
	assert_int_equal(jf_lab_command(lab, dial(3, "34")), 0);
	pass(lab, 500);
	assert_string_equal(keys_heard(JF_LAW_PCMA).keys, "34");
}

static void what_cannot_be_sent_is_refused(void **state)
{
	struct jf_command command = dial(1, "1");
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_NONE, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, command), -ENOTSUP);
	set_forms(lab, AGENT, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	command.digits.events[0] = 17;
	assert_int_equal(jf_lab_command(lab, command), -EINVAL);
	command = dial(1, "1");
	command.digits.pause_ms = 39;
	assert_int_equal(jf_lab_command(lab, command), -EINVAL);
	command = dial(0, "1");
	assert_int_equal(jf_lab_command(lab, command), -EINVAL);
	for (uint32_t id = 1; id <= 32; id++)
		assert_int_equal(jf_lab_command(lab, dial(id, "1")), 0);
	assert_int_equal(jf_lab_command(lab, dial(33, "1")), -ENOSPC);
	/* flash is no tone */
	set_forms(lab, CALLER, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	command = dial(34, "1");
	command.endpoint.index = CALLER;
	command.digits.events[0] = 16;
	assert_int_equal(jf_lab_command(lab, command), -ENOTSUP);
	pass(lab, 10); /* a call that ends in the middle of it gives everything back */
}

/* ---- Masks -------------------------------------------------------------------------------- */

/* The power of a key's two frequencies in n codes, against that of the loudest tone. */
static double tone_db(const uint8_t *codes, size_t n, const double hz[2])
{
	double power = 0;

	for (int f = 0; f < 2; f++) {
		double re = 0, im = 0;

		for (size_t i = 0; i < n; i++) {
			double x = jf_g711_decode_table(JF_LAW_PCMU)[codes[i]];

			re += x * cos(2 * M_PI * hz[f] * (double)i / 8000);
			im += x * sin(2 * M_PI * hz[f] * (double)i / 8000);
		}
		power += (re * re + im * im) * 4 / ((double)n * (double)n);
	}
	return 10 * log10(power / (32768.0 * 32768.0) + 1e-12);
}

static void nothing_of_a_masked_key_is_heard(void **state)
{
	static const double hz[2] = {770, 1336}; /* of 5 */
	static const uint32_t lengths_ms[] = {40, 45, 50, 60, 77, 100, 120, 300, 1000};
	struct jf_slot_digits digits;
	char text[200];
	LAB(state);

	for (int form = JF_DIGITS_EVENT; form <= JF_DIGITS_INBAND; form++) {
		call(lab, (uint8_t)form, JF_DIGITS_EVENT, JF_CODEC_PCMU);
		assert_int_equal(mask(lab, CALLER, true), 0);
		for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(lengths_ms[0]); i++) {
			int16_t nothing[160 * 5] = {0};

			say(lab, JF_LAW_PCMU, nothing, 160 * 5);
			dial_tone(lab, JF_LAW_PCMU, 5, lengths_ms[i]);
		}
		for (size_t i = 0; i < it.n; i++)
			assert_true(tone_db(it.sent[i].payload, 160, hz) < -70);
		events_sent(text, sizeof(text));
		assert_string_equal(text, "");
		if (form == JF_DIGITS_INBAND) {
			digits_of(lab, &digits);
			assert_int_equal(digits.count, 9);
			assert_true(digits.kept[0].masked && digits.kept[8].masked);
		}
		dial_event(lab, 5, 5);
		events_sent(text, sizeof(text));
		assert_string_equal(text, "");
		digits_of(lab, &digits);
		assert_true(digits.count >= 1);
		assert_true(digits.kept[(digits.count - 1) % JF_CONTRACT_DIGITS_KEPT].masked);
		assert_true(jf_lab_drops(lab, JF_DROP_MASKED) >= 5);
		hum(lab, JF_LAW_PCMU, 60);
		check_stream();
		jf_lab_free(state);
		jf_lab_make(state);
		lab = *state;
	}
	jf_lab_call(lab);
}

static void a_supervisor_hears_nothing_of_a_masked_key(void **state)
{
	static const double hz[2] = {770, 1336}; /* of 5 */
	struct jf_command row = {.type = JF_COMMAND_MIX,
	                         .endpoint = {AGENT, 1},
	                         .mix = {.mix_id = 1, .count = 1, .sources = {{CALLER, 1}}}};
	static const int16_t nothing[160 * 8];
	bool heard_voice = false;
	LAB(state);

	call(lab, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, row), 0); /* the listener hears by a mixer */
	assert_int_equal(mask(lab, CALLER, true), 0);
	hum(lab, JF_LAW_PCMU, 300);
	for (uint32_t i = 0; i < it.n; i++)
		heard_voice |= tone_db(it.sent[i].payload, 160, (const double[2]){318, 778}) > -40;
	assert_true(heard_voice);
	say(lab, JF_LAW_PCMU, nothing, 160 * 8);
	it.n = 0;
	for (uint32_t ms = 40; ms <= 200; ms += 40) {
		dial_tone(lab, JF_LAW_PCMU, 5, ms);
		say(lab, JF_LAW_PCMU, nothing, 160 * 8);
	}
	assert_true(it.n > 50);
	for (size_t i = 0; i < it.n; i++)
		assert_true(tone_db(it.sent[i].payload, 160, hz) < -50);
}

static void a_masked_voice_is_only_later(void **state)
{
	static uint8_t said[8000], heard[8000];
	size_t n = 0;
	LAB(state);

	call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(mask(lab, CALLER, true), 0);
	for (uint32_t i = 0; i < 20; i++) {
		struct jf_lab_frame frame = jf_lab_from(CALLER, it.sequence++, it.timestamp);

		for (uint32_t k = 0; k < 160; k++)
			said[i * 160 + k] = (uint8_t)(i * 7 + k);
		if (i == 10) { /* lost */
			memset(said + i * 160, 0xff, 160);
		} else {
			frame.payload = said + i * 160;
			jf_lab_receive(lab, &frame);
			if (i == 12) { /* comes twice */
				jf_lab_receive(lab, &frame);
			}
		}
		it.timestamp += 160;
		collect(lab);
		pass(lab, 20);
	}
	assert_int_equal(it.n, 19);
	for (size_t i = 0; i < it.n; i++) {
		uint32_t at = it.sent[i].frame.timestamp - it.sent[0].frame.timestamp;

		memcpy(heard + at, it.sent[i].payload, 160);
		n = at + 160;
		if (at >= JF_MASK_DELAY_TS)
			assert_memory_equal(heard + at, said + at - JF_MASK_DELAY_TS, 160);
		else
			assert_int_equal(heard[at], 0xff);
	}
	assert_int_equal(n, 3200);
	/* and back again: the next packet is what was said */
	assert_int_equal(mask(lab, CALLER, false), 0);
	it.n = 0;
	hum(lab, JF_LAW_PCMU, 20);
	assert_int_not_equal(it.sent[0].payload[100], 0xff);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_LATE), 1);
}

static void pools_run_out_with_an_error(void **state)
{
	struct jf_command remote;
	LAB(state);

	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	assert_int_equal(mask(lab, 0, true), 0);
	assert_int_equal(mask(lab, 1, true), 0);
	assert_int_equal(mask(lab, 1, true), 0);
	assert_int_equal(mask(lab, 2, true), -ENOSPC);
	remote = jf_lab_remote_of(2);
	remote.remote.rx_digits = JF_DIGITS_INBAND;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	remote = jf_lab_remote_of(3);
	remote.remote.rx_digits = JF_DIGITS_INBAND;
	assert_int_equal(jf_lab_command(lab, remote), -ENOSPC);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(mask(lab, 2, true), 0);
	assert_int_equal(jf_lab_close(lab, 1), 0);
	assert_int_equal(jf_lab_command(lab, remote), 0);
	assert_int_equal(mask(lab, 1, true), -ESTALE);
}

static int begin(void **state)
{
	jf_dtmf_init();
	return jf_lab_begin(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, jf_lab_make, jf_lab_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(tones_become_events),
	        TEST(a_key_held_until_nothing_comes_ends_all_the_same),
	        TEST(events_become_tones),
	        TEST(wideband_parties_dial_as_well),
	        TEST(one_form_passes_as_it_is),
	        TEST(a_key_in_both_forms_is_one),
	        TEST(presses_are_sent_over_whatever_is_heard),
	        TEST(presses_hold_a_mix_back),
	        TEST(presses_are_sent_as_tones),
	        TEST(a_new_offer_in_the_middle_of_a_press),
	        TEST(what_cannot_be_sent_is_refused),
	        TEST(nothing_of_a_masked_key_is_heard),
	        TEST(a_supervisor_hears_nothing_of_a_masked_key),
	        TEST(a_masked_voice_is_only_later),
	        TEST(pools_run_out_with_an_error),
	};

	return cmocka_run_group_tests(tests, begin, jf_lab_end);
}
