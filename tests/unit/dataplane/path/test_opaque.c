// SPDX-License-Identifier: BSD-3-Clause
/* Payloads that the engine doesn't understand: they pass as they came. */
#include "jf_path_lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPUS_HZ    48000u
#define OPUS_FRAME 960u /* 20 ms */

/* A call in a codec of 48 kHz, with another number on each leg: 111 and 96. */
static void speak_opaque(struct jf_lab *lab, uint32_t clock_hz)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct jf_command remote = jf_lab_remote_of(i);

		remote.remote.codec = JF_CODEC_OTHER;
		remote.remote.clock_hz = clock_hz;
		remote.remote.rx_audio_type = remote.remote.tx_audio_type = i ? 96 : 111;
		assert_int_equal(jf_lab_command(lab, remote), 0);
	}
}

static void call_opaque(struct jf_lab *lab, uint32_t clock_hz)
{
	jf_lab_call(lab);
	speak_opaque(lab, clock_hz);
}

static struct jf_lab_frame opaque_from(uint32_t index, uint16_t n, const uint8_t *payload,
                                       uint16_t length)
{
	struct jf_lab_frame frame = jf_lab_from(index, 65530 + n, 0xffffff00 + n * OPUS_FRAME);

	frame.payload_type = index ? 96 : 111;
	frame.payload = payload;
	frame.payload_length = length;
	return frame;
}

/* Of any length and content; numbers without a jump, timestamps at the sender's pace. */
static void each_byte_passes_both_ways(void **state)
{
	struct jf_lab_frame first[2] = {0}, out;
	uint8_t payload[1000], heard[1500];
	LAB(state);

	srand(5);
	call_opaque(lab, OPUS_HZ);
	for (uint16_t n = 0; n < 200; n++) {
		for (uint32_t from = 0; from < 2; from++) {
			uint16_t length = (uint16_t)(1 + rand() % sizeof(payload));
			struct jf_lab_frame frame = opaque_from(from, n, payload, length);

			for (uint16_t b = 0; b < length; b++)
				payload[b] = (uint8_t)rand();
			jf_lab_receive(lab, &frame);
			assert_true(jf_lab_sent(lab, &out, heard));
			assert_int_equal(out.payload_length, length);
			assert_memory_equal(heard, payload, length);
			assert_int_equal(out.payload_type, from ? 111 : 96);
			if (n == 0)
				first[from] = out;
			assert_int_equal(out.ssrc, first[from].ssrc);
			assert_int_equal(out.sequence, (uint16_t)(first[from].sequence + n));
			assert_int_equal(out.timestamp, first[from].timestamp + n * OPUS_FRAME);
		}
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	assert_int_equal(jf_lab_all_drops(lab), 0);
}

static void its_energy_is_not_known(void **state)
{
	uint8_t payload[JF_LAB_PAYLOAD];
	LAB(state);

	memset(payload, 0x80, sizeof(payload)); /* would be full scale */
	call_opaque(lab, OPUS_HZ);
	for (uint16_t n = 0; n < 20; n++) {
		struct jf_lab_frame frame = opaque_from(0, n, payload, sizeof(payload));

		jf_lab_receive(lab, &frame);
		jf_lab_sent(lab, NULL, NULL);
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	assert_int_equal(lab->contract.slots[0].rx.track.frames, 0);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 20); /* counted as any other */
	assert_int_equal(jf_lab_rx(lab, 0).octets, 20 * sizeof(payload));
}

/* Every other packet 5 ms late: RFC 3550 A.8 comes to 5 ms, in the units of its own clock. */
static void jitter_is_in_the_units_of_its_clock(void **state)
{
	static const uint32_t clocks[] = {8000, 16000, OPUS_HZ, 90000};
	static const uint8_t payload[40];
	uint16_t n = 0;
	LAB(state);

	jf_lab_call(lab);
	for (uint32_t c = 0; c < sizeof(clocks) / sizeof(clocks[0]); c++) {
		struct jf_slot_rx rx;
		double ms;

		speak_opaque(lab, clocks[c]); /* negotiated anew */
		for (uint32_t i = 0; i < 400; i++, n++) {
			struct jf_lab_frame frame = opaque_from(0, n, payload, sizeof(payload));
			uint64_t due = lab->path.now_ns;

			frame.timestamp = 0xfffffff0 + i * (clocks[c] / 50);
			lab->path.now_ns += n & 1 ? 5 * JF_LAB_MS : 0;
			jf_lab_receive(lab, &frame);
			jf_lab_sent(lab, NULL, NULL);
			lab->path.now_ns = due + 20 * JF_LAB_MS;
		}
		rx = jf_lab_rx(lab, 0);
		assert_int_equal(rx.clock_hz, clocks[c]);
		ms = rx.jitter_ts_q4 / 16.0 * 1000 / clocks[c];
		assert_true(ms > 4.5 && ms < 5.5);
	}
}

/* Beside the audio of the call: what stands at the same place is the same format. */
/* Nobody can make the one from the other. */
static void it_does_not_pass_to_another_codec(void **state)
{
	static const uint8_t payload[40];
	struct jf_lab_frame frame = opaque_from(0, 1, payload, sizeof(payload));
	LAB(state);

	call_opaque(lab, OPUS_HZ);
	assert_int_equal(jf_lab_remote(lab, 1), 0); /* PCMU from now on */
	jf_lab_receive(lab, &frame);
	frame = jf_lab_from(1, 1, 160);
	jf_lab_receive(lab, &frame);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_DECODABLE), 2);
}

static void clocks_and_numbers_that_cannot_be_are_refused(void **state)
{
	struct jf_command remote = jf_lab_remote_of(0);
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	remote.remote.codec = JF_CODEC_OTHER;
	remote.remote.clock_hz = 0;
	assert_int_equal(jf_lab_command(lab, remote), -EINVAL);
	remote.remote.clock_hz = UINT32_MAX;
	assert_int_equal(jf_lab_command(lab, remote), -EINVAL);
	remote.remote.clock_hz = OPUS_HZ;
	remote.remote.keyframes = 8;
	assert_int_equal(jf_lab_command(lab, remote), -EINVAL);
	remote.remote.keyframes = 7;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	remote.remote.codec = JF_CODEC_PCMU; /* which has a clock of its own */
	assert_int_equal(jf_lab_command(lab, remote), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_byte_passes_both_ways),
	        TEST(its_energy_is_not_known),
	        TEST(jitter_is_in_the_units_of_its_clock),
	        TEST(it_does_not_pass_to_another_codec),
	        TEST(clocks_and_numbers_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests_name("opaque", tests, jf_lab_begin, jf_lab_end);
}
