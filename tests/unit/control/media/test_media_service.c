// SPDX-License-Identifier: BSD-3-Clause
/* Keys, mixes, key presses, masking: told, kept, told again, wiped. */
#include "media_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct jf_media_keys keys = {.id = 7,
                                          .suite = JF_SRTP_AEAD_AES_128_GCM,
                                          .rx = "received under this",
                                          .tx = "sent under this"};

static void keys_come_before_the_remote_and_survive_a_dataplane(void **state)
{
	struct pair p = pair_open();
	struct jf_media_stream stream;

	(void)state;
	/* In whatever order they are asked for while the ring is not drained. */
	assert_int_equal(jf_media_keys(media, p.caller, &keys), 0);
	assert_int_equal(jf_media_remote(media, p.caller, &remote), 0);
	live(20);
	assert_true(fake.order[JF_COMMAND_KEYS] < fake.order[JF_COMMAND_REMOTE]);
	assert_int_equal(fake.last[JF_COMMAND_KEYS].keys.suite, keys.suite);
	assert_int_equal(fake.last[JF_COMMAND_KEYS].keys.keys_id, 7);
	assert_memory_equal(fake.last[JF_COMMAND_KEYS].keys.rx, keys.rx, sizeof(keys.rx));
	assert_memory_equal(fake.last[JF_COMMAND_KEYS].keys.tx, keys.tx, sizeof(keys.tx));
	assert_int_equal(jf_media_stream(media, p.caller, &stream), 0);
	assert_int_equal(stream.suite, JF_SRTP_AEAD_AES_128_GCM);
	assert_int_equal(jf_media_stream(media, p.agent, &stream), 0);
	assert_int_equal(stream.suite, JF_SRTP_NONE);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(fake.commands[JF_COMMAND_KEYS], 1);
	assert_true(fake.order[JF_COMMAND_KEYS] < fake.order[JF_COMMAND_REMOTE]);
	assert_memory_equal(fake.last[JF_COMMAND_KEYS].keys.tx, keys.tx, sizeof(keys.tx));
	assert_int_equal(fake.last[JF_COMMAND_KEYS].keys.keys_id, 7);
}

/* A dataplane dies, another one comes; what its first command of keys said. */
static const struct jf_command_keys *keys_of_the_next(void)
{
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(fake.commands[JF_COMMAND_KEYS], 1);
	return &fake.last[JF_COMMAND_KEYS].keys;
}

/* What arrived: the last number of ssrc, and what had been noted when it was at noted. */
static void arrived(uint32_t index, uint32_t ssrc, uint32_t extended, uint32_t noted_ssrc,
                    uint64_t noted)
{
	struct jf_slot *slot = &fake.contract.slots[index];

	fake_media(&fake, index, 100, now_ns);
	slot->rx.stats.ssrc = ssrc;
	slot->rx.stats.highest = extended;
	slot->rtcp.srtp_ssrc = noted_ssrc;
	slot->rtcp.srtp_roc = (uint32_t)(noted >> 16);
	slot->rtcp.srtp_sequence = (uint16_t)noted;
}

static void the_next_dataplane_is_told_how_far_srtp_came(void **state)
{
	struct pair p = pair_open();
	const struct jf_command_keys *told;

	(void)state;
	assert_int_equal(jf_media_keys(media, p.caller, &keys), 0);
	assert_int_equal(jf_media_remote(media, p.caller, &remote), 0);
	live(20);
	assert_int_equal(fake.last[JF_COMMAND_KEYS].keys.goes_on, 0);
	/* Noted before the number rolled over, for the fourth time. */
	arrived(p.caller.index, 0xaa, 0x10005, 0xaa, 0x3ff00);
	told = keys_of_the_next();
	assert_int_equal(told->goes_on, 1);
	assert_int_equal(told->rx_ssrc, 0xaa);
	assert_int_equal(told->rx_roc, 4);
	assert_int_equal(told->rx_sequence, 5);
	/* One that dies before it notes anything; its own cycles begin anew. */
	arrived(p.caller.index, 0xaa, 0x10105, 0, 0);
	told = keys_of_the_next();
	assert_int_equal(told->rx_roc, 4);
	assert_int_equal(told->rx_sequence, 0x105);
	/* One to which nothing came. */
	told = keys_of_the_next();
	assert_int_equal(told->rx_roc, 4);
	/* Another source, since the last note; it has rolled over already. */
	arrived(p.caller.index, 0xbb, 0x20007, 0xaa, 0x50000);
	told = keys_of_the_next();
	assert_int_equal(told->rx_ssrc, 0xbb);
	assert_int_equal(told->rx_roc, 1);
	assert_int_equal(told->rx_sequence, 7);
}

