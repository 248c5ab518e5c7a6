/* SPDX-License-Identifier: BSD-3-Clause */
/* What writing and reading of the live row share. Private to control/call. */
#ifndef JF_CALL_ROW_H
#define JF_CALL_ROW_H

#include <stddef.h>

#define JF_CALL_ROW_VERSION 5

/* Monotonic times and sums of struct jf_call, by name. */
struct jf_call_row_time {
	const char *name;
	size_t offset;
};

extern const struct jf_call_row_time jf_call_row_times[];
extern const unsigned int jf_call_row_times_count;

#endif
