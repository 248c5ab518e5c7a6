// SPDX-License-Identifier: BSD-3-Clause
/* Disks that fail: one that is full, and one that stands still. Needs root; skipped otherwise. */
#include "jf_recorder_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int slow_fd = -1; /* of the disk that stands still */

static int thaw_and_tear_down(void **state)
{
	if (slow_fd >= 0) { /* after a failure it may still be frozen, and stopping would wait */
		(void)ioctl(slow_fd, FITHAW, 0);
		close(slow_fd);
		slow_fd = -1;
	}
	return jf_reclab_tear_down(state);
}

static void a_full_disk_fails_the_recording_alone(void **state)
{
	static uint8_t bytes[1 << 17];
	struct jf_command_record full = jf_reclab_command_of(3, 1, "small/full.wav");
	struct jf_command_record good = jf_reclab_command_of(4, 1, "good.wav");
	uint64_t t0 = jf_reclab_now();
	struct jf_recorder_stats stats;
	struct jf_recording slot;
	struct jf_wav wav;
	char small[128];
	size_t length;

	(void)state;
	if (geteuid())
		skip();
	snprintf(small, sizeof(small), "%s/small", jf_reclab.dir);
	assert_int_equal(mkdir(small, 0700), 0);
	assert_int_equal(mount("jf-test", small, "tmpfs", 0, "size=65536"), 0);
	assert_int_equal(jf_tap_record(jf_reclab.tap, &full, t0), 0);
	assert_int_equal(jf_tap_record(jf_reclab.tap, &good, t0), 0);
	for (uint32_t n = 0; n < 500; n++) { /* 10 s are 160 KB */
		while (!jf_reclab_audio(3, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS))
			usleep(1000);
		while (!jf_reclab_audio(4, 1, JF_SIDE_CALLER, n, t0 + n * 20 * MS))
			usleep(1000);
	}
	jf_tap_record_end(jf_reclab.tap, full.recording, t0 + 10000 * MS);
	jf_tap_record_end(jf_reclab.tap, good.recording, t0 + 10000 * MS);
	assert_int_equal(jf_reclab_slot_in(4, 1, JF_RECORDING_CLOSED).samples, 80000);
	slot = jf_reclab_slot_in(3, 1, JF_RECORDING_FAILED);
	assert_int_equal(slot.error, -ENOSPC);
	assert_in_range(slot.samples, 16000, 32768);
	length = jf_reclab_read_wav("small/full.wav", &wav, bytes, sizeof(bytes));
	assert_true(wav.data_offset + wav.data_length <= length);
	assert_int_equal(wav.data_length / 2, slot.samples); /* what was written is there */
	jf_recorder_read_stats(jf_reclab.recorder, &stats);
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
	         jf_reclab.dir, jf_reclab.dir, jf_reclab.dir, jf_reclab.dir, jf_reclab.dir);
	if (geteuid() || system(command))
		return false;
	snprintf(command, sizeof(command), "%s/slow", jf_reclab.dir);
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
	struct jf_command_record c = jf_reclab_command_of(index, 1, paths[index]);
	uint64_t t0 = jf_reclab_now();

	assert_int_equal(jf_tap_record(jf_reclab.tap, &c, t0), 0);
	return t0;
}

/* Seconds of all calls, as fast as the tap takes them. */
static void calls_talk(const uint64_t t0[CALLS], uint32_t from_s, uint32_t to_s)
{
	for (uint32_t n = from_s * 50; n < to_s * 50; n++)
		for (uint32_t i = 0; i < CALLS; i++)
			while (!jf_reclab_audio(i, 1, JF_SIDE_CALLER, n, t0[i] + n * 20 * MS))
				usleep(500);
}

static void calls_end(const uint64_t t0[CALLS], uint32_t at_s)
{
	for (uint32_t i = 0; i < CALLS; i++)
		assert_int_equal(jf_tap_record_end(jf_reclab.tap, (struct jf_recording_ref){i, 1},
		                                   t0[i] + at_s * JF_NS_PER_S),
		                 0);
}

static struct jf_recorder_stats stats_when(bool (*is_so)(const struct jf_recorder_stats *))
{
	struct jf_recorder_stats stats;

	for (int i = 0; i < 20000; i++) {
		jf_recorder_read_stats(jf_reclab.recorder, &stats);
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
		struct jf_recording slot = jf_reclab_slot_in(i, 1, JF_RECORDING_CLOSED);

		assert_int_equal(slot.samples, 24 * 8000);
		assert_int_equal(slot.tap_lost[0] + slot.tap_lost[1], 0);
		jf_reclab_read_wav(slot.path, &wav, bytes, sizeof(bytes));
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
	jf_reclab_stop();
	assert_int_equal(jf_reclab_start_with(jf_reclab.dir, 16 * 2 * 16384),
	                 0); /* 8 s of the four */
	for (uint32_t i = 0; i < CALLS; i++)
		t0[i] = call_begin(i);
	calls_talk(t0, 0, 4);
	stats_when(has_written);
	freeze(true);
	calls_talk(t0, 4, 20); /* nobody waits for the disk */
	stats_when(has_lost);
	/* Told while it happens, and the calls that are written get what is written. */
	while (!lost)
		lost = jf_reclab_slot_in(1, 1, JF_RECORDING_OPEN).tap_lost[JF_SIDE_CALLER];
	freeze(false);
	stats_when(is_drained);
	calls_talk(t0, 20, 24);
	calls_end(t0, 24);
	lost = 0;
	for (uint32_t i = 0; i < CALLS; i++) {
		struct jf_recording slot = jf_reclab_slot_in(i, 1, JF_RECORDING_CLOSED);
		char comment[64];
		uint32_t missing = 0;

		assert_int_equal(slot.samples, 24 * 8000); /* the time is right all the same */
		lost += slot.tap_lost[JF_SIDE_CALLER];
		jf_reclab_read_wav(slot.path, &wav, bytes, sizeof(bytes));
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
	jf_recorder_read_stats(jf_reclab.recorder, &stats);
	assert_int_equal(stats.lost, lost);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, jf_reclab_set_up, thaw_and_tear_down)
	const struct CMUnitTest tests[] = {
	        T(a_full_disk_fails_the_recording_alone),
	        T(a_disk_that_stands_still_is_bridged),
	        T(longer_than_the_buffer_leaves_gaps_that_are_counted),
	};

	/* For the small disk: gone with the process. All threads come after this. */
	if (!geteuid() &&
	    (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
