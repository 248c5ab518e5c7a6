/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_IVR_PRIV_H
#define JF_IVR_PRIV_H

#include "jf_ivr.h"

/* ---- The value ------------------------------------------------------------------------------- */

#define JF_IVR_NOWHERE UINT32_MAX

struct jf_ivr_block {
	struct jf_ivr_block *next;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

/* Beside each flow: where its ways lead, as places among its nodes. */
struct jf_ivr_links {
	uint32_t start;
	uint32_t **to;  /* by node, then by way */
	uint32_t *goes; /* by node: the flow that it goes on in; JF_IVR_NOWHERE */
};

struct jf_ivr_flows {
	uint32_t refs;
	struct jf_ivr_block *blocks;
	struct jf_ivr_flow *list;
	struct jf_ivr_links *links;
	size_t n;
};

/* A check of one flow; jf_ivr_check.c, jf_ivr_graph.c. */
struct jf_ivr_checking {
	const struct jf_ivr_checks *checks;
	const struct jf_ivr_flows *flows;
	uint32_t flow;
	uint32_t mistakes;
	bool no_memory;
};

void jf_ivr_mistake(struct jf_ivr_checking *c, uint32_t node, const char *field, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
void jf_ivr_check_flow(struct jf_ivr_checking *c);
void jf_ivr_check_reached(struct jf_ivr_checking *c); /* once ways are linked */
void jf_ivr_check_loops(struct jf_ivr_checking *c);   /* of all flows together */

/* ---- Kinds ----------------------------------------------------------------------------------- */

struct jf_ivr_walk;

struct jf_ivr_row {
	const char *name;
	uint16_t needs, takes; /* bits of ways */
	bool ends;
	void (*enter)(struct jf_ivr_walk *walk);
	void (*on)(struct jf_ivr_walk *walk, const struct jf_ivr_event *event);
};

extern const struct jf_ivr_row jf_ivr_rows[JF_IVR_KIND_COUNT];

/* Whether somebody must press a key for the way to be taken. */
static inline bool jf_ivr_way_is_pressed(const struct jf_ivr_node *node,
                                         const struct jf_ivr_way *way)
{
	return way->type == JF_IVR_KEY ||
	       (node->kind == JF_IVR_COLLECT && way->type == JF_IVR_NEXT);
}

/* ---- The machine ----------------------------------------------------------------------------- */

enum jf_ivr_phase {
	JF_IVR_IDLE,
	JF_IVR_PLAYING,
	JF_IVR_LISTENING, /* for a key, until it is due */
	JF_IVR_ASKING,
	JF_IVR_PAUSED, /* walked too far without time: goes on to node "to" when it is due */
	JF_IVR_ENDED,
};

struct jf_ivr {
	struct jf_ivr_flows *flows;
	uint32_t flow, node; /* places */
	uint32_t resume;
	enum jf_ivr_phase phase;
	uint64_t entered_ns, due_ns, walked_ns;
	uint32_t walked; /* nodes, since time last passed */
	uint32_t play, ask;
	const struct jf_ivr_says *playing[2]; /* one after the other */
	uint8_t silences, invalids, n_ahead, n_digits;
	char ahead[JF_IVR_AHEAD_MAX];
	char digits[JF_IVR_DIGITS_MAX + 1];
	struct jf_ivr_data data;
	char caller[64], number[64], call_id[64];
	char url[JF_IVR_URL_MAX], body[JF_IVR_BODY_MAX], callback[64];
	char language[16];
	void (*left)(const struct jf_ivr_visit *visit, void *arg);
	void *arg;
};

/* One step under way. */
struct jf_ivr_walk {
	struct jf_ivr *ivr;
	const struct jf_ivr_flow *flow;
	const struct jf_ivr_node *node;
	uint64_t now_ns;
	struct jf_ivr_do *out;
	/* Set by a node that is done: */
	bool moves;
	uint32_t to_flow, to;
	const char *way;
};

/* The node is done, by the first way of that type; with match: by that of it. Without one: nothing
 * but an end of the call is left. */
void jf_ivr_leave(struct jf_ivr_walk *walk, enum jf_ivr_way_type type, const char *match);
void jf_ivr_leave_by(struct jf_ivr_walk *walk, uint32_t way, const char *name);
void jf_ivr_end_failed(struct jf_ivr_walk *walk);
void jf_ivr_play(struct jf_ivr_walk *walk, const struct jf_ivr_says *first,
                 const struct jf_ivr_says *second);
void jf_ivr_stop(struct jf_ivr_walk *walk);
void jf_ivr_wait(struct jf_ivr_walk *walk, uint32_t delay_ms);
void jf_ivr_keep_ahead(struct jf_ivr *ivr, char digit);

/* jf_ivr_input.c: menu and collect. */
void jf_ivr_input_enter(struct jf_ivr_walk *walk);
void jf_ivr_input_on(struct jf_ivr_walk *walk, const struct jf_ivr_event *event);

/* ---- Texts: jf_ivr_data.c -------------------------------------------------------------------- */

enum jf_ivr_escape { JF_IVR_PLAIN, JF_IVR_FOR_URL, JF_IVR_FOR_JSON };

/* The value of a key, the call's own among them; "" when it has none. */
const char *jf_ivr_value(const struct jf_ivr *ivr, const char *key, bool *ret_secret);

struct jf_ivr_text {
	char *text;
	size_t size;
	bool secret; /* a value in it is one */
};

/* A template filled in, cut to size. Whether all of it fits. */
bool jf_ivr_expand(const struct jf_ivr *ivr, const char *template, enum jf_ivr_escape escape,
                   struct jf_ivr_text *ret_text);

/* NULL, or what is wrong with it. */
const char *jf_ivr_template_check(const char *text);
bool jf_ivr_condition_holds(const struct jf_ivr *ivr, const char *text);

#endif
