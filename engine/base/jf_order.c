// SPDX-License-Identifier: BSD-3-Clause
#include "jf_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MAX   64u
#define SPAN_FIRST 4u /* most sequences are short */

static struct jf_order_span *spans_of(struct jf_order *order)
{
	return order->room ? order->spans : &order->one;
}

void jf_order_close(struct jf_order *order)
{
	for (uint32_t i = 0; i < order->n_spans; i++)
		free(spans_of(order)[i].items);
	free(order->spans);
	*order = (struct jf_order){0};
}

/* The last span whose separator is not above the key; the first one for keys below all. */
static uint32_t span_find(struct jf_order *order, const struct jf_order_item *key)
{
	const struct jf_order_span *spans = spans_of(order);
	uint32_t from = 0, n = order->n_spans;

	/* Most keys are new ones, which go last, or old ones, which stand in front. */
	if (n == 1 || !jf_order_before(key, &spans[n - 1].low))
		return n - 1;
	if (jf_order_before(key, &spans[1].low))
		return 0;
	while (n > 1) {
		uint32_t half = n / 2;

		if (!jf_order_before(key, &spans[from + half].low))
			from += half;
		n -= half;
	}
	return from;
}

/* How many of the span's items are before the key. */
static uint32_t place_find(const struct jf_order_span *s, const struct jf_order_item *key)
{
	const struct jf_order_item *base = s->items + s->first;
	uint32_t from = 0, to = 1;

	if (!s->n || jf_order_before(&base[s->n - 1], key))
		return s->n;
	/* The older it is, the sooner: in ever longer strides from the front. */
	while (to < s->n && jf_order_before(&base[to - 1], key)) {
		from = to;
		to *= 2;
	}
	if (to > s->n)
		to = s->n;
	while (from < to) {
		uint32_t half = from + (to - from) / 2;

		if (jf_order_before(&base[half], key))
			from = half + 1;
		else
			to = half;
	}
	return from;
}

