// SPDX-License-Identifier: BSD-3-Clause
#include "media_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void a_new_dataplane_is_told_everything(void **state)
{
	struct pair p = pair_open();
	struct jf_media_playlist list = {.count = 1, .loop_last = true};
	struct jf_media_ref recording, none;
	struct jf_media_stream stream;

	(void)state;
	jf_media_sound(media, hello, &list.sounds[0]);
	jf_media_remote(media, p.caller, &remote);
	jf_media_remote(media, p.agent, &remote);
	jf_media_join(media, p.agent, p.caller);
	jf_media_play(media, p.caller, &list, NULL);
	jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMA, "x.wav", &recording);
	jf_media_tap(media, p.agent, JF_MEDIA_AGENT, &recording);
	live(50);
	fake_media(&fake, p.caller.index, 10, now_ns);
	live(50);
	fake_stop(&fake);
	live(1200);
	assert_int_equal(seen_of(JF_MEDIA_GONE), 1);
	assert_false(jf_media_is_up(media));
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &none),
	                 -ENOTCONN);
	/* What is asked for meanwhile is told as well. */
	assert_int_equal(jf_media_tap(media, p.caller, JF_MEDIA_CALLER, &recording), 0);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(seen_of(JF_MEDIA_BACK), 1);
	assert_true(last_of(JF_MEDIA_BACK)->fresh);
	assert_int_equal(slot_of(p.caller)->generation, p.caller.generation);
	assert_int_equal(slot_of(p.caller)->hears, JF_HEARS_SOUND);
	assert_int_equal(slot_of(p.caller)->tap.index, recording.index);
	assert_int_equal(slot_of(p.agent)->hears_index, p.caller.index);
	assert_int_equal(slot_of(p.agent)->tap.index, recording.index);
	assert_int_equal(fake.commands[JF_COMMAND_REMOTE], 2);
	assert_int_equal(fake.contract.recordings[recording.index].state, JF_RECORDING_OPEN);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
	/* The call's figures are of the whole call. */
	fake_media(&fake, p.caller.index, 7, now_ns);
	assert_int_equal(jf_media_stream(media, p.caller, &stream), 0);
	assert_int_equal(stream.packets, 17);
	assert_int_equal(stream.lost, 2);
	jf_media_record_end(media, recording);
	live(50);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 1);
}

static void a_recording_whose_dataplane_died_gets_its_last_word(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref recording;

	(void)state;
	jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMA, "x.wav", &recording);
	live(50);
	jf_media_record_end(media, recording);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(300);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 1);
	assert_int_equal(last_of(JF_MEDIA_RECORDED)->error, -EPIPE);
}

static void a_held_up_dataplane_is_gone_and_back(void **state)
{
	(void)state;
	for (int i = 0; i < 150; i++) {
		now_ns += 10 * JF_NS_PER_MS;
		jf_media_poll(media, now_ns);
	}
	assert_int_equal(seen_of(JF_MEDIA_GONE), 1);
	live(50);
	assert_int_equal(seen_of(JF_MEDIA_BACK), 1);
	assert_false(last_of(JF_MEDIA_BACK)->fresh);
}

static void control_waits_for_a_dataplane(void **state)
{
	struct jf_media_ref one;

	(void)state;
	jf_media_destroy(media);
	unlink(segment);
	control_start();
	assert_false(jf_media_is_up(media));
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), -ENOTCONN);
	assert_true(jf_media_poll(media, now_ns) > 0);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(200);
	assert_true(last_of(JF_MEDIA_BACK)->fresh);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), 0);
}

static void garbage_in_place_of_the_segment_is_refused(void **state)
{
	FILE *f;

	(void)state;
	jf_media_destroy(media);
	unlink(segment);
	f = fopen(segment, "w");
	for (int i = 0; i < 10000; i++)
		fputc(i % 251, f);
	fclose(f);
	control_start();
	live(300);
	assert_false(jf_media_is_up(media));
}

