/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What somebody may do to callers who wait to be called back, and to messages that were left. Each
 * is found by its id, which is that of the call that left it. Loop's thread; part of control/call.
 *
 * Each gives 0 and calls done once it is durable (0, or why it is not); or says at once why not,
 * and done is not called: -ENOENT (no such one), -EBUSY (somebody speaks about it just now, or is
 * called), -EALREADY, or what the store says.
 */
#ifndef JF_CALL_TASKS_H
#define JF_CALL_TASKS_H

#include <jansson.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_store.h"

struct jf_calls;

enum jf_tasks_kind {
	JF_TASKS_CALLBACKS,
	JF_TASKS_VOICEMAILS,
};

/* Those of a tenant (NULL: of all), oldest first. */
json_t *jf_view_tasks(const struct jf_calls *calls, enum jf_tasks_kind kind, const char *tenant);

/* How many have an id that begins so (case is ignored); the first of them. */
uint32_t jf_view_tasks_match(const struct jf_calls *calls, enum jf_tasks_kind kind,
                             const char *prefix, struct jf_call_id *ret_id);

/* Nobody will be called back. reason: for the log and the event; may be NULL. */
int jf_calls_callback_cancel(struct jf_calls *calls, const struct jf_call_id *id,
                             const char *reason, jf_store_done *done, void *arg);

/* The message and its file are gone then; the contact record of its call stays. */
int jf_calls_voicemail_delete(struct jf_calls *calls, const struct jf_call_id *id,
                              jf_store_done *done, void *arg);

/* Agents of its queue are offered it, once more or for the first time. -EALREADY: they are. */
int jf_calls_voicemail_offer(struct jf_calls *calls, const struct jf_call_id *id,
                             jf_store_done *done, void *arg);

#endif
