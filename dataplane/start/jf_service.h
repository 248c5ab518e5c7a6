/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service thread's round: what must not be done on a worker. The kernel's packets and
 * neighbours (jf_ports_serve), loading and unloading sounds, telling control about closed
 * recordings, and the heartbeat by which control knows that the dataplane lives.
 *
 * One thread, the main one.
 */
#ifndef JF_SERVICE_H
#define JF_SERVICE_H

#include <stdint.h>

#include "jf_contract.h"
#include "jf_port.h"
#include "jf_recorder.h"
#include "jf_sound.h"

struct jf_service {
	struct jf_contract *contract;
	struct jf_ports *ports;
	struct jf_sounds *sounds;
	struct jf_recorder *recorder;
};

/* Once round; waits for at most a third of a millisecond. */
void jf_service_round(struct jf_service *service);

#endif
