// SPDX-License-Identifier: BSD-3-Clause
/* 100,000 phones register, refresh and lapse: the work for each, and of each turn of the loop, is
 * bounded; and contacts are kept in the order in which they are to be tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <re/re.h>

#include "digest_client.h"
#include "jf_contacts.h"
#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "sip_lab.h"
#include "wire.h"

#define PHONES 100000u

static bool agent_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                      uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	(void)arg;
	return !jf_digest_ha1_make(algorithm, agent, realm, "secret", ret_ha1);
}

static int setup(void **state)
{
	const struct jf_sip_handler rows = {.agent_ha1 = agent_ha1};

	(void)state;
	return sip_lab_start(rows, (struct jf_sip_config){.keepalive = JF_SIP_KEEPALIVE_NONE});
}

/* One phone's REGISTER, all of them behind one proxy. The response. */
static const char *send_register(unsigned phone, unsigned cseq, const char *authorization)
{
	char text[WIRE_TEXT_MAX];
	const char *response;

	snprintf(text, sizeof(text),
	         "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK%u-%u-%zu\r\nMax-Forwards: 70\r\n"
	         "From: <sip:%u@127.0.0.1>;tag=r\r\nTo: <sip:%u@127.0.0.1>\r\nCall-ID: %u\r\n"
	         "CSeq: %u REGISTER\r\nContact: <sip:%u@10.%u.%u.%u:5060>\r\nExpires: 3600\r\n"
	         "User-Agent: phone 1.2.3\r\n%sContent-Length: 0\r\n\r\n",
	         phone, cseq, strlen(authorization), phone, phone, phone, cseq, phone,
	         phone >> 16 & 255, phone >> 8 & 255, phone & 255, authorization);
	wire_receive_from("10.0.0.1", 5060, text, strlen(text));
	response = wire_sent();
	assert_non_null(response);
	return response;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All of them once; the nonce is the proxy's address's, and counts for each account by itself. */
static void register_all(unsigned round)
{
	struct digest_client client = {.user = "0", .password = "secret"};
	const struct jf_contacts *contacts = jf_registrar_contacts(sip->registrar);
	uint64_t steps = jf_contacts_steps(contacts), worst = 0;
	double began = seconds();
	char user[16];

	assert_true(digest_client_take(&client, send_register(0, round * 10, "")));
	client.user = user;
	for (unsigned i = 0; i < PHONES; i++) {
		const char *response;
		uint64_t before = jf_contacts_steps(contacts);

		client.count = 0;
		snprintf(user, sizeof(user), "%u", i);
		response =
		        send_register(i, round * 10 + 1,
		                      digest_client_answer(&client, "REGISTER", "sip:127.0.0.1"));
		if (strncmp(response, "SIP/2.0 200", 11) != 0)
			fail_msg("phone %u: %s", i, response);
		if (jf_contacts_steps(contacts) - before > worst)
			worst = jf_contacts_steps(contacts) - before;
	}
	print_message("# %s: %.1f us of CPU a REGISTER, the phone's part included\n",
	              round ? "refreshed" : "registered", (seconds() - began) * 1e6 / PHONES);
	assert_true(worst <= 16); /* links followed for one */
	assert_true(jf_contacts_steps(contacts) - steps < 3 * PHONES);
}

static void a_hundred_thousand_refresh_and_lapse_in_bounded_turns(void **state)
{
	const struct jf_contacts *contacts = jf_registrar_contacts(sip->registrar);
	uint64_t turns = 0;

	(void)state;
	register_all(0);
	assert_int_equal(registrations.changes[JF_REGISTRATION_ADDED], PHONES);
	wire_advance_ms(1000);
	register_all(1);
	assert_int_equal(registrations.changes[JF_REGISTRATION_REFRESHED], PHONES);
	assert_int_equal(jf_sip_stats_get(sip).registrations, PHONES);
	print_message("# %.0f bytes a registration\n",
	              (double)jf_contacts_bytes(contacts) / PHONES);
	assert_true(jf_contacts_bytes(contacts) / PHONES <= 320);
	/* all at the same moment */
	wire_advance_ms(3600 * 1000 - 1);
	while (registrations.changes[JF_REGISTRATION_EXPIRED] < PHONES) {
		uint64_t before = registrations.changes[JF_REGISTRATION_EXPIRED];

		wire_advance_ms(1);
		assert_true(registrations.changes[JF_REGISTRATION_EXPIRED] - before <= 64);
		assert_true(++turns < PHONES);
	}
	assert_int_equal(jf_sip_stats_get(sip).registrations, 0);
}

static struct jf_registration registration(const char *agent, const char *uri, uint16_t q,
                                           uint64_t expires_ns)
{
	struct jf_registration r = {.source = {.family = 4, .ip = {10, 0, 0, 1}},
	                            .q = q,
	                            .granted_s = 60,
	                            .expires_ns = expires_ns};

	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	snprintf(r.contact, sizeof(r.contact), "%s", uri);
	return r;
}

static void contacts_stand_in_the_order_in_which_they_are_tried(void **state)
{
	static const char *const order[] = {"sip:d", "sip:a", "sip:c", "sip:b"};
	struct jf_contacts *contacts;
	struct jf_registration r;
	struct jf_contact *c;
	uint64_t due_ns;

	(void)state;
	assert_int_equal(jf_contacts_create(&contacts), 0);
	for (unsigned i = 0; i < 5000; i++) { /* enough for the tables to grow */
		char agent[16];

		snprintf(agent, sizeof(agent), "x%u", i);
		r = registration(agent, "sip:x", 1000, 1000 + i);
		assert_int_equal(jf_contacts_put(contacts, &r), 0);
		if (i % 1250 == 0) {
			static const char *const uris[] = {"sip:a", "sip:b", "sip:c", "sip:d"};
			static const uint16_t q[] = {500, 100, 500, 1000};
			unsigned n = i / 1250;

			r = registration("1001", uris[n], q[n], 10 + n);
			assert_int_equal(jf_contacts_put(contacts, &r), 0);
		}
	}
	r = registration("1001", "sip:a", 500, 99); /* refreshed: before the one of its like */
	assert_int_equal(jf_contacts_put(contacts, &r), 0);
	c = jf_contacts_first(contacts, "1001");
	for (unsigned i = 0; i < 4; i++, c = jf_contact_next(c)) {
		assert_non_null(c);
		assert_string_equal(jf_contact_uri(c), order[i]);
	}
	assert_null(c);
	assert_string_equal(jf_contact_uri(jf_contacts_due(contacts, &due_ns)), "sip:b");
	assert_int_equal(due_ns, 11);
	assert_int_equal(jf_contacts_count(contacts), 5004);
	jf_contacts_remove(contacts, jf_contacts_find(contacts, "1001", "sip:c"));
	assert_null(jf_contacts_find(contacts, "1001", "sip:c"));
	assert_non_null(jf_contacts_by_source(contacts, &r.source));
	jf_contacts_destroy(contacts);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sip_lab_stop)
	const struct CMUnitTest tests[] = {
	        TEST(a_hundred_thousand_refresh_and_lapse_in_bounded_turns),
	        cmocka_unit_test(contacts_stand_in_the_order_in_which_they_are_tried),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
