/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept for so long and no longer: interval accounts (table KPI) and contact records (table
 * RECORDS). Once an hour both are gone through, some rows in each turn of the loop, and those that
 * are older are deleted. Recordings are files and stay where they are.
 *
 * Ages are of the wall clock; a clock that is set back keeps rows longer. Loop's thread.
 */
#ifndef JF_RETENTION_H
#define JF_RETENTION_H

#include <stdint.h>

struct jf_store;
struct jf_retention;

/* For how long; 0: for ever. */
struct jf_retention_days {
	uint32_t kpi, records;
};

/* Begins a minute later. store outlives it. 0 or -ENOMEM. */
int jf_retention_create(struct jf_store *store, const struct jf_retention_days *days,
                        struct jf_retention **ret_retention);

/* May be NULL. */
void jf_retention_destroy(struct jf_retention *retention);

#endif
