/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a directory says about callers who wait in a queue, leave it, or are asked how it was.
 *
 *   queues:
 *     - name: billing
 *       announce: {position: true, estimated_wait: true, first_s: 0, every_s: 30,
 *                  comfort: [patience.wav], language: en, prompts: /usr/share/acme/prompts}
 *       leave: {callback_key: "1", voicemail_key: "2"}
 *       callback: {first: agent, attempts: 3, retry_s: 300, ring_s: 30, confirm: true,
 *                  closed: keep}
 *       voicemail: {greeting: nobody.wav, beep: beep.wav, thanks: bye.wav, max_s: 120,
 *                   silence_s: 4, offer: true}
 *       survey: after                      one of surveys, of the queue's tenant
 *       screen_pop: "https://crm.example/?from={caller}&case={data.case}"
 *   surveys:
 *     - name: after
 *       tenant: acme
 *       invite: press-9.wav                played once while waiting; key: takes part then, and
 *       key: "9"                           only who pressed it is asked. Without both: everybody
 *       questions: [{kind: csat, prompt: how-was-it.wav}]      csat 1-5, nps 0-10, ces 1-7
 *       thanks: bye.wav
 *       answer_s: 6
 *
 * Announcements: place and wait are said when they have improved, else the next comfort message.
 * prompts holds a folder per language, with the names of jf_prompt.h in it: prompts/en/minutes.wav;
 * a caller whose language is known hears that one, if it is there. What the queue needs of its own
 * language is checked when the directory is: a missing prompt is an error. Needed are
 *   position         queue-youarenext, queue-thereare, queue-callswaiting, numbers
 *   estimated_wait   queue-holdtime, minute, minutes, numbers
 *   callback_key     callback-enter, callback-wrong, callback-taken; and unless confirm is false
 *                    callback-number, callback-choose (1 that one, 2 another), digits
 *
 * callback: whom to call first; attempts to reach the customer, retry_s apart, and how long its
 * phone rings. While the queue is closed, by its calendar or by somebody, nobody is called back:
 * closed: keep, a callback waits for the next opening with its age; drop, it is given up when the
 * queue closes, and none is taken while it is closed. A customer whose phone rings by then, or who
 * is there, is served either way. voicemail: the message ends with #, after silence_s without a
 * word or at max_s; then it waits in the queue and is offered to an agent as a call, unless offer
 * is false. screen_pop: {caller} {number} {queue} {tenant} {agent} {call} {wait_s} {name}
 * {data.KEY}, each escaped.
 */
#ifndef JF_DIRECTORY_TREATMENT_H
#define JF_DIRECTORY_TREATMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_DIRECTORY_QUESTIONS_MAX 8u

struct jf_directory_survey {
	const char *name;
	const char *tenant;
	const char *invite; /* NULL: everybody is asked */
	char key;           /* with invite */
	uint8_t n_questions;
	uint8_t kinds[JF_DIRECTORY_QUESTIONS_MAX]; /* enum jf_survey_kind */
	const char *prompts[JF_DIRECTORY_QUESTIONS_MAX];
	const char *thanks; /* or NULL */
	uint32_t answer_ms;
};

struct jf_directory_callback {
	bool customer_first;
	bool confirms;
	bool dropped_closed; /* else kept */
	uint8_t attempts;
	uint32_t retry_ms, ring_ms;
};

struct jf_directory_voicemail {
	const char *greeting, *beep, *thanks; /* or NULL */
	uint32_t max_ms, silence_ms;
	bool offered;
};

struct jf_directory_treatment {
	bool position, estimated_wait;
	uint32_t first_ms, every_ms; /* every 0: nothing is announced */
	const char *const *comfort;
	size_t n_comfort;
	const char *language;             /* NULL only where nothing is spoken */
	const char *prompts;              /* likewise: absolute, holds a folder per language */
	char callback_key, voicemail_key; /* '\0': none */
	struct jf_directory_callback callback;
	struct jf_directory_voicemail voicemail;
	const struct jf_directory_survey *survey; /* NULL: none */
	const char *screen_pop;                   /* NULL: no URL */
};

#endif
