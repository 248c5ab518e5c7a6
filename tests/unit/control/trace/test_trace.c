// SPDX-License-Identifier: BSD-3-Clause
/* The ring of messages: what is kept, what is blotted out, and whose messages a reader is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_trace.h"

static struct jf_trace *trace;
static uint64_t now_ns;

static int setup(void **state)
{
	(void)state;
	now_ns = 1000;
	return jf_trace_create(JF_TRACE_BYTES_MIN, &trace);
}

static int teardown(void **state)
{
	(void)state;
	jf_trace_destroy(trace);
	return 0;
}

static void put(const char *text)
{
	jf_trace_put(trace, &(struct jf_trace_message){.at_ns = now_ns++,
	                                               .from = {.family = 4, .port = 5060},
	                                               .bytes = text,
	                                               .length = strlen(text)});
}

static void invite(const char *call_id, const char *number, const char *from)
{
	char text[512];

	snprintf(text, sizeof(text),
	         "INVITE sip:%s@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=%s\r\nFrom: <sip:%s@h>;tag=1"
	         "\r\nTo: <sip:%s@h>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\n\r\n",
	         number, call_id, from, number, call_id);
	put(text);
}

static void bye(const char *call_id)
{
	char text[512];

	snprintf(text, sizeof(text),
	         "BYE sip:x@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b%s\r\nFrom: <sip:a@h>;tag=1\r\n"
	         "To: <sip:b@h>;tag=2\r\nCall-ID: %s\r\nCSeq: 2 BYE\r\n\r\n",
	         call_id, call_id);
	put(text);
}

static struct jf_call_id call(uint8_t n)
{
	const uint8_t random[10] = {n, n, n};

	return jf_call_id_make(n * 1000000ull, random);
}

static void bind(const char *call_id, uint8_t n)
{
	struct jf_call_id id = call(n);

	jf_trace_bind(trace, call_id, &id);
}

static unsigned read_all(struct jf_trace_reader *reader, char *ret_methods)
{
	struct jf_trace_found found;
	enum jf_trace_read read;
	unsigned n = 0;

	for (;;) {
		unsigned budget = 3; /* few: going on must lose nothing */

		read = jf_trace_next(trace, reader, &budget, &found);
		if (read == JF_TRACE_END)
			break;
		if (read == JF_TRACE_MESSAGE)
			ret_methods[n++] = found.again ? '=' : found.message.bytes[0];
	}
	ret_methods[n] = '\0';
	return n;
}

static void assert_read(const char *what, bool past, const char *methods)
{
	struct jf_trace_reader reader;
	char read[512];

	jf_trace_reader_init(trace, &reader, what, past);
	(void)read_all(&reader, read);
	assert_string_equal(read, methods);
}

static void call_number_and_agent_have_both_legs(void **state)
{
	char text[JF_CALL_ID_TEXT];
	struct jf_call_id id = call(7);

	(void)state;
	invite("other", "6200", "555");
	invite("in", "+6100", "555123");
	bind("in", 7);
	invite("out", "1001", "555123");
	bind("out", 7);
	bye("out");
	bye("other");
	bye("in");
	bind("other", 9);
	jf_call_id_text(&id, text);
	assert_read(text, true, "IIBB");
	text[12] = '\0';
	assert_read(text, true, "IIBB");
	assert_read("6100", true, "IIBB");
	assert_read("+6100", true, "IIBB");
	assert_read("1001", true, "IIBB");
	assert_read("out", true, "IIBB");
	assert_read("555", true, "IB");
	assert_read("nobody", true, "");
	assert_read(NULL, true, "IIIBBB");
	assert_read(NULL, false, "");
}

static void follower_hears_what_comes_and_what_it_belongs_to(void **state)
{
	struct jf_trace_reader reader;
	char read[64];

	(void)state;
	invite("old", "6100", "1");
	jf_trace_reader_init(trace, &reader, "1001", true);
	read_all(&reader, read);
	assert_string_equal(read, "");
	invite("in", "6100", "555");
	bind("in", 3);
	read_all(&reader, read);
	assert_string_equal(read, "");
	/* The agent is rung: now the caller's side is told, too. */
	invite("out", "1001", "555");
	bind("out", 3);
	read_all(&reader, read);
	assert_string_equal(read, "II");
	bye("in");
	bye("old");
	read_all(&reader, read);
	assert_string_equal(read, "B");
}

static void retransmission_is_marked(void **state)
{
	(void)state;
	invite("a", "1", "2");
	invite("a", "1", "2");
	bye("a");
	assert_read("1", true, "I=B");
}

