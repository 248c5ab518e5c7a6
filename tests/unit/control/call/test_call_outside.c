// SPDX-License-Identifier: BSD-3-Clause
/* Callers who are connected to a number outside: trunks in turn, caps, what is hidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "world.h"

#define DIRECTORY(more)                                                                            \
	"tenants:\n"                                                                               \
	"  - name: acme\n"                                                                         \
	"    caps: {calls: 2, minutes_per_day: 2}\n"                                               \
	"    outgoing: {country: \"372\", allow: [\"+372\"], deny: [\"+372900\"]}\n"               \
	"  - {name: bolt}\n"                                                                       \
	"trunks:\n"                                                                                \
	"  - {name: carrier, addresses: [\"192.0.2.1/32\"]" more "}\n"                             \
	"  - {name: first, to: [10.0.0.1], asserted: trust}\n"                                     \
	"  - {name: second, to: [hole.example, 10.0.0.2], priority: 2,\n"                          \
	"     numbers: {country: \"372\", form: digits}}\n"                                        \
	"numbers:\n"                                                                               \
	"  - {number: \"100\", tenant: acme, forward: \"+3725551234\"}\n"                          \
	"  - {number: \"101\", tenant: acme, forward: \"+3729001234\"}\n"                          \
	"  - {number: \"102\", tenant: bolt, forward: \"+3725551234\"}\n"

static struct jf_leg *caller_of(const char *number)
{
	struct jf_leg *leg = world_invite(number);

	/* Who is connected is answered when the other side answers. */
	assert_string_equal(leg->said, "");
	world_advance(1);
	return leg;
}

static json_t *attempts(void)
{
	return json_object_get(json_object_get(world.last_record, "outside"), "attempts");
}

static const char *attempt(size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(attempts(), i), key));
}

static void a_caller_is_connected_recorded_and_written(void **state)
{
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	assert_string_equal(world_call_state(), "ringing");
	world_leg(world_leg_to("+3725551234"), JF_LEG_PROVISIONAL, 180, NULL);
	assert_string_equal(caller->said, "ring");
	outside = world_answers("+3725551234", 5000);
	assert_string_equal(caller->said, "answer");
	world_leg(caller, JF_LEG_CONFIRMED, 0, NULL);
	assert_int_equal(outside->peer.ip[3], 1);
	assert_int_equal(outside->first_response_ms, 2000);
	assert_string_equal(outside->from_user,
	                    "+37237255500001"); /* as the tenant's plan reads it */
	assert_non_null(strstr(outside->headers, "Diversion"));
	assert_string_equal(world_call_state(), "talking");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	assert_true(world_endpoint(4000)->taped && world_endpoint(5000)->taped);
	world_advance(3000);
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_string_equal(world_recorded_text("outside", "number"), "+3725551234");
	assert_string_equal(world_recorded_text("outside", "trunk"), "first");
	assert_string_equal(world_recorded_text("end", "reason"), "the number outside hung up");
	assert_true(json_is_null(json_object_get(world.last_record, "agent")));
	assert_int_equal(json_array_size(attempts()), 1);
}

static void what_the_far_end_says_before_it_answers_is_heard(void **state)
{
	struct jf_media_desc early = world_desc(JF_LAW_PCMA, 5000), other = early;
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	outside = world_leg_to("+3725551234");
	world_leg(outside, JF_LEG_PROVISIONAL, 183, &early);
	assert_string_equal(caller->said, "early");
	assert_int_equal(caller->code, 183);
	assert_true(world_hears(4000, 5000));
	assert_int_equal(world_endpoint(5000)->hears.generation, 0); /* it hears nobody yet */
	assert_false(world_endpoint(5000)->taped);
	world_leg(outside, JF_LEG_PROVISIONAL, 180, &early); /* a later one of the same branch */
	assert_string_equal(caller->said, "early");
	other.rtp_port = 5004;
	world_leg(outside, JF_LEG_ANSWERED, 200, &other); /* another branch answers */
	assert_string_equal(caller->said, "answer");
	assert_int_equal(caller->local.rtp_port, world_endpoint(4000)->ref.index * 2 + 16384);
	assert_true(world_hears(4000, 5004) && world_hears(5004, 4000));
	world_leg(caller, JF_LEG_CONFIRMED, 0, NULL);
	assert_true(world_hears(4000, 5004) && world_hears(5004, 4000));
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
}

