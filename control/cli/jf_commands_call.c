// SPDX-License-Identifier: BSD-3-Clause
/* calls, call, mask, records, recordings: live ones from the call layer, ended ones from the store.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_commands_priv.h"
#include "jf_store.h"
#include "jf_view.h"

#define RECORDS_PAGE_MAX 100u /* reading one costs more than showing it */

/* The cursor as a call id: 0 (ret_id set), -ENOENT (there is no cursor), -EINVAL (answered). */
static int cursor_id(const struct jf_request *request, struct jf_reply *reply,
                     struct jf_call_id *ret_id)
{
	const char *cursor = jf_request_text(request, "cursor", NULL);

	if (!cursor)
		return -ENOENT;
	if (jf_call_id_parse(cursor, ret_id) == 0)
		return 0;
	jf_reply_error(reply, JF_PROTOCOL_BAD_ARGUMENT, "cursor isn't one of this listing");
	return -EINVAL;
}

void jf_commands_calls(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	struct jf_call_id after;
	int cursor = cursor_id(request, reply, &after);
	bool more = false;
	const char *last;
	json_t *rows;

	if (cursor == -EINVAL)
		return;
	rows = jf_view_calls(commands->config.calls, cursor == 0 ? &after : NULL,
	                     jf_request_limit(request), &more);
	last = json_string_value(
	        json_object_get(json_array_get(rows, json_array_size(rows) - 1), "id"));
	jf_reply_data(reply, jf_commands_page(rows, more ? last : NULL));
}

/* ---- One call ---------------------------------------------------------------------------------
 */

struct matches {
	char prefix[JF_CALL_ID_TEXT]; /* upper case */
	unsigned count;
	json_t *first;
};

static bool take_match(const void *key, size_t key_length, const void *value, size_t value_length,
                       void *arg)
{
	struct matches *matches = arg;
	char text[JF_CALL_ID_TEXT];
	struct jf_call_id id;

	if (key_length != sizeof(id.b))
		return true;
	memcpy(id.b, key, sizeof(id.b));
	jf_call_id_text(&id, text);
	if (strncmp(text, matches->prefix, strlen(matches->prefix)) != 0)
		return false;
	if (matches->count++ == 0)
		matches->first = json_loadb(value, value_length, 0, NULL);
	return matches->count < 2;
}

/* The key before the first that begins with prefix; false if that is the first key there can be. */
static bool key_before(const char *prefix, struct jf_call_id *ret_id)
{
	char text[JF_CALL_ID_TEXT] = "00000000000000000000000000";
	int i = JF_CALL_ID_BYTES;

	memcpy(text, prefix, strlen(prefix));
	if (jf_call_id_parse(text, ret_id))
		return false;
	while (i-- > 0)
		if (ret_id->b[i]-- != 0)
			return true;
	return false;
}

static int find_records(struct jf_commands *commands, struct matches *matches)
{
	struct jf_store_page page = {.limit = 2};
	struct jf_call_id before;
	int n;

	if (key_before(matches->prefix, &before)) {
		page.after = before.b;
		page.after_length = sizeof(before.b);
	}
	n = jf_store_scan(commands->config.store, JF_STORE_RECORDS, &page, take_match, matches);
	return n < 0 ? n : 0;
}

void jf_commands_call(struct jf_commands *commands, const struct jf_request *request,
                      struct jf_reply *reply)
{
	const char *prefix = jf_request_text(request, "id", "");
	struct matches ended = {.count = 0};
	struct jf_call_id id;
	unsigned live;
	json_t *call = NULL;

	if (strlen(prefix) >= sizeof(ended.prefix) ||
	    prefix[strspn(prefix, "0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz")]) {
		jf_reply_error(reply, JF_PROTOCOL_BAD_ARGUMENT, "%s can't be a call's id", prefix);
		return;
	}
	for (size_t i = 0; prefix[i]; i++)
		ended.prefix[i] = (char)toupper((unsigned char)prefix[i]);
	live = jf_view_calls_match(commands->config.calls, ended.prefix, &id, 1);
	if (find_records(commands, &ended))
		jf_reply_error(reply, JF_PROTOCOL_UNAVAILABLE, "the store can't be read");
	else if (live + ended.count == 0)
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no call %s", prefix);
	else if (live + ended.count > 1)
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS, "%s fits several calls", prefix);
	else
		call = live ? jf_view_call(commands->config.calls, &id) : json_incref(ended.first);
	json_decref(ended.first);
	if (call)
		jf_reply_data(reply, call);
	else if (live + ended.count == 1)
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "the call's record can't be shown");
}

/* ---- Masking -----------------------------------------------------------------------------------
 */

void jf_commands_mask(struct jf_commands *commands, const struct jf_request *request,
                      struct jf_reply *reply)
{
	const char *prefix = jf_request_text(request, "id", "");
	bool on = strcmp(jf_request_text(request, "state", ""), "on") == 0;
	char text[JF_CALL_ID_TEXT];
	struct jf_call_id id;
	uint32_t live = jf_view_calls_match(commands->config.calls, prefix, &id, 1);
	int err = live == 1 ? jf_calls_mask(commands->config.calls, &id, on) : -ENOENT;

