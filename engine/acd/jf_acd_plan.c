// SPDX-License-Identifier: BSD-3-Clause
/* What calls ask for, step by step: the same steps are one plan. */
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int plan_check(const struct jf_acd *acd, const struct jf_acd_arrival *arrival,
                      struct jf_acd_plan *ret_plan)
{
	struct jf_acd_plan plan = {.n = arrival->n_steps ? arrival->n_steps : 1};

	if (arrival->n_steps > JF_ACD_STEPS_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < arrival->n_steps; i++) {
		plan.steps[i] = arrival->steps[i];
		if (!i)
			plan.steps[i].after_ns = 0;
		else if (plan.steps[i].after_ns < plan.steps[i - 1].after_ns)
			return -EINVAL;
		if (plan.steps[i].requirement &&
		    !jf_acd_requirement_get(acd, plan.steps[i].requirement))
			return -EINVAL;
	}
	*ret_plan = plan;
	return 0;
}

static bool plans_equal(const struct jf_acd_plan *a, const struct jf_acd_plan *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++)
		if (a->steps[i].requirement != b->steps[i].requirement ||
		    a->steps[i].after_ns != b->steps[i].after_ns)
			return false;
	return true;
}

static int plan_look_up(struct jf_acd *acd, const struct jf_acd_arrival *arrival,
                        uint32_t *ret_plan)
{
	struct jf_acd_skills *s = acd->skills;
	struct jf_acd_plan plan;
	uint32_t cursor = 0, found;
	uint64_t hash;
	int err = plan_check(acd, arrival, &plan);

	if (err)
		return err;
	hash = plan.n;
	for (unsigned int i = 0; i < plan.n; i++)
		hash = (hash ^ plan.steps[i].requirement ^ plan.steps[i].after_ns << 20) *
		       0xd6e8feb86659fd93u;
	hash ^= hash >> 32;
	while ((found = jf_acd_index_next(&s->plan_index, hash, &cursor)) != JF_ACD_NONE)
		if (plans_equal(&s->plans[found], &plan)) {
			*ret_plan = found;
			return 0;
		}
	if (s->n_plans == s->plans_room) {
		uint32_t room = s->plans_room ? 2 * s->plans_room : 64;
		struct jf_acd_plan *plans = realloc(s->plans, room * sizeof(*plans));

		if (!plans)
			return -ENOMEM;
		s->plans = plans;
		s->plans_room = room;
	}
	if (jf_acd_index_add(&s->plan_index, hash, s->n_plans))
		return -ENOMEM;
	s->plans[s->n_plans] = plan;
	*ret_plan = s->n_plans++;
	return 0;
}

int jf_acd_plan_intern(struct jf_acd *acd, const struct jf_acd_arrival *arrival, uint32_t *ret_plan)
{
	uint32_t requirement = arrival->n_steps ? arrival->steps[0].requirement : JF_ACD_ANYONE;
	struct jf_acd_quick *quick = NULL;
	int err;

	/* Most callers ask for one thing only. */
	if (arrival->n_steps <= 1 &&
	    (requirement == JF_ACD_ANYONE || jf_acd_requirement_get(acd, requirement)))
		quick = jf_acd_quick_of(acd, requirement);
	if (quick && quick->plan != JF_ACD_NONE) {
		*ret_plan = quick->plan;
		return 0;
	}
	err = plan_look_up(acd, arrival, ret_plan);
	if (!err && quick)
		quick->plan = *ret_plan;
	return err;
}

const struct jf_acd_plan *jf_acd_plan_get(const struct jf_acd *acd, uint32_t plan)
{
	return &acd->skills->plans[plan];
}

void jf_acd_plans_free(struct jf_acd_skills *s)
{
	free(s->plans);
	free(s->plan_index.slots);
}
