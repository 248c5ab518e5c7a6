/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The recordings' slots in the contract, written by the recorder's threads in turn: a lock keeps
 * them one writer at a time, as the slots' sequence counters want it. It is never held over a
 * system call. Beside them the list of recordings that are done, for the service thread.
 */
#ifndef JF_RECORDING_SLOTS_PRIV_H
#define JF_RECORDING_SLOTS_PRIV_H

#include <pthread.h>

#include "jf_byte_ring.h"
#include "jf_contract.h"
#include "jf_recording_file_priv.h"

struct jf_recording_slots {
	struct jf_recording *slots;
	pthread_mutex_t lock;
	struct jf_byte_ring done; /* struct jf_recording_ref; filled under the lock */
	void *done_bytes;
};

/* What a recording is from its begin on. */
struct jf_recording_start {
	struct jf_recording_ref ref;
	struct jf_call_id call;
	uint8_t law;
	uint8_t format;
	uint64_t start_ns;
	char path[JF_CONTRACT_PATH_MAX]; /* as asked for */
};

/* 0 or -ENOMEM. Main thread. */
int jf_recording_slots_init(struct jf_recording_slots *s, struct jf_recording *slots);
void jf_recording_slots_destroy(struct jf_recording_slots *s);

/*
 * All of these do nothing if the slot has been taken by a younger recording meanwhile. Any of the
 * recorder's threads.
 */
void jf_recording_slots_begin(struct jf_recording_slots *s, const struct jf_recording_start *start);
void jf_recording_slots_path(struct jf_recording_slots *s, struct jf_recording_ref ref,
                             const char *path);
void jf_recording_slots_progress(struct jf_recording_slots *s, struct jf_recording_ref ref,
                                 uint64_t samples);
void jf_recording_slots_loss(struct jf_recording_slots *s, struct jf_recording_ref ref,
                             const struct jf_recording_loss *loss);

/* The last word, also to the list of those that are done. */
void jf_recording_slots_end(struct jf_recording_slots *s, struct jf_recording_ref ref,
                            enum jf_recording_state state, int error);

/* 0 or -EAGAIN. Service thread. */
int jf_recording_slots_take_done(struct jf_recording_slots *s,
                                 struct jf_recording_ref *ret_recording);

#endif
