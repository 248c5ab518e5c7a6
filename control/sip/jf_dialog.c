// SPDX-License-Identifier: BSD-3-Clause
/* Dialogs: made from messages, and turned into requests (RFC 3261 12). */
#include "jf_leg_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Texts ----------------------------------------------------------------------------------- */

static char **const *texts_of(struct jf_dialog *d, char **ret_texts[6])
{
	ret_texts[0] = &d->sip_call_id;
	ret_texts[1] = &d->remote_tag;
	ret_texts[2] = &d->local_uri;
	ret_texts[3] = &d->remote_uri;
	ret_texts[4] = &d->remote_target;
	ret_texts[5] = &d->routes;
	return ret_texts;
}

int jf_dialog_text_set(char **text, const char *value)
{
	char *copy = NULL;

	if (str_dup(&copy, value))
		return -ENOMEM;
	mem_deref(*text);
	*text = copy;
	return 0;
}

int jf_dialog_init(struct jf_dialog *ret_dialog)
{
	char **texts[6], *empty = NULL;

	memset(ret_dialog, 0, sizeof(*ret_dialog));
	if (str_dup(&empty, ""))
		return -ENOMEM;
	texts_of(ret_dialog, texts);
	for (unsigned i = 0; i < 6; i++)
		*texts[i] = mem_ref(empty);
	mem_deref(empty);
	return 0;
}

void jf_dialog_copy(const struct jf_dialog *dialog, struct jf_dialog *ret_dialog)
{
	char **texts[6];

	*ret_dialog = *dialog;
	texts_of(ret_dialog, texts);
	for (unsigned i = 0; i < 6; i++)
		(void)mem_ref(*texts[i]);
}

void jf_dialog_close(struct jf_dialog *dialog)
{
	char **texts[6];

	texts_of(dialog, texts);
	for (unsigned i = 0; i < 6; i++)
		mem_deref(*texts[i]);
	explicit_bzero(dialog, sizeof(*dialog)); /* keys of SRTP in what was described */
}

/* Unchanged, up to size with its NUL. */
int jf_dialog_text_exact(char **text, const struct pl *from, size_t size)
{
	char copy[JF_LEG_URI_MAX];
	int err = jf_sip_exact_copy(from, copy, size);

	return err ? err : jf_dialog_text_set(text, copy);
}

/* ---- From messages --------------------------------------------------------------------------- */

int jf_dialog_target(const struct sip_msg *msg, struct jf_dialog *dialog)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr addr;

	if (!contact)
		return -ENOENT;
	if (sip_addr_decode(&addr, &contact->val) || !jf_sip_scheme_fits(&addr.uri.scheme, msg->tp))
		return -EBADMSG;
	return jf_dialog_text_exact(&dialog->remote_target, &addr.auri, JF_LEG_URI_MAX);
}

struct routes {
	char *text;
	size_t size;
	size_t length;
};

/* sip_hdr_h: true ends the walk, here on overflow or on anything that is no address. */
static bool add_route(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	struct routes *routes = arg;
	struct sip_addr addr;
	char uri[JF_SIP_URI_MAX];
	int n;

	(void)msg;
	if (sip_addr_decode(&addr, &header->val) || jf_sip_exact_copy(&addr.auri, uri, sizeof(uri)))
		return true;
	n = snprintf(routes->text + routes->length, routes->size - routes->length, "%s<%s>",
	             routes->length ? ", " : "", uri);
	if (n < 0 || (size_t)n >= routes->size - routes->length)
		return true;
	routes->length += (size_t)n;
	return false;
}

static int read_routes(const struct sip_msg *msg, bool forward, struct jf_dialog *dialog)
{
	char text[JF_SIP_ROUTES_MAX] = "";
	struct routes routes = {.text = text, .size = sizeof(text)};

	if (sip_msg_hdr_apply(msg, forward, SIP_HDR_RECORD_ROUTE, add_route, &routes))
		return -EBADMSG;
	return jf_dialog_text_set(&dialog->routes, text);
}

void jf_dialog_capabilities(const struct sip_msg *msg, struct jf_dialog *dialog)
{
	if (sip_msg_hdr(msg, SIP_HDR_ALLOW))
		dialog->peer_updates = sip_msg_hdr_has_value(msg, SIP_HDR_ALLOW, "UPDATE");
}

