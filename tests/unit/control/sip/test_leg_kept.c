// SPDX-License-Identifier: BSD-3-Clause
/* Legs that nobody has answered, stored and taken up by another process (kill -9 between the two).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_loop.h"
#include "jf_trunk.h"
#include "leg_peer.h"
#include "wire.h"

static struct jf_leg_early kept;

/* Stopped: not a word to the peer, and all that is left is what was stored. */
static void restart(void)
{
	assert_int_equal(jf_leg_early_export(owner.leg, &kept), 0);
	sip_lab_stop(NULL);
	expect_nothing();
	leg_peer_setup(NULL);
	assert_int_equal(jf_leg_early_import(sip, &kept, NULL, &owner.leg), 0);
	assert_ptr_equal(jf_leg_find(sip, kept.dialog.id), owner.leg);
}

/* ---- Callers --------------------------------------------------------------------------------- */

static void a_caller_hears_ringing_again_and_is_answered(void **state)
{
	struct jf_media_desc media = local_media();
	const char *ringing, *again, *answer;

	(void)state;
	request("INVITE", 1, "", "Record-Route: <sip:127.0.0.1:5070;lr>\r\n", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_ring(owner.leg), 0);
	ringing = keep(expect_response(180, "INVITE"));
	restart();
	again = keep(expect_response(180, "INVITE"));
	assert_string_equal(wire_header(again, "To"), wire_header(ringing, "To"));
	assert_string_equal(wire_header(again, "Via"), wire_header(ringing, "Via"));
	request("INVITE", 1, "", "Record-Route: <sip:127.0.0.1:5070;lr>\r\n", SDP);
	expect_response(180, "INVITE"); /* a retransmission is no other call */
	assert_int_equal(owner.incoming, 0);
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	answer = keep(expect_response(200, "INVITE"));
	assert_non_null(strstr(answer, "m=audio 40000 RTP/AVP 0 101\r\n"));
	assert_non_null(strstr(answer, "Record-Route: <sip:127.0.0.1:5070;lr>"));
	request("ACK", 1, tag_of(wire_header(ringing, "To")), "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	wire_advance_ms(70000);
	expect_nothing();
	jf_leg_end(owner.leg, 0, NULL);
	(void)expect_request("BYE");
}

static void a_caller_cancels_after_it(void **state)
{
	(void)state;
	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	restart();
	expect_response(100, "INVITE");
	peer_cancels();
}

/* What was said for sure is not said again; what may have been lost is. */
static void early_media_go_on_after_it(void **state)
{
	struct jf_media_desc media = local_media();
	const char *m, *tag;

	(void)state;
	for (unsigned acknowledged = 0; acknowledged < 2; acknowledged++) {
		request("INVITE", 1, "", "Supported: 100rel\r\n", SDP);
		expect_response(100, "INVITE");
		assert_int_equal(jf_leg_ring_early(owner.leg, &media), 0);
		m = keep(expect_response(183, "INVITE"));
		tag = keep(tag_of(wire_header(m, "To")));
		if (acknowledged) {
			request("PRACK", 2, tag, rack_of(m), "");
			expect_response(200, "PRACK");
			assert_int_equal(owner.last.type, JF_LEG_CHANGED);
		}
		restart();
		m = keep(expect_response(183, "INVITE"));
		assert_string_equal(wire_header(m, "Require"), "100rel");
		assert_int_equal(strstr(m, "m=audio") == NULL, acknowledged);
		request("PRACK", 3, tag, rack_of(m), "");
		expect_response(200, "PRACK");
		assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
		assert_null(strstr(expect_response(200, "INVITE"), "m=audio"));
		request("ACK", 1, tag, "", "");
		assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
		sip_lab_stop(NULL);
		leg_peer_setup(NULL);
	}
}

/* ---- Who is called --------------------------------------------------------------------------- */

static const char *call_outside(void)
{
	static const struct jf_leg_target target = {
	        .uri = "sip:1001@127.0.0.1:5070;ob",
	        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	        .from_user = "+3726001000",
	        .from_name = "Acme",
	        .to_user = "+3725551234",
	        .by_contact = true,
	};

	return call_target(&target);
}

/* The same transaction: RFC 3261 9.1, 17.1.1.3. */
static void assert_of(const char *message, const char *invite, const char *method)
{
	char line[80];

	snprintf(line, sizeof(line), "%s sip:1001@127.0.0.1:5070;ob SIP/2.0\r\n", method);
	assert_int_equal(strncmp(message, line, strlen(line)), 0);
	assert_string_equal(wire_header(message, "Via"), wire_header(invite, "Via"));
	assert_string_equal(wire_header(message, "From"), wire_header(invite, "From"));
	assert_string_equal(wire_header(message, "Call-ID"), wire_header(invite, "Call-ID"));
	snprintf(line, sizeof(line), "1 %s", method);
	assert_string_equal(wire_header(message, "CSeq"), line);
}

static void whom_we_called_answers_after_it(void **state)
{
	const char *invite = call_outside(), *ack;

	(void)state;
	assert_int_equal(jf_leg_early_export(owner.leg, &kept), -EPROTO); /* not a word yet */
	respond(invite, 180, "peer", "", "");
	restart();
	wire_advance_ms(20000);
	expect_nothing(); /* it rings on */
	respond(invite, 183, "peer", "", SDP);
	assert_int_equal(owner.last.type, JF_LEG_PROVISIONAL);
	assert_true(owner.has_media);
	respond(invite, 200, "peer", "", SDP);
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	ack = keep(expect_request("ACK sip:phone@127.0.0.1:5070 "));
	assert_string_equal(wire_header(ack, "CSeq"), "1 ACK");
	assert_string_equal(tag_of(wire_header(ack, "To")), "peer");
	respond(invite, 200, "peer", "", SDP); /* our ACK was lost */
	(void)expect_request("ACK");
	respond(invite, 200, "fork", "", SDP); /* and so does another branch */
	(void)expect_request("ACK");
	(void)expect_request("BYE");
}

#define ASKS "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\"\r\n"

static void what_the_invite_proved_its_ack_proves_after_it(void **state)
{
	static const struct jf_trunk_credentials credentials = {
	        .user = "acme", .realm = "carrier", .has_md5 = true};
	const char *invite = call_outside();

	(void)state;
	jf_leg_credentials_set(owner.leg, &credentials);
	respond(invite, 407, "a", ASKS, "");
	(void)expect_request("ACK");
	invite = keep(expect_request("INVITE"));
	respond(invite, 180, "peer", "", "");
	restart();
	respond(invite, 200, "peer", "", SDP);
	assert_string_equal(wire_header(expect_request("ACK"), "Proxy-Authorization"),
	                    wire_header(invite, "Proxy-Authorization"));
}

static void whom_we_called_refuses_after_it(void **state)
{
	const char *invite = call_outside(), *ack;

	(void)state;
	respond(invite, 180, "peer", "", "");
	restart();
	respond(invite, 486, "peer", "", "");
	ack = keep(expect_request("ACK"));
	assert_of(ack, invite, "ACK");
	assert_string_equal(tag_of(wire_header(ack, "To")), "peer");
	wire_advance_ms(1);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_PEER);
	assert_int_equal(owner.end_code, 486);
}

