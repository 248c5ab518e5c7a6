// SPDX-License-Identifier: BSD-3-Clause
/* SDP as we write it. */
#include "jf_sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct output {
	char *text;
	size_t size;
	size_t length;
	bool full;
};

static void put(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct output *out, const char *format, ...)
{
	va_list args;
	int n;

	if (out->full)
		return;
	va_start(args, format);
	n = vsnprintf(out->text + out->length, out->size - out->length, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= out->size - out->length)
		out->full = true;
	else
		out->length += (size_t)n;
}

static void put_connection(struct output *out, uint8_t family, const uint8_t *address)
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, ip, sizeof(ip));
	put(out, "c=IN %s %s\r\n", family == 6 ? "IP6" : "IP4", ip);
}

static void put_codec(struct output *out, const struct jf_media_desc *media, unsigned place)
{
	const struct jf_sdp_codec *codec = &media->codecs[place];
	const struct jf_sdp_opaque *opaque = &media->opaque[codec->opaque];

	put(out, "a=rtpmap:%u %s/%u", codec->payload_type, jf_sdp_codec_name(media, place),
	    jf_sdp_clock_hz(media, place));
	if (codec->codec == JF_CODEC_OTHER && opaque->channels > 1)
		put(out, "/%u", opaque->channels);
	put(out, "\r\n");
	if (codec->codec == JF_CODEC_OTHER && opaque->fmtp[0])
		put(out, "a=fmtp:%u %s\r\n", codec->payload_type, opaque->fmtp);
}

static void put_event(struct output *out, uint8_t type, uint32_t clock_hz)
{
	put(out, "a=rtpmap:%u telephone-event/%u\r\na=fmtp:%u 0-15\r\n", type, clock_hz, type);
}

static void put_keys(struct output *out, const struct jf_sdp_crypto *lines, uint8_t count)
{
	for (uint8_t i = 0; i < count; i++) {
		char line[JF_SDP_CRYPTO_TEXT_MAX];

		jf_sdp_crypto_write(&lines[i], line);
		put(out, "%s\r\n", line);
		explicit_bzero(line, sizeof(line));
	}
}

static void put_audio(struct output *out, const struct jf_media_desc *media)
{
	put(out, "m=audio %u %s", media->rtp_port, media->savp ? "RTP/SAVP" : "RTP/AVP");
	for (uint8_t i = 0; i < media->codec_count; i++)
		put(out, " %u", media->codecs[i].payload_type);
	if (media->event_type != JF_SDP_NO_EVENT)
		put(out, " %u", media->event_type);
	if (media->wide_event_hz)
		put(out, " %u", media->wide_event_type);
	put(out, "\r\n");
	put_keys(out, media->crypto, media->crypto_count);
	for (uint8_t i = 0; i < media->codec_count; i++)
		put_codec(out, media, i);
	if (media->event_type != JF_SDP_NO_EVENT)
		put_event(out, media->event_type, 8000);
	if (media->wide_event_hz)
		put_event(out, media->wide_event_type, media->wide_event_hz);
	put(out, "a=ptime:%u\r\n", media->ptime_ms ? media->ptime_ms : 20);
	if (media->rtcp_port && media->rtcp_port != media->rtp_port + 1)
		put(out, "a=rtcp:%u\r\n", media->rtcp_port);
	put(out, "a=%s\r\n", jf_sdp_direction_name(media->direction));
}

static const char *video_protocol(const struct jf_sdp_video *video)
{
	if (video->avpf)
		return video->savp ? "RTP/SAVPF" : "RTP/AVPF";
	return video->savp ? "RTP/SAVP" : "RTP/AVP";
}

static void put_video(struct output *out, const struct jf_media_desc *media)
{
	const struct jf_sdp_video *video = &media->video;

	put(out, "m=video %u %s %u\r\n", video->rtp_port, video_protocol(video),
	    video->payload_type);
	if (memcmp(video->ip, media->ip, sizeof(media->ip)) != 0)
		put_connection(out, media->family, video->ip);
	put_keys(out, video->crypto, video->crypto_count);
	put(out, "a=rtpmap:%u %s/%u\r\n", video->payload_type, video->name, video->clock_hz);
	if (video->fmtp[0])
		put(out, "a=fmtp:%u %s\r\n", video->payload_type, video->fmtp);
	if (video->feedback & JF_SDP_FEEDBACK_PLI)
		put(out, "a=rtcp-fb:%u nack pli\r\n", video->payload_type);
	if (video->feedback & JF_SDP_FEEDBACK_FIR)
		put(out, "a=rtcp-fb:%u ccm fir\r\n", video->payload_type);
	if (video->rtcp_port && video->rtcp_port != video->rtp_port + 1)
		put(out, "a=rtcp:%u\r\n", video->rtcp_port);
	put(out, "a=%s\r\n", jf_sdp_direction_name(video->direction));
}

