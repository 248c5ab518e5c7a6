/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between admission and the SIP library's parser: what is no good message (jf_sip_check)
 * is answered from its bytes or dropped, and what RFC 2543 left out of a Via is put in. Private to
 * control/sip.
 */
#ifndef JF_SIP_RECEIVE_H
#define JF_SIP_RECEIVE_H

#include "jf_sip_priv.h"

/* To the stack, if it is fit for it. mb is one datagram from its position on; it may be changed. */
void jf_sip_receive(struct jf_sip *sip, struct udp_sock *sock, const struct sa *source,
                    struct mbuf *mb);

/* jf_sip_arrived_handler, the same for streams; with our word on overload in the Via of who asks
 * for it, as datagrams get it while they stand in line (RFC 7339). */
void jf_sip_receive_stream(const char *bytes, size_t length, const struct sa *source,
                           struct jf_sip_arrival *ret_arrival, void *arg);

#endif
