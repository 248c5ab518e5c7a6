// SPDX-License-Identifier: BSD-3-Clause
/* The way of a queue that is a table: a query a decision, in SQLite's memory, prepared, with the
 * indexes that it needs. Who suits what is a table as well, made before the clock runs. */
#include "jf_acd_world.h"

#include <sqlite3.h>
#include <stddef.h>

enum { CALL_FOR, AGENT_FOR, CALL_NEW, CALL_DONE, AGENT_BUSY, AGENT_READY, SUITS, AGENT_NEW, N_SQL };

static const char *const schema =
        "pragma journal_mode = off; pragma synchronous = off;"
        "create table agents(id integer primary key, ready int, idle_since int);"
        "create table suits(agent int, queue int, ask int);"
        "create index suits_agent on suits(agent, queue, ask);"
        "create index suits_ask on suits(queue, ask, agent);"
        "create table calls(id integer primary key, queue int, ask int, priority int, enqueued "
        "int);"
        "create index calls_ask on calls(queue, ask, priority, enqueued);";

static const char *const texts[N_SQL] = {
        [CALL_FOR] = "select c.id from suits s join calls c on c.queue = s.queue and c.ask = s.ask "
                     "where s.agent = ? order by c.priority desc, c.enqueued limit 1",
        [AGENT_FOR] = "select a.id from suits s join agents a on a.id = s.agent where s.queue = ? "
                      "and s.ask = ? and a.ready = 1 order by a.idle_since limit 1",
        [CALL_NEW] = "insert into calls values(?, ?, ?, ?, ?)",
        [CALL_DONE] = "delete from calls where id = ?",
        [AGENT_BUSY] = "update agents set ready = 0 where id = ?",
        [AGENT_READY] = "update agents set ready = 1, idle_since = ?2 where id = ?1",
        [SUITS] = "insert into suits values(?, ?, ?)",
        [AGENT_NEW] = "insert into agents values(?, ?, ?)",
};

struct table {
	sqlite3 *db;
	sqlite3_stmt *sql[N_SQL];
};

/* Runs a statement; the first column of the first row, or WORLD_NOBODY. */
static uint32_t run(struct table *t, int which, const int64_t *values, int n)
{
	sqlite3_stmt *s = t->sql[which];
	uint32_t found = WORLD_NOBODY;
	int err;

	for (int i = 0; i < n; i++)
		sqlite3_bind_int64(s, i + 1, values[i]);
	err = sqlite3_step(s);
	if (err == SQLITE_ROW)
		found = (uint32_t)sqlite3_column_int64(s, 0);
	else if (err != SQLITE_DONE)
		world_die(sqlite3_errmsg(t->db));
	sqlite3_reset(s);
	return found;
}

#define RUN(t, which, ...)                                                                         \
	run(t, which, (const int64_t[]){__VA_ARGS__},                                              \
	    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void call_new(struct table *t, const struct world *w, uint32_t call)
{
	const struct world_call *c = &w->calls[call];

	RUN(t, CALL_NEW, call, c->queue, c->ask, c->priority, (int64_t)c->enqueued_ns);
}

static void open_tables(struct table *t, const struct world *w)
{
	if (sqlite3_open(":memory:", &t->db) || sqlite3_exec(t->db, schema, NULL, NULL, NULL))
		world_die("sqlite");
	for (int i = 0; i < N_SQL; i++)
		if (sqlite3_prepare_v2(t->db, texts[i], -1, &t->sql[i], NULL))
			world_die(sqlite3_errmsg(t->db));
	sqlite3_exec(t->db, "begin", NULL, NULL, NULL);
	for (uint32_t a = 0; a < w->size.agents; a++) {
		const struct world_agent *agent = &w->agents[a];

		RUN(t, AGENT_NEW, a, agent->ready, (int64_t)agent->idle_since_ns);
		for (uint32_t i = 0; i < agent->n_queues; i++)
			for (uint32_t k = 0; k < WORLD_ASKS_PER_QUEUE; k++)
				if (world_suits(w, a, agent->queues[i], k))
					RUN(t, SUITS, a, agent->queues[i], k);
	}
	for (uint32_t i = 0; i < w->n_calls; i++)
		if (w->calls[i].waiting)
			call_new(t, w, i);
	sqlite3_exec(t->db, "commit; analyze", NULL, NULL, NULL);
}

double world_sql(struct world *w)
{
	struct table t;
	double from;

	open_tables(&t, w);
	from = world_spent_ns();
	for (uint32_t i = 0; i < w->n_trace; i++) {
		const struct world_event *e = &w->trace[i];

		if (e->freed) {
			RUN(&t, AGENT_READY, e->agent, (int64_t)e->now_ns);
			if (RUN(&t, CALL_FOR, e->agent) != e->call)
				world_die("SQL gives a freed agent another call");
		} else {
			const struct world_call *c = &w->calls[e->call];

			call_new(&t, w, e->call);
			if (RUN(&t, AGENT_FOR, c->queue, c->ask) != e->agent)
				world_die("SQL gives a call another agent");
		}
		if (e->agent != WORLD_NOBODY && e->call != WORLD_NOBODY) {
			RUN(&t, CALL_DONE, e->call);
			RUN(&t, AGENT_BUSY, e->agent);
		}
	}
	from = world_spent_ns() - from;
	for (int i = 0; i < N_SQL; i++)
		sqlite3_finalize(t.sql[i]);
	sqlite3_close(t.db);
	return from / w->n_trace;
}
