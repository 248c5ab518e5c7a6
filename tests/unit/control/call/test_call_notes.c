// SPDX-License-Identifier: BSD-3-Clause
/* Notes are kept as text: added, the last one amended, shown and read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jf_call_notes.h"

static struct jf_call_notes notes;

static int clear(void **state)
{
	(void)state;
	jf_call_notes_clear(&notes);
	return 0;
}

static void note(int n)
{
	struct jf_json_writer w;

	jf_json_write(&w);
	jf_json_put_integer(&w, "n", n);
	jf_call_notes_add(&notes, &w);
}

static void amend(const char *key, int value)
{
	json_t *last = jf_call_notes_last(&notes);

	assert_non_null(last);
	json_object_set_new(last, key, json_integer(value));
	jf_call_notes_amend(&notes, last);
}

static void assert_shown(const char *wanted)
{
	struct jf_json_writer w;
	char *text;

	jf_json_write(&w);
	jf_call_notes_put(&w, "notes", &notes);
	text = jf_json_written(&w, NULL);
	assert_string_equal(text, wanted);
	free(text);
}

static void they_come_in_the_order_in_which_they_were_made(void **state)
{
	(void)state;
	assert_shown("{\"notes\":[]}");
	note(1);
	assert_shown("{\"notes\":[{\"n\":1}]}");
	note(2);
	note(3);
	assert_shown("{\"notes\":[{\"n\":1},{\"n\":2},{\"n\":3}]}");
}

static void the_last_one_is_amended(void **state)
{
	(void)state;
	assert_null(jf_call_notes_last(&notes));
	jf_call_notes_amend(&notes, NULL);
	assert_shown("{\"notes\":[]}");
	note(1);
	amend("also", 7);
	assert_shown("{\"notes\":[{\"n\":1,\"also\":7}]}");
	note(2);
	amend("n", 20);
	amend("also", 8);
	note(3);
	assert_shown("{\"notes\":[{\"n\":1,\"also\":7},{\"n\":20,\"also\":8},{\"n\":3}]}");
}

static void they_are_read_as_they_are_shown(void **state)
{
	json_t *array = json_pack("[{s:i}, {s:s}]", "n", 1, "text", "\",{\"");

	(void)state;
	note(9);
	jf_call_notes_read(&notes, NULL);
	assert_shown("{\"notes\":[{\"n\":9}]}");
	jf_call_notes_read(&notes, array);
	amend("n", 2);
	note(3);
	assert_shown("{\"notes\":[{\"n\":1},{\"text\":\"\\\",{\\\"\",\"n\":2},{\"n\":3}]}");
	json_decref(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(they_come_in_the_order_in_which_they_were_made, clear),
	        cmocka_unit_test_teardown(the_last_one_is_amended, clear),
	        cmocka_unit_test_teardown(they_are_read_as_they_are_shown, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
