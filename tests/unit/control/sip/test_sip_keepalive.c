// SPDX-License-Identifier: BSD-3-Clause
/* Phones behind a NAT are asked for a sign of life; those that give none are unreachable, and
 * 100,000 of them are asked in bounded turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jf_loop.h"
#include "jf_time.h"
#include "sip_lab.h"
#include "wire.h"

#define PHONES 100000u
#define RATE   5000u

static int start(enum jf_sip_keepalive_whom whom)
{
	return sip_lab_start((struct jf_sip_handler){NULL},
	                     (struct jf_sip_config){.keepalive = whom, .keepalive_rate = RATE});
}

static int setup(void **state)
{
	(void)state;
	return start(JF_SIP_KEEPALIVE_NAT);
}

static int setup_all(void **state)
{
	(void)state;
	return start(JF_SIP_KEEPALIVE_ALL);
}

/* One that registered from 10.0.0.1:port, by that way ("": none). */
static void phone_behind(const char *agent, const char *contact, uint16_t port, const char *path)
{
	struct jf_registration r = {
	        .source = {.family = 4, .transport = JF_SIP_UDP, .port = port, .ip = {10, 0, 0, 1}},
	        .q = JF_SIP_Q_MAX,
	        .granted_s = 36000,
	        .expires_ns = jf_loop_now_ns() + 36000 * JF_NS_PER_S};

	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	snprintf(r.contact, sizeof(r.contact), "%s", contact);
	snprintf(r.path, sizeof(r.path), "%s", path);
	assert_int_equal(jf_sip_registration_restore(sip, &r), 0);
}

static void phone(const char *agent, const char *contact, uint16_t port)
{
	phone_behind(agent, contact, port, "");
}

static void answer(const char *question, const char *status)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=p\r\nCall-ID: %s\r\nCSeq: %s\r\n"
	         "Content-Length: 0\r\n\r\n",
	         status, wire_header(question, "Via"), wire_header(question, "From"),
	         wire_header(question, "To"), wire_header(question, "Call-ID"),
	         wire_header(question, "CSeq"));
	wire_receive_from("10.0.0.1", 40000, text, strlen(text));
}

/* The next question, after how many ms. */
static unsigned wait_question(unsigned limit_ms, char ret_question[WIRE_TEXT_MAX])
{
	for (unsigned ms = 0; ms <= limit_ms; ms += 10, wire_advance_ms(10)) {
		const char *sent = wire_sent();

		if (sent) {
			snprintf(ret_question, WIRE_TEXT_MAX, "%s", sent);
			return ms;
		}
	}
	fail_msg("nobody was asked within %u ms", limit_ms);
	return 0;
}

static void only_phones_behind_a_nat_are_asked(void **state)
{
	char question[WIRE_TEXT_MAX];
	unsigned ms;

	(void)state;
	phone("1001", "sip:1001@192.168.1.7:5060", 40000);
	phone("1002", "sip:1002@10.0.0.1:5062", 5062);
	(void)wait_question(30000, question);
	assert_non_null(strstr(question, "OPTIONS sip:1001@192.168.1.7:5060 SIP/2.0"));
	answer(question, "404 Not Found");
	for (unsigned i = 0; i < 5; i++) {
		ms = wait_question(30000, question);
		assert_in_range(ms, 27000, 30100);
		assert_non_null(strstr(question, "OPTIONS sip:1001@"));
		answer(question, "200 OK");
	}
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 0);
	assert_int_equal(jf_sip_stats_get(sip).stray_responses, 0);
}

static void all_are_asked_where_that_is_wanted(void **state)
{
	char question[WIRE_TEXT_MAX];

	(void)state;
	phone("1002", "sip:1002@10.0.0.1:5062", 5062);
	(void)wait_question(30000, question);
	assert_non_null(strstr(question, "OPTIONS sip:1002@10.0.0.1:5062 SIP/2.0"));
}

