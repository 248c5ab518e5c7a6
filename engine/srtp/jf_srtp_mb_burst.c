// SPDX-License-Identifier: BSD-3-Clause
/*
 * The ipsec-mb backend on bursts of RTP: one run of tags over all packets, and one of counter mode.
 * Only the library's own AES-GCM, which does both at once, goes packet by packet.
 *
 * What arrives is decrypted only when it is authentic, and only then its stream changes.
 */
#include "jf_srtp_mb_priv.h"

/* The library's. Payload in place, header as associated data. */
static void gcm(struct mb *mb, const struct work *work, bool encrypt, uint8_t ret_tag[16])
{
	const struct stream *s = work->stream;
	const struct gcm_key_data *keys = &mb->gcm[s - mb->streams];
	uint8_t *header = work->packet->bytes, *payload = header + work->header;
	uint32_t length = work->body - work->header;
	uint8_t iv[16];

	_mm_storeu_si128((__m128i *)iv, gcm_iv(s->salt, work->ssrc, work->index));
	if (is_256(s->suite) && encrypt)
		IMB_AES256_GCM_ENC(mb->mgr, keys, &mb->gcm_context, payload, payload, length, iv,
		                   header, work->header, ret_tag, 16);
	else if (is_256(s->suite))
		IMB_AES256_GCM_DEC(mb->mgr, keys, &mb->gcm_context, payload, payload, length, iv,
		                   header, work->header, ret_tag, 16);
	else if (encrypt)
		IMB_AES128_GCM_ENC(mb->mgr, keys, &mb->gcm_context, payload, payload, length, iv,
		                   header, work->header, ret_tag, 16);
	else
		IMB_AES128_GCM_DEC(mb->mgr, keys, &mb->gcm_context, payload, payload, length, iv,
		                   header, work->header, ret_tag, 16);
}

/* ---- Fetching ahead ------------------------------------------------------------------------- */

#define STREAM_LINES 5u /* with keys of 256 bits one more */

/* What packets of all suites read, before the suite is there to be asked. */
static inline void prefetch_stream(const struct mb *mb, uint32_t stream)
{
	const uint8_t *at = (const uint8_t *)&mb->streams[stream];

	__builtin_prefetch(at, 1);
	for (uint32_t line = 1; line < STREAM_LINES; line++)
		__builtin_prefetch(at + 64u * line);
}

/* What else its suite needs; of the library's AES-GCM, for packets of up to 192 octets. */
static inline void prefetch_rest(const struct mb *mb, const struct stream *s)
{
	const uint8_t *at, *powers;

	if (is_256(s->suite))
		__builtin_prefetch((const uint8_t *)s + 64u * STREAM_LINES);
	if (!is_library_gcm(mb, s->suite))
		return;
	at = (const uint8_t *)&mb->gcm[s - mb->streams];
	powers = at + (size_t)64 * mb->gcm_hash_line;
	for (uint32_t line = 0; line < 4; line++) {
		__builtin_prefetch(at + 64u * line);
		__builtin_prefetch(powers + 64u * line);
	}
}

/* ---- Sources -------------------------------------------------------------------------------- */

/* The numbers of an SSRC that is known, or NULL. */
static inline struct jf_srtp_source *find_source(struct mb *mb, struct stream *s, uint32_t ssrc)
{
	struct jf_srtp_source *past;

	if (__builtin_expect(s->source.used && s->source.ssrc == ssrc, 1))
		return &s->source;
	past = mb->cold[s - mb->streams].past;
	for (uint32_t i = 0; i < PAST_RTP; i++)
		if (past[i].used && past[i].ssrc == ssrc)
			return &past[i];
	return NULL;
}

/* Makes the source of ssrc the one that flows; the one that did is remembered. */
static void switch_source(struct mb *mb, struct stream *s, uint32_t ssrc)
{
	struct jf_srtp_source *known = find_source(mb, s, ssrc), last = s->source;

	if (known) {
		s->source = *known;
		*known = last;
		return;
	}
	if (last.used && !(s->flags & STREAM_TENTATIVE))
		mb->cold[s - mb->streams].past[s->past++ % PAST_RTP] = last;
	s->flags &= ~STREAM_TENTATIVE;
	memset(&s->source, 0, sizeof(s->source));
	s->source.ssrc = ssrc;
}

/* An authentic packet, or one to send: its index is used up. false: it was before. */
static inline bool commit(struct mb *mb, struct stream *s, uint32_t ssrc, uint64_t index)
{
	if (__builtin_expect(!s->source.used || s->source.ssrc != ssrc, 0))
		switch_source(mb, s, ssrc);
	if (__builtin_expect(s->flags & STREAM_TENTATIVE, 0)) {
		s->flags &= ~STREAM_TENTATIVE;
		s->source.used = 0; /* the numbers seen were under the key before */
	}
	if (jf_srtp_is_replay(&s->source, index))
		return false;
	jf_srtp_saw(&s->source, index);
	return true;
}

/*
 * What the packet is about; false: its verdict is known. *ret_usual: its index is the same whether
 * or not packets before it in the burst are authentic.
 */
