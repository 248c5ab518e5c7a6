// SPDX-License-Identifier: BSD-3-Clause
/* SDP as it comes from the network: RFC 4566 as far as RFC 3264 needs it for one audio stream. */
#include "jf_sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "jf_reader.h"

#define PAYLOAD_TYPES 128
#define PTIME_DEFAULT 20

/* What a payload type number stands for in one m= section. */
enum format {
	FORMAT_OTHER,
	FORMAT_PCMU,
	FORMAT_PCMA,
	FORMAT_EVENT,
};

/* A c= line. */
struct connection {
	bool present;
	uint16_t warn_code; /* of an address that we cannot send to; 0: fine */
	uint32_t ip_be;
};

/* One m= section while it is read. */
struct section {
	bool audio;
	bool avp;
	bool one_port; /* no "/count", or a count of 1 */
	bool has_direction;
	uint16_t port;
	uint16_t rtcp_port;
	uint8_t direction;
	uint8_t ptime_ms;
	uint8_t type_count;
	uint8_t types[PAYLOAD_TYPES];   /* in the order of the m= line */
	uint8_t formats[PAYLOAD_TYPES]; /* enum format by payload type */
	struct connection connection;
};

struct parse {
	struct jf_sdp_session *session; /* gets the m= lines */
	int only_index;                 /* the m= line to take, -1: the first that will do */
	struct connection connection;
	uint8_t direction;
	bool in_media;
	bool has_origin;
	bool chosen;
	struct section section;
	struct jf_media_desc media;
	struct jf_sdp_refusal refusal; /* the best reason so far why nothing was chosen */
};

static int malformed(struct parse *p, const char *why)
{
	p->refusal = (struct jf_sdp_refusal){.status = 400, .warn_code = 399, .warning = why};
	return -EBADMSG;
}

/* The next word, up to a separator, which is taken too. Fails on an empty word. */
static struct jf_reader word(struct jf_reader *line, char separator)
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

static bool is(const struct jf_reader *w, const char *text)
{
	size_t length = strlen(text);

	return jf_reader_left(w) == length && strncasecmp((const char *)w->at, text, length) == 0;
}

/* Takes text from the begin of line if it is there. */
static bool prefix(struct jf_reader *line, const char *text)
{
	size_t length = strlen(text);

	if (jf_reader_left(line) < length || strncasecmp((const char *)line->at, text, length) != 0)
		return false;
	jf_reader_skip(line, length);
	return true;
}

static bool number(const struct jf_reader *w, uint32_t max, uint32_t *ret_value)
{
	uint32_t value = 0;
	size_t length = jf_reader_left(w);

	if (w->failed || length == 0 || length > 9)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (w->at[i] < '0' || w->at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(w->at[i] - '0');
	}
	if (value > max)
		return false;
	*ret_value = value;
	return true;
}

