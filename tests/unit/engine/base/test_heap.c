// SPDX-License-Identifier: BSD-3-Clause
#include "jf_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void nodes_come_out_by_key_and_then_by_age(void **state)
{
	static const uint64_t keys[] = {5, 3, 5, 1, 3, 5, UINT64_MAX, 0};
	static const int order[] = {7, 3, 1, 4, 0, 2, 5, 6};
	struct jf_heap_node nodes[8] = {0};
	struct jf_heap heap;

	(void)state;
	jf_heap_init(&heap);
	assert_null(jf_heap_first(&heap));
	for (int i = 0; i < 8; i++)
		assert_int_equal(jf_heap_insert(&heap, &nodes[i], keys[i]), 0);
	for (int i = 0; i < 8; i++) {
		assert_ptr_equal(jf_heap_first(&heap), &nodes[order[i]]);
		jf_heap_remove(&heap, &nodes[order[i]]);
		assert_false(jf_heap_holds(&nodes[order[i]]));
	}
	assert_null(jf_heap_first(&heap));
	jf_heap_remove(&heap, &nodes[0]);
	jf_heap_close(&heap);
}

static struct jf_heap_node *least(struct jf_heap_node *nodes, size_t n)
{
	struct jf_heap_node *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (jf_heap_holds(&nodes[i]) &&
		    (!best || nodes[i].key < best->key ||
		     (nodes[i].key == best->key && nodes[i].order < best->order)))
			best = &nodes[i];
	return best;
}

static void any_node_can_be_removed_at_any_time(void **state)
{
	struct jf_heap_node nodes[300] = {0};
	struct jf_heap heap;
	uint32_t held = 0;

	(void)state;
	jf_heap_init(&heap);
	srand(9);
	for (int i = 0; i < 20000; i++) {
		struct jf_heap_node *node = &nodes[rand() % 300];

		if (jf_heap_holds(node)) {
			jf_heap_remove(&heap, node);
			held--;
		} else {
			assert_int_equal(jf_heap_insert(&heap, node, (uint64_t)rand() % 50), 0);
			held++;
		}
		assert_int_equal(heap.count, held);
		assert_ptr_equal(jf_heap_first(&heap), least(nodes, 300));
	}
	jf_heap_close(&heap);
	for (int i = 0; i < 300; i++)
		assert_false(jf_heap_holds(&nodes[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nodes_come_out_by_key_and_then_by_age),
	        cmocka_unit_test(any_node_can_be_removed_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
