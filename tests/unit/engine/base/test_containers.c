// SPDX-License-Identifier: BSD-3-Clause
/* jf_list.h and jf_bitset.h */
#include "jf_bitset.h"
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

static void bits_are_found_again(void **state)
{
	static const size_t set[] = {0, 5, 63, 64, 127, 129};
	uint64_t words[JF_BITSET_WORDS(130)] = {0};
	size_t at = 0;

	(void)state;
	assert_int_equal(JF_BITSET_WORDS(130), 3);
	assert_int_equal(jf_bitset_next(words, 130, 0), 130);
	for (size_t i = 0; i < 6; i++)
		jf_bitset_set(words, set[i]);
	for (size_t i = 0; i < 6; i++, at++) {
		at = jf_bitset_next(words, 130, at);
		assert_int_equal(at, set[i]);
		assert_true(jf_bitset_get(words, at));
	}
	assert_int_equal(jf_bitset_next(words, 130, at), 130);
	assert_int_equal(jf_bitset_count(words, 130), 6);
	assert_int_equal(jf_bitset_count(words, 129), 5);
	assert_int_equal(jf_bitset_next(words, 129, 128), 129);
	jf_bitset_clear(words, 63);
	assert_false(jf_bitset_get(words, 63));
	assert_int_equal(jf_bitset_next(words, 130, 6), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_list_keeps_its_order),
	        cmocka_unit_test(bits_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
