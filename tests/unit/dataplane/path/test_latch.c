// SPDX-License-Identifier: BSD-3-Clause
/* Parties that are elsewhere than their SDP says. */
#include "jf_path_lab.h"

#include <string.h>
#include <rte_byteorder.h>
#include <rte_ip.h>

#define LAB(state) struct jf_lab *lab = *(state)

#define NAT_IP   RTE_IPV4(10, 77, 0, 99)
#define NAT_PORT 61000

/* A call whose party 0 may be learned. */
static void call_learning(struct jf_lab *lab, uint32_t negotiation)
{
	struct jf_command remote = jf_lab_remote_of(0);

	jf_lab_call(lab);
	remote.remote.latch = JF_LATCH_LEARN;
	remote.remote.negotiation = negotiation;
	assert_int_equal(jf_lab_command(lab, remote), 0);
}

static struct jf_lab_frame from_nat(uint16_t sequence)
{
	struct jf_lab_frame frame = jf_lab_from(0, sequence, 160u * sequence);

	frame.source_ip = NAT_IP;
	frame.source_port = NAT_PORT;
	return frame;
}

static bool is_heard(struct jf_lab *lab, const struct jf_lab_frame *frame)
{
	jf_lab_receive(lab, frame);
	jf_command_neighbours(&lab->path);
	return jf_lab_sent(lab, NULL, NULL);
}

static void the_first_packet_tells_where_the_party_is(void **state)
{
	struct jf_lab_frame frame = from_nat(1), sprayed = jf_lab_from(0, 9, 1440), back, out;
	struct jf_slot_identity slot;
	LAB(state);

	call_learning(lab, 1);
	assert_true(is_heard(lab, &frame));
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_LOCKED);
	assert_int_equal(slot.rtp_port, NAT_PORT);
	/* from then on nobody else is heard, not even from the SDP's address */
	assert_false(is_heard(lab, &sprayed));
	sprayed.source_ip = RTE_IPV4(10, 77, 0, 66);
	assert_false(is_heard(lab, &sprayed));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 2);
	back = jf_lab_from(1, 1, 160);
	jf_lab_receive(lab, &back);
	assert_true(jf_lab_sent(lab, &out, NULL));
	assert_int_equal(out.target_ip, NAT_IP);
	assert_int_equal(out.target_port, NAT_PORT);
}

static void each_negotiation_learns_once(void **state)
{
	struct jf_command remote = jf_lab_remote_of(0);
	struct jf_lab_frame frame = from_nat(1), moved = from_nat(2);
	LAB(state);

	call_learning(lab, 1);
	assert_true(is_heard(lab, &frame));
	moved.source_port++;
	assert_false(is_heard(lab, &moved));
	remote.remote.latch = JF_LATCH_LEARN;
	remote.remote.negotiation = 1;
	assert_int_equal(jf_lab_command(lab, remote), 0); /* told again: nothing changes */
	assert_false(is_heard(lab, &moved));
	assert_true(is_heard(lab, &frame));
	remote.remote.negotiation = 2;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	assert_true(is_heard(lab, &moved));
	frame = from_nat(3);
	assert_false(is_heard(lab, &frame));
}

static void strict_learns_nothing(void **state)
{
	struct jf_lab_frame frame = from_nat(1);
	struct jf_slot_identity slot;
	LAB(state);

	jf_lab_call(lab);
	assert_false(is_heard(lab, &frame));
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_NONE);
	assert_int_equal(slot.rtp_port, 40000);
}

static void rtcp_tells_its_own_port_from_the_learned_address_only(void **state)
{
	static const uint8_t rr[] = {0x80, 201, 0, 2, 1, 2, 3, 4, 0, 0, 0, 0};
	struct jf_lab_frame frame = from_nat(1);
	const uint32_t nat_be = rte_cpu_to_be_32(NAT_IP);
	struct rte_mbuf *mbuf;
	LAB(state);

	call_learning(lab, 1);
	assert_true(is_heard(lab, &frame));
	mbuf = jf_lab_rtcp_mbuf(0, rr, sizeof(rr)); /* from the SDP's address */
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(lab->contract.slots[0].rtcp.received, 0);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *at;

		mbuf = jf_lab_rtcp_mbuf(0, rr, sizeof(rr));
		at = rte_pktmbuf_mtod(mbuf, uint8_t *);
		memcpy(at + 26, &nat_be, 4);
		at[34] = 0xf0;
		at[35] = (uint8_t)(7 + i); /* the second one from another port */
		jf_lab_receive_mbuf(lab, mbuf);
	}
	assert_int_equal(lab->contract.slots[0].rtcp.received, 1);
	assert_int_equal(lab->path.endpoints[0].rtcp_port_be, rte_cpu_to_be_16(0xf007));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, jf_lab_make, jf_lab_free)
	const struct CMUnitTest tests[] = {
	        TEST(the_first_packet_tells_where_the_party_is),
	        TEST(each_negotiation_learns_once),
	        TEST(strict_learns_nothing),
	        TEST(rtcp_tells_its_own_port_from_the_learned_address_only),
	};

	return cmocka_run_group_tests_name("latch", tests, jf_lab_begin, jf_lab_end);
}
