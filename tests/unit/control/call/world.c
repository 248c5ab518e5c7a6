// SPDX-License-Identifier: BSD-3-Clause
#include "world_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_analytics.h"
#include "jf_bus.h"
#include "jf_directory.h"
#include "jf_loop.h"
#include "jf_time.h"

struct world world;
struct jf_identity world_identity;

static const char first_yaml[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues:\n"
        "  - {name: billing, tenant: acme, music: /moh.wav, greeting: /hello.wav}\n"
        "  - {name: sales, tenant: acme, max_wait_s: 60}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1003\", tenant: acme, password: x, queues: [billing]}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"200\", tenant: acme, queue: sales}\n";

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

/* ---- SIP ------------------------------------------------------------------------------------- */

static char registered[8][64];
static unsigned int n_registered;

unsigned int jf_sip_registrations_get(const struct jf_sip *sip, const char *agent,
                                      struct jf_registration *ret, unsigned int max)
{
	(void)sip;
	(void)max;
	for (unsigned int i = 0; i < n_registered; i++)
		if (!strcmp(registered[i], agent)) {
			*ret = (struct jf_registration){
			        .granted_s = 60,
			        .source = {.family = 4, .transport = world.transports}};
			snprintf(ret->agent, sizeof(ret->agent), "%s", agent);
			snprintf(ret->contact, sizeof(ret->contact), "sip:%s@192.0.2.9", agent);
			return 1;
		}
	return 0;
}

int jf_sip_registration_restore(struct jf_sip *sip, const struct jf_registration *registration)
{
	(void)sip;
	snprintf(registered[n_registered++], 64, "%s", registration->agent);
	return 0;
}

void jf_sip_sha256_offer(struct jf_sip *sip, bool offered)
{
	(void)sip;
	(void)offered;
}

void jf_sip_registrations_drop(struct jf_sip *sip, const char *agent)
{
	struct jf_registration r = {.granted_s = 60};

	(void)sip;
	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	for (unsigned int i = 0; i < n_registered; i++)
		if (!strcmp(registered[i], agent)) {
			memmove(registered[i], registered[--n_registered], 64);
			jf_calls_sip_handler.registration_changed(JF_REGISTRATION_REMOVED, &r,
			                                          world.calls);
		}
}

static uint64_t leg_serial;

static struct jf_leg *leg_new(bool incoming)
{
	struct jf_leg *leg = &world.legs[leg_serial % WORLD_LEGS];

	*leg = (struct jf_leg){.id = ++leg_serial, .used = true, .incoming = incoming};
	return leg;
}

static void said(struct jf_leg *leg, const char *what, uint16_t code)
{
	snprintf(leg->said, sizeof(leg->said), "%s", what);
	leg->code = code;
}

void jf_leg_user_set(struct jf_leg *leg, void *user)
{
	leg->user = user;
}

void *jf_leg_user(const struct jf_leg *leg)
{
	return leg->user;
}

void jf_leg_call_id_set(struct jf_leg *leg, const struct jf_call_id *call_id)
{
	(void)leg;
	(void)call_id;
}

const char *jf_leg_state_name(const struct jf_leg *leg)
{
	return leg->ended ? "ended" : "alive";
}

const char *jf_leg_dump(const struct jf_leg *leg, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", leg->said);
	return ret_text;
}

void jf_leg_end(struct jf_leg *leg, uint16_t code, const char *reason)
{
	(void)reason;
	assert_false(leg->ended);
	said(leg, "end", code);
}

void jf_leg_detach(struct jf_leg *leg)
{
	leg->detached = true;
}

int jf_leg_answer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	leg->local = *local;
	said(leg, "answer", 200);
	return 0;
}

int jf_leg_reject(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	(void)reason;
	snprintf(leg->headers, sizeof(leg->headers), "%s", headers ? headers : "");
	said(leg, "reject", code);
	return 0;
}

