/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telephone numbers: what somebody dialled to E.164 (ITU-T E.164, RFC 3966), whether it may be
 * called, and how a trunk wants it written. Pure functions of text and of a plan (jf_directory.h).
 */
#ifndef JF_NUMBER_H
#define JF_NUMBER_H

#include <stdbool.h>

#include "jf_directory_trunk.h"

/* "+", up to 15 digits and NUL; as a trunk wants it, up to 8 digits more. */
#define JF_NUMBER_MAX 32u

/*
 * "+372 600 1000", "00372 6001000" and "06001000" are "+3726001000" where the plan has 372, 00 and
 * 0. Visual separators (space, hyphen, full stop, slash, brackets) are left out. A short number of
 * the plan's allow list ("112") stays as it is. 0; -EINVAL: no telephone number, or of a length
 * that none has; -ENOTSUP: national, and the plan has no country code.
 */
int jf_number_normalize(const struct jf_directory_plan *plan, const char *dialled,
                        char ret_number[JF_NUMBER_MAX]);

enum jf_number_verdict {
	JF_NUMBER_ALLOWED,
	JF_NUMBER_DENIED,      /* by a prefix of deny */
	JF_NUMBER_NOT_ALLOWED, /* by none of allow */
};

/* Of a normalised number. The longest prefix that fits decides, deny before allow. A plan whose
 * allow list is empty allows nothing, unless open: then whatever is not denied. */
enum jf_number_verdict jf_number_check(const struct jf_directory_plan *plan, const char *number,
                                       bool open);

/* A normalised number as the trunk wants it: its form, then strip and prepend. Short numbers stay
 * as they are. */
void jf_number_write(const struct jf_directory_plan *plan, const char *number,
                     char ret_text[JF_NUMBER_MAX]);

/* The same without strip and prepend: for numbers of callers. Anything else but a number ("",
 * "anonymous") gives "". */
void jf_number_present(const struct jf_directory_plan *plan, const char *number,
                       char ret_text[JF_NUMBER_MAX]);

#endif
