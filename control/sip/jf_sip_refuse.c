// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_refuse.h"

#include <errno.h>
#include <string.h>

#include "jf_siphash.h"

#define REFUSAL_END "0\r\n\r\n"
#define TAG_BEGIN   "jfr"
#define TAG_SIZE    (sizeof(TAG_BEGIN) - 1 + 16)

struct out {
	char *at;
	size_t left;
	bool full;
};

static void put(struct out *out, const char *bytes, size_t length)
{
	if (length > out->left) {
		out->full = true;
		return;
	}
	memcpy(out->at, bytes, length);
	out->at += length;
	out->left -= length;
}

/* A literal. */
#define PUT(out, text) put((out), (text), sizeof(text) - 1)

static void put_span(struct out *out, struct jf_sip_span span)
{
	put(out, span.at, span.length);
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* Without the C library: a flood is answered from here. */
static void put_number(struct out *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(out, digits + at, sizeof(digits) - at);
}

/* --- overload control --- */

bool jf_sip_oc_offered(const struct jf_sip_peek *peek)
{
	const struct jf_sip_via *via = &peek->first;

	if (!via->has_oc || via->oc.at)
		return false;
	if (!via->oc_algo.at)
		return true; /* loss is what everybody speaks */
	for (size_t i = 0; i + 4 <= via->oc_algo.length; i++)
		if (jf_sip_span_is((struct jf_sip_span){via->oc_algo.at + i, 4}, "loss"))
			return true;
	return false;
}

static void put_oc(struct out *out, const struct jf_sip_oc *oc)
{
	unsigned thousandths = (unsigned)(oc->sequence % 1000);

	PUT(out, ";oc=");
	put_number(out, oc->loss_percent);
	PUT(out, ";oc-algo=\"loss\";oc-validity=");
	put_number(out, oc->loss_percent ? oc->validity_ms : 0);
	PUT(out, ";oc-seq=");
	put_number(out, oc->sequence / 1000);
	PUT(out, ".");
	put(out, "00", thousandths < 10 ? 2 : thousandths < 100);
	put_number(out, thousandths);
}

/* --- Via --- */

/* The end of a parameter, or of what stands before the first: ";" or "," outside of quotes. */
static const char *piece_end(const char *at, const char *end)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (!quoted && (*at == ';' || *at == ','))
			break;
	}
	return at;
}

struct via_change {
	const char *source_ip; /* NULL: received and rport stay as they are */
	uint16_t source_port;
	const struct jf_sip_oc *oc; /* NULL: oc stays as it is */
};

