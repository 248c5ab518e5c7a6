// SPDX-License-Identifier: BSD-3-Clause
#include "sip_lab.h"

#include <string.h>

#include "jf_loop.h"
#include "sdp_lab.h"
#include "wire.h"

struct jf_sip *sip;
struct sip_lab_registrations registrations;
static struct jf_sip_handler handler;

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *r, void *arg)
{
	(void)arg;
	registrations.changes[change]++;
	registrations.last = *r;
	registrations.sent_before = wire_count();
}

int sip_lab_start(struct jf_sip_handler rows, struct jf_sip_config config)
{
	memset(&registrations, 0, sizeof(registrations));
	if (!rows.registration_changed)
		rows.registration_changed = registration_changed;
	handler = stand_in_completes(rows);
	config.addresses[0] = "127.0.0.1";
	config.udp_port = 5060;
	config.realm = "test";
	config.handler = &handler;
	return jf_loop_init(0) || jf_sip_create(&config, &sip);
}

int sip_lab_stop(void **state)
{
	(void)state;
	jf_sip_destroy(sip);
	jf_loop_close();
	wire_reset();
	return 0;
}

struct jf_media_desc local_media(void)
{
	return media_at("127.0.0.1");
}
