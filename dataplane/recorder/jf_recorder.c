// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recorder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "jf_block_priv.h"
#include "jf_capture_priv.h"
#include "jf_log.h"
#include "jf_recording_job_priv.h"
#include "jf_tap_priv.h"
#include "jf_time.h"
#include "jf_timeline_priv.h"

#define IDLE_NS       (2 * JF_NS_PER_MS) /* between looks at the taps; workers can't wake us */
#define BATCH         64u /* messages looked at together, so that memory answers meanwhile */
#define TURN          64u /* batches of one tap a turn */
#define AHEAD         4u  /* messages between fetching a block and filling it */
#define SWEEP_NS      (250 * JF_NS_PER_MS) /* in which every recording is looked at once */
#define PACKETS_AGE   JF_BLOCK_TICKS       /* after which packets are written, full block or not */
#define TAPS_MAX      JF_CONTRACT_WORKERS_MAX
#define CACHE_LINE    64u
#define TICKS_PER_SEC JF_TIMELINE_RATE

static_assert(JF_RECORDER_BEHIND_MS * JF_TIMELINE_RATE == JF_TIMELINE_BEHIND * 1000u, "");
static_assert(JF_TAP_PAYLOAD_MAX + JF_CAPTURE_OVERHEAD <= JF_BLOCK_BYTES, "fits a block");

/* What a recording of packets has beside. */
struct packets {
	struct jf_block *block;
	int64_t begin, end; /* of the block, ticks; of the last packet */
	int64_t wall_ns;    /* wall time less monotonic, when it began */
	uint32_t lost[2];
	struct jf_tap_flow flows[2];
};

/* A recording in progress; the drain thread's alone. */
struct recording {
	struct jf_recording_ref ref;
	uint32_t tap;   /* that it comes from */
	uint32_t place; /* in jf_recorder.open */
	struct jf_recording_job *job;
	struct packets *packets; /* NULL: audio */
	struct jf_timeline timeline;
	struct jf_recording_loss told; /* what slot and file say */
};

struct jf_recorder {
	struct jf_recording_slots slots;
	struct jf_block_pool pool;
	struct jf_recording_jobs *jobs;
	uint32_t n_recordings;
	uint32_t n_taps;
	struct jf_tap *taps[TAPS_MAX];
	struct recording **by_index;
	struct recording **open; /* the same, without holes */
	uint32_t n_open;
	uint32_t sweep_at; /* in open */
	uint64_t sweep_ns; /* of the last look */
	/* The drain thread writes, any reads. */
	_Atomic uint64_t opened, failed, pieces, late, lost;
	pthread_t thread;
	bool has_thread;
	_Atomic bool is_stopping; /* main thread sets; workers have stopped then */
};

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
	                      memory_order_relaxed);
}

/* ---- What was lost -------------------------------------------------------------------------- */

/*
 * Between packet and file: the worker's counters, which are those of the latest generation, and
 * what found no block.
 */
static struct jf_recording_loss loss_of(const struct jf_recorder *r, const struct recording *rec,
                                        const uint32_t *at_end)
{
	const struct jf_tap_recording *t = &r->taps[rec->tap]->recordings[rec->ref.index];
	bool is_latest =
	        atomic_load_explicit(&t->generation, memory_order_relaxed) == rec->ref.generation;
	const uint32_t *own = rec->packets ? rec->packets->lost : rec->timeline.lost;
	struct jf_recording_loss loss = rec->told;

	for (int side = 0; side < 2; side++) {
		if (at_end)
			loss.lost[side] = at_end[side] + own[side];
		else if (is_latest)
			loss.lost[side] = own[side] + atomic_load_explicit(&t->lost[side],
			                                                   memory_order_relaxed);
		loss.late[side] = rec->timeline.late[side];
	}
	return loss;
}

static void tell_loss(struct jf_recorder *r, struct recording *rec, const uint32_t *at_end)
{
	struct jf_recording_loss loss = loss_of(r, rec, at_end);

	if (memcmp(&loss, &rec->told, sizeof(loss)) == 0)
		return;
	rec->told = loss;
	jf_recording_job_set_loss(rec->job, &loss);
	jf_recording_slots_loss(&r->slots, rec->ref, &loss);
}

