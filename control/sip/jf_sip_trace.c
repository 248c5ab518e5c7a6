// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_trace.h"

#include "jf_loop.h"
#include "jf_sip_peek.h"
#include "jf_sip_priv.h"
#include "jf_time.h"
#include "jf_udp.h"

/* The library's handler has no argument of ours. */
static const struct jf_sip_tracer *tracing;

static void on_message(bool sent, enum sip_transp transport, const struct sa *source,
                       const struct sa *destination, const uint8_t *bytes, size_t length, void *arg)
{
	struct jf_sip_traced message = {
	        .sent = sent, .bytes = (const char *)bytes, .length = length};

	(void)arg;
	if (!tracing)
		return;
	jf_sip_peer_make(source, transport, &message.from);
	jf_sip_peer_make(destination, transport, &message.to);
	tracing->message(&message, tracing->arg);
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
                       const struct jf_sip_peek *peek, const struct jf_udp_answer *answer)
{
	size_t length = (size_t)(peek->body.at + peek->body.length - peek->start.at);
	struct sa local;

	if (!tracing || !door_takes() || udp_local_get(sock, &local))
		return;
	on_message(false, SIP_TRANSP_UDP, source, &local, (const uint8_t *)peek->start.at, length,
	           NULL);
	if (answer)
		on_message(true, SIP_TRANSP_UDP, &local, &answer->to,
		           (const uint8_t *)answer->bytes, answer->length, NULL);
}

void jf_sip_trace_set(struct jf_sip *sip, const struct jf_sip_tracer *tracer)
{
	tracing = tracer;
	sip_set_trace_handler(sip->stack, tracer ? on_message : NULL);
}

void jf_sip_trace_bind(const char *sip_call_id, const struct jf_call_id *call)
{
	if (tracing)
		tracing->bind(sip_call_id, call, tracing->arg);
}