int jf_dialog_from_request(const struct sip_msg *msg, struct jf_dialog *dialog)
{
	int err;

	dialog->incoming = 1;
	dialog->local_cseq = 1;
	dialog->remote_cseq = msg->cseq.num;
	jf_sip_peer_make(&msg->src, msg->tp, &dialog->peer);
	jf_dialog_capabilities(msg, dialog);
	err = jf_dialog_text_exact(&dialog->sip_call_id, &msg->callid, JF_SIP_CALL_ID_MAX);
	if (!err)
		err = jf_dialog_text_exact(&dialog->remote_tag, &msg->from.tag, JF_SIP_TAG_MAX);
	if (!err)
		err = jf_dialog_text_exact(&dialog->local_uri, &msg->to.auri, JF_LEG_URI_MAX);
	if (!err)
		err = jf_dialog_text_exact(&dialog->remote_uri, &msg->from.auri, JF_LEG_URI_MAX);
	if (!err)
		err = jf_dialog_target(msg, dialog);
	if (!err)
		err = read_routes(msg, true, dialog);
	return err;
}

int jf_dialog_from_response(const struct sip_msg *msg, struct jf_dialog *dialog)
{
	struct jf_dialog d;
	int err;

	jf_dialog_copy(dialog, &d);
	err = jf_dialog_text_exact(&d.remote_tag, &msg->to.tag, JF_SIP_TAG_MAX);
	if (!err)
		err = jf_dialog_target(msg, &d);
	if (err == -ENOENT)
		err = 0; /* it should name one; the request-URI reached it before */
	jf_dialog_capabilities(msg, &d);
	if (!err)
		err = read_routes(msg, false, &d);
	if (err) {
		jf_dialog_close(&d);
		return err;
	}
	jf_dialog_close(dialog);
	*dialog = d;
	return 0;
}

int jf_dialog_send(struct jf_sip *sip, const struct jf_dialog *dialog,
                   const struct jf_dialog_request *request, struct sip_request **ret_request,
                   sip_resp_h *handler, void *arg)
{
	struct jf_sip_peer hop = request->to_peer ? dialog->peer
	                         : request->again ? jf_dialog_other_hop(sip, dialog)
	                                          : jf_dialog_next_hop(sip, dialog);
	bool ack = strcmp(request->method, "ACK") == 0;
	const char *body = request->body ? request->body : "";
	char contact[JF_SIP_CONTACT_MAX];
	struct mbuf *mb = mbuf_alloc(2048);
	int err;

	if (!mb)
		return -ENOMEM;
	jf_sip_contact(sip, &hop, contact, sizeof(contact));
	err = mbuf_printf(mb, "Max-Forwards: 70\r\n");
	if (dialog->routes[0])
		err |= mbuf_printf(mb, "Route: %s\r\n", dialog->routes);
	if (request->from_name && request->from_name[0])
		err |= mbuf_printf(mb, "From: \"%s\" <%s>;tag=%016llx\r\n", request->from_name,
		                   dialog->local_uri, dialog->id);
	else
		err |= mbuf_printf(mb, "From: <%s>;tag=%016llx\r\n", dialog->local_uri, dialog->id);
	err |= mbuf_printf(mb, "To: <%s>%s%s\r\n", dialog->remote_uri,
	                   dialog->remote_tag[0] ? ";tag=" : "", dialog->remote_tag);
	err |= mbuf_printf(mb, "Call-ID: %s\r\nCSeq: %u %s\r\nUser-Agent: %s\r\n",
	                   dialog->sip_call_id, request->cseq, request->method, sip->user_agent);
	if (request->with_contact)
		err |= mbuf_printf(mb, "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR,
		                   contact);
	if (request->headers)
		err |= mbuf_write_str(mb, request->headers);
	if (body[0])
		err |= mbuf_printf(mb, "Content-Type: %s\r\n", request->body_type);
	err |= mbuf_printf(mb, "Content-Length: %u\r\n\r\n%s", (unsigned)strlen(body), body);
	if (err) {
		err = ENOMEM;
		goto out;
	}
	mb->pos = 0;
	err = -jf_sip_send(sip,
	                   &(struct jf_sip_sending){.hop = hop,
	                                            .method = request->method,
	                                            .uri = dialog->remote_target,
	                                            .mb = mb,
	                                            .stateless = ack},
	                   ret_request, handler, arg);
out:
	mem_deref(mb);
	return -err;
}
