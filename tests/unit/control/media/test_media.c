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

static void a_call_reaches_the_dataplane(void **state)
{
	struct pair p = pair_open();
	struct jf_media_address local;
	const struct jf_command_remote *told = &fake.last[JF_COMMAND_REMOTE].remote;

	(void)state;
	assert_true(jf_media_is_up(media));
	assert_int_equal(jf_media_remote(media, p.agent, &remote), 0);
	assert_int_equal(jf_media_join(media, p.caller, p.agent), 0);
	assert_int_equal(jf_media_join(media, p.agent, p.caller), 0);
	fake_run(&fake, now_ns, 100); /* without a poll: commands go out at once */
	assert_int_equal(slot_of(p.caller)->state, JF_SLOT_OPEN);
	assert_int_equal(slot_of(p.caller)->generation, p.caller.generation);
	assert_memory_equal(&slot_of(p.caller)->call, &call, sizeof(call));
	assert_int_equal(slot_of(p.agent)->side, JF_SIDE_AGENT);
	assert_int_equal(slot_of(p.agent)->hears, JF_HEARS_ENDPOINT);
	assert_int_equal(slot_of(p.agent)->hears_index, p.caller.index);
	assert_int_equal(slot_of(p.caller)->hears_generation, p.agent.generation);
	assert_int_equal(told->rtp_port, 4000);
	assert_int_equal(told->rtcp_port, 4001);
	assert_int_equal(told->ip[3], 9);
	assert_int_equal(told->codec, JF_CODEC_PCMA);
	assert_int_equal(told->direction, JF_DIRECTION_SEND | JF_DIRECTION_RECV);
	assert_int_equal(told->tx_event_type, 96);
	assert_int_equal(jf_contract_worker_of(&fake.contract, p.caller.index),
	                 jf_contract_worker_of(&fake.contract, p.agent.index));
	assert_int_equal(jf_media_local(media, p.agent, &local), 0);
	assert_int_equal(local.port, jf_contract_port_of(&fake.contract, p.agent.index));
	assert_int_equal(local.ip[0], 10);
	assert_int_equal(jf_media_close(media, p.agent), 0);
	assert_int_equal(jf_media_close(media, p.agent), -ESTALE);
	live(10);
	assert_int_equal(slot_of(p.agent)->state, JF_SLOT_FREE);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

static void calls_spread_over_workers_until_no_port_is_free(void **state)
{
	struct pair pairs[4];
	struct jf_media_ref one;
	uint32_t on_worker[2] = {0, 0};

	(void)state;
	for (int i = 0; i < 4; i++) {
		pairs[i] = pair_open();
		on_worker[jf_contract_worker_of(&fake.contract, pairs[i].caller.index)]++;
	}
	assert_int_equal(on_worker[0], 2);
	assert_int_equal(on_worker[1], 2);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), -ENOSPC);
	jf_media_close(media, pairs[0].caller);
	/* One port is not enough for a call. */
	live(3000);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), -ENOSPC);
	jf_media_close(media, pairs[0].agent);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &pairs[1].caller, NULL, &one),
	                 -ENOSPC);
}

static void a_port_rests_before_it_is_used_again(void **state)
{
	struct pair pairs[4];
	struct jf_media_ref again;

	(void)state;
	for (int i = 0; i < 4; i++)
		pairs[i] = pair_open();
	live(10);
	jf_media_close(media, pairs[1].caller);
	jf_media_close(media, pairs[1].agent);
	live(1900);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &again), -ENOSPC);
	live(200);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &again), 0);
	assert_int_equal(again.index, pairs[1].caller.index);
	assert_true(again.generation > pairs[1].caller.generation);
	live(10);
	assert_int_equal(slot_of(again)->generation, again.generation);
}

