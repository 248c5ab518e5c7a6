// SPDX-License-Identifier: BSD-3-Clause
/* Connections: their life, and how many there may be of whom. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "jf_loop.h"
#include "jf_sip_flow_priv.h"
#include "jf_sip_priv.h"

#define FLOWS_HASH   16384 /* powers of two */
#define SOURCES_HASH 1024
#define NAMES_HASH   256
#define NAMES_MAX    1024

/* How long a peer may take. */
#define CONNECT_MS       5000u    /* for TCP and TLS to come up */
#define STRANGER_IDLE_MS 30000u   /* before its first message, and between two */
#define KNOWN_IDLE_MS    3900000u /* longer than a registration lasts */
#define MESSAGE_MS       10000u   /* from the first byte of a message to its last */
#define UNSENT_MAX       262144u  /* bytes that a peer may leave unread */

/* The kernel's own keepalive: a phone that has lost its power is gone within 2 minutes. */
#define PROBE_IDLE_S     60
#define PROBE_INTERVAL_S 15
#define PROBES           4
#define UNACKED_MS       30000

struct jf_sip_flow_source {
	struct le he;
	struct sa ip;
	uint32_t strangers;
};

struct server_name {
	struct le he;
	struct sa peer;
	char name[JF_SIP_URI_MAX];
};

/* --- who is counted where --- */

/* One host; of IPv6 its /64, which is what one site has. */
static struct sa source_key(const struct sa *peer)
{
	struct sa key;

	if (sa_af(peer) == AF_INET6) {
		uint8_t ip[16] = {0};

		memcpy(ip, &peer->u.in6.sin6_addr, 8);
		sa_set_in6(&key, ip, 0);
	} else {
		sa_cpy(&key, peer);
		sa_set_port(&key, 0);
	}
	return key;
}

static bool same_source(struct le *le, void *arg)
{
	const struct jf_sip_flow_source *source = le->data;

	return sa_cmp(&source->ip, arg, SA_ADDR);
}

static struct jf_sip_flow_source *source_find(const struct jf_sip_transports *transports,
                                              struct sa *key)
{
	return list_ledata(
	        hash_lookup(transports->sources, sa_hash(key, SA_ADDR), same_source, key));
}

static void source_destructor(void *arg)
{
	struct jf_sip_flow_source *source = arg;

	hash_unlink(&source->he);
}

static int stranger_add(struct jf_sip_flow *flow)
{
	struct jf_sip_transports *transports = flow->transports;
	struct sa key = source_key(&flow->peer);
	struct jf_sip_flow_source *source = source_find(transports, &key);

	if (!source) {
		source = mem_zalloc(sizeof(*source), source_destructor);
		if (!source)
			return ENOMEM;
		source->ip = key;
		hash_append(transports->sources, sa_hash(&key, SA_ADDR), &source->he, source);
	}
	source->strangers++;
	flow->source = source;
	list_append(&transports->strangers, &flow->stranger_le, flow);
	transports->stats.strangers++;
	return 0;
}

static void stranger_remove(struct jf_sip_flow *flow)
{
	if (!flow->source)
		return;
	if (--flow->source->strangers == 0)
		mem_deref(flow->source);
	flow->source = NULL;
	list_unlink(&flow->stranger_le);
	flow->transports->stats.strangers--;
}

static bool evict_stranger(struct jf_sip_transports *transports)
{
	if (!transports->strangers.head)
		return false;
	transports->stats.evicted++;
	jf_sip_flow_close(transports->strangers.head->data, ECONNABORTED);
	return true;
}

/* Makes room where it can. */
static bool room_for(struct jf_sip_transports *transports, const struct sa *peer, bool trusted)
{
	struct sa key = source_key(peer);
	const struct jf_sip_flow_source *source;

	if (!trusted) {
		source = source_find(transports, &key);
		if (source && source->strangers >= transports->max_per_source)
			return false;
		if (transports->stats.strangers >= transports->max / 2 + 1)
			return evict_stranger(transports);
	}
	return transports->stats.tcp + transports->stats.tls < transports->max ||
	       evict_stranger(transports);
}

