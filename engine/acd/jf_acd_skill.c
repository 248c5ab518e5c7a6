// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_skill_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---------------------------------------------------------------------------------- */

static bool name_fits(const char *name)
{
	size_t n = strspn(name, JF_ACD_SKILL_LETTERS);

	return n > 0 && n < JF_ACD_SKILL_NAME_MAX && !name[n] && !jf_acd_skill_reserved(name, n);
}

static int skill_add(struct jf_acd_skills *s, uint32_t tenant, const char *name, uint64_t hash,
                     uint32_t *ret_skill)
{
	if (s->n_skills == s->skills_room) {
		uint32_t room = s->skills_room ? 2 * s->skills_room : 64;
		struct jf_acd_skill_name *names = realloc(s->skills, room * sizeof(*names));

		if (!names)
			return -ENOMEM;
		s->skills = names;
		s->skills_room = room;
	}
	if (jf_acd_index_add(&s->skill_index, hash, s->n_skills))
		return -ENOMEM;
	s->skills[s->n_skills] = (struct jf_acd_skill_name){.tenant = tenant};
	memcpy(s->skills[s->n_skills].name, name, strlen(name) + 1);
	*ret_skill = s->n_skills++;
	return 0;
}

int jf_acd_skill(struct jf_acd *acd, uint32_t tenant, const char *name, uint32_t *ret_skill)
{
	struct jf_acd_skills *s = acd->skills;
	uint32_t cursor = 0, found;
	uint64_t hash;

	if (!name_fits(name))
		return -EINVAL;
	hash = jf_acd_hash(tenant, name, strlen(name));
	while ((found = jf_acd_index_next(&s->skill_index, hash, &cursor)) != JF_ACD_NONE)
		if (s->skills[found].tenant == tenant && !strcmp(s->skills[found].name, name)) {
			*ret_skill = found;
			return 0;
		}
	return skill_add(s, tenant, name, hash, ret_skill);
}

/* ---- Requirements --------------------------------------------------------------------------- */

static int requirement_add(struct jf_acd_skills *s, const struct jf_acd_requirement *r,
                           uint64_t hash, uint32_t *ret_requirement)
{
	struct jf_acd_requirement *copy;

	if (s->n_requirements == s->requirements_room) {
		uint32_t room = s->requirements_room ? 2 * s->requirements_room : 64;
		struct jf_acd_requirement **all = realloc(s->requirements, room * sizeof(*all));

		if (!all)
			return -ENOMEM;
		s->requirements = all;
		s->requirements_room = room;
	}
	copy = malloc(sizeof(*copy));
	if (!copy || jf_acd_index_add(&s->requirement_index, hash, s->n_requirements)) {
		free(copy);
		return -ENOMEM;
	}
	*copy = *r;
	copy->text = jf_acd_requirement_write(s, r);
	if (!copy->text) {
		jf_acd_index_remove(&s->requirement_index, hash, s->n_requirements);
		free(copy);
		return -ENOMEM;
	}
	s->requirements[s->n_requirements] = copy;
	*ret_requirement = ++s->n_requirements; /* 0 is anyone */
	return 0;
}

int jf_acd_requirement(struct jf_acd *acd, uint32_t tenant, const char *expression,
                       uint32_t *ret_requirement, struct jf_acd_skill_error *ret_error)
{
	struct jf_acd_skills *s = acd->skills;
	struct jf_acd_requirement r = {.tenant = tenant};
	uint32_t cursor = 0, found;
	uint64_t hash;
	int err;

	err = jf_acd_requirement_parse(acd, expression, &r, ret_error);
	if (err)
		return err;
	if (!r.n) {
		*ret_requirement = JF_ACD_ANYONE;
		return 0;
	}
	hash = jf_acd_hash(tenant, r.terms, r.n * sizeof(r.terms[0]));
	while ((found = jf_acd_index_next(&s->requirement_index, hash, &cursor)) != JF_ACD_NONE) {
		const struct jf_acd_requirement *known = s->requirements[found];

		if (known->n == r.n && known->tenant == tenant &&
		    !memcmp(known->terms, r.terms, r.n * sizeof(r.terms[0]))) {
			*ret_requirement = found + 1;
			return 0;
		}
	}
	return requirement_add(s, &r, hash, ret_requirement);
}

const struct jf_acd_requirement *jf_acd_requirement_get(const struct jf_acd *acd,
                                                        uint32_t requirement)
{
	return requirement && requirement <= acd->skills->n_requirements
	               ? acd->skills->requirements[requirement - 1]
	               : NULL;
}

