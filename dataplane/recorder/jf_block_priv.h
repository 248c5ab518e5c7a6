/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The recorder's buffer: a fixed number of blocks, in which audio waits for the disk. The drain
 * thread takes blocks and fills them, the writer threads give them back. A block holds two seconds
 * of both sides of a call, each side by itself as it came; or packets, one after the other.
 */
#ifndef JF_BLOCK_PRIV_H
#define JF_BLOCK_PRIV_H

#include <pthread.h>
#include <stdint.h>

#define JF_BLOCK_TICKS 16384u                /* of the RTP clock, 8,000 a second; a power of two */
#define JF_BLOCK_BYTES (2u * JF_BLOCK_TICKS) /* a plane for each side, caller first */

/* What an octet of a plane is. */
enum jf_block_kind {
	JF_BLOCK_CODE,  /* of the recording's law, silence included */
	JF_BLOCK_OTHER, /* of the other law */
	JF_BLOCK_G722,
};

struct jf_block {
	struct jf_block *next; /* whoever has it */
	uint8_t *bytes;
	struct jf_block *kinds; /* enum jf_block_kind of each octet; NULL: all are JF_BLOCK_CODE */
	int64_t number;         /* of the recording: begins at number * JF_BLOCK_TICKS */
	uint32_t used;          /* bytes, of packets */
};

struct jf_block_pool {
	uint8_t *memory;
	uint64_t size;
	struct jf_block *blocks;
	uint32_t n;
	pthread_mutex_t lock;
	struct jf_block *free;
	_Atomic uint32_t n_used; /* any thread reads */
};

/*
 * bytes: at least those of 16 blocks. Memory is taken from the system as it is needed, and kept.
 * 0, -EINVAL, -ENOMEM. Main thread.
 */
int jf_block_pool_init(struct jf_block_pool *pool, uint64_t bytes);
void jf_block_pool_destroy(struct jf_block_pool *pool);

/* A block with number, without kinds and used; its bytes are anything. NULL: none is left. */
struct jf_block *jf_block_take(struct jf_block_pool *pool, int64_t number);

/* It and its kinds. NULL: nothing. */
void jf_block_give(struct jf_block_pool *pool, struct jf_block *block);

#endif
