// SPDX-License-Identifier: BSD-3-Clause
/*
 * Decisions of the ACD: how many a second, how long the slowest hundredth takes, memory a waiting
 * call; beside it a linear scan and SQL over the same trace. One JSON object on standard output.
 *
 *   jf-bench-acd AGENTS SKILLS QUEUES WAITING DECISIONS PEER-DECISIONS SEED
 *
 * Half of the decisions are made while callers wait (a freed agent looks for a call, the next call
 * looks for an agent in vain), half while agents wait (a call looks for an agent, a freed agent
 * looks for a call in vain). What belongs to a decision is timed with it: the end of the call
 * before, the answer, all that the engine says. Decisions count by batches; one during which the
 * core was given to somebody else does not count.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "jf_acd.h"
#include "jf_acd_skill.h"
#include "jf_acd_world.h"

#define TICK_NS       1000
#define BATCH         256u
#define HISTOGRAM     100000u /* of 10 ns each: up to a millisecond */
#define PRIORITY_HIGH 50
#define TENANT        1

struct bench {
	struct world *world;
	struct jf_acd *acd;
	struct jf_acd_ref *queues, *agents, *entries; /* entries: by call */
	uint32_t entries_room;
	uint32_t *asks;    /* requirement by queue and ask */
	bool *possible;    /* whether anybody suits it */
	uint32_t *call_of; /* by agent */
	uint32_t *busy;    /* agents, in no order */
	uint32_t *busy_at; /* by agent */
	uint32_t n_busy, n_waiting;
	uint64_t now_ns;
	uint32_t *histogram;
	double spent_ns, ns_per_tick;
	uint64_t decisions, found, disturbed;
	double batch_ns[BATCH]; /* decisions that do not count yet */
	uint32_t n_batch;
	long switches; /* of this thread, until the batch began */
};

static struct jf_call_id id_of(uint32_t call)
{
	struct jf_call_id id = {{0}};

	memcpy(id.b, &call, sizeof(call));
	return id;
}

static uint32_t call_of(const struct jf_call_id *id)
{
	uint32_t call;

	memcpy(&call, id->b, sizeof(call));
	return call;
}

static void need(int err, const char *what)
{
	if (err)
		world_die(what);
}

static void *room_for(size_t n, size_t size)
{
	void *memory = calloc(n, size);

	if (!memory)
		world_die("out of memory");
	return memory;
}

/* The counter of the CPU, which costs a tenth of a decision less than the system's clock. */
static double clock_ns(const struct bench *b)
{
	unsigned int cpu;

	return (double)__builtin_ia32_rdtscp(&cpu) * b->ns_per_tick;
}

static void calibrate(struct bench *b)
{
	double from_ns = world_clock_ns(), from, to_ns;

	b->ns_per_tick = 1;
	from = clock_ns(b);
	while ((to_ns = world_clock_ns()) < from_ns + 20e6)
		;
	b->ns_per_tick = (to_ns - from_ns) / (clock_ns(b) - from);
}

/* ---- The centre ------------------------------------------------------------------------------ */

static void queues_make(struct bench *b)
{
	const struct world_size *size = &b->world->size;
	const struct jf_acd_queue_options options = {
	        .max_wait_ns = 7200 * JF_NS_PER_S,
	        .calls_by = JF_ACD_CALLS_BY_PRIORITY,
	};

	for (uint32_t q = 0; q < size->queues; q++) {
		need(jf_acd_queue_add(b->acd, "q", TENANT, &options, &b->queues[q]), "queue");
		for (uint32_t k = 0; k < WORLD_ASKS_PER_QUEUE; k++) {
			struct jf_acd_skill_error error;
			char text[200];

			world_ask_text(b->world, q, k, text, sizeof(text));
			need(jf_acd_requirement(b->acd, TENANT, text,
			                        &b->asks[q * WORLD_ASKS_PER_QUEUE + k], &error),
			     text);
		}
	}
}

