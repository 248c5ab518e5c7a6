// SPDX-License-Identifier: BSD-3-Clause
/* SDP as we write it. */
#include "jf_sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static void put_audio(struct output *out, const struct jf_media_desc *media)
{
	put(out, "m=audio %u RTP/AVP", media->rtp_port);
	for (uint8_t i = 0; i < media->codec_count; i++)
		put(out, " %u", media->codecs[i].payload_type);
	if (media->event_type != JF_SDP_NO_EVENT)
		put(out, " %u", media->event_type);
	put(out, "\r\n");
	for (uint8_t i = 0; i < media->codec_count; i++)
		put(out, "a=rtpmap:%u %s/8000\r\n", media->codecs[i].payload_type,
		    media->codecs[i].law == JF_LAW_PCMU ? "PCMU" : "PCMA");
	if (media->event_type != JF_SDP_NO_EVENT)
		put(out, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\n",
		    media->event_type, media->event_type);
	put(out, "a=ptime:%u\r\n", media->ptime_ms ? media->ptime_ms : 20);
	if (media->rtcp_port && media->rtcp_port != media->rtp_port + 1)
		put(out, "a=rtcp:%u\r\n", media->rtcp_port);
	put(out, "a=%s\r\n", jf_sdp_direction_name(media->direction));
}

/* One m= line for each that the session has, ours with media, the others refused. */
static int put_session(struct jf_sdp_session *session, const struct jf_media_desc *media,
                       char *ret_text, size_t size)
{
	struct output out = {.text = ret_text, .size = size};
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &media->ip_be, ip, sizeof(ip));
	put(&out,
	    "v=0\r\no=- %u %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\n"
	    "t=0 0\r\n",
	    session->id, session->version + 1, ip, ip);
	for (uint8_t i = 0; i < session->media_count && i < JF_SDP_MEDIA_MAX; i++) {
		if (i == session->audio_index)
			put_audio(&out, media);
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
static uint8_t narrow(uint8_t ours, const struct jf_media_desc *offer)
{
	bool send = ours == JF_SDP_SENDRECV || ours == JF_SDP_SENDONLY;
	bool receive = ours == JF_SDP_SENDRECV || ours == JF_SDP_RECVONLY;

	if (offer->hold)
		send = false;
	if (offer->direction == JF_SDP_RECVONLY || offer->direction == JF_SDP_INACTIVE)
		receive = false;
	if (send)
		return receive ? JF_SDP_SENDRECV : JF_SDP_SENDONLY;
	return receive ? JF_SDP_RECVONLY : JF_SDP_INACTIVE;
}

int jf_sdp_write_answer(struct jf_sdp_session *session, const struct jf_media_desc *offer,
                        const struct jf_media_desc *local, char *ret_text, size_t size)
{
	struct jf_media_desc answer = *local;

	if (local->codec_count == 0)
		return -EINVAL;
	answer.codec_count = 0;
	for (uint8_t i = 0; i < offer->codec_count && !answer.codec_count; i++)
		if (offer->codecs[i].law == local->codecs[0].law)
			answer.codecs[answer.codec_count++] = offer->codecs[i];
	if (!answer.codec_count)
		return -EINVAL;
	if (answer.event_type != JF_SDP_NO_EVENT)
		answer.event_type = offer->event_type;
	answer.direction = narrow(local->direction, offer);
	return put_session(session, &answer, ret_text, size);
}

int jf_sdp_write_offer(struct jf_sdp_session *session, const struct jf_media_desc *local,
                       char *ret_text, size_t size)
{
	if (!session->media_count) {
		session->media_count = 1;
		session->audio_index = 0;
	}
	return put_session(session, local, ret_text, size);
}

enum jf_sdp_direction jf_sdp_direction_reverse(enum jf_sdp_direction direction)
{
	switch (direction) {
	case JF_SDP_SENDONLY:
		return JF_SDP_RECVONLY;
	case JF_SDP_RECVONLY:
		return JF_SDP_SENDONLY;
	default:
		return direction;
	}
}

const char *jf_sdp_direction_name(enum jf_sdp_direction direction)
{
	static const char *const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

	return direction < 4 ? names[direction] : "?";
}
