// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recording_job_priv.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_render_priv.h"
#include "jf_time.h"

#define WRITERS 4u
#define CHUNK_BYTES                                                                                \
	(256u * 1024)  /* for one pwrite, at most; a multiple of what a block becomes              \
	                */
#define SYNC_SINGLY 8u /* files that are done at once: more, and the file system is asked once */

/* Jobs in the order in which they wait for a thread. */
struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct jf_recording_job *first, **last;
	bool is_closing;
	pthread_t thread;
	bool has_thread;
};

struct writer {
	struct jf_recording_jobs *jobs;
	struct queue queue;
	uint8_t *chunk;
	size_t filled;
	struct jf_block *in_chunk; /* given back when that has been written */
};

struct jf_recording_jobs {
	struct jf_recording_jobs_config config;
	char *dir;
	struct writer writers[WRITERS];
	struct queue syncing;
	_Atomic uint64_t closed, failed, bytes_written;
};

struct jf_recording_job {
	struct jf_recording_start start;
	struct writer *writer;
	struct jf_recording_job *next; /* in a queue, under its lock */

	/* Drain adds, the writer takes; under the writer's lock. */
	bool is_queued;
	bool is_ended;
	int64_t ticks; /* added so far */
	struct jf_block *first, **last;

	/* Drain stores, the writer loads. */
	_Atomic uint32_t lost[2], late[2];

	/* The writer's. */
	bool is_open;
	int64_t written; /* ticks */
	struct jf_recording_file file;
	struct jf_render render;
	_Atomic bool has_failed; /* drain loads */
};

/* ---- Queues --------------------------------------------------------------------------------- */

static void queue_init(struct queue *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	q->last = &q->first;
}

/* Under the lock. */
static void queue_put(struct queue *q, struct jf_recording_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	pthread_cond_signal(&q->filled);
}

/* Under the lock: waits until something is there; false: nothing will be. */
static bool queue_wait(struct queue *q)
{
	while (!q->first && !q->is_closing)
		pthread_cond_wait(&q->filled, &q->lock);
	return q->first != NULL;
}

static struct jf_recording_job *queue_take(struct queue *q)
{
	struct jf_recording_job *job = q->first;

	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

/* The thread ends when nothing is left. */
static void queue_finish(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->is_closing = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
	if (q->has_thread)
		pthread_join(q->thread, NULL);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->filled);
}

/* ---- Writing -------------------------------------------------------------------------------- */

static struct jf_recording_loss loss_of(const struct jf_recording_job *job)
{
	struct jf_recording_loss loss;

	for (int side = 0; side < 2; side++) {
		loss.lost[side] = atomic_load_explicit(&job->lost[side], memory_order_relaxed);
		loss.late[side] = atomic_load_explicit(&job->late[side], memory_order_relaxed);
	}
	return loss;
}

static void fail(struct jf_recording_job *job, int error)
{
	struct jf_recording_jobs *jobs = job->writer->jobs;
	char path[4 * JF_CONTRACT_PATH_MAX];

	atomic_store_explicit(&job->has_failed, true, memory_order_relaxed);
	(void)jf_recording_file_close(&job->file);
	jf_log(JF_LOG_RECORDER, JF_LOG_ERROR, &job->start.call, "recording %s: %s",
	       jf_log_escape(job->start.path, strlen(job->start.path), path, sizeof(path)),
	       strerror(-error));
	atomic_fetch_add_explicit(&jobs->failed, 1, memory_order_relaxed);
	jf_recording_slots_end(jobs->config.slots, job->start.ref, JF_RECORDING_FAILED, error);
}

static int open_file(struct jf_recording_job *job)
{
	struct jf_recording_jobs *jobs = job->writer->jobs;
	int err;

	job->is_open = true;
	job->file = (struct jf_recording_file){
	        .fd = -1, .format = job->start.format, .law = job->start.law};
	jf_render_init(&job->render, job->start.law, job->start.format == JF_RECORD_LINEAR);
	if (jobs->config.discards)
		return jf_recording_file_open_nowhere(&job->file);
	err = jf_recording_file_open(&job->file, jobs->dir, job->start.path);
	if (!err)
		jf_recording_slots_path(jobs->config.slots, job->start.ref, job->start.path);
	return err;
}

static void give_all(struct jf_block_pool *pool, struct jf_block *blocks)
{
	while (blocks) {
		struct jf_block *next = blocks->next;

		jf_block_give(pool, blocks);
		blocks = next;
	}
}

static int flush(struct writer *w, struct jf_recording_job *job)
{
	size_t length = w->filled;
	int err = 0;

	if (length)
		err = jf_recording_file_append(&job->file, w->chunk, length);
	if (length && !err)
		atomic_fetch_add_explicit(&w->jobs->bytes_written, length, memory_order_relaxed);
	w->filled = 0;
	give_all(w->jobs->config.pool, w->in_chunk);
	w->in_chunk = NULL;
	return err;
}

