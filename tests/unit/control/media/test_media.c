// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_dataplane.h"
#include "jf_time.h"

#define UTC_NS   (UINT64_C(1800000000) * JF_NS_PER_S)
#define SEEN_MAX 128

static char folder[64], segment[96], hello[96], broken[96];
static struct fake_dataplane fake;
static struct jf_media *media;
static uint64_t now_ns;

static struct {
	struct jf_media_event list[SEEN_MAX];
	size_t count;
	struct jf_media_recording recording; /* as it was at JF_MEDIA_RECORDED */
} seen;

static void see(const struct jf_media_event *event, void *arg)
{
	(void)arg;
	assert_true(seen.count < SEEN_MAX);
	seen.list[seen.count++] = *event;
	if (event->type == JF_MEDIA_RECORDED)
		assert_int_equal(jf_media_recording(media, event->recording, &seen.recording), 0);
}

static void control_start(void)
{
	struct jf_media_options options = {.segment = segment, .utc_ns = UTC_NS, .handler = see};

	assert_int_equal(jf_media_create(&options, now_ns, &media), 0);
}

static void file_make(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jf-test-media-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(segment, sizeof(segment), "%s/contract", folder);
	snprintf(hello, sizeof(hello), "%s/hello.wav", folder);
	snprintf(broken, sizeof(broken), "%s/broken.wav", folder);
	file_make(hello);
	file_make(broken);
	memset(&seen, 0, sizeof(seen));
	now_ns = 1000 * JF_NS_PER_S;
	fake_start(&fake, segment, now_ns);
	control_start();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	jf_media_destroy(media);
	if (fake.memory)
		fake_stop(&fake);
	unlink(hello);
	unlink(broken);
	unlink(segment);
	return rmdir(folder);
}

/* A while of both planes, in steps of 10 ms. */
static void live(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 10) {
		now_ns += 10 * JF_NS_PER_MS;
		if (fake.memory)
			fake_run(&fake, now_ns, 1000);
		jf_media_poll(media, now_ns);
	}
}

static size_t seen_of(enum jf_media_event_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < seen.count; i++)
		count += seen.list[i].type == type;
	return count;
}

static const struct jf_media_event *last_of(enum jf_media_event_type type)
{
	for (size_t i = seen.count; i > 0; i--) {
		if (seen.list[i - 1].type == type)
			return &seen.list[i - 1];
	}
	fail();
	return NULL;
}

static const struct jf_call_id call = {{1, 2, 3}};

struct pair {
	struct jf_media_ref caller, agent;
};

static struct pair pair_open(void)
{
	struct pair p;

	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &p.caller), 0);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, &p.agent), 0);
	return p;
}

static const struct jf_media_remote remote = {
        .rtp = {.ip = {10, 77, 0, 9}, .family = 4, .port = 4000},
        .rtcp_port = 4001,
        .send = true,
        .receive = true,
        .law = JF_LAW_PCMA,
        .rx_audio_type = 8,
        .tx_audio_type = 8,
        .rx_event_type = 101,
        .tx_event_type = 96,
        .ptime_ms = 20,
};

static struct jf_slot_identity *slot_of(struct jf_media_ref ref)
{
	return &fake.contract.slots[ref.index].identity;
}

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
	assert_int_equal(told->law, JF_LAW_PCMA);
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
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &one), -ENOSPC);
	jf_media_close(media, pairs[0].caller);
	/* One port is not enough for a call. */
	live(3000);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &one), -ENOSPC);
	jf_media_close(media, pairs[0].agent);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &pairs[1].caller, &one),
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
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &again), -ENOSPC);
	live(200);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &again), 0);
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
	assert_int_equal(jf_media_record(media, p.caller, JF_LAW_PCMU, "../x.wav", &recording),
	                 -EINVAL);
	assert_int_equal(jf_media_record(media, p.caller, JF_LAW_PCMU, "a/../x.wav", &recording),
	                 -EINVAL);
	assert_int_equal(jf_media_record(media, p.caller, JF_LAW_PCMU, "/x.wav", &recording),
	                 -EINVAL);
	assert_int_equal(
	        jf_media_record(media, p.caller, JF_LAW_PCMU, "2026-01-01/x.wav", &recording), 0);
	assert_int_equal(jf_media_tap(media, p.caller, &recording), 0);
	assert_int_equal(jf_media_tap(media, p.agent, &recording), 0);
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
	assert_int_equal(jf_media_record(media, p.caller, JF_LAW_PCMU, "y.wav", &other), 0);
	assert_int_not_equal(other.index, recording.index);
}

