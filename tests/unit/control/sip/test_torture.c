// SPDX-License-Identifier: BSD-3-Clause
/* The messages of RFC 4475 against the whole stack: each gets its answer, and after each the stack
 * still answers OPTIONS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sip_lab.h"
#include "torture.h"
#include "wire.h"

#define TRUNK    "10.1.0.1"
#define STRANGER "10.2.0.1"

static int setup(void **state)
{
	const struct jf_sip_handler rows = {.source_allowed = stand_in_net_trunk,
	                                    .leg_incoming = stand_in_leg_refused};

	(void)state;
	return sip_lab_start(rows, (struct jf_sip_config){0});
}

/* The final response's code, "-": none was sent. */
static const char *answer(void)
{
	static char code[8];
	const char *sent;

	strcpy(code, "-");
	while ((sent = wire_sent()))
		if (strncmp(sent, "SIP/2.0 1", 9) != 0)
			(void)sscanf(sent, "SIP/2.0 %7s", code);
	return code;
}

static void expect_alive(const char *ip, unsigned number)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKalive%u\r\n"
	         "From: <sip:a@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: alive-%u\r\n"
	         "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
	         number, number);
	wire_receive_from(ip, 5070, text, strlen(text));
	assert_string_equal(answer(), "200");
}

static void check_all(const char *ip, bool trunk)
{
	static struct torture list[64];
	unsigned count = torture_read(list, 64), wrong = 0;

	assert_int_equal(count, 49);
	for (unsigned i = 0; i < count; i++) {
		const char *expected = trunk ? list[i].trunk : list[i].stranger;

		wire_receive_from(ip, 5070, list[i].bytes, list[i].length);
		if (strcmp(answer(), expected) != 0) {
			wire_receive_from(ip, 5070, list[i].bytes, list[i].length);
			print_error("%s: %s, not %s\n", list[i].name, answer(), expected);
			wrong++;
		}
		expect_alive(ip, i);
	}
	assert_int_equal(wrong, 0);
}

static void a_stranger_is_answered_as_rfc_4475_says(void **state)
{
	(void)state;
	check_all(STRANGER, false);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void a_trunk_is_answered_as_rfc_4475_says(void **state)
{
	(void)state;
	check_all(TRUNK, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(a_stranger_is_answered_as_rfc_4475_says),
	        TEST(a_trunk_is_answered_as_rfc_4475_says),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
