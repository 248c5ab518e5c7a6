// SPDX-License-Identifier: BSD-3-Clause
#include "jf_store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_log.h"

#define MAP_BYTES_DEFAULT   (UINT64_C(64) << 20)
#define QUEUE_BYTES_DEFAULT (UINT64_C(256) << 20)
#define READERS_MAX         16
#define FILE_MODE           0600

static const char schema_key[] = "schema";
#define SCHEMA_VERSION 1

static const char *const table_names[] = {
#define X(name, text, what) [JF_STORE_##name] = text,
        JF_STORE_TABLES(X)
#undef X
};

int jf_store_errno(int code)
{
	switch (code) {
	case MDB_SUCCESS:
		return 0;
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_KEYEXIST:
		return -EEXIST;
	case MDB_MAP_FULL:
		return -ENOSPC;
	case MDB_BAD_VALSIZE:
		return -EINVAL;
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
		return -EPROTO;
	default:
		return code > 0 ? -code : -EIO;
	}
}

/* Makes the folder and those above it. */
static int folder_make(const char *path)
{
	char part[4096];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part))
		return length ? -ENAMETOOLONG : -EINVAL;
	memcpy(part, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return -errno;
		part[i] = path[i];
	}
	return 0;
}

/* A second control on the same state would undo what the first one writes. */
static int owner_lock(struct jf_store *store)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/owner.lock", store->directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int error = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(fd);
		return error;
	}
	store->lock_fd = fd;
	return 0;
}

/* New files are there after a power cut only if their folder was synced. */
static void folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int schema_check(struct jf_store *store, MDB_txn *txn)
{
	MDB_val key = {sizeof(schema_key) - 1, (void *)(uintptr_t)schema_key};
	MDB_val value;
	char text[16];
	int code = mdb_get(txn, store->tables[JF_STORE_META], &key, &value);

	if (code == MDB_NOTFOUND) {
		value.mv_size = (size_t)snprintf(text, sizeof(text), "%d", SCHEMA_VERSION);
		value.mv_data = text;
		return mdb_put(txn, store->tables[JF_STORE_META], &key, &value, 0);
	}
	if (code)
		return code;
	if (value.mv_size >= sizeof(text))
		return MDB_INVALID;
	memcpy(text, value.mv_data, value.mv_size);
	text[value.mv_size] = '\0';
	return atoi(text) == SCHEMA_VERSION ? MDB_SUCCESS : MDB_VERSION_MISMATCH;
}

static int tables_open(struct jf_store *store)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(store->env, NULL, 0, &txn);

	if (code)
		return code;
	for (int i = 0; i < JF_STORE_TABLE_COUNT && !code; i++)
		code = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &store->tables[i]);
	if (!code)
		code = schema_check(store, txn);
	if (code) {
		mdb_txn_abort(txn);
		return code;
	}
	return mdb_txn_commit(txn);
}

int jf_store_env_open(struct jf_store *store, uint64_t map_bytes)
{
	int code = mdb_env_create(&store->env);
	int dead = 0;

	if (code)
		return jf_store_errno(code);
	code = mdb_env_set_maxdbs(store->env, JF_STORE_TABLE_COUNT);
	if (!code)
		code = mdb_env_set_maxreaders(store->env, READERS_MAX);
	if (!code)
		code = mdb_env_set_mapsize(store->env, map_bytes);
	/* The loop's reads are short, but not bound to one thread's slot. */
	if (!code)
		code = mdb_env_open(store->env, store->directory, MDB_NOTLS, FILE_MODE);
	if (!code)
		code = mdb_reader_check(store->env, &dead);
	if (!code)
		code = tables_open(store);
	if (code) {
		mdb_env_close(store->env);
		store->env = NULL;
	}
	return jf_store_errno(code);
}

static int writer_start(struct jf_store *store)
{
	sigset_t all, before;
	int code;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&store->writer, NULL, jf_store_writer_run, store);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -code;
}

static void locks_init(struct jf_store *store)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&store->lock, NULL);
	pthread_rwlock_init(&store->map_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&store->wake, &attr);
	pthread_condattr_destroy(&attr);
}

