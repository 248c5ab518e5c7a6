/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command protocol: what jf and jf-control say to each other on RUN/control.sock.
 *
 * A Unix stream socket, mode 0600, peers of root or of control's own user only. Each line is one
 * JSON object, at most JF_PROTOCOL_LINE_MAX bytes with its newline.
 *
 *   request   {"command": "calls", "args": {"limit": 100, "cursor": "..."}}
 *             args may be left out
 *   answer    {"ok": true, "data": {"rows": [...], "next": "..."}}                a listing
 *             {"ok": true, "data": {...}}                                         anything else
 *             {"ok": false, "error": {"code": "not_found", "message": "..."}}
 *             with "details": [{"file", "line", "column", "message"}] when files were refused
 *
 * One answer for each request, in order: a request is read when the one before has been answered.
 * Listings come in pages, so that no turn of the loop is long: while there is a "next", ask again
 * with it as "cursor". A row has the keys of the command's columns (jf_command_table.h), and may
 * have more. Names of keys carry their unit: _ms a duration, _utc a time as RFC 3339 text, _share a
 * fraction of 1.
 *
 * After `events` is answered, the connection carries event lines (jf_bus.h) until it is closed, and
 * {"event": "lost", "data": {"count": N}} where this reader was too slow for N of them.
 */
#ifndef JF_PROTOCOL_H
#define JF_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "jf_command_table.h"

#define JF_PROTOCOL_SOCKET       "control.sock" /* under the node's run directory */
#define JF_PROTOCOL_LINE_MAX     (8u << 20)     /* a directory of 50,000 agents and more */
#define JF_PROTOCOL_PAGE_DEFAULT 100u
#define JF_PROTOCOL_PAGE_MAX     500u
#define JF_PROTOCOL_MESSAGE_MAX  256u /* of an error, with the terminating NUL */

/* Codes of errors: name, text. */
#define JF_PROTOCOL_ERRORS(X)                                                                      \
	X(BAD_REQUEST, "bad_request")         /* not a request: JSON, line length, unknown keys */ \
	X(UNKNOWN_COMMAND, "unknown_command") /* no such command */                                \
	X(BAD_ARGUMENT, "bad_argument")       /* missing, unknown, or not of the type it needs */  \
	X(NOT_FOUND, "not_found")             /* no such call, agent, ... */                       \
	X(AMBIGUOUS, "ambiguous")             /* the prefix of an id fits several */               \
	X(INVALID, "invalid")                 /* files refused: see details */                     \
	X(REFUSED, "refused")                 /* understood, and not possible in this state */     \
	X(UNAVAILABLE, "unavailable")         /* dataplane or store is away */                     \
	X(BUSY, "busy")                       /* too many clients */                               \
	X(INTERNAL, "internal")               /* out of memory and its like */

enum jf_protocol_error_code {
	JF_PROTOCOL_OK,
#define X(name, text) JF_PROTOCOL_##name,
	JF_PROTOCOL_ERRORS(X)
#undef X
};

const char *jf_protocol_error_name(enum jf_protocol_error_code code);

struct jf_protocol_error {
	enum jf_protocol_error_code code;
	char message[JF_PROTOCOL_MESSAGE_MAX]; /* printable ASCII */
};

struct jf_request {
	const struct jf_command_spec *spec;
	json_t *args; /* an object, checked against spec: no unknown, missing or mistyped member */
};

/*
 * Reads one line without its newline. On failure -EINVAL, and *ret_error says why in words for the
 * sender. On success the caller ends it with jf_request_clear.
 */
int jf_request_parse(const char *line, size_t length, struct jf_request *ret_request,
                     struct jf_protocol_error *ret_error);

void jf_request_clear(struct jf_request *request);

/* The value of an argument, or the given one where it was left out. */
const char *jf_request_text(const struct jf_request *request, const char *name,
                            const char *otherwise);
bool jf_request_flag(const struct jf_request *request, const char *name);
unsigned jf_request_limit(const struct jf_request *request);

/* Whole answers. data and details are taken over; NULL if memory ran out. */
json_t *jf_protocol_answer(json_t *data);
json_t *jf_protocol_refusal(const struct jf_protocol_error *error, json_t *details);

#endif
