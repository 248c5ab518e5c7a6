// SPDX-License-Identifier: BSD-3-Clause
#include "jf_dtmf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_g711.h"
#include "jf_keys.h"

#define NEWS_MAX   4096u
#define SIGNAL_MAX (8000u * 60u)
#define STREAMS    37u

#define NOMINAL                                                                                    \
	.low_dbm0 = -10, .high_dbm0 = -8, .noise_dbm0 = JF_KEYS_QUIET, .dial_dbm0 = JF_KEYS_QUIET

/* ---- What both find ----------------------------------------------------------------------- */

struct found_list {
	struct jf_keys_found found[NEWS_MAX];
	size_t n;
};

static void heard(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	struct found_list *list = (struct found_list *)user + token;

	if (news->kind != JF_DTMF_RELEASED)
		return;
	assert_true(list->n < NEWS_MAX && news->event < 16);
	list->found[list->n++] =
	        (struct jf_keys_found){JF_KEYS[news->event], news->begin_ts, news->duration_ts};
}

static const size_t packet_sizes[] = {160, 80, 240, 320, 480, 1, 101, 102, 103, 204, 37, 1480};

/*
 * Many streams of one signal, each with packets of another size and beginning at another
 * timestamp, interleaved as they would arrive; all must hear the same. The first one's is returned.
 */
static void ask_ours(enum jf_law law, const uint8_t *codes, size_t n, struct found_list *ret_list)
{
	struct found_list *lists = calloc(STREAMS, sizeof(*lists));
	struct jf_dtmf *streams = aligned_alloc(64, STREAMS * sizeof(*streams));
	struct jf_dtmf_batch *batch = aligned_alloc(64, sizeof(*batch));
	size_t done[STREAMS] = {0};

	assert_true(lists && streams && batch);
	memset(streams, 0, STREAMS * sizeof(*streams));
	jf_dtmf_batch_init(batch, heard, lists);
	for (size_t until = 0; until < n; until += 1480) {
		for (uint32_t s = 0; s < STREAMS; s++) {
			size_t size = packet_sizes[s % (sizeof(packet_sizes) / sizeof(size_t))];

			while (done[s] <= until && done[s] < n) {
				size_t take = n - done[s] < size ? n - done[s] : size;

				jf_dtmf_feed(batch, &streams[s], s,
				             1000000007u * s + (uint32_t)done[s], law,
				             codes + done[s], take);
				done[s] += take;
			}
		}
		jf_dtmf_flush(batch);
	}
	for (uint32_t s = 0; s < STREAMS; s++) {
		assert_int_equal(lists[s].n, lists[0].n);
		for (size_t i = 0; i < lists[s].n; i++) {
			assert_int_equal(lists[s].found[i].key, lists[0].found[i].key);
			assert_int_equal(lists[s].found[i].begin - 1000000007u * s,
			                 lists[0].found[i].begin);
			assert_int_equal(lists[s].found[i].duration, lists[0].found[i].duration);
		}
	}
	*ret_list = lists[0];
	free(lists);
	free(streams);
	free(batch);
}

/* The keys that both find in the signal, of either law, by each way, after it was made sure that
 * all of them find the same, at the same time. */
static const char *keys_in(const struct jf_keys_signal *signal)
{
	static struct found_list expected, ours;
	static char keys[NEWS_MAX + 1];
	uint8_t *codes = malloc(signal->n);
	int16_t *samples = malloc(signal->n * sizeof(*samples));
	size_t ways;
	const struct jf_dtmf_way *way = jf_dtmf_ways(&ways);

	assert_true(codes && samples);
	for (unsigned law = 0; law < 2; law++) {
		jf_g711_encode_block(law ? JF_LAW_PCMA : JF_LAW_PCMU, signal->samples, signal->n,
		                     codes);
		jf_g711_decode_block(law ? JF_LAW_PCMA : JF_LAW_PCMU, codes, signal->n, samples);
		expected.n = jf_keys_by_spandsp(samples, signal->n, expected.found, NEWS_MAX);
		for (size_t w = 0; w < ways; w++) {
			if (!way[w].usable)
				continue;
			jf_dtmf_use(&way[w]);
			ask_ours(law ? JF_LAW_PCMA : JF_LAW_PCMU, codes, signal->n, &ours);
			assert_int_equal(ours.n, expected.n);
			for (size_t i = 0; i < ours.n; i++) {
				assert_int_equal(ours.found[i].key, expected.found[i].key);
				assert_int_equal(ours.found[i].begin, expected.found[i].begin);
				assert_int_equal(ours.found[i].duration,
				                 expected.found[i].duration);
			}
		}
	}
	for (size_t i = 0; i < ours.n; i++)
		keys[i] = ours.found[i].key;
	keys[ours.n] = 0;
	free(codes);
	free(samples);
	return keys;
}

/* All sixteen keys, each of tone for so long. */
static const char *dial(const struct jf_keys_tone *tone, double ms, double pause_ms)
{
	struct jf_keys_signal s = jf_keys_make(SIGNAL_MAX);
	const char *keys;

	jf_keys_dial(&s, tone, ms, pause_ms);
	keys = keys_in(&s);
	jf_keys_free(&s);
	return keys;
}

