// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_policy.h"

#include <errno.h>
#include <string.h>

/* ---- SRTP ------------------------------------------------------------------------------------ */

int jf_call_policy_answer(const struct jf_call_policy *policy, bool savp, uint8_t crypto_count,
                          const char **ret_why)
{
	bool keys = crypto_count > 0 && policy->keys;

	switch ((enum jf_directory_srtp)policy->media.srtp) {
	case JF_DIRECTORY_SRTP_REQUIRED:
		*ret_why = crypto_count ? "SRTP keys are taken over TLS only" : "SRTP is required";
		return keys ? JF_CALL_SECURE : -ENOTSUP;
	case JF_DIRECTORY_SRTP_OFF:
		*ret_why = "SRTP is not served here";
		return savp ? -ENOTSUP : JF_CALL_PLAIN;
	case JF_DIRECTORY_SRTP_PREFERRED:
		break;
	}
	*ret_why = "SRTP keys are taken over TLS only";
	if (keys)
		return JF_CALL_SECURE;
	return savp ? -ENOTSUP : JF_CALL_PLAIN;
}

int jf_call_policy_offer(const struct jf_call_policy *policy)
{
	if (policy->media.srtp == JF_DIRECTORY_SRTP_OFF)
		return JF_CALL_PLAIN;
	if (policy->keys)
		return JF_CALL_SECURE;
	return policy->media.srtp == JF_DIRECTORY_SRTP_REQUIRED ? -EACCES : JF_CALL_PLAIN;
}

bool jf_call_policy_falls_back(const struct jf_call_policy *policy, uint16_t code)
{
	/* 488 by the book (RFC 3261 section 21.4.26); phones are seen to send the others for it. */
	return policy->media.srtp == JF_DIRECTORY_SRTP_PREFERRED &&
	       (code == 488 || code == 415 || code == 606);
}

/* ---- Codecs ---------------------------------------------------------------------------------- */

static const uint8_t all[] = {JF_CODEC_PCMU, JF_CODEC_PCMA, JF_CODEC_G722};

static bool allows(const struct jf_call_policy *policy, uint8_t codec)
{
	return policy->media.n_codecs
	               ? memchr(policy->media.codecs, codec, policy->media.n_codecs) != NULL
	               : jf_codec_is_sound((enum jf_codec)codec);
}

static int first_of(const struct jf_media_desc *offer, uint8_t codec)
{
	for (uint8_t i = 0; i < offer->codec_count; i++)
		if (offer->codecs[i].codec == codec)
			return i;
	return -ENOENT;
}

int jf_call_policy_codec(const struct jf_call_policy *policy, const struct jf_media_desc *offer,
                         const struct jf_media_desc *present, const char **ret_why)
{
	int place = present && present->codec_count ? jf_sdp_codec_find(offer, present, 0) : -1;

	if (place >= 0)
		return place;
	for (uint8_t i = 0; i < policy->media.n_codecs; i++) {
		place = first_of(offer, policy->media.codecs[i]);
		if (place >= 0)
			return place;
	}
	for (uint8_t i = 0; i < offer->codec_count; i++)
		if (allows(policy, offer->codecs[i].codec))
			return i;
	*ret_why = policy->media.n_codecs ? "none of the codecs that are served here"
	                                  : "no codec that can be served";
	place = policy->media.n_codecs ? -ENOENT : first_of(offer, JF_CODEC_OTHER);
	return place >= 0 ? place : -ENOTSUP;
}

unsigned int jf_call_policy_codecs(const struct jf_call_policy *policy, enum jf_codec preferred,
                                   uint8_t ret_codecs[3])
{
	const uint8_t *list = policy->media.n_codecs ? policy->media.codecs : all;
	unsigned int count = policy->media.n_codecs ? policy->media.n_codecs : sizeof(all), n = 0;

	if (allows(policy, (uint8_t)preferred))
		ret_codecs[n++] = (uint8_t)preferred;
	for (unsigned int i = 0; i < count; i++)
		if (list[i] != preferred)
			ret_codecs[n++] = list[i];
	return n;
}

/* ---- Key presses ----------------------------------------------------------------------------- */

bool jf_call_policy_video(const struct jf_call_policy *policy)
{
	return policy->media.video == JF_DIRECTORY_VIDEO_PASS;
}

bool jf_call_policy_events(const struct jf_call_policy *policy)
{
	return policy->media.digits == JF_DIRECTORY_DIGITS_AUTO ||
	       policy->media.digits == JF_DIRECTORY_DIGITS_EVENT;
}

enum jf_media_digit_form jf_call_policy_digits(const struct jf_call_policy *policy, bool events,
                                               bool sound)
{
	enum jf_media_digit_form inband = sound ? JF_MEDIA_DIGITS_INBAND : JF_MEDIA_DIGITS_NONE;

	switch ((enum jf_directory_digits)policy->media.digits) {
	case JF_DIRECTORY_DIGITS_INFO:
		return JF_MEDIA_DIGITS_NONE;
	case JF_DIRECTORY_DIGITS_INBAND:
		return inband;
	case JF_DIRECTORY_DIGITS_EVENT:
		return events ? JF_MEDIA_DIGITS_EVENT : JF_MEDIA_DIGITS_NONE;
	case JF_DIRECTORY_DIGITS_AUTO:
		break;
	}
	return events ? JF_MEDIA_DIGITS_EVENT : inband;
}
