// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "jf_g711.h"
#include "jf_time.h"
#include "jf_timeline_priv.h"

#define START   (1000 * JF_NS_PER_S)
#define MS      JF_NS_PER_MS
#define SILENCE 0xff
#define ROOM    (60u * 8000)

/* A recording as it would be on disk: both sides, apart. */
struct recording {
	struct jf_block_pool pool;
	struct jf_timeline t;
	uint8_t side[2][ROOM];
	uint8_t kind[2][ROOM];
	uint32_t samples;
};

/* The oldest block, or what of it is before end. */
static void take(struct recording *r, int64_t end)
{
	struct jf_block *block = jf_timeline_take(&r->t);

	for (uint32_t i = 0; i < JF_BLOCK_TICKS && r->samples < end; i++, r->samples++)
		for (uint32_t side = 0; side < 2; side++) {
			uint32_t at = side * JF_BLOCK_TICKS + i;

			r->side[side][r->samples] = block ? block->bytes[at] : SILENCE;
			r->kind[side][r->samples] =
			        block && block->kinds ? block->kinds->bytes[at] : JF_BLOCK_CODE;
		}
	jf_block_give(&r->pool, block);
}

static void take_due(struct recording *r, uint64_t now_ns)
{
	while (jf_timeline_due(&r->t, now_ns))
		take(r, INT64_MAX);
}

static void begin(struct recording *r, uint8_t law, bool is_linear)
{
	const struct jf_timeline_file file = {START, law, is_linear};

	jf_timeline_init(&r->t, &r->pool, &file);
}

static int set_up(void **state)
{
	struct recording *r = calloc(1, sizeof(*r));

	*state = r;
	begin(r, JF_LAW_PCMU, false);
	return jf_block_pool_init(&r->pool, 16 * JF_BLOCK_BYTES);
}

static int tear_down(void **state)
{
	struct recording *r = *state;

	jf_block_pool_destroy(&r->pool);
	free(r);
	return 0;
}

/* What packet n of a stream carries: never silence, different in each sample and packet. */
static uint8_t code(uint32_t packet, uint32_t i)
{
	return (uint8_t)((packet * 37 + i) % 251);
}

static void packet_of(struct recording *r, uint8_t side, uint32_t ssrc, uint32_t timestamp,
                      uint32_t n, uint64_t at_ns)
{
	uint8_t payload[160];
	const struct jf_timeline_audio audio = {
	        .side = side,
	        .codec = JF_CODEC_PCMU,
	        .length = sizeof(payload),
	        .ssrc = ssrc,
	        .timestamp = timestamp,
	        .arrival_ns = at_ns,
	        .payload = payload,
	};

	for (uint32_t i = 0; i < sizeof(payload); i++)
		payload[i] = code(n, i);
	take_due(r, at_ns);
	jf_timeline_place(&r->t, &audio);
}

/* Packet n of the ordinary stream, timestamps from 0xffffff00 on: they wrap early. */
static void packet(struct recording *r, uint8_t side, uint32_t n, uint64_t at_ns)
{
	packet_of(r, side, 0x1000u + side, 0xffffff00u + 160 * n, n, at_ns);
}

static void end(struct recording *r, uint64_t at_ns)
{
	int64_t last = jf_timeline_end(&r->t, at_ns);

	while (r->samples < last)
		take(r, last);
}

static void assert_packet(const struct recording *r, uint8_t side, uint32_t n, uint32_t position)
{
	for (uint32_t i = 0; i < 160; i++)
		if (r->side[side][position + i] != code(n, i))
			fail_msg("side %u, packet %u: sample %u is %u instead of %u", side, n,
			         position + i, r->side[side][position + i], code(n, i));
}

static void assert_silence(const struct recording *r, uint8_t side, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (r->side[side][i] != SILENCE)
			fail_msg("side %u: sample %u is not silence", side, i);
}

