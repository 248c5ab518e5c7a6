// SPDX-License-Identifier: BSD-3-Clause
/* What a node says, as prompts in the caller's language. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"

/* "de" has what "de-AT" lacks. */
static const char *folder_find(const struct jf_ivr_flow *flow, const char *language)
{
	const char *wider = NULL;

	for (uint32_t i = 0; i < flow->n_prompts; i++) {
		const char *name = flow->prompts[i].language;
		size_t length = strlen(name);

		if (!strcmp(name, language))
			return flow->prompts[i].folder;
		if (!strncmp(name, language, length) &&
		    (language[length] == '-' || language[length] == '_'))
			wider = flow->prompts[i].folder;
	}
	return wider;
}

/* At most that many digits, and nothing else. */
static bool number_read(const char *text, size_t digits, uint32_t *ret_number)
{
	uint32_t value = 0;
	size_t length = strlen(text);

	if (!length || length > digits)
		return false;
	for (; *text; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		value = value * 10 + (uint32_t)(*text - '0');
	}
	*ret_number = value;
	return true;
}

/* Two or three numbers with that between them. */
static uint32_t numbers_read(const char *text, char between, uint32_t ret_numbers[3])
{
	char copy[32], *at = copy, *end;
	uint32_t n = 0;

	if (strlen(text) >= sizeof(copy))
		return 0;
	memcpy(copy, text, strlen(text) + 1);
	for (; at && n < 3; at = end, n++) {
		end = strchr(at, between);
		if (end)
			*end++ = '\0';
		if (!number_read(at, 9, &ret_numbers[n]))
			return 0;
	}
	return at ? 0 : n;
}

/* "12", "12.5", "12.50": in hundredths. */
static bool amount_read(const char *text, uint32_t *ret_whole, uint32_t *ret_hundredths)
{
	char whole[16];
	size_t length = strcspn(text, ".,");
	const char *rest = text[length] ? text + length + 1 : "0";
	uint32_t part;

	if (length >= sizeof(whole))
		return false;
	memcpy(whole, text, length);
	whole[length] = '\0';
	if (!number_read(whole, 9, ret_whole) || !number_read(rest, 2, &part))
		return false;
	*ret_hundredths = strlen(rest) == 1 ? part * 10 : part;
	return true;
}

static int words_make(const struct jf_prompt_language *language, const struct jf_ivr_say *say,
                      const char *value, struct jf_prompt_list *list)
{
	uint32_t n[3] = {0};

	switch (say->type) {
	case JF_IVR_SAY_DIGITS:
		return jf_prompt_digits(language, value, list);
	case JF_IVR_SAY_DATE:
		return numbers_read(value, '-', n) == 3
		               ? jf_prompt_date(language, n[0], n[1], n[2], list)
		               : -EINVAL;
	case JF_IVR_SAY_TIME:
		return numbers_read(value, ':', n) >= 2 ? jf_prompt_time(language, n[0], n[1], list)
		                                        : -EINVAL;
	case JF_IVR_SAY_AMOUNT:
		return amount_read(value, &n[0], &n[1])
		               ? jf_prompt_amount(language, n[0], n[1], say->currency, list)
		               : -EINVAL;
	default:
		break;
	}
	if (!number_read(value, 9, &n[0]))
		return -EINVAL;
	if (say->type == JF_IVR_SAY_ORDINAL)
		return jf_prompt_ordinal(language, n[0], JF_PROMPT_ALONE, list);
	if (say->type == JF_IVR_SAY_DURATION)
		return jf_prompt_duration(language, n[0], list);
	if (say->type == JF_IVR_SAY_POSITION)
		return jf_prompt_position(language, n[0], list);
	return jf_prompt_number(language, n[0], JF_PROMPT_ALONE, list);
}

static const struct jf_ivr_say *say_at(const struct jf_ivr *ivr, uint32_t item)
{
	for (unsigned int i = 0; i < 2 && ivr->playing[i]; i++) {
		if (item < ivr->playing[i]->n)
			return &ivr->playing[i]->list[item];
		item -= ivr->playing[i]->n;
	}
	return NULL;
}

int jf_ivr_words(const struct jf_ivr *ivr, uint32_t item, bool by_default,
                 struct jf_ivr_words *ret_words)
{
	const struct jf_ivr_flow *flow = jf_ivr_flow_of(ivr);
	const char *code = by_default ? flow->language : jf_ivr_language(ivr);
	const struct jf_ivr_say *say = say_at(ivr, item);
	const struct jf_prompt_language *language = jf_prompt_language_find(code);
	char value[JF_IVR_DATA_VALUE_MAX + 1];
	struct jf_ivr_text text = {value, sizeof(value), false};
	struct jf_ivr_words words = {.folder = folder_find(flow, code)};
	int err = 0;

	if (!say || !words.folder)
		return -ENOENT;
	if (say->type == JF_IVR_SAY_PROMPT) {
		words.prompt = say->text;
	} else {
		if (!language)
			return -ENOENT;
		jf_ivr_expand(ivr, say->text, JF_IVR_PLAIN, &text);
		err = words_make(language, say, value, &words.words);
		explicit_bzero(value, sizeof(value));
	}
	if (err)
		return -ENOENT;
	*ret_words = words;
	return 0;
}
