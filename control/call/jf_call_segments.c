// SPDX-License-Identifier: BSD-3-Clause
/*
 * What is noted of those who were called and who served, for the record: an attempt for each phone
 * that was called; a segment for each agent's part with the caller, whose times are the agent's
 * (consult time is the consulting agent's, SEMANTICS); who is heard on the recording's right
 * channel, and from when.
 */
#include <string.h>

#include "jf_call_priv.h"
#include "jf_json.h"

static json_int_t ms(uint64_t ns)
{
	return (json_int_t)(ns / JF_NS_PER_MS);
}

/* ---- Attempts ------------------------------------------------------------------------------- */

static const char *outcome_text(const struct jf_call_party *party)
{
	const struct jf_call *call = party->call;

	if (party->joined_ns)
		return "answered";
	if (call->state == JF_CALL_CLOSING)
		return "caller left";
	/* It still rang, and was given up by who asked for it. */
	if (party->withdrawn)
		return "withdrawn";
	return jf_acd_outcome_name(party->outcome);
}

void jf_call_attempt_note(struct jf_call_party *party, uint64_t now_ns)
{
	struct jf_call *call = party->call;
	uint64_t until_ns = party->joined_ns ? party->joined_ns : now_ns;
	struct jf_json_writer w;

	if (!party->dialed_ns) /* it called us */
		return;
	jf_json_write(&w);
	jf_json_put_text(&w, jf_call_party_word(party), party->name);
	jf_call_put_utc(&w, "at_utc", call, party->dialed_ns);
	jf_json_put_text(&w, "outcome", outcome_text(party));
	jf_json_put_integer(&w, "ring_ms", ms(jf_time_since(party->dialed_ns, until_ns)));
	if (party == call->target || (party->asked && call->target))
		jf_json_put_text(&w, "as", party->blind ? "transfer" : "consult");
	if (party->code)
		jf_json_put_integer(&w, "sip_code", party->code);
	if (party->joined_ns)
		jf_json_put_integer(&w, "talk_ms", ms(jf_time_since(party->joined_ns, now_ns)));
	jf_call_notes_add(&call->attempts, &w);
	party->code = 0;
}

/* ---- Segments ------------------------------------------------------------------------------- */

void jf_call_segment_begin(struct jf_call_party *party, enum jf_call_came came, uint64_t now_ns)
{
	if (party->segment.from_ns)
		return;
	party->segment =
	        (struct jf_call_segment){.from_ns = now_ns, .mode_since_ns = now_ns, .came = came};
}

void jf_call_segment_mode(struct jf_call_party *party, enum jf_call_mode mode, uint64_t now_ns)
{
	struct jf_call_segment *s = &party->segment;

	if (!s->from_ns)
		return;
	s->spent_ns[s->mode] += jf_time_since(s->mode_since_ns, now_ns);
	s->mode_since_ns = now_ns;
	s->mode = mode;
}

static void put_segment(struct jf_json_writer *w, const struct jf_call_party *party,
                        uint64_t now_ns)
{
	static const char *const came[] = {
	        [JF_CALL_CAME_QUEUE] = "queue",           [JF_CALL_CAME_TRANSFER] = "transfer",
	        [JF_CALL_CAME_CONFERENCE] = "conference", [JF_CALL_CAME_COLLEAGUE] = "colleague",
	        [JF_CALL_CAME_PLACED] = "placed",
	};
	struct jf_call_segment s = party->segment;
	const char *team = party->kind == JF_CALL_TO_OUTSIDE
	                           ? NULL
	                           : jf_call_agent_team(party->call->calls, party->name);

	s.spent_ns[s.mode] += jf_time_since(s.mode_since_ns, now_ns);
	jf_json_put_text(w, jf_call_party_word(party), party->name);
	if (team)
		jf_json_put_text(w, "team", team);
	jf_json_put_text(w, "came", came[s.came]);
	jf_call_put_utc(w, "from_utc", party->call, s.from_ns);
	jf_json_put_integer(w, "talk_ms", ms(s.spent_ns[JF_CALL_MODE_TALK]));
	jf_json_put_integer(w, "hold_ms", ms(s.spent_ns[JF_CALL_MODE_HOLD]));
	jf_json_put_integer(w, "consult_ms", ms(s.spent_ns[JF_CALL_MODE_CONSULT]));
	jf_json_put_integer(w, "conference_ms", ms(s.spent_ns[JF_CALL_MODE_CONFERENCE]));
}

void jf_call_segment_end(struct jf_call_party *party, const char *went, uint64_t now_ns)
{
	struct jf_call *call = party->call;
	struct jf_json_writer w;

	if (!party->segment.from_ns)
		return;
	jf_json_write(&w);
	put_segment(&w, party, now_ns);
	jf_call_put_utc(&w, "to_utc", call, now_ns);
	jf_json_put_text(&w, "went", went);
	if (party == call->agent) {
		jf_call_media_speech_end(call);
		jf_json_put_written(&w, "speech", call->speech_figures);
	}
	jf_call_notes_add(&call->segments, &w);
	if (party == call->agent && !strcmp(went, "transferred"))
		jf_call_kpi_transferred(party);
	party->segment = (struct jf_call_segment){0};
	if (party == call->agent) {
		call->talk_ns += jf_time_since(party->joined_ns, now_ns);
		party->joined_ns = 0;
	}
}

void jf_call_segments_put(struct jf_json_writer *w, const struct jf_call *call, uint64_t now_ns)
{
	const struct jf_call_party *parties[] = {call->agent, &call->caller, call->target};

	jf_json_put_array(w, "segments");
	jf_json_add_written(w, call->segments.text);
	for (unsigned int i = 0; i < sizeof(parties) / sizeof(parties[0]); i++) {
		if (!parties[i] || !parties[i]->segment.from_ns)
			continue;
		jf_json_add_object(w);
		put_segment(w, parties[i], now_ns);
		jf_json_put_object_end(w);
	}
	jf_json_put_array_end(w);
}

/* ---- The recording -------------------------------------------------------------------------- */

void jf_call_channel_note(json_t **channel, const struct jf_call_party *party, uint64_t now_ns)
{
	const json_t *last = json_array_get(*channel, json_array_size(*channel) - 1);
	const char *word = jf_call_party_word(party);
	const char *name = json_string_value(json_object_get(last, word));

	if (name && !strcmp(name, party->name))
		return;
	if (!*channel)
		*channel = json_array();
	json_array_append_new(*channel,
	                      json_pack("{s:s, s:I}", word, party->name, "from_ms",
	                                ms(jf_time_since(party->call->first_joined_ns, now_ns))));
}
