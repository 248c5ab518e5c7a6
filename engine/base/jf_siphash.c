// SPDX-License-Identifier: BSD-3-Clause
#include "jf_siphash.h"

#include <endian.h>
#include <string.h>

static inline uint64_t rotate(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void round_once(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline void take(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	round_once(v);
	round_once(v);
	v[0] ^= word;
}

uint64_t jf_siphash(const uint64_t secret[2], const void *bytes, size_t length)
{
	uint64_t v[4] = {
	        secret[0] ^ UINT64_C(0x736f6d6570736575), secret[1] ^ UINT64_C(0x646f72616e646f6d),
	        secret[0] ^ UINT64_C(0x6c7967656e657261), secret[1] ^ UINT64_C(0x7465646279746573)};
	const uint8_t *at = bytes;
	uint64_t word, last = (uint64_t)length << 56;
	size_t left = length;

	for (; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		take(v, le64toh(word));
	}
	while (left--)
		last |= (uint64_t)at[left] << (8 * left);
	take(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		round_once(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
