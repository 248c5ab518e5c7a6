// SPDX-License-Identifier: BSD-3-Clause
/* Listeners, what comes in on them, and the names by which the library's transactions send. */
#include "jf_sip_transport_priv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_loop_priv.h"
#include "jf_sip_priv.h"

#define SOCKET_BUFFER (4 * 1024 * 1024) /* a burst of calls while a turn lasts */
#define BACKLOG       1024              /* a site's phones come back all at once */

struct sip_lsnr {
	struct le le;
	struct sip_lsnr **where;
	sip_msg_h *handler;
	void *arg;
	bool requests;
};

static struct list all;                    /* struct jf_sip_transports; one, but in tests */
static struct jf_sip_transports *expected; /* whose stack is being made */

/* --- life --- */

int jf_sip_transports_create(struct jf_sip_transports **ret_transports)
{
	struct jf_sip_transports *transports = mem_zalloc(sizeof(*transports), NULL);
	int err;

	if (!transports)
		return -ENOMEM;
	transports->route_fd[0] = transports->route_fd[1] = -1;
	err = jf_sip_flows_open(transports);
	if (err) {
		mem_deref(transports);
		return err;
	}
	list_append(&all, &transports->le, transports);
	expected = transports;
	*ret_transports = transports;
	return 0;
}

static void listener_close(struct jf_sip_listener *listener)
{
	if (listener->transport == JF_SIP_UDP && listener->sock)
		udp_handler_set(listener->sock, NULL, NULL);
	listener->sock = mem_deref(listener->sock);
}

void jf_sip_transports_destroy(struct jf_sip_transports *transports)
{
	if (!transports)
		return;
	if (expected == transports)
		expected = NULL;
	jf_sip_flows_close(transports);
	for (unsigned i = 0; i < transports->n_listeners; i++)
		listener_close(&transports->listeners[i]);
	for (unsigned i = 0; i < 2; i++)
		if (transports->route_fd[i] >= 0)
			close(transports->route_fd[i]);
	jf_sip_tls_destroy(transports->tls);
	list_flush(&transports->handlers);
	list_unlink(&transports->le);
	mem_deref(transports);
}

static struct jf_sip_transports *transports_of(const struct sip *stack)
{
	for (struct le *le = all.head; le; le = le->next) {
		struct jf_sip_transports *transports = le->data;

		if (transports->stack == stack)
			return transports;
	}
	return NULL;
}

/* --- what comes in --- */

void jf_sip_message_trace(struct jf_sip_transports *transports, bool sent, uint8_t transport,
                          const struct sa *source, const struct sa *destination,
                          const struct mbuf *mb)
{
	if (transports->trace)
		transports->trace(sent, jf_sip_transp(transport), source, destination, mbuf_buf(mb),
		                  mbuf_get_left(mb), transports->trace_arg);
}

void jf_sip_message_deliver(struct jf_sip_transports *transports, const struct sip_msg *msg)
{
	struct le *le = transports->handlers.head;

	while (le) {
		struct sip_lsnr *listener = le->data;

		le = le->next;
		if (listener->requests == msg->req && listener->handler(msg, listener->arg))
			return;
	}
}

/* STUN on the port of SIP is the keepalive of RFC 5626 4.4.2: phones behind a NAT learn from it
 * that they are reachable. True: it was one. */
static bool answer_stun(struct udp_sock *sock, const struct sa *source, struct mbuf *mb)
{
	struct stun_unknown_attr unknown;
	struct stun_msg *msg;

	if (mbuf_get_left(mb) < 20 || (mbuf_buf(mb)[0] & 0xc0) ||
	    stun_msg_decode(&msg, mb, &unknown))
		return false;
	if (stun_msg_method(msg) == STUN_METHOD_BINDING &&
	    stun_msg_class(msg) == STUN_CLASS_REQUEST)
		(void)stun_reply(IPPROTO_UDP, sock, source, 0, msg, NULL, 0, false, 1,
		                 STUN_ATTR_XOR_MAPPED_ADDR, source);
	mem_deref(msg);
	return true;
}

static void on_datagram(const struct sa *source, struct mbuf *mb, void *arg)
{
	struct jf_sip_listener *listener = arg;
	struct jf_sip_transports *transports = listener->transports;
	struct sip_msg *msg;

	if (mbuf_get_left(mb) <= 4) /* a keepalive: it has done its work on its way */
		return;
	if (mbuf_buf(mb)[0] <= 3 && answer_stun(listener->sock, source, mb))
		return;
	jf_sip_message_trace(transports, false, JF_SIP_UDP, source, &listener->local, mb);
	if (sip_msg_decode(&msg, mb)) {
		transports->stats.undecodable++;
		return;
	}
	msg->sock = mem_ref(listener->sock);
	msg->src = *source;
	msg->dst = listener->local;
	msg->tp = SIP_TRANSP_UDP;
	jf_sip_message_deliver(transports, msg);
	mem_deref(msg);
}

