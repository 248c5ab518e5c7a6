/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker leaves out when packet buffers run short: recordings first, then new calls, live
 * audio never (that is left to the pool itself, which refuses: JF_DROP_NO_BUFFER). It comes in
 * early and goes late, so that it does not flicker. Pure.
 */
#ifndef JF_SHED_H
#define JF_SHED_H

#include <stdint.h>

#include "jf_contract.h"

/* Below one in so many free buffers. */
#define JF_SHED_RECORDINGS_AT 8u
#define JF_SHED_CALLS_AT      16u
/* Above one in so many, recordings go on; calls do above JF_SHED_RECORDINGS_AT. */
#define JF_SHED_NOTHING_AT 4u

/* The next level, from the present one. buffers: of the pool, free of them. */
static inline enum jf_shed jf_shed_next(enum jf_shed now, uint64_t free, uint64_t buffers)
{
	if (free * JF_SHED_CALLS_AT < buffers)
		return JF_SHED_CALLS;
	if (free * JF_SHED_RECORDINGS_AT < buffers)
		return now == JF_SHED_CALLS ? JF_SHED_CALLS : JF_SHED_RECORDINGS;
	if (free * JF_SHED_NOTHING_AT < buffers)
		return now == JF_SHED_NOTHING ? JF_SHED_NOTHING : JF_SHED_RECORDINGS;
	return JF_SHED_NOTHING;
}

#endif
