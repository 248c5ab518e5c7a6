// SPDX-License-Identifier: BSD-3-Clause
/* The registrar: who is let in, what is remembered of contacts, when they lapse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "digest_client.h"
#include "sip_lab.h"
#include "wire.h"

static int setup(void **state)
{
	const struct jf_sip_handler rows = {.agent_ha1 = stand_in_ha1};

	(void)state;
	return sip_lab_start(rows, (struct jf_sip_config){.keepalive = JF_SIP_KEEPALIVE_NONE});
}

static unsigned cseq;

/* REGISTER of aor with these header lines; the response. */
static const char *send_register(const char *aor, const char *headers, const char *authorization)
{
	static unsigned branch;
	char text[WIRE_TEXT_MAX];
	const char *response;

	cseq++;
	branch++;
	snprintf(text, sizeof(text),
	         "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKr%u\r\nMax-Forwards: 70\r\n"
	         "From: <sip:%s@127.0.0.1>;tag=r\r\nTo: <sip:%s@127.0.0.1>\r\nCall-ID: reg-1\r\n"
	         "CSeq: %u REGISTER\r\n%s%sContent-Length: 0\r\n\r\n",
	         branch, aor, aor, cseq, headers, authorization);
	wire_receive(text);
	response = wire_sent();
	assert_non_null(response);
	return response;
}

static const char *authorize(struct digest_client *c)
{
	return digest_client_answer(c, "REGISTER", "sip:127.0.0.1");
}

/* The whole exchange; the final response. */
static const char *do_register(const char *aor, const char *user, const char *password,
                               const char *headers)
{
	struct digest_client c = {.user = user, .password = password};
	const char *challenge = send_register(aor, headers, "");

	assert_int_equal(wire_status(challenge), 401);
	assert_true(digest_client_take(&c, challenge));
	return send_register(aor, headers, authorize(&c));
}

#define CONTACT "Contact: <sip:1001@127.0.0.1:5070>\r\n"

static void agent_registers_refreshes_and_leaves(void **state)
{
	struct jf_registration r[2];
	struct digest_client c = {.user = "1001", .password = "secret"};
	const char *response;

	(void)state;
	assert_true(digest_client_take(&c, send_register("1001", CONTACT, "")));
	response = send_register("1001", CONTACT "Expires: 600\r\nUser-Agent: phone\r\n",
	                         authorize(&c));
	assert_int_equal(wire_status(response), 200);
	assert_string_equal(wire_header(response, "Contact"),
	                    "<sip:1001@127.0.0.1:5070>;expires=600");
	assert_int_equal(registrations.changes[JF_REGISTRATION_ADDED], 1);
	assert_int_equal(registrations.sent_before, 1); /* told when the 200 was out */
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 1);
	assert_string_equal(r[0].contact, "sip:1001@127.0.0.1:5070");
	assert_string_equal(r[0].user_agent, "phone");
	assert_int_equal(r[0].source.port, 5070);
	assert_int_equal(r[0].granted_s, 600);
	/* the same nonce, counted up */
	wire_advance_ms(1000);
	assert_int_equal(
	        wire_status(send_register("1001", CONTACT "Expires: 600\r\n", authorize(&c))), 200);
	assert_int_equal(registrations.changes[JF_REGISTRATION_REFRESHED], 1);
	/* no Contact asks what there is */
	response = send_register("1001", "", authorize(&c));
	assert_string_equal(wire_header(response, "Contact"),
	                    "<sip:1001@127.0.0.1:5070>;expires=600");
	response = send_register("1001", "Contact: <sip:1001@127.0.0.1:5070>;expires=0\r\n",
	                         authorize(&c));
	assert_int_equal(wire_status(response), 200);
	assert_string_equal(wire_header(response, "Contact"), "");
	assert_int_equal(registrations.changes[JF_REGISTRATION_REMOVED], 1);
	assert_int_equal(jf_sip_stats_get(sip).registrations, 0);
}

static void unknown_agent_and_wrong_password_get_the_same_403(void **state)
{
	char wrong[WIRE_TEXT_MAX], unknown[WIRE_TEXT_MAX];

	(void)state;
	snprintf(wrong, sizeof(wrong), "%s", do_register("1001", "1001", "guess", CONTACT));
	snprintf(unknown, sizeof(unknown), "%s", do_register("9999", "9999", "guess", CONTACT));
	assert_int_equal(wire_status(wrong), 403);
	assert_int_equal(strcspn(wrong, "\r"), strcspn(unknown, "\r"));
	assert_memory_equal(wrong, unknown, strcspn(wrong, "\r"));
	assert_int_equal(strlen(wrong), strlen(unknown));
	/* somebody else's address of record, with one's own password */
	assert_int_equal(wire_status(do_register("1002", "1001", "secret", CONTACT)), 403);
	assert_int_equal(jf_sip_stats_get(sip).denied, 3);
	assert_int_equal(jf_sip_stats_get(sip).registrations, 0);
}

