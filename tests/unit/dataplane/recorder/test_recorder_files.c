// SPDX-License-Identifier: BSD-3-Clause
/* From tap to file: a worker's calls in, WAV files out, which sox has to be able to read. */
#include "jf_recorder_lab.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_call_becomes_a_stereo_file(void **state)
{
	static uint8_t bytes[1 << 16];
	struct jf_command_record c = jf_reclab_command_of(1, 5, "2026-11-22/CALL.wav");
	uint64_t t0 = jf_reclab_now(); /* arrival is told, not waited for */
	struct jf_recording_ref done;
	struct jf_recording slot;
	struct jf_wav wav;

	(void)state;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0 + MS), 0); /* sent again */
	for (uint32_t n = 0; n < 100; n++) {
		assert_true(jf_reclab_audio(1, 5, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
		if (n >= 50)
			assert_true(jf_reclab_audio(1, 5, JF_SIDE_AGENT, n, t0 + n * 20 * MS));
	}
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, t0 + 2000 * MS), 0);
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, t0 + 2000 * MS), 0);
	jf_reclab_audio(1, 5, JF_SIDE_CALLER, 100, t0 + 2000 * MS); /* goes nowhere */
	slot = jf_reclab_slot_in(1, 5, JF_RECORDING_CLOSED);
	assert_int_equal(slot.samples, 16000);
	assert_int_equal(slot.started_ns, t0);
	assert_int_equal(slot.error, 0);
	assert_string_equal(slot.path, "2026-11-22/CALL.wav");
	while (jf_recorder_take_done(jf_reclab.recorder, &done))
		usleep(1000);
	assert_int_equal(done.index, 1);
	assert_int_equal(done.generation, 5);
	jf_reclab_read_wav(slot.path, &wav, bytes, sizeof(bytes));
	assert_int_equal(wav.data_length, 32000);
	for (uint32_t n = 0; n < 100; n++) {
		const uint8_t *p = bytes + wav.data_offset + 320 * n;

		assert_int_equal(p[0], n);                 /* left: the caller */
		assert_int_equal(p[2], 0x10);              /* its next sample */
		assert_int_equal(p[1], n < 50 ? 0xff : n); /* right: the agent */
		assert_int_equal(p[3], n < 50 ? 0xff : 0x20);
	}
}

static void a_second_file_gets_a_number(void **state)
{
	struct jf_command_record c = jf_reclab_command_of(0, 1, "a/b/x.wav");

	(void)state;
	for (uint32_t g = 1; g <= 3; g++) {
		static const char *const paths[] = {"a/b/x.wav", "a/b/x-2.wav", "a/b/x-3.wav"};
		struct jf_recording slot = {.path = ""};

		c.recording.generation = g;
		assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()),
		                 0); /* ends the one before */
		/* as asked for, until the file is open */
		for (int i = 0; i < 20000 && strcmp(slot.path, paths[g - 1]); i++) {
			usleep(1000);
			slot = jf_reclab_slot_in(0, g, JF_RECORDING_OPEN);
		}
		assert_string_equal(slot.path, paths[g - 1]);
	}
	c.recording.generation = 2;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -ESTALE);
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, jf_reclab_now()), -ESTALE);
	c.recording.generation = 9;
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, jf_reclab_now()), -ENOENT);
}

