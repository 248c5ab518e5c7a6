// SPDX-License-Identifier: BSD-3-Clause
/*
 * A caller who waits: what jf_treatment.h decides is carried out. What is to be said is looked up
 * in the directory each time, so that another one takes effect at once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_acd_flow.h"
#include "jf_call_priv.h"
#include "jf_call_treatment.h"
#include "jf_prompt.h"

const struct jf_directory_treatment *jf_call_treatment_of(const struct jf_call *call)
{
	const struct jf_directory_queue *queue = jf_call_queue_named(call, call->queue_name);

	return queue ? queue->treatment : NULL;
}

static bool is_invited(const struct jf_call *call, const struct jf_directory_treatment *t)
{
	return t->survey && t->survey->invite && !call->survey_invited;
}

static struct jf_treatment_policy policy_make(const struct jf_call *call,
                                              const struct jf_directory_treatment *t)
{
	return (struct jf_treatment_policy){
	        .first_ns = t->first_ms * JF_NS_PER_MS,
	        .every_ns = t->every_ms * JF_NS_PER_MS,
	        .position = t->position,
	        .estimate = t->estimated_wait,
	        .n_comfort = (uint32_t)t->n_comfort,
	        .callback_key = t->callback_key,
	        .voicemail_key = t->voicemail_key,
	        .confirms = t->callback.confirms,
	        .invites = is_invited(call, t),
	};
}

/* ---- Saying ---------------------------------------------------------------------------------- */

/* The words of a language's folder. Whether all of them are there. */
static bool words_add(struct jf_call *call, const char *prompts, const char *language,
                      const struct jf_prompt_list *words, struct jf_media_playlist *list)
{
	for (uint32_t i = 0; i < words->count; i++) {
		char folder[JF_CALL_PATH_MAX], path[JF_CALL_PATH_MAX + 32];
		struct jf_prompt_list one = {.count = 1};
		int err;

		memcpy(one.names[0], words->names[i], sizeof(one.names[0]));
		snprintf(folder, sizeof(folder), "%s/%s", prompts, language);
		err = jf_media_say(call->calls->config.media, folder, &one, list);
		if (!err)
			continue;
		snprintf(path, sizeof(path), "%s/%s.wav", folder, words->names[i]);
		jf_call_prompt_missing(call, path, err);
		return false;
	}
	return true;
}

/* The caller's language, where numbers can be said in it and it has a folder; else the queue's. */
static const char *language_of(const struct jf_call *call, const struct jf_directory_treatment *t)
{
	const char *wanted = call->wants.language;
	struct jf_media *media = call->calls->config.media;
	char path[JF_CALL_PATH_MAX];
	uint16_t sound;

	if (!wanted[0] || !t->prompts || !jf_prompt_language_find(wanted) || strchr(wanted, '/') ||
	    wanted[0] == '.')
		return t->language;
	snprintf(path, sizeof(path), "%s/%s/queue-thereare.wav", t->prompts, wanted);
	return jf_media_sound(media, path, &sound) ? t->language : wanted;
}

static void word_add(struct jf_prompt_list *list, const char *word)
{
	if (list->count < JF_PROMPT_MAX)
		snprintf(list->names[list->count++], JF_PROMPT_NAME_SIZE, "%s", word);
}

/* All of it, or nothing: half a sentence is worse than music. */
static void speak(struct jf_call *call, const struct jf_directory_treatment *t,
                  const char *language, const struct jf_prompt_list *words)
{
	struct jf_media_playlist list = {.count = 0};

	if (!t->prompts || !language || !words_add(call, t->prompts, language, words, &list))
		list.count = 0;
	jf_call_say(&call->caller, &list);
}

static void announce(struct jf_call *call, const struct jf_directory_treatment *t,
                     const struct jf_treatment_step *step)
{
	const char *code = language_of(call, t);
	const struct jf_prompt_language *language = code ? jf_prompt_language_find(code) : NULL;
	struct jf_prompt_list words = {0};

	if (language && step->position)
		(void)jf_prompt_position(language, step->position, &words);
	if (language && step->minutes) {
		word_add(&words, "queue-holdtime");
		(void)jf_prompt_duration(language, step->minutes * 60, &words);
	}
	speak(call, t, code, &words);
	jf_call_publish(call, "call.announced",
	                json_pack("{s:i, s:i}", "position", (int)step->position, "minutes",
	                          (int)step->minutes));
}

