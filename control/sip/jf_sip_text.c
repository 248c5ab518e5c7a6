// SPDX-License-Identifier: BSD-3-Clause
/* Text between the network and us: everything that is kept or shown passes here. */
#include "jf_sip_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void jf_sip_text_copy(const struct pl *from, char *ret_text, size_t size)
{
	size_t length = from->l < size - 1 ? from->l : size - 1;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)from->p[i];

		ret_text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret_text[length] = '\0';
}

void jf_sip_user_copy(const struct pl *user, char *ret_text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < user->l && at < size - 1; i++) {
		unsigned char c = (unsigned char)user->p[i];

		if (c == ';')
			break; /* ;phone-context and its like */
		if (c == '%' && i + 2 < user->l && isxdigit((unsigned char)user->p[i + 1]) &&
		    isxdigit((unsigned char)user->p[i + 2])) {
			c = (unsigned char)(ch_hex(user->p[i + 1]) << 4 | ch_hex(user->p[i + 2]));
			i += 2;
		}
		ret_text[at++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret_text[at] = '\0';
}

int jf_sip_exact_copy(const struct pl *from, char *ret_text, size_t size)
{
	if (from->l >= size)
		return -EMSGSIZE;
	for (size_t i = 0; i < from->l; i++) {
		unsigned char c = (unsigned char)from->p[i];

		if (c <= 0x20 || c >= 0x7f)
			return -EBADMSG;
	}
	memcpy(ret_text, from->p, from->l);
	ret_text[from->l] = '\0';
	return 0;
}

static void keep(const char *from, const char *also, char *ret_text, size_t size)
{
	size_t at = 0;

	for (; from && *from && at < size - 1; from++)
		if (isalnum((unsigned char)*from) || strchr(also, *from))
			ret_text[at++] = *from;
	ret_text[at] = '\0';
}

void jf_sip_display_make(const char *from, char *ret_text, size_t size)
{
	keep(from, " .,+-_'()*#&/:", ret_text, size);
}

void jf_sip_user_make(const char *from, char *ret_text, size_t size)
{
	keep(from, "+*-_.!~'()", ret_text, size); /* '#' would need an escape */
	if (!ret_text[0])
		snprintf(ret_text, size, "anonymous");
}

void jf_sip_peer_make(const struct sa *sa, enum sip_transp transport, struct jf_sip_peer *ret_peer)
{
	memset(ret_peer, 0, sizeof(*ret_peer));
	ret_peer->transport = transport == SIP_TRANSP_TLS   ? JF_SIP_TLS
	                      : transport == SIP_TRANSP_TCP ? JF_SIP_TCP
	                                                    : JF_SIP_UDP;
	ret_peer->port = sa_port(sa);
	if (sa_af(sa) == AF_INET6) {
		ret_peer->family = 6;
		memcpy(ret_peer->ip, &sa->u.in6.sin6_addr, 16);
	} else {
		ret_peer->family = 4;
		memcpy(ret_peer->ip, &sa->u.in.sin_addr, 4);
	}
}

enum sip_transp jf_sip_transp(uint8_t transport)
{
	switch (transport) {
	case JF_SIP_TLS:
		return SIP_TRANSP_TLS;
	case JF_SIP_TCP:
		return SIP_TRANSP_TCP;
	default:
		return SIP_TRANSP_UDP;
	}
}

const char *jf_sip_transport_name(uint8_t transport)
{
	static const char *const names[] = {
	        [JF_SIP_UDP] = "udp", [JF_SIP_TCP] = "tcp", [JF_SIP_TLS] = "tls"};

	return transport < sizeof(names) / sizeof(*names) ? names[transport] : "?";
}

bool jf_sip_scheme_fits(const struct pl *scheme, enum sip_transp transport)
{
	return !pl_strcasecmp(scheme, "sip") ||
	       (transport == SIP_TRANSP_TLS && !pl_strcasecmp(scheme, "sips"));
}

void jf_sip_peer_sa(const struct jf_sip_peer *peer, struct sa *ret_sa)
{
	uint32_t ip;

	if (peer->family == 6) {
		sa_set_in6(ret_sa, peer->ip, peer->port);
		return;
	}
	memcpy(&ip, peer->ip, sizeof(ip));
	sa_set_in(ret_sa, ntohl(ip), peer->port);
}

const char *jf_sip_peer_text(const struct jf_sip_peer *peer, char ret_text[JF_SIP_PEER_TEXT])
{
	bool six = peer->family == 6;
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(six ? AF_INET6 : AF_INET, peer->ip, ip, sizeof(ip));
	snprintf(ret_text, JF_SIP_PEER_TEXT, six ? "%s:[%s]:%u" : "%s:%s:%u",
	         jf_sip_transport_name(peer->transport), ip, peer->port);
	return ret_text;
}

struct pl jf_sip_body(const struct sip_msg *msg)
{
	struct pl body = {.p = (const char *)mbuf_buf(msg->mb), .l = mbuf_get_left(msg->mb)};

	if (msg->clen.p && pl_u32(&msg->clen) < body.l)
		body.l = pl_u32(&msg->clen);
	return body;
}

bool jf_sip_is_sdp(const struct sip_msg *msg)
{
	return msg_ctype_cmp(&msg->ctyp, "application", "sdp") &&
	       !sip_msg_hdr(msg, SIP_HDR_CONTENT_ENCODING);
}
