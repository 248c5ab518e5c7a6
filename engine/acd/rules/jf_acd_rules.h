/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules by which a queue chooses. Private to engine/acd.
 *
 * A rule turns what is known when an agent becomes ready, or a caller enters, into a number that
 * stays the same until it is chosen: the lowest goes first. Equal ones: the agent that is idle for
 * longest, the caller who waits for longest. A new rule is a file in this folder, a row in the
 * table of jf_acd_rules.c and a word in jf_acd.h.
 */
#ifndef JF_ACD_RULES_H
#define JF_ACD_RULES_H

#include "jf_acd.h"

/* What may be known of an agent when it becomes ready. */
struct jf_acd_agent_facts {
	uint64_t idle_since_ns;
	uint64_t busy_ns, ready_ns; /* since login: handling and ringing; waiting for calls */
	uint64_t offered_serial;    /* when this queue chose it last, 0: never */
	uint64_t calls_today;
	uint32_t score; /* sum of its levels in the skills asked for */
	uint32_t total; /* sum of all its levels */
	uint32_t place; /* in the queue's list of members */
};

struct jf_acd_agent_rule {
	const char *name;
	uint64_t (*key)(const struct jf_acd_agent_facts *facts); /* below 2^56 */
	bool at_once; /* the first few are asked, not the first */
};

/* A priority, exactly: points = over / by. */
struct jf_acd_points {
	uint64_t over, by;
};

struct jf_acd_call_rule {
	const char *name;
	/* Below 2^62. */
	uint64_t (*key)(const struct jf_acd_queue_options *options, uint16_t base,
	                uint64_t enqueued_ns);
	/* What such a key is worth now, to compare entries of different queues. */
	struct jf_acd_points (*points)(const struct jf_acd_queue_options *options, uint64_t key,
	                               uint64_t now_ns);
	/* When the base has grown to options->priority_cap; 0: it doesn't grow. */
	uint64_t (*capped_ns)(const struct jf_acd_queue_options *options, uint16_t base,
	                      uint64_t enqueued_ns);
};

extern const struct jf_acd_agent_rule *const jf_acd_agent_rules[JF_ACD_AGENTS_BY_COUNT];
extern const struct jf_acd_call_rule *const jf_acd_call_rules[JF_ACD_CALLS_BY_COUNT];

#endif
