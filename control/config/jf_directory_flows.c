// SPDX-License-Identifier: BSD-3-Clause
/* The section "flows": from what was written to nodes with ways out of them, for engine/ivr to
 * check; its mistakes come back to the line in which they were made. */
#include "jf_directory_flows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

#define TRIES           3u
#define FIRST_MS        5000u
#define DIGIT_MS        3000u
#define DEADLINE_MS     2000u
#define SOUND_PATH_SIZE 120u

JF_PARSE_COLLECT(flows, raw->tenant, raw->name, "name")

/* What flows are made of before they are copied. */
struct scratch {
	struct jf_parse *p;
	struct jf_directory *kept;
	const struct jf_parse_entry *entry; /* of the flow */
	uint32_t node;                      /* its place in it */
};

static void *keep(struct scratch *s, size_t count, size_t size)
{
	void *array = jf_directory_keep(s->kept, count * size);

	if (!array)
		s->p->no_memory = true;
	return array;
}

/* ---- Sounds ---------------------------------------------------------------------------------- */

static struct jf_ivr_says prompts_take(struct scratch *s, char *const *names, unsigned n)
{
	struct jf_ivr_say *list = keep(s, n, sizeof(*list));

	for (unsigned i = 0; list && i < n; i++)
		list[i] = (struct jf_ivr_say){JF_IVR_SAY_PROMPT, names[i], NULL};
	return (struct jf_ivr_says){list, list ? n : 0};
}

static void item_take(struct scratch *s, unsigned place, const struct jf_raw_flow_item *raw,
                      struct jf_ivr_say *say)
{
	const char *const texts[JF_IVR_SAY_TYPES] = {
	        [JF_IVR_SAY_PROMPT] = raw->prompt,     [JF_IVR_SAY_NUMBER] = raw->number,
	        [JF_IVR_SAY_ORDINAL] = raw->ordinal,   [JF_IVR_SAY_DIGITS] = raw->digits,
	        [JF_IVR_SAY_DATE] = raw->date,         [JF_IVR_SAY_TIME] = raw->time,
	        [JF_IVR_SAY_DURATION] = raw->duration, [JF_IVR_SAY_POSITION] = raw->position,
	        [JF_IVR_SAY_AMOUNT] = raw->amount,
	};
	unsigned found = 0;

	say->text = "";
	say->currency = raw->currency;
	for (unsigned t = 0; t < JF_IVR_SAY_TYPES; t++) {
		if (!texts[t])
			continue;
		found++;
		say->type = (enum jf_ivr_say_type)t;
		say->text = texts[t];
	}
	if (found != 1) {
		char field[48];

		snprintf(field, sizeof(field), "nodes[%u].say.prompts[%u]", s->node, place);
		jf_parse_fail(s->p, s->entry, field,
		              "one of prompt, number, ordinal, digits, date, time, duration, "
		              "position and amount");
	}
}

static struct jf_ivr_says items_take(struct scratch *s, const struct jf_raw_flow_say *raw)
{
	struct jf_ivr_say *list = keep(s, raw->prompts_count, sizeof(*list));

	for (unsigned i = 0; list && i < raw->prompts_count; i++)
		item_take(s, i, &raw->prompts[i], &list[i]);
	return (struct jf_ivr_says){list, list ? raw->prompts_count : 0};
}

/* ---- Ways ------------------------------------------------------------------------------------ */

static void way_add(struct jf_ivr_node *node, enum jf_ivr_way_type type, const char *match,
                    const char *to)
{
	struct jf_ivr_way *ways = (struct jf_ivr_way *)(uintptr_t)node->ways;

	if (to && ways)
		ways[node->n_ways++] = (struct jf_ivr_way){type, match, to};
}

static void ways_take(struct scratch *s, const struct jf_raw_flow_node *raw,
                      struct jf_ivr_node *node)
{
	unsigned choices = raw->menu ? raw->menu->choices_count : 0;
	unsigned cases = raw->branch ? raw->branch->cases_count : 0;

