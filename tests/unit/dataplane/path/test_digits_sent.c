// SPDX-License-Identifier: BSD-3-Clause
/* Presses that control has sent, and presses that it has masked. */
#include "jf_digits_lab.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Commands ----------------------------------------------------------------------------- */

static struct jf_command dial(uint32_t digits_id, const char *events)
{
	struct jf_command command = {.type = JF_COMMAND_DIGITS,
	                             .endpoint = {JF_DIAL_AGENT, 1},
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

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	jf_lab_sound(lab, 1, 100, 3);
	jf_dial_hum(lab, JF_LAW_PCMU, 100);
	assert_int_equal(jf_lab_command(lab, dial(77, "421")), 0);
	assert_int_equal(jf_lab_command(lab, dial(77, "421")), 0); /* told again */
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	/* the agent is put on hold meanwhile */
	assert_int_equal(jf_lab_play(lab, JF_DIAL_AGENT, 5, music, 1, JF_PLAY_LOOP_LAST), 0);
	assert_false(told_sent(lab, 77));
	jf_dial_pass(lab, 400);
	assert_true(told_sent(lab, 77));
	jf_dial_events_sent(text, sizeof(text));
	assert_string_equal(text, "4:800 2:800 1:800");
	jf_dial_check_stream();
	assert_int_equal(jf_dial.sent[jf_dial.n - 1].frame.payload_type, 0);
	assert_true(jf_dial.sent[jf_dial.n - 1].payload[0] >= 3); /* music */
}

static void presses_hold_a_mix_back(void **state)
{
	struct jf_command row = {
	        .type = JF_COMMAND_MIX,
	        .endpoint = {JF_DIAL_AGENT, 1},
	        .mix = {.mix_id = 1, .count = 1, .sources = {{JF_DIAL_CALLER, 1}}}};
	size_t first = SIZE_MAX, last = 0;
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, row), 0);
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	assert_int_equal(jf_lab_command(lab, dial(78, "42")), 0);
	jf_dial_hum(lab, JF_LAW_PCMU, 600);
	assert_true(told_sent(lab, 78));
	jf_dial_events_sent(text, sizeof(text));
	assert_string_equal(text, "4:800 2:800");
	jf_dial_check_stream();
	for (size_t i = 0; i < jf_dial.n; i++) {
		if (jf_dial.sent[i].frame.payload_type != JF_DIAL_EVENTS)
			continue;
		first = first == SIZE_MAX ? i : first;
		last = i;
	}
	for (size_t i = first; i <= last; i++) /* no audio between */
		assert_int_equal(jf_dial.sent[i].frame.payload_type, JF_DIAL_EVENTS);
	assert_true(jf_dial.n - last > 5); /* and it goes on */
}

static void presses_are_sent_as_tones(void **state)
{
	struct jf_dial_ear ear;
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMA);
	assert_int_equal(jf_lab_command(lab, dial(1, "0157")), 0);
	jf_dial_pass(lab, 700);
	assert_true(told_sent(lab, 1));
	jf_dial_check_stream();
	ear = jf_dial_keys_heard(JF_LAW_PCMA);
	assert_string_equal(ear.keys, "0157");
	assert_in_range(ear.longest_ts, 612, 816);
}

static void a_new_offer_in_the_middle_of_a_press(void **state)
{
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, dial(1, "12")), 0);
	jf_dial_pass(lab, 50);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, JF_DIGITS_EVENT, JF_DIGITS_EVENT,
	                  JF_CODEC_PCMU); /* the same */
	jf_dial_pass(lab, 500);
	jf_dial_events_sent(text, sizeof(text));
	assert_string_equal(text, "1:800 2:800");
	assert_int_equal(jf_lab_command(lab, dial(2, "12")), 0);
	jf_dial_pass(lab, 50);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMA);
	jf_dial.n = 0;
	jf_dial.codec = JF_CODEC_PCMA;
	jf_dial_pass(lab, 500);
	assert_int_equal(jf_dial.n, 0);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_DIALLER), 2);
	assert_int_equal(jf_lab_command(lab, dial(3, "34")), 0);
	jf_dial_pass(lab, 500);
	assert_string_equal(jf_dial_keys_heard(JF_LAW_PCMA).keys, "34");
}