/* The first of them is in the chunk now. */
static void next_block(struct writer *w, struct jf_block **blocks)
{
	struct jf_block *block = *blocks;

	*blocks = block->next;
	block->next = w->in_chunk;
	w->in_chunk = block;
}

/* One block's worth, silence where it is missing, and what is left of the last one. */
static int write_ticks(struct writer *w, struct jf_recording_job *job, const struct jf_block *block,
                       int64_t until)
{
	uint32_t size = jf_render_bytes(&job->render);
	uint32_t ticks = until - job->written < JF_BLOCK_TICKS ? (uint32_t)(until - job->written)
	                                                       : JF_BLOCK_TICKS;
	int err = 0;

	if (w->filled + (size_t)ticks * size > CHUNK_BYTES)
		err = flush(w, job);
	if (err)
		return err;
	jf_render_block(&job->render, block, ticks, w->chunk + w->filled);
	w->filled += (size_t)ticks * size;
	job->written += ticks;
	return 0;
}

static int write_audio(struct writer *w, struct jf_recording_job *job, struct jf_block **blocks,
                       int64_t until)
{
	int err = 0;

	while (job->written < until && !err) {
		struct jf_block *block = *blocks;

		if (block && block->number * (int64_t)JF_BLOCK_TICKS > job->written)
			block = NULL;
		err = write_ticks(w, job, block, until);
		if (block && !err)
			next_block(w, blocks);
	}
	return err;
}

static int write_packets(struct writer *w, struct jf_recording_job *job, struct jf_block **blocks,
                         int64_t until)
{
	int err = 0;

	while (*blocks && !err) {
		struct jf_block *block = *blocks;

		if (w->filled + block->used > CHUNK_BYTES)
			err = flush(w, job);
		if (err)
			break;
		memcpy(w->chunk + w->filled, block->bytes, block->used);
		w->filled += block->used;
		next_block(w, blocks);
	}
	if (!err)
		job->written = until;
	return err;
}

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t samples_in(const struct jf_recording_job *job)
{
	return job->start.format == JF_RECORD_PACKETS
	               ? (uint64_t)job->written
	               : job->file.bytes / jf_render_bytes(&job->render);
}

static void write_job(struct writer *w, struct jf_recording_job *job, struct jf_block *blocks,
                      int64_t until)
{
	struct jf_recording_loss loss = loss_of(job);
	int err = job->is_open ? 0 : open_file(job), seal_err;

	if (!err && !job->has_failed) {
		err = job->start.format == JF_RECORD_PACKETS ? write_packets(w, job, &blocks, until)
		                                             : write_audio(w, job, &blocks, until);
		if (!err)
			err = flush(w, job);
		seal_err = jf_recording_file_seal(&job->file, &loss, wall_ns());
		err = err ? err : seal_err; /* sealed also after an error: what is there counts */
		jf_recording_slots_progress(w->jobs->config.slots, job->start.ref, samples_in(job));
	}
	if (err)
		fail(job, err);
	give_all(w->jobs->config.pool, blocks); /* of a recording that has failed */
}

