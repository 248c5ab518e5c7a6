// SPDX-License-Identifier: BSD-3-Clause
/* Who sent a request: agents' INVITEs and REGISTERs, challenged and proven. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "digest_client.h"
#include "jf_digest.h"
#include "jf_loop.h"
#include "sip_lab.h"
#include "wire.h"

static struct {
	unsigned incoming;
	char agent[JF_SIP_AGENT_MAX];
	uint64_t trunk;
	unsigned digests;
} owner;

#define MD5    (1u << JF_DIGEST_MD5)
#define SHA256 (1u << JF_DIGEST_SHA256)

/* 1002's is SHA-256 only; the others', and strangers', as a test says */
static unsigned agent_digests(const char *agent, void *arg)
{
	(void)arg;
	return strcmp(agent, "1002") == 0 ? SHA256 : owner.digests;
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	(void)arg;
	owner.incoming++;
	owner.trunk = invite->trunk;
	snprintf(owner.agent, sizeof(owner.agent), "%s", invite->agent);
	jf_leg_reject(leg, 486, NULL, NULL);
}

static int setup(void **state)
{
	const struct jf_sip_handler rows = {
	        .source_allowed = stand_in_net_trunk,
	        .agent_ha1 = stand_in_ha1,
	        .agent_digests = agent_digests,
	        .leg_incoming = leg_incoming,
	};

	(void)state;
	memset(&owner, 0, sizeof(owner));
	owner.digests = MD5;
	return sip_lab_start(rows, (struct jf_sip_config){0});
}

#define URI "sip:6100@127.0.0.1"

/* The request's final response. */
static const char *send_from(const char *ip, const char *method, const char *uri, const char *lines)
{
	static unsigned cseq;
	char text[WIRE_TEXT_MAX];
	const char *response;

	cseq++;
	snprintf(text, sizeof(text),
	         "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5070;branch=z9hG4bKa%u\r\n"
	         "Max-Forwards: 70\r\nFrom: <sip:1001@127.0.0.1>;tag=a\r\n"
	         "To: <sip:%s@127.0.0.1>\r\nCall-ID: auth-%u\r\nCSeq: %u %s\r\n"
	         "Contact: <sip:1001@%s:5070>\r\n%sContent-Length: 0\r\n\r\n",
	         method, uri, ip, cseq, strcmp(method, "REGISTER") ? "6100" : "1001", cseq, cseq,
	         method, ip, lines);
	wire_receive_from(ip, 5070, text, strlen(text));
	do {
		response = wire_sent();
		assert_non_null(response);
	} while (wire_status(response) < 200);
	return response;
}

static const char *invite(struct digest_client *client)
{
	return send_from("127.0.0.1", "INVITE", URI, digest_client_answer(client, "INVITE", URI));
}

static void expect(const char *response, unsigned code)
{
	assert_int_equal(wire_status(response), code);
}

static void agents_call_is_challenged_and_names_the_agent(void **state)
{
	struct digest_client client = {.user = "1001", .password = "secret"};
	const char *response = send_from("127.0.0.1", "INVITE", URI, "");

	(void)state;
	expect(response, 401);
	wire_advance_ms(200); /* admission's clock stops when nothing comes */
	assert_int_equal(jf_loop_stats_get().timers, 0); /* not even a transaction */
	assert_true(digest_client_take(&client, response));
	expect(invite(&client), 486);
	assert_int_equal(owner.incoming, 1);
	assert_string_equal(owner.agent, "1001");
	assert_int_equal(owner.trunk, 0);
}

