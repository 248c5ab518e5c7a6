/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bounded reader: every length check on bytes from the network or from disk happens here.
 *
 * Reading past the end gives zeros and sets failed, which sticks: parse a whole structure, then ask
 * once. No read ever leaves [at, end).
 */
#ifndef JF_READER_H
#define JF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct jf_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct jf_reader jf_reader_make(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;

	return (struct jf_reader){.at = p, .end = p + length, .failed = false};
}

static inline size_t jf_reader_left(const struct jf_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* The next length bytes, or NULL (and failed) if there are fewer. */
static inline const uint8_t *jf_reader_take(struct jf_reader *r, size_t length)
{
	const uint8_t *p = r->at;

	if (r->failed || length > jf_reader_left(r)) {
		r->failed = true;
		return NULL;
	}
	r->at += length;
	return p;
}

static inline void jf_reader_skip(struct jf_reader *r, size_t length)
{
	(void)jf_reader_take(r, length);
}

static inline uint8_t jf_reader_u8(struct jf_reader *r)
{
	const uint8_t *p = jf_reader_take(r, 1);

	return p ? *p : 0;
}

static inline uint16_t jf_reader_u16be(struct jf_reader *r)
{
	const uint8_t *p = jf_reader_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t jf_reader_u32be(struct jf_reader *r)
{
	const uint8_t *p = jf_reader_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/* The next length bytes as a reader of their own; an empty failed one if there are fewer. */
static inline struct jf_reader jf_reader_sub(struct jf_reader *r, size_t length)
{
	const uint8_t *p = jf_reader_take(r, length);

	if (!p)
		return (struct jf_reader){.at = r->end, .end = r->end, .failed = true};
	return jf_reader_make(p, length);
}

#endif
