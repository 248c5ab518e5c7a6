// SPDX-License-Identifier: BSD-3-Clause
/* What can be wrong with one flow, node by node. Fields are named as jf_directory_flows.c has them.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"

#define WAIT_MIN_MS     200u
#define WAIT_MAX_MS     60000u
#define DEADLINE_MIN_MS 100u
#define DEADLINE_MAX_MS 30000u
#define KEYS            "0123456789*#ABCD"

void jf_ivr_mistake(struct jf_ivr_checking *c, uint32_t node, const char *field, const char *format,
                    ...)
{
	struct jf_ivr_mistake mistake = {.flow = c->flow, .node = node};
	va_list args;

	c->mistakes++;
	if (!c->checks || !c->checks->mistake)
		return;
	snprintf(mistake.field, sizeof(mistake.field), "%s", field);
	va_start(args, format);
	vsnprintf(mistake.message, sizeof(mistake.message), format, args);
	va_end(args);
	c->checks->mistake(&mistake, c->checks->arg);
}

/* One node under the lens. */
struct lens {
	struct jf_ivr_checking *c;
	const struct jf_ivr_flow *flow;
	const struct jf_ivr_node *node;
	uint32_t at;
};

/* A field of the node's own kind: "menu.tries". */
#define FIELD_SIZE 48u

static const char *inside(const struct lens *l, const char *field, char ret_field[FIELD_SIZE])
{
	int n = snprintf(ret_field, FIELD_SIZE, "%s%s%s", jf_ivr_kind_name(l->node->kind),
	                 field[0] ? "." : "", field);

	return n < (int)FIELD_SIZE ? ret_field : field;
}

static const char *refer(const struct lens *l, enum jf_ivr_reference what, const char *name)
{
	const struct jf_ivr_checks *checks = l->c->checks;

	if (!checks || !checks->check)
		return NULL;
	return checks->check(what, l->flow->tenant, name, checks->arg);
}

static void reference(const struct lens *l, enum jf_ivr_reference what, const char *field,
                      const char *name)
{
	const char *why = refer(l, what, name);
	char path[FIELD_SIZE];

	if (why)
		jf_ivr_mistake(l->c, l->at, inside(l, field, path), "\"%s\": %s", name, why);
}

static void template(const struct lens *l, const char *field, const char *text)
{
	const char *why = jf_ivr_template_check(text);
	char path[FIELD_SIZE];

	if (why)
		jf_ivr_mistake(l->c, l->at, inside(l, field, path), "\"%s\": %s", text, why);
}

static void key(const struct lens *l, const char *field, const char *name)
{
	char path[FIELD_SIZE];

	if (!jf_ivr_data_key_fits(name))
		jf_ivr_mistake(
		        l->c, l->at, inside(l, field, path),
		        "\"%s\": a letter, then letters, digits, . _ - (at most %u), and not "
		        "\"call.\" in front",
		        name, JF_IVR_DATA_KEY_MAX);
}

static void within(const struct lens *l, const char *field, uint32_t value, uint32_t least,
                   uint32_t most)
{
	char path[FIELD_SIZE];

	if (value < least || value > most)
		jf_ivr_mistake(l->c, l->at, inside(l, field, path), "%u: from %u to %u", value,
		               least, most);
}

/* ---- Prompts --------------------------------------------------------------------------------- */

static const char *folder_of(const struct jf_ivr_flow *flow, const char *language)
{
	for (uint32_t i = 0; i < flow->n_prompts; i++)
		if (!strcmp(flow->prompts[i].language, language))
			return flow->prompts[i].folder;
	return NULL;
}

/* In the language by default: what another one lacks is heard in that. */
static void sound(const struct lens *l, const char *field, const char *name)
{
	const char *folder = folder_of(l->flow, l->flow->language), *why;
	char path[512], place[FIELD_SIZE];

	if (!folder)
		return; /* said once, of the flow */
	snprintf(path, sizeof(path), "%s/%s.wav", folder, name);
	why = refer(l, JF_IVR_REF_PROMPT, path);
	if (why)
		jf_ivr_mistake(l->c, l->at, inside(l, field, place), "%s: %s", path, why);
}

static bool prompt_fits(const char *name)
{
	if (!isalnum((unsigned char)name[0]) || strlen(name) > JF_IVR_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && (!strchr("._-/", *c) || strstr(name, "..")))
			return false;
	return true;
}

