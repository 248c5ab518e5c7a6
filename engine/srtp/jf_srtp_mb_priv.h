/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the ipsec-mb backend share: a stream's state, in the order of its use. */
#ifndef JF_SRTP_MB_PRIV_H
#define JF_SRTP_MB_PRIV_H

#include <assert.h>
#include <emmintrin.h>
#include <intel-ipsec-mb.h>

#include "jf_srtp_priv.h"

#define BURST          64u
#define LANES          16u
#define LANES_WORTH    8u /* fewer jobs than that: two at a time are faster than 16 lanes */
#define PAST_RTP       4u
#define PAST_RTCP      3u
#define SHA1_SIZE      20u
#define ROUND_KEYS_MAX 240u

/* Bits of stream.flags. */
#define STREAM_TX        1u
#define STREAM_TENTATIVE 2u /* a new key: whether the counter went on isn't known yet */
#define STREAM_IN_FLIGHT 4u /* a packet of it is in the pass under way */

#define GHASH_POWERS 4u

/* What each packet needs: five lines, with keys of 256 bits six. */
struct stream {
	_Alignas(64) struct jf_srtp_source source; /* of the SSRC that flows */
	uint8_t salt[16];                          /* of the suite's length, then zeros */
	uint8_t suite;                             /* enum jf_srtp_suite; JF_SRTP_NONE: free */
	uint8_t flags;
	uint8_t tag;  /* octets */
	uint8_t past; /* where the next SSRC that goes is kept, in cold.past */
	uint32_t old; /* stream with the key before, or JF_SRTP_STREAM_NONE */
	uint32_t next_free;
	uint32_t pad;
	union {
		struct { /* HMAC: hash of the key and ipad, of the key and opad */
			uint8_t inner[SHA1_SIZE];
			uint8_t outer[SHA1_SIZE];
		};
		uint8_t powers[GHASH_POWERS][16]; /* AES-GCM, wide: jf_srtp_mb_gcm.c */
	};
	uint8_t round_keys[ROUND_KEYS_MAX]; /* AES-CM; AES-GCM, wide */
};
static_assert(sizeof(struct stream) == 384, "six lines");
static_assert(offsetof(struct stream, inner) == 64, "line 1");
static_assert(offsetof(struct stream, round_keys) == 128, "line 2");

/* Session keys of SRTP or SRTCP, as derived. */
struct session_keys {
	uint8_t key[KEY_SIZE_MAX];
	uint8_t auth[AUTH_KEY_SIZE];
	uint8_t salt[16];
};

/* What only RTCP, re-keying and a new SSRC need. */
struct cold {
	struct jf_srtp_source rtcp;
	struct jf_srtp_source past[PAST_RTP]; /* SSRCs that flowed before; used 0: none */
	struct jf_srtp_source past_rtcp[PAST_RTCP];
	struct session_keys rtcp_keys; /* expanded for each packet */
	uint32_t past_rtcp_at;
	uint32_t aging; /* the next stream with an old key */
	uint64_t old_until_ns;
};

struct mb {
	struct jf_srtp base;
	IMB_MGR *mgr; /* the widest lanes that the processor has */
	IMB_MGR *few; /* for a few hashes at once */
	bool wide;    /* the processor has what jf_srtp_mb_wide.h needs */
	struct stream *streams;
	struct cold *cold;
	struct gcm_key_data *gcm; /* of the stream with the same index, with AES-GCM; not wide */
	uint32_t n_streams;
	uint32_t n_touched;     /* streams below were used before */
	uint32_t free;          /* list of streams below n_touched */
	uint32_t aging;         /* list of streams with an old key */
	uint32_t gcm_hash_line; /* of a GCM key, where the hash keys for short packets begin */
	struct gcm_context_data gcm_context;
	IMB_JOB hashes[BURST];
	IMB_JOB ciphers_128[BURST];
	IMB_JOB ciphers_256[BURST];
	uint8_t ivs[BURST][16];
};

/* One packet on its way through the keys of one stream. */
struct work {
	struct jf_srtp_packet *packet;
	struct stream *stream;
	uint64_t index;
	uint32_t ssrc;
	uint16_t header; /* octets before the payload */
	uint16_t body;   /* octets before the tag */
	bool authentic;
	uint8_t tag[SHA1_SIZE]; /* as it has to be */
};

static inline struct mb *mb_of(struct jf_srtp *srtp)
{
	return (struct mb *)srtp;
}

static inline bool is_gcm(enum jf_srtp_suite suite)
{
	return suite == JF_SRTP_AEAD_AES_128_GCM || suite == JF_SRTP_AEAD_AES_256_GCM;
}

static inline bool is_256(enum jf_srtp_suite suite)
{
	return suite == JF_SRTP_AES_256_CM_HMAC_SHA1_80 || suite == JF_SRTP_AEAD_AES_256_GCM;
}

