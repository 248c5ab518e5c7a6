// SPDX-License-Identifier: BSD-3-Clause
/* The loop: timers (ours and the library's) in one heap, fds, posts from other threads, turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <time.h>

#include <re/re.h>

#include "jf_loop.h"
#include "jf_time.h"

#define MANY 100000

static int setup(void **state)
{
	(void)state;
	return jf_loop_init(0);
}

static int teardown(void **state)
{
	(void)state;
	jf_loop_close();
	return 0;
}

static void stop(void *arg)
{
	(void)arg;
	jf_loop_stop();
}

static void run_for(uint64_t ms)
{
	struct jf_loop_timer timer = {0};

	jf_loop_timer_start(&timer, ms, stop, NULL);
	assert_int_equal(jf_loop_run(), 0);
	jf_loop_timer_cancel(&timer);
}

/* So must its wish for random numbers: its own source costs more than what they are for. */
static void library_uses_our_random_bytes(void **state)
{
	char first[33], second[33];
	uint64_t ones = 0, zeros = 0;

	(void)state;
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "rand_bytes"), (void *)(uintptr_t)rand_bytes);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "rand_u64"), (void *)(uintptr_t)rand_u64);
	for (int i = 0; i < 100; i++) {
		uint64_t value = rand_u64();

		ones |= value;
		zeros |= ~value;
	}
	assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
	rand_str(first, sizeof(first));
	rand_str(second, sizeof(second));
	assert_int_equal(strlen(first), 32);
	assert_int_equal(
	        strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
	        32);
	assert_string_not_equal(first, second);
}

/* The library's own calls must land in our heap: otherwise each call costs O(calls). */
static void library_uses_our_timers(void **state)
{
	struct sip *sip = NULL;
	struct sip_request *request = NULL;
	struct sa local;

	(void)state;
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "tmr_start"), (void *)(uintptr_t)tmr_start);
	assert_ptr_equal(dlsym(RTLD_DEFAULT, "tmr_poll"), (void *)(uintptr_t)tmr_poll);
	assert_int_equal(sa_set_str(&local, "127.0.0.1", 0), 0);
	assert_int_equal(sip_alloc(&sip, NULL, 16, 16, 16, "test", NULL, NULL), 0);
	assert_int_equal(sip_transp_add(sip, SIP_TRANSP_UDP, &local), 0);
	assert_int_equal(jf_loop_stats_get().timers, 0);
	assert_int_equal(sip_requestf(&request, sip, true, "OPTIONS", "sip:127.0.0.1:9", NULL, NULL,
	                              NULL, NULL, NULL,
	                              "To: <sip:a@b>\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: 1\r\n"
	                              "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"),
	                 0);
	assert_int_equal(jf_loop_stats_get().timers, 2); /* timers E and F */
	sip_close(sip, true);
	mem_deref(sip);
	assert_int_equal(jf_loop_stats_get().timers, 0);
}

static uint64_t fired_last_ns;
static unsigned fired;

static void expect_in_order(void *arg)
{
	uint64_t due_ns = *(uint64_t *)arg;

	assert_true(jf_loop_now_ns() >= due_ns); /* never early */
	assert_true(due_ns >= fired_last_ns || fired_last_ns - due_ns < JF_NS_PER_S / 5);
	fired_last_ns = due_ns;
	fired++;
}

static void many_timers_fire_in_order(void **state)
{
	struct jf_loop_timer *timers = calloc(MANY, sizeof(*timers));
	uint64_t *due_ns = calloc(MANY, sizeof(*due_ns));
	uint64_t start_ns = jf_loop_now_ns();

	(void)state;
	fired = 0;
	fired_last_ns = 0;
	srand(1);
	for (int i = 0; i < MANY; i++) {
		uint64_t delay_ms = (uint64_t)(rand() % 400);

		due_ns[i] = jf_loop_now_ns() + delay_ms * JF_NS_PER_MS;
		jf_loop_timer_start(&timers[i], delay_ms, expect_in_order, &due_ns[i]);
	}
	for (int i = 0; i < MANY; i += 2)
		jf_loop_timer_cancel(&timers[i]);
	assert_true(jf_time_since(start_ns, jf_loop_now_ns()) < 2 * JF_NS_PER_S);
	assert_int_equal(jf_loop_stats_get().timers, MANY / 2);
	run_for(700);
	assert_int_equal(fired, MANY / 2);
	for (int i = 0; i < MANY; i++)
		assert_false(jf_loop_timer_running(&timers[i]));
	free(timers);
	free(due_ns);
}

