// SPDX-License-Identifier: BSD-3-Clause
/* A user agent by RFC 3261 17 and RFC 3262, in as few lines as the flows need. */
#include "flow_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define DIALOGS      8
#define TRANSACTIONS 64
#define T1           500u
#define T2           4000u

struct flow_dialog {
	bool used;
	char call_id[80], local_tag[40], remote_tag[40];
	char target[160]; /* our Contact */
	char local[160], remote[160];
	unsigned cseq;
	const char *ack_body;
};

/* Either way: a message that is sent again until something comes. */
struct transaction {
	bool used, server, invite, acked;
	char method[16], branch[80];
	unsigned cseq, code; /* code: the last one seen or sent */
	struct flow_dialog *dialog;
	char *message; /* what is sent again */
	uint64_t due_ms, until_ms;
	unsigned pause_ms;   /* 0: it is not */
	const char *request; /* of the server's: a copy of what came */
	const struct flow_answer *answers;
	uint64_t answer_ms;
	unsigned rseq; /* reliable one that waits for PRACK; 0: none */
};

static struct {
	struct flow_dialog dialogs[DIALOGS];
	struct transaction transactions[TRANSACTIONS];
	const struct flow_answer *answers[FLOW_LEGS];
	struct flow_dialog *called[FLOW_LEGS];
	uint16_t reinvite_code;
	unsigned n;
	struct {
		char method[16], body[512];
		unsigned count;
	} got[16];
} peer;

void flow_peer_reset(void)
{
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		free(peer.transactions[i].message);
		free((void *)peer.transactions[i].request);
	}
	memset(&peer, 0, sizeof(peer));
}

void flow_peer_answers(unsigned call, const struct flow_answer *answers)
{
	peer.answers[call] = answers;
}

struct flow_dialog *flow_called(unsigned call)
{
	return peer.called[call];
}

void flow_reinvite_code(uint16_t code)
{
	peer.reinvite_code = code;
}

void flow_ack_body(struct flow_dialog *dialog, const char *body)
{
	dialog->ack_body = body;
}

const char *flow_replaces(const struct flow_dialog *dialog)
{
	static char text[300];

	snprintf(text, sizeof(text), "%s;to-tag=%s;from-tag=%s", dialog->call_id,
	         dialog->remote_tag, dialog->local_tag);
	return text;
}

/* ---- What it is made of ---------------------------------------------------------------------- */

static struct flow_dialog *dialog_new(void)
{
	for (unsigned i = 0; i < DIALOGS; i++)
		if (!peer.dialogs[i].used) {
			peer.dialogs[i].used = true;
			return &peer.dialogs[i];
		}
	flow_fail("enough dialogs", __LINE__);
}

static struct transaction *transaction_new(bool server, const char *method)
{
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (t->used)
			continue;
		t->used = true;
		t->server = server;
		t->invite = strcmp(method, "INVITE") == 0;
		snprintf(t->method, sizeof(t->method), "%s", method);
		return t;
	}
	flow_fail("enough transactions", __LINE__);
}

static void send_again(struct transaction *t, const char *message)
{
	free(t->message);
	t->message = strdup(message);
	t->pause_ms = T1;
	t->due_ms = flow_now_ms() + T1;
	t->until_ms = flow_now_ms() + 64 * T1;
	flow_wire_put(message, true);
}

static void tag_copy(const char *header, char *ret_tag, size_t size)
{
	const char *at = strstr(header, ";tag=");

	snprintf(ret_tag, size, "%.*s", at ? (int)strcspn(at + 5, ";>") : 0, at ? at + 5 : "");
}

static void address_copy(const char *header, char *ret_uri, size_t size)
{
	const char *at = strchr(header, '<');

	snprintf(ret_uri, size, "%.*s", at ? (int)strcspn(at + 1, ">") : 0, at ? at + 1 : "");
}

static const char *branch_of(const char *message, char ret_branch[80])
{
	const char *at = strstr(wire_header(message, "Via"), "branch=");

	snprintf(ret_branch, 80, "%.*s", at ? (int)strcspn(at + 7, ";") : 0, at ? at + 7 : "");
	return ret_branch;
}

/* ---- Its requests ---------------------------------------------------------------------------- */

