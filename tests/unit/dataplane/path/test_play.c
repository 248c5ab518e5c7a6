// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t greeting[] = {1};
static const uint16_t greeting_then_music[] = {1, 2};

static int with_sounds(void **state)
{
	int result = jf_lab_make(state);

	jf_lab_sound(*state, 1, 5, 10);
	jf_lab_sound(*state, 2, 3, 100);
	return result;
}

/* Lets time pass in steps of a millisecond; gives how many packets were sent. */
static uint32_t pass(struct jf_lab *lab, uint32_t ms, struct jf_lab_frame *ret_last,
                     uint8_t *ret_code)
{
	struct jf_lab_frame frame;
	uint8_t payload[1500];
	uint32_t n = 0;

	for (uint32_t i = 0; i < ms; i++) {
		lab->path.now_ns += JF_LAB_MS;
		jf_path_play(&lab->path);
		while (jf_lab_sent(lab, &frame, payload)) {
			if (ret_last)
				*ret_last = frame;
			if (ret_code)
				*ret_code = payload[0];
			n++;
		}
	}
	return n;
}

static bool played_event(struct jf_lab *lab, uint32_t play_id)
{
	struct jf_event event;

	while (jf_contract_take_event(&lab->contract, 0, &event) == 0)
		if (event.type == JF_EVENT_PLAYED && event.value == play_id)
			return true;
	return false;
}

static void a_list_is_played_once_and_its_end_is_told(void **state)
{
	struct jf_lab_frame out, first = {0};
	struct jf_slot_identity identity;
	uint8_t code = 0;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 77, greeting_then_music, 2, 0), 0);
	assert_int_equal(pass(lab, 1, &first, &code), 1);
	assert_int_equal(code, 10);
	assert_true(first.marker);
	assert_int_equal(first.payload_length, 160);
	assert_int_equal(pass(lab, 80, &out, &code), 4);
	assert_int_equal(code, 14);
	assert_int_equal(out.sequence, (uint16_t)(first.sequence + 4));
	assert_int_equal(out.timestamp, first.timestamp + 4 * 160);
	assert_false(played_event(lab, 77));
	assert_int_equal(pass(lab, 1000, &out, &code), 3);
	assert_int_equal(code, 102);
	assert_true(played_event(lab, 77));
	jf_contract_read_identity(&lab->contract.slots[0], &identity);
	assert_int_equal(identity.play_id, 77);
	assert_int_equal(identity.play_done, 1);
	assert_int_equal(identity.hears, JF_HEARS_NOTHING);
	assert_int_equal(jf_lab_tx(lab, 0).played, 8);
	/* Saying it again changes nothing. */
	assert_int_equal(jf_lab_play(lab, 0, 77, greeting_then_music, 2, 0), 0);
	assert_int_equal(pass(lab, 100, NULL, NULL), 0);
}

static void the_last_sound_loops_until_told_otherwise(void **state)
{
	uint8_t code = 0;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 1, greeting_then_music, 2, JF_PLAY_LOOP_LAST), 0);
	/* An hour: the pace neither drifts nor stops. */
	assert_int_equal(pass(lab, 3600 * 1000, NULL, &code), 3600 * 50);
	assert_in_range(code, 100, 102);
	assert_int_equal(jf_lab_play(lab, 0, 2, NULL, 0, 0), 0);
	assert_int_equal(pass(lab, 1000, NULL, NULL), 0);
}

static void the_listener_hears_one_stream_through_every_change(void **state)
{
	struct jf_lab_frame out, before, frame;
	uint16_t marked = 0, sequence;
	uint32_t ssrc;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_play(lab, 0, 1, greeting, 1, 0), 0);
	assert_int_equal(pass(lab, 60, &before, NULL), 3);
	ssrc = before.ssrc;
	sequence = before.sequence;
	/* 20 ms after the last packet of the greeting, the agent speaks: far away in numbers. */
	lab->path.now_ns += 19 * JF_LAB_MS;
	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	for (uint16_t i = 0; i < 10; i++) {
		frame = jf_lab_from(1, 30000 + i, 0x80000000 + i * 160);
		jf_lab_receive(lab, &frame);
		assert_true(jf_lab_sent(lab, &out, NULL));
		assert_int_equal(out.ssrc, ssrc);
		assert_int_equal(out.sequence, ++sequence);
		/* within a millisecond or so of what has passed, then exactly */
		assert_in_range(out.timestamp - before.timestamp, i ? 160 : 150, i ? 160 : 480);
		marked += out.marker;
		before = out;
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	assert_int_equal(marked, 1);
	/* A late packet from before must not take a number twice. */
	frame = jf_lab_from(1, 29999, 0x80000000 - 160);
	jf_lab_receive(lab, &frame);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_LATE), 1);
	/* And back to music. */
	lab->path.wheel_ms = lab->path.now_ns / JF_LAB_MS;
	assert_int_equal(jf_lab_play(lab, 0, 2, greeting_then_music, 2, JF_PLAY_LOOP_LAST), 0);
	assert_int_equal(pass(lab, 20, &out, NULL), 1);
	assert_int_equal(out.ssrc, ssrc);
	assert_int_equal(out.sequence, ++sequence);
	assert_true(out.marker);
	assert_in_range(out.timestamp - before.timestamp, 160, 480);
}

