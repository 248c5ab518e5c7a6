// SPDX-License-Identifier: BSD-3-Clause
/* Callers who wait, leave a message, and are asked how it was; on virtual time. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

#define CALLER_PORT 4000

static const char yaml[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "surveys:\n"
        "  - {name: after, tenant: acme, thanks: /thanks.wav,\n"
        "     questions: [{kind: csat, prompt: /csat.wav}, {kind: nps, prompt: /nps.wav}]}\n"
        "  - {name: asked, tenant: acme, invite: /invite.wav, key: \"5\",\n"
        "     questions: [{kind: ces, prompt: /ces.wav}]}\n"
        "queues:\n"
        "  - name: billing\n"
        "    tenant: acme\n"
        "    music: /moh.wav\n"
        "    announce: {position: true, estimated_wait: true, first_s: 2, every_s: 20,\n"
        "               comfort: [/comfort.wav], language: en, prompts: /words}\n"
        "    leave: {voicemail_key: \"9\"}\n"
        "    voicemail: {greeting: /nobody.wav, thanks: /bye.wav, max_s: 20, silence_s: 3}\n"
        "    survey: after\n"
        "  - {name: sales, tenant: acme, music: /moh.wav, survey: asked}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing, sales]}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"200\", tenant: acme, queue: sales}\n";

static struct world_endpoint *caller_hears(void)
{
	return world_endpoint(CALLER_PORT);
}

static json_int_t queue_figure(const char *queue, const char *name)
{
	json_t *queues = jf_view_queues(world.calls), *row;
	json_int_t value = -1;
	size_t i;

	json_array_foreach(queues, i,
	                   row) if (!strcmp(json_string_value(json_object_get(row, "name")), queue))
	        value = json_integer_value(json_object_get(row, name));
	json_decref(queues);
	return value;
}

static void the_place_is_said_and_music_goes_on(void **state)
{
	(void)state;
	world_caller("100");
	assert_string_equal(caller_hears()->sound, "/moh.wav");
	world_advance(2100);
	/* Nobody is logged in: no word of how long it takes. */
	assert_string_equal(caller_hears()->said, "queue-youarenext");
	world_played();
	assert_string_equal(caller_hears()->sound, "/moh.wav");
	world_advance(20100);
	assert_string_equal(caller_hears()->said, "comfort");
	world_played();
	assert_string_equal(caller_hears()->sound, "/moh.wav");
}

static void an_announcement_delays_no_offer(void **state)
{
	(void)state;
	world_caller("100");
	world_advance(2100);
	assert_string_equal(caller_hears()->said, "queue-youarenext");
	world_register("1001");
	assert_string_equal(world_call_state(), "ringing");
	assert_string_equal(caller_hears()->said, "queue-youarenext"); /* to its end */
	world_played();
	assert_string_equal(caller_hears()->sound, "/moh.wav");
	world_answers("1001", 40000);
	assert_string_equal(world_call_state(), "talking");
	assert_int_not_equal(caller_hears()->hears.generation, 0);
	world_advance(60000);
	assert_int_not_equal(caller_hears()->hears.generation, 0);
}

static void a_prompt_that_is_gone_plays_nothing_and_is_told(void **state)
{
	(void)state;
	world_caller("100");
	world.missing = "youarenext";
	world_advance(2200);
	world.missing = NULL;
	assert_string_equal(caller_hears()->sound, "/moh.wav");
	assert_non_null(strstr(world.events, "prompt.missing"));
	assert_non_null(strstr(world.events, "/words/en/queue-youarenext.wav"));
}

static void a_message_is_left(void **state)
{
	struct jf_leg *leg = world_caller("100");

	(void)state;
	world_advance(5000);
	world_press(leg, '9');
	assert_string_equal(world_call_state(), "voicemail");
	assert_int_equal(queue_figure("billing", "voicemails"), 1);
	assert_int_equal(queue_figure("billing", "waiting"), 0);
	assert_string_equal(caller_hears()->said, "nobody");
	world_played();
	assert_string_equal(caller_hears()->said, "beep");
	assert_int_equal(world.recordings_open, 0);
	world_played();
	assert_int_equal(world.recordings_open, 1);
	assert_true(caller_hears()->taped);
	world.speaks = true;
	world_advance(6000);
	assert_int_equal(world.recordings_open, 1);
	world.speaks = false;
	world_advance(4000);
	assert_int_equal(world.recordings_open, 0); /* three seconds without a word */
	assert_string_equal(caller_hears()->said, "bye");
	world_played();
	assert_string_equal(leg->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "voicemail");
	assert_true(json_is_true(world_recorded("voicemail", "kept")));
	assert_string_equal(world_recorded_text("voicemail", "ended"), "silence");
	assert_string_equal(world_recorded_text("recording", "path"), world_recording_path());
	assert_in_range(json_integer_value(world_recorded("wait_ms", NULL)), 5000, 5300);
}

