// SPDX-License-Identifier: BSD-3-Clause
/*
 * Skills: which agents have, and what is asked for. Expressions are compiled by an ACD of the
 * parse's own, so that what the directory accepts is what the ACD will.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

/* The tenant's number in that ACD; unknown ones share one. */
static uint32_t tenant_number(const struct jf_parse *p, const char *name)
{
	const struct jf_directory_tenant *tenant = jf_directory_tenant_find(p->directory, name);

	return tenant ? (uint32_t)(tenant - p->directory->tenants) : UINT32_MAX;
}

/* ---- Of agents ------------------------------------------------------------------------------ */

/* "billing 3" or "billing". */
static bool skill_split(const char *text, char ret_name[JF_ACD_SKILL_NAME_MAX], uint8_t *ret_level)
{
	size_t length = strcspn(text, " ");
	const char *level = text + length;
	unsigned long value = 1;
	char *end;

	if (!length || length >= JF_ACD_SKILL_NAME_MAX)
		return false;
	memcpy(ret_name, text, length);
	ret_name[length] = '\0';
	while (*level == ' ')
		level++;
	if (*level) {
		value = isdigit((unsigned char)*level) ? strtoul(level, &end, 10) : 0;
		if (value < 1 || value > JF_ACD_LEVEL_MAX || *end)
			return false;
	}
	*ret_level = (uint8_t)value;
	return true;
}

static void skill_known(struct jf_parse *p, uint32_t skill)
{
	uint32_t room = p->skills_room ? p->skills_room : 256;
	uint8_t *grown;

	while (room <= skill)
		room *= 2;
	if (room != p->skills_room) {
		grown = realloc(p->skills_known, room);
		if (!grown) {
			p->no_memory = true;
			return;
		}
		memset(grown + p->skills_room, 0, room - p->skills_room);
		p->skills_known = grown;
		p->skills_room = room;
	}
	p->skills_known[skill] = 1;
}

/* Before queues are looked at: what any agent is able to. */
void jf_parse_skills(struct jf_parse *p)
{
	for (size_t s = 0; s < p->n_sources; s++) {
		const struct jf_raw_directory *raw = p->sources[s].raw;

		for (unsigned a = 0; a < raw->agents_count && !p->no_memory; a++) {
			const struct jf_raw_agent *agent = &raw->agents[a];
			uint32_t tenant = tenant_number(p, agent->tenant), skill;
			char name[JF_ACD_SKILL_NAME_MAX];
			uint8_t level;

			for (unsigned i = 0; i < agent->abilities.skills_count; i++)
				if (skill_split(agent->abilities.skills[i], name, &level) &&
				    !jf_acd_skill(p->acd, tenant, name, &skill))
					skill_known(p, skill);
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct jf_directory_skill *)a)->name,
	              ((const struct jf_directory_skill *)b)->name);
}

static void skills_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        const struct jf_raw_agent *raw, struct jf_directory_abilities *ret)
{
	const struct jf_raw_abilities *list = &raw->abilities;
	struct jf_directory_skill *skills = jf_parse_array(p, list->skills_count, sizeof(*skills));
	uint32_t tenant = tenant_number(p, raw->tenant), number;
	char field[32], name[JF_ACD_SKILL_NAME_MAX];

	for (unsigned i = 0; skills && i < list->skills_count; i++) {
		struct jf_directory_skill *skill = &skills[ret->n_skills];

		snprintf(field, sizeof(field), "skills[%u]", i);
		if (!skill_split(list->skills[i], name, &skill->level) ||
		    jf_acd_skill(p->acd, tenant, name, &number)) {
			jf_parse_fail(p, entry, field,
			              "\"%s\": a skill and its level from 1 to %u, such as "
			              "billing 3",
			              list->skills[i], JF_ACD_LEVEL_MAX);
			continue;
		}
		skill->name = jf_parse_keep(p, name);
		for (uint32_t k = 0; skill->name && k < ret->n_skills; k++)
			if (!strcmp(skills[k].name, name))
				jf_parse_fail(p, entry, field, "skill \"%s\" is there twice", name);
		ret->n_skills += skill->name != NULL;
	}
	if (skills)
		qsort(skills, ret->n_skills, sizeof(*skills), by_name);
	ret->skills = skills;
}

static const struct {
	const char *name;
	unsigned int bit;
} idle_words[] = {
        {"wrap-up", JF_ACD_IDLE_THROUGH_WRAPUP},    {"break", JF_ACD_IDLE_THROUGH_BREAK},
        {"refusals", JF_ACD_IDLE_THROUGH_REFUSALS}, {"login", JF_ACD_IDLE_THROUGH_LOGIN},
        {"outbound", JF_ACD_IDLE_THROUGH_OUTBOUND},
};

#define IDLE_WORDS (sizeof(idle_words) / sizeof(idle_words[0]))

void jf_directory_idle_write(FILE *out, unsigned int through)
{
	const char *between = "";

	for (size_t i = 0; i < IDLE_WORDS; i++)
		if (through & idle_words[i].bit) {
			fprintf(out, "%s%s", between, idle_words[i].name);
			between = ", ";
		}
}

