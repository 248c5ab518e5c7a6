// SPDX-License-Identifier: BSD-3-Clause
/* Whole calls, as their parties see them, on virtual time. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

/* What a call and its agent go through at once is one batch, and nothing is forgotten while the
 * store can't take it. */
static void rows_are_stored_together_a_little_later(void **state)
{
	unsigned int batches;

	(void)state;
	world_register("1001");
	world_advance(1000);
	batches = world.batches;
	world_caller("100");
	assert_string_equal(world_row(), "");
	world_advance(20);
	assert_non_null(strstr(world_row(), "\"state\":\"ringing\""));
	assert_int_equal(world.batches, batches + 1);
	world.store_full = true;
	world_answers("1001", 5000);
	world_advance(100);
	assert_int_equal(world.batches, batches + 1);
	world.store_full = false;
	world_advance(1000);
	assert_int_equal(world.batches, batches + 2);
	assert_non_null(strstr(world_row(), "\"state\":\"talking\""));
}

static void a_call_is_answered_recorded_and_written_once(void **state)
{
	struct jf_leg *caller, *agent;

	(void)state;
	world_register("1001");
	caller = world_caller("100");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	world_advance(2000);
	agent = world_answers("1001", 5000);
	/* The agent is offered what the caller talks before all else. */
	assert_int_equal(agent->local.codec_count, 3);
	assert_int_equal(agent->local.codecs[0].codec, JF_LAW_PCMA);
	assert_int_equal(agent->local.event_type, 96);
	assert_string_equal(agent->from_user, "37255500001");
	assert_string_equal(agent->from_name, "billing");
	/* Each hears the other, both are recorded. */
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	assert_int_equal(world_endpoint(5000)->hears.index, world_endpoint(4000)->ref.index);
	assert_true(world_endpoint(4000)->taped && world_endpoint(5000)->taped);
	assert_string_equal(world_agent_state("1001"), "talking");
	world_advance(1000);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(agent->said, "end");
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_int_equal(jf_calls_count(world.calls), 0);
	assert_int_equal(world.recordings_open, 0);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_string_equal(world_recorded_text("end", "by"), "caller");
	assert_string_equal(world_recorded_text("agent", NULL), "1001");
	assert_string_equal(world_recorded_text("recording", "state"), "closed");
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "wait_ms")), 2000);
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "talk_ms")), 1000);
	assert_string_equal(world_agent_state("1001"), "ready");
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		assert_false(world.endpoints[i].open);
}

static void unknown_numbers_and_full_engines_are_refused(void **state)
{
	struct jf_leg *leg;

	(void)state;
	leg = world_invite("999");
	assert_string_equal(leg->said, "reject");
	assert_int_equal(leg->code, 404);
	assert_int_equal(leg->refused_for, JF_SIP_WHY_NUMBER);
	world.media_full = true;
	leg = world_invite("100");
	assert_string_equal(leg->said, "reject");
	assert_int_equal(leg->code, 503);
	assert_int_equal(leg->refused_for, JF_SIP_WHY_PORTS);
	assert_int_equal(jf_calls_count(world.calls), 0);
}

static void the_greeting_is_heard_whole_before_anyone_is_called(void **state)
{
	struct jf_leg *caller;

	(void)state;
	world_register("1001");
	caller = world_caller_greeted("100");
	assert_string_equal(world_endpoint(4000)->sound, "/hello.wav");
	assert_string_equal(world_call_state(), "greeting");
	world_advance(3000);
	assert_null(world_leg_to("1001"));
	world_played();
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	assert_non_null(world_leg_to("1001"));
	/* Who leaves during the greeting was in no queue. */
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_non_null(world_recorded_text("queued_utc", NULL));
	caller = world_caller_greeted("100");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 2);
	assert_null(world_recorded_text("queued_utc", NULL));
	assert_string_equal(world_recorded_text("outcome", NULL), "abandoned");
}

static void a_greeting_that_cannot_be_loaded_is_passed_over(void **state)
{
	struct jf_media_event event = {
	        .type = JF_MEDIA_FAILED, .command = "play", .error = -ENOENT};

	(void)state;
	world_caller_greeted("100");
	event.endpoint = world_endpoint(4000)->ref;
	event.call = world_endpoint(4000)->call;
	jf_calls_media_handler(&event, world.calls);
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	assert_string_equal(world_call_state(), "queued");
}

static void a_late_offer_takes_the_law_from_the_ack(void **state)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 4000);
	struct jf_leg *caller, *agent;

	(void)state;
	world_register("1001");
	caller = world_invite_late("100");
	assert_int_equal(caller->local.codec_count, 3);
	world_leg(caller, JF_LEG_CONFIRMED, 0, &desc);
	assert_non_null(world_endpoint(4000));
	world_played();
	agent = world_leg_to("1001");
	assert_int_equal(agent->local.codecs[0].codec, JF_LAW_PCMA);
}

