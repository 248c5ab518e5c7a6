/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policy of media (jf_directory.h) applied to what a party describes: SRTP or not, which codec, in
 * which form key presses. Pure functions of plain data. Private to control/call and its tests.
 */
#ifndef JF_CALL_POLICY_H
#define JF_CALL_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_directory.h"
#include "jf_media.h"
#include "jf_sdp.h"

/* Plain data, stored with the call. */
struct jf_call_policy {
	struct jf_directory_media media;
	bool keys; /* keys may be taken from the party and given to it: nobody else reads them */
};

enum jf_call_security {
	JF_CALL_PLAIN,
	JF_CALL_SECURE,
};

/* How its offer of a stream is answered, by profile and lines of keys: enum jf_call_security, or
 * -ENOTSUP and why (for a Warning). */
int jf_call_policy_answer(const struct jf_call_policy *policy, bool savp, uint8_t crypto_count,
                          const char **ret_why);

/* What it is offered first: enum jf_call_security, or -EACCES: keys are required, and can't be
 * given. */
int jf_call_policy_offer(const struct jf_call_policy *policy);

/* A refusal of what was offered with keys: whether it is offered again without. */
bool jf_call_policy_falls_back(const struct jf_call_policy *policy, uint16_t code);

/*
 * The place in offer->codecs of the codec that is taken, or -ENOTSUP and why. present: the one in
 * use, which is kept where it is offered; NULL: none yet. An opaque one is taken when nothing that
 * can be decoded is there, and the policy names no codecs.
 */
int jf_call_policy_codec(const struct jf_call_policy *policy, const struct jf_media_desc *offer,
                         const struct jf_media_desc *present, const char **ret_why);

/* Which codecs it is offered, at most three: preferred (what the other party talks) first where the
 * policy allows it. Returns how many. */
unsigned int jf_call_policy_codecs(const struct jf_call_policy *policy, enum jf_codec preferred,
                                   uint8_t ret_codecs[3]);

/* Whether video is negotiated with it. */
bool jf_call_policy_video(const struct jf_call_policy *policy);

/* Whether telephone-events are negotiated with it. */
bool jf_call_policy_events(const struct jf_call_policy *policy);

/* How it sends and takes key presses. events: they were agreed on; sound: its audio can be
 * decoded. */
enum jf_media_digit_form jf_call_policy_digits(const struct jf_call_policy *policy, bool events,
                                               bool sound);

#endif