static void an_announcement_before_a_refusal_is_heard_and_the_refusal_passed_on(void **state)
{
	struct jf_media_desc early = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	world_leg(world_leg_to("+3725551234"), JF_LEG_PROVISIONAL, 183, &early);
	assert_true(world_hears(4000, 5000));
	/* The next trunk rings: what the first one said is over, the caller hears that it rings. */
	world_leg_ended(world_leg_to("+3725551234"), JF_LEG_END_REJECTED_BY_PEER, 503);
	world_advance(2100);
	assert_string_equal(world_endpoint(4000)->sound, "/ringback.wav");
	world_leg(world_leg_to("3725551234"), JF_LEG_PROVISIONAL, 183, &early);
	assert_true(world_hears(4000, 5000));
	world_leg_ended(world_leg_to("3725551234"), JF_LEG_END_REJECTED_BY_PEER, 404);
	assert_string_equal(caller->said, "end");
	assert_int_equal(caller->code, 404);
}

static void a_caller_who_gives_up_cancels_what_rings(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	world_leg_ended(caller, JF_LEG_END_CANCELLED_BY_PEER, 487);
	assert_string_equal(world_leg_to("+3725551234")->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "abandoned");
	assert_string_equal(world_recorded_text("end", "reason"), "caller cancelled");
}

static void a_dead_trunk_is_left_for_the_next(void **state)
{
	struct jf_leg *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller_of("100");
	outside = world_leg_to("+3725551234");
	world_trunk_silences = 0;
	world_leg_ended(outside, JF_LEG_END_TIMEOUT, 408);
	assert_int_equal(world_trunk_silences, 1);
	assert_string_equal(world_call_state(), "ringing");
	assert_null(world_leg_to("3725551234"));
	world_advance(
	        2100); /* its first name is a black hole: that costs the deadline and no more */
	outside = world_answers("3725551234", 5000);
	assert_int_equal(outside->peer.ip[3], 2);
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(json_array_size(attempts()), 3);
	assert_string_equal(attempt(0, "outcome"), "no answer");
	assert_string_equal(attempt(1, "outcome"), "its name was not resolved in time");
	assert_string_equal(attempt(2, "outcome"), "answered");
	assert_string_equal(attempt(2, "trunk"), "second");
}

static void the_numbers_own_refusal_is_final(void **state)
{
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	outside = world_leg_to("+3725551234");
	world_leg_ended(outside, JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(caller->said, "end"); /* never answered: refused the same */
	assert_int_equal(caller->code, 486);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "failed");
	assert_int_equal(json_integer_value(json_object_get(
	                         json_object_get(world.last_record, "end"), "sip_code")),
	                 486);
}

static void when_no_trunk_is_left_the_caller_is_let_go(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_trunk_down = "second";
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	world_leg_ended(world_leg_to("+3725551234"), JF_LEG_END_REJECTED_BY_PEER, 503);
	world_advance(100);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "failed");
	world_trunk_down = NULL;
}

static void denied_numbers_and_tenants_are_refused_with_an_alarm(void **state)
{
	(void)state;
	world_apply(DIRECTORY(""));
	caller_of("101");
	world_advance(100);
	assert_non_null(strstr(world.events, "outside.refused"));
	assert_non_null(strstr(world.events, "the number is denied"));
	assert_string_equal(world_recorded_text("end", "reason"),
	                    "the number outside may not be called");
	caller_of("102");
	world_advance(100);
	assert_non_null(strstr(world.events, "the tenant has no outgoing calls"));
}