/* Two pairs are there; the kept one goes on, and a newer one than it is not taken for it. */
static void look_and_adopt(struct pair kept, struct jf_media_ref recording)
{
	struct jf_media_kept told = {.remote = &remote, .digits = 1}, quiet = {.remote = &remote};
	struct jf_media_found found[8];
	struct jf_media_ref fresh;
	uint32_t cursor = 0;
	size_t count;

	count = jf_media_found(media, &cursor, found, 8);
	assert_int_equal(count, 4);
	assert_int_equal(jf_media_found(media, &cursor, found + 4, 4), 0);
	for (size_t i = 0; i < count; i++) {
		if (found[i].endpoint.index == kept.caller.index) {
			assert_int_equal(found[i].recording.index, recording.index);
			assert_int_equal(found[i].hears.index, kept.agent.index);
		}
	}
	assert_int_equal(jf_media_adopt(media, kept.caller, &told), 0);
	assert_int_equal(jf_media_adopt(media, kept.agent, &quiet), 0);
	fresh = kept.agent;
	fresh.generation++;
	assert_int_equal(jf_media_adopt(media, fresh, &quiet), -ENOENT);
}

static void a_restarted_control_adopts_and_settles(void **state)
{
	struct pair kept = pair_open(), left = pair_open();
	struct jf_media_ref recording, orphan;
	struct jf_media_recording info;

	(void)state;
	jf_media_join(media, kept.caller, kept.agent);
	jf_media_join(media, kept.agent, kept.caller);
	jf_media_record(media, kept.caller, JF_MEDIA_FORMAT_PCMA, "kept.wav", &recording);
	jf_media_tap(media, kept.caller, JF_MEDIA_CALLER, &recording);
	jf_media_record(media, left.caller, JF_MEDIA_FORMAT_PCMA, "left.wav", &orphan);
	jf_media_tap(media, left.caller, JF_MEDIA_CALLER, &orphan);
	live(50);
	fake_digit(&fake, kept.caller.index, 1, now_ns);
	live(50);
	assert_int_equal(jf_media_digits(media, kept.caller), 1);
	jf_media_destroy(media);
	fake_digit(&fake, kept.caller.index, 2, now_ns); /* while nobody was there */
	memset(&seen, 0, sizeof(seen));
	control_start();
	look_and_adopt(kept, recording);
	jf_media_settle(media);
	live(1200);
	assert_int_equal(slot_of(left.caller)->state, JF_SLOT_FREE);
	assert_int_equal(slot_of(left.agent)->state, JF_SLOT_FREE);
	assert_int_equal(slot_of(kept.caller)->state, JF_SLOT_OPEN);
	assert_int_equal(slot_of(kept.caller)->hears_index, kept.agent.index);
	assert_int_equal(fake.contract.recordings[orphan.index].state, JF_RECORDING_CLOSED);
	assert_int_equal(jf_media_recording(media, recording, &info), 0);
	assert_string_equal(info.path, "kept.wav");
	assert_int_equal(seen_of(JF_MEDIA_DIGIT), 1);
	assert_int_equal(last_of(JF_MEDIA_DIGIT)->digit, '2');
	/* New ones are newer than what was there, and the call goes on to its end. */
	live(2000);
	for (int i = 0; i < 3; i++) {
		struct pair p = pair_open();
		live(10);
		assert_int_equal(slot_of(p.caller)->generation, p.caller.generation);
		assert_int_equal(slot_of(p.agent)->generation, p.agent.generation);
	}
	jf_media_record_end(media, recording);
	jf_media_close(media, kept.caller);
	live(50);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 1);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_new_dataplane_is_told_everything),
	        TEST(a_recording_whose_dataplane_died_gets_its_last_word),
	        TEST(a_held_up_dataplane_is_gone_and_back),
	        TEST(control_waits_for_a_dataplane),
	        TEST(garbage_in_place_of_the_segment_is_refused),
	        TEST(a_restarted_control_adopts_and_settles),
	};

	return cmocka_run_group_tests_name("media-restart", tests, NULL, NULL);
}
