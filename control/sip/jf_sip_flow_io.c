// SPDX-License-Identifier: BSD-3-Clause
/* Bytes of a connection: messages out of a stream, keepalives, and what waits until it is up. */
#include <errno.h>
#include <string.h>

#include "jf_log.h"
#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_sip_flow_priv.h"
#include "jf_sip_priv.h"

#define QUEUE_MAX 256 /* messages that wait for one connection */

/* RFC 5626 4.4.1: whoever opened the connection pings, at 80 to 100 % of 120 s. */
#define PING_MIN_MS  96000u
#define PING_VARY_MS 24000u
#define PONG_MS      10000u

struct sip_connqent {
	struct le le;
	struct sip_connqent **where;
	struct mbuf *mb;
	jf_sip_unsent_handler *unsent;
	void *arg;
};

/* --- waiting --- */

static void waiting_destructor(void *arg)
{
	struct sip_connqent *waiting = arg;

	if (waiting->where)
		*waiting->where = NULL;
	list_unlink(&waiting->le);
	mem_deref(waiting->mb);
}

static void waiting_forget_owner(struct sip_connqent *waiting)
{
	if (waiting->where)
		*waiting->where = NULL;
	waiting->where = NULL;
}

static int enqueue(struct jf_sip_flow *flow, struct mbuf *mb, struct sip_connqent **ret_waiting,
                   jf_sip_unsent_handler *unsent, void *arg)
{
	struct sip_connqent *waiting;

	if (list_count(&flow->queue) == QUEUE_MAX)
		return ENOBUFS;
	waiting = mem_zalloc(sizeof(*waiting), waiting_destructor);
	if (!waiting)
		return ENOMEM;
	waiting->mb = mem_ref(mb);
	waiting->unsent = unsent;
	waiting->arg = arg;
	waiting->where = ret_waiting;
	if (ret_waiting)
		*ret_waiting = waiting;
	list_append(&flow->queue, &waiting->le, waiting);
	return 0;
}

void jf_sip_flow_queue_fail(struct jf_sip_flow *flow, int err)
{
	while (flow->queue.head) {
		struct sip_connqent *waiting = flow->queue.head->data;

		waiting_forget_owner(waiting);
		list_unlink(&waiting->le);
		if (waiting->unsent)
			waiting->unsent(err, waiting->arg);
		mem_deref(waiting);
	}
}

/* --- out --- */

static int send_now(struct jf_sip_flow *flow, struct mbuf *mb)
{
	int err;

	jf_sip_message_trace(flow->transports, true, flow->transport, &flow->local, &flow->peer,
	                     mb);
	err = tcp_send(flow->tcp, mb);
	if (err) {
		flow->transports->stats.stuck += err == ENOSPC;
		jf_sip_flow_close_later(flow);
	}
	return err;
}

static void queue_flush(struct jf_sip_flow *flow)
{
	while (flow->queue.head && flow->tcp) {
		struct sip_connqent *waiting = flow->queue.head->data;
		int err = send_now(flow, waiting->mb);

		waiting_forget_owner(waiting);
		list_unlink(&waiting->le);
		if (err && waiting->unsent)
			waiting->unsent(err, waiting->arg);
		mem_deref(waiting);
	}
}

static bool is_response(const struct mbuf *mb)
{
	return mbuf_get_left(mb) > 8 && memcmp(mbuf_buf(mb), "SIP/2.0 ", 8) == 0;
}

/* A request with the offer that what is for us may come over the same connection (RFC 5923): at the
 * end of the Via that the library has written, which is the second line. NULL: as it is. */
static struct mbuf *with_alias(const struct mbuf *mb)
{
	static const char offer[] = ";alias";
	const uint8_t *start = mb->buf + mb->pos, *end = mb->buf + mb->end;
	const uint8_t *via = memchr(start, '\n', (size_t)(end - start));
	const uint8_t *at = via ? memchr(via + 1, '\r', (size_t)(end - via - 1)) : NULL;
	struct mbuf *copy;
	int err;

	if (!at || at - via < 5 || memcmp(via + 1, "Via:", 4) != 0)
		return NULL;
	copy = mbuf_alloc((size_t)(end - start) + sizeof(offer));
	if (!copy)
		return NULL;
	err = mbuf_write_mem(copy, start, (size_t)(at - start));
	err |= mbuf_write_mem(copy, (const uint8_t *)offer, strlen(offer));
	err |= mbuf_write_mem(copy, at, (size_t)(end - at));
	copy->pos = 0;
	return err ? mem_deref(copy) : copy;
}