/* --- names of TLS servers --- */

static bool same_name_peer(struct le *le, void *arg)
{
	const struct server_name *name = le->data;

	return sa_cmp(&name->peer, arg, SA_ALL);
}

static struct server_name *name_find(const struct jf_sip_transports *transports,
                                     const struct sa *peer)
{
	return list_ledata(hash_lookup(transports->names, sa_hash(peer, SA_ALL), same_name_peer,
	                               (void *)(uintptr_t)peer));
}

static void name_destructor(void *arg)
{
	struct server_name *name = arg;

	hash_unlink(&name->he);
}

void jf_sip_flow_name_set(struct jf_sip_transports *transports, const struct sa *peer,
                          const char *name)
{
	struct server_name *known = name_find(transports, peer);

	if (!known) {
		if (transports->n_names == NAMES_MAX) {
			hash_flush(transports->names);
			transports->n_names = 0;
		}
		known = mem_zalloc(sizeof(*known), name_destructor);
		if (!known)
			return;
		known->peer = *peer;
		hash_append(transports->names, sa_hash(peer, SA_ALL), &known->he, known);
		transports->n_names++;
	}
	(void)str_ncpy(known->name, name, sizeof(known->name));
}

/* --- life --- */

static void flow_destructor(void *arg)
{
	struct jf_sip_flow *flow = arg;

	tmr_cancel(&flow->timer);
	tmr_cancel(&flow->ping_timer);
	mem_deref(flow->tls);
	mem_deref(flow->tcp);
	mem_deref(flow->in);
}

static struct jf_sip_flow *flow_make(struct jf_sip_transports *transports, uint8_t transport,
                                     const struct sa *peer, bool outgoing)
{
	struct jf_sip_flow *flow = mem_zalloc(sizeof(*flow), flow_destructor);

	if (!flow)
		return NULL;
	flow->transports = transports;
	flow->transport = transport;
	flow->peer = *peer;
	flow->outgoing = outgoing;
	flow->id = ++transports->last_id;
	flow->since_ns = flow->heard_ns = jf_loop_now_ns();
	hash_append(transports->flows, sa_hash(peer, SA_ALL), &flow->he, flow);
	list_append(&transports->all, &flow->le, flow);
	*(transport == JF_SIP_TLS ? &transports->stats.tls : &transports->stats.tcp) += 1;
	return flow;
}

void jf_sip_flow_close(struct jf_sip_flow *flow, int err)
{
	struct jf_sip_transports *transports = flow->transports;

	if (!flow->le.list) /* closed already */
		return;
	stranger_remove(flow);
	hash_unlink(&flow->he);
	hash_unlink(&flow->alias_he);
	list_unlink(&flow->le);
	*(flow->transport == JF_SIP_TLS ? &transports->stats.tls : &transports->stats.tcp) -= 1;
	flow->up = false;
	flow->tls = mem_deref(flow->tls);
	flow->tcp = mem_deref(flow->tcp);
	tmr_cancel(&flow->timer);
	tmr_cancel(&flow->ping_timer);
	jf_sip_flow_queue_fail(flow, err);
	mem_deref(flow);
}

static void on_close_later(void *arg)
{
	jf_sip_flow_close(arg, ECONNRESET);
}

void jf_sip_flow_close_later(struct jf_sip_flow *flow)
{
	if (flow->le.list)
		tmr_start(&flow->timer, 0, on_close_later, flow);
}

static void on_late(void *arg)
{
	struct jf_sip_flow *flow = arg;
	struct jf_sip_transport_stats *stats = &flow->transports->stats;

	if (!flow->up && flow->outgoing)
		stats->unreachable++;
	else if (!flow->up)
		stats->tls_failed++;
	else if (flow->in_message)
		stats->slow++;
	else
		stats->idle++;
	jf_sip_flow_close(flow, EHOSTUNREACH);
}

void jf_sip_flow_idle_start(struct jf_sip_flow *flow)
{
	flow->in_message = false;
	tmr_start(&flow->timer, flow->source ? STRANGER_IDLE_MS : KNOWN_IDLE_MS, on_late, flow);
}

