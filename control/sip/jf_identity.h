/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who really calls, what of it is to be hidden, and by whom the call was diverted:
 * P-Asserted-Identity (RFC 3325), Privacy (RFC 3323, 3325, 7044), Diversion (RFC 5806) and
 * History-Info (RFC 7044), read and written. Pure; nothing is believed here: that is for whoever
 * knows the trunk.
 *
 * Reading is bounded and tolerant: a value that can't be read tells nothing. All text that comes
 * out is printable ASCII, cut to size.
 */
#ifndef JF_IDENTITY_H
#define JF_IDENTITY_H

#include "jf_slice.h"

#define JF_IDENTITY_TEXT_MAX 64u

/* Of Privacy; several may be asked for at once. */
enum {
	JF_PRIVACY_ID = 1 << 0,   /* the asserted identity */
	JF_PRIVACY_USER = 1 << 1, /* From and the like */
	JF_PRIVACY_HEADER = 1 << 2,
	JF_PRIVACY_SESSION = 1 << 3,
	JF_PRIVACY_HISTORY = 1 << 4,
	JF_PRIVACY_CRITICAL = 1 << 5,
	JF_PRIVACY_NONE = 1 << 6, /* asks for nothing to be hidden, whatever a default may be */
};

/* Zeros: nothing was said. */
struct jf_identity {
	char asserted_user[JF_IDENTITY_TEXT_MAX]; /* the first that has a user */
	char asserted_name[JF_IDENTITY_TEXT_MAX];
	uint8_t privacy;
	char diverted_user[JF_IDENTITY_TEXT_MAX]; /* who diverted the call last */
	char diverted_reason[24];                 /* "no-answer"; RFC 4458's cause as a number */
	uint8_t diversions;                       /* how often, at most 255 */
};

/* The value of one header of that name each, in the order of the message; lists are fine. What is
 * said by Diversion goes before History-Info. */
void jf_identity_read_asserted(struct jf_slice value, struct jf_identity *identity);
void jf_identity_read_privacy(struct jf_slice value, struct jf_identity *identity);
void jf_identity_read_diversion(struct jf_slice value, struct jf_identity *identity);
void jf_identity_read_history(struct jf_slice value, struct jf_identity *identity);

/* Whether the caller's number and name are not to be shown. */
bool jf_identity_is_withheld(const struct jf_identity *identity);

/* What a trunk is told. Numbers are in the form that it wants, and of digits and + only. */
struct jf_identity_told {
	const char *number;   /* of the caller; "": not known */
	const char *name;     /* or "" */
	const char *domain;   /* of our URIs */
	const char *diverted; /* number that the call was diverted from; "": it wasn't */
	const char *called;   /* where it goes now */
	bool withheld;        /* the caller doesn't want to be shown */
	bool trusted;         /* the trunk keeps what it is told to itself */
};

struct jf_identity_headers {
	char from_user[JF_IDENTITY_TEXT_MAX];
	char from_name[JF_IDENTITY_TEXT_MAX];
	const char *from_host; /* told->domain, or that of nobody (RFC 3323 section 4.1.1.3) */
	char lines[1100];      /* each ending in CRLF; "" */
};

/* A trusted trunk learns the caller even when it is withheld, and is told to hide it; another one
 * does not learn it at all. */
void jf_identity_write(const struct jf_identity_told *told,
                       struct jf_identity_headers *ret_headers);

#endif
