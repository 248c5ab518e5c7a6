// SPDX-License-Identifier: BSD-3-Clause
/*
 * The ipsec-mb backend on RTCP (RFC 3711 section 3.4, RFC 7714 section 9): one packet in seconds
 * for each stream, so its keys are expanded for each one and forgotten.
 */
#include <strings.h>

#include "jf_srtp_mb_priv.h"

struct rtcp_work {
	struct cold *cold;
	enum jf_srtp_suite suite;
	uint32_t ssrc;
	uint32_t index;
};

/* What follows the header, in place, counter mode. */
static void cipher_cm(struct mb *mb, const struct rtcp_work *work, uint8_t *bytes, uint32_t length)
{
	const struct session_keys *keys = &work->cold->rtcp_keys;
	_Alignas(16) uint8_t round_keys[ROUND_KEYS_MAX];
	uint8_t iv[16];

	mb_round_keys(mb, work->suite, keys->key, round_keys);
	_mm_storeu_si128((__m128i *)iv, cm_iv(keys->salt, work->ssrc, work->index));
	mb_cipher(mb, is_256(work->suite), round_keys, iv, bytes + RTCP_HEADER_SIZE,
	          length - RTCP_HEADER_SIZE);
	explicit_bzero(round_keys, sizeof(round_keys));
}

static void hash_cm(struct mb *mb, const struct rtcp_work *work, const uint8_t *bytes,
                    uint32_t length, uint8_t ret_tag[SHA1_SIZE])
{
	uint8_t inner[SHA1_SIZE], outer[SHA1_SIZE];

	mb_hmac_keys(mb, work->cold->rtcp_keys.auth, inner, outer);
	hash_job(mb->hashes, inner, outer, bytes, length, ret_tag);
	mb_hash(mb, mb->hashes, 1);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
}

/* Associated data: the header, then the word with the index. */
static void cipher_gcm(struct mb *mb, const struct rtcp_work *work, uint8_t *bytes, uint32_t length,
                       bool encrypt, uint8_t ret_tag[16])
{
	const struct session_keys *session = &work->cold->rtcp_keys;
	uint8_t iv[16], aad[RTCP_HEADER_SIZE + SRTCP_WORD_SIZE];
	uint8_t *body = bytes + RTCP_HEADER_SIZE;
	struct gcm_key_data keys;

	mb_gcm_keys(mb, work->suite, session->key, &keys);
	_mm_storeu_si128((__m128i *)iv, gcm_iv(session->salt, work->ssrc, work->index));
	memcpy(aad, bytes, RTCP_HEADER_SIZE);
	jf_srtp_store32(aad + RTCP_HEADER_SIZE, SRTCP_ENCRYPTED | work->index);
	length -= RTCP_HEADER_SIZE;
	if (is_256(work->suite) && encrypt)
		IMB_AES256_GCM_ENC(mb->mgr, &keys, &mb->gcm_context, body, body, length, iv, aad,
		                   sizeof(aad), ret_tag, 16);
	else if (is_256(work->suite))
		IMB_AES256_GCM_DEC(mb->mgr, &keys, &mb->gcm_context, body, body, length, iv, aad,
		                   sizeof(aad), ret_tag, 16);
	else if (encrypt)
		IMB_AES128_GCM_ENC(mb->mgr, &keys, &mb->gcm_context, body, body, length, iv, aad,
		                   sizeof(aad), ret_tag, 16);
	else
		IMB_AES128_GCM_DEC(mb->mgr, &keys, &mb->gcm_context, body, body, length, iv, aad,
		                   sizeof(aad), ret_tag, 16);
	explicit_bzero(&keys, sizeof(keys));
}

static struct jf_srtp_source *find_source(struct cold *cold, uint32_t ssrc)
{
	if (cold->rtcp.used && cold->rtcp.ssrc == ssrc)
		return &cold->rtcp;
	for (uint32_t i = 0; i < PAST_RTCP; i++)
		if (cold->past_rtcp[i].used && cold->past_rtcp[i].ssrc == ssrc)
			return &cold->past_rtcp[i];
	return NULL;
}

/* The source of an authentic packet, or of one to send; the one before is remembered. */
static struct jf_srtp_source *switch_source(struct cold *cold, uint32_t ssrc)
{
	struct jf_srtp_source *known = find_source(cold, ssrc), last = cold->rtcp;

	if (known == &cold->rtcp)
		return known;
	if (known) {
		cold->rtcp = *known;
		*known = last;
		return &cold->rtcp;
	}
	if (last.used)
		cold->past_rtcp[cold->past_rtcp_at++ % PAST_RTCP] = last;
	memset(&cold->rtcp, 0, sizeof(cold->rtcp));
	cold->rtcp.ssrc = ssrc;
	return &cold->rtcp;
}

