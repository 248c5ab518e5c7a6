/* SPDX-License-Identifier: BSD-3-Clause */
/* What the engine does with a caller who isn't with an agent: what is said while it waits,
 * messages, callbacks, surveys. Part of jf_call_priv.h. */
#ifndef JF_CALL_WAITING_PRIV_H
#define JF_CALL_WAITING_PRIV_H

#include <jansson.h>

#include "jf_acd.h"
#include "jf_call_fsm.h"
#include "jf_call_task.h"
#include "jf_list.h"
#include "jf_loop.h"
#include "jf_media.h"
#include "jf_store.h"
#include "jf_survey.h"
#include "jf_treatment.h"
#include "jf_voicemail.h"

#define JF_CALL_TEXT_MAX 64u

struct jf_call;
struct jf_calls;
struct jf_call_party;
struct jf_directory_treatment;

/* What is said to a party, once. */
struct jf_call_say {
	struct jf_loop_timer timer; /* nothing could be said */
	uint32_t play_id;
	bool pending;
	int err; /* why nothing was heard of the last one; 0: it was, as far as it went */
};

/* While the caller waits in a queue that says something. */
struct jf_call_waiting {
	struct jf_treatment treatment;
	struct jf_loop_timer timer;
	char queue[JF_CALL_TEXT_MAX]; /* for which it began */
};

/* A message that the caller leaves. */
struct jf_call_message {
	struct jf_voicemail voicemail;
	struct jf_loop_timer timer;
	uint32_t next_frame;       /* of the energy track */
	struct jf_call_task *task; /* that delivers it, until it is durable */
};

/* The survey that it takes part in. */
struct jf_call_survey {
	char name[JF_CALL_TEXT_MAX];
	struct jf_survey survey;
	struct jf_survey_policy policy;
	struct jf_loop_timer timer;
	bool thanks, counted;
};

/* jf_call_say.c */
void jf_call_say(struct jf_call_party *party, const struct jf_media_playlist *list);
void jf_call_say_file(struct jf_call_party *party, const char *path); /* NULL, "": nothing */
bool jf_call_says(const struct jf_call_party *party);
void jf_call_say_drop(struct jf_call_party *party);
/* Whether it was about that. */
bool jf_call_say_played(struct jf_call *call, const struct jf_media_event *event);
bool jf_call_say_failed(struct jf_call *call, const struct jf_media_event *event);
void jf_call_said(struct jf_call_party *party);
void jf_call_prompt_missing(struct jf_call *call, const char *path, int err);

/* jf_call_wait.c */
/* What its queue says of those who wait; NULL: nothing. */
const struct jf_directory_treatment *jf_call_treatment_of(const struct jf_call *call);
void jf_call_treatment_stop(struct jf_call *call);
void jf_call_treatment_free(struct jf_call *call);
void jf_call_wait_settle(struct jf_call *call, uint64_t now_ns);
void jf_call_wait_end(struct jf_call *call);
void jf_call_wait_said(struct jf_call *call);
void jf_call_wait_key(struct jf_call *call, char key);
/* One or two prompts of the queue's folder, in the caller's language. word_2 may be NULL. */
void jf_call_wait_speak(struct jf_call *call, const char *word, const char *word_2);

/* jf_call_message.c */
void jf_call_message_begin(struct jf_call *call);
void jf_call_message_said(struct jf_call *call);
void jf_call_message_key(struct jf_call *call, char key);
void jf_call_message_end(struct jf_call *call);
void jf_call_message_adopt(struct jf_call *call);
bool jf_call_message_is_kept(const struct jf_call *call);
json_t *jf_call_message_json(const struct jf_call *call); /* NULL: there is none */

/* jf_call_callback.c: for what waits with nobody on the line. */
/* In E.164, if its tenant may call out and that is a number. 0 or -EINVAL. */
int jf_call_number_check(const struct jf_call *call, const char *number,
                         char ret_number[JF_CALL_TEXT_MAX]);
enum jf_call_event jf_call_callback_offered(struct jf_call *call); /* what that is */
enum jf_call_event jf_call_callback_answered(struct jf_call *call);
void jf_call_callback_refused(struct jf_call *call);
void jf_call_callback_reach(struct jf_call *call);
void jf_call_customer_answered(struct jf_call *call);
void jf_call_customer_failed(struct jf_call *call, const char *why, uint16_t code);
void jf_call_listen_begin(struct jf_call *call, uint64_t now_ns);
void jf_call_listen_said(struct jf_call *call);
void jf_call_listen_over(struct jf_call *call);
void jf_call_listen_key(struct jf_call *call, char key);
void jf_call_message_put(struct jf_call *call, struct jf_store_batch *batch);
void jf_call_message_stored(struct jf_call *call);
json_t *jf_call_task_describe(const struct jf_call *call, uint64_t now_ns); /* or NULL */

/* jf_call_pop.c */
void jf_call_pop(const struct jf_call_party *agent); /* its phone rings */
/* Who spoke with the same caller last, of its latest contacts. false: nobody, or it is hidden. */
bool jf_call_last_agent(const struct jf_call *call, char ret_agent[JF_ACD_NAME_MAX]);
/* Into the index of its caller's contacts, with the record. */
void jf_call_contact_put(const struct jf_call *call, const json_t *record,
                         struct jf_store_batch *batch);

/* jf_call_survey.c */
bool jf_call_survey_wanted(struct jf_call *call); /* prepared, if so */
void jf_call_survey_ask(struct jf_call *call, uint64_t now_ns);
void jf_call_survey_said(struct jf_call *call);
void jf_call_survey_key(struct jf_call *call, char key);
void jf_call_survey_end(struct jf_call *call);
json_t *jf_call_survey_json(const struct jf_call *call); /* NULL: there is none */

#endif
