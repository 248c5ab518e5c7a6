// SPDX-License-Identifier: BSD-3-Clause
/* Calls handed on: REFER and its NOTIFYs, INVITE with Replaces, 3xx, and a peer that is silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_loop.h"
#include "leg_peer.h"
#include "wire.h"

static const struct jf_leg_target target = {
        .uri = "sip:1001@127.0.0.1:5070;ob",
        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
        .from_user = "3725550",
        .to_user = "1001",
};

/* The NOTIFY that is out: its sipfrag, answered. */
static void expect_notify(const char *status, const char *state)
{
	const char *notify = keep(expect_request("NOTIFY sip:caller@127.0.0.1:5070 SIP/2.0"));

	assert_non_null(strstr(notify, status));
	assert_non_null(strstr(wire_header(notify, "Subscription-State"), state));
	assert_non_null(strstr(wire_header(notify, "Content-Type"), "message/sipfrag"));
	assert_string_equal(wire_header(notify, "Contact"), "<sip:127.0.0.1:5060>");
	respond(notify, 200, "", "", "");
}

static void blind_transfer_is_accepted_and_told(void **state)
{
	const char *tag = establish();
	const char *m;

	(void)state;
	request("REFER", 2, tag,
	        "Refer-To: <sip:%2B3726000@127.0.0.1;user=phone>\r\n"
	        "Referred-By: \"A\" <sip:1001@127.0.0.1>\r\n",
	        "");
	assert_int_equal(owner.refers, 1);
	assert_string_equal(owner.refer_uri, "sip:%2B3726000@127.0.0.1;user=phone");
	assert_string_equal(owner.refer_user, "+3726000");
	assert_string_equal(owner.refer_by, "sip:1001@127.0.0.1");
	assert_int_equal(owner.refer_replaces, 0);
	expect_nothing();
	assert_int_equal(jf_leg_refer_notify(owner.leg, 180), -EPROTO); /* not accepted yet */
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), 0);
	m = expect_response(202, "REFER");
	assert_non_null(strstr(wire_header(m, "Contact"), "sip:127.0.0.1:5060"));
	expect_notify("SIP/2.0 100 Trying\r\n", "active;expires=");
	assert_int_equal(jf_leg_refer_notify(owner.leg, 180), 0);
	m = keep(expect_request("NOTIFY"));
	assert_int_equal(jf_leg_refer_notify(owner.leg, 183), 0); /* waits for its turn, ... */
	assert_int_equal(jf_leg_refer_notify(owner.leg, 200), 0); /* ... and is overtaken */
	expect_nothing();
	respond(m, 200, "", "", "");
	expect_notify("SIP/2.0 200 OK\r\n", "terminated;reason=noresource");
	assert_int_equal(jf_leg_refer_notify(owner.leg, 180), -EPROTO);
	/* the second one of a dialog is told apart from the first */
	request("REFER", 3, tag, "Refer-To: sip:1002@127.0.0.1\r\n", "");
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), 0);
	expect_response(202, "REFER");
	m = keep(expect_request("NOTIFY"));
	assert_string_equal(wire_header(m, "Event"), "refer;id=3");
	/* who does not listen any more is told nothing more */
	respond(m, 481, "", "", "");
	assert_int_equal(jf_leg_refer_notify(owner.leg, 200), -EPROTO);
	expect_nothing();
	request("BYE", 4, tag, "", "");
	expect_response(200, "BYE");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_PEER);
}

/* Stopped: not a word to the peer, and all that is left is what was stored. */
static void restart(void)
{
	struct jf_leg_state kept;

	assert_int_equal(jf_leg_export(owner.leg, &kept), 0);
	sip_lab_stop(NULL);
	expect_nothing();
	leg_peer_setup(NULL);
	assert_int_equal(jf_leg_import(sip, &kept, NULL, &owner.leg), 0);
}

