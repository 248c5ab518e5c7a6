// SPDX-License-Identifier: BSD-3-Clause
/* Pictures beside the sound: what is negotiated of them with each party, keys above all. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* Sound at port, pictures at port + 1000. */
static struct jf_media_desc with_video(uint16_t port)
{
	struct jf_media_desc desc = world_desc(JF_CODEC_PCMA, port);

	desc.video = (struct jf_sdp_video){.rtp_port = (uint16_t)(port + 1000),
	                                   .rtcp_port = (uint16_t)(port + 1001),
	                                   .payload_type = 97,
	                                   .clock_hz = 90000,
	                                   .name = "H264"};
	memcpy(desc.video.ip, desc.ip, sizeof(desc.ip));
	return desc;
}

static struct jf_sdp_crypto key_of(uint32_t tag, uint8_t fill)
{
	struct jf_sdp_crypto key = {.tag = tag, .suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80};

	memset(key.key, fill, 30);
	return key;
}

/* Keys of both, different ones. */
static struct jf_media_desc with_keys(uint16_t port, uint8_t fill)
{
	struct jf_media_desc desc = with_video(port);

	desc.savp = desc.video.savp = 1;
	desc.crypto_count = desc.video.crypto_count = 1;
	desc.crypto[0] = key_of(3, fill);
	desc.video.crypto[0] = key_of(4, (uint8_t)(fill + 1));
	return desc;
}

static void trunk_policy(const char *srtp)
{
	char yaml[600];

	snprintf(yaml, sizeof(yaml),
	         "tenants: [{name: acme}]\n"
	         "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"], "
	         "srtp: \"%s\"}]\n"
	         "queues: [{name: billing, tenant: acme, music: /moh.wav}]\n"
	         "agents: [{id: \"1001\", tenant: acme, password: x, queues: [billing]}]\n"
	         "numbers: [{number: \"100\", tenant: acme, queue: billing}]\n",
	         srtp);
	world_apply(yaml);
}

static void one_side_has_srtp_and_the_other_none(void **state)
{
	struct jf_media_desc offer = with_keys(4000, 0x5a), plain = with_video(6000);
	struct jf_leg *caller, *agent;
	struct world_endpoint *shown, *sound;

	(void)state;
	world.transport = JF_SIP_TLS;
	world_register("1001");
	caller = world_caller_with(&offer);
	assert_int_equal(caller->local.video.savp, 1);
	assert_int_equal(caller->local.video.crypto_count, 1);
	assert_int_equal(caller->local.video.crypto[0].tag, 4);
	shown = world_endpoint(5000);
	sound = world_endpoint(4000);
	assert_int_equal(shown->keys.suite, JF_SRTP_AES_CM_128_HMAC_SHA1_80);
	assert_memory_equal(shown->keys.rx, offer.video.crypto[0].key, 30);
	assert_memory_equal(shown->keys.tx, caller->local.video.crypto[0].key, 30);
	/* Another one than the sound's, and none of theirs. */
	assert_memory_not_equal(shown->keys.tx, sound->keys.tx, 30);
	assert_memory_not_equal(shown->keys.tx, shown->keys.rx, 30);
	agent = world_leg_to("1001");
	assert_int_equal(agent->local.video.savp, 0);
	assert_int_equal(agent->local.video.crypto_count, 0);
	world_answers_with("1001", &plain);
	assert_int_equal(world_endpoint(7000)->keys.suite, JF_SRTP_NONE);
	assert_int_equal(shown->hears.index, world_endpoint(7000)->ref.index);
	assert_int_equal(world_endpoint(7000)->hears.index, shown->ref.index);
	assert_null(strstr(world.events, "5b5b5b5b"));
}

static void an_agent_on_tls_is_offered_keys_of_its_own(void **state)
{
	struct jf_media_desc offer = with_video(4000), answer = with_keys(6000, 9);
	struct jf_leg *leg;

	(void)state;
	world.transports = JF_SIP_TLS;
	world_register("1001");
	world_caller_with(&offer);
	leg = world_leg_to("1001");
	assert_int_equal(leg->local.video.savp, 1);
	assert_int_equal(leg->local.video.crypto_count, JF_SDP_VIDEO_CRYPTO_LINES);
	assert_memory_not_equal(leg->local.video.crypto[0].key, leg->local.crypto[0].key, 28);
	answer.crypto[0].tag = leg->local.crypto[1].tag;
	answer.video.crypto[0].tag = leg->local.video.crypto[1].tag;
	assert_int_equal(leg->local.video.crypto[1].suite, JF_SRTP_AES_CM_128_HMAC_SHA1_80);
	world_answers_with("1001", &answer);
	assert_memory_equal(world_endpoint(7000)->keys.tx, leg->local.video.crypto[1].key, 30);
	assert_memory_equal(world_endpoint(7000)->keys.rx, answer.video.crypto[0].key, 30);
	assert_int_equal(world_endpoint(5000)->keys.suite, JF_SRTP_NONE);
}

static void policy_decides_for_video_as_well(void **state)
{
	static const struct {
		const char *srtp;
		bool sound_keys, video_keys;
		uint8_t transport;
		bool video, secure; /* of our answer */
	} rows[] = {
	        {"preferred", true, true, JF_SIP_TLS, true, true},
	        {"preferred", true, false, JF_SIP_TLS, true, false},
	        {"preferred", false, true, JF_SIP_UDP, false, false},
	        {"required", true, true, JF_SIP_TLS, true, true},
	        {"required", true, false, JF_SIP_TLS, false, false},
	        {"off", false, true, JF_SIP_TLS, false, false},
	        {"off", false, false, JF_SIP_TLS, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct jf_media_desc with = with_keys(4000, 7), without = with_video(4000);
		struct jf_media_desc offer = rows[i].sound_keys ? with : without;
		struct jf_leg *leg;

		offer.video = rows[i].video_keys ? with.video : without.video;
		trunk_policy(rows[i].srtp);
		world.transport = rows[i].transport;
		leg = world_caller_with(&offer);
		if ((leg->local.video.rtp_port != 0) != rows[i].video ||
		    (leg->local.video.crypto_count != 0) != rows[i].secure)
			fail_msg("row %zu", i);
		world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 200);
		world_advance(100);
	}
}

