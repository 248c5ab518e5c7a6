// SPDX-License-Identifier: BSD-3-Clause
/* Our text of a tree is jansson's own, and the pieces of memory are good for it. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jf_json.h"

/* By whatever gave it. */
static void text_free(char *text)
{
	json_free_t give;

	json_get_alloc_funcs(NULL, &give);
	give(text);
}

static void assert_same_text(json_t *json)
{
	size_t length;
	char *ours = jf_json_text(json, &length);
	char *theirs = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *again;

	assert_non_null(ours);
	assert_non_null(theirs);
	assert_int_equal(length, strlen(ours));
	assert_string_equal(ours, theirs);
	again = json_loads(ours, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_true(json_equal(json, again));
	json_decref(again);
	json_decref(json);
	free(ours);
	text_free(theirs);
}

static void every_kind_of_value(void **state)
{
	(void)state;
	assert_same_text(json_pack(
	        "{s:i, s:I, s:I, s:f, s:f, s:f, s:b, s:b, s:n, s:[], s:{}, s:[i, s, {s:[n]}]}", "a",
	        0, "b", (json_int_t)INT64_MIN, "c", (json_int_t)INT64_MAX, "d", 0.1, "e", 3.0, "f",
	        -1e300, "g", 1, "h", 0, "i", "j", "k", "l", 1, "x", "m"));
}

static void every_character(void **state)
{
	char text[] = {0, 0};

	(void)state;
	for (int c = 1; c < 128; c++) {
		text[0] = (char)c;
		assert_same_text(json_pack("{s:s}", text, text));
	}
	assert_same_text(json_string("h\u00f6ren \u20ac \U0001F4DE"));
	assert_same_text(json_stringn("a\0b", 3));
	assert_same_text(json_string(""));
}

static void long_texts_and_many_pieces(void **state)
{
	json_t *list = json_array();
	char text[2000];

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		text[i * 7 % sizeof(text)] = '\0';
		json_array_append_new(list,
		                      json_pack("{s:s, s:I}", "text", text, "n", (json_int_t)i));
	}
	assert_same_text(list);
}

static void what_is_no_tree_has_no_text(void **state)
{
	json_t *deep = json_array();

	(void)state;
	assert_null(jf_json_text(NULL, NULL));
	for (int i = 0; i < 100; i++)
		deep = json_pack("[o]", deep);
	assert_null(jf_json_text(deep, NULL));
	json_decref(deep);
}

static void put_all(struct jf_json_writer *w, const json_t *tree)
{
	jf_json_write(w);
	jf_json_put_text(w, "text", "say \"h\u00f6ren\"\n");
	jf_json_put_text(w, "no UTF-8", "\xff");
	jf_json_put_plain(w, "plain", "00ffz12.", 8);
	jf_json_put_integer(w, "least", INT64_MIN);
	jf_json_put_integers(w, "pair", (int64_t[]){1, -2}, 2);
	jf_json_put_object(w, "inner");
	jf_json_put_bool(w, "yes", true);
	jf_json_put_object(w, "empty");
	jf_json_put_object_end(w);
	jf_json_put_bool(w, "no", false);
	jf_json_put_object_end(w);
	jf_json_put_tree(w, "tree", tree);
	jf_json_put_tree(w, "nothing", NULL);
	jf_json_put_members(w, tree);
}

static void text_without_a_tree(void **state)
{
	json_t *tree = json_pack("{s:[i, n], s:s}", "list", 7, "a", "b");
	struct jf_json_writer w;
	size_t length;
	char *text;

	(void)state;
	put_all(&w, tree);
	text = jf_json_written(&w, &length);
	assert_string_equal(text, "{\"text\":\"say \\\"h\u00f6ren\\\"\\n\",\"plain\":\"00ffz12.\","
	                          "\"least\":-9223372036854775808,\"pair\":[1,-2],"
	                          "\"inner\":{\"yes\":true,\"empty\":{},\"no\":false},"
	                          "\"tree\":{\"list\":[7,null],\"a\":\"b\"},"
	                          "\"list\":[7,null],\"a\":\"b\"}");
	assert_int_equal(length, strlen(text));
	free(text);
	json_decref(tree);
	jf_json_write(&w);
	text = jf_json_written(&w, NULL);
	assert_string_equal(text, "{}");
	free(text);
}

