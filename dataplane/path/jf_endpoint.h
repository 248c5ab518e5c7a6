/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An endpoint as its worker sees it: three cache lines that packets touch, and a party with what
 * only commands, sounds and telephone-events need.
 *
 * The layout follows the packet: whatever is needed to send a packet on is kept with the endpoint
 * at which it *arrives*. So a relayed packet touches lines 0 and 1 of one endpoint and nothing of
 * its listener. The price is paid by commands, which copy the listener's header and continuity
 * into its source when they join the two (path_switch.c). All endpoints of a call belong to one
 * worker, so that needs no lock.
 *
 * Writers: every field is written by the worker that owns the endpoint, on its own core, and by
 * nobody else. Beside each group stands which code of the worker it is.
 */
#ifndef JF_ENDPOINT_H
#define JF_ENDPOINT_H

#include <assert.h>
#include <stdint.h>

#include "jf_continuity.h"
#include "jf_contract.h"
#include "jf_rx_stats.h"

/* Ethernet, IPv4 without options, UDP. */
#define JF_HEADER_BYTES (14 + 20 + 8)

/* Bits of jf_endpoint.flags. */
#define JF_ENDPOINT_REMOTE     1u /* open, and the remote is known: packets may come */
#define JF_ENDPOINT_HEARD      2u /* a valid packet of this generation has arrived */
#define JF_ENDPOINT_STATISTICS 4u
#define JF_ENDPOINT_ENERGY     8u
#define JF_ENDPOINT_TAP        16u
#define JF_ENDPOINT_PCMA       32u /* what arrives is A-law, else mu-law */
#define JF_ENDPOINT_OUT        64u /* the listener's slot counts what is sent */

/* Any of them: more than the two lines of a plain relay is needed. */
#define JF_ENDPOINT_SERVICES                                                                       \
	(JF_ENDPOINT_STATISTICS | JF_ENDPOINT_ENERGY | JF_ENDPOINT_TAP | JF_ENDPOINT_OUT)

/* jf_endpoint.verdict: an enum jf_drop, or this. */
#define JF_VERDICT_RELAY 0xffu

struct jf_endpoint {
	/* Line 0: who may send here, and what becomes of it. */
	_Alignas(64) uint32_t remote_ip_be; /* from SDP; commands */
	uint16_t rtp_port_be;               /* 0: no remote; commands */
	uint16_t rtcp_port_be;              /* 0: no RTCP; commands */
	uint8_t flags;                      /* JF_ENDPOINT_; commands, and HEARD by verify */
	uint8_t rx_audio_type;              /* commands, as the rest of this group */
	uint8_t rx_event_type;
	uint8_t verdict;        /* why what arrives is not sent on, or JF_VERDICT_RELAY */
	uint8_t out_audio_type; /* what the listener calls it; the NONE value: it can't take it */
	uint8_t out_event_type;
	uint8_t out_port; /* index of the port that leads to the listener */
	uint8_t pad0;
	uint32_t listener; /* endpoint index, JF_CONTRACT_NONE: nobody */
	uint32_t generation;
	struct jf_continuity
	        continuity; /* of the listener's stream, while it listens here; relay */

	/* Line 1: the header toward the listener, checksummed but for the lengths; commands. */
	_Alignas(64) uint8_t header[JF_HEADER_BYTES];
	uint16_t pad1;
	uint32_t header_sum; /* RFC 1071 sum of the IPv4 header without length, not folded */

	/* Line 2: receive statistics; measure. */
	_Alignas(64) struct jf_rx_stats stats;
};
static_assert(sizeof(struct jf_endpoint) == 3 * 64, "three cache lines");

static inline enum jf_law jf_endpoint_law(const struct jf_endpoint *endpoint)
{
	return endpoint->flags & JF_ENDPOINT_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU;
}

#endif
