// SPDX-License-Identifier: BSD-3-Clause
#include "jf_outbound.h"

#include <string.h>

static const struct {
	const char *text;
	uint16_t code;
} refusals[] = {
#define X(name, text, code) [JF_OUTBOUND_##name] = {text, code},
        JF_OUTBOUND_REFUSALS(X)
#undef X
};

static const char *const verdicts[] = {
#define X(name, text) [JF_OUTBOUND_IS_##name] = text,
        JF_OUTBOUND_VERDICTS(X)
#undef X
};

const char *jf_outbound_refusal_text(enum jf_outbound_refusal refusal)
{
	return refusals[refusal].text;
}

uint16_t jf_outbound_refusal_code(enum jf_outbound_refusal refusal)
{
	return refusals[refusal].code;
}

const char *jf_outbound_verdict_text(enum jf_outbound_verdict verdict)
{
	return verdicts[verdict];
}

bool jf_outbound_is_alarm(enum jf_outbound_refusal refusal)
{
	return refusal != JF_OUTBOUND_NONE && refusal != JF_OUTBOUND_BAD_NUMBER &&
	       refusal != JF_OUTBOUND_NO_TRUNK;
}

/* splitmix64: one number after the other out of a seed. */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static enum jf_outbound_refusal tenant_check(const struct jf_outbound_query *query,
                                             char ret_number[JF_NUMBER_MAX])
{
	const struct jf_directory_tenant *tenant =
	        query->directory ? jf_directory_tenant_find(query->directory, query->tenant) : NULL;

	if (!tenant || !tenant->outgoing.permitted)
		return JF_OUTBOUND_NOT_PERMITTED;
	if (jf_number_normalize(&tenant->outgoing.numbers, query->number, ret_number))
		return JF_OUTBOUND_BAD_NUMBER;
	switch (jf_number_check(&tenant->outgoing.numbers, ret_number, false)) {
	case JF_NUMBER_DENIED:
		return JF_OUTBOUND_DENIED;
	case JF_NUMBER_NOT_ALLOWED:
		return JF_OUTBOUND_NOT_ALLOWED;
	case JF_NUMBER_ALLOWED:
		break;
	}
	switch (jf_usage_check(query->tenant_usage, &tenant->outgoing.caps, query->now_ns)) {
	case JF_USAGE_CALLS:
		return JF_OUTBOUND_TENANT_CALLS;
	case JF_USAGE_RATE:
		return JF_OUTBOUND_TENANT_RATE;
	case JF_USAGE_MINUTES:
		return JF_OUTBOUND_TENANT_MINUTES;
	case JF_USAGE_FITS:
		break;
	}
	return JF_OUTBOUND_NONE;
}

static enum jf_outbound_verdict judge(const struct jf_outbound_query *query,
                                      const struct jf_directory_trunk *trunk, const char *number)
{
	struct jf_outbound_state state = {.down = false};

	if (jf_number_check(&trunk->out.numbers, number, true) != JF_NUMBER_ALLOWED)
		return JF_OUTBOUND_IS_PREFIX;
	query->state(trunk, &state, query->arg);
	if (state.down)
		return JF_OUTBOUND_IS_DOWN;
	if (state.unregistered)
		return JF_OUTBOUND_IS_UNREGISTERED;
	switch (jf_usage_check(&state.usage, &trunk->out.caps, query->now_ns)) {
	case JF_USAGE_CALLS:
		return JF_OUTBOUND_IS_CALLS;
	case JF_USAGE_RATE:
		return JF_OUTBOUND_IS_RATE;
	case JF_USAGE_MINUTES:
		return JF_OUTBOUND_IS_MINUTES;
	case JF_USAGE_FITS:
		break;
	}
	return JF_OUTBOUND_IS_ELIGIBLE;
}

static void swap(struct jf_outbound_candidate *a, struct jf_outbound_candidate *b)
{
	struct jf_outbound_candidate other = *a;

	*a = *b;
	*b = other;
}

/* Eligible ones by priority, then each place drawn by weight among those of its priority. */
static void order(struct jf_outbound_choice *choice, uint64_t seed)
{
	struct jf_outbound_candidate *list = choice->candidates;

	for (unsigned at = 0; at < choice->n_eligible; at++) {
		uint32_t priority = UINT32_MAX;
		uint64_t sum = 0, mark;

		for (unsigned i = at; i < choice->n_eligible; i++)
			if (list[i].trunk->out.priority < priority)
				priority = list[i].trunk->out.priority;
		for (unsigned i = at; i < choice->n_eligible; i++)
			sum += list[i].trunk->out.priority == priority ? list[i].trunk->out.weight
			                                               : 0;
		mark = draw(&seed) % sum;
		for (unsigned i = at; i < choice->n_eligible; i++) {
			if (list[i].trunk->out.priority != priority)
				continue;
			if (mark < list[i].trunk->out.weight) {
				swap(&list[at], &list[i]);
				break;
			}
			mark -= list[i].trunk->out.weight;
		}
	}
}

void jf_outbound_choose(const struct jf_outbound_query *query,
                        struct jf_outbound_choice *ret_choice)
{
	const struct jf_directory_trunk *trunks;
	size_t count;

	*ret_choice = (struct jf_outbound_choice){.number = ""};
	ret_choice->refusal = tenant_check(query, ret_choice->number);
	if (ret_choice->refusal)
		return;
	trunks = jf_directory_trunks(query->directory, &count);
	for (size_t i = 0; i < count && ret_choice->n_candidates < JF_OUTBOUND_MAX; i++) {
		struct jf_outbound_candidate *c = &ret_choice->candidates[ret_choice->n_candidates];

		if (!trunks[i].out.n_uris ||
		    (trunks[i].tenant && strcmp(trunks[i].tenant, query->tenant) != 0))
			continue;
		*c = (struct jf_outbound_candidate){&trunks[i],
		                                    judge(query, &trunks[i], ret_choice->number)};
		if (c->verdict == JF_OUTBOUND_IS_ELIGIBLE)
			swap(c, &ret_choice->candidates[ret_choice->n_eligible++]);
		ret_choice->n_candidates++;
	}
	order(ret_choice, query->random);
	if (!ret_choice->n_eligible)
		ret_choice->refusal = JF_OUTBOUND_NO_TRUNK;
}
