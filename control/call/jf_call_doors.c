// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_doors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_acd_flow.h"
#include "jf_call_priv.h"
#include "jf_json.h"

#define LOOK_MS_MAX 30000u /* the wall clock may be set meanwhile */
#define LOOK_MS_MIN 20u

static const char shut_key[] = "queues.shut";

static int64_t utc_now_s(void)
{
	return (int64_t)time(NULL);
}

static json_t *utc_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return jf_call_utc((uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec);
}

/* ---- Whether it is open ----------------------------------------------------------------------
 */

static const char *door_name(const struct jf_directory_queue *queue, char *ret_name, size_t size)
{
	snprintf(ret_name, size, "%s/%s", queue->tenant, queue->name);
	return ret_name;
}

const char *jf_call_doors_shut(const struct jf_calls *calls, const struct jf_directory_queue *queue,
                               int64_t *ret_until_s)
{
	struct jf_calendar_status status = {.is_open = true, .until_s = JF_ZONE_NEVER};
	char name[2 * JF_ACD_NAME_MAX];

	if (queue->rules.calendar)
		status = jf_calendar_at(&queue->rules.calendar->hours, utc_now_s());
	if (ret_until_s)
		*ret_until_s = status.until_s;
	if (json_object_get(calls->doors.shut, door_name(queue, name, sizeof(name))))
		return "closed by somebody";
	if (status.is_open)
		return NULL;
	return status.holiday ? "holiday" : "out of hours";
}

const struct jf_directory_queue *jf_call_doors_way(const struct jf_calls *calls,
                                                   const struct jf_directory_queue *queue)
{
	while (jf_call_doors_shut(calls, queue, NULL) && queue->rules.closed.queue)
		queue = queue->rules.closed.queue;
	return queue;
}

/* ---- Telling the ACD -------------------------------------------------------------------------
 */

static void tell(struct jf_calls *calls, const struct jf_directory_queue *queue, const char *why)
{
	jf_log(JF_LOG_ACD, JF_LOG_NOTICE, NULL, "queue %s/%s is %s%s%s", queue->tenant, queue->name,
	       why ? "closed" : "open", why ? ": " : "", why ? why : "");
	jf_bus_publish(calls->config.bus, why ? "queue.closed" : "queue.opened",
	               json_pack("{s:s, s:s, s:s*}", "queue", queue->name, "tenant", queue->tenant,
	                         "why", why));
}

static void shut(struct jf_calls *calls, const struct jf_directory_queue *queue,
                 struct jf_acd_ref ref, uint64_t now_ns)
{
	const struct jf_directory_closed *closed = &queue->rules.closed;
	const struct jf_directory_queue *way = jf_call_doors_way(calls, queue);
	enum jf_acd_closing those = closed->waiting;
	struct jf_acd_ref to = jf_routing_queue(calls->routing, way->tenant, way->name);

	/* The queue that they should go to is closed as well. */
	if (those == JF_ACD_CLOSING_MOVE && jf_call_doors_shut(calls, way, NULL))
		those = JF_ACD_CLOSING_RELEASE;
	if (jf_acd_queue_close(calls->acd, ref, those, to, now_ns))
		jf_acd_queue_close(calls->acd, ref, JF_ACD_CLOSING_SERVE, to, now_ns);
}

/* Those that are to open come first: callers of others may be moved there. */
static void look_at(struct jf_calls *calls, bool opening, int64_t *until_s)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_queue *queues = NULL;
	uint64_t now_ns = jf_loop_now_ns();
	size_t n = 0;

	if (directory)
		queues = jf_directory_queues(directory, &n);
	for (size_t i = 0; i < n; i++) {
		int64_t changes_s;
		const char *why = jf_call_doors_shut(calls, &queues[i], &changes_s);
		struct jf_acd_ref ref =
		        jf_routing_queue(calls->routing, queues[i].tenant, queues[i].name);
		struct jf_acd_queue seen;

		if (changes_s < *until_s)
			*until_s = changes_s;
		if (opening != !why || jf_acd_queue_get(calls->acd, ref, &seen) ||
		    seen.closed == !opening)
			continue;
		if (opening) {
			jf_acd_queue_open(calls->acd, ref);
			jf_call_tasks_open(calls, &queues[i]);
		} else {
			jf_call_tasks_close(calls, &queues[i]);
			shut(calls, &queues[i], ref, now_ns);
		}
		tell(calls, &queues[i], why);
	}
}

/* ---- Days ------------------------------------------------------------------------------------ */

