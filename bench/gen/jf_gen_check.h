/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the generator expects back. Every frame is checked: it must come from the right socket of
 * the engine to the right remote, carry the payload of the other leg (the mark), keep its
 * listener's SSRC, and go on by one in sequence and by 160 in timestamp.
 *
 * Owner and thread: the generator's one thread.
 */
#ifndef JF_GEN_CHECK_H
#define JF_GEN_CHECK_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "jf_gen_histogram.h"

enum jf_gen_system {
	JF_GEN_ECHO,  /* frames come back as they went, with swapped MACs (testpmd macswap) */
	JF_GEN_RELAY, /* what one leg sends reaches the other leg's remote */
};

struct jf_gen_counts {
	uint64_t received;   /* frames of the plan */
	uint64_t other;      /* anything else: ARP, IPv6 neighbour discovery, ... */
	uint64_t wrong;      /* of the plan, but wrong addresses or somebody else's payload */
	uint64_t ssrc;       /* SSRC changed under a listener */
	uint64_t gaps;       /* sequence numbers skipped: what was lost leaves one */
	uint64_t reordered;  /* older than what came before, or the same again */
	uint64_t timestamps; /* timestamp not in step with the sequence number */
};

struct jf_gen_check;

/* -ENOMEM, -EINVAL (n_endpoints as for jf_gen_traffic_create). Memory from DPDK. */
int jf_gen_check_create(enum jf_gen_system system, uint32_t n_endpoints,
                        struct jf_gen_check **ret_check);
void jf_gen_check_destroy(struct jf_gen_check *check);

/* The system sends to the endpoint's remote from that port of its own, not the plan's. RELAY only.
 */
void jf_gen_check_set_local(struct jf_gen_check *check, uint32_t endpoint, uint16_t port);

/* Begins a trial: counts from zero; the first packet of each listener sets where it continues. */
void jf_gen_check_reset(struct jf_gen_check *check);

/* Checks a burst of at most 64, received at TSC now; adds to latency where there was a stamp. */
void jf_gen_check_burst(struct jf_gen_check *check, struct rte_mbuf **frames, uint32_t n,
                        uint64_t now, struct jf_gen_histogram *latency);

const struct jf_gen_counts *jf_gen_check_counts(const struct jf_gen_check *check);

#endif
