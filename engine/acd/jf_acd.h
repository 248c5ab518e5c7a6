/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ACD: agents, queues, waiting callers, and who gets whom.
 *
 * Pure and single-threaded: events and now_ns come in through the functions below, what follows
 * from them goes out through jf_acd_next, which the owner drains after every event. No clock, no
 * I/O; two runs over the same events give the same outputs.
 *
 * Words: a caller in a queue is an entry, from jf_acd_enqueue until jf_acd_leave or jf_acd_end. An
 * agent claimed for an entry is reserved, rings, talks; the claim is atomic because everything
 * happens inside one call of one function. Everything is named by index and generation; a stale
 * reference is refused with -ESTALE and changes nothing.
 *
 * Rules. A freed agent takes, of the entries waiting in all its queues that it suits, the first:
 * those sent back to the head (their agent vanished), then those older than the cap on age, then by
 * the queue's rule (jf_acd_calls_by). An arriving entry takes, of the ready agents of its queue who
 * suit it, the first by the queue's rule (jf_acd_agents_by). An entry suits whoever meets what it
 * asks for (jf_acd_skill.h), step by step, or the one agent that it is kept for. An agent that an
 * entry was offered to in vain is passed over for that entry for as long as somebody else at work
 * suits it to whom it was not offered yet.
 *
 * Neither decision looks through agents or callers (jf_acd_priv.h says how); the cost grows with
 * the number of different things that an agent may be asked for. jf_acd_flow.h: overflow, closing,
 * estimated waits. jf_acd_direct.h: calls that no queue chose the agent for. jf_acd_explain.h: why
 * somebody waits.
 *
 * What an offer in vain does to the agent:
 *   no answer (RONA)     NotReady "rona", until the agent says ready
 *   busy (486, 600)      NotReady "busy", ready again by itself after JF_ACD_BUSY_BACKOFF_NS:
 *                        the phone is in use, nobody is to blame
 *   rejected (603)       NotReady "rejected", until the agent says ready
 *   unavailable (480)    NotReady "unavailable" (do not disturb), until the agent says ready
 *   unreachable          Unreachable (no answer at all, transport error); ready again when the
 *                        phone registers or refreshes
 *   failed (any other)   NotReady "phone error", until the agent says ready: a phone that cannot
 *                        take calls must not swallow the queue
 *   caller left          Ready as before, idle time kept, no blame
 *   withdrawn            the same: a colleague answered first (jf_acd_offer.h)
 * The entry goes back to its place each time, with its age.
 *
 * Capacity. An agent has one call at a time, unless jf_acd_agent_capacity_set says more. One with
 * room for another is chosen after all those who have fewer calls, talking or holding and asked for
 * nothing else; it rings for one at a time. Its state is that of its calls together: Talking while
 * it talks in any, Hold while it holds all (jf_acd_entry_does), wrap-up after the last. Only calls
 * of its queues count: to be called by name, or to call, it must have none. Refusing another call
 * while it talks is no blame, but it gets no more until it is free.
 */
#ifndef JF_ACD_H
#define JF_ACD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_time.h"

#define JF_ACD_NAME_MAX        64u /* of an agent or queue, with the terminating NUL */
#define JF_ACD_REASON_MAX      32u /* of a NotReady, with the terminating NUL */
#define JF_ACD_TRIED_MAX       16u /* agents that an entry remembers having been offered to */
#define JF_ACD_BUSY_BACKOFF_NS (10 * JF_NS_PER_S)
#define JF_ACD_PRIORITY_MAX    1000u
#define JF_ACD_AGEING_MIN_NS   JF_NS_PER_MS
#define JF_ACD_AGEING_MAX_NS   (24 * 3600 * JF_NS_PER_S)
#define JF_ACD_STEPS_MAX       6u /* what a call asks for, one after the other */
#define JF_ACD_NEXT_MAX        3u
#define JF_ACD_RING_MAX        10u /* agents that ring for one entry at once */
#define JF_ACD_CAPACITY_MAX    8u  /* calls of one agent at once */
#define JF_ACD_NONE            UINT32_MAX

struct jf_acd;

struct jf_acd_ref {
	uint32_t index; /* JF_ACD_NONE: nobody */
	uint32_t generation;
};

