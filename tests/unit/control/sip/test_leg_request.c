// SPDX-License-Identifier: BSD-3-Clause
/* Our requests: calls to phones, re-INVITE, ping, and legs taken up again after a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "leg_peer.h"
#include "wire.h"

static void our_reinvite_and_glare(void **state)
{
	struct jf_media_desc media = local_media();
	const char *tag, *invite;

	(void)state;
	tag = establish();
	media.direction = JF_SDP_SENDONLY;
	assert_int_equal(jf_leg_reoffer(owner.leg, &media), 0);
	invite = keep(expect_request("INVITE sip:caller@127.0.0.1:5070"));
	assert_non_null(strstr(invite, "a=sendonly\r\n"));
	assert_int_equal(jf_leg_reoffer(owner.leg, &media), -EBUSY);
	request("INVITE", 2, tag, "", SDP);
	expect_response(491, "INVITE");
	request("ACK", 2, tag, "", "");
	respond(invite, 491, "", "", "");
	expect_request("ACK");
	expect_nothing();
	wire_advance_ms(2100); /* we did not make the Call-ID: up to 2 s */
	invite = keep(expect_request("INVITE"));
	wire_reset(); /* sent again meanwhile */
	respond(invite, 200, "", "", SDP "a=recvonly\r\n");
	expect_request("ACK");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	assert_int_equal(jf_leg_remote_media(owner.leg)->direction, JF_SDP_RECVONLY);
	/* one that is not known any more ends the call */
	assert_int_equal(jf_leg_reoffer(owner.leg, &media), 0);
	respond(keep(expect_request("INVITE")), 481, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_GONE);
}

static void call_to_a_phone(void **state)
{
	const char *invite, *bye;

	(void)state;
	invite = call_phone();
	assert_string_equal(wire_header(invite, "X-Evil"), "");
	assert_non_null(strstr(wire_header(invite, "From"), "\"Caller x\"")
	                        ?: strstr(wire_header(invite, "From"), "\"Callerx\""));
	assert_non_null(strstr(wire_header(invite, "From"), "<sip:3725550X-Evil1@127.0.0.1>"));
	respond(invite, 100, "", "", "");
	assert_int_equal(owner.events, 1);
	assert_int_equal(owner.last.type, JF_LEG_CHANGED); /* from here on it could be taken up */
	respond(invite, 180, "phone", "", "");
	assert_int_equal(owner.last.type, JF_LEG_PROVISIONAL);
	assert_int_equal(owner.last.code, 180);
	respond(invite, 200, "phone", "Record-Route: <sip:127.0.0.2;lr>, <sip:127.0.0.3;lr>\r\n",
	        SDP);
	expect_request("ACK sip:phone@127.0.0.1:5070 ");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	assert_int_equal(owner.media.rtp_port, 6000);
	assert_ptr_equal(jf_leg_user(owner.leg), &owner);
	respond(invite, 200, "phone", "", SDP); /* our ACK was lost */
	expect_request("ACK");
	jf_leg_end(owner.leg, 0, NULL);
	bye = keep(expect_request("BYE"));
	assert_string_equal(wire_header(bye, "Route"), "<sip:127.0.0.3;lr>, <sip:127.0.0.2;lr>");
	assert_string_equal(wire_header(bye, "CSeq"), "2 BYE");
	assert_string_equal(tag_of(wire_header(bye, "To")), "phone");
	respond(bye, 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_US);
}

static void owner_does_not_wait_for_a_dead_phone(void **state)
{
	uint64_t id;

	(void)state;
	establish_phone();
	id = jf_leg_id(owner.leg);
	jf_leg_end(owner.leg, 0, NULL);
	expect_request("BYE");
	assert_int_equal(owner.ended, 0); /* told from the loop ... */
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_US); /* ... and at once */
	assert_null(jf_leg_find(sip, id));
	wire_advance_ms(500);
	expect_request("BYE"); /* sent again all the same */
	wire_advance_ms(33000);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void second_branch_that_answers_is_hung_up(void **state)
{
	const char *invite, *m;

	(void)state;
	invite = call_phone();
	respond(invite, 200, "first", "", SDP);
	expect_request("ACK");
	respond(invite, 200, "second", "", SDP);
	m = expect_request("ACK");
	assert_string_equal(tag_of(wire_header(m, "To")), "second");
	m = expect_request("BYE");
	assert_string_equal(tag_of(wire_header(m, "To")), "second");
	assert_int_equal(owner.ended, 0);
	assert_string_equal(jf_leg_state_name(owner.leg), "established");
}

