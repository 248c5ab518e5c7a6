/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of records of any size between two threads of one process: one producer, one consumer,
 * neither ever waits. Records are written and read in place.
 *
 *   producer                                   consumer
 *   p = jf_byte_ring_reserve(ring, n)          p = jf_byte_ring_peek(ring, &n)
 *   fill p[0..n); jf_byte_ring_commit(ring)    use p[0..n); jf_byte_ring_release(ring)
 *
 *   or, both at once:
 *   jf_byte_ring_write(ring, tag, head, bytes, n)
 *
 * Each record stands behind a header of 8 bytes (its length, and a tag of the producer's) and takes
 * whole cache lines, so the two sides never write and read the same line at once. A record that
 * does not fit is refused (NULL, false) and nothing changes: the producer counts that. Several
 * records may be reserved and committed in turn before jf_byte_ring_publish makes all of them
 * visible at once (commit = close the record; publish = show them), so that the shared index is
 * written once a burst. The consumer may look at several records ahead (jf_byte_ring_read) and
 * release them at once.
 *
 * jf_byte_ring_write streams its lines past the producer's cache, which the record has no business
 * in: the next to touch it is another core. That keeps a ring of hundreds of megabytes as cheap to
 * write as one of a few kilobytes.
 *
 * Ordering: the producer stores head with release, which pairs with the consumer's acquire of head
 * (the record's bytes are there when its length is seen; streamed ones by the fence before it). The
 * consumer stores tail with release, which pairs with the producer's acquire of tail (the consumer
 * has done with bytes before they are written over). Each side caches the other's index and looks
 * again only when it must.
 */
#ifndef JF_BYTE_RING_H
#define JF_BYTE_RING_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JF_BYTE_RING_LINE   64u        /* records begin at a multiple of it */
#define JF_BYTE_RING_HEADER 8u         /* before each record: its length and its tag */
#define JF_BYTE_RING_HEAD   24u        /* what jf_byte_ring_write puts before the bytes */
#define JF_BYTE_RING_WRAP   UINT32_MAX /* a length that says: go on at the start */

struct jf_byte_ring {
	/* Set once by jf_byte_ring_init. */
	_Alignas(64) uint8_t *bytes;
	uint32_t size;
	bool wide; /* the processor stores whole lines (AVX-512) */
	/* Producer's: head, and how far it has written and knows the consumer to be. */
	_Alignas(64) _Atomic uint64_t head;
	uint64_t written;
	uint64_t tail_seen;
	uint32_t reserved;
	bool has_streamed; /* since the last publish */
	/* Consumer's: tail, and how far it knows the producer to be. */
	_Alignas(64) _Atomic uint64_t tail;
	uint64_t head_seen;
};

/*
 * bytes: size of them, aligned to a cache line, the caller's for the ring's life. size: a power of
 * two, 512 to 2^31. 0 or -EINVAL. Before the threads start.
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
	return (JF_BYTE_RING_HEADER + length + JF_BYTE_RING_LINE - 1) & ~(JF_BYTE_RING_LINE - 1);
}

/* Producer's: where a record that takes so much room can be written, or NULL. */
static inline uint8_t *jf_byte_ring_place(struct jf_byte_ring *ring, uint32_t room)
{
	uint32_t at = (uint32_t)ring->written & (ring->size - 1);
	uint32_t to_end = ring->size - at;
	uint32_t need = room > to_end ? room + to_end : room;

	if (ring->written + need - ring->tail_seen > ring->size) {
		ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
		if (ring->written + need - ring->tail_seen > ring->size)
			return NULL;
	}
	if (room > to_end) {
		memcpy(ring->bytes + at, &(uint32_t){JF_BYTE_RING_WRAP}, 4);
		ring->written += to_end;
		at = 0;
	}
	return ring->bytes + at;
}

/* Producer. Room for a record of length bytes, or NULL. Reserve again without commit: the latter
 * one counts. */
static inline void *jf_byte_ring_reserve(struct jf_byte_ring *ring, uint32_t length)
{
	uint32_t room = jf_byte_ring_room_of(length);
	uint8_t *at;

	if (length > jf_byte_ring_record_max(ring))
		return NULL;
	at = jf_byte_ring_place(ring, room);
	if (!at)
		return NULL;
	ring->reserved = room;
	memcpy(at, &(uint64_t){length}, JF_BYTE_RING_HEADER); /* little endian; tag 0 */
	return at + JF_BYTE_RING_HEADER;
}

/* Producer. The record that was reserved is complete. */
static inline void jf_byte_ring_commit(struct jf_byte_ring *ring)
{
	ring->written += ring->reserved;
	ring->reserved = 0;
}

#ifdef __SSE2__
/*
 * A record past the cache: half a line of header and head, which come in registers, then the bytes.
 * To memory and back they would wait for the lines streamed before them. The first for any
 * processor, the second where ring->wide says that whole lines can be stored.
 */
static inline void jf_byte_ring_stream(uint8_t *to, __m128i front, __m128i back,
                                       const uint8_t *bytes, uint32_t length)
{
	_Alignas(16) uint8_t rest[16] = {0};
	uint32_t whole = length & ~15u;

	_mm_stream_si128((__m128i *)to, front);
	_mm_stream_si128((__m128i *)(to + 16), back);
	to += 32;
	for (uint32_t done = 0; done < whole; done += 16)
		_mm_stream_si128((__m128i *)(to + done),
		                 _mm_loadu_si128((const __m128i *)(bytes + done)));
	if (whole < length) {
		memcpy(rest, bytes + whole, length - whole);
		_mm_stream_si128((__m128i *)(to + whole), _mm_load_si128((__m128i *)rest));
	}
}

void jf_byte_ring_stream_lines(uint8_t *to, __m128i front, __m128i back, const uint8_t *bytes,
                               uint32_t length);
#endif

/*
 * Producer. A whole record: head, then length bytes. Its last line may end in bytes of no meaning.
 * false: no room.
 */
static inline bool jf_byte_ring_write(struct jf_byte_ring *ring, uint32_t tag,
                                      const uint64_t head[JF_BYTE_RING_HEAD / 8],
                                      const uint8_t *bytes, uint32_t length)
{
	const uint64_t record = (uint64_t)JF_BYTE_RING_HEAD + length; /* can't wrap */
	const uint64_t header = (uint64_t)tag << 32 | record;
	uint32_t room;
	uint8_t *at;

	if (record > jf_byte_ring_record_max(ring))
		return false;
	room = jf_byte_ring_room_of((uint32_t)record);
	at = jf_byte_ring_place(ring, room);
	if (!at)
		return false;
#ifdef __SSE2__
	__m128i front = _mm_set_epi64x((long long)head[0], (long long)header);
	__m128i back = _mm_set_epi64x((long long)head[2], (long long)head[1]);

	if (ring->wide)
		jf_byte_ring_stream_lines(at, front, back, bytes, length);
	else
		jf_byte_ring_stream(at, front, back, bytes, length);
#else
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), head, JF_BYTE_RING_HEAD);
	memcpy(at + sizeof(header) + JF_BYTE_RING_HEAD, bytes, length);