static int send_on(struct jf_sip_flow *flow, struct mbuf *mb, struct sip_connqent **ret_waiting,
                   jf_sip_unsent_handler *unsent, void *arg)
{
	return flow->up ? send_now(flow, mb) : enqueue(flow, mb, ret_waiting, unsent, arg);
}

int jf_sip_flow_send(struct jf_sip_transports *transports, struct jf_sip_flow *flow,
                     uint8_t transport, const struct sa *peer, struct mbuf *mb,
                     struct sip_connqent **ret_waiting, jf_sip_unsent_handler *unsent, void *arg)
{
	struct mbuf *offering;
	int err;

	if (!flow || !flow->tcp)
		flow = jf_sip_flow_find(transports, transport, peer);
	if (!flow) {
		err = jf_sip_flow_open(transports, transport, peer, &flow);
		if (err)
			return err;
	}
	offering = flow->outgoing && !is_response(mb) ? with_alias(mb) : NULL;
	err = send_on(flow, offering ? offering : mb, ret_waiting, unsent, arg);
	mem_deref(offering);
	return err;
}

static int send_crlf(struct jf_sip_flow *flow, size_t length)
{
	uint8_t bytes[] = {'\r', '\n', '\r', '\n'};
	struct mbuf mb = {.buf = bytes, .size = length, .end = length};

	return tcp_send(flow->tcp, &mb);
}

static void on_ping_timer(void *arg)
{
	struct jf_sip_flow *flow = arg;

	if (flow->ping_out) {
		flow->transports->stats.dead++;
		jf_sip_flow_close(flow, EHOSTUNREACH);
		return;
	}
	if (send_crlf(flow, 4)) {
		jf_sip_flow_close(flow, EHOSTUNREACH);
		return;
	}
	/* One that has never answered need not know of pings: TCP tells whether it is there. */
	flow->ping_out = flow->answers_pings;
	tmr_start(&flow->ping_timer,
	          flow->ping_out ? PONG_MS : PING_MIN_MS + rand_u32() % PING_VARY_MS, on_ping_timer,
	          flow);
}

static void ping_start(struct jf_sip_flow *flow)
{
	if (flow->outgoing)
		tmr_start(&flow->ping_timer, PING_MIN_MS + rand_u32() % PING_VARY_MS, on_ping_timer,
		          flow);
}

/* --- in --- */

/* What has come, as the stack is to see it; NULL: it is not to, and has its answer. */
static struct mbuf *arrive(struct jf_sip_flow *flow, size_t length)
{
	struct jf_sip_transports *transports = flow->transports;
	struct mbuf seen = {.buf = mbuf_buf(flow->in), .size = length, .end = length};
	struct jf_sip_arrival arrival = {0};

	flow->messages++;
	jf_sip_message_trace(transports, false, flow->transport, &flow->peer, &flow->local, &seen);
	if (transports->arrived)
		transports->arrived((const char *)seen.buf, length, &flow->peer, &arrival,
		                    transports->arrived_arg);
	if (arrival.answer)
		(void)send_now(flow, arrival.answer);
	mem_deref(arrival.answer);
	if (arrival.dropped)
		return mem_deref(arrival.message);
	if (!arrival.message) {
		arrival.message = mbuf_alloc(length);
		if (arrival.message)
			(void)mbuf_write_mem(arrival.message, seen.buf, length);
	}
	return arrival.message;
}

static void deliver(struct jf_sip_flow *flow, size_t length)
{
	struct jf_sip_transports *transports = flow->transports;
	struct mbuf *mb = arrive(flow, length);
	struct sip_msg *msg;

	if (!mb)
		return;
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb)) {
		transports->stats.undecodable++;
		mem_deref(mb);
		return;
	}
	msg->sock = mem_ref(flow);
	msg->src = flow->peer;
	msg->dst = flow->local;
	msg->tp = jf_sip_transp(flow->transport);
	jf_sip_message_deliver(transports, msg);
	mem_deref(msg);
	mem_deref(mb);
}

