// SPDX-License-Identifier: BSD-3-Clause
/* What the dataplane is short of: packet buffers, room before the disk, and its cores. */
#include "jf_log.h"
#include "jf_media_priv.h"
#include "jf_time.h"

#define SLOW_PERCENT     80u /* of the recorder's buffer in use: the disk does not keep up */
#define SLOW_END_PERCENT 60u
#define LATE_LOOK_NS     (10 * JF_NS_PER_S)
#define LATE_ONE_IN      100u /* of that time */

static enum jf_media_shed shed_of(const struct jf_media *media)
{
	uint64_t highest = JF_SHED_NOTHING;

	for (uint32_t w = 0; w < media->n_workers; w++) {
		uint64_t shed = media->contract.workers[w].shed;

		if (shed > highest)
			highest = shed;
	}
	return highest >= JF_SHED_CALLS        ? JF_MEDIA_SHED_CALLS
	       : highest == JF_SHED_RECORDINGS ? JF_MEDIA_SHED_RECORDINGS
	                                       : JF_MEDIA_SHED_NOTHING;
}

static bool is_slow(const struct jf_media *media)
{
	const struct jf_recorder_figures *f = &media->contract.header->recorder;
	uint64_t used = atomic_load_explicit(&f->buffer_used_bytes, memory_order_relaxed);
	uint64_t bytes = atomic_load_explicit(&f->buffer_bytes, memory_order_relaxed);

	return used * 100 > bytes * (media->load.disk_is_slow ? SLOW_END_PERCENT : SLOW_PERCENT);
}

static uint64_t cycles_ns(uint64_t cycles, uint64_t tsc_hz)
{
	return tsc_hz ? (uint64_t)((unsigned __int128)cycles * JF_NS_PER_S / tsc_hz) : 0;
}

/* Every ten seconds; in between what was found then. */
static bool are_late(struct jf_media *media)
{
	uint64_t passed_ns = media->now_ns - media->late.since_ns;
	bool begun = media->late.since_ns != 0, late = false;

	if (begun && passed_ns < LATE_LOOK_NS)
		return media->load.workers_are_late;
	media->late.since_ns = media->now_ns;
	for (uint32_t w = 0; w < media->n_workers; w++) {
		const struct jf_worker_counters *c = &media->contract.workers[w];
		uint64_t cycles = c->late_cycles - media->late.cycles[w];

		media->late.cycles[w] = c->late_cycles;
		late |= begun && cycles_ns(cycles, c->tsc_hz) > passed_ns / LATE_ONE_IN;
	}
	return late;
}

static void say(const struct jf_media_load *before, const struct jf_media_load *now)
{
	static const char *const shed[] = {
	        [JF_MEDIA_SHED_NOTHING] = "packet buffers are enough again",
	        [JF_MEDIA_SHED_RECORDINGS] = "packet buffers run short: recordings get gaps",
	        [JF_MEDIA_SHED_CALLS] =
	                "packet buffers run short: no new calls, recordings get gaps",
	};

	if (before->shed != now->shed)
		jf_log(JF_LOG_MEDIA, now->shed ? JF_LOG_ERROR : JF_LOG_NOTICE, NULL, "%s",
		       shed[now->shed]);
	if (before->disk_is_slow != now->disk_is_slow)
		jf_log(JF_LOG_MEDIA, now->disk_is_slow ? JF_LOG_WARNING : JF_LOG_NOTICE, NULL, "%s",
		       now->disk_is_slow ? "the disk of the recordings does not keep up: when the "
		                           "buffer before it is full, recordings get gaps"
		                         : "the disk of the recordings keeps up again");
	if (before->workers_are_late != now->workers_are_late)
		jf_log(JF_LOG_MEDIA, now->workers_are_late ? JF_LOG_WARNING : JF_LOG_NOTICE, NULL,
		       "%s",
		       now->workers_are_late
		               ? "workers are kept from their cores for more than 1 % of the time: "
		                 "packets come late or are lost; isolate the cores"
		               : "workers have their cores again");
}

void jf_media_load_watch(struct jf_media *media)
{
	struct jf_media_load load = {0};

	if (media->up)
		load = (struct jf_media_load){shed_of(media), is_slow(media), are_late(media)};
	else
		media->late.since_ns = 0;
	if (load.shed == media->load.shed && load.disk_is_slow == media->load.disk_is_slow &&
	    load.workers_are_late == media->load.workers_are_late)
		return;
	say(&media->load, &load);
	media->load = load;
	jf_media_emit(media, &(struct jf_media_event){
	                             .type = JF_MEDIA_LOAD,
	                             .load = load,
	                             .at_ns = media->now_ns,
	                     });
}

void jf_media_late_add(const struct jf_worker_counters *counters, struct jf_media_totals *totals)
{
	uint64_t max_ns = cycles_ns(counters->late_cycles_max, counters->tsc_hz);

	totals->polls_late += counters->polls_late;
	totals->late_ns += cycles_ns(counters->late_cycles, counters->tsc_hz);
	if (max_ns > totals->late_max_ns)
		totals->late_max_ns = max_ns;
}

void jf_media_load_totals(const struct jf_media *media, struct jf_media_totals *totals)
{
	const struct jf_recorder_figures *f = &media->contract.header->recorder;

	totals->load = media->load;
	for (uint32_t w = 0; w < media->n_workers; w++) {
		const struct jf_worker_counters *c = &media->contract.workers[w];

		/* One pool for all of them, each as it saw it last. */
		totals->buffers = c->buffers;
		if (w == 0 || c->buffers_free < totals->buffers_free)
			totals->buffers_free = c->buffers_free;
		if (w == 0 || c->buffers_low < totals->buffers_low)
			totals->buffers_low = c->buffers_low;
	}
	totals->record_buffer_bytes = atomic_load_explicit(&f->buffer_bytes, memory_order_relaxed);
	totals->record_buffer_used_bytes =
	        atomic_load_explicit(&f->buffer_used_bytes, memory_order_relaxed);
	totals->record_written_bytes =
	        atomic_load_explicit(&f->written_bytes, memory_order_relaxed);
	totals->record_lost = atomic_load_explicit(&f->lost_packets, memory_order_relaxed);
}
