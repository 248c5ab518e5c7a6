// SPDX-License-Identifier: BSD-3-Clause
/* What a URI asks for: first the services of a name, then the addresses of each of its servers. */
#include "jf_sip_resolve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_sip_dns.h"
#include "jf_sip_priv.h"

#define TARGETS_MAX   8
#define TRANSPORTS    3
#define QUESTIONS_MAX (TARGETS_MAX * 2)

struct addresses {
	unsigned count;
	struct jf_ip ip[JF_SIP_DNS_RECORDS_MAX];
};

/* A server of the name, and where its addresses stand once they are known. */
struct target {
	char host[JF_SIP_DNS_NAME_MAX];
	uint16_t port;
	uint8_t transport;
	struct addresses addresses[2]; /* IPv4, IPv6 */
};

struct asked {
	struct jf_sip_query *query;
	struct jf_sip_dns_question *question;
	unsigned index;
};

struct jf_sip_query {
	struct jf_sip *sip;
	jf_sip_resolve_handler *handler;
	void *arg;
	struct tmr timer; /* the deadline, or the answer that is there at once */
	char name[JF_SIP_DNS_NAME_MAX];
	bool transport_given;
	uint8_t transport; /* given, or for want of SRV */
	unsigned open;     /* questions */
	struct asked asked[QUESTIONS_MAX];
	struct jf_sip_dns_answer services[TRANSPORTS];
	unsigned n_targets;
	struct target targets[TARGETS_MAX];
	int err;
	unsigned count;
	struct jf_sip_peer peers[JF_SIP_RESOLVED_MAX];
};

static void query_destructor(void *arg)
{
	struct jf_sip_query *query = arg;

	tmr_cancel(&query->timer);
	for (unsigned i = 0; i < QUESTIONS_MAX; i++)
		jf_sip_dns_withdraw(query->asked[i].question);
}

static void answer(void *arg)
{
	struct jf_sip_query *query = arg;

	query->handler(query->count ? 0 : query->err, query->peers, query->count, query->arg);
	mem_deref(query);
}

static void answer_soon(struct jf_sip_query *query)
{
	tmr_start(&query->timer, 0, answer, query);
}

static bool speaks(const struct jf_sip_query *query, uint8_t transport, int family)
{
	return sip_transp_supported(query->sip->stack, jf_sip_transp(transport), family);
}

/* --- questions --- */

static void ask(struct jf_sip_query *query, unsigned index, enum jf_sip_dns_type type,
                const char *name, jf_sip_dns_handler *handler)
{
	struct asked *asked = &query->asked[index];

	asked->query = query;
	asked->index = index;
	if (query->sip->dns &&
	    jf_sip_dns_ask(query->sip->dns, type, name, handler, asked, &asked->question) == 0)
		query->open++;
	else
		query->err = -EHOSTUNREACH;
}

/* True: it was the last one. A denial is kept only while nothing worse is known. */
static bool answered(struct asked *asked, const struct jf_sip_dns_answer *given)
{
	struct jf_sip_query *query = asked->query;

	asked->question = NULL;
	if (given->err == -EHOSTUNREACH)
		query->err = given->err;
	return --query->open == 0;
}

/* --- addresses --- */

static void add_peer(struct jf_sip_query *query, const struct target *target,
                     const struct jf_ip *ip)
{
	struct jf_sip_peer *peer = &query->peers[query->count];
	struct sa sa;

	*peer = (struct jf_sip_peer){
	        .family = ip->family, .transport = target->transport, .port = target->port};
	memcpy(peer->ip, ip->bytes, sizeof(peer->ip));
	if (target->transport == JF_SIP_TLS) {
		jf_sip_peer_sa(peer, &sa);
		jf_sip_flow_name_set(query->sip->transports, &sa, query->name);
	}
	query->count++;
}

