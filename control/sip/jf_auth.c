// SPDX-License-Identifier: BSD-3-Clause
#include "jf_auth.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>

#include "jf_log.h"
#include "jf_loop.h"

#define AGENTS_HASH 16384

/* An agent that has proven itself. */
struct known {
	struct le he; /* in auth->known */
	struct jf_digest_memory nonces;
	char agent[];
};

struct jf_auth {
	struct jf_sip *sip;
	struct jf_digest_nonces nonces;
	uint8_t nobody[JF_DIGEST_HA1_MAX]; /* the HA1 of agents that do not exist */
	bool sha256;
	struct hash *known;
};

static struct jf_slice slice(const struct pl *pl)
{
	return (struct jf_slice){.at = pl->p, .length = pl->l};
}

/* --- those who have proven themselves --- */

static bool is_agent(struct le *le, void *arg)
{
	const struct known *known = le->data;

	return strcmp(known->agent, arg) == 0;
}

static struct known *known_find(const struct jf_auth *auth, const char *agent)
{
	return list_ledata(hash_lookup(auth->known, hash_joaat_str(agent), is_agent,
	                               (void *)(uintptr_t)agent));
}

static void known_destructor(void *arg)
{
	struct known *known = arg;

	hash_unlink(&known->he);
}

static struct known *known_get(struct jf_auth *auth, const char *agent)
{
	struct known *known = known_find(auth, agent);
	size_t length = strlen(agent) + 1;

	if (known)
		return known;
	known = mem_zalloc(sizeof(*known) + length, known_destructor);
	if (!known)
		return NULL;
	memcpy(known->agent, agent, length);
	hash_append(auth->known, hash_joaat_str(agent), &known->he, known);
	return known;
}

void jf_auth_forget(struct jf_auth *auth, const char *agent)
{
	mem_deref(known_find(auth, agent));
}

/* --- asking --- */

static void challenge(struct jf_auth *auth, const struct sip_msg *msg, bool stale)
{
	struct jf_sip *sip = auth->sip;
	char nonce[JF_DIGEST_NONCE_MAX], sha256[320] = "";
	const char *stale_text = stale ? ", stale=true" : "";
	struct jf_sip_peer source;

	jf_sip_peer_make(&msg->src, msg->tp, &source);
	jf_digest_nonce_make(&auth->nonces, jf_loop_now_ns(), source.ip, nonce);
	if (auth->sha256)
		(void)re_snprintf(sha256, sizeof(sha256),
		                  "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
		                  "algorithm=SHA-256, qop=\"auth\"%s\r\n",
		                  sip->realm, nonce, stale_text);
	sip->stats.challenged++;
	(void)sip_replyf(sip->stack, msg, 401, "Unauthorized",
	                 "%sWWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=MD5, "
	                 "qop=\"auth\"%s\r\n" JF_SIP_EMPTY,
	                 sha256, sip->realm, nonce, stale_text);
}

/* --- the answer --- */

struct search {
	const struct jf_auth *auth;
	struct jf_digest_answer answer;
	bool malformed;
};

/* sip_hdr_h: true ends the walk, on the answer for our realm. */
static bool is_for_realm(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct search *search = arg;
	int err = jf_digest_answer_read(slice(&header->val), &search->answer);

	(void)msg;
	search->malformed |= err == -EBADMSG;
	return !err && jf_slice_is(search->answer.realm, search->auth->sip->realm);
}

/* Without qop there is no counter: such an answer is good for one request. */
static bool count_of(const struct jf_digest_answer *answer, uint32_t *ret_count)
{
	struct pl nc = {.p = answer->nc.at, .l = answer->nc.length};

	*ret_count = 1;
	if (!answer->qop.at)
		return true;
	if (!jf_slice_is_nocase(answer->qop, "auth") || nc.l != 8 || !answer->cnonce.length)
		return false;
	for (size_t i = 0; i < nc.l; i++)
		if (!isxdigit((unsigned char)nc.p[i]))
			return false;
	*ret_count = pl_x32(&nc);
	return *ret_count > 0;
}

/* RFC 7616 3.4.6: made for this resource, as far as no proxy on the way may change it. */
static bool is_for_uri(const struct jf_digest_answer *answer, const struct sip_msg *msg)
{
	struct pl text = {.p = answer->uri.at, .l = answer->uri.length};
	struct uri uri;

	return !pl_cmp(&text, &msg->ruri) ||
	       (!uri_decode(&uri, &text) && !pl_cmp(&uri.user, &msg->uri.user) &&
	        !pl_casecmp(&uri.host, &msg->uri.host));
}

static void malformed(struct jf_auth *auth, const struct sip_msg *msg)
{
	auth->sip->stats.malformed++;
	(void)sip_reply(auth->sip->stack, msg, 400, "Bad Authorization");
}

