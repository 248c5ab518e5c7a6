/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The party behind an endpoint: what commands said, what it hears, and the state of the services
 * that most packets don't need. One for each endpoint, beside the endpoint's two hot lines; owned
 * by the same worker. What few endpoints need is not here but in pools made at start.
 *
 * What a party hears is its source: nothing, another endpoint, or sounds. The state of the stream
 * that is sent to it (its continuity) lies with the source while that is an endpoint, else here;
 * only path_switch.c moves it.
 */
#ifndef JF_PARTY_H
#define JF_PARTY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_endpoint.h"
#include "jf_telev.h"

#define JF_PLAYER_SOUNDS 7u

/* A list of sounds being sent to the party; path_play.c. */
struct jf_player {
	uint16_t sounds[JF_PLAYER_SOUNDS]; /* ids of the first ones */
	uint16_t more;                     /* those after them: path->long_lists; 0: none */
	uint8_t count;
	uint8_t at;      /* the sound being played */
	bool loop_last;  /* the last one repeats */
	uint8_t waited;  /* packets' times for which the way was not open yet */
	uint32_t octet;  /* of the sound, the next one */
	uint32_t sent;   /* packets of the list */
	uint32_t passed; /* octets of it, with those that were skipped: its timestamp */
	uint32_t next;   /* links within the wheel's list: endpoint indexes */
	uint32_t previous;
	uint32_t due_ms; /* of the next packet; wraps, as the wheel's time does */
};

/* When the party is sent an RTCP report, and what the next one must know of the last one. */
struct jf_round {
	uint32_t next, previous;          /* links within the wheel's list: endpoint indexes */
	uint16_t slot;                    /* of the wheel */
	bool waiting;                     /* it stands there */
	bool had_sent;                    /* the last report had something to say of sending */
	uint16_t ssrc_changes;            /* when lost_before was taken */
	int32_t lost_before;              /* by sources before the present one */
	uint32_t expected, packets, sent; /* as the last report had them */
	uint32_t last_sr_middle;          /* of the party's latest SR: middle of its NTP time, */
	uint32_t last_sr_at_middle;       /* and of ours when it came */
};

struct jf_party {
	_Alignas(64) struct jf_header header; /* from the RTP port to the remote's */

	/* RTCP on its leg; path_round.c. */
	struct jf_round round;

	/* What it hears. */
	struct jf_continuity continuity; /* while hears is not JF_HEARS_ENDPOINT */
	uint32_t source;                 /* endpoint index, while it is */
	uint32_t play_id;
	uint32_t mix_id;
	struct jf_player player;

	/* Telephone-events that arrive. */
	struct jf_telev_rx telev;

	/* From commands, as the rest. */
	uint32_t negotiation; /* that the remote, told or learned, is of */
	uint32_t asking_next; /* while wants_neighbour */
	uint32_t digits_id;   /* of the last command that it was sent */
	uint8_t codec;        /* enum jf_codec, of both ways */
	uint8_t tx_audio_type;
	uint8_t tx_event_type;
	uint8_t ptime_ms;      /* of what the engine itself makes for it */
	uint8_t hears : 3;     /* enum jf_hears */
	uint8_t side : 1;      /* enum jf_side */
	uint8_t direction : 2; /* JF_DIRECTION_ bits */
	uint8_t latch : 2;     /* enum jf_latch_state */
	uint8_t port : 4;      /* index of the port with the endpoint's address */
	uint8_t out_port : 4;  /* where the neighbour is */
	uint8_t rx_digits : 2; /* enum jf_digit_form: how it sends key presses, */
	uint8_t tx_digits : 2; /* and how it takes them */
	uint8_t services : 4;  /* JF_ENDPOINT_STATISTICS, _ENERGY: asked for, if it can be */
	uint8_t keyframes : 3; /* JF_KEYFRAME_ bits: how it is asked for a whole picture */
	bool open : 1;
	bool play_done : 1;
	bool has_neighbour : 1;
	bool wants_neighbour : 1; /* the resolver's ring was full: in path->asking */
	bool rtcp_learns : 1;     /* the remote's next RTCP tells where it comes from */

	/* Where features that few have keep their state: places in pools, 0: none. */
	uint16_t mix_row;    /* of the mixer, what it hears; path_mix_rows.c */
	uint16_t mix_input;  /* of the mixer, while somebody mixes it */
	uint16_t transcoder; /* of what arrives, to the listener's codec; path_switch.c */
	uint16_t meter;      /* a transcoder for the energy of G.722; path_measure.c */
	uint16_t ear;        /* listens to it; path_digits.c */
	uint16_t dialler;    /* sends to it now; path_dialler.c */
};

/* An endpoint's whole memory, of which this is a part, is bounded: see jf_contract_slot.h. */
static_assert(sizeof(struct jf_party) <= 256, "four cache lines");
static_assert(sizeof(struct jf_endpoint) + sizeof(struct jf_party) + sizeof(struct jf_slot) + 128 <=
                      1024,
              "1 KB an endpoint, with a track of 128 frames");

#endif
