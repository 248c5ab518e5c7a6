// SPDX-License-Identifier: BSD-3-Clause
#include "jf_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ITEMS 3000u

static uint64_t random_state = 88172645463325252u;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

/* The model: a plain sorted array. */
static struct jf_order_item model[ITEMS];
static uint32_t n_model;

static void model_insert(const struct jf_order_item *item)
{
	uint32_t at = n_model++;

	while (at && jf_order_before(item, &model[at - 1])) {
		model[at] = model[at - 1];
		at--;
	}
	model[at] = *item;
}

static void model_remove(uint32_t at)
{
	memmove(model + at, model + at + 1, (--n_model - at) * sizeof(*model));
}

static void same(const struct jf_order *order)
{
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;
	uint32_t n = 0;

	assert_int_equal(order->count, n_model);
	while ((item = jf_order_next(order, &cursor))) {
		assert_memory_equal(item, &model[n], sizeof(*item));
		n++;
	}
	assert_int_equal(n, n_model);
	if (n)
		assert_memory_equal(jf_order_first(order), &model[0], sizeof(*model));
	else
		assert_null(jf_order_first(order));
}

static bool is_before(const struct jf_order_item *item, const void *arg)
{
	return jf_order_before(item, arg);
}

static void churn(uint32_t spread, uint32_t in_of_ten, uint32_t rounds)
{
	static uint32_t serial;
	struct jf_order order = {0};

	n_model = 0;
	for (uint32_t i = 0; i < rounds; i++) {
		/* Mostly behind the last, as queues are; a few anywhere. */
		struct jf_order_item item = {any(spread), any(10) ? i : any(i + 1), serial++, i};

		if (n_model < ITEMS && any(10) < in_of_ten) {
			assert_int_equal(jf_order_insert(&order, &item), 0);
			model_insert(&item);
		} else if (n_model) {
			uint32_t at = any(3) ? 0 : any(n_model);
			struct jf_order_item key = model[at];

			assert_int_equal(jf_order_count(&order, is_before, &key), at);
			assert_true(jf_order_remove(&order, &key));
			assert_false(jf_order_remove(&order, &key));
			model_remove(at);
		}
		if (i % 97 == 0)
			same(&order);
	}
	same(&order);
	while (n_model) {
		assert_true(jf_order_remove(&order, &model[n_model / 2]));
		model_remove(n_model / 2);
	}
	same(&order);
	jf_order_close(&order);
}

static void it_is_a_sorted_array(void **state)
{
	(void)state;
	churn(1, 6, 20000);
	churn(1, 9, 8000);
	churn(5, 6, 20000);
	churn(1000000, 5, 20000);
	churn(1000000, 8, 8000);
}

static void memory_follows_what_is_in_it(void **state)
{
	struct jf_order order = {0};

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		assert_int_equal(jf_order_insert(&order, &(struct jf_order_item){0, i, 0, i}), 0);
	assert_true(jf_order_bytes(&order) <= 100000u * 40);
	/* Nearly everybody leaves, from anywhere. */
	for (uint32_t i = 0; i < 100000; i++)
		if (i % 16)
			assert_true(jf_order_remove(&order, &(struct jf_order_item){0, i, 0, i}));
	assert_int_equal(order.count, 6250);
	assert_true(jf_order_bytes(&order) <= 6250u * 24 * 8);
	jf_order_close(&order);
	assert_null(jf_order_first(&order));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_a_sorted_array),
	        cmocka_unit_test(memory_follows_what_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
