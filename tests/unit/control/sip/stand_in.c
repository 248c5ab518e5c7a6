// SPDX-License-Identifier: BSD-3-Clause
#include "stand_in.h"

#include <string.h>

#include "jf_digest.h"

bool stand_in_local_trunk(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)arg;
	*ret_trunk = STAND_IN_TRUNK;
	return source->ip[0] == 127;
}

bool stand_in_net_trunk(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)arg;
	*ret_trunk = STAND_IN_TRUNK;
	return source->ip[0] == 10 && source->ip[1] == 1;
}

bool stand_in_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                  uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	(void)arg;
	if (strcmp(agent, "1001") != 0 && strcmp(agent, "1002") != 0)
		return false;
	return !jf_digest_ha1_make(algorithm, agent, realm, "secret", ret_ha1);
}

void stand_in_leg_refused(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)invite;
	(void)arg;
	(void)jf_leg_reject(leg, 404, NULL, NULL);
}

/* ---- Nobody ---------------------------------------------------------------------------------- */

static bool nobody_source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	(void)source;
	(void)ret_trunk;
	(void)arg;
	return false;
}

static bool nobody_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                       uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	(void)agent;
	(void)realm;
	(void)algorithm;
	(void)ret_ha1;
	(void)arg;
	return false;
}

static void nobody_registration_changed(enum jf_registration_change change,
                                        const struct jf_registration *registration, void *arg)
{
	(void)change;
	(void)registration;
	(void)arg;
}

static void nobody_leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)leg;
	(void)invite;
	(void)arg;
}

static void nobody_leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	(void)leg;
	(void)event;
	(void)arg;
}

struct jf_sip_handler stand_in_completes(struct jf_sip_handler rows)
{
	if (!rows.source_allowed)
		rows.source_allowed = nobody_source_allowed;
	if (!rows.agent_ha1)
		rows.agent_ha1 = nobody_ha1;
	if (!rows.registration_changed)
		rows.registration_changed = nobody_registration_changed;
	if (!rows.leg_incoming)
		rows.leg_incoming = nobody_leg_incoming;
	if (!rows.leg_event)
		rows.leg_event = nobody_leg_event;
	return rows;
}
