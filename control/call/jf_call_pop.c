// SPDX-License-Identifier: BSD-3-Clause
/*
 * The screen pop: what an agent's desktop is told of the caller while its phone rings, with the
 * latest contacts of the same caller and the address of a page about it. A caller who is hidden
 * stays so: no number, no customer record, no earlier contacts.
 *
 * The contacts of a caller stand in an index of the store: tenant, NUL, number, NUL, the call's id;
 * the newest KEPT of each are held.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_json.h"

#define SHOWN   5u
#define KEPT    10u
#define URL_MAX 2000u
#define KEY_MAX (2 * JF_CALL_TEXT_MAX + 2 + JF_CALL_ID_BYTES)

/* ---- The index ---------------------------------------------------------------------------------
 */

struct key {
	uint8_t bytes[KEY_MAX];
	size_t length;
};

/* All contacts of the caller begin with it. Whether there is one to be known by. */
static bool prefix_make(const struct jf_call *call, struct key *ret_key)
{
	size_t tenant = strlen(call->tenant) + 1, number = strlen(call->caller_number) + 1;

	if (call->withheld || number == 1 || call->caller.name[0])
		return false;
	memcpy(ret_key->bytes, call->tenant, tenant);
	memcpy(ret_key->bytes + tenant, call->caller_number, number);
	ret_key->length = tenant + number;
	return true;
}

static void key_end(struct key *key, const void *id)
{
	memcpy(key->bytes + key->length, id, JF_CALL_ID_BYTES);
	key->length += JF_CALL_ID_BYTES;
}

struct finding {
	const struct key *prefix;
	json_t *contacts;             /* the newest; NULL: not wanted */
	struct jf_store_batch *batch; /* the oldest are taken off by it; NULL: they stay */
	uint32_t n;
};

static bool contact_take(const void *key, size_t key_length, const void *value, size_t value_length,
                         void *arg)
{
	struct finding *f = arg;

	if (key_length != f->prefix->length + JF_CALL_ID_BYTES ||
	    memcmp(key, f->prefix->bytes, f->prefix->length) != 0)
		return false;
	f->n++;
	if (f->contacts && f->n <= SHOWN)
		json_array_append_new(f->contacts, json_loadb(value, value_length, 0, NULL));
	if (f->batch && f->n >= KEPT)
		jf_store_batch_delete(f->batch, JF_STORE_CALLERS, key, key_length);
	return true;
}

/* The newest first. */
static void look(const struct jf_call *call, struct finding *f, uint32_t limit)
{
	struct key last = *f->prefix;
	uint8_t highest[JF_CALL_ID_BYTES];
	struct jf_store_page page = {.limit = limit, .descending = true, .after = last.bytes};

	memset(highest, 0xff, sizeof(highest));
	key_end(&last, highest);
	page.after_length = last.length;
	(void)jf_store_scan(call->calls->config.store, JF_STORE_CALLERS, &page, contact_take, f);
}

void jf_call_contact_put(const struct jf_call *call, const json_t *record,
                         struct jf_store_batch *batch)
{
	static const char *const kept[] = {"call", "arrived_utc", "queue", "agent", "outcome"};
	struct key key;
	struct finding f = {.prefix = &key, .batch = batch};
	json_t *contact;
	char *text;

	if (!prefix_make(call, &key) || (call->task_outcome && !call->answered))
		return;
	contact = json_object();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		json_object_set(contact, kept[i], json_object_get(record, kept[i]));
	look(call, &f, KEPT + 4);
	text = jf_json_text(contact, NULL);
	key_end(&key, call->id.b);
	if (text)
		jf_store_batch_put(batch, JF_STORE_CALLERS, key.bytes, key.length, text,
		                   strlen(text));
	free(text);
	json_decref(contact);
}

static json_t *contacts(const struct jf_call *call)
{
	struct key key;
	struct finding f = {.prefix = &key, .contacts = json_array()};

	if (f.contacts && prefix_make(call, &key))
		look(call, &f, SHOWN);
	return f.contacts;
}

