// SPDX-License-Identifier: BSD-3-Clause
#include "jf_gen_histogram.h"

#include <string.h>

#define SUB_BITS 6u
#define SUB      (1u << SUB_BITS)

/* Values below 64 have a bucket each; above, the leading bit picks the group of 64. */
static uint32_t bucket_of(uint64_t value)
{
	uint32_t group, bucket;

	if (value < SUB)
		return (uint32_t)value;
	group = 63u - (uint32_t)__builtin_clzll(value) - SUB_BITS;
	bucket = (group + 1) * SUB + (uint32_t)((value >> group) & (SUB - 1));
	return bucket < JF_GEN_HISTOGRAM_BUCKETS ? bucket : JF_GEN_HISTOGRAM_BUCKETS - 1;
}

uint64_t jf_gen_histogram_upper_end(uint32_t bucket)
{
	uint32_t group;

	if (bucket < SUB)
		return bucket;
	group = bucket / SUB - 1;
	return (((uint64_t)(SUB + bucket % SUB) + 1) << group) - 1;
}

void jf_gen_histogram_reset(struct jf_gen_histogram *h)
{
	memset(h, 0, sizeof(*h));
}

void jf_gen_histogram_add(struct jf_gen_histogram *h, uint64_t value)
{
	h->buckets[bucket_of(value)]++;
	h->count++;
	if (value > h->max)
		h->max = value;
}

uint64_t jf_gen_histogram_at(const struct jf_gen_histogram *h, uint32_t per_mille)
{
	uint64_t wanted = (h->count * per_mille + 999) / 1000;
	uint64_t seen = 0;

	for (uint32_t b = 0; b < JF_GEN_HISTOGRAM_BUCKETS; b++) {
		seen += h->buckets[b];
		if (seen >= wanted && seen > 0)
			return b + 1 < JF_GEN_HISTOGRAM_BUCKETS &&
			                       jf_gen_histogram_upper_end(b) < h->max
			               ? jf_gen_histogram_upper_end(b)
			               : h->max;
	}
	return 0;
}
