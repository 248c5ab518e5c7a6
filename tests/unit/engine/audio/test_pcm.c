// SPDX-License-Identifier: BSD-3-Clause
#include "jf_pcm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_g711.h"

#define EACH_WAY(way)                                                                              \
	size_t count_;                                                                             \
	const struct jf_pcm_way *ways_ = jf_pcm_ways(&count_), *way;                               \
	for (way = ways_; way < ways_ + count_; way++)                                             \
		if (way->usable)

static const enum jf_law laws[] = {JF_LAW_PCMU, JF_LAW_PCMA};

static void every_code_becomes_its_sample(void **state)
{
	uint8_t codes[256];
	int16_t samples[256];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		codes[c] = (uint8_t)c;
	for (size_t l = 0; l < 2; l++) {
		EACH_WAY(way)
		{
			way->from_g711(laws[l], codes, 256, samples);
			assert_memory_equal(samples, jf_g711_decode_table(laws[l]),
			                    sizeof(samples));
		}
	}
}

static void every_sample_becomes_its_code(void **state)
{
	int16_t *samples = malloc(65536 * sizeof(*samples));
	uint8_t *codes = malloc(65536);

	(void)state;
	assert_non_null(samples);
	assert_non_null(codes);
	for (int s = 0; s < 65536; s++)
		samples[s] = (int16_t)(s - 32768);
	for (size_t l = 0; l < 2; l++) {
		EACH_WAY(way)
		{
			way->to_g711(laws[l], samples, 65536, codes);
			for (int s = 0; s < 65536; s++)
				if (codes[s] != jf_g711_encode(laws[l], samples[s]))
					fail_msg("%s: law %d, %d", way->name, laws[l], samples[s]);
		}
	}
	free(samples);
	free(codes);
}

static void sums_are_exact_and_saturate(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 330; n += n < 40 ? 1 : 17) {
		/* exactly as long as it says, so that a sanitizer sees a step past the end */
		int16_t *a = malloc(n * sizeof(*a)), *b = malloc(n * sizeof(*b));
		int16_t *out = malloc(n * sizeof(*out));
		int32_t *sum = malloc(n * sizeof(*sum));
		int32_t half = jf_pcm_gain(-6);

		assert_true(a && b && out && sum);
		for (size_t i = 0; i < n; i++) {
			a[i] = (int16_t)(i * 7919 + 13);
			b[i] = (int16_t)(i * 104729 + 1);
		}
		EACH_WAY(way)
		{
			memset(sum, 0, n * sizeof(*sum));
			way->add(sum, a, n, JF_PCM_GAIN_ONE);
			way->add(sum, b, n, half);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(sum[i], a[i] + (b[i] * half >> 13));
			way->finish(sum, NULL, n, 0, out);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out[i], sum[i] > INT16_MAX   ? INT16_MAX
				                         : sum[i] < INT16_MIN ? INT16_MIN
				                                              : sum[i]);
			/* the total without one of its parts is the other, to the bit */
			way->finish(sum, b, n, half, out);
			assert_memory_equal(out, a, n * sizeof(*a));
			way->finish(sum, a, n, JF_PCM_GAIN_ONE, out);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out[i], b[i] * half >> 13);
		}
		free(a);
		free(b);
		free(out);
		free(sum);
	}
}

static void thirty_two_of_full_scale_do_not_wrap(void **state)
{
	int16_t loud[160], out[160];
	int32_t sum[160];

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		for (size_t i = 0; i < 160; i++)
			loud[i] = sign < 0 ? INT16_MIN : INT16_MAX;
		EACH_WAY(way)
		{
			memset(sum, 0, sizeof(sum));
			for (unsigned p = 0; p < 32; p++)
				way->add(sum, loud, 160, jf_pcm_gain(12));
			way->finish(sum, NULL, 160, 0, out);
			assert_memory_equal(out, loud, sizeof(out));
		}
	}
}

static void gains_are_decibels(void **state)
{
	(void)state;
	assert_int_equal(jf_pcm_gain(0), JF_PCM_GAIN_ONE);
	assert_in_range(jf_pcm_gain(6), 16300, 16400);
	assert_in_range(jf_pcm_gain(-20), 819, 820);
	assert_int_equal(jf_pcm_gain(-100), jf_pcm_gain(-60));
	assert_int_equal(jf_pcm_gain(100), jf_pcm_gain(12));
	assert_true(jf_pcm_gain(12) < 4 * JF_PCM_GAIN_ONE);
}

static void power_tells_silence_from_speech(void **state)
{
	int16_t samples[160];

	(void)state;
	memset(samples, 0, sizeof(samples));
	assert_int_equal(jf_pcm_power(samples, 160), 0);
	for (size_t i = 0; i < 160; i++)
		samples[i] = i % 2 ? 1000 : -1000;
	assert_in_range(jf_pcm_power(samples, 160), 600000, 1000000);
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
	        cmocka_unit_test(every_code_becomes_its_sample),
	        cmocka_unit_test(every_sample_becomes_its_code),
	        cmocka_unit_test(sums_are_exact_and_saturate),
	        cmocka_unit_test(thirty_two_of_full_scale_do_not_wrap),
	        cmocka_unit_test(gains_are_decibels),
	        cmocka_unit_test(power_tells_silence_from_speech),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
