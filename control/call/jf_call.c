// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_asked.h"
#include "jf_call_outside.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Finding ------------------------------------------------------------------------------- */

static struct jf_call **bucket_of(struct jf_calls *calls, const struct jf_call_id *id)
{
	/* The last bytes of an id are random. */
	uint32_t hash = (uint32_t)id->b[14] << 8 | id->b[15];

	return &calls->buckets[hash & (JF_CALL_BUCKETS - 1)];
}

struct jf_call *jf_call_find(const struct jf_calls *calls, const struct jf_call_id *id)
{
	struct jf_call *call = *bucket_of((struct jf_calls *)calls, id);

	while (call && !jf_call_id_equal(&call->id, id))
		call = call->next_in_bucket;
	return call;
}

struct jf_call *jf_call_make(struct jf_calls *calls, const struct jf_call_id *id)
{
	struct jf_call *call = calloc(1, sizeof(*call)), **bucket = bucket_of(calls, id);

	if (!call)
		return NULL;
	call->digits = json_array();
	call->right_channel = json_array();
	call->overflows = json_array();
	if (!call->digits || !call->right_channel || !call->overflows ||
	    jf_call_party_create(call, JF_MEDIA_AGENT, &call->agent)) {
		json_decref(call->digits);
		json_decref(call->right_channel);
		json_decref(call->overflows);
		free(call);
		return NULL;
	}
	call->calls = calls;
	call->id = *id;
	jf_call_id_text(id, call->id_text);
	call->caller = (struct jf_call_party){.call = call,
	                                      .side = JF_MEDIA_CALLER,
	                                      .agent_ref = jf_acd_nobody,
	                                      .entry = jf_acd_nobody};
	call->queue = call->entry = jf_acd_nobody;
	call->next_in_bucket = *bucket;
	*bucket = call;
	jf_list_append(&calls->calls, &call->link);
	calls->n_calls++;
	return call;
}

void jf_call_free(struct jf_call *call)
{
	struct jf_call **at = bucket_of(call->calls, &call->id);

	while (*at != call)
		at = &(*at)->next_in_bucket;
	*at = call->next_in_bucket;
	if (call->calls->sweep_at == &call->link)
		call->calls->sweep_at = call->link.next;
	jf_list_remove(&call->link);
	jf_list_remove(&call->row_link);
	call->calls->n_calls--;
	jf_loop_timer_cancel(&call->timer);
	jf_call_party_stop(&call->caller);
	jf_call_outside_end(&call->caller);
	json_decref(call->caller.outside_was);
	jf_call_treatment_free(call);
	jf_call_flow_free(call);
	jf_call_asked_free(call);
	jf_call_party_free(call->agent);
	jf_call_party_free(call->target);
	jf_call_party_free(call->line);
	if (call->speech)
		jf_analytics_stop(call->speech);
	jf_call_notes_clear(&call->decisions);
	jf_call_notes_clear(&call->attempts);
	jf_call_notes_clear(&call->segments);
	json_decref(call->digits);
	json_decref(call->right_channel);
	json_decref(call->left_channel);
	jf_call_asides_free(call);
	json_decref(call->overflows);
	json_decref(call->path);
	jf_call_wants_clear(&call->wants);
	free(call->streams);
	free(call->speech_figures);
	json_decref(call->sound);
	json_decref(call->pictures);
	explicit_bzero(call, sizeof(*call)); /* keys of SRTP, key presses */
	free(call);
}

uint32_t jf_calls_count(const struct jf_calls *calls)
{
	return calls->n_calls;
}

/* Wall time of something in the call: a label on its monotonic time. */
uint64_t jf_call_utc_ns(const struct jf_call *call, uint64_t at_ns)
{
	return call->arrived_utc_ns + at_ns - call->arrived_ns;
}

const char *jf_call_outcome(const struct jf_call *call)
{
	if (call->answered)
		return "answered";
	if (call->message)
		return "voicemail";
	if (call->left_number)
		return "callback";
	if (call->task_outcome)
		return call->task_outcome;
	if (call->ended_by == JF_CALL_BY_CALLER)
		return "abandoned";
	/* We ended it: by rule, or by a fault. */
	return call->end_reason && (!strcmp(call->end_reason, "waited too long") ||
	                            !strcmp(call->end_reason, "the queue is closed") ||
	                            !strcmp(call->end_reason, "a feature code") ||
	                            !strcmp(call->end_reason, "the flow ended") ||
	                            !strcmp(call->end_reason, "survey over") ||
	                            !strcmp(call->end_reason, "not reached"))
	               ? "released"
	               : "failed";
}

