// SPDX-License-Identifier: BSD-3-Clause
#include "jf_dtmf_priv.h"

static struct jf_dtmf_way ways[] = {
        {"sse2", jf_dtmf_blocks_sse2, 1},
        {"sse4.1", jf_dtmf_blocks_sse41, 0},
        {"avx2", jf_dtmf_blocks_avx2, 0},
        {"avx512", jf_dtmf_blocks_avx512, 0},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

jf_dtmf_blocks *jf_dtmf_blocks_best = jf_dtmf_blocks_sse2;

void jf_dtmf_init(void)
{
	__builtin_cpu_init();
	ways[1].usable = __builtin_cpu_supports("sse4.1") != 0;
	ways[2].usable = __builtin_cpu_supports("avx2") != 0;
	ways[3].usable = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	                 __builtin_cpu_supports("avx512dq");
	for (size_t i = 0; i < WAYS; i++)
		if (ways[i].usable)
			jf_dtmf_use(&ways[i]);
}

const struct jf_dtmf_way *jf_dtmf_ways(size_t *ret_count)
{
	*ret_count = WAYS;
	return ways;
}

void jf_dtmf_use(const struct jf_dtmf_way *way)
{
	jf_dtmf_blocks_best = way->blocks;
}
