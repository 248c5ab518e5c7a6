// SPDX-License-Identifier: BSD-3-Clause
/* What is negotiated with the parties of a call: keys, codecs, key presses. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

/* The directory of the world with policy for trunk and tenant. */
static void policy(const char *trunk, const char *tenant)
{
	char yaml[1024];

	snprintf(yaml, sizeof(yaml),
	         "tenants: [{name: acme%s%s}]\n"
	         "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]%s%s}]\n"
	         "queues:\n"
	         "  - {name: billing, tenant: acme, music: /moh.wav}\n"
	         "agents:\n"
	         "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
	         "numbers:\n"
	         "  - {number: \"100\", tenant: acme, queue: billing}\n",
	         *tenant ? ", " : "", tenant, *trunk ? ", " : "", trunk);
	world_apply(yaml);
}

static struct jf_media_desc with_key(struct jf_media_desc desc, uint32_t tag, uint8_t fill)
{
	desc.savp = 1;
	desc.crypto_count = 1;
	desc.crypto[0] =
	        (struct jf_sdp_crypto){.tag = tag, .suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80};
	memset(desc.crypto[0].key, fill, 30);
	return desc;
}

static const char *party_text(const char *party, const char *key)
{
	json_t *parties = json_object_get(world.last_record, "parties");

	return json_string_value(json_object_get(json_object_get(parties, party), key));
}

