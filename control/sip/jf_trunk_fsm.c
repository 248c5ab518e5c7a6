// SPDX-License-Identifier: BSD-3-Clause
#include "jf_trunk_fsm.h"

/* ---- Health ---------------------------------------------------------------------------------- */

static const char *const health_names[] = {
#define X(name, text) [JF_TRUNK_##name] = text,
        JF_TRUNK_HEALTHS(X)
#undef X
};

#define NOW   JF_TRUNK_DO_ASK_NOW
#define LATER JF_TRUNK_DO_ASK_LATER
#define TELL  JF_TRUNK_DO_TELL
#define REST  JF_TRUNK_DO_REST

#define ON(input) [JF_TRUNK_ON_##input]
#define GO(state, does)                                                                            \
	{                                                                                          \
		JF_TRUNK_##state, does                                                             \
	}

/* Silence has to be confirmed, an answer need not. */
static const struct jf_trunk_health_step
        health_table[JF_TRUNK_HEALTH_COUNT][JF_TRUNK_HEALTH_INPUT_COUNT] =
                {
                        [JF_TRUNK_UNKNOWN] =
                                {
                                        ON(ANSWER) = GO(UP, LATER | TELL),
                                        ON(SILENCE) = GO(DOUBTED, NOW),
                                        ON(CALL_ANSWER) = GO(UP, TELL),
                                        ON(CALL_SILENCE) = GO(DOUBTED, NOW),
                                        ON(RESTED) = GO(UNKNOWN, 0),
                                },
                        [JF_TRUNK_UP] =
                                {
                                        ON(ANSWER) = GO(UP, LATER),
                                        ON(SILENCE) = GO(DOUBTED, NOW),
                                        ON(CALL_ANSWER) = GO(UP, 0),
                                        ON(CALL_SILENCE) = GO(DOUBTED, NOW),
                                        ON(RESTED) = GO(UP, 0),
                                },
                        [JF_TRUNK_DOUBTED] =
                                {
                                        ON(ANSWER) = GO(UP, LATER),
                                        ON(SILENCE) = GO(DOWN, LATER | TELL | REST),
                                        ON(CALL_ANSWER) = GO(UP, 0),
                                        ON(CALL_SILENCE) = GO(DOWN, TELL | REST),
                                        ON(RESTED) = GO(DOUBTED, 0),
                                },
                        [JF_TRUNK_DOWN] =
                                {
                                        ON(ANSWER) = GO(UP, LATER | TELL),
                                        ON(SILENCE) = GO(DOWN, LATER),
                                        ON(CALL_ANSWER) = GO(UP, TELL),
                                        ON(CALL_SILENCE) = GO(DOWN, 0),
                                        ON(RESTED) = GO(UNKNOWN, TELL),
                                },
};

struct jf_trunk_health_step jf_trunk_health_step(enum jf_trunk_health state,
                                                 enum jf_trunk_health_input input)
{
	return health_table[state][input];
}

const char *jf_trunk_health_name(enum jf_trunk_health health)
{
	return health_names[health];
}

/* ---- Registration ---------------------------------------------------------------------------- */

static const char *const registration_names[] = {
#define X(name, text) [JF_TRUNK_REGISTRATION_##name] = text,
        JF_TRUNK_REGISTRATIONS(X)
#undef X
};

#undef GO
#undef TELL
#define STANDS (1u << 31) /* marks a row; without one nothing changes */
#define TELL   JF_TRUNK_DO_REGISTRATION_TELL
#define GO(state, does)                                                                            \
	{                                                                                          \
		JF_TRUNK_REGISTRATION_##state, STANDS | (does)                                     \
	}

#define GRANTED_ROW ON(GRANTED) = GO(REGISTERED, JF_TRUNK_DO_REFRESH | TELL)
#define DENIED_ROW  ON(DENIED) = GO(REFUSED, JF_TRUNK_DO_RETRY_RARELY | JF_TRUNK_DO_ALARM | TELL)
#define FAILED_ROW  ON(FAILED) = GO(WAITING, JF_TRUNK_DO_RETRY | TELL)
#define BRIEF_ROW   ON(BRIEF) = GO(TRYING, JF_TRUNK_DO_SEND)
#define STOP_ROW    ON(STOP) = GO(OFF, JF_TRUNK_DO_REMOVE)

