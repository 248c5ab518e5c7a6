// SPDX-License-Identifier: BSD-3-Clause
#include "acd_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct jf_acd *acd;
struct jf_acd_ref queue;

int lab_open(const struct jf_acd_queue_options *options)
{
	assert_int_equal(jf_acd_create(&acd), 0);
	return jf_acd_queue_add(acd, "billing", 1, options, &queue);
}

int lab_close(void **state)
{
	(void)state;
	jf_acd_destroy(acd);
	return 0;
}

struct jf_acd_ref agent_ready(const char *name, uint64_t now_ns)
{
	struct jf_acd_ref a;

	assert_int_equal(jf_acd_agent_add(acd, name, 1, true, &a), 0);
	assert_int_equal(jf_acd_member_add(acd, a, queue, now_ns), 0);
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REGISTERED, now_ns), 0);
	return a;
}

struct jf_acd_ref enter_as(const struct jf_call_id *call, struct jf_acd_arrival arrival,
                           uint64_t now_ns)
{
	struct jf_acd_ref e;

	arrival.enqueued_ns = now_ns;
	assert_int_equal(jf_acd_enqueue(acd, queue, call, &arrival, now_ns, &e), 0);
	return e;
}

struct jf_acd_ref enter(uint64_t now_ns)
{
	return enter_as(&(struct jf_call_id){{0}}, (struct jf_acd_arrival){0}, now_ns);
}

struct jf_acd_ref offered(struct jf_acd_ref entry)
{
	struct jf_acd_ref to = jf_acd_nobody;
	struct jf_acd_output out;

	while (!jf_acd_next(acd, &out))
		if (out.type == JF_ACD_OFFER && jf_acd_ref_equal(out.entry, entry))
			to = out.agent;
	return to;
}

struct jf_acd_agent look(struct jf_acd_ref agent)
{
	struct jf_acd_agent seen;

	assert_int_equal(jf_acd_agent_get(acd, agent, &seen), 0);
	return seen;
}

struct jf_acd_queue counts(void)
{
	struct jf_acd_queue q;

	assert_int_equal(jf_acd_queue_get(acd, queue, &q), 0);
	return q;
}
