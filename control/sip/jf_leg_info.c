// SPDX-License-Identifier: BSD-3-Clause
/* Key presses, and requests for a picture, by INFO in the dialog, both ways (RFC 6086 appendix A:
 * the use from before it; RFC 5168). */
#include <errno.h>
#include <string.h>

#include "jf_dtmf_body.h"
#include "jf_leg_priv.h"
#include "jf_picture_body.h"

/* What a body means: 0 and the event, or the status of our refusal. */
static uint16_t read_body(const struct sip_msg *msg, const struct pl *body,
                          struct jf_leg_event *ret_event)
{
	bool relay = msg_ctype_cmp(&msg->ctyp, "application", "dtmf-relay");

	if (msg_ctype_cmp(&msg->ctyp, "application", "media_control+xml")) {
		/* What else it may hold is for those who understand it. */
		ret_event->type =
		        jf_picture_body_asks(body->p, body->l) ? JF_LEG_PICTURE : JF_LEG_DIGIT;
		return 0;
	}
	if (!relay && !msg_ctype_cmp(&msg->ctyp, "application", "dtmf"))
		return 415;
	return jf_dtmf_body_read(relay, body->p, body->l, &ret_event->digit,
	                         &ret_event->duration_ms)
	               ? 0
	               : 400;
}

void jf_leg_serve_info(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct sip *stack = leg->sip->stack;
	struct jf_leg_event event = {.type = JF_LEG_DIGIT};
	struct pl body = jf_sip_body(msg);
	uint16_t refused;

	/* No package is taken (RFC 6086 section 4.2.2). */
	if (sip_msg_xhdr(msg, "Info-Package")) {
		jf_sip_why_note(JF_SIP_WHY_EXTENSION);
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 469, "Bad Info Package",
		                  "Recv-Info:\r\n" JF_SIP_EMPTY);
		return;
	}
	/* One without a body says nothing, and is used to keep connections alive. */
	refused = body.l ? read_body(msg, &body, &event) : 0;
	if (refused == 415) {
		jf_sip_why_note(JF_SIP_WHY_BODY);
		(void)sip_treplyf(
		        NULL, NULL, stack, msg, false, 415, "Unsupported Media Type",
		        "Accept: application/dtmf-relay, application/dtmf, " JF_PICTURE_BODY_TYPE
		        "\r\n" JF_SIP_EMPTY);
		return;
	}
	if (refused) {
		jf_sip_why_note(JF_SIP_WHY_BODY);
		(void)sip_treply(NULL, stack, msg, refused, "Bad Key Press");
		return;
	}
	(void)sip_treply(NULL, stack, msg, 200, "OK");
	if ((event.digit || event.type == JF_LEG_PICTURE) && !leg->detached)
		leg->sip->handler->leg_event(leg, &event, leg->sip->arg);
}

/* What becomes of it changes nothing: a peer that is gone is noticed by other means. */
static int send_info(struct jf_leg *leg, const char *body, const char *type)
{
	struct jf_dialog_request request = {.method = "INFO", .body = body, .body_type = type};

	if (leg->phase < JF_LEG_AT_ESTABLISHED || leg->phase > JF_LEG_AT_REOFFERING)
		return -EPROTO;
	request.cseq = ++leg->dialog.local_cseq;
	return jf_leg_send(leg, &request, NULL, NULL);
}

int jf_leg_send_digit(struct jf_leg *leg, char digit, uint32_t duration_ms)
{
	char body[JF_DTMF_BODY_MAX];

	if (!digit || !strchr("0123456789*#ABCDF", digit))
		return -EINVAL;
	jf_dtmf_body_write(digit, duration_ms, body);
	return send_info(leg, body, "application/dtmf-relay");
}

int jf_leg_ask_picture(struct jf_leg *leg)
{
	return send_info(leg, jf_picture_body, JF_PICTURE_BODY_TYPE);
}
