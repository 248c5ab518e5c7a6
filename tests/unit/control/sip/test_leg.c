// SPDX-License-Identifier: BSD-3-Clause
/* Incoming legs, and what is refused before there is one: every message as a peer would see it. */
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

static void call_from_invite_to_bye(void **state)
{
	struct jf_media_desc media = local_media();
	const char *ok, *tag;

	(void)state;
	request("INVITE", 1, "", "P-Asserted-Identity: <sip:%2B372@127.0.0.1>\r\n", SDP);
	assert_string_equal(wire_header(expect_response(100, "INVITE"), "To"),
	                    "<sip:6100@127.0.0.1>");
	assert_int_equal(owner.incoming, 1);
	assert_string_equal(owner.number, "6100");
	assert_string_equal(owner.from_user, "3725550");
	assert_string_equal(owner.from_name, "Caller");
	assert_string_equal(owner.asserted, "+372");
	assert_int_equal(jf_leg_ring(owner.leg), 0);
	expect_response(180, "INVITE");
	request("INVITE", 1, "", "", SDP); /* sent again: the last response is */
	expect_response(180, "INVITE");
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	ok = expect_response(200, "INVITE");
	assert_non_null(strstr(ok, "m=audio 40000 RTP/AVP 0 101\r\n"));
	assert_string_equal(wire_header(ok, "Contact"), "<sip:127.0.0.1:5060>");
	tag = tag_of(wire_header(ok, "To"));
	assert_int_equal(owner.events, 0);
	request("ACK", 1, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	assert_false(owner.has_media);
	wire_advance_ms(60000);
	expect_nothing(); /* acknowledged: the 200 is not sent again */
	request("BYE", 2, tag, "", "");
	expect_response(200, "BYE");
	assert_int_equal(owner.ended, 0); /* told from the loop */
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_PEER);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
	request("BYE", 3, tag, "", "");
	expect_response(481, "BYE");
}

static void stranger_is_challenged_and_forgotten(void **state)
{
	static const char text[] = "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
	                           "Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKx\r\n"
	                           "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
	                           "CSeq: 1 INVITE\r\nContact: <sip:a@10.9.9.9>\r\n"
	                           "Content-Length: 0\r\n\r\n";

	(void)state;
	wire_receive_from("10.9.9.9", 5060, text, strlen(text));
	expect_response(401, "INVITE");
	assert_int_equal(owner.incoming, 0);
	assert_int_equal(jf_sip_stats_get(sip).challenged, 1);
	wire_advance_ms(200); /* admission's clock stops when nothing comes */
	assert_int_equal(jf_loop_stats_get().timers, 0); /* not even a transaction */
}

static void answer_is_sent_until_ack_and_then_given_up(void **state)
{
	struct jf_media_desc media = local_media();
	unsigned times = 0;

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	jf_leg_answer(owner.leg, &media);
	expect_response(200, "INVITE");
	wire_advance_ms(490);
	expect_nothing();
	wire_advance_ms(20); /* 0.5 s */
	expect_response(200, "INVITE");
	wire_advance_ms(1000); /* 1.5 s */
	expect_response(200, "INVITE");
	wire_advance_ms(29000);
	while (strstr(wire_sent() ?: "", "CSeq: 1 INVITE"))
		times++;
	assert_in_range(times, 7, 9);
	wire_advance_ms(6000);
	for (const char *m = wire_sent(); m; m = wire_sent())
		if (strncmp(m, "BYE sip:caller@127.0.0.1:5070 ", 30) == 0)
			respond(m, 200, "", "", "");
	wire_advance_ms(10);
	assert_int_equal(owner.end, JF_LEG_END_NO_ACK);
}

static void cancel_before_the_answer(void **state)
{
	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	peer_cancels();
}

