// SPDX-License-Identifier: BSD-3-Clause
/* Who is heard in which file while an agent consults, confers and passes on. */
#include "transfer_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call.h"

static void orders(enum jf_call_order_what what, const char *target)
{
	assert_int_equal(world_order(what, target), 0);
}

/* In the caller's file. */
static bool with_caller(uint16_t port, enum jf_media_side side)
{
	const struct world_endpoint *e = world_endpoint(port);

	return e->taped && !strstr(e->file, "-consult-") && e->tap_side == side;
}

/* In the file of that consultation. */
static bool in_consult(uint16_t port, const char *which, enum jf_media_side side)
{
	const struct world_endpoint *e = world_endpoint(port);

	return e->taped && strstr(e->file, which) && e->tap_side == side;
}

static const json_t *file(size_t i)
{
	return json_array_get(json_object_get(world.last_record, "consult_recordings"), i);
}

static void consults(void)
{
	orders(JF_CALL_ORDER_CONSULT, "1002");
	assert_true(with_caller(FIRST, JF_MEDIA_AGENT)); /* nobody has answered */
	world_answers("1002", SECOND);
	assert_true(in_consult(FIRST, "-consult-", JF_MEDIA_AGENT));
	assert_true(in_consult(SECOND, "-consult-", JF_MEDIA_CALLER));
	assert_true(with_caller(CALLER, JF_MEDIA_CALLER));
}

static void a_consultation_has_a_file_of_its_own(void **state)
{
	(void)state;
	world_advance(2000);
	consults();
	assert_int_equal(world.recordings_open, 2);
	orders(JF_CALL_ORDER_SWAP, NULL);
	assert_true(with_caller(FIRST, JF_MEDIA_AGENT));
	assert_true(in_consult(SECOND, "-consult-1", JF_MEDIA_CALLER));
	orders(JF_CALL_ORDER_SWAP, NULL);
	assert_true(in_consult(FIRST, "-consult-1", JF_MEDIA_AGENT));
	orders(JF_CALL_ORDER_BACK, NULL);
	assert_true(with_caller(FIRST, JF_MEDIA_AGENT));
	assert_int_equal(world.recordings_open, 1);
	world_advance(1000);
	over();
	assert_string_equal(text(json_object_get(file(0), "left"), "agent"), "1002");
	assert_string_equal(text(json_object_get(file(0), "right"), "agent"), "1001");
	assert_string_equal(text(file(0), "state"), "closed");
	assert_int_equal(number(file(0), "from_ms"), 3000);
	assert_non_null(strstr(text(file(0), "path"), "-consult-1.wav"));
}

static void a_second_consultation_has_a_second_file(void **state)
{
	(void)state;
	consults();
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_BYE_BY_PEER, 200);
	assert_true(with_caller(FIRST, JF_MEDIA_AGENT));
	consults();
	assert_true(in_consult(SECOND, "-consult-2", JF_MEDIA_CALLER));
	over();
	assert_non_null(strstr(text(file(0), "path"), "-consult-1.wav"));
	assert_non_null(strstr(text(file(1), "path"), "-consult-2.wav"));
	assert_string_equal(text(file(1), "state"), "closed");
}

static void in_a_conference_each_voice_is_in_one_file(void **state)
{
	(void)state;
	consults();
	orders(JF_CALL_ORDER_JOIN, NULL);
	assert_true(with_caller(CALLER, JF_MEDIA_CALLER) && with_caller(FIRST, JF_MEDIA_AGENT));
	assert_true(in_consult(SECOND, "-consult-1", JF_MEDIA_CALLER));
	orders(JF_CALL_ORDER_LEAVE, NULL);
	assert_true(with_caller(SECOND, JF_MEDIA_AGENT));
	assert_int_equal(world.recordings_open, 1);
	over();
	assert_int_equal(json_array_size(json_object_get(world.last_record, "consult_recordings")),
	                 1);
	assert_int_equal(json_array_size(json_object_get(
	                         json_object_get(world.last_record, "recording"), "right")),
	                 2);
}

static void a_consultation_s_file_survives_a_restart(void **state)
{
	(void)state;
	consults();
	world_restart();
	assert_int_equal(world.recordings_open, 2);
	assert_true(in_consult(FIRST, "-consult-1", JF_MEDIA_AGENT));
	assert_true(in_consult(SECOND, "-consult-1", JF_MEDIA_CALLER));
	orders(JF_CALL_ORDER_LEAVE, NULL);
	assert_true(with_caller(SECOND, JF_MEDIA_AGENT));
	over();
	assert_string_equal(text(file(0), "state"), "closed");
}

static void where_consultations_are_not_recorded_they_are_in_no_file(void **state)
{
	(void)state;
	world_apply("tenants: [{name: acme, record_consult: false}]\n"
	            "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
	            "queues: [{name: billing, tenant: acme, music: /moh.wav}]\n"
	            "agents:\n"
	            "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
	            "  - {id: \"1002\", tenant: acme, password: x, queues: [billing]}\n"
	            "numbers: [{number: \"100\", tenant: acme, queue: billing}]\n");
	orders(JF_CALL_ORDER_CONSULT, "1002");
	world_answers("1002", SECOND);
	assert_false(world_endpoint(FIRST)->taped || world_endpoint(SECOND)->taped);
	orders(JF_CALL_ORDER_SWAP, NULL);
	assert_true(with_caller(FIRST, JF_MEDIA_AGENT));
	assert_false(world_endpoint(SECOND)->taped);
	orders(JF_CALL_ORDER_JOIN, NULL); /* now it speaks with the caller */
	assert_true(in_consult(SECOND, "-consult-1", JF_MEDIA_CALLER));
	over();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
	static const struct CMUnitTest tests[] = {
	        T(a_consultation_has_a_file_of_its_own),
	        T(a_second_consultation_has_a_second_file),
	        T(in_a_conference_each_voice_is_in_one_file),
	        T(a_consultation_s_file_survives_a_restart),
	        T(where_consultations_are_not_recorded_they_are_in_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
