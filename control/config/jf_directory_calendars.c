// SPDX-License-Identifier: BSD-3-Clause
/* The section "calendars", and the time zones and desks of tenants. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

#define DAY_MIN 1440u

JF_PARSE_COLLECT(calendars, raw->tenant, raw->name, "name")

/* ---- Time zones ----------------------------------------------------------------------------- */

/* UTC needs no database: TZif version 2 with nothing but its footer (RFC 8536 section 3). */
#define NO_COUNTS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
#define HEADER    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" NO_COUNTS
#define ONE_TYPE  "\0\0\0\0\0\0UTC\0"
static const char utc_file[] = HEADER ONE_TYPE HEADER ONE_TYPE "\nUTC0\n";

static int utc_make(struct jf_zone **ret_zone)
{
	return jf_zone_parse(utc_file, sizeof(utc_file) - 1, ret_zone);
}

bool jf_directory_zone_fits(const char *name)
{
	size_t length = strlen(name);

	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && (c == name || !strchr("_+-/", *c)))
			return false;
	return length > 0 && name[length - 1] != '/';
}

static int zone_make(const struct jf_parse *p, const char *name, struct jf_zone **ret_zone)
{
	if (!strcmp(name, "UTC"))
		return utc_make(ret_zone);
	if (!jf_directory_zone_fits(name))
		return -EINVAL;
	return p->options->zone_load ? p->options->zone_load(name, ret_zone, p->options->arg)
	                             : -ENOTSUP;
}

/* Each zone is there once, however many places use it. */
static const struct jf_zone *zone_get(struct jf_parse *p, const struct jf_parse_entry *entry,
                                      const char *name, const char **ret_name)
{
	struct jf_directory_zone *z;
	struct jf_zone *zone;
	int err;

	for (z = p->directory->zones; z; z = z->next)
		if (!strcmp(z->name, name)) {
			*ret_name = z->name;
			return z->zone;
		}
	err = zone_make(p, name, &zone);
	if (err) {
		jf_parse_fail(p, entry, "zone", "\"%s\": %s", name,
		              err == -ENOENT || err == -EINVAL ? "no time zone of the IANA database"
		                                               : strerror(-err));
		return NULL;
	}
	z = jf_parse_array(p, 1, sizeof(*z));
	if (!z) {
		jf_zone_destroy(zone);
		return NULL;
	}
	*z = (struct jf_directory_zone){p->directory->zones, jf_parse_keep(p, name), zone};
	p->directory->zones = z;
	*ret_name = z->name;
	return zone;
}

/* ---- Hours ---------------------------------------------------------------------------------- */

/* "09:30", up to 24:00. */
static bool minute_parse(const char *text, unsigned *ret_minute)
{
	for (unsigned i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
			return false;
	*ret_minute = (unsigned)((text[0] - '0') * 10 + text[1] - '0') * 60 +
	              (unsigned)((text[3] - '0') * 10 + text[4] - '0');
	return text[3] < '6' && *ret_minute <= DAY_MIN;
}

static bool span_parse(const char *text, struct jf_calendar_span *ret_span)
{
	unsigned from, to;

	if (strlen(text) != 11 || text[5] != '-' || !minute_parse(text, &from) ||
	    !minute_parse(text + 6, &to) || from >= DAY_MIN)
		return false;
	if (to <= from) /* on the next day */
		to += DAY_MIN;
	*ret_span = (struct jf_calendar_span){(uint16_t)from, (uint16_t)to};
	return true;
}

static void hours_fill(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                       char *const *spans, unsigned n, struct jf_calendar_hours *hours)
{
	for (unsigned i = 0; i < n && i < JF_CALENDAR_SPANS_MAX; i++) {
		const struct jf_calendar_span *before = i ? &hours->spans[i - 1] : NULL;

		if (!span_parse(spans[i], &hours->spans[i]))
			jf_parse_fail(p, entry, field, "\"%s\": a span such as 09:00-17:00",
			              spans[i]);
		else if (before && hours->spans[i].from_min <= before->to_min)
			jf_parse_fail(p, entry, field, "\"%s\": spans rise and lie apart",
			              spans[i]);
		hours->count = (uint8_t)(i + 1);
	}
}

static bool date_parse(const char *text, struct jf_civil_date *ret_date)
{
	unsigned year = 0, month, day;
	int used = 0;

	if (strlen(text) == 10 && sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &used) == 3 &&
	    used == 10 && year > 0)
		; /* that one day */
	else if (strlen(text) == 5 && sscanf(text, "%2u-%2u%n", &month, &day, &used) == 2 &&
	         used == 5)
		year = 0; /* every year */
	else
		return false;
	*ret_date = (struct jf_civil_date){(int32_t)year, (uint8_t)month, (uint8_t)day};
	/* The leap day comes in some years only. */
	return jf_civil_is_date(
	        (struct jf_civil_date){year ? (int32_t)year : 2000, (uint8_t)month, (uint8_t)day});
}

