// SPDX-License-Identifier: BSD-3-Clause
#include "jf_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct thing {
	int number;
	struct jf_link link;
};

static int number_of(const struct jf_link *link)
{
	return link ? JF_CONTAINER(link, struct thing, link)->number : -1;
}

static void a_list_keeps_its_order(void **state)
{
	struct thing things[4] = {{1, {0}}, {2, {0}}, {3, {0}}, {4, {0}}};
	struct jf_list list;
	int seen = 0;

	(void)state;
	jf_list_init(&list);
	assert_true(jf_list_empty(&list));
	assert_null(jf_list_first(&list));
	jf_list_append(&list, &things[1].link);
	jf_list_append(&list, &things[3].link);
	jf_list_prepend(&list, &things[0].link);
	jf_link_insert_after(&things[1].link, &things[2].link);
	assert_int_equal(number_of(jf_list_first(&list)), 1);
	assert_int_equal(number_of(jf_list_last(&list)), 4);
	JF_LIST_FOR(link, &list)
	{
		assert_int_equal(number_of(link), ++seen);
		if (seen % 2)
			jf_list_remove(link);
	}
	assert_int_equal(seen, 4);
	assert_int_equal(number_of(jf_list_first(&list)), 2);
	assert_false(jf_link_linked(&things[0].link));
	assert_true(jf_link_linked(&things[1].link));
	jf_list_remove(&things[0].link);
	jf_list_remove(&things[1].link);
	jf_list_remove(&things[3].link);
	assert_true(jf_list_empty(&list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_list_keeps_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
