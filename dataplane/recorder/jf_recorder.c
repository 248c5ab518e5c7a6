// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recorder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "jf_byte_ring.h"
#include "jf_log.h"
#include "jf_recording_file_priv.h"
#include "jf_tap_priv.h"
#include "jf_time.h"
#include "jf_timeline_priv.h"

#define IDLE_NS    (5 * JF_NS_PER_MS) /* between looks at the taps; workers can't wake us */
#define TURN       4096u              /* messages of one tap a turn */
#define DONE_BYTES 65536u
#define TAPS_MAX   JF_CONTRACT_WORKERS_MAX

static_assert(JF_RECORDER_BEHIND_MS * JF_TIMELINE_RATE == JF_TIMELINE_BEHIND * 1000u, "");

/* A recording in progress. */
struct recording {
	struct jf_recording_ref ref;
	uint32_t tap;   /* that it comes from */
	uint32_t place; /* in jf_recorder.open */
	bool has_failed;
	struct jf_recording_file file;
	struct jf_timeline timeline;
};

struct counters {
	_Atomic uint64_t opened, closed, failed, bytes_written, audio_records, late;
};

struct jf_recorder {
	char *dir;
	struct jf_recording *slots;
	uint32_t n_recordings;
	uint32_t n_taps;
	struct jf_tap *taps[TAPS_MAX];
	struct recording **by_index;
	struct recording **open; /* the same, without holes */
	uint32_t n_open;
	struct counters counters; /* recorder thread writes, any reads */
	struct jf_byte_ring done; /* to the service thread: struct jf_recording_ref */
	void *done_bytes;
	pthread_t thread;
	bool has_thread;
	_Atomic bool is_stopping; /* main thread sets; workers have stopped then */
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
	                      memory_order_relaxed);
}

/* ---- Slots ---------------------------------------------------------------------------------- */

static void publish_begin(struct jf_recorder *r, const struct jf_tap_message *m, const char *path)
{
	struct jf_recording *slot = &r->slots[m->recording.index];

	jf_seq_write_begin(&slot->seq);
	slot->generation = m->recording.generation;
	slot->call = m->record.call;
	slot->state = JF_RECORDING_OPEN;
	slot->law = (uint8_t)m->record.law;
	slot->error = 0;
	slot->samples = 0;
	memset(slot->tap_lost, 0, sizeof(slot->tap_lost));
	memset(slot->late, 0, sizeof(slot->late));
	slot->started_ns = m->at_ns;
	memset(slot->path, 0, sizeof(slot->path));
	memcpy(slot->path, path, strnlen(path, sizeof(slot->path) - 1));
	jf_seq_write_end(&slot->seq);
}

/* The worker counts what it could not pass on; its counters are those of the latest generation. */
static void read_lost(const struct jf_recorder *r, const struct recording *rec, uint64_t lost[2])
{
	const struct jf_tap_recording *t = &r->taps[rec->tap]->recordings[rec->ref.index];

	if (atomic_load_explicit(&t->generation, memory_order_relaxed) != rec->ref.generation)
		return;
	for (int side = 0; side < 2; side++)
		lost[side] = atomic_load_explicit(&t->lost[side], memory_order_relaxed);
}

static void publish_progress(struct jf_recorder *r, const struct recording *rec)
{
	struct jf_recording *slot = &r->slots[rec->ref.index];

	jf_seq_write_begin(&slot->seq);
	slot->samples = rec->file.samples;
	read_lost(r, rec, slot->tap_lost);
	memcpy(slot->late, rec->timeline.late, sizeof(slot->late));
	jf_seq_write_end(&slot->seq);
}

static void publish_state(struct jf_recorder *r, struct jf_recording_ref ref, uint8_t state,
                          int error)
{
	struct jf_recording *slot = &r->slots[ref.index];
	struct jf_recording_ref *done;

	jf_seq_write_begin(&slot->seq);
	slot->state = state;
	if (error)
		slot->error = error;
	jf_seq_write_end(&slot->seq);
	done = jf_byte_ring_reserve(&r->done, sizeof(*done));
	if (!done)
		return; /* a hint only: the slot is the truth */
	*done = ref;
	jf_byte_ring_commit(&r->done);
	jf_byte_ring_publish(&r->done);
}

/* ---- One recording --------------------------------------------------------------------------- */

static void fail(struct jf_recorder *r, struct recording *rec, int error)
{
	const struct jf_recording *slot = &r->slots[rec->ref.index];
	char path[4 * JF_CONTRACT_PATH_MAX];

	rec->has_failed = true;
	(void)jf_recording_file_close(&rec->file);
	jf_log(JF_LOG_RECORDER, JF_LOG_ERROR, &slot->call, "recording %s: %s",
	       jf_log_escape(slot->path, strlen(slot->path), path, sizeof(path)), strerror(-error));
	count(&r->counters.failed, 1);
	publish_state(r, rec->ref, JF_RECORDING_FAILED, error);
}

