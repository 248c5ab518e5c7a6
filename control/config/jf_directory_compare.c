// SPDX-License-Identifier: BSD-3-Clause
/* Both sides are sorted alike, so each kind is one walk along both. */
#include "jf_directory_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collector {
	struct jf_directory_diff *diff;
	size_t room;
	bool no_memory;
};

/* How one kind is walked. */
struct kind {
	const char *name;
	size_t size;
	int (*compare)(const void *a, const void *b);
	void (*label)(const void *item, char *ret_name, size_t size);
	void (*fields)(const void *a, const void *b, char *ret_fields, size_t size);
};

static struct jf_directory_change *change_add(struct collector *c)
{
	struct jf_directory_diff *grown = c->diff;

	if (!grown || grown->count == c->room) {
		size_t room = c->room ? c->room * 2 : 16;
		size_t count = grown ? grown->count : 0;

		grown = realloc(c->diff, sizeof(*grown) + room * sizeof(grown->list[0]));
		if (!grown) {
			c->no_memory = true;
			return NULL;
		}
		grown->count = count;
		c->diff = grown;
		c->room = room;
	}
	grown->list[grown->count] = (struct jf_directory_change){0};
	return &grown->list[grown->count++];
}

static void note(struct collector *c, const struct kind *kind, enum jf_directory_change_type type,
                 const void *item, const char *fields)
{
	struct jf_directory_change *change = change_add(c);

	if (!change)
		return;
	change->type = type;
	change->kind = kind->name;
	kind->label(item, change->name, sizeof(change->name));
	snprintf(change->fields, sizeof(change->fields), "%s", fields);
}

static void walk(struct collector *c, const struct kind *kind, const void *before, size_t n_before,
                 const void *after, size_t n_after)
{
	const char *a = before;
	const char *b = after;
	size_t i = 0, k = 0;

	while ((i < n_before || k < n_after) && !c->no_memory) {
		const void *old = a + i * kind->size;
		const void *new = b + k * kind->size;
		char fields[120] = "";
		int order;

		if (i == n_before)
			order = 1;
		else if (k == n_after)
			order = -1;
		else
			order = kind->compare(old, new);
		if (order < 0) {
			note(c, kind, JF_DIRECTORY_REMOVED, old, "");
		} else if (order > 0) {
			note(c, kind, JF_DIRECTORY_ADDED, new, "");
		} else {
			kind->fields(old, new, fields, sizeof(fields));
			if (fields[0])
				note(c, kind, JF_DIRECTORY_CHANGED, new, fields);
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static void field_add(char *fields, size_t size, bool differs, const char *name)
{
	size_t length = strlen(fields);

	if (differs)
		snprintf(fields + length, size - length, "%s%s", length ? ", " : "", name);
}

static bool texts_differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

/* What a function of jf_directory_acd_compare.c says of two. */
#define FIELDS_ADD(differ, a, b)                                                                   \
	do {                                                                                       \
		const char *names_[JF_DIRECTORY_ACD_FIELDS];                                       \
		unsigned count_ = differ(a, b, names_);                                            \
                                                                                                   \
		for (unsigned i_ = 0; i_ < count_; i_++)                                           \
			field_add(ret_fields, size, true, names_[i_]);                             \
	} while (0)

/* Tenants, trunks and agents begin with their name. */
static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void name_label(const void *item, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "%s", *(const char *const *)item);
}

static void named_label(const void *item, char *ret_name, size_t size)
{
	const struct jf_directory_named *named = item;

	snprintf(ret_name, size, "%s/%s", named->tenant, named->name);
}

static void media_fields(const struct jf_directory_media *a, const struct jf_directory_media *b,
                         char *ret_fields, size_t size)
{
	unsigned differ = jf_directory_media_differ(a, b);

	field_add(ret_fields, size, differ & JF_DIRECTORY_HAS_SRTP, "srtp");
	field_add(ret_fields, size, differ & JF_DIRECTORY_HAS_CODECS, "codecs");
	field_add(ret_fields, size, differ & JF_DIRECTORY_HAS_NAT, "nat");
	field_add(ret_fields, size, differ & JF_DIRECTORY_HAS_DIGITS, "digits");
	field_add(ret_fields, size, differ & JF_DIRECTORY_HAS_VIDEO, "video");
}

static void tenant_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	const struct jf_directory_tenant *x = a;
	const struct jf_directory_tenant *y = b;

	field_add(ret_fields, size, jf_directory_caps_differ(&x->outgoing.caps, &y->outgoing.caps),
	          "caps");
	field_add(ret_fields, size,
	          x->outgoing.permitted != y->outgoing.permitted ||
	                  texts_differ(x->outgoing.caller, y->outgoing.caller) ||
	                  jf_directory_plan_differ(&x->outgoing.numbers, &y->outgoing.numbers),
	          "outgoing");
	FIELDS_ADD(jf_directory_desk_differ, &x->desk, &y->desk);
	field_add(ret_fields, size, x->record_consult != y->record_consult, "record_consult");
	media_fields(&x->media, &y->media, ret_fields, size);
}

static void trunk_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	const struct jf_directory_trunk *x = a;
	const struct jf_directory_trunk *y = b;
	const char *names[JF_DIRECTORY_OUTGOING_FIELDS];
	unsigned count;

	field_add(ret_fields, size, texts_differ(x->tenant, y->tenant), "tenant");
	field_add(ret_fields, size,
	          x->n_networks != y->n_networks ||
	                  memcmp(x->networks, y->networks, x->n_networks * sizeof(x->networks[0])),
	          "addresses");
	count = jf_directory_outgoing_differ(&x->out, &y->out, names);
	for (unsigned i = 0; i < count; i++)
		field_add(ret_fields, size, true, names[i]);
	media_fields(&x->media, &y->media, ret_fields, size);
}