static void hanging_up_ends_a_message(void **state)
{
	struct jf_leg *leg = world_caller("100");

	(void)state;
	world_press(leg, '9');
	world_played();
	world_played();
	world.speaks = true;
	world_advance(3000);
	world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 0);
	world.speaks = false;
	world_advance(100);
	assert_true(json_is_true(world_recorded("voicemail", "kept")));
	assert_string_equal(world_recorded_text("outcome", NULL), "voicemail");
}

static void a_message_survives_a_restart(void **state)
{
	struct jf_leg *leg = world_caller("100");

	(void)state;
	world_press(leg, '9');
	world_played();
	world_played();
	world.speaks = true;
	world_advance(3000);
	world_restart();
	world.speaks = false;
	world_advance(100);
	assert_string_equal(world_call_state(), "queued");
	assert_true(json_is_true(world_recorded("voicemail", "kept")));
}

static void who_was_served_is_asked(void **state)
{
	struct jf_leg *leg, *agent;

	(void)state;
	world_register("1001");
	leg = world_caller("100");
	agent = world_answers("1001", 40000);
	world_advance(5000);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	assert_string_equal(world_call_state(), "survey");
	assert_string_equal(world_agent_state("1001"), "ready"); /* it is done */
	assert_string_equal(caller_hears()->said, "csat");
	world_press(leg, '4'); /* while it is asked */
	assert_string_equal(caller_hears()->said, "nps");
	world_played();
	world_press(leg, '1');
	world_press(leg, '0');
	assert_string_equal(caller_hears()->said, "thanks");
	world_played();
	assert_string_equal(leg->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_string_equal(world_recorded_text("end", "reason"), "agent hung up");
	assert_in_range(json_integer_value(world_recorded("talk_ms", NULL)), 4900, 5100);
	assert_true(json_is_true(world_recorded("survey", "complete")));
	assert_int_equal(json_integer_value(json_object_get(
	                         json_array_get(world_recorded("survey", "answers"), 1), "answer")),
	                 10);
}

static void nobody_is_asked_who_hangs_up_first(void **state)
{
	struct jf_leg *leg;

	(void)state;
	world_register("1001");
	leg = world_caller("100");
	world_answers("1001", 40000);
	world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_null(world_recorded("survey", NULL));
}

static void by_invitation_only_those_who_accept_are_asked(void **state)
{
	struct jf_leg *leg, *agent;

	(void)state;
	for (unsigned int accepts = 0; accepts < 2; accepts++) {
		leg = world_caller("200");
		world_advance(50);
		assert_string_equal(caller_hears()->said, "invite");
		if (accepts)
			world_press(leg, '5');
		world_played();
		assert_string_equal(caller_hears()->sound, "/moh.wav");
		if (accepts)
			jf_calls_agent_change(world.calls, "1001", JF_AGENT_CHANGE_READY, NULL,
			                      "test");
		else
			world_register("1001");
		agent = world_answers("1001", 40000);
		world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
		assert_string_equal(world_call_state(), accepts ? "survey" : "closing");
		world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 0);
		world_advance(100);
		jf_calls_agent_change(world.calls, "1001", JF_AGENT_CHANGE_NOT_READY, "test",
		                      "test");
	}
}

int main(void)
{
#define TEST(name) WORLD_TEST(name, yaml)
	static const struct CMUnitTest tests[] = {
	        TEST(the_place_is_said_and_music_goes_on),
	        TEST(an_announcement_delays_no_offer),
	        TEST(a_prompt_that_is_gone_plays_nothing_and_is_told),
	        TEST(a_message_is_left),
	        TEST(hanging_up_ends_a_message),
	        TEST(a_message_survives_a_restart),
	        TEST(who_was_served_is_asked),
	        TEST(nobody_is_asked_who_hangs_up_first),
	        TEST(by_invitation_only_those_who_accept_are_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
