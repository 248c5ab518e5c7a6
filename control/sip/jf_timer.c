// SPDX-License-Identifier: BSD-3-Clause
/*
 * Timers as a binary heap on CLOCK_MONOTONIC, under the names of the SIP library's own.
 *
 * libre keeps its timers in a sorted list on the wall clock: starting one is O(n), which costs all
 * of a core at 1,500 calls a second, and a clock that is set back stops them all. Its calls go
 * through the PLT, so the definitions here, linked into the program, are used by the library too
 * (tests/unit/control/sip/test_loop.c asserts that). struct tmr stays the library's: le is
 * used as the heap's node, and zeros are a timer that does not run; jfs holds the deadline in
 * nanoseconds.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <re/re.h>

#include "jf_heap.h"
#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_time.h"

#define TIMERS_NS      JF_NS_PER_MS /* of a turn */
#define LATE_NS        (10 * JF_NS_PER_MS)
#define TIMERS_LATE_NS (3 * JF_NS_PER_MS) /* when the first is so late: what was begun goes on */

_Static_assert(sizeof(struct jf_loop_timer) == sizeof(struct tmr), "a loop timer is a struct tmr");
_Static_assert(sizeof(struct jf_heap_node) <= sizeof(((struct tmr *)0)->le),
               "a node fits where the library keeps its links");

/* Loop thread only. All zero is an empty heap. */
static struct jf_heap heap;

static struct jf_heap_node *node_of(struct tmr *tmr)
{
	return (struct jf_heap_node *)(void *)&tmr->le;
}

static struct tmr *timer_of(struct jf_heap_node *node)
{
	return (struct tmr *)(void *)((char *)node - offsetof(struct tmr, le));
}

uint32_t jf_timer_count(void)
{
	return heap.count;
}

void jf_timer_close(void)
{
	jf_heap_close(&heap);
	jf_heap_init(&heap);
}

/* --- the library's names --- */

uint64_t tmr_jiffies(void)
{
	return jf_loop_now_ns() / JF_NS_PER_MS;
}

void tmr_init(struct tmr *tmr)
{
	if (tmr)
		memset(tmr, 0, sizeof(*tmr));
}

void tmr_start(struct tmr *tmr, uint64_t delay, tmr_h *th, void *arg)
{
	uint64_t now_ns;

	if (!tmr)
		return;
	if (tmr->th)
		jf_heap_remove(&heap, node_of(tmr));
	tmr->th = th;
	tmr->arg = arg;
	if (!th)
		return;
	now_ns = jf_loop_now_ns();
	tmr->jfs = delay < (UINT64_MAX - now_ns) / JF_NS_PER_MS ? now_ns + delay * JF_NS_PER_MS
	                                                        : UINT64_MAX;
	if (jf_heap_insert(&heap, node_of(tmr), tmr->jfs))
		abort(); /* a timer lost is a call that never ends */
}

void tmr_cancel(struct tmr *tmr)
{
	tmr_start(tmr, 0, NULL, NULL);
}

/* Runs what is due now; what a handler starts with no delay waits for the next turn, and so does
 * what is left after the timers' share of it. */
void tmr_poll(struct list *tmrl)
{
	const uint64_t now_ns = jf_loop_now_ns();
	struct jf_heap_node *first = jf_heap_first(&heap);
	uint64_t late_ns = first ? jf_time_since(first->key, now_ns) : 0;
	uint64_t share_ns = late_ns > LATE_NS ? TIMERS_LATE_NS : TIMERS_NS;

	(void)tmrl;
	while ((first = jf_heap_first(&heap)) && first->key <= now_ns) {
		struct tmr *tmr;
		tmr_h *handler;
		void *arg;

		jf_loop_turn_begin();
		jf_loop_part(JF_LOOP_TIMERS);
		tmr = timer_of(first);
		handler = tmr->th;
		arg = tmr->arg;
		jf_heap_remove(&heap, first);
		tmr->th = NULL;
		handler(arg); /* may free or restart tmr, or any other */
		if (jf_time_since(now_ns, jf_loop_now_ns()) > share_ns)
			break;
	}
}

/* Milliseconds until the next, rounded up so that none fires early; 0: there is none. */
uint64_t tmr_next_timeout(struct list *tmrl)
{
	const struct jf_heap_node *first = jf_heap_first(&heap);
	uint64_t left_ns, left_ms;

	(void)tmrl;
	jf_loop_turn_end();
	if (!first)
		return 0;
	left_ns = jf_time_since(jf_loop_now_ns(), first->key);
	if (!left_ns)
		jf_loop_again(); /* 0 would be for ever */
	left_ms = left_ns / JF_NS_PER_MS + (left_ns % JF_NS_PER_MS != 0);
	if (left_ms > INT32_MAX)
		left_ms = INT32_MAX; /* epoll_wait takes an int */
	return left_ms ? left_ms : 1;
}

uint64_t tmr_get_expire(const struct tmr *tmr)
{
	if (!tmr || !tmr->th)
		return 0;
	return jf_time_since(jf_loop_now_ns(), tmr->jfs) / JF_NS_PER_MS;
}

int tmr_status(struct re_printf *pf, void *unused)
{
	(void)unused;
	return re_hprintf(pf, "timers: %u\n", heap.count);
}

void tmr_debug(void)
{
	(void)re_fprintf(stderr, "%H", tmr_status, NULL);
}
