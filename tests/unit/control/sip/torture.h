/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of tests/torture. */
#ifndef TORTURE_H
#define TORTURE_H

#include <stddef.h>

struct torture {
	char name[32];
	char verdict[8]; /* of jf_sip_check: "serve", "drop", or a code */
	char stranger[8];
	char trunk[8]; /* the answer: a code, or "-" */
	char bytes[8192];
	size_t length;
};

/* Reads them all, at most max; how many there are. Aborts when the file is no such file. */
unsigned torture_read(struct torture *ret_list, unsigned max);

#endif
