// SPDX-License-Identifier: BSD-3-Clause
/* Media over IPv6: frames as they should be, and any others. */
#include "jf_path_lab.h"

#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_udp.h>

#define FIRST     16u /* endpoint of fd77::1, port 10000 */
#define HEADER    62u
#define FRAME_MAX 1500u

static const uint8_t engine_ip[16] = {0xfd, 0x77, [15] = 1};

/* Of the party of endpoint FIRST + i. */
static void party_ip(uint32_t i, uint8_t ret_ip[16])
{
	memset(ret_ip, 0, 16);
	ret_ip[0] = 0xfd;
	ret_ip[1] = 0x77;
	ret_ip[7] = 0x42; /* another network */
	ret_ip[15] = (uint8_t)(2 + i);
}

static struct jf_command remote_of(uint32_t i)
{
	struct jf_command remote = jf_lab_remote_of(FIRST + i);

	remote.remote.family = 6;
	party_ip(i, remote.remote.ip);
	return remote;
}

static void call_v6(struct jf_lab *lab)
{
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(jf_lab_open(lab, FIRST + i), 0);
		assert_int_equal(jf_lab_command(lab, remote_of(i)), 0);
	}
	assert_int_equal(jf_lab_join(lab, FIRST, FIRST + 1), 0);
	assert_int_equal(jf_lab_join(lab, FIRST + 1, FIRST), 0);
}

/* What party i sends: the frame's RTP, as it is in IPv4 but for the headers. */
static struct rte_mbuf *v6_mbuf(uint32_t i, const uint8_t *udp_payload, uint16_t length,
                                uint16_t odd)
{
	struct jf_lab_frame any = jf_lab_from(0, 0, 0);
	struct rte_mbuf *mbuf = jf_lab_mbuf(&any);
	uint8_t *at = rte_pktmbuf_mtod(mbuf, uint8_t *);
	struct rte_ipv6_hdr *ip = (void *)(at + 14);
	struct rte_udp_hdr *udp = (void *)(at + 54);

	mbuf->data_len = HEADER + length;
	mbuf->pkt_len = mbuf->data_len;
	at[12] = 0x86;
	at[13] = 0xdd;
	*ip = (struct rte_ipv6_hdr){.vtc_flow = RTE_BE32(0x60000000),
	                            .payload_len = rte_cpu_to_be_16(8 + length),
	                            .proto = IPPROTO_UDP,
	                            .hop_limits = 64};
	party_ip(i, ip->src_addr);
	memcpy(ip->dst_addr, engine_ip, 16);
	*udp = (struct rte_udp_hdr){
	        .src_port = rte_cpu_to_be_16((uint16_t)(40000 + 2 * (FIRST + i) + odd)),
	        .dst_port = rte_cpu_to_be_16((uint16_t)(10000 + 2 * i + odd)),
	        .dgram_len = rte_cpu_to_be_16(8 + length)};
	memcpy(at + HEADER, udp_payload, length);
	udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
	return mbuf;
}

static struct rte_mbuf *rtp_mbuf(uint32_t i, uint16_t sequence, uint8_t type, uint16_t length)
{
	uint8_t packet[FRAME_MAX];

	jf_rtp_write_header(packet, type, false, sequence, sequence * 160u, 0xaa000000 + i);
	for (uint16_t b = 0; b < length; b++)
		packet[12 + b] = (uint8_t)(sequence + b);
	return v6_mbuf(i, packet, 12 + length, 0);
}

/* Takes what was sent first and gives its length; 0: nothing. Checks its headers. */
static uint16_t sent(struct jf_lab *lab, uint8_t ret_frame[FRAME_MAX])
{
	struct jf_out *out = &lab->path.out[0];
	struct rte_mbuf *mbuf;
	uint16_t length;
	const struct rte_ipv6_hdr *ip = (const void *)(ret_frame + 14);
	struct rte_udp_hdr *udp = (void *)(ret_frame + 54);
	uint16_t sum;

	if (out->n == 0)
		return 0;
	mbuf = out->mbufs[0];
	length = mbuf->data_len;
	memcpy(ret_frame, rte_pktmbuf_mtod(mbuf, uint8_t *), length);
	rte_pktmbuf_free(mbuf);
	out->n--;
	memmove(out->mbufs, out->mbufs + 1, out->n * sizeof(out->mbufs[0]));
	assert_int_equal(ret_frame[12] << 8 | ret_frame[13], RTE_ETHER_TYPE_IPV6);
	assert_int_equal(ret_frame[14] >> 4, 6);
	assert_int_equal(ip->proto, IPPROTO_UDP);
	assert_int_equal(rte_be_to_cpu_16(ip->payload_len), length - 54);
	assert_int_equal(rte_be_to_cpu_16(udp->dgram_len), length - 54);
	sum = udp->dgram_cksum;
	udp->dgram_cksum = 0;
	assert_int_equal(rte_ipv6_udptcp_cksum(ip, udp), sum);
	assert_memory_equal(ip->src_addr, engine_ip, 16);
	return length;
}

