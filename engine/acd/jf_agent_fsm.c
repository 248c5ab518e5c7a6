// SPDX-License-Identifier: BSD-3-Clause
#include "jf_agent_fsm.h"

#include <errno.h>
#include <string.h>

static const char *const state_names[] = {
#define X(name, text) [JF_AGENT_##name] = text,
        JF_AGENT_STATES(X)
#undef X
};

static const char *const event_names[] = {
#define X(name, text) [JF_AGENT_EVENT_##name] = text,
        JF_AGENT_EVENTS(X)
#undef X
};

const char *jf_agent_state_name(enum jf_agent_state state)
{
	return (unsigned int)state < JF_AGENT_STATE_COUNT ? state_names[state] : "?";
}

int jf_agent_state_parse(const char *text, enum jf_agent_state *ret_state)
{
	for (unsigned int i = 0; i < JF_AGENT_STATE_COUNT; i++)
		if (!strcmp(text, state_names[i])) {
			*ret_state = (enum jf_agent_state)i;
			return 0;
		}
	return -EINVAL;
}

const char *jf_agent_event_name(enum jf_agent_event event)
{
	return (unsigned int)event < JF_AGENT_EVENT_COUNT ? event_names[event] : "?";
}

/* A row that stands: taken as given, even if it changes nothing. */
#define STANDS 0x8000u

#define GO(state, do, why)                                                                         \
	{                                                                                          \
		JF_AGENT_##state, STANDS | (do), why                                               \
	}
#define STAY(state)                                                                                \
	{                                                                                          \
		JF_AGENT_##state, STANDS, NULL                                                     \
	}

#define FINISH  JF_AGENT_DO_FINISH
#define PEND    JF_AGENT_DO_PEND
#define FORGET  JF_AGENT_DO_FORGET
#define LOST    JF_AGENT_DO_FORGET_LOST
#define AUTO    JF_AGENT_DO_AUTO
#define KEEP    JF_AGENT_DO_KEEP_IDLE
#define WRAP    JF_AGENT_DO_WRAPUP
#define BACKOFF JF_AGENT_DO_BACKOFF
#define BACK    JF_AGENT_DO_COME_BACK

/* What every engaged state does alike: whatever is asked for waits for the end of the call. */
#define ENGAGED(state)                                                                             \
	[JF_AGENT_EVENT_LOGIN] = GO(state, LOST, NULL), /* the phone is back */                    \
	        [JF_AGENT_EVENT_REFRESH] = STAY(state),                                            \
	[JF_AGENT_EVENT_UNREGISTER] = GO(LOGGED_OUT, PEND, "unregistered"),                        \
	[JF_AGENT_EVENT_EXPIRE] = GO(UNREACHABLE, PEND, "registration expired"),                   \
	[JF_AGENT_EVENT_WANT_READY] = GO(state, FORGET, NULL), /* ready is what follows anyway */  \
	        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = GO(UNREACHABLE, PEND, "not registered"),    \
	[JF_AGENT_EVENT_WANT_NOT_READY] = GO(NOT_READY, PEND, NULL),                               \
	[JF_AGENT_EVENT_WANT_LOGOUT] = GO(LOGGED_OUT, PEND, NULL)

/* What an offer in vain does, before or after the phone rings (see jf_acd.h). */
#define OFFERED(state)                                                                             \
	ENGAGED(state), [JF_AGENT_EVENT_RING] = GO(RINGING, 0, NULL),                              \
	                [JF_AGENT_EVENT_ANSWER] = GO(TALKING, 0, NULL),                            \
	                [JF_AGENT_EVENT_RONA] = GO(NOT_READY, FINISH, "rona"),                     \
	                [JF_AGENT_EVENT_BUSY] = GO(NOT_READY, FINISH | BACKOFF, "busy"),           \
	                [JF_AGENT_EVENT_REJECT] = GO(NOT_READY, FINISH, "rejected"),               \
	                [JF_AGENT_EVENT_UNAVAILABLE] = GO(NOT_READY, FINISH, "unavailable"),       \
	                [JF_AGENT_EVENT_NO_REACH] =                                                \
	                        GO(UNREACHABLE, FINISH, "no answer from the phone"),               \
	                [JF_AGENT_EVENT_FAIL] = GO(NOT_READY, FINISH, "phone error"),              \
	                [JF_AGENT_EVENT_CALLER_LEFT] = GO(READY, FINISH | KEEP, NULL),             \
	                [JF_AGENT_EVENT_WITHDRAW] = GO(READY, FINISH | KEEP, NULL)

