/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small HTTP server on the loopback, on a thread of its own, that is as good or as bad as it is
 * asked to be, by the path:
 *   /ok       200, {"tier": "gold"}
 *   /echo     200, the request itself, with its headers and its body
 *   /none     404, {"no": "such"}
 *   /moved    302, to /ok
 *   /large    200, one byte more than JF_HTTP_ANSWER_MAX; /full: as many
 *   /drip     200, a byte each 20 ms, without an end
 *   /hang     nothing, until it is stopped
 *   /cut      closes in the middle of the body
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

/* tls: with a certificate that nobody has signed but itself. Gives the port. */
uint16_t http_server_start(bool tls);
void http_server_stop(void);

/* Requests for that path so far; connections that are open; the most that ever were at once. */
uint32_t http_server_asked(const char *path);
uint32_t http_server_most(void);

/* A port of the loopback at which nobody listens. */
uint16_t http_server_nobody(void);

#endif
