// SPDX-License-Identifier: BSD-3-Clause
#include "jf_stream_json.h"

#include "jf_emodel.h"

/* Decimals shown: more would only look exact. */
#define RATIO 4u
#define MS    3u
#define MOS   2u
#define R     1u

static void put_rating(struct jf_json_writer *w, enum jf_codec codec,
                       const struct jf_emodel_counts *counts, double mos_min)
{
	struct jf_emodel_rating rating;

	if (!jf_emodel_rate_counts(codec, counts, &rating))
		return;
	jf_json_put_decimal(w, "r_factor", rating.r, R);
	jf_json_put_decimal(w, "mos", rating.mos, MOS);
	jf_json_put_decimal(w, "mos_min",
	                    mos_min > 0 && mos_min < rating.mos ? mos_min : rating.mos, MOS);
	jf_json_put_text(w, "mos_scale", rating.wideband ? "wideband" : "narrowband");
}

/* What the party gets of what we send. */
static void put_reported(struct jf_json_writer *w, const struct jf_media_stream *stream,
                         double round_trip_ms)
{
	uint64_t sent = stream->tx_packets;
	uint64_t lost = stream->remote_lost < sent ? stream->remote_lost : sent;
	const struct jf_emodel_counts counts = {
	        .expected = sent,
	        .lost = lost,
	        .loss_runs = lost, /* not told: taken as each by itself */
	        .jitter_ms = stream->remote_jitter_ms,
	        .round_trip_ms = round_trip_ms,
	};
	struct jf_emodel_rating rating;

	jf_json_put_object(w, "reported");
	jf_json_put_integer(w, "lost", (int64_t)stream->remote_lost);
	jf_json_put_decimal(w, "loss", sent ? (double)lost / (double)sent : 0, RATIO);
	jf_json_put_decimal(w, "jitter_ms", stream->remote_jitter_ms, MS);
	if (jf_emodel_rate_counts(stream->codec, &counts, &rating))
		jf_json_put_decimal(w, "mos", rating.mos, MOS);
	jf_json_put_object_end(w);
}

static void put_drops(struct jf_json_writer *w, const struct jf_media_stream *stream)
{
	jf_json_put_object(w, "drops");
	for (unsigned int i = 0; i < JF_MEDIA_DROPS; i++)
		if (stream->drops[i] && jf_media_drop_name(i))
			jf_json_put_integer(w, jf_media_drop_name(i), (int64_t)stream->drops[i]);
	jf_json_put_object_end(w);
}

/* Nothing, if its audio was never mixed, or nothing is to be said of that. */
static void put_buffer(struct jf_json_writer *w, const struct jf_media_stream *stream)
{
	if (!stream->buffer_depth_ms && !stream->buffer_late && !stream->buffer_lost &&
	    !stream->buffer_concealed_ms)
		return;
	jf_json_put_object(w, "jitter_buffer");
	jf_json_put_integer(w, "late", (int64_t)stream->buffer_late);
	jf_json_put_integer(w, "lost", (int64_t)stream->buffer_lost);
	jf_json_put_integer(w, "concealed_ms", (int64_t)stream->buffer_concealed_ms);
	jf_json_put_integer(w, "depth_ms", stream->buffer_depth_ms);
	jf_json_put_object_end(w);
}

static void put_counts(struct jf_json_writer *w, const struct jf_media_stream *stream)
{
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = {
	        {"packets", stream->packets},
	        {"octets", stream->octets},
	        {"lost", stream->lost},
	        {"loss_runs", stream->loss_runs},
	        {"duplicates", stream->duplicates},
	        {"reordered", stream->reordered},
	        {"ssrc_changes", stream->ssrc_changes},
	        {"sent", stream->tx_packets},
	        {"rtcp_received", stream->rtcp_received},
	        {"rtcp_sent", stream->rtcp_sent},
	};

	for (unsigned int i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		jf_json_put_integer(w, counts[i].key, (int64_t)counts[i].value);
}

static void put_figures(struct jf_json_writer *w, const struct jf_media_stream *stream)
{
	const struct jf_emodel_counts counts = {
	        .expected = stream->packets - stream->duplicates + stream->lost,
	        .lost = stream->lost,
	        .loss_runs = stream->loss_runs,
	        .jitter_ms = stream->jitter_ms,
	        .round_trip_ms = stream->round_trip_ms > 0 ? stream->round_trip_ms : 0,
	};

	jf_json_put_text(w, "codec", jf_codec_name(stream->codec));
	put_counts(w, stream);
	jf_json_put_decimal(w, "loss",
	                    counts.expected ? (double)counts.lost / (double)counts.expected : 0,
	                    RATIO);
	jf_json_put_decimal(w, "burst_ratio",
	                    jf_emodel_burst_ratio(counts.expected, counts.lost, counts.loss_runs),
	                    MOS);
	jf_json_put_decimal(w, "jitter_ms", stream->jitter_ms, MS);
	if (stream->round_trip_ms >= 0)
		jf_json_put_decimal(w, "round_trip_ms", stream->round_trip_ms, MS);
	if (stream->keyframes_asked)
		jf_json_put_integer(w, "keyframes_asked", (int64_t)stream->keyframes_asked);
	if (stream->keyframes_told)
		jf_json_put_integer(w, "keyframes_told", (int64_t)stream->keyframes_told);
	if (stream->suite != JF_SRTP_NONE)
		jf_json_put_text(w, "srtp", jf_srtp_suite_info(stream->suite)->name);
	put_rating(w, stream->codec, &counts, stream->mos_min);
	if (stream->remote_reported)
		put_reported(w, stream, counts.round_trip_ms);
	put_buffer(w, stream);
	put_drops(w, stream);
}

void jf_stream_put(struct jf_json_writer *w, const char *key, const struct jf_media_stream *stream)
{
	jf_json_put_object(w, key);
	put_figures(w, stream);
	jf_json_put_object_end(w);
}

json_t *jf_stream_json(const struct jf_media_stream *stream)
{
	struct jf_json_writer w;

	jf_json_write(&w);
	put_figures(&w, stream);
	return jf_json_written_tree(&w);
}
