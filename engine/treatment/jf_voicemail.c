// SPDX-License-Identifier: BSD-3-Clause
#include "jf_voicemail.h"

#include <stddef.h>

#include "jf_time.h"

static const char *const state_names[] = {
#define X(name, text) [JF_VOICEMAIL_##name] = text,
        JF_VOICEMAIL_STATES(X)
#undef X
};

const char *jf_voicemail_state_name(enum jf_voicemail_state state)
{
	return (unsigned int)state < JF_VOICEMAIL_STATE_COUNT ? state_names[state] : "?";
}

struct row {
	enum jf_voicemail_state next;
	unsigned int does;
	const char *end;
};

#define DO(what)  JF_VOICEMAIL_DO_##what
#define ON(event) [JF_VOICEMAIL_EVENT_##event]
#define STOPPED(text)                                                                              \
	{                                                                                          \
		JF_VOICEMAIL_ENDING, DO(STOP) | DO(THANK), text                                    \
	}

/* A row of nothing (state GREETING, does 0) changes nothing: nobody comes back to the greeting. */
static const struct row table[JF_VOICEMAIL_STATE_COUNT][JF_VOICEMAIL_EVENT_COUNT] =
        {
                [JF_VOICEMAIL_GREETING] =
                        {
                                ON(PLAYED) = {JF_VOICEMAIL_BEEP, DO(BEEP), NULL},
                                /* It knows the greeting. */
                                ON(KEY) = {JF_VOICEMAIL_BEEP, DO(BEEP), NULL},
                                ON(GONE) = {JF_VOICEMAIL_DONE, 0, "hung up"},
                        },
                [JF_VOICEMAIL_BEEP] =
                        {
                                ON(PLAYED) = {JF_VOICEMAIL_RECORDING, DO(RECORD), NULL},
                                ON(GONE) = {JF_VOICEMAIL_DONE, 0, "hung up"},
                        },
                [JF_VOICEMAIL_RECORDING] =
                        {
                                ON(KEY) = STOPPED("key"),
                                ON(SILENT) = STOPPED("silence"),
                                ON(FULL) = STOPPED("full"),
                                ON(GONE) = {JF_VOICEMAIL_DONE, DO(STOP), "hung up"},
                        },
                [JF_VOICEMAIL_ENDING] =
                        {
                                ON(PLAYED) = {JF_VOICEMAIL_DONE, DO(HANG_UP), NULL},
                                ON(GONE) = {JF_VOICEMAIL_DONE, 0, NULL},
                        },
};

unsigned int jf_voicemail_begin(struct jf_voicemail *v)
{
	*v = (struct jf_voicemail){.state = JF_VOICEMAIL_GREETING};
	return DO(GREET);
}

unsigned int jf_voicemail_step(struct jf_voicemail *v, enum jf_voicemail_event event,
                               uint64_t now_ns)
{
	const struct row *row = &table[v->state][event];

	if (row->next == JF_VOICEMAIL_GREETING)
		return 0;
	v->state = row->next;
	if (row->end && !v->end)
		v->end = row->end;
	if (row->does & DO(RECORD)) {
		jf_speech_init(&v->speech);
		v->recording_ns = v->spoke_ns = now_ns;
	}
	return row->does;
}

unsigned int jf_voicemail_levels(struct jf_voicemail *v, const struct jf_voicemail_policy *policy,
                                 const uint8_t *levels, uint32_t n, uint64_t now_ns)
{
	struct jf_speech_result result;
	uint64_t talk_ns;

	if (v->state != JF_VOICEMAIL_RECORDING)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		jf_speech_step(&v->speech, levels[i], JF_SPEECH_NOTHING);
	jf_speech_result(&v->speech, &result);
	talk_ns = result.party[0].talk_ms * JF_NS_PER_MS;
	if (talk_ns > v->talk_ns)
		v->spoke_ns = now_ns;
	v->talk_ns = talk_ns;
	if (jf_time_since(v->recording_ns, now_ns) >= policy->max_ns)
		return jf_voicemail_step(v, JF_VOICEMAIL_EVENT_FULL, now_ns);
	if (jf_time_since(v->spoke_ns, now_ns) >= policy->silence_ns)
		return jf_voicemail_step(v, JF_VOICEMAIL_EVENT_SILENT, now_ns);
	return 0;
}

bool jf_voicemail_is_kept(const struct jf_voicemail *v, const struct jf_voicemail_policy *policy)
{
	return v->recording_ns && v->talk_ns >= policy->least_ns;
}
