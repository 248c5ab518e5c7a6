// SPDX-License-Identifier: BSD-3-Clause
/* calls, call, recordings: live ones from the call layer, ended ones from the store. */
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

/* ---- Recordings -------------------------------------------------------------------------------
 */

struct recordings {
	json_t *rows;
	struct jf_call_id last;
};

static void copy(json_t *row, const char *key, const json_t *from, const char *from_key)
{
	json_t *value = json_object_get(from, from_key);

	if (value)
		json_object_set(row, key, value);
}

static bool take_recording(const void *key, size_t key_length, const void *value,
                           size_t value_length, void *arg)
{
	struct recordings *recordings = arg;
	json_t *record, *recording, *row;

	if (key_length != sizeof(recordings->last.b))
		return true;
	memcpy(recordings->last.b, key, key_length);
	record = json_loadb(value, value_length, 0, NULL);
	recording = json_object_get(record, "recording");
	row = json_is_object(recording) ? json_object() : NULL;
	if (row) {
		copy(row, "call", record, "id");
		copy(row, "started_utc", recording, "started_utc");
		copy(row, "duration_ms", recording, "duration_ms");
		copy(row, "tenant", record, "tenant");
		copy(row, "queue", record, "queue");
		copy(row, "caller", record, "caller");
		copy(row, "agent", record, "agent");
		copy(row, "talk_share_caller", record, "talk_share_caller");
		copy(row, "talk_share_agent", record, "talk_share_agent");
		copy(row, "lost_packets", recording, "lost_packets");
		copy(row, "path", recording, "path");
		json_array_append_new(recordings->rows, row);
	}
	json_decref(record);
	return true;
}

void jf_commands_recordings(struct jf_commands *commands, const struct jf_request *request,
                            struct jf_reply *reply)
{
	struct recordings recordings = {.rows = NULL};
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
	recordings.rows = json_array();
	n = jf_store_scan(commands->config.store, JF_STORE_RECORDS, &page, take_recording,
	                  &recordings);
	if (n < 0) {
		json_decref(recordings.rows);
		jf_reply_error(reply, JF_PROTOCOL_UNAVAILABLE, "the store can't be read: %s",
		               strerror(-n));
		return;
	}
	jf_call_id_text(&recordings.last, next);
	jf_reply_data(reply,
	              jf_commands_page(recordings.rows, (uint32_t)n == page.limit ? next : NULL));
}
