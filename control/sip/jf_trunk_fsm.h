/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trunk's two machines, pure: whether what it sends calls to answers (health), and whether it is
 * registered there (RFC 3261 10.2). No clock, no network: jf_trunk.c carries the actions out.
 */
#ifndef JF_TRUNK_FSM_H
#define JF_TRUNK_FSM_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Health, of one destination ---- */

#define JF_TRUNK_HEALTHS(X)                                                                        \
	X(UNKNOWN, "unknown") /* not asked yet, or never asked */                                  \
	X(UP, "up")                                                                                \
	X(DOUBTED, "doubted") /* silent once: asked again at once, still used */                   \
	X(DOWN, "down")

enum jf_trunk_health {
#define X(name, text) JF_TRUNK_##name,
	JF_TRUNK_HEALTHS(X)
#undef X
	        JF_TRUNK_HEALTH_COUNT
};

enum jf_trunk_health_input {
	JF_TRUNK_ON_ANSWER, /* to OPTIONS: anything but 408, 500 and 503 */
	JF_TRUNK_ON_SILENCE,
	JF_TRUNK_ON_CALL_ANSWER, /* a call got a response there */
	JF_TRUNK_ON_CALL_SILENCE,
	JF_TRUNK_ON_RESTED, /* never asked: it may be tried again */
	JF_TRUNK_HEALTH_INPUT_COUNT,
};

enum {
	JF_TRUNK_DO_ASK_NOW = 1 << 0,
	JF_TRUNK_DO_ASK_LATER = 1 << 1,
	JF_TRUNK_DO_TELL = 1 << 2, /* the state that others see has changed */
	JF_TRUNK_DO_REST = 1 << 3, /* if it is never asked */
};

struct jf_trunk_health_step {
	enum jf_trunk_health next;
	unsigned actions;
};

struct jf_trunk_health_step jf_trunk_health_step(enum jf_trunk_health state,
                                                 enum jf_trunk_health_input input);

const char *jf_trunk_health_name(enum jf_trunk_health health);

/* ---- Registration ---- */

#define JF_TRUNK_REGISTRATIONS(X)                                                                  \
	X(OFF, "none")                                                                             \
	X(TRYING, "registering") /* REGISTER is out */                                             \
	X(PROVING, "proving")    /* ... with our answer to its challenge */                        \
	X(REGISTERED, "registered")                                                                \
	X(WAITING, "waiting") /* it failed: tried again soon, later each time */                   \
	X(REFUSED, "refused") /* it says no: tried again rarely */

enum jf_trunk_registration {
#define X(name, text) JF_TRUNK_REGISTRATION_##name,
	JF_TRUNK_REGISTRATIONS(X)
#undef X
	        JF_TRUNK_REGISTRATION_COUNT
};

enum jf_trunk_registration_input {
	JF_TRUNK_ON_START,
	JF_TRUNK_ON_DUE,        /* its time has come */
	JF_TRUNK_ON_GRANTED,    /* 200 */
	JF_TRUNK_ON_CHALLENGED, /* 401, 407; in PROVING: the answer was wrong */
	JF_TRUNK_ON_STALE,      /* ... or only old */
	JF_TRUNK_ON_BRIEF,      /* 423: longer, please */
	JF_TRUNK_ON_DENIED,     /* another final 4xx or 6xx, or a challenge we don't answer */
	JF_TRUNK_ON_FAILED,     /* no response, not sent, 408, 5xx */
	JF_TRUNK_ON_STOP,
	JF_TRUNK_REGISTRATION_INPUT_COUNT,
};

enum {
	JF_TRUNK_DO_SEND = 1 << 0,
	JF_TRUNK_DO_PROVE = 1 << 1,
	JF_TRUNK_DO_REFRESH = 1 << 2, /* arm the timer: before it expires, ... */
	JF_TRUNK_DO_RETRY = 1 << 3,   /* ... after the back-off, ... */
	JF_TRUNK_DO_RETRY_RARELY = 1 << 4,
	JF_TRUNK_DO_ALARM = 1 << 5,
	JF_TRUNK_DO_REGISTRATION_TELL = 1 << 6,
	JF_TRUNK_DO_REMOVE = 1 << 7, /* REGISTER with Expires: 0, not waited for */
};

struct jf_trunk_registration_step {
	enum jf_trunk_registration next;
	unsigned actions;
};

/* An input that can't be in that state changes nothing. */
struct jf_trunk_registration_step
jf_trunk_registration_step(enum jf_trunk_registration state,
                           enum jf_trunk_registration_input input);

const char *jf_trunk_registration_name(enum jf_trunk_registration registration);

/* ---- Times; random: any number, the same gives the same ---- */

/* A registration is refreshed after 80 to 90 % of what was granted, at least 5 s before its end. */
uint32_t jf_trunk_refresh_ms(uint32_t granted_s, uint32_t random);

/* After so many failures in a row (from 1): 2 s, doubled each time up to 120 s, half of it up to
 * all of it (RFC 5626 section 4.5, quicker: calls wait for it). */
uint32_t jf_trunk_retry_ms(uint32_t failures, uint32_t random);

#define JF_TRUNK_REFUSED_RETRY_MS 600000u /* and half as much more at most */
uint32_t jf_trunk_refused_retry_ms(uint32_t random);

#endif