static void each_digit_comes_once_even_without_hints(void **state)
{
	struct pair p = pair_open();
	char digits[16] = "";

	(void)state;
	live(10);
	fake_digit(&fake, p.caller.index, 5, now_ns);
	fake_digit(&fake, p.caller.index, 10, now_ns);
	live(50);
	fake.silent_events = true;
	fake_digit(&fake, p.caller.index, 11, now_ns);
	fake_digit(&fake, p.caller.index, 11, now_ns);
	live(1200);
	for (size_t i = 0; i < seen.count; i++) {
		if (seen.list[i].type == JF_MEDIA_DIGIT) {
			assert_int_equal(seen.list[i].endpoint.index, p.caller.index);
			strncat(digits, &seen.list[i].digit, 1);
		}
	}
	assert_string_equal(digits, "5*##");
	assert_int_equal(jf_media_digits(media, p.caller), 4);
}

static void the_beginning_of_media_and_the_end_of_a_list_are_told(void **state)
{
	struct pair p = pair_open();
	struct jf_media_playlist list = {.count = 1};
	uint32_t play_id;

	(void)state;
	assert_int_equal(jf_media_sound(media, hello, &list.sounds[0]), 0);
	assert_int_equal(jf_media_play(media, p.caller, &list, &play_id), 0);
	live(30);
	assert_int_equal(slot_of(p.caller)->hears, JF_HEARS_SOUND);
	fake_media(&fake, p.caller.index, 1, now_ns);
	fake_media(&fake, p.caller.index, 1, now_ns);
	fake_played(&fake, p.caller.index, now_ns);
	live(2500);
	assert_int_equal(seen_of(JF_MEDIA_STARTED), 1);
	assert_int_equal(seen_of(JF_MEDIA_PLAYED), 1);
	assert_int_equal(last_of(JF_MEDIA_PLAYED)->play_id, play_id);
	fake.silent_events = true;
	assert_int_equal(jf_media_play(media, p.caller, &list, &play_id), 0);
	live(30);
	fake_played(&fake, p.caller.index, now_ns);
	live(1100);
	assert_int_equal(seen_of(JF_MEDIA_PLAYED), 2);
	assert_int_equal(last_of(JF_MEDIA_PLAYED)->play_id, play_id);
}

static void a_list_waits_for_its_sounds_and_leaves_out_bad_ones(void **state)
{
	struct pair p = pair_open();
	struct jf_media_playlist list = {.count = 2, .loop_last = true};
	struct jf_media_playlist only_bad = {.count = 1};
	struct jf_media_sound_info info[4];
	uint16_t same;

	(void)state;
	fake.slow_sounds = true;
	assert_int_equal(jf_media_sound(media, broken, &list.sounds[0]), 0);
	assert_int_equal(jf_media_sound(media, hello, &list.sounds[1]), 0);
	assert_int_equal(jf_media_sound(media, hello, &same), 0);
	assert_int_equal(same, list.sounds[1]);
	assert_int_equal(jf_media_sound(media, "/no/such.wav", &same), -ENOENT);
	assert_int_equal(jf_media_play(media, p.caller, &list, NULL), 0);
	live(50);
	assert_int_equal(fake.commands[JF_COMMAND_PLAY], 0);
	fake.slow_sounds = false;
	live(50);
	assert_int_equal(fake.commands[JF_COMMAND_PLAY], 1);
	assert_int_equal(fake.last[JF_COMMAND_PLAY].play.sound_count, 1);
	assert_string_equal(fake.sounds[fake.last[JF_COMMAND_PLAY].play.sounds[0]], hello);
	assert_int_equal(fake.last[JF_COMMAND_PLAY].play.flags, JF_PLAY_LOOP_LAST);
	assert_int_equal(jf_media_sounds(media, info, 4), 2);
	assert_int_equal(info[0].error, -EINVAL);
	assert_true(info[1].loaded);
	only_bad.sounds[0] = list.sounds[0];
	assert_int_equal(jf_media_play(media, p.caller, &only_bad, NULL), 0);
	live(30);
	assert_string_equal(last_of(JF_MEDIA_FAILED)->command, "play");
	assert_int_equal(last_of(JF_MEDIA_FAILED)->error, -EINVAL);
	only_bad.count = 0;
	assert_int_equal(jf_media_play(media, p.caller, &only_bad, NULL), -EINVAL);
}

