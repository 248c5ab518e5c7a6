// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_tasks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "jf_call_priv.h"
#include "jf_call_task.h"

#define OPERATOR "operator"

static enum jf_call_task_kind kind_of(enum jf_tasks_kind kind)
{
	return kind == JF_TASKS_VOICEMAILS ? JF_CALL_TASK_MESSAGE : JF_CALL_TASK_CALLBACK;
}

/* The next of that kind behind link; NULL: there is none. */
static struct jf_call_task *next_of(const struct jf_calls *calls, enum jf_tasks_kind kind,
                                    const struct jf_link *link)
{
	for (link = link->next; link != &calls->tasks.head; link = link->next) {
		struct jf_call_task *task = JF_CONTAINER(link, struct jf_call_task, link);

		if (task->kind == kind_of(kind))
			return task;
	}
	return NULL;
}

static struct jf_call_task *find(const struct jf_calls *calls, enum jf_tasks_kind kind,
                                 const struct jf_call_id *id)
{
	struct jf_call_task *task = next_of(calls, kind, &calls->tasks.head);

	while (task && memcmp(&task->id, id, sizeof(*id)) != 0)
		task = next_of(calls, kind, &task->link);
	return task;
}

/* ---- Told of them ----------------------------------------------------------------------------
 */

json_t *jf_view_tasks(const struct jf_calls *calls, enum jf_tasks_kind kind, const char *tenant)
{
	uint64_t now_ns = jf_loop_now_ns();
	json_t *list = json_array();

	for (const struct jf_call_task *task = next_of(calls, kind, &calls->tasks.head); task;
	     task = next_of(calls, kind, &task->link))
		if (!tenant || !strcmp(task->tenant, tenant))
			json_array_append_new(list, jf_call_task_json(task, now_ns));
	return list;
}

uint32_t jf_view_tasks_match(const struct jf_calls *calls, enum jf_tasks_kind kind,
                             const char *prefix, struct jf_call_id *ret_id)
{
	size_t length = strlen(prefix);
	uint32_t n = 0;

	for (const struct jf_call_task *task = next_of(calls, kind, &calls->tasks.head); task;
	     task = next_of(calls, kind, &task->link)) {
		if (strncasecmp(task->id_text, prefix, length) != 0)
			continue;
		if (!n++)
			*ret_id = task->id;
	}
	return n;
}

/* ---- Done to them ----------------------------------------------------------------------------
 */

int jf_calls_callback_cancel(struct jf_calls *calls, const struct jf_call_id *id,
                             const char *reason, jf_store_done *done, void *arg)
{
	struct jf_call_task *task = find(calls, JF_TASKS_CALLBACKS, id);
	int err;

	if (!task)
		return -ENOENT;
	if (jf_call_task_is_busy(task))
		return -EBUSY;
	err = jf_call_task_remove(calls, task->kind, id, done, arg);
	if (err)
		return err;
	(void)jf_call_task_withdraw(task, "cancelled");
	task->last = "cancelled";
	jf_log(JF_LOG_CALL, JF_LOG_NOTICE, id, "callback cancelled by " OPERATOR "%s%s",
	       reason ? ": " : "", reason ? reason : "");
	jf_call_task_publish(task, "callback.cancelled", OPERATOR);
	jf_call_task_free(task);
	return 0;
}

int jf_calls_voicemail_delete(struct jf_calls *calls, const struct jf_call_id *id,
                              jf_store_done *done, void *arg)
{
	struct jf_call_task *task = find(calls, JF_TASKS_VOICEMAILS, id);
	int err;

	if (!task)
		return -ENOENT;
	if (jf_call_task_is_busy(task))
		return -EBUSY;
	if (task->deleting)
		return -EALREADY;
	err = jf_call_task_delete(task, OPERATOR, done, arg);
	if (!err)
		(void)jf_call_task_withdraw(task, "deleted");
	return err;
}

int jf_calls_voicemail_offer(struct jf_calls *calls, const struct jf_call_id *id,
                             jf_store_done *done, void *arg)
{
	struct jf_call_task *task = find(calls, JF_TASKS_VOICEMAILS, id);
	int err;

	if (!task)
		return -ENOENT;
	if (task->waits || task->deleted)
		return -EALREADY;
	if (!jf_call_task_has_file(task))
		return -ENOENT;
	task->waits = true;
	task->heard = false;
	task->callback.state = JF_CALLBACK_WAITING;
	err = jf_call_task_store_then(task, done, arg);
	if (err) {
		task->waits = false;
		task->heard = true;
		return err;
	}
	jf_call_task_begin(task);
	return 0;
}
