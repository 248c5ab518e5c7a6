// SPDX-License-Identifier: BSD-3-Clause
/*
 * Packet for packet against libsrtp2, in both directions: many streams side by side in bursts, of
 * every suite, with CSRCs and extensions, loss, reordering, duplicates, damage, roll-overs and
 * other SSRCs. What one backend protects, the other one must have made alike; what one opens, the
 * other one must open to the same, and what one refuses, the other one must refuse.
 */
#include "srtp_lab.h"

#include <stdio.h>

#define STREAMS  32u
#define BURST    64u
#define ROUNDS   400u
#define IN_FLOW  256u /* packets on the way, for reordering */
#define FAR_SEED 0x5eedu

struct packet {
	uint8_t bytes[LAB_ROOM];
	uint16_t length;
	uint32_t stream; /* pair */
};

struct pair {
	uint32_t tx[2], rx[2]; /* by backend */
	uint32_t ssrc;
	uint16_t sequence;
};

static struct lab sides[2];
static struct pair pairs[STREAMS];
static uint64_t random_state = FAR_SEED;
static unsigned int opened, refused, wraps;

static uint32_t below(uint32_t n)
{
	return (uint32_t)(lab_random(&random_state) % n);
}

static void random_key(uint8_t key[JF_SRTP_KEY_MAX])
{
	lab_fill(&random_state, key, JF_SRTP_KEY_MAX);
}

static int set_up(void **state)
{
	(void)state;
	sides[0] = lab_make(JF_SRTP_IPSEC_MB, 4 * STREAMS);
	sides[1] = lab_make(JF_SRTP_LIBSRTP2, 4 * STREAMS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_free(&sides[0]);
	lab_free(&sides[1]);
	return 0;
}

static void open_pairs(void)
{
	uint8_t key[JF_SRTP_KEY_MAX];

	for (uint32_t i = 0; i < STREAMS; i++) {
		enum jf_srtp_suite suite = 1 + i % (JF_SRTP_SUITE_COUNT - 1);

		random_key(key);
		for (uint32_t b = 0; b < 2; b++) {
			pairs[i].tx[b] = lab_open(&sides[b], JF_SRTP_TX, suite, key);
			pairs[i].rx[b] = lab_open(&sides[b], JF_SRTP_RX, suite, key);
		}
		pairs[i].ssrc = (uint32_t)lab_random(&random_state);
		pairs[i].sequence = (uint16_t)below(0x8000);
	}
}

static void close_pairs(void)
{
	for (uint32_t i = 0; i < STREAMS; i++)
		for (uint32_t b = 0; b < 2; b++) {
			jf_srtp_close(sides[b].srtp, pairs[i].tx[b]);
			jf_srtp_close(sides[b].srtp, pairs[i].rx[b]);
		}
}

static uint16_t next_sequence(struct pair *pair)
{
	uint16_t before = pair->sequence;

	/* mostly the next one; now and then a gap that a receiver can follow */
	pair->sequence += below(12) ? 1 : 1 + below(8000);
	wraps += pair->sequence < before;
	return pair->sequence;
}

static void make_packet(struct packet *packet)
{
	struct pair *pair = &pairs[packet->stream];
	uint8_t csrcs = below(4) ? 0 : (uint8_t)below(16);
	bool extended = below(4) == 0;
	uint16_t at;

	if (below(3000) == 0) {
		pair->ssrc = (uint32_t)lab_random(&random_state);
		pair->sequence = (uint16_t)below(0x8000);
	}
	at = lab_rtp(packet->bytes, pair->ssrc, next_sequence(pair), 0, 0);
	packet->bytes[0] |= csrcs;
	lab_fill(&random_state, packet->bytes + at, 4u * csrcs);
	at += 4u * csrcs;
	if (extended) {
		uint16_t words = (uint16_t)below(20);

		packet->bytes[0] |= 0x10;
		packet->bytes[at] = 0xbe;
		packet->bytes[at + 1] = 0xde;
		packet->bytes[at + 2] = (uint8_t)(words >> 8);
		packet->bytes[at + 3] = (uint8_t)words;
		lab_fill(&random_state, packet->bytes + at + 4, 4u * words);
		at += 4 + 4 * words;
	}
	packet->length = at + (below(3) ? 160 : 1 + below(1200));
	lab_fill(&random_state, packet->bytes + at, packet->length - at);
}

/* n packets through both backends in the same order; ret: as each of them left them. */
static void both(enum jf_srtp_direction direction, const struct packet *in, uint32_t n,
                 struct packet ret[2][BURST], uint8_t ret_verdicts[2][BURST])
{
	for (uint32_t b = 0; b < 2; b++) {
		struct jf_srtp_packet burst[BURST];

		for (uint32_t i = 0; i < n; i++) {
			const struct pair *pair = &pairs[in[i].stream];

			ret[b][i] = in[i];
			burst[i] = (struct jf_srtp_packet){
			        .bytes = ret[b][i].bytes,
			        .stream = direction == JF_SRTP_TX ? pair->tx[b] : pair->rx[b],
			        .length = in[i].length,
			};
		}
		if (direction == JF_SRTP_TX)
			jf_srtp_protect_burst(sides[b].srtp, burst, n);
		else
			jf_srtp_unprotect_burst(sides[b].srtp, burst, n);
		for (uint32_t i = 0; i < n; i++) {
			ret[b][i].length = burst[i].length;
			ret_verdicts[b][i] = burst[i].verdict;
		}
	}
}

static void assert_alike(struct packet got[2][BURST], uint8_t verdicts[2][BURST], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(verdicts[0][i] == JF_SRTP_OK, verdicts[1][i] == JF_SRTP_OK);
		if (verdicts[0][i] != JF_SRTP_OK) {
			refused++;
			continue;
		}
		assert_int_equal(got[0][i].length, got[1][i].length);
		assert_memory_equal(got[0][i].bytes, got[1][i].bytes, got[0][i].length);
		opened++;
	}
}