struct chain {
	struct jf_loop_timer timer;
	struct jf_loop_timer victim;
	unsigned count;
};

static void must_not_fire(void *arg)
{
	(void)arg;
	fail_msg("a cancelled timer fired");
}

static void again_and_free(void *arg)
{
	struct chain *chain = arg;

	if (chain->count++ == 0) {
		/* Due in this very turn: a handler may still cancel it. */
		jf_loop_timer_cancel(&chain->victim);
		assert_false(jf_loop_timer_running(&chain->timer));
		jf_loop_timer_start(&chain->timer, 0, again_and_free, chain);
		return;
	}
	free(chain);
}

static void handlers_may_restart_cancel_and_free(void **state)
{
	struct chain *chain = calloc(1, sizeof(*chain));

	(void)state;
	jf_loop_timer_start(&chain->timer, 5, again_and_free, chain);
	jf_loop_timer_start(&chain->victim, 5, must_not_fire, NULL);
	run_for(50);
	assert_int_equal(jf_loop_stats_get().timers, 0);
}

static void timer_tells_what_is_left(void **state)
{
	struct jf_loop_timer timer = {0};

	(void)state;
	assert_false(jf_loop_timer_running(&timer));
	assert_int_equal(jf_loop_timer_left_ms(&timer), 0);
	jf_loop_timer_cancel(&timer);
	jf_loop_timer_start(&timer, 10000, must_not_fire, NULL);
	jf_loop_timer_start(&timer, 5000, must_not_fire, NULL);
	assert_in_range(jf_loop_timer_left_ms(&timer), 4900, 5000);
	jf_loop_timer_cancel(&timer);
	assert_int_equal(jf_loop_stats_get().timers, 0);
}

static int order[4];
static unsigned posted;

static void take_post(void *arg)
{
	order[posted++] = *(int *)arg;
	if (posted == 3)
		jf_loop_stop();
}

static void *post_three(void *arg)
{
	int *values = arg;

	for (int i = 0; i < 3; i++)
		assert_int_equal(jf_loop_post(take_post, &values[i]), 0);
	return NULL;
}

static void posts_run_in_order_and_wake_the_loop(void **state)
{
	int values[] = {7, 8, 9};
	pthread_t thread;

	(void)state;
	posted = 0;
	pthread_create(&thread, NULL, post_three, values);
	assert_int_equal(jf_loop_run(), 0); /* without any timer: only the posts can end it */
	pthread_join(thread, NULL);
	assert_int_equal(order[0], 7);
	assert_int_equal(order[1], 8);
	assert_int_equal(order[2], 9);
}

static void hold(void *arg)
{
	struct timespec span = {.tv_nsec = 8 * (long)JF_NS_PER_MS};

	(void)arg;
	nanosleep(&span, NULL);
}

struct aside {
	pthread_t worker, teller;
	bool worked, told;
};

static void aside_work(void *arg)
{
	struct aside *aside = arg;

	hold(NULL);
	aside->worker = pthread_self();
	aside->worked = true;
}

static void aside_told(void *arg)
{
	struct aside *aside = arg;

	assert_true(aside->worked);
	aside->teller = pthread_self();
	aside->told = true;
	jf_loop_stop();
}

static void work_aside_does_not_hold_the_loop(void **state)
{
	struct aside first = {0}, second = {0};
	struct jf_loop_aside *aside;

	(void)state;
	assert_int_equal(jf_loop_aside_start(aside_work, aside_told, &first, NULL), 0);
	assert_int_equal(jf_loop_run(), 0);
	assert_true(first.told);
	assert_true(pthread_equal(first.teller, pthread_self()));
	assert_false(pthread_equal(first.worker, pthread_self()));
	/* Who waits has the work done, and is told later all the same. */
	assert_int_equal(jf_loop_aside_start(aside_work, aside_told, &second, &aside), 0);
	jf_loop_aside_wait(aside);
	assert_true(second.worked);
	assert_false(second.told);
	assert_int_equal(jf_loop_run(), 0);
	assert_true(second.told);
}

static void aside_again(void *arg)
{
	assert_int_equal(jf_loop_aside_start(aside_work, aside_told, arg, NULL), 0);
}