	node->ways = keep(s, choices + cases + 8, sizeof(node->ways[0]));
	for (unsigned i = 0; i < choices; i++)
		way_add(node, JF_IVR_KEY, raw->menu->choices[i].key, raw->menu->choices[i].next);
	for (unsigned i = 0; i < cases; i++)
		way_add(node, JF_IVR_CASE, raw->branch->cases[i].when, raw->branch->cases[i].next);
	if (raw->calendar) {
		way_add(node, JF_IVR_OPEN, NULL, raw->calendar->open);
		way_add(node, JF_IVR_CLOSED, NULL, raw->calendar->closed);
		way_add(node, JF_IVR_HOLIDAY, NULL, raw->calendar->holiday);
	}
	if (raw->caller) {
		way_add(node, JF_IVR_VIP, NULL, raw->caller->vip);
		way_add(node, JF_IVR_KNOWN, NULL, raw->caller->known);
	}
	way_add(node, JF_IVR_NEXT, NULL, raw->next);
	way_add(node, JF_IVR_FAILED, NULL, raw->failed);
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

static bool said(const bool *value)
{
	return value && *value;
}

static uint8_t small(const uint32_t *value, uint32_t otherwise)
{
	uint32_t n = value ? *value : otherwise;

	return n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
}

static void input_take(struct scratch *s, const struct jf_raw_flow_input *raw,
                       struct jf_ivr_node *node)
{
	struct jf_ivr_input *in = &node->input;

	node->says = prompts_take(s, raw->prompts, raw->prompts_count);
	node->whole = said(raw->whole);
	node->fresh = said(raw->fresh);
	in->silence = prompts_take(s, raw->silence, raw->silence_count);
	in->invalid = prompts_take(s, raw->invalid, raw->invalid_count);
	in->first_ms = raw->timeout_ms ? *raw->timeout_ms : FIRST_MS;
	in->tries = small(raw->tries, TRIES);
	in->key = raw->key;
	in->digit_ms = raw->digit_timeout_ms ? *raw->digit_timeout_ms : DIGIT_MS;
	in->most = small(raw->most, JF_IVR_DIGITS_MAX);
	in->least = small(raw->least, 1);
	in->end = raw->end ? raw->end[0] : '\0';
	in->luhn = said(raw->luhn);
	in->has_range = raw->from || raw->to;
	in->from = raw->from ? *raw->from : 0;
	in->to = raw->to ? *raw->to : UINT64_MAX;
	in->secret = said(raw->secret);
}

static const struct jf_ivr_put *values_take(struct scratch *s, const struct jf_raw_flow_value *raw,
                                            unsigned n)
{
	struct jf_ivr_put *list = keep(s, n, sizeof(*list));

	for (unsigned i = 0; list && i < n; i++)
		list[i] = (struct jf_ivr_put){raw[i].key, raw[i].to ? raw[i].to : raw[i].from,
		                              said(raw[i].secret)};
	return list;
}

static void http_take(struct scratch *s, const struct jf_raw_flow_http *raw,
                      struct jf_ivr_http *http)
{
	struct jf_ivr_header *headers = keep(s, raw->headers_count, sizeof(*headers));

	for (unsigned i = 0; headers && i < raw->headers_count; i++)
		headers[i] = (struct jf_ivr_header){raw->headers[i].name, raw->headers[i].value};
	*http = (struct jf_ivr_http){
	        .method = raw->method ? raw->method : "GET",
	        .url = raw->url,
	        .body = raw->body,
	        .deadline_ms = raw->deadline_ms ? *raw->deadline_ms : DEADLINE_MS,
	        .headers = headers,
	        .n_headers = headers ? raw->headers_count : 0,
	        .takes = values_take(s, raw->take, raw->take_count),
	        .n_takes = raw->take_count,
	};
}

static void queue_take(const struct jf_raw_flow_end *raw, struct jf_ivr_queue *queue)
{
	queue->language = raw->language;
	queue->has_priority = raw->priority != NULL;
	queue->priority = raw->priority ? (int32_t)*raw->priority : 0;
	for (unsigned i = 0; i < raw->requires_count && i < JF_IVR_STEPS_MAX; i++) {
		const struct jf_raw_flow_step *step = &raw->requires[i];

		queue->steps[i].skills = step->skills;
		queue->steps[i].after_ms = step->after_s ? *step->after_s * 1000u : 0;
		queue->n_steps = i + 1;
	}
}

/* Which kind it is; JF_IVR_KIND_COUNT: none, or more than one. */
static enum jf_ivr_kind kind_of(const struct jf_raw_flow_node *raw)
{
	const void *const kinds[JF_IVR_KIND_COUNT] = {
	        [JF_IVR_PLAY] = raw->play,
	        [JF_IVR_SAY] = raw->say,
	        [JF_IVR_MENU] = raw->menu,
	        [JF_IVR_COLLECT] = raw->collect,
	        [JF_IVR_SET] = raw->set,
	        [JF_IVR_BRANCH] = raw->branch,
	        [JF_IVR_CALENDAR] = raw->calendar,
	        [JF_IVR_CALLER] = raw->caller,
	        [JF_IVR_HTTP] = raw->http,
	        [JF_IVR_QUEUE] = raw->queue,
	        [JF_IVR_TRANSFER] = raw->transfer,
	        [JF_IVR_VOICEMAIL] = raw->voicemail,
	        [JF_IVR_CALLBACK] = raw->callback,
	        [JF_IVR_SURVEY] = raw->survey,
	        [JF_IVR_HANGUP] = said(raw->hangup) ? raw->hangup : NULL,
	        [JF_IVR_FLOW] = raw->flow,
	};
	enum jf_ivr_kind kind = JF_IVR_KIND_COUNT;
	unsigned found = 0;

