/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening hours: a week of spans in a place's local time, and days that are different (holidays).
 * A span belongs to the day on which it begins and may run past midnight; clocks that are put
 * forward or back shorten or lengthen it, as they do the shift of those who work then.
 *
 * Values are plain; whoever fills one in checks it with jf_calendar_check. Pure; any thread.
 */
#ifndef JF_CALENDAR_H
#define JF_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_zone.h"

#define JF_CALENDAR_SPANS_MAX 4u

/* Minutes after the local midnight that begins the day. */
struct jf_calendar_span {
	uint16_t from_min; /* 0 .. 1439 */
	uint16_t to_min;   /* from_min + 1 .. from_min + 1440; beyond 1440: on the next day */
};

struct jf_calendar_hours {
	uint8_t count;                                        /* 0: closed all day */
	struct jf_calendar_span spans[JF_CALENDAR_SPANS_MAX]; /* rising, apart */
};

struct jf_calendar_holiday {
	struct jf_civil_date date; /* year 0: every year */
	struct jf_calendar_hours hours;
	const char *name;
};

struct jf_calendar {
	const struct jf_zone *zone;
	struct jf_calendar_hours week[7];           /* Monday .. Sunday */
	const struct jf_calendar_holiday *holidays; /* of one day the first one counts */
	uint32_t n_holidays;
};

/* 0, or -EINVAL: a span out of range, spans that touch or overlap, a date that doesn't exist. */
int jf_calendar_check(const struct jf_calendar *calendar);

struct jf_calendar_status {
	bool is_open;
	const char *holiday; /* today's, or of the span that is open; NULL: none */
	int64_t until_s;     /* universal time: it closes, or opens, then; JF_ZONE_NEVER: not within
	                        the next 400 days */
};

struct jf_calendar_status jf_calendar_at(const struct jf_calendar *calendar, int64_t utc_s);

#endif
