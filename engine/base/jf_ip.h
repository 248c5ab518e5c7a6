/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP addresses of either family as one value, which compares and hashes by its bytes: whatever does
 * not belong to the address is zero. Pure; any thread.
 */
#ifndef JF_IP_H
#define JF_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jf_ip {
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
	uint8_t family;    /* 4 or 6; 0: none */
	uint8_t pad[3];    /* zero */
};

#define JF_IP_TEXT 40u /* bytes for the longest text, with its NUL */

/* 4 for an IPv4 address in bytes[0..3]. bytes: as many as the family has. */
struct jf_ip jf_ip_of(uint8_t family, const uint8_t *bytes);

/*
 * The address that text begins with: dotted decimal, or IPv6 in hexadecimal (RFC 4291 section 2.2,
 * forms 1 and 2; no zone). ret_end: what follows it. 0 or -EINVAL.
 */
int jf_ip_parse(const char *text, struct jf_ip *ret_ip, const char **ret_end);

/* RFC 5952 for IPv6; "-" for none. Returns ret_text. */
const char *jf_ip_text(const struct jf_ip *ip, char ret_text[JF_IP_TEXT]);

bool jf_ip_equal(const struct jf_ip *a, const struct jf_ip *b);

/*
 * One host's, elsewhere than here: not unspecified, loopback, multicast, broadcast, of the future
 * (240/4), and no IPv4 address dressed as IPv6.
 */
bool jf_ip_is_host(const struct jf_ip *ip);

/* Bits in which the two agree from the first on; 0 if their families differ. */
uint32_t jf_ip_common_bits(const struct jf_ip *a, const struct jf_ip *b);

#endif
