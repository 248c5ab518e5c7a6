// SPDX-License-Identifier: BSD-3-Clause
/* The section "surveys", and what a queue says about those who wait in it. */
#include <stdio.h>
#include <string.h>

#include "jf_directory_parse_priv.h"
#include "jf_prompt.h"
#include "jf_survey.h"

#define PROMPT_PATH_SIZE 200u

/* ---- Prompts: those that will be spoken have to be there --------------------------------------
 */

/* Where the folder of a language is said. */
static void prompt_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                         const struct jf_directory_treatment *t, const char *name)
{
	char path[PROMPT_PATH_SIZE];

	if (snprintf(path, sizeof(path), "%s/%s/%s.wav", t->prompts, t->language, name) >=
	    (int)sizeof(path)) {
		jf_parse_fail(p, entry, "announce.prompts", "the path is too long");
		return;
	}
	(void)jf_parse_sound(p, entry, "announce.prompts", path);
}

static void list_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                       const struct jf_directory_treatment *t, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n && !p->errors->more; i++)
		prompt_check(p, entry, t, names[i]);
}

/* Numbers are made of these: jf_prompt.h. */
static void numbers_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                          const struct jf_directory_treatment *t,
                          const struct jf_prompt_language *language)
{
	for (uint32_t n = 1; n <= 90 && !p->errors->more; n += n < 20 ? 1 : 10) {
		struct jf_prompt_list list = {0};

		if (jf_prompt_number(language, n, JF_PROMPT_ALONE, &list))
			continue;
		for (uint32_t i = 0; i < list.count; i++)
			prompt_check(p, entry, t, list.names[i]);
	}
}

static void prompts_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                          const struct jf_directory_treatment *t)
{
	static const char *const position[] = {"queue-youarenext", "queue-thereare",
	                                       "queue-callswaiting"};
	static const char *const wait[] = {"queue-holdtime", "minute", "minutes"};
	static const char *const enter[] = {"callback-enter", "callback-wrong", "callback-taken"};
	static const char *const confirm[] = {"callback-number", "callback-choose", "digits/0"};
	const struct jf_prompt_language *language = jf_prompt_language_find(t->language);

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
	if (!language) {
		jf_parse_fail(p, entry, "announce.language",
		              "\"%s\": numbers are spoken in en, de and es", t->language);
		return;
	}
	if (t->position)
		list_check(p, entry, t, position, COUNT(position));
	if (t->estimated_wait)
		list_check(p, entry, t, wait, COUNT(wait));
	if (t->callback_key)
		list_check(p, entry, t, enter, COUNT(enter));
	if (t->callback_key && t->callback.confirms)
		list_check(p, entry, t, confirm, COUNT(confirm));
	numbers_check(p, entry, t, language);
#undef COUNT
}

/* ---- Parts of a queue --------------------------------------------------------------------------
 */

/* Copies of what a queue above has checked already: the same folder for hundreds of queues. */
static bool is_checked(const struct jf_parse *p, const struct jf_directory_treatment *t)
{
	for (size_t i = 0; i < p->directory->n_queues; i++) {
		const struct jf_directory_treatment *o = p->directory->queues[i].treatment;

		if (o && o->prompts && o->language && !strcmp(o->prompts, t->prompts) &&
		    !strcmp(o->language, t->language) && o->position >= t->position &&
		    o->estimated_wait >= t->estimated_wait &&
		    !o->callback_key <= !t->callback_key &&
		    o->callback.confirms >= t->callback.confirms)
			return true;
	}
	return false;
}

static void comfort_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                         const struct jf_raw_announce *raw, struct jf_directory_treatment *t)
{
	const char **list = jf_parse_array(p, raw->comfort_count, sizeof(list[0]));

	for (unsigned i = 0; list && i < raw->comfort_count; i++) {
		char field[40];

		snprintf(field, sizeof(field), "announce.comfort[%u]", i);
		list[t->n_comfort++] = jf_parse_sound(p, entry, field, raw->comfort[i]);
	}
	t->comfort = list;
}

