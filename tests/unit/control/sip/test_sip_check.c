// SPDX-License-Identifier: BSD-3-Clause
/* What a message must be before anything is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jf_sip_check.h"
#include "torture.h"

static const char *verdict_text(const struct jf_sip_check *check)
{
	static char text[8];

	if (check->verdict == JF_SIP_CHECK_REFUSE)
		snprintf(text, sizeof(text), "%u", check->code);
	else
		snprintf(text, sizeof(text), "%s",
		         check->verdict == JF_SIP_CHECK_SERVE ? "serve" : "drop");
	return text;
}

static void rfc_4475_is_judged_as_it_says(void **state)
{
	static struct torture list[64];
	unsigned count = torture_read(list, 64), wrong = 0;
	struct jf_sip_check check;

	(void)state;
	assert_int_equal(count, 49);
	for (unsigned i = 0; i < count; i++) {
		/* not one byte beyond: what is read there, a sanitizer sees */
		char *exact = malloc(list[i].length);

		memcpy(exact, list[i].bytes, list[i].length);
		jf_sip_check(exact, list[i].length, false, &check);
		if (strcmp(verdict_text(&check), list[i].verdict) != 0) {
			print_error("%s: %s, not %s (%s)\n", list[i].name, verdict_text(&check),
			            list[i].verdict, check.reason ? check.reason : "");
			wrong++;
		}
		free(exact);
	}
	assert_int_equal(wrong, 0);
}

#define START "OPTIONS sip:desk@h SIP/2.0\r\n"
#define VIA   "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
#define FROM  "From: <sip:a@h>;tag=1\r\n"
#define REST  "To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
#define ALL   VIA FROM REST
#define END   "Content-Length: 0\r\n\r\n"

struct row {
	const char *text;
	const char *verdict;
	bool stream;
};

