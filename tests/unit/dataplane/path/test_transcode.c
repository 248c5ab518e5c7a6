// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "jf_g711.h"
#include "jf_transcode.h"

#define PACKETS 50u

static const uint8_t codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA, JF_CODEC_G722};

static void speaks(struct jf_lab *lab, uint32_t index, uint8_t codec)
{
	struct jf_command command = jf_lab_remote_of(index);

	command.remote.codec = codec;
	command.remote.rx_audio_type = command.remote.tx_audio_type = codec;
	assert_int_equal(jf_lab_command(lab, command), 0);
}

/* A second of 1,000 Hz, as 0 says it and as 1 hears it: signal to noise in dB. */
static double heard(struct jf_lab *lab, uint8_t from, uint8_t to)
{
	struct jf_transcode say, hear;
	double c = 0, s = 0, all = 0, signal;
	uint32_t n = 0;

	jf_transcode_init(&say, JF_CODEC_PCMU, from);
	jf_transcode_init(&hear, to, JF_CODEC_PCMU);
	for (uint16_t p = 0; p < PACKETS; p++) {
		struct jf_lab_frame frame = jf_lab_from(0, p, p * 160u), out;
		uint8_t octets[160], payload[1500];
		int16_t samples[160];

		for (uint32_t i = 0; i < 160; i++)
			octets[i] = jf_g711_encode(
			        JF_LAW_PCMU,
			        (int16_t)lrint(8000 * sin(2 * M_PI * (p * 160 + i) / 8)));
		jf_transcode_run(&say, octets, 160);
		frame.payload = octets;
		frame.payload_type = from;
		jf_lab_receive(lab, &frame);
		assert_true(jf_lab_sent(lab, &out, payload));
		assert_int_equal(out.payload_type, to);
		assert_int_equal(out.payload_length, 160);
		jf_transcode_run(&hear, payload, 160);
		jf_g711_decode_block(JF_LAW_PCMU, payload, 160, samples);
		for (uint32_t i = 0; p > 5 && i < 160; i++, n++) {
			c += samples[i] * cos(2 * M_PI * i / 8);
			s += samples[i] * sin(2 * M_PI * i / 8);
			all += (double)samples[i] * samples[i];
		}
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	signal = 2 * (c * c + s * s) / n;
	return 10 * log10(signal / (all - signal));
}

static void every_listener_hears_every_source(void **state)
{
	LAB(state);

	jf_lab_call(lab);
	for (size_t from = 0; from < 3; from++) {
		for (size_t to = 0; to < 3; to++) {
			speaks(lab, 0, codecs[from]);
			speaks(lab, 1, codecs[to]);
			assert_true(heard(lab, codecs[from], codecs[to]) > 25);
		}
	}
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_DECODABLE), 0);
}

static void what_both_share_passes_untouched(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 7, 160), out;
	uint8_t payload[1500];
	LAB(state);

	jf_lab_call(lab);
	speaks(lab, 0, JF_CODEC_G722);
	speaks(lab, 1, JF_CODEC_G722);
	frame.payload_type = JF_CODEC_G722;
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &out, payload));
	for (uint32_t i = 0; i < 160; i++)
		assert_int_equal(payload[i], (uint8_t)(7 + i));
}

static void key_presses_are_not_taken_for_audio(void **state)
{
	static const uint8_t event[] = {5, 10, 0, 160};
	struct jf_lab_frame frame = jf_lab_from(0, 7, 160), out;
	uint8_t payload[1500];
	LAB(state);

	jf_lab_call(lab);
	speaks(lab, 1, JF_CODEC_G722);
	frame.payload_type = 101;
	frame.payload = event;
	frame.payload_length = sizeof(event);
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &out, payload));
	assert_int_equal(out.payload_type, 101);
	assert_memory_equal(payload, event, sizeof(event));
}

