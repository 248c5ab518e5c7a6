// SPDX-License-Identifier: BSD-3-Clause
/* A look at a message's bytes, and the refusal that is made from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_sip_refuse.h"
#include "jf_siphash.h"

#define INVITE(via)                                                                                \
	"INVITE sip:6100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " via "\r\n"                        \
	"From: \"A;tag=no <x>\" <sip:a@b;tag=no>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: abc\r\n"       \
	"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

static const uint64_t secret[2] = {1, 2};

static struct jf_sip_peek look(const char *text)
{
	struct jf_sip_peek peek;

	assert_int_equal(jf_sip_peek(text, strlen(text), &peek), 0);
	return peek;
}

static void assert_span(struct jf_sip_span span, const char *text)
{
	assert_non_null(span.at);
	assert_int_equal(span.length, strlen(text));
	assert_memory_equal(span.at, text, span.length);
}

static const char *refused(const char *request)
{
	static char text[2048];
	struct jf_sip_refusal refusal = {.code = 503,
	                                 .reason = "Service Unavailable",
	                                 .source_ip = "10.0.0.9",
	                                 .source_port = 4444,
	                                 .retry_after_s = 7,
	                                 .secret = {1, 2},
	                                 .oc = {30, 500, 1234567}};
	struct jf_sip_peek peek = look(request);
	int n = jf_sip_refuse(&peek, &refusal, text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = '\0';
	return text;
}

static void what_a_message_is(void **state)
{
	struct jf_sip_peek peek = look(INVITE("h;branch=z9hG4bKx"));
	struct jf_sip_span value;

	(void)state;
	assert_true(peek.request);
	assert_int_equal(peek.kind, JF_SIP_METHOD_INVITE);
	assert_span(peek.uri, "sip:6100@127.0.0.1");
	assert_span(peek.call_id, "abc");
	assert_null(peek.to_tag.at);
	assert_true(jf_sip_span_parameter(peek.from, "TAG", &value));
	assert_span(value, "1");
	assert_span(jf_sip_span_user(peek.to), "c");
	assert_span(jf_sip_span_user(peek.uri), "6100");

	peek = look(
	        "BYE sip:x SIP/2.0\nv:SIP/2.0/UDP h\nt : <sip:c@d>\n ; tag = \"q\"\ni:9\n\nbody");
	assert_int_equal(peek.kind, JF_SIP_METHOD_BYE);
	assert_span(peek.to_tag, "\"q\"");
	assert_span(peek.call_id, "9");
	assert_span(peek.body, "body");

	peek = look("SIP/2.0 180 Ringing\r\nt: x\r\n\r\n");
	assert_false(peek.request);
	assert_int_equal(peek.code, 180);
}

static void what_is_no_message(void **state)
{
	static const char *const wrong[] = {
	        "",
	        "\r\n",
	        "\r\n\r\n",
	        "INVITE sip:x HTTP/1.1\r\n",
	        "SIP/3.0 200 OK\r\n",
	        "SIP/2.0 999 x\r\n",
	        "SIP/2.0 \r\n",
	        " INVITE x SIP/2.0\r\n",
	        "INVITE SIP/2.0\r\n",
	};
	struct jf_sip_peek peek;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(jf_sip_peek(wrong[i], strlen(wrong[i]), &peek), -EBADMSG);
	/* A method is written in capitals: this is some other one. */
	assert_int_equal(look("invite sip:x SIP/2.0\r\n\r\n").kind, JF_SIP_METHOD_OTHER);
}

static void refusal_goes_back_the_way_it_came(void **state)
{
	const char *text =
	        refused(INVITE("h:5099;rport;branch=b, SIP/2.0/TCP second;received=1.2.3.4"));

	(void)state;
	assert_non_null(strstr(text, "SIP/2.0 503 Service Unavailable\r\n"));
	assert_non_null(strstr(text, "Via: SIP/2.0/UDP h:5099;rport=4444;branch=b;"
	                             "received=10.0.0.9, SIP/2.0/TCP second;received=1.2.3.4\r\n"));
	assert_non_null(strstr(text, "From: \"A;tag=no <x>\" <sip:a@b;tag=no>;tag=1\r\n"));
	assert_non_null(strstr(text, "To: <sip:c@d>;tag=jfr"));
	assert_non_null(strstr(text, "CSeq: 1 INVITE\r\n"));
	assert_non_null(strstr(text, "Retry-After: 7\r\n"));
	assert_null(strstr(text, "oc="));
}

static void its_port_is_that_of_rport_or_of_the_via(void **state)
{
	struct jf_sip_peek peek = look(INVITE("h:5099;rport;branch=b"));

	(void)state;
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 4444);
	peek = look(INVITE("h:5099;branch=b"));
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 5099);
	peek = look(INVITE("[2001:db8::1]:6000;branch=b"));
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 6000);
	peek = look(INVITE("[2001:db8::1];branch=b"));
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 5060);
	peek = look(INVITE("h;branch=b"));
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 5060);
	peek = look(INVITE("h:99999;branch=b"));
	assert_int_equal(jf_sip_refuse_port(&peek, 4444), 5060);
}