static void *run_writer(void *arg)
{
	struct writer *w = arg;
	struct queue *q = &w->queue;

	pthread_mutex_lock(&q->lock);
	while (queue_wait(q)) {
		struct jf_recording_job *job = queue_take(q);
		struct jf_block *blocks = job->first;
		int64_t ticks = job->ticks;
		bool is_ended = job->is_ended;

		job->is_queued = false;
		job->first = NULL;
		job->last = &job->first;
		pthread_mutex_unlock(&q->lock);
		write_job(w, job, blocks, ticks);
		if (is_ended) {
			struct queue *syncing = &w->jobs->syncing;

			pthread_mutex_lock(&syncing->lock);
			queue_put(syncing, job);
			pthread_mutex_unlock(&syncing->lock);
		}
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* ---- Closing -------------------------------------------------------------------------------- */

/* sync_err: of all of them. */
static void close_job(struct jf_recording_jobs *jobs, struct jf_recording_job *job, int sync_err)
{
	int err = sync_err;

	if (!job->has_failed) {
		int close_err = jf_recording_file_close(&job->file);

		err = err ? err : close_err;
		if (err) {
			fail(job, err);
		} else {
			atomic_fetch_add_explicit(&jobs->closed, 1, memory_order_relaxed);
			jf_recording_slots_end(jobs->config.slots, job->start.ref,
			                       JF_RECORDING_CLOSED, 0);
		}
	}
	free(job);
}

static void *run_sync(void *arg)
{
	struct jf_recording_jobs *jobs = arg;
	struct queue *q = &jobs->syncing;

	pthread_mutex_lock(&q->lock);
	while (queue_wait(q)) {
		struct jf_recording_job *list = q->first, *next;
		uint32_t n = 0;
		int err = 0;

		q->first = NULL;
		q->last = &q->first;
		pthread_mutex_unlock(&q->lock);
		for (struct jf_recording_job *job = list; job; job = job->next)
			n++;
		if (n > SYNC_SINGLY && !jobs->config.discards)
			for (struct jf_recording_job *job = list; job && !err; job = job->next)
				if (job->file.fd >= 0) {
					err = syncfs(job->file.fd) ? -errno : 0;
					break;
				}
		for (struct jf_recording_job *job = list; job; job = next) {
			next = job->next;
			if (n <= SYNC_SINGLY && job->file.fd >= 0 && !jobs->config.discards)
				err = fdatasync(job->file.fd) ? -errno : 0;
			close_job(jobs, job, err);
		}
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* ---- Drain thread --------------------------------------------------------------------------- */

static void wake(struct jf_recording_job *job)
{
	if (job->is_queued)
		return;
	job->is_queued = true;
	queue_put(&job->writer->queue, job);
}

struct jf_recording_job *jf_recording_job_begin(struct jf_recording_jobs *jobs,
                                                const struct jf_recording_start *start)
{
	struct jf_recording_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->start = *start;
	job->last = &job->first;
	job->file.fd = -1;
	job->writer = &jobs->writers[start->ref.index % WRITERS];
	pthread_mutex_lock(&job->writer->queue.lock);
	wake(job); /* opens the file */
	pthread_mutex_unlock(&job->writer->queue.lock);
	return job;
}

void jf_recording_job_add(struct jf_recording_job *job, struct jf_block *block, int64_t ticks)
{
	pthread_mutex_lock(&job->writer->queue.lock);
	job->ticks = ticks;
	if (block) {
		block->next = NULL;
		*job->last = block;
		job->last = &block->next;
	}
	wake(job);
	pthread_mutex_unlock(&job->writer->queue.lock);
}

void jf_recording_job_set_loss(struct jf_recording_job *job, const struct jf_recording_loss *loss)
{
	for (int side = 0; side < 2; side++) {
		atomic_store_explicit(&job->lost[side], loss->lost[side], memory_order_relaxed);
		atomic_store_explicit(&job->late[side], loss->late[side], memory_order_relaxed);
	}
}

bool jf_recording_job_has_failed(const struct jf_recording_job *job)
{
	return atomic_load_explicit(&job->has_failed, memory_order_relaxed);
}

void jf_recording_job_end(struct jf_recording_job *job, int64_t ticks)
{
	struct queue *q = &job->writer->queue;

	pthread_mutex_lock(&q->lock);
	job->ticks = ticks;
	job->is_ended = true;
	wake(job);
	pthread_mutex_unlock(&q->lock);
}

/* ---- Life ----------------------------------------------------------------------------------- */

static int start_thread(struct queue *q, void *(*run)(void *), void *arg, const char *name)
{
	int err = -pthread_create(&q->thread, NULL, run, arg);

	if (err)
		return err;
	q->has_thread = true;
	(void)pthread_setname_np(q->thread, name);
	return 0;
}

int jf_recording_jobs_create(const struct jf_recording_jobs_config *config,
                             struct jf_recording_jobs **ret_jobs)
{
	struct jf_recording_jobs *jobs = calloc(1, sizeof(*jobs));
	int err = -ENOMEM;

	if (!jobs)
		return -ENOMEM;
	jobs->config = *config;
	queue_init(&jobs->syncing);
	for (uint32_t i = 0; i < WRITERS; i++) {
		jobs->writers[i].jobs = jobs;
		queue_init(&jobs->writers[i].queue);
	}
	jobs->dir = strdup(config->dir);
	if (!jobs->dir)
		goto out;
	for (uint32_t i = 0; i < WRITERS; i++) {
		jobs->writers[i].chunk = aligned_alloc(64, CHUNK_BYTES);
		if (!jobs->writers[i].chunk)
			goto out;
	}
	err = start_thread(&jobs->syncing, run_sync, jobs, "jf-rec-sync");
	for (uint32_t i = 0; i < WRITERS && !err; i++)
		err = start_thread(&jobs->writers[i].queue, run_writer, &jobs->writers[i],
		                   "jf-rec-writer");
out:
	if (err)
		jf_recording_jobs_destroy(jobs);
	else
		*ret_jobs = jobs;
	return err;
}

void jf_recording_jobs_destroy(struct jf_recording_jobs *jobs)
{
	if (!jobs)
		return;
	for (uint32_t i = 0; i < WRITERS; i++)
		queue_finish(&jobs->writers[i].queue);
	queue_finish(&jobs->syncing); /* after those who fill it */
	for (uint32_t i = 0; i < WRITERS; i++)
		free(jobs->writers[i].chunk);
	free(jobs->dir);
	free(jobs);
}

void jf_recording_jobs_read_stats(const struct jf_recording_jobs *jobs,
                                  struct jf_recording_jobs_stats *ret_stats)
{
	*ret_stats = (struct jf_recording_jobs_stats){
	        .closed = atomic_load_explicit(&jobs->closed, memory_order_relaxed),
	        .failed = atomic_load_explicit(&jobs->failed, memory_order_relaxed),
	        .bytes_written = atomic_load_explicit(&jobs->bytes_written, memory_order_relaxed),
	};
}
