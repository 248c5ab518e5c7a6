// SPDX-License-Identifier: BSD-3-Clause
/* The life of the calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_list.h"
#include "jf_sipgen_calls_priv.h"
#include "jf_time.h"

#define T1_NS (500 * JF_NS_PER_MS)
#define T2_NS (4000 * JF_NS_PER_MS)

int jf_sipgen_calls_create(const struct jf_sipgen_calls_config *config,
                           struct jf_sipgen_calls **ret_calls)
{
	struct jf_sipgen_calls *calls;

	if (!config->n_called || !config->capacity || (config->capacity & (config->capacity - 1)))
		return -EINVAL;
	calls = calloc(1, sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	calls->config = *config;
	calls->calls = calloc(config->capacity, sizeof(*calls->calls));
	if (!calls->calls) {
		free(calls);
		return -ENOMEM;
	}
	calls->next_number = calls->release_from = 1;
	jf_heap_init(&calls->timers);
	*ret_calls = calls;
	return 0;
}

void jf_sipgen_calls_destroy(struct jf_sipgen_calls *calls)
{
	if (!calls)
		return;
	jf_heap_close(&calls->timers);
	free(calls->calls);
	free(calls);
}

/* Of the number, if its place hasn't gone to another call since. */
static struct jf_sipgen_call *call_of(struct jf_sipgen_calls *calls, int64_t number)
{
	struct jf_sipgen_call *call;

	if (number <= 0)
		return NULL;
	call = &calls->calls[(uint64_t)number & (calls->config.capacity - 1)];
	return call->number == (uint64_t)number ? call : NULL;
}

static bool is_active(const struct jf_sipgen_call *call)
{
	return call->caller != JF_SIPGEN_CALLER_IDLE;
}

static void timer_set(struct jf_sipgen_calls *calls, struct jf_heap_node *timer, uint64_t at_ns)
{
	jf_heap_remove(&calls->timers, timer);
	/* Without memory for it the call fails by being forgotten, which shows. */
	(void)jf_heap_insert(&calls->timers, timer, at_ns);
}

static void timers_stop(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call)
{
	jf_heap_remove(&calls->timers, &call->caller_timer);
	jf_heap_remove(&calls->timers, &call->agent_timer);
}

/* Its place is free; it still answers what comes late. */
static void retire(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call)
{
	timers_stop(calls, call);
	if (call->up)
		calls->results.up--;
	call->up = false;
	call->caller = JF_SIPGEN_CALLER_IDLE;
	calls->results.active--;
}

static void fail(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call, uint64_t *counter)
{
	(*counter)++;
	/* The server is to forget it too. */
	if (call->caller == JF_SIPGEN_CALLER_TALKING)
		jf_sipgen_send_bye(calls, call);
	retire(calls, call);
}

int jf_sipgen_call_start(struct jf_sipgen_calls *calls, uint64_t hold_ns, uint64_t now_ns)
{
	uint64_t number = calls->next_number;
	struct jf_sipgen_call *call = &calls->calls[number & (calls->config.capacity - 1)];

	if (is_active(call))
		return -EBUSY;
	if (!calls->run)
		calls->run = now_ns;
	calls->next_number++;
	call->number = number;
	call->caller = JF_SIPGEN_CALLER_INVITING;
	call->agent = JF_SIPGEN_AGENT_IDLE;
	call->hold_ns = hold_ns;
	call->invited_ns = now_ns;
	call->pause_ns = T1_NS;
	call->to[0] = call->target[0] = call->routes[0] = '\0';
	timer_set(calls, &call->caller_timer, now_ns + T1_NS);
	calls->results.started++;
	calls->results.active++;
	jf_sipgen_send_invite(calls, call);
	return 0;
}

static void leave(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call, uint64_t now_ns)
{
	call->caller = JF_SIPGEN_CALLER_LEAVING;
	call->left_ns = now_ns;
	call->pause_ns = T1_NS;
	timer_set(calls, &call->caller_timer, now_ns + T1_NS);
	jf_sipgen_send_bye(calls, call);
}

bool jf_sipgen_calls_release(struct jf_sipgen_calls *calls, uint64_t now_ns)
{
	for (; calls->release_from < calls->next_number; calls->release_from++) {
		struct jf_sipgen_call *call = call_of(calls, (int64_t)calls->release_from);

		if (!call || !call->up || call->hold_ns != JF_SIPGEN_HELD ||
		    call->caller != JF_SIPGEN_CALLER_TALKING)
			continue;
		leave(calls, call, now_ns);
		return true;
	}
	return false;
}

