// SPDX-License-Identifier: BSD-3-Clause
/*
 * The survey at the end of a call: what jf_survey.h decides is carried out. Answers stay with the
 * contact, and are counted for the queue and for the agent who served.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_call_treatment.h"

static const struct jf_directory_survey *survey_named(const struct jf_call *call, const char *name)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);

	return directory ? jf_directory_survey_find(directory, call->tenant, name) : NULL;
}

static int prepare(struct jf_call *call, const struct jf_directory_survey *from)
{
	struct jf_call_survey *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	snprintf(s->name, sizeof(s->name), "%s", from->name);
	s->policy.n_questions = from->n_questions;
	s->policy.answer_ns = from->answer_ms * JF_NS_PER_MS;
	for (uint8_t i = 0; i < from->n_questions; i++)
		s->policy.kinds[i] = (enum jf_survey_kind)from->kinds[i];
	jf_call_survey_end(call);
	free(call->survey);
	call->survey = s;
	return 0;
}

/* Whether the caller is to be asked, now that its agent hung up: prepared, if so. */
bool jf_call_survey_wanted(struct jf_call *call)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);

	return t && t->survey && (!t->survey->invite || call->survey_accepted) &&
	       call->caller.leg && !call->caller.name[0] && !jf_call_is_opaque(&call->caller) &&
	       call->agent->kind != JF_CALL_TO_OUTSIDE && !prepare(call, t->survey);
}

int jf_call_survey_begin(struct jf_call *call, const char *survey)
{
	const struct jf_directory_survey *from = survey_named(call, survey);
	int err;

	if (!from)
		return -ENOENT;
	if (!jf_call_fsm_allows(call->state, JF_CALL_EVENT_SURVEY) ||
	    jf_call_is_opaque(&call->caller))
		return -EPROTO;
	err = prepare(call, from);
	if (!err)
		jf_call_event(call, JF_CALL_EVENT_SURVEY);
	return err;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static void carry_out(struct jf_call *call, enum jf_survey_do does)
{
	struct jf_call_survey *s = call->survey;
	const struct jf_directory_survey *from = survey_named(call, s->name);

	if (does == JF_SURVEY_DO_NOTHING)
		return;
	jf_loop_timer_cancel(&s->timer);
	s->thanks = does == JF_SURVEY_DO_THANK;
	/* Another directory may have come since: without a question there is no answer. */
	if (s->thanks)
		jf_call_say_file(&call->caller, from ? from->thanks : NULL);
	else
		jf_call_say_file(&call->caller, from && s->survey.at < from->n_questions
		                                        ? from->prompts[s->survey.at]
		                                        : NULL);
	jf_call_row_store(call);
}

static void due(void *arg)
{
	struct jf_call *call = arg;
	struct jf_call_survey *s = call->survey;

	carry_out(call, jf_survey_due(&s->survey, &s->policy, jf_loop_now_ns()));
}

static void arm(struct jf_call *call)
{
	struct jf_call_survey *s = call->survey;

	if (s->survey.until_ns && !s->thanks)
		jf_loop_timer_start(
		        &s->timer,
		        jf_time_since(jf_loop_now_ns(), s->survey.until_ns) / JF_NS_PER_MS + 1, due,
		        call);
}

/* The agent is gone; its part is over. */
void jf_call_survey_ask(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_survey *s = call->survey;

	jf_call_segment_end(call->agent, "ended", now_ns);
	(void)jf_call_media_record_stop(call);
	call->agent->agent_ref = jf_acd_nobody;
	jf_media_silence(call->calls->config.media, call->agent->endpoint);
	carry_out(call, jf_survey_begin(&s->survey, &s->policy));
	jf_call_publish(call, "call.survey", json_pack("{s:s}", "survey", s->name));
}

void jf_call_survey_said(struct jf_call *call)
{
	struct jf_call_survey *s = call->survey;

	if (s->thanks) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "survey over", 0);
		jf_call_event(call, JF_CALL_EVENT_SPOKEN);
		return;
	}
	jf_media_silence(call->calls->config.media, call->caller.endpoint);
	jf_survey_asked(&s->survey, &s->policy, jf_loop_now_ns());
	arm(call);
}

void jf_call_survey_key(struct jf_call *call, char key)
{
	struct jf_call_survey *s = call->survey;

	carry_out(call, jf_survey_key(&s->survey, &s->policy, key, jf_loop_now_ns()));
	arm(call);
}

/* ---- What is left of it ------------------------------------------------------------------------
 */

/* What a process before this one stored of it. */
static bool was_read(const json_t *was, struct jf_survey *survey, struct jf_survey_policy *policy)
{
	const json_t *answers = json_object_get(was, "answers"), *one;
	size_t i;

	json_array_foreach(answers, i, one)
	{
		const json_t *answer = json_object_get(one, "answer");
		const char *kind = json_string_value(json_object_get(one, "kind"));

		if (i == JF_SURVEY_QUESTIONS_MAX || !kind ||
		    jf_survey_kind_parse(kind, &policy->kinds[i]))
			return false;
		survey->answers[i] = json_is_integer(answer) ? (int8_t)json_integer_value(answer)
		                                             : JF_SURVEY_NO_ANSWER;
		policy->n_questions++;
	}
	return policy->n_questions > 0;
}

/* For the queue, and for whoever served. */
static void tally(struct jf_call *call, const struct jf_survey *survey,
                  const struct jf_survey_policy *policy)
{
	struct jf_survey_sums sums = {0};
	struct jf_kpi_sums more;

	jf_survey_count(&sums, survey, policy);
	more = (struct jf_kpi_sums){.surveys = sums.asked,
	                            .surveys_answered = sums.answered,
	                            .csat_n = sums.csat_n,
	                            .csat_top = sums.csat_top,
	                            .nps_n = sums.nps_n,
	                            .nps_promoters = sums.nps_promoters,
	                            .nps_detractors = sums.nps_detractors,
	                            .ces_n = sums.ces_n,
	                            .ces_sum = sums.ces_sum};
	jf_call_kpi_survey(call, &more);
}

/* The call is over: what was answered counts. */
void jf_call_survey_end(struct jf_call *call)
{
	struct jf_call_survey *s = call->survey;
	struct jf_survey_policy policy = {0};
	struct jf_survey was = {0};

	if (!s && was_read(call->survey_was, &was, &policy))
		tally(call, &was, &policy);
	if (!s || s->counted)
		return;
	jf_loop_timer_cancel(&s->timer);
	s->counted = true;
	tally(call, &s->survey, &s->policy);
}

json_t *jf_call_survey_json(const struct jf_call *call)
{
	const struct jf_call_survey *s = call->survey;
	json_t *answers = s ? json_array() : NULL;

	if (!s)
		return json_incref(call->survey_was);
	for (uint8_t i = 0; i < s->policy.n_questions; i++)
		json_array_append_new(answers,
		                      json_pack("{s:s, s:o}", "kind",
		                                jf_survey_kind_name(s->policy.kinds[i]), "answer",
		                                s->survey.answers[i] == JF_SURVEY_NO_ANSWER
		                                        ? json_null()
		                                        : json_integer(s->survey.answers[i])));
	return json_pack("{s:s, s:b, s:o}", "name", s->name, "complete",
	                 s->survey.at >= s->policy.n_questions, "answers", answers);
}
