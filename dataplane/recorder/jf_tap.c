// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "jf_tap_priv.h"

#define HUGE_PAGE           (2u << 20)
#define RING_BYTES_MIN      (1u << 20)
#define RING_BYTES_MAX      (1u << 28)
#define BYTES_PER_RECORDING 9600u /* half a second: 2 sides, 25 packets of 160 bytes each */

uint32_t jf_tap_ring_bytes(uint32_t n_recordings)
{
	uint32_t bytes = RING_BYTES_MIN;

	while (bytes < RING_BYTES_MAX && bytes / BYTES_PER_RECORDING < n_recordings)
		bytes *= 2;
	return bytes;
}

int jf_tap_create(uint32_t n_recordings, uint32_t bytes, struct jf_tap **ret_tap)
{
	size_t size = sizeof(struct jf_tap) + n_recordings * sizeof(struct jf_tap_recording);
	struct jf_tap *tap = NULL;
	int err = 0;

	if (!n_recordings || bytes < 2 * JF_TAP_RESERVE)
		return -EINVAL;
	tap = aligned_alloc(64, (size + 63) & ~(size_t)63);
	if (!tap)
		return -ENOMEM;
	memset(tap, 0, size);
	tap->n_recordings = n_recordings;
	tap->bytes = aligned_alloc(bytes < HUGE_PAGE ? 64 : HUGE_PAGE, bytes);
	if (!tap->bytes) {
		err = -ENOMEM;
		goto out;
	}
	madvise(tap->bytes, bytes,
	        MADV_HUGEPAGE);       /* where the kernel has some; else it works too */
	memset(tap->bytes, 0, bytes); /* its pages now, not when the first call comes */
	err = jf_byte_ring_init(&tap->ring, tap->bytes, bytes);
out:
	if (err)
		jf_tap_destroy(tap);
	else
		*ret_tap = tap;
	return err;
}

void jf_tap_destroy(struct jf_tap *tap)
{
	if (!tap)
		return;
	free(tap->bytes);
	free(tap);
}

bool jf_tap_path_is_safe(const char path[JF_CONTRACT_PATH_MAX])
{
	size_t length = strnlen(path, JF_CONTRACT_PATH_MAX);
	size_t part = 0; /* where the present part begins */

	if (length == JF_CONTRACT_PATH_MAX)
		return false;
	for (size_t i = 0; i <= length; i++) {
		if (i < length && path[i] != '/') {
			if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
				return false;
			continue;
		}
		if (i == part || (i - part == 1 && path[part] == '.') ||
		    (i - part == 2 && path[part] == '.' && path[part + 1] == '.'))
			return false;
		part = i + 1;
	}
	return true;
}

static uint32_t generation_of(const struct jf_tap_recording *r)
{
	return atomic_load_explicit(&r->generation, memory_order_relaxed);
}