/* ---- Audio ---------------------------------------------------------------------------------- */

static void take_due(struct jf_recorder *r, struct recording *rec, uint64_t now_ns)
{
	while (jf_timeline_due(&rec->timeline, now_ns)) {
		struct jf_block *block = jf_timeline_take(&rec->timeline);

		if (jf_recording_job_has_failed(rec->job))
			jf_block_give(&r->pool, block);
		else
			jf_recording_job_add(rec->job, block, rec->timeline.taken);
	}
}

static void place(struct jf_recorder *r, struct recording *rec, const struct jf_tap_message *m,
                  uint32_t length)
{
	uint32_t tag = jf_byte_ring_tag(m);
	const struct jf_timeline_audio audio = {
	        .side = jf_tap_tag_side(tag) & 1,
	        .codec = jf_tap_tag_codec(tag),
	        .length = (uint16_t)length,
	        .ssrc = m->ssrc,
	        .timestamp = m->timestamp,
	        .arrival_ns = m->at_ns,
	        .payload = m->body,
	};
	uint32_t lost = rec->timeline.lost[audio.side];

	if (!jf_codec_is_sound((enum jf_codec)audio.codec))
		return;
	take_due(r, rec, m->at_ns);
	jf_timeline_place(&rec->timeline, &audio);
	count(&r->lost, rec->timeline.lost[audio.side] - lost);
}

/* ---- Packets -------------------------------------------------------------------------------- */

static int64_t ticks_at(const struct recording *rec, uint64_t ns)
{
	return (int64_t)(jf_time_since(rec->timeline.start_ns, ns) / (JF_NS_PER_S / TICKS_PER_SEC));
}

static void hand_packets(struct jf_recorder *r, struct recording *rec)
{
	struct packets *p = rec->packets;

	if (!p->block)
		return;
	if (jf_recording_job_has_failed(rec->job))
		jf_block_give(&r->pool, p->block);
	else
		jf_recording_job_add(rec->job, p->block, p->end);
	p->block = NULL;
}

static void keep(struct jf_recorder *r, struct recording *rec, const struct jf_tap_message *m,
                 uint32_t length)
{
	struct packets *p = rec->packets;
	uint8_t side = jf_tap_tag_side(jf_byte_ring_tag(m)) & 1;
	const struct jf_capture_packet packet = {
	        .side = side,
	        .length = (uint16_t)length,
	        .at_ns = m->at_ns + (uint64_t)p->wall_ns,
	        .rtp = m->body,
	        .flow = &p->flows[side],
	};

	if (p->block && p->block->used + length + JF_CAPTURE_OVERHEAD > JF_BLOCK_BYTES)
		hand_packets(r, rec);
	p->end = ticks_at(rec, m->at_ns);
	if (!p->block) {
		p->block = jf_block_take(&r->pool, 0);
		p->begin = p->end;
	}
	if (!p->block) {
		p->lost[side]++;
		count(&r->lost, 1);
		return;
	}
	p->block->used += (uint32_t)jf_capture_packet(&packet, p->block->bytes + p->block->used);
}

/* ---- One recording -------------------------------------------------------------------------- */

static void forget(struct jf_recorder *r, struct recording *rec)
{
	struct recording *last = r->open[--r->n_open];

	r->open[rec->place] = last;
	last->place = rec->place;
	r->by_index[rec->ref.index] = NULL;
	free(rec->packets);
	free(rec);
}

static void finish(struct jf_recorder *r, struct recording *rec, uint64_t end_ns,
                   const uint32_t *lost)
{
	int64_t end = ticks_at(rec, end_ns);

	if (rec->packets) {
		hand_packets(r, rec);
	} else {
		end = jf_timeline_end(&rec->timeline, end_ns);
		while (rec->timeline.taken < end) {
			struct jf_block *block = jf_timeline_take(&rec->timeline);

			jf_recording_job_add(rec->job, block,
			                     end < rec->timeline.taken ? end : rec->timeline.taken);
		}
	}
	tell_loss(r, rec, lost);
	for (int side = 0; side < 2; side++)
		count(&r->late, rec->timeline.late[side]);
	jf_recording_job_end(rec->job, end);
	forget(r, rec);
}

