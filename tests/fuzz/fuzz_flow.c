// SPDX-License-Identifier: BSD-3-Clause
/*
 * Flows as somebody writes them: mistakes with their places, or flows through which a caller of any
 * kind comes without holding the loop, whatever keys it presses and servers answer. What servers
 * answer is the end of the input, so that it comes from outside as well.
 *
 * An input is tried twice: as the text of nodes, and as edits of a good one, three bytes for each,
 * that put one of its words into the place of another; of those many are flows that are taken.
 */
#include <ctype.h>
#include <string.h>

#include "jf_directory.h"
#include "jf_fuzz.h"
#include "jf_ivr.h"

#define STEPS     200u
#define AT_ONCE   1000u /* answers without a moment between them: more would be a circle */
#define TEXT_MAX  65536u
#define NODES_MAX 8192u
#define WORDS_MAX 400u
#define EDITS_MAX 4u

static const char head[] =
        "tenants: [{name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}]\n"
        "queues: [{name: billing, tenant: acme}]\n"
        "agents: [{id: \"1001\", tenant: acme, password: x, skills: [gold 3]}]\n"
        "surveys: [{name: after, tenant: acme, questions: [{kind: csat, prompt: /a.wav}]}]\n"
        "calendars: [{name: office, tenant: acme, zone: UTC, week: {mon: [\"09:00-17:00\"]}}]\n"
        "flows:\n"
        "  - name: main\n"
        "    tenant: acme\n"
        "    language: en\n"
        "    prompts: [{language: en, folder: prompts/en}, {language: de, folder: /p/de}]\n"
        "    hosts: [\"crm.example:8443\"]\n"
        "    nodes:\n";

static uint64_t random_state;

static uint32_t below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

/* ---- A caller --------------------------------------------------------------------------------
 */

/* The end of the input, as a text. */
static void outside_take(const char *text, size_t length, char ret_text[300])
{
	size_t n = length < 299 ? length : 299;

	memcpy(ret_text, text + length - n, n);
	ret_text[n] = '\0';
}

static void played_look(const struct jf_ivr *ivr, const struct jf_ivr_do *todo)
{
	struct jf_ivr_words words;

	for (uint32_t i = 0; i < todo->n_items; i++)
		for (int by_default = 0; by_default < 2; by_default++) {
			if (jf_ivr_words(ivr, i, by_default, &words))
				continue;
			JF_FUZZ_ASSERT(words.folder && words.folder[0] == '/');
			JF_FUZZ_ASSERT(words.prompt || words.words.count <= JF_PROMPT_MAX);
		}
}

/* What is asked is answered at once: whether something was. */
static bool answer(const struct jf_ivr_do *todo, const char *outside,
                   struct jf_ivr_event *ret_event)
{
	static const enum jf_ivr_way_type hours[] = {JF_IVR_OPEN, JF_IVR_CLOSED, JF_IVR_HOLIDAY};
	static const enum jf_ivr_way_type callers[] = {JF_IVR_VIP, JF_IVR_KNOWN, JF_IVR_NEXT};
	static const char *values[JF_IVR_DATA_KEYS];

	if (todo->what & JF_IVR_DO_CALENDAR) {
		JF_FUZZ_ASSERT(!strcmp(todo->name, "office"));
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALENDAR,
		                                   .way = hours[below(3)]};
	} else if (todo->what & JF_IVR_DO_CALLER) {
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALLER,
		                                   .way = callers[below(3)]};
	} else if (todo->what & JF_IVR_DO_HTTP) {
		JF_FUZZ_ASSERT(strlen(todo->url) < JF_IVR_URL_MAX);
		JF_FUZZ_ASSERT(!strncmp(todo->url, "http://crm.example:8443", 23) ||
		               !strncmp(todo->url, "https://crm.example:8443", 24));
		JF_FUZZ_ASSERT(todo->http->n_takes <= JF_IVR_DATA_KEYS);
		for (uint32_t i = 0; i < JF_IVR_DATA_KEYS; i++)
			values[i] = below(4) ? outside : NULL;
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_HTTP,
		                                   .ask = todo->ask,
		                                   .values = below(4) ? values : NULL};
	} else {
		return false;
	}
	return true;
}

/* What happens next to a caller who isn't asked anything. */
static void happen(const struct jf_ivr *ivr, uint32_t play, uint64_t *now_ns,
                   struct jf_ivr_event *ret_event)
{
	static const char keys[] = "0123456789*#AF";
	uint64_t due_ns = jf_ivr_due(ivr);

