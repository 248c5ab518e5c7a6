// SPDX-License-Identifier: BSD-3-Clause
/* SDP as it comes from the network: RFC 4566 as far as RFC 3264 needs it for audio and video. */
#include "jf_sdp_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define PTIME_DEFAULT 20

/* A c= line. */
struct connection {
	bool present;
	uint16_t warn_code; /* of an address that we cannot send to; 0: fine */
	uint8_t family;     /* 4 or 6 */
	uint8_t ip[16];
};

/* One m= section while it is read. */
struct section {
	bool audio, video;
	bool rtp; /* RTP/AVP or RTP/SAVP, or, with avpf, their kin with feedback */
	bool savp, avpf;
	bool one_port; /* no "/count", or a count of 1 */
	bool has_direction;
	uint16_t port;
	uint16_t rtcp_port;
	uint8_t direction;
	uint8_t ptime_ms, max_ptime_ms;
	uint8_t feedback[JF_SDP_TYPES + 1]; /* by payload type; the last: of all of them */
	uint8_t crypto_count;
	struct jf_sdp_crypto crypto[JF_SDP_CRYPTO_LINES];
	struct jf_sdp_formats formats;
	struct connection connection;
};

struct parse {
	struct jf_sdp_session *session;  /* gets the m= lines */
	int only_index;                  /* the m= line to take, -1: the first that will do */
	int only_video;                  /* the same of video */
	const struct jf_sdp_video *like; /* its codec; NULL: the first */
	struct connection connection;
	uint8_t direction;
	bool in_media;
	bool has_origin;
	bool chosen;
	struct section section;
	struct jf_media_desc media;
	uint8_t video_family;
	struct jf_sdp_video video;
	struct jf_sdp_refusal refusal; /* the best reason so far why nothing was chosen */
};

static int malformed(struct parse *p, const char *why)
{
	p->refusal = (struct jf_sdp_refusal){.status = 400, .warn_code = 399, .warning = why};
	return -EBADMSG;
}

/* The address itself: 0, or the warning's code. */
static uint16_t read_address(const struct jf_reader *family, const struct jf_reader *address,
                             struct connection *c)
{
	char text[INET6_ADDRSTRLEN];

	c->family = jf_sdp_is(family, "IP6") ? 6 : 4;
	if (!jf_sdp_is(family, "IP4") && c->family == 4)
		return 300;
	if (!jf_sdp_copy(address, false, text, sizeof(text)) ||
	    inet_pton(c->family == 6 ? AF_INET6 : AF_INET, text, c->ip) != 1)
		return 301; /* a name: not resolved */
	if (c->family == 6)
		return c->ip[0] == 0xff ? 330 : 0;
	if (c->ip[0] >> 4 == 14)
		return 330;
	return c->ip[0] >> 4 == 15 ? 301 : 0;
}

/* c=IN IP4 192.0.2.1[/ttl], c=IN IP6 2001:db8::1 */
static int read_connection(struct parse *p, struct jf_reader line)
{
	struct connection *c = p->in_media ? &p->section.connection : &p->connection;
	struct jf_reader network = jf_sdp_word(&line, ' ');
	struct jf_reader family = jf_sdp_word(&line, ' ');
	struct jf_reader address = jf_sdp_word(&line, '/');

	if (network.failed || family.failed || address.failed)
		return malformed(p, "malformed c= line");
	*c = (struct connection){.present = true};
	c->warn_code = jf_sdp_is(&network, "IN") ? read_address(&family, &address, c) : 300;
	return 0;
}