static struct recording *make(struct jf_recorder *r, const struct jf_recording_start *start,
                              uint32_t tap)
{
	const struct jf_timeline_file file = {
	        .start_ns = start->start_ns,
	        .law = start->law,
	        .is_linear = start->format == JF_RECORD_LINEAR,
	};
	size_t size = (sizeof(struct recording) + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	struct recording *rec = aligned_alloc(CACHE_LINE, size);

	if (!rec)
		return NULL;
	*rec = (struct recording){.ref = start->ref, .tap = tap};
	if (start->format == JF_RECORD_PACKETS) {
		rec->packets = calloc(1, sizeof(*rec->packets));
		if (!rec->packets) {
			free(rec);
			return NULL;
		}
		rec->packets->wall_ns = (int64_t)(now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC));
	}
	rec->job = jf_recording_job_begin(r->jobs, start);
	if (!rec->job) {
		free(rec->packets);
		free(rec);
		return NULL;
	}
	jf_timeline_init(&rec->timeline, &r->pool, &file);
	return rec;
}

/* ---- Messages ------------------------------------------------------------------------------- */

static void on_record(struct jf_recorder *r, uint32_t tap, const struct jf_tap_message *m)
{
	struct recording *rec = r->by_index[m->recording.index];
	struct jf_recording_start start = {.ref = m->recording, .start_ns = m->at_ns};
	struct jf_tap_record body;

	/* Again; or an older one, overtaken by its successor in another worker's tap. */
	if (rec && (int32_t)(m->recording.generation - rec->ref.generation) <= 0)
		return;
	if (rec)
		finish(r, rec, m->at_ns, NULL);
	memcpy(&body, m->body, sizeof(body));
	start.call = body.call;
	start.law = body.law;
	start.format = body.format;
	memcpy(start.path, body.path, sizeof(start.path));
	jf_recording_slots_begin(&r->slots, &start);
	count(&r->opened, 1);
	rec = make(r, &start, tap);
	if (!rec) {
		count(&r->failed, 1);
		jf_recording_slots_end(&r->slots, start.ref, JF_RECORDING_FAILED, -ENOMEM);
		return;
	}
	rec->place = r->n_open;
	r->open[r->n_open++] = rec;
	r->by_index[rec->ref.index] = rec;
}

static struct recording *find(const struct jf_recorder *r, struct jf_recording_ref ref)
{
	struct recording *rec = ref.index < r->n_recordings ? r->by_index[ref.index] : NULL;

	return rec && rec->ref.generation == ref.generation ? rec : NULL;
}

static void on_piece(struct jf_recorder *r, const struct jf_tap_message *m, uint32_t length)
{
	struct recording *rec = find(r, m->recording);

	if (!rec || jf_recording_job_has_failed(rec->job))
		return;
	if (rec->packets)
		keep(r, rec, m, length);
	else
		place(r, rec, m, length);
}

static void on_flow(struct jf_recorder *r, const struct jf_tap_message *m)
{
	struct recording *rec = find(r, m->recording);

	if (rec && rec->packets)
		memcpy(&rec->packets->flows[jf_tap_tag_side(jf_byte_ring_tag(m)) & 1], m->body,
		       sizeof(struct jf_tap_flow));
}

static void on_end(struct jf_recorder *r, const struct jf_tap_message *m)
{
	struct recording *rec = find(r, m->recording);
	struct jf_tap_end end;

	if (!rec)
		return;
	memcpy(&end, m->body, sizeof(end));
	finish(r, rec, m->at_ns, end.lost);
}

static void on_message(struct jf_recorder *r, uint32_t tap, const struct jf_tap_message *m,
                       uint32_t length)
{
	switch ((enum jf_tap_message_type)(jf_byte_ring_tag(m) & 0xff)) {
	case JF_TAP_RECORD:
		on_record(r, tap, m);
		break;
	case JF_TAP_PIECE:
		on_piece(r, m, length - (uint32_t)sizeof(*m));
		break;
	case JF_TAP_FLOW:
		on_flow(r, m);
		break;
	case JF_TAP_END:
		on_end(r, m);
		break;
	}
}

