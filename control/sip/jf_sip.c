// SPDX-License-Identifier: BSD-3-Clause
/* The stack's life, and what happens to a request before anyone else sees it. */
#include "jf_sip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "jf_auth.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_leg_priv.h"
#include "jf_loop_priv.h"
#include "jf_sip_admit_priv.h"
#include "jf_sip_check.h"
#include "jf_sip_dns.h"
#include "jf_sip_keepalive.h"
#include "jf_sip_priv.h"
#include "jf_sip_receive.h"

#define TRANSACTIONS_HASH 131072 /* powers of two: 32 s of them, so that chains stay short */
#define LEGS_HASH         65536

#define SESSION_S 1800u /* RFC 4028 section 4 */

#define CONNECTIONS_MAX        10000u
#define CONNECTIONS_PER_SOURCE 100u
#define FILES_RESERVED         256u /* for all that is no connection */

static const struct jf_sip_listener *listener_for(const struct jf_sip *sip,
                                                  const struct jf_sip_peer *peer)
{
	struct sa to;

	jf_sip_peer_sa(peer, &to);
	return jf_sip_listener_for(sip->transports, peer->transport, &to);
}

bool jf_sip_speaks(const struct jf_sip *sip, const struct jf_sip_peer *peer)
{
	return (peer->family == 4 || peer->family == 6) && listener_for(sip, peer);
}

const char *jf_sip_contact(const struct jf_sip *sip, const struct jf_sip_peer *peer, char *ret_text,
                           size_t size)
{
	static const char *const parameters[] = {[JF_SIP_UDP] = "",
	                                         [JF_SIP_TCP] = ";transport=tcp",
	                                         [JF_SIP_TLS] = ";transport=tls"};
	const struct jf_sip_listener *listener = listener_for(sip, peer);

	if (!listener) /* nothing can be sent there either */
		listener = &sip->transports->listeners[0];
	(void)re_snprintf(ret_text, size, "sip:%J%s", &listener->local,
	                  parameters[listener->transport]);
	return ret_text;
}

const char *jf_sip_host(const struct jf_sip *sip, const struct jf_sip_peer *peer, char *ret_text,
                        size_t size)
{
	const struct jf_sip_listener *listener = peer ? listener_for(sip, peer) : NULL;

	if (!listener)
		listener = &sip->transports->listeners[0];
	(void)re_snprintf(ret_text, size, sa_af(&listener->local) == AF_INET6 ? "[%j]" : "%j",
	                  &listener->local);
	return ret_text;
}

const char *jf_sip_reason(uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *reason;
	} reasons[] = {
	        {100, "Trying"},
	        {180, "Ringing"},
	        {181, "Call Is Being Forwarded"},
	        {182, "Queued"},
	        {183, "Session Progress"},
	        {200, "OK"},
	        {202, "Accepted"},
	        {302, "Moved Temporarily"},
	        {400, "Bad Request"},
	        {403, "Forbidden"},
	        {404, "Not Found"},
	        {408, "Request Timeout"},
	        {416, "Unsupported URI Scheme"},
	        {422, "Session Interval Too Small"},
	        {480, "Temporarily Unavailable"},
	        {481, "Call/Transaction Does Not Exist"},
	        {486, "Busy Here"},
	        {487, "Request Terminated"},
	        {488, "Not Acceptable Here"},
	        {491, "Request Pending"},
	        {500, "Server Internal Error"},
	        {503, "Service Unavailable"},
	        {600, "Busy Everywhere"},
	        {603, "Decline"},
	        {604, "Does Not Exist Anywhere"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].code == code)
			return reasons[i].reason;
	return code < 200 ? "Progress" : code < 300 ? "OK" : code < 400 ? "Redirected" : "Refused";
}

/* --- what every request must be --- */

static bool supported(const struct pl *token)
{
	static const char *const tokens[] = {"100rel", "norefersub", "path", "replaces", "timer"};

	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
		if (!pl_strcasecmp(token, tokens[i]))
			return true;
	return false;
}

