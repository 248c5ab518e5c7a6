// SPDX-License-Identifier: BSD-3-Clause
#include "sdp_lab.h"

#include <arpa/inet.h>
#include <string.h>

struct jf_media_desc media_at(const char *ip)
{
	struct jf_media_desc m = {
	        .family = 4,
	        .event_type = 101,
	        .ptime_ms = 20,
	        .codec_count = 1,
	        .rtp_port = 40000,
	        .rtcp_port = 40001,
	        .codecs = {{.codec = JF_CODEC_PCMU}},
	};

	inet_pton(AF_INET, ip, m.ip);
	return m;
}

struct offered read_offer(const char *text)
{
	struct offered o = {.session = {.id = 77}};

	o.err = jf_sdp_read_offer(text, strlen(text), &o.session, &o.media, &o.refusal);
	return o;
}