static void read_number(struct jf_call *call, const struct jf_directory_treatment *t,
                        const char *number)
{
	const char *code = language_of(call, t);
	const struct jf_prompt_language *language = code ? jf_prompt_language_find(code) : NULL;
	struct jf_prompt_list words = {0};

	word_add(&words, "callback-number");
	if (language)
		(void)jf_prompt_digits(language, number + (number[0] == '+'), &words);
	word_add(&words, "callback-choose");
	speak(call, t, code, &words);
}

void jf_call_wait_speak(struct jf_call *call, const char *word, const char *word_2)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	struct jf_prompt_list words = {0};
	struct jf_media_playlist nothing = {.count = 0};

	word_add(&words, word);
	if (word_2)
		word_add(&words, word_2);
	if (t && t->prompts && t->language)
		speak(call, t, language_of(call, t), &words);
	else
		jf_call_say(&call->caller, &nothing);
}

/* ---- Carrying out ---------------------------------------------------------------------------- */

static void invite(struct jf_call *call, const struct jf_directory_treatment *t)
{
	call->survey_invited = true;
	jf_call_say_file(&call->caller, t->survey->invite);
}

static void carry_out(struct jf_call *call, const struct jf_directory_treatment *t,
                      const struct jf_treatment_step *step)
{
	switch (step->does) {
	case JF_TREATMENT_DO_MUSIC:
		if (jf_call_says(&call->caller))
			call->caller.hears.kind = 0;
		jf_call_say_drop(&call->caller);
		if (!call->acting) /* else that follows */
			jf_call_settle(call, jf_loop_now_ns());
		break;
	case JF_TREATMENT_DO_ANNOUNCE:
		announce(call, t, step);
		break;
	case JF_TREATMENT_DO_INVITE:
		invite(call, t);
		break;
	case JF_TREATMENT_DO_COMFORT:
		jf_call_say_file(&call->caller, t->comfort[step->comfort]);
		break;
	case JF_TREATMENT_DO_READ_NUMBER:
		read_number(call, t, call->waiting->treatment.number);
		break;
	case JF_TREATMENT_DO_ASK_NUMBER:
		jf_call_wait_speak(call, "callback-enter", NULL);
		break;
	case JF_TREATMENT_DO_SAY_WRONG:
		jf_call_wait_speak(call, "callback-wrong", "callback-enter");
		break;
	default:
		break;
	}
}

static void due(void *arg);

static void arm(struct jf_call *call)
{
	uint64_t now_ns = jf_loop_now_ns();
	uint64_t due_ns = jf_treatment_due_ns(&call->waiting->treatment);

	if (due_ns)
		jf_loop_timer_start(&call->waiting->timer,
		                    jf_time_since(now_ns, due_ns) / JF_NS_PER_MS + 1, due, call);
	else
		jf_loop_timer_cancel(&call->waiting->timer);
}

static void facts_find(const struct jf_call *call, const struct jf_treatment_policy *policy,
                       uint64_t now_ns, struct jf_treatment_facts *ret_facts)
{
	struct jf_acd *acd = call->calls->acd;
	uint32_t ahead;

	*ret_facts = (struct jf_treatment_facts){0};
	if (policy->position && !jf_acd_position(acd, call->entry, &ahead))
		ret_facts->position = ahead + 1;
	/* An answer counts as told: it is asked for only where it is to be said. */
	if (policy->estimate)
		ret_facts->estimate_known =
		        !jf_acd_estimate(acd, call->entry, now_ns, &ret_facts->estimate_ns);
}

/* Leaves by what was asked for; the call may be gone from the queue afterwards. */
static void take(struct jf_call *call, enum jf_treatment_do does)
{
	char number[JF_TREATMENT_NUMBER_MAX];
	int err;

	snprintf(number, sizeof(number), "%s", call->waiting->treatment.number);
	if (does == JF_TREATMENT_DO_TAKE_VOICEMAIL)
		err = jf_call_voicemail_begin(call, NULL);
	else
		err = jf_call_callback_ask(call, number);
	if (!err)
		return;
	jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "cannot leave the queue by its key: %s",
	       strerror(-err));
	/* It waits on, as if it had not asked. */
	jf_call_wait_end(call);
	jf_call_wait_settle(call, jf_loop_now_ns());
	call->caller.hears.kind = 0;
	jf_call_settle(call, jf_loop_now_ns());
}

