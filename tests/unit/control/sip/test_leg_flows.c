// SPDX-License-Identifier: BSD-3-Clause
/*
 * The flows of RFC 3665 that concern a user agent or a B2BUA, those of RFC 5589, and the races
 * between, each message lost, doubled and delayed in turn. Whatever is harmed, the call must end as
 * the RFC wants it, and leave neither leg nor timer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flow.h"

#define L(n) (flow_legs[n])

static const struct flow_answer rings_and_answers[] = {
        {.code = 180, .pause_ms = 20},
        {.code = 200, .pause_ms = 300, .body = FLOW_SDP},
        {.code = 0}};

static void established_by_peer(struct flow_dialog *d)
{
	struct jf_media_desc media = local_media();

	flow_until(L(0).incoming);
	flow_assert(!jf_leg_ring(L(0).leg));
	flow_pass_ms(200);
	flow_assert(!jf_leg_answer(L(0).leg, &media));
	flow_until(L(0).confirmed);
	flow_until(flow_result(d, "INVITE") == 200);
}

static void peer_hangs_up(struct flow_dialog *d, unsigned leg)
{
	flow_request(d, "BYE", "", "");
	flow_until(L(leg).ended && flow_result(d, "BYE"));
	flow_assert(L(leg).end == JF_LEG_END_BYE_BY_PEER);
}

/* ---- RFC 3665 section 3 ---------------------------------------------------------------------- */

static void session_established_by_the_peer(void) /* 3.1 */
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	established_by_peer(d);
	peer_hangs_up(d, 0);
}

static void session_established_by_us(void) /* 3.1, the other side */
{
	unsigned n = flow_call(rings_and_answers, NULL);

	flow_until(L(n).answered);
	flow_pass_ms(100);
	peer_hangs_up(flow_called(n), n);
}

static void session_ended_by_us(void)
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	established_by_peer(d);
	jf_leg_end(L(0).leg, 0, NULL);
	flow_until(L(0).ended && flow_got("BYE"));
	flow_assert(L(0).end == JF_LEG_END_BYE_BY_US);
	flow_assert(flow_got("BYE") == 1);
}

static void session_through_proxies(void) /* 3.2 */
{
	struct flow_dialog *d = flow_invite(
	        "Record-Route: <sip:127.0.0.1:5070;lr>, <sip:127.0.0.9;lr>\r\n", FLOW_SDP);

	established_by_peer(d);
	jf_leg_end(L(0).leg, 0, NULL);
	flow_until(flow_got("BYE"));
}

static void late_offer_with_sdp_in_ack(void) /* 3.6 */
{
	struct flow_dialog *d = flow_invite("", "");

	flow_ack_body(d, FLOW_SDP);
	established_by_peer(d);
	flow_assert(L(0).rtp_port == 6000);
	peer_hangs_up(d, 0);
}

static void redirected(void) /* 3.6 */
{
	static const struct flow_answer moved[] = {{.code = 302, .pause_ms = 20}, {.code = 0}};
	const struct jf_leg_target target = {.redirects = true};
	unsigned n = flow_call(moved, &target);

	flow_until(L(n).ended);
	flow_assert(L(n).redirected == 1 && L(n).code == 302);
	flow_assert(L(n).end == JF_LEG_END_REJECTED_BY_PEER);
}

static void peer_moves_in_a_reinvite(void) /* 3.7 */
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	established_by_peer(d);
	flow_request(d, "INVITE", "", FLOW_SDP_MOVED);
	flow_until(flow_result(d, "INVITE") == 200);
	flow_assert(L(0).reoffered == 1 && L(0).rtp_port == 7000);
	flow_until(L(0).confirmed == 2);
	peer_hangs_up(d, 0);
}

static void we_move_in_a_reinvite(void) /* 3.7, the other side */
{
	struct jf_media_desc media = local_media();
	unsigned n = flow_call(rings_and_answers, NULL);

	flow_until(L(n).answered);
	flow_assert(!jf_leg_reoffer(L(n).leg, &media));
	flow_until(L(n).reanswered);
	flow_assert(flow_got("INVITE") == 2);
	peer_hangs_up(flow_called(n), n);
}

static void no_answer_and_we_cancel(void) /* 3.8 */
{
	static const struct flow_answer rings[] = {{.code = 180, .pause_ms = 20}, {.code = 0}};
	unsigned n = flow_call(rings, NULL);

	flow_until(L(n).provisional);
	flow_pass_ms(200);
	jf_leg_end(L(n).leg, 0, NULL);
	flow_until(L(n).ended);
	flow_assert(L(n).end == JF_LEG_END_CANCELLED_BY_US);
	flow_assert(!flow_got("BYE"));
}

