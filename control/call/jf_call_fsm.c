// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_fsm.h"

static const char *const state_names[] = {
#define X(name, text) [JF_CALL_##name] = text,
        JF_CALL_STATES(X)
#undef X
};

static const char *const event_names[] = {
#define X(name, text) [JF_CALL_EVENT_##name] = text,
        JF_CALL_EVENTS(X)
#undef X
};

const char *jf_call_state_name(enum jf_call_state state)
{
	return (unsigned int)state < JF_CALL_STATE_COUNT ? state_names[state] : "?";
}

const char *jf_call_event_name(enum jf_call_event event)
{
	return (unsigned int)event < JF_CALL_EVENT_COUNT ? event_names[event] : "?";
}

/* Marks a row that stands; events without one are wondered at. */
#define STANDS (1u << 31)

#define ON(event) [JF_CALL_EVENT_##event]
#define GO(state, does)                                                                            \
	{                                                                                          \
		JF_CALL_##state, STANDS | (does)                                                   \
	}
#define IGNORE(state)                                                                              \
	{                                                                                          \
		JF_CALL_##state, STANDS                                                            \
	}

#define HANG_UP_CALLER JF_CALL_DO_HANG_UP_CALLER
#define HANG_UP_AGENT  JF_CALL_DO_HANG_UP_AGENT
#define CANCEL_AGENT   JF_CALL_DO_CANCEL_AGENT
#define NOTE           JF_CALL_DO_NOTE_ATTEMPT
#define ABANDONED      JF_CALL_DO_ACD_ABANDONED
#define RELEASED       JF_CALL_DO_ACD_RELEASED
#define ACD_END        JF_CALL_DO_ACD_END
#define FINISH         (JF_CALL_DO_FINISH | JF_CALL_DO_STORE)
#define STORE          JF_CALL_DO_STORE

/*
 * The same in conversation and on hold: whoever hangs up, the other is hung up on. A caller whose
 * agent vanished did nothing wrong and goes back to the head of the queue. CONFIRMED is the ACK of
 * a re-INVITE's 200, RINGS a late 180, RING_TIMEOUT one that fired in the turn of the answer.
 */
/* clang-format off */
#define CONNECTED(state)                                                                           \
	ON(CONFIRMED) = IGNORE(state),                                                             \
	ON(CALLER_ENDED) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),                   \
	ON(AGENT_ENDED) = GO(CLOSING, HANG_UP_CALLER | NOTE | ACD_END | FINISH),                   \
	ON(CALLER_VANISHED) =                                                                      \
		GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | ACD_END | FINISH),             \
	ON(AGENT_VANISHED) = GO(QUEUED, HANG_UP_AGENT | NOTE | JF_CALL_DO_PART |                   \
					JF_CALL_DO_MUSIC | JF_CALL_DO_ACD_VANISHED | STORE),       \
	ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | ACD_END | FINISH),       \
	ON(RINGS) = IGNORE(state),                                                                 \
	ON(RING_TIMEOUT) = IGNORE(state)
/* clang-format on */

/* Over: what the legs still say changes nothing. */
#define OVER(state)                                                                                \
	ON(CONFIRMED) = IGNORE(state), ON(CALLER_ENDED) = IGNORE(state),                           \
	ON(CALLER_VANISHED) = IGNORE(state), ON(RINGS) = IGNORE(state),                            \
	ON(REFUSED) = IGNORE(state), ON(RING_TIMEOUT) = IGNORE(state),                             \
	ON(AGENT_ENDED) = IGNORE(state), ON(AGENT_VANISHED) = IGNORE(state),                       \
	ON(HOLD) = IGNORE(state), ON(RESUME) = IGNORE(state), ON(EXPIRED) = IGNORE(state),         \
	ON(RELEASE) = IGNORE(state)

