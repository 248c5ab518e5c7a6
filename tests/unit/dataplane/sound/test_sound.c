// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_g711.h"
#include "jf_g722.h"
#include "jf_sound.h"
#include "jf_wav.h"

static char dir[64];
static struct jf_sounds *sounds;

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *head, size_t head_length, const void *data,
                       size_t length)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(head, 1, head_length, f), head_length);
	assert_int_equal(fwrite(data, 1, length, f), length);
	fclose(f);
}

static void write_wav(const char *name, enum jf_wav_coding coding, uint32_t channels,
                      const void *data, size_t samples)
{
	const struct jf_wav_format format = {.coding = coding, .channels = channels};
	uint8_t head[JF_WAV_HEADER_MAX];
	size_t length = jf_wav_header(&format, samples, head);

	write_file(name, head, length, data, samples * jf_wav_frame_size(&format));
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/jf-sound-%d", (int)getpid());
	return mkdir(dir, 0700) || jf_sounds_create(&sounds);
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	jf_sounds_destroy(sounds);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void each_coding_becomes_both_laws(void **state)
{
	uint8_t codes[200];
	int16_t samples[200];
	const struct jf_sound *s;

	(void)state;
	for (int i = 0; i < 200; i++) {
		codes[i] = (uint8_t)i;
		samples[i] = (int16_t)(i * 300 - 30000);
	}
	write_wav("u.wav", JF_WAV_PCMU, 1, codes, 200);
	write_wav("a.wav", JF_WAV_PCMA, 1, codes, 200);
	write_wav("l.wav", JF_WAV_PCM16, 1, samples, 200);
	assert_int_equal(jf_sounds_load(sounds, 0, path_of("u.wav")), 0);
	assert_int_equal(jf_sounds_load(sounds, 1, path_of("a.wav")), 0);
	assert_int_equal(jf_sounds_load(sounds, 2, path_of("l.wav")), 0);
	for (uint32_t id = 0; id < 3; id++) {
		s = jf_sounds_get(sounds, id);
		assert_non_null(s);
		assert_int_equal(s->samples, 200);
		assert_int_equal(s->packets, 2);
		for (int i = 0; i < 200; i++) {
			uint8_t u = id == 0   ? codes[i]
			            : id == 1 ? jf_g711_convert_table(JF_LAW_PCMA,
			                                              JF_LAW_PCMU)[codes[i]]
			                      : jf_g711_encode(JF_LAW_PCMU, samples[i]);
			uint8_t a = id == 1   ? codes[i]
			            : id == 0 ? jf_g711_convert_table(JF_LAW_PCMU,
			                                              JF_LAW_PCMA)[codes[i]]
			                      : jf_g711_encode(JF_LAW_PCMA, samples[i]);

			assert_int_equal(jf_sound_payload(s, JF_LAW_PCMU)[i], u);
			assert_int_equal(jf_sound_payload(s, JF_LAW_PCMA)[i], a);
		}
		for (int i = 200; i < 320; i++) {
			assert_int_equal(s->pcmu[i], 0xff);
			assert_int_equal(s->pcma[i], 0xd5);
		}
	}
}

static void the_same_again_does_no_harm_other_sound_is_refused(void **state)
{
	uint8_t codes[160] = {1};
	const struct jf_sound *before;

	(void)state;
	write_wav("one.wav", JF_WAV_PCMU, 1, codes, 160);
	codes[9] = 7;
	write_wav("two.wav", JF_WAV_PCMU, 1, codes, 160);
	assert_int_equal(jf_sounds_load(sounds, 10, path_of("one.wav")), 0);
	before = jf_sounds_get(sounds, 10);
	assert_int_equal(before->packets, 1);
	assert_int_equal(jf_sounds_load(sounds, 10, path_of("one.wav")), 0);
	assert_int_equal(jf_sounds_load(sounds, 10, path_of("two.wav")), -EEXIST);
	assert_ptr_equal(jf_sounds_get(sounds, 10), before);
	assert_int_equal(jf_sounds_load(sounds, 11, path_of("two.wav")), 0);
}

/* A recording is played as what its caller said. */
static void of_two_channels_the_left_is_played(void **state)
{
	uint8_t codes[320];
	const struct jf_sound *s;

	(void)state;
	for (unsigned int i = 0; i < 320; i++)
		codes[i] = (uint8_t)(i % 2 ? 0xff : i / 2);
	write_wav("stereo.wav", JF_WAV_PCMU, 2, codes, 160);
	assert_int_equal(jf_sounds_load(sounds, 333, path_of("stereo.wav")), 0);
	s = jf_sounds_get(sounds, 333);
	assert_int_equal(s->samples, 160);
	for (unsigned int i = 0; i < 160; i++)
		assert_int_equal(s->pcmu[i], i);
}

static void what_cant_be_played_is_refused(void **state)
{
	static uint8_t codes[4800160 * 2];
	uint8_t head[JF_WAV_HEADER_MAX];
	const struct jf_wav_format mono = {.coding = JF_WAV_PCM16, .channels = 1};
	size_t length;

	(void)state;
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("nothing.wav")), -ENOENT);
	assert_int_equal(jf_sounds_load(sounds, 20, "relative.wav"), -EINVAL);
	assert_int_equal(jf_sounds_load(sounds, JF_CONTRACT_SOUNDS_MAX, path_of("u.wav")), -EINVAL);
	assert_int_equal(jf_sounds_load(sounds, 20, dir), -EINVAL);
	length = jf_wav_header(&mono, 160, head);
	head[24] = 0x00; /* 32,000 samples a second */
	head[25] = 0x7d;
	write_file("32k.wav", head, length, codes, 320);
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("32k.wav")), -ENOTSUP);
	write_file("text.wav", "hello", 5, codes, 100);
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("text.wav")), -EINVAL);
	write_wav("empty.wav", JF_WAV_PCMU, 1, codes, 0);
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("empty.wav")), -EINVAL);
	write_wav("long.wav", JF_WAV_PCMU, 1, codes, 4800001);
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("long.wav")), -EFBIG);
	write_wav("longest.wav", JF_WAV_PCMU, 1, codes, 4800000);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(jf_sounds_load(sounds, 20, path_of("fifo")), -EINVAL);
	assert_null(jf_sounds_get(sounds, 20));
	assert_null(jf_sounds_get(sounds, JF_CONTRACT_SOUNDS_MAX));
	assert_int_equal(jf_sounds_load(sounds, 21, path_of("longest.wav")), 0);
}

