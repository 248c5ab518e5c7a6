// SPDX-License-Identifier: BSD-3-Clause
/* Admission before the stack: who is refused without state, and what still goes through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <re/re.h>

#include "jf_loop.h"
#include "jf_sip_admit_priv.h"
#include "jf_sip_priv.h"
#include "jf_time.h"
#include "sip_lab.h"
#include "wire.h"

static unsigned incoming;

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)leg;
	(void)invite;
	(void)arg;
	incoming++;
}

static int setup(void **state)
{
	const struct jf_sip_handler rows = {.source_allowed = stand_in_local_trunk,
	                                    .leg_incoming = leg_incoming};

	(void)state;
	incoming = 0;
	return sip_lab_start(rows, (struct jf_sip_config){.source_rate = 10});
}

static size_t invite_write(char *ret_text, size_t size, const char *ip, const char *call,
                           const char *via)
{
	return (size_t)snprintf(
	        ret_text, size,
	        "INVITE sip:6100@127.0.0.1 SIP/2.0\r\n"
	        "Via: SIP/2.0/UDP %s:5070;branch=z9hG4bK%s%s\r\n"
	        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n"
	        "Max-Forwards: 70\r\nContact: <sip:a@%s:5070>\r\n"
	        "Content-Length: 0\r\n\r\n",
	        ip, call, via, call, ip);
}

static void invite_from(const char *ip, const char *call, const char *via)
{
	char text[1024];

	wire_receive_from(ip, 5070, text, invite_write(text, sizeof(text), ip, call, via));
}

static void options(void)
{
	wire_receive("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	             "127.0.0.1:5070;branch=z9hG4bKo\r\n"
	             "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
	             "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
}

/* So many new calls, which have stood in line for longer than anybody may. */
static void late_calls(unsigned count)
{
	struct udp_sock *sock = mem_zalloc(16, NULL);
	struct jf_udp_datagram datagram;
	struct jf_sip_intake intake = {.sip = sip,
	                               .admit = sip->admit,
	                               .sock = sock,
	                               .datagram = &datagram,
	                               .now_ns = jf_loop_now_ns(),
	                               .waited_ns = 90 * JF_NS_PER_MS};
	char text[1024], call[16];

	assert_non_null(sock);
	assert_int_equal(sa_set_str(&datagram.source, "127.0.0.1", 5070), 0);
	for (unsigned i = 0; i < count; i++) {
		snprintf(call, sizeof(call), "late%u", i);
		datagram.bytes = text;
		datagram.length = invite_write(text, sizeof(text), "127.0.0.1", call, "");
		assert_true(jf_sip_line_enter(&intake, NULL, JF_SIP_RANK_CALL));
		sip->admit->load.calls++;
	}
	mem_deref(sock);
}

/* What the trace was told last, and how often each. */
static struct {
	unsigned count;
	bool sent;
	enum jf_sip_why why;
	unsigned of[JF_SIP_WHY_COUNT];
} traced;

static void on_traced(const struct jf_sip_traced *message, void *arg)
{
	(void)arg;
	traced.count++;
	traced.sent = message->sent;
	traced.why = message->why;
	traced.of[message->why]++;
}

static void on_bind(const char *sip_call_id, const struct jf_call_id *call, void *arg)
{
	(void)sip_call_id;
	(void)call;
	(void)arg;
}

static const struct jf_sip_tracer tracer = {.message = on_traced, .bind = on_bind};

static void assert_told_why(enum jf_sip_why why)
{
	assert_true(traced.sent);
	assert_string_equal(jf_sip_why_word(traced.why), jf_sip_why_word(why));
}

