/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a call wants of its queue, and what is known of its caller's business: how urgent it is,
 * which skills it asks for and when it asks for less, whom it would like, in which language it is
 * spoken to, and the data that were collected.
 *
 * Filled from the number, then from the caller (customer record), then by whatever serves the
 * caller before the queue; each says only what it knows better. What stands here when the call
 * enters a queue is what the ACD is told. It is in the live row ("wants"), so a restart keeps it,
 * in what is shown of the call, and in the contact record.
 *
 * Loop's thread. Part of control/call; others see it through their call.
 */
#ifndef JF_CALL_WANTS_H
#define JF_CALL_WANTS_H

#include <jansson.h>

#include "jf_acd.h"
#include "jf_directory.h"

#define JF_CALL_LANGUAGE_MAX 16u /* "et", "en-GB", with the terminating NUL */

/* Bounds of the data; texts are UTF-8 and lengths in bytes, without NUL. */
#define JF_CALL_DATA_KEYS_MAX  32u
#define JF_CALL_DATA_KEY_MAX   64u
#define JF_CALL_DATA_VALUE_MAX 256u
#define JF_CALL_DATA_MAX       8192u /* keys and values together */

/* All zero: anybody may serve it, in its turn. */
struct jf_call_wants {
	uint16_t priority; /* up to JF_ACD_PRIORITY_MAX */
	bool vip;          /* the caller is one, by its customer record */
	uint8_t n_steps;   /* 0: what the queue asks for */
	struct jf_acd_step steps[JF_ACD_STEPS_MAX];
	char agent[JF_ACD_NAME_MAX];         /* it is kept for that one; "": for nobody */
	uint32_t agent_ms;                   /* for so long */
	char language[JF_CALL_LANGUAGE_MAX]; /* "": the queue's */
	json_t *data;                        /* object of strings; NULL: none */
};

/* Lets go of the data; all zero again. */
void jf_call_wants_clear(struct jf_call_wants *wants);

/*
 * One more thing to ask for, from after_ms in the queue on; tenant: the ACD's number. The first
 * one's time is 0. 0; -EINVAL (not an expression, or not later than the step before); -E2BIG (too
 * many steps, or terms in one); -ENOMEM.
 */
int jf_call_wants_require(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                          const char *expression, uint32_t after_ms);

/* value NULL: forgets the key. 0; -EINVAL (empty key, not UTF-8); -E2BIG; -ENOMEM. */
int jf_call_wants_data_set(struct jf_call_wants *wants, const char *key, const char *value);

/* NULL if there is none. */
const char *jf_call_wants_data(const struct jf_call_wants *wants, const char *key);

/* What a number or a caller brings along, where it says something: steps instead of those that were
 * there, data beside them. */
void jf_call_wants_take(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                        const struct jf_directory_wants *more);

/* {"priority", "vip", "requires": [{"expression", "after_ms"}], "agent", "agent_ms", "language",
 * "data"}, only what is said; and back (what cannot be read is left out). */
json_t *jf_call_wants_json(const struct jf_call_wants *wants, const struct jf_acd *acd);
void jf_call_wants_read(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                        const json_t *json);

#endif
