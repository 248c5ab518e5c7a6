// SPDX-License-Identifier: BSD-3-Clause
/*
 * A leg before its answer as plain data: stored, and taken up again by another process.
 *
 * Incoming: the INVITE is kept as it came. Taken up, it is a transaction again, of the same tag,
 * that says once more that it rings; a CANCEL, a retransmission and the caller's ACK find it.
 *
 * Outgoing: an INVITE that was responded to waits for its final response and for nothing else (RFC
 * 3261 17.1.1.2, Proceeding). Nothing is sent anew: whoever rings, rings on. The library has no
 * transaction for it any more, so responses come as those of no transaction, and ACK and CANCEL
 * repeat the Via that the former process gave it.
 */
#include "jf_leg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_leg_priv.h"

#define T1_MS    500u
#define LIMIT_MS (64u * T1_MS)

/* ---- Stored -----------------------------------------------------------------------------------
 */

static int invite_put(const struct sip_msg *msg, struct jf_leg_early *ret_early)
{
	const char *begin = msg->met.p;
	size_t length = (size_t)((const char *)msg->mb->buf + msg->mb->end - begin);

	if (length > sizeof(ret_early->invite))
		return -EMSGSIZE;
	memcpy(ret_early->invite, begin, length);
	ret_early->invite_length = (uint16_t)length;
	return 0;
}

static int incoming_put(const struct jf_leg *leg, struct jf_leg_early *ret_early)
{
	const struct jf_leg_setup *setup = leg->setup;

	if (!leg->invite)
		return -EPROTO;
	ret_early->cseq = setup->invite_cseq;
	ret_early->rseq = setup->rseq;
	ret_early->code = setup->code;
	ret_early->described = setup->described;
	ret_early->agreed = setup->agreed;
	return invite_put(leg->invite, ret_early);
}

static int outgoing_put(const struct jf_leg *leg, struct jf_leg_early *ret_early)
{
	const struct jf_leg_setup *setup = leg->setup;
	const struct jf_leg_branch *branch = setup->current;
	const char *proof;

	if (!setup->pending)
		return -EPROTO;
	*ret_early = (struct jf_leg_early){
	        .cseq = setup->pending->cseq,
	        .rseq = branch ? branch->rseq : 0,
	        .agreed = branch && branch->agreed,
	        .transport = setup->pending->transport,
	};
	snprintf(ret_early->via, sizeof(ret_early->via), "%s", setup->pending->via);
	snprintf(ret_early->uri, sizeof(ret_early->uri), "%s", setup->pending->uri);
	snprintf(ret_early->from_name, sizeof(ret_early->from_name), "%s", setup->from_name);
	snprintf(ret_early->routes, sizeof(ret_early->routes), "%s", setup->routes);
	proof = jf_leg_proof(leg, ret_early->cseq);
	snprintf(ret_early->proof, sizeof(ret_early->proof), "%s", proof ? proof : "");
	return 0;
}

int jf_leg_early_export(const struct jf_leg *leg, struct jf_leg_early *ret_early)
{
	int err;

	memset(ret_early, 0, sizeof(*ret_early));
	switch (leg->phase) {
	case JF_LEG_AT_IN_TRYING:
	case JF_LEG_AT_IN_RINGING:
		err = incoming_put(leg, ret_early);
		break;
	case JF_LEG_AT_OUT_CALLING:
	case JF_LEG_AT_OUT_PROCEEDING:
		err = outgoing_put(leg, ret_early);
		break;
	default:
		return -EPROTO;
	}
	if (err)
		return err;
	ret_early->version = JF_LEG_EARLY_VERSION;
	jf_leg_state_put(leg, &ret_early->dialog);
	return 0;
}

/* ---- Outgoing, taken up -----------------------------------------------------------------------
 */

static void pending_destructor(void *arg)
{
	struct jf_leg_pending *pending = arg;

	tmr_cancel(&pending->timer);
	mem_deref(pending->via);
	mem_deref(pending->uri);
}

static struct jf_leg_pending *pending_make(struct jf_leg *leg, const char *uri, const char *via)
{
	struct jf_leg_pending *pending = mem_zalloc(sizeof(*pending), pending_destructor);

	if (pending && (str_dup(&pending->via, via) || str_dup(&pending->uri, uri)))
		pending = mem_deref(pending);
	if (pending)
		pending->leg = leg;
	return pending;
}

