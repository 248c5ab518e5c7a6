// SPDX-License-Identifier: BSD-3-Clause
/* The sections "queues" and "numbers". */
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

#define RING_TIMEOUT_DEFAULT_S 15u

JF_PARSE_COLLECT(queues, raw->tenant, raw->name, "name")
JF_PARSE_COLLECT(numbers, jf_directory_digits(raw->number), "", "number")

static void queue_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_queue *queue)
{
	static const uint32_t ring[3] = {1, 300, RING_TIMEOUT_DEFAULT_S};
	static const uint32_t wrap_up[3] = {0, 3600, 0};
	static const uint32_t max_wait[3] = {0, 86400, 0};
	const struct jf_raw_queue *raw = entry->raw;

	jf_parse_name(p, entry, "name", raw->name);
	queue->name = jf_parse_keep(p, raw->name);
	queue->tenant = jf_parse_tenant(p, entry, raw->tenant);
	jf_parse_queue_teams(p, entry, queue);
	queue->greeting = jf_parse_sound(p, entry, "greeting", raw->greeting);
	queue->music = jf_parse_sound(p, entry, "music", raw->music);
	if (raw->ringback && *raw->ringback == (raw->music != NULL))
		jf_parse_fail(p, entry, "ringback", "either music or the ringing tone, not %s",
		              raw->music ? "both" : "neither");
	queue->ring_timeout_ms =
	        jf_parse_seconds(p, entry, "ring_timeout_s", raw->ring_timeout_s, ring);
	queue->wrap_up_ms = jf_parse_seconds(p, entry, "wrap_up_s", raw->wrap_up_s, wrap_up);
	queue->max_wait_ms = jf_parse_seconds(p, entry, "max_wait_s", raw->max_wait_s, max_wait);
	queue->treatment = jf_parse_treatment(p, entry, queue);
	jf_parse_rules(p, entry, &queue->rules);
}

JF_PARSE_FILL(queues, queue_fill)

void jf_parse_queues(struct jf_parse *p)
{
	struct jf_parse_entry *entries = queues_fill(p);
	struct jf_directory *d = p->directory;

	for (size_t i = 0; i < d->n_queues && !p->no_memory; i++)
		jf_parse_rules_links(p, &entries[i], &d->queues[i].rules);
	if (!p->no_memory)
		jf_parse_circles(p, entries);
	if (!p->no_memory)
		jf_parse_team_queues(p);
	free(entries);
}

static void number_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_number *number)
{
	const struct jf_raw_number *raw = entry->raw;
	struct jf_parse_place place = {entry, raw->tenant};
	const char *digits = jf_directory_digits(raw->number);
	size_t length = strlen(digits);

	if (length < 2 || length > 15 || strspn(digits, "0123456789") != length)
		jf_parse_fail(p, entry, "number",
		              "\"%s\": 2 to 15 digits, with or without + in front", raw->number);
	number->tenant = jf_parse_tenant(p, entry, raw->tenant);
	number->number = jf_parse_keep(p, raw->number);
	jf_parse_wants(p, &place, &raw->wants, &number->wants);
	if (!!raw->queue + !!raw->forward + !!raw->flow != 1) {
		jf_parse_fail(p, entry, NULL, "either a queue, a flow or forward is needed");
		return;
	}
	if (raw->forward) {
		number->forward = jf_parse_outside(p, entry, "forward", raw->forward);
		return;
	}
	if (raw->flow) {
		number->flow = jf_ivr_flow_find(p->directory->flows, raw->tenant, raw->flow);
		/* Flows with mistakes are told by themselves. */
		if (!number->flow && (p->directory->flows || !jf_parse_failed(p)))
			jf_parse_fail(p, entry, "flow", "tenant \"%s\" has no flow \"%s\"",
			              raw->tenant, raw->flow);
		return;
	}
	number->queue = jf_directory_queue_find(p->directory, raw->tenant, raw->queue);
	if (!number->queue)
		jf_parse_fail(p, entry, "queue", "tenant \"%s\" has no queue \"%s\"", raw->tenant,
		              raw->queue);
}

JF_PARSE_KIND(numbers, number_fill)