static void no_answer_and_the_peer_cancels(void) /* 3.8, the other side */
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	flow_until(L(0).incoming);
	jf_leg_ring(L(0).leg);
	flow_pass_ms(1500);
	flow_cancel(d);
	flow_until(L(0).ended && flow_result(d, "INVITE"));
	flow_assert(L(0).end == JF_LEG_END_CANCELLED_BY_PEER);
	flow_assert(flow_result(d, "INVITE") == 487);
}

static void busy(void) /* 3.9 */
{
	static const struct flow_answer refuses[] = {{.code = 100, .pause_ms = 10},
	                                             {.code = 486, .pause_ms = 20}};
	unsigned n = flow_call(refuses, NULL);

	flow_until(L(n).ended);
	flow_assert(L(n).end == JF_LEG_END_REJECTED_BY_PEER && L(n).code == 486);
}

static void we_are_busy(void) /* 3.9, the other side */
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	flow_until(L(0).incoming);
	flow_assert(!jf_leg_reject(L(0).leg, 486, NULL, NULL));
	flow_until(L(0).ended && flow_result(d, "INVITE") == 486);
	flow_assert(L(0).end == JF_LEG_END_REJECTED_BY_US);
}

static void no_response(void) /* 3.10 */
{
	static const struct flow_answer nothing[] = {{.code = 0}};
	unsigned n = flow_call(nothing, NULL);

	flow_until(L(n).ended);
	flow_assert(L(n).end == JF_LEG_END_TIMEOUT && L(n).code == 408);
}

static void temporarily_unavailable(void) /* 3.11 */
{
	static const struct flow_answer away[] = {{.code = 180, .pause_ms = 20},
	                                          {.code = 480, .pause_ms = 100}};
	unsigned n = flow_call(away, NULL);

	flow_until(L(n).ended);
	flow_assert(L(n).end == JF_LEG_END_REJECTED_BY_PEER && L(n).code == 480);
}

/* ---- Races ----------------------------------------------------------------------------------- */

static void our_cancel_crosses_their_answer(void)
{
	unsigned n = flow_call(rings_and_answers, NULL);

	flow_until(L(n).provisional || L(n).answered);
	while (L(n).leg && flow_got("INVITE") && !L(n).answered && !flow_got("CANCEL")) {
		flow_pass_ms(295); /* their 200 is in the air, or about to be */
		if (L(n).leg)
			jf_leg_end(L(n).leg, 0, NULL);
		break;
	}
	if (L(n).leg)
		jf_leg_end(L(n).leg, 0, NULL);
	flow_until(L(n).ended);
	flow_assert(L(n).end == JF_LEG_END_CROSSED || L(n).end == JF_LEG_END_CANCELLED_BY_US ||
	            L(n).end == JF_LEG_END_BYE_BY_US);
	flow_pass_ms(35000);
	flow_assert(L(n).end == JF_LEG_END_CANCELLED_BY_US || flow_got("BYE") == 1);
}

static void their_cancel_crosses_our_answer(void)
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);
	struct jf_media_desc media = local_media();

	flow_until(L(0).incoming);
	flow_pass_ms(200);
	flow_cancel(d);
	if (L(0).leg)
		jf_leg_answer(L(0).leg, &media); /* both are in the air */
	flow_until(flow_result(d, "INVITE"));
	if (flow_result(d, "INVITE") == 200)
		flow_request(d, "BYE", "", "");
	flow_until(L(0).ended);
	flow_assert(L(0).end == JF_LEG_END_CANCELLED_BY_PEER || L(0).end == JF_LEG_END_BYE_BY_PEER);
}

static void both_hang_up(void)
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	established_by_peer(d);
	flow_request(d, "BYE", "", "");
	jf_leg_end(L(0).leg, 0, NULL);
	flow_until(L(0).ended && flow_result(d, "BYE"));
	flow_assert(flow_result(d, "BYE") == 200 || flow_result(d, "BYE") == 481);
}

static void bye_in_an_early_dialog(void)
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	flow_until(L(0).incoming);
	jf_leg_ring(L(0).leg);
	flow_pass_ms(1500);
	flow_request(d, "BYE", "", "");
	flow_until(flow_result(d, "BYE"));
	if (flow_result(d, "BYE") == 481) /* it never heard of the dialog: our 180 is lost */
		jf_leg_end(L(0).leg, 0, NULL);
	flow_until(L(0).ended && flow_result(d, "INVITE"));
}