static void cancel_waits_for_a_provisional(void **state)
{
	const char *invite, *cancel;

	(void)state;
	invite = call_phone();
	jf_leg_end(owner.leg, 0, NULL);
	expect_nothing();
	respond(invite, 180, "phone", "", "");
	cancel = keep(expect_request("CANCEL sip:1001@127.0.0.1:5070;ob "));
	assert_string_equal(wire_header(cancel, "Via"), wire_header(invite, "Via"));
	respond(cancel, 200, "phone", "", "");
	respond(invite, 487, "phone", "", "");
	expect_request("ACK");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_CANCELLED_BY_US);
}

/* RFC 3326: so a phone does not list it as missed. When the CANCEL is said again, too. */
static void expect_reason(void)
{
	for (unsigned i = 0; i < 2; i++) {
		const char *cancel = expect_request("CANCEL"), *reason;

		assert_string_equal(wire_header(cancel, "Reason"),
		                    "SIP;cause=200;text=\"Call completed elsewhere\"");
		reason = strstr(cancel, "\r\nReason:");
		assert_null(strstr(reason + 1, "\r\nReason:"));
		assert_string_equal(reason + strlen(reason) - 4, "\r\n\r\n");
		wire_advance_ms(510);
	}
}

static void cancel_says_why(void **state)
{
	(void)state;
	respond(call_phone(), 180, "phone", "", "");
	jf_leg_end(owner.leg, 200, "Call completed elsewhere");
	expect_reason();
}

static void cancel_that_had_to_wait_says_why(void **state)
{
	const char *invite;

	(void)state;
	invite = call_phone();
	jf_leg_end(owner.leg, 200, "Call completed elsewhere");
	respond(invite, 180, "phone", "", "");
	expect_reason();
}

static void answer_that_crosses_our_cancel(void **state)
{
	const char *invite;

	(void)state;
	invite = call_phone();
	respond(invite, 180, "phone", "", "");
	jf_leg_end(owner.leg, 0, NULL);
	expect_request("CANCEL");
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK");
	respond(keep(expect_request("BYE")), 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_CROSSED);
}

static void phone_that_rejects_redirects_or_is_silent(void **state)
{
	(void)state;
	respond(call_phone(), 486, "phone", "", "");
	expect_request("ACK");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_PEER);
	assert_int_equal(owner.end_code, 486);

	memset(&owner, 0, sizeof(owner));
	respond(call_phone(), 302, "phone", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end_code, 302);

	wire_reset();
	memset(&owner, 0, sizeof(owner));
	(void)call_phone();
	wire_advance_ms(31000);
	assert_int_equal(owner.ended, 0);
	wire_advance_ms(1100);
	assert_int_equal(owner.end, JF_LEG_END_TIMEOUT);
	assert_int_equal(owner.end_code, 408);

	wire_reset();
	memset(&owner, 0, sizeof(owner));
	respond(call_phone(), 200, "phone", "",
	        "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 127.0.0.1\r\n"
	        "m=audio 6000 RTP/AVP 8\r\n");
	expect_request("ACK");
	respond(keep(expect_request("BYE")), 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BAD_ANSWER);
	assert_int_equal(owner.end_code, 488);
}

static void invite_that_cannot_be_sent(void **state)
{
	struct jf_leg_target target = {.uri = "sip:1001@127.0.0.1:5070",
	                               .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	                               .to_user = "1001"};
	struct jf_media_desc media = local_media();

	(void)state;
	wire_send_error(EHOSTUNREACH);
	assert_int_equal(jf_leg_create(sip, &target, &media, NULL, &owner.leg), -EHOSTUNREACH);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
	wire_send_error(0);
	target.uri = "tel:1001";
	assert_int_equal(jf_leg_create(sip, &target, &media, NULL, &owner.leg), -EINVAL);
	target.peer.transport = JF_SIP_TCP;
	target.uri = "sip:1001@127.0.0.1:5070";
	assert_int_equal(jf_leg_create(sip, &target, &media, NULL, &owner.leg), -EPROTONOSUPPORT);
}

