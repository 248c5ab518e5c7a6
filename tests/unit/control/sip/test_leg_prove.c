// SPDX-License-Identifier: BSD-3-Clause
/* A trunk asks who we are before it takes a call (RFC 3261 22.2, 22.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_digest.h"
#include "jf_trunk.h"
#include "leg_peer.h"
#include "wire.h"

#define ASKS     "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\"\r\n"
#define STALE    "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n2\", stale=true\r\n"
#define AUTH_INT "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth-int\"\r\n"

static struct jf_trunk_credentials credentials;

static void credentials_make(void)
{
	uint8_t ha1[JF_DIGEST_HA1_MAX];

	credentials =
	        (struct jf_trunk_credentials){.user = "acme", .realm = "carrier", .has_md5 = true};
	assert_int_equal(jf_digest_ha1_make(JF_DIGEST_MD5, "acme", "carrier", "secret", ha1), 0);
	memcpy(credentials.md5, ha1, sizeof(credentials.md5));
}

static const char *call_trunk(void)
{
	struct jf_leg_target target = {
	        .uri = "sip:1001@127.0.0.1:5070;ob",
	        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	        .from_user = "+3726001000",
	        .to_user = "+3725551234",
	        .from_host = "carrier.example",
	        .to_host = "sbc.carrier.example",
	        .headers = "X-Mine: kept\r\n",
	        .credentials = &credentials,
	};

	credentials_make();
	return call_target(&target);
}

/* Is the Proxy-Authorization of the request right? */
static void assert_proven_as(const char *method, const char *request, const char *nonce)
{
	const char *line = strstr(request, "\r\nProxy-Authorization: ");
	struct jf_slice value;
	struct jf_digest_answer answer;
	uint8_t ha1[JF_DIGEST_HA1_MAX];

	assert_non_null(line);
	value.at = line + strlen("\r\nProxy-Authorization: ");
	value.length = strcspn(value.at, "\r");
	assert_int_equal(jf_digest_answer_read(value, &answer), 0);
	assert_true(jf_slice_is(answer.nonce, nonce));
	memcpy(ha1, credentials.md5, sizeof(credentials.md5));
	assert_true(jf_digest_proven(
	        &answer, (struct jf_slice){.at = method, .length = strlen(method)}, ha1));
}

static void assert_proven(const char *invite, const char *nonce)
{
	assert_proven_as("INVITE", invite, nonce);
}

/* The ACK to a 2xx can't be asked: it brings along what the INVITE did (13.2.2.4, 22.1). */
static void assert_repeated(const char *ack, const char *invite)
{
	assert_string_equal(wire_header(ack, "Proxy-Authorization"),
	                    wire_header(invite, "Proxy-Authorization"));
	assert_string_not_equal(wire_header(ack, "Proxy-Authorization"), "");
}

static void the_call_goes_on_with_the_answer(void **state)
{
	const char *first = call_trunk(), *second;

	(void)state;
	assert_non_null(strstr(first, "From: <sip:+3726001000@carrier.example>"));
	assert_non_null(strstr(first, "To: <sip:+3725551234@sbc.carrier.example>"));
	assert_non_null(strstr(first, "CSeq: 1 INVITE"));
	respond(first, 407, "refused", ASKS, "");
	(void)expect_request("ACK");
	second = expect_request("INVITE");
	assert_proven(second, "n1");
	assert_non_null(strstr(second, "CSeq: 2 INVITE"));
	assert_non_null(strstr(second, "X-Mine: kept"));
	assert_null(strstr(second, "tag=refused"));
	second = keep(second);
	assert_int_equal(owner.events, 0);
	respond(second, 200, "b", "Contact: <sip:x@127.0.0.1:5999>\r\n", SDP);
	assert_repeated(expect_request("ACK"), second);
	assert_int_equal(owner.last.type, JF_LEG_ANSWERED);
	respond(second, 200, "b", "", SDP); /* our ACK was lost */
	assert_repeated(expect_request("ACK"), second);
	respond(second, 200, "fork", "", SDP); /* a second branch answers too */
	assert_repeated(expect_request("ACK"), second);
	(void)expect_request("BYE");
}

static void an_old_nonce_is_answered_once_more(void **state)
{
	const char *invite = call_trunk();

	(void)state;
	respond(invite, 407, "a", ASKS, "");
	(void)expect_request("ACK");
	invite = keep(expect_request("INVITE"));
	respond(invite, 407, "b", STALE, "");
	(void)expect_request("ACK");
	invite = keep(expect_request("INVITE"));
	assert_proven(invite, "n2");
	respond(invite, 407, "c", STALE, "");
	(void)expect_request("ACK");
	wire_advance_ms(1);
	assert_int_equal(owner.ended, 1);
	assert_int_equal(owner.end_code, 407);
}

