// SPDX-License-Identifier: BSD-3-Clause
#include "jf_routing.h"
#include "jf_routing_acd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX (2 * JF_ACD_NAME_MAX)

/* Something that the ACD knows, under the directory's name. */
struct named {
	char key[KEY_MAX]; /* of a queue: tenant, a slash, name */
	struct jf_acd_ref ref;
	uint32_t listed; /* the last directory that had it, by jf_routing's count */
};

struct names {
	struct named *list; /* sorted by key */
	size_t n, room;
};

struct jf_routing {
	struct jf_acd *acd;
	const struct jf_directory *directory;
	struct names queues, agents;
	char (*tenants)[JF_ACD_NAME_MAX];
	uint32_t n_tenants;
	bool leaving; /* agents who are gone from the directory still talk */

	/* The directory in force, and how far the ACD's agents are as it has them. */
	uint32_t count;
	enum { SETTLED, AGENTS, LEAVERS } phase;
	size_t at;
	uint64_t now_ns; /* of the last step */
};

static int by_key(const void *key, const void *item)
{
	return strcmp(key, ((const struct named *)item)->key);
}

static struct named *names_find(const struct names *names, const char *key)
{
	if (!names->n)
		return NULL;
	return bsearch(key, names->list, names->n, sizeof(names->list[0]), by_key);
}

static int names_add(struct names *names, const char *key, struct jf_acd_ref ref, uint32_t listed)
{
	size_t at = names->n;

	if (names->n == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		struct named *list = realloc(names->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		names->list = list;
		names->room = room;
	}
	/* The directory comes sorted: almost always the last place. */
	while (at > 0 && strcmp(names->list[at - 1].key, key) > 0)
		at--;
	memmove(&names->list[at + 1], &names->list[at], (names->n - at) * sizeof(names->list[0]));
	names->n++;
	snprintf(names->list[at].key, KEY_MAX, "%s", key);
	names->list[at].ref = ref;
	names->list[at].listed = listed;
	return 0;
}

static void names_drop(struct names *names, size_t at)
{
	names->n--;
	memmove(&names->list[at], &names->list[at + 1], (names->n - at) * sizeof(names->list[0]));
}

static void queue_key(const char *tenant, const char *name, char ret_key[KEY_MAX])
{
	snprintf(ret_key, KEY_MAX, "%s/%s", tenant, name);
}

int jf_routing_create(struct jf_acd *acd, struct jf_routing **ret_routing)
{
	struct jf_routing *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->acd = acd;
	*ret_routing = r;
	return 0;
}

void jf_routing_destroy(struct jf_routing *r)
{
	if (!r)
		return;
	free(r->queues.list);
	free(r->agents.list);
	free(r->tenants);
	free(r);
}

const struct jf_directory *jf_routing_directory(const struct jf_routing *r)
{
	return r->directory;
}

/* The ACD's number for a tenant; numbers are never used for another. */
static int tenant_number(struct jf_routing *r, const char *name, uint32_t *ret_tenant)
{
	void *tenants;

	*ret_tenant = jf_routing_tenant_number(r, name);
	if (*ret_tenant != UINT32_MAX)
		return 0;
	tenants = realloc(r->tenants, (r->n_tenants + 1) * sizeof(r->tenants[0]));
	if (!tenants)
		return -ENOMEM;
	r->tenants = tenants;
	snprintf(r->tenants[r->n_tenants], sizeof(r->tenants[0]), "%s", name);
	*ret_tenant = r->n_tenants++;
	return 0;
}

static int queue_set(struct jf_routing *r, const struct jf_directory_queue *queue)
{
	struct jf_acd_queue_options options = jf_routing_queue_options(queue);
	struct named *known;
	struct jf_acd_ref ref;
	char key[KEY_MAX];
	uint32_t tenant;
	int err;

	queue_key(queue->tenant, queue->name, key);
	known = names_find(&r->queues, key);
	if (known && !jf_acd_queue_set(r->acd, known->ref, &options)) {
		known->listed = r->count;
		return 0;
	}
	err = tenant_number(r, queue->tenant, &tenant);
	if (!err)
		err = jf_acd_queue_add(r->acd, queue->name, tenant, &options, &ref);
	if (err)
		return err;
	if (!known)
		return names_add(&r->queues, key, ref, r->count);
	known->ref = ref; /* its last caller had left meanwhile */
	known->listed = r->count;
	return 0;
}

static struct jf_acd_ref queue_of(const struct jf_directory_queue *queue, void *arg)
{
	return jf_routing_queue(arg, queue->tenant, queue->name);
}

static int agent_set(struct jf_routing *r, const struct jf_directory_agent *agent, uint64_t now_ns)
{
	struct named *known = names_find(&r->agents, agent->id);
	struct jf_acd_agent seen;
	struct jf_acd_ref ref;
	uint32_t tenant;
	int err = tenant_number(r, agent->tenant, &tenant);

	if (err)
		return err;
	if (known && !jf_acd_agent_get(r->acd, known->ref, &seen)) {
		/* An agent of another tenant is another agent. Whoever talks stays until then. */
		if (seen.tenant == tenant || jf_acd_agent_remove(r->acd, known->ref, now_ns)) {
			known->listed = r->count;
			return jf_acd_agent_set(r->acd, known->ref, agent->auto_ready);
		}
	}
	err = jf_acd_agent_add(r->acd, agent->id, tenant, agent->auto_ready, &ref);
	if (err)
		return err;
	if (!known)
		return names_add(&r->agents, agent->id, ref, r->count);
	known->ref = ref;
	known->listed = r->count;
	return 0;
}

static bool lists_queue(const struct jf_directory_agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->n_queues; i++)
		if (!strcmp(agent->queues[i]->name, name))
			return true;
	return false;
}

