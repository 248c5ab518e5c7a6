/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The figures of one leg's media as JSON, the same in a call's record, in `jf streams` and in
 * `jf stream`: what came from the party and how it would sound (ITU-T G.107), and under "reported"
 * what the party reported by RTCP about what it gets.
 *
 *   packets octets lost loss loss_runs burst_ratio duplicates reordered jitter_ms ssrc_changes
 *   round_trip_ms            if RTCP has told it
 *   r_factor mos mos_min     if the codec can be rated; mos_min: of the worst ten seconds
 *   mos_scale                "narrowband" or "wideband": which codecs a MOS may be compared with
 *   codec srtp               srtp: the suite, if there is one
 *   sent rtcp_received rtcp_sent
 *   keyframes_asked          of video, by RTCP: whole pictures that the party asked us for,
 *   keyframes_told           and that we asked it for; if there were any
 *   reported {lost loss jitter_ms mos}
 *   jitter_buffer {late lost concealed_ms depth_ms}
 *                            where the party's audio is mixed: packets too late, frames with a
 *                            gap, what was made up, how long audio waits now
 *   drops {name: count}
 *
 * A loss is a part of one; the reported MOS takes its losses as random, because RTCP does not tell
 * their bursts.
 */
#ifndef JF_STREAM_JSON_H
#define JF_STREAM_JSON_H

#include <jansson.h>

#include "jf_json.h"
#include "jf_media.h"

/* As a member of the object. */
void jf_stream_put(struct jf_json_writer *w, const char *key, const struct jf_media_stream *stream);

/* As a tree. NULL: out of memory. */
json_t *jf_stream_json(const struct jf_media_stream *stream);

#endif
