// SPDX-License-Identifier: BSD-3-Clause
/*
 * The writer: takes what has gathered, writes it in one transaction, hands it back. While one
 * transaction is being synced the next group gathers, so the group's size follows the load. Before
 * that it waits for company: a transaction costs as much as writing a hundred rows.
 */
#include "jf_store_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <time.h>

#include "jf_log.h"
#include "jf_time.h"

/* Bounds the memory of one transaction and the wait of the first batch in it. */
#define GROUP_BYTES_MAX (8u << 20)
#define GATHER_NS       (5 * JF_NS_PER_MS)
#define RETRY_AFTER_NS  JF_NS_PER_S
#define DISK_LOW_BYTES  (1u << 20)

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int op_apply(struct jf_store *store, MDB_txn *txn, const struct jf_store_op *op,
                    uint8_t *bytes, bool *ret_taken)
{
	MDB_dbi table = store->tables[op->table];
	MDB_val key = {op->key_length, bytes};
	MDB_val value = {op->value_length, bytes + op->key_length};
	int code;

	switch ((enum jf_store_op_type)op->type) {
	case JF_STORE_OP_PUT:
		return mdb_put(txn, table, &key, &value, 0);
	case JF_STORE_OP_PUT_ONCE:
		code = mdb_put(txn, table, &key, &value, MDB_NOOVERWRITE);
		if (code != MDB_KEYEXIST)
			return code;
		*ret_taken = true;
		return MDB_SUCCESS;
	case JF_STORE_OP_DELETE:
		code = mdb_del(txn, table, &key, NULL);
		return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
	}
	return EINVAL;
}

static int batch_apply(struct jf_store *store, MDB_txn *txn, struct jf_store_batch *batch)
{
	bool taken = false;
	size_t at = 0;

	while (at < batch->used) {
		struct jf_store_op op;
		int code;

		memcpy(&op, batch->bytes + at, sizeof(op));
		at += sizeof(op);
		code = op_apply(store, txn, &op, batch->bytes + at, &taken);
		if (code)
			return code;
		at += (size_t)op.key_length + op.value_length;
	}
	batch->result = taken ? -EEXIST : 0;
	return MDB_SUCCESS;
}

static int group_write(struct jf_store *store, const struct jf_store_list *group)
{
	MDB_txn *txn;
	int code;

	if (!store->env)
		return MDB_PANIC;
	code = mdb_txn_begin(store->env, NULL, 0, &txn);
	if (code)
		return code;
	for (struct jf_store_batch *b = group->first; b && !code; b = b->next)
		code = batch_apply(store, txn, b);
	if (code) {
		mdb_txn_abort(txn);
		return code;
	}
	return mdb_txn_commit(txn);
}

static int map_grow(struct jf_store *store)
{
	MDB_envinfo info;
	int code;

	pthread_rwlock_wrlock(&store->map_lock);
	code = mdb_env_info(store->env, &info);
	if (!code)
		code = mdb_env_set_mapsize(store->env, info.me_mapsize * 2);
	pthread_rwlock_unlock(&store->map_lock);
	return code;
}

/* After a failed write of its meta page LMDB refuses everything until it is opened again. */
static int env_reopen(struct jf_store *store)
{
	MDB_envinfo info = {.me_mapsize = 0};
	int result;

	pthread_rwlock_wrlock(&store->map_lock);
	if (store->env) {
		(void)mdb_env_info(store->env, &info);
		mdb_env_close(store->env);
		store->env = NULL;
	}
	/* An existing file is never mapped smaller than it is. */
	result = jf_store_env_open(store, info.me_mapsize ? info.me_mapsize : 64u << 20);
	pthread_rwlock_unlock(&store->map_lock);
	return result;
}

/* LMDB calls a short write an I/O error; whoever reads the log wants to know that the disk is full.
 */
static int disk_errno(const struct jf_store *store, int result)
{
	struct statvfs fs;

	if (result == -EIO && !statvfs(store->directory, &fs) &&
	    fs.f_bavail * fs.f_frsize < DISK_LOW_BYTES)
		return -ENOSPC;
	return result;
}

