// SPDX-License-Identifier: BSD-3-Clause
#include "jf_credentials.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define CHALLENGE_TEXT_MAX 256u /* nonce and opaque */

/* Better than what there is: SHA-256 before MD5 (RFC 8760 section 2.4). */
static bool is_better(const struct jf_trunk_credentials *credentials,
                      const struct jf_digest_challenge *challenge,
                      const struct jf_digest_challenge *best)
{
	bool sha256 = challenge->algorithm == JF_DIGEST_SHA256;

	if (challenge->algorithm == JF_DIGEST_UNKNOWN ||
	    (sha256 ? !credentials->has_sha256 : !credentials->has_md5) ||
	    (challenge->has_qop && !challenge->qop_auth) ||
	    challenge->nonce.length > CHALLENGE_TEXT_MAX ||
	    challenge->opaque.length > CHALLENGE_TEXT_MAX)
		return false;
	return !best->nonce.at || (sha256 && best->algorithm != JF_DIGEST_SHA256);
}

static int choose(const struct jf_trunk_credentials *credentials, const struct jf_slice *challenges,
                  unsigned count, struct jf_digest_challenge *ret_best)
{
	int result = -EACCES;

	*ret_best = (struct jf_digest_challenge){.stale = false};
	for (unsigned i = 0; i < count; i++) {
		struct jf_digest_challenge challenge;

		if (jf_digest_challenge_read(challenges[i], &challenge) ||
		    !jf_slice_is(challenge.realm, credentials->realm))
			continue;
		if (is_better(credentials, &challenge, ret_best))
			*ret_best = challenge;
		result = -ENOTSUP;
	}
	return ret_best->nonce.at ? 0 : result;
}

int jf_credentials_answer(const struct jf_trunk_credentials *credentials,
                          const struct jf_slice *challenges, unsigned count,
                          const struct jf_credentials_request *request,
                          char ret_line[JF_CREDENTIALS_LINE_MAX], bool *ret_stale)
{
	struct jf_digest_challenge challenge;
	int err = choose(credentials, challenges, count, &challenge), n;
	char cnonce[17], response[JF_DIGEST_HEX_MAX], qop[64] = "", opaque[300] = "";
	struct jf_digest_answer answer;

	if (err)
		return err;
	snprintf(cnonce, sizeof(cnonce), "%016" PRIx64, request->random);
	answer = (struct jf_digest_answer){
	        .nonce = challenge.nonce,
	        .uri = jf_slice_of(request->uri),
	        .algorithm = challenge.algorithm,
	};
	if (challenge.has_qop) { /* each nonce is answered once: its count is always 1 */
		answer.cnonce = jf_slice_of(cnonce);
		answer.nc = JF_SLICE("00000001");
		answer.qop = JF_SLICE("auth");
		snprintf(qop, sizeof(qop), ", qop=auth, nc=00000001, cnonce=\"%s\"", cnonce);
	}
	if (challenge.opaque.at)
		snprintf(opaque, sizeof(opaque), ", opaque=\"%.*s\"", (int)challenge.opaque.length,
		         challenge.opaque.at);
	err = jf_digest_response_make(&answer, jf_slice_of(request->method),
	                              challenge.algorithm == JF_DIGEST_SHA256 ? credentials->sha256
	                                                                      : credentials->md5,
	                              response);
	if (err)
		return err;
	n = snprintf(ret_line, JF_CREDENTIALS_LINE_MAX,
	             "%s: Digest username=\"%s\", realm=\"%s\", nonce=\"%.*s\", uri=\"%s\", "
	             "response=\"%s\", algorithm=%s%s%s\r\n",
	             request->proxy ? "Proxy-Authorization" : "Authorization", credentials->user,
	             credentials->realm, (int)challenge.nonce.length, challenge.nonce.at,
	             request->uri, response, jf_digest_algorithm_name(challenge.algorithm), qop,
	             opaque);
	*ret_stale = challenge.stale;
	return n > 0 && (size_t)n < JF_CREDENTIALS_LINE_MAX ? 0 : -EMSGSIZE;
}