const char *jf_acd_requirement_text(const struct jf_acd *acd, uint32_t requirement)
{
	const struct jf_acd_requirement *r = jf_acd_requirement_get(acd, requirement);

	return r ? r->text : "";
}

/* ---- Against an agent ------------------------------------------------------------------------ */

static uint8_t level_of(const struct jf_acd_agent_node *a, uint32_t skill)
{
	uint32_t from = 0, n = a->n_skills;

	while (n) {
		uint32_t half = n / 2;

		if (a->skills[from + half].skill == skill)
			return a->skills[from + half].level;
		if (a->skills[from + half].skill < skill) {
			from += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return 0;
}

static bool holds(uint8_t level, const struct jf_acd_term *t)
{
	switch (t->op) {
	case JF_ACD_TERM_AT_LEAST:
		return level >= t->level;
	case JF_ACD_TERM_AT_MOST:
		return level <= t->level;
	case JF_ACD_TERM_EQUAL:
		return level == t->level;
	default:
		return level != t->level;
	}
}

bool jf_acd_requirement_met(const struct jf_acd_requirement *r, const struct jf_acd_agent_node *a)
{
	bool stack[JF_ACD_TERMS_MAX + 1];
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		const struct jf_acd_term *t = &r->terms[i];

		if (t->op == JF_ACD_TERM_NOT) {
			stack[n - 1] = !stack[n - 1];
		} else if (t->op == JF_ACD_TERM_AND) {
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
		} else if (t->op == JF_ACD_TERM_OR) {
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
		} else {
			stack[n++] = holds(level_of(a, t->skill), t);
		}
	}
	return stack[0];
}

uint32_t jf_acd_requirement_score(const struct jf_acd_requirement *r,
                                  const struct jf_acd_agent_node *a)
{
	uint32_t score = 0;

	for (unsigned int i = 0; i < r->n; i++)
		if (r->terms[i].op == JF_ACD_TERM_AT_LEAST)
			score += level_of(a, r->terms[i].skill);
	return score;
}

uint8_t jf_acd_agent_skill(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t skill)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	return a ? level_of(a, skill) : 0;
}

static int by_skill(const void *a, const void *b)
{
	uint32_t x = ((const struct jf_acd_skill_level *)a)->skill;
	uint32_t y = ((const struct jf_acd_skill_level *)b)->skill;

	return x < y ? -1 : x > y;
}

static bool same_skills(const struct jf_acd_agent_node *a, const struct jf_acd_skill_level *skills,
                        uint32_t n)
{
	bool same = a->n_skills == n;

	for (uint32_t i = 0; same && i < n; i++)
		same = a->skills[i].skill == skills[i].skill &&
		       a->skills[i].level == skills[i].level;
	return same;
}

int jf_acd_agent_skills_set(struct jf_acd *acd, struct jf_acd_ref agent,
                            const struct jf_acd_skill_level *skills, uint32_t n, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	struct jf_acd_skill_level *sorted;
	int err = 0;

	if (!a)
		return -ESTALE;
	if (n > JF_ACD_AGENT_SKILLS_MAX)
		return -E2BIG;
	sorted = calloc(n + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, skills, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_skill);
	for (uint32_t i = 0; i < n; i++)
		if (!sorted[i].level || sorted[i].level > JF_ACD_LEVEL_MAX ||
		    (i && sorted[i].skill == sorted[i - 1].skill)) {
			free(sorted);
			return -EINVAL;
		}
	if (same_skills(a, sorted, n)) {
		free(sorted);
		return 0;
	}
	jf_acd_agent_unlist(acd, a);
	for (struct jf_acd_member *m = a->members; m; m = m->next_queue)
		jf_acd_links_drop(acd, m);
	free(a->skills);
	a->skills = sorted;
	a->n_skills = n;
	a->skill_total = 0;
	for (uint32_t i = 0; i < n; i++)
		a->skill_total += sorted[i].level;
	for (struct jf_acd_member *m = a->members; m && !err; m = m->next_queue)
		err = jf_acd_links_make(acd, m);
	jf_acd_agent_settle_anew(acd, a, now_ns);
	return err;
}

/* ---- Life ------------------------------------------------------------------------------------ */

struct jf_acd_skills *jf_acd_skills_create(void)
{
	return calloc(1, sizeof(struct jf_acd_skills));
}

void jf_acd_skills_destroy(struct jf_acd_skills *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_requirements; i++) {
		free(s->requirements[i]->text);
		free(s->requirements[i]);
	}
	free(s->requirements);
	free(s->skills);
	free(s->skill_index.slots);
	free(s->requirement_index.slots);
	jf_acd_plans_free(s);
	free(s);
}