static void survey_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	field_add(ret_fields, size, jf_directory_survey_differ(a, b), "questions");
}

/* Its name is all that it is: who is in it, and what it serves, they say. */
static void team_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	(void)a;
	(void)b;
	(void)ret_fields;
	(void)size;
}

static bool teams_differ(const struct jf_directory_queue *x, const struct jf_directory_queue *y)
{
	if (x->n_teams != y->n_teams)
		return true;
	for (size_t i = 0; i < x->n_teams; i++)
		if (strcmp(x->teams[i]->name, y->teams[i]->name) != 0)
			return true;
	return false;
}

static void queue_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	const struct jf_directory_queue *x = a;
	const struct jf_directory_queue *y = b;
	const char *names[JF_DIRECTORY_TREATMENT_FIELDS];
	unsigned count;

	field_add(ret_fields, size, teams_differ(x, y), "teams");
	field_add(ret_fields, size, texts_differ(x->greeting, y->greeting), "greeting");
	field_add(ret_fields, size, texts_differ(x->music, y->music),
	          x->music && y->music ? "music" : "music, ringback");
	field_add(ret_fields, size, x->ring_timeout_ms != y->ring_timeout_ms, "ring_timeout_s");
	field_add(ret_fields, size, x->wrap_up_ms != y->wrap_up_ms, "wrap_up_s");
	field_add(ret_fields, size, x->max_wait_ms != y->max_wait_ms, "max_wait_s");
	count = jf_directory_treatment_differ(x->treatment, y->treatment, names);
	for (unsigned i = 0; i < count; i++)
		field_add(ret_fields, size, true, names[i]);
	FIELDS_ADD(jf_directory_rules_differ, &x->rules, &y->rules);
}

static bool memberships_differ(const struct jf_directory_agent *x,
                               const struct jf_directory_agent *y)
{
	if (x->n_own_queues != y->n_own_queues)
		return true;
	for (size_t i = 0; i < x->n_own_queues; i++) {
		if (strcmp(x->queues[i]->name, y->queues[i]->name) != 0)
			return true;
	}
	return false;
}

static void agent_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	const struct jf_directory_agent *x = a;
	const struct jf_directory_agent *y = b;

	field_add(ret_fields, size, texts_differ(x->tenant, y->tenant), "tenant");
	field_add(ret_fields, size, texts_differ(x->name, y->name), "name");
	field_add(ret_fields, size,
	          strcmp(x->ha1, y->ha1) != 0 || strcmp(x->ha1_sha256, y->ha1_sha256) != 0,
	          "password");
	field_add(ret_fields, size, x->digest != y->digest, "digest");
	field_add(ret_fields, size,
	          texts_differ(x->team ? x->team->name : NULL, y->team ? y->team->name : NULL),
	          "team");
	field_add(ret_fields, size, memberships_differ(x, y), "queues");
	field_add(ret_fields, size, x->auto_ready != y->auto_ready, "auto_ready");
	FIELDS_ADD(jf_directory_abilities_differ, &x->abilities, &y->abilities);
	media_fields(&x->media, &y->media, ret_fields, size);
}

