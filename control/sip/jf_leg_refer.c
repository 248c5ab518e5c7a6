// SPDX-License-Identifier: BSD-3-Clause
/* The peer's REFER in the dialog, and the NOTIFYs that tell what became of it (RFC 3515, 4488). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_leg_refer_fsm.h"
#include "jf_sip_headers.h"
#include "jf_leg_priv.h"

#define SUBSCRIPTION_S 180 /* said to the peer; the leg's end is the real one */

struct jf_leg_reference {
	enum jf_leg_refer_phase phase;
	struct sip_strans *transaction; /* of the REFER, until it is answered */
	const struct sip_msg *msg;
	uint32_t cseq; /* of the REFER: which one, where there are several in a dialog */
	uint16_t code; /* the latest to tell */
	bool quiet;    /* Refer-Sub: false */
	struct sip_request *notify;
};

static void destructor(void *arg)
{
	struct jf_leg_reference *reference = arg;

	mem_deref(reference->notify);
	mem_deref(reference->transaction);
	mem_deref((void *)reference->msg);
}

static int step(struct jf_leg *leg, enum jf_leg_refer_input input);

/* --- NOTIFY --- */

static void on_notify_response(int err, const struct sip_msg *msg, void *arg)
{
	bool done = !err && msg && msg->scode < 300;
	struct jf_leg *leg = arg;

	if (msg && msg->scode < 200)
		return;
	(void)step(leg, done ? JF_LEG_REFER_ON_DONE : JF_LEG_REFER_ON_FAILED);
	if (!leg->reference && leg->phase < JF_LEG_AT_ENDING)
		jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
}

static void send_notify(struct jf_leg *leg)
{
	struct jf_leg_reference *reference = leg->reference;
	char headers[160], id[24] = "", state[48], body[96];
	struct jf_dialog_request request = {
	        .method = "NOTIFY",
	        .cseq = ++leg->dialog.local_cseq,
	        .headers = headers,
	        .body = body,
	        .body_type = "message/sipfrag;version=2.0",
	        .with_contact = true,
	};

	if (reference->cseq != leg->first_refer_cseq)
		snprintf(id, sizeof(id), ";id=%u", reference->cseq);
	if (reference->code < 200)
		snprintf(state, sizeof(state), "active;expires=%d", SUBSCRIPTION_S);
	else
		snprintf(state, sizeof(state), "terminated;reason=noresource");
	snprintf(headers, sizeof(headers), "Event: refer%s\r\nSubscription-State: %s\r\n", id,
	         state);
	snprintf(body, sizeof(body), "SIP/2.0 %u %s\r\n", reference->code,
	         jf_sip_reason(reference->code));
	if (jf_leg_send(leg, &request, &reference->notify, on_notify_response))
		(void)step(leg, JF_LEG_REFER_ON_FAILED);
}

/* --- the machine --- */

static void reply(struct jf_leg *leg)
{
	struct jf_leg_reference *reference = leg->reference;
	char contact[128];

	jf_sip_contact(leg->sip, &leg->dialog.peer, contact, sizeof(contact));
	(void)sip_treplyf(&reference->transaction, NULL, leg->sip->stack, reference->msg, false,
	                  reference->code, jf_sip_reason(reference->code),
	                  "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR "%s" JF_SIP_EMPTY, contact,
	                  reference->quiet && reference->code < 300 ? "Refer-Sub: false\r\n" : "");
	reference->msg = mem_deref((void *)reference->msg);
}

static int step(struct jf_leg *leg, enum jf_leg_refer_input input)
{
	enum jf_leg_refer_phase next;
	uint32_t actions;
	int err = -EPROTO;

	if (leg->reference)
		err = jf_leg_refer_fsm_step(leg->reference->phase, input, &next, &actions);
	if (err)
		return err;
	leg->reference->phase = next;
	if (actions & JF_LEG_REFER_DO_REPLY)
		reply(leg);
	if (input == JF_LEG_REFER_ON_ACCEPT)
		leg->reference->code = 100;
	if (actions & JF_LEG_REFER_DO_FORGET)
		leg->reference = mem_deref(leg->reference);
	else if (actions & JF_LEG_REFER_DO_NOTIFY)
		send_notify(leg);
	return 0;
}

