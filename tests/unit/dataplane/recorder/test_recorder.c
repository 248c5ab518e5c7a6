// SPDX-License-Identifier: BSD-3-Clause
/* From tap to file: a worker's calls in, WAV files out, which sox has to be able to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jf_recorder.h"
#include "jf_time.h"
#include "jf_wav.h"

#define RECORDINGS 8
#define MS         JF_NS_PER_MS

static char dir[64];
static struct jf_recording slots[RECORDINGS];
static struct jf_tap *tap;
static struct jf_recorder *recorder;
static int slow_fd = -1; /* of the disk that stands still */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int start_with(const char *where, uint64_t buffer_bytes)
{
	const struct jf_recorder_config config = {
	        .dir = where,
	        .slots = slots,
	        .n_recordings = RECORDINGS,
	        .n_taps = 1,
	        .taps = &tap,
	        .buffer_bytes = buffer_bytes,
	};

	memset(slots, 0, sizeof(slots));
	return jf_tap_create(RECORDINGS, 1 << 20, &tap) || jf_recorder_create(&config, &recorder);
}

static int start(const char *where)
{
	return start_with(where, jf_recorder_buffer_bytes(RECORDINGS));
}

static void stop(void)
{
	jf_recorder_destroy(recorder);
	jf_tap_destroy(tap);
	recorder = NULL;
	tap = NULL;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jf-recorder-%d", (int)getpid());
	return start(dir);
}

static int tear_down(void **state)
{
	char command[256];

	(void)state;
	if (slow_fd >= 0) { /* after a failure it may still be frozen, and stopping would wait */
		(void)ioctl(slow_fd, FITHAW, 0);
		close(slow_fd);
		slow_fd = -1;
	}
	if (recorder)
		stop();
	snprintf(command, sizeof(command),
	         "umount -q %s/small 2>/dev/null; umount -q %s/slow 2>/dev/null; rm -rf %s", dir,
	         dir, dir);
	return system(command);
}

static struct jf_command_record command_of(uint32_t index, uint32_t generation, const char *path)
{
	struct jf_command_record c = {.recording = {index, generation}, .law = JF_LAW_PCMU};

	snprintf(c.path, sizeof(c.path), "%s", path);
	return c;
}

static bool audio(uint32_t index, uint32_t generation, uint8_t side, uint32_t n, uint64_t at_ns)
{
	uint8_t payload[160];
	const struct jf_tap_piece a = {
	        .recording = {index, generation},
	        .side = side,
	        .codec = JF_CODEC_PCMU,
	        .length = sizeof(payload),
	        .ssrc = 7u + side,
	        .timestamp = 160 * n,
	        .arrival_ns = at_ns,
	        .payload = payload,
	};

	memset(payload, side ? 0x20 : 0x10, sizeof(payload));
	payload[0] = (uint8_t)n;
	if (!jf_tap_write(tap, &a))
		return false;
	jf_tap_publish(tap);
	return true;
}

static struct jf_recording slot_in(uint32_t index, uint32_t generation, uint8_t state)
{
	struct jf_recording copy;

	for (int i = 0; i < 20000; i++) { /* a loaded machine */
		jf_contract_read_recording(&slots[index], &copy);
		if (copy.generation == generation && copy.state == state)
			return copy;
		usleep(1000);
	}
	fail_msg("recording %u.%u is in state %u, generation %u", index, generation, copy.state,
	         copy.generation);
	return copy;
}

static size_t read_wav(const char *path, struct jf_wav *ret_wav, uint8_t *bytes, size_t room)
{
	char full[256];
	size_t length;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", dir, path);
	f = fopen(full, "r");
	if (!f)
		fail_msg("%s: %s", full, strerror(errno));
	length = fread(bytes, 1, room, f);
	fclose(f);
	assert_int_equal(jf_wav_parse(bytes, length, ret_wav), 0);
	assert_int_equal(ret_wav->format.channels, 2);
	assert_int_equal(ret_wav->format.coding, JF_WAV_PCMU);
	return length;
}

