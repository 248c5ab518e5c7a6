/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory from one text, with sound files that are there or not and this machine's time zones.
 * Its functions assert. */
#ifndef DIRECTORY_LAB_H
#define DIRECTORY_LAB_H

#include "jf_directory.h"

/* Of the latest text. */
extern struct jf_directory_errors directory_lab_errors;

/* Whatever has this in its path isn't there; NULL: every file is. */
extern const char *directory_lab_missing;

/* Of the file acme.yaml in /srv. parse: NULL when it was refused, which make doesn't allow. */
struct jf_directory *directory_lab_parse(const char *text);
struct jf_directory *directory_lab_make(const char *text);

/* What it is exported as makes one that differs in nothing. The text, to be freed. */
char *directory_lab_export(const struct jf_directory *directory);

/* The text is refused, and that is the first error (column 0: in whichever one). */
void directory_lab_expect(const char *text, uint32_t line, uint32_t column, const char *message);

#endif
