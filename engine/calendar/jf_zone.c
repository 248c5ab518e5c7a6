// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_reader.h"
#include "jf_zone_priv.h"

#define DAY_S           86400
#define TRANSITIONS_MAX 4096u
#define OFFSET_MAX_S    (26 * 3600) /* RFC 8536 section 3.2: between -25 and 26 hours */

struct type {
	int32_t offset_s;
	bool is_dst;
};

struct jf_zone {
	int64_t *at; /* universal time, rising */
	uint8_t *type_of;
	uint32_t n;
	struct type types[256];
	uint32_t n_types;
	bool has_footer;
	struct jf_zone_footer footer;
};

/* ---- The file (RFC 8536 section 3) --------------------------------------------------------- */

struct header {
	uint8_t version;
	uint32_t isut, isstd, leap, time, type, chars;
};

static struct header read_header(struct jf_reader *r)
{
	struct header h = {0};
	const uint8_t *magic = jf_reader_take(r, 4);

	r->failed |= !magic || memcmp(magic, "TZif", 4) != 0;
	h.version = jf_reader_u8(r);
	jf_reader_skip(r, 15);
	h.isut = jf_reader_u32be(r);
	h.isstd = jf_reader_u32be(r);
	h.leap = jf_reader_u32be(r);
	h.time = jf_reader_u32be(r);
	h.type = jf_reader_u32be(r);
	h.chars = jf_reader_u32be(r);
	r->failed |= h.time > TRANSITIONS_MAX || h.type < 1 || h.type > 256 || h.chars > 4096 ||
	             h.isut > h.type || h.isstd > h.type || h.leap > 4096;
	return h;
}

static void skip_block(struct jf_reader *r, const struct header *h, size_t time_size)
{
	jf_reader_skip(r, h->time * time_size + h->time + h->type * 6 + h->chars +
	                          h->leap * (time_size + 4) + h->isstd + h->isut);
}

static int64_t read_s64(struct jf_reader *r)
{
	uint64_t high = jf_reader_u32be(r);

	return (int64_t)(high << 32 | jf_reader_u32be(r));
}

static void read_block(struct jf_reader *r, const struct header *h, struct jf_zone *zone)
{
	for (uint32_t i = 0; i < h->time; i++) {
		zone->at[i] = read_s64(r);
		r->failed |= i > 0 && zone->at[i] <= zone->at[i - 1];
	}
	for (uint32_t i = 0; i < h->time; i++) {
		zone->type_of[i] = jf_reader_u8(r);
		r->failed |= zone->type_of[i] >= h->type;
	}
	for (uint32_t i = 0; i < h->type; i++) {
		struct type *type = &zone->types[i];

		type->offset_s = (int32_t)jf_reader_u32be(r);
		type->is_dst = jf_reader_u8(r) != 0;
		jf_reader_skip(r, 1); /* its name */
		r->failed |= type->offset_s > OFFSET_MAX_S || type->offset_s < -OFFSET_MAX_S;
	}
	zone->n = h->time;
	zone->n_types = h->type;
	jf_reader_skip(r, h->chars + h->leap * 12 + h->isstd + h->isut);
}

static int read_footer(struct jf_reader *r, struct jf_zone *zone)
{
	const char *text, *end;

	if (jf_reader_u8(r) != '\n' || r->failed)
		return -EINVAL;
	text = (const char *)r->at;
	end = memchr(text, '\n', jf_reader_left(r));
	if (!end)
		return -EINVAL;
	zone->has_footer = end > text;
	if (!zone->has_footer)
		return 0;
	return jf_zone_footer_parse(text, (size_t)(end - text), &zone->footer);
}

int jf_zone_parse(const void *bytes, size_t length, struct jf_zone **ret_zone)
{
	struct jf_reader r = jf_reader_make(bytes, length);
	struct header first = read_header(&r), second;
	struct jf_zone *zone = NULL;
	int result = -EINVAL;

	if (length > JF_ZONE_FILE_MAX || r.failed || first.version < '2')
		return -EINVAL;
	skip_block(&r, &first, 4);
	second = read_header(&r);
	if (r.failed)
		return -EINVAL;
	if (second.leap)
		return -ENOTSUP;
	zone = calloc(1, sizeof(*zone));
	if (!zone)
		return -ENOMEM;
	zone->at = calloc(second.time + 1, sizeof(*zone->at));
	zone->type_of = calloc(second.time + 1, sizeof(*zone->type_of));
	result = -ENOMEM;
	if (!zone->at || !zone->type_of)
		goto out;
	read_block(&r, &second, zone);
	result = r.failed ? -EINVAL : read_footer(&r, zone);
	if (result)
		goto out;
	*ret_zone = zone;
	return 0;
out:
	jf_zone_destroy(zone);
	return result;
}