static void closing_the_loop_waits_for_work_aside(void **state)
{
	struct aside aside = {0}, untold = {0}, again = {0};

	(void)state;
	assert_int_equal(jf_loop_init(0), 0);
	assert_int_equal(jf_loop_aside_start(aside_work, aside_told, &aside, NULL), 0);
	assert_int_equal(jf_loop_aside_start(aside_work, NULL, &untold, NULL), 0);
	assert_int_equal(jf_loop_aside_start(aside_work, aside_again, &again, NULL), 0);
	jf_loop_close();
	assert_true(aside.told);
	assert_true(again.told);
	assert_true(untold.worked);
}

static void read_and_stop(unsigned events, void *arg)
{
	char byte;

	assert_true(events & JF_LOOP_READ);
	assert_int_equal(read(*(int *)arg, &byte, 1), 1);
	jf_loop_fd_unwatch(*(int *)arg);
	jf_loop_stop();
}

static void fd_is_read(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(jf_loop_fd_watch(ends[0], JF_LOOP_READ, read_and_stop, &ends[0]), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(jf_loop_run(), 0);
	jf_loop_fd_unwatch(ends[0]);
	assert_int_equal(jf_loop_fd_watch(1 << 20, JF_LOOP_READ, read_and_stop, NULL), -EMFILE);
	close(ends[0]);
	close(ends[1]);
}

#define WORK_NS (JF_NS_PER_MS / 5)

static uint64_t first_turn;
static unsigned in_first_turn;

static void work(void *arg)
{
	uint64_t began_ns = jf_loop_now_ns();

	(void)arg;
	if (!fired++)
		first_turn = jf_loop_stats_get().turns;
	in_first_turn += jf_loop_stats_get().turns == first_turn;
	while (jf_time_since(began_ns, jf_loop_now_ns()) < WORK_NS)
		;
}

/* How many of 50 timers, due that long ago, are served in one turn. */
static unsigned served_when_late(unsigned late_ms)
{
	struct jf_loop_timer timers[50] = {0};

	fired = in_first_turn = 0;
	for (unsigned i = 0; i < 50; i++)
		jf_loop_timer_start(&timers[i], 0, work, NULL);
	usleep(late_ms * 1000);
	run_for(60 + late_ms);
	assert_int_equal(fired, 50);
	return in_first_turn;
}

/* A turn has room for 1 ms of them, and for more when they are late: else calls that come in keep
 * those that are there waiting for ever. */
static void late_timers_get_more_of_a_turn(void **state)
{
	const unsigned fit = JF_NS_PER_MS / WORK_NS + 1;
	unsigned least = UINT_MAX, most = 0;

	(void)state;
	/* The machine may stand still, which makes all late, or keeps them from being served. */
	for (unsigned i = 0; i < 20 && least > fit; i++)
		least = served_when_late(0);
	assert_in_range(least, 1, fit);
	for (unsigned i = 0; i < 20 && most <= fit; i++)
		most = served_when_late(20);
	assert_in_range(most, fit + 1, 3 * fit);
}

static void long_turns_are_counted(void **state)
{
	struct jf_loop_timer timer = {0};
	struct jf_loop_turn longest;

	(void)state;
	jf_loop_timer_start(&timer, 1, hold, NULL);
	run_for(30);
	longest = jf_loop_stats_get().longest;
	assert_true(jf_loop_stats_get().turns_long >= 1);
	assert_true(jf_loop_stats_get().turns > jf_loop_stats_get().turns_long);
	assert_true(longest.length_ns >= 8 * JF_NS_PER_MS);
	assert_true(longest.ran_ns < longest.length_ns); /* it slept */
	assert_int_equal(jf_loop_stats_get().turns_held, 0);
	assert_int_equal(jf_loop_turn_most(&longest), JF_LOOP_TIMERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(library_uses_our_timers, setup, teardown),
	        cmocka_unit_test_setup_teardown(library_uses_our_random_bytes, setup, teardown),
	        cmocka_unit_test_setup_teardown(many_timers_fire_in_order, setup, teardown),
	        cmocka_unit_test_setup_teardown(handlers_may_restart_cancel_and_free, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(timer_tells_what_is_left, setup, teardown),
	        cmocka_unit_test_setup_teardown(posts_run_in_order_and_wake_the_loop, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(work_aside_does_not_hold_the_loop, setup, teardown),
	        cmocka_unit_test(closing_the_loop_waits_for_work_aside),
	        cmocka_unit_test_setup_teardown(fd_is_read, setup, teardown),
	        cmocka_unit_test_setup_teardown(late_timers_get_more_of_a_turn, setup, teardown),
	        cmocka_unit_test_setup_teardown(long_turns_are_counted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