static void replayed_stale_and_foreign_nonces_are_challenged(void **state)
{
	struct digest_client c = {.user = "1001", .password = "secret"};
	const char *response;
	char used[1024];

	(void)state;
	assert_true(digest_client_take(&c, send_register("1001", CONTACT, "")));
	snprintf(used, sizeof(used), "%s", authorize(&c));
	assert_int_equal(wire_status(send_register("1001", CONTACT, used)), 200);
	response = send_register("1001", CONTACT, used);
	assert_int_equal(wire_status(response), 401);
	assert_non_null(strstr(response, "stale=true"));
	/* too old */
	assert_true(digest_client_take(&c, response));
	wire_advance_ms(301000);
	response = send_register("1001", CONTACT, authorize(&c));
	assert_int_equal(wire_status(response), 401);
	assert_non_null(strstr(response, "stale=true"));
	/* made up */
	snprintf(c.nonce, sizeof(c.nonce), "%048u", 0);
	assert_int_equal(wire_status(send_register("1001", CONTACT, authorize(&c))), 401);
	/* for another realm */
	assert_true(digest_client_take(&c, send_register("1001", CONTACT, "")));
	c.realm = "elsewhere";
	response = send_register("1001", CONTACT, authorize(&c));
	assert_int_equal(wire_status(response), 401);
	assert_null(strstr(response, "stale"));
	/* auth-int is not offered */
	c.realm = NULL;
	assert_true(digest_client_take(&c, response));
	snprintf(used, sizeof(used), "%s", authorize(&c));
	memcpy(strstr(used, "qop=auth,"), "qop=auti,", 9);
	assert_int_equal(wire_status(send_register("1001", CONTACT, used)), 400);
}

static void contacts_are_bounded_and_checked(void **state)
{
	struct jf_registration r[8];
	const char *response;
	char contact[128];

	(void)state;
	response = do_register("1001", "1001", "secret", CONTACT "Expires: 10\r\n");
	assert_int_equal(wire_status(response), 423);
	assert_string_equal(wire_header(response, "Min-Expires"), "60");
	response = do_register("1001", "1001", "secret", CONTACT "Expires: 100000\r\n");
	assert_non_null(strstr(wire_header(response, "Contact"), "expires=3600"));
	assert_int_equal(wire_status(do_register("1001", "1001", "secret", "Contact: <tel:1>\r\n")),
	                 400);
	assert_int_equal(wire_status(do_register("1001", "1001", "secret", "Contact: *\r\n")), 400);
	for (int i = 0; i < 6; i++) {
		snprintf(contact, sizeof(contact), "Contact: <sip:1001@127.0.0.1:%d>\r\n",
		         6000 + i);
		assert_int_equal(wire_status(do_register("1001", "1001", "secret", contact)), 200);
	}
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 8), JF_SIP_CONTACTS_MAX);
	assert_string_equal(r[0].contact, "sip:1001@127.0.0.1:6005"); /* freshest first */
	response = do_register("1001", "1001", "secret", "Contact: *\r\nExpires: 0\r\n");
	assert_int_equal(wire_status(response), 200);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 8), 0);
}

static void contacts_are_ordered_by_q_and_late_requests_refused(void **state)
{
	struct jf_registration r[4];
	const char *response;

	(void)state;
	response = do_register("1001", "1001", "secret",
	                       "Contact: <sip:a@127.0.0.1:1>;q=0.25, <sip:b@127.0.0.1:2>, "
	                       "<sip:c@127.0.0.1:3?Route=%3Csip:x%3E>;q=0.5\r\n");
	assert_int_equal(wire_status(response), 200);
	assert_non_null(strstr(response, "<sip:a@127.0.0.1:1>;expires=3600;q=0.250"));
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 4), 3);
	assert_string_equal(r[0].contact, "sip:b@127.0.0.1:2");
	assert_string_equal(r[1].contact, "sip:c@127.0.0.1:3"); /* headers are not kept */
	assert_string_equal(r[2].contact, "sip:a@127.0.0.1:1");
	/* the same Call-ID with a CSeq that is not higher: whole or not at all */
	wire_advance_ms(40000); /* the transaction is forgotten */
	cseq -= 2;
	response = do_register("1001", "1001", "secret",
	                       "Contact: <sip:new@127.0.0.1:9>, <sip:b@127.0.0.1:2>;expires=0\r\n");
	assert_int_equal(wire_status(response), 500);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 4), 3);
	wire_advance_ms(40000);
	cseq -= 2;
	response = do_register("1001", "1001", "secret", "Contact: *\r\nExpires: 0\r\n");
	assert_int_equal(wire_status(response), 500);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 4), 3);
	/* what cannot be read as a number is an hour (RFC 3261 20.19) */
	cseq += 2;
	response = do_register("1001", "1001", "secret", CONTACT "Expires: soon\r\n");
	assert_non_null(strstr(response, "<sip:1001@127.0.0.1:5070>;expires=3600"));
}

