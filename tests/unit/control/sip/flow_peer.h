/* SPDX-License-Identifier: BSD-3-Clause */
/* The peer of flows: what flow.c asks of it. */
#ifndef FLOW_PEER_H
#define FLOW_PEER_H

#include "flow.h"

void flow_peer_reset(void);
void flow_peer_receive(const char *text);
void flow_peer_timers(void);
void flow_peer_answers(unsigned call, const struct flow_answer *answers);

/* flow.c: onto the wire. */
void flow_wire_put(const char *text, bool to_us);
uint64_t flow_now_ms(void);

#endif