static void what_cannot_be_sent_is_refused(void **state)
{
	struct jf_command command = dial(1, "1");
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_NONE, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, command), -ENOTSUP);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
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
	jf_dial_set_forms(lab, JF_DIAL_CALLER, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	command = dial(34, "1");
	command.endpoint.index = JF_DIAL_CALLER;
	command.digits.events[0] = 16;
	assert_int_equal(jf_lab_command(lab, command), -ENOTSUP);
	jf_dial_pass(lab, 10); /* a call that ends in the middle of it gives everything back */
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
		jf_dial_call(lab, (uint8_t)form, JF_DIGITS_EVENT, JF_CODEC_PCMU);
		assert_int_equal(jf_dial_mask(lab, JF_DIAL_CALLER, true), 0);
		for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(lengths_ms[0]); i++) {
			int16_t nothing[160 * 5] = {0};

			jf_dial_say(lab, JF_LAW_PCMU, nothing, 160 * 5);
			jf_dial_tone(lab, JF_LAW_PCMU, 5, lengths_ms[i]);
		}
		for (size_t i = 0; i < jf_dial.n; i++)
			assert_true(tone_db(jf_dial.sent[i].payload, 160, hz) < -70);
		jf_dial_events_sent(text, sizeof(text));
		assert_string_equal(text, "");
		if (form == JF_DIGITS_INBAND) {
			jf_dial_digits(lab, &digits);
			assert_int_equal(digits.count, 9);
			assert_true(digits.kept[0].masked && digits.kept[8].masked);
		}
		jf_dial_event(lab, 5, 5);
		jf_dial_events_sent(text, sizeof(text));
		assert_string_equal(text, "");
		jf_dial_digits(lab, &digits);
		assert_true(digits.count >= 1);
		assert_true(digits.kept[(digits.count - 1) % JF_CONTRACT_DIGITS_KEPT].masked);
		assert_true(jf_lab_drops(lab, JF_DROP_MASKED) >= 5);
		jf_dial_hum(lab, JF_LAW_PCMU, 60);
		jf_dial_check_stream();
		jf_lab_free(state);
		jf_lab_make(state);
		lab = *state;
	}
	jf_lab_call(lab);
}

static void a_supervisor_hears_nothing_of_a_masked_key(void **state)
{
	static const double hz[2] = {770, 1336}; /* of 5 */
	struct jf_command row = {
	        .type = JF_COMMAND_MIX,
	        .endpoint = {JF_DIAL_AGENT, 1},
	        .mix = {.mix_id = 1, .count = 1, .sources = {{JF_DIAL_CALLER, 1}}}};
	static const int16_t nothing[160 * 8];
	bool heard_voice = false;
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	assert_int_equal(jf_lab_command(lab, row), 0); /* the listener hears by a mixer */
	assert_int_equal(jf_dial_mask(lab, JF_DIAL_CALLER, true), 0);
	jf_dial_hum(lab, JF_LAW_PCMU, 300);
	for (uint32_t i = 0; i < jf_dial.n; i++)
		heard_voice |=
		        tone_db(jf_dial.sent[i].payload, 160, (const double[2]){318, 778}) > -40;
	assert_true(heard_voice);
	jf_dial_say(lab, JF_LAW_PCMU, nothing, 160 * 8);
	jf_dial.n = 0;
	for (uint32_t ms = 40; ms <= 200; ms += 40) {
		jf_dial_tone(lab, JF_LAW_PCMU, 5, ms);
		jf_dial_say(lab, JF_LAW_PCMU, nothing, 160 * 8);
	}
	assert_true(jf_dial.n > 50);
	for (size_t i = 0; i < jf_dial.n; i++)
		assert_true(tone_db(jf_dial.sent[i].payload, 160, hz) < -50);
}

static void a_masked_voice_is_only_later(void **state)
{
	static uint8_t said[8000], heard[8000];
	size_t n = 0;
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	assert_int_equal(jf_dial_mask(lab, JF_DIAL_CALLER, true), 0);
	for (uint32_t i = 0; i < 20; i++) {
		struct jf_lab_frame frame =
		        jf_lab_from(JF_DIAL_CALLER, jf_dial.sequence++, jf_dial.timestamp);

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
		jf_dial.timestamp += 160;
		jf_dial_collect(lab);
		jf_dial_pass(lab, 20);
	}
	assert_int_equal(jf_dial.n, 19);
	for (size_t i = 0; i < jf_dial.n; i++) {
		uint32_t at = jf_dial.sent[i].frame.timestamp - jf_dial.sent[0].frame.timestamp;

		memcpy(heard + at, jf_dial.sent[i].payload, 160);
		n = at + 160;
		if (at >= JF_MASK_DELAY_TS)
			assert_memory_equal(heard + at, said + at - JF_MASK_DELAY_TS, 160);
		else
			assert_int_equal(heard[at], 0xff);
	}
	assert_int_equal(n, 3200);
	/* and back again: the next packet is what was said */
	assert_int_equal(jf_dial_mask(lab, JF_DIAL_CALLER, false), 0);
	jf_dial.n = 0;
	jf_dial_hum(lab, JF_LAW_PCMU, 20);
	assert_int_not_equal(jf_dial.sent[0].payload[100], 0xff);
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
	assert_int_equal(jf_dial_mask(lab, 0, true), 0);
	assert_int_equal(jf_dial_mask(lab, 1, true), 0);
	assert_int_equal(jf_dial_mask(lab, 1, true), 0);
	assert_int_equal(jf_dial_mask(lab, 2, true), -ENOSPC);
	remote = jf_lab_remote_of(2);
	remote.remote.rx_digits = JF_DIGITS_INBAND;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	remote = jf_lab_remote_of(3);
	remote.remote.rx_digits = JF_DIGITS_INBAND;
	assert_int_equal(jf_lab_command(lab, remote), -ENOSPC);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(jf_dial_mask(lab, 2, true), 0);
	assert_int_equal(jf_lab_close(lab, 1), 0);
	assert_int_equal(jf_lab_command(lab, remote), 0);
	assert_int_equal(jf_dial_mask(lab, 1, true), -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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

	return cmocka_run_group_tests_name("digits_sent", tests, jf_dial_begin, jf_lab_end);
}
