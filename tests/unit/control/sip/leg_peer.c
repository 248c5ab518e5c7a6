// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "leg_peer.h"
#include "wire.h"

struct leg_peer_owner owner;

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)arg;
	assert_int_equal(invite->trunk, STAND_IN_TRUNK);
	owner.leg = leg;
	owner.incoming++;
	snprintf(owner.number, sizeof(owner.number), "%s", invite->number);
	snprintf(owner.from_user, sizeof(owner.from_user), "%s", invite->from_user);
	snprintf(owner.from_name, sizeof(owner.from_name), "%s", invite->from_name);
	snprintf(owner.asserted, sizeof(owner.asserted), "%s", invite->identity->asserted_user);
	owner.offered = invite->offer != NULL;
	owner.replaces = invite->replaces;
}

static void note_refer(const struct jf_leg_refer *refer)
{
	owner.refers++;
	snprintf(owner.refer_uri, sizeof(owner.refer_uri), "%s", refer->uri);
	snprintf(owner.refer_user, sizeof(owner.refer_user), "%s", refer->user);
	snprintf(owner.refer_by, sizeof(owner.refer_by), "%s", refer->referred_by);
	snprintf(owner.refer_header, sizeof(owner.refer_header), "%s", refer->replaces_header);
	owner.refer_replaces = refer->replaces;
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
	if (event->type == JF_LEG_REFER)
		note_refer(event->refer);
	if (event->redirect)
		owner.redirect = *event->redirect;
	owner.events++;
	if (event->type == JF_LEG_ENDED) {
		owner.ended++;
		owner.end = event->end;
		owner.end_code = event->code;
	}
}

int leg_peer_setup(void **state)
{
	const struct jf_sip_handler rows = {.source_allowed = stand_in_local_trunk,
	                                    .leg_incoming = leg_incoming,
	                                    .leg_event = leg_event};

	(void)state;
	memset(&owner, 0, sizeof(owner));
	return sip_lab_start(rows, (struct jf_sip_config){0});
}

/* A request of the peer; to_tag: "" outside of a dialog. extra: header lines. */
void request(const char *method, unsigned cseq, const char *to_tag, const char *extra,
             const char *body)
{
	char text[WIRE_TEXT_MAX];

	snprintf(
	        text, sizeof(text),
	        "%s sip:6100@127.0.0.1 SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK%u%s\r\n"
	        "Max-Forwards: 70\r\nFrom: \"Caller\" <sip:3725550@127.0.0.1>;tag=peer\r\n"
	        "To: <sip:6100@127.0.0.1>%s%s\r\nCall-ID: call-1\r\nCSeq: %u %s\r\n"
	        "Contact: <sip:caller@127.0.0.1:5070>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	        method, cseq, strcmp(method, "CANCEL") && strcmp(method, "ACK") ? method : "INVITE",
	        *to_tag ? ";tag=" : "", to_tag, cseq, method, extra,
	        *body && !strstr(extra, "Content-Type:") ? "Content-Type: application/sdp\r\n" : "",
	        strlen(body), body);
	wire_receive(text);
}

/* The next message we sent is this response. */
const char *expect_response(unsigned code, const char *method)
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

const char *expect_request(const char *method)
{
	const char *message = wire_sent();

	if (!message)
		fail_msg("expected %s, nothing was sent", method);
	if (strncmp(message, method, strlen(method)) != 0)
		fail_msg("expected %s, sent: %s", method, message);
	return message;
}

void expect_nothing(void)
{
	const char *message = wire_sent();

	if (message)
		fail_msg("sent: %s", message);
}

const char *tag_of(const char *header)
{
	static char tags[4][128];
	static unsigned next;
	char *tag = tags[next++ % 4];
	const char *at = strstr(header, ";tag=");

	snprintf(tag, sizeof(tags[0]), "%s", at ? at + 5 : "");
	return tag;
}

const char *rack_of(const char *provisional)
{
	static char text[64];

	snprintf(text, sizeof(text), "RAck: %s 1 INVITE\r\n", wire_header(provisional, "RSeq"));
	return text;
}

/* A response of the peer to our request. */
void respond(const char *to, unsigned code, const char *tag, const char *extra, const char *body)
{
	char text[WIRE_TEXT_MAX];
	bool has_tag = !*tag || strstr(wire_header(to, "To"), ";tag=") != NULL;

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
const char *keep(const char *message)
{
	static char texts[8][WIRE_TEXT_MAX];
	static unsigned next;
	char *text = texts[next++ % 8];

	snprintf(text, WIRE_TEXT_MAX, "%s", message);
	return text;
}

/* An incoming call up to ACK; our tag. */
const char *establish(void)
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

void peer_cancels(void)
{
	request("CANCEL", 1, "", "", "");
	expect_response(200, "CANCEL");
	expect_response(487, "INVITE");
	wire_advance_ms(2);
	assert_int_equal(owner.end, JF_LEG_END_CANCELLED_BY_PEER);
}

const char *call_target(const struct jf_leg_target *target)
{
	struct jf_media_desc media = local_media();

	assert_int_equal(jf_leg_create(sip, target, &media, &owner, &owner.leg), 0);
	return keep(expect_request("INVITE sip:1001@127.0.0.1:5070;ob SIP/2.0"));
}

const char *call_phone(void)
{
	struct jf_leg_target target = {
	        .uri = "sip:1001@127.0.0.1:5070;ob",
	        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	        .from_user = "3725550\r\nX-Evil: 1",
	        .from_name = "Call\"er\r\n<x>",
	        .to_user = "1001",
	};

	return call_target(&target);
}

void establish_phone(void)
{
	const char *invite = call_phone();

	respond(invite, 180, "phone", "", "");
	respond(invite, 200, "phone", "", SDP);
	expect_request("ACK sip:phone@127.0.0.1:5070 SIP/2.0");
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
}
