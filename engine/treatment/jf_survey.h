/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A survey at the end of a call: questions, each answered by a key. And what of the answers is
 * counted, of which jf_kpi.h makes figures.
 *
 * A question without a fitting key is asked once more and then passed over. The 10 of NPS is 1 and
 * 0 within JF_SURVEY_SECOND_MS; * goes on without an answer.
 *
 * Pure: keys and time in, what to do out.
 */
#ifndef JF_SURVEY_H
#define JF_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#define JF_SURVEY_QUESTIONS_MAX 8u
#define JF_SURVEY_NO_ANSWER     (-1)
#define JF_SURVEY_SECOND_MS     1500u

#define JF_SURVEY_KINDS(X)                                                                         \
	X(CSAT, "csat", 1, 5) /* how satisfied */                                                  \
	X(NPS, "nps", 0, 10)  /* would it recommend us */                                          \
	X(CES, "ces", 1, 7)   /* how easy was it */

enum jf_survey_kind {
#define X(name, text, least, most) JF_SURVEY_##name,
	JF_SURVEY_KINDS(X)
#undef X
	        JF_SURVEY_KIND_COUNT
};

const char *jf_survey_kind_name(enum jf_survey_kind kind);
int jf_survey_kind_parse(const char *text, enum jf_survey_kind *ret_kind); /* 0, -EINVAL */

enum jf_survey_do {
	JF_SURVEY_DO_NOTHING,
	JF_SURVEY_DO_ASK,   /* question at */
	JF_SURVEY_DO_THANK, /* all were asked */
};

struct jf_survey_policy {
	uint8_t n_questions;
	enum jf_survey_kind kinds[JF_SURVEY_QUESTIONS_MAX];
	uint64_t answer_ns; /* for a key, after the question was asked */
};

struct jf_survey {
	uint8_t at; /* the question that is asked; n_questions: over */
	bool again; /* for the second time */
	bool one;   /* a 1 that may become a 10 */
	uint64_t until_ns;
	int8_t answers[JF_SURVEY_QUESTIONS_MAX];
};

enum jf_survey_do jf_survey_begin(struct jf_survey *s, const struct jf_survey_policy *policy);

/* The question was asked: the time for an answer begins. Keys count while it is asked, too. */
void jf_survey_asked(struct jf_survey *s, const struct jf_survey_policy *policy, uint64_t now_ns);

enum jf_survey_do jf_survey_key(struct jf_survey *s, const struct jf_survey_policy *policy,
                                char key, uint64_t now_ns);

/* until_ns has come. */
enum jf_survey_do jf_survey_due(struct jf_survey *s, const struct jf_survey_policy *policy,
                                uint64_t now_ns);

bool jf_survey_is_answered(const struct jf_survey *s, const struct jf_survey_policy *policy);

/* ---- What many answers say ---------------------------------------------------------------------
 */

struct jf_survey_sums {
	uint64_t asked;    /* surveys begun */
	uint64_t answered; /* with one answer at least */
	uint64_t csat_n, csat_top, nps_n, nps_promoters, nps_detractors, ces_n, ces_sum;
};

void jf_survey_count(struct jf_survey_sums *sums, const struct jf_survey *s,
                     const struct jf_survey_policy *policy);

#endif