/* Both have what they need? */
static void check_up(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call, uint64_t now_ns)
{
	if (call->up || call->caller != JF_SIPGEN_CALLER_TALKING ||
	    call->agent != JF_SIPGEN_AGENT_TALKING)
		return;
	call->up = true;
	calls->results.up++;
	jf_gen_histogram_add(&calls->results.setup, now_ns - call->invited_ns);
	if (call->hold_ns == 0)
		leave(calls, call, now_ns);
	else if (call->hold_ns == JF_SIPGEN_HELD)
		jf_heap_remove(&calls->timers, &call->caller_timer);
	else
		timer_set(calls, &call->caller_timer, now_ns + call->hold_ns);
}

static void check_over(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call)
{
	if (call->caller != JF_SIPGEN_CALLER_LEFT || call->agent != JF_SIPGEN_AGENT_LEFT)
		return;
	calls->results.completed++;
	retire(calls, call);
}

/* ---- What comes ----------------------------------------------------------------------------- */

static void take_invite_response(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call,
                                 const struct jf_sipgen_message *m,
                                 const struct jf_sipgen_received *received, uint64_t now_ns)
{
	bool waits = call->caller == JF_SIPGEN_CALLER_INVITING ||
	             call->caller == JF_SIPGEN_CALLER_WAITING;

	if (m->code < 200) {
		if (call->caller != JF_SIPGEN_CALLER_INVITING)
			return;
		call->caller = JF_SIPGEN_CALLER_WAITING;
		timer_set(calls, &call->caller_timer, call->invited_ns + JF_SIPGEN_LIMIT_NS);
	} else if (m->code >= 300) {
		jf_sipgen_send_ack(calls, call, m);
		if (!waits)
			return;
		calls->results.refused_code = m->code;
		jf_gen_histogram_add(&calls->results.refusal,
		                     jf_time_since(call->invited_ns + received->waited_ns, now_ns));
		fail(calls, call, &calls->results.refused);
	} else if (!waits) {
		jf_sipgen_send_ack(calls, call, NULL); /* the last one was lost */
	} else if (!jf_sipgen_take_success(call, m)) {
		fail(calls, call, &calls->results.wrong);
	} else {
		call->caller = JF_SIPGEN_CALLER_TALKING;
		timer_set(calls, &call->caller_timer, call->invited_ns + JF_SIPGEN_LIMIT_NS);
		jf_sipgen_send_ack(calls, call, NULL);
		check_up(calls, call, now_ns);
	}
}

static void take_bye_response(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call,
                              const struct jf_sipgen_message *m,
                              const struct jf_sipgen_received *received, uint64_t now_ns)
{
	if (call->caller != JF_SIPGEN_CALLER_LEAVING || m->code < 200)
		return;
	if (m->code >= 300) {
		fail(calls, call, &calls->results.wrong);
		return;
	}
	jf_gen_histogram_add(&calls->results.close,
	                     jf_time_since(call->left_ns + received->waited_ns, now_ns));
	call->caller = JF_SIPGEN_CALLER_LEFT;
	timer_set(calls, &call->caller_timer, call->left_ns + JF_SIPGEN_LIMIT_NS);
	check_over(calls, call);
}

static void take_invite(struct jf_sipgen_calls *calls, const struct jf_sipgen_message *m,
                        const struct jf_sipgen_received *received, uint64_t now_ns)
{
	struct jf_sipgen_call *call = call_of(calls, jf_sipgen_user_number(m->from, ""));

	if (!call || !is_active(call)) {
		jf_sipgen_send_status(calls, JF_SIPGEN_AGENTS, m, received->from, "480 Gone");
		return;
	}
	if (call->agent == JF_SIPGEN_AGENT_ANSWERED) { /* the same once more */
		jf_sipgen_send_success(calls, call);
		return;
	}
	if (call->agent != JF_SIPGEN_AGENT_IDLE) {
		calls->results.wrong++;
		return;
	}
	call->agent_peer = *received->from;
	if (!jf_sipgen_make_success(calls, call, m)) {
		fail(calls, call, &calls->results.wrong);
		return;
	}
	jf_gen_histogram_add(&calls->results.dial,
	                     jf_time_since(call->invited_ns + received->waited_ns, now_ns));
	call->agent = JF_SIPGEN_AGENT_ANSWERED;
	call->reply_pause_ns = T1_NS;
	timer_set(calls, &call->agent_timer, now_ns + T1_NS);
	jf_sipgen_send_ringing(calls, call, m);
	jf_sipgen_send_success(calls, call);
}

