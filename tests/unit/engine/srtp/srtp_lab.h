/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of engine/srtp share: transforms with memory of their own, packets, hex. */
#ifndef SRTP_LAB_H
#define SRTP_LAB_H

#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_srtp.h"

#define LAB_ROOM 1600u

struct lab {
	struct jf_srtp *srtp;
	void *memory;
};

static inline struct lab lab_make(enum jf_srtp_backend backend, uint32_t n_streams)
{
	size_t size = (jf_srtp_memory_size(backend, n_streams) + 63) & ~(size_t)63;
	struct lab lab = {.memory = aligned_alloc(64, size)};

	assert_non_null(lab.memory);
	memset(lab.memory, 0, size);
	assert_int_equal(jf_srtp_create(backend, n_streams, lab.memory, &lab.srtp), 0);
	return lab;
}

static inline void lab_free(struct lab *lab)
{
	jf_srtp_destroy(lab->srtp);
	free(lab->memory);
}

static inline uint64_t lab_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void lab_fill(uint64_t *state, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)lab_random(state);
}

/* The octets of a text of hex digits; how many. */
static inline uint16_t lab_hex(const char *text, uint8_t *ret_bytes)
{
	uint16_t n = 0;

	for (; text[0]; text += 2) {
		const char digits[3] = {text[0], text[1], 0};

		ret_bytes[n++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return n;
}

/* A header without CSRCs and extension, and payload octets of value. The length. */
static inline uint16_t lab_rtp(uint8_t *packet, uint32_t ssrc, uint16_t sequence, uint16_t payload,
                               uint8_t value)
{
	const uint8_t header[12] = {0x80,
	                            0,
	                            (uint8_t)(sequence >> 8),
	                            (uint8_t)sequence,
	                            0,
	                            0,
	                            1,
	                            2,
	                            (uint8_t)(ssrc >> 24),
	                            (uint8_t)(ssrc >> 16),
	                            (uint8_t)(ssrc >> 8),
	                            (uint8_t)ssrc};

	memcpy(packet, header, sizeof(header));
	memset(packet + sizeof(header), value, payload);
	return (uint16_t)(sizeof(header) + payload);
}

static inline uint32_t lab_open(struct lab *lab, enum jf_srtp_direction direction,
                                enum jf_srtp_suite suite, const uint8_t *key)
{
	uint32_t stream;

	assert_int_equal(jf_srtp_open(lab->srtp, direction, suite, key, &stream), 0);
	return stream;
}

/* One packet through a burst of one; its verdict and length. */
static inline enum jf_srtp_verdict lab_one(struct lab *lab, enum jf_srtp_direction direction,
                                           uint32_t stream, uint8_t *bytes, uint16_t *length)
{
	struct jf_srtp_packet packet = {.bytes = bytes, .stream = stream, .length = *length};

	if (direction == JF_SRTP_TX)
		jf_srtp_protect_burst(lab->srtp, &packet, 1);
	else
		jf_srtp_unprotect_burst(lab->srtp, &packet, 1);
	*length = packet.length;
	return packet.verdict;
}

#endif