static void paths_stay_in_the_folder(void **state)
{
	static const char *const bad[] = {"",         "/etc/x.wav", "../x.wav", "a/../../x.wav",
	                                  "a//x.wav", "a/./x.wav",  "a/",       "a\nb.wav",
	                                  "a/..",     "."};
	struct jf_command_record c;
	char link[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = jf_reclab_command_of(2, 1, bad[i]);
		assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);
	}
	c = jf_reclab_command_of(2, 1, "x");
	memset(c.path, 'x', sizeof(c.path)); /* no end */
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);
	c = jf_reclab_command_of(RECORDINGS, 1, "x.wav");
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);
	c = jf_reclab_command_of(2, 0, "x.wav");
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);
	c = jf_reclab_command_of(2, 1, "x.wav");
	c.law = 3;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);
	c = jf_reclab_command_of(2, 1, "x.wav");
	c.format = JF_RECORD_PACKETS + 1;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), -EINVAL);

	/* Not through a link either, wherever it came from. */
	snprintf(link, sizeof(link), "%s/out", jf_reclab.dir);
	assert_int_equal(symlink("/tmp", link), 0);
	c = jf_reclab_command_of(2, 1, "out/jf-recorder-escaped.wav");
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, jf_reclab_now()), 0);
	assert_in_range(-jf_reclab_slot_in(2, 1, JF_RECORDING_FAILED).error, ENOENT, ELOOP);
	assert_int_equal(access("/tmp/jf-recorder-escaped.wav", F_OK), -1);
}

/* The child records live and is killed in the middle; the file is whole all the same. */
static void a_file_is_whole_after_kill_9(void **state)
{
	static uint8_t bytes[1 << 17];
	char command[200];
	struct jf_wav wav;
	size_t length;
	pid_t child;

	(void)state;
	jf_reclab_stop();
	child = fork();
	if (!child) {
		struct jf_command_record c = jf_reclab_command_of(0, 1, "killed.wav");
		uint64_t t0 = jf_reclab_now();

		if (jf_reclab_start(jf_reclab.dir) || jf_tap_record(jf_reclab.tap, &c, t0))
			_exit(1);
		for (uint32_t n = 0;; n++) {
			while (jf_reclab_now() < t0 + n * 20 * MS)
				usleep(1000);
			jf_reclab_audio(0, 1, JF_SIDE_CALLER, n, jf_reclab_now());
		}
	}
	usleep(4200 * 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	length = jf_reclab_read_wav("killed.wav", &wav, bytes, sizeof(bytes));
	assert_int_equal(wav.data_offset + wav.data_length,
	                 length);                           /* the header tells the truth */
	assert_in_range(wav.data_length / 2, 16000, 34000); /* at most three seconds missing */
	assert_non_null(memmem(bytes + wav.data_offset + 320 * 9, 640, "\x0a\xff\x10\xff", 4));
	snprintf(command, sizeof(command), "soxi -c %s/killed.wav 2>&1 | grep -qx 2",
	         jf_reclab.dir);
	if (!system("command -v soxi >/dev/null"))
		assert_int_equal(system(command), 0);
	assert_int_equal(jf_reclab_start(jf_reclab.dir), 0);
}

/* ---- The other formats ----------------------------------------------------------------------- */

static bool has_tool(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", name);
	return system(command) == 0;
}

static void a_linear_recording_is_16_khz(void **state)
{
	struct jf_command_record c = jf_reclab_command_of(1, 1, "wide.wav");
	char command[640];
	uint64_t t0 = jf_reclab_now();

	(void)state;
	c.format = JF_RECORD_LINEAR;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	for (uint32_t n = 0; n < 150; n++)
		assert_true(jf_reclab_audio(1, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, t0 + 3000 * MS), 0);
	assert_int_equal(jf_reclab_slot_in(1, 1, JF_RECORDING_CLOSED).samples, 24000);
	if (!has_tool("soxi"))
		skip();
	snprintf(command, sizeof(command),
	         "test $(soxi -r %s/wide.wav) = 16000 -a $(soxi -s %s/wide.wav) = 48000 -a "
	         "$(soxi -c %s/wide.wav) = 2 -a $(soxi -b %s/wide.wav) = 16",
	         jf_reclab.dir, jf_reclab.dir, jf_reclab.dir, jf_reclab.dir);
	assert_int_equal(system(command), 0);
}

static void a_recording_of_packets_opens_in_wireshark(void **state)
{
	struct jf_command_record c = jf_reclab_command_of(1, 1, "packets.pcapng");
	const struct jf_tap_flow flow = {.family = 4,
	                                 .remote = {10, 1, 2, 3},
	                                 .local = {10, 77, 0, 1},
	                                 .remote_port = 4000,
	                                 .local_port = 16384};
	uint8_t rtp[12 + 40] = {0x80, 111, 0, 0, [8] = 1, 2, 3, 4};
	uint64_t t0 = jf_reclab_now();
	char command[640];

	(void)state;
	c.format = JF_RECORD_PACKETS;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	assert_int_equal(jf_tap_format(jf_reclab.tap, c.recording), JF_RECORD_PACKETS);
	jf_tap_set_flow(jf_reclab.tap, c.recording, JF_SIDE_AGENT, &flow);
	for (uint16_t n = 0; n < 300; n++) {
		const struct jf_tap_piece piece = {
		        .recording = c.recording,
		        .side = JF_SIDE_AGENT,
		        .codec = JF_CODEC_OTHER,
		        .length = sizeof(rtp),
		        .arrival_ns = t0 + n * 20 * MS,
		        .payload = rtp,
		};

		rtp[3] = (uint8_t)n;
		rtp[2] = (uint8_t)(n >> 8);
		if (n == 100)
			jf_tap_lose(jf_reclab.tap, c.recording, JF_SIDE_AGENT);
		else
			assert_true(jf_tap_write(jf_reclab.tap, &piece));
		jf_tap_publish(jf_reclab.tap);
	}
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, t0 + 6000 * MS), 0);
	assert_int_equal(jf_reclab_slot_in(1, 1, JF_RECORDING_CLOSED).tap_lost[JF_SIDE_AGENT], 1);
	if (!has_tool("tshark"))
		skip();
	snprintf(
	        command, sizeof(command),
	        "test $(tshark -r %s/packets.pcapng -d udp.port==4000,rtp -Y 'rtp.p_type == 111 && "
	        "ip.src == 10.1.2.3 && udp.dstport == 16384 && frame.interface_name == \"agent\"' "
	        "2>/dev/null | wc -l) = 299",
	        jf_reclab.dir);
	assert_int_equal(system(command), 0);
}