static void a_call_becomes_a_stereo_file(void **state)
{
	static uint8_t bytes[1 << 16];
	struct jf_command_record c = command_of(1, 5, "2026-11-22/CALL.wav");
	uint64_t t0 = now(); /* arrival is told, not waited for */
	struct jf_recording_ref done;
	struct jf_recording slot;
	struct jf_wav wav;

	(void)state;
	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	assert_int_equal(jf_tap_record(tap, &c, t0 + MS), 0); /* sent again */
	for (uint32_t n = 0; n < 100; n++) {
		assert_true(audio(1, 5, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
		if (n >= 50)
			assert_true(audio(1, 5, JF_SIDE_AGENT, n, t0 + n * 20 * MS));
	}
	assert_int_equal(jf_tap_record_end(tap, c.recording, t0 + 2000 * MS), 0);
	assert_int_equal(jf_tap_record_end(tap, c.recording, t0 + 2000 * MS), 0);
	audio(1, 5, JF_SIDE_CALLER, 100, t0 + 2000 * MS); /* goes nowhere */
	slot = slot_in(1, 5, JF_RECORDING_CLOSED);
	assert_int_equal(slot.samples, 16000);
	assert_int_equal(slot.started_ns, t0);
	assert_int_equal(slot.error, 0);
	assert_string_equal(slot.path, "2026-11-22/CALL.wav");
	while (jf_recorder_take_done(recorder, &done))
		usleep(1000);
	assert_int_equal(done.index, 1);
	assert_int_equal(done.generation, 5);
	read_wav(slot.path, &wav, bytes, sizeof(bytes));
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
	struct jf_command_record c = command_of(0, 1, "a/b/x.wav");

	(void)state;
	for (uint32_t g = 1; g <= 3; g++) {
		static const char *const paths[] = {"a/b/x.wav", "a/b/x-2.wav", "a/b/x-3.wav"};
		struct jf_recording slot = {.path = ""};

		c.recording.generation = g;
		assert_int_equal(jf_tap_record(tap, &c, now()), 0); /* ends the one before */
		/* as asked for, until the file is open */
		for (int i = 0; i < 20000 && strcmp(slot.path, paths[g - 1]); i++) {
			usleep(1000);
			slot = slot_in(0, g, JF_RECORDING_OPEN);
		}
		assert_string_equal(slot.path, paths[g - 1]);
	}
	c.recording.generation = 2;
	assert_int_equal(jf_tap_record(tap, &c, now()), -ESTALE);
	assert_int_equal(jf_tap_record_end(tap, c.recording, now()), -ESTALE);
	c.recording.generation = 9;
	assert_int_equal(jf_tap_record_end(tap, c.recording, now()), -ENOENT);
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
		c = command_of(2, 1, bad[i]);
		assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);
	}
	c = command_of(2, 1, "x");
	memset(c.path, 'x', sizeof(c.path)); /* no end */
	assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);
	c = command_of(RECORDINGS, 1, "x.wav");
	assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);
	c = command_of(2, 0, "x.wav");
	assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);
	c = command_of(2, 1, "x.wav");
	c.law = 3;
	assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);
	c = command_of(2, 1, "x.wav");
	c.format = JF_RECORD_PACKETS + 1;
	assert_int_equal(jf_tap_record(tap, &c, now()), -EINVAL);

	/* Not through a link either, wherever it came from. */
	snprintf(link, sizeof(link), "%s/out", dir);
	assert_int_equal(symlink("/tmp", link), 0);
	c = command_of(2, 1, "out/jf-recorder-escaped.wav");
	assert_int_equal(jf_tap_record(tap, &c, now()), 0);
	assert_in_range(-slot_in(2, 1, JF_RECORDING_FAILED).error, ENOENT, ELOOP);
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
	stop();
	child = fork();
	if (!child) {
		struct jf_command_record c = command_of(0, 1, "killed.wav");
		uint64_t t0 = now();

		if (start(dir) || jf_tap_record(tap, &c, t0))
			_exit(1);
		for (uint32_t n = 0;; n++) {
			while (now() < t0 + n * 20 * MS)
				usleep(1000);
			audio(0, 1, JF_SIDE_CALLER, n, now());
		}
	}
	usleep(4200 * 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	length = read_wav("killed.wav", &wav, bytes, sizeof(bytes));
	assert_int_equal(wav.data_offset + wav.data_length,
	                 length);                           /* the header tells the truth */
	assert_in_range(wav.data_length / 2, 16000, 34000); /* at most three seconds missing */
	assert_non_null(memmem(bytes + wav.data_offset + 320 * 9, 640, "\x0a\xff\x10\xff", 4));
	snprintf(command, sizeof(command), "soxi -c %s/killed.wav 2>&1 | grep -qx 2", dir);
	if (!system("command -v soxi >/dev/null"))
		assert_int_equal(system(command), 0);
	assert_int_equal(start(dir), 0);
}