static void reason_is_kept_and_holds_for_what_is_sent_again(void **state)
{
	static const char refusal[] =
	        "SIP/2.0 503 Service Unavailable\r\nTo: <sip:1@h>;tag=x\r\n"
	        "From: <sip:2@h>;tag=1\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\r\n";
	struct jf_trace_message message = {.at_ns = now_ns,
	                                   .sent = true,
	                                   .bytes = refusal,
	                                   .length = sizeof(refusal) - 1,
	                                   .why = JF_SIP_WHY_OVERLOAD};
	struct jf_trace_reader reader;
	struct jf_trace_found found;
	unsigned budget = 100;

	(void)state;
	invite("a", "1", "2");
	jf_trace_put(trace, &message);
	message.why = JF_SIP_WHY_NONE; /* the stack's own retransmission */
	jf_trace_put(trace, &message);
	jf_trace_reader_init(trace, &reader, "1", true);
	assert_int_equal(jf_trace_next(trace, &reader, &budget, &found), JF_TRACE_MESSAGE);
	assert_int_equal(found.message.why, JF_SIP_WHY_NONE);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(jf_trace_next(trace, &reader, &budget, &found), JF_TRACE_MESSAGE);
		assert_string_equal(jf_sip_why_word(found.message.why), "overload");
		assert_int_equal(found.again, i == 1);
	}
}

static void oldest_go_first(void **state)
{
	struct jf_trace_reader slow;
	struct jf_trace_stats stats;
	char id[32], read[2048];
	unsigned n;

	(void)state;
	jf_trace_reader_init(trace, &slow, NULL, true);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "call%u", i);
		invite(id, "1", "2");
	}
	stats = jf_trace_stats_get(trace);
	assert_int_equal(stats.put, 5000);
	assert_true(stats.bytes <= stats.room);
	assert_true(stats.oldest_ns > 1000);
	n = read_all(&slow, read);
	assert_int_equal(n, stats.messages);
	assert_true(slow.lost > 0);
	assert_read("call4999", true, "I");
	assert_read("call0", true, "");
}

static void keys_and_digits_are_blotted_out(void **state)
{
	struct jf_trace_reader reader;
	struct jf_trace_found found;
	unsigned budget = 100;
	char text[1024];

	(void)state;
	put("INVITE sip:1@h SIP/2.0\r\nTo: <sip:1@h>\r\nCall-ID: k\r\n\r\nv=0\r\n"
	    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	    "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20\r\n"
	    "a=crypto:2 AEAD_AES_128_GCM INLINE:abc+/=;inline:def\r\na=ptime:20\r\n");
	put("INFO sip:1@h SIP/2.0\r\nTo: <sip:1@h>;tag=2\r\nCall-ID: k\r\n\r\n"
	    "Signal= 5\r\nDuration=160\r\n");
	put("INFO sip:1@h SIP/2.0\r\nTo: <sip:1@h>;tag=2\r\nCall-ID: k\r\n\r\n7");
	jf_trace_reader_init(trace, &reader, "1", true);
	assert_int_equal(jf_trace_next(trace, &reader, &budget, &found), JF_TRACE_MESSAGE);
	snprintf(text, sizeof(text), "%.*s", (int)found.message.length, found.message.bytes);
	assert_non_null(strstr(text, "inline:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|2^20\r\n"));
	assert_non_null(strstr(text, "INLINE:xxxxxx;inline:xxx\r\na=ptime:20\r\n"));
	assert_int_equal(jf_trace_next(trace, &reader, &budget, &found), JF_TRACE_MESSAGE);
	snprintf(text, sizeof(text), "%.*s", (int)found.message.length, found.message.bytes);
	assert_non_null(strstr(text, "Signal= x\r\nDuration=160\r\n"));
	assert_int_equal(jf_trace_next(trace, &reader, &budget, &found), JF_TRACE_MESSAGE);
	assert_int_equal(found.message.bytes[found.message.length - 1], 'x');
}

static void what_is_no_message_is_left_out(void **state)
{
	char *large = calloc(1, JF_TRACE_BYTES_MIN);

	(void)state;
	assert_non_null(large);
	put("\r\n\r\n");
	put("");
	memset(large, ' ', JF_TRACE_BYTES_MIN - 1);
	memcpy(large, "INVITE sip:1@h SIP/2.0\r\n", 24);
	put(large);
	put("BYE x SIP/2.0\r\n\r\n"); /* without a Call-ID */
	assert_int_equal(jf_trace_stats_get(trace).put, 1);
	assert_read(NULL, true, "B");
	free(large);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(call_number_and_agent_have_both_legs),
	        TEST(follower_hears_what_comes_and_what_it_belongs_to),
	        TEST(retransmission_is_marked),
	        TEST(reason_is_kept_and_holds_for_what_is_sent_again),
	        TEST(oldest_go_first),
	        TEST(keys_and_digits_are_blotted_out),
	        TEST(what_is_no_message_is_left_out),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
