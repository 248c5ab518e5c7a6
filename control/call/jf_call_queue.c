// SPDX-License-Identifier: BSD-3-Clause
/* The caller and its queue: into it with what it wants, from it to another, and out of it when it
 * closes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_call_priv.h"

#define FORWARD_RING_MS 60000u /* for a number outside to answer */

const struct jf_directory_queue *jf_call_queue_named(const struct jf_call *call, const char *name)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);

	return directory ? jf_directory_queue_find(directory, call->tenant, name) : NULL;
}

void jf_call_queue_set(struct jf_call *call, const struct jf_directory_queue *queue)
{
	snprintf(call->queue_name, sizeof(call->queue_name), "%s", queue->name);
	snprintf(call->music, sizeof(call->music), "%s", queue->music ? queue->music : "");
	call->caller.hears.kind = 0; /* if it was music, it may be another one now */
	call->ring_timeout_ms = queue->ring_timeout_ms;
	call->queue = jf_routing_queue(call->calls->routing, queue->tenant, queue->name);
}

/* ---- Into it -------------------------------------------------------------------------------- */

/* What the queue asks for of whoever says nothing. */
static uint8_t queue_steps(const struct jf_call *call, const struct jf_directory_queue *queue,
                           struct jf_acd_step steps[JF_ACD_STEPS_MAX])
{
	uint32_t tenant = jf_routing_tenant_number(call->calls->routing, call->tenant);
	struct jf_call_wants wants = {0};

	for (unsigned int i = 0; queue && i < queue->rules.n_steps; i++)
		(void)jf_call_wants_require(&wants, call->calls->acd, tenant,
		                            queue->rules.steps[i].skills,
		                            queue->rules.steps[i].after_ms);
	memcpy(steps, wants.steps, sizeof(wants.steps));
	return wants.n_steps;
}

/* Whom it is kept for: the agent that it wants, or by the queue's rule the one who had it last. */
static void prefer(const struct jf_call *call, const struct jf_directory_queue *queue,
                   struct jf_acd_arrival *arrival)
{
	const struct jf_call_wants *wants = &call->wants;
	char last[JF_ACD_NAME_MAX];

	if (wants->agent[0] && wants->agent_ms) {
		arrival->preferred = jf_routing_agent(call->calls->routing, wants->agent);
		arrival->prefer_ns = wants->agent_ms * JF_NS_PER_MS;
	} else if (queue && queue->rules.last_agent_ms && jf_call_last_agent(call, last)) {
		arrival->preferred = jf_routing_agent(call->calls->routing, last);
		arrival->prefer_ns = queue->rules.last_agent_ms * JF_NS_PER_MS;
	}
}

struct jf_acd_arrival jf_call_arrival(const struct jf_call *call, const char *queue,
                                      uint64_t enqueued_ns)
{
	const struct jf_call_wants *wants = &call->wants;
	struct jf_acd_arrival arrival = {
	        .enqueued_ns = enqueued_ns,
	        .priority = wants->priority,
	        .n_steps = wants->n_steps,
	        .preferred = jf_acd_nobody,
	};
	const struct jf_directory_queue *rules = jf_call_queue_named(call, queue);

	memcpy(arrival.steps, wants->steps, sizeof(wants->steps));
	if (!arrival.n_steps)
		arrival.n_steps = queue_steps(call, rules, arrival.steps);
	prefer(call, rules, &arrival);
	return arrival;
}

void jf_call_forward_set(struct jf_call *call, const char *number)
{
	snprintf(call->forward, sizeof(call->forward), "%s", number);
	snprintf(call->agent->name, sizeof(call->agent->name), "%s", number);
	call->agent->kind = JF_CALL_TO_OUTSIDE;
	call->ring_timeout_ms = FORWARD_RING_MS;
}

static void overflow_note(struct jf_call *call, const char *to, const char *why, uint64_t now_ns)
{
	json_t *told = json_pack("{s:s, s:s, s:s}", "from", call->queue_name, "to", to, "why", why);
	json_t *noted = json_copy(told);

	json_object_set_new(noted, "at_utc", jf_call_utc(jf_call_utc_ns(call, now_ns)));
	json_array_append_new(call->overflows, noted);
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "from queue %s to %s: %s", call->queue_name, to,
	       why);
	jf_call_publish(call, "call.overflowed", told);
}

