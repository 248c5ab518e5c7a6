// SPDX-License-Identifier: BSD-3-Clause
#include "jf_jitter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FRAME     JF_JITTER_FRAME_TICKS
#define SECONDS   50u /* frames */
#define PACKETS   4096u
#define MS        8u
#define FIRST_TS  4294967000u /* wraps soon */
#define CLOCK_NOW 123456u

/* A sender, a network, and a mixer that takes a frame each 20 ms. Times are ticks of 8 kHz. */
struct packet {
	uint32_t at, timestamp, ssrc, length;
	bool marker;
};

struct world {
	struct jf_jitter jitter;
	struct packet packets[PACKETS]; /* by time of arrival */
	uint32_t n;
	uint64_t random;
	bool quiet;
	/* what was heard */
	uint32_t frames, whole, empty, skips, wrong;
	uint32_t last_ms; /* the last millisecond of the source that was heard */
	uint32_t order;   /* milliseconds that were not after the one before */
};

static uint32_t draw(struct world *world, uint32_t below)
{
	world->random = world->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(world->random >> 33) % below;
}

static void prepare(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->random = 1;
	jf_jitter_init(&world->jitter);
}

static int by_arrival(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void send_packet(struct world *world, uint32_t at, uint32_t timestamp, uint32_t length)
{
	assert_true(world->n < PACKETS);
	world->packets[world->n++] = (struct packet){
	        .at = at, .timestamp = FIRST_TS + timestamp, .ssrc = 7, .length = length};
}

/* The octets of a millisecond say which one it is, so that what is heard can be told. */
static void put(struct world *world, const struct packet *packet)
{
	uint8_t octets[2048];

	for (uint32_t i = 0; i < packet->length; i++)
		octets[i] = (uint8_t)((packet->timestamp - FIRST_TS + i) / MS * 7 + i % MS);
	jf_jitter_put(&world->jitter, packet->ssrc, packet->timestamp, packet->marker, packet->at,
	              octets, packet->length);
}

static void hear(struct world *world, const struct jf_jitter_frame *frame)
{
	world->frames++;
	world->whole += frame->present == JF_JITTER_WHOLE;
	world->empty += frame->present == 0;
	world->skips += frame->skipped;
	for (uint32_t ms = 0; ms < 20; ms++) {
		const uint8_t *octets = frame->octets + MS * ms;

		if (!(frame->present & 1u << ms))
			continue;
		for (uint32_t i = 1; i < MS; i++)
			world->wrong += octets[i] != (uint8_t)(octets[0] + i);
		/* 7 is prime to 256: modulo 256 it is known which one; it goes on by few */
		for (uint32_t step = 1; step <= 256; step++) {
			if ((uint8_t)((world->last_ms + step) * 7) == octets[0]) {
				world->order += step > 128;
				world->last_ms += step;
				break;
			}
		}
	}
}

/* So many frames; clock from CLOCK_NOW on; packets that have arrived by then go in first. */
static void run(struct world *world, uint32_t frames)
{
	uint32_t next = 0;

	qsort(world->packets, world->n, sizeof(world->packets[0]), by_arrival);
	world->last_ms = UINT32_MAX;
	for (uint32_t f = 0; f < frames; f++) {
		uint32_t now = CLOCK_NOW + f * FRAME;
		struct jf_jitter_frame frame;

		for (; next < world->n && world->packets[next].at <= now; next++)
			put(world, &world->packets[next]);
		jf_jitter_take(&world->jitter, now, world->quiet, &frame);
		hear(world, &frame);
	}
	assert_int_equal(world->wrong, 0);
}

static void a_steady_stream_is_whole_and_waits_little(void **state)
{
	static const uint32_t lengths[] = {80, 160, 240, 320, 480};
	struct world *world = *state;

	for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
		uint32_t frames = 10 * SECONDS;

		prepare(world);
		for (uint32_t ts = 0; ts < frames * FRAME; ts += lengths[l])
			send_packet(world, CLOCK_NOW + 300 + ts + lengths[l], ts, lengths[l]);
		run(world, frames);
		/* a packet comes when it is complete, so the first frames are empty */
		assert_true(world->whole + world->empty >= frames - 1);
		assert_true(world->empty < 12);
		assert_int_equal(world->order, 0);
		assert_int_equal(world->jitter.counts.late, 0);
		assert_true(jf_jitter_delay(&world->jitter) <= 45 * MS + lengths[l]);
	}
}

