/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands, one function each, by the file: command_<what>.c. command.c has the table, and checks
 * before the call what it says there. All give what jf_command_execute gives.
 */
#ifndef COMMAND_PRIV_H
#define COMMAND_PRIV_H

#include "jf_command.h"

/* command_endpoint.c */
int jf_command_open(struct jf_path *path, const struct jf_command *command);
int jf_command_close(struct jf_path *path, const struct jf_command *command);

/* command_digits.c */
int jf_command_digits(struct jf_path *path, const struct jf_command *command);
int jf_command_mask(struct jf_path *path, const struct jf_command *command);

/* command_remote.c */
int jf_command_remote(struct jf_path *path, const struct jf_command *command);

/* command_keys.c */
int jf_command_keys(struct jf_path *path, const struct jf_command *command);

/* The endpoint closes: its streams are free, its keys wiped. */
void jf_command_forget_keys(struct jf_path *path, uint32_t index);

/* command_hear.c */
int jf_command_join(struct jf_path *path, const struct jf_command *command);
int jf_command_play(struct jf_path *path, const struct jf_command *command);

/* command_mix.c */
int jf_command_mix(struct jf_path *path, const struct jf_command *command);

/* command_tap.c */
int jf_command_keyframe(struct jf_path *path, const struct jf_command *command);
int jf_command_tap(struct jf_path *path, const struct jf_command *command);

/* Tells the recorder between whom the party's packets go, if it records packets. */
void jf_command_tap_flow(struct jf_path *path, uint32_t index);
int jf_command_record(struct jf_path *path, const struct jf_command *command);
int jf_command_record_end(struct jf_path *path, const struct jf_command *command);

/* ---- What they share ---------------------------------------------------------------------- */

/* Whether the endpoint is of this worker. */
static inline bool jf_command_is_mine(const struct jf_path *path, uint32_t index)
{
	return index < path->contract->n_endpoints &&
	       jf_contract_worker_of(path->contract, index) == path->worker;
}

/* Later in the order in which control hands generations out, which wraps. */
static inline bool jf_command_is_newer(uint32_t generation, uint32_t than)
{
	return (int32_t)(generation - than) > 0;
}

/* 0 if the reference is to an endpoint that is open now. */
int jf_command_find_open(const struct jf_path *path, const struct jf_endpoint_ref *ref);

#endif