static void no_answer_goes_to_the_next_agent(void **state)
{
	struct jf_leg *first;

	(void)state;
	world_register("1001");
	world_register("1002");
	world_caller("100");
	first = world_leg_to("1001");
	world_leg(first, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(15000);
	assert_string_equal(first->said, "end");
	assert_string_equal(world_agent_state("1001"), "not-ready");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	world_answers("1002", 5000);
	assert_string_equal(world_agent_state("1002"), "talking");
	/* The loser answers after all: whoever did so as we cancelled is not to blame. */
	world_leg_ended(first, JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void refusals_have_their_own_consequences(void **state)
{
	static const struct {
		enum jf_leg_end end;
		uint16_t code;
		const char *state;
	} rows[] = {
	        {JF_LEG_END_REJECTED_BY_PEER, 486, "not-ready"},
	        {JF_LEG_END_REJECTED_BY_PEER, 603, "not-ready"},
	        {JF_LEG_END_REJECTED_BY_PEER, 480, "not-ready"},
	        {JF_LEG_END_REJECTED_BY_PEER, 488, "not-ready"},
	        {JF_LEG_END_TIMEOUT, 408, "unreachable"},
	        {JF_LEG_END_TRANSPORT, 503, "unreachable"},
	};

	(void)state;
	world_register("1001");
	world_caller("100");
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_leg_ended(world_leg_to("1001"), rows[i].end, rows[i].code);
		assert_string_equal(world_agent_state("1001"), rows[i].state);
		assert_string_equal(world_call_state(), "queued");
		assert_int_equal(jf_calls_agent_change(world.calls, "1001", JF_AGENT_CHANGE_READY,
		                                       NULL, "test"),
		                 0);
		assert_string_equal(world_call_state(), "ringing");
	}
	/* A phone in use is tried again by itself. */
	world_leg_ended(world_leg_to("1001"), JF_LEG_END_REJECTED_BY_PEER, 486);
	world_advance(11000);
	assert_string_equal(world_call_state(), "ringing");
}

static void a_codec_that_was_not_offered_is_no_answer(void **state)
{
	struct jf_media_desc desc = world_desc(JF_CODEC_OTHER, 5000);
	struct jf_leg *agent;

	(void)state;
	world_register("1001");
	world_caller("100");
	agent = world_leg_to("1001");
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);
	assert_string_equal(agent->said, "end");
	assert_int_equal(agent->code, 488);
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_agent_state("1001"), "not-ready");
}

static void a_caller_who_hangs_up_while_it_rings_blames_nobody(void **state)
{
	struct jf_leg *caller, *agent;

	(void)state;
	world_register("1001");
	caller = world_caller("100");
	agent = world_leg_to("1001");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(agent->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
	world_leg_ended(agent, JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_agent_state("1001"), "ready");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "abandoned");
	assert_int_equal(world.records, 1);
}

static void hold_is_music_and_resume_joins_again(void **state)
{
	struct jf_media_desc held = world_desc(JF_LAW_PCMA, 5000);
	struct jf_media_desc moved = world_desc(JF_LAW_PCMA, 5100);
	struct jf_media_desc other = world_desc(JF_CODEC_OTHER, 5100);
	struct jf_leg *caller, *agent;

	(void)state;
	world_register("1001");
	caller = world_caller("100");
	agent = world_answers("1001", 5000);
	held.direction = JF_SDP_SENDONLY;
	held.hold = 1;
	world_leg(agent, JF_LEG_REOFFER, 0, &held);
	assert_string_equal(agent->said, "accept");
	assert_string_equal(world_agent_state("1001"), "hold");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	assert_false(world_endpoint(5000)->remote.send);
	world_advance(3000);
	world_leg(agent, JF_LEG_REOFFER, 0, &moved);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_non_null(world_endpoint(5100));
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5100)->ref.index);
	world_leg(agent, JF_LEG_REOFFER, 0, &other);
	assert_string_equal(agent->said, "refuse");
	assert_int_equal(agent->code, 488);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("end", "by"), "agent");
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "hold_ms")), 3000);
}

