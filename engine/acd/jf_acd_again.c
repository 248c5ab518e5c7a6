// SPDX-License-Identifier: BSD-3-Clause
/* Those who look for an agent again because somebody came or went, or their queue closed: all of
 * them in the order in which they are served, whatever queue and class they stand in. */
#include "jf_acd_priv.h"

#include <stdlib.h>

void jf_acd_again_note(struct jf_acd_again *again, const struct jf_acd_entry *e,
                       enum jf_acd_situation why, bool quiet)
{
	if (again->n == again->room) {
		uint32_t room = again->room ? 2 * again->room : 64;
		struct jf_acd_again_one *ones = realloc(again->ones, room * sizeof(*ones));

		/* Out of memory: the next event asks again. */
		if (!ones)
			return;
		again->ones = ones;
		again->room = room;
	}
	again->ones[again->n++] = (struct jf_acd_again_one){e->ref.index, why, quiet};
}

/* Those of a class that nobody present suits go on to a step that somebody does. */
static void relax(struct jf_acd *acd, struct jf_acd_class *c, struct jf_acd_again *again,
                  uint64_t now_ns)
{
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;
	uint32_t n = c->waiting.count, i = 0;
	uint32_t *entries = n ? malloc(n * sizeof(*entries)) : NULL;

	/* Those who leave change the sequence; the class itself may go with the last. Without
	 * memory they stay until they are due. */
	if (!entries)
		return;
	while ((item = jf_order_next(&c->waiting, &cursor)))
		entries[i++] = item->value;
	for (i = 0; i < n; i++) {
		struct jf_acd_entry *e = jf_acd_table_at(&acd->entries, entries[i]);

		if (jf_acd_entry_move(acd, e, now_ns))
			jf_acd_again_note(again, e, JF_ACD_CALL_RELAXED, false);
	}
	free(entries);
}

void jf_acd_again_relax(struct jf_acd *acd, struct jf_acd_queue_node *q, struct jf_acd_again *again,
                        uint64_t now_ns)
{
	struct jf_acd_class *c = q->classes, *next;

	for (; c && q->q.waiting; c = next) {
		next = c->after;
		if (!c->present && c->waiting.count)
			relax(acd, c, again, now_ns);
	}
}

void jf_acd_again_passed_over(struct jf_acd *acd, const struct jf_acd_class *c,
                              struct jf_acd_again *again)
{
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;

	if (c->ready.count)
		while ((item = jf_order_next(&c->tried, &cursor)))
			jf_acd_again_note(again, jf_acd_table_at(&acd->entries, item->value),
			                  JF_ACD_CALL_RETURNED, true);
}

/* ---- In their order ---------------------------------------------------------------------------
 */

struct line {
	const struct jf_acd *acd;
	uint64_t now_ns;
};

static int by_order(const void *a, const void *b, void *arg)
{
	const struct line *line = arg;
	const struct jf_acd_again_one *x = a, *y = b;
	struct jf_acd_head left, right;

	if (x->entry == y->entry)
		return 0;
	left = jf_acd_entry_head(jf_acd_table_at(&line->acd->entries, x->entry));
	right = jf_acd_entry_head(jf_acd_table_at(&line->acd->entries, y->entry));
	return jf_acd_head_before(&left, &right, line->now_ns) ? -1 : 1;
}

/* Whether a ready agent of its class may have it. */
static bool may_go(const struct jf_acd *acd, const struct jf_acd_entry *e)
{
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;

	while ((item = jf_order_next(&e->class->ready, &cursor)))
		if (!jf_acd_passed_over(acd, e, jf_acd_table_at(&acd->agents, item->value)))
			return true;
	return false;
}

void jf_acd_again_match(struct jf_acd *acd, struct jf_acd_again *again, uint64_t now_ns)
{
	struct line line = {acd, now_ns};

	if (again->n > 1)
		qsort_r(again->ones, again->n, sizeof(*again->ones), by_order, &line);
	for (uint32_t i = 0; i < again->n; i++) {
		struct jf_acd_entry *e = jf_acd_table_at(&acd->entries, again->ones[i].entry);

		if (e->state == JF_ACD_ENTRY_WAITING && (!again->ones[i].quiet || may_go(acd, e)))
			jf_acd_match_entry(acd, e, again->ones[i].why, now_ns);
	}
	free(again->ones);
	*again = (struct jf_acd_again){0};
}
