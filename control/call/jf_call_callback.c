// SPDX-License-Identifier: BSD-3-Clause
/*
 * Calls for what waits with nobody on the line (jf_call_task.h): a customer who is called back, and
 * a message that an agent hears. While it hears the message, 1 plays it again, 2 calls its caller,
 * 3 deletes it; who hangs up before its end has not heard it, and it is offered again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_call_asked.h"
#include "jf_call_treatment.h"
#include "jf_number.h"
#include "jf_view.h"

#define LISTEN_MS 30000u /* for a key, after a message */

/* ---- Leaving a number, or a message ------------------------------------------------------------
 */

int jf_call_number_check(const struct jf_call *call, const char *number,
                         char ret_number[JF_CALL_TEXT_MAX])
{
	char normal[JF_NUMBER_MAX];
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_tenant *tenant =
	        directory ? jf_directory_tenant_find(directory, call->tenant) : NULL;

	if (!tenant || !tenant->outgoing.permitted)
		return -EINVAL;
	if (jf_number_normalize(&tenant->outgoing.numbers, number, normal))
		return -EINVAL;
	snprintf(ret_number, JF_CALL_TEXT_MAX, "%s", normal);
	return 0;
}

/* Not for a queue that is closed and drops those that wait then. */
static bool takes_callbacks(const struct jf_call *call)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, call->queue_name);

	return !queue || !queue->treatment || !queue->treatment->callback.dropped_closed ||
	       !jf_call_doors_shut(call->calls, queue, NULL);
}

int jf_call_callback_ask(struct jf_call *call, const char *number)
{
	char checked[JF_CALL_TEXT_MAX];
	struct jf_call_task *task;

	if (!jf_call_fsm_allows(call->state, JF_CALL_EVENT_CALLBACK))
		return -EPROTO;
	if (!jf_call_queue_named(call, call->queue_name))
		return -ENOENT;
	if (!number)
		number = call->withheld ? "" : call->caller_number;
	if (jf_call_number_check(call, number, checked))
		return -EINVAL;
	if (!takes_callbacks(call))
		return -EPERM;
	task = jf_call_task_make(call, JF_CALL_TASK_CALLBACK);
	if (!task)
		return -ENOMEM;
	snprintf(task->number, sizeof(task->number), "%s", checked);
	jf_call_task_store(task);
	call->left_number = true;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "will be called back for %s", call->queue_name);
	jf_call_publish(call, "callback.left", json_pack("{s:s}", "number_to_call", checked));
	jf_call_event(call, JF_CALL_EVENT_CALLBACK);
	jf_call_task_begin(task);
	return 0;
}

/* With the contact record, in its batch. */
void jf_call_message_put(struct jf_call *call, struct jf_store_batch *batch)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	const json_t *duration = json_object_get(call->sound, "duration_ms");

	if (!jf_call_message_is_kept(call))
		return;
	if (!call->message->task)
		call->message->task = jf_call_task_make(call, JF_CALL_TASK_MESSAGE);
	if (!call->message->task)
		return;
	snprintf(call->message->task->path, sizeof(call->message->task->path), "%s",
	         call->recording_path);
	call->message->task->duration_ms = (uint64_t)json_integer_value(duration);
	call->message->task->waits = !t || t->voicemail.offered;
	jf_call_task_put(call->message->task, batch);
}

/* It is durable. */
void jf_call_message_stored(struct jf_call *call)
{
	struct jf_call_task *task = call->message ? call->message->task : NULL;

	if (!task)
		return;
	call->message->task = NULL;
	jf_call_task_publish(task, "voicemail.left", NULL);
	jf_call_task_begin(task);
}

/* ---- The call
 * ------------------------------------------------------------------------------------ */

static enum jf_callback_do step(struct jf_call *call, enum jf_callback_event event)
{
	struct jf_callback_policy policy = jf_call_task_policy(call->task);

	return jf_callback_step(&call->task->callback, &policy, event, jf_loop_now_ns());
}

/* An agent is claimed: who is called first. */
enum jf_call_event jf_call_callback_offered(struct jf_call *call)
{
	enum jf_callback_do does;

	if (!call->task)
		return JF_CALL_EVENT_OFFERED;
	if (!call->caller.endpoint.generation && jf_call_media_open(call, NULL)) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "no media", 503);
		return JF_CALL_EVENT_RELEASE;
	}
	does = step(call, JF_CALLBACK_EVENT_OFFERED);
	if (does != JF_CALLBACK_DO_CALL_CUSTOMER)
		return JF_CALL_EVENT_OFFERED;
	jf_call_asked_keep_first(call); /* for one customer there is one agent */
	return JF_CALL_EVENT_REACH;
}

/* The agent has answered. */
enum jf_call_event jf_call_callback_answered(struct jf_call *call)
{
	if (!call->task)
		return JF_CALL_EVENT_ANSWERED;
	if (call->task->kind == JF_CALL_TASK_MESSAGE)
		return JF_CALL_EVENT_LISTEN;
	if (step(call, JF_CALLBACK_EVENT_AGENT_ANSWERED) != JF_CALLBACK_DO_CALL_CUSTOMER)
		return JF_CALL_EVENT_ANSWERED;
	jf_call_asked_keep_first(call);
	return JF_CALL_EVENT_AGENT_THERE;
}