static void request_make(char *text, size_t size, const struct flow_dialog *d, const char *method,
                         const char *branch, unsigned cseq, const char *headers, const char *body)
{
	snprintf(
	        text, size,
	        "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=%s\r\nMax-Forwards: 70\r\n"
	        "From: <%s>;tag=%s\r\nTo: <%s>%s%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
	        "Contact: <sip:peer@127.0.0.1:5070>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
	        method, d->target, branch, d->local, d->local_tag, d->remote,
	        d->remote_tag[0] ? ";tag=" : "", d->remote_tag, d->call_id, cseq, method, headers,
	        *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

void flow_request(struct flow_dialog *d, const char *method, const char *headers, const char *body)
{
	struct transaction *t = transaction_new(false, method);
	char text[WIRE_TEXT_MAX];

	t->dialog = d;
	t->cseq = ++d->cseq;
	snprintf(t->branch, sizeof(t->branch), "z9hG4bKflow%u", ++peer.n);
	request_make(text, sizeof(text), d, method, t->branch, t->cseq, headers, body);
	send_again(t, text);
}

struct flow_dialog *flow_invite(const char *headers, const char *body)
{
	struct flow_dialog *d = dialog_new();

	snprintf(d->call_id, sizeof(d->call_id), "flow-%u@peer", ++peer.n);
	snprintf(d->local_tag, sizeof(d->local_tag), "peer%u", peer.n);
	strcpy(d->local, "sip:caller@127.0.0.1");
	strcpy(d->remote, "sip:6100@127.0.0.1");
	strcpy(d->target, "sip:6100@127.0.0.1");
	flow_request(d, "INVITE", headers, body);
	return d;
}

static struct transaction *last_of(const struct flow_dialog *d, const char *method)
{
	struct transaction *found = NULL;

	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (t->used && !t->server && t->dialog == d && !strcmp(t->method, method) &&
		    (!found || t->cseq > found->cseq))
			found = t;
	}
	return found;
}

unsigned flow_result(const struct flow_dialog *d, const char *method)
{
	const struct transaction *t = last_of(d, method);

	return t && t->code >= 200 ? t->code : 0;
}

void flow_cancel(struct flow_dialog *d)
{
	const struct transaction *invite = last_of(d, "INVITE");
	struct transaction *t = transaction_new(false, "CANCEL");
	struct flow_dialog plain = *d;
	char text[WIRE_TEXT_MAX];

	plain.remote_tag[0] = '\0'; /* as in the INVITE */
	strcpy(plain.target, "sip:6100@127.0.0.1");
	t->dialog = d;
	t->cseq = invite->cseq;
	snprintf(t->branch, sizeof(t->branch), "%s", invite->branch);
	request_make(text, sizeof(text), &plain, "CANCEL", t->branch, t->cseq, "", "");
	send_again(t, text);
}

/* ---- Our responses to them ------------------------------------------------------------------- */

static void send_ack(struct transaction *t, unsigned code)
{
	struct flow_dialog *d = t->dialog;
	char text[WIRE_TEXT_MAX], branch[80];

	if (code < 300)
		snprintf(branch, sizeof(branch), "z9hG4bKack%u", ++peer.n);
	else
		snprintf(branch, sizeof(branch), "%s", t->branch);
	request_make(text, sizeof(text), d, "ACK", branch, t->cseq, "",
	             code < 300 && d->ack_body ? d->ack_body : "");
	flow_wire_put(text, true);
}

/* Each reliable one once: what comes again is answered by the PRACK that is on its way. */
static void acknowledge(struct transaction *t, const char *message)
{
	unsigned rseq = (unsigned)strtoul(wire_header(message, "RSeq"), NULL, 10);
	char rack[64];

	if (!rseq || rseq == t->rseq)
		return;
	t->rseq = rseq;
	snprintf(rack, sizeof(rack), "RAck: %u %u INVITE\r\n", rseq, t->cseq);
	flow_request(t->dialog, "PRACK", rack, "");
}

static void take_response(const char *message)
{
	unsigned code = (unsigned)strtoul(message + 8, NULL, 10);
	char branch[80], method[16] = "";
	struct transaction *t = NULL;

	branch_of(message, branch);
	sscanf(wire_header(message, "CSeq"), "%*u %15s", method);
	for (unsigned i = 0; i < TRANSACTIONS && !t; i++)
		if (peer.transactions[i].used && !peer.transactions[i].server &&
		    !strcmp(peer.transactions[i].branch, branch) &&
		    !strcmp(peer.transactions[i].method, method))
			t = &peer.transactions[i];
	if (!t)
		return;
	if (code > 100 && code < 300 && t->invite && (t->code < 200 || code >= 200)) {
		tag_copy(wire_header(message, "To"), t->dialog->remote_tag,
		         sizeof(t->dialog->remote_tag));
		address_copy(wire_header(message, "Contact"), t->dialog->target,
		             sizeof(t->dialog->target));
	}
	if (code >= 200 || t->invite)
		t->pause_ms = 0;
	if (t->invite && code > 100 && code < 200 && t->code < 200)
		acknowledge(t, message);
	if (t->code < 200)
		t->code = code;
	if (t->invite && code >= 200)
		send_ack(t, code);
}

/* ---- Its responses to our requests ----------------------------------------------------------- */

static void respond(struct transaction *t, const struct flow_answer *a)
{
	const char *r = t->request, *to = wire_header(r, "To"), *routes = strstr(r, "Record-Route");
	const char *tag = a->tag ? a->tag : t->dialog->local_tag;
	const char *body = a->body ? a->body : "", *headers = a->headers ? a->headers : "";
	char text[WIRE_TEXT_MAX];
	bool tagged = strstr(to, ";tag=") || a->code == 100;
	bool rel = strstr(headers, "100rel") != NULL;

	(void)routes;
	snprintf(text, sizeof(text),
	         "SIP/2.0 %u Whatever\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\n"
	         "CSeq: %s\r\nContact: <sip:phone@127.0.0.1:5070>\r\nAllow: INVITE, UPDATE\r\n%s%s"
	         "Content-Length: %zu\r\n\r\n%s",
	         a->code, wire_header(r, "Via"), wire_header(r, "From"), to,
	         tagged ? "" : ";tag=", tagged ? "" : tag, wire_header(r, "Call-ID"),
	         wire_header(r, "CSeq"), headers, *body ? "Content-Type: application/sdp\r\n" : "",
	         strlen(body), body);
	t->code = a->code;
	if (rel)
		t->rseq = (unsigned)strtoul(strstr(headers, "RSeq: ") + 6, NULL, 10);
	if ((t->invite && a->code >= 200) || rel) {
		send_again(t, text); /* until ACK or PRACK */
		return;
	}
	free(t->message);
	t->message = strdup(text);
	t->pause_ms = 0;
	flow_wire_put(text, true);
}

static void note(const char *method, const char *message)
{
	const char *body = strstr(message, "\r\n\r\n");

	for (unsigned i = 0; i < 16; i++) {
		if (peer.got[i].count && strcmp(peer.got[i].method, method))
			continue;
		snprintf(peer.got[i].method, sizeof(peer.got[i].method), "%s", method);
		snprintf(peer.got[i].body, sizeof(peer.got[i].body), "%s", body ? body + 4 : "");
		peer.got[i].count++;
		return;
	}
}

unsigned flow_got(const char *method)
{
	for (unsigned i = 0; i < 16; i++)
		if (!strcmp(peer.got[i].method, method))
			return peer.got[i].count;
	return 0;
}

const char *flow_got_body(const char *method)
{
	for (unsigned i = 0; i < 16; i++)
		if (!strcmp(peer.got[i].method, method))
			return peer.got[i].body;
	return "";
}

static struct flow_dialog *dialog_find(const char *message)
{
	const char *call_id = wire_header(message, "Call-ID");

	for (unsigned i = 0; i < DIALOGS; i++)
		if (peer.dialogs[i].used && !strcmp(peer.dialogs[i].call_id, call_id))
			return &peer.dialogs[i];
	return NULL;
}

static struct flow_dialog *dialog_called(const char *invite, unsigned call)
{
	struct flow_dialog *d = dialog_new();

	snprintf(d->call_id, sizeof(d->call_id), "%s", wire_header(invite, "Call-ID"));
	tag_copy(wire_header(invite, "From"), d->remote_tag, sizeof(d->remote_tag));
	snprintf(d->local_tag, sizeof(d->local_tag), "phone%u", call);
	address_copy(wire_header(invite, "From"), d->remote, sizeof(d->remote));
	address_copy(wire_header(invite, "To"), d->local, sizeof(d->local));
	address_copy(wire_header(invite, "Contact"), d->target, sizeof(d->target));
	peer.called[call] = d;
	return d;
}

static void answer_next(struct transaction *t)
{
	const struct flow_answer *a = t->answers;

	if (!a || !a->code) {
		t->answers = NULL;
		return;
	}
	if (t->rseq || flow_now_ms() < t->answer_ms)
		return; /* PRACK first */
	t->answers = a->code < 200 ? a + 1 : NULL;
	if (t->answers)
		t->answer_ms = flow_now_ms() + t->answers->pause_ms;
	respond(t, a);
}

static void take_cancel(struct transaction *cancel)
{
	static const struct flow_answer ok = {.code = 200}, terminated = {.code = 487};

	respond(cancel, &ok);
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (t->used && t->server && t->invite && !strcmp(t->branch, cancel->branch) &&
		    t->code < 200) {
			t->answers = NULL;
			respond(t, &terminated);
		}
	}
}

