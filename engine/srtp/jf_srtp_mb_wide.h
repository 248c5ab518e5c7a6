/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs on wide registers, where the processor has AVX-512, VAES and VPCLMULQDQ. ipsec-mb does
 * the same, but takes jobs of 200 octets and copies, or reads twelve lines of keys for a packet;
 * here packets are read where they are, and a stream's keys are five lines.
 *
 * Nothing depends on secret data but the values in registers: no table, no branch.
 */
#ifndef JF_SRTP_MB_WIDE_H
#define JF_SRTP_MB_WIDE_H

#include <immintrin.h>

#include "jf_srtp_mb_priv.h"

#define WIDE                                                                                       \
	__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,aes,vaes,pclmul,vpclmulqdq")))
#define LINE 64u

bool mb_wide_usable(const IMB_MGR *mgr);

/* HMAC-SHA1 of 1 to LANES packets with AES-CM, and the roll-over counter, into work->tag. */
void mb_wide_hash(struct work *const *works, uint32_t n);

/* AES-GCM: what a stream needs beside round keys, from them. */
void mb_wide_powers(struct stream *s);

/* AES-GCM: decrypts the payload in place if the packet is authentic, and says so. */
bool mb_wide_gcm_open(const struct work *work);

/* AES-GCM: encrypts the payload in place, with the tag after it. */
void mb_wide_gcm_seal(const struct work *work);

/* Counter mode over the payload, with AES-CM and AES-GCM. */
void mb_wide_cipher(const struct work *work);

static inline __m128i round_key(const struct stream *s, unsigned round)
{
	return _mm_load_si128((const __m128i *)(s->round_keys + (size_t)16 * round));
}

/* Which of a register's octets stand for a text, whose octet number at is the first of them. */
WIDE static inline __mmask64 lanes_of(int64_t at, uint32_t length)
{
	int64_t end = (int64_t)length - at;
	uint64_t below = end >= 64 ? UINT64_MAX : end <= 0 ? 0 : (UINT64_C(1) << end) - 1;
	uint64_t from = at >= 0 ? UINT64_MAX : at <= -64 ? 0 : UINT64_MAX << -at;

	return below & from;
}

#endif