/* Whether a is from before b; generations wrap. */
static bool is_older(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* Whether a record with so much room leaves the reserve for begin and end. */
static bool has_room(struct jf_byte_ring *ring, uint32_t room)
{
	uint64_t end = ring->written + room + JF_TAP_RESERVE;

	if (end - ring->tail_seen <= ring->size)
		return true;
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return end - ring->tail_seen <= ring->size;
}

/* A message's head as the ring takes it. */
static inline bool write_message(struct jf_byte_ring *ring, uint32_t tag,
                                 const struct jf_tap_message *m, const void *body, uint32_t length)
{
	uint64_t head[JF_BYTE_RING_HEAD / sizeof(uint64_t)];

	memcpy(head, m, sizeof(head));
	return jf_byte_ring_write(ring, tag, head, body, length);
}

/* One of the rare records. */
static bool put(struct jf_tap *tap, uint32_t tag, const struct jf_tap_message *m, const void *body,
                size_t length)
{
	if (!write_message(&tap->ring, tag, m, body, (uint32_t)length))
		return false;
	jf_byte_ring_publish(&tap->ring);
	return true;
}

int jf_tap_record(struct jf_tap *tap, const struct jf_command_record *command, uint64_t now_ns)
{
	const struct jf_tap_message m = {.recording = command->recording, .at_ns = now_ns};
	struct jf_tap_record body = {
	        .call = command->call, .law = command->law, .format = command->format};
	struct jf_recording_ref ref = command->recording;
	struct jf_tap_recording *r;

	if (ref.index >= tap->n_recordings || !ref.generation)
		return -EINVAL;
	if ((command->law != JF_LAW_PCMU && command->law != JF_LAW_PCMA) ||
	    command->format > JF_RECORD_PACKETS)
		return -EINVAL;
	if (!jf_tap_path_is_safe(command->path))
		return -EINVAL;
	r = &tap->recordings[ref.index];
	if (generation_of(r) == ref.generation)
		return 0;
	if (generation_of(r) && is_older(ref.generation, generation_of(r)))
		return -ESTALE;
	memcpy(body.path, command->path, sizeof(body.path));
	if (!write_message(&tap->ring, jf_tap_tag(JF_TAP_RECORD, 0, 0), &m, &body, sizeof(body)))
		return -ENOSPC;
	/* Before the record is seen: whoever does sees the counters as the new one's. */
	atomic_store_explicit(&r->generation, ref.generation, memory_order_relaxed);
	atomic_store_explicit(&r->lost[0], 0, memory_order_relaxed);
	atomic_store_explicit(&r->lost[1], 0, memory_order_relaxed);
	r->is_open = true;
	r->format = command->format;
	jf_byte_ring_publish(&tap->ring);
	return 0;
}

int jf_tap_record_end(struct jf_tap *tap, struct jf_recording_ref ref, uint64_t now_ns)
{
	const struct jf_tap_message m = {.recording = ref, .at_ns = now_ns};
	struct jf_tap_end body;
	struct jf_tap_recording *r;

	if (ref.index >= tap->n_recordings || !ref.generation)
		return -EINVAL;
	r = &tap->recordings[ref.index];
	if (generation_of(r) != ref.generation)
		return generation_of(r) && is_older(ref.generation, generation_of(r)) ? -ESTALE
		                                                                      : -ENOENT;
	if (!r->is_open)
		return 0;
	for (int side = 0; side < 2; side++)
		body.lost[side] = atomic_load_explicit(&r->lost[side], memory_order_relaxed);
	if (!put(tap, jf_tap_tag(JF_TAP_END, 0, 0), &m, &body, sizeof(body)))
		return -ENOSPC;
	r->is_open = false;
	return 0;
}

bool jf_tap_is_open(const struct jf_tap *tap, struct jf_recording_ref ref)
{
	return ref.index < tap->n_recordings && ref.generation &&
	       generation_of(&tap->recordings[ref.index]) == ref.generation &&
	       tap->recordings[ref.index].is_open;
}

enum jf_record_format jf_tap_format(const struct jf_tap *tap, struct jf_recording_ref ref)
{
	return (enum jf_record_format)tap->recordings[ref.index].format;
}

void jf_tap_lose(struct jf_tap *tap, struct jf_recording_ref ref, uint8_t side)
{
	_Atomic uint32_t *lost;

	if (!jf_tap_is_open(tap, ref))
		return;
	/* One writer: a plain addition, made visible. */
	lost = &tap->recordings[ref.index].lost[side & 1];
	atomic_store_explicit(lost, atomic_load_explicit(lost, memory_order_relaxed) + 1,
	                      memory_order_relaxed);
}

static_assert(offsetof(struct jf_tap_message, recording.generation) == 4 &&
                      offsetof(struct jf_tap_message, ssrc) == 8 &&
                      offsetof(struct jf_tap_message, timestamp) == 12 &&
                      offsetof(struct jf_tap_message, at_ns) == 16,
              "the words of jf_tap_write");

bool jf_tap_write(struct jf_tap *tap, const struct jf_tap_piece *piece)
{
	/* a struct jf_tap_message, but kept in registers */
	const uint64_t head[] = {
	        piece->recording.index | (uint64_t)piece->recording.generation << 32,
	        piece->ssrc | (uint64_t)piece->timestamp << 32,
	        piece->arrival_ns,
	};
	uint32_t tag = jf_tap_tag(JF_TAP_PIECE, piece->side, piece->codec);

	if (piece->length <= JF_TAP_PAYLOAD_MAX &&
	    has_room(&tap->ring, jf_byte_ring_room_of(sizeof(head) + piece->length)) &&
	    jf_byte_ring_write(&tap->ring, tag, head, piece->payload, piece->length))
		return true;
	jf_tap_lose(tap, piece->recording, piece->side);
	return false;
}

void jf_tap_publish(struct jf_tap *tap)
{
	jf_byte_ring_publish(&tap->ring);
}

void jf_tap_set_flow(struct jf_tap *tap, struct jf_recording_ref ref, uint8_t side,
                     const struct jf_tap_flow *flow)
{
	const struct jf_tap_message m = {.recording = ref};

	/* Without it the packets are recorded all the same, as from nowhere. */
	(void)put(tap, jf_tap_tag(JF_TAP_FLOW, side, 0), &m, flow, sizeof(*flow));
}