/* IPv4 before IPv6: most calls' media is of IPv4. */
static void collect(struct jf_sip_query *query)
{
	for (unsigned i = 0; i < query->n_targets; i++) {
		const struct target *target = &query->targets[i];

		for (unsigned k = 0; k < 2 * JF_SIP_DNS_RECORDS_MAX; k++) {
			const struct addresses *known =
			        &target->addresses[k / JF_SIP_DNS_RECORDS_MAX];
			unsigned at = k % JF_SIP_DNS_RECORDS_MAX;

			if (at < known->count && query->count < JF_SIP_RESOLVED_MAX)
				add_peer(query, target, &known->ip[at]);
		}
	}
}

static void on_address(const struct jf_sip_dns_answer *given, void *arg)
{
	struct asked *asked = arg;
	struct jf_sip_query *query = asked->query;
	struct addresses *addresses = &query->targets[asked->index / 2].addresses[asked->index % 2];

	for (unsigned i = 0; i < given->count; i++)
		addresses->ip[addresses->count++] = given->records[i].ip;
	if (answered(asked, given)) {
		collect(query);
		answer_soon(query);
	}
}

static void ask_addresses(struct jf_sip_query *query)
{
	for (unsigned i = 0; i < query->n_targets; i++) {
		const struct target *target = &query->targets[i];

		if (speaks(query, target->transport, AF_INET))
			ask(query, 2 * i, JF_SIP_DNS_A, target->host, on_address);
		if (speaks(query, target->transport, AF_INET6))
			ask(query, 2 * i + 1, JF_SIP_DNS_AAAA, target->host, on_address);
	}
	if (!query->open)
		answer_soon(query);
}

static void add_target(struct jf_sip_query *query, const char *host, uint16_t port,
                       uint8_t transport)
{
	struct target *target = &query->targets[query->n_targets++];

	(void)str_ncpy(target->host, host, sizeof(target->host));
	target->port = port;
	target->transport = transport;
}

/* --- services (RFC 2782) --- */

/* The next of those with the lowest priority, by weight; it is taken out. */
static struct jf_sip_dns_record take_service(struct jf_sip_dns_answer *services)
{
	uint32_t total = 0, sum = 0, chosen;
	uint16_t least = UINT16_MAX;
	struct jf_sip_dns_record record;
	unsigned at = 0;

	for (unsigned i = 0; i < services->count; i++)
		if (services->records[i].priority < least)
			least = services->records[i].priority;
	for (unsigned i = 0; i < services->count; i++)
		if (services->records[i].priority == least)
			total += services->records[i].weight + 1u; /* so that 0 has a chance */
	chosen = rand_u32() % (total ? total : 1);
	for (unsigned i = 0; i < services->count; i++) {
		if (services->records[i].priority != least)
			continue;
		at = i;
		sum += services->records[i].weight + 1u;
		if (chosen < sum)
			break;
	}
	record = services->records[at];
	services->records[at] = services->records[--services->count];
	return record;
}

static void use_services(struct jf_sip_query *query)
{
	bool listed = false; /* then what is not listed is not offered: no guess beside it */

	for (uint8_t transport = 0; transport < TRANSPORTS && !query->n_targets; transport++) {
		struct jf_sip_dns_answer *services = &query->services[transport];

		listed |= services->count > 0;
		while (services->count && query->n_targets < TARGETS_MAX) {
			struct jf_sip_dns_record record = take_service(services);

			if (record.target[0] && strcmp(record.target, ".") != 0 && record.port)
				add_target(query, record.target, record.port, transport);
		}
	}
	if (!listed && speaks(query, query->transport, AF_UNSPEC))
		add_target(query, query->name, sip_transp_port(jf_sip_transp(query->transport), 0),
		           query->transport);
	query->err = -ENOENT;
	ask_addresses(query);
}

static void on_service(const struct jf_sip_dns_answer *given, void *arg)
{
	struct asked *asked = arg;
	struct jf_sip_query *query = asked->query;

	query->services[asked->index] = *given;
	if (answered(asked, given))
		use_services(query);
}

