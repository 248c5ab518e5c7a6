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

#include "jf_loop.h"
#include "jf_sip.h"
#include "torture.h"
#include "wire.h"
#include "nobody.h"

#define TRUNK    "10.1.0.1"
#define STRANGER "10.2.0.1"

static struct jf_sip *sip;

static bool source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)arg;
	*ret_trunk = 1;
	return source->ip[1] == 1;
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)invite;
	(void)arg;
	jf_leg_reject(leg, 404, NULL, NULL);
}

static const struct jf_sip_handler handler = {
        .source_allowed = source_allowed,
        .agent_ha1 = nobody_ha1,
        .registration_changed = nobody_registration_changed,
        .leg_incoming = leg_incoming,
        .leg_event = nobody_leg_event,
};

static int setup(void **state)
{
	struct jf_sip_config config = {
	        .addresses = {"127.0.0.1"}, .udp_port = 5060, .realm = "test", .handler = &handler};

	(void)state;
	return jf_loop_init(0) || jf_sip_create(&config, &sip);
}

static int teardown(void **state)
{
	(void)state;
	jf_sip_destroy(sip);
	jf_loop_close();
	wire_reset();
	return 0;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_stranger_is_answered_as_rfc_4475_says),
	        TEST(a_trunk_is_answered_as_rfc_4475_says),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
