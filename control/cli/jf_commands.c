// SPDX-License-Identifier: BSD-3-Clause
#include "jf_commands_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_commands_names.h"
#include "jf_view.h"

json_t *jf_commands_page(json_t *rows, const char *next)
{
	return json_pack("{s:o, s:s*}", "rows", rows, "next", next);
}

void jf_commands_slice(json_t *all, const struct jf_request *request, struct jf_reply *reply)
{
	size_t from = strtoul(jf_request_text(request, "cursor", "0"), NULL, 10);
	size_t to = from + jf_request_limit(request);
	json_t *rows = all ? json_array() : NULL;
	char next[24];

	for (size_t i = from; rows && i < to && i < json_array_size(all); i++)
		json_array_append(rows, json_array_get(all, i));
	snprintf(next, sizeof(next), "%zu", to);
	jf_reply_data(reply, jf_commands_page(rows, to < json_array_size(all) ? next : NULL));
	json_decref(all);
}

static void queues(struct jf_commands *commands, const struct jf_request *request,
                   struct jf_reply *reply)
{
	jf_commands_slice(jf_view_queues(commands->config.calls), request, reply);
}

static void explain(struct jf_commands *commands, const struct jf_request *request,
                    struct jf_reply *reply)
{
	const char *text = jf_request_text(request, "queue", "");
	struct jf_view_name name;
	json_t *json;

	if (!jf_commands_name(commands->config.calls, JF_COMMANDS_QUEUE, text, &name, reply))
		return;
	json = jf_view_explain(commands->config.calls, &name);
	if (json)
		jf_reply_data(reply, json);
	else
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "queue %s can't be shown", text);
}

/* A queue that waits for the disk to be closed or opened. */
struct shutting {
	struct jf_reply *reply;
	json_t *data;
};

static void shut_durable(int result, void *arg)
{
	struct shutting *shutting = arg;

	if (result) {
		jf_reply_error(shutting->reply, JF_PROTOCOL_UNAVAILABLE, "done, but not stored: %s",
		               strerror(-result));
		json_decref(shutting->data);
	} else {
		jf_reply_data(shutting->reply, shutting->data);
	}
	free(shutting);
}

static void queue_refuse(struct jf_reply *reply, const char *name, int err)
{
	if (err == -ENOENT)
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no queue %s", name);
	else
		jf_reply_error(reply, JF_PROTOCOL_UNAVAILABLE, "%s", strerror(-err));
}

static void queue(struct jf_commands *commands, const struct jf_request *request,
                  struct jf_reply *reply)
{
	const char *door = jf_request_text(request, "door", "");
	const char *text = jf_request_text(request, "name", "");
	struct jf_queue_order order = {.is_shut = !strcmp(door, "close"),
	                               .reason = jf_request_text(request, "reason", NULL),
	                               .actor = "operator"};
	struct jf_view_name name;
	struct shutting *shutting;
	int err = -ENOMEM;

	if (!jf_commands_name(commands->config.calls, JF_COMMANDS_QUEUE, text, &name, reply))
		return;
	order.tenant = name.tenant;
	order.name = name.name;
	shutting = calloc(1, sizeof(*shutting));
	if (shutting) {
		*shutting =
		        (struct shutting){reply, json_pack("{s:s, s:s, s:s*}", "name", text, "door",
		                                           door, "reason", order.reason)};
		err = jf_calls_queue_shut(commands->config.calls, &order, shut_durable, shutting);
	}
	if (!err)
		return;
	if (err == -EALREADY)
		jf_reply_data(reply, json_incref(shutting->data));
	else
		queue_refuse(reply, text, err);
	if (shutting)
		json_decref(shutting->data);
	free(shutting);
}

static void agents(struct jf_commands *commands, const struct jf_request *request,
                   struct jf_reply *reply)
{
	const struct jf_calls *calls = commands->config.calls;
	const char *text = jf_request_text(request, "team", NULL);
	uint32_t cursor = (uint32_t)strtoul(jf_request_text(request, "cursor", "0"), NULL, 10);
	struct jf_view_name team;
	json_t *rows;
	char next[16];

	if (text && !jf_commands_name(calls, JF_COMMANDS_TEAM, text, &team, reply))
		return;
	rows = jf_view_agents(calls, text ? &team : NULL, &cursor, jf_request_limit(request));
	snprintf(next, sizeof(next), "%u", cursor);
	jf_reply_data(reply, jf_commands_page(rows, cursor ? next : NULL));
}

static void teams(struct jf_commands *commands, const struct jf_request *request,
                  struct jf_reply *reply)
{
	jf_commands_slice(jf_view_teams(commands->config.calls), request, reply);
}

static void trunks(struct jf_commands *commands, const struct jf_request *request,
                   struct jf_reply *reply)
{
	jf_commands_slice(jf_view_trunks(commands->config.calls), request, reply);
}

