// SPDX-License-Identifier: BSD-3-Clause
/*
 * Why an INVITE is cancelled (RFC 3326): a phone that is told that the call was answered elsewhere
 * does not list it as missed. The library writes the CANCEL, now or when the first provisional
 * response is there; what it does not know is put in as the message leaves.
 */
#include "jf_leg_priv.h"

/* A CANCEL has no body: the header goes before the empty line at its end. */
static void reason_add(struct mbuf *mb, const struct jf_leg_setup *setup)
{
	size_t pos = mb->pos;

	mb->pos = mb->end - 2;
	(void)mbuf_printf(mb, "Reason: SIP;cause=%u;text=\"%s\"\r\n\r\n", setup->cancel_code,
	                  setup->cancel_reason);
	mb->pos = pos;
}

void jf_leg_cancel_explain(struct mbuf *mb, void *arg)
{
	struct jf_sip *sip = arg;
	size_t pos = mb->pos;
	struct sip_msg *msg;
	const struct jf_leg *leg;

	if (sip_msg_decode(&msg, mb))
		return;
	mb->pos = pos;
	leg = jf_leg_match(sip, &msg->from.tag, &msg->callid);
	/* Sent again, it has it already. */
	if (leg && leg->setup && leg->setup->cancel_reason && !sip_msg_xhdr(msg, "Reason"))
		reason_add(mb, leg->setup);
	mem_deref(msg);
}