/* Where its queue sends those who come while it is closed. True: that is a queue. */
static bool find_open(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, call->queue_name);
	const struct jf_directory_queue *way = queue ? jf_call_doors_way(call->calls, queue) : NULL;
	const char *prompt;

	if (!queue)
		return true; /* it is leaving the directory: the ACD will say so */
	if (way != queue) {
		overflow_note(call, way->name, "closed", now_ns);
		jf_call_queue_set(call, way);
	}
	if (!jf_call_doors_shut(call->calls, way, NULL))
		return true;
	prompt = call->told_closed ? NULL : way->rules.closed.prompt;
	if (way->rules.closed.forward) {
		overflow_note(call, way->rules.closed.forward, "closed", now_ns);
		jf_call_forward_set(call, way->rules.closed.forward);
		return false;
	}
	call->turned_away = true;
	snprintf(call->greeting, sizeof(call->greeting), "%s", prompt ? prompt : "");
	return false;
}

void jf_call_enqueue(struct jf_call *call, uint64_t now_ns)
{
	uint64_t aged_ns = call->task ? call->task->callback.enqueued_ns : now_ns;
	struct jf_acd_arrival arrival;

	call->entry = jf_acd_nobody;
	if (!call->task && !find_open(call, now_ns))
		return;
	arrival = jf_call_arrival(call, call->queue_name, aged_ns);
	arrival.answered_before = call->task != NULL; /* counted when its caller came */
	call->queued_ns = now_ns;
	call->aged_ns = aged_ns;
	if (jf_acd_enqueue(call->calls->acd, call->queue, &call->id, &arrival, now_ns,
	                   &call->entry)) {
		/* The queue went while the answer was under way. */
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the queue was removed", 0);
		call->entry = jf_acd_nobody;
		return;
	}
	call->in_acd = true;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "queued in %s", call->queue_name);
	jf_call_publish(call, "call.queued", NULL);
}

enum jf_call_event jf_call_greeted(struct jf_call *call)
{
	if (call->turned_away) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the queue is closed", 0);
		return JF_CALL_EVENT_RELEASE;
	}
	if (call->flow_name[0])
		return JF_CALL_EVENT_FLOW;
	return call->forward[0] ? JF_CALL_EVENT_FORWARD : JF_CALL_EVENT_GREETED;
}

/* ---- From it to another --------------------------------------------------------------------- */

static void follow(struct jf_call *call, const char *to, uint64_t now_ns)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, to);

	overflow_note(call, to, "overflow", now_ns);
	if (queue)
		jf_call_queue_set(call, queue);
	else /* it is leaving the directory */
		snprintf(call->queue_name, sizeof(call->queue_name), "%s", to);
	jf_call_settle(call, now_ns);
	jf_call_row_store(call);
}

void jf_call_overflowed(struct jf_call *call, const struct jf_acd_output *output)
{
	struct jf_acd_queue to;

	if (jf_acd_queue_get(call->calls->acd, output->queue_to, &to))
		return;
	if (jf_call_target_is(call, output->entry))
		snprintf(call->target->queue, sizeof(call->target->queue), "%s", to.name);
	else if (jf_acd_ref_equal(output->entry, call->entry))
		follow(call, to.name, jf_loop_now_ns());
}

/* ---- Out of it ------------------------------------------------------------------------------ */

void jf_call_queue_closed(struct jf_call *call, const struct jf_acd_output *output)
{
	const struct jf_directory_queue *queue;

	if (jf_call_target_is(call, output->entry)) {
		jf_call_event(call, JF_CALL_EVENT_TARGET_FAILED);
		return;
	}
	if (!jf_acd_ref_equal(output->entry, call->entry) || call->state != JF_CALL_QUEUED)
		return;
	if (!call->caller.leg) { /* a callback: there is nobody to tell */
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the queue is closed", 0);
		jf_call_event(call, JF_CALL_EVENT_RELEASE);
		return;
	}
	queue = jf_call_queue_named(call, call->queue_name);
	call->turned_away = true;
	snprintf(call->greeting, sizeof(call->greeting), "%s",
	         queue && queue->rules.closed.prompt ? queue->rules.closed.prompt : "");
	jf_call_event(call, JF_CALL_EVENT_TURNED_AWAY);
}
