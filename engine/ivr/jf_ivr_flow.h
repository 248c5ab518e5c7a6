/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows: what a caller hears and is asked before it comes to somebody, as an immutable value.
 *
 * A flow is a list of nodes; a node does one thing and has ways out of it, each leading to another
 * node of the flow. All flows of a directory are one value, checked as a whole, since flows go on
 * to each other; it is counted, so that callers inside keep theirs when another one is in force.
 *
 *   kind       does                                       ways out (* must be there)
 *   play       prompts, one after the other               next*
 *   say        prompts, numbers, dates, amounts           next*
 *   menu       prompts, then one key                      key..*, failed*
 *   collect    prompts, then several keys                 next*, failed*
 *   set        puts data                                  next*
 *   branch     compares data                              case..*, next* (none of them)
 *   calendar   asks for opening hours                     open*, closed*, holiday
 *   caller     asks whether the caller is known           vip, known, next* (neither)
 *   http       asks a server                              next*, failed*
 *   queue      ends: the caller waits there               failed
 *   transfer   ends: an agent, a queue or a number        failed
 *   voicemail  ends: leaves a message                     failed
 *   callback   ends: is called back                       failed
 *   survey     ends: is asked                             failed
 *   hangup     ends
 *   flow       goes on in another one
 *
 * "failed" of a menu and a collect is where the caller goes once its tries are used up; of an end,
 * when it can't be (the queue is gone): without it the call is hung up on.
 *
 * Data are texts by key. Texts said to be templates hold "{key}", which stands for the value, or
 * nothing. Facts of the call are there as "call.caller", "call.number", "call.tenant", "call.id"
 * and can't be set. "language" is the language in which the caller is spoken to.
 *
 * A condition is "KEY OP VALUE", OP one of == != < <= > >= starts; or "KEY": has a value; or
 * "not KEY". Two decimal numbers are compared as numbers, anything else as text; < and its kin
 * hold for numbers alone.
 *
 * Pure. Values may be read by any thread; counting is the loop's.
 */
#ifndef JF_IVR_FLOW_H
#define JF_IVR_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_IVR_NAME_MAX    40u  /* of flows, nodes and prompts */
#define JF_IVR_NODES_MAX   500u /* of a flow */
#define JF_IVR_ITEMS_MAX   16u  /* of what a node plays at a time */
#define JF_IVR_WAYS_MAX    40u
#define JF_IVR_DIGITS_MAX  32u /* collected */
#define JF_IVR_TRIES_MAX   10u
#define JF_IVR_URL_MAX     1024u
#define JF_IVR_BODY_MAX    4096u
#define JF_IVR_HOLIDAY_MAX 64u

#define JF_IVR_KINDS(X)                                                                            \
	X(PLAY, "play")                                                                            \
	X(SAY, "say")                                                                              \
	X(MENU, "menu")                                                                            \
	X(COLLECT, "collect")                                                                      \
	X(SET, "set")                                                                              \
	X(BRANCH, "branch")                                                                        \
	X(CALENDAR, "calendar")                                                                    \
	X(CALLER, "caller")                                                                        \
	X(HTTP, "http")                                                                            \
	X(QUEUE, "queue")                                                                          \
	X(TRANSFER, "transfer")                                                                    \
	X(VOICEMAIL, "voicemail")                                                                  \
	X(CALLBACK, "callback")                                                                    \
	X(SURVEY, "survey")                                                                        \
	X(HANGUP, "hangup")                                                                        \
	X(FLOW, "flow")

enum jf_ivr_kind {
#define X(name, text) JF_IVR_##name,
	JF_IVR_KINDS(X)
#undef X
	        JF_IVR_KIND_COUNT
};

const char *jf_ivr_kind_name(enum jf_ivr_kind kind);

enum jf_ivr_way_type {
	JF_IVR_NEXT,
	JF_IVR_FAILED,
	JF_IVR_KEY,  /* match: the key, 0-9 * # A-D */
	JF_IVR_CASE, /* match: a condition; the first that holds counts */
	JF_IVR_OPEN,
	JF_IVR_CLOSED,
	JF_IVR_HOLIDAY,
	JF_IVR_VIP,
	JF_IVR_KNOWN,
	JF_IVR_WAY_TYPES
};

/* "next", "failed", "key", ... */
const char *jf_ivr_way_name(enum jf_ivr_way_type type);

struct jf_ivr_way {
	enum jf_ivr_way_type type;
	const char *match; /* NULL where the type has none */
	const char *to;    /* name of a node */
};

#define JF_IVR_SAYS(X)                                                                             \
	X(PROMPT, "prompt")     /* text: a name in the folder of prompts, not a template */        \
	X(NUMBER, "number")     /* "201" */                                                        \
	X(ORDINAL, "ordinal")   /* "3": third */                                                   \
	X(DIGITS, "digits")     /* one by one */                                                   \
	X(DATE, "date")         /* "2026-11-22" */                                                 \
	X(TIME, "time")         /* "17:05" */                                                      \
	X(DURATION, "duration") /* seconds */                                                      \
	X(POSITION, "position") /* in a queue */                                                   \
	X(AMOUNT, "amount")     /* "12.50" of the currency */

enum jf_ivr_say_type {
#define X(name, text) JF_IVR_SAY_##name,
	JF_IVR_SAYS(X)
#undef X
	        JF_IVR_SAY_TYPES
};

const char *jf_ivr_say_name(enum jf_ivr_say_type type);

struct jf_ivr_say {
	enum jf_ivr_say_type type;
	const char *text;     /* a template, but of a prompt */
	const char *currency; /* of an amount: "eur"; else NULL */
};

struct jf_ivr_says {
	const struct jf_ivr_say *list;
	uint32_t n;
};

