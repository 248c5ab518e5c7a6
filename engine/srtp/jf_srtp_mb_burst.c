// SPDX-License-Identifier: BSD-3-Clause
/*
 * The ipsec-mb backend on bursts of RTP. AES-CM: one run of tags over all packets, and one of
 * counter mode. AES-GCM does both at once, packet by packet, each of which waits for nothing that
 * another one does.
 *
 * What arrives is decrypted only when it is authentic, and only then its stream changes.
 */
#include "jf_srtp_mb_wide.h"

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

#define STREAM_LINES 5u  /* with keys of 256 bits one more */
#define AHEAD        10u /* packets whose streams are fetched */
#define AHEAD_REST   4u  /* and of which the suite is known already */

/* What packets of all suites read, before the suite is there to be asked. */
static inline void prefetch_stream(const struct mb *mb, uint32_t stream)
{
	const uint8_t *at = (const uint8_t *)&mb->streams[stream];

	__builtin_prefetch(at, 1);
	for (uint32_t line = 1; line < STREAM_LINES; line++)
		__builtin_prefetch(at + 64u * line);
}

/* What else its suite needs; of the library's AES-GCM, for packets of up to 192 octets. */
static inline void prefetch_rest(const struct mb *mb, uint32_t stream)
{
	const struct stream *s = &mb->streams[stream];
	const uint8_t *at, *powers;

	if (is_256(s->suite))
		__builtin_prefetch((const uint8_t *)s + 64u * STREAM_LINES);
	if (!is_library_gcm(mb, s->suite))
		return;
	at = (const uint8_t *)&mb->gcm[stream];
	powers = at + (size_t)64 * mb->gcm_hash_line;
	for (uint32_t line = 0; line < 4; line++) {
		__builtin_prefetch(at + 64u * line);
		__builtin_prefetch(powers + 64u * line);
	}
}

/* Before the first packet. */
static inline void prefetch_begin(const struct mb *mb, const struct jf_srtp_packet *packets,
                                  uint32_t n)
{
	for (uint32_t i = 0; i < n && i < AHEAD; i++)
		prefetch_stream(mb, packets[i].stream);
	for (uint32_t i = 0; i < n && i < AHEAD_REST; i++)
		prefetch_rest(mb, packets[i].stream);
}

/* Before packet i. */
static inline void prefetch_next(const struct mb *mb, const struct jf_srtp_packet *packets,
                                 uint32_t n, uint32_t i)
{
	if (i + AHEAD < n)
		prefetch_stream(mb, packets[i + AHEAD].stream);
	if (i + AHEAD_REST < n)
		prefetch_rest(mb, packets[i + AHEAD_REST].stream);
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

/* Of one of the two lengths that AES-CM has. */
static inline bool is_tag(const uint8_t *tag, const uint8_t *must, uint32_t length)
{
	return length == 4 ? jf_srtp_same(tag, must, 4) : jf_srtp_same(tag, must, 10);
}

static inline void put_tag(uint8_t *to, const uint8_t *tag, uint32_t length)
{
	if (length == 4)
		memcpy(to, tag, 4);
	else
		memcpy(to, tag, 10);
}

/* Only what is authentic changes its stream. */
static inline void conclude(struct mb *mb, const struct work *work, bool authentic)
{
	struct jf_srtp_packet *packet = work->packet;

	if (__builtin_expect(!authentic, 0)) {
		packet->verdict = JF_SRTP_AUTH;
	} else if (__builtin_expect(!commit(mb, work->stream, work->ssrc, work->index), 0)) {
		packet->verdict = JF_SRTP_REPLAY;
	} else {
		packet->verdict = JF_SRTP_OK;
		packet->length = work->body;
	}
}

/* AES-CM. Tags first; then what is authentic is decrypted. */
static void open_cm(struct mb *mb, struct work *const *works, uint32_t n)
{
	struct work *authentic[BURST];
	uint32_t n_authentic = 0;

	mb_tag_works(mb, works, n);
	for (uint32_t i = 0; i < n; i++) {
		struct work *work = works[i];

		work->authentic =
		        is_tag(work->packet->bytes + work->body, work->tag, work->stream->tag);
		if (work->authentic)
			authentic[n_authentic++] = work;
	}
	mb_cipher_works(mb, authentic, n_authentic);
	for (uint32_t i = 0; i < n; i++)
		conclude(mb, works[i], works[i]->authentic);
}

/* restore: another key may be tried, which needs what came; deciphering twice gives that. */
static inline void open_gcm(struct mb *mb, const struct work *work, bool restore)
{
	const struct jf_srtp_packet *packet = work->packet;
	uint8_t tag[16];
	bool authentic;

	if (__builtin_expect(mb->wide, 1)) {
		conclude(mb, work, mb_wide_gcm_open(work));
		return;
	}
	gcm(mb, work, false, tag);
	authentic = jf_srtp_same(packet->bytes + work->body, tag, 16);
	if (!authentic && restore)
		gcm(mb, work, true, tag);
	conclude(mb, work, authentic);
}

/* There is another key, or another index, under which its packets may be authentic. */
static inline bool has_alternative(const struct stream *s)
{
	return s->old != JF_SRTP_STREAM_NONE || s->flags & STREAM_TENTATIVE;
}

/* All of works once more, under the keys and indexes found for them. */
static void open_again(struct mb *mb, struct work *works, uint32_t n)
{
	struct work *by_cm[BURST];
	uint32_t n_cm = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (is_gcm(works[i].stream->suite))
			open_gcm(mb, &works[i], true);
		else
			by_cm[n_cm++] = &works[i];
	}
	open_cm(mb, by_cm, n_cm);
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
	open_again(mb, again, n_again);
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
	open_again(mb, again, n_again);
}

