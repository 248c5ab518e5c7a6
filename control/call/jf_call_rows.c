// SPDX-License-Identifier: BSD-3-Clause
/*
 * Rows of calls, agents and their contacts that have changed are stored together, JF_CALL_ROWS_MS
 * after the first of them: a call's states follow each other within milliseconds, and only the last
 * one matters to a process that starts. What can't be queued stays marked and is tried again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"

#define REGISTRATIONS_MAX 128u  /* the same, of agents' contacts, which are plain bytes */
#define ROWS_MAX          6u    /* of calls, and of agents, made in one turn of the loop: 0.5 ms */
#define RETRY_MS          1000u /* the store's queue is full */

static void due(void *arg)
{
	jf_loop_part(JF_LOOP_ROWS);
	jf_call_rows_flush(arg);
}

static void arm(struct jf_calls *calls, uint64_t delay_ms)
{
	if (!calls->stopped && !jf_loop_timer_running(&calls->rows.timer))
		jf_loop_timer_start(&calls->rows.timer, delay_ms, due, calls);
}

void jf_call_row_store(struct jf_call *call)
{
	/* What waits with nobody on the line has a row of its own. */
	if (call->task && !call->caller.leg)
		return;
	if (!call->calls->stopped && !jf_link_linked(&call->row_link))
		jf_list_append(&call->calls->rows.calls, &call->row_link);
	arm(call->calls, JF_CALL_ROWS_MS);
}

/* Room for a mark of that agent, and for one more reference. */
static bool agents_room(struct jf_call_rows *rows, uint32_t index)
{
	uint32_t room = rows->agents_room ? rows->agents_room : 64;
	struct jf_acd_ref *agents;
	uint8_t *marked;

	while (room <= index)
		room *= 2;
	if (room == rows->agents_room)
		return true;
	agents = realloc(rows->agents, room * sizeof(*agents));
	if (agents)
		rows->agents = agents;
	marked = agents ? realloc(rows->marked, room) : NULL;
	if (!marked)
		return false;
	memset(marked + rows->agents_room, 0, room - rows->agents_room);
	rows->marked = marked;
	rows->agents_room = room;
	return true;
}

void jf_agent_row_store(struct jf_calls *calls, struct jf_acd_ref agent)
{
	struct jf_call_rows *rows = &calls->rows;

	if (calls->stopped)
		return;
	if (!agents_room(rows, agent.index)) {
		jf_log(JF_LOG_ACD, JF_LOG_ERROR, NULL, "an agent's state is not stored: %s",
		       strerror(ENOMEM));
		return;
	}
	if (!rows->marked[agent.index])
		rows->agents[rows->n_agents++] = agent;
	rows->marked[agent.index] = 1;
	arm(calls, JF_CALL_ROWS_MS);
}

/* An agent of a flood of REGISTER may be there twice: the same row is then put twice. */
void jf_registrations_row_store(struct jf_calls *calls, const char *agent)
{
	struct jf_call_rows *rows = &calls->rows;

	if (calls->stopped)
		return;
	if (rows->n_registered == rows->registered_room) {
		uint32_t room = rows->registered_room ? rows->registered_room * 2 : 64;
		void *grown = realloc(rows->registered, room * sizeof(*rows->registered));

		if (!grown) {
			jf_log(JF_LOG_CALL, JF_LOG_ERROR, NULL, "a registration is not stored: %s",
			       strerror(ENOMEM));
			return;
		}
		rows->registered = grown;
		rows->registered_room = room;
	}
	snprintf(rows->registered[rows->n_registered++], sizeof(*rows->registered), "%s", agent);
	arm(calls, JF_CALL_ROWS_MS);
}

/* The marks go when the batch is the store's. */
static void unmark(struct jf_call_rows *rows, uint32_t n_calls, uint32_t n_agents,
                   uint32_t n_registered)
{
	rows->n_registered -= n_registered;
	for (uint32_t i = 0; i < n_calls; i++)
		jf_list_remove(jf_list_first(&rows->calls));
	for (uint32_t i = rows->n_agents - n_agents; i < rows->n_agents; i++)
		rows->marked[rows->agents[i].index] = 0;
	rows->n_agents -= n_agents;
}

static bool is_clean(const struct jf_call_rows *rows)
{
	return jf_list_empty(&rows->calls) && !rows->n_agents && !rows->n_registered;
}

/* true: there is nothing left. */
static bool flush_some(struct jf_calls *calls, int *ret_err)
{
	struct jf_call_rows *rows = &calls->rows;
	struct jf_store_batch *batch;
	uint32_t n_calls = 0, n_agents = 0, n_registered = 0;

	if (is_clean(rows))
		return true;
	batch = jf_store_batch_begin(calls->config.store);
	JF_LIST_FOR(link, &rows->calls)
	{
		if (n_calls == ROWS_MAX)
			break;
		jf_call_row_put(JF_CONTAINER(link, struct jf_call, row_link), batch);
		n_calls++;
	}
	for (; n_agents < rows->n_agents && n_agents < ROWS_MAX; n_agents++)
		jf_agent_row_put(calls, rows->agents[rows->n_agents - 1 - n_agents], batch);
	for (; n_registered < rows->n_registered && n_registered < REGISTRATIONS_MAX;
	     n_registered++)
		jf_registrations_row_put(
		        calls, rows->registered[rows->n_registered - 1 - n_registered], batch);
	*ret_err = jf_store_batch_commit(batch, NULL, NULL);
	if (*ret_err)
		return false;
	unmark(rows, n_calls, n_agents, n_registered);
	return is_clean(rows);
}

void jf_call_rows_flush(struct jf_calls *calls)
{
	int err = 0;

	if (flush_some(calls, &err))
		return;
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, NULL, "calls and agents wait for the store: %s",
		       strerror(-err));
	arm(calls, err ? RETRY_MS : 0);
}

void jf_call_rows_close(struct jf_calls *calls)
{
	int err = 0;

	jf_loop_timer_cancel(&calls->rows.timer);
	while (!err && !flush_some(calls, &err))
		;
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, NULL, "calls and agents are not stored: %s",
		       strerror(-err));
}