static void glare(void)
{
	struct jf_media_desc media = local_media();
	struct flow_dialog *d = flow_invite("", FLOW_SDP);

	established_by_peer(d);
	flow_reinvite_code(491);
	flow_assert(!jf_leg_reoffer(L(0).leg, &media));
	flow_request(d, "INVITE", "", FLOW_SDP_MOVED);
	flow_until(flow_result(d, "INVITE"));
	flow_reinvite_code(0);
	flow_until(L(0).reanswered);
	flow_assert(L(0).code == 200 || L(0).reanswered == 1);
	peer_hangs_up(d, 0);
}

/* ---- Reliable provisionals, forks, early media ----------------------------------------------- */

static void early_media_from_us(void)
{
	struct flow_dialog *d = flow_invite("Supported: 100rel\r\n", FLOW_SDP);
	struct jf_media_desc media = local_media();

	flow_until(L(0).incoming);
	flow_assert(!jf_leg_ring_early(L(0).leg, &media));
	flow_assert(!jf_leg_answer(L(0).leg, &media));
	flow_until(L(0).confirmed);
	peer_hangs_up(d, 0);
}

static void early_media_from_the_peer(void)
{
	static const struct flow_answer answers[] = {
	        {.code = 183,
	         .pause_ms = 20,
	         .headers = "Require: 100rel\r\nRSeq: 7\r\n",
	         .body = FLOW_SDP_MOVED},
	        {.code = 180, .pause_ms = 20, .headers = "Require: 100rel\r\nRSeq: 8\r\n"},
	        {.code = 200, .pause_ms = 100}};
	unsigned n = flow_call(answers, NULL);

	flow_until(L(n).answered);
	flow_assert(L(n).early && L(n).rtp_port == 7000);
	flow_assert(flow_got("PRACK") == 2);
	peer_hangs_up(flow_called(n), n);
}

static void session_refreshed_by_the_peer(void)
{
	struct flow_dialog *d =
	        flow_invite("Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n", FLOW_SDP);

	established_by_peer(d);
	for (unsigned i = 0; i < 2; i++) {
		flow_pass_ms(50000);
		flow_request(d, "UPDATE",
		             "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n", "");
		flow_until(flow_result(d, "UPDATE") == 200);
	}
	flow_assert(!L(0).ended);
	flow_until(true);
	peer_hangs_up(d, 0);
}

static void session_refreshed_by_us(void)
{
	struct flow_dialog *d = flow_invite("Supported: timer\r\nAllow: INVITE, UPDATE\r\n"
	                                    "Session-Expires: 100;refresher=uas\r\n",
	                                    FLOW_SDP);

	established_by_peer(d);
	flow_pass_ms(52000);
	flow_assert(flow_got("UPDATE") == 1 && !L(0).ended);
	peer_hangs_up(d, 0);
}

/* ---- RFC 5589 -------------------------------------------------------------------------------- */

/* The peer is transferor on leg 0 and target on the leg that the reference makes. */
static struct flow_dialog *referred(const char *refer_to)
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP);
	char header[500];

	established_by_peer(d);
	snprintf(header, sizeof(header), "Refer-To: <%s>\r\n", refer_to);
	flow_request(d, "REFER", header, "");
	flow_until(L(0).referred && flow_result(d, "REFER") == 202);
	return d;
}

static void blind_transfer(void) /* 6.1 */
{
	struct flow_dialog *d = referred("sip:target@127.0.0.1");
	unsigned n = flow_call(rings_and_answers, NULL);

	flow_until(L(n).provisional || L(n).answered);
	(void)jf_leg_refer_notify(L(0).leg, 180);
	flow_until(L(n).answered);
	flow_assert(!jf_leg_refer_notify(L(0).leg, 200));
	flow_until(strstr(flow_got_body("NOTIFY"), "SIP/2.0 200 OK"));
	peer_hangs_up(d, 0);
	jf_leg_end(L(n).leg, 0, NULL);
	flow_until(L(n).ended);
}

static void transferor_leaves_at_once(void) /* 6.1, no waiting for NOTIFY */
{
	struct flow_dialog *d = referred("sip:target@127.0.0.1");
	unsigned n;

	flow_request(d, "BYE", "", "");
	n = flow_call(rings_and_answers, NULL);
	flow_until(L(0).ended && flow_result(d, "BYE") == 200);
	flow_until(L(n).answered);
	peer_hangs_up(flow_called(n), n);
}

static void target_is_busy(void) /* 6.2 */
{
	static const struct flow_answer refuses[] = {{.code = 486, .pause_ms = 20}, {.code = 0}};
	struct flow_dialog *d = referred("sip:target@127.0.0.1");
	unsigned n = flow_call(refuses, NULL);

	flow_until(L(n).ended);
	flow_assert(!jf_leg_refer_notify(L(0).leg, L(n).code));
	flow_until(strstr(flow_got_body("NOTIFY"), "SIP/2.0 486 "));
	flow_assert(!L(0).ended); /* they talk on */
	peer_hangs_up(d, 0);
}