/* A burst that arrives, sorted. */
struct arrived {
	uint32_t n_cm, n_later, n_refused;
	struct work by_cm[BURST];
	struct jf_srtp_packet *later[BURST]; /* AES-CM whose index isn't known yet */
	struct work refused[BURST];          /* for which there is an alternative */
};

/* Of AES-GCM a packet is done with before the next one is looked at. */
static inline void arrive(struct mb *mb, struct jf_srtp_packet *packet, struct arrived *arrived)
{
	struct stream *s = &mb->streams[packet->stream];
	struct work work, *by_cm = &arrived->by_cm[arrived->n_cm];
	bool usual;

	if (is_gcm(s->suite)) {
		if (__builtin_expect(!prepare(mb, packet, s, &work, &usual), 0))
			return;
		open_gcm(mb, &work, has_alternative(s));
		if (__builtin_expect(packet->verdict == JF_SRTP_AUTH && has_alternative(s), 0))
			arrived->refused[arrived->n_refused++] = work;
		return;
	}
	if (__builtin_expect(!prepare(mb, packet, s, by_cm, &usual), 0))
		return;
	if (__builtin_expect(!usual && s->flags & STREAM_IN_FLIGHT, 0)) {
		arrived->later[arrived->n_later++] = packet;
		return;
	}
	s->flags |= STREAM_IN_FLIGHT;
	arrived->n_cm++;
}

/* What was gathered of AES-CM. */
static void open_gathered(struct mb *mb, struct arrived *arrived)
{
	struct work *works[BURST];

	for (uint32_t i = 0; i < arrived->n_cm; i++)
		works[i] = &arrived->by_cm[i];
	open_cm(mb, works, arrived->n_cm);
	for (uint32_t i = 0; i < arrived->n_cm; i++) {
		struct stream *s = works[i]->stream;

		s->flags &= ~STREAM_IN_FLIGHT;
		if (__builtin_expect(
		            works[i]->packet->verdict == JF_SRTP_AUTH && has_alternative(s), 0))
			arrived->refused[arrived->n_refused++] = *works[i];
	}
	arrived->n_cm = 0;
}

static void try_alternatives(struct mb *mb, struct arrived *arrived)
{
	try_old(mb, arrived->refused, arrived->n_refused);
	try_zero(mb, arrived->refused, arrived->n_refused);
	arrived->n_refused = 0;
}

