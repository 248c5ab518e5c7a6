/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the process gets its memory. A call is made of hundreds of small pieces, and what it leaves
 * behind is kept for half a minute, as long as its messages may be sent again: so the heap breathes
 * by hundreds of megabytes, and nothing of it is near the cache. In huge pages (where the system
 * gives them on request: /sys/kernel/mm/transparent_hugepage/enabled) and never handed back, a call
 * costs a third less.
 */
#ifndef JF_MEMORY_H
#define JF_MEMORY_H

/* Before there are threads. Harmless where there are no huge pages. */
void jf_memory_prepare(void);

#endif
