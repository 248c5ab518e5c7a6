// SPDX-License-Identifier: BSD-3-Clause
/* What stands in the files: sound as it was spoken, whatever carried it, and packets as they came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jf_capture_priv.h"
#include "jf_g711.h"
#include "jf_render_priv.h"

#define TICKS JF_BLOCK_TICKS

static struct jf_block_pool pool;
static struct jf_render render_state;
static uint8_t out[JF_RENDER_LINEAR_BYTES * TICKS];

static int set_up(void **state)
{
	(void)state;
	return jf_block_pool_init(&pool, 16 * JF_BLOCK_BYTES);
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(pool.n_used, 0);
	jf_block_pool_destroy(&pool);
	return 0;
}

static double tone(uint32_t i, uint32_t rate, double hz)
{
	return 8000 * sin(2 * M_PI * hz * i / rate);
}

/* The power of a frequency among so many samples, as a share of a tone of that amplitude. */
static double share_of(const int16_t *samples, uint32_t n, uint32_t step, double hz, double rate)
{
	double re = 0, im = 0;

	for (uint32_t i = 0; i < n; i++) {
		re += samples[i * step] * cos(2 * M_PI * hz * i / rate);
		im += samples[i * step] * sin(2 * M_PI * hz * i / rate);
	}
	return 2 * sqrt(re * re + im * im) / n / 8000;
}

static struct jf_block *block_of(uint8_t silence)
{
	struct jf_block *block = jf_block_take(&pool, 0);

	memset(block->bytes, silence, JF_BLOCK_BYTES);
	return block;
}

static void set_kind(struct jf_block *block, uint32_t side, uint32_t from, uint32_t n,
                     enum jf_block_kind kind)
{
	if (!block->kinds) {
		block->kinds = jf_block_take(&pool, 0);
		memset(block->kinds->bytes, JF_BLOCK_CODE, JF_BLOCK_BYTES);
	}
	memset(block->kinds->bytes + side * TICKS + from, kind, n);
}

/* A tone through a G.722 encoder. */
static void put_g722(struct jf_block *block, uint32_t side, double hz)
{
	static int16_t wide[2 * TICKS];
	struct jf_g722_encoder encoder;

	for (uint32_t i = 0; i < 2 * TICKS; i++)
		wide[i] = (int16_t)tone(i, 16000, hz);
	jf_g722_encoder_init(&encoder, JF_G722_WIDE);
	jf_g722_encode(&encoder, wide, TICKS, block->bytes + side * TICKS);
	set_kind(block, side, 0, TICKS, JF_BLOCK_G722);
}

static void g711_stands_side_by_side_as_it_came(void **state)
{
	struct jf_block *block = block_of(0xff);

	(void)state;
	for (uint32_t i = 0; i < JF_BLOCK_BYTES; i++)
		block->bytes[i] = (uint8_t)(i * 7 + i / 256);
	jf_render_init(&render_state, JF_LAW_PCMU, false);
	jf_render_block(&render_state, block, TICKS - 5, out); /* an odd end */
	for (uint32_t i = 0; i < TICKS - 5; i++) {
		assert_int_equal(out[2 * i], block->bytes[i]);
		assert_int_equal(out[2 * i + 1], block->bytes[TICKS + i]);
	}
	jf_render_block(&render_state, NULL, 10, out);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(out[i], 0xff);
	jf_block_give(&pool, block);
}

static void wideband_and_narrowband_meet_at_16_khz(void **state)
{
	struct jf_block *block = block_of(0xff);
	const int16_t *samples = (const int16_t *)out;

	(void)state;
	/* Left: 5,000 Hz, which only wideband carries. Right: 1,000 Hz, A-law within mu-law. */
	put_g722(block, 0, 5000);
	for (uint32_t i = 0; i < TICKS; i++) {
		bool is_other = i / 160 % 2;

		block->bytes[TICKS + i] = jf_g711_encode(is_other ? JF_LAW_PCMA : JF_LAW_PCMU,
		                                         (int16_t)tone(i, 8000, 1000));
		if (is_other)
			set_kind(block, 1, i, 1, JF_BLOCK_OTHER);
	}
	jf_render_init(&render_state, JF_LAW_PCMU, true);
	jf_render_block(&render_state, block, TICKS, out);
	assert_in_range(100 * share_of(samples + 2000, 4000, 2, 5000, 16000), 85, 110);
	assert_in_range(100 * share_of(samples + 2001, 4000, 2, 1000, 16000), 95, 105);
	assert_in_range(100 * share_of(samples + 2001, 4000, 2, 7000, 16000), 0, 1); /* its image */
	assert_in_range(100 * share_of(samples + 2001, 4000, 2, 5000, 16000), 0, 1); /* the other */
	jf_block_give(&pool, block);
}

