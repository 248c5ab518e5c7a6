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
	struct hash *known;
	struct jf_lockouts *lockouts;
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

static unsigned digests_of(const struct jf_auth *auth, const char *agent)
{
	const struct jf_sip_handler *handler = auth->sip->handler;

	return handler->agent_digests ? handler->agent_digests(agent, auth->sip->arg)
	                              : 1u << JF_DIGEST_MD5;
}

/* Whose phone it says it is, before it has proven anything. */
static void claimed(const struct sip_msg *msg, char ret_agent[JF_SIP_AGENT_MAX])
{
	bool registers = !pl_strcmp(&msg->met, "REGISTER");

	jf_sip_user_copy(registers ? &msg->to.uri.user : &msg->from.uri.user, ret_agent,
	                 JF_SIP_AGENT_MAX);
}

/* One header for each, the best first (RFC 8760 section 2.3). */
static void challenge(struct jf_auth *auth, const struct sip_msg *msg, const char *agent,
                      bool stale)
{
	static const enum jf_digest_algorithm best_first[] = {JF_DIGEST_SHA256, JF_DIGEST_MD5};
	struct jf_sip *sip = auth->sip;
	unsigned digests = digests_of(auth, agent);
	struct mbuf *mb = mbuf_alloc(640);
	char nonce[JF_DIGEST_NONCE_MAX];
	struct jf_sip_peer source;

	if (!mb)
		return; /* it asks again */
	jf_sip_peer_make(&msg->src, msg->tp, &source);
	jf_digest_nonce_make(&auth->nonces, jf_loop_now_ns(), source.ip, nonce);
	for (unsigned i = 0; i < 2; i++)
		if (digests >> best_first[i] & 1)
			(void)mbuf_printf(mb,
			                  "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
			                  "algorithm=%s, qop=\"auth\"%s\r\n",
			                  sip->realm, nonce,
			                  jf_digest_algorithm_name(best_first[i]),
			                  stale ? ", stale=true" : "");
	sip->stats.challenged++;
	mb->pos = 0;
	jf_sip_why_note(stale                               ? JF_SIP_WHY_STALE
	                : !pl_strcmp(&msg->met, "REGISTER") ? JF_SIP_WHY_UNPROVEN
	                                                    : JF_SIP_WHY_TRUNK_UNKNOWN);
	(void)sip_replyf(sip->stack, msg, 401, "Unauthorized", "%b" JF_SIP_EMPTY, mbuf_buf(mb),
	                 mbuf_get_left(mb));
	mem_deref(mb);
}

/* --- the answer --- */

struct search {
	const struct jf_auth *auth;
	struct jf_digest_answer answer;
	bool malformed;
};

struct proof {
	uint64_t made_ns; /* the nonce */
	uint32_t count;   /* of its uses */
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
	jf_sip_why_note(JF_SIP_WHY_MALFORMED);
	(void)sip_reply(auth->sip->stack, msg, 400, "Bad Authorization");
}

static void who_is(const struct jf_auth *auth, const struct jf_sip_peer *source, const char *user,
                   struct jf_lockout_who *ret_who)
{
	*ret_who = (struct jf_lockout_who){.family = source->family, .account = user};
	memcpy(ret_who->ip, source->ip, sizeof(ret_who->ip));
	ret_who->home = jf_registrar_is_home(auth->sip->registrar, user, source);
}

/* Nobody listens to them for a while: told when to come back. */
static bool refuse_locked(struct jf_auth *auth, const struct sip_msg *msg,
                          const struct jf_lockout_who *who)
{
	uint32_t left_s = jf_lockout_left_s(auth->lockouts, who, jf_loop_now_ns());

	if (!left_s)
		return false;
	auth->sip->stats.locked_out++;
	jf_sip_why_note(JF_SIP_WHY_LOCKED_OUT);
	(void)sip_replyf(auth->sip->stack, msg, 503, "Too Many Wrong Passwords",
	                 "Retry-After: %u\r\n" JF_SIP_EMPTY, left_s);
	return true;
}

static void deny(struct jf_auth *auth, const struct sip_msg *msg, const struct jf_lockout_who *who,
                 const struct jf_sip_peer *source)
{
	char text[4 * JF_SIP_AGENT_MAX], method[32], source_text[JF_SIP_PEER_TEXT];
	bool locked = jf_lockout_wrong(auth->lockouts, who, jf_loop_now_ns());

	auth->sip->stats.denied++;
	jf_sip_text_copy(&msg->met, method, sizeof(method));
	jf_log(JF_LOG_REGISTRAR, locked ? JF_LOG_WARNING : JF_LOG_NOTICE, NULL,
	       "%s of \"%s\" from %s denied (%s)%s", method,
	       jf_log_escape(who->account, strlen(who->account), text, sizeof(text)),
	       jf_sip_peer_text(source, source_text), jf_sip_why_word(JF_SIP_WHY_PASSWORD),
	       locked ? ", and nobody listens to it for a while" : "");
	jf_sip_why_note(JF_SIP_WHY_PASSWORD);
	(void)sip_reply(auth->sip->stack, msg, 403, "Forbidden");
}

