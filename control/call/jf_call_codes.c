// SPDX-License-Identifier: BSD-3-Clause
/* Feature codes: what an agent's phone calls to say what the agent does (jf_directory_acd.h). */
#include <errno.h>
#include <string.h>

#include "jf_call_priv.h"

/* The reason that follows the code of not being ready; "" where none does, NULL: another number. */
static const char *reason_of(const struct jf_directory_desk *desk, const char *rest)
{
	if (!rest[0])
		return "";
	if (rest[1] || rest[0] < '1' || (uint32_t)(rest[0] - '0') > desk->n_reasons)
		return NULL;
	return desk->reasons[rest[0] - '1'];
}

static bool is(const char *code, const char *number)
{
	return code && !strcmp(code, number);
}

bool jf_call_code_find(const struct jf_calls *calls, const char *agent, const char *number,
                       struct jf_call_code *ret_code)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *known =
	        directory ? jf_directory_agent_find(directory, agent) : NULL;
	const struct jf_directory_tenant *tenant =
	        known ? jf_directory_tenant_find(directory, known->tenant) : NULL;
	const struct jf_directory_codes *codes = tenant ? &tenant->desk.codes : NULL;
	const char *reason = NULL;
	size_t length;

	if (!codes)
		return false;
	*ret_code = (struct jf_call_code){.tenant = tenant->name};
	if (is(codes->ready, number))
		ret_code->change = JF_AGENT_CHANGE_READY;
	else if (is(codes->wrap_up_end, number))
		ret_code->change = JF_AGENT_CHANGE_WRAP_UP_END;
	else if (is(codes->wrap_up_extend, number))
		ret_code->change = JF_AGENT_CHANGE_WRAP_UP_EXTEND;
	else if (is(codes->logout, number))
		ret_code->change = JF_AGENT_CHANGE_LOGOUT;
	else {
		length = codes->not_ready ? strlen(codes->not_ready) : 0;
		if (length && !strncmp(number, codes->not_ready, length))
			reason = reason_of(&tenant->desk, number + length);
		ret_code->change = JF_AGENT_CHANGE_NOT_READY;
		ret_code->reason = reason;
		return reason != NULL;
	}
	return true;
}
