/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One caller's way through a flow: events in, what is to be done out.
 *
 *   jf_ivr_create, then jf_ivr_step with JF_IVR_EVENT_BEGIN; from then on with each key press, with
 *   PLAYED when what was to be played is over, and with TIMER when jf_ivr_due has come. A step
 *   says what to do in struct jf_ivr_do; what is asked (calendar, caller, HTTP) is answered by an
 *   event. When it says an end, it is over: carry that out, or answer REFUSED if it can't be.
 *
 * A key press stops what is played at once, unless the node says that it is heard whole; it counts
 * there, or is kept for the next node that takes keys. A caller who goes round without a prompt
 * that takes time (sounds that are missing) is held for a second every JF_IVR_WALK_MAX nodes: no
 * flow keeps the loop busy.
 *
 * Pure; one thread at a time.
 */
#ifndef JF_IVR_H
#define JF_IVR_H

#include "jf_ivr_data.h"
#include "jf_ivr_flow.h"
#include "jf_prompt.h"

#define JF_IVR_WALK_MAX  64u
#define JF_IVR_AHEAD_MAX 32u /* key presses that are kept */

struct jf_ivr;

/* A node that was left: for the record. Texts are good during the call. */
struct jf_ivr_visit {
	const struct jf_ivr_flow *flow;
	const struct jf_ivr_node *node;
	uint64_t entered_ns;
	const char *input; /* what was pressed, "****" if it is secret, NULL: nothing */
	const char *way;   /* "next", "key", "failed", "silence", ...: how it was left */
	uint8_t silences, invalids;
};

struct jf_ivr_start {
	struct jf_ivr_flows *flows; /* a reference is taken */
	const struct jf_ivr_flow *flow;
	const char *node; /* where to begin, if the flow has it; NULL: at its start */
	const char *caller, *number, *call_id;
	const struct jf_ivr_data *data;                            /* copied; NULL: none */
	void (*left)(const struct jf_ivr_visit *visit, void *arg); /* may be NULL */
	void *arg;
};

/* 0, -ENOMEM. */
int jf_ivr_create(const struct jf_ivr_start *start, struct jf_ivr **ret_ivr);
void jf_ivr_destroy(struct jf_ivr *ivr); /* wipes; may be NULL */

/* ---- Events ---------------------------------------------------------------------------------- */

enum jf_ivr_event_type {
	JF_IVR_EVENT_BEGIN,
	JF_IVR_EVENT_DIGIT,  /* digit */
	JF_IVR_EVENT_PLAYED, /* play: what was to be played is over, or could not be played */
	JF_IVR_EVENT_TIMER,
	JF_IVR_EVENT_CALENDAR, /* way: OPEN, CLOSED or HOLIDAY */
	JF_IVR_EVENT_CALLER,   /* way: VIP, KNOWN or NEXT (unknown) */
	JF_IVR_EVENT_HTTP,     /* ask, values: as many as takes, each may be NULL; values NULL: no
	                          answer, or none that can be used */
	JF_IVR_EVENT_REFUSED,  /* the end that was asked for can't be */
	JF_IVR_EVENT_TYPES
};

struct jf_ivr_event {
	enum jf_ivr_event_type type;
	char digit;
	uint32_t play, ask;
	enum jf_ivr_way_type way;
	const char *const *values;
};

/* ---- What is to be done ---------------------------------------------------------------------- */

enum {
	JF_IVR_DO_STOP = 1 << 0, /* what is played is to stop */
	JF_IVR_DO_PLAY =
	        1 << 1, /* items 0 .. n_items - 1 of jf_ivr_words; replaces what is played */
	JF_IVR_DO_CALENDAR = 1 << 2, /* name: answer with the next step */
	JF_IVR_DO_CALLER = 1 << 3,   /* answer with the next step */
	JF_IVR_DO_HTTP = 1 << 4,     /* ask, http, url, body; what was asked before is no use */
	JF_IVR_DO_END = 1 << 5,      /* end: a node that ends */
};

struct jf_ivr_do {
	unsigned int what;
	uint32_t play, n_items; /* play: comes back with PLAYED */
	uint32_t ask;
	const char *name; /* of a calendar */
	const struct jf_ivr_http *http;
	const char *url, *body; /* may hold secrets; body "": none. Good until the next step */
	const struct jf_ivr_node *end;
	const char *language, *number; /* of an end: to be spoken to in, to be called back at */
};

void jf_ivr_step(struct jf_ivr *ivr, const struct jf_ivr_event *event, uint64_t now_ns,
                 struct jf_ivr_do *ret_do);

/* When TIMER is due; 0: never. */
uint64_t jf_ivr_due(const struct jf_ivr *ivr);

/* ---- Looking ----------------------------------------------------------------------------------
 */

const struct jf_ivr_flow *jf_ivr_flow_of(const struct jf_ivr *ivr);
const struct jf_ivr_node *jf_ivr_node_of(const struct jf_ivr *ivr);

/* The last menu or collect that it came to in this flow, else where it is: to go on there. */
const struct jf_ivr_node *jf_ivr_resume_of(const struct jf_ivr *ivr);
uint64_t jf_ivr_entered(const struct jf_ivr *ivr); /* that node */
const struct jf_ivr_data *jf_ivr_data_of(const struct jf_ivr *ivr);
const char *jf_ivr_language(const struct jf_ivr *ivr);

/* Nobody else is to learn of the keys that are pressed now. */
bool jf_ivr_is_secret(const struct jf_ivr *ivr);

/* An item of what is to be played: a prompt, or words out of the same folder. */
struct jf_ivr_words {
	const char *folder;
	const char *prompt; /* NULL: the words */
	struct jf_prompt_list words;
};

/*
 * In the caller's language; by_default: in that of the flow, for what the other one lacks. 0;
 * -ENOENT: there is nothing to say (no such language, a value that is none).
 */
int jf_ivr_words(const struct jf_ivr *ivr, uint32_t item, bool by_default,
                 struct jf_ivr_words *ret_words);

#endif
