/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store: everything that outlives a process, in one LMDB environment. The only module that sees
 * LMDB, and the seam behind which a distributed store would stand.
 *
 * Values are opaque bytes (JSON text, made by the caller); keys are up to JF_STORE_KEY_MAX bytes
 * and sort by memcmp. Calls and records are keyed by the 16 bytes of their call id, so they sort by
 * arrival.
 *
 * Writing: a batch is one unit, carried out wholly or not at all, in the order in which batches
 * were committed. One writer thread takes whatever has gathered in 5 ms and commits it together;
 * done is called on the loop once it is on disk. A batch that the disk refuses (full, I/O error)
 * stays at the head of the queue and is tried again each second; it is logged once, and
 * jf_store_status shows it. The queue is bounded: beyond it jf_store_batch_commit refuses with
 * -ENOBUFS.
 *
 * Reading sees what is on disk: a batch that is still queued isn't there yet.
 *
 * Thread: all functions are for the loop's thread. The loop watches jf_store_fd for reading and
 * calls jf_store_deliver when it is readable.
 */
#ifndef JF_STORE_H
#define JF_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_STORE_KEY_MAX   511u
#define JF_STORE_VALUE_MAX (16u << 20)

/* name, text, what stands there */
#define JF_STORE_TABLES(X)                                                                         \
	X(CALLS, "calls", "calls in progress, by call id")                                         \
	X(RECORDS, "records", "contact records, by call id; each is written once")                 \
	X(AGENTS, "agents", "states of agents, by agent id")                                       \
	X(REGISTRATIONS, "registrations", "contacts of agents, by agent id")                       \
	X(CALLBACKS, "callbacks", "callers to be called back, by the id of the call that asked")   \
	X(VOICEMAILS, "voicemails", "messages left, by the id of the call")                        \
	X(CALLERS, "callers", "the latest contacts of each caller, by tenant, number and call id") \
	X(DIRECTORY, "directory", "the directory in force")                                        \
	X(TRUNKS, "trunks",                                                                        \
	  "minutes used and registrations, by \"trunk/\" or \"tenant/\" and name")                 \
	X(KPI, "kpi", "interval accounts, by whom and when")                                       \
	X(META, "meta", "schema version and single values")

enum jf_store_table {
#define X(name, text, what) JF_STORE_##name,
	JF_STORE_TABLES(X)
#undef X
	        JF_STORE_TABLE_COUNT
};

struct jf_store;

/* Zero in a field chooses the default. */
struct jf_store_options {
	const char *directory;    /* made if missing, mode 0700 */
	uint64_t map_bytes;       /* address space to begin with (64 MiB); doubles when full */
	uint64_t queue_bytes_max; /* keys and values waiting for the writer (256 MiB) */
};

/*
 * Opens or makes the environment, clears readers that died, checks the schema version and starts
 * the writer thread. 0, -EBUSY (another process has it), -EPROTO (written by a newer version), or
 * what the file system says.
 */
int jf_store_open(const struct jf_store_options *options, struct jf_store **ret_store);

/*
 * Commits what is queued, stops the writer and closes. Callbacks that are due are called from here.
 * Batches that the disk still refuses get their error after one last try. store may be NULL.
 */
void jf_store_close(struct jf_store *store);

/* Readable when results are waiting. */
int jf_store_fd(const struct jf_store *store);

/* Calls done for batches that were finished: for JF_STORE_DELIVERED_MAX of them at most, so that
 * the loop isn't held; jf_store_fd stays readable until there are no more. */
#define JF_STORE_DELIVERED_MAX 6u
void jf_store_deliver(struct jf_store *store);

/* ---- Writing ------------------------------------------------------------------------------ */

struct jf_store_batch;

/*
 * result: 0 durable. -EEXIST durable too, but a put_once found its key taken and left that value as
 * it was (the rest of the batch was carried out). Another negative errno: not written, given up.
 */
typedef void jf_store_done(int result, void *arg);

/* Whatever this gives may go on to the functions below: without memory it is the commit that fails.
 */
struct jf_store_batch *jf_store_batch_begin(struct jf_store *store);

/* Key and value are copied. A mistake (key too long, no memory) shows at the commit. */
void jf_store_batch_put(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                        size_t key_length, const void *value, size_t value_length);
void jf_store_batch_put_once(struct jf_store_batch *batch, enum jf_store_table table,
                             const void *key, size_t key_length, const void *value,
                             size_t value_length);
void jf_store_batch_delete(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                           size_t key_length);

/*
 * Queues the batch, which is the store's from here on, whatever the result. 0, or -ENOMEM, -EINVAL,
 * -ENOBUFS: then nothing was queued and done (may be NULL) is not called.
 */
int jf_store_batch_commit(struct jf_store_batch *batch, jf_store_done *done, void *arg);

/* One put as a batch of its own. */
int jf_store_put(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, const void *value, size_t value_length);

/* ---- Reading ------------------------------------------------------------------------------ */

/* A copy with a NUL behind it, for the caller to free. 0, -ENOENT, -ENOMEM, -EIO. */
int jf_store_get(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, void **ret_value, size_t *ret_length);

struct jf_store_page {
	const void *after; /* the last key of the page before; NULL: from the beginning */
	size_t after_length;
	uint32_t limit;  /* rows, at least 1 */
	bool descending; /* highest key first: the newest call */
};

/*
 * One row; the bytes are valid during the call only. false ends the page. Must not call the store.
 */
typedef bool jf_store_row(const void *key, size_t key_length, const void *value,
                          size_t value_length, void *arg);

/* Hands one page of a table to row. The number of rows handed out, or a negative errno. */
int jf_store_scan(struct jf_store *store, enum jf_store_table table,
                  const struct jf_store_page *page, jf_store_row *row, void *arg);

/* ---- Status ------------------------------------------------------------------------------- */

struct jf_store_status {
	uint64_t batches_queued;
	uint64_t bytes_queued;
	uint64_t batches_committed;
	uint64_t commits; /* LMDB transactions; batches_committed / commits is the group's size */
	uint64_t longest_commit_ns;
	uint64_t map_bytes;
	uint64_t used_bytes;
	uint64_t rows[JF_STORE_TABLE_COUNT];
	int error;                 /* 0, or the negative errno with which the disk refuses now */
	uint64_t failing_since_ns; /* CLOCK_MONOTONIC; 0 when it doesn't */
};

void jf_store_status(struct jf_store *store, struct jf_store_status *ret_status);

#endif
