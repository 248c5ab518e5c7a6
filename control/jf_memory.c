// SPDX-License-Identifier: BSD-3-Clause
#include "jf_memory.h"

#include <limits.h>
#include <malloc.h>

#define STEP_BYTES (64 << 20)
#define MMAP_BYTES (1 << 20)

void jf_memory_prepare(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	(void)mallopt(M_TOP_PAD, STEP_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
}
