// SPDX-License-Identifier: BSD-3-Clause
/* What operators and opening hours do to callbacks and messages; on virtual time. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_call.h"
#include "jf_call_tasks.h"

#define CUSTOMER "+37237255500001" /* as the tenant's plan reads the world's callers */

#define DIRECTORY(closed, waiting)                                                                 \
	"tenants:\n"                                                                               \
	"  - {name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}\n"                      \
	"trunks:\n"                                                                                \
	"  - {name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"], to: [10.0.0.1]}\n"       \
	"queues:\n"                                                                                \
	"  - name: billing\n"                                                                      \
	"    tenant: acme\n"                                                                       \
	"    music: /moh.wav\n"                                                                    \
	"    announce: {language: en, prompts: /words, every_s: 600, first_s: 600}\n"              \
	"    leave: {callback_key: \"1\", voicemail_key: \"9\"}\n"                                 \
	"    callback: {first: agent, attempts: 2, retry_s: 60, ring_s: 20, confirm: false,\n"     \
	"               closed: " closed "}\n"                                                     \
	"    voicemail: {silence_s: 3}\n"                                                          \
	"    closed: {waiting: " waiting "}\n"                                                     \
	"agents:\n"                                                                                \
	"  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"                       \
	"numbers:\n"                                                                               \
	"  - {number: \"100\", tenant: acme, queue: billing}\n"

/* ---- Words for it ------------------------------------------------------------------------------
 */

static void leaves_its_number(void)
{
	struct jf_leg *leg = world_caller("100");

	world_advance(1000);
	world_press(leg, '1');
	world_played();
	world_advance(100);
	assert_string_equal(leg->said, "end");
}

static struct jf_leg *answers(const char *who, uint16_t port)
{
	world_advance(1);
	return world_answers(who, port);
}

static const char *callback(const char *key)
{
	return world_task(JF_TASKS_CALLBACKS, key);
}

static const char *message(const char *key)
{
	return world_task(JF_TASKS_VOICEMAILS, key);
}

static struct jf_call_id only(enum jf_tasks_kind kind)
{
	struct jf_call_id id;

	assert_int_equal(jf_view_tasks_match(world.calls, kind, "0", &id), 1);
	return id;
}

static bool has_file(const char *path)
{
	char whole[400];

	snprintf(whole, sizeof(whole), "%s/%s", world.recordings, path);
	return access(whole, F_OK) == 0;
}

static int result;

static void done(int how, void *arg)
{
	(void)arg;
	result = how;
}

static int cancel(const char *reason)
{
	struct jf_call_id id = only(JF_TASKS_CALLBACKS);

	result = -EINPROGRESS;
	return jf_calls_callback_cancel(world.calls, &id, reason, done, NULL);
}

static int delete_it(void)
{
	struct jf_call_id id = only(JF_TASKS_VOICEMAILS);

	result = -EINPROGRESS;
	return jf_calls_voicemail_delete(world.calls, &id, done, NULL);
}

static int offer(void)
{
	struct jf_call_id id = only(JF_TASKS_VOICEMAILS);

	return jf_calls_voicemail_offer(world.calls, &id, done, NULL);
}

static void door(bool is_shut)
{
	struct jf_queue_order order = {"acme", "billing", is_shut, "test", "operator"};

	assert_int_equal(jf_calls_queue_shut(world.calls, &order, NULL, NULL), 0);
	world_advance(1);
}

static const json_t *recording_of(const char *call, json_t **ret_record)
{
	struct jf_call_id id;
	size_t length;
	void *text;

	assert_int_equal(jf_call_id_parse(call, &id), 0);
	assert_int_equal(jf_store_get(NULL, JF_STORE_RECORDS, id.b, sizeof(id.b), &text, &length),
	                 0);
	*ret_record = json_loadb(text, length, 0, NULL);
	free(text);
	return json_object_get(*ret_record, "recording");
}

/* ---- Callbacks ---------------------------------------------------------------------------------
 */

static void a_cancelled_callback_is_never_made(void **state)
{
	(void)state;
	leaves_its_number();
	assert_int_equal(cancel("called again"), 0);
	world_advance(100);
	assert_int_equal(result, 0);
	assert_string_equal(callback("state"), "");
	assert_non_null(strstr(world.events, "callback.cancelled"));
	assert_string_equal(world_call_state(), "");
	world_register("1001");
	world_advance(1000);
	assert_null(world_leg_to("1001"));
	world_restart();
	assert_string_equal(callback("state"), "");
}

static void who_is_called_just_now_is_not_cancelled(void **state)
{
	(void)state;
	leaves_its_number();
	world_register("1001");
	assert_string_equal(callback("state"), "agent-ringing");
	answers("1001", 40000);
	assert_string_equal(callback("state"), "customer-ringing");
	assert_int_equal(cancel(NULL), -EBUSY);
	answers(CUSTOMER, 5000);
	assert_int_equal(cancel(NULL), -EBUSY);
	assert_string_equal(callback("state"), "talking");
}

static void while_only_the_agent_rings_it_may_be_cancelled(void **state)
{
	(void)state;
	leaves_its_number();
	world_register("1001");
	assert_string_equal(callback("state"), "agent-ringing");
	assert_int_equal(cancel(NULL), 0);
	world_advance(100);
	assert_int_equal(result, 0);
	assert_string_equal(world_leg_to("1001")->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
}

/* ---- Messages ----------------------------------------------------------------------------------
 */

static void a_deleted_message_leaves_no_file_and_its_record_says_so(void **state)
{
	char path[200], call[64];
	json_t *record;
	const json_t *recording;

	(void)state;
	world_caller_leaves_a_message();
	snprintf(path, sizeof(path), "%s", message("path"));
	snprintf(call, sizeof(call), "%s", message("id"));
	assert_true(has_file(path));
	assert_int_equal(delete_it(), 0);
	assert_int_equal(delete_it(), -EALREADY);
	assert_string_equal(message("state"), "deleting");
	assert_true(has_file(path)); /* its row does not say so durably yet */
	world_advance(100);
	assert_int_equal(result, 0);
	assert_false(has_file(path));
	assert_string_equal(message("state"), "");
	assert_non_null(strstr(world.events, "voicemail.deleted"));
	recording = recording_of(call, &record);
	assert_string_equal(json_string_value(json_object_get(recording, "state")), "deleted");
	assert_non_null(json_object_get(recording, "deleted_utc"));
	json_decref(record);
	world_restart();
	assert_string_equal(message("state"), "");
}

static void a_restart_in_between_goes_on_deleting(void **state)
{
	char path[200];

	(void)state;
	world_caller_leaves_a_message();
	snprintf(path, sizeof(path), "%s", message("path"));
	assert_int_equal(delete_it(), 0);
	world_restart(); /* the row says so, and the file goes; the row is still there */
	world_advance(100);
	assert_false(has_file(path));
	assert_string_equal(message("state"), "");
	world_restart();
	assert_string_equal(message("state"), "");
}

static void what_cant_be_stored_is_not_deleted(void **state)
{
	(void)state;
	world_caller_leaves_a_message();
	world.store_full = true;
	assert_int_equal(delete_it(), -ENOBUFS);
	world.store_full = false;
	assert_true(has_file(message("path")));
	assert_string_equal(message("state"), "waiting");
}

static void who_listens_is_not_interrupted(void **state)
{
	struct jf_leg *agent;
	char path[200];

	(void)state;
	world_caller_leaves_a_message();
	snprintf(path, sizeof(path), "%s", message("path"));
	world_register("1001");
	agent = answers("1001", 40000);
	assert_string_equal(world_call_state(), "listening");
	assert_int_equal(delete_it(), -EBUSY);
	world_press(agent, '3');
	world_advance(100);
	assert_false(has_file(path));
	assert_string_equal(message("state"), "");
	assert_string_equal(agent->said, "end");
}

static void a_heard_message_is_offered_once_more(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_caller_leaves_a_message();
	assert_int_equal(offer(), -EALREADY);
	world_register("1001");
	agent = answers("1001", 40000);
	world_played();
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(message("state"), "heard");
	assert_int_equal(offer(), 0);
	world_advance(100);
	assert_string_equal(world_call_state(), "ringing");
}

static void a_message_whose_file_is_gone_says_so_and_rings_nobody(void **state)
{
	char whole[400];
	FILE *f;

	(void)state;
	world_caller_leaves_a_message();
	snprintf(whole, sizeof(whole), "%s/%s", world.recordings, message("path"));
	assert_int_equal(unlink(whole), 0);
	world_restart();
	assert_string_equal(message("state"), "file missing");
	assert_non_null(strstr(world.events, "voicemail.missing"));
	world_register("1001");
	world_advance(1000);
	assert_string_equal(world_call_state(), "");
	/* Its disk is there again. */
	f = fopen(whole, "w");
	assert_non_null(f);
	fclose(f);
	world_advance(31000);
	assert_string_equal(world_call_state(), "ringing");
	assert_string_equal(message("state"), "agent-ringing");
}

static void a_message_that_cant_be_played_is_not_heard(void **state)
{
	(void)state;
	world_caller_leaves_a_message();
	world.missing = ".wav";
	world_register("1001");
	answers("1001", 40000);
	world_advance(100);
	assert_string_equal(message("state"), "file missing");
	world.missing = NULL;
	world_advance(120000);
	assert_string_equal(world_call_state(), ""); /* nobody is rung in vain */
	assert_int_equal(offer(), 0);
	world_advance(100);
	assert_string_equal(world_call_state(), "ringing");
}

/* ---- Opening hours -----------------------------------------------------------------------------
 */

static void nobody_is_called_while_closed_and_all_keep_their_place(void **state)
{
	json_t *list;
	json_int_t gross;

	(void)state;
	leaves_its_number();
	world_advance(5000);
	door(true);
	assert_string_equal(callback("state"), "closed");
	assert_string_equal(callback("last"), "the queue is closed");
	world_register("1001");
	world_advance(7200000);
	assert_null(world_leg_to("1001"));
	assert_string_equal(callback("state"), "closed");
	world_restart();
	assert_string_equal(callback("state"), "closed");
	door(false); /* at once, and with its age */
	assert_string_equal(callback("state"), "agent-ringing");
	answers("1001", 40000);
	answers(CUSTOMER, 5000);
	list = jf_view_tasks(world.calls, JF_TASKS_CALLBACKS, "acme");
	gross = json_integer_value(json_object_get(json_array_get(list, 0), "gross_wait_ms"));
	assert_in_range(gross, 7200000, 7210000);
	json_decref(list);
	list = jf_view_tasks(world.calls, JF_TASKS_CALLBACKS, "other");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static void whose_agent_rings_when_it_closes_is_kept(void **state)
{
	(void)state;
	leaves_its_number();
	world_register("1001");
	assert_string_equal(callback("state"), "agent-ringing");
	door(true);
	assert_string_equal(callback("state"), "closed");
	assert_string_equal(world_leg_to("1001")->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void whose_phone_rings_when_it_closes_is_served(void **state)
{
	(void)state;
	leaves_its_number();
	world_register("1001");
	answers("1001", 40000);
	door(true);
	assert_string_equal(callback("state"), "customer-ringing");
	answers(CUSTOMER, 5000);
	assert_string_equal(callback("state"), "talking");
}

static void messages_wait_for_the_opening_too(void **state)
{
	(void)state;
	world_caller_leaves_a_message();
	door(true);
	assert_string_equal(message("state"), "closed");
	world_register("1001");
	world_advance(60000);
	assert_string_equal(world_call_state(), "");
	door(false);
	assert_string_equal(world_call_state(), "ringing");
}

static void a_queue_may_drop_them_when_it_closes(void **state)
{
	struct jf_leg *leg;

	(void)state;
	world_apply(DIRECTORY("drop", "serve"));
	leaves_its_number();
	leg = world_caller("100"); /* is served: it came in time */
	door(true);
	assert_string_equal(callback("state"), "");
	assert_non_null(strstr(world.events, "callback.failed"));
	assert_non_null(strstr(world.events, "\"last\":\"the queue is closed\""));
	/* And takes no more of them. */
	world_advance(1000);
	world_press(leg, '1');
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(callback("state"), "");
	door(false);
	world_press(leg, '1');
	world_played();
	world_advance(100);
	assert_string_equal(callback("state"), "waiting");
}

static void they_are_not_moved_with_those_who_wait(void **state)
{
	(void)state;
	world_apply(DIRECTORY("keep", "release"));
	leaves_its_number();
	door(true);
	assert_string_equal(callback("state"), "closed");
	assert_string_equal(callback("queue"), "billing");
}

#define TEST(name) WORLD_TEST(name, DIRECTORY("keep", "serve"))

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_cancelled_callback_is_never_made),
	        TEST(who_is_called_just_now_is_not_cancelled),
	        TEST(while_only_the_agent_rings_it_may_be_cancelled),
	        TEST(a_deleted_message_leaves_no_file_and_its_record_says_so),
	        TEST(a_restart_in_between_goes_on_deleting),
	        TEST(what_cant_be_stored_is_not_deleted),
	        TEST(who_listens_is_not_interrupted),
	        TEST(a_heard_message_is_offered_once_more),
	        TEST(a_message_whose_file_is_gone_says_so_and_rings_nobody),
	        TEST(a_message_that_cant_be_played_is_not_heard),
	        TEST(nobody_is_called_while_closed_and_all_keep_their_place),
	        TEST(whose_agent_rings_when_it_closes_is_kept),
	        TEST(whose_phone_rings_when_it_closes_is_served),
	        TEST(messages_wait_for_the_opening_too),
	        TEST(a_queue_may_drop_them_when_it_closes),
	        TEST(they_are_not_moved_with_those_who_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