static void check_rows(const struct row *rows, size_t count)
{
	struct jf_sip_check check;

	for (size_t i = 0; i < count; i++) {
		jf_sip_check(rows[i].text, strlen(rows[i].text), rows[i].stream, &check);
		if (strcmp(verdict_text(&check), rows[i].verdict) != 0)
			fail_msg("%s, not %s (%s):\n%s", verdict_text(&check), rows[i].verdict,
			         check.reason ? check.reason : "", rows[i].text);
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(*(rows)))

static void what_two_readers_may_read_differently_is_refused(void **state)
{
	static const struct row rows[] = {
	        {START ALL "X-Foo : bar\r\n" END, "serve", false},
	        {START "Via : SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom\t: <sip:a@h>;tag=1\r\n" REST
	               "Content-Length : 0\r\n\r\n",
	         "serve", false},
	        /* counted under every name that it has */
	        {START ALL "Content-Length : 0\r\nl: 9\r\n\r\n", "400", false},
	        {START ALL "i: d\r\n" END, "400", false},
	        {START ALL "f : <sip:x@h>;tag=2\r\n" END, "400", false},
	        {START ALL "Replaces: a;to-tag=1;from-tag=2\r\nreplaces : b\r\n" END, "400", false},
	        {START ALL "X Foo: bar\r\n" END, "400", false},
	        {START ALL ": bar\r\n" END, "400", false},
	        {START ALL "no colon\r\n" END, "400", false},
	        {START ALL "X-Foo\x01: bar\r\n" END, "400", false},
	        {START " folded: start\r\n" ALL END, "400", false},
	        /* half a line end ends a line for some */
	        {START ALL "X: a\nTo: <sip:x@h>\r\n" END, "400", false},
	        {START ALL "X: a\rTo: <sip:x@h>\r\n" END, "400", false},
	        {START ALL "X: a\n\nbody\r\n" END, "400", false},
	        {"OPTIONS sip:desk@h SIP/2.0\n" ALL END, "drop", false},
	        {START ALL "X: a\x0b\r\n" END, "400", false},
	        {START ALL "X: \"a\\\x0b\"\r\n" END, "serve", false},
	        {START ALL "X: a\x7f\r\n" END, "400", false},
	        {START ALL "X: a", "400", false},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void what_must_be_there_is_there_once(void **state)
{
	static const struct row rows[] = {
	        {START ALL END, "serve", false},
	        {START ALL "\r\n", "serve", false},
	        {START ALL "\r\n", "400", true}, /* a stream needs the length */
	        {START FROM REST END, "drop", false},
	        {START VIA REST END, "400", false},
	        {START VIA "From: <sip:a@h>\r\n" REST END, "400", false},
	        {START ALL "Content-Length: 1\r\n\r\n", "400", false},
	        {START ALL "Content-Length: 1\r\n\r\nab", "serve", false},
	        {START ALL "Content-Length: +1\r\n\r\nab", "400", false},
	        {START ALL "Max-Forwards: 255\r\n" END, "serve", false},
	        {START ALL "Max-Forwards: 256\r\n" END, "400", false},
	        {START ALL "Max-Forwards: x\r\n" END, "400", false},
	        {START ALL "Contact: *\r\n" END, "400", false},
	        {START ALL "Contact: <sip:a@h>, \"x, <y>\" <sip:b@[2001:db8::1]:5060>;q=1\r\n" END,
	         "serve", false},
	        {START ALL "Contact: <sip:a@h>,\r\n" END, "400", false},
	        {START ALL "Contact: <sip:a@h:123456>\r\n" END, "400", false},
	        {START ALL "Contact: <sip:%zz@h>\r\n" END, "400", false},
	        {START ALL "Contact: <sip:a@b@h>\r\n" END, "400", false},
	        {"ACK sip:desk@h SIP/2.0\r\n" VIA "\r\n", "drop", false},
	        {"GET / HTTP/1.1\r\n\r\n", "drop", false},
	        {"\r\n\r\n", "drop", false},
	        {"", "drop", false},
	        {"SIP/2.0 200 OK\r\n" ALL END, "serve", false},
	        {"SIP/2.0 099 OK\r\n" ALL END, "drop", false},
	        {"SIP/2.0 2000 OK\r\n" ALL END, "drop", false},
	        {"SIP/2.0 200 OK\r\n" ALL FROM END, "drop", false},
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void branch_of_the_days_before_is_the_same_for_ack_and_cancel(void **state)
{
#define OLD(method, cseq, to)                                                                      \
	method " sip:desk@h SIP/2.0\r\nVia: SIP/2.0/UDP h:5070\r\n" FROM "To: <sip:b@h>" to        \
	       "\r\nCall-ID: c\r\nCSeq: " cseq " " method "\r\n" END
	static const char invite[] = OLD("INVITE", "7", ""), ack[] = OLD("ACK", "7", ";tag=x"),
	                  cancel[] = OLD("CANCEL", "7", ""), next[] = OLD("INVITE", "8", "");
	struct jf_sip_check first, other;

	(void)state;
	jf_sip_check(invite, strlen(invite), false, &first);
	assert_int_equal(first.verdict, JF_SIP_CHECK_SERVE);
	assert_memory_equal(first.branch, ";branch=", 8);
	assert_memory_equal(invite + first.branch_at - 6, "h:5070\r\n", 8);
	jf_sip_check(ack, strlen(ack), false, &other);
	assert_string_equal(other.branch, first.branch);
	jf_sip_check(cancel, strlen(cancel), false, &other);
	assert_string_equal(other.branch, first.branch);
	jf_sip_check(next, strlen(next), false, &other);
	assert_string_not_equal(other.branch, first.branch);
	jf_sip_check(START ALL END, strlen(START ALL END), false, &other);
	assert_int_equal(other.branch_at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rfc_4475_is_judged_as_it_says),
	        cmocka_unit_test(what_two_readers_may_read_differently_is_refused),
	        cmocka_unit_test(what_must_be_there_is_there_once),
	        cmocka_unit_test(branch_of_the_days_before_is_the_same_for_ack_and_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
