/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to know about a language. */
#ifndef PROMPT_PRIV_H
#define PROMPT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_prompt.h"

enum jf_prompt_years {
	JF_PROMPT_YEARS_NUMBER,   /* dos mil veinticuatro */
	JF_PROMPT_YEARS_PAIRS,    /* nineteen eighty-five, twenty twenty-four */
	JF_PROMPT_YEARS_HUNDREDS, /* neunzehnhundertfuenfundachtzig, until 1999 */
};

enum jf_prompt_clock {
	JF_PROMPT_CLOCK_12,    /* three oh five p.m. */
	JF_PROMPT_CLOCK_UHR,   /* fuenfzehn Uhr fuenf */
	JF_PROMPT_CLOCK_HOURS, /* quince horas y cinco minutos */
};

struct jf_prompt_language {
	const char *code;
	uint32_t own_below;        /* numbers below have a sound of their own */
	bool ones_first;           /* 21 is digits/1-and, digits/20 */
	const char *tens_and;      /* 31 has this between digits/30 and digits/1; NULL: nothing */
	bool hundreds_own;         /* digits/200 .. digits/900; 101 is digits/100-and, digits/1 */
	bool hundreds_feminine;    /* digits/200F .. digits/900F */
	bool thousand_alone;       /* 1,000 is digits/thousand, without digits/1 */
	const char *millions;      /* of more than one */
	const char *one_ending[4]; /* of what ends with a one, by enum jf_prompt_form */
	enum jf_prompt_form hundred_form, thousand_form, million_form; /* of what counts these */
	uint32_t ordinals_below; /* spoken so; else cardinals */
	const char *ordinal_ending[4];
	enum jf_prompt_form unit_form[3]; /* of hours, minutes, seconds */
	enum jf_prompt_years years;
	enum jf_prompt_clock clock;
	const char *
	        date; /* w weekday, m month, y year, o day as ordinal, d as number, "," digits/de */
};

#endif
