/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wire and a clock for tests of the SIP stack: wire.c takes the place of the library's UDP
 * sockets and of CLOCK_MONOTONIC, so that everything above them is the real thing, on virtual time
 * and without a network. Link wire.c into the test program; create the stack with a UDP port only.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_TEXT_MAX 8192

/* Forgets what was sent. */
void wire_reset(void);

/* A datagram from ip:port arrives. */
void wire_receive_from(const char *ip, uint16_t port, const void *bytes, size_t length);
void wire_receive(const char *text); /* from 127.0.0.1:5070 */

/* The next datagram that was sent, oldest first: terminated text, valid until the next call; NULL:
 * there is none. */
const char *wire_sent(void);

/* How many were sent and not yet looked at. */
unsigned wire_count(void);

/* From now on sending fails with this errno; 0: it works again. */
void wire_send_error(int error);

/* Lets time pass; timers fire each at its time. */
void wire_advance_ms(uint64_t ms);

/* The status of a response; 0: message is none, or NULL. */
unsigned wire_status(const char *message);

/* From now on each look at the clock takes so long: work that looks at it takes time. 0: none. */
void wire_clock_step_ns(uint64_t step_ns);

/* The value of the first header of that name in a message; "" if it has none. The text is valid
 * until the next call but 15. */
const char *wire_header(const char *message, const char *name);

#endif
