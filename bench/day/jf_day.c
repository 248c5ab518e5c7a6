// SPDX-License-Identifier: BSD-3-Clause
#include "jf_day.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "jf_acd.h"
#include "jf_acd_flow.h"
#include "jf_order.h"

#define TENANT     1
#define BEGIN_NS   (1000 * JF_NS_PER_S)
#define TOLD_MIN   30.0
#define INTERVAL   (1800 * JF_NS_PER_S)
#define NS(s)      ((uint64_t)((s)*1e9))
#define SECONDS(n) ((double)(n) / 1e9)

const struct jf_day_config jf_day_large = {
        .agents = 5000,
        .queues = 25,
        .calls = 1000000,
        .seed = 1,
        .open_s = 14 * 3600,
        .swing = 0.12,
        .talk_s = 214,
        .wrap_up_s = 30,
        .ring_s = 3,
        .patience_s = 240,
        .second = 0.25,
        .threshold_s = 20,
        .short_s = 5,
};

enum event { ARRIVES, GIVES_UP, ANSWERED, HANGS_UP };

struct call {
	struct jf_acd_ref entry;
	uint64_t entered_ns, answered_ns;
	uint64_t told_ns; /* how long it would wait; 0: nothing was said */
	uint32_t queue;
	enum { WAITS, RINGS, TALKS, GONE } state;
};

struct day {
	const struct jf_day_config *c;
	struct jf_acd *acd;
	struct jf_acd_ref *queues, *agents;
	double *weights; /* of the queues, adding up */
	struct call *calls;
	uint32_t n_calls;
	struct jf_order events;
	uint32_t event_serial;
	uint64_t now_ns, random;
	struct jf_kpi_account account;

	struct jf_day_result result;
	float *errors;
	int err;
};

/* ---- Chance -----------------------------------------------------------------------------------
 */

static uint64_t any(struct day *d)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return d->random * 0x2545f4914f6cdd1du;
}

/* Above 0, up to 1. */
static double chance(struct day *d)
{
	return (double)((any(d) >> 11) + 1) / 9007199254740992.0;
}

static double exponential(struct day *d, double mean)
{
	return -mean * log(chance(d));
}

static uint32_t any_queue(struct day *d)
{
	double at = chance(d) * d->weights[d->c->queues - 1];
	uint32_t q = 0;

	while (q + 1 < d->c->queues && d->weights[q] < at)
		q++;
	return q;
}

/* Calls a second, relative to the mean: more before noon and in the afternoon. */
static double rate(const struct day *d)
{
	double part = SECONDS(d->now_ns - BEGIN_NS) / d->c->open_s;

	return 1 + d->c->swing * sin(4 * M_PI * part - M_PI / 2);
}

/* ---- Events -----------------------------------------------------------------------------------
 */

static void happens(struct day *d, double in_s, enum event what, uint32_t call)
{
	struct jf_order_item item = {d->now_ns + NS(in_s), d->event_serial++, what, call};

	if (jf_order_insert(&d->events, &item))
		d->err = -ENOMEM;
}

/* FNV-1a over words. */
static void digest(struct day *d, uint64_t word)
{
	d->result.digest = (d->result.digest ^ word) * 0x100000001b3u;
}

static uint32_t call_of(const struct jf_call_id *id)
{
	uint32_t call;

	memcpy(&call, id->b, sizeof(call));
	return call;
}

static void counted(struct day *d, const struct call *c, enum jf_kpi_end end)
{
	if (SECONDS(c->entered_ns - BEGIN_NS) < d->c->warm_s)
		return;
	if (end == JF_KPI_END_ABANDONED && SECONDS(d->now_ns - c->entered_ns) < d->c->short_s)
		end = JF_KPI_END_SHORT;
	jf_kpi_call(&d->account, end, c->entered_ns, d->now_ns, NS(d->c->threshold_s));
}