static void store_free(struct jf_store *store)
{
	if (store->env)
		mdb_env_close(store->env);
	if (store->event_fd >= 0)
		close(store->event_fd);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	pthread_cond_destroy(&store->wake);
	pthread_rwlock_destroy(&store->map_lock);
	pthread_mutex_destroy(&store->lock);
	free(store->directory);
	free(store);
}

int jf_store_open(const struct jf_store_options *options, struct jf_store **ret_store)
{
	struct jf_store *store = calloc(1, sizeof(*store));
	int result;

	if (!store)
		return -ENOMEM;
	locks_init(store);
	store->lock_fd = -1;
	store->event_fd = -1;
	store->queue_bytes_max =
	        options->queue_bytes_max ? options->queue_bytes_max : QUEUE_BYTES_DEFAULT;
	store->directory = strdup(options->directory);
	result = store->directory ? folder_make(store->directory) : -ENOMEM;
	if (result)
		goto out;
	result = owner_lock(store);
	if (result)
		goto out;
	store->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (store->event_fd < 0) {
		result = -errno;
		goto out;
	}
	result = jf_store_env_open(store,
	                           options->map_bytes ? options->map_bytes : MAP_BYTES_DEFAULT);
	if (result)
		goto out;
	folder_sync(store->directory);
	result = writer_start(store);
out:
	if (result) {
		store_free(store);
		return result;
	}
	*ret_store = store;
	return 0;
}

/* false: max were told, and there is more. */
static bool deliver_some(struct jf_store *store, unsigned max)
{
	struct jf_store_batch *batch;
	unsigned told = 0;

	pthread_mutex_lock(&store->lock);
	jf_store_list_join(&store->due, &store->finished);
	pthread_mutex_unlock(&store->lock);
	while (told < max && (batch = jf_store_list_take(&store->due))) {
		if (batch->done) {
			batch->done(batch->result, batch->arg);
			told++;
		}
		jf_store_batch_free(batch);
	}
	return !store->due.first;
}

void jf_store_close(struct jf_store *store)
{
	if (!store)
		return;
	pthread_mutex_lock(&store->lock);
	store->stopping = true;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->writer, NULL);
	while (!deliver_some(store, JF_STORE_DELIVERED_MAX))
		;
	store_free(store);
}

int jf_store_fd(const struct jf_store *store)
{
	return store->event_fd;
}

void jf_store_deliver(struct jf_store *store)
{
	uint64_t count;

	/* Emptied before the list is taken: what is added after that makes it readable again. */
	(void)!read(store->event_fd, &count, sizeof(count));
	if (!deliver_some(store, JF_STORE_DELIVERED_MAX))
		eventfd_write(store->event_fd, 1);
}

static void rows_count(struct jf_store *store, struct jf_store_status *ret)
{
	MDB_envinfo info;
	MDB_stat stat;
	MDB_txn *txn;

	pthread_rwlock_rdlock(&store->map_lock);
	if (store->env && !mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn)) {
		for (int i = 0; i < JF_STORE_TABLE_COUNT; i++) {
			if (!mdb_stat(txn, store->tables[i], &stat))
				ret->rows[i] = stat.ms_entries;
		}
		if (!mdb_env_info(store->env, &info) && !mdb_env_stat(store->env, &stat)) {
			ret->map_bytes = info.me_mapsize;
			ret->used_bytes = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
		}
		mdb_txn_abort(txn);
	}
	pthread_rwlock_unlock(&store->map_lock);
}

void jf_store_status(struct jf_store *store, struct jf_store_status *ret_status)
{
	struct jf_store_status status = {0};

	pthread_mutex_lock(&store->lock);
	status.batches_queued = store->batches_queued;
	status.bytes_queued = store->bytes_queued;
	status.batches_committed = store->batches_committed;
	status.commits = store->commits;
	status.longest_commit_ns = store->longest_commit_ns;
	status.error = store->error;
	status.failing_since_ns = store->failing_since_ns;
	pthread_mutex_unlock(&store->lock);
	rows_count(store, &status);
	*ret_status = status;
}
