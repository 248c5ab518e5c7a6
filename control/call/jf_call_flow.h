/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call and its flow: what the rest of control/call asks of it. While the call is in-flow, engine/
 * ivr decides and jf_call_flow.c carries out; keys are the flow's alone. And the alarm that a
 * prompt is missing. Loop's thread; part of control/call.
 */
#ifndef JF_CALL_FLOW_H
#define JF_CALL_FLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct jf_call;
struct jf_calls;

/* It begins, where flow_name and flow_node say, or goes on when its transfer failed. */
void jf_call_flow_begin(struct jf_call *call);

/* What was to be said is said. */
void jf_call_flow_said(struct jf_call *call);

/* False: the call is in none, and the key somebody else's. */
bool jf_call_flow_key(struct jf_call *call, char key);

/* Carries out what it ends with, if it does: true, and the call has gone on. Not while an event of
 * the call is carried out: then it does nothing, and is asked again after that. */
bool jf_call_flow_conclude(struct jf_call *call);

/* Lets go of the flow once the call's state says so. */
void jf_call_flow_settle(struct jf_call *call);
void jf_call_flow_free(struct jf_call *call);

/* {"path", "name", "node", "language"}; NULL: it was in none. */
json_t *jf_call_flow_json(const struct jf_call *call);

#define JF_CALL_MISSING      16u
#define JF_CALL_MISSING_PATH 256u

/* A prompt that could not be played. */
struct jf_call_missing {
	char path[JF_CALL_MISSING_PATH];
	int err;
	uint64_t count, last_ns;
};

/* An event, and shown from then on: jf_call_alarm.c. */
void jf_call_prompt_missing(struct jf_call *call, const char *path, int err);
json_t *jf_calls_missing_json(const struct jf_calls *calls);

#endif
