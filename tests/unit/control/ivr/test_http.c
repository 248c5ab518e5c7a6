// SPDX-License-Identifier: BSD-3-Clause
/* Servers that flows ask: good ones, and all the others. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <cmocka.h>

#include "http_server.h"
#include "jf_http.h"
#include "jf_loop.h"

#define LATE_MS 1500 /* a machine that is busy with other tests */

/* ---- The loop: what was posted is done when the test says so -----------------------------------
 */

struct posted {
	struct posted *next;
	jf_loop_post_handler *handler;
	void *arg;
};

static struct posted *posted, **posted_end = &posted;
static pthread_mutex_t posted_lock = PTHREAD_MUTEX_INITIALIZER;

int jf_loop_post(jf_loop_post_handler *handler, void *arg)
{
	struct posted *p = malloc(sizeof(*p));

	*p = (struct posted){NULL, handler, arg};
	pthread_mutex_lock(&posted_lock);
	*posted_end = p;
	posted_end = &p->next;
	pthread_mutex_unlock(&posted_lock);
	return 0;
}

static bool turn(void)
{
	struct posted *p;

	pthread_mutex_lock(&posted_lock);
	p = posted;
	if (p)
		posted = p->next;
	if (!posted)
		posted_end = &posted;
	pthread_mutex_unlock(&posted_lock);
	if (!p)
		return false;
	p->handler(p->arg);
	free(p);
	return true;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void live(uint64_t ms)
{
	static const struct timespec nap = {.tv_nsec = 1000000};
	uint64_t until_ms = now_ms() + ms;

	while (now_ms() < until_ms)
		if (!turn())
			nanosleep(&nap, NULL);
}

/* ---- Asking ------------------------------------------------------------------------------------
 */

static struct jf_http *http;
static uint16_t port;

static struct {
	uint32_t count;
	int error;
	uint16_t status;
	size_t length;
	char text[2048];
	uint64_t at_ms;
} said;

static void done(const struct jf_http_answer *answer, void *arg)
{
	assert_ptr_equal(arg, &said);
	assert_int_equal(answer->bytes[answer->length], '\0');
	said.count++;
	said.error = answer->error;
	said.status = answer->status;
	said.length = answer->length;
	snprintf(said.text, sizeof(said.text), "%s", answer->bytes);
	said.at_ms = now_ms();
}

static struct jf_http_ask *start(const char *scheme, uint16_t at, const char *path, uint32_t ms)
{
	struct jf_http_ask *ask;
	char url[128];
	struct jf_http_request request = {.method = "GET", .url = url, .deadline_ms = ms};

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", scheme, at, path);
	memset(&said, 0, sizeof(said));
	assert_int_equal(jf_http_start(http, &request, done, &said, &ask), 0);
	return ask;
}

/* Until the answer is there; how long it took. */
static uint64_t wait_for_it(void)
{
	uint64_t begin_ms = now_ms();

	while (!said.count && now_ms() - begin_ms < 10000)
		live(5);
	assert_int_equal(said.count, 1);
	return said.at_ms - begin_ms;
}

static int set_up(void **state)
{
	(void)state;
	port = http_server_start(false);
	return jf_http_create(&http);
}

static int tear_down(void **state)
{
	(void)state;
	jf_http_destroy(http);
	http_server_stop();
	while (turn())
		;
	return 0;
}

/* ---- Good ones ---------------------------------------------------------------------------------
 */

static void an_answer_comes_whole(void **state)
{
	(void)state;
	start("http", port, "/ok", 5000);
	assert_int_equal(said.count, 0); /* in a later turn */
	wait_for_it();
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 200);
	assert_string_equal(said.text, "{\"tier\": \"gold\"}");
	assert_int_equal(said.length, 16);
}

static void method_headers_and_body_are_sent(void **state)
{
	static const struct jf_http_header headers[] = {{"X-Key", "hush"}, {"Accept", "a/b"}};
	char url[64], body[] = "{\"a\": 1}";
	struct jf_http_request request = {.method = "PUT",
	                                  .url = url,
	                                  .body = body,
	                                  .headers = headers,
	                                  .n_headers = 2,
	                                  .deadline_ms = 5000};
	struct jf_http_ask *ask;

	(void)state;
	/* What the environment says of proxies and passwords is not for us. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/echo", port);
	memset(&said, 0, sizeof(said));
	assert_int_equal(jf_http_start(http, &request, done, &said, &ask), 0);
	memset(url, 'x', sizeof(url) - 1); /* it was copied */
	memset(body, 'x', sizeof(body) - 1);
	wait_for_it();
	unsetenv("http_proxy");
	assert_int_equal(said.error, 0);
	assert_int_equal(strncmp(said.text, "PUT /echo HTTP/1.1\r\n", 20), 0);
	assert_non_null(strstr(said.text, "\r\nX-Key: hush\r\n"));
	assert_non_null(strstr(said.text, "\r\nAccept: a/b\r\n"));
	assert_non_null(strstr(said.text, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(said.text, "\r\n\r\n{\"a\": 1}"));
}

static void other_statuses_are_told_with_what_came(void **state)
{
	(void)state;
	start("http", port, "/none", 5000);
	wait_for_it();
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 404);
	assert_string_equal(said.text, "{\"no\": \"such\"}");
}

static void a_redirect_is_not_followed(void **state)
{
	(void)state;
	start("http", port, "/moved", 5000);
	wait_for_it();
	assert_int_equal(said.error, 0);
	assert_int_equal(said.status, 302);
	assert_int_equal(http_server_asked("/moved"), 1);
	assert_int_equal(http_server_asked("/ok"), 0);
}

/* ---- Bad ones ----------------------------------------------------------------------------------
 */

