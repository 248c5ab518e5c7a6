/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes through a tap's ring, and what of a tap the recorder reads. */
#ifndef JF_TAP_PRIV_H
#define JF_TAP_PRIV_H

#include "jf_byte_ring.h"
#include "jf_tap.h"

/* The lowest byte of a record's tag; above it side and codec. */
enum jf_tap_message_type {
	JF_TAP_RECORD = 1, /* struct jf_tap_record follows */
	JF_TAP_PIECE,      /* the payload follows */
	JF_TAP_FLOW,       /* struct jf_tap_flow follows */
	JF_TAP_END,        /* struct jf_tap_end follows */
};

static inline uint32_t jf_tap_tag(enum jf_tap_message_type type, uint8_t side, uint8_t codec)
{
	return (uint32_t)type | (uint32_t)side << 8 | (uint32_t)codec << 16;
}

static inline uint8_t jf_tap_tag_side(uint32_t tag)
{
	return (uint8_t)(tag >> 8);
}

static inline uint8_t jf_tap_tag_codec(uint32_t tag)
{
	return (uint8_t)(tag >> 16);
}

/* The head of every record: with the ring's own header half a cache line. */
struct jf_tap_message {
	struct jf_recording_ref recording;
	uint32_t ssrc;
	uint32_t timestamp;
	uint64_t at_ns;
	uint8_t body[];
};
static_assert(sizeof(struct jf_tap_message) == JF_BYTE_RING_HEAD, "layout");

struct jf_tap_record {
	struct jf_call_id call;
	uint8_t law;
	uint8_t format;
	uint8_t pad[2];
	char path[JF_CONTRACT_PATH_MAX];
};

struct jf_tap_end {
	uint32_t lost[2]; /* by enum jf_side, over the whole recording */
};

struct jf_tap_recording {
	_Atomic uint32_t generation; /* of the latest RECORD; recorder reads */
	_Atomic uint32_t lost[2];    /* worker writes, recorder reads */
	bool is_open;                /* worker's */
	uint8_t format;              /* worker's */
};

struct jf_tap {
	struct jf_byte_ring ring;
	uint32_t n_recordings;
	void *bytes;
	struct jf_tap_recording recordings[];
};

/* Relative, and no part of it leads up or nowhere. */
bool jf_tap_path_is_safe(const char path[JF_CONTRACT_PATH_MAX]);

#endif
