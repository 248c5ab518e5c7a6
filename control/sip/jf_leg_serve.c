// SPDX-License-Identifier: BSD-3-Clause
/* The peer's requests: INVITE, re-INVITE, ACK, CANCEL, BYE, OPTIONS, and our answers to them. */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"

/* The INVITE in hand has its final answer. */
void jf_leg_invite_release(struct jf_leg *leg)
{
	leg->invite = mem_deref((void *)leg->invite);
}

void jf_leg_on_cancel(void *arg)
{
	(void)jf_leg_step(arg, JF_LEG_ON_CANCEL, NULL);
}

/* Reads the offer of an INVITE into the leg. 0, or the refusal to send. */
uint16_t jf_leg_read_offer(struct jf_leg *leg, const struct sip_msg *msg,
                           struct jf_sdp_refusal *ret_refusal)
{
	struct pl body = jf_sip_body(msg);

	if (!jf_leg_deal_open(leg)) {
		*ret_refusal = (struct jf_sdp_refusal){.status = 500, .warning = "no memory"};
		return 500;
	}
	leg->has_offer = body.l > 0;
	leg->deal->offer_session = leg->deal->session;
	if (!leg->has_offer)
		return 0;
	if (jf_sdp_read_offer(body.p, body.l, &leg->deal->offer_session, &leg->deal->offer,
	                      ret_refusal))
		return ret_refusal->status;
	return 0;
}

void jf_leg_refuse_offer(struct jf_sip *sip, const struct sip_msg *msg,
                         const struct jf_sdp_refusal *refusal)
{
	struct jf_sip_peer source;
	char host[JF_SIP_CONTACT_MAX];

	jf_sip_peer_make(&msg->src, msg->tp, &source);
	jf_sip_why_note(JF_SIP_WHY_OFFER);
	(void)sip_treplyf(NULL, NULL, sip->stack, msg, false, refusal->status,
	                  jf_sip_reason(refusal->status), "Warning: %u %s \"%s\"\r\n" JF_SIP_EMPTY,
	                  refusal->warn_code, jf_sip_host(sip, &source, host, sizeof(host)),
	                  refusal->warning);
}

/* What the INVITE says of who calls; several headers are one list, or as good as one. */
static void read_identity(const struct sip_hdr *header, struct jf_identity *identity)
{
	static const struct {
		const char *name;
		void (*read)(struct jf_slice value, struct jf_identity *identity);
	} readers[] = {
	        {"P-Asserted-Identity", jf_identity_read_asserted},
	        {"Privacy", jf_identity_read_privacy},
	        {"Diversion", jf_identity_read_diversion},
	        {"History-Info", jf_identity_read_history},
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (!pl_strcasecmp(&header->name, readers[i].name))
			readers[i].read((struct jf_slice){header->val.p, header->val.l}, identity);
}

static void tell_incoming(struct jf_leg *leg, const struct sip_msg *msg, uint64_t trunk,
                          const char *agent, uint64_t replaces)
{
	struct jf_identity identity = {.privacy = 0};
	char number[JF_SIP_NAME_MAX], from_user[JF_SIP_NAME_MAX], from_name[JF_SIP_NAME_MAX];
	char to_user[JF_SIP_NAME_MAX];
	struct jf_leg_invite invite = {
	        .source = leg->dialog.peer,
	        .trunk = trunk,
	        .agent = agent,
	        .number = number,
	        .from_user = from_user,
	        .from_name = from_name,
	        .to_user = to_user,
	        .identity = &identity,
	        .sip_call_id = leg->dialog.sip_call_id,
	        .offer = leg->has_offer ? &leg->deal->offer : NULL,
	        .replaces = replaces,
	};

	jf_sip_user_copy(&msg->uri.user, number, sizeof(number));
	jf_sip_user_copy(&msg->from.uri.user, from_user, sizeof(from_user));
	jf_sip_text_copy(&msg->from.dname, from_name, sizeof(from_name));
	jf_sip_user_copy(&msg->to.uri.user, to_user, sizeof(to_user));
	for (const struct le *le = msg->hdrl.head; le; le = le->next)
		read_identity(le->data, &identity);
	if (!from_user[0])
		strcpy(from_user, "anonymous");
	leg->sip->handler->leg_incoming(leg, &invite, leg->sip->arg);
}

void jf_leg_setup_read(struct jf_leg *leg, const struct sip_msg *invite)
{
	struct jf_leg_setup *setup = leg->setup;

	setup->invite_cseq = invite->cseq.num;
	setup->pracks_required = sip_msg_hdr_has_value(invite, SIP_HDR_REQUIRE, "100rel");
	setup->peer_pracks = setup->pracks_required ||
	                     sip_msg_hdr_has_value(invite, SIP_HDR_SUPPORTED, "100rel");
}

void jf_leg_serve_invite(struct jf_sip *sip, const struct sip_msg *msg, uint64_t trunk,
                         const char *agent)
{
	struct jf_sdp_refusal refusal;
	struct jf_leg *leg;
	uint64_t replaces;
	uint16_t code = jf_leg_replaced(sip, msg, &replaces);
	int err;

	if (code) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)sip_treply(NULL, sip->stack, msg, code, jf_sip_reason(code));
		return;
	}
	if (jf_leg_timer_refuse(sip, msg))
		return;
	leg = jf_leg_make(sip, msg->tag);
	if (!leg) {
		jf_sip_why_note(JF_SIP_WHY_INTERNAL);
		(void)sip_reply(sip->stack, msg, 500, "Server Internal Error");
		return;
	}
	err = jf_dialog_from_request(msg, &leg->dialog);
	if (err) {
		sip->stats.malformed++;
		if (err == -EMSGSIZE) {
			jf_sip_why_note(JF_SIP_WHY_LARGE);
			(void)sip_treply(NULL, sip->stack, msg, 513, "Message Too Large");
		} else {
			jf_sip_why_note(JF_SIP_WHY_CONTACT);
			(void)sip_treply(NULL, sip->stack, msg, 400, "Bad Contact or Address");
		}
		goto drop;
	}
	leg->deal->session.id = rand_u32() >> 1;
	if (!jf_leg_setup_make(leg))
		goto drop;
	leg->setup->rseq = rand_u32() >> 2;
	jf_leg_setup_read(leg, msg);
	if (jf_leg_read_offer(leg, msg, &refusal)) {
		jf_leg_refuse_offer(sip, msg, &refusal);
		goto drop;
	}
	if (leg->has_offer) {
		leg->dialog.remote_media = leg->deal->offer;
		leg->dialog.has_remote_media = 1;
	}
	if (sip_strans_alloc(&leg->transaction, sip->stack, msg, jf_leg_on_cancel, leg))
		goto drop;
	if (sip_treply(&leg->transaction, sip->stack, msg, 100, "Trying"))
		goto drop;
	leg->phase = JF_LEG_AT_IN_TRYING;
	leg->invite = mem_ref((void *)msg);
	sip->stats.invites++;
	tell_incoming(leg, msg, trunk, agent, replaces);
	return;
