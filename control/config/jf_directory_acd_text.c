// SPDX-License-Identifier: BSD-3-Clause
/* jf_directory_acd.h's values as YAML text. What is as it would be without a word is left out. */
#include <stdlib.h>
#include <string.h>

#include "jf_directory_priv.h"

static void field(FILE *out, const char *lead, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "%s%s: ", lead, name);
	jf_directory_quoted(out, value);
	fputc('\n', out);
}

static void number(FILE *out, const char *lead, const char *name, uint32_t value)
{
	if (value)
		fprintf(out, "%s%s: %u\n", lead, name, value);
}

static void steps_write(FILE *out, const char *lead, const struct jf_directory_step *steps,
                        unsigned n)
{
	if (n)
		fprintf(out, "%srequires:\n", lead);
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, "%s  - {skills: ", lead);
		jf_directory_quoted(out, steps[i].skills);
		if (steps[i].after_ms)
			fprintf(out, ", after_s: %u", steps[i].after_ms / 1000);
		fprintf(out, "}\n");
	}
}

void jf_directory_wants_write(FILE *out, const char *lead, const struct jf_directory_wants *wants)
{
	if (wants->has_priority)
		fprintf(out, "%spriority: %u\n", lead, wants->priority);
	steps_write(out, lead, wants->steps, wants->n_steps);
	field(out, lead, "language", wants->language);
	if (wants->n_data)
		fprintf(out, "%sdata:\n", lead);
	for (uint32_t i = 0; i < wants->n_data; i++) {
		fprintf(out, "%s  - {name: ", lead);
		jf_directory_quoted(out, wants->data[i].name);
		fprintf(out, ", value: ");
		jf_directory_quoted(out, wants->data[i].value);
		fprintf(out, "}\n");
	}
}

/* ---- Queues --------------------------------------------------------------------------------- */

static void overflow_write(FILE *out, const char *lead, const struct jf_directory_overflow *rule)
{
	static const char *const words[] = {
	        [JF_ACD_OVERFLOW_BY_WAIT] = "after_s",
	        [JF_ACD_OVERFLOW_BY_LENGTH] = "length",
	        [JF_ACD_OVERFLOW_BY_ESTIMATE] = "estimated_wait_s",
	        [JF_ACD_OVERFLOW_BY_NOBODY] = "no_agents",
	};

	fprintf(out, "%s  - {%s: ", lead, words[rule->when]);
	if (rule->when == JF_ACD_OVERFLOW_BY_NOBODY)
		fprintf(out, "true");
	else
		fprintf(out, "%u",
		        rule->when == JF_ACD_OVERFLOW_BY_LENGTH ? rule->limit : rule->limit / 1000);
	fprintf(out, ", to: ");
	jf_directory_quoted(out, rule->to->name);
	fprintf(out, "}\n");
}

static void closed_write(FILE *out, const char *lead, const struct jf_directory_closed *closed)
{
	static const char *const words[] = {
	        [JF_ACD_CLOSING_SERVE] = "serve",
	        [JF_ACD_CLOSING_RELEASE] = "release",
	        [JF_ACD_CLOSING_MOVE] = "move",
	};
	char deeper[16];

	if (!closed->prompt && !closed->queue && !closed->forward &&
	    closed->waiting == JF_ACD_CLOSING_SERVE)
		return;
	snprintf(deeper, sizeof(deeper), "%s  ", lead);
	fprintf(out, "%sclosed:\n", lead);
	field(out, deeper, "prompt", closed->prompt);
	field(out, deeper, "queue", closed->queue ? closed->queue->name : NULL);
	field(out, deeper, "forward", closed->forward);
	fprintf(out, "%swaiting: %s\n", deeper, words[closed->waiting]);
}

void jf_directory_rules_write(FILE *out, const char *lead, const struct jf_directory_rules *rules)
{
	field(out, lead, "agents_by", jf_acd_agents_by_name(rules->agents_by));
	number(out, lead, "ring_at_once", rules->ring_at_once);
	field(out, lead, "calls_by", jf_acd_calls_by_name(rules->calls_by));
	number(out, lead, "ageing", rules->ageing);
	number(out, lead, "priority_cap", rules->priority_cap);
	number(out, lead, "age_cap_s", rules->age_cap_ms / 1000);
	number(out, lead, "short_abandon_s", rules->short_abandon_ms / 1000);
	fprintf(out, "%sservice_level: {threshold_s: %u, target: %u}\n", lead,
	        rules->threshold_ms / 1000, rules->target);
	if (rules->wrap_up_open)
		fprintf(out, "%swrap_up: open\n", lead);
	number(out, lead, "wrap_up_extend_s", rules->wrap_up_extend_ms / 1000);
	number(out, lead, "last_agent_s", rules->last_agent_ms / 1000);
	steps_write(out, lead, rules->steps, rules->n_steps);
	if (rules->n_overflow)
		fprintf(out, "%soverflow:\n", lead);
	for (unsigned i = 0; i < rules->n_overflow; i++)
		overflow_write(out, lead, &rules->overflow[i]);
	field(out, lead, "calendar", rules->calendar ? rules->calendar->name : NULL);
	closed_write(out, lead, &rules->closed);
}

