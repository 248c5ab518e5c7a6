// SPDX-License-Identifier: BSD-3-Clause
#include "jf_gen_trial.h"

#include <stdbool.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#define TX_BURST     32u
#define RX_BURST     64u
#define BEHIND_MAX   1024u /* frames, half of the rings; more is skipped */
#define STAMP_EVERY  128u  /* frames */
#define DRAIN_MAX_MS 500u

struct trial {
	const struct jf_gen_wire *wire;
	struct jf_gen_traffic *traffic;
	struct jf_gen_check *check;
	struct jf_gen_histogram *latency;
	struct jf_gen_result result;
	uint32_t next[TX_BURST]; /* endpoints whose lines are being loaded */
	uint32_t until_stamp;
	uint64_t warm; /* TSC */
};

static uint32_t collect(struct trial *t, uint64_t now)
{
	struct rte_mbuf *frames[RX_BURST];
	uint16_t n = rte_eth_rx_burst(t->wire->port, 0, frames, RX_BURST);

	if (n == 0)
		return 0;
	jf_gen_check_burst(t->check, frames, n, now, t->latency);
	rte_pktmbuf_free_bulk(frames, n);
	return n;
}

static void offer(struct trial *t, uint64_t now)
{
	struct rte_mbuf *frames[TX_BURST];
	uint16_t taken = 0;

	t->result.sent += TX_BURST;
	if (rte_pktmbuf_alloc_bulk(t->wire->frames, frames, TX_BURST) != 0) {
		t->result.refused += TX_BURST;
		return;
	}
	for (uint32_t i = 0; i < TX_BURST; i++) {
		bool stamped = --t->until_stamp == 0 && now >= t->warm;

		if (t->until_stamp == 0)
			t->until_stamp = STAMP_EVERY;
		jf_gen_traffic_write(t->traffic, t->next[i], stamped ? now : 0, frames[i]);
	}
	taken = rte_eth_tx_burst(t->wire->port, 0, frames, TX_BURST);
	if (taken < TX_BURST) {
		rte_pktmbuf_free_bulk(frames + taken, TX_BURST - taken);
		t->result.refused += TX_BURST - taken;
	}
	jf_gen_traffic_pick(t->traffic, t->next, TX_BURST);
}

static void drain(struct trial *t)
{
	uint64_t ms = rte_get_tsc_hz() / 1000;
	uint64_t begin = rte_rdtsc(), quiet = begin;

	for (;;) {
		uint64_t now = rte_rdtsc();

		if (collect(t, now) > 0)
			quiet = now;
		if (now - quiet > t->wire->quiet_ms * ms || now - begin > DRAIN_MAX_MS * ms)
			return;
	}
}

void jf_gen_trial_run(const struct jf_gen_wire *wire, struct jf_gen_traffic *traffic,
                      struct jf_gen_check *check, double pps, double seconds,
                      struct jf_gen_histogram *latency, struct jf_gen_result *ret_result)
{
	struct trial t = {.wire = wire,
	                  .traffic = traffic,
	                  .check = check,
	                  .latency = latency,
	                  .until_stamp = STAMP_EVERY};
	double per_cycle = pps / (double)rte_get_tsc_hz();
	uint64_t begin, end, now, due, done, before;
	bool idle = false;

	jf_gen_check_reset(check);
	drain(&t); /* what another trial or the link's start left behind */
	jf_gen_check_reset(check);
	jf_gen_histogram_reset(latency);
	jf_gen_traffic_pick(traffic, t.next, TX_BURST);
	begin = before = rte_rdtsc();
	t.warm = begin + wire->warm_ms * (rte_get_tsc_hz() / 1000);
	end = begin + (uint64_t)(seconds * (double)rte_get_tsc_hz());
	while ((now = rte_rdtsc()) < end) {
		t.result.away = RTE_MAX(t.result.away, now - before);
		if (idle)
			t.result.idle += now - before;
		before = now;
		idle = collect(&t, now) == 0;
		due = (uint64_t)((double)(now - begin) * per_cycle);
		done = t.result.sent + t.result.skipped;
		if (due < done + TX_BURST)
			continue;
		idle = false;
		if (due > done + BEHIND_MAX)
			t.result.skipped += due - done - BEHIND_MAX;
		offer(&t, now);
	}
	t.result.cycles = now - begin;
	drain(&t);
	t.result.counts = *jf_gen_check_counts(check);
	*ret_result = t.result;
}
