/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits in an array of 64-bit words that the caller provides. Not thread-safe. */
#ifndef JF_BITSET_H
#define JF_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words that hold so many bits: uint64_t used[JF_BITSET_WORDS(n)]. */
#define JF_BITSET_WORDS(bits) (((size_t)(bits) + 63) / 64)

static inline bool jf_bitset_get(const uint64_t *words, size_t bit)
{
	return words[bit / 64] >> (bit % 64) & 1;
}

static inline void jf_bitset_set(uint64_t *words, size_t bit)
{
	words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static inline void jf_bitset_clear(uint64_t *words, size_t bit)
{
	words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

/* The first set bit at or after from, or bits if there is none. */
static inline size_t jf_bitset_next(const uint64_t *words, size_t bits, size_t from)
{
	while (from < bits) {
		uint64_t rest = words[from / 64] >> (from % 64);

		if (rest) {
			from += (size_t)__builtin_ctzll(rest);
			return from < bits ? from : bits;
		}
		from = (from / 64 + 1) * 64;
	}
	return bits;
}

static inline size_t jf_bitset_count(const uint64_t *words, size_t bits)
{
	size_t count = 0;

	for (size_t i = 0; i < bits / 64; i++)
		count += (size_t)__builtin_popcountll(words[i]);
	if (bits % 64)
		count += (size_t)__builtin_popcountll(words[bits / 64] &
		                                      ((UINT64_C(1) << (bits % 64)) - 1));
	return count;
}

#endif
