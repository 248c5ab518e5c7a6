// SPDX-License-Identifier: BSD-3-Clause
#include "jf_neigh_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/neighbour.h>

#include <rte_common.h>
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_memory.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "jf_contract.h"
#include "jf_log.h"
#include "jf_time.h"

#define RING_SIZE     4096u
#define NONE          UINT32_MAX
#define ASK_BURST     64u
#define RESOLVE_BURST 64u               /* remotes a turn, when routes have changed */
#define TELL_BURST    16384u            /* endpoints looked at a turn */
#define USE_BURST     64u               /* next hops a turn */
#define USE_PARTS     512u              /* turns until all have been looked at */
#define USE_AFTER_NS  (5 * JF_NS_PER_S) /* the kernel takes an entry for stale after 15 to 45 s */
#define RETRY_NS      (1 * JF_NS_PER_S) /* where there is no link address yet, or no answer */

/* With which the link address may be used: the kernel would. */
#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
#define NUD_FIXED (NUD_PERMANENT | NUD_NOARP)

struct key {
	struct jf_ip ip;
	uint32_t port;
};

struct endpoint {
	uint32_t remote; /* NONE: has not asked */
	uint32_t generation;
	uint32_t worker;
	uint64_t told; /* stamp of the last answer; 0: not yet */
};

struct remote {
	struct key key;
	uint32_t references; /* endpoints; 0: free */
	uint32_t hop;        /* NONE: result says why */
	int32_t result;
	uint64_t changed; /* stamp */
};

struct hop {
	struct key key;
	uint32_t references; /* remotes; 0: free */
	bool has_mac;
	bool is_fixed;  /* by hand: asking for it would make it an ordinary entry */
	bool is_silent; /* no answer any more; mac is the last one known */
	uint8_t mac[6];
	uint64_t changed; /* stamp */
	uint64_t use_at_ns;
};

struct jf_neigh {
	struct jf_netlink *netlink;
	struct jf_netlink_watch *watch;
	struct jf_neigh_port ports[JF_CONTRACT_PORTS_MAX];
	bool link_down[JF_CONTRACT_PORTS_MAX];
	struct jf_neigh_counts counts[JF_CONTRACT_PORTS_MAX];
	uint32_t n_ports;
	uint32_t n_workers;
	struct rte_ring *questions[JF_CONTRACT_WORKERS_MAX]; /* worker to service */
	struct rte_ring *answers[JF_CONTRACT_WORKERS_MAX];   /* service to worker */

	struct endpoint *endpoints;
	uint32_t n_endpoints;
	struct rte_hash *remotes_by_key, *hops_by_key;
	struct remote *remotes; /* indexed as the hash places them */
	struct hop *hops;
	uint32_t n_slots; /* of both */

	uint64_t stamp;
	uint32_t tell_at, tell_left;       /* endpoints still to look at */
	uint32_t resolve_at, resolve_left; /* remotes whose route may have changed */
	uint32_t use_at;
	uint64_t now_ns;
};

/* ---- Life ---------------------------------------------------------------------------------- */

static struct rte_hash *make_hash(const char *name, uint32_t entries)
{
	const struct rte_hash_parameters parameters = {
	        .name = name,
	        .entries = entries,
	        .key_len = sizeof(struct key),
	        .hash_func = rte_jhash,
	        .socket_id = SOCKET_ID_ANY,
	        .extra_flag = RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	return rte_hash_create(&parameters);
}

static int make_tables(struct jf_neigh *n)
{
	uint32_t entries = RTE_MAX(n->n_endpoints, 64u);

	n->remotes_by_key = make_hash("jf_remotes", entries);
	n->hops_by_key = make_hash("jf_hops", entries);
	if (!n->remotes_by_key || !n->hops_by_key)
		return -ENOMEM;
	n->n_slots = (uint32_t)rte_hash_max_key_id(n->remotes_by_key) + 1;
	n->endpoints = calloc(n->n_endpoints, sizeof(*n->endpoints));
	n->remotes = calloc(n->n_slots, sizeof(*n->remotes));
	n->hops = calloc(n->n_slots, sizeof(*n->hops));
	if (!n->endpoints || !n->remotes || !n->hops)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->n_endpoints; i++)
		n->endpoints[i].remote = NONE;
	return 0;
}

