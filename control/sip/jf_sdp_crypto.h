/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * a=crypto lines: keys of SRTP given in SDP (SDES, RFC 4568). Pure, no memory, any thread.
 *
 * A line can be used when its suite is one of jf_srtp_suite.h, its one inline key has exactly the
 * suite's length, it has no MKI, and its lifetime is at least 2^20 packets (we don't change keys by
 * ourselves, and that is five hours of speech). Of session parameters only WSH, a hint, and unknown
 * ones that the peer marks as optional ("-") are let pass: any other changes the transform. Lines
 * that can't be used are passed over, as RFC 4568 section 5.1.2 asks.
 */
#ifndef JF_SDP_CRYPTO_H
#define JF_SDP_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_srtp_suite.h"

#define JF_SDP_CRYPTO_LINES    (JF_SRTP_SUITE_COUNT - 1) /* one for each suite */
#define JF_SDP_CRYPTO_TEXT_MAX 128                       /* of a line that we write, terminated */

/* One line. Plain data, storable; a secret. */
struct jf_sdp_crypto {
	uint32_t tag;                 /* 1 .. 999999999 */
	uint8_t suite;                /* enum jf_srtp_suite */
	uint8_t key[JF_SRTP_KEY_MAX]; /* master key, then salt; zeros behind */
	uint8_t reserved;
};

/* Reads what stands behind "a=crypto:". false: the line can't be used. */
bool jf_sdp_crypto_read(const char *text, size_t length, struct jf_sdp_crypto *ret_crypto);

/* Writes the line without CRLF, terminated. */
void jf_sdp_crypto_write(const struct jf_sdp_crypto *crypto, char ret_text[JF_SDP_CRYPTO_TEXT_MAX]);

/* Of the lines of an offer the one that we like best, or NULL when there is none. */
const struct jf_sdp_crypto *jf_sdp_crypto_choose(const struct jf_sdp_crypto *lines, size_t count);

/* Whether the line of an answer is to one of those offered (RFC 4568 section 5.1.2): tag and suite.
 */
bool jf_sdp_crypto_answers(const struct jf_sdp_crypto *offered, size_t count,
                           const struct jf_sdp_crypto *answer);

/* The suites, the one that we like best first; place below JF_SDP_CRYPTO_LINES. */
enum jf_srtp_suite jf_sdp_crypto_suite(size_t place);

#endif