static const struct jf_acd_ref jf_acd_nobody = {JF_ACD_NONE, 0};

static inline bool jf_acd_ref_equal(struct jf_acd_ref a, struct jf_acd_ref b)
{
	return a.index == b.index && a.generation == b.generation;
}

/* ---- Agents -------------------------------------------------------------------------------- */

#define JF_AGENT_STATES(X)                                                                         \
	X(LOGGED_OUT, "logged-out")                                                                \
	X(NOT_READY, "not-ready")                                                                  \
	X(READY, "ready")                                                                          \
	X(RESERVED, "reserved") /* claimed; the phone has not said that it rings */                \
	X(RINGING, "ringing")                                                                      \
	X(TALKING, "talking")                                                                      \
	X(HOLD, "hold")                                                                            \
	X(CONSULT, "consult") /* with a colleague about a caller who waits, or asked by one */     \
	X(CONFERENCE, "conference") /* with a caller and a third party */                          \
	X(DIALING, "dialing")       /* calls somebody itself; not answered yet */                  \
	X(WRAPUP, "wrap-up")                                                                       \
	X(UNREACHABLE, "unreachable") /* logged in, but the phone does not answer */

enum jf_agent_state {
#define X(name, text) JF_AGENT_##name,
	JF_AGENT_STATES(X)
#undef X
	        JF_AGENT_STATE_COUNT
};

const char *jf_agent_state_name(enum jf_agent_state state);

/* 0 or -EINVAL. */
int jf_agent_state_parse(const char *text, enum jf_agent_state *ret_state);

/* Whether the agent has an entry, or a call of jf_acd_direct.h: reserved up to dialing. */
static inline bool jf_agent_state_engaged(enum jf_agent_state s)
{
	return s >= JF_AGENT_RESERVED && s <= JF_AGENT_DIALING;
}

/* What an agent, or somebody for it, asks for. During a call it is pending until wrap-up ends. */
enum jf_agent_want {
	JF_AGENT_WANT_READY,
	JF_AGENT_WANT_NOT_READY,
	JF_AGENT_WANT_LOGGED_OUT,
};

/* What its phone's registration did. */
enum jf_agent_phone {
	JF_AGENT_PHONE_REGISTERED,   /* the first contact: logs in */
	JF_AGENT_PHONE_REFRESHED,    /* is alive */
	JF_AGENT_PHONE_UNREGISTERED, /* said goodbye: logs out */
	JF_AGENT_PHONE_EXPIRED,      /* fell silent */
};

struct jf_acd_agent_counters {
	uint64_t offered, answered;
	uint64_t rona, busy, rejected, unavailable, unreachable, failed, caller_left, vanished;
	uint64_t withdrawn; /* a colleague answered first */
	uint64_t talk_ns, hold_ns, wrapup_ns, ringing_ns, ready_ns, not_ready_ns;
	uint64_t transferred_out, transferred_in; /* segments passed on, and taken over */
	uint64_t consults;                        /* of its own */
	uint64_t consult_ns, assist_ns; /* about a caller of its own; asked by a colleague */
	uint64_t conference_ns, dialing_ns;
};

struct jf_acd_agent {
	struct jf_acd_ref ref;
	const char *name;
	uint32_t tenant; /* the owner's number for it */
	enum jf_agent_state state;
	char reason[JF_ACD_REASON_MAX]; /* of the state, may be empty */
	char actor[JF_ACD_REASON_MAX];  /* who brought it about: phone, call, timer, operator ... */
	uint64_t since_ns;
	uint64_t idle_since_ns; /* meaningful while ready, reserved or ringing */
	bool auto_ready;
	bool registered;
	bool has_pending;
	enum jf_agent_state pending; /* READY, NOT_READY, LOGGED_OUT or UNREACHABLE */
	char pending_reason[JF_ACD_REASON_MAX];
	uint64_t until_ns;       /* end of wrap-up or back-off; 0: none */
	uint32_t capacity;       /* calls at once */
	uint32_t n_calls;        /* entries it has: offered or answered, not direct */
	struct jf_acd_ref entry; /* the first of them: jf_acd_agent_entry_each has all */
	bool direct;             /* engaged with a call outside of its queues: jf_acd_direct.h */
	struct jf_call_id direct_call;
	uint32_t n_queues;
	uint64_t calls_today; /* answered since jf_acd_day_begin */
	struct jf_acd_agent_counters counters;
};

