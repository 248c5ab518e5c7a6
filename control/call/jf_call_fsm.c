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
#define STANDS (1ull << 63)

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

#define LEAVE_TARGET (JF_CALL_DO_HANG_UP_TARGET | JF_CALL_DO_DROP_TARGET)
#define LOSE_TARGET  (JF_CALL_DO_BLAME_TARGET | JF_CALL_DO_DROP_TARGET)
#define PASS_ON      (NOTE | JF_CALL_DO_PASS_ON | JF_CALL_DO_PART)
#define TAKE_OVER    (NOTE | JF_CALL_DO_TAKE_OVER | JF_CALL_DO_JOIN)

/* Out of the queue by a key, or from before it. */
#define MESSAGE  (JF_CALL_DO_ACD_VOICEMAIL | JF_CALL_DO_VOICEMAIL | STORE)
#define CALLBACK (JF_CALL_DO_ACD_CALLBACK | JF_CALL_DO_LAST_WORD | STORE)

/* clang-format off */

/* What an established conversation does not wonder at: CONFIRMED is the ACK of a re-INVITE's 200,
   RINGS a late 180, RING_TIMEOUT one that fired in the turn of the answer. */
#define ECHOES(state)                                                                              \
	ON(CONFIRMED) = IGNORE(state),                                                             \
	ON(RINGS) = IGNORE(state),                                                                 \
	ON(RING_TIMEOUT) = IGNORE(state)

/* The same in conversation and on hold: whoever hangs up, the other is hung up on. A caller whose
   agent vanished did nothing wrong and goes back to the head of the queue. */
#define CONNECTED(state)                                                                           \
	ECHOES(state),                                                                             \
	ON(CALLER_ENDED) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),                   \
	ON(AGENT_ENDED) = GO(CLOSING, HANG_UP_CALLER | NOTE | ACD_END | FINISH),                   \
	ON(CALLER_VANISHED) =                                                                      \
		GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | ACD_END | FINISH),             \
	ON(AGENT_VANISHED) = GO(QUEUED, HANG_UP_AGENT | NOTE | JF_CALL_DO_PART |                   \
					JF_CALL_DO_ACD_VANISHED | STORE),                          \
	ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | ACD_END | FINISH),       \
	ON(SURVEY) = GO(SURVEY, NOTE | ACD_END | JF_CALL_DO_SURVEY | STORE),                       \
	ON(TRANSFER) = GO(TRANSFERRING, JF_CALL_DO_DIAL_TARGET | STORE),                           \
	ON(CONSULT) = GO(CONSULTING, JF_CALL_DO_DIAL_TARGET | STORE),                              \
	ON(REQUEUE) = GO(QUEUED, HANG_UP_AGENT | PASS_ON | JF_CALL_DO_REQUEUE | STORE)

/* With a third party, whether it has answered or not: the agent's phone may hold and resume (who
   hears what follows by itself); when the caller is gone, there is nothing left to speak about. */
#define WITH_TARGET(state)                                                                         \
	ECHOES(state),                                                                             \
	ON(HOLD) = GO(state, STORE),                                                               \
	ON(RESUME) = GO(state, STORE),                                                             \
	ON(CALLER_ENDED) = GO(CLOSING, HANG_UP_AGENT | NOTE | LEAVE_TARGET | ACD_END | FINISH),    \
	ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | LEAVE_TARGET |   \
						  ACD_END | FINISH),                               \
	ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE | LEAVE_TARGET |           \
					  ACD_END | FINISH),                                       \
	ON(BACK) = GO(TALKING, LEAVE_TARGET | STORE)

/* It has not answered: if it won't, the caller is the agent's again; if the agent goes, the call to
   it goes on without. */
#define TARGET_CALLED(state)                                                                       \
	WITH_TARGET(state),                                                                        \
	ON(TARGET_RINGS) = GO(state, JF_CALL_DO_TARGET_RINGS),                                     \
	ON(TARGET_FAILED) = GO(TALKING, LOSE_TARGET | STORE),                                      \
	ON(AGENT_ENDED) = GO(FORWARDING, PASS_ON | STORE),                                         \
	ON(AGENT_VANISHED) = GO(FORWARDING, HANG_UP_AGENT | PASS_ON | STORE),                      \
	ON(LEAVE) = GO(FORWARDING, HANG_UP_AGENT | PASS_ON | STORE)

