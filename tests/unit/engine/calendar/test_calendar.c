// SPDX-License-Identifier: BSD-3-Clause
/* When the doors are open, and until when. */
#include "jf_calendar.h"

#include <errno.h>
#include <string.h>

#include "zones.h"

#define MIN(h, m) ((uint16_t)((h)*60 + (m)))

static struct jf_zone *tallinn;
static struct jf_calendar_holiday holidays[] = {
        {.date = {0, 12, 25}, .name = "Christmas"},
        {.date = {2026, 2, 24},
         .name = "Independence Day",
         .hours = {.count = 1, .spans = {{MIN(10, 0), MIN(14, 0)}}}},
};

static struct jf_calendar office(void)
{
	struct jf_calendar calendar = {.zone = tallinn, .holidays = holidays, .n_holidays = 2};

	for (int day = 0; day < 5; day++)
		calendar.week[day] = (struct jf_calendar_hours){
		        .count = 2,
		        .spans = {{MIN(8, 0), MIN(12, 0)}, {MIN(13, 0), MIN(17, 0)}},
		};
	return calendar;
}

static int64_t local(int32_t year, uint8_t month, uint8_t day, int32_t minute)
{
	return jf_zone_utc(tallinn, jf_civil_day((struct jf_civil_date){year, month, day}),
	                   minute * 60);
}

static void open_and_closed_by_the_week(void **state)
{
	struct jf_calendar calendar = office();
	struct jf_calendar_status status;

	(void)state;
	assert_int_equal(jf_calendar_check(&calendar), 0);
	status = jf_calendar_at(&calendar, local(2026, 11, 20, MIN(9, 30))); /* a Friday */
	assert_true(status.is_open);
	assert_int_equal(status.until_s, local(2026, 11, 20, MIN(12, 0)));
	status = jf_calendar_at(&calendar, local(2026, 11, 20, MIN(12, 0)));
	assert_false(status.is_open);
	assert_int_equal(status.until_s, local(2026, 11, 20, MIN(13, 0)));
	status = jf_calendar_at(&calendar, local(2026, 11, 20, MIN(17, 0)));
	assert_false(status.is_open);
	assert_int_equal(status.until_s, local(2026, 11, 23, MIN(8, 0))); /* Monday */
}

static void holidays_have_hours_of_their_own(void **state)
{
	struct jf_calendar calendar = office();
	struct jf_calendar_status status;

	(void)state;
	status = jf_calendar_at(&calendar, local(2026, 12, 25, MIN(9, 0))); /* a Friday */
	assert_false(status.is_open);
	assert_string_equal(status.holiday, "Christmas");
	assert_int_equal(status.until_s, local(2026, 12, 28, MIN(8, 0)));
	status = jf_calendar_at(&calendar, local(2026, 2, 24, MIN(9, 0)));
	assert_false(status.is_open);
	assert_int_equal(status.until_s, local(2026, 2, 24, MIN(10, 0)));
	status = jf_calendar_at(&calendar, local(2026, 2, 24, MIN(10, 0)));
	assert_true(status.is_open);
	assert_string_equal(status.holiday, "Independence Day");
	assert_null(jf_calendar_at(&calendar, local(2027, 2, 24, MIN(9, 0))).holiday);
}

static void a_night_shift_runs_past_midnight(void **state)
{
	struct jf_calendar calendar = {.zone = tallinn};
	struct jf_calendar_status status;

	(void)state;
	calendar.week[4] =
	        (struct jf_calendar_hours){.count = 1, .spans = {{MIN(22, 0), MIN(30, 0)}}};
	assert_int_equal(jf_calendar_check(&calendar), 0);
	status = jf_calendar_at(&calendar, local(2026, 11, 21, MIN(5, 59))); /* Saturday */
	assert_true(status.is_open);
	assert_int_equal(status.until_s, local(2026, 11, 21, MIN(6, 0)));
	assert_false(jf_calendar_at(&calendar, local(2026, 11, 21, MIN(6, 0))).is_open);
	assert_false(jf_calendar_at(&calendar, local(2026, 11, 20, MIN(5, 0))).is_open);
}