/* ---- The thread ----------------------------------------------------------------------------- */

/* What is known of the recording, for on_message to find at hand. */
static void prefetch_recording(const struct jf_recorder *r, const struct jf_tap_message *m)
{
	const struct recording *rec = find(r, m->recording);

	for (size_t at = 0; rec && at < sizeof(*rec); at += CACHE_LINE)
		__builtin_prefetch((const uint8_t *)rec + at, 1);
}

static void prefetch_place(const struct jf_recorder *r, const struct jf_tap_message *m)
{
	const struct recording *rec = find(r, m->recording);

	if (rec && !rec->packets)
		jf_timeline_prefetch(&rec->timeline, jf_tap_tag_side(jf_byte_ring_tag(m)) & 1);
}

/* true: the tap is empty now. */
static bool drain(struct jf_recorder *r, uint32_t tap)
{
	struct jf_byte_ring *ring = &r->taps[tap]->ring;
	const struct jf_tap_message *batch[BATCH];
	uint32_t lengths[BATCH];

	for (uint32_t turn = 0; turn < TURN; turn++) {
		uint64_t cursor = jf_byte_ring_cursor(ring);
		uint32_t n = 0;

		while (n < BATCH && (batch[n] = jf_byte_ring_read(ring, &cursor, &lengths[n])))
			n++;
		for (uint32_t i = 0; i < n; i++)
			prefetch_recording(r, batch[i]);
		for (uint32_t i = 0; i < AHEAD && i < n; i++)
			prefetch_place(r, batch[i]);
		for (uint32_t i = 0; i < n; i++) {
			if (i + AHEAD < n)
				prefetch_place(r, batch[i + AHEAD]);
			on_message(r, tap, batch[i], lengths[i]);
		}
		count(&r->pieces, n);
		jf_byte_ring_release_to(ring, cursor);
		if (n < BATCH)
			return true;
	}
	return false;
}

/*
 * Looks at so many recordings that all have their turn in SWEEP_NS. All that arrived before now_ns
 * has been placed.
 */
static void sweep(struct jf_recorder *r, uint64_t now_ns)
{
	uint64_t since = jf_time_since(r->sweep_ns, now_ns);
	uint64_t n = (r->n_open * since + SWEEP_NS - 1) / SWEEP_NS;

	r->sweep_ns = now_ns;
	if (n > r->n_open)
		n = r->n_open;
	for (; n; n--) {
		struct recording *rec;

		if (r->sweep_at >= r->n_open)
			r->sweep_at = 0;
		rec = r->open[r->sweep_at++];
		if (!rec->packets)
			take_due(r, rec, now_ns);
		else if (rec->packets->block &&
		         ticks_at(rec, now_ns) - rec->packets->begin > (int64_t)PACKETS_AGE)
			hand_packets(r, rec);
		tell_loss(r, rec, NULL);
	}
}

static void *run(void *arg)
{
	const struct timespec idle = {.tv_nsec = IDLE_NS};
	struct jf_recorder *r = arg;

	r->sweep_ns = now(CLOCK_MONOTONIC);
	for (;;) {
		/* Asked before the taps are looked at: whatever the workers put there is seen. */
		bool is_stopping = atomic_load_explicit(&r->is_stopping, memory_order_acquire);
		uint64_t turn_ns = now(CLOCK_MONOTONIC);
		bool is_empty = true;

		for (uint32_t t = 0; t < r->n_taps; t++)
			is_empty &= drain(r, t);
		if (!is_empty)
			continue;
		sweep(r, turn_ns);
		if (is_stopping)
			break;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &idle, NULL);
	}
	while (r->n_open)
		finish(r, r->open[r->n_open - 1], now(CLOCK_MONOTONIC), NULL);
	return NULL;
}

/* ---- Life ----------------------------------------------------------------------------------- */

/* A file for each recording, beside what the process has open anyway. */
static void raise_file_limit(uint32_t n_recordings)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)n_recordings + 256;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max < wanted && !setrlimit(RLIMIT_NOFILE, &(struct rlimit){wanted, wanted}))
		return; /* as root it may be raised */
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
		jf_log(JF_LOG_RECORDER, JF_LOG_WARNING, NULL,
		       "%u recordings at once need %llu open files, allowed are %llu", n_recordings,
		       (unsigned long long)wanted, (unsigned long long)limit.rlim_cur);
}