static const struct jf_call_step table[JF_CALL_STATE_COUNT][JF_CALL_EVENT_COUNT] = {
        [JF_CALL_CONFIRMING] =
                {
                        ON(CONFIRMED) = GO(GREETING, JF_CALL_DO_GREET | STORE),
                        /* Hung up at once, or never acknowledged: it was in no queue. */
                        ON(CALLER_ENDED) = GO(CLOSING, FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                },
        [JF_CALL_GREETING] =
                {
                        ON(CONFIRMED) = IGNORE(GREETING),
                        ON(GREETED) = GO(QUEUED, JF_CALL_DO_MUSIC | JF_CALL_DO_ENQUEUE | STORE),
                        /* It was in no queue. */
                        ON(CALLER_ENDED) = GO(CLOSING, FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                },
        [JF_CALL_QUEUED] =
                {
                        ON(CONFIRMED) = IGNORE(QUEUED), /* ACK of a re-INVITE's 200 */
                        ON(OFFERED) = GO(RINGING, JF_CALL_DO_DIAL),
                        ON(CALLER_ENDED) = GO(CLOSING, ABANDONED | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | ABANDONED | FINISH),
                        ON(EXPIRED) = GO(CLOSING, HANG_UP_CALLER | RELEASED | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | RELEASED | FINISH),
                        ON(RING_TIMEOUT) = IGNORE(QUEUED), /* fired in the turn of the refusal */
                },
        [JF_CALL_RINGING] =
                {
                        ON(CONFIRMED) = IGNORE(RINGING),
                        ON(RINGS) = GO(RINGING, JF_CALL_DO_ACD_RINGS),
                        ON(ANSWERED) =
                                GO(TALKING, JF_CALL_DO_JOIN | JF_CALL_DO_ACD_ANSWERED | STORE),
                        /* On to the next agent; the caller keeps its music and its age. */
                        ON(REFUSED) = GO(QUEUED, NOTE | JF_CALL_DO_ACD_REFUSED),
                        ON(RING_TIMEOUT) = GO(QUEUED, CANCEL_AGENT | NOTE | JF_CALL_DO_ACD_REFUSED),
                        /* The agent is not to blame; if it answers just now, that answer gets a
                           BYE. */
                        ON(CALLER_ENDED) = GO(CLOSING, CANCEL_AGENT | NOTE | ABANDONED | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | CANCEL_AGENT |
                                                                  NOTE | ABANDONED | FINISH),
                        ON(EXPIRED) = IGNORE(RINGING), /* somebody is about to answer */
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | CANCEL_AGENT | NOTE |
                                                          RELEASED | FINISH),
                },
        [JF_CALL_TALKING] =
                {
                        CONNECTED(TALKING),
                        ON(HOLD) = GO(HELD, JF_CALL_DO_MUSIC | JF_CALL_DO_ACD_HELD | STORE),
                        ON(RESUME) = IGNORE(TALKING),
                },
        [JF_CALL_HELD] =
                {
                        CONNECTED(HELD),
                        ON(HOLD) = IGNORE(HELD),
                        ON(RESUME) = GO(TALKING, JF_CALL_DO_JOIN | JF_CALL_DO_ACD_RESUMED | STORE),
                },
        [JF_CALL_CLOSING] =
                {
                        OVER(CLOSING),
                        ON(RECORDED) = GO(WRITING, JF_CALL_DO_WRITE),
                },
        [JF_CALL_WRITING] =
                {
                        OVER(WRITING),
                        ON(RECORDED) = IGNORE(WRITING), /* after we had given up waiting for it */
                        ON(WRITTEN) = GO(GONE, JF_CALL_DO_FREE),
                },
};

struct jf_call_step jf_call_fsm_step(enum jf_call_state state, enum jf_call_event event)
{
	struct jf_call_step step = table[state][event];

	if (!(step.actions & STANDS))
		return (struct jf_call_step){state, JF_CALL_DO_WONDER};
	step.actions &= ~STANDS;
	return step;
}
