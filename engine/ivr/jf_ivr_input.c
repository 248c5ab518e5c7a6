// SPDX-License-Identifier: BSD-3-Clause
/*
 * Menu and collect: prompts, then keys. Each time nothing, or nothing that counts, was pressed is a
 * try; what was pressed ahead of the prompts counts as if it were pressed now.
 */
#include <stdio.h>
#include <string.h>

#include "jf_ivr_priv.h"

static void ask(struct jf_ivr_walk *walk, const struct jf_ivr_says *before)
{
	struct jf_ivr *ivr = walk->ivr;

	ivr->n_digits = 0;
	explicit_bzero(ivr->digits, sizeof(ivr->digits));
	if (before && before->n)
		jf_ivr_play(walk, before, &walk->node->says);
	else
		jf_ivr_play(walk, &walk->node->says, NULL);
}

static void again(struct jf_ivr_walk *walk, const struct jf_ivr_says *before, const char *why)
{
	const struct jf_ivr *ivr = walk->ivr;

	if (ivr->silences + ivr->invalids >= walk->node->input.tries)
		jf_ivr_leave_by(walk, JF_IVR_NOWHERE, why);
	else
		ask(walk, before);
}

static void silent(struct jf_ivr_walk *walk)
{
	walk->ivr->silences++;
	again(walk, &walk->node->input.silence, "silence");
}

/* What was typed behind it was meant for what would have come next. */
static void invalid(struct jf_ivr_walk *walk)
{
	walk->ivr->invalids++;
	walk->ivr->n_ahead = 0;
	again(walk, &walk->node->input.invalid, "invalid");
}

static void kept(struct jf_ivr_walk *walk)
{
	const struct jf_ivr_input *in = &walk->node->input;

	if (in->key)
		(void)jf_ivr_data_set(&walk->ivr->data, in->key, walk->ivr->digits, in->secret);
}

/* ---- Menu ------------------------------------------------------------------------------------ */

static void menu_press(struct jf_ivr_walk *walk, char digit)
{
	struct jf_ivr *ivr = walk->ivr;

	ivr->digits[0] = digit;
	ivr->digits[1] = '\0';
	ivr->n_digits = 1;
	for (uint32_t w = 0; w < walk->node->n_ways; w++) {
		const struct jf_ivr_way *way = &walk->node->ways[w];

		if (way->type == JF_IVR_KEY && way->match[0] == digit) {
			kept(walk);
			jf_ivr_leave_by(walk, w, "key");
			return;
		}
	}
	invalid(walk);
}

/* ---- Collect --------------------------------------------------------------------------------- */

static bool luhn(const char *digits)
{
	size_t n = strlen(digits);
	unsigned int sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = (unsigned int)(digits[n - 1 - i] - '0');

		d = i % 2 ? 2 * d : d;
		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

/* More than 19 digits are beyond any range. */
static bool in_range(const char *digits, uint64_t from, uint64_t to)
{
	uint64_t value = 0;

	digits += strspn(digits, "0");
	if (strlen(digits) > 19)
		return false;
	for (; *digits; digits++)
		value = value * 10 + (uint64_t)(*digits - '0');
	return value >= from && value <= to;
}

static bool is_valid(const struct jf_ivr *ivr, const struct jf_ivr_input *in)
{
	if (ivr->n_digits < in->least || strspn(ivr->digits, "0123456789") != ivr->n_digits)
		return false;
	return (!in->luhn || luhn(ivr->digits)) &&
	       (!in->has_range || in_range(ivr->digits, in->from, in->to));
}

static void collect_done(struct jf_ivr_walk *walk)
{
	if (!is_valid(walk->ivr, &walk->node->input)) {
		invalid(walk);
		return;
	}
	kept(walk);
	jf_ivr_leave(walk, JF_IVR_NEXT, NULL);
}

static void collect_press(struct jf_ivr_walk *walk, char digit)
{
	const struct jf_ivr_input *in = &walk->node->input;
	struct jf_ivr *ivr = walk->ivr;

	if (in->end && digit == in->end) {
		collect_done(walk);
		return;
	}
	ivr->digits[ivr->n_digits++] = digit;
	ivr->digits[ivr->n_digits] = '\0';
	if (ivr->n_digits == in->most) {
		collect_done(walk);
		return;
	}
	ivr->phase = JF_IVR_LISTENING;
	jf_ivr_wait(walk, in->digit_ms);
}

/* ---- Both ------------------------------------------------------------------------------------ */

static void press(struct jf_ivr_walk *walk, char digit)
{
	jf_ivr_stop(walk);
	if (walk->node->kind == JF_IVR_MENU)
		menu_press(walk, digit);
	else
		collect_press(walk, digit);
}

/* What was pressed ahead, as far as the node takes it. Whether there was anything. */
static bool take_ahead(struct jf_ivr_walk *walk)
{
	struct jf_ivr *ivr = walk->ivr;
	bool any = ivr->n_ahead != 0;

	while (ivr->n_ahead && !walk->moves) {
		char digit = ivr->ahead[0];

		ivr->n_ahead--;
		memmove(&ivr->ahead[0], &ivr->ahead[1], ivr->n_ahead);
		ivr->ahead[ivr->n_ahead] = '\0';
		press(walk, digit);
	}
	return any;
}

void jf_ivr_input_enter(struct jf_ivr_walk *walk)
{
	if (walk->node->fresh) {
		explicit_bzero(walk->ivr->ahead, sizeof(walk->ivr->ahead));
		walk->ivr->n_ahead = 0;
	}
	/* Who knows what to press need not hear it, unless it is to be heard by everybody. */
	if (walk->node->whole || !take_ahead(walk))
		ask(walk, NULL);
}

void jf_ivr_input_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event)
{
	struct jf_ivr *ivr = walk->ivr;

	switch (event->type) {
	case JF_IVR_EVENT_DIGIT:
		if (ivr->phase == JF_IVR_PLAYING && walk->node->whole)
			jf_ivr_keep_ahead(ivr, event->digit);
		else
			press(walk, event->digit);
		break;
	case JF_IVR_EVENT_PLAYED:
		if (take_ahead(walk))
			break;
		ivr->phase = JF_IVR_LISTENING;
		jf_ivr_wait(walk, walk->node->input.first_ms);
		break;
	case JF_IVR_EVENT_TIMER:
		ivr->due_ns = 0;
		if (ivr->n_digits)
			collect_done(walk);
		else
			silent(walk);
		break;
	default:
		break;
	}
}