/* Spoken words need sounds of their own: those that the value will need can't be known, so a few
 * that each value needs. */
static void spoken(const struct lens *l, const char *field, const struct jf_ivr_say *say)
{
	static const char *const needed[] = {"digits/1", "digits/2", "digits/9"};
	char path[FIELD_SIZE];

	if (!jf_prompt_language_find(l->flow->language))
		jf_ivr_mistake(l->c, l->at, inside(l, field, path),
		               "nothing but prompts can be said in \"%s\"", l->flow->language);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		sound(l, field, needed[i]);
	template(l, field, say->text);
	if ((say->type == JF_IVR_SAY_AMOUNT) != (say->currency != NULL))
		jf_ivr_mistake(l->c, l->at, inside(l, field, path),
		               "a currency goes with an amount, and an amount with a currency");
}

static void says(const struct lens *l, const char *list, const struct jf_ivr_says *says)
{
	char field[FIELD_SIZE];

	if (says->n > JF_IVR_ITEMS_MAX)
		jf_ivr_mistake(l->c, l->at, inside(l, list, field), "%u: at most %u", says->n,
		               JF_IVR_ITEMS_MAX);
	for (uint32_t i = 0; i < says->n && i < JF_IVR_ITEMS_MAX; i++) {
		const struct jf_ivr_say *say = &says->list[i];
		char path[FIELD_SIZE];

		snprintf(field, sizeof(field), "%.30s[%u]", list, i);
		if (say->type != JF_IVR_SAY_PROMPT)
			spoken(l, field, say);
		else if (!prompt_fits(say->text))
			jf_ivr_mistake(l->c, l->at, inside(l, field, path),
			               "\"%s\": the name of a sound in the folder of prompts, "
			               "without .wav",
			               say->text);
		else
			sound(l, field, say->text);
	}
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

static void input(const struct lens *l)
{
	const struct jf_ivr_input *in = &l->node->input;

	says(l, "silence", &in->silence);
	says(l, "invalid", &in->invalid);
	within(l, "timeout_ms", in->first_ms, WAIT_MIN_MS, WAIT_MAX_MS);
	/* Without a bound a caller who presses nothing would be in the flow for ever. */
	within(l, "tries", in->tries, 1, JF_IVR_TRIES_MAX);
	if (in->key)
		key(l, "key", in->key);
}

static void collect(const struct lens *l)
{
	const struct jf_ivr_input *in = &l->node->input;
	char path[FIELD_SIZE];

	within(l, "digit_timeout_ms", in->digit_ms, WAIT_MIN_MS, WAIT_MAX_MS);
	within(l, "most", in->most, 1, JF_IVR_DIGITS_MAX);
	within(l, "least", in->least, 1, in->most ? in->most : 1);
	if (in->end && !strchr("#*", in->end))
		jf_ivr_mistake(l->c, l->at, inside(l, "end", path), "# or * can end what is typed");
	if (in->has_range && in->from > in->to)
		jf_ivr_mistake(l->c, l->at, inside(l, "from", path), "is beyond \"to\"");
	if (!in->key)
		jf_ivr_mistake(l->c, l->at, inside(l, "key", path),
		               "the data that it is kept as is needed");
}

static void puts_check(const struct lens *l, const char *list, const struct jf_ivr_put *puts,
                       uint32_t n)
{
	char field[FIELD_SIZE];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(field, sizeof(field), "%s[%u].key", list, i);
		key(l, field, puts[i].key);
		snprintf(field, sizeof(field), "%s[%u].to", list, i);
		if (l->node->kind == JF_IVR_SET)
			template(l, field, puts[i].text);
	}
}

static bool token_fits(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	return text[0] != '\0';
}

static bool line_fits(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}

