// SPDX-License-Identifier: BSD-3-Clause
/*
 * The controller of overload on virtual time: a loop of one core that serves what was let in first,
 * a call being ten pieces of work over 10 s. And the two memories of strangers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jf_sip_overload.h"
#include "jf_sip_sources.h"
#include "jf_time.h"

#define STEP_NS (JF_NS_PER_MS / 2)
#define STEPS_S 2000u
#define PIECES  10u
#define WHEEL   (8u * STEPS_S)

struct world {
	struct jf_sip_overload overload;
	uint64_t now_ns, busy_ns, tick_ns;
	unsigned step;
	double piece_ns;     /* what each piece of a call costs */
	double refuse_ns;    /* what a refusal costs */
	unsigned due[WHEEL]; /* pieces, by the step at which they come */
	double urgent_ns;    /* work at hand, of calls that were let in */
	double credit;       /* of offered calls */
	uint64_t offered, admitted, refused, done_pieces;
	double urgent_max_ns;
	unsigned changes;
	bool listening; /* to what they are told */
};

/* Pieces come early and late: most of a call's work is setting it up, its end comes 3 s later. */
static const unsigned delay_steps[PIECES] = {0, 10, 20, 40, 80, 200, 400, 600, 6000, 6010};

static void step(struct world *w, double calls_per_second)
{
	double left_ns = (double)STEP_NS;

	w->credit += calls_per_second / STEPS_S;
	for (; w->credit >= 1; w->credit -= 1) {
		w->offered++;
		if (w->listening)
			jf_sip_overload_listens(&w->overload);
		if (jf_sip_overload_admit(&w->overload, JF_SIP_WORK_CALL, w->now_ns)) {
			w->admitted++;
			for (unsigned p = 0; p < PIECES; p++)
				w->due[(w->step + delay_steps[p]) % WHEEL]++;
		} else {
			w->refused++;
			w->urgent_ns += w->refuse_ns;
		}
	}
	w->urgent_ns += w->due[w->step % WHEEL] * w->piece_ns;
	w->done_pieces += w->due[w->step % WHEEL];
	w->due[w->step % WHEEL] = 0;
	if (w->urgent_ns > w->urgent_max_ns)
		w->urgent_max_ns = w->urgent_ns;
	jf_sip_overload_waited(&w->overload, (uint64_t)w->urgent_ns);
	if (w->urgent_ns < left_ns)
		left_ns = w->urgent_ns;
	w->urgent_ns -= left_ns;
	w->busy_ns += (uint64_t)left_ns;
	w->step++;
	w->now_ns += STEP_NS;
	if (w->now_ns - w->tick_ns >= JF_SIP_OVERLOAD_TICK_NS) {
		w->tick_ns = w->now_ns;
		w->changes += jf_sip_overload_tick(&w->overload, w->busy_ns, w->now_ns);
	}
}

static void run(struct world *w, double calls_per_second, unsigned seconds)
{
	w->offered = w->admitted = w->refused = 0;
	w->urgent_max_ns = 0;
	for (unsigned i = 0; i < seconds * STEPS_S; i++)
		step(w, calls_per_second);
}

static struct world *world(double piece_us, double refuse_us)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->now_ns = JF_NS_PER_S;
	w->tick_ns = w->now_ns;
	w->piece_ns = piece_us * 1e3;
	w->refuse_ns = refuse_us * 1e3;
	jf_sip_overload_init(&w->overload, w->now_ns);
	return w;
}

static void nobody_is_refused_below_capacity(void **state)
{
	struct world *w = world(60, 4); /* 1,666 a second */

	(void)state;
	run(w, 1500, 30);
	assert_int_equal(w->refused, 0);
	assert_int_equal(w->changes, 0);
	assert_false(w->overload.active);
	free(w);
}

static void ten_times_the_load_leaves_nine_tenths(void **state)
{
	static const double pieces_us[] = {10, 60, 300};

	(void)state;
	for (size_t i = 0; i < sizeof(pieces_us) / sizeof(*pieces_us); i++) {
		struct world *w = world(pieces_us[i], 4);
		double capacity = 1e6 / (pieces_us[i] * PIECES), refusing;

		run(w, capacity * 10, 15); /* from nothing */
		assert_true(w->overload.refusing);
		run(w, capacity * 10, 30);
		/* What refusing takes is not there for calls. */
		refusing = (double)w->refused / 30 * 4e-6;
		assert_true(w->admitted / 30.0 >= 0.9 * capacity * (1 - refusing));
		assert_true(w->admitted / 30.0 <= capacity);
		assert_true(w->urgent_max_ns < 100e6);
		assert_int_equal(w->changes, 1);
		free(w);
	}
}

/* --- beside a line --- */

#define LINE_MAX 4096u

struct line {
	uint64_t since[LINE_MAX]; /* when each came */
	unsigned first, count;
	uint64_t served, refused;
	uint64_t wait_max_ns;
};

