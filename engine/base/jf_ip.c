// SPDX-License-Identifier: BSD-3-Clause
#include "jf_ip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GROUPS 8

struct jf_ip jf_ip_of(uint8_t family, const uint8_t *bytes)
{
	struct jf_ip ip = {.family = family};

	memcpy(ip.bytes, bytes, family == 6 ? 16 : 4);
	return ip;
}

static int parse_v4(const char *text, uint8_t ret_bytes[4], const char **ret_end)
{
	for (int i = 0; i < 4; i++) {
		unsigned value = 0;
		int digits = 0;

		if (i && *text++ != '.')
			return -EINVAL;
		for (; *text >= '0' && *text <= '9' && digits < 4; digits++)
			value = value * 10 + (unsigned)(*text++ - '0');
		if (!digits || digits > 3 || value > 255)
			return -EINVAL;
		ret_bytes[i] = (uint8_t)value;
	}
	*ret_end = text;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Up to four digits; false: none there, or more. */
static bool parse_group(const char **text, uint16_t *ret_group)
{
	unsigned value = 0;
	int digits = 0;

	for (; hex_digit(**text) >= 0; (*text)++, digits++)
		if (digits < 4)
			value = value << 4 | (unsigned)hex_digit(**text);
	*ret_group = (uint16_t)value;
	return digits >= 1 && digits <= 4;
}

static int parse_v6(const char *text, uint8_t ret_bytes[16], const char **ret_end)
{
	uint16_t groups[GROUPS] = {0};
	int count = 0, gap = -1; /* where "::" stands */

	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (count < GROUPS && hex_digit(*text) >= 0) {
		if (!parse_group(&text, &groups[count++]))
			return -EINVAL;
		if (text[0] != ':')
			break;
		if (text[1] == ':' && gap < 0) {
			gap = count;
			text += 2;
		} else if (hex_digit(text[1]) >= 0 && count < GROUPS) {
			text++;
		} else {
			return -EINVAL;
		}
	}
	if (gap < 0 ? count != GROUPS : count == GROUPS)
		return -EINVAL;
	memset(ret_bytes, 0, 16);
	for (int i = 0; i < count; i++) {
		int at = gap >= 0 && i >= gap ? GROUPS - count + i : i;

		ret_bytes[2 * at] = (uint8_t)(groups[i] >> 8);
		ret_bytes[2 * at + 1] = (uint8_t)groups[i];
	}
	*ret_end = text;
	return 0;
}

int jf_ip_parse(const char *text, struct jf_ip *ret_ip, const char **ret_end)
{
	struct jf_ip ip = {0};
	const char *end = NULL;
	int result;

	ip.family = text[strspn(text, "0123456789abcdefABCDEF")] == ':' ? 6 : 4;
	result = ip.family == 6 ? parse_v6(text, ip.bytes, &end) : parse_v4(text, ip.bytes, &end);
	if (result)
		return result;
	*ret_ip = ip;
	*ret_end = end;
	return 0;
}

/* The longest run of at least two zero groups, the first of equal ones (RFC 5952 section 4.2). */
static void find_zeros(const uint16_t groups[GROUPS], int *ret_first, int *ret_count)
{
	*ret_first = -1;
	*ret_count = 1;
	for (int i = 0; i < GROUPS; i++) {
		int n = 0;

		while (i + n < GROUPS && !groups[i + n])
			n++;
		if (n > *ret_count) {
			*ret_first = i;
			*ret_count = n;
		}
	}
}

static void text_v6(const uint8_t bytes[16], char ret_text[JF_IP_TEXT])
{
	uint16_t groups[GROUPS];
	int first, count;
	size_t at = 0;

	for (int i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	find_zeros(groups, &first, &count);
	ret_text[0] = '\0';
	for (int i = 0; i < GROUPS; i++) {
		if (i == first) {
			at += (size_t)snprintf(ret_text + at, JF_IP_TEXT - at, "::");
			i += count - 1;
			continue;
		}
		at += (size_t)snprintf(ret_text + at, JF_IP_TEXT - at, "%s%x",
		                       at && ret_text[at - 1] != ':' ? ":" : "", groups[i]);
	}
}

const char *jf_ip_text(const struct jf_ip *ip, char ret_text[JF_IP_TEXT])
{
	const uint8_t *b = ip->bytes;

	if (ip->family == 4)
		snprintf(ret_text, JF_IP_TEXT, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (ip->family == 6)
		text_v6(b, ret_text);
	else
		snprintf(ret_text, JF_IP_TEXT, "-");
	return ret_text;
}

bool jf_ip_equal(const struct jf_ip *a, const struct jf_ip *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool jf_ip_is_host(const struct jf_ip *ip)
{
	static const uint8_t zeros[16];
	const uint8_t *b = ip->bytes;

	if (ip->family == 4)
		return b[0] != 0 && b[0] != 127 && b[0] < 224;
	if (ip->family != 6 || b[0] == 0xff)
		return false;
	if (memcmp(b, zeros, 10))
		return true;
	/* ::, ::1, IPv4-compatible and IPv4-mapped addresses (RFC 4291 section 2.5). */
	return !(memcmp(b + 10, zeros, 2) == 0 || (b[10] == 0xff && b[11] == 0xff));
}

uint32_t jf_ip_common_bits(const struct jf_ip *a, const struct jf_ip *b)
{
	uint32_t bits = a->family == 6 ? 128 : 32;

	if (a->family != b->family)
		return 0;
	for (uint32_t i = 0; i < bits / 8; i++)
		if (a->bytes[i] != b->bytes[i])
			return i * 8 +
			       (uint32_t)__builtin_clz((unsigned)(a->bytes[i] ^ b->bytes[i])) - 24;
	return bits;
}
