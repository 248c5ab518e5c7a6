/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Speech analytics of calls in progress: reads the energy tracks of both parties, aligns them in
 * time and feeds engine/speech frame by frame (see jf_speech.h for what the figures mean).
 *
 * A session is one caller with one agent, from the moment they are joined. Its state can be saved
 * with the call and goes on after a restart of control without counting a frame twice; frames that
 * were overwritten meanwhile (the tracks hold some seconds) are counted as missed, not as silence.
 *
 * Thread: the loop's. The loop calls jf_analytics_poll every JF_ANALYTICS_POLL_MS.
 */
#ifndef JF_ANALYTICS_H
#define JF_ANALYTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_media.h"
#include "jf_speech.h"

#define JF_ANALYTICS_POLL_MS 200u

/* Text of a saved session, with the terminating NUL. */
#define JF_ANALYTICS_TEXT_MAX 1024u

struct jf_analytics;
struct jf_analytics_session;

/* 0, -ENOMEM. media outlives it. */
int jf_analytics_create(struct jf_media *media, struct jf_analytics **ret_analytics);

/* Ends all sessions. May be NULL. */
void jf_analytics_destroy(struct jf_analytics *analytics);

/* Reads what is new of some sessions; all of them have had their turn after a second. */
void jf_analytics_poll(struct jf_analytics *analytics, uint64_t now_ns);

/*
 * Begins with the frames from joined_ns on. saved: what jf_analytics_save wrote before a restart,
 * or NULL. 0, -ENOMEM, -EINVAL (saved isn't what this version writes: begin with NULL then).
 */
int jf_analytics_start(struct jf_analytics *analytics, struct jf_media_ref caller,
                       struct jf_media_ref agent, uint64_t joined_ns, const char *saved,
                       struct jf_analytics_session **ret_session);

/* Frees the session; ask for its final result before. May be NULL. */
void jf_analytics_stop(struct jf_analytics_session *session);

/* As of the frames read so far; final: reads the rest first, while the endpoints are open. */
void jf_analytics_result(struct jf_analytics_session *session, bool final, uint64_t now_ns,
                         struct jf_speech_result *ret_result);

/* Frames of 20 ms that were overwritten before they were read. */
uint64_t jf_analytics_missed(const struct jf_analytics_session *session);

void jf_analytics_save(const struct jf_analytics_session *session,
                       char ret_text[JF_ANALYTICS_TEXT_MAX]);

#endif
