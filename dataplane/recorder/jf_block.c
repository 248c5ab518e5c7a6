// SPDX-License-Identifier: BSD-3-Clause
#include "jf_block_priv.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define BLOCKS_MIN 16u

int jf_block_pool_init(struct jf_block_pool *pool, uint64_t bytes)
{
	uint64_t n = bytes / JF_BLOCK_BYTES;

	*pool = (struct jf_block_pool){.n = (uint32_t)n, .size = n * JF_BLOCK_BYTES};
	if (n < BLOCKS_MIN || n > UINT32_MAX / 2)
		return -EINVAL;
	pool->blocks = calloc(n, sizeof(*pool->blocks));
	if (!pool->blocks)
		return -ENOMEM;
	pool->memory = mmap(NULL, pool->size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->memory == MAP_FAILED) {
		pool->memory = NULL;
		free(pool->blocks);
		pool->blocks = NULL;
		return -ENOMEM;
	}
	(void)madvise(pool->memory, pool->size, MADV_HUGEPAGE); /* fewer misses, if there are any */
	for (uint32_t i = 0; i < pool->n; i++) {
		pool->blocks[i].bytes = pool->memory + (uint64_t)i * JF_BLOCK_BYTES;
		pool->blocks[i].next = i + 1 < pool->n ? &pool->blocks[i + 1] : NULL;
	}
	pool->free = pool->blocks;
	pthread_mutex_init(&pool->lock, NULL);
	return 0;
}

void jf_block_pool_destroy(struct jf_block_pool *pool)
{
	if (!pool->memory)
		return;
	pthread_mutex_destroy(&pool->lock);
	munmap(pool->memory, pool->size);
	free(pool->blocks);
	pool->memory = NULL;
}

/* Under the lock. */
static void count(struct jf_block_pool *pool, int32_t n)
{
	atomic_store_explicit(&pool->n_used,
	                      atomic_load_explicit(&pool->n_used, memory_order_relaxed) +
	                              (uint32_t)n,
	                      memory_order_relaxed);
}

struct jf_block *jf_block_take(struct jf_block_pool *pool, int64_t number)
{
	struct jf_block *block;

	pthread_mutex_lock(&pool->lock);
	block = pool->free;
	if (block) {
		pool->free = block->next;
		count(pool, 1);
	}
	pthread_mutex_unlock(&pool->lock);
	if (!block)
		return NULL;
	block->next = NULL;
	block->kinds = NULL;
	block->number = number;
	block->used = 0;
	return block;
}

void jf_block_give(struct jf_block_pool *pool, struct jf_block *block)
{
	if (!block)
		return;
	pthread_mutex_lock(&pool->lock);
	if (block->kinds) {
		block->kinds->next = pool->free;
		pool->free = block->kinds;
		count(pool, -1);
	}
	block->next = pool->free;
	pool->free = block;
	count(pool, -1);
	pthread_mutex_unlock(&pool->lock);
}
