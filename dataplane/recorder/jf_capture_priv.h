/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets as they came, for recordings that can't be decoded: a pcapng file (IETF
 * draft-ietf-opsawg-pcapng) that Wireshark opens and plays. Two interfaces, "caller" and "agent",
 * say from whom a packet came; the IP and UDP headers are made from the addresses of the call's
 * parties, the RTP is untouched. Interface statistics tell how many packets were lost on the way to
 * the file; the last ones count. Pure.
 */
#ifndef JF_CAPTURE_PRIV_H
#define JF_CAPTURE_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "jf_tap.h"

#define JF_CAPTURE_HEAD_MAX  256u /* of a file */
#define JF_CAPTURE_LOSS_SIZE 40u  /* of statistics for one side */
#define JF_CAPTURE_OVERHEAD  96u  /* of a packet: its block, IP and UDP headers, padding */

/* The beginning of a file; gives its size. */
size_t jf_capture_head(uint8_t ret_head[JF_CAPTURE_HEAD_MAX]);

struct jf_capture_packet {
	uint8_t side;
	uint16_t length;
	uint64_t at_ns;                 /* wall time */
	const uint8_t *rtp;             /* length bytes */
	const struct jf_tap_flow *flow; /* family 0: not known */
};

/* One packet, at most length + JF_CAPTURE_OVERHEAD bytes; gives the size. */
size_t jf_capture_packet(const struct jf_capture_packet *packet, uint8_t *ret_bytes);

/* How many packets of a side were lost until then; JF_CAPTURE_LOSS_SIZE bytes. */
void jf_capture_loss(uint8_t side, uint64_t at_ns, uint64_t lost,
                     uint8_t ret_bytes[JF_CAPTURE_LOSS_SIZE]);

#endif
