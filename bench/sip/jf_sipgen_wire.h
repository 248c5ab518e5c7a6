/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's two UDP sockets, the callers' and the agents', read and written in batches. What
 * is sent gathers until it is flushed. One thread.
 */
#ifndef JF_SIPGEN_WIRE_H
#define JF_SIPGEN_WIRE_H

#include <netinet/in.h>
#include <stdint.h>

#include "jf_sipgen_message.h"

enum jf_sipgen_side {
	JF_SIPGEN_CALLERS,
	JF_SIPGEN_AGENTS,
	JF_SIPGEN_SIDES,
};

struct jf_sipgen_wire;

struct jf_sipgen_received {
	const char *bytes;
	size_t length;
	const struct sockaddr_in *from;
	uint64_t waited_ns; /* in the socket, until it was read: our delay, not the sender's */
};

/* Port JF_SIPGEN_PORT of each address. 0 or a negative errno. */
#define JF_SIPGEN_PORT 5060u
int jf_sipgen_wire_open(const char *const addresses[JF_SIPGEN_SIDES],
                        struct jf_sipgen_wire **ret_wire);
void jf_sipgen_wire_close(struct jf_sipgen_wire *wire);

/* "127.0.0.2": of that side. */
const char *jf_sipgen_wire_address(const struct jf_sipgen_wire *wire, enum jf_sipgen_side side);

/* A place of JF_SIPGEN_MESSAGE_MAX for the next message, which jf_sipgen_wire_send sends. */
struct jf_sipgen_buffer jf_sipgen_wire_buffer(struct jf_sipgen_wire *wire);
void jf_sipgen_wire_send(struct jf_sipgen_wire *wire, enum jf_sipgen_side side,
                         const struct jf_sipgen_buffer *buffer, const struct sockaddr_in *to);
void jf_sipgen_wire_flush(struct jf_sipgen_wire *wire);

/* Some of what has come on that side; valid until the next call. Gives how many; 0: nothing is
 * left. */
uint32_t jf_sipgen_wire_receive(struct jf_sipgen_wire *wire, enum jf_sipgen_side side,
                                const struct jf_sipgen_received **ret_received);

/* Sleeps until something comes on a side or on the descriptor other, or for that long. true: there
 * is something to read on other. */
bool jf_sipgen_wire_wait(struct jf_sipgen_wire *wire, int other, uint64_t timeout_ns);

/* Datagrams that the kernel had no room for, or refused to send. */
uint64_t jf_sipgen_wire_unsent(const struct jf_sipgen_wire *wire);

#endif
