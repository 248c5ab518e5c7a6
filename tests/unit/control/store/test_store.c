// SPDX-License-Identifier: BSD-3-Clause
#include "jf_store.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 10000

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jf-test-store-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
	static const char *const names[] = {"data.mdb", "lock.mdb", "owner.lock"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/lmdb/%s", folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/lmdb", folder);
	rmdir(path);
	return rmdir(folder);
}

static struct jf_store *open_with(uint64_t map_bytes, uint64_t queue_bytes_max)
{
	char path[96];
	struct jf_store *store;
	struct jf_store_options options = {
	        .directory = path,
	        .map_bytes = map_bytes,
	        .queue_bytes_max = queue_bytes_max,
	};

	snprintf(path, sizeof(path), "%s/lmdb", folder);
	assert_int_equal(jf_store_open(&options, &store), 0);
	return store;
}

struct results {
	int count;
	int last;
};

static void note(int result, void *arg)
{
	struct results *results = arg;

	results->count++;
	results->last = result;
}

static void wait_for(struct jf_store *store, const struct results *results, int count)
{
	struct pollfd fd = {.fd = jf_store_fd(store), .events = POLLIN};

	while (results->count < count) {
		assert_int_equal(poll(&fd, 1, WAIT_MS), 1);
		jf_store_deliver(store);
	}
}

static void put(struct jf_store *store, const char *key, const char *value, struct results *results)
{
	struct jf_store_batch *batch = jf_store_batch_begin(store);

	jf_store_batch_put(batch, JF_STORE_CALLS, key, strlen(key), value, strlen(value));
	assert_int_equal(jf_store_batch_commit(batch, note, results), 0);
}

static void assert_value(struct jf_store *store, enum jf_store_table table, const char *key,
                         const char *value)
{
	void *found;
	size_t length;

	assert_int_equal(jf_store_get(store, table, key, strlen(key), &found, &length), 0);
	assert_int_equal(length, strlen(value));
	assert_string_equal(found, value);
	free(found);
}

static void assert_nothing(struct jf_store *store, enum jf_store_table table, const char *key)
{
	void *found;
	size_t length;

	assert_int_equal(jf_store_get(store, table, key, strlen(key), &found, &length), -ENOENT);
}

static void what_was_put_is_there_after_opening_again(void **state)
{
	struct jf_store *store = open_with(0, 0);
	struct results results = {0};

	(void)state;
	assert_nothing(store, JF_STORE_CALLS, "a");
	put(store, "a", "one", &results);
	put(store, "a", "two", &results);
	wait_for(store, &results, 2);
	assert_int_equal(results.last, 0);
	assert_value(store, JF_STORE_CALLS, "a", "two");
	assert_nothing(store, JF_STORE_RECORDS, "a");
	/* Nobody waits for this one: closing does. */
	put(store, "b", "three", &results);
	jf_store_close(store);
	assert_int_equal(results.count, 3);
	store = open_with(0, 0);
	assert_value(store, JF_STORE_CALLS, "a", "two");
	assert_value(store, JF_STORE_CALLS, "b", "three");
	jf_store_close(store);
}

static void a_record_is_written_once(void **state)
{
	struct jf_store *store = open_with(0, 0);
	struct results results = {0};
	struct jf_store_batch *batch;

	(void)state;
	put(store, "id", "live", &results);
	batch = jf_store_batch_begin(store);
	jf_store_batch_put_once(batch, JF_STORE_RECORDS, "id", 2, "first", 5);
	assert_int_equal(jf_store_batch_commit(batch, note, &results), 0);
	wait_for(store, &results, 2);
	assert_int_equal(results.last, 0);
	batch = jf_store_batch_begin(store);
	jf_store_batch_put_once(batch, JF_STORE_RECORDS, "id", 2, "second", 6);
	jf_store_batch_delete(batch, JF_STORE_CALLS, "id", 2);
	assert_int_equal(jf_store_batch_commit(batch, note, &results), 0);
	wait_for(store, &results, 3);
	assert_int_equal(results.last, -EEXIST);
	assert_value(store, JF_STORE_RECORDS, "id", "first");
	assert_nothing(store, JF_STORE_CALLS, "id"); /* the rest of the batch was carried out */
	jf_store_close(store);
}

