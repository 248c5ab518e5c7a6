// SPDX-License-Identifier: BSD-3-Clause
#include "jf_slab.h"

#include <errno.h>
#include <stdlib.h>

#define COUNT_MAX (1u << 24)
#define NONE      UINT32_MAX

/* Free items are linked by index, oldest first, so that claim can take any of them out. */
struct item {
	uint32_t generation; /* of its use; the last one when free */
	uint32_t next, prev; /* among the free ones */
	bool used;
};

struct jf_slab {
	uint32_t count;
	uint32_t used;
	uint32_t first_free, last_free;
	uint32_t generation; /* the last one given */
	struct item items[];
};

static void free_append(struct jf_slab *slab, uint32_t index)
{
	struct item *item = &slab->items[index];

	item->used = false;
	item->next = NONE;
	item->prev = slab->last_free;
	if (slab->last_free == NONE)
		slab->first_free = index;
	else
		slab->items[slab->last_free].next = index;
	slab->last_free = index;
}

static void free_remove(struct jf_slab *slab, uint32_t index)
{
	struct item *item = &slab->items[index];

	if (item->prev == NONE)
		slab->first_free = item->next;
	else
		slab->items[item->prev].next = item->next;
	if (item->next == NONE)
		slab->last_free = item->prev;
	else
		slab->items[item->next].prev = item->prev;
	item->used = true;
	slab->used++;
}

int jf_slab_create(uint32_t count, uint32_t first_generation, struct jf_slab **ret_slab)
{
	struct jf_slab *slab;

	if (!count || count > COUNT_MAX)
		return -EINVAL;
	slab = calloc(1, sizeof(*slab) + (size_t)count * sizeof(slab->items[0]));
	if (!slab)
		return -ENOMEM;
	slab->count = count;
	slab->generation = first_generation - 1;
	slab->first_free = slab->last_free = NONE;
	for (uint32_t i = 0; i < count; i++)
		free_append(slab, i);
	*ret_slab = slab;
	return 0;
}

void jf_slab_destroy(struct jf_slab *slab)
{
	free(slab);
}

int jf_slab_take(struct jf_slab *slab, uint32_t *ret_index, uint32_t *ret_generation)
{
	uint32_t index = slab->first_free;

	if (index == NONE)
		return -ENOSPC;
	free_remove(slab, index);
	if (!++slab->generation)
		slab->generation = 1;
	slab->items[index].generation = slab->generation;
	*ret_index = index;
	*ret_generation = slab->generation;
	return 0;
}

int jf_slab_claim(struct jf_slab *slab, uint32_t index, uint32_t generation)
{
	if (index >= slab->count || !generation)
		return -EINVAL;
	if (slab->items[index].used)
		return -EBUSY;
	free_remove(slab, index);
	slab->items[index].generation = generation;
	/* later ones must differ from it; half the number space tells before from after */
	if ((int32_t)(generation - slab->generation) > 0)
		slab->generation = generation;
	return 0;
}

bool jf_slab_holds(const struct jf_slab *slab, uint32_t index, uint32_t generation)
{
	return index < slab->count && slab->items[index].used &&
	       slab->items[index].generation == generation;
}

int jf_slab_put(struct jf_slab *slab, uint32_t index, uint32_t generation)
{
	if (!jf_slab_holds(slab, index, generation))
		return -ESTALE;
	slab->used--;
	free_append(slab, index);
	return 0;
}

uint32_t jf_slab_used(const struct jf_slab *slab)
{
	return slab->used;
}

uint32_t jf_slab_count(const struct jf_slab *slab)
{
	return slab->count;
}
