// SPDX-License-Identifier: BSD-3-Clause
/* Our INVITE: calling out, and what comes back from one branch or from several. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_log.h"
#include "jf_leg_priv.h"

/* --- what comes back --- */

/* The answer: what a provisional response said for sure, else what the 2xx says, else what was said
 * before it. */
static bool read_answer(const struct jf_leg *leg, const struct sip_msg *msg,
                        struct jf_media_desc *ret_answer)
{
	const struct jf_leg_branch *branch = jf_leg_branch_find(leg, &msg->to.tag);
	struct pl body = jf_sip_body(msg);
	struct jf_sdp_refusal refusal;

	if (branch && (branch->agreed || (branch->has_media && !body.l))) {
		*ret_answer = branch->media;
		return true;
	}
	return jf_sip_is_sdp(msg) &&
	       !jf_sdp_read_answer(body.p, body.l, &leg->deal->session, &leg->dialog.local_media,
	                           ret_answer, &refusal);
}

static void on_success(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg, .code = msg->scode};
	const struct jf_leg_branch *branch = jf_leg_branch_find(leg, &msg->to.tag);
	struct jf_media_desc answer;
	bool ok = read_answer(leg, msg, &answer);

	if (branch != leg->setup->current)
		leg->dialog.remote_cseq = branch ? branch->remote_cseq : 0;
	if (jf_dialog_from_response(msg, &leg->dialog) || !ok) {
		context.code = 0;
		(void)jf_leg_step(leg, JF_LEG_ON_SUCCESS_BAD, &context);
		return;
	}
	leg->dialog.remote_media = answer;
	leg->dialog.has_remote_media = 1;
	context.media = &leg->dialog.remote_media;
	if (leg->phase == JF_LEG_AT_OUT_CANCELLING)
		context.code = 0;
	else
		jf_leg_timer_agreed(leg, msg);
	(void)jf_leg_step(leg, JF_LEG_ON_SUCCESS, &context);
}

static void on_provisional(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg, .code = msg->scode};

	if (!jf_leg_branch_provisional(leg, msg))
		return;
	if (leg->setup->current && leg->setup->current->has_media)
		context.media = &leg->setup->current->media;
	(void)jf_leg_step(leg, JF_LEG_ON_PROVISIONAL, &context);
}

struct redirect {
	struct jf_leg_redirect list;
	uint16_t q[JF_LEG_CONTACTS_MAX]; /* thousandths */
};

/* sip_hdr_h: true ends the walk. By q, in their order where it is the same (RFC 3261 8.1.3.4). */
static bool add_contact(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct redirect *r = arg;
	struct jf_leg_redirect *list = &r->list;
	char uri[JF_SIP_URI_MAX];
	uint16_t q = 1000;
	struct sip_addr addr;
	struct pl value;
	uint8_t at;

	(void)msg;
	if (sip_addr_decode(&addr, &header->val) || jf_sip_exact_copy(&addr.auri, uri, sizeof(uri)))
		return false;
	if (!msg_param_decode(&addr.params, "q", &value))
		q = (uint16_t)(pl_float(&value) * 1000);
	for (at = list->count; at > 0 && r->q[at - 1] < q; at--) {
		r->q[at] = r->q[at - 1];
		memcpy(list->contacts[at], list->contacts[at - 1], sizeof(uri));
	}
	r->q[at] = q;
	memcpy(list->contacts[at], uri, sizeof(uri));
	return ++list->count == JF_LEG_CONTACTS_MAX;
}

static void on_redirect(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg, .code = msg->scode};
	struct redirect redirect = {.list = {.count = 0}};
	struct jf_leg_event event = {
	        .type = JF_LEG_REDIRECTED, .code = msg->scode, .redirect = &redirect.list};

	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, add_contact, &redirect);
	if (redirect.list.count && leg->phase != JF_LEG_AT_OUT_CANCELLING)
		jf_leg_tell_event(leg, &event);
	(void)jf_leg_step(leg, JF_LEG_ON_FAILURE, &context);
}

static bool may_retry(const struct jf_leg *leg)
{
	return leg->phase == JF_LEG_AT_OUT_CALLING || leg->phase == JF_LEG_AT_OUT_PROCEEDING;
}

