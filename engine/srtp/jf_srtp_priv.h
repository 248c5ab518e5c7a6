/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of engine/srtp share: the table of a backend, indexes and replay windows. */
#ifndef JF_SRTP_PRIV_H
#define JF_SRTP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "jf_srtp.h"

#define RTP_HEADER_SIZE  12u
#define RTCP_HEADER_SIZE 8u
#define AUTH_KEY_SIZE    20u /* of HMAC-SHA1, RFC 3711 section 8.2 */
#define KEY_SIZE_MAX     32u
#define SRTCP_WORD_SIZE  4u
#define SRTCP_ENCRYPTED  UINT32_C(0x80000000)
#define WINDOW_BITS      128u
#define INDEX_MAX        ((UINT64_C(1) << 48) - 1)
#define RTCP_INDEX_MAX   UINT32_C(0x7fffffff)

/* jf_srtp.h, function by function, of one backend; suite and lengths are checked before. */
struct jf_srtp_ops {
	int (*open)(struct jf_srtp *srtp, enum jf_srtp_direction direction,
	            enum jf_srtp_suite suite, const uint8_t *key, uint32_t *ret_stream);
	int (*rekey)(struct jf_srtp *srtp, uint32_t stream, enum jf_srtp_suite suite,
	             const uint8_t *key, uint64_t now_ns);
	bool (*position_get)(const struct jf_srtp *srtp, uint32_t stream,
	                     struct jf_srtp_position *ret_position);
	int (*position_set)(struct jf_srtp *srtp, uint32_t stream,
	                    const struct jf_srtp_position *position);
	void (*close)(struct jf_srtp *srtp, uint32_t stream);
	void (*age)(struct jf_srtp *srtp, uint64_t now_ns);
	void (*unprotect)(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);
	void (*protect)(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);
	enum jf_srtp_verdict (*unprotect_rtcp)(struct jf_srtp *srtp, struct jf_srtp_packet *packet);
	enum jf_srtp_verdict (*protect_rtcp)(struct jf_srtp *srtp, struct jf_srtp_packet *packet);
	void (*destroy)(struct jf_srtp *srtp);
};

/* The first member of each backend's own struct. */
struct jf_srtp {
	const struct jf_srtp_ops *ops;
};

size_t jf_srtp_mb_memory_size(uint32_t n_streams);
int jf_srtp_mb_create(uint32_t n_streams, void *memory, struct jf_srtp **ret_srtp);
size_t jf_srtp_lib_memory_size(uint32_t n_streams);
int jf_srtp_lib_create(uint32_t n_streams, void *memory, struct jf_srtp **ret_srtp);

/* Octets before the payload: header, CSRCs, extension (RFC 3550 section 5.1); 0: past the end. */
static inline uint16_t jf_srtp_header_length(const uint8_t *bytes, uint16_t length)
{
	uint32_t header = RTP_HEADER_SIZE;

	if (length < RTP_HEADER_SIZE || bytes[0] >> 6 != 2)
		return 0;
	header += 4u * (bytes[0] & 0x0f);
	if (bytes[0] & 0x10) {
		if (header + 4 > length)
			return 0;
		header += 4 + 4u * (uint32_t)(bytes[header + 2] << 8 | bytes[header + 3]);
	}
	return header <= length ? (uint16_t)header : 0;
}

static inline uint16_t jf_srtp_load16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t jf_srtp_load32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return __builtin_bswap32(v);
}

static inline void jf_srtp_store32(uint8_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}

/* The numbers of one SSRC: of RTP the 48 bit index, of RTCP the 31 bit one. */
struct jf_srtp_source {
	uint64_t window[2]; /* bit d: highest - d has been seen */
	uint64_t highest;
	uint32_t ssrc;
	uint32_t used; /* 0: nothing was authentic yet; RTCP in tx: counts from 1 */
};

/*
 * The index that a sequence number most probably means (RFC 3711 section 3.3.1 and appendix A);
 * over INDEX_MAX when the key is used up.
 */
static inline uint64_t jf_srtp_estimate(uint64_t highest, uint16_t sequence)
{
	uint64_t base = highest & ~UINT64_C(0xffff);
	uint32_t last = highest & 0xffff;

	if (highest <= 0x8000)
		return sequence; /* there is nothing before counter 0 */
	if (last < 0x8000)
		return (sequence > last + 0x8000 ? base - 0x10000 : base) | sequence;
	return (last - 0x8000 > sequence ? base + 0x10000 : base) | sequence;
}

/* Whether the index was seen, or is too old to tell. */
static inline bool jf_srtp_is_replay(const struct jf_srtp_source *source, uint64_t index)
{
	uint64_t behind;

	if (!source->used || index > source->highest)
		return false;
	behind = source->highest - index;
	return behind >= WINDOW_BITS || source->window[behind >> 6] >> (behind & 63) & 1;
}

static inline void jf_srtp_saw(struct jf_srtp_source *source, uint64_t index)
{
	uint64_t ahead;

	if (source->used && index <= source->highest) {
		uint64_t behind = source->highest - index;

		source->window[behind >> 6] |= UINT64_C(1) << (behind & 63);
		return;
	}
	ahead = source->used ? index - source->highest : WINDOW_BITS;
	if (ahead >= WINDOW_BITS) {
		source->window[0] = source->window[1] = 0;
	} else if (ahead >= 64) {
		source->window[1] = source->window[0] << (ahead - 64);
		source->window[0] = 0;
	} else {
		source->window[1] = source->window[1] << ahead | source->window[0] >> (64 - ahead);
		source->window[0] <<= ahead;
	}
	source->window[0] |= 1;
	source->highest = index;
	source->used = 1;
}

/* Whether n octets are the same, in a time that does not tell where they differ. */
static inline bool jf_srtp_same(const uint8_t *a, const uint8_t *b, uint32_t n)
{
	uint8_t differ = 0;

	for (uint32_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	__asm__("" : "+r"(differ)); /* the loop stays whole */
	return differ == 0;
}

#endif