static void a_reference_is_told_after_a_restart(void **state)
{
	char tag[64];
	const char *m;

	(void)state;
	snprintf(tag, sizeof(tag), "%s", establish());
	request("REFER", 2, tag, "Refer-To: sip:1002@127.0.0.1\r\n", "");
	assert_false(jf_leg_is_referring(owner.leg));
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), 0);
	expect_response(202, "REFER");
	expect_notify("SIP/2.0 100 Trying\r\n", "active;expires=");
	restart();
	expect_nothing();
	assert_true(jf_leg_is_referring(owner.leg));
	request("REFER", 3, tag, "Refer-To: sip:1003@127.0.0.1\r\n", "");
	expect_response(491, "REFER");
	assert_int_equal(jf_leg_refer_notify(owner.leg, 503), 0);
	m = keep(expect_request("NOTIFY sip:caller@127.0.0.1:5070 SIP/2.0"));
	assert_non_null(strstr(m, "SIP/2.0 503 Service Unavailable\r\n"));
	assert_string_equal(wire_header(m, "Subscription-State"), "terminated;reason=noresource");
	assert_string_equal(wire_header(m, "Event"), "refer");
	/* it may not have come: it is said again */
	restart();
	assert_false(jf_leg_is_referring(owner.leg));
	expect_notify("SIP/2.0 503 Service Unavailable\r\n", "terminated;reason=noresource");
	wire_advance_ms(2);
	assert_int_equal(owner.last.type,
	                 JF_LEG_CHANGED); /* to be stored, so that once is enough */
	restart();
	expect_nothing();
	/* the dialog's second is told apart from the first */
	request("REFER", 4, tag, "Refer-To: sip:1002@127.0.0.1\r\n", "");
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), 0);
	expect_response(202, "REFER");
	assert_string_equal(wire_header(expect_request("NOTIFY"), "Event"), "refer;id=4");
}

static void refer_without_a_subscription(void **state)
{
	const char *tag = establish();
	const char *m;

	(void)state;
	request("REFER", 2, tag,
	        "Require: norefersub\r\nRefer-Sub: false\r\nRefer-To: tel:112;x=1\r\n", "");
	assert_string_equal(owner.refer_user, "112");
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), 0);
	m = expect_response(200, "REFER");
	assert_string_equal(wire_header(m, "Refer-Sub"), "false");
	expect_nothing();
	assert_int_equal(jf_leg_refer_notify(owner.leg, 200), -EPROTO);
}