/* ---- Carrying out -------------------------------------------------------------------------- */

void jf_call_end_note(struct jf_call *call, enum jf_call_by by, const char *reason, uint16_t code)
{
	if (call->ended_by != JF_CALL_BY_NOBODY)
		return;
	call->ended_by = by;
	call->end_reason = reason;
	call->end_code = code;
}

void jf_call_end_refuse(struct jf_call *call, const char *reason, uint16_t code,
                        enum jf_sip_why why)
{
	if (call->ended_by != JF_CALL_BY_NOBODY)
		return;
	jf_call_end_note(call, JF_CALL_BY_ENGINE, reason, code);
	call->end_why = (uint8_t)why;
}

/* Whom it is about, if that is not said: its agent; and the team. */
static void agent_told(const struct jf_call *call, json_t *data)
{
	const char *name = json_string_value(json_object_get(data, "agent")), *team;

	if (!name) {
		name = call->agent->name;
		json_object_set_new(data, "agent", json_string(name));
	}
	team = jf_call_agent_team(call->calls, name);
	if (team)
		json_object_set_new(data, "team", json_string(team));
}

void jf_call_publish(struct jf_call *call, const char *topic, json_t *data)
{
	if (jf_bus_skip(call->calls->config.bus)) {
		json_decref(data);
		return;
	}
	if (!data)
		data = json_object();
	json_object_set_new(data, "call", json_string(call->id_text));
	json_object_set_new(data, "tenant", json_string(call->tenant));
	json_object_set_new(data, "queue", json_string(call->queue_name));
	json_object_set_new(
	        data, "caller",
	        jf_bus_text(jf_call_caller_shown(call), strlen(jf_call_caller_shown(call))));
	json_object_set_new(data, "number", jf_bus_text(call->number, strlen(call->number)));
	if (call->agent->agent_ref.index != JF_ACD_NONE)
		agent_told(call, data);
	jf_bus_publish(call->calls->config.bus, topic, data);
}

static void timed_out(void *arg)
{
	struct jf_call *call = arg;

	if (call->state == JF_CALL_RINGING && call->agent->kind == JF_CALL_TO_OUTSIDE) {
		call->agent->why = JF_SIP_WHY_NO_ANSWER;
		jf_call_forward_failed(call, "the number outside does not answer", 408);
	} else if (call->state == JF_CALL_RINGING)
		jf_call_event(call, JF_CALL_EVENT_RING_TIMEOUT);
	else if (call->target)
		jf_call_target_timed_out(call);
	else if (call->state == JF_CALL_REACHING || call->state == JF_CALL_CONNECTING)
		jf_call_customer_failed(call, "the customer does not answer", 408);
	else if (call->state == JF_CALL_LISTENING)
		jf_call_listen_over(call);
	else if (call->state == JF_CALL_QUEUED)
		jf_call_expired(call, jf_loop_now_ns());
	else if (call->state == JF_CALL_CLOSING)
		jf_call_event(call, JF_CALL_EVENT_RECORDED);
	else if (call->state == JF_CALL_WRITING)
		jf_call_record_write(call); /* the store's queue was full */
}

void jf_call_wait_for(struct jf_call *call, uint64_t delay_ms)
{
	jf_loop_timer_start(&call->timer, delay_ms, timed_out, call);
}

/* It waited for as long as the queue permits. With an age from elsewhere, that much longer. */
void jf_call_expired(struct jf_call *call, uint64_t now_ns)
{
	struct jf_acd_queue queue;

	if (call->task && !call->caller.leg) /* nobody waits on a line */
		return;
	if (call->requeued_ns && !jf_acd_queue_get(call->calls->acd, call->queue, &queue) &&
	    jf_time_since(call->requeued_ns, now_ns) < queue.options.max_wait_ns) {
		jf_call_wait_for(
		        call, jf_time_since(now_ns, call->requeued_ns + queue.options.max_wait_ns) /
		                              JF_NS_PER_MS +
		                      1);
		return;
	}
	jf_call_end_note(call, JF_CALL_BY_ENGINE, "waited too long", 0);
	jf_call_event(call, JF_CALL_EVENT_EXPIRED);
}