static void a_sound_finds_another_id_when_its_own_is_taken(void **state)
{
	struct pair p = pair_open();
	struct jf_media_playlist list = {.count = 1};
	uint32_t id;

	(void)state;
	fake.slow_sounds = true;
	assert_int_equal(jf_media_sound(media, hello, &list.sounds[0]), 0);
	/* An earlier life of control has loaded something else there. */
	for (id = 0; id < JF_CONTRACT_SOUNDS_MAX; id += 2)
		strcpy(fake.sounds[id], "/other.wav");
	fake.slow_sounds = false;
	assert_int_equal(jf_media_play(media, p.caller, &list, NULL), 0);
	live(50);
	id = fake.last[JF_COMMAND_PLAY].play.sounds[0];
	assert_string_equal(fake.sounds[id], hello);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

static void a_recording_ends_with_a_last_word(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref recording, other;

	(void)state;
	assert_int_equal(
	        jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "../x.wav", &recording),
	        -EINVAL);
	assert_int_equal(
	        jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "a/../x.wav", &recording),
	        -EINVAL);
	assert_int_equal(
	        jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "/x.wav", &recording),
	        -EINVAL);
	assert_int_equal(jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "2026-01-01/x.wav",
	                                 &recording),
	                 0);
	assert_int_equal(jf_media_tap(media, p.caller, JF_MEDIA_CALLER, &recording), 0);
	assert_int_equal(jf_media_tap(media, p.agent, JF_MEDIA_AGENT, &recording), 0);
	live(20);
	assert_int_equal(slot_of(p.agent)->tap.index, recording.index);
	assert_int_equal(fake.last[JF_COMMAND_TAP].tap.side, JF_SIDE_AGENT);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 0);
	assert_int_equal(jf_media_record_end(media, recording), 0);
	live(20);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 1);
	assert_int_equal(seen.recording.state, JF_MEDIA_RECORDING_CLOSED);
	assert_int_equal(seen.recording.duration_ms, 2000);
	assert_string_equal(seen.recording.path, "2026-01-01/x.wav");
	assert_int_equal(slot_of(p.agent)->tap.index, JF_CONTRACT_NONE);
	assert_int_equal(jf_media_recording(media, recording, &seen.recording), -ESTALE);
	/* The next one is another. */
	assert_int_equal(jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "y.wav", &other),
	                 0);
	assert_int_not_equal(other.index, recording.index);
}

static void a_recording_that_fails_is_told_at_once_and_at_its_end(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref recording;

	(void)state;
	fake.refuse[JF_COMMAND_RECORD] = -EACCES;
	assert_int_equal(
	        jf_media_record(media, p.caller, JF_MEDIA_FORMAT_PCMU, "x.wav", &recording), 0);
	live(2000);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 1);
	assert_string_equal(last_of(JF_MEDIA_FAILED)->command, "record");
	assert_int_equal(last_of(JF_MEDIA_FAILED)->error, -EACCES);
	assert_int_equal(jf_media_record_end(media, recording), 0);
	live(50);
	assert_int_equal(seen_of(JF_MEDIA_RECORDED), 1);
	assert_int_equal(seen.recording.state, JF_MEDIA_RECORDING_FAILED);
	assert_int_equal(last_of(JF_MEDIA_RECORDED)->error, -EACCES);
}

static void what_the_dataplane_refuses_is_told(void **state)
{
	struct pair p;

	(void)state;
	fake.refuse[JF_COMMAND_REMOTE] = -ENOTSUP;
	p = pair_open();
	jf_media_remote(media, p.caller, &remote);
	live(20);
	assert_string_equal(last_of(JF_MEDIA_FAILED)->command, "remote");
	assert_int_equal(last_of(JF_MEDIA_FAILED)->error, -ENOTSUP);
	assert_int_equal(last_of(JF_MEDIA_FAILED)->endpoint.index, p.caller.index);
}

static void full_rings_delay_and_lose_nothing(void **state)
{
	struct pair p = pair_open();
	struct jf_media_totals totals;

	(void)state;
	/* More commands than the ring holds, without anybody to take them. */
	for (int i = 0; i < 3000; i++) {
		jf_media_join(media, p.caller, p.agent);
		jf_media_silence(media, p.caller);
	}
	jf_media_join(media, p.caller, p.agent);
	jf_media_totals(media, now_ns, &totals);
	assert_int_equal(totals.commands_waiting, 1);
	for (int i = 0; i < 200; i++) {
		fake_run(&fake, now_ns, 50);
		jf_media_poll(media, now_ns);
	}
	assert_int_equal(slot_of(p.caller)->hears, JF_HEARS_ENDPOINT);
	jf_media_totals(media, now_ns, &totals);
	assert_int_equal(totals.commands_waiting, 0);
}

