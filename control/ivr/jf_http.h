/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking HTTP servers, for flows. The loop is never held: names, connections and TLS are the affair
 * of one thread (libcurl's multi interface), which begins with the first request and hands answers
 * back to the loop.
 *
 * Redirects aren't followed, proxies of the environment aren't used, certificates are checked.
 * Neither URL, headers nor bodies are logged: they may hold secrets, and are wiped.
 *
 * All functions: loop's thread.
 */
#ifndef JF_HTTP_H
#define JF_HTTP_H

#include <stddef.h>
#include <stdint.h>

#define JF_HTTP_ANSWER_MAX 65536u /* bytes: more is no answer */
#define JF_HTTP_ASKS_MAX   1024u  /* under way at once */

struct jf_http;
struct jf_http_ask;

struct jf_http_header {
	const char *name, *value;
};

struct jf_http_request {
	const char *method; /* "GET", "POST", "PUT" */
	const char *url;
	const char *body; /* JSON; "" or NULL: none */
	const struct jf_http_header *headers;
	uint32_t n_headers;
	uint32_t deadline_ms; /* for all of it */
};

/* error 0: status and what came; else a negative errno: -ETIMEDOUT, -ECONNREFUSED, -EMSGSIZE, -EIO.
 * bytes end with a NUL that length doesn't count. */
struct jf_http_answer {
	int error;
	uint16_t status;
	const char *bytes;
	size_t length;
};

typedef void jf_http_done(const struct jf_http_answer *answer, void *arg);

/* 0, -ENOMEM. */
int jf_http_create(struct jf_http **ret_http);

/* What is under way ends with no word. May be NULL. */
void jf_http_destroy(struct jf_http *http);

/* The request is copied; done is called once, in a later turn of the loop. 0, -EBUSY, -ENOMEM. */
int jf_http_start(struct jf_http *http, const struct jf_http_request *request, jf_http_done *done,
                  void *arg, struct jf_http_ask **ret_ask);

/* done won't be called. May be NULL; not after it was called. */
void jf_http_cancel(struct jf_http_ask *ask);

#endif