static void take_prack(const char *message, struct transaction *prack)
{
	static const struct flow_answer ok = {.code = 200}, unknown = {.code = 481};
	unsigned rseq = (unsigned)strtoul(wire_header(message, "RAck"), NULL, 10);

	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (t->used && t->server && t->invite && t->rseq == rseq && rseq &&
		    t->dialog == prack->dialog) {
			t->rseq = 0;
			t->pause_ms = 0;
			respond(prack, &ok);
			return;
		}
	}
	respond(prack, &unknown);
}

static void take_ack(const char *message)
{
	unsigned cseq = (unsigned)strtoul(wire_header(message, "CSeq"), NULL, 10);
	const struct flow_dialog *d = dialog_find(message);

	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (t->used && t->server && t->invite && t->dialog == d && t->cseq == cseq &&
		    t->code >= 200)
			t->pause_ms = 0;
	}
}

static void take_new(struct transaction *t, const char *message)
{
	static const struct flow_answer ok = {.code = 200}, gone = {.code = 481};
	static const struct flow_answer described = {.code = 200, .body = FLOW_SDP};
	unsigned call = 0;

	if (!strcmp(t->method, "CANCEL")) {
		take_cancel(t);
	} else if (!strcmp(t->method, "PRACK")) {
		take_prack(message, t);
	} else if (t->invite && !strstr(wire_header(message, "To"), ";tag=")) {
		sscanf(message, "INVITE sip:phone%u@", &call);
		t->dialog = t->dialog ? t->dialog : dialog_called(message, call);
		t->answers = peer.answers[call];
		t->answer_ms = flow_now_ms() + (t->answers ? t->answers->pause_ms : 0);
		answer_next(t);
	} else if (t->invite) {
		struct flow_answer refusal = {.code = peer.reinvite_code};

		respond(t, refusal.code ? &refusal : &described);
	} else {
		bool offers = strstr(message, "m=audio") && !strcmp(t->method, "UPDATE");

		respond(t, !t->dialog ? &gone : offers ? &described : &ok);
	}
}

