// SPDX-License-Identifier: BSD-3-Clause
/*
 * The strict look at a message, and the grammar of URIs, addresses, Via and lists beneath it: any
 * bytes. What it lets pass has what everything hangs on, once, and no line end by half.
 */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_sip_check.h"
#include "jf_sip_grammar.h"

static void read_pieces(struct jf_slice text)
{
	struct jf_sip_address address;
	struct jf_slice list = text, element, value;
	struct jf_sip_via via;
	size_t taken = 0;
	bool headers;

	(void)jf_sip_is_uri(text, &headers);
	if (jf_sip_address_read(text, &address)) {
		JF_FUZZ_ASSERT(address.uri.at >= text.at &&
		               address.uri.at + address.uri.length <= text.at + text.length);
		JF_FUZZ_ASSERT(jf_sip_is_uri(address.uri, &headers));
		(void)jf_sip_param_get(address.params, "tag", &value);
	}
	while (jf_sip_list_next(&list, &element)) {
		JF_FUZZ_ASSERT(taken++ <= text.length);
		if (jf_sip_via_read(element, &via))
			JF_FUZZ_ASSERT(via.sent_by.length > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	struct jf_sip_check check;

	for (int stream = 0; stream < 2; stream++) {
		jf_sip_check(text, length, stream, &check);
		if (check.verdict == JF_SIP_CHECK_REFUSE)
			JF_FUZZ_ASSERT(check.request && check.code >= 400 && check.code < 700 &&
			               check.reason);
		JF_FUZZ_ASSERT(check.branch_at <= length);
		JF_FUZZ_ASSERT(memchr(check.branch, '\0', sizeof(check.branch)));
		if (check.verdict == JF_SIP_CHECK_SERVE)
			JF_FUZZ_ASSERT(memmem(text, length, "\r\n\r\n", 4));
	}
	read_pieces((struct jf_slice){.at = text, .length = length});
	return 0;
}

#define ALL                                                                                        \
	"Via: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1;rport, SIP / 2.0 / TCP h\r\n"         \
	"From: \"A \\\" b\" <sip:a%40@h;x=y?z=1>;tag=1\r\nTo: c d <sips:b@h>\r\n i: c@d\r\n"       \
	"Call-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"                                    \
	"m: <sip:a@h>;q=0.5;expires=60, sip:b@h;p=\"v\", *\r\nl : 2\r\n\r\nab"

static const struct jf_fuzz_sample samples[] = {
        JF_FUZZ_TEXT("OPTIONS sip:desk:pw@h:5060;lr SIP/2.0\r\n" ALL),
        JF_FUZZ_TEXT("SIP/2.0 200 OK\r\n" ALL),
        JF_FUZZ_TEXT("INVITE sip:a@h SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: <sip:a@h>;tag=1\r\n"
                     "t: <tel:+372>\r\ni: 1\r\nCSeq: 7\r\n INVITE\r\n\r\n"),
        JF_FUZZ_TEXT("\"Quoted, \\\"name\" <sip:a@h>;p=\"x;y\";q , <sip:b@h>"),
        JF_FUZZ_TEXT("sip:user;par=u%40e@[::1]:5060;transport=udp?Subject=x"),
        JF_FUZZ_TEXT("SIP/2.0/UDP h:5060;branch=z;received=1.2.3.4"),
};

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
