// SPDX-License-Identifier: BSD-3-Clause
/* What the generator of calls reads out of messages, and what it answers with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jf_sipgen_message.h"

static const char invite[] = "INVITE sip:100017@10.78.0.3:5060 SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 10.78.0.1:5060;branch=z9hG4bK1\r\n"
                             "via :  SIP/2.0/UDP 10.78.0.2:5060;branch=z9hG4bK2\r\n"
                             "Record-Route: <sip:10.78.0.1;lr>\r\n"
                             "From: \"billing\" <sip:42@10.78.0.1>;tag=0123456789abcdef\r\n"
                             "To: <sip:100017@10.78.0.1>\r\n"
                             "Call-ID: abc@10.78.0.1\r\n"
                             "CSeq: 7 INVITE\r\n"
                             "Contact: <sip:10.78.0.1:5060>;x=1\r\n"
                             "Content-Length: 9\r\n\r\n"
                             "To: <not>";

static void assert_text(struct jf_sipgen_text text, const char *expected)
{
	assert_non_null(text.at);
	assert_int_equal(text.length, strlen(expected));
	assert_memory_equal(text.at, expected, text.length);
}

static struct jf_sipgen_message read_message(const char *text)
{
	struct jf_sipgen_message m;

	assert_true(jf_sipgen_message_read(text, strlen(text), &m));
	return m;
}

static void request_is_taken_apart(void **state)
{
	struct jf_sipgen_message m = read_message(invite);

	(void)state;
	assert_int_equal(m.code, 0);
	assert_int_equal(m.method, JF_SIPGEN_INVITE);
	assert_int_equal(m.n_vias, 2);
	assert_text(m.vias[1], "SIP/2.0/UDP 10.78.0.2:5060;branch=z9hG4bK2");
	assert_text(m.record_routes[0], "<sip:10.78.0.1;lr>");
	assert_text(m.to, "<sip:100017@10.78.0.1>"); /* the body isn't read */
	assert_text(m.contact, "sip:10.78.0.1:5060");
	assert_int_equal(jf_sipgen_user_number(m.from, ""), 42);
	assert_int_equal(jf_sipgen_user_number(m.to, "1000"), 17);
}

static void response_is_of_its_cseq(void **state)
{
	struct jf_sipgen_message m = read_message("SIP/2.0 200 OK\r\n"
	                                          "Via: SIP/2.0/UDP 10.78.0.2\r\n"
	                                          "From: <sip:7@a>;tag=c7\r\n"
	                                          "To: <sip:2@b>;tag=x\r\n"
	                                          "Call-ID: 7\r\n"
	                                          "CSeq: 2 BYE\r\n\r\n");

	(void)state;
	assert_int_equal(m.code, 200);
	assert_int_equal(m.method, JF_SIPGEN_BYE);
	assert_int_equal(jf_sipgen_tag_number(m.from, "c"), 7);
	assert_int_equal(jf_sipgen_tag_number(m.from, "a"), -1);
	assert_int_equal(jf_sipgen_tag_number(m.to, "c"), -1);
}

static void no_message_is_told(void **state)
{
	static const char *const broken[] = {
	        "",
	        "\r\n\r\n",
	        "SIP/2.0 2x0 OK\r\n\r\n",
	        "INVITE sip:a HTTP/1.1\r\n\r\n",
	        "OPTIONS sip:a SIP/2.0\r\nVia: x\r\nFrom: a\r\nTo: b\r\nCSeq: 1 OPTIONS\r\n\r\n",
	        "OPTIONS sip:a SIP/2.0\r\nVia: x\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 1\r\n",
	};
	struct jf_sipgen_message m;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_false(jf_sipgen_message_read(broken[i], strlen(broken[i]), &m));
	/* Cut anywhere, it is read or refused, within its bounds (for the sanitizers). */
	for (size_t length = 0; length < sizeof(invite); length++)
		(void)jf_sipgen_message_read(invite, length, &m);
}

static void challenge_of_md5_is_chosen(void **state)
{
	struct jf_sipgen_message m = read_message(
	        "SIP/2.0 401 Unauthorized\r\n"
	        "Via: SIP/2.0/UDP 10.78.0.3\r\nFrom: <sip:1@a>;tag=r0\r\nTo: <sip:1@a>;tag=y\r\n"
	        "Call-ID: 1\r\nCSeq: 1 REGISTER\r\n"
	        "WWW-Authenticate: Digest realm=\"a b\", nonce=\"n2\", algorithm=SHA-256\r\n"
	        "WWW-Authenticate: Digest realm=\"a b\",nonce=\"n1\", algorithm=MD5, "
	        "qop=\"auth\"\r\n\r\n");

	(void)state;
	assert_text(jf_sipgen_parameter(m.authenticate, "nonce"), "n1");
	assert_text(jf_sipgen_parameter(m.authenticate, "realm"), "a b");
	assert_text(jf_sipgen_parameter(m.authenticate, "algorithm"), "MD5");
	assert_null(jf_sipgen_parameter(m.authenticate, "opaque").at);
}

static void answer_repeats_what_it_must(void **state)
{
	struct jf_sipgen_message m = read_message(invite), answer;
	char text[1024];
	struct jf_sipgen_buffer b = {.bytes = text, .size = sizeof(text)};

	(void)state;
	jf_sipgen_add_response(&b, &m, "180 Ringing", "a42");
	assert_false(b.full);
	assert_true(jf_sipgen_message_read(text, b.length, &answer));
	assert_int_equal(answer.code, 180);
	assert_int_equal(answer.method, JF_SIPGEN_INVITE);
	assert_int_equal(answer.n_vias, 2);
	assert_text(answer.vias[0], "SIP/2.0/UDP 10.78.0.1:5060;branch=z9hG4bK1");
	assert_text(answer.record_routes[0], "<sip:10.78.0.1;lr>");
	assert_text(answer.to, "<sip:100017@10.78.0.1>;tag=a42");
	assert_text(answer.cseq, "7 INVITE");
}

static void what_does_not_fit_is_told(void **state)
{
	struct jf_sipgen_message m = read_message(invite);
	char text[100];
	struct jf_sipgen_buffer b = {.bytes = text, .size = sizeof(text)};

	(void)state;
	jf_sipgen_add_response(&b, &m, "180 Ringing", "a42");
	assert_true(b.full);
	assert_true(b.length <= sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(request_is_taken_apart),
	        cmocka_unit_test(response_is_of_its_cseq),
	        cmocka_unit_test(no_message_is_told),
	        cmocka_unit_test(challenge_of_md5_is_chosen),
	        cmocka_unit_test(answer_repeats_what_it_must),
	        cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
