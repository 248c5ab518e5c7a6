/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_ACD_SKILL_PRIV_H
#define JF_ACD_SKILL_PRIV_H

#include "jf_acd_priv.h"

#define JF_ACD_SKILL_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

enum jf_acd_term_op {
	JF_ACD_TERM_AT_LEAST,
	JF_ACD_TERM_AT_MOST,
	JF_ACD_TERM_EQUAL,
	JF_ACD_TERM_NOT_EQUAL,
	JF_ACD_TERM_AND,
	JF_ACD_TERM_OR,
	JF_ACD_TERM_NOT,
};

/* No padding: terms are compared and hashed as bytes. */
struct jf_acd_term {
	uint32_t skill;
	uint16_t op; /* enum jf_acd_term_op */
	uint16_t level;
};

/* A compiled expression: operands before their operator. */
struct jf_acd_requirement {
	struct jf_acd_term terms[JF_ACD_TERMS_MAX];
	uint32_t n;
	uint32_t tenant;
	char *text;
};

/* What a call asks for, step by step. */
struct jf_acd_plan {
	uint8_t n;
	struct jf_acd_step steps[JF_ACD_STEPS_MAX];
};

struct jf_acd_skills {
	struct jf_acd_skill_name {
		uint32_t tenant;
		char name[JF_ACD_SKILL_NAME_MAX];
	} * skills;
	uint32_t n_skills, skills_room;
	struct jf_acd_index skill_index;
	struct jf_acd_requirement **requirements; /* by number - 1 */
	uint32_t n_requirements, requirements_room;
	struct jf_acd_index requirement_index;
	struct jf_acd_plan *plans;
	uint32_t n_plans, plans_room;
	struct jf_acd_index plan_index;
};

struct jf_acd_skills *jf_acd_skills_create(void);
void jf_acd_skills_destroy(struct jf_acd_skills *s);

/* "and", "or", "not". */
bool jf_acd_skill_reserved(const char *word, size_t n);

int jf_acd_requirement_parse(struct jf_acd *acd, const char *expression,
                             struct jf_acd_requirement *ret_r,
                             struct jf_acd_skill_error *ret_error);
/* One way to write it; allocated. */
char *jf_acd_requirement_write(const struct jf_acd_skills *s, const struct jf_acd_requirement *r);

/* NULL: anyone. */
const struct jf_acd_requirement *jf_acd_requirement_get(const struct jf_acd *acd,
                                                        uint32_t requirement);
bool jf_acd_requirement_met(const struct jf_acd_requirement *r, const struct jf_acd_agent_node *a);
/* Sum of the agent's levels in the skills that it asks for. */
uint32_t jf_acd_requirement_score(const struct jf_acd_requirement *r,
                                  const struct jf_acd_agent_node *a);

/* The plan's number: the same steps, the same number. 0, -EINVAL, -ENOMEM. */
int jf_acd_plan_intern(struct jf_acd *acd, const struct jf_acd_arrival *arrival,
                       uint32_t *ret_plan);
const struct jf_acd_plan *jf_acd_plan_get(const struct jf_acd *acd, uint32_t plan);
void jf_acd_plans_free(struct jf_acd_skills *s);

#endif
