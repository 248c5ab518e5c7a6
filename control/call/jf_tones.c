// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "jf_call_wire.h"

#define RATE 8000u
#define PEAK 4000.0 /* about -18 dBm0: heard well, not loud */

/* One tone at the beginning of so many samples; faded over 10 ms: no clicks. */
struct tone {
	double hz;
	uint32_t on, samples;
};

/* ETSI TS 101 041, CEPT countries: 1 s of tone, 4 s of silence. */
static const struct tone ringback = {425.0, RATE, 5 * RATE};
static const struct tone beep = {1000.0, RATE * 3 / 10, RATE * 4 / 10};

static void put(uint8_t *at, uint32_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* RIFF WAVE, 16 bit PCM, mono. */
static void make(const struct tone *tone, uint8_t *wav)
{
	static const uint8_t marks[] = "RIFF....WAVEfmt ";

	for (unsigned int i = 0; i < 16; i++)
		wav[i] = marks[i];
	put(wav + 4, 36 + 2 * tone->samples, 4);
	put(wav + 16, 16, 4);
	put(wav + 20, 1, 2);
	put(wav + 22, 1, 2);
	put(wav + 24, RATE, 4);
	put(wav + 28, 2 * RATE, 4);
	put(wav + 32, 2, 2);
	put(wav + 34, 16, 2);
	wav[36] = 'd', wav[37] = 'a', wav[38] = 't', wav[39] = 'a';
	put(wav + 40, 2 * tone->samples, 4);
	for (unsigned int i = 0; i < tone->on; i++) {
		unsigned int edge = i < tone->on - i ? i : tone->on - i;
		double fade = edge < RATE / 100 ? (double)edge / (RATE / 100.0) : 1.0;
		double sample = PEAK * fade * sin(2 * M_PI * tone->hz * i / RATE);

		put(wav + 44 + 2 * i, (uint32_t)(int32_t)sample, 2);
	}
}

static int tone_write(const struct tone *tone, const char *path)
{
	const size_t size = 44 + 2 * (size_t)tone->samples;
	uint8_t *wav = calloc(1, size);
	int fd, err = 0;

	if (!wav)
		return -ENOMEM;
	make(tone, wav);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	if (write(fd, wav, size) != (ssize_t)size)
		err = -EIO;
	if (close(fd) && !err)
		err = -errno;
out:
	free(wav);
	return err;
}

int jf_ringback_write(const char *path)
{
	return tone_write(&ringback, path);
}

int jf_beep_write(const char *path)
{
	return tone_write(&beep, path);
}
