/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jf_path_send_rtp: the one way out for whatever the engine sends to parties. Writes the header
 * before the packet, after SRTP if the listener has it. Inline, because a relayed packet pays.
 */
#ifndef PATH_SEND_PRIV_H
#define PATH_SEND_PRIV_H

#include "jf_path.h"
#include "path_priv.h"

/* The header of 62 bytes before out->udp, ports, and UDP's checksum, which IPv6 demands. */
void jf_frame_write_v6(const struct jf_outgoing *out);

/* In a header for RTP: from the port above ours, to out->rtcp_port_be. */
void jf_frame_readdress_rtcp(const struct jf_outgoing *out);

/*
 * The header of 42 bytes before out->udp. Its sum lacks the length, so only that is added. The UDP
 * checksum is 0 (RFC 768: none was made): the payload goes out as it came, covered by the link's
 * own check on each hop, and with a sum a receiver could not tell our mistake from none either.
 * IPv4 ID is 0 with DF set (RFC 6864: atomic datagrams).
 */
static inline void jf_frame_write_v4(const struct jf_outgoing *out)
{
	uint8_t *frame = out->udp - JF_HEADER_BYTES_V4;
	uint16_t total_be = __builtin_bswap16((uint16_t)(20 + 8 + out->length));
	uint16_t udp_be = __builtin_bswap16((uint16_t)(8 + out->length));
	uint32_t sum = (uint32_t)out->header->sum + total_be;
	uint16_t folded;

	sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)~sum;
	memcpy(frame, out->header->bytes, JF_HEADER_BYTES_V4);
	memcpy(frame + IP_TOTAL_AT, &total_be, 2);
	memcpy(frame + IP_SUM_AT, &folded, 2);
	memcpy(frame + UDP_LENGTH_AT, &udp_be, 2);
}

/* What is on its way out and needs no SRTP, or has it. */
static inline void jf_path_send_framed(struct jf_path *path, const struct jf_outgoing *out)
{
	struct rte_mbuf *mbuf = out->mbuf;
	uint16_t header = JF_HEADER_BYTES_V4;

	if (likely(!(out->how & JF_ENDPOINT_V6_OUT))) {
		jf_frame_write_v4(out);
		if (unlikely(out->rtcp_port_be))
			jf_frame_readdress_rtcp(out);
	} else {
		header = JF_HEADER_BYTES_V6;
		jf_frame_write_v6(out);
	}
	mbuf->data_off = (uint16_t)(out->udp - header - (uint8_t *)mbuf->buf_addr);
	mbuf->data_len = header + out->length;
	mbuf->pkt_len = header + out->length;
	jf_path_send(path, out->port, mbuf);
}

/* RTP or RTCP, ready but for that. */
static inline void jf_path_send_rtp(struct jf_path *path, const struct jf_outgoing *out)
{
	if (likely(!(out->how & JF_ENDPOINT_SRTP_OUT))) {
		jf_path_send_framed(path, out);
		return;
	}
	if (unlikely(path->n_protect == JF_OUT_MAX))
		jf_path_protect(path);
	path->protect[path->n_protect++] = *out;
}

#endif
