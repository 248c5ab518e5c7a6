// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "jf_sip_grammar.h"

#define VERSION          "SIP/2.0"
#define MAGIC            "z9hG4bK"
#define HEADERS_MAX      256
#define CSEQ_MAX         INT32_MAX /* RFC 3261 8.1.1.5 */
#define MAX_FORWARDS_MAX 255

/* Headers that are looked at, and those of which there may be one only. */
enum header {
	OTHER,
	VIA,
	FROM,
	TO,
	CALL_ID,
	CSEQ,
	CONTACT,
	MAX_FORWARDS,
	CONTENT_LENGTH,
	CONTENT_TYPE,
	EXPIRES,
	MIN_EXPIRES,
	REFER_TO,
	REFERRED_BY,
	REPLACES,
	SESSION_EXPIRES,
	MIN_SE,
	RACK,
	RSEQ,
	HEADER_COUNT
};

static const struct {
	const char *name;
	char compact; /* RFC 3261 7.3.3 and its like; 0: none */
	bool repeats;
	const char *refusal; /* of one too many, or too few */
} headers[HEADER_COUNT] = {
        [OTHER] = {"", 0, true, NULL},
        [VIA] = {"Via", 'v', true, "Missing Via"},
        [FROM] = {"From", 'f', false, "Missing Or Repeated From"},
        [TO] = {"To", 't', false, "Missing Or Repeated To"},
        [CALL_ID] = {"Call-ID", 'i', false, "Missing Or Repeated Call-ID"},
        [CSEQ] = {"CSeq", 0, false, "Missing Or Repeated CSeq"},
        [CONTACT] = {"Contact", 'm', true, NULL},
        [MAX_FORWARDS] = {"Max-Forwards", 0, false, "Repeated Max-Forwards"},
        [CONTENT_LENGTH] = {"Content-Length", 'l', false, "Repeated Content-Length"},
        [CONTENT_TYPE] = {"Content-Type", 'c', false, "Repeated Content-Type"},
        [EXPIRES] = {"Expires", 0, false, "Repeated Expires"},
        [MIN_EXPIRES] = {"Min-Expires", 0, false, "Repeated Min-Expires"},
        [REFER_TO] = {"Refer-To", 'r', false, "Repeated Refer-To"},
        [REFERRED_BY] = {"Referred-By", 'b', false, "Repeated Referred-By"},
        [REPLACES] = {"Replaces", 0, false, "Repeated Replaces"},
        [SESSION_EXPIRES] = {"Session-Expires", 'x', false, "Repeated Session-Expires"},
        [MIN_SE] = {"Min-SE", 0, false, "Repeated Min-SE"},
        [RACK] = {"RAck", 0, false, "Repeated RAck"},
        [RSEQ] = {"RSeq", 0, false, "Repeated RSeq"},
};

struct message {
	struct jf_slice rest; /* not looked at yet */
	const char *bytes;
	bool stream;
	struct jf_slice method;
	struct jf_slice uri;
	struct jf_slice top_via; /* the value of the first Via line */
	unsigned vias;           /* elements, of all lines */
	struct jf_sip_via via;   /* the topmost */
	bool contact_is_all;     /* "*" */
	unsigned contacts;
	struct jf_slice value[HEADER_COUNT]; /* the first of each */
	unsigned count[HEADER_COUNT];
	struct jf_sip_check *check;
};

