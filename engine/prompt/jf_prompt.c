// SPDX-License-Identifier: BSD-3-Clause
#include "jf_prompt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "prompt_priv.h"

#define CURRENCY_MAX 8u

/* ---- The list ------------------------------------------------------------------------------ */

static int add(struct jf_prompt_list *list, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static int add(struct jf_prompt_list *list, const char *format, ...)
{
	va_list args;

	if (list->count == JF_PROMPT_MAX)
		return -ENOSPC;
	va_start(args, format);
	vsnprintf(list->names[list->count], JF_PROMPT_NAME_SIZE, format, args);
	va_end(args);
	list->count++;
	return 0;
}

/* What has been added since is taken back, if there was an error. */
static int conclude(struct jf_prompt_list *list, uint32_t before, int result)
{
	if (result)
		list->count = before;
	return result;
}

/* ---- Numbers ------------------------------------------------------------------------------- */

/* One that has a sound of its own. */
static int add_own(const struct jf_prompt_language *l, uint32_t n, enum jf_prompt_form form,
                   struct jf_prompt_list *list)
{
	bool is_one = n % 10 == 1 && n != 11;

	return add(list, "digits/%u%s", n, is_one ? l->one_ending[form] : "");
}

static int add_below_100(const struct jf_prompt_language *l, uint32_t n, enum jf_prompt_form form,
                         struct jf_prompt_list *list)
{
	uint32_t ones = n % 10, tens = n - ones;
	int result = 0;

	if (n < l->own_below || ones == 0)
		return add_own(l, n, form, list);
	if (l->ones_first) {
		result = add(list, "digits/%u-and", ones);
		return result ? result : add(list, "digits/%u", tens);
	}
	result = add(list, "digits/%u", tens);
	if (result == 0 && l->tens_and)
		result = add(list, "%s", l->tens_and);
	return result ? result : add_own(l, ones, form, list);
}

static int add_hundreds(const struct jf_prompt_language *l, uint32_t n, bool feminine,
                        struct jf_prompt_list *list)
{
	uint32_t hundreds = n / 100;
	int result;

	if (l->hundreds_own) {
		if (hundreds == 1)
			return add(list, n > 100 ? "digits/100-and" : "digits/100");
		return add(list, "digits/%u%s", hundreds * 100, feminine ? "F" : "");
	}
	result = add_own(l, hundreds, l->hundred_form, list);
	return result ? result : add(list, "digits/hundred");
}

/* 1 .. 999; feminine: of its hundreds, where they have that. */
static int add_below_1000(const struct jf_prompt_language *l, uint32_t n, enum jf_prompt_form form,
                          bool feminine, struct jf_prompt_list *list)
{
	int result = 0;

	if (n >= 100)
		result = add_hundreds(l, n, feminine, list);
	if (result == 0 && n % 100)
		result = add_below_100(l, n % 100, form, list);
	return result;
}

static int add_number(const struct jf_prompt_language *l, uint32_t n, enum jf_prompt_form form,
                      struct jf_prompt_list *list)
{
	uint32_t millions = n / 1000000, thousands = n / 1000 % 1000, rest = n % 1000;
	bool feminine = form == JF_PROMPT_FEMININE && l->hundreds_feminine;
	int result = 0;

	if (n == 0)
		return add(list, "digits/0");
	if (millions) {
		result = add_below_1000(l, millions, l->million_form, false, list);
		if (result == 0)
			result = add(list, "%s", millions == 1 ? "digits/million" : l->millions);
	}
	if (result == 0 && thousands) {
		if (thousands > 1 || !l->thousand_alone)
			result = add_below_1000(l, thousands, l->thousand_form, feminine, list);
		if (result == 0)
			result = add(list, "digits/thousand");
	}
	if (result == 0 && rest)
		result = add_below_1000(l, rest, form, feminine, list);
	return result;
}

int jf_prompt_number(const struct jf_prompt_language *l, uint32_t number, enum jf_prompt_form form,
                     struct jf_prompt_list *list)
{
	uint32_t before = list->count;

	if (number > JF_PROMPT_NUMBER_MAX)
		return -EINVAL;
	return conclude(list, before, add_number(l, number, form, list));
}

int jf_prompt_ordinal(const struct jf_prompt_language *l, uint32_t number, enum jf_prompt_form form,
                      struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	char *last, cardinal[JF_PROMPT_NAME_SIZE];
	int result;

	if (number == 0 || number > JF_PROMPT_NUMBER_MAX)
		return -EINVAL;
	if (number >= l->ordinals_below)
		return jf_prompt_number(l, number, form, list);
	result = add_number(l, number, JF_PROMPT_ALONE, list);
	if (result)
		return conclude(list, before, result);
	last = list->names[list->count - 1];
	memcpy(cardinal, last, sizeof(cardinal));
	snprintf(last, JF_PROMPT_NAME_SIZE, "digits/h-%.12s%s", cardinal + strlen("digits/"),
	         l->ordinal_ending[form]);
	return 0;
}

int jf_prompt_digits(const struct jf_prompt_language *l, const char *text,
                     struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	int result = 0;

	(void)l; /* alike in all of them */
	for (; *text && result == 0; text++) {
		if (*text >= '0' && *text <= '9')
			result = add(list, "digits/%c", *text);
		else if (*text == '*')
			result = add(list, "digits/star");
		else if (*text == '#')
			result = add(list, "digits/pound");
		else
			result = -EINVAL;
	}
	return conclude(list, before, result);
}

/* ---- Dates --------------------------------------------------------------------------------- */

static uint32_t days_of(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* 0: Sunday. Sakamoto's method: years begin in March. */
static uint32_t weekday_of(uint32_t year, uint32_t month, uint32_t day)
{
	static const uint8_t shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

	year -= month < 3;
	return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

static int add_year(const struct jf_prompt_language *l, uint32_t year, struct jf_prompt_list *list)
{
	uint32_t century = year / 100, rest = year % 100;
	bool pairs = l->years == JF_PROMPT_YEARS_PAIRS && century % 10 * 100 + rest >= 10;
	bool hundreds = l->years == JF_PROMPT_YEARS_HUNDREDS && year >= 1100 && year < 2000;
	int result;

	if (!pairs && !hundreds)
		return add_number(l, year, JF_PROMPT_ALONE, list);
	result = add_number(l, century, l->hundred_form, list);
	if (result == 0 && (hundreds || rest == 0))
		result = add(list, "digits/hundred");
	else if (result == 0 && rest < 10)
		result = add(list, "digits/oh");
	if (result == 0 && rest)
		result = add_number(l, rest, JF_PROMPT_ALONE, list);
	return result;
}

int jf_prompt_date(const struct jf_prompt_language *l, uint32_t year, uint32_t month, uint32_t day,
                   struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	int result = 0;

	if (year < 1000 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > days_of(year, month))
		return -EINVAL;
	for (const char *part = l->date; *part && result == 0; part++) {
		switch (*part) {
		case 'w':
			result = add(list, "digits/day-%u", weekday_of(year, month, day));
			break;
		case 'm':
			result = add(list, "digits/mon-%u", month - 1);
			break;
		case 'o':
			result = jf_prompt_ordinal(l, day, JF_PROMPT_MASCULINE, list);
			break;
		case 'd':
			result = add_number(l, day, JF_PROMPT_ALONE, list);
			break;
		case 'y':
			result = add_year(l, year, list);
			break;
		default:
			result = add(list, "digits/de");
			break;
		}
	}
	return conclude(list, before, result);
}

/* ---- Times --------------------------------------------------------------------------------- */

/* So many of a unit: its name, and with an "s" if it is not one. */
static int add_units(const struct jf_prompt_language *l, uint32_t n, uint32_t unit,
                     struct jf_prompt_list *list)
{
	static const char *const names[] = {"hour", "minute", "second"};
	int result = add_number(l, n, l->unit_form[unit], list);

	return result ? result : add(list, "%s%s", names[unit], n == 1 ? "" : "s");
}

static int add_time_12(const struct jf_prompt_language *l, uint32_t hour, uint32_t minute,
                       struct jf_prompt_list *list)
{
	int result = add_number(l, hour % 12 ? hour % 12 : 12, JF_PROMPT_ALONE, list);

	if (result == 0 && minute == 0)
		result = add(list, "digits/oclock");
	else if (result == 0 && minute < 10)
		result = add(list, "digits/oh");
	if (result == 0 && minute)
		result = add_number(l, minute, JF_PROMPT_ALONE, list);
	return result ? result : add(list, hour < 12 ? "digits/a-m" : "digits/p-m");
}

static int add_time_uhr(const struct jf_prompt_language *l, uint32_t hour, uint32_t minute,
                        struct jf_prompt_list *list)
{
	int result = add_number(l, hour, JF_PROMPT_NEUTER, list);

	if (result == 0)
		result = add(list, "digits/oclock");
	if (result == 0 && minute)
		result = add_number(l, minute, JF_PROMPT_ALONE, list);
	return result;
}

static int add_time_hours(const struct jf_prompt_language *l, uint32_t hour, uint32_t minute,
                          struct jf_prompt_list *list)
{
	int result = add_units(l, hour, 0, list);

	if (result == 0 && minute)
		result = add(list, "digits/and");
	if (result == 0 && minute)
		result = add_units(l, minute, 1, list);
	return result;
}

int jf_prompt_time(const struct jf_prompt_language *l, uint32_t hour, uint32_t minute,
                   struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	int result;

	if (hour > 23 || minute > 59)
		return -EINVAL;
	switch (l->clock) {
	case JF_PROMPT_CLOCK_12:
		result = add_time_12(l, hour, minute, list);
		break;
	case JF_PROMPT_CLOCK_UHR:
		result = add_time_uhr(l, hour, minute, list);
		break;
	default:
		result = add_time_hours(l, hour, minute, list);
		break;
	}
	return conclude(list, before, result);
}

int jf_prompt_duration(const struct jf_prompt_language *l, uint32_t seconds,
                       struct jf_prompt_list *list)
{
	/* below two hours it is minutes, as people say: so one hour is never said */
	uint32_t hours = seconds < 7200 ? 0 : seconds / 3600;
	uint32_t parts[3] = {hours, seconds / 60 - hours * 60, seconds % 60};
	uint32_t before = list->count;
	int result = 0;

	for (uint32_t unit = 0; unit < 3 && result == 0; unit++)
		if (parts[unit] || (unit == 2 && seconds == 0))
			result = add_units(l, parts[unit], unit, list);
	return conclude(list, before, result);
}

int jf_prompt_amount(const struct jf_prompt_language *l, uint32_t whole, uint32_t hundredths,
                     const char *currency, struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	int result = 0;

	if (whole > JF_PROMPT_NUMBER_MAX || hundredths > 99 || strlen(currency) > CURRENCY_MAX)
		return -EINVAL;
	if (whole || !hundredths)
		result = add_number(l, whole, JF_PROMPT_MASCULINE, list);
	if (result == 0 && (whole || !hundredths))
		result = add(list, "currency/%s%s", currency, whole == 1 ? "" : "s");
	if (result == 0 && hundredths)
		result = add_number(l, hundredths, JF_PROMPT_MASCULINE, list);
	if (result == 0 && hundredths)
		result = add(list, "currency/%s-cent%s", currency, hundredths == 1 ? "" : "s");
	return conclude(list, before, result);
}

int jf_prompt_position(const struct jf_prompt_language *l, uint32_t position,
                       struct jf_prompt_list *list)
{
	uint32_t before = list->count;
	int result;

	if (position == 0 || position > JF_PROMPT_NUMBER_MAX)
		return -EINVAL;
	if (position == 1)
		return add(list, "queue-youarenext");
	result = add(list, "queue-thereare");
	if (result == 0)
		result = add_number(l, position, JF_PROMPT_ALONE, list);
	if (result == 0)
		result = add(list, "queue-callswaiting");
	return conclude(list, before, result);
}