static void a_recording_that_fails_is_told_at_once_and_at_its_end(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref recording;

	(void)state;
	fake.refuse[JF_COMMAND_RECORD] = -EACCES;
	assert_int_equal(jf_media_record(media, p.caller, JF_LAW_PCMU, "x.wav", &recording), 0);
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
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, &third), 0);
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
	jf_media_record(media, p.caller, JF_LAW_PCMA, "x.wav", &recording);
	jf_media_tap(media, p.agent, &recording);
	live(50);
	fake_media(&fake, p.caller.index, 10, now_ns);
	live(50);
	fake_stop(&fake);
	live(1200);
	assert_int_equal(seen_of(JF_MEDIA_GONE), 1);
	assert_false(jf_media_is_up(media));
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &none), -ENOTCONN);
	/* What is asked for meanwhile is told as well. */
	assert_int_equal(jf_media_tap(media, p.caller, &recording), 0);
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
	jf_media_record(media, p.caller, JF_LAW_PCMA, "x.wav", &recording);
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
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &one), -ENOTCONN);
	assert_true(jf_media_poll(media, now_ns) > 0);
	fake_stop(&fake);
	fake_start(&fake, segment, now_ns);
	live(200);
	assert_true(last_of(JF_MEDIA_BACK)->fresh);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, &one), 0);
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

static void a_restarted_control_adopts_and_settles(void **state)
{
	struct pair kept = pair_open(), left = pair_open();
	struct jf_media_ref recording, orphan, fresh;
	struct jf_media_found found[8];
	struct jf_media_recording info;
	uint32_t cursor = 0;
	size_t count;

	(void)state;
	jf_media_join(media, kept.caller, kept.agent);
	jf_media_join(media, kept.agent, kept.caller);
	jf_media_record(media, kept.caller, JF_LAW_PCMA, "kept.wav", &recording);
	jf_media_tap(media, kept.caller, &recording);
	jf_media_record(media, left.caller, JF_LAW_PCMA, "left.wav", &orphan);
	jf_media_tap(media, left.caller, &orphan);
	live(50);
	fake_digit(&fake, kept.caller.index, 1, now_ns);
	live(50);
	assert_int_equal(jf_media_digits(media, kept.caller), 1);
	jf_media_destroy(media);
	fake_digit(&fake, kept.caller.index, 2, now_ns); /* while nobody was there */
	memset(&seen, 0, sizeof(seen));
	control_start();
	count = jf_media_found(media, &cursor, found, 8);
	assert_int_equal(count, 4);
	assert_int_equal(jf_media_found(media, &cursor, found + 4, 4), 0);
	for (size_t i = 0; i < count; i++) {
		if (found[i].endpoint.index == kept.caller.index) {
			assert_int_equal(found[i].recording.index, recording.index);
			assert_int_equal(found[i].hears.index, kept.agent.index);
		}
	}
	assert_int_equal(jf_media_adopt(media, kept.caller, &remote, 1), 0);
	assert_int_equal(jf_media_adopt(media, kept.agent, &remote, 0), 0);
	fresh = kept.agent;
	fresh.generation++;
	assert_int_equal(jf_media_adopt(media, fresh, &remote, 0), -ENOENT);
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
	fake.contract.slots[p.caller.index].drops[JF_DROP_SOURCE_MISMATCH] = 3;
	fake.contract.workers[0].relayed_rtp = 1000;
	fake.contract.workers[1].relayed_rtp = 234;
	fake.contract.workers[1].drops[JF_DROP_NO_ENDPOINT] = 5;
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
	assert_int_equal(totals.received, 100);
	assert_int_equal(totals.lost, 1);
	assert_int_equal(totals.drops[JF_DROP_NO_ENDPOINT], 5);
	assert_int_equal(totals.endpoints_open, 1);
	assert_int_equal(totals.workers, 2);
	assert_int_equal(totals.pid, 4711);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
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
	        TEST(a_new_dataplane_is_told_everything),
	        TEST(a_recording_whose_dataplane_died_gets_its_last_word),
	        TEST(a_held_up_dataplane_is_gone_and_back),
	        TEST(control_waits_for_a_dataplane),
	        TEST(garbage_in_place_of_the_segment_is_refused),
	        TEST(a_restarted_control_adopts_and_settles),
	        TEST(figures_are_those_of_the_slots),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
