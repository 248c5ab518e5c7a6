// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_json.h"

#define ROW_VERSION 1
#define CLOSED_MS   30000u /* what could not be done now, for nobody's fault, is tried after that */

/* ---- One of them -------------------------------------------------------------------------------
 */

static struct jf_call_task *task_new(struct jf_calls *calls, const struct jf_call_id *id)
{
	struct jf_call_task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->calls = calls;
	task->id = *id;
	jf_call_id_text(id, task->id_text);
	task->waits = true;
	return task;
}

struct jf_call_task *jf_call_task_make(struct jf_call *call, enum jf_call_task_kind kind)
{
	struct jf_call_task *task = task_new(call->calls, &call->id);
	uint64_t now_ns = jf_loop_now_ns();

	if (!task)
		return NULL;
	task->kind = kind;
	snprintf(task->tenant, sizeof(task->tenant), "%s", call->tenant);
	snprintf(task->queue, sizeof(task->queue), "%s", call->queue_name);
	snprintf(task->called, sizeof(task->called), "%s", call->number);
	if (!call->withheld) {
		snprintf(task->number, sizeof(task->number), "%s", call->caller_number);
		snprintf(task->name, sizeof(task->name), "%s", call->caller_name);
	}
	task->wants = jf_call_wants_json(&call->wants, call->calls->acd);
	task->left_utc_ns = jf_call_utc_ns(call, now_ns);
	jf_callback_begin(&task->callback, call->aged_ns ? call->aged_ns : now_ns, now_ns);
	return task;
}

void jf_call_task_free(struct jf_call_task *task)
{
	if (!task)
		return;
	jf_loop_timer_cancel(&task->timer);
	jf_list_remove(&task->link);
	if (task->call)
		task->call->task = NULL;
	json_decref(task->wants);
	free(task);
}

struct jf_callback_policy jf_call_task_policy(const struct jf_call_task *task)
{
	const struct jf_directory *directory = jf_routing_directory(task->calls->routing);
	const struct jf_directory_queue *queue =
	        directory ? jf_directory_queue_find(directory, task->tenant, task->queue) : NULL;
	const struct jf_directory_callback *c =
	        queue && queue->treatment ? &queue->treatment->callback : NULL;

	return (struct jf_callback_policy){
	        .customer_first = c && c->customer_first && task->kind == JF_CALL_TASK_CALLBACK,
	        .attempts_max = c ? c->attempts : 1,
	        .retry_ns = (c ? c->retry_ms : 300000) * JF_NS_PER_MS,
	};
}

/* ---- Its row -----------------------------------------------------------------------------------
 */

static enum jf_store_table table_of(const struct jf_call_task *task)
{
	return task->kind == JF_CALL_TASK_MESSAGE ? JF_STORE_VOICEMAILS : JF_STORE_CALLBACKS;
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
		jf_store_batch_put(batch, table_of(task), task->id.b, sizeof(task->id.b), text,
		                   strlen(text));
	free(text);
	json_decref(row);
}

void jf_call_task_store(const struct jf_call_task *task)
{
	struct jf_store_batch *batch = jf_store_batch_begin(task->calls->config.store);
	int err;

	jf_call_task_put(task, batch);
	err = jf_store_batch_commit(batch, NULL, NULL);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "not stored: %s", strerror(-err));
}

static void row_delete(const struct jf_call_task *task)
{
	struct jf_store_batch *batch = jf_store_batch_begin(task->calls->config.store);
	int err;

	jf_store_batch_delete(batch, table_of(task), task->id.b, sizeof(task->id.b));
	err = jf_store_batch_commit(batch, NULL, NULL);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "not taken off: %s", strerror(-err));
}

