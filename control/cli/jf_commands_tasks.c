// SPDX-License-Identifier: BSD-3-Clause
/* callbacks, callback, voicemails, voicemail: what waits with nobody on the line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_tasks.h"
#include "jf_commands_priv.h"

static enum jf_tasks_kind kind_of(const struct jf_request *request)
{
	return strncmp(request->spec->name, "voicemail", 9) == 0 ? JF_TASKS_VOICEMAILS
	                                                         : JF_TASKS_CALLBACKS;
}

void jf_commands_tasks(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	jf_commands_slice(jf_view_tasks(commands->config.calls, kind_of(request),
	                                jf_request_text(request, "tenant", NULL)),
	                  request, reply);
}

/* What waits for the disk. */
struct ordering {
	struct jf_reply *reply;
	json_t *data;
};

static void durable(int result, void *arg)
{
	struct ordering *o = arg;

	if (result)
		jf_reply_error(o->reply, JF_PROTOCOL_UNAVAILABLE, "not done: %s",
		               strerror(-result));
	else
		jf_reply_data(o->reply, json_incref(o->data));
	json_decref(o->data);
	free(o);
}

static int carry_out(struct jf_commands *commands, const struct jf_request *request,
                     const struct jf_call_id *id, struct ordering *o)
{
	struct jf_calls *calls = commands->config.calls;

	if (kind_of(request) == JF_TASKS_CALLBACKS)
		return jf_calls_callback_cancel(calls, id, jf_request_text(request, "reason", NULL),
		                                durable, o);
	if (!strcmp(jf_request_text(request, "order", ""), "delete"))
		return jf_calls_voicemail_delete(calls, id, durable, o);
	return jf_calls_voicemail_offer(calls, id, durable, o);
}

static void refuse(struct jf_reply *reply, const char *what, const char *id, int err)
{
	if (err == -ENOENT)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "%s %s: its file is missing", what, id);
	else if (err == -EBUSY)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "%s %s: somebody is on the phone for it",
		               what, id);
	else if (err == -EALREADY)
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "%s %s: that is under way", what, id);
	else
		jf_reply_error(reply, JF_PROTOCOL_UNAVAILABLE, "%s %s: %s", what, id,
		               strerror(-err));
}

void jf_commands_task(struct jf_commands *commands, const struct jf_request *request,
                      struct jf_reply *reply)
{
	const char *what = request->spec->name, *prefix = jf_request_text(request, "id", "");
	char text[JF_CALL_ID_TEXT];
	struct ordering *o;
	struct jf_call_id id;
	int err = -ENOMEM;
	uint32_t n = jf_view_tasks_match(commands->config.calls, kind_of(request), prefix, &id);

	if (n != 1) {
		jf_reply_error(reply, n ? JF_PROTOCOL_AMBIGUOUS : JF_PROTOCOL_NOT_FOUND,
		               n ? "%s fits several %ss" : "%s is the id of no %s", prefix, what);
		return;
	}
	jf_call_id_text(&id, text);
	o = calloc(1, sizeof(*o));
	if (o) {
		*o = (struct ordering){reply, json_pack("{s:s, s:s}", "id", text, "done",
		                                        jf_request_text(request, "order", ""))};
		err = carry_out(commands, request, &id, o);
	}
	if (!err)
		return;
	refuse(reply, what, text, err);
	if (o)
		json_decref(o->data);
	free(o);
}
