// SPDX-License-Identifier: BSD-3-Clause
#include "jf_treatment.h"

#include <stdio.h>
#include <string.h>

#include "jf_time.h"

#define MINUTE_NS (60 * JF_NS_PER_S)

static const char *const state_names[] = {
#define X(name, text) [JF_TREATMENT_##name] = text,
        JF_TREATMENT_STATES(X)
#undef X
};

const char *jf_treatment_state_name(enum jf_treatment_state state)
{
	return (unsigned int)state < JF_TREATMENT_STATE_COUNT ? state_names[state] : "?";
}

/* ---- The table ------------------------------------------------------------------------------- */

struct row {
	enum jf_treatment_state next;
	enum jf_treatment_do does;
	bool stands; /* else the event changes nothing */
};

#define ON(event) [JF_TREATMENT_EVENT_##event]
#define GO(state, does)                                                                            \
	{                                                                                          \
		JF_TREATMENT_##state, JF_TREATMENT_DO_##does, true                                 \
	}

/* The same while music plays and while something is said. Where a callback begins without a
 * question, or with an entry, see asked() below. */
#define WAITS ON(CALLBACK) = GO(CONFIRMING, READ_NUMBER), ON(VOICEMAIL) = GO(LEFT, TAKE_VOICEMAIL)

static const struct row table[JF_TREATMENT_STATE_COUNT][JF_TREATMENT_EVENT_COUNT] =
        {
                [JF_TREATMENT_MUSIC] =
                        {
                                WAITS,
                                ON(DUE) = GO(SPEAKING, ANNOUNCE),
                                ON(OFFERED) = GO(ASIDE, NOTHING),
                        },
                [JF_TREATMENT_SPEAKING] =
                        {
                                WAITS,
                                ON(PLAYED) = GO(MUSIC, MUSIC),
                                /* It is said to its end while the agent's phone rings. */
                                ON(OFFERED) = GO(ASIDE, NOTHING),
                        },
                [JF_TREATMENT_CONFIRMING] =
                        {
                                ON(PLAYED) = GO(CONFIRMING, NOTHING),
                                ON(YES) = GO(LEFT, TAKE_CALLBACK),
                                ON(OTHER) = GO(ENTERING, ASK_NUMBER),
                                ON(VOICEMAIL) = GO(LEFT, TAKE_VOICEMAIL),
                                ON(DUE) = GO(MUSIC, MUSIC),
                                ON(OFFERED) = GO(ASIDE, MUSIC),
                        },
                [JF_TREATMENT_ENTERING] =
                        {
                                ON(PLAYED) = GO(ENTERING, NOTHING),
                                ON(DIGIT) = GO(ENTERING, MUSIC), /* it need not hear more */
                                ON(ERASE) = GO(ENTERING, ASK_NUMBER),
                                ON(ENTERED) = GO(CONFIRMING, READ_NUMBER),
                                ON(TOO_FEW) = GO(ENTERING, SAY_WRONG),
                                ON(DUE) = GO(MUSIC, MUSIC),
                                ON(OFFERED) = GO(ASIDE, MUSIC),
                        },
                [JF_TREATMENT_ASIDE] =
                        {
                                ON(PLAYED) = GO(ASIDE, MUSIC),
                                ON(BACK) = GO(MUSIC, NOTHING),
                        },
};

/* ---- What is announced ----------------------------------------------------------------------- */

static uint32_t minutes_of(uint64_t wait_ns)
{
	uint64_t minutes = (wait_ns + MINUTE_NS - 1) / MINUTE_NS;

	if (minutes > UINT32_MAX)
		return UINT32_MAX;
	return minutes ? (uint32_t)minutes : 1;
}

/* Improvements only; the first ones are. */
static struct jf_treatment_step announcement(struct jf_treatment *t,
                                             const struct jf_treatment_policy *policy,
                                             const struct jf_treatment_facts *facts)
{
	struct jf_treatment_step step = {.does = JF_TREATMENT_DO_NOTHING};
	uint32_t minutes = facts && facts->estimate_known ? minutes_of(facts->estimate_ns) : 0;

	if (policy->position && facts && facts->position &&
	    (!t->told_position || facts->position < t->told_position))
		step.position = t->told_position = facts->position;
	if (policy->estimate && minutes && (!t->told_minutes || minutes < t->told_minutes))
		step.minutes = t->told_minutes = minutes;
	if (step.position || step.minutes) {
		step.does = JF_TREATMENT_DO_ANNOUNCE;
		t->told++;
	} else if (policy->n_comfort) {
		step.does = JF_TREATMENT_DO_COMFORT;
		step.comfort = t->next_comfort;
		t->next_comfort = (t->next_comfort + 1) % policy->n_comfort;
	}
	return step;
}

/* ---- Stepping -------------------------------------------------------------------------------- */

static bool is_question(enum jf_treatment_state state)
{
	return state == JF_TREATMENT_CONFIRMING || state == JF_TREATMENT_ENTERING;
}

/* How a callback begins: at once, with the question whether the number is right, or which. */
static struct row asked(const struct jf_treatment *t, const struct jf_treatment_policy *policy)
{
	if (!t->n_digits)
		return (struct row)GO(ENTERING, ASK_NUMBER);
	if (!policy->confirms)
		return (struct row)GO(LEFT, TAKE_CALLBACK);
	return (struct row)GO(CONFIRMING, READ_NUMBER);
}

