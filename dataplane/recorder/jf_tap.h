/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's end of recording: what goes from a worker to the recorder thread.
 *
 * Each worker has one tap: a byte ring of its own (jf_byte_ring.h), which the worker fills and the
 * recorder (jf_recorder.h) empties. Three kinds of records go through it, in order: a recording
 * begins, audio arrived, a recording is complete. The worker copies payload bytes and never waits:
 * when the ring is full, audio is counted as lost, for the worker (JF_DROP_TAP_FULL is the
 * caller's to count) and for the recording, whose slot shows it. The last JF_TAP_RESERVE bytes are
 * for begin and end alone, so that a stalled disk does not swallow them.
 *
 * All functions: the worker that owns the tap. None allocates, locks or calls the kernel.
 */
#ifndef JF_TAP_H
#define JF_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"

#define JF_TAP_PAYLOAD_MAX 1500u
#define JF_TAP_RESERVE     65536u

struct jf_tap;

/*
 * n_recordings: of the contract's shape. bytes: of the ring, a power of two; jf_tap_ring_bytes
 * gives what holds half a second of all recordings. 0, -EINVAL or -ENOMEM. Main thread, before the
 * worker and the recorder start; destroyed after both have stopped.
 */
int jf_tap_create(uint32_t n_recordings, uint32_t bytes, struct jf_tap **ret_tap);
void jf_tap_destroy(struct jf_tap *tap);
uint32_t jf_tap_ring_bytes(uint32_t n_recordings);

/*
 * RECORD: the recording exists from now on. Again for the same generation: no harm. An older one
 * under that index ends. 0, -EINVAL (index, generation, law, or a path that leads out of the
 * recordings folder: absolute, "..", ".", empty parts, control characters), -ESTALE (generation
 * older than the one known), -ENOSPC (ring full: the disk stands still).
 */
int jf_tap_record(struct jf_tap *tap, const struct jf_command_record *command, uint64_t now_ns);

/* RECORD_END. Again: no harm. 0, -EINVAL, -ENOENT (never heard of), -ESTALE, -ENOSPC. */
int jf_tap_record_end(struct jf_tap *tap, struct jf_recording_ref recording, uint64_t now_ns);

/* Whether RECORD has come for it and RECORD_END has not: what TAP may name. */
bool jf_tap_is_open(const struct jf_tap *tap, struct jf_recording_ref recording);

/* What arrived at one side. */
struct jf_tap_audio {
	struct jf_recording_ref recording;
	uint8_t side; /* enum jf_side */
	uint8_t law;  /* enum jf_law of payload */
	uint16_t length;
	uint32_t ssrc;
	uint32_t timestamp; /* RTP's, 8 kHz */
	uint64_t arrival_ns;
	const uint8_t *payload; /* G.711, length samples */
};

/*
 * Hot. false: not taken, because the ring is full (counted for the recording too), or the recording
 * is not open, or length is 0 or over JF_TAP_PAYLOAD_MAX.
 */
bool jf_tap_audio(struct jf_tap *tap, const struct jf_tap_audio *audio);

#endif
