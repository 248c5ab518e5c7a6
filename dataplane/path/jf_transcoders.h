/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transcoding in the relay: a listener that has another codec than its source is sent the source's
 * packets with their payload turned into its own. Lengths and timestamps stay (jf_transcode.h).
 *
 * Between the two laws that takes no memory. Streams with G.722 on one side, and G.722 streams of
 * which the energy is measured, have a state each, from a pool made at start; one worker owns it.
 */
#ifndef JF_TRANSCODERS_H
#define JF_TRANSCODERS_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_codec.h"

struct jf_path;
struct jf_packet;
struct jf_transcoders;

#define JF_TRANSCODERS_MAX 65000u

/* Bytes for one. */
uint64_t jf_transcoders_bytes(void);

/* Room for so many, at most JF_TRANSCODERS_MAX. 0 or -ENOMEM. */
int jf_transcoders_create(uint32_t count, struct jf_transcoders **ret_transcoders);
void jf_transcoders_destroy(struct jf_transcoders *transcoders);

/*
 * Sees to it that *handle, 0 or what an earlier call gave, is a state from one codec to the other
 * if that takes one, and 0 if not. A stream that goes on keeps its state. 0 or -ENOSPC.
 */
int jf_transcoders_need(struct jf_transcoders *transcoders, enum jf_codec from, enum jf_codec to,
                        uint16_t *handle);

/* Whether there is one. */
bool jf_transcoders_are_free(const struct jf_transcoders *transcoders);

/* Back to the pool; *handle becomes 0. */
void jf_transcoders_release(struct jf_transcoders *transcoders, uint16_t *handle);

/* n octets of a stream in place; handle as jf_transcoders_need left it. */
void jf_transcoders_run(struct jf_transcoders *transcoders, uint16_t handle, enum jf_codec from,
                        enum jf_codec to, uint8_t *octets, uint32_t n);

/* The payload of one packet of audio becomes the listener's; for the relay. */
void jf_path_transcode(struct jf_path *path, struct jf_packet *packet);

#endif