/* Who is in line is served when nothing else is to be done: a piece of its work first. */
static void step_with_line(struct world *w, struct line *l, double calls_per_second)
{
	double left_ns = (double)STEP_NS;

	w->credit += calls_per_second / STEPS_S;
	for (; w->credit >= 1; w->credit -= 1) {
		w->offered++;
		if (!jf_sip_overload_enter(&w->overload, l->count, w->now_ns)) {
			l->refused++;
			w->urgent_ns += w->refuse_ns;
		} else {
			assert_true(l->count < LINE_MAX);
			l->since[(l->first + l->count++) % LINE_MAX] = w->now_ns;
		}
	}
	w->urgent_ns += w->due[w->step % WHEEL] * w->piece_ns;
	w->due[w->step % WHEEL] = 0;
	while (left_ns > 0 && (w->urgent_ns > 0 || l->count)) {
		if (w->urgent_ns <= 0) {
			uint64_t wait_ns = w->now_ns - l->since[l->first % LINE_MAX];

			l->first++;
			l->count--;
			jf_sip_overload_waited(&w->overload, wait_ns);
			if (wait_ns > l->wait_max_ns)
				l->wait_max_ns = wait_ns;
			jf_sip_overload_serve(&w->overload);
			l->served++;
			w->urgent_ns += w->piece_ns;
			for (unsigned p = 1; p < PIECES; p++)
				w->due[(w->step + delay_steps[p]) % WHEEL]++;
		}
		double now_ns = w->urgent_ns < left_ns ? w->urgent_ns : left_ns;

		w->urgent_ns -= now_ns;
		left_ns -= now_ns;
		w->busy_ns += (uint64_t)now_ns;
	}
	w->step++;
	w->now_ns += STEP_NS;
	if (w->now_ns - w->tick_ns >= JF_SIP_OVERLOAD_TICK_NS) {
		w->tick_ns = w->now_ns;
		w->changes += jf_sip_overload_tick(&w->overload, w->busy_ns, w->now_ns);
	}
}

static void run_with_line(struct world *w, struct line *l, double calls_per_second,
                          unsigned seconds)
{
	l->served = l->refused = l->wait_max_ns = 0;
	for (unsigned i = 0; i < seconds * STEPS_S; i++)
		step_with_line(w, l, calls_per_second);
}

static void line_leaves_no_time_unused(void **state)
{
	struct world *w = world(60, 4); /* 1,666 a second */
	struct line *l = calloc(1, sizeof(*l));
	double refusing;
	uint64_t busy_ns;

	(void)state;
	assert_non_null(l);
	run_with_line(w, l, 1500, 10);
	assert_int_equal(l->refused, 0);
	assert_false(w->overload.active);
	run_with_line(w, l, 16660, 20);
	assert_true(w->overload.refusing);
	busy_ns = w->busy_ns;
	run_with_line(w, l, 16660, 20);
	assert_true(w->busy_ns - busy_ns > 19.9 * 1e9);
	refusing = (double)l->refused / 20 * 4e-6;
	assert_true((double)l->served / 20 >= 0.97 * 1666 * (1 - refusing));
	assert_in_range(w->overload.loss_percent, 80, 95);
	assert_true(l->wait_max_ns < 200 * JF_NS_PER_MS);
	run_with_line(w, l, 200, 4);
	assert_false(w->overload.refusing);
	assert_int_equal(w->changes, 2);
	free(l);
	free(w);
}

static void line_takes_what_came_while_the_machine_stood_still(void **state)
{
	struct world *w = world(60, 4);
	struct line *l = calloc(1, sizeof(*l));

	(void)state;
	assert_non_null(l);
	run_with_line(w, l, 1400, 5);
	w->urgent_ns += 60e6; /* 60 ms are gone: 84 calls have come */
	run_with_line(w, l, 1400, 5);
	assert_int_equal(l->refused, 0);
	free(l);
	free(w);
}

static void begins_at_once_and_ends_soon(void **state)
{
	struct world *w = world(60, 4);

	(void)state;
	run(w, 200, 10);
	run(w, 16000, 1);
	assert_true(w->overload.refusing);
	assert_true(w->urgent_max_ns < 1e9); /* what was let in before it was seen */
	run(w, 16000, 10);
	run(w, 200, 4);
	assert_false(w->overload.refusing);
	run(w, 200, 10);
	assert_int_equal(w->refused, 0);
	assert_int_equal(w->changes, 2);
	free(w);
}

static void listeners_are_told_how_much_to_leave_out(void **state)
{
	struct world *w = world(60, 4);

	(void)state;
	run(w, 16000, 10);
	assert_in_range(w->overload.loss_percent, 85, 95);
	/* They do; and are told the same again. */
	w->admitted = 0;
	w->listening = true;
	for (unsigned i = 0; i < 20 * 20; i++) {
		for (unsigned s = 0; s < STEPS_S / 20; s++)
			step(w, 16000 * (1 - w->overload.loss_percent / 100.0));
		assert_in_range(w->overload.loss_percent, 80, 97);
	}
	assert_true(w->admitted >= 1400 * 20);
	free(w);
}

static void a_pause_of_the_machine_refuses_nobody(void **state)
{
	struct world *w = world(60, 4);

	(void)state;
	run(w, 800, 5);
	w->urgent_ns += 500e6; /* half a second is gone */
	run(w, 800, 10);
	assert_int_equal(w->refused, 0);
	assert_int_equal(w->changes, 0);
	free(w);
}