static void states_run_out_and_come_back(void **state)
{
	LAB(state);

	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	jf_transcoders_destroy(lab->path.transcoders);
	assert_int_equal(jf_transcoders_create(3, &lab->path.transcoders), 0);
	speaks(lab, 1, JF_CODEC_G722); /* measured: one */
	/* both ways of the call: two */
	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	speaks(lab, 3, JF_CODEC_G722);
	assert_int_equal(jf_lab_join(lab, 3, 2), -ENOSPC);
	/* the laws need none */
	speaks(lab, 3, JF_CODEC_PCMA);
	assert_int_equal(jf_lab_join(lab, 3, 2), 0);
	assert_int_equal(jf_lab_join(lab, 2, 3), 0);
	assert_int_equal(jf_lab_close(lab, 1), 0);
	for (int round = 0; round < 5; round++) {
		speaks(lab, 3, JF_CODEC_G722);
		assert_int_equal(lab->path.endpoints[2].out_audio_type, JF_CODEC_G722);
		assert_int_equal(lab->path.endpoints[3].out_audio_type, JF_CODEC_PCMU);
		speaks(lab, 3, JF_CODEC_PCMA);
	}
	speaks(lab, 0, JF_CODEC_G722);
	assert_int_equal(jf_lab_join(lab, 2, 0), 0);
	assert_int_equal(jf_lab_join(lab, 3, 0), 0);
	assert_int_equal(jf_lab_join(lab, 2, 0), 0);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_DECODABLE), 0);
}

static void what_cannot_be_turned_is_dropped_by_name(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	jf_transcoders_destroy(lab->path.transcoders);
	assert_int_equal(jf_transcoders_create(0, &lab->path.transcoders), 0);
	jf_lab_call(lab);
	speaks(lab, 1, JF_CODEC_G722); /* after they were joined: too late to refuse */
	jf_lab_receive(lab, &frame);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_DECODABLE), 1);
	assert_int_equal(jf_lab_stream_drops(lab, 0, JF_DROP_NOT_DECODABLE), 1);
}

/* The level of a second of the tone, in -dBov, as the track of 0 has it in its middle. */
static uint8_t level(struct jf_lab *lab, uint8_t codec)
{
	const struct jf_track *track = &lab->contract.slots[0].rx.track;
	const uint8_t *levels = jf_contract_track(&lab->contract, 0);

	speaks(lab, 0, codec);
	speaks(lab, 1, codec);
	heard(lab, codec, codec);
	return levels[(track->frames - 10) % lab->path.track_frames];
}

static void g722_is_as_loud_as_g711(void **state)
{
	uint8_t law;
	LAB(state);

	jf_lab_call(lab);
	law = level(lab, JF_CODEC_PCMU);
	assert_in_range(law, 14, 16); /* 8,000 of 32,768: -12 dB, less 3 for a sine */
	assert_in_range(level(lab, JF_CODEC_G722), law - 1, law + 1);
	assert_in_range(level(lab, JF_CODEC_PCMA), law - 1, law + 1);
}

static void g722_that_cannot_be_measured_leaves_its_track_empty(void **state)
{
	LAB(state);

	jf_transcoders_destroy(lab->path.transcoders);
	assert_int_equal(jf_transcoders_create(0, &lab->path.transcoders), 0);
	jf_lab_call(lab);
	speaks(lab, 0, JF_CODEC_G722);
	speaks(lab, 1, JF_CODEC_G722);
	heard(lab, JF_CODEC_G722, JF_CODEC_G722);
	assert_int_equal(lab->contract.slots[0].rx.track.frames, 0);
	assert_int_equal(jf_lab_rx(lab, 0).packets, PACKETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(every_listener_hears_every_source),
	        TEST(what_both_share_passes_untouched),
	        TEST(key_presses_are_not_taken_for_audio),
	        TEST(states_run_out_and_come_back),
	        TEST(g722_is_as_loud_as_g711),
	        TEST(g722_that_cannot_be_measured_leaves_its_track_empty),
	        TEST(what_cannot_be_turned_is_dropped_by_name),
	};

	return cmocka_run_group_tests_name("transcode", tests, jf_lab_begin, jf_lab_end);
}