static int members_set(struct jf_routing *r, const struct jf_directory_agent *agent,
                       uint64_t now_ns)
{
	const struct named *known = names_find(&r->agents, agent->id);
	struct jf_acd_ref ref = known ? known->ref : jf_acd_nobody, queue;
	uint32_t cursor = 0;
	int ability = jf_routing_abilities_set(
	        r->acd, ref, jf_routing_tenant_number(r, agent->tenant), &agent->abilities, now_ns);

	if (ability == -ENOMEM)
		return ability;

	while (jf_acd_agent_queue_each(r->acd, ref, &cursor, &queue)) {
		struct jf_acd_queue seen;

		if (jf_acd_queue_get(r->acd, queue, &seen) || seen.removed ||
		    lists_queue(agent, seen.name))
			continue;
		jf_acd_member_remove(r->acd, ref, queue, now_ns);
		cursor--;
	}
	for (size_t i = 0; i < agent->n_queues; i++) {
		const struct jf_directory_queue *q = agent->queues[i];
		int err = jf_acd_member_add(r->acd, ref, jf_routing_queue(r, q->tenant, q->name),
		                            now_ns);

		if (err == -ENOMEM)
			return err;
	}
	return 0;
}

static int agent_put(struct jf_routing *r, const struct jf_directory_agent *agent, uint64_t now_ns)
{
	int err = agent_set(r, agent, now_ns);

	return err ? err : members_set(r, agent, now_ns);
}

/* Is what the ACD has of it not yet, or no longer, what the directory in force says? */
static bool is_former(const struct jf_routing *r, const struct named *name)
{
	return name->listed != r->count;
}

static void remove_queues(struct jf_routing *r)
{
	for (size_t i = r->queues.n; i-- > 0;) {
		struct named *q = &r->queues.list[i];
		struct jf_acd_queue seen;

		if (!is_former(r, q))
			continue;
		jf_acd_queue_remove(r->acd, q->ref);
		if (jf_acd_queue_get(r->acd, q->ref, &seen))
			names_drop(&r->queues, i);
	}
}

/* One who is gone from the directory. */
static void agent_leave(struct jf_routing *r, size_t at, uint64_t now_ns)
{
	if (jf_acd_agent_remove(r->acd, r->agents.list[at].ref, now_ns) == -EBUSY)
		r->leaving = true;
	else
		names_drop(&r->agents, at);
}

void jf_routing_sweep(struct jf_routing *r, uint64_t now_ns)
{
	if (!r->leaving || r->phase != SETTLED)
		return;
	r->leaving = false;
	for (size_t i = r->agents.n; i-- > 0;)
		if (is_former(r, &r->agents.list[i]))
			agent_leave(r, i, now_ns);
}