void jf_sip_flow_message_start(struct jf_sip_flow *flow)
{
	if (flow->in_message)
		return;
	flow->in_message = true;
	tmr_start(&flow->timer, MESSAGE_MS, on_late, flow);
}

static void socket_tune(struct tcp_conn *tcp)
{
	static const struct {
		int level, option, value;
	} options[] = {
	        {SOL_SOCKET, SO_KEEPALIVE, 1},
	        {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_IDLE_S},
	        {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_INTERVAL_S},
	        {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
	        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKED_MS},
	        {IPPROTO_TCP, TCP_NODELAY, 1},
	};
	int fd = tcp_conn_fd(tcp);

	tcp_conn_txqsz_set(tcp, UNSENT_MAX);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		(void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
		                 sizeof(options[i].value));
}

/* --- theirs --- */

static int accept_flow(struct jf_sip_listener *listener, struct jf_sip_flow *flow)
{
	int err = tcp_accept(&flow->tcp, listener->sock, jf_sip_flow_on_up, jf_sip_flow_on_bytes,
	                     jf_sip_flow_on_close, flow);

	if (err)
		return err;
	socket_tune(flow->tcp);
	(void)tcp_conn_local_get(flow->tcp, &flow->local);
	if (flow->transport != JF_SIP_TLS)
		return 0;
	return jf_sip_tls_start(flow->transports->tls, flow->tcp, false, NULL, &flow->tls);
}

void jf_sip_flow_accept(struct jf_sip_listener *listener, const struct sa *peer)
{
	struct jf_sip_transports *transports = listener->transports;
	struct jf_sip_peer source;
	struct jf_sip_flow *flow;
	bool trusted;

	jf_sip_peer_make(peer, jf_sip_transp(listener->transport), &source);
	trusted = transports->trusted && transports->trusted(&source, transports->trusted_arg);
	flow = room_for(transports, peer, trusted)
	               ? flow_make(transports, listener->transport, peer, false)
	               : NULL;
	if (!flow) {
		transports->stats.refused++;
		tcp_reject(listener->sock);
		return;
	}
	if ((!trusted && stranger_add(flow)) || accept_flow(listener, flow)) {
		transports->stats.refused++;
		tcp_reject(listener->sock);
		jf_sip_flow_close(flow, ECONNABORTED);
		return;
	}
	transports->stats.accepted++;
	tmr_start(&flow->timer, CONNECT_MS, on_late, flow);
}

/* --- ours --- */

static int connect_flow(struct jf_sip_flow *flow)
{
	struct jf_sip_transports *transports = flow->transports;
	const struct jf_sip_listener *listener =
	        jf_sip_listener_for(transports, flow->transport, &flow->peer);
	const struct server_name *name;
	int err;

	if (!listener)
		return EPROTONOSUPPORT;
	err = tcp_conn_alloc(&flow->tcp, &flow->peer, jf_sip_flow_on_up, jf_sip_flow_on_bytes,
	                     jf_sip_flow_on_close, flow);
	if (err)
		return err;
	flow->local = listener->local;
	sa_set_port(&flow->local, 0);
	socket_tune(flow->tcp);
	err = tcp_conn_bind(flow->tcp, &flow->local);
	if (!err)
		err = tcp_conn_connect(flow->tcp, &flow->peer);
	if (err || flow->transport != JF_SIP_TLS)
		return err;
	name = name_find(transports, &flow->peer);
	return jf_sip_tls_start(transports->tls, flow->tcp, true, name ? name->name : NULL,
	                        &flow->tls);
}

int jf_sip_flow_open(struct jf_sip_transports *transports, uint8_t transport, const struct sa *peer,
                     struct jf_sip_flow **ret_flow)
{
	struct jf_sip_flow *flow;
	int err;

	if (!room_for(transports, peer, true))
		return ENOBUFS;
	flow = flow_make(transports, transport, peer, true);
	if (!flow)
		return ENOMEM;
	err = connect_flow(flow);
	if (err) {
		transports->stats.unreachable++;
		jf_sip_flow_close(flow, err);
		return err;
	}
	(void)tcp_conn_local_get(flow->tcp, &flow->local);
	transports->stats.opened++;
	tmr_start(&flow->timer, CONNECT_MS, on_late, flow);
	*ret_flow = flow;
	return 0;
}

