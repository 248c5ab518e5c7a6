// SPDX-License-Identifier: BSD-3-Clause
#include "jf_ivr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"
#include "jf_time.h"

#define PAUSE_MS 1000u

/* What is left to somebody whose node can't go on, and says nothing of that: a hang-up. */
static const struct jf_ivr_node hang_up = {.name = "", .kind = JF_IVR_HANGUP};

/* ---- Life ------------------------------------------------------------------------------------ */

static int data_copy(struct jf_ivr *ivr, const struct jf_ivr_data *from)
{
	int err = 0;

	for (uint32_t i = 0; from && !err && i < from->n; i++)
		err = jf_ivr_data_set(&ivr->data, from->list[i].key, from->list[i].value,
		                      from->list[i].secret);
	return err == -ENOMEM ? err : 0;
}

int jf_ivr_create(const struct jf_ivr_start *start, struct jf_ivr **ret_ivr)
{
	struct jf_ivr *ivr = calloc(1, sizeof(*ivr));
	const struct jf_ivr_node *node;

	if (!ivr)
		return -ENOMEM;
	ivr->flows = jf_ivr_flows_ref(start->flows);
	ivr->flow = (uint32_t)(start->flow - start->flows->list);
	ivr->node = start->flows->links[ivr->flow].start;
	node = start->node ? jf_ivr_node_find(start->flow, start->node) : NULL;
	if (node)
		ivr->node = (uint32_t)(node - start->flow->nodes);
	ivr->resume = ivr->node;
	snprintf(ivr->caller, sizeof(ivr->caller), "%s", start->caller ? start->caller : "");
	snprintf(ivr->number, sizeof(ivr->number), "%s", start->number ? start->number : "");
	snprintf(ivr->call_id, sizeof(ivr->call_id), "%s", start->call_id ? start->call_id : "");
	ivr->left = start->left;
	ivr->arg = start->arg;
	if (data_copy(ivr, start->data)) {
		jf_ivr_destroy(ivr);
		return -ENOMEM;
	}
	*ret_ivr = ivr;
	return 0;
}

void jf_ivr_destroy(struct jf_ivr *ivr)
{
	if (!ivr)
		return;
	jf_ivr_data_clear(&ivr->data);
	jf_ivr_flows_unref(ivr->flows);
	explicit_bzero(ivr, sizeof(*ivr)); /* key presses */
	free(ivr);
}

/* ---- For nodes ------------------------------------------------------------------------------- */

void jf_ivr_wait(struct jf_ivr_walk *walk, uint32_t delay_ms)
{
	walk->ivr->due_ns = walk->now_ns + delay_ms * JF_NS_PER_MS;
}

void jf_ivr_stop(struct jf_ivr_walk *walk)
{
	if (walk->ivr->phase == JF_IVR_PLAYING)
		walk->out->what |= JF_IVR_DO_STOP;
	walk->ivr->phase = JF_IVR_IDLE;
}

void jf_ivr_play(struct jf_ivr_walk *walk, const struct jf_ivr_says *first,
                 const struct jf_ivr_says *second)
{
	struct jf_ivr *ivr = walk->ivr;

	ivr->playing[0] = first;
	ivr->playing[1] = second;
	ivr->phase = JF_IVR_PLAYING;
	ivr->due_ns = 0;
	ivr->play++;
	walk->out->what |= JF_IVR_DO_PLAY;
	walk->out->what &= ~(unsigned int)JF_IVR_DO_STOP;
	walk->out->play = ivr->play;
	walk->out->n_items = first->n + (second ? second->n : 0);
}

void jf_ivr_keep_ahead(struct jf_ivr *ivr, char digit)
{
	if (ivr->n_ahead < JF_IVR_AHEAD_MAX)
		ivr->ahead[ivr->n_ahead++] = digit;
}

/* way JF_IVR_NOWHERE: where it goes when it failed, for the reason that the name is. */
void jf_ivr_leave_by(struct jf_ivr_walk *walk, uint32_t way, const char *name)
{
	const struct jf_ivr_node *node = walk->node;

	for (uint32_t w = 0; way == JF_IVR_NOWHERE && w < node->n_ways; w++)
		if (node->ways[w].type == JF_IVR_FAILED)
			way = w;
	walk->to_flow = walk->ivr->flow;
	walk->to = way == JF_IVR_NOWHERE
	                   ? JF_IVR_NOWHERE
	                   : walk->ivr->flows->links[walk->ivr->flow].to[walk->ivr->node][way];
	walk->way = name;
	walk->moves = true;
}

void jf_ivr_leave(struct jf_ivr_walk *walk, enum jf_ivr_way_type type, const char *match)
{
	for (uint32_t w = 0; w < walk->node->n_ways; w++) {
		const struct jf_ivr_way *way = &walk->node->ways[w];

		if (way->type == type && (!match || !strcmp(way->match, match))) {
			jf_ivr_leave_by(walk, w, jf_ivr_way_name(type));
			return;
		}
	}
	jf_ivr_leave_by(walk, JF_IVR_NOWHERE, jf_ivr_way_name(JF_IVR_FAILED));
}

/* ---- The step -------------------------------------------------------------------------------- */

static void tell_left(struct jf_ivr_walk *walk)
{
	struct jf_ivr *ivr = walk->ivr;
	struct jf_ivr_visit visit = {
	        .flow = walk->flow,
	        .node = walk->node,
	        .entered_ns = ivr->entered_ns,
	        .way = walk->way,
	        .silences = ivr->silences,
	        .invalids = ivr->invalids,
	};

	if (ivr->n_digits)
		visit.input = walk->node->input.secret ? "****" : ivr->digits;
	if (ivr->left)
		ivr->left(&visit, ivr->arg);
}