/* ---- Queues -------------------------------------------------------------------------------- */

/* How a queue chooses an agent for a call. Equal ones: longest idle. */
enum jf_acd_agents_by {
	JF_ACD_AGENTS_BY_IDLE,           /* longest idle */
	JF_ACD_AGENTS_BY_MOST_SKILLED,   /* highest sum of levels in the skills asked for */
	JF_ACD_AGENTS_BY_LEAST_SKILLED,  /* lowest one that suffices, then the lowest of all skills
	                                  */
	JF_ACD_AGENTS_BY_LEAST_OCCUPIED, /* lowest occupancy when it became ready */
	JF_ACD_AGENTS_BY_ROUND_ROBIN,    /* whoever this queue chose longest ago */
	JF_ACD_AGENTS_BY_FEWEST_CALLS,   /* fewest calls answered since jf_acd_day_begin */
	JF_ACD_AGENTS_BY_ORDER,          /* the first ready one in the queue's list */
	JF_ACD_AGENTS_BY_SIMULTANEOUS,   /* several ring at once, whoever answers first has it */
	JF_ACD_AGENTS_BY_COUNT,
};

/* In which order a queue's callers are served. Equal ones: by age. */
enum jf_acd_calls_by {
	JF_ACD_CALLS_BY_AGE,      /* whatever their priority */
	JF_ACD_CALLS_BY_PRIORITY, /* higher first */
	JF_ACD_CALLS_BY_AGEING,   /* the same, but it grows by 1 each ageing_ns, up to the cap */
	JF_ACD_CALLS_BY_COUNT,
};

/* The rule as decisions and the directory name it, and back: 0 or -EINVAL. */
const char *jf_acd_agents_by_name(enum jf_acd_agents_by rule);
const char *jf_acd_calls_by_name(enum jf_acd_calls_by rule);
int jf_acd_agents_by_parse(const char *name, enum jf_acd_agents_by *ret_rule);
int jf_acd_calls_by_parse(const char *name, enum jf_acd_calls_by *ret_rule);

/* All zero: no wrap-up, nobody leaves, longest idle, by age. */
struct jf_acd_queue_options {
	uint64_t wrap_up_ns;        /* 0: none */
	bool wrap_up_open;          /* it lasts until the agent says what comes next */
	uint64_t wrap_up_extend_ns; /* how much longer an agent may make it */
	uint64_t short_abandon_ns;  /* who leaves sooner is a short abandon; 0: nobody is */
	uint64_t max_wait_ns;       /* 0: for ever */
	enum jf_acd_agents_by agents_by;
	enum jf_acd_calls_by calls_by;
	uint64_t ageing_ns; /* for BY_AGEING: wait worth one point, JF_ACD_AGEING_MIN_NS or more */
	uint16_t priority_cap; /* no priority counts for more; 0: JF_ACD_PRIORITY_MAX */
	uint64_t age_cap_ns;   /* who waited that long goes before any priority; 0: nobody does */
	uint8_t ring_at_once;  /* for BY_SIMULTANEOUS: so many; 0: JF_ACD_RING_MAX */
};

/* offered = answered + abandoned_queue + abandoned_ringing + abandoned_short + released +
 * overflowed_out + callbacks + voicemails + those who wait for their first answer. */
