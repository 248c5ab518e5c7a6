// SPDX-License-Identifier: BSD-3-Clause
/* Before the answer: early media both ways, reliable provisional responses (RFC 3262), forks, and
 * UPDATE (RFC 3311). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_loop.h"
#include "leg_peer.h"
#include "wire.h"

#define SDP2                                                                                       \
	"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

static const struct jf_leg_target target = {
        .uri = "sip:1001@127.0.0.1:5070;ob",
        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
        .from_user = "3725550",
        .to_user = "1001",
};

/* --- ours --- */

static void early_media_is_reliable_where_the_peer_can(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m, *tag, *rack;

	(void)state;
	request("INVITE", 1, "", "Supported: 100rel\r\n", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring(owner.leg), 0); /* nothing to lose: not reliable */
	assert_string_equal(wire_header(expect_response(180, "INVITE"), "RSeq"), "");
	assert_int_equal(jf_leg_ring_early(owner.leg, &media), 0);
	m = keep(expect_response(183, "INVITE"));
	assert_string_equal(wire_header(m, "Require"), "100rel");
	assert_non_null(strstr(m, "m=audio 40000 RTP/AVP 0 101\r\n"));
	tag = tag_of(wire_header(m, "To"));
	rack = rack_of(m);
	wire_advance_ms(510); /* not acknowledged: sent again, twice as late each time */
	assert_string_equal(wire_header(expect_response(183, "INVITE"), "RSeq"),
	                    wire_header(m, "RSeq"));
	wire_advance_ms(900);
	expect_nothing();
	/* the answer may not overtake it */
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	expect_nothing();
	request("PRACK", 2, tag, "RAck: 1 1 INVITE\r\n", "");
	expect_response(481, "PRACK");
	request("PRACK", 3, tag, rack, "");
	expect_response(200, "PRACK");
	m = expect_response(200, "INVITE");
	assert_null(strstr(m, "m=audio")); /* said already */
	request("ACK", 1, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	wire_advance_ms(70000);
	expect_nothing();
	request("BYE", 4, tag, "", "");
	expect_response(200, "BYE");
}

static void early_media_to_a_peer_without_100rel(void **state)
{
	struct jf_media_desc media = local_media();
	const char *early, *m;

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring_early(owner.leg, &media), 0);
	early = keep(expect_response(183, "INVITE"));
	assert_string_equal(wire_header(early, "RSeq"), "");
	wire_advance_ms(5000);
	expect_nothing();
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	m = expect_response(200, "INVITE"); /* the very same description */
	assert_string_equal(strstr(m, "v=0"), strstr(early, "v=0"));
	request("ACK", 1, tag_of(wire_header(m, "To")), "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
}

static void required_100rel_makes_ringing_reliable(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m, *tag;

	(void)state;
	request("INVITE", 1, "", "Require: 100rel\r\n", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring(owner.leg), 0);
	m = keep(expect_response(180, "INVITE"));
	assert_string_equal(wire_header(m, "Require"), "100rel");
	tag = tag_of(wire_header(m, "To"));
	assert_int_equal(jf_leg_ring_early(owner.leg, &media), 0); /* waits for PRACK */
	expect_nothing();
	request("PRACK", 2, tag, rack_of(m), "");
	expect_response(200, "PRACK");
	m = keep(expect_response(183, "INVITE"));
	request("PRACK", 3, tag, rack_of(m), "");
	expect_response(200, "PRACK");
	peer_cancels();
}

static void ringing_is_said_again_every_minute(void **state)
{
	struct jf_media_desc media = local_media();

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	jf_leg_ring(owner.leg);
	expect_response(180, "INVITE");
	wire_advance_ms(59000);
	expect_nothing();
	wire_advance_ms(2000);
	expect_response(180, "INVITE");
	wire_advance_ms(60000);
	expect_response(180, "INVITE");
	jf_leg_answer(owner.leg, &media);
	request("ACK", 1, tag_of(wire_header(expect_response(200, "INVITE"), "To")), "", "");
	wire_advance_ms(120000);
	expect_nothing();
}

static void provisional_that_is_never_acknowledged(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m;
	unsigned times = 0;

	(void)state;
	request("INVITE", 1, "", "Supported: 100rel\r\n", SDP);
	expect_response(100, "INVITE");
	jf_leg_ring_early(owner.leg, &media);
	wire_advance_ms(64000);
	for (m = wire_sent(); m && strstr(m, " 183 "); m = wire_sent())
		times++;
	assert_in_range(times, 7, 8); /* 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s */
	assert_non_null(m);
	assert_memory_equal(m, "SIP/2.0 504 ", 12);
	assert_int_equal(owner.end, JF_LEG_END_NO_ACK);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void late_offer_answered_in_prack(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m, *tag;

	(void)state;
	request("INVITE", 1, "", "Supported: 100rel\r\n", "");
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring_early(owner.leg, &media), 0);
	m = keep(expect_response(183, "INVITE"));
	tag = tag_of(wire_header(m, "To"));
	request("PRACK", 2, tag, rack_of(m), SDP);
	expect_response(200, "PRACK");
	assert_int_equal(owner.last.type, JF_LEG_REANSWER);
	assert_int_equal(owner.media.rtp_port, 6000);
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	assert_null(strstr(expect_response(200, "INVITE"), "m=audio"));
	request("ACK", 1, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	assert_false(owner.has_media);
	/* without 100rel there is no way to offer before the answer */
	request("BYE", 3, tag, "", "");
	expect_response(200, "BYE");
	wire_advance_ms(2);
	memset(&owner, 0, sizeof(owner));
	request("INVITE", 5, "", "", "");
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring_early(owner.leg, &media), -EPROTO);
}

/* --- the peer's --- */

static void reliable_early_media_is_the_answer(void **state)
{
	const char *invite = call_target(&target), *prack;

	(void)state;
	assert_non_null(strstr(wire_header(invite, "Supported"), "100rel"));
	respond(invite, 183, "phone", "Require: 100rel\r\nRSeq: 17\r\n", SDP);
	prack = keep(expect_request("PRACK sip:phone@127.0.0.1:5070"));
	assert_string_equal(wire_header(prack, "RAck"), "17 1 INVITE");
	assert_string_equal(tag_of(wire_header(prack, "To")), "phone");
	assert_int_equal(owner.last.type, JF_LEG_PROVISIONAL);
	assert_int_equal(owner.last.code, 183);
	assert_true(owner.has_media);
	assert_int_equal(owner.media.rtp_port, 6000);
	respond(invite, 183, "phone", "Require: 100rel\r\nRSeq: 17\r\n", SDP); /* again */
	assert_int_equal(owner.events, 2); /* that, and that there is something to store */
	expect_nothing();
	respond(invite, 180, "phone", "Require: 100rel\r\nRSeq: 19\r\n", ""); /* 18 is lost */
	assert_int_equal(owner.events, 2);
	expect_nothing();
	respond(prack, 200, "", "", "");
	respond(invite, 180, "phone", "Require: 100rel\r\nRSeq: 18\r\n", "");
	assert_string_equal(wire_header(expect_request("PRACK"), "RAck"), "18 1 INVITE");
	assert_int_equal(owner.last.code, 180);
	assert_true(owner.has_media); /* it still sends */
	respond(invite, 200, "phone", "", "");
	expect_request("ACK");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	assert_int_equal(owner.media.rtp_port, 6000);
}

static void forked_branches_have_media_of_their_own(void **state)
{
	const char *invite = call_target(&target), *bye, *m;

	(void)state;
	respond(invite, 183, "a", "Require: 100rel\r\nRSeq: 5\r\n", SDP);
	assert_string_equal(tag_of(wire_header(expect_request("PRACK"), "To")), "a");
	respond(invite, 183, "b", "Require: 100rel\r\nRSeq: 9\r\n", SDP2);
	m = keep(expect_request("PRACK"));
	assert_string_equal(tag_of(wire_header(m, "To")), "b");
	assert_string_equal(wire_header(m, "RAck"), "9 1 INVITE");
	assert_int_equal(owner.media.rtp_port, 7000);
	respond(invite, 180, "c", "", "");
	assert_false(owner.has_media);
	respond(invite, 200, "a", "", ""); /* said all in its 183 */
	m = keep(expect_request("ACK"));
	assert_string_equal(tag_of(wire_header(m, "To")), "a");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	assert_int_equal(owner.media.rtp_port, 6000);
	/* two 200s: the second branch is hung up, above the number of its PRACK */
	respond(invite, 200, "b", "", "");
	assert_string_equal(tag_of(wire_header(expect_request("ACK"), "To")), "b");
	bye = keep(expect_request("BYE"));
	assert_string_equal(tag_of(wire_header(bye, "To")), "b");
	assert_true(atoi(wire_header(bye, "CSeq")) > 3);
	respond(bye, 200, "", "", "");
	assert_int_equal(owner.ended, 0);
	jf_leg_end(owner.leg, 0, NULL);
	bye = keep(expect_request("BYE"));
	assert_string_equal(tag_of(wire_header(bye, "To")), "a");
	respond(bye, 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

/* --- UPDATE --- */

/* A request of the phone in the dialog that our INVITE made. */
static void phone_request(const char *invite, const char *method, unsigned cseq, const char *tag,
                          const char *body)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "%s sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP "
	         "127.0.0.1:5070;branch=z9hG4bKp%u%s"
	         "\r\nMax-Forwards: 70\r\nFrom: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\n"
	         "CSeq: %u %s\r\nContact: <sip:moved@127.0.0.1:5070>\r\n%sContent-Length: "
	         "%zu\r\n\r\n"
	         "%s",
	         method, cseq, method, wire_header(invite, "To"), tag, wire_header(invite, "From"),
	         wire_header(invite, "Call-ID"), cseq, method,
	         *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	wire_receive(text);
}

static void update_of_the_phone_before_its_answer(void **state)
{
	struct jf_media_desc media = local_media();
	const char *invite = call_target(&target), *m;

	(void)state;
	phone_request(invite, "UPDATE", 1, "phone", SDP2);
	expect_response(481, "UPDATE"); /* nothing is known of it */
	respond(invite, 183, "phone", "", SDP);
	phone_request(invite, "UPDATE", 2, "phone", SDP2);
	expect_response(491, "UPDATE"); /* our offer is open: that 183 may have been lost */
	respond(invite, 183, "phone", "Require: 100rel\r\nRSeq: 1\r\n", SDP);
	respond(keep(expect_request("PRACK")), 200, "", "", "");
	phone_request(invite, "UPDATE", 3, "phone", SDP2);
	assert_int_equal(owner.last.type, JF_LEG_REOFFER);
	assert_int_equal(owner.media.rtp_port, 7000);
	phone_request(invite, "UPDATE", 4, "phone", "");
	m = expect_response(500, "UPDATE"); /* one after the other */
	assert_true(wire_header(m, "Retry-After")[0]);
	assert_int_equal(jf_leg_accept(owner.leg, &media), 0);
	m = expect_response(200, "UPDATE");
	assert_non_null(strstr(m, "m=audio 40000"));
	assert_int_equal(jf_leg_accept(owner.leg, &media), -EPROTO);
	respond(invite, 200, "phone", "", "");
	expect_request("ACK sip:phone@127.0.0.1:5070");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	assert_int_equal(owner.media.rtp_port, 7000);
}

static void update_of_a_caller_before_and_after_our_answer(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m, *tag;

	(void)state;
	request("INVITE", 1, "", "Supported: 100rel\r\nAllow: INVITE, ACK, UPDATE\r\n", SDP);
	expect_response(100, "INVITE");
	jf_leg_ring(owner.leg);
	tag = tag_of(wire_header(expect_response(180, "INVITE"), "To"));
	request("UPDATE", 2, tag, "", SDP2);
	m = expect_response(500, "UPDATE"); /* its first offer is not answered yet */
	assert_true(wire_header(m, "Retry-After")[0]);
	jf_leg_ring_early(owner.leg, &media);
	m = keep(expect_response(183, "INVITE"));
	request("PRACK", 3, tag, rack_of(m), "");
	expect_response(200, "PRACK");
	request("UPDATE", 4, tag, "", SDP2);
	assert_int_equal(owner.last.type, JF_LEG_REOFFER);
	assert_int_equal(jf_leg_refuse(owner.leg, 488, NULL, NULL), 0);
	expect_response(488, "UPDATE");
	/* ours, before our answer */
	assert_int_equal(jf_leg_reoffer(owner.leg, &media), 0);
	m = keep(expect_request("UPDATE sip:caller@127.0.0.1:5070"));
	assert_non_null(strstr(m, "m=audio 40000"));
	request("UPDATE", 5, tag, "", SDP2);
	expect_response(491, "UPDATE"); /* glare */
	respond(m, 200, "", "", SDP2);
	assert_int_equal(owner.media.rtp_port, 7000);
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	expect_response(200, "INVITE");
	request("ACK", 1, tag, "", "");
	request("UPDATE", 6, tag, "", "");
	m = expect_response(200, "UPDATE"); /* changes the target at most */
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	request("UPDATE", 7, tag, "Content-Type: text/plain\r\n", "hello");
	expect_response(415, "UPDATE");
	request("UPDATE", 8, tag, "", SDP);
	assert_int_equal(owner.last.type, JF_LEG_REOFFER);
	request("INVITE", 9, tag, "", SDP);
	expect_response(500, "INVITE"); /* while its UPDATE is open */
	request("ACK", 9, tag, "", "");
	assert_int_equal(jf_leg_accept(owner.leg, &media), 0);
	expect_response(200, "UPDATE");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	request("BYE", 10, tag, "", "");
	expect_response(200, "BYE");
	wire_advance_ms(2);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, leg_peer_setup, sip_lab_stop)
	        TEST(early_media_is_reliable_where_the_peer_can),
	        TEST(early_media_to_a_peer_without_100rel),
	        TEST(required_100rel_makes_ringing_reliable),
	        TEST(ringing_is_said_again_every_minute),
	        TEST(provisional_that_is_never_acknowledged),
	        TEST(late_offer_answered_in_prack),
	        TEST(reliable_early_media_is_the_answer),
	        TEST(forked_branches_have_media_of_their_own),
	        TEST(update_of_the_phone_before_its_answer),
	        TEST(update_of_a_caller_before_and_after_our_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