/* m=audio 49170[/1] RTP/AVP 0 8 101 */
static int read_media(struct parse *p, struct jf_reader line)
{
	struct jf_reader kind = jf_sdp_word(&line, ' ');
	struct jf_reader ports = jf_sdp_word(&line, ' ');
	struct jf_reader protocol = jf_sdp_word(&line, ' ');
	struct jf_reader port = jf_sdp_word(&ports, '/');
	struct jf_sdp_session *session = p->session;
	struct section *s = &p->section;
	uint32_t value, count = 1;
	uint8_t at = session->media_count;

	if (at == JF_SDP_MEDIA_MAX)
		return malformed(p, "too many m= lines");
	*s = (struct section){.ptime_ms = PTIME_DEFAULT};
	jf_sdp_formats_begin(&s->formats);
	if (!jf_sdp_number(&port, 65535, &value))
		return malformed(p, "malformed port in m= line");
	s->port = (uint16_t)value;
	if (jf_reader_left(&ports) && !jf_sdp_number(&ports, 65535, &count))
		return malformed(p, "malformed port count in m= line");
	if (!jf_sdp_copy(&kind, false, session->media[at].kind, sizeof(session->media[at].kind)) ||
	    !jf_sdp_copy(&protocol, false, session->media[at].protocol,
	                 sizeof(session->media[at].protocol)))
		return malformed(p, "malformed m= line");
	s->one_port = count == 1;
	s->audio = jf_sdp_is(&kind, "audio");
	s->video = jf_sdp_is(&kind, "video");
	s->avpf = jf_sdp_is(&protocol, "RTP/AVPF") || jf_sdp_is(&protocol, "RTP/SAVPF");
	s->savp = jf_sdp_is(&protocol, "RTP/SAVP") || jf_sdp_is(&protocol, "RTP/SAVPF");
	s->rtp = s->avpf || s->savp || jf_sdp_is(&protocol, "RTP/AVP");
	for (bool first = true; first || jf_reader_left(&line); first = false) {
		struct jf_reader format = jf_sdp_word(&line, ' ');

		if (format.failed)
			return malformed(p, "malformed format in m= line");
		if (first && !jf_sdp_copy(&format, false, session->media[at].format,
		                          sizeof(session->media[at].format)))
			return malformed(p, "malformed format in m= line");
		if (!s->rtp)
			continue;
		if (!jf_sdp_number(&format, JF_SDP_TYPES - 1, &value))
			return malformed(p, "malformed payload type in m= line");
		if (s->formats.count < JF_SDP_TYPES)
			s->formats.types[s->formats.count++] = (uint8_t)value;
	}
	session->media_count++;
	p->in_media = true;
	return 0;
}

static void set_direction(struct parse *p, enum jf_sdp_direction direction)
{
	if (p->in_media) {
		p->section.direction = (uint8_t)direction;
		p->section.has_direction = true;
	} else {
		p->direction = (uint8_t)direction;
	}
}

/* The first usable line of each suite. */
static void read_crypto(struct section *s, struct jf_reader line)
{
	struct jf_sdp_crypto crypto;

	if (!jf_sdp_crypto_read((const char *)line.at, jf_reader_left(&line), &crypto))
		return;
	for (uint8_t i = 0; i < s->crypto_count; i++)
		if (s->crypto[i].suite == crypto.suite || s->crypto[i].tag == crypto.tag)
			return;
	s->crypto[s->crypto_count++] = crypto;
	explicit_bzero(&crypto, sizeof(crypto));
}

/* "97 nack pli", "* ccm fir", perhaps with parameters; what else there is, is not for us. */
static void read_feedback(struct section *s, struct jf_reader line)
{
	struct jf_reader type = jf_sdp_word(&line, ' ');
	struct jf_reader name = jf_sdp_word(&line, ' ');
	struct jf_reader what = jf_sdp_word(&line, ' ');
	uint32_t at = JF_SDP_TYPES;

	if (!jf_sdp_is(&type, "*") && !jf_sdp_number(&type, JF_SDP_TYPES - 1, &at))
		return;
	if (jf_sdp_is(&name, "nack") && jf_sdp_is(&what, "pli"))
		s->feedback[at] |= JF_SDP_FEEDBACK_PLI;
	else if (jf_sdp_is(&name, "ccm") && jf_sdp_is(&what, "fir"))
		s->feedback[at] |= JF_SDP_FEEDBACK_FIR;
}

