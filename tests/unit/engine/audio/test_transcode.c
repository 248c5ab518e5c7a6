// SPDX-License-Identifier: BSD-3-Clause
#include "jf_transcode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_g711.h"
#include "jf_pcm.h"
#include "jf_resample.h"

#define SECOND 8000u

static const enum jf_codec codecs[] = {JF_CODEC_PCMU, JF_CODEC_PCMA, JF_CODEC_G722};

static int16_t tone(double hz, double rate, uint32_t i)
{
	return (int16_t)lrint(8000 * sin(2 * M_PI * hz * i / rate));
}

/*
 * Signal to noise in dB against a tone of hz: the part of samples that is the tone at any delay,
 * over the rest.
 */
static double tone_over_rest(const int16_t *samples, size_t n, double hz, double rate)
{
	double c = 0, s = 0, all = 0, signal;

	for (size_t i = 0; i < n; i++) {
		c += samples[i] * cos(2 * M_PI * hz * (double)i / rate);
		s += samples[i] * sin(2 * M_PI * hz * (double)i / rate);
		all += (double)samples[i] * samples[i];
	}
	signal = 2 * (c * c + s * s) / (double)n;
	return 10 * log10(signal / (all - signal > 1 ? all - signal : 1));
}

static double level(const int16_t *samples, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * samples[i];
	return 10 * log10(sum / (double)n + 1e-9);
}

static void encode(enum jf_codec codec, double hz, uint8_t *ret_octets, size_t n)
{
	int16_t samples[SECOND];
	struct jf_g722_encoder encoder;

	for (uint32_t i = 0; i < n; i++)
		samples[i] = tone(hz, 8000, i);
	if (codec == JF_CODEC_G722) {
		jf_g722_encoder_init(&encoder, JF_G722_NARROW);
		jf_g722_encode(&encoder, samples, n, ret_octets);
	} else {
		jf_g711_encode_block((enum jf_law)codec, samples, n, ret_octets);
	}
}

static void decode(enum jf_codec codec, const uint8_t *octets, size_t n, int16_t *ret_samples)
{
	struct jf_g722_decoder decoder;

	if (codec == JF_CODEC_G722) {
		jf_g722_decoder_init(&decoder, JF_G722_NARROW);
		jf_g722_decode(&decoder, octets, n, ret_samples);
	} else {
		jf_g711_decode_block((enum jf_law)codec, octets, n, ret_samples);
	}
}

static void a_tone_survives_every_way_and_back(void **state)
{
	static uint8_t octets[SECOND];
	static int16_t samples[SECOND];

	(void)state;
	for (size_t from = 0; from < 3; from++) {
		for (size_t to = 0; to < 3; to++) {
			struct jf_transcode transcode;

			for (double hz = 300; hz < 3400; hz += 310) {
				encode(codecs[from], hz, octets, SECOND);
				jf_transcode_init(&transcode, codecs[from], codecs[to]);
				/* in packets of any length */
				for (size_t at = 0, n = 1; at < SECOND; at += n) {
					n = 1 + at % 373;
					n = at + n > SECOND ? SECOND - at : n;
					jf_transcode_run(&transcode, octets + at, n);
				}
				decode(codecs[to], octets, SECOND, samples);
				assert_true(tone_over_rest(samples + 800, 7200, hz, 8000) > 30);
				assert_true(fabs(level(samples + 800, 7200) -
				                 (20 * log10(8000) - 3.01)) < 1);
			}
		}
	}
}

static void the_laws_go_by_table_without_state(void **state)
{
	uint8_t octets[256], expected[256];
	struct jf_transcode transcode;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		octets[i] = (uint8_t)i;
	jf_g711_convert_block(JF_LAW_PCMU, JF_LAW_PCMA, octets, 256, expected);
	jf_transcode_init(&transcode, JF_CODEC_PCMU, JF_CODEC_PCMA);
	jf_transcode_run(&transcode, octets, 256);
	assert_memory_equal(octets, expected, 256);
	assert_false(jf_transcode_has_state(JF_CODEC_PCMU, JF_CODEC_PCMA));
	assert_true(jf_transcode_has_state(JF_CODEC_G722, JF_CODEC_PCMA));
}