void jf_leg_reference_drop(struct jf_leg *leg)
{
	if (leg->reference && leg->reference->phase == JF_LEG_REFER_AT_ASKED) {
		leg->reference->code = 481;
		reply(leg);
	}
	leg->reference = mem_deref(leg->reference);
}

/* --- REFER --- */

/* What the owner is told is text of his callback's time. */
struct told {
	struct jf_leg_refer refer;
	struct jf_sip_refer_to to;
	char user[JF_SIP_NAME_MAX];
	char by[JF_SIP_URI_MAX];
	char header[JF_SIP_CALL_ID_MAX + 2 * JF_SIP_TAG_MAX + 64];
};

static int read_user(struct told *told)
{
	struct pl text;
	struct uri uri;

	pl_set_str(&text, told->to.uri);
	if (strncasecmp(told->to.uri, "tel:", 4) == 0) {
		pl_advance(&text, 4);
		jf_sip_user_copy(&text, told->user, sizeof(told->user));
		return 0;
	}
	if (uri_decode(&uri, &text) ||
	    (pl_strcasecmp(&uri.scheme, "sip") && pl_strcasecmp(&uri.scheme, "sips")))
		return -EINVAL;
	jf_sip_user_copy(&uri.user, told->user, sizeof(told->user));
	return 0;
}

static void read_replaces(const struct jf_sip *sip, struct told *told)
{
	const struct jf_sip_replaces *replaces = &told->to.replaces;
	const struct jf_leg *replaced;

	if (!told->to.has_replaces)
		return;
	replaced = jf_leg_replaced_find(sip, replaces);
	if (replaced && !replaced->detached)
		told->refer.replaces = replaced->dialog.id;
	else
		snprintf(told->header, sizeof(told->header),
		         "Replaces: %s;to-tag=%s;from-tag=%s%s\r\n", replaces->call_id,
		         replaces->to_tag, replaces->from_tag,
		         replaces->early_only ? ";early-only" : "");
}

/* 0, or the refusal to send. */
static uint16_t read_refer(const struct jf_sip *sip, const struct sip_msg *msg, struct told *told)
{
	const struct sip_hdr *to = sip_msg_hdr(msg, SIP_HDR_REFER_TO);
	const struct sip_hdr *by = sip_msg_hdr(msg, SIP_HDR_REFERRED_BY);
	struct sip_addr addr;

	memset(told, 0, sizeof(*told));
	if (sip_msg_hdr_count(msg, SIP_HDR_REFER_TO) != 1 ||
	    jf_sip_refer_to_parse(to->val.p, to->val.l, &told->to))
		return 400;
	if (read_user(told))
		return 416;
	if (strcmp(told->to.method, "INVITE") != 0)
		return 603; /* calls are all that there is to be referred to */
	if (by && (sip_addr_decode(&addr, &by->val) ||
	           jf_sip_exact_copy(&addr.auri, told->by, sizeof(told->by))))
		told->by[0] = '\0';
	told->refer.uri = told->to.uri;
	told->refer.user = told->user;
	told->refer.referred_by = told->by;
	told->refer.replaces_header = told->header;
	read_replaces(sip, told);
	return 0;
}

static void ask(struct jf_leg *leg, const struct sip_msg *msg, const struct told *told)
{
	struct jf_leg_event event = {.type = JF_LEG_REFER, .refer = &told->refer};
	struct jf_leg_reference *reference = mem_zalloc(sizeof(*reference), destructor);
	const struct sip_hdr *sub = sip_msg_xhdr(msg, "Refer-Sub");

	if (!reference ||
	    sip_strans_alloc(&reference->transaction, leg->sip->stack, msg, NULL, NULL)) {
		mem_deref(reference);
		jf_sip_why_note(JF_SIP_WHY_INTERNAL);
		(void)sip_treply(NULL, leg->sip->stack, msg, 500, jf_sip_reason(500));
		return;
	}
	reference->msg = mem_ref((void *)msg);
	reference->cseq = msg->cseq.num;
	reference->quiet = sub && sub->val.l >= 5 && !strncasecmp(sub->val.p, "false", 5);
	if (!leg->first_refer_cseq)
		leg->first_refer_cseq = msg->cseq.num;
	leg->reference = reference;
	(void)step(leg, JF_LEG_REFER_ON_REFER);
	jf_leg_tell_event(leg, &event);
}

