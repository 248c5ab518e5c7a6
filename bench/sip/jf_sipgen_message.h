/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SIP messages as the generator of calls needs them: what an engine or a proxy sends is read into
 * pieces that point into the datagram, and answers are put together from those pieces. Headers are
 * found by their long names in any case; folded lines aren't supported, nobody here sends any.
 */
#ifndef JF_SIPGEN_MESSAGE_H
#define JF_SIPGEN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_SIPGEN_MESSAGE_MAX 4096u /* bytes of a datagram */
#define JF_SIPGEN_LINES_MAX   8u    /* of Via, and of Record-Route */

enum jf_sipgen_method {
	JF_SIPGEN_INVITE,
	JF_SIPGEN_ACK,
	JF_SIPGEN_BYE,
	JF_SIPGEN_CANCEL,
	JF_SIPGEN_OPTIONS,
	JF_SIPGEN_REGISTER,
	JF_SIPGEN_OTHER,
};

/* A piece of the datagram, or of other text; at NULL: not there. */
struct jf_sipgen_text {
	const char *at;
	uint32_t length;
};

struct jf_sipgen_message {
	uint16_t code;                /* 0: a request */
	enum jf_sipgen_method method; /* of a response: CSeq's */
	uint32_t n_vias, n_record_routes;
	struct jf_sipgen_text vias[JF_SIPGEN_LINES_MAX]; /* values, in the order of the message */
	struct jf_sipgen_text record_routes[JF_SIPGEN_LINES_MAX];
	struct jf_sipgen_text from, to, call_id, cseq; /* values */
	struct jf_sipgen_text contact;                 /* its URI, without brackets */
	struct jf_sipgen_text authenticate;            /* the WWW-Authenticate with MD5 */
};

/* false: no SIP message, or one without From, To, Call-ID, CSeq or Via. */
bool jf_sipgen_message_read(const char *bytes, size_t length,
                            struct jf_sipgen_message *ret_message);

/* The number behind prefix at the beginning of a URI's user part in From or To ("<sip:PREFIX17@"),
 * or of the tag (";tag=PREFIX17"). -1: there is none. */
int64_t jf_sipgen_user_number(struct jf_sipgen_text value, const char *prefix);
int64_t jf_sipgen_tag_number(struct jf_sipgen_text value, const char *prefix);

/* The value of a parameter such as nonce in a challenge, without quotes; at NULL: not there. */
struct jf_sipgen_text jf_sipgen_parameter(struct jf_sipgen_text value, const char *name);

/* ---- Writing -------------------------------------------------------------------------------- */

/* Text that grows in a place of fixed size; what doesn't fit sets full. */
struct jf_sipgen_buffer {
	char *bytes;
	uint32_t size, length;
	bool full;
};

void jf_sipgen_add(struct jf_sipgen_buffer *buffer, const char *text);
void jf_sipgen_add_text(struct jf_sipgen_buffer *buffer, struct jf_sipgen_text text);
void jf_sipgen_add_number(struct jf_sipgen_buffer *buffer, uint64_t number);

/* An answer up to and without the headers of the body: status line, Via, Record-Route, From, To,
 * Call-ID, CSeq. to_tag: put behind To unless that has a tag; or NULL. */
void jf_sipgen_add_response(struct jf_sipgen_buffer *buffer,
                            const struct jf_sipgen_message *request, const char *status,
                            const char *to_tag);

#endif