static void mistakes_show_at_the_commit(void **state)
{
	struct jf_store *store = open_with(0, 1000);
	struct results results = {0};
	struct jf_store_batch *batch = jf_store_batch_begin(store);
	char key[JF_STORE_KEY_MAX + 1] = {0};
	char big[2000] = {0};

	(void)state;
	jf_store_batch_put(batch, JF_STORE_CALLS, "fine", 4, "x", 1);
	jf_store_batch_put(batch, JF_STORE_CALLS, key, sizeof(key), "x", 1);
	assert_int_equal(jf_store_batch_commit(batch, note, &results), -EINVAL);
	batch = jf_store_batch_begin(store);
	jf_store_batch_put(batch, JF_STORE_CALLS, "", 0, "x", 1);
	assert_int_equal(jf_store_batch_commit(batch, note, &results), -EINVAL);
	batch = jf_store_batch_begin(store);
	jf_store_batch_put(batch, JF_STORE_CALLS, "big", 3, big, sizeof(big));
	assert_int_equal(jf_store_batch_commit(batch, note, &results), -ENOBUFS);
	assert_int_equal(jf_store_batch_commit(NULL, note, &results), -ENOMEM);
	jf_store_close(store);
	assert_int_equal(results.count, 0);
	store = open_with(0, 0);
	assert_nothing(store, JF_STORE_CALLS, "fine");
	jf_store_close(store);
}

static void many_batches_share_a_commit(void **state)
{
	struct jf_store *store = open_with(0, 0);
	struct results results = {0};
	struct jf_store_status status;
	char key[16];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "%06d", i);
		put(store, key, "value", &results);
	}
	wait_for(store, &results, 5000);
	jf_store_status(store, &status);
	assert_int_equal(status.batches_committed, 5000);
	assert_true(status.commits < 500);
	assert_int_equal(status.batches_queued, 0);
	assert_int_equal(status.bytes_queued, 0);
	assert_int_equal(status.rows[JF_STORE_CALLS], 5000);
	jf_store_close(store);
}

static void a_full_map_grows(void **state)
{
	struct jf_store *store = open_with(1 << 20, 0);
	struct results results = {0};
	struct jf_store_status status;
	char *value = malloc(100001);
	char key[16];

	(void)state;
	memset(value, 'v', 100000);
	value[100000] = '\0';
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d", i);
		put(store, key, value, &results);
	}
	wait_for(store, &results, 100);
	assert_int_equal(results.last, 0);
	assert_value(store, JF_STORE_CALLS, "99", value);
	jf_store_status(store, &status);
	assert_true(status.map_bytes > 10 << 20);
	assert_int_equal(status.error, 0);
	free(value);
	jf_store_close(store);
}

struct seen {
	char text[200];
	int stop_after;
	int count;
};

static bool see(const void *key, size_t key_length, const void *value, size_t value_length,
                void *arg)
{
	struct seen *seen = arg;

	(void)value;
	(void)value_length;
	strncat(seen->text, key, key_length);
	return ++seen->count != seen->stop_after;
}

static void pages_go_both_ways(void **state)
{
	struct jf_store *store = open_with(0, 0);
	struct results results = {0};
	static const char *const keys[] = {"b", "d", "a", "e", "c"};
	static const struct {
		struct jf_store_page page;
		int stop_after;
		const char *expected;
	} rows[] = {
	        {{NULL, 0, 10, false}, 0, "abcde"}, {{NULL, 0, 2, false}, 0, "ab"},
	        {{"b", 1, 2, false}, 0, "cd"},      {{"bb", 2, 10, false}, 0, "cde"},
	        {{"e", 1, 10, false}, 0, ""},       {{NULL, 0, 2, true}, 0, "ed"},
	        {{"d", 1, 10, true}, 0, "cba"},     {{"z", 1, 1, true}, 0, "e"},
	        {{"a", 1, 10, true}, 0, ""},        {{NULL, 0, 10, false}, 3, "abc"},
	};

	(void)state;
	for (int i = 0; i < 5; i++)
		put(store, keys[i], "", &results);
	wait_for(store, &results, 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen seen = {.stop_after = rows[i].stop_after};
		int count = jf_store_scan(store, JF_STORE_CALLS, &rows[i].page, see, &seen);
		assert_int_equal(count, strlen(rows[i].expected));
		assert_string_equal(seen.text, rows[i].expected);
	}
	jf_store_close(store);
}