struct jf_acd_queue_counters {
	uint64_t offered;         /* entered, from another queue too */
	uint64_t answered;        /* once each, even if the agent vanished and another took over */
	uint64_t abandoned_queue; /* hung up with no agent claimed */
	uint64_t abandoned_ringing; /* hung up while an agent rang */
	uint64_t abandoned_short;   /* hung up, either way, within the short-abandon threshold */
	uint64_t released;          /* the engine ended them: waited too long, lost at a restart */
	uint64_t overflowed_out, overflowed_in; /* to and from other queues (jf_acd_flow.h) */
	uint64_t callbacks, voicemails;         /* left to be called, or a message */
	uint64_t rona, busy, rejected, unavailable, unreachable, failed; /* offers in vain */
	uint64_t withdrawn;           /* offers that a colleague was quicker to answer */
	uint64_t vanished;            /* agents lost in a call */
	uint64_t handled, handled_ns; /* segments that are over, with hold and wrap-up: AHT */
	/* Callers told how long they would wait and answered: the sums of what was told, of what it
	 * was, and of how far off that was. */
	uint64_t told, told_ns, told_actual_ns, told_error_ns;
	uint64_t transferred_out, transferred_in; /* segments passed on, and taken over */
	uint64_t wait_answered_ns; /* sum over the answered: ASA is this by answered */
	uint64_t wait_all_ns;      /* sum over all who left the queue, answered or not */
	uint64_t longest_wait_ns;  /* of anybody who left */
};

struct jf_acd_queue {
	struct jf_acd_ref ref;
	const char *name;
	uint32_t tenant;
	bool removed; /* no new entries; goes when its last entry does */
	bool closed;  /* no new entries (jf_acd_flow.h) */
	struct jf_acd_queue_options options;
	struct jf_acd_queue_counters counters;
	uint32_t waiting;   /* nobody claimed for them */
	uint32_t ringing;   /* an agent claimed, not answered yet */
	uint32_t talking;   /* answered */
	uint64_t oldest_ns; /* when the oldest of the waiting came; 0 */
	uint32_t members_by_state[JF_AGENT_STATE_COUNT];
	uint32_t members;
};

/* ---- Decisions and outputs ----------------------------------------------------------------- */

enum jf_acd_outcome {
	JF_ACD_OUTCOME_RONA,
	JF_ACD_OUTCOME_BUSY,
	JF_ACD_OUTCOME_REJECTED,
	JF_ACD_OUTCOME_UNAVAILABLE,
	JF_ACD_OUTCOME_UNREACHABLE,
	JF_ACD_OUTCOME_FAILED,
	JF_ACD_OUTCOME_COUNT,
};

const char *jf_acd_outcome_name(enum jf_acd_outcome outcome);

enum jf_acd_situation {
	JF_ACD_CALL_ARRIVED,  /* an entry looked for an agent */
	JF_ACD_CALL_RETURNED, /* the same, after an offer in vain */
	JF_ACD_AGENT_FREED,   /* an agent looked for an entry */
	JF_ACD_CALL_RELAXED,  /* an entry looked for an agent, asking for something else */
	JF_ACD_CALL_MOVED,    /* an entry looked for an agent of the queue that it overflowed to */
	JF_ACD_SITUATION_COUNT,
};

const char *jf_acd_situation_name(enum jf_acd_situation situation);

/* Why an entry got this agent, or nobody. Kept by the owner of the call. */
struct jf_acd_decision {
	uint64_t at_ns;
	enum jf_acd_situation situation;
	const char *rule; /* "longest idle" or "head, then age"; static text */
	struct jf_acd_ref entry, queue;
	struct jf_acd_ref agent; /* jf_acd_nobody: the entry waits */
	uint64_t waited_ns;      /* the entry, so far */
	uint64_t idle_ns;        /* the agent */
	uint32_t waiting;        /* entries in the queue, this one included */
	uint32_t candidates;     /* agents (or entries) that could have been chosen */
	uint32_t members_by_state[JF_AGENT_STATE_COUNT];
	bool retried;         /* everybody had been offered the entry: began again */
	uint32_t requirement; /* what the entry asked for then */
	uint8_t step;         /* the how manieth thing it asked for, from 0 */
	bool named;           /* it was kept for one agent */
	uint16_t priority;    /* of the entry then, whole points */
	uint64_t score;       /* of the agent by the rule, lowest first */
	uint32_t n_skipped;
	uint32_t n_next;
	struct jf_acd_ref skipped[JF_ACD_TRIED_MAX]; /* ready, but offered to in vain before */
	struct jf_acd_candidate {      /* who would have been chosen otherwise, in order */
		struct jf_acd_ref ref; /* an agent, or an entry when an agent was freed */
		uint64_t score;        /* of an agent */
	} next[JF_ACD_NEXT_MAX];
};