/* What the network does to a burst: some are lost, late, twice, or damaged. The number. */
static uint32_t network(struct packet *flow, uint32_t *n_flow, const struct packet *sent,
                        uint32_t n, struct packet *ret)
{
	uint32_t n_out = 0;

	for (uint32_t i = 0; i < n && *n_flow < IN_FLOW; i++)
		if (below(20))
			flow[(*n_flow)++] = sent[i];
	while (*n_flow > 40 && n_out < BURST) {
		/* of the oldest ones, any */
		uint32_t pick = below(40);

		ret[n_out] = flow[pick];
		if (below(30)) {
			(*n_flow)--;
			memmove(&flow[pick], &flow[pick + 1],
			        (*n_flow - pick) * sizeof(flow[0])); /* else it comes twice */
		}
		if (below(15) == 0)
			ret[n_out].bytes[below(ret[n_out].length)] ^= (uint8_t)(1u << below(8));
		if (below(200) == 0)
			ret[n_out].length = (uint16_t)below(ret[n_out].length + 1u);
		n_out++;
	}
	return n_out;
}

static void rtp_both_ways(void **state)
{
	static struct packet made[BURST], flow[IN_FLOW], arriving[BURST], got[2][BURST];
	uint8_t verdicts[2][BURST];
	uint32_t n_flow = 0;

	(void)state;
	open_pairs();
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t n = 1 + below(BURST), n_in;

		for (uint32_t i = 0; i < n; i++) {
			made[i].stream = below(STREAMS);
			make_packet(&made[i]);
		}
		both(JF_SRTP_TX, made, n, got, verdicts);
		assert_alike(got, verdicts, n);
		n_in = network(flow, &n_flow, got[0], n, arriving);
		both(JF_SRTP_RX, arriving, n_in, got, verdicts);
		assert_alike(got, verdicts, n_in);
	}
	close_pairs();
	print_message("# %u packets alike, %u refused alike, %u roll-overs\n", opened, refused,
	              wraps);
	assert_true(opened > 10000 && refused > 200 && wraps > 30);
}

/* Compound packets of any length, sent in order, arriving in any. */
static void rtcp_both_ways(void **state)
{
	static struct packet sent[8], got;

	(void)state;
	open_pairs();
	for (uint32_t round = 0; round < 4000; round++) {
		uint32_t i = below(STREAMS), keep = below(8);
		struct packet made = {.stream = i, .length = (uint16_t)(8 + 4 * below(60))};
		struct jf_srtp_packet packet[2];

		lab_fill(&random_state, made.bytes, made.length);
		for (uint32_t b = 0; b < 2; b++) {
			got = made;
			packet[b] = (struct jf_srtp_packet){.bytes = got.bytes,
			                                    .stream = pairs[i].tx[b],
			                                    .length = made.length};
			assert_int_equal(jf_srtp_protect_rtcp(sides[b].srtp, &packet[b]),
			                 JF_SRTP_OK);
			got.length = packet[b].length;
			if (b == 0)
				sent[keep] = got;
		}
		assert_int_equal(sent[keep].length, got.length);
		assert_memory_equal(sent[keep].bytes, got.bytes, got.length);
		keep = below(8);
		if (sent[keep].length == 0)
			continue;
		if (below(10) == 0)
			sent[keep].bytes[below(sent[keep].length)] ^= (uint8_t)(1u << below(8));
		for (uint32_t b = 0; b < 2; b++) {
			struct packet *in = b ? &got : &made;

			*in = sent[keep];
			packet[b] = (struct jf_srtp_packet){.bytes = in->bytes,
			                                    .stream = pairs[in->stream].rx[b],
			                                    .length = in->length};
			jf_srtp_unprotect_rtcp(sides[b].srtp, &packet[b]);
		}
		assert_int_equal(packet[0].verdict == JF_SRTP_OK, packet[1].verdict == JF_SRTP_OK);
		assert_int_equal(packet[0].length, packet[1].length);
		if (packet[0].verdict == JF_SRTP_OK)
			assert_memory_equal(made.bytes, got.bytes, packet[0].length);
	}
	close_pairs();
}

/* Many packets of one stream in one burst across a roll-over, from its very first packet on. */
static void roll_over_within_a_burst(void **state)
{
	static struct packet made[BURST], got[2][BURST];
	uint8_t verdicts[2][BURST];

	(void)state;
	open_pairs();
	for (uint32_t i = 0; i < STREAMS; i++) {
		pairs[i].sequence = 0xffff - BURST / 2;
		for (uint32_t k = 0; k < BURST; k++) {
			made[k].stream = i;
			made[k].length = lab_rtp(made[k].bytes, pairs[i].ssrc, pairs[i].sequence++,
			                         160, (uint8_t)k);
		}
		both(JF_SRTP_TX, made, BURST, got, verdicts);
		assert_alike(got, verdicts, BURST);
		memcpy(made, got[0], sizeof(made));
		both(JF_SRTP_RX, made, BURST, got, verdicts);
		for (uint32_t k = 0; k < BURST; k++) {
			assert_int_equal(verdicts[0][k], JF_SRTP_OK);
			assert_int_equal(got[0][k].bytes[12], k);
		}
		assert_alike(got, verdicts, BURST);
	}
	close_pairs();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rtp_both_ways),
	        cmocka_unit_test(rtcp_both_ways),
	        cmocka_unit_test(roll_over_within_a_burst),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
