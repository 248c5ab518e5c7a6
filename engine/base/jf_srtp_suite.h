/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SRTP crypto suites that are served, with the names and lengths by which SDP gives their keys
 * (RFC 4568 section 6.2, RFC 6188, RFC 7714 section 14.2).
 */
#ifndef JF_SRTP_SUITE_H
#define JF_SRTP_SUITE_H

#include <stdint.h>

/* suite, name in SDP, octets of master key, of master salt, of the tag of SRTP, of SRTCP */
#define JF_SRTP_SUITES(X)                                                                          \
	X(AES_CM_128_HMAC_SHA1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10)                      \
	X(AES_CM_128_HMAC_SHA1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10)                       \
	X(AES_256_CM_HMAC_SHA1_80, "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10)                      \
	X(AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12, 16, 16)                                    \
	X(AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12, 16, 16)

enum jf_srtp_suite {
	JF_SRTP_NONE, /* plain RTP */
#define X(suite, name, key, salt, tag, rtcp_tag) JF_SRTP_##suite,
	JF_SRTP_SUITES(X)
#undef X
	        JF_SRTP_SUITE_COUNT
};

#define JF_SRTP_KEY_MAX 46u /* master key, then master salt */

struct jf_srtp_suite_info {
	const char *name;
	uint8_t key, salt, tag, rtcp_tag; /* octets */
};

/* Of a suite below JF_SRTP_SUITE_COUNT; of JF_SRTP_NONE: "none" and zeros. */
const struct jf_srtp_suite_info *jf_srtp_suite_info(enum jf_srtp_suite suite);

/* Who does the transform (jf_srtp.h), with the names of the node file. */
#define JF_SRTP_BACKENDS(X)                                                                        \
	X(IPSEC_MB, "ipsec-mb")                                                                    \
	X(LIBSRTP2, "libsrtp2")

enum jf_srtp_backend {
#define X(backend, name) JF_SRTP_##backend,
	JF_SRTP_BACKENDS(X)
#undef X
	        JF_SRTP_BACKEND_COUNT
};

const char *jf_srtp_backend_name(enum jf_srtp_backend backend);

#endif
