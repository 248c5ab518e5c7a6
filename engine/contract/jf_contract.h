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
 *   recordings  one slot for each recording in progress or just closed, written by the recorder
 *               thread of the worker that owns its endpoints.
 *   workers     counters, written by the worker, read by control.
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

#include "jf_call_id.h"
#include "jf_law.h"

#define JF_CONTRACT_MAGIC   UINT64_C(0x004b4341464c444a) /* a word that no text file begins with */
#define JF_CONTRACT_VERSION 1u

#define JF_CONTRACT_ADDRESSES_MAX  16u
#define JF_CONTRACT_WORKERS_MAX    16u
#define JF_CONTRACT_RING_SIZE      4096u /* messages; a power of two */
#define JF_CONTRACT_SOUNDS_MAX     1024u
#define JF_CONTRACT_PATH_MAX       120u /* with the terminating NUL */
#define JF_CONTRACT_PLAYLIST_MAX   8u
#define JF_CONTRACT_DIGITS_KEPT    32u /* a power of two */
#define JF_CONTRACT_NONE           UINT32_MAX
#define JF_CONTRACT_HEARTBEAT_NS   UINT64_C(100000000)  /* each side beats this often */
#define JF_CONTRACT_STALE_AFTER_NS UINT64_C(1000000000) /* and is taken for dead after this */

/* ---- Names shared by both planes --------------------------------------------------------- */

/* Every reason for which a packet can be dropped: name, text. The order is part of the layout. */
#define JF_DROPS(X)                                                                                \
	X(MALFORMED_RTP, "malformed_rtp")     /* RFC 3550 section 5.1 not met */                   \
	X(MALFORMED_RTCP, "malformed_rtcp")   /* RFC 3550 section 6.4 or appendix A.2 */           \
	X(MALFORMED_EVENT, "malformed_event") /* RFC 4733 section 2.3 */                           \
	X(NO_ENDPOINT, "no_endpoint")         /* nobody has opened the port */                     \
	X(NOT_MINE, "not_mine")               /* another worker's port, its ring was full */       \
	X(SOURCE_MISMATCH, "source_mismatch") /* not from the address in the SDP */                \
	X(NO_REMOTE, "no_remote")             /* the listener's address isn't known yet */         \
	X(UNKNOWN_PAYLOAD_TYPE, "unknown_payload_type") /* not negotiated */                       \
	X(NOT_JOINED, "not_joined")                     /* nobody listens; measured and taped */   \
	X(NOT_SENDING, "not_sending")                   /* the listener's SDP forbids sending */   \
	X(NO_NEIGHBOUR, "no_neighbour")                 /* no link address for the next hop yet */ \
	X(FRAGMENT, "fragment")                         /* IP fragment to a media port */          \
	X(TX_FULL, "tx_full")                           /* the device did not take it */           \
	X(EXCEPTION_FULL, "exception_full")             /* the kernel's side did not take it */    \
	X(NO_BUFFER, "no_buffer")                       /* packet pool empty */                    \
	X(TAP_FULL, "tap_full")   /* the recorder was behind: audio went on */                     \
	X(LATE, "late")           /* of what the listener heard before its source changed */       \
	X(NO_STREAM, "no_stream") /* RTCP about a stream that does not flow */                     \
	X(RX_MISSED, "rx_missed") /* the device had no room left: it was polled too late */

enum jf_drop {
#define X(name, text) JF_DROP_##name,
	JF_DROPS(X)
#undef X
	        JF_DROP_COUNT
};
static_assert(JF_DROP_COUNT <= 24, "room in the layout");

const char *jf_drop_name(enum jf_drop drop);

/* ---- Commands, answers, events ----------------------------------------------------------- */

