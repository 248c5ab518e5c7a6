/* SPDX-License-Identifier: BSD-3-Clause */
/* What the directory says of queues and agents, as the ACD is told. Private to control/routing. */
#ifndef JF_ROUTING_ACD_H
#define JF_ROUTING_ACD_H

#include "jf_acd.h"
#include "jf_directory.h"

struct jf_acd_queue_options jf_routing_queue_options(const struct jf_directory_queue *queue);

/* The ACD's name for a queue of the directory; jf_acd_nobody. */
typedef struct jf_acd_ref jf_routing_queue_of(const struct jf_directory_queue *queue, void *arg);

/* All overflow of the queue; those that it goes to are known already. 0 or a negative errno. */
int jf_routing_overflow_set(struct jf_acd *acd, const struct jf_directory_queue *queue,
                            jf_routing_queue_of *of, void *arg);

/* Skills, and what counts as idle. 0 or a negative errno. */
int jf_routing_abilities_set(struct jf_acd *acd, struct jf_acd_ref agent, uint32_t tenant,
                             const struct jf_directory_abilities *abilities, uint64_t now_ns);

#endif
