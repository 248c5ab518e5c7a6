/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The path of a burst: what one worker owns, and the stages that a burst of packets goes through.
 *
 *   receive -> lookup -> verify -> unprotect -> latch -> measure -> digits -> mask
 *                |                                                             |
 *                |     send <- protect <- relay (transcode) <- mix-in <- tap <-+
 *                |
 *                +-> rtcp (ends here), kernel, other workers
 *
 * A stage that no packet of the burst needs is left out. What is due at the time of the poll comes
 * from play, mix-out, digits-out and round (RTCP of our own), and joins at protect.
 *
 * A stage is a loop over arrays in the struct jf_burst: it reads what the stage before it found,
 * prefetches for the stage after it, and leaves out what it dropped. It never blocks, allocates,
 * locks, logs, divides or calls the kernel. One file each, path_<stage>.c, whose first comment says
 * what enters, what leaves and what it touches.
 *
 * Everything here belongs to one worker thread, but for the rings, which say so.
 */
#ifndef JF_PATH_H
#define JF_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "jf_contract.h"
#include "jf_digits.h"
#include "jf_endpoint.h"
#include "jf_ip.h"
#include "jf_mix.h"
#include "jf_neigh.h"
#include "jf_party.h"
#include "jf_port.h"
#include "jf_rtcp.h"
#include "jf_rtp.h"
#include "jf_sound.h"
#include "jf_srtp.h"
#include "jf_tap.h"
#include "jf_transcoders.h"

#define JF_BURST_MAX        64u
#define JF_OUT_MAX          128u /* packets gathered for a port before it is asked to take them */
#define JF_ADDRESS_SLOTS    64u
#define JF_ROUND_SLOTS      2048u /* of 2^JF_ROUND_TICK_SHIFT ns, 8.4 ms; a power of two */
#define JF_ROUND_TICK_SHIFT 23
#define JF_LONG_LISTS       2048u /* of more than JF_PLAYER_SOUNDS sounds, at once */
#define JF_WHEEL_SLOTS      64u   /* milliseconds; a power of two, more than a packet takes */

enum jf_packet_kind {
	JF_PACKET_AUDIO,
	JF_PACKET_EVENT, /* telephone-event */
	JF_PACKET_OTHER, /* a payload type that was not negotiated */
};

/* What the stages know about one packet. */
struct jf_packet {
	struct rte_mbuf *mbuf;
	struct jf_endpoint *endpoint; /* to whose port it came; lookup */
	uint8_t *udp;      /* first byte of the UDP payload, which is the RTP header's; lookup */
	uint32_t index;    /* of the endpoint; lookup */
	uint16_t length;   /* of the UDP payload, which a stage may change; lookup */
	uint8_t kind;      /* enum jf_packet_kind; verify */
	struct jf_rtp rtp; /* verify */
};

struct jf_burst {
	struct jf_packet rtp[JF_BURST_MAX]; /* compacted by each stage that drops */
	struct jf_packet rtcp[JF_BURST_MAX];
	struct rte_mbuf *kernel[JF_BURST_MAX]; /* for the exception path */
	uint16_t n_rtp, n_rtcp, n_kernel;      /* lookup */
	uint16_t n_served;                     /* of rtp, whose endpoints have services; verify */
	bool any_event;                        /* a telephone-event is among them; verify */
	bool any_first;     /* somebody was not heard before, or is to be learned; verify */
	uint16_t any_flags; /* of their endpoints, or-ed; verify: lets whole stages be left out */
};

/*
 * A packet of a listener's stream, ready but for SRTP and the header before it. Whoever makes or
 * changes packets (relay, play, ...) fills one and gives it to jf_path_send_rtp.
 */
struct jf_outgoing {
	struct rte_mbuf *mbuf;
	uint8_t *udp; /* the UDP payload; room for SRTP's trailer behind it */
	const struct jf_header
	        *header;       /* toward the listener; as it is until the end of the poll */
	uint32_t listener;     /* endpoint index */
	uint16_t length;       /* of the UDP payload */
	uint16_t how;          /* of JF_ENDPOINT_OUT_HOW */
	uint16_t rtcp_port_be; /* not 0: RTCP, to this port of the remote */
	uint8_t port;          /* index of the port that leads there */
};