static void refused_for_its_own_reason(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_apply(DIRECTORY(", to: [10.0.0.9], caps: {calls: 1}"));
	caller = caller_of("101");
	assert_int_equal(caller->code, 403);
	assert_int_equal(caller->refused_for, JF_SIP_WHY_NUMBER_DENIED);
	caller = caller_of("102");
	assert_int_equal(caller->refused_for, JF_SIP_WHY_TENANT_FORBIDDEN);
	for (unsigned int i = 0; i < 2; i++)
		caller_of("100");
	caller = caller_of("100");
	assert_int_equal(caller->code, 503);
	assert_int_equal(caller->refused_for, JF_SIP_WHY_TENANT_CALLS);
}

static void cap_of_the_only_trunk_is_why(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_apply("tenants:\n"
	            "  - {name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}\n"
	            "trunks:\n"
	            "  - {name: carrier, addresses: [\"192.0.2.1/32\"]}\n"
	            "  - {name: only, to: [10.0.0.1], caps: {calls: 1}}\n"
	            "numbers:\n"
	            "  - {number: \"100\", tenant: acme, forward: \"+3725551234\"}\n");
	caller = caller_of("100");
	world_answers("+3725551234", 5000);
	world_leg(caller, JF_LEG_CONFIRMED, 0, NULL);
	assert_int_equal(caller->refused_for, JF_SIP_WHY_NONE);
	caller = caller_of("100");
	assert_string_equal(caller->said, "end");
	assert_int_equal(caller->code, 503);
	assert_int_equal(caller->refused_for, JF_SIP_WHY_TRUNK_CALLS);
	assert_non_null(strstr(world.events, "\"trunk-calls\""));
}

