// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_priv.h"

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
	call->decisions = json_array();
	call->attempts = json_array();
	call->digits = json_array();
	if (!call->decisions || !call->attempts || !call->digits ||
	    jf_call_party_create(call, JF_MEDIA_AGENT, &call->agent)) {
		json_decref(call->decisions);
		json_decref(call->attempts);
		json_decref(call->digits);
		free(call);
		return NULL;
	}
	call->calls = calls;
	call->id = *id;
	jf_call_id_text(id, call->id_text);
	call->caller = (struct jf_call_party){
	        .call = call, .side = JF_MEDIA_CALLER, .agent_ref = jf_acd_nobody};
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
	jf_call_party_free(call->agent);
	if (call->speech)
		jf_analytics_stop(call->speech);
	json_decref(call->decisions);
	json_decref(call->attempts);
	json_decref(call->digits);
	json_decref(call->streams);
	json_decref(call->speech_figures);
	json_decref(call->sound);
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
	if (call->ended_by == JF_CALL_BY_CALLER)
		return "abandoned";
	/* We ended it: by rule, or by a fault. */
	return call->end_reason && !strcmp(call->end_reason, "waited too long") ? "released"
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
	json_object_set_new(data, "caller",
	                    jf_bus_text(call->caller_number, strlen(call->caller_number)));
	json_object_set_new(data, "number", jf_bus_text(call->number, strlen(call->number)));
	if (call->agent->agent_ref.index != JF_ACD_NONE)
		json_object_set_new(data, "agent", json_string(call->agent->name));
	jf_bus_publish(call->calls->config.bus, topic, data);
}

static void timed_out(void *arg)
{
	struct jf_call *call = arg;

	if (call->state == JF_CALL_RINGING)
		jf_call_event(call, JF_CALL_EVENT_RING_TIMEOUT);
	else if (call->state == JF_CALL_CLOSING)
		jf_call_event(call, JF_CALL_EVENT_RECORDED);
	else if (call->state == JF_CALL_WRITING)
		jf_call_record_write(call); /* the store's queue was full */
}

static void note_attempt(struct jf_call *call, uint64_t now_ns)
{
	const char *outcome = jf_acd_outcome_name(call->agent->outcome);
	json_t *attempt;

	if (call->agent->joined_ns)
		outcome = "answered";
	else if (call->state == JF_CALL_CLOSING)
		outcome = "caller left";
	attempt =
	        json_pack("{s:s, s:o, s:s, s:I}", "agent", call->agent->name, "at_utc",
	                  jf_call_utc(jf_call_utc_ns(call, call->agent->dialed_ns)), "outcome",
	                  outcome, "ring_ms",
	                  (json_int_t)(jf_time_since(call->agent->dialed_ns,
	                                             call->agent->joined_ns ? call->agent->joined_ns
	                                                                    : now_ns) /
	                               JF_NS_PER_MS));
	if (call->agent->code)
		json_object_set_new(attempt, "sip_code", json_integer(call->agent->code));
	if (call->agent->joined_ns)
		json_object_set_new(
		        attempt, "talk_ms",
		        json_integer((json_int_t)(jf_time_since(call->agent->joined_ns, now_ns) /
		                                  JF_NS_PER_MS)));
	json_array_append_new(call->attempts, attempt);
	call->agent->code = 0;
}

