// SPDX-License-Identifier: BSD-3-Clause
/* Callers that reach the agents without a server between, over real sockets and virtual time. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jf_sipgen_calls.h"
#include "jf_sipgen_register.h"
#include "jf_time.h"

struct net {
	struct jf_sipgen_wire *wire;
	struct jf_sipgen_calls *calls;
	uint64_t now_ns;
	uint32_t lose; /* so many messages yet are lost */
};

static int set_up(void **state)
{
	static const char *const addresses[] = {"127.78.1.2", "127.78.1.3"};
	static struct net net;
	struct jf_sipgen_calls_config config = {
	        .server = {.sin_family = AF_INET, .sin_port = htons(JF_SIPGEN_PORT)},
	        .called = 2000,
	        .n_called = 3,
	        .capacity = 16,
	};

	net = (struct net){.now_ns = JF_NS_PER_S};
	if (jf_sipgen_wire_open(addresses, &net.wire))
		return -1;
	inet_pton(AF_INET, addresses[JF_SIPGEN_AGENTS], &config.server.sin_addr);
	config.wire = net.wire;
	*state = &net;
	return jf_sipgen_calls_create(&config, &net.calls);
}

static int tear_down(void **state)
{
	struct net *net = *state;

	jf_sipgen_calls_destroy(net->calls);
	jf_sipgen_wire_close(net->wire);
	return 0;
}

/* Until nothing is on its way any more. */
static void settle(struct net *net)
{
	const struct jf_sipgen_received *received;
	struct jf_sipgen_message m;
	uint32_t n;

	do {
		n = 0;
		jf_sipgen_wire_flush(net->wire);
		for (unsigned int side = 0; side < JF_SIPGEN_SIDES; side++) {
			uint32_t got = jf_sipgen_wire_receive(net->wire, side, &received);

			n += got;
			for (uint32_t i = 0; i < got; i++) {
				if (net->lose) {
					net->lose--;
					continue;
				}
				assert_true(jf_sipgen_message_read(received[i].bytes,
				                                   received[i].length, &m));
				jf_sipgen_calls_receive(net->calls, side, &m, &received[i],
				                        net->now_ns);
			}
		}
	} while (n);
}

static void pass(struct net *net, uint64_t ms)
{
	for (; ms; ms -= ms < 100 ? ms : 100) {
		net->now_ns += (ms < 100 ? ms : 100) * JF_NS_PER_MS;
		jf_sipgen_calls_turn(net->calls, net->now_ns);
		settle(net);
	}
}

static void call_comes_up_and_ends(void **state)
{
	struct net *net = *state;
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(net->calls);

	assert_int_equal(jf_sipgen_call_start(net->calls, JF_NS_PER_S, net->now_ns), 0);
	settle(net);
	assert_int_equal(r->up, 1);
	assert_int_equal(r->dial.count, 1);
	pass(net, 900);
	assert_int_equal(r->completed, 0);
	pass(net, 200);
	assert_int_equal(r->completed, 1);
	assert_int_equal(r->up, 0);
	assert_int_equal(r->active, 0);
	assert_int_equal(r->repeated, 0);
	assert_int_equal(jf_sipgen_failed(r), 0);
}

static void held_calls_wait_for_release(void **state)
{
	struct net *net = *state;
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(net->calls);

	for (int i = 0; i < 10; i++)
		assert_int_equal(jf_sipgen_call_start(net->calls, JF_SIPGEN_HELD, net->now_ns), 0);
	settle(net);
	pass(net, 60000);
	assert_int_equal(r->up, 10);
	for (int i = 0; i < 10; i++)
		assert_true(jf_sipgen_calls_release(net->calls, net->now_ns));
	assert_false(jf_sipgen_calls_release(net->calls, net->now_ns));
	settle(net);
	assert_int_equal(r->completed, 10);
	assert_int_equal(jf_sipgen_failed(r), 0);
}

/* Whichever message is lost, the call gets there in the end, and it shows that one was. */
static void lost_messages_are_sent_again(void **state)
{
	struct net *net = *state;
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(net->calls);

	for (uint32_t first = 1; first < 4; first++) {
		jf_sipgen_calls_reset(net->calls);
		net->lose = first;
		assert_int_equal(jf_sipgen_call_start(net->calls, 0, net->now_ns), 0);
		settle(net);
		pass(net, 9000);
		assert_int_equal(r->completed, 1);
		assert_true(r->repeated > 0);
		assert_int_equal(jf_sipgen_failed(r), 0);
	}
}

static void silence_is_a_failure(void **state)
{
	struct net *net = *state;
	const struct jf_sipgen_results *r = jf_sipgen_calls_results(net->calls);

	net->lose = UINT32_MAX;
	assert_int_equal(jf_sipgen_call_start(net->calls, 0, net->now_ns), 0);
	settle(net);
	pass(net, 15000);
	assert_int_equal(r->timed_out, 1);
	assert_int_equal(r->active, 0);
}

static void places_are_not_taken_twice(void **state)
{
	struct net *net = *state;

	for (int i = 0; i < 16; i++)
		assert_int_equal(jf_sipgen_call_start(net->calls, JF_SIPGEN_HELD, net->now_ns), 0);
	assert_true(jf_sipgen_call_start(net->calls, JF_SIPGEN_HELD, net->now_ns) < 0);
}

/* As Python's hashlib has it: md5(md5(1:r:p):n:00000001:jfbench:auth:md5(REGISTER:sip:h)). */
static void digest_is_that_of_the_rfc(void **state)
{
	char hex[33];

	(void)state;
	jf_sipgen_digest("1", (struct jf_sipgen_text){"r", 1}, "p", "sip:h",
	                 (struct jf_sipgen_text){"n", 1}, hex);
	assert_string_equal(hex, "b95fc2033fee0fda7b0983b6a16fe07d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(call_comes_up_and_ends, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(held_calls_wait_for_release, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(lost_messages_are_sent_again, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(silence_is_a_failure, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(places_are_not_taken_twice, set_up, tear_down),
	        cmocka_unit_test(digest_is_that_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
