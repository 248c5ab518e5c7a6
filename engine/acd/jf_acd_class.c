// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* So many classes may stand empty, for the next caller who asks for the same. */
#define EMPTY_MAX 8192u

/* Above the keys of all rules: whoever has fewer calls goes first. */
#define CALLS_SHIFT 56

/* ---- Who suits a class ----------------------------------------------------------------------- */

bool jf_acd_suits(const struct jf_acd_agent_node *a, const struct jf_acd_class *c)
{
	for (uint32_t i = 0; i < a->n_links; i++)
		if (a->links[i].class_id == c->id)
			return true;
	return false;
}

static void link_count(struct jf_acd_class *c, enum jf_agent_state state, uint32_t by)
{
	c->suited += by;
	if (jf_acd_present(state))
		c->present += by;
	if (jf_acd_at_work(state))
		c->at_work += by;
}

/* If the member suits the class. */
static int link_make(struct jf_acd *acd, struct jf_acd_member *m, struct jf_acd_class *c)
{
	const struct jf_acd_requirement *r = jf_acd_requirement_get(acd, c->requirement);
	struct jf_acd_agent_node *a = m->agent;

	if (c->named != JF_ACD_NONE ? c->named != a->a.ref.index
	                            : r && !jf_acd_requirement_met(r, a))
		return 0;
	if (a->n_links == a->links_room) {
		uint32_t room = a->links_room ? 2 * a->links_room : 4;
		struct jf_acd_link *links = realloc(a->links, room * sizeof(*links));

		if (!links)
			return -ENOMEM;
		a->links = links;
		a->links_room = room;
	}
	a->links[a->n_links++] = (struct jf_acd_link){
	        .member = m,
	        .class_id = c->id,
	        .score = r ? jf_acd_requirement_score(r, a) : 0,
	};
	link_count(c, a->a.state, 1);
	return 0;
}

static void link_drop(struct jf_acd *acd, struct jf_acd_agent_node *a, uint32_t at)
{
	link_count(acd->classes[a->links[at].class_id], a->a.state, (uint32_t)-1);
	a->links[at] = a->links[--a->n_links];
}

int jf_acd_links_make(struct jf_acd *acd, struct jf_acd_member *m)
{
	int err = 0;

	for (struct jf_acd_class *c = m->queue->classes; c && !err; c = c->after)
		err = link_make(acd, m, c);
	return err;
}

void jf_acd_links_drop(struct jf_acd *acd, struct jf_acd_member *m)
{
	struct jf_acd_agent_node *a = m->agent;

	for (uint32_t i = 0; i < a->n_links;)
		if (a->links[i].member == m)
			link_drop(acd, a, i);
		else
			i++;
}

/* ---- Ready agents ---------------------------------------------------------------------------- */

static struct jf_order_item ready_item(const struct jf_acd_agent_node *a,
                                       const struct jf_acd_link *l)
{
	return (struct jf_order_item){l->ready_hi, a->listed_lo, a->a.ref.index, a->a.ref.index};
}

static void list_in(struct jf_acd *acd, struct jf_acd_agent_node *a, struct jf_acd_link *l,
                    const struct jf_acd_agent_facts *common)
{
	struct jf_acd_class *c = acd->classes[l->class_id];
	struct jf_acd_agent_facts facts = *common;
	struct jf_order_item item;

	facts.offered_serial = l->member->offered_serial;
	facts.place = l->member->place;
	facts.score = l->score;
	l->ready_hi = (uint64_t)a->a.n_calls << CALLS_SHIFT | c->queue->agent_rule->key(&facts);
	item = ready_item(a, l);
	/* A ready agent that nobody sees is calls that nobody takes. */
	if (jf_order_insert(&c->ready, &item))
		abort();
}

static struct jf_acd_agent_facts facts_of(const struct jf_acd_agent_node *a, uint64_t now_ns)
{
	const struct jf_acd_agent_counters *c = &a->a.counters;
	uint64_t ready_ns = c->ready_ns;

