// SPDX-License-Identifier: BSD-3-Clause
/* Our INVITE again, with the answer to a trunk's challenge (RFC 3261 22.2). */
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_log.h"
#include "jf_trunk_priv.h"

#define TRIES_MAX 2u /* the second for a nonce that has become stale */

/* Holds a secret. */
struct jf_leg_prover {
	struct jf_trunk_credentials credentials;
	unsigned tries;
};

static void prover_destructor(void *arg)
{
	struct jf_leg_prover *prover = arg;

	explicit_bzero(&prover->credentials, sizeof(prover->credentials));
}

void jf_leg_prover_make(struct jf_leg *leg, const struct jf_trunk_credentials *credentials)
{
	struct jf_leg_prover *prover = mem_zalloc(sizeof(*prover), prover_destructor);

	if (!prover)
		return; /* a challenge will end the leg */
	prover->credentials = *credentials;
	leg->prover = prover;
}

bool jf_leg_prove(struct jf_leg *leg, const struct sip_msg *msg)
{
	const struct jf_call_id *call_id = leg->has_call_id ? &leg->call_id : NULL;
	struct jf_leg_prover *prover = leg->prover;
	struct jf_trunk_proof proof;
	int err;

	if (!prover ||
	    (leg->phase != JF_LEG_AT_OUT_CALLING && leg->phase != JF_LEG_AT_OUT_PROCEEDING))
		return false;
	err = jf_trunk_prove(&prover->credentials, msg, "INVITE", leg->dialog.remote_target,
	                     &proof);
	if (err) {
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, call_id, "a trunk %s", jf_trunk_prove_error(err));
		return false;
	}
	if (prover->tries && (!proof.stale || prover->tries == TRIES_MAX)) {
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, call_id, "a trunk does not take our password");
		return false;
	}
	prover->tries++;
	leg->dialog.local_cseq++;
	err = jf_dialog_text_set(&leg->dialog.remote_tag, ""); /* of a response before */
	if (!err)
		err = jf_leg_send_invite(leg, proof.line);
	explicit_bzero(&proof, sizeof(proof));
	return err == 0;
}
