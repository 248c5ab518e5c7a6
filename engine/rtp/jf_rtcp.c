// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtcp.h"

#include <errno.h>
#include <string.h>

#include "jf_reader.h"
#include "jf_time.h"

#define TYPE_SR     200u
#define TYPE_RR     201u
#define TYPE_SDES   202u
#define TYPE_BYE    203u
#define TYPE_APP    204u
#define TYPE_PSFB   206u /* RFC 4585 section 6.1 */
#define TYPE_XR     207u /* RFC 3611 */
#define FORMAT_PLI  1u   /* of a PSFB, where others have a count */
#define FORMAT_FIR  4u
#define VERSION     2u
#define PADDING_BIT 0x20u
#define COUNT_MASK  0x1fu
#define HEADER_SIZE 4u
#define SDES_CNAME  1u

#define NTP_OF_1970  UINT64_C(2208988800) /* seconds from 1900 to 1970 */
#define INTERVAL_US  UINT64_C(5000000)    /* section 6.2: the recommended minimum */
#define MIDDLE_HZ    65536u
#define PLAUSIBLE    (60 * MIDDLE_HZ) /* a round trip of over a minute is no round trip */
#define LOST_MAX     0x7fffff
#define LOST_MIN     (-0x800000)
#define FRACTION_MAX 255u

/* ---- Reading -------------------------------------------------------------------------------- */

/* One part of a compound packet. body lacks header and padding. */
struct part {
	struct jf_reader body;
	uint8_t count;
	uint8_t type;
};

/* The next part; first, and last by what is left behind it, decide about its padding (A.2). */
static int next_part(struct jf_reader *r, bool first, struct part *ret_part)
{
	uint8_t flags = jf_reader_u8(r);
	uint8_t type = jf_reader_u8(r);
	size_t length = 4u * (size_t)jf_reader_u16be(r);
	struct jf_reader body = jf_reader_sub(r, length);

	if (r->failed || flags >> 6 != VERSION)
		return -EINVAL;
	if (flags & PADDING_BIT) {
		/* section 6.4.1: only the last part, a multiple of four with the count itself */
		uint8_t padding = length ? body.end[-1] : 0;

		if (first || jf_reader_left(r) || !padding || padding % 4 || padding > length)
			return -EINVAL;
		body.end -= padding;
	}
	*ret_part = (struct part){.body = body, .count = flags & COUNT_MASK, .type = type};
	return 0;
}

/* Section 6.5: each chunk ends with a zero and at a multiple of four. */
static int check_sdes(struct jf_reader r, uint8_t count)
{
	for (uint8_t i = 0; i < count; i++) {
		const uint8_t *start = r.at;

		jf_reader_skip(&r, 4);
		while (jf_reader_u8(&r) != 0 && !r.failed)
			jf_reader_skip(&r, jf_reader_u8(&r));
		if (!r.failed)
			jf_reader_skip(&r, (size_t)(start - r.at) & 3);
	}
	return r.failed ? -EINVAL : 0;
}

/* Section 6.6: SSRCs, and a reason if something follows them. */
static int check_bye(struct jf_reader r, uint8_t count)
{
	jf_reader_skip(&r, 4u * count);
	if (!r.failed && jf_reader_left(&r))
		jf_reader_skip(&r, jf_reader_u8(&r));
	return r.failed ? -EINVAL : 0;
}

/* RFC 3611 section 3: blocks to the end. */
static int check_xr(struct jf_reader r)
{
	jf_reader_skip(&r, 4);
	while (!r.failed && jf_reader_left(&r)) {
		jf_reader_skip(&r, 2);
		jf_reader_skip(&r, 4u * (size_t)jf_reader_u16be(&r));
	}
	return r.failed ? -EINVAL : 0;
}

static struct jf_rtcp_block read_block(struct jf_reader *r)
{
	struct jf_rtcp_block block = {.ssrc = jf_reader_u32be(r)};
	uint32_t loss = jf_reader_u32be(r);

