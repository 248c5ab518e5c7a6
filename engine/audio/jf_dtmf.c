// SPDX-License-Identifier: BSD-3-Clause
#include "jf_dtmf_priv.h"

#include <string.h>

#include "jf_g711.h"

/* What is older than what is known by less than this came late; by more, the sender began anew. */
#define LATE_TS 8000

#define LINEAR_MAX 480u /* samples that are made codes at a time */

void jf_dtmf_batch_init(struct jf_dtmf_batch *batch, jf_dtmf_heard *heard, void *user)
{
	memset(batch, 0, sizeof(*batch));
	batch->heard = heard;
	batch->user = user;
}

/* ---- What blocks say, one after the other, about a stream --------------------------------- */

static void tell(struct jf_dtmf_batch *batch, const struct jf_dtmf *stream, uint32_t token,
                 enum jf_dtmf_kind kind, uint8_t volume)
{
	const struct jf_dtmf_news news = {.begin_ts = stream->begin_ts,
	                                  .duration_ts = stream->end_ts - stream->begin_ts,
	                                  .kind = (uint8_t)kind,
	                                  .event = (uint8_t)(stream->digit - 1),
	                                  .volume = volume};

	batch->heard(batch->user, token, &news);
}

static void tell_heard(struct jf_dtmf_batch *batch, uint32_t token, uint32_t block_ts,
                       uint8_t digit, uint8_t volume)
{
	const struct jf_dtmf_news news = {.begin_ts = block_ts,
	                                  .duration_ts = JF_DTMF_BLOCK,
	                                  .kind = JF_DTMF_HEARD,
	                                  .event = (uint8_t)(digit - 1),
	                                  .volume = volume};

	batch->heard(batch->user, token, &news);
}

static void release(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token)
{
	if (stream->digit)
		tell(batch, stream, token, JF_DTMF_RELEASED, 0);
	stream->digit = 0;
}

/*
 * One block has been looked at. It changes what is known only together with the one before: both
 * differ from the press that is known (or from silence). If they agree, that is a press; if not,
 * or if it was silence, none is known, and the next one starts from nothing.
 */
static void step(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                 uint32_t block_ts, uint8_t digit, uint8_t volume)
{
	if (digit && digit == stream->digit) {
		stream->end_ts = block_ts + JF_DTMF_BLOCK;
		tell(batch, stream, token, JF_DTMF_HELD, volume);
	} else if (digit && digit == stream->last) {
		release(batch, stream, token);
		stream->digit = digit;
		stream->begin_ts = stream->heard_ts;
		stream->end_ts = block_ts + JF_DTMF_BLOCK;
		tell(batch, stream, token, JF_DTMF_PRESSED, volume);
	} else {
		bool changed = digit != stream->digit && stream->last != stream->digit;

		if (changed)
			release(batch, stream, token);
		if (digit)
			tell_heard(batch, token, block_ts, digit, volume);
		if (changed)
			digit = 0;
	}
	stream->last = digit;
	stream->heard_ts = block_ts;
}

/* ---- Cutting packets into blocks ---------------------------------------------------------- */

void jf_dtmf_flush(struct jf_dtmf_batch *batch)
{
	uint8_t digits[JF_DTMF_LANES], volumes[JF_DTMF_LANES];
	uint32_t count = batch->count;

	if (count == 0)
		return;
	batch->count = 0;
	jf_dtmf_blocks_best((const uint8_t(*)[JF_DTMF_ROW])batch->rows, batch->laws, count, digits,
	                    volumes);
	for (uint32_t i = 0; i < count; i++) {
		struct jf_dtmf *stream = batch->jobs[i].stream;

		/* nothing, and nothing before: so it is nearly always */
		if (digits[i] | stream->last | stream->digit)
			step(batch, stream, batch->jobs[i].token, batch->jobs[i].begin_ts,
			     digits[i], volumes[i]);
	}
}

/* Samples are missing, or the sender began anew. false: the packet is late. */
static bool resume(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                   uint32_t timestamp)
{
	int32_t ahead = (int32_t)(timestamp - stream->next_ts);

	if (!stream->known) {
		stream->known = true;
		return true;
	}
	if (ahead < 0 && ahead > -LATE_TS)
		return false;
	if (ahead < 0 || (uint32_t)ahead >= JF_DTMF_GAP_MAX) {
		jf_dtmf_flush(batch); /* what came before is told before */
		release(batch, stream, token);
		stream->last = 0;
	}
	stream->fill = 0;
	return true;
}

void jf_dtmf_feed(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                  uint32_t timestamp, enum jf_law law, const uint8_t *codes, size_t n)
{
	uint32_t block_ts;

	if (__builtin_expect(timestamp != stream->next_ts || !stream->known, 0) &&
	    !resume(batch, stream, token, timestamp))
		return;
	if (__builtin_expect(law != stream->law, 0)) {
		stream->law = (uint8_t)law;
		stream->fill = 0;
	}
	stream->next_ts = timestamp + (uint32_t)n;
	block_ts = timestamp - stream->fill;
	while (stream->fill + n >= JF_DTMF_BLOCK) {
		uint32_t i = batch->count++;
		size_t missing = JF_DTMF_BLOCK - stream->fill;

		memcpy(batch->rows[i], stream->codes, sizeof(stream->codes));
		memcpy(batch->rows[i] + stream->fill, codes, missing);
		batch->laws[i] = stream->law;
		batch->jobs[i].stream = stream;
		batch->jobs[i].token = token;
		batch->jobs[i].begin_ts = block_ts;
		stream->fill = 0;
		codes += missing;
		n -= missing;
		block_ts += JF_DTMF_BLOCK;
		if (batch->count == JF_DTMF_LANES)
			jf_dtmf_flush(batch);
	}
	memcpy(stream->codes + stream->fill, codes, n);
	stream->fill = (uint8_t)(stream->fill + n);
}

void jf_dtmf_feed_linear(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                         uint32_t timestamp, const int16_t *samples, size_t n)
{
	uint8_t codes[LINEAR_MAX];

	while (n) {
		size_t take = n < LINEAR_MAX ? n : LINEAR_MAX;

		jf_g711_encode_block(JF_LAW_PCMU, samples, take, codes);
		jf_dtmf_feed(batch, stream, token, timestamp, JF_LAW_PCMU, codes, take);
		samples += take;
		timestamp += (uint32_t)take;
		n -= take;
	}
}