/* Room for one more span; the first that is not alone takes all into an array. */
static int spans_widen(struct jf_order *order)
{
	uint32_t room = order->room ? 2 * order->room : order->n_spans ? 2 : 0;
	struct jf_order_span *spans;

	if (order->n_spans < order->room || !room)
		return 0;
	spans = realloc(order->spans, room * sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	if (!order->room)
		spans[0] = order->one;
	order->spans = spans;
	order->room = room;
	return 0;
}

/* A new, empty span at a place in the sequence. */
static struct jf_order_span *span_add(struct jf_order *order, uint32_t at, uint16_t room)
{
	struct jf_order_item *items = malloc(room * sizeof(*items));
	struct jf_order_span *spans;

	if (!items || spans_widen(order)) {
		free(items);
		return NULL;
	}
	spans = spans_of(order);
	memmove(spans + at + 1, spans + at, (order->n_spans - at) * sizeof(*spans));
	order->n_spans++;
	spans[at] = (struct jf_order_span){.items = items, .room = room};
	return &spans[at];
}

static void span_drop(struct jf_order *order, uint32_t at)
{
	struct jf_order_span *spans = spans_of(order);

	free(spans[at].items);
	order->n_spans--;
	memmove(spans + at, spans + at + 1, (order->n_spans - at) * sizeof(*spans));
}

/* Room for one more in the span, which is full: a bigger one, or its upper half becomes another.
 * Who is to go last gets a span of its own: what is appended to leaves full ones behind. */
static int span_widen(struct jf_order *order, uint32_t at, bool last)
{
	struct jf_order_span *s = &spans_of(order)[at], *upper;
	uint16_t keep;

	if (s->room < SPAN_MAX) {
		struct jf_order_item *items = realloc(s->items, 2u * s->room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		s->items = items;
		s->room *= 2;
		return 0;
	}
	upper = span_add(order, at + 1, SPAN_MAX);
	if (!upper)
		return -ENOMEM;
	s = &spans_of(order)[at];
	keep = last ? s->n : s->n / 2;
	upper->n = s->n - keep;
	memcpy(upper->items, s->items + s->first + keep, upper->n * sizeof(*s->items));
	if (upper->n)
		upper->low = upper->items[0];
	s->n = keep;
	return 0;
}

static void span_put(struct jf_order_span *s, uint32_t place, const struct jf_order_item *item)
{
	struct jf_order_item *base = s->items + s->first;

	if (s->first && (place < s->n / 2u || s->first + s->n == s->room)) {
		memmove(base - 1, base, place * sizeof(*base));
		s->first--;
		base--;
	} else {
		memmove(base + place + 1, base + place, (s->n - place) * sizeof(*base));
	}
	base[place] = *item;
	s->n++;
}

int jf_order_insert(struct jf_order *order, const struct jf_order_item *item)
{
	struct jf_order_span *s;
	uint32_t at, place;

	if (!order->n_spans && !span_add(order, 0, SPAN_FIRST))
		return -ENOMEM;
	at = span_find(order, item);
	s = &spans_of(order)[at];
	place = place_find(s, item);
	if (s->n == s->room) {
		bool last = place == s->n && at + 1 == order->n_spans;
		uint32_t before = order->n_spans;

		if (span_widen(order, at, last))
			return -ENOMEM;
		s = &spans_of(order)[at];
		if (order->n_spans > before && (last || place > s->n)) {
			place -= s->n;
			s++;
			if (last)
				s->low = *item;
		}
	} else if (place == s->n && s->first + s->n == s->room) {
		/* Full to the end with room in front: once for as many appended as fit there. */
		memmove(s->items, s->items + s->first, s->n * sizeof(*s->items));
		s->first = 0;
	}
	span_put(s, place, item);
	order->count++;
	return 0;
}

/* Two neighbours that together fill half a span become one. */
static void span_merge(struct jf_order *order, uint32_t at)
{
	struct jf_order_span *s = &spans_of(order)[at], *next = s + 1;

	if (at + 1 >= order->n_spans || s->room < SPAN_MAX || s->n + next->n > (int)SPAN_MAX / 2)
		return;
	memmove(s->items, s->items + s->first, s->n * sizeof(*s->items));
	s->first = 0;
	memcpy(s->items + s->n, next->items + next->first, next->n * sizeof(*s->items));
	s->n += next->n;
	span_drop(order, at + 1);
}

bool jf_order_remove(struct jf_order *order, const struct jf_order_item *key)
{
	struct jf_order_span *s;
	struct jf_order_item *base;
	uint32_t at, place;

	if (!order->count)
		return false;
	at = span_find(order, key);
	s = &spans_of(order)[at];
	base = s->items + s->first;
	/* Whoever is taken is mostly the first. */
	place = s->n && jf_order_before(&base[0], key) ? place_find(s, key) : 0;
	if (place == s->n || jf_order_before(key, &base[place]))
		return false;
	if (place < s->n / 2u) {
		memmove(base + 1, base, place * sizeof(*base));
		s->first++;
	} else {
		memmove(base + place, base + place + 1, (s->n - place - 1u) * sizeof(*base));
	}
	s->n--;
	order->count--;
	if (!s->n) {
		s->first = 0;
		if (order->n_spans > 1)
			span_drop(order, at);
	} else if (s->n < SPAN_MAX / 4) {
		span_merge(order, at);
		if (at)
			span_merge(order, at - 1);
	}
	return true;
}

uint32_t jf_order_count(const struct jf_order *order,
                        bool (*fulfils)(const struct jf_order_item *item, const void *arg),
                        const void *arg)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < order->n_spans; i++) {
		const struct jf_order_span *s = &jf_order_spans(order)[i];
		uint32_t from = 0, n = s->n;

		if (n && fulfils(&s->items[s->first + n - 1u], arg)) {
			count += n;
			continue;
		}
		while (n) {
			uint32_t half = n / 2;

			if (fulfils(&s->items[s->first + from + half], arg)) {
				from += half + 1;
				n -= half + 1;
			} else {
				n = half;
			}
		}
		return count + from;
	}
	return count;
}

uint64_t jf_order_bytes(const struct jf_order *order)
{
	uint64_t bytes = order->room * sizeof(*order->spans);

	for (uint32_t i = 0; i < order->n_spans; i++)
		bytes += jf_order_spans(order)[i].room * sizeof(struct jf_order_item);
	return bytes;
}
