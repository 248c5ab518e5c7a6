// SPDX-License-Identifier: BSD-3-Clause
/* Legs on a wire of text and virtual time: every message as a peer would see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>

#include "jf_loop.h"
#include "jf_sip.h"
#include "wire.h"

#define SDP                                                                                        \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

static struct jf_sip *sip;

/* What the owner was told. */
static struct {
	struct jf_leg *leg;
	unsigned incoming;
	char number[64];
	char from_user[64];
	char from_name[64];
	char asserted[64];
	bool offered;
	unsigned events;
	struct jf_leg_event last;
	bool has_media;
	struct jf_media_desc media;
	unsigned ended;
	enum jf_leg_end end;
	uint16_t end_code;
} owner;

static bool source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)arg;
	*ret_trunk = 42;
	return source->ip[0] == 127;
}

static bool agent_ha1(const char *agent, const char *realm, uint8_t ret_ha1[JF_SIP_HA1_BYTES],
                      void *arg)
{
	(void)agent;
	(void)realm;
	(void)ret_ha1;
	(void)arg;
	return false;
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *r, void *arg)
{
	(void)change;
	(void)r;
	(void)arg;
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)arg;
	assert_int_equal(invite->trunk, 42);
	owner.leg = leg;
	owner.incoming++;
	snprintf(owner.number, sizeof(owner.number), "%s", invite->number);
	snprintf(owner.from_user, sizeof(owner.from_user), "%s", invite->from_user);
	snprintf(owner.from_name, sizeof(owner.from_name), "%s", invite->from_name);
	snprintf(owner.asserted, sizeof(owner.asserted), "%s", invite->asserted_user);
	owner.offered = invite->offer != NULL;
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	(void)arg;
	assert_ptr_equal(leg, owner.leg);
	assert_int_equal(owner.ended, 0); /* nothing after the last */
	owner.last = *event;
	owner.has_media = event->media != NULL;
	if (event->media)
		owner.media = *event->media;
	owner.events++;
	if (event->type == JF_LEG_ENDED) {
		owner.ended++;
		owner.end = event->end;
		owner.end_code = event->code;
	}
}

static const struct jf_sip_handler handler = {
        .source_allowed = source_allowed,
        .agent_ha1 = agent_ha1,
        .registration_changed = registration_changed,
        .leg_incoming = leg_incoming,
        .leg_event = leg_event,
};

static int setup(void **state)
{
	struct jf_sip_config config = {
	        .address = "127.0.0.1", .udp_port = 5060, .realm = "test", .handler = &handler};

	(void)state;
	memset(&owner, 0, sizeof(owner));
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

static struct jf_media_desc local_media(void)
{
	struct jf_media_desc m = {
	        .family = 4,
	        .event_type = 101,
	        .ptime_ms = 20,
	        .codec_count = 1,
	        .rtp_port = 40000,
	        .rtcp_port = 40001,
	        .codecs = {{JF_LAW_PCMU, 0}},
	};

	inet_pton(AF_INET, "127.0.0.1", &m.ip_be);
	return m;
}

/* A request of the peer; to_tag: "" outside of a dialog. extra: header lines. */
static void request(const char *method, unsigned cseq, const char *to_tag, const char *extra,
                    const char *body)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "%s sip:6100@127.0.0.1 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK%u%s\r\n"
	         "Max-Forwards: 70\r\nFrom: \"Caller\" <sip:3725550@127.0.0.1>;tag=peer\r\n"
	         "To: <sip:6100@127.0.0.1>%s%s\r\nCall-ID: call-1\r\nCSeq: %u %s\r\n"
	         "Contact: <sip:caller@127.0.0.1:5070>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	         method, cseq,
	         strcmp(method, "CANCEL") && strcmp(method, "ACK") ? method : "INVITE",
	         *to_tag ? ";tag=" : "", to_tag, cseq, method, extra,
	         *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	wire_receive(text);
}

/* The next message we sent is this response. */
static const char *expect_response(unsigned code, const char *method)
{
	const char *message = wire_sent();
	char start[32];

	assert_non_null(message);
	snprintf(start, sizeof(start), "SIP/2.0 %u ", code);
	if (strncmp(message, start, strlen(start)) != 0)
		fail_msg("expected %u, sent: %s", code, message);
	assert_non_null(strstr(wire_header(message, "CSeq"), method));
	return message;
}