static void number_set(struct jf_treatment *t, const char *number)
{
	snprintf(t->number, sizeof(t->number), "%s", number ? number : "");
	t->n_digits = (uint8_t)strlen(t->number);
}

void jf_treatment_begin(struct jf_treatment *t, const struct jf_treatment_policy *policy,
                        const char *number, uint64_t now_ns)
{
	*t = (struct jf_treatment){.state = JF_TREATMENT_MUSIC};
	t->next_ns = policy->every_ns || policy->invites ? now_ns + policy->first_ns : 0;
	if (number && strlen(number) < sizeof(t->number))
		number_set(t, number);
}

static bool is_due(const struct jf_treatment *t, uint64_t now_ns)
{
	uint64_t due_ns = is_question(t->state) ? t->until_ns : t->next_ns;

	return due_ns && now_ns >= due_ns;
}

struct jf_treatment_step jf_treatment_event(struct jf_treatment *t,
                                            const struct jf_treatment_policy *policy,
                                            enum jf_treatment_event event,
                                            const struct jf_treatment_facts *facts, uint64_t now_ns)
{
	struct row row = table[t->state][event];
	struct jf_treatment_step step = {.does = row.does};

	if (!row.stands || (event == JF_TREATMENT_EVENT_DUE && !is_due(t, now_ns)))
		return (struct jf_treatment_step){.does = JF_TREATMENT_DO_NOTHING};
	if (event == JF_TREATMENT_EVENT_CALLBACK)
		row = asked(t, policy);
	step.does = row.does;
	if (row.does == JF_TREATMENT_DO_ANNOUNCE) {
		step = policy->invites ? (struct jf_treatment_step){.does = JF_TREATMENT_DO_INVITE}
		                       : announcement(t, policy, facts);
		t->next_ns = policy->every_ns ? now_ns + policy->every_ns : 0;
		if (step.does == JF_TREATMENT_DO_NOTHING)
			return step;
	}
	if (row.does == JF_TREATMENT_DO_ASK_NUMBER || row.does == JF_TREATMENT_DO_SAY_WRONG)
		number_set(t, NULL);
	if (is_question(row.next))
		t->until_ns = now_ns + (event == JF_TREATMENT_EVENT_PLAYED ||
		                                        event == JF_TREATMENT_EVENT_DIGIT
		                                ? JF_TREATMENT_KEY_MS
		                                : JF_TREATMENT_QUESTION_MS) *
		                               JF_NS_PER_MS;
	/* The music has its interval after a question, and after an agent who did not answer. */
	if (row.next == JF_TREATMENT_MUSIC && policy->every_ns && t->next_ns <= now_ns)
		t->next_ns = now_ns + policy->every_ns;
	t->state = row.next;
	return step;
}

static enum jf_treatment_event event_of(struct jf_treatment *t,
                                        const struct jf_treatment_policy *policy, char key)
{
	if (t->state == JF_TREATMENT_ENTERING) {
		if (key == '#')
			return t->n_digits < JF_TREATMENT_NUMBER_MIN ? JF_TREATMENT_EVENT_TOO_FEW
			                                             : JF_TREATMENT_EVENT_ENTERED;
		return key == '*' ? JF_TREATMENT_EVENT_ERASE : JF_TREATMENT_EVENT_DIGIT;
	}
	if (t->state == JF_TREATMENT_CONFIRMING && (key == '1' || key == '2'))
		return key == '1' ? JF_TREATMENT_EVENT_YES : JF_TREATMENT_EVENT_OTHER;
	if (policy->callback_key && key == policy->callback_key)
		return JF_TREATMENT_EVENT_CALLBACK;
	if (policy->voicemail_key && key == policy->voicemail_key)
		return JF_TREATMENT_EVENT_VOICEMAIL;
	return JF_TREATMENT_EVENT_COUNT;
}

struct jf_treatment_step jf_treatment_key(struct jf_treatment *t,
                                          const struct jf_treatment_policy *policy, char key,
                                          uint64_t now_ns)
{
	enum jf_treatment_event event = event_of(t, policy, key);

	if (event == JF_TREATMENT_EVENT_COUNT)
		return (struct jf_treatment_step){.does = JF_TREATMENT_DO_NOTHING};
	if (event == JF_TREATMENT_EVENT_DIGIT) {
		if (key < '0' || key > '9' || t->n_digits + 1u >= sizeof(t->number))
			return (struct jf_treatment_step){.does = JF_TREATMENT_DO_NOTHING};
		t->number[t->n_digits++] = key;
		t->number[t->n_digits] = '\0';
	}
	return jf_treatment_event(t, policy, event, NULL, now_ns);
}

uint64_t jf_treatment_due_ns(const struct jf_treatment *t)
{
	if (is_question(t->state))
		return t->until_ns;
	if (t->state == JF_TREATMENT_MUSIC)
		return t->next_ns;
	return 0;
}

bool jf_treatment_asks(const struct jf_treatment *t)
{
	return is_question(t->state);
}
