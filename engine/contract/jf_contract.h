/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between the planes: one shared-memory segment, made by the dataplane, attached by
 * control. Nothing else is shared. All types are of fixed width and every size is asserted.
 *
 * Who writes what
 *   header      the dataplane, before it sets magic; afterwards only the two heartbeats change,
 *               each by its own side.
 *   command     one ring for each worker and one for the service thread (index n_workers).
 *   rings       Control produces, the worker consumes. One producer thread, one consumer thread.
 *   answer      same count, the other way: each command is answered once, in order, with its
 *   rings       request id. Control never has more commands in flight on a ring than the answer
 *               ring has room for (jf_contract_post refuses with -EAGAIN).
 *   event rings same count, worker to control. Events are hints: a full ring drops and counts
 *               them. Whatever must not be lost stands in a slot.
 *   slots       one for each endpoint. Written by the endpoint's worker only, each cache line
 *               group under its own sequence counter; read by control at any time.
 *   tracks      one energy track for each endpoint, a ring of bytes, written by the worker.
 *   recordings  one slot for each recording in progress or just closed, written by the recorder's
 *               threads, one at a time.
 *   workers     counters, written by the worker, read by control.
 *   ports       one slot for each port, written by the service thread, and what each worker moved
 *               through each port: plain stores by the worker.
 *
 * Commands say what shall be, not what to do next: sending one again does no harm, and a new
 * dataplane is brought up by sending all of them. A command names its endpoint by index and
 * generation; one of an older generation is answered -ESTALE and changes nothing.
 *
 * Endpoints and ports: endpoint index e belongs to address e / endpoints_per_address, and to local
 * UDP ports port_first + 2 * (e % endpoints_per_address) for RTP and the next one for RTCP. Worker
 * w owns the endpoints whose place within the address, e % endpoints_per_address, is in
 * [w * endpoints_per_worker, (w + 1) * endpoints_per_worker). Control hands out endpoints;
 * both legs of a call come from one worker.
 *
 * Time: CLOCK_MONOTONIC nanoseconds, which both processes read alike.
 */
#ifndef JF_CONTRACT_H
#define JF_CONTRACT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_contract_message.h"
#include "jf_contract_port.h"
#include "jf_contract_slot.h"

#define JF_CONTRACT_MAGIC   UINT64_C(0x004b4341464c444a) /* a word that no text file begins with */
#define JF_CONTRACT_VERSION 5u

#define JF_CONTRACT_ADDRESSES_MAX  16u
#define JF_CONTRACT_WORKERS_MAX    16u
#define JF_CONTRACT_RING_SIZE      4096u /* messages; a power of two */
#define JF_CONTRACT_SOUNDS_MAX     1024u
#define JF_CONTRACT_HEARTBEAT_NS   UINT64_C(100000000)  /* each side beats this often */
#define JF_CONTRACT_STALE_AFTER_NS UINT64_C(1000000000) /* and is taken for dead after this */

/* ---- Rings -------------------------------------------------------------------------------- */

/*
 * Head and tail count messages since the start and wrap at 2^32. head is written by the producer
 * with release and read by the consumer with acquire; tail the other way round. So a consumer that
 * sees head sees the message before it, and a producer that sees tail may overwrite.
 */
struct jf_ring_index {
	_Alignas(64) _Atomic uint32_t head;
	uint32_t pad0[15];
	_Alignas(64) _Atomic uint32_t tail;
	uint32_t pad1[15];
};
static_assert(sizeof(struct jf_ring_index) == 128, "layout");

struct jf_command_ring {
	struct jf_ring_index index;
	struct jf_command slots[JF_CONTRACT_RING_SIZE];
};

struct jf_answer_ring {
	struct jf_ring_index index;
	struct jf_answer slots[JF_CONTRACT_RING_SIZE];
};

struct jf_event_ring {
	struct jf_ring_index index;
	struct jf_event slots[JF_CONTRACT_RING_SIZE];
};

/* ---- The segment -------------------------------------------------------------------------- */

struct jf_contract_address {
	uint8_t ip[16]; /* IPv4 in the first four bytes; network order */
	uint8_t family; /* 4 or 6 */
	uint8_t prefix_length;
	uint8_t port; /* index of its port */
	uint8_t pad[5];
};

/* What the segment is sized by; from the node configuration. */
struct jf_contract_shape {
	uint32_t n_workers;             /* 1 .. JF_CONTRACT_WORKERS_MAX */
	uint32_t n_addresses;           /* 1 .. JF_CONTRACT_ADDRESSES_MAX */
	uint32_t endpoints_per_address; /* 1 .. 32,000; a multiple of n_workers */
	uint32_t n_recordings;          /* at least 1 */
	uint32_t track_frames;          /* a power of two, 64 .. 65,536 */
	uint16_t port_first;            /* even; port_first + 2 * endpoints_per_address <= 65,536 */
	uint16_t n_ports;               /* up to JF_CONTRACT_PORTS_MAX */
	struct jf_contract_address addresses[JF_CONTRACT_ADDRESSES_MAX];
};

