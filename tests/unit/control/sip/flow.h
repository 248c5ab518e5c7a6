/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole calls on a wire that loses, doubles or delays one of their messages: a peer that keeps to
 * RFC 3261 (it sends again what is not answered, and answers again what comes again), an owner with
 * several legs, and virtual time. A flow is a function that says what peer and owner do; it is
 * played once unharmed, and then once for each harm to each message.
 */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "sip_lab.h"

#define FLOW_LEGS 4

#define FLOW_SDP                                                                                   \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define FLOW_SDP_MOVED                                                                             \
	"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"                \
	"m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

enum flow_harm {
	FLOW_UNHARMED,
	FLOW_LOST,
	FLOW_DOUBLED,
	FLOW_DELAYED, /* long enough for what is behind it to overtake it, and for a repetition */
};

/* What the owner of one leg was told. Legs in the order of their begin. */
struct flow_leg {
	struct jf_leg *leg; /* NULL before it begins and after its end */
	unsigned incoming, provisional, early, answered, confirmed, reoffered, reanswered, referred,
	        redirected, ended;
	uint16_t code; /* of the last event */
	enum jf_leg_end end;
	uint16_t rtp_port; /* of the last description */
	uint64_t replaces, refer_replaces;
};

extern struct flow_leg flow_legs[FLOW_LEGS];
extern unsigned flow_leg_count;

/* How the peer takes our INVITE: provisional and final responses, each after its pause. A final one
 * of 0 is the last of the list: it never answers. */
struct flow_answer {
	uint16_t code;
	uint16_t pause_ms;
	const char *tag;
	const char *headers; /* "Require: 100rel..." makes it a reliable one */
	const char *body;
};

/* The peer's side of a dialog. */
struct flow_dialog;

/* Plays the flow unharmed and with each harm to each message, and asserts after each that no leg
 * and no timer is left. */
void flow_play(const char *name, void (*flow)(void));

/* --- within a flow --- */

/* The peer calls us. */
struct flow_dialog *flow_invite(const char *headers, const char *body);
/* ... sends a request in the dialog; again and again until it is answered. */
void flow_request(struct flow_dialog *dialog, const char *method, const char *headers,
                  const char *body);
void flow_cancel(struct flow_dialog *dialog);
/* The final response to the peer's last request of that method in the dialog; 0: none yet. */
unsigned flow_result(const struct flow_dialog *dialog, const char *method);
/* In ACK of its INVITEs from now on. */
void flow_ack_body(struct flow_dialog *dialog, const char *body);
const char *flow_replaces(const struct flow_dialog *dialog); /* "callid;to-tag=..;from-tag=.." */

/* We call the peer; the leg's index. The dialog that it makes there: flow_called. */
unsigned flow_call(const struct flow_answer *answers, const struct jf_leg_target *more);
struct flow_dialog *flow_called(unsigned call);

/* The peer answers our re-INVITEs from now on with this, instead of 200 and SDP. */
void flow_reinvite_code(uint16_t code);

/* Lets time pass. until: at most 40 s, then the flow has failed. */
void flow_pass_ms(unsigned ms);
#define flow_until(condition)                                                                      \
	do {                                                                                       \
		unsigned waited_ms = 0;                                                            \
		while (!(condition)) {                                                             \
			if (waited_ms > 40000)                                                     \
				flow_fail(#condition, __LINE__);                                   \
			flow_pass_ms(10);                                                          \
			waited_ms += 10;                                                           \
		}                                                                                  \
	} while (0)
#define flow_assert(condition)                                                                     \
	do {                                                                                       \
		if (!(condition))                                                                  \
			flow_fail(#condition, __LINE__);                                           \
	} while (0)
void flow_fail(const char *what, int line) __attribute__((noreturn));

/* How often the peer got a request of ours of that method, repetitions not counted. */
unsigned flow_got(const char *method);
/* The last body of such a request. */
const char *flow_got_body(const char *method);

#endif
