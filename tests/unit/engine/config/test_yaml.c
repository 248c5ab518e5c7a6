// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_yaml.h"

struct dog {
	char *name;
	uint8_t age;
	int8_t rank;
	bool barks;
};

struct kennel {
	char *owner;
	struct dog *dogs;
	unsigned dogs_count;
};

static const cyaml_schema_field_t dog_fields[] = {
        CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct dog, name, 2, 8),
        CYAML_FIELD_UINT("age", CYAML_FLAG_OPTIONAL, struct dog, age),
        CYAML_FIELD_INT("rank", CYAML_FLAG_OPTIONAL, struct dog, rank),
        CYAML_FIELD_BOOL("barks", CYAML_FLAG_OPTIONAL, struct dog, barks),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t dog_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct dog, dog_fields)};
static const cyaml_schema_field_t kennel_fields[] = {
        CYAML_FIELD_STRING_PTR("owner", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct kennel,
                               owner, 1, 10),
        CYAML_FIELD_SEQUENCE("dogs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct kennel, dogs,
                             &dog_schema, 0, 3),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t kennel_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct kennel, kennel_fields)};

static int load(const char *text, struct kennel **ret_kennel, struct jf_yaml_error *ret_error)
{
	struct jf_yaml *yaml = NULL;
	void *data = NULL;
	int err = jf_yaml_open("k.yaml", text, strlen(text), &yaml, ret_error);

	if (!err)
		err = jf_yaml_read(yaml, &kennel_schema, &data, ret_error);
	jf_yaml_close(yaml);
	if (!err)
		*ret_kennel = data;
	return err;
}

static void assert_fails(const char *text, const char *expected)
{
	struct kennel *kennel = NULL;
	struct jf_yaml_error error = {.line = 77};
	char said[JF_YAML_ERROR_TEXT];

	assert_int_equal(load(text, &kennel, &error), -EINVAL);
	assert_null(kennel);
	jf_yaml_error_text(&error, said, sizeof(said));
	if (strncmp(said, expected, strlen(expected)))
		fail_msg("said '%s', expected '%s'", said, expected);
}

static void a_good_text_becomes_a_struct(void **state)
{
	struct kennel *kennel = NULL;
	struct jf_yaml_error error;

	(void)state;
	assert_int_equal(load("owner: acme # comment\ndogs:\n  - {name: rex, age: 3, rank: -2}\n"
	                      "  - name: \"m\xc3\xa4x\"\n    barks: true\n",
	                      &kennel, &error),
	                 0);
	assert_string_equal(kennel->owner, "acme");
	assert_int_equal(kennel->dogs_count, 2);
	assert_int_equal(kennel->dogs[0].age, 3);
	assert_int_equal(kennel->dogs[0].rank, -2);
	assert_string_equal(kennel->dogs[1].name, "m\xc3\xa4x");
	assert_true(kennel->dogs[1].barks);
	jf_yaml_free(&kennel_schema, kennel);
}

static void an_empty_text_is_an_empty_mapping(void **state)
{
	static const char *const texts[] = {"", "# only a comment\n", "---\n...\n", "{}\n"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct kennel *kennel = NULL;
		struct jf_yaml_error error;

		if (i == 2) {
			assert_fails(texts[i], "k.yaml:");
			continue;
		}
		assert_int_equal(load(texts[i], &kennel, &error), 0);
		assert_null(kennel->owner);
		assert_int_equal(kennel->dogs_count, 0);
		jf_yaml_free(&kennel_schema, kennel);
	}
}

static void syntax_errors_have_their_place(void **state)
{
	(void)state;
	assert_fails("owner: acme\n dogs: []\n", "k.yaml:2:6: mapping values are not allowed");
	assert_fails("owner: [a\n", "k.yaml:2:1: ");
	assert_fails("owner: \"a\n", "k.yaml:2:1: found unexpected end of stream");
	assert_fails("dogs:\n\t- name: rex\n", "k.yaml:2:1: found character that cannot start");
	assert_fails("owner: a\x01\n", "k.yaml:1:");
	assert_fails("owner: \xff\xfe\n", "k.yaml:1:");
}

static void surprises_of_yaml_are_refused(void **state)
{
	char deep[256];

	(void)state;
	assert_fails("owner: &a acme\n", "k.yaml:1:8: anchors");
	assert_fails("owner: a\ndogs: *x\n", "k.yaml:2:7: aliases");
	assert_fails("owner: !!str a\n", "k.yaml:1:8: tags");
	assert_fails("owner: a\n---\nowner: b\n", "k.yaml:2:1: a second document");
	assert_fails("owner: a\ndogs: []\nowner: b\n",
	             "k.yaml:3:1: key 'owner' stands here a second time, first in line 1");
	assert_fails("[a]: b\n", "k.yaml:1:1: a key must be a word");
	snprintf(deep, sizeof(deep), "owner: ");
	memset(deep + 7, '[', 100);
	memset(deep + 107, ']', 100);
	deep[207] = '\0';
	assert_fails(deep, "k.yaml:1:39: nested deeper than 32 levels");
}

