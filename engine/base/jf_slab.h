/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Indexes with generations: what is handed to others instead of a pointer. An index goes out with
 * a generation that is never 0 and differs from that of its earlier uses, so whoever holds an old
 * pair is recognised. The index that has been free the longest goes out first. The slab holds no
 * objects; keep them in an array beside it. Not thread-safe.
 */
#ifndef JF_SLAB_H
#define JF_SLAB_H

#include <stdbool.h>
#include <stdint.h>

struct jf_slab;

/*
 * Indexes [0, count); generations go on from first_generation (give one that an earlier life of the
 * process did not reach). 0, -EINVAL (count 0 or over 2^24), -ENOMEM.
 */
int jf_slab_create(uint32_t count, uint32_t first_generation, struct jf_slab **ret_slab);
void jf_slab_destroy(struct jf_slab *slab);

/* 0, or -ENOSPC when all are in use. O(1). */
int jf_slab_take(struct jf_slab *slab, uint32_t *ret_index, uint32_t *ret_generation);

/* Takes that index with that generation, as found after a restart. 0, -EINVAL, -EBUSY. O(1). */
int jf_slab_claim(struct jf_slab *slab, uint32_t index, uint32_t generation);

/* 0, or -ESTALE when that pair is not in use. O(1). */
int jf_slab_put(struct jf_slab *slab, uint32_t index, uint32_t generation);

/* Whether that pair is in use. */
bool jf_slab_holds(const struct jf_slab *slab, uint32_t index, uint32_t generation);

uint32_t jf_slab_used(const struct jf_slab *slab);
uint32_t jf_slab_count(const struct jf_slab *slab);

#endif
