// SPDX-License-Identifier: BSD-3-Clause
/* What a flow asks for: opening hours, who calls, and servers, whose JSON becomes data. */
#include "jf_call_flow_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum jf_ivr_way_type jf_call_flow_calendar(const struct jf_call *call, const char *name)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_calendar *calendar =
	        directory ? jf_directory_calendar_find(directory, call->tenant, name) : NULL;
	uint64_t utc_ns = jf_call_utc_ns(call, jf_loop_now_ns());
	struct jf_calendar_status status;

	if (!calendar) { /* another directory has come since */
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id,
		       "calendar %s is gone: taken for closed", name);
		return JF_IVR_CLOSED;
	}
	status = jf_calendar_at(&calendar->hours, (int64_t)(utc_ns / JF_NS_PER_S));
	if (status.is_open)
		return JF_IVR_OPEN;
	return status.holiday ? JF_IVR_HOLIDAY : JF_IVR_CLOSED;
}

/* Who hides its number is nobody we know. */
enum jf_ivr_way_type jf_call_flow_caller(const struct jf_call *call)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_caller *caller = NULL;

	if (directory && !call->withheld)
		caller = jf_directory_caller_find(directory, call->tenant, call->caller_number);
	if (!caller)
		return JF_IVR_NEXT;
	return caller->vip ? JF_IVR_VIP : JF_IVR_KNOWN;
}

/* ---- Servers --------------------------------------------------------------------------------- */

/* "customer.orders.0.id" in it. */
static const json_t *value_at(const json_t *json, const char *path)
{
	while (json && *path) {
		char name[100];
		size_t length = strcspn(path, ".");

		if (length >= sizeof(name))
			return NULL;
		memcpy(name, path, length);
		name[length] = '\0';
		json = json_is_array(json) && isdigit((unsigned char)name[0])
		               ? json_array_get(json, strtoul(name, NULL, 10))
		               : json_object_get(json, name);
		path += length + (path[length] == '.');
	}
	return json;
}

/* For the caller to free; NULL: nothing that can be a value. */
static char *text_of(const json_t *json)
{
	char *text = NULL;

	if (json_is_string(json))
		return strdup(json_string_value(json));
	if (json_is_boolean(json))
		return strdup(json_is_true(json) ? "true" : "false");
	if (json_is_integer(json) &&
	    asprintf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(json)) < 0)
		return NULL;
	if (json_is_real(json) && asprintf(&text, "%.15g", json_real_value(json)) < 0)
		return NULL;
	return text;
}

static void taken(struct jf_call *call, const json_t *json, uint32_t ask)
{
	const struct jf_ivr_http *http = call->flow->http;
	struct jf_ivr_event event = {.type = JF_IVR_EVENT_HTTP, .ask = ask};
	char *values[JF_IVR_DATA_KEYS] = {NULL};
	uint32_t n = http->n_takes < JF_IVR_DATA_KEYS ? http->n_takes : JF_IVR_DATA_KEYS;

	for (uint32_t i = 0; json && i < n; i++)
		values[i] = text_of(value_at(json, http->takes[i].text));
	if (json)
		event.values = (const char *const *)values;
	jf_call_flow_step(call, &event);
	for (uint32_t i = 0; i < n; i++) {
		if (values[i])
			explicit_bzero(values[i], strlen(values[i]));
		free(values[i]);
	}
}

static void answered(const struct jf_http_answer *answer, void *arg)
{
	struct jf_call *call = arg;
	struct jf_call_flow *flow = call->flow;
	bool good = !answer->error && answer->status >= 200 && answer->status < 300;
	json_t *json = NULL;

	flow->asking = NULL;
	/* The flow's own clock has the same deadline, and says so in the path. */
	if (call->state != JF_CALL_FLOW || answer->error == -ETIMEDOUT)
		return;
	/* A server that says no more than that it is done is an answer, too. */
	if (good)
		json = answer->length
		               ? json_loadb(answer->bytes, answer->length, JSON_DECODE_ANY, NULL)
		               : json_object();
	if (!json)
		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, &call->id, "flow %s, %s: no answer: %s, %u",
		       call->flow_name, jf_ivr_node_of(flow->ivr)->name,
		       answer->error ? strerror(-answer->error) : "HTTP", answer->status);
	taken(call, json, flow->ask);
	json_decref(json);
}

int jf_call_flow_http(struct jf_call *call, const struct jf_ivr_do *asked)
{
	const struct jf_ivr_http *from = asked->http;
	struct jf_call_flow *flow = call->flow;
	struct jf_http_header headers[16];
	struct jf_http_request request = {
	        .method = from->method,
	        .url = asked->url,
	        .body = asked->body,
	        .headers = headers,
	        .deadline_ms = from->deadline_ms,
	};

	jf_http_cancel(flow->asking);
	flow->asking = NULL;
	for (; request.n_headers < from->n_headers && request.n_headers < 16; request.n_headers++)
		headers[request.n_headers] =
		        (struct jf_http_header){from->headers[request.n_headers].name,
		                                from->headers[request.n_headers].value};
	flow->ask = asked->ask;
	flow->http = from;
	if (!call->calls->config.http)
		return -ENOTSUP;
	return jf_http_start(call->calls->config.http, &request, answered, call, &flow->asking);
}
