// SPDX-License-Identifier: BSD-3-Clause
/* When an interval is over: what agents still do is counted up to its end, then the figures of each
 * queue, team, flow and tenant are told. A slice of them in each turn of the loop. */
#include <stdio.h>
#include <string.h>

#include "jf_kpis_priv.h"

#define SLICE    256u /* buckets */
#define SLICE_MS 5u

static void tell(struct jf_kpis *kpis, const struct jf_kpis_subject *s)
{
	const char *tenant = s->key + 2, *name = strchr(tenant, '/') + 1;
	json_t *json;

	for (unsigned int i = 0; i < JF_KPIS_CELLS; i++) {
		if (s->cells[i].number != kpis->walk_number)
			continue;
		json = jf_kpis_figures(s->kind, &s->cells[i].sums);
		json_object_set_new(json, "tenant",
		                    json_stringn(tenant, (size_t)(name - 1 - tenant)));
		if (jf_kpis_kinds[s->kind].word)
			json_object_set_new(json, jf_kpis_kinds[s->kind].word,
			                    json_stringn(name, strlen(name) - 1));
		json_object_set_new(
		        json, "from_s",
		        json_integer((json_int_t)(kpis->walk_number * JF_KPIS_INTERVAL_S)));
		json_object_set_new(json, "length_s", json_integer(JF_KPIS_INTERVAL_S));
		jf_bus_publish(kpis->bus, jf_kpis_kinds[s->kind].topic, json);
	}
}

/* Two rounds over all: agents, then those whose intervals are told. */
static void walk(void *arg)
{
	struct jf_kpis *kpis = arg;
	uint64_t end_utc_ns = (kpis->walk_number + 1) * JF_KPIS_INTERVAL_NS;
	bool agents = kpis->walk_at < JF_KPIS_BUCKETS;

	for (uint32_t i = 0; i < SLICE; i++, kpis->walk_at++) {
		struct jf_kpis_subject *s = kpis->buckets[kpis->walk_at % JF_KPIS_BUCKETS];

		for (; s; s = s->next) {
			if (agents && s->kind == JF_KPIS_AGENT)
				jf_kpis_spend(kpis, s, end_utc_ns);
			else if (!agents && jf_kpis_kinds[s->kind].topic && !jf_bus_skip(kpis->bus))
				tell(kpis, s);
		}
	}
	if (kpis->walk_at < 2 * JF_KPIS_BUCKETS)
		jf_loop_timer_start(&kpis->walk_timer, SLICE_MS, walk, kpis);
	else
		jf_kpis_walk_arm(kpis);
}

static void over(void *arg)
{
	struct jf_kpis *kpis = arg;

	/* Fired a little early, or the clock was set: not over yet. */
	if (jf_kpis_utc_ns() < (kpis->walk_number + 1) * JF_KPIS_INTERVAL_NS) {
		jf_kpis_walk_arm(kpis);
		return;
	}
	kpis->walk_at = 0;
	walk(kpis);
}

void jf_kpis_walk_arm(struct jf_kpis *kpis)
{
	uint64_t now_ns = jf_kpis_utc_ns(), end_ns;

	kpis->walk_number = now_ns / JF_KPIS_INTERVAL_NS;
	end_ns = (kpis->walk_number + 1) * JF_KPIS_INTERVAL_NS;
	jf_loop_timer_start(&kpis->walk_timer, (end_ns - now_ns) / JF_NS_PER_MS + 1, over, kpis);
}