static const char *expect_request(const char *method)
{
	const char *message = wire_sent();

	if (!message)
		fail_msg("expected %s, nothing was sent", method);
	if (strncmp(message, method, strlen(method)) != 0)
		fail_msg("expected %s, sent: %s", method, message);
	return message;
}

static void expect_nothing(void)
{
	const char *message = wire_sent();

	if (message)
		fail_msg("sent: %s", message);
}

static const char *tag_of(const char *header)
{
	static char tags[4][128];
	static unsigned next;
	char *tag = tags[next++ % 4];
	const char *at = strstr(header, ";tag=");

	snprintf(tag, sizeof(tags[0]), "%s", at ? at + 5 : "");
	return tag;
}

/* A response of the peer to our request. */
static void respond(const char *to, unsigned code, const char *tag, const char *extra,
                    const char *body)
{
	char text[WIRE_TEXT_MAX];
	bool has_tag = strstr(wire_header(to, "To"), ";tag=") != NULL;

	snprintf(text, sizeof(text),
	         "SIP/2.0 %u Whatever\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\n"
	         "CSeq: %s\r\nContact: <sip:phone@127.0.0.1:5070>\r\n%s%s"
	         "Content-Length: %zu\r\n\r\n%s",
	         code, wire_header(to, "Via"), wire_header(to, "From"), wire_header(to, "To"),
	         has_tag ? "" : ";tag=", has_tag ? "" : tag, wire_header(to, "Call-ID"),
	         wire_header(to, "CSeq"), extra, *body ? "Content-Type: application/sdp\r\n" : "",
	         strlen(body), body);
	wire_receive(text);
}

/* Keeps a message beyond the next wire_sent. */
static const char *keep(const char *message)
{
	static char texts[8][WIRE_TEXT_MAX];
	static unsigned next;
	char *text = texts[next++ % 8];

	snprintf(text, WIRE_TEXT_MAX, "%s", message);
	return text;
}

/* An incoming call up to ACK; our tag. */
static const char *establish(void)
{
	struct jf_media_desc media = local_media();
	const char *tag;

	request("INVITE", 1, "", "", SDP);
	expect_response(100, "INVITE");
	assert_int_equal(jf_leg_answer(owner.leg, &media), 0);
	tag = tag_of(wire_header(expect_response(200, "INVITE"), "To"));
	request("ACK", 1, tag, "", "");
	assert_int_equal(owner.last.type, JF_LEG_CONFIRMED);
	expect_nothing();
	return tag;
}

/* An outgoing call with INVITE out; the INVITE. */
static const char *call_phone(void)
{
	struct jf_leg_target target = {
	        .uri = "sip:1001@127.0.0.1:5070;ob",
	        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	        .from_user = "3725550\r\nX-Evil: 1",
	        .from_name = "Call\"er\r\n<x>",
	        .to_user = "1001",
	};
	struct jf_media_desc media = local_media();

	assert_int_equal(jf_leg_create(sip, &target, &media, &owner, &owner.leg), 0);
	return keep(expect_request("INVITE sip:1001@127.0.0.1:5070;ob SIP/2.0"));
}

static void establish_phone(void)
{
	const char *invite = call_phone();

	respond(invite, 180, "phone", "", "");
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK sip:phone@127.0.0.1:5070 SIP/2.0");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
}

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

