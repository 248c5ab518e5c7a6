// SPDX-License-Identifier: BSD-3-Clause
/* Prompts that callers should have heard and didn't: told once each time, and shown by `jf status`
 * until they are there again, or nobody has missed them for an hour. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jf_call_priv.h"

#define FORGET_NS (3600 * JF_NS_PER_S)

/* That one's place, or the place of the one missed longest ago. */
static struct jf_call_missing *place_of(struct jf_calls *calls, const char *path)
{
	struct jf_call_missing *oldest = &calls->missing[0];

	for (size_t i = 0; i < JF_CALL_MISSING; i++) {
		struct jf_call_missing *m = &calls->missing[i];

		if (m->count && !strcmp(m->path, path))
			return m;
		if (m->last_ns < oldest->last_ns)
			oldest = m;
	}
	*oldest = (struct jf_call_missing){.count = 0};
	return oldest;
}

void jf_call_prompt_missing(struct jf_call *call, const char *path, int err)
{
	struct jf_call_missing *m = place_of(call->calls, path);

	snprintf(m->path, sizeof(m->path), "%s", path);
	m->err = err;
	m->count++;
	m->last_ns = jf_loop_now_ns();
	jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "prompt %s cannot be played: %s", path,
	       strerror(-err));
	jf_call_publish(call, "prompt.missing",
	                json_pack("{s:o, s:s}", "path", jf_bus_text(path, strlen(path)), "error",
	                          strerror(-err)));
}

json_t *jf_calls_missing_json(const struct jf_calls *calls)
{
	uint64_t now_ns = jf_loop_now_ns();
	json_t *list = json_array();

	for (size_t i = 0; i < JF_CALL_MISSING; i++) {
		const struct jf_call_missing *m = &calls->missing[i];
		uint64_t age_ns = jf_time_since(m->last_ns, now_ns);

		if (!m->count || age_ns > FORGET_NS || access(m->path, R_OK) == 0)
			continue;
		json_array_append_new(list,
		                      json_pack("{s:o, s:s, s:I, s:I}", "path",
		                                jf_bus_text(m->path, strlen(m->path)), "error",
		                                strerror(-m->err), "times", (json_int_t)m->count,
		                                "last_ms", (json_int_t)(age_ns / JF_NS_PER_MS)));
	}
	return list;
}