static void what_can_be_made_of_what_is_known(void **state)
{
	(void)state;
	assert_true(jf_transcode_is_possible(JF_CODEC_PCMU, JF_CODEC_G722));
	assert_false(jf_transcode_is_possible(JF_CODEC_G722, JF_CODEC_G722));
	assert_false(jf_transcode_is_possible(JF_CODEC_OTHER, JF_CODEC_PCMU));
	assert_false(jf_transcode_is_possible(JF_CODEC_PCMU, JF_CODEC_OTHER));
}

static void wideband_g722_carries_what_narrowband_cannot(void **state)
{
	static int16_t in[2 * SECOND], out[2 * SECOND];
	static uint8_t octets[SECOND];
	struct jf_g722_encoder encoder;
	struct jf_g722_decoder decoder;

	(void)state;
	for (double hz = 500; hz < 7000; hz += 800) {
		for (uint32_t i = 0; i < 2 * SECOND; i++)
			in[i] = tone(hz, 16000, i);
		jf_g722_encoder_init(&encoder, JF_G722_WIDE);
		jf_g722_decoder_init(&decoder, JF_G722_WIDE);
		jf_g722_encode(&encoder, in, SECOND, octets);
		jf_g722_decode(&decoder, octets, SECOND, out);
		assert_true(tone_over_rest(out + 1600, 14400, hz, 16000) > 12);
	}
}

static void up_and_down_a_voice_band_tone_is_the_same(void **state)
{
	static int16_t narrow[SECOND], wide[2 * SECOND], back[SECOND];

	(void)state;
	for (double hz = 200; hz <= 3400; hz += 200) {
		struct jf_resample up = {0}, down = {0};

		for (uint32_t i = 0; i < SECOND; i++)
			narrow[i] = tone(hz, 8000, i);
		for (uint32_t at = 0; at < SECOND; at += 160) {
			jf_resample_up(&up, narrow + at, 160, wide + 2 * at);
			jf_resample_down(&down, wide + 2 * at, 160, back + at);
		}
		assert_true(tone_over_rest(wide + 1600, 14400, hz, 16000) > 45);
		assert_true(tone_over_rest(back + 800, 7200, hz, 8000) > 45);
		assert_true(fabs(level(back + 800, 7200) - level(narrow + 800, 7200)) < 0.1);
	}
}

static void what_is_above_the_voice_band_does_not_fold_down(void **state)
{
	static int16_t wide[2 * SECOND], narrow[SECOND];

	(void)state;
	for (double hz = 4700; hz < 7800; hz += 300) {
		struct jf_resample down = {0};

		for (uint32_t i = 0; i < 2 * SECOND; i++)
			wide[i] = tone(hz, 16000, i);
		for (uint32_t at = 0; at < SECOND; at += 160)
			jf_resample_down(&down, wide + 2 * at, 160, narrow + at);
		assert_true(level(narrow + 800, 7200) < level(wide, 2 * SECOND) - 50);
	}
}

static void the_loudest_signal_stays_in_range(void **state)
{
	struct jf_resample up = {0}, down = {0};
	int16_t narrow[160], wide[320];

	(void)state;
	srand(1);
	for (unsigned f = 0; f < 1000; f++) {
		for (unsigned i = 0; i < 160; i++)
			narrow[i] = rand() % 2 ? INT16_MAX : INT16_MIN;
		jf_resample_up(&up, narrow, 160, wide);
		for (unsigned i = 0; i < 320; i++)
			wide[i] = rand() % 2 ? INT16_MAX : INT16_MIN;
		jf_resample_down(&down, wide, 160, narrow);
	}
}

static int init(void **state)
{
	(void)state;
	jf_pcm_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_tone_survives_every_way_and_back),
	        cmocka_unit_test(the_laws_go_by_table_without_state),
	        cmocka_unit_test(what_can_be_made_of_what_is_known),
	        cmocka_unit_test(wideband_g722_carries_what_narrowband_cannot),
	        cmocka_unit_test(up_and_down_a_voice_band_tone_is_the_same),
	        cmocka_unit_test(what_is_above_the_voice_band_does_not_fold_down),
	        cmocka_unit_test(the_loudest_signal_stays_in_range),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