static void keys_of_no_suite_are_refused(void **state)
{
	struct pair p = pair_open();
	struct jf_media_keys bad = keys;

	(void)state;
	bad.suite = JF_SRTP_SUITE_COUNT;
	assert_int_equal(jf_media_keys(media, p.caller, &bad), -EINVAL);
	jf_media_close(media, p.caller);
	assert_int_equal(jf_media_keys(media, p.caller, &keys), -ESTALE);
}

static void a_restarted_control_tells_the_same_keys_under_the_same_id(void **state)
{
	struct pair p = pair_open();
	struct jf_media_kept kept = {.remote = &remote, .keys = &keys, .mask = true};

	(void)state;
	jf_media_keys(media, p.caller, &keys);
	jf_media_remote(media, p.caller, &remote);
	live(50);
	jf_media_destroy(media);
	control_start();
	assert_int_equal(jf_media_adopt(media, p.caller, &kept), 0);
	live(50);
	assert_int_equal(fake.commands[JF_COMMAND_KEYS], 2);
	assert_int_equal(fake.last[JF_COMMAND_KEYS].keys.keys_id, 7);
	assert_int_equal(fake.last[JF_COMMAND_MASK].mask.on, 1);
}

static void what_was_negotiated_is_told_whole(void **state)
{
	struct pair p = pair_open();
	struct jf_media_remote r = remote;
	const struct jf_command_remote *told = &fake.last[JF_COMMAND_REMOTE].remote;

	(void)state;
	r.codec = JF_CODEC_OTHER;
	r.clock_hz = 48000;
	r.learn = true;
	r.negotiation = 3;
	r.rx_digits = JF_MEDIA_DIGITS_INBAND;
	r.tx_digits = JF_MEDIA_DIGITS_NONE;
	r.keyframes = JF_MEDIA_KEYFRAME_FIR | JF_MEDIA_KEYFRAME_INFO;
	jf_media_remote(media, p.caller, &r);
	live(20);
	assert_int_equal(told->codec, JF_CODEC_OTHER);
	assert_int_equal(told->clock_hz, 48000);
	assert_int_equal(told->latch, JF_LATCH_LEARN);
	assert_int_equal(told->negotiation, 3);
	assert_int_equal(told->rx_digits, JF_DIGITS_INBAND);
	assert_int_equal(told->tx_digits, JF_DIGITS_NONE);
	assert_int_equal(told->keyframes, JF_KEYFRAME_FIR | JF_KEYFRAME_INFO);
	assert_int_equal(jf_media_keyframe(media, p.caller), 0);
	assert_int_equal(jf_media_keyframe(media, p.agent), 0); /* which has no pictures */
	live(20);
	assert_int_equal(fake.commands[JF_COMMAND_KEYFRAME], 1);
	assert_int_equal(fake.last[JF_COMMAND_KEYFRAME].endpoint.index, p.caller.index);
}

static void a_mix_names_its_sources_and_loses_the_closed_ones(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref third;
	struct jf_media_mix mix = {.count = 2, .sources = {p.caller, p.agent}, .gain_db = {0, -6}};
	struct jf_media_stream stream;

	(void)state;
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, NULL, &third), 0);
	assert_int_equal(jf_media_mix(media, third, &mix), 0);
	live(20);
	assert_int_equal(fake.last[JF_COMMAND_MIX].endpoint.index, third.index);
	assert_int_equal(fake.last[JF_COMMAND_MIX].mix.count, 2);
	assert_int_equal(fake.last[JF_COMMAND_MIX].mix.sources[1].index, p.agent.index);
	assert_int_equal(fake.last[JF_COMMAND_MIX].mix.gain_db[1], -6);
	jf_media_stream(media, third, &stream);
	assert_string_equal(stream.hears, "mix");
	jf_media_close(media, p.agent);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(fake.last[JF_COMMAND_MIX].mix.count, 1);
	assert_int_equal(fake.last[JF_COMMAND_MIX].mix.sources[0].index, p.caller.index);
	/* It hears something else: the mix is over. */
	jf_media_join(media, third, p.caller);
	jf_media_stream(media, third, &stream);
	assert_string_equal(stream.hears, "stream");
	mix.count = JF_MEDIA_MIX_MAX + 1;
	assert_int_equal(jf_media_mix(media, third, &mix), -EINVAL);
	mix.count = 1;
	mix.gain_db[0] = 13;
	assert_int_equal(jf_media_mix(media, third, &mix), -EINVAL);
}

