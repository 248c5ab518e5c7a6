/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls placed through a SIP server to agents of our own, both ends in one process: who called is
 * told by the user of From, a number that each call has to itself and the server hands on.
 *
 *   caller                    server                      agent
 *   INVITE with SDP  ->                ->  INVITE         180, 200 with SDP at once
 *   ACK once there is a 200            ->  ACK
 *   both have what they need: the call is up, and is held for its time
 *   BYE              ->                ->  BYE            200
 *   200              <-                                   complete: all of that, in that order
 *
 * No RTP is sent, and the SDP of both says so (recvonly). Requests and 200s are sent again as RFC
 * 3261 says (T1 500 ms, doubled up to 4 s), which is counted; a call that is refused, or isn't up,
 * or over, within JF_SIPGEN_LIMIT_NS, has failed. OPTIONS in a dialog is answered.
 *
 * One thread; now_ns is CLOCK_MONOTONIC.
 */
#ifndef JF_SIPGEN_CALLS_H
#define JF_SIPGEN_CALLS_H

#include "jf_gen_histogram.h"
#include "jf_sipgen_wire.h"

#define JF_SIPGEN_LIMIT_NS UINT64_C(10000000000)
#define JF_SIPGEN_HELD     UINT64_MAX

struct jf_sipgen_calls;

struct jf_sipgen_calls_config {
	struct jf_sipgen_wire *wire;
	struct sockaddr_in server;
	uint32_t called, n_called; /* the first of the numbers that are called, and how many */
	uint32_t capacity;         /* calls at once; a power of two */
};

struct jf_sipgen_results {
	uint64_t started, completed;
	uint64_t up;                   /* at the moment */
	uint64_t active;               /* at the moment, up or not */
	uint64_t refused;              /* a final answer but 200 */
	uint64_t timed_out;            /* JF_SIPGEN_LIMIT_NS were over */
	uint64_t wrong;                /* something came that doesn't belong to the call's state */
	uint64_t repeated;             /* messages that we sent again */
	uint16_t refused_code;         /* the latest */
	struct jf_gen_histogram dial;  /* ns from the caller's INVITE to the agent's on the wire */
	struct jf_gen_histogram setup; /* ns from the caller's INVITE until the call is up */
	struct jf_gen_histogram close; /* ns from the caller's BYE to its 200 */
	struct jf_gen_histogram refusal; /* ns from the caller's INVITE to what refuses it */
};

/* 0, -EINVAL or -ENOMEM. The wire must outlive it. */
int jf_sipgen_calls_create(const struct jf_sipgen_calls_config *config,
                           struct jf_sipgen_calls **ret_calls);
void jf_sipgen_calls_destroy(struct jf_sipgen_calls *calls);

/* Sends an INVITE. Once up the call is held for hold_ns, or until jf_sipgen_calls_release.
 * -EBUSY: the place of the oldest call isn't free yet. */
int jf_sipgen_call_start(struct jf_sipgen_calls *calls, uint64_t hold_ns, uint64_t now_ns);

/* Ends one call that is held until now; false: there is none. */
bool jf_sipgen_calls_release(struct jf_sipgen_calls *calls, uint64_t now_ns);

/* A message that has come for that side. */
void jf_sipgen_calls_receive(struct jf_sipgen_calls *calls, enum jf_sipgen_side side,
                             const struct jf_sipgen_message *message,
                             const struct jf_sipgen_received *received, uint64_t now_ns);

/* Does what is due. Gives when the next is; UINT64_MAX: nothing is. */
uint64_t jf_sipgen_calls_turn(struct jf_sipgen_calls *calls, uint64_t now_ns);

/* Since the last reset, which leaves calls alone. */
const struct jf_sipgen_results *jf_sipgen_calls_results(const struct jf_sipgen_calls *calls);
void jf_sipgen_calls_reset(struct jf_sipgen_calls *calls);

static inline uint64_t jf_sipgen_failed(const struct jf_sipgen_results *results)
{
	return results->refused + results->timed_out + results->wrong;
}

#endif