static void a_caller_that_holds_is_sent_nothing(void **state)
{
	struct jf_media_desc held = world_desc(JF_LAW_PCMA, 4000);
	struct jf_media_desc back = world_desc(JF_LAW_PCMA, 4000);
	struct jf_leg *caller;

	(void)state;
	world_register("1001");
	caller = world_caller("100");
	world_answers("1001", 5000);
	held.direction = JF_SDP_SENDONLY;
	held.hold = 1;
	world_leg(caller, JF_LEG_REOFFER, 0, &held);
	assert_string_equal(caller->said, "accept");
	assert_int_equal(world_endpoint(4000)->hears.generation, 0);
	assert_string_equal(world_endpoint(4000)->sound, "");
	/* The agent is not held, and hears what the caller's side plays. */
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_int_equal(world_endpoint(5000)->hears.index, world_endpoint(4000)->ref.index);
	world_leg(caller, JF_LEG_REOFFER, 0, &back);
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	assert_true(world_endpoint(4000)->hears.generation != 0);
}

static void a_vanished_agent_is_noticed_within_five_seconds(void **state)
{
	uint64_t since_ns;
	struct jf_leg *agent;

	(void)state;
	world_register("1001");
	world_caller("100");
	agent = world_answers("1001", 5000);
	for (unsigned int i = 0; i < 40; i++) {
		world_endpoint(5000)->last_ns = world_endpoint(4000)->last_ns = world.now_ns;
		world_advance(100);
	}
	assert_false(agent->pinged);
	since_ns = world.now_ns;
	while (!agent->pinged && world.now_ns - since_ns < 5 * JF_NS_PER_S) {
		world_endpoint(4000)->last_ns = world.now_ns;
		world_advance(100);
	}
	assert_true(agent->pinged);
	world_advance(1500);
	world_leg(agent, JF_LEG_PING, 408, NULL);
	assert_true(world.now_ns - since_ns < 5 * JF_NS_PER_S);
	assert_string_equal(world_agent_state("1001"), "unreachable");
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	world_register("1002");
	world_answers("1002", 6000);
	assert_string_equal(world_call_state(), "talking");
	assert_int_equal(world.recordings_open, 1); /* one recording for the whole call */
}

static void who_sends_no_media_but_rtcp_has_not_vanished(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_register("1001");
	world_caller("100");
	agent = world_answers("1001", 5000);
	for (unsigned int i = 0; i < 100; i++) {
		world_endpoint(4000)->last_ns = world.now_ns;
		world_endpoint(5000)->rtcp_last_ns = world.now_ns;
		world_advance(100);
	}
	assert_false(agent->pinged);
}

/* Our own link is away: nobody can be heard, and nobody has vanished. */
static void a_link_that_is_down_loses_no_call(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_register("1001");
	world_caller("100");
	agent = world_answers("1001", 5000);
	world.link_down = true;
	world.link_since_ns = world.now_ns;
	for (unsigned int i = 0; i < 300; i++)
		world_advance(100);
	assert_false(agent->pinged);
	world.link_down = false;
	world.link_since_ns = world.now_ns;
	world_advance(1500);
	assert_false(agent->pinged);
	for (unsigned int i = 0; i < 10; i++)
		world_advance(100);
	assert_true(agent->pinged); /* still silent: now it is asked */

	/* The link went while the answer was awaited: that it is missing says nothing. */
	world.link_since_ns = world.now_ns;
	world_leg(agent, JF_LEG_PING, 408, NULL);
	assert_string_equal(world_call_state(), "talking");
	agent->pinged = false;
	for (unsigned int i = 0; i < 30 && !agent->pinged; i++)
		world_advance(100);
	assert_true(agent->pinged);
	world_leg(agent, JF_LEG_PING, 408, NULL);
	assert_string_equal(world_agent_state("1001"), "unreachable");
}

static void nobody_waits_longer_than_the_queue_permits(void **state)
{
	struct jf_leg *caller = world_caller("200");

	(void)state;
	world_endpoint(4000)->last_ns = world.now_ns + 100 * JF_NS_PER_S;
	assert_string_equal(world_endpoint(4000)->sound, "/ringback.wav");
	world_advance(59000);
	assert_string_equal(world_call_state(), "queued");
	world_advance(2000);
	assert_string_equal(caller->said, "end");
	assert_string_equal(world_recorded_text("outcome", NULL), "released");
	assert_string_equal(world_recorded_text("end", "reason"), "waited too long");
}

static void music_that_cannot_be_loaded_becomes_ringback(void **state)
{
	struct jf_media_event event = {
	        .type = JF_MEDIA_FAILED, .command = "play", .error = -ENOENT};

	(void)state;
	world_caller("100");
	event.endpoint = world_endpoint(4000)->ref;
	event.call = world_endpoint(4000)->call;
	jf_calls_media_handler(&event, world.calls);
	assert_string_equal(world_endpoint(4000)->sound, "/ringback.wav");
	assert_string_equal(world_call_state(), "queued");
}

