/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A message left by a caller: a greeting, a beep, then what it says, until it presses #, says
 * nothing for a while, hangs up, or the message is as long as one may be. Silence is told from the
 * energy of the caller's line, over its noise (jf_speech.h).
 *
 * Pure: events and levels in, what to do out.
 */
#ifndef JF_VOICEMAIL_H
#define JF_VOICEMAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_speech.h"

#define JF_VOICEMAIL_LOOK_MS 200u /* levels are to be handed in so often */

#define JF_VOICEMAIL_STATES(X)                                                                     \
	X(GREETING, "greeting")                                                                    \
	X(BEEP, "beep")                                                                            \
	X(RECORDING, "recording")                                                                  \
	X(ENDING, "ending") /* a last word is said */                                              \
	X(DONE, "done")

enum jf_voicemail_state {
#define X(name, text) JF_VOICEMAIL_##name,
	JF_VOICEMAIL_STATES(X)
#undef X
	        JF_VOICEMAIL_STATE_COUNT
};

#define JF_VOICEMAIL_EVENTS(X)                                                                     \
	X(PLAYED, "played") /* also: it could not be */                                            \
	X(KEY, "key")       /* # */                                                                \
	X(SILENT, "silent")                                                                        \
	X(FULL, "full")                                                                            \
	X(GONE, "gone") /* the caller hung up */

enum jf_voicemail_event {
#define X(name, text) JF_VOICEMAIL_EVENT_##name,
	JF_VOICEMAIL_EVENTS(X)
#undef X
	        JF_VOICEMAIL_EVENT_COUNT
};

/* Bits; in this order. */
enum jf_voicemail_do {
	JF_VOICEMAIL_DO_GREET = 1,
	JF_VOICEMAIL_DO_BEEP = 2,
	JF_VOICEMAIL_DO_RECORD = 4,
	JF_VOICEMAIL_DO_STOP = 8, /* the recording is at its end */
	JF_VOICEMAIL_DO_THANK = 16,
	JF_VOICEMAIL_DO_HANG_UP = 32,
};

struct jf_voicemail_policy {
	uint64_t silence_ns; /* without a word for so long: at its end */
	uint64_t max_ns;
	uint64_t least_ns; /* of speech: less than that is no message */
};

struct jf_voicemail {
	enum jf_voicemail_state state;
	uint64_t recording_ns; /* since then; 0: not yet */
	uint64_t spoke_ns;     /* when the caller was last heard; the beginning, if never */
	uint64_t talk_ns;      /* what it said, in all */
	const char *end;       /* static text: "key", "silence", "full", "hung up"; NULL: not yet */
	struct jf_speech speech;
};

/* Begins: what to do first. */
unsigned int jf_voicemail_begin(struct jf_voicemail *v);

/* What to do; 0: nothing. */
unsigned int jf_voicemail_step(struct jf_voicemail *v, enum jf_voicemail_event event,
                               uint64_t now_ns);

/* The caller's levels since the last time, one per 20 ms frame; none come before it is recording.
 * Also when there are none: time passes. */
unsigned int jf_voicemail_levels(struct jf_voicemail *v, const struct jf_voicemail_policy *policy,
                                 const uint8_t *levels, uint32_t n, uint64_t now_ns);

/* Whether there is a message to be kept. */
bool jf_voicemail_is_kept(const struct jf_voicemail *v, const struct jf_voicemail_policy *policy);

const char *jf_voicemail_state_name(enum jf_voicemail_state state);

#endif
