// SPDX-License-Identifier: BSD-3-Clause
#include "jf_track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_g711.h"

#define EMPTY JF_TRACK_EMPTY
#define LOUD  0   /* of code 0x80 in mu-law */
#define MUTE  127 /* of code 0xff */

static uint8_t levels[64], loud[480], mute[480];
static struct jf_track track;
static struct jf_track_rest rest;

static int fresh(void **state)
{
	(void)state;
	memset(levels, 200, sizeof(levels));
	memset(loud, 0x80, sizeof(loud));
	memset(mute, 0xff, sizeof(mute));
	jf_track_init(&track, &rest, 64, JF_LAW_PCMU);
	return 0;
}

static void push(uint32_t timestamp, uint32_t now_ts, const uint8_t *codes, uint32_t n)
{
	jf_track_push(&track, &rest, levels,
	              &(struct jf_track_packet){
	                      .codes = codes, .n = n, .timestamp = timestamp, .now_ts = now_ts});
}

static void assert_levels(const uint8_t *expected, uint32_t n)
{
	assert_int_equal(track.frames, n);
	for (uint32_t i = 0; i < n; i++)
		if (jf_track_level(&track, levels, 63, i) != expected[i])
			fail_msg("frame %u: %u, not %u", i, jf_track_level(&track, levels, 63, i),
			         expected[i]);
}
#define ASSERT_LEVELS(...)                                                                         \
	assert_levels((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void packets_of_any_length_make_frames_of_20_ms(void **state)
{
	static const uint32_t lengths[] = {80, 160, 240, 480};

	for (size_t k = 0; k < 4; k++) {
		uint32_t n = lengths[k];

		fresh(state);
		/* 60 ms of voice, 60 ms of silence */
		for (uint32_t at = 0; at < 960; at += n) {
			uint8_t part[480];

			for (uint32_t i = 0; i < n; i++)
				part[i] = at + i < 480 ? 0x80 : 0xff;
			push(7000 + at, 100 + at + n, part, n);
		}
		ASSERT_LEVELS(LOUD, LOUD, LOUD, MUTE, MUTE, MUTE);
		assert_int_equal(rest.start_ts, 100);
	}
}

static void lost_packets_leave_empty_frames(void **state)
{
	(void)state;
	push(0, 160, loud, 160);
	push(480, 640, loud, 160);
	ASSERT_LEVELS(LOUD, EMPTY, EMPTY, LOUD);
}

static void repeated_and_late_packets_change_nothing(void **state)
{
	(void)state;
	push(0, 160, loud, 160);
	push(320, 480, loud, 160);
	push(160, 485, loud, 160);
	push(320, 490, loud, 160);
	push(480, 640, loud, 160);
	ASSERT_LEVELS(LOUD, EMPTY, LOUD, LOUD);
}

static void a_frame_with_a_hole_has_the_level_of_what_came(void **state)
{
	(void)state;
	push(0, 80, loud, 80);
	push(160, 240, mute, 80);
	push(240, 320, mute, 80);
	ASSERT_LEVELS(LOUD, MUTE);
}

static void silence_of_a_minute_is_a_gap_of_a_minute(void **state)
{
	(void)state;
	push(0, 160, loud, 160);
	push(480000, 480160, loud, 160);
	assert_int_equal(track.frames, 3001);
	assert_int_equal(jf_track_latest(&track), LOUD);
	for (uint32_t i = 3000 - 63; i < 3000; i++)
		assert_int_equal(jf_track_level(&track, levels, 63, i), EMPTY);
}

static void a_jump_that_the_clock_does_not_confirm_is_no_gap(void **state)
{
	(void)state;
	push(0, 160, loud, 160);
	push(4000000, 320, loud, 160);
	push(4000160, 480, loud, 160);
	/* and back, 40 ms later than it should be */
	push(320, 960, mute, 160);
	ASSERT_LEVELS(LOUD, LOUD, LOUD, EMPTY, EMPTY, MUTE);
}

static void another_source_is_placed_by_its_arrival(void **state)
{
	(void)state;
	push(0, 160, loud, 160);
	jf_track_resync(&track, JF_LAW_PCMA);
	memset(mute, 0xd5, sizeof(mute));
	/* 30 ms late to the millisecond: to the nearest frame */
	push(0x80000000u, 160 + 160 + 300, mute, 160);
	ASSERT_LEVELS(LOUD, EMPTY, EMPTY, MUTE);
}

static void timestamps_wrap(void **state)
{
	(void)state;
	push(0xffffff60u, 0xffffffffu, loud, 160);
	push(0, 159, mute, 160);
	push(320, 479, loud, 160);
	ASSERT_LEVELS(LOUD, MUTE, EMPTY, LOUD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(packets_of_any_length_make_frames_of_20_ms, fresh),
	        cmocka_unit_test_setup(lost_packets_leave_empty_frames, fresh),
	        cmocka_unit_test_setup(repeated_and_late_packets_change_nothing, fresh),
	        cmocka_unit_test_setup(a_frame_with_a_hole_has_the_level_of_what_came, fresh),
	        cmocka_unit_test_setup(silence_of_a_minute_is_a_gap_of_a_minute, fresh),
	        cmocka_unit_test_setup(a_jump_that_the_clock_does_not_confirm_is_no_gap, fresh),
	        cmocka_unit_test_setup(another_source_is_placed_by_its_arrival, fresh),
	        cmocka_unit_test_setup(timestamps_wrap, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
