// SPDX-License-Identifier: BSD-3-Clause
/*
 * Counts always add up: random lives of callers, with every way out of the greeting, the flow and
 * the queue, and control killed in between. Each caller who arrived is in exactly one figure of the
 * interval accounts and in exactly one record, and both tell the same of it.
 */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "jf_bus.h"
#include "jf_kpis.h"

#define LIVES   150u
#define STEPS   160u
#define CALLERS 40u /* of one life */
#define AT_ONCE 6u

static const char yaml[] =
        "tenants: [{name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"], to: [10.0.0.1]}]\n"
        "calendars: [{name: never, tenant: acme, zone: UTC}]\n"
        "surveys:\n"
        "  - {name: after, tenant: acme, questions: [{kind: csat, prompt: /ask.wav}]}\n"
        "teams: [{name: day, tenant: acme}]\n"
        "queues:\n"
        "  - name: billing\n"
        "    tenant: acme\n"
        "    greeting: /hello.wav\n"
        "    music: /moh.wav\n"
        "    teams: [day]\n"
        "    short_abandon_s: 3\n"
        "    ring_timeout_s: 6\n"
        "    announce: {language: en, prompts: /words, every_s: 600, first_s: 600}\n"
        "    leave: {voicemail_key: \"9\"}\n"
        "    voicemail: {silence_s: 3}\n"
        "    survey: after\n"
        "    overflow: [{after_s: 15, to: sales}]\n"
        "  - {name: sales, tenant: acme, music: /sales.wav, max_wait_s: 30, overflow:\n"
        "     [{length: 3, to: late}]}\n"
        "  - {name: late, tenant: acme, music: /late.wav, max_wait_s: 20}\n"
        "  - {name: shut, tenant: acme, calendar: never, closed: {prompt: /closed.wav}}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, team: day}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [sales]}\n"
        "flows:\n"
        "  - name: main\n"
        "    tenant: acme\n"
        "    language: en\n"
        "    prompts: [{language: en, folder: /en}]\n"
        "    nodes:\n"
        "      - {name: hello, play: {prompts: [hello]}, next: menu}\n"
        "      - name: menu\n"
        "        menu: {prompts: [choose], timeout_ms: 4000, tries: 2,\n"
        "               choices: [{key: \"1\", next: billing}, {key: \"2\", next: told},\n"
        "                         {key: \"3\", next: desk}, {key: \"4\", next: message},\n"
        "                         {key: \"5\", next: rate}, {key: \"6\", next: shut},\n"
        "                         {key: \"7\", next: outside}]}\n"
        "        failed: bye\n"
        "      - {name: told, play: {prompts: [told]}, next: bye}\n"
        "      - {name: billing, queue: {name: billing}}\n"
        "      - {name: shut, queue: {name: shut}}\n"
        "      - {name: desk, transfer: {to: \"agent:1002\"}, failed: menu}\n"
        "      - {name: outside, transfer: {to: \"outside:+3726009999\"}, failed: menu}\n"
        "      - {name: message, voicemail: {queue: billing}, failed: bye}\n"
        "      - {name: rate, survey: {name: after}, failed: bye}\n"
        "      - {name: bye, hangup: true}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"200\", tenant: acme, queue: sales}\n"
        "  - {number: \"300\", tenant: acme, queue: shut}\n"
        "  - {number: \"400\", tenant: acme, forward: \"+3726009999\"}\n"
        "  - {number: \"600\", tenant: acme, flow: main}\n";

/* ---- What records say -------------------------------------------------------------------------
 */

static struct {
	unsigned int all, of_callers, ivr, queue, ringing, flow;
} records;
static struct jf_bus_subscription *subscription;

