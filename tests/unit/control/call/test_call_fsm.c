// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define DO(x) JF_CALL_DO_##x

static struct jf_call_step step(enum jf_call_state s, enum jf_call_event e)
{
	return jf_call_fsm_step(s, e);
}

static void every_state_answers_every_event(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_CALL_STATE_COUNT; s++)
		for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++) {
			struct jf_call_step r = step(s, e);

			assert_in_range(r.next, 0, JF_CALL_STATE_COUNT - 1);
			if (r.actions & DO(WONDER)) {
				assert_int_equal(r.next, s);
				assert_int_equal(r.actions, DO(WONDER));
			}
		}
}

/* What a peer or a timer can do at any time is never wondered at in a call that lives. */
static void parties_may_leave_at_any_time(void **state)
{
	static const enum jf_call_event any_time[] = {
	        JF_CALL_EVENT_CALLER_ENDED, JF_CALL_EVENT_CALLER_VANISHED, JF_CALL_EVENT_RELEASE};

	(void)state;
	for (unsigned int s = 0; s < JF_CALL_GONE; s++)
		for (unsigned int i = 0; i < 3; i++) {
			struct jf_call_step r = step(s, any_time[i]);

			assert_false(r.actions & DO(WONDER));
			if (s < JF_CALL_CLOSING) {
				assert_int_equal(r.next, JF_CALL_CLOSING);
				assert_true(r.actions & DO(FINISH));
			}
		}
}

/* With the engine: out of the queue, and no agent's. */
static bool is_alone(enum jf_call_state s)
{
	return s >= JF_CALL_VOICEMAIL && s <= JF_CALL_LEAVING;
}

/* Whoever is in the queue or with an agent when the call ends leaves it, once. */
static void closing_leaves_the_acd(void **state)
{
	const uint64_t leaves = DO(ACD_ABANDONED) | DO(ACD_RELEASED) | DO(ACD_END) |
	                        DO(ACD_VOICEMAIL) | DO(ACD_CALLBACK);

	(void)state;
	for (unsigned int s = JF_CALL_QUEUED; s <= JF_CALL_CONNECTING; s++)
		for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++) {
			struct jf_call_step r = step(s, e);
			uint64_t how = r.actions & leaves;

			/* Turned away, it is out of the queue before it is let go. */
			if (is_alone(s) || (r.next != JF_CALL_CLOSING && !is_alone(r.next) &&
			                    e != JF_CALL_EVENT_TURNED_AWAY))
				assert_int_equal(how, 0);
			else if (!(r.actions & DO(WONDER)))
				assert_true(how && !(how & (how - 1)));
		}
}

/* An agent's leg never outlives the state that needs it. */
static void the_agents_leg_is_ended_with_the_call(void **state)
{
	(void)state;
	assert_true(step(JF_CALL_RINGING, JF_CALL_EVENT_CALLER_ENDED).actions & DO(CANCEL_AGENT));
	assert_true(step(JF_CALL_RINGING, JF_CALL_EVENT_RING_TIMEOUT).actions & DO(CANCEL_AGENT));
	assert_true(step(JF_CALL_TALKING, JF_CALL_EVENT_CALLER_ENDED).actions & DO(HANG_UP_AGENT));
	assert_true(step(JF_CALL_HELD, JF_CALL_EVENT_CALLER_ENDED).actions & DO(HANG_UP_AGENT));
	assert_true(step(JF_CALL_TALKING, JF_CALL_EVENT_AGENT_ENDED).actions & DO(HANG_UP_CALLER));
}

static void a_lost_agent_costs_the_caller_nothing(void **state)
{
	struct jf_call_step r = step(JF_CALL_TALKING, JF_CALL_EVENT_AGENT_VANISHED);

	(void)state;
	assert_int_equal(r.next, JF_CALL_QUEUED);
	assert_true(r.actions & DO(ACD_VANISHED));
	assert_false(r.actions & DO(HANG_UP_CALLER));
}

/* ---- Who is there, told from the actions alone ----------------------------------------------- */

struct crew {
	bool caller, agent, target; /* whose legs are up, or called */
	bool queued;                /* the caller has a place in a queue, or an agent */
	bool own;                   /* an agent's own call, or a flow's: no queue's */
	bool flow;                  /* a transfer that fails leads back into it */
	bool callback;              /* its customer is called, and may not be there yet */
};