static void refer_that_cannot_be_served(void **state)
{
	const char *tag;

	(void)state;
	request("REFER", 1, "", "Refer-To: sip:1002@127.0.0.1\r\n", "");
	expect_response(403, "REFER"); /* outside of a call */
	tag = establish();
	request("REFER", 2, tag, "", "");
	expect_response(400, "REFER");
	request("REFER", 3, tag, "Refer-To: sip:a@b\r\nRefer-To: sip:a@c\r\n", "");
	expect_response(400, "REFER");
	request("REFER", 4, tag, "Refer-To: http://example.com\r\n", "");
	expect_response(416, "REFER");
	request("REFER", 5, tag, "Refer-To: <sip:a@b;method=BYE>\r\n", "");
	expect_response(603, "REFER");
	assert_int_equal(owner.refers, 0);
	request("REFER", 6, tag, "Refer-To: sip:1002@127.0.0.1\r\n", "");
	request("REFER", 6, tag, "Refer-To: sip:1002@127.0.0.1\r\n", ""); /* again: the same one */
	assert_int_equal(owner.refers, 1);
	expect_nothing();
	request("REFER", 7, tag, "Refer-To: sip:1003@127.0.0.1\r\n", "");
	expect_response(491, "REFER");
	assert_int_equal(jf_leg_refer_answer(owner.leg, 603), 0);
	expect_response(603, "REFER");
	assert_int_equal(jf_leg_refer_answer(owner.leg, 202), -EPROTO);
	/* one that nobody answered is refused when the call ends */
	request("REFER", 8, tag, "Refer-To: sip:1002@127.0.0.1\r\n", "");
	request("BYE", 9, tag, "", "");
	expect_response(200, "BYE");
	expect_response(481, "REFER");
	wire_advance_ms(2);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void attended_transfer_names_our_leg(void **state)
{
	const char *tag = establish();
	struct jf_leg *first = owner.leg;
	char refer_to[400];
	const char *invite;

	(void)state;
	invite = call_target(&target);
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK");
	snprintf(refer_to, sizeof(refer_to),
	         "Refer-To: <sip:1001@127.0.0.1?Replaces=%s%%3Bto-tag%%3D%016llx%%3B"
	         "from-tag%%3Dphone>\r\n",
	         wire_header(invite, "Call-ID"), (unsigned long long)jf_leg_id(owner.leg));
	owner.refer_replaces = 0;
	{
		struct jf_leg *second = owner.leg;

		owner.leg = first; /* whose event is expected */
		request("REFER", 2, tag, refer_to, "");
		assert_int_equal(owner.refer_replaces, jf_leg_id(second));
		assert_string_equal(owner.refer_header, "");
	}
	jf_leg_refer_answer(first, 603);
	expect_response(603, "REFER");
	/* a dialog of somebody else's goes with the INVITE */
	request("REFER", 3, tag,
	        "Refer-To: <sip:b@127.0.0.1?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n", "");
	assert_int_equal(owner.refer_replaces, 0);
	assert_string_equal(owner.refer_header, "Replaces: x@y;to-tag=1;from-tag=2\r\n");
}

static void invite_with_replaces(void **state)
{
	const char *invite, *tag, *call_id;
	char replaces[300];
	uint64_t id;

	(void)state;
	invite = call_target(&target);
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK");
	id = jf_leg_id(owner.leg);
	tag = tag_of(wire_header(invite, "From"));
	call_id = wire_header(invite, "Call-ID");
	request("INVITE", 1, "", "Replaces: nobody;to-tag=1;from-tag=2\r\n", SDP);
	expect_response(481, "INVITE");
	request("INVITE", 2, "", "Replaces: nonsense\r\n", SDP);
	expect_response(400, "INVITE");
	snprintf(replaces, sizeof(replaces), "Replaces: %s;to-tag=%s;from-tag=phone;early-only\r\n",
	         call_id, tag);
	request("INVITE", 3, "", replaces, SDP);
	expect_response(486, "INVITE"); /* it is answered already */
	snprintf(replaces, sizeof(replaces), "Replaces: %s;to-tag=%s;from-tag=other\r\n", call_id,
	         tag);
	request("INVITE", 4, "", replaces, SDP);
	expect_response(481, "INVITE");
	assert_int_equal(owner.incoming, 0);
	snprintf(replaces, sizeof(replaces),
	         "Require: replaces\r\nReplaces: %s;from-tag=phone;to-tag=%s\r\n", call_id, tag);
	request("INVITE", 5, "", replaces, SDP);
	expect_response(100, "INVITE");
	assert_int_equal(owner.incoming, 1);
	assert_int_equal(owner.replaces, id);
}

static void redirection_by_policy(void **state)
{
	struct jf_leg_target redirects = target;
	const char *invite;

	(void)state;
	redirects.redirects = true;
	invite = call_target(&redirects);
	respond(invite, 302, "phone",
	        "Contact: <sip:c@127.0.0.3>;q=0.2, <sip:b@127.0.0.2>;q=0.7\r\n"
	        "Contact: sip:d@127.0.0.4;q=0.7\r\n",
	        "");
	expect_request("ACK");
	assert_int_equal(owner.last.type, JF_LEG_REDIRECTED);
	assert_int_equal(owner.last.code, 302);
	assert_int_equal(owner.redirect.count, 4); /* with the one that respond writes, q 1 */
	assert_string_equal(owner.redirect.contacts[1], "sip:b@127.0.0.2");
	assert_string_equal(owner.redirect.contacts[2], "sip:d@127.0.0.4");
	assert_string_equal(owner.redirect.contacts[3], "sip:c@127.0.0.3");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_PEER);
	assert_int_equal(owner.end_code, 302);
	/* by default it is a refusal */
	memset(&owner, 0, sizeof(owner));
	respond(call_target(&target), 302, "phone", "", "");
	expect_request("ACK");
	wire_advance_ms(2);
	assert_int_equal(owner.events, 1);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_PEER);
}

static void silent_peer_is_left_when_the_owner_wants(void **state)
{
	struct jf_leg_target hasty = target;
	const char *invite;

	(void)state;
	hasty.first_response_ms = 2000;
	invite = call_target(&hasty);
	wire_advance_ms(1900);
	assert_int_equal(owner.ended, 0);
	wire_advance_ms(110);
	assert_int_equal(owner.end, JF_LEG_END_TIMEOUT);
	assert_int_equal(owner.end_code, 408);
	/* ... and if it answers after all, it is hung up */
	wire_reset();
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK");
	respond(keep(expect_request("BYE")), 200, "", "", "");
	wire_advance_ms(10);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
	/* a 100 is a response */
	memset(&owner, 0, sizeof(owner));
	invite = call_target(&hasty);
	respond(invite, 100, "", "", "");
	wire_advance_ms(10000);
	assert_int_equal(owner.ended, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, leg_peer_setup, sip_lab_stop)
	        TEST(blind_transfer_is_accepted_and_told),
	        TEST(a_reference_is_told_after_a_restart),
	        TEST(refer_without_a_subscription),
	        TEST(refer_that_cannot_be_served),
	        TEST(attended_transfer_names_our_leg),
	        TEST(invite_with_replaces),
	        TEST(redirection_by_policy),
	        TEST(silent_peer_is_left_when_the_owner_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