/* The addresses of a port by multiplicative hashes without collisions, found at start. */
struct jf_address_map {
	uint32_t multiplier;
	struct {
		uint32_t ip_be;
		uint32_t first_endpoint; /* JF_CONTRACT_NONE: no address here */
	} slots[JF_ADDRESS_SLOTS];
	uint64_t multiplier6;
	struct {
		uint64_t high, low; /* as they stand in a packet */
		uint32_t first_endpoint;
	} slots6[JF_ADDRESS_SLOTS];
};

/* What waits for one port's transmit queue. */
struct jf_out {
	const struct jf_port *port;
	uint16_t n;
	struct rte_mbuf *mbufs[JF_OUT_MAX];
};

/* Packets of another worker, gathered from one burst. */
struct jf_handover {
	uint16_t n;
	struct rte_mbuf *mbufs[JF_BURST_MAX];
};

/* The SRTP streams of an endpoint; commands. All zeros: none. */
struct jf_leg_keys {
	uint32_t rx, tx;  /* while suite is not JF_SRTP_NONE */
	uint32_t keys_id; /* of the command that brought them */
	uint8_t suite;    /* enum jf_srtp_suite */
	uint8_t pad[3];
};
static_assert(sizeof(struct jf_leg_keys) == 16, "four in a cache line");

/* What doesn't fit into a player; for path_play.c. */
struct jf_long_list {
	uint16_t sounds[JF_CONTRACT_PLAYLIST_MAX - JF_PLAYER_SOUNDS];
	uint16_t next; /* of those that are free, 0: none */
};

/* A party that is asked for a whole picture, or was a moment ago; path_keyframe.c. */
#define JF_KEYFRAMES_MAX 256u
struct jf_keyframe {
	uint32_t index, generation;
	uint64_t next_ns;  /* not before then */
	uint64_t until_ns; /* nor after; 0: it was asked */
};

struct jf_path {
	/* Read by every packet. */
	struct jf_address_map addresses[JF_NODE_PORTS_MAX]; /* by the port a packet came from */
	struct jf_endpoint *endpoints;     /* of all workers; a worker touches its own */
	uint32_t place_first, place_count; /* within each address, what is this worker's */
	uint32_t endpoints_per_address, endpoints_per_worker;
	uint16_t port_first;
	uint16_t worker; /* index of its rings in the contract */
	uint16_t n_workers;
	uint64_t now_ns; /* of this poll */
	struct jf_worker_counters *counters;
	struct jf_slot *slots;
	bool fetches_slots;    /* most packets of the last burst were of endpoints with services */
	uint8_t *tracks;       /* track_frames bytes for each endpoint */
	uint32_t track_frames; /* a power of two */

	/* Where packets go. */
	struct jf_out out[JF_NODE_PORTS_MAX];
	uint16_t n_out;
	uint8_t port_of_address[JF_CONTRACT_ADDRESSES_MAX];
	struct jf_port_traffic *traffic;                     /* by port; in the contract */
	struct rte_ring *to_worker[JF_CONTRACT_WORKERS_MAX]; /* many producers, its worker takes */
	struct jf_handover handover[JF_CONTRACT_WORKERS_MAX];
	uint32_t handover_to; /* bits: workers for whom packets are gathered */
	struct rte_mempool *pool;

	/* SRTP; NULL both of them: none. */
	struct jf_srtp *srtp;
	struct jf_leg_keys *keys; /* one for each endpoint, as endpoints */

	/* What is to be protected before it goes there; path_protect.c. */
	uint16_t n_protect;
	struct jf_outgoing protect[JF_OUT_MAX];

