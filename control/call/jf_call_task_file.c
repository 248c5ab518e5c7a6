// SPDX-License-Identifier: BSD-3-Clause
/*
 * The file of a message, which is its call's recording: whether it is there, and how it goes. The
 * contact record stays, and says since when its recording is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jf_call_priv.h"
#include "jf_call_task.h"
#include "jf_json.h"

void jf_call_task_file(const struct jf_call_task *task, char ret_path[JF_CALL_TASK_FILE])
{
	snprintf(ret_path, JF_CALL_TASK_FILE, "%s/%s", task->calls->config.recordings, task->path);
}

bool jf_call_task_has_file(struct jf_call_task *task)
{
	bool was_missing = task->missing;
	char path[JF_CALL_TASK_FILE];

	jf_call_task_file(task, path);
	task->missing = access(path, R_OK) != 0;
	if (task->missing && !was_missing) {
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "the message's file %s: %s", path,
		       strerror(errno));
		jf_call_task_publish(task, "voicemail.missing", NULL);
	}
	return !task->missing;
}

void jf_call_task_forget(const struct jf_call_task *task)
{
	char path[JF_CALL_TASK_FILE];

	jf_call_task_file(task, path);
	jf_media_sound_forget(task->calls->config.media, path);
}

/* ---- Deleting it -------------------------------------------------------------------------------
 */

struct deletion {
	struct jf_calls *calls;
	struct jf_call_id id;
	jf_store_done *done; /* may be NULL */
	void *arg;
	char actor[32];
};

static struct jf_call_task *task_of(const struct deletion *d)
{
	JF_LIST_FOR(link, &d->calls->tasks)
	{
		struct jf_call_task *task = JF_CONTAINER(link, struct jf_call_task, link);

		if (task->kind == JF_CALL_TASK_MESSAGE && !memcmp(&task->id, &d->id, sizeof(d->id)))
			return task;
	}
	return NULL;
}

static void deletion_end(struct deletion *d, int result)
{
	if (d->done)
		d->done(result, d->arg);
	free(d);
}

static void row_is_gone(int result, void *arg)
{
	struct deletion *d = arg;
	struct jf_call_task *task = task_of(d);

	if (task)
		task->deleting = false;
	if (task && !result) {
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &task->id, "message deleted by %s", d->actor);
		jf_call_task_publish(task, "voicemail.deleted", d->actor);
		jf_call_task_free(task);
	}
	deletion_end(d, result);
}

static int file_remove(const struct jf_call_task *task)
{
	char path[JF_CALL_TASK_FILE];

	jf_call_task_forget(task);
	jf_call_task_file(task, path);
	if (!unlink(path) || errno == ENOENT)
		return 0;
	return -errno;
}

/* Its row says that it goes. */
static void row_says_so(int result, void *arg)
{
	struct deletion *d = arg;
	struct jf_call_task *task = task_of(d);
	int err = result;

	if (task && result) {
		task->deleted = false;
		jf_call_task_begin(task);
	}
	if (task && !err)
		err = file_remove(task);
	/* At the very end nothing more is stored: the next process goes on. */
	if (!err && task && !d->calls->stopped) {
		err = jf_call_task_remove(d->calls, task->kind, &task->id, row_is_gone, d);
		if (!err)
			return;
	}
	if (task && err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "the message is not deleted: %s",
		       strerror(-err));
	if (task)
		task->deleting = false;
	deletion_end(d, err);
}

/* The contact record, from which somebody may look for the file. */
static void record_put(const struct jf_call_task *task, struct jf_store_batch *batch)
{
	uint64_t now_ns = jf_loop_now_ns();
	void *value = NULL;
	size_t length = 0;
	json_t *record, *recording;
	char *text = NULL;

	if (jf_store_get(task->calls->config.store, JF_STORE_RECORDS, task->id.b,
	                 sizeof(task->id.b), &value, &length))
		return;
	record = json_loadb(value, length, 0, NULL);
	recording = json_object_get(record, "recording");
	if (json_is_object(recording)) {
		json_object_set_new(recording, "state", json_string("deleted"));
		json_object_set_new(recording, "deleted_utc",
		                    jf_call_utc(task->left_utc_ns +
		                                jf_time_since(task->callback.left_ns, now_ns)));
		text = jf_json_text(record, NULL);
	}
	if (text)
		jf_store_batch_put(batch, JF_STORE_RECORDS, task->id.b, sizeof(task->id.b), text,
		                   strlen(text));
	free(text);
	json_decref(record);
	free(value);
}

int jf_call_task_delete(struct jf_call_task *task, const char *actor, jf_store_done *done,
                        void *arg)
{
	struct jf_store_batch *batch;
	struct deletion *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	*d = (struct deletion){.calls = task->calls, .id = task->id, .done = done, .arg = arg};
	snprintf(d->actor, sizeof(d->actor), "%s", actor);
	jf_loop_timer_cancel(&task->timer);
	task->deleted = task->deleting = true;
	batch = jf_store_batch_begin(task->calls->config.store);
	jf_call_task_put(task, batch);
	record_put(task, batch);
	err = jf_store_batch_commit(batch, row_says_so, d);
	if (err) {
		task->deleted = task->deleting = false;
		free(d);
	}
	return err;
}

void jf_call_task_delete_go_on(struct jf_call_task *task)
{
	int err = jf_call_task_delete(task, "a process before this one", NULL, NULL);

	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "the message is not deleted: %s",
		       strerror(-err));
}
