// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64u

/* ---- Objects by index ----------------------------------------------------------------------- */

int jf_acd_table_take(struct jf_acd_table *t, void *item, struct jf_acd_ref *ret_ref)
{
	uint32_t index;

	if (t->n_free) {
		index = t->free[--t->n_free];
	} else {
		if (t->n == t->room) {
			uint32_t room = t->room ? 2 * t->room : 64;
			struct jf_acd_slot *slots = realloc(t->slots, room * sizeof(*slots));
			uint32_t *spare;

			if (slots)
				t->slots = slots;
			spare = realloc(t->free, room * sizeof(*spare));
			if (spare)
				t->free = spare;
			if (!slots || !spare)
				return -ENOMEM;
			t->room = room;
		}
		index = t->n++;
		t->slots[index].generation = 1;
	}
	t->slots[index].item = item;
	*ret_ref = jf_acd_table_ref(t, index);
	return 0;
}

void *jf_acd_table_give(struct jf_acd_table *t, struct jf_acd_ref ref)
{
	struct jf_acd_slot *slot = &t->slots[ref.index];
	void *item = slot->item;

	slot->item = NULL;
	if (++slot->generation == 0)
		slot->generation = 1;
	t->free[t->n_free++] = ref.index;
	return item;
}

void jf_acd_table_drop(struct jf_acd_table *t, struct jf_acd_ref ref)
{
	free(jf_acd_table_give(t, ref));
}

void jf_acd_table_free(struct jf_acd_table *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		free(t->slots[i].item);
	free(t->slots);
	free(t->free);
}

/* ---- Numbers by hash ------------------------------------------------------------------------ */

uint64_t jf_acd_hash(uint64_t seed, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;
	uint64_t h = seed ^ 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static void put(struct jf_acd_index *index, uint64_t hash, uint32_t value)
{
	uint32_t at = (uint32_t)hash & (index->room - 1);

	while (index->slots[at].value != JF_ACD_NONE)
		at = (at + 1) & (index->room - 1);
	index->slots[at] = (struct jf_acd_index_slot){hash, value};
}

int jf_acd_index_add(struct jf_acd_index *index, uint64_t hash, uint32_t value)
{
	if (2 * (index->n + 1) > index->room) {
		struct jf_acd_index wider = {.room = index->room ? 2 * index->room : ROOM_FIRST,
		                             .n = index->n};

		wider.slots = malloc(wider.room * sizeof(*wider.slots));
		if (!wider.slots)
			return -ENOMEM;
		memset(wider.slots, 0xff, wider.room * sizeof(*wider.slots));
		for (uint32_t i = 0; i < index->room; i++)
			if (index->slots[i].value != JF_ACD_NONE)
				put(&wider, index->slots[i].hash, index->slots[i].value);
		free(index->slots);
		*index = wider;
	}
	put(index, hash, value);
	index->n++;
	return 0;
}

void jf_acd_index_remove(struct jf_acd_index *index, uint64_t hash, uint32_t value)
{
	uint32_t mask = index->room - 1, at = (uint32_t)hash & mask;

	if (!index->room)
		return;
	while (index->slots[at].value != value || index->slots[at].hash != hash) {
		if (index->slots[at].value == JF_ACD_NONE)
			return;
		at = (at + 1) & mask;
	}
	index->n--;
	/* Who stands behind and would have stood here moves up, so that no gap hides anybody. */
	for (uint32_t next = (at + 1) & mask; index->slots[next].value != JF_ACD_NONE;
	     next = (next + 1) & mask) {
		uint32_t home = (uint32_t)index->slots[next].hash & mask;

		if (((next - home) & mask) >= ((next - at) & mask)) {
			index->slots[at] = index->slots[next];
			at = next;
		}
	}
	index->slots[at].value = JF_ACD_NONE;
}

uint32_t jf_acd_index_next(const struct jf_acd_index *index, uint64_t hash, uint32_t *cursor)
{
	uint32_t mask = index->room - 1;

	if (!index->room)
		return JF_ACD_NONE;
	for (;;) {
		const struct jf_acd_index_slot *s =
		        &index->slots[((uint32_t)hash + *cursor) & mask];

		(*cursor)++;
		if (s->value == JF_ACD_NONE || s->hash == hash)
			return s->value;
	}
}
