// SPDX-License-Identifier: BSD-3-Clause
/* Reading the trace: first which dialogs it is about, then their messages in order. */
#include <string.h>
#include <strings.h>

#include "jf_sip_peek.h"
#include "jf_trace_priv.h"

#define CALL_PREFIX_MIN 6u

void jf_trace_reader_init(const struct jf_trace *trace, struct jf_trace_reader *ret_reader,
                          const char *what, bool past)
{
	memset(ret_reader, 0, sizeof(*ret_reader));
	if (what) {
		size_t length = strnlen(what, JF_TRACE_WHAT_MAX - 1);

		memcpy(ret_reader->what, what, length);
	}
	ret_reader->at = past ? trace->tail : trace->head;
	ret_reader->learning = what && past;
	ret_reader->learn_until = trace->head;
}

/* --- which dialogs --- */

static int dialog_of(const struct jf_trace_reader *reader, uint64_t key)
{
	for (uint32_t d = 0; d < reader->n_dialogs; d++)
		if (reader->dialogs[d].key == key)
			return (int)d;
	return -1;
}

static bool add_dialog(struct jf_trace_reader *reader, uint64_t key)
{
	if (dialog_of(reader, key) >= 0 || reader->n_dialogs == JF_TRACE_DIALOGS_MAX)
		return false;
	reader->dialogs[reader->n_dialogs].key = key;
	reader->dialogs[reader->n_dialogs].told = 0;
	reader->dialogs[reader->n_dialogs++].has_call = false;
	return true;
}

static bool is_wanted_call(const struct jf_trace_reader *reader, const struct jf_call_id *call)
{
	char text[JF_CALL_ID_TEXT];

	for (uint32_t d = 0; d < reader->n_dialogs; d++)
		if (reader->dialogs[d].has_call && jf_call_id_equal(&reader->dialogs[d].call, call))
			return true;
	if (strlen(reader->what) < CALL_PREFIX_MIN)
		return false;
	jf_call_id_text(call, text);
	return strncasecmp(text, reader->what, strlen(reader->what)) == 0;
}

/* One pass over the binds; true when something was learned. */
static bool learn_binds(const struct jf_trace *trace, struct jf_trace_reader *reader)
{
	uint64_t first = trace->n_binds > JF_TRACE_BINDS ? trace->n_binds - JF_TRACE_BINDS : 0;
	bool learned = false;

	for (uint64_t b = first; b < trace->n_binds; b++) {
		const struct jf_trace_bind *bind = &trace->binds[b % JF_TRACE_BINDS];
		int d = dialog_of(reader, bind->key);

		if (d >= 0 && !reader->dialogs[d].has_call) {
			reader->dialogs[d].has_call = true;
			reader->dialogs[d].call = bind->call;
			learned = true;
		} else if (d < 0 && is_wanted_call(reader, &bind->call)) {
			learned |= add_dialog(reader, bind->key);
		}
	}
	return learned;
}

static bool user_is(struct jf_sip_span value, const char *what)
{
	struct jf_sip_span user = jf_sip_span_user(value);

	if (!user.at)
		return false;
	/* A number is the same with and without its plus. */
	if (user.length && *user.at == '+' && *what != '+') {
		user.at++;
		user.length--;
	}
	return user.length == strlen(what) && memcmp(user.at, what, user.length) == 0;
}

static bool record_begins_it(const struct jf_trace_record *record, const char *what)
{
	struct jf_sip_peek peek;

	if (!record->begins || jf_sip_peek(record->bytes, record->length, &peek))
		return false;
	return user_is(peek.uri, what) || user_is(peek.from, what) || user_is(peek.to, what) ||
	       (peek.call_id.at && peek.call_id.length == strlen(what) &&
	        memcmp(peek.call_id.at, what, peek.call_id.length) == 0);
}

/* --- reading --- */

static void keep_up(const struct jf_trace *trace, struct jf_trace_reader *reader)
{
	if (reader->at >= trace->tail)
		return;
	reader->lost++;
	reader->at = trace->tail;
}

