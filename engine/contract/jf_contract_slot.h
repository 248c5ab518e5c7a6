/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the dataplane tells by standing there: the slots of endpoints, recordings and workers, and
 * the sequence counters under which they are read. Part of jf_contract.h.
 */
#ifndef JF_CONTRACT_SLOT_H
#define JF_CONTRACT_SLOT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "jf_contract_message.h"
#include "jf_rx_stats.h"
#include "jf_track.h"

#define JF_CONTRACT_DIGITS_KEPT  12u
#define JF_CONTRACT_STREAM_DROPS 18u /* reasons that a slot has room for */

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
	JF_HEARS_MIX,
};

enum jf_latch_state {
	JF_LATCH_NONE,    /* strict: the remote is where its SDP says */
	JF_LATCH_WAITING, /* for the first valid packet */
	JF_LATCH_LOCKED,  /* to where that came from */
};

/*
 * What the endpoint is and what was told it: changes on commands only, but for the learned remote.
 */
struct jf_slot_identity {
	jf_seq seq;
	uint32_t generation;
	struct jf_call_id call;
	uint8_t state; /* enum jf_slot_state */
	uint8_t side;  /* enum jf_side */
	uint8_t hears; /* enum jf_hears: what the party here is sent */
	uint8_t codec; /* enum jf_codec */
	uint8_t suite; /* enum jf_srtp_suite */
	uint8_t latch; /* enum jf_latch_state */
	uint8_t masked;
	uint8_t direction;
	uint8_t play_done;     /* 1: play_id came to its end */
	uint8_t remote_family; /* 4 or 6; 0: no remote */
	uint16_t rtp_port;     /* the remote's, host order: of its SDP, or learned */
	uint16_t rtcp_port;
	uint16_t pad;
	uint32_t hears_index; /* endpoint, when hears is JF_HEARS_ENDPOINT */
	uint32_t hears_generation;
	uint32_t play_id; /* the list that plays or played last */
	uint32_t mix_id;  /* the row that is heard or was last */
	uint64_t opened_ns;
	uint8_t remote_ip[16];       /* IPv4 in the first four bytes; network order */
	struct jf_recording_ref tap; /* index JF_CONTRACT_NONE: none */
};
static_assert(sizeof(struct jf_slot_identity) == 88, "layout");

/*
 * What arrives, as the worker keeps it: one cache line that every packet changes, with the energy
 * track of it, and under the same counter what only disorder and odd packets change. Readers get a
 * struct jf_slot_rx or a struct jf_track_part.
 *
 * Byte i % track_frames of the endpoint's track is the level of its 20 ms frame i, and of the last
 * track.frames % 8 of them it stands in track.recent: 0..126 for 0..-126 dBov, 127 for silence or
 * less, JF_TRACK_NOTHING where nothing arrived. Frames below track.frames - track_frames are
 * overwritten.
 */
#define JF_TRACK_NOTHING 255u
static_assert(JF_TRACK_NOTHING == JF_TRACK_EMPTY, "the same word for none");

struct jf_slot_rx_kept {
	jf_seq seq;
	struct jf_track track;    /* codec: enum jf_codec of what arrives */
	struct jf_rx_stats stats; /* last_tick: jf_slot_tick */
};
static_assert(sizeof(struct jf_slot_rx_kept) == 64, "layout");

struct jf_slot_rx_rare {
	uint64_t first_ns; /* 0: nothing yet */
	uint64_t track_ns; /* monotonic time of the track's frame 0 */
	struct jf_rx_rare stats;
	struct jf_track_rest track;
	uint32_t clock_hz; /* of the timestamps */
};
static_assert(sizeof(struct jf_slot_rx_rare) == 80, "layout");

/*
 * Time of a packet in 32 bits, in steps of about a millisecond: as long as it came within 52 days
 * of the first one, they tell when.
 */
#define JF_SLOT_TICK_SHIFT 20

static inline uint32_t jf_slot_tick(uint64_t now_ns)
{
	return (uint32_t)(now_ns >> JF_SLOT_TICK_SHIFT);
}

static inline uint64_t jf_slot_ns_of_tick(uint64_t first_ns, uint32_t tick)
{
	return first_ns + ((uint64_t)(tick - jf_slot_tick(first_ns)) << JF_SLOT_TICK_SHIFT);
}