static void deny(struct jf_auth *auth, const struct sip_msg *msg, const char *user)
{
	char text[4 * JF_SIP_AGENT_MAX], method[32], source_text[JF_SIP_PEER_TEXT];
	struct jf_sip_peer source;

	auth->sip->stats.denied++;
	jf_sip_peer_make(&msg->src, msg->tp, &source);
	jf_sip_text_copy(&msg->met, method, sizeof(method));
	jf_log(JF_LOG_REGISTRAR, JF_LOG_NOTICE, NULL, "%s of \"%s\" from %s denied", method,
	       jf_log_escape(user, strlen(user), text, sizeof(text)),
	       jf_sip_peer_text(&source, source_text));
	(void)sip_reply(auth->sip->stack, msg, 403, "Forbidden");
}

/* The same work, whether the agent exists or not. */
static bool prove(const struct jf_auth *auth, const struct sip_msg *msg,
                  const struct jf_digest_answer *answer, char ret_agent[JF_SIP_AGENT_MAX])
{
	const struct jf_sip *sip = auth->sip;
	struct pl name = {.p = answer->username.at, .l = answer->username.length};
	uint8_t ha1[JF_DIGEST_HA1_MAX];
	bool known, proven;

	ret_agent[0] = '\0';
	known = jf_sip_exact_copy(&name, ret_agent, JF_SIP_AGENT_MAX) == 0 &&
	        sip->handler->agent_ha1(ret_agent, sip->realm, answer->algorithm, ha1, sip->arg);
	if (!known)
		memcpy(ha1, auth->nobody, sizeof(ha1));
	proven = jf_digest_proven(answer, slice(&msg->met), ha1);
	OPENSSL_cleanse(ha1, sizeof(ha1));
	return known && proven;
}

bool jf_auth_request(struct jf_auth *auth, const struct sip_msg *msg,
                     char ret_agent[JF_SIP_AGENT_MAX])
{
	struct search search = {.auth = auth};
	const struct jf_digest_answer *answer = &search.answer;
	char own[JF_SIP_AGENT_MAX];
	struct jf_sip_peer source;
	struct known *known;
	uint64_t made_ns;
	uint32_t count;
	bool proven;

	jf_sip_peer_make(&msg->src, msg->tp, &source);
	if (!sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, is_for_realm, &search)) {
		if (search.malformed)
			malformed(auth, msg);
		else
			challenge(auth, msg, false);
		return false;
	}
	if (answer->algorithm == JF_DIGEST_UNKNOWN ||
	    (answer->algorithm == JF_DIGEST_SHA256 && !auth->sha256)) {
		challenge(auth, msg, false);
		return false;
	}
	if (!jf_digest_nonce_read(&auth->nonces, answer->nonce, jf_loop_now_ns(), source.ip,
	                          &made_ns)) {
		challenge(auth, msg, true);
		return false;
	}
	if (!count_of(answer, &count) || !is_for_uri(answer, msg) ||
	    answer->response.length != 2 * jf_digest_size(answer->algorithm)) {
		malformed(auth, msg);
		return false;
	}
	proven = prove(auth, msg, answer, ret_agent);
	jf_sip_user_copy(&msg->to.uri.user, own, sizeof(own));
	if (!proven || (!pl_strcmp(&msg->met, "REGISTER") && strcmp(own, ret_agent) != 0)) {
		deny(auth, msg, ret_agent);
		return false;
	}
	known = known_get(auth, ret_agent);
	if (!known) {
		(void)sip_reply(auth->sip->stack, msg, 500, "Server Internal Error");
		return false;
	}
	if (!jf_digest_count(&known->nonces, made_ns, count)) {
		challenge(auth, msg, true);
		return false;
	}
	return true;
}

/* --- life --- */

void jf_auth_sha256_set(struct jf_auth *auth, bool offered)
{
	auth->sha256 = offered;
}

int jf_auth_create(struct jf_sip *sip, struct jf_auth **ret_auth)
{
	struct jf_auth *auth;
	int err;

	if (strpbrk(sip->realm, "\"\\\r\n"))
		return -EINVAL;
	auth = mem_zalloc(sizeof(*auth), NULL);
	if (!auth)
		return -ENOMEM;
	auth->sip = sip;
	jf_digest_nonces_init(&auth->nonces);
	rand_bytes(auth->nobody, sizeof(auth->nobody));
	err = -hash_alloc(&auth->known, AGENTS_HASH);
	if (err)
		mem_deref(auth);
	else
		*ret_auth = auth;
	return err;
}

void jf_auth_destroy(struct jf_auth *auth)
{
	if (!auth)
		return;
	hash_flush(auth->known);
	mem_deref(auth->known);
	OPENSSL_cleanse(auth->nonces.secret, sizeof(auth->nonces.secret));
	mem_deref(auth);
}