static bool days_room(struct jf_call_doors *doors, uint32_t tenant)
{
	int64_t *days;

	if (tenant < doors->n_days)
		return true;
	days = realloc(doors->days, (tenant + 1) * sizeof(*days));
	if (!days)
		return false;
	for (uint32_t i = doors->n_days; i <= tenant; i++)
		days[i] = INT64_MIN;
	doors->days = days;
	doors->n_days = tenant + 1;
	return true;
}

/* Begins those that are new; ret: when the next one will be. */
static void days_look(struct jf_calls *calls, int64_t *until_s)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_tenant *tenants = NULL;
	struct jf_call_doors *doors = &calls->doors;
	int64_t now_s = utc_now_s();
	size_t n = 0;

	if (directory)
		tenants = jf_directory_tenants(directory, &n);
	for (size_t i = 0; i < n; i++) {
		uint32_t tenant = jf_routing_tenant_number(calls->routing, tenants[i].name);
		const struct jf_zone *zone = tenants[i].desk.zone;
		int64_t day, next_s;

		if (tenant == UINT32_MAX || !zone || !days_room(doors, tenant))
			continue;
		day = jf_zone_local(zone, now_s).day;
		next_s = jf_zone_utc(zone, day + 1, 0);
		if (doors->days[tenant] != INT64_MIN && doors->days[tenant] != day)
			jf_acd_day_begin(calls->acd, tenant, jf_loop_now_ns());
		if (doors->days[tenant] != day)
			jf_call_kpi_day(calls, tenants[i].name, jf_zone_utc(zone, day, 0));
		doors->days[tenant] = day;
		if (next_s < *until_s)
			*until_s = next_s;
	}
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void look(void *arg)
{
	jf_call_doors_look(arg);
}

void jf_call_doors_look(struct jf_calls *calls)
{
	int64_t until_s = JF_ZONE_NEVER, left_s;
	uint64_t ms = LOOK_MS_MAX;

	look_at(calls, true, &until_s);
	look_at(calls, false, &until_s);
	days_look(calls, &until_s);
	left_s = until_s - utc_now_s();
	if (left_s < (int64_t)LOOK_MS_MAX / 1000)
		ms = left_s > 0 ? (uint64_t)left_s * 1000 : LOOK_MS_MIN;
	if (!calls->stopped)
		jf_loop_timer_start(&calls->doors.timer, ms, look, calls);
	jf_agents_drain(calls);
}

void jf_call_doors_restore(struct jf_calls *calls)
{
	size_t length = 0;
	void *text = NULL;

	if (!jf_store_get(calls->config.store, JF_STORE_META, shut_key, sizeof(shut_key) - 1, &text,
	                  &length))
		calls->doors.shut = json_loadb(text, length, 0, NULL);
	free(text);
	if (!json_is_object(calls->doors.shut)) {
		json_decref(calls->doors.shut);
		calls->doors.shut = json_object();
	}
}

void jf_call_doors_stop(struct jf_calls *calls)
{
	jf_loop_timer_cancel(&calls->doors.timer);
}

/* ---- By somebody ----------------------------------------------------------------------------- */

static int shut_store(struct jf_calls *calls, void (*done)(int result, void *arg), void *arg)
{
	char *text = jf_json_text(calls->doors.shut, NULL);
	struct jf_store_batch *batch;

	if (!text)
		return -ENOMEM;
	batch = jf_store_batch_begin(calls->config.store);
	jf_store_batch_put(batch, JF_STORE_META, shut_key, sizeof(shut_key) - 1, text,
	                   strlen(text));
	free(text);
	return jf_store_batch_commit(batch, done, arg);
}

int jf_calls_queue_shut(struct jf_calls *calls, const struct jf_queue_order *order,
                        void (*done)(int result, void *arg), void *arg)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_queue *queue =
	        directory ? jf_directory_queue_find(directory, order->tenant, order->name) : NULL;
	char whole[2 * JF_ACD_NAME_MAX];
	int err;

	if (!queue)
		return -ENOENT;
	door_name(queue, whole, sizeof(whole));
	if (order->is_shut == (json_object_get(calls->doors.shut, whole) != NULL))
		return -EALREADY;
	if (order->is_shut)
		json_object_set_new(calls->doors.shut, whole,
		                    json_pack("{s:s, s:s, s:o}", "reason",
		                              order->reason ? order->reason : "", "actor",
		                              order->actor, "at_utc", utc_now()));
	else
		json_object_del(calls->doors.shut, whole);
	err = shut_store(calls, done, arg);
	jf_log(JF_LOG_ACD, JF_LOG_NOTICE, NULL, "queue %s: %s by %s", whole,
	       order->is_shut ? "closed" : "no longer closed", order->actor);
	jf_call_doors_look(calls);
	return err;
}
