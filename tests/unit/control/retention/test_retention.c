// SPDX-License-Identifier: BSD-3-Clause
/* What goes, what stays, and how much is done at once; over a real store. */
#include "jf_retention.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_call_id.h"
#include "jf_loop.h"
#include "jf_store.h"

#define DAY 86400u

static char folder[] = "/tmp/jf-keep-XXXXXX";
static struct jf_store *store;

/* ---- The loop: the only timer is fired by hand -------------------------------------------------
 */

static jf_loop_timer_handler *due;
static void *due_arg;
static uint64_t due_ms;

void jf_loop_timer_start(struct jf_loop_timer *timer, uint64_t delay_ms,
                         jf_loop_timer_handler *handler, void *arg)
{
	(void)timer;
	due = handler;
	due_arg = arg;
	due_ms = delay_ms;
}

void jf_loop_timer_cancel(struct jf_loop_timer *timer)
{
	(void)timer;
	due = NULL;
}

/* ---- */

static void open_store(void)
{
	struct jf_store_options options = {.directory = folder};

	assert_int_equal(jf_store_open(&options, &store), 0);
}

/* Everything is on the disk. */
static void flush(void)
{
	jf_store_close(store);
	open_store();
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	open_store();
	return 0;
}

static int tear_down(void **state)
{
	char command[80];

	(void)state;
	jf_store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void account(const char *head, uint32_t days_old)
{
	uint64_t at_s = (uint64_t)time(NULL) - (uint64_t)days_old * DAY;
	char key[100];

	snprintf(key, sizeof(key), "%s%016" PRIx64, head, at_s);
	assert_int_equal(jf_store_put(store, JF_STORE_KPI, key, strlen(key), "{}", 2), 0);
}

static void record(uint32_t days_old)
{
	static uint8_t serial;
	uint8_t random[10] = {serial++};
	struct jf_call_id id = jf_call_id_make(
	        ((uint64_t)time(NULL) - (uint64_t)days_old * DAY) * 1000000000ull, random);

	assert_int_equal(jf_store_put(store, JF_STORE_RECORDS, id.b, sizeof(id.b), "{}", 2), 0);
}

static bool count(const void *key, size_t length, const void *value, size_t value_length, void *arg)
{
	(void)key;
	(void)length;
	(void)value;
	(void)value_length;
	++*(unsigned int *)arg;
	return true;
}

static unsigned int rows(enum jf_store_table table)
{
	struct jf_store_page page = {.limit = 100000};
	unsigned int n = 0;

	assert_true(jf_store_scan(store, table, &page, count, &n) >= 0);
	return n;
}

/* One round. Returns its turns. */
static unsigned int round_of(const struct jf_retention_days *days)
{
	struct jf_retention *retention;
	unsigned int turns = 0;

	flush();
	assert_int_equal(jf_retention_create(store, days, &retention), 0);
	assert_true(due_ms >= 1000);
	do {
		due(due_arg);
		turns++;
	} while (due_ms < 60000 && turns < 10000);
	assert_true(turns < 10000);
	jf_retention_destroy(retention);
	assert_null(due);
	flush();
	return turns;
}

static void old_accounts_go_whosever_they_are(void **state)
{
	const struct jf_retention_days days = {.kpi = 400};
	static const char *const heads[] = {"a/acme/1001/", "c/acme//", "q/acme/billing/",
	                                    "q/acme/billing2/", "t/bolt/day/"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		account(heads[i], 399);
		account(heads[i], 0);
		if (i != 2)
			account(heads[i], 401);
		account(heads[i], i == 2 ? 10 : 1000);
	}
	record(5000);
	round_of(&days);
	assert_int_equal(rows(JF_STORE_KPI), 11);
	assert_int_equal(rows(JF_STORE_RECORDS), 1); /* for ever */
	round_of(&days);
	assert_int_equal(rows(JF_STORE_KPI), 11);
}

static void old_records_go(void **state)
{
	const struct jf_retention_days days = {.records = 30};

	(void)state;
	for (uint32_t age = 1; age < 60; age += 2)
		record(age);
	account("q/acme/billing/", 5000);
	round_of(&days);
	assert_int_equal(rows(JF_STORE_RECORDS), 15);
	assert_int_equal(rows(JF_STORE_KPI), 1);
}

/* Many of one, and many who have one each: a bounded part of either in a turn. */
static void a_turn_is_never_long(void **state)
{
	const struct jf_retention_days days = {.kpi = 400, .records = 1};
	unsigned int turns;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		account("q/acme/billing/", 500 + i);
	for (unsigned int i = 0; i < 1000; i++) {
		char head[40];

		snprintf(head, sizeof(head), "a/acme/%u/", 1000 + i);
		account(head, 1);
	}
	turns = round_of(&days);
	assert_int_equal(rows(JF_STORE_KPI), 1000);
	assert_true(turns >= 1000 / 128 + 1000 / 32);
}

static void what_is_no_row_of_ours_stays(void **state)
{
	const struct jf_retention_days days = {.kpi = 1, .records = 1};
	static const char *const odd[] = {"", "x", "q/acme/billing/zzzzzzzzzzzzzzzz",
	                                  "0000000000000000"};

	(void)state;
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(jf_store_put(store, JF_STORE_KPI, odd[i], strlen(odd[i]), "", 0),
		                 0);
		assert_int_equal(
		        jf_store_put(store, JF_STORE_RECORDS, odd[i], strlen(odd[i]), "", 0), 0);
	}
	account("z/acme/billing/", 5);
	round_of(&days);
	assert_int_equal(rows(JF_STORE_KPI), 3);
	assert_true(rows(JF_STORE_RECORDS) >= 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(old_accounts_go_whosever_they_are),
	        TEST(old_records_go),
	        TEST(a_turn_is_never_long),
	        TEST(what_is_no_row_of_ours_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
