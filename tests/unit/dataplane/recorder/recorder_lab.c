// SPDX-License-Identifier: BSD-3-Clause
#include "jf_recorder_lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct jf_reclab jf_reclab;

uint64_t jf_reclab_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

int jf_reclab_start_with(const char *where, uint64_t buffer_bytes)
{
	const struct jf_recorder_config config = {
	        .dir = where,
	        .slots = jf_reclab.slots,
	        .n_recordings = RECORDINGS,
	        .n_taps = 1,
	        .taps = &jf_reclab.tap,
	        .buffer_bytes = buffer_bytes,
	};

	memset(jf_reclab.slots, 0, sizeof(jf_reclab.slots));
	return jf_tap_create(RECORDINGS, 1 << 20, &jf_reclab.tap) ||
	       jf_recorder_create(&config, &jf_reclab.recorder);
}

int jf_reclab_start(const char *where)
{
	return jf_reclab_start_with(where, jf_recorder_buffer_bytes(RECORDINGS));
}

void jf_reclab_stop(void)
{
	jf_recorder_destroy(jf_reclab.recorder);
	jf_tap_destroy(jf_reclab.tap);
	jf_reclab.recorder = NULL;
	jf_reclab.tap = NULL;
}

int jf_reclab_set_up(void **state)
{
	(void)state;
	snprintf(jf_reclab.dir, sizeof(jf_reclab.dir), "/tmp/jf-recorder-%d", (int)getpid());
	return jf_reclab_start(jf_reclab.dir);
}

int jf_reclab_tear_down(void **state)
{
	char command[256];

	(void)state;
	if (jf_reclab.recorder)
		jf_reclab_stop();
	snprintf(command, sizeof(command),
	         "umount -q %s/small 2>/dev/null; umount -q %s/slow 2>/dev/null; rm -rf %s",
	         jf_reclab.dir, jf_reclab.dir, jf_reclab.dir);
	return system(command);
}

struct jf_command_record jf_reclab_command_of(uint32_t index, uint32_t generation, const char *path)
{
	struct jf_command_record c = {.recording = {index, generation}, .law = JF_LAW_PCMU};

	snprintf(c.path, sizeof(c.path), "%s", path);
	return c;
}

bool jf_reclab_audio(uint32_t index, uint32_t generation, uint8_t side, uint32_t n, uint64_t at_ns)
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
	if (!jf_tap_write(jf_reclab.tap, &a))
		return false;
	jf_tap_publish(jf_reclab.tap);
	return true;
}

struct jf_recording jf_reclab_slot_in(uint32_t index, uint32_t generation, uint8_t state)
{
	struct jf_recording copy;

	for (int i = 0; i < 20000; i++) { /* a loaded machine */
		jf_contract_read_recording(&jf_reclab.slots[index], &copy);
		if (copy.generation == generation && copy.state == state)
			return copy;
		usleep(1000);
	}
	fail_msg("recording %u.%u is in state %u, generation %u", index, generation, copy.state,
	         copy.generation);
	return copy;
}

size_t jf_reclab_read_wav(const char *path, struct jf_wav *ret_wav, uint8_t *bytes, size_t room)
{
	char full[256];
	size_t length;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", jf_reclab.dir, path);
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