/* ---- Agents, tenants ------------------------------------------------------------------------ */

void jf_directory_abilities_write(FILE *out, const char *lead,
                                  const struct jf_directory_abilities *abilities)
{
	if (abilities->n_skills)
		fprintf(out, "%sskills: [", lead);
	for (uint32_t i = 0; i < abilities->n_skills; i++)
		fprintf(out, "%s\"%s %u\"", i ? ", " : "", abilities->skills[i].name,
		        abilities->skills[i].level);
	if (abilities->n_skills)
		fprintf(out, "]\n");
	if (abilities->capacity > 1)
		number(out, lead, "capacity", abilities->capacity);
	if (!abilities->idle_through)
		return;
	fprintf(out, "%sidle_through: [", lead);
	jf_directory_idle_write(out, abilities->idle_through);
	fprintf(out, "]\n");
}

void jf_directory_desk_write(FILE *out, const char *lead, const struct jf_directory_desk *desk)
{
	const struct jf_directory_codes *codes = &desk->codes;
	char deeper[16];

	snprintf(deeper, sizeof(deeper), "%s  ", lead);
	field(out, lead, "zone", desk->zone_name);
	if (codes->ready || codes->not_ready || codes->wrap_up_end || codes->wrap_up_extend ||
	    codes->logout)
		fprintf(out, "%scodes:\n", lead);
	field(out, deeper, "ready", codes->ready);
	field(out, deeper, "not_ready", codes->not_ready);
	field(out, deeper, "wrap_up_end", codes->wrap_up_end);
	field(out, deeper, "wrap_up_extend", codes->wrap_up_extend);
	field(out, deeper, "logout", codes->logout);
	if (desk->n_reasons)
		fprintf(out, "%sreasons: [", lead);
	for (uint32_t i = 0; i < desk->n_reasons; i++) {
		fprintf(out, "%s", i ? ", " : "");
		jf_directory_quoted(out, desk->reasons[i]);
	}
	if (desk->n_reasons)
		fprintf(out, "]\n");
}

/* ---- Calendars, callers --------------------------------------------------------------------- */

static void spans_write(FILE *out, const struct jf_calendar_hours *hours)
{
	fputc('[', out);
	for (unsigned i = 0; i < hours->count; i++) {
		unsigned from = hours->spans[i].from_min, to = hours->spans[i].to_min;

		if (to > 1440)
			to -= 1440;
		fprintf(out, "%s\"%02u:%02u-%02u:%02u\"", i ? ", " : "", from / 60, from % 60,
		        to / 60, to % 60);
	}
	fputc(']', out);
}

void jf_directory_calendar_write(FILE *out, const struct jf_directory_calendar *calendar)
{
	static const char *const days[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	const char *lead = "    ";

	field(out, "  - ", "name", calendar->name);
	field(out, lead, "tenant", calendar->tenant);
	field(out, lead, "zone", calendar->zone);
	fprintf(out, "%sweek:\n", lead);
	for (unsigned i = 0; i < 7; i++) {
		fprintf(out, "%s  %s: ", lead, days[i]);
		spans_write(out, &calendar->hours.week[i]);
		fputc('\n', out);
	}
	if (calendar->hours.n_holidays)
		fprintf(out, "%sholidays:\n", lead);
	for (uint32_t i = 0; i < calendar->hours.n_holidays; i++) {
		const struct jf_calendar_holiday *h = &calendar->hours.holidays[i];

		fprintf(out, "%s  - {date: \"", lead);
		if (h->date.year)
			fprintf(out, "%04d-", h->date.year);
		fprintf(out, "%02u-%02u\", name: ", h->date.month, h->date.day);
		jf_directory_quoted(out, h->name);
		fprintf(out, ", open: ");
		spans_write(out, &h->hours);
		fprintf(out, "}\n");
	}
}

void jf_directory_caller_write(FILE *out, const struct jf_directory_caller *caller)
{
	const char *lead = "    ";

	field(out, "  - ", "number", caller->number);
	field(out, lead, "tenant", caller->tenant);
	field(out, lead, "name", caller->name);
	if (caller->vip)
		fprintf(out, "%svip: true\n", lead);
	field(out, lead, "agent", caller->agent);
	if (caller->agent)
		number(out, lead, "agent_s", caller->agent_ms / 1000);
	jf_directory_wants_write(out, lead, &caller->wants);
}
