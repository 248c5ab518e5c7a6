// SPDX-License-Identifier: BSD-3-Clause
/*
 * Timers as a binary heap on CLOCK_MONOTONIC, under the names of the SIP library's own.
 *
 * libre keeps its timers in a sorted list on the wall clock: starting one is O(n), which costs all
 * of a core at 1,500 calls a second, and a clock that is set back stops them all. Its calls go
 * through the PLT, so the definitions here, linked into the program, are used by the library too
 * (tests/unit/control/sip/test_loop.c asserts that). struct tmr stays the library's: le.data holds
 * the place in the heap + 1, so that a struct of zeros is a timer that does not run; jfs holds the
 * deadline in nanoseconds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <re/re.h>

#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_time.h"

_Static_assert(sizeof(struct jf_loop_timer) == sizeof(struct tmr), "a loop timer is a struct tmr");

struct slot {
	uint64_t at_ns;
	uint64_t order; /* of starting: equal deadlines fire in the order of their start */
	struct tmr *tmr;
};

/* Loop thread only. */
static struct {
	struct slot *slots;
	uint32_t count;
	uint32_t room;
	uint64_t started;
} heap;

static bool earlier(const struct slot *a, const struct slot *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void place(uint32_t at, struct slot slot)
{
	heap.slots[at] = slot;
	slot.tmr->le.data = (void *)((uintptr_t)at + 1);
}

static void sift_up(uint32_t at, struct slot slot)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!earlier(&slot, &heap.slots[parent]))
			break;
		place(at, heap.slots[parent]);
		at = parent;
	}
	place(at, slot);
}

static void sift_down(uint32_t at, struct slot slot)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= heap.count)
			break;
		if (child + 1 < heap.count && earlier(&heap.slots[child + 1], &heap.slots[child]))
			child++;
		if (!earlier(&heap.slots[child], &slot))
			break;
		place(at, heap.slots[child]);
		at = child;
	}
	place(at, slot);
}

static void heap_remove(struct tmr *tmr)
{
	uint32_t at = (uint32_t)(uintptr_t)tmr->le.data - 1;
	struct slot last;

	if (!tmr->le.data || at >= heap.count || heap.slots[at].tmr != tmr)
		return;
	tmr->le.data = NULL;
	last = heap.slots[--heap.count];
	if (at == heap.count)
		return;
	if (at > 0 && earlier(&last, &heap.slots[(at - 1) / 2]))
		sift_up(at, last);
	else
		sift_down(at, last);
}

static void heap_add(struct tmr *tmr)
{
	if (heap.count == heap.room) {
		uint32_t room = heap.room ? heap.room * 2 : 1024;
		struct slot *slots = realloc(heap.slots, room * sizeof(*slots));

		if (!slots)
			abort(); /* a timer lost is a call that never ends */
		heap.slots = slots;
		heap.room = room;
	}
	heap.count++;
	sift_up(heap.count - 1,
	        (struct slot){.at_ns = tmr->jfs, .order = heap.started++, .tmr = tmr});
}

uint32_t jf_timer_count(void)
{
	return heap.count;
}

void jf_timer_close(void)
{
	free(heap.slots);
	memset(&heap, 0, sizeof(heap));
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
		heap_remove(tmr);
	tmr->th = th;
	tmr->arg = arg;
	if (!th)
		return;
	now_ns = jf_loop_now_ns();
	tmr->jfs = delay < (UINT64_MAX - now_ns) / JF_NS_PER_MS ? now_ns + delay * JF_NS_PER_MS
	                                                        : UINT64_MAX;
	heap_add(tmr);
}

void tmr_cancel(struct tmr *tmr)
{
	tmr_start(tmr, 0, NULL, NULL);
}

/* Runs what is due now; what a handler starts with no delay waits for the next turn. */
void tmr_poll(struct list *tmrl)
{
	const uint64_t now_ns = jf_loop_now_ns();

	(void)tmrl;
	if (heap.count && heap.slots[0].at_ns <= now_ns)
		jf_loop_turn_begin();
	while (heap.count && heap.slots[0].at_ns <= now_ns) {
		struct tmr *tmr = heap.slots[0].tmr;
		tmr_h *handler = tmr->th;
		void *arg = tmr->arg;

		heap_remove(tmr);
		tmr->th = NULL;
		handler(arg); /* may free or restart tmr, or any other */
	}
}

/* Milliseconds until the next, rounded up so that none fires early; 0: there is none. */
uint64_t tmr_next_timeout(struct list *tmrl)
{
	uint64_t left_ns, left_ms;

	(void)tmrl;
	jf_loop_turn_end();
	if (!heap.count)
		return 0;
	left_ns = jf_time_since(jf_loop_now_ns(), heap.slots[0].at_ns);
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