static bool add_token(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct mbuf *mb = arg;
	char token[64];

	(void)msg;
	if (supported(&header->val))
		return false;
	jf_sip_text_copy(&header->val, token, sizeof(token));
	return mbuf_printf(mb, "%s%s", mb->pos ? ", " : "", token) != 0;
}

/* Of what is required, the part that is not supported (RFC 3261 8.2.2.3). */
static bool refuse_extensions(struct jf_sip *sip, const struct sip_msg *msg)
{
	bool refused = true;
	struct mbuf *mb;

	if (!sip_msg_hdr(msg, SIP_HDR_REQUIRE))
		return false;
	mb = mbuf_alloc(128);
	if (mb) {
		(void)sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, add_token, mb);
		mb->pos = 0;
		refused = mbuf_get_left(mb) > 0;
	}
	if (mb && refused) {
		jf_sip_why_note(JF_SIP_WHY_EXTENSION);
		(void)sip_replyf(sip->stack, msg, 420, "Bad Extension",
		                 "Unsupported: %b\r\n" JF_SIP_EMPTY, mbuf_buf(mb),
		                 mbuf_get_left(mb));
	}
	mem_deref(mb);
	return refused;
}

static bool refuse_body(struct jf_sip *sip, const struct sip_msg *msg)
{
	if (jf_sip_body(msg).l == 0 || jf_sip_is_sdp(msg))
		return false;
	jf_sip_why_note(JF_SIP_WHY_BODY);
	(void)sip_replyf(sip->stack, msg, 415, "Unsupported Media Type",
	                 "Accept: application/sdp\r\nAccept-Encoding: identity\r\n" JF_SIP_EMPTY);
	return true;
}

struct accepted {
	bool said;
	bool sdp;
};

static bool add_accepted(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct accepted *accepted = arg;
	struct msg_ctype type;

	(void)msg;
	accepted->said = true;
	accepted->sdp =
	        !msg_ctype_decode(&type, &header->val) &&
	        (!pl_strcmp(&type.type, "*") || !pl_strcasecmp(&type.type, "application")) &&
	        (!pl_strcmp(&type.subtype, "*") || !pl_strcasecmp(&type.subtype, "sdp"));
	return accepted->sdp;
}

/* Whoever wants an answer in something else than SDP can have none (RFC 4475 3.3.15). */
static bool refuse_answer(struct jf_sip *sip, const struct sip_msg *msg)
{
	struct accepted accepted = {0};

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_ACCEPT, add_accepted, &accepted);
	if (!accepted.said || accepted.sdp)
		return false;
	jf_sip_why_note(JF_SIP_WHY_BODY);
	(void)sip_replyf(sip->stack, msg, 406, "Not Acceptable",
	                 "Accept: application/sdp\r\n" JF_SIP_EMPTY);
	return true;
}

/* --- by method --- */

/* Whose call is it: a trunk's, by its address, or an agent's, who proves it? False: told so. A
 * phone within a trunk's network is still a phone. */
static bool authorize(struct jf_sip *sip, const struct sip_msg *msg, uint64_t *ret_trunk,
                      char ret_agent[JF_SIP_AGENT_MAX])
{
	struct jf_sip_peer source;

	*ret_trunk = 0;
	ret_agent[0] = '\0';
	jf_sip_peer_make(&msg->src, msg->tp, &source);
	if (!jf_registrar_has_source(sip->registrar, &source) &&
	    sip->handler->source_allowed(&source, ret_trunk, sip->arg)) {
		jf_sip_flow_prove(msg);
		return true;
	}
	*ret_trunk = 0;
	return jf_auth_request(sip->auth, msg, ret_agent);
}

