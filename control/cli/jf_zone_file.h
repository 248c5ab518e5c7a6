/* SPDX-License-Identifier: BSD-3-Clause */
/* Time zones from the IANA database of this machine (/usr/share/zoneinfo). */
#ifndef JF_ZONE_FILE_H
#define JF_ZONE_FILE_H

#include "jf_zone.h"

/* For jf_directory_options. name: "Europe/Tallinn", checked already. 0, -ENOENT, or what the file
 * system or jf_zone_parse says. arg is not used. */
int jf_zone_file_load(const char *name, struct jf_zone **ret_zone, void *arg);

#endif