void jf_parse_abilities(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_abilities *ret)
{
	const struct jf_raw_agent *raw = entry->raw;
	const uint32_t *capacity = raw->abilities.capacity;

	skills_fill(p, entry, raw, ret);
	ret->capacity = capacity ? *capacity : 1;
	if (ret->capacity < 1 || ret->capacity > JF_ACD_CAPACITY_MAX)
		jf_parse_fail(p, entry, "capacity", "%u: from 1 to %u calls at once", ret->capacity,
		              JF_ACD_CAPACITY_MAX);
	for (unsigned i = 0; i < raw->abilities.idle_through_count; i++) {
		unsigned int bit = 0;
		char field[32];

		for (size_t k = 0; k < IDLE_WORDS; k++)
			if (!strcmp(raw->abilities.idle_through[i], idle_words[k].name))
				bit = idle_words[k].bit;
		snprintf(field, sizeof(field), "idle_through[%u]", i);
		if (!bit)
			jf_parse_fail(p, entry, field,
			              "wrap-up, break, refusals, login, outbound can stand here");
		ret->idle_through |= bit;
	}
}

/* ---- What is asked for ---------------------------------------------------------------------- */

static bool is_word(const char *word, size_t length)
{
	static const char *const others[] = {"and", "or", "not"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strlen(others[i]) == length && !memcmp(word, others[i], length))
			return false;
	return true;
}

/* Each skill of an expression that no agent of the tenant has is told. */
static void warn_unknown(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                         uint32_t tenant, const char *text)
{
	static const char letters[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	bool level = false;

	for (const char *at = text + strcspn(text, letters); *at; at += strcspn(at, letters)) {
		size_t length = strspn(at, letters);
		char name[JF_ACD_SKILL_NAME_MAX];
		uint32_t skill;

		level = at > text && strchr("=<>!", at[-1 - (at > text + 1 && at[-1] == ' ')]);
		if (!level && length < sizeof(name) && is_word(at, length)) {
			memcpy(name, at, length);
			name[length] = '\0';
			if (!jf_acd_skill(p->acd, tenant, name, &skill) &&
			    (skill >= p->skills_room || !p->skills_known[skill]))
				jf_parse_warn(p, entry, field, "no agent has the skill \"%s\"",
				              name);
		}
		at += length;
	}
}

static bool step_fill(struct jf_parse *p, const struct jf_parse_place *place,
                      const struct jf_raw_step *raw, const char *field,
                      struct jf_directory_step *ret_step)
{
	uint32_t tenant = tenant_number(p, place->tenant), requirement;
	struct jf_acd_skill_error error = {0, ""};
	int err = jf_acd_requirement(p->acd, tenant, raw->skills, &requirement, &error);
	const char *text;

	if (err == -ENOMEM) {
		p->no_memory = true;
		return false;
	}
	if (err) {
		jf_parse_fail(p, place->entry, field, "%s, at its character %u", error.what,
		              error.column);
		return false;
	}
	text = jf_acd_requirement_text(p->acd, requirement);
	warn_unknown(p, place->entry, field, tenant, text);
	ret_step->skills = jf_parse_keep(p, text);
	return ret_step->skills != NULL;
}

uint8_t jf_parse_steps(struct jf_parse *p, const struct jf_parse_place *place,
                       const struct jf_raw_step *raw, unsigned n,
                       const struct jf_directory_step **ret_steps)
{
	struct jf_directory_step *steps = jf_parse_array(p, n, sizeof(*steps));
	uint8_t filled = 0;

	for (unsigned i = 0; steps && i < n; i++) {
		uint32_t after_s = raw[i].after_s ? *raw[i].after_s : 0;
		char field[40];

		snprintf(field, sizeof(field), "requires[%u].after_s", i);
		if (after_s > 86400 || (i == 0 && after_s) ||
		    (i > 0 && after_s * 1000ull <= steps[filled ? filled - 1 : 0].after_ms))
			jf_parse_fail(p, place->entry, field, "%s",
			              i ? "later than the step before it, and within a day"
			                : "the first step is asked for at once");
		snprintf(field, sizeof(field), "requires[%u].skills", i);
		if (!step_fill(p, place, &raw[i], field, &steps[filled]))
			continue;
		steps[filled++].after_ms = after_s > 86400 ? 0 : after_s * 1000;
	}
	*ret_steps = steps;
	return filled;
}

/* ---- What calls bring along ----------------------------------------------------------------- */

static void data_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                      const struct jf_raw_wants *raw, struct jf_directory_wants *ret)
{
	struct jf_directory_datum *data = jf_parse_array(p, raw->data_count, sizeof(*data));

	for (unsigned i = 0; data && i < raw->data_count; i++) {
		char field[32];

		snprintf(field, sizeof(field), "data[%u].name", i);
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(raw->data[k].name, raw->data[i].name))
				jf_parse_fail(p, entry, field, "\"%s\" is there twice",
				              raw->data[i].name);
		data[i].name = jf_parse_keep(p, raw->data[i].name);
		data[i].value = jf_parse_keep(p, raw->data[i].value);
	}
	ret->data = data;
	ret->n_data = raw->data_count;
}

void jf_parse_wants(struct jf_parse *p, const struct jf_parse_place *place,
                    const struct jf_raw_wants *raw, struct jf_directory_wants *ret)
{
	ret->has_priority = raw->priority != NULL;
	if (raw->priority && *raw->priority > JF_ACD_PRIORITY_MAX)
		jf_parse_fail(p, place->entry, "priority", "%u: up to %u", *raw->priority,
		              JF_ACD_PRIORITY_MAX);
	else if (raw->priority)
		ret->priority = (uint16_t)*raw->priority;
	ret->n_steps = jf_parse_steps(p, place, raw->requires, raw->requires_count, &ret->steps);
	if (raw->language) {
		jf_parse_name(p, place->entry, "language", raw->language);
		ret->language = jf_parse_keep(p, raw->language);
	}
	data_fill(p, place->entry, raw, ret);
}
