/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the ACD finds whom without looking through anybody.
 *
 * Requirement classes. Callers of one queue who ask for the same (an interned skill expression, or
 * one named agent) form a class. A class keeps its waiting entries and its ready agents in two
 * ordered sequences; each agent keeps links to the classes that it suits, made when the agent, the
 * queue's members or the class change, never when a call or an agent looks for somebody. An entry
 * stands in one class at a time; relaxation and overflow move it to another.
 *
 * A freed agent compares the first entries of its classes, which stand side by side in heads[]. An
 * arriving entry takes the first ready agent of its class. Both cost what the number of the agent's
 * classes costs, and a binary search, however many agents and callers there are.
 *
 * Order without rescoring: an entry's key stays the same while time passes. Priorities that grow at
 * one rate keep their order, so under ageing the key is the time at which an entry of no priority
 * would have had to come; what does change the order (the cap of ageing, the cap on age) is an
 * event of that entry at a known time, its due.
 */
#ifndef JF_ACD_PRIV_H
#define JF_ACD_PRIV_H

#include "jf_acd.h"
#include "jf_acd_flow.h"
#include "jf_acd_rules.h"
#include "jf_acd_skill.h"
#include "jf_agent_fsm.h"
#include "jf_order.h"

/* Objects by index; jf_acd_index.c. A generation, never 0, that is new each time an index is taken.
 */
struct jf_acd_table {
	struct jf_acd_slot {
		void *item; /* NULL: free */
		uint32_t generation;
	} * slots;
	uint32_t *free;
	uint32_t n, room, n_free;
};

int jf_acd_table_take(struct jf_acd_table *t, void *item, struct jf_acd_ref *ret_ref);
/* The item is the caller's again. */
void *jf_acd_table_give(struct jf_acd_table *t, struct jf_acd_ref ref);
/* The same, and freed. */
void jf_acd_table_drop(struct jf_acd_table *t, struct jf_acd_ref ref);
void jf_acd_table_free(struct jf_acd_table *t);

static inline void *jf_acd_table_get(const struct jf_acd_table *t, struct jf_acd_ref ref)
{
	return ref.index < t->n && t->slots[ref.index].generation == ref.generation
	               ? t->slots[ref.index].item
	               : NULL;
}

/* By index alone; NULL: free. */
static inline void *jf_acd_table_at(const struct jf_acd_table *t, uint32_t index)
{
	return t->slots[index].item;
}

static inline struct jf_acd_ref jf_acd_table_ref(const struct jf_acd_table *t, uint32_t index)
{
	return (struct jf_acd_ref){index, t->slots[index].generation};
}

/* Numbers by hash: several may share one, the caller tells them apart. jf_acd_index.c */
struct jf_acd_index {
	struct jf_acd_index_slot {
		uint64_t hash;
		uint32_t value; /* JF_ACD_NONE: free */
	} * slots;
	uint32_t room, n; /* room: a power of two, at least twice n */
};

int jf_acd_index_add(struct jf_acd_index *index, uint64_t hash, uint32_t value);
void jf_acd_index_remove(struct jf_acd_index *index, uint64_t hash, uint32_t value);
/* The next value of that hash; cursor begins at 0. JF_ACD_NONE: no more. */
uint32_t jf_acd_index_next(const struct jf_acd_index *index, uint64_t hash, uint32_t *cursor);
uint64_t jf_acd_hash(uint64_t seed, const void *bytes, size_t n);

/* Something that is due at a time: the end of a wrap-up or back-off, or an entry's next event. */
struct jf_acd_due {
	uint64_t at_ns; /* 0: nothing is due */
	uint64_t serial;
	uint32_t owner; /* index of the agent or entry */
	bool is_entry;
};

/* One agent in one queue. */
struct jf_acd_member {
	struct jf_acd_agent_node *agent;
	struct jf_acd_queue_node *queue;
	struct jf_acd_member *next_queue;     /* of the agent */
	struct jf_acd_member *before, *after; /* of the queue, in the order they were added */
	uint64_t offered_serial;              /* when it was chosen last: round robin */
	uint32_t place;                       /* linear order */
	bool relist;                          /* while the queue's rule changes */
};

/* One agent in one class that it suits. */
struct jf_acd_link {
	struct jf_acd_member *member;
	uint64_t ready_hi; /* its key in the class's ready sequence, while listed */
	uint32_t class_id;
	uint32_t score; /* sum of its levels in the skills that the class asks for */
};