static void a_path_is_kept_and_told_to_who_knows_it(void **state)
{
	struct jf_registration r[2];
	const char *response;
	char text[1024] = CONTACT "Path: <sip:";

	(void)state;
	response = do_register("1001", "1001", "secret",
	                       CONTACT "Supported: path\r\nRequire: path\r\n"
	                               "Path: <sip:edge@192.0.2.1;lr>, <sip:192.0.2.2;lr>\r\n"
	                               "Path: \"Core\" <sip:192.0.2.3;lr>;ob\r\n");
	assert_int_equal(wire_status(response), 200);
	assert_string_equal(wire_header(response, "Path"),
	                    "<sip:edge@192.0.2.1;lr>, <sip:192.0.2.2;lr>, <sip:192.0.2.3;lr>");
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 1);
	assert_string_equal(r[0].path,
	                    "<sip:edge@192.0.2.1;lr>, <sip:192.0.2.2;lr>, <sip:192.0.2.3;lr>");
	/* another phone behind the same proxy doesn't take its place */
	response =
	        do_register("1001", "1001", "secret",
	                    "Contact: <sip:1001@127.0.0.1:5099>\r\nPath: <sip:192.0.2.2;lr>\r\n");
	assert_int_equal(wire_status(response), 200);
	assert_string_equal(wire_header(response, "Path"), "");
	assert_int_equal(jf_sip_registrations_get(sip, "1001", r, 2), 2);
	/* what cannot be kept whole is refused */
	memset(text + strlen(text), 'a', 240);
	strcat(text, "@192.0.2.1;lr>\r\n");
	assert_int_equal(wire_status(do_register("1001", "1001", "secret", text)), 400);
	assert_int_equal(
	        wire_status(do_register("1001", "1001", "secret", CONTACT "Path: <nothing>\r\n")),
	        400);
}

static void what_a_phone_says_of_itself_is_shown_harmless(void **state)
{
	struct jf_registration r;

	(void)state;
	assert_int_equal(
	        wire_status(do_register("1001", "1001", "secret",
	                                CONTACT "User-Agent: <script>\xc3\xa4\\\x1b[31m\r\n")),
	        200);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", &r, 1), 1);
	assert_string_equal(r.user_agent, "<script>?\?\\?[31m");
	assert_int_equal(wire_status(send_register("1001", CONTACT "User-Agent: \x1b[31m\r\n", "")),
	                 400);
	assert_int_equal(
	        wire_status(send_register("1001", "Contact: <sip:\x1b@127.0.0.1>\r\n", "")), 400);
}

static void registrations_lapse(void **state)
{
	struct jf_registration r;

	(void)state;
	(void)do_register("1001", "1001", "secret", CONTACT "Expires: 60\r\n");
	(void)do_register("1002", "1002", "secret",
	                  "Contact: <sip:1002@127.0.0.1:5071>\r\nExpires: 120\r\n");
	assert_int_equal(jf_sip_stats_get(sip).registrations, 2);
	wire_advance_ms(61000);
	assert_int_equal(registrations.changes[JF_REGISTRATION_EXPIRED], 1);
	assert_string_equal(registrations.last.agent, "1001");
	assert_int_equal(jf_sip_registrations_get(sip, "1002", &r, 1), 1);
	wire_advance_ms(60000);
	assert_int_equal(registrations.changes[JF_REGISTRATION_EXPIRED], 2);
	assert_int_equal(jf_sip_stats_get(sip).registrations, 0);
}

static void registrations_are_restored(void **state)
{
	struct jf_registration r, again;

	(void)state;
	(void)do_register("1001", "1001", "secret", CONTACT "Expires: 60\r\n");
	assert_int_equal(jf_sip_registrations_get(sip, "1001", &r, 1), 1);
	sip_lab_stop(NULL);
	setup(NULL);
	assert_int_equal(jf_sip_registration_restore(sip, &r), 0);
	assert_int_equal(registrations.changes[JF_REGISTRATION_ADDED], 0);
	assert_int_equal(jf_sip_registrations_get(sip, "1001", &again, 1), 1);
	assert_string_equal(again.contact, r.contact);
	/* after a reboot the clock is young: no longer than it was granted */
	r.expires_ns += UINT64_C(1000000000000);
	assert_int_equal(jf_sip_registration_restore(sip, &r), 0);
	wire_advance_ms(61000);
	assert_int_equal(registrations.changes[JF_REGISTRATION_EXPIRED], 1);
	r.expires_ns = 1;
	assert_int_equal(jf_sip_registration_restore(sip, &r), -ETIME);
	jf_sip_registrations_drop(sip, "1001");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(agent_registers_refreshes_and_leaves),
	        TEST(unknown_agent_and_wrong_password_get_the_same_403),
	        TEST(replayed_stale_and_foreign_nonces_are_challenged),
	        TEST(contacts_are_bounded_and_checked),
	        TEST(contacts_are_ordered_by_q_and_late_requests_refused),
	        TEST(a_path_is_kept_and_told_to_who_knows_it),
	        TEST(what_a_phone_says_of_itself_is_shown_harmless),
	        TEST(registrations_lapse),
	        TEST(registrations_are_restored),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