	/* Beside the packets. */
	struct jf_party *parties; /* one for each endpoint, as endpoints */
	struct jf_contract *contract;
	const struct jf_sounds *sounds;
	struct jf_tap *tap;
	uint8_t shed; /* enum jf_shed; the worker looks at its buffers once a poll */
	struct jf_neigh *neigh;
	struct jf_mix *mix; /* NULL: this worker mixes nothing */
	struct jf_transcoders *transcoders;
	struct jf_digits *digits;       /* NULL: it can't find tones, send presses or mask */
	uint32_t asking;                /* parties whose question found the resolver's ring full */
	uint64_t random;                /* state of jf_path_random */
	uint32_t wheel_ms;              /* up to which players have been served; wraps */
	uint32_t wheel[JF_WHEEL_SLOTS]; /* first endpoint of each list, JF_CONTRACT_NONE: empty */
	uint64_t utc_offset_ns;         /* of the wall clock over CLOCK_MONOTONIC, at the start */
	uint64_t cname_key;             /* random: endpoints' CNAMEs are made of it */
	uint64_t round_tick;            /* up to which RTCP reports have been sent */
	uint32_t round[JF_ROUND_SLOTS]; /* as wheel, of those to whom one is due */
	uint16_t n_keyframes;
	uint64_t keyframes_ns; /* when to look at them */
	struct jf_keyframe keyframes[JF_KEYFRAMES_MAX];
	uint16_t long_lists_free; /* place in long_lists plus one, 0: none */
	struct jf_long_list long_lists[JF_LONG_LISTS];
};

/*
 * Everything but where packets go, SRTP, sounds, tap and neighbours, which the caller fills in.
 * endpoints, parties: zeroed, one for each endpoint of the contract, shared by all workers' paths.
 * 0, or -EINVAL: addresses that are alike.
 */
int jf_path_init(struct jf_path *path, struct jf_contract *contract, uint16_t worker,
                 struct jf_endpoint *endpoints, struct jf_party *parties);

/* ---- Stages, in order; see path_<stage>.c ------------------------------------------------ */

/* Finds the endpoint of each packet. Packets not for a media port end in burst->kernel. */
void jf_path_lookup(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                    uint16_t n, struct jf_burst *burst);

/* Leaves in burst->rtp what is RTP, or should be SRTP, and comes from where the SDP says. */
void jf_path_verify(struct jf_path *path, struct jf_burst *burst);

/* Leaves of SRTP in burst->rtp what is authentic and RTP, in plain. */
void jf_path_unprotect(struct jf_path *path, struct jf_burst *burst);

/* The same for one packet of RTCP; rtcp asks it. Why it is refused, or JF_VERDICT_RELAY. */
uint8_t jf_path_unprotect_rtcp(struct jf_path *path, struct jf_packet *packet);

/* Learns remotes where that is allowed, and tells who is heard for the first time. */
void jf_path_latch(struct jf_path *path, struct jf_burst *burst);

/* Receive statistics and energy, for the endpoints that have the service. */
void jf_path_measure(struct jf_path *path, struct jf_burst *burst);

/* Audio to the recorder. */
void jf_path_tap(struct jf_path *path, struct jf_burst *burst);

/* Sends RTP on to who listens; every packet of burst->rtp is gone afterwards. */
void jf_path_relay(struct jf_path *path, struct jf_burst *burst);

/* Reads burst->rtcp into slots, with all checks of its own; every packet of it is gone then. */
void jf_path_rtcp(struct jf_path *path, struct jf_burst *burst);

/* burst->kernel to the exception path of the port it came from. */
void jf_path_kernel(struct jf_path *path, const struct jf_port *port, struct jf_burst *burst);

/* Sends the packets of sounds that are due at path->now_ns. */
void jf_path_play(struct jf_path *path);

/* SRTP for all of path->protect, as one burst, and on to jf_path_send. */
void jf_path_protect(struct jf_path *path);

/* Sends the RTCP reports that are due at path->now_ns, or some of them. */
void jf_path_round(struct jf_path *path);

/* Gives all gathered packets to the ports; what they refuse is dropped as tx_full. */
void jf_path_flush(struct jf_path *path);

/* All of them in order, but for play and flush. port: what they came from. */
void jf_path_run(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                 uint16_t n);