static bool state_has_target(enum jf_call_state s)
{
	return s == JF_CALL_CALLING || (s >= JF_CALL_CONSULTING && s <= JF_CALL_FORWARDING);
}

/* What parties and desktops can do in that state; the rest cannot come. */
static bool may_come(const struct crew *c, enum jf_call_state s, enum jf_call_event e)
{
	switch (e) {
	case JF_CALL_EVENT_CALLER_ENDED:
	case JF_CALL_EVENT_CALLER_VANISHED:
		return c->caller;
	case JF_CALL_EVENT_REACH: /* of a callback alone, whose customer isn't there yet */
	case JF_CALL_EVENT_AGENT_THERE:
	case JF_CALL_EVENT_LISTEN:
		return c->callback && !c->caller && jf_call_fsm_allows(s, e);
	case JF_CALL_EVENT_VOICEMAIL:
	case JF_CALL_EVENT_CALLBACK:
	case JF_CALL_EVENT_TURNED_AWAY:
	case JF_CALL_EVENT_FORWARD:
		return c->caller && jf_call_fsm_allows(s, e);
	case JF_CALL_EVENT_AGENT_ENDED:
	case JF_CALL_EVENT_AGENT_VANISHED:
		return c->agent && (jf_call_state_is_served(s) || s == JF_CALL_CONNECTING ||
		                    s == JF_CALL_LISTENING);
	case JF_CALL_EVENT_ANSWERED:
		return c->caller && s == JF_CALL_RINGING;
	case JF_CALL_EVENT_REFUSED:
	case JF_CALL_EVENT_RING_TIMEOUT:
		return s == JF_CALL_RINGING;
	case JF_CALL_EVENT_FLOW:
		return s == JF_CALL_GREETING || (s == JF_CALL_FORWARDING && c->flow);
	case JF_CALL_EVENT_TARGET_FAILED:
		return c->target && jf_call_fsm_allows(s, e) &&
		       !(s == JF_CALL_FORWARDING && c->flow);
	case JF_CALL_EVENT_TARGET_OFFERED:
	case JF_CALL_EVENT_TARGET_REFUSED:
	case JF_CALL_EVENT_TARGET_ANSWERED:
	case JF_CALL_EVENT_TARGET_ENDED:
	case JF_CALL_EVENT_TARGET_VANISHED:
		return c->target && jf_call_fsm_allows(s, e);
	default:
		return jf_call_fsm_allows(s, e);
	}
}

static void follow(struct crew *c, enum jf_call_event e, uint64_t does)
{
	c->own |= e == JF_CALL_EVENT_OWN_CALL || e == JF_CALL_EVENT_FLOW;
	c->flow |= e == JF_CALL_EVENT_FLOW;
	if (e == JF_CALL_EVENT_CALLER_ENDED || (does & DO(HANG_UP_CALLER)))
		c->caller = false;
	if (e == JF_CALL_EVENT_AGENT_ENDED || e == JF_CALL_EVENT_REFUSED ||
	    (does & (DO(HANG_UP_AGENT) | DO(CANCEL_AGENT))))
		c->agent = false;
	/* Forwarded, it waits for nobody of ours: its place is the number outside. */
	if ((does & (DO(ENQUEUE) | DO(REQUEUE) | DO(RETURN) | DO(ACD_VANISHED))) ||
	    e == JF_CALL_EVENT_FORWARD)
		c->queued = true;
	if (does & (DO(ACD_ABANDONED) | DO(ACD_RELEASED) | DO(ACD_END) | DO(ACD_VOICEMAIL) |
	            DO(ACD_CALLBACK)))
		c->queued = false;
	if (e == JF_CALL_EVENT_CUSTOMER_ANSWERED)
		c->caller = true;
	if (e == JF_CALL_EVENT_SURVEY)
		c->agent = false;
	if (does & DO(DIAL))
		c->agent = true;
	if (does & DO(DIAL_TARGET))
		c->target = true;
	if (does & (DO(ENQUEUE) | DO(TAKE_OVER)))
		c->flow = false;
	if (does & DO(ENQUEUE))
		c->own = false;
	if (does & DO(TAKE_OVER)) {
		assert_true(c->target);
		assert_false(c->agent); /* its leg is down before another is the agent */
		c->agent = true;
		c->target = false;
	}
	if (does & DO(DROP_TARGET))
		c->target = false;
}