/* 0 or a negative errno, after whatever LMDB itself can be helped with. */
static int group_commit(struct jf_store *store, const struct jf_store_list *group)
{
	int code = group_write(store, group);

	while (code == MDB_MAP_FULL || code == MDB_MAP_RESIZED) {
		code = map_grow(store);
		if (!code)
			code = group_write(store, group);
	}
	if (code == MDB_PANIC) {
		int result = env_reopen(store);
		if (result)
			return result;
		code = group_write(store, group);
	}
	return disk_errno(store, jf_store_errno(code));
}

/* The next batches, without waiting; empty when there are none. The store is locked. */
static struct jf_store_list group_take(struct jf_store *store)
{
	struct jf_store_list group = {0};
	size_t bytes = 0;

	while (store->queue.first &&
	       (!group.first || bytes + store->queue.first->used <= GROUP_BYTES_MAX)) {
		struct jf_store_batch *batch = jf_store_list_take(&store->queue);
		bytes += batch->used;
		jf_store_list_add(&group, batch);
	}
	return group;
}

/* result: of the group; its batches have their own when that is 0. The store is locked. */
static void group_finish(struct jf_store *store, struct jf_store_list *group, int result)
{
	struct jf_store_batch *batch;

	while ((batch = jf_store_list_take(group))) {
		store->batches_queued--;
		store->bytes_queued -= batch->used;
		if (result)
			batch->result = result;
		else
			store->batches_committed++;
		jf_store_list_add(&store->finished, batch);
	}
	eventfd_write(store->event_fd, 1);
}

/* Notes how it went, says it once. true if the group has to wait. The store is locked. */
static bool trouble_note(struct jf_store *store, int result, uint64_t began_ns, uint64_t ended_ns)
{
	if (result) {
		if (!store->error) {
			store->failing_since_ns = ended_ns;
			jf_log(JF_LOG_STORE, JF_LOG_ERROR, NULL,
			       "cannot write to %s: %s; trying again each second", store->directory,
			       strerror(-result));
		}
		store->error = result;
		return !store->stopping;
	}
	if (store->error)
		jf_log(JF_LOG_STORE, JF_LOG_NOTICE, NULL, "writing to %s again after %.1f s",
		       store->directory,
		       (double)jf_time_since(store->failing_since_ns, ended_ns) / 1e9);
	store->error = 0;
	store->failing_since_ns = 0;
	store->commits++;
	if (ended_ns - began_ns > store->longest_commit_ns)
		store->longest_commit_ns = ended_ns - began_ns;
	return false;
}

/* Until then, or until the store is closed. It is locked. */
static void pause_until(struct jf_store *store, uint64_t until_ns)
{
	struct timespec until = {
	        .tv_sec = (time_t)(until_ns / JF_NS_PER_S),
	        .tv_nsec = (long)(until_ns % JF_NS_PER_S),
	};

	store->pausing = true;
	while (!store->stopping &&
	       pthread_cond_timedwait(&store->wake, &store->lock, &until) != ETIMEDOUT)
		;
	store->pausing = false;
}

void *jf_store_writer_run(void *arg)
{
	struct jf_store *store = arg;
	struct jf_store_list group = {0};

	pthread_mutex_lock(&store->lock);
	for (;;) {
		uint64_t began_ns;
		int result;

		if (!group.first && !store->queue.first) {
			if (store->stopping)
				break;
			pthread_cond_wait(&store->wake, &store->lock);
			continue;
		}
		if (!group.first) {
			pause_until(store, now() + GATHER_NS);
			group = group_take(store);
		}
		pthread_mutex_unlock(&store->lock);
		began_ns = now();
		result = group_commit(store, &group);
		pthread_mutex_lock(&store->lock);
		if (trouble_note(store, result, began_ns, now()))
			pause_until(store, now() + RETRY_AFTER_NS);
		else
			group_finish(store, &group, result);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}
