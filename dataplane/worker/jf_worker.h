/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers: one for each core, each with its share of every address's ports, polling its queues and
 * running each burst through the path (jf_path.h) to the end. A worker never waits for another
 * thread, and no other thread writes what it owns.
 *
 * Between bursts it carries out control's commands, takes neighbours' addresses, moves the kernel's
 * packets (worker 0), and paces sounds. With nothing to do it spins, or sleeps for some
 * 100 microseconds at a time where the node file says so.
 */
#ifndef JF_WORKER_H
#define JF_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_port.h"
#include "jf_sound.h"
#include "jf_srtp_suite.h"
#include "jf_tap.h"

struct jf_workers;

struct jf_workers_config {
	struct jf_contract *contract; /* all of these outlive the workers */
	const struct jf_ports *ports;
	const struct jf_sounds *sounds;
	struct jf_tap *const *taps; /* one for each worker */
	bool idle_sleeps;
	enum jf_srtp_backend srtp_backend;
	uint32_t mix_inputs;  /* of each worker */
	uint32_t transcoders; /* of each worker */
	uint64_t seed;        /* of SSRCs and first numbers; from the kernel's random source */
};

/* Memory for one endpoint, and for a worker's pools, which the EAL must have. */
uint64_t jf_workers_endpoint_bytes(void);
uint64_t jf_workers_pool_bytes(uint32_t mix_inputs, uint32_t transcoders);

/*
 * Memory for all endpoints, in hugepages where the EAL has them. 0, -ENOMEM, or -EINVAL: addresses
 * that are alike. Main thread, after rte_eal_init and jf_ports_create.
 */
int jf_workers_create(const struct jf_workers_config *config, struct jf_workers **ret_workers);

/* Worker w begins on lcore w + 1. 0, or -EBUSY: no such lcore. Main thread. */
int jf_workers_start(struct jf_workers *workers);

/* Tells all to stop after their present burst, and waits until they have. Main thread. */
void jf_workers_stop(struct jf_workers *workers);

/* After stop. */
void jf_workers_destroy(struct jf_workers *workers);

#endif