/* type, text, goes to: W the endpoint's worker, S the service thread */
#define JF_COMMANDS(X)                                                                             \
	X(OPEN, "open")             /* W: endpoint exists; resets its slot for the generation */   \
	X(REMOTE, "remote")         /* W: negotiated address, payload types, direction */          \
	X(JOIN, "join")             /* W: the party here hears that endpoint */                    \
	X(PLAY, "play")             /* W: the party here hears sounds; an empty list: silence */   \
	X(TAP, "tap")               /* W: what arrives here goes to that side of a recording */    \
	X(RECORD, "record")         /* W: recording exists, under that path */                     \
	X(RECORD_END, "record_end") /* W: recording is complete; its file is closed */             \
	X(CLOSE, "close")           /* W: endpoint is gone */                                      \
	X(SOUND, "sound")           /* S: sound id is that WAV file */

enum jf_command_type {
	JF_COMMAND_INVALID, /* all zeros is never a command */
#define X(name, text) JF_COMMAND_##name,
	JF_COMMANDS(X)
#undef X
	        JF_COMMAND_COUNT
};

const char *jf_command_name(enum jf_command_type type);

struct jf_endpoint_ref {
	uint32_t index;
	uint32_t generation; /* from control, never 0, new for each call that uses the index */
};

struct jf_recording_ref {
	uint32_t index;
	uint32_t generation;
};

enum jf_side {
	JF_SIDE_CALLER = 0, /* left channel */
	JF_SIDE_AGENT = 1,  /* right channel */
};

/* What a worker does for an endpoint beside relaying. Each costs cycles for each packet. */
#define JF_SERVICE_STATISTICS 1u /* jf_slot_rx and jf_slot_tx are kept */
#define JF_SERVICE_ENERGY     2u /* the energy track is kept */

struct jf_command_open {
	struct jf_call_id call;
	uint8_t side;    /* enum jf_side */
	uint8_t without; /* JF_SERVICE_ bits that this endpoint does without; 0: measured in full */
	uint8_t pad[6];
};

#define JF_DIRECTION_SEND 1u /* we may send to the remote */
#define JF_DIRECTION_RECV 2u /* we expect media from it */

#define JF_PAYLOAD_TYPE_NONE 255u

struct jf_command_remote {
	uint8_t ip[16];    /* IPv4 in the first four bytes; network order */
	uint8_t family;    /* 4 or 6 */
	uint8_t direction; /* JF_DIRECTION_ bits; RTCP flows either way */
	uint8_t law;       /* enum jf_law of the audio payload */
	uint8_t pad0;
	uint16_t rtp_port;     /* host order; 0: no remote, nothing is sent or accepted */
	uint16_t rtcp_port;    /* host order; 0: no RTCP */
	uint8_t rx_audio_type; /* payload types that the remote sends to us (our SDP) */
	uint8_t rx_event_type; /* JF_PAYLOAD_TYPE_NONE: not negotiated */
	uint8_t tx_audio_type; /* and those that we send to it (its SDP) */
	uint8_t tx_event_type;
	uint8_t ptime_ms; /* of what the engine itself plays; 20 */
	uint8_t pad1[3];
};

/*
 * A source has one listener: joining a second one to it takes it from the first, whose party then
 * hears nothing. Both endpoints belong to the same worker (-EINVAL otherwise).
 */
struct jf_command_join {
	struct jf_endpoint_ref source; /* what arrives there is sent to the party here */
};

#define JF_PLAY_LOOP_LAST 1u /* the last sound of the list repeats until told otherwise */

struct jf_command_play {
	uint32_t play_id; /* comes back in JF_EVENT_PLAYED and in the slot */
	uint8_t sound_count;
	uint8_t flags;
	uint8_t pad[2];
	uint16_t sounds[JF_CONTRACT_PLAYLIST_MAX];
};

struct jf_command_tap {
	struct jf_recording_ref recording; /* index JF_CONTRACT_NONE: no tap */
	uint8_t side;                      /* enum jf_side */
	uint8_t pad[7];
};

