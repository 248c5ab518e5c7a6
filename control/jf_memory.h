/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the process gets its memory. A call is made of hundreds of small pieces, and what it leaves
 * behind is kept for half a minute, as long as its messages may be sent again: so the heap breathes
 * by hundreds of megabytes. It is taken in large steps and never handed back, which makes a call
 * a quarter cheaper. Huge pages don't: one that has to be cleared, or made first, holds the loop
 * for up to 10 ms.
 */
#ifndef JF_MEMORY_H
#define JF_MEMORY_H

/* Before there are threads. */
void jf_memory_prepare(void);

#endif
