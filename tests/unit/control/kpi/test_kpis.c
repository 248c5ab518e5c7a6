// SPDX-License-Identifier: BSD-3-Clause
/* Interval accounts over a real store, in times of our own choice. */
#include "jf_kpis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_loop.h"
#include "jf_store.h"
#include "jf_time.h"

#define SECOND   JF_NS_PER_S
#define INTERVAL (JF_KPIS_INTERVAL_S * SECOND)

static char folder[] = "/tmp/jf-kpis-XXXXXX";
static struct jf_store *store;
static struct jf_kpis *kpis;
static uint64_t base; /* the beginning of an interval, some time ago */

static const struct jf_kpis_name billing = {JF_KPIS_QUEUE, "acme", "billing"};
static const struct jf_kpis_name day = {JF_KPIS_TEAM, "acme", "day"};
static const struct jf_kpis_name night = {JF_KPIS_TEAM, "acme", "night"};
static const struct jf_kpis_name agent = {JF_KPIS_AGENT, "acme", "1001"};

/* ---- The loop: nothing fires ------------------------------------------------------------------
 */

void jf_loop_part(enum jf_loop_part part)
{
	(void)part;
}

void jf_loop_timer_start(struct jf_loop_timer *timer, uint64_t delay_ms,
                         jf_loop_timer_handler *handler, void *arg)
{
	(void)timer;
	(void)delay_ms;
	(void)handler;
	(void)arg;
}

void jf_loop_timer_cancel(struct jf_loop_timer *timer)
{
	(void)timer;
}

bool jf_loop_timer_running(const struct jf_loop_timer *timer)
{
	(void)timer;
	return false;
}

/* ---- */

static void open_all(void)
{
	struct jf_store_options options = {.directory = folder};

	assert_int_equal(jf_store_open(&options, &store), 0);
	assert_int_equal(jf_kpis_create(store, NULL, &kpis), 0);
	jf_kpis_day(kpis, "acme", base);
}

static void close_all(uint64_t utc_ns)
{
	jf_kpis_stop(kpis, utc_ns);
	jf_store_close(store);
	jf_kpis_destroy(kpis);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	base = 1800000000ull / JF_KPIS_INTERVAL_S * INTERVAL;
	open_all();
	return 0;
}