/* What can't be read of anything but the sound costs that only (RFC 4475's a=rtpmap:31 LPC). */
static int read_media_attribute(struct parse *p, struct jf_reader line)
{
	struct section *s = &p->section;
	uint32_t value;

	if (jf_sdp_prefix(&line, "rtpmap:")) {
		if (!jf_sdp_rtpmap_read(&s->formats, line) && s->audio)
			return malformed(p, "malformed a=rtpmap");
	} else if (jf_sdp_prefix(&line, "fmtp:")) {
		if (!jf_sdp_fmtp_read(&s->formats, line) && s->audio)
			return malformed(p, "malformed a=fmtp");
	} else if (jf_sdp_prefix(&line, "crypto:")) {
		read_crypto(s, line);
	} else if (jf_sdp_prefix(&line, "rtcp-fb:")) {
		read_feedback(s, line);
	} else if (jf_sdp_prefix(&line, "ptime:")) {
		if (jf_sdp_number(&line, 255, &value) && value > 0)
			s->ptime_ms = (uint8_t)value;
	} else if (jf_sdp_prefix(&line, "maxptime:")) {
		if (jf_sdp_number(&line, 255, &value))
			s->max_ptime_ms = (uint8_t)value;
	} else if (jf_sdp_prefix(&line, "rtcp:")) {
		struct jf_reader port = jf_sdp_word(&line, ' ');

		if (!jf_sdp_number(&port, 65535, &value))
			return malformed(p, "malformed a=rtcp");
		s->rtcp_port = (uint16_t)value;
	}
	return 0;
}

static int read_attribute(struct parse *p, struct jf_reader line)
{
	if (jf_sdp_is(&line, "sendrecv"))
		set_direction(p, JF_SDP_SENDRECV);
	else if (jf_sdp_is(&line, "sendonly"))
		set_direction(p, JF_SDP_SENDONLY);
	else if (jf_sdp_is(&line, "recvonly"))
		set_direction(p, JF_SDP_RECVONLY);
	else if (jf_sdp_is(&line, "inactive"))
		set_direction(p, JF_SDP_INACTIVE);
	else if (p->in_media && p->section.rtp)
		return read_media_attribute(p, line);
	return 0;
}

/* A reason found in an audio section stands before "there is no audio". */
static void cannot(struct parse *p, uint16_t warn_code, const char *why)
{
	p->refusal = (struct jf_sdp_refusal){.status = 488, .warn_code = warn_code, .warning = why};
}

static uint16_t rtcp_port_of(const struct section *s)
{
	return s->rtcp_port ? s->rtcp_port : (uint16_t)(s->port + (s->port < 65535));
}

/* The lines that we like best. */
static void take_keys(const struct section *s, struct jf_sdp_video *video)
{
	struct jf_sdp_crypto left[JF_SDP_CRYPTO_LINES];
	uint8_t n = s->crypto_count;

	memcpy(left, s->crypto, sizeof(left));
	while (n && video->crypto_count < JF_SDP_VIDEO_CRYPTO_LINES) {
		size_t best = (size_t)(jf_sdp_crypto_choose(left, n) - left);

		video->crypto[video->crypto_count++] = left[best];
		left[best] = left[--n];
	}
	explicit_bzero(left, sizeof(left));
}

/* The first one that can be passed on. What can't is refused, and that is no fault of the audio. */
static void end_video(struct parse *p, const struct connection *c, int index)
{
	const struct section *s = &p->section;
	struct jf_sdp_video v = {.rtp_port = s->port,
	                         .rtcp_port = rtcp_port_of(s),
	                         .savp = s->savp,
	                         .avpf = s->avpf};

	if (p->video.rtp_port || (p->only_video >= 0 && index != p->only_video) || !s->port ||
	    !s->rtp || (s->savp && !s->crypto_count) || !s->one_port || !c->present ||
	    c->warn_code || !jf_sdp_formats_video(&s->formats, p->like, &v))
		return;
	take_keys(s, &v);
	v.feedback = s->feedback[v.payload_type] | s->feedback[JF_SDP_TYPES];
	v.direction = s->has_direction ? s->direction : p->direction;
	memcpy(v.ip, c->ip, sizeof(v.ip));
	p->video = v;
	explicit_bzero(v.crypto, sizeof(v.crypto));
	p->video_family = c->family;
	p->session->video_place = (uint8_t)(index + 1);
}

