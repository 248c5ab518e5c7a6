/* SPDX-License-Identifier: BSD-3-Clause */
/* A piece of somebody else's text: not terminated, never owned. at NULL: it was not there. */
#ifndef JF_SLICE_H
#define JF_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct jf_slice {
	const char *at;
	size_t length;
};

#define JF_SLICE(text) ((struct jf_slice){.at = (text), .length = sizeof(text) - 1})

static inline struct jf_slice jf_slice_of(const char *text)
{
	return (struct jf_slice){.at = text, .length = text ? strlen(text) : 0};
}

static inline bool jf_slice_is(struct jf_slice slice, const char *text)
{
	return slice.at && slice.length == strlen(text) &&
	       memcmp(slice.at, text, slice.length) == 0;
}

/* ASCII letters of either case alike. */
static inline bool jf_slice_is_nocase(struct jf_slice slice, const char *text)
{
	return slice.at && slice.length == strlen(text) &&
	       strncasecmp(slice.at, text, slice.length) == 0;
}

static inline bool jf_slice_same(struct jf_slice a, struct jf_slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* Decimal digits only, at least one. false also when it does not fit. */
static inline bool jf_slice_u32(struct jf_slice slice, uint32_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < slice.length; i++) {
		if (slice.at[i] < '0' || slice.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(slice.at[i] - '0');
		if (value > UINT32_MAX)
			return false;
	}
	if (!slice.length)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

/* Without white space (folded lines included) at either end. */
static inline struct jf_slice jf_slice_trim(struct jf_slice slice)
{
	while (slice.length && strchr(" \t\r\n", slice.at[0]) && slice.at[0]) {
		slice.at++;
		slice.length--;
	}
	while (slice.length && slice.at[slice.length - 1] &&
	       strchr(" \t\r\n", slice.at[slice.length - 1]))
		slice.length--;
	return slice;
}

#endif