/* With the interval that the 422 asked for: another request of the same call (RFC 4028 7.3). */
static void retry(struct jf_leg *leg)
{
	leg->setup->retried = true;
	leg->dialog.local_cseq++;
	if (jf_dialog_text_set(&leg->dialog.remote_tag, "") ||
	    jf_dialog_text_set(&leg->dialog.routes, leg->setup->routes) ||
	    jf_leg_send_invite(leg, ""))
		(void)jf_leg_step(leg, JF_LEG_ON_UNSENT, NULL);
}

void jf_leg_invite_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_leg *leg = arg;
	struct jf_leg_context context = {.msg = msg};

	if (err || !msg) {
		(void)jf_leg_step(leg, err == ETIMEDOUT ? JF_LEG_ON_NO_RESPONSE : JF_LEG_ON_UNSENT,
		                  NULL);
		return;
	}
	context.code = msg->scode;
	tmr_cancel(&leg->setup->first_timer);
	if (msg->scode < 200)
		jf_leg_heard(leg, msg);
	if (msg->scode == 100)
		return;
	if (msg->scode < 200)
		on_provisional(leg, msg);
	else if (msg->scode < 300)
		on_success(leg, msg);
	else if (msg->scode < 400 && leg->setup->redirects)
		on_redirect(leg, msg);
	else if (msg->scode == 422 && !leg->setup->retried && may_retry(leg) &&
	         jf_leg_timer_raise(leg, msg))
		retry(leg);
	else if ((msg->scode != 401 && msg->scode != 407) || !jf_leg_prove(leg, msg))
		(void)jf_leg_step(leg, JF_LEG_ON_FAILURE, &context);
}

static void on_silence(void *arg)
{
	(void)jf_leg_step(arg, JF_LEG_ON_SILENT, NULL);
}

int jf_leg_send_invite(struct jf_leg *leg, const char *also)
{
	struct jf_leg_setup *setup = leg->setup;
	char sdp[JF_SDP_TEXT_MAX], timer[JF_LEG_TIMER_TEXT], *headers = NULL;
	struct jf_dialog_request request = {
	        .method = "INVITE",
	        .cseq = leg->dialog.local_cseq,
	        .body = sdp,
	        .body_type = "application/sdp",
	        .from_name = setup->from_name,
	        .with_contact = true,
	        .to_peer = true,
	};
	struct jf_sdp_session session = leg->deal->session;
	int err = jf_sdp_write_offer(&session, &leg->dialog.local_media, sdp, sizeof(sdp));

	if (err >= 0)
		err = -re_sdprintf(&headers, "%s%s%s", jf_leg_timer_offer(leg, timer),
		                   setup->headers ? setup->headers : "", also);
	request.headers = headers;
	setup->pending = mem_deref(setup->pending); /* it is another request now */
	if (!err)
		err = jf_dialog_send(leg->sip, &leg->dialog, &request, &leg->invite_request,
		                     jf_leg_invite_response, leg);
	if (!err)
		leg->deal->session = session;
	explicit_bzero(sdp, sizeof(sdp));
	mem_deref(headers);
	return err;
}

void jf_leg_send_ack(struct jf_leg *leg, const struct sip_msg *success)
{
	struct jf_dialog_request request = {.method = "ACK",
	                                    .cseq = success->cseq.num,
	                                    .headers = jf_leg_proof(leg, success->cseq.num)};

	(void)jf_dialog_send(leg->sip, &leg->dialog, &request, NULL, NULL, NULL);
}

/* A 2xx that no transaction waits for: our ACK was lost, or a forked branch answered too. */
void jf_leg_stray_success(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg};
	struct jf_dialog_request ack = {.method = "ACK",
	                                .cseq = msg->cseq.num,
	                                .headers = jf_leg_proof(leg, msg->cseq.num)};
	struct jf_dialog_request bye = {.method = "BYE"};
	struct jf_dialog other;

	if (!pl_strcmp(&msg->to.tag, leg->dialog.remote_tag)) {
		(void)jf_leg_step(leg, JF_LEG_ON_SUCCESS, &context);
		return;
	}
	if (leg->dialog.incoming)
		return;
	jf_dialog_copy(&leg->dialog, &other);
	if (!jf_dialog_from_response(msg, &other)) {
		jf_log(JF_LOG_SIP, JF_LOG_INFO, leg->has_call_id ? &leg->call_id : NULL,
		       "a second branch answered: hung up");
		(void)jf_dialog_send(leg->sip, &other, &ack, NULL, NULL, NULL);
		bye.cseq = ++leg->dialog.local_cseq; /* above that of any PRACK */
		(void)jf_dialog_send(leg->sip, &other, &bye, NULL, NULL, NULL);
	}
	jf_dialog_close(&other);
}