static void answered(struct day *d, uint32_t number)
{
	struct call *c = &d->calls[number];
	double waited_s = SECONDS(d->now_ns - c->entered_ns);

	if (jf_acd_answered(d->acd, c->entry, d->now_ns))
		d->err = -EPROTO;
	c->state = TALKS;
	c->answered_ns = d->now_ns;
	counted(d, c, JF_KPI_END_ANSWERED);
	if (c->told_ns && waited_s > TOLD_MIN)
		d->errors[d->result.estimates++] =
		        (float)(fabs(SECONDS(c->told_ns) + d->c->ring_s - waited_s) / waited_s);
	happens(d, exponential(d, d->c->talk_s), HANGS_UP, number);
}

static void drain(struct day *d)
{
	struct jf_acd_output out;

	while (!jf_acd_next(d->acd, &out)) {
		uint32_t number = call_of(&out.call);

		d->result.outputs++;
		digest(d, d->now_ns);
		digest(d, (uint64_t)out.type << 56 | (uint64_t)number << 24 | out.agent.index);
		if (out.type == JF_ACD_AGENT_CHANGED)
			digest(d, out.to);
		if (out.type == JF_ACD_OFFER) {
			d->calls[number].state = RINGS;
			if (d->c->ring_s > 0)
				happens(d, d->c->ring_s, ANSWERED, number);
			else
				answered(d, number);
		} else if (out.type == JF_ACD_WAIT) {
			(void)jf_acd_estimate(d->acd, out.entry, d->now_ns,
			                      &d->calls[number].told_ns);
		}
	}
}

static void arrives(struct day *d)
{
	uint32_t number = d->n_calls++;
	struct call *c = &d->calls[number];
	struct jf_acd_arrival arrival = {.enqueued_ns = d->now_ns};
	struct jf_call_id id = {{0}};

	*c = (struct call){.entered_ns = d->now_ns, .queue = any_queue(d), .state = WAITS};
	memcpy(id.b, &number, sizeof(number));
	if (jf_acd_enqueue(d->acd, d->queues[c->queue], &id, &arrival, d->now_ns, &c->entry))
		d->err = -ENOMEM;
	if (d->c->patience_s > 0)
		happens(d, exponential(d, d->c->patience_s), GIVES_UP, number);
	if (d->n_calls < d->c->calls)
		happens(d, exponential(d, d->c->open_s / d->c->calls / rate(d)), ARRIVES, 0);
}

static void gives_up(struct day *d, struct call *c)
{
	if (c->state != WAITS && c->state != RINGS)
		return;
	c->state = GONE;
	counted(d, c, JF_KPI_END_ABANDONED);
	if (jf_acd_leave(d->acd, c->entry, true, d->now_ns))
		d->err = -EPROTO;
}

static void hangs_up(struct day *d, struct call *c)
{
	c->state = GONE;
	if (jf_acd_end(d->acd, c->entry, d->now_ns))
		d->err = -EPROTO;
}

static void take(struct day *d, const struct jf_order_item *event)
{
	struct call *c = &d->calls[event->value];

	switch ((enum event)event->tie) {
	case ARRIVES:
		arrives(d);
		break;
	case GIVES_UP:
		gives_up(d, c);
		break;
	case ANSWERED:
		if (c->state == RINGS)
			answered(d, event->value);
		break;
	case HANGS_UP:
		hangs_up(d, c);
		break;
	}
	drain(d);
}

static void live(struct day *d)
{
	const struct jf_order_item *next;
	struct jf_order_item event;

	happens(d, 0, ARRIVES, 0);
	while ((next = jf_order_first(&d->events)) && !d->err) {
		uint64_t due_ns = jf_acd_next_due_ns(d->acd);

		if (due_ns && due_ns <= next->hi) {
			d->now_ns = due_ns;
			jf_acd_tick(d->acd, due_ns);
			drain(d);
			continue;
		}
		event = *next;
		jf_order_remove(&d->events, &event);
		d->now_ns = event.hi;
		take(d, &event);
	}
}

/* ---- The centre -------------------------------------------------------------------------------
 */

static int set_up_queues(struct day *d)
{
	const struct jf_acd_queue_options options = {.wrap_up_ns = NS(d->c->wrap_up_s),
	                                             .short_abandon_ns = NS(d->c->short_s)};
	int err = 0;

	for (uint32_t q = 0; q < d->c->queues && !err; q++) {
		/* The largest five times the smallest. */
		d->weights[q] = (q ? d->weights[q - 1] : 0) + 1 + 4.0 * q / d->c->queues;
		err = jf_acd_queue_add(d->acd, "queue", TENANT, &options, &d->queues[q]);
	}
	return err;
}