void jf_zone_destroy(struct jf_zone *zone)
{
	if (!zone)
		return;
	free(zone->at);
	free(zone->type_of);
	free(zone);
}

/* ---- Asking -------------------------------------------------------------------------------- */

/* How many transitions have happened by then. */
static uint32_t transitions_until(const struct jf_zone *zone, int64_t utc_s)
{
	uint32_t low = 0, high = zone->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (zone->at[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int64_t day_of(int64_t s)
{
	return s >= 0 ? s / DAY_S : -((DAY_S - 1 - s) / DAY_S);
}

static int32_t year_of(int64_t s)
{
	return jf_civil_date(day_of(s)).year;
}

/*
 * The rule at that moment, and when it changes next. The years before and after are looked at as
 * well: where daylight-saving time lasts over the turn of the year, or the whole of it, begin may
 * stand behind end.
 */
static struct type by_footer(const struct jf_zone_footer *footer, int64_t utc_s, int64_t *ret_next)
{
	struct type type = {.offset_s = footer->standard_s};
	int64_t latest = INT64_MIN, next = JF_ZONE_NEVER;
	int32_t year = year_of(utc_s + footer->standard_s);

	for (int32_t y = year - 1; footer->has_daylight && y <= year + 1; y++) {
		struct jf_zone_year turns = jf_zone_footer_year(footer, y);
		const int64_t at[2] = {turns.begin, turns.end};

		for (int i = 0; i < 2; i++) {
			if (at[i] > utc_s) {
				next = at[i] < next ? at[i] : next;
			} else if (at[i] >= latest) {
				/* where one ends as the next one begins, it goes on */
				if (at[i] > latest || i == 0)
					type = i == 0 ? (struct type){footer->daylight_s, true}
					              : (struct type){footer->standard_s, false};
				latest = at[i];
			}
		}
	}
	*ret_next = next;
	return type;
}

static struct type type_at(const struct jf_zone *zone, int64_t utc_s, int64_t *ret_next)
{
	uint32_t passed = transitions_until(zone, utc_s);

	*ret_next = passed < zone->n ? zone->at[passed] : JF_ZONE_NEVER;
	if (passed == zone->n && zone->has_footer)
		return by_footer(&zone->footer, utc_s, ret_next);
	return zone->types[passed ? zone->type_of[passed - 1] : 0];
}

struct jf_zone_local jf_zone_local(const struct jf_zone *zone, int64_t utc_s)
{
	int64_t next;
	struct type type = type_at(zone, utc_s, &next);
	int64_t local = utc_s + type.offset_s;
	int64_t day = day_of(local);

	return (struct jf_zone_local){
	        .day = day,
	        .second = (int32_t)(local - day * DAY_S),
	        .offset_s = type.offset_s,
	        .is_dst = type.is_dst,
	};
}

int64_t jf_zone_next_change(const struct jf_zone *zone, int64_t utc_s)
{
	int64_t next, at = utc_s;
	int32_t offset_s = type_at(zone, utc_s, &next).offset_s;

	while (next != JF_ZONE_NEVER) {
		at = next;
		if (type_at(zone, at, &next).offset_s != offset_s)
			return at;
	}
	return JF_ZONE_NEVER;
}

int64_t jf_zone_utc(const struct jf_zone *zone, int64_t day, int32_t second)
{
	int64_t local = day * DAY_S + second;
	/* No offset is larger, so here no clock shows that time yet. */
	int64_t from = local - OFFSET_MAX_S;

	for (;;) {
		int64_t next;
		struct type type = type_at(zone, from, &next);

		if (local - type.offset_s < from)
			return from; /* left out when the clocks were put forward */
		if (next == JF_ZONE_NEVER || local - type.offset_s < next)
			return local - type.offset_s;
		from = next;
	}
}