static void serve_new_invite(struct jf_sip *sip, const struct sip_msg *msg)
{
	char agent[JF_SIP_AGENT_MAX];
	uint64_t trunk;

	if (!jf_sip_admit_parsed(sip, msg, JF_SIP_WORK_CALL) || !authorize(sip, msg, &trunk, agent))
		return;
	if (msg->maxfwd.p && pl_u32(&msg->maxfwd) == 0) {
		jf_sip_why_note(JF_SIP_WHY_HOPS);
		(void)sip_reply(sip->stack, msg, 483, "Too Many Hops");
		return;
	}
	if (refuse_extensions(sip, msg) || refuse_body(sip, msg) || refuse_answer(sip, msg))
		return;
	jf_leg_serve_invite(sip, msg, trunk, agent);
}

static bool known_method(const struct pl *method)
{
	static const char *const known[] = {"MESSAGE", "NOTIFY", "PUBLISH", "SUBSCRIBE"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!pl_strcmp(method, known[i]))
			return true;
	return false;
}

static void serve_in_dialog(struct jf_sip *sip, const struct sip_msg *msg, bool ack, bool offers)
{
	struct jf_leg *leg = jf_leg_match(sip, &msg->to.tag, &msg->callid);

	if (!leg || !jf_leg_peer_is(leg, &msg->from.tag)) {
		if (!ack) {
			jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
			(void)sip_reply(sip->stack, msg, 481, "Call/Transaction Does Not Exist");
		}
		return;
	}
	if (!ack && refuse_extensions(sip, msg))
		return;
	if (offers && refuse_body(sip, msg))
		return;
	jf_leg_serve_request(leg, msg);
}

static void serve(struct jf_sip *sip, const struct sip_msg *msg)
{
	bool ack = !pl_strcmp(&msg->met, "ACK");
	bool invite = !pl_strcmp(&msg->met, "INVITE");
	bool bye = !pl_strcmp(&msg->met, "BYE");
	bool options = !pl_strcmp(&msg->met, "OPTIONS");
	bool info = !pl_strcmp(&msg->met, "INFO");
	bool refer = !pl_strcmp(&msg->met, "REFER");
	bool update = !pl_strcmp(&msg->met, "UPDATE") || !pl_strcmp(&msg->met, "PRACK");

	if (!pl_strcmp(&msg->met, "CANCEL")) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)sip_reply(sip->stack, msg, 481, "Call/Transaction Does Not Exist");
	} else if (!ack && !jf_sip_scheme_fits(&msg->uri.scheme, msg->tp)) {
		jf_sip_why_note(JF_SIP_WHY_SCHEME);
		(void)sip_reply(sip->stack, msg, 416, "Unsupported URI Scheme");
	} else if (ack || bye || info || update ||
	           ((invite || options || refer) && pl_isset(&msg->to.tag)))
		serve_in_dialog(sip, msg, ack, invite || update);
	else if (invite)
		serve_new_invite(sip, msg);
	else if (options) {
		if (!refuse_extensions(sip, msg))
			(void)sip_replyf(sip->stack, msg, 200, "OK",
			                 JF_SIP_CAPABILITIES JF_SIP_EMPTY);
	} else if (refer) {
		jf_sip_why_note(JF_SIP_WHY_METHOD);
		(void)sip_reply(sip->stack, msg, 403, "Transfers Are Taken In Calls Only");
	} else if (!pl_strcmp(&msg->met, "REGISTER")) {
		if (jf_sip_admit_parsed(sip, msg, JF_SIP_WORK_OTHER) &&
		    !refuse_extensions(sip, msg))
			jf_registrar_serve(sip->registrar, msg);
	} else if (known_method(&msg->met)) {
		jf_sip_why_note(JF_SIP_WHY_METHOD);
		(void)sip_replyf(sip->stack, msg, 405, "Method Not Allowed",
		                 JF_SIP_ALLOW_HDR JF_SIP_EMPTY);
	} else {
		jf_sip_why_note(JF_SIP_WHY_METHOD);
		(void)sip_replyf(sip->stack, msg, 501, "Not Implemented",
		                 JF_SIP_ALLOW_HDR JF_SIP_EMPTY);
	}
}

