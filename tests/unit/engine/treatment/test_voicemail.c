// SPDX-License-Identifier: BSD-3-Clause
#include "jf_voicemail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_time.h"

#define S JF_NS_PER_S

static const struct jf_voicemail_policy policy = {
        .silence_ns = 3 * S, .max_ns = 20 * S, .least_ns = S / 2};
static struct jf_voicemail v;
static uint64_t now_ns;

/* So long of words with pauses between them, or of the line's noise; stops when it is over. */
static unsigned int hear(uint64_t ms, bool words)
{
	unsigned int does = 0;

	for (uint64_t at = 0; at < ms && !does; at += JF_VOICEMAIL_LOOK_MS) {
		uint8_t levels[JF_VOICEMAIL_LOOK_MS / 20];

		for (unsigned int i = 0; i < sizeof(levels); i++)
			levels[i] = words && at % 1000 < 600 ? 20 : 65;
		now_ns += JF_VOICEMAIL_LOOK_MS * JF_NS_PER_MS;
		does = jf_voicemail_levels(&v, &policy, levels, sizeof(levels), now_ns);
	}
	return does;
}

static int begin(void **state)
{
	(void)state;
	now_ns = 100 * S;
	assert_int_equal(jf_voicemail_begin(&v), JF_VOICEMAIL_DO_GREET);
	return 0;
}

static void record(void)
{
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_PLAYED, now_ns),
	                 JF_VOICEMAIL_DO_BEEP);
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_PLAYED, now_ns),
	                 JF_VOICEMAIL_DO_RECORD);
}

static void silence_ends_it(void **state)
{
	(void)state;
	record();
	hear(400, false);
	assert_int_equal(hear(6000, true), 0);
	assert_int_equal(hear(2000, false), 0);
	assert_int_equal(hear(2000, false), JF_VOICEMAIL_DO_STOP | JF_VOICEMAIL_DO_THANK);
	assert_string_equal(v.end, "silence");
	assert_true(jf_voicemail_is_kept(&v, &policy));
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_PLAYED, now_ns),
	                 JF_VOICEMAIL_DO_HANG_UP);
}

static void it_is_as_long_as_one_may_be(void **state)
{
	(void)state;
	record();
	assert_int_equal(hear(30000, true), JF_VOICEMAIL_DO_STOP | JF_VOICEMAIL_DO_THANK);
	assert_int_equal(jf_time_since(v.recording_ns, now_ns), policy.max_ns);
	assert_string_equal(v.end, "full");
}

static void who_says_nothing_leaves_nothing(void **state)
{
	(void)state;
	record();
	assert_true(hear(5000, false) & JF_VOICEMAIL_DO_STOP);
	assert_false(jf_voicemail_is_kept(&v, &policy));
}

static void the_key_skips_the_greeting_and_ends_the_message(void **state)
{
	(void)state;
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_KEY, now_ns),
	                 JF_VOICEMAIL_DO_BEEP);
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_KEY, now_ns), 0);
	jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_PLAYED, now_ns);
	hear(400, false);
	hear(3000, true);
	assert_true(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_KEY, now_ns) & JF_VOICEMAIL_DO_STOP);
	assert_string_equal(v.end, "key");
}

static void hanging_up_keeps_what_was_said(void **state)
{
	(void)state;
	record();
	hear(400, false);
	hear(3000, true);
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_GONE, now_ns),
	                 JF_VOICEMAIL_DO_STOP);
	assert_true(jf_voicemail_is_kept(&v, &policy));
}

static void hanging_up_in_the_greeting_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_GONE, now_ns), 0);
	assert_int_equal(v.state, JF_VOICEMAIL_DONE);
	assert_false(jf_voicemail_is_kept(&v, &policy));
	assert_int_equal(jf_voicemail_step(&v, JF_VOICEMAIL_EVENT_PLAYED, now_ns), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(silence_ends_it, begin),
	        cmocka_unit_test_setup(it_is_as_long_as_one_may_be, begin),
	        cmocka_unit_test_setup(who_says_nothing_leaves_nothing, begin),
	        cmocka_unit_test_setup(the_key_skips_the_greeting_and_ends_the_message, begin),
	        cmocka_unit_test_setup(hanging_up_keeps_what_was_said, begin),
	        cmocka_unit_test_setup(hanging_up_in_the_greeting_leaves_nothing, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