static void cancel_that_crosses_our_answer(void **state)
{
	struct jf_media_desc media = local_media();
	const char *tag;

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	jf_leg_answer(owner.leg, &media);
	tag = tag_of(wire_header(expect_response(200, "INVITE"), "To"));
	request("CANCEL", 1, "", "", "");
	expect_response(200, "CANCEL");
	expect_nothing(); /* no 487: it is answered */
	request("ACK", 1, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	request("BYE", 2, tag, "", "");
	expect_response(200, "BYE");
}

static void late_offer(void **state)
{
	struct jf_media_desc media = local_media();
	const char *ok, *tag;

	(void)state;
	request("INVITE", 1, "", "", "");
	expect_response(100, "INVITE");
	assert_false(owner.offered);
	jf_leg_answer(owner.leg, &media);
	ok = expect_response(200, "INVITE");
	assert_non_null(strstr(ok, "m=audio 40000 RTP/AVP 0 101\r\n"));
	tag = tag_of(wire_header(ok, "To"));
	request("ACK", 1, tag, "", SDP);
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	assert_true(owner.has_media);
	assert_int_equal(owner.media.rtp_port, 6000);
	/* ... and without an answer in ACK the call is over */
	request("BYE", 2, tag, "", "");
	expect_response(200, "BYE");
	wire_advance_ms(2);
	memset(&owner, 0, sizeof(owner));
	request("INVITE", 3, "", "", "");
	expect_response(100, "INVITE");
	jf_leg_answer(owner.leg, &media);
	tag = tag_of(wire_header(expect_response(200, "INVITE"), "To"));
	request("ACK", 3, tag, "", "");
	respond(keep(expect_request("BYE")), 200, "", "", "");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_BAD_ANSWER);
}

static void what_is_not_served_is_refused_clearly(void **state)
{
	const char *m;

	(void)state;
	request("INVITE", 1, "", "Require: 100rel, x-foo\r\n", SDP);
	m = expect_response(420, "INVITE");
	assert_string_equal(wire_header(m, "Unsupported"), "x-foo");
	request("INVITE", 2, "", "Content-Encoding: gzip\r\n", SDP);
	m = expect_response(415, "INVITE");
	assert_string_equal(wire_header(m, "Accept"), "application/sdp");
	request("INVITE", 3, "", "",
	        "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 239.1.1.1\r\nm=audio 4 RTP/AVP 0");
	m = expect_response(488, "INVITE");
	assert_non_null(strstr(wire_header(m, "Warning"), "330 127.0.0.1 \""));
	request("INVITE", 4, "", "", "nonsense");
	expect_response(400, "INVITE");
	request("INVITE", 5, "0123456789abcdef", "", SDP);
	expect_response(481, "INVITE");
	request("OPTIONS", 6, "", "", "");
	m = expect_response(200, "OPTIONS");
	assert_string_equal(
	        wire_header(m, "Allow"),
	        "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, PRACK, REFER, REGISTER, UPDATE");
	request("MESSAGE", 7, "", "", "");
	expect_response(405, "MESSAGE");
	request("UPDATE", 8, "", "", "");
	expect_response(481, "UPDATE");
	request("PRACK", 11, "", "RAck: 1 1 INVITE\r\n", "");
	expect_response(481, "PRACK");
	request("SUBSCRIBE", 12, "", "Event: presence\r\n", "");
	expect_response(405, "SUBSCRIBE");
	request("JUGGLE", 9, "", "", "");
	m = expect_response(501, "JUGGLE");
	assert_true(wire_header(m, "Allow")[0]);
	request("CANCEL", 10, "", "", "");
	expect_response(481, "CANCEL");
	assert_int_equal(owner.incoming, 0);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

static void broken_requests_get_400_or_nothing(void **state)
{
	static const char *const broken[] = {
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=1\r\nTo: "
	        "<sip:a@b>\r\n"
	        "From: <sip:a@b>;tag=1\r\nCSeq: 1 OPTIONS\r\n\r\n",
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=2\r\nTo: "
	        "<sip:a@b>\r\n"
	        "From: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=3\r\nTo: "
	        "<sip:a@b>\r\n"
	        "From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=4\r\nTo: "
	        "<sip:a@b>\r\n"
	        "From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCall-ID: 2\r\nCSeq: 1 OPTIONS\r\n\r\n",
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=5\r\nTo: "
	        "<sip:a@b>\r\n"
	        "From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
	        "Content-Length: 10\r\n\r\nshort",
	};
	static const char no_via[] =
	        "OPTIONS sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n"
	        "From: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";

	static const char reflected[] =
	        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;maddr=10.1.1.1;branch=6\r\n"
	        "To: <sip:a@b>\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		wire_receive(broken[i]);
		assert_non_null(strstr(wire_sent() ?: "", "SIP/2.0 400 "));
	}
	wire_receive(no_via);
	wire_receive(reflected);
	wire_receive("\r\n\r\n\r\n");
	wire_receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	expect_nothing();
}

