// SPDX-License-Identifier: BSD-3-Clause
/* Presses that are found in what a caller sends, and converted to what the agent takes. */
#include "jf_digits_lab.h"

#include <string.h>

/* ---- Forms -------------------------------------------------------------------------------- */

static void tones_become_events(void **state)
{
	struct jf_slot_digits digits;
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	jf_dial_hum(lab, JF_LAW_PCMU, 100);
	jf_dial_tone(lab, JF_LAW_PCMU, 5, 100);
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	jf_dial_tone(lab, JF_LAW_PCMU, 11, 400);
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	jf_dial_check_stream();
	jf_dial_events_sent(text, sizeof(text));
	assert_string_equal(text, "5:800 #:3200"); /* as long as they were held */
	/* no receiver takes what was let through before the press was known for a press */
	assert_string_equal(jf_dial_keys_heard(JF_LAW_PCMU).keys, "");
	jf_dial_digits(lab, &digits);
	assert_int_equal(digits.count, 2);
	assert_int_equal(digits.kept[0].event, 5);
	assert_int_equal(digits.kept[1].event, 11);
	assert_false(digits.kept[0].masked);
	assert_in_range(digits.kept[1].duration_ts, 2900, 3200);
	assert_int_equal(jf_dial.sent[jf_dial.n - 1].frame.payload_type, 0); /* the hum is back */
	assert_true(jf_lab_drops(lab, JF_DROP_DIGIT) > 0);
}

static void a_key_held_until_nothing_comes_ends_all_the_same(void **state)
{
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_PCMA);
	jf_dial_tone(lab, JF_LAW_PCMA, 7, 2000);
	jf_dial_pass(lab, 1000); /* the caller's network is gone */
	jf_dial_events_sent(text, sizeof(text));
	assert_int_equal(strncmp(text, "7:1", 3), 0);
	jf_dial_check_stream();
}

static void events_become_tones(void **state)
{
	static const uint8_t codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA};
	struct jf_slot_digits digits;

	for (size_t c = 0; c < sizeof(codecs); c++) {
		enum jf_law law = (enum jf_law)codecs[c];
		struct jf_dial_ear ear;
		LAB(state);

		jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_INBAND, codecs[c]);
		jf_dial_hum(lab, law, 100);
		for (uint8_t event = 0; event < 16; event++) {
			jf_dial_event(lab, event, 5);
			jf_dial_hum(lab, law, 100);
		}
		jf_dial_check_stream();
		ear = jf_dial_keys_heard(law);
		assert_string_equal(ear.keys, "0123456789*#ABCD");
		assert_in_range(ear.longest_ts, 600, 816);
		for (size_t i = 0; i < jf_dial.n; i++)
			assert_int_equal(jf_dial.sent[i].frame.payload_type, codecs[c]);
		jf_dial_digits(lab, &digits);
		assert_int_equal(digits.count, 16);
		assert_int_equal(
		        jf_lab_close(lab, JF_DIAL_CALLER) | jf_lab_close(lab, JF_DIAL_AGENT), 0);
		jf_lab_free(state);
		jf_lab_make(state);
	}
}

static void wideband_parties_dial_as_well(void **state)
{
	struct jf_slot_digits digits;
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_EVENT, JF_CODEC_G722);
	jf_dial_hum(lab, JF_LAW_PCMU, 100);
	jf_dial_tone(lab, JF_LAW_PCMU, 8, 100);
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	jf_dial_events_sent(text, sizeof(text));
	assert_int_equal(strncmp(text, "8:", 2), 0);
	jf_dial_check_stream();
	jf_dial.n = 0;
	jf_dial_set_forms(lab, JF_DIAL_CALLER, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_G722);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_G722);
	for (uint8_t event = 0; event < 16; event++) {
		jf_dial_event(lab, event, 5);
		jf_dial_hum(lab, JF_LAW_PCMU, 100);
	}
	assert_string_equal(jf_dial_keys_heard(JF_LAW_PCMU).keys, "0123456789*#ABCD");
	jf_dial_check_stream();
	jf_dial.n = 0;
	assert_int_equal(jf_dial_mask(lab, JF_DIAL_CALLER, true), 0);
	jf_dial_tone(lab, JF_LAW_PCMU, 6, 100);
	jf_dial_hum(lab, JF_LAW_PCMU, 200);
	assert_string_equal(jf_dial_keys_heard(JF_LAW_PCMU).keys, "");
	jf_dial_digits(lab, &digits);
	assert_int_equal(digits.count, 17); /* the phone sends events: its tones are no presses */
}

static void one_form_passes_as_it_is(void **state)
{
	char text[200];
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_EVENT, JF_DIGITS_EVENT, JF_CODEC_PCMU);
	jf_dial_hum(lab, JF_LAW_PCMU, 60);
	jf_dial_event(lab, 9, 4);
	jf_dial_check_stream();
	jf_dial_events_sent(text, sizeof(text));
	assert_string_equal(text, "9:640");
	jf_dial_set_forms(lab, JF_DIAL_CALLER, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, JF_DIGITS_INBAND, JF_DIGITS_INBAND, JF_CODEC_PCMU);
	jf_dial.n = 0;
	jf_dial_tone(lab, JF_LAW_PCMU, 3, 100);
	jf_dial_hum(lab, JF_LAW_PCMU, 60);
	assert_string_equal(jf_dial_keys_heard(JF_LAW_PCMU).keys, "3");
	assert_int_equal(jf_lab_drops(lab, JF_DROP_DIGIT), 0);
}

static void a_key_in_both_forms_is_one(void **state)
{
	struct jf_slot_digits digits;
	LAB(state);

	jf_dial_call(lab, JF_DIGITS_INBAND, JF_DIGITS_NONE, JF_CODEC_PCMU);
	jf_dial_event(lab, 4, 5);
	jf_dial_tone(lab, JF_LAW_PCMU, 4, 100); /* a gateway that leaves the tone in */
	jf_dial_hum(lab, JF_LAW_PCMU, 600);
	jf_dial_tone(lab, JF_LAW_PCMU, 4, 100);
	jf_dial_digits(lab, &digits);
	assert_int_equal(digits.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(tones_become_events),
	        TEST(a_key_held_until_nothing_comes_ends_all_the_same),
	        TEST(events_become_tones),
	        TEST(wideband_parties_dial_as_well),
	        TEST(one_form_passes_as_it_is),
	        TEST(a_key_in_both_forms_is_one),
	};

	return cmocka_run_group_tests_name("digits_found", tests, jf_dial_begin, jf_lab_end);
}