uint64_t jf_recorder_buffer_bytes(uint32_t n_recordings)
{
	/* and the blocks that are being filled */
	uint32_t blocks = JF_RECORDER_BRIDGE_S * TICKS_PER_SEC / JF_BLOCK_TICKS + 1 + 2;

	return (uint64_t)(n_recordings < 2 ? 2 : n_recordings) * blocks * JF_BLOCK_BYTES;
}

static int start(struct jf_recorder *r, const struct jf_recorder_config *config)
{
	const struct jf_recording_jobs_config jobs = {
	        .dir = config->dir,
	        .pool = &r->pool,
	        .slots = &r->slots,
	        .discards = config->discards,
	};
	int err = jf_recording_file_make_dir(config->dir);

	if (!err)
		err = jf_block_pool_init(&r->pool, config->buffer_bytes);
	if (!err)
		err = jf_recording_slots_init(&r->slots, config->slots);
	if (err)
		return err;
	raise_file_limit(r->n_recordings);
	err = jf_recording_jobs_create(&jobs, &r->jobs);
	if (err)
		return err;
	err = -pthread_create(&r->thread, NULL, run, r);
	if (err)
		return err;
	r->has_thread = true;
	(void)pthread_setname_np(r->thread, "jf-recorder");
	return 0;
}

int jf_recorder_create(const struct jf_recorder_config *config, struct jf_recorder **ret_recorder)
{
	size_t size = (sizeof(struct jf_recorder) + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	struct jf_recorder *r = NULL;
	int err = -ENOMEM;

	if (!config->n_taps || config->n_taps > TAPS_MAX || config->dir[0] != '/')
		return -EINVAL;
	r = aligned_alloc(CACHE_LINE, size);
	if (!r)
		return -ENOMEM;
	memset(r, 0, size);
	r->n_recordings = config->n_recordings;
	r->n_taps = config->n_taps;
	memcpy(r->taps, config->taps, config->n_taps * sizeof(r->taps[0]));
	r->by_index = calloc(r->n_recordings, sizeof(struct recording *));
	r->open = calloc(r->n_recordings, sizeof(struct recording *));
	if (r->by_index && r->open)
		err = start(r, config);
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
	jf_recording_jobs_destroy(r->jobs);
	jf_recording_slots_destroy(&r->slots);
	jf_block_pool_destroy(&r->pool);
	free(r->by_index);
	free(r->open);
	free(r);
}

int jf_recorder_take_done(struct jf_recorder *r, struct jf_recording_ref *ret_recording)
{
	return jf_recording_slots_take_done(&r->slots, ret_recording);
}

void jf_recorder_read_stats(const struct jf_recorder *r, struct jf_recorder_stats *ret_stats)
{
	struct jf_recording_jobs_stats jobs;

	uint64_t ring_bytes = 0;

	for (uint32_t i = 0; i < r->n_taps; i++)
		ring_bytes += jf_byte_ring_waiting(&r->taps[i]->ring);
	jf_recording_jobs_read_stats(r->jobs, &jobs);
	*ret_stats = (struct jf_recorder_stats){
	        .opened = atomic_load_explicit(&r->opened, memory_order_relaxed),
	        .closed = jobs.closed,
	        .failed = atomic_load_explicit(&r->failed, memory_order_relaxed) + jobs.failed,
	        .bytes_written = jobs.bytes_written,
	        .pieces = atomic_load_explicit(&r->pieces, memory_order_relaxed),
	        .late = atomic_load_explicit(&r->late, memory_order_relaxed),
	        .lost = atomic_load_explicit(&r->lost, memory_order_relaxed),
	        .buffer_bytes = r->pool.size,
	        .buffer_used_bytes = (uint64_t)JF_BLOCK_BYTES *
	                             atomic_load_explicit(&r->pool.n_used, memory_order_relaxed),
	        .ring_bytes = ring_bytes,
	};
}