static void ping_tells_who_is_there(void **state)
{
	(void)state;
	establish_phone();
	assert_int_equal(jf_leg_ping(owner.leg, 1500), 0);
	assert_int_equal(jf_leg_ping(owner.leg, 1500), -EBUSY);
	respond(keep(expect_request("OPTIONS sip:phone@127.0.0.1:5070 ")), 200, "", "", "");
	assert_int_equal(owner.last.type, JF_LEG_PING);
	assert_int_equal(owner.last.code, 200);
	assert_int_equal(jf_leg_ping(owner.leg, 1500), 0);
	wire_advance_ms(1400);
	assert_int_equal(owner.last.code, 200);
	wire_advance_ms(200);
	assert_int_equal(owner.last.type, JF_LEG_PING);
	assert_int_equal(owner.last.code, 408);
	wire_reset();
	assert_int_equal(jf_leg_ping(owner.leg, 1500), 0);
	wire_advance_ms(10);
	for (const char *m = wire_sent(); m; m = wire_sent())
		if (strstr(m, "CSeq: 4 OPTIONS"))
			respond(keep(m), 481, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_GONE);
	assert_int_equal(owner.end_code, 481);
}

static void stored_call_is_taken_up_again(void **state)
{
	struct jf_leg_state state_of_leg;
	struct jf_leg *leg;
	char tag[64];
	const char *bye;

	(void)state;
	snprintf(tag, sizeof(tag), "%s", establish());
	assert_int_equal(jf_leg_export(owner.leg, &state_of_leg), 0);
	sip_lab_stop(NULL); /* kill -9: not a word to the peer */
	expect_nothing();
	leg_peer_setup(NULL);
	assert_int_equal(jf_leg_import(sip, &state_of_leg, NULL, &leg), 0);
	assert_int_equal(jf_leg_import(sip, &state_of_leg, NULL, &leg), -EEXIST);
	owner.leg = leg;
	assert_ptr_equal(jf_leg_find(sip, state_of_leg.id), leg);
	assert_int_equal(jf_leg_remote_media(leg)->rtp_port, 6000);
	request("INVITE", 2, tag, "", SDP "a=sendonly\r\n");
	expect_response(100, "INVITE");
	assert_int_equal(owner.last.type, JF_LEG_REOFFER);
	jf_leg_end(leg, 0, NULL);
	expect_response(487, "INVITE");
	bye = keep(expect_request("BYE sip:caller@127.0.0.1:5070 "));
	assert_string_equal(tag_of(wire_header(bye, "From")), tag);
	assert_string_equal(tag_of(wire_header(bye, "To")), "peer");
	respond(bye, 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_US);
	/* broken bytes are not taken up */
	state_of_leg.version++;
	assert_int_equal(jf_leg_import(sip, &state_of_leg, NULL, &leg), -EINVAL);
	state_of_leg.version--;
	memset(state_of_leg.sip_call_id, 'x', sizeof(state_of_leg.sip_call_id));
	assert_int_equal(jf_leg_import(sip, &state_of_leg, NULL, &leg), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, leg_peer_setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(our_reinvite_and_glare),
	        TEST(call_to_a_phone),
	        TEST(owner_does_not_wait_for_a_dead_phone),
	        TEST(second_branch_that_answers_is_hung_up),
	        TEST(cancel_waits_for_a_provisional),
	        TEST(cancel_says_why),
	        TEST(cancel_that_had_to_wait_says_why),
	        TEST(answer_that_crosses_our_cancel),
	        TEST(phone_that_rejects_redirects_or_is_silent),
	        TEST(invite_that_cannot_be_sent),
	        TEST(ping_tells_who_is_there),
	        TEST(stored_call_is_taken_up_again),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