static void look(const struct crew *c, enum jf_call_state s)
{
	if (s == JF_CALL_CLOSING) {
		assert_false(c->caller || c->agent || c->target || c->queued);
		return;
	}
	/* A caller who did not hang up is served, called for, or has a place to wait. */
	assert_true(c->caller ||
	            (c->callback &&
	             (s == JF_CALL_QUEUED || s == JF_CALL_RINGING || s == JF_CALL_REACHING ||
	              s == JF_CALL_CONNECTING || s == JF_CALL_LISTENING)));
	assert_int_equal(c->target, state_has_target(s));
	assert_int_equal(c->agent, s == JF_CALL_RINGING || s == JF_CALL_CONNECTING ||
	                                   s == JF_CALL_LISTENING || jf_call_state_is_served(s));
	if (!c->own)
		assert_int_equal(c->queued, s >= JF_CALL_QUEUED && !is_alone(s));
}

/* Whatever happens in whatever order: nobody is left on a line, and no caller is lost. */
static void nobody_is_lost_over_random_traces(void **state)
{
	uint64_t random = 88172645463325252u;
	unsigned int seen[JF_CALL_STATE_COUNT] = {0};

	(void)state;
	for (unsigned int trace = 0; trace < 20000; trace++) {
		struct crew crew = {.caller = true};
		enum jf_call_state s = JF_CALL_CONFIRMING;

		if (trace % 3 == 0) {
			crew = (struct crew){.callback = true, .queued = true};
			s = JF_CALL_QUEUED;
		}
		for (unsigned int i = 0; i < 200 && s < JF_CALL_CLOSING; i++) {
			enum jf_call_event e;
			struct jf_call_step r;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			e = (enum jf_call_event)((random >> 33) % JF_CALL_EVENT_COUNT);
			/* Ends come rarely, so that traces become long. */
			if (!may_come(&crew, s, e) ||
			    (!is_alone(s) && random % 32 &&
			     (step(s, e).next == JF_CALL_CLOSING || is_alone(step(s, e).next))))
				continue;
			r = step(s, e);
			assert_false(r.actions & DO(WONDER));
			follow(&crew, e, r.actions);
			s = r.next;
			seen[s]++;
			look(&crew, s);
		}
	}
	for (unsigned int s = JF_CALL_GREETING; s <= JF_CALL_CLOSING; s++)
		if (seen[s] <= 100)
			fail_msg("%s was seen %u times", jf_call_state_name(s), seen[s]);
}

/* From every state the call can end, and from those with a third party it can go. */
static void every_state_has_an_exit(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_CALL_CLOSING; s++) {
		assert_int_equal(step(s, JF_CALL_EVENT_CALLER_ENDED).next, JF_CALL_CLOSING);
		if (!state_has_target(s))
			continue;
		assert_true(jf_call_fsm_allows(s, JF_CALL_EVENT_TARGET_FAILED) ||
		            jf_call_fsm_allows(s, JF_CALL_EVENT_TARGET_ENDED));
		if (s != JF_CALL_FORWARDING && s != JF_CALL_CALLING) {
			assert_int_equal(step(s, JF_CALL_EVENT_BACK).next, JF_CALL_TALKING);
			assert_true(jf_call_fsm_allows(s, JF_CALL_EVENT_LEAVE));
		}
	}
}

static void names_are_distinct(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < JF_CALL_STATE_COUNT; a++)
		for (unsigned int b = a + 1; b < JF_CALL_STATE_COUNT; b++)
			assert_string_not_equal(jf_call_state_name(a), jf_call_state_name(b));
	for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++)
		assert_string_not_equal(jf_call_event_name(e), "?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_state_answers_every_event),
	        cmocka_unit_test(parties_may_leave_at_any_time),
	        cmocka_unit_test(closing_leaves_the_acd),
	        cmocka_unit_test(the_agents_leg_is_ended_with_the_call),
	        cmocka_unit_test(a_lost_agent_costs_the_caller_nothing),
	        cmocka_unit_test(nobody_is_lost_over_random_traces),
	        cmocka_unit_test(every_state_has_an_exit),
	        cmocka_unit_test(names_are_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
