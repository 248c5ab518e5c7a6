// SPDX-License-Identifier: BSD-3-Clause
#include "jf_byte_ring.h"

#include <errno.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define RING_MIN 512u
#define RING_MAX (1u << 31)

#ifdef __SSE2__

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl")))
#define LINE JF_BYTE_RING_LINE

static bool is_wide(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl");
}

/* The first n bytes, n below a line; nothing beyond them is read. */
WIDE static inline __m512i some(const uint8_t *bytes, uint32_t n)
{
	return _mm512_maskz_loadu_epi8((UINT64_C(1) << n) - 1, bytes);
}

WIDE void jf_byte_ring_stream_lines(uint8_t *to, __m128i front, __m128i back, const uint8_t *bytes,
                                    uint32_t length)
{
	__m256i half = _mm256_inserti128_si256(_mm256_castsi128_si256(front), back, 1);
	__m256i begin = length >= LINE / 2 ? _mm256_loadu_si256((const __m256i *)bytes)
	                                   : _mm512_castsi512_si256(some(bytes, length));
	uint32_t done = LINE / 2;

	_mm512_stream_si512((void *)to, _mm512_inserti64x4(_mm512_castsi256_si512(half), begin, 1));
	for (to += LINE; done + LINE <= length; done += LINE, to += LINE)
		_mm512_stream_si512((void *)to, _mm512_loadu_si512(bytes + done));
	if (done < length)
		_mm512_stream_si512((void *)to, some(bytes + done, length - done));
}

#else

static bool is_wide(void)
{
	return false;
}

#endif

int jf_byte_ring_init(struct jf_byte_ring *ring, void *bytes, uint32_t size)
{
	if (size < RING_MIN || size > RING_MAX || (size & (size - 1)) ||
	    (uintptr_t)bytes % JF_BYTE_RING_LINE)
		return -EINVAL;
	ring->bytes = bytes;
	ring->size = size;
	ring->wide = is_wide();
	ring->written = ring->tail_seen = ring->head_seen = 0;
	ring->reserved = 0;
	ring->has_streamed = false;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return 0;
}