/* What a decision touches stands together, in front. */
struct jf_acd_agent_node {
	struct jf_acd_link *links;
	struct jf_acd_queue_node **queues; /* a.n_queues of them, as in members but side by side */
	uint32_t n_links, links_room;
	struct jf_acd_member *members;
	struct jf_acd_entry *offer;     /* claimed for it, not answered yet */
	struct jf_acd_agent_node *also; /* the next one who is asked for the same entry */
	struct jf_acd_entry *calls;     /* answered, the latest first */
	struct jf_acd_due due;
	bool listed;        /* stands in the ready sequences of its classes */
	bool rings;         /* its phone, for the offer */
	bool full;          /* did not take another call: no more until it is free */
	bool arrived;       /* became present since it was settled last */
	bool blamed;        /* not ready because of an offer in vain */
	bool dialed;        /* it called somebody since it was ready */
	uint64_t listed_lo; /* idle since, when it was listed */
	uint64_t listed_ns;
	uint64_t extended_ns;       /* latest end of this wrap-up */
	uint64_t wrap_up_from_ns;   /* when it began */
	struct jf_acd_ref handling; /* the queue whose caller it handled last, since handling_ns */
	uint64_t handling_ns;
	unsigned int idle_through; /* JF_ACD_IDLE_THROUGH_... */
	struct jf_acd_agent a;
	struct jf_acd_skill_level *skills; /* by skill */
	uint32_t n_skills, skill_total;
	char name[JF_ACD_NAME_MAX];
};

/* Before the first look at one that was not touched lately. */
static inline void jf_acd_agent_prefetch(const struct jf_acd_agent_node *a)
{
	for (size_t at = 0; at < offsetof(struct jf_acd_agent_node, skills); at += 64)
		__builtin_prefetch((const char *)a + at);
}

/* The same, of what it points to; once it is here itself. */
static inline void jf_acd_links_prefetch(const struct jf_acd_agent_node *a)
{
	const char *links = (const char *)a->links;

	__builtin_prefetch(a->queues);
	for (size_t at = 0; at < a->n_links * sizeof(struct jf_acd_link); at += 64)
		__builtin_prefetch(links + at);
}

struct jf_acd_class {
	struct jf_order waiting; /* entries */
	struct jf_order tried;   /* those of them who had an offer in vain */
	struct jf_order ready;   /* agents */
	struct jf_acd_queue_node *queue;
	struct jf_acd_class *before, *after; /* of the queue */
	uint64_t hash;
	uint32_t id;
	uint32_t requirement;
	uint32_t named;      /* the only agent asked for, or JF_ACD_NONE */
	uint32_t suited;     /* agents linked */
	uint32_t present;    /* of them, neither logged out nor unreachable */
	uint32_t at_work;    /* of them, ready or busy with something that ends by itself */
	uint32_t entries;    /* in it, waiting or offered */
	double servers;      /* agents at work, as much of each as the queue has of it */
	uint64_t servers_ns; /* when that was found; 0: never */
};

/* The first of a class's waiting entries, as a freed agent compares it. */
struct jf_acd_head {
	struct jf_order_item item; /* meaningful if waiting */
	const struct jf_acd_queue_node *queue;
	uint64_t group; /* heads of one group compare by their keys */
	uint32_t waiting;
	uint32_t tried;
};

struct jf_acd_queue_node {
	struct jf_acd_queue q;
	char name[JF_ACD_NAME_MAX];
	struct jf_acd_member *first_member, *last_member;
	struct jf_acd_class *classes;
	const struct jf_acd_agent_rule *agent_rule;
	const struct jf_acd_call_rule *call_rule;
	uint32_t places;                  /* linear order given so far */
	struct jf_acd_overflow *overflow; /* rules; NULL: none */
	uint32_t n_overflow;
	double handling_ns;     /* of a segment, lately; 0: none yet */
	double answered_per_s;  /* lately */
	double abandoned_per_s; /* of one who waits, lately */
	uint64_t rate_ns, rate_answered, rate_abandoned,
	        rate_wait_ns; /* when, and what it was then */
};

enum jf_acd_entry_state {
	JF_ACD_ENTRY_WAITING,
	JF_ACD_ENTRY_OFFERED,
	JF_ACD_ENTRY_CONNECTED,
	JF_ACD_ENTRY_PASSED_ON, /* its agent has left it to whom it is being transferred */
};

/* In which part of its class an entry stands: the two top bits of its key. */
enum jf_acd_tier {
	JF_ACD_TIER_HEAD,     /* its agent vanished */
	JF_ACD_TIER_OVERAGE,  /* waited for longer than the cap on age */
	JF_ACD_TIER_CAPPED,   /* its priority has grown to the cap */
	JF_ACD_TIER_ORDINARY, /* as the call rule says */
};