/* --- finding --- */

struct flow_key {
	const struct sa *peer;
	uint8_t transport;
};

static bool same_flow(struct le *le, void *arg)
{
	const struct jf_sip_flow *flow = le->data;
	const struct flow_key *key = arg;

	return flow->transport == key->transport && sa_cmp(&flow->peer, key->peer, SA_ALL);
}

static bool same_alias(struct le *le, void *arg)
{
	const struct jf_sip_flow *flow = le->data;
	const struct flow_key *key = arg;

	return flow->transport == key->transport && sa_cmp(&flow->alias, key->peer, SA_ALL);
}

struct jf_sip_flow *jf_sip_flow_find(const struct jf_sip_transports *transports, uint8_t transport,
                                     const struct sa *peer)
{
	struct flow_key key = {.peer = peer, .transport = transport};
	struct le *le = hash_lookup(transports->flows, sa_hash(peer, SA_ALL), same_flow, &key);

	if (!le)
		le = hash_lookup(transports->aliases, sa_hash(peer, SA_ALL), same_alias, &key);
	return list_ledata(le);
}

void jf_sip_flow_prove(const struct sip_msg *msg)
{
	struct jf_sip_flow *flow = msg->sock;
	struct pl value;

	if (msg->tp == SIP_TRANSP_UDP || !flow || !flow->le.list)
		return;
	stranger_remove(flow);
	if (msg_param_exists(&msg->via.params, "alias", &value) || !sa_port(&msg->via.addr))
		return;
	hash_unlink(&flow->alias_he);
	flow->alias = flow->peer;
	sa_set_port(&flow->alias, sa_port(&msg->via.addr));
	hash_append(flow->transports->aliases, sa_hash(&flow->alias, SA_ALL), &flow->alias_he,
	            flow);
}

unsigned jf_sip_connections_get(const struct jf_sip *sip, uint64_t after,
                                struct jf_sip_connection *ret_connections, unsigned max)
{
	unsigned count = 0;

	for (struct le *le = sip->transports->all.head; le && count < max; le = le->next) {
		const struct jf_sip_flow *flow = le->data;
		struct jf_sip_connection *row = &ret_connections[count];

		if (flow->id <= after)
			continue;
		*row = (struct jf_sip_connection){
		        .id = flow->id,
		        .outgoing = flow->outgoing,
		        .up = flow->up,
		        .proven = !flow->source,
		        .tls = flow->tls_peer.version,
		        .since_ns = flow->since_ns,
		        .heard_ns = flow->heard_ns,
		        .messages = flow->messages,
		};
		jf_sip_peer_make(&flow->peer, jf_sip_transp(flow->transport), &row->peer);
		jf_sip_peer_make(&flow->local, jf_sip_transp(flow->transport), &row->local);
		(void)str_ncpy(row->subject, flow->tls_peer.subject, sizeof(row->subject));
		count++;
	}
	return count;
}

/* --- all of them --- */

int jf_sip_flows_open(struct jf_sip_transports *transports)
{
	int err = hash_alloc(&transports->flows, FLOWS_HASH);

	if (!err)
		err = hash_alloc(&transports->aliases, SOURCES_HASH);
	if (!err)
		err = hash_alloc(&transports->sources, SOURCES_HASH);
	if (!err)
		err = hash_alloc(&transports->names, NAMES_HASH);
	if (err)
		jf_sip_flows_close(transports);
	return -err;
}

void jf_sip_flows_close(struct jf_sip_transports *transports)
{
	while (transports->all.head)
		jf_sip_flow_close(transports->all.head->data, ECONNABORTED);
	if (transports->names)
		hash_flush(transports->names);
	transports->names = mem_deref(transports->names);
	transports->sources = mem_deref(transports->sources);
	transports->aliases = mem_deref(transports->aliases);
	transports->flows = mem_deref(transports->flows);
}
