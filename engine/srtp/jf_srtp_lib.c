// SPDX-License-Identifier: BSD-3-Clause
/*
 * The libsrtp2 backend: one srtp_t for each stream, which keeps indexes and windows by itself.
 * Unlike the other one it needs the master key at hand, to tell whether another one comes.
 */
#include <errno.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <strings.h>

#include "jf_srtp_priv.h"

#define PACKET_MAX 2048u /* that can be tried under two keys */

struct stream {
	srtp_t session; /* NULL: free */
	srtp_t old;     /* under the key before, or NULL */
	uint64_t old_until_ns;
	uint32_t ssrc; /* of the last packet that was in order, */
	uint16_t sequence;
	uint32_t next_free;
	bool flows; /* ssrc is known */
	uint8_t direction;
	uint8_t suite;
	uint8_t key[JF_SRTP_KEY_MAX];
};

struct lib {
	struct jf_srtp base;
	struct stream *streams;
	uint32_t n_streams;
	uint32_t n_touched;
	uint32_t free;
	uint32_t n_old;
};

static unsigned int users; /* of the library, which has a state of its own */

static struct lib *lib_of(struct jf_srtp *srtp)
{
	return (struct lib *)srtp;
}

size_t jf_srtp_lib_memory_size(uint32_t n_streams)
{
	return n_streams * sizeof(struct stream);
}

static enum jf_srtp_verdict verdict_of(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return JF_SRTP_OK;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return JF_SRTP_REPLAY;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
		return JF_SRTP_MALFORMED;
	case srtp_err_status_key_expired:
		return JF_SRTP_EXPIRED;
	default:
		return JF_SRTP_AUTH;
	}
}

static void set_policy(srtp_policy_t *policy, enum jf_srtp_suite suite)
{
	switch (suite) {
	case JF_SRTP_AES_CM_128_HMAC_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
		break;
	case JF_SRTP_AES_256_CM_HMAC_SHA1_80:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
		break;
	case JF_SRTP_AEAD_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
		break;
	case JF_SRTP_AEAD_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
		break;
	default:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
	}
}

/* roc: the counter with which the stream's SSRC goes on; 0: as any other. */
static int make_session(const struct stream *s, enum jf_srtp_suite suite, const uint8_t *key,
                        uint32_t roc, srtp_t *ret_session)
{
	srtp_policy_t policy = {.window_size = WINDOW_BITS};
	uint8_t copy[JF_SRTP_KEY_MAX] = {0};
	srtp_t session;

	set_policy(&policy, suite);
	memcpy(copy, key, jf_srtp_suite_info(suite)->key + jf_srtp_suite_info(suite)->salt);
	policy.key = copy;
	policy.ssrc.type = s->direction == JF_SRTP_TX ? ssrc_any_outbound : ssrc_any_inbound;
	if (srtp_create(&session, &policy) != srtp_err_status_ok) {
		explicit_bzero(copy, sizeof(copy));
		return -ENOMEM;
	}
	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = s->ssrc;
	if (roc && srtp_add_stream(session, &policy) == srtp_err_status_ok)
		srtp_set_stream_roc(session, s->ssrc, roc);
	explicit_bzero(copy, sizeof(copy));
	*ret_session = session;
	return 0;
}

/* 0: nothing flows, or it hasn't rolled over. */
static uint32_t roc_of(const struct stream *s)
{
	uint32_t roc = 0;

	if (!s->flows || srtp_get_stream_roc(s->session, s->ssrc, &roc) != srtp_err_status_ok)
		return 0;
	return roc;
}

/* ---- Streams ------------------------------------------------------------------------------- */

static int open_stream(struct jf_srtp *srtp, enum jf_srtp_direction direction,
                       enum jf_srtp_suite suite, const uint8_t *key, uint32_t *ret_stream)
{
	const struct jf_srtp_suite_info *info = jf_srtp_suite_info(suite);
	struct lib *lib = lib_of(srtp);
	uint32_t stream = lib->free != JF_SRTP_STREAM_NONE ? lib->free : lib->n_touched;
	struct stream *s = &lib->streams[stream];
	uint32_t next_free;
	int result;