static void enqueue(struct jf_call *call, uint64_t now_ns)
{
	struct jf_acd_arrival arrival = {.enqueued_ns = now_ns};

	call->queued_ns = now_ns;
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

static void joined(struct jf_call *call, uint64_t now_ns)
{
	jf_loop_timer_cancel(&call->timer);
	if (!call->agent->joined_ns) {
		call->agent->joined_ns = now_ns;
		if (!call->first_joined_ns) {
			call->first_joined_ns = now_ns;
			call->calls->totals.answered++;
		}
		call->answered = true;
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s answered", call->agent->name);
		jf_call_publish(call, "call.answered", NULL);
	}
	if (call->hold_since_ns) {
		call->hold_ns += jf_time_since(call->hold_since_ns, now_ns);
		call->hold_since_ns = 0;
		jf_call_publish(call, "call.resumed", NULL);
	}
	jf_call_media_join(call);
}

/* The segment with this agent is over. */
static void segment_end(struct jf_call *call, uint64_t now_ns)
{
	if (call->hold_since_ns)
		call->hold_ns += jf_time_since(call->hold_since_ns, now_ns);
	call->hold_since_ns = 0;
	if (call->agent->joined_ns)
		call->talk_ns += jf_time_since(call->agent->joined_ns, now_ns);
	call->agent->joined_ns = 0;
}

static void finish(struct jf_call *call, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;

	jf_loop_timer_cancel(&call->timer);
	segment_end(call, now_ns);
	call->ended_ns = now_ns;
	calls->totals.ended++;
	calls->totals.failed += !strcmp(jf_call_outcome(call), "failed");
	call->agent->agent_ref = jf_acd_nobody;
	if (call->caller.leg) {
		jf_leg_detach(call->caller.leg);
		call->caller.leg = NULL;
	}
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "ended: %s", call->end_reason);
	if (jf_call_media_finish(call))
		jf_loop_timer_start(&call->timer, JF_CALL_RECORD_MS, timed_out, call);
	else
		jf_loop_timer_start(&call->timer, 0, timed_out, call);
}

static void act_on_acd(struct jf_call *call, unsigned int actions, uint64_t now_ns)
{
	struct jf_acd *acd = call->calls->acd;

	if (!call->in_acd)
		return;
	if (actions & JF_CALL_DO_ACD_RINGS)
		jf_acd_ringing(acd, call->entry, now_ns);
	if (actions & JF_CALL_DO_ACD_ANSWERED)
		jf_acd_answered(acd, call->entry, now_ns);
	if (actions & JF_CALL_DO_ACD_REFUSED) {
		call->agent->agent_ref = jf_acd_nobody;
		jf_acd_refused(acd, call->entry, call->agent->outcome, now_ns);
	}
	if (actions & JF_CALL_DO_ACD_HELD)
		jf_acd_held(acd, call->entry, true, now_ns);
	if (actions & JF_CALL_DO_ACD_RESUMED)
		jf_acd_held(acd, call->entry, false, now_ns);
	if (actions & JF_CALL_DO_ACD_VANISHED) {
		call->agent->agent_ref = jf_acd_nobody;
		jf_acd_vanished(acd, call->entry, now_ns);
	}
	if (actions & (JF_CALL_DO_ACD_ABANDONED | JF_CALL_DO_ACD_RELEASED)) {
		call->in_acd = false;
		jf_acd_leave(acd, call->entry, actions & JF_CALL_DO_ACD_ABANDONED, now_ns);
	}
	if (actions & JF_CALL_DO_ACD_END) {
		call->in_acd = false;
		jf_acd_end(acd, call->entry, now_ns);
	}
}

static void act_on_legs(struct jf_call *call, unsigned int actions, uint64_t now_ns)
{
	if (actions & JF_CALL_DO_HANG_UP_CALLER)
		jf_call_leg_end(&call->caller, 0, NULL);
	if (actions & JF_CALL_DO_HANG_UP_AGENT)
		jf_call_leg_end(call->agent, 0, NULL);
	if (actions & JF_CALL_DO_CANCEL_AGENT)
		jf_call_leg_cancel(call, call->state == JF_CALL_QUEUED);
	if (actions & JF_CALL_DO_NOTE_ATTEMPT)
		note_attempt(call, now_ns);
}

static void act(struct jf_call *call, unsigned int actions, uint64_t now_ns)
{
	act_on_legs(call, actions, now_ns);
	if (actions & JF_CALL_DO_PART) {
		segment_end(call, now_ns);
		jf_call_media_part(call);
	}
	if (actions & JF_CALL_DO_GREET)
		jf_call_media_greet(call);
	if (actions & JF_CALL_DO_MUSIC) {
		if (call->state == JF_CALL_HELD) {
			call->hold_since_ns = now_ns;
			jf_call_publish(call, "call.held", NULL);
		}
		jf_call_media_play(call);
	}
	if (actions & JF_CALL_DO_ENQUEUE)
		enqueue(call, now_ns);
	if (actions & JF_CALL_DO_DIAL) {
		jf_loop_timer_start(&call->timer, call->ring_timeout_ms, timed_out, call);
		jf_call_dial(call);
	}
	if (actions & JF_CALL_DO_JOIN)
		joined(call, now_ns);
	if (actions & JF_CALL_DO_ACD_REFUSED)
		jf_loop_timer_cancel(&call->timer);
	act_on_acd(call, actions, now_ns);
	if (actions & JF_CALL_DO_FINISH)
		finish(call, now_ns);
	if (actions & JF_CALL_DO_STORE)
		jf_call_row_store(call);
	if (actions & JF_CALL_DO_WRITE) {
		jf_loop_timer_cancel(&call->timer);
		jf_call_record_write(call);
	}
}

