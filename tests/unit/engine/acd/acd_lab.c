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

struct jf_acd_ref enter(uint64_t now_ns)
{
	const struct jf_acd_arrival arrival = {.enqueued_ns = now_ns};
	struct jf_call_id id = {{0}};
	struct jf_acd_ref e;

	assert_int_equal(jf_acd_enqueue(acd, queue, &id, &arrival, now_ns, &e), 0);
	return e;
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