static void each_hears_the_other_with_a_right_checksum(void **state)
{
	uint8_t frame[FRAME_MAX], ip[16];
	LAB(state);

	call_v6(lab);
	for (uint16_t n = 0; n < 300; n++) { /* odd lengths too */
		for (uint32_t from = 0; from < 2; from++) {
			uint16_t length = 1 + (n * 7) % 400;

			jf_lab_receive_mbuf(lab, rtp_mbuf(from, n, 0, length));
			assert_int_equal(sent(lab, frame), HEADER + 12 + length);
			party_ip(1 - from, ip);
			assert_memory_equal(frame + 38, ip, 16);
			assert_int_equal(frame[56] << 8 | frame[57],
			                 40000 + 2 * (FIRST + 1 - from));
			for (uint16_t b = 0; b < length; b++)
				assert_int_equal(frame[HEADER + 12 + b], (uint8_t)(n + b));
		}
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	assert_int_equal(jf_lab_all_drops(lab), 0);
	assert_int_equal(jf_lab_rx(lab, FIRST).packets, 300);
}

static void legs_of_both_families_hear_each_other(void **state)
{
	uint8_t frame[FRAME_MAX], payload[FRAME_MAX];
	struct jf_lab_frame v4 = jf_lab_from(0, 7, 1120), out;
	LAB(state);

	call_v6(lab);
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_int_equal(jf_lab_join(lab, 0, FIRST), 0);
	assert_int_equal(jf_lab_join(lab, FIRST, 0), 0);
	jf_lab_receive_mbuf(lab, rtp_mbuf(0, 9, 0, 160));
	assert_true(jf_lab_sent(lab, &out, payload)); /* checks that it is IPv4 */
	assert_int_equal(payload[0], 9);
	jf_lab_receive(lab, &v4);
	assert_int_equal(sent(lab, frame), HEADER + 12 + 160);
	assert_int_equal(frame[HEADER + 12], 7);
}

/* Any bit of the address that is another one, or the port: somebody else. */
static void each_bit_of_the_source_counts(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct rte_mbuf *mbuf;
	LAB(state);

	call_v6(lab);
	for (uint32_t bit = 0; bit < 128 + 16; bit++) {
		mbuf = rtp_mbuf(0, 1, 0, 160);
		rte_pktmbuf_mtod(mbuf,
		                 uint8_t *)[bit < 128 ? 22 + bit / 8 : 54 + (bit - 128) / 8] ^=
		        (uint8_t)(1 << bit % 8);
		jf_lab_receive_mbuf(lab, mbuf);
	}
	assert_int_equal(sent(lab, frame), 0);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 144);
	jf_lab_receive_mbuf(lab, rtp_mbuf(0, 1, 0, 160));
	assert_true(sent(lab, frame) > 0);
}

