/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Skills, and what a call asks for.
 *
 * A skill is a name of a tenant's; an agent has it at a level from 1 to 10. A requirement is an
 * expression over skills, compiled once and known by its number: the same expression is the same
 * number, whatever its spaces and brackets.
 *
 *   expression := term { "or" term }
 *   term       := factor { "and" factor }
 *   factor     := "not" factor | "(" expression ")" | skill [ comparison level ]
 *   comparison := ">=" | ">" | "<=" | "<" | "=" | "==" | "!="
 *   skill      := letters, digits, "_", "-", "."; not "and", "or", "not"
 *
 * A skill alone means at level 1 at least; who has not got it is at level 0. Example:
 * "billing >= 3 and (estonian or russian >= 5)". Part of jf_acd.h's module, same rules.
 */
#ifndef JF_ACD_SKILL_H
#define JF_ACD_SKILL_H

#include <stdint.h>

#include "jf_acd.h"

#define JF_ACD_LEVEL_MAX        10u
#define JF_ACD_SKILL_NAME_MAX   32u /* with the terminating NUL */
#define JF_ACD_AGENT_SKILLS_MAX 64u
#define JF_ACD_TERMS_MAX        32u /* of an expression: its skills, "and"s, "or"s and "not"s */

/* The requirement that everybody meets. */
#define JF_ACD_ANYONE 0u

struct jf_acd_skill_level {
	uint32_t skill; /* from jf_acd_skill */
	uint8_t level;  /* 1 to 10 */
};

/* What is wrong with an expression; columns count from 1. */
struct jf_acd_skill_error {
	uint32_t column;
	const char *what; /* static text */
};

/* The skill's number, new if it is. 0, -EINVAL (not a name), -ENOMEM. */
int jf_acd_skill(struct jf_acd *acd, uint32_t tenant, const char *name, uint32_t *ret_skill);

/* The expression's number. 0, -EINVAL with the error filled in, -E2BIG (too many terms; the same),
 * -ENOMEM. An expression without a word is JF_ACD_ANYONE. */
int jf_acd_requirement(struct jf_acd *acd, uint32_t tenant, const char *expression,
                       uint32_t *ret_requirement, struct jf_acd_skill_error *ret_error);

/* As it was compiled: one way to write it. Valid as long as the ACD is; "" for JF_ACD_ANYONE. */
const char *jf_acd_requirement_text(const struct jf_acd *acd, uint32_t requirement);

/* All skills of the agent, instead of those it had. An entry that it suits now may be offered to
 * it at once. 0, -ESTALE, -EINVAL (a level out of range, a skill twice), -E2BIG, -ENOMEM. */
int jf_acd_agent_skills_set(struct jf_acd *acd, struct jf_acd_ref agent,
                            const struct jf_acd_skill_level *skills, uint32_t n, uint64_t now_ns);

/* The agent's level in a skill, 0: none, or no such agent. */
uint8_t jf_acd_agent_skill(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t skill);

#endif