static int make_rings(struct jf_neigh *n)
{
	char name[RTE_RING_NAMESIZE];

	for (uint32_t w = 0; w < n->n_workers; w++) {
		snprintf(name, sizeof(name), "jf_neigh_ask%u", w);
		n->questions[w] =
		        rte_ring_create_elem(name, sizeof(struct jf_neigh_request), RING_SIZE,
		                             SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		snprintf(name, sizeof(name), "jf_neigh_tell%u", w);
		n->answers[w] =
		        rte_ring_create_elem(name, sizeof(struct jf_neigh_answer), RING_SIZE,
		                             SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!n->questions[w] || !n->answers[w])
			return -ENOMEM;
	}
	return 0;
}

int jf_neigh_create(uint32_t n_workers, uint32_t n_endpoints, const struct jf_neigh_port *ports,
                    uint32_t n_ports, struct jf_neigh **ret_neigh)
{
	struct jf_neigh *n = calloc(1, sizeof(*n));
	int err;

	static_assert(sizeof(struct jf_neigh_request) % 4 == 0, "rte_ring's element");
	static_assert(sizeof(struct jf_neigh_answer) % 4 == 0, "rte_ring's element");
	if (!n)
		return -ENOMEM;
	n->n_workers = n_workers;
	n->n_endpoints = n_endpoints;
	n->n_ports = n_ports;
	memcpy(n->ports, ports, n_ports * sizeof(*ports));
	err = make_tables(n);
	if (!err)
		err = make_rings(n);
	if (!err)
		err = jf_netlink_open(&n->netlink);
	if (!err)
		err = jf_netlink_watch_open(&n->watch);
	if (err)
		jf_neigh_destroy(n);
	else
		*ret_neigh = n;
	return err;
}

void jf_neigh_destroy(struct jf_neigh *n)
{
	if (!n)
		return;
	jf_netlink_watch_close(n->watch);
	jf_netlink_close(n->netlink);
	for (uint32_t w = 0; w < n->n_workers; w++) {
		rte_ring_free(n->questions[w]);
		rte_ring_free(n->answers[w]);
	}
	rte_hash_free(n->remotes_by_key);
	rte_hash_free(n->hops_by_key);
	free(n->endpoints);
	free(n->remotes);
	free(n->hops);
	free(n);
}

int jf_neigh_fd(const struct jf_neigh *n)
{
	return jf_netlink_watch_fd(n->watch);
}

/* ---- Worker -------------------------------------------------------------------------------- */

int jf_neigh_ask(struct jf_neigh *n, uint32_t worker, const struct jf_neigh_request *request)
{
	return rte_ring_enqueue_elem(n->questions[worker], (void *)(uintptr_t)request,
	                             sizeof(*request))
	               ? -EAGAIN
	               : 0;
}

uint32_t jf_neigh_take(struct jf_neigh *n, uint32_t worker, struct jf_neigh_answer *ret_answers,
                       uint32_t room)
{
	return rte_ring_dequeue_burst_elem(n->answers[worker], ret_answers, sizeof(*ret_answers),
	                                   room, NULL);
}

/* ---- Telling -------------------------------------------------------------------------------- */

/* false: the ring is full. Nothing to tell yet counts as told. */
static bool tell(struct jf_neigh *n, uint32_t index)
{
	struct endpoint *e = &n->endpoints[index];
	const struct remote *r = &n->remotes[e->remote];
	const struct hop *h = r->hop == NONE ? NULL : &n->hops[r->hop];
	struct jf_neigh_answer answer = {
	        .endpoint = index,
	        .generation = e->generation,
	        .remote = r->key.ip,
	        .result = r->result,
	        .port = r->key.port,
	};

	if (!r->result && (!h || !h->has_mac))
		return true;
	if (!r->result) {
		memcpy(answer.destination, h->mac, 6);
		memcpy(answer.source, n->ports[r->key.port].mac, 6);
	}
	if (rte_ring_enqueue_elem(n->answers[e->worker], &answer, sizeof(answer)))
		return false;
	e->told = ++n->stamp;
	return true;
}

static bool is_out_of_date(const struct jf_neigh *n, const struct endpoint *e)
{
	const struct remote *r = &n->remotes[e->remote];

	return e->told < r->changed || (r->hop != NONE && e->told < n->hops[r->hop].changed);
}

static void tell_all(struct jf_neigh *n)
{
	n->tell_left = n->n_endpoints;
}

static void serve_telling(struct jf_neigh *n)
{
	for (uint32_t i = 0; i < TELL_BURST && n->tell_left; i++) {
		struct endpoint *e = &n->endpoints[n->tell_at];

		if (e->remote != NONE && is_out_of_date(n, e) && !tell(n, n->tell_at))
			return; /* go on here when the worker has read */
		n->tell_at = n->tell_at + 1 == n->n_endpoints ? 0 : n->tell_at + 1;
		n->tell_left--;
	}
}

/* ---- Next hops ------------------------------------------------------------------------------ */

static void log_hop(const struct jf_neigh *n, const struct hop *h, enum jf_log_level level,
                    const char *what)
{
	char text[JF_IP_TEXT];

	jf_log(JF_LOG_PORT, level, NULL, "neighbour %s on %s %s", jf_ip_text(&h->key.ip, text),
	       n->ports[h->key.port].name, what);
}

static void count(struct jf_neigh *n, const struct hop *h, int waiting, int known)
{
	struct jf_neigh_counts *c = &n->counts[h->key.port];

	c->waiting += (uint32_t)waiting;
	c->known += (uint32_t)known;
}

/* What the kernel says about a next hop, asked for or by itself. */
static void learn(struct jf_neigh *n, struct hop *h, const struct jf_netlink_neigh *neigh)
{
	if (neigh->has_mac && (neigh->state & NUD_VALID)) {
		h->is_fixed = neigh->state & NUD_FIXED;
		if (h->is_silent)
			log_hop(n, h, JF_LOG_NOTICE, "answers again");
		h->is_silent = false;
		if (!h->has_mac || memcmp(h->mac, neigh->mac, 6)) {
			if (h->has_mac)
				log_hop(n, h, JF_LOG_NOTICE, "has another link address");
			else
				count(n, h, -1, +1);
			memcpy(h->mac, neigh->mac, 6);
			h->has_mac = true;
			h->changed = ++n->stamp;
			tell_all(n);
		}
		return;
	}
	h->is_fixed = false;
	if (n->link_down[h->key.port])
		return; /* nobody can answer */
	if (neigh->state & NUD_FAILED) {
		if (!h->is_silent)
			log_hop(n, h, JF_LOG_WARNING,
			        h->key.ip.family == 6 ? "does not answer NDP"
			                              : "does not answer ARP");
		h->is_silent = true;
		h->use_at_ns = n->now_ns + RETRY_NS;
	} else if (!neigh->state) { /* the kernel has thrown the entry away */
		h->use_at_ns = n->now_ns;
	}
}

static void use(struct jf_neigh *n, struct hop *h)
{
	h->use_at_ns = n->now_ns + (h->has_mac && !h->is_silent ? USE_AFTER_NS : RETRY_NS);
	if (!h->is_fixed && !n->link_down[h->key.port])
		(void)jf_netlink_neigh_use(n->netlink, n->ports[h->key.port].ifindex, &h->key.ip);
}

/* Asks for the entry and uses it. */
static void look_up(struct jf_neigh *n, struct hop *h)
{
	struct jf_netlink_neigh neigh;

	if (!jf_netlink_neigh_get(n->netlink, n->ports[h->key.port].ifindex, &h->key.ip, &neigh))
		learn(n, h, &neigh);
	else
		h->is_fixed = false;
	use(n, h);
}

static void release_hop(struct jf_neigh *n, uint32_t index)
{
	struct hop *h;

	if (index == NONE)
		return;
	h = &n->hops[index];
	if (--h->references)
		return;
	count(n, h, h->has_mac ? 0 : -1, h->has_mac ? -1 : 0);
	(void)rte_hash_del_key(n->hops_by_key, &h->key);
	*h = (struct hop){0};
}

static uint32_t take_hop(struct jf_neigh *n, uint32_t port, const struct jf_ip *ip)
{
	const struct key key = {.ip = *ip, .port = port};
	int32_t index = rte_hash_add_key(n->hops_by_key, &key);
	struct hop *h;

	if (index < 0)
		return NONE;
	h = &n->hops[index];
	if (!h->references++) {
		*h = (struct hop){.key = key, .references = 1, .changed = ++n->stamp};
		count(n, h, +1, 0);
		look_up(n, h);
	}
	return (uint32_t)index;
}

/* Keeps the kernel's entries fresh: a walk over all slots, a part each turn. */
static void serve_using(struct jf_neigh *n)
{
	uint32_t part = n->n_slots / USE_PARTS + 1;
	uint32_t used = 0;

	for (uint32_t i = 0; i < part && used < USE_BURST; i++) {
		struct hop *h = &n->hops[n->use_at];

		if (h->references && h->use_at_ns <= n->now_ns) {
			look_up(n, h);
			used++;
		}
		n->use_at = n->use_at + 1 == n->n_slots ? 0 : n->use_at + 1;
	}
}

/* ---- Remotes -------------------------------------------------------------------------------- */

static void resolve(struct jf_neigh *n, struct remote *r)
{
	uint32_t old = r->hop;
	struct jf_ip hop_ip = {0};
	uint32_t hop = NONE;
	int result = -ENETUNREACH;

	if (n->ports[r->key.port].ifindex)
		result = jf_netlink_next_hop(n->netlink, n->ports[r->key.port].ifindex, &r->key.ip,
		                             &hop_ip);
	if (!result) {
		hop = take_hop(n, r->key.port, &hop_ip);
		if (hop == NONE)
			result = -ENETUNREACH;
	}
	release_hop(n, old);
	if (hop != old || result != r->result) {
		r->changed = ++n->stamp;
		tell_all(n);
	}
	r->hop = hop;
	r->result = result;
}

static void serve_resolving(struct jf_neigh *n)
{
	for (uint32_t i = 0, done = 0; i < TELL_BURST && done < RESOLVE_BURST && n->resolve_left;
	     i++) {
		struct remote *r = &n->remotes[n->resolve_at];

		if (r->references) {
			resolve(n, r);
			done++;
		}
		n->resolve_at = n->resolve_at + 1 == n->n_slots ? 0 : n->resolve_at + 1;
		n->resolve_left--;
	}
}

static void release_remote(struct jf_neigh *n, uint32_t index)
{
	struct remote *r;

	if (index == NONE)
		return;
	r = &n->remotes[index];
	if (--r->references)
		return;
	(void)rte_hash_del_key(n->remotes_by_key, &r->key);
	release_hop(n, r->hop);
	*r = (struct remote){0};
}

static uint32_t take_remote(struct jf_neigh *n, uint32_t port, const struct jf_ip *ip)
{
	const struct key key = {.ip = *ip, .port = port};
	int32_t index = rte_hash_add_key(n->remotes_by_key, &key);
	struct remote *r;

	if (index < 0)
		return NONE;
	r = &n->remotes[index];
	if (!r->references++) {
		*r = (struct remote){.key = key, .references = 1, .hop = NONE};
		r->changed = ++n->stamp;
		resolve(n, r);
	}
	return (uint32_t)index;
}

/* ---- Turns ---------------------------------------------------------------------------------- */

static void take_request(struct jf_neigh *n, uint32_t worker,
                         const struct jf_neigh_request *request)
{
	struct endpoint *e;
	uint32_t old;

	if (request->endpoint >= n->n_endpoints)
		return;
	e = &n->endpoints[request->endpoint];
	old = e->remote;
	*e = (struct endpoint){.remote = NONE, .generation = request->generation, .worker = worker};
	if (request->remote.family && request->port < n->n_ports)
		e->remote = take_remote(n, request->port, &request->remote);
	release_remote(n, old);
	if (e->remote != NONE && !tell(n, request->endpoint))
		tell_all(n);
}

static void serve_requests(struct jf_neigh *n)
{
	struct jf_neigh_request requests[ASK_BURST];

	for (uint32_t w = 0; w < n->n_workers; w++) {
		unsigned count = rte_ring_dequeue_burst_elem(n->questions[w], requests,
		                                             sizeof(requests[0]), ASK_BURST, NULL);

		for (unsigned i = 0; i < count; i++)
			take_request(n, w, &requests[i]);
	}
}

static void on_neigh(void *arg, const struct jf_netlink_neigh *neigh)
{
	struct jf_neigh *n = arg;

	for (uint32_t p = 0; p < n->n_ports; p++) {
		const struct key key = {.ip = neigh->ip, .port = p};
		int32_t index;

		if (n->ports[p].ifindex != neigh->ifindex)
			continue;
		index = rte_hash_lookup(n->hops_by_key, &key);
		if (index >= 0)
			learn(n, &n->hops[index], neigh);
	}
}

static void on_routes_changed(void *arg)
{
	struct jf_neigh *n = arg;

	n->resolve_left = n->n_slots;
}

static void on_overrun(void *arg)
{
	struct jf_neigh *n = arg;

	jf_log(JF_LOG_PORT, JF_LOG_WARNING, NULL,
	       "the kernel's neighbour notifications ran over: looking at every neighbour again");
	n->resolve_left = n->n_slots;
	for (uint32_t i = 0; i < n->n_slots; i++)
		n->hops[i].use_at_ns = 0;
}

void jf_neigh_set_link(struct jf_neigh *n, uint32_t port, bool up)
{
	n->link_down[port] = !up;
	for (uint32_t i = 0; up && i < n->n_slots; i++)
		if (n->hops[i].references && n->hops[i].key.port == port)
			n->hops[i].use_at_ns = 0;
}

struct jf_neigh_counts jf_neigh_count(const struct jf_neigh *n, uint32_t port)
{
	return n->counts[port];
}

void jf_neigh_serve(struct jf_neigh *n, uint64_t now_ns)
{
	const struct jf_netlink_handlers handlers = {
	        .on_neigh = on_neigh,
	        .on_routes_changed = on_routes_changed,
	        .on_overrun = on_overrun,
	        .arg = n,
	};

	n->now_ns = now_ns;
	jf_netlink_watch_read(n->watch, &handlers);
	serve_requests(n);
	serve_resolving(n);
	serve_using(n);
	serve_telling(n);
}
