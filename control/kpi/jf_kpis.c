// SPDX-License-Identifier: BSD-3-Clause
#include "jf_kpis_priv.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t jf_kpis_utc_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

const struct jf_kpis_kind_row jf_kpis_kinds[JF_KPIS_KIND_COUNT] = {
        [JF_KPIS_QUEUE] = {'q', "queue", "queue.interval"},
        [JF_KPIS_AGENT] = {'a', "agent", NULL},
        [JF_KPIS_TEAM] = {'t', "team", "team.interval"},
        [JF_KPIS_FLOW] = {'f', "flow", "flow.interval"},
        [JF_KPIS_TENANT] = {'c', NULL, "tenant.interval"},
};

/* ---- Of whom --------------------------------------------------------------------------------- */

static void key_make(const struct jf_kpis_name *name, char ret_key[JF_KPIS_KEY_MAX])
{
	snprintf(ret_key, JF_KPIS_KEY_MAX, "%c/%s/%s/", jf_kpis_kinds[name->kind].letter,
	         name->tenant, name->name);
}

static uint64_t day_of(const struct jf_kpis *kpis, const char *tenant)
{
	const uint64_t day_ns = 24 * 3600 * JF_NS_PER_S;

	for (uint32_t i = 0; i < kpis->n_tenants; i++)
		if (!strcmp(kpis->tenants[i].name, tenant))
			return kpis->tenants[i].begin_utc_ns;
	return jf_kpis_utc_ns() / day_ns * day_ns;
}

struct jf_kpis_subject *jf_kpis_subject(struct jf_kpis *kpis, const struct jf_kpis_name *name)
{
	struct jf_kpis_subject *s, **bucket;
	char key[JF_KPIS_KEY_MAX];
	uint32_t hash = 2166136261u;

