// SPDX-License-Identifier: BSD-3-Clause
#include "jf_energy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_g711.h"

#define LONGEST 1480u

static const enum jf_law laws[] = {JF_LAW_PCMU, JF_LAW_PCMA};

/* From the decoding tables, which are tested against G.711 itself. */
static uint64_t reference(enum jf_law law, const uint8_t *codes, size_t n)
{
	const int16_t *table = jf_g711_decode_table(law);
	int step = law == JF_LAW_PCMA ? 8 : 4;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)((int64_t)table[codes[i]] / step * (table[codes[i]] / step));
	return sum;
}

static void check_ways(enum jf_law law, const uint8_t *codes, size_t n)
{
	uint64_t expected = reference(law, codes, n);
	size_t count;
	const struct jf_energy_way *ways = jf_energy_ways(&count);

	for (size_t w = 0; w < count; w++)
		if (ways[w].usable && ways[w].sum(law, codes, n) != expected)
			fail_msg("%s: law %d, %zu codes", ways[w].name, law, n);
	assert_true(jf_energy_sum(law, codes, n) == expected);
}

static void every_way_agrees_on_every_code_and_length(void **state)
{
	/* exactly as long as it says, so that a sanitizer sees a read past the end */
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		for (size_t n = 0; n <= 256; n++) {
			uint8_t *codes = malloc(n ? n : 1);

			assert_non_null(codes);
			for (size_t i = 0; i < n; i++)
				codes[i] = (uint8_t)(n + 37 * i);
			check_ways(laws[l], codes, n);
			free(codes);
		}
		for (unsigned code = 0; code < 256; code++) {
			uint8_t codes[160];

			memset(codes, (int)code, sizeof(codes));
			check_ways(laws[l], codes, sizeof(codes));
		}
	}
}

static void the_loudest_packet_does_not_overflow(void **state)
{
	uint8_t *codes = malloc(LONGEST);

	(void)state;
	assert_non_null(codes);
	memset(codes, 0x80, LONGEST);
	check_ways(JF_LAW_PCMU, codes, LONGEST);
	memset(codes, 0xaa, LONGEST);
	check_ways(JF_LAW_PCMA, codes, LONGEST);
	free(codes);
}

/* Side by side as one after the other: all loudnesses, both laws, every number of frames. */
static void frames_of_a_burst_have_the_levels_of_single_ones(void **state)
{
	enum { FRAMES = 64 };
	const uint8_t *codes[FRAMES];

	(void)state;
	srandom(7);
	for (unsigned round = 0; round < 200; round++) {
		enum jf_law law = laws[round & 1];
		unsigned n = 1 + round % FRAMES;
		uint8_t levels[FRAMES + 1];

		for (unsigned i = 0; i < n; i++) {
			/* exactly as long as it says, so that a sanitizer sees a read past the end
			 */
			uint8_t *frame = malloc(JF_ENERGY_FRAME);
			uint8_t quietest = (uint8_t)(random() % 129);

			assert_non_null(frame);
			for (unsigned k = 0; k < JF_ENERGY_FRAME; k++) {
				uint8_t code = (uint8_t)(quietest + random() % (129 - quietest));

				code = code > 127 ? 127 : code;
				code |= random() & 0x80;
				frame[k] = law == JF_LAW_PCMA ? code ^ 0x2a : code;
			}
			if (i % 16 == 3)
				memset(frame, law == JF_LAW_PCMA ? 0xd5 : 0xff, JF_ENERGY_FRAME);
			if (i % 16 == 9)
				memset(frame, law == JF_LAW_PCMA ? 0xaa : 0x80, JF_ENERGY_FRAME);
			codes[i] = frame;
		}
		memset(levels, 0xee, sizeof(levels));
		jf_energy_frames(law, codes, n, levels);
		for (unsigned i = 0; i < n; i++) {
			uint64_t sum = reference(law, codes[i], JF_ENERGY_FRAME);

			assert_int_equal(levels[i], jf_energy_level(law, sum, JF_ENERGY_FRAME));
			free((void *)codes[i]);
		}
		assert_int_equal(levels[n], 0xee);
	}
}

static void levels_are_those_of_the_logarithm(void **state)
{
	static const uint32_t lengths[] = {1, 40, 80, 159, 160, 161, 240, 480};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		double full = laws[l] == JF_LAW_PCMA ? 4096.0 : 8192.0;

		for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			uint32_t n = lengths[k];

			for (double sum = n + 1; sum < n * full * full; sum *= 1.01) {
				double exact =
				        -10 * log10((double)(uint64_t)sum / (n * full * full));
				int level = jf_energy_level(laws[l], (uint64_t)sum, n);

				if (fabs(level - exact) > 0.55 && exact < 126)
					fail_msg("n %u sum %f: %d, exactly %f", n, sum, level,
					         exact);
			}
		}
	}
}

static uint8_t level_of(enum jf_law law, const uint8_t *codes, uint32_t n)
{
	return jf_energy_level(law, jf_energy_sum(law, codes, n), n);
}

static void known_signals_have_their_levels(void **state)
{
	uint8_t codes[160];
	int16_t sine[160];

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		memset(codes, jf_g711_silence(laws[l]), sizeof(codes));
		assert_int_equal(level_of(laws[l], codes, 160), JF_ENERGY_SILENCE);
		memset(codes, jf_g711_silence(laws[l]) ^ 0x80, sizeof(codes));
		assert_int_equal(level_of(laws[l], codes, 160), JF_ENERGY_SILENCE);
		assert_int_equal(level_of(laws[l], codes, 0), JF_ENERGY_SILENCE);
		/* a sine of half of full scale: 6.02 + 3.01 dB down */
		for (int i = 0; i < 160; i++)
			sine[i] = (int16_t)lrint(16384 * sin(2 * M_PI * 1000 * i / 8000));
		jf_g711_encode_block(laws[l], sine, 160, codes);
		assert_int_equal(level_of(laws[l], codes, 160), 9);
		/* the loudest code all over */
		memset(codes, laws[l] == JF_LAW_PCMA ? 0xaa : 0x80, sizeof(codes));
		assert_int_equal(level_of(laws[l], codes, 160), 0);
	}
	/* the softest that mu-law can say: one step of 2 in 160 samples */
	memset(codes, 0xff, sizeof(codes));
	codes[7] = 0xfe;
	assert_int_equal(level_of(JF_LAW_PCMU, codes, 160), 94);
}

static int init(void **state)
{
	(void)state;
	jf_energy_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_way_agrees_on_every_code_and_length),
	        cmocka_unit_test(the_loudest_packet_does_not_overflow),
	        cmocka_unit_test(frames_of_a_burst_have_the_levels_of_single_ones),
	        cmocka_unit_test(levels_are_those_of_the_logarithm),
	        cmocka_unit_test(known_signals_have_their_levels),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
