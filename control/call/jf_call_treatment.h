/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callers who leave a queue in another way than by an answer, or are asked how it was: each may be
 * begun by a key while waiting, or by whatever serves the caller before the queue. Not from within
 * an action of the same call. Loop's thread; part of control/call.
 */
#ifndef JF_CALL_TREATMENT_H
#define JF_CALL_TREATMENT_H

#include <stdbool.h>

struct jf_call;

/*
 * The caller leaves a message for that queue of its tenant (NULL: the one it waits in). 0; -ENOENT
 * (no such queue); -ENOTSUP (nothing here can record its codec); -EPROTO (not now).
 */
int jf_call_voicemail_begin(struct jf_call *call, const char *queue);

/*
 * The caller will be called at that number (NULL: the one it calls from) for its queue, keeping its
 * place in it. It is told so, and hung up on. 0; -EINVAL (no number that may be called), -EPROTO
 * (not now), -ENOENT (no queue), -EPERM (its queue is closed and takes none), -ENOSPC, -ENOMEM.
 */
int jf_call_callback_ask(struct jf_call *call, const char *number);

/*
 * The caller is asked the questions of that survey of its tenant, and hung up on. 0; -ENOENT;
 * -EPROTO (not now).
 */
int jf_call_survey_begin(struct jf_call *call, const char *survey);

#endif