	key_make(name, key);
	for (const char *c = key; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	bucket = &kpis->buckets[hash % JF_KPIS_BUCKETS];
	for (s = *bucket; s; s = s->next)
		if (!strcmp(s->key, key))
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	memcpy(s->key, key, sizeof(key));
	s->kind = name->kind;
	s->state = JF_AGENT_LOGGED_OUT;
	s->today_utc_ns = day_of(kpis, name->tenant);
	/* All that there is of today was stored by a process before this one. */
	jf_kpis_rows_sum(kpis, s, s->today_utc_ns / JF_KPIS_INTERVAL_NS);
	s->next = *bucket;
	*bucket = s;
	return s;
}

/* ---- Counting -------------------------------------------------------------------------------- */

static void count(struct jf_kpis *kpis, struct jf_kpis_subject *s, uint64_t number,
                  const struct jf_kpi_sums *more)
{
	struct jf_kpis_cell *cell = &s->cells[0];

	for (unsigned int i = 0; i < JF_KPIS_CELLS; i++) {
		if (s->cells[i].number == number) {
			cell = &s->cells[i];
			break;
		}
		if (s->cells[i].number < cell->number)
			cell = &s->cells[i];
	}
	if (cell->number != number) {
		if (cell->dirty)
			jf_kpis_flush(kpis);
		cell->number = number;
		jf_kpis_row_get(kpis, s->key, number, &cell->sums);
	}
	jf_kpi_add(&cell->sums, more);
	cell->dirty = true;
	if ((number + 1) * JF_KPIS_INTERVAL_NS > s->today_utc_ns)
		jf_kpi_add(&s->today, more);
	jf_kpis_dirty(kpis, s);
}

/* Time in a field of the sums, split at the boundaries. */
static void spend(struct jf_kpis *kpis, struct jf_kpis_subject *s, size_t field, uint64_t from_ns,
                  uint64_t to_ns)
{
	while (from_ns < to_ns) {
		uint64_t number = from_ns / JF_KPIS_INTERVAL_NS;
		uint64_t boundary_ns = (number + 1) * JF_KPIS_INTERVAL_NS;
		uint64_t until_ns = boundary_ns < to_ns ? boundary_ns : to_ns;
		struct jf_kpi_sums more = {0};

		*(uint64_t *)(void *)((char *)&more + field) = until_ns - from_ns;
		count(kpis, s, number, &more);
		from_ns = until_ns;
	}
}

void jf_kpis_call(struct jf_kpis *kpis, const struct jf_kpis_name *queue, enum jf_kpi_end end,
                  uint64_t entered_utc_ns, uint64_t left_utc_ns, uint64_t threshold_ns)
{
	struct jf_kpis_subject *s = jf_kpis_subject(kpis, queue);
	struct jf_kpi_account *account = &kpis->scratch;

	if (!s)
		return;
	account->interval_ns = JF_KPIS_INTERVAL_NS;
	account->n = 0;
	/* It lands in two intervals at most, the earlier one first. */
	(void)jf_kpi_interval(account, entered_utc_ns < left_utc_ns ? entered_utc_ns : left_utc_ns);
	jf_kpi_call(account, end, entered_utc_ns, left_utc_ns, threshold_ns);
	for (uint32_t i = 0; i < account->n; i++) {
		uint64_t number = account->first + i;
		const struct jf_kpi_sums *sums = &account->sums[number % JF_KPI_INTERVALS_MAX];

		if (sums->left || sums->sl_answered || sums->sl_abandoned || sums->sl_reached)
			count(kpis, s, number, sums);
	}
}

/* ---- Agents ---------------------------------------------------------------------------------- */

#define NOWHERE SIZE_MAX

static const size_t fields[JF_AGENT_STATE_COUNT] = {
        [JF_AGENT_LOGGED_OUT] = NOWHERE,
        [JF_AGENT_NOT_READY] = offsetof(struct jf_kpi_sums, not_ready_ns),
        [JF_AGENT_READY] = offsetof(struct jf_kpi_sums, ready_ns),
        [JF_AGENT_RESERVED] = offsetof(struct jf_kpi_sums, ringing_ns),
        [JF_AGENT_RINGING] = offsetof(struct jf_kpi_sums, ringing_ns),
        [JF_AGENT_TALKING] = offsetof(struct jf_kpi_sums, talk_ns),
        [JF_AGENT_HOLD] = offsetof(struct jf_kpi_sums, hold_ns),
        [JF_AGENT_CONSULT] = offsetof(struct jf_kpi_sums, hold_ns), /* the caller waits */
        [JF_AGENT_CONFERENCE] = offsetof(struct jf_kpi_sums, talk_ns),
        [JF_AGENT_DIALING] = offsetof(struct jf_kpi_sums, ringing_ns),
        [JF_AGENT_WRAPUP] = offsetof(struct jf_kpi_sums, wrapup_ns),
        [JF_AGENT_UNREACHABLE] = NOWHERE,
};

void jf_kpis_spend(struct jf_kpis *kpis, struct jf_kpis_subject *agent, uint64_t utc_ns)
{
	uint64_t from_ns = agent->since_utc_ns;
	size_t field = fields[agent->state];

	if (!from_ns || utc_ns <= from_ns) /* or the clock was set back */
		return;
	agent->since_utc_ns = utc_ns;
	if (field == NOWHERE)
		return;
	spend(kpis, agent, field, from_ns, utc_ns);
	if (agent->team)
		spend(kpis, agent->team, field, from_ns, utc_ns);
	if (agent->state == JF_AGENT_READY)
		for (uint32_t i = 0; i < agent->n_serves; i++)
			spend(kpis, agent->serves[i], field, from_ns, utc_ns);
	else if (agent->state != JF_AGENT_NOT_READY && agent->queue)
		spend(kpis, agent->queue, field, from_ns, utc_ns);
}

static void serves_set(struct jf_kpis *kpis, struct jf_kpis_subject *s, const char *tenant,
                       const struct jf_kpis_doing *doing)
{
	struct jf_kpis_subject **list;

	if (doing->n_serves != s->n_serves) {
		list = realloc(s->serves, (doing->n_serves + 1) * sizeof(*list));
		if (!list)
			return;
		s->serves = list;
	}
	s->n_serves = 0;
	for (uint32_t i = 0; i < doing->n_serves; i++) {
		struct jf_kpis_name name = {JF_KPIS_QUEUE, tenant, doing->serves[i]};
		struct jf_kpis_subject *queue = jf_kpis_subject(kpis, &name);

		if (queue)
			s->serves[s->n_serves++] = queue;
	}
}

/* One of something, to the agent's account, its team's and the queue's; either may be NULL. */
static void count_one(struct jf_kpis *kpis, struct jf_kpis_subject *agent,
                      struct jf_kpis_subject *queue, const struct jf_kpi_sums *one, uint64_t utc_ns)
{
	struct jf_kpis_subject *const whom[] = {agent, agent ? agent->team : NULL, queue};

