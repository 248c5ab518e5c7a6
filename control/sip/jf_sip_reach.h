/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a call to a registered phone is sent. Loop thread only.
 *
 * One on TCP or TLS is reached over the connection that it registered on (RFC 5626); when that is
 * gone, after a restart for one, its Contact is tried.
 */
#ifndef JF_SIP_REACH_H
#define JF_SIP_REACH_H

#include "jf_sip.h"

struct jf_sip_peer jf_sip_reach_peer(const struct jf_sip *sip,
                                     const struct jf_registration *registration);

/*
 * Where a phone is now that spoke from this address, over a connection that is gone: uri, an
 * agent's as it stands in From or To, says whose it is, and contact what it called itself. By what
 * the agent has registered from the same host: over a connection that is there before all others.
 * false: no phone is.
 */
bool jf_sip_reach_again(const struct jf_sip *sip, const char *uri, const char *contact,
                        const struct jf_sip_peer *from, struct jf_sip_peer *ret_peer);

/* Over TCP and TLS: is there a connection with it? */
bool jf_sip_is_connected(const struct jf_sip *sip, const struct jf_sip_peer *peer);

/* Its Contact is not the address that it registered from: it is behind a NAT, or may be. */
bool jf_sip_reach_is_nat(const struct jf_registration *registration);

#endif