struct jf_command_record {
	struct jf_recording_ref recording;
	struct jf_call_id call;
	uint8_t law; /* enum jf_law of the file */
	uint8_t pad[7];
	char path[JF_CONTRACT_PATH_MAX]; /* under the node's recordings folder; no "..", no leading
	                                    / */
};

struct jf_command_record_end {
	struct jf_recording_ref recording;
};

struct jf_command_sound {
	uint32_t sound;
	uint32_t pad;
	char path[JF_CONTRACT_PATH_MAX]; /* absolute; WAV, 8 kHz, mono; PCM 16 bit, mu-law or A-law
	                                  */
};

struct jf_command {
	uint32_t request;                /* control's, comes back in the answer */
	uint32_t type;                   /* enum jf_command_type */
	struct jf_endpoint_ref endpoint; /* not used by RECORD, RECORD_END and SOUND */
	union {
		struct jf_command_open open;
		struct jf_command_remote remote;
		struct jf_command_join join;
		struct jf_command_play play;
		struct jf_command_tap tap;
		struct jf_command_record record;
		struct jf_command_record_end record_end;
		struct jf_command_sound sound;
		uint8_t room[240];
	};
};
static_assert(sizeof(struct jf_command) == 256, "layout");

struct jf_answer {
	uint32_t request;
	uint32_t type;
	struct jf_endpoint_ref endpoint;
	int32_t result; /* 0 or a negative errno: -EINVAL, -ESTALE, -ENOENT (sound, recording,
	                   join), -ENOTSUP (address family, sample rate), -ENOSPC, or of the file
	                   system */
	uint32_t pad[3];
};
static_assert(sizeof(struct jf_answer) == 32, "layout");

#define JF_EVENTS(X)                                                                               \
	X(MEDIA, "media")       /* first valid packet of a generation */                           \
	X(DIGIT, "digit")       /* value: JF_DIGITS index; detail: its number in the slot */       \
	X(PLAYED, "played")     /* value: play_id; the list came to its end */                     \
	X(RECORDED, "recorded") /* endpoint.index: recording; its slot has changed */

enum jf_event_type {
	JF_EVENT_INVALID,
#define X(name, text) JF_EVENT_##name,
	JF_EVENTS(X)
#undef X
	        JF_EVENT_COUNT
};

struct jf_event {
	uint32_t type;
	uint32_t value;
	struct jf_endpoint_ref endpoint;
	uint64_t detail;
	uint64_t at_ns;
};
static_assert(sizeof(struct jf_event) == 32, "layout");

/* ---- Slots -------------------------------------------------------------------------------- */

/* A sequence counter: odd while its writer is inside. See jf_seq_ below. */
typedef _Atomic uint32_t jf_seq;

enum jf_slot_state {
	JF_SLOT_FREE,
	JF_SLOT_OPEN,
};

enum jf_hears {
	JF_HEARS_NOTHING,
	JF_HEARS_ENDPOINT,
	JF_HEARS_SOUND,
};

/* What the endpoint is: changes on commands only. */
struct jf_slot_identity {
	jf_seq seq;
	uint32_t generation;
	struct jf_call_id call;
	uint8_t state; /* enum jf_slot_state */
	uint8_t side;  /* enum jf_side */
	uint8_t hears; /* enum jf_hears: what the party here is sent */
	uint8_t law;
	uint32_t hears_index; /* endpoint, when hears is JF_HEARS_ENDPOINT */
	uint32_t hears_generation;
	uint32_t play_id;            /* the list that plays or played last */
	struct jf_recording_ref tap; /* index JF_CONTRACT_NONE: none */
	uint64_t opened_ns;
	uint8_t direction;
	uint8_t play_done; /* 1: play_id came to its end */
	uint8_t pad[6];
};
static_assert(sizeof(struct jf_slot_identity) == 64, "layout");

