/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RTP packets (RFC 3550 section 5.1): what is in a header, whether it holds together, and making
 * one. The worker's inline functions are in jf_rtp_worker.h.
 */
#ifndef JF_RTP_H
#define JF_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_RTP_HEADER_SIZE 12u
#define JF_RTP_CLOCK_HZ    8000u /* of every payload served here: G.711 and its events */

/* What a packet says of itself; host order. Offsets are from its first byte. */
struct jf_rtp {
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t sequence;
	uint16_t payload_offset;
	uint16_t payload_length; /* without padding; may be 0 */
	uint8_t payload_type;    /* 0 .. 127 */
	bool marker;
};

/*
 * Checks version, CSRC list, header extension and padding against length (RFC 3550 sections 5.1,
 * 5.3.1 and A.1). 0, or -EINVAL: not RTP, cut off, over 65,535 bytes, or padding that is not there.
 */
int jf_rtp_parse(const uint8_t *packet, size_t length, struct jf_rtp *ret_rtp);

/* Writes a header without CSRC, extension and padding. payload_type 0 .. 127. */
static inline void jf_rtp_write_header(uint8_t ret_header[JF_RTP_HEADER_SIZE], uint8_t payload_type,
                                       bool marker, uint16_t sequence, uint32_t timestamp,
                                       uint32_t ssrc)
{
	const uint16_t sequence_be = __builtin_bswap16(sequence);
	const uint32_t rest_be[2] = {__builtin_bswap32(timestamp), __builtin_bswap32(ssrc)};

	ret_header[0] = 0x80;
	ret_header[1] = (uint8_t)(marker << 7 | payload_type);
	__builtin_memcpy(ret_header + 2, &sequence_be, 2);
	__builtin_memcpy(ret_header + 4, rest_be, 8);
}

/*
 * Monotonic time on the RTP clock: now_ns * 8000 / 10^9 modulo 2^32, by one multiplication; within
 * one unit of the exact value over all of uint64_t. Once a burst; every now_ts here means this.
 */
static inline uint32_t jf_rtp_ts_of_ns(uint64_t now_ns)
{
	/* 2^64 / 125,000, rounded up */
	return (uint32_t)((unsigned __int128)now_ns * UINT64_C(147573952589677) >> 64);
}

#endif