/* SRTP on one leg, and not on the other; in the record, and its key in no event. */
static void keys_over_tls_are_taken(void **state)
{
	struct jf_media_desc offer = with_key(world_desc(JF_CODEC_PCMA, 4000), 3, 0x5a);
	struct jf_media_desc plain = world_desc(JF_CODEC_PCMA, 5000);
	struct world_endpoint *e;
	struct jf_leg *caller;

	(void)state;
	world.transport = JF_SIP_TLS;
	world_register("1001");
	caller = world_caller_with(&offer);
	assert_int_equal(caller->local.savp, 1);
	assert_int_equal(caller->local.crypto_count, 1);
	assert_int_equal(caller->local.crypto[0].tag, 3);
	e = world_endpoint(4000);
	assert_int_equal(e->keys.suite, JF_SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_memory_equal(e->keys.rx, offer.crypto[0].key, JF_SRTP_KEY_MAX);
	assert_memory_equal(e->keys.tx, caller->local.crypto[0].key, JF_SRTP_KEY_MAX);
	assert_memory_not_equal(e->keys.tx, e->keys.rx, 30);
	world_answers_with("1001", &plain);
	assert_int_equal(world_endpoint(5000)->keys.suite, JF_SRTP_NONE);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(party_text("caller", "srtp"), "AES_CM_128_HMAC_SHA1_80");
	assert_string_equal(party_text("caller", "signalling"), "tls");
	assert_string_equal(party_text("agent", "srtp"), "none");
	assert_null(strstr(world.events, "5a5a5a5a"));
}

static void keys_over_udp_are_refused(void **state)
{
	struct jf_media_desc offer = with_key(world_desc(JF_CODEC_PCMA, 4000), 1, 0x5a);
	struct jf_leg *leg;

	(void)state;
	leg = world_invite_with("100", &offer);
	assert_string_equal(leg->said, "reject");
	assert_int_equal(leg->code, 488);
	assert_non_null(
	        strstr(leg->headers, "Warning: 399 test \"SRTP keys are taken over TLS only\""));
	assert_int_equal(jf_calls_count(world.calls), 0);
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		assert_false(world.endpoints[i].open);
}

static void a_trunk_that_requires_srtp_takes_nothing_else(void **state)
{
	struct jf_media_desc plain = world_desc(JF_CODEC_PCMA, 4000);
	struct jf_media_desc offer = with_key(plain, 1, 1);
	struct jf_leg *leg;

	(void)state;
	policy("srtp: required", "");
	world.transport = JF_SIP_TLS;
	leg = world_invite_with("100", &plain);
	assert_int_equal(leg->code, 488);
	assert_non_null(strstr(leg->headers, "SRTP is required"));
	leg = world_caller_with(&offer);
	/* Nor in the middle of a call. */
	world_leg(leg, JF_LEG_REOFFER, 0, &plain);
	assert_string_equal(leg->said, "refuse");
	assert_int_equal(leg->code, 488);
	assert_non_null(strstr(leg->headers, "SRTP is required"));
}

static void new_keys_in_a_reinvite_make_ours_new(void **state)
{
	struct jf_media_desc offer = with_key(world_desc(JF_CODEC_PCMA, 4000), 1, 1);
	struct jf_media_keys before;
	struct jf_leg *leg;

	(void)state;
	world.transport = JF_SIP_TLS;
	leg = world_caller_with(&offer);
	before = world_endpoint(4000)->keys;
	/* The same key, under another tag and from another address: nothing begins anew. */
	offer.crypto[0].tag = 2;
	offer.rtp_port = 4010;
	world_leg(leg, JF_LEG_REOFFER, 0, &offer);
	assert_string_equal(leg->said, "accept");
	assert_int_equal(leg->local.crypto[0].tag, 2);
	assert_memory_equal(leg->local.crypto[0].key, before.tx, JF_SRTP_KEY_MAX);
	assert_memory_equal(&world_endpoint(4010)->keys, &before, sizeof(before));
	assert_int_equal(world_endpoint(4010)->remote.negotiation, 2);
	/* Another one: a key stream is never used twice. */
	memset(offer.crypto[0].key, 2, 30);
	world_leg(leg, JF_LEG_REOFFER, 0, &offer);
	assert_memory_equal(world_endpoint(4010)->keys.rx, offer.crypto[0].key, 30);
	assert_memory_not_equal(world_endpoint(4010)->keys.tx, before.tx, 30);
	assert_memory_equal(world_endpoint(4010)->keys.tx, leg->local.crypto[0].key, 30);
	assert_int_not_equal(world_endpoint(4010)->keys.id, before.id);
	/* And back to plain RTP, which preferred permits. */
	offer.savp = 0;
	offer.crypto_count = 0;
	world_leg(leg, JF_LEG_REOFFER, 0, &offer);
	assert_int_equal(world_endpoint(4010)->keys.suite, JF_SRTP_NONE);
}

static void an_agent_on_tls_is_offered_keys_and_plain_when_it_refuses(void **state)
{
	struct jf_media_desc answer = world_desc(JF_CODEC_PCMA, 5000);
	struct jf_leg *first, *second;

	(void)state;
	world.transports = JF_SIP_TLS;
	world_register("1001");
	world_caller("100");
	first = world_leg_to("1001");
	assert_int_equal(first->local.savp, 1);
	assert_int_equal(first->local.crypto_count, JF_SDP_CRYPTO_LINES);
	world_leg_ended(first, JF_LEG_END_REJECTED_BY_PEER, 488);
	second = world_leg_to("1001");
	assert_ptr_not_equal(first, second);
	assert_int_equal(second->local.savp, 0);
	assert_int_equal(second->local.crypto_count, 0);
	world_answers_with("1001", &answer);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_int_equal(world_endpoint(5000)->keys.suite, JF_SRTP_NONE);
}

static void an_agent_on_tls_answers_with_one_of_the_keys(void **state)
{
	struct jf_media_desc answer = world_desc(JF_CODEC_PCMA, 5000);
	struct jf_leg *leg;

	(void)state;
	world.transports = JF_SIP_TLS;
	world_register("1001");
	world_caller("100");
	leg = world_leg_to("1001");
	answer = with_key(answer, leg->local.crypto[1].tag, 9);
	answer.crypto[0].suite = leg->local.crypto[1].suite;
	world_answers_with("1001", &answer);
	assert_int_equal(world_endpoint(5000)->keys.suite, leg->local.crypto[1].suite);
	assert_memory_equal(world_endpoint(5000)->keys.tx, leg->local.crypto[1].key, 30);
	assert_memory_equal(world_endpoint(5000)->keys.rx, answer.crypto[0].key, 30);
}

static void an_agent_who_must_have_srtp_is_not_called_without(void **state)
{
	(void)state;
	policy("", "srtp: required");
	world_register("1001");
	world_caller("100");
	world_advance(10);
	assert_null(world_leg_to("1001"));
	assert_string_equal(world_agent_state("1001"), "unreachable");
	assert_string_equal(world_call_state(), "queued");
}

static void the_legs_of_a_call_may_have_different_codecs(void **state)
{
	struct jf_media_desc answer = world_desc(JF_CODEC_G722, 5000);
	struct jf_leg *caller, *agent;

	(void)state;
	policy("codecs: [PCMA, PCMU]", "codecs: [G722, PCMU]");
	world_register("1001");
	caller = world_caller("100");
	agent = world_leg_to("1001");
	assert_int_equal(agent->local.codec_count, 2);
	assert_int_equal(agent->local.codecs[0].codec, JF_CODEC_G722);
	assert_int_equal(agent->local.codecs[1].codec, JF_CODEC_PCMU);
	world_answers_with("1001", &answer);
	assert_int_equal(world_endpoint(4000)->remote.codec, JF_CODEC_PCMA);
	assert_int_equal(world_endpoint(5000)->remote.codec, JF_CODEC_G722);
	assert_int_equal(world_endpoint(5000)->remote.rx_audio_type, 9);
	assert_int_equal(world_endpoint(5000)->remote.clock_hz, 8000);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(party_text("caller", "codec"), "PCMA");
	assert_string_equal(party_text("agent", "codec"), "G722");
}

static void a_codec_that_nobody_served_is_488(void **state)
{
	struct jf_media_desc offer = world_desc(JF_CODEC_G722, 4000);
	struct jf_leg *leg;

	(void)state;
	policy("codecs: [PCMU]", "");
	leg = world_invite_with("100", &offer);
	assert_int_equal(leg->code, 488);
	assert_non_null(strstr(leg->headers, "codecs that are served"));
}

static void an_opaque_codec_is_passed_through_and_recorded_as_packets(void **state)
{
	struct jf_media_desc offer = world_desc(JF_CODEC_OTHER, 4000), answer;
	struct jf_leg *caller, *agent;
	const char *path;

	(void)state;
	offer.codecs[0].payload_type = 111;
	offer.opaque_count = 1;
	offer.opaque[0] = (struct jf_sdp_opaque){
	        .clock_hz = 48000, .channels = 2, .name = "opus", .fmtp = "useinbandfec=1"};
	offer.wide_event_type = 110;
	offer.wide_event_hz = 48000;
	offer.event_type = JF_SDP_NO_EVENT;
	world_register("1001");
	caller = world_caller_with(&offer);
	/* Nobody here could play to it: it waits in silence. */
	assert_string_equal(world_endpoint(4000)->sound, "");
	agent = world_leg_to("1001");
	assert_int_equal(agent->local.codec_count, 1);
	assert_int_equal(agent->local.codecs[0].codec, JF_CODEC_OTHER);
	assert_string_equal(agent->local.opaque[0].fmtp, "useinbandfec=1");
	assert_int_equal(agent->local.wide_event_hz, 48000);
	answer = offer;
	answer.rtp_port = 5000;
	answer.codecs[0].payload_type = 96;
	world_answers_with("1001", &answer);
	assert_int_equal(world_endpoint(5000)->remote.codec, JF_CODEC_OTHER);
	assert_int_equal(world_endpoint(5000)->remote.clock_hz, 48000);
	assert_int_equal(world_endpoint(5000)->remote.rx_audio_type, 111);
	assert_int_equal(world_endpoint(5000)->remote.tx_audio_type, 96);
	assert_int_equal(world_endpoint(5000)->remote.rx_event_type, 110);
	path = world_recording_path();
	assert_string_equal(path + strlen(path) - 7, ".pcapng");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(party_text("caller", "codec"), "opus");
}

static void what_the_dataplane_refuses_to_carry_is_no_call(void **state)
{
	static const char *const commands[] = {"open", "remote", "keys"};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		struct jf_leg *caller = world_caller("100");
		struct jf_media_event event = {.type = JF_MEDIA_FAILED,
		                               .command = commands[i],
		                               .error = -ENOTSUP,
		                               .endpoint = world_endpoint(4000)->ref,
		                               .call = world_endpoint(4000)->call};

		jf_calls_media_handler(&event, world.calls);
		assert_string_equal(caller->said, "end");
		world_advance(100);
		assert_string_equal(json_string_value(json_object_get(
		                            json_object_get(world.last_record, "end"), "reason")),
		                    "no media");
		assert_int_equal(jf_calls_count(world.calls), 0);
	}
}