static void on_bus(const char *line, size_t length, void *arg)
{
	json_t *event = json_loadb(line, length, 0, NULL);
	const json_t *record = json_object_get(event, "data");
	const char *topic = json_string_value(json_object_get(event, "event"));
	const char *where = json_string_value(json_object_get(record, "abandoned_in"));
	const char *number = json_string_value(json_object_get(record, "number"));

	(void)arg;
	if (!strcmp(topic, "call.ended")) {
		bool own =
		        json_object_get(record, "callback") || json_object_get(record, "delivers");

		records.all++;
		records.of_callers += !own;
		records.flow += !own && !strcmp(number, "600");
		records.ivr += where && !strcmp(where, "ivr");
		records.queue += where && !strcmp(where, "queue");
		records.ringing += where && !strcmp(where, "ringing");
		if (where)
			assert_string_equal(json_string_value(json_object_get(record, "outcome")),
			                    "abandoned");
	}
	json_decref(event);
}

/* ---- Chance -----------------------------------------------------------------------------------
 */

static uint64_t seed;

static uint32_t chance(uint32_t of)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % of;
}

/* ---- One step of a life ------------------------------------------------------------------------
 */

static unsigned int arrived, by_flow;

static bool is_alive(const struct jf_leg *leg)
{
	return leg->used && !leg->ended && !leg->detached && strcmp(leg->said, "reject") != 0;
}

static struct jf_leg *any_leg(bool incoming)
{
	struct jf_leg *found = NULL;
	uint32_t n = 0;

	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		if (is_alive(&world.legs[i]) && world.legs[i].incoming == incoming && !chance(++n))
			found = &world.legs[i];
	return found;
}

static unsigned int alive(bool incoming)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		n += is_alive(&world.legs[i]) && world.legs[i].incoming == incoming;
	return n;
}

static void comes(void)
{
	static const char *const numbers[] = {"100", "100", "200", "300",
	                                      "400", "600", "600", "600"};
	const char *number = numbers[chance(8)];
	struct jf_leg *leg;

	if (arrived == CALLERS || alive(true) >= AT_ONCE)
		return;
	leg = world_invite(number);
	if (!strcmp(leg->said, "reject"))
		return;
	arrived++;
	by_flow += !strcmp(number, "600");
	if (!strcmp(leg->said, "answer") && chance(10))
		world_leg(leg, JF_LEG_CONFIRMED, 0, NULL);
}

static void caller_acts(void)
{
	struct jf_leg *leg = any_leg(true);

	if (!leg)
		return;
	if (!strcmp(leg->said, "end"))
		world_leg_ended(leg, JF_LEG_END_BYE_BY_US, 200);
	else if (!chance(3))
		world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 200);
	else
		world_leg_digit(leg, "1234567895"[chance(10)]);
}

static void phone_acts(void)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, (uint16_t)(5000 + 2 * chance(1000)));
	struct jf_leg *leg = any_leg(false);

	if (!leg)
		return;
	if (!strcmp(leg->said, "end"))
		world_leg_ended(leg, JF_LEG_END_CANCELLED_BY_US, 487);
	else if (strcmp(leg->said, "invite") != 0 || leg->answered)
		world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 200);
	else if (!chance(3))
		world_leg(leg, JF_LEG_PROVISIONAL, 180, NULL);
	else if (!chance(3))
		world_leg_ended(leg, JF_LEG_END_REJECTED_BY_PEER, 486);
	else
		world_leg(leg, JF_LEG_ANSWERED, 200, &desc);
}

/* Killed when its rows are on the disk. Legs that are not taken up again are nobody's. */
static void restarts(void)
{
	world_advance(30);
	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		world.legs[i].user = NULL;
	world_restart();
	for (unsigned int i = 0; i < WORLD_LEGS; i++)
		world.legs[i].detached |= !world.legs[i].user;
	world_register("1001");
	world_register("1002");
}

static void step(void)
{
	static const char *const agents[] = {"1001", "1002"};

	switch (chance(16)) {
	case 0:
	case 1:
	case 2:
		comes();
		break;
	case 3:
	case 4:
	case 5:
		caller_acts();
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		phone_acts();
		break;
	case 10:
	case 11:
		world_played();
		break;
	case 12:
		(void)jf_calls_agent_change(world.calls, agents[chance(2)], JF_AGENT_CHANGE_READY,
		                            NULL, "test");
		break;
	case 13:
		if (!chance(6))
			restarts();
		break;
	default:
		world_advance(chance(4000));
	}
}