static void trace_knows_why(void **state)
{
	(void)state;
	jf_sip_trace_set(sip, &tracer);
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, true);
	invite_from("127.0.0.1", "one", "");
	assert_told_why(JF_SIP_WHY_CALLS);
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, false);
	jf_sip_drain(sip, true);
	invite_from("127.0.0.1", "one", ""); /* sent again: what it was told */
	assert_told_why(JF_SIP_WHY_CALLS);
	invite_from("127.0.0.1", "two", "");
	assert_told_why(JF_SIP_WHY_DRAINING);
	jf_sip_drain(sip, false);
	invite_from("127.0.0.1", "three", "");
	assert_told_why(JF_SIP_WHY_NONE); /* 100 Trying */
	invite_from("10.9.9.9", "stranger", "");
	assert_told_why(JF_SIP_WHY_TRUNK_UNKNOWN);
	wire_receive("BYE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	             "127.0.0.1:5070;branch=z9hG4bKb\r\n"
	             "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 BYE\r\n"
	             "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	assert_told_why(JF_SIP_WHY_NO_DIALOG);
	options();
	assert_told_why(JF_SIP_WHY_NONE);
	/* A note without a response is gone with the next message. */
	jf_sip_why_note(JF_SIP_WHY_MEDIA);
	invite_from("127.0.0.1", "four", "");
	assert_told_why(JF_SIP_WHY_NONE);
	wire_reset();
	jf_sip_trace_set(sip, NULL);
}

static void too_many_and_too_long_have_their_words(void **state)
{
	const unsigned places = 8; /* in line, at the least */

	(void)state;
	memset(&traced, 0, sizeof(traced));
	jf_sip_trace_set(sip, &tracer);
	sip->admit->overload.active = sip->admit->overload.refusing = true;
	sip->admit->overload.rate = 0;
	late_calls(places);
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(traced.of[JF_SIP_WHY_OVERLOAD], 1);
	assert_int_equal(traced.of[JF_SIP_WHY_WAITED], places);
	jf_sip_trace_set(sip, NULL);
}

static void trace_of_a_flood_is_bounded(void **state)
{
	char call[16];

	(void)state;
	jf_sip_trace_set(sip, &tracer);
	jf_sip_limit_set(sip, JF_SIP_WHY_MEMORY, true);
	wire_advance_ms(1000);
	traced.count = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(call, sizeof(call), "f%u", i);
		invite_from("127.0.0.1", call, "");
	}
	assert_int_equal(traced.count, 2 * JF_SIP_TRACE_DOOR_MAX);
	assert_told_why(JF_SIP_WHY_MEMORY);
	jf_sip_trace_set(sip, NULL);
}

static void refused_again_the_same_and_its_ack_is_nothing(void **state)
{
	char first[WIRE_TEXT_MAX], ack[WIRE_TEXT_MAX];
	struct jf_sip_load load;

	(void)state;
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, true);
	invite_from("127.0.0.1", "one", "");
	strcpy(first, wire_sent());
	assert_int_equal(wire_status(first), 503);
	assert_true(atoi(wire_header(first, "Retry-After")) > 0);
	/* There is room again, but this call has been told. */
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, false);
	invite_from("127.0.0.1", "one", "");
	assert_string_equal(wire_sent(), first);
	snprintf(ack, sizeof(ack),
	         "ACK sip:6100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
	         "127.0.0.1:5070;branch=z9hG4bKone"
	         "\r\nFrom: <sip:a@b>;tag=1\r\nTo: %s\r\nCall-ID: one\r\nCSeq: 1 ACK\r\n"
	         "Content-Length: 0\r\n\r\n",
	         wire_header(first, "To"));
	wire_receive(ack);
	assert_int_equal(wire_count(), 0);
	assert_int_equal(incoming, 0);
	assert_int_equal(jf_sip_stats_get(sip).requests, 0); /* nothing of it reached the stack */
	wire_advance_ms(200);
	assert_int_equal(jf_loop_stats_get().timers, 0);
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.refused[JF_SIP_WHY_CALLS], 1);
	assert_int_equal(load.refused_again, 1);
	/* Another call is served. */
	invite_from("127.0.0.1", "two", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	assert_int_equal(incoming, 1);
}

static void call_that_was_let_in_is_not_refused_when_sent_again(void **state)
{
	(void)state;
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	jf_sip_limit_set(sip, JF_SIP_WHY_MEDIA, true);
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 100);
	assert_int_equal(incoming, 1);
}

static void keepalive_of_a_trunk_is_answered_all_the_same(void **state)
{
	(void)state;
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, true);
	options();
	assert_int_equal(wire_status(wire_sent()), 200);
}

static void strangers_have_their_rate(void **state)
{
	struct jf_sip_load load;
	unsigned answered = 0;
	char call[16];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		snprintf(call, sizeof(call), "c%u", i);
		invite_from("10.9.9.9", call, "");
		answered += wire_status(wire_sent()) >= 400;
	}
	assert_int_equal(answered, 40); /* four seconds' worth at once */
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.limited, 160);
	assert_int_equal(incoming, 0);
	wire_advance_ms(1000);
	invite_from("10.9.9.9", "later", "");
	assert_true(wire_status(wire_sent()) >= 400);
}