static void a_source_has_one_listener(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref third;
	struct jf_media_stream stream;

	(void)state;
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, NULL, &third), 0);
	jf_media_join(media, p.agent, p.caller);
	jf_media_join(media, third, p.caller);
	assert_int_equal(jf_media_stream(media, p.agent, &stream), 0);
	assert_string_equal(stream.hears, "nothing");
	assert_int_equal(jf_media_stream(media, third, &stream), 0);
	assert_string_equal(stream.hears, "stream");
	jf_media_close(media, p.caller);
	assert_int_equal(jf_media_stream(media, third, &stream), 0);
	assert_string_equal(stream.hears, "nothing");
	assert_int_equal(jf_media_join(media, third, p.caller), -ESTALE);
}

static void figures_are_those_of_the_slots(void **state)
{
	struct pair p = pair_open();
	struct jf_media_stream stream, list[4];
	struct jf_media_totals totals;
	uint32_t cursor = 0;
	uint8_t levels[16];
	struct jf_media_levels part;

	(void)state;
	assert_int_equal(jf_media_stream(media, p.caller, &stream), 0);
	assert_int_equal(stream.packets, 0);
	assert_int_equal(stream.level, 255);
	jf_media_remote(media, p.caller, &remote);
	live(20);
	fake_media(&fake, p.caller.index, 100, now_ns);
	fake_frame(&fake, p.caller.index, 30, now_ns);
	fake_frame(&fake, p.caller.index, 31, now_ns);
	for (int i = 0; i < 3; i++)
		jf_slot_drop(&fake.contract.slots[p.caller.index], JF_DROP_SOURCE_MISMATCH);
	fake.contract.workers[0].relayed_rtp = 1000;
	fake.contract.workers[1].relayed_rtp = 234;
	fake.contract.workers[1].drops[JF_DROP_NO_ENDPOINT] = 5;
	fake.contract.workers[0].mixed = 50;
	fake.contract.workers[2].invariants = 1; /* the service thread's */
	live(1100);
	assert_int_equal(jf_media_stream(media, p.caller, &stream), 0);
	assert_int_equal(stream.packets, 100);
	assert_int_equal(stream.lost, 1);
	assert_true(stream.jitter_ms > 1.99 && stream.jitter_ms < 2.01);
	assert_int_equal(stream.level, 31);
	assert_int_equal(stream.remote.port, 4000);
	assert_int_equal(stream.drops[JF_DROP_SOURCE_MISMATCH], 3);
	assert_string_equal(jf_media_drop_name(JF_DROP_SOURCE_MISMATCH), "source_mismatch");
	assert_null(jf_media_drop_name(JF_DROP_COUNT));
	assert_int_equal(jf_media_levels(media, p.caller, 1, levels, 16, &part), 0);
	assert_int_equal(part.first, 1);
	assert_int_equal(part.count, 1);
	assert_int_equal(levels[0], 31);
	assert_int_equal(jf_media_streams(media, &cursor, list, 1), 1);
	assert_int_equal(jf_media_streams(media, &cursor, list, 4), 1);
	assert_int_equal(jf_media_streams(media, &cursor, list, 4), 0);
	jf_media_close(media, p.caller);
	live(20);
	jf_media_totals(media, now_ns, &totals);
	assert_int_equal(totals.relayed_rtp, 1234);
	assert_int_equal(totals.mixed, 50);
	assert_int_equal(totals.invariants, 1);
	assert_int_equal(totals.received, 100);
	assert_int_equal(totals.lost, 1);
	assert_int_equal(totals.drops[JF_DROP_NO_ENDPOINT], 5);
	assert_int_equal(totals.endpoints_open, 1);
	assert_int_equal(totals.workers, 2);
	assert_int_equal(totals.pid, 4711);
}