static void call_with_a_wrong_or_used_answer_is_not_taken(void **state)
{
	struct digest_client client = {.user = "1001", .password = "guess"};
	struct digest_client other = {.user = "9999", .password = "guess"};
	char wrong[WIRE_TEXT_MAX], answer[1024];
	const char *response;

	(void)state;
	assert_true(digest_client_take(&client, send_from("127.0.0.1", "INVITE", URI, "")));
	snprintf(wrong, sizeof(wrong), "%s", invite(&client));
	expect(wrong, 403);
	assert_true(digest_client_take(&other, send_from("127.0.0.1", "INVITE", URI, "")));
	response = invite(&other);
	assert_int_equal(strlen(response), strlen(wrong));
	expect(response, 403);
	client.password = "secret";
	snprintf(answer, sizeof(answer), "%s", digest_client_answer(&client, "INVITE", URI));
	expect(send_from("127.0.0.1", "INVITE", URI, answer), 486);
	response = send_from("127.0.0.1", "INVITE", URI, answer);
	expect(response, 401);
	assert_true(digest_client_take(&client, response));
	assert_true(client.stale);
	assert_int_equal(owner.incoming, 1);
}

static void answer_is_good_for_its_address_and_its_target_only(void **state)
{
	struct digest_client client = {.user = "1001", .password = "secret"};
	const char *response;

	(void)state;
	assert_true(digest_client_take(&client, send_from("127.0.0.1", "INVITE", URI, "")));
	/* somebody else has overheard it */
	response =
	        send_from("127.0.0.9", "INVITE", URI, digest_client_answer(&client, "INVITE", URI));
	expect(response, 401);
	assert_non_null(strstr(response, "stale=true"));
	/* or puts another number in */
	expect(send_from("127.0.0.1", "INVITE", "sip:900@127.0.0.1",
	                 digest_client_answer(&client, "INVITE", URI)),
	       400);
	/* the host's port is none of its business, what a proxy writes behind it neither */
	client.uri = "sip:6100@127.0.0.1:5060;transport=udp";
	expect(invite(&client), 486);
	assert_int_equal(owner.incoming, 1);
}

static void phone_in_a_trunks_network_is_still_a_phone(void **state)
{
	struct digest_client client = {.user = "1001", .password = "secret"};

	(void)state;
	expect(send_from("10.1.0.7", "INVITE", URI, ""), 486);
	assert_int_equal(owner.trunk, STAND_IN_TRUNK);
	assert_string_equal(owner.agent, "");
	assert_true(digest_client_take(&client,
	                               send_from("10.1.0.7", "REGISTER", "sip:127.0.0.1", "")));
	expect(send_from("10.1.0.7", "REGISTER", "sip:127.0.0.1",
	                 digest_client_answer(&client, "REGISTER", "sip:127.0.0.1")),
	       200);
	expect(send_from("10.1.0.7", "INVITE", URI, ""), 401);
	assert_int_equal(owner.incoming, 1);
}

static void sha256_is_offered_first_and_taken(void **state)
{
	struct digest_client client = {
	        .user = "1001", .password = "secret", .algorithm = JF_DIGEST_SHA256};
	const char *response;

	(void)state;
	assert_false(digest_client_take(&client, send_from("127.0.0.1", "INVITE", URI, "")));
	owner.digests = MD5 | SHA256;
	response = send_from("127.0.0.1", "INVITE", URI, "");
	assert_true(strstr(response, "algorithm=SHA-256") < strstr(response, "algorithm=MD5"));
	assert_true(digest_client_take(&client, response));
	expect(invite(&client), 486);
	client.password = "guess";
	expect(invite(&client), 403);
	client.algorithm = JF_DIGEST_MD5;
	client.password = "secret";
	expect(invite(&client), 486);
	assert_int_equal(owner.incoming, 2);
	/* what is not offered any more is not taken either */
	owner.digests = MD5;
	client.algorithm = JF_DIGEST_SHA256;
	expect(invite(&client), 401);
	/* integrity of the body is not offered */
	client.algorithm = JF_DIGEST_MD5;
	client.qop = "auth-int";
	expect(invite(&client), 400);
	assert_int_equal(owner.incoming, 2);
}

static const char *register_from(const char *ip, struct digest_client *client)
{
	static const char uri[] = "sip:127.0.0.1";

	assert_true(digest_client_take(client, send_from(ip, "REGISTER", uri, "")));
	return send_from(ip, "REGISTER", uri, digest_client_answer(client, "REGISTER", uri));
}