static void presses_wait_for_those_before(void **state)
{
	struct pair p = pair_open();
	const struct jf_command_digits *told = &fake.last[JF_COMMAND_DIGITS].digits;

	(void)state;
	assert_int_equal(jf_media_send_digits(media, p.agent, "1", 100), -ENOTSUP);
	jf_media_remote(media, p.agent, &remote);
	assert_int_equal(jf_media_send_digits(media, p.agent, "12#", 100), 0);
	live(20);
	assert_int_equal(told->count, 3);
	assert_int_equal(told->events[2], 11);
	assert_int_equal(told->duration_ms, 100);
	assert_int_equal(jf_media_send_digits(media, p.agent, "A", 100), 0);
	assert_int_equal(jf_media_send_digits(media, p.agent, "F", 100), 0);
	live(50);
	assert_int_equal(fake.commands[JF_COMMAND_DIGITS], 1);
	fake_digits_sent(&fake, p.agent.index);
	live(20);
	assert_int_equal(fake.commands[JF_COMMAND_DIGITS], 2);
	assert_int_equal(told->count, 2);
	assert_int_equal(told->events[0], 12);
	assert_int_equal(told->events[1], 16);
	/* The word that they were sent may be lost. */
	jf_media_send_digits(media, p.agent, "5", 100);
	live(2000);
	assert_int_equal(fake.commands[JF_COMMAND_DIGITS], 3);
	assert_int_equal(jf_media_send_digits(media, p.agent, "", 100), -EINVAL);
	assert_int_equal(jf_media_send_digits(media, p.agent, "1x", 100), -EINVAL);
	assert_int_equal(jf_media_send_digits(media, p.agent, "1", 39), -EINVAL);
	assert_int_equal(
	        jf_media_send_digits(media, p.agent, "012345678901234567890123456789012", 100),
	        -ENOSPC);
}

static void presses_under_way_are_not_repeated_to_a_new_dataplane(void **state)
{
	struct pair p = pair_open();

	(void)state;
	jf_media_remote(media, p.agent, &remote);
	jf_media_send_digits(media, p.agent, "1", 100);
	live(20);
	jf_media_send_digits(media, p.agent, "2", 100);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(fake.commands[JF_COMMAND_DIGITS], 1);
	assert_int_equal(fake.last[JF_COMMAND_DIGITS].digits.events[0], 2);
}

static void masked_digits_are_only_counted(void **state)
{
	struct pair p = pair_open();

	(void)state;
	live(20);
	fake_digit(&fake, p.caller.index, 4, now_ns);
	live(20);
	assert_int_equal(last_of(JF_MEDIA_DIGIT)->digit, '4');
	assert_false(last_of(JF_MEDIA_DIGIT)->masked);
	assert_int_equal(jf_media_mask(media, p.caller, true), 0);
	live(20);
	assert_int_equal(fake.last[JF_COMMAND_MASK].mask.on, 1);
	fake_digit(&fake, p.caller.index, 5, now_ns);
	live(20);
	assert_int_equal(seen_of(JF_MEDIA_DIGIT), 2);
	assert_true(last_of(JF_MEDIA_DIGIT)->masked);
	assert_int_equal(last_of(JF_MEDIA_DIGIT)->digit, 0);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(fake.last[JF_COMMAND_MASK].mask.on, 1);
	jf_media_mask(media, p.caller, false);
	live(20);
	assert_int_equal(fake.last[JF_COMMAND_MASK].mask.on, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(keys_come_before_the_remote_and_survive_a_dataplane),
	        TEST(the_next_dataplane_is_told_how_far_srtp_came),
	        TEST(keys_of_no_suite_are_refused),
	        TEST(a_restarted_control_tells_the_same_keys_under_the_same_id),
	        TEST(what_was_negotiated_is_told_whole),
	        TEST(a_mix_names_its_sources_and_loses_the_closed_ones),
	        TEST(presses_wait_for_those_before),
	        TEST(presses_under_way_are_not_repeated_to_a_new_dataplane),
	        TEST(masked_digits_are_only_counted),
	};

	return cmocka_run_group_tests_name("media-service", tests, NULL, NULL);
}
