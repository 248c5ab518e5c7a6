// SPDX-License-Identifier: BSD-3-Clause
/* Policy of media: how it is written in a directory, and what follows for whoever says nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "jf_directory_priv.h"
#include "jf_directory_raw_priv.h"

static const char *const srtp_names[] = {
        [JF_DIRECTORY_SRTP_PREFERRED] = "preferred",
        [JF_DIRECTORY_SRTP_REQUIRED] = "required",
        [JF_DIRECTORY_SRTP_OFF] = "off",
};
static const char *const nat_names[] = {
        [JF_DIRECTORY_NAT_STRICT] = "strict",
        [JF_DIRECTORY_NAT_LEARN] = "learn",
};
static const char *const digits_names[] = {
        [JF_DIRECTORY_DIGITS_AUTO] = "auto",
        [JF_DIRECTORY_DIGITS_EVENT] = "event",
        [JF_DIRECTORY_DIGITS_INBAND] = "inband",
        [JF_DIRECTORY_DIGITS_INFO] = "info",
};
static const char *const video_names[] = {
        [JF_DIRECTORY_VIDEO_PASS] = "pass",
        [JF_DIRECTORY_VIDEO_OFF] = "off",
};
static const uint8_t codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA, JF_CODEC_G722};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Reading --------------------------------------------------------------------------------- */

/* The place of text among names; -ENOENT. */
static int place_of(const char *text, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -ENOENT;
}

static int codecs_take(const struct jf_raw_media *raw, struct jf_directory_media *media,
                       char ret_field[JF_DIRECTORY_FIELD_SIZE])
{
	media->n_codecs = 0;
	for (unsigned i = 0; i < raw->codecs_count; i++) {
		size_t c = 0;

		while (c < COUNT(codecs) &&
		       strcasecmp(raw->codecs[i], jf_codec_name((enum jf_codec)codecs[c])) != 0)
			c++;
		if (c == COUNT(codecs) || memchr(media->codecs, codecs[c], media->n_codecs)) {
			snprintf(ret_field, JF_DIRECTORY_FIELD_SIZE, "codecs[%u]", i);
			return -EINVAL;
		}
		media->codecs[media->n_codecs++] = codecs[c];
	}
	return 0;
}

int jf_directory_media_take(const struct jf_raw_media *raw,
                            const struct jf_directory_media *defaults,
                            struct jf_directory_media *ret_media,
                            char ret_field[JF_DIRECTORY_FIELD_SIZE])
{
	const struct {
		const char *field, *text;
		const char *const *names;
		size_t count;
		uint8_t *value;
		uint8_t bit;
	} keys[] = {
	        {"srtp", raw->srtp, srtp_names, COUNT(srtp_names), &ret_media->srtp,
	         JF_DIRECTORY_HAS_SRTP},
	        {"nat", raw->nat, nat_names, COUNT(nat_names), &ret_media->nat,
	         JF_DIRECTORY_HAS_NAT},
	        {"digits", raw->digits, digits_names, COUNT(digits_names), &ret_media->digits,
	         JF_DIRECTORY_HAS_DIGITS},
	        {"video", raw->video, video_names, COUNT(video_names), &ret_media->video,
	         JF_DIRECTORY_HAS_VIDEO},
	};

	*ret_media = defaults ? *defaults : (struct jf_directory_media){0};
	ret_media->has = 0;
	for (size_t k = 0; k < COUNT(keys); k++) {
		int place = keys[k].text ? place_of(keys[k].text, keys[k].names, keys[k].count) : 0;

		if (!keys[k].text)
			continue;
		if (place < 0) {
			snprintf(ret_field, JF_DIRECTORY_FIELD_SIZE, "%s", keys[k].field);
			return -EINVAL;
		}
		*keys[k].value = (uint8_t)place;
		ret_media->has |= keys[k].bit;
	}
	if (!raw->codecs_count)
		return 0;
	ret_media->has |= JF_DIRECTORY_HAS_CODECS;
	return codecs_take(raw, ret_media, ret_field);
}

const char *jf_directory_media_choices(const char *field)
{
	if (strcmp(field, "srtp") == 0)
		return "required, preferred or off";
	if (strcmp(field, "nat") == 0)
		return "learn or strict";
	if (strcmp(field, "digits") == 0)
		return "auto, event, inband or info";
	if (strcmp(field, "video") == 0)
		return "pass or off";
	return "PCMU, PCMA and G722, each once";
}

/* ---- Writing --------------------------------------------------------------------------------- */

void jf_directory_media_write(FILE *out, const char *lead, const struct jf_directory_media *media)
{
	if (media->has & JF_DIRECTORY_HAS_SRTP)
		fprintf(out, "%ssrtp: %s\n", lead, srtp_names[media->srtp]);
	if (media->has & JF_DIRECTORY_HAS_NAT)
		fprintf(out, "%snat: %s\n", lead, nat_names[media->nat]);
	if (media->has & JF_DIRECTORY_HAS_DIGITS)
		fprintf(out, "%sdigits: %s\n", lead, digits_names[media->digits]);
	if (media->has & JF_DIRECTORY_HAS_VIDEO)
		fprintf(out, "%svideo: %s\n", lead, video_names[media->video]);
	if (!(media->has & JF_DIRECTORY_HAS_CODECS))
		return;
	fprintf(out, "%scodecs: [", lead);
	for (uint8_t i = 0; i < media->n_codecs; i++)
		fprintf(out, "%s%s", i ? ", " : "", jf_codec_name((enum jf_codec)media->codecs[i]));
	fprintf(out, "]\n");
}

/* ---- Difference ------------------------------------------------------------------------------ */

/* What is inherited is not compared: the tenant's change is told once. */
unsigned jf_directory_media_differ(const struct jf_directory_media *a,
                                   const struct jf_directory_media *b)
{
	unsigned both = a->has & b->has, differ = a->has ^ b->has;

	if (a->srtp != b->srtp)
		differ |= both & JF_DIRECTORY_HAS_SRTP;
	if (a->nat != b->nat)
		differ |= both & JF_DIRECTORY_HAS_NAT;
	if (a->digits != b->digits)
		differ |= both & JF_DIRECTORY_HAS_DIGITS;
	if (a->video != b->video)
		differ |= both & JF_DIRECTORY_HAS_VIDEO;
	if (a->n_codecs != b->n_codecs || memcmp(a->codecs, b->codecs, a->n_codecs) != 0)
		differ |= both & JF_DIRECTORY_HAS_CODECS;
	return differ;
}