/* One m= line for each that the session has, ours with media, the others refused. */
static int put_session(struct jf_sdp_session *session, const struct jf_media_desc *media,
                       char *ret_text, size_t size)
{
	struct output out = {.text = ret_text, .size = size};
	const char *family = media->family == 6 ? "IP6" : "IP4";
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(media->family == 6 ? AF_INET6 : AF_INET, media->ip, ip, sizeof(ip));
	put(&out, "v=0\r\no=- %u %u IN %s %s\r\ns=-\r\n", session->id, session->version + 1, family,
	    ip);
	put_connection(&out, media->family, media->ip);
	put(&out, "t=0 0\r\n");
	for (uint8_t i = 0; i < session->media_count && i < JF_SDP_MEDIA_MAX; i++) {
		if (i == session->audio_index)
			put_audio(&out, media);
		else if (i + 1 == session->video_place && media->video.rtp_port)
			put_video(&out, media);
		else
			put(&out, "m=%s 0 %s %s\r\n", session->media[i].kind,
			    session->media[i].protocol, session->media[i].format);
	}
	if (out.full)
		return -ENOSPC;
	session->version++;
	return (int)out.length;
}

/* What is left of ours when the offerer's direction is taken into account (RFC 3264 6.1). */
static uint8_t narrow(uint8_t ours, uint8_t theirs, bool hold)
{
	bool send = ours == JF_SDP_SENDRECV || ours == JF_SDP_SENDONLY;
	bool receive = ours == JF_SDP_SENDRECV || ours == JF_SDP_RECVONLY;

	if (hold)
		send = false;
	if (theirs == JF_SDP_RECVONLY || theirs == JF_SDP_INACTIVE)
		receive = false;
	if (send)
		return receive ? JF_SDP_SENDRECV : JF_SDP_SENDONLY;
	return receive ? JF_SDP_RECVONLY : JF_SDP_INACTIVE;
}

/* Whether ours are an answer to what was offered: none where none are needed, or one of them. */
static bool keys_answer(bool savp, const struct jf_sdp_crypto *offered, uint8_t offered_count,
                        const struct jf_sdp_crypto *ours, uint8_t count)
{
	if (!count)
		return !savp;
	return count == 1 && jf_sdp_crypto_answers(offered, offered_count, ours);
}

/* Ours, as the offer spells it. */
static struct jf_sdp_video answer_video(const struct jf_sdp_video *offer,
                                        const struct jf_sdp_video *local)
{
	struct jf_sdp_video answer = *local;

	if (!jf_sdp_video_same(offer, local) ||
	    !keys_answer(offer->savp, offer->crypto, offer->crypto_count, local->crypto,
	                 local->crypto_count))
		return (struct jf_sdp_video){0};
	answer.payload_type = offer->payload_type;
	answer.savp = offer->savp;
	answer.avpf = offer->avpf;
	answer.feedback &= offer->feedback;
	memcpy(answer.fmtp, offer->fmtp, sizeof(answer.fmtp));
	answer.direction =
	        narrow(local->direction, offer->direction,
	               offer->direction == JF_SDP_SENDONLY || offer->direction == JF_SDP_INACTIVE);
	return answer;
}