/* Whether packets go through the library's AES-GCM, which does both at once, by mb->gcm. */
static inline bool is_library_gcm(const struct mb *mb, enum jf_srtp_suite suite)
{
	return !mb->wide && is_gcm(suite);
}

/* RFC 3711 section 4.1.1: salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16. */
static inline __m128i cm_iv(const uint8_t salt[16], uint32_t ssrc, uint64_t index)
{
	return _mm_xor_si128(_mm_loadu_si128((const __m128i *)salt),
	                     _mm_set_epi64x((long long)__builtin_bswap64(index << 16),
	                                    (long long)__builtin_bswap64(ssrc)));
}

/* RFC 7714 sections 8.1 and 9.1: 16 zero bits, SSRC, index in 48 bits, by the salt; then zeros. */
static inline __m128i gcm_iv(const uint8_t salt[16], uint32_t ssrc, uint64_t index)
{
	uint64_t head = __builtin_bswap64((uint64_t)ssrc << 16 | index >> 32);
	uint64_t tail = __builtin_bswap32((uint32_t)index);

	return _mm_xor_si128(_mm_loadu_si128((const __m128i *)salt),
	                     _mm_set_epi64x((long long)tail, (long long)head));
}

/* ---- Keys: jf_srtp_mb_keys.c ------------------------------------------------------------- */

/* RFC 3711 section 4.3: label 0, 1, 2 of SRTP, 3, 4, 5 of SRTCP, in that order. */
void mb_derive(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *master, bool rtcp,
               struct session_keys *ret_keys);

/* Inner and outer state of HMAC-SHA1. */
void mb_hmac_keys(struct mb *mb, const uint8_t auth[AUTH_KEY_SIZE], uint8_t ret_inner[SHA1_SIZE],
                  uint8_t ret_outer[SHA1_SIZE]);

/* AES round keys for counter mode. */
void mb_round_keys(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *key,
                   uint8_t ret_round_keys[ROUND_KEYS_MAX]);
void mb_gcm_keys(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *key,
                 struct gcm_key_data *ret_keys);

/* Counter mode over length octets in place. */
void mb_cipher(struct mb *mb, bool with_256, const uint8_t *round_keys, const uint8_t iv[16],
               uint8_t *bytes, uint32_t length);

/* Puts session keys of SRTP into a stream, or into mb->gcm of the same index. */
void mb_stream_keys(struct mb *mb, uint32_t stream, enum jf_srtp_suite suite,
                    const struct session_keys *keys);

/* ---- Tags and counter mode of a burst: jf_srtp_mb_jobs.c ---------------------------------- */

/* All of them AES-CM. Into work->tag, of the packet as it is encrypted. */
void mb_tag_works(struct mb *mb, struct work *const *works, uint32_t n);

/* The payload, in place. */
void mb_cipher_works(struct mb *mb, struct work *const *works, uint32_t n);

static inline void hash_job(IMB_JOB *job, const uint8_t *inner, const uint8_t *outer,
                            const uint8_t *bytes, uint32_t length, uint8_t ret_tag[SHA1_SIZE])
{
	job->src = bytes;
	job->hash_start_src_offset_in_bytes = 0;
	job->msg_len_to_hash_in_bytes = length;
	job->auth_tag_output = ret_tag;
	job->auth_tag_output_len_in_bytes = SHA1_SIZE;
	job->u.HMAC._hashed_auth_key_xor_ipad = inner;
	job->u.HMAC._hashed_auth_key_xor_opad = outer;
	job->hash_alg = IMB_AUTH_HMAC_SHA_1;
	job->cipher_mode = IMB_CIPHER_NULL;
}

static inline void cipher_job(IMB_JOB *job, const uint8_t *round_keys, const uint8_t iv[16],
                              uint8_t *bytes, uint32_t length)
{
	job->src = bytes;
	job->dst = bytes;
	job->cipher_start_src_offset_in_bytes = 0;
	job->msg_len_to_cipher_in_bytes = length;
	job->iv = iv;
	job->iv_len_in_bytes = 16;
	job->enc_keys = round_keys;
	job->dec_keys = round_keys;
	job->cipher_mode = IMB_CIPHER_CNTR;
	job->hash_alg = IMB_AUTH_NULL;
}

/* Each length at least 1. */
void mb_hash(struct mb *mb, IMB_JOB *jobs, uint32_t n);
void mb_ciphers(struct mb *mb, bool with_256, IMB_JOB *jobs, uint32_t n);

/* ---- RTP: jf_srtp_mb_burst.c --------------------------------------------------------------- */

void mb_unprotect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);
void mb_protect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);

/* ---- RTCP: jf_srtp_mb_rtcp.c -------------------------------------------------------------- */

enum jf_srtp_verdict mb_unprotect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet);
enum jf_srtp_verdict mb_protect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet);

#endif