enum jf_acd_output_type {
	JF_ACD_OFFER,         /* ring decision.agent for decision.entry: it is claimed */
	JF_ACD_WAIT,          /* decision says why the entry got nobody; it waits */
	JF_ACD_EXPIRED,       /* entry waited for max_wait: the owner ends the call and leaves */
	JF_ACD_CLOSED,        /* the same, because its queue was closed */
	JF_ACD_OVERFLOWED,    /* entry went from queue to queue_to, with its age */
	JF_ACD_WITHDRAWN,     /* entry was answered by another: stop ringing agent for it */
	JF_ACD_LEFT,          /* entry left queue, as left says (jf_acd_leaves_report) */
	JF_ACD_AGENT_CHANGED, /* its state, or what is pending: store it, report it */
};

/* How an entry left a queue, for whoever keeps accounts. */
enum jf_acd_left {
	JF_ACD_LEFT_ANSWERED,
	JF_ACD_LEFT_ABANDONED,
	JF_ACD_LEFT_ABANDONED_RINGING, /* while an agent's phone rang */
	JF_ACD_LEFT_SHORT,             /* abandoned within the threshold */
	JF_ACD_LEFT_RELEASED,
	JF_ACD_LEFT_OVERFLOWED,
	JF_ACD_LEFT_CALLBACK,
	JF_ACD_LEFT_VOICEMAIL,
};

struct jf_acd_output {
	enum jf_acd_output_type type;
	enum jf_acd_left left; /* LEFT, with its time of entry */
	uint64_t enqueued_ns;
	struct jf_call_id call;            /* all but AGENT_CHANGED */
	struct jf_acd_ref agent;           /* OFFER, WITHDRAWN, AGENT_CHANGED */
	struct jf_acd_ref entry;           /* all but AGENT_CHANGED */
	struct jf_acd_ref queue, queue_to; /* OVERFLOWED */
	enum jf_agent_state from, to;      /* AGENT_CHANGED, with what was said of it then */
	char reason[JF_ACD_REASON_MAX];
	char actor[JF_ACD_REASON_MAX];
	struct jf_acd_decision decision; /* OFFER, WAIT */
};

/* ---- Life ---------------------------------------------------------------------------------- */

/* 0 or -ENOMEM. */
int jf_acd_create(struct jf_acd **ret_acd);
void jf_acd_destroy(struct jf_acd *acd);

/* The next output, oldest first. 0, or -EAGAIN when there is none. */
int jf_acd_next(struct jf_acd *acd, struct jf_acd_output *ret_output);

/* From now on each entry that leaves a queue, once, is an output too: JF_ACD_LEFT. */
void jf_acd_leaves_report(struct jf_acd *acd);

/* When jf_acd_tick has something to do, 0: nothing is due ever. */
uint64_t jf_acd_next_due_ns(const struct jf_acd *acd);
void jf_acd_tick(struct jf_acd *acd, uint64_t now_ns);

/* ---- Set-up: may change at any time without losing an entry --------------------------------- */

/* 0, -EINVAL (name empty or too long, options out of range), -ENOMEM. Names are the owner's to
 * keep unique. */
int jf_acd_queue_add(struct jf_acd *acd, const char *name, uint32_t tenant,
                     const struct jf_acd_queue_options *options, struct jf_acd_ref *ret_queue);
int jf_acd_queue_set(struct jf_acd *acd, struct jf_acd_ref queue,
                     const struct jf_acd_queue_options *options);

/* Entries in it stay until they are done, and its agents go on serving it till then. A removed
 * queue that is set again is as it was. */
int jf_acd_queue_remove(struct jf_acd *acd, struct jf_acd_ref queue);

int jf_acd_agent_add(struct jf_acd *acd, const char *name, uint32_t tenant, bool auto_ready,
                     struct jf_acd_ref *ret_agent);
int jf_acd_agent_set(struct jf_acd *acd, struct jf_acd_ref agent, bool auto_ready);

/* What does not begin a new idle time when the agent becomes ready after it. By default everything
 * does, but a caller who hung up while it rang. */