static void decimals_are_rounded_and_no_longer_than_needed(void **state)
{
	struct jf_json_writer w;
	char *text;

	(void)state;
	jf_json_write(&w);
	jf_json_put_decimal(&w, "a", 4.414999, 2);
	jf_json_put_decimal(&w, "b", 0.5, 4);
	jf_json_put_decimal(&w, "c", 3, 3);
	jf_json_put_decimal(&w, "d", -0.0305, 6);
	jf_json_put_decimal(&w, "e", -0.001, 2);
	jf_json_put_decimal(&w, "f", 0.9999, 3);
	jf_json_put_decimal(&w, "g", 1e300, 2);
	jf_json_put_decimal(&w, "h", NAN, 2);
	jf_json_put_decimal(&w, "i", -INFINITY, 2);
	jf_json_put_decimal(&w, "j", 10.05, 6);
	text = jf_json_written(&w, NULL);
	assert_string_equal(text, "{\"a\":4.41,\"b\":0.5,\"c\":3.0,\"d\":-0.0305,\"e\":0.0,"
	                          "\"f\":1.0,\"g\":1.0000000000000001e300,\"j\":10.05}");
	free(text);
}

static void what_was_written_before_goes_in_again(void **state)
{
	struct jf_json_writer w;
	json_t *tree, *wanted;

	(void)state;
	jf_json_write(&w);
	jf_json_put_written(&w, "before", "{\"a\":[1]}");
	jf_json_put_written(&w, "nothing", NULL);
	jf_json_put_array(&w, "list");
	jf_json_add_written(&w, NULL);
	jf_json_add_written(&w, "{\"n\":1},{\"n\":2}");
	jf_json_add_object(&w);
	jf_json_put_integer(&w, "n", 3);
	jf_json_put_object_end(&w);
	jf_json_put_array_end(&w);
	jf_json_put_array(&w, "empty");
	jf_json_put_array_end(&w);
	jf_json_put_bool(&w, "last", true);
	tree = jf_json_written_tree(&w);
	wanted = json_pack("{s:{s:[i]}, s:[{s:i}, {s:i}, {s:i}], s:[], s:b}", "before", "a", 1,
	                   "list", "n", 1, "n", 2, "n", 3, "empty", "last", 1);
	assert_non_null(tree);
	assert_true(json_equal(tree, wanted));
	json_decref(tree);
	json_decref(wanted);
}

static void *make_tree(void *arg)
{
	(void)arg;
	json_decref(json_pack("{s:[s, s]}", "of", "another", "thread"));
	return json_pack("{s:[s, i]}", "agents", "1001", 21000);
}

/* The loop's pool is not for them, and they end in the loop without harm to it. */
static void trees_of_other_threads(void **state)
{
	json_t *ours = json_pack("{s:s}", "of", "the loop");
	pthread_t thread;
	void *tree;
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_create(&thread, NULL, make_tree, NULL), 0);
		assert_int_equal(pthread_join(thread, &tree), 0);
		text = jf_json_text(tree, NULL);
		assert_string_equal(text, "{\"agents\":[\"1001\",21000]}");
		free(text);
		json_decref(tree);
	}
	assert_string_equal(json_string_value(json_object_get(ours, "of")), "the loop");
	json_decref(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_value),
	        cmocka_unit_test(every_character),
	        cmocka_unit_test(text_without_a_tree),
	        cmocka_unit_test(decimals_are_rounded_and_no_longer_than_needed),
	        cmocka_unit_test(what_was_written_before_goes_in_again),
	        cmocka_unit_test(long_texts_and_many_pieces),
	        cmocka_unit_test(what_is_no_tree_has_no_text),
	        cmocka_unit_test(trees_of_other_threads),
	};

	jf_json_pool_use();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