static void holidays_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_calendar *hours)
{
	const struct jf_raw_calendar *raw = entry->raw;
	struct jf_calendar_holiday *list = jf_parse_array(p, raw->holidays_count, sizeof(*list));

	for (unsigned i = 0; list && i < raw->holidays_count; i++) {
		const struct jf_raw_holiday *one = &raw->holidays[i];
		char field[32];

		snprintf(field, sizeof(field), "holidays[%u].date", i);
		if (!date_parse(one->date, &list[i].date))
			jf_parse_fail(p, entry, field, "\"%s\": a date such as 2027-05-14 or 12-24",
			              one->date);
		snprintf(field, sizeof(field), "holidays[%u].open", i);
		hours_fill(p, entry, field, one->open, one->open_count, &list[i].hours);
		list[i].name = jf_parse_keep(p, one->name ? one->name : one->date);
	}
	hours->holidays = list;
	hours->n_holidays = raw->holidays_count;
}

static void calendar_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_calendar *calendar)
{
	static const char *const days[7] = {"week.mon", "week.tue", "week.wed", "week.thu",
	                                    "week.fri", "week.sat", "week.sun"};
	const struct jf_raw_calendar *raw = entry->raw;
	const size_t errors = p->errors->count;

	jf_parse_name(p, entry, "name", raw->name);
	calendar->name = jf_parse_keep(p, raw->name);
	calendar->tenant = jf_parse_tenant(p, entry, raw->tenant);
	calendar->zone = "";
	calendar->hours.zone = zone_get(p, entry, raw->zone, &calendar->zone);
	if (raw->week) {
		const struct jf_raw_day *const week[7] = {
		        &raw->week->mon, &raw->week->tue, &raw->week->wed, &raw->week->thu,
		        &raw->week->fri, &raw->week->sat, &raw->week->sun,
		};

		for (unsigned i = 0; i < 7; i++)
			hours_fill(p, entry, days[i], week[i]->spans, week[i]->spans_count,
			           &calendar->hours.week[i]);
	}
	holidays_fill(p, entry, &calendar->hours);
	if (p->errors->count == errors && !p->no_memory && jf_calendar_check(&calendar->hours))
		jf_parse_fail(p, entry, "week", "spans touch or overlap");
}

JF_PARSE_KIND(calendars, calendar_fill)

/* ---- Desks of tenants ----------------------------------------------------------------------- */

static const char *code_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                             const char *field, const char *code)
{
	size_t length = code ? strlen(code) : 0;

	if (!code)
		return NULL;
	if (length < 2 || length > 8 || strspn(code, "0123456789*#") != length ||
	    !strchr("*#", code[0]))
		jf_parse_fail(p, entry, field, "\"%s\": * or #, then digits, such as *50", code);
	return jf_parse_keep(p, code);
}

static void codes_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       const struct jf_raw_codes *raw, struct jf_directory_codes *codes)
{
	struct {
		const char *field, *raw, **kept;
	} list[] = {
	        {"codes.ready", raw->ready, &codes->ready},
	        {"codes.wrap_up_end", raw->wrap_up_end, &codes->wrap_up_end},
	        {"codes.wrap_up_extend", raw->wrap_up_extend, &codes->wrap_up_extend},
	        {"codes.logout", raw->logout, &codes->logout},
	        {"codes.not_ready", raw->not_ready, &codes->not_ready},
	};
	const size_t n = sizeof(list) / sizeof(list[0]);

	for (size_t i = 0; i < n; i++) {
		*list[i].kept = code_fill(p, entry, list[i].field, list[i].raw);
		for (size_t k = 0; list[i].raw && k < i; k++) {
			size_t length = strlen(list[i].raw);

			/* What follows not_ready is its reason. */
			if (list[k].raw && (!strcmp(list[k].raw, list[i].raw) ||
			                    (i == n - 1 && strlen(list[k].raw) == length + 1 &&
			                     !strncmp(list[k].raw, list[i].raw, length))))
				jf_parse_fail(p, entry, list[i].field, "\"%s\" is the same as %s",
				              list[i].raw, list[k].field);
		}
	}
}

void jf_parse_desk(struct jf_parse *p, const struct jf_parse_entry *entry,
                   struct jf_directory_desk *desk)
{
	const struct jf_raw_desk *raw = &((const struct jf_raw_tenant *)entry->raw)->desk;
	const char **reasons = jf_parse_array(p, raw->reasons_count, sizeof(*reasons));

	desk->zone_name = "UTC";
	desk->zone = zone_get(p, entry, raw->zone ? raw->zone : "UTC", &desk->zone_name);
	if (raw->codes)
		codes_fill(p, entry, raw->codes, &desk->codes);
	for (unsigned i = 0; reasons && i < raw->reasons_count; i++) {
		char field[32];

		snprintf(field, sizeof(field), "reasons[%u]", i);
		if (strlen(raw->reasons[i]) >= JF_ACD_REASON_MAX)
			jf_parse_fail(p, entry, field, "up to %u characters",
			              JF_ACD_REASON_MAX - 1);
		reasons[i] = jf_parse_keep(p, raw->reasons[i]);
	}
	desk->reasons = reasons;
	desk->n_reasons = raw->reasons_count;
}