static int set_up_agents(struct day *d)
{
	double all = d->weights[d->c->queues - 1];
	uint32_t q = 0;
	int err = 0;

	for (uint32_t a = 0; a < d->c->agents && !err; a++) {
		while (d->weights[q] / all * d->c->agents <= a)
			q++;
		err = jf_acd_agent_add(d->acd, "agent", TENANT, true, &d->agents[a]);
		if (!err)
			err = jf_acd_member_add(d->acd, d->agents[a], d->queues[q], d->now_ns);
		if (!err && chance(d) <= d->c->second)
			err = jf_acd_member_add(d->acd, d->agents[a], d->queues[any_queue(d)],
			                        d->now_ns);
		if (!err)
			err = jf_acd_agent_phone(d->acd, d->agents[a], JF_AGENT_PHONE_REGISTERED,
			                         d->now_ns);
	}
	return err;
}

/* ---- What came of it --------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static void conclude(struct day *d)
{
	struct jf_day_result *r = &d->result;

	for (uint32_t i = 0; i < d->account.n; i++)
		jf_kpi_add(&r->sums,
		           &d->account.sums[(d->account.first + i) % JF_KPI_INTERVALS_MAX]);
	for (uint32_t a = 0; a < d->c->agents; a++) {
		struct jf_acd_agent agent;

		if (jf_acd_agent_get(d->acd, d->agents[a], &agent))
			continue;
		r->sums.talk_ns += agent.counters.talk_ns;
		r->sums.wrapup_ns += agent.counters.wrapup_ns;
		r->sums.ringing_ns += agent.counters.ringing_ns;
		r->sums.ready_ns += agent.counters.ready_ns;
		r->sums.handled += agent.counters.answered;
	}
	(void)jf_kpi_service_level(&r->sums, JF_KPI_ABANDONS_COUNTED_AGAINST, &r->service_level);
	(void)jf_kpi_occupancy(&r->sums, &r->occupancy);
	for (unsigned int i = 0; i < sizeof(r->sums) / sizeof(uint64_t); i++)
		digest(d, ((const uint64_t *)&r->sums)[i]);
	qsort(d->errors, r->estimates, sizeof(*d->errors), by_size);
	if (r->estimates)
		r->estimate_error = d->errors[r->estimates / 2];
}

static void day_close(struct day *d)
{
	jf_acd_destroy(d->acd);
	jf_order_close(&d->events);
	free(d->queues);
	free(d->agents);
	free(d->weights);
	free(d->calls);
	free(d->errors);
	free(d);
}

/* An account keeps only so many of them; a longer day has longer ones. */
static uint64_t interval_ns(const struct jf_day_config *config)
{
	return INTERVAL * (1 + NS(2 * config->open_s) / INTERVAL / JF_KPI_INTERVALS_MAX);
}

int jf_day_run(const struct jf_day_config *config, struct jf_day_result *ret_result)
{
	struct day *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	if (!d)
		return -ENOMEM;
	if (!config->agents || !config->queues || !config->calls) {
		free(d);
		return -EINVAL;
	}
	d->c = config;
	d->now_ns = BEGIN_NS;
	d->random = config->seed * 0x9e3779b97f4a7c15u + 1;
	d->account.interval_ns = interval_ns(config);
	d->result.digest = 0xcbf29ce484222325u;
	d->queues = calloc(config->queues, sizeof(*d->queues));
	d->agents = calloc(config->agents, sizeof(*d->agents));
	d->weights = calloc(config->queues, sizeof(*d->weights));
	d->calls = calloc(config->calls, sizeof(*d->calls));
	d->errors = calloc(config->calls, sizeof(*d->errors));
	if (!d->queues || !d->agents || !d->weights || !d->calls || !d->errors ||
	    jf_acd_create(&d->acd))
		goto out;
	err = set_up_queues(d);
	if (!err)
		err = set_up_agents(d);
	if (err)
		goto out;
	drain(d);
	live(d);
	err = d->err;
	conclude(d);
	if (!err)
		*ret_result = d->result;
out:
	day_close(d);
	return err;
}
