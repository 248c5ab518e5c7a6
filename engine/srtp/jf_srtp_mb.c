// SPDX-License-Identifier: BSD-3-Clause
/* The ipsec-mb backend: which streams there are, and their keys' coming and going. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "jf_srtp_mb_wide.h"

static size_t lines(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

size_t jf_srtp_mb_memory_size(uint32_t n_streams)
{
	return lines(n_streams * sizeof(struct stream)) + lines(n_streams * sizeof(struct cold)) +
	       n_streams * sizeof(struct gcm_key_data);
}

/* ---- Taking and giving back --------------------------------------------------------------- */

/* A stream without keys, all zeros. */
static int take(struct mb *mb, uint32_t *ret_stream)
{
	uint32_t stream;

	if (mb->free != JF_SRTP_STREAM_NONE) {
		stream = mb->free;
		mb->free = mb->streams[stream].next_free;
	} else if (mb->n_touched < mb->n_streams) {
		stream = mb->n_touched++;
	} else {
		return -ENOSPC;
	}
	mb->streams[stream].old = JF_SRTP_STREAM_NONE;
	*ret_stream = stream;
	return 0;
}

static void wipe(struct mb *mb, uint32_t stream)
{
	if (is_library_gcm(mb, mb->streams[stream].suite))
		explicit_bzero(&mb->gcm[stream], sizeof(mb->gcm[stream]));
	explicit_bzero(&mb->cold[stream], sizeof(mb->cold[stream]));
	explicit_bzero(&mb->streams[stream], sizeof(mb->streams[stream]));
}

static void give_back(struct mb *mb, uint32_t stream)
{
	wipe(mb, stream);
	mb->streams[stream].next_free = mb->free;
	mb->free = stream;
}

/* ---- The key before ------------------------------------------------------------------------ */

static void leave_aging(struct mb *mb, uint32_t stream)
{
	uint32_t *link = &mb->aging;

	while (*link != stream)
		link = &mb->cold[*link].aging;
	*link = mb->cold[stream].aging;
}

static void drop_old(struct mb *mb, uint32_t stream)
{
	struct stream *s = &mb->streams[stream];

	if (s->old == JF_SRTP_STREAM_NONE)
		return;
	leave_aging(mb, stream);
	give_back(mb, s->old);
	s->old = JF_SRTP_STREAM_NONE;
}

static void age(struct jf_srtp *srtp, uint64_t now_ns)
{
	struct mb *mb = mb_of(srtp);
	uint32_t stream = mb->aging;

	while (stream != JF_SRTP_STREAM_NONE) {
		uint32_t next = mb->cold[stream].aging;

		if (now_ns >= mb->cold[stream].old_until_ns)
			drop_old(mb, stream);
		stream = next;
	}
}

/* The keys of an rx stream as they are, moved to another one, which it refers to. */
static int keep_old(struct mb *mb, uint32_t stream, uint64_t now_ns)
{
	struct stream *s = &mb->streams[stream];
	uint32_t old = s->old;
	int result = 0;

	if (old == JF_SRTP_STREAM_NONE) {
		result = take(mb, &old);
		if (result)
			return result;
	} else {
		leave_aging(mb, stream);
		wipe(mb, old);
	}
	mb->streams[old] = *s;
	mb->streams[old].old = JF_SRTP_STREAM_NONE;
	mb->cold[old] = mb->cold[stream];
	if (is_library_gcm(mb, s->suite))
		mb->gcm[old] = mb->gcm[stream];
	s->old = old;
	mb->cold[stream].old_until_ns = now_ns + JF_SRTP_REKEY_GRACE_NS;
	mb->cold[stream].aging = mb->aging;
	mb->aging = stream;
	return 0;
}

/* ---- Streams ------------------------------------------------------------------------------- */

static void set_keys(struct mb *mb, uint32_t stream, enum jf_srtp_suite suite,
                     const uint8_t *master)
{
	struct session_keys keys;

	mb_derive(mb, suite, master, false, &keys);
	mb_stream_keys(mb, stream, suite, &keys);
	mb_derive(mb, suite, master, true, &mb->cold[stream].rtcp_keys);
	explicit_bzero(&keys, sizeof(keys));
}

static int open_stream(struct jf_srtp *srtp, enum jf_srtp_direction direction,
                       enum jf_srtp_suite suite, const uint8_t *key, uint32_t *ret_stream)
{
	struct mb *mb = mb_of(srtp);
	uint32_t stream;
	int result = take(mb, &stream);

	if (result)
		return result;
	mb->streams[stream].flags = direction == JF_SRTP_TX ? STREAM_TX : 0;
	set_keys(mb, stream, suite, key);
	*ret_stream = stream;
	return 0;
}

/* Session keys are as telling as the master key, which is not kept. */
static bool is_same_key(struct mb *mb, uint32_t stream, enum jf_srtp_suite suite,
                        const uint8_t *master)
{
	struct session_keys keys;
	bool same;

	if (mb->streams[stream].suite != suite)
		return false;
	mb_derive(mb, suite, master, true, &keys);
	same = jf_srtp_same((const uint8_t *)&keys, (const uint8_t *)&mb->cold[stream].rtcp_keys,
	                    sizeof(keys));
	explicit_bzero(&keys, sizeof(keys));
	return same;
}