/* The stages as a benchmark tells them apart; some share a row. */
#define JF_STAGES(X)                                                                               \
	X(LOOKUP, "lookup")                                                                        \
	X(VERIFY, "verify")                                                                        \
	X(UNPROTECT, "unprotect")                                                                  \
	X(MEASURE, "measure")                                                                      \
	X(DIGITS, "digits")                                                                        \
	X(TAP, "tap")                                                                              \
	X(MIX_IN, "mix_in")                                                                        \
	X(RELAY, "relay")                                                                          \
	X(PROTECT, "protect")                                                                      \
	X(SEND, "send")

enum jf_stage {
#define X(name, text) JF_STAGE_##name,
	JF_STAGES(X)
#undef X
	        JF_STAGE_COUNT
};

struct jf_stage_clock {
	uint64_t since; /* TSC */
	uint64_t cycles[JF_STAGE_COUNT];
};

/* jf_path_run, protect and flush, and how long each stage took. For benchmarks. */
void jf_path_run_timed(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                       uint16_t n, struct jf_stage_clock *clock);

/* The same for what other workers received: each packet says from which port (mbuf->port). */
void jf_path_run_handed_over(struct jf_path *path, struct rte_mbuf **mbufs, uint16_t n);

/* ---- Changes, made by commands between bursts; path_switch.c ------------------------------ */

/* The party hears nothing from now on. */
void jf_path_hear_nothing(struct jf_path *path, uint32_t index);

/* 0, or -ENOSPC: source speaks another codec, and nothing is free that could turn it. */
int jf_path_can_hear(const struct jf_path *path, uint32_t index, uint32_t source);

/* It hears what arrives at source, an endpoint of this worker. */
void jf_path_hear_endpoint(struct jf_path *path, uint32_t index, uint32_t source);

/*
 * It hears the list of sounds, all of which are loaded, from the next poll on. 0, or -ENOSPC: too
 * many long lists are being played.
 */
int jf_path_hear_sounds(struct jf_path *path, uint32_t index, const struct jf_command_play *play);

/* The player's last packet has been sent. */
void jf_path_played(struct jf_path *path, uint32_t index);

/* Remote, payload types, direction or neighbour of the party have changed. */
void jf_path_way_changed(struct jf_path *path, uint32_t index);

/* Writes the header toward the remote: everything but link addresses, which the neighbour gives. */
void jf_path_set_remote(struct jf_path *path, uint32_t index, const struct jf_ip *ip,
                        uint16_t port_be);
void jf_path_set_rtcp_port(struct jf_path *path, uint32_t index, uint16_t port_be);
void jf_path_set_neighbour(struct jf_path *path, const struct jf_neigh_answer *answer);

/* Answers go to where the packet came from, until the resolver knows better. */
void jf_path_learn_neighbour(struct jf_path *path, const struct jf_packet *packet);

/* Asks where the endpoint's remote is; family 0: forget it. */
void jf_path_ask_neighbour(struct jf_path *path, uint32_t index);

/* The remote, of family 0 if there is none; where a packet came from. */
struct jf_ip jf_path_remote(const struct jf_path *path, uint32_t index);
struct jf_ip jf_path_source_of(const struct jf_packet *packet);

/* path->now_ns on the clock of the endpoint's timestamps, which for G.711 jf_rtp_ts_of_ns gives. */
static inline uint32_t jf_path_now_ts(const struct jf_path *path, uint32_t index)
{
	/* 2^64 / 10^9, rounded: it is differences that count */
	uint64_t factor = path->slots[index].rx_rare.clock_hz * UINT64_C(18446744074);

	return (uint32_t)((unsigned __int128)path->now_ns * factor >> 64);
}

/* 4 or 6, of the endpoint's own address and so of its remote's. */
uint8_t jf_path_family(const struct jf_path *path, uint32_t index);

/* Writes the slot's identity. */
void jf_path_publish(struct jf_path *path, uint32_t index);

/* Why nothing can be sent to the party now (an enum jf_drop), or JF_VERDICT_RELAY. */
uint8_t jf_path_way_verdict(const struct jf_path *path, uint32_t index);

/* The state of the stream that the party hears, wherever it lies. */
struct jf_continuity *jf_path_continuity(struct jf_path *path, uint32_t index);

/* Whether RTCP is sent to the party; path_round.c. Harmless when it is so already. */
void jf_path_round_enter(struct jf_path *path, uint32_t index);
void jf_path_round_leave(struct jf_path *path, uint32_t index);