static void target_does_not_answer(void) /* 6.3 */
{
	static const struct flow_answer rings[] = {{.code = 180, .pause_ms = 20}, {.code = 0}};
	struct flow_dialog *d = referred("sip:target@127.0.0.1");
	unsigned n = flow_call(rings, NULL);

	flow_until(L(n).provisional);
	flow_pass_ms(3000);
	jf_leg_end(L(n).leg, 0, NULL);
	flow_until(L(n).ended);
	flow_assert(!jf_leg_refer_notify(L(0).leg, 487));
	flow_until(strstr(flow_got_body("NOTIFY"), "SIP/2.0 487 "));
	peer_hangs_up(d, 0);
}

static void attended_transfer(void) /* 7.1 */
{
	struct flow_dialog *d = flow_invite("", FLOW_SDP), *consult;
	char header[500], escaped[300];
	size_t at = 0;
	unsigned n;

	established_by_peer(d);
	n = flow_call(rings_and_answers, NULL);
	flow_until(L(n).answered);
	consult = flow_called(n);
	for (const char *p = flow_replaces(consult); *p; p++)
		at += (size_t)snprintf(escaped + at, sizeof(escaped) - at,
		                       strchr(";=@", *p) ? "%%%02X" : "%c", *p);
	snprintf(header, sizeof(header), "Refer-To: <sip:1001@127.0.0.1?Replaces=%s>\r\n", escaped);
	flow_request(d, "REFER", header, "");
	flow_until(L(0).referred && flow_result(d, "REFER") == 202);
	flow_assert(L(0).refer_replaces == jf_leg_id(L(n).leg));
	flow_assert(!jf_leg_refer_notify(L(0).leg, 200)); /* they are joined here */
	flow_until(strstr(flow_got_body("NOTIFY"), "SIP/2.0 200 OK"));
	peer_hangs_up(d, 0);
	peer_hangs_up(consult, n);
}

static void invite_that_replaces(void) /* 7.1, the target's side */
{
	struct jf_media_desc media = local_media();
	unsigned n = flow_call(rings_and_answers, NULL), other;
	struct flow_dialog *d;
	char header[400];

	flow_until(L(n).answered);
	flow_pass_ms(800);
	snprintf(header, sizeof(header), "Require: replaces\r\nReplaces: %s\r\n",
	         flow_replaces(flow_called(n)));
	d = flow_invite(header, FLOW_SDP);
	other = n + 1;
	flow_until(L(other).incoming);
	flow_assert(L(other).replaces == jf_leg_id(L(n).leg));
	flow_assert(!jf_leg_answer(L(other).leg, &media));
	flow_until(L(other).confirmed);
	jf_leg_end(L(n).leg, 0, NULL);
	flow_until(L(n).ended);
	peer_hangs_up(d, other);
}

#define FLOW(f)                                                                                    \
	static void play_##f(void **state)                                                         \
	{                                                                                          \
		(void)state;                                                                       \
		flow_play(#f, f);                                                                  \
	}
#define FLOWS(X)                                                                                   \
	X(session_established_by_the_peer)                                                         \
	X(session_established_by_us)                                                               \
	X(session_ended_by_us)                                                                     \
	X(session_through_proxies)                                                                 \
	X(late_offer_with_sdp_in_ack)                                                              \
	X(redirected)                                                                              \
	X(peer_moves_in_a_reinvite)                                                                \
	X(we_move_in_a_reinvite)                                                                   \
	X(no_answer_and_we_cancel)                                                                 \
	X(no_answer_and_the_peer_cancels)                                                          \
	X(busy)                                                                                    \
	X(we_are_busy)                                                                             \
	X(no_response)                                                                             \
	X(temporarily_unavailable)                                                                 \
	X(our_cancel_crosses_their_answer)                                                         \
	X(their_cancel_crosses_our_answer)                                                         \
	X(both_hang_up)                                                                            \
	X(bye_in_an_early_dialog)                                                                  \
	X(glare)                                                                                   \
	X(early_media_from_us)                                                                     \
	X(early_media_from_the_peer)                                                               \
	X(session_refreshed_by_the_peer)                                                           \
	X(session_refreshed_by_us)                                                                 \
	X(blind_transfer)                                                                          \
	X(transferor_leaves_at_once)                                                               \
	X(target_is_busy)                                                                          \
	X(target_does_not_answer)                                                                  \
	X(attended_transfer)                                                                       \
	X(invite_that_replaces)
FLOWS(FLOW)

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test(play_##f),
	        FLOWS(TEST)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