/* One message or keepalive out of what has come. False: there is no more, or it is closed. */
static bool take(struct jf_sip_flow *flow)
{
	struct jf_sip_transport_stats *stats = &flow->transports->stats;
	size_t used;

	switch (jf_sip_frame_next(&flow->frame, (const char *)mbuf_buf(flow->in),
	                          mbuf_get_left(flow->in), &used)) {
	case JF_SIP_FRAME_MORE:
		return false;
	case JF_SIP_FRAME_MESSAGE:
		deliver(flow, used);
		break;
	case JF_SIP_FRAME_PING:
		if (send_crlf(flow, 2))
			jf_sip_flow_close_later(flow);
		break;
	case JF_SIP_FRAME_PONG:
		flow->answers_pings = true;
		break;
	case JF_SIP_FRAME_ENDLESS:
		mem_deref(arrive(flow, used));
		stats->garbage++;
		jf_sip_flow_close(flow, EBADMSG);
		return false;
	case JF_SIP_FRAME_GARBAGE:
		stats->garbage++;
		jf_sip_flow_close(flow, EBADMSG);
		return false;
	case JF_SIP_FRAME_TOO_LONG:
		stats->too_long++;
		jf_sip_flow_close(flow, EMSGSIZE);
		return false;
	}
	if (!flow->tcp)
		return false;
	flow->in->pos += used;
	jf_sip_flow_idle_start(flow);
	return true;
}

/* What is left of in: nothing, or the beginning of a message, alone. */
static void keep_rest(struct jf_sip_flow *flow)
{
	size_t left = mbuf_get_left(flow->in);
	struct mbuf *rest = left ? mbuf_alloc(left) : NULL;

	if (rest) {
		(void)mbuf_write_mem(rest, mbuf_buf(flow->in), left);
		rest->pos = 0;
	}
	mem_deref(flow->in);
	flow->in = rest;
	if (left && !rest)
		jf_sip_flow_close(flow, ENOMEM);
	else if (left)
		jf_sip_flow_message_start(flow);
}

void jf_sip_flow_on_bytes(struct mbuf *mb, void *arg)
{
	struct jf_sip_flow *flow = mem_ref(arg);
	int err = 0;

	jf_loop_turn_begin();
	flow->heard_ns = jf_loop_now_ns();
	if (flow->ping_out) {
		flow->ping_out = false;
		ping_start(flow);
	}
	if (flow->in) {
		size_t at = flow->in->pos;

		flow->in->pos = flow->in->end;
		err = mbuf_write_mem(flow->in, mbuf_buf(mb), mbuf_get_left(mb));
		flow->in->pos = at;
	} else {
		flow->in = mem_ref(mb);
	}
	if (err)
		jf_sip_flow_close(flow, err);
	while (flow->tcp && take(flow))
		;
	if (flow->tcp)
		keep_rest(flow);
	mem_deref(flow);
}

void jf_sip_flow_on_up(void *arg)
{
	struct jf_sip_flow *flow = mem_ref(arg);
	struct jf_sip_transport_stats *stats = &flow->transports->stats;

	jf_loop_turn_begin();
	flow->up = true;
	flow->heard_ns = jf_loop_now_ns();
	if (flow->tls) {
		flow->tls_peer = jf_sip_tls_last_peer();
		stats->tls_1_2 += flow->tls_peer.version == 0x0303;
		stats->tls_1_3 += flow->tls_peer.version == 0x0304;
	}
	jf_sip_flow_idle_start(flow);
	ping_start(flow);
	queue_flush(flow);
	mem_deref(flow);
}

void jf_sip_flow_on_close(int err, void *arg)
{
	struct jf_sip_flow *flow = arg;
	struct jf_sip_transport_stats *stats = &flow->transports->stats;

	jf_loop_turn_begin();
	if (!flow->up) {
		stats->unreachable += flow->outgoing;
		stats->tls_failed += flow->tls && (!flow->outgoing || err == EPROTO);
	}
	if (!flow->up && flow->tls && flow->outgoing) {
		char text[64];

		(void)re_snprintf(text, sizeof(text), "%J", &flow->peer);
		jf_log(JF_LOG_SIP, JF_LOG_WARNING, NULL, "no TLS with %s: %s", text,
		       jf_sip_tls_last_error());
	}
	jf_sip_flow_close(flow, err ? err : ECONNRESET);
}