static void who_answers_nothing_is_unreachable_until_it_does(void **state)
{
	struct jf_registration r[2];
	char question[WIRE_TEXT_MAX];

	(void)state;
	phone("1001", "sip:1001@10.0.0.1:5062", 5062);
	phone("1001", "sip:1001@192.168.1.7:5060", 40000);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 2);
	assert_true(r[0].nat && !r[0].unreachable && !r[1].nat);
	(void)wait_question(30000, question);
	assert_int_equal(wait_question(2100, question) / 100, 20);
	assert_int_equal(wait_question(2100, question) / 100, 20);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 0);
	wire_advance_ms(2100);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 1);
	/* registered still, and called last */
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 2);
	assert_true(r[1].nat && r[1].unreachable && !r[0].nat);
	(void)wait_question(30000, question);
	wire_advance_ms(2100);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 1);
	assert_int_equal(wire_count(), 0); /* no more than one a time, now */
	(void)wait_question(30000, question);
	answer(question, "100 Trying");
	assert_int_equal(registrations.changes[JF_REGISTRATION_REACHABLE], 0);
	answer(question, "200 OK");
	assert_int_equal(registrations.changes[JF_REGISTRATION_REACHABLE], 1);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 2);
	assert_true(r[0].nat && !r[0].unreachable);
	/* registering is a sign of life too */
	(void)wait_question(30000, question);
	wire_advance_ms(6200);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 2);
	phone("1001", "sip:1001@192.168.1.7:5060", 40000);
	assert_int_equal(registrations.changes[JF_REGISTRATION_REACHABLE], 2);
}

static void who_is_behind_a_proxy_is_asked_by_way_of_it(void **state)
{
	char question[WIRE_TEXT_MAX];

	(void)state;
	phone_behind("1001", "sip:1001@10.0.0.9:5062", 5062,
	             "<sip:10.0.0.1:5070;lr>, <sip:10.9.9.9;lr>");
	(void)wait_question(30000, question);
	assert_non_null(strstr(question, "OPTIONS sip:1001@10.0.0.9:5062 SIP/2.0"));
	assert_string_equal(wire_header(question, "Route"),
	                    "<sip:10.0.0.1:5070;lr>, <sip:10.9.9.9;lr>");
	answer(question, "200 OK");
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 0);
	/* The proxy is alive; that says nothing of the phone. */
	for (unsigned i = 0; i < 3; i++) {
		(void)wait_question(30000, question);
		answer(question, i ? "430 Flow Failed" : "408 Request Timeout");
	}
	wire_advance_ms(2100);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 1);
	(void)wait_question(30000, question);
	answer(question, "404 Not Found");
	assert_int_equal(registrations.changes[JF_REGISTRATION_REACHABLE], 1);
}

static void others_answers_count_for_nothing(void **state)
{
	char question[WIRE_TEXT_MAX], forged[WIRE_TEXT_MAX];
	char *tag;

	(void)state;
	phone("1001", "sip:1001@192.168.1.7:5060", 40000);
	(void)wait_question(30000, question);
	memcpy(forged, question, sizeof(forged));
	tag = strstr(forged, ";tag=");
	assert_non_null(tag);
	memcpy(tag + 5, "0000000000000000", 16);
	answer(forged, "200 OK");
	assert_int_equal(jf_sip_stats_get(sip).stray_responses, 1);
	wire_advance_ms(6200);
	assert_int_equal(registrations.changes[JF_REGISTRATION_UNREACHABLE], 1);
}

static void a_hundred_thousand_are_asked_in_bounded_turns(void **state)
{
	unsigned asked = 0, most = 0;
	char agent[16], contact[64];

	(void)state;
	for (unsigned i = 0; i < PHONES; i++) {
		snprintf(agent, sizeof(agent), "%u", i);
		snprintf(contact, sizeof(contact), "sip:%u@192.168.1.7", i);
		phone(agent, contact, (uint16_t)(1024 + i % 60000));
	}
	/* half of them answer, the others are asked again */
	for (unsigned turn = 0; turn < 30 * 50; turn++) {
		unsigned now = 0;

		wire_advance_ms(20);
		for (const char *sent; (sent = wire_sent()); now++)
			if (turn % 2)
				answer(sent, "200 OK");
		most = now > most ? now : most;
		asked += now;
	}
	assert_in_range(most, RATE / 50, 2 * RATE / 50);
	assert_in_range(asked, PHONES, 30 * RATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(only_phones_behind_a_nat_are_asked, setup,
	                                        sip_lab_stop),
	        cmocka_unit_test_setup_teardown(all_are_asked_where_that_is_wanted, setup_all,
	                                        sip_lab_stop),
	        cmocka_unit_test_setup_teardown(who_answers_nothing_is_unreachable_until_it_does,
	                                        setup, sip_lab_stop),
	        cmocka_unit_test_setup_teardown(who_is_behind_a_proxy_is_asked_by_way_of_it, setup,
	                                        sip_lab_stop),
	        cmocka_unit_test_setup_teardown(others_answers_count_for_nothing, setup,
	                                        sip_lab_stop),
	        cmocka_unit_test_setup_teardown(a_hundred_thousand_are_asked_in_bounded_turns,
	                                        setup, sip_lab_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
