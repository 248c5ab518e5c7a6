/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of SDP and of legs describe, and what was made of what a peer described. */
#ifndef SDP_LAB_H
#define SDP_LAB_H

#include "jf_sdp.h"

/* What we offer and answer: PCMU and telephone-events at ip:40000. */
struct jf_media_desc media_at(const char *ip);

struct offered {
	int err;
	struct jf_sdp_session session; /* its id is 77 */
	struct jf_media_desc media;
	struct jf_sdp_refusal refusal;
};

struct offered read_offer(const char *text);

#endif
