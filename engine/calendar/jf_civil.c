// SPDX-License-Identifier: BSD-3-Clause
#include "jf_zone.h"

#define DAYS_400_YEARS 146097
#define DAYS_TO_EPOCH  719468 /* from 0000-03-01 to 1970-01-01 */

/*
 * Years are counted from March, so that the leap day is the last one and the lengths of months
 * repeat: (153 * m + 2) / 5 days before month m of such a year.
 */
int64_t jf_civil_day(struct jf_civil_date date)
{
	int64_t year = (int64_t)date.year - (date.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t month = (date.month + 9) % 12;
	int64_t of_year = (153 * month + 2) / 5 + date.day - 1;

	return era * DAYS_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       DAYS_TO_EPOCH;
}

struct jf_civil_date jf_civil_date(int64_t day)
{
	int64_t since = day + DAYS_TO_EPOCH;
	int64_t era = (since >= 0 ? since : since - (DAYS_400_YEARS - 1)) / DAYS_400_YEARS;
	int64_t of_era = since - era * DAYS_400_YEARS;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct jf_civil_date date = {
	        .month = (uint8_t)(month < 10 ? month + 3 : month - 9),
	        .day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1),
	};

	date.year = (int32_t)(era * 400 + year + (date.month <= 2));
	return date;
}

bool jf_civil_is_date(struct jf_civil_date date)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);

	if (date.month < 1 || date.month > 12 || date.day < 1)
		return false;
	return date.day <= days[date.month - 1] + (date.month == 2 && leap);
}
