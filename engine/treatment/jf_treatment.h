/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a caller hears while it waits, and what its keys do: music, and at the queue's interval its
 * place and the estimated wait, when they have become better since they were told last; else the
 * next of the comfort messages. A key leaves for voicemail, another for a callback, whose number is
 * read out and confirmed, or entered.
 *
 * Pure: an event in, the next state and what to do out; the owner plays, keeps the one timer (due)
 * and tells when what it played is over. Nothing here holds up an offer: when an agent is claimed
 * (ASIDE) a question about the number is dropped and an announcement may come to its end.
 */
#ifndef JF_TREATMENT_H
#define JF_TREATMENT_H

#include <stdbool.h>
#include <stdint.h>

#define JF_TREATMENT_NUMBER_MAX  32u   /* of a number entered, with the terminating NUL */
#define JF_TREATMENT_NUMBER_MIN  3u    /* digits */
#define JF_TREATMENT_KEY_MS      8000u /* without a key a question is dropped, after it was asked */
#define JF_TREATMENT_QUESTION_MS 40000u /* longer than any is */

#define JF_TREATMENT_STATES(X)                                                                     \
	X(MUSIC, "music")                                                                          \
	X(SPEAKING, "speaking")     /* an announcement or a comfort message */                     \
	X(CONFIRMING, "confirming") /* the number to call was read out: 1 that one, 2 another */   \
	X(ENTERING, "entering")     /* of another one; # ends it, * begins anew */                 \
	X(ASIDE, "aside")           /* an agent is called */                                       \
	X(LEFT, "left")             /* it has gone for a callback or voicemail */

enum jf_treatment_state {
#define X(name, text) JF_TREATMENT_##name,
	JF_TREATMENT_STATES(X)
#undef X
	        JF_TREATMENT_STATE_COUNT
};

#define JF_TREATMENT_EVENTS(X)                                                                     \
	X(DUE, "due")       /* the time that was asked for has come */                             \
	X(PLAYED, "played") /* what was to be said is said */                                      \
	X(CALLBACK, "callback")                                                                    \
	X(VOICEMAIL, "voicemail")                                                                  \
	X(YES, "yes")                                                                              \
	X(OTHER, "other")                                                                          \
	X(DIGIT, "digit")                                                                          \
	X(ERASE, "erase")                                                                          \
	X(ENTERED, "entered") /* enough digits, and # */                                           \
	X(TOO_FEW, "too-few")                                                                      \
	X(OFFERED, "offered") /* an agent is claimed */                                            \
	X(BACK, "back")       /* ... and did not answer */

enum jf_treatment_event {
#define X(name, text) JF_TREATMENT_EVENT_##name,
	JF_TREATMENT_EVENTS(X)
#undef X
	        JF_TREATMENT_EVENT_COUNT
};

/* What the owner is to do. */
enum jf_treatment_do {
	JF_TREATMENT_DO_NOTHING,
	JF_TREATMENT_DO_MUSIC,
	JF_TREATMENT_DO_ANNOUNCE,      /* say */
	JF_TREATMENT_DO_COMFORT,       /* comfort */
	JF_TREATMENT_DO_INVITE,        /* to a survey, once */
	JF_TREATMENT_DO_READ_NUMBER,   /* number, and which key to press */
	JF_TREATMENT_DO_ASK_NUMBER,    /* that it be entered */
	JF_TREATMENT_DO_SAY_WRONG,     /* that is no number; it is asked for again */
	JF_TREATMENT_DO_TAKE_CALLBACK, /* to number */
	JF_TREATMENT_DO_TAKE_VOICEMAIL,
};

struct jf_treatment_policy {
	uint64_t first_ns, every_ns; /* every 0: nothing is announced */
	bool position, estimate;
	uint32_t n_comfort;
	char callback_key, voicemail_key; /* '\0': none */
	bool confirms;                    /* the callback's number is read out first */
	bool invites;                     /* to a survey: not done yet */
};

/* As it is now. */
struct jf_treatment_facts {
	uint32_t position;    /* from 1; 0: not known */
	uint64_t estimate_ns; /* meaningful if known */
	bool estimate_known;  /* somebody is logged in, and there is something to go by */
};

struct jf_treatment {
	enum jf_treatment_state state;
	uint64_t next_ns;                     /* of announcements */
	uint64_t until_ns;                    /* of a question */
	uint32_t told_position, told_minutes; /* 0: not told yet */
	uint32_t next_comfort, told;
	char number[JF_TREATMENT_NUMBER_MAX];
	uint8_t n_digits;
};

struct jf_treatment_step {
	enum jf_treatment_do does;
	uint32_t position; /* to announce; 0: not */
	uint32_t minutes;  /* to announce, rounded up; 0: not */
	uint32_t comfort;  /* which of them, from 0 */
};

/* Whoever enters the queue. number: of the caller, NULL or "" when it is not known or hidden. */
void jf_treatment_begin(struct jf_treatment *t, const struct jf_treatment_policy *policy,
                        const char *number, uint64_t now_ns);

/* A key of the caller's. */
struct jf_treatment_step jf_treatment_key(struct jf_treatment *t,
                                          const struct jf_treatment_policy *policy, char key,
                                          uint64_t now_ns);

/* Anything else; facts are looked at for DUE alone, and may be NULL. */
struct jf_treatment_step jf_treatment_event(struct jf_treatment *t,
                                            const struct jf_treatment_policy *policy,
                                            enum jf_treatment_event event,
                                            const struct jf_treatment_facts *facts,
                                            uint64_t now_ns);

/* When DUE is to come; 0: never. */
uint64_t jf_treatment_due_ns(const struct jf_treatment *t);

/* Whether a question about the number waits for keys. */
bool jf_treatment_asks(const struct jf_treatment *t);

const char *jf_treatment_state_name(enum jf_treatment_state state);

#endif