static void caps_hold_and_outlive_a_restart(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_apply(DIRECTORY(""));
	for (unsigned int i = 0; i < 2; i++) {
		caller = caller_of("100");
		world_answers("+3725551234", 5000);
		world_leg(caller, JF_LEG_CONFIRMED, 0, NULL);
	}
	caller_of("100"); /* a third one is beyond the tenant's cap */
	world_advance(1);
	assert_non_null(strstr(world.events, "cap on calls is reached"));
	world_advance(60000);
	world_restart();
	world_advance(100);
	assert_int_equal(jf_calls_count(world.calls), 2);
	world_advance(10000);
	/* Two minutes were talked through, by two calls in one minute each. */
	world_leg_ended(world_leg_to("+3725551234"), JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	caller_of("100");
	world_advance(1);
	assert_non_null(strstr(world.events, "minutes of the day are used up"));
}

/* jf-control is killed while the number rings, and whoever is called answers afterwards. */
static void a_call_that_rings_goes_on_over_a_restart(void **state)
{
	struct jf_media_desc early = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	outside = world_leg_to("+3725551234");
	world_leg(outside, JF_LEG_PROVISIONAL, 183, &early);
	world_advance(5000);
	world_restart();
	world_advance(100);
	assert_string_equal(world_call_state(), "ringing");
	assert_ptr_equal(world_leg_to("+3725551234"), outside); /* it is not called twice */
	assert_string_equal(caller->said, "early");
	assert_true(world_hears(4000, 5000));
	world_leg(outside, JF_LEG_ANSWERED, 200, &early);
	assert_string_equal(caller->said, "answer");
	world_leg(caller, JF_LEG_CONFIRMED, 0, NULL);
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_string_equal(world_recorded_text("outside", "trunk"), "first");
	assert_string_equal(attempt(0, "outcome"), "answered");
	assert_int_equal(json_array_size(attempts()), 1);
	assert_in_range(json_integer_value(json_object_get(world.last_record, "ring_ms")), 5100,
	                5200);
}

static void a_call_that_rings_goes_to_the_next_trunk_after_a_restart(void **state)
{
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	outside = world_leg_to("+3725551234");
	world_leg(outside, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_leg_ended(outside, JF_LEG_END_REJECTED_BY_PEER, 503);
	world_advance(2100); /* the second one's first name is a black hole */
	world_answers("3725551234", 5000);
	assert_string_equal(caller->said, "answer");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(json_array_size(attempts()), 3);
	assert_string_equal(attempt(0, "trunk"), "first");
	assert_string_equal(attempt(2, "trunk"), "second");
}

/* Nothing was heard of the number yet: there is no transaction to take up. */
static void a_number_that_was_not_reached_yet_is_called_anew_after_a_restart(void **state)
{
	struct jf_leg *caller, *first;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	first = world_leg_to("+3725551234");
	world_advance(100);
	world_restart();
	world_advance(100);
	assert_string_equal(world_call_state(), "ringing");
	assert_ptr_not_equal(world_leg_to("+3725551234"), first);
	assert_false(caller->answered);
	world_answers("+3725551234", 5000);
	assert_string_equal(caller->said, "answer");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
}

static void a_caller_who_cancels_after_a_restart_cancels_the_number(void **state)
{
	struct jf_leg *caller, *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	caller = caller_of("100");
	outside = world_leg_to("+3725551234");
	world_leg(outside, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_leg_ended(caller, JF_LEG_END_CANCELLED_BY_PEER, 487);
	assert_string_equal(outside->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("end", "reason"), "caller cancelled");
}

static void what_a_caller_hid_stays_hidden(void **state)
{
	struct jf_leg *outside;

	(void)state;
	world_apply(DIRECTORY(", asserted: trust"));
	world_identity = (struct jf_identity){
	        .asserted_user = "+3726009999", .asserted_name = "Jane", .privacy = JF_PRIVACY_ID};
	caller_of("100");
	outside = world_answers("+3725551234", 5000);
	assert_string_equal(outside->from_user, "anonymous");
	/* A trusted trunk is told who calls, and to hide it. */
	assert_non_null(strstr(outside->headers, "+3726009999"));
	assert_non_null(strstr(outside->headers, "Privacy: id"));
	assert_null(strstr(world.events, "6009999"));
	assert_null(strstr(world.events, "Jane"));
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_null(strstr(world.events, "6009999"));
	assert_string_equal(world_recorded_text("caller", NULL), "anonymous"); /* of call.ended */
	assert_true(json_is_true(json_object_get(world.last_record, "caller_withheld")));
	world_identity = (struct jf_identity){.privacy = 0};
}

static void who_is_not_trusted_is_not_believed(void **state)
{
	struct jf_leg *outside;

	(void)state;
	world_apply(DIRECTORY(""));
	world_identity = (struct jf_identity){.asserted_user = "+3726009999"};
	caller_of("100");
	outside = world_answers("+3725551234", 5000);
	assert_string_equal(outside->from_user, "+37237255500001");
	world_identity = (struct jf_identity){.privacy = 0};
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
}

/* ---- Transfers ------------------------------------------------------------------------------ */

#define WITH_AGENTS                                                                                \
	DIRECTORY(", tenant: acme")                                                                \
	"  - {number: \"200\", tenant: acme, queue: billing}\n"                                    \
	"queues: [{name: billing, tenant: acme}]\n"                                                \
	"agents: [{id: \"1001\", tenant: acme, password: x, queues: [billing]}]\n"

static struct jf_leg *served_by_an_agent(struct jf_leg **ret_caller)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 5002);
	struct jf_leg *agent;

	world_apply(WITH_AGENTS);
	world_register("1001");
	*ret_caller = world_caller("200");
	world_advance(10);
	agent = world_leg_to("1001");
	assert_non_null(agent);
	world_leg(agent, JF_LEG_PROVISIONAL, 180, NULL);
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);
	assert_string_equal(world_call_state(), "talking");
	return agent;
}

