// SPDX-License-Identifier: BSD-3-Clause
#include "jf_http.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "jf_list.h"
#include "jf_log.h"
#include "jf_loop.h"

#define POLL_MS 1000

/* Made in the loop, worked on by the thread, ended in the loop. */
struct jf_http_ask {
	struct jf_http_ask *next; /* of those that wait for the thread */
	CURL *easy;
	struct curl_slist *headers;
	char *body, *bytes;
	size_t length;
	struct jf_http *http; /* of the loop's; NULL: it is gone */
	struct jf_link link;  /* of all that are under way; the loop's */
	jf_http_done *done;   /* NULL: nobody waits for it */
	void *arg;
	int error;
	long status;
	bool too_long;
};

struct jf_http {
	pthread_t thread;
	bool running;
	CURLM *multi;
	struct jf_list asks; /* the loop's */
	uint32_t n_asks;
	pthread_mutex_t lock;
	/* Under the lock. */
	struct jf_http_ask *waiting, **waiting_end;
	bool stopping;
};

/* ---- One request ----------------------------------------------------------------------------- */

static size_t received(char *bytes, size_t size, size_t count, void *arg)
{
	struct jf_http_ask *ask = arg;
	size_t length = size * count;
	char *grown;

	if (length > JF_HTTP_ANSWER_MAX - ask->length) {
		ask->too_long = true;
		return 0;
	}
	grown = realloc(ask->bytes, ask->length + length + 1);
	if (!grown)
		return 0;
	memcpy(grown + ask->length, bytes, length);
	ask->bytes = grown;
	ask->length += length;
	grown[ask->length] = '\0';
	return length;
}

static void ask_free(struct jf_http_ask *ask)
{
	if (ask->easy)
		curl_easy_cleanup(ask->easy);
	for (struct curl_slist *h = ask->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(ask->headers);
	if (ask->body)
		explicit_bzero(ask->body, strlen(ask->body));
	if (ask->bytes)
		explicit_bzero(ask->bytes, ask->length);
	free(ask->body);
	free(ask->bytes);
	free(ask);
}

static bool header_add(struct jf_http_ask *ask, const char *name, const char *value)
{
	struct curl_slist *list;
	char *line;

	if (asprintf(&line, "%s: %s", name, value) < 0)
		return false;
	list = curl_slist_append(ask->headers, line);
	explicit_bzero(line, strlen(line));
	free(line);
	if (!list)
		return false;
	ask->headers = list;
	return true;
}

static int ask_set(struct jf_http_ask *ask, const struct jf_http_request *request)
{
	CURL *easy = ask->easy;
	bool fits = true;

	for (uint32_t i = 0; i < request->n_headers; i++)
		fits = fits && header_add(ask, request->headers[i].name, request->headers[i].value);
	if (request->body && request->body[0]) {
		fits = fits && header_add(ask, "Content-Type", "application/json");
		ask->body = strdup(request->body);
		fits = fits && ask->body;
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, ask->body);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, ask->headers);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "jackfield");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* A name that doesn't resolve isn't waited for once the deadline has passed. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->deadline_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, received);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, ask);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, ask);
	return curl_easy_setopt(easy, CURLOPT_URL, request->url) || !fits ? -ENOMEM : 0;
}

/* ---- The thread ------------------------------------------------------------------------------ */

/* In the loop. */
static void answered(void *arg)
{
	struct jf_http_ask *ask = arg;
	struct jf_http_answer answer = {
	        .error = ask->error,
	        .status = (uint16_t)ask->status,
	        .bytes = ask->bytes ? ask->bytes : "",
	        .length = ask->length,
	};

	if (ask->http)
		ask->http->n_asks--;
	jf_list_remove(&ask->link);
	if (ask->done)
		ask->done(&answer, ask->arg);
	ask_free(ask);
}

static int error_of(const struct jf_http_ask *ask, CURLcode code)
{
	if (ask->too_long)
		return -EMSGSIZE;
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	default:
		return -EIO;
	}
}

