// SPDX-License-Identifier: BSD-3-Clause
#include "jf_stream_json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct jf_media_stream stream;
static json_t *json;

static int set_up(void **state)
{
	(void)state;
	stream = (struct jf_media_stream){.codec = JF_CODEC_PCMU, .round_trip_ms = -1};
	json = NULL;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(json);
	return 0;
}

static json_t *member(const char *key)
{
	return json_object_get(json, key);
}

static bool is_about(const json_t *value, double about)
{
	return json_is_number(value) && fabs(json_number_value(value) - about) < 1e-9;
}

static void a_stream_that_has_not_begun_has_no_quality(void **state)
{
	(void)state;
	json = jf_stream_json(&stream);
	assert_int_equal(json_integer_value(member("packets")), 0);
	assert_null(member("jitter_buffer"));
	assert_true(is_about(member("loss"), 0));
	assert_true(is_about(member("burst_ratio"), 1));
	assert_null(member("mos"));
	assert_null(member("round_trip_ms"));
	assert_null(member("reported"));
	assert_null(member("srtp"));
}

static void losses_and_delay_are_rated(void **state)
{
	(void)state;
	stream.packets = 981; /* one of them twice */
	stream.duplicates = 1;
	stream.lost = 20;
	stream.loss_runs = 5;
	stream.jitter_ms = 5.00049;
	stream.round_trip_ms = 100;
	stream.mos_min = 2.5;
	stream.suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80;
	stream.drops[1] = 7;
	stream.buffer_late = 3;
	stream.buffer_depth_ms = 40;
	stream.keyframes_told = 2;
	json = jf_stream_json(&stream);
	assert_true(is_about(member("loss"), 0.02));
	assert_true(is_about(member("burst_ratio"), 3.92));
	assert_true(is_about(member("jitter_ms"), 5));
	assert_true(is_about(member("round_trip_ms"), 100));
	/* 90.66 at 100 ms, less 190 / (2 / 3.92 + 25.1) */
	assert_true(is_about(member("r_factor"), 83.2));
	assert_true(is_about(member("mos"), 4.14));
	assert_true(is_about(member("mos_min"), 2.5));
	assert_string_equal(json_string_value(member("mos_scale")), "narrowband");
	assert_string_equal(json_string_value(member("srtp")), "AES_CM_128_HMAC_SHA1_80");
	assert_int_equal(json_object_size(member("drops")), 1);
	assert_int_equal(json_integer_value(json_object_get(member("jitter_buffer"), "late")), 3);
	assert_int_equal(json_integer_value(json_object_get(member("jitter_buffer"), "depth_ms")),
	                 40);
	assert_int_equal(json_integer_value(member("keyframes_told")), 2);
	assert_null(member("keyframes_asked"));
}

static void the_worst_is_never_better_than_the_mean(void **state)
{
	(void)state;
	stream.packets = 100;
	stream.lost = 20;
	stream.loss_runs = 20;
	stream.mos_min = 4.3;
	json = jf_stream_json(&stream);
	assert_true(json_number_value(member("mos_min")) == json_number_value(member("mos")));
}

static void what_the_party_gets_is_told_apart(void **state)
{
	(void)state;
	stream.tx_packets = 1000;
	stream.remote_reported = true;
	stream.remote_lost = 50;
	stream.remote_jitter_ms = 2;
	json = jf_stream_json(&stream);
	assert_int_equal(json_integer_value(json_object_get(member("reported"), "lost")), 50);
	assert_true(is_about(json_object_get(member("reported"), "loss"), 0.05));
	assert_true(is_about(json_object_get(member("reported"), "jitter_ms"), 2));
	assert_in_range(json_number_value(json_object_get(member("reported"), "mos")) * 100, 370,
	                400);
	assert_null(member("mos")); /* nothing came from it */
	/* more than was sent can't be */
	stream.remote_lost = 5000;
	json_decref(json);
	json = jf_stream_json(&stream);
	assert_true(is_about(json_object_get(member("reported"), "loss"), 1));
}

static void codecs_have_their_scale_or_none(void **state)
{
	(void)state;
	stream.packets = 100;
	stream.codec = JF_CODEC_G722;
	json = jf_stream_json(&stream);
	assert_string_equal(json_string_value(member("codec")), "G722");
	assert_string_equal(json_string_value(member("mos_scale")), "wideband");
	json_decref(json);
	stream.codec = JF_CODEC_OTHER;
	json = jf_stream_json(&stream);
	assert_null(member("mos"));
	assert_null(member("mos_scale"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_stream_that_has_not_begun_has_no_quality),
	        TEST(losses_and_delay_are_rated),
	        TEST(the_worst_is_never_better_than_the_mean),
	        TEST(what_the_party_gets_is_told_apart),
	        TEST(codecs_have_their_scale_or_none),
	};

	return cmocka_run_group_tests_name("stream-json", tests, NULL, NULL);
}
