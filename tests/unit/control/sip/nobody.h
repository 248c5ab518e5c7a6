/* SPDX-License-Identifier: BSD-3-Clause */
/* An owner of the stack who has no agents and does not care: for the rows of struct jf_sip_handler
 * that a test is not about. */
#ifndef NOBODY_H
#define NOBODY_H

#include "jf_sip.h"

/* No address is a trunk's. */
bool nobody_source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg);
bool nobody_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg);
void nobody_registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *registration, void *arg);
void nobody_leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg);
void nobody_leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg);

#endif
