// SPDX-License-Identifier: BSD-3-Clause
#include "jf_g711.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const enum jf_law laws[] = {JF_LAW_PCMU, JF_LAW_PCMA};

/* Points of G.711 tables 1a and 2a, left-justified to 16 bits. */
static void known_codes_have_their_samples(void **state)
{
	const int16_t *u = jf_g711_decode_table(JF_LAW_PCMU),
	              *a = jf_g711_decode_table(JF_LAW_PCMA);

	(void)state;
	assert_int_equal(u[0xff], 0);
	assert_int_equal(u[0x7f], 0);
	assert_int_equal(u[0x80], 4 * 8031);
	assert_int_equal(u[0x00], -4 * 8031);
	assert_int_equal(u[0x8f], 4 * 4191);
	assert_int_equal(u[0xfe], 4 * 2);
	assert_int_equal(u[0xef], 4 * 33);
	assert_int_equal(a[0xd5], 8);
	assert_int_equal(a[0x55], -8);
	assert_int_equal(a[0xaa], 8 * 4032);
	assert_int_equal(a[0x2a], -8 * 4032);
	assert_int_equal(a[0x80], 8 * 688);
}

/* Half the width of the interval that a code stands for, at 16 bits. */
static int half_step(enum jf_law law, uint8_t code)
{
	int segment = (law == JF_LAW_PCMA ? code ^ 0x55 : ~code) >> 4 & 7;

	if (law == JF_LAW_PCMA)
		return 8 << (segment ? segment - 1 : 0);
	return 4 << segment;
}

static void every_sample_is_in_the_interval_of_its_code(void **state)
{
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		const int16_t *table = jf_g711_decode_table(laws[l]);
		int loudest = laws[l] == JF_LAW_PCMA ? 8 * 4032 : 4 * 8031;

		for (int s = -32768; s <= 32767; s++) {
			uint8_t code = jf_g711_encode(laws[l], (int16_t)s);
			int off = abs(table[code] - s);

			if (off > half_step(laws[l], code) && abs(s) < loudest)
				fail_msg("law %d sample %d: code %u is off by %d", laws[l], s, code,
				         off);
			assert_true((code & 0x80) != 0 || s < 0);
		}
		assert_int_equal(table[jf_g711_encode(laws[l], 32767)], loudest);
		assert_int_equal(table[jf_g711_encode(laws[l], -32768)], -loudest);
	}
}

static void every_code_survives_decoding(void **state)
{
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		const int16_t *table = jf_g711_decode_table(laws[l]);

		for (int c = 0; c < 256; c++) {
			uint8_t back = jf_g711_encode(laws[l], table[c]);

			assert_int_equal(table[back], table[c]);
		}
	}
}

static void conversion_is_by_way_of_the_sample(void **state)
{
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		enum jf_law from = laws[l], to = laws[1 - l];
		const int16_t *in = jf_g711_decode_table(from), *out = jf_g711_decode_table(to);

		for (int c = 0; c < 256; c++) {
			uint8_t got, code = (uint8_t)c;

			jf_g711_convert_block(from, to, &code, 1, &got);
			assert_int_equal(abs(out[got]), abs(out[jf_g711_encode(to, in[c])]));
			assert_int_equal(got & 0x80, c & 0x80);
		}
		assert_int_equal(jf_g711_convert_table(from, from)[17], 17);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(known_codes_have_their_samples),
	        cmocka_unit_test(every_sample_is_in_the_interval_of_its_code),
	        cmocka_unit_test(every_code_survives_decoding),
	        cmocka_unit_test(conversion_is_by_way_of_the_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
