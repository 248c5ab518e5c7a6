// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>

#include "jf_zone_priv.h"

#define DAY_S  86400
#define HOUR_S 3600

/* What is left of the string; failed sticks. */
struct text {
	const char *at, *end;
	bool failed;
};

static char peek(const struct text *t)
{
	return t->at < t->end ? *t->at : '\0';
}

static bool accept(struct text *t, char c)
{
	if (peek(t) != c || c == '\0')
		return false;
	t->at++;
	return true;
}

static void expect(struct text *t, char c)
{
	t->failed |= !accept(t, c);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static uint32_t number(struct text *t, uint32_t low, uint32_t high)
{
	uint32_t n = 0;

	t->failed |= !is_digit(peek(t));
	while (is_digit(peek(t)) && n <= high)
		n = n * 10 + (uint32_t)(*t->at++ - '0');
	t->failed |= n < low || n > high;
	return n;
}

/* "EST", or "<+0330>". */
static void name(struct text *t)
{
	uint32_t letters = 0;

	if (accept(t, '<')) {
		while (is_letter(peek(t)) || is_digit(peek(t)) || peek(t) == '+' ||
		       peek(t) == '-') {
			t->at++;
			letters++;
		}
		expect(t, '>');
	} else {
		for (; is_letter(peek(t)); t->at++)
			letters++;
	}
	t->failed |= letters < 3;
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static int32_t duration(struct text *t, uint32_t hours_max)
{
	bool negative = accept(t, '-');
	int32_t s;

	if (!negative)
		accept(t, '+');
	s = (int32_t)number(t, 0, hours_max) * HOUR_S;
	if (accept(t, ':')) {
		s += (int32_t)number(t, 0, 59) * 60;
		if (accept(t, ':'))
			s += (int32_t)number(t, 0, 59);
	}
	return negative ? -s : s;
}

static struct jf_zone_rule rule(struct text *t)
{
	struct jf_zone_rule r = {.second = 2 * HOUR_S};

	expect(t, ',');
	if (accept(t, 'M')) {
		r.kind = JF_ZONE_MONTH_WEEK_DAY;
		r.month = (uint8_t)number(t, 1, 12);
		expect(t, '.');
		r.week = (uint8_t)number(t, 1, 5);
		expect(t, '.');
		r.weekday = (uint8_t)number(t, 0, 6);
	} else if (accept(t, 'J')) {
		r.kind = JF_ZONE_JULIAN;
		r.day = (uint16_t)number(t, 1, 365);
	} else {
		r.kind = JF_ZONE_DAY_OF_YEAR;
		r.day = (uint16_t)number(t, 0, 365);
	}
	if (accept(t, '/'))
		r.second = duration(t, 167);
	return r;
}

int jf_zone_footer_parse(const char *text, size_t length, struct jf_zone_footer *ret_footer)
{
	struct text t = {.at = text, .end = text + length};
	struct jf_zone_footer footer = {0};

	name(&t);
	footer.standard_s = -duration(&t, 24); /* POSIX counts west of Greenwich */
	footer.daylight_s = footer.standard_s + HOUR_S;
	if (t.at < t.end) {
		footer.has_daylight = true;
		name(&t);
		if (peek(&t) != ',')
			footer.daylight_s = -duration(&t, 24);
		footer.begin = rule(&t);
		footer.end = rule(&t);
	}
	if (t.failed || t.at != t.end)
		return -EINVAL;
	*ret_footer = footer;
	return 0;
}

static int64_t first_of(int32_t year, uint8_t month)
{
	return jf_civil_day((struct jf_civil_date){.year = year, .month = month, .day = 1});
}

static int64_t day_of_rule(const struct jf_zone_rule *r, int32_t year)
{
	int64_t january = first_of(year, 1), first, next, day;
	bool leap;

	switch (r->kind) {
	case JF_ZONE_JULIAN:
		leap = jf_civil_is_date((struct jf_civil_date){year, 2, 29});
		return january + r->day - 1 + (leap && r->day >= 60);
	case JF_ZONE_DAY_OF_YEAR:
		return january + r->day;
	default:
		first = first_of(year, r->month);
		next = r->month == 12 ? first_of(year + 1, 1)
		                      : first_of(year, (uint8_t)(r->month + 1));
		/* POSIX's Sunday is 0, ours is 6. */
		day = first + (r->weekday + 6 - jf_civil_weekday(first) + 7) % 7;
		day += 7 * (r->week - 1);
		return day < next ? day : day - 7;
	}
}

struct jf_zone_year jf_zone_footer_year(const struct jf_zone_footer *footer, int32_t year)
{
	return (struct jf_zone_year){
	        .begin = day_of_rule(&footer->begin, year) * DAY_S + footer->begin.second -
	                 footer->standard_s,
	        .end = day_of_rule(&footer->end, year) * DAY_S + footer->end.second -
	               footer->daylight_s,
	};
}