static void agents_make(struct bench *b)
{
	const struct world_size *size = &b->world->size;
	uint32_t *numbers = room_for(size->skills, sizeof(*numbers));

	for (uint32_t s = 0; s < size->skills; s++) {
		char name[JF_ACD_SKILL_NAME_MAX];

		snprintf(name, sizeof(name), "s%u", s);
		need(jf_acd_skill(b->acd, TENANT, name, &numbers[s]), "skill");
	}
	for (uint32_t a = 0; a < size->agents; a++) {
		const struct world_agent *w = &b->world->agents[a];
		struct jf_acd_skill_level levels[JF_ACD_AGENT_SKILLS_MAX];
		uint32_t n = 0;

		need(jf_acd_agent_add(b->acd, "a", TENANT, true, &b->agents[a]), "agent");
		for (uint32_t s = 0; s < size->skills; s++)
			if (w->levels[s])
				levels[n++] = (struct jf_acd_skill_level){numbers[s], w->levels[s]};
		need(jf_acd_agent_skills_set(b->acd, b->agents[a], levels, n, 0), "skills");
		for (uint32_t i = 0; i < w->n_queues; i++)
			need(jf_acd_member_add(b->acd, b->agents[a], b->queues[w->queues[i]], 0),
			     "member");
		for (uint32_t i = 0; i < w->n_queues; i++)
			for (uint32_t k = 0; k < WORLD_ASKS_PER_QUEUE; k++)
				if (world_suits(b->world, a, w->queues[i], k))
					b->possible[w->queues[i] * WORLD_ASKS_PER_QUEUE + k] = true;
	}
	free(numbers);
}

static void bench_open(struct bench *b, struct world *w)
{
	const struct world_size *size = &w->size;

	*b = (struct bench){.world = w, .now_ns = JF_NS_PER_S};
	need(jf_acd_create(&b->acd), "acd");
	b->queues = room_for(size->queues, sizeof(*b->queues));
	b->agents = room_for(size->agents, sizeof(*b->agents));
	b->asks = room_for(size->queues * WORLD_ASKS_PER_QUEUE, sizeof(*b->asks));
	b->possible = room_for(size->queues * WORLD_ASKS_PER_QUEUE, sizeof(*b->possible));
	b->call_of = room_for(size->agents, sizeof(*b->call_of));
	b->busy = room_for(size->agents, sizeof(*b->busy));
	b->busy_at = room_for(size->agents, sizeof(*b->busy_at));
	b->histogram = room_for(HISTOGRAM, sizeof(*b->histogram));
	calibrate(b);
	queues_make(b);
	agents_make(b);
	for (uint32_t a = 0; a < size->agents; a++) {
		b->now_ns += TICK_NS;
		need(jf_acd_agent_phone(b->acd, b->agents[a], JF_AGENT_PHONE_REGISTERED, b->now_ns),
		     "login");
		w->agents[a].ready = true;
		w->agents[a].idle_since_ns = b->now_ns;
	}
	for (struct jf_acd_output out; !jf_acd_next(b->acd, &out);)
		;
}

static void bench_close(struct bench *b)
{
	jf_acd_destroy(b->acd);
	free(b->queues);
	free(b->agents);
	free(b->entries);
	free(b->asks);
	free(b->possible);
	free(b->call_of);
	free(b->busy);
	free(b->busy_at);
	free(b->histogram);
}

/* ---- One decision ---------------------------------------------------------------------------- */

/* How often this thread was taken from its core. */
static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw + usage.ru_nvcsw;
}

/* A batch in which somebody else had the core says nothing of a decision, and does not count. */
static void batch_end(struct bench *b)
{
	long now = switches();

	for (uint32_t i = 0; i < b->n_batch && now == b->switches; i++) {
		uint32_t slot = (uint32_t)(b->batch_ns[i] / 10);

		b->histogram[slot < HISTOGRAM ? slot : HISTOGRAM - 1]++;
		b->spent_ns += b->batch_ns[i];
	}
	*(now == b->switches ? &b->decisions : &b->disturbed) += b->n_batch;
	b->n_batch = 0;
	b->switches = now;
}

static void timed(struct bench *b, double ns)
{
	b->batch_ns[b->n_batch++] = ns;
	if (b->n_batch == BATCH)
		batch_end(b);
}

/* What the engine says after an event; the offer is answered at once. */
static void drain(struct bench *b, uint32_t *ret_agent, uint32_t *ret_call)
{
	struct jf_acd_output out;

	while (!jf_acd_next(b->acd, &out))
		if (out.type == JF_ACD_OFFER) {
			*ret_agent = out.agent.index;
			*ret_call = call_of(&out.call);
			need(jf_acd_answered(b->acd, out.entry, b->now_ns), "answered");
		}
}

static void connect(struct bench *b, uint32_t agent, uint32_t call)
{
	b->world->agents[agent].ready = false;
	b->world->calls[call].waiting = false;
	b->call_of[agent] = call;
	b->busy_at[agent] = b->n_busy;
	b->busy[b->n_busy++] = agent;
}

