/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mixing: who hears the sum of whom. A party that hears a mix has a row, a list of sources with
 * gains; a source of at least one row has an input, which is where its packets wait (jitter
 * buffer), are decoded and, where they are missing, concealed (jf_jitter.h, jf_plc.h). Every 20 ms
 * an input gives one frame and a row makes one, in its listener's codec. Rows and inputs stand in
 * 20 phases, a millisecond apart, so that not all of them fall into one poll; those of one
 * conference share a phase.
 *
 * Changes are made by commands between bursts. They are not heard as clicks: a gain moves within
 * a frame, from or to nothing for a source that comes or goes. The listener's stream goes on
 * through them, and a row without sources is silence that is sent.
 *
 * Sums are of 8,000 samples a second for listeners of G.711, of 16,000 for those of G.722. Among
 * rows that differ only in leaving their listener out, one total is made, and from it each is what
 * remains without the listener's own voice.
 *
 * Inputs and rows come from pools made at start, of the same size; one worker owns them.
 */
#ifndef JF_MIX_H
#define JF_MIX_H

#include <stdint.h>

#include "jf_contract.h"

struct jf_path;
struct jf_burst;
struct jf_mix;

#define JF_MIX_INPUTS_MAX 60000u

/* Bytes for one input and one row. */
uint64_t jf_mix_bytes(void);

/* Room for so many inputs and as many rows, at most JF_MIX_INPUTS_MAX. 0 or -ENOMEM. */
int jf_mix_create(uint32_t inputs, struct jf_mix **ret_mix);
void jf_mix_destroy(struct jf_mix *mix);

/*
 * The party at index hears the row: of endpoints of this worker that are open and not itself, each
 * once; gains are in range. 0, or -ENOSPC, and it hears what it heard.
 */
int jf_path_hear_mix(struct jf_path *path, uint32_t index, const struct jf_command_mix *row);

/* It hears a mix no more; for path_switch.c. */
void jf_path_mix_leave(struct jf_path *path, uint32_t index);

/* The endpoint closes: it leaves all rows. */
void jf_path_mix_close(struct jf_path *path, uint32_t index);

/* Stage: audio of endpoints that are JF_ENDPOINT_MIXED to their inputs. Packets stay as they are.
 */
void jf_path_mix_in(struct jf_path *path, struct jf_burst *burst);

/* Makes and sends the frames that are due at path->now_ns. */
void jf_path_mix_out(struct jf_path *path);

#endif
