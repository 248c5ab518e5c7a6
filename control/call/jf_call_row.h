/* SPDX-License-Identifier: BSD-3-Clause */
/* What writing and reading of the live row share. Private to control/call. */
#ifndef JF_CALL_ROW_H
#define JF_CALL_ROW_H

#include <stddef.h>

#include "jf_call_priv.h"

#define JF_CALL_ROW_VERSION 6

/* Monotonic times and sums of struct jf_call, by name. */
struct jf_call_row_time {
	const char *name;
	size_t offset;
};

extern const struct jf_call_row_time jf_call_row_times[];
extern const unsigned int jf_call_row_times_count;

/* jf_call_row_read.c: a row into the call that it was, without its legs; and parts of it. */
void jf_call_row_read(struct jf_call *call, const json_t *row);
void jf_call_party_read(const json_t *row, struct jf_call_party *party);
enum jf_call_state jf_call_row_state(const json_t *row); /* JF_CALL_GONE: of none */
void jf_call_row_text(const json_t *row, const char *key, char *ret_text, size_t size); /* or "" */
json_int_t jf_call_row_number(const json_t *row, const char *key);
/* Plain data of that length: 0, -ENOENT or -EINVAL. */
int jf_call_row_bytes(const json_t *row, const char *key, void *ret_bytes, size_t length);

#endif