	for (size_t i = 0; i < sizeof(whom) / sizeof(whom[0]); i++)
		if (whom[i])
			count(kpis, whom[i], utc_ns / JF_KPIS_INTERVAL_NS, one);
}

static bool with_caller(enum jf_agent_state state)
{
	return state == JF_AGENT_TALKING || state == JF_AGENT_HOLD || state == JF_AGENT_CONSULT ||
	       state == JF_AGENT_CONFERENCE;
}

void jf_kpis_agent(struct jf_kpis *kpis, const struct jf_kpis_name *agent,
                   const struct jf_kpis_doing *doing, uint64_t utc_ns)
{
	struct jf_kpis_subject *s = jf_kpis_subject(kpis, agent);
	struct jf_kpis_name queue = {JF_KPIS_QUEUE, agent->tenant, doing->queue};
	struct jf_kpis_name team = {JF_KPIS_TEAM, agent->tenant, doing->team};
	const struct jf_kpi_sums handled = {.handled = 1};

	if (!s)
		return;
	jf_kpis_spend(kpis, s, utc_ns);
	if (with_caller(s->state) && !with_caller(doing->state) && s->queue)
		count_one(kpis, s, s->queue, &handled, utc_ns);
	if (doing->queue)
		s->queue = jf_kpis_subject(kpis, &queue);
	else if (doing->state != JF_AGENT_WRAPUP) /* which is of the call before it */
		s->queue = NULL;
	s->team = doing->team ? jf_kpis_subject(kpis, &team) : NULL;
	serves_set(kpis, s, agent->tenant, doing);
	s->state = doing->state;
	s->since_utc_ns = utc_ns;
	if (doing->since_utc_ns && doing->since_utc_ns < utc_ns)
		s->since_utc_ns = doing->since_utc_ns > s->until_utc_ns ? doing->since_utc_ns
		                                                        : s->until_utc_ns;
}

void jf_kpis_transferred(struct jf_kpis *kpis, const struct jf_kpis_name *agent, const char *queue,
                         uint64_t utc_ns)
{
	struct jf_kpis_name of = {JF_KPIS_QUEUE, agent->tenant, queue};
	const struct jf_kpi_sums one = {.transferred_out = 1};

	count_one(kpis, jf_kpis_subject(kpis, agent),
	          queue && queue[0] ? jf_kpis_subject(kpis, &of) : NULL, &one, utc_ns);
}

void jf_kpis_add(struct jf_kpis *kpis, const struct jf_kpis_name *name,
                 const struct jf_kpi_sums *more, uint64_t utc_ns)
{
	struct jf_kpis_subject *s = jf_kpis_subject(kpis, name);

	if (s)
		count(kpis, s, utc_ns / JF_KPIS_INTERVAL_NS, more);
}

void jf_kpis_left_intake(struct jf_kpis *kpis, const char *tenant, const char *flow,
                         enum jf_kpi_way way, uint64_t utc_ns)
{
	const struct jf_kpis_name of_tenant = {JF_KPIS_TENANT, tenant, ""};
	const struct jf_kpis_name of_flow = {JF_KPIS_FLOW, tenant, flow};
	struct jf_kpi_sums one = {0};

