// SPDX-License-Identifier: BSD-3-Clause
/* Where the requests of a dialog go (RFC 3261 12.2.1.1, 8.1.2), over TCP and TLS also when the
 * connection that it began on is gone, as after a restart. */
#include "jf_leg_priv.h"

#include <string.h>

#include "jf_sip_reach.h"

static uint8_t transport_of(const struct pl *name)
{
	return !pl_strcasecmp(name, "tcp")   ? JF_SIP_TCP
	       : !pl_strcasecmp(name, "udp") ? JF_SIP_UDP
	       : !pl_strcasecmp(name, "tls") ? JF_SIP_TLS
	                                     : UINT8_MAX;
}

/* ip:port;transport of uri if its host is a numeric address. */
static bool numeric_hop(const struct pl *text, uint8_t transport, struct jf_sip_peer *ret_hop)
{
	struct uri uri;
	struct pl value;
	struct sa sa;

	if (uri_decode(&uri, text) || uri.af == AF_UNSPEC)
		return false;
	if (!msg_param_decode(&uri.params, "transport", &value))
		transport = transport_of(&value);
	if (!pl_strcasecmp(&uri.scheme, "sips"))
		transport = JF_SIP_TLS;
	if (transport == UINT8_MAX ||
	    sa_set(&sa, &uri.host, sip_transp_port(jf_sip_transp(transport), uri.port)))
		return false;
	jf_sip_peer_make(&sa, jf_sip_transp(transport), ret_hop);
	return true;
}

static struct pl first_of(const char *routes)
{
	return (struct pl){.p = routes + 1, .l = strcspn(routes + 1, ">")};
}

struct jf_sip_peer jf_dialog_route_hop(const char *routes, const struct jf_sip_peer *peer)
{
	struct pl text = first_of(routes);
	struct jf_sip_peer hop;

	return numeric_hop(&text, peer->transport, &hop) ? hop : *peer;
}

/* A name in it: the address that the peer's messages came from. */
static struct jf_sip_peer target_hop(const struct jf_dialog *d)
{
	struct jf_sip_peer hop;
	struct pl text;

	pl_set_str(&text, d->remote_target);
	return numeric_hop(&text, d->peer.transport, &hop) ? hop : d->peer;
}

/* ---- Connections that are gone ----------------------------------------------------------------
 */

static bool is_lost(const struct jf_sip *sip, const struct jf_sip_peer *hop)
{
	return hop->transport != JF_SIP_UDP && !jf_sip_is_connected(sip, hop);
}

static bool same_host(const struct jf_sip_peer *a, const struct jf_sip_peer *b)
{
	return a->transport == b->transport && a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* Where it says that it listens: by a name, at the host that its messages came from, which is then
 * to be of that name. */
static struct jf_sip_peer listening_hop(const struct jf_sip *sip, const struct jf_dialog *d)
{
	char name[JF_SIP_URI_MAX];
	struct jf_sip_peer hop;
	struct uri uri;
	struct pl text;
	struct sa sa;

	if (d->routes[0])
		text = first_of(d->routes);
	else
		pl_set_str(&text, d->remote_target);
	if (numeric_hop(&text, d->peer.transport, &hop))
		return hop;
	hop = d->peer;
	if (uri_decode(&uri, &text) || jf_sip_exact_copy(&uri.host, name, sizeof(name)))
		return hop;
	hop.port = sip_transp_port(jf_sip_transp(hop.transport), uri.port);
	jf_sip_peer_sa(&hop, &sa);
	if (hop.transport == JF_SIP_TLS)
		jf_sip_flow_name_set(sip->transports, &sa, name);
	return hop;
}

/* One is to be opened, unless the peer has opened one since: a phone tells by REGISTER where it is,
 * and everybody by a request in the dialog (jf_dialog_heard). */
static struct jf_sip_peer found_again(const struct jf_sip *sip, const struct jf_dialog *d,
                                      const struct jf_sip_peer *lost)
{
	struct jf_sip_peer hop;

	if (same_host(lost, &d->peer) && !is_lost(sip, &d->peer))
		return d->peer;
	if (!d->routes[0] &&
	    jf_sip_reach_again(sip, d->remote_uri, d->remote_target, &d->peer, &hop))
		return hop;
	hop = listening_hop(sip, d);
	return jf_sip_speaks(sip, &hop) ? hop : *lost;
}

void jf_dialog_heard(const struct jf_sip *sip, const struct sip_msg *msg, struct jf_dialog *dialog)
{
	struct jf_sip_peer source;

	jf_sip_peer_make(&msg->src, msg->tp, &source);
	if (source.transport != dialog->peer.transport || !is_lost(sip, &dialog->peer))
		return;
	dialog->peer = source;
	jf_sip_flow_prove(msg);
}

/* ---- The next hop ------------------------------------------------------------------------------
 */

/*
 * The first route, else the target. A phone that we called is reached where its REGISTER came from,
 * whatever its Contact says: it may be behind a NAT. So is whoever came over TLS: nobody has to be
 * able to take a connection as a server.
 */
struct jf_sip_peer jf_dialog_next_hop(const struct jf_sip *sip, const struct jf_dialog *d)
{
	struct jf_sip_peer hop;

	if (d->routes[0])
		hop = jf_dialog_route_hop(d->routes, &d->peer);
	else if ((!d->incoming && !d->by_contact) || d->peer.transport == JF_SIP_TLS)
		hop = d->peer;
	else
		hop = target_hop(d);
	return is_lost(sip, &hop) ? found_again(sip, d, &hop) : hop;
}

struct jf_sip_peer jf_dialog_other_hop(const struct jf_sip *sip, const struct jf_dialog *d)
{
	struct jf_sip_peer hop = jf_dialog_next_hop(sip, d);

	return memcmp(&hop, &d->peer, sizeof(hop)) != 0 ? d->peer : target_hop(d);
}