struct jf_contract_header {
	_Atomic uint64_t magic; /* set last, with release; read first, with acquire */
	uint32_t version;
	uint32_t pid;   /* of the dataplane */
	uint64_t epoch; /* of this start: CLOCK_REALTIME ns; differs between any two starts */
	uint64_t size;  /* of the segment, bytes */
	struct jf_contract_shape shape;
	uint64_t offset_commands, offset_answers, offset_events;
	uint64_t offset_workers, offset_slots, offset_tracks, offset_recordings, offset_ports;
	uint64_t offset_traffic;
	_Alignas(64) _Atomic uint64_t
	        dataplane_beat_ns;                     /* written by the dataplane's main thread */
	_Alignas(64) _Atomic uint64_t control_beat_ns; /* written by control's loop */
	_Atomic uint32_t control_pid;
	struct jf_recorder_figures recorder;
};

/* A mapped segment, as either side sees it. All pointers lead into the mapping. */
struct jf_contract {
	struct jf_contract_header *header;
	struct jf_command_ring *commands; /* [n_workers + 1] */
	struct jf_answer_ring *answers;   /* [n_workers + 1] */
	struct jf_event_ring *events;     /* [n_workers + 1] */
	struct jf_worker_counters *workers;
	struct jf_slot *slots;
	uint8_t *tracks;
	struct jf_recording *recordings;
	struct jf_port_slot *ports;      /* [shape.n_ports] */
	struct jf_port_traffic *traffic; /* [n_workers][JF_CONTRACT_PORTS_MAX] */
	uint32_t n_endpoints;            /* n_addresses * endpoints_per_address */
	uint32_t endpoints_per_worker;   /* within one address */
};

/* Bytes that a segment of this shape needs. 0, or -EINVAL for a shape out of range. */
int jf_contract_size(const struct jf_contract_shape *shape, uint64_t *ret_size);

/*
 * Lays out a new segment in memory (zeroed, size bytes, 64-byte aligned) and publishes it by
 * setting its magic. Dataplane's main thread. 0 or -EINVAL.
 */
int jf_contract_create(void *memory, const struct jf_contract_shape *shape, uint64_t epoch,
                       uint32_t pid, struct jf_contract *ret_contract);

/*
 * Looks at a segment that somebody else made: checks magic, version, shape and every offset
 * against size before anything is followed. 0, -EAGAIN (not published yet), -EPROTO (another
 * version), -EINVAL (not a segment, or damaged). Control's loop.
 */
int jf_contract_attach(void *memory, uint64_t size, struct jf_contract *ret_contract);

/* 0, or -EAGAIN when the ring is full (or its answers were not read). Producer's thread only. */
int jf_contract_post(struct jf_contract *c, uint32_t ring, const struct jf_command *command);
int jf_contract_take_answer(struct jf_contract *c, uint32_t ring, struct jf_answer *ret_answer);
int jf_contract_take_event(struct jf_contract *c, uint32_t ring, struct jf_event *ret_event);

/*
 * The dataplane's ends of the same rings. -EAGAIN: nothing there, or no room. A command with keys
 * is wiped where it was taken from; who took it wipes the copy.
 */
int jf_contract_take_command(struct jf_contract *c, uint32_t ring, struct jf_command *ret_command);
int jf_contract_answer(struct jf_contract *c, uint32_t ring, const struct jf_answer *answer);
int jf_contract_emit(struct jf_contract *c, uint32_t ring, const struct jf_event *event);

/* The worker that owns an endpoint; endpoint < n_endpoints. */
uint32_t jf_contract_worker_of(const struct jf_contract *c, uint32_t endpoint);

/* Its local RTP port, host order; RTCP is the next one. */
uint16_t jf_contract_port_of(const struct jf_contract *c, uint32_t endpoint);

static inline uint8_t *jf_contract_track(const struct jf_contract *c, uint32_t endpoint)
{
	return c->tracks + (size_t)endpoint * c->header->shape.track_frames;
}

/* Consistent copies of a slot's groups, of a recording. Any thread of control. */
void jf_contract_read_identity(const struct jf_slot *slot, struct jf_slot_identity *ret);
void jf_contract_read_rx(const struct jf_slot *slot, struct jf_slot_rx *ret);
void jf_contract_read_tx(const struct jf_contract *c, uint32_t endpoint, struct jf_slot_tx *ret);
void jf_contract_read_rtcp(const struct jf_slot *slot, struct jf_slot_rtcp *ret);
void jf_contract_read_digits(const struct jf_slot *slot, struct jf_slot_digits *ret);
void jf_contract_read_drops(const struct jf_slot *slot, uint32_t ret_drops[JF_DROP_COUNT]);
void jf_contract_read_port(const struct jf_port_slot *port, struct jf_port_slot *ret);
void jf_contract_read_recording(const struct jf_recording *recording, struct jf_recording *ret);

/*
 * Copies frames [from, slot.frames) of the endpoint's track, at most room of them, to ret_levels
 * and gives the number of the first one copied (later than from if some were overwritten) and how
 * many. Frames overwritten while copying are left out.
 */
struct jf_track_part {
	uint32_t first, count;
	uint64_t start_ns; /* monotonic time of frame 0 */
};
struct jf_track_part jf_contract_read_track(const struct jf_contract *c, uint32_t endpoint,
                                            uint32_t from, uint8_t *ret_levels, uint32_t room);

#endif
