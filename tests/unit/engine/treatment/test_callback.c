// SPDX-License-Identifier: BSD-3-Clause
#include "jf_callback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_time.h"

#define S JF_NS_PER_S

static const struct jf_callback_policy agent_first = {.attempts_max = 2, .retry_ns = 60 * S};
static const struct jf_callback_policy customer_first = {
        .customer_first = true, .attempts_max = 2, .retry_ns = 60 * S};
static struct jf_callback c;

static enum jf_callback_do step(const struct jf_callback_policy *policy,
                                enum jf_callback_event event, uint64_t now_ns)
{
	return jf_callback_step(&c, policy, event, now_ns);
}

#define STEP(policy, event, at_s) step(&(policy), JF_CALLBACK_EVENT_##event, (at_s)*S)

static int begin(void **state)
{
	(void)state;
	jf_callback_begin(&c, 10 * S, 30 * S);
	return 0;
}

static void the_agent_first(void **state)
{
	(void)state;
	assert_int_equal(STEP(agent_first, OFFERED, 100), JF_CALLBACK_DO_CALL_AGENT);
	assert_int_equal(STEP(agent_first, AGENT_FAILED, 110), JF_CALLBACK_DO_WAIT);
	assert_int_equal(STEP(agent_first, OFFERED, 120), JF_CALLBACK_DO_CALL_AGENT);
	assert_int_equal(STEP(agent_first, AGENT_ANSWERED, 125), JF_CALLBACK_DO_CALL_CUSTOMER);
	assert_int_equal(STEP(agent_first, CUSTOMER_ANSWERED, 130), JF_CALLBACK_DO_JOIN);
	assert_int_equal(jf_callback_gross_ns(&c, 999 * S), 120 * S);
	assert_int_equal(jf_callback_net_ns(&c, 999 * S), 20 * S); /* before it left */
	assert_int_equal(STEP(agent_first, ENDED, 200), JF_CALLBACK_DO_FINISH);
	assert_int_equal(c.state, JF_CALLBACK_DONE);
}

static void the_customer_first(void **state)
{
	(void)state;
	assert_int_equal(STEP(customer_first, OFFERED, 100), JF_CALLBACK_DO_CALL_CUSTOMER);
	assert_int_equal(STEP(customer_first, CUSTOMER_ANSWERED, 110), JF_CALLBACK_DO_CALL_AGENT);
	assert_int_equal(STEP(customer_first, AGENT_FAILED, 115), JF_CALLBACK_DO_WAIT);
	assert_int_equal(c.state, JF_CALLBACK_ON_LINE);
	assert_int_equal(STEP(customer_first, OFFERED, 120), JF_CALLBACK_DO_CALL_AGENT);
	assert_int_equal(STEP(customer_first, AGENT_ANSWERED, 125), JF_CALLBACK_DO_JOIN);
	assert_int_equal(jf_callback_net_ns(&c, 0), 35 * S); /* 20 before, 15 on the line */
	assert_int_equal(c.attempts, 0);                     /* none in vain */
}

static void who_is_not_reached_is_tried_again_so_often(void **state)
{
	(void)state;
	STEP(agent_first, OFFERED, 100);
	STEP(agent_first, AGENT_ANSWERED, 101);
	assert_int_equal(STEP(agent_first, CUSTOMER_FAILED, 130), JF_CALLBACK_DO_PUT_OFF);
	assert_int_equal(c.next_ns, 190 * S);
	jf_callback_put_off(&c, 500 * S); /* it opens then */
	assert_int_equal(c.next_ns, 500 * S);
	assert_int_equal(STEP(agent_first, DUE, 500), JF_CALLBACK_DO_ENTER);
	assert_int_equal(c.enqueued_ns, 10 * S); /* its age */
	STEP(agent_first, OFFERED, 501);
	STEP(agent_first, AGENT_ANSWERED, 502);
	assert_int_equal(STEP(agent_first, CUSTOMER_FAILED, 530), JF_CALLBACK_DO_FINISH);
	assert_int_equal(c.state, JF_CALLBACK_FAILED);
}

static void a_queue_that_closes_uses_up_no_attempt(void **state)
{
	(void)state;
	assert_int_equal(STEP(agent_first, CLOSED, 50), JF_CALLBACK_DO_PUT_OFF);
	assert_int_equal(c.next_ns, 50 * S);
	assert_int_equal(c.attempts, 0);
	STEP(agent_first, DUE, 90);
	assert_int_equal(c.state, JF_CALLBACK_WAITING);
}

static void after_a_restart_it_has_its_place(void **state)
{
	(void)state;
	STEP(customer_first, OFFERED, 100);
	STEP(customer_first, CUSTOMER_ANSWERED, 110);
	jf_callback_restore(&c);
	assert_int_equal(c.state, JF_CALLBACK_WAITING);
	assert_int_equal(c.enqueued_ns, 10 * S);
	STEP(agent_first, CLOSED, 120);
	jf_callback_restore(&c);
	assert_int_equal(c.state, JF_CALLBACK_RETRY);
}

/* Over any trace: it ends only as done or failed, and calls nobody then. */
static void over_any_trace(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	for (unsigned int trace = 0; trace < 5000; trace++) {
		const struct jf_callback_policy *p = trace % 2 ? &agent_first : &customer_first;

		begin(NULL);
		for (unsigned int i = 0; i < 60; i++) {
			bool over = jf_callback_is_over(&c);
			enum jf_callback_do does;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			does = step(
			        p,
			        (enum jf_callback_event)((random >> 33) % JF_CALLBACK_EVENT_COUNT),
			        (100 + i) * S);
			assert_true(!over || does == JF_CALLBACK_DO_NOTHING);
			assert_true(c.attempts <= p->attempts_max);
			assert_int_equal(c.enqueued_ns, 10 * S);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(the_agent_first, begin),
	        cmocka_unit_test_setup(the_customer_first, begin),
	        cmocka_unit_test_setup(who_is_not_reached_is_tried_again_so_often, begin),
	        cmocka_unit_test_setup(a_queue_that_closes_uses_up_no_attempt, begin),
	        cmocka_unit_test_setup(after_a_restart_it_has_its_place, begin),
	        cmocka_unit_test_setup(over_any_trace, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