static void what_does_not_fit_is_counted_on_the_recording(void **state)
{
	struct jf_command_record c = jf_reclab_command_of(5, 1, "lost.wav");
	uint64_t t0 = jf_reclab_now();
	uint64_t lost = 0;

	(void)state;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	jf_reclab_slot_in(5, 1, JF_RECORDING_OPEN);
	for (uint32_t n = 0; n < 20000 || !lost; n++) /* faster than any disk */
		lost += !jf_reclab_audio(5, 1, JF_SIDE_AGENT, 0, t0);
	assert_int_equal(jf_tap_record_end(jf_reclab.tap, c.recording, t0),
	                 0); /* has room of its own */
	assert_int_equal(jf_reclab_slot_in(5, 1, JF_RECORDING_CLOSED).tap_lost[JF_SIDE_AGENT],
	                 lost);
}

static void stopping_completes_what_is_open(void **state)
{
	static uint8_t bytes[1 << 16];
	struct jf_command_record c = jf_reclab_command_of(6, 1, "stop.wav");
	uint64_t t0 = jf_reclab_now();
	struct jf_wav wav;

	(void)state;
	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	for (uint32_t n = 0; n < 25; n++)
		assert_true(jf_reclab_audio(6, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
	jf_reclab_stop();
	assert_int_equal(jf_reclab.slots[6].state, JF_RECORDING_CLOSED);
	jf_reclab_read_wav("stop.wav", &wav, bytes, sizeof(bytes));
	assert_true(wav.data_length >= 25 * 320);
	assert_int_equal(bytes[wav.data_offset + 24 * 320], 24);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, jf_reclab_set_up, jf_reclab_tear_down)
	const struct CMUnitTest tests[] = {
	        T(a_call_becomes_a_stereo_file),
	        T(a_second_file_gets_a_number),
	        T(paths_stay_in_the_folder),
	        T(a_file_is_whole_after_kill_9),
	        T(a_linear_recording_is_16_khz),
	        T(a_recording_of_packets_opens_in_wireshark),
	        T(what_does_not_fit_is_counted_on_the_recording),
	        T(stopping_completes_what_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
