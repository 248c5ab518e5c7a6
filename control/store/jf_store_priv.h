/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside the store. Two threads: the loop (L) and the writer (W).
 *
 * LMDB may move its map only while no transaction of this process is open, so the loop's reads hold
 * map_lock for reading, and the writer takes it for writing to grow the map.
 */
#ifndef JF_STORE_PRIV_H
#define JF_STORE_PRIV_H

#include <lmdb.h>
#include <pthread.h>

#include "jf_store.h"

enum jf_store_op_type {
	JF_STORE_OP_PUT,
	JF_STORE_OP_PUT_ONCE,
	JF_STORE_OP_DELETE,
};

/* In the batch's bytes each is followed by its key and its value; not aligned. */
struct jf_store_op {
	uint8_t type;
	uint8_t table;
	uint16_t key_length;
	uint32_t value_length;
};

struct jf_store_batch {
	struct jf_store_batch *next;
	struct jf_store *store;
	jf_store_done *done;
	void *arg;
	uint8_t *bytes;
	size_t used, room;
	int error;  /* the first mistake made while building it */
	int result; /* what done is told */
};

struct jf_store_list {
	struct jf_store_batch *first, *last;
};

struct jf_store {
	MDB_env *env; /* changed by W under map_lock */
	MDB_dbi tables[JF_STORE_TABLE_COUNT];
	char *directory;
	int lock_fd;
	int event_fd;
	uint64_t queue_bytes_max;
	pthread_rwlock_t map_lock;
	pthread_t writer;
	struct jf_store_list due; /* L's alone: finished, still to be told */

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t wake;
	bool stopping;
	bool pausing;                          /* W wakes up by itself */
	struct jf_store_list queue;            /* committed by L, not yet taken by W */
	struct jf_store_list finished;         /* by W, for L to deliver */
	uint64_t batches_queued, bytes_queued; /* including what W holds */
	uint64_t batches_committed, commits, longest_commit_ns;
	int error;
	uint64_t failing_since_ns;
};

void jf_store_list_add(struct jf_store_list *list, struct jf_store_batch *batch);
/* All of from go behind those of list. */
void jf_store_list_join(struct jf_store_list *list, struct jf_store_list *from);
struct jf_store_batch *jf_store_list_take(struct jf_store_list *list);
void jf_store_batch_free(struct jf_store_batch *batch);

/* LMDB's code or a positive errno, as a negative errno. */
int jf_store_errno(int code);

/* Opens the environment and its tables in store->directory. */
int jf_store_env_open(struct jf_store *store, uint64_t map_bytes);

/* The writer's thread; arg is the store. */
void *jf_store_writer_run(void *arg);

#endif
