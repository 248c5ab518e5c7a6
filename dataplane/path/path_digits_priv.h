/* SPDX-License-Identifier: BSD-3-Clause */
/* The pools of key presses, and what path_digits.c, path_mask.c and path_dialler.c share. */
#ifndef PATH_DIGITS_PRIV_H
#define PATH_DIGITS_PRIV_H

#include "jf_digits.h"
#include "jf_dtmf.h"
#include "jf_g722.h"
#include "jf_path.h"
#include "jf_telev_tx.h"
#include "jf_tone.h"

/* So long G.722's decoder and encoder take to become one when they begin apart. */
#define JF_G722_ADAPT_TS 480u

/* Members of a pool are named by their place plus one; 0 is none. All zeros but for links. */
struct jf_ear {
	struct jf_dtmf dtmf;
	struct jf_g722_decoder decoder; /* of a party that speaks G.722 */
	uint64_t pressed_ms;            /* when the last press in either form began */
	uint8_t pressed;                /* which, 1 + event */
	bool by_event;                  /* it came as an event */
	bool counts;                    /* the tone that is heard is a press of its own */
	bool begun;
	uint8_t codec; /* that it has heard; enum jf_codec */
	uint16_t mask; /* of the same party */
	uint16_t next; /* of those that are free */
};

struct jf_mask {
	uint32_t next_ts; /* the party's timestamp of what comes next */
	bool flowing;     /* that is known */
	bool quiet;       /* there is something to silence: */
	uint32_t quiet_from_ts, quiet_until_ts;
	uint16_t next;                    /* of those that are free */
	uint8_t octets[JF_MASK_DELAY_TS]; /* what has not gone on yet, oldest first */
};

struct jf_press {
	uint8_t event;
	uint8_t volume; /* -dBm0 */
	bool open;      /* held still: duration so far */
	bool last;      /* of a command, digits_id */
	uint32_t duration_ts;
	uint32_t pause_ts; /* before another one */
	uint32_t digits_id;
};

struct jf_dialler {
	uint32_t listener;
	uint32_t ssrc; /* of its packets on their way into the listener's stream */
	uint16_t sequence;
	uint16_t next;        /* of those that are free */
	uint8_t first, count; /* of presses that wait; the first is being sent once begun */
	uint8_t form;         /* enum jf_digit_form */
	uint8_t codec;        /* enum jf_codec */
	uint8_t ptime_ms;
	bool begun;             /* the first of them is being sent */
	uint32_t held_ts;       /* for so long, as was sent */
	uint64_t start_ms;      /* its clock's zero, at 8 a millisecond */
	uint64_t begin_ms;      /* of the press */
	uint64_t rest_until_ms; /* behind a press */
	uint64_t due_ms;        /* of the next packet */
	uint64_t heard_ms;      /* when an open press was heard of last */
	struct jf_telev_tx telev;
	struct jf_tone tone;
	struct jf_g722_encoder encoder;
	struct jf_press presses[JF_CONTRACT_SEND_DIGITS];
};

struct jf_digits {
	struct jf_ear *ears;
	struct jf_mask *masks;
	struct jf_dialler *diallers;
	uint16_t free_ear, free_mask, free_dialler; /* first of each list */
	uint32_t n_active;
	uint16_t *active; /* diallers at work */
	struct jf_dtmf_batch batch;
	struct jf_digits_room room;
};

static inline struct jf_ear *jf_ear(const struct jf_path *path, uint16_t handle)
{
	return &path->digits->ears[handle - 1];
}

static inline struct jf_dialler *jf_dialler(const struct jf_path *path, uint16_t handle)
{
	return &path->digits->diallers[handle - 1];
}

/* Nothing of the party is to be heard between the two, its own timestamps; path_mask.c. */
void jf_mask_quiet(struct jf_mask *mask, uint32_t from_ts, uint32_t until_ts);

/* What a mask sends before anything has come; path_mask.c. */
void jf_mask_begin(struct jf_mask *mask, uint8_t codec);

/*
 * A press of which the end is not known begins for the party; goes on; is over. path_dialler.c. A
 * party that can't take it, or has no dialler left, is not given it, which is counted.
 */
void jf_dialler_press(struct jf_path *path, uint32_t listener, uint8_t event, uint8_t volume);
void jf_dialler_hold(struct jf_path *path, uint32_t listener, uint32_t duration_ts, bool over);

/* The party has said anew what it takes: what was begun in another form is given up. */
void jf_dialler_refit(struct jf_path *path, uint32_t listener);

/* Gives the party's dialler back, and the party what it hears. */
void jf_dialler_free(struct jf_path *path, uint32_t listener);

#endif