/* RFC 3550 appendix A, over all SSRCs of the generation. */
struct jf_slot_rx {
	uint32_t ssrc;     /* the present one */
	uint32_t highest;  /* its highest sequence number, extended; cycles begin at 1 */
	uint64_t packets;  /* valid RTP from the right source, duplicates included */
	uint64_t octets;   /* their payload */
	uint32_t expected; /* by sequence numbers; lost = expected - (packets - duplicates) */
	uint32_t duplicates;
	uint32_t reordered;    /* arrived after a higher sequence number */
	uint32_t loss_runs;    /* runs of consecutive losses */
	uint32_t jitter_ts_q4; /* RFC 3550 A.8, timestamp units * 16 */
	uint32_t clock_hz;     /* of these units */
	uint64_t first_ns;     /* 0: nothing yet */
	uint64_t last_ns;      /* to the millisecond */
	uint32_t ssrc_changes;
};

/*
 * What is sent to the party here, as the worker keeps it. While packets are relayed from an
 * endpoint, none of them is counted here: what arrives there is what is sent, so source names it,
 * and packets and octets hold what to add to its figures (modulo 2^64). Readers get the sum.
 */
struct jf_slot_tx_kept {
	jf_seq seq;
	uint32_t source; /* endpoint whose arrivals are to be added, or JF_CONTRACT_NONE */
	uint64_t packets;
	uint64_t octets;
	uint32_t played; /* packets of sounds among them */
	uint32_t ssrc;
};
static_assert(sizeof(struct jf_slot_tx_kept) == 32, "layout");

struct jf_slot_tx {
	uint32_t ssrc;
	uint64_t packets;
	uint64_t octets;
	uint64_t played;
};

/* Bits of jf_slot_rtcp.known. */
#define JF_RTCP_REMOTE     1u /* the party reported about what we send */
#define JF_RTCP_ROUND_TRIP 2u

/*
 * RTCP of the leg (RFC 3550 section 6), which ends here: what the party reports; and what is noted
 * whenever a report of ours is due, every few seconds.
 */
struct jf_slot_rtcp {
	jf_seq seq;
	uint32_t received;      /* compound packets from the party's RTCP address, in order */
	uint32_t sent;          /* ours */
	uint32_t round_trip_us; /* the latest, if known has it */
	int32_t remote_lost;    /* of what we send, since it began, as the party counts */
	uint32_t remote_jitter_ts;
	uint64_t last_ns;        /* of the party's latest; 0: none */
	uint8_t remote_fraction; /* lost between its last two reports, of 256 */
	uint8_t known;           /* JF_RTCP_ bits */
	uint8_t pad[2];
	uint32_t srtp_ssrc; /* what arrives under SRTP, and how far it came (RFC 3711 section */
	uint32_t srtp_roc;  /* 3.3.1), for a new dataplane; all 0: not noted yet */
	uint16_t srtp_sequence;
	uint16_t keyframes_asked; /* by the party, of whom it sees */
	uint16_t keyframes_told;  /* to the party, that somebody wants one */
	uint16_t pad1;
};
static_assert(sizeof(struct jf_slot_rtcp) == 56, "layout");

/* A key press, as the worker keeps it. */
struct jf_slot_press {
	uint8_t event;  /* RFC 4733 section 3.2: 0-9, 10 '*', 11 '#', 12-15 'A'-'D', 16 flash */
	uint8_t masked; /* 1: nobody is to be told which key */
	uint16_t duration_ts; /* at 8,000 a second; grows while the key is held */
	uint32_t at_ms;       /* when it began, since opened_ns */
};
static_assert(sizeof(struct jf_slot_press) == 8, "layout");

struct jf_slot_presses {
	jf_seq seq;
	uint32_t count; /* so many since the endpoint was opened; press i is at [i % KEPT] */
	struct jf_slot_press kept[JF_CONTRACT_DIGITS_KEPT];
};
static_assert(sizeof(struct jf_slot_presses) == 104, "layout");

/* The same for readers: the last of them, each with its time. */
struct jf_slot_digit {
	uint8_t event;
	bool masked;
	uint16_t duration_ts;
	uint64_t at_ns; /* to the millisecond */
};

struct jf_slot_digits {
	uint32_t count; /* digit i is at [i % KEPT] */
	struct jf_slot_digit kept[JF_CONTRACT_DIGITS_KEPT];
};

