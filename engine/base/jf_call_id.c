// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_id.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct jf_call_id jf_call_id_make(uint64_t utc_ns, const uint8_t random[10])
{
	struct jf_call_id id;
	uint64_t ms = utc_ns / 1000000;

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (8 * (5 - i)));
	memcpy(id.b + 6, random, 10);
	return id;
}

void jf_call_id_text(const struct jf_call_id *id, char ret_text[JF_CALL_ID_TEXT])
{
	/* 26 digits of 5 bits are 130 bits: the first digit carries 3. */
	for (int i = 0; i < 26; i++) {
		unsigned value = 0;
		for (int bit = i * 5 - 2; bit < i * 5 + 3; bit++) {
			value <<= 1;
			if (bit >= 0)
				value |= (id->b[bit / 8] >> (7 - bit % 8)) & 1u;
		}
		ret_text[i] = alphabet[value];
	}
	ret_text[26] = '\0';
}

static int digit_value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

int jf_call_id_parse(const char *text, struct jf_call_id *ret_id)
{
	struct jf_call_id id = {0};

	if (strnlen(text, JF_CALL_ID_TEXT) != 26)
		return -EINVAL;
	for (int i = 0; i < 26; i++) {
		int value = digit_value(text[i]);
		if (value < 0 || (i == 0 && value > 7))
			return -EINVAL;
		for (int k = 0; k < 5; k++) {
			int bit = i * 5 - 2 + k;
			if (bit >= 0 && (value >> (4 - k)) & 1)
				id.b[bit / 8] |= (uint8_t)(1u << (7 - bit % 8));
		}
	}
	*ret_id = id;
	return 0;
}

uint64_t jf_call_id_utc_ms(const struct jf_call_id *id)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms;
}

bool jf_call_id_equal(const struct jf_call_id *a, const struct jf_call_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}