static inline bool prepare(struct mb *mb, struct jf_srtp_packet *packet, struct stream *s,
                           struct work *ret_work, bool *ret_usual)
{
	uint16_t header = jf_srtp_header_length(packet->bytes, packet->length);
	uint16_t tag = s->flags & STREAM_TX ? 0 : s->tag;
	struct jf_srtp_source *source;
	uint16_t sequence;

	*ret_usual = true;
	if (__builtin_expect(header == 0 || header + tag > packet->length, 0)) {
		packet->verdict = JF_SRTP_MALFORMED;
		return false;
	}
	if (__builtin_expect(s->suite == JF_SRTP_NONE, 0)) {
		packet->verdict = JF_SRTP_AUTH;
		return false;
	}
	sequence = jf_srtp_load16(packet->bytes + 2);
	ret_work->packet = packet;
	ret_work->stream = s;
	ret_work->ssrc = jf_srtp_load32(packet->bytes + 8);
	ret_work->header = header;
	ret_work->body = (uint16_t)(packet->length - tag);
	source = find_source(mb, s, ret_work->ssrc);
	ret_work->index = source ? jf_srtp_estimate(source->highest, sequence) : sequence;
	if (__builtin_expect(ret_work->index > INDEX_MAX, 0)) {
		packet->verdict = JF_SRTP_EXPIRED;
		return false;
	}
	*ret_usual = source == &s->source && !(s->flags & STREAM_TENTATIVE) &&
	             ret_work->index - source->highest + 0x4000 < 0x8000;
	if (source && !(s->flags & STREAM_TENTATIVE) &&
	    jf_srtp_is_replay(source, ret_work->index)) {
		packet->verdict = JF_SRTP_REPLAY;
		return false;
	}
	return true;
}

/* ---- Arriving ------------------------------------------------------------------------------- */

/* Those whose tags and payloads are two runs. How many they are. */
static uint32_t pick_runs(const struct mb *mb, struct work *works, uint32_t n,
                          struct work **ret_runs)
{
	uint32_t n_runs = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!is_library_gcm(mb, works[i].stream->suite))
			ret_runs[n_runs++] = &works[i];
	return n_runs;
}

/* Of one of the three lengths that there are. */
static inline bool is_tag(const uint8_t *tag, const uint8_t *must, uint32_t length)
{
	switch (length) {
	case 4:
		return jf_srtp_same(tag, must, 4);
	case 10:
		return jf_srtp_same(tag, must, 10);
	default:
		return jf_srtp_same(tag, must, 16);
	}
}

static inline void put_tag(uint8_t *to, const uint8_t *tag, uint32_t length)
{
	switch (length) {
	case 4:
		memcpy(to, tag, 4);
		break;
	case 10:
		memcpy(to, tag, 10);
		break;
	default:
		memcpy(to, tag, 16);
	}
}

/* Tags first; then what is authentic is decrypted. */
static void open_runs(struct mb *mb, struct work **runs, uint32_t n)
{
	uint32_t n_authentic = 0;

	mb_tag_works(mb, runs, n);
	for (uint32_t i = 0; i < n; i++) {
		struct work *work = runs[i];

		work->authentic =
		        is_tag(work->packet->bytes + work->body, work->tag, work->stream->tag);
		if (work->authentic)
			runs[n_authentic++] = work;
	}
	mb_cipher_works(mb, runs, n_authentic);
}

/* restore: another key may be tried, which needs what came; deciphering twice gives that. */
static void open_gcm(struct mb *mb, struct work *work, bool restore)
{
	const struct jf_srtp_packet *packet = work->packet;

	gcm(mb, work, false, work->tag);
	work->authentic = jf_srtp_same(packet->bytes + work->body, work->tag, 16);
	if (!work->authentic && restore)
		gcm(mb, work, true, work->tag);
}

/* There is another key, or another index, under which its packets may be authentic. */
static inline bool has_alternative(const struct stream *s)
{
	return s->old != JF_SRTP_STREAM_NONE || s->flags & STREAM_TENTATIVE;
}

/* All of works under the keys and indexes found for them. again: not for the first time. */
static void unprotect_pass(struct mb *mb, struct work *works, uint32_t n, bool again)
{
	struct work *runs[BURST];
	uint32_t n_runs = pick_runs(mb, works, n, runs);

	if (n_runs)
		open_runs(mb, runs, n_runs);
	if (n_runs < n)
		for (uint32_t i = 0; i < n; i++)
			if (is_library_gcm(mb, works[i].stream->suite))
				open_gcm(mb, &works[i], again || has_alternative(works[i].stream));
	for (uint32_t i = 0; i < n; i++) {
		struct work *work = &works[i];
		struct jf_srtp_packet *packet = work->packet;

		if (!work->authentic) {
			packet->verdict = JF_SRTP_AUTH;
		} else if (!commit(mb, work->stream, work->ssrc, work->index)) {
			packet->verdict = JF_SRTP_REPLAY;
		} else {
			packet->verdict = JF_SRTP_OK;
			packet->length = work->body;
		}
	}
}

