// SPDX-License-Identifier: BSD-3-Clause
/* Our text of a tree is jansson's own, and the pieces of memory are good for it. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_kind_of_value),
	        cmocka_unit_test(every_character),
	        cmocka_unit_test(text_without_a_tree),
	        cmocka_unit_test(long_texts_and_many_pieces),
	        cmocka_unit_test(what_is_no_tree_has_no_text),
	};

	jf_json_pool_use();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
