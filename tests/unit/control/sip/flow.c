// SPDX-License-Identifier: BSD-3-Clause
#include "flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow_peer.h"
#include "jf_loop.h"
#include "wire.h"

#define AIR      64
#define TRAVEL   5   /* ms */
#define DELAY_MS 700 /* beyond T1 */

struct flow_leg flow_legs[FLOW_LEGS];
unsigned flow_leg_count;

static struct {
	const char *name;
	enum flow_harm harm;
	unsigned at;   /* the message that is harmed */
	unsigned sent; /* messages so far */
	uint64_t now_ms;
	struct {
		char *text; /* NULL: a free place */
		uint64_t due_ms;
		uint64_t order;
		bool to_us;
	} air[AIR];
	uint64_t order;
} run;

/* ---- The wire -------------------------------------------------------------------------------- */

static void launch(const char *text, bool to_us, uint64_t due_ms)
{
	for (unsigned i = 0; i < AIR; i++) {
		if (run.air[i].text)
			continue;
		run.air[i].text = strdup(text);
		run.air[i].to_us = to_us;
		run.air[i].due_ms = due_ms;
		run.air[i].order = run.order++;
		return;
	}
	flow_fail("a wire with less on it", __LINE__);
}

void flow_wire_put(const char *text, bool to_us)
{
	bool harmed = run.harm != FLOW_UNHARMED && run.sent == run.at;
	uint64_t due_ms = run.now_ms + TRAVEL;

	run.sent++;
	if (harmed && run.harm == FLOW_LOST)
		return;
	launch(text, to_us, harmed && run.harm == FLOW_DELAYED ? due_ms + DELAY_MS : due_ms);
	if (harmed && run.harm == FLOW_DOUBLED)
		launch(text, to_us, due_ms + 1);
}

uint64_t flow_now_ms(void)
{
	return run.now_ms;
}

/* The next that has arrived, or AIR. */
static unsigned arrived(void)
{
	unsigned first = AIR;

	for (unsigned i = 0; i < AIR; i++)
		if (run.air[i].text && run.air[i].due_ms <= run.now_ms &&
		    (first == AIR || run.air[i].order < run.air[first].order))
			first = i;
	return first;
}

static void deliver(void)
{
	const char *sent;
	unsigned i;

	while ((sent = wire_sent()) != NULL)
		flow_wire_put(sent, false);
	while ((i = arrived()) != AIR) {
		char *text = run.air[i].text;

		run.air[i].text = NULL;
		if (run.air[i].to_us)
			wire_receive(text);
		else
			flow_peer_receive(text);
		free(text);
		while ((sent = wire_sent()) != NULL)
			flow_wire_put(sent, false);
	}
}

void flow_pass_ms(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 5) {
		wire_advance_ms(5);
		run.now_ms += 5;
		deliver();
		flow_peer_timers();
		deliver();
	}
}

void flow_fail(const char *what, int line)
{
	static const char *const harms[] = {"unharmed", "lost", "doubled", "delayed"};

	fail_msg("%s, message %u %s: not so in line %d: %s", run.name, run.at, harms[run.harm],
	         line, what);
	abort();
}

/* ---- The owner ------------------------------------------------------------------------------- */

static struct flow_leg *of(struct jf_leg *leg)
{
	return jf_leg_user(leg);
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	struct flow_leg *l = &flow_legs[flow_leg_count++];

	(void)arg;
	flow_assert(flow_leg_count <= FLOW_LEGS);
	l->leg = leg;
	l->incoming++;
	l->replaces = invite->replaces;
	if (invite->offer)
		l->rtp_port = invite->offer->rtp_port;
	jf_leg_user_set(leg, l);
}

static void reoffered(struct flow_leg *l)
{
	struct jf_media_desc media = local_media();

	l->reoffered++;
	flow_assert(!jf_leg_accept(l->leg, &media));
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	struct flow_leg *l = of(leg);

	(void)arg;
	flow_assert(l->leg == leg && !l->ended);
	if (event->media)
		l->rtp_port = event->media->rtp_port;
	l->code = event->code;
	l->provisional += event->type == JF_LEG_PROVISIONAL;
	l->early += event->type == JF_LEG_PROVISIONAL && event->media;
	l->answered += event->type == JF_LEG_ANSWERED;
	l->confirmed += event->type == JF_LEG_CONFIRMED;
	l->reanswered += event->type == JF_LEG_REANSWER;
	l->redirected += event->type == JF_LEG_REDIRECTED;
	if (event->type == JF_LEG_REOFFER)
		reoffered(l);
	if (event->type == JF_LEG_REFER) {
		l->referred++;
		l->refer_replaces = event->refer->replaces;
		flow_assert(!jf_leg_refer_answer(leg, 202));
	}
	if (event->type == JF_LEG_ENDED) {
		l->ended++;
		l->end = event->end;
		l->leg = NULL;
	}
}

unsigned flow_call(const struct flow_answer *answers, const struct jf_leg_target *more)
{
	struct jf_leg_target target = more ? *more : (struct jf_leg_target){.uri = NULL};
	struct jf_media_desc media = local_media();
	unsigned n = flow_leg_count++;
	char uri[64];

	flow_assert(flow_leg_count <= FLOW_LEGS);
	flow_peer_answers(n, answers);
	snprintf(uri, sizeof(uri), "sip:phone%u@127.0.0.1:5070", n);
	target.uri = uri;
	target.peer = (struct jf_sip_peer){.family = 4, .port = 5070, .ip = {127, 0, 0, 1}};
	target.from_user = "3725550";
	target.to_user = "1001";
	flow_assert(!jf_leg_create(sip, &target, &media, &flow_legs[n], &flow_legs[n].leg));
	return n;
}

/* ---- Playing --------------------------------------------------------------------------------- */

/* How many messages it took. */
static unsigned play(const char *name, void (*flow)(void), enum flow_harm harm, unsigned at)
{
	const struct jf_sip_handler rows = {.source_allowed = stand_in_local_trunk,
	                                    .leg_incoming = leg_incoming,
	                                    .leg_event = leg_event};

	memset(&run, 0, sizeof(run));
	memset(flow_legs, 0, sizeof(flow_legs));
	flow_leg_count = 0;
	run.name = name;
	run.harm = harm;
	run.at = at;
	flow_peer_reset();
	if (sip_lab_start(rows, (struct jf_sip_config){0}))
		abort();
	flow();
	flow_pass_ms(70000); /* every transaction is over by then */
	for (unsigned i = 0; i < flow_leg_count; i++)
		flow_assert(flow_legs[i].ended == 1);
	flow_assert(jf_sip_stats_get(sip).legs == 0);
	flow_assert(jf_loop_stats_get().timers == 0);
	flow_peer_reset();
	sip_lab_stop(NULL);
	return run.sent;
}

void flow_play(const char *name, void (*flow)(void))
{
	unsigned messages = play(name, flow, FLOW_UNHARMED, 0);

	for (unsigned at = 0; at < messages; at++)
		for (enum flow_harm harm = FLOW_LOST; harm <= FLOW_DELAYED; harm++)
			play(name, flow, harm, at);
}