drop:
	mem_deref(leg);
}

/* --- our replies to the INVITE in hand --- */

int jf_leg_reply(struct jf_leg *leg, uint16_t code)
{
	struct jf_sip *sip = leg->sip;
	const char *reason = jf_sip_reason(code);
	int err;

	if (!leg->transaction || !leg->invite)
		return -EPROTO;
	if (code != 487 && leg->reject_reason)
		reason = leg->reject_reason;
	err = sip_treplyf(&leg->transaction, NULL, sip->stack, leg->invite, false, code, reason,
	                  "%s" JF_SIP_EMPTY,
	                  code != 487 && leg->reject_headers ? leg->reject_headers : "");
	leg->reject_reason = leg->reject_headers = NULL;
	jf_leg_invite_release(leg);
	return -err;
}

static void on_no_ack(struct jf_leg *leg)
{
	(void)jf_leg_step(leg, JF_LEG_ON_NO_ACK, NULL);
}

/* What our 2xx says: nothing when a provisional response has said it for sure. The length, or a
 * negative errno. */
static int describe_success(struct jf_leg *leg, char *ret_sdp, size_t size)
{
	struct jf_sdp_session session;
	int n;

	leg->we_offered = false;
	if (leg->setup && leg->setup->described_reliably)
		return 0;
	n = jf_leg_describe(leg, &session, ret_sdp, size);
	if (n < 0)
		return n;
	leg->deal->session = session;
	leg->we_offered = !leg->has_offer;
	if (leg->has_offer) {
		leg->dialog.remote_media = leg->deal->offer;
		leg->dialog.has_remote_media = 1;
	}
	return n;
}

