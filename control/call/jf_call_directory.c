// SPDX-License-Identifier: BSD-3-Clause
/* Another directory in force: at once for calls, a few agents a turn for the ACD. */
#include <errno.h>
#include <string.h>

#include "jf_call_priv.h"

#define AGENTS_A_TURN 100u /* well below a millisecond */

int jf_calls_directory_begin(struct jf_calls *calls, const struct jf_directory *directory)
{
	const struct jf_directory *former = jf_routing_directory(calls->routing);
	int err = jf_routing_begin(calls->routing, directory, jf_loop_now_ns());

	if (err)
		return err;
	calls->former = former;
	calls->former_at = 0;
	jf_call_trunks_set(calls->trunks, directory);
	jf_call_doors_look(calls);
	return 0;
}

/* Whoever is gone from the directory, or has another password, has to register anew. False: those
 * were all. */
static bool former_step(struct jf_calls *calls)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *agents;
	size_t n = 0, end;

	if (!calls->former)
		return false;
	agents = jf_directory_agents(calls->former, &n);
	end = calls->former_at + AGENTS_A_TURN < n ? calls->former_at + AGENTS_A_TURN : n;
	for (; calls->former_at < end; calls->former_at++) {
		const struct jf_directory_agent *was = &agents[calls->former_at], *now;

		now = directory ? jf_directory_agent_find(directory, was->id) : NULL;
		if (!now || strcmp(now->ha1, was->ha1) != 0)
			jf_sip_registrations_drop(calls->config.sip, was->id);
		else
			jf_call_kpi_agent_set(calls, was, now);
	}
	return calls->former_at < n;
}

int jf_calls_directory_step(struct jf_calls *calls)
{
	if (former_step(calls))
		return 1;
	calls->former = NULL;
	return jf_routing_step(calls->routing, AGENTS_A_TURN, jf_loop_now_ns());
}

int jf_calls_directory_set(struct jf_calls *calls, const struct jf_directory *directory)
{
	int err = jf_calls_directory_begin(calls, directory), step;

	if (err)
		return err;
	while ((step = jf_calls_directory_step(calls)))
		if (step < 0)
			err = step;
	return err;
}
