/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The party behind an endpoint: what commands said, what it hears, and the state of the services
 * that most packets don't need. One for each endpoint, beside the endpoint's three hot lines;
 * owned by the same worker.
 *
 * What a party hears is its source: nothing, another endpoint, or sounds. The state of the stream
 * that is sent to it (its continuity) lies with the source while that is an endpoint, else here;
 * only path_switch.c moves it.
 */
#ifndef JF_PARTY_H
#define JF_PARTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_endpoint.h"
#include "jf_sound.h"
#include "jf_telev.h"
#include "jf_track.h"

/* A list of sounds being sent to the party; path_play.c. */
struct jf_player {
	const struct jf_sound *sounds[JF_CONTRACT_PLAYLIST_MAX];
	uint8_t count;
	uint8_t at;      /* the sound being played */
	bool loop_last;  /* the last one repeats */
	uint8_t waited;  /* packets' times for which the way was not open yet */
	uint32_t packet; /* of the sound, the next one */
	uint32_t sent;   /* of the list */
	uint32_t passed; /* of the list, with those that were skipped: its timestamp */
	uint32_t next;   /* links within the wheel's list: endpoint indexes */
	uint32_t previous;
	uint64_t due_ms; /* of the next packet */
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
	/* What most packets of a recorded call need. */
	_Alignas(64) struct jf_track track;
	struct jf_recording_ref tap; /* index JF_CONTRACT_NONE: none */
	uint8_t tap_side;            /* enum jf_side */

	/* From commands. */
	struct jf_call_id call;
	bool open;
	uint8_t side;      /* enum jf_side */
	uint8_t direction; /* JF_DIRECTION_ bits */
	uint8_t law;       /* enum jf_law, of both ways */
	uint8_t tx_audio_type;
	uint8_t tx_event_type;
	uint8_t port; /* index of the port with the endpoint's address */
	uint64_t opened_ns;

	/* The way to the remote. */
	bool has_neighbour;
	bool wants_neighbour; /* the resolver's ring was full: in path->asking */
	uint8_t out_port;     /* where the neighbour is */
	uint32_t asking_next;
	struct jf_header header; /* from the RTP port to the remote's */

	/* RTCP on its leg; path_round.c. */
	struct jf_round round;

	/* What it hears. */
	uint8_t hears; /* enum jf_hears */
	bool play_done;
	uint32_t source; /* endpoint index, while hears is JF_HEARS_ENDPOINT */
	uint32_t play_id;
	struct jf_continuity continuity; /* while hears is not JF_HEARS_ENDPOINT */
	struct jf_player player;

	/* Telephone-events that arrive. */
	struct jf_telev_rx telev;
};

static_assert(offsetof(struct jf_party, call) <= 64, "the services' state in one cache line");

#endif