#endif
	ring->written += room;
	ring->has_streamed = true;
	return true;
}

/*
 * Producer. The consumer may see all that is complete. Waits for streamed lines to arrive, so best
 * called a while after they were written.
 */
static inline void jf_byte_ring_publish(struct jf_byte_ring *ring)
{
	if (atomic_load_explicit(&ring->head, memory_order_relaxed) == ring->written)
		return;
#ifdef __SSE2__
	if (ring->has_streamed) /* streamed stores keep no order of their own */
		_mm_sfence();
#endif
	ring->has_streamed = false;
	atomic_store_explicit(&ring->head, ring->written, memory_order_release);
}

/*
 * Consumer. The record at *cursor, or NULL; the cursor then leads to the next one. It begins where
 * jf_byte_ring_cursor says.
 */
static inline const void *jf_byte_ring_read(struct jf_byte_ring *ring, uint64_t *cursor,
                                            uint32_t *ret_length)
{
	for (;;) {
		uint32_t at = (uint32_t)*cursor & (ring->size - 1);
		uint32_t length;

		if (*cursor == ring->head_seen) {
			ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
			if (*cursor == ring->head_seen)
				return NULL;
		}
		memcpy(&length, ring->bytes + at, 4);
		if (length != JF_BYTE_RING_WRAP) {
			*cursor += jf_byte_ring_room_of(length);
			*ret_length = length;
			return ring->bytes + at + JF_BYTE_RING_HEADER;
		}
		*cursor += ring->size - at;
	}
}

/* Any thread: bytes that were published and not released, as far as it can be seen. */
static inline uint64_t jf_byte_ring_waiting(const struct jf_byte_ring *ring)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	return atomic_load_explicit(&ring->head, memory_order_relaxed) - tail;
}

/* Of a record that read or peek gave. */
static inline uint32_t jf_byte_ring_tag(const void *record)
{
	uint32_t tag;

	memcpy(&tag, (const uint8_t *)record - 4, sizeof(tag));
	return tag;
}

static inline uint64_t jf_byte_ring_cursor(const struct jf_byte_ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_relaxed);
}

/* Consumer. Done with all records before cursor. */
static inline void jf_byte_ring_release_to(struct jf_byte_ring *ring, uint64_t cursor)
{
	atomic_store_explicit(&ring->tail, cursor, memory_order_release);
}

/* Consumer. The oldest record, or NULL. */
static inline const void *jf_byte_ring_peek(struct jf_byte_ring *ring, uint32_t *ret_length)
{
	uint64_t cursor = jf_byte_ring_cursor(ring);

	return jf_byte_ring_read(ring, &cursor, ret_length);
}

/* Consumer. Done with the record that peek gave. */
static inline void jf_byte_ring_release(struct jf_byte_ring *ring)
{
	uint64_t cursor = jf_byte_ring_cursor(ring);
	uint32_t length;

	if (jf_byte_ring_read(ring, &cursor, &length))
		jf_byte_ring_release_to(ring, cursor);
}

#endif
