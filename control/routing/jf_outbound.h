/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which trunks a call to the outside may take, in the order of trying, and why not the others. A
 * pure choice: directory, health and usage in, a list with reasons out.
 *
 * A tenant calls nobody unless its directory says whom (default deny). Of the trunks that may carry
 * the number, lower priorities come first; those of the same priority are drawn by weight.
 */
#ifndef JF_OUTBOUND_H
#define JF_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_directory.h"
#include "jf_number.h"
#include "jf_usage.h"

#define JF_OUTBOUND_MAX 16u /* candidates; more are not looked at */

/* Why the call can't be made at all. name, text for people and records, SIP code for the caller */
#define JF_OUTBOUND_REFUSALS(X)                                                                    \
	X(NONE, "none", 0)                                                                         \
	X(NOT_PERMITTED, "the tenant has no outgoing calls", 403)                                  \
	X(BAD_NUMBER, "no telephone number", 404)                                                  \
	X(DENIED, "the number is denied", 403)                                                     \
	X(NOT_ALLOWED, "the number is not among those allowed", 403)                               \
	X(TENANT_CALLS, "the tenant's cap on calls is reached", 503)                               \
	X(TENANT_RATE, "the tenant's cap on calls a second is reached", 503)                       \
	X(TENANT_MINUTES, "the tenant's minutes of the day are used up", 403)                      \
	X(NO_TRUNK, "no trunk can take it", 503)

enum jf_outbound_refusal {
#define X(name, text, code) JF_OUTBOUND_##name,
	JF_OUTBOUND_REFUSALS(X)
#undef X
};

const char *jf_outbound_refusal_text(enum jf_outbound_refusal refusal);
uint16_t jf_outbound_refusal_code(enum jf_outbound_refusal refusal);

/* Whether somebody may be trying something: told as an alarm. */
bool jf_outbound_is_alarm(enum jf_outbound_refusal refusal);

/* Why a trunk was passed over. */
#define JF_OUTBOUND_VERDICTS(X)                                                                    \
	X(ELIGIBLE, "eligible")                                                                    \
	X(PREFIX, "prefix not carried")                                                            \
	X(DOWN, "down")                                                                            \
	X(UNREGISTERED, "not registered")                                                          \
	X(CALLS, "cap on calls")                                                                   \
	X(RATE, "cap on calls a second")                                                           \
	X(MINUTES, "cap on minutes a day")

enum jf_outbound_verdict {
#define X(name, text) JF_OUTBOUND_IS_##name,
	JF_OUTBOUND_VERDICTS(X)
#undef X
};

const char *jf_outbound_verdict_text(enum jf_outbound_verdict verdict);

/* What is known of a trunk. usage: counted up to now. */
struct jf_outbound_state {
	bool down;
	bool unregistered; /* it registers, and isn't */
	struct jf_usage usage;
};

struct jf_outbound_query {
	const struct jf_directory *directory;
	const char *tenant;
	const char *number; /* as dialled */
	uint64_t now_ns;
	uint64_t random;                     /* draws among weights; the same draws the same */
	const struct jf_usage *tenant_usage; /* counted up to now */
	void (*state)(const struct jf_directory_trunk *trunk, struct jf_outbound_state *ret_state,
	              void *arg);
	void *arg;
};

struct jf_outbound_candidate {
	const struct jf_directory_trunk *trunk;
	enum jf_outbound_verdict verdict;
};

struct jf_outbound_choice {
	enum jf_outbound_refusal refusal;
	char number[JF_NUMBER_MAX]; /* normalised; "" when there is none */
	unsigned n_candidates;
	unsigned n_eligible; /* they come first, in the order of trying */
	struct jf_outbound_candidate candidates[JF_OUTBOUND_MAX];
};

void jf_outbound_choose(const struct jf_outbound_query *query,
                        struct jf_outbound_choice *ret_choice);

#endif
