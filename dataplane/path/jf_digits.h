/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key presses: found in what arrives, as events (RFC 4733) or as tones in audio; kept once each in
 * the slot; given to the listener in the form that it takes; sent because a command says so; and
 * masked.
 *
 * Three things hang on a party that has use for them, from pools of one worker made at start:
 *
 *   ear      looks for tones in what arrives: of parties that dial in-band, and of masked ones
 *   mask     delays what arrives, so that a tone is gone before its first sample goes on
 *   dialler  sends presses to the party, over whatever it hears, which is held back meanwhile:
 *            those of the other party that came in another form, and those of a command
 *
 * Who has none of them pays for none of them.
 */
#ifndef JF_DIGITS_H
#define JF_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"

#define JF_DIGITS_ROOM_MAX UINT16_MAX /* of each pool */

/* How long a masked party's audio is delayed, in samples (or octets: RTP's clock is theirs). */
#define JF_MASK_DELAY_TS 320u

struct jf_path;
struct jf_burst;
struct jf_digits;

struct jf_digits_room {
	uint32_t ears, masks, diallers; /* cut to JF_DIGITS_ROOM_MAX */
};

/* What is usual for so many endpoints of one worker, and the memory that it takes. */
struct jf_digits_room jf_digits_room_for(uint32_t endpoints);
uint64_t jf_digits_bytes(const struct jf_digits_room *room);

/* 0 or -ENOMEM. */
int jf_digits_create(const struct jf_digits_room *room, struct jf_digits **ret_digits);

/* They are the path's from now on, which does not destroy them. */
void jf_digits_attach(struct jf_digits *digits, struct jf_path *path);

void jf_digits_destroy(struct jf_digits *digits);

/* ---- Changes, made by commands between bursts --------------------------------------------- */

/*
 * The party's codec or forms of digits are others, or it is masked or no more. 0, or -ENOSPC: there
 * was no ear or mask left, and nothing has changed.
 */
int jf_path_digits_set(struct jf_path *path, uint32_t index, bool masked);

/*
 * Sends presses to the party, after those that are being sent. 0, -ENOTSUP: it takes none in its
 * media, or -ENOSPC: too many wait already.
 */
int jf_path_digits_send(struct jf_path *path, uint32_t index,
                        const struct jf_command_digits *digits);

/* The endpoint closes: gives back what it had of the pools. */
void jf_path_digits_close(struct jf_path *path, uint32_t index);

/* ---- Stages ------------------------------------------------------------------------------- */

/*
 * Key presses of a burst, to slots and diallers. Leaves out events that are malformed, and those
 * that their listener gets in another form.
 */
void jf_path_digits(struct jf_path *path, struct jf_burst *burst);

/* Events of masked parties are dropped, their audio becomes what it was JF_MASK_DELAY_TS ago. */
void jf_path_mask(struct jf_path *path, struct jf_burst *burst);

/* Sends what is due at path->now_ns. */
void jf_path_digits_out(struct jf_path *path);

#endif