/* A caller like that arrives. */
static void arrive(struct bench *b, uint32_t queue, uint32_t ask)
{
	struct world *w = b->world;
	struct world_call call = {.queue = queue,
	                          .ask = ask,
	                          .priority = world_any(w, 10) ? 0 : PRIORITY_HIGH,
	                          .waiting = true,
	                          .enqueued_ns = b->now_ns += TICK_NS};
	uint32_t number = world_call_add(w, &call), agent = WORLD_NOBODY, chosen;
	struct jf_call_id id = id_of(number);
	struct jf_acd_arrival arrival = {
	        .enqueued_ns = b->now_ns,
	        .priority = call.priority,
	        .n_steps = 1,
	        .steps = {{.requirement = b->asks[queue * WORLD_ASKS_PER_QUEUE + ask]}},
	};
	double from;

	if (number >= b->entries_room) {
		b->entries_room = w->calls_room;
		b->entries = realloc(b->entries, b->entries_room * sizeof(*b->entries));
		if (!b->entries)
			world_die("out of memory");
	}
	b->n_waiting++;
	from = clock_ns(b);
	need(jf_acd_enqueue(b->acd, b->queues[queue], &id, &arrival, b->now_ns,
	                    &b->entries[number]),
	     "enqueue");
	drain(b, &agent, &chosen);
	timed(b, clock_ns(b) - from);
	if (agent != WORLD_NOBODY) {
		connect(b, agent, number);
		b->n_waiting--;
		b->found++;
	}
	world_trace_add(w, &(struct world_event){b->now_ns, false, agent, number});
}

/* A busy agent's call ends. The call that it takes, or WORLD_NOBODY. */
static uint32_t end(struct bench *b, uint32_t agent)
{
	struct world *w = b->world;
	uint32_t call = WORLD_NOBODY, chosen = agent, last = b->busy[--b->n_busy];
	struct jf_acd_ref entry;
	double from;

	b->busy[b->busy_at[agent]] = last;
	b->busy_at[last] = b->busy_at[agent];
	b->now_ns += TICK_NS;
	w->agents[agent].ready = true;
	w->agents[agent].idle_since_ns = b->now_ns;
	entry = b->entries[b->call_of[agent]];
	from = clock_ns(b);
	need(jf_acd_end(b->acd, entry, b->now_ns), "end");
	drain(b, &chosen, &call);
	timed(b, clock_ns(b) - from);
	if (call != WORLD_NOBODY) {
		connect(b, agent, call);
		b->n_waiting--;
		b->found++;
	}
	world_trace_add(w, &(struct world_event){b->now_ns, true, agent, call});
	return call;
}

static void arrive_anywhere(struct bench *b)
{
	uint32_t kinds = b->world->size.queues * WORLD_ASKS_PER_QUEUE, kind;

	do
		kind = world_any(b->world, kinds);
	while (!b->possible[kind]);
	arrive(b, kind / WORLD_ASKS_PER_QUEUE, kind % WORLD_ASKS_PER_QUEUE);
}

/* ---- The two situations -----------------------------------------------------------------------
 */

static void measure_begin(struct bench *b)
{
	memset(b->histogram, 0, HISTOGRAM * sizeof(*b->histogram));
	b->spent_ns = 0;
	b->decisions = b->found = b->disturbed = 0;
	b->n_batch = 0;
	b->switches = switches();
	b->world->n_trace = 0;
}

static double percentile_us(const struct bench *b, double part)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < HISTOGRAM; i++) {
		n += b->histogram[i];
		if ((double)n >= part * (double)b->decisions)
			return (i + 1) / 100.0;
	}
	return HISTOGRAM / 100.0;
}

/* Everybody busy, so many wait. Gives the memory of a waiting call. */
static double fill(struct bench *b)
{
	uint32_t waiting = b->world->size.waiting;
	size_t before, others;

	while (b->n_busy < b->world->size.agents && b->n_waiting < waiting / 10)
		arrive_anywhere(b);
	before = mallinfo2().uordblks;
	others = b->world->calls_room * sizeof(*b->world->calls) +
	         b->world->trace_room * sizeof(*b->world->trace) +
	         b->entries_room * sizeof(*b->entries);
	uint32_t from = b->n_waiting;

	while (b->n_waiting < waiting)
		arrive_anywhere(b);
	others = b->world->calls_room * sizeof(*b->world->calls) +
	         b->world->trace_room * sizeof(*b->world->trace) +
	         b->entries_room * sizeof(*b->entries) - others;
	return (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before - others) /
	       (waiting - from);
}