static void others_have_a_share_of_their_own(void **state)
{
	struct world *w = world(60, 4);
	unsigned admitted = 0;

	(void)state;
	run(w, 16000, 5);
	for (unsigned i = 0; i < STEPS_S; i++) {
		step(w, 16000);
		for (unsigned n = 0; n < 20; n++) /* 40,000 a second */
			admitted +=
			        jf_sip_overload_admit(&w->overload, JF_SIP_WORK_OTHER, w->now_ns);
	}
	assert_in_range(admitted, 1000, 2000);
	free(w);
}

/* --- memories --- */

static void a_source_has_its_rate(void **state)
{
	const uint64_t secret[2] = {3, 4};
	const uint8_t one[16] = {10, 0, 0, 1}, two[16] = {10, 0, 0, 2};
	struct jf_sip_sources *sources;
	uint64_t now_ns = JF_NS_PER_S;
	unsigned taken = 0;

	(void)state;
	assert_int_equal(jf_sip_sources_create(10, 20, secret, &sources), 0);
	for (unsigned i = 0; i < 100; i++)
		taken += jf_sip_sources_take(sources, one, now_ns);
	assert_int_equal(taken, 20);
	assert_true(jf_sip_sources_loud(sources, one, now_ns));
	assert_false(jf_sip_sources_loud(sources, two, now_ns));
	assert_true(jf_sip_sources_take(sources, two, now_ns));
	assert_false(jf_sip_sources_loud(sources, two, now_ns));
	now_ns += JF_NS_PER_S;
	for (unsigned i = 0; i < 100; i++)
		taken += jf_sip_sources_take(sources, one, now_ns);
	assert_int_equal(taken, 30);
	/* A flood from everywhere keeps within its memory, and who is busy stays known. */
	for (uint32_t i = 0; i < 200000; i++) {
		uint8_t ip[16] = {0};

		memcpy(ip, &i, sizeof(i));
		ip[15] = 1;
		(void)jf_sip_sources_take(sources, ip, now_ns + i);
	}
	jf_sip_sources_destroy(sources);
}

static void verdicts_are_remembered_for_their_time(void **state)
{
	struct jf_sip_verdicts *verdicts;
	enum jf_sip_why why;
	uint64_t now_ns = 5 * JF_NS_PER_S, key = UINT64_C(0x123456789abcdef1);

	(void)state;
	assert_int_equal(jf_sip_verdicts_create(&verdicts), 0);
	assert_int_equal(jf_sip_verdicts_get(verdicts, key, &why, now_ns), JF_SIP_VERDICT_NONE);
	jf_sip_verdicts_serve(verdicts, key, now_ns);
	assert_int_equal(jf_sip_verdicts_get(verdicts, key, &why, now_ns), JF_SIP_VERDICT_SERVED);
	assert_int_equal(why, JF_SIP_WHY_NONE);
	jf_sip_verdicts_refuse(verdicts, key, JF_SIP_WHY_MEMORY, now_ns);
	assert_int_equal(jf_sip_verdicts_get(verdicts, key, &why, now_ns), JF_SIP_VERDICT_REFUSED);
	assert_int_equal(why, JF_SIP_WHY_MEMORY);
	now_ns += 31 * JF_NS_PER_S;
	assert_int_equal(jf_sip_verdicts_get(verdicts, key, &why, now_ns), JF_SIP_VERDICT_REFUSED);
	now_ns += 2 * JF_NS_PER_S;
	assert_int_equal(jf_sip_verdicts_get(verdicts, key, &why, now_ns), JF_SIP_VERDICT_NONE);
	/* The newest stay when there are too many. */
	for (uint64_t i = 1; i <= 500000; i++)
		jf_sip_verdicts_refuse(verdicts, i * UINT64_C(0x9e3779b97f4a7c15),
		                       JF_SIP_WHY_OVERLOAD, now_ns + i * 10000);
	for (uint64_t i = 490000; i <= 500000; i++)
		assert_int_equal(jf_sip_verdicts_get(verdicts, i * UINT64_C(0x9e3779b97f4a7c15),
		                                     &why, now_ns + 500000 * 10000ull),
		                 JF_SIP_VERDICT_REFUSED);
	jf_sip_verdicts_destroy(verdicts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nobody_is_refused_below_capacity),
	        cmocka_unit_test(ten_times_the_load_leaves_nine_tenths),
	        cmocka_unit_test(line_leaves_no_time_unused),
	        cmocka_unit_test(line_takes_what_came_while_the_machine_stood_still),
	        cmocka_unit_test(begins_at_once_and_ends_soon),
	        cmocka_unit_test(listeners_are_told_how_much_to_leave_out),
	        cmocka_unit_test(a_pause_of_the_machine_refuses_nobody),
	        cmocka_unit_test(others_have_a_share_of_their_own),
	        cmocka_unit_test(a_source_has_its_rate),
	        cmocka_unit_test(verdicts_are_remembered_for_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
