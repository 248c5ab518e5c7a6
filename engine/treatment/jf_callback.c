// SPDX-License-Identifier: BSD-3-Clause
#include "jf_callback.h"

#include <errno.h>
#include <string.h>

#include "jf_time.h"

static const char *const state_names[] = {
#define X(name, text) [JF_CALLBACK_##name] = text,
        JF_CALLBACK_STATES(X)
#undef X
};

const char *jf_callback_state_name(enum jf_callback_state state)
{
	return (unsigned int)state < JF_CALLBACK_STATE_COUNT ? state_names[state] : "?";
}

int jf_callback_state_parse(const char *text, enum jf_callback_state *ret_state)
{
	for (unsigned int s = 0; s < JF_CALLBACK_STATE_COUNT; s++)
		if (!strcmp(text, state_names[s])) {
			*ret_state = (enum jf_callback_state)s;
			return 0;
		}
	return -EINVAL;
}

/* ---- The table ------------------------------------------------------------------------------- */

struct row {
	enum jf_callback_state next;
	enum jf_callback_do does;
	bool stands; /* else the event changes nothing */
};

#define ON(event) [JF_CALLBACK_EVENT_##event]
#define GO(state, does)                                                                            \
	{                                                                                          \
		JF_CALLBACK_##state, JF_CALLBACK_DO_##does, true                                   \
	}

/* Whoever is called first. */
#define ANYHOW ON(WITHDRAWN) = GO(FAILED, FINISH), ON(CLOSED) = GO(RETRY, PUT_OFF)

/* clang-format off */
#define REST                                                                                       \
	[JF_CALLBACK_TALKING] = {ON(ENDED) = GO(DONE, FINISH), ON(WITHDRAWN) = GO(DONE, FINISH)},  \
	[JF_CALLBACK_RETRY] = {ANYHOW, ON(DUE) = GO(WAITING, ENTER)}

static const struct row agent_first[JF_CALLBACK_STATE_COUNT][JF_CALLBACK_EVENT_COUNT] = {
	[JF_CALLBACK_WAITING] = {ANYHOW, ON(OFFERED) = GO(AGENT_RINGING, CALL_AGENT)},
	[JF_CALLBACK_AGENT_RINGING] = {
		ANYHOW,
		ON(AGENT_ANSWERED) = GO(CUSTOMER_RINGING, CALL_CUSTOMER),
		ON(AGENT_FAILED) = GO(WAITING, WAIT),
	},
	[JF_CALLBACK_CUSTOMER_RINGING] = {
		ANYHOW,
		ON(CUSTOMER_ANSWERED) = GO(TALKING, JOIN),
		ON(CUSTOMER_FAILED) = GO(RETRY, PUT_OFF),
		ON(AGENT_FAILED) = GO(WAITING, WAIT),
	},
	REST,
};

static const struct row customer_first[JF_CALLBACK_STATE_COUNT][JF_CALLBACK_EVENT_COUNT] = {
	[JF_CALLBACK_WAITING] = {ANYHOW, ON(OFFERED) = GO(CUSTOMER_RINGING, CALL_CUSTOMER)},
	[JF_CALLBACK_CUSTOMER_RINGING] = {
		ANYHOW,
		ON(CUSTOMER_ANSWERED) = GO(AGENT_RINGING, CALL_AGENT),
		ON(CUSTOMER_FAILED) = GO(RETRY, PUT_OFF),
	},
	[JF_CALLBACK_AGENT_RINGING] = {
		ANYHOW,
		ON(AGENT_ANSWERED) = GO(TALKING, JOIN),
		ON(AGENT_FAILED) = GO(ON_LINE, WAIT),
		ON(CUSTOMER_FAILED) = GO(RETRY, PUT_OFF),
	},
	[JF_CALLBACK_ON_LINE] = {
		ANYHOW,
		ON(OFFERED) = GO(AGENT_RINGING, CALL_AGENT),
		ON(CUSTOMER_FAILED) = GO(RETRY, PUT_OFF),
	},
	REST,
};
/* clang-format on */

/* ---- Stepping -------------------------------------------------------------------------------- */

void jf_callback_begin(struct jf_callback *c, uint64_t enqueued_ns, uint64_t left_ns)
{
	*c = (struct jf_callback){
	        .state = JF_CALLBACK_WAITING, .enqueued_ns = enqueued_ns, .left_ns = left_ns};
}

enum jf_callback_do jf_callback_step(struct jf_callback *c, const struct jf_callback_policy *policy,
                                     enum jf_callback_event event, uint64_t now_ns)
{
	struct row row = policy->customer_first ? customer_first[c->state][event]
	                                        : agent_first[c->state][event];

	if (!row.stands)
		return JF_CALLBACK_DO_NOTHING;
	/* Only a customer who was not reached uses up attempts. */
	if (event == JF_CALLBACK_EVENT_CUSTOMER_FAILED && ++c->attempts >= policy->attempts_max)
		row = (struct row)GO(FAILED, FINISH);
	if (event == JF_CALLBACK_EVENT_CUSTOMER_ANSWERED)
		c->answered_ns = now_ns;
	if (row.does == JF_CALLBACK_DO_JOIN)
		c->joined_ns = now_ns;
	if (row.does == JF_CALLBACK_DO_PUT_OFF)
		c->next_ns = event == JF_CALLBACK_EVENT_CLOSED ? now_ns : now_ns + policy->retry_ns;
	c->state = row.next;
	return row.does;
}

void jf_callback_put_off(struct jf_callback *c, uint64_t at_ns)
{
	if (c->state == JF_CALLBACK_RETRY && at_ns > c->next_ns)
		c->next_ns = at_ns;
}

void jf_callback_restore(struct jf_callback *c)
{
	if (jf_callback_is_over(c) || c->state == JF_CALLBACK_RETRY)
		return;
	c->state = JF_CALLBACK_WAITING;
	c->answered_ns = 0;
}

uint64_t jf_callback_gross_ns(const struct jf_callback *c, uint64_t now_ns)
{
	return jf_time_since(c->enqueued_ns, c->joined_ns ? c->joined_ns : now_ns);
}

uint64_t jf_callback_net_ns(const struct jf_callback *c, uint64_t now_ns)
{
	uint64_t net_ns = jf_time_since(c->enqueued_ns, c->left_ns);

	if (c->answered_ns)
		net_ns += jf_time_since(c->answered_ns, c->joined_ns ? c->joined_ns : now_ns);
	return net_ns;
}