/* How loud hz is in what the codec's array decodes to. */
static double loudness(const struct jf_sound *s, enum jf_codec codec, double hz)
{
	static int16_t samples[32000];
	struct jf_g722_decoder decoder;
	bool wide = codec == JF_CODEC_G722;
	uint32_t n = s->samples * (wide ? 2 : 1);
	double c = 0, q = 0;

	jf_g722_decoder_init(&decoder, JF_G722_WIDE);
	if (wide)
		jf_g722_decode(&decoder, s->g722, s->samples, samples);
	else
		jf_g711_decode_block((enum jf_law)codec, jf_sound_payload(s, codec), n, samples);
	for (uint32_t i = 0; i < n; i++) {
		c += samples[i] * cos(2 * M_PI * hz * i / (wide ? 16000 : 8000));
		q += samples[i] * sin(2 * M_PI * hz * i / (wide ? 16000 : 8000));
	}
	return 2 * sqrt(c * c + q * q) / n;
}

static void every_rate_is_heard_in_every_codec(void **state)
{
	static int16_t samples[16000];
	const struct jf_wav_format wide = {
	        .coding = JF_WAV_PCM16, .channels = 1, .rate = JF_WAV_RATE_WIDE};
	uint8_t head[JF_WAV_HEADER_MAX];
	const struct jf_sound *s;

	(void)state;
	for (int i = 0; i < 8000; i++)
		samples[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 1000 * i / 8000));
	write_wav("1s.wav", JF_WAV_PCM16, 1, samples, 8000);
	assert_int_equal(jf_sounds_load(sounds, 30, path_of("1s.wav")), 0);
	s = jf_sounds_get(sounds, 30);
	assert_in_range(loudness(s, JF_CODEC_PCMU, 1000), 7800, 8200);
	assert_in_range(loudness(s, JF_CODEC_PCMA, 1000), 7800, 8200);
	assert_in_range(loudness(s, JF_CODEC_G722, 1000), 7500, 8500);
	/* 16 kHz: what narrowband can't carry is only in G.722 */
	for (int i = 0; i < 16000; i++)
		samples[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 1000 * i / 16000) +
		                            4000 * sin(2 * M_PI * 5500 * i / 16000));
	write_file("wide.wav", head, jf_wav_header(&wide, 16000, head), samples, 32000);
	assert_int_equal(jf_sounds_load(sounds, 31, path_of("wide.wav")), 0);
	s = jf_sounds_get(sounds, 31);
	assert_int_equal(s->samples, 8000);
	assert_int_equal(s->packets, 50);
	assert_in_range(loudness(s, JF_CODEC_PCMU, 1000), 7700, 8200);
	assert_in_range(loudness(s, JF_CODEC_PCMU, 2500), 0, 100); /* where 5,500 would fold to */
	assert_in_range(loudness(s, JF_CODEC_G722, 1000), 7500, 8500);
	assert_in_range(loudness(s, JF_CODEC_G722, 5500), 3500, 4500);
}

