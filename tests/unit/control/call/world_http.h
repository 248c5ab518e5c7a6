/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_TEST_WORLD_HTTP_H
#define JF_TEST_WORLD_HTTP_H

#include <stdbool.h>
#include <stdint.h>

/* The last request: "GET url body", and its first header. */
extern char world_http_url[1100], world_http_header[200];

/* Whether anybody still waits for it. */
bool world_http_answer(uint16_t status, const char *text);

#endif