static const struct jf_trunk_registration_step
        registration_table[JF_TRUNK_REGISTRATION_COUNT][JF_TRUNK_REGISTRATION_INPUT_COUNT] = {
                [JF_TRUNK_REGISTRATION_OFF] =
                        {
                                ON(START) = GO(TRYING, JF_TRUNK_DO_SEND),
                        },
                [JF_TRUNK_REGISTRATION_TRYING] =
                        {
                                GRANTED_ROW,
                                ON(CHALLENGED) = GO(PROVING, JF_TRUNK_DO_PROVE),
                                ON(STALE) = GO(PROVING, JF_TRUNK_DO_PROVE),
                                BRIEF_ROW,
                                DENIED_ROW,
                                FAILED_ROW,
                                STOP_ROW,
                        },
                [JF_TRUNK_REGISTRATION_PROVING] =
                        {
                                GRANTED_ROW,
                                /* The same password would be as wrong again, and lock us out. */
                                ON(CHALLENGED) = GO(REFUSED, JF_TRUNK_DO_RETRY_RARELY |
                                                                     JF_TRUNK_DO_ALARM | TELL),
                                ON(STALE) = GO(PROVING, JF_TRUNK_DO_PROVE),
                                BRIEF_ROW,
                                DENIED_ROW,
                                FAILED_ROW,
                                STOP_ROW,
                        },
                [JF_TRUNK_REGISTRATION_REGISTERED] =
                        {
                                ON(DUE) = GO(TRYING, JF_TRUNK_DO_SEND),
                                STOP_ROW,
                        },
                [JF_TRUNK_REGISTRATION_WAITING] =
                        {
                                ON(DUE) = GO(TRYING, JF_TRUNK_DO_SEND),
                                STOP_ROW,
                        },
                [JF_TRUNK_REGISTRATION_REFUSED] =
                        {
                                ON(DUE) = GO(TRYING, JF_TRUNK_DO_SEND),
                                STOP_ROW,
                        },
};

struct jf_trunk_registration_step jf_trunk_registration_step(enum jf_trunk_registration state,
                                                             enum jf_trunk_registration_input input)
{
	struct jf_trunk_registration_step step = registration_table[state][input];

	if (!(step.actions & STANDS))
		return (struct jf_trunk_registration_step){state, 0};
	step.actions &= ~STANDS;
	return step;
}

const char *jf_trunk_registration_name(enum jf_trunk_registration registration)
{
	return registration_names[registration];
}

/* ---- Times ----------------------------------------------------------------------------------- */

#define LEAST_LEFT_MS 5000u
#define RETRY_MS      2000u
#define RETRY_MAX_MS  120000u

uint32_t jf_trunk_refresh_ms(uint32_t granted_s, uint32_t random)
{
	uint64_t granted_ms = (uint64_t)granted_s * 1000;
	uint64_t after_ms = granted_ms * 8 / 10 + granted_ms / 10 * (random % 1000) / 1000;
	uint64_t latest_ms =
	        granted_ms > 2 * LEAST_LEFT_MS ? granted_ms - LEAST_LEFT_MS : granted_ms / 2;

	return (uint32_t)(after_ms < latest_ms ? after_ms : latest_ms);
}

uint32_t jf_trunk_retry_ms(uint32_t failures, uint32_t random)
{
	uint32_t most_ms = RETRY_MS;

	while (failures-- > 1 && most_ms < RETRY_MAX_MS)
		most_ms *= 2;
	if (most_ms > RETRY_MAX_MS)
		most_ms = RETRY_MAX_MS;
	return most_ms / 2 + random % (most_ms / 2 + 1);
}

uint32_t jf_trunk_refused_retry_ms(uint32_t random)
{
	return JF_TRUNK_REFUSED_RETRY_MS + random % (JF_TRUNK_REFUSED_RETRY_MS / 2 + 1);
}