/* A worker that has seen a sound in its poll may still be at it. */
static void an_unloaded_sound_goes_when_every_worker_has_polled_again(void **state)
{
	struct jf_worker_counters workers[2] = {{.polls = 7}, {.polls = 90}};
	uint8_t codes[160] = {1};
	const struct jf_sound *held;

	(void)state;
	write_wav("gone.wav", JF_WAV_PCMU, 1, codes, 160);
	codes[0] = 9;
	write_wav("next.wav", JF_WAV_PCMU, 1, codes, 160);
	assert_int_equal(jf_sounds_load(sounds, 40, path_of("gone.wav")), 0);
	held = jf_sounds_get(sounds, 40);
	assert_int_equal(jf_sounds_unload(sounds, 40), 0);
	assert_null(jf_sounds_get(sounds, 40));
	assert_int_equal(jf_sounds_load(sounds, 40, path_of("next.wav")), 0);
	jf_sounds_reclaim(sounds, workers, 2);
	workers[0].polls += 2;
	workers[1].polls += 1;
	jf_sounds_reclaim(sounds, workers, 2);
	assert_int_equal(held->pcmu[0], 1); /* a sanitizer would tell */
	assert_ptr_equal(sounds->leaving, held);
	workers[1].polls++;
	jf_sounds_reclaim(sounds, workers, 2);
	assert_null(sounds->leaving);
	assert_int_equal(jf_sounds_get(sounds, 40)->pcmu[0], 9);
	assert_int_equal(jf_sounds_unload(sounds, 40), 0); /* and left so, for the end */
	assert_int_equal(jf_sounds_unload(sounds, 40), 0);
	assert_int_equal(jf_sounds_unload(sounds, JF_CONTRACT_SOUNDS_MAX), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_coding_becomes_both_laws),
	        cmocka_unit_test(every_rate_is_heard_in_every_codec),
	        cmocka_unit_test(the_same_again_does_no_harm_other_sound_is_refused),
	        cmocka_unit_test(of_two_channels_the_left_is_played),
	        cmocka_unit_test(what_cant_be_played_is_refused),
	        cmocka_unit_test(an_unloaded_sound_goes_when_every_worker_has_polled_again),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
