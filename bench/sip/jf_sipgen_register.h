/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registers agents with a registrar (RFC 3261 section 10, digest MD5 of RFC 7616 with qop auth):
 * ids that count up from a first one, one password, all at the agents' socket. So many at once as
 * the window allows; what gets no answer is sent again. One thread.
 */
#ifndef JF_SIPGEN_REGISTER_H
#define JF_SIPGEN_REGISTER_H

#include "jf_sipgen_wire.h"

struct jf_sipgen_register;

struct jf_sipgen_register_config {
	struct jf_sipgen_wire *wire;
	struct sockaddr_in server;
	uint32_t first, count; /* ids */
	const char *password;
};

/* 0 or -ENOMEM. */
int jf_sipgen_register_create(const struct jf_sipgen_register_config *config,
                              struct jf_sipgen_register **ret_register);
void jf_sipgen_register_destroy(struct jf_sipgen_register *reg);

/* Sends what may be sent now. */
void jf_sipgen_register_turn(struct jf_sipgen_register *reg, uint64_t now_ns);

/* A response that has come for the agents. */
void jf_sipgen_register_receive(struct jf_sipgen_register *reg,
                                const struct jf_sipgen_message *message, uint64_t now_ns);

/* How many are registered, and the code with which one was refused for good, or 0. */
uint32_t jf_sipgen_register_done(const struct jf_sipgen_register *reg, uint16_t *ret_refused);
bool jf_sipgen_register_finished(const struct jf_sipgen_register *reg);

/* The response of a digest in hexadecimal. */
void jf_sipgen_digest(const char *user, struct jf_sipgen_text realm, const char *password,
                      const char *uri, struct jf_sipgen_text nonce, char ret_hex[33]);

#endif
