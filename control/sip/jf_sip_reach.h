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

/* Its Contact is not the address that it registered from: it is behind a NAT, or may be. */
bool jf_sip_reach_is_nat(const struct jf_registration *registration);

#endif