/* A player's list, from its first sound on, and what it holds given back; path_play.c. */
int jf_path_list_begin(struct jf_path *path, struct jf_player *player,
                       const struct jf_command_play *play);
void jf_path_list_end(struct jf_path *path, struct jf_player *player);

/* The party here is asked for a whole picture, as soon as it can be; path_keyframe.c. */
void jf_path_keyframe_want(struct jf_path *path, uint32_t index);

/* In and out of the wheel; path_play.c. */
void jf_path_wheel_add(struct jf_path *path, uint32_t index, uint32_t due_ms);
void jf_path_wheel_remove(struct jf_path *path, uint32_t index);

/* ---- What the stages share ---------------------------------------------------------------- */

/* Of the addresses of that port. 0, or -EINVAL: two alike, or more than fit. */
int jf_address_map_make(const struct jf_contract_shape *shape, uint8_t port,
                        struct jf_address_map *ret_map);

static inline uint32_t jf_address_map_find(const struct jf_address_map *map, uint32_t ip_be)
{
	uint32_t i = ip_be * map->multiplier >> 26;

	return map->slots[i].ip_be == ip_be ? map->slots[i].first_endpoint : JF_CONTRACT_NONE;
}
static_assert(JF_ADDRESS_SLOTS == 1u << (32 - 26), "the shift above");

static inline uint32_t jf_address_hash6(const struct jf_address_map *map, uint64_t high,
                                        uint64_t low)
{
	return (uint32_t)((high * map->multiplier6 + low) * map->multiplier6 >> 58);
}
static_assert(JF_ADDRESS_SLOTS == 1u << (64 - 58), "the shift above");

static inline uint32_t jf_address_map_find6(const struct jf_address_map *map, const uint8_t *ip)
{
	uint64_t high, low;
	uint32_t i;

	__builtin_memcpy(&high, ip, 8);
	__builtin_memcpy(&low, ip + 8, 8);
	i = jf_address_hash6(map, high, low);
	return map->slots6[i].high == high && map->slots6[i].low == low
	               ? map->slots6[i].first_endpoint
	               : JF_CONTRACT_NONE;
}

/* Counts and frees; mbuf NULL: it was not even made. index JF_CONTRACT_NONE when no endpoint is to
 * blame. */
void jf_path_drop(struct jf_path *path, struct rte_mbuf *mbuf, uint32_t index, enum jf_drop reason);

/*
 * The same behind measure, for what will not reach the listener: it was counted as arrived, and so
 * as sent. A stage that keeps a packet back and sends something else instead tells of the packet
 * with this too.
 */
void jf_path_drop_measured(struct jf_path *path, const struct jf_packet *packet,
                           enum jf_drop reason);

static inline void jf_path_send(struct jf_path *path, uint8_t port, struct rte_mbuf *mbuf)
{
	struct jf_out *out = &path->out[port];

	if (unlikely(out->n == JF_OUT_MAX))
		jf_path_flush(path);
	out->mbufs[out->n++] = mbuf;
}

/*
 * How to send to a listener from outside its source: all of an outgoing packet but mbuf, udp,
 * length and rtcp_port_be. Only while jf_path_way_verdict says so. It is sent with
 * jf_path_send_rtp (path_send_priv.h).
 */
struct jf_outgoing jf_path_way(const struct jf_path *path, uint32_t listener);

/* A hint for control; when its ring is full it is counted and gone. */
void jf_path_emit(struct jf_path *path, enum jf_event_type type, uint32_t index, uint32_t value,
                  uint64_t detail);

/*
 * NTP time of this poll. It goes on evenly from the wall clock as it was at the start: a round trip
 * is a difference of two of them, and no clock that is set meanwhile makes it longer.
 */
static inline uint64_t jf_path_ntp(const struct jf_path *path)
{
	return jf_rtcp_ntp(path->now_ns + path->utc_offset_ns);
}

/* The output function of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t jf_path_mix64(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* For SSRCs and the like: unpredictable enough to keep streams apart, not a secret. */
uint32_t jf_path_random(struct jf_path *path);

#endif
