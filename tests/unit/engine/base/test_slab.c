// SPDX-License-Identifier: BSD-3-Clause
#include "jf_slab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct jf_slab *slab;

static int fresh(void **state)
{
	(void)state;
	return jf_slab_create(4, 100, &slab);
}

static int gone(void **state)
{
	(void)state;
	jf_slab_destroy(slab);
	return 0;
}

static void all_go_out_and_no_more(void **state)
{
	uint32_t index, generation;

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(jf_slab_take(slab, &index, &generation), 0);
		assert_int_equal(index, i);
		assert_int_equal(generation, 100 + i);
	}
	assert_int_equal(jf_slab_take(slab, &index, &generation), -ENOSPC);
	assert_int_equal(jf_slab_used(slab), 4);
	assert_int_equal(jf_slab_count(slab), 4);
}

static void an_old_pair_is_recognised(void **state)
{
	uint32_t index, generation;

	(void)state;
	assert_int_equal(jf_slab_take(slab, &index, &generation), 0);
	assert_true(jf_slab_holds(slab, index, generation));
	assert_int_equal(jf_slab_put(slab, index, generation), 0);
	assert_false(jf_slab_holds(slab, index, generation));
	assert_int_equal(jf_slab_put(slab, index, generation), -ESTALE);
	assert_int_equal(jf_slab_put(slab, 4, 100), -ESTALE);
	/* the one that has been free the longest goes out first */
	for (int i = 0; i < 3; i++) {
		uint32_t other, other_generation;

		assert_int_equal(jf_slab_take(slab, &other, &other_generation), 0);
		assert_int_not_equal(other, index);
	}
	assert_int_equal(jf_slab_put(slab, 2, 102), 0);
}

static void what_is_found_after_a_restart_can_be_claimed(void **state)
{
	uint32_t index, generation;

	(void)state;
	assert_int_equal(jf_slab_claim(slab, 2, 777), 0);
	assert_int_equal(jf_slab_claim(slab, 2, 778), -EBUSY);
	assert_int_equal(jf_slab_claim(slab, 1, 0), -EINVAL);
	assert_int_equal(jf_slab_claim(slab, 4, 5), -EINVAL);
	assert_true(jf_slab_holds(slab, 2, 777));
	/* later generations differ from it */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(jf_slab_take(slab, &index, &generation), 0);
		assert_int_not_equal(index, 2);
		assert_int_equal(generation, 778 + (uint32_t)i);
	}
	assert_int_equal(jf_slab_take(slab, &index, &generation), -ENOSPC);
	assert_int_equal(jf_slab_put(slab, 2, 777), 0);
	assert_int_equal(jf_slab_take(slab, &index, &generation), 0);
	assert_int_equal(index, 2);
}

static void generations_skip_zero(void **state)
{
	struct jf_slab *last;
	uint32_t index, generation;

	(void)state;
	assert_int_equal(jf_slab_create(2, UINT32_MAX, &last), 0);
	assert_int_equal(jf_slab_take(last, &index, &generation), 0);
	assert_int_equal(generation, UINT32_MAX);
	assert_int_equal(jf_slab_take(last, &index, &generation), 0);
	assert_int_equal(generation, 1);
	jf_slab_destroy(last);
	assert_int_equal(jf_slab_create(0, 1, &last), -EINVAL);
	assert_int_equal(jf_slab_create(UINT32_MAX, 1, &last), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(all_go_out_and_no_more, fresh, gone),
	        cmocka_unit_test_setup_teardown(an_old_pair_is_recognised, fresh, gone),
	        cmocka_unit_test_setup_teardown(what_is_found_after_a_restart_can_be_claimed, fresh,
	                                        gone),
	        cmocka_unit_test(generations_skip_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