void jf_leg_serve_refer(struct jf_leg *leg, const struct sip_msg *msg)
{
	bool talks = leg->phase >= JF_LEG_AT_ESTABLISHED && leg->phase <= JF_LEG_AT_REOFFERING;
	struct told told;
	uint16_t code = read_refer(leg->sip, msg, &told);

	if (leg->phase >= JF_LEG_AT_ENDING)
		code = 481;
	else if (!code && (leg->reference || (!talks && leg->phase != JF_LEG_AT_IN_ANSWERED)))
		code = 491; /* one at a time, and none before the dialog stands */
	else if (!code && leg->detached)
		code = 603;
	if (!code) {
		ask(leg, msg, &told);
		return;
	}
	jf_sip_why_note(code == 481   ? JF_SIP_WHY_NO_DIALOG
	                : code == 491 ? JF_SIP_WHY_CROSSING
	                : code == 603 ? JF_SIP_WHY_STATE
	                              : JF_SIP_WHY_MALFORMED);
	(void)sip_treply(NULL, leg->sip->stack, msg, code, jf_sip_reason(code));
}

/* --- over a restart --- */

static bool subscribed(const struct jf_leg *leg)
{
	return leg->reference && leg->reference->phase >= JF_LEG_REFER_AT_ACTIVE;
}

void jf_leg_reference_put(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	ret_state->first_refer_cseq = leg->first_refer_cseq;
	if (!subscribed(leg))
		return;
	ret_state->refer_cseq = leg->reference->cseq;
	ret_state->refer_code = leg->reference->code;
}

int jf_leg_reference_take(struct jf_leg *leg, const struct jf_leg_state *state)
{
	leg->first_refer_cseq = state->first_refer_cseq;
	if (!state->refer_code)
		return 0;
	leg->reference = mem_zalloc(sizeof(*leg->reference), destructor);
	if (!leg->reference)
		return -ENOMEM;
	leg->reference->phase = JF_LEG_REFER_AT_ACTIVE;
	leg->reference->cseq = state->refer_cseq;
	leg->reference->code = state->refer_code;
	return 0;
}

void jf_leg_reference_resume(struct jf_leg *leg)
{
	if (subscribed(leg) && leg->reference->code >= 200)
		(void)step(leg, JF_LEG_REFER_ON_FINAL);
}

/* --- the owner --- */

int jf_leg_refer_answer(struct jf_leg *leg, uint16_t code)
{
	struct jf_leg_reference *reference = leg->reference;

	if (!reference || reference->phase != JF_LEG_REFER_AT_ASKED)
		return -EPROTO;
	if (code >= 300 && code <= 699) {
		reference->code = code;
		return step(leg, JF_LEG_REFER_ON_REFUSE);
	}
	reference->code = reference->quiet ? 200 : 202;
	return step(leg, reference->quiet ? JF_LEG_REFER_ON_ACCEPT_QUIET : JF_LEG_REFER_ON_ACCEPT);
}

bool jf_leg_is_referring(const struct jf_leg *leg)
{
	return subscribed(leg) && leg->reference->phase < JF_LEG_REFER_AT_LAST_WAITS;
}

int jf_leg_refer_notify(struct jf_leg *leg, uint16_t code)
{
	struct jf_leg_reference *reference = leg->reference;

	if (!jf_leg_is_referring(leg) || code < 100 || code > 699)
		return -EPROTO;
	reference->code = code;
	return step(leg, code < 200 ? JF_LEG_REFER_ON_PROGRESS : JF_LEG_REFER_ON_FINAL);
}
