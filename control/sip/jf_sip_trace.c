// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_trace.h"

#include <string.h>

#include "jf_loop.h"
#include "jf_sip_peek.h"
#include "jf_sip_priv.h"
#include "jf_time.h"
#include "jf_udp.h"

/* The library's handler has no argument of ours. */
static const struct jf_sip_tracer *tracing;

static enum jf_sip_why noted;

void jf_sip_why_note(enum jf_sip_why why)
{
	noted = why;
}

static void tell(struct jf_sip_traced *message, enum sip_transp transport, const struct sa *source,
                 const struct sa *destination)
{
	jf_sip_peer_make(source, transport, &message->from);
	jf_sip_peer_make(destination, transport, &message->to);
	tracing->message(message, tracing->arg);
}

/* The reason of a response; of a request that is sent meanwhile it is not. */
static enum jf_sip_why why_of(const struct jf_sip_traced *message)
{
	static const char version[] = "SIP/2.0 ";
	enum jf_sip_why why = noted;

	if (message->sent && (message->length <= sizeof(version) ||
	                      memcmp(message->bytes, version, sizeof(version) - 1) != 0))
		return JF_SIP_WHY_NONE;
	noted = JF_SIP_WHY_NONE;
	return message->sent && message->bytes[sizeof(version) - 1] >= '3' ? why : JF_SIP_WHY_NONE;
}

static void on_message(bool sent, enum sip_transp transport, const struct sa *source,
                       const struct sa *destination, const uint8_t *bytes, size_t length, void *arg)
{
	struct jf_sip_traced message = {
	        .sent = sent, .bytes = (const char *)bytes, .length = length};

	(void)arg;
	if (!tracing)
		return;
	message.why = why_of(&message);
	tell(&message, transport, source, destination);
}

/* Whether there is room for one more in this second. */
static bool door_takes(void)
{
	static uint64_t second;
	static unsigned taken;
	uint64_t now = jf_loop_now_ns() / JF_NS_PER_S;

	if (now != second)
		taken = 0;
	second = now;
	return taken++ < JF_SIP_TRACE_DOOR_MAX;
}

void jf_sip_trace_door(const struct udp_sock *sock, const struct sa *source,
                       const struct jf_sip_peek *peek, const struct jf_udp_answer *answer,
                       enum jf_sip_why why)
{
	struct jf_sip_traced came = {
	        .bytes = peek->start.at,
	        .length = (size_t)(peek->body.at + peek->body.length - peek->start.at),
	        .why = answer ? JF_SIP_WHY_NONE : why,
	};
	struct sa local;

	if (!tracing || !door_takes() || udp_local_get(sock, &local))
		return;
	tell(&came, SIP_TRANSP_UDP, source, &local);
	if (answer) {
		struct jf_sip_traced told = {
		        .sent = true, .bytes = answer->bytes, .length = answer->length, .why = why};

		tell(&told, SIP_TRANSP_UDP, &local, &answer->to);
	}
}

void jf_sip_trace_set(struct jf_sip *sip, const struct jf_sip_tracer *tracer)
{
	tracing = tracer;
	noted = JF_SIP_WHY_NONE;
	sip_set_trace_handler(sip->stack, tracer ? on_message : NULL);
}

void jf_sip_trace_bind(const char *sip_call_id, const struct jf_call_id *call)
{
	if (tracing)
		tracing->bind(sip_call_id, call, tracing->arg);
}
