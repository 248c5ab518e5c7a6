// SPDX-License-Identifier: BSD-3-Clause
#include "directory_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_survey.h"

#define HEAD "tenants: [{name: acme}]\nqueues:\n  - name: billing\n    tenant: acme\n"
#define SURVEYS                                                                                    \
	"surveys:\n"                                                                               \
	"  - {name: after, tenant: acme, invite: /s/invite.wav, key: \"9\", thanks: /s/bye.wav,\n" \
	"     questions: [{kind: csat, prompt: /s/a.wav}, {kind: nps, prompt: /s/b.wav}]}\n"

static const char everything[] =
        HEAD "    announce: {position: true, estimated_wait: true, first_s: 3, every_s: 20,\n"
             "               comfort: [one.wav, /two.wav], language: en, prompts: words}\n"
             "    leave: {callback_key: \"1\", voicemail_key: \"2\"}\n"
             "    callback: {first: customer, attempts: 2, retry_s: 60, ring_s: 20, closed: drop}\n"
             "    voicemail: {greeting: nobody.wav, beep: beep.wav, max_s: 90, silence_s: 5}\n"
             "    survey: after\n"
             "    screen_pop: \"https://crm.example/?from={caller}&case={data.case}\"\n" SURVEYS;

static void what_was_written_is_found(void **state)
{
	struct jf_directory *d = directory_lab_make(everything);
	const struct jf_directory_treatment *t;

	(void)state;
	t = jf_directory_queue_find(d, "acme", "billing")->treatment;
	assert_true(t->position && t->estimated_wait && t->callback.confirms);
	assert_int_equal(t->first_ms, 3000);
	assert_int_equal(t->every_ms, 20000);
	assert_int_equal(t->n_comfort, 2);
	assert_string_equal(t->comfort[0], "/srv/one.wav");
	assert_string_equal(t->prompts, "/srv/words");
	assert_int_equal(t->callback_key, '1');
	assert_true(t->callback.customer_first);
	assert_true(t->callback.dropped_closed);
	assert_int_equal(t->callback.attempts, 2);
	assert_int_equal(t->voicemail.max_ms, 90000);
	assert_true(t->voicemail.offered);
	assert_ptr_equal(t->survey, jf_directory_survey_find(d, "acme", "after"));
	assert_int_equal(t->survey->kinds[1], JF_SURVEY_NPS);
	assert_int_equal(t->survey->key, '9');
	jf_directory_destroy(d);
}

static void an_export_makes_the_same(void **state)
{
	struct jf_directory *d = directory_lab_make(everything), *again;
	struct jf_directory_diff *diff;

	(void)state;
	free(directory_lab_export(d));
	again = directory_lab_parse(HEAD "    announce: {comfort: [/two.wav]}\n");
	assert_int_equal(jf_directory_compare(d, again, &diff), 0);
	assert_int_equal(diff->count, 2); /* the survey is gone, too */
	assert_string_equal(diff->list[1].fields,
	                    "announce, leave, callback, voicemail, survey, screen_pop");
	free(diff);
	jf_directory_destroy(again);
	jf_directory_destroy(d);
}

static void a_queue_that_says_nothing_has_nothing(void **state)
{
	struct jf_directory *d = directory_lab_parse(HEAD);

	(void)state;
	assert_null(jf_directory_queue_find(d, "acme", "billing")->treatment);
	jf_directory_destroy(d);
}

static void mistakes_are_told_where_they_stand(void **state)
{
	static const struct {
		const char *text, *missing, *message;
		unsigned int line, column;
	} cases[] = {
	        {HEAD "    announce: {position: true}\n", NULL, "announce.language", 3, 0},
	        {HEAD
	         "    announce:\n      position: true\n      language: xx\n      prompts: /w\n",
	         NULL, "en, de and es", 7, 17},
	        {HEAD "    announce: {position: true, language: en, prompts: /w}\n",
	         "en/queue-thereare.wav", "queue-thereare.wav", 5, 0},
	        {HEAD "    announce: {position: true, language: en, prompts: /w}\n",
	         "digits/17.wav", "digits/17.wav", 5, 0},
	        {HEAD "    announce: {comfort: [/a.wav, /b.wav]}\n", "/b.wav", "/b.wav", 5, 0},
	        {HEAD "    announce: {every_s: 2}\n", NULL, "from 5 to 600", 5, 0},
	        {HEAD "    leave: {voicemail_key: x}\n", NULL, "key of a telephone", 5, 28},
	        {HEAD "    leave: {callback_key: \"1\", voicemail_key: \"1\"}\n"
	              "    announce: {language: en, prompts: /w}\n",
	         NULL, "too", 5, 0},
	        {HEAD "    callback: {first: boss}\n", NULL, "agent or customer", 5, 23},
	        {HEAD "    callback: {attempts: 0}\n", NULL, "from 1 to 20", 5, 0},
	        {HEAD "    voicemail: {greeting: /gone.wav}\n", "gone", "/gone.wav", 5, 0},
	        {HEAD "    survey: none\n", NULL, "no survey", 5, 13},
	        {HEAD "    screen_pop: \"ftp://x\"\n", NULL, "https", 5, 0},
	        {HEAD "    screen_pop: \"https://x/{phone}\"\n", NULL, "{phone}", 5, 0},
	        {"tenants: [{name: acme}]\nsurveys:\n  - {name: s, tenant: acme, questions: [\n"
	         "      {kind: mood, prompt: /a.wav}]}\n",
	         NULL, "csat, nps or ces", 4, 0},
	        {"tenants: [{name: acme}]\nsurveys:\n  - {name: s, tenant: acme, key: \"9\",\n"
	         "     questions: [{kind: csat, prompt: /a.wav}]}\n",
	         NULL, "go together", 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		directory_lab_missing = cases[i].missing;
		directory_lab_expect(cases[i].text, cases[i].line, cases[i].column,
		                     cases[i].message);
		directory_lab_missing = NULL;
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_written_is_found),
	        cmocka_unit_test(an_export_makes_the_same),
	        cmocka_unit_test(a_queue_that_says_nothing_has_nothing),
	        cmocka_unit_test(mistakes_are_told_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