	block.fraction = (uint8_t)(loss >> 24);
	block.lost = (int32_t)(loss << 8) >> 8; /* of 24 bits, signed */
	block.highest = jf_reader_u32be(r);
	block.jitter_ts = jf_reader_u32be(r);
	block.last_sr_middle = jf_reader_u32be(r);
	block.since_sr_middle = jf_reader_u32be(r);
	return block;
}

static int read_report(struct part *part, uint32_t ssrc, struct jf_rtcp *rtcp)
{
	struct jf_reader *r = &part->body;

	rtcp->ssrc = jf_reader_u32be(r);
	if (part->type == TYPE_SR) {
		rtcp->has_sender = true;
		rtcp->sender.ntp = (uint64_t)jf_reader_u32be(r) << 32;
		rtcp->sender.ntp |= jf_reader_u32be(r);
		rtcp->sender.timestamp = jf_reader_u32be(r);
		rtcp->sender.packets = jf_reader_u32be(r);
		rtcp->sender.octets = jf_reader_u32be(r);
	}
	for (uint8_t i = 0; i < part->count; i++) {
		struct jf_rtcp_block block = read_block(r);

		if (block.ssrc == ssrc && !rtcp->has_block) {
			rtcp->has_block = true;
			rtcp->block = block;
		}
	}
	return r->failed ? -EINVAL : 0;
}

/* RFC 4585 section 6.1: who asks, and of which stream; an FIR tells the streams in entries. */
static int read_feedback(struct jf_reader r, uint8_t format, uint32_t ssrc, struct jf_rtcp *rtcp)
{
	uint32_t of;

	jf_reader_skip(&r, 4);
	of = jf_reader_u32be(&r);
	if (r.failed)
		return -EINVAL;
	if (format == FORMAT_PLI && of == ssrc)
		rtcp->wants_keyframe = true;
	while (format == FORMAT_FIR && jf_reader_left(&r)) {
		of = jf_reader_u32be(&r);
		jf_reader_skip(&r, 4);
		if (r.failed)
			return -EINVAL;
		rtcp->wants_keyframe |= of == ssrc;
	}
	return 0;
}

static int read_part(struct part *part, uint32_t ssrc, struct jf_rtcp *rtcp)
{
	switch (part->type) {
	case TYPE_SR:
	case TYPE_RR:
		return read_report(part, ssrc, rtcp);
	case TYPE_SDES:
		return check_sdes(part->body, part->count);
	case TYPE_BYE:
		return check_bye(part->body, part->count);
	case TYPE_APP: /* section 6.7: SSRC and name */
		return jf_reader_left(&part->body) < 8 ? -EINVAL : 0;
	case TYPE_PSFB:
		return read_feedback(part->body, part->count, ssrc, rtcp);
	case TYPE_XR:
		return check_xr(part->body);
	default: /* section 6.1: others are to be ignored */
		return 0;
	}
}

int jf_rtcp_read(const uint8_t *packet, size_t length, uint32_t ssrc, struct jf_rtcp *ret_rtcp)
{
	struct jf_reader r = jf_reader_make(packet, length);
	struct jf_rtcp rtcp = {0};
	bool first = true, report = false;

	do {
		struct part part;

		if (next_part(&r, first, &part) || read_part(&part, ssrc, &rtcp))
			return -EINVAL;
		if (first)
			report = part.type == TYPE_SR || part.type == TYPE_RR;
		first = false;
	} while (jf_reader_left(&r));
	if (!report && !rtcp.wants_keyframe)
		return -ENOMSG;
	*ret_rtcp = rtcp;
	return 0;
}

bool jf_rtcp_round_trip_us(const struct jf_rtcp_block *block, uint32_t now_middle, uint32_t *ret_us)
{
	uint32_t trip = now_middle - block->last_sr_middle - block->since_sr_middle;

	if (block->last_sr_middle == 0)
		return false;
	/* A party that rounds its DLSR up makes a short way shorter than nothing. */
	if (0 - trip < MIDDLE_HZ / 100)
		trip = 0;
	if (trip > PLAUSIBLE)
		return false;
	*ret_us = (uint32_t)((uint64_t)trip * 1000000 / MIDDLE_HZ);
	return true;
}

