/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control asks of a worker (jf_contract.h, "Commands"), carried out between two bursts.
 *
 * Every field comes from another process and is checked before it is followed. A command says what
 * shall be: one that is true already is answered 0 and changes nothing. Worker's thread only.
 */
#ifndef JF_COMMAND_H
#define JF_COMMAND_H

#include "jf_path.h"

/*
 * 0; -EINVAL: a field out of range, an unknown type, or an endpoint of another worker; -ESTALE: of
 * a generation that is over; -ENOENT: the endpoint was never opened in this generation, or no such
 * sound, recording or source; -ENOTSUP: another packet time than 20 ms; -ENOSPC: no room
 * on the way to the recorder.
 */
int jf_command_execute(struct jf_path *path, const struct jf_command *command);

/* Takes at most so many commands from the worker's ring and answers them. Gives how many. */
uint32_t jf_command_poll(struct jf_path *path, uint32_t most);

/* Asks for neighbours that could not be asked for before, and takes answers. */
void jf_command_neighbours(struct jf_path *path);

#endif
