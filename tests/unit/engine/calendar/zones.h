/* SPDX-License-Identifier: BSD-3-Clause */
/* Zones of the system's time zone database, for tests. */
#ifndef ZONES_H
#define ZONES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "jf_zone.h"

static inline struct jf_zone *zone_named(const char *name)
{
	char path[128];
	uint8_t bytes[JF_ZONE_FILE_MAX];
	struct jf_zone *zone = NULL;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_int_equal(jf_zone_parse(bytes, n, &zone), 0);
	return zone;
}

#endif