static const char *folder_of(struct jf_parse *p, const char *path)
{
	char whole[512];

	if (!path || path[0] == '/' || !p->options->base)
		return path ? jf_parse_keep(p, path) : NULL;
	snprintf(whole, sizeof(whole), "%s/%s", p->options->base, path);
	return jf_parse_keep(p, whole);
}

static void announce_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          const struct jf_raw_announce *raw, struct jf_directory_treatment *t)
{
	static const uint32_t first[3] = {0, 600, 0};
	static const uint32_t every[3] = {5, 600, 30};

	t->position = raw->position && *raw->position;
	t->estimated_wait = raw->estimated_wait && *raw->estimated_wait;
	t->first_ms = jf_parse_seconds(p, entry, "announce.first_s", raw->first_s, first);
	t->every_ms = jf_parse_seconds(p, entry, "announce.every_s", raw->every_s, every);
	if (raw->comfort_count)
		comfort_fill(p, entry, raw, t);
	t->language = raw->language ? jf_parse_keep(p, raw->language) : NULL;
	t->prompts = folder_of(p, raw->prompts);
}

static char key_of(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *text)
{
	if (!text)
		return '\0';
	if (!strchr("0123456789*#", text[0]))
		jf_parse_fail(p, entry, field, "\"%s\": a key of a telephone: 0 to 9, * or #",
		              text);
	return text[0];
}

static void leave_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       const struct jf_raw_leave *raw, struct jf_directory_treatment *t)
{
	t->callback_key = key_of(p, entry, "leave.callback_key", raw->callback_key);
	t->voicemail_key = key_of(p, entry, "leave.voicemail_key", raw->voicemail_key);
	if (t->callback_key && t->callback_key == t->voicemail_key)
		jf_parse_fail(p, entry, "leave.voicemail_key", "is the key of the callback, too");
}

static void callback_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                          const struct jf_raw_callback *raw, struct jf_directory_callback *c)
{
	static const struct jf_raw_callback nothing;
	static const uint32_t retry[3] = {1, 86400, 300};
	static const uint32_t ring[3] = {5, 120, 30};
	uint32_t attempts;

	if (!raw)
		raw = &nothing;
	attempts = raw->attempts ? *raw->attempts : 3;
	if (raw->first && strcmp(raw->first, "agent") && strcmp(raw->first, "customer"))
		jf_parse_fail(p, entry, "callback.first", "agent or customer can stand here");
	if (attempts < 1 || attempts > 20)
		jf_parse_fail(p, entry, "callback.attempts", "%u: from 1 to 20", attempts);
	if (raw->closed && strcmp(raw->closed, "keep") && strcmp(raw->closed, "drop"))
		jf_parse_fail(p, entry, "callback.closed", "keep or drop can stand here");
	c->dropped_closed = raw->closed && !strcmp(raw->closed, "drop");
	c->customer_first = raw->first && !strcmp(raw->first, "customer");
	c->confirms = !raw->confirm || *raw->confirm;
	c->attempts = (uint8_t)attempts;
	c->retry_ms = jf_parse_seconds(p, entry, "callback.retry_s", raw->retry_s, retry);
	c->ring_ms = jf_parse_seconds(p, entry, "callback.ring_s", raw->ring_s, ring);
}

static void voicemail_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                           const struct jf_raw_voicemail *raw, struct jf_directory_voicemail *v)
{
	static const struct jf_raw_voicemail nothing;
	static const uint32_t most[3] = {5, 600, 120};
	static const uint32_t silence[3] = {1, 60, 4};

	if (!raw)
		raw = &nothing;
	v->greeting = jf_parse_sound(p, entry, "voicemail.greeting", raw->greeting);
	v->beep = jf_parse_sound(p, entry, "voicemail.beep", raw->beep);
	v->thanks = jf_parse_sound(p, entry, "voicemail.thanks", raw->thanks);
	v->max_ms = jf_parse_seconds(p, entry, "voicemail.max_s", raw->max_s, most);
	v->silence_ms = jf_parse_seconds(p, entry, "voicemail.silence_s", raw->silence_s, silence);
	v->offered = !raw->offer || *raw->offer;
}

