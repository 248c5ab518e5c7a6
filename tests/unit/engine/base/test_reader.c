// SPDX-License-Identifier: BSD-3-Clause
#include "jf_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};

static void numbers_are_big_endian(void **state)
{
	struct jf_reader r = jf_reader_make(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(jf_reader_u8(&r), 1);
	assert_int_equal(jf_reader_u16be(&r), 0x0203);
	assert_int_equal(jf_reader_u32be(&r), 0x04050607);
	assert_int_equal(jf_reader_left(&r), 1);
	assert_false(r.failed);
}

static void reading_past_the_end_gives_zeros_and_sticks(void **state)
{
	struct jf_reader r = jf_reader_make(bytes, 3);

	(void)state;
	assert_int_equal(jf_reader_u32be(&r), 0);
	assert_true(r.failed);
	/* even what would still fit */
	assert_int_equal(jf_reader_u8(&r), 0);
	assert_null(jf_reader_take(&r, 0));
	assert_true(r.failed);
}

static void lengths_cannot_wrap(void **state)
{
	struct jf_reader r = jf_reader_make(bytes, sizeof(bytes));

	(void)state;
	jf_reader_skip(&r, 4);
	assert_null(jf_reader_take(&r, SIZE_MAX));
	assert_true(r.failed);
	assert_ptr_equal(r.at, bytes + 4);
}

static void a_part_cannot_read_beyond_itself(void **state)
{
	struct jf_reader r = jf_reader_make(bytes, sizeof(bytes));
	struct jf_reader part = jf_reader_sub(&r, 3), none;

	(void)state;
	assert_int_equal(jf_reader_u16be(&part), 0x0102);
	assert_int_equal(jf_reader_u16be(&part), 0);
	assert_true(part.failed);
	assert_false(r.failed);
	assert_int_equal(jf_reader_u8(&r), 4);
	none = jf_reader_sub(&r, 5);
	assert_true(none.failed && r.failed);
	assert_int_equal(jf_reader_left(&none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(numbers_are_big_endian),
	        cmocka_unit_test(reading_past_the_end_gives_zeros_and_sticks),
	        cmocka_unit_test(lengths_cannot_wrap),
	        cmocka_unit_test(a_part_cannot_read_beyond_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
