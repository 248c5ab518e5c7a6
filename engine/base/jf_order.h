/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An ordered sequence of small items, kept by value: the least key first. Keys are three numbers,
 * compared one after the other, and unique. Not thread-safe.
 *
 * Items stand in spans of up to 64, which one array of separators finds: insert and remove are a
 * binary search over contiguous memory and a move within one span. Appending and taking the first,
 * which is what queues and timers mostly do, move nothing. A sequence of zeros is empty.
 */
#ifndef JF_ORDER_H
#define JF_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jf_order_item {
	uint64_t hi, lo; /* the key: hi, then lo, then tie */
	uint32_t tie;
	uint32_t value; /* the owner's */
};

struct jf_order_span {
	struct jf_order_item low; /* nothing here is below it, nothing in earlier spans is not */
	struct jf_order_item *items;
	uint16_t first, n, room; /* items[first] up to items[first + n - 1] */
};

struct jf_order {
	struct jf_order_span one;    /* while one is enough: most sequences are short */
	struct jf_order_span *spans; /* all of them, once it is not */
	uint32_t n_spans, room;      /* room 0: one, or none at all */
	uint32_t count;
};

static inline const struct jf_order_span *jf_order_spans(const struct jf_order *order)
{
	return order->room ? order->spans : &order->one;
}

/* Frees everything; the sequence is empty then. */
void jf_order_close(struct jf_order *order);

/* 0 or -ENOMEM. */
int jf_order_insert(struct jf_order *order, const struct jf_order_item *item);

/* By its key; false: it is not there. */
bool jf_order_remove(struct jf_order *order, const struct jf_order_item *key);

static inline bool jf_order_before(const struct jf_order_item *a, const struct jf_order_item *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi;
	return a->lo != b->lo ? a->lo < b->lo : a->tie < b->tie;
}

/* The least, or NULL. Good until the next change. */
static inline const struct jf_order_item *jf_order_first(const struct jf_order *order)
{
	const struct jf_order_span *s = jf_order_spans(order);

	return order->count ? &s->items[s->first] : NULL;
}

/* Goes through in order; a cursor of zeros begins. NULL at the end. Any change ends the walk. */
struct jf_order_cursor {
	uint32_t span, place;
};

static inline const struct jf_order_item *jf_order_next(const struct jf_order *order,
                                                        struct jf_order_cursor *cursor)
{
	while (cursor->span < order->n_spans) {
		const struct jf_order_span *s = &jf_order_spans(order)[cursor->span];

		if (cursor->place < s->n)
			return &s->items[s->first + cursor->place++];
		cursor->span++;
		cursor->place = 0;
	}
	return NULL;
}

/* Brings what the next insert or remove will look at first, and changes nothing. */
static inline void jf_order_prefetch(const struct jf_order *order)
{
	const struct jf_order_span *spans = jf_order_spans(order);

	if (!order->n_spans)
		return;
	__builtin_prefetch(&spans[0].items[spans[0].first]);
	__builtin_prefetch(&spans[order->n_spans - 1].items[spans[order->n_spans - 1].first +
	                                                    spans[order->n_spans - 1].n]);
}

/* How many items, counted from the first, fulfil a predicate that holds up to some place in the
 * sequence and nowhere after it. Adds up spans: a 64th of the items. */
uint32_t jf_order_count(const struct jf_order *order,
                        bool (*fulfils)(const struct jf_order_item *item, const void *arg),
                        const void *arg);

/* Bytes of memory in use. */
uint64_t jf_order_bytes(const struct jf_order *order);

#endif