static void a_second_owner_is_refused(void **state)
{
	struct jf_store *store = open_with(0, 0);
	struct jf_store *second = NULL;
	char path[96];
	struct jf_store_options options = {.directory = path};

	(void)state;
	snprintf(path, sizeof(path), "%s/lmdb", folder);
	assert_int_equal(jf_store_open(&options, &second), -EBUSY);
	assert_null(second);
	jf_store_close(store);
	options.directory = "/proc/no/such";
	assert_int_equal(jf_store_open(&options, &second), -ENOENT);
}

static void a_newer_schema_is_refused(void **state)
{
	struct jf_store *store = open_with(0, 0);
	char path[96];
	struct jf_store_options options = {.directory = path};

	(void)state;
	snprintf(path, sizeof(path), "%s/lmdb", folder);
	assert_int_equal(jf_store_put(store, JF_STORE_META, "schema", 6, "2", 1), 0);
	jf_store_close(store);
	assert_int_equal(jf_store_open(&options, &store), -EPROTO);
}

/* The child reports each key that it was told is durable; then it is killed in mid-work. */
static void child_writes(int report)
{
	struct jf_store *store = open_with(0, 0);

	for (int i = 0;; i++) {
		struct results results = {0};
		char key[16];

		snprintf(key, sizeof(key), "%06d", i);
		put(store, key, "value", &results);
		wait_for(store, &results, 1);
		if (write(report, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

static void what_was_reported_survives_kill_9(void **state)
{
	struct jf_store *store;
	int ends[2], reported, last = -1;
	char key[16];
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		child_writes(ends[1]);
	close(ends[1]);
	while (last < 50 && read(ends[0], &reported, sizeof(reported)) == sizeof(reported))
		last = reported;
	kill(child, SIGKILL);
	while (read(ends[0], &reported, sizeof(reported)) == sizeof(reported))
		last = reported;
	waitpid(child, NULL, 0);
	close(ends[0]);
	assert_true(last >= 50);
	store = open_with(0, 0);
	for (int i = 0; i <= last; i++) {
		snprintf(key, sizeof(key), "%06d", i);
		assert_value(store, JF_STORE_CALLS, key, "value");
	}
	jf_store_close(store);
}

/* Fills a small file system, sees the trouble, makes room, and finds everything written. */
static void a_full_disk_delays_and_loses_nothing(void **state)
{
	char path[128], *value;
	struct jf_store *store;
	struct jf_store_status status;
	struct results results = {0};

	(void)state;
	snprintf(path, sizeof(path), "%s/lmdb", folder);
	if (mkdir(path, 0700) || mount("jf-test", path, "tmpfs", 0, "size=512k"))
		skip();
	store = open_with(0, 0);
	value = malloc(400001);
	memset(value, 'v', 400000);
	value[400000] = '\0';
	put(store, "small", "before", &results);
	wait_for(store, &results, 1);
	put(store, "big", value, &results);
	put(store, "big2", value, &results);
	for (int i = 0; i < 500; i++) {
		jf_store_status(store, &status);
		if (status.error)
			break;
		usleep(10000);
	}
	assert_int_equal(status.error, -ENOSPC);
	assert_true(status.failing_since_ns != 0);
	assert_true(status.batches_queued >= 1);
	assert_value(store, JF_STORE_CALLS, "small", "before");
	assert_int_equal(mount("jf-test", path, "tmpfs", MS_REMOUNT, "size=8m"), 0);
	wait_for(store, &results, 3);
	assert_int_equal(results.last, 0);
	assert_value(store, JF_STORE_CALLS, "big2", value);
	jf_store_status(store, &status);
	assert_int_equal(status.error, 0);
	jf_store_close(store);
	free(value);
	assert_int_equal(umount(path), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_make, folder_remove)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_put_is_there_after_opening_again),
	        TEST(a_record_is_written_once),
	        TEST(mistakes_show_at_the_commit),
	        TEST(many_batches_share_a_commit),
	        TEST(a_full_map_grows),
	        TEST(pages_go_both_ways),
	        TEST(a_second_owner_is_refused),
	        TEST(a_newer_schema_is_refused),
	        TEST(what_was_reported_survives_kill_9),
	        TEST(a_full_disk_delays_and_loses_nothing),
	};

	/* Mounts of the test stay in a namespace of its own. */
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