enum {
	JF_ACD_IDLE_THROUGH_WRAPUP = 1,    /* idle since the end of the conversation */
	JF_ACD_IDLE_THROUGH_BREAK = 2,     /* NotReady of its own accord */
	JF_ACD_IDLE_THROUGH_REFUSALS = 4,  /* RONA and its like */
	JF_ACD_IDLE_THROUGH_LOGIN = 8,     /* logged out or unreachable meanwhile */
	JF_ACD_IDLE_THROUGH_OUTBOUND = 16, /* calls that it made itself */
};
int jf_acd_agent_idle_set(struct jf_acd *acd, struct jf_acd_ref agent, unsigned int through);

/* How many calls it may have at once, 1 (as a new one has) to JF_ACD_CAPACITY_MAX. Fewer than it
 * has now: they go on. 0, -ESTALE, -EINVAL. */
int jf_acd_agent_capacity_set(struct jf_acd *acd, struct jf_acd_ref agent, uint32_t capacity,
                              uint64_t now_ns);

/* -EBUSY while it has an entry: the owner asks again when that ended. */
int jf_acd_agent_remove(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns);

/* 0, also when it was so already; -EINVAL across tenants; -ESTALE; -ENOMEM. */
int jf_acd_member_add(struct jf_acd *acd, struct jf_acd_ref agent, struct jf_acd_ref queue,
                      uint64_t now_ns);
int jf_acd_member_remove(struct jf_acd *acd, struct jf_acd_ref agent, struct jf_acd_ref queue,
                         uint64_t now_ns);

/* ---- Events -------------------------------------------------------------------------------- */

/*
 * actor and reason are cut to their room. 0; -EALREADY (it is so already), -EINPROGRESS (pending
 * until the call in progress is over), -ENOTCONN (ready asked for a phone that is not registered:
 * the agent becomes Unreachable, ready when it registers).
 */
int jf_acd_agent_want(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_agent_want want,
                      const char *reason, const char *actor, uint64_t now_ns);

int jf_acd_agent_phone(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_agent_phone what,
                       uint64_t now_ns);

/* What a call asks for from some time after it entered the queue. */
struct jf_acd_step {
	uint32_t requirement; /* from jf_acd_requirement; 0: anyone */
	uint64_t after_ns;    /* the first step's is taken as 0, later ones are ascending */
};

/* How a caller enters. All zero but the time: an ordinary caller whom anybody may serve. */
struct jf_acd_arrival {
	uint64_t enqueued_ns; /* when it first did (its age); normally now */
	uint16_t priority;    /* base, up to JF_ACD_PRIORITY_MAX */
	uint8_t n_steps;
	struct jf_acd_step steps[JF_ACD_STEPS_MAX];
	/* Kept for this member of the queue, whatever its skills, for so long; then for anyone. */
	struct jf_acd_ref preferred;
	uint64_t prefer_ns;
	/* After a restart of the process: */
	bool restored;        /* it stood in the queue before, even one that is removed */
	bool at_head;         /* its agent vanished */
	bool answered_before; /* and so it was counted */
};

/* 0, -ESTALE, -EPERM (queue removed or closed), -EINVAL (priority or steps out of range), -ENOMEM.
 */
int jf_acd_enqueue(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                   const struct jf_acd_arrival *arrival, uint64_t now_ns,
                   struct jf_acd_ref *ret_entry);

/* The caller hung up while waiting or ringing (abandoned), or the engine ended it (!abandoned).
 * An agent claimed for it is free again without blame: the owner cancels its leg. */
int jf_acd_leave(struct jf_acd *acd, struct jf_acd_ref entry, bool abandoned, uint64_t now_ns);

/* Why an entry leaves without an answer. */
enum jf_acd_exit {
	JF_ACD_EXIT_ABANDONED, /* the caller hung up */
	JF_ACD_EXIT_RELEASED,  /* the engine ended it */
	JF_ACD_EXIT_CALLBACK,  /* it will be called back */
	JF_ACD_EXIT_VOICEMAIL, /* it leaves a message */
};

/* As jf_acd_leave, for any of these. */
int jf_acd_exit(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_exit how, uint64_t now_ns);

/* The claimed agent's phone rings. This and the next two: of several who are asked at once, the
 * first; jf_acd_offer.h names them. */
