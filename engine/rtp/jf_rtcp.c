// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtcp.h"

#include <errno.h>
#include <stdbool.h>

#include "jf_reader.h"

#define TYPE_SR       200u
#define TYPE_RR       201u
#define TYPE_SDES     202u
#define VERSION       2u
#define PADDING_BIT   0x20u
#define COUNT_MASK    0x1fu
#define HEADER_SIZE   4u
#define BLOCK_SIZE    24u
#define SENDER_SIZE   20u /* NTP time, RTP time, two counts */
#define SDES_CNAME    1u
#define CNAME_LENGTH  8u
#define SDES_OUT_SIZE 20u /* header, SSRC, item of 2 + 8, end and padding to 32 bits */

/* One part of a compound packet. body lacks header and padding. */
struct part {
	struct jf_reader body;
	size_t size;
	uint8_t count;
	uint8_t type;
};

/*
 * The next part. first, and last by what is left behind it, decide what appendix A.2 demands. The
 * body is checked against count for the types that are looked into.
 */
static int next_part(struct jf_reader *r, bool first, struct part *ret_part)
{
	uint8_t flags = jf_reader_u8(r);
	uint8_t type = jf_reader_u8(r);
	size_t length = 4u * (size_t)jf_reader_u16be(r);
	struct jf_reader body = jf_reader_sub(r, length);
	uint8_t count = flags & COUNT_MASK;
	size_t need = 0;

	if (r->failed || flags >> 6 != VERSION)
		return -EINVAL;
	if (first && (flags & PADDING_BIT || (type != TYPE_SR && type != TYPE_RR)))
		return -EINVAL;
	if (flags & PADDING_BIT) {
		/* section 6.4.1: only the last part, a multiple of four with the count itself */
		uint8_t padding = length ? body.end[-1] : 0;

		if (jf_reader_left(r) || !padding || padding % 4 || padding > length)
			return -EINVAL;
		body.end -= padding;
	}
	if (type == TYPE_SR)
		need = 4 + SENDER_SIZE + count * (size_t)BLOCK_SIZE;
	else if (type == TYPE_RR)
		need = 4 + count * (size_t)BLOCK_SIZE;
	if (jf_reader_left(&body) < need)
		return -EINVAL;
	*ret_part = (struct part){
	        .body = body, .size = HEADER_SIZE + length, .count = count, .type = type};
	return 0;
}

/* Whether every chunk is complete (section 6.5); names any that has a CNAME that ours fits over. */
static int check_sdes(const struct part *part, bool *ret_room)
{
	struct jf_reader r = part->body;

	for (uint8_t i = 0; i < part->count; i++) {
		const uint8_t *start = r.at;
		uint8_t type;

		jf_reader_skip(&r, 4);
		while ((type = jf_reader_u8(&r)) != 0 && !r.failed)
			jf_reader_skip(&r, jf_reader_u8(&r));
		if (!r.failed)
			jf_reader_skip(&r, (size_t)(start - r.at) & 3);
		if (r.failed)
			return -EINVAL;
	}
	*ret_room = part->count && part->size >= SDES_OUT_SIZE;
	return 0;
}

int jf_rtcp_check(const uint8_t *packet, size_t length)
{
	struct jf_reader r = jf_reader_make(packet, length);
	bool first = true, room;
	struct part part;

	do {
		if (next_part(&r, first, &part))
			return -EINVAL;
		if (part.type == TYPE_SDES && check_sdes(&part, &room))
			return -EINVAL;
		first = false;
	} while (jf_reader_left(&r));
	return 0;
}

static uint8_t *put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	return put16(put16(at, (uint16_t)(v >> 16)), (uint16_t)v);
}

static void put_header(uint8_t *at, uint8_t count, uint8_t type, const uint8_t *end)
{
	at[0] = (uint8_t)(VERSION << 6 | count);
	at[1] = type;
	put16(at + 2, (uint16_t)((end - at) / 4 - 1));
}