/* Long names are taken as they are; what is longer than a dialog keeps is told so. */
static void too_long_a_caller_is_513(void **state)
{
	char tag[JF_SIP_TAG_MAX + 1], text[WIRE_TEXT_MAX];

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		memset(tag, 't', sizeof(tag));
		tag[sizeof(tag) - 2 + more] = '\0';
		snprintf(
		        text, sizeof(text),
		        "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
		        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKlong%u\r\n"
		        "From: <sip:x@y>;tag=%s\r\nTo: <sip:6100@127.0.0.1>\r\nCall-ID: long-%u\r\n"
		        "CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1>\r\nContent-Length: 0\r\n\r\n",
		        more, tag, more);
		wire_receive(text);
		expect_response(more ? 513 : 100, "INVITE");
	}
	assert_int_equal(owner.incoming, 1);
}

static void merged_request_is_482(void **state)
{
	char text[WIRE_TEXT_MAX];

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	snprintf(text, sizeof(text),
	         "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKother\r\n"
	         "From: <sip:x@y>;tag=peer\r\nTo: <sip:6100@127.0.0.1>\r\nCall-ID: call-1\r\n"
	         "CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1>\r\nContent-Length: 0\r\n\r\n");
	wire_receive(text);
	expect_response(482, "INVITE");
	assert_int_equal(owner.incoming, 1);
}

static void key_presses_by_info(void **state)
{
	const char *tag, *sent;

	(void)state;
	request("INFO", 1, "0123456789abcdef", "Content-Type: application/dtmf-relay\r\n",
	        "Signal=5\r\n");
	expect_response(481, "INFO");
	tag = establish();
	request("INFO", 2, tag, "Content-Type: application/dtmf-relay\r\n",
	        "Signal=5\r\nDuration=250\r\n");
	expect_response(200, "INFO");
	assert_int_equal(owner.last.type, JF_LEG_DIGIT);
	assert_int_equal(owner.last.digit, '5');
	assert_int_equal(owner.last.duration_ms, 250);
	request("INFO", 3, tag, "Content-Type: application/dtmf\r\n", "#");
	expect_response(200, "INFO");
	assert_int_equal(owner.last.digit, '#');
	owner.last.type = JF_LEG_CHANGED;
	request("INFO", 4, tag, "", "");
	expect_response(200, "INFO");
	request("INFO", 5, tag, "Content-Type: application/dtmf-relay\r\n", "Signal=55\r\n");
	expect_response(400, "INFO");
	request("INFO", 6, tag, "Content-Type: text/plain\r\n", "5");
	assert_non_null(strstr(wire_header(expect_response(415, "INFO"), "Accept"), "dtmf-relay"));
	request("INFO", 7, tag, "Info-Package: dtmf\r\nContent-Type: application/dtmf\r\n", "5");
	assert_string_equal(wire_header(expect_response(469, "INFO"), "Recv-Info"), "");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	/* and ours */
	assert_int_equal(jf_leg_send_digit(owner.leg, 'x', 160), -EINVAL);
	assert_int_equal(jf_leg_send_digit(owner.leg, '*', 160), 0);
	sent = expect_request("INFO ");
	assert_string_equal(wire_header(sent, "Content-Type"), "application/dtmf-relay");
	assert_non_null(strstr(sent, "\r\n\r\nSignal=*\r\nDuration=160\r\n"));
}

static void pictures_are_asked_for_by_info(void **state)
{
	const char *tag = establish(), *sent;

	(void)state;
	request("INFO", 2, tag, "Content-Type: application/media_control+xml\r\n",
	        "<media_control><vc_primitive><to_encoder><picture_fast_update/>"
	        "</to_encoder></vc_primitive></media_control>");
	expect_response(200, "INFO");
	assert_int_equal(owner.last.type, JF_LEG_PICTURE);
	owner.last.type = JF_LEG_CHANGED;
	request("INFO", 3, tag, "Content-Type: application/media_control+xml\r\n",
	        "<media_control><general_error>x</general_error></media_control>");
	expect_response(200, "INFO");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	assert_int_equal(jf_leg_ask_picture(owner.leg), 0);
	sent = expect_request("INFO ");
	assert_string_equal(wire_header(sent, "Content-Type"), "application/media_control+xml");
	assert_non_null(strstr(sent, "<picture_fast_update/>"));
}