int jf_leg_create(struct jf_sip *sip, const struct jf_leg_target *target,
                  const struct jf_media_desc *local, void *user, struct jf_leg **ret_leg)
{
	struct jf_leg *leg = leg_new(false);

	(void)sip;
	leg->user = user;
	leg->local = *local;
	leg->peer = target->peer;
	leg->first_response_ms = target->first_response_ms;
	snprintf(leg->headers, sizeof(leg->headers), "%s", target->headers ? target->headers : "");
	snprintf(leg->target, sizeof(leg->target), "%s", target->to_user);
	snprintf(leg->from_user, sizeof(leg->from_user), "%s", target->from_user);
	snprintf(leg->from_name, sizeof(leg->from_name), "%s", target->from_name);
	said(leg, "invite", 0);
	*ret_leg = leg;
	return 0;
}

int jf_leg_accept(struct jf_leg *leg, const struct jf_media_desc *local)
{
	leg->local = *local;
	said(leg, "accept", 200);
	return 0;
}

int jf_leg_refuse(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	(void)reason;
	snprintf(leg->headers, sizeof(leg->headers), "%s", headers ? headers : "");
	said(leg, "refuse", code);
	return 0;
}

int jf_leg_refer_answer(struct jf_leg *leg, uint16_t code)
{
	leg->refer_code = code;
	return 0;
}

int jf_leg_refer_notify(struct jf_leg *leg, uint16_t code)
{
	leg->notified = code;
	return 0;
}

int jf_leg_ring(struct jf_leg *leg)
{
	said(leg, "ring", 180);
	return 0;
}

uint64_t jf_leg_id(const struct jf_leg *leg)
{
	return leg->id;
}

int jf_leg_send_digit(struct jf_leg *leg, char digit, uint32_t duration_ms)
{
	size_t length = strlen(leg->digits);

	(void)duration_ms;
	leg->digits[length] = digit;
	leg->digits[length + 1] = '\0';
	return 0;
}

int jf_leg_ping(struct jf_leg *leg, unsigned int timeout_ms)
{
	(void)timeout_ms;
	leg->pinged = true;
	return 0;
}

int jf_leg_export(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	*ret_state = (struct jf_leg_state){.version = JF_LEG_STATE_VERSION, .id = leg->id};
	return 0;
}

int jf_leg_import(struct jf_sip *sip, const struct jf_leg_state *state, void *user,
                  struct jf_leg **ret_leg)
{
	struct jf_leg *leg = &world.legs[(state->id - 1) % WORLD_LEGS];

	(void)sip;
	assert_int_equal(state->version, JF_LEG_STATE_VERSION);
	leg->user = user;
	leg->detached = false;
	*ret_leg = leg;
	return 0;
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
	        .ringback = "/ringback.wav",
	        .analytics = (struct jf_analytics *)&world,
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
	n_registered = 0;
	world.now_ns = 1000 * JF_NS_PER_S;
	assert_int_equal(jf_bus_create(&world.bus), 0);
	assert_int_equal(jf_bus_subscribe(world.bus, on_bus, NULL, &subscription), 0);
	world.directory = directory(first_yaml);
	start();
}

static void stop(void)
{
	jf_calls_stop(world.calls);
	world_store_deliver();
	jf_calls_destroy(world.calls);
	assert_int_equal(n_timers, 0);
}

void world_end(void)
{
	stop();
	jf_bus_unsubscribe(subscription);
	jf_bus_destroy(world.bus);
	jf_directory_destroy(world.directory);
	json_decref(world.last_record);
	world_parts_reset();
}

void world_restart(void)
{
	/* What a kill -9 leaves: the store, the dataplane, and the peers' dialogs. */
	stop();
	n_registered = 0;
	start();
}