static void a_full_disk_fails_the_recording_alone(void **state)
{
	static uint8_t bytes[1 << 17];
	struct jf_command_record full = command_of(3, 1, "small/full.wav");
	struct jf_command_record good = command_of(4, 1, "good.wav");
	uint64_t t0 = now();
	struct jf_recorder_stats stats;
	struct jf_recording slot;
	struct jf_wav wav;
	char small[128];
	size_t length;

	(void)state;
	if (geteuid())
		skip();
	snprintf(small, sizeof(small), "%s/small", dir);
	assert_int_equal(mkdir(small, 0700), 0);
	assert_int_equal(mount("jf-test", small, "tmpfs", 0, "size=65536"), 0);
	assert_int_equal(jf_tap_record(tap, &full, t0), 0);
	assert_int_equal(jf_tap_record(tap, &good, t0), 0);
	for (uint32_t n = 0; n < 500; n++) { /* 10 s are 160 KB */
		while (!audio(3, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS))
			usleep(1000);
		while (!audio(4, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS))
			usleep(1000);
	}
	jf_tap_record_end(tap, full.recording, t0 + 10000 * MS);
	jf_tap_record_end(tap, good.recording, t0 + 10000 * MS);
	assert_int_equal(slot_in(4, 1, JF_RECORDING_CLOSED).samples, 80000);
	slot = slot_in(3, 1, JF_RECORDING_FAILED);
	assert_int_equal(slot.error, -ENOSPC);
	assert_in_range(slot.samples, 16000, 32768);
	length = read_wav("small/full.wav", &wav, bytes, sizeof(bytes));
	assert_true(wav.data_offset + wav.data_length <= length);
	assert_int_equal(wav.data_length / 2, slot.samples); /* what was written is there */
	jf_recorder_read_stats(recorder, &stats);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.closed, 1);
}

/* ---- A disk that stands still: a file system of its own, frozen ------------------------------ */

static bool has_slow_disk(void)
{
	char command[640];

	snprintf(command, sizeof(command),
	         "mkdir -p %s/slow && truncate -s 64M %s/image && mkfs.ext4 -q -F %s/image && "
	         "mount -o loop %s/image %s/slow",
	         dir, dir, dir, dir, dir);
	if (geteuid() || system(command))
		return false;
	snprintf(command, sizeof(command), "%s/slow", dir);
	slow_fd = open(command, O_RDONLY | O_DIRECTORY);
	return slow_fd >= 0;
}

static void freeze(bool on)
{
	assert_int_equal(ioctl(slow_fd, on ? FIFREEZE : FITHAW, 0), 0);
}

#define CALLS 4u

static uint64_t call_begin(uint32_t index)
{
	static const char *const paths[CALLS] = {"slow/0.wav", "slow/1.wav", "slow/2.wav",
	                                         "slow/3.wav"};
	struct jf_command_record c = command_of(index, 1, paths[index]);
	uint64_t t0 = now();

	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	return t0;
}

/* Seconds of all calls, as fast as the tap takes them. */
static void calls_talk(const uint64_t t0[CALLS], uint32_t from_s, uint32_t to_s)
{
	for (uint32_t n = from_s * 50; n < to_s * 50; n++)
		for (uint32_t i = 0; i < CALLS; i++)
			while (!audio(i, 1, JF_SIDE_CALLER, n, t0[i] + n * 20 * MS))
				usleep(500);
}

static void calls_end(const uint64_t t0[CALLS], uint32_t at_s)
{
	for (uint32_t i = 0; i < CALLS; i++)
		assert_int_equal(jf_tap_record_end(tap, (struct jf_recording_ref){i, 1},
		                                   t0[i] + at_s * JF_NS_PER_S),
		                 0);
}

static struct jf_recorder_stats stats_when(bool (*is_so)(const struct jf_recorder_stats *))
{
	struct jf_recorder_stats stats;

	for (int i = 0; i < 20000; i++) {
		jf_recorder_read_stats(recorder, &stats);
		if (is_so(&stats))
			return stats;
		usleep(1000);
	}
	fail_msg("%llu of %llu bytes in use, %llu written, %llu packets lost",
	         (unsigned long long)stats.buffer_used_bytes,
	         (unsigned long long)stats.buffer_bytes, (unsigned long long)stats.bytes_written,
	         (unsigned long long)stats.lost);
	return stats;
}