/* A checksum is no option in IPv6; extension headers, fragments among them, are the kernel's. */
static void malformed_frames_have_their_names(void **state)
{
	static const uint8_t extensions[] = {0, 43, 44, 60, 6, 58};
	uint8_t frame[FRAME_MAX];
	struct rte_mbuf *mbuf;
	LAB(state);

	call_v6(lab);
	mbuf = rtp_mbuf(0, 1, 0, 160);
	memset(rte_pktmbuf_mtod(mbuf, uint8_t *) + 60, 0, 2);
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = rtp_mbuf(0, 1, 0, 160); /* longer than the frame */
	rte_pktmbuf_mtod(mbuf, uint8_t *)[18] = 0x7f;
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = rtp_mbuf(0, 1, 0, 160); /* UDP longer than the packet */
	rte_pktmbuf_mtod(mbuf, uint8_t *)[58] = 0x7f;
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = rtp_mbuf(0, 1, 0, 160); /* UDP shorter than its header */
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *) + 58, (const uint8_t[]){0, 7}, 2);
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = rtp_mbuf(0, 1, 0, 160);
	rte_pktmbuf_trim(mbuf, 1);
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTP), 5);
	for (uint32_t i = 0; i < RTE_DIM(extensions); i++) {
		mbuf = rtp_mbuf(0, 1, 0, 160);
		rte_pktmbuf_mtod(mbuf, uint8_t *)[20] = extensions[i];
		jf_lab_receive_mbuf(lab, mbuf);
	}
	for (uint16_t length = 14; length < HEADER; length++) { /* runts */
		mbuf = rtp_mbuf(0, 1, 0, 160);
		rte_pktmbuf_trim(mbuf, rte_pktmbuf_data_len(mbuf) - length);
		jf_lab_receive_mbuf(lab, mbuf);
		if (rte_ring_count(lab->port.to_kernel) > 20)
			while (rte_ring_dequeue(lab->port.to_kernel, (void **)&mbuf) == 0)
				rte_pktmbuf_free(mbuf);
	}
	assert_int_equal(lab->contract.workers[0].to_kernel, RTE_DIM(extensions) + HEADER - 14);
	assert_int_equal(sent(lab, frame), 0);
	assert_int_equal(jf_lab_all_drops(lab), 5);
}

static void a_party_behind_a_nat_is_learned(void **state)
{
	struct jf_command remote = remote_of(0);
	struct jf_slot_identity slot;
	uint8_t frame[FRAME_MAX], ip[16];
	struct rte_mbuf *mbuf;
	LAB(state);

	call_v6(lab);
	remote.remote.latch = JF_LATCH_LEARN;
	remote.remote.negotiation = 1;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	party_ip(0, ip);
	ip[9] = 0x99;
	for (uint32_t i = 0; i < 3; i++) { /* loopback and multicast teach nothing */
		mbuf = rtp_mbuf(0, (uint16_t)i, 0, 160);
		if (i == 0)
			memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *) + 22, (uint8_t[16]){[15] = 1}, 16);
		else if (i == 1)
			rte_pktmbuf_mtod(mbuf, uint8_t *)[22] = 0xff;
		else
			memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *) + 22, ip, 16);
		jf_lab_receive_mbuf(lab, mbuf);
		jf_contract_read_identity(&lab->contract.slots[FIRST], &slot);
		assert_int_equal(slot.latch, i < 2 ? JF_LATCH_WAITING : JF_LATCH_LOCKED);
	}
	assert_int_equal(slot.remote_family, 6);
	assert_memory_equal(slot.remote_ip, ip, 16);
	jf_command_neighbours(&lab->path);
	assert_true(sent(lab, frame) > 0);
	jf_lab_receive_mbuf(lab, rtp_mbuf(0, 4, 0, 160)); /* from where its SDP says */
	assert_int_equal(sent(lab, frame), 0);
	jf_lab_receive_mbuf(lab, rtp_mbuf(1, 1, 0, 160));
	assert_true(sent(lab, frame) > 0);
	assert_memory_equal(frame + 38, ip, 16);
}

/* Valid RTP, telephone-events and RTCP with bytes changed and ends cut off. */
static void mutated_frames_do_no_harm(void **state)
{
	LAB(state);

	srand(13);
	call_v6(lab);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t from = rand() & 1;
		struct rte_mbuf *mbuf = rand() % 4 == 0   ? v6_mbuf(from, jf_lab_empty_report,
		                                                    sizeof(jf_lab_empty_report), 1)
		                        : rand() % 4 == 0 ? rtp_mbuf(from, (uint16_t)i, 101, 4)
		                                          : rtp_mbuf(from, (uint16_t)i, 0, 160);

		jf_lab_receive_mutated(lab, mbuf, 12, HEADER, rand() & 1 ? 24 : 50);
	}
	/* Each was sent, read, handed on, or dropped under a name. */
	assert_int_equal(jf_lab_accounted(lab), 100000);
	assert_true(lab->contract.workers[0].relayed_rtp > 10000);
	assert_true(lab->contract.workers[0].rtcp_received > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_hears_the_other_with_a_right_checksum),
	        TEST(legs_of_both_families_hear_each_other),
	        TEST(each_bit_of_the_source_counts),
	        TEST(malformed_frames_have_their_names),
	        TEST(a_party_behind_a_nat_is_learned),
	        TEST(mutated_frames_do_no_harm),
	};

	return cmocka_run_group_tests_name("frames_v6", tests, jf_lab_begin, jf_lab_end);
}