/* It did not, or did not wait for the customer. */
void jf_call_callback_refused(struct jf_call *call)
{
	if (call->task)
		(void)step(call, JF_CALLBACK_EVENT_AGENT_FAILED);
}

void jf_call_customer_failed(struct jf_call *call, const char *why, uint16_t code)
{
	if (call->state != JF_CALL_REACHING && call->state != JF_CALL_CONNECTING)
		return;
	call->customer_failed = true;
	jf_call_end_note(call, JF_CALL_BY_ENGINE, why, code);
	jf_call_event(call, JF_CALL_EVENT_CUSTOMER_FAILED);
}

static void not_dialled(void *arg)
{
	struct jf_call *call = arg;

	jf_call_customer_failed(call, "the customer may not be called", call->caller.code);
}

/* Action: the customer is called. */
void jf_call_callback_reach(struct jf_call *call)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	struct jf_call_outside_request request = {.number = call->caller_number,
	                                          .caller_number = "",
	                                          .caller_name = "",
	                                          .diverted = ""};
	struct jf_call_party *customer = &call->caller;

	customer->kind = JF_CALL_TO_OUTSIDE;
	customer->has_desc = false;
	customer->dialed_ns = jf_loop_now_ns();
	customer->rang_ns = 0;
	customer->code = 503;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "calls the customer back");
	jf_call_publish(call, "callback.calling", NULL);
	if (jf_call_outside_dial(customer, &request, &customer->code, NULL))
		jf_loop_timer_start(&call->timer, 0, not_dialled, call);
	else
		jf_call_wait_for(call, t ? t->callback.ring_ms : 30000);
}

void jf_call_customer_answered(struct jf_call *call)
{
	jf_loop_timer_cancel(&call->timer);
	call->confirmed_ns = jf_loop_now_ns();
	if (call->task && call->task->kind == JF_CALL_TASK_CALLBACK)
		(void)step(call, JF_CALLBACK_EVENT_CUSTOMER_ANSWERED);
	jf_call_event(call, JF_CALL_EVENT_CUSTOMER_ANSWERED);
}

/* ---- An agent hears a message
 * ---------------------------------------------------------------------- */

static void play(struct jf_call *call)
{
	char path[JF_CALL_TASK_FILE];

	jf_loop_timer_cancel(&call->timer);
	jf_call_task_file(call->task, path);
	jf_call_say_file(call->agent, path);
}

/* Action: the agent has answered. */
void jf_call_listen_begin(struct jf_call *call, uint64_t now_ns)
{
	jf_loop_timer_cancel(&call->timer);
	call->agent->joined_ns = now_ns;
	jf_call_segment_begin(call->agent, JF_CALL_CAME_QUEUE, now_ns);
	play(call);
	jf_call_publish(call, "voicemail.playing", json_pack("{s:s}", "of", call->task->id_text));
}

void jf_call_listen_said(struct jf_call *call)
{
	if (call->task && call->agent->say.err && !call->task->heard) {
		call->task->missing = true;
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the message can't be played", 0);
		jf_call_event(call, JF_CALL_EVENT_SPOKEN);
		return;
	}
	if (call->task)
		call->task->heard = true;
	jf_media_silence(call->calls->config.media, call->agent->endpoint);
	jf_call_wait_for(call, LISTEN_MS);
}

void jf_call_listen_over(struct jf_call *call)
{
	jf_call_end_note(call, JF_CALL_BY_ENGINE, "message heard", 0);
	jf_call_event(call, JF_CALL_EVENT_SPOKEN);
}

void jf_call_listen_key(struct jf_call *call, char key)
{
	if (!call->task)
		return;
	if (key == '1') {
		play(call);
	} else if (key == '2' && call->task->number[0]) {
		call->task->heard = true;
		jf_call_say_drop(call->agent);
		jf_call_segment_end(call->agent, "left", jf_loop_now_ns());
		call->agent->hears.kind = 0;
		jf_call_event(call, JF_CALL_EVENT_AGENT_THERE);
	} else if (key == '3') {
		struct jf_call_task *task = call->task;

		json_decref(call->task_was);
		call->task_was = jf_call_task_json(task, jf_loop_now_ns());
		call->task = NULL;
		task->call = NULL;
		task->waits = false;
		task->heard = true;
		task->callback.state = JF_CALLBACK_DONE;
		(void)jf_call_task_delete(task, call->agent->name, NULL, NULL);
		jf_call_listen_over(call);
	}
}

/* ---- Told of it
 * -------------------------------------------------------------------------------------- */

json_t *jf_call_task_describe(const struct jf_call *call, uint64_t now_ns)
{
	return call->task ? jf_call_task_json(call->task, now_ns) : json_incref(call->task_was);
}
