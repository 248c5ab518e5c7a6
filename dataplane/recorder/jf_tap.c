// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_tap_priv.h"

#define RING_BYTES_MIN      (1u << 20)
#define RING_BYTES_MAX      (1u << 28)
#define BYTES_PER_RECORDING 10240u /* half a second: 2 sides, 25 packets of 160 bytes each */

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
	tap->bytes = aligned_alloc(64, bytes);
	if (!tap->bytes) {
		err = -ENOMEM;
		goto out;
	}
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

static void publish(struct jf_tap *tap)
{
	jf_byte_ring_commit(&tap->ring);
	jf_byte_ring_publish(&tap->ring);
}

static struct jf_tap_message *reserve(struct jf_tap *tap, enum jf_tap_message_type type,
                                      struct jf_recording_ref recording, uint64_t at_ns,
                                      uint32_t length)
{
	struct jf_tap_message *m = jf_byte_ring_reserve(&tap->ring, length);

	if (!m)
		return NULL;
	m->type = type;
	m->recording = recording;
	m->at_ns = at_ns;
	return m;
}

int jf_tap_record(struct jf_tap *tap, const struct jf_command_record *command, uint64_t now_ns)
{
	struct jf_recording_ref ref = command->recording;
	struct jf_tap_recording *r;
	struct jf_tap_message *m;

	if (ref.index >= tap->n_recordings || !ref.generation)
		return -EINVAL;
	if (command->law != JF_LAW_PCMU && command->law != JF_LAW_PCMA)
		return -EINVAL;
	if (!jf_tap_path_is_safe(command->path))
		return -EINVAL;
	r = &tap->recordings[ref.index];
	if (generation_of(r) == ref.generation)
		return 0;
	if (generation_of(r) && is_older(ref.generation, generation_of(r)))
		return -ESTALE;
	m = reserve(tap, JF_TAP_RECORD, ref, now_ns,
	            JF_TAP_MESSAGE_HEAD + sizeof(((struct jf_tap_message *)0)->record));
	if (!m)
		return -ENOSPC;
	m->record.call = command->call;
	m->record.law = command->law;
	memcpy(m->record.path, command->path, sizeof(m->record.path));
	atomic_store_explicit(&r->generation, ref.generation, memory_order_relaxed);
	atomic_store_explicit(&r->lost[0], 0, memory_order_relaxed);
	atomic_store_explicit(&r->lost[1], 0, memory_order_relaxed);
	r->is_open = true;
	publish(tap);
	return 0;
}

int jf_tap_record_end(struct jf_tap *tap, struct jf_recording_ref ref, uint64_t now_ns)
{
	struct jf_tap_recording *r;
	struct jf_tap_message *m;

	if (ref.index >= tap->n_recordings || !ref.generation)
		return -EINVAL;
	r = &tap->recordings[ref.index];
	if (generation_of(r) != ref.generation)
		return generation_of(r) && is_older(ref.generation, generation_of(r)) ? -ESTALE
		                                                                      : -ENOENT;
	if (!r->is_open)
		return 0;
	m = reserve(tap, JF_TAP_END, ref, now_ns,
	            JF_TAP_MESSAGE_HEAD + sizeof(((struct jf_tap_message *)0)->end));
	if (!m)
		return -ENOSPC;
	for (int side = 0; side < 2; side++)
		m->end.lost[side] = atomic_load_explicit(&r->lost[side], memory_order_relaxed);
	r->is_open = false;
	publish(tap);
	return 0;
}

bool jf_tap_is_open(const struct jf_tap *tap, struct jf_recording_ref ref)
{
	return ref.index < tap->n_recordings && ref.generation &&
	       generation_of(&tap->recordings[ref.index]) == ref.generation &&
	       tap->recordings[ref.index].is_open;
}

/* Whether audio of that size leaves the reserve for begin and end. */
static bool has_room(struct jf_byte_ring *ring, uint32_t length)
{
	uint64_t end = ring->written + jf_byte_ring_room_of(length) + JF_TAP_RESERVE;

	if (end - ring->tail_seen <= ring->size)
		return true;
	ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
	return end - ring->tail_seen <= ring->size;
}

bool jf_tap_audio(struct jf_tap *tap, const struct jf_tap_audio *audio)
{
	uint32_t length = offsetof(struct jf_tap_message, audio.payload) + audio->length;
	struct jf_tap_message *m = NULL;
	struct jf_tap_recording *r;

	if (!jf_tap_is_open(tap, audio->recording) || audio->side > JF_SIDE_AGENT ||
	    !audio->length || audio->length > JF_TAP_PAYLOAD_MAX)
		return false;
	r = &tap->recordings[audio->recording.index];
	if (has_room(&tap->ring, length))
		m = reserve(tap, JF_TAP_AUDIO, audio->recording, audio->arrival_ns, length);
	if (!m) {
		/* One writer: a plain addition, made visible. */
		atomic_store_explicit(
		        &r->lost[audio->side],
		        atomic_load_explicit(&r->lost[audio->side], memory_order_relaxed) + 1,
		        memory_order_relaxed);
		return false;
	}
	m->audio.ssrc = audio->ssrc;
	m->audio.timestamp = audio->timestamp;
	m->audio.length = audio->length;
	m->audio.side = audio->side;
	m->audio.law = audio->law;
	memcpy(m->audio.payload, audio->payload, audio->length);
	publish(tap);
	return true;
}
