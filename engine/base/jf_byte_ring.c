// SPDX-License-Identifier: BSD-3-Clause
#include "jf_byte_ring.h"

#include <errno.h>

#define RING_MIN 512u
#define RING_MAX (1u << 31)

int jf_byte_ring_init(struct jf_byte_ring *ring, void *bytes, uint32_t size)
{
	if (size < RING_MIN || size > RING_MAX || (size & (size - 1)) ||
	    (uintptr_t)bytes % JF_BYTE_RING_LINE)
		return -EINVAL;
	ring->bytes = bytes;
	ring->size = size;
	ring->written = ring->tail_seen = ring->head_seen = 0;
	ring->reserved = 0;
	ring->has_streamed = false;
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	return 0;
}