/* Is there a way back to whoever sent it? One that says where replies are to go instead (maddr)
 * may want them to hit somebody else. */
static bool answerable(const struct sip_msg *msg)
{
	struct pl value;

	return pl_isset(&msg->via.sentby) && pl_isset(&msg->via.branch) &&
	       msg_param_decode(&msg->via.params, "maddr", &value);
}

/* Always true: nothing is left to the library, which would print the request to stderr. */
static bool on_request(const struct sip_msg *msg, void *arg)
{
	struct jf_sip *sip = arg;

	jf_loop_turn_begin();
	sip->stats.requests++;
	if (!answerable(msg)) {
		sip->stats.malformed++;
	} else if (mbuf_get_left(msg->mb) > JF_SIP_BODY_MAX) {
		sip->stats.malformed++;
		jf_sip_why_note(JF_SIP_WHY_LARGE);
		(void)sip_reply(sip->stack, msg, 513, "Message Too Large");
	} else {
		serve(sip, msg);
	}
	return true;
}

static bool on_response(const struct sip_msg *msg, void *arg)
{
	struct jf_sip *sip = arg;
	struct jf_leg *leg;

	jf_loop_turn_begin();
	leg = jf_leg_match(sip, &msg->from.tag, &msg->callid);
	if (leg && jf_leg_pending_response(leg, msg))
		return true;
	if (leg && msg->scode >= 200 && msg->scode < 300 && !pl_strcmp(&msg->cseq.met, "INVITE"))
		jf_leg_stray_success(leg, msg);
	else if (!jf_sip_keepalive_response(sip->keepalive, msg))
		sip->stats.stray_responses++;
	return true;
}

/* --- life --- */

static int listen_on(struct jf_sip *sip, const struct jf_sip_config *config, const char *address)
{
	const uint16_t ports[] = {[JF_SIP_UDP] = config->udp_port,
	                          [JF_SIP_TCP] = config->tcp_port,
	                          [JF_SIP_TLS] = config->tls_port};
	struct sa local;
	int err = 0;

	for (uint8_t transport = JF_SIP_UDP; !err && transport <= JF_SIP_TLS; transport++) {
		if (!ports[transport])
			continue;
		if (sa_set_str(&local, address, ports[transport]))
			return -EINVAL;
		if (transport == JF_SIP_UDP)
			jf_sip_admit_listen(sip, &local);
		err = jf_sip_listener_add(sip->transports, transport, &local);
	}
	return err;
}

/* A trunk's connection needs to prove nothing: its address does. */
static bool on_trusted(const struct jf_sip_peer *source, void *arg)
{
	struct jf_sip *sip = arg;
	uint64_t trunk;

	return sip->handler->source_allowed(source, &trunk, sip->arg);
}

/* As many as are wanted, and as the process may have open beside all else. */
static uint32_t connections_max(const struct jf_sip_config *config)
{
	uint32_t max = config->connections_max ? config->connections_max : CONNECTIONS_MAX;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= max + FILES_RESERVED)
		return max;
	max = files.rlim_cur > 2 * FILES_RESERVED ? (uint32_t)files.rlim_cur - FILES_RESERVED
	                                          : FILES_RESERVED;
	jf_log(JF_LOG_SIP, JF_LOG_WARNING, NULL,
	       "at most %u connections: the process may have only %lu files open", max,
	       (unsigned long)files.rlim_cur);
	return max;
}

static int listen_on_all(struct jf_sip *sip, const struct jf_sip_config *config)
{
	struct jf_sip_transports *transports = sip->transports;
	int err = 0;

	transports->max = connections_max(config);
	transports->max_per_source = config->connections_per_source ? config->connections_per_source
	                                                            : CONNECTIONS_PER_SOURCE;
	transports->trusted = on_trusted;
	transports->trusted_arg = sip;
	transports->cancel = jf_leg_cancel_explain;
	transports->cancel_arg = sip;
	transports->arrived = jf_sip_receive_stream;
	transports->arrived_arg = sip;
	if (config->tls_port)
		err = jf_sip_tls_create(config, &transports->tls);
	for (unsigned i = 0; !err && i < JF_SIP_ADDRESSES_MAX && config->addresses[i]; i++)
		err = listen_on(sip, config, config->addresses[i]);
	/* Without servers there are no names, and all else is as ever. */
	if (!err && jf_sip_dns_create(config->dns, &sip->dns))
		jf_log(JF_LOG_SIP, JF_LOG_WARNING, NULL, "no DNS: names cannot be looked up");
	return err;
}