json_t *jf_call_task_json(const struct jf_call_task *task, uint64_t now_ns)
{
	const struct jf_callback *c = &task->callback;
	json_t *json = json_pack(
	        "{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:i, s:I, s:I, s:s*}", "id", task->id_text,
	        "tenant", task->tenant, "queue", task->queue, "number", text_json(task->number),
	        "name", text_json(task->name), "left_utc", jf_call_utc(task->left_utc_ns), "state",
	        !task->waits && task->heard ? "heard" : jf_callback_state_name(c->state),
	        "attempts", c->attempts, "gross_wait_ms",
	        (json_int_t)(jf_callback_gross_ns(c, now_ns) / JF_NS_PER_MS), "net_wait_ms",
	        (json_int_t)(jf_callback_net_ns(c, now_ns) / JF_NS_PER_MS), "last", task->last);

	if (!json)
		return NULL;
	if (c->state == JF_CALLBACK_RETRY)
		json_object_set_new(json, "next_ms",
		                    json_integer((json_int_t)(jf_time_since(now_ns, c->next_ns) /
		                                              JF_NS_PER_MS)));
	if (task->kind == JF_CALL_TASK_MESSAGE) {
		json_object_set_new(json, "path", json_string(task->path));
		json_object_set_new(json, "duration_ms",
		                    json_integer((json_int_t)task->duration_ms));
		json_object_set_new(json, "heard", json_boolean(task->heard));
	}
	if (task->call)
		json_object_set_new(json, "call", json_string(task->call->id_text));
	return json;
}

static void publish(const struct jf_call_task *task, const char *topic)
{
	if (!jf_bus_skip(task->calls->config.bus))
		jf_bus_publish(task->calls->config.bus, topic,
		               jf_call_task_json(task, jf_loop_now_ns()));
}

/* ---- Its place ---------------------------------------------------------------------------------
 */

/* A call for it, in the queue, with nobody on the line. Whether it stands there. */
static bool enter(struct jf_call_task *task)
{
	struct jf_calls *calls = task->calls;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_queue *queue =
	        directory ? jf_directory_queue_find(directory, task->tenant, task->queue) : NULL;
	struct jf_acd_queue acd_queue;
	struct jf_call *call;

	if (!queue ||
	    jf_acd_queue_get(calls->acd,
	                     jf_routing_queue(calls->routing, task->tenant, task->queue),
	                     &acd_queue) ||
	    acd_queue.closed || jf_call_doors_shut(calls, queue, NULL))
		return false;
	call = jf_call_make_now(calls);
	if (!call)
		return false;
	call->task = task;
	task->call = call;
	call->task_outcome = task->kind == JF_CALL_TASK_MESSAGE ? "delivered" : "unreached";
	snprintf(call->tenant, sizeof(call->tenant), "%s", task->tenant);
	snprintf(call->number, sizeof(call->number), "%s", task->called);
	snprintf(call->caller_number, sizeof(call->caller_number), "%s", task->number);
	snprintf(call->caller_name, sizeof(call->caller_name), "%s", task->name);
	call->withheld = !task->number[0];
	jf_call_queue_set(call, queue);
	jf_call_wants_read(&call->wants, calls->acd,
	                   jf_routing_tenant_number(calls->routing, task->tenant), task->wants);
	call->state = JF_CALL_GREETING;
	jf_call_event(call, JF_CALL_EVENT_GREETED);
	return true;
}

static void due(void *arg)
{
	struct jf_call_task *task = arg;
	struct jf_callback_policy policy = jf_call_task_policy(task);

	(void)jf_callback_step(&task->callback, &policy, JF_CALLBACK_EVENT_DUE, jf_loop_now_ns());
	jf_call_task_begin(task);
}

void jf_call_task_wait(struct jf_call_task *task)
{
	uint64_t now_ns = jf_loop_now_ns();

	jf_loop_timer_start(&task->timer,
	                    jf_time_since(now_ns, task->callback.next_ns) / JF_NS_PER_MS + 1, due,
	                    task);
}

void jf_call_task_begin(struct jf_call_task *task)
{
	struct jf_callback_policy policy = jf_call_task_policy(task);
	uint64_t now_ns = jf_loop_now_ns();

	if (!jf_link_linked(&task->link))
		jf_list_append(&task->calls->tasks, &task->link);
	if (!task->waits || enter(task))
		return;
	/* Within the calendar: when the queue is open. */
	(void)jf_callback_step(&task->callback, &policy, JF_CALLBACK_EVENT_CLOSED, now_ns);
	jf_callback_put_off(&task->callback, now_ns + CLOSED_MS * JF_NS_PER_MS);
	jf_call_task_wait(task);
}

