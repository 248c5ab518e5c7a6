// SPDX-License-Identifier: BSD-3-Clause
/* What a URI asks for, and the answer from the loop. */
#include "jf_sip_resolve.h"

#include <errno.h>
#include <string.h>

#include "jf_sip_priv.h"

struct jf_sip_query {
	jf_sip_resolve_handler *handler;
	void *arg;
	struct tmr timer;
	int err;
	unsigned count;
	struct jf_sip_peer peers[JF_SIP_RESOLVED_MAX];
};

static void query_destructor(void *arg)
{
	struct jf_sip_query *query = arg;

	tmr_cancel(&query->timer);
}

static void answer(void *arg)
{
	struct jf_sip_query *query = arg;

	query->handler(query->err, query->peers, query->count, query->arg);
	mem_deref(query);
}

/* ;transport=, else TLS for sips:, else UDP. -EPROTONOSUPPORT for one that we do not speak. */
static int transport_of(const struct uri *uri, uint8_t *ret_transport)
{
	bool secure = !pl_strcasecmp(&uri->scheme, "sips");
	struct pl value;

	*ret_transport = secure ? JF_SIP_TLS : JF_SIP_UDP;
	if (msg_param_decode(&uri->params, "transport", &value))
		return 0;
	if (!pl_strcasecmp(&value, "tls") || (secure && !pl_strcasecmp(&value, "tcp")))
		*ret_transport = JF_SIP_TLS;
	else if (!pl_strcasecmp(&value, "tcp"))
		*ret_transport = JF_SIP_TCP;
	else if (secure || pl_strcasecmp(&value, "udp"))
		return -EPROTONOSUPPORT;
	return 0;
}

static int look_up(struct jf_sip *sip, const struct uri *uri, struct jf_sip_query *query)
{
	struct sa sa, local;
	uint8_t transport;

	if (transport_of(uri, &transport))
		return -ENOENT;
	if (uri->af == AF_UNSPEC)
		return -EHOSTUNREACH; /* no servers to ask */
	if (sa_set(&sa, &uri->host, sip_transp_port(jf_sip_transp(transport), uri->port)) ||
	    sip_transp_laddr(sip->stack, &local, jf_sip_transp(transport), &sa))
		return -ENOENT;
	jf_sip_peer_make(&sa, jf_sip_transp(transport), &query->peers[0]);
	query->count = 1;
	return 0;
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
	query->handler = handler;
	query->arg = arg;
	query->err = look_up(sip, &parsed, query);
	tmr_start(&query->timer, 0, answer, query);
	*ret_query = query;
	return 0;
}

void jf_sip_query_cancel(struct jf_sip_query *query)
{
	mem_deref(query);
}
