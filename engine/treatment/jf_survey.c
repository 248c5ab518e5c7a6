// SPDX-License-Identifier: BSD-3-Clause
#include "jf_survey.h"

#include <errno.h>
#include <string.h>

#include "jf_time.h"

static const struct {
	const char *name;
	int8_t least, most;
} kinds[] = {
#define X(name, text, least, most) [JF_SURVEY_##name] = {text, least, most},
        JF_SURVEY_KINDS(X)
#undef X
};

const char *jf_survey_kind_name(enum jf_survey_kind kind)
{
	return (unsigned int)kind < JF_SURVEY_KIND_COUNT ? kinds[kind].name : "?";
}

int jf_survey_kind_parse(const char *text, enum jf_survey_kind *ret_kind)
{
	for (unsigned int k = 0; k < JF_SURVEY_KIND_COUNT; k++)
		if (!strcmp(text, kinds[k].name)) {
			*ret_kind = (enum jf_survey_kind)k;
			return 0;
		}
	return -EINVAL;
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static enum jf_survey_do ask(struct jf_survey *s, const struct jf_survey_policy *policy, bool again)
{
	s->again = again;
	s->one = false;
	s->until_ns = 0;
	return s->at < policy->n_questions ? JF_SURVEY_DO_ASK : JF_SURVEY_DO_THANK;
}

static enum jf_survey_do next(struct jf_survey *s, const struct jf_survey_policy *policy,
                              int8_t answer)
{
	s->answers[s->at++] = answer;
	return ask(s, policy, false);
}

enum jf_survey_do jf_survey_begin(struct jf_survey *s, const struct jf_survey_policy *policy)
{
	*s = (struct jf_survey){0};
	memset(s->answers, JF_SURVEY_NO_ANSWER, sizeof(s->answers));
	return ask(s, policy, false);
}

void jf_survey_asked(struct jf_survey *s, const struct jf_survey_policy *policy, uint64_t now_ns)
{
	if (s->at < policy->n_questions && !s->one)
		s->until_ns = now_ns + policy->answer_ns;
}

static enum jf_survey_do unanswered(struct jf_survey *s, const struct jf_survey_policy *policy)
{
	return s->again ? next(s, policy, JF_SURVEY_NO_ANSWER) : ask(s, policy, true);
}

enum jf_survey_do jf_survey_key(struct jf_survey *s, const struct jf_survey_policy *policy,
                                char key, uint64_t now_ns)
{
	enum jf_survey_kind kind;
	int8_t value = (int8_t)(key - '0');

	if (s->at >= policy->n_questions)
		return JF_SURVEY_DO_NOTHING;
	kind = policy->kinds[s->at];
	if (key == '*')
		return next(s, policy, JF_SURVEY_NO_ANSWER);
	if (s->one)
		/* Any other key than the 0 came too soon: it is the next question's, unheard. */
		return next(s, policy, key == '0' ? 10 : 1);
	if (key < '0' || key > '9' || value < kinds[kind].least || value > kinds[kind].most)
		return unanswered(s, policy);
	if (value == 1 && kinds[kind].most >= 10) {
		s->one = true;
		s->until_ns = now_ns + JF_SURVEY_SECOND_MS * JF_NS_PER_MS;
		return JF_SURVEY_DO_NOTHING;
	}
	return next(s, policy, value);
}

enum jf_survey_do jf_survey_due(struct jf_survey *s, const struct jf_survey_policy *policy,
                                uint64_t now_ns)
{
	if (!s->until_ns || now_ns < s->until_ns || s->at >= policy->n_questions)
		return JF_SURVEY_DO_NOTHING;
	return s->one ? next(s, policy, 1) : unanswered(s, policy);
}

bool jf_survey_is_answered(const struct jf_survey *s, const struct jf_survey_policy *policy)
{
	for (uint8_t i = 0; i < policy->n_questions; i++)
		if (s->answers[i] != JF_SURVEY_NO_ANSWER)
			return true;
	return false;
}

/* ---- Counting -------------------------------------------------------------------------------- */

static void count_one(struct jf_survey_sums *sums, enum jf_survey_kind kind, int8_t answer)
{
	switch (kind) {
	case JF_SURVEY_CSAT:
		sums->csat_n++;
		sums->csat_top += answer >= 4;
		break;
	case JF_SURVEY_NPS:
		sums->nps_n++;
		sums->nps_promoters += answer >= 9;
		sums->nps_detractors += answer <= 6;
		break;
	default:
		sums->ces_n++;
		sums->ces_sum += (uint64_t)answer;
		break;
	}
}

void jf_survey_count(struct jf_survey_sums *sums, const struct jf_survey *s,
                     const struct jf_survey_policy *policy)
{
	sums->asked++;
	sums->answered += jf_survey_is_answered(s, policy);
	for (uint8_t i = 0; i < policy->n_questions; i++)
		if (s->answers[i] != JF_SURVEY_NO_ANSWER)
			count_one(sums, policy->kinds[i], s->answers[i]);
}
