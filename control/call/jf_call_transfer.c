// SPDX-License-Identifier: BSD-3-Clause
/*
 * The caller changes hands: what an agent (its phone, or somebody at a desktop for it) asks for,
 * and how the caller gets to nobody, to another queue, or back to the head of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_call_priv.h"
#include "jf_number.h"

/* ---- Left -------------------------------------------------------------------------------------
 */

void jf_call_pass_on(struct jf_call *call, uint64_t now_ns)
{
	struct jf_acd *acd = call->calls->acd;
	struct jf_call_party *agent = call->agent;

	jf_call_line_close(call, 0);
	jf_call_segment_end(agent, call->agent_lost ? "vanished" : "transferred", now_ns);
	agent->joined_ns = 0;
	agent->referring = false;
	if (call->in_acd)
		(void)jf_acd_passed_on(acd, call->entry, call->agent_lost, now_ns);
	else if (call->agent_lost)
		(void)jf_acd_agent_lost(acd, agent->agent_ref, now_ns);
	else
		(void)jf_acd_agent_release(acd, agent->agent_ref, now_ns);
	agent->agent_ref = jf_acd_nobody;
}

void jf_call_return(struct jf_call *call, uint64_t now_ns)
{
	if (!call->in_acd) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "nobody to come back to", 0);
		return;
	}
	call->at_head = true;
	(void)jf_acd_returned(call->calls->acd, call->entry, now_ns);
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "back at the head of %s", call->queue_name);
	jf_call_publish(call, "call.returned", NULL);
}

void jf_call_requeue(struct jf_call *call, uint64_t now_ns)
{
	struct jf_acd *acd = call->calls->acd;
	const struct jf_directory_queue *queue = jf_call_queue_named(call, call->requeue.queue);
	uint64_t age_ns = call->requeue.new_age || !call->aged_ns ? now_ns : call->aged_ns;
	struct jf_acd_arrival arrival;
	json_t *told = json_pack("{s:s, s:s, s:b}", "from", call->queue_name, "to",
	                         call->requeue.queue, "new_age", call->requeue.new_age);
	struct jf_acd_ref entry;

	/* An agent chose the queue: what was asked for is its business now. */
	call->wants.n_steps = 0;
	call->wants.agent[0] = '\0';
	arrival = jf_call_arrival(call, call->requeue.queue, age_ns);
	if (!queue ||
	    jf_acd_enqueue(acd, jf_routing_queue(call->calls->routing, queue->tenant, queue->name),
	                   &call->id, &arrival, now_ns, &entry)) {
		json_decref(told);
		jf_call_return(call, now_ns);
		return;
	}
	if (call->in_acd)
		(void)jf_acd_end(acd, call->entry, now_ns);
	jf_call_queue_set(call, queue);
	call->entry = entry;
	call->in_acd = true;
	call->at_head = false;
	call->aged_ns = age_ns;
	call->requeued_ns = now_ns;
	if (!call->queued_ns)
		call->queued_ns = now_ns;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "transferred to queue %s", call->queue_name);
	jf_call_publish(call, "call.requeued", told);
}

/* It asks a queue, and goes: it is the caller who waits there. */
void jf_call_agent_gone(struct jf_call *call, enum jf_call_event event)
{
	if (call->state == JF_CALL_CONSULTING && call->target->kind == JF_CALL_TO_QUEUE) {
		call->requeue = (struct jf_call_requeue){.new_age = false};
		snprintf(call->requeue.queue, sizeof(call->requeue.queue), "%s",
		         call->target->queue);
		call->agent_lost = event == JF_CALL_EVENT_AGENT_VANISHED;
		event = JF_CALL_EVENT_REQUEUE;
	}
	if (event == JF_CALL_EVENT_AGENT_ENDED &&
	    (call->state == JF_CALL_TALKING || call->state == JF_CALL_HELD) &&
	    jf_call_survey_wanted(call))
		event = JF_CALL_EVENT_SURVEY;
	jf_call_event(call, event);
}

/* ---- Orders ------------------------------------------------------------------------------------
 */

struct aim {
	enum jf_call_kind kind;
	const char *name;
};

static bool is_agent(const struct jf_call *call, const char *id)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_agent *agent =
	        directory ? jf_directory_agent_find(directory, id) : NULL;

	return agent && !strcmp(agent->tenant, call->tenant);
}

static const char *queue_named(const struct jf_call *call, const char *name)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_queue *queue =
	        directory ? jf_directory_queue_find(directory, call->tenant, name) : NULL;
	struct jf_route route;

	if (!queue && directory &&
	    !jf_routing_number(call->calls->routing, name, call->tenant, &route) && route.queue &&
	    !strcmp(route.queue->tenant, call->tenant))
		queue = route.queue;
	return queue ? queue->name : NULL;
}

/* Whether that text can be a number outside for this tenant. May it be called? That is seen when it
 * is dialled, and told. */
static bool is_outside(const struct jf_call *call, const char *text)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_tenant *tenant =
	        directory ? jf_directory_tenant_find(directory, call->tenant) : NULL;
	char number[JF_NUMBER_MAX];

	return tenant && tenant->outgoing.permitted && strlen(text) < JF_CALL_TEXT_MAX &&
	       !jf_number_normalize(&tenant->outgoing.numbers, text, number);
}