	for (unsigned k = 0; k < JF_IVR_KIND_COUNT; k++) {
		if (kinds[k])
			kind = (enum jf_ivr_kind)k;
		found += kinds[k] != NULL;
	}
	return found == 1 ? kind : JF_IVR_KIND_COUNT;
}

static void target_take(const struct jf_raw_flow_node *raw, struct jf_ivr_node *node)
{
	if (raw->queue)
		queue_take(raw->queue, &node->queue);
	if (raw->queue)
		node->target = raw->queue->name;
	else if (raw->calendar)
		node->target = raw->calendar->name;
	else if (raw->transfer)
		node->target = raw->transfer->to;
	else if (raw->voicemail)
		node->target = raw->voicemail->queue;
	else if (raw->callback)
		node->target = raw->callback->queue;
	else if (raw->survey)
		node->target = raw->survey->name;
	else if (raw->flow)
		node->target = raw->flow->name;
	node->number = raw->callback ? raw->callback->number : NULL;
}

static void node_take(struct scratch *s, const struct jf_raw_flow_node *raw,
                      struct jf_ivr_node *node)
{
	node->name = raw->name;
	node->kind = kind_of(raw);
	if (node->kind == JF_IVR_KIND_COUNT) {
		char field[24];

		snprintf(field, sizeof(field), "nodes[%u]", s->node);
		jf_parse_fail(s->p, s->entry, field,
		              "one of play, say, menu, collect, set, branch, calendar, caller, "
		              "http, queue, transfer, voicemail, callback, survey, flow and "
		              "hangup: true");
		return;
	}
	ways_take(s, raw, node);
	target_take(raw, node);
	if (raw->play) {
		node->says = prompts_take(s, raw->play->prompts, raw->play->prompts_count);
		node->whole = said(raw->play->whole);
	}
	if (raw->say) {
		node->says = items_take(s, raw->say);
		node->whole = said(raw->say->whole);
	}
	if (raw->menu || raw->collect)
		input_take(s, raw->menu ? raw->menu : raw->collect, node);
	if (raw->set) {
		node->puts = values_take(s, raw->set->values, raw->set->values_count);
		node->n_puts = raw->set->values_count;
	}
	if (raw->http)
		http_take(s, raw->http, &node->http);
}

/* ---- Flows ----------------------------------------------------------------------------------- */

static const char *folder_take(struct scratch *s, unsigned place, const char *folder)
{
	const char *base = folder[0] == '/' ? "" : s->p->options->base;
	size_t size = strlen(folder) + (base ? strlen(base) : 0) + 2;
	char *whole = keep(s, size, 1), field[32];

	snprintf(field, sizeof(field), "prompts[%u].folder", place);
	if (!base) {
		jf_parse_fail(s->p, s->entry, field, "\"%s\": an absolute path is needed here",
		              folder);
		return folder;
	}
	if (!whole)
		return folder;
	snprintf(whole, size, "%s%s%s", base, folder[0] == '/' ? "" : "/", folder);
	if (size > SOUND_PATH_SIZE - 8)
		jf_parse_fail(s->p, s->entry, field, "the path is longer than %u characters",
		              SOUND_PATH_SIZE - 9);
	return whole;
}

static void flow_take(struct scratch *s, struct jf_ivr_flow *flow)
{
	const struct jf_raw_flow *raw = s->entry->raw;
	struct jf_ivr_prompts *prompts = keep(s, raw->prompts_count, sizeof(*prompts));
	struct jf_ivr_node *nodes = keep(s, raw->nodes_count, sizeof(*nodes));

	jf_parse_name(s->p, s->entry, "name", raw->name);
	(void)jf_parse_tenant(s->p, s->entry, raw->tenant);
	for (unsigned i = 0; prompts && i < raw->prompts_count; i++)
		prompts[i] = (struct jf_ivr_prompts){raw->prompts[i].language,
		                                     folder_take(s, i, raw->prompts[i].folder)};
	for (s->node = 0; nodes && s->node < raw->nodes_count; s->node++)
		node_take(s, &raw->nodes[s->node], &nodes[s->node]);
	*flow = (struct jf_ivr_flow){
	        .name = raw->name,
	        .tenant = raw->tenant,
	        .start = raw->start,
	        .language = raw->language,
	        .prompts = prompts,
	        .n_prompts = raw->prompts_count,
	        .hosts = (const char *const *)raw->hosts,
	        .n_hosts = raw->hosts_count,
	        .nodes = nodes,
	        .n_nodes = raw->nodes_count,
	};
}

/* ---- Checking -------------------------------------------------------------------------------- */

struct checking {
	struct jf_parse *p;
	const struct jf_parse_entry *entries;
};

static void mistake(const struct jf_ivr_mistake *m, void *arg)
{
	struct checking *c = arg;
	char field[80];

	if (m->node == UINT32_MAX)
		snprintf(field, sizeof(field), "%s", m->field);
	else
		snprintf(field, sizeof(field), "nodes[%u]%s%s", m->node, m->field[0] ? "." : "",
		         m->field);
	jf_parse_fail(c->p, &c->entries[m->flow], field, "%s", m->message);
}

static const char *prompt_check(const struct jf_parse *p, const char *path)
{
	int err = 0;

	if (strlen(path) >= SOUND_PATH_SIZE)
		return "the path is too long";
	if (p->options->sound_check)
		err = p->options->sound_check(path, p->options->arg);
	return err ? strerror(-err) : NULL;
}

/* "agent:1001", "queue:billing", "outside:+3726001000" */
static const char *target_check(const struct jf_parse *p, const char *tenant, const char *target)
{
	const char *name = strchr(target, ':');
	const struct jf_directory_agent *agent;

	if (name && !strncmp(target, "queue:", 6))
		return jf_directory_queue_find(p->directory, tenant, name + 1)
		               ? NULL
		               : "the tenant has no such queue";
	if (name && !strncmp(target, "outside:", 8))
		return jf_parse_is_outside(name + 1) ? NULL : "a number such as +3726001000";
	if (!name || strncmp(target, "agent:", 6) != 0)
		return "agent:, queue: or outside: stands in front";
	agent = jf_directory_agent_find(p->directory, name + 1);
	return agent && !strcmp(agent->tenant, tenant) ? NULL : "the tenant has no such agent";
}

/* As the ACD will compile it. */
static const char *skills_check(struct jf_parse *p, const char *text)
{
	struct jf_acd_skill_error error = {0, ""};
	uint32_t requirement;
	int err = jf_acd_requirement(p->acd, 0, text, &requirement, &error);

	if (err == -ENOMEM)
		p->no_memory = true;
	return err ? error.what : NULL;
}

static const char *check(enum jf_ivr_reference what, const char *tenant, const char *name,
                         void *arg)
{
	struct jf_parse *p = ((struct checking *)arg)->p;

	switch (what) {
	case JF_IVR_REF_PROMPT:
		return prompt_check(p, name);
	case JF_IVR_REF_QUEUE:
		return jf_directory_queue_find(p->directory, tenant, name)
		               ? NULL
		               : "the tenant has no such queue";
	case JF_IVR_REF_CALENDAR:
		return jf_directory_calendar_find(p->directory, tenant, name)
		               ? NULL
		               : "the tenant has no such calendar";
	case JF_IVR_REF_SURVEY:
		return jf_directory_survey_find(p->directory, tenant, name)
		               ? NULL
		               : "the tenant has no such survey";
	case JF_IVR_REF_TARGET:
		return target_check(p, tenant, name);
	case JF_IVR_REF_SKILLS:
		return skills_check(p, name);
	}
	return NULL;
}

void jf_parse_flows(struct jf_parse *p)
{
	size_t count = 0, before = p->errors->count;
	struct jf_parse_entry *entries = flows_collect(p, &count);
	struct scratch s = {.p = p, .kept = calloc(1, sizeof(*s.kept))};
	struct checking checking = {p, entries};
	struct jf_ivr_checks checks = {check, mistake, &checking};
	struct jf_ivr_flow *flows = s.kept ? keep(&s, count, sizeof(*flows)) : NULL;

	if (!entries || !flows)
		p->no_memory = true;
	for (size_t i = 0; i < count && !p->no_memory; i++) {
		s.entry = &entries[i];
		flow_take(&s, &flows[i]);
	}
	/* What is no node can't be looked at further. */
	if (count && !p->no_memory && p->errors->count == before &&
	    jf_ivr_flows_create(flows, count, &checks, &p->directory->flows) == -ENOMEM)
		p->no_memory = true;
	jf_directory_destroy(s.kept);
	free(entries);
}

struct jf_ivr_flows *jf_directory_flows(const struct jf_directory *directory)
{
	return directory ? directory->flows : NULL;
}