static void all_keys_at_all_lengths(void **state)
{
	const struct jf_keys_tone tone = {NOMINAL};

	(void)state;
	for (double ms = 40; ms < 300; ms += 17)
		assert_string_equal(dial(&tone, ms, 40), JF_KEYS);
	/* Q.24: nothing shorter than 20 ms is a key; a gap of up to 10 ms does not end one */
	assert_string_equal(dial(&tone, 20, 100), "");
	assert_string_equal(dial(&tone, 10, 40), "");
}

static void twist_to_the_limits(void **state)
{
	struct jf_keys_tone tone = {NOMINAL};

	(void)state;
	for (double db = 0; db <= 6; db += 1) { /* normal: high group lower */
		tone.low_dbm0 = -6;
		tone.high_dbm0 = -6 - db;
		assert_string_equal(dial(&tone, 50, 50), JF_KEYS);
	}
	for (double db = 0; db <= 3; db += 0.5) { /* reverse */
		tone.low_dbm0 = -6 - db;
		tone.high_dbm0 = -6;
		assert_string_equal(dial(&tone, 50, 50), JF_KEYS);
	}
	tone.low_dbm0 = -6;
	tone.high_dbm0 = -17;
	assert_string_equal(dial(&tone, 50, 50), "");
	tone.low_dbm0 = -12;
	tone.high_dbm0 = -6;
	assert_string_equal(dial(&tone, 50, 50), "");
}

static void frequencies_that_are_off(void **state)
{
	struct jf_keys_tone tone = {NOMINAL};

	(void)state;
	tone.high_dbm0 = tone.low_dbm0;
	for (double percent = -1.25; percent <= 1.25; percent += 0.25) {
		tone.shift = percent / 100;
		assert_string_equal(dial(&tone, 50, 50), JF_KEYS);
	}
	/* at the very limit of Q.24 spandsp misses a few of the highest, and so do we */
	for (double percent = -3.5; percent <= 3.5; percent += 0.5) {
		tone.shift = percent / 100;
		dial(&tone, 60, 50);
	}
	tone.shift = 0.035;
	assert_string_equal(dial(&tone, 50, 50), "");
	tone.shift = -0.035;
	assert_string_equal(dial(&tone, 50, 50), "");
}

static void loud_soft_and_noisy(void **state)
{
	struct jf_keys_tone tone = {NOMINAL};

	(void)state;
	for (double dbm0 = -3; dbm0 >= -36; dbm0 -= 3) {
		tone.low_dbm0 = tone.high_dbm0 = dbm0;
		assert_string_equal(dial(&tone, 50, 50), JF_KEYS);
	}
	tone.low_dbm0 = tone.high_dbm0 = -50;
	assert_string_equal(dial(&tone, 50, 50), "");
	for (double below = 30; below >= 15; below -= 3) {
		tone.low_dbm0 = tone.high_dbm0 = -10;
		tone.noise_dbm0 = -10 - below;
		assert_string_equal(dial(&tone, 60, 50), JF_KEYS);
	}
	/* a dial tone beside it: whatever spandsp makes of it */
	tone.noise_dbm0 = JF_KEYS_QUIET;
	for (double dbm0 = -40; dbm0 <= -12; dbm0 += 4) {
		tone.dial_dbm0 = dbm0;
		dial(&tone, 60, 50);
	}
}

static void mess_is_found_alike(void **state)
{
	/* tones of random length, twist, shift and noise, cut by pauses of any length: on the edge
	 * of every criterion */
	struct jf_keys_signal s = jf_keys_make(SIGNAL_MAX);

	(void)state;
	while (s.n < SIGNAL_MAX - 8000) {
		const struct jf_keys_tone tone = {
		        .low_dbm0 = -40 * jf_keys_uniform(&s),
		        .high_dbm0 = -40 * jf_keys_uniform(&s),
		        .shift = 0.08 * jf_keys_uniform(&s) - 0.04,
		        .noise_dbm0 = -70 * jf_keys_uniform(&s),
		        .dial_dbm0 = -30 - 60 * jf_keys_uniform(&s),
		};
		const struct jf_keys_tone near = {
		        .low_dbm0 = tone.low_dbm0,
		        .high_dbm0 = tone.low_dbm0 - 9 + 14 * jf_keys_uniform(&s),
		        .shift = tone.shift / 2,
		        .noise_dbm0 = tone.low_dbm0 - 8 - 10 * jf_keys_uniform(&s),
		        .dial_dbm0 = JF_KEYS_QUIET,
		};

		jf_keys_add(&s, (int)(16 * jf_keys_uniform(&s)),
		            jf_keys_uniform(&s) < 0.2 ? &tone : &near, 120 * jf_keys_uniform(&s));
		if (jf_keys_uniform(&s) < 0.6)
			jf_keys_add(&s, -1, &tone, 70 * jf_keys_uniform(&s));
	}
	assert_true(strlen(keys_in(&s)) > 100);
	jf_keys_free(&s);
}