static void ask_services(struct jf_sip_query *query)
{
	static const char *const prefixes[TRANSPORTS] = {[JF_SIP_UDP] = "_sip._udp",
	                                                 [JF_SIP_TCP] = "_sip._tcp",
	                                                 [JF_SIP_TLS] = "_sips._tcp"};
	char name[JF_SIP_DNS_NAME_MAX + 16];

	for (uint8_t transport = 0; transport < TRANSPORTS; transport++) {
		if (query->transport_given ? transport != query->transport
		                           : !speaks(query, transport, AF_UNSPEC))
			continue;
		snprintf(name, sizeof(name), "%s.%s", prefixes[transport], query->name);
		ask(query, transport, JF_SIP_DNS_SRV, name, on_service);
	}
	if (!query->open)
		answer_soon(query);
}

/* --- a query --- */

/* ;transport=, else TLS for sips:, else UDP. -EPROTONOSUPPORT for one that we do not speak. */
static int read_transport(struct jf_sip_query *query, const struct uri *uri)
{
	bool secure = !pl_strcasecmp(&uri->scheme, "sips");
	struct pl value;

	query->transport = secure ? JF_SIP_TLS : JF_SIP_UDP;
	query->transport_given = secure;
	if (msg_param_decode(&uri->params, "transport", &value))
		return 0;
	query->transport_given = true;
	if (!pl_strcasecmp(&value, "tls") || (secure && !pl_strcasecmp(&value, "tcp")))
		query->transport = JF_SIP_TLS;
	else if (!pl_strcasecmp(&value, "tcp"))
		query->transport = JF_SIP_TCP;
	else if (secure || pl_strcasecmp(&value, "udp"))
		return -EPROTONOSUPPORT;
	return 0;
}

static void on_deadline(void *arg)
{
	struct jf_sip_query *query = arg;

	query->err = -ETIMEDOUT;
	collect(query); /* what is known by now may do */
	answer(query);
}

static void look_up(struct jf_sip_query *query, const struct uri *uri)
{
	struct sa sa;

	if (read_transport(query, uri) ||
	    (query->transport_given && !speaks(query, query->transport, AF_UNSPEC))) {
		answer_soon(query);
		return;
	}
	if (uri->af != AF_UNSPEC) {
		enum sip_transp tp = jf_sip_transp(query->transport);

		if (speaks(query, query->transport, uri->af) &&
		    !sa_set(&sa, &uri->host, sip_transp_port(tp, uri->port)))
			jf_sip_peer_make(&sa, tp, &query->peers[query->count++]);
		answer_soon(query);
		return;
	}
	tmr_start(&query->timer, JF_SIP_RESOLVE_TIMEOUT_MS, on_deadline, query);
	if (!uri->port) {
		ask_services(query);
		return;
	}
	add_target(query, query->name, uri->port, query->transport);
	ask_addresses(query);
}

int jf_sip_resolve(struct jf_sip *sip, const char *uri, jf_sip_resolve_handler *handler, void *arg,
                   struct jf_sip_query **ret_query)
{
	struct jf_sip_query *query;
	struct uri parsed;
	struct pl text;

	pl_set_str(&text, uri);
	if (uri_decode(&parsed, &text) || !pl_isset(&parsed.host) ||
	    !jf_sip_scheme_fits(&parsed.scheme, SIP_TRANSP_TLS))
		return -EINVAL;
	query = mem_zalloc(sizeof(*query), query_destructor);
	if (!query)
		return -ENOMEM;
	if (jf_sip_exact_copy(&parsed.host, query->name, sizeof(query->name))) {
		mem_deref(query);
		return -EINVAL;
	}
	query->sip = sip;
	query->handler = handler;
	query->arg = arg;
	query->err = -ENOENT;
	*ret_query = query;
	look_up(query, &parsed);
	return 0;
}

void jf_sip_query_cancel(struct jf_sip_query *query)
{
	mem_deref(query);
}