/* At the end of an m= section: is this our stream? */
static int end_section(struct parse *p)
{
	const struct section *s = &p->section;
	const struct connection *c = s->connection.present ? &s->connection : &p->connection;
	struct jf_media_desc m = {.event_type = JF_SDP_NO_EVENT};
	int index = p->session->media_count - 1;

	if (p->in_media && s->video)
		end_video(p, c, index);
	if (!p->in_media || p->chosen || (p->only_index >= 0 && index != p->only_index))
		return 0;
	if (!s->audio)
		return 0;
	if (s->port == 0) {
		cannot(p, 304, "the audio stream is switched off");
		return 0;
	}
	if (!s->rtp || s->avpf || !s->one_port) {
		cannot(p, 302, "RTP/AVP and RTP/SAVP on one port are served");
		return 0;
	}
	if (s->savp && !s->crypto_count) {
		cannot(p, 305, "no a=crypto line of RTP/SAVP can be used");
		return 0;
	}
	if (!c->present)
		return malformed(p, "no c= line for the audio stream");
	if (c->warn_code) {
		cannot(p, c->warn_code, "only unicast addresses are served");
		return 0;
	}
	jf_sdp_formats_take(&s->formats, &m);
	if (m.codec_count == 0) {
		cannot(p, 305, "no codec is offered");
		return 0;
	}
	m.family = c->family;
	m.savp = s->savp;
	m.crypto_count = s->crypto_count;
	memcpy(m.crypto, s->crypto, sizeof(m.crypto));
	memcpy(m.ip, c->ip, sizeof(m.ip));
	m.rtp_port = s->port;
	m.rtcp_port = rtcp_port_of(s);
	m.ptime_ms = s->ptime_ms;
	m.max_ptime_ms = s->max_ptime_ms;
	m.direction = s->has_direction ? s->direction : p->direction;
	m.hold = m.direction == JF_SDP_SENDONLY || m.direction == JF_SDP_INACTIVE ||
	         !jf_sdp_has_address(&m);
	p->media = m;
	p->session->audio_index = (uint8_t)index;
	p->chosen = true;
	return 0;
}

static int read_line(struct parse *p, struct jf_reader line)
{
	uint8_t type = jf_reader_u8(&line);
	uint8_t equals = jf_reader_u8(&line);
	int err;

	if (line.failed || equals != '=')
		return malformed(p, "a line is not of the form x=...");
	switch (type) {
	case 'o':
		p->has_origin = true;
		return 0;
	case 'c':
		return read_connection(p, line);
	case 'm':
		err = end_section(p);
		return err ? err : read_media(p, line);
	case 'a':
		return read_attribute(p, line);
	default:
		return 0;
	}
}

static int read_text(struct parse *p, const char *text, size_t length)
{
	struct jf_reader r = jf_reader_make(text, length);
	bool first = true;
	int err = 0;

	p->refusal = (struct jf_sdp_refusal){
	        .status = 488, .warn_code = 304, .warning = "no audio stream is offered"};
	p->session->media_count = 0;
	while (jf_reader_left(&r)) {
		const uint8_t *lf = memchr(r.at, '\n', jf_reader_left(&r));
		size_t left = jf_reader_left(&r);
		struct jf_reader line = jf_reader_sub(&r, lf ? (size_t)(lf - r.at) : left);

		if (lf)
			jf_reader_skip(&r, 1);
		while (jf_reader_left(&line) && line.end[-1] == '\r')
			line.end--;
		if (jf_reader_left(&line) == 0)
			continue; /* an empty line at the end is common */
		if (first && !jf_sdp_is(&line, "v=0"))
			return malformed(p, "the first line is not v=0");
		first = false;
		err = read_line(p, line);
		if (err)
			return err;
	}
	if (first || !p->has_origin)
		return malformed(p, "v= or o= is missing");
	err = end_section(p);
	if (err)
		return err;
	if (!p->chosen)
		return -ENOTSUP;
	if (p->video.rtp_port && p->video_family == p->media.family)
		p->media.video = p->video;
	else
		p->session->video_place = 0;
	return 0;
}