static void callers_wait(struct bench *b, uint64_t decisions)
{
	while (b->decisions < decisions) {
		uint32_t taken = end(b, b->busy[world_any(b->world, b->n_busy)]);

		/* The next caller asks for the same: as many wait, for the same. */
		if (taken != WORLD_NOBODY)
			arrive(b, b->world->calls[taken].queue, b->world->calls[taken].ask);
		else
			arrive_anywhere(b);
	}
}

static void agents_wait(struct bench *b, uint64_t decisions)
{
	while (b->decisions < decisions) {
		arrive_anywhere(b);
		while (b->n_busy > b->world->size.agents / 2)
			(void)end(b, b->busy[world_any(b->world, b->n_busy)]);
	}
}

/* ---- The run ----------------------------------------------------------------------------------
 */

struct figures {
	double ns, p50_us, p99_us, bytes, scan_ns, sql_ns;
	uint64_t found;
	double disturbed; /* part of the decisions that do not count */
};

/* The world as it is now, for others to replay from. */
static void copy(const struct world *w, struct world *ret)
{
	*ret = *w;
	ret->agents = room_for(w->size.agents, sizeof(*ret->agents));
	memcpy(ret->agents, w->agents, w->size.agents * sizeof(*ret->agents));
	ret->calls = room_for(w->n_calls, sizeof(*ret->calls));
	memcpy(ret->calls, w->calls, w->n_calls * sizeof(*ret->calls));
}

static void peers(struct bench *b, const struct world *before, struct figures *ret)
{
	/* The calls of the trace, and the state at its beginning. */
	for (int peer = 0; peer < 2; peer++) {
		struct world replay;

		copy(b->world, &replay);
		memcpy(replay.agents, before->agents,
		       b->world->size.agents * sizeof(*replay.agents));
		memcpy(replay.calls, before->calls, before->n_calls * sizeof(*replay.calls));
		replay.n_calls = before->n_calls;
		*(peer ? &ret->sql_ns : &ret->scan_ns) =
		        peer ? world_sql(&replay) : world_scan(&replay);
		free(replay.agents);
		free(replay.calls);
	}
}

static struct figures situation(const struct world_size *size, uint64_t seed, bool calls,
                                uint64_t decisions, uint64_t peer_decisions)
{
	void (*const drive)(struct bench *, uint64_t) = calls ? callers_wait : agents_wait;
	struct figures f = {0};
	struct world w, before;
	struct bench b;

	world_make(&w, size, seed);
	bench_open(&b, &w);
	if (calls)
		f.bytes = fill(&b);
	else
		agents_wait(&b, 4 * size->agents);
	drive(&b, b.decisions + decisions / 10); /* warm */
	measure_begin(&b);
	if (peer_decisions) {
		copy(&w, &before);
		drive(&b, peer_decisions);
		peers(&b, &before, &f);
		free(before.agents);
		free(before.calls);
		measure_begin(&b);
	}
	drive(&b, decisions);
	f.ns = b.spent_ns / (double)b.decisions;
	f.p50_us = percentile_us(&b, 0.5);
	f.p99_us = percentile_us(&b, 0.99);
	f.found = b.found;
	f.disturbed = (double)b.disturbed / (double)(b.disturbed + b.decisions);
	bench_close(&b);
	world_free(&w);
	return f;
}

static void print(const char *name, const struct figures *f)
{
	printf("\"%s\": {\"ns\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"found\": %" PRIu64
	       ", \"disturbed\": %.4f, \"scan_ns\": %.1f, \"sql_ns\": %.1f}",
	       name, f->ns, f->p50_us, f->p99_us, f->found, f->disturbed, f->scan_ns, f->sql_ns);
}

int main(int argc, char **argv)
{
	struct figures calls, agents;
	struct world_size size;
	uint64_t n[7];

	if (argc != 8)
		world_die("AGENTS SKILLS QUEUES WAITING DECISIONS PEER-DECISIONS SEED");
	for (int i = 0; i < 7; i++)
		n[i] = strtoull(argv[i + 1], NULL, 10);
	size = (struct world_size){(uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2], (uint32_t)n[3]};
	if (size.agents < 10 || size.queues < 3 || size.skills < 10 || size.waiting < 10)
		world_die("too small");
	calls = situation(&size, n[6], true, n[4] / 2, n[5] / 2);
	agents = situation(&size, n[6], false, n[4] / 2, n[5] / 2);
	printf("{\"agents\": %u, \"waiting\": %u, \"bytes_per_waiting_call\": %.0f, ", size.agents,
	       size.waiting, calls.bytes);
	print("calls_waiting", &calls);
	printf(", ");
	print("agents_waiting", &agents);
	printf("}\n");
	return 0;
}