static void take_request(const char *message)
{
	struct transaction *t;
	char branch[80], method[16] = "";

	sscanf(message, "%15s", method);
	if (!strcmp(method, "ACK")) {
		take_ack(message);
		return;
	}
	branch_of(message, branch);
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		t = &peer.transactions[i];
		if (!t->used || !t->server || strcmp(t->branch, branch) ||
		    strcmp(t->method, method))
			continue;
		if (t->message)
			flow_wire_put(t->message, true); /* the same answer again */
		return;
	}
	t = transaction_new(true, method);
	snprintf(t->branch, sizeof(t->branch), "%s", branch);
	t->cseq = (unsigned)strtoul(wire_header(message, "CSeq"), NULL, 10);
	t->request = strdup(message);
	t->dialog = dialog_find(message);
	note(method, message);
	take_new(t, message);
}

void flow_peer_receive(const char *text)
{
	if (!strncmp(text, "SIP/2.0 ", 8))
		take_response(text);
	else
		take_request(text);
}

void flow_peer_timers(void)
{
	for (unsigned i = 0; i < TRANSACTIONS; i++) {
		struct transaction *t = &peer.transactions[i];

		if (!t->used)
			continue;
		if (t->answers)
			answer_next(t);
		if (!t->pause_ms || flow_now_ms() < t->due_ms)
			continue;
		if (flow_now_ms() >= t->until_ms) {
			t->pause_ms = 0;
			continue;
		}
		t->pause_ms *= 2;
		if (t->pause_ms > T2 && (!t->invite || t->server))
			t->pause_ms = T2;
		t->due_ms = flow_now_ms() + t->pause_ms;
		flow_wire_put(t->message, true);
	}
}
