// SPDX-License-Identifier: BSD-3-Clause
/* A response of ours that is sent again and again until the peer acknowledges it: the 2xx to an
 * INVITE (RFC 3261 13.3.1.4) and reliable provisional ones (RFC 3262 section 3). */
#include <errno.h>

#include "jf_leg_priv.h"
#include "jf_loop.h"
#include "jf_time.h"

static void send_again(void *arg)
{
	struct jf_leg_resend *r = arg;

	if (jf_time_since(r->since_ns, jf_loop_now_ns()) >= 64 * SIP_T1 * JF_NS_PER_MS) {
		r->lapsed(r->leg);
		return;
	}
	r->message->pos = 0;
	(void)sip_send(r->leg->sip->stack, r->sock, r->transport, &r->to, r->message);
	r->pause_ms *= 2;
	if (r->pause_max_ms && r->pause_ms > r->pause_max_ms)
		r->pause_ms = r->pause_max_ms;
	tmr_start(&r->timer, r->pause_ms, send_again, r);
}

int jf_leg_resend_start(struct jf_leg *leg, const struct sip_msg *request, struct mbuf *message,
                        uint32_t pause_max_ms, void (*lapsed)(struct jf_leg *leg),
                        struct jf_leg_resend **ret_resend)
{
	struct jf_leg_resend *r;
	struct pl value;

	jf_leg_resend_stop(ret_resend);
	r = mem_zalloc(sizeof(*r), NULL);
	if (!r) {
		mem_deref(message);
		return -ENOMEM;
	}
	r->leg = leg;
	r->message = message;
	r->sock = mem_ref(request->sock);
	r->transport = request->tp;
	r->lapsed = lapsed;
	r->since_ns = jf_loop_now_ns();
	r->pause_ms = SIP_T1;
	r->pause_max_ms = pause_max_ms;
	sip_reply_addr(&r->to, request, !msg_param_exists(&request->via.params, "rport", &value));
	tmr_start(&r->timer, SIP_T1, send_again, r);
	*ret_resend = r;
	return 0;
}

void jf_leg_resend_stop(struct jf_leg_resend **resend)
{
	struct jf_leg_resend *r = *resend;

	if (!r)
		return;
	*resend = NULL;
	tmr_cancel(&r->timer);
	mem_deref(r->message);
	mem_deref(r->sock);
	mem_deref(r);
}
