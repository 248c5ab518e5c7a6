/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the trunks share. */
#ifndef JF_TRUNK_PRIV_H
#define JF_TRUNK_PRIV_H

#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "jf_sip_resolve.h"
#include "jf_trunk.h"

struct jf_trunk;

/* One of the uris, and who answers there. */
struct jf_trunk_gate {
	struct jf_trunk *trunk;
	struct jf_trunk_destination d;
	struct jf_sip_peer peers[JF_SIP_RESOLVED_MAX];
	unsigned n_peers, at; /* at: the one that is asked */
	struct jf_sip_query *query;
	struct sip_request *request;
	uint64_t asked_ns;
	struct tmr timer; /* for the next question, the answer, or the end of its rest */
	uint32_t cseq;
};

struct jf_trunk {
	struct le le; /* in trunks->list */
	struct jf_trunks *trunks;
	char name[JF_TRUNK_NAME_MAX];
	uint32_t options_s;
	bool wanted; /* by the list that is being set */
	unsigned n_gates;
	struct jf_trunk_gate gates[JF_TRUNK_URIS_MAX];
	uint64_t since_ns; /* of the health as a whole */
	char error[JF_TRUNK_ERROR_MAX];
	uint64_t error_ns;
	unsigned untold; /* bits by enum jf_trunk_change */
	struct tmr tell_timer;

	/* registration */
	bool has_credentials;
	struct jf_trunk_credentials credentials;
	uint32_t register_s;              /* as configured; 0: no */
	uint32_t ask_s;                   /* as asked for: a 423 may want more */
	char address[JF_SIP_URI_MAX];     /* of record: sip:user@domain */
	char address_uri[JF_SIP_URI_MAX]; /* of the registrar: sip:domain */
	char tag[24];
	enum jf_trunk_registration registration;
	struct jf_trunk_kept kept; /* expires_ns 0: not registered */
	uint32_t failures, proofs;
	unsigned at; /* the gate that it registers at */
	struct jf_sip_peer peer;
	struct jf_sip_query *query;
	struct sip_request *request;
	struct tmr timer;
};

struct jf_trunks {
	struct jf_sip *sip;
	struct list list;
	struct list leaving; /* jf_trunk_leave.c */
	jf_trunk_changed *changed;
	void *arg;
};

/* --- jf_trunk.c --- */

/* The owner is told from the loop. */
void jf_trunk_tell(struct jf_trunk *trunk, enum jf_trunk_change change);
void jf_trunk_error(struct jf_trunk *trunk, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* A request of ours outside any dialog. headers: each line ending in CRLF. 0 or a negative errno.
 */
struct jf_trunk_request {
	const char *method;
	const char *uri;
	const char *address; /* of From and To */
	const char *tag;
	const char *call_id;
	uint32_t cseq;
	const char *headers;
};

int jf_trunk_send(struct jf_sip *sip, const struct jf_sip_peer *peer,
                  const struct jf_trunk_request *request, struct sip_request **ret_request,
                  sip_resp_h *handler, void *arg);

/* --- jf_trunk_ask.c --- */

void jf_trunk_gate_start(struct jf_trunk_gate *gate);
void jf_trunk_gate_stop(struct jf_trunk_gate *gate);
void jf_trunk_gate_input(struct jf_trunk_gate *gate, enum jf_trunk_health_input input);

/* --- jf_trunk_register.c --- */

/* The answer to the challenge in a 401 or 407: a header line. 0, or as jf_credentials_answer. A
 * secret of sorts: wiped after use. */
struct jf_trunk_proof {
	char line[JF_SIP_PROOF_MAX];
	bool stale;
};

int jf_trunk_prove(const struct jf_trunk_credentials *credentials, const struct sip_msg *msg,
                   const char *method, const char *uri, struct jf_trunk_proof *ret_proof);
const char *jf_trunk_prove_error(int err); /* for people */

/* jf_trunk_leave.c: asks for the end of its registration, also when the trunk is gone. */
void jf_trunk_leave(struct jf_trunk *trunk, const char *contact);

void jf_trunk_register_start(struct jf_trunk *trunk, const struct jf_trunk_kept *kept);
void jf_trunk_register_stop(struct jf_trunk *trunk, bool remove);

#endif
