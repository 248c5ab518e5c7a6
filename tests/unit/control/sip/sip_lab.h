/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack on the wire and the clock of wire.h, one at a time, and what it told of registrations.
 */
#ifndef SIP_LAB_H
#define SIP_LAB_H

#include "stand_in.h"

extern struct jf_sip *sip;

/* Since the stack was started. */
extern struct sip_lab_registrations {
	unsigned changes[JF_REGISTRATION_REACHABLE + 1]; /* by enum jf_registration_change */
	struct jf_registration last;
	unsigned sent_before; /* on the wire when the last change was told, and not looked at */
} registrations;

/* Starts it at 127.0.0.1:5060 over UDP, realm "test"; config: what is to be different. Rows that
 * rows lacks are stood in for, but registration_changed, which fills registrations. */
int sip_lab_start(struct jf_sip_handler rows, struct jf_sip_config config);

/* cmocka's teardown: nothing is left, on the wire either. */
int sip_lab_stop(void **state);

/* What the stack offers and answers: PCMU at 127.0.0.1:40000. */
struct jf_media_desc local_media(void);

#endif
