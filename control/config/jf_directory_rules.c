// SPDX-License-Identifier: BSD-3-Clause
/* Of queues: who is chosen, how they wrap up, where callers go who cannot be served. */
#include <stdio.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

#define THRESHOLD_DEFAULT_S 20u
#define TARGET_DEFAULT      80u
#define AGEING_MAX          60000u /* points a minute: one a millisecond */

/* "a, b, c" of the names that a rule can have. */
#define CHOICES 240
static void agents_by_choices(char ret_text[CHOICES])
{
	size_t n = 0;

	for (unsigned int i = 0; i < JF_ACD_AGENTS_BY_COUNT && n < CHOICES; i++)
		n += (size_t)snprintf(ret_text + n, CHOICES - n, "%s%s", i ? "; " : "",
		                      jf_acd_agents_by_name((enum jf_acd_agents_by)i));
}

static void calls_by_choices(char ret_text[CHOICES])
{
	size_t n = 0;

	for (unsigned int i = 0; i < JF_ACD_CALLS_BY_COUNT && n < CHOICES; i++)
		n += (size_t)snprintf(ret_text + n, CHOICES - n, "%s%s", i ? "; " : "",
		                      jf_acd_calls_by_name((enum jf_acd_calls_by)i));
}

static uint32_t number(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                       const uint32_t *value, const uint32_t limits[3])
{
	uint32_t n = value ? *value : limits[2];

	if (n < limits[0] || n > limits[1])
		jf_parse_fail(p, entry, field, "%u: from %u to %u", n, limits[0], limits[1]);
	return n;
}

static void choosing_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          const struct jf_raw_rules *raw, struct jf_directory_rules *rules)
{
	static const uint32_t rings[3] = {1, JF_ACD_RING_MAX, JF_ACD_RING_MAX};
	static const uint32_t cap[3] = {0, JF_ACD_PRIORITY_MAX, 0};
	static const uint32_t age_cap[3] = {0, 86400, 0};
	static const uint32_t ageing[3] = {1, AGEING_MAX, 1};
	char choices[CHOICES];

	if (raw->agents_by && jf_acd_agents_by_parse(raw->agents_by, &rules->agents_by)) {
		agents_by_choices(choices);
		jf_parse_fail(p, entry, "agents_by", "one of: %s", choices);
	}
	if (rules->agents_by == JF_ACD_AGENTS_BY_SIMULTANEOUS)
		rules->ring_at_once = number(p, entry, "ring_at_once", raw->ring_at_once, rings);
	else if (raw->ring_at_once)
		jf_parse_fail(p, entry, "ring_at_once", "goes with \"%s\"",
		              jf_acd_agents_by_name(JF_ACD_AGENTS_BY_SIMULTANEOUS));
	if (raw->calls_by && jf_acd_calls_by_parse(raw->calls_by, &rules->calls_by)) {
		calls_by_choices(choices);
		jf_parse_fail(p, entry, "calls_by", "one of: %s", choices);
	}
	if (raw->ageing)
		rules->ageing = number(p, entry, "ageing", raw->ageing, ageing);
	if (!raw->ageing != (rules->calls_by != JF_ACD_CALLS_BY_AGEING))
		jf_parse_fail(p, entry, raw->ageing ? "ageing" : "calls_by",
		              "\"%s\" and ageing, in points a minute, go together",
		              jf_acd_calls_by_name(JF_ACD_CALLS_BY_AGEING));
	rules->priority_cap = number(p, entry, "priority_cap", raw->priority_cap, cap);
	rules->age_cap_ms = jf_parse_seconds(p, entry, "age_cap_s", raw->age_cap_s, age_cap);
}

static void wrap_up_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                         const struct jf_raw_rules *raw, struct jf_directory_rules *rules)
{
	static const uint32_t extend[3] = {0, 3600, 0};
	const uint32_t *wrap_up_s = ((const struct jf_raw_queue *)entry->raw)->wrap_up_s;

	if (raw->wrap_up && !strcmp(raw->wrap_up, "open"))
		rules->wrap_up_open = true;
	else if (raw->wrap_up && strcmp(raw->wrap_up, "fixed") != 0)
		jf_parse_fail(p, entry, "wrap_up", "fixed or open can stand here");
	rules->wrap_up_extend_ms =
	        jf_parse_seconds(p, entry, "wrap_up_extend_s", raw->wrap_up_extend_s, extend);
	if (rules->wrap_up_open && ((wrap_up_s && *wrap_up_s) || rules->wrap_up_extend_ms))
		jf_parse_fail(p, entry, rules->wrap_up_extend_ms ? "wrap_up_extend_s" : "wrap_up_s",
		              "an open wrap-up has no end of its own");
}