int jf_leg_reply_success(struct jf_leg *leg)
{
	struct jf_sip *sip = leg->sip;
	const struct sip_msg *msg = leg->invite;
	char sdp[JF_SDP_TEXT_MAX] = "", contact[128], timer[JF_LEG_TIMER_TEXT];
	struct mbuf *message = NULL;
	int n, err;

	if (!leg->transaction || !msg)
		return -EPROTO;
	n = describe_success(leg, sdp, sizeof(sdp));
	if (n < 0)
		return n;
	(void)jf_dialog_target(msg, &leg->dialog);
	jf_leg_timer_answer(leg, msg, timer);
	jf_sip_contact(sip, &leg->dialog.peer, contact, sizeof(contact));
	jf_leg_resend_stop(&leg->success);
	err = -sip_treplyf(&leg->transaction, &message, sip->stack, msg, true, 200, "OK",
	                   "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR
	                   "%s%sContent-Length: %u\r\n\r\n%s",
	                   contact, timer, n ? "Content-Type: application/sdp\r\n" : "",
	                   (unsigned)n, sdp);
	explicit_bzero(sdp, sizeof(sdp));
	leg->success_cseq = msg->cseq.num;
	if (!err)
		err = jf_leg_resend_start(leg, msg, message, SIP_T2, on_no_ack, &leg->success);
	jf_leg_invite_release(leg);
	return err;
}

/* --- requests in the dialog --- */

static void serve_ack(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg};
	struct jf_media_desc answer;
	struct jf_sdp_refusal refusal;
	struct pl body = jf_sip_body(msg);
	bool awaited = leg->success && msg->cseq.num == leg->success_cseq;

	if (!awaited)
		return;
	if (leg->we_offered) {
		leg->we_offered = false;
		if (!jf_sip_is_sdp(msg) ||
		    jf_sdp_read_answer(body.p, body.l, &leg->deal->session,
		                       &leg->dialog.local_media, &answer, &refusal)) {
			(void)jf_leg_step(leg, JF_LEG_ON_ACK_BAD, &context);
			return;
		}
		leg->dialog.remote_media = answer;
		leg->dialog.has_remote_media = 1;
		context.media = &leg->dialog.remote_media;
	}
	(void)jf_leg_step(leg, JF_LEG_ON_ACK, &context);
}

static void serve_reinvite(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg};
	struct jf_sdp_refusal refusal;

	if (leg->update && jf_leg_refuse_crossing(leg, msg))
		return;
	if (jf_leg_timer_refuse(leg->sip, msg))
		return;
	if (leg->phase != JF_LEG_AT_ESTABLISHED) {
		if (jf_leg_step(leg, JF_LEG_ON_REINVITE, &context)) {
			jf_sip_why_note(JF_SIP_WHY_CROSSING);
			(void)sip_treply(NULL, leg->sip->stack, msg, 491, "Request Pending");
		}
		return;
	}
	if (jf_leg_read_offer(leg, msg, &refusal)) {
		jf_leg_refuse_offer(leg->sip, msg, &refusal);
		return;
	}
	leg->transaction = NULL;
	if (sip_strans_alloc(&leg->transaction, leg->sip->stack, msg, jf_leg_on_cancel, leg) ||
	    sip_treply(&leg->transaction, leg->sip->stack, msg, 100, "Trying"))
		return;
	leg->invite = mem_ref((void *)msg);
	context.media = leg->has_offer ? &leg->deal->offer : NULL;
	(void)jf_leg_step(leg, JF_LEG_ON_REINVITE, &context);
}

void jf_leg_serve_request(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct sip *stack = leg->sip->stack;
	struct jf_leg_context context = {.msg = msg};

	if (!pl_strcmp(&msg->met, "ACK")) {
		serve_ack(leg, msg);
		return;
	}
	if (msg->cseq.num < leg->dialog.remote_cseq) {
		jf_sip_why_note(JF_SIP_WHY_ORDER);
		(void)sip_reply(stack, msg, 500, "Out Of Order");
		return;
	}
	leg->dialog.remote_cseq = msg->cseq.num;
	jf_dialog_heard(leg->sip, msg, &leg->dialog);
	jf_dialog_capabilities(msg, &leg->dialog);
	if (!pl_strcmp(&msg->met, "INVITE"))
		serve_reinvite(leg, msg);
	else if (!pl_strcmp(&msg->met, "BYE")) {
		if (jf_leg_step(leg, JF_LEG_ON_BYE, &context)) {
			jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
			(void)sip_treply(NULL, stack, msg, 481, "Call/Transaction Does Not Exist");
		}
	} else if (!pl_strcmp(&msg->met, "INFO")) {
		jf_leg_serve_info(leg, msg);
	} else if (!pl_strcmp(&msg->met, "PRACK")) {
		jf_leg_serve_prack(leg, msg);
	} else if (!pl_strcmp(&msg->met, "UPDATE")) {
		jf_leg_serve_update(leg, msg);
	} else if (!pl_strcmp(&msg->met, "REFER")) {
		jf_leg_serve_refer(leg, msg);
	} else { /* OPTIONS: the only other method that gets here */
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 200, "OK",
		                  JF_SIP_CAPABILITIES JF_SIP_EMPTY);
	}
}
