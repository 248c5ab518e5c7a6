/* SPDX-License-Identifier: BSD-3-Clause */
/* What path_mix.c (frames) and path_mix_rows.c (changes) share: inputs, rows, and their pools. */
#ifndef PATH_MIX_PRIV_H
#define PATH_MIX_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_g722.h"
#include "jf_jitter.h"
#include "jf_mix.h"
#include "jf_plc.h"
#include "jf_resample.h"

#define JF_MIX_PHASES     20u                       /* milliseconds of a frame */
#define JF_MIX_PARTS      (2 * JF_CONTRACT_MIX_MAX) /* sources, and those that are leaving */
#define JF_MIX_NARROW     160u                      /* samples of a frame */
#define JF_MIX_WIDE       320u
#define JF_MIX_OCTETS_MAX 480u /* of a packet: 60 ms */

/* Inputs and rows are named by their place in the pool plus one; 0 is none. */
struct jf_mix_input {
	struct jf_jitter jitter;
	struct jf_plc plc;
	struct jf_g722_decoder decoder;
	struct jf_resample resample; /* from its own rate to the other */
	uint32_t endpoint;           /* JF_CONTRACT_NONE: closed, and leaving its rows */
	uint16_t uses;               /* parts of rows that name it */
	uint16_t next;               /* of its phase, or of those that are free */
	uint8_t phase;
	uint8_t codec; /* enum jf_codec */
	uint8_t other; /* frames since the other rate was made last, 0: of this one */
	bool quiet;
	bool silent;                      /* nothing at all: needn't be added */
	uint8_t untold;                   /* frames since the slot was told */
	uint32_t concealed_ms;            /* since then */
	uint32_t told_late, told_missing; /* of the buffer's counts */
	int16_t narrow[JF_MIX_NARROW];
	int16_t wide[JF_MIX_WIDE];
};

struct jf_mix_part {
	uint16_t input;
	int16_t gain; /* of the last frame, in 1/JF_PCM_GAIN_ONE */
	int16_t target;
	bool leaving; /* gone when the target is reached */
};

struct jf_mix_row {
	uint32_t listener;
	uint32_t ssrc; /* of the row's packets on their way into the listener's stream */
	uint16_t next; /* of its phase, or of those that are free */
	uint16_t sequence;
	uint8_t phase;
	uint8_t codec; /* enum jf_codec, of octets and encoder */
	uint8_t count; /* of parts */
	bool moving;   /* a gain has not reached its target */
	/* of the set of sources and listener; 0: the total of others is no use here */
	uint64_t signature;
	uint32_t octets_ts; /* the mixer's clock at the first of octets */
	uint32_t filled;
	struct jf_g722_encoder encoder;
	struct jf_mix_part parts[JF_MIX_PARTS];
	uint8_t octets[JF_MIX_OCTETS_MAX + JF_MIX_NARROW];
};

/* The sum of all voices of a conference, for the rows that follow. */
struct jf_mix_total {
	uint64_t signature; /* 0: none */
	bool wide;
	int32_t sum[JF_MIX_WIDE];
};

struct jf_mix {
	struct jf_mix_input *inputs;
	struct jf_mix_row *rows;
	uint32_t size;
	uint16_t free_inputs, free_rows; /* first of each list */
	uint32_t n_free_inputs;
	uint16_t phase_inputs[JF_MIX_PHASES]; /* first of each list */
	uint16_t phase_rows[JF_MIX_PHASES];
	uint16_t in_phase[JF_MIX_PHASES]; /* rows there */
	bool halves[JF_MIX_PHASES];       /* packets of 10 ms wait there for their time */
	uint32_t next_ssrc;
	uint64_t ms; /* up to which frames have been made */
	struct jf_mix_total total;
};

static inline struct jf_mix_input *jf_mix_input(struct jf_mix *mix, uint16_t handle)
{
	return &mix->inputs[handle - 1];
}

static inline struct jf_mix_row *jf_mix_row(struct jf_mix *mix, uint16_t handle)
{
	return &mix->rows[handle - 1];
}

/* What its buffer counted, to the slot of its endpoint. */
void jf_mix_input_tell(struct jf_path *path, struct jf_mix_input *input);

/* Begins the codec of what comes in, or goes out. */
void jf_mix_input_begin(struct jf_mix_input *input, uint8_t codec);
void jf_mix_row_begin(struct jf_mix_row *row, uint8_t codec);

/* A part that was leaving has reached nothing. */
void jf_mix_part_remove(struct jf_path *path, struct jf_mix_row *row, uint8_t part);

#endif
