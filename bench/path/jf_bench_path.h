/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers' paths without a wire: the stages of the dataplane on frames of the plan that were made
 * here, and a device that takes whatever is sent (net_null). What a stage or a hand-over costs can
 * be measured so without a generator's core; a device's own cost is left out.
 *
 * One thread runs one worker's path. Commands are executed by the caller's thread, before the
 * threads run.
 */
#ifndef JF_BENCH_PATH_H
#define JF_BENCH_PATH_H

#include "jf_command.h"
#include "jf_gen_traffic.h"
#include "jf_path.h"
#include "jf_recorder.h"

#define JF_BENCH_PATH_WORKERS_MAX 2u
#define JF_BENCH_PATH_BURST       JF_BURST_MAX

struct jf_bench_path {
	struct jf_path *paths[JF_BENCH_PATH_WORKERS_MAX];
	struct jf_contract contract;
	struct jf_gen_traffic *traffic;
	struct rte_mempool *pool;
	struct jf_port *port;
	uint32_t n_workers;
	uint32_t n_endpoints; /* open: of the plan, the first ones */
	uint32_t request;
	/* For jf_bench_path_open, before it. */
	bool measured; /* with statistics and energy on every stream */
	bool lossy;    /* one packet is lost before each */
	bool taped; /* with a tap on every stream, one recording for each call; one worker only */
	enum jf_srtp_suite suite;     /* of both legs; one worker only */
	struct jf_recorder *recorder; /* of the tapes: writes nothing */
	struct jf_srtp *phones; /* what the parties protect with, a stream for each endpoint */
	uint32_t *phone_streams;
};

/* After rte_eal_init with --vdev net_null0; bench stays where it is. 0 or a negative errno. */
int jf_bench_path_create(uint32_t n_workers, struct jf_bench_path *bench);

/* Opens n endpoints of the plan, joined in pairs. 0 or the first refusal. */
int jf_bench_path_open(struct jf_bench_path *bench, uint32_t n);

/* 0 or the refusal of one command, carried out by the worker that owns its endpoint. */
int jf_bench_path_command(struct jf_bench_path *bench, struct jf_command *command);

/*
 * Frames of the next endpoints in random order, of those that this worker owns. Gives how many: n,
 * or less when the pool is empty.
 */
uint32_t jf_bench_path_frames(struct jf_bench_path *bench, uint32_t owner,
                              struct rte_mbuf **ret_mbufs, uint32_t n);

#endif
