// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_reach.h"

#include <string.h>

#include "jf_contacts.h"
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

	if (registration->source.transport != JF_SIP_UDP &&
	    !jf_sip_is_connected(sip, &registration->source) &&
	    contact_peer(registration, &contact) && jf_sip_speaks(sip, &contact))
		return contact;
	return registration->source;
}

bool jf_sip_is_connected(const struct jf_sip *sip, const struct jf_sip_peer *peer)
{
	struct sa sa;

	jf_sip_peer_sa(peer, &sa);
	return jf_sip_flow_find(sip->transports, peer->transport, &sa) != NULL;
}

/* ---- Whose connection is gone ------------------------------------------------------------------
 */

static void user_of(const char *text, char *ret_user, size_t size)
{
	struct uri uri;
	struct pl pl;

	pl_set_str(&pl, text);
	ret_user[0] = '\0';
	if (!uri_decode(&uri, &pl))
		jf_sip_user_copy(&uri.user, ret_user, size);
}

/* How likely it is the phone: 0: it isn't. One that has reconnected may have a Contact of another
 * port, while its former registration has not lapsed yet. */
static unsigned likeness(const struct jf_sip *sip, const struct jf_registration *registration,
                         const char *user, const struct jf_sip_peer *from)
{
	const struct jf_sip_peer *source = &registration->source;
	char its_user[JF_SIP_NAME_MAX];

	if (source->transport != from->transport || source->family != from->family ||
	    memcmp(source->ip, from->ip, sizeof(source->ip)) != 0)
		return 0;
	user_of(registration->contact, its_user, sizeof(its_user));
	return 1 + 4 * (strcmp(its_user, user) == 0) + 2 * jf_sip_is_connected(sip, source) +
	       (source->port == from->port);
}

bool jf_sip_reach_again(const struct jf_sip *sip, const char *uri, const char *contact,
                        const struct jf_sip_peer *from, struct jf_sip_peer *ret_peer)
{
	const struct jf_contacts *contacts = jf_registrar_contacts(sip->registrar);
	char agent[JF_SIP_AGENT_MAX], user[JF_SIP_NAME_MAX];
	unsigned best = 0;

	user_of(uri, agent, sizeof(agent));
	user_of(contact, user, sizeof(user));
	for (const struct jf_contact *c = jf_contacts_first(contacts, agent); c;
	     c = jf_contact_next(c)) {
		struct jf_registration registration = jf_contact_get(c);
		unsigned like = likeness(sip, &registration, user, from);

		if (like > best) {
			best = like;
			*ret_peer = jf_sip_reach_peer(sip, &registration);
		}
	}
	return best > 0;
}