#define JF_ACD_TIER_SHIFT 62
#define JF_ACD_HOPS_MAX   4u /* queues that an entry may overflow from */

struct jf_acd_entry {
	struct jf_acd_ref ref;
	struct jf_call_id call;
	struct jf_acd_queue_node *queue;
	struct jf_acd_class *class;
	struct jf_acd_agent_node *agent; /* unless waiting or passed on; the first of those asked */
	struct jf_acd_entry *fellow;     /* of the same agent, answered before */
	uint64_t enqueued_ns;            /* its age counts from here */
	uint64_t key;                    /* of its place, with the age and the serial */
	struct jf_acd_ref *tried;        /* JF_ACD_TRIED_MAX of them, once there is one */
	struct jf_acd_due due;
	struct jf_acd_ref preferred; /* the agent it is kept for until prefer_until_ns */
	uint64_t prefer_until_ns;
	uint32_t serial; /* of arrival, settles equal ages */
	uint32_t plan;
	uint16_t priority; /* base */
	uint8_t step;      /* of the plan */
	uint8_t state;     /* enum jf_acd_entry_state */
	uint8_t tier;
	uint8_t n_tried;
	bool at_head;
	uint8_t does;   /* its agent, in this call: enum jf_acd_doing, not JF_ACD_RINGS */
	bool counted;   /* answered once, or counted by an earlier process */
	bool expired;   /* said so */
	bool stays;     /* it should have overflowed by its wait, and no queue took it */
	uint8_t n_left; /* queues that it overflowed from */
	uint32_t left[JF_ACD_HOPS_MAX];
	uint64_t told_ns; /* how long it would wait in all, as it was told first; 0: it was not */
	uint64_t answered_ns;       /* by the agent who has it; 0: in an earlier process */
	struct jf_acd_entry *spare; /* next unused one */
};

/* Where it stands in its class. */
static inline struct jf_order_item jf_acd_entry_item(const struct jf_acd_entry *e)
{
	return (struct jf_order_item){e->key, e->enqueued_ns, e->serial, e->ref.index};
}

static inline void jf_acd_entry_prefetch(const struct jf_acd_entry *e)
{
	for (size_t at = 0; at < sizeof(*e); at += 64)
		__builtin_prefetch((const char *)e + at);
}

struct jf_acd {
	struct jf_acd_table agents, queues, entries;
	struct jf_order due;
	uint64_t due_serial;
	uint64_t seen_ns;              /* the time of the last tick or arrival */
	struct jf_acd_output *outputs; /* ring */
	uint32_t out_first, out_n, out_room;
	bool reports_leaves;
	uint32_t serial;
	uint64_t offer_serial;
	struct jf_acd_entry *spare_entries;
	struct jf_acd_class **classes; /* by id, NULL: free */
	struct jf_acd_head *heads;     /* by id */
	uint32_t n_classes, classes_room, empty_classes;
	uint32_t class_id_hint; /* no free id is below it */
	/* By requirement: the plan that asks for nothing else, and the class used last. */
	struct jf_acd_quick {
		uint32_t plan, class_id; /* JF_ACD_NONE: not known */
	} * quick;
	uint32_t quick_room;
	struct jf_acd_index class_index;
	struct jf_acd_skills *skills;
};

/* ---- jf_acd.c ------------------------------------------------------------------------------- */

/* The new output, all zero but for what is said. Good until the next one. */
struct jf_acd_output *jf_acd_emit(struct jf_acd *acd, enum jf_acd_output_type type);
void jf_acd_due_set(struct jf_acd *acd, struct jf_acd_due *due, uint64_t at_ns);
void jf_acd_due_clear(struct jf_acd *acd, struct jf_acd_due *due);

/* Counters and ready lists follow; no output. */
void jf_acd_state_set(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_state to,
                      uint64_t now_ns);

/* Carries out the machine's step. 0 or -EPROTO (refused). Never matches: settle follows. */
int jf_acd_agent_step(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_event event,
                      const char *reason, const char *actor, uint64_t now_ns);

/* 0: not due. */
static inline uint64_t jf_acd_due_ns(const struct jf_acd_due *due)
{
	return due->at_ns;
}

/* Ready, or busy with something that ends by itself: worth waiting for. */
static inline bool jf_acd_at_work(enum jf_agent_state s)
{
	return s != JF_AGENT_LOGGED_OUT && s != JF_AGENT_NOT_READY && s != JF_AGENT_UNREACHABLE;
}

