/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of records of any size between two threads of one process: one producer, one consumer,
 * neither ever waits. Records are written and read in place.
 *
 *   producer                                   consumer
 *   p = jf_byte_ring_reserve(ring, n)          p = jf_byte_ring_peek(ring, &n)
 *   fill p[0..n); jf_byte_ring_commit(ring)    use p[0..n); jf_byte_ring_release(ring)
 *
 * Records start at a multiple of 8. A record that does not fit is refused (NULL) and nothing
 * changes: the producer counts that. Several records may be reserved and committed in turn before
 * jf_byte_ring_publish makes all of them visible at once (commit = close the record; publish = show
 * them), so that the shared index is written once a burst.
 *
 * Ordering: the producer stores head with release, which pairs with the consumer's acquire of head
 * (the record's bytes are there when its length is seen). The consumer stores tail with release,
 * which pairs with the producer's acquire of tail (the consumer has done with bytes before they are
 * written over). Each side caches the other's index and looks again only when it must.
 */
#ifndef JF_BYTE_RING_H
#define JF_BYTE_RING_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define JF_BYTE_RING_HEADER 8u         /* before each record: its length; keeps alignment */
#define JF_BYTE_RING_WRAP   UINT32_MAX /* a length that says: go on at the start */

struct jf_byte_ring {
	/* Set once by jf_byte_ring_init. */
	_Alignas(64) uint8_t *bytes;
	uint32_t size;
	/* Producer's: head, and how far it has written and knows the consumer to be. */
	_Alignas(64) _Atomic uint64_t head;
	uint64_t written;
	uint64_t tail_seen;
	uint32_t reserved;
	/* Consumer's: tail, and how far it knows the producer to be. */
	_Alignas(64) _Atomic uint64_t tail;
	uint64_t head_seen;
};

/*
 * bytes: size of them, aligned to 8, the caller's for the ring's life. size: a power of two, 64 to
 * 2^31. 0 or -EINVAL. Before the threads start.
 */
int jf_byte_ring_init(struct jf_byte_ring *ring, void *bytes, uint32_t size);

/* The longest record that is always accepted by an empty ring. */
static inline uint32_t jf_byte_ring_record_max(const struct jf_byte_ring *ring)
{
	return ring->size / 2 - JF_BYTE_RING_HEADER;
}

/* Bytes that a record takes in the ring. */
static inline uint32_t jf_byte_ring_room_of(uint32_t length)
{
	return JF_BYTE_RING_HEADER + ((length + 7u) & ~7u);
}

static inline uint32_t jf_byte_ring_load_length(const uint8_t *at)
{
	uint32_t length;

	__builtin_memcpy(&length, at, sizeof(length));
	return length;
}

/* Producer. Room for a record of length bytes, or NULL. Reserve again without commit: the latter
 * one counts. */
static inline void *jf_byte_ring_reserve(struct jf_byte_ring *ring, uint32_t length)
{
	uint32_t at = (uint32_t)ring->written & (ring->size - 1);
	uint32_t to_end = ring->size - at;
	uint32_t need, room;

	if (length > jf_byte_ring_record_max(ring))
		return NULL;
	need = room = jf_byte_ring_room_of(length);
	if (room > to_end)
		need = room + to_end;
	if (ring->written + need - ring->tail_seen > ring->size) {
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (ring->written + need - ring->tail_seen > ring->size)
			return NULL;
	}
	if (room > to_end) {
		__builtin_memcpy(ring->bytes + at, &(uint32_t){JF_BYTE_RING_WRAP}, 4);
		ring->written += to_end;
		at = 0;
	}
	ring->reserved = room;
	__builtin_memcpy(ring->bytes + at, &length, 4);
	return ring->bytes + at + JF_BYTE_RING_HEADER;
}

/* Producer. The record that was reserved is complete. */
static inline void jf_byte_ring_commit(struct jf_byte_ring *ring)
{
	ring->written += ring->reserved;
	ring->reserved = 0;
}

/* Producer. The consumer may see all that is complete. */
static inline void jf_byte_ring_publish(struct jf_byte_ring *ring)
{
	atomic_store_explicit(&ring->head, ring->written, memory_order_release);
}

/* Consumer. The oldest record, or NULL. */
static inline const void *jf_byte_ring_peek(struct jf_byte_ring *ring, uint32_t *ret_length)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	for (;;) {
		uint32_t at = (uint32_t)tail & (ring->size - 1);
		uint32_t length;

		if (tail == ring->head_seen) {
			ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
			if (tail == ring->head_seen)
				return NULL;
		}
		length = jf_byte_ring_load_length(ring->bytes + at);
		if (length != JF_BYTE_RING_WRAP) {
			*ret_length = length;
			return ring->bytes + at + JF_BYTE_RING_HEADER;
		}
		tail += ring->size - at;
		atomic_store_explicit(&ring->tail, tail, memory_order_release);
	}
}

/* Consumer. Done with the record that peek gave. */
static inline void jf_byte_ring_release(struct jf_byte_ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t at = (uint32_t)tail & (ring->size - 1);

	tail += jf_byte_ring_room_of(jf_byte_ring_load_length(ring->bytes + at));
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
}

#endif
