// SPDX-License-Identifier: BSD-3-Clause
/* Headers as plain data: what the RFCs give as examples, and what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_sip_headers.h"

static int replaces(const char *text, struct jf_sip_replaces *ret)
{
	return jf_sip_replaces_parse(text, strlen(text), ret);
}

static int refer_to(const char *text, struct jf_sip_refer_to *ret)
{
	return jf_sip_refer_to_parse(text, strlen(text), ret);
}

static void replaces_names_a_dialog(void **state)
{
	struct jf_sip_replaces r;

	(void)state;
	assert_int_equal(replaces("98732@sip.example.com ;from-tag=r33th4x0r ; to-tag=ff87ff", &r),
	                 0);
	assert_string_equal(r.call_id, "98732@sip.example.com");
	assert_string_equal(r.from_tag, "r33th4x0r");
	assert_string_equal(r.to_tag, "ff87ff");
	assert_false(r.early_only);
	assert_int_equal(replaces("a;to-tag=1;from-tag=0;early-only", &r), 0);
	assert_true(r.early_only);
	assert_int_equal(replaces("a;to-tag=1", &r), -EBADMSG);
	assert_int_equal(replaces("a;to-tag=1;to-tag=2;from-tag=3", &r), -EBADMSG);
	assert_int_equal(replaces(";to-tag=1;from-tag=2", &r), -EBADMSG);
	assert_int_equal(replaces("a b;to-tag=1;from-tag=2", &r), -EBADMSG);
	assert_int_equal(replaces("", &r), -EBADMSG);
}

static void refer_to_holds_uri_and_replaces(void **state)
{
	struct jf_sip_refer_to r;

	(void)state;
	assert_int_equal(refer_to("\"Bo <b>\" <sip:dave@denver.example.org;user=phone"
	                          "?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3B"
	                          "from-tag%3D5FFE-3994>;x=y",
	                          &r),
	                 0);
	assert_string_equal(r.uri, "sip:dave@denver.example.org;user=phone");
	assert_true(r.has_replaces);
	assert_string_equal(r.replaces.call_id, "12345@192.168.118.3");
	assert_string_equal(r.replaces.to_tag, "12345");
	assert_string_equal(r.replaces.from_tag, "5FFE-3994");
	assert_string_equal(r.method, "INVITE");
	assert_int_equal(refer_to(" <sip:1002@10.0.0.1;method=BYE> ", &r), 0);
	assert_string_equal(r.method, "BYE");
	assert_string_equal(r.uri, "sip:1002@10.0.0.1");
	assert_int_equal(refer_to("sip:alice@atlanta.example.com", &r), 0);
	assert_false(r.has_replaces);
	assert_int_equal(refer_to("tel:+3725550;x=1", &r), 0);
	assert_string_equal(r.uri, "tel:+3725550");
	assert_int_equal(refer_to("<sip:a@b", &r), -EBADMSG);
	assert_int_equal(
	        refer_to("<sip:a@b?Replaces=1%3Bto-tag%3Da%3Bfrom-tag%3Db&Replaces=2>", &r),
	        -EBADMSG);
	assert_int_equal(refer_to("<sip:a@b?Replaces=%0d%0aX>", &r), -EBADMSG);
	assert_int_equal(refer_to("<sip:a@b?Replaces=%4>", &r), -EBADMSG);
	assert_int_equal(refer_to("\"unclosed <sip:a@b>", &r), -EBADMSG);
	assert_int_equal(refer_to("", &r), -EBADMSG);
}

static void session_expires_and_rack(void **state)
{
	struct jf_sip_session_expires s;
	struct jf_sip_rack rack;
	uint32_t n;

	(void)state;
	assert_int_equal(jf_sip_session_expires_parse("1800;refresher=UAS", 18, &s), 0);
	assert_int_equal(s.seconds, 1800);
	assert_int_equal(s.refresher, JF_SIP_REFRESHER_UAS);
	assert_int_equal(jf_sip_session_expires_parse("90", 2, &s), 0);
	assert_int_equal(s.refresher, JF_SIP_REFRESHER_NONE);
	assert_int_equal(jf_sip_session_expires_parse("90;refresher=me", 15, &s), -EBADMSG);
	assert_int_equal(jf_sip_session_expires_parse("-1", 2, &s), -EBADMSG);
	assert_int_equal(jf_sip_session_expires_parse("99999999999", 11, &s), -EBADMSG);
	assert_int_equal(jf_sip_rack_parse("776656  1 INVITE", 16, &rack), 0);
	assert_int_equal(rack.rseq, 776656);
	assert_int_equal(rack.cseq, 1);
	assert_string_equal(rack.method, "INVITE");
	assert_int_equal(jf_sip_rack_parse("776656 1", 8, &rack), -EBADMSG);
	assert_int_equal(jf_sip_number_parse(" 4294967295 ", 12, &n), 0);
	assert_int_equal(n, UINT32_MAX);
	assert_int_equal(jf_sip_number_parse("4294967296", 10, &n), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(replaces_names_a_dialog),
	        cmocka_unit_test(refer_to_holds_uri_and_replaces),
	        cmocka_unit_test(session_expires_and_rack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