static bool has_written(const struct jf_recorder_stats *stats)
{
	return stats->bytes_written >= CALLS * 2 * 16384;
}

static bool is_filled(const struct jf_recorder_stats *stats)
{
	return stats->buffer_used_bytes >= CALLS * 8 * 2 * 16384;
}

static bool has_lost(const struct jf_recorder_stats *stats)
{
	return stats->lost > 0;
}

static bool is_drained(const struct jf_recorder_stats *stats)
{
	return stats->buffer_used_bytes <= CALLS * 2 * 2 * 16384;
}

static void a_disk_that_stands_still_is_bridged(void **state)
{
	static uint8_t bytes[1 << 20];
	uint64_t t0[CALLS];
	struct jf_wav wav;

	(void)state;
	if (!has_slow_disk())
		skip();
	for (uint32_t i = 0; i < CALLS; i++)
		t0[i] = call_begin(i);
	calls_talk(t0, 0, 4);
	stats_when(has_written);
	freeze(true);
	calls_talk(t0, 4, 24);
	stats_when(is_filled);
	calls_end(t0, 24);
	freeze(false);
	for (uint32_t i = 0; i < CALLS; i++) {
		struct jf_recording slot = slot_in(i, 1, JF_RECORDING_CLOSED);

		assert_int_equal(slot.samples, 24 * 8000);
		assert_int_equal(slot.tap_lost[0] + slot.tap_lost[1], 0);
		read_wav(slot.path, &wav, bytes, sizeof(bytes));
		assert_int_equal(wav.data_length, 2 * 24 * 8000);
		for (uint32_t n = 0; n < 24 * 50; n++)
			assert_int_equal(bytes[wav.data_offset + 320 * n], n & 0xff);
	}
}