static void an_agent_passes_a_caller_on_to_the_outside(void **state)
{
	struct jf_leg *caller, *agent = served_by_an_agent(&caller), *outside;

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "+3725551234"), 0);
	world_advance(1);
	outside = world_answers("+3725551234", 5000);
	assert_string_equal(agent->said, "end");
	assert_string_equal(world_call_state(), "talking");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	world_advance(1000);
	assert_string_not_equal(world_agent_state("1001"), "talking");
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outside", "trunk"), "first");
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 2);
}

static void a_transfer_outside_rings_on_over_a_restart(void **state)
{
	struct jf_leg *caller, *agent = served_by_an_agent(&caller), *outside;

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "+3725551234"), 0);
	world_advance(1);
	outside = world_leg_to("+3725551234");
	world_leg(outside, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_advance(100);
	assert_string_equal(world_call_state(), "transferring");
	assert_ptr_equal(world_leg_to("+3725551234"), outside);
	(void)world_answers("+3725551234", 5000);
	assert_string_equal(agent->said, "end");
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(4000, 5000));
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 2);
}

static void a_transfer_outside_that_fails_leaves_the_caller_with_the_agent(void **state)
{
	struct jf_leg *caller, *agent = served_by_an_agent(&caller);

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "+3725551234"), 0);
	world_advance(1);
	world_leg_ended(world_leg_to("+3725551234"), JF_LEG_END_REJECTED_BY_PEER, 486);
	world_advance(1);
	assert_string_equal(world_call_state(), "talking");
	assert_string_equal(agent->said, "invite");
	/* What may not be called does not ring anywhere. */
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "+3729001234"), 0);
	world_advance(1);
	assert_string_equal(world_call_state(), "talking");
	assert_non_null(strstr(world.events, "the number is denied"));
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
}

static void who_waits_for_the_outside_hears_what_it_says_early(void **state)
{
	struct jf_media_desc early = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller, *agent = served_by_an_agent(&caller);

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "+3725551234"), 0);
	world_advance(1);
	assert_string_equal(world_endpoint(5002)->sound, "/ringback.wav");
	world_leg(world_leg_to("+3725551234"), JF_LEG_PROVISIONAL, 183, &early);
	assert_true(world_hears(5002, 5000));
	assert_false(world_hears(4000, 5000)); /* its caller hears music */
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(world_call_state(), "forwarding");
	assert_true(world_hears(4000, 5000)); /* nobody else would */
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
}

int main(void)
{
#define TEST(f) WORLD_TEST(f, NULL)
	static const struct CMUnitTest tests[] = {
	        TEST(a_caller_is_connected_recorded_and_written),
	        TEST(what_the_far_end_says_before_it_answers_is_heard),
	        TEST(an_announcement_before_a_refusal_is_heard_and_the_refusal_passed_on),
	        TEST(a_caller_who_gives_up_cancels_what_rings),
	        TEST(a_dead_trunk_is_left_for_the_next),
	        TEST(the_numbers_own_refusal_is_final),
	        TEST(when_no_trunk_is_left_the_caller_is_let_go),
	        TEST(denied_numbers_and_tenants_are_refused_with_an_alarm),
	        TEST(refused_for_its_own_reason),
	        TEST(cap_of_the_only_trunk_is_why),
	        TEST(caps_hold_and_outlive_a_restart),
	        TEST(a_call_that_rings_goes_on_over_a_restart),
	        TEST(a_call_that_rings_goes_to_the_next_trunk_after_a_restart),
	        TEST(a_number_that_was_not_reached_yet_is_called_anew_after_a_restart),
	        TEST(a_caller_who_cancels_after_a_restart_cancels_the_number),
	        TEST(what_a_caller_hid_stays_hidden),
	        TEST(who_is_not_trusted_is_not_believed),
	        TEST(an_agent_passes_a_caller_on_to_the_outside),
	        TEST(a_transfer_outside_rings_on_over_a_restart),
	        TEST(a_transfer_outside_that_fails_leaves_the_caller_with_the_agent),
	        TEST(who_waits_for_the_outside_hears_what_it_says_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
