/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A caller who dials and an agent who hears it, on the path's bench: the caller's phone sends
 * audio, tones and events as time passes, and all that the agent is sent is kept to be looked at.
 */
#ifndef JF_DIGITS_LAB_H
#define JF_DIGITS_LAB_H

#include "jf_path_lab.h"

#include "jf_dtmf.h"
#include "jf_g711.h"
#include "jf_g722.h"

#define JF_DIAL_CALLER   0u
#define JF_DIAL_AGENT    1u
#define JF_DIAL_EVENTS   101
#define JF_DIAL_SENT_MAX 1000u

struct jf_dial_sent {
	struct jf_lab_frame frame;
	uint8_t payload[480];
};

/* The call of the running test. */
struct jf_dial {
	struct jf_dial_sent sent[JF_DIAL_SENT_MAX]; /* what the agent was sent */
	size_t n;
	uint16_t sequence; /* of the caller's next packet */
	uint32_t timestamp;
	uint8_t codec;
	struct jf_g722_encoder encoder; /* of the caller's phone */
};

extern struct jf_dial jf_dial;

struct jf_dial_ear {
	char keys[100];
	uint32_t longest_ts;
};

/* cmocka group fixture: jf_lab_begin and the detector's tables. */
int jf_dial_begin(void **state);

/* A call in which the caller dials in one form, and the agent takes another. */
void jf_dial_call(struct jf_lab *lab, uint8_t dials, uint8_t takes, uint8_t codec);
void jf_dial_set_forms(struct jf_lab *lab, uint32_t index, uint8_t rx, uint8_t tx, uint8_t codec);
int jf_dial_mask(struct jf_lab *lab, uint32_t index, bool on);

/* Time goes by; what is sent meanwhile is kept in jf_dial.sent, as in all that follow. */
void jf_dial_pass(struct jf_lab *lab, uint32_t ms);
void jf_dial_collect(struct jf_lab *lab);

/* The caller says so many samples, in packets of 20 ms, as time passes. */
void jf_dial_say(struct jf_lab *lab, enum jf_law law, const int16_t *samples, size_t n);

/* Speech of a kind: a hum that is no key. */
void jf_dial_hum(struct jf_lab *lab, enum jf_law law, uint32_t ms);

/* The caller presses a key: as a tone, or as an event of so many packets and their repeated end. */
void jf_dial_tone(struct jf_lab *lab, enum jf_law law, uint8_t event, uint32_t ms);
void jf_dial_event(struct jf_lab *lab, uint8_t event, uint32_t packets);

/* What control would read of the caller's digits. */
void jf_dial_digits(struct jf_lab *lab, struct jf_slot_digits *ret_digits);

/* One continuous stream: numbers go on by one, the time never goes back by more than a press. */
void jf_dial_check_stream(void);

/* The events among them: "5:800" is a press of 5 for 800; all the rules of RFC 4733 hold. */
void jf_dial_events_sent(char *ret_text, size_t size);

/* Which keys the agent hears, in the order in which audio came. */
struct jf_dial_ear jf_dial_keys_heard(enum jf_law law);

#endif
