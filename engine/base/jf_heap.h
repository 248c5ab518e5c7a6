/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Intrusive binary heap: the least key first, equal keys in the order in which they were inserted.
 * Insert and remove are O(log n), first is O(1); a node knows its place, so any of them can be
 * removed. Timers stand in it. Not thread-safe.
 *
 * The heap does not own its nodes: remove a node before its memory goes. A node of zeros is in no
 * heap.
 */
#ifndef JF_HEAP_H
#define JF_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jf_heap_node {
	uint64_t key;
	uint64_t order; /* the heap's: how many were inserted before */
	uint32_t place; /* the heap's: index + 1; 0: in no heap */
};

struct jf_heap {
	struct jf_heap_node **nodes;
	uint32_t count;
	uint32_t room;
	uint64_t inserted;
};

void jf_heap_init(struct jf_heap *heap);

/* Frees the heap's array; nodes still in it become free of it. */
void jf_heap_close(struct jf_heap *heap);

/* 0 or -ENOMEM. The node must be in no heap. */
int jf_heap_insert(struct jf_heap *heap, struct jf_heap_node *node, uint64_t key);

/* Does nothing to a node that is in no heap. */
void jf_heap_remove(struct jf_heap *heap, struct jf_heap_node *node);

static inline bool jf_heap_holds(const struct jf_heap_node *node)
{
	return node->place != 0;
}

/* The node with the least key, or NULL. */
static inline struct jf_heap_node *jf_heap_first(const struct jf_heap *heap)
{
	return heap->count ? heap->nodes[0] : NULL;
}

#endif