void world_register(const char *agent)
{
	struct jf_registration r = {.granted_s = 60};

	snprintf(registered[n_registered++], 64, "%s", agent);
	snprintf(r.agent, sizeof(r.agent), "%s", agent);
	jf_calls_sip_handler.registration_changed(JF_REGISTRATION_ADDED, &r, world.calls);
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

struct jf_media_desc world_desc(uint8_t law, uint16_t port)
{
	return (struct jf_media_desc){
	        .family = 4,
	        .event_type = 96,
	        .ptime_ms = 20,
	        .codec_count = 1,
	        .rtp_port = port,
	        .rtcp_port = (uint16_t)(port + 1),
	        .ip = {192, 0, 2, 1},
	        .codecs = {{.codec = law, .payload_type = law}},
	};
}

static struct jf_leg *invite(const char *number, const struct jf_media_desc *offer)
{
	struct jf_leg *leg = leg_new(true);
	struct jf_leg_invite i = {
	        .source = {.family = 4, .ip = {192, 0, 2, 1}, .transport = world.transport},
	        .number = number,
	        .from_user = "37255500001",
	        .from_name = "",
	        .to_user = number,
	        .identity = &world_identity,
	        .agent = "",
	        .sip_call_id = "x",
	        .offer = offer,
	};

	assert_true(jf_calls_sip_handler.source_allowed(&i.source, &i.trunk, world.calls));
	jf_calls_sip_handler.leg_incoming(leg, &i, world.calls);
	return leg;
}

struct jf_leg *world_agent_invite(const char *agent, const char *number,
                                  const struct jf_media_desc *offer)
{
	static const struct jf_identity identity;
	struct jf_leg *leg = leg_new(true);
	struct jf_leg_invite i = {
	        .source = {.family = 4, .ip = {192, 0, 2, 9}},
	        .number = number,
	        .from_user = agent,
	        .from_name = "",
	        .to_user = number,
	        .identity = &identity,
	        .agent = agent,
	        .sip_call_id = "y",
	        .offer = offer,
	};

	jf_calls_sip_handler.leg_incoming(leg, &i, world.calls);
	return leg;
}

void world_leg_refer(struct jf_leg *leg, const char *user, uint64_t replaces)
{
	struct jf_leg_refer refer = {.uri = "sip:x",
	                             .user = user,
	                             .referred_by = "",
	                             .replaces = replaces,
	                             .replaces_header = ""};
	struct jf_leg_event event = {.type = JF_LEG_REFER, .refer = &refer};

	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

struct jf_leg *world_invite(const char *number)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, 4000);

	return invite(number, &offer);
}

struct jf_leg *world_invite_with(const char *number, const struct jf_media_desc *offer)
{
	return invite(number, offer);
}

void world_leg_digit(struct jf_leg *leg, char digit)
{
	struct jf_leg_event event = {.type = JF_LEG_DIGIT, .digit = digit, .duration_ms = 160};

	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
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

struct jf_leg *world_invite_late(const char *number)
{
	return invite(number, NULL);
}

struct jf_leg *world_caller_greeted(const char *number)
{
	struct jf_leg *leg = world_invite(number);

	assert_string_equal(leg->said, "answer");
	world_leg(leg, JF_LEG_CONFIRMED, 0, NULL);
	return leg;
}

struct jf_leg *world_caller(const char *number)
{
	struct jf_leg *leg = world_caller_greeted(number);

	world_played();
	return leg;
}

void world_leg(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
               const struct jf_media_desc *media)
{
	struct jf_leg_event event = {.type = type, .code = code, .media = media};

	if (!leg->detached && !leg->ended)
		jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

void world_leg_ended(struct jf_leg *leg, enum jf_leg_end end, uint16_t code)
{
	struct jf_leg_event event = {.type = JF_LEG_ENDED, .code = code, .end = end};

	if (leg->detached || leg->ended)
		return;
	leg->ended = true;
	jf_calls_sip_handler.leg_event(leg, &event, world.calls);
}

struct jf_leg *world_leg_to(const char *agent)
{
	struct jf_leg *found = NULL;

	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		if (world.legs[i].used && !strcmp(world.legs[i].target, agent) &&
		    (!found || world.legs[i].id > found->id))
			found = &world.legs[i];
	return found;
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
	json_t *list = jf_view_agents(world.calls), *one;
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
