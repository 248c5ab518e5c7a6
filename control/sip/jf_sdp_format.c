// SPDX-License-Identifier: BSD-3-Clause
/* Payload types and what they stand for: rtpmap, fmtp, and the static numbers (RFC 3551). */
#include <string.h>
#include <strings.h>

#include "jf_sdp_priv.h"

#define CLOCK_MAX_HZ 1000000

/* ---- Words ----------------------------------------------------------------------------------- */

struct jf_reader jf_sdp_word(struct jf_reader *line, char separator)
{
	size_t left = jf_reader_left(line);
	const uint8_t *stop = left ? memchr(line->at, separator, left) : NULL;
	struct jf_reader w = jf_reader_sub(line, stop ? (size_t)(stop - line->at) : left);

	if (jf_reader_left(&w) == 0)
		w.failed = true;
	if (stop)
		jf_reader_skip(line, 1);
	return w;
}

bool jf_sdp_is(const struct jf_reader *word, const char *text)
{
	size_t length = strlen(text);

	return jf_reader_left(word) == length &&
	       strncasecmp((const char *)word->at, text, length) == 0;
}

bool jf_sdp_prefix(struct jf_reader *line, const char *text)
{
	size_t length = strlen(text);

	if (jf_reader_left(line) < length || strncasecmp((const char *)line->at, text, length) != 0)
		return false;
	jf_reader_skip(line, length);
	return true;
}