static void an_agent_of_sha256_is_not_talked_down_to_md5(void **state)
{
	struct digest_client client = {.user = "1002", .password = "secret"};
	const char *response;

	(void)state;
	/* a nonce is a nonce: from another account's challenge, answered with MD5 */
	assert_true(digest_client_take(&client, send_from("127.0.0.1", "INVITE", URI, "")));
	response =
	        send_from("127.0.0.1", "INVITE", URI, digest_client_answer(&client, "INVITE", URI));
	expect(response, 401);
	assert_null(strstr(response, "algorithm=MD5"));
	assert_non_null(strstr(response, "algorithm=SHA-256"));
	/* what nobody speaks */
	client.algorithm = JF_DIGEST_SHA256;
	assert_true(digest_client_take(&client, response));
	client.algorithm = JF_DIGEST_UNKNOWN;
	expect(send_from("127.0.0.1", "INVITE", URI, digest_client_answer(&client, "INVITE", URI)),
	       401);
	client.algorithm = JF_DIGEST_SHA256;
	client.realm = "elsewhere";
	expect(send_from("127.0.0.1", "INVITE", URI, digest_client_answer(&client, "INVITE", URI)),
	       401);
	client.realm = NULL;
	expect(invite(&client), 486);
	assert_string_equal(owner.agent, "1002");
	/* used once: counted, whatever the algorithm */
	client.count--;
	expect(invite(&client), 401);
}

static uint64_t hashes_of_a_denial(const char *user, enum jf_digest_algorithm algorithm)
{
	struct digest_client client = {.user = user, .password = "guess", .algorithm = algorithm};
	uint64_t before;
	char answer[1024];

	assert_true(digest_client_take(&client, send_from("127.0.0.1", "REGISTER", URI, "")));
	snprintf(answer, sizeof(answer), "%s", digest_client_answer(&client, "REGISTER", URI));
	before = jf_digest_hashes();
	expect(send_from("127.0.0.1", "REGISTER", URI, answer), 403);
	return jf_digest_hashes() - before;
}

static void unknown_agent_costs_as_much_as_a_wrong_password(void **state)
{
	(void)state;
	owner.digests = MD5 | SHA256;
	for (enum jf_digest_algorithm a = JF_DIGEST_MD5; a < JF_DIGEST_UNKNOWN; a++) {
		/* the owner's own hashing aside: it holds HA1s, this one makes them */
		uint64_t known = hashes_of_a_denial("1001", a) - 1;

		assert_int_equal(hashes_of_a_denial("9999", a), known);
		assert_int_equal(hashes_of_a_denial("no\\body", a), known);
	}
}

static void who_guesses_is_not_listened_to_but_registered_phones_are(void **state)
{
	struct digest_client phone = {.user = "1001", .password = "secret"};
	struct digest_client guesser = {.user = "1001", .password = "guess"};
	const char *response;

	(void)state;
	expect(register_from("10.3.0.1", &phone), 200);
	for (unsigned i = 0; i < 11; i++)
		expect(register_from("10.3.0.66", &guesser), 403);
	guesser.password = "secret"; /* too late */
	response = register_from("10.3.0.66", &guesser);
	expect(response, 503);
	assert_string_equal(wire_header(response, "Retry-After"), "1");
	assert_int_equal(jf_sip_stats_get(sip).locked_out, 1);
	/* the phone goes on, and so do others from where it was guessed */
	expect(register_from("10.3.0.1", &phone), 200);
	wire_advance_ms(1001);
	expect(register_from("10.3.0.66", &guesser), 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(agents_call_is_challenged_and_names_the_agent),
	        TEST(call_with_a_wrong_or_used_answer_is_not_taken),
	        TEST(answer_is_good_for_its_address_and_its_target_only),
	        TEST(phone_in_a_trunks_network_is_still_a_phone),
	        TEST(sha256_is_offered_first_and_taken),
	        TEST(an_agent_of_sha256_is_not_talked_down_to_md5),
	        TEST(unknown_agent_costs_as_much_as_a_wrong_password),
	        TEST(who_guesses_is_not_listened_to_but_registered_phones_are),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
