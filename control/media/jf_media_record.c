// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media_priv.h"

#include <errno.h>
#include <string.h>

#include "jf_log.h"
#include "jf_time.h"

#define SAMPLES_PER_MS 8u

struct jf_media_file *jf_media_file_at(const struct jf_media *media, struct jf_media_ref ref)
{
	struct jf_media_file *f;

	if (ref.index >= media->n_files || ref.generation == 0)
		return NULL;
	f = &media->files[ref.index];
	if (f->use != JF_MEDIA_USED && f->use != JF_MEDIA_ENDED)
		return NULL;
	return f->generation == ref.generation ? f : NULL;
}

/* The dataplane checks it again; here the caller learns of his mistake at once. */
static bool path_is_safe(const char *path)
{
	size_t length = strlen(path);

	if (length == 0 || length >= JF_CONTRACT_PATH_MAX || path[0] == '/')
		return false;
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
			return false;
	}
	return true;
}

int jf_media_record(struct jf_media *media, struct jf_media_ref beside, enum jf_media_format format,
                    const char *path, struct jf_media_ref *ret_recording)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, beside);
	uint32_t index = jf_media_pool_first(&media->file_pool);
	struct jf_media_file *f;

	if (!e)
		return -ESTALE;
	if (!media->up)
		return -ENOTCONN;
	if (!path_is_safe(path))
		return -EINVAL;
	if (index == JF_CONTRACT_NONE)
		return -ENOSPC;
	f = &media->files[index];
	if (f->freed_ns && jf_time_since(f->freed_ns, media->now_ns) < JF_MEDIA_QUARANTINE_NS)
		return -ENOSPC;
	jf_media_pool_pop(&media->file_pool);
	jf_list_remove(&f->dirty_link);
	*f = (struct jf_media_file){
	        .use = JF_MEDIA_USED,
	        .format = (uint8_t)format,
	        .generation = f->generation + 1 ? f->generation + 1 : 1,
	        .worker = jf_contract_worker_of(&media->contract, beside.index),
	        .call = e->call,
	        .looked_ns = media->now_ns,
	};
	memcpy(f->path, path, strlen(path) + 1);
	media->files_used++;
	jf_list_append(&media->active_files, &f->active);
	*ret_recording = (struct jf_media_ref){index, f->generation};
	jf_media_file_dirty(media, index, JF_MEDIA_DIRTY_RECORD);
	jf_media_flush(media);
	return 0;
}

int jf_media_record_end(struct jf_media *media, struct jf_media_ref recording)
{
	struct jf_media_file *f = jf_media_file_at(media, recording);

	if (!f)
		return -ESTALE;
	if (f->use == JF_MEDIA_ENDED)
		return 0;
	f->use = JF_MEDIA_ENDED;
	f->ended_ns = media->now_ns;
	/* Nothing taps into a recording that has ended. */
	for (int side = 0; side < 2; side++) {
		struct jf_media_endpoint *e = jf_media_endpoint_at(media, f->taps[side]);

		if (!e || e->tap.index != recording.index ||
		    e->tap.generation != recording.generation)
			continue;
		e->tap = (struct jf_media_ref){0};
		jf_media_endpoint_dirty(media, f->taps[side].index, JF_MEDIA_DIRTY_TAP);
	}
	jf_media_file_dirty(media, recording.index, JF_MEDIA_DIRTY_RECORD_END);
	jf_media_flush(media);
	return 0;
}

/* Its slot if the recording has reached it. */
static bool slot_read(const struct jf_media *media, uint32_t index, struct jf_recording *ret)
{
	if (!media->memory)
		return false;
	jf_contract_read_recording(&media->contract.recordings[index], ret);
	return ret->generation == media->files[index].generation && ret->state != JF_RECORDING_FREE;
}

int jf_media_recording(const struct jf_media *media, struct jf_media_ref recording,
                       struct jf_media_recording *ret_recording)
{
	const struct jf_media_file *f = jf_media_file_at(media, recording);
	struct jf_recording slot;

	if (!f)
		return -ESTALE;
	*ret_recording = (struct jf_media_recording){
	        .ref = recording,
	        .call = f->call,
	        .state = f->error ? JF_MEDIA_RECORDING_FAILED : JF_MEDIA_RECORDING_OPEN,
	        .error = f->error,
	};
	memcpy(ret_recording->path, f->path, sizeof(f->path));
	if (!slot_read(media, recording.index, &slot))
		return 0;
	if (slot.state == JF_RECORDING_FAILED) {
		ret_recording->state = JF_MEDIA_RECORDING_FAILED;
		ret_recording->error = slot.error;
	} else if (slot.state == JF_RECORDING_CLOSED) {
		ret_recording->state = JF_MEDIA_RECORDING_CLOSED;
	}
	ret_recording->duration_ms = slot.samples / SAMPLES_PER_MS;
	ret_recording->started_ns = slot.started_ns;
	memcpy(ret_recording->lost, slot.tap_lost, sizeof(slot.tap_lost));
	memcpy(ret_recording->late, slot.late, sizeof(slot.late));
	if (slot.path[0]) {
		memcpy(ret_recording->path, slot.path, sizeof(slot.path));
		ret_recording->path[sizeof(slot.path) - 1] = '\0';
	}
	return 0;
}

void jf_media_file_finish(struct jf_media *media, uint32_t index, int error)
{
	struct jf_media_file *f = &media->files[index];

	if (error && !f->error)
		f->error = error;
	if (!f->orphan)
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_RECORDED,
		                             .recording = {index, f->generation},
		                             .call = f->call,
		                             .error = f->error,
		                             .at_ns = media->now_ns,
		                     });
	f->use = JF_MEDIA_UNUSED;
	f->dirty = 0;
	f->freed_ns = media->now_ns;
	jf_list_remove(&f->active);
	jf_list_remove(&f->dirty_link);
	media->files_used--;
	jf_media_pool_put(&media->file_pool, index);
}

/* A recording that fails in mid-call is told once; the last word comes when it is ended. */
static void failure_report(struct jf_media *media, uint32_t index, int error)
{
	struct jf_media_file *f = &media->files[index];

	if (f->reported)
		return;
	f->reported = true;
	jf_log(JF_LOG_MEDIA, JF_LOG_ERROR, &f->call, "recording %s failed: %s", f->path,
	       strerror(-error));
	jf_media_emit(media, &(struct jf_media_event){
	                             .type = JF_MEDIA_FAILED,
	                             .recording = {index, f->generation},
	                             .call = f->call,
	                             .command = "record",
	                             .error = error,
	                             .at_ns = media->now_ns,
	                     });
}

void jf_media_file_look(struct jf_media *media, uint32_t index)
{
	struct jf_media_file *f = &media->files[index];
	struct jf_recording slot = {.state = JF_RECORDING_FREE};
	uint32_t generation = f->generation;
	bool there;

	if (f->use != JF_MEDIA_USED && f->use != JF_MEDIA_ENDED)
		return;
	there = slot_read(media, index, &slot);
	if (there && slot.state == JF_RECORDING_FAILED)
		f->error = slot.error;
	if (f->error && !f->orphan)
		failure_report(media, index, f->error);
	if (f->use != JF_MEDIA_ENDED || f->generation != generation)
		return;
	if (there && slot.state != JF_RECORDING_OPEN)
		jf_media_file_finish(media, index, 0);
	else if (jf_time_since(f->ended_ns, media->now_ns) >=
	         (media->up ? JF_MEDIA_RECORD_END_NS : JF_MEDIA_RECORD_END_GONE_NS))
		jf_media_file_finish(media, index, -ETIMEDOUT);
}