/* Those that are not authentic, under the key before. */
static void try_old(struct mb *mb, const struct work *works, uint32_t n)
{
	struct work again[BURST];
	uint32_t n_again = 0;
	bool usual;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t old = works[i].stream->old;

		if (works[i].packet->verdict == JF_SRTP_AUTH && old != JF_SRTP_STREAM_NONE)
			n_again += prepare(mb, works[i].packet, &mb->streams[old], &again[n_again],
			                   &usual);
	}
	unprotect_pass(mb, again, n_again, true);
}

/* Those that are not, under a new key whose roll-over counter began anew. */
static void try_zero(struct mb *mb, const struct work *works, uint32_t n)
{
	struct work again[BURST];
	uint32_t n_again = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (works[i].packet->verdict != JF_SRTP_AUTH || works[i].index <= 0xffff ||
		    !(works[i].stream->flags & STREAM_TENTATIVE))
			continue;
		again[n_again] = works[i];
		again[n_again++].index &= 0xffff;
	}
	unprotect_pass(mb, again, n_again, true);
}

static void unprotect_works(struct mb *mb, struct work *works, uint32_t n)
{
	bool try_again = false;

	unprotect_pass(mb, works, n, false);
	for (uint32_t i = 0; i < n; i++) {
		struct stream *s = works[i].stream;

		s->flags &= ~STREAM_IN_FLIGHT;
		try_again |= works[i].packet->verdict == JF_SRTP_AUTH && has_alternative(s);
	}
	if (__builtin_expect(!try_again, 1))
		return;
	try_old(mb, works, n);
	try_zero(mb, works, n);
}

static void unprotect_chunk(struct mb *mb, struct jf_srtp_packet *packets, uint32_t n)
{
	struct jf_srtp_packet *later[BURST];
	struct work works[BURST];
	uint32_t n_works = 0, n_later = 0;
	bool usual;

	for (uint32_t i = 0; i < n; i++)
		prefetch_stream(mb, packets[i].stream);
	for (uint32_t i = 0; i < n; i++) {
		struct stream *s = &mb->streams[packets[i].stream];

		prefetch_rest(mb, s);
		if (!prepare(mb, &packets[i], s, &works[n_works], &usual))
			continue;
		if (__builtin_expect(!usual && s->flags & STREAM_IN_FLIGHT, 0)) {
			later[n_later++] = &packets[i];
			continue;
		}
		s->flags |= STREAM_IN_FLIGHT;
		n_works++;
	}
	unprotect_works(mb, works, n_works);
	if (__builtin_expect(n_later == 0, 1))
		return;
	/* Once more is enough: of many such packets in one burst, at most one is the sender's. */
	n_works = 0;
	for (uint32_t i = 0; i < n_later; i++)
		n_works += prepare(mb, later[i], &mb->streams[later[i]->stream], &works[n_works],
		                   &usual);
	unprotect_works(mb, works, n_works);
}

void mb_unprotect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t at = 0; at < n; at += BURST)
		unprotect_chunk(mb_of(srtp), packets + at, n - at < BURST ? n - at : BURST);
}

/* ---- Leaving -------------------------------------------------------------------------------- */

static void seal(struct mb *mb, struct work *works, uint32_t n)
{
	struct work *runs[BURST];
	uint32_t n_runs = pick_runs(mb, works, n, runs);

	if (n_runs) {
		mb_cipher_works(mb, runs, n_runs);
		mb_tag_works(mb, runs, n_runs);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct work *work = &works[i];
		struct jf_srtp_packet *packet = work->packet;
		const struct stream *s = work->stream;

		if (is_library_gcm(mb, s->suite))
			gcm(mb, work, true, work->tag);
		put_tag(packet->bytes + work->body, work->tag, s->tag);
		packet->length += s->tag;
		packet->verdict = JF_SRTP_OK;
	}
}

static void protect_chunk(struct mb *mb, struct jf_srtp_packet *packets, uint32_t n)
{
	struct work works[BURST];
	uint32_t n_works = 0;
	bool usual;

	for (uint32_t i = 0; i < n; i++)
		prefetch_stream(mb, packets[i].stream);
	for (uint32_t i = 0; i < n; i++) {
		struct stream *s = &mb->streams[packets[i].stream];

		prefetch_rest(mb, s);
		if (!prepare(mb, &packets[i], s, &works[n_works], &usual))
			continue;
		if (packets[i].length > UINT16_MAX - JF_SRTP_TRAILER_MAX) {
			packets[i].verdict = JF_SRTP_MALFORMED;
			continue;
		}
		/* it is ours: nothing speaks against counting it at once */
		if (!commit(mb, s, works[n_works].ssrc, works[n_works].index))
			packets[i].verdict = JF_SRTP_REPLAY;
		else
			n_works++;
	}
	seal(mb, works, n_works);
}

void mb_protect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t at = 0; at < n; at += BURST)
		protect_chunk(mb_of(srtp), packets + at, n - at < BURST ? n - at : BURST);
}
