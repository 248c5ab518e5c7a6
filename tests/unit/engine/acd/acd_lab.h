/* SPDX-License-Identifier: BSD-3-Clause */
/* An ACD with one queue of tenant 1, and what tests do with it all the time. */
#ifndef ACD_LAB_H
#define ACD_LAB_H

#include "jf_acd.h"

#define S JF_NS_PER_S

extern struct jf_acd *acd;
extern struct jf_acd_ref queue;

/* 0, as set-up functions of cmocka give it. */
int lab_open(const struct jf_acd_queue_options *options);
int lab_close(void **state);

/* A new member of the queue whose phone has just registered. */
struct jf_acd_ref agent_ready(const char *name, uint64_t now_ns);

/* A caller of no particular call, and one of that call who comes so (but for the time). */
struct jf_acd_ref enter(uint64_t now_ns);
struct jf_acd_ref enter_as(const struct jf_call_id *call, struct jf_acd_arrival arrival,
                           uint64_t now_ns);

/* Whom the caller was offered to last, of all that was said since somebody listened. */
struct jf_acd_ref offered(struct jf_acd_ref entry);

struct jf_acd_agent look(struct jf_acd_ref agent);
struct jf_acd_queue counts(void);

#define assert_ref_equal(a, b) assert_true(jf_acd_ref_equal(a, b))

#endif
