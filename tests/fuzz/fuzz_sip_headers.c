// SPDX-License-Identifier: BSD-3-Clause
/* Replaces, Refer-To, Session-Expires and RAck: any bytes; what is kept can be written into a
 * header again. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_sip_headers.h"

static void visible(const char *text, size_t size)
{
	JF_FUZZ_ASSERT(memchr(text, '\0', size));
	for (; *text; text++)
		JF_FUZZ_ASSERT(*text > 0x20 && *text < 0x7f);
}

static void replaces_sound(const struct jf_sip_replaces *r)
{
	visible(r->call_id, sizeof(r->call_id));
	visible(r->to_tag, sizeof(r->to_tag));
	visible(r->from_tag, sizeof(r->from_tag));
	JF_FUZZ_ASSERT(r->call_id[0] && r->to_tag[0] && r->from_tag[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	struct jf_sip_replaces replaces;
	struct jf_sip_refer_to refer_to;
	struct jf_sip_session_expires expires;
	struct jf_sip_rack rack;

	if (!jf_sip_replaces_parse(text, length, &replaces))
		replaces_sound(&replaces);
	if (!jf_sip_refer_to_parse(text, length, &refer_to)) {
		visible(refer_to.uri, sizeof(refer_to.uri));
		visible(refer_to.method, sizeof(refer_to.method));
		JF_FUZZ_ASSERT(refer_to.uri[0] && !strpbrk(refer_to.uri, "<>\""));
		if (refer_to.has_replaces)
			replaces_sound(&refer_to.replaces);
	}
	if (!jf_sip_session_expires_parse(text, length, &expires))
		JF_FUZZ_ASSERT(expires.seconds <= 999999999 &&
		               expires.refresher <= JF_SIP_REFRESHER_UAS);
	if (!jf_sip_rack_parse(text, length, &rack))
		visible(rack.method, sizeof(rack.method));
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT(
	                "98732@sip.example.com ;from-tag=r33th4x0r ; to-tag=ff87ff;early-only"),
	        JF_FUZZ_TEXT("\"B\" <sip:dave@denver;user=phone;method=INVITE?Replaces=12345%40h%3B"
	                     "to-tag%3D12345%3Bfrom-tag%3D5FFE>;x=y"),
	        JF_FUZZ_TEXT("1800;refresher=uas"),
	        JF_FUZZ_TEXT("776656 1 INVITE"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