static void both_sides_stand_where_they_arrived(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 500; n++) { /* ten seconds; the agent 300 ms later */
		packet(r, 0, n, START + n * 20 * MS);
		if (n >= 15)
			packet(r, 1, n, START + n * 20 * MS);
	}
	end(r, START + 10000 * MS);
	assert_int_equal(r->samples, 80000);
	for (uint32_t n = 0; n < 500; n++)
		assert_packet(r, 0, n, 160 * n);
	for (uint32_t n = 15; n < 500; n++)
		assert_packet(r, 1, n, 160 * n);
	assert_silence(r, 1, 0, 15 * 160);
	assert_int_equal(r->t.late[0] + r->t.late[1], 0);
}

static void jitter_does_not_move_audio(void **state)
{
	struct recording *r = *state;
	uint64_t last = 0;

	srandom(1);
	for (uint32_t n = 0; n < 500; n++) {
		uint64_t at = START + n * 20 * MS + (n ? (uint64_t)random() % (60 * MS) : 0);

		last = at > last ? at : last;
		packet(r, 0, n, last);
	}
	end(r, START + 10000 * MS);
	for (uint32_t n = 0; n < 500; n++)
		assert_packet(r, 0, n, 160 * n);
}

static void a_late_first_packet_does_not_shift_the_side(void **state)
{
	struct recording *r = *state;

	packet(r, 0, 0, START + 70 * MS); /* sent at 0, like clockwork afterwards */
	packet(r, 0, 1, START + 75 * MS);
	packet(r, 0, 2, START + 80 * MS);
	for (uint32_t n = 3; n < 200; n++)
		packet(r, 0, n, START + (n * 20 + 5) * MS);
	end(r, START + 4000 * MS);
	for (uint32_t n = 0; n < 200; n++)
		assert_packet(r, 0, n, 160 * n + 40);
	assert_silence(r, 0, 0, 40);
}

static void gaps_are_silence(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 300; n++)
		if (n < 50 || (n >= 60 && n < 100) || n >= 250) /* loss, and three seconds of DTX */
			packet(r, 0, n, START + n * 20 * MS);
	end(r, START + 6000 * MS);
	for (uint32_t n = 0; n < 300; n++) {
		if (n < 50 || (n >= 60 && n < 100) || n >= 250)
			assert_packet(r, 0, n, 160 * n);
		else
			assert_silence(r, 0, 160 * n, 160 * n + 160);
	}
}

static void order_and_repetition_do_not_matter(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 400; n += 4) {
		uint64_t at = START + (n + 3) * 20 * MS;

		if (!n)
			packet(r, 0, 0, START);
		packet(r, 0, n + 3, at);
		packet(r, 0, n + 1, at);
		packet(r, 0, n + 2, at);
		packet(r, 0, n, at);
		packet(r, 0, n + 1, at);
	}
	end(r, START + 8000 * MS);
	assert_int_equal(r->samples, 64000);
	for (uint32_t n = 0; n < 400; n++)
		assert_packet(r, 0, n, 160 * n);
	assert_int_equal(r->t.late[0], 0);
}

static void what_comes_too_late_is_counted(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 200; n++)
		if (n != 10)
			packet(r, 0, n, START + n * 20 * MS);
	packet(r, 1, 0, START + 4000 * MS);
	packet_of(r, 0, 0x1000, 0xffffff00u + 160 * 101, 101, START + 4000 * MS); /* 1.98 s old */
	assert_int_equal(r->t.late[0], 1);
	end(r, START + 4000 * MS);
	assert_silence(r, 0, 1600, 1760);
	assert_packet(r, 0, 101, 16160);
}