static void proceed(struct jf_call *call, const struct jf_directory_treatment *t,
                    const struct jf_treatment_step *step)
{
	if (step->does == JF_TREATMENT_DO_TAKE_CALLBACK ||
	    step->does == JF_TREATMENT_DO_TAKE_VOICEMAIL) {
		take(call, step->does);
		return;
	}
	carry_out(call, t, step);
	arm(call);
}

static void happened(struct jf_call *call, enum jf_treatment_event event)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	struct jf_treatment_policy policy;
	struct jf_treatment_facts facts;
	struct jf_treatment_step step;
	uint64_t now_ns = jf_loop_now_ns();

	if (!call->waiting || !t)
		return;
	policy = policy_make(call, t);
	if (event == JF_TREATMENT_EVENT_DUE)
		facts_find(call, &policy, now_ns, &facts);
	step = jf_treatment_event(&call->waiting->treatment, &policy, event, &facts, now_ns);
	proceed(call, t, &step);
}

static void due(void *arg)
{
	happened(arg, JF_TREATMENT_EVENT_DUE);
}

void jf_call_wait_said(struct jf_call *call)
{
	happened(call, JF_TREATMENT_EVENT_PLAYED);
	jf_call_settle(call, jf_loop_now_ns());
}

void jf_call_wait_key(struct jf_call *call, char key)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	struct jf_treatment_policy policy;
	struct jf_treatment_step step;

	if (!call->waiting || !t)
		return;
	if (t->survey && t->survey->key && key == t->survey->key &&
	    !jf_treatment_asks(&call->waiting->treatment))
		call->survey_accepted = true;
	policy = policy_make(call, t);
	step = jf_treatment_key(&call->waiting->treatment, &policy, key, jf_loop_now_ns());
	proceed(call, t, &step);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

void jf_call_wait_end(struct jf_call *call)
{
	if (!call->waiting)
		return;
	jf_loop_timer_cancel(&call->waiting->timer);
	free(call->waiting);
	call->waiting = NULL;
}

static void begin(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	struct jf_treatment_policy policy;
	char number[JF_CALL_TEXT_MAX];
	bool known = !call->withheld && !jf_call_number_check(call, call->caller_number, number);

	jf_call_wait_end(call);
	if (!t)
		return;
	call->waiting = calloc(1, sizeof(*call->waiting));
	if (!call->waiting)
		return; /* music alone */
	policy = policy_make(call, t);
	snprintf(call->waiting->queue, sizeof(call->waiting->queue), "%s", call->queue_name);
	jf_treatment_begin(&call->waiting->treatment, &policy, known ? call->caller_number : NULL,
	                   now_ns);
	arm(call);
}

/* The timers of all that the engine does with a caller alone. */
void jf_call_treatment_stop(struct jf_call *call)
{
	jf_call_wait_end(call);
	if (call->message)
		jf_loop_timer_cancel(&call->message->timer);
	if (call->survey)
		jf_loop_timer_cancel(&call->survey->timer);
}

void jf_call_treatment_free(struct jf_call *call)
{
	jf_call_treatment_stop(call);
	if (call->message)
		jf_call_task_free(call->message->task);
	free(call->message);
	free(call->survey);
	json_decref(call->survey_was);
	json_decref(call->task_was);
	if (call->task)
		call->task->call = NULL;
}

/* After every event: what follows from the state of the call. */
void jf_call_wait_settle(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_waiting *w = call->waiting;

	if (call->state == JF_CALL_QUEUED && call->in_acd && call->caller.leg) {
		if (!w || strcmp(w->queue, call->queue_name) != 0)
			begin(call, now_ns);
		else if (w->treatment.state == JF_TREATMENT_ASIDE)
			happened(call, JF_TREATMENT_EVENT_BACK);
	} else if (call->state == JF_CALL_RINGING && w) {
		if (w->treatment.state != JF_TREATMENT_ASIDE)
			happened(call, JF_TREATMENT_EVENT_OFFERED);
	} else {
		jf_call_wait_end(call);
	}
}