/* ---- Key presses ----------------------------------------------------------------------------- */

static unsigned int digits_recorded(struct jf_leg *caller)
{
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	return (unsigned int)json_array_size(json_object_get(world.last_record, "digits"));
}

static struct jf_leg *in_conversation(struct jf_leg **ret_agent)
{
	struct jf_media_desc answer = world_desc(JF_CODEC_PCMA, 5000);
	struct jf_leg *caller;

	world_register("1001");
	caller = world_caller("100");
	*ret_agent = world_answers_with("1001", &answer);
	return caller;
}

static void a_press_by_info_is_passed_on_once(void **state)
{
	struct jf_leg *agent, *caller = in_conversation(&agent);

	(void)state;
	world_leg_digit(caller, '5');
	world_advance(150);
	assert_string_equal(world_endpoint(5000)->digits, "5");
	/* By both ways, in either order: the media has passed it on already. */
	world_leg_digit(caller, '6');
	world_advance(60);
	world_media_digit(4000, '6', false);
	world_advance(200);
	world_media_digit(4000, '7', false);
	world_advance(60);
	world_leg_digit(caller, '7');
	world_advance(200);
	assert_string_equal(world_endpoint(5000)->digits, "5");
	/* Twice is twice. */
	world_leg_digit(caller, '8');
	world_leg_digit(caller, '8');
	world_advance(200);
	assert_string_equal(world_endpoint(5000)->digits, "588");
	assert_int_equal(digits_recorded(caller), 5);
}

