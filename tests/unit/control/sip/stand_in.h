/* SPDX-License-Identifier: BSD-3-Clause */
/* Stand-ins for the owner of the stack: rows of struct jf_sip_handler that a test is not about. */
#ifndef STAND_IN_H
#define STAND_IN_H

#include "jf_sip.h"

#define STAND_IN_TRUNK 42 /* what the two below name */

/* 127.0.0.0/8 is the trunk's; 10.1.0.0/16 is. */
bool stand_in_local_trunk(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg);
bool stand_in_net_trunk(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg);

/* Agents "1001" and "1002", both with the password "secret". */
bool stand_in_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                  uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg);

/* No number is known: 404. */
void stand_in_leg_refused(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg);

/* The missing rows become those of an owner who has no trunks and no agents and does not care. */
struct jf_sip_handler stand_in_completes(struct jf_sip_handler rows);

#endif
