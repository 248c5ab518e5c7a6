// SPDX-License-Identifier: BSD-3-Clause
#include "jf_survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_time.h"

#define S JF_NS_PER_S

static const struct jf_survey_policy policy = {
        .n_questions = 3,
        .kinds = {JF_SURVEY_CSAT, JF_SURVEY_NPS, JF_SURVEY_CES},
        .answer_ns = 5 * S,
};
static struct jf_survey s;

static int begin(void **state)
{
	(void)state;
	assert_int_equal(jf_survey_begin(&s, &policy), JF_SURVEY_DO_ASK);
	return 0;
}

static enum jf_survey_do key(char k, uint64_t now_ns)
{
	return jf_survey_key(&s, &policy, k, now_ns);
}

static void each_question_takes_its_key(void **state)
{
	(void)state;
	assert_int_equal(key('5', S), JF_SURVEY_DO_ASK);
	assert_int_equal(key('1', 2 * S), JF_SURVEY_DO_NOTHING); /* a 10, perhaps */
	assert_int_equal(key('0', 2 * S + S / 2), JF_SURVEY_DO_ASK);
	assert_int_equal(key('7', 3 * S), JF_SURVEY_DO_THANK);
	assert_int_equal(s.answers[0], 5);
	assert_int_equal(s.answers[1], 10);
	assert_int_equal(s.answers[2], 7);
	assert_int_equal(key('7', 4 * S), JF_SURVEY_DO_NOTHING);
}

static void a_one_stays_a_one(void **state)
{
	(void)state;
	key('4', S);
	key('1', 2 * S);
	assert_int_equal(jf_survey_due(&s, &policy, 3 * S), JF_SURVEY_DO_NOTHING);
	assert_int_equal(jf_survey_due(&s, &policy, 2 * S + 3 * S / 2), JF_SURVEY_DO_ASK);
	assert_int_equal(s.answers[1], 1);
}

static void who_does_not_answer_is_asked_once_more(void **state)
{
	(void)state;
	jf_survey_asked(&s, &policy, S);
	assert_int_equal(jf_survey_due(&s, &policy, 6 * S), JF_SURVEY_DO_ASK);
	assert_int_equal(s.at, 0);
	assert_int_equal(key('9', 7 * S), JF_SURVEY_DO_ASK); /* no such grade */
	assert_int_equal(s.at, 1);
	assert_int_equal(key('*', 8 * S), JF_SURVEY_DO_ASK);
	assert_int_equal(key('*', 8 * S), JF_SURVEY_DO_THANK);
	assert_false(jf_survey_is_answered(&s, &policy));
}

static void answers_are_counted_by_their_kind(void **state)
{
	static const char *const given[] = {"5"
	                                    "10"
	                                    "7",
	                                    "4"
	                                    "9"
	                                    "1",
	                                    "3"
	                                    "6"
	                                    "4",
	                                    "***"};
	struct jf_survey_sums sums = {0};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		begin(NULL);
		for (const char *k = given[i]; *k; k++)
			key(*k, S);
		jf_survey_count(&sums, &s, &policy);
	}
	assert_int_equal(sums.asked, 4);
	assert_int_equal(sums.answered, 3);
	assert_int_equal(sums.csat_n, 3);
	assert_int_equal(sums.csat_top, 2);
	assert_int_equal(sums.nps_n, 3);
	assert_int_equal(sums.nps_promoters, 2);
	assert_int_equal(sums.nps_detractors, 1);
	assert_int_equal(sums.ces_n, 3);
	assert_int_equal(sums.ces_sum, 12);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(each_question_takes_its_key, begin),
	        cmocka_unit_test_setup(a_one_stays_a_one, begin),
	        cmocka_unit_test_setup(who_does_not_answer_is_asked_once_more, begin),
	        cmocka_unit_test_setup(answers_are_counted_by_their_kind, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
