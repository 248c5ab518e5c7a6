// SPDX-License-Identifier: BSD-3-Clause
/* What the callers send. */
#include <arpa/inet.h>
#include <string.h>

#include "jf_sipgen_calls_priv.h"

/* "2017@127.0.0.1": calls take the numbers in turn. */
static void add_called(struct jf_sipgen_buffer *b, const struct jf_sipgen_calls *calls,
                       const struct jf_sipgen_call *call)
{
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &calls->config.server.sin_addr, address, sizeof(address));
	jf_sipgen_add_number(b, calls->config.called + call->number % calls->config.n_called);
	jf_sipgen_add(b, "@");
	jf_sipgen_add(b, address);
}

/* Request line and Via. kind: one letter, so that each transaction has a branch of its own. */
static void add_start(struct jf_sipgen_buffer *b, const struct jf_sipgen_calls *calls,
                      const struct jf_sipgen_call *call, const char *method, const char *kind)
{
	jf_sipgen_add(b, method);
	jf_sipgen_add(b, " ");
	if (call->target[0]) {
		jf_sipgen_add(b, call->target);
	} else {
		jf_sipgen_add(b, "sip:");
		add_called(b, calls, call);
	}
	jf_sipgen_add(b, " SIP/2.0\r\nVia: SIP/2.0/UDP ");
	jf_sipgen_add(b, jf_sipgen_wire_address(calls->config.wire, JF_SIPGEN_CALLERS));
	jf_sipgen_add(b, ":5060;branch=z9hG4bK");
	jf_sipgen_add(b, kind);
	jf_sipgen_add_number(b, calls->run);
	jf_sipgen_add(b, "x");
	jf_sipgen_add_number(b, call->number);
	jf_sipgen_add(b, "\r\nMax-Forwards: 70\r\n");
}

static void add_parties(struct jf_sipgen_buffer *b, const struct jf_sipgen_calls *calls,
                        const struct jf_sipgen_call *call, struct jf_sipgen_text to)
{
	jf_sipgen_add(b, "From: <sip:");
	jf_sipgen_add_number(b, call->number);
	jf_sipgen_add(b, "@");
	jf_sipgen_add(b, jf_sipgen_wire_address(calls->config.wire, JF_SIPGEN_CALLERS));
	jf_sipgen_add(b, ">;tag=c");
	jf_sipgen_add_number(b, call->number);
	jf_sipgen_add(b, "\r\nTo: ");
	if (to.at) {
		jf_sipgen_add_text(b, to);
	} else {
		jf_sipgen_add(b, "<sip:");
		add_called(b, calls, call);
		jf_sipgen_add(b, ">");
	}
	jf_sipgen_add(b, "\r\nCall-ID: ");
	jf_sipgen_add_number(b, call->number);
	jf_sipgen_add(b, "-");
	jf_sipgen_add_number(b, calls->run);
	jf_sipgen_add(b, "@jfbench\r\n");
}

void jf_sipgen_add_sdp(struct jf_sipgen_buffer *b, enum jf_sipgen_side side, uint64_t number)
{
	/* Of the network for benchmarks (RFC 2544); nobody sends or hears anything there. */
	static const char *const address[] = {
	        [JF_SIPGEN_CALLERS] = "198.18.0.2",
	        [JF_SIPGEN_AGENTS] = "198.18.0.3",
	};
	char place[512];
	struct jf_sipgen_buffer sdp = {.bytes = place, .size = sizeof(place)};

	jf_sipgen_add(&sdp, "v=0\r\no=- 1 1 IN IP4 ");
	jf_sipgen_add(&sdp, address[side]);
	jf_sipgen_add(&sdp, "\r\ns=-\r\nc=IN IP4 ");
	jf_sipgen_add(&sdp, address[side]);
	jf_sipgen_add(&sdp, "\r\nt=0 0\r\nm=audio ");
	jf_sipgen_add_number(&sdp, 10000 + number % 25000 * 2);
	jf_sipgen_add(&sdp, " RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	                    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
	                    "a=ptime:20\r\na=recvonly\r\n");
	jf_sipgen_add(b, "Content-Type: application/sdp\r\nContent-Length: ");
	jf_sipgen_add_number(b, sdp.length);
	jf_sipgen_add(b, "\r\n\r\n");
	jf_sipgen_add_text(b, (struct jf_sipgen_text){place, sdp.length});
}

void jf_sipgen_send_invite(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call)
{
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(calls->config.wire);

	add_start(&b, calls, call, "INVITE", "i");
	add_parties(&b, calls, call, (struct jf_sipgen_text){0});
	jf_sipgen_add(&b, "CSeq: 1 INVITE\r\nContact: <sip:caller@");
	jf_sipgen_add(&b, jf_sipgen_wire_address(calls->config.wire, JF_SIPGEN_CALLERS));
	jf_sipgen_add(&b, ":5060>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n");
	jf_sipgen_add_sdp(&b, JF_SIPGEN_CALLERS, call->number);
	jf_sipgen_wire_send(calls->config.wire, JF_SIPGEN_CALLERS, &b, &calls->config.server);
}

static bool keep(char *place, uint32_t size, struct jf_sipgen_text text)
{
	if (text.length >= size)
		return false;
	if (text.length)
		memcpy(place, text.at, text.length);
	place[text.length] = '\0';
	return true;
}

/* The caller's route set: Record-Route backwards (RFC 3261 section 12.1.2). */
bool jf_sipgen_take_success(struct jf_sipgen_call *call, const struct jf_sipgen_message *message)
{
	struct jf_sipgen_buffer routes = {.bytes = call->routes, .size = sizeof(call->routes) - 1};

	for (uint32_t i = message->n_record_routes; i > 0; i--) {
		jf_sipgen_add(&routes, "Route: ");
		jf_sipgen_add_text(&routes, message->record_routes[i - 1]);
		jf_sipgen_add(&routes, "\r\n");
	}
	call->routes[routes.length] = '\0';
	return !routes.full && message->contact.at &&
	       keep(call->to, sizeof(call->to), message->to) &&
	       keep(call->target, sizeof(call->target), message->contact);
}

static void send_later(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call,
                       const char *method, const char *kind, const char *cseq)
{
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(calls->config.wire);

	add_start(&b, calls, call, method, kind);
	jf_sipgen_add(&b, call->routes);
	add_parties(&b, calls, call, (struct jf_sipgen_text){call->to, (uint32_t)strlen(call->to)});
	jf_sipgen_add(&b, cseq);
	jf_sipgen_add(&b, "Content-Length: 0\r\n\r\n");
	jf_sipgen_wire_send(calls->config.wire, JF_SIPGEN_CALLERS, &b, &calls->config.server);
}

void jf_sipgen_send_ack(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call,
                        const struct jf_sipgen_message *refusal)
{
	struct jf_sipgen_buffer b;

	if (!refusal) {
		send_later(calls, call, "ACK", "a", "CSeq: 1 ACK\r\n");
		return;
	}
	b = jf_sipgen_wire_buffer(calls->config.wire);
	add_start(&b, calls, call, "ACK", "i");
	add_parties(&b, calls, call, refusal->to);
	jf_sipgen_add(&b, "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n");
	jf_sipgen_wire_send(calls->config.wire, JF_SIPGEN_CALLERS, &b, &calls->config.server);
}

void jf_sipgen_send_bye(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call)
{
	send_later(calls, call, "BYE", "b", "CSeq: 2 BYE\r\n");
}
