/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The worker's end of recording: what goes from a worker to the recorder thread.
 *
 * Each worker has one tap: a byte ring of its own (jf_byte_ring.h), which the worker fills and the
 * recorder (jf_recorder.h) empties. Through it go, in order: a recording begins, where a side's
 * packets come from, what arrived, a recording is complete. The worker copies payload bytes once,
 * past its cache, and never waits: when the ring is full, what arrived is counted as lost, for the
 * worker (JF_DROP_TAP_FULL is the caller's to count) and for the recording, whose slot and file
 * show it. The last JF_TAP_RESERVE bytes are for begin and end alone.
 *
 * The ring bridges what keeps the recorder's thread from running (half a second); a slow disk is
 * bridged behind it, in the recorder.
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
 * under that index ends. 0, -EINVAL (index, generation, law, format, or a path that leads out of
 * the recordings folder: absolute, "..", ".", empty parts, control characters), -ESTALE (generation
 * older than the one known), -ENOSPC (ring full).
 */
int jf_tap_record(struct jf_tap *tap, const struct jf_command_record *command, uint64_t now_ns);

/* RECORD_END. Again: no harm. 0, -EINVAL, -ENOENT (never heard of), -ESTALE, -ENOSPC. */
int jf_tap_record_end(struct jf_tap *tap, struct jf_recording_ref recording, uint64_t now_ns);

/* Whether RECORD has come for it and RECORD_END has not: what TAP may name. */
bool jf_tap_is_open(const struct jf_tap *tap, struct jf_recording_ref recording);

/* Its format, when it is open; decides what jf_tap_write is given. */
enum jf_record_format jf_tap_format(const struct jf_tap *tap, struct jf_recording_ref recording);

/* What arrived at one side. */
struct jf_tap_piece {
	struct jf_recording_ref recording; /* one that was open when the tap was set */
	uint8_t side;                      /* enum jf_side */
	uint8_t codec;      /* enum jf_codec of the payload; JF_CODEC_OTHER for a whole packet */
	uint16_t length;    /* 1 .. JF_TAP_PAYLOAD_MAX; longer ones are refused */
	uint32_t ssrc;      /* not used for whole packets */
	uint32_t timestamp; /* RTP's, 8 kHz; the same */
	uint64_t arrival_ns;
	const uint8_t *payload; /* of the packet; for JF_RECORD_PACKETS the packet from its RTP
	                           header on */
};

/*
 * Hot. false: not taken because the ring is full; counted for the recording too. What comes for a
 * recording that has ended is taken and goes nowhere. Seen by the recorder after jf_tap_publish.
 */
bool jf_tap_write(struct jf_tap *tap, const struct jf_tap_piece *piece);

/* Once a poll, best before the first write; cheap when there is nothing new. */
void jf_tap_publish(struct jf_tap *tap);

/* A packet of that side was left out on purpose (JF_DROP_SHED): counted for the recording. */
void jf_tap_lose(struct jf_tap *tap, struct jf_recording_ref recording, uint8_t side);

/*
 * Between whom a side's packets go, for a recording of packets: at TAP and when it changes. Ports
 * in host order; IPv4 in the first four bytes.
 */
struct jf_tap_flow {
	uint8_t family; /* 4 or 6 */
	uint8_t remote[16], local[16];
	uint16_t remote_port, local_port;
};
void jf_tap_set_flow(struct jf_tap *tap, struct jf_recording_ref recording, uint8_t side,
                     const struct jf_tap_flow *flow);

#endif