/* Writes so many samples of the timeline. */
static void write_out(struct jf_recorder *r, struct recording *rec, uint64_t samples)
{
	uint64_t left = samples;
	int err = 0;

	while (left && !rec->has_failed && !err) {
		const uint8_t *bytes;
		uint32_t n = jf_timeline_peek(
		        &rec->timeline, left > UINT32_MAX ? UINT32_MAX : (uint32_t)left, &bytes);

		err = jf_recording_file_append(&rec->file, bytes, n);
		if (!err) {
			jf_timeline_taken(&rec->timeline, n);
			count(&r->counters.bytes_written, 2 * (uint64_t)n);
			left -= n;
		}
	}
	if (rec->has_failed)
		return;
	if (left < samples) { /* also after an error: what is there counts */
		int seal_err = jf_recording_file_seal(&rec->file);

		err = err ? err : seal_err;
	}
	publish_progress(r, rec);
	if (err)
		fail(r, rec, err);
}

static void forget(struct jf_recorder *r, struct recording *rec)
{
	struct recording *last = r->open[--r->n_open];

	r->open[rec->place] = last;
	last->place = rec->place;
	r->by_index[rec->ref.index] = NULL;
	free(rec);
}

static void finish(struct jf_recorder *r, struct recording *rec, uint64_t end_ns)
{
	int err;

	write_out(r, rec, jf_timeline_rest(&rec->timeline, end_ns));
	for (int side = 0; side < 2; side++)
		count(&r->counters.late, rec->timeline.late[side]);
	if (!rec->has_failed) {
		err = jf_recording_file_close(&rec->file);
		if (err) {
			fail(r, rec, err);
		} else {
			count(&r->counters.closed, 1);
			publish_state(r, rec->ref, JF_RECORDING_CLOSED, 0);
		}
	}
	forget(r, rec);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void on_record(struct jf_recorder *r, uint32_t tap, const struct jf_tap_message *m)
{
	struct recording *rec = r->by_index[m->recording.index];
	char path[JF_CONTRACT_PATH_MAX];
	int err;

	/* Again; or an older one, overtaken by its successor in another worker's tap. */
	if (rec && (int32_t)(m->recording.generation - rec->ref.generation) <= 0)
		return;
	if (rec)
		finish(r, rec, m->at_ns);
	memcpy(path, m->record.path, sizeof(path));
	path[sizeof(path) - 1] = '\0';
	rec = calloc(1, sizeof(*rec));
	if (!rec) {
		publish_begin(r, m, path);
		count(&r->counters.failed, 1);
		publish_state(r, m->recording, JF_RECORDING_FAILED, -ENOMEM);
		return;
	}
	rec->ref = m->recording;
	rec->tap = tap;
	rec->file.fd = -1;
	rec->place = r->n_open;
	r->open[r->n_open++] = rec;
	r->by_index[rec->ref.index] = rec;
	jf_timeline_init(&rec->timeline, m->at_ns, (uint8_t)m->record.law);
	err = jf_recording_file_open(&rec->file, r->dir, path, (uint8_t)m->record.law);
	publish_begin(r, m, path);
	count(&r->counters.opened, 1);
	if (err)
		fail(r, rec, err);
}

static struct recording *find(const struct jf_recorder *r, struct jf_recording_ref ref)
{
	struct recording *rec = r->by_index[ref.index];

	return rec && rec->ref.generation == ref.generation ? rec : NULL;
}

static void on_audio(struct jf_recorder *r, const struct jf_tap_message *m)
{
	struct recording *rec = find(r, m->recording);
	const struct jf_timeline_audio audio = {
	        .side = m->audio.side,
	        .law = m->audio.law,
	        .length = m->audio.length,
	        .ssrc = m->audio.ssrc,
	        .timestamp = m->audio.timestamp,
	        .arrival_ns = m->at_ns,
	        .payload = m->audio.payload,
	};
	uint32_t due;

	count(&r->counters.audio_records, 1);
	if (!rec || rec->has_failed)
		return;
	due = jf_timeline_due(&rec->timeline, m->at_ns);
	if (due)
		write_out(r, rec, due);
	jf_timeline_place(&rec->timeline, &audio);
}

static void on_end(struct jf_recorder *r, const struct jf_tap_message *m)
{
	struct recording *rec = find(r, m->recording);
	struct jf_recording *slot = &r->slots[m->recording.index];

	if (!rec)
		return;
	jf_seq_write_begin(&slot->seq);
	memcpy(slot->tap_lost, m->end.lost, sizeof(slot->tap_lost));
	jf_seq_write_end(&slot->seq);
	finish(r, rec, m->at_ns);
}

/* true: the tap is empty now. */
static bool drain(struct jf_recorder *r, uint32_t tap)
{
	struct jf_byte_ring *ring = &r->taps[tap]->ring;

	for (uint32_t i = 0; i < TURN; i++) {
		uint32_t length;
		const struct jf_tap_message *m = jf_byte_ring_peek(ring, &length);

		if (!m)
			return true;
		switch ((enum jf_tap_message_type)m->type) {
		case JF_TAP_RECORD:
			on_record(r, tap, m);
			break;
		case JF_TAP_AUDIO:
			on_audio(r, m);
			break;
		case JF_TAP_END:
			on_end(r, m);
			break;
		}
		jf_byte_ring_release(ring);
	}
	return false;
}

/* ---- The thread ------------------------------------------------------------------------------ */

static void *run(void *arg)
{
	const struct timespec idle = {.tv_nsec = IDLE_NS};
	struct jf_recorder *r = arg;
	bool is_last = false;

	for (;;) {
		/* Asked before the taps are looked at: whatever the workers put there is seen. */
		bool is_stopping = atomic_load_explicit(&r->is_stopping, memory_order_acquire);
		uint64_t turn_ns = now();
		bool is_empty = true;

		for (uint32_t t = 0; t < r->n_taps; t++)
			is_empty &= drain(r, t);
		if (!is_empty)
			continue;
		/* All that arrived before this turn has been placed: older than a second is due. */
		for (uint32_t i = 0; i < r->n_open; i++) {
			uint32_t due = jf_timeline_due(&r->open[i]->timeline, turn_ns);

			if (due)
				write_out(r, r->open[i], due);
		}
		is_last = is_stopping;
		if (is_last)
			break;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &idle, NULL);
	}
	while (r->n_open)
		finish(r, r->open[r->n_open - 1], now());
	return NULL;
}

