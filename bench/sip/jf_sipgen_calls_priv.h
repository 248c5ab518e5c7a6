/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_SIPGEN_CALLS_PRIV_H
#define JF_SIPGEN_CALLS_PRIV_H

#include "jf_heap.h"
#include "jf_sipgen_calls.h"

#define JF_SIPGEN_TO_MAX    160u
#define JF_SIPGEN_URI_MAX   160u
#define JF_SIPGEN_ROUTE_MAX 400u
#define JF_SIPGEN_REPLY_MAX 1600u

enum jf_sipgen_caller_state {
	JF_SIPGEN_CALLER_IDLE,     /* the place is free */
	JF_SIPGEN_CALLER_INVITING, /* nothing has come back */
	JF_SIPGEN_CALLER_WAITING,  /* a provisional answer has */
	JF_SIPGEN_CALLER_TALKING,
	JF_SIPGEN_CALLER_LEAVING, /* BYE is out */
	JF_SIPGEN_CALLER_LEFT,
};

enum jf_sipgen_agent_state {
	JF_SIPGEN_AGENT_IDLE,
	JF_SIPGEN_AGENT_ANSWERED, /* no ACK yet */
	JF_SIPGEN_AGENT_TALKING,
	JF_SIPGEN_AGENT_LEFT,
};

struct jf_sipgen_call {
	uint64_t number; /* its place: modulo the capacity */
	uint8_t caller, agent;
	bool up;
	uint64_t hold_ns;
	uint64_t invited_ns, left_ns;
	uint64_t pause_ns, reply_pause_ns; /* until the next time the same is sent */
	struct jf_heap_node caller_timer, agent_timer;
	struct sockaddr_in agent_peer;

	/* What the 200 told. */
	char to[JF_SIPGEN_TO_MAX], target[JF_SIPGEN_URI_MAX], routes[JF_SIPGEN_ROUTE_MAX];
	uint32_t reply_length;
	char reply[JF_SIPGEN_REPLY_MAX]; /* the agent's 200 */
};

struct jf_sipgen_calls {
	struct jf_sipgen_calls_config config;
	struct jf_sipgen_call *calls;
	uint64_t next_number;
	uint64_t release_from; /* the lowest number that may still be held */
	uint64_t run;          /* makes Call-IDs and branches unlike those of another process */
	struct jf_heap timers;
	struct jf_sipgen_results results;
};

/* jf_sipgen_caller.c: what the callers send. */
void jf_sipgen_send_invite(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call);

/* Keeps what the later requests are made of. false: it doesn't fit. */
bool jf_sipgen_take_success(struct jf_sipgen_call *call, const struct jf_sipgen_message *message);

/* refusal: the answer that is acknowledged in the INVITE's own transaction; NULL: the 200. */
void jf_sipgen_send_ack(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call,
                        const struct jf_sipgen_message *refusal);
void jf_sipgen_send_bye(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call);

/* jf_sipgen_agent.c: what the agents answer. */
void jf_sipgen_send_ringing(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call,
                            const struct jf_sipgen_message *invite);

/* Makes the call's 200. false: it doesn't fit. */
bool jf_sipgen_make_success(struct jf_sipgen_calls *calls, struct jf_sipgen_call *call,
                            const struct jf_sipgen_message *invite);
void jf_sipgen_send_success(struct jf_sipgen_calls *calls, const struct jf_sipgen_call *call);
void jf_sipgen_send_status(struct jf_sipgen_calls *calls, enum jf_sipgen_side side,
                           const struct jf_sipgen_message *request, const struct sockaddr_in *to,
                           const char *status);

/* Headers of a body and the body: SDP of that side. */
void jf_sipgen_add_sdp(struct jf_sipgen_buffer *buffer, enum jf_sipgen_side side, uint64_t number);

#endif
