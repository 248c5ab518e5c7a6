/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trunks as the outside sees them: each destination's health by OPTIONS (and by what becomes of
 * calls), and the registration of those that register (RFC 3261 10.2, digest MD5 and SHA-256).
 * Nothing here decides about calls; loop thread only.
 *
 * A destination that is asked is marked down after two questions without an answer, two seconds
 * each, and up again by the first answer. One that is never asked rests for 30 s after calls found
 * it dead. A registration is refreshed before it expires, and tried again with growing pauses when
 * it fails; it survives a restart (struct jf_trunk_kept).
 */
#ifndef JF_TRUNK_H
#define JF_TRUNK_H

#include "jf_leg.h"
#include "jf_trunk_fsm.h"

#define JF_TRUNK_NAME_MAX  64u
#define JF_TRUNK_URIS_MAX  8u
#define JF_TRUNK_ERROR_MAX 96u
#define JF_TRUNK_ASK_MS    2000u  /* for an answer to OPTIONS */
#define JF_TRUNK_REST_MS   30000u /* of one that is never asked */
#define JF_TRUNK_FIRST_MS  2000u  /* for a first response to INVITE */

/* Of a customer at a trunk's proxy. A secret. */
struct jf_trunk_credentials {
	char user[JF_SIP_NAME_MAX + 1];
	char realm[JF_SIP_NAME_MAX + 1];
	bool has_md5, has_sha256;
	uint8_t md5[16], sha256[32]; /* HA1 */
};

/* What remains of a registration over a restart. Plain data. */
struct jf_trunk_kept {
	char call_id[40];
	uint32_t cseq;
	uint32_t granted_s;
	uint64_t expires_ns; /* CLOCK_MONOTONIC */
};

/* Strings are copied. */
struct jf_trunk_options {
	const char *name;
	const char *const *uris; /* where calls go: sip: URIs */
	size_t n_uris;
	const char *domain; /* of the address of record; "": the host of the first uri */
	uint32_t options_s; /* 0: never asked */
	const struct jf_trunk_credentials *credentials; /* NULL: none */
	uint32_t register_s;                            /* 0: does not register */
	const struct jf_trunk_kept *kept;               /* of a new one; NULL: nothing */
};

struct jf_trunk_destination {
	char uri[JF_SIP_URI_MAX];
	enum jf_trunk_health health;
	uint64_t since_ns;
	uint32_t round_trip_us;  /* of the last OPTIONS that was answered; 0: none yet */
	struct jf_sip_peer peer; /* asked last; family 0: none yet */
};

struct jf_trunk_status {
	enum jf_trunk_health health; /* the best of its destinations' */
	uint64_t since_ns;
	unsigned n_destinations;
	struct jf_trunk_destination destinations[JF_TRUNK_URIS_MAX];
	enum jf_trunk_registration registration;
	uint64_t expires_ns; /* registered until then, also while it is being refreshed; 0: isn't */
	bool registers;
	char error[JF_TRUNK_ERROR_MAX]; /* the last thing that went wrong; "": nothing yet */
	uint64_t error_ns;
};

enum jf_trunk_change {
	JF_TRUNK_CHANGE_HEALTH,
	JF_TRUNK_CHANGE_REGISTRATION,
	JF_TRUNK_CHANGE_ALARM, /* registration was refused; told beside the change itself */
};

typedef void jf_trunk_changed(const char *name, enum jf_trunk_change change,
                              const struct jf_trunk_status *status, void *arg);

struct jf_trunks;

/* changed is called from the loop only, never from within a function of this header. 0, -ENOMEM. */
int jf_trunks_create(struct jf_sip *sip, jf_trunk_changed *changed, void *arg,
                     struct jf_trunks **ret_trunks);

/* Before jf_sip_destroy. Registrations stay at the registrar. May be NULL. */
void jf_trunks_destroy(struct jf_trunks *trunks);

/* From now on these. One that is the same goes on undisturbed; one that is gone, or registers
 * differently, asks for its registration's end (not where another one takes its place there), and
 * proves itself for that. 0 or -ENOMEM (some may be missing then). */
int jf_trunks_set(struct jf_trunks *trunks, const struct jf_trunk_options *list, size_t count);

/* -ENOENT. */
int jf_trunks_status(const struct jf_trunks *trunks, const char *name,
                     struct jf_trunk_status *ret_status);

/* -ENOENT: there is none, or it is not registered. */
int jf_trunks_kept(const struct jf_trunks *trunks, const char *name,
                   struct jf_trunk_kept *ret_kept);

/* What a call to that uri of the trunk met: a response, or nothing at all. */
void jf_trunks_called(struct jf_trunks *trunks, const char *name, const char *uri, bool answered);

/* The name of a registering trunk one of whose destinations has this address (whatever its port):
 * its calls come from there. NULL: none. */
const char *jf_trunks_source(const struct jf_trunks *trunks, const struct jf_sip_peer *source);

/* NULL: no such trunk, or it has none. */
const struct jf_trunk_credentials *jf_trunks_credentials(const struct jf_trunks *trunks,
                                                         const char *name);

#endif