void jf_call_task_finish(struct jf_call_task *task)
{
	bool done = task->callback.state == JF_CALLBACK_DONE;

	jf_log(JF_LOG_CALL, JF_LOG_INFO, &task->id, "%s %s",
	       task->kind == JF_CALL_TASK_MESSAGE ? "message" : "callback",
	       done ? "done" : "given up");
	if (task->kind == JF_CALL_TASK_CALLBACK)
		publish(task, done ? "callback.done" : "callback.failed");
	else
		publish(task, "voicemail.deleted");
	row_delete(task);
	jf_call_task_free(task);
}

/* ---- Its attempt is over
 * ------------------------------------------------------------------------- */

static enum jf_callback_event event_of(const struct jf_call *call)
{
	if (call->first_joined_ns)
		return JF_CALLBACK_EVENT_ENDED;
	if (call->customer_failed)
		return JF_CALLBACK_EVENT_CUSTOMER_FAILED;
	return jf_call_queue_named(call, call->task->queue) ? JF_CALLBACK_EVENT_CLOSED
	                                                    : JF_CALLBACK_EVENT_WITHDRAWN;
}

/* A message that was heard waits for nobody any more; one that wasn't, for another agent. */
static void message_over(struct jf_call_task *task)
{
	if (task->heard || jf_callback_is_over(&task->callback)) {
		task->waits = false;
		task->callback.state = JF_CALLBACK_DONE;
		jf_call_task_store(task);
		publish(task, "voicemail.heard");
		return;
	}
	task->callback.state = JF_CALLBACK_RETRY;
	task->callback.next_ns = jf_loop_now_ns() + CLOSED_MS * JF_NS_PER_MS;
	jf_call_task_wait(task);
}

void jf_call_task_over(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_task *task = call->task;
	struct jf_callback_policy policy;

	if (!task)
		return;
	policy = jf_call_task_policy(task);
	json_decref(call->task_was);
	(void)jf_callback_step(&task->callback, &policy, event_of(call), now_ns);
	if (!call->first_joined_ns)
		task->last = call->end_reason;
	if (!call->customer_failed) /* nobody's fault, and not at once again */
		jf_callback_put_off(&task->callback, now_ns + CLOSED_MS * JF_NS_PER_MS);
	call->task_was = jf_call_task_json(task, now_ns);
	call->task = NULL;
	task->call = NULL;
	if (task->kind == JF_CALL_TASK_MESSAGE) {
		jf_call_message_forget(task);
		message_over(task);
	} else if (jf_callback_is_over(&task->callback)) {
		jf_call_task_finish(task);
	} else {
		jf_call_task_store(task);
		publish(task, "callback.retry");
		jf_call_task_wait(task);
	}
}

/* ---- After a restart
 * ----------------------------------------------------------------------------- */

static void text_read(const json_t *row, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(row, key));

	snprintf(ret_text, size, "%s", text ? text : "");
}

static void task_read(struct jf_call_task *task, const json_t *row)
{
	struct jf_callback *c = &task->callback;
	const char *state = json_string_value(json_object_get(row, "state"));
	uint64_t now_ns = jf_loop_now_ns();
	char id_text[JF_CALL_ID_TEXT];

	text_read(row, "tenant", task->tenant, sizeof(task->tenant));
	text_read(row, "queue", task->queue, sizeof(task->queue));
	text_read(row, "number", task->number, sizeof(task->number));
	text_read(row, "name", task->name, sizeof(task->name));
	text_read(row, "called", task->called, sizeof(task->called));
	text_read(row, "path", task->path, sizeof(task->path));
	task->duration_ms = (uint64_t)json_integer_value(json_object_get(row, "duration_ms"));
	task->heard = json_is_true(json_object_get(row, "heard"));
	task->waits = json_is_true(json_object_get(row, "waits"));
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
	text_read(row, "attempt", id_text, sizeof(id_text));
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
	if (talked(task))
		return;
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
	               ? task_new(r->calls, &id)
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

void jf_call_tasks_stop(struct jf_calls *calls)
{
	JF_LIST_FOR(link, &calls->tasks)
	jf_loop_timer_cancel(&JF_CONTAINER(link, struct jf_call_task, link)->timer);
}

void jf_call_tasks_free(struct jf_calls *calls)
{
	JF_LIST_FOR(link, &calls->tasks)
	jf_call_task_free(JF_CONTAINER(link, struct jf_call_task, link));
}