static void another_ssrc_is_placed_by_its_arrival(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 100; n++)
		packet_of(r, 0, 1, 5000 + 160 * n, n, START + n * 20 * MS);
	for (uint32_t n = 100; n < 200; n++) /* 40 ms later, other SSRC and time base */
		packet_of(r, 0, 2, 0x80000000u + 160 * n, n, START + (n * 20 + 40) * MS);
	end(r, START + 5000 * MS);
	for (uint32_t n = 0; n < 100; n++)
		assert_packet(r, 0, n, 160 * n);
	for (uint32_t n = 100; n < 200; n++)
		assert_packet(r, 0, n, 160 * n + 320);
}

static void a_jump_of_the_timestamp_is_placed_by_arrival(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 100; n++)
		packet_of(r, 0, 1, 160 * n, n, START + n * 20 * MS);
	for (uint32_t n = 100; n < 200; n++)
		packet_of(r, 0, 1, 0x40000000u + 160 * n, n, START + n * 20 * MS);
	end(r, START + 4000 * MS);
	for (uint32_t n = 0; n < 200; n++)
		assert_packet(r, 0, n, 160 * n);
}

static void one_wild_packet_moves_nothing_else(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 200; n++)
		packet_of(r, 0, 1, n == 77 ? 0xdeadbeef : 160 * n, n, START + n * 20 * MS);
	end(r, START + 4000 * MS);
	for (uint32_t n = 0; n < 200; n++)
		assert_packet(r, 0, n, 160 * n);
}

static void another_clock_stays_aligned(void **state)
{
	struct recording *r = *state;
	uint8_t wanted[160];
	const uint8_t *at;

	for (uint32_t n = 0; n < 2500; n++) /* 50 s from a sender 1,000 ppm slow */
		packet(r, 0, n, START + n * 20 * MS + n * 20000);
	end(r, START + 50050 * MS);
	for (uint32_t i = 0; i < 160; i++)
		wanted[i] = code(2490, i);
	at = memmem(r->side[0] + 2300 * 160, 300 * 160, wanted, sizeof(wanted));
	assert_non_null(at);
	/* sent at 49.8 s of its own clock, 49.85 s of ours */
	assert_in_range(at - r->side[0], 49850 * 8 - 160, 49850 * 8 + 160);
}

static void the_other_law_is_converted(void **state)
{
	struct recording *r = *state;
	uint8_t payload[160];
	const struct jf_timeline_audio audio = {.side = 1,
	                                        .codec = JF_CODEC_PCMA,
	                                        .length = sizeof(payload),
	                                        .ssrc = 1,
	                                        .arrival_ns = START,
	                                        .payload = payload};

	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)i;
	jf_timeline_place(&r->t, &audio);
	end(r, START + 20 * MS);
	for (unsigned i = 0; i < sizeof(payload); i++)
		assert_int_equal(r->side[1][i], jf_g711_convert_table(JF_LAW_PCMA, JF_LAW_PCMU)[i]);
}

static void silence_alone_grows_with_time(void **state)
{
	struct recording *r = *state;

	for (uint32_t s = 1; s <= 20; s++)
		take_due(r, START + s * 1000 * MS);
	assert_in_range(r->samples, 16 * 8000, 19 * 8000);
	end(r, START + 20000 * MS);
	assert_int_equal(r->samples, 160000);
	assert_silence(r, 0, 0, 160000);
	assert_silence(r, 1, 0, 160000);
}

static void a_long_stall_of_the_writer_loses_nothing_that_is_held(void **state)
{
	struct recording *r = *state;

	for (uint32_t n = 0; n < 50; n++)
		packet(r, 0, n, START + n * 20 * MS);
	/* nothing for 30 s, nobody took anything away meanwhile */
	for (uint32_t n = 1500; n < 1550; n++)
		packet(r, 0, n, START + n * 20 * MS);
	end(r, START + 31000 * MS);
	assert_int_equal(r->samples, 31 * 8000);
	for (uint32_t n = 0; n < 50; n++)
		assert_packet(r, 0, n, 160 * n);
	assert_silence(r, 0, 50 * 160, 1500 * 160);
	for (uint32_t n = 1500; n < 1550; n++)
		assert_packet(r, 0, n, 160 * n);
}