/* At work or on a break: will come. */
static inline bool jf_acd_present(enum jf_agent_state s)
{
	return s != JF_AGENT_LOGGED_OUT && s != JF_AGENT_UNREACHABLE;
}

/* ---- jf_acd_set.c ---------------------------------------------------------------------------- */

/* What it holds, not itself; at the end of everything. */
void jf_acd_queue_clear(struct jf_acd *acd, struct jf_acd_queue_node *q);
void jf_acd_agent_clear(struct jf_acd_agent_node *a);

/* A queue that was removed goes when nobody is in it any more. */
void jf_acd_queue_reap(struct jf_acd *acd, struct jf_acd_queue_node *q);

/* Ready, or with room for another call. */
static inline bool jf_acd_may_take(const struct jf_acd_agent_node *a)
{
	if (a->a.state == JF_AGENT_READY)
		return true;
	return a->a.n_calls < a->a.capacity && a->calls && !a->offer && !a->full &&
	       !a->a.has_pending && !a->a.direct &&
	       (a->a.state == JF_AGENT_TALKING || a->a.state == JF_AGENT_HOLD);
}

/* ---- jf_acd_event.c -------------------------------------------------------------------------- */

/* After an agent's step: it may be free for somebody, or nobody need wait for it. An agent that
 * may take a call and finds no entry is listed here. */
void jf_acd_agent_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);

/* The same, after it became somebody else: those who waited for what it was look again. */
void jf_acd_agent_settle_anew(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);

/* The same, and the entry that has lost the agent looks for another, in the order of all. */
void jf_acd_entry_back(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                       uint64_t now_ns);

/* The agent's part in the entry's call is over, and it wraps up; lost: it vanished. */
void jf_acd_agent_end(struct jf_acd *acd, struct jf_acd_entry *e, bool lost, uint64_t now_ns);

/* ---- jf_acd_offer.c -------------------------------------------------------------------------- */

/* The agent is asked for the entry, after those who are already. */
void jf_acd_offer_make(struct jf_acd_entry *e, struct jf_acd_agent_node *a);

/* Nobody is asked for the entry any more; their calls end with event, whoever brought it about. */
void jf_acd_offers_end(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_agent_event event,
                       uint64_t now_ns);

/* The agent has the entry's call from now on, and not any more. */
void jf_acd_call_begin(struct jf_acd_entry *e, struct jf_acd_agent_node *a, uint64_t now_ns);
void jf_acd_call_end(struct jf_acd_entry *e);

/* What an offer in vain brings about, and where it is counted. */
enum jf_agent_event jf_acd_outcome_event(enum jf_acd_outcome outcome);
void jf_acd_count_refusal(struct jf_acd_agent_counters *counters, enum jf_acd_outcome outcome);

/* ---- jf_acd_entry.c -------------------------------------------------------------------------- */

/* It is gone. */
void jf_acd_entry_drop(struct jf_acd *acd, struct jf_acd_entry *e);

/* Its wait in its queue is over. */
void jf_acd_count_left(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_left left,
                       uint64_t now_ns);

/* A new one with its class, not waiting yet. 0, -ESTALE, -ENOMEM. */
int jf_acd_entry_make(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                      const struct jf_acd_arrival *arrival, uint64_t now_ns,
                      struct jf_acd_entry **ret_entry);

/* ---- jf_acd_restore.c ------------------------------------------------------------------------ */

/* After a restart: the agent is in a call that goes on. */
void jf_acd_agent_take_up(struct jf_acd *acd, struct jf_acd_agent_node *a,
                          enum jf_agent_state state, uint64_t now_ns);

/* ---- jf_acd_class.c: classes and who suits them ---------------------------------------------- */

/* The class of the queue for a requirement, or for a named agent; made if it is new. */
struct jf_acd_quick *jf_acd_quick_of(struct jf_acd *acd, uint32_t requirement); /* or NULL */
int jf_acd_class_get(struct jf_acd *acd, struct jf_acd_queue_node *q, uint32_t requirement,
                     uint32_t named, struct jf_acd_class **ret_class);
void jf_acd_class_drop(struct jf_acd *acd, struct jf_acd_class *c);
/* An entry counts itself in its class from its first place to its end. A class for a named agent
 * goes when the last one leaves. */
void jf_acd_class_enter(struct jf_acd *acd, struct jf_acd_class *c);
void jf_acd_class_leave(struct jf_acd *acd, struct jf_acd_class *c);
/* Classes without entries go, when there are too many of them. Nobody may hold one meanwhile. */
void jf_acd_classes_sweep(struct jf_acd *acd);
void jf_acd_head_update(struct jf_acd *acd, const struct jf_acd_class *c);