/* Clocks are put forward at 03:00 on 29 March 2026, and back at 04:00 on 25 October. */
static void a_shift_is_as_long_as_the_night(void **state)
{
	struct jf_calendar calendar = {.zone = tallinn};
	int64_t from, to;

	(void)state;
	for (int day = 0; day < 7; day++)
		calendar.week[day] =
		        (struct jf_calendar_hours){.count = 1, .spans = {{MIN(22, 0), MIN(30, 0)}}};
	from = local(2026, 3, 28, MIN(22, 0));
	to = jf_calendar_at(&calendar, from).until_s;
	assert_int_equal(to - from, 7 * 3600);
	assert_int_equal(jf_zone_local(tallinn, to).second, 6 * 3600);
	from = local(2026, 10, 24, MIN(22, 0));
	to = jf_calendar_at(&calendar, from).until_s;
	assert_int_equal(to - from, 9 * 3600);
	assert_int_equal(jf_zone_local(tallinn, to).second, 6 * 3600);
}

static void round_the_clock_never_closes(void **state)
{
	struct jf_calendar calendar = {.zone = tallinn};
	struct jf_calendar_status status;

	(void)state;
	for (int day = 0; day < 7; day++)
		calendar.week[day] =
		        (struct jf_calendar_hours){.count = 1, .spans = {{0, MIN(24, 0)}}};
	status = jf_calendar_at(&calendar, local(2026, 3, 29, MIN(3, 30)));
	assert_true(status.is_open);
	assert_true(status.until_s == JF_ZONE_NEVER);
}

static void no_hours_never_open(void **state)
{
	struct jf_calendar calendar = {.zone = tallinn};

	(void)state;
	assert_false(jf_calendar_at(&calendar, 0).is_open);
	assert_true(jf_calendar_at(&calendar, 0).until_s == JF_ZONE_NEVER);
}

static void hours_that_cannot_be_are_refused(void **state)
{
	static const struct jf_calendar_hours bad[] = {
	        {.count = 1, .spans = {{MIN(9, 0), MIN(9, 0)}}},
	        {.count = 1, .spans = {{MIN(24, 0), MIN(25, 0)}}},
	        {.count = 1, .spans = {{MIN(9, 0), MIN(33, 1)}}},
	        {.count = 2, .spans = {{MIN(9, 0), MIN(12, 0)}, {MIN(11, 0), MIN(13, 0)}}},
	        {.count = 2, .spans = {{MIN(9, 0), MIN(12, 0)}, {MIN(12, 0), MIN(13, 0)}}},
	        {.count = 5},
	};
	struct jf_calendar_holiday never = {.date = {2026, 2, 29}};
	struct jf_calendar calendar = {.zone = tallinn, .holidays = &never, .n_holidays = 1};

	(void)state;
	assert_int_equal(jf_calendar_check(&calendar), -EINVAL);
	calendar.n_holidays = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		calendar.week[3] = bad[i];
		assert_int_equal(jf_calendar_check(&calendar), -EINVAL);
	}
}

static int begin(void **state)
{
	(void)state;
	tallinn = zone_named("Europe/Tallinn");
	return 0;
}

static int end(void **state)
{
	(void)state;
	jf_zone_destroy(tallinn);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(open_and_closed_by_the_week),
	        cmocka_unit_test(holidays_have_hours_of_their_own),
	        cmocka_unit_test(a_night_shift_runs_past_midnight),
	        cmocka_unit_test(a_shift_is_as_long_as_the_night),
	        cmocka_unit_test(round_the_clock_never_closes),
	        cmocka_unit_test(no_hours_never_open),
	        cmocka_unit_test(hours_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