static void who_takes_info_gets_info(void **state)
{
	struct jf_leg *agent, *caller;

	(void)state;
	policy("", "digits: info");
	caller = in_conversation(&agent);
	assert_int_equal(agent->local.event_type, JF_SDP_NO_EVENT);
	assert_int_equal(world_endpoint(5000)->remote.tx_digits, JF_MEDIA_DIGITS_NONE);
	world_media_digit(4000, '3', false);
	world_leg_digit(caller, '#');
	world_advance(200);
	assert_string_equal(agent->digits, "3#");
	assert_string_equal(world_endpoint(5000)->digits, "");
}

static void masked_presses_are_counted_and_forgotten(void **state)
{
	struct jf_leg *agent, *caller = in_conversation(&agent);
	struct jf_call_id id = world_endpoint(4000)->call;
	json_t *parties;

	(void)state;
	assert_int_equal(jf_calls_mask(world.calls, &id, true), 0);
	assert_int_equal(jf_calls_mask(world.calls, &id, true), -EALREADY);
	assert_true(world_endpoint(4000)->mask);
	memset(world.events, 0, sizeof(world.events));
	world_media_digit(4000, '4', true);
	world_advance(500);
	world_leg_digit(caller, '2');
	world_advance(500);
	assert_string_equal(world_endpoint(5000)->digits, "");
	assert_null(strstr(world.events, "digit"));
	/* A new process masks on. */
	world_restart();
	assert_true(world_endpoint(4000)->mask);
	world_leg_digit(caller, '1');
	world_advance(500);
	assert_int_equal(jf_calls_mask(world.calls, &id, false), 0);
	world_media_digit(4000, '9', false);
	assert_int_equal(digits_recorded(caller), 1);
	parties = json_object_get(world.last_record, "parties");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(parties, "caller"),
	                                                    "masked_digits")),
	                 3);
	id.b[0] ^= 1;
	assert_int_equal(jf_calls_mask(world.calls, &id, true), -ENOENT);
}

/* ---- Restart --------------------------------------------------------------------------------- */

static void keys_survive_a_restart(void **state)
{
	struct jf_media_desc offer = with_key(world_desc(JF_CODEC_PCMA, 4000), 1, 1);
	struct jf_leg *agent, *caller;
	struct jf_media_desc answer = world_desc(JF_CODEC_PCMA, 5000);
	struct jf_media_keys before;

	(void)state;
	policy("nat: learn", "");
	world.transport = JF_SIP_TLS;
	world_register("1001");
	caller = world_caller_with(&offer);
	agent = world_answers_with("1001", &answer);
	before = world_endpoint(4000)->keys;
	assert_true(world_endpoint(4000)->remote.learn);
	world_restart(); /* jf_media_adopt of the world compares what is kept */
	assert_string_equal(world_call_state(), "talking");
	/* The same key again, after it: ours is the same too. */
	world_leg(caller, JF_LEG_REOFFER, 0, &offer);
	assert_memory_equal(caller->local.crypto[0].key, before.tx, JF_SRTP_KEY_MAX);
	assert_int_equal(world_endpoint(4000)->keys.id, before.id);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(agent->said, "end");
	world_advance(100);
	assert_int_equal(world.records, 1);
}

int main(void)
{
#define TEST(f) WORLD_TEST(f, NULL)
	const struct CMUnitTest tests[] = {
	        TEST(keys_over_tls_are_taken),
	        TEST(keys_over_udp_are_refused),
	        TEST(a_trunk_that_requires_srtp_takes_nothing_else),
	        TEST(new_keys_in_a_reinvite_make_ours_new),
	        TEST(an_agent_on_tls_is_offered_keys_and_plain_when_it_refuses),
	        TEST(an_agent_on_tls_answers_with_one_of_the_keys),
	        TEST(an_agent_who_must_have_srtp_is_not_called_without),
	        TEST(the_legs_of_a_call_may_have_different_codecs),
	        TEST(a_codec_that_nobody_served_is_488),
	        TEST(an_opaque_codec_is_passed_through_and_recorded_as_packets),
	        TEST(what_the_dataplane_refuses_to_carry_is_no_call),
	        TEST(a_press_by_info_is_passed_on_once),
	        TEST(who_takes_info_gets_info),
	        TEST(masked_presses_are_counted_and_forgotten),
	        TEST(keys_survive_a_restart),
	};

	return cmocka_run_group_tests_name("call-media", tests, NULL, NULL);
}
