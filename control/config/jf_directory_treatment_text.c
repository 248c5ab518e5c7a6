// SPDX-License-Identifier: BSD-3-Clause
/* Treatment of callers as text, and whether two are alike. */
#include <string.h>

#include "jf_directory_priv.h"
#include "jf_survey.h"

static void path_write(FILE *out, const char *name, const char *path)
{
	if (!path)
		return;
	fprintf(out, ", %s: ", name);
	jf_directory_quoted(out, path);
}

static void announce_write(FILE *out, const char *lead, const struct jf_directory_treatment *t)
{
	fprintf(out, "%sannounce: {position: %s, estimated_wait: %s, first_s: %u, every_s: %u",
	        lead, t->position ? "true" : "false", t->estimated_wait ? "true" : "false",
	        t->first_ms / 1000, t->every_ms / 1000);
	for (size_t i = 0; i < t->n_comfort; i++) {
		fprintf(out, "%s", i ? ", " : ", comfort: [");
		jf_directory_quoted(out, t->comfort[i]);
	}
	fprintf(out, "%s", t->n_comfort ? "]" : "");
	path_write(out, "language", t->language);
	path_write(out, "prompts", t->prompts);
	fprintf(out, "}\n");
}

static void leave_write(FILE *out, const char *lead, const struct jf_directory_treatment *t)
{
	fprintf(out, "%sleave: {", lead);
	if (t->callback_key)
		fprintf(out, "callback_key: \"%c\"", t->callback_key);
	if (t->voicemail_key)
		fprintf(out, "%svoicemail_key: \"%c\"", t->callback_key ? ", " : "",
		        t->voicemail_key);
	fprintf(out, "}\n");
}

void jf_directory_treatment_write(FILE *out, const char *lead,
                                  const struct jf_directory_treatment *t)
{
	const struct jf_directory_voicemail *v = &t->voicemail;
	const struct jf_directory_callback *c = &t->callback;

	if (t->every_ms)
		announce_write(out, lead, t);
	if (t->callback_key || t->voicemail_key)
		leave_write(out, lead, t);
	fprintf(out,
	        "%scallback: {first: %s, attempts: %u, retry_s: %u, ring_s: %u, confirm: %s, "
	        "closed: %s}\n",
	        lead, c->customer_first ? "customer" : "agent", c->attempts, c->retry_ms / 1000,
	        c->ring_ms / 1000, c->confirms ? "true" : "false",
	        c->dropped_closed ? "drop" : "keep");
	fprintf(out, "%svoicemail: {max_s: %u, silence_s: %u, offer: %s", lead, v->max_ms / 1000,
	        v->silence_ms / 1000, v->offered ? "true" : "false");
	path_write(out, "greeting", v->greeting);
	path_write(out, "beep", v->beep);
	path_write(out, "thanks", v->thanks);
	fprintf(out, "}\n");
	if (t->survey) {
		fprintf(out, "%ssurvey: ", lead);
		jf_directory_quoted(out, t->survey->name);
		fprintf(out, "\n");
	}
	if (t->screen_pop) {
		fprintf(out, "%sscreen_pop: ", lead);
		jf_directory_quoted(out, t->screen_pop);
		fprintf(out, "\n");
	}
}

void jf_directory_survey_write(FILE *out, const struct jf_directory_survey *s)
{
	fprintf(out, "  - {name: ");
	jf_directory_quoted(out, s->name);
	path_write(out, "tenant", s->tenant);
	path_write(out, "invite", s->invite);
	if (s->key)
		fprintf(out, ", key: \"%c\"", s->key);
	path_write(out, "thanks", s->thanks);
	fprintf(out, ", answer_s: %u, questions: [", s->answer_ms / 1000);
	for (uint8_t i = 0; i < s->n_questions; i++) {
		fprintf(out, "%s{kind: %s", i ? ", " : "",
		        jf_survey_kind_name((enum jf_survey_kind)s->kinds[i]));
		path_write(out, "prompt", s->prompts[i]);
		fprintf(out, "}");
	}
	fprintf(out, "]}\n");
}

/* ---- Difference --------------------------------------------------------------------------------
 */

static bool texts_differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool announce_differ(const struct jf_directory_treatment *a,
                            const struct jf_directory_treatment *b)
{
	if (a->position != b->position || a->estimated_wait != b->estimated_wait ||
	    a->first_ms != b->first_ms || a->every_ms != b->every_ms ||
	    a->n_comfort != b->n_comfort || texts_differ(a->language, b->language) ||
	    texts_differ(a->prompts, b->prompts))
		return true;
	for (size_t i = 0; i < a->n_comfort; i++)
		if (texts_differ(a->comfort[i], b->comfort[i]))
			return true;
	return false;
}

static bool callback_differ(const struct jf_directory_callback *a,
                            const struct jf_directory_callback *b)
{
	return a->customer_first != b->customer_first || a->confirms != b->confirms ||
	       a->dropped_closed != b->dropped_closed || a->attempts != b->attempts ||
	       a->retry_ms != b->retry_ms || a->ring_ms != b->ring_ms;
}

static bool voicemail_differ(const struct jf_directory_voicemail *a,
                             const struct jf_directory_voicemail *b)
{
	return texts_differ(a->greeting, b->greeting) || texts_differ(a->beep, b->beep) ||
	       texts_differ(a->thanks, b->thanks) || a->max_ms != b->max_ms ||
	       a->silence_ms != b->silence_ms || a->offered != b->offered;
}

unsigned jf_directory_treatment_differ(const struct jf_directory_treatment *a,
                                       const struct jf_directory_treatment *b,
                                       const char *ret_names[JF_DIRECTORY_TREATMENT_FIELDS])
{
	static const struct jf_directory_treatment nothing;
	unsigned n = 0;

	if (!a)
		a = &nothing;
	if (!b)
		b = &nothing;
	if (announce_differ(a, b))
		ret_names[n++] = "announce";
	if (a->callback_key != b->callback_key || a->voicemail_key != b->voicemail_key)
		ret_names[n++] = "leave";
	if (callback_differ(&a->callback, &b->callback))
		ret_names[n++] = "callback";
	if (voicemail_differ(&a->voicemail, &b->voicemail))
		ret_names[n++] = "voicemail";
	if (texts_differ(a->survey ? a->survey->name : NULL, b->survey ? b->survey->name : NULL))
		ret_names[n++] = "survey";
	if (texts_differ(a->screen_pop, b->screen_pop))
		ret_names[n++] = "screen_pop";
	return n;
}

bool jf_directory_survey_differ(const struct jf_directory_survey *a,
                                const struct jf_directory_survey *b)
{
	if (texts_differ(a->invite, b->invite) || a->key != b->key ||
	    texts_differ(a->thanks, b->thanks) || a->answer_ms != b->answer_ms ||
	    a->n_questions != b->n_questions)
		return true;
	for (uint8_t i = 0; i < a->n_questions; i++)
		if (a->kinds[i] != b->kinds[i] || texts_differ(a->prompts[i], b->prompts[i]))
			return true;
	return false;
}
