// SPDX-License-Identifier: BSD-3-Clause
#include "jf_heap.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_FIRST 64u

static bool before(const struct jf_heap_node *a, const struct jf_heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put(struct jf_heap *heap, uint32_t index, struct jf_heap_node *node)
{
	heap->nodes[index] = node;
	node->place = index + 1;
}

static void sift_up(struct jf_heap *heap, uint32_t index, struct jf_heap_node *node)
{
	while (index) {
		uint32_t parent = (index - 1) / 2;

		if (!before(node, heap->nodes[parent]))
			break;
		put(heap, index, heap->nodes[parent]);
		index = parent;
	}
	put(heap, index, node);
}

static void sift_down(struct jf_heap *heap, uint32_t index, struct jf_heap_node *node)
{
	for (;;) {
		uint32_t child = 2 * index + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && before(heap->nodes[child + 1], heap->nodes[child]))
			child++;
		if (!before(heap->nodes[child], node))
			break;
		put(heap, index, heap->nodes[child]);
		index = child;
	}
	put(heap, index, node);
}

void jf_heap_init(struct jf_heap *heap)
{
	*heap = (struct jf_heap){0};
}

void jf_heap_close(struct jf_heap *heap)
{
	for (uint32_t i = 0; i < heap->count; i++)
		heap->nodes[i]->place = 0;
	free(heap->nodes);
	*heap = (struct jf_heap){0};
}

int jf_heap_insert(struct jf_heap *heap, struct jf_heap_node *node, uint64_t key)
{
	if (heap->count == heap->room) {
		uint32_t room = heap->room ? 2 * heap->room : ROOM_FIRST;
		struct jf_heap_node **nodes = reallocarray(heap->nodes, room, sizeof(*nodes));

		if (!nodes)
			return -ENOMEM;
		heap->nodes = nodes;
		heap->room = room;
	}
	node->key = key;
	node->order = heap->inserted++;
	sift_up(heap, heap->count++, node);
	return 0;
}

void jf_heap_remove(struct jf_heap *heap, struct jf_heap_node *node)
{
	struct jf_heap_node *last;
	uint32_t index;

	if (!node->place)
		return;
	index = node->place - 1;
	node->place = 0;
	last = heap->nodes[--heap->count];
	if (last == node)
		return;
	if (index && before(last, heap->nodes[(index - 1) / 2]))
		sift_up(heap, index, last);
	else
		sift_down(heap, index, last);
}