/*
 * The jitter buffer before the mixers that the party's audio goes to; plain stores, about once a
 * second. What a pause of the speaker's leaves out is neither lost nor concealed.
 */
struct jf_slot_mix {
	uint32_t late;         /* packets that came when their time was over, whole or in part */
	uint32_t lost;         /* frames of 20 ms that lacked something */
	uint32_t concealed_ms; /* of audio made up in its place */
	uint32_t depth_ms;     /* how long audio waits now; 0: nobody mixes it */
};

/*
 * A packet of a measured stream touches the first line. With its endpoint, its party and a track of
 * 128 frames a slot makes 1 KB.
 */
struct jf_slot {
	_Alignas(64) struct jf_slot_rx_kept rx;
	struct jf_slot_identity identity;
	struct jf_slot_rx_rare rx_rare; /* under rx.seq */
	struct jf_slot_tx_kept tx;
	struct jf_slot_rtcp rtcp;
	uint32_t drops[JF_CONTRACT_STREAM_DROPS]; /* jf_slot_drop_place; plain stores */
	struct jf_slot_presses digits;
	struct jf_slot_mix mix;
};
static_assert(sizeof(struct jf_slot) == 512, "layout");

/*
 * The place in jf_slot.drops, counted from 1, where a reason is counted; 0: it is not about one
 * stream.
 */
extern const uint8_t jf_slot_drop_place[JF_DROP_COUNT];

static inline void jf_slot_drop(struct jf_slot *slot, enum jf_drop reason)
{
	if (jf_slot_drop_place[reason])
		slot->drops[jf_slot_drop_place[reason] - 1]++;
}

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
	uint8_t format; /* enum jf_record_format */
	uint8_t pad0;
	int32_t error;        /* negative errno */
	uint64_t samples;     /* at 8,000 a second, whatever the format, written to the file */
	uint64_t tap_lost[2]; /* packets that arrived and never reached the file, by enum jf_side:
	                         shed, tap full, or the recorder's buffer full */
	uint64_t late[2];     /* packets too late for what had been written */
	uint64_t started_ns;  /* monotonic time of sample 0 */
	char path[JF_CONTRACT_PATH_MAX]; /* as asked for, until the file is open */
};
static_assert(sizeof(struct jf_recording) == 256, "layout");

/* What a worker leaves out when packet buffers run short, so that live audio flows to the last. */
enum jf_shed {
	JF_SHED_NOTHING,
	JF_SHED_RECORDINGS, /* taps stop */
	JF_SHED_CALLS,      /* and control takes no new calls */
};

/* A worker's poll that begins so long after the one before is late: its core was taken away. */
#define JF_POLL_LATE_NS UINT64_C(100000)

/* Counters of a worker, plain stores by it. */
struct jf_worker_counters {
	_Alignas(64) uint64_t rx_packets; /* everything received from devices */
	uint64_t tx_packets;
	uint64_t relayed_rtp;
	uint64_t rtcp_received; /* in order, from where it should */
	uint64_t rtcp_sent;
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
	uint64_t drops[32];    /* enum jf_drop */
	uint64_t shed;         /* enum jf_shed, now */
	uint64_t buffers;      /* packet buffers of its pool */
	uint64_t buffers_free; /* of them, not counting what workers keep at hand */
	uint64_t buffers_low;  /* the fewest that were free since the start */
	uint64_t mixed;        /* packets made by mixers */
	uint64_t
	        polls_late; /* by JF_POLL_LATE_NS; a sleep of an idle worker's own does not count */
	uint64_t late_cycles; /* TSC, from the poll before to each of these, in all */
	uint64_t late_cycles_max;
	uint64_t pad[7];
};
static_assert(sizeof(struct jf_worker_counters) == 512, "layout");

/* The recorder's buffer between taps and disk; written by the dataplane's main thread. */
struct jf_recorder_figures {
	_Alignas(64) _Atomic uint64_t buffer_bytes;
	_Atomic uint64_t buffer_used_bytes;
	_Atomic uint64_t written_bytes;
	_Atomic uint64_t lost_packets; /* for which there was no room in it */
	_Atomic uint64_t ring_bytes;   /* in the workers' rings, not taken by the recorder yet */
	uint64_t pad[3];
};
static_assert(sizeof(struct jf_recorder_figures) == 64, "layout");

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
