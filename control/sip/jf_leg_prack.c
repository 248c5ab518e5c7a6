// SPDX-License-Identifier: BSD-3-Clause
/* Our provisional responses, reliable where the peer wants or needs it, and its PRACKs (RFC 3262).
 */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_sip_headers.h"

#define RING_AGAIN_MS 60000

static int step(struct jf_leg *leg, enum jf_leg_prack_input input);

static void on_lapse(struct jf_leg *leg)
{
	(void)step(leg, JF_LEG_PRACK_ON_LAPSE);
}

/* --- sending --- */

int jf_leg_describe(const struct jf_leg *leg, struct jf_sdp_session *session, char *ret_text,
                    size_t size)
{
	*session = leg->deal->offer_session;
	if (leg->has_offer)
		return jf_sdp_write_answer(session, &leg->deal->offer, &leg->dialog.local_media,
		                           ret_text, size);
	return jf_sdp_write_offer(session, &leg->dialog.local_media, ret_text, size);
}

/* With what it describes: our SDP is said once where that is sure to arrive. */
static int send_provisional(struct jf_leg *leg, bool reliable)
{
	struct jf_leg_setup *setup = leg->setup;
	char sdp[JF_SDP_TEXT_MAX] = "", contact[128], rel[48] = "";
	struct jf_sdp_session session;
	struct mbuf *message = NULL;
	int n = 0, err;

	if (setup->code_described && !setup->described_reliably) {
		n = jf_leg_describe(leg, &session, sdp, sizeof(sdp));
		if (n < 0)
			return n;
		setup->described = true;
		setup->described_reliably = reliable;
		if (reliable)
			leg->deal->session = session;
	}
	if (reliable)
		(void)re_snprintf(rel, sizeof(rel), "Require: 100rel\r\nRSeq: %u\r\n",
		                  ++setup->rseq);
	jf_sip_contact(leg->sip, &leg->dialog.peer, contact, sizeof(contact));
	err = sip_treplyf(&leg->transaction, &message, leg->sip->stack, leg->invite, true,
	                  setup->code, jf_sip_reason(setup->code),
	                  "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR
	                  "%s%sContent-Length: %u\r\n\r\n%s",
	                  contact, rel, n ? "Content-Type: application/sdp\r\n" : "", (unsigned)n,
	                  sdp);
	explicit_bzero(sdp, sizeof(sdp));
	if (err)
		return -err;
	if (reliable)
		return jf_leg_resend_start(leg, leg->invite, message, 0, on_lapse,
		                           &setup->provisional);
	mem_deref(message);
	return 0;
}

/* Proxies give up what nothing is heard of for three minutes (RFC 3261 13.3.1.1, 16.6 step 11). */
static void ring_again(void *arg)
{
	struct jf_leg *leg = arg;

	(void)jf_leg_provide(leg, leg->setup->code, false);
}

/* --- the machine --- */

static int step(struct jf_leg *leg, enum jf_leg_prack_input input)
{
	struct jf_leg_context rejection = {.code = 504};
	enum jf_leg_prack_phase next;
	uint32_t actions;
	int err = jf_leg_prack_fsm_step(leg->setup->prack_phase, input, &next, &actions);

	if (err)
		return err;
	leg->setup->prack_phase = next;
	if (actions & JF_LEG_PRACK_DO_STOP)
		jf_leg_resend_stop(&leg->setup->provisional);
	if (actions & JF_LEG_PRACK_DO_SEND)
		err = send_provisional(leg, true);
	if (actions & JF_LEG_PRACK_DO_ANSWER)
		tmr_cancel(&leg->setup->ring_timer);
	if (actions & JF_LEG_PRACK_DO_ANSWER)
		err = jf_leg_step(leg, JF_LEG_ON_ANSWER, NULL);
	if (actions & JF_LEG_PRACK_DO_REJECT) {
		jf_sip_why_note(JF_SIP_WHY_NO_PRACK);
		(void)jf_leg_step(leg, JF_LEG_ON_NO_PRACK, &rejection);
	}
	return err;
}

int jf_leg_provide(struct jf_leg *leg, uint16_t code, bool described)
{
	struct jf_leg_setup *setup = leg->setup;
	bool reliable = setup->pracks_required || (setup->peer_pracks && described);
	int err;

	tmr_start(&setup->ring_timer, RING_AGAIN_MS, ring_again, leg);
	setup->code = code;
	setup->code_described = described || setup->code_described;
	if (!reliable)
		return send_provisional(leg, false);
	err = step(leg, JF_LEG_PRACK_ON_PROVIDE);
	return err == -EPROTO ? 0 : err; /* it is being answered already */
}

int jf_leg_prack_answer(struct jf_leg *leg)
{
	bool waits = leg->setup->described_reliably && !leg->setup->agreed;

	return step(leg, waits ? JF_LEG_PRACK_ON_ANSWER : JF_LEG_PRACK_ON_ANSWER_PLAIN);
}

void jf_leg_prack_stop(struct jf_leg *leg)
{
	if (!leg->setup)
		return;
	tmr_cancel(&leg->setup->ring_timer);
	(void)step(leg, JF_LEG_PRACK_ON_STOP);
}

/* --- PRACK --- */

/* It holds the answer to an offer that we made in the provisional response. */
static bool read_answer(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct pl body = jf_sip_body(msg);
	struct jf_sdp_refusal refusal;
	struct jf_media_desc answer;

	if (!jf_sip_is_sdp(msg) || jf_sdp_read_answer(body.p, body.l, &leg->deal->session,
	                                              &leg->dialog.local_media, &answer, &refusal))
		return false;
	leg->dialog.remote_media = answer;
	leg->dialog.has_remote_media = 1;
	return true;
}

static bool is_awaited(const struct jf_leg *leg, const struct sip_msg *msg)
{
	const struct sip_hdr *header = sip_msg_hdr(msg, SIP_HDR_RACK);
	struct jf_sip_rack rack;

	return leg->setup && header && !jf_sip_rack_parse(header->val.p, header->val.l, &rack) &&
	       rack.rseq == leg->setup->rseq && rack.cseq == leg->setup->invite_cseq &&
	       strcmp(rack.method, "INVITE") == 0;
}

void jf_leg_serve_prack(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context bad = {.code = 488};
	struct jf_leg_setup *setup = leg->setup;
	bool answers;

	if (!is_awaited(leg, msg)) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)sip_treply(NULL, leg->sip->stack, msg, 481, jf_sip_reason(481));
		return;
	}
	answers = setup->described_reliably && !setup->agreed && !leg->has_offer;
	if (answers && !read_answer(leg, msg)) {
		jf_sip_why_note(JF_SIP_WHY_OFFER);
		(void)sip_treply(NULL, leg->sip->stack, msg, 488, jf_sip_reason(488));
		jf_sip_why_note(JF_SIP_WHY_OFFER);
		(void)jf_leg_step(leg, JF_LEG_ON_NO_PRACK, &bad);
		return;
	}
	setup->agreed = setup->described_reliably;
	jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
	if (answers || !jf_sip_body(msg).l)
		(void)sip_treply(NULL, leg->sip->stack, msg, 200, "OK");
	else
		jf_leg_serve_offer(leg, msg); /* a new one, answered with the 200 */
	if (answers)
		jf_leg_tell(leg, JF_LEG_REANSWER, 200, &leg->dialog.remote_media);
	if (leg->setup)
		(void)step(leg, JF_LEG_PRACK_ON_PRACK);
}
