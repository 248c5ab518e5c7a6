// SPDX-License-Identifier: BSD-3-Clause
#include "jf_memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HEAP_BYTES (UINT64_C(1) << 30) /* of address space; only what is touched is taken */
#define HUGE_BYTES (UINT64_C(2) << 20)
#define MMAPS_MAX  65536 /* the C library's own default */
#define MMAP_BYTES (1 << 20)

#ifdef __SANITIZE_ADDRESS__
#define OWN_HEAP false /* the sanitizer has its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_HEAP false
#endif
#endif
#ifndef OWN_HEAP
#define OWN_HEAP true
#endif

void jf_memory_prepare(void)
{
	char *heap;
	uintptr_t from;

	if (!OWN_HEAP)
		return;
	(void)mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_BYTES);
	/* The heap grows to its room in one piece, whose pages can be asked for as huge ones. */
	(void)mallopt(M_MMAP_MAX, 0);
	heap = malloc(HEAP_BYTES);
	(void)mallopt(M_MMAP_MAX, MMAPS_MAX);
	if (!heap)
		return;
	from = ((uintptr_t)heap + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1);
	(void)madvise((void *)from, HEAP_BYTES - HUGE_BYTES, MADV_HUGEPAGE);
	free(heap);
}