void jf_parse_rules(struct jf_parse *p, const struct jf_parse_entry *entry,
                    struct jf_directory_rules *rules)
{
	static const uint32_t threshold[3] = {1, 3600, THRESHOLD_DEFAULT_S};
	static const uint32_t target[3] = {1, 100, TARGET_DEFAULT};
	static const uint32_t short_abandon[3] = {0, 600, 0};
	static const uint32_t last_agent[3] = {0, 3600, 0};
	const struct jf_raw_queue *queue = entry->raw;
	const struct jf_raw_rules *raw = &queue->rules;
	const struct jf_raw_service_level *level = raw->service_level;
	struct jf_parse_place place = {entry, queue->tenant};

	choosing_fill(p, entry, raw, rules);
	wrap_up_fill(p, entry, raw, rules);
	rules->short_abandon_ms =
	        jf_parse_seconds(p, entry, "short_abandon_s", raw->short_abandon_s, short_abandon);
	rules->last_agent_ms =
	        jf_parse_seconds(p, entry, "last_agent_s", raw->last_agent_s, last_agent);
	rules->threshold_ms = jf_parse_seconds(p, entry, "service_level.threshold_s",
	                                       level ? level->threshold_s : NULL, threshold);
	rules->target =
	        number(p, entry, "service_level.target", level ? level->target : NULL, target);
	rules->n_steps =
	        jf_parse_steps(p, &place, raw->requires, raw->requires_count, &rules->steps);
	if (!raw->calendar)
		return;
	rules->calendar = jf_directory_calendar_find(p->directory, queue->tenant, raw->calendar);
	if (!rules->calendar)
		jf_parse_fail(p, entry, "calendar", "tenant \"%s\" has no calendar \"%s\"",
		              queue->tenant, raw->calendar);
}

/* ---- To other queues: all queues are known by now --------------------------------------------
 */

static const struct jf_directory_queue *other_queue(struct jf_parse *p,
                                                    const struct jf_parse_entry *entry,
                                                    const char *field, const char *name)
{
	const struct jf_raw_queue *raw = entry->raw;
	const struct jf_directory_queue *to =
	        jf_directory_queue_find(p->directory, raw->tenant, name);

	if (!to)
		jf_parse_fail(p, entry, field, "tenant \"%s\" has no queue \"%s\"", raw->tenant,
		              name);
	return to;
}

static void overflow_limit(struct jf_parse *p, const struct jf_parse_entry *entry,
                           const char *field, const struct jf_raw_overflow *raw,
                           struct jf_directory_overflow *ret)
{
	unsigned int said = (raw->after_s != NULL) + (raw->length != NULL) +
	                    (raw->estimated_wait_s != NULL) + (raw->no_agents != NULL);
	const uint32_t *value = raw->after_s ? raw->after_s : raw->estimated_wait_s;

	if (said != 1 || (raw->no_agents && !*raw->no_agents)) {
		jf_parse_fail(p, entry, field,
		              "one of after_s, length, estimated_wait_s, no_agents: true");
		return;
	}
	if ((value && (*value < 1 || *value > 86400)) ||
	    (raw->length && (*raw->length < 1 || *raw->length > 1000000)))
		jf_parse_fail(p, entry, field, "%s",
		              value ? "from 1 second to a day" : "from 1 to 1000000 callers");
	ret->limit = value ? *value % 86401 * 1000 : raw->length ? *raw->length : 0;
	ret->when = raw->after_s            ? JF_ACD_OVERFLOW_BY_WAIT
	            : raw->estimated_wait_s ? JF_ACD_OVERFLOW_BY_ESTIMATE
	            : raw->length           ? JF_ACD_OVERFLOW_BY_LENGTH
	                                    : JF_ACD_OVERFLOW_BY_NOBODY;
}

static void overflow_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_rules *rules)
{
	const struct jf_raw_rules *raw = &((const struct jf_raw_queue *)entry->raw)->rules;
	struct jf_directory_overflow *list = jf_parse_array(p, raw->overflow_count, sizeof(*list));

	for (unsigned i = 0; list && i < raw->overflow_count; i++) {
		char field[32];

		snprintf(field, sizeof(field), "overflow[%u]", i);
		overflow_limit(p, entry, field, &raw->overflow[i], &list[i]);
		snprintf(field, sizeof(field), "overflow[%u].to", i);
		list[i].to = other_queue(p, entry, field, raw->overflow[i].to);
		if (list[i].to)
			rules->n_overflow = (uint8_t)(i + 1);
		else
			break;
	}
	rules->overflow = list;
}

