/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes through a tap's ring, and what of a tap the recorder reads. */
#ifndef JF_TAP_PRIV_H
#define JF_TAP_PRIV_H

#include "jf_byte_ring.h"
#include "jf_tap.h"

enum jf_tap_message_type {
	JF_TAP_RECORD = 1,
	JF_TAP_AUDIO,
	JF_TAP_END,
};

struct jf_tap_message {
	uint32_t type;
	struct jf_recording_ref recording;
	uint32_t pad;
	uint64_t at_ns;
	union {
		struct {
			struct jf_call_id call;
			uint32_t law;
			char path[JF_CONTRACT_PATH_MAX];
		} record;
		struct {
			uint32_t ssrc;
			uint32_t timestamp;
			uint16_t length;
			uint8_t side;
			uint8_t law;
			uint8_t payload[];
		} audio;
		struct {
			uint64_t lost[2]; /* by enum jf_side, over the whole recording */
		} end;
	};
};

#define JF_TAP_MESSAGE_HEAD offsetof(struct jf_tap_message, record)

struct jf_tap_recording {
	_Atomic uint32_t generation; /* of the latest RECORD; recorder reads */
	_Atomic uint32_t lost[2];    /* worker writes, recorder reads */
	bool is_open;                /* worker's */
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