	if (below(2)) {
		*ret_event =
		        (struct jf_ivr_event){.type = JF_IVR_EVENT_DIGIT, .digit = keys[below(14)]};
	} else if (due_ns && below(2)) {
		*now_ns = due_ns > *now_ns ? due_ns : *now_ns;
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_TIMER};
	} else {
		*ret_event = (struct jf_ivr_event){.type = JF_IVR_EVENT_PLAYED, .play = play};
	}
}

static void caller_walk(struct jf_ivr_flows *flows, const struct jf_ivr_flow *flow,
                        const char *outside)
{
	struct jf_ivr_start start = {.flows = flows,
	                             .flow = flow,
	                             .caller = below(2) ? "+3725550100" : "",
	                             .number = "600",
	                             .call_id = "01M8"};
	struct jf_ivr_event event = {.type = JF_IVR_EVENT_BEGIN};
	uint64_t now_ns = 1;
	uint32_t play = 0, at_once = 0;
	struct jf_ivr *ivr;
	struct jf_ivr_do todo;

	JF_FUZZ_ASSERT(jf_ivr_create(&start, &ivr) == 0);
	for (uint32_t i = 0; i < STEPS; i++) {
		jf_ivr_step(ivr, &event, now_ns, &todo);
		if (todo.what & JF_IVR_DO_PLAY) {
			play = todo.play;
			played_look(ivr, &todo);
		}
		if (todo.what & JF_IVR_DO_END) {
			JF_FUZZ_ASSERT(todo.end && todo.language && todo.number);
			if (below(2))
				break;
			event = (struct jf_ivr_event){.type = JF_IVR_EVENT_REFUSED};
		} else if (answer(&todo, outside, &event)) {
			JF_FUZZ_ASSERT(++at_once < AT_ONCE);
			i--;
			continue;
		} else {
			happen(ivr, play, &now_ns, &event);
		}
		at_once = 0;
	}
	jf_ivr_destroy(ivr);
}

/* ---- The text --------------------------------------------------------------------------------
 */

static void errors_look(const struct jf_directory_errors *errors)
{
	JF_FUZZ_ASSERT(errors->count > 0);
	for (size_t i = 0; i < errors->count; i++) {
		const struct jf_directory_error *e = &errors->list[i];

		JF_FUZZ_ASSERT(!strcmp(e->file, "flow.yaml") && e->message[0]);
		JF_FUZZ_ASSERT(!e->line == !e->column);
		for (const char *c = e->message; *c; c++)
			JF_FUZZ_ASSERT(*c >= 0x20 && *c < 0x7f);
	}
}

static bool try(const char *nodes, size_t length)
{
	static const struct jf_directory_options options = {.realm = "jackfield", .base = "/srv"};
	static char text[TEXT_MAX];
	struct jf_directory_file file = {"flow.yaml", text, sizeof(head) - 1 + length};
	struct jf_directory_errors errors;
	struct jf_directory *directory = NULL;
	struct jf_ivr_flows *flows;
	char outside[300];

	if (file.length > sizeof(text))
		return false;
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + sizeof(head) - 1, nodes, length);
	if (jf_directory_parse(&file, 1, &options, &directory, &errors)) {
		errors_look(&errors);
		return false;
	}
	outside_take(nodes, length, outside);
	random_state = length;
	for (size_t i = 0; i < length; i++)
		random_state = random_state * 31 + (uint8_t)nodes[i];
	flows = jf_directory_flows(directory);
	for (size_t i = 0; i < jf_ivr_flows_count(flows); i++)
		for (int callers = 0; callers < 4; callers++)
			caller_walk(flows, jf_ivr_flows_at(flows, i), outside);
	jf_directory_destroy(directory);
	return true;
}

/* ---- Edits -----------------------------------------------------------------------------------
 */

struct word {
	size_t at, length;
};

static size_t words_find(const char *text, size_t length, struct word words[WORDS_MAX])
{
	size_t n = 0;

	for (size_t at = 0; at < length && n < WORDS_MAX; at++) {
		size_t begin = at;

		while (at < length && (isalnum((unsigned char)text[at]) || text[at] == '_'))
			at++;
		if (at > begin)
			words[n++] = (struct word){begin, at - begin};
	}
	return n;
}

/* One word of text instead of another; the new length. */
static size_t edit(char *text, size_t length, const uint8_t how[3])
{
	struct word words[WORDS_MAX], *to, *from;
	size_t n = words_find(text, length, words);
	char copy[64];

	if (!n)
		return length;
	to = &words[how[0] % n];
	from = &words[(how[1] + 256u * (how[2] & 1)) % n];
	if (from->length > sizeof(copy) || length + from->length > NODES_MAX)
		return length;
	memcpy(copy, text + from->at, from->length);
	memmove(text + to->at + from->length, text + to->at + to->length,
	        length - to->at - to->length);
	memcpy(text + to->at, copy, from->length);
	return length + from->length - to->length;
}