void jf_leg_heard(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_setup *setup = leg->setup;
	char via[JF_SIP_URI_MAX], sent_by[128], branch[96];

	if (setup->pending || jf_sip_exact_copy(&msg->via.sentby, sent_by, sizeof(sent_by)) ||
	    jf_sip_exact_copy(&msg->via.branch, branch, sizeof(branch)))
		return;
	snprintf(via, sizeof(via), "SIP/2.0/%s %s;branch=%s;rport", sip_transp_name(msg->tp),
	         sent_by, branch);
	setup->pending = pending_make(leg, leg->dialog.remote_target, via);
	if (!setup->pending)
		return;
	setup->pending->cseq = msg->cseq.num;
	setup->pending->transport = msg->tp == SIP_TRANSP_TLS   ? JF_SIP_TLS
	                            : msg->tp == SIP_TRANSP_TCP ? JF_SIP_TCP
	                                                        : JF_SIP_UDP;
	jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
}

/* In the transaction of the INVITE: same request-URI, Via, Route and From. to: NULL: the INVITE's.
 */
static void pending_send(const struct jf_leg *leg, const char *method, const struct pl *to)
{
	const struct jf_leg_setup *setup = leg->setup;
	const struct jf_leg_pending *pending = setup->pending;
	const struct jf_dialog *d = &leg->dialog;
	bool named = setup->from_name[0] != '\0';
	struct mbuf *mb = mbuf_alloc(1024);
	struct sa sa;
	int err;

	if (!mb)
		return;
	err = mbuf_printf(mb, "%s %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\n", method,
	                  pending->uri, pending->via);
	if (setup->routes[0])
		err |= mbuf_printf(mb, "Route: %s\r\n", setup->routes);
	err |= mbuf_printf(mb, "From: %s%s%s<%s>;tag=%016llx\r\n", named ? "\"" : "",
	                   setup->from_name, named ? "\" " : "", d->local_uri, d->id);
	err |= to ? mbuf_printf(mb, "To: %r\r\n", to)
	          : mbuf_printf(mb, "To: <%s>\r\n", d->remote_uri);
	err |= mbuf_printf(mb, "Call-ID: %s\r\nCSeq: %u %s\r\nContent-Length: 0\r\n\r\n",
	                   d->sip_call_id, pending->cseq, method);
	mb->pos = 0;
	jf_sip_peer_sa(&d->peer, &sa);
	if (!err)
		(void)sip_send(leg->sip->stack, NULL, jf_sip_transp(pending->transport), &sa, mb);
	mem_deref(mb);
}

/* Repeated until the INVITE has its final response, for as long as any transaction lasts. */
static void cancel_again(void *arg)
{
	struct jf_leg_pending *pending = arg;
	struct jf_leg *leg = pending->leg;

	pending->waited_ms += pending->pause_ms;
	if (pending->waited_ms >= LIMIT_MS) {
		(void)jf_leg_step(leg, JF_LEG_ON_NO_RESPONSE, NULL);
		return;
	}
	if (pending->transport == JF_SIP_UDP)
		pending_send(leg, "CANCEL", NULL);
	pending->pause_ms = pending->pause_ms * 2 > 4000 ? 4000 : pending->pause_ms * 2;
	tmr_start(&pending->timer, pending->pause_ms, cancel_again, pending);
}

void jf_leg_send_cancel(struct jf_leg *leg)
{
	struct jf_leg_pending *pending = leg->setup->pending;

	if (!pending || !pending->taken_up) {
		jf_sip_send_cancel(leg->sip, leg->invite_request);
		return;
	}
	pending_send(leg, "CANCEL", NULL);
	pending->pause_ms = T1_MS;
	tmr_start(&pending->timer, T1_MS, cancel_again, pending);
}

bool jf_leg_pending_response(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_pending *pending = leg->setup ? leg->setup->pending : NULL;

	if (!pending || !pending->taken_up || pl_strcmp(&msg->cseq.met, "INVITE") ||
	    msg->cseq.num != pending->cseq)
		return false;
	if (msg->scode >= 300) {
		pending_send(leg, "ACK", &msg->to.val);
		leg->setup->pending = mem_deref(pending);
	}
	jf_leg_invite_response(0, msg, leg);
	return true;
}

static int branch_take(struct jf_leg *leg, const struct jf_leg_early *early)
{
	struct jf_dialog *d = &leg->dialog;
	struct jf_leg_branch *branch;

	if (!d->remote_tag[0])
		return 0;
	branch = jf_leg_branch_add(leg, d);
	if (!branch)
		return -ENOMEM;
	branch->remote_cseq = d->remote_cseq;
	branch->rseq = early->rseq;
	branch->agreed = early->agreed;
	branch->has_media = d->has_remote_media;
	branch->media = d->remote_media;
	leg->setup->current = branch;
	return 0;
}

