// SPDX-License-Identifier: BSD-3-Clause
/*
 * A caller in a flow: what engine/ivr decides is carried out with sounds, timers and servers; what
 * it ends with becomes the call's next event. The caller keeps the flow as it was when it came,
 * whatever directory is applied since.
 */
#include "jf_call_flow_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_treatment.h"

#define PATH_SIZE 256u

/* ---- Sounds ---------------------------------------------------------------------------------- */

/* Adds an item to the list. 0, or what is wrong, with the file in ret_path. */
static int item_add(const struct jf_call *call, const struct jf_ivr_words *words,
                    struct jf_media_playlist *list, char ret_path[PATH_SIZE])
{
	struct jf_media *media = call->calls->config.media;
	int err;

	snprintf(ret_path, PATH_SIZE, "%s/%s.wav", words->folder,
	         words->prompt ? words->prompt : words->words.names[0]);
	if (!words->prompt)
		return jf_media_say(media, words->folder, &words->words, list);
	if (list->count == JF_MEDIA_PLAYLIST_MAX)
		return -ENOSPC;
	err = jf_media_sound(media, ret_path, &list->sounds[list->count]);
	list->count += !err;
	return err;
}

/* What the caller's language lacks is said in the flow's own. */
static void item_say(struct jf_call *call, uint32_t item, struct jf_media_playlist *list)
{
	const struct jf_ivr *ivr = call->flow->ivr;
	const char *tried = NULL;
	struct jf_ivr_words words;
	char path[PATH_SIZE];
	int err = -ENOENT;

	for (int by_default = 0; by_default < 2 && err; by_default++) {
		if (jf_ivr_words(ivr, item, by_default, &words) ||
		    (tried && !strcmp(tried, words.folder)))
			continue;
		tried = words.folder;
		err = item_add(call, &words, list, path);
		if (err)
			jf_call_prompt_missing(call, path, err);
	}
}

static void play(struct jf_call *call, const struct jf_ivr_do *todo)
{
	struct jf_media_playlist list = {.count = 0};

	for (uint32_t i = 0; i < todo->n_items; i++)
		item_say(call, i, &list);
	call->flow->play = todo->play;
	jf_call_say(&call->caller, &list);
}

static void stop(struct jf_call *call)
{
	jf_call_say_drop(&call->caller);
	jf_media_silence(call->calls->config.media, call->caller.endpoint);
	call->caller.hears.kind = 0;
}

void jf_call_flow_said(struct jf_call *call)
{
	jf_call_flow_step(call, &(struct jf_ivr_event){.type = JF_IVR_EVENT_PLAYED,
	                                               .play = call->flow->play});
}

/* ---- A step ---------------------------------------------------------------------------------- */

/* Whether there is an answer at once: the next event. */
static bool carry_out(struct jf_call *call, const struct jf_ivr_do *todo,
                      struct jf_ivr_event *ret_event)
{
	struct jf_call_flow *flow = call->flow;

	if (todo->what & JF_IVR_DO_STOP)
		stop(call);
	if (todo->what & JF_IVR_DO_PLAY)
		play(call, todo);
	if (todo->what & JF_IVR_DO_END) {
		flow->ends = true;
		flow->end = *todo;
	}
	if (todo->what & JF_IVR_DO_CALENDAR)
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALENDAR,
		                                   .way = jf_call_flow_calendar(call, todo->name)};
	else if (todo->what & JF_IVR_DO_CALLER)
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALLER,
		                                   .way = jf_call_flow_caller(call)};
	else if ((todo->what & JF_IVR_DO_HTTP) && jf_call_flow_http(call, todo))
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_HTTP, .ask = todo->ask};
	else
		return false;
	return true;
}

static void due(void *arg)
{
	jf_call_flow_step(arg, &(struct jf_ivr_event){.type = JF_IVR_EVENT_TIMER});
}

static void clock_set(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_flow *flow = call->flow;
	uint64_t due_ns = jf_ivr_due(flow->ivr);

	if (due_ns)
		jf_loop_timer_start(&flow->timer, jf_time_since(now_ns, due_ns) / JF_NS_PER_MS + 1,
		                    due, call);
	else
		jf_loop_timer_cancel(&flow->timer);
}

/* As far as it goes without time. */
static void walk(struct jf_call *call, const struct jf_ivr_event *event)
{
	struct jf_ivr_event next = *event;
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_ivr_do todo;

	do {
		jf_ivr_step(call->flow->ivr, &next, now_ns, &todo);
	} while (carry_out(call, &todo, &next));
	snprintf(call->flow_name, sizeof(call->flow_name), "%s",
	         jf_ivr_flow_of(call->flow->ivr)->name);
	snprintf(call->flow_node, sizeof(call->flow_node), "%s",
	         jf_ivr_resume_of(call->flow->ivr)->name);
	jf_call_flow_data_take(call);
	clock_set(call, now_ns);
}

void jf_call_flow_step(struct jf_call *call, const struct jf_ivr_event *event)
{
	walk(call, event);
	jf_call_row_store(call);
	(void)jf_call_flow_conclude(call);
}

bool jf_call_flow_key(struct jf_call *call, char key)
{
	if (!call->flow || call->state != JF_CALL_FLOW)
		return false;
	jf_call_flow_step(call, &(struct jf_ivr_event){.type = JF_IVR_EVENT_DIGIT, .digit = key});
	return true;
}

/* ---- Its ends -------------------------------------------------------------------------------- */