static void other_keys_of_video_in_a_reinvite_make_ours_new(void **state)
{
	struct jf_media_desc offer = with_keys(4000, 1);
	struct jf_media_keys video, sound;
	struct jf_leg *leg;

	(void)state;
	world.transport = JF_SIP_TLS;
	leg = world_caller_with(&offer);
	video = world_endpoint(5000)->keys;
	sound = world_endpoint(4000)->keys;
	world_leg(leg, JF_LEG_REOFFER, 0, &offer);
	assert_string_equal(leg->said, "accept");
	assert_memory_equal(&world_endpoint(5000)->keys, &video, sizeof(video));
	memset(offer.video.crypto[0].key, 8, 30);
	world_leg(leg, JF_LEG_REOFFER, 0, &offer);
	assert_memory_equal(&world_endpoint(4000)->keys, &sound, sizeof(sound));
	assert_memory_equal(world_endpoint(5000)->keys.rx, offer.video.crypto[0].key, 30);
	assert_memory_not_equal(world_endpoint(5000)->keys.tx, video.tx, 30);
	assert_int_not_equal(world_endpoint(5000)->keys.id, video.id);
	/* An offer that the peer wants of us is with new keys of the same kind. */
	world_leg(leg, JF_LEG_REOFFER, 0, NULL);
	assert_int_equal(leg->local.video.savp, 1);
	assert_memory_not_equal(leg->local.video.crypto[1].key, world_endpoint(5000)->keys.tx, 28);
	assert_memory_not_equal(leg->local.video.crypto[1].key, offer.video.crypto[0].key, 28);
}

static void whoever_begins_to_see_makes_the_other_send_a_whole_picture(void **state)
{
	struct jf_media_desc offer = with_video(4000), answer = with_video(6000);
	struct world_endpoint *shown, *seen;
	struct jf_media_event wanted = {.type = JF_MEDIA_KEYFRAME};
	struct jf_leg *caller, *agent;

	(void)state;
	offer.video.feedback = JF_SDP_FEEDBACK_FIR;
	world_register("1001");
	caller = world_caller_with(&offer);
	assert_int_equal(caller->local.video.feedback,
	                 JF_SDP_FEEDBACK_PLI | JF_SDP_FEEDBACK_FIR); /* as far as it was offered */
	agent = world_answers_with("1001", &answer);
	shown = world_endpoint(5000);
	seen = world_endpoint(7000);
	assert_int_equal(shown->remote.keyframes, JF_MEDIA_KEYFRAME_FIR);
	assert_int_equal(seen->remote.keyframes, JF_MEDIA_KEYFRAME_INFO);
	assert_int_equal(shown->keyframes, 1);
	assert_int_equal(seen->keyframes, 1);
	/* Asked by INFO: of whom it sees, in the way that one takes. */
	world_leg(agent, JF_LEG_PICTURE, 0, NULL);
	assert_int_equal(shown->keyframes, 2);
	assert_int_equal(seen->keyframes, 1);
	/* Asked by RTCP for what only INFO can tell. */
	wanted.endpoint = seen->ref;
	wanted.call = seen->call;
	jf_calls_media_handler(&wanted, world.calls);
	assert_int_equal(agent->pictures, 1);
	assert_int_equal(caller->pictures, 0);
	/* On hold, and back. */
	offer.direction = offer.video.direction = JF_SDP_SENDONLY;
	offer.hold = 1;
	world_leg(caller, JF_LEG_REOFFER, 0, &offer);
	offer.direction = offer.video.direction = JF_SDP_SENDRECV;
	offer.hold = 0;
	seen->keyframes = 0;
	world_leg(caller, JF_LEG_REOFFER, 0, &offer);
	assert_true(seen->keyframes >= 1);
}

static void keys_of_video_survive_a_restart(void **state)
{
	struct jf_media_desc offer = with_keys(4000, 1), answer = with_video(6000);
	struct jf_media_keys before;
	struct jf_leg *caller;

	(void)state;
	world.transport = JF_SIP_TLS;
	world_register("1001");
	caller = world_caller_with(&offer);
	world_answers_with("1001", &answer);
	before = world_endpoint(5000)->keys;
	world_restart(); /* jf_media_adopt of the world compares what is kept */
	assert_string_equal(world_call_state(), "talking");
	world_leg(caller, JF_LEG_REOFFER, 0, &offer);
	assert_memory_equal(caller->local.video.crypto[0].key, before.tx, JF_SRTP_KEY_MAX);
	assert_int_equal(world_endpoint(5000)->keys.id, before.id);
}

int main(void)
{
#define TEST(f) WORLD_TEST(f, NULL)
	const struct CMUnitTest tests[] = {
	        TEST(one_side_has_srtp_and_the_other_none),
	        TEST(an_agent_on_tls_is_offered_keys_of_its_own),
	        TEST(policy_decides_for_video_as_well),
	        TEST(other_keys_of_video_in_a_reinvite_make_ours_new),
	        TEST(whoever_begins_to_see_makes_the_other_send_a_whole_picture),
	        TEST(keys_of_video_survive_a_restart),
	};

	return cmocka_run_group_tests_name("call-video", tests, NULL, NULL);
}
