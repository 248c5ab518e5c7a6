// SPDX-License-Identifier: BSD-3-Clause
/* What the agents answer. */
#include <stdio.h>
#include <string.h>

#include "jf_sipgen_calls_priv.h"

static void tag_of(const struct jf_sipgen_call *call, char ret_tag[32])
{
	snprintf(ret_tag, 32, "a%llu", (unsigned long long)call->number);
}

void jf_sipgen_send_status(struct jf_sipgen_calls *calls, enum jf_sipgen_side side,
                           const struct jf_sipgen_message *request, const struct sockaddr_in *to,
                           const char *status)
{
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(calls->config.wire);

	jf_sipgen_add_response(&b, request, status, "none");
	jf_sipgen_add(&b, "Content-Length: 0\r\n\r\n");
	jf_sipgen_wire_send(calls->config.wire, side, &b, to);
}

static void add_contact(struct jf_sipgen_buffer *b, const struct jf_sipgen_calls *calls)
{
	jf_sipgen_add(b, "Contact: <sip:agent@");
	jf_sipgen_add(b, jf_sipgen_wire_address(calls->config.wire, JF_SIPGEN_AGENTS));
	jf_sipgen_add(b, ":5060>\r\n");
}

void jf_sipgen_send_ringing(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call,
                            const struct jf_sipgen_message *invite)
{
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(calls->config.wire);
	char tag[32];

	tag_of(call, tag);
	jf_sipgen_add_response(&b, invite, "180 Ringing", tag);
	add_contact(&b, calls);
	jf_sipgen_add(&b, "Content-Length: 0\r\n\r\n");
	jf_sipgen_wire_send(calls->config.wire, JF_SIPGEN_AGENTS, &b, &call->agent_peer);
}

bool jf_sipgen_make_success(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call,
                            const struct jf_sipgen_message *invite)
{
	struct jf_sipgen_buffer b = {.bytes = call->reply, .size = sizeof(call->reply)};
	char tag[32];

	tag_of(call, tag);
	jf_sipgen_add_response(&b, invite, "200 OK", tag);
	add_contact(&b, calls);
	jf_sipgen_add(&b, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n");
	jf_sipgen_add_sdp(&b, JF_SIPGEN_AGENTS, call->number);
	call->reply_length = b.length;
	return !b.full;
}

void jf_sipgen_send_success(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call)
{
	struct jf_sipgen_buffer b = jf_sipgen_wire_buffer(calls->config.wire);

	jf_sipgen_add_text(&b, (struct jf_sipgen_text){call->reply, call->reply_length});
	jf_sipgen_wire_send(calls->config.wire, JF_SIPGEN_AGENTS, &b, &call->agent_peer);
}