/* The first fault counts, but for what no answer can be made of. */
static bool refuse(struct message *m, uint16_t code, const char *reason)
{
	struct jf_sip_check *check = m->check;

	if (check->verdict == JF_SIP_CHECK_SERVE) {
		check->verdict = JF_SIP_CHECK_REFUSE;
		check->code = code;
		check->reason = reason;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* --- lines --- */

/* A control character may stand in a quoted string, after a backslash (RFC 3261 25.1). */
static bool is_clean(struct jf_slice line)
{
	for (size_t i = 0; i < line.length; i++) {
		unsigned char c = (unsigned char)line.at[i];

		if (c == '\\')
			i++;
		else if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Up to CRLF, which is taken as well. false: there is none, or half of one. */
static bool take_line(struct jf_slice *rest, struct jf_slice *ret_line)
{
	const char *lf = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	size_t n = lf ? (size_t)(lf - rest->at) : 0;

	if (!lf || n == 0 || lf[-1] != '\r')
		return false;
	*ret_line = (struct jf_slice){.at = rest->at, .length = n - 1};
	rest->at += n + 1;
	rest->length -= n + 1;
	return memchr(ret_line->at, '\r', ret_line->length) == NULL;
}

/* A header with the lines folded into it. */
static bool take_header(struct jf_slice *rest, struct jf_slice *ret_header, bool *ret_clean)
{
	struct jf_slice line;

	if (!take_line(rest, ret_header))
		return false;
	*ret_clean = is_clean(*ret_header);
	while (ret_header->length && rest->length && is_blank(rest->at[0])) {
		if (!take_line(rest, &line))
			return false;
		*ret_clean = *ret_clean && is_clean(line);
		ret_header->length = (size_t)(line.at + line.length - ret_header->at);
	}
	return true;
}

/* --- the start line --- */

static size_t word_length(struct jf_slice text)
{
	size_t n = 0;

	while (n < text.length && text.at[n] != ' ')
		n++;
	return n;
}

static bool check_version(struct message *m, struct jf_slice version)
{
	if (version.length < 4 || strncasecmp(version.at, "SIP/", 4) != 0) {
		m->check->verdict = JF_SIP_CHECK_DROP; /* who knows what it is */
		return false;
	}
	return jf_slice_is_nocase(version, VERSION) || refuse(m, 505, "Version Not Supported");
}

static void check_uri(struct message *m)
{
	bool has_headers;

	if (!jf_sip_is_uri(m->uri, &has_headers))
		refuse(m, 400, "Bad Request-URI");
	else if (has_headers)
		refuse(m, 400, "Headers In Request-URI");
}

/* Method SP Request-URI SP SIP-Version; what is between and around too much is a fault. */
static void check_request_line(struct message *m, struct jf_slice line)
{
	size_t end = line.length, n = word_length(line);
	struct jf_slice version;

	m->method = (struct jf_slice){.at = line.at, .length = n};
	while (end && is_blank(line.at[end - 1]))
		end--;
	version.at = line.at + end;
	while (version.at > line.at && !is_blank(version.at[-1]))
		version.at--;
	version.length = (size_t)(line.at + end - version.at);
	if (!jf_sip_is_token(m->method) || version.at <= line.at + n + 1) {
		m->check->verdict = JF_SIP_CHECK_DROP;
		return;
	}
	if (!check_version(m, version))
		return;
	m->uri.at = line.at + n + 1;
	m->uri.length = (size_t)(version.at - 1 - m->uri.at);
	if (end != line.length)
		refuse(m, 400, "Bad Request Line");
	else
		check_uri(m);
}

static void check_status_line(struct message *m, struct jf_slice line)
{
	static const size_t n = sizeof(VERSION) - 1;
	struct jf_slice code = {.at = line.at + n + 1, .length = 3};
	uint32_t value;

	if (line.length < n + 5 || strncasecmp(line.at, VERSION " ", n + 1) != 0 ||
	    line.at[n + 4] != ' ' || !jf_slice_u32(code, &value) || value < 100 || value > 699)
		m->check->verdict = JF_SIP_CHECK_DROP;
}

/* --- headers --- */

static enum header header_of(struct jf_slice name)
{
	for (enum header i = OTHER + 1; i < HEADER_COUNT; i++)
		if (jf_slice_is_nocase(name, headers[i].name) ||
		    (name.length == 1 && headers[i].compact &&
		     tolower((unsigned char)name.at[0]) == headers[i].compact))
			return i;
	return OTHER;
}

static void check_via(struct message *m, struct jf_slice value)
{
	struct jf_slice element;

	if (!m->vias)
		m->top_via = value;
	while (jf_sip_list_next(&value, &element)) {
		struct jf_sip_via via;

		if (!jf_sip_via_read(element, &via))
			refuse(m, 400, "Bad Via");
		else if (!m->vias)
			m->via = via;
		m->vias++;
	}
}

static void check_contact(struct message *m, struct jf_slice value)
{
	struct jf_sip_address address;
	struct jf_slice element;

	while (jf_sip_list_next(&value, &element)) {
		if (jf_slice_is(element, "*"))
			m->contact_is_all = true;
		else if (!jf_sip_address_read(element, &address))
			refuse(m, 400, "Bad Contact");
		m->contacts++;
	}
}

/* name HCOLON value (RFC 3261 7.3.1); white space before the colon is as good as none. */
static bool check_header(struct message *m, struct jf_slice header)
{
	const char *colon = memchr(header.at, ':', header.length);
	struct jf_slice name = {.at = header.at}, value;
	enum header which;

	if (!colon)
		return refuse(m, 400, "Header Without Colon");
	name.length = (size_t)(colon - header.at);
	while (name.length && is_blank(name.at[name.length - 1]))
		name.length--;
	if (!jf_sip_is_token(name))
		return refuse(m, 400, "Bad Header Name");
	value.at = colon + 1;
	value.length = (size_t)(header.at + header.length - value.at);
	value = jf_slice_trim(value);
	which = header_of(name);
	if (!m->count[which]++)
		m->value[which] = value;
	if (which == VIA)
		check_via(m, value);
	else if (which == CONTACT)
		check_contact(m, value);
	return true;
}

static void check_headers(struct message *m)
{
	struct jf_slice header;
	unsigned n = 0;
	bool clean;

	if (m->rest.length && is_blank(m->rest.at[0]))
		refuse(m, 400, "Folded Start Line");
	for (;;) {
		if (!take_header(&m->rest, &header, &clean)) {
			refuse(m, 400, "Broken Line End");
			return;
		}
		if (!header.length)
			return;
		if (!clean)
			refuse(m, 400, "Control Character");
		if (++n > HEADERS_MAX) {
			refuse(m, 400, "Too Many Headers");
			return;
		}
		check_header(m, header);
	}
}

/* --- the whole --- */

static void check_counts(struct message *m)
{
	for (enum header i = OTHER + 1; i < HEADER_COUNT; i++) {
		bool needed = i >= VIA && i <= CSEQ;

		if ((needed && !m->count[i]) || (!headers[i].repeats && m->count[i] > 1))
			refuse(m, 400, headers[i].refusal);
	}
}

static bool is_sip(struct jf_slice uri)
{
	return (uri.length > 4 && strncasecmp(uri.at, "sip:", 4) == 0) ||
	       (uri.length > 5 && strncasecmp(uri.at, "sips:", 5) == 0);
}

static void check_parties(struct message *m)
{
	struct jf_sip_address address;
	struct jf_slice tag;

	if (m->value[FROM].at) {
		if (!jf_sip_address_read(m->value[FROM], &address))
			refuse(m, 400, "Bad From");
		else if (!jf_sip_param_get(address.params, "tag", &tag))
			refuse(m, 400, "From Without Tag");
	}
	if (m->value[TO].at) {
		if (!jf_sip_address_read(m->value[TO], &address))
			refuse(m, 400, "Bad To");
		else if (jf_slice_is(m->method, "REGISTER") && !is_sip(address.uri))
			refuse(m, 400, "Bad Address Of Record");
	}
	if (m->count[CALL_ID] && (!m->value[CALL_ID].length ||
	                          memchr(m->value[CALL_ID].at, ' ', m->value[CALL_ID].length)))
		refuse(m, 400, "Bad Call-ID");
	if (m->contact_is_all && (m->contacts > 1 || !jf_slice_is(m->method, "REGISTER")))
		refuse(m, 400, "Bad Contact");
}

/* A method that nobody knows is told so (501) by whoever serves it, also with another's CSeq. */
static bool is_known(struct jf_slice method)
{
	static const char *const known[] = {"ACK",     "BYE",      "CANCEL",    "INFO",  "INVITE",
	                                    "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK", "PUBLISH",
	                                    "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (jf_slice_is(method, known[i]))
			return true;
	return false;
}

static void check_cseq(struct message *m)
{
	struct jf_slice number = m->value[CSEQ], method;
	size_t n = 0;
	uint32_t value;

	if (!number.at)
		return;
	while (n < number.length && isdigit((unsigned char)number.at[n]))
		n++;
	method.at = number.at + n;
	method.length = number.length - n;
	number.length = n;
	if (!jf_slice_u32(number, &value) || value > CSEQ_MAX || !method.length ||
	    !strchr(" \t\r", method.at[0]) || !jf_sip_is_token(jf_slice_trim(method)))
		refuse(m, 400, "Bad CSeq");
	else if (m->check->request && is_known(m->method) &&
	         !jf_slice_same(jf_slice_trim(method), m->method))
		refuse(m, 400, "CSeq Of Another Method");
}

static void check_numbers(struct message *m)
{
	uint32_t value;

	if (m->count[MAX_FORWARDS] &&
	    (!jf_slice_u32(m->value[MAX_FORWARDS], &value) || value > MAX_FORWARDS_MAX))
		refuse(m, 400, "Bad Max-Forwards");
	if (m->count[CONTENT_LENGTH]) {
		if (!jf_slice_u32(m->value[CONTENT_LENGTH], &value) || value > m->rest.length)
			refuse(m, 400, "Bad Content-Length");
	} else if (m->stream) {
		refuse(m, 400, "Missing Content-Length");
	}
}

static uint64_t fold(uint64_t hash, struct jf_slice text)
{
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
	return (hash ^ 0x1f) * UINT64_C(0x100000001b3);
}

/* RFC 3261 17.2.3: what made a transaction before there were branches, ACK and CANCEL included. */
static void make_branch(struct message *m)
{
	struct jf_slice cseq = m->value[CSEQ], tag = {0};
	struct jf_sip_address from;
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	size_t n = 0;

	while (n < cseq.length && isdigit((unsigned char)cseq.at[n]))
		n++;
	cseq.length = n;
	if (jf_sip_address_read(m->value[FROM], &from))
		(void)jf_sip_param_get(from.params, "tag", &tag);
	hash = fold(fold(hash, m->uri), m->value[CALL_ID]);
	hash = fold(fold(fold(hash, cseq), tag), m->top_via);
	snprintf(m->check->branch, sizeof(m->check->branch), ";branch=jf2543-%016" PRIx64, hash);
	m->check->branch_at = (size_t)(m->via.params.at - m->bytes);
}

static void check_branch(struct message *m)
{
	struct jf_slice branch;

	if (!m->via.sent_by.at)
		return;
	if (!jf_sip_param_get(m->via.params, "branch", &branch))
		make_branch(m);
	else if (jf_slice_is_nocase(branch, MAGIC))
		refuse(m, 400, "Empty Branch");
}

void jf_sip_check(const char *bytes, size_t length, bool stream, struct jf_sip_check *ret_check)
{
	struct message m = {.rest = {bytes, length}, .bytes = bytes, .stream = stream};
	struct jf_slice line;

	m.check = ret_check;
	*ret_check = (struct jf_sip_check){.request = true};
	if (!take_line(&m.rest, &line)) {
		ret_check->verdict = JF_SIP_CHECK_DROP;
		return;
	}
	ret_check->request = line.length < 4 || strncasecmp(line.at, "SIP/", 4) != 0;
	if (ret_check->request)
		check_request_line(&m, line);
	else
		check_status_line(&m, line);
	if (ret_check->verdict == JF_SIP_CHECK_DROP)
		return;
	if (!is_clean(line))
		refuse(&m, 400, "Control Character");
	check_headers(&m);
	check_counts(&m);
	check_parties(&m);
	check_cseq(&m);
	check_numbers(&m);
	if (ret_check->request)
		check_branch(&m);
	else if (m.vias != 1) /* RFC 3261 8.1.3.3 */
		ret_check->verdict = JF_SIP_CHECK_DROP;
	if (ret_check->verdict == JF_SIP_CHECK_REFUSE &&
	    (!ret_check->request || jf_slice_is(m.method, "ACK") || !m.count[VIA]))
		ret_check->verdict = JF_SIP_CHECK_DROP;
}
