// SPDX-License-Identifier: BSD-3-Clause
/* Session timers (RFC 4028): both roles, both refreshers, over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "leg_peer.h"
#include "wire.h"

static const struct jf_leg_target target = {
        .uri = "sip:1001@127.0.0.1:5070;ob",
        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
        .from_user = "3725550",
        .to_user = "1001",
};

/* An incoming call up to ACK, with these headers in its INVITE; our 200. */
static const char *establish_with(const char *headers)
{
	static unsigned cseq = 100;

	struct jf_media_desc media = local_media();
	const char *ok;

	request("INVITE", ++cseq, "", headers, SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	ok = keep(expect_response(200, "INVITE"));
	request("ACK", cseq, tag_of(wire_header(ok, "To")), "", "");
	return ok;
}

static void expect_lapsed(void)
{
	const char *bye = keep(expect_request("BYE"));

	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_GONE);
	assert_int_equal(owner.end_code, 408);
	respond(bye, 481, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void peer_that_must_refresh_and_does_not(void **state)
{
	const char *ok, *tag, *m;

	(void)state;
	ok = establish_with("Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n");
	assert_string_equal(wire_header(ok, "Session-Expires"), "300;refresher=uac");
	assert_string_equal(wire_header(ok, "Require"), "timer");
	tag = tag_of(wire_header(ok, "To"));
	wire_advance_ms(150000);
	request("UPDATE", 999, tag, "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n",
	        "");
	m = expect_response(200, "UPDATE");
	assert_string_equal(wire_header(m, "Session-Expires"), "300;refresher=uac");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED); /* to be stored */
	wire_advance_ms(200000);
	expect_nothing(); /* that was in time */
	wire_advance_ms(67000);
	expect_nothing();
	wire_advance_ms(2000); /* 300 - 32 s */
	expect_lapsed();
}

static void intervals_that_are_too_small(void **state)
{
	const char *m;

	(void)state;
	request("INVITE", 1, "", "Supported: timer\r\nSession-Expires: 60\r\n", SDP);
	m = expect_response(422, "INVITE");
	assert_string_equal(wire_header(m, "Min-SE"), "90");
	assert_int_equal(owner.incoming, 0);
	/* whoever does not know of 422 gets the least that there is, and we refresh */
	m = establish_with("Session-Expires: 60\r\n");
	assert_string_equal(wire_header(m, "Session-Expires"), "90;refresher=uas");
	assert_string_equal(wire_header(m, "Require"), "");
}

static void we_refresh_by_update(void **state)
{
	const char *ok, *update;

	(void)state;
	ok = establish_with("Supported: timer\r\nAllow: INVITE, UPDATE\r\n"
	                    "Session-Expires: 200;refresher=uas\r\n");
	assert_string_equal(wire_header(ok, "Session-Expires"), "200;refresher=uas");
	wire_advance_ms(99000);
	expect_nothing();
	wire_advance_ms(1400);
	update = keep(expect_request("UPDATE sip:caller@127.0.0.1:5070"));
	assert_string_equal(wire_header(update, "Session-Expires"), "200;refresher=uac");
	assert_string_equal(wire_header(update, "Content-Length"), "0");
	respond(update, 422, "", "Min-SE: 400\r\n", "");
	wire_advance_ms(10);
	update = keep(expect_request("UPDATE"));
	assert_string_equal(wire_header(update, "Session-Expires"), "400;refresher=uac");
	assert_string_equal(wire_header(update, "Min-SE"), "400");
	respond(update, 200, "", "Require: timer\r\nSession-Expires: 400;refresher=uac\r\n", "");
	wire_advance_ms(199000);
	expect_nothing();
	wire_advance_ms(1400);
	update = keep(expect_request("UPDATE"));
	/* nobody answers: the call is over */
	wire_advance_ms(33000);
	while (wire_count() > 1)
		(void)wire_sent();
	expect_lapsed();
}

static void we_refresh_by_an_invite_that_changes_nothing(void **state)
{
	const char *ok, *invite, *again;
	unsigned events;

	(void)state;
	ok = establish_with("Supported: timer\r\nAllow: INVITE, BYE\r\n"
	                    "Session-Expires: 200;refresher=uas\r\n");
	events = owner.events;
	wire_advance_ms(100400);
	invite = keep(expect_request("INVITE sip:caller@127.0.0.1:5070"));
	assert_string_equal(strstr(invite, "o=- "), strstr(ok, "o=- ")); /* the same version */
	respond(invite, 500, "", "Retry-After: 3\r\n", "");
	expect_request("ACK");
	assert_int_equal(owner.events, events);
	wire_advance_ms(10400);
	again = keep(expect_request("INVITE"));
	respond(again, 200, "", "Session-Expires: 200;refresher=uac\r\n", SDP);
	expect_request("ACK");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED); /* no negotiation: only to be stored */
	assert_int_equal(owner.events, events + 1);
	wire_advance_ms(100400);
	/* an answer that is another one is told */
	again = keep(expect_request("INVITE"));
	events = owner.events;
	respond(again, 200, "", "Session-Expires: 200;refresher=uac\r\n", SDP "a=inactive\r\n");
	expect_request("ACK");
	assert_int_equal(owner.events, events + 2);
	assert_int_equal(jf_leg_remote_media(owner.leg)->hold, 1);
}