static int tear_down(void **state)
{
	char command[80];

	(void)state;
	close_all(base + 10 * INTERVAL);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void restart(uint64_t utc_ns)
{
	close_all(utc_ns);
	open_all();
}

static void call(enum jf_kpi_end end, uint64_t entered_s, uint64_t left_s)
{
	jf_kpis_call(kpis, &billing, end, base + entered_s * SECOND, base + left_s * SECOND,
	             20 * SECOND);
}

static struct jf_kpi_sums today(const struct jf_kpis_name *name, uint64_t at_s)
{
	struct jf_kpi_sums sums;

	jf_kpis_today(kpis, name, base + at_s * SECOND, &sums);
	return sums;
}

static json_t *intervals(const struct jf_kpis_name *name, uint32_t length_s)
{
	struct jf_kpis_span span = {.from_s = (int64_t)(base / SECOND),
	                            .to_s = INT64_MAX,
	                            .length_s = length_s,
	                            .limit = 100};

	return jf_kpis_intervals(kpis, name, &span);
}

static double figure(const json_t *list, size_t i, const char *name)
{
	return json_number_value(json_object_get(json_array_get(list, i), name));
}

/* Percent times ten, as it is told. */
static int tenths(const json_t *list, size_t i, const char *name)
{
	return (int)(figure(list, i, name) * 10 + 0.5);
}

static void a_service_level_is_told_three_ways(void **state)
{
	json_t *list;

	(void)state;
	call(JF_KPI_END_ANSWERED, 0, 10);
	call(JF_KPI_END_ANSWERED, 0, 30);
	call(JF_KPI_END_ABANDONED, 0, 15);
	call(JF_KPI_END_SHORT, 0, 2);
	restart(base + 100 * SECOND);
	list = intervals(&billing, 900);
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(figure(list, 0, "offered"), 4);
	assert_int_equal(tenths(list, 0, "sl_ignored"), 500);
	assert_int_equal(tenths(list, 0, "sl_against"), 333);
	assert_int_equal(tenths(list, 0, "sl_for"), 667);
	assert_int_equal(figure(list, 0, "asa_ms"), 20000);
	assert_int_equal(tenths(list, 0, "abandon_rate"), 333);
	json_decref(list);
}

static void each_event_counts_where_it_happens(void **state)
{
	json_t *list;

	(void)state;
	/* It reached its threshold before the boundary, and left after it. */
	call(JF_KPI_END_ANSWERED, 870, 930);
	restart(base + 2000 * SECOND);
	list = intervals(&billing, 900);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(figure(list, 0, "offered"), 0);
	assert_int_equal(tenths(list, 0, "sl_against"), 0);
	assert_int_equal(figure(list, 1, "offered"), 1);
	assert_true(json_is_null(json_object_get(json_array_get(list, 1), "sl_against")));
	json_decref(list);
	/* Half an hour of it. */
	list = intervals(&billing, 1800);
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(figure(list, 0, "offered"), 1);
	json_decref(list);
}

static void an_agent(enum jf_agent_state doing, const char *queue, uint64_t at_s)
{
	static const char *const serves[] = {"billing"};
	struct jf_kpis_doing d = {.state = doing, .queue = queue, .serves = serves, .n_serves = 1};

	jf_kpis_agent(kpis, &agent, &d, base + at_s * SECOND);
}

static void an_agents_time_is_split_at_the_boundary(void **state)
{
	struct jf_kpi_sums sums;
	json_t *list;

	(void)state;
	an_agent(JF_AGENT_READY, NULL, 800);
	an_agent(JF_AGENT_RINGING, "billing", 1000);
	an_agent(JF_AGENT_TALKING, "billing", 1010);
	an_agent(JF_AGENT_WRAPUP, NULL, 1070);
	an_agent(JF_AGENT_NOT_READY, NULL, 1100);
	sums = today(&agent, 1200);
	assert_int_equal(sums.ready_ns, 200 * SECOND);
	assert_int_equal(sums.not_ready_ns, 100 * SECOND);
	assert_int_equal(sums.handled, 1);
	sums = today(&billing, 1200);
	assert_int_equal(sums.talk_ns, 60 * SECOND);
	assert_int_equal(sums.wrapup_ns, 30 * SECOND);
	assert_int_equal(sums.handled, 1);
	restart(base + 1200 * SECOND);
	list = intervals(&agent, 900);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(json_integer_value(json_object_get(
	                         json_object_get(json_array_get(list, 0), "sums"), "ready_ns")),
	                 100 * SECOND);
	assert_int_equal(figure(list, 1, "aht_ms"), 90000);
	/* 60 + 30 + 10 of it, and 100 ready. */
	assert_int_equal(tenths(list, 1, "occupancy"), 500);
	json_decref(list);
}

/* What it does counts for the team that it is in at that time. */
static void a_team_has_what_its_agents_did_in_it(void **state)
{
	static const struct jf_kpis_name other = {JF_KPIS_AGENT, "acme", "1002"};
	struct jf_kpis_doing d = {.state = JF_AGENT_READY, .team = "day"};
	struct jf_kpi_sums sums;
	json_t *list;

	(void)state;
	jf_kpis_agent(kpis, &agent, &d, base);
	jf_kpis_agent(kpis, &other, &d, base + 50 * SECOND);
	d.state = JF_AGENT_TALKING;
	d.queue = "billing";
	jf_kpis_agent(kpis, &agent, &d, base + 100 * SECOND);
	/* It is moved in mid-call. */
	d.team = "night";
	jf_kpis_agent(kpis, &agent, &d, base + 160 * SECOND);
	jf_kpis_transferred(kpis, &agent, "billing", base + 170 * SECOND);
	d.state = JF_AGENT_READY;
	d.queue = NULL;
	jf_kpis_agent(kpis, &agent, &d, base + 170 * SECOND);
	d.team = NULL;
	jf_kpis_agent(kpis, &agent, &d, base + 200 * SECOND);
	d.team = "day";
	d.state = JF_AGENT_LOGGED_OUT;
	jf_kpis_agent(kpis, &other, &d, base + 250 * SECOND);
	sums = today(&day, 300);
	assert_int_equal(sums.ready_ns, (100 + 200) * SECOND);
	assert_int_equal(sums.talk_ns, 60 * SECOND);
	assert_int_equal(sums.handled, 0);
	sums = today(&night, 300);
	assert_int_equal(sums.talk_ns, 10 * SECOND);
	assert_int_equal(sums.ready_ns, 30 * SECOND);
	assert_int_equal(sums.handled, 1);
	assert_int_equal(sums.transferred_out, 1);
	assert_int_equal(today(&agent, 300).handled, 1);
	restart(base + 300 * SECOND);
	assert_int_equal(today(&day, 300).ready_ns, 300 * SECOND);
	list = intervals(&night, 900);
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(figure(list, 0, "aht_ms"), 10000);
	assert_int_equal(tenths(list, 0, "occupancy"), 250);
	json_decref(list);
}

static void a_restart_neither_loses_nor_doubles(void **state)
{
	struct jf_kpis_doing goes_on = {.state = JF_AGENT_READY,
	                                .since_utc_ns = base + 100 * SECOND};
	struct jf_kpi_sums sums;

	(void)state;
	call(JF_KPI_END_ANSWERED, 0, 10);
	an_agent(JF_AGENT_READY, NULL, 100);
	restart(base + 200 * SECOND);
	sums = today(&billing, 200);
	assert_int_equal(sums.offered, 1);
	assert_int_equal(sums.ready_ns, 100 * SECOND);
	/* It was ready all the time, and up to 200 that is counted. */
	jf_kpis_agent(kpis, &agent, &goes_on, base + 250 * SECOND);
	sums = today(&agent, 300);
	assert_int_equal(sums.ready_ns, 200 * SECOND);
	call(JF_KPI_END_ANSWERED, 290, 300);
	restart(base + 310 * SECOND);
	sums = today(&billing, 310);
	assert_int_equal(sums.offered, 2);
	assert_int_equal(sums.answered, 2);
}

static void a_new_day_begins_with_nothing(void **state)
{
	struct jf_kpi_sums sums;

	(void)state;
	call(JF_KPI_END_ANSWERED, 0, 10);
	jf_kpis_day(kpis, "other", base + INTERVAL);
	sums = today(&billing, 20);
	assert_int_equal(sums.offered, 1);
	jf_kpis_day(kpis, "acme", base + INTERVAL);
	sums = today(&billing, 1000);
	assert_int_equal(sums.offered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_service_level_is_told_three_ways),
	        TEST(each_event_counts_where_it_happens),
	        TEST(an_agents_time_is_split_at_the_boundary),
	        TEST(a_team_has_what_its_agents_did_in_it),
	        TEST(a_restart_neither_loses_nor_doubles),
	        TEST(a_new_day_begins_with_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