/* What is told when a call comes to a state; NULL: nothing, or more than that, elsewhere. */
static void publish_entered(struct jf_call *call, enum jf_call_state from)
{
	static const char *const topics[JF_CALL_STATE_COUNT] = {
	        [JF_CALL_HELD] = "call.held",
	        [JF_CALL_CONSULT_ASIDE] = "call.swapped",
	        [JF_CALL_CONFERENCE] = "call.conference",
	        [JF_CALL_TRANSFERRING] = "call.transferring",
	};

	if (topics[call->state])
		jf_call_publish(call, topics[call->state], NULL);
	else if (from == JF_CALL_HELD && call->state == JF_CALL_TALKING)
		jf_call_publish(call, "call.resumed", NULL);
}

/* What has to happen next, with nothing new from outside. False: nothing. */
static bool follows(struct jf_call *call, uint64_t done, enum jf_call_event *ret_event)
{
	if ((done & JF_CALL_DO_GREET) && !call->greeting_id)
		*ret_event = jf_call_greeted(call);
	else if (call->state == JF_CALL_QUEUED && !call->in_acd && call->forward[0])
		*ret_event = JF_CALL_EVENT_FORWARD;
	else if (call->state == JF_CALL_QUEUED && !call->in_acd && call->turned_away)
		*ret_event = JF_CALL_EVENT_TURNED_AWAY;
	else if (call->state == JF_CALL_FLOW && !call->flow)
		*ret_event = JF_CALL_EVENT_RELEASE; /* it is gone */
	else if (call->state == JF_CALL_QUEUED && !call->in_acd)
		*ret_event = JF_CALL_EVENT_RELEASE;
	else if (call->state == JF_CALL_TALKING && call->agent->desc.hold)
		*ret_event = JF_CALL_EVENT_HOLD;
	else
		return false;
	return true;
}

void jf_call_event(struct jf_call *call, enum jf_call_event event)
{
	struct jf_calls *calls = call->calls;
	struct jf_call_step step = jf_call_fsm_step(call->state, event);
	enum jf_call_state from = call->state;
	uint64_t now_ns = jf_loop_now_ns();
	enum jf_call_event next;

	/* Nothing that an action does may raise an event of the same call before it is done. */
	assert(!call->acting);
	if (step.actions & JF_CALL_DO_WONDER) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "%s while %s",
		       jf_call_event_name(event), jf_call_state_name(call->state));
		return;
	}
	jf_log(JF_LOG_CALL, JF_LOG_DEBUG, &call->id, "%s: %s -> %s", jf_call_event_name(event),
	       jf_call_state_name(call->state), jf_call_state_name(step.next));
	/* Who leaves a consultation to a queue may have been lost, too: jf_call_agent_gone. */
	if (event != JF_CALL_EVENT_REQUEUE)
		call->agent_lost = event == JF_CALL_EVENT_AGENT_VANISHED;
	call->acting = true;
	call->state = step.next;
	jf_call_act(call, step.actions, now_ns);
	call->acting = false;
	jf_call_intake_moved(call, from);
	if (step.actions & JF_CALL_DO_FREE) {
		jf_call_free(call);
		return;
	}
	if (call->state != from)
		publish_entered(call, from);
	if (jf_call_flow_conclude(call))
		return;
	if (follows(call, step.actions, &next)) {
		if (next == JF_CALL_EVENT_RELEASE)
			jf_call_end_note(call, JF_CALL_BY_ENGINE, "no queue to wait in", 0);
		jf_call_event(call, next);
		return;
	}
	jf_agents_drain(calls);
}

void jf_call_offered(struct jf_call *call, const struct jf_acd_output *output)
{
	struct jf_acd_agent agent;
	enum jf_call_event event;

	call->agent->agent_ref = output->agent;
	call->agent->dialed_ns = jf_loop_now_ns();
	call->agent->rang_ns = 0;
	call->agent->outcome = JF_ACD_OUTCOME_FAILED;
	call->agent->code = 0;
	if (!jf_acd_agent_get(call->calls->acd, output->agent, &agent))
		snprintf(call->agent->name, sizeof(call->agent->name), "%s", agent.name);
	event = jf_call_callback_offered(call);
	jf_call_event(call, event);
}

/* ---- Life of them all ---------------------------------------------------------------------- */

