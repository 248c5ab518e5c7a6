// SPDX-License-Identifier: BSD-3-Clause
/* Who calls, what is hidden, who diverted: read from what trunks send, written for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_identity.h"

static struct jf_identity asserted(const char *value)
{
	struct jf_identity i = {.privacy = 0};

	jf_identity_read_asserted(jf_slice_of(value), &i);
	return i;
}

static void the_asserted_number_and_name_are_read(void **state)
{
	static const struct {
		const char *value, *user, *name;
	} rows[] = {
	        {"<sip:+3726001000@carrier.example>", "+3726001000", ""},
	        {"\"Jane \\\"J\\\" Doe, Ltd\" <sip:+3726001000@c.example;user=phone>",
	         "+3726001000", "Jane \"J\" Doe, Ltd"},
	        {"tel:+3726001000", "+3726001000", ""},
	        {"tel:+3726001000;phone-context=x", "+3726001000", ""},
	        {"\"A\" <tel:+3726001000>, \"B\" <sip:b@c.example>", "+3726001000", "A"},
	        {"<sip:carrier.example>, <sip:+372@c>", "+372", ""},
	        {"Cullen Jennings <sip:fluffy@cisco.com>", "fluffy", "Cullen Jennings"},
	        {"sips:%2B372:secret@c", "+372", ""},
	        {"<sip:a%00b%7f@c>", "a?b?", ""},
	        {"<mailto:x@y>", "", ""},
	        {"<sip:", "", ""},
	        {"\"unclosed <sip:a@b>", "", ""},
	        {"", "", ""},
	        {",,,", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jf_identity identity = asserted(rows[i].value);

		if (strcmp(identity.asserted_user, rows[i].user) != 0)
			print_message("%s: %s\n", rows[i].value, identity.asserted_user);
		assert_string_equal(identity.asserted_user, rows[i].user);
		assert_string_equal(identity.asserted_name, rows[i].name);
	}
}

static bool withheld(const char *value)
{
	struct jf_identity i = {.privacy = 0};

	jf_identity_read_privacy(jf_slice_of(value), &i);
	return jf_identity_is_withheld(&i);
}

static void privacy_hides_the_caller(void **state)
{
	(void)state;
	assert_true(withheld("id"));
	assert_true(withheld("ID; critical"));
	assert_true(withheld("user;header"));
	assert_false(withheld("none"));
	assert_false(withheld("none;id"));
	assert_false(withheld("history"));
	assert_false(withheld("identity"));
	assert_false(withheld(""));
}

static void who_diverted_last_is_read(void **state)
{
	struct jf_identity i = {.privacy = 0}, h = i, n = i;

	(void)state;
	jf_identity_read_diversion(jf_slice_of("\"B\" <sip:+3722@c>;reason=no-answer;counter=2, "
	                                       "<tel:+3721>;reason=unconditional"),
	                           &i);
	jf_identity_read_diversion(jf_slice_of("<sip:+3720@c>"), &i);
	assert_string_equal(i.diverted_user, "+3722");
	assert_string_equal(i.diverted_reason, "no-answer");
	assert_int_equal(i.diversions, 4);
	/* RFC 7044 */
	jf_identity_read_history(
	        jf_slice_of("<sip:+3721@c>;index=1,<sip:+3722@c;cause=302>;index=1.1;mp=1,"
	                    "<sip:+3723@c;cause=408>;index=1.2;mp=1.1"),
	        &h);
	assert_string_equal(h.diverted_user, "+3722");
	assert_string_equal(h.diverted_reason, "408");
	assert_int_equal(h.diversions, 2);
	jf_identity_read_history(jf_slice_of("<sip:+3721@c>;index=1"), &n);
	assert_int_equal(n.diversions, 0);
	jf_identity_read_history(jf_slice_of("<sip:x@c>;index=1,<sip:y@c>;index=1.1"), &i);
	assert_string_equal(i.diverted_user, "+3722"); /* Diversion goes before */
}

static struct jf_identity_headers write(struct jf_identity_told told)
{
	struct jf_identity_headers headers;

	told.domain = "carrier.example";
	told.called = "+3725551234";
	if (!told.diverted)
		told.diverted = "";
	if (!told.name)
		told.name = "";
	jf_identity_write(&told, &headers);
	return headers;
}

static void a_trunk_learns_what_it_may(void **state)
{
	struct jf_identity_headers h = write(
	        (struct jf_identity_told){.number = "+3726001000", .name = "Sales \"x\"\r\nA: b"});

	(void)state;
	assert_string_equal(h.from_user, "+3726001000");
	assert_string_equal(h.from_name, "Sales xA b");
	assert_string_equal(h.from_host, "carrier.example");
	assert_string_equal(h.lines, "");
	h = write((struct jf_identity_told){.number = "+3726001000", .withheld = true});
	assert_string_equal(h.from_user, "anonymous");
	assert_string_equal(h.from_host, "anonymous.invalid");
	assert_null(strstr(h.lines, "6001000"));
	h = write((struct jf_identity_told){
	        .number = "+3726001000", .name = "Sales", .withheld = true, .trusted = true});
	assert_string_equal(h.from_user, "anonymous");
	assert_string_equal(h.lines,
	                    "P-Asserted-Identity: \"Sales\" "
	                    "<sip:+3726001000@carrier.example;user=phone>\r\nPrivacy: id\r\n");
	h = write((struct jf_identity_told){
	        .number = "", .diverted = "+3726009999\r\nX: y", .trusted = true});
	assert_string_equal(h.from_user, "anonymous");
	assert_string_equal(
	        h.lines,
	        "Diversion: <sip:+3726009999Xy@carrier.example;user=phone>;reason=unconditional;"
	        "counter=1\r\nHistory-Info: <sip:+3726009999Xy@carrier.example;user=phone>;index=1,"
	        "<sip:+3725551234@carrier.example;user=phone;cause=302>;index=1.1;mp=1\r\n");
}

static void what_is_written_is_read_again(void **state)
{
	struct jf_identity_headers h = write((struct jf_identity_told){.number = "+3726001000",
	                                                               .name = "Sales, North",
	                                                               .diverted = "+3726009999",
	                                                               .withheld = true,
	                                                               .trusted = true});
	struct jf_identity i = {.privacy = 0};
	char *line = h.lines;

	(void)state;
	for (char *end; (end = strstr(line, "\r\n")); line = end + 2) {
		char *colon = strchr(line, ':');
		struct jf_slice value = {colon + 1, (size_t)(end - colon - 1)};

		if (!strncmp(line, "P-Asserted-Identity", 19))
			jf_identity_read_asserted(value, &i);
		else if (!strncmp(line, "Privacy", 7))
			jf_identity_read_privacy(value, &i);
		else if (!strncmp(line, "Diversion", 9))
			jf_identity_read_diversion(value, &i);
		else
			jf_identity_read_history(value, &i);
	}
	assert_string_equal(i.asserted_user, "+3726001000");
	assert_string_equal(i.asserted_name, "Sales, North");
	assert_true(jf_identity_is_withheld(&i));
	assert_string_equal(i.diverted_user, "+3726009999");
	assert_int_equal(i.diversions, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_asserted_number_and_name_are_read),
	        cmocka_unit_test(privacy_hides_the_caller),
	        cmocka_unit_test(who_diverted_last_is_read),
	        cmocka_unit_test(a_trunk_learns_what_it_may),
	        cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
