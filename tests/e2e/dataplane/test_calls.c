// SPDX-License-Identifier: BSD-3-Clause
/* A call through the real dataplane: heard, played to, recorded, and served again after a fall. */
#include "jf_dataplane_lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jf_rtp.h"

static void what_one_phone_says_the_other_hears(void **state)
{
	uint8_t packet[1500];
	struct jf_rtp rtp, before = {0};
	struct jf_slot_rx rx;
	uint16_t start[2];

	(void)state;
	jf_lab_open_call(1);
	jf_lab_join_call(1);
	for (uint32_t from = 0; from < 2; from++)
		start[from] = jf_lab_until_heard(from);
	for (uint16_t i = 1; i <= 200; i++) {
		for (uint32_t from = 0; from < 2; from++) {
			size_t n;

			jf_lab_send(from, (uint16_t)(start[from] + i), (uint8_t)(i + from * 7));
			n = jf_lab_receive(1 - from, 1000, packet);
			assert_int_equal(jf_rtp_parse(packet, n, &rtp), 0);
			assert_int_equal(rtp.payload_length, 160);
			assert_int_equal(packet[12], (uint8_t)(i + from * 7));
			assert_int_equal(packet[171], (uint8_t)(i + from * 7));
			if (from == 0 && before.ssrc) {
				assert_int_equal(rtp.ssrc, before.ssrc);
				assert_int_equal(rtp.sequence, (uint16_t)(before.sequence + 1));
				assert_int_equal(rtp.timestamp, before.timestamp + 160);
			}
			if (from == 0)
				before = rtp;
		}
	}
	jf_contract_read_rx(&jf_lab.contract.slots[0], &rx);
	assert_int_equal(jf_slot_rx_lost(&rx), 0);
	assert_int_equal(rx.packets, start[0] + 200);
}

static void write_wav(const char *path, uint32_t samples)
{
	uint8_t header[44] = "RIFF....WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0"
	                     "\x10\0data....";
	uint32_t bytes = samples * 2, riff = bytes + 36;
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	memcpy(header + 4, &riff, 4);
	memcpy(header + 40, &bytes, 4);
	fwrite(header, 1, sizeof(header), file);
	for (uint32_t i = 0; i < samples; i++) {
		int16_t value = i / 160 % 2 ? 8000 : -8000;

		fwrite(&value, 2, 1, file);
	}
	fclose(file);
}

static void a_sound_is_heard_at_the_pace_of_speech(void **state)
{
	struct jf_command sound = {.type = JF_COMMAND_SOUND, .sound = {.sound = 3}};
	struct jf_event event;
	uint8_t packet[1500];
	uint64_t begin_ns, gap_max_ns = 0, last_ns;

	(void)state;
	snprintf(sound.sound.path, sizeof(sound.sound.path), "%s/sound.wav", jf_lab.dir);
	assert_int_equal(jf_lab_ask(1, sound), -ENOENT);
	write_wav(sound.sound.path, 50 * 160);
	assert_int_equal(jf_lab_ask(1, sound), 0);
	jf_lab_drain();
	assert_int_equal(jf_lab_command((struct jf_command){
	                         .type = JF_COMMAND_PLAY,
	                         .endpoint = {0, 1},
	                         .play = {.play_id = 9, .sound_count = 1, .sounds = {3}}}),
	                 0);
	begin_ns = last_ns = jf_lab_now_ns();
	for (uint32_t i = 0; i < 50; i++) {
		assert_int_equal(jf_lab_receive(0, 1000, packet), 172);
		assert_int_equal(packet[12], packet[171]);
		if (jf_lab_now_ns() - last_ns > gap_max_ns)
			gap_max_ns = jf_lab_now_ns() - last_ns;
		last_ns = jf_lab_now_ns();
	}
	assert_in_range((last_ns - begin_ns) / JF_NS_PER_MS, 900, 1200);
	print_message("longest gap between packets of a sound: %u ms\n",
	              (unsigned)(gap_max_ns / JF_NS_PER_MS));
	assert_true(jf_lab_wait_event(0, JF_EVENT_PLAYED, 1000, &event));
	assert_int_equal(event.value, 9);
	assert_int_equal(jf_lab_receive(0, 100, packet), 0);
}

static unsigned long resident_kb(void)
{
	unsigned long kb = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", jf_lab.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, "VmRSS: %lu kB", &kb);
	fclose(file);
	return kb;
}

/* 24 KB each: what were not given back would show. A sanitizer keeps it for a while. */
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KB 1000000u
#else
#define GROWTH_KB 8000u
#endif