static void what_finds_no_block_is_lost_and_silent(void **state)
{
	struct recording *r = *state;
	struct jf_block *others = NULL;

	for (uint32_t n = 0; n < 10; n++)
		packet(r, 0, n, START + n * 20 * MS);
	for (struct jf_block *b; (b = jf_block_take(&r->pool, 0));) { /* all other calls */
		b->next = others;
		others = b;
	}
	for (uint32_t n = 10; n < 150; n++)
		packet(r, 0, n, START + n * 20 * MS);
	assert_int_equal(r->t.lost[0], 150 - 102); /* one began in the first block */
	assert_int_equal(r->t.lost[1], 0);
	while (others) {
		struct jf_block *next = others->next;

		jf_block_give(&r->pool, others);
		others = next;
	}
	for (uint32_t n = 150; n < 200; n++)
		packet(r, 0, n, START + n * 20 * MS);
	end(r, START + 4000 * MS);
	for (uint32_t n = 0; n < 200; n++) {
		if (n < 102 || n >= 150)
			assert_packet(r, 0, n, 160 * n);
		else if (n > 102)
			assert_silence(r, 0, 160 * n, 160 * n + 160);
	}
	assert_int_equal(r->t.lost[0], 48);
	assert_int_equal(r->pool.n_used, 0);
}

static void what_was_coded_otherwise_is_marked(void **state)
{
	static const uint8_t codecs[] = {JF_CODEC_G722, JF_CODEC_PCMA, JF_CODEC_PCMU,
	                                 JF_CODEC_G722};
	static const uint8_t kinds[] = {JF_BLOCK_G722, JF_BLOCK_OTHER, JF_BLOCK_CODE,
	                                JF_BLOCK_G722};
	struct recording *r = *state;
	uint8_t payload[160];

	begin(r, JF_LAW_PCMU, true);
	memset(payload, 0x33, sizeof(payload));
	for (uint32_t n = 0; n < 200; n++) {
		const struct jf_timeline_audio audio = {
		        .side = 1,
		        .codec = codecs[n % 4],
		        .length = sizeof(payload),
		        .ssrc = 1,
		        .timestamp = 160 * n,
		        .arrival_ns = START + n * 20 * MS + (n ? 0 : 15 * MS), /* moves them */
		        .payload = payload,
		};

		take_due(r, audio.arrival_ns);
		if (n < 100 || n >= 110)
			jf_timeline_place(&r->t, &audio);
	}
	end(r, START + 4000 * MS);
	for (uint32_t n = 0; n < 200; n++)
		for (uint32_t i = 0; i < 160; i++) {
			bool is_there = n < 100 || n >= 110;

			assert_int_equal(r->kind[1][160 * n + i],
			                 is_there ? kinds[n % 4] : JF_BLOCK_CODE);
			assert_int_equal(r->side[1][160 * n + i], is_there ? 0x33 : SILENCE);
			assert_int_equal(r->kind[0][160 * n + i], JF_BLOCK_CODE);
		}
	assert_int_equal(r->pool.n_used, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        T(both_sides_stand_where_they_arrived),
	        T(jitter_does_not_move_audio),
	        T(a_late_first_packet_does_not_shift_the_side),
	        T(gaps_are_silence),
	        T(order_and_repetition_do_not_matter),
	        T(what_comes_too_late_is_counted),
	        T(another_ssrc_is_placed_by_its_arrival),
	        T(a_jump_of_the_timestamp_is_placed_by_arrival),
	        T(one_wild_packet_moves_nothing_else),
	        T(another_clock_stays_aligned),
	        T(the_other_law_is_converted),
	        T(silence_alone_grows_with_time),
	        T(what_finds_no_block_is_lost_and_silent),
	        T(what_was_coded_otherwise_is_marked),
	        T(a_long_stall_of_the_writer_loses_nothing_that_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
