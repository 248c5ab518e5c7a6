/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A histogram of latencies with a bounded relative error: 64 buckets to each power of two, so a
 * percentile is at most 1.6 % above the truth. Values are TSC cycles or any other unit; those above
 * 2^40 are put into the last bucket. One thread.
 */
#ifndef JF_GEN_HISTOGRAM_H
#define JF_GEN_HISTOGRAM_H

#include <stdint.h>

#define JF_GEN_HISTOGRAM_BUCKETS (64u * 36u)

struct jf_gen_histogram {
	uint64_t count;
	uint64_t max;
	uint32_t buckets[JF_GEN_HISTOGRAM_BUCKETS];
};

void jf_gen_histogram_reset(struct jf_gen_histogram *h);
void jf_gen_histogram_add(struct jf_gen_histogram *h, uint64_t value);

/*
 * The smallest bucket's upper end that at least this share of the values doesn't exceed, and never
 * more than the highest value seen. per_mille: 1 .. 1,000. 0 when nothing was added.
 */
uint64_t jf_gen_histogram_at(const struct jf_gen_histogram *h, uint32_t per_mille);

/* The highest value that is counted in buckets[bucket]. */
uint64_t jf_gen_histogram_upper_end(uint32_t bucket);

#endif
