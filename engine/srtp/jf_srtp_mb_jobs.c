// SPDX-License-Identifier: BSD-3-Clause
/*
 * HMAC-SHA1 and counter mode through ipsec-mb's jobs, where the processor has no wide registers or
 * packets are too few for them; and which way it is.
 */
#include "jf_srtp_mb_wide.h"

/* ---- Runs of jobs -------------------------------------------------------------------------- */

void mb_hash(struct mb *mb, IMB_JOB *jobs, uint32_t n)
{
	IMB_MGR *mgr = n < LANES_WORTH ? mb->few : mb->mgr;

	if (n)
		IMB_SUBMIT_HASH_BURST_NOCHECK(mgr, jobs, n, IMB_AUTH_HMAC_SHA_1);
}

void mb_ciphers(struct mb *mb, bool with_256, IMB_JOB *jobs, uint32_t n)
{
	if (n)
		IMB_SUBMIT_CIPHER_BURST_NOCHECK(mb->mgr, jobs, n, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
		                                with_256 ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES);
}

/* ---- Of a burst ---------------------------------------------------------------------------- */

/* The roll-over counter stands for that time after the packet, where the tag comes or came. */
static void hash_by_jobs(struct mb *mb, struct work *const *works, uint32_t n)
{
	uint32_t kept[BURST];

	for (uint32_t i = 0; i < n; i++) {
		struct work *work = works[i];
		uint8_t *bytes = work->packet->bytes;

		memcpy(&kept[i], bytes + work->body, 4);
		jf_srtp_store32(bytes + work->body, (uint32_t)(work->index >> 16));
		hash_job(&mb->hashes[i], work->stream->inner, work->stream->outer, bytes,
		         work->body + 4u, work->tag);
	}
	mb_hash(mb, mb->hashes, n);
	for (uint32_t i = 0; i < n; i++)
		memcpy(works[i]->packet->bytes + works[i]->body, &kept[i], 4);
}

void mb_tag_works(struct mb *mb, struct work *const *works, uint32_t n)
{
	uint32_t at = 0;

	while (mb->wide && n - at >= LANES_WORTH) {
		uint32_t lanes = n - at < LANES ? n - at : LANES;

		mb_wide_hash(works + at, lanes);
		at += lanes;
	}
	hash_by_jobs(mb, works + at, n - at);
}

static void cipher_by_jobs(struct mb *mb, struct work *const *works, uint32_t n)
{
	uint32_t n_128 = 0, n_256 = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct work *work = works[i];
		const struct stream *s = work->stream;
		uint32_t length = work->body - work->header;
		IMB_JOB *job;

		if (length == 0)
			continue;
		job = is_256(s->suite) ? &mb->ciphers_256[n_256++] : &mb->ciphers_128[n_128++];
		_mm_storeu_si128((__m128i *)mb->ivs[i], cm_iv(s->salt, work->ssrc, work->index));
		cipher_job(job, s->round_keys, mb->ivs[i], work->packet->bytes + work->header,
		           length);
	}
	mb_ciphers(mb, false, mb->ciphers_128, n_128);
	mb_ciphers(mb, true, mb->ciphers_256, n_256);
}

void mb_cipher_works(struct mb *mb, struct work *const *works, uint32_t n)
{
	if (!mb->wide) {
		cipher_by_jobs(mb, works, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		mb_wide_cipher(works[i]);
}
