// SPDX-License-Identifier: BSD-3-Clause
#include "jf_trace_tap.h"

#include <string.h>

#include "jf_loop.h"
#include "jf_sip_trace.h"
#include "jf_trace.h"

static struct jf_trace_address address(const struct jf_sip_peer *peer)
{
	struct jf_trace_address a = {.family = peer->family, .port = peer->port};

	memcpy(a.ip, peer->ip, sizeof(a.ip));
	return a;
}

static void on_message(const struct jf_sip_traced *message, void *arg)
{
	jf_trace_put(arg, &(struct jf_trace_message){
	                          .at_ns = jf_loop_now_ns(),
	                          .sent = message->sent,
	                          .transport = message->from.transport,
	                          .from = address(&message->from),
	                          .to = address(&message->to),
	                          .bytes = message->bytes,
	                          .length = message->length,
	                          .why = message->why,
	                  });
}

static void on_bind(const char *sip_call_id, const struct jf_call_id *call, void *arg)
{
	jf_trace_bind(arg, sip_call_id, call);
}

void jf_trace_tap(struct jf_trace *trace, struct jf_sip *sip)
{
	static struct jf_sip_tracer tracer = {.message = on_message, .bind = on_bind};

	tracer.arg = trace;
	jf_sip_trace_set(sip, trace ? &tracer : NULL);
}