void jf_call_event(struct jf_call *call, enum jf_call_event event)
{
	struct jf_calls *calls = call->calls;
	struct jf_call_step step = jf_call_fsm_step(call->state, event);
	uint64_t now_ns = jf_loop_now_ns();

	/* Nothing that an action does may raise an event of the same call before it is done. */
	assert(!call->acting);
	if (step.actions & JF_CALL_DO_WONDER) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "%s while %s",
		       jf_call_event_name(event), jf_call_state_name(call->state));
		return;
	}
	jf_log(JF_LOG_CALL, JF_LOG_DEBUG, &call->id, "%s: %s -> %s", jf_call_event_name(event),
	       jf_call_state_name(call->state), jf_call_state_name(step.next));
	call->acting = true;
	call->state = step.next;
	act(call, step.actions, now_ns);
	call->acting = false;
	if (step.actions & JF_CALL_DO_FREE) {
		jf_call_free(call);
		return;
	}
	if ((step.actions & JF_CALL_DO_GREET) && !call->greeting_id) {
		jf_call_event(call, JF_CALL_EVENT_GREETED);
		return;
	}
	if ((step.actions & JF_CALL_DO_ENQUEUE) && !call->in_acd) {
		jf_call_event(call, JF_CALL_EVENT_RELEASE);
		return;
	}
	jf_agents_drain(calls);
}

void jf_call_offered(struct jf_call *call, const struct jf_acd_output *output)
{
	struct jf_acd_agent agent;

	call->agent->agent_ref = output->agent;
	call->agent->dialed_ns = jf_loop_now_ns();
	call->agent->rang_ns = 0;
	call->agent->outcome = JF_ACD_OUTCOME_FAILED;
	call->agent->code = 0;
	if (!jf_acd_agent_get(call->calls->acd, output->agent, &agent))
		snprintf(call->agent->name, sizeof(call->agent->name), "%s", agent.name);
	jf_call_event(call, JF_CALL_EVENT_OFFERED);
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
	jf_list_init(&calls->rows.calls);
	read_boot_id(calls->boot_id, sizeof(calls->boot_id));
	err = jf_acd_create(&calls->acd);
	if (!err)
		err = jf_routing_create(calls->acd, &calls->routing);
	if (!err)
		err = jf_routing_set(calls->routing, config->directory, calls->started_ns);
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

	if (!err)
		err = jf_calls_adopt(calls);
	if (err)
		return err;
	jf_media_settle(calls->config.media);
	jf_agents_drain(calls);
	sweep(calls);
	return 0;
}

void jf_calls_stop(struct jf_calls *calls)
{
	calls->stopped = true;
	jf_loop_timer_cancel(&calls->sweep_timer);
	jf_loop_timer_cancel(&calls->acd_timer);
	JF_LIST_FOR(link, &calls->calls)
	{
		struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		jf_loop_timer_cancel(&call->timer);
		jf_call_party_stop(&call->caller);
		jf_call_party_stop(call->agent);
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
	free(calls->rows.agents);
	free(calls->rows.marked);
	jf_routing_destroy(calls->routing);
	jf_acd_destroy(calls->acd);
	free(calls);
}

int jf_calls_directory_set(struct jf_calls *calls, const struct jf_directory *directory)
{
	int err;

	jf_agents_directory(calls, directory);
	err = jf_routing_set(calls->routing, directory, jf_loop_now_ns());
	jf_agents_drain(calls);
	return err;
}