static void on_connection(const struct sa *peer, void *arg)
{
	jf_loop_turn_begin();
	jf_sip_flow_accept(arg, peer);
}

/* --- listeners --- */

static int listen_udp(struct jf_sip_listener *listener, const struct sa *local)
{
	int err = udp_listen((struct udp_sock **)&listener->sock, local, on_datagram, listener);

	if (err)
		return err;
	(void)udp_sockbuf_set(listener->sock, SOCKET_BUFFER);
	return udp_local_get(listener->sock, &listener->local);
}

static int listen_tcp(struct jf_sip_listener *listener, const struct sa *local)
{
	struct tcp_sock *sock = NULL;
	int err = tcp_sock_alloc(&sock, local, on_connection, listener);

	if (!err)
		err = tcp_sock_bind(sock, local);
	if (!err)
		err = tcp_sock_listen(sock, BACKLOG);
	if (!err)
		err = tcp_sock_local_get(sock, &listener->local);
	if (err)
		mem_deref(sock);
	else
		listener->sock = sock;
	return err;
}

int jf_sip_listener_add(struct jf_sip_transports *transports, uint8_t transport,
                        const struct sa *local)
{
	struct jf_sip_listener *listener = &transports->listeners[transports->n_listeners];
	char text[64];
	int err;

	if (transports->n_listeners == JF_SIP_LISTENERS_MAX)
		return -ENOSPC;
	*listener = (struct jf_sip_listener){.transports = transports, .transport = transport};
	err = transport == JF_SIP_UDP ? listen_udp(listener, local) : listen_tcp(listener, local);
	if (err) {
		(void)re_snprintf(text, sizeof(text), "%J", local);
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, NULL, "cannot listen on %s:%s: %s",
		       jf_sip_transport_name(transport), text, strerror(err));
		listener_close(listener);
		return -err;
	}
	transports->n_listeners++;
	return 0;
}

/* The address that the kernel would send from: connecting a datagram socket sends nothing. */
static bool route_source(const struct jf_sip_transports *transports, const struct sa *to,
                         struct sa *ret_source)
{
	int *fd = (int *)&transports->route_fd[sa_af(to) == AF_INET6];