static void what_cannot_be_answered_is_not(void **state)
{
	struct jf_sip_refusal refusal = {.code = 503, .reason = "x", .source_ip = "1.1.1.1"};
	struct jf_sip_peek peek = look(INVITE("h;maddr=10.1.1.1;branch=b"));
	char text[2048];

	(void)state;
	assert_int_equal(jf_sip_refuse(&peek, &refusal, text, sizeof(text)), -EBADMSG);
	peek = look("INVITE sip:x SIP/2.0\r\nFrom: x\r\n\r\n");
	assert_int_equal(jf_sip_refuse(&peek, &refusal, text, sizeof(text)), -EBADMSG);
	/* what it has not, its answer has not */
	peek = look("INVITE sip:x SIP/7.0\r\nVia: x\r\n\r\n");
	assert_true(jf_sip_refuse(&peek, &refusal, text, sizeof(text) - 1) > 0);
	assert_null(strstr(text, "From"));
	peek = look(INVITE("h;branch=b"));
	assert_int_equal(jf_sip_refuse(&peek, &refusal, text, 100), -EMSGSIZE);
}

static void same_request_same_answer_and_its_ack_is_known(void **state)
{
	char first[2048], ack[512];
	struct jf_sip_peek peek;

	(void)state;
	strcpy(first, refused(INVITE("h;branch=b")));
	assert_string_equal(first, refused(INVITE("h;branch=b")));
	peek = look(first);
	snprintf(ack, sizeof(ack),
	         "ACK sip:x SIP/2.0\r\nVia: y\r\nTo: <sip:c@d>;tag=%.*s\r\nCall-ID: abc\r\n\r\n",
	         (int)peek.to_tag.length, peek.to_tag.at);
	peek = look(ack);
	assert_true(jf_sip_refuse_is_ack(&peek, secret));
	ack[strlen(ack) - 5] = 'X'; /* another Call-ID */
	peek = look(ack);
	assert_false(jf_sip_refuse_is_ack(&peek, secret));
}

static void overload_is_told_to_who_listens(void **state)
{
	const char *text = refused(INVITE("h;oc;oc-algo=\"rate,loss\";branch=b"));
	struct jf_sip_oc none = {0, 500, 99};
	struct jf_sip_peek peek;
	char changed[2048];
	int n;

	(void)state;
	assert_non_null(strstr(text, "Via: SIP/2.0/UDP h;branch=b;received=10.0.0.9;oc=30;"
	                             "oc-algo=\"loss\";oc-validity=500;oc-seq=1234.567\r\n"));
	/* Not to who didn't ask, asked for something else, or has been answered. */
	assert_null(strstr(refused(INVITE("h;oc;oc-algo=\"rate\";branch=b")), "oc-validity"));
	assert_null(strstr(refused(INVITE("h;oc=5;branch=b")), "oc-validity"));

	peek = look(INVITE("h;oc;branch=b"));
	n = jf_sip_oc_write(&peek, INVITE("h;oc;branch=b"), 0, &none, changed, 10);
	assert_int_equal(n, -EMSGSIZE);
	text = INVITE("h;oc;branch=b");
	peek = look(text);
	n = jf_sip_oc_write(&peek, text, strlen(text), &none, changed, sizeof(changed) - 1);
	assert_true(n > 0);
	changed[n] = '\0';
	assert_non_null(strstr(changed, "h;branch=b;oc=0;oc-algo=\"loss\";oc-validity=0;"));
	assert_non_null(strstr(changed, "\r\nContent-Length: 0\r\n\r\n"));
}

static void transactions_are_told_apart(void **state)
{
	struct jf_sip_peek a = look(INVITE("h;branch=a")), b = look(INVITE("h;branch=b"));

	(void)state;
	assert_true(jf_sip_transaction_key(&a, secret) != jf_sip_transaction_key(&b, secret));
	b = look(INVITE("other;rport;branch=a"));
	assert_true(jf_sip_transaction_key(&a, secret) == jf_sip_transaction_key(&b, secret));
}

/* The vectors of the authors' reference: key 00..0f, messages of 0, 1, 2 .. bytes. */
static void siphash_is_siphash(void **state)
{
	const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	uint8_t bytes[15];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	assert_true(jf_siphash(key, NULL, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(jf_siphash(key, bytes, 1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(jf_siphash(key, bytes, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(jf_siphash(key, bytes, 15) == UINT64_C(0xa129ca6149be45e5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_a_message_is),
	        cmocka_unit_test(what_is_no_message),
	        cmocka_unit_test(refusal_goes_back_the_way_it_came),
	        cmocka_unit_test(its_port_is_that_of_rport_or_of_the_via),
	        cmocka_unit_test(what_cannot_be_answered_is_not),
	        cmocka_unit_test(same_request_same_answer_and_its_ack_is_known),
	        cmocka_unit_test(overload_is_told_to_who_listens),
	        cmocka_unit_test(transactions_are_told_apart),
	        cmocka_unit_test(siphash_is_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
