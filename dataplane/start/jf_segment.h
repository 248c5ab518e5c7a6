/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract's segment as a file, RUN/contract: made under a temporary name, put in its place
 * when everything behind it works. So control only ever sees a whole one, and a new inode means a
 * new dataplane. A lock on RUN/dataplane.lock keeps a second dataplane out of the same folder.
 *
 * Workers write to it with each packet, all over it: on pages of 4 KB they would miss the TLB as
 * often. Where hugepages are mounted the file lies there, and RUN/contract is a link to it.
 *
 * Main thread.
 */
#ifndef JF_SEGMENT_H
#define JF_SEGMENT_H

#include <stdint.h>

#include "jf_contract.h"
#include "jf_node.h"

struct jf_segment;

/* The shape that a node file asks for. */
struct jf_contract_shape jf_segment_shape(const struct jf_node *node);

/* Where the file lies if not in the run folder itself. */
struct jf_segment_place {
	const char *folder; /* NULL: in the run folder */
	const char *name;   /* unique among run folders */
};

/*
 * Makes run_dir (0750) if it is missing, and the segment in it, all of its memory present. 0;
 * -EBUSY: another dataplane holds the folder; -EINVAL: the shape; or of the file system (-ENOSPC:
 * the tmpfs is too small).
 */
int jf_segment_create(const char *run_dir, const struct jf_contract_shape *shape,
                      const struct jf_segment_place *place, struct jf_segment **ret_segment);

struct jf_contract *jf_segment_contract(struct jf_segment *segment);

/* Control finds it from now on. 0 or of the file system. */
int jf_segment_publish(struct jf_segment *segment);

/* Takes it away again: a clean stop. The memory stays with whoever has it mapped. */
void jf_segment_destroy(struct jf_segment *segment);

#endif
