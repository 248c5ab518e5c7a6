// SPDX-License-Identifier: BSD-3-Clause
/* The lines of what waits to be served: who goes first, and what each of them holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jf_sip_admit_priv.h"
#include "jf_time.h"

#define NAMES_MAX 64

static struct jf_sip_admit *admit;
static struct udp_sock *sock; /* never asked for anything */
static char served[NAMES_MAX];

static int setup(void **state)
{
	(void)state;
	served[0] = '\0';
	admit = calloc(1, sizeof(*admit));
	sock = mem_zalloc(64, NULL);
	return admit && sock ? 0 : -1;
}

static int teardown(void **state)
{
	struct jf_sip_waiting *left;

	(void)state;
	while ((left = jf_sip_line_next(admit, JF_SIP_RANKS)))
		jf_sip_line_drop(left);
	mem_deref(sock);
	free(admit);
	return 0;
}

/* One that came at that time, after it had waited in the socket. It is known by one letter. */
static bool come(enum jf_sip_rank rank, char name, uint64_t at_ms, uint64_t waited_ms)
{
	struct jf_udp_datagram datagram = {.bytes = &name, .length = 1};
	struct jf_sip_intake intake = {
	        .admit = admit,
	        .sock = sock,
	        .datagram = &datagram,
	        .now_ns = at_ms * JF_NS_PER_MS,
	        .waited_ns = waited_ms * JF_NS_PER_MS,
	};

	return jf_sip_line_enter(&intake, NULL, rank);
}

static const char *serve_all(void)
{
	struct jf_sip_waiting *next;
	size_t n = 0;

	while ((next = jf_sip_line_next(admit, JF_SIP_RANKS))) {
		served[n++] = (char)next->mb->buf[0];
		jf_sip_line_drop(next);
	}
	served[n] = '\0';
	return served;
}

static void who_sets_up_comes_before_who_hangs_up(void **state)
{
	(void)state;
	come(JF_SIP_RANK_DIALOG, 'b', 1000, 0);
	come(JF_SIP_RANK_CALL, 'i', 1010, 0);
	come(JF_SIP_RANK_SETUP, 'a', 1020, 0);
	come(JF_SIP_RANK_OTHER, 'r', 1030, 0);
	come(JF_SIP_RANK_CALL, 'j', 1090, 0);
	assert_string_equal(serve_all(), "iarjb");
}

static void hanging_up_waits_no_longer_than_its_slack(void **state)
{
	(void)state;
	come(JF_SIP_RANK_DIALOG, 'b', 1000, 0);
	come(JF_SIP_RANK_CALL, 'i', 1099, 0);
	come(JF_SIP_RANK_CALL, 'j', 1101, 0);
	assert_string_equal(serve_all(), "ibj");
}

static void time_in_the_socket_counts(void **state)
{
	(void)state;
	come(JF_SIP_RANK_CALL, 'i', 1000, 0);
	come(JF_SIP_RANK_SETUP, 'a', 1005, 10);
	come(JF_SIP_RANK_DIALOG, 'b', 1005, 120);
	assert_string_equal(serve_all(), "bai");
}

static void in_overload_what_is_begun_comes_first_in_its_order(void **state)
{
	(void)state;
	admit->overload.refusing = true;
	come(JF_SIP_RANK_CALL, 'i', 1000, 0);
	come(JF_SIP_RANK_OTHER, 'r', 1001, 0);
	come(JF_SIP_RANK_DIALOG, 'b', 1002, 0);
	come(JF_SIP_RANK_SETUP, 'a', 1003, 0);
	come(JF_SIP_RANK_DIALOG, 'c', 1004, 0);
	assert_string_equal(serve_all(), "bacir");
}

static void new_calls_may_be_left_out(void **state)
{
	struct jf_sip_waiting *one;

	(void)state;
	come(JF_SIP_RANK_CALL, 'i', 1000, 0);
	assert_null(jf_sip_line_next(admit, JF_SIP_RANK_CALL));
	come(JF_SIP_RANK_DIALOG, 'b', 1001, 0);
	one = jf_sip_line_next(admit, JF_SIP_RANK_CALL);
	assert_non_null(one);
	assert_int_equal(one->mb->buf[0], 'b');
	jf_sip_line_drop(one);
	assert_string_equal(serve_all(), "i");
}