static int rekey(struct jf_srtp *srtp, uint32_t stream, enum jf_srtp_suite suite,
                 const uint8_t *key, uint64_t now_ns)
{
	struct mb *mb = mb_of(srtp);
	struct stream *s = &mb->streams[stream];
	struct cold *cold = &mb->cold[stream];
	int result;

	if (is_same_key(mb, stream, suite, key))
		return 0;
	if (!(s->flags & STREAM_TX)) {
		result = keep_old(mb, stream, now_ns);
		if (result)
			return result;
		/* nothing was sent under the new key yet, of whatever SSRC */
		memset(cold->past, 0, sizeof(cold->past));
		memset(cold->past_rtcp, 0, sizeof(cold->past_rtcp));
		memset(&cold->rtcp, 0, sizeof(cold->rtcp));
		if (s->source.used)
			s->flags |= STREAM_TENTATIVE;
	}
	if (is_library_gcm(mb, s->suite) && !is_gcm(suite))
		explicit_bzero(&mb->gcm[stream], sizeof(mb->gcm[stream]));
	explicit_bzero(s->powers, sizeof(s->powers)); /* longer ones may go */
	explicit_bzero(s->round_keys, sizeof(s->round_keys));
	set_keys(mb, stream, suite, key);
	return 0;
}

static bool position_get(const struct jf_srtp *srtp, uint32_t stream,
                         struct jf_srtp_position *ret_position)
{
	const struct jf_srtp_source *source = &((const struct mb *)srtp)->streams[stream].source;

	if (!source->used)
		return false;
	*ret_position = (struct jf_srtp_position){.index = source->highest, .ssrc = source->ssrc};
	return true;
}

static int position_set(struct jf_srtp *srtp, uint32_t stream,
                        const struct jf_srtp_position *position)
{
	mb_of(srtp)->streams[stream].source = (struct jf_srtp_source){
	        .window = {UINT64_MAX, UINT64_MAX},
	        .highest = position->index,
	        .ssrc = position->ssrc,
	        .used = 1,
	};
	return 0;
}

static void close_stream(struct jf_srtp *srtp, uint32_t stream)
{
	struct mb *mb = mb_of(srtp);

	drop_old(mb, stream);
	give_back(mb, stream);
}

/* ---- As a whole ---------------------------------------------------------------------------- */

static void destroy(struct jf_srtp *srtp)
{
	struct mb *mb = mb_of(srtp);

	for (uint32_t i = 0; i < mb->n_touched; i++)
		wipe(mb, i);
	if (mb->few && mb->few != mb->mgr)
		free_mb_mgr(mb->few);
	if (mb->mgr)
		free_mb_mgr(mb->mgr);
	explicit_bzero(mb, sizeof(*mb));
	free(mb);
}

static const struct jf_srtp_ops ops = {
        .open = open_stream,
        .rekey = rekey,
        .position_get = position_get,
        .position_set = position_set,
        .close = close_stream,
        .age = age,
        .unprotect = mb_unprotect,
        .protect = mb_protect,
        .unprotect_rtcp = mb_unprotect_rtcp,
        .protect_rtcp = mb_protect_rtcp,
        .destroy = destroy,
};

int jf_srtp_mb_create(uint32_t n_streams, void *memory, struct jf_srtp **ret_srtp)
{
	struct mb *mb = aligned_alloc(64, lines(sizeof(*mb)));
	uint8_t *at = memory;
	IMB_ARCH arch;

	if (!mb)
		return -ENOMEM;
	memset(mb, 0, sizeof(*mb));
	mb->base.ops = &ops;
	mb->n_streams = n_streams;
	mb->free = mb->aging = JF_SRTP_STREAM_NONE;
	mb->streams = (struct stream *)at;
	at += lines(n_streams * sizeof(struct stream));
	mb->cold = (struct cold *)at;
	at += lines(n_streams * sizeof(struct cold));
	mb->gcm = (struct gcm_key_data *)at;
	mb->mgr = alloc_mb_mgr(0);
	if (!mb->mgr)
		goto out;
	init_mb_mgr_auto(mb->mgr, &arch);
	mb->wide = mb_wide_usable(mb->mgr);
	/* AES-GCM: with AVX-512 hash keys stand from the 48th power down to the first, else up */
	mb->gcm_hash_line =
	        mb->mgr->features & IMB_FEATURE_VAES && mb->mgr->features & IMB_FEATURE_AVX512F ? 12
	                                                                                        : 3;
	mb->few = mb->mgr;
	if (mb->mgr->features & IMB_FEATURE_SHANI) {
		mb->few = alloc_mb_mgr(0);
		if (!mb->few)
			goto out;
		init_mb_mgr_sse(mb->few);
	}
	*ret_srtp = &mb->base;
	return 0;
out:
	destroy(&mb->base);
	return -ENOMEM;
}