	if (*fd < 0)
		*fd = socket(sa_af(to), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	sa_init(ret_source, sa_af(to));
	ret_source->len = sizeof(ret_source->u);
	return *fd >= 0 && connect(*fd, &to->u.sa, to->len) == 0 &&
	       getsockname(*fd, &ret_source->u.sa, &ret_source->len) == 0;
}

const struct jf_sip_listener *jf_sip_listener_for(const struct jf_sip_transports *transports,
                                                  uint8_t transport, const struct sa *to)
{
	const struct jf_sip_listener *first = NULL;
	unsigned count = 0;
	struct sa source;

	for (unsigned i = 0; i < transports->n_listeners; i++) {
		const struct jf_sip_listener *listener = &transports->listeners[i];

		if (listener->transport != transport || sa_af(&listener->local) != sa_af(to))
			continue;
		first = first ? first : listener;
		count++;
	}
	if (count < 2 || !route_source(transports, to, &source))
		return first;
	for (unsigned i = 0; i < transports->n_listeners; i++) {
		const struct jf_sip_listener *listener = &transports->listeners[i];

		if (listener->transport == transport && sa_cmp(&listener->local, &source, SA_ADDR))
			return listener;
	}
	return first;
}

/* --- the library's names --- */

static void handler_destructor(void *arg)
{
	struct sip_lsnr *listener = arg;

	if (listener->where)
		*listener->where = NULL;
	list_unlink(&listener->le);
}

int sip_listen(struct sip_lsnr **lsnrp, struct sip *sip, bool req, sip_msg_h *msgh, void *arg)
{
	struct jf_sip_transports *transports = transports_of(sip);
	struct sip_lsnr *listener;

	if (!transports || !msgh)
		return EINVAL;
	listener = mem_zalloc(sizeof(*listener), handler_destructor);
	if (!listener)
		return ENOMEM;
	listener->handler = msgh;
	listener->arg = arg;
	listener->requests = req;
	listener->where = lsnrp;
	list_append(&transports->handlers, &listener->le, listener);
	if (lsnrp)
		*lsnrp = listener;
	return 0;
}

int sip_transp_init(struct sip *sip, uint32_t sz)
{
	(void)sz;
	if (!expected)
		return ENOTSUP;
	expected->stack = sip;
	expected = NULL;
	return 0;
}

void sip_set_trace_handler(struct sip *sip, sip_trace_h *traceh)
{
	struct jf_sip_transports *transports = transports_of(sip);

	if (transports)
		transports->trace = traceh;
}

static uint8_t transport_of(enum sip_transp tp)
{
	return tp == SIP_TRANSP_TLS ? JF_SIP_TLS : tp == SIP_TRANSP_TCP ? JF_SIP_TCP : JF_SIP_UDP;
}

static const struct jf_sip_listener *listener_of(const struct jf_sip_transports *transports,
                                                 const void *sock)
{
	for (unsigned i = 0; i < transports->n_listeners; i++)
		if (transports->listeners[i].sock == sock)
			return &transports->listeners[i];
	return NULL;
}

static bool is_cancel(const struct mbuf *mb)
{
	static const char method[] = "CANCEL ";

	return mbuf_get_left(mb) > sizeof(method) &&
	       !memcmp(mbuf_buf(mb), method, sizeof(method) - 1);
}

int sip_transp_send(struct sip_connqent **qentp, struct sip *sip, void *sock, enum sip_transp tp,
                    const struct sa *dst, struct mbuf *mb, jf_sip_unsent_handler *transph,
                    void *arg)
{
	struct jf_sip_transports *transports = transports_of(sip);
	const struct jf_sip_listener *listener;

	if (!transports || !dst || !mb)
		return EINVAL;
	if (transports->mute)
		return 0;
	if (transports->cancel && is_cancel(mb))
		transports->cancel(mb, transports->cancel_arg);
	if (tp == SIP_TRANSP_TCP || tp == SIP_TRANSP_TLS)
		return jf_sip_flow_send(transports, sock, transport_of(tp), dst, mb, qentp, transph,
		                        arg);
	if (tp != SIP_TRANSP_UDP)
		return EPROTONOSUPPORT;
	listener = sock ? listener_of(transports, sock)
	                : jf_sip_listener_for(transports, JF_SIP_UDP, dst);
	if (!listener)
		return EPROTONOSUPPORT;
	jf_sip_message_trace(transports, true, JF_SIP_UDP, &listener->local, dst, mb);
	return udp_send(listener->sock, dst, mb);
}

int sip_transp_laddr(struct sip *sip, struct sa *laddr, enum sip_transp tp, const struct sa *dst)
{
	struct jf_sip_transports *transports = transports_of(sip);
	const struct jf_sip_listener *listener;

	if (!transports || !laddr || tp < SIP_TRANSP_UDP || tp > SIP_TRANSP_TLS)
		return EINVAL;
	listener = jf_sip_listener_for(transports, transport_of(tp), dst);
	if (!listener)
		return EPROTONOSUPPORT;
	*laddr = listener->local;
	return 0;
}

bool sip_transp_supported(struct sip *sip, enum sip_transp tp, int af)
{
	const struct jf_sip_transports *transports = transports_of(sip);

	for (unsigned i = 0; transports && i < transports->n_listeners; i++)
		if (jf_sip_transp(transports->listeners[i].transport) == tp &&
		    (af == AF_UNSPEC || sa_af(&transports->listeners[i].local) == af))
			return true;
	return false;
}

bool sip_transp_isladdr(const struct sip *sip, enum sip_transp tp, const struct sa *laddr)
{
	const struct jf_sip_transports *transports = transports_of(sip);

	for (unsigned i = 0; transports && i < transports->n_listeners; i++)
		if ((tp == SIP_TRANSP_NONE ||
		     jf_sip_transp(transports->listeners[i].transport) == tp) &&
		    sa_cmp(&transports->listeners[i].local, laddr, SA_ALL))
			return true;
	return false;
}

/* --- for whoever looks --- */

unsigned jf_sip_listeners_get(const struct jf_sip *sip,
                              struct jf_sip_peer ret_listeners[JF_SIP_LISTENERS_MAX])
{
	const struct jf_sip_transports *transports = sip->transports;

	for (unsigned i = 0; i < transports->n_listeners; i++)
		jf_sip_peer_make(&transports->listeners[i].local,
		                 jf_sip_transp(transports->listeners[i].transport),
		                 &ret_listeners[i]);
	return transports->n_listeners;
}

struct jf_sip_transport_stats jf_sip_transport_stats_get(const struct jf_sip *sip)
{
	struct jf_sip_transport_stats stats = sip->transports->stats;

	stats.max = sip->transports->max;
	return stats;
}
