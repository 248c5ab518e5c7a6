// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sends our RTCP reports, one for each leg every 5 s or so (RFC 3550 sections 6.2 and 6.3.1): what
 * arrived from the party, and what was sent to it.
 *
 * Endpoints with an RTCP address stand in a wheel of lists by when their report is due. Each poll
 * serves at most REPORTS_A_POLL of them, so that 100,000 legs cost a poll no more than a few do.
 * Intervals are random within a factor of three: legs that began together do not stay together, and
 * a report that waits for a few polls is not late.
 */
#include <string.h>

#include "jf_path.h"
#include "jf_rtcp.h"
#include "jf_rtp.h"
#include "path_priv.h"
#include "path_send_priv.h"

#define REPORTS_A_POLL 4u
#define ROUND_MASK     (JF_ROUND_SLOTS - 1)

static_assert((UINT64_C(7500000000) >> JF_ROUND_TICK_SHIFT) < JF_ROUND_SLOTS / 2,
              "the longest interval fits, even if the wheel is some seconds behind");

/* ---- The wheel ------------------------------------------------------------------------------ */

static void schedule(struct jf_path *path, uint32_t index, bool first)
{
	struct jf_round *round = &path->parties[index].round;
	uint64_t due_ns = path->now_ns + jf_rtcp_interval_ns(jf_path_random(path), first);
	uint32_t *head;

	round->slot = (uint16_t)(due_ns >> JF_ROUND_TICK_SHIFT & ROUND_MASK);
	head = &path->round[round->slot];
	round->previous = JF_CONTRACT_NONE;
	round->next = *head;
	if (*head != JF_CONTRACT_NONE)
		path->parties[*head].round.previous = index;
	*head = index;
	round->waiting = true;
}

void jf_path_round_enter(struct jf_path *path, uint32_t index)
{
	if (!path->parties[index].round.waiting)
		schedule(path, index, true);
}

void jf_path_round_leave(struct jf_path *path, uint32_t index)
{
	struct jf_round *round = &path->parties[index].round;

	if (!round->waiting)
		return;
	round->waiting = false;
	if (round->previous != JF_CONTRACT_NONE)
		path->parties[round->previous].round.next = round->next;
	else
		path->round[round->slot] = round->next;
	if (round->next != JF_CONTRACT_NONE)
		path->parties[round->next].round.previous = round->previous;
}

/* ---- What is said --------------------------------------------------------------------------- */

/* What was sent to the party. false: nothing since the report before the last one (6.4). */
static bool say_sent(struct jf_path *path, uint32_t index, struct jf_rtcp_sender *ret_sender)
{
	const struct jf_continuity *stream = jf_path_continuity(path, index);
	struct jf_round *round = &path->parties[index].round;
	bool before = round->had_sent;
	uint64_t passed = jf_rtp_ts_of_ns(path->now_ns) - stream->at_high; /* at 8 kHz */
	uint32_t clock_hz = path->slots[index].rx_rare.clock_hz; /* the party's, both ways */
	struct jf_slot_tx tx;
	bool sent;

	jf_contract_read_tx(path->contract, index, &tx);
	sent = (uint32_t)tx.packets != round->sent;
	round->sent = (uint32_t)tx.packets;
	round->had_sent = sent;
	if (stream->state == JF_CONTINUITY_FRESH || !(sent || before))
		return false;
	*ret_sender = (struct jf_rtcp_sender){
	        .ntp = jf_path_ntp(path),
	        .timestamp = stream->ts_high + (uint32_t)(passed * clock_hz / JF_RTP_CLOCK_HZ),
	        .packets = (uint32_t)tx.packets,
	        .octets = (uint32_t)tx.octets,
	};
	return true;
}

/* Appendix A.3 about the present source. false: nothing came since the last report (6.4). */
static bool say_heard(struct jf_path *path, uint32_t index, struct jf_rtcp_block *ret_block)
{
	const struct jf_rx_stats *rx = &path->slots[index].rx.stats;
	const struct jf_rx_rare *rare = &path->slots[index].rx_rare.stats;
	uint16_t ssrc_changes = rare->ssrc_changes;
	struct jf_round *round = &path->parties[index].round;
	uint32_t expected = jf_rx_stats_expected(rx, rare), packets = rx->packets;
	uint32_t expected_since = expected - round->expected;
	uint32_t packets_since = packets - round->packets;
	uint32_t now_middle = jf_rtcp_middle(jf_path_ntp(path));

	if (packets_since == 0)
		return false;
	if (round->ssrc_changes != ssrc_changes) {
		round->ssrc_changes = ssrc_changes;
		round->lost_before = (int32_t)(round->expected - round->packets);
		round->last_sr_middle = 0;
	}
	round->expected = expected;
	round->packets = packets;
	*ret_block = (struct jf_rtcp_block){
	        .ssrc = rx->ssrc,
	        .lost = (int32_t)(expected - packets) - round->lost_before,
	        .highest = rx->highest - (UINT32_C(1) << 16), /* its cycles begin at 1 */
	        .jitter_ts = rx->jitter_ts_q4 >> 4,
	        .last_sr_middle = round->last_sr_middle,
	        .fraction =
	                jf_rtcp_fraction(expected_since, (int32_t)(expected_since - packets_since)),
	};
	if (round->last_sr_middle)
		ret_block->since_sr_middle = now_middle - round->last_sr_at_middle;
	return true;
}