static void listener_is_told_the_load_in_every_response(void **state)
{
	const char *via;

	(void)state;
	invite_from("127.0.0.1", "one", ";oc;oc-algo=\"loss\"");
	via = wire_header(wire_sent(), "Via");
	assert_non_null(strstr(via, ";oc=0;oc-algo=\"loss\";oc-validity=0;oc-seq="));
	jf_sip_limit_set(sip, JF_SIP_WHY_CALLS, true);
	invite_from("127.0.0.1", "two", ";oc");
	via = wire_header(wire_sent(), "Via");
	assert_non_null(strstr(via, ";oc=0;oc-algo=\"loss\";"));
}

static void draining_refuses_calls_at_the_door(void **state)
{
	(void)state;
	jf_sip_drain(sip, true);
	invite_from("127.0.0.1", "one", "");
	assert_int_equal(wire_status(wire_sent()), 503);
	jf_sip_drain(sip, false);
	invite_from("127.0.0.1", "two", "");
	assert_int_equal(wire_status(wire_sent()), 100);
}

/* What a turn sends: refusals, and answers to OPTIONS. */
static void turn(unsigned *ret_refused, unsigned *ret_served)
{
	*ret_refused = *ret_served = 0;
	options();
	while (wire_count()) {
		unsigned code = wire_status(wire_sent());

		*ret_refused += code == 503;
		*ret_served += code == 200;
	}
}

static void late_refusals_take_no_more_than_their_share_of_a_turn(void **state)
{
	const unsigned count = 500, share = 1000 / 10; /* of a ms, at 10 us each */
	unsigned left = count, refused, served, turns = 0;
	struct jf_sip_load load;

	(void)state;
	late_calls(count);
	wire_clock_step_ns(10 * JF_NS_PER_US);
	while (left && turns < 20) {
		uint64_t began_ns = jf_loop_now_ns();

		turn(&refused, &served);
		assert_in_range(refused, 1, 2 * share); /* twice as much in overload */
		assert_int_equal(served, 1);            /* nobody else waits for it */
		assert_true(jf_loop_now_ns() - began_ns < 5 * JF_NS_PER_MS);
		left -= refused;
		turns++;
	}
	assert_int_equal(left, 0);
	assert_in_range(turns, count / (2 * share), count / share + 1);
	assert_int_equal(incoming, 0);
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.refused[JF_SIP_WHY_WAITED], count);
	assert_int_equal(load.calls, 0);
	assert_int_equal(load.waiting, 0);
}

static void deliberate_slack_is_no_wait(void **state)
{
	struct jf_udp_datagram datagram = {.bytes = "?", .length = 1};
	struct jf_sip_intake intake = {.sip = sip,
	                               .admit = sip->admit,
	                               .sock = mem_zalloc(16, NULL),
	                               .datagram = &datagram,
	                               .now_ns = jf_loop_now_ns()};
	struct jf_sip_load load;

	(void)state;
	assert_non_null(intake.sock);
	for (unsigned i = 0; i < 10; i++)
		assert_true(jf_sip_line_enter(&intake, NULL, JF_SIP_RANK_DIALOG));
	mem_deref(intake.sock);
	wire_advance_ms(60); /* of the 100 ms that hanging up may take */
	options();
	jf_sip_load_get(sip, &load);
	assert_int_equal(load.waiting, 0);
	assert_int_equal(load.waits[0], 11);
	assert_true(jf_sip_load_wait_ns(&load, 1) < JF_NS_PER_MS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(refused_again_the_same_and_its_ack_is_nothing),
	        TEST(trace_knows_why),
	        TEST(too_many_and_too_long_have_their_words),
	        TEST(trace_of_a_flood_is_bounded),
	        TEST(call_that_was_let_in_is_not_refused_when_sent_again),
	        TEST(keepalive_of_a_trunk_is_answered_all_the_same),
	        TEST(strangers_have_their_rate),
	        TEST(listener_is_told_the_load_in_every_response),
	        TEST(draining_refuses_calls_at_the_door),
	        TEST(late_refusals_take_no_more_than_their_share_of_a_turn),
	        TEST(deliberate_slack_is_no_wait),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