/* The host of an URL may not come out of data: it is one of those that the flow lists. */
static void url(const struct lens *l, const char *text)
{
	const char *host = NULL;
	char path[FIELD_SIZE], name[160];
	size_t length;

	inside(l, "url", path);
	if (!strncmp(text, "http://", 7))
		host = text + 7;
	else if (!strncmp(text, "https://", 8))
		host = text + 8;
	if (!host) {
		jf_ivr_mistake(l->c, l->at, path, "begins with http:// or https://");
		return;
	}
	length = strcspn(host, "/?#");
	if (!length || length >= sizeof(name) || memchr(host, '{', length) ||
	    memchr(host, '@', length) || !line_fits(text) || strchr(text, ' ')) {
		jf_ivr_mistake(l->c, l->at, path, "a host without data or user in it is needed");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)length, host);
	for (uint32_t i = 0; i < l->flow->n_hosts; i++)
		if (!strcmp(l->flow->hosts[i], name))
			return;
	jf_ivr_mistake(l->c, l->at, path, "\"%s\" is not among the flow's hosts", name);
}

static void http(const struct lens *l)
{
	const struct jf_ivr_http *h = &l->node->http;
	char field[FIELD_SIZE], path[FIELD_SIZE];
	bool get = !strcmp(h->method, "GET");

	if (!get && strcmp(h->method, "POST") != 0 && strcmp(h->method, "PUT") != 0)
		jf_ivr_mistake(l->c, l->at, "http.method", "GET, POST or PUT can stand here");
	if (get && h->body)
		jf_ivr_mistake(l->c, l->at, "http.body", "goes with POST and PUT");
	url(l, h->url);
	template(l, "url", h->url);
	if (h->body)
		template(l, "body", h->body);
	within(l, "deadline_ms", h->deadline_ms, DEADLINE_MIN_MS, DEADLINE_MAX_MS);
	for (uint32_t i = 0; i < h->n_headers; i++) {
		snprintf(field, sizeof(field), "headers[%u]", i);
		if (!token_fits(h->headers[i].name) || !line_fits(h->headers[i].value))
			jf_ivr_mistake(l->c, l->at, inside(l, field, path), "is no header");
	}
	puts_check(l, "take", h->takes, h->n_takes);
}

static void queue(const struct lens *l)
{
	const struct jf_ivr_queue *q = &l->node->queue;

	reference(l, JF_IVR_REF_QUEUE, "name", l->node->target);
	if (q->language)
		template(l, "language", q->language);
	for (uint32_t i = 0; i < q->n_steps; i++) {
		char field[FIELD_SIZE];

		snprintf(field, sizeof(field), "requires[%u].skills", i);
		reference(l, JF_IVR_REF_SKILLS, field, q->steps[i].skills);
		if (i && q->steps[i].after_ms <= q->steps[i - 1].after_ms) {
			char path[FIELD_SIZE];

			jf_ivr_mistake(l->c, l->at, inside(l, field, path),
			               "later than the one before it");
		}
	}
}

static void of_kind(const struct lens *l)
{
	const struct jf_ivr_node *node = l->node;
	char path[FIELD_SIZE];

	switch (node->kind) {
	case JF_IVR_PLAY:
	case JF_IVR_SAY:
	case JF_IVR_MENU:
	case JF_IVR_COLLECT:
		says(l, "prompts", &node->says);
		if (!node->says.n)
			jf_ivr_mistake(l->c, l->at, inside(l, "prompts", path), "there are none");
		if (node->kind == JF_IVR_MENU || node->kind == JF_IVR_COLLECT)
			input(l);
		if (node->kind == JF_IVR_COLLECT)
			collect(l);
		break;
	case JF_IVR_SET:
		puts_check(l, "values", node->puts, node->n_puts);
		break;
	case JF_IVR_CALENDAR:
		reference(l, JF_IVR_REF_CALENDAR, "name", node->target);
		break;
	case JF_IVR_HTTP:
		http(l);
		break;
	case JF_IVR_QUEUE:
		queue(l);
		break;
	case JF_IVR_VOICEMAIL:
	case JF_IVR_CALLBACK:
		reference(l, JF_IVR_REF_QUEUE, "queue", node->target);
		if (node->number)
			template(l, "number", node->number);
		break;
	case JF_IVR_TRANSFER:
		reference(l, JF_IVR_REF_TARGET, "to", node->target);
		break;
	case JF_IVR_SURVEY:
		reference(l, JF_IVR_REF_SURVEY, "name", node->target);
		break;
	case JF_IVR_FLOW:
		if (!jf_ivr_flow_find(l->c->flows, l->flow->tenant, node->target))
			jf_ivr_mistake(l->c, l->at, inside(l, "name", path),
			               "tenant \"%s\" has no flow \"%s\"", l->flow->tenant,
			               node->target);
		break;
	default:
		break;
	}
}

