// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_g711.h"
#include "jf_g722.h"
#include "jf_resample.h"
#include "jf_wav.h"

#define FILE_MAX (64u + (JF_SOUND_SECONDS_MAX + 60u) * JF_WAV_RATE_WIDE * 2u + (1u << 20))

int jf_sounds_create(struct jf_sounds **ret_sounds)
{
	struct jf_sounds *sounds = calloc(1, sizeof(*sounds));

	if (!sounds)
		return -ENOMEM;
	*ret_sounds = sounds;
	return 0;
}

static void sound_free(const struct jf_sound *sound)
{
	free((void *)sound);
}

static void retired_free(struct jf_sound *sound)
{
	while (sound) {
		struct jf_sound *next = sound->retired;

		sound_free(sound);
		sound = next;
	}
}

void jf_sounds_destroy(struct jf_sounds *sounds)
{
	if (!sounds)
		return;
	for (uint32_t i = 0; i < JF_CONTRACT_SOUNDS_MAX; i++)
		sound_free(atomic_load_explicit(&sounds->by_id[i], memory_order_relaxed));
	retired_free(sounds->leaving);
	retired_free(sounds->unloaded);
	free(sounds);
}

static int read_file(const char *path, uint8_t **ret_bytes, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
	uint8_t *bytes = NULL;
	struct stat status;
	size_t at = 0;
	ssize_t got;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0) {
		err = -errno;
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		err = -EINVAL;
		goto out;
	}
	if (status.st_size > (off_t)FILE_MAX) {
		err = -EFBIG;
		goto out;
	}
	bytes = malloc((size_t)status.st_size + 1);
	if (!bytes) {
		err = -ENOMEM;
		goto out;
	}
	while (at < (size_t)status.st_size) {
		got = read(fd, bytes + at, (size_t)status.st_size - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			goto out;
		}
		if (!got)
			break; /* became shorter meanwhile */
		at += (size_t)got;
	}
	*ret_bytes = bytes;
	*ret_length = at;
	bytes = NULL;
out:
	free(bytes);
	close(fd);
	return err;
}

static int16_t sample_at(const uint8_t *pcm, uint64_t i)
{
	return (int16_t)(uint16_t)(pcm[2 * i] | pcm[2 * i + 1] << 8);
}

/*
 * Encodes a sound of 8,000 samples a second packet by packet; data beyond its end is silence. Codes
 * of a law stay what they are in that law.
 */
static void encode_narrow(const struct jf_wav *wav, const uint8_t *data, struct jf_sound *sound,
                          uint8_t *const arrays[3])
{
	struct jf_g722_encoder encoder;
	int16_t samples[JF_SOUND_PACKET_SAMPLES];

	jf_g722_encoder_init(&encoder, JF_G722_NARROW);
	for (uint64_t at = 0; at < (uint64_t)sound->packets * JF_SOUND_PACKET_SAMPLES;
	     at += JF_SOUND_PACKET_SAMPLES) {
		uint32_t n = JF_SOUND_PACKET_SAMPLES;

		memset(samples, 0, sizeof(samples));
		if (at + n > sound->samples)
			n = sound->samples - (uint32_t)at;
		if (wav->format.coding == JF_WAV_PCM16) {
			for (uint32_t i = 0; i < n; i++)
				samples[i] = sample_at(data, at + i);
			jf_g711_encode_block(JF_LAW_PCMU, samples, n, arrays[0] + at);
			jf_g711_encode_block(JF_LAW_PCMA, samples, n, arrays[1] + at);
		} else {
			enum jf_law law =
			        wav->format.coding == JF_WAV_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU;

			jf_g711_decode_block(law, data + at, n, samples);
			jf_g711_convert_block(law, JF_LAW_PCMU, data + at, n, arrays[0] + at);
			jf_g711_convert_block(law, JF_LAW_PCMA, data + at, n, arrays[1] + at);
		}
		jf_g722_encode(&encoder, samples, JF_SOUND_PACKET_SAMPLES, arrays[2] + at);
	}
}

/* The same for 16,000 samples a second. */
static void encode_wide(const uint8_t *data, uint64_t wide_samples, struct jf_sound *sound,
                        uint8_t *const arrays[3])
{
	struct jf_g722_encoder encoder;
	struct jf_resample down = {0};
	int16_t wide[2 * JF_SOUND_PACKET_SAMPLES], narrow[JF_SOUND_PACKET_SAMPLES];

	jf_g722_encoder_init(&encoder, JF_G722_WIDE);
	for (uint64_t at = 0; at < (uint64_t)sound->packets * JF_SOUND_PACKET_SAMPLES;
	     at += JF_SOUND_PACKET_SAMPLES) {
		for (uint64_t i = 0; i < 2 * JF_SOUND_PACKET_SAMPLES; i++)
			wide[i] = 2 * at + i < wide_samples ? sample_at(data, 2 * at + i) : 0;
		jf_resample_down(&down, wide, JF_SOUND_PACKET_SAMPLES, narrow);
		jf_g711_encode_block(JF_LAW_PCMU, narrow, JF_SOUND_PACKET_SAMPLES, arrays[0] + at);
		jf_g711_encode_block(JF_LAW_PCMA, narrow, JF_SOUND_PACKET_SAMPLES, arrays[1] + at);
		jf_g722_encode(&encoder, wide, JF_SOUND_PACKET_SAMPLES, arrays[2] + at);
	}
}

