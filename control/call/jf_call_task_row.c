// SPDX-License-Identifier: BSD-3-Clause
/* The rows of callbacks and messages in the store, and what a restart makes of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_call_row.h"
#include "jf_call_task.h"
#include "jf_json.h"

#define ROW_VERSION 1

/* ---- Its row -----------------------------------------------------------------------------------
 */

static enum jf_store_table table_of(enum jf_call_task_kind kind)
{
	return kind == JF_CALL_TASK_MESSAGE ? JF_STORE_VOICEMAILS : JF_STORE_CALLBACKS;
}

static json_t *text_json(const char *text)
{
	return jf_bus_text(text, strlen(text));
}

static json_t *row_make(const struct jf_call_task *task)
{
	const struct jf_callback *c = &task->callback;
	json_t *row = json_pack(
	        "{s:i, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:b, s:b, s:s, s:i, s:I, s:I, s:I, s:I}",
	        "version", ROW_VERSION, "tenant", task->tenant, "queue", task->queue, "number",
	        text_json(task->number), "name", text_json(task->name), "called",
	        text_json(task->called), "path", task->path, "duration_ms",
	        (json_int_t)task->duration_ms, "heard", task->heard, "waits", task->waits, "state",
	        jf_callback_state_name(c->state), "attempts", c->attempts, "enqueued_ns",
	        (json_int_t)c->enqueued_ns, "left_ns", (json_int_t)c->left_ns, "next_ns",
	        (json_int_t)c->next_ns, "left_utc_ns", (json_int_t)task->left_utc_ns);

	if (!row)
		return NULL;
	json_object_set_new(row, "answered_ns", json_integer((json_int_t)c->answered_ns));
	json_object_set_new(row, "joined_ns", json_integer((json_int_t)c->joined_ns));
	json_object_set_new(row, "deleted", json_boolean(task->deleted));
	if (task->call)
		json_object_set_new(row, "attempt", json_string(task->call->id_text));
	jf_agents_row_stamp(task->calls, row);
	if (task->wants)
		json_object_set(row, "wants", task->wants);
	return row;
}

void jf_call_task_put(const struct jf_call_task *task, struct jf_store_batch *batch)
{
	json_t *row = row_make(task);
	char *text = row ? jf_json_text(row, NULL) : NULL;

	if (text)
		jf_store_batch_put(batch, table_of(task->kind), task->id.b, sizeof(task->id.b),
		                   text, strlen(text));
	free(text);
	json_decref(row);
}

int jf_call_task_store_then(const struct jf_call_task *task, jf_store_done *done, void *arg)
{
	struct jf_store_batch *batch = jf_store_batch_begin(task->calls->config.store);

	jf_call_task_put(task, batch);
	return jf_store_batch_commit(batch, done, arg);
}

void jf_call_task_store(const struct jf_call_task *task)
{
	int err = jf_call_task_store_then(task, NULL, NULL);

	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "not stored: %s", strerror(-err));
}

int jf_call_task_remove(struct jf_calls *calls, enum jf_call_task_kind kind,
                        const struct jf_call_id *id, jf_store_done *done, void *arg)
{
	struct jf_store_batch *batch = jf_store_batch_begin(calls->config.store);

	jf_store_batch_delete(batch, table_of(kind), id->b, sizeof(id->b));
	return jf_store_batch_commit(batch, done, arg);
}

/* ---- After a restart
 * ----------------------------------------------------------------------------- */

