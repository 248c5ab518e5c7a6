/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trunks of the directory in force: told to the SIP stack, watched, and what is used of them
 * and of the tenants' outgoing calls counted, over restarts too. Private to control/call.
 *
 * A row of the store (table TRUNKS) holds what a trunk or a tenant has used of the day, and a
 * trunk's registration. It is written when that changes, and every JF_CALL_TRUNKS_STORE_MS while
 * somebody talks: a killed process forgets less than that.
 */
#ifndef JF_CALL_TRUNKS_H
#define JF_CALL_TRUNKS_H

#include <jansson.h>

#include "jf_directory.h"
#include "jf_trunk.h"
#include "jf_usage.h"

#define JF_CALL_TRUNKS_STORE_MS 15000u

struct jf_calls;
struct jf_call_trunks;

/* 0 or -ENOMEM. calls->config is set. */
int jf_call_trunks_create(struct jf_calls *calls, struct jf_call_trunks **ret_trunks);
void jf_call_trunks_stop(struct jf_call_trunks *trunks);    /* timers, the stack's side */
void jf_call_trunks_destroy(struct jf_call_trunks *trunks); /* may be NULL */

/* Another directory is in force (NULL: none). */
void jf_call_trunks_set(struct jf_call_trunks *trunks, const struct jf_directory *directory);

/* The stack's side; NULL after jf_call_trunks_stop. */
struct jf_trunks *jf_call_trunks_sip(const struct jf_call_trunks *trunks);

/* NULL: not in the directory. */
const struct jf_directory_trunk *jf_call_trunk_find(const struct jf_call_trunks *trunks,
                                                    const char *name);

/* Who we are there; NULL: nobody, or no such trunk. */
const struct jf_trunk_credentials *jf_call_trunk_credentials(const struct jf_call_trunks *trunks,
                                                             const char *name);

enum jf_call_usage_of {
	JF_CALL_USAGE_TRUNK,
	JF_CALL_USAGE_TENANT,
};

/* Counted up to now; valid until the next call of this. NULL without memory. */
struct jf_usage *jf_call_usage(struct jf_call_trunks *trunks, enum jf_call_usage_of of,
                               const char *name);

/* It has changed in a way that must outlive us. */
void jf_call_usage_store(struct jf_call_trunks *trunks, enum jf_call_usage_of of, const char *name);

/* As jf_view_trunks (jf_view.h). name: only that one, with all there is to say; NULL: all. */
json_t *jf_call_trunks_json(struct jf_call_trunks *trunks, const char *name);

#endif