/* What stands in braces is one of the names that are filled in. */
static void screen_pop_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                             const char *text)
{
	static const char *const names[] = {"caller}", "number}", "queue}",  "tenant}",
	                                    "agent}",  "call}",   "wait_s}", "name}"};

	if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
		jf_parse_fail(p, entry, "screen_pop", "begins with https:// or http://");
	for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		bool known = !strncmp(at + 1, "data.", 5) && strchr(at, '}');

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known |= !strncmp(at + 1, names[i], strlen(names[i]));
		if (!known)
			jf_parse_fail(p, entry, "screen_pop",
			              "\"%.20s\": nothing is known by that name", at);
	}
}

const struct jf_directory_treatment *jf_parse_treatment(struct jf_parse *p,
                                                        const struct jf_parse_entry *entry,
                                                        const struct jf_directory_queue *queue)
{
	const struct jf_raw_treatment *raw = &((const struct jf_raw_queue *)entry->raw)->treatment;
	struct jf_directory_treatment *t;

	if (!raw->announce && !raw->leave && !raw->callback && !raw->voicemail && !raw->survey &&
	    !raw->screen_pop)
		return NULL;
	t = jf_parse_array(p, 1, sizeof(*t));
	if (!t)
		return NULL;
	if (raw->announce)
		announce_fill(p, entry, raw->announce, t);
	if (raw->leave)
		leave_fill(p, entry, raw->leave, t);
	callback_fill(p, entry, raw->callback, &t->callback);
	voicemail_fill(p, entry, raw->voicemail, &t->voicemail);
	if (raw->survey) {
		t->survey = jf_directory_survey_find(p->directory, queue->tenant, raw->survey);
		if (!t->survey)
			jf_parse_fail(p, entry, "survey", "tenant \"%s\" has no survey \"%s\"",
			              queue->tenant, raw->survey);
	}
	if (raw->screen_pop) {
		screen_pop_check(p, entry, raw->screen_pop);
		t->screen_pop = jf_parse_keep(p, raw->screen_pop);
	}
	if (!t->position && !t->estimated_wait && !t->callback_key)
		return t;
	if (!t->prompts || !t->language)
		jf_parse_fail(p, entry, NULL,
		              "what is spoken needs announce.language and announce.prompts");
	else if (!is_checked(p, t))
		prompts_check(p, entry, t);
	return t;
}

/* ---- Surveys -----------------------------------------------------------------------------------
 */

JF_PARSE_COLLECT(surveys, raw->tenant, raw->name, "name")

static void questions_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                           const struct jf_raw_survey *raw, struct jf_directory_survey *survey)
{
	for (unsigned i = 0; i < raw->questions_count && i < JF_DIRECTORY_QUESTIONS_MAX; i++) {
		enum jf_survey_kind kind = JF_SURVEY_CSAT;
		char field[40];

		snprintf(field, sizeof(field), "questions[%u].kind", i);
		if (jf_survey_kind_parse(raw->questions[i].kind, &kind))
			jf_parse_fail(p, entry, field, "csat, nps or ces can stand here");
		survey->kinds[i] = (uint8_t)kind;
		snprintf(field, sizeof(field), "questions[%u].prompt", i);
		survey->prompts[i] = jf_parse_sound(p, entry, field, raw->questions[i].prompt);
		survey->n_questions++;
	}
}

static void survey_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_survey *survey)
{
	static const uint32_t answer[3] = {2, 60, 6};
	const struct jf_raw_survey *raw = entry->raw;

	jf_parse_name(p, entry, "name", raw->name);
	survey->name = jf_parse_keep(p, raw->name);
	survey->tenant = jf_parse_tenant(p, entry, raw->tenant);
	survey->invite = jf_parse_sound(p, entry, "invite", raw->invite);
	survey->key = key_of(p, entry, "key", raw->key);
	if (!raw->invite != !raw->key)
		jf_parse_fail(p, entry, NULL, "an invitation and its key go together");
	survey->thanks = jf_parse_sound(p, entry, "thanks", raw->thanks);
	survey->answer_ms = jf_parse_seconds(p, entry, "answer_s", raw->answer_s, answer);
	questions_fill(p, entry, raw, survey);
}

JF_PARSE_KIND(surveys, survey_fill)