/* Into, and out of, the ready sequences of all its classes. */
void jf_acd_agent_list(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);
void jf_acd_agent_unlist(struct jf_acd *acd, struct jf_acd_agent_node *a);

/* Its links with the classes of one queue. The agent must not be listed. */
int jf_acd_links_make(struct jf_acd *acd, struct jf_acd_member *m);
void jf_acd_links_drop(struct jf_acd *acd, struct jf_acd_member *m);
bool jf_acd_suits(const struct jf_acd_agent_node *a, const struct jf_acd_class *c);

/* ---- jf_acd_line.c: the line of those who wait ------------------------------------------------
 */

/* The part of its class where it stands now, and what heads of its queue compare by. */
uint64_t jf_acd_order_group(const struct jf_acd_queue_options *options);

/* The class where it belongs now: its step, and who may be asked. 0 or -ENOMEM, and it stays. */
int jf_acd_entry_place(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);

/* Its priority now, in whole points. */
uint16_t jf_acd_entry_points(const struct jf_acd_entry *e, uint64_t now_ns);

/* Into the class where it belongs now and out of it. */
void jf_acd_waiting_insert(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);
void jf_acd_waiting_remove(struct jf_acd *acd, struct jf_acd_entry *e);

/* An entry that waits, as one that is the first of its class. */
struct jf_acd_head jf_acd_entry_head(const struct jf_acd_entry *e);

/* Whether the first of class a goes before the first of class b. */
bool jf_acd_head_before(const struct jf_acd_head *a, const struct jf_acd_head *b, uint64_t now_ns);

/* Its due: moves it to where it belongs now, reports that it waited too long. */
void jf_acd_entry_due(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);

/* Steps aside and stands where it belongs now. True: it asks for somebody else than before. */
bool jf_acd_entry_move(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);

/* ---- jf_acd_flow.c: to other queues, and closing -----------------------------------------------
 */

/* It found nobody; it may have to go on to another queue at once, or when it is due. */
void jf_acd_overflow_arrived(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);
/* When it is due to; 0: never. */
uint64_t jf_acd_overflow_due_ns(const struct jf_acd_entry *e);
bool jf_acd_overflow_waited(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns);

/* ---- jf_acd_estimate.c ------------------------------------------------------------------------
 */

/* As jf_acd_estimate, of one that waits, and nobody tells it. */
int jf_acd_guess(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns,
                 uint64_t *ret_wait_ns);

/* It was answered: what it was told against what it was. */
void jf_acd_told_check(struct jf_acd_entry *e, uint64_t now_ns);
/* An agent's segment is over, with its wrap-up: its last one, or one of several. */
void jf_acd_handled_last(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);
void jf_acd_handled(struct jf_acd_queue_node *q, uint64_t since_ns, uint64_t now_ns);

/* ---- jf_acd_match.c: who gets whom ------------------------------------------------------------
 */

/* An entry that waits looks for an agent; says so when there is none. */
void jf_acd_match_entry(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_situation why,
                        uint64_t now_ns);

/* Whether the agent did not take it before, while somebody else may. */
bool jf_acd_passed_over(const struct jf_acd *acd, const struct jf_acd_entry *e,
                        const struct jf_acd_agent_node *a);

/* An agent that is ready looks for an entry. */
void jf_acd_match_agent(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);

/* ---- jf_acd_again.c: those who look again -----------------------------------------------------
 */

/* Collected first, and matched in their order then. Of zeros it is empty. */
struct jf_acd_again {
	struct jf_acd_again_one {
		uint32_t entry;
		enum jf_acd_situation why;
		bool quiet; /* nothing is said if nobody is there for it */
	} * ones;
	uint32_t n, room;
};

void jf_acd_again_note(struct jf_acd_again *again, const struct jf_acd_entry *e,
                       enum jf_acd_situation why, bool quiet);

/* Entries of the queue who ask for what nobody present has go to a step that somebody does. */
void jf_acd_again_relax(struct jf_acd *acd, struct jf_acd_queue_node *q, struct jf_acd_again *again,
                        uint64_t now_ns);

/* Entries that waited for somebody who is no longer at work may go to those they passed over. */
void jf_acd_again_passed_over(struct jf_acd *acd, const struct jf_acd_class *c,
                              struct jf_acd_again *again);

/* All of them look, the first first; the collection is empty then. */
void jf_acd_again_match(struct jf_acd *acd, struct jf_acd_again *again, uint64_t now_ns);

#endif