static void look(struct jf_ivr_walk *walk)
{
	const struct jf_ivr *ivr = walk->ivr;

	walk->flow = &ivr->flows->list[ivr->flow];
	walk->node = &walk->flow->nodes[ivr->node];
}

static void enter(struct jf_ivr_walk *walk)
{
	struct jf_ivr *ivr = walk->ivr;

	look(walk);
	ivr->phase = JF_IVR_IDLE;
	ivr->due_ns = 0;
	ivr->entered_ns = walk->now_ns;
	ivr->silences = ivr->invalids = ivr->n_digits = 0;
	explicit_bzero(ivr->digits, sizeof(ivr->digits));
	if (walk->node->kind == JF_IVR_MENU || walk->node->kind == JF_IVR_COLLECT)
		ivr->resume = ivr->node;
	jf_ivr_rows[walk->node->kind].enter(walk);
}

/* It was left by a way that isn't there. */
static void give_up(struct jf_ivr_walk *walk)
{
	walk->ivr->phase = JF_IVR_ENDED;
	walk->ivr->due_ns = 0;
	walk->out->what |= JF_IVR_DO_END;
	walk->out->end = &hang_up;
	walk->out->number = "";
	walk->out->language = "";
}

/* Whether the caller may go on at once: not when it has gone far without time. */
static bool may_walk(struct jf_ivr_walk *walk)
{
	struct jf_ivr *ivr = walk->ivr;

	if (jf_time_since(ivr->walked_ns, walk->now_ns) >= PAUSE_MS * JF_NS_PER_MS) {
		ivr->walked = 0;
		ivr->walked_ns = walk->now_ns;
	}
	return ++ivr->walked <= JF_IVR_WALK_MAX;
}

static void walk_on(struct jf_ivr_walk *walk)
{
	struct jf_ivr *ivr = walk->ivr;

	while (walk->moves) {
		walk->moves = false;
		tell_left(walk);
		if (walk->to == JF_IVR_NOWHERE) {
			give_up(walk);
			return;
		}
		if (walk->to_flow != ivr->flow)
			ivr->resume = walk->to;
		ivr->flow = walk->to_flow;
		ivr->node = walk->to;
		look(walk);
		if (!may_walk(walk)) {
			ivr->phase = JF_IVR_PAUSED;
			jf_ivr_wait(walk, PAUSE_MS);
			return;
		}
		enter(walk);
	}
}

static bool is_current(const struct jf_ivr *ivr, const struct jf_ivr_event *event)
{
	if (event->type == JF_IVR_EVENT_PLAYED)
		return ivr->phase == JF_IVR_PLAYING && event->play == ivr->play;
	return event->type != JF_IVR_EVENT_TIMER || ivr->due_ns;
}

void jf_ivr_step(struct jf_ivr *ivr, const struct jf_ivr_event *event, uint64_t now_ns,
                 struct jf_ivr_do *ret_do)
{
	struct jf_ivr_walk walk = {.ivr = ivr, .now_ns = now_ns, .out = ret_do};

	memset(ret_do, 0, sizeof(*ret_do));
	look(&walk);
	if (event->type == JF_IVR_EVENT_BEGIN) {
		ivr->walked_ns = now_ns;
		enter(&walk);
	} else if (!is_current(ivr, event) ||
	           (ivr->phase == JF_IVR_ENDED && event->type != JF_IVR_EVENT_REFUSED)) {
		return;
	} else if (ivr->phase == JF_IVR_PAUSED) {
		if (event->type == JF_IVR_EVENT_DIGIT)
			jf_ivr_keep_ahead(ivr, event->digit);
		if (event->type == JF_IVR_EVENT_TIMER && now_ns >= ivr->due_ns)
			enter(&walk);
	} else if (jf_ivr_rows[walk.node->kind].on) {
		if (event->type == JF_IVR_EVENT_TIMER && now_ns < ivr->due_ns)
			return;
		jf_ivr_rows[walk.node->kind].on(&walk, event);
	}
	walk_on(&walk);
}

/* ---- Looking --------------------------------------------------------------------------------- */

uint64_t jf_ivr_due(const struct jf_ivr *ivr)
{
	return ivr->due_ns;
}

const struct jf_ivr_flow *jf_ivr_flow_of(const struct jf_ivr *ivr)
{
	return &ivr->flows->list[ivr->flow];
}

const struct jf_ivr_node *jf_ivr_node_of(const struct jf_ivr *ivr)
{
	return &jf_ivr_flow_of(ivr)->nodes[ivr->node];
}

const struct jf_ivr_node *jf_ivr_resume_of(const struct jf_ivr *ivr)
{
	return &jf_ivr_flow_of(ivr)->nodes[ivr->resume];
}

uint64_t jf_ivr_entered(const struct jf_ivr *ivr)
{
	return ivr->entered_ns;
}

const struct jf_ivr_data *jf_ivr_data_of(const struct jf_ivr *ivr)
{
	return &ivr->data;
}

const char *jf_ivr_language(const struct jf_ivr *ivr)
{
	const char *language = jf_ivr_value(ivr, "language", NULL);

	return language[0] ? language : jf_ivr_flow_of(ivr)->language;
}

bool jf_ivr_is_secret(const struct jf_ivr *ivr)
{
	return jf_ivr_node_of(ivr)->input.secret;
}
