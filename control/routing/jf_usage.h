/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much of its caps (jf_directory.h) a trunk or a tenant has used: outgoing calls now, calls a
 * second, minutes since midnight UTC. Plain data, pure functions; times are given.
 *
 * Time of calls in progress counts as it passes, so that a long call is felt before it ends. A call
 * that is in progress is never cut for it.
 */
#ifndef JF_USAGE_H
#define JF_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_directory_trunk.h"

struct jf_usage {
	uint32_t calls;      /* now, answered or not */
	uint32_t talking;    /* of them answered */
	uint64_t second_ns;  /* the running second began then ... */
	uint32_t begun;      /* ... and so many calls were begun in it */
	uint32_t day;        /* of UTC, since 1970 */
	uint64_t used_ns;    /* of that day */
	uint64_t counted_ns; /* until then */
};

enum jf_usage_verdict {
	JF_USAGE_FITS,
	JF_USAGE_CALLS,
	JF_USAGE_RATE,
	JF_USAGE_MINUTES,
};

/* The day of a wall-clock time. */
uint32_t jf_usage_day(uint64_t utc_ns);

/* Brings the talked time up to date; on another day it begins anew. Before anything else below. */
void jf_usage_count(struct jf_usage *usage, uint64_t now_ns, uint32_t day);

/* Whether another call fits. */
enum jf_usage_verdict jf_usage_check(const struct jf_usage *usage,
                                     const struct jf_directory_caps *caps, uint64_t now_ns);

void jf_usage_begin(struct jf_usage *usage, uint64_t now_ns);
void jf_usage_answered(struct jf_usage *usage, uint64_t now_ns);
void jf_usage_end(struct jf_usage *usage, uint64_t now_ns, bool answered);

#endif
