/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recordings on their way to disk. The drain thread begins a job for each recording, adds the
 * blocks of its buffer as they are complete, and ends it; it never waits for a file. Writer threads
 * open the file, write, and give the blocks back; a recording belongs to one of them, so its blocks
 * are written in order. One more thread sees to it that a finished file is on the disk before
 * the slot says closed: many at once with one call, and nobody writes later for it.
 */
#ifndef JF_RECORDING_JOB_PRIV_H
#define JF_RECORDING_JOB_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_block_priv.h"
#include "jf_recording_slots_priv.h"

struct jf_recording_jobs;
struct jf_recording_job;

struct jf_recording_jobs_config {
	const char *dir; /* copied */
	struct jf_block_pool *pool;
	struct jf_recording_slots *slots;
	bool discards; /* everything but the files */
};

struct jf_recording_jobs_stats {
	uint64_t closed, failed, bytes_written;
};

/* Starts the threads. 0, -ENOMEM, or what pthread_create says. Main thread. */
int jf_recording_jobs_create(const struct jf_recording_jobs_config *config,
                             struct jf_recording_jobs **ret_jobs);

/* After the drain thread: waits until all that was begun is written and closed. */
void jf_recording_jobs_destroy(struct jf_recording_jobs *jobs);

/* Any thread; each number by itself is right. */
void jf_recording_jobs_read_stats(const struct jf_recording_jobs *jobs,
                                  struct jf_recording_jobs_stats *ret_stats);

/* ---- Drain thread --------------------------------------------------------------------------- */

/* NULL: no memory. */
struct jf_recording_job *jf_recording_job_begin(struct jf_recording_jobs *jobs,
                                                const struct jf_recording_start *start);

/* Up to that tick everything has been added; block, if there is one, is the job's now. */
void jf_recording_job_add(struct jf_recording_job *job, struct jf_block *block, int64_t ticks);

/* What the file is to tell of its gaps. */
void jf_recording_job_set_loss(struct jf_recording_job *job, const struct jf_recording_loss *loss);

/* Nothing more will be written: blocks need not be added any more. */
bool jf_recording_job_has_failed(const struct jf_recording_job *job);

/* All has been added up to that tick. The job is the writers' now. */
void jf_recording_job_end(struct jf_recording_job *job, int64_t ticks);

#endif