static void conclude(struct jf_http *http, CURLMsg *message)
{
	struct jf_http_ask *ask;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ask);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &ask->status);
	ask->error = error_of(ask, message->data.result);
	curl_multi_remove_handle(http->multi, ask->easy);
	curl_easy_cleanup(ask->easy);
	ask->easy = NULL;
	if (jf_loop_post(answered, ask))
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, NULL, "an HTTP answer is lost: no memory");
}

/* What came to the thread since. False: it is to end. */
static bool take_waiting(struct jf_http *http)
{
	struct jf_http_ask *ask;
	bool stopping;

	pthread_mutex_lock(&http->lock);
	ask = http->waiting;
	http->waiting = NULL;
	http->waiting_end = &http->waiting;
	stopping = http->stopping;
	pthread_mutex_unlock(&http->lock);
	while (ask) {
		struct jf_http_ask *next = ask->next;

		curl_multi_add_handle(http->multi, ask->easy);
		ask = next;
	}
	return !stopping;
}

static void *work(void *arg)
{
	struct jf_http *http = arg;

	while (take_waiting(http)) {
		int running, left;
		CURLMsg *message;

		curl_multi_perform(http->multi, &running);
		while ((message = curl_multi_info_read(http->multi, &left)))
			if (message->msg == CURLMSG_DONE)
				conclude(http, message);
		curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL);
	}
	return NULL;
}

/* ---- From the loop --------------------------------------------------------------------------- */

int jf_http_create(struct jf_http **ret_http)
{
	struct jf_http *http = calloc(1, sizeof(*http));

	if (!http)
		return -ENOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(http);
		return -ENOMEM;
	}
	jf_list_init(&http->asks);
	http->waiting_end = &http->waiting;
	pthread_mutex_init(&http->lock, NULL);
	*ret_http = http;
	return 0;
}

static int thread_start(struct jf_http *http)
{
	if (http->running)
		return 0;
	http->multi = http->multi ? http->multi : curl_multi_init();
	if (!http->multi || pthread_create(&http->thread, NULL, work, http))
		return -ENOMEM;
	http->running = true;
	return 0;
}

int jf_http_start(struct jf_http *http, const struct jf_http_request *request, jf_http_done *done,
                  void *arg, struct jf_http_ask **ret_ask)
{
	struct jf_http_ask *ask;

	if (http->n_asks == JF_HTTP_ASKS_MAX)
		return -EBUSY;
	if (thread_start(http))
		return -ENOMEM;
	ask = calloc(1, sizeof(*ask));
	if (!ask)
		return -ENOMEM;
	*ask = (struct jf_http_ask){
	        .easy = curl_easy_init(), .http = http, .done = done, .arg = arg};
	if (!ask->easy || ask_set(ask, request)) {
		ask_free(ask);
		return -ENOMEM;
	}
	http->n_asks++;
	jf_list_append(&http->asks, &ask->link);
	pthread_mutex_lock(&http->lock);
	*http->waiting_end = ask;
	http->waiting_end = &ask->next;
	pthread_mutex_unlock(&http->lock);
	curl_multi_wakeup(http->multi);
	*ret_ask = ask;
	return 0;
}

void jf_http_cancel(struct jf_http_ask *ask)
{
	if (ask)
		ask->done = NULL;
}

static void thread_stop(struct jf_http *http)
{
	if (!http->running)
		return;
	pthread_mutex_lock(&http->lock);
	http->stopping = true;
	pthread_mutex_unlock(&http->lock);
	curl_multi_wakeup(http->multi);
	pthread_join(http->thread, NULL);
}

void jf_http_destroy(struct jf_http *http)
{
	if (!http)
		return;
	thread_stop(http);
	JF_LIST_FOR(link, &http->asks)
	{
		struct jf_http_ask *ask = JF_CONTAINER(link, struct jf_http_ask, link);

		jf_list_remove(link);
		if (ask->easy) {
			curl_multi_remove_handle(http->multi, ask->easy);
			ask_free(ask);
		} else { /* its answer is posted already */
			ask->http = NULL;
			ask->done = NULL;
		}
	}
	if (http->multi)
		curl_multi_cleanup(http->multi);
	pthread_mutex_destroy(&http->lock);
	free(http);
	curl_global_cleanup();
}
