// SPDX-License-Identifier: BSD-3-Clause
/* The registration of a trunk at its registrar. */
#include <errno.h>
#include <stdio.h>

#include "jf_credentials.h"
#include "jf_log.h"
#include "jf_time.h"
#include "jf_trunk_priv.h"

#define PROOFS_MAX 3u /* answers to "stale" in a row */

struct input {
	enum jf_trunk_registration_input input;
	const char *proof; /* the header line that answers a challenge */
};

static void step(struct jf_trunk *trunk, const struct input *input);
static void send_register(struct jf_trunk *trunk, const char *proof);

static bool is_registered(const struct jf_trunk *trunk)
{
	return trunk->kept.expires_ns > jf_loop_now_ns();
}

static void failed(struct jf_trunk *trunk, const char *why)
{
	jf_trunk_error(trunk, "REGISTER: %s", why);
	trunk->failures++;
	trunk->at = (trunk->at + 1) % trunk->n_gates;
	step(trunk, &(struct input){.input = JF_TRUNK_ON_FAILED});
}

/* ---- What comes back ------------------------------------------------------------------------- */

static const char *contact_make(const struct jf_trunk *trunk, char *ret_text, size_t size)
{
	char plain[JF_SIP_URI_MAX], user[JF_SIP_NAME_MAX];

	jf_sip_contact(trunk->trunks->sip, &trunk->peer, plain, sizeof(plain));
	jf_sip_user_make(trunk->credentials.user, user, sizeof(user));
	if (snprintf(ret_text, size, "sip:%s@%s", user, plain + strlen("sip:")) >= (int)size)
		ret_text[0] = '\0'; /* the registrar refuses it, which is told as it is */
	return ret_text;
}

struct grant {
	char contact[JF_SIP_URI_MAX];
	uint32_t expires_s;
	bool found;
};

/* sip_hdr_h: true ends the walk. */
static bool read_contact(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct grant *grant = arg;
	struct sip_addr addr;
	struct pl expires;

	(void)msg;
	if (sip_addr_decode(&addr, &header->val) || pl_strcmp(&addr.auri, grant->contact))
		return false;
	grant->found = true;
	if (!msg_param_decode(&addr.params, "expires", &expires))
		grant->expires_s = pl_u32(&expires);
	return true;
}

/* Our contact's own word, else that of the whole response, else what we asked for. */
static uint32_t granted_s(const struct jf_trunk *trunk, const struct sip_msg *msg)
{
	struct grant grant = {.expires_s = trunk->ask_s};

	contact_make(trunk, grant.contact, sizeof(grant.contact));
	if (pl_isset(&msg->expires))
		grant.expires_s = pl_u32(&msg->expires);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, read_contact, &grant);
	return grant.expires_s < 86400 ? grant.expires_s : 86400;
}

static void granted(struct jf_trunk *trunk, const struct sip_msg *msg)
{
	uint32_t seconds = granted_s(trunk, msg);

	if (seconds < 10) {
		failed(trunk, "granted for less than 10 s");
		return;
	}
	trunk->failures = 0;
	trunk->kept.granted_s = seconds;
	trunk->kept.expires_ns = jf_loop_now_ns() + seconds * JF_NS_PER_S;
	step(trunk, &(struct input){.input = JF_TRUNK_ON_GRANTED});
}

struct challenges {
	struct jf_slice list[JF_CREDENTIALS_CHALLENGES];
	unsigned count;
};

static bool add_challenge(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct challenges *c = arg;

	(void)msg;
	c->list[c->count++] = (struct jf_slice){header->val.p, header->val.l};
	return c->count == JF_CREDENTIALS_CHALLENGES;
}

int jf_trunk_prove(const struct jf_trunk_credentials *credentials, const struct sip_msg *msg,
                   const char *method, const char *uri, struct jf_trunk_proof *ret_proof)
{
	struct jf_credentials_request request = {
	        .method = method, .uri = uri, .proxy = msg->scode == 407, .random = rand_u64()};
	struct challenges challenges = {.count = 0};

	(void)sip_msg_hdr_apply(
	        msg, true, request.proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
	        add_challenge, &challenges);
	return jf_credentials_answer(credentials, challenges.list, challenges.count, &request,
	                             ret_proof->line, &ret_proof->stale);
}

