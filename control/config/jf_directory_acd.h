/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the directory says of queues, agents and callers beyond their names: rules, skills, opening
 * hours, customers. Part of jf_directory.h, whose values these are; terms as in jf_acd.h.
 *
 *   tenants:   [{name: acme, zone: Europe/Tallinn,
 *                codes: {ready: "*50", not_ready: "*51", wrap_up_end: "*52", logout: "*53"},
 *                reasons: [lunch, training]}]
 *   queues:    [{name: billing, tenant: acme, agents_by: most skilled,
 *                calls_by: "ageing priority, then age", ageing: 6, priority_cap: 500,
 *                age_cap_s: 600, short_abandon_s: 5, service_level: {threshold_s: 20, target: 80},
 *                wrap_up: fixed, wrap_up_s: 20, wrap_up_extend_s: 60, last_agent_s: 30,
 *                requires: [{skills: "billing >= 3 and estonian"},
 *                           {skills: billing, after_s: 30}],
 *                overflow: [{after_s: 60, to: sales}, {length: 20, to: sales},
 *                           {estimated_wait_s: 300, to: sales}, {no_agents: true, to: sales}],
 *                calendar: office,
 *                closed: {prompt: closed.wav, queue: night, waiting: move}}]
 *   agents:    [{id: "1001", tenant: acme, skills: [billing 5, estonian],
 *                idle_through: [wrap-up, outbound], capacity: 2}]
 *   numbers:   [{number: "+3726001000", tenant: acme, queue: billing, priority: 100,
 *                requires: [{skills: estonian}], language: et,
 *                data: [{name: campaign, value: spring}]}]
 *   calendars: [{name: office, tenant: acme, zone: Europe/Tallinn,
 *                week: {mon: ["09:00-12:00", "13:00-17:00"], tue: ["09:00-17:00"]},
 *                holidays: [{date: 12-24, name: Christmas Eve, open: ["09:00-12:00"]},
 *                           {date: 2027-05-14}]}]
 *   callers:   [{number: "+37255500001", tenant: acme, name: Company 1, vip: true, priority: 800,
 *                requires: [{skills: gold}], language: en, agent: "1001", agent_s: 30,
 *                data: [{name: customer, value: "4711"}]}]
 *
 * Rules are named as decisions name them (jf_acd_agents_by_name, jf_acd_calls_by_name). With
 * "agents_by: simultaneous ring", ring_at_once says how many agents ring together at most, those
 * first who are idle for longest: 1 to JF_ACD_RING_MAX, which it is if nothing is said. ageing is
 * in points a minute. A skill stands with its level, 1 to 10, or alone for level 1; where calls ask
 * for one that no agent has, that is a warning. capacity: so many callers of its queues an agent
 * may have at once, 1 (also if nothing is said) to JF_ACD_CAPACITY_MAX; its phone must take another
 * call while it talks. Neither overflow nor closed queues may go in a circle. wrap_up: open lasts
 * until the agent ends it. closed: what becomes of those who arrive while the queue is closed (the
 * prompt, then another queue or a number outside, or the end) and of those who wait when it closes
 * (serve, release, move to that queue). A span of a calendar may end after 24:00, on the next day.
 * A VIP without a priority has JF_DIRECTORY_VIP_PRIORITY.
 */
#ifndef JF_DIRECTORY_ACD_H
#define JF_DIRECTORY_ACD_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_acd_flow.h"
#include "jf_acd_skill.h"
#include "jf_calendar.h"

struct jf_directory;
struct jf_directory_queue;
struct jf_directory_agent;

#define JF_DIRECTORY_VIP_PRIORITY 500u
#define JF_DIRECTORY_DATA_MAX     16u /* of a number or a caller */
#define JF_DIRECTORY_REASONS_MAX  9u

struct jf_directory_step {
	const char *skills; /* an expression, written one way; "": anybody */
	uint32_t after_ms;
};

struct jf_directory_datum {
	const char *name, *value;
};

/* What calls to a number, or of a caller, bring along. */
struct jf_directory_wants {
	bool has_priority;
	uint16_t priority;
	uint8_t n_steps;
	const struct jf_directory_step *steps;
	const char *language; /* NULL: it does not say */
	uint32_t n_data;
	const struct jf_directory_datum *data;
};

struct jf_directory_overflow {
	enum jf_acd_overflow_when when;
	uint32_t limit; /* milliseconds or callers */
	const struct jf_directory_queue *to;
};

struct jf_directory_closed {
	const char *prompt;                     /* absolute path; NULL: none */
	const struct jf_directory_queue *queue; /* where they go; NULL: nowhere */
	const char *forward;                    /* a number outside; NULL */
	enum jf_acd_closing waiting;
};

struct jf_directory_calendar {
	const char *name;
	const char *tenant;
	const char *zone; /* "Europe/Tallinn" */
	struct jf_calendar hours;
};

/* Of a queue. */
struct jf_directory_rules {
	enum jf_acd_agents_by agents_by;
	uint32_t ring_at_once; /* of simultaneous ring; 0: another rule */
	enum jf_acd_calls_by calls_by;
	uint32_t ageing; /* points a minute; 0: none */
	uint32_t priority_cap;
	uint32_t age_cap_ms;
	uint32_t short_abandon_ms;
	uint32_t threshold_ms; /* of its service level */
	uint32_t target;       /* in percent */
	bool wrap_up_open;
	uint32_t wrap_up_extend_ms;
	uint32_t last_agent_ms; /* a caller is kept for the agent who had it last; 0: not */
	uint8_t n_steps;
	const struct jf_directory_step *steps;
	uint8_t n_overflow;
	const struct jf_directory_overflow *overflow;
	const struct jf_directory_calendar *calendar; /* NULL: always open */
	struct jf_directory_closed closed;
};

struct jf_directory_skill {
	const char *name;
	uint8_t level;
};

/* Of an agent. */
struct jf_directory_abilities {
	uint32_t n_skills;
	const struct jf_directory_skill *skills; /* by name */
	unsigned int idle_through;               /* JF_ACD_IDLE_THROUGH_ bits */
	uint32_t capacity;                       /* calls of its queues at once */
};

/* What an agent's phone calls to say what it does; NULL: there is no such code. not_ready may be
 * followed by the digit of a reason. */
struct jf_directory_codes {
	const char *ready, *not_ready, *wrap_up_end, *wrap_up_extend, *logout;
};

/* Of a tenant. */
struct jf_directory_desk {
	const char *zone_name;      /* "UTC" if none is said */
	const struct jf_zone *zone; /* its days, and its reports; NULL: UTC */
	struct jf_directory_codes codes;
	uint32_t n_reasons;
	const char *const *reasons; /* of not being ready, 1 to n */
};

struct jf_directory_caller {
	const char *tenant;
	const char *number; /* as it was written */
	const char *name;   /* NULL */
	bool vip;
	struct jf_directory_wants wants;
	const char *agent; /* kept for that one, NULL: nobody */
	uint32_t agent_ms;
};

/* NULL if there is none. number: with or without the plus sign. */
const struct jf_directory_calendar *jf_directory_calendar_find(const struct jf_directory *directory,
                                                               const char *tenant,
                                                               const char *name);
const struct jf_directory_caller *jf_directory_caller_find(const struct jf_directory *directory,
                                                           const char *tenant, const char *number);

/* Sorted by tenant and name or number. */
const struct jf_directory_calendar *jf_directory_calendars(const struct jf_directory *directory,
                                                           size_t *ret_count);
const struct jf_directory_caller *jf_directory_callers(const struct jf_directory *directory,
                                                       size_t *ret_count);

#endif