static void schema_errors_have_their_place(void **state)
{
	(void)state;
	assert_fails("owner: a\ncats: 3\n",
	             "k.yaml:2:1: unknown key 'cats'; known here: owner, dogs");
	assert_fails("dogs:\n  - age: 3\n", "k.yaml:2:5: key 'name' is missing");
	assert_fails("dogs: rex\n", "k.yaml:1:7: dogs: must be a list, is a single value");
	assert_fails("dogs:\n  - rex\n", "k.yaml:2:5: dogs: must be a mapping");
	assert_fails("- a\n", "k.yaml:1:1: the file: must be a mapping");
	assert_fails("owner: abcdefghijkl\n", "k.yaml:1:8: owner: longer than 10 bytes");
	assert_fails("owner:\n", "k.yaml:1:7: owner: has no value");
	assert_fails("dogs: [{name: x}]\n", "k.yaml:1:15: name: shorter than 2 bytes");
	assert_fails("dogs: [{name: aa}, {name: aa}, {name: aa}, {name: aa}]\n",
	             "k.yaml:1:44: dogs: more than 3 entries");
	assert_fails("owner: \"a\\0b\"\n", "k.yaml:1:8: owner: contains a NUL");
}

static void scalars_mean_what_they_say(void **state)
{
	(void)state;
	assert_fails("dogs: [{name: rex, age: 3x}]\n",
	             "k.yaml:1:25: age: '3x' is not a whole decimal number");
	assert_fails("dogs: [{name: rex, age: 070}]\n", "k.yaml:1:25: age: '070' is not");
	assert_fails("dogs: [{name: rex, age: 0x10}]\n", "k.yaml:1:25: age: '0x10' is not");
	assert_fails("dogs: [{name: rex, age: -1}]\n", "k.yaml:1:25: age: '-1' is not");
	assert_fails("dogs: [{name: rex, age: 256}]\n", "k.yaml:1:25: age: 256 is too large");
	assert_fails("dogs: [{name: rex, age: 99999999999999999999}]\n", "k.yaml:1:25: age: ");
	assert_fails("dogs: [{name: rex, rank: -129}]\n", "k.yaml:1:26: ");
	assert_fails("dogs: [{name: rex, barks: perhaps}]\n",
	             "k.yaml:1:27: barks: 'perhaps' is neither true nor false");
}

static void places_are_found_by_path(void **state)
{
	static const char text[] = "owner: a\ndogs:\n  - name: rex\n    age: 3\n";
	struct jf_yaml *yaml = NULL;
	struct jf_yaml_error error;
	struct jf_yaml_mark mark;
	char said[JF_YAML_ERROR_TEXT];

	(void)state;
	assert_int_equal(jf_yaml_open("a\nb", text, strlen(text), &yaml, &error), 0);
	mark = jf_yaml_where(yaml, "dogs[0].age");
	assert_int_equal(mark.line, 4);
	assert_int_equal(mark.column, 10);
	mark = jf_yaml_where(yaml, "dogs[0].rank"); /* not there: the mapping */
	assert_int_equal(mark.line, 3);
	assert_int_equal(mark.column, 5);
	mark = jf_yaml_where(yaml, "dogs[9]");
	assert_int_equal(mark.line, 3);
	assert_int_equal(mark.column, 3);
	assert_int_equal(jf_yaml_fail(yaml, &error, "owner", "who is %s?", "a"), -EINVAL);
	assert_string_equal(jf_yaml_error_text(&error, said, sizeof(said)),
	                    "a\\x0ab:1:8: who is a?");
	jf_yaml_close(yaml);
}

static void a_giant_is_refused(void **state)
{
	char *text = calloc(1, JF_YAML_SIZE_MAX + 1);
	struct jf_yaml *yaml = NULL;
	struct jf_yaml_error error;

	(void)state;
	assert_int_equal(jf_yaml_open("k", text, JF_YAML_SIZE_MAX + 1, &yaml, &error), -EFBIG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_text_becomes_a_struct),
	        cmocka_unit_test(an_empty_text_is_an_empty_mapping),
	        cmocka_unit_test(syntax_errors_have_their_place),
	        cmocka_unit_test(surprises_of_yaml_are_refused),
	        cmocka_unit_test(schema_errors_have_their_place),
	        cmocka_unit_test(scalars_mean_what_they_say),
	        cmocka_unit_test(places_are_found_by_path),
	        cmocka_unit_test(a_giant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