static void who_hangs_is_left_at_the_deadline(void **state)
{
	(void)state;
	start("http", port, "/hang", 300);
	assert_in_range(wait_for_it(), 290, 300 + LATE_MS);
	assert_int_equal(said.error, -ETIMEDOUT);
}

static void who_answers_by_drops_is_left_at_the_deadline(void **state)
{
	(void)state;
	start("http", port, "/drip", 300);
	assert_in_range(wait_for_it(), 290, 300 + LATE_MS);
	assert_int_equal(said.error, -ETIMEDOUT);
}

static void where_nobody_listens_is_told_at_once(void **state)
{
	(void)state;
	start("http", http_server_nobody(), "/ok", 9000);
	assert_in_range(wait_for_it(), 0, LATE_MS);
	assert_int_equal(said.error, -ECONNREFUSED);
}

static void too_much_is_no_answer(void **state)
{
	(void)state;
	start("http", port, "/large", 5000);
	wait_for_it();
	assert_int_equal(said.error, -EMSGSIZE);
	start("http", port, "/full", 5000);
	wait_for_it();
	assert_int_equal(said.error, 0);
	assert_int_equal(said.length, JF_HTTP_ANSWER_MAX);
}

static void half_an_answer_is_none(void **state)
{
	(void)state;
	start("http", port, "/cut", 5000);
	wait_for_it();
	assert_int_equal(said.error, -EIO);
}

static void only_http_is_spoken(void **state)
{
	(void)state;
	start("file", port, "/etc/passwd", 5000);
	wait_for_it();
	assert_int_equal(said.error, -EIO);
	assert_int_equal(said.length, 0);
}

static void a_certificate_that_nobody_signed_is_not_believed(void **state)
{
	(void)state;
	start("https", port, "/ok", 300); /* it does not even speak TLS */
	wait_for_it();
	assert_int_equal(said.error, -ETIMEDOUT);
	http_server_stop();
	port = http_server_start(true);
	start("https", port, "/ok", 5000);
	wait_for_it();
	assert_int_equal(said.error, -EIO);
	assert_int_equal(http_server_asked("tls"), 0); /* nothing was asked over it */
}

/* ---- Many, and those that are not waited for
 * -----------------------------------------------------
 */

static void many_are_asked_at_once_and_one_too_many_is_refused(void **state)
{
	struct jf_http_ask *ask;
	char url[64];
	struct jf_http_request request = {.method = "GET", .url = url, .deadline_ms = 3000};
	struct rlimit files;
	uint64_t begin_ms;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hang", port);
	memset(&said, 0, sizeof(said));
	for (uint32_t i = 0; i < JF_HTTP_ASKS_MAX; i++)
		assert_int_equal(jf_http_start(http, &request, done, &said, &ask), 0);
	assert_int_equal(jf_http_start(http, &request, done, &said, &ask), -EBUSY);
	begin_ms = now_ms();
	while (said.count < JF_HTTP_ASKS_MAX && now_ms() - begin_ms < 15000)
		live(10);
	assert_int_equal(said.count, JF_HTTP_ASKS_MAX);
	assert_int_equal(said.error, -ETIMEDOUT);
	assert_true(http_server_most() > JF_HTTP_ASKS_MAX / 2); /* side by side */
	start("http", port, "/ok", 5000);
	wait_for_it();
	assert_int_equal(said.error, 0);
}

static void whoever_hung_up_hears_nothing(void **state)
{
	struct jf_http_ask *hangs, *answered;

	(void)state;
	hangs = start("http", port, "/hang", 400);
	answered = start("http", port, "/ok", 5000);
	jf_http_cancel(hangs);
	jf_http_cancel(answered);
	jf_http_cancel(NULL);
	live(1000);
	assert_int_equal(said.count, 0);
	assert_int_equal(http_server_asked("/ok"), 1);
}

/* The answer is on its way to the loop as the caller hangs up. */
static void nor_when_the_answer_is_already_posted(void **state)
{
	struct jf_http_ask *ask = start("http", port, "/ok", 5000);
	uint64_t begin_ms = now_ms();
	bool there = false;

	(void)state;
	while (!there && now_ms() - begin_ms < 5000) {
		pthread_mutex_lock(&posted_lock);
		there = posted != NULL;
		pthread_mutex_unlock(&posted_lock);
	}
	assert_true(there);
	jf_http_cancel(ask);
	live(20);
	assert_int_equal(said.count, 0);
}

static void what_is_under_way_at_the_end_ends_with_no_word(void **state)
{
	(void)state;
	start("http", port, "/hang", 60000);
	start("http", port, "/ok", 60000);
	while (!http_server_asked("/ok"))
		live(1);
	jf_http_destroy(http);
	assert_int_equal(jf_http_create(&http), 0);
	live(50);
	assert_true(said.count <= 1); /* it may have come before */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(an_answer_comes_whole),
	        TEST(method_headers_and_body_are_sent),
	        TEST(other_statuses_are_told_with_what_came),
	        TEST(a_redirect_is_not_followed),
	        TEST(who_hangs_is_left_at_the_deadline),
	        TEST(who_answers_by_drops_is_left_at_the_deadline),
	        TEST(where_nobody_listens_is_told_at_once),
	        TEST(too_much_is_no_answer),
	        TEST(half_an_answer_is_none),
	        TEST(only_http_is_spoken),
	        TEST(a_certificate_that_nobody_signed_is_not_believed),
	        TEST(many_are_asked_at_once_and_one_too_many_is_refused),
	        TEST(whoever_hung_up_hears_nothing),
	        TEST(nor_when_the_answer_is_already_posted),
	        TEST(what_is_under_way_at_the_end_ends_with_no_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