/* It has answered: whoever of the two goes, the other stays with the caller. */
#define TARGET_THERE(state)                                                                        \
	WITH_TARGET(state),                                                                        \
	ON(TARGET_RINGS) = IGNORE(state),                                                          \
	ON(TARGET_ENDED) = GO(TALKING, JF_CALL_DO_DROP_TARGET | STORE),                            \
	ON(TARGET_VANISHED) = GO(TALKING, JF_CALL_DO_HANG_UP_TARGET | LOSE_TARGET | STORE),        \
	ON(AGENT_ENDED) = GO(TALKING, TAKE_OVER | STORE),                                          \
	ON(AGENT_VANISHED) = GO(TALKING, HANG_UP_AGENT | TAKE_OVER | STORE),                       \
	ON(LEAVE) = GO(TALKING, HANG_UP_AGENT | TAKE_OVER | STORE)

/* Alone with the engine, out of the queue and with no agent: until it hangs up, or all is said. */
#define ALONE(state)                                                                               \
	ON(CONFIRMED) = IGNORE(state),                                                             \
	ON(RING_TIMEOUT) = IGNORE(state),                                                          \
	ON(EXPIRED) = IGNORE(state),                                                               \
	ON(AGENT_ENDED) = IGNORE(state),                                                           \
	ON(CALLER_ENDED) = GO(CLOSING, FINISH),                                                    \
	ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),                                \
	ON(SPOKEN) = GO(CLOSING, HANG_UP_CALLER | FINISH),                                         \
	ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH)

/* A callback whose customer is called: whoever of ours is there lets go when it isn't reached. */
#define REACHES(state)                                                                             \
	ON(CONFIRMED) = IGNORE(state),                                                             \
	ON(EXPIRED) = IGNORE(state),                                                               \
	ON(RINGS) = IGNORE(state),                                                                 \
	ON(RING_TIMEOUT) = IGNORE(state)

/* Over: what the legs still say changes nothing. */
#define OVER(state)                                                                                \
	ON(CONFIRMED) = IGNORE(state), ON(CALLER_ENDED) = IGNORE(state),                           \
	ON(CALLER_VANISHED) = IGNORE(state), ON(RINGS) = IGNORE(state),                            \
	ON(REFUSED) = IGNORE(state), ON(RING_TIMEOUT) = IGNORE(state),                             \
	ON(AGENT_ENDED) = IGNORE(state), ON(AGENT_VANISHED) = IGNORE(state),                       \
	ON(HOLD) = IGNORE(state), ON(RESUME) = IGNORE(state), ON(EXPIRED) = IGNORE(state),         \
	ON(SPOKEN) = IGNORE(state), ON(CUSTOMER_FAILED) = IGNORE(state),                           \
	ON(CUSTOMER_ANSWERED) = IGNORE(state),                                                     \
	ON(OUTSIDE_FAILED) = IGNORE(state), ON(RELEASE) = IGNORE(state)
/* clang-format on */