static void registrations_are_stored_together(void **state)
{
	unsigned int before = world.batches;
	struct jf_registration one;

	(void)state;
	for (int n = 0; n < 5; n++)
		world_register("1001");
	world_advance(100);
	assert_in_range(world.batches - before, 1, 2); /* a row of the agent's state may be apart */
	world_restart();
	assert_int_equal(jf_sip_registrations_get(NULL, "1001", &one, 1), 1);
}

static void calls_survive_a_restart(void **state)
{
	struct jf_leg *talker, *agent, *waiter;

	(void)state;
	world_register("1001");
	talker = world_caller("100");
	agent = world_answers("1001", 5000);
	world_advance(1000);
	waiter = world_caller("100");
	world_advance(1000);
	world_restart();
	assert_int_equal(jf_calls_count(world.calls), 2);
	assert_string_equal(world_agent_state("1001"), "talking");
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(talker->said, "end");
	world_advance(50);
	assert_int_equal(world.records, 1);
	assert_string_equal(world_recorded_text("end", "by"), "agent");
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "talk_ms")), 2000);
	/* The freed agent is called for the one who waited all along. */
	assert_string_equal(world_leg_to("1001")->said, "invite");
	world_leg_ended(waiter, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(50);
	assert_int_equal(world.records, 2);
	assert_true(json_integer_value(json_object_get(world.last_record, "wait_ms")) >= 1000);
}

static void a_call_whose_media_is_gone_gets_its_record_at_restart(void **state)
{
	(void)state;
	world_register("1001");
	world_caller("100");
	world_answers("1001", 5000);
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		world.endpoints[i].open = false;
	world_restart();
	world_advance(10);
	assert_int_equal(world.records, 1);
	assert_string_equal(world_recorded_text("end", "reason"), "lost at restart");
	assert_int_equal(jf_calls_count(world.calls), 0);
	world_restart();
	world_advance(10);
	assert_int_equal(world.records, 1);
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void another_directory_loses_no_call(void **state)
{
	struct jf_leg *talker, *waiter;

	(void)state;
	world_register("1001");
	talker = world_caller("100");
	world_answers("1001", 5000);
	waiter = world_caller("100");
	/* Queue and agent go; 1002 has another password; a new queue takes the number. */
	world_apply("tenants: [{name: acme}]\n"
	            "trunks: [{name: carrier, addresses: [\"192.0.2.1/32\"]}]\n"
	            "queues: [{name: new, tenant: acme}]\n"
	            "agents: [{id: \"1002\", tenant: acme, password: y, queues: [new]}]\n"
	            "numbers: [{number: \"100\", tenant: acme, queue: new}]\n");
	assert_int_equal(jf_calls_count(world.calls), 2);
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(talker, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(50);
	assert_string_equal(world_recorded_text("queue", NULL), "billing");
	assert_string_equal(world_recorded_text("agent", NULL), "1001");
	/* Nobody is left to take the one who waits; it waits on, and may go when it likes. */
	assert_string_equal(world_call_state(), "queued");
	assert_int_equal(
	        jf_calls_agent_change(world.calls, "1001", JF_AGENT_CHANGE_READY, NULL, "test"),
	        -ENOENT);
	world_leg_ended(waiter, JF_LEG_END_BYE_BY_PEER, 200);
	world_register("1002");
	world_caller("100");
	assert_non_null(world_leg_to("1002"));
}

int main(void)
{
#define T(f) WORLD_TEST(f, NULL)
	static const struct CMUnitTest tests[] = {
	        T(rows_are_stored_together_a_little_later),
	        T(a_call_is_answered_recorded_and_written_once),
	        T(unknown_numbers_and_full_engines_are_refused),
	        T(the_greeting_is_heard_whole_before_anyone_is_called),
	        T(a_greeting_that_cannot_be_loaded_is_passed_over),
	        T(a_late_offer_takes_the_law_from_the_ack),
	        T(no_answer_goes_to_the_next_agent),
	        T(refusals_have_their_own_consequences),
	        T(a_codec_that_was_not_offered_is_no_answer),
	        T(a_caller_who_hangs_up_while_it_rings_blames_nobody),
	        T(hold_is_music_and_resume_joins_again),
	        T(a_caller_that_holds_is_sent_nothing),
	        T(a_vanished_agent_is_noticed_within_five_seconds),
	        T(who_sends_no_media_but_rtcp_has_not_vanished),
	        T(a_link_that_is_down_loses_no_call),
	        T(nobody_waits_longer_than_the_queue_permits),
	        T(music_that_cannot_be_loaded_becomes_ringback),
	        T(registrations_are_stored_together),
	        T(calls_survive_a_restart),
	        T(another_directory_loses_no_call),
	        T(a_call_whose_media_is_gone_gets_its_record_at_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
