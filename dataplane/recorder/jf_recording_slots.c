// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recording_slots_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DONE_BYTES (1u << 18)

int jf_recording_slots_init(struct jf_recording_slots *s, struct jf_recording *slots)
{
	s->slots = slots;
	s->done_bytes = aligned_alloc(64, DONE_BYTES);
	if (!s->done_bytes)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	return jf_byte_ring_init(&s->done, s->done_bytes, DONE_BYTES);
}

void jf_recording_slots_destroy(struct jf_recording_slots *s)
{
	if (!s->done_bytes)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->done_bytes);
	s->done_bytes = NULL;
}

void jf_recording_slots_begin(struct jf_recording_slots *s, const struct jf_recording_start *start)
{
	struct jf_recording *slot = &s->slots[start->ref.index];

	pthread_mutex_lock(&s->lock);
	jf_seq_write_begin(&slot->seq);
	slot->generation = start->ref.generation;
	slot->call = start->call;
	slot->state = JF_RECORDING_OPEN;
	slot->law = start->law;
	slot->format = start->format;
	slot->error = 0;
	slot->samples = 0;
	memset(slot->tap_lost, 0, sizeof(slot->tap_lost));
	memset(slot->late, 0, sizeof(slot->late));
	slot->started_ns = start->start_ns;
	memcpy(slot->path, start->path, sizeof(slot->path));
	jf_seq_write_end(&slot->seq);
	pthread_mutex_unlock(&s->lock);
}

/* The slot, its lock held and its counter odd; NULL: it is another recording's now. */
static struct jf_recording *enter(struct jf_recording_slots *s, struct jf_recording_ref ref)
{
	struct jf_recording *slot = &s->slots[ref.index];

	pthread_mutex_lock(&s->lock);
	if (slot->generation != ref.generation) {
		pthread_mutex_unlock(&s->lock);
		return NULL;
	}
	jf_seq_write_begin(&slot->seq);
	return slot;
}

static void leave(struct jf_recording_slots *s, struct jf_recording *slot)
{
	jf_seq_write_end(&slot->seq);
	pthread_mutex_unlock(&s->lock);
}

void jf_recording_slots_path(struct jf_recording_slots *s, struct jf_recording_ref ref,
                             const char *path)
{
	struct jf_recording *slot = enter(s, ref);

	if (!slot)
		return;
	memcpy(slot->path, path, sizeof(slot->path));
	leave(s, slot);
}

void jf_recording_slots_progress(struct jf_recording_slots *s, struct jf_recording_ref ref,
                                 uint64_t samples)
{
	struct jf_recording *slot = enter(s, ref);

	if (!slot)
		return;
	slot->samples = samples;
	leave(s, slot);
}

void jf_recording_slots_loss(struct jf_recording_slots *s, struct jf_recording_ref ref,
                             const struct jf_recording_loss *loss)
{
	struct jf_recording *slot = enter(s, ref);

	if (!slot)
		return;
	for (int side = 0; side < 2; side++) {
		slot->tap_lost[side] = loss->lost[side];
		slot->late[side] = loss->late[side];
	}
	leave(s, slot);
}

void jf_recording_slots_end(struct jf_recording_slots *s, struct jf_recording_ref ref,
                            enum jf_recording_state state, int error)
{
	struct jf_recording *slot = enter(s, ref);
	struct jf_recording_ref *done;

	if (!slot)
		return;
	slot->state = (uint8_t)state;
	slot->error = error;
	done = jf_byte_ring_reserve(&s->done, sizeof(*done));
	if (done) { /* a hint only: the slot is the truth */
		*done = ref;
		jf_byte_ring_commit(&s->done);
		jf_byte_ring_publish(&s->done);
	}
	leave(s, slot);
}

int jf_recording_slots_take_done(struct jf_recording_slots *s,
                                 struct jf_recording_ref *ret_recording)
{
	uint32_t length;
	const void *done = jf_byte_ring_peek(&s->done, &length);

	if (!done)
		return -EAGAIN;
	memcpy(ret_recording, done, sizeof(*ret_recording));
	jf_byte_ring_release(&s->done);
	return 0;
}