static const struct jf_call_step table[JF_CALL_STATE_COUNT][JF_CALL_EVENT_COUNT] = {
        [JF_CALL_CONFIRMING] =
                {
                        ON(OWN_CALL) = GO(CALLING, JF_CALL_DO_DIAL_TARGET | STORE),
                        /* Not answered: that is up to whom it is connected to. */
                        ON(FORWARD) = GO(RINGING, JF_CALL_DO_DIAL | STORE),
                        ON(CONFIRMED) = GO(GREETING, JF_CALL_DO_GREET | STORE),
                        /* Hung up at once, or never acknowledged: it was in no queue. */
                        ON(CALLER_ENDED) = GO(CLOSING, FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                },
        [JF_CALL_CALLING] =
                {
                        ON(TARGET_OFFERED) = GO(CALLING, JF_CALL_DO_DIAL_TARGET),
                        ON(TARGET_REFUSED) = GO(CALLING, JF_CALL_DO_BLAME_TARGET),
                        ON(TARGET_RINGS) = GO(CALLING, JF_CALL_DO_TARGET_RINGS),
                        ON(TARGET_ANSWERED) =
                                GO(TALKING, JF_CALL_DO_TAKE_OVER | JF_CALL_DO_JOIN | STORE),
                        ON(TARGET_FAILED) = GO(CLOSING, HANG_UP_CALLER | LOSE_TARGET | FINISH),
                        ON(CALLER_ENDED) = GO(CLOSING, LEAVE_TARGET | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | LEAVE_TARGET | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | LEAVE_TARGET | FINISH),
                },
        [JF_CALL_GREETING] =
                {
                        ON(CONFIRMED) = IGNORE(GREETING),
                        ON(GREETED) = GO(QUEUED, JF_CALL_DO_ENQUEUE | STORE),
                        ON(FORWARD) = GO(RINGING, JF_CALL_DO_DIAL | STORE),
                        ON(FLOW) = GO(FLOW, JF_CALL_DO_FLOW | STORE),
                        /* It was in no queue. */
                        ON(CALLER_ENDED) = GO(CLOSING, FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                },
        [JF_CALL_FLOW] =
                {
                        ON(CONFIRMED) = IGNORE(FLOW), /* ACK of a re-INVITE's 200 */
                        ON(GREETED) = GO(QUEUED, JF_CALL_DO_ENQUEUE | STORE),
                        ON(TRANSFER) = GO(FORWARDING, JF_CALL_DO_DIAL_TARGET | STORE),
                        ON(VOICEMAIL) = GO(VOICEMAIL, MESSAGE),
                        ON(CALLBACK) = GO(LEAVING, CALLBACK),
                        ON(SURVEY) = GO(SURVEY, JF_CALL_DO_SURVEY | STORE),
                        ON(RING_TIMEOUT) = IGNORE(FLOW), /* fired in the turn of the failure */
                        ON(CALLER_ENDED) = GO(CLOSING, FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | FINISH),
                },
        [JF_CALL_QUEUED] =
                {
                        ON(CONFIRMED) = IGNORE(QUEUED), /* ACK of a re-INVITE's 200 */
                        ON(TURNED_AWAY) = GO(GREETING, JF_CALL_DO_GREET | RELEASED | STORE),
                        /* What a closed queue says instead of itself. */
                        ON(FORWARD) = GO(RINGING, JF_CALL_DO_DIAL | STORE),
                        ON(OFFERED) = GO(RINGING, JF_CALL_DO_DIAL),
                        ON(REACH) = GO(REACHING, JF_CALL_DO_REACH),
                        ON(VOICEMAIL) = GO(VOICEMAIL, MESSAGE),
                        ON(CALLBACK) = GO(LEAVING, CALLBACK),
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
                        ON(AGENT_THERE) = GO(CONNECTING, JF_CALL_DO_REACH),
                        ON(LISTEN) = GO(LISTENING, JF_CALL_DO_LISTEN | JF_CALL_DO_ACD_ANSWERED),
                        ON(ANSWERED) =
                                GO(TALKING, JF_CALL_DO_JOIN | JF_CALL_DO_ACD_ANSWERED | STORE),
                        /* On to the next agent; the caller keeps its music and its age. */
                        ON(REFUSED) = GO(QUEUED, NOTE | JF_CALL_DO_ACD_REFUSED),
                        ON(RING_TIMEOUT) = GO(QUEUED, CANCEL_AGENT | NOTE | JF_CALL_DO_ACD_REFUSED),
                        /* The agent is not to blame; if it answers just now, that answer
                           gets a BYE. */
                        ON(CALLER_ENDED) = GO(CLOSING, CANCEL_AGENT | NOTE | ABANDONED | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | CANCEL_AGENT |
                                                                  NOTE | ABANDONED | FINISH),
                        ON(OUTSIDE_FAILED) = GO(CLOSING, HANG_UP_CALLER | CANCEL_AGENT | NOTE |
                                                                 RELEASED | FINISH),
                        ON(EXPIRED) = IGNORE(RINGING), /* somebody is about to answer */
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | CANCEL_AGENT | NOTE |
                                                          RELEASED | FINISH),
                },
        [JF_CALL_TALKING] =
                {
                        CONNECTED(TALKING),
                        ON(TURN) = GO(TALKING, STORE),
                        ON(HOLD) = GO(HELD, STORE),
                        ON(RESUME) = IGNORE(TALKING),
                },
        [JF_CALL_HELD] =
                {
                        CONNECTED(HELD),
                        ON(TURN) = GO(TALKING, STORE), /* as its phone is */
                        ON(HOLD) = IGNORE(HELD),
                        ON(RESUME) = GO(TALKING, STORE),
                },
        [JF_CALL_CONSULTING] =
                {
                        TARGET_CALLED(CONSULTING),
                        ON(TARGET_OFFERED) = GO(CONSULTING, JF_CALL_DO_DIAL_TARGET),
                        ON(TARGET_REFUSED) = GO(CONSULTING, JF_CALL_DO_BLAME_TARGET),
                        ON(TARGET_ANSWERED) = GO(CONSULT_TALKING, JF_CALL_DO_TARGET_JOINED | STORE),
                        /* The agent doesn't wait for the queue: the caller does. */
                        ON(REQUEUE) = GO(QUEUED, HANG_UP_AGENT | PASS_ON |
                                                         LEAVE_TARGET | JF_CALL_DO_REQUEUE | STORE),
                },
        [JF_CALL_CONSULT_TALKING] =
                {
                        TARGET_THERE(CONSULT_TALKING),
                        ON(SWAP) = GO(CONSULT_ASIDE, STORE),
                        ON(JOIN) = GO(CONFERENCE, STORE),
                },
        [JF_CALL_CONSULT_ASIDE] =
                {
                        TARGET_THERE(CONSULT_ASIDE),
                        ON(SWAP) = GO(CONSULT_TALKING, STORE),
                        ON(JOIN) = GO(CONFERENCE, STORE),
                },
        [JF_CALL_CONFERENCE] = {TARGET_THERE(CONFERENCE)},
        [JF_CALL_TRANSFERRING] =
                {
                        TARGET_CALLED(TRANSFERRING),
                        ON(TARGET_ANSWERED) = GO(TALKING, HANG_UP_AGENT | TAKE_OVER | STORE),
                },
        [JF_CALL_FORWARDING] =
                {
                        ECHOES(FORWARDING),
                        ON(TARGET_RINGS) = GO(FORWARDING, JF_CALL_DO_TARGET_RINGS),
                        ON(TARGET_ANSWERED) =
                                GO(TALKING, JF_CALL_DO_TAKE_OVER | JF_CALL_DO_JOIN | STORE),
                        ON(TARGET_FAILED) = GO(QUEUED, LOSE_TARGET | JF_CALL_DO_RETURN | STORE),
                        ON(FLOW) = GO(FLOW, LOSE_TARGET | JF_CALL_DO_FLOW | STORE),
                        ON(CALLER_ENDED) = GO(CLOSING, LEAVE_TARGET | ACD_END | FINISH),
                        ON(CALLER_VANISHED) =
                                GO(CLOSING, HANG_UP_CALLER | LEAVE_TARGET | ACD_END | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | LEAVE_TARGET | ACD_END | FINISH),
                        ON(AGENT_ENDED) = IGNORE(FORWARDING),
                        ON(AGENT_VANISHED) = IGNORE(FORWARDING),
                },
        [JF_CALL_VOICEMAIL] = {ALONE(VOICEMAIL)},
        [JF_CALL_SURVEY] = {ALONE(SURVEY)},
        [JF_CALL_LEAVING] = {ALONE(LEAVING)},
        [JF_CALL_REACHING] =
                {
                        REACHES(REACHING),
                        ON(CUSTOMER_ANSWERED) = GO(RINGING, JF_CALL_DO_DIAL | STORE),
                        ON(CUSTOMER_FAILED) = GO(CLOSING, HANG_UP_CALLER | RELEASED | FINISH),
                        ON(CALLER_ENDED) = GO(CLOSING, RELEASED | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | RELEASED | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | RELEASED | FINISH),
                },
        [JF_CALL_CONNECTING] =
                {
                        REACHES(CONNECTING),
                        ON(CUSTOMER_ANSWERED) =
                                GO(TALKING, JF_CALL_DO_JOIN | JF_CALL_DO_ACD_ANSWERED | STORE),
                        ON(CUSTOMER_FAILED) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE |
                                                                  RELEASED | FINISH),
                        /* It did not wait: the next one is called, and then the customer anew. */
                        ON(AGENT_ENDED) =
                                GO(QUEUED, HANG_UP_CALLER | NOTE | JF_CALL_DO_ACD_REFUSED),
                        ON(AGENT_VANISHED) =
                                GO(QUEUED,
                                   HANG_UP_CALLER | HANG_UP_AGENT | NOTE | JF_CALL_DO_ACD_REFUSED),
                        ON(CALLER_ENDED) = GO(CLOSING, HANG_UP_AGENT | NOTE | RELEASED | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT | NOTE |
                                                                  RELEASED | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_CALLER | HANG_UP_AGENT |
                                                          NOTE | RELEASED | FINISH),
                },
        [JF_CALL_LISTENING] =
                {
                        ECHOES(LISTENING),
                        ON(AGENT_THERE) = GO(CONNECTING, JF_CALL_DO_REACH),
                        ON(AGENT_ENDED) = GO(CLOSING, NOTE | ACD_END | FINISH),
                        ON(AGENT_VANISHED) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),
                        ON(SPOKEN) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),
                        ON(CALLER_ENDED) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),
                        ON(CALLER_VANISHED) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),
                        ON(RELEASE) = GO(CLOSING, HANG_UP_AGENT | NOTE | ACD_END | FINISH),
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

bool jf_call_fsm_allows(enum jf_call_state state, enum jf_call_event event)
{
	return (table[state][event].actions & STANDS) != 0;
}