static void outgoing_calls_agree_too(void **state)
{
	const char *invite = call_target(&target), *again;

	(void)state;
	assert_string_equal(wire_header(invite, "Session-Expires"), "1800");
	assert_non_null(strstr(wire_header(invite, "Supported"), "timer"));
	respond(invite, 422, "x", "Min-SE: 3600\r\n", "");
	expect_request("ACK");
	again = keep(expect_request("INVITE"));
	assert_string_equal(wire_header(again, "Session-Expires"), "3600");
	assert_string_equal(wire_header(again, "Min-SE"), "3600");
	assert_string_equal(wire_header(again, "CSeq"), "2 INVITE");
	assert_string_equal(wire_header(again, "Call-ID"), wire_header(invite, "Call-ID"));
	assert_string_equal(strstr(again, "v=0") ? "sdp" : "", "sdp");
	respond(again, 200, "phone", "Session-Expires: 3600;refresher=uas\r\n", SDP);
	expect_request("ACK");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	wire_advance_ms(3567000);
	expect_nothing();
	wire_advance_ms(2000);
	expect_lapsed();
}

static void no_timer_without_an_agreement(void **state)
{
	const char *invite = call_target(&target);

	(void)state;
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK");
	wire_advance_ms(100 * 3600 * 1000);
	expect_nothing();
	assert_int_equal(owner.ended, 0);
	assert_int_equal(jf_loop_stats_get().timers, 0);
}

static void timer_goes_on_over_a_restart(void **state)
{
	struct jf_leg_state stored;
	const char *bye;

	(void)state;
	establish_with("Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n");
	assert_int_equal(jf_leg_export(owner.leg, &stored), 0);
	jf_sip_destroy(sip);
	jf_loop_close();
	wire_advance_ms(100000);
	leg_peer_setup(state);
	assert_int_equal(jf_leg_import(sip, &stored, NULL, &owner.leg), 0);
	wire_advance_ms(167000);
	expect_nothing();
	wire_advance_ms(2000);
	bye = keep(expect_request("BYE"));
	respond(bye, 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_GONE);
	/* what was stored without a timer has none */
	stored.session_s = 0;
	stored.session_since_ns = 0;
	stored.peer_updates = stored.we_refresh = 0;
	memset(&owner, 0, sizeof(owner));
	assert_int_equal(jf_leg_import(sip, &stored, NULL, &owner.leg), 0);
	wire_advance_ms(3600000);
	assert_int_equal(owner.ended, 0);
	assert_int_equal(jf_leg_export(owner.leg, &stored), 0);
	assert_int_equal(stored.session_s, 0);
}

static void what_the_node_says_of_sessions_counts(void **state)
{
	const char *m;

	(void)state;
	sip->session_s = 600;
	sip->session_min_s = 300;
	request("INVITE", 90, "", "Supported: timer\r\nSession-Expires: 299\r\n", SDP);
	assert_string_equal(wire_header(expect_response(422, "INVITE"), "Min-SE"), "300");
	m = establish_with("Supported: timer\r\n");
	assert_string_equal(wire_header(m, "Session-Expires"), "600;refresher=uac");
	m = call_target(&target);
	assert_string_equal(wire_header(m, "Session-Expires"), "600");
	assert_string_equal(wire_header(m, "Min-SE"), "300");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, leg_peer_setup, sip_lab_stop)
	        TEST(peer_that_must_refresh_and_does_not),
	        TEST(intervals_that_are_too_small),
	        TEST(we_refresh_by_update),
	        TEST(we_refresh_by_an_invite_that_changes_nothing),
	        TEST(outgoing_calls_agree_too),
	        TEST(no_timer_without_an_agreement),
	        TEST(timer_goes_on_over_a_restart),
	        TEST(what_the_node_says_of_sessions_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