/* ---- Ways ------------------------------------------------------------------------------------ */

static void way_match(const struct lens *l, uint32_t w)
{
	const struct jf_ivr_way *way = &l->node->ways[w];
	char field[FIELD_SIZE];
	const char *why = NULL;

	jf_ivr_way_field(l->node, w, field, sizeof(field));
	if (way->type == JF_IVR_CASE)
		why = jf_ivr_condition_check(way->match);
	else if (way->type == JF_IVR_KEY &&
	         (strlen(way->match) != 1 || !strchr(KEYS, way->match[0])))
		why = "one of 0 to 9, *, # or A to D is a key";
	for (uint32_t i = 0; !why && way->type == JF_IVR_KEY && i < w; i++)
		if (l->node->ways[i].type == JF_IVR_KEY &&
		    !strcmp(l->node->ways[i].match, way->match))
			why = "the key is there already";
	if (why)
		jf_ivr_mistake(l->c, l->at, field, "\"%s\": %s", way->match, why);
}

static void ways(const struct lens *l)
{
	const struct jf_ivr_row *row = &jf_ivr_rows[l->node->kind];
	const uint32_t *to = l->c->flows->links[l->c->flow].to[l->at];
	unsigned int there = 0;

	if (l->node->n_ways > JF_IVR_WAYS_MAX)
		jf_ivr_mistake(l->c, l->at, "", "at most %u ways out", JF_IVR_WAYS_MAX);
	for (uint32_t w = 0; w < l->node->n_ways; w++) {
		const struct jf_ivr_way *way = &l->node->ways[w];
		char field[FIELD_SIZE];

		there |= 1u << way->type;
		jf_ivr_way_field(l->node, w, field, sizeof(field));
		if (!((row->takes | row->needs) >> way->type & 1u))
			jf_ivr_mistake(l->c, l->at, field, "a %s has no way \"%s\"", row->name,
			               jf_ivr_way_name(way->type));
		else if (to[w] == JF_IVR_NOWHERE)
			jf_ivr_mistake(l->c, l->at, field, "there is no node \"%s\"", way->to);
		if (way->match)
			way_match(l, w);
	}
	for (unsigned int t = 0; t < JF_IVR_WAY_TYPES; t++)
		if ((row->needs & ~there) >> t & 1u)
			jf_ivr_mistake(l->c, l->at, "", "a %s needs \"%s\"", row->name,
			               jf_ivr_way_name((enum jf_ivr_way_type)t));
}

/* ---- The flow -------------------------------------------------------------------------------- */

static bool name_fits(const char *name)
{
	if (!isalnum((unsigned char)name[0]) || strlen(name) > JF_IVR_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return true;
}

static void node(const struct lens *l)
{
	const char *name = l->node->name;

	if (!name_fits(name))
		jf_ivr_mistake(l->c, l->at, "name",
		               "\"%s\": letters, digits, and after the first also . _ -", name);
	for (uint32_t i = 0; i < l->at; i++) {
		if (!strcmp(l->flow->nodes[i].name, name)) {
			jf_ivr_mistake(l->c, l->at, "name", "\"%s\" is there already", name);
			break;
		}
	}
	ways(l);
	of_kind(l);
}

void jf_ivr_check_flow(struct jf_ivr_checking *c)
{
	const struct jf_ivr_flow *flow = &c->flows->list[c->flow];

	if (!flow->n_nodes)
		jf_ivr_mistake(c, UINT32_MAX, "nodes", "there are none");
	else if (c->flows->links[c->flow].start == JF_IVR_NOWHERE)
		jf_ivr_mistake(c, UINT32_MAX, "start", "there is no node \"%s\"", flow->start);
	if (flow->n_nodes > JF_IVR_NODES_MAX)
		jf_ivr_mistake(c, UINT32_MAX, "nodes", "%u: at most %u", flow->n_nodes,
		               JF_IVR_NODES_MAX);
	if (!folder_of(flow, flow->language))
		jf_ivr_mistake(c, UINT32_MAX, "language", "there are no prompts in \"%s\"",
		               flow->language);
	for (uint32_t i = 0; i < flow->n_nodes; i++)
		node(&(struct lens){c, flow, &flow->nodes[i], i});
}