/* The same work, whether the agent exists or not. */
static bool prove(const struct jf_auth *auth, const struct sip_msg *msg,
                  const struct jf_digest_answer *answer, const char *user)
{
	const struct jf_sip *sip = auth->sip;
	uint8_t ha1[JF_DIGEST_HA1_MAX];
	bool known, proven;

	known = sip->handler->agent_ha1(user, sip->realm, answer->algorithm, ha1, sip->arg);
	if (!known)
		memcpy(ha1, auth->nobody, sizeof(ha1));
	proven = jf_digest_proven(answer, slice(&msg->met), ha1);
	OPENSSL_cleanse(ha1, sizeof(ha1));
	return known && proven;
}

/* An answer to a nonce of ours, of which the counter has to rise. False: answered. */
static bool read_answer(struct jf_auth *auth, const struct sip_msg *msg,
                        const struct jf_sip_peer *source, struct search *search,
                        struct proof *ret_proof, char ret_user[JF_SIP_AGENT_MAX])
{
	const struct jf_digest_answer *answer = &search->answer;
	struct pl name;

	if (!sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, is_for_realm, search)) {
		claimed(msg, ret_user);
		if (search->malformed)
			malformed(auth, msg);
		else
			challenge(auth, msg, ret_user, false);
		return false;
	}
	name = (struct pl){.p = answer->username.at, .l = answer->username.length};
	if (jf_sip_exact_copy(&name, ret_user, JF_SIP_AGENT_MAX))
		jf_sip_text_copy(&name, ret_user, JF_SIP_AGENT_MAX); /* nobody is called that */
	if (answer->algorithm == JF_DIGEST_UNKNOWN ||
	    !(digests_of(auth, ret_user) >> answer->algorithm & 1)) {
		challenge(auth, msg, ret_user, false);
		return false;
	}
	if (!jf_digest_nonce_read(&auth->nonces, answer->nonce, jf_loop_now_ns(), source->ip,
	                          &ret_proof->made_ns)) {
		challenge(auth, msg, ret_user, true);
		return false;
	}
	if (!count_of(answer, &ret_proof->count) || !is_for_uri(answer, msg) ||
	    answer->response.length != 2 * jf_digest_size(answer->algorithm)) {
		malformed(auth, msg);
		return false;
	}
	return true;
}

/* It is the agent's; but for the first time? False: answered. */
static bool count_proof(struct jf_auth *auth, const struct sip_msg *msg, const char *agent,
                        const struct proof *proof)
{
	struct known *known = known_get(auth, agent);

	if (!known) {
		jf_sip_why_note(JF_SIP_WHY_INTERNAL);
		(void)sip_reply(auth->sip->stack, msg, 500, "Server Internal Error");
		return false;
	}
	if (!jf_digest_count(&known->nonces, proof->made_ns, proof->count)) {
		challenge(auth, msg, agent, true);
		return false;
	}
	jf_sip_flow_prove(msg);
	return true;
}

bool jf_auth_request(struct jf_auth *auth, const struct sip_msg *msg,
                     char ret_agent[JF_SIP_AGENT_MAX])
{
	struct search search = {.auth = auth};
	char user[JF_SIP_AGENT_MAX], own[JF_SIP_AGENT_MAX];
	struct jf_lockout_who who;
	struct jf_sip_peer source;
	struct proof proof;

	jf_sip_peer_make(&msg->src, msg->tp, &source);
	if (!read_answer(auth, msg, &source, &search, &proof, user))
		return false;
	who_is(auth, &source, user, &who);
	if (refuse_locked(auth, msg, &who))
		return false;
	jf_sip_user_copy(&msg->to.uri.user, own, sizeof(own));
	if (!prove(auth, msg, &search.answer, user) ||
	    (!pl_strcmp(&msg->met, "REGISTER") && strcmp(own, user) != 0)) {
		deny(auth, msg, &who, &source);
		return false;
	}
	if (!count_proof(auth, msg, user, &proof))
		return false;
	strcpy(ret_agent, user);
	return true;
}

struct jf_lockouts *jf_auth_lockouts(const struct jf_auth *auth)
{
	return auth->lockouts;
}

/* --- life --- */

int jf_auth_create(struct jf_sip *sip, struct jf_auth **ret_auth)
{
	struct jf_auth *auth;
	uint64_t seed[2];
	int err;

	if (strpbrk(sip->realm, "\"\\\r\n"))
		return -EINVAL;
	auth = mem_zalloc(sizeof(*auth), NULL);
	if (!auth)
		return -ENOMEM;
	auth->sip = sip;
	jf_digest_nonces_init(&auth->nonces);
	rand_bytes(auth->nobody, sizeof(auth->nobody));
	rand_bytes((uint8_t *)seed, sizeof(seed));
	err = jf_lockouts_create(seed, &auth->lockouts);
	if (!err)
		err = -hash_alloc(&auth->known, AGENTS_HASH);
	if (err)
		jf_auth_destroy(auth);
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
	jf_lockouts_destroy(auth->lockouts);
	OPENSSL_cleanse(auth->nonces.secret, sizeof(auth->nonces.secret));
	mem_deref(auth);
}