bool jf_call_last_agent(const struct jf_call *call, char ret_agent[JF_ACD_NAME_MAX])
{
	json_t *list = contacts(call), *contact;
	const char *agent = NULL;
	size_t i;

	json_array_foreach(list, i, contact)
	{
		agent = json_string_value(json_object_get(contact, "agent"));
		if (agent && agent[0])
			break;
		agent = NULL;
	}
	if (agent)
		snprintf(ret_agent, JF_ACD_NAME_MAX, "%s", agent);
	json_decref(list);
	return agent != NULL;
}

/* ---- The page ----------------------------------------------------------------------------------
 */

static const char *value_of(const struct jf_call_party *agent, const char *name, char text[32])
{
	const struct jf_call *call = agent->call;
	const struct {
		const char *name, *value;
	} values[] = {
	        {"caller", jf_call_caller_shown(call)},
	        {"name", jf_call_caller_name_shown(call)},
	        {"number", call->number},
	        {"queue", call->queue_name},
	        {"tenant", call->tenant},
	        {"agent", agent->name},
	        {"call", call->id_text},
	};
	const char *value;

	if (!strncmp(name, "data.", 5)) {
		value = jf_call_wants_data(&call->wants, name + 5);
		return value ? value : "";
	}
	if (!strcmp(name, "wait_s")) {
		snprintf(text, 32, "%llu",
		         (unsigned long long)(jf_time_since(call->aged_ns, jf_loop_now_ns()) /
		                              JF_NS_PER_S));
		return text;
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(name, values[i].name))
			return values[i].value;
	return "";
}

/* RFC 3986: all but the unreserved characters as %XX. */
static void escape(const char *value, char *url, size_t *at)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                                 "0123456789-._~";

	for (; *value && *at + 4 < URL_MAX; value++) {
		if (strchr(unreserved, *value))
			url[(*at)++] = *value;
		else
			*at += (size_t)snprintf(url + *at, 4, "%%%02X", (unsigned char)*value);
	}
}

static json_t *url_make(const struct jf_call_party *agent, const char *template)
{
	char url[URL_MAX], name[JF_CALL_DATA_KEY_MAX + 8], text[32];
	size_t at = 0;

	while (*template && at + 4 < URL_MAX) {
		const char *end = *template == '{' ? strchr(template, '}') : NULL;
		size_t length = end ? (size_t)(end - template - 1) : 0;

		if (!end || length >= sizeof(name)) {
			url[at++] = *template ++;
			continue;
		}
		memcpy(name, template + 1, length);
		name[length] = '\0';
		escape(value_of(agent, name, text), url, &at);
		template = end + 1;
	}
	return json_stringn(url, at);
}

/* ---- The event ---------------------------------------------------------------------------------
 */

/* The customer record; NULL: there is none, or it is not to be known. */
static json_t *customer(const struct jf_call *call)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_caller *caller =
	        directory && !call->withheld
	                ? jf_directory_caller_find(directory, call->tenant, call->caller_number)
	                : NULL;

	return caller ? json_pack("{s:s, s:s*, s:b}", "number", caller->number, "name",
	                          caller->name, "vip", caller->vip)
	              : NULL;
}

void jf_call_pop(const struct jf_call_party *agent)
{
	struct jf_call *call = agent->call;
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	const char *name = jf_call_caller_name_shown(call);
	json_t *json, *who;

	if (jf_bus_skip(call->calls->config.bus))
		return;
	json = json_pack(
	        "{s:s, s:o, s:I, s:s, s:o}", "agent", agent->name, "caller_name",
	        jf_bus_text(name, strlen(name)), "wait_ms",
	        (json_int_t)(jf_time_since(call->aged_ns, jf_loop_now_ns()) / JF_NS_PER_MS),
	        "language", call->wants.language, "contacts", contacts(call));
	if (!json)
		return;
	if (call->wants.data)
		json_object_set(json, "data", call->wants.data);
	who = customer(call);
	if (who)
		json_object_set_new(json, "customer", who);
	if (t && t->screen_pop)
		json_object_set_new(json, "url", url_make(agent, t->screen_pop));
	jf_call_publish(call, "call.screen_pop", json);
}
