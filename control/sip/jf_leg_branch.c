// SPDX-License-Identifier: BSD-3-Clause
/*
 * The early dialogs of our INVITE. A proxy that forks makes several, each with a tag, a target and
 * SDP of its own; the leg's dialog is the one that was heard of last, until one of them answers.
 * Their reliable provisional responses are acknowledged (RFC 3262 section 4).
 */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_sip_headers.h"

static void destructor(void *arg)
{
	struct jf_leg_branch *branch = arg;

	mem_deref(branch->tag);
	mem_deref(branch->target);
	mem_deref(branch->routes);
	explicit_bzero(&branch->media, sizeof(branch->media));
}

struct jf_leg_branch *jf_leg_branch_find(const struct jf_leg *leg, const struct pl *tag)
{
	const struct jf_leg_setup *setup = leg->setup;

	for (unsigned i = 0; setup && i < setup->branch_count; i++)
		if (!pl_strcmp(tag, setup->branches[i]->tag))
			return setup->branches[i];
	return NULL;
}

struct jf_leg_branch *jf_leg_branch_add(struct jf_leg *leg, const struct jf_dialog *dialog)
{
	struct jf_leg_setup *setup = leg->setup;
	struct jf_leg_branch *branch = mem_zalloc(sizeof(*branch), destructor);

	if (!branch)
		return NULL;
	branch->tag = mem_ref(dialog->remote_tag);
	branch->target = mem_ref(dialog->remote_target);
	branch->routes = mem_ref(dialog->routes);
	setup->branches[setup->branch_count++] = branch;
	return branch;
}

static struct jf_leg_branch *make(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_branch *branch;
	struct jf_dialog dialog;

	if (!pl_isset(&msg->to.tag) || leg->setup->branch_count == JF_LEG_BRANCHES)
		return NULL;
	jf_dialog_copy(&leg->dialog, &dialog);
	branch = jf_dialog_from_response(msg, &dialog) ? NULL : jf_leg_branch_add(leg, &dialog);
	jf_dialog_close(&dialog);
	return branch;
}

static void share(char **text, char *value)
{
	char *old = *text;

	*text = mem_ref(value);
	mem_deref(old);
}

static void enter(struct jf_leg *leg, struct jf_leg_branch *branch)
{
	struct jf_dialog *d = &leg->dialog;
	struct jf_leg_setup *setup = leg->setup;

	if (setup->current)
		setup->current->remote_cseq = d->remote_cseq;
	setup->current = branch;
	d->remote_cseq = branch->remote_cseq;
	share(&d->remote_tag, branch->tag);
	share(&d->remote_target, branch->target);
	share(&d->routes, branch->routes);
	d->has_remote_media = branch->has_media;
	if (branch->has_media)
		d->remote_media = branch->media;
}

bool jf_leg_peer_is(struct jf_leg *leg, const struct pl *remote_tag)
{
	struct jf_leg_branch *branch;

	if (!pl_strcmp(remote_tag, leg->dialog.remote_tag))
		return true;
	branch = jf_leg_branch_find(leg, remote_tag);
	if (branch)
		enter(leg, branch);
	return branch != NULL;
}

/* --- reliable ones --- */

static void send_prack(struct jf_leg *leg, const struct sip_msg *msg, uint32_t rseq)
{
	char rack[64];
	struct jf_dialog_request request = {
	        .method = "PRACK",
	        .cseq = ++leg->dialog.local_cseq,
	        .headers = rack,
	};

	(void)re_snprintf(rack, sizeof(rack), "RAck: %u %u INVITE\r\n", rseq, msg->cseq.num);
	/* What becomes of it is the INVITE's to tell. */
	(void)jf_leg_send(leg, &request, NULL, NULL);
}

static void read_media(struct jf_leg *leg, struct jf_leg_branch *branch, const struct sip_msg *msg,
                       bool reliable)
{
	struct pl body = jf_sip_body(msg);
	struct jf_sdp_refusal refusal;
	struct jf_media_desc media;

	/* The first one that is sure to have come is the answer (RFC 3261 13.2.1). */
	if (branch->agreed || !jf_sip_is_sdp(msg) ||
	    jf_sdp_read_answer(body.p, body.l, &leg->deal->session, &leg->dialog.local_media,
	                       &media, &refusal))
		return;
	branch->media = media;
	branch->has_media = true;
	branch->agreed = reliable;
}

bool jf_leg_branch_provisional(struct jf_leg *leg, const struct sip_msg *msg)
{
	bool reliable = sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "100rel");
	const struct sip_hdr *header = sip_msg_hdr(msg, SIP_HDR_RSEQ);
	struct jf_leg_branch *branch = jf_leg_branch_find(leg, &msg->to.tag);
	uint32_t rseq = 0;

	if (!branch)
		branch = make(leg, msg);
	if (!branch)
		return !reliable;
	if (reliable && (!header || jf_sip_number_parse(header->val.p, header->val.l, &rseq) ||
	                 !rseq || (branch->rseq && rseq != branch->rseq + 1)))
		return false; /* again, or too early: our PRACK or the one before is on its way */
	if (reliable)
		branch->rseq = rseq;
	read_media(leg, branch, msg, reliable);
	enter(leg, branch);
	if (reliable)
		send_prack(leg, msg, rseq);
	return true;
}
