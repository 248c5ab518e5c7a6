/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of who spoke: segments, and the recordings. Part of jf_call_priv.h. */
#ifndef JF_CALL_FILES_PRIV_H
#define JF_CALL_FILES_PRIV_H

#include "jf_call_priv.h"

/* jf_call_segments.c: what is noted of those who served. */
void jf_call_attempt_note(struct jf_call_party *party, uint64_t now_ns);
void jf_call_segment_begin(struct jf_call_party *party, enum jf_call_came came, uint64_t now_ns);
void jf_call_segment_mode(struct jf_call_party *party, enum jf_call_mode mode, uint64_t now_ns);
void jf_call_segment_end(struct jf_call_party *party, const char *went, uint64_t now_ns);
/* Those that are over and those that last. */
void jf_call_segments_put(struct jf_json_writer *w, const struct jf_call *call, uint64_t now_ns);
/* Who is heard on a channel of the recording from now on. */
void jf_call_channel_note(json_t **channel, const struct jf_call_party *party, uint64_t now_ns);

/* jf_call_aside.c: what agent and third party say to each other. */
/* Begun and ended as the call is; the recording that is open, or NULL. */
const struct jf_media_ref *jf_call_aside_follow(struct jf_call *call, uint64_t now_ns);
bool jf_call_aside_end(struct jf_call *call); /* true: one is still to be closed */
bool jf_call_aside_recorded(struct jf_call *call, const struct jf_media_event *event);
json_t *jf_call_asides_json(const struct jf_call *call); /* all of them */
json_t *jf_call_aside_row(const struct jf_call *call);   /* the open one, NULL: there is none */
void jf_call_aside_adopt(struct jf_call *call, const json_t *row);
void jf_call_asides_free(struct jf_call *call);

/* jf_call_taps.c: who is heard in which file. */
void jf_call_taps_settle(struct jf_call *call, uint64_t now_ns);

#endif
