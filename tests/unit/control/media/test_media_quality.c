// SPDX-License-Identifier: BSD-3-Clause
/* What is told of a stream beside its counters: RTCP, the worst stretch, where the party is. */
#include "media_lab.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct jf_media_stream look(struct jf_media_ref ref)
{
	struct jf_media_stream stream;

	assert_int_equal(jf_media_stream(media, ref, &stream), 0);
	return stream;
}

static struct jf_media_ref opened(void)
{
	struct pair p = pair_open();

	assert_int_equal(jf_media_remote(media, p.caller, &remote), 0);
	live(50);
	return p.caller;
}

static void reports_of_the_party_are_shown(void **state)
{
	struct jf_media_ref ref = opened();
	struct jf_media_stream stream = look(ref);

	(void)state;
	assert_true(stream.round_trip_ms < 0);
	assert_false(stream.remote_reported);
	fake_rtcp(&fake, ref.index, 45500, 3, now_ns);
	stream = look(ref);
	assert_true(fabs(stream.round_trip_ms - 45.5) < 0.001);
	assert_true(stream.remote_reported);
	assert_int_equal(stream.remote_lost, 3);
	assert_true(fabs(stream.remote_jitter_ms - 5) < 0.001);
	assert_true(stream.rtcp_last_ns == now_ns);
	fake_rtcp(&fake, ref.index, 0, -2, now_ns); /* duplicates */
	stream = look(ref);
	assert_int_equal(stream.remote_lost, 0);
	assert_true(stream.round_trip_ms == 0);
}

static void a_new_dataplane_takes_nothing_away(void **state)
{
	struct jf_media_ref ref = opened();
	struct jf_media_stream stream;

	(void)state;
	fake_media(&fake, ref.index, 10, now_ns);
	fake_rtcp(&fake, ref.index, 20000, 3, now_ns);
	live(50);
	fake_stop(&fake);
	live(1200);
	stream = look(ref);
	assert_int_equal(stream.loss_runs, 1);
	assert_true(fabs(stream.round_trip_ms - 20) < 0.001);
	fake_start(&fake, segment, now_ns);
	live(300);
	fake_media(&fake, ref.index, 10, now_ns);
	stream = look(ref);
	assert_int_equal(stream.loss_runs, 2);
	assert_int_equal(stream.rtcp_received, 1);
	assert_int_equal(stream.rtcp_sent, 2);
	assert_int_equal(stream.remote_lost, 3);
	assert_true(stream.remote_reported);
	assert_true(fabs(stream.round_trip_ms - 20) < 0.001); /* until it is measured anew */
	fake_rtcp(&fake, ref.index, 30000, 4, now_ns);
	stream = look(ref);
	assert_int_equal(stream.remote_lost, 7);
	assert_true(fabs(stream.round_trip_ms - 30) < 0.001);
}

/* n packets and one loss each second. */
static void seconds(struct jf_media_ref ref, unsigned count, uint64_t packets)
{
	for (unsigned i = 0; i < count; i++) {
		fake_media(&fake, ref.index, packets, now_ns);
		live(1000);
	}
}

static void the_worst_ten_seconds_are_kept(void **state)
{
	struct jf_media_ref ref = opened();
	double good, bad;

	(void)state;
	assert_true(look(ref).mos_min == 0);
	seconds(ref, 40, 5000);
	good = look(ref).mos_min;
	assert_true(good > 4.35);
	seconds(ref, 20, 4); /* a fifth is lost */
	bad = look(ref).mos_min;
	assert_true(bad > 1 && bad < 3);
	seconds(ref, 40, 5000);
	assert_true(look(ref).mos_min == bad);
	fake_stop(&fake);
	live(1200);
	fake_start(&fake, segment, now_ns);
	live(300);
	seconds(ref, 40, 5000);
	assert_true(look(ref).mos_min == bad);
}

static void a_party_that_was_learned_stands_where_it_is(void **state)
{
	struct jf_media_remote behind_nat = remote;
	struct jf_media_ref ref = opened();
	struct jf_slot_identity *slot = slot_of(ref);
	struct jf_media_stream stream = look(ref);

	(void)state;
	assert_false(stream.learns || stream.learned);
	behind_nat.learn = true;
	behind_nat.negotiation = 2;
	jf_media_remote(media, ref, &behind_nat);
	live(50);
	stream = look(ref);
	assert_true(stream.learns && !stream.learned);
	assert_int_equal(stream.remote.port, remote.rtp.port);
	jf_seq_write_begin(&slot->seq);
	slot->latch = JF_LATCH_LOCKED;
	slot->remote_family = 4;
	memcpy(slot->remote_ip, "\xc0\0\2\7", 4);
	slot->rtp_port = 61000;
	jf_seq_write_end(&slot->seq);
	stream = look(ref);
	assert_true(stream.learned);
	assert_int_equal(stream.remote.port, 61000);
	assert_memory_equal(stream.remote.ip, "\xc0\0\2\7", 4);
	assert_int_equal(stream.signalled.port, remote.rtp.port);
}

static void endpoints_are_named_one_by_one(void **state)
{
	struct pair p = pair_open();
	struct jf_media_ref ref;
	struct jf_call_id of;
	uint32_t cursor = 0;
	unsigned found = 0;

	(void)state;
	while (jf_media_next(media, &cursor, &ref, &of)) {
		assert_true(ref.index == p.caller.index || ref.index == p.agent.index);
		assert_true(jf_call_id_equal(&of, &call));
		found++;
	}
	assert_int_equal(found, 2);
	assert_false(jf_media_next(media, &cursor, &ref, &of));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(reports_of_the_party_are_shown),
	        TEST(a_new_dataplane_takes_nothing_away),
	        TEST(the_worst_ten_seconds_are_kept),
	        TEST(a_party_that_was_learned_stands_where_it_is),
	        TEST(endpoints_are_named_one_by_one),
	};

	return cmocka_run_group_tests_name("media-quality", tests, NULL, NULL);
}