/* One name for the endpoint's life (RFC 7022 section 4.2), made again each time. */
static void say_name(const struct jf_path *path, uint32_t index, char *ret_cname)
{
	uint64_t of = (uint64_t)index << 32 | path->slots[index].identity.generation;

	jf_rtcp_cname(jf_path_mix64(path->cname_key ^ of), jf_path_mix64(path->cname_key + of),
	              ret_cname);
}

/* How far what arrives under SRTP came: should this process die, the next one must know. */
static void note_position(struct jf_path *path, uint32_t index)
{
	struct jf_slot_rtcp *slot = &path->slots[index].rtcp;
	struct jf_srtp_position position;

	if (!(path->endpoints[index].flags & JF_ENDPOINT_SRTP) ||
	    !jf_srtp_position_get(path->srtp, path->keys[index].rx, &position))
		return;
	jf_seq_write_begin(&slot->seq);
	slot->srtp_ssrc = position.ssrc;
	slot->srtp_roc = (uint32_t)(position.index >> 16);
	slot->srtp_sequence = (uint16_t)position.index;
	jf_seq_write_end(&slot->seq);
}

bool jf_path_report(struct jf_path *path, uint32_t index, enum jf_rtcp_keyframe keyframe)
{
	struct jf_slot_rtcp *slot = &path->slots[index].rtcp;
	struct jf_outgoing out = jf_path_way(path, index);
	struct jf_rtcp_report said = {
	        .ssrc = jf_path_continuity(path, index)->ssrc_out,
	        .keyframe = keyframe,
	        .keyframe_ssrc = path->slots[index].rx.stats.ssrc,
	        .keyframe_number = (uint8_t)slot->keyframes_told,
	};
	struct jf_rtcp_sender sender;
	struct jf_rtcp_block block;

	if (!path->parties[index].has_neighbour || !path->endpoints[index].rtcp_port_be)
		return false;
	out.mbuf = rte_pktmbuf_alloc(path->pool);
	if (unlikely(!out.mbuf)) {
		path->counters->drops[JF_DROP_NO_BUFFER]++;
		jf_slot_drop(&path->slots[index], JF_DROP_NO_BUFFER);
		return false;
	}
	said.sender = say_sent(path, index, &sender) ? &sender : NULL;
	said.block = say_heard(path, index, &block) ? &block : NULL;
	say_name(path, index, said.cname);
	out.udp = rte_pktmbuf_mtod(out.mbuf, uint8_t *);
	out.length = (uint16_t)jf_rtcp_write(&said, out.udp);
	out.rtcp_port_be = path->endpoints[index].rtcp_port_be;
	jf_path_send_rtp(path, &out);
	jf_seq_write_begin(&slot->seq);
	slot->sent++;
	slot->keyframes_told += keyframe != JF_RTCP_KEYFRAME_NONE;
	jf_seq_write_end(&slot->seq);
	path->counters->rtcp_sent++;
	return true;
}

void jf_path_round(struct jf_path *path)
{
	uint64_t now_tick = path->now_ns >> JF_ROUND_TICK_SHIFT;
	uint32_t reports = 0;

	jf_path_keyframes_serve(path);
	/* After a stall of many seconds some reports are early. */
	if (now_tick - path->round_tick > JF_ROUND_SLOTS)
		path->round_tick = now_tick - JF_ROUND_SLOTS;
	while (path->round_tick < now_tick && reports < REPORTS_A_POLL) {
		uint32_t index = path->round[path->round_tick & ROUND_MASK];

		if (index == JF_CONTRACT_NONE) {
			path->round_tick++;
			continue;
		}
		jf_path_round_leave(path, index);
		schedule(path, index, false);
		note_position(path, index);
		(void)jf_path_report(path, index, JF_RTCP_KEYFRAME_NONE);
		reports++;
	}
}