static void whom_we_called_is_cancelled_after_it(void **state)
{
	const char *invite = call_outside(), *cancel;

	(void)state;
	respond(invite, 100, "", "", ""); /* enough to go on */
	restart();
	jf_leg_end(owner.leg, 0, NULL);
	cancel = keep(expect_request("CANCEL"));
	assert_of(cancel, invite, "CANCEL");
	assert_string_equal(wire_header(cancel, "To"), wire_header(invite, "To"));
	wire_advance_ms(600);
	(void)expect_request("CANCEL"); /* it may have been lost */
	respond(cancel, 200, "peer", "", "");
	respond(invite, 487, "peer", "", "");
	(void)expect_request("ACK");
	wire_advance_ms(40000);
	expect_nothing();
	assert_int_equal(owner.end, JF_LEG_END_CANCELLED_BY_US);
}

static void an_answer_crosses_our_cancel_after_it(void **state)
{
	const char *invite = call_outside();

	(void)state;
	respond(invite, 180, "peer", "", "");
	restart();
	jf_leg_end(owner.leg, 0, NULL);
	(void)expect_request("CANCEL");
	respond(invite, 200, "peer", "", SDP);
	(void)expect_request("ACK");
	respond(keep(expect_request("BYE")), 200, "peer", "", "");
	wire_advance_ms(40000);
	expect_nothing();
	assert_int_equal(owner.end, JF_LEG_END_CROSSED);
}

static void nobody_answers_our_cancel_after_it(void **state)
{
	unsigned sent = 0;

	(void)state;
	respond(call_outside(), 180, "peer", "", "");
	restart();
	jf_leg_end(owner.leg, 0, NULL);
	wire_advance_ms(100000);
	while (wire_sent())
		sent++;
	assert_in_range(sent, 8, 12);
	assert_int_equal(owner.ended, 1);
}

static void broken_bytes_are_not_taken_up(void **state)
{
	struct jf_leg *leg;

	(void)state;
	respond(call_outside(), 180, "peer", "", "");
	assert_int_equal(jf_leg_early_export(owner.leg, &kept), 0);
	assert_int_equal(jf_leg_early_import(sip, &kept, NULL, &leg), -EEXIST);
	kept.dialog.id++;
	kept.version++;
	assert_int_equal(jf_leg_early_import(sip, &kept, NULL, &leg), -EINVAL);
	kept.version--;
	memset(kept.via, 'x', sizeof(kept.via));
	assert_int_equal(jf_leg_early_import(sip, &kept, NULL, &leg), -EINVAL);
	kept.via[0] = '\0';
	kept.dialog.incoming = 1; /* an INVITE that is none */
	kept.invite_length = (uint16_t)snprintf(kept.invite, sizeof(kept.invite), "%s",
	                                        "SIP/2.0 200 OK\r\n\r\n");
	assert_int_not_equal(jf_leg_early_import(sip, &kept, NULL, &leg), 0);
	assert_null(jf_leg_find(sip, kept.dialog.id));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, leg_peer_setup, sip_lab_stop)
	static const struct CMUnitTest tests[] = {
	        TEST(a_caller_hears_ringing_again_and_is_answered),
	        TEST(a_caller_cancels_after_it),
	        TEST(early_media_go_on_after_it),
	        TEST(whom_we_called_answers_after_it),
	        TEST(what_the_invite_proved_its_ack_proves_after_it),
	        TEST(whom_we_called_refuses_after_it),
	        TEST(whom_we_called_is_cancelled_after_it),
	        TEST(an_answer_crosses_our_cancel_after_it),
	        TEST(nobody_answers_our_cancel_after_it),
	        TEST(broken_bytes_are_not_taken_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