static void closed_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_closed *closed)
{
	const struct jf_raw_closed *raw = ((const struct jf_raw_queue *)entry->raw)->rules.closed;

	if (!raw)
		return;
	closed->prompt = jf_parse_sound(p, entry, "closed.prompt", raw->prompt);
	if (raw->queue)
		closed->queue = other_queue(p, entry, "closed.queue", raw->queue);
	if (raw->forward)
		closed->forward = jf_parse_outside(p, entry, "closed.forward", raw->forward);
	if (raw->queue && raw->forward)
		jf_parse_fail(p, entry, "closed.forward", "another queue or a number, not both");
	if (!raw->waiting || !strcmp(raw->waiting, "serve"))
		closed->waiting = JF_ACD_CLOSING_SERVE;
	else if (!strcmp(raw->waiting, "release"))
		closed->waiting = JF_ACD_CLOSING_RELEASE;
	else if (!strcmp(raw->waiting, "move"))
		closed->waiting = JF_ACD_CLOSING_MOVE;
	else
		jf_parse_fail(p, entry, "closed.waiting", "serve, release or move can stand here");
	if (closed->waiting == JF_ACD_CLOSING_MOVE && !raw->queue)
		jf_parse_fail(p, entry, "closed.waiting", "there is no queue to move to");
}

void jf_parse_rules_links(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_rules *rules)
{
	overflow_fill(p, entry, rules);
	closed_fill(p, entry, &rules->closed);
}

/* ---- Circles --------------------------------------------------------------------------------- */

/* On the way along overflow from a queue: which one, and how many of its rules were gone along. */
struct stop {
	uint32_t queue, rule;
};

enum { UNSEEN, ON_THE_WAY, DONE };

/* Goes along every overflow once; a queue that is met on its own way is told. */
static void overflow_circles(struct jf_parse *p, const struct jf_parse_entry *entries,
                             uint8_t *seen, struct stop *way)
{
	struct jf_directory *d = p->directory;

	for (uint32_t i = 0; i < d->n_queues; i++) {
		uint32_t n = 0;

		if (seen[i] != UNSEEN)
			continue;
		way[n++] = (struct stop){i, 0};
		seen[i] = ON_THE_WAY;
		while (n) {
			struct stop *at = &way[n - 1];
			const struct jf_directory_rules *rules = &d->queues[at->queue].rules;
			uint32_t to;

			if (at->rule == rules->n_overflow) {
				seen[at->queue] = DONE;
				n--;
				continue;
			}
			to = (uint32_t)(rules->overflow[at->rule++].to - d->queues);
			if (seen[to] == ON_THE_WAY)
				jf_parse_fail(p, &entries[at->queue], "overflow",
				              "\"%s\" overflows to this queue: a circle",
				              d->queues[to].name);
			if (seen[to] != UNSEEN)
				continue;
			seen[to] = ON_THE_WAY;
			way[n++] = (struct stop){to, 0};
		}
	}
}

static void closed_circles(struct jf_parse *p, const struct jf_parse_entry *entries, uint8_t *seen)
{
	struct jf_directory *d = p->directory;

	memset(seen, UNSEEN, d->n_queues);
	for (size_t i = 0; i < d->n_queues; i++) {
		const struct jf_directory_queue *q;

		for (q = &d->queues[i]; q && seen[q - d->queues] == UNSEEN;
		     q = q->rules.closed.queue)
			seen[q - d->queues] = ON_THE_WAY;
		if (q && seen[q - d->queues] == ON_THE_WAY)
			jf_parse_fail(p, &entries[q - d->queues], "closed.queue",
			              "closed queues send callers in a circle");
		for (q = &d->queues[i]; q && seen[q - d->queues] == ON_THE_WAY;
		     q = q->rules.closed.queue)
			seen[q - d->queues] = DONE;
	}
}

void jf_parse_circles(struct jf_parse *p, const struct jf_parse_entry *entries)
{
	size_t n = p->directory->n_queues;
	uint8_t *seen = calloc(n + 1, sizeof(*seen));
	struct stop *way = calloc(n + 1, sizeof(*way));

	if (seen && way) {
		overflow_circles(p, entries, seen, way);
		closed_circles(p, entries, seen);
	} else {
		p->no_memory = true;
	}
	free(seen);
	free(way);
}
