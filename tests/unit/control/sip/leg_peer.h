/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other end of the wire for tests of legs: a peer that writes requests and responses, and an
 * owner that notes what it was told. Each expect_ looks at the next message that we sent.
 */
#ifndef LEG_PEER_H
#define LEG_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "sip_lab.h"

#define SDP                                                                                        \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

/* What the owner was told. */
extern struct leg_peer_owner {
	struct jf_leg *leg;
	unsigned incoming;
	char number[64];
	char from_user[64];
	char from_name[64];
	char asserted[64];
	bool offered;
	uint64_t replaces;
	unsigned events;
	struct jf_leg_event last;
	bool has_media;
	struct jf_media_desc media;
	unsigned refers;
	char refer_uri[256];
	char refer_user[64];
	char refer_by[256];
	char refer_header[400];
	uint64_t refer_replaces;
	struct jf_leg_redirect redirect;
	unsigned ended;
	enum jf_leg_end end;
	uint16_t end_code;
} owner;

/* cmocka's setup: a stack on the wire, all noted forgotten. Its teardown is sip_lab_stop. */
int leg_peer_setup(void **state);

/* A request of the peer; to_tag: "" outside of a dialog. extra: header lines. */
void request(const char *method, unsigned cseq, const char *to_tag, const char *extra,
             const char *body);

/* A response of the peer to our request to. */
void respond(const char *to, unsigned code, const char *tag, const char *extra, const char *body);

const char *expect_response(unsigned code, const char *method);
const char *expect_request(const char *method);
void expect_nothing(void);

const char *tag_of(const char *header);
const char *rack_of(const char *provisional); /* the header line, until the next call */

/* Keeps a message beyond the next look at the wire. */
const char *keep(const char *message);

/* An incoming call up to ACK; our tag. */
const char *establish(void);

/* The peer cancels what it called with CSeq 1, and all is over. */
void peer_cancels(void);

/* An outgoing call with INVITE out; the INVITE. call_target: with more that is wished for. */
const char *call_phone(void);
const char *call_target(const struct jf_leg_target *target);

/* ... up to ACK. */
void establish_phone(void);

#endif
