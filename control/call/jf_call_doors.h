/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the wall clock brings: queues open and close by their calendars, or are closed at once by
 * somebody (which a restart keeps), and tenants' days begin. Private to control/call; loop's
 * thread.
 *
 * Whether a queue is open is asked of its calendar whenever somebody arrives; a timer tells the
 * ACD, which closes the queue for those who are on their way and applies the queue's policy to
 * those who wait.
 */
#ifndef JF_CALL_DOORS_H
#define JF_CALL_DOORS_H

#include <jansson.h>

#include "jf_call.h"
#include "jf_directory.h"
#include "jf_loop.h"

struct jf_call_doors {
	struct jf_loop_timer timer;
	json_t *shut;  /* by somebody: {"acme/billing": {"reason", "actor", "at_utc"}} */
	int64_t *days; /* of the ACD's tenants: the local day that was begun last */
	uint32_t n_days;
};

/* Why a queue is not open, or NULL: it is. Static text. ret_until_s (may be NULL): universal time
 * of the calendar's next change, JF_ZONE_NEVER. */
const char *jf_call_doors_shut(const struct jf_calls *calls, const struct jf_directory_queue *queue,
                               int64_t *ret_until_s);

/* The queue itself if it is open, or the first one that its callers are sent to and that is; or the
 * last of them. */
const struct jf_directory_queue *jf_call_doors_way(const struct jf_calls *calls,
                                                   const struct jf_directory_queue *queue);

/* Reads what was shut. Then, and whenever the directory changed: looks at all doors. */
void jf_call_doors_restore(struct jf_calls *calls);
void jf_call_doors_look(struct jf_calls *calls);
void jf_call_doors_stop(struct jf_calls *calls);

#endif