static void jitter_is_taken_up_by_delay(void **state)
{
	struct world *world = *state;
	uint32_t frames = 40 * SECONDS;

	/* up to 60 ms, many times a second; reordered where it exceeds 20 ms */
	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
		send_packet(world, CLOCK_NOW + 200 + ts + draw(world, 60 * MS), ts, FRAME);
	run(world, frames);
	assert_int_equal(world->order, 0);
	/* while it learns some are late: after that one in 50 at most */
	assert_true(world->whole >= frames - frames / 50 - 10);
	assert_true(jf_jitter_delay(&world->jitter) >= 55 * MS);
	assert_true(jf_jitter_delay(&world->jitter) <= 100 * MS);
}

static void the_delay_goes_back_when_jitter_is_over(void **state)
{
	struct world *world = *state;
	uint32_t frames = 40 * SECONDS;

	prepare(world);
	world->quiet = true;
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
		send_packet(world,
		            CLOCK_NOW + 200 + ts +
		                    (ts < 10 * SECONDS * FRAME ? draw(world, 100 * MS) : 0),
		            ts, FRAME);
	run(world, frames);
	assert_true(world->jitter.counts.grown > 0);
	assert_true(world->jitter.counts.shrunk >= 3);
	assert_true(jf_jitter_delay(&world->jitter) <= 45 * MS);
	assert_int_equal(world->order, 0);
}

static void loud_music_gets_its_delay_back_too(void **state)
{
	struct world *world = *state;
	uint32_t frames = 60 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
		send_packet(world,
		            CLOCK_NOW + 200 + ts +
		                    (ts < 5 * SECONDS * FRAME ? draw(world, 100 * MS) : 0),
		            ts, FRAME);
	run(world, frames);
	assert_true(world->jitter.counts.shrunk >= 3);
	assert_true(world->skips >= 3); /* each of which is to be blended */
	assert_true(jf_jitter_delay(&world->jitter) <= 45 * MS);
}

static void clock_drift_costs_a_frame_now_and_then(void **state)
{
	struct world *world = *state;

	for (int ppm = -400; ppm <= 400; ppm += 800) {
		uint32_t frames = 80 * SECONDS;

		prepare(world);
		world->quiet = true;
		for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
			send_packet(world,
			            CLOCK_NOW + 200 + ts - (uint32_t)((int64_t)ts * ppm / 1000000),
			            ts, FRAME);
		run(world, frames);
		/* 400 ppm of 80 s are 32 ms: one or two frames left out or put in */
		assert_true(world->whole >= frames - 12);
		assert_true(ppm < 0 ? world->jitter.counts.grown >= 1
		                    : world->jitter.counts.shrunk >= 1);
		assert_true(world->jitter.counts.grown + world->jitter.counts.shrunk <= 5);
		assert_true(jf_jitter_delay(&world->jitter) <= 60 * MS);
		assert_int_equal(world->order, 0);
	}
}

static void a_lost_packet_is_one_missing_frame(void **state)
{
	struct world *world = *state;
	uint32_t frames = 20 * SECONDS, lost = 0;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME) {
		if (ts > FRAME && draw(world, 20) == 0)
			lost++;
		else
			send_packet(world, CLOCK_NOW + 200 + ts, ts, FRAME);
	}
	run(world, frames);
	assert_true(lost > 10);
	assert_in_range(world->frames - world->whole, lost, lost + 4);
	assert_int_equal(world->order, 0);
}

static void reordered_packets_are_heard_in_order(void **state)
{
	struct world *world = *state;
	uint32_t frames = 20 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += 2 * FRAME) {
		send_packet(world, CLOCK_NOW + 200 + ts + FRAME + 8, ts, FRAME);
		send_packet(world, CLOCK_NOW + 200 + ts + FRAME, ts + FRAME, FRAME);
	}
	run(world, frames);
	assert_int_equal(world->order, 0);
	assert_true(world->whole >= frames - 10);
}

static void duplicates_change_nothing(void **state)
{
	struct world *world = *state;
	uint32_t frames = 10 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME) {
		send_packet(world, CLOCK_NOW + 200 + ts, ts, FRAME);
		send_packet(world, CLOCK_NOW + 220 + ts, ts, FRAME);
	}
	run(world, frames);
	assert_true(world->whole >= frames - 6);
	assert_int_equal(world->order, 0);
	assert_int_equal(world->jitter.counts.grown, 0);
}

static void a_pause_of_the_sender_is_no_loss(void **state)
{
	struct world *world = *state;
	uint32_t frames = 30 * SECONDS, sent = 0;

	/* two seconds of speech, three of nothing: timestamps go on with the clock (DTX) */
	prepare(world);
	for (uint32_t ts = 0; ts < (frames - 20) * FRAME; ts += FRAME) {
		if (ts / FRAME % (5 * SECONDS) >= 2 * SECONDS)
			continue;
		send_packet(world, CLOCK_NOW + 200 + ts, ts, FRAME);
		sent++;
	}
	run(world, frames);
	assert_int_equal(world->whole, sent);
	assert_int_equal(world->jitter.counts.late, 0);
	assert_int_equal(world->jitter.counts.restarted, 0);
	assert_true(world->jitter.counts.missing <= 7); /* the first frame of each pause */
}