static void a_wrong_password_is_not_repeated(void **state)
{
	const char *invite = call_trunk();

	(void)state;
	respond(invite, 407, "a", ASKS, "");
	(void)expect_request("ACK");
	invite = keep(expect_request("INVITE"));
	respond(invite, 407, "b", ASKS, "");
	(void)expect_request("ACK");
	wire_advance_ms(1);
	assert_int_equal(owner.ended, 1);
	assert_int_equal(owner.end, JF_LEG_END_REJECTED_BY_PEER);
}

static void integrity_protection_is_refused(void **state)
{
	const char *invite = call_trunk();

	(void)state;
	respond(invite, 401, "a", AUTH_INT, "");
	(void)expect_request("ACK");
	wire_advance_ms(1);
	assert_int_equal(owner.ended, 1);
	assert_int_equal(owner.end_code, 401);
}

#define CONTACT "Contact: <sip:x@127.0.0.1:5070>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n"

/* Our next request is challenged; what follows answers that. */
static const char *expect_proven(const char *method)
{
	const char *request = keep(expect_request(method));

	assert_null(strstr(request, "Authorization: "));
	respond(request, 407, "b", ASKS, "");
	if (strcmp(method, "INVITE") == 0)
		(void)expect_request("ACK");
	request = keep(expect_request(method));
	assert_proven_as(method, request, "n1");
	return request;
}

static void requests_in_the_dialog_are_proven_too(void **state)
{
	struct jf_media_desc local = local_media();
	const char *request = call_trunk(), *ack;
	unsigned cseq = 0;

	(void)state;
	respond(request, 200, "b", CONTACT, SDP);
	assert_string_equal(wire_header(expect_request("ACK"), "Proxy-Authorization"), "");
	assert_int_equal(jf_leg_reoffer(owner.leg, &local), 0);
	request = expect_proven("INVITE");
	assert_non_null(strstr(request, "m=audio"));
	(void)sscanf(wire_header(request, "CSeq"), "%u", &cseq);
	assert_int_equal(cseq, 3);
	respond(request, 200, "b", CONTACT, SDP);
	ack = expect_request("ACK");
	assert_non_null(strstr(ack, "CSeq: 3 ACK"));
	assert_repeated(ack, request);
	assert_int_equal(owner.last.type, JF_LEG_CHANGED);
	assert_int_equal(jf_leg_ping(owner.leg, 2000), 0);
	request = expect_proven("OPTIONS");
	respond(request, 200, "b", "", "");
	assert_int_equal(owner.last.type, JF_LEG_PING);
	assert_int_equal(owner.last.code, 200);
	assert_int_equal(jf_leg_send_digit(owner.leg, '5', 100), 0);
	request = expect_proven("INFO");
	assert_non_null(strstr(request, "Signal=5"));
	respond(request, 200, "b", "", "");
	jf_leg_end(owner.leg, 0, NULL);
	request = expect_proven("BYE");
	wire_advance_ms(1);
	assert_int_equal(owner.end, JF_LEG_END_BYE_BY_US);
	respond(request, 200, "b", "", "");
	expect_nothing();
}

static void a_refresh_is_proven_and_a_wrong_password_not_repeated(void **state)
{
	const char *request = call_trunk();

	(void)state;
	respond(request, 200, "b",
	        CONTACT "Session-Expires: 1800;refresher=uac\r\nRequire: timer\r\n", SDP);
	(void)expect_request("ACK");
	wire_advance_ms(900 * 1000);
	request = expect_proven("UPDATE");
	assert_non_null(strstr(request, "Session-Expires: 1800;refresher=uac"));
	respond(request, 407, "b", ASKS, "");
	expect_nothing();
	assert_int_equal(owner.ended, 0);
	/* tried again later; a peer that asks no more is fine */
	wire_advance_ms(10000);
	request = keep(expect_request("UPDATE"));
	respond(request, 200, "b", CONTACT "Session-Expires: 1800;refresher=uac\r\n", "");
	wire_advance_ms(60000);
	expect_nothing();
}

static void a_call_of_the_trunks_is_ended_with_proof(void **state)
{
	(void)state;
	credentials_make();
	(void)establish();
	jf_leg_credentials_set(owner.leg, &credentials);
	jf_leg_end(owner.leg, 0, NULL);
	respond(expect_proven("BYE"), 200, "b", "", "");
	expect_nothing();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, leg_peer_setup, sip_lab_stop)
	static const struct CMUnitTest tests[] = {
	        TEST(the_call_goes_on_with_the_answer),
	        TEST(an_old_nonce_is_answered_once_more),
	        TEST(a_wrong_password_is_not_repeated),
	        TEST(integrity_protection_is_refused),
	        TEST(requests_in_the_dialog_are_proven_too),
	        TEST(a_refresh_is_proven_and_a_wrong_password_not_repeated),
	        TEST(a_call_of_the_trunks_is_ended_with_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
