/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where things are in a frame of a media port: Ethernet, then IPv4 without options or IPv6 without
 * extension headers, then UDP.
 */
#ifndef PATH_PRIV_H
#define PATH_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "jf_contract.h"
#include "jf_continuity.h"
#include "jf_endpoint.h"
#include "jf_path.h"

#define ETHERTYPE_AT   12
#define IP_AT          14
#define IP_TOTAL_AT    16
#define IP_FRAGMENT_AT 20
#define IP_SUM_AT      24
#define IP_SOURCE_AT   26
#define IP_TARGET_AT   30
#define UDP_AT         34
#define UDP_TARGET_AT  36
#define UDP_LENGTH_AT  38

#define IP6_LENGTH_AT  18
#define IP6_NEXT_AT    20
#define IP6_SOURCE_AT  22
#define IP6_TARGET_AT  38
#define UDP6_AT        54
#define UDP6_TARGET_AT 56
#define UDP6_LENGTH_AT 58
#define UDP6_SUM_AT    60

/* Unaligned loads, in network order as they stand. */
static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint16_t load16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Whether the packet came from the endpoint's remote, and there from that port. */
static inline bool jf_packet_is_from_remote(const struct jf_path *path,
                                            const struct jf_packet *packet, uint16_t port_be)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	const uint8_t *source, *remote;

	if (load16(packet->udp - 8) != port_be)
		return false;
	if (likely(!(endpoint->flags & JF_ENDPOINT_V6)))
		return load32(packet->udp - JF_HEADER_BYTES_V4 + IP_SOURCE_AT) ==
		       endpoint->remote_ip_be;
	source = packet->udp - JF_HEADER_BYTES_V6 + IP6_SOURCE_AT;
	remote = path->parties[packet->index].header.bytes + IP6_TARGET_AT;
	return load64(source) == load64(remote) && load64(source + 8) == load64(remote + 8);
}

/*
 * The RTP header's own fields. The first byte stays: CSRCs, extension and padding go on as they
 * came, and so does the payload's place.
 */
static inline void jf_rtp_number(uint8_t *rtp, uint8_t payload_type, bool marker,
                                 const struct jf_rtp_out *out)
{
	uint16_t sequence_be = __builtin_bswap16(out->sequence);
	uint32_t timestamp_be = __builtin_bswap32(out->timestamp);
	uint32_t ssrc_be = __builtin_bswap32(out->ssrc);

	rtp[1] = (uint8_t)(marker << 7 | payload_type);
	memcpy(rtp + 2, &sequence_be, 2);
	memcpy(rtp + 4, &timestamp_be, 4);
	memcpy(rtp + 8, &ssrc_be, 4);
}

/* One packet that the engine made has been sent to the slot's party. */
static inline void jf_slot_sent(struct jf_slot *slot, uint16_t payload_length, bool played)
{
	struct jf_slot_tx_kept *tx = &slot->tx;

	jf_seq_write_begin(&tx->seq);
	tx->packets++;
	tx->octets += payload_length;
	tx->played += played;
	jf_seq_write_end(&tx->seq);
}

/*
 * Sends our report to the party, with a request to it or without. false: it can't be sent now.
 * path_round.c.
 */
bool jf_path_report(struct jf_path *path, uint32_t index, enum jf_rtcp_keyframe keyframe);

/* Asks for the pictures that are wanted, as far as it is time; path_keyframe.c. */
void jf_path_keyframes_serve(struct jf_path *path);

#endif
