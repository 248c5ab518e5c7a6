// SPDX-License-Identifier: BSD-3-Clause
/*
 * How our requests leave: over the transport of their next hop, and those that are too large for
 * UDP over TCP (RFC 3261 18.1.1), with the way back to UDP where the peer has none.
 */
#include <errno.h>
#include <string.h>

#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "jf_time.h"

#define DATAGRAM_SAFE 1300u /* bytes that pass every path whole */
#define ABOVE_MB      128u  /* request line and Via, beside method and URI */
#define NO_TCP_S      600u  /* a peer without TCP is asked again after that */

/* A request that was moved to TCP. The library holds it as its message for as long as it has the
 * request, and so does it live. */
struct moved {
	struct mbuf mb; /* first */
	struct le le;   /* in sip->moved */
	struct jf_sip *sip;
	struct jf_sip_peer hop; /* of UDP */
	char *method;
	char *uri;
	bool cancelled;
	struct sip_request *request; /* only to be compared */
	struct sip_request **where;
	sip_resp_h *handler;
	void *arg;
};

static void moved_destructor(void *arg)
{
	struct moved *moved = arg;

	list_unlink(&moved->le);
	mem_deref(moved->mb.buf);
	mem_deref(moved->method);
	mem_deref(moved->uri);
}

/* --- who has no TCP --- */

static struct jf_sip_no_tcp *no_tcp_find(struct jf_sip *sip, const struct jf_sip_peer *peer)
{
	for (unsigned i = 0; i < JF_SIP_NO_TCP_MAX; i++)
		if (memcmp(sip->no_tcp[i].ip, peer->ip, sizeof(peer->ip)) == 0 &&
		    sip->no_tcp[i].until_ns > jf_loop_now_ns())
			return &sip->no_tcp[i];
	return NULL;
}

static void no_tcp_note(struct jf_sip *sip, const struct jf_sip_peer *peer)
{
	struct jf_sip_no_tcp *entry = no_tcp_find(sip, peer);

	if (!entry)
		entry = &sip->no_tcp[sip->no_tcp_next++ % JF_SIP_NO_TCP_MAX];
	memcpy(entry->ip, peer->ip, sizeof(entry->ip));
	entry->until_ns = jf_loop_now_ns() + NO_TCP_S * JF_NS_PER_S;
}

/* --- sending --- */

static int send_over(struct jf_sip *sip, const struct jf_sip_sending *sending,
                     struct sip_request **ret_request, sip_resp_h *handler, void *arg)
{
	char text[96];
	struct uri route;
	struct pl pl;
	struct sa sa;
	int err;

	jf_sip_peer_sa(&sending->hop, &sa);
	(void)re_snprintf(text, sizeof(text), "sip:%J;transport=%s", &sa,
	                  jf_sip_transport_name(sending->hop.transport));
	pl_set_str(&pl, text);
	err = uri_decode(&route, &pl);
	if (!err)
		err = sip_request(ret_request, sip->stack, !sending->stateless, sending->method, -1,
		                  sending->uri, -1, &route, sending->mb, 0, NULL, handler, arg);
	return -err;
}

/* TCP did not come to be, or broke before anything was answered: the same over UDP. */
static void on_moved(int err, const struct sip_msg *msg, void *arg)
{
	struct moved *moved = arg;
	struct jf_sip_sending sending = {
	        .hop = moved->hop, .method = moved->method, .uri = moved->uri, .mb = &moved->mb};

	if (msg || err == 0 || err == ETIMEDOUT || err == ECONNABORTED || moved->cancelled) {
		moved->handler(err, msg, moved->arg);
		return;
	}
	no_tcp_note(moved->sip, &moved->hop);
	moved->sip->transports->stats.moved_back++;
	moved->mb.pos = 0;
	err = send_over(moved->sip, &sending, moved->where, moved->handler, moved->arg);
	if (err)
		moved->handler(-err, NULL, moved->arg);
}

static int send_moved(struct jf_sip *sip, const struct jf_sip_sending *sending,
                      struct sip_request **ret_request, sip_resp_h *handler, void *arg)
{
	struct moved *moved = mem_zalloc(sizeof(*moved), moved_destructor);
	struct jf_sip_sending over_tcp = *sending;
	int err;

	if (!moved)
		return -ENOMEM;
	moved->mb = *sending->mb;
	moved->mb.buf = mem_ref(sending->mb->buf);
	moved->sip = sip;
	moved->hop = sending->hop;
	moved->where = ret_request;
	moved->handler = handler;
	moved->arg = arg;
	list_append(&sip->moved, &moved->le, moved);
	err = -str_dup(&moved->method, sending->method);
	if (!err)
		err = -str_dup(&moved->uri, sending->uri);
	over_tcp.hop.transport = JF_SIP_TCP;
	over_tcp.mb = &moved->mb;
	if (!err)
		err = send_over(sip, &over_tcp, ret_request, on_moved, moved);
	if (!err)
		moved->request = *ret_request;
	mem_deref(moved);
	if (err)
		return send_over(sip, sending, ret_request, handler, arg);
	sip->transports->stats.moved_to_tcp++;
	return 0;
}

static bool wants_tcp(struct jf_sip *sip, const struct jf_sip_sending *sending)
{
	struct jf_sip_peer over_tcp = sending->hop;

	over_tcp.transport = JF_SIP_TCP;
	return sending->hop.transport == JF_SIP_UDP && !sending->stateless &&
	       ABOVE_MB + strlen(sending->method) + strlen(sending->uri) +
	                       mbuf_get_left(sending->mb) >
	               DATAGRAM_SAFE &&
	       jf_sip_speaks(sip, &over_tcp) && !no_tcp_find(sip, &sending->hop);
}

int jf_sip_send(struct jf_sip *sip, const struct jf_sip_sending *sending,
                struct sip_request **ret_request, sip_resp_h *handler, void *arg)
{
	if (wants_tcp(sip, sending) && ret_request && handler)
		return send_moved(sip, sending, ret_request, handler, arg);
	return send_over(sip, sending, ret_request, handler, arg);
}

void jf_sip_send_cancel(struct jf_sip *sip, struct sip_request *request)
{
	for (struct le *le = sip->moved.head; le; le = le->next) {
		struct moved *moved = le->data;

		if (moved->request == request)
			moved->cancelled = true;
	}
	sip_request_cancel(request);
}
