// SPDX-License-Identifier: BSD-3-Clause
/*
 * The ends of the path: packets to the devices, to the kernel, and nowhere, each of them counted;
 * hints to control; and the order of the stages.
 */
#include <rte_cycles.h>
#include <rte_ip.h>

#include "jf_path.h"
#include "path_priv.h"
#include "path_send_priv.h"

void jf_path_drop(struct jf_path *path, struct rte_mbuf *mbuf, uint32_t index, enum jf_drop reason)
{
	path->counters->drops[reason]++;
	if (index != JF_CONTRACT_NONE)
		jf_slot_drop(&path->slots[index], reason);
	if (mbuf)
		rte_pktmbuf_free(mbuf);
}

void jf_path_drop_measured(struct jf_path *path, const struct jf_packet *packet,
                           enum jf_drop reason)
{
	uint32_t listener = packet->endpoint->listener;
	struct jf_slot_tx_kept *tx;

	jf_path_drop(path, packet->mbuf, packet->index, reason);
	if (listener == JF_CONTRACT_NONE || path->slots[listener].tx.source != packet->index)
		return;
	tx = &path->slots[listener].tx;
	jf_seq_write_begin(&tx->seq);
	tx->packets--;
	tx->octets -= packet->rtp.payload_length;
	jf_seq_write_end(&tx->seq);
}

void jf_frame_write_v6(const struct jf_outgoing *out)
{
	uint8_t *frame = out->udp - JF_HEADER_BYTES_V6;
	uint16_t udp_be = __builtin_bswap16((uint16_t)(8 + out->length));
	uint32_t sum = (uint32_t)out->header->sum + udp_be + udp_be; /* pseudo-header, and UDP's */
	uint16_t folded;

	memcpy(frame, out->header->bytes, JF_HEADER_BYTES_V6);
	memcpy(frame + IP6_LENGTH_AT, &udp_be, 2);
	memcpy(frame + UDP6_LENGTH_AT, &udp_be, 2);
	if (out->rtcp_port_be)
		jf_frame_readdress_rtcp(out);
	sum += load16(frame + UDP6_AT) + load16(frame + UDP6_TARGET_AT);
	sum += rte_raw_cksum(out->udp, out->length);
	sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	folded = folded ? folded : 0xffff; /* RFC 8200 section 8.1: 0 would mean none */
	memcpy(frame + UDP6_SUM_AT, &folded, 2);
}

void jf_frame_readdress_rtcp(const struct jf_outgoing *out)
{
	uint8_t *ports = out->udp - 8;
	uint16_t from_be = __builtin_bswap16((uint16_t)(load16be(ports) + 1));

	memcpy(ports, &from_be, 2);
	memcpy(ports + 2, &out->rtcp_port_be, 2);
}

static void count_refused(struct jf_path *path, uint16_t port, uint32_t n)
{
	enum jf_drop reason =
	        jf_port_link_is_down(path->out[port].port) ? JF_DROP_LINK_DOWN : JF_DROP_TX_FULL;

	path->counters->drops[reason] += n;
	path->traffic[port].tx_refused += n;
}

void jf_path_flush(struct jf_path *path)
{
	if (unlikely(path->n_protect))
		jf_path_protect(path);
	for (uint16_t i = 0; i < path->n_out; i++) {
		struct jf_out *out = &path->out[i];
		uint16_t sent;

		if (out->n == 0)
			continue;
		sent = jf_port_tx(out->port, path->worker, out->mbufs, out->n);
		path->counters->tx_packets += sent;
		path->traffic[i].tx_packets += sent;
		if (unlikely(sent < out->n))
			count_refused(path, i, out->n - sent);
		rte_pktmbuf_free_bulk(out->mbufs + sent, out->n - sent);
		out->n = 0;
	}
}

void jf_path_kernel(struct jf_path *path, const struct jf_port *port, struct jf_burst *burst)
{
	uint16_t taken = jf_port_to_kernel(port, burst->kernel, burst->n_kernel);

	path->counters->to_kernel += taken;
	path->counters->drops[JF_DROP_EXCEPTION_FULL] += burst->n_kernel - taken;
	rte_pktmbuf_free_bulk(burst->kernel + taken, burst->n_kernel - taken);
	burst->n_kernel = 0;
}