const char *jf_trunk_prove_error(int err)
{
	switch (err) {
	case -EACCES:
		return "asks for another realm than the trunk's";
	case -ENOTSUP:
		return "asks for auth-int or an algorithm that is not spoken";
	default:
		return "its challenge cannot be answered";
	}
}

static void challenged(struct jf_trunk *trunk, const struct sip_msg *msg)
{
	struct jf_trunk_proof proof;
	int err = jf_trunk_prove(&trunk->credentials, msg, "REGISTER", trunk->address_uri, &proof);
	bool wrong = trunk->registration == JF_TRUNK_REGISTRATION_PROVING && !err && !proof.stale;

	if (!err && ++trunk->proofs > PROOFS_MAX) {
		failed(trunk, "our answers are stale again and again");
		return;
	}
	if (err)
		jf_trunk_error(trunk, "REGISTER: %s", jf_trunk_prove_error(err));
	else if (wrong)
		jf_trunk_error(trunk, "REGISTER: user or password is wrong");
	step(trunk, &(struct input){.input = err           ? JF_TRUNK_ON_DENIED
	                                     : proof.stale ? JF_TRUNK_ON_STALE
	                                                   : JF_TRUNK_ON_CHALLENGED,
	                            .proof = err ? NULL : proof.line});
	explicit_bzero(&proof, sizeof(proof));
}