static void after_a_stall_there_is_a_gap_and_no_burst(void **state)
{
	struct jf_lab_frame out, before;
	uint32_t n = 0;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 1, greeting_then_music, 2, JF_PLAY_LOOP_LAST), 0);
	assert_int_equal(pass(lab, 200, &before, NULL), 10);
	lab->path.now_ns += 1000 * JF_LAB_MS;
	jf_path_play(&lab->path);
	while (jf_lab_sent(lab, &out, NULL))
		n++;
	assert_in_range(n, 1, 4);
	/* The time that was missed shows in the timestamp. */
	assert_in_range(out.timestamp - before.timestamp, 8000 - 160, 8000 + 160);
	assert_in_range(pass(lab, 1000, NULL, NULL), 49, 51);
}

static void a_greeting_waits_until_its_way_is_open(void **state)
{
	uint8_t code = 0;
	LAB(state);

	lab->neighbours_silent = true;
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 1, greeting, 1, 0), 0);
	assert_int_equal(pass(lab, 100, NULL, NULL), 0);
	assert_int_equal(jf_lab_all_drops(lab), 0);
	jf_path_set_neighbour(&lab->path, &(struct jf_neigh_answer){
	                                          .endpoint = 0,
	                                          .generation = 1,
	                                          .remote = {.bytes = {10, 77, 0, 2}, .family = 4},
	                                          .destination = {2, 0, 0, 0, 0, 9},
	                                          .source = {2, 0, 0, 0, 0, 1}});
	assert_int_equal(pass(lab, 20, NULL, &code), 1);
	assert_int_equal(code, 10); /* from its beginning */
}

static void a_list_that_can_never_be_sent_ends_all_the_same(void **state)
{
	LAB(state);

	lab->neighbours_silent = true;
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 5, greeting, 1, 0), 0);
	assert_int_equal(pass(lab, 3000, NULL, NULL), 0);
	assert_true(played_event(lab, 5));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_NEIGHBOUR), 5);
}

static void unknown_sounds_and_lists_are_refused(void **state)
{
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 1, (const uint16_t[]){1, 3}, 2, 0), -ENOENT);
	assert_int_equal(jf_lab_play(lab, 0, 1, (const uint16_t[]){5000}, 1, 0), -ENOENT);
	assert_int_equal(jf_lab_play(lab, 0, 1, greeting, 1, 0x80), -EINVAL);
	assert_int_equal(jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_PLAY,
	                                                         .endpoint = {0, 1},
	                                                         .play = {.sound_count = 33}}),
	                 -EINVAL);
}

static void sound_take_away(struct jf_lab *lab, uint16_t id)
{
	struct jf_sound *sound = (void *)(uintptr_t)atomic_exchange(&lab->sounds->by_id[id], NULL);

	free((void *)(uintptr_t)sound->pcmu);
	free(sound);
}

static void a_sound_that_is_unloaded_is_passed_over(void **state)
{
	uint8_t code = 0;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 5, greeting_then_music, 2, JF_PLAY_LOOP_LAST), 0);
	pass(lab, 70, NULL, &code); /* four of the five */
	assert_int_equal(code, 13);
	/* A shorter one under its id: what it has left is nothing. */
	sound_take_away(lab, 1);
	jf_lab_sound(lab, 1, 2, 200);
	pass(lab, 20, NULL, &code);
	assert_int_equal(code, 100);
	/* And the last one, which was to go on for ever: that is the end. */
	sound_take_away(lab, 2);
	pass(lab, 100, NULL, NULL);
	assert_true(played_event(lab, 5));
	assert_int_equal(pass(lab, 100, NULL, NULL), 0);
}

static void many_players_at_once_are_each_on_time(void **state)
{
	LAB(state);

	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
		assert_int_equal(jf_lab_play(lab, i, 1, greeting_then_music, 2, JF_PLAY_LOOP_LAST),
		                 0);
		pass(lab, i == 1 ? 20 : 7, NULL, NULL); /* two of them in one slot of the wheel */
	}
	assert_int_equal(pass(lab, 1000, NULL, NULL), 200);
	assert_int_equal(jf_lab_close(lab, 1), 0);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(pass(lab, 1000, NULL, NULL), 100);
}