	if (a->a.state == JF_AGENT_READY)
		ready_ns += jf_time_since(a->a.since_ns, now_ns);
	return (struct jf_acd_agent_facts){
	        .idle_since_ns = a->a.idle_since_ns,
	        .busy_ns = c->talk_ns + c->hold_ns + c->wrapup_ns + c->ringing_ns,
	        .ready_ns = ready_ns,
	        .calls_today = a->a.calls_today,
	        .total = a->skill_total,
	};
}

void jf_acd_agent_list(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_agent_facts facts;

	if (a->listed)
		return;
	/* Each of them is somewhere else in memory. */
	for (uint32_t i = 0; i < a->n_links; i++)
		__builtin_prefetch(&acd->classes[a->links[i].class_id]->ready);
	facts = facts_of(a, now_ns);
	a->listed = true;
	a->listed_ns = now_ns;
	a->listed_lo = a->a.idle_since_ns;
	for (uint32_t i = 0; i < a->n_links; i++)
		jf_order_prefetch(&acd->classes[a->links[i].class_id]->ready);
	for (uint32_t i = 0; i < a->n_links; i++)
		list_in(acd, a, &a->links[i], &facts);
}

void jf_acd_agent_unlist(struct jf_acd *acd, struct jf_acd_agent_node *a)
{
	if (!a->listed)
		return;
	a->listed = false;
	for (uint32_t i = 0; i < a->n_links; i++)
		__builtin_prefetch(&acd->classes[a->links[i].class_id]->ready);
	for (uint32_t i = 0; i < a->n_links; i++)
		jf_order_prefetch(&acd->classes[a->links[i].class_id]->ready);
	for (uint32_t i = 0; i < a->n_links; i++) {
		struct jf_order_item item = ready_item(a, &a->links[i]);

		jf_order_remove(&acd->classes[a->links[i].class_id]->ready, &item);
	}
}

/* ---- Classes --------------------------------------------------------------------------------- */

void jf_acd_head_update(struct jf_acd *acd, const struct jf_acd_class *c)
{
	const struct jf_order_item *first = jf_order_first(&c->waiting);
	struct jf_acd_head *head = &acd->heads[c->id];

	head->waiting = c->waiting.count;
	head->tried = c->tried.count;
	if (first)
		head->item = *first;
}

static int class_id_take(struct jf_acd *acd, uint32_t *ret_id)
{
	for (uint32_t i = acd->class_id_hint; i < acd->n_classes; i++)
		if (!acd->classes[i]) {
			acd->class_id_hint = i + 1;
			*ret_id = i;
			return 0;
		}
	if (acd->n_classes == acd->classes_room) {
		uint32_t room = acd->classes_room ? 2 * acd->classes_room : 64;
		struct jf_acd_class **classes =
		        realloc(acd->classes, room * sizeof(struct jf_acd_class *));
		struct jf_acd_head *heads;

		if (classes)
			acd->classes = classes;
		heads = realloc(acd->heads, room * sizeof(*heads));
		if (heads)
			acd->heads = heads;
		if (!classes || !heads)
			return -ENOMEM;
		acd->classes_room = room;
	}
	*ret_id = acd->n_classes++;
	acd->classes[*ret_id] = NULL;
	acd->class_id_hint = acd->n_classes;
	return 0;
}

void jf_acd_class_drop(struct jf_acd *acd, struct jf_acd_class *c)
{
	for (struct jf_acd_member *m = c->queue->first_member; m; m = m->after) {
		struct jf_acd_agent_node *a = m->agent;

		for (uint32_t i = 0; i < a->n_links; i++)
			if (a->links[i].class_id == c->id) {
				link_drop(acd, a, i);
				break;
			}
	}
	*(c->before ? &c->before->after : &c->queue->classes) = c->after;
	if (c->after)
		c->after->before = c->before;
	jf_acd_index_remove(&acd->class_index, c->hash, c->id);
	jf_order_close(&c->waiting);
	jf_order_close(&c->tried);
	jf_order_close(&c->ready);
	acd->classes[c->id] = NULL;
	if (c->id < acd->class_id_hint)
		acd->class_id_hint = c->id;
	if (!c->entries)
		acd->empty_classes--;
	free(c);
}

void jf_acd_classes_sweep(struct jf_acd *acd)
{
	for (uint32_t i = 0; i < acd->n_classes && acd->empty_classes > EMPTY_MAX; i++)
		if (acd->classes[i] && !acd->classes[i]->entries)
			jf_acd_class_drop(acd, acd->classes[i]);
}