/* 423: not shorter than that; not again if it is what we asked for already. */
static bool lengthen(struct jf_trunk *trunk, const struct sip_msg *msg)
{
	const struct sip_hdr *header = sip_msg_hdr(msg, SIP_HDR_MIN_EXPIRES);
	uint32_t least_s = header ? pl_u32(&header->val) : 0;

	if (least_s <= trunk->ask_s || least_s > 86400)
		return false;
	trunk->ask_s = least_s;
	return true;
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_trunk *trunk = arg;
	char why[80];

	if (msg && msg->scode < 200)
		return;
	if (err || !msg) {
		failed(trunk, err == ETIMEDOUT ? "no answer" : "not sent");
		return;
	}
	if (msg->scode < 300) {
		granted(trunk, msg);
	} else if (msg->scode == 401 || msg->scode == 407) {
		challenged(trunk, msg);
	} else if (msg->scode == 423 && lengthen(trunk, msg)) {
		step(trunk, &(struct input){.input = JF_TRUNK_ON_BRIEF});
	} else if (msg->scode == 408 || msg->scode == 480 || msg->scode >= 500) {
		snprintf(why, sizeof(why), "%u", msg->scode);
		failed(trunk, why);
	} else {
		jf_trunk_error(trunk, "REGISTER: refused with %u", msg->scode);
		step(trunk, &(struct input){.input = JF_TRUNK_ON_DENIED});
	}
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static void send_register(struct jf_trunk *trunk, const char *proof)
{
	char headers[JF_CREDENTIALS_LINE_MAX + JF_SIP_URI_MAX + 64], contact[JF_SIP_URI_MAX];
	struct jf_trunk_request request = {
	        .method = "REGISTER",
	        .uri = trunk->address_uri,
	        .address = trunk->address,
	        .tag = trunk->tag,
	        .call_id = trunk->kept.call_id,
	        .cseq = ++trunk->kept.cseq,
	        .headers = headers,
	};

	contact_make(trunk, contact, sizeof(contact));
	snprintf(headers, sizeof(headers), "Contact: <%s>\r\nExpires: %u\r\n%s", contact,
	         trunk->ask_s, proof ? proof : "");
	trunk->request = mem_deref(trunk->request);
	if (jf_trunk_send(trunk->trunks->sip, &trunk->peer, &request, &trunk->request, on_response,
	                  trunk))
		failed(trunk, "not sent");
	explicit_bzero(headers, sizeof(headers));
}

static void on_resolved(int err, const struct jf_sip_peer *peers, unsigned count, void *arg)
{
	struct jf_trunk *trunk = arg;

	(void)count;
	trunk->query = NULL;
	if (err) {
		failed(trunk, strerror(-err));
		return;
	}
	trunk->peer = peers[0];
	send_register(trunk, NULL);
}

static void begin(struct jf_trunk *trunk)
{
	int err;

	trunk->proofs = 0;
	jf_sip_query_cancel(trunk->query);
	trunk->query = NULL;
	err = jf_sip_resolve(trunk->trunks->sip, trunk->gates[trunk->at].d.uri, on_resolved, trunk,
	                     &trunk->query);
	if (err)
		failed(trunk, strerror(-err));
}

static void on_due(void *arg)
{
	step(arg, &(struct input){.input = JF_TRUNK_ON_DUE});
}

static void step(struct jf_trunk *trunk, const struct input *input)
{
	struct jf_trunk_registration_step s =
	        jf_trunk_registration_step(trunk->registration, input->input);
	char contact[JF_SIP_URI_MAX];

	trunk->registration = s.next;
	if (s.actions & JF_TRUNK_DO_REFRESH)
		tmr_start(&trunk->timer, jf_trunk_refresh_ms(trunk->kept.granted_s, rand_u32()),
		          on_due, trunk);
	if (s.actions & JF_TRUNK_DO_RETRY)
		tmr_start(&trunk->timer, jf_trunk_retry_ms(trunk->failures, rand_u32()), on_due,
		          trunk);
	if (s.actions & JF_TRUNK_DO_RETRY_RARELY)
		tmr_start(&trunk->timer, jf_trunk_refused_retry_ms(rand_u32()), on_due, trunk);
	if (s.actions & JF_TRUNK_DO_ALARM)
		jf_trunk_tell(trunk, JF_TRUNK_CHANGE_ALARM);
	if (s.actions & JF_TRUNK_DO_REGISTRATION_TELL)
		jf_trunk_tell(trunk, JF_TRUNK_CHANGE_REGISTRATION);
	if ((s.actions & JF_TRUNK_DO_REMOVE) && is_registered(trunk) && trunk->peer.family)
		jf_trunk_leave(trunk, contact_make(trunk, contact, sizeof(contact)));
	if (s.actions & JF_TRUNK_DO_SEND)
		begin(trunk);
	if (s.actions & JF_TRUNK_DO_PROVE)
		send_register(trunk, input->proof);
}

/* ---- Life ------------------------------------------------------------------------------------ */

void jf_trunk_register_start(struct jf_trunk *trunk, const struct jf_trunk_kept *kept)
{
	uint64_t now_ns = jf_loop_now_ns();

	if (!trunk->register_s)
		return;
	trunk->ask_s = trunk->register_s;
	(void)re_snprintf(trunk->tag, sizeof(trunk->tag), "%016llx", rand_u64());
	if (kept && kept->expires_ns > now_ns && kept->granted_s &&
	    kept->expires_ns - now_ns <= kept->granted_s * JF_NS_PER_S &&
	    memchr(kept->call_id, '\0', sizeof(kept->call_id))) {
		uint64_t left_ms = (kept->expires_ns - now_ns) / JF_NS_PER_MS;
		uint64_t late_ms = (uint64_t)kept->granted_s * 150; /* refreshed before then */

		trunk->kept = *kept;
		trunk->kept.cseq += 10; /* some may have been sent and not kept */
		trunk->registration = JF_TRUNK_REGISTRATION_REGISTERED;
		tmr_start(&trunk->timer, left_ms > late_ms ? left_ms - late_ms : rand_u16() % 500u,
		          on_due, trunk);
		return;
	}
	(void)re_snprintf(trunk->kept.call_id, sizeof(trunk->kept.call_id), "%016llx%016llx",
	                  rand_u64(), rand_u64());
	step(trunk, &(struct input){.input = JF_TRUNK_ON_START});
}

void jf_trunk_register_stop(struct jf_trunk *trunk, bool remove)
{
	if (remove)
		step(trunk, &(struct input){.input = JF_TRUNK_ON_STOP});
	tmr_cancel(&trunk->timer);
	jf_sip_query_cancel(trunk->query);
	trunk->query = NULL;
	trunk->request = mem_deref(trunk->request);
}
