/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_ACD_PRIV_H
#define JF_ACD_PRIV_H

#include "jf_acd.h"
#include "jf_agent_fsm.h"
#include "jf_heap.h"

/* Objects by index; a generation, never 0, that is new each time an index is taken. */
struct jf_acd_table {
	void **items; /* NULL: free */
	uint32_t *generations;
	uint32_t *free;
	uint32_t n, room, n_free;
};

int jf_acd_table_take(struct jf_acd_table *t, void *item, struct jf_acd_ref *ret_ref);
void jf_acd_table_drop(struct jf_acd_table *t, struct jf_acd_ref ref);
void jf_acd_table_free(struct jf_acd_table *t);

static inline void *jf_acd_table_get(const struct jf_acd_table *t, struct jf_acd_ref ref)
{
	return ref.index < t->n && t->generations[ref.index] == ref.generation ? t->items[ref.index]
	                                                                       : NULL;
}

/* Something that is due at a time: the end of a wrap-up or back-off, or of an entry's patience. */
struct jf_acd_due {
	struct jf_heap_node node;
	bool is_entry;
};

/* One agent in one queue. */
struct jf_acd_member {
	struct jf_acd_agent_node *agent;
	struct jf_acd_queue_node *queue;
	struct jf_acd_member *next_queue;     /* of the agent */
	struct jf_acd_member *before, *after; /* in the queue's ready list, while ready */
	bool in_ready;
};

struct jf_acd_agent_node {
	struct jf_acd_agent a;
	char name[JF_ACD_NAME_MAX];
	struct jf_acd_member *members;
	struct jf_acd_entry *entry;
	struct jf_acd_due due;
};

struct jf_acd_queue_node {
	struct jf_acd_queue q;
	char name[JF_ACD_NAME_MAX];
	struct jf_acd_entry *first, *last;              /* waiting: head ones, then by age */
	struct jf_acd_member *ready_first, *ready_last; /* idle for longest first */
	uint32_t n_ready;
};

enum jf_acd_entry_state {
	JF_ACD_ENTRY_WAITING,
	JF_ACD_ENTRY_OFFERED,
	JF_ACD_ENTRY_CONNECTED,
	JF_ACD_ENTRY_PASSED_ON, /* its agent has left it to whom it is being transferred */
};

struct jf_acd_entry {
	struct jf_acd_ref ref;
	struct jf_call_id call;
	struct jf_acd_queue_node *queue;
	struct jf_acd_agent_node *agent; /* unless waiting or passed on */
	struct jf_acd_entry *before, *after;
	uint64_t enqueued_ns; /* its age counts from here */
	uint64_t serial;      /* of arrival, settles equal ages */
	struct jf_acd_due due;
	uint8_t state; /* enum jf_acd_entry_state */
	bool at_head;
	bool counted; /* answered once, or counted by an earlier process */
	uint8_t n_tried;
	struct jf_acd_ref tried[JF_ACD_TRIED_MAX];
};

struct jf_acd {
	struct jf_acd_table agents, queues, entries;
	struct jf_heap due;
	struct jf_acd_output *outputs; /* ring */
	uint32_t out_first, out_n, out_room;
	uint64_t serial;
};

/* jf_acd.c */
void jf_acd_emit(struct jf_acd *acd, const struct jf_acd_output *output);
void jf_acd_due_set(struct jf_acd *acd, struct jf_acd_due *due, uint64_t at_ns);
void jf_acd_due_clear(struct jf_acd *acd, struct jf_acd_due *due);

/* 0: not due. */
static inline uint64_t jf_acd_due_ns(const struct jf_acd_due *due)
{
	return jf_heap_holds(&due->node) ? due->node.key : 0;
}

/* A queue that was removed goes when nobody is in it any more. jf_acd_set.c */
void jf_acd_queue_reap(struct jf_acd *acd, struct jf_acd_queue_node *q);

/* After an agent's step: it may be free for somebody, or nobody need wait for it. jf_acd_event.c */
void jf_acd_agent_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);

/* The agent's part in the entry's call is over, and it wraps up; lost: it vanished. jf_acd_event.c
 */
void jf_acd_agent_end(struct jf_acd *acd, struct jf_acd_entry *e, bool lost, uint64_t now_ns);

/* What an offer in vain brings about, and where it is counted. jf_acd_event.c */
enum jf_agent_event jf_acd_outcome_event(enum jf_acd_outcome outcome);
void jf_acd_count_refusal(struct jf_acd_agent_counters *counters, enum jf_acd_outcome outcome);

/* After a restart: the agent is in a call that goes on. jf_acd_event.c */
void jf_acd_agent_take_up(struct jf_acd *acd, struct jf_acd_agent_node *a,
                          enum jf_agent_state state, uint64_t now_ns);

/* jf_acd_match.c: who gets whom. */
void jf_acd_ready_insert(struct jf_acd_member *m);
void jf_acd_ready_remove(struct jf_acd_member *m);
void jf_acd_waiting_insert(struct jf_acd *acd, struct jf_acd_entry *e);
void jf_acd_waiting_remove(struct jf_acd *acd, struct jf_acd_entry *e);

/* An entry that waits looks for an agent; says so when there is none. */
void jf_acd_match_entry(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_situation why,
                        uint64_t now_ns);

/* An agent that is ready looks for an entry. */
void jf_acd_match_agent(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns);

/* Entries that waited for somebody who is no longer at work may go to those they passed over. */
void jf_acd_match_passed_over(struct jf_acd *acd, struct jf_acd_queue_node *q, uint64_t now_ns);

/* Counters and ready lists follow; no output. jf_acd.c */
void jf_acd_state_set(struct jf_acd_agent_node *a, enum jf_agent_state to, uint64_t now_ns);

/* jf_acd.c: carries out the machine's step. 0 or -EPROTO (refused). Never matches. */
int jf_acd_agent_step(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_event event,
                      const char *reason, const char *actor, uint64_t now_ns);

#endif