static void task_read(struct jf_call_task *task, const json_t *row)
{
	struct jf_callback *c = &task->callback;
	const char *state = json_string_value(json_object_get(row, "state"));
	uint64_t now_ns = jf_loop_now_ns();
	char id_text[JF_CALL_ID_TEXT];

	jf_call_row_text(row, "tenant", task->tenant, sizeof(task->tenant));
	jf_call_row_text(row, "queue", task->queue, sizeof(task->queue));
	jf_call_row_text(row, "number", task->number, sizeof(task->number));
	jf_call_row_text(row, "name", task->name, sizeof(task->name));
	jf_call_row_text(row, "called", task->called, sizeof(task->called));
	jf_call_row_text(row, "path", task->path, sizeof(task->path));
	task->duration_ms = (uint64_t)json_integer_value(json_object_get(row, "duration_ms"));
	task->heard = json_is_true(json_object_get(row, "heard"));
	task->waits = json_is_true(json_object_get(row, "waits"));
	task->deleted = json_is_true(json_object_get(row, "deleted"));
	task->left_utc_ns = (uint64_t)json_integer_value(json_object_get(row, "left_utc_ns"));
	task->wants = json_incref(json_object_get(row, "wants"));
	if (!state || jf_callback_state_parse(state, &c->state))
		c->state = JF_CALLBACK_WAITING;
	c->attempts = (uint8_t)json_integer_value(json_object_get(row, "attempts"));
	c->enqueued_ns = jf_agents_row_time(task->calls, row, "enqueued_ns", now_ns);
	c->left_ns = jf_agents_row_time(task->calls, row, "left_ns", now_ns);
	c->next_ns = jf_agents_row_time(task->calls, row, "next_ns", now_ns);
	c->answered_ns = jf_agents_row_time(task->calls, row, "answered_ns", now_ns);
	c->joined_ns = jf_agents_row_time(task->calls, row, "joined_ns", now_ns);
	jf_call_row_text(row, "attempt", id_text, sizeof(id_text));
	(void)jf_call_id_parse(id_text, &task->attempt);
}

/* The two spoke when the process before this one died: they still do, or have. */
static bool talked(struct jf_call_task *task)
{
	struct jf_call *call = jf_call_find(task->calls, &task->attempt);
	void *record = NULL;
	size_t length;

	if (task->callback.state != JF_CALLBACK_TALKING)
		return false;
	if (call && call->state < JF_CALL_CLOSING) {
		call->task = task;
		task->call = call;
		return true;
	}
	if (!call && jf_store_get(task->calls->config.store, JF_STORE_RECORDS, task->attempt.b,
	                          sizeof(task->attempt.b), &record, &length))
		return false;
	free(record);
	task->callback.state = JF_CALLBACK_DONE;
	jf_call_task_finish(task);
	return true;
}

static void resume(struct jf_call_task *task)
{
	if (task->deleted) {
		jf_call_task_delete_go_on(task);
		return;
	}
	if (talked(task))
		return;
	if (task->kind == JF_CALL_TASK_MESSAGE)
		(void)jf_call_task_has_file(task);
	jf_callback_restore(&task->callback);
	if (task->callback.state == JF_CALLBACK_RETRY && task->waits)
		jf_call_task_wait(task);
	else
		jf_call_task_begin(task);
}

struct restoring {
	struct jf_calls *calls;
	enum jf_call_task_kind kind;
	uint8_t last[JF_CALL_ID_BYTES];
};

static bool row_take(const void *key, size_t key_length, const void *value, size_t value_length,
                     void *arg)
{
	struct restoring *r = arg;
	struct jf_call_task *task;
	struct jf_call_id id;
	json_t *row;

	if (key_length != sizeof(id.b))
		return true;
	memcpy(r->last, key, sizeof(r->last));
	memcpy(id.b, key, sizeof(id.b));
	row = json_loadb(value, value_length, 0, NULL);
	task = row && json_integer_value(json_object_get(row, "version")) == ROW_VERSION
	               ? jf_call_task_new(r->calls, &id)
	               : NULL;
	if (task) {
		task->kind = r->kind;
		task_read(task, row);
		jf_list_append(&r->calls->tasks, &task->link);
	}
	json_decref(row);
	return true;
}

void jf_call_tasks_restore(struct jf_calls *calls)
{
	static const enum jf_store_table tables[] = {
	        [JF_CALL_TASK_CALLBACK] = JF_STORE_CALLBACKS,
	        [JF_CALL_TASK_MESSAGE] = JF_STORE_VOICEMAILS,
	};

	for (unsigned int kind = 0; kind < 2; kind++) {
		struct restoring r = {.calls = calls, .kind = (enum jf_call_task_kind)kind};
		struct jf_store_page page = {.limit = 500};
		int n;

		do {
			n = jf_store_scan(calls->config.store, tables[kind], &page, row_take, &r);
			page.after = r.last;
			page.after_length = sizeof(r.last);
		} while (n == (int)page.limit);
	}
	JF_LIST_FOR(link, &calls->tasks)
	resume(JF_CONTAINER(link, struct jf_call_task, link));
}
