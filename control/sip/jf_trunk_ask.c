// SPDX-License-Identifier: BSD-3-Clause
/* OPTIONS to each destination of a trunk, and what follows from the answer or its absence. */
#include <stdio.h>

#include "jf_time.h"
#include "jf_trunk_priv.h"

static void ask(void *arg);

/* Not all at once: they would be asked at the same moment for ever. */
static uint32_t interval_ms(const struct jf_trunk_gate *gate)
{
	uint32_t whole_ms = gate->trunk->options_s * 1000;

	return whole_ms - rand_u16() % (whole_ms / 10 + 1);
}

static void rested(void *arg)
{
	jf_trunk_gate_input(arg, JF_TRUNK_ON_RESTED);
}

void jf_trunk_gate_input(struct jf_trunk_gate *gate, enum jf_trunk_health_input input)
{
	struct jf_trunk *trunk = gate->trunk;
	struct jf_trunk_health_step step = jf_trunk_health_step(gate->d.health, input);

	if (step.next != gate->d.health) {
		gate->d.health = step.next;
		gate->d.since_ns = jf_loop_now_ns();
	}
	if (!trunk->options_s && (step.actions & JF_TRUNK_DO_REST))
		tmr_start(&gate->timer, JF_TRUNK_REST_MS, rested, gate);
	else if (trunk->options_s && (step.actions & JF_TRUNK_DO_ASK_NOW))
		tmr_start(&gate->timer, 0, ask, gate);
	else if (trunk->options_s && (step.actions & JF_TRUNK_DO_ASK_LATER))
		tmr_start(&gate->timer, interval_ms(gate), ask, gate);
	if (step.actions & JF_TRUNK_DO_TELL)
		jf_trunk_tell(trunk, JF_TRUNK_CHANGE_HEALTH);
}

static void silent(struct jf_trunk_gate *gate, const char *why)
{
	gate->request = mem_deref(gate->request);
	/* There may be another address that answers. */
	if (gate->n_peers)
		gate->at = (gate->at + 1) % gate->n_peers;
	jf_trunk_error(gate->trunk, "OPTIONS to %s: %s", gate->d.uri, why);
	jf_trunk_gate_input(gate, JF_TRUNK_ON_SILENCE);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_trunk_gate *gate = arg;
	char why[48];

	if (msg && msg->scode < 200)
		return;
	tmr_cancel(&gate->timer);
	if (err || !msg) {
		silent(gate, "not sent, or not answered");
		return;
	}
	if (msg->scode == 408 || msg->scode == 500 || msg->scode == 503) {
		snprintf(why, sizeof(why), "%u", msg->scode);
		silent(gate, why);
		return;
	}
	gate->d.round_trip_us =
	        (uint32_t)(jf_time_since(gate->asked_ns, jf_loop_now_ns()) / JF_NS_PER_US);
	jf_trunk_gate_input(gate, JF_TRUNK_ON_ANSWER);
}

static void on_timeout(void *arg)
{
	silent(arg, "no answer");
}

static void send_question(struct jf_trunk_gate *gate)
{
	struct jf_trunk *trunk = gate->trunk;
	char call_id[40], tag[24];
	struct jf_trunk_request request = {
	        .method = "OPTIONS",
	        .uri = gate->d.uri,
	        .address = trunk->address,
	        .tag = tag,
	        .call_id = call_id,
	        .cseq = ++gate->cseq,
	        .headers = "Accept: application/sdp\r\n",
	};

	(void)re_snprintf(call_id, sizeof(call_id), "%016llx%016llx", rand_u64(), rand_u64());
	(void)re_snprintf(tag, sizeof(tag), "%016llx", rand_u64());
	gate->d.peer = gate->peers[gate->at];
	gate->asked_ns = jf_loop_now_ns();
	if (jf_trunk_send(trunk->trunks->sip, &gate->d.peer, &request, &gate->request, on_response,
	                  gate))
		silent(gate, "not sent");
	else
		tmr_start(&gate->timer, JF_TRUNK_ASK_MS, on_timeout, gate);
}

static void on_resolved(int err, const struct jf_sip_peer *peers, unsigned count, void *arg)
{
	struct jf_trunk_gate *gate = arg;

	gate->query = NULL;
	if (err) {
		gate->n_peers = 0;
		silent(gate, strerror(-err));
		return;
	}
	memcpy(gate->peers, peers, count * sizeof(peers[0]));
	gate->n_peers = count;
	gate->at %= count;
	/* Never asked, but its address is known: calls may come from there. */
	if (gate->trunk->options_s)
		send_question(gate);
	else
		tmr_start(&gate->timer, JF_TRUNK_REST_MS, ask, gate);
}

static void ask(void *arg)
{
	struct jf_trunk_gate *gate = arg;
	int err;

	gate->request = mem_deref(gate->request);
	jf_sip_query_cancel(gate->query);
	gate->query = NULL;
	err = jf_sip_resolve(gate->trunk->trunks->sip, gate->d.uri, on_resolved, gate,
	                     &gate->query);
	if (err)
		silent(gate, strerror(-err));
}

void jf_trunk_gate_start(struct jf_trunk_gate *gate)
{
	gate->d.since_ns = jf_loop_now_ns();
	tmr_start(&gate->timer, rand_u16() % 100u, ask, gate);
}

void jf_trunk_gate_stop(struct jf_trunk_gate *gate)
{
	tmr_cancel(&gate->timer);
	jf_sip_query_cancel(gate->query);
	gate->query = NULL;
	gate->request = mem_deref(gate->request);
}