static int class_make(struct jf_acd *acd, const struct jf_acd_class *like,
                      struct jf_acd_class **ret_class)
{
	struct jf_acd_queue_node *q = like->queue;
	struct jf_acd_class *c;
	int err = 0;

	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = *like;
	if (class_id_take(acd, &c->id)) {
		free(c);
		return -ENOMEM;
	}
	if (jf_acd_index_add(&acd->class_index, c->hash, c->id)) {
		acd->class_id_hint = c->id;
		free(c);
		return -ENOMEM;
	}
	acd->classes[c->id] = c;
	acd->heads[c->id] =
	        (struct jf_acd_head){.queue = q, .group = jf_acd_order_group(&q->q.options)};
	c->after = q->classes;
	if (c->after)
		c->after->before = c;
	q->classes = c;
	acd->empty_classes++;
	for (struct jf_acd_member *m = q->first_member; m && !err; m = m->after) {
		uint32_t n = m->agent->n_links;

		err = link_make(acd, m, c);
		if (m->agent->n_links > n && m->agent->listed) {
			struct jf_acd_agent_facts facts = facts_of(m->agent, m->agent->listed_ns);

			list_in(acd, m->agent, &m->agent->links[n], &facts);
		}
	}
	*ret_class = c;
	return err;
}

struct jf_acd_quick *jf_acd_quick_of(struct jf_acd *acd, uint32_t requirement)
{
	if (requirement >= acd->quick_room) {
		uint32_t room = requirement < 32 ? 64 : 2 * requirement;
		struct jf_acd_quick *quick = realloc(acd->quick, room * sizeof(*quick));

		if (!quick)
			return NULL;
		memset(quick + acd->quick_room, 0xff, (room - acd->quick_room) * sizeof(*quick));
		acd->quick = quick;
		acd->quick_room = room;
	}
	return &acd->quick[requirement];
}

static int class_look_up(struct jf_acd *acd, struct jf_acd_queue_node *q, uint32_t requirement,
                         uint32_t named, struct jf_acd_class **ret_class)
{
	struct jf_acd_class like = {.queue = q, .requirement = requirement, .named = named};
	uint32_t cursor = 0, found;

	like.hash = ((uint64_t)q->q.ref.index << 32 | requirement) * 0xd6e8feb86659fd93u;
	like.hash = (like.hash ^ like.hash >> 32 ^ named) * 0x9e3779b97f4a7c15u;
	like.hash ^= like.hash >> 32;
	while ((found = jf_acd_index_next(&acd->class_index, like.hash, &cursor)) != JF_ACD_NONE) {
		struct jf_acd_class *c = acd->classes[found];

		if (c->queue == q && c->requirement == requirement && c->named == named) {
			*ret_class = c;
			return 0;
		}
	}
	return class_make(acd, &like, ret_class);
}

int jf_acd_class_get(struct jf_acd *acd, struct jf_acd_queue_node *q, uint32_t requirement,
                     uint32_t named, struct jf_acd_class **ret_class)
{
	struct jf_acd_quick *quick = jf_acd_quick_of(acd, requirement);
	struct jf_acd_class *c = NULL;
	int err;

	if (quick && quick->class_id < acd->n_classes)
		c = acd->classes[quick->class_id];
	if (c && c->queue == q && c->requirement == requirement && c->named == named) {
		*ret_class = c;
		return 0;
	}
	err = class_look_up(acd, q, requirement, named, ret_class);
	if (!err && quick && named == JF_ACD_NONE)
		quick->class_id = (*ret_class)->id;
	return err;
}

void jf_acd_class_enter(struct jf_acd *acd, struct jf_acd_class *c)
{
	if (!c->entries++)
		acd->empty_classes--;
}

void jf_acd_class_leave(struct jf_acd *acd, struct jf_acd_class *c)
{
	if (--c->entries)
		return;
	acd->empty_classes++;
	/* The next caller who asks for the same agent is not soon. */
	if (c->named != JF_ACD_NONE)
		jf_acd_class_drop(acd, c);
}