static void sounds_come_and_go_while_one_plays(void **state)
{
	struct jf_command load = {.type = JF_COMMAND_SOUND}, unload = load;
	struct jf_command play = {.type = JF_COMMAND_PLAY,
	                          .endpoint = {0, 1},
	                          .play = {.play_id = 11,
	                                   .sound_count = 1,
	                                   .flags = JF_PLAY_LOOP_LAST,
	                                   .sounds = {3}}};
	struct jf_event event;
	uint8_t packet[1500];
	unsigned long before_kb = 0;

	(void)state;
	snprintf(load.sound.path, sizeof(load.sound.path), "%s/sound.wav", jf_lab.dir);
	assert_int_equal(jf_lab_command(play), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		load.sound.sound = unload.sound.sound = 100 + i % 8;
		assert_int_equal(jf_lab_ask(1, load), 0);
		assert_int_equal(jf_lab_ask(1, unload), 0);
		if (i == 100)
			before_kb = resident_kb();
	}
	assert_true(resident_kb() < before_kb + GROWTH_KB);
	jf_lab_drain();
	assert_int_equal(jf_lab_receive(0, 1000, packet), 172);
	/* And the one that plays: that is its end, as of any list. */
	unload.sound.sound = 3;
	assert_int_equal(jf_lab_ask(1, unload), 0);
	assert_true(jf_lab_wait_event(0, JF_EVENT_PLAYED, 1000, &event));
	assert_int_equal(event.value, 11);
	jf_lab_drain();
	assert_int_equal(jf_lab_receive(0, 100, packet), 0);
	play.play.play_id = 12;
	assert_int_equal(jf_lab_command(play), -ENOENT);
}

static void both_sides_are_recorded(void **state)
{
	struct jf_command record = {.type = JF_COMMAND_RECORD,
	                            .record = {.recording = {0, 1}, .path = "day/call.wav"}};
	struct jf_recording recording;
	struct jf_event event;
	char path[200];
	struct stat st;

	(void)state;
	assert_int_equal(jf_lab_command(record), 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(jf_lab_command((struct jf_command){
		                         .type = JF_COMMAND_TAP,
		                         .endpoint = {i, 1},
		                         .tap = {.recording = {0, 1}, .side = (uint8_t)i}}),
		                 0);
	for (uint16_t i = 0; i < 100; i++) {
		jf_lab_send(0, (uint16_t)(1000 + i), 0x80);
		jf_lab_send(1, (uint16_t)(1000 + i), 0x20);
		jf_lab_sleep_ms(20);
	}
	assert_int_equal(jf_lab_command((struct jf_command){.type = JF_COMMAND_RECORD_END,
	                                                    .record_end = {.recording = {0, 1}}}),
	                 0);
	assert_true(jf_lab_wait_event(1, JF_EVENT_RECORDED, 5000, &event));
	jf_contract_read_recording(&jf_lab.contract.recordings[0], &recording);
	assert_int_equal(recording.state, JF_RECORDING_CLOSED);
	assert_in_range(recording.samples, 1900 * 8, 2400 * 8);
	snprintf(path, sizeof(path), "%s/recordings/day/call.wav", jf_lab.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 2 * recording.samples, 2 * recording.samples + 4096);
}

static void the_heart_beats_and_workers_count(void **state)
{
	uint64_t beat = jf_lab.contract.header->dataplane_beat_ns;
	struct jf_worker_counters before = jf_lab.contract.workers[0];

	(void)state;
	assert_true(jf_lab_now_ns() - beat < 2 * JF_CONTRACT_HEARTBEAT_NS + 200 * JF_NS_PER_MS);
	jf_lab_sleep_ms(300);
	assert_true(jf_lab.contract.header->dataplane_beat_ns > beat);
	assert_true(jf_lab.contract.workers[0].polls > before.polls);
	assert_true(before.relayed_rtp >= 400);
	assert_int_equal(before.invariants, 0);
}

static void a_second_dataplane_is_kept_out_of_the_folder(void **state)
{
	char config[100];
	int status;
	pid_t pid;

	(void)state;
	snprintf(config, sizeof(config), "%s/node.yaml", jf_lab.dir);
	pid = fork();
	if (pid == 0) {
		execl(jf_lab.binary, jf_lab.binary, "--config", config, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void after_kill_9_a_new_one_serves_again(void **state)
{
	uint64_t epoch = jf_lab.contract.header->epoch;

	(void)state;
	jf_lab_stop(SIGKILL);
	jf_lab_sh("rm %s/run/contract", jf_lab.dir); /* so that attach waits for the new one */
	jf_lab_start();
	assert_true(jf_lab.contract.header->epoch > epoch);
	jf_lab_open_call(7);
	jf_lab_join_call(7);
	assert_in_range(jf_lab_until_heard(0), 1, 400);
}

static void it_stops_cleanly(void **state)
{
	char path[100];
	int status;

	(void)state;
	status = jf_lab_stop(SIGTERM);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	snprintf(path, sizeof(path), "%s/run/contract", jf_lab.dir);
	assert_int_equal(access(path, F_OK), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_one_phone_says_the_other_hears),
	        cmocka_unit_test(a_sound_is_heard_at_the_pace_of_speech),
	        cmocka_unit_test(sounds_come_and_go_while_one_plays),
	        cmocka_unit_test(both_sides_are_recorded),
	        cmocka_unit_test(the_heart_beats_and_workers_count),
	        cmocka_unit_test(a_second_dataplane_is_kept_out_of_the_folder),
	        cmocka_unit_test(after_kill_9_a_new_one_serves_again),
	        cmocka_unit_test(it_stops_cleanly),
	};

	if (!jf_lab_arguments(argc, argv))
		return 77;
	return cmocka_run_group_tests_name("dataplane_calls", tests, jf_lab_begin, jf_lab_end);
}