bool jf_sdp_number(const struct jf_reader *word, uint32_t max, uint32_t *ret_value)
{
	uint32_t value = 0;
	size_t length = jf_reader_left(word);

	if (word->failed || length == 0 || length > 9)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (word->at[i] < '0' || word->at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(word->at[i] - '0');
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

bool jf_sdp_copy(const struct jf_reader *word, bool blanks, char *ret_text, size_t size)
{
	size_t length = jf_reader_left(word);

	if (word->failed || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (word->at[i] < (blanks ? 0x20 : 0x21) || word->at[i] >= 0x7f)
			return false;
	if (length)
		memcpy(ret_text, word->at, length);
	ret_text[length] = '\0';
	return true;
}

/* ---- Reading --------------------------------------------------------------------------------- */

void jf_sdp_formats_begin(struct jf_sdp_formats *formats)
{
	static const struct {
		uint8_t type;
		const char *name;
	} numbers[] = {
	        {0, "PCMU"}, {3, "GSM"},   {4, "G723"},  {8, "PCMA"},
	        {9, "G722"}, {15, "G728"}, {18, "G729"},
	};

	memset(formats, 0, sizeof(*formats));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		formats->of[numbers[i].type] = (struct jf_sdp_format){
		        .channels = 1,
		        .clock_hz = 8000,
		        .name = jf_reader_make(numbers[i].name, strlen(numbers[i].name)),
		};
}

/* 101 telephone-event/8000 */
bool jf_sdp_rtpmap_read(struct jf_sdp_formats *formats, struct jf_reader line)
{
	struct jf_reader type = jf_sdp_word(&line, ' ');
	struct jf_reader name, rate;
	uint32_t at, hz = 0, channels = 1;

	while (jf_reader_left(&line) && *line.at == ' ')
		jf_reader_skip(&line, 1);
	name = jf_sdp_word(&line, '/');
	rate = jf_sdp_word(&line, '/');
	if (!jf_sdp_number(&type, JF_SDP_TYPES - 1, &at) || name.failed || rate.failed)
		return false;
	/* What is beyond these bounds is no codec that could be passed on. */
	if (!jf_sdp_number(&rate, CLOCK_MAX_HZ, &hz) ||
	    (jf_reader_left(&line) && !jf_sdp_number(&line, 8, &channels)))
		hz = 0;
	formats->of[at].name = name;
	formats->of[at].clock_hz = hz;
	formats->of[at].channels = (uint8_t)channels;
	return true;
}

/* 101 0-15 */
bool jf_sdp_fmtp_read(struct jf_sdp_formats *formats, struct jf_reader line)
{
	struct jf_reader type = jf_sdp_word(&line, ' ');
	uint32_t at;

	if (!jf_sdp_number(&type, JF_SDP_TYPES - 1, &at))
		return false;
	formats->of[at].fmtp = line;
	return true;
}

/* ---- Taking ---------------------------------------------------------------------------------- */

/* Not sound by itself: comfort noise, redundancy, repair. */
static bool is_helper(const struct jf_sdp_format *format)
{
	static const char *const names[] = {"CN",  "telephone-event", "tone",      "red",
	                                    "rtx", "ulpfec",          "parityfec", "flexfec-03"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (jf_sdp_is(&format->name, names[i]))
			return true;
	return false;
}

static enum jf_codec codec_of(const struct jf_sdp_format *format)
{
	if (format->clock_hz != 8000 || format->channels != 1)
		return JF_CODEC_OTHER;
	if (jf_sdp_is(&format->name, "PCMU"))
		return JF_CODEC_PCMU;
	if (jf_sdp_is(&format->name, "PCMA"))
		return JF_CODEC_PCMA;
	return jf_sdp_is(&format->name, "G722") ? JF_CODEC_G722 : JF_CODEC_OTHER;
}

/* Room and text for it, or it is left out: it could not be passed on as it is. */
static bool take_opaque(const struct jf_sdp_format *format, struct jf_media_desc *media)
{
	struct jf_sdp_opaque *opaque = &media->opaque[media->opaque_count];

	if (media->opaque_count == JF_SDP_OPAQUES || is_helper(format) || !format->clock_hz ||
	    !format->channels ||
	    !jf_sdp_copy(&format->name, false, opaque->name, sizeof(opaque->name)) ||
	    !jf_sdp_copy(&format->fmtp, true, opaque->fmtp, sizeof(opaque->fmtp)))
		return false;
	opaque->clock_hz = format->clock_hz;
	opaque->channels = format->channels;
	return true;
}

bool jf_sdp_formats_video(const struct jf_sdp_formats *formats, const struct jf_sdp_video *like,
                          struct jf_sdp_video *ret_video)
{
	for (uint8_t i = 0; i < formats->count; i++) {
		const struct jf_sdp_format *format = &formats->of[formats->types[i]];
		struct jf_sdp_video video = *ret_video;

		video.payload_type = formats->types[i];
		video.clock_hz = format->clock_hz;
		if (!jf_reader_left(&format->name) || is_helper(format) || !format->clock_hz ||
		    !jf_sdp_copy(&format->name, false, video.name, sizeof(video.name)) ||
		    !jf_sdp_copy(&format->fmtp, true, video.fmtp, sizeof(video.fmtp)) ||
		    (like && !jf_sdp_video_same(like, &video)))
			continue;
		*ret_video = video;
		return true;
	}
	return false;
}

static void take_event(const struct jf_sdp_format *format, uint8_t type,
                       struct jf_media_desc *media)
{
	if (format->clock_hz == 8000 && media->event_type == JF_SDP_NO_EVENT) {
		media->event_type = type;
	} else if (format->clock_hz != 8000 && !media->wide_event_hz) {
		media->wide_event_type = type;
		media->wide_event_hz = format->clock_hz;
	}
}

void jf_sdp_formats_take(const struct jf_sdp_formats *formats, struct jf_media_desc *media)
{
	for (uint8_t i = 0; i < formats->count; i++) {
		const struct jf_sdp_format *format = &formats->of[formats->types[i]];
		struct jf_sdp_codec codec = {.payload_type = formats->types[i]};

		if (!jf_reader_left(&format->name))
			continue;
		if (jf_sdp_is(&format->name, "telephone-event")) {
			take_event(format, formats->types[i], media);
			continue;
		}
		if (media->codec_count == JF_SDP_CODECS)
			continue;
		codec.codec = (uint8_t)codec_of(format);
		if (codec.codec == JF_CODEC_OTHER) {
			if (!take_opaque(format, media))
				continue;
			codec.opaque = media->opaque_count++;
		}
		media->codecs[media->codec_count++] = codec;
	}
}
