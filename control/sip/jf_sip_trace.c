// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_trace.h"

#include "jf_sip_priv.h"

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
