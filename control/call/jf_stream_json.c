// SPDX-License-Identifier: BSD-3-Clause
#include "jf_stream_json.h"

#include <math.h>

#include "jf_emodel.h"

/* Shown with so many decimals; more would only look exact. */
#define RATIO_STEPS 10000.0
#define MS_STEPS    1000.0
#define MOS_STEPS   100.0
#define R_STEPS     10.0

static json_t *rounded(double value, double steps)
{
	return json_real(round(value * steps) / steps);
}

static void set_rating(json_t *json, enum jf_codec codec, const struct jf_emodel_counts *counts,
                       double mos_min)
{
	struct jf_emodel_rating rating;

	if (!jf_emodel_rate_counts(codec, counts, &rating))
		return;
	json_object_set_new(json, "r_factor", rounded(rating.r, R_STEPS));
	json_object_set_new(json, "mos", rounded(rating.mos, MOS_STEPS));
	json_object_set_new(
	        json, "mos_min",
	        rounded(mos_min > 0 && mos_min < rating.mos ? mos_min : rating.mos, MOS_STEPS));
	json_object_set_new(json, "mos_scale",
	                    json_string(rating.wideband ? "wideband" : "narrowband"));
}

/* What the party gets of what we send. */
static json_t *reported_json(const struct jf_media_stream *stream, double round_trip_ms)
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
	json_t *json = json_pack("{s:I}", "lost", (json_int_t)stream->remote_lost);

	json_object_set_new(json, "loss",
	                    rounded(sent ? (double)lost / (double)sent : 0, RATIO_STEPS));
	json_object_set_new(json, "jitter_ms", rounded(stream->remote_jitter_ms, MS_STEPS));
	if (jf_emodel_rate_counts(stream->codec, &counts, &rating))
		json_object_set_new(json, "mos", rounded(rating.mos, MOS_STEPS));
	return json;
}

static json_t *drops_json(const struct jf_media_stream *stream)
{
	json_t *drops = json_object();

	for (unsigned int i = 0; i < JF_MEDIA_DROPS; i++)
		if (stream->drops[i] && jf_media_drop_name(i))
			json_object_set_new(drops, jf_media_drop_name(i),
			                    json_integer((json_int_t)stream->drops[i]));
	return drops;
}

/* NULL: its audio was never mixed, or nothing is to be said of that. */
static json_t *buffer_json(const struct jf_media_stream *stream)
{
	if (!stream->buffer_depth_ms && !stream->buffer_late && !stream->buffer_lost &&
	    !stream->buffer_concealed_ms)
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:i}", "late", (json_int_t)stream->buffer_late, "lost",
	                 (json_int_t)stream->buffer_lost, "concealed_ms",
	                 (json_int_t)stream->buffer_concealed_ms, "depth_ms",
	                 (int)stream->buffer_depth_ms);
}

json_t *jf_stream_json(const struct jf_media_stream *stream)
{
	const struct jf_emodel_counts counts = {
	        .expected = stream->packets - stream->duplicates + stream->lost,
	        .lost = stream->lost,
	        .loss_runs = stream->loss_runs,
	        .jitter_ms = stream->jitter_ms,
	        .round_trip_ms = stream->round_trip_ms > 0 ? stream->round_trip_ms : 0,
	};
	json_t *json = json_pack(
	        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "codec",
	        jf_codec_name(stream->codec), "packets", (json_int_t)stream->packets, "octets",
	        (json_int_t)stream->octets, "lost", (json_int_t)stream->lost, "loss_runs",
	        (json_int_t)stream->loss_runs, "duplicates", (json_int_t)stream->duplicates,
	        "reordered", (json_int_t)stream->reordered, "ssrc_changes",
	        (json_int_t)stream->ssrc_changes, "sent", (json_int_t)stream->tx_packets,
	        "rtcp_received", (json_int_t)stream->rtcp_received, "rtcp_sent",
	        (json_int_t)stream->rtcp_sent);

	if (!json)
		return NULL;
	json_object_set_new(
	        json, "loss",
	        rounded(counts.expected ? (double)counts.lost / (double)counts.expected : 0,
	                RATIO_STEPS));
	json_object_set_new(
	        json, "burst_ratio",
	        rounded(jf_emodel_burst_ratio(counts.expected, counts.lost, counts.loss_runs),
	                MOS_STEPS));
	json_object_set_new(json, "jitter_ms", rounded(stream->jitter_ms, MS_STEPS));
	if (stream->round_trip_ms >= 0)
		json_object_set_new(json, "round_trip_ms",
		                    rounded(stream->round_trip_ms, MS_STEPS));
	if (stream->keyframes_asked)
		json_object_set_new(json, "keyframes_asked",
		                    json_integer((json_int_t)stream->keyframes_asked));
	if (stream->keyframes_told)
		json_object_set_new(json, "keyframes_told",
		                    json_integer((json_int_t)stream->keyframes_told));
	if (stream->suite != JF_SRTP_NONE)
		json_object_set_new(json, "srtp",
		                    json_string(jf_srtp_suite_info(stream->suite)->name));
	set_rating(json, stream->codec, &counts, stream->mos_min);
	if (stream->remote_reported)
		json_object_set_new(json, "reported", reported_json(stream, counts.round_trip_ms));
	json_object_set_new(json, "jitter_buffer", buffer_json(stream)); /* or nothing */
	json_object_set_new(json, "drops", drops_json(stream));
	return json;
}
