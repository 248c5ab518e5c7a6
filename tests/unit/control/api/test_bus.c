// SPDX-License-Identifier: BSD-3-Clause
#include "jf_bus.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct heard {
	unsigned count;
	char last[512];
	struct jf_bus_subscription *leave; /* on the first line */
};

static void hear(const char *line, size_t length, void *arg)
{
	struct heard *heard = arg;

	heard->count++;
	assert_int_equal(strlen(line), length);
	strncpy(heard->last, line, sizeof(heard->last) - 1);
	if (heard->leave) {
		jf_bus_unsubscribe(heard->leave);
		heard->leave = NULL;
	}
}

static void every_subscriber_gets_the_same_line(void **state)
{
	struct heard a = {0}, b = {0};
	struct jf_bus_subscription *sa, *sb;
	struct jf_bus *bus;
	json_t *event;

	(void)state;
	assert_int_equal(jf_bus_create(&bus), 0);
	assert_true(jf_bus_skip(bus)); /* nobody listens */
	assert_true(jf_bus_skip(NULL));
	assert_int_equal(jf_bus_subscribe(bus, hear, &a, &sa), 0);
	assert_int_equal(jf_bus_subscribe(bus, hear, &b, &sb), 0);
	assert_false(jf_bus_skip(bus));
	assert_int_equal(jf_bus_publish(bus, "call.queued", json_pack("{s:s}", "queue", "billing")),
	                 0);
	assert_int_equal(a.count, 1);
	assert_string_equal(a.last, b.last);
	event = json_loads(a.last, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "call.queued");
	assert_int_equal(json_integer_value(json_object_get(event, "number")), 2);
	assert_int_equal(json_string_length(json_object_get(event, "at_utc")), 24);
	assert_string_equal(
	        json_string_value(json_object_get(json_object_get(event, "data"), "queue")),
	        "billing");
	json_decref(event);
	assert_int_equal(jf_bus_count(bus), 2);
	jf_bus_destroy(bus);
}

static void what_is_text_already_goes_out_as_it_is(void **state)
{
	struct jf_bus_subscription *subscription;
	struct heard tree = {0}, text = {0};
	struct jf_bus *bus;

	(void)state;
	assert_int_equal(jf_bus_create(&bus), 0);
	assert_int_equal(jf_bus_publish_text(bus, "directory.applied", "{}"), 0); /* to nobody */
	assert_int_equal(jf_bus_subscribe(bus, hear, &text, &subscription), 0);
	assert_int_equal(jf_bus_publish_text(bus, "directory.applied", "{\"changes\":[]}"), 0);
	jf_bus_unsubscribe(subscription);
	assert_int_equal(jf_bus_subscribe(bus, hear, &tree, &subscription), 0);
	assert_int_equal(jf_bus_publish(bus, "directory.applied", json_pack("{s:[]}", "changes")),
	                 0);
	assert_non_null(strstr(text.last, "\"number\":2,"));
	assert_non_null(strstr(tree.last, "\"number\":3,"));
	assert_string_equal(strstr(text.last, "\"data\""), "\"data\":{\"changes\":[]}}");
	assert_string_equal(strstr(text.last, "\"data\""), strstr(tree.last, "\"data\""));
	assert_int_equal(jf_bus_publish_text(bus, "", "{}"), -EINVAL);
	assert_int_equal(jf_bus_publish_text(NULL, "call.digit", "{}"), 0);
	jf_bus_destroy(bus);
}

static void one_may_leave_while_it_is_told(void **state)
{
	struct heard a = {0}, b = {0};
	struct jf_bus_subscription *sa, *sb;
	struct jf_bus *bus;

	(void)state;
	assert_int_equal(jf_bus_create(&bus), 0);
	assert_int_equal(jf_bus_subscribe(bus, hear, &a, &sa), 0);
	assert_int_equal(jf_bus_subscribe(bus, hear, &b, &sb), 0);
	b.leave = sb;
	assert_int_equal(jf_bus_publish(bus, "call.digit", NULL), 0);
	assert_int_equal(jf_bus_publish(bus, "call.digit", NULL), 0);
	assert_int_equal(a.count, 2);
	assert_int_equal(b.count, 1);
	jf_bus_unsubscribe(sa);
	jf_bus_destroy(bus);
}

static void only_objects_are_events(void **state)
{
	struct jf_bus *bus;

	(void)state;
	assert_int_equal(jf_bus_create(&bus), 0);
	assert_int_equal(jf_bus_publish(bus, "call.digit", json_integer(1)), -EINVAL);
	assert_int_equal(jf_bus_publish(bus, "", json_object()), -EINVAL);
	assert_int_equal(jf_bus_publish(NULL, "call.digit", json_object()), 0);
	assert_int_equal(jf_bus_count(bus), 0);
	jf_bus_destroy(bus);
}

static void any_bytes_become_text(void **state)
{
	json_t *text = jf_bus_text("J\xc3\xb5geva", 7);

	(void)state;
	assert_string_equal(json_string_value(text), "J\xc3\xb5geva");
	json_decref(text);
	text = jf_bus_text("a\xff\0z", 4);
	assert_string_equal(json_string_value(text), "a\\xff\\x00z");
	json_decref(text);
	text = jf_bus_text(NULL, 0);
	assert_true(json_is_null(text));
	json_decref(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_subscriber_gets_the_same_line),
	        cmocka_unit_test(what_is_text_already_goes_out_as_it_is),
	        cmocka_unit_test(one_may_leave_while_it_is_told),
	        cmocka_unit_test(only_objects_are_events),
	        cmocka_unit_test(any_bytes_become_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