/* What is done with the key presses of a menu or a collect. */
struct jf_ivr_input {
	struct jf_ivr_says silence, invalid; /* before the prompts are heard again; may be empty */
	uint32_t first_ms;                   /* after the prompts, until the first key */
	uint8_t tries;                       /* 1 .. JF_IVR_TRIES_MAX */
	const char *key; /* data: what was pressed; NULL (of a menu only): isn't kept */
	/* Of a collect. */
	uint32_t digit_ms; /* until the next key */
	uint8_t least, most;
	char end;       /* '#' or '*'; 0: none */
	bool luhn;      /* the last digit must be the check digit */
	bool has_range; /* as a number */
	bool secret;    /* shown to nobody, and not kept with the call */
	uint64_t from, to;
};

struct jf_ivr_put {
	const char *key;
	const char *text; /* a template; of a take: where in the answer, "customer.orders.0.id" */
	bool secret;      /* as what it is made of, or said so */
};

struct jf_ivr_http {
	const char *method; /* "GET", "POST" or "PUT" */
	const char *url;    /* a template behind its host; values are percent-encoded */
	const char *body;   /* a template, JSON; values are escaped for it; NULL: none */
	uint32_t deadline_ms;
	const struct jf_ivr_header {
		const char *name, *value; /* secrets */
	} * headers;
	uint32_t n_headers;
	const struct jf_ivr_put *takes; /* out of the answer */
	uint32_t n_takes;
};

#define JF_IVR_STEPS_MAX 4u

struct jf_ivr_queue {
	const char *language; /* a template; NULL: that of the flow */
	bool has_priority;
	int32_t priority;
	uint32_t n_steps; /* of skills that are asked for; none: as the queue has it */
	struct {
		const char *skills;
		uint32_t after_ms;
	} steps[JF_IVR_STEPS_MAX];
};

struct jf_ivr_node {
	const char *name;
	enum jf_ivr_kind kind;
	bool whole; /* what it plays is heard to its end: a key doesn't stop it */
	bool fresh; /* of menu and collect: keys pressed before don't count */
	const struct jf_ivr_way *ways;
	uint32_t n_ways;
	struct jf_ivr_says says; /* of play, say, menu, collect */
	struct jf_ivr_input input;
	const struct jf_ivr_put *puts; /* of set */
	uint32_t n_puts;
	struct jf_ivr_http http;
	struct jf_ivr_queue queue;
	const char *target; /* of queue, calendar, survey, flow: its name; of voicemail and
	                       callback: that of the queue; of a transfer: "agent:1001",
	                       "queue:billing" or "outside:+372..." */
	const char *number; /* of a callback: a template; NULL: the caller's */
};

struct jf_ivr_prompts {
	const char *language; /* "en" */
	const char *folder;   /* absolute path */
};

struct jf_ivr_flow {
	const char *name;
	const char *tenant;
	const char *start;    /* NULL: the first node */
	const char *language; /* by default: one of the prompts' */
	const struct jf_ivr_prompts *prompts;
	uint32_t n_prompts;
	const char *const *hosts; /* "crm.example:8443": which servers may be asked; none: none */
	uint32_t n_hosts;
	const struct jf_ivr_node *nodes;
	uint32_t n_nodes;
};

/* ---- Making them ----------------------------------------------------------------------------- */

/* What only the caller can know whether it is there. */
enum jf_ivr_reference {
	JF_IVR_REF_PROMPT, /* absolute path */
	JF_IVR_REF_QUEUE,
	JF_IVR_REF_CALENDAR,
	JF_IVR_REF_TARGET, /* of a transfer */
	JF_IVR_REF_SKILLS, /* an expression */
	JF_IVR_REF_SURVEY,
};

struct jf_ivr_mistake {
	uint32_t flow;  /* by its place in what was given */
	uint32_t node;  /* UINT32_MAX: about the flow */
	char field[48]; /* below the node: "menu.choices[1].next"; "": the node itself */
	char message[160];
};

struct jf_ivr_checks {
	/* NULL: everything is there. Returns NULL, or what is wrong with it. */
	const char *(*check)(enum jf_ivr_reference what, const char *tenant, const char *name,
	                     void *arg);
	void (*mistake)(const struct jf_ivr_mistake *mistake, void *arg); /* NULL: nobody is told */
	void *arg;
};

struct jf_ivr_flows;

/*
 * Copies, checks, and joins them: 0, one reference is the caller's; -EINVAL, and every mistake was
 * told; -ENOMEM. Given sorted by tenant and name, each of them once.
 */
int jf_ivr_flows_create(const struct jf_ivr_flow *list, size_t n,
                        const struct jf_ivr_checks *checks, struct jf_ivr_flows **ret_flows);
struct jf_ivr_flows *jf_ivr_flows_ref(struct jf_ivr_flows *flows);
void jf_ivr_flows_unref(struct jf_ivr_flows *flows); /* may be NULL */

size_t jf_ivr_flows_count(const struct jf_ivr_flows *flows); /* NULL: 0 */
const struct jf_ivr_flow *jf_ivr_flows_at(const struct jf_ivr_flows *flows, size_t i);

/* NULL: there is none. flows may be NULL. */
const struct jf_ivr_flow *jf_ivr_flow_find(const struct jf_ivr_flows *flows, const char *tenant,
                                           const char *name);
const struct jf_ivr_node *jf_ivr_node_find(const struct jf_ivr_flow *flow, const char *name);

/* "" for the node itself; of a way: "next", "menu.choices[1].next", "branch.cases[0].next", ... */
const char *jf_ivr_way_field(const struct jf_ivr_node *node, uint32_t way, char *ret_field,
                             size_t size);

/* NULL, or what is wrong with it. */
const char *jf_ivr_condition_check(const char *text);

#endif