static bool piece_is(const char *at, const char *end, const char *name)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));
	const char *stop = equals ? equals : end;

	while (at < stop && (*at == ' ' || *at == '\t' || *at == ';'))
		at++;
	while (stop > at &&
	       (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r' || stop[-1] == '\n'))
		stop--;
	return jf_sip_span_is((struct jf_sip_span){at, (size_t)(stop - at)}, name);
}

static void put_ours(struct out *out, const struct via_change *change)
{
	if (change->source_ip) {
		PUT(out, ";received=");
		put_text(out, change->source_ip);
	}
	if (change->oc)
		put_oc(out, change->oc);
}

/* The first Via's value, changed; those after its first comma as they are. */
static void put_via(struct out *out, struct jf_sip_span via, const struct via_change *change)
{
	const char *end = via.at + via.length, *at = piece_end(via.at, end);

	put(out, via.at, (size_t)(at - via.at));
	while (at < end && *at == ';') {
		const char *next = piece_end(at + 1, end);
		bool ours =
		        (change->source_ip &&
		         (piece_is(at, next, "received") || piece_is(at, next, "rport"))) ||
		        (change->oc && (piece_is(at, next, "oc") || piece_is(at, next, "oc-algo")));

		if (change->source_ip && piece_is(at, next, "rport")) {
			PUT(out, ";rport=");
			put_number(out, change->source_port);
		}
		if (!ours)
			put(out, at, (size_t)(next - at));
		at = next;
	}
	put_ours(out, change);
	put(out, at, (size_t)(end - at));
}

uint16_t jf_sip_refuse_port(const struct jf_sip_peek *peek, uint16_t source_port)
{
	const char *end, *at;
	unsigned port = 0;

	if (peek->first.has_rport)
		return source_port;
	end = piece_end(peek->via.at, peek->via.at + peek->via.length);
	for (at = end; at > peek->via.at && at[-1] != ':' && at[-1] != ']'; at--)
		if (at[-1] != ' ' && (at[-1] < '0' || at[-1] > '9'))
			return 5060;
	if (at == peek->via.at || at[-1] != ':')
		return 5060;
	for (; at < end && port < 65536; at++)
		if (*at != ' ')
			port = port * 10 + (unsigned)(*at - '0');
	return port && port < 65536 ? (uint16_t)port : 5060;
}

/* --- the response --- */

static void make_tag(const struct jf_sip_peek *peek, const uint64_t secret[2],
                     char ret_tag[TAG_SIZE + 1])
{
	uint64_t hash = jf_siphash(secret, peek->call_id.at, peek->call_id.length);
	char *at = ret_tag + TAG_SIZE;

	*at = '\0';
	for (unsigned digit = 0; digit < 16; digit++, hash >>= 4)
		*--at = "0123456789abcdef"[hash & 15];
	memcpy(ret_tag, TAG_BEGIN, sizeof(TAG_BEGIN) - 1);
}

bool jf_sip_refuse_is_ack(const struct jf_sip_peek *peek, const uint64_t secret[2])
{
	char tag[TAG_SIZE + 1];

	if (peek->kind != JF_SIP_METHOD_ACK || peek->to_tag.length != TAG_SIZE ||
	    !peek->call_id.at || memcmp(peek->to_tag.at, TAG_BEGIN, sizeof(TAG_BEGIN) - 1) != 0)
		return false;
	make_tag(peek, secret, tag);
	return memcmp(peek->to_tag.at, tag, TAG_SIZE) == 0;
}

/* What a request should have had and has not, its answer has not either. */
static void put_header(struct out *out, const char *name, struct jf_sip_span value)
{
	if (!value.at)
		return;
	put(out, name, strlen(name));
	PUT(out, ": ");
	put_span(out, value);
	PUT(out, "\r\n");
}

static void put_vias(struct out *out, const struct jf_sip_peek *peek,
                     const struct jf_sip_refusal *refusal)
{
	const struct jf_sip_via *via = &peek->first;
	struct via_change change = {refusal->source_ip, refusal->source_port,
	                            jf_sip_oc_offered(peek) ? &refusal->oc : NULL};
	struct jf_sip_span left = peek->header, name, value;
	const char *end = peek->via.at + peek->via.length;
	bool first = true;

	if (peek->vias == 1 && !via->has_rport && !via->has_received && !via->has_oc &&
	    !via->has_oc_algo) {
		/* Nothing of it is replaced, which is how most of a flood look. */
		PUT(out, "Via: ");
		put(out, peek->via.at, (size_t)(via->end - peek->via.at));
		put_ours(out, &change);
		put(out, via->end, (size_t)(end - via->end));
		PUT(out, "\r\n");
		return;
	}
	while (jf_sip_peek_header(&left, &name, &value)) {
		if (!jf_sip_span_is(name, "via") && !jf_sip_span_is(name, "v"))
			continue;
		PUT(out, "Via: ");
		if (first)
			put_via(out, value, &change);
		else
			put_span(out, value);
		PUT(out, "\r\n");
		first = false;
	}
}

int jf_sip_refuse(const struct jf_sip_peek *peek, const struct jf_sip_refusal *refusal,
                  char *ret_text, size_t size)
{
	struct out out = {.at = ret_text, .left = size};
	char tag[TAG_SIZE + 1];

	if (!peek->request || !peek->via.at || peek->first.has_maddr)
		return -EBADMSG;
	PUT(&out, "SIP/2.0 ");
	put_number(&out, refusal->code);
	PUT(&out, " ");
	put_text(&out, refusal->reason);
	PUT(&out, "\r\n");
	put_vias(&out, peek, refusal);
	put_header(&out, "From", peek->from);
	if (peek->to.at && !peek->to_tag.at) {
		make_tag(peek, refusal->secret, tag);
		PUT(&out, "To: ");
		put_span(&out, peek->to);
		PUT(&out, ";tag=");
		put(&out, tag, TAG_SIZE);
		PUT(&out, "\r\n");
	} else {
		put_header(&out, "To", peek->to);
	}
	put_header(&out, "Call-ID", peek->call_id);
	put_header(&out, "CSeq", peek->cseq);
	if (refusal->retry_after_s) {
		PUT(&out, "Retry-After: ");
		put_number(&out, refusal->retry_after_s);
		PUT(&out, "\r\n");
	}
	PUT(&out, "Content-Length: " REFUSAL_END);
	return out.full ? -EMSGSIZE : (int)(size - out.left);
}

int jf_sip_refusal_pad(char *text, size_t length, size_t wanted)
{
	const size_t end = sizeof(REFUSAL_END) - 1;

	if (length < end || wanted < length)
		return -EINVAL;
	memset(text + length - end, ' ', wanted - length);
	memcpy(text + wanted - end, REFUSAL_END, end);
	return 0;
}

int jf_sip_oc_write(const struct jf_sip_peek *peek, const char *bytes, size_t length,
                    const struct jf_sip_oc *oc, char *ret_text, size_t size)
{
	struct via_change change = {.oc = oc};
	struct out out = {.at = ret_text, .left = size};
	const char *after = peek->via.at + peek->via.length;

	put(&out, bytes, (size_t)(peek->via.at - bytes));
	put_via(&out, peek->via, &change);
	put(&out, after, length - (size_t)(after - bytes));
	return out.full ? -EMSGSIZE : (int)(size - out.left);
}

uint64_t jf_sip_transaction_key(const struct jf_sip_peek *peek, const uint64_t secret[2])
{
	struct jf_sip_span branch = peek->first.branch;
	uint64_t key;

	key = jf_siphash(secret, branch.at, branch.at ? branch.length : 0) * 3 +
	      jf_siphash(secret, peek->call_id.at, peek->call_id.at ? peek->call_id.length : 0);
	return key ? key : 1;
}