/* The same bytes in the same direction, after the same: Via, CSeq and tags make them differ. The
 * stack sends by itself again what was refused: why was told with the first. */
static bool seen_before(struct jf_trace_reader *reader, const struct jf_trace_record *record,
                        enum jf_sip_why *ret_why)
{
	uint64_t key = jf_trace_key(record->bytes, record->length) ^ record->sent;
	size_t slot = key % (sizeof(reader->seen) / sizeof(*reader->seen));
	bool seen = reader->seen[slot].key == key;

	if (!seen || record->why)
		reader->seen[slot].why = record->why;
	reader->seen[slot].key = key;
	*ret_why = reader->seen[slot].why;
	return seen;
}

static void fill(const struct jf_trace_record *record, struct jf_trace_reader *reader,
                 struct jf_trace_found *ret_found)
{
	enum jf_sip_why why;

	ret_found->again = seen_before(reader, record, &why);
	ret_found->message = (struct jf_trace_message){
	        .at_ns = record->at_ns,
	        .sent = record->sent,
	        .transport = record->transport,
	        .from = record->from,
	        .to = record->to,
	        .bytes = record->bytes,
	        .length = record->length,
	        .why = why,
	};
}

/* The dialogs that are known now, by all that is there up to learn_until. */
static bool learn(const struct jf_trace *trace, struct jf_trace_reader *reader, unsigned *budget)
{
	while (reader->at < reader->learn_until) {
		const struct jf_trace_record *record = jf_trace_record_at(trace, reader->at);

		if (!*budget)
			return false;
		--*budget;
		if (record->length && record_begins_it(record, reader->what))
			add_dialog(reader, record->key);
		reader->at += record->size;
	}
	while (learn_binds(trace, reader))
		;
	reader->at = trace->tail;
	reader->learning = false;
	return true;
}

/* A new dialog: what its call has said before is still to be told. */
static void look_back(const struct jf_trace *trace, struct jf_trace_reader *reader)
{
	while (learn_binds(trace, reader))
		;
	reader->at = trace->tail;
}

static bool is_about(const struct jf_trace *trace, struct jf_trace_reader *reader,
                     const struct jf_trace_record *record, struct jf_trace_found *found)
{
	int d = dialog_of(reader, record->key);

	found->has_call = false;
	if (!reader->what[0])
		return true;
	if (d < 0 || reader->at < reader->dialogs[d].told)
		return false;
	reader->dialogs[d].told = reader->at + 1;
	if (!reader->dialogs[d].has_call)
		(void)learn_binds(trace, reader);
	found->has_call = reader->dialogs[d].has_call;
	found->call = reader->dialogs[d].call;
	return true;
}

enum jf_trace_read jf_trace_next(const struct jf_trace *trace, struct jf_trace_reader *reader,
                                 unsigned *budget, struct jf_trace_found *ret_found)
{
	keep_up(trace, reader);
	if (reader->learning && !learn(trace, reader, budget))
		return JF_TRACE_MORE;
	if (reader->what[0] && reader->n_bound != trace->n_binds) {
		uint32_t before = reader->n_dialogs;

		reader->n_bound = trace->n_binds;
		while (learn_binds(trace, reader))
			;
		if (reader->n_dialogs != before)
			reader->at = trace->tail;
	}
	while (reader->at < trace->head) {
		const struct jf_trace_record *record = jf_trace_record_at(trace, reader->at);
		uint64_t place = reader->at;

		if (!*budget)
			return JF_TRACE_MORE;
		--*budget;
		if (record->length && reader->what[0] && dialog_of(reader, record->key) < 0 &&
		    record_begins_it(record, reader->what) && add_dialog(reader, record->key)) {
			look_back(trace, reader);
			continue;
		}
		if (record->length && is_about(trace, reader, record, ret_found)) {
			reader->at = place + record->size;
			ret_found->number = place;
			fill(record, reader, ret_found);
			return JF_TRACE_MESSAGE;
		}
		reader->at = place + record->size;
	}
	return JF_TRACE_END;
}