/* Visible ASCII only: it is written again in answers. */
static bool copy_token(const struct jf_reader *w, char *ret_text, size_t size)
{
	size_t length = jf_reader_left(w);

	if (w->failed || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (w->at[i] <= 0x20 || w->at[i] >= 0x7f)
			return false;
	memcpy(ret_text, w->at, length);
	ret_text[length] = '\0';
	return true;
}

/* c=IN IP4 192.0.2.1[/ttl] */
static int read_connection(struct parse *p, struct jf_reader line)
{
	struct connection *c = p->in_media ? &p->section.connection : &p->connection;
	struct jf_reader network = word(&line, ' ');
	struct jf_reader family = word(&line, ' ');
	struct jf_reader address = word(&line, '/');
	char text[INET_ADDRSTRLEN];
	struct in_addr ip;
	uint32_t host;

	if (network.failed || family.failed || address.failed)
		return malformed(p, "malformed c= line");
	*c = (struct connection){.present = true};
	if (!is(&network, "IN") || !is(&family, "IP4")) {
		c->warn_code = 300;
		return 0;
	}
	if (!copy_token(&address, text, sizeof(text)) || inet_pton(AF_INET, text, &ip) != 1) {
		c->warn_code = 301; /* a name: not resolved */
		return 0;
	}
	c->ip_be = ip.s_addr;
	host = ntohl(ip.s_addr);
	if (host >> 28 == 14)
		c->warn_code = 330;
	else if (host >> 28 == 15)
		c->warn_code = 301;
	return 0;
}

/* m=audio 49170[/1] RTP/AVP 0 8 101 */
static int read_media(struct parse *p, struct jf_reader line)
{
	struct jf_reader kind = word(&line, ' ');
	struct jf_reader ports = word(&line, ' ');
	struct jf_reader protocol = word(&line, ' ');
	struct jf_reader port = word(&ports, '/');
	struct jf_sdp_session *session = p->session;
	struct section *s = &p->section;
	uint32_t value, count = 1;
	uint8_t at = session->media_count;

	if (at == JF_SDP_MEDIA_MAX)
		return malformed(p, "too many m= lines");
	*s = (struct section){.ptime_ms = PTIME_DEFAULT};
	s->formats[JF_LAW_PCMU] = FORMAT_PCMU;
	s->formats[JF_LAW_PCMA] = FORMAT_PCMA;
	if (!number(&port, 65535, &value))
		return malformed(p, "malformed port in m= line");
	s->port = (uint16_t)value;
	if (jf_reader_left(&ports) && !number(&ports, 65535, &count))
		return malformed(p, "malformed port count in m= line");
	if (!copy_token(&kind, session->media[at].kind, sizeof(session->media[at].kind)) ||
	    !copy_token(&protocol, session->media[at].protocol,
	                sizeof(session->media[at].protocol)))
		return malformed(p, "malformed m= line");
	s->one_port = count == 1;
	s->audio = is(&kind, "audio");
	s->avp = is(&protocol, "RTP/AVP");
	for (bool first = true; first || jf_reader_left(&line); first = false) {
		struct jf_reader format = word(&line, ' ');

		if (format.failed)
			return malformed(p, "malformed format in m= line");
		if (first && !copy_token(&format, session->media[at].format,
		                         sizeof(session->media[at].format)))
			return malformed(p, "malformed format in m= line");
		if (!s->avp)
			continue;
		if (!number(&format, PAYLOAD_TYPES - 1, &value))
			return malformed(p, "malformed payload type in m= line");
		if (s->type_count < PAYLOAD_TYPES)
			s->types[s->type_count++] = (uint8_t)value;
	}
	session->media_count++;
	p->in_media = true;
	return 0;
}

/* a=rtpmap:101 telephone-event/8000 */
static int read_rtpmap(struct parse *p, struct jf_reader line)
{
	struct jf_reader type = word(&line, ' ');
	struct jf_reader encoding, rate, channels = line;
	enum format format = FORMAT_OTHER;
	uint32_t at, hz;

	while (jf_reader_left(&line) && *line.at == ' ')
		jf_reader_skip(&line, 1);
	encoding = word(&line, '/');
	rate = word(&line, '/');
	channels = line;
	if (!number(&type, PAYLOAD_TYPES - 1, &at) || encoding.failed || rate.failed)
		return malformed(p, "malformed a=rtpmap");
	if (number(&rate, 1000000, &hz) && hz == 8000 &&
	    (jf_reader_left(&channels) == 0 || is(&channels, "1"))) {
		if (is(&encoding, "PCMU"))
			format = FORMAT_PCMU;
		else if (is(&encoding, "PCMA"))
			format = FORMAT_PCMA;
		else if (is(&encoding, "telephone-event"))
			format = FORMAT_EVENT;
	}
	p->section.formats[at] = (uint8_t)format;
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

static int read_attribute(struct parse *p, struct jf_reader line)
{
	uint32_t value;

	if (is(&line, "sendrecv"))
		set_direction(p, JF_SDP_SENDRECV);
	else if (is(&line, "sendonly"))
		set_direction(p, JF_SDP_SENDONLY);
	else if (is(&line, "recvonly"))
		set_direction(p, JF_SDP_RECVONLY);
	else if (is(&line, "inactive"))
		set_direction(p, JF_SDP_INACTIVE);
	else if (!p->in_media || !p->section.avp)
		return 0;
	else if (prefix(&line, "rtpmap:"))
		return read_rtpmap(p, line);
	else if (prefix(&line, "ptime:")) {
		if (number(&line, 255, &value) && value > 0)
			p->section.ptime_ms = (uint8_t)value;
	} else if (prefix(&line, "rtcp:")) {
		struct jf_reader port = word(&line, ' ');

		if (!number(&port, 65535, &value))
			return malformed(p, "malformed a=rtcp");
		p->section.rtcp_port = (uint16_t)value;
	}
	return 0;
}

static void take_formats(const struct section *s, struct jf_media_desc *media)
{
	for (uint8_t i = 0; i < s->type_count; i++) {
		uint8_t type = s->types[i];

		switch (s->formats[type]) {
		case FORMAT_PCMU:
		case FORMAT_PCMA:
			if (media->codec_count == JF_SDP_CODECS)
				break;
			media->codecs[media->codec_count++] = (struct jf_sdp_codec){
			        .law = s->formats[type] == FORMAT_PCMU ? JF_LAW_PCMU : JF_LAW_PCMA,
			        .payload_type = type};
			break;
		case FORMAT_EVENT:
			if (media->event_type == JF_SDP_NO_EVENT)
				media->event_type = type;
			break;
		default:
			break;
		}
	}
}

/* A reason found in an audio section stands before "there is no audio". */
static void cannot(struct parse *p, uint16_t warn_code, const char *why)
{
	p->refusal = (struct jf_sdp_refusal){.status = 488, .warn_code = warn_code, .warning = why};
}

/* At the end of an m= section: is this our stream? */
static int end_section(struct parse *p)
{
	const struct section *s = &p->section;
	const struct connection *c = s->connection.present ? &s->connection : &p->connection;
	struct jf_media_desc m = {.family = 4, .event_type = JF_SDP_NO_EVENT};
	int index = p->session->media_count - 1;

	if (!p->in_media || p->chosen || (p->only_index >= 0 && index != p->only_index))
		return 0;
	if (!s->audio)
		return 0;
	if (s->port == 0) {
		cannot(p, 304, "the audio stream is switched off");
		return 0;
	}
	if (!s->avp || !s->one_port) {
		cannot(p, 302, "only RTP/AVP on one port is served");
		return 0;
	}
	if (!c->present)
		return malformed(p, "no c= line for the audio stream");
	if (c->warn_code) {
		cannot(p, c->warn_code, "only unicast IPv4 addresses are served");
		return 0;
	}
	take_formats(s, &m);
	if (m.codec_count == 0) {
		cannot(p, 305, "PCMU and PCMA are served");
		return 0;
	}
	m.ip_be = c->ip_be;
	m.rtp_port = s->port;
	m.rtcp_port = s->rtcp_port ? s->rtcp_port : (uint16_t)(s->port + (s->port < 65535));
	m.ptime_ms = s->ptime_ms;
	m.direction = s->has_direction ? s->direction : p->direction;
	m.hold = m.direction == JF_SDP_SENDONLY || m.direction == JF_SDP_INACTIVE || !m.ip_be;
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
		if (first && !is(&line, "v=0"))
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
	return p->chosen ? 0 : -ENOTSUP;
}

int jf_sdp_read_offer(const char *text, size_t length, struct jf_sdp_session *session,
                      struct jf_media_desc *ret_offer, struct jf_sdp_refusal *ret_refusal)
{
	struct jf_sdp_session next = {.id = session->id, .version = session->version};
	struct parse p = {.session = &next, .only_index = -1};
	int err = read_text(&p, text, length);

	if (err) {
		*ret_refusal = p.refusal;
		return err;
	}
	*session = next;
	*ret_offer = p.media;
	return 0;
}

int jf_sdp_read_answer(const char *text, size_t length, const struct jf_sdp_session *session,
                       const struct jf_media_desc *offer, struct jf_media_desc *ret_answer,
                       struct jf_sdp_refusal *ret_refusal)
{
	struct jf_sdp_session next = {0};
	struct parse p = {.session = &next, .only_index = session->audio_index};
	int err = read_text(&p, text, length);
	uint8_t kept = 0;

	if (err)
		goto refuse;
	for (uint8_t i = 0; i < p.media.codec_count; i++)
		for (uint8_t j = 0; j < offer->codec_count; j++)
			if (p.media.codecs[i].law == offer->codecs[j].law) {
				p.media.codecs[kept++] = p.media.codecs[i];
				break;
			}
	p.media.codec_count = kept;
	if (!kept) {
		cannot(&p, 305, "the answer holds no codec that was offered");
		err = -ENOTSUP;
		goto refuse;
	}
	if (offer->event_type == JF_SDP_NO_EVENT)
		p.media.event_type = JF_SDP_NO_EVENT;
	*ret_answer = p.media;
	return 0;

refuse:
	*ret_refusal = p.refusal;
	return err;
}