int jf_sdp_write_answer(struct jf_sdp_session *session, const struct jf_media_desc *offer,
                        const struct jf_media_desc *local, char *ret_text, size_t size)
{
	struct jf_media_desc answer = *local;
	int at, n;

	if (local->codec_count == 0)
		return -EINVAL;
	at = jf_sdp_codec_find(offer, local, 0);
	if (at < 0 || !keys_answer(offer->savp, offer->crypto, offer->crypto_count, local->crypto,
	                           local->crypto_count))
		return -EINVAL;
	answer.savp = offer->savp;
	answer.codec_count = 1;
	answer.codecs[0] = offer->codecs[at];
	memcpy(answer.opaque, offer->opaque, sizeof(answer.opaque));
	if (answer.event_type != JF_SDP_NO_EVENT)
		answer.event_type = offer->event_type;
	/* Only the one that goes with the codec's clock (RFC 4733 section 2.1). */
	answer.wide_event_hz = 0;
	if (jf_sdp_clock_hz(offer, (unsigned)at) != 8000) {
		answer.event_type = JF_SDP_NO_EVENT;
		if (local->wide_event_hz &&
		    jf_sdp_event_type(offer, (unsigned)at) != JF_SDP_NO_EVENT) {
			answer.wide_event_type = offer->wide_event_type;
			answer.wide_event_hz = offer->wide_event_hz;
		}
	}
	answer.direction = narrow(local->direction, offer->direction, offer->hold);
	answer.video = answer_video(&offer->video, &local->video);
	n = put_session(session, &answer, ret_text, size);
	explicit_bzero(&answer, sizeof(answer));
	return n;
}

/* A new m= line stands behind all others (RFC 3264 section 8.1). */
static void add_video(struct jf_sdp_session *session, const struct jf_sdp_video *video)
{
	uint8_t at = session->media_count++;

	snprintf(session->media[at].kind, sizeof(session->media[at].kind), "video");
	snprintf(session->media[at].protocol, sizeof(session->media[at].protocol), "%s",
	         video_protocol(video));
	snprintf(session->media[at].format, sizeof(session->media[at].format), "%u",
	         video->payload_type);
	session->video_place = session->media_count;
}

int jf_sdp_write_offer(struct jf_sdp_session *session, const struct jf_media_desc *local,
                       char *ret_text, size_t size)
{
	if (!session->media_count) {
		session->media_count = 1;
		session->audio_index = 0;
	}
	if (local->video.rtp_port && !session->video_place &&
	    session->media_count < JF_SDP_MEDIA_MAX)
		add_video(session, &local->video);
	return put_session(session, local, ret_text, size);
}

/* ---- Looking at a description -----------------------------------------------------------------
 */

bool jf_sdp_has_address(const struct jf_media_desc *media)
{
	static const uint8_t nowhere[16];

	return memcmp(media->ip, nowhere, sizeof(nowhere)) != 0;
}

static bool opaque_same(const struct jf_sdp_opaque *a, const struct jf_sdp_opaque *b)
{
	return a->clock_hz == b->clock_hz && a->channels == b->channels &&
	       strcasecmp(a->name, b->name) == 0;
}

bool jf_sdp_video_same(const struct jf_sdp_video *a, const struct jf_sdp_video *b)
{
	return a->rtp_port && b->rtp_port && a->clock_hz == b->clock_hz &&
	       strcasecmp(a->name, b->name) == 0;
}

int jf_sdp_codec_find(const struct jf_media_desc *media, const struct jf_media_desc *other,
                      unsigned place)
{
	const struct jf_sdp_codec *wanted = &other->codecs[place];

	for (uint8_t i = 0; i < media->codec_count; i++) {
		const struct jf_sdp_codec *codec = &media->codecs[i];

		if (codec->codec == wanted->codec &&
		    (codec->codec != JF_CODEC_OTHER ||
		     opaque_same(&media->opaque[codec->opaque], &other->opaque[wanted->opaque])))
			return i;
	}
	return -ENOENT;
}

uint32_t jf_sdp_clock_hz(const struct jf_media_desc *media, unsigned place)
{
	const struct jf_sdp_codec *codec = &media->codecs[place];

	return codec->codec == JF_CODEC_OTHER ? media->opaque[codec->opaque].clock_hz : 8000;
}

uint8_t jf_sdp_event_type(const struct jf_media_desc *media, unsigned place)
{
	uint32_t clock_hz = jf_sdp_clock_hz(media, place);

	if (clock_hz == 8000)
		return media->event_type;
	return media->wide_event_hz == clock_hz ? media->wide_event_type : JF_SDP_NO_EVENT;
}

const char *jf_sdp_codec_name(const struct jf_media_desc *media, unsigned place)
{
	const struct jf_sdp_codec *codec = &media->codecs[place];

	return codec->codec == JF_CODEC_OTHER ? media->opaque[codec->opaque].name
	                                      : jf_codec_name((enum jf_codec)codec->codec);
}

const char *jf_sdp_direction_name(enum jf_sdp_direction direction)
{
	static const char *const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

	return direction < 4 ? names[direction] : "?";
}