int jf_sip_create(const struct jf_sip_config *config, struct jf_sip **ret_sip)
{
	struct jf_sip *sip;
	int err;

	if ((!config->udp_port && !config->tcp_port && !config->tls_port) ||
	    (config->tls_port && (!config->tls_certificate || !config->tls_key)) ||
	    !config->addresses[0] || !config->realm || !config->handler ||
	    strlen(config->realm) >= sizeof(sip->realm))
		return -EINVAL;
	sip = mem_zalloc(sizeof(*sip), NULL);
	if (!sip)
		return -ENOMEM;
	strcpy(sip->realm, config->realm);
	snprintf(sip->user_agent, sizeof(sip->user_agent), "%s",
	         config->user_agent ? config->user_agent : "Jackfield");
	sip->handler = config->handler;
	sip->session_min_s = MAX(config->session_min_s, JF_LEG_SESSION_MIN_S);
	sip->session_s = MAX(config->session_s ? config->session_s : SESSION_S, sip->session_min_s);
	jf_sip_print_use();
	sip->arg = config->arg;
	err = -hash_alloc(&sip->legs, LEGS_HASH);
	if (!err)
		err = jf_sip_transports_create(&sip->transports);
	if (!err)
		err = -sip_alloc(&sip->stack, NULL, TRANSACTIONS_HASH, TRANSACTIONS_HASH, 2,
		                 sip->user_agent, NULL, NULL);
	if (!err)
		err = jf_sip_admit_create(sip, config);
	if (!err)
		err = listen_on_all(sip, config);
	if (!err)
		err = -sip_listen(&sip->requests, sip->stack, true, on_request, sip);
	if (!err)
		err = -sip_listen(&sip->responses, sip->stack, false, on_response, sip);
	if (!err)
		err = jf_auth_create(sip, &sip->auth);
	if (!err)
		err = jf_registrar_create(sip, config, &sip->registrar);
	if (!err)
		err = jf_sip_keepalive_create(sip, config, &sip->keepalive);
	if (err)
		jf_sip_destroy(sip);
	else
		*ret_sip = sip;
	return err;
}

void jf_sip_destroy(struct jf_sip *sip)
{
	if (!sip)
		return;
	if (sip->legs)
		jf_legs_flush(sip);
	jf_sip_keepalive_destroy(sip->keepalive);
	jf_registrar_destroy(sip->registrar);
	jf_auth_destroy(sip->auth);
	mem_deref(sip->requests);
	mem_deref(sip->responses);
	if (sip->stack)
		sip_close(sip->stack, true);
	mem_deref(sip->stack);
	jf_sip_dns_destroy(sip->dns);
	jf_sip_transports_destroy(sip->transports);
	jf_sip_admit_destroy(sip);
	mem_deref(sip->legs);
	mem_deref(sip);
}

void jf_sip_drain(struct jf_sip *sip, bool drain)
{
	sip->draining = drain;
}

void jf_sip_arg_set(struct jf_sip *sip, void *arg)
{
	sip->arg = arg;
}

struct jf_lockouts *jf_sip_lockouts(struct jf_sip *sip)
{
	return jf_auth_lockouts(sip->auth);
}

struct jf_sip_stats jf_sip_stats_get(const struct jf_sip *sip)
{
	struct jf_sip_stats stats = sip->stats;

	stats.registrations = jf_registrar_count(sip->registrar);
	return stats;
}