/* Everybody goes home. */
static void end_all(void)
{
	for (unsigned int round = 0; round < 200 && (alive(true) || alive(false)); round++) {
		struct jf_leg *leg = any_leg(round % 2);

		if (leg)
			world_leg_ended(leg, JF_LEG_END_BYE_BY_PEER, 200);
		world_advance(100);
	}
	world_advance(60000);
	world_played();
	world_advance(60000);
}

/* ---- What it comes to --------------------------------------------------------------------------
 */

static struct jf_kpi_sums sums_of(enum jf_kpis_kind kind, const char *name)
{
	struct jf_kpis_name whose = {kind, "acme", name};
	struct jf_kpi_sums sums;

	jf_kpis_today(world.kpis, &whose, (uint64_t)time(NULL) * 1000000000ull, &sums);
	return sums;
}

static void intake_adds_up(const struct jf_kpi_sums *s)
{
	assert_int_equal(s->arrived, s->contained + s->abandoned_ivr + s->abandoned_ringing +
	                                     s->queued + s->transferred + s->callbacks +
	                                     s->voicemails + s->released);
}

static void all_adds_up(void)
{
	static const char *const queues[] = {"billing", "sales", "late", "shut"};
	struct jf_kpi_sums tenant = sums_of(JF_KPIS_TENANT, "");
	struct jf_kpi_sums flow = sums_of(JF_KPIS_FLOW, "main"), all = {0};

	intake_adds_up(&tenant);
	intake_adds_up(&flow);
	assert_int_equal(tenant.arrived, arrived);
	assert_int_equal(flow.arrived, by_flow);
	assert_int_equal(records.of_callers, arrived);
	assert_int_equal(records.flow, by_flow);
	for (unsigned int i = 0; i < 4; i++) {
		struct jf_kpi_sums q = sums_of(JF_KPIS_QUEUE, queues[i]);

		assert_int_equal(q.offered, q.answered + q.abandoned + q.short_abandoned +
		                                    q.overflowed + q.callbacks + q.voicemails +
		                                    q.released);
		assert_int_equal(q.offered, q.left);
		assert_true(q.abandoned_ringing <= q.abandoned);
		jf_kpi_add(&all, &q);
	}
	/* Whoever came into a queue came out of one, once. */
	assert_int_equal(tenant.queued, all.offered - all.overflowed);
	/* The records tell the same. */
	assert_int_equal(records.ivr, tenant.abandoned_ivr);
	assert_int_equal(records.queue + records.ringing,
	                 all.abandoned + all.short_abandoned + tenant.abandoned_ringing);
	assert_true(records.ringing >= all.abandoned_ringing + tenant.abandoned_ringing);
	/* A team has what its agents have; each segment is a queue's or nobody's. */
	assert_int_equal(sums_of(JF_KPIS_TEAM, "day").handled,
	                 sums_of(JF_KPIS_AGENT, "1001").handled);
	assert_int_equal(sums_of(JF_KPIS_TEAM, "day").surveys,
	                 sums_of(JF_KPIS_AGENT, "1001").surveys);
}

static void life(uint64_t number)
{
	seed = number;
	memset(&records, 0, sizeof(records));
	arrived = by_flow = 0;
	world_begin();
	world_count();
	assert_int_equal(jf_bus_subscribe(world.bus, on_bus, NULL, &subscription), 0);
	world_apply(yaml);
	world_register("1001");
	world_register("1002");
	for (unsigned int i = 0; i < STEPS; i++)
		step();
	end_all();
	all_adds_up();
	jf_bus_unsubscribe(subscription);
	world_end();
}

static void counts_always_add_up(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= LIVES; i++)
		life(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counts_always_add_up)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
