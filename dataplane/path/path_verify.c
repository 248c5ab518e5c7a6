// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets to RTP ports, with their endpoints. Leaves: those that are RTP and come from the
 * endpoint's remote, with their headers parsed; from anywhere, if that is to be learned. Those that
 * should be SRTP are left unread, for path_unprotect.c.
 *
 * Strict: an unknown source is dropped, whatever it sends. Touches line 0 of the endpoint, with
 * IPv6 the party's first too; fetches what the services need for those who have them.
 */
#include <string.h>

#include "jf_path.h"
#include "path_accept_priv.h"
#include "path_priv.h"

static enum jf_drop why_refused(const struct jf_path *path, const struct jf_packet *packet)
{
	return path->parties[packet->index].open ? JF_DROP_SOURCE_MISMATCH : JF_DROP_NO_ENDPOINT;
}

void jf_path_verify(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[kept];
		struct jf_endpoint *endpoint;

		if (kept != i)
			*packet = burst->rtp[i];
		endpoint = packet->endpoint;
		if (unlikely(!(endpoint->flags & JF_ENDPOINT_REMOTE) ||
		             (!(endpoint->flags & JF_ENDPOINT_LEARN) &&
		              !jf_packet_is_from_remote(path, packet, endpoint->rtp_port_be)))) {
			jf_path_drop(path, packet->mbuf, packet->index, why_refused(path, packet));
			continue;
		}
		if (unlikely(endpoint->flags & JF_ENDPOINT_SRTP))
			burst->any_flags |= endpoint->flags; /* accepted when authentic */
		else if (unlikely(!jf_path_accept(path, burst, packet)))
			continue;
		kept++;
	}
	burst->n_rtp = kept;
}