/* In the agent's dialog, whose tag is ours. */
static void take_agent_request(struct jf_sipgen_calls *calls, const struct jf_sipgen_message *m,
                               const struct jf_sipgen_received *received, uint64_t now_ns)
{
	struct jf_sipgen_call *call = call_of(calls, jf_sipgen_tag_number(m->to, "a"));

	if (m->method == JF_SIPGEN_ACK) {
		if (!call || call->agent != JF_SIPGEN_AGENT_ANSWERED)
			return;
		call->agent = JF_SIPGEN_AGENT_TALKING;
		jf_heap_remove(&calls->timers, &call->agent_timer);
		check_up(calls, call, now_ns);
		return;
	}
	jf_sipgen_send_status(calls, JF_SIPGEN_AGENTS, m, received->from, "200 OK");
	if (m->method != JF_SIPGEN_BYE || !call || !is_active(call) ||
	    call->agent == JF_SIPGEN_AGENT_LEFT)
		return;
	jf_heap_remove(&calls->timers, &call->agent_timer);
	call->agent = JF_SIPGEN_AGENT_LEFT;
	/* Nobody but the caller ends a call here. */
	if (call->caller != JF_SIPGEN_CALLER_LEAVING && call->caller != JF_SIPGEN_CALLER_LEFT)
		fail(calls, call, &calls->results.wrong);
	else
		check_over(calls, call);
}

static void take_caller_request(struct jf_sipgen_calls *calls, const struct jf_sipgen_message *m,
                                const struct jf_sipgen_received *received)
{
	struct jf_sipgen_call *call = call_of(calls, jf_sipgen_tag_number(m->to, "c"));

	if (m->method == JF_SIPGEN_ACK)
		return;
	jf_sipgen_send_status(calls, JF_SIPGEN_CALLERS, m, received->from, "200 OK");
	if (m->method == JF_SIPGEN_BYE && call && is_active(call))
		fail(calls, call, &calls->results.wrong);
}

void jf_sipgen_calls_receive(struct jf_sipgen_calls *calls, enum jf_sipgen_side side,
                             const struct jf_sipgen_message *m,
                             const struct jf_sipgen_received *received, uint64_t now_ns)
{
	if (m->code) {
		struct jf_sipgen_call *call = call_of(calls, jf_sipgen_tag_number(m->from, "c"));

		if (side != JF_SIPGEN_CALLERS || !call || !is_active(call))
			return;
		if (m->method == JF_SIPGEN_INVITE)
			take_invite_response(calls, call, m, received, now_ns);
		else if (m->method == JF_SIPGEN_BYE)
			take_bye_response(calls, call, m, received, now_ns);
	} else if (side == JF_SIPGEN_CALLERS) {
		take_caller_request(calls, m, received);
	} else if (m->method == JF_SIPGEN_INVITE) {
		take_invite(calls, m, received, now_ns);
	} else {
		take_agent_request(calls, m, received, now_ns);
	}
}

/* ---- Time ----------------------------------------------------------------------------------- */

static void again(struct jf_sipgen_calls *calls, struct jf_heap_node *timer, uint64_t *pause_ns,
                  uint64_t now_ns)
{
	*pause_ns = *pause_ns * 2 < T2_NS ? *pause_ns * 2 : T2_NS;
	calls->results.repeated++;
	timer_set(calls, timer, now_ns + *pause_ns);
}

static void caller_due(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call, uint64_t now_ns)
{
	bool leaving = call->caller >= JF_SIPGEN_CALLER_LEAVING;
	uint64_t since_ns = leaving ? call->left_ns : call->invited_ns;

	if (call->caller == JF_SIPGEN_CALLER_TALKING && call->up) {
		leave(calls, call, now_ns);
	} else if (now_ns - since_ns >= JF_SIPGEN_LIMIT_NS) {
		fail(calls, call, &calls->results.timed_out);
	} else if (call->caller == JF_SIPGEN_CALLER_INVITING) {
		again(calls, &call->caller_timer, &call->pause_ns, now_ns);
		jf_sipgen_send_invite(calls, call);
	} else if (call->caller == JF_SIPGEN_CALLER_LEAVING) {
		again(calls, &call->caller_timer, &call->pause_ns, now_ns);
		jf_sipgen_send_bye(calls, call);
	}
}

static void agent_due(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call, uint64_t now_ns)
{
	again(calls, &call->agent_timer, &call->reply_pause_ns, now_ns);
	jf_sipgen_send_success(calls, call);
}

uint64_t jf_sipgen_calls_turn(struct jf_sipgen_calls *calls, uint64_t now_ns)
{
	struct jf_heap_node *first;

	while ((first = jf_heap_first(&calls->timers)) && first->key <= now_ns) {
		struct jf_sipgen_call *call;
		size_t at = (size_t)((char *)first - (char *)calls->calls) % sizeof(*call);

		call = (void *)((char *)first - at);
		jf_heap_remove(&calls->timers, first);
		if (first == &call->caller_timer)
			caller_due(calls, call, now_ns);
		else
			agent_due(calls, call, now_ns);
	}
	return first ? first->key : UINT64_MAX;
}

const struct jf_sipgen_results *jf_sipgen_calls_results(const struct jf_sipgen_calls *calls)
{
	return &calls->results;
}

void jf_sipgen_calls_reset(struct jf_sipgen_calls *calls)
{
	calls->results = (struct jf_sipgen_results){.up = calls->results.up,
	                                            .active = calls->results.active};
}
