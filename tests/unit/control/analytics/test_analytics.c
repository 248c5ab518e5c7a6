// SPDX-License-Identifier: BSD-3-Clause
#include "jf_analytics.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_dataplane.h"
#include "jf_time.h"

#define FRAME_NS (20 * JF_NS_PER_MS)
#define SPEECH   25 /* -dBov */
#define NOISE    70

static char folder[64], segment[96];
static struct fake_dataplane fake;
static struct jf_media *media;
static struct jf_analytics *analytics;
static struct jf_media_ref caller, agent;
static uint64_t now_ns;

static void ignore(const struct jf_media_event *event, void *arg)
{
	(void)event;
	(void)arg;
}

static int set_up(void **state)
{
	static const struct jf_call_id call = {{7}};
	struct jf_media_options options = {.segment = segment, .utc_ns = 1, .handler = ignore};

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jf-test-analytics-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(segment, sizeof(segment), "%s/contract", folder);
	now_ns = 500 * JF_NS_PER_S;
	fake_start(&fake, segment, now_ns);
	if (jf_media_create(&options, now_ns, &media) || jf_analytics_create(media, &analytics))
		return -1;
	if (jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &caller) ||
	    jf_media_open(media, &call, JF_MEDIA_AGENT, &caller, NULL, &agent))
		return -1;
	fake_run(&fake, now_ns, 100);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	jf_analytics_destroy(analytics);
	jf_media_destroy(media);
	fake_stop(&fake);
	unlink(segment);
	return rmdir(folder);
}

/* That many frames of 20 ms; 0 for a level: nothing arrives, and the track stands still. */
static void talk(unsigned frames, uint8_t level_caller, uint8_t level_agent, bool polled)
{
	for (unsigned i = 0; i < frames; i++) {
		if (level_caller)
			fake_frame(&fake, caller.index, level_caller, now_ns);
		if (level_agent)
			fake_frame(&fake, agent.index, level_agent, now_ns);
		now_ns += FRAME_NS;
		if (i % 10 == 0) {
			fake_run(&fake, now_ns, 10);
			jf_media_poll(media, now_ns);
			if (polled)
				jf_analytics_poll(analytics, now_ns);
		}
	}
}

/* Within a tenth of a second: onset and hangover of the voice detection. */
static void assert_ms(uint64_t ms, uint64_t expected)
{
	if (ms + 300 < expected || ms > expected + 300) {
		print_error("%llu ms, expected %llu\n", (unsigned long long)ms,
		            (unsigned long long)expected);
		fail();
	}
}

static void turns_of_both_sides_are_measured(void **state)
{
	struct jf_analytics_session *session;
	struct jf_speech_result r;

	(void)state;
	talk(100, NOISE, 0, true); /* the caller waits: before the session */
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	talk(100, NOISE, NOISE, true);
	talk(200, SPEECH, NOISE, true);
	talk(50, NOISE, NOISE, true);
	talk(300, NOISE, SPEECH, true);
	talk(50, NOISE, NOISE, true);
	jf_analytics_result(session, true, now_ns, &r);
	assert_int_equal(r.duration_ms, 700 * 20);
	assert_ms(r.party[0].talk_ms, 4000);
	assert_ms(r.party[1].talk_ms, 6000);
	assert_ms(r.silence_ms, 4000);
	assert_int_equal(r.overtalk_ms, 0);
	assert_int_equal(jf_analytics_missed(session), 0);
	jf_analytics_stop(session);
}

static void tracks_that_began_apart_stay_aligned(void **state)
{
	struct jf_analytics_session *session;
	struct jf_speech_result r;

	(void)state;
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	talk(100, NOISE, 0, true);
	/* The agent's first packet comes two seconds later, and both speak at the same time. */
	talk(50, NOISE, NOISE, true);
	talk(200, SPEECH, SPEECH, true);
	talk(50, NOISE, NOISE, true);
	jf_analytics_result(session, true, now_ns, &r);
	assert_int_equal(r.duration_ms, 400 * 20);
	assert_ms(r.overtalk_ms, 4000);
	assert_ms(r.party[0].talk_ms, 4000);
	assert_ms(r.party[1].talk_ms, 4000);
	jf_analytics_stop(session);
}

static void a_party_that_falls_silent_holds_nothing_up(void **state)
{
	struct jf_analytics_session *session;
	struct jf_speech_result r;

	(void)state;
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	talk(50, NOISE, NOISE, true);
	talk(400, SPEECH, 0, true);
	jf_analytics_result(session, false, now_ns, &r);
	assert_true(r.duration_ms > 6500);
	assert_true(r.party[0].talk_ms > 5500);
	jf_analytics_result(session, true, now_ns, &r);
	assert_int_equal(r.duration_ms, 450 * 20);
	jf_analytics_stop(session);
}

static void a_saved_session_goes_on_without_counting_twice(void **state)
{
	struct jf_analytics_session *session;
	struct jf_speech_result r;
	char text[JF_ANALYTICS_TEXT_MAX];
	uint64_t joined_ns = now_ns;

	(void)state;
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	talk(50, NOISE, NOISE, true);
	talk(200, SPEECH, NOISE, true);
	jf_analytics_save(session, text);
	jf_analytics_stop(session);
	/* Control is away for two seconds; the track remembers. */
	talk(100, NOISE, SPEECH, false);
	assert_int_equal(jf_analytics_start(analytics, caller, agent, joined_ns, text, &session),
	                 0);
	talk(100, NOISE, NOISE, true);
	jf_analytics_result(session, true, now_ns, &r);
	assert_int_equal(r.duration_ms, 450 * 20);
	assert_ms(r.party[0].talk_ms, 4000);
	assert_ms(r.party[1].talk_ms, 2000);
	assert_int_equal(jf_analytics_missed(session), 0);
	jf_analytics_stop(session);
}

static void what_was_overwritten_is_missed_and_not_silence(void **state)
{
	struct jf_analytics_session *session;
	struct jf_speech_result r;

	(void)state;
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	talk(50, NOISE, NOISE, true);
	talk(600, SPEECH, NOISE, false); /* the track holds 256 */
	jf_analytics_result(session, true, now_ns, &r);
	assert_true(jf_analytics_missed(session) >= 600 - 256);
	assert_int_equal(r.duration_ms + jf_analytics_missed(session) * 20, 650 * 20);
	jf_analytics_stop(session);
}

static void damaged_states_are_refused(void **state)
{
	struct jf_analytics_session *session;
	char text[JF_ANALYTICS_TEXT_MAX];

	(void)state;
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, NULL, &session), 0);
	jf_analytics_save(session, text);
	jf_analytics_stop(session);
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, "", &session),
	                 -EINVAL);
	text[3] = '9';
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, text, &session),
	                 -EINVAL);
	text[3] = 'x';
	assert_int_equal(jf_analytics_start(analytics, caller, agent, now_ns, text, &session),
	                 -EINVAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(turns_of_both_sides_are_measured),
	        TEST(tracks_that_began_apart_stay_aligned),
	        TEST(a_party_that_falls_silent_holds_nothing_up),
	        TEST(a_saved_session_goes_on_without_counting_twice),
	        TEST(what_was_overwritten_is_missed_and_not_silence),
	        TEST(damaged_states_are_refused),
	};

	return cmocka_run_group_tests_name("analytics", tests, NULL, NULL);
}
