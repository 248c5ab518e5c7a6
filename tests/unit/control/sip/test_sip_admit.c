// SPDX-License-Identifier: BSD-3-Clause
/* Admission before the stack: who is refused without state, and what still goes through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <re/re.h>

#include "jf_loop.h"
#include "jf_sip_admit.h"
#include "sip_lab.h"
#include "wire.h"

static unsigned incoming;

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)leg;
	(void)invite;
	(void)arg;
	incoming++;
}

static int setup(void **state)
{
	const struct jf_sip_handler rows = {.source_allowed = stand_in_local_trunk,
	                                    .leg_incoming = leg_incoming};

	(void)state;
	incoming = 0;
	return sip_lab_start(rows, (struct jf_sip_config){.source_rate = 10});
}

static void invite_from(const char *ip, const char *call, const char *via)
{
	char text[1024];
	int n = snprintf(
	        text, sizeof(text),
	        "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP %s:5070;branch=z9hG4bK%s%s\r\n"
	        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n"
	        "Max-Forwards: 70\r\nContact: <sip:a@%s:5070>\r\n"
	        "Content-Length: 0\r\n\r\n",
	        ip, call, via, call, ip);

	wire_receive_from(ip, 5070, text, (size_t)n);
}

static void refused_again_the_same_and_its_ack_is_nothing(void **state)
{
	char first[WIRE_TEXT_MAX], ack[WIRE_TEXT_MAX];
	struct jf_sip_load load;

	(void)state;
	jf_sip_limit_set(sip, JF_SIP_REFUSED_CALLS, true);
	invite_from("127.0.0.1", "one", "");
	strcpy(first, wire_sent());
	assert_int_equal(wire_status(first), 503);
	assert_true(atoi(wire_header(first, "Retry-After")) > 0);
	/* There is room again, but this call has been told. */
	jf_sip_limit_set(sip, JF_SIP_REFUSED_CALLS, false);
	invite_from("127.0.0.1", "one", "");
	assert_string_equal(wire_sent(), first);
	snprintf(ack, sizeof(ack),
	         "ACK sip:6100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	         "127.0.0.1:5070;branch=z9hG4bKone"
	         "\r\nFrom: <sip:a@b>;tag=1\r\nTo: %s\r\nCall-ID: one\r\nCSeq: 1 ACK\r\n"
	         "Content-Length: 0\r\n\r\n",
	         wire_header(first, "To"));
	wire_receive(ack);
	assert_int_equal(wire_count(), 0);
	assert_int_equal(incoming, 0);
	assert_int_equal(jf_sip_stats_get(sip).requests, 0); /* nothing of it reached the stack */
	wire_advance_ms(200);
	assert_int_equal(jf_loop_stats_get().timers, 0);
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.refused[JF_SIP_REFUSED_CALLS], 1);
	assert_int_equal(load.refused_again, 1);
	/* Another call is served. */
	invite_from("127.0.0.1", "two", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	assert_int_equal(incoming, 1);
}

static void call_that_was_let_in_is_not_refused_when_sent_again(void **state)
{
	(void)state;
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	jf_sip_limit_set(sip, JF_SIP_REFUSED_MEDIA, true);
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	assert_int_equal(incoming, 1);
}

static void keepalive_of_a_trunk_is_answered_all_the_same(void **state)
{
	(void)state;
	jf_sip_limit_set(sip, JF_SIP_REFUSED_CALLS, true);
	wire_receive("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	             "127.0.0.1:5070;branch=z9hG4bKo\r\n"
	             "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
	             "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(wire_status(wire_sent()), 200);
}

static void strangers_have_their_rate(void **state)
{
	struct jf_sip_load load;
	unsigned answered = 0;
	char call[16];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		snprintf(call, sizeof(call), "c%u", i);
		invite_from("10.9.9.9", call, "");
		answered += wire_status(wire_sent()) >= 400;
	}
	assert_int_equal(answered, 40); /* four seconds' worth at once */
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.limited, 160);
	assert_int_equal(incoming, 0);
	wire_advance_ms(1000);
	invite_from("10.9.9.9", "later", "");
	assert_true(wire_status(wire_sent()) >= 400);
}

static void listener_is_told_the_load_in_every_response(void **state)
{
	const char *via;

	(void)state;
	invite_from("127.0.0.1", "one", ";oc;oc-algo=\"loss\"");
	via = wire_header(wire_sent(), "Via");
	assert_non_null(strstr(via, ";oc=0;oc-algo=\"loss\";oc-validity=0;oc-seq="));
	jf_sip_limit_set(sip, JF_SIP_REFUSED_CALLS, true);
	invite_from("127.0.0.1", "two", ";oc");
	via = wire_header(wire_sent(), "Via");
	assert_non_null(strstr(via, ";oc=0;oc-algo=\"loss\";"));
}

static void draining_refuses_calls_at_the_door(void **state)
{
	(void)state;
	jf_sip_drain(sip, true);
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 503);
	jf_sip_drain(sip, false);
	invite_from("127.0.0.1", "two", "");
	assert_int_equal(wire_status(wire_sent()), 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(refused_again_the_same_and_its_ack_is_nothing),
	        TEST(call_that_was_let_in_is_not_refused_when_sent_again),
	        TEST(keepalive_of_a_trunk_is_answered_all_the_same),
	        TEST(strangers_have_their_rate),
	        TEST(listener_is_told_the_load_in_every_response),
	        TEST(draining_refuses_calls_at_the_door),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
