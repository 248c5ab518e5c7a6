// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_reach.h"

#include <string.h>

#include "jf_sip_priv.h"

/* Of the Contact's URI, if its host is numeric. */
static bool contact_peer(const struct jf_registration *registration, struct jf_sip_peer *ret_peer)
{
	enum sip_transp tp = jf_sip_transp(registration->source.transport);
	struct uri uri;
	struct pl text;
	struct sa sa;

	pl_set_str(&text, registration->contact);
	if (uri_decode(&uri, &text) || uri.af == AF_UNSPEC ||
	    sa_set(&sa, &uri.host, sip_transp_port(tp, uri.port)))
		return false;
	jf_sip_peer_make(&sa, tp, ret_peer);
	return true;
}

bool jf_sip_reach_is_nat(const struct jf_registration *registration)
{
	const struct jf_sip_peer *source = &registration->source;
	struct jf_sip_peer contact;

	return !contact_peer(registration, &contact) || contact.family != source->family ||
	       contact.port != source->port || memcmp(contact.ip, source->ip, sizeof(contact.ip));
}

struct jf_sip_peer jf_sip_reach_peer(const struct jf_sip *sip,
                                     const struct jf_registration *registration)
{
	struct jf_sip_peer contact;
	struct sa sa;

	jf_sip_peer_sa(&registration->source, &sa);
	if (registration->source.transport != JF_SIP_UDP &&
	    !jf_sip_flow_find(sip->transports, registration->source.transport, &sa) &&
	    contact_peer(registration, &contact) && jf_sip_speaks(sip, &contact))
		return contact;
	return registration->source;
}