void jf_path_emit(struct jf_path *path, enum jf_event_type type, uint32_t index, uint32_t value,
                  uint64_t detail)
{
	const struct jf_event event = {
	        .type = type,
	        .value = value,
	        .endpoint = {.index = index, .generation = path->slots[index].identity.generation},
	        .detail = detail,
	        .at_ns = path->now_ns,
	};

	if (jf_contract_emit(path->contract, path->worker, &event))
		path->counters->events_lost++;
}

uint32_t jf_path_random(struct jf_path *path)
{
	/* splitmix64, seeded from the kernel at start */
	return (uint32_t)(jf_path_mix64(path->random += UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The stage has ended; clock NULL, which the compiler knows: nobody wants to know. */
static inline void lap(struct jf_stage_clock *clock, enum jf_stage stage)
{
	uint64_t now;

	if (!clock)
		return;
	now = rte_rdtsc();
	clock->cycles[stage] += now - clock->since;
	clock->since = now;
}

static inline __attribute__((always_inline)) void run(struct jf_path *path,
                                                      const struct jf_port *port,
                                                      struct rte_mbuf **mbufs, uint16_t n,
                                                      struct jf_stage_clock *clock)
{
	struct jf_burst burst;

	jf_path_lookup(path, port, mbufs, n, &burst);
	lap(clock, JF_STAGE_LOOKUP);
	jf_path_verify(path, &burst);
	lap(clock, JF_STAGE_VERIFY);
	if (unlikely(burst.any_flags & JF_ENDPOINT_SRTP))
		jf_path_unprotect(path, &burst);
	if (unlikely(burst.any_first))
		jf_path_latch(path, &burst);
	path->fetches_slots = 2 * burst.n_served > burst.n_rtp;
	lap(clock, JF_STAGE_UNPROTECT);
	if (burst.any_flags & (JF_ENDPOINT_STATISTICS | JF_ENDPOINT_ENERGY))
		jf_path_measure(path, &burst);
	lap(clock, JF_STAGE_MEASURE);
	if (burst.any_event || burst.any_flags & (JF_ENDPOINT_INBAND | JF_ENDPOINT_MASK))
		jf_path_digits(path, &burst);
	if (unlikely(burst.any_flags & JF_ENDPOINT_MASK))
		jf_path_mask(path, &burst);
	lap(clock, JF_STAGE_DIGITS);
	if (burst.any_flags & JF_ENDPOINT_TAP)
		jf_path_tap(path, &burst);
	lap(clock, JF_STAGE_TAP);
	if (burst.any_flags & JF_ENDPOINT_MIXED)
		jf_path_mix_in(path, &burst);
	lap(clock, JF_STAGE_MIX_IN);
	jf_path_relay(path, &burst);
	lap(clock, JF_STAGE_RELAY);
	if (unlikely(burst.n_rtcp))
		jf_path_rtcp(path, &burst);
	if (unlikely(burst.n_kernel))
		jf_path_kernel(path, port, &burst);
}

void jf_path_run(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                 uint16_t n)
{
	run(path, port, mbufs, n, NULL);
}

void jf_path_run_timed(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                       uint16_t n, struct jf_stage_clock *clock)
{
	clock->since = rte_rdtsc();
	run(path, port, mbufs, n, clock);
	if (path->n_protect)
		jf_path_protect(path);
	lap(clock, JF_STAGE_PROTECT);
	jf_path_flush(path);
	lap(clock, JF_STAGE_SEND);
}

void jf_path_run_handed_over(struct jf_path *path, struct rte_mbuf **mbufs, uint16_t n)
{
	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t port = mbufs[from]->port;

		for (to = from + 1; to < n && mbufs[to]->port == port; to++)
			;
		jf_path_run(path, path->out[port].port, mbufs + from, (uint16_t)(to - from));
	}
}