static void another_source_begins_at_once(void **state)
{
	struct world *world = *state;
	uint32_t frames = 10 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME) {
		bool other = ts >= 4 * SECONDS * FRAME;

		send_packet(world, CLOCK_NOW + 200 + ts, ts, FRAME);
		if (other) {
			world->packets[world->n - 1].ssrc = 99;
			world->packets[world->n - 1].timestamp += 800000;
		}
	}
	run(world, frames);
	assert_int_equal(world->jitter.counts.restarted, 1);
	assert_true(world->whole >= frames - 10);
}

static void a_jump_of_the_timestamp_is_followed_a_stray_is_not(void **state)
{
	struct world *world = *state;
	uint32_t frames = 10 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
		send_packet(world, CLOCK_NOW + 200 + ts,
		            ts < 5 * SECONDS * FRAME ? ts : ts + 1000000, FRAME);
	send_packet(world, CLOCK_NOW + 100 * FRAME, 2000000000, FRAME);
	run(world, frames);
	assert_int_equal(world->jitter.counts.restarted, 1);
	assert_true(world->whole >= frames - 10);
}

static void what_is_far_too_late_is_lost_and_the_delay_has_an_end(void **state)
{
	struct world *world = *state;
	uint32_t frames = 20 * SECONDS;

	prepare(world);
	for (uint32_t ts = 0; ts < frames * FRAME; ts += FRAME)
		send_packet(world, CLOCK_NOW + 200 + ts + draw(world, 400 * MS), ts, FRAME);
	run(world, frames);
	assert_true(world->jitter.counts.late > 0);
	assert_true(jf_jitter_delay(&world->jitter) <= JF_JITTER_DELAY_MAX_MS * MS + FRAME);
}

static void a_mixer_that_stood_still_goes_on_with_what_is_now(void **state)
{
	struct world *world = *state;
	struct jf_jitter_frame frame;
	uint32_t now = CLOCK_NOW, ts = 0;

	prepare(world);
	for (uint32_t f = 0; f < 200; f++, now += FRAME, ts += FRAME) {
		const struct packet packet = {now, FIRST_TS + ts, 7, FRAME, false};

		put(world, &packet);
		if (f >= 100 && f < 150)
			continue; /* a second without a frame */
		jf_jitter_take(&world->jitter, now, false, &frame);
	}
	assert_int_equal(frame.present, JF_JITTER_WHOLE);
	assert_int_equal(frame.octets[0],
	                 (uint8_t)((ts - FRAME - jf_jitter_delay(&world->jitter)) / MS * 7));
}

static void anything_at_all_is_survived(void **state)
{
	struct world *world = *state;
	struct jf_jitter_frame frame;
	static uint8_t octets[65535];

	prepare(world);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t now = CLOCK_NOW + i * (FRAME / 4);
		uint32_t timestamp =
		        draw(world, 10) ? now + draw(world, 4000) - 2000 : draw(world, UINT32_MAX);

		jf_jitter_put(&world->jitter, draw(world, 50) == 0, timestamp, draw(world, 2), now,
		              octets, draw(world, 100) ? draw(world, 500) : draw(world, 65536));
		if (i % 4 == 3)
			jf_jitter_take(&world->jitter, now, draw(world, 2), &frame);
		assert_true(jf_jitter_delay(&world->jitter) <= 10000);
	}
}

static int make_world(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return !*state;
}

static int drop_world(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_steady_stream_is_whole_and_waits_little),
	        cmocka_unit_test(jitter_is_taken_up_by_delay),
	        cmocka_unit_test(the_delay_goes_back_when_jitter_is_over),
	        cmocka_unit_test(loud_music_gets_its_delay_back_too),
	        cmocka_unit_test(clock_drift_costs_a_frame_now_and_then),
	        cmocka_unit_test(a_lost_packet_is_one_missing_frame),
	        cmocka_unit_test(reordered_packets_are_heard_in_order),
	        cmocka_unit_test(duplicates_change_nothing),
	        cmocka_unit_test(a_pause_of_the_sender_is_no_loss),
	        cmocka_unit_test(another_source_begins_at_once),
	        cmocka_unit_test(a_jump_of_the_timestamp_is_followed_a_stray_is_not),
	        cmocka_unit_test(what_is_far_too_late_is_lost_and_the_delay_has_an_end),
	        cmocka_unit_test(a_mixer_that_stood_still_goes_on_with_what_is_now),
	        cmocka_unit_test(anything_at_all_is_survived),
	};

	return cmocka_run_group_tests(tests, make_world, drop_world);
}