static int end_queue(struct jf_call *call, const struct jf_ivr_do *end)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, end->end->target);
	const struct jf_ivr_queue *asks = &end->end->queue;
	uint32_t tenant = jf_routing_tenant_number(call->calls->routing, call->tenant);
	struct jf_call_wants *wants = &call->wants;

	if (!queue)
		return -ENOENT;
	if (asks->has_priority)
		wants->priority = (uint16_t)asks->priority;
	if (asks->n_steps)
		wants->n_steps = 0;
	for (uint32_t i = 0; i < asks->n_steps; i++)
		if (jf_call_wants_require(wants, call->calls->acd, tenant, asks->steps[i].skills,
		                          asks->steps[i].after_ms))
			jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "\"%s\" can't be asked for",
			       asks->steps[i].skills);
	snprintf(wants->language, sizeof(wants->language), "%s", end->language);
	jf_call_queue_set(call, queue);
	jf_call_event(call, JF_CALL_EVENT_GREETED);
	return 0;
}

/* An agent is called by itself, and so is a number outside; a queue is waited in. */
static int end_transfer(struct jf_call *call, const struct jf_ivr_do *end)
{
	struct jf_ivr_node waits = {.target = call->requeue.queue};
	struct jf_ivr_do queue = {.end = &waits, .language = end->language};
	char name[JF_CALL_TEXT_MAX];
	enum jf_call_kind kind;
	int err = jf_call_aim(call, end->end->target, &kind, name);

	if (err)
		return err;
	if (kind == JF_CALL_TO_QUEUE) {
		waits.target = name;
		return end_queue(call, &queue);
	}
	err = jf_call_target_make(call, kind, name, true);
	if (!err)
		jf_call_event(call, JF_CALL_EVENT_TRANSFER);
	return err;
}

static int end_callback(struct jf_call *call, const struct jf_ivr_do *end)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, end->end->target);

	if (!queue)
		return -ENOENT;
	jf_call_queue_set(call, queue);
	return jf_call_callback_ask(call, end->number);
}

/* 0, and the call has gone on; or a negative errno, and nothing has changed. */
static int end_carry_out(struct jf_call *call)
{
	struct jf_ivr_do end = call->flow->end;

	switch (end.end->kind) {
	case JF_IVR_QUEUE:
		return end_queue(call, &end);
	case JF_IVR_TRANSFER:
		return end_transfer(call, &end);
	case JF_IVR_VOICEMAIL:
		return jf_call_voicemail_begin(call, end.end->target);
	case JF_IVR_CALLBACK:
		return end_callback(call, &end);
	case JF_IVR_SURVEY:
		return jf_call_survey_begin(call, end.end->target);
	default:
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the flow ended", 0);
		jf_call_event(call, JF_CALL_EVENT_RELEASE);
		return 0;
	}
}

bool jf_call_flow_conclude(struct jf_call *call)
{
	/* Carrying out an event of the call: it will ask again when it is done. */
	if (call->acting || !call->flow || call->state != JF_CALL_FLOW)
		return false;
	while (call->flow->ends) {
		int err;

		call->flow->ends = false;
		err = end_carry_out(call);
		if (!err)
			return true;
		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, &call->id, "flow %s, %s: %s", call->flow_name,
		       jf_ivr_node_of(call->flow->ivr)->name, strerror(-err));
		walk(call, &(struct jf_ivr_event){.type = JF_IVR_EVENT_REFUSED});
	}
	return false;
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* The node's line of JF_CALL_DO_FLOW: it begins, or goes on when its transfer failed. */
void jf_call_flow_begin(struct jf_call *call)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	struct jf_ivr_data data = {0};
	struct jf_ivr_start start = {
	        .flows = jf_directory_flows(directory),
	        .node = call->flow_node[0] ? call->flow_node : NULL,
	        .caller = call->withheld ? "" : call->caller_number,
	        .number = call->number,
	        .call_id = call->id_text,
	        .data = &data,
	        .left = jf_call_flow_left,
	        .arg = call,
	};

	if (call->flow) {
		walk(call, &(struct jf_ivr_event){.type = JF_IVR_EVENT_REFUSED});
		return;
	}
	start.flow = jf_ivr_flow_find(start.flows, call->tenant, call->flow_name);
	call->flow = start.flow ? calloc(1, sizeof(*call->flow)) : NULL;
	jf_call_flow_data_give(call, &data);
	if (call->flow && jf_ivr_create(&start, &call->flow->ivr)) {
		free(call->flow);
		call->flow = NULL;
	}
	jf_ivr_data_clear(&data);
	if (!call->flow) { /* who comes now is released: jf_call_flow_lost */
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the flow was removed", 0);
		return;
	}
	walk(call, &(struct jf_ivr_event){.type = JF_IVR_EVENT_BEGIN});
}

void jf_call_flow_free(struct jf_call *call)
{
	struct jf_call_flow *flow = call->flow;

	if (!flow)
		return;
	call->flow = NULL;
	jf_loop_timer_cancel(&flow->timer);
	jf_http_cancel(flow->asking);
	jf_ivr_destroy(flow->ivr);
	free(flow);
}

/* Before it, in it, or where it may still come back to it. */
static bool may_go_on(const struct jf_call *call)
{
	return call->state == JF_CALL_CONFIRMING || call->state == JF_CALL_GREETING ||
	       call->state == JF_CALL_FLOW || (call->state == JF_CALL_FORWARDING && call->flow);
}

void jf_call_flow_settle(struct jf_call *call)
{
	if (may_go_on(call))
		return;
	if (call->flow)
		jf_call_flow_cut(call);
	/* Where it goes on by itself its sounds are over: what is said now is what came of it. */
	if (call->flow && call->state >= JF_CALL_CLOSING)
		jf_call_say_drop(&call->caller);
	jf_call_flow_free(call);
	call->flow_name[0] = call->flow_node[0] = '\0';
}
