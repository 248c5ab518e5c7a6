/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time zones: local time from universal time and back, by the compiled files of the IANA time zone
 * database (TZif, RFC 8536), whose bytes the caller reads. Past the last transition of the file its
 * footer, a POSIX TZ string, tells the rule for ever.
 *
 * Universal time is in seconds since 1970-01-01T00:00Z without leap seconds; a local day is a
 * number of days since 1970-01-01 of that place's calendar. Pure; a zone never changes after it is
 * made, so any thread may ask it.
 */
#ifndef JF_ZONE_H
#define JF_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jf_zone;

#define JF_ZONE_FILE_MAX 65536u /* bytes; the largest of the database has 4 KB */
#define JF_ZONE_NEVER    INT64_MAX

/*
 * 0; -EINVAL: not a TZif file of version 2 or later, cut off, or with a footer that RFC 8536
 * section 3.3 does not allow; -ENOTSUP: with leap seconds ("right/"); -ENOMEM.
 */
int jf_zone_parse(const void *bytes, size_t length, struct jf_zone **ret_zone);

/* May be NULL. */
void jf_zone_destroy(struct jf_zone *zone);

struct jf_zone_local {
	int64_t day;      /* local, since 1970-01-01 */
	int32_t second;   /* of the local day, 0 .. 86399 */
	int32_t offset_s; /* local minus universal time */
	bool is_dst;
};

struct jf_zone_local jf_zone_local(const struct jf_zone *zone, int64_t utc_s);

/*
 * When that place's clocks show so many seconds after the local midnight that begins the day; they
 * may be more than a day's. Of a time that clocks show twice the first; of one that they leave out,
 * when clocks are put forward, the moment at which that happens.
 */
int64_t jf_zone_utc(const struct jf_zone *zone, int64_t day, int32_t second);

/* The first moment after utc_s with another offset; JF_ZONE_NEVER. */
int64_t jf_zone_next_change(const struct jf_zone *zone, int64_t utc_s);

/* ---- The calendar of Gregory, proleptic --------------------------------------------------- */

struct jf_civil_date {
	int32_t year;
	uint8_t month; /* 1 .. 12 */
	uint8_t day;   /* 1 .. 31 */
};

/* Days since 1970-01-01. The date must exist: jf_civil_is_date. */
int64_t jf_civil_day(struct jf_civil_date date);
struct jf_civil_date jf_civil_date(int64_t day);
bool jf_civil_is_date(struct jf_civil_date date);

/* 0: Monday .. 6: Sunday (ISO 8601, less one). */
static inline unsigned int jf_civil_weekday(int64_t day)
{
	return (unsigned int)(((day + 3) % 7 + 7) % 7);
}

#endif