	jf_kpi_left_intake(&one, way);
	jf_kpis_add(kpis, &of_tenant, &one, utc_ns);
	if (flow && flow[0])
		jf_kpis_add(kpis, &of_flow, &one, utc_ns);
}

/* ---- Days ------------------------------------------------------------------------------------ */

static void days_begin(struct jf_kpis *kpis, const char *tenant, uint64_t begin_utc_ns)
{
	size_t length = strlen(tenant);

	for (uint32_t b = 0; b < JF_KPIS_BUCKETS; b++)
		for (struct jf_kpis_subject *s = kpis->buckets[b]; s; s = s->next) {
			if (strncmp(s->key + 2, tenant, length) != 0 || s->key[2 + length] != '/' ||
			    s->today_utc_ns == begin_utc_ns)
				continue;
			memset(&s->today, 0, sizeof(s->today));
			s->today_utc_ns = begin_utc_ns;
		}
}

void jf_kpis_day(struct jf_kpis *kpis, const char *tenant, uint64_t begin_utc_ns)
{
	struct jf_kpis_tenant *t = NULL;

	for (uint32_t i = 0; i < kpis->n_tenants; i++)
		if (!strcmp(kpis->tenants[i].name, tenant))
			t = &kpis->tenants[i];
	if (!t) {
		t = realloc(kpis->tenants, (kpis->n_tenants + 1) * sizeof(*t));
		if (!t)
			return;
		kpis->tenants = t;
		t = &kpis->tenants[kpis->n_tenants++];
		*t = (struct jf_kpis_tenant){.begin_utc_ns = 0};
		snprintf(t->name, sizeof(t->name), "%s", tenant);
	}
	t->begin_utc_ns = begin_utc_ns;
	days_begin(kpis, tenant, begin_utc_ns);
}

void jf_kpis_today(struct jf_kpis *kpis, const struct jf_kpis_name *name, uint64_t utc_ns,
                   struct jf_kpi_sums *ret_sums)
{
	struct jf_kpis_subject *s = jf_kpis_subject(kpis, name);

	memset(ret_sums, 0, sizeof(*ret_sums));
	if (!s)
		return;
	if (s->kind == JF_KPIS_AGENT)
		jf_kpis_spend(kpis, s, utc_ns);
	*ret_sums = s->today;
}

/* ---- Life ------------------------------------------------------------------------------------ */

int jf_kpis_create(struct jf_store *store, struct jf_bus *bus, struct jf_kpis **ret_kpis)
{
	struct jf_kpis *kpis = calloc(1, sizeof(*kpis));

	if (!kpis)
		return -ENOMEM;
	kpis->store = store;
	kpis->bus = bus;
	jf_list_init(&kpis->dirty);
	jf_kpis_walk_arm(kpis);
	*ret_kpis = kpis;
	return 0;
}

void jf_kpis_stop(struct jf_kpis *kpis, uint64_t utc_ns)
{
	kpis->stopped = true;
	jf_loop_timer_cancel(&kpis->walk_timer);
	for (uint32_t b = 0; b < JF_KPIS_BUCKETS; b++)
		for (struct jf_kpis_subject *s = kpis->buckets[b]; s; s = s->next)
			if (s->kind == JF_KPIS_AGENT)
				jf_kpis_spend(kpis, s, utc_ns);
	while (!jf_list_empty(&kpis->dirty)) {
		struct jf_link *first = jf_list_first(&kpis->dirty);

		jf_kpis_flush(kpis);
		if (!jf_list_empty(&kpis->dirty) && jf_list_first(&kpis->dirty) == first)
			break; /* the store takes no more */
	}
	jf_loop_timer_cancel(&kpis->store_timer);
}

void jf_kpis_destroy(struct jf_kpis *kpis)
{
	if (!kpis)
		return;
	for (uint32_t b = 0; b < JF_KPIS_BUCKETS; b++)
		while (kpis->buckets[b]) {
			struct jf_kpis_subject *s = kpis->buckets[b];

			kpis->buckets[b] = s->next;
			free(s->serves);
			free(s);
		}
	free(kpis->tenants);
	free(kpis);
}
