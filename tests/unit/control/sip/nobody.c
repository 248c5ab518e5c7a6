// SPDX-License-Identifier: BSD-3-Clause
#include "nobody.h"

bool nobody_source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)source;
	(void)ret_trunk;
	(void)arg;
	return false;
}

bool nobody_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	(void)agent;
	(void)realm;
	(void)algorithm;
	(void)ret_ha1;
	(void)arg;
	return false;
}

void nobody_registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *registration, void *arg)
{
	(void)change;
	(void)registration;
	(void)arg;
}

void nobody_leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)leg;
	(void)invite;
	(void)arg;
}

void nobody_leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	(void)leg;
	(void)event;
	(void)arg;
}
