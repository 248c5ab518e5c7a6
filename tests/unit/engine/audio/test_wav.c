// SPDX-License-Identifier: BSD-3-Clause
#include "jf_wav.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct jf_wav_format formats[] = {
        {JF_WAV_PCM16, 1}, {JF_WAV_PCM16, 2}, {JF_WAV_PCMU, 1},
        {JF_WAV_PCMU, 2},  {JF_WAV_PCMA, 1},  {JF_WAV_PCMA, 2},
};

/* Parses a copy that is exactly as long as it says, so that a sanitizer sees a read past it. */
static int parse(const uint8_t *file, size_t length, struct jf_wav *ret_wav)
{
	uint8_t *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, file, length);
	err = jf_wav_parse(copy, length, ret_wav);
	free(copy);
	return err;
}

static void what_is_written_is_read_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6; i++) {
		uint8_t file[JF_WAV_HEADER_MAX + 400] = {0};
		size_t size = jf_wav_header(&formats[i], 100, file);
		struct jf_wav wav;

		assert_int_equal(size, jf_wav_header_size(&formats[i]));
		assert_int_equal(size % 2, 0);
		assert_int_equal(parse(file, size + 100 * jf_wav_frame_size(&formats[i]), &wav), 0);
		assert_int_equal(wav.format.coding, formats[i].coding);
		assert_int_equal(wav.format.channels, formats[i].channels);
		assert_int_equal(wav.data_offset, size);
		assert_int_equal(wav.data_length, 100 * jf_wav_frame_size(&formats[i]));
	}
}

/* The bytes that any player expects: stereo mu-law, one second. */
static void the_header_is_the_one_that_players_know(void **state)
{
	static const uint8_t expected[58] = {
	        'R', 'I',  'F',  'F', 0xb2, 0x3e, 0,   0,   'W', 'A',  'V',  'E', 'f', 'm',  't',
	        ' ', 18,   0,    0,   0,    7,    0,   2,   0,   0x40, 0x1f, 0,   0,   0x80, 0x3e,
	        0,   0,    2,    0,   8,    0,    0,   0,   'f', 'a',  'c',  't', 4,   0,    0,
	        0,   0x40, 0x1f, 0,   0,    'd',  'a', 't', 'a', 0x80, 0x3e, 0,   0};
	uint8_t header[JF_WAV_HEADER_MAX];

	(void)state;
	assert_int_equal(jf_wav_header(&formats[3], 8000, header), 58);
	assert_memory_equal(header, expected, 58);
}

static void sizes_stop_at_32_bits(void **state)
{
	uint8_t header[JF_WAV_HEADER_MAX];

	(void)state;
	jf_wav_header(&formats[3], UINT64_C(1) << 40, header);
	assert_int_equal(header[57], 0xff);
	assert_int_equal(header[7], 0xff);
}

static void a_file_cut_off_plays_as_far_as_it_goes(void **state)
{
	uint8_t file[JF_WAV_HEADER_MAX + 100] = {0};
	size_t size = jf_wav_header(&formats[1], 100, file);
	struct jf_wav wav;

	(void)state;
	assert_int_equal(parse(file, size + 42, &wav), 0);
	assert_int_equal(wav.data_length, 40);
	assert_int_equal(parse(file, size + 3, &wav), -ENODATA);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(parse(file, cut, &wav), -EINVAL);
}

static void other_chunks_are_skipped(void **state)
{
	uint8_t file[200] = {0}, header[JF_WAV_HEADER_MAX];
	struct jf_wav wav;

	(void)state;
	jf_wav_header(&formats[2], 10, header);
	memcpy(file, header, 12);
	memcpy(file + 12, "LIST\x05\0\0\0abcde", 14); /* odd: padded */
	memcpy(file + 26, header + 12, 46);
	assert_int_equal(parse(file, 82, &wav), 0);
	assert_int_equal(wav.data_offset, 72);
	assert_int_equal(wav.data_length, 10);
	/* a chunk longer than the file */
	memset(file + 16, 0xff, 4);
	assert_int_equal(parse(file, 82, &wav), -EINVAL);
}

static void what_is_not_served_is_told_apart_from_damage(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		int err;
	} changes[] = {
	        {20, 3, -ENOTSUP},    /* float */
	        {22, 3, -ENOTSUP},    /* three channels */
	        {22, 0, -ENOTSUP},    /* none */
	        {24, 0x41, -ENOTSUP}, /* 8,001 Hz */
	        {34, 24, -ENOTSUP},   /* 24 bits */
	        {32, 4, -EINVAL},     /* frame size that is not channels * width */
	        {12, 'F', -EINVAL},   /* data without a format */
	        {0, 'X', -EINVAL},    {8, 'X', -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t file[JF_WAV_HEADER_MAX + 100] = {0};
		size_t size = jf_wav_header(&formats[0], 10, file);
		struct jf_wav wav = {.data_offset = 99};

		file[changes[i].offset] = changes[i].value;
		assert_int_equal(parse(file, size + 20, &wav), changes[i].err);
		assert_int_equal(wav.data_offset, 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_written_is_read_again),
	        cmocka_unit_test(the_header_is_the_one_that_players_know),
	        cmocka_unit_test(sizes_stop_at_32_bits),
	        cmocka_unit_test(a_file_cut_off_plays_as_far_as_it_goes),
	        cmocka_unit_test(other_chunks_are_skipped),
	        cmocka_unit_test(what_is_not_served_is_told_apart_from_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
