// SPDX-License-Identifier: BSD-3-Clause
#include "jf_capture_priv.h"

#include <string.h>

/* Section numbers are the draft's. Numbers are little endian, as the byte-order magic says. */
#define BLOCK_SECTION     0x0a0d0d0au /* 4.1 */
#define BLOCK_INTERFACE   1u          /* 4.2 */
#define BLOCK_STATISTICS  5u          /* 4.5 */
#define BLOCK_PACKET      6u          /* 4.3 */
#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define LINKTYPE_RAW      101u /* begins with an IPv4 or IPv6 header */
#define OPTION_END        0u
#define OPTION_NAME       2u /* if_name */
#define OPTION_RESOLUTION 9u /* if_tsresol */
#define OPTION_DROPPED    5u /* isb_ifdrop */

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define UDP_HEADER  8u

static uint8_t *put16(uint8_t *at, uint16_t v)
{
	memcpy(at, &v, sizeof(v));
	return at + sizeof(v);
}

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	memcpy(at, &v, sizeof(v));
	return at + sizeof(v);
}

static uint8_t *put16be(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return at + 2;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	memset(at + length, 0, -length & 3u);
	return at + ((length + 3) & ~(size_t)3);
}

static uint8_t *put_option(uint8_t *at, uint16_t code, const void *value, uint16_t length)
{
	at = put16(at, code);
	at = put16(at, length);
	return put_bytes(at, value, length);
}

static uint8_t *put_time(uint8_t *at, uint64_t at_ns)
{
	at = put32(at, (uint32_t)(at_ns >> 32));
	return put32(at, (uint32_t)at_ns);
}

/* Closes a block: its length stands at both ends. */
static uint8_t *close_block(uint8_t *begin, uint8_t *at)
{
	uint32_t length = (uint32_t)(at - begin) + 4;

	put32(begin + 4, length);
	return put32(at, length);
}

size_t jf_capture_head(uint8_t ret_head[JF_CAPTURE_HEAD_MAX])
{
	static const char *const names[] = {"caller", "agent"};
	uint8_t *begin = ret_head, *at;

	at = put32(begin, BLOCK_SECTION) + 4;
	at = put32(at, BYTE_ORDER_MAGIC);
	at = put16(at, 1);
	at = put16(at, 0);
	at = put32(at, UINT32_MAX); /* the section's length is not known */
	at = put32(at, UINT32_MAX);
	at = close_block(begin, at);
	for (int side = 0; side < 2; side++) {
		begin = at;
		at = put32(begin, BLOCK_INTERFACE) + 4;
		at = put16(at, LINKTYPE_RAW);
		at = put16(at, 0);
		at = put32(at, 0); /* no limit to a packet's length */
		at = put_option(at, OPTION_NAME, names[side], (uint16_t)strlen(names[side]));
		at = put_option(at, OPTION_RESOLUTION, "\x09", 1); /* nanoseconds */
		at = put_option(at, OPTION_END, "", 0);
		at = close_block(begin, at);
	}
	return (size_t)(at - ret_head);
}

/* RFC 1071, over an even number of bytes, not folded. */
static uint64_t sum_of(const uint8_t *at, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	if (length & 1)
		sum += (uint32_t)at[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *put_udp(uint8_t *at, const struct jf_capture_packet *p)
{
	at = put16be(at, p->flow->remote_port);
	at = put16be(at, p->flow->local_port);
	at = put16be(at, (uint16_t)(UDP_HEADER + p->length));
	return put16be(at, 0);
}

static uint8_t *put_ipv4(uint8_t *at, const struct jf_capture_packet *p)
{
	static const uint8_t head[12] = {0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0};
	uint8_t *ip = at;

	memcpy(ip, head, sizeof(head));
	put16be(ip + 2, (uint16_t)(IPV4_HEADER + UDP_HEADER + p->length));
	memcpy(ip + 12, p->flow->remote, 4);
	memcpy(ip + 16, p->flow->local, 4);
	put16be(ip + 10, fold(sum_of(ip, IPV4_HEADER)));
	return put_udp(ip + IPV4_HEADER, p); /* no checksum: allowed over IPv4 */
}

static uint8_t *put_ipv6(uint8_t *at, const struct jf_capture_packet *p)
{
	static const uint8_t head[8] = {0x60, 0, 0, 0, 0, 0, 17, 64};
	uint16_t length = (uint16_t)(UDP_HEADER + p->length);
	uint8_t *ip = at, *udp = ip + IPV6_HEADER;
	uint16_t sum;

	memcpy(ip, head, sizeof(head));
	put16be(ip + 4, length);
	memcpy(ip + 8, p->flow->remote, 16);
	memcpy(ip + 24, p->flow->local, 16);
	at = put_udp(udp, p);
	sum = fold(sum_of(ip + 8, 32) + length + 17 + sum_of(udp, UDP_HEADER) +
	           sum_of(p->rtp, p->length));
	put16be(udp + 6, sum ? sum : 0xffff);
	return at;
}

size_t jf_capture_packet(const struct jf_capture_packet *p, uint8_t *ret_bytes)
{
	const uint32_t ip = p->flow->family == 6 ? IPV6_HEADER : IPV4_HEADER;
	const uint32_t length = ip + UDP_HEADER + p->length;
	uint8_t *at = put32(ret_bytes, BLOCK_PACKET) + 4;
	uint8_t *data;

	at = put32(at, p->side); /* the interface */
	at = put_time(at, p->at_ns);
	at = put32(at, length);
	at = put32(at, length);
	data = at;
	at = p->flow->family == 6 ? put_ipv6(at, p) : put_ipv4(at, p);
	memcpy(at, p->rtp, p->length);
	memset(at + p->length, 0, -length & 3u);
	return (size_t)(close_block(ret_bytes, data + ((length + 3) & ~3u)) - ret_bytes);
}

void jf_capture_loss(uint8_t side, uint64_t at_ns, uint64_t lost,
                     uint8_t ret_bytes[JF_CAPTURE_LOSS_SIZE])
{
	uint8_t *at = put32(ret_bytes, BLOCK_STATISTICS) + 4;

	at = put32(at, side);
	at = put_time(at, at_ns);
	at = put_option(at, OPTION_DROPPED, &lost, sizeof(lost));
	at = put_option(at, OPTION_END, "", 0);
	close_block(ret_bytes, at);
}
