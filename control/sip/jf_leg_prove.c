// SPDX-License-Identifier: BSD-3-Clause
/* Our requests again, with the answer to a trunk's challenge (RFC 3261 22.2): the INVITE, and those
 * in the dialog. */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_log.h"
#include "jf_trunk_priv.h"

#define TRIES_MAX 2u /* the second for a nonce that has become stale */

/* Holds a secret. */
struct jf_leg_prover {
	struct jf_trunk_credentials credentials;
	unsigned tries;   /* of the INVITE that made the dialog */
	struct list said; /* struct said: requests in the dialog that may have to be said again */
};

struct said {
	struct le le;
	struct jf_leg *leg;
	struct jf_dialog_request request; /* headers and body are copies */
	struct sip_request **where, *own;
	sip_resp_h *handler;
	unsigned tries;
};

static void prover_destructor(void *arg)
{
	struct jf_leg_prover *prover = arg;

	list_flush(&prover->said);
	explicit_bzero(&prover->credentials, sizeof(prover->credentials));
}

static void said_destructor(void *arg)
{
	struct said *said = arg;

	list_unlink(&said->le);
	mem_deref(said->own);
	mem_deref((char *)(uintptr_t)said->request.headers);
	mem_deref((char *)(uintptr_t)said->request.body);
}

void jf_leg_prover_make(struct jf_leg *leg, const struct jf_trunk_credentials *credentials)
{
	struct jf_leg_prover *prover = mem_zalloc(sizeof(*prover), prover_destructor);

	if (!prover)
		return; /* a challenge will end the leg */
	prover->credentials = *credentials;
	leg->prover = prover;
}

void jf_leg_credentials_set(struct jf_leg *leg, const struct jf_trunk_credentials *credentials)
{
	if (leg && !leg->prover && credentials)
		jf_leg_prover_make(leg, credentials);
}

/* The answer to the challenge to a request that was answered tries times. False: there is none. */
static bool answer_make(struct jf_leg *leg, const struct sip_msg *msg, const char *method,
                        unsigned tries, struct jf_trunk_proof *ret_proof)
{
	const struct jf_call_id *call_id = leg->has_call_id ? &leg->call_id : NULL;
	int err = jf_trunk_prove(&leg->prover->credentials, msg, method, leg->dialog.remote_target,
	                         ret_proof);

	if (err)
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, call_id, "a trunk %s", jf_trunk_prove_error(err));
	else if (tries && (!ret_proof->stale || tries == TRIES_MAX))
		jf_log(JF_LOG_SIP, JF_LOG_ERROR, call_id, "a trunk does not take our password");
	else
		return true;
	explicit_bzero(ret_proof, sizeof(*ret_proof));
	return false;
}

const char *jf_leg_proof(const struct jf_leg *leg, uint32_t cseq)
{
	return leg->proof && leg->proof_cseq == cseq ? leg->proof : NULL;
}

void jf_leg_proof_set(struct jf_leg *leg, const char *line, uint32_t cseq)
{
	leg->proof = mem_deref(leg->proof);
	leg->proof_cseq = cseq;
	(void)str_dup(&leg->proof, line); /* without memory the ACK goes without */
}

bool jf_leg_prove(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_prover *prover = leg->prover;
	struct jf_trunk_proof proof;
	int err;

	if (!prover ||
	    (leg->phase != JF_LEG_AT_OUT_CALLING && leg->phase != JF_LEG_AT_OUT_PROCEEDING) ||
	    !answer_make(leg, msg, "INVITE", prover->tries, &proof))
		return false;
	prover->tries++;
	leg->dialog.local_cseq++;
	err = jf_dialog_text_set(&leg->dialog.remote_tag, ""); /* of a response before */
	if (!err)
		err = jf_leg_send_invite(leg, proof.line);
	if (!err)
		jf_leg_proof_set(leg, proof.line, leg->dialog.local_cseq);
	explicit_bzero(&proof, sizeof(proof));
	return err == 0;
}

/* --- in the dialog --- */

static void on_response(int err, const struct sip_msg *msg, void *arg);

static int say(struct said *said)
{
	return jf_dialog_send(said->leg->sip, &said->leg->dialog, &said->request, said->where,
	                      on_response, said);
}

/* The same again with the answer, which is counted as a request of its own. */
static bool say_again(struct said *said, const struct sip_msg *msg)
{
	struct jf_dialog_request former = said->request;
	struct jf_trunk_proof proof;
	char *headers = NULL;
	int err;

	if (!answer_make(said->leg, msg, former.method, said->tries, &proof))
		return false;
	said->tries++;
	err = re_sdprintf(&headers, "%s%s", former.headers ? former.headers : "", proof.line);
	if (!err && strcmp(former.method, "INVITE") == 0)
		jf_leg_proof_set(said->leg, proof.line, said->leg->dialog.local_cseq + 1);
	explicit_bzero(&proof, sizeof(proof));
	if (err)
		return false;
	said->request.headers = headers;
	said->request.cseq = ++said->leg->dialog.local_cseq;
	err = say(said);
	said->request.headers = former.headers; /* without it, for a nonce that is stale */
	mem_deref(headers);
	return err == 0;
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct said *said = arg;
	struct jf_leg *leg = said->leg;
	sip_resp_h *handler = said->handler;

	if (!err && msg && (msg->scode == 401 || msg->scode == 407) && say_again(said, msg))
		return;
	if (err || !msg || msg->scode >= 200)
		mem_deref(said);
	if (handler)
		handler(err, msg, leg);
}

static struct said *said_make(struct jf_leg *leg, const struct jf_dialog_request *request)
{
	struct said *said = mem_zalloc(sizeof(*said), said_destructor);
	char *headers = NULL, *body = NULL;

	if (!said)
		return NULL;
	said->leg = leg;
	said->request = *request;
	said->request.headers = said->request.body = NULL;
	if ((request->headers && str_dup(&headers, request->headers)) ||
	    (request->body && str_dup(&body, request->body))) {
		mem_deref(headers);
		return mem_deref(said);
	}
	said->request.headers = headers;
	said->request.body = body;
	list_append(&leg->prover->said, &said->le, said);
	return said;
}

/* Of a request that its sender has let go of, nothing will be heard. */
static void forget(struct jf_leg_prover *prover, struct sip_request *const *where)
{
	struct le *le = prover->said.head;

	while (le) {
		struct said *said = le->data;

		le = le->next;
		if (said->where == where)
			mem_deref(said);
	}
}

int jf_leg_send(struct jf_leg *leg, const struct jf_dialog_request *request,
                struct sip_request **ret_request, sip_resp_h *handler)
{
	struct said *said;
	int err;

	if (!leg->prover)
		return jf_dialog_send(leg->sip, &leg->dialog, request, ret_request, handler, leg);
	if (ret_request)
		forget(leg->prover, ret_request);
	said = said_make(leg, request);
	if (!said)
		return -ENOMEM;
	said->where = ret_request ? ret_request : &said->own;
	said->handler = handler;
	err = say(said);
	if (err)
		mem_deref(said);
	return err;
}