int jf_routing_begin(struct jf_routing *r, const struct jf_directory *directory, uint64_t now_ns)
{
	const struct jf_directory_queue *queues = NULL;
	size_t n_queues = 0;
	int err = 0;

	if (directory)
		queues = jf_directory_queues(directory, &n_queues);
	r->count++;
	for (size_t i = 0; i < n_queues && !err; i++)
		err = queue_set(r, &queues[i]);
	for (size_t i = 0; i < n_queues && !err; i++)
		err = jf_routing_overflow_set(r->acd, &queues[i], queue_of, r);
	if (err) {
		/* Nobody is removed by a directory that isn't in force. */
		r->count--;
		for (size_t i = 0; i < r->queues.n; i++)
			r->queues.list[i].listed = r->count;
		return err;
	}
	r->directory = directory;
	r->phase = AGENTS;
	r->at = 0;
	r->now_ns = now_ns;
	return 0;
}

static int agents_step(struct jf_routing *r, uint32_t count)
{
	const struct jf_directory_agent *agents = NULL;
	size_t n = 0;
	int err = 0;

	if (r->directory)
		agents = jf_directory_agents(r->directory, &n);
	for (; count && r->at < n && !err; count--)
		err = agent_put(r, &agents[r->at++], r->now_ns);
	if (err || r->at < n)
		return err ? err : 1;
	remove_queues(r);
	r->leaving = false;
	r->phase = LEAVERS;
	r->at = r->agents.n;
	return 1;
}

static int leavers_step(struct jf_routing *r, uint32_t count)
{
	for (; count && r->at > 0; count--)
		if (is_former(r, &r->agents.list[--r->at]))
			agent_leave(r, r->at, r->now_ns);
	if (r->at > 0)
		return 1;
	r->phase = SETTLED;
	return 0;
}

int jf_routing_step(struct jf_routing *r, uint32_t agents, uint64_t now_ns)
{
	r->now_ns = now_ns;
	if (r->phase == AGENTS)
		return agents_step(r, agents);
	return r->phase == LEAVERS ? leavers_step(r, agents) : 0;
}

int jf_routing_set(struct jf_routing *r, const struct jf_directory *directory, uint64_t now_ns)
{
	int err = jf_routing_begin(r, directory, now_ns), step;

	if (err)
		return err;
	while ((step = jf_routing_step(r, UINT32_MAX, now_ns)))
		if (step < 0)
			err = step;
	return err;
}

int jf_routing_number(const struct jf_routing *r, const char *number, const char *trunk_tenant,
                      struct jf_route *ret_route)
{
	const struct jf_directory_number *n;
	struct jf_acd_ref ref;

	n = r->directory ? jf_directory_number_find(r->directory, number) : NULL;
	if (!n || (trunk_tenant && strcmp(trunk_tenant, n->tenant) != 0))
		return -ENOENT;
	if (n->forward || n->flow) {
		*ret_route = (struct jf_route){.tenant = n->tenant,
		                               .flow = n->flow,
		                               .acd_queue = jf_acd_nobody,
		                               .forward = n->forward,
		                               .wants = &n->wants};
		return 0;
	}
	ref = jf_routing_queue(r, n->queue->tenant, n->queue->name);
	if (ref.index == JF_ACD_NONE)
		return -ENOENT;
	*ret_route = (struct jf_route){
	        .tenant = n->tenant, .queue = n->queue, .acd_queue = ref, .wants = &n->wants};
	return 0;
}

struct jf_acd_ref jf_routing_queue(const struct jf_routing *r, const char *tenant, const char *name)
{
	const struct named *found;
	char key[KEY_MAX];

	queue_key(tenant, name, key);
	found = names_find(&r->queues, key);
	return found ? found->ref : jf_acd_nobody;
}

struct jf_acd_ref jf_routing_agent(struct jf_routing *r, const char *id)
{
	const struct named *found = names_find(&r->agents, id);
	const struct jf_directory_agent *agent = NULL;

	if (r->phase == AGENTS && r->directory && (!found || is_former(r, found)))
		agent = jf_directory_agent_find(r->directory, id);
	if (agent && !agent_put(r, agent, r->now_ns))
		found = names_find(&r->agents, id);
	return found ? found->ref : jf_acd_nobody;
}

uint32_t jf_routing_tenant_number(const struct jf_routing *r, const char *tenant)
{
	for (uint32_t i = 0; i < r->n_tenants; i++)
		if (!strcmp(r->tenants[i], tenant))
			return i;
	return UINT32_MAX;
}

const char *jf_routing_tenant(const struct jf_routing *r, uint32_t tenant)
{
	return tenant < r->n_tenants ? r->tenants[tenant] : "?";
}