/* What arrives: RFC 3550 appendix A, over all SSRCs of the generation. */
struct jf_slot_rx {
	jf_seq seq;
	uint32_t ssrc;     /* the present one */
	uint64_t packets;  /* valid RTP from the right source, duplicates included */
	uint64_t octets;   /* their payload */
	uint32_t expected; /* by sequence numbers; lost = expected - (packets - duplicates) */
	uint32_t duplicates;
	uint32_t reordered;    /* arrived after a higher sequence number */
	uint32_t jitter_ts_q4; /* RFC 3550 A.8, timestamp units * 16 */
	uint64_t first_ns;     /* 0: nothing yet */
	uint64_t last_ns;
	uint32_t ssrc_changes;
	uint32_t rtcp_packets;
};
static_assert(sizeof(struct jf_slot_rx) == 64, "layout");

/* What is sent to the party here. */
struct jf_slot_tx {
	jf_seq seq;
	uint32_t ssrc;
	uint64_t packets;
	uint64_t octets;
	uint32_t last_timestamp;
	uint16_t last_sequence;
	uint16_t pad0;
	uint64_t rtcp_packets;
	uint64_t played; /* packets of sounds among them */
	uint8_t pad[16];
};
static_assert(sizeof(struct jf_slot_tx) == 64, "layout");

/*
 * The energy track. Byte i % track_frames of the endpoint's track is the level of its 20 ms frame
 * i: 0..126 for 0..-126 dBov, 127 for silence or less, JF_TRACK_NOTHING where nothing arrived.
 * Frames below frames - track_frames are overwritten.
 */
#define JF_TRACK_NOTHING 255u

struct jf_slot_track {
	jf_seq seq;
	uint32_t frames;   /* so many have been written */
	uint64_t start_ns; /* monotonic time of frame 0 */
	uint8_t pad[48];
};
static_assert(sizeof(struct jf_slot_track) == 64, "layout");

/* RFC 4733 section 3.2, events 0-15; 16 is flash. */
struct jf_slot_digit {
	uint8_t event;        /* 0-9, 10 '*', 11 '#', 12-15 'A'-'D', 16 flash */
	uint8_t volume;       /* -dBm0 */
	uint16_t duration_ts; /* grows while the key is held */
	uint32_t timestamp;   /* RTP timestamp of its begin: one key press has one */
	uint64_t at_ns;       /* when its first packet came */
};
static_assert(sizeof(struct jf_slot_digit) == 16, "layout");

struct jf_slot_digits {
	jf_seq seq;
	uint32_t count; /* so many since the endpoint was opened; digit i is at [i % KEPT] */
	uint8_t pad[56];
	struct jf_slot_digit kept[JF_CONTRACT_DIGITS_KEPT];
};
static_assert(sizeof(struct jf_slot_digits) == 576, "layout");

struct jf_slot {
	_Alignas(64) struct jf_slot_identity identity;
	struct jf_slot_rx rx;
	struct jf_slot_tx tx;
	struct jf_slot_track track;
	uint32_t drops[32]; /* enum jf_drop; plain stores by the worker */
	struct jf_slot_digits digits;
};
static_assert(sizeof(struct jf_slot) == 960, "layout");

enum jf_recording_state {
	JF_RECORDING_FREE,
	JF_RECORDING_OPEN,
	JF_RECORDING_CLOSED, /* complete on disk; stays until RECORD takes the index again */
	JF_RECORDING_FAILED, /* error tells why; the file holds what was written before */
};

struct jf_recording {
	_Alignas(64) jf_seq seq;
	uint32_t generation;
	struct jf_call_id call;
	uint8_t state; /* enum jf_recording_state */
	uint8_t law;
	uint8_t pad0[2];
	int32_t error;        /* negative errno */
	uint64_t samples;     /* per channel, at 8,000 a second, written to the file */
	uint64_t tap_lost[2]; /* packets lost between worker and recorder, by enum jf_side */
	uint64_t late[2];     /* packets too late for what had been written */
	uint64_t started_ns;  /* monotonic time of sample 0 */
	char path[JF_CONTRACT_PATH_MAX];
};
static_assert(sizeof(struct jf_recording) == 256, "layout");

