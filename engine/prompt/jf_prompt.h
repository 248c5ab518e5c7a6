/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What to play so that a number, a date, a time of day, a duration or a place in a queue is heard:
 * a list of names of sounds, in the order of the language. The names are those of Asterisk's sound
 * sets ("digits/20", "digits/thousand", "digits/mon-0"), without folder and ".wav", so that such a
 * set is a prompts folder; sets that lack a name a language needs have to record it.
 *
 * A language is a table (prompt_languages.c): which numbers have a sound of their own, what stands
 * before what, what takes a form by gender ("digits/1F" before a feminine noun, "digits/1N",
 * "digits/1M"). Ordinals are the cardinal with its last sound as "digits/h-...".
 *
 * Pure; any thread.
 */
#ifndef JF_PROMPT_H
#define JF_PROMPT_H

#include <stdint.h>

#define JF_PROMPT_MAX        32u /* sounds: the longest is well below */
#define JF_PROMPT_NAME_SIZE  24u
#define JF_PROMPT_NUMBER_MAX 999999999u

struct jf_prompt_list {
	uint32_t count;
	char names[JF_PROMPT_MAX][JF_PROMPT_NAME_SIZE];
};

/* What the number counts. */
enum jf_prompt_form {
	JF_PROMPT_ALONE, /* nothing: "uno", "eins" */
	JF_PROMPT_MASCULINE,
	JF_PROMPT_FEMININE,
	JF_PROMPT_NEUTER,
};

struct jf_prompt_language;

/* "en", "de", "es", or longer with one of these in front ("en-US", "de_AT"). NULL: unknown. */
const struct jf_prompt_language *jf_prompt_language_find(const char *code);

/*
 * Each adds to the list, which begins as zeros. 0; -EINVAL: out of range; -ENOSPC: no room left in
 * the list. After an error the list is what it was.
 */

/* 0 .. JF_PROMPT_NUMBER_MAX. */
int jf_prompt_number(const struct jf_prompt_language *language, uint32_t number,
                     enum jf_prompt_form form, struct jf_prompt_list *list);

/* 1 .. JF_PROMPT_NUMBER_MAX. Beyond where a language uses ordinals in speech: the cardinal. */
int jf_prompt_ordinal(const struct jf_prompt_language *language, uint32_t number,
                      enum jf_prompt_form form, struct jf_prompt_list *list);

/* One by one; text of 0-9, '*' and '#'. */
int jf_prompt_digits(const struct jf_prompt_language *language, const char *text,
                     struct jf_prompt_list *list);

/* Gregorian, years 1000 .. 9999: day of the week, day, month, year. */
int jf_prompt_date(const struct jf_prompt_language *language, uint32_t year, uint32_t month,
                   uint32_t day, struct jf_prompt_list *list);

/* 0:00 .. 23:59. */
int jf_prompt_time(const struct jf_prompt_language *language, uint32_t hour, uint32_t minute,
                   struct jf_prompt_list *list);

/* Hours, minutes and seconds, as far as they are not zero; "0 seconds" for none. */
int jf_prompt_duration(const struct jf_prompt_language *language, uint32_t seconds,
                       struct jf_prompt_list *list);

/*
 * An amount of money: "currency/eur" (of one; "currency/eurs" of others), and if there are
 * hundredths (0 .. 99), those with "currency/eur-cent" ("-cents"). currency: up to 8 letters.
 */
int jf_prompt_amount(const struct jf_prompt_language *language, uint32_t whole, uint32_t hundredths,
                     const char *currency, struct jf_prompt_list *list);

/* A place in a queue, from 1: you are next, or number so many. */
int jf_prompt_position(const struct jf_prompt_language *language, uint32_t position,
                       struct jf_prompt_list *list);

#endif