/* A file for each recording, beside what the process has open anyway. */
static void raise_file_limit(uint32_t n_recordings)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)n_recordings + 256;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
		jf_log(JF_LOG_RECORDER, JF_LOG_WARNING, NULL,
		       "%u recordings at once need %llu open files, allowed are %llu", n_recordings,
		       (unsigned long long)wanted, (unsigned long long)limit.rlim_cur);
}

int jf_recorder_create(const struct jf_recorder_config *config, struct jf_recorder **ret_recorder)
{
	struct jf_recorder *r = NULL;
	int err = 0;

	if (!config->n_taps || config->n_taps > TAPS_MAX || config->dir[0] != '/')
		return -EINVAL;
	r = aligned_alloc(64, (sizeof(*r) + 63) & ~(size_t)63);
	if (!r)
		return -ENOMEM;
	memset(r, 0, sizeof(*r));
	r->slots = config->slots;
	r->n_recordings = config->n_recordings;
	r->n_taps = config->n_taps;
	memcpy(r->taps, config->taps, config->n_taps * sizeof(r->taps[0]));
	r->dir = strdup(config->dir);
	r->by_index = calloc(r->n_recordings, sizeof(struct recording *));
	r->open = calloc(r->n_recordings, sizeof(struct recording *));
	r->done_bytes = aligned_alloc(64, DONE_BYTES);
	if (!r->dir || !r->by_index || !r->open || !r->done_bytes) {
		err = -ENOMEM;
		goto out;
	}
	err = jf_byte_ring_init(&r->done, r->done_bytes, DONE_BYTES);
	if (!err)
		err = jf_recording_file_make_dir(r->dir);
	if (err)
		goto out;
	raise_file_limit(r->n_recordings);
	err = -pthread_create(&r->thread, NULL, run, r);
	if (err)
		goto out;
	r->has_thread = true;
	(void)pthread_setname_np(r->thread, "jf-recorder");
out:
	if (err)
		jf_recorder_destroy(r);
	else
		*ret_recorder = r;
	return err;
}

void jf_recorder_destroy(struct jf_recorder *r)
{
	if (!r)
		return;
	/* Pairs with the acquire in run. */
	atomic_store_explicit(&r->is_stopping, true, memory_order_release);
	if (r->has_thread)
		pthread_join(r->thread, NULL);
	free(r->by_index);
	free(r->open);
	free(r->done_bytes);
	free(r->dir);
	free(r);
}

int jf_recorder_take_done(struct jf_recorder *r, struct jf_recording_ref *ret_recording)
{
	uint32_t length;
	const void *done = jf_byte_ring_peek(&r->done, &length);

	if (!done)
		return -EAGAIN;
	memcpy(ret_recording, done, sizeof(*ret_recording));
	jf_byte_ring_release(&r->done);
	return 0;
}

void jf_recorder_read_stats(const struct jf_recorder *r, struct jf_recorder_stats *ret_stats)
{
	const struct counters *c = &r->counters;

	*ret_stats = (struct jf_recorder_stats){
	        .opened = atomic_load_explicit(&c->opened, memory_order_relaxed),
	        .closed = atomic_load_explicit(&c->closed, memory_order_relaxed),
	        .failed = atomic_load_explicit(&c->failed, memory_order_relaxed),
	        .bytes_written = atomic_load_explicit(&c->bytes_written, memory_order_relaxed),
	        .audio_records = atomic_load_explicit(&c->audio_records, memory_order_relaxed),
	        .late = atomic_load_explicit(&c->late, memory_order_relaxed),
	};
}
