/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why we refuse: one word for each reason, the same in `jf trace`, `jf status` and the log. For
 * those who run the engine only: a peer is told a status, and learns nothing of what is inside.
 * What another peer has refused and we pass on has no word.
 */
#ifndef JF_SIP_WHY_H
#define JF_SIP_WHY_H

/* A new call at the door: it has no state yet, and is told 503. */
#define JF_SIP_WHYS_DOOR(X)                                                                        \
	X(OVERLOAD, "overload") /* the loop can't carry more */                                    \
	X(WAITED, "waited")     /* let in, but stood in line for too long */                       \
	X(QUEUE, "queue")       /* no room in the line */                                          \
	X(DRAINING, "draining")                                                                    \
	X(CALLS, "calls")   /* as many calls as are allowed */                                     \
	X(MEDIA, "media")   /* no dataplane, or it is short of packet buffers */                   \
	X(MEMORY, "memory") /* as much as control may have */

/* A request, for what it is. */
#define JF_SIP_WHYS_REQUEST(X)                                                                     \
	X(RATE, "rate") /* a stranger sends too many: no answer */                                 \
	X(MALFORMED, "malformed")                                                                  \
	X(LARGE, "too-large")                                                                      \
	X(HOPS, "hops")           /* Max-Forwards is used up */                                    \
	X(EXTENSION, "extension") /* it requires one that we have not */                           \
	X(BODY, "body")           /* of a type that we don't take, or give */                      \
	X(METHOD, "method")                                                                        \
	X(SCHEME, "scheme")                                                                        \
	X(NO_DIALOG, "no-dialog")      /* it is about a dialog or transaction that is not there */ \
	X(ORDER, "order")              /* its CSeq is behind */                                    \
	X(NO_PRACK, "no-prack")        /* what we said reliably was not acknowledged */            \
	X(CROSSING, "crossing")        /* something else is open in the dialog */                  \
	X(SESSION, "session-interval") /* too short */                                             \
	X(OFFER, "offer")              /* nothing of its media that we can do or may */            \
	X(FAMILY, "address-family")    /* no media of ours in the caller's */                      \
	X(STATE, "state")              /* not in what the call or its agent does now */            \
	X(INTERNAL, "internal")        /* no memory, or an answer could not be made */

/* Who sent it. */
#define JF_SIP_WHYS_SENDER(X)                                                                      \
	X(TRUNK_UNKNOWN, "trunk-unknown") /* no trunk's address: to prove whose phone it is */     \
	X(UNPROVEN, "unproven")           /* the same, of a REGISTER */                            \
	X(STALE, "stale")                 /* the proof is of an old challenge */                   \
	X(PASSWORD, "password")           /* no such agent, wrong password, or another's name */   \
	X(LOCKED_OUT, "locked-out")                                                                \
	X(CONTACT, "contact")                                                                      \
	X(INTERVAL, "interval") /* of a registration: too short */

/* Whom it is for. */
#define JF_SIP_WHYS_CALLED(X)                                                                      \
	X(NUMBER, "number-unknown")                                                                \
	X(PORTS, "ports") /* no media port is free */                                              \
	X(BUSY, "busy")                                                                            \
	X(NO_ANSWER, "no-answer")                                                                  \
	X(NOT_REACHED, "not-reached")                                                              \
	X(RESTART, "restart") /* it was being set up when the engine ended */

/* The world outside: jf_outbound.h. */
#define JF_SIP_WHYS_OUTSIDE(X)                                                                     \
	X(TENANT_FORBIDDEN, "tenant-forbidden") /* it has no outgoing calls */                     \
	X(NUMBER_INVALID, "number-invalid")                                                        \
	X(NUMBER_DENIED, "number-denied")                                                          \
	X(NUMBER_NOT_ALLOWED, "number-not-allowed")                                                \
	X(TENANT_CALLS, "tenant-calls") /* the tenant's caps */                                    \
	X(TENANT_RATE, "tenant-rate")                                                              \
	X(TENANT_MINUTES, "tenant-minutes")                                                        \
	X(NO_TRUNK, "no-trunk") /* none carries the number */                                      \
	X(TRUNK_DOWN, "trunk-down")                                                                \
	X(TRUNK_UNREGISTERED, "trunk-unregistered")                                                \
	X(TRUNK_CALLS, "trunk-calls") /* the trunk's caps */                                       \
	X(TRUNK_RATE, "trunk-rate")                                                                \
	X(TRUNK_MINUTES, "trunk-minutes")                                                          \
	X(TRUNK_UNREACHABLE, "trunk-unreachable") /* no name, no media, no answer */

#define JF_SIP_WHYS(X)                                                                             \
	JF_SIP_WHYS_DOOR(X)                                                                        \
	JF_SIP_WHYS_REQUEST(X)                                                                     \
	JF_SIP_WHYS_SENDER(X)                                                                      \
	JF_SIP_WHYS_CALLED(X)                                                                      \
	JF_SIP_WHYS_OUTSIDE(X)

enum jf_sip_why {
	JF_SIP_WHY_NONE,
#define X(name, word) JF_SIP_WHY_##name,
	JF_SIP_WHYS(X)
#undef X
	        JF_SIP_WHY_COUNT
};

#define JF_SIP_WHY_DOOR_END JF_SIP_WHY_RATE /* those of the door are before this one */

/* "" of NONE. */
const char *jf_sip_why_word(enum jf_sip_why why);

#endif