static int number_compare(const void *a, const void *b)
{
	const struct jf_directory_number *x = a;
	const struct jf_directory_number *y = b;

	return strcmp(jf_directory_digits(x->number), jf_directory_digits(y->number));
}

static void number_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	const struct jf_directory_number *x = a;
	const struct jf_directory_number *y = b;

	field_add(ret_fields, size, texts_differ(x->number, y->number), "number");
	field_add(ret_fields, size, texts_differ(x->tenant, y->tenant), "tenant");
	field_add(ret_fields, size,
	          texts_differ(x->queue ? x->queue->name : NULL, y->queue ? y->queue->name : NULL),
	          "queue");
	field_add(ret_fields, size,
	          texts_differ(x->flow ? x->flow->name : NULL, y->flow ? y->flow->name : NULL),
	          "flow");
	field_add(ret_fields, size, texts_differ(x->forward, y->forward), "forward");
	FIELDS_ADD(jf_directory_wants_differ, &x->wants, &y->wants);
}

static void calendar_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	FIELDS_ADD(jf_directory_calendar_differ, a, b);
}

static int caller_compare(const void *a, const void *b)
{
	const struct jf_directory_caller *x = a;
	const struct jf_directory_caller *y = b;
	int order = strcmp(x->tenant, y->tenant);

	return order ? order
	             : strcmp(jf_directory_digits(x->number), jf_directory_digits(y->number));
}

static void caller_label(const void *item, char *ret_name, size_t size)
{
	const struct jf_directory_caller *caller = item;

	snprintf(ret_name, size, "%s/%s", caller->tenant, caller->number);
}

static void caller_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	FIELDS_ADD(jf_directory_caller_differ, a, b);
}

static void flow_fields(const void *a, const void *b, char *ret_fields, size_t size)
{
	jf_directory_flow_differ(a, b, ret_fields, size);
}

static const struct jf_ivr_flow *flows_of(const struct jf_directory *directory)
{
	return jf_ivr_flows_count(directory->flows) ? jf_ivr_flows_at(directory->flows, 0) : NULL;
}

int jf_directory_compare(const struct jf_directory *before, const struct jf_directory *after,
                         struct jf_directory_diff **ret_diff)
{
	static const struct jf_directory nothing;
	const struct jf_directory *a = before ? before : &nothing;
	struct collector c = {0};

#define KIND(text, item, label, compare, fields)                                                   \
	&(const struct kind){text, sizeof(item), compare, label, fields}
	walk(&c, KIND("tenant", a->tenants[0], name_label, name_compare, tenant_fields), a->tenants,
	     a->n_tenants, after->tenants, after->n_tenants);
	walk(&c, KIND("trunk", a->trunks[0], name_label, name_compare, trunk_fields), a->trunks,
	     a->n_trunks, after->trunks, after->n_trunks);
	walk(&c,
	     KIND("survey", a->surveys[0], named_label, jf_directory_named_compare, survey_fields),
	     a->surveys, a->n_surveys, after->surveys, after->n_surveys);
	walk(&c, KIND("team", a->teams[0], named_label, jf_directory_named_compare, team_fields),
	     a->teams, a->n_teams, after->teams, after->n_teams);
	walk(&c, KIND("queue", a->queues[0], named_label, jf_directory_named_compare, queue_fields),
	     a->queues, a->n_queues, after->queues, after->n_queues);
	walk(&c, KIND("agent", a->agents[0], name_label, name_compare, agent_fields), a->agents,
	     a->n_agents, after->agents, after->n_agents);
	walk(&c, KIND("flow", *flows_of(a), named_label, jf_directory_named_compare, flow_fields),
	     flows_of(a), jf_ivr_flows_count(a->flows), flows_of(after),
	     jf_ivr_flows_count(after->flows));
	walk(&c, KIND("number", a->numbers[0], name_label, number_compare, number_fields),
	     a->numbers, a->n_numbers, after->numbers, after->n_numbers);
	walk(&c,
	     KIND("calendar", a->calendars[0], named_label, jf_directory_named_compare,
	          calendar_fields),
	     a->calendars, a->n_calendars, after->calendars, after->n_calendars);
	walk(&c, KIND("caller", a->callers[0], caller_label, caller_compare, caller_fields),
	     a->callers, a->n_callers, after->callers, after->n_callers);
#undef KIND
	if (!c.diff && !c.no_memory) {
		c.diff = calloc(1, sizeof(*c.diff));
		c.no_memory = !c.diff;
	}
	if (c.no_memory) {
		free(c.diff);
		return -ENOMEM;
	}
	*ret_diff = c.diff;
	return 0;
}