#define CONNECTED(state)                                                                           \
	ENGAGED(state), [JF_AGENT_EVENT_HOLD] = GO(HOLD, 0, NULL),                                 \
	                [JF_AGENT_EVENT_RESUME] = GO(TALKING, 0, NULL),                            \
	                [JF_AGENT_EVENT_CONSULT] = GO(CONSULT, 0, NULL),                           \
	                [JF_AGENT_EVENT_CONFER] = GO(CONFERENCE, 0, NULL),                         \
	                [JF_AGENT_EVENT_END] = GO(WRAPUP, WRAP, NULL),                             \
	                [JF_AGENT_EVENT_END_NO_WRAPUP] = GO(READY, FINISH, NULL),                  \
	                [JF_AGENT_EVENT_NEXT] = GO(RESERVED, 0, NULL),                             \
	                [JF_AGENT_EVENT_VANISH] = GO(UNREACHABLE, 0, "vanished in a call"),        \
	                [JF_AGENT_EVENT_VANISH_ONE] = GO(UNREACHABLE, PEND, "vanished in a call")

/* Events that are not in a state's row cannot happen there and are refused. */
static const struct jf_agent_step table[JF_AGENT_STATE_COUNT][JF_AGENT_EVENT_COUNT] = {
        [JF_AGENT_LOGGED_OUT] =
                {
                        [JF_AGENT_EVENT_LOGIN] = GO(READY, AUTO, "logged in"),
                        /* Logged out by its own or an operator's word: a refresh does not undo
                           that. */
                        [JF_AGENT_EVENT_REFRESH] = STAY(LOGGED_OUT),
                        [JF_AGENT_EVENT_UNREGISTER] = STAY(LOGGED_OUT),
                        [JF_AGENT_EVENT_EXPIRE] = STAY(LOGGED_OUT),
                        [JF_AGENT_EVENT_WANT_READY] = GO(READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = GO(UNREACHABLE, 0, "not registered"),
                        [JF_AGENT_EVENT_WANT_NOT_READY] = GO(NOT_READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_LOGOUT] = STAY(LOGGED_OUT),
                },
        [JF_AGENT_NOT_READY] =
                {
                        [JF_AGENT_EVENT_LOGIN] = STAY(NOT_READY),
                        [JF_AGENT_EVENT_REFRESH] = STAY(NOT_READY),
                        [JF_AGENT_EVENT_UNREGISTER] = GO(LOGGED_OUT, 0, "unregistered"),
                        /* On a break with the phone off: still on that break. */
                        [JF_AGENT_EVENT_EXPIRE] = STAY(NOT_READY),
                        [JF_AGENT_EVENT_WANT_READY] = GO(READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = GO(UNREACHABLE, 0, "not registered"),
                        [JF_AGENT_EVENT_WANT_NOT_READY] =
                                GO(NOT_READY, 0, NULL), /* another reason */
                        [JF_AGENT_EVENT_WANT_LOGOUT] = GO(LOGGED_OUT, 0, NULL),
                        [JF_AGENT_EVENT_TIMER] = GO(READY, 0, NULL), /* end of a back-off */
                        [JF_AGENT_EVENT_DIAL] = GO(DIALING, BACK, NULL),
                },
        [JF_AGENT_READY] =
                {
                        [JF_AGENT_EVENT_LOGIN] = STAY(READY),
                        [JF_AGENT_EVENT_REFRESH] = STAY(READY),
                        [JF_AGENT_EVENT_UNREGISTER] = GO(LOGGED_OUT, 0, "unregistered"),
                        [JF_AGENT_EVENT_EXPIRE] = GO(UNREACHABLE, 0, "registration expired"),
                        [JF_AGENT_EVENT_WANT_READY] = STAY(READY),
                        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = GO(UNREACHABLE, 0, "not registered"),
                        [JF_AGENT_EVENT_WANT_NOT_READY] = GO(NOT_READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_LOGOUT] = GO(LOGGED_OUT, 0, NULL),
                        [JF_AGENT_EVENT_CLAIM] = GO(RESERVED, 0, NULL),
                        [JF_AGENT_EVENT_DIAL] = GO(DIALING, 0, NULL),
                },
        [JF_AGENT_RESERVED] = {OFFERED(RESERVED)},
        [JF_AGENT_RINGING] = {OFFERED(RINGING)},
        [JF_AGENT_TALKING] = {CONNECTED(TALKING)},
        [JF_AGENT_HOLD] = {CONNECTED(HOLD)},
        [JF_AGENT_CONSULT] = {CONNECTED(CONSULT)},
        [JF_AGENT_CONFERENCE] = {CONNECTED(CONFERENCE)},
        [JF_AGENT_DIALING] =
                {
                        ENGAGED(DIALING),
                        [JF_AGENT_EVENT_ANSWER] = GO(TALKING, 0, NULL),
                        [JF_AGENT_EVENT_CALLER_LEFT] = GO(READY, FINISH | KEEP, NULL),
                        [JF_AGENT_EVENT_END_NO_WRAPUP] = GO(READY, FINISH | KEEP, NULL),
                        [JF_AGENT_EVENT_VANISH] = GO(UNREACHABLE, 0, "vanished in a call"),
                },
        [JF_AGENT_WRAPUP] =
                {
                        [JF_AGENT_EVENT_LOGIN] = GO(WRAPUP, LOST, NULL),
                        [JF_AGENT_EVENT_REFRESH] = STAY(WRAPUP),
                        [JF_AGENT_EVENT_UNREGISTER] = GO(LOGGED_OUT, 0, "unregistered"),
                        [JF_AGENT_EVENT_EXPIRE] = GO(UNREACHABLE, PEND, "registration expired"),
                        /* Saying what comes next ends the wrap-up. */
                        [JF_AGENT_EVENT_WANT_READY] = GO(READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = GO(UNREACHABLE, 0, "not registered"),
                        [JF_AGENT_EVENT_WANT_NOT_READY] = GO(NOT_READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_LOGOUT] = GO(LOGGED_OUT, 0, NULL),
                        [JF_AGENT_EVENT_TIMER] = GO(READY, FINISH, NULL),
                        [JF_AGENT_EVENT_DIAL] = GO(DIALING, 0, NULL), /* ends it as well */
                },
        [JF_AGENT_UNREACHABLE] =
                {
                        [JF_AGENT_EVENT_LOGIN] = GO(READY, 0, NULL),
                        [JF_AGENT_EVENT_REFRESH] = GO(READY, 0, NULL), /* it lives */
                        [JF_AGENT_EVENT_UNREGISTER] = GO(LOGGED_OUT, 0, "unregistered"),
                        [JF_AGENT_EVENT_EXPIRE] = STAY(UNREACHABLE),
                        /* Registered, but it did not answer: somebody who knows better may say so.
                         */
                        [JF_AGENT_EVENT_WANT_READY] = GO(READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_READY_NO_PHONE] = STAY(UNREACHABLE),
                        [JF_AGENT_EVENT_WANT_NOT_READY] = GO(NOT_READY, 0, NULL),
                        [JF_AGENT_EVENT_WANT_LOGOUT] = GO(LOGGED_OUT, 0, NULL),
                        [JF_AGENT_EVENT_DIAL] = GO(DIALING, 0, NULL), /* it lives */
                },
};

struct jf_agent_step jf_agent_fsm_step(enum jf_agent_state state, enum jf_agent_event event)
{
	struct jf_agent_step step = table[state][event];

	if (!(step.actions & STANDS))
		return (struct jf_agent_step){state, JF_AGENT_DO_REFUSE, NULL};
	step.actions &= ~STANDS;
	return step;
}