static const struct jf_fuzz_sample samples[] = {
        JF_FUZZ_TEXT("      - {name: hello, play: {prompts: [welcome], whole: true},\n"
                     "         next: topic}\n"
                     "      - name: topic\n"
                     "        menu: {prompts: [choose], silence: [nothing], invalid: [wrong],\n"
                     "               tries: 2, timeout_ms: 4000, key: topic, fresh: true,\n"
                     "               choices: [{key: \"1\", next: account},\n"
                     "                         {key: \"#\", next: bye}]}\n"
                     "        failed: bye\n"
                     "      - name: account\n"
                     "        collect: {prompts: [enter], key: account, least: 4, most: 8,\n"
                     "                  end: \"#\", luhn: true, from: 1000, to: 99999999,\n"
                     "                  secret: true, digit_timeout_ms: 2500, tries: 3}\n"
                     "        next: bye\n"
                     "        failed: bye\n"
                     "      - {name: bye, hangup: true}\n"),
        JF_FUZZ_TEXT("      - name: lookup\n"
                     "        http: {method: POST, deadline_ms: 1500,\n"
                     "               url: \"https://crm.example:8443/a/{call.caller}\",\n"
                     "               body: '{\"a\": \"{call.number}\"}',\n"
                     "               headers: [{name: Authorization, value: Bearer x}],\n"
                     "               take: [{key: tier, from: customer.tier},\n"
                     "                      {key: n, from: list.0.n, secret: true}]}\n"
                     "        next: told\n"
                     "        failed: told\n"
                     "      - {name: told, say: {prompts: [{amount: \"{tier}\", currency: "
                     "eur},\n"
                     "            {digits: \"{n}\"}, {number: \"{n}\"}, {ordinal: \"{n}\"},\n"
                     "            {date: \"{tier}\"}, {time: \"{n}\"}, {duration: \"{n}\"},\n"
                     "            {position: \"{n}\"}, {prompt: end}]}, next: put}\n"
                     "      - {name: put, set: {values: [{key: language, to: \"{tier}\"}]},\n"
                     "         next: tier}\n"
                     "      - {name: tier, branch: {cases: [{when: tier == gold, next: q},\n"
                     "            {when: n > 5 and tier != x, next: put2}]}, next: q}\n"
                     "      - {name: put2, set: {values: [{key: n, to: \"{n}{n}\"}]}, next: q}\n"
                     "      - {name: q, queue: {name: billing}}\n# 2026-11-22 12.50"),
        JF_FUZZ_TEXT("      - {name: hours, calendar: {name: office, open: who, closed: "
                     "message,\n"
                     "            holiday: rate}}\n"
                     "      - {name: who, caller: {vip: gold, known: later}, next: desk}\n"
                     "      - {name: gold, queue: {name: billing, requires: [{skills: gold >= "
                     "3},\n"
                     "            {skills: gold, after_s: 30}], priority: 800, language: de},\n"
                     "         failed: more}\n"
                     "      - {name: desk, transfer: {to: \"agent:1001\"}, failed: more}\n"
                     "      - {name: message, voicemail: {queue: billing}, failed: more}\n"
                     "      - {name: later, callback: {queue: billing, number: \"+{x}\"},\n"
                     "         failed: more}\n"
                     "      - {name: rate, survey: {name: after}, failed: more}\n"
                     "      - {name: more, flow: {name: cards}}\n"
                     "  - {name: cards, tenant: acme, language: en, prompts: [{language: en,\n"
                     "     folder: /p}], nodes: [{name: out, transfer: {to:\n"
                     "     \"outside:+3726001000\"}}]}\n"
                     "numbers: [{number: \"6001\", tenant: acme, flow: main}]\n"),
};

static void try_edited(const uint8_t *bytes, size_t length)
{
	static char text[NODES_MAX];
	const struct jf_fuzz_sample *sample = &samples[bytes[0] % 3];
	size_t n = sample->length;

	memcpy(text, sample->bytes, n);
	for (size_t i = 1; i + 3 <= length && i < 1 + 3 * (size_t)EDITS_MAX; i += 3)
		n = edit(text, n, bytes + i);
	(void)try(text, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	(void)try((const char *)bytes, length);
	if (length)
		try_edited(bytes, length);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		JF_FUZZ_ASSERT(try(samples[i].bytes, samples[i].length));
	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
