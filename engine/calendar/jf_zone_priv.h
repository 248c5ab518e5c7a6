/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside a zone: the rule for ever, from a POSIX TZ string (RFC 8536 section 3.3). */
#ifndef JF_ZONE_PRIV_H
#define JF_ZONE_PRIV_H

#include "jf_zone.h"

enum jf_zone_rule_day {
	JF_ZONE_MONTH_WEEK_DAY, /* "M3.5.0": week 5 is the last one of the month */
	JF_ZONE_JULIAN,         /* "J60": 1 .. 365, the leap day is never counted */
	JF_ZONE_DAY_OF_YEAR,    /* "59": 0 .. 365, the leap day is counted */
};

struct jf_zone_rule {
	uint8_t kind;                 /* enum jf_zone_rule_day */
	uint8_t month, week, weekday; /* weekday 0: Sunday, as POSIX has it */
	uint16_t day;
	int32_t second; /* local, of that day; may be negative or beyond the day */
};

struct jf_zone_footer {
	int32_t standard_s; /* local minus universal time */
	int32_t daylight_s;
	bool has_daylight;
	struct jf_zone_rule begin, end; /* of daylight-saving time */
};

/* 0, or -EINVAL. */
int jf_zone_footer_parse(const char *text, size_t length, struct jf_zone_footer *ret_footer);

/* When daylight-saving time begins and ends in that local year, universal time. */
struct jf_zone_year {
	int64_t begin, end;
};
struct jf_zone_year jf_zone_footer_year(const struct jf_zone_footer *footer, int32_t year);

#endif
