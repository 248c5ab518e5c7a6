// SPDX-License-Identifier: BSD-3-Clause
#include "jf_bus.h"

#include "jf_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct jf_bus_subscription {
	struct jf_bus *bus;
	struct jf_bus_subscription *next;
	jf_bus_listener *listener; /* NULL: ended during a delivery, freed after it */
	void *arg;
};

struct jf_bus {
	struct jf_bus_subscription *first;
	uint64_t count;
	bool delivering;
};

int jf_bus_create(struct jf_bus **ret_bus)
{
	struct jf_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return -ENOMEM;
	*ret_bus = bus;
	return 0;
}

static void sweep(struct jf_bus *bus)
{
	struct jf_bus_subscription **link = &bus->first;

	while (*link) {
		struct jf_bus_subscription *subscription = *link;

		if (subscription->listener) {
			link = &subscription->next;
			continue;
		}
		*link = subscription->next;
		free(subscription);
	}
}

void jf_bus_destroy(struct jf_bus *bus)
{
	if (!bus)
		return;
	for (struct jf_bus_subscription *s = bus->first; s; s = s->next)
		s->listener = NULL;
	sweep(bus);
	free(bus);
}

/* RFC 3339, to the millisecond. */
static void utc_text(char *ret_text, size_t size)
{
	struct timespec now;
	struct tm parts;
	size_t at;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	at = strftime(ret_text, size, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(ret_text + at, size - at, ".%03ldZ", now.tv_nsec / 1000000);
}

int jf_bus_publish(struct jf_bus *bus, const char *topic, json_t *data)
{
	json_t *event = NULL;
	char *line = NULL;
	char at_utc[32];
	size_t length;
	int err = 0;

	if (!bus)
		goto out;
	if (!topic || !*topic || (data && !json_is_object(data))) {
		err = -EINVAL;
		goto out;
	}
	bus->count++;
	if (!bus->first)
		goto out;
	utc_text(at_utc, sizeof(at_utc));
	event = json_pack("{s:s, s:I, s:s, s:O?}", "event", topic, "number", (json_int_t)bus->count,
	                  "at_utc", at_utc, "data", data);
	if (event && !data)
		json_object_set_new(event, "data", json_object());
	line = event ? jf_json_text(event, NULL) : NULL;
	if (!line) {
		err = -ENOMEM;
		goto out;
	}
	length = strlen(line);
	bus->delivering = true;
	for (struct jf_bus_subscription *s = bus->first; s; s = s->next)
		if (s->listener)
			s->listener(line, length, s->arg);
	bus->delivering = false;
	sweep(bus);
out:
	free(line);
	json_decref(event);
	json_decref(data);
	return err;
}

bool jf_bus_skip(struct jf_bus *bus)
{
	if (bus && bus->first)
		return false;
	if (bus)
		bus->count++;
	return true;
}

json_t *jf_bus_text(const char *bytes, size_t length)
{
	static const char hex[] = "0123456789abcdef";
	json_t *text;
	char *escaped;
	size_t at = 0;

	if (!bytes)
		return json_null();
	text = memchr(bytes, 0, length) ? NULL : json_stringn(bytes, length);
	if (text)
		return text;
	escaped = malloc(length * 4 + 1);
	if (!escaped)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c != 0 && c < 0x80) {
			escaped[at++] = (char)c;
			continue;
		}
		escaped[at++] = '\\';
		escaped[at++] = 'x';
		escaped[at++] = hex[c >> 4];
		escaped[at++] = hex[c & 15];
	}
	text = json_stringn(escaped, at);
	free(escaped);
	return text;
}

int jf_bus_subscribe(struct jf_bus *bus, jf_bus_listener *listener, void *arg,
                     struct jf_bus_subscription **ret_subscription)
{
	struct jf_bus_subscription *subscription = calloc(1, sizeof(*subscription));

	if (!subscription)
		return -ENOMEM;
	*subscription = (struct jf_bus_subscription){
	        .bus = bus, .next = bus->first, .listener = listener, .arg = arg};
	bus->first = subscription;
	*ret_subscription = subscription;
	return 0;
}

void jf_bus_unsubscribe(struct jf_bus_subscription *subscription)
{
	if (!subscription)
		return;
	subscription->listener = NULL;
	if (!subscription->bus->delivering)
		sweep(subscription->bus);
}

uint64_t jf_bus_count(const struct jf_bus *bus)
{
	return bus->count;
}
