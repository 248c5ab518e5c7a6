// SPDX-License-Identifier: BSD-3-Clause
#include "world_priv.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "jf_analytics.h"
#include "jf_bus.h"
#include "jf_directory.h"
#include "jf_kpis.h"
#include "jf_loop.h"
#include "jf_time.h"

struct world world;

static const char first_yaml[] = WORLD_DIRECTORY("", "");

/* ---- Loop ------------------------------------------------------------------------------------ */

struct fake_timer {
	uint64_t due_ns;
	jf_loop_timer_handler *handler;
	void *arg;
};

static struct jf_loop_timer *timers[256];
static unsigned int n_timers;

uint64_t jf_loop_now_ns(void)
{
	return world.now_ns;
}

void jf_loop_timer_cancel(struct jf_loop_timer *timer)
{
	for (unsigned int i = 0; i < n_timers; i++)
		if (timers[i] == timer)
			timers[i] = timers[--n_timers];
}

void jf_loop_part(enum jf_loop_part part)
{
	(void)part;
}

void jf_loop_timer_start(struct jf_loop_timer *timer, uint64_t delay_ms,
                         jf_loop_timer_handler *handler, void *arg)
{
	struct fake_timer *t = (struct fake_timer *)(void *)timer;

	jf_loop_timer_cancel(timer);
	assert_true(n_timers < 256);
	*t = (struct fake_timer){world.now_ns + delay_ms * JF_NS_PER_MS, handler, arg};
	timers[n_timers++] = timer;
}

bool jf_loop_timer_running(const struct jf_loop_timer *timer)
{
	for (unsigned int i = 0; i < n_timers; i++)
		if (timers[i] == timer)
			return true;
	return false;
}

static struct jf_loop_timer *first_due(uint64_t until_ns)
{
	struct jf_loop_timer *first = NULL;
	uint64_t due_ns = until_ns;

	for (unsigned int i = 0; i < n_timers; i++) {
		struct fake_timer *t = (struct fake_timer *)(void *)timers[i];

		if (t->due_ns <= due_ns) {
			first = timers[i];
			due_ns = t->due_ns;
		}
	}
	return first;
}

/* ---- The world --------------------------------------------------------------------------------
 */

static struct jf_bus_subscription *subscription;

static void on_bus(const char *line, size_t length, void *arg)
{
	json_t *event = json_loadb(line, length, 0, NULL);
	const char *topic = json_string_value(json_object_get(event, "event"));

	(void)arg;
	if (topic && !strcmp(topic, "call.ended")) {
		json_decref(world.last_record);
		world.last_record = json_incref(json_object_get(event, "data"));
	}
	if (strlen(world.events) + length < sizeof(world.events))
		strncat(world.events, line, length);
	json_decref(event);
}

static void start(void)
{
	struct jf_calls_config config = {
	        .node = "test",
	        .kpis = world.kpis,
	        .ringback = "/ringback.wav",
	        .beep = "/beep.wav",
	        .recordings = world.recordings,
	        .analytics = (struct jf_analytics *)&world,
	        .http = (struct jf_http *)(void *)&world, /* only looked at */
	        .bus = world.bus,
	        .directory = world.directory,
	};

	assert_int_equal(jf_calls_create(&config, &world.calls), 0);
	assert_int_equal(jf_calls_start(world.calls), 0);
}

static struct jf_directory *directory(const char *yaml)
{
	struct jf_directory_file file = {"test.yaml", yaml, strlen(yaml)};
	struct jf_directory_options options = {.realm = "test", .base = "/"};
	struct jf_directory_errors errors;
	struct jf_directory *made;

	assert_int_equal(jf_directory_parse(&file, 1, &options, &made, &errors), 0);
	return made;
}

void world_apply(const char *yaml)
{
	struct jf_directory *coming = directory(yaml);

	assert_int_equal(jf_calls_directory_set(world.calls, coming), 0);
	jf_directory_destroy(world.directory);
	world.directory = coming;
}

