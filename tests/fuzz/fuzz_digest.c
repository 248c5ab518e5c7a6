// SPDX-License-Identifier: BSD-3-Clause
/* Digest headers, of who asks and of who answers: any bytes. What is read points into them. */
#include "jf_digest.h"
#include "jf_fuzz.h"

static void within(struct jf_slice piece, struct jf_slice whole)
{
	JF_FUZZ_ASSERT(!piece.at || (piece.at >= whole.at &&
	                             piece.at + piece.length <= whole.at + whole.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const uint8_t ha1[JF_DIGEST_HA1_MAX], address[JF_DIGEST_ADDRESS_BYTES];
	static struct jf_digest_nonces nonces;
	struct jf_slice value = {.at = (const char *)bytes, .length = length};
	struct jf_digest_challenge challenge;
	struct jf_digest_answer answer;
	uint64_t made_ns;

	if (!jf_digest_challenge_read(value, &challenge)) {
		within(challenge.realm, value);
		within(challenge.nonce, value);
		within(challenge.opaque, value);
		JF_FUZZ_ASSERT(challenge.realm.at && challenge.nonce.length);
	}
	if (!jf_digest_answer_read(value, &answer)) {
		within(answer.username, value);
		within(answer.nonce, value);
		within(answer.cnonce, value);
		/* nobody guesses either */
		JF_FUZZ_ASSERT(!jf_digest_proven(&answer, JF_SLICE("REGISTER"), ha1));
		JF_FUZZ_ASSERT(!jf_digest_nonce_read(&nonces, answer.nonce, 1, address, &made_ns));
	}
	return 0;
}

static const struct jf_fuzz_sample samples[] = {
        JF_FUZZ_TEXT("Digest realm=\"r\", nonce=\"n\", opaque=\"o\", algorithm=SHA-256, "
                     "qop=\"auth-int,auth\", stale=true"),
        JF_FUZZ_TEXT("Digest username=\"1001\", realm=\"r\\\"\", nonce=\"0\", uri=\"sip:h\", "
                     "response=\"00000000000000000000000000000000\", cnonce=\"c\", nc=00000001, "
                     "qop=auth, algorithm=MD5, opaque=\"\""),
        JF_FUZZ_TEXT("Basic realm=x"),
};

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