static void sweep(void *arg)
{
	struct jf_calls *calls = arg;
	uint32_t share = calls->n_calls / JF_CALL_SWEEP_SLICES + 1;
	uint64_t now_ns = jf_loop_now_ns();

	if (!calls->sweep_at)
		calls->sweep_at = calls->calls.head.next;
	while (share-- && calls->sweep_at != &calls->calls.head) {
		struct jf_call *call = JF_CONTAINER(calls->sweep_at, struct jf_call, link);

		calls->sweep_at = calls->sweep_at->next;
		jf_call_sweep(call, now_ns);
	}
	if (calls->sweep_at == &calls->calls.head)
		calls->sweep_at = NULL;
	jf_loop_timer_start(&calls->sweep_timer, JF_CALL_SWEEP_MS, sweep, calls);
}

static void read_boot_id(char *ret_id, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret_id[0] = '\0';
	if (!file)
		return;
	if (!fgets(ret_id, (int)size, file))
		ret_id[0] = '\0';
	ret_id[strcspn(ret_id, "\n")] = '\0';
	fclose(file);
}

int jf_calls_create(const struct jf_calls_config *config, struct jf_calls **ret_calls)
{
	struct jf_calls *calls = calloc(1, sizeof(*calls));
	int err;

	if (!calls)
		return -ENOMEM;
	calls->config = *config;
	calls->started_ns = jf_loop_now_ns();
	jf_list_init(&calls->calls);
	jf_list_init(&calls->ghosts);
	jf_list_init(&calls->tasks);
	jf_list_init(&calls->rows.calls);
	read_boot_id(calls->boot_id, sizeof(calls->boot_id));
	err = jf_acd_create(&calls->acd);
	if (!err && config->kpis)
		jf_acd_leaves_report(calls->acd);
	if (!err)
		err = jf_routing_create(calls->acd, &calls->routing);
	if (!err)
		err = jf_routing_set(calls->routing, config->directory, calls->started_ns);
	if (!err)
		err = jf_call_trunks_create(calls, &calls->trunks);
	if (err) {
		jf_routing_destroy(calls->routing);
		jf_acd_destroy(calls->acd);
		free(calls);
		return err;
	}
	*ret_calls = calls;
	return 0;
}

int jf_calls_start(struct jf_calls *calls)
{
	int err = jf_agents_restore(calls);

	jf_call_doors_restore(calls);
	jf_call_trunks_set(calls->trunks, jf_routing_directory(calls->routing));
	if (!err)
		err = jf_calls_adopt(calls);
	if (err)
		return err;
	jf_media_settle(calls->config.media);
	jf_call_doors_look(calls);
	jf_call_tasks_restore(calls);
	jf_call_kpi_restored(calls);
	jf_agents_drain(calls);
	sweep(calls);
	return 0;
}

void jf_calls_stop(struct jf_calls *calls)
{
	jf_call_trunks_stop(calls->trunks);
	calls->stopped = true;
	jf_call_doors_stop(calls);
	jf_loop_timer_cancel(&calls->sweep_timer);
	jf_loop_timer_cancel(&calls->acd_timer);
	jf_call_tasks_stop(calls);
	JF_LIST_FOR(link, &calls->calls)
	{
		struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		jf_loop_timer_cancel(&call->timer);
		jf_call_treatment_stop(call);
		jf_call_flow_free(call);
		jf_call_party_stop(&call->caller);
		jf_call_party_stop(call->agent);
		if (call->target)
			jf_call_party_stop(call->target);
		if (call->line)
			jf_call_party_stop(call->line);
		if (call->speech)
			jf_call_speech_store(call);
	}
	jf_call_rows_close(calls);
}

void jf_calls_destroy(struct jf_calls *calls)
{
	if (!calls)
		return;
	JF_LIST_FOR(link, &calls->calls)
	jf_call_free(JF_CONTAINER(link, struct jf_call, link));
	JF_LIST_FOR(link, &calls->ghosts)
	free(JF_CONTAINER(link, struct jf_call_ghost, link));
	json_decref(calls->doors.shut);
	free(calls->doors.days);
	jf_call_tasks_free(calls);
	free(calls->rows.agents);
	free(calls->rows.marked);
	free(calls->rows.registered);
	jf_call_trunks_destroy(calls->trunks);
	jf_routing_destroy(calls->routing);
	jf_acd_destroy(calls->acd);
	free(calls);
}