static int setup_fill(struct jf_leg *leg, const struct jf_leg_target *target, const char *from_name)
{
	if (!jf_leg_setup_make(leg) || str_dup(&leg->setup->from_name, from_name) ||
	    (target->headers && str_dup(&leg->setup->headers, target->headers)) ||
	    str_dup(&leg->setup->routes, target->routes ? target->routes : ""))
		return -ENOMEM;
	leg->setup->redirects = target->redirects;
	return jf_dialog_text_set(&leg->dialog.routes, leg->setup->routes);
}

static int name_parties(struct jf_leg *leg, const struct jf_leg_target *target)
{
	char host[JF_SIP_CONTACT_MAX];
	char from[JF_SIP_NAME_MAX], to[JF_SIP_NAME_MAX];
	char call_id[40], from_uri[JF_SIP_URI_MAX], to_uri[JF_SIP_URI_MAX];
	struct jf_dialog *d = &leg->dialog;
	struct pl uri;

	(void)jf_sip_host(leg->sip, &target->peer, host, sizeof(host));
	jf_sip_user_make(target->from_user, from, sizeof(from));
	jf_sip_user_make(target->to_user, to, sizeof(to));
	(void)re_snprintf(call_id, sizeof(call_id), "%016llx%016llx", rand_u64(), rand_u64());
	snprintf(from_uri, sizeof(from_uri), "sip:%s@%s", from,
	         target->from_host ? target->from_host : host);
	snprintf(to_uri, sizeof(to_uri), "sip:%s@%s", to, target->to_host ? target->to_host : host);
	if (jf_dialog_text_set(&d->sip_call_id, call_id) ||
	    jf_dialog_text_set(&d->local_uri, from_uri) ||
	    jf_dialog_text_set(&d->remote_uri, to_uri))
		return -ENOMEM;
	pl_set_str(&uri, target->uri);
	return jf_dialog_text_exact(&d->remote_target, &uri, JF_LEG_URI_MAX);
}

int jf_leg_create(struct jf_sip *sip, const struct jf_leg_target *target,
                  const struct jf_media_desc *local, void *user, struct jf_leg **ret_leg)
{
	char from_name[JF_SIP_NAME_MAX];
	struct pl uri_text;
	struct uri uri;
	struct jf_leg *leg;
	int err = 0;

	pl_set_str(&uri_text, target->uri);
	if (uri_decode(&uri, &uri_text) ||
	    !jf_sip_scheme_fits(&uri.scheme, jf_sip_transp(target->peer.transport)) ||
	    !target->peer.port || !jf_leg_media_usable(local))
		return -EINVAL;
	if (!jf_sip_speaks(sip, &target->peer))
		return -EPROTONOSUPPORT;
	leg = jf_leg_make(sip, rand_u64() | 1);
	if (!leg)
		return -ENOMEM;
	leg->phase = JF_LEG_AT_OUT_CALLING;
	leg->user = user;
	leg->dialog.peer = target->peer;
	leg->dialog.by_contact = target->by_contact;
	leg->dialog.local_cseq = 1;
	leg->dialog.local_media = *local;
	leg->deal->session.id = rand_u32() >> 1;
	jf_sip_display_make(target->from_name, from_name, sizeof(from_name));
	err = name_parties(leg, target);
	if (!err)
		err = setup_fill(leg, target, from_name);
	if (!err)
		err = jf_leg_send_invite(leg, "");
	if (!err && target->credentials)
		jf_leg_prover_make(leg, target->credentials);
	if (err) {
		mem_deref(leg);
		return err;
	}
	if (target->first_response_ms)
		tmr_start(&leg->setup->first_timer, target->first_response_ms, on_silence, leg);
	*ret_leg = leg;
	return 0;
}
