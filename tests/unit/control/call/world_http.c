// SPDX-License-Identifier: BSD-3-Clause
/* Servers that flows ask: what they were asked is kept, and answered when the test wants it. */
#include "world_http.h"

#include <stdio.h>
#include <string.h>

#include "jf_http.h"

struct jf_http_ask {
	jf_http_done *done;
	void *arg;
};

char world_http_url[1100], world_http_header[200];

static struct jf_http_ask asked;

int jf_http_start(struct jf_http *http, const struct jf_http_request *request, jf_http_done *done,
                  void *arg, struct jf_http_ask **ret_ask)
{
	(void)http;
	snprintf(world_http_url, sizeof(world_http_url), "%s %s %s", request->method, request->url,
	         request->body);
	world_http_header[0] = '\0';
	if (request->n_headers)
		snprintf(world_http_header, sizeof(world_http_header), "%s: %s",
		         request->headers[0].name, request->headers[0].value);
	asked = (struct jf_http_ask){done, arg};
	*ret_ask = &asked;
	return 0;
}

void jf_http_cancel(struct jf_http_ask *ask)
{
	if (ask)
		ask->done = NULL;
}

bool world_http_answer(uint16_t status, const char *text)
{
	struct jf_http_answer answer = {.status = status, .bytes = text, .length = strlen(text)};
	jf_http_done *done = asked.done;

	asked.done = NULL;
	if (done)
		done(&answer, asked.arg);
	return done != NULL;
}
