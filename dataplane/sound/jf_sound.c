// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sound.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_g711.h"
#include "jf_wav.h"

#define FILE_MAX (64u + (JF_SOUND_SECONDS_MAX + 60u) * JF_WAV_RATE * 2u + (1u << 20))

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

void jf_sounds_destroy(struct jf_sounds *sounds)
{
	if (!sounds)
		return;
	for (uint32_t i = 0; i < JF_CONTRACT_SOUNDS_MAX; i++)
		sound_free(atomic_load_explicit(&sounds->by_id[i], memory_order_relaxed));
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

/* Little-endian 16-bit samples to codes of one law. */
static void encode(const uint8_t *pcm, uint32_t samples, enum jf_law law, uint8_t *ret_codes)
{
	for (uint32_t i = 0; i < samples; i++)
		ret_codes[i] =
		        jf_g711_encode(law, (int16_t)(uint16_t)(pcm[2 * i] | pcm[2 * i + 1] << 8));
}

/* The sound and both its arrays in one piece of memory. */
static int make_sound(const struct jf_wav *wav, const uint8_t *data, struct jf_sound **ret_sound)
{
	uint64_t samples = wav->data_length / jf_wav_frame_size(&wav->format);
	uint64_t packets = (samples + JF_SOUND_PACKET_SAMPLES - 1) / JF_SOUND_PACKET_SAMPLES;
	uint64_t bytes = packets * JF_SOUND_PACKET_SAMPLES;
	struct jf_sound *sound;
	uint8_t *pcmu, *pcma;

	if (samples > (uint64_t)JF_SOUND_SECONDS_MAX * JF_WAV_RATE)
		return -EFBIG;
	sound = malloc(sizeof(*sound) + 2 * bytes);
	if (!sound)
		return -ENOMEM;
	pcmu = (uint8_t *)(sound + 1);
	pcma = pcmu + bytes;
	memset(pcmu, jf_g711_silence(JF_LAW_PCMU), bytes);
	memset(pcma, jf_g711_silence(JF_LAW_PCMA), bytes);
	switch (wav->format.coding) {
	case JF_WAV_PCM16:
		encode(data, (uint32_t)samples, JF_LAW_PCMU, pcmu);
		encode(data, (uint32_t)samples, JF_LAW_PCMA, pcma);
		break;
	case JF_WAV_PCMU:
		memcpy(pcmu, data, samples);
		jf_g711_convert_block(JF_LAW_PCMU, JF_LAW_PCMA, data, samples, pcma);
		break;
	case JF_WAV_PCMA:
		memcpy(pcma, data, samples);
		jf_g711_convert_block(JF_LAW_PCMA, JF_LAW_PCMU, data, samples, pcmu);
		break;
	}
	*sound = (struct jf_sound){
	        .samples = (uint32_t)samples,
	        .packets = (uint32_t)packets,
	        .pcmu = pcmu,
	        .pcma = pcma,
	};
	*ret_sound = sound;
	return 0;
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
	if (!err && wav.format.channels != 1)
		err = -ENOTSUP;
	if (!err)
		err = make_sound(&wav, bytes + wav.data_offset, ret_sound);
	free(bytes);
	return err;
}

static bool is_same(const struct jf_sound *a, const struct jf_sound *b)
{
	size_t bytes = (size_t)a->packets * JF_SOUND_PACKET_SAMPLES;

	return a->samples == b->samples && !memcmp(a->pcmu, b->pcmu, bytes) &&
	       !memcmp(a->pcma, b->pcma, bytes);
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
