// SPDX-License-Identifier: BSD-3-Clause
/* Time zones, against the C library, which reads the same files in its own way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_zone_priv.h"
#include "zones.h"

static const char *const names[] = {
        "Europe/Tallinn", /* daylight saving in the north */
        "America/New_York",
        "Australia/Lord_Howe", /* by half an hour, in the south */
        "America/Santiago",    /* at the turn of the day, negative in universal time */
        "Asia/Kolkata",        /* none, and half an hour of offset */
        "Africa/Casablanca",   /* more in the file than in the rule */
        "Asia/Gaza",           /* rules until 2086 in the file */
        "America/Godthab",     /* clocks change before midnight */
        "Europe/Dublin",       /* standard time in summer: negative daylight saving */
        "Pacific/Apia",        /* left a day out */
        "Pacific/Kiritimati",  /* 14 hours ahead */
        "UTC",
};

static uint64_t random_state = 7;

static int64_t random_between(int64_t low, int64_t high)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return low + (int64_t)(random_state % (uint64_t)(high - low));
}

static void use(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static int64_t year_begins(int32_t year)
{
	return jf_civil_day((struct jf_civil_date){year, 1, 1}) * 86400;
}

static void local_time_is_the_c_librarys(void **state)
{
	(void)state;
	for (size_t z = 0; z < sizeof(names) / sizeof(names[0]); z++) {
		struct jf_zone *zone = zone_named(names[z]);

		use(names[z]);
		for (int i = 0; i < 20000; i++) {
			time_t at = (time_t)random_between(year_begins(1900), year_begins(2400));
			struct jf_zone_local local = jf_zone_local(zone, at);
			struct jf_civil_date date = jf_civil_date(local.day);
			struct tm tm;

			localtime_r(&at, &tm);
			assert_int_equal(local.offset_s, tm.tm_gmtoff);
			assert_int_equal(date.year, tm.tm_year + 1900);
			assert_int_equal(date.month, tm.tm_mon + 1);
			assert_int_equal(date.day, tm.tm_mday);
			assert_int_equal(local.second,
			                 tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec);
			assert_int_equal(jf_civil_weekday(local.day), (tm.tm_wday + 6) % 7);
		}
		jf_zone_destroy(zone);
	}
}

/* Back again, unless the clocks showed that time twice: then the first. */
static void what_clocks_show_leads_back(void **state)
{
	(void)state;
	for (size_t z = 0; z < sizeof(names) / sizeof(names[0]); z++) {
		struct jf_zone *zone = zone_named(names[z]);

		for (int i = 0; i < 20000; i++) {
			int64_t at = random_between(year_begins(1950), year_begins(2200));
			struct jf_zone_local local = jf_zone_local(zone, at);
			int64_t back = jf_zone_utc(zone, local.day, local.second);

			assert_true(back <= at);
			if (back != at) {
				struct jf_zone_local first = jf_zone_local(zone, back);

				assert_true(first.day == local.day && first.second == local.second);
				assert_true(jf_zone_next_change(zone, back) <= at);
			}
		}
		jf_zone_destroy(zone);
	}
}

static void a_time_that_clocks_leave_out_is_when_they_are_put_forward(void **state)
{
	struct jf_zone *zone = zone_named("Europe/Tallinn");
	int64_t day = jf_civil_day((struct jf_civil_date){2026, 3, 29});
	int64_t change = day * 86400 + 3600; /* 01:00 UTC: 03:00 becomes 04:00 */

	(void)state;
	assert_int_equal(jf_zone_next_change(zone, change - 1), change);
	assert_int_equal(jf_zone_utc(zone, day, 3 * 3600), change);
	assert_int_equal(jf_zone_utc(zone, day, 3 * 3600 + 1800), change);
	assert_int_equal(jf_zone_utc(zone, day, 4 * 3600), change);
	assert_int_equal(jf_zone_utc(zone, day, 3 * 3600 - 1), change - 1);
	jf_zone_destroy(zone);
}

static void of_an_hour_shown_twice_the_first_is_meant(void **state)
{
	struct jf_zone *zone = zone_named("Europe/Tallinn");
	int64_t day = jf_civil_day((struct jf_civil_date){2026, 10, 25});

	(void)state;
	/* 03:30 in summer time is 00:30 UTC; an hour later clocks show 03:30 again. */
	assert_int_equal(jf_zone_utc(zone, day, 3 * 3600 + 1800), day * 86400 + 1800);
	assert_int_equal(jf_zone_utc(zone, day, 4 * 3600), day * 86400 + 7200);
	jf_zone_destroy(zone);
}

static void a_zone_without_rules_never_changes(void **state)
{
	struct jf_zone *zone = zone_named("UTC");

	(void)state;
	assert_int_equal(jf_zone_next_change(zone, 0), JF_ZONE_NEVER);
	jf_zone_destroy(zone);
}

static void dates_go_there_and_back(void **state)
{
	(void)state;
	for (int64_t day = -1000000; day < 1000000; day += 13) {
		struct jf_civil_date date = jf_civil_date(day);

		assert_true(jf_civil_is_date(date));
		assert_int_equal(jf_civil_day(date), day);
	}
	assert_false(jf_civil_is_date((struct jf_civil_date){2025, 2, 29}));
	assert_true(jf_civil_is_date((struct jf_civil_date){2000, 2, 29}));
	assert_false(jf_civil_is_date((struct jf_civil_date){1900, 2, 29}));
	assert_false(jf_civil_is_date((struct jf_civil_date){2026, 13, 1}));
}

static void what_is_not_a_footer_is_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "E5",
	        "EST",
	        "EST5EDT,M3.2.0",
	        "EST25",
	        "EST5EDT",
	        "<+3",
	        "EST5EDT,M13.1.0,M11.1.0",
	        "EST5EDT,J0,J365",
	        "EST5EDT,M3.6.0,M11.1.0",
	        "EST5EDT,366,1",
	        "EST5x",
	        "EST5EDT,M3.2.0/168,M11.1.0",
	        "EST5EDT,M3.2.7,M11.1.0",
	};
	struct jf_zone_footer footer;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(jf_zone_footer_parse(bad[i], strlen(bad[i]), &footer), -EINVAL);
	assert_int_equal(jf_zone_footer_parse("IST-1GMT0,M10.5.0,M3.5.0/1", 26, &footer), 0);
	assert_int_equal(footer.standard_s, 3600);
	assert_int_equal(footer.daylight_s, 0);
}

static void what_is_not_a_zone_file_is_refused(void **state)
{
	uint8_t bytes[4096];
	struct jf_zone *zone = NULL;
	FILE *file = fopen("/usr/share/zoneinfo/Europe/Tallinn", "rb");
	size_t n = fread(bytes, 1, sizeof(bytes), file);

	(void)state;
	fclose(file);
	for (size_t length = 0; length < n; length++)
		assert_int_equal(jf_zone_parse(bytes, length, &zone), -EINVAL);
	assert_int_equal(jf_zone_parse("hello", 5, &zone), -EINVAL);
	assert_null(zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(local_time_is_the_c_librarys),
	        cmocka_unit_test(what_clocks_show_leads_back),
	        cmocka_unit_test(a_time_that_clocks_leave_out_is_when_they_are_put_forward),
	        cmocka_unit_test(of_an_hour_shown_twice_the_first_is_meant),
	        cmocka_unit_test(a_zone_without_rules_never_changes),
	        cmocka_unit_test(dates_go_there_and_back),
	        cmocka_unit_test(what_is_not_a_footer_is_refused),
	        cmocka_unit_test(what_is_not_a_zone_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