static void short_of_buffers_new_calls_are_refused_and_the_others_go_on(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref one;
	struct jf_media_totals totals;

	(void)state;
	live(10);
	fake.contract.workers[1].shed = JF_SHED_RECORDINGS;
	live(10);
	assert_int_equal(last_of(JF_MEDIA_LOAD)->load.shed, JF_MEDIA_SHED_RECORDINGS);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), 0);
	fake.contract.workers[1].shed = JF_SHED_CALLS;
	live(100);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 2); /* told once, not all the time */
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), -EBUSY);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, NULL, &one), 0);
	jf_media_totals(media, now_ns, &totals);
	assert_int_equal(totals.load.shed, JF_MEDIA_SHED_CALLS);
	fake.contract.workers[1].shed = JF_SHED_NOTHING;
	live(10);
	assert_int_equal(last_of(JF_MEDIA_LOAD)->load.shed, JF_MEDIA_SHED_NOTHING);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &one), 0);
}

static void a_disk_that_does_not_keep_up_is_told_once(void **state)
{
	struct jf_recorder_figures *figures = &fake.contract.header->recorder;
	struct jf_media_totals totals;

	(void)state;
	live(10);
	figures->buffer_bytes = 1000;
	figures->buffer_used_bytes = 790;
	live(10);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 0);
	figures->buffer_used_bytes = 810;
	live(10);
	assert_true(last_of(JF_MEDIA_LOAD)->load.disk_is_slow);
	figures->buffer_used_bytes = 700;
	live(100);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 1);
	jf_media_totals(media, now_ns, &totals);
	assert_true(totals.load.disk_is_slow);
	assert_int_equal(totals.record_buffer_used_bytes, 700);
	figures->buffer_used_bytes = 500;
	live(10);
	assert_false(last_of(JF_MEDIA_LOAD)->load.disk_is_slow);
}

static void workers_that_lose_their_cores_are_told_once(void **state)
{
	struct jf_worker_counters *c = &fake.contract.workers[1];
	struct jf_media_totals totals;

	(void)state;
	c->tsc_hz = 2000000000;
	live(10);
	c->polls_late = 900;
	c->late_cycles = c->tsc_hz * 99 / 1000; /* 99 ms of ten seconds */
	live(10000);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 0);
	c->late_cycles += c->tsc_hz * 120 / 1000;
	c->late_cycles_max = c->tsc_hz * 20 / 1000;
	live(10000);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 1);
	assert_true(last_of(JF_MEDIA_LOAD)->load.workers_are_late);
	jf_media_totals(media, now_ns, &totals);
	assert_true(totals.load.workers_are_late);
	assert_int_equal(totals.polls_late, 900);
	assert_int_equal(totals.late_ns, 219 * JF_NS_PER_MS);
	assert_int_equal(totals.late_max_ns, 20 * JF_NS_PER_MS);
	live(10000);
	assert_int_equal(seen_of(JF_MEDIA_LOAD), 2);
	assert_false(last_of(JF_MEDIA_LOAD)->load.workers_are_late);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(short_of_buffers_new_calls_are_refused_and_the_others_go_on),
	        TEST(a_disk_that_does_not_keep_up_is_told_once),
	        TEST(workers_that_lose_their_cores_are_told_once),
	        TEST(a_call_reaches_the_dataplane),
	        TEST(calls_spread_over_workers_until_no_port_is_free),
	        TEST(a_port_rests_before_it_is_used_again),
	        TEST(each_digit_comes_once_even_without_hints),
	        TEST(the_beginning_of_media_and_the_end_of_a_list_are_told),
	        TEST(a_list_waits_for_its_sounds_and_leaves_out_bad_ones),
	        TEST(a_sound_finds_another_id_when_its_own_is_taken),
	        TEST(a_recording_ends_with_a_last_word),
	        TEST(a_recording_that_fails_is_told_at_once_and_at_its_end),
	        TEST(what_the_dataplane_refuses_is_told),
	        TEST(full_rings_delay_and_lose_nothing),
	        TEST(a_source_has_one_listener),
	        TEST(figures_are_those_of_the_slots),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