	if (stream == lib->n_streams)
		return -ENOSPC;
	next_free = s->next_free;
	s->direction = (uint8_t)direction;
	result = make_session(s, suite, key, 0, &s->session);
	if (result)
		return result;
	s->suite = (uint8_t)suite;
	memcpy(s->key, key, info->key + info->salt);
	if (lib->free != JF_SRTP_STREAM_NONE)
		lib->free = next_free;
	else
		lib->n_touched++;
	*ret_stream = stream;
	return 0;
}

static void drop_old(struct lib *lib, struct stream *s)
{
	if (!s->old)
		return;
	srtp_dealloc(s->old);
	s->old = NULL;
	lib->n_old--;
}

static int rekey(struct jf_srtp *srtp, uint32_t stream, enum jf_srtp_suite suite,
                 const uint8_t *key, uint64_t now_ns)
{
	const struct jf_srtp_suite_info *info = jf_srtp_suite_info(suite);
	struct lib *lib = lib_of(srtp);
	struct stream *s = &lib->streams[stream];
	srtp_t session;
	int result;

	if (s->suite == suite && jf_srtp_same(s->key, key, info->key + info->salt))
		return 0;
	result = make_session(s, suite, key, roc_of(s), &session);
	if (result)
		return result;
	drop_old(lib, s);
	if (s->direction == JF_SRTP_RX) {
		s->old = s->session;
		s->old_until_ns = now_ns + JF_SRTP_REKEY_GRACE_NS;
		lib->n_old++;
	} else {
		srtp_dealloc(s->session);
	}
	s->session = session;
	s->suite = (uint8_t)suite;
	memcpy(s->key, key, info->key + info->salt);
	return 0;
}

static bool position_get(const struct jf_srtp *srtp, uint32_t stream,
                         struct jf_srtp_position *ret_position)
{
	const struct stream *s = &((const struct lib *)srtp)->streams[stream];

	if (!s->flows)
		return false;
	*ret_position = (struct jf_srtp_position){.index = (uint64_t)roc_of(s) << 16 | s->sequence,
	                                          .ssrc = s->ssrc};
	return true;
}

/* The library's window begins anew, and its counter does not roll over before the first packet. */
static int position_set(struct jf_srtp *srtp, uint32_t stream,
                        const struct jf_srtp_position *position)
{
	struct stream *s = &lib_of(srtp)->streams[stream];
	srtp_t session;
	int result;

	s->ssrc = position->ssrc;
	s->sequence = (uint16_t)position->index;
	result = make_session(s, s->suite, s->key, (uint32_t)(position->index >> 16), &session);
	if (result)
		return result;
	srtp_dealloc(s->session);
	s->session = session;
	s->flows = true;
	return 0;
}

static void close_stream(struct jf_srtp *srtp, uint32_t stream)
{
	struct lib *lib = lib_of(srtp);
	struct stream *s = &lib->streams[stream];

	drop_old(lib, s);
	srtp_dealloc(s->session);
	explicit_bzero(s, sizeof(*s));
	s->next_free = lib->free;
	lib->free = stream;
}

static void age(struct jf_srtp *srtp, uint64_t now_ns)
{
	struct lib *lib = lib_of(srtp);

	for (uint32_t i = 0; lib->n_old && i < lib->n_touched; i++)
		if (lib->streams[i].old && now_ns >= lib->streams[i].old_until_ns)
			drop_old(lib, &lib->streams[i]);
}

/* ---- Packets ------------------------------------------------------------------------------- */

typedef srtp_err_status_t (*transform_fn)(srtp_t session, void *packet, int *length);

static enum jf_srtp_verdict transform(transform_fn fn, srtp_t session,
                                      struct jf_srtp_packet *packet)
{
	int length = packet->length;
	enum jf_srtp_verdict verdict =
	        session ? verdict_of(fn(session, packet->bytes, &length)) : JF_SRTP_AUTH;