static void stranger_is_told_403_and_forgotten(void **state)
{
	static const char text[] = "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
	                           "Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKx\r\n"
	                           "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
	                           "CSeq: 1 INVITE\r\nContact: <sip:a@10.9.9.9>\r\n"
	                           "Content-Length: 0\r\n\r\n";

	(void)state;
	wire_receive_from("10.9.9.9", 5060, text, strlen(text));
	expect_response(403, "INVITE");
	assert_int_equal(owner.incoming, 0);
	assert_int_equal(jf_sip_stats_get(sip).untrusted, 1);
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
	request("CANCEL", 1, "", "", "");
	expect_response(200, "CANCEL");
	expect_response(487, "INVITE");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_CANCELLED_BY_PEER);
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
	assert_string_equal(wire_header(m, "Unsupported"), "100rel, x-foo");
	request("INVITE", 2, "", "Content-Encoding: gzip\r\n", SDP);
	m = expect_response(415, "INVITE");
	assert_string_equal(wire_header(m, "Accept"), "application/sdp");
	request("INVITE", 3, "", "",
	        "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP6 ::1\r\nm=audio 4 RTP/AVP 0");
	m = expect_response(488, "INVITE");
	assert_non_null(strstr(wire_header(m, "Warning"), "300 127.0.0.1 \""));
	request("INVITE", 4, "", "", "nonsense");
	expect_response(400, "INVITE");
	request("INVITE", 5, "0123456789abcdef", "", SDP);
	expect_response(481, "INVITE");
	request("OPTIONS", 6, "", "", "");
	m = expect_response(200, "OPTIONS");
	assert_string_equal(wire_header(m, "Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER");
	request("MESSAGE", 7, "", "", "");
	expect_response(405, "MESSAGE");
	request("UPDATE", 8, "", "", "");
	expect_response(405, "UPDATE");
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
	assert_int_equal(jf_leg_refuse(owner.leg, 0, NULL), 0);
	expect_response(488, "INVITE");
	request("ACK", 4, tag, "", "");
	/* what cannot be served is refused without the owner */
	request("INVITE", 5, tag, "",
	        "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 127.0.0.1\r\n"
	        "m=audio 6000 RTP/AVP 18\r\n");
	expect_response(488, "INVITE");
	assert_string_equal(jf_leg_state_name(owner.leg), "established");
	request("OPTIONS", 6, tag, "", "");
	expect_response(200, "OPTIONS");
	request("OPTIONS", 5, tag, "", ""); /* out of order */
	expect_response(500, "OPTIONS");
}

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
	assert_int_equal(owner.events, 0);
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
	teardown(NULL); /* kill -9: not a word to the peer */
	expect_nothing();
	setup(NULL);
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

static void text_from_the_network_is_shown_harmless(void **state)
{
	static const char text[] =
	        "INVITE sip:61%3Cb%3E%00%0a00;x=1@127.0.0.1 SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKz\r\n"
	        "From: \"\x1b[31m\xc3\xa4<script>\" <sip:%0d%0aX:1@127.0.0.1>;tag=peer\r\n"
	        "To: <sip:6100@127.0.0.1>\r\nCall-ID: call-2\r\nCSeq: 1 INVITE\r\n"
	        "Contact: <sip:caller@127.0.0.1:5070>\r\nContent-Length: 0\r\n\r\n";

	(void)state;
	wire_receive_from("127.0.0.1", 5070, text, sizeof(text) - 1);
	expect_response(100, "INVITE");
	assert_string_equal(owner.number, "61<b>??00");
	assert_string_equal(owner.from_name, "?[31m?\?<script>");
	assert_string_equal(owner.from_user, "??X");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(call_from_invite_to_bye),
	        TEST(stranger_is_told_403_and_forgotten),
	        TEST(answer_is_sent_until_ack_and_then_given_up),
	        TEST(cancel_before_the_answer),
	        TEST(cancel_that_crosses_our_answer),
	        TEST(late_offer),
	        TEST(what_is_not_served_is_refused_clearly),
	        TEST(broken_requests_get_400_or_nothing),
	        TEST(merged_request_is_482),
	        TEST(hold_and_resume_by_the_peer),
	        TEST(our_reinvite_and_glare),
	        TEST(call_to_a_phone),
	        TEST(second_branch_that_answers_is_hung_up),
	        TEST(cancel_waits_for_a_provisional),
	        TEST(answer_that_crosses_our_cancel),
	        TEST(phone_that_rejects_redirects_or_is_silent),
	        TEST(invite_that_cannot_be_sent),
	        TEST(ping_tells_who_is_there),
	        TEST(stored_call_is_taken_up_again),
	        TEST(rejecting_draining_and_detaching),
	        TEST(text_from_the_network_is_shown_harmless),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