static void hold_and_resume_by_the_peer(void **state)
{
	struct jf_media_desc media = local_media();
	const char *tag, *ok;

	(void)state;
	tag = establish();
	request("INVITE", 2, tag, "", SDP "a=sendonly\r\n");
	expect_response(100, "INVITE");
	assert_int_equal(owner.last.type, JF_LEG_REOFFER);
	assert_int_equal(owner.media.hold, 1);
	request("INVITE", 3, tag, "", SDP); /* one at a time */
	assert_true(wire_header(expect_response(500, "INVITE"), "Retry-After")[0]);
	assert_int_equal(jf_leg_accept(owner.leg, &media), 0);
	ok = expect_response(200, "INVITE");
	assert_non_null(strstr(ok, "a=recvonly\r\n"));
	assert_non_null(strstr(wire_header(ok, "CSeq"), "2 INVITE"));
	assert_non_null(strstr(ok, " 2 IN IP4 127.0.0.1\r\n")); /* o= version went on */
	request("ACK", 2, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	/* resume, refused this time: the call goes on */
	request("INVITE", 4, tag, "", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_refuse(owner.leg, 0, NULL, NULL), 0);
	expect_response(488, "INVITE");
	request("ACK", 4, tag, "", "");
	/* what cannot be served is refused without the owner */
	request("INVITE", 5, tag, "",
	        "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 127.0.0.1\r\n"
	        "m=audio 6000 RTP/AVP 13\r\n");
	expect_response(488, "INVITE");
	assert_string_equal(jf_leg_state_name(owner.leg), "established");
	request("OPTIONS", 6, tag, "", "");
	expect_response(200, "OPTIONS");
	request("OPTIONS", 5, tag, "", ""); /* out of order */
	expect_response(500, "OPTIONS");
}

static void rejecting_draining_and_detaching(void **state)
{
	const char *m;

	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_reject(owner.leg, 503, "No Media", "Retry-After: 5\r\n"), 0);
	m = expect_response(503, "INVITE");
	assert_string_equal(wire_header(m, "Retry-After"), "5");
	assert_non_null(strstr(m, "503 No Media"));
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_US);
	assert_int_equal(owner.end_code, 503);
	wire_reset();

	jf_sip_drain(sip, true);
	request("INVITE", 2, "", "", SDP);
	assert_true(wire_header(expect_response(503, "INVITE"), "Retry-After")[0]);
	jf_sip_drain(sip, false);

	memset(&owner, 0, sizeof(owner));
	request("INVITE", 3, "", "", SDP);
	expect_response(100, "INVITE");
	jf_leg_detach(owner.leg);
	jf_leg_end(owner.leg, 0, NULL);
	expect_response(480, "INVITE");
	wire_advance_ms(40000);
	assert_int_equal(owner.events, 0);
	assert_int_equal(jf_sip_stats_get(sip).legs, 0);
}

#define NAMED(branch, name)                                                                        \
	"INVITE sip:61%3Cb%3E%00%0a00;x=1@127.0.0.1 SIP/2.0\r\n"                                   \
	"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK" branch "\r\n"                             \
	"From: \"" name "\" <sip:%0d%0aX:1@127.0.0.1>;tag=peer\r\n"                                \
	"To: <sip:6100@127.0.0.1>\r\nCall-ID: call-2\r\nCSeq: 1 INVITE\r\n"                        \
	"Contact: <sip:caller@127.0.0.1:5070>\r\nContent-Length: 0\r\n\r\n"

static void text_from_the_network_is_shown_harmless(void **state)
{
	static const char bare[] = NAMED("z", "\x1b[31m\xc3\xa4<script>");
	static const char quoted[] = NAMED("y", "\\\x1b[31m\xc3\xa4<script>");

	(void)state;
	wire_receive_from("127.0.0.1", 5070, bare, sizeof(bare) - 1);
	expect_response(400, "INVITE");
	assert_int_equal(owner.incoming, 0);
	/* after a backslash a control character is a part of the name (RFC 3261 25.1) */
	wire_receive_from("127.0.0.1", 5070, quoted, sizeof(quoted) - 1);
	expect_response(100, "INVITE");
	assert_string_equal(owner.number, "61<b>??00");
	assert_string_equal(owner.from_name, "\\?[31m?\?<script>");
	assert_string_equal(owner.from_user, "??X");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, leg_peer_setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(call_from_invite_to_bye),
	        TEST(stranger_is_challenged_and_forgotten),
	        TEST(answer_is_sent_until_ack_and_then_given_up),
	        TEST(cancel_before_the_answer),
	        TEST(cancel_that_crosses_our_answer),
	        TEST(late_offer),
	        TEST(what_is_not_served_is_refused_clearly),
	        TEST(broken_requests_get_400_or_nothing),
	        TEST(too_long_a_caller_is_513),
	        TEST(merged_request_is_482),
	        TEST(key_presses_by_info),
	        TEST(pictures_are_asked_for_by_info),
	        TEST(hold_and_resume_by_the_peer),
	        TEST(rejecting_draining_and_detaching),
	        TEST(text_from_the_network_is_shown_harmless),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
