/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What jf-control does on each command of the command table: one handler a row, over what the
 * other modules show of themselves. Loop thread only.
 */
#ifndef JF_COMMANDS_H
#define JF_COMMANDS_H

#include "jf_command_socket.h"

struct jf_apply;
struct jf_calls;
struct jf_kpis;
struct jf_media;
struct jf_sip;
struct jf_store;
struct jf_commands;

/* All outlive the commands. */
struct jf_commands_config {
	struct jf_calls *calls;
	struct jf_sip *sip;
	struct jf_media *media;
	struct jf_store *store;
	struct jf_bus *bus;
	struct jf_kpis *kpis;
	struct jf_apply *apply;
	const char *recordings_dir;
};

int jf_commands_create(const struct jf_commands_config *config, struct jf_commands **ret_commands);
void jf_commands_destroy(struct jf_commands *commands);

/* A jf_command_handler; arg: the struct jf_commands. */
void jf_commands_run(const struct jf_request *request, struct jf_reply *reply, void *arg);

#endif
