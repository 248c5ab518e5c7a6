// SPDX-License-Identifier: BSD-3-Clause
/*
 * Plain data as text for a JSON string: two hex digits a byte, and "z<count>." for a run of zeros,
 * of which a dialog's fixed fields are full.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"

#define RUN_MIN 4u /* shorter runs are no shorter as text */

static size_t zeros(const uint8_t *bytes, size_t length)
{
	uint64_t word;
	size_t n = 0;

	for (; n + sizeof(word) <= length; n += sizeof(word)) {
		memcpy(&word, bytes + n, sizeof(word));
		if (word)
			break;
	}
	while (n < length && !bytes[n])
		n++;
	return n;
}

char *jf_call_bytes_text(const void *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;
	char *text = malloc(2 * length + 24), *at = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length;) {
		size_t run = zeros(b + i, length - i);

		if (run > 2 * RUN_MIN) {
			at += sprintf(at, "z%zu.", run);
			i += run;
		} else {
			*at++ = digits[b[i] >> 4];
			*at++ = digits[b[i++] & 15];
		}
	}
	*at = '\0';
	return text;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int jf_call_bytes_parse(const char *text, void *ret_bytes, size_t length)
{
	uint8_t *b = calloc(1, length ? length : 1);
	size_t n = 0;
	int err = -EINVAL;

	if (!b)
		return -ENOMEM;
	while (*text) {
		if (*text == 'z') {
			char *end;
			unsigned long run = strtoul(text + 1, &end, 10);

			if (*end != '.' || run > length - n)
				goto out;
			n += run;
			text = end + 1;
		} else {
			int high = nibble(text[0]), low = high < 0 ? -1 : nibble(text[1]);

			if (low < 0 || n == length)
				goto out;
			b[n++] = (uint8_t)(high << 4 | low);
			text += 2;
		}
	}
	if (n != length)
		goto out;
	memcpy(ret_bytes, b, length);
	err = 0;
out:
	free(b);
	return err;
}