/* The sound and its arrays in one piece of memory. */
static int make_sound(const struct jf_wav *wav, const uint8_t *data, struct jf_sound **ret_sound)
{
	uint64_t in_file = wav->data_length / jf_wav_frame_size(&wav->format);
	bool wide = wav->format.rate == JF_WAV_RATE_WIDE;
	uint64_t samples = wide ? (in_file + 1) / 2 : in_file;
	uint64_t packets = (samples + JF_SOUND_PACKET_SAMPLES - 1) / JF_SOUND_PACKET_SAMPLES;
	uint64_t bytes = packets * JF_SOUND_PACKET_SAMPLES;
	struct jf_sound *sound;
	uint8_t *arrays[3];

	if (samples > (uint64_t)JF_SOUND_SECONDS_MAX * JF_WAV_RATE)
		return -EFBIG;
	sound = malloc(sizeof(*sound) + 3 * bytes);
	if (!sound)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		arrays[i] = (uint8_t *)(sound + 1) + (uint64_t)i * bytes;
	memset(arrays[0], jf_g711_silence(JF_LAW_PCMU), bytes);
	memset(arrays[1], jf_g711_silence(JF_LAW_PCMA), bytes);
	*sound = (struct jf_sound){
	        .samples = (uint32_t)samples,
	        .packets = (uint32_t)packets,
	        .pcmu = arrays[0],
	        .pcma = arrays[1],
	        .g722 = arrays[2],
	};
	if (wide)
		encode_wide(data, in_file, sound, arrays);
	else
		encode_narrow(wav, data, sound, arrays);
	*ret_sound = sound;
	return 0;
}

/* Of a recording, whose left channel is the caller: that one, in place. */
static void left_take(struct jf_wav *wav, uint8_t *data)
{
	size_t frame = jf_wav_frame_size(&wav->format), n = wav->data_length / frame;

	for (size_t i = 0; i < n; i++)
		memmove(data + i * (frame / 2), data + i * frame, frame / 2);
	wav->format.channels = 1;
	wav->data_length = n * (frame / 2);
}

static int load(const char *path, struct jf_sound **ret_sound)
{
	uint8_t *bytes = NULL;
	size_t length = 0;
	struct jf_wav wav;
	int err = read_file(path, &bytes, &length);

	if (err)
		return err;
	err = jf_wav_parse(bytes, length, &wav);
	if (err == -ENODATA)
		err = -EINVAL;
	if (!err && wav.format.channels == 2)
		left_take(&wav, bytes + wav.data_offset);
	if (!err)
		err = make_sound(&wav, bytes + wav.data_offset, ret_sound);
	free(bytes);
	return err;
}

static bool is_same(const struct jf_sound *a, const struct jf_sound *b)
{
	size_t bytes = (size_t)a->packets * JF_SOUND_PACKET_SAMPLES;

	return a->samples == b->samples && !memcmp(a->pcmu, b->pcmu, bytes) &&
	       !memcmp(a->pcma, b->pcma, bytes) && !memcmp(a->g722, b->g722, bytes);
}

int jf_sounds_load(struct jf_sounds *sounds, uint32_t id, const char *path)
{
	const struct jf_sound *present;
	struct jf_sound *sound = NULL;
	int err;

	if (id >= JF_CONTRACT_SOUNDS_MAX || path[0] != '/')
		return -EINVAL;
	err = load(path, &sound);
	if (err)
		return err;
	present = atomic_load_explicit(&sounds->by_id[id], memory_order_relaxed);
	if (present) {
		err = is_same(present, sound) ? 0 : -EEXIST;
		sound_free(sound);
		return err;
	}
	/* Pairs with the acquire in jf_sounds_get. */
	atomic_store_explicit(&sounds->by_id[id], sound, memory_order_release);
	return 0;
}

int jf_sounds_unload(struct jf_sounds *sounds, uint32_t id)
{
	struct jf_sound *sound;

	if (id >= JF_CONTRACT_SOUNDS_MAX)
		return -EINVAL;
	sound = (struct jf_sound *)(uintptr_t)atomic_load_explicit(&sounds->by_id[id],
	                                                           memory_order_relaxed);
	if (!sound)
		return 0;
	atomic_store_explicit(&sounds->by_id[id], NULL, memory_order_release);
	sound->retired = sounds->unloaded;
	sounds->unloaded = sound;
	return 0;
}

/* The worker's own count, which it keeps with plain stores. */
static uint64_t polls_of(const struct jf_worker_counters *worker)
{
	return __atomic_load_n(&worker->polls, __ATOMIC_ACQUIRE);
}

void jf_sounds_reclaim(struct jf_sounds *sounds, const struct jf_worker_counters *workers,
                       uint32_t n_workers)
{
	if (sounds->leaving) {
		/* The poll that was under way then, and one more whose end shows that it is over.
		 */
		for (uint32_t w = 0; w < n_workers; w++)
			if (polls_of(&workers[w]) - sounds->polls[w] < 2)
				return;
		retired_free(sounds->leaving);
		sounds->leaving = NULL;
	}
	if (!sounds->unloaded)
		return;
	sounds->leaving = sounds->unloaded;
	sounds->unloaded = NULL;
	/* The emptied places are seen before the counts are read. */
	atomic_thread_fence(memory_order_seq_cst);
	for (uint32_t w = 0; w < n_workers; w++)
		sounds->polls[w] = polls_of(&workers[w]);
}
