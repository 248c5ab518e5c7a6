/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An endpoint as its worker sees it: two cache lines that packets touch, and a party with what
 * only commands, sounds and telephone-events need. What is measured of its packets is kept where
 * control reads it: in the endpoint's slot (jf_contract_slot.h), by the worker, in place.
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
#include "jf_law.h"

/* Bits of jf_endpoint.flags: what its packets need done. Those of features are set by commands. */
#define JF_ENDPOINT_REMOTE     0x0001u /* open, and the remote is known: packets may come */
#define JF_ENDPOINT_HEARD      0x0002u /* a valid packet of this remote has arrived */
#define JF_ENDPOINT_STATISTICS 0x0004u /* its own, or its listener's, which follow from them */
#define JF_ENDPOINT_ENERGY     0x0008u
#define JF_ENDPOINT_TAP        0x0010u
#define JF_ENDPOINT_PCMA       0x0020u /* what arrives is A-law, else mu-law */
#define JF_ENDPOINT_CLOCK      0x0040u /* its timestamps do not count at 8,000 a second */
#define JF_ENDPOINT_LEARN      0x0080u /* the next valid packet tells where the remote is */
#define JF_ENDPOINT_SRTP       0x0100u /* what arrives is SRTP, and so is what is sent back */
#define JF_ENDPOINT_SRTP_OUT   0x0200u /* the listener is sent SRTP */
#define JF_ENDPOINT_INBAND     0x0400u /* tones of keys are looked for */
#define JF_ENDPOINT_MASK       0x0800u /* nobody hears its keys */
#define JF_ENDPOINT_MIXED      0x1000u /* it is a source of mixes */
#define JF_ENDPOINT_TRANSCODE  0x2000u /* the listener has another codec */
#define JF_ENDPOINT_V6         0x4000u /* the remote is an IPv6 one */
#define JF_ENDPOINT_V6_OUT     0x8000u /* the listener is */

/* Of them, what decides how a packet is written to the wire. */
#define JF_ENDPOINT_OUT_HOW (JF_ENDPOINT_SRTP_OUT | JF_ENDPOINT_V6_OUT)

/* Any of them: more than the two lines of a plain relay is needed. */
#define JF_ENDPOINT_SERVICES (JF_ENDPOINT_STATISTICS | JF_ENDPOINT_ENERGY | JF_ENDPOINT_TAP)

/* jf_endpoint.verdict: an enum jf_drop, or this. */
#define JF_VERDICT_RELAY 0xffu

/*
 * Ethernet, IP and UDP toward a remote, all but the lengths and what is summed over them: 42 bytes
 * with IPv4 (no options), 62 with IPv6. The UDP payload begins where it ends.
 */
#define JF_HEADER_BYTES_V4 (14 + 20 + 8)
#define JF_HEADER_BYTES_V6 (14 + 40 + 8)

struct jf_header {
	uint8_t bytes[JF_HEADER_BYTES_V6];
	uint16_t sum; /* RFC 1071, folded: of the IPv4 header, or of the IPv6 pseudo-header with
	                 the ports; without the lengths */
};
static_assert(sizeof(struct jf_header) == 64, "one cache line");

struct jf_endpoint {
	/* Line 0: who may send here, and what becomes of it. */
	_Alignas(64) uint32_t remote_ip_be; /* from SDP; commands */
	uint16_t rtp_port_be;               /* 0: no remote; commands */
	uint16_t rtcp_port_be;              /* 0: no RTCP; commands */
	uint16_t flags;                     /* JF_ENDPOINT_; commands, HEARD and LEARN by verify */
	uint8_t rx_audio_type;              /* commands, as the rest of this group */
	uint8_t rx_event_type;
	uint8_t verdict;        /* why what arrives is not sent on, or JF_VERDICT_RELAY */
	uint8_t out_audio_type; /* what the listener calls it; the NONE value: it can't take it */
	uint8_t out_event_type;
	uint8_t out_port : 4;        /* index of the port that leads to the listener */
	uint8_t tap_side : 1;        /* enum jf_side */
	uint8_t tap_packets : 1;     /* the recording is one of packets (JF_RECORD_PACKETS) */
	uint32_t listener;           /* endpoint index, JF_CONTRACT_NONE: nobody */
	struct jf_recording_ref tap; /* where what arrives goes too; index JF_CONTRACT_NONE: none */
	struct jf_continuity
	        continuity; /* of the listener's stream, while it listens here; relay */

	/* Line 1: toward the listener; commands. */
	_Alignas(64) struct jf_header header;
};
static_assert(sizeof(struct jf_endpoint) == 2 * 64, "two cache lines");

static inline enum jf_law jf_endpoint_law(const struct jf_endpoint *endpoint)
{
	return endpoint->flags & JF_ENDPOINT_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU;
}

#endif