/* An agent's id, a queue's name, or a number of ours that leads to one; "queue:" and "agent:"
 * before it say which where both are meant. Else a number outside; "outside:" says so. */
static int aim_at(const struct jf_call *call, const char *text, struct aim *ret_aim)
{
	bool outside = !strncmp(text, "outside:", 8);
	bool agents = strncmp(text, "queue:", 6) != 0, queues = strncmp(text, "agent:", 6) != 0;
	const char *name = agents && queues ? text : text + 6, *queue;

	if (outside || (agents && queues && !is_agent(call, name) && !queue_named(call, name) &&
	                is_outside(call, name))) {
		*ret_aim = (struct aim){JF_CALL_TO_OUTSIDE, outside ? text + 8 : text};
		return is_outside(call, ret_aim->name) ? 0 : -ENOENT;
	}
	if (agents && is_agent(call, name)) {
		*ret_aim = (struct aim){JF_CALL_TO_AGENT, name};
		return 0;
	}
	queue = queues ? queue_named(call, name) : NULL;
	if (!queue)
		return -ENOENT;
	*ret_aim = (struct aim){JF_CALL_TO_QUEUE, queue};
	return 0;
}

static int order_third(struct jf_call *call, const struct jf_call_order *order)
{
	bool blind = order->what == JF_CALL_ORDER_TRANSFER;
	enum jf_call_event event = blind ? JF_CALL_EVENT_TRANSFER : JF_CALL_EVENT_CONSULT;
	struct aim aim;
	int err;

	if (!jf_call_fsm_allows(call->state, event))
		return -EPROTO;
	err = aim_at(call, order->target, &aim);
	if (err)
		return err;
	if (blind && aim.kind == JF_CALL_TO_QUEUE) {
		call->requeue = (struct jf_call_requeue){.new_age = order->new_age};
		snprintf(call->requeue.queue, sizeof(call->requeue.queue), "%s", aim.name);
		jf_call_event(call, JF_CALL_EVENT_REQUEUE);
		return 0;
	}
	err = jf_call_target_make(call, aim.kind, aim.name, blind);
	if (err)
		return err;
	if (!blind)
		(void)jf_acd_agent_asks(call->calls->acd, call->agent->agent_ref);
	jf_call_event(call, event);
	return 0;
}

/* What can't be decoded can't be mixed. */
static bool mixes(const struct jf_call *call)
{
	return !jf_call_is_opaque(&call->caller) && !jf_call_is_opaque(call->agent) &&
	       call->target && !jf_call_is_opaque(call->target);
}

/* The named one of two agents is who serves from now on. */
static int agent_acts(struct jf_call *call, const char *agent)
{
	if (!strcmp(call->agent->name, agent))
		return 0;
	if (!jf_call_party_is_agent(&call->caller) || strcmp(call->caller.name, agent) != 0)
		return -EPERM;
	return jf_call_serve(&call->caller) ? 0 : -EPROTO;
}

int jf_calls_order(struct jf_calls *calls, const struct jf_call_id *id,
                   const struct jf_call_order *order)
{
	static const enum jf_call_event events[] = {
	        [JF_CALL_ORDER_SWAP] = JF_CALL_EVENT_SWAP,
	        [JF_CALL_ORDER_JOIN] = JF_CALL_EVENT_JOIN,
	        [JF_CALL_ORDER_LEAVE] = JF_CALL_EVENT_LEAVE,
	        [JF_CALL_ORDER_BACK] = JF_CALL_EVENT_BACK,
	};
	struct jf_call *call = jf_call_find(calls, id);
	int err;

	if (!call || call->state >= JF_CALL_CLOSING)
		return -ENOENT;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "%s asks: %s%s%s", order->actor,
	       jf_call_order_name(order->what), order->target ? " " : "",
	       order->target ? order->target : "");
	err = order->agent ? agent_acts(call, order->agent) : 0;
	if (err)
		return err;
	if (order->what == JF_CALL_ORDER_TRANSFER || order->what == JF_CALL_ORDER_CONSULT)
		return order_third(call, order);
	if (!jf_call_fsm_allows(call->state, events[order->what]))
		return -EPROTO;
	if (order->what == JF_CALL_ORDER_JOIN && !mixes(call))
		return -ENOTSUP;
	if (order->what == JF_CALL_ORDER_LEAVE)
		jf_call_agent_gone(call, JF_CALL_EVENT_LEAVE);
	else
		jf_call_event(call, events[order->what]);
	return 0;
}

const char *jf_call_order_name(enum jf_call_order_what what)
{
	static const char *const names[] = {
	        [JF_CALL_ORDER_TRANSFER] = "transfer", [JF_CALL_ORDER_CONSULT] = "consult",
	        [JF_CALL_ORDER_SWAP] = "swap",         [JF_CALL_ORDER_JOIN] = "join",
	        [JF_CALL_ORDER_LEAVE] = "leave",       [JF_CALL_ORDER_BACK] = "back",
	};

	return names[what];
}

int jf_call_aim(const struct jf_call *call, const char *text, enum jf_call_kind *ret_kind,
                char ret_name[JF_CALL_TEXT_MAX])
{
	struct aim aim;
	int err = aim_at(call, text, &aim);

	if (err)
		return err;
	*ret_kind = aim.kind;
	snprintf(ret_name, JF_CALL_TEXT_MAX, "%s", aim.name);
	return 0;
}