static void longer_than_the_buffer_leaves_gaps_that_are_counted(void **state)
{
	static uint8_t bytes[1 << 20];
	uint64_t t0[CALLS], lost = 0;
	struct jf_recorder_stats stats;
	struct jf_wav wav;

	(void)state;
	if (!has_slow_disk())
		skip();
	stop();
	assert_int_equal(start_with(dir, 16 * 2 * 16384), 0); /* 8 s of the four */
	for (uint32_t i = 0; i < CALLS; i++)
		t0[i] = call_begin(i);
	calls_talk(t0, 0, 4);
	stats_when(has_written);
	freeze(true);
	calls_talk(t0, 4, 20); /* nobody waits for the disk */
	stats_when(has_lost);
	/* Told while it happens, and the calls that are written get what is written. */
	while (!lost)
		lost = slot_in(1, 1, JF_RECORDING_OPEN).tap_lost[JF_SIDE_CALLER];
	freeze(false);
	stats_when(is_drained);
	calls_talk(t0, 20, 24);
	calls_end(t0, 24);
	lost = 0;
	for (uint32_t i = 0; i < CALLS; i++) {
		struct jf_recording slot = slot_in(i, 1, JF_RECORDING_CLOSED);
		char comment[64];
		uint32_t missing = 0;

		assert_int_equal(slot.samples, 24 * 8000); /* the time is right all the same */
		lost += slot.tap_lost[JF_SIDE_CALLER];
		read_wav(slot.path, &wav, bytes, sizeof(bytes));
		for (uint32_t n = 0; n < 24 * 50; n++) {
			const uint8_t *p = bytes + wav.data_offset + 320 * n;

			if (p[2] == 0xff)
				missing++;
			else
				assert_int_equal(p[0], n & 0xff);
		}
		/* A packet over the end of the last block is half there. */
		assert_in_range(slot.tap_lost[JF_SIDE_CALLER], missing, missing + 2);
		assert_in_range(missing, 1, 16 * 50);
		snprintf(comment, sizeof(comment), "packets lost: caller %u, agent 0;",
		         (unsigned)slot.tap_lost[JF_SIDE_CALLER]);
		assert_non_null(memmem(bytes, 4096, comment, strlen(comment)));
	}
	jf_recorder_read_stats(recorder, &stats);
	assert_int_equal(stats.lost, lost);
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
	struct jf_command_record c = command_of(1, 1, "wide.wav");
	char command[640];
	uint64_t t0 = now();

	(void)state;
	c.format = JF_RECORD_LINEAR;
	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	for (uint32_t n = 0; n < 150; n++)
		assert_true(audio(1, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
	assert_int_equal(jf_tap_record_end(tap, c.recording, t0 + 3000 * MS), 0);
	assert_int_equal(slot_in(1, 1, JF_RECORDING_CLOSED).samples, 24000);
	if (!has_tool("soxi"))
		skip();
	snprintf(command, sizeof(command),
	         "test $(soxi -r %s/wide.wav) = 16000 -a $(soxi -s %s/wide.wav) = 48000 -a "
	         "$(soxi -c %s/wide.wav) = 2 -a $(soxi -b %s/wide.wav) = 16",
	         dir, dir, dir, dir);
	assert_int_equal(system(command), 0);
}

static void a_recording_of_packets_opens_in_wireshark(void **state)
{
	struct jf_command_record c = command_of(1, 1, "packets.pcapng");
	const struct jf_tap_flow flow = {.family = 4,
	                                 .remote = {10, 1, 2, 3},
	                                 .local = {10, 77, 0, 1},
	                                 .remote_port = 4000,
	                                 .local_port = 16384};
	uint8_t rtp[12 + 40] = {0x80, 111, 0, 0, [8] = 1, 2, 3, 4};
	uint64_t t0 = now();
	char command[640];

	(void)state;
	c.format = JF_RECORD_PACKETS;
	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	assert_int_equal(jf_tap_format(tap, c.recording), JF_RECORD_PACKETS);
	jf_tap_set_flow(tap, c.recording, JF_SIDE_AGENT, &flow);
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
			jf_tap_lose(tap, c.recording, JF_SIDE_AGENT);
		else
			assert_true(jf_tap_write(tap, &piece));
		jf_tap_publish(tap);
	}
	assert_int_equal(jf_tap_record_end(tap, c.recording, t0 + 6000 * MS), 0);
	assert_int_equal(slot_in(1, 1, JF_RECORDING_CLOSED).tap_lost[JF_SIDE_AGENT], 1);
	if (!has_tool("tshark"))
		skip();
	snprintf(
	        command, sizeof(command),
	        "test $(tshark -r %s/packets.pcapng -d udp.port==4000,rtp -Y 'rtp.p_type == 111 && "
	        "ip.src == 10.1.2.3 && udp.dstport == 16384 && frame.interface_name == \"agent\"' "
	        "2>/dev/null | wc -l) = 299",
	        dir);
	assert_int_equal(system(command), 0);
}

static void what_does_not_fit_is_counted_on_the_recording(void **state)
{
	struct jf_command_record c = command_of(5, 1, "lost.wav");
	uint64_t t0 = now();
	uint64_t lost = 0;

	(void)state;
	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	slot_in(5, 1, JF_RECORDING_OPEN);
	for (uint32_t n = 0; n < 20000 || !lost; n++) /* faster than any disk */
		lost += !audio(5, 1, JF_SIDE_AGENT, 0, t0);
	assert_int_equal(jf_tap_record_end(tap, c.recording, t0), 0); /* has room of its own */
	assert_int_equal(slot_in(5, 1, JF_RECORDING_CLOSED).tap_lost[JF_SIDE_AGENT], lost);
}

static void stopping_completes_what_is_open(void **state)
{
	static uint8_t bytes[1 << 16];
	struct jf_command_record c = command_of(6, 1, "stop.wav");
	uint64_t t0 = now();
	struct jf_wav wav;

	(void)state;
	assert_int_equal(jf_tap_record(tap, &c, t0), 0);
	for (uint32_t n = 0; n < 25; n++)
		assert_true(audio(6, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS));
	stop();
	assert_int_equal(slots[6].state, JF_RECORDING_CLOSED);
	read_wav("stop.wav", &wav, bytes, sizeof(bytes));
	assert_true(wav.data_length >= 25 * 320);
	assert_int_equal(bytes[wav.data_offset + 24 * 320], 24);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        T(a_call_becomes_a_stereo_file),
	        T(a_second_file_gets_a_number),
	        T(paths_stay_in_the_folder),
	        T(a_file_is_whole_after_kill_9),
	        T(a_full_disk_fails_the_recording_alone),
	        T(a_disk_that_stands_still_is_bridged),
	        T(longer_than_the_buffer_leaves_gaps_that_are_counted),
	        T(a_linear_recording_is_16_khz),
	        T(a_recording_of_packets_opens_in_wireshark),
	        T(what_does_not_fit_is_counted_on_the_recording),
	        T(stopping_completes_what_is_open),
	};

	/* For the small disk: gone with the process. All threads come after this. */
	if (!geteuid() &&
	    (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
