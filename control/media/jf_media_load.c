// SPDX-License-Identifier: BSD-3-Clause
/* What the dataplane is short of: packet buffers, and room before the disk. */
#include "jf_log.h"
#include "jf_media_priv.h"

#define SLOW_PERCENT     80u /* of the recorder's buffer in use: the disk does not keep up */
#define SLOW_END_PERCENT 60u

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
}

void jf_media_load_watch(struct jf_media *media)
{
	struct jf_media_load load = {0};

	if (media->up)
		load = (struct jf_media_load){shed_of(media), is_slow(media)};
	if (load.shed == media->load.shed && load.disk_is_slow == media->load.disk_is_slow)
		return;
	say(&media->load, &load);
	media->load = load;
	jf_media_emit(media, &(struct jf_media_event){
	                             .type = JF_MEDIA_LOAD,
	                             .load = load,
	                             .at_ns = media->now_ns,
	                     });
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