static int outgoing_take(struct jf_leg *leg, const struct jf_leg_early *early)
{
	struct jf_leg_setup *setup = leg->setup;

	if (str_dup(&setup->from_name, early->from_name) || str_dup(&setup->routes, early->routes))
		return -ENOMEM;
	setup->pending = pending_make(leg, early->uri, early->via);
	if (!setup->pending)
		return -ENOMEM;
	setup->pending->cseq = early->cseq;
	setup->pending->transport = early->transport;
	setup->pending->taken_up = true;
	if (early->proof[0])
		jf_leg_proof_set(leg, early->proof, early->cseq);
	leg->phase = JF_LEG_AT_OUT_PROCEEDING;
	return branch_take(leg, early);
}

/* ---- Incoming, taken up ------------------------------------------------------------------------
 */

static int message_make(const struct jf_leg_early *early, struct sip_msg **ret_msg)
{
	struct mbuf *mb = mbuf_alloc(early->invite_length + 1u);
	struct sip_msg *msg = NULL;
	int err = mb ? mbuf_write_mem(mb, (const uint8_t *)early->invite, early->invite_length)
	             : ENOMEM;

	if (!err) {
		mb->pos = 0;
		err = sip_msg_decode(&msg, mb);
	}
	mem_deref(mb);
	if (err || !msg->req || pl_strcmp(&msg->met, "INVITE")) {
		mem_deref(msg);
		return err ? -err : -EINVAL;
	}
	jf_sip_peer_sa(&early->dialog.peer, &msg->src);
	msg->tp = jf_sip_transp(early->dialog.peer.transport);
	msg->tag = early->dialog.id;
	*ret_msg = msg;
	return 0;
}

/* What was said of our media, and whether the peer is sure to have got it. What it may not have got
 * is said again. */
static int say_again(struct jf_leg *leg, const struct jf_leg_early *early)
{
	struct jf_leg_setup *setup = leg->setup;

	setup->rseq = early->rseq;
	setup->described = early->described;
	setup->agreed = setup->described_reliably = early->agreed;
	leg->phase = early->code ? JF_LEG_AT_IN_RINGING : JF_LEG_AT_IN_TRYING;
	if (!early->code)
		return -sip_treply(&leg->transaction, leg->sip->stack, leg->invite, 100, "Trying");
	return jf_leg_provide(leg, early->code, early->described);
}

static int incoming_take(struct jf_leg *leg, const struct jf_leg_early *early)
{
	struct jf_sdp_refusal refusal;
	struct sip_msg *msg;
	int err = message_make(early, &msg);

	if (err)
		return err;
	leg->invite = msg;
	jf_leg_setup_read(leg, msg);
	if (jf_leg_read_offer(leg, msg, &refusal))
		return -EINVAL;
	err = -sip_strans_alloc(&leg->transaction, leg->sip->stack, msg, jf_leg_on_cancel, leg);
	return err ? err : say_again(leg, early);
}

/* ---- Either -----------------------------------------------------------------------------------
 */

static bool sound(const struct jf_leg_early *early)
{
	return early->version == JF_LEG_EARLY_VERSION && jf_leg_state_sound(&early->dialog) &&
	       early->invite_length <= sizeof(early->invite) && early->transport <= JF_SIP_TLS &&
	       memchr(early->via, '\0', sizeof(early->via)) &&
	       memchr(early->uri, '\0', sizeof(early->uri)) &&
	       memchr(early->from_name, '\0', sizeof(early->from_name)) &&
	       memchr(early->proof, '\0', sizeof(early->proof)) &&
	       memchr(early->routes, '\0', sizeof(early->routes));
}

int jf_leg_early_import(struct jf_sip *sip, const struct jf_leg_early *early, void *user,
                        struct jf_leg **ret_leg)
{
	struct jf_leg *leg;
	int err;

	if (!sound(early))
		return -EINVAL;
	if (jf_leg_lookup(sip, early->dialog.id))
		return -EEXIST;
	leg = jf_leg_make(sip, early->dialog.id);
	if (!leg || jf_leg_state_take(leg, &early->dialog) || !jf_leg_setup_make(leg)) {
		mem_deref(leg);
		return -ENOMEM;
	}
	leg->user = user;
	err = early->dialog.incoming ? incoming_take(leg, early) : outgoing_take(leg, early);
	if (err) {
		mem_deref(leg);
		return err;
	}
	*ret_leg = leg;
	return 0;
}