	if (verdict == JF_SRTP_OK)
		packet->length = (uint16_t)length;
	return verdict;
}

static enum jf_srtp_verdict unprotect_by_both(transform_fn fn, const struct stream *s,
                                              struct jf_srtp_packet *packet)
{
	enum jf_srtp_verdict verdict;
	uint8_t copy[PACKET_MAX];

	if (!s->old || packet->length > sizeof(copy))
		return transform(fn, s->session, packet);
	memcpy(copy, packet->bytes, packet->length);
	verdict = transform(fn, s->session, packet);
	if (verdict == JF_SRTP_OK || verdict == JF_SRTP_MALFORMED)
		return verdict;
	memcpy(packet->bytes, copy, packet->length);
	return transform(fn, s->old, packet);
}

static void unprotect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct jf_srtp_packet *packet = &packets[i];
		struct stream *s = &lib_of(srtp)->streams[packet->stream];
		uint16_t header = jf_srtp_header_length(packet->bytes, packet->length);

		packet->verdict = JF_SRTP_MALFORMED;
		if (!header || header + jf_srtp_suite_info(s->suite)->tag > packet->length)
			continue;
		packet->verdict = unprotect_by_both(srtp_unprotect, s, packet);
		if (packet->verdict == JF_SRTP_OK) {
			s->ssrc = jf_srtp_load32(packet->bytes + 8);
			s->sequence = jf_srtp_load16(packet->bytes + 2);
			s->flows = true;
		}
	}
}

static void protect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct jf_srtp_packet *packet = &packets[i];
		struct stream *s = &lib_of(srtp)->streams[packet->stream];

		packet->verdict = JF_SRTP_MALFORMED;
		if (!jf_srtp_header_length(packet->bytes, packet->length) ||
		    packet->length > UINT16_MAX - JF_SRTP_TRAILER_MAX)
			continue;
		packet->verdict = transform(srtp_protect, s->session, packet);
		s->ssrc = jf_srtp_load32(packet->bytes + 8);
		s->sequence = jf_srtp_load16(packet->bytes + 2);
		s->flows = true;
	}
}

static enum jf_srtp_verdict unprotect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	return unprotect_by_both(srtp_unprotect_rtcp, &lib_of(srtp)->streams[packet->stream],
	                         packet);
}

static enum jf_srtp_verdict protect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet)
{
	if (packet->length > UINT16_MAX - JF_SRTP_TRAILER_MAX)
		return JF_SRTP_MALFORMED;
	return transform(srtp_protect_rtcp, lib_of(srtp)->streams[packet->stream].session, packet);
}

/* ---- As a whole ---------------------------------------------------------------------------- */

static void destroy(struct jf_srtp *srtp)
{
	struct lib *lib = lib_of(srtp);

	for (uint32_t i = 0; i < lib->n_touched; i++)
		if (lib->streams[i].session)
			close_stream(srtp, i);
	free(lib);
	if (--users == 0)
		srtp_shutdown();
}

static const struct jf_srtp_ops ops = {
        .open = open_stream,
        .rekey = rekey,
        .position_get = position_get,
        .position_set = position_set,
        .close = close_stream,
        .age = age,
        .unprotect = unprotect,
        .protect = protect,
        .unprotect_rtcp = unprotect_rtcp,
        .protect_rtcp = protect_rtcp,
        .destroy = destroy,
};

int jf_srtp_lib_create(uint32_t n_streams, void *memory, struct jf_srtp **ret_srtp)
{
	struct lib *lib = calloc(1, sizeof(*lib));

	if (!lib)
		return -ENOMEM;
	if (users == 0 && srtp_init() != srtp_err_status_ok) {
		free(lib);
		return -ENOMEM;
	}
	users++;
	lib->base.ops = &ops;
	lib->streams = memory;
	lib->n_streams = n_streams;
	lib->free = JF_SRTP_STREAM_NONE;
	*ret_srtp = &lib->base;
	return 0;
}