static void unprotect_chunk(struct mb *mb, struct jf_srtp_packet *packets, uint32_t n)
{
	struct arrived arrived; /* its arrays are not to be cleared */
	bool usual;

	arrived.n_cm = arrived.n_later = arrived.n_refused = 0;
	prefetch_begin(mb, packets, n);
	for (uint32_t i = 0; i < n; i++) {
		prefetch_next(mb, packets, n, i);
		arrive(mb, &packets[i], &arrived);
	}
	if (arrived.n_cm)
		open_gathered(mb, &arrived);
	if (__builtin_expect(arrived.n_refused != 0, 0))
		try_alternatives(mb, &arrived);
	if (__builtin_expect(arrived.n_later == 0, 1))
		return;
	/* Once more is enough: of many such packets in one burst, at most one is the sender's. */
	for (uint32_t i = 0; i < arrived.n_later; i++) {
		struct jf_srtp_packet *packet = arrived.later[i];

		arrived.n_cm += prepare(mb, packet, &mb->streams[packet->stream],
		                        &arrived.by_cm[arrived.n_cm], &usual);
	}
	open_gathered(mb, &arrived);
	try_alternatives(mb, &arrived);
}

void mb_unprotect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t at = 0; at < n; at += BURST)
		unprotect_chunk(mb_of(srtp), packets + at, n - at < BURST ? n - at : BURST);
}

/* ---- Leaving -------------------------------------------------------------------------------- */

static inline void sealed(const struct work *work)
{
	work->packet->length += work->stream->tag;
	work->packet->verdict = JF_SRTP_OK;
}

static void seal_cm(struct mb *mb, struct work *works, uint32_t n)
{
	struct work *all[BURST];

	for (uint32_t i = 0; i < n; i++)
		all[i] = &works[i];
	mb_cipher_works(mb, all, n);
	mb_tag_works(mb, all, n);
	for (uint32_t i = 0; i < n; i++) {
		put_tag(works[i].packet->bytes + works[i].body, works[i].tag, works[i].stream->tag);
		sealed(&works[i]);
	}
}

static inline void seal_gcm(struct mb *mb, const struct work *work)
{
	if (__builtin_expect(mb->wide, 1))
		mb_wide_gcm_seal(work);
	else
		gcm(mb, work, true, work->packet->bytes + work->body);
	sealed(work);
}

/* Its index is used up: it is ours, and nothing speaks against counting it at once. */
static inline bool begin_sealing(struct mb *mb, struct jf_srtp_packet *packet, struct stream *s,
                                 struct work *ret_work)
{
	bool usual;

	if (__builtin_expect(!prepare(mb, packet, s, ret_work, &usual), 0))
		return false;
	if (__builtin_expect(packet->length > UINT16_MAX - JF_SRTP_TRAILER_MAX, 0)) {
		packet->verdict = JF_SRTP_MALFORMED;
		return false;
	}
	if (__builtin_expect(!commit(mb, s, ret_work->ssrc, ret_work->index), 0)) {
		packet->verdict = JF_SRTP_REPLAY;
		return false;
	}
	return true;
}

static void protect_chunk(struct mb *mb, struct jf_srtp_packet *packets, uint32_t n)
{
	struct work by_cm[BURST];
	uint32_t n_cm = 0;

	prefetch_begin(mb, packets, n);
	for (uint32_t i = 0; i < n; i++) {
		struct stream *s = &mb->streams[packets[i].stream];
		struct work work;

		prefetch_next(mb, packets, n, i);
		if (!is_gcm(s->suite))
			n_cm += begin_sealing(mb, &packets[i], s, &by_cm[n_cm]);
		else if (begin_sealing(mb, &packets[i], s, &work))
			seal_gcm(mb, &work);
	}
	if (n_cm)
		seal_cm(mb, by_cm, n_cm);
}

void mb_protect(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n)
{
	for (uint32_t at = 0; at < n; at += BURST)
		protect_chunk(mb_of(srtp), packets + at, n - at < BURST ? n - at : BURST);
}