	if (live > 1) {
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS, "%s fits several calls", prefix);
		return;
	}
	if (err == -ENOENT) {
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "no call %s is in progress", prefix);
		return;
	}
	if (err && err != -EALREADY) {
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "not done: %s", strerror(-err));
		return;
	}
	jf_call_id_text(&id, text);
	jf_reply_data(reply, json_pack("{s:s, s:s}", "call", text, "masking", on ? "on" : "off"));
}

/* ---- Records and recordings --------------------------------------------------------------------
 */

struct listing {
	json_t *rows;
	struct jf_call_id last;
	void (*add)(json_t *record, json_t *rows); /* what of it is in this listing */
};

static void record_row(json_t *record, json_t *rows)
{
	json_array_append(rows, record);
}

static void copy(json_t *row, const char *key, const json_t *value)
{
	if (value)
		json_object_set(row, key, (json_t *)value);
}

/* speech: of the call, NULL: not of that file. */
static json_t *recording_row(const json_t *record, const json_t *recording, const json_t *speech)
{
	static const char *const of_call[] = {"call", "tenant", "queue", "caller", "agent"};
	static const char *const of_recording[] = {"started_utc", "duration_ms", "state", "error",
	                                           "path"};
	const json_t *lost = json_object_get(recording, "lost");
	json_t *row = json_object();

	for (size_t i = 0; i < sizeof(of_call) / sizeof(of_call[0]); i++)
		copy(row, of_call[i], json_object_get(record, of_call[i]));
	for (size_t i = 0; i < sizeof(of_recording) / sizeof(of_recording[0]); i++)
		copy(row, of_recording[i], json_object_get(recording, of_recording[i]));
	copy(row, "talk_share_caller",
	     json_object_get(json_object_get(speech, "caller"), "talk_share"));
	copy(row, "talk_share_agent",
	     json_object_get(json_object_get(speech, "agent"), "talk_share"));
	json_object_set_new(row, "lost",
	                    json_integer(json_integer_value(json_object_get(lost, "caller")) +
	                                 json_integer_value(json_object_get(lost, "agent"))));
	return row;
}

/* On the left of a consultation's file is who was consulted, on the right who asked. */
static void consult_rows(const json_t *record, json_t *rows)
{
	const json_t *all = json_object_get(record, "consult_recordings"), *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const json_t *left = json_object_get(one, "left");
		json_t *row = recording_row(record, one, NULL);

		copy(row, "consulted", json_object_get(left, "agent"));
		copy(row, "consulted", json_object_get(left, "outside"));
		copy(row, "agent", json_object_get(json_object_get(one, "right"), "agent"));
		json_array_append_new(rows, row);
	}
}

static void recording_rows(json_t *record, json_t *rows)
{
	const json_t *recording = json_object_get(record, "recording");

	if (json_is_object(recording))
		json_array_append_new(
		        rows, recording_row(record, recording, json_object_get(record, "speech")));
	consult_rows(record, rows);
}

static bool take_record(const void *key, size_t key_length, const void *value, size_t value_length,
                        void *arg)
{
	struct listing *listing = arg;
	json_t *record;

	if (key_length != sizeof(listing->last.b))
		return true;
	memcpy(listing->last.b, key, key_length);
	record = json_loadb(value, value_length, 0, NULL);
	if (record)
		listing->add(record, listing->rows);
	json_decref(record);
	return true;
}

/* Newest first. A page may have fewer rows than it looked at, even none, and still a next one. */
static void answer_from_records(struct jf_commands *commands, const struct jf_request *request,
                                struct jf_reply *reply, struct listing *listing)
{
	struct jf_store_page page = {.limit = jf_request_limit(request), .descending = true};
	char next[JF_CALL_ID_TEXT];
	struct jf_call_id after;
	int cursor = cursor_id(request, reply, &after), n;

	if (cursor == -EINVAL)
		return;
	if (page.limit > RECORDS_PAGE_MAX)
		page.limit = RECORDS_PAGE_MAX;
	if (cursor == 0) {
		page.after = after.b;
		page.after_length = sizeof(after.b);
	}
	listing->rows = json_array();
	n = jf_store_scan(commands->config.store, JF_STORE_RECORDS, &page, take_record, listing);
	if (n < 0) {
		json_decref(listing->rows);
		jf_reply_error(reply, JF_PROTOCOL_UNAVAILABLE, "the store can't be read: %s",
		               strerror(-n));
		return;
	}
	jf_call_id_text(&listing->last, next);
	jf_reply_data(reply,
	              jf_commands_page(listing->rows, (uint32_t)n == page.limit ? next : NULL));
}

void jf_commands_records(struct jf_commands *commands, const struct jf_request *request,
                         struct jf_reply *reply)
{
	struct listing listing = {.add = record_row};

	answer_from_records(commands, request, reply, &listing);
}

void jf_commands_recordings(struct jf_commands *commands, const struct jf_request *request,
                            struct jf_reply *reply)
{
	struct listing listing = {.add = recording_rows};

	answer_from_records(commands, request, reply, &listing);
}
