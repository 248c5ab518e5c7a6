// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_json.h"

static const char shut_reason[] = "the queue is closed";

#define CLOSED_MS 30000u /* what could not be done now, for nobody's fault, is tried after that */

/* ---- One of them -------------------------------------------------------------------------------
 */

struct jf_call_task *jf_call_task_new(struct jf_calls *calls, const struct jf_call_id *id)
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
	struct jf_call_task *task = jf_call_task_new(call->calls, &call->id);
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

static json_t *text_json(const char *text)
{
	return jf_bus_text(text, strlen(text));
}

static const char *state_of(const struct jf_call_task *task)
{
	if (task->deleted)
		return "deleting";
	if (task->missing)
		return "file missing";
	if (!task->waits && task->heard)
		return "heard";
	if (task->closed)
		return "closed";
	return jf_callback_state_name(task->callback.state);
}

json_t *jf_call_task_json(const struct jf_call_task *task, uint64_t now_ns)
{
	const struct jf_callback *c = &task->callback;
	json_t *json = json_pack(
	        "{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:i, s:I, s:I, s:s*}", "id", task->id_text,
	        "tenant", task->tenant, "queue", task->queue, "number", text_json(task->number),
	        "name", text_json(task->name), "left_utc", jf_call_utc(task->left_utc_ns), "state",
	        state_of(task), "attempts", c->attempts, "gross_wait_ms",
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

void jf_call_task_publish(const struct jf_call_task *task, const char *topic, const char *actor)
{
	json_t *json;

	if (jf_bus_skip(task->calls->config.bus))
		return;
	json = jf_call_task_json(task, jf_loop_now_ns());
	if (json && actor)
		json_object_set_new(json, "actor", json_string(actor));
	jf_bus_publish(task->calls->config.bus, topic, json);
}

/* ---- Its place ---------------------------------------------------------------------------------
 */

static const struct jf_directory_queue *queue_of(const struct jf_call_task *task)
{
	const struct jf_directory *directory = jf_routing_directory(task->calls->routing);

	return directory ? jf_directory_queue_find(directory, task->tenant, task->queue) : NULL;
}

static bool is_shut(const struct jf_calls *calls, const struct jf_directory_queue *queue)
{
	struct jf_acd_ref ref = jf_routing_queue(calls->routing, queue->tenant, queue->name);
	struct jf_acd_queue seen;

	return jf_call_doors_shut(calls, queue, NULL) ||
	       (!jf_acd_queue_get(calls->acd, ref, &seen) && seen.closed);
}

/* Why it can't be in the queue now; NULL: it can. */
static const char *bar_of(struct jf_call_task *task, const struct jf_directory_queue *queue)
{
	task->closed = queue && is_shut(task->calls, queue);
	if (!queue)
		return "its queue was removed";
	if (task->closed)
		return shut_reason;
	if (task->kind == JF_CALL_TASK_MESSAGE && !jf_call_task_has_file(task))
		return "its file is missing";
	return NULL;
}

/* A call for it, in the queue, with nobody on the line. Whether it stands there. */
static bool enter(struct jf_call_task *task, const struct jf_directory_queue *queue)
{
	struct jf_calls *calls = task->calls;
	struct jf_call *call = jf_call_make_now(calls);

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

/* Whether its queue has it that nobody is called back who waited when it closed. */
static bool is_dropped(const struct jf_call_task *task)
{
	const struct jf_directory_queue *queue = queue_of(task);

	return task->closed && task->kind == JF_CALL_TASK_CALLBACK && queue && queue->treatment &&
	       queue->treatment->callback.dropped_closed;
}

/* Nobody's fault: it comes back within the calendar, or never. */
static void put_off(struct jf_call_task *task, const char *why)
{
	struct jf_callback_policy policy = jf_call_task_policy(task);
	uint64_t now_ns = jf_loop_now_ns();

	task->last = why;
	if (is_dropped(task)) {
		(void)jf_callback_step(&task->callback, &policy, JF_CALLBACK_EVENT_WITHDRAWN,
		                       now_ns);
		jf_call_task_finish(task);
		return;
	}
	(void)jf_callback_step(&task->callback, &policy, JF_CALLBACK_EVENT_CLOSED, now_ns);
	jf_callback_put_off(&task->callback, now_ns + CLOSED_MS * JF_NS_PER_MS);
	jf_call_task_wait(task);
}

void jf_call_task_begin(struct jf_call_task *task)
{
	const struct jf_directory_queue *queue = queue_of(task);
	const char *bar;

	if (!jf_link_linked(&task->link))
		jf_list_append(&task->calls->tasks, &task->link);
	if (!task->waits || task->deleted)
		return;
	bar = bar_of(task, queue);
	if (bar || !enter(task, queue))
		put_off(task, bar ? bar : "no memory");
}

bool jf_call_task_is_busy(const struct jf_call_task *task)
{
	const struct jf_call *call = task->call;

	return call && (call->caller.leg ||
	                (call->state != JF_CALL_QUEUED && call->state != JF_CALL_RINGING));
}

bool jf_call_task_withdraw(struct jf_call_task *task, const char *why)
{
	struct jf_call *call = task->call;

	if (!call || jf_call_task_is_busy(task))
		return false;
	json_decref(call->task_was);
	task->last = why;
	call->task_was = jf_call_task_json(task, jf_loop_now_ns());
	call->task = NULL;
	task->call = NULL;
	jf_call_end_note(call, JF_CALL_BY_ENGINE, why, 0);
	jf_call_event(call, JF_CALL_EVENT_RELEASE);
	return true;
}

static bool is_of(const struct jf_call_task *task, const struct jf_directory_queue *queue)
{
	return !strcmp(task->tenant, queue->tenant) && !strcmp(task->queue, queue->name);
}

void jf_call_tasks_close(struct jf_calls *calls, const struct jf_directory_queue *queue)
{
	JF_LIST_FOR(link, &calls->tasks)
	{
		struct jf_call_task *task = JF_CONTAINER(link, struct jf_call_task, link);

		if (!is_of(task, queue) || !jf_call_task_withdraw(task, shut_reason))
			continue;
		task->closed = true;
		put_off(task, shut_reason);
	}
}

/* Those that the doors held up: each at its place before whoever comes now. */
void jf_call_tasks_open(struct jf_calls *calls, const struct jf_directory_queue *queue)
{
	JF_LIST_FOR(link, &calls->tasks)
	{
		struct jf_call_task *task = JF_CONTAINER(link, struct jf_call_task, link);

		if (task->closed && !task->call && is_of(task, queue))
			due(task);
	}
}

void jf_call_task_finish(struct jf_call_task *task)
{
	bool done = task->callback.state == JF_CALLBACK_DONE;
	int err;

	jf_log(JF_LOG_CALL, JF_LOG_INFO, &task->id, "%s %s",
	       task->kind == JF_CALL_TASK_MESSAGE ? "message" : "callback",
	       done ? "done" : "given up");
	if (task->kind == JF_CALL_TASK_CALLBACK)
		jf_call_task_publish(task, done ? "callback.done" : "callback.failed", NULL);
	err = jf_call_task_remove(task->calls, task->kind, &task->id, NULL, NULL);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &task->id, "not taken off: %s", strerror(-err));
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
	if (task->missing) { /* to nobody, until somebody has it offered again */
		task->waits = false;
		task->callback.state = JF_CALLBACK_RETRY;
		jf_call_task_store(task);
		jf_call_task_publish(task, "voicemail.missing", NULL);
		return;
	}
	if (task->heard || jf_callback_is_over(&task->callback)) {
		task->waits = false;
		task->callback.state = JF_CALLBACK_DONE;
		jf_call_task_store(task);
		jf_call_task_publish(task, "voicemail.heard", NULL);
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
		jf_call_task_forget(task);
		message_over(task);
	} else if (jf_callback_is_over(&task->callback)) {
		jf_call_task_finish(task);
	} else {
		jf_call_task_store(task);
		jf_call_task_publish(task, "callback.retry", NULL);
		jf_call_task_wait(task);
	}
}

/* ---- The end -----------------------------------------------------------------------------------
 */

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
