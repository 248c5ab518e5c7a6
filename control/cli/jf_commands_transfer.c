// SPDX-License-Identifier: BSD-3-Clause
/* transfer, consult, swap, join, leave, back: what an agent asks for, from the desktop. */
#include <errno.h>
#include <string.h>

#include "jf_commands_priv.h"
#include "jf_view.h"

static enum jf_call_order_what what_of(const char *command)
{
	for (int what = JF_CALL_ORDER_TRANSFER; what < JF_CALL_ORDER_BACK; what++)
		if (strcmp(jf_call_order_name((enum jf_call_order_what)what), command) == 0)
			return (enum jf_call_order_what)what;
	return JF_CALL_ORDER_BACK;
}

/* The live call of that id; false: answered. */
static bool call_find(const struct jf_calls *calls, const struct jf_request *request,
                      struct jf_reply *reply, struct jf_call_id *ret_id)
{
	const char *prefix = jf_request_text(request, "id", "");
	uint32_t live = jf_view_calls_match(calls, prefix, ret_id, 1);

	if (live > 1)
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS, "%s fits several calls", prefix);
	if (live == 0)
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "no call %s is in progress", prefix);
	return live == 1;
}

static void answer_state(const struct jf_calls *calls, const struct jf_call_id *id,
                         struct jf_reply *reply)
{
	json_t *call = jf_view_call(calls, id), *shown = json_object();
	static const char *const keys[] = {"id", "state", "agent", "target", "queue"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(call, keys[i]))
			json_object_set(shown, keys[i], json_object_get(call, keys[i]));
	json_decref(call);
	jf_reply_data(reply, shown);
}

void jf_commands_transfer(struct jf_commands *commands, const struct jf_request *request,
                          struct jf_reply *reply)
{
	struct jf_calls *calls = commands->config.calls;
	const char *age = jf_request_text(request, "age", "kept");
	struct jf_call_order order = {
	        .what = what_of(request->spec->name),
	        .target = jf_request_text(request, "target", NULL),
	        .new_age = strcmp(age, "new") == 0,
	        .agent = jf_request_text(request, "agent", NULL),
	        .actor = "operator",
	};
	struct jf_call_id id;
	int err;

	if (!call_find(calls, request, reply, &id))
		return;
	err = jf_calls_order(calls, &id, &order);
	switch (err) {
	case 0:
		answer_state(calls, &id, reply);
		break;
	case -ENOENT:
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no agent and no queue %s",
		               order.target ? order.target : "");
		break;
	case -EPERM:
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "agent %s is not in the call",
		               order.agent);
		break;
	case -EBUSY:
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "agent %s is not ready", order.target);
		break;
	case -EPROTO:
		jf_reply_error(reply, JF_PROTOCOL_REFUSED,
		               "the call is not where one can %s: see jf call",
		               request->spec->name);
		break;
	case -ENOTSUP:
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "what one of them talks can't be mixed");
		break;
	default:
		jf_reply_error(reply, JF_PROTOCOL_REFUSED, "not done: %s", strerror(-err));
		break;
	}
}