int jf_sdp_read_offer(const char *text, size_t length, struct jf_sdp_session *session,
                      struct jf_media_desc *ret_offer, struct jf_sdp_refusal *ret_refusal)
{
	struct jf_sdp_session next = {.id = session->id, .version = session->version};
	struct parse p = {.session = &next, .only_index = -1, .only_video = -1};
	int err = read_text(&p, text, length);

	if (err) {
		*ret_refusal = p.refusal;
	} else {
		*session = next;
		*ret_offer = p.media;
	}
	explicit_bzero(&p, sizeof(p));
	return err;
}

/* Profile and keys of an answer (RFC 4568 section 5.1.3): one line, of those that we offered. */
static bool keys_fit(const struct jf_media_desc *offer, struct jf_media_desc *answer)
{
	if (offer->savp != answer->savp)
		return false;
	if (!offer->crypto_count)
		answer->crypto_count = 0;
	if (!answer->crypto_count)
		return !offer->savp;
	return answer->crypto_count == 1 &&
	       jf_sdp_crypto_answers(offer->crypto, offer->crypto_count, &answer->crypto[0]);
}

/* The same of video. One whose keys are none of ours is as good as none: it is not heard. */
static void check_video(const struct jf_sdp_video *offer, struct jf_sdp_video *answer)
{
	if (!offer->crypto_count)
		answer->crypto_count = 0;
	if (offer->savp != answer->savp || offer->avpf != answer->avpf ||
	    answer->crypto_count > 1 || (offer->savp && !answer->crypto_count) ||
	    (answer->crypto_count &&
	     !jf_sdp_crypto_answers(offer->crypto, offer->crypto_count, &answer->crypto[0])))
		*answer = (struct jf_sdp_video){0};
}

int jf_sdp_read_answer(const char *text, size_t length, const struct jf_sdp_session *session,
                       const struct jf_media_desc *offer, struct jf_media_desc *ret_answer,
                       struct jf_sdp_refusal *ret_refusal)
{
	struct jf_sdp_session next = {0};
	struct parse p = {.session = &next,
	                  .only_index = session->audio_index,
	                  .only_video = session->video_place - 1,
	                  .like = &offer->video};
	int err = read_text(&p, text, length);
	uint8_t kept = 0;

	if (err)
		goto refuse;
	for (uint8_t i = 0; i < p.media.codec_count; i++)
		if (jf_sdp_codec_find(offer, &p.media, i) >= 0)
			p.media.codecs[kept++] = p.media.codecs[i];
	p.media.codec_count = kept;
	if (!kept) {
		cannot(&p, 305, "the answer holds no codec that was offered");
		err = -ENOTSUP;
		goto refuse;
	}
	if (!keys_fit(offer, &p.media)) {
		cannot(&p, 305, "the answer's keys are none that were asked for");
		err = -ENOTSUP;
		goto refuse;
	}
	check_video(&offer->video, &p.media.video);
	if (offer->event_type == JF_SDP_NO_EVENT)
		p.media.event_type = JF_SDP_NO_EVENT;
	if (!offer->wide_event_hz)
		p.media.wide_event_hz = 0;
	*ret_answer = p.media;
	explicit_bzero(&p, sizeof(p));
	return 0;

refuse:
	*ret_refusal = p.refusal;
	explicit_bzero(&p, sizeof(p));
	return err;
}