static void g722_is_heard_in_a_g711_file(void **state)
{
	struct jf_block *block = block_of(0xd5);
	static int16_t left[TICKS], right[TICKS];

	(void)state;
	put_g722(block, 1, 1000);
	jf_render_init(&render_state, JF_LAW_PCMA, false);
	jf_render_block(&render_state, block, TICKS, out);
	for (uint32_t i = 0; i < TICKS; i++) {
		left[i] = jf_g711_decode_table(JF_LAW_PCMA)[out[2 * i]];
		right[i] = jf_g711_decode_table(JF_LAW_PCMA)[out[2 * i + 1]];
	}
	assert_in_range(100 * share_of(right + 1000, 4000, 1, 1000, 8000), 85, 110);
	assert_in_range(100 * share_of(left + 1000, 4000, 1, 1000, 8000), 0, 1);
	jf_block_give(&pool, block);
}

static uint32_t word(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The blocks of a pcapng file are linked both ways; gives how many there are of a type. */
static uint32_t blocks_of(const uint8_t *file, size_t length, uint32_t type)
{
	uint32_t n = 0;

	while (length) {
		uint32_t size = word(file + 4);

		assert_in_range(size, 12, length);
		assert_int_equal(size % 4, 0);
		assert_int_equal(word(file + size - 4), size);
		n += word(file) == type;
		file += size;
		length -= size;
	}
	return n;
}

static void packets_are_kept_whole_under_headers_of_their_own(void **state)
{
	const struct jf_tap_flow v4 = {.family = 4,
	                               .remote = {10, 1, 2, 3},
	                               .local = {10, 77, 0, 1},
	                               .remote_port = 4000,
	                               .local_port = 16384};
	const struct jf_tap_flow v6 = {.family = 6,
	                               .remote = {0xfd, [15] = 2},
	                               .local = {0xfd, [15] = 1},
	                               .remote_port = 4000,
	                               .local_port = 16384};
	uint8_t file[4096], rtp[173];
	size_t length = jf_capture_head(file), at;

	(void)state;
	assert_in_range(length, 1, JF_CAPTURE_HEAD_MAX);
	for (uint32_t i = 0; i < sizeof(rtp); i++)
		rtp[i] = (uint8_t)i;
	for (uint16_t n = 170; n < 173; n++) {
		const struct jf_capture_packet packet = {.side = 1,
		                                         .length = n,
		                                         .at_ns = 0x123456789abcdef0,
		                                         .rtp = rtp,
		                                         .flow = n % 2 ? &v6 : &v4};
		size_t size = jf_capture_packet(&packet, file + length);
		const uint8_t *ip = file + length + 28;

		assert_in_range(size, n, n + JF_CAPTURE_OVERHEAD);
		assert_int_equal(word(file + length + 8), 1); /* from the agent */
		assert_int_equal(word(file + length + 12), 0x12345678);
		assert_int_equal(ip[0] >> 4, n % 2 ? 6 : 4);
		assert_memory_equal(ip + (n % 2 ? 48 : 28), rtp, n);
		length += size;
	}
	at = length;
	jf_capture_loss(0, 1, 77, file + at);
	length += JF_CAPTURE_LOSS_SIZE;
	assert_int_equal(word(file + at + 24), 77);
	assert_int_equal(blocks_of(file, length, 0x0a0d0d0a), 1);
	assert_int_equal(blocks_of(file, length, 1), 2);
	assert_int_equal(blocks_of(file, length, 6), 3);
	assert_int_equal(blocks_of(file, length, 5), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        T(g711_stands_side_by_side_as_it_came),
	        T(wideband_and_narrowband_meet_at_16_khz),
	        T(g722_is_heard_in_a_g711_file),
	        T(packets_are_kept_whole_under_headers_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
