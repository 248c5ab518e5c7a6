/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event bus: the one stream of everything that happens in control.
 *
 * A publisher names a topic and hands over a JSON object; each subscriber gets the same finished
 * line. Topics and the members of their data (new ones may be added, none is taken away):
 *
 *   call.arrived       call (its id), tenant, queue, caller, number; these are in all that follow
 *   call.queued
 *   call.ringing       agent, whose phone it is
 *   call.screen_pop    agent, as its phone rings: caller_name, wait_ms, language, data, customer
 *                      (its record), contacts (the latest of the same caller), url
 *   call.answered      agent: the two hear each other; from now on with its team, if it is in one
 *   call.held, call.resumed
 *   call.digit         digit, side, at_ms
 *   call.overflowed    from, to (a queue, or a number outside), why: "overflow" or "closed"
 *   call.announced     position, minutes: what a caller who waits was told (0: not)
 *   call.survey        survey: its questions are asked
 *   callback.left      number_to_call; callback.calling: the customer is called
 *   callback.retry, callback.done, callback.failed     as `jf callbacks` shows it
 *   voicemail.recording; voicemail.left, voicemail.heard, voicemail.deleted: as `jf voicemails`
 *                      shows it, already durable; voicemail.playing: of (its call), to an agent
 *   prompt.missing     path, error: what was to be said is not there; an alarm
 *   call.ended         the contact record (jf_view.h), already durable
 *   agent.state        agent, tenant, team (if it is in one), from, state, reason, actor
 *   agent.registered   agent; agent.unregistered: the same
 *   queue.closed       queue, tenant, why; queue.opened: the same without why
 *   queue.interval     tenant, queue, from_s, length_s and figures (jf_kpis.h): it is over
 *   team.interval      the same of a team; flow.interval, tenant.interval: of what comes before
 *                      any queue
 *   directory.applied  changes
 *   dataplane.gone     dataplane.back
 *   dataplane.load     shed, disk_is_slow, workers_are_late: each time that one changes; an alarm
 *   port.link          port, device, up
 *   sip.overload       what `jf status` shows of it, each time that it begins or ends
 *
 * A line: {"event":"call.ended","number":17,"at_utc":"2026-11-22T00:55:01.123Z","data":{...}}
 * number grows by one for each event since control started, so that a reader sees what it missed.
 *
 * Loop thread only. Nothing here blocks or waits for a subscriber: what a slow one does about it
 * is its own business (the command socket bounds its buffer and counts what it lost).
 */
#ifndef JF_BUS_H
#define JF_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct jf_bus;
struct jf_bus_subscription;

/* line: without a newline; valid during the call. Must not publish; may unsubscribe itself. */
typedef void jf_bus_listener(const char *line, size_t length, void *arg);

/* -ENOMEM. */
int jf_bus_create(struct jf_bus **ret_bus);

/* Subscriptions still alive end here. NULL is allowed. */
void jf_bus_destroy(struct jf_bus *bus);

/*
 * Takes data over (also on failure). data must be an object or NULL, which stands for an empty one;
 * texts from the network go in as they are, JSON quotes them. Invalid UTF-8 must not get this far:
 * jf_bus_text makes any bytes fit. bus NULL: data is dropped (tests without a bus).
 * 0, -EINVAL (not an object, topic empty), -ENOMEM.
 */
int jf_bus_publish(struct jf_bus *bus, const char *topic, json_t *data);

/* The same of data that is text already, and stays the caller's. */
int jf_bus_publish_text(struct jf_bus *bus, const char *topic, const char *data);

/* Counts an event that nobody listens to; false: somebody does, and it is to be published. So what
 * happens often need not be described in vain. bus as above. */
bool jf_bus_skip(struct jf_bus *bus);

/* A JSON string of bytes from outside: bytes which are not UTF-8 become \xNN. NULL: JSON null. */
json_t *jf_bus_text(const char *bytes, size_t length);

/* -ENOMEM. */
int jf_bus_subscribe(struct jf_bus *bus, jf_bus_listener *listener, void *arg,
                     struct jf_bus_subscription **ret_subscription);

/* NULL is allowed. */
void jf_bus_unsubscribe(struct jf_bus_subscription *subscription);

/* Events published so far. */
uint64_t jf_bus_count(const struct jf_bus *bus);

#endif