static void trunk(struct jf_commands *commands, const struct jf_request *request,
                  struct jf_reply *reply)
{
	const char *name = jf_request_text(request, "name", "");
	json_t *json = jf_view_trunk(commands->config.calls, name);

	if (json)
		jf_reply_data(reply, json);
	else
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no trunk %s", name);
}

static enum jf_agent_change change_of(const char *state)
{
	if (strcmp(state, "ready") == 0)
		return JF_AGENT_CHANGE_READY;
	if (strcmp(state, "wrap-up-end") == 0)
		return JF_AGENT_CHANGE_WRAP_UP_END;
	if (strcmp(state, "wrap-up-extend") == 0)
		return JF_AGENT_CHANGE_WRAP_UP_EXTEND;
	return strcmp(state, "notready") == 0 ? JF_AGENT_CHANGE_NOT_READY : JF_AGENT_CHANGE_LOGOUT;
}

static void agent(struct jf_commands *commands, const struct jf_request *request,
                  struct jf_reply *reply)
{
	const char *id = jf_request_text(request, "id", "");
	const char *state = jf_request_text(request, "state", "");
	const char *reason = jf_request_text(request, "reason", NULL);
	const char *when = "now";
	int err;

	if (reason && change_of(state) != JF_AGENT_CHANGE_NOT_READY) {
		jf_reply_error(reply, JF_PROTOCOL_BAD_ARGUMENT, "a reason goes with notready only");
		return;
	}
	err = jf_calls_agent_change(commands->config.calls, id, change_of(state), reason,
	                            "operator");
	if (err == -ENOENT) {
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no agent %s", id);
		return;
	}
	if (err == -EINPROGRESS)
		when = "after the call";
	else if (err == -EALREADY)
		when = "already";
	else if (err == -ENOTCONN)
		when = "when the phone registers";
	else if (err == -EPROTO || err == -EPERM) {
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "agent %s: %s", id,
		               err == -EPERM ? "its queue allows no longer wrap-up"
		                             : "not in a wrap-up of which that could be said");
		return;
	} else if (err) {
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "agent %s can't be %s now: %s", id,
		               state, strerror(-err));
		return;
	}
	jf_reply_data(reply, json_pack("{s:s, s:s, s:s, s:s*}", "id", id, "state", state,
	                               "takes_effect", when, "reason", reason));
}

static const struct {
	const char *name;
	jf_commands_handler *handler;
} handlers[] = {
        {"callbacks", jf_commands_tasks},
        {"callback", jf_commands_task},
        {"voicemails", jf_commands_tasks},
        {"voicemail", jf_commands_task},
        {"status", jf_commands_status},
        {"calls", jf_commands_calls},
        {"call", jf_commands_call},
        {"mask", jf_commands_mask},
        {"transfer", jf_commands_transfer},
        {"consult", jf_commands_transfer},
        {"swap", jf_commands_transfer},
        {"join", jf_commands_transfer},
        {"leave", jf_commands_transfer},
        {"back", jf_commands_transfer},
        {"registrations", jf_commands_registrations},
        {"lockouts", jf_commands_lockouts},
        {"unlock", jf_commands_unlock},
        {"flows", jf_commands_flows},
        {"flow", jf_commands_flow},
        {"queues", queues},
        {"explain", explain},
        {"queue", queue},
        {"kpi", jf_commands_kpi},
        {"teams", teams},
        {"agents", agents},
        {"agent", agent},
        {"trunks", trunks},
        {"trunk", trunk},
        {"streams", jf_commands_streams},
        {"stream", jf_commands_stream},
        {"ports", jf_commands_ports},
        {"transports", jf_commands_transports},
        {"connections", jf_commands_connections},
        {"reload-tls", jf_commands_reload_tls},
        {"recordings", jf_commands_recordings},
        {"records", jf_commands_records},
        {"apply", jf_commands_apply},
        {"export", jf_commands_export},
};

static jf_commands_handler *find(const char *name)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(handlers[i].name, name) == 0)
			return handlers[i].handler;
	return NULL;
}

void jf_commands_run(const struct jf_request *request, struct jf_reply *reply, void *arg)
{
	jf_commands_handler *handler = find(request->spec->name);

	if (handler)
		handler(arg, request, reply);
	else
		jf_reply_error(reply, JF_PROTOCOL_UNKNOWN_COMMAND, "nobody answers %s here",
		               request->spec->name);
}

int jf_commands_create(const struct jf_commands_config *config, struct jf_commands **ret_commands)
{
	struct jf_commands *commands = calloc(1, sizeof(*commands));

	if (!commands)
		return -ENOMEM;
	commands->config = *config;
	*ret_commands = commands;
	return 0;
}

void jf_commands_destroy(struct jf_commands *commands)
{
	free(commands);
}
