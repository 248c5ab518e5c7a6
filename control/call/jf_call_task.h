/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What waits in a queue with nobody on the line: a callback, or a message that was left. Private to
 * control/call; loop's thread.
 *
 * A task is durable (a row of its own, under the id of the call that left it) from before anybody
 * is told of it until it is done. While it waits it stands in the ACD by a call of its own, made
 * anew for each attempt, with the age of the caller who left it; so a callback has its caller's
 * place, and neither is counted again as offered, or as abandoned at all. What becomes of it is
 * jf_callback.h's affair.
 */
#ifndef JF_CALL_TASK_H
#define JF_CALL_TASK_H

#include <jansson.h>

#include "jf_callback.h"
#include "jf_call_id.h"
#include "jf_list.h"
#include "jf_loop.h"
#include "jf_store.h"

#define JF_CALL_TASK_TEXT 64u

struct jf_call;
struct jf_calls;
struct jf_directory_queue;

enum jf_call_task_kind {
	JF_CALL_TASK_CALLBACK,
	JF_CALL_TASK_MESSAGE,
};

struct jf_call_task {
	struct jf_link link;
	struct jf_calls *calls;
	enum jf_call_task_kind kind;
	struct jf_call_id id; /* of the call that left it */
	char id_text[JF_CALL_ID_TEXT];
	char tenant[JF_CALL_TASK_TEXT], queue[JF_CALL_TASK_TEXT];
	char number[JF_CALL_TASK_TEXT]; /* to call; of a message "" when the caller hid it */
	char name[JF_CALL_TASK_TEXT];
	char called[JF_CALL_TASK_TEXT]; /* the number that the caller had called */
	char path[120];                 /* of a message: under the recordings folder */
	uint64_t duration_ms;
	bool heard;                /* by an agent */
	bool waits;                /* it is to be offered to agents */
	bool deleted;              /* a message: so it says in its row, until its file is gone */
	bool deleting;             /* and that is under way */
	bool missing;              /* a message: its file is not where it was put */
	bool closed;               /* put off until its queue opens */
	struct jf_call_id attempt; /* in the row: the call that talked */
	const char *last; /* static text: how the last attempt ended; NULL: there was none */
	struct jf_callback callback;
	uint64_t left_utc_ns;
	json_t *wants;
	struct jf_call *call; /* its present attempt; NULL: none */
	struct jf_loop_timer timer;
};

/* ---- jf_call_task.c ---- */

/* Of the call that leaves it; stands in no list yet. NULL: no memory. */
struct jf_call_task *jf_call_task_make(struct jf_call *call, enum jf_call_task_kind kind);
void jf_call_task_free(struct jf_call_task *task);

/* It is among those that wait, and takes its place. */
void jf_call_task_begin(struct jf_call_task *task);

/* Its attempt is over: what follows. The call goes on to its end without it. */
void jf_call_task_over(struct jf_call *call, uint64_t now_ns);
void jf_call_task_wait(struct jf_call_task *task);   /* until its next time */
void jf_call_task_finish(struct jf_call_task *task); /* it is done, or never will be: freed */

/* What it does in the queue just now is over without it, for that reason (static text). Whether
 * there was something; not while its agent has answered, or its customer is called. */
bool jf_call_task_withdraw(struct jf_call_task *task, const char *why);

/* Whether somebody is spoken to, or called, for it. */
bool jf_call_task_is_busy(const struct jf_call_task *task);

/* The queue closes, before anybody else there is told; and it is open again. */
void jf_call_tasks_close(struct jf_calls *calls, const struct jf_directory_queue *queue);
void jf_call_tasks_open(struct jf_calls *calls, const struct jf_directory_queue *queue);

/* The event of that topic about it, with why (NULL: without). */
void jf_call_task_publish(const struct jf_call_task *task, const char *topic, const char *actor);

void jf_call_tasks_stop(struct jf_calls *calls);
void jf_call_tasks_free(struct jf_calls *calls);

struct jf_callback_policy jf_call_task_policy(const struct jf_call_task *task);
json_t *jf_call_task_json(const struct jf_call_task *task, uint64_t now_ns);

/* ---- jf_call_task_row.c ---- */

/* Puts its row, in the batch of others or in one of its own. */
void jf_call_task_put(const struct jf_call_task *task, struct jf_store_batch *batch);
void jf_call_task_store(const struct jf_call_task *task);

/* The same, and its removal: done as by jf_store_batch_commit, from which ret. */
int jf_call_task_store_then(const struct jf_call_task *task, jf_store_done *done, void *arg);
int jf_call_task_remove(struct jf_calls *calls, enum jf_call_task_kind kind,
                        const struct jf_call_id *id, jf_store_done *done, void *arg);

/* After a restart, when the calls are adopted. */
void jf_call_tasks_restore(struct jf_calls *calls);

struct jf_call_task *jf_call_task_new(struct jf_calls *calls, const struct jf_call_id *id);

/* ---- jf_call_task_file.c: the file of a message ---- */

#define JF_CALL_TASK_FILE 384u
void jf_call_task_file(const struct jf_call_task *task, char ret_path[JF_CALL_TASK_FILE]);

/* Whether it is there. If not, that is told, once, and shown until it is there again. */
bool jf_call_task_has_file(struct jf_call_task *task);

/* Its sound need not be kept loaded. */
void jf_call_task_forget(const struct jf_call_task *task);

/*
 * The message, its file and its row go. The row says so first, then the file goes, then the row: a
 * restart in between takes it up. done (may be NULL) when all that is durable, or with what failed:
 * then it stays. 0, or that nothing could be begun.
 */
int jf_call_task_delete(struct jf_call_task *task, const char *actor, jf_store_done *done,
                        void *arg);

/* A process before this one had begun to. */
void jf_call_task_delete_go_on(struct jf_call_task *task);

#endif
