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

bool jf_bus_skip(struct jf_bus *bus)
{
	if (bus && bus->first)
		return false;
	if (bus)
		bus->count++;
	return true;
}

static void deliver(struct jf_bus *bus, const char *line, size_t length)
{
	bus->delivering = true;
	for (struct jf_bus_subscription *s = bus->first; s; s = s->next)
		if (s->listener)
			s->listener(line, length, s->arg);
	bus->delivering = false;
	sweep(bus);
}

int jf_bus_publish_text(struct jf_bus *bus, const char *topic, const char *data)
{
	char at_utc[32], *line;
	int length;

	if (!topic || !*topic)
		return -EINVAL;
	if (!bus || jf_bus_skip(bus))
		return 0;
	bus->count++;
	utc_text(at_utc, sizeof(at_utc));
	length = asprintf(&line, "{\"event\":\"%s\",\"number\":%llu,\"at_utc\":\"%s\",\"data\":%s}",
	                  topic, (unsigned long long)bus->count, at_utc, data);
	if (length < 0)
		return -ENOMEM;
	deliver(bus, line, (size_t)length);
	free(line);
	return 0;
}

int jf_bus_publish(struct jf_bus *bus, const char *topic, json_t *data)
{
	char *text = NULL;
	int err = 0;

	if (data && !json_is_object(data)) {
		err = -EINVAL;
		goto out;
	}
	if (data && bus && bus->first) {
		text = jf_json_text(data, NULL);
		if (!text) {
			bus->count++; /* who listens sees that one is missing */
			err = -ENOMEM;
			goto out;
		}
	}
	err = jf_bus_publish_text(bus, topic, text ? text : "{}");
out:
	free(text);
	json_decref(data);
	return err;
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
