// SPDX-License-Identifier: BSD-3-Clause
/*
 * The end of a registration: REGISTER with Expires 0, proven where that is asked for. It outlives
 * the trunk, which may be gone from the directory already; what comes of it changes nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "jf_credentials.h"
#include "jf_log.h"
#include "jf_trunk_priv.h"

#define TRIES_MAX 2u /* the second for a nonce that has become stale */

/* Holds a secret. */
struct jf_trunk_leaving {
	struct le le; /* in trunks->leaving */
	struct jf_trunks *trunks;
	char name[JF_TRUNK_NAME_MAX];
	struct jf_sip_peer peer;
	struct jf_trunk_credentials credentials;
	char address[JF_SIP_URI_MAX], address_uri[JF_SIP_URI_MAX], contact[JF_SIP_URI_MAX];
	char tag[24], call_id[40];
	uint32_t cseq;
	unsigned tries;
	struct sip_request *request;
};

static void destructor(void *arg)
{
	struct jf_trunk_leaving *leaving = arg;

	list_unlink(&leaving->le);
	mem_deref(leaving->request);
	explicit_bzero(&leaving->credentials, sizeof(leaving->credentials));
}

static int send_register(struct jf_trunk_leaving *leaving, const char *proof);

static bool prove(struct jf_trunk_leaving *leaving, const struct sip_msg *msg)
{
	struct jf_trunk_proof proof;
	bool sent = false;

	if (jf_trunk_prove(&leaving->credentials, msg, "REGISTER", leaving->address_uri, &proof))
		return false;
	if (!leaving->tries || (proof.stale && leaving->tries < TRIES_MAX)) {
		leaving->tries++;
		sent = !send_register(leaving, proof.line);
	}
	explicit_bzero(&proof, sizeof(proof));
	return sent;
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_trunk_leaving *leaving = arg;

	if (!err && msg && msg->scode < 200)
		return;
	if (!err && msg && (msg->scode == 401 || msg->scode == 407) && prove(leaving, msg))
		return;
	if (err || !msg || msg->scode >= 300)
		jf_log(JF_LOG_SIP, JF_LOG_NOTICE, NULL,
		       "trunk %s: the end of its registration was not taken (%u): it will lapse",
		       leaving->name, msg ? msg->scode : 408u);
	mem_deref(leaving);
}

static int send_register(struct jf_trunk_leaving *leaving, const char *proof)
{
	char headers[JF_CREDENTIALS_LINE_MAX + JF_SIP_URI_MAX + 64];
	struct jf_trunk_request request = {
	        .method = "REGISTER",
	        .uri = leaving->address_uri,
	        .address = leaving->address,
	        .tag = leaving->tag,
	        .call_id = leaving->call_id,
	        .cseq = ++leaving->cseq,
	        .headers = headers,
	};
	int err;

	snprintf(headers, sizeof(headers), "Contact: <%s>\r\nExpires: 0\r\n%s", leaving->contact,
	         proof);
	err = jf_trunk_send(leaving->trunks->sip, &leaving->peer, &request, &leaving->request,
	                    on_response, leaving);
	explicit_bzero(headers, sizeof(headers));
	return err;
}

void jf_trunk_leave(struct jf_trunk *trunk, const char *contact)
{
	struct jf_trunk_leaving *leaving = mem_zalloc(sizeof(*leaving), destructor);

	if (!leaving)
		return; /* it lapses */
	leaving->trunks = trunk->trunks;
	leaving->peer = trunk->peer;
	leaving->credentials = trunk->credentials;
	leaving->cseq = trunk->kept.cseq;
	snprintf(leaving->name, sizeof(leaving->name), "%s", trunk->name);
	snprintf(leaving->address, sizeof(leaving->address), "%s", trunk->address);
	snprintf(leaving->address_uri, sizeof(leaving->address_uri), "%s", trunk->address_uri);
	snprintf(leaving->contact, sizeof(leaving->contact), "%s", contact);
	snprintf(leaving->tag, sizeof(leaving->tag), "%s", trunk->tag);
	snprintf(leaving->call_id, sizeof(leaving->call_id), "%s", trunk->kept.call_id);
	list_append(&trunk->trunks->leaving, &leaving->le, leaving);
	if (send_register(leaving, ""))
		mem_deref(leaving);
}
