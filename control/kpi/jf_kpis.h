/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interval accounts: what is counted of each queue, agent, team, flow and tenant (jf_kpi.h), in
 * intervals of UTC, kept in the store. An interval's row is written soon after it changed and taken
 * up again after a restart, so that nothing is lost with the process or counted twice.
 *
 * A call's figures land where it ends; the time of an agent's state is split at the boundaries, and
 * goes to the agent's account, to that of the team it is in at that time, and to that of the queue
 * whose call it had; time ready goes to every queue that it serves. Each queue's and team's
 * interval is told on the bus when it is over (queue.interval, team.interval).
 *
 * Times are of the wall clock, in nanoseconds. Loop's thread.
 */
#ifndef JF_KPIS_H
#define JF_KPIS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "jf_acd.h"
#include "jf_kpi.h"

struct jf_bus;
struct jf_store;
struct jf_kpis;

#define JF_KPIS_INTERVAL_S 900u

enum jf_kpis_kind {
	JF_KPIS_QUEUE,
	JF_KPIS_AGENT,
	JF_KPIS_TEAM,
	JF_KPIS_FLOW,   /* callers whose number leads into it, until they leave it */
	JF_KPIS_TENANT, /* all of its callers, until they come into a queue; its name is "" */
	JF_KPIS_KIND_COUNT,
};

/* Of whom. */
struct jf_kpis_name {
	enum jf_kpis_kind kind;
	const char *tenant, *name;
};

/* bus may be NULL. 0 or -ENOMEM. */
int jf_kpis_create(struct jf_store *store, struct jf_bus *bus, struct jf_kpis **ret_kpis);

/* Stores what is left, and stops timers. */
void jf_kpis_stop(struct jf_kpis *kpis, uint64_t utc_ns);
void jf_kpis_destroy(struct jf_kpis *kpis); /* may be NULL */

/* A caller left a queue. threshold_ns: of its service level. */
void jf_kpis_call(struct jf_kpis *kpis, const struct jf_kpis_name *queue, enum jf_kpi_end end,
                  uint64_t entered_utc_ns, uint64_t left_utc_ns, uint64_t threshold_ns);

/* What an agent does from now on. queue: of its call, NULL: none, or one of no queue. serves: the
 * queues that it is in. Told anew when its team or its queues change. */
struct jf_kpis_doing {
	enum jf_agent_state state;
	const char *queue;
	const char *team; /* NULL: in none */
	const char *const *serves;
	uint32_t n_serves;
	/* After a restart: it has done so since then; what a process before this one counted of
	 * that is not counted again. 0: from now on. */
	uint64_t since_utc_ns;
};
void jf_kpis_agent(struct jf_kpis *kpis, const struct jf_kpis_name *agent,
                   const struct jf_kpis_doing *doing, uint64_t utc_ns);

/* The agent's segment with a caller was passed on. queue may be NULL. */
void jf_kpis_transferred(struct jf_kpis *kpis, const struct jf_kpis_name *agent, const char *queue,
                         uint64_t utc_ns);

/* How a caller left what comes before any queue: for its tenant, and its flow if it had one (NULL,
 * "": none). */
void jf_kpis_left_intake(struct jf_kpis *kpis, const char *tenant, const char *flow,
                         enum jf_kpi_way way, uint64_t utc_ns);

/* More of something. */
void jf_kpis_add(struct jf_kpis *kpis, const struct jf_kpis_name *name,
                 const struct jf_kpi_sums *more, uint64_t utc_ns);

/* A tenant's day began then; until it is told, days are of UTC. */
void jf_kpis_day(struct jf_kpis *kpis, const char *tenant, uint64_t begin_utc_ns);

/* Its sums since its tenant's day began; all zero when there are none. */
void jf_kpis_today(struct jf_kpis *kpis, const struct jf_kpis_name *name, uint64_t utc_ns,
                   struct jf_kpi_sums *ret_sums);

/*
 * What is made of sums, as one object. Of queues: {"offered", "answered", "abandoned" (of them
 * "abandoned_queue" and "abandoned_ringing"), "short_abandoned", "overflowed", "callbacks",
 * "voicemails", "released", "sl_ignored", "sl_against", "sl_for" (service level in percent,
 * abandons ignored, counted against, counted for), "asa_ms", "wait_ms", "abandon_rate"}; of queues,
 * agents and teams: {"handled", "transferred_out", "aht_ms", "acw_ms", "occupancy", "transfer_rate"
 * (in percent), "surveys", "surveys_answered", "csat", "nps" (in percent), "ces"}; of flows and
 * tenants, whose sums are of what comes before any queue: {"arrived", which is the sum of
 * "contained", "abandoned_ivr", "abandoned_ringing", "queued", "transferred", "callbacks",
 * "voicemails" and "released"; "containment_rate", "intake_abandon_rate" (in percent)}. What there
 * is nothing to divide by for is null.
 */
json_t *jf_kpis_figures(enum jf_kpis_kind kind, const struct jf_kpi_sums *sums);

/* Adds the figures to an object. */
void jf_kpis_figures_add(json_t *json, enum jf_kpis_kind kind, const struct jf_kpi_sums *sums);

/*
 * Intervals that begin from from_s and before to_s, oldest first, of length_s (a multiple of
 * JF_KPIS_INTERVAL_S), at most limit: [{"from_utc", "to_utc", "sums": {...}, figures ...}]. Those
 * in which nothing was counted are left out.
 */
struct jf_kpis_span {
	int64_t from_s, to_s;
	uint32_t length_s, limit;
};
json_t *jf_kpis_intervals(struct jf_kpis *kpis, const struct jf_kpis_name *name,
                          const struct jf_kpis_span *span);

#endif