/* ---- Writing -------------------------------------------------------------------------------- */

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

static uint8_t *put_sender(uint8_t *at, const struct jf_rtcp_sender *sender)
{
	at = put32(at, (uint32_t)(sender->ntp >> 32));
	at = put32(at, (uint32_t)sender->ntp);
	at = put32(at, sender->timestamp);
	at = put32(at, sender->packets);
	return put32(at, sender->octets);
}

static uint8_t *put_block(uint8_t *at, const struct jf_rtcp_block *block)
{
	int32_t lost = block->lost > LOST_MAX ? LOST_MAX : block->lost;

	if (lost < LOST_MIN)
		lost = LOST_MIN;
	at = put32(at, block->ssrc);
	at = put32(at, (uint32_t)block->fraction << 24 | ((uint32_t)lost & 0xffffff));
	at = put32(at, block->highest);
	at = put32(at, block->jitter_ts);
	at = put32(at, block->last_sr_middle);
	return put32(at, block->since_sr_middle);
}

/* One chunk; its end is a zero, then zeros to a multiple of four (section 6.5). */
static uint8_t *put_sdes(uint8_t *out, const struct jf_rtcp_report *report)
{
	uint8_t *at = put32(out + HEADER_SIZE, report->ssrc);

	*at++ = SDES_CNAME;
	*at++ = JF_RTCP_CNAME_LENGTH;
	memcpy(at, report->cname, JF_RTCP_CNAME_LENGTH);
	at = put16(at + JF_RTCP_CNAME_LENGTH, 0);
	put_header(out, 1, TYPE_SDES, at);
	return at;
}

static uint8_t *put_keyframe(uint8_t *out, const struct jf_rtcp_report *report)
{
	bool fir = report->keyframe == JF_RTCP_KEYFRAME_FIR;
	uint8_t *at = put32(out + HEADER_SIZE, report->ssrc);

	if (report->keyframe == JF_RTCP_KEYFRAME_NONE)
		return out;
	at = put32(at, fir ? 0 : report->keyframe_ssrc);
	if (fir) {
		at = put32(at, report->keyframe_ssrc);
		at = put32(at, (uint32_t)report->keyframe_number << 24);
	}
	put_header(out, fir ? FORMAT_FIR : FORMAT_PLI, TYPE_PSFB, at);
	return at;
}

size_t jf_rtcp_write(const struct jf_rtcp_report *report, uint8_t *ret_packet)
{
	uint8_t *at = put32(ret_packet + HEADER_SIZE, report->ssrc);

	if (report->sender)
		at = put_sender(at, report->sender);
	if (report->block)
		at = put_block(at, report->block);
	put_header(ret_packet, report->block ? 1 : 0, report->sender ? TYPE_SR : TYPE_RR, at);
	return (size_t)(put_keyframe(put_sdes(at, report), report) - ret_packet);
}

void jf_rtcp_cname(uint64_t high, uint64_t low, char *ret_cname)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < JF_RTCP_CNAME_LENGTH; i++) {
		ret_cname[i] = digits[low & 63];
		low = low >> 6 | high << 58;
		high >>= 6;
	}
}

uint8_t jf_rtcp_fraction(uint32_t expected, int32_t lost)
{
	uint64_t fraction;

	if (expected == 0 || lost <= 0)
		return 0;
	fraction = ((uint64_t)lost << 8) / expected;
	return (uint8_t)(fraction < FRACTION_MAX ? fraction : FRACTION_MAX);
}

uint64_t jf_rtcp_interval_ns(uint32_t random, bool first)
{
	uint64_t mean_us = first ? INTERVAL_US / 2 : INTERVAL_US;

	return (mean_us / 2 + (mean_us * random >> 32)) * JF_NS_PER_US;
}

/* ---- Time ----------------------------------------------------------------------------------- */

uint64_t jf_rtcp_ntp(uint64_t utc_ns)
{
	uint64_t seconds = utc_ns / JF_NS_PER_S;

	return (seconds + NTP_OF_1970) << 32 | ((utc_ns % JF_NS_PER_S) << 32) / JF_NS_PER_S;
}