int jf_acd_ringing(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns);

/* The offer was in vain; the entry waits again, in its place. */
int jf_acd_refused(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_outcome outcome,
                   uint64_t now_ns);

int jf_acd_answered(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns);
int jf_acd_held(struct jf_acd *acd, struct jf_acd_ref entry, bool held, uint64_t now_ns);

/* The conversation is over, whoever ended it; the agent, if it still has one (jf_acd_direct.h),
 * wraps up. The entry is gone. */
int jf_acd_end(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns);

/* The agent in wrap-up gets more time for it, up to what the queue allows. 0; -EPERM: no more is
 * allowed; -EPROTO: not in a wrap-up that ends by itself; -ESTALE. */
int jf_acd_wrapup_extend(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t by_ns,
                         uint64_t now_ns);

/* A tenant's day begins: its agents' calls of today are none. */
void jf_acd_day_begin(struct jf_acd *acd, uint32_t tenant, uint64_t now_ns);

/* The agent was lost in mid-call: it is Unreachable, the entry waits at the head. */
int jf_acd_vanished(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns);

/* ---- After a restart of the process ---------------------------------------------------------- */

/* What is kept of an agent; times are this boot's monotonic, the owner converts. */
struct jf_acd_agent_saved {
	enum jf_agent_state state; /* engaged ones are restored as Ready or their pending state */
	char reason[JF_ACD_REASON_MAX];
	char actor[JF_ACD_REASON_MAX];
	uint64_t since_ns, idle_since_ns, until_ns;
	bool registered;
	bool has_pending;
	enum jf_agent_state pending;
	char pending_reason[JF_ACD_REASON_MAX];
};

int jf_acd_agent_save(const struct jf_acd *acd, struct jf_acd_ref agent,
                      struct jf_acd_agent_saved *ret_saved);

/* Before any event about the agent. Quiet: no output but offers to those who wait already. */
int jf_acd_agent_restore(struct jf_acd *acd, struct jf_acd_ref agent,
                         const struct jf_acd_agent_saved *saved, uint64_t now_ns);

/* In this order: agents restored, conversations adopted, then those who wait enqueued.
 * A conversation found alive: the entry is answered, the agent talks (or holds). -EBUSY if the
 * agent has as many as it can. What it asked for counts again if it loses the agent. Not counted as
 * offered or answered in this process's counters. */
int jf_acd_adopt(struct jf_acd *acd, struct jf_acd_ref queue, struct jf_acd_ref agent,
                 const struct jf_call_id *call, const struct jf_acd_arrival *arrival,
                 uint64_t now_ns, struct jf_acd_ref *ret_entry);

/* ---- Looking ------------------------------------------------------------------------------- */

/* 0 or -ESTALE. Strings stay valid until the agent or queue is removed. */
int jf_acd_agent_get(const struct jf_acd *acd, struct jf_acd_ref agent,
                     struct jf_acd_agent *ret_agent);
int jf_acd_queue_get(const struct jf_acd *acd, struct jf_acd_ref queue,
                     struct jf_acd_queue *ret_queue);

/* In the order they were added; cursor begins at 0. False at the end. */
bool jf_acd_agent_each(const struct jf_acd *acd, uint32_t *cursor, struct jf_acd_agent *ret_agent);
bool jf_acd_queue_each(const struct jf_acd *acd, uint32_t *cursor, struct jf_acd_queue *ret_queue);

/* The agent's queues, cursor as above. */
bool jf_acd_agent_queue_each(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t *cursor,
                             struct jf_acd_ref *ret_queue);

/* The agent's entries, offered and answered; cursor as above. */
bool jf_acd_agent_entry_each(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t *cursor,
                             struct jf_acd_ref *ret_entry);

/* The call of an entry. 0 or -ESTALE. */
int jf_acd_entry_call(const struct jf_acd *acd, struct jf_acd_ref entry,
                      struct jf_call_id *ret_call);

/* How many would be served before this one in its queue; 0: it is next. -EINVAL: not waiting. */
int jf_acd_position(const struct jf_acd *acd, struct jf_acd_ref entry, uint32_t *ret_ahead);

#endif