/* ---- Arriving: header, what is encrypted, [GCM: tag], index, [CM: tag] ---------------------- */

static bool is_authentic(struct mb *mb, const struct rtcp_work *work, uint8_t *bytes,
                         uint32_t length, uint32_t tag_length)
{
	uint8_t tag[SHA1_SIZE];

	if (is_gcm(work->suite)) {
		uint32_t body = length - tag_length - SRTCP_WORD_SIZE;

		cipher_gcm(mb, work, bytes, body, false, tag);
		if (jf_srtp_same(bytes + body, tag, tag_length))
			return true;
		cipher_gcm(mb, work, bytes, body, true, tag); /* as it came, for another key */
		return false;
	}
	hash_cm(mb, work, bytes, length - tag_length, tag);
	if (!jf_srtp_same(bytes + length - tag_length, tag, tag_length))
		return false;
	cipher_cm(mb, work, bytes, length - tag_length - SRTCP_WORD_SIZE);
	return true;
}

static enum jf_srtp_verdict unprotect_by(struct mb *mb, uint32_t stream,
                                         struct jf_srtp_packet *packet)
{
	const struct stream *s = &mb->streams[stream];
	const struct jf_srtp_source *source;
	struct rtcp_work work = {.cold = &mb->cold[stream], .suite = s->suite};
	uint32_t tag = jf_srtp_suite_info(s->suite)->rtcp_tag, word;
	uint16_t length = packet->length;

	if (s->suite == JF_SRTP_NONE)
		return JF_SRTP_AUTH;
	if (length < RTCP_HEADER_SIZE + SRTCP_WORD_SIZE + tag)
		return JF_SRTP_MALFORMED;
	word = jf_srtp_load32(packet->bytes + length - SRTCP_WORD_SIZE -
	                      (is_gcm(s->suite) ? 0 : tag));
	if (!(word & SRTCP_ENCRYPTED))
		return JF_SRTP_AUTH; /* what goes in plain was not agreed on */
	work.ssrc = jf_srtp_load32(packet->bytes + 4);
	work.index = word & RTCP_INDEX_MAX;
	source = find_source(work.cold, work.ssrc);
	if (source && jf_srtp_is_replay(source, work.index))
		return JF_SRTP_REPLAY;
	if (!is_authentic(mb, &work, packet->bytes, length, tag))
		return JF_SRTP_AUTH;
	jf_srtp_saw(switch_source(work.cold, work.ssrc), work.index);
	packet->length = (uint16_t)(length - SRTCP_WORD_SIZE - tag);
	return JF_SRTP_OK;
}

enum jf_srtp_verdict mb_unprotect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	struct mb *mb = mb_of(srtp);
	uint32_t old = mb->streams[packet->stream].old;
	enum jf_srtp_verdict verdict = unprotect_by(mb, packet->stream, packet);

	/* replay too: the index counts anew under another key */
	if (verdict != JF_SRTP_OK && verdict != JF_SRTP_MALFORMED && old != JF_SRTP_STREAM_NONE)
		verdict = unprotect_by(mb, old, packet);
	return verdict;
}

/* ---- Leaving -------------------------------------------------------------------------------- */

enum jf_srtp_verdict mb_protect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	struct mb *mb = mb_of(srtp);
	const struct stream *s = &mb->streams[packet->stream];
	struct rtcp_work work = {.cold = &mb->cold[packet->stream], .suite = s->suite};
	uint32_t tag_length = jf_srtp_suite_info(s->suite)->rtcp_tag, length = packet->length;
	uint8_t *end = packet->bytes + length, tag[SHA1_SIZE];
	struct jf_srtp_source *source;

	if (s->suite == JF_SRTP_NONE)
		return JF_SRTP_AUTH;
	if (length > UINT16_MAX - JF_SRTP_TRAILER_MAX)
		return JF_SRTP_MALFORMED;
	work.ssrc = jf_srtp_load32(packet->bytes + 4);
	source = switch_source(work.cold, work.ssrc);
	if (source->highest == RTCP_INDEX_MAX)
		return JF_SRTP_EXPIRED;
	source->used = 1;
	work.index = (uint32_t)++source->highest;
	if (is_gcm(s->suite)) {
		cipher_gcm(mb, &work, packet->bytes, length, true, tag);
		memcpy(end, tag, tag_length);
		jf_srtp_store32(end + tag_length, SRTCP_ENCRYPTED | work.index);
	} else {
		cipher_cm(mb, &work, packet->bytes, length);
		jf_srtp_store32(end, SRTCP_ENCRYPTED | work.index);
		hash_cm(mb, &work, packet->bytes, length + SRTCP_WORD_SIZE, tag);
		memcpy(end + SRTCP_WORD_SIZE, tag, tag_length);
	}
	packet->length = (uint16_t)(length + SRTCP_WORD_SIZE + tag_length);
	return JF_SRTP_OK;
}