/* Counters of a worker, plain stores by it. */
struct jf_worker_counters {
	_Alignas(64) uint64_t rx_packets; /* everything received from devices */
	uint64_t tx_packets;
	uint64_t relayed_rtp;
	uint64_t relayed_rtcp;
	uint64_t played;
	uint64_t to_kernel;
	uint64_t from_kernel;
	uint64_t taped;
	uint64_t events_lost; /* event ring full */
	uint64_t polls;
	uint64_t polls_empty;
	uint64_t busy_cycles; /* TSC, of polls that found something */
	uint64_t handed_over; /* to another worker */
	uint64_t invariants;  /* broken invariants counted in a release build */
	uint64_t tsc_hz;
	uint64_t endpoints_open;
	uint64_t drops[32]; /* enum jf_drop */
};
static_assert(sizeof(struct jf_worker_counters) == 384, "layout");

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
	uint8_t pad[7];
};

/* What the segment is sized by; from the node configuration. */
struct jf_contract_shape {
	uint32_t n_workers;             /* 1 .. JF_CONTRACT_WORKERS_MAX */
	uint32_t n_addresses;           /* 1 .. JF_CONTRACT_ADDRESSES_MAX */
	uint32_t endpoints_per_address; /* 1 .. 32,000; a multiple of n_workers */
	uint32_t n_recordings;          /* at least 1 */
	uint32_t track_frames;          /* a power of two, 64 .. 65,536 */
	uint16_t port_first;            /* even; port_first + 2 * endpoints_per_address <= 65,536 */
	uint16_t pad;
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
	uint64_t offset_workers, offset_slots, offset_tracks, offset_recordings;
	_Alignas(64) _Atomic uint64_t
	        dataplane_beat_ns;                     /* written by the dataplane's main thread */
	_Alignas(64) _Atomic uint64_t control_beat_ns; /* written by control's loop */
	_Atomic uint32_t control_pid;
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
	uint32_t n_endpoints;          /* n_addresses * endpoints_per_address */
	uint32_t endpoints_per_worker; /* within one address */
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

/* The dataplane's ends of the same rings. -EAGAIN: nothing there, or no room. */
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
void jf_contract_read_tx(const struct jf_slot *slot, struct jf_slot_tx *ret);
void jf_contract_read_digits(const struct jf_slot *slot, struct jf_slot_digits *ret);
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

/* Packets lost by sequence number, never below zero. */
static inline uint32_t jf_slot_rx_lost(const struct jf_slot_rx *rx)
{
	uint64_t unique = rx->packets - rx->duplicates;

	return rx->expected > unique ? (uint32_t)(rx->expected - unique) : 0;
}

/*
 * Sequence counters. The writer is one thread: begin makes the counter odd, end makes it even with
 * release, which pairs with the acquire in jf_seq_read_begin; the acquire fence in
 * jf_seq_read_retry orders the copied fields before the second look.
 */
static inline void jf_seq_write_begin(jf_seq *seq)
{
	atomic_store_explicit(seq, atomic_load_explicit(seq, memory_order_relaxed) + 1,
	                      memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static inline void jf_seq_write_end(jf_seq *seq)
{
	atomic_store_explicit(seq, atomic_load_explicit(seq, memory_order_relaxed) + 1,
	                      memory_order_release);
}

static inline uint32_t jf_seq_read_begin(const jf_seq *seq)
{
	return atomic_load_explicit(seq, memory_order_acquire);
}

static inline bool jf_seq_read_retry(const jf_seq *seq, uint32_t begin)
{
	atomic_thread_fence(memory_order_acquire);
	return (begin & 1) || atomic_load_explicit(seq, memory_order_relaxed) != begin;
}

#endif