/* ---- Packets ------------------------------------------------------------------------------ */

struct said {
	char text[4096];
	struct jf_dtmf_news last;
};

static void say(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	static const char marks[] = "?+=-"; /* by kind */
	struct said *said = user;
	size_t at = strlen(said->text);

	assert_int_equal(token, 5);
	assert_true(at + 3 < sizeof(said->text));
	snprintf(said->text + at, 3, "%c%c", marks[news->kind], JF_KEYS[news->event]);
	said->last = *news;
}

/* Feeds packets first .. last - 1 of 160 samples. */
static void feed(struct jf_dtmf_batch *batch, struct jf_dtmf *stream,
                 const struct jf_keys_signal *s, size_t first, size_t last)
{
	uint8_t codes[160];

	for (size_t i = first; i < last; i++) {
		jf_g711_encode_block(JF_LAW_PCMU, s->samples + i * 160, 160, codes);
		jf_dtmf_feed(batch, stream, 5, (uint32_t)(UINT32_MAX - 1000 + i * 160), JF_LAW_PCMU,
		             codes, 160);
		jf_dtmf_flush(batch);
	}
}

static void a_press_is_told_as_it_goes(void **state)
{
	const struct jf_keys_tone tone = {NOMINAL};
	struct jf_keys_signal s = jf_keys_make(SIGNAL_MAX);
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;
	struct said said = {0};

	(void)state;
	jf_dtmf_batch_init(&batch, say, &said);
	jf_keys_add(&s, -1, &tone,
	            102 / 8.0); /* one block, so that blocks and tone begin together */
	jf_keys_add(&s, 5, &tone, 4 * 102 / 8.0);
	jf_keys_add(&s, -1, &tone, 100);
	feed(&batch, &stream, &s, 0, 8);
	assert_string_equal(said.text, "?5+5=5=5-5");
	assert_int_equal(said.last.begin_ts, UINT32_MAX - 1000 + 102);
	assert_int_equal(said.last.duration_ts, 4 * 102);
	/* a second batch does not know the first one's streams, nor need it */
	memset(&said, 0, sizeof(said));
	memset(&stream, 0, sizeof(stream));
	feed(&batch, &stream, &s, 0, 3);
	assert_int_equal(said.last.kind, JF_DTMF_HELD);
	assert_in_range(said.last.volume, 5, 7); /* -10 and -8 dBm0 together */
	jf_keys_free(&s);
}

static void lost_and_late_packets(void **state)
{
	const struct jf_keys_tone tone = {NOMINAL};
	struct jf_keys_signal s = jf_keys_make(SIGNAL_MAX);
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;
	struct said said = {0};

	(void)state;
	jf_dtmf_batch_init(&batch, say, &said);
	jf_keys_add(&s, 7, &tone, 1000);
	jf_keys_add(&s, -1, &tone, 200);
	feed(&batch, &stream, &s, 0, 5);
	feed(&batch, &stream, &s, 6, 10); /* one is lost: the same press */
	feed(&batch, &stream, &s, 7, 10); /* and three come again, late */
	assert_non_null(strstr(said.text, "+7=7"));
	assert_null(strstr(said.text, "-7"));
	assert_true(said.last.duration_ts > 1600 - 2 * 160);
	feed(&batch, &stream, &s, 12, 20); /* two are lost: nobody knows, so it is another press */
	assert_non_null(strstr(said.text, "-7?7+7"));
	feed(&batch, &stream, &s, 20, 58);
	assert_int_equal(said.last.kind, JF_DTMF_RELEASED);
	/* the sender begins anew, far back */
	feed(&batch, &stream, &s, 0, 5);
	assert_int_equal(said.last.kind, JF_DTMF_HELD);
	jf_keys_free(&s);
}

static void linear_samples_are_heard(void **state)
{
	const struct jf_keys_tone tone = {NOMINAL};
	struct jf_keys_signal s = jf_keys_make(SIGNAL_MAX);
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;
	struct said said = {0};

	(void)state;
	jf_dtmf_batch_init(&batch, say, &said);
	jf_keys_add(&s, 11, &tone, 100);
	jf_keys_add(&s, -1, &tone, 100);
	jf_dtmf_feed_linear(&batch, &stream, 5, 0, s.samples, s.n);
	jf_dtmf_flush(&batch);
	assert_non_null(strstr(said.text, "+#=#"));
	assert_int_equal(said.last.kind, JF_DTMF_RELEASED);
	jf_keys_free(&s);
}

static int init(void **state)
{
	(void)state;
	jf_dtmf_init();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_keys_at_all_lengths),
	        cmocka_unit_test(twist_to_the_limits),
	        cmocka_unit_test(frequencies_that_are_off),
	        cmocka_unit_test(loud_soft_and_noisy),
	        cmocka_unit_test(mess_is_found_alike),
	        cmocka_unit_test(a_press_is_told_as_it_goes),
	        cmocka_unit_test(lost_and_late_packets),
	        cmocka_unit_test(linear_samples_are_heard),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
