/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory from one text, with sound files that are there or not. */
#ifndef DIRECTORY_LAB_H
#define DIRECTORY_LAB_H

#include "jf_directory.h"

/* Of the latest directory_lab_parse. */
extern struct jf_directory_errors directory_lab_errors;

/* Whatever has this in its path isn't there; NULL: every file is. */
extern const char *directory_lab_missing;

/* Of the file acme.yaml in /srv. NULL: it was refused. */
struct jf_directory *directory_lab_parse(const char *text);

#endif