static void a_long_list_is_played_in_order_and_without_a_gap(void **state)
{
	uint16_t sounds[JF_CONTRACT_PLAYLIST_MAX];
	struct jf_lab_frame out, before = {0};
	LAB(state);

	for (uint16_t i = 0; i < JF_CONTRACT_PLAYLIST_MAX; i++) {
		jf_lab_sound(lab, 100 + i, 1, (uint8_t)(2 * i));
		sounds[i] = 100 + i;
	}
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(
		        jf_lab_play(lab, 0, 5 + round, sounds, JF_CONTRACT_PLAYLIST_MAX, 0), 0);
		for (uint32_t i = 0; i < JF_CONTRACT_PLAYLIST_MAX; i++) {
			uint8_t code = 0;

			assert_int_equal(pass(lab, i ? 20 : 1, &out, &code), 1);
			assert_int_equal(code, 2 * i);
			if (i)
				assert_int_equal(out.timestamp, before.timestamp + 160);
			before = out;
		}
		assert_true(played_event(lab, 5 + round));
		assert_int_equal(pass(lab, 1000, NULL, NULL), 0);
	}
}

static void long_lists_run_out_and_come_back(void **state)
{
	const uint16_t sounds[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	uint16_t all;
	LAB(state);

	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	all = lab->path.long_lists_free;
	lab->path.long_lists[all - 1].next = 0; /* one is left */
	assert_int_equal(jf_lab_play(lab, 0, 1, sounds, 8, 0), 0);
	assert_int_equal(jf_lab_play(lab, 1, 2, sounds, 8, 0), -ENOSPC);
	assert_int_equal(jf_lab_play(lab, 1, 3, sounds, 7, 0), 0);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(lab->path.long_lists_free, all);
	assert_int_equal(jf_lab_play(lab, 1, 4, sounds, 8, 0), 0);
}

static void each_party_has_its_packet_time_and_codec(void **state)
{
	static const uint8_t times[] = {10, 20, 30, 40, 60};
	struct jf_command remote = jf_lab_remote_of(0);
	struct jf_lab_frame out = {0}, before = {0};
	uint32_t play_id = 1;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	for (size_t t = 0; t < sizeof(times); t++) {
		remote.remote.ptime_ms = times[t];
		remote.remote.codec = remote.remote.tx_audio_type = remote.remote.rx_audio_type =
		        JF_CODEC_G722;
		assert_int_equal(jf_lab_command(lab, remote), 0);
		assert_int_equal(
		        jf_lab_play(lab, 0, play_id++, greeting_then_music, 2, JF_PLAY_LOOP_LAST),
		        0);
		pass(lab, 200, &before, NULL);
		assert_in_range(pass(lab, 1200, &out, NULL), 1200 / times[t] - 1,
		                1200 / times[t] + 1);
		assert_int_equal(out.payload_length, times[t] * 8);
		assert_int_equal(out.payload_type, JF_CODEC_G722);
		assert_in_range(out.timestamp - before.timestamp, 9600 - 480, 9600 + 480);
	}
	/* 100 ms in packets of 30: the last one ends in silence */
	remote.remote.ptime_ms = 30;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	assert_int_equal(jf_lab_play(lab, 0, play_id, greeting, 1, 0), 0);
	assert_int_equal(pass(lab, 1000, &out, NULL), 4);
	assert_true(played_event(lab, play_id));
}

int main(void)
{
#define PLAY_TEST(f) cmocka_unit_test_setup_teardown(f, with_sounds, jf_lab_free)
	const struct CMUnitTest tests[] = {
	        PLAY_TEST(a_list_is_played_once_and_its_end_is_told),
	        PLAY_TEST(the_last_sound_loops_until_told_otherwise),
	        PLAY_TEST(the_listener_hears_one_stream_through_every_change),
	        PLAY_TEST(after_a_stall_there_is_a_gap_and_no_burst),
	        PLAY_TEST(a_greeting_waits_until_its_way_is_open),
	        PLAY_TEST(a_list_that_can_never_be_sent_ends_all_the_same),
	        PLAY_TEST(unknown_sounds_and_lists_are_refused),
	        PLAY_TEST(a_sound_that_is_unloaded_is_passed_over),
	        PLAY_TEST(a_long_list_is_played_in_order_and_without_a_gap),
	        PLAY_TEST(long_lists_run_out_and_come_back),
	        PLAY_TEST(each_party_has_its_packet_time_and_codec),
	        PLAY_TEST(many_players_at_once_are_each_on_time),
	};

	return cmocka_run_group_tests_name("play", tests, jf_lab_begin, jf_lab_end);
}
