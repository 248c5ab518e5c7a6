// SPDX-License-Identifier: BSD-3-Clause
#include "jf_calendar.h"

#include <errno.h>
#include <stddef.h>

#define DAY_MIN   1440u
#define LOOK_DAYS 400

static bool hours_are_valid(const struct jf_calendar_hours *hours)
{
	uint32_t free_from = 0;

	if (hours->count > JF_CALENDAR_SPANS_MAX)
		return false;
	for (uint32_t i = 0; i < hours->count; i++) {
		const struct jf_calendar_span *span = &hours->spans[i];

		if (span->from_min >= DAY_MIN || span->to_min <= span->from_min ||
		    span->to_min > span->from_min + DAY_MIN || span->from_min < free_from)
			return false;
		free_from = span->to_min + 1u;
	}
	return true;
}

int jf_calendar_check(const struct jf_calendar *calendar)
{
	for (int day = 0; day < 7; day++)
		if (!hours_are_valid(&calendar->week[day]))
			return -EINVAL;
	for (uint32_t i = 0; i < calendar->n_holidays; i++) {
		struct jf_civil_date date = calendar->holidays[i].date;

		if (date.year == 0)
			date.year = 2000; /* a leap year: 29 February may be one */
		if (!jf_civil_is_date(date) || !hours_are_valid(&calendar->holidays[i].hours))
			return -EINVAL;
	}
	return 0;
}

static const struct jf_calendar_holiday *holiday_of(const struct jf_calendar *calendar, int64_t day)
{
	struct jf_civil_date date = jf_civil_date(day);

	for (uint32_t i = 0; i < calendar->n_holidays; i++) {
		const struct jf_civil_date *of = &calendar->holidays[i].date;

		if (of->month == date.month && of->day == date.day &&
		    (of->year == 0 || of->year == date.year))
			return &calendar->holidays[i];
	}
	return NULL;
}

static const struct jf_calendar_hours *hours_of(const struct jf_calendar *calendar, int64_t day)
{
	const struct jf_calendar_holiday *holiday = holiday_of(calendar, day);

	return holiday ? &holiday->hours : &calendar->week[jf_civil_weekday(day)];
}

/* The span's bounds in universal time. */
struct bounds {
	int64_t from, to;
};

static struct bounds bounds_of(const struct jf_calendar *calendar, int64_t day,
                               const struct jf_calendar_span *span)
{
	return (struct bounds){
	        .from = jf_zone_utc(calendar->zone, day, span->from_min * 60),
	        .to = jf_zone_utc(calendar->zone, day, span->to_min * 60),
	};
}

/* The span that is open at that moment, and the day to which it belongs. */
static bool find_open(const struct jf_calendar *calendar, int64_t utc_s, int64_t *ret_day,
                      int64_t *ret_to)
{
	int64_t today = jf_zone_local(calendar->zone, utc_s).day;

	for (int64_t day = today - 1; day <= today; day++) {
		const struct jf_calendar_hours *hours = hours_of(calendar, day);

		for (uint32_t i = 0; i < hours->count; i++) {
			struct bounds b = bounds_of(calendar, day, &hours->spans[i]);

			if (b.from <= utc_s && utc_s < b.to) {
				*ret_day = day;
				*ret_to = b.to;
				return true;
			}
		}
	}
	return false;
}

static int64_t next_opening(const struct jf_calendar *calendar, int64_t utc_s)
{
	int64_t today = jf_zone_local(calendar->zone, utc_s).day;

	for (int64_t day = today; day <= today + LOOK_DAYS; day++) {
		const struct jf_calendar_hours *hours = hours_of(calendar, day);

		for (uint32_t i = 0; i < hours->count; i++) {
			struct bounds b = bounds_of(calendar, day, &hours->spans[i]);

			if (b.from > utc_s && b.to > b.from)
				return b.from;
		}
	}
	return JF_ZONE_NEVER;
}

/* Spans that follow each other without a gap (to midnight, from midnight) are one. */
static int64_t closing(const struct jf_calendar *calendar, int64_t utc_s, int64_t to)
{
	int64_t day;

	while (find_open(calendar, to, &day, &to))
		if (to - utc_s > LOOK_DAYS * INT64_C(86400))
			return JF_ZONE_NEVER;
	return to;
}

struct jf_calendar_status jf_calendar_at(const struct jf_calendar *calendar, int64_t utc_s)
{
	struct jf_calendar_status status = {0};
	const struct jf_calendar_holiday *holiday;
	int64_t day = jf_zone_local(calendar->zone, utc_s).day, to;

	status.is_open = find_open(calendar, utc_s, &day, &to);
	holiday = holiday_of(calendar, day);
	status.holiday = holiday ? holiday->name : NULL;
	status.until_s =
	        status.is_open ? closing(calendar, utc_s, to) : next_opening(calendar, utc_s);
	return status;
}
