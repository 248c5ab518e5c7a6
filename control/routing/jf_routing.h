/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a number to a queue, and from the directory to the ACD's queues and agents.
 *
 * Keeps, by name, what of the directory the ACD knows, so that applying another directory changes
 * the ACD in place: nobody who waits or talks is lost. Pure over directory and ACD; loop's thread.
 */
#ifndef JF_ROUTING_H
#define JF_ROUTING_H

#include <stdint.h>

#include "jf_acd.h"
#include "jf_directory.h"

struct jf_routing;

/* acd outlives it. 0 or -ENOMEM. */
int jf_routing_create(struct jf_acd *acd, struct jf_routing **ret_routing);
void jf_routing_destroy(struct jf_routing *routing);

/*
 * Another directory is in force; it must live until the next one is. NULL: an empty one. 0 or
 * -ENOMEM, and then it is as it was, but for queues added already.
 *
 * Its agents are changed in the ACD by steps, so many in each; one who is looked for meanwhile is
 * changed there and then, so nobody is found as the former directory had him. Then those who are
 * gone leave. 1: there is more; 0; -ENOMEM: of an agent, who stays as he was; go on.
 */
int jf_routing_begin(struct jf_routing *routing, const struct jf_directory *directory,
                     uint64_t now_ns);
int jf_routing_step(struct jf_routing *routing, uint32_t agents, uint64_t now_ns);

/* Both, to the end. */
int jf_routing_set(struct jf_routing *routing, const struct jf_directory *directory,
                   uint64_t now_ns);

/* NULL before the first. */
const struct jf_directory *jf_routing_directory(const struct jf_routing *routing);

/* Agents that are gone from the directory leave the ACD once their call is over. Cheap. */
void jf_routing_sweep(struct jf_routing *routing, uint64_t now_ns);

/* Either a queue, a flow or a number outside. Texts are the directory's. */
struct jf_route {
	const char *tenant;
	const struct jf_directory_queue *queue; /* NULL: forwarded */
	const struct jf_ivr_flow *flow;
	struct jf_acd_ref acd_queue;
	const char *forward;                    /* E.164 */
	const struct jf_directory_wants *wants; /* what its calls bring along */
};

/*
 * Where a call to that number goes. trunk_tenant: whose calls the trunk carries, NULL: anybody's.
 * 0, or -ENOENT: no such number, or not this tenant's.
 */
int jf_routing_number(const struct jf_routing *routing, const char *number,
                      const char *trunk_tenant, struct jf_route *ret_route);

/* jf_acd_nobody when there is none. */
struct jf_acd_ref jf_routing_queue(const struct jf_routing *routing, const char *tenant,
                                   const char *name);
struct jf_acd_ref jf_routing_agent(struct jf_routing *routing, const char *id);

/* The number that the ACD keeps for a tenant; UINT32_MAX when there is none. */
uint32_t jf_routing_tenant_number(const struct jf_routing *routing, const char *tenant);

/* Of such a number; never NULL. */
const char *jf_routing_tenant(const struct jf_routing *routing, uint32_t tenant);

#endif
