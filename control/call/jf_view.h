/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the call layer shows of itself, as JSON values for the command socket. The caller owns what
 * it gets; NULL only when memory ran out or where said. Times are "..._utc" texts (RFC 3339, UTC,
 * milliseconds) and durations "..._ms" integers. Loop's thread.
 *
 *   status  {"node", "version", "uptime_ms", "calls": {"now", "offered", "answered", "ended",
 *           "failed", "refused"}, "queues", "agents": {state: count}, "dataplane": {"attached"}}
 *           "failed" counts calls that ended by a fault of ours, "refused" those that got a 4xx
 *           or 5xx at the door
 *   calls   [{"id", "state", "tenant", "number", "caller", "queue", "agent", "age_ms", "wait_ms",
 *           "talk_ms"}]
 *   call    one of them with everything: legs, endpoints, decisions with their reasons, agents
 *           tried, segments, the third party ("target"), digits, recording, speech
 *   queues  [{"name", "tenant", "waiting", "ringing", "talking", "oldest_ms", "members",
 *           "agents": {state: count}, "offered", "answered", "abandoned_queue", ..., "door": "open"
 *           or why it is not, "today": figures since the tenant's midnight (jf_kpis.h)}]
 *   teams   [{"name", "tenant", "members", "logged_in", "talking" (or held, consulting,
 * conferring), "agents": {state: count}, "today": figures of its agents (jf_kpis.h)}] agents
 * [{"id", "tenant", "team", "state", "reason", "actor", "since_ms", "pending", "queues", "call",
 *           "registered", "contacts", "answered", "rona", ...}]
 *           since_ms is null for an agent who has not logged in since it was made
 *   trunks  [{"name", "tenant", "state": "up" | "doubted" | "down" | "unknown" | "incoming only",
 *           "since_ms", "in", "out" (calls now), "caps": {"calls", "calls_per_s",
 *           "minutes_per_day"}, "minutes_today", "registration", "expires_ms", "round_trip_ms",
 *           "error", "error_age_ms", "priority", "weight"}]; one alone has "destinations" too
 */
/*
 * The contact record, as it stands in the store (table RECORDS) and comes with call.ended. A member
 * that does not apply is null or left out.
 *
 *   {"call", "node", "tenant", "trunk", "number", "caller", "caller_name", "queue", "agent", "team"
 *    (which the agent is in, then),
 *    "caller_withheld" (the caller is for the record only), "diverted_by",
 *    "outside": {"number", "trunk", "answered", "attempts": [{"trunk", "to", "at_utc", "outcome",
 *                "sip_code", "ms"}], "passed_over": [{"trunk", "why"}]} (of a forwarded call),
 *    "abandoned_in": "ivr" (before any queue) | "queue" | "ringing": where the caller hung up,
 *    "outcome": "answered" | "abandoned" | "released" | "failed" | "callback" (left its number) |
 *               "voicemail" (left a message); of calls made for those: "unreached", "delivered",
 *    "voicemail": {"kept", "talk_ms", "ended": "key" | "silence" | "full" | "hung up"},
 *    "callback": of a customer called back: as `jf callbacks` shows it, with "gross_wait_ms" (since
 *                it first came into the queue) and "net_wait_ms" (on the line); "delivers": the
 *                message that an agent heard,
 *    "survey": {"name", "complete", "answers": [{"kind", "answer"}]},
 *    "arrived_utc", "answered_utc" (by us), "queued_utc", "agent_ringing_utc",
 *    "agent_answered_utc", "ended_utc", "duration_ms", "wait_ms", "ring_ms", "talk_ms", "hold_ms",
 *    "end": {"by": "caller" | "agent" | "engine", "reason", "sip_code"},
 *    "parties": {"caller": {"codec", "srtp" (suite or "none"), "signalling": "udp" | "tcp" | "tls",
 *                "masked", "masked_digits" (how many were)}, "agent": {...}},
 *    "wants": what it asked of its queue, as in jf_call_wants.h, when it asked for something,
 *    "overflows": [{"from", "to", "at_utc"}], from queue to queue,
 *    "placed_by": the agent whose own call it was,
 *    "segments": [{"agent", "team", "came": "queue" | "transfer" | "conference" | "colleague" (who
 * called it), "from_utc", "to_utc", "talk_ms", "hold_ms", "consult_ms", "conference_ms", "went":
 * "ended" | "transferred" | "left" | "vanished", "speech": as below}], each agent's part with the
 * caller; its times don't overlap: hold is while the agent waits with the caller (also for a
 * transfer's target), consult while it speaks with the third party or has it called "decisions":
 * [{"at_utc", "situation", "rule", "agent", "waited_ms", "idle_ms", "waiting", "candidates",
 * "members": {state: count}, "passed_over": [agents], "text"}], "attempts": [{"agent", "at_utc",
 * "outcome", "sip_code", "ring_ms", "talk_ms", "as": "transfer" | "consult"}], "digits": [{"digit",
 * "side", "at_ms"}] (but not of keys pressed in a flow), "flow": {"path": [{"flow", "node", "kind",
 * "at_ms", "ms", "way", "input" ("****" where the node is secret), "silences", "invalids"}]}, the
 * nodes that the caller came through; while it is in one also "name", "node" and "language",
 * "recording": {"path", "started_utc", "duration_ms", "state" (of a deleted message "deleted", and
 * "deleted_utc"), "error", "lost": {"caller",
 * "agent"}, "late": {"caller", "agent"} (packets), "right":
 * [{"agent", "from_ms"}]}, whose voice the right channel has, from when "streams": {"caller":
 * {"packets", "octets", "lost", "loss" (0 .. 1), "duplicates", "reordered", "jitter_ms", "sent"},
 * "agent": {...}}, "speech": {"duration_ms", "silence_ms", "overtalk_ms", "dead_air_ms",
 * "dead_airs", "missed_ms", "caller": {"talk_ms", "talk_share", "turns", "interruptions",
 *               "longest_ms", "response_ms", "one_way"}, "agent": {...}}}
 */
#ifndef JF_VIEW_H
#define JF_VIEW_H

#include <jansson.h>

#include "jf_call.h"
#include "jf_call_id.h"

json_t *jf_view_status(const struct jf_calls *calls);

/* At most limit calls that arrived after *after (NULL: from the oldest); oldest first. ret_more
 * (may be NULL): there are more behind the last one. */
json_t *jf_view_calls(const struct jf_calls *calls, const struct jf_call_id *after, uint32_t limit,
                      bool *ret_more);

/* NULL also when no live call has that id: its record may be in the store. */
json_t *jf_view_call(const struct jf_calls *calls, const struct jf_call_id *id);

/*
 * Live calls whose id begins with prefix (case is ignored), at most room ids written. How many
 * there are.
 */
uint32_t jf_view_calls_match(const struct jf_calls *calls, const char *prefix,
                             struct jf_call_id *ret_ids, uint32_t room);

/* Names are unique within their tenant. Valid until the directory changes. */
struct jf_view_name {
	const char *tenant, *name;
};

json_t *jf_view_queues(const struct jf_calls *calls);
json_t *jf_view_teams(const struct jf_calls *calls);
/* A page: so many from *cursor on, which then stands where the next one begins; 0: the first, and
 * that there is no next one. team: only those who are in it; NULL: all. */
json_t *jf_view_agents(const struct jf_calls *calls, const struct jf_view_name *team,
                       uint32_t *cursor, uint32_t limit);

/* One name after the other, from cursor 0 on; false: no more. */
bool jf_view_queue_name(const struct jf_calls *calls, size_t *cursor,
                        struct jf_view_name *ret_name);
bool jf_view_team_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name);
bool jf_view_flow_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name);

/* A queue: its rules, and why the first of those who wait does. NULL: there is none. */
json_t *jf_view_explain(const struct jf_calls *calls, const struct jf_view_name *queue);

/* Flows by tenant and name: [{"name", "tenant", "language", "nodes", "callers", "former" (of them,
 * in a version before this one), "at": {node: callers}, "today": figures of those whose number
 * leads into it}]; one of them with "graph", lines of text. NULL: there is none. */
json_t *jf_view_flows(const struct jf_calls *calls);
json_t *jf_view_flow(const struct jf_calls *calls, const struct jf_view_name *name);

/* Trunks by name. jf_view_trunk: one of them with its destinations; NULL: there is none. */
json_t *jf_view_trunks(const struct jf_calls *calls);
json_t *jf_view_trunk(const struct jf_calls *calls, const char *name);

#endif
