// SPDX-License-Identifier: BSD-3-Clause
/* Key presses by INFO in the dialog, both ways (RFC 6086 appendix A: the use from before it). */
#include <errno.h>
#include <string.h>

#include "jf_dtmf_body.h"
#include "jf_leg_priv.h"

void jf_leg_serve_info(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct sip *stack = leg->sip->stack;
	struct jf_leg_event event = {.type = JF_LEG_DIGIT};
	bool relay = msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay");
	struct pl body = jf_sip_body(msg);

	/* No package is taken (RFC 6086 section 4.2.2). */
	if (sip_msg_xhdr(msg, "Info-Package")) {
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 469, "Bad Info Package",
		                  "Recv-Info:\r\n" JF_SIP_EMPTY);
		return;
	}
	/* One without a body says nothing, and is used to keep connections alive. */
	if (!relay && body.l && !msg_ctype_cmp(&msg->ctyp, "application", "dtmf")) {
		(void)sip_treplyf(
		        NULL, NULL, stack, msg, false, 415, "Unsupported Media Type",
		        "Accept: application/dtmf-relay, application/dtmf\r\n" JF_SIP_EMPTY);
		return;
	}
	if (body.l && !jf_dtmf_body_read(relay, body.p, body.l, &event.digit, &event.duration_ms)) {
		(void)sip_treply(NULL, stack, msg, 400, "Bad Key Press");
		return;
	}
	(void)sip_treply(NULL, stack, msg, 200, "OK");
	if (event.digit && !leg->detached)
		leg->sip->handler->leg_event(leg, &event, leg->sip->arg);
}

int jf_leg_send_digit(struct jf_leg *leg, char digit, uint32_t duration_ms)
{
	char body[JF_DTMF_BODY_MAX];
	struct jf_dialog_request request = {
	        .method = "INFO", .body = body, .body_type = "application/dtmf-relay"};

	if (leg->phase < JF_LEG_AT_ESTABLISHED || leg->phase > JF_LEG_AT_REOFFERING)
		return -EPROTO;
	if (!digit || !strchr("0123456789*#ABCDF", digit))
		return -EINVAL;
	jf_dtmf_body_write(digit, duration_ms, body);
	request.cseq = ++leg->dialog.local_cseq;
	/* What becomes of it changes nothing: a peer that is gone is noticed by other means. */
	return jf_leg_send(leg, &request, NULL, NULL);
}