static void lines_are_bounded_each_for_itself(void **state)
{
	unsigned calls = 0, dialogs = 0;

	(void)state;
	while (calls < 100000 && come(JF_SIP_RANK_CALL, 'i', 1000, 0))
		calls++;
	assert_int_equal(calls, 2048);
	while (dialogs < 100000 && come(JF_SIP_RANK_DIALOG, 'b', 1000, 0))
		dialogs++;
	assert_int_equal(dialogs, 8192);
	assert_true(come(JF_SIP_RANK_SETUP, 'a', 1000, 0));
	assert_int_equal(jf_sip_line_count(admit), calls + dialogs + 1);
	assert_int_equal(admit->lines[JF_SIP_RANK_CALL].count, calls);
}

static void taken_is_given_back(void **state)
{
	struct jf_sip_waiting *one;

	(void)state;
	assert_null(jf_sip_line_take(admit, JF_SIP_RANK_CALL));
	come(JF_SIP_RANK_CALL, 'i', 1000, 0);
	come(JF_SIP_RANK_CALL, 'j', 1001, 0);
	one = jf_sip_line_take(admit, JF_SIP_RANK_CALL);
	assert_int_equal(one->mb->buf[0], 'i');
	jf_sip_line_drop(one);
	assert_string_equal(serve_all(), "j");
	assert_int_equal(admit->bytes, 0);
	assert_int_equal(jf_sip_line_count(admit), 0);
}

static enum jf_sip_rank rank_of(const char *start, const char *cseq)
{
	struct jf_sip_peek peek;
	char text[256];
	int n = snprintf(text, sizeof(text), "%s\r\nCSeq: %s\r\n\r\n", start, cseq);

	assert_int_equal(jf_sip_peek(text, (size_t)n, &peek), 0);
	return jf_sip_line_rank(&peek);
}

static void rank_is_told_by_method_and_cseq(void **state)
{
	static const struct {
		const char *start, *cseq;
		enum jf_sip_rank rank;
	} messages[] = {
	        {"ACK sip:a@b SIP/2.0", "1 ACK", JF_SIP_RANK_SETUP},
	        {"PRACK sip:a@b SIP/2.0", "2 PRACK", JF_SIP_RANK_SETUP},
	        {"SIP/2.0 180 Ringing", "1 INVITE", JF_SIP_RANK_SETUP},
	        {"SIP/2.0 200 OK", "1\tINVITE", JF_SIP_RANK_SETUP},
	        {"SIP/2.0 200 OK", "2 BYE", JF_SIP_RANK_DIALOG},
	        {"SIP/2.0 200 OK", "INVITE", JF_SIP_RANK_DIALOG}, /* no number: nothing */
	        {"SIP/2.0 200 OK", "", JF_SIP_RANK_DIALOG},
	        {"BYE sip:a@b SIP/2.0", "2 BYE", JF_SIP_RANK_DIALOG},
	        {"INVITE sip:a@b SIP/2.0", "2 INVITE", JF_SIP_RANK_DIALOG}, /* re-INVITE */
	        {"CANCEL sip:a@b SIP/2.0", "1 CANCEL", JF_SIP_RANK_DIALOG},
	        {"INFO sip:a@b SIP/2.0", "3 INFO", JF_SIP_RANK_DIALOG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		assert_int_equal(rank_of(messages[i].start, messages[i].cseq), messages[i].rank);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(who_sets_up_comes_before_who_hangs_up),
	        TEST(hanging_up_waits_no_longer_than_its_slack),
	        TEST(time_in_the_socket_counts),
	        TEST(in_overload_what_is_begun_comes_first_in_its_order),
	        TEST(new_calls_may_be_left_out),
	        TEST(lines_are_bounded_each_for_itself),
	        TEST(taken_is_given_back),
	        cmocka_unit_test(rank_is_told_by_method_and_cseq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