void world_begin(void)
{
	memset(&world, 0, sizeof(world));
	world_parts_reset();
	world_sip_forget();
	world.now_ns = 1000 * JF_NS_PER_S;
	snprintf(world.recordings, sizeof(world.recordings), "/tmp/jf-test-world-XXXXXX");
	assert_non_null(mkdtemp(world.recordings));
	assert_int_equal(jf_bus_create(&world.bus), 0);
	assert_int_equal(jf_bus_subscribe(world.bus, on_bus, NULL, &subscription), 0);
	world.directory = directory(first_yaml);
	start();
}

static void stop(void)
{
	jf_calls_stop(world.calls);
	if (world.kpis)
		jf_kpis_stop(world.kpis, (uint64_t)time(NULL) * JF_NS_PER_S);
	world_store_deliver();
	jf_calls_destroy(world.calls);
	jf_kpis_destroy(world.kpis);
	assert_int_equal(n_timers, 0);
}

static int take_away(const char *path, const struct stat *stat, int type, struct FTW *at)
{
	(void)stat;
	(void)type;
	(void)at;
	return remove(path);
}

void world_end(void)
{
	stop();
	jf_bus_unsubscribe(subscription);
	jf_bus_destroy(world.bus);
	jf_directory_destroy(world.directory);
	json_decref(world.last_record);
	world_parts_reset();
	assert_int_equal(nftw(world.recordings, take_away, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void world_restart(void)
{
	/* What a kill -9 leaves: the store, the dataplane, and the peers' dialogs. */
	bool counts = world.kpis != NULL;

	stop();
	world_sip_forget();
	for (unsigned i = 0; i < WORLD_ENDPOINTS; i++)
		world.endpoints[i].found = world.endpoints[i].open;
	if (counts)
		assert_int_equal(jf_kpis_create(NULL, world.bus, &world.kpis), 0);
	start();
}

void world_count(void)
{
	stop();
	assert_int_equal(jf_kpis_create(NULL, world.bus, &world.kpis), 0);
	start();
}

void world_advance(uint64_t ms)
{
	uint64_t until_ns = world.now_ns + ms * JF_NS_PER_MS;
	struct jf_loop_timer *timer;

	world_recordings_report();
	world_store_deliver();
	while ((timer = first_due(until_ns))) {
		struct fake_timer t = *(struct fake_timer *)(void *)timer;

		if (t.due_ns > world.now_ns)
			world.now_ns = t.due_ns;
		jf_loop_timer_cancel(timer);
		t.handler(t.arg);
		world_recordings_report();
		world_store_deliver();
	}
	world.now_ns = until_ns;
}

void world_media_digit(uint16_t peer_port, char digit, bool masked)
{
	struct world_endpoint *e = world_endpoint(peer_port);
	struct jf_media_event event = {.type = JF_MEDIA_DIGIT,
	                               .endpoint = e->ref,
	                               .call = e->call,
	                               .digit = masked ? '\0' : digit,
	                               .masked = masked,
	                               .at_ns = world.now_ns};

	jf_calls_media_handler(&event, world.calls);
}

struct world_endpoint *world_endpoint(uint16_t peer_port)
{
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		if (world.endpoints[i].open && world.endpoints[i].remote.rtp.port == peer_port)
			return &world.endpoints[i];
	return NULL;
}

const char *world_agent_state(const char *agent)
{
	static char state[32];
	json_t *list = jf_view_agents(world.calls, NULL, &(uint32_t){0}, UINT32_MAX), *one;
	size_t i;

	json_array_foreach(list, i,
	                   one) if (!strcmp(json_string_value(json_object_get(one, "id")), agent))
	        snprintf(state, sizeof(state), "%s",
	                 json_string_value(json_object_get(one, "state")));
	json_decref(list);
	return state;
}

const char *world_call_state(void)
{
	static char state[32];
	json_t *list = jf_view_calls(world.calls, NULL, 10, NULL);
	const char *text = json_string_value(json_object_get(json_array_get(list, 0), "state"));

	snprintf(state, sizeof(state), "%s", text ? text : "");
	json_decref(list);
	return state;
}