/*
 * Reads one report block and writes it mapped at out, unless it is about something else. LSR and
 * DLSR stay: the SR they speak of passed with its NTP time as it was.
 */
static uint8_t *relay_block(struct jf_reader *r, uint8_t *out, const struct jf_continuity *reverse)
{
	uint32_t ssrc = jf_reader_u32be(r);
	uint32_t loss = jf_reader_u32be(r);
	uint32_t highest = jf_reader_u32be(r);
	uint32_t jitter = jf_reader_u32be(r);
	uint32_t lsr = jf_reader_u32be(r);
	uint32_t dlsr = jf_reader_u32be(r);

	if (!reverse || ssrc != reverse->ssrc_out ||
	    !jf_continuity_unmap_sequence(reverse, highest, &highest))
		return out;
	out = put32(out, reverse->ssrc_in);
	out = put32(out, loss);
	out = put32(out, highest);
	out = put32(out, jitter);
	out = put32(out, lsr);
	return put32(out, dlsr);
}

/* Writes an SR or RR over itself or over what was before it. */
static uint8_t *relay_report(struct part *part, uint8_t *out, const struct jf_continuity *forward,
                             const struct jf_continuity *reverse)
{
	struct jf_reader *r = &part->body;
	uint8_t *at = out + HEADER_SIZE, *blocks;
	uint8_t type = TYPE_RR;
	uint32_t ssrc = jf_reader_u32be(r);

	at = put32(at, forward->ssrc_out);
	if (part->type == TYPE_SR) {
		uint32_t ntp_high = jf_reader_u32be(r);
		uint32_t ntp_low = jf_reader_u32be(r);
		uint32_t timestamp = jf_reader_u32be(r);
		uint32_t packets = jf_reader_u32be(r);
		uint32_t octets = jf_reader_u32be(r);

		if (ssrc == forward->ssrc_in) {
			type = TYPE_SR;
			at = put32(at, ntp_high);
			at = put32(at, ntp_low);
			at = put32(at, timestamp + forward->ts_offset);
			at = put32(at, packets);
			at = put32(at, octets);
		}
	}
	blocks = at;
	for (uint8_t i = 0; i < part->count; i++)
		at = relay_block(r, at, reverse);
	put_header(out, (uint8_t)((at - blocks) / BLOCK_SIZE), type, at);
	return at;
}

/* A CNAME that is the same as long as the listener's stream lives (RFC 7022 section 4.1). */
static uint8_t *put_sdes(uint8_t *out, uint32_t ssrc)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = put32(out + HEADER_SIZE, ssrc);

	*at++ = SDES_CNAME;
	*at++ = CNAME_LENGTH;
	for (int shift = 28; shift >= 0; shift -= 4)
		*at++ = (uint8_t)digits[ssrc >> shift & 15];
	at = put16(at, 0);
	put_header(out, 1, TYPE_SDES, at);
	return at;
}

int jf_rtcp_relay(uint8_t *packet, size_t length, const struct jf_continuity *forward,
                  const struct jf_continuity *reverse, size_t *ret_length)
{
	struct jf_reader r = jf_reader_make(packet, length);
	bool first = true, described = false;
	uint8_t *out = packet;

	if (length > UINT16_MAX || jf_rtcp_check(packet, length))
		return -EINVAL;
	if (forward->state != JF_CONTINUITY_FLOWING)
		return -ENOENT;
	/* out never overtakes r: each part is read to its end before it is written, and not longer
	 */
	while (jf_reader_left(&r)) {
		struct part part;
		bool room;

		if (next_part(&r, first, &part))
			return -EINVAL;
		first = false;
		if (part.type == TYPE_SR || part.type == TYPE_RR) {
			out = relay_report(&part, out, forward, reverse);
		} else if (part.type == TYPE_SDES && !described && !check_sdes(&part, &room) &&
		           room) {
			out = put_sdes(out, forward->ssrc_out);
			described = true;
		}
	}
	*ret_length = (size_t)(out - packet);
	return 0;
}
