// SPDX-License-Identifier: BSD-3-Clause
/* Parties that are elsewhere than their SDP says. */
#include "jf_path_lab.h"

#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_ip.h>

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

/* ---- What teaches, and who is told ---------------------------------------------------------- */

static void control_is_told_where_the_party_is(void **state)
{
	struct jf_lab_frame frame = from_nat(1);
	struct jf_slot_identity slot;
	struct jf_event event;
	static const uint8_t nat_ip[] = {10, 77, 0, 99};
	LAB(state);

	call_learning(lab, 1);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_WAITING);
	assert_int_equal(slot.rtp_port, 40000);
	assert_true(is_heard(lab, &frame));
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), 0);
	assert_int_equal(event.type, JF_EVENT_LATCHED);
	assert_int_equal(event.endpoint.index, 0);
	assert_int_equal(event.endpoint.generation, 1);
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), 0);
	assert_int_equal(event.type, JF_EVENT_MEDIA);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.remote_family, 4);
	assert_memory_equal(slot.remote_ip, nat_ip, 4);
	assert_int_equal(slot.rtcp_port, 0); /* of another address: until it tells */
	frame = from_nat(2);
	assert_true(is_heard(lab, &frame));
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), -EAGAIN);
}

/* Until then it is sent what it is to hear where its SDP says, and nowhere else. */
static void before_it_is_learned_only_the_sdps_address_is_sent_to(void **state)
{
	struct jf_lab_frame back = jf_lab_from(1, 1, 160), sprayed, out;
	LAB(state);

	call_learning(lab, 1);
	for (uint16_t i = 0; i < 100; i++) {
		sprayed = from_nat(i);
		sprayed.payload_type = 77;
		assert_false(is_heard(lab, &sprayed));
		back.sequence++;
		jf_lab_receive(lab, &back);
		assert_true(jf_lab_sent(lab, &out, NULL));
		assert_int_equal(out.target_ip, RTE_IPV4(10, 77, 0, 2));
		assert_int_equal(out.target_port, 40000);
	}
	assert_false(jf_lab_sent(lab, NULL, NULL));
}

/* Not RTP, no payload type of the call, a broken event, from where nobody can be. */
static void what_is_malformed_teaches_nothing(void **state)
{
	static const uint8_t short_event[] = {5, 10, 0};
	struct jf_lab_frame frame = from_nat(1);
	struct jf_slot_identity slot;
	uint64_t refused;
	struct rte_mbuf *mbuf;
	LAB(state);

	call_learning(lab, 1);
	for (uint8_t first = 0; first < 0x80; first++) { /* no version 2 */
		mbuf = jf_lab_mbuf(&frame);
		rte_pktmbuf_mtod(mbuf, uint8_t *)[42] = first;
		jf_lab_receive_mbuf(lab, mbuf);
	}
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTP), 0x80);
	mbuf = jf_lab_mbuf(&frame); /* an extension past the end */
	rte_pktmbuf_mtod(mbuf, uint8_t *)[42] = 0x90;
	memset(rte_pktmbuf_mtod(mbuf, uint8_t *) + 54, 0xff, 4);
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTP), 0x81);
	for (uint8_t type = 1; type < 128; type++) {
		frame.payload_type = type;
		if (type != 101)
			assert_false(is_heard(lab, &frame));
	}
	frame.payload_type = 101;
	frame.payload = short_event;
	frame.payload_length = sizeof(short_event);
	assert_false(is_heard(lab, &frame));
	frame = from_nat(1);
	frame.source_port = 0;
	assert_false(is_heard(lab, &frame));
	static const uint32_t nowhere[] = {RTE_IPV4(0, 0, 0, 0), RTE_IPV4(127, 0, 0, 1),
	                                   RTE_IPV4(224, 0, 0, 5), RTE_IPV4(255, 255, 255, 255),
	                                   RTE_IPV4(240, 1, 2, 3)};
	frame = from_nat(1);
	for (uint32_t i = 0; i < RTE_DIM(nowhere); i++) {
		frame.source_ip = nowhere[i];
		assert_false(is_heard(lab, &frame));
	}
	refused = 0x81 + 126 + 1 + 1 + RTE_DIM(nowhere);
	assert_int_equal(jf_lab_all_drops(lab), refused);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_WAITING);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 0);
	frame = from_nat(1);
	assert_true(is_heard(lab, &frame)); /* and the party is learned all the same */
}

/* A call may begin with a key press. */
static void whatever_was_agreed_on_teaches(void **state)
{
	static const uint8_t press[] = {5, 10, 0, 160};
	struct jf_command remote = jf_lab_remote_of(0);
	struct jf_lab_frame frame = from_nat(1);
	struct jf_slot_identity slot;
	LAB(state);

	jf_lab_call(lab);
	remote.remote.latch = JF_LATCH_LEARN;
	remote.remote.negotiation = 1;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	frame.payload_type = 101;
	frame.payload = press;
	frame.payload_length = sizeof(press);
	is_heard(lab, &frame);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_LOCKED);
	assert_int_equal(slot.rtp_port, NAT_PORT);
}

/* Within a burst too: what comes behind the packet that taught is held against it. */
static void a_burst_is_learned_from_once(void **state)
{
	struct jf_lab_frame frame = from_nat(1), out;
	struct rte_mbuf *burst[8];
	LAB(state);

	call_learning(lab, 1);
	for (uint32_t i = 0; i < 8; i++) {
		frame.source_port = NAT_PORT + (uint16_t)(i & 1);
		frame.sequence = (uint16_t)(1 + i);
		frame.timestamp = 160 * frame.sequence;
		burst[i] = jf_lab_mbuf(&frame);
	}
	jf_path_run(&lab->path, &lab->port, burst, 8);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(jf_lab_sent(lab, &out, NULL));
	assert_false(jf_lab_sent(lab, &out, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 4);
	assert_int_equal(lab->path.endpoints[0].rtp_port_be, rte_cpu_to_be_16(NAT_PORT));
}

/* ---- The link address ----------------------------------------------------------------------- */

static const uint8_t resolved_mac[6] = {2, 0, 0, 0, 0, 9}; /* the lab's kernel says */
static const uint8_t seen_mac[6] = {2, 0, 0, 0, 0, 0x55};

static void from_link_address(struct jf_lab *lab, const struct jf_lab_frame *frame,
                              const uint8_t *mac)
{
	struct rte_mbuf *mbuf = jf_lab_mbuf(frame);

	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *) + 6, mac, 6);
	jf_lab_receive_mbuf(lab, mbuf);
}

/* To which link address the next packet to the party goes, or NULL. */
static const uint8_t *answered_at(struct jf_lab *lab, uint8_t ret_mac[6])
{
	uint16_t sequence = (uint16_t)(jf_lab_rx(lab, 1).packets + 1);
	struct jf_lab_frame back = jf_lab_from(1, sequence, sequence * 160u);
	bool sent;

	while (jf_lab_sent(lab, NULL, NULL))
		;
	jf_lab_receive(lab, &back);
	sent = lab->path.out[0].n > 0;
	if (sent)
		memcpy(ret_mac, rte_pktmbuf_mtod(lab->path.out[0].mbufs[0], uint8_t *), 6);
	while (jf_lab_sent(lab, NULL, NULL))
		;
	return sent ? ret_mac : NULL;
}

static void
a_party_is_answered_at_the_link_address_it_sends_from_until_the_kernel_knows(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160), other = jf_lab_from(0, 2, 320);
	static const uint8_t group[6] = {3, 0, 0, 0, 0, 0x55};
	struct jf_neigh_answer answer = {.endpoint = 0, .generation = 1};
	struct jf_command moved = jf_lab_remote_of(0);
	uint8_t mac[6];
	LAB(state);

	jf_lab_call(lab);
	memcpy(lab->port.mac, (const uint8_t[]){2, 0, 0, 0, 0, 1}, 6);
	moved.remote.rtp_port = frame.source_port = other.source_port = 40100;
	lab->neighbours_silent = true;
	assert_int_equal(jf_lab_command(lab, moved), 0);
	assert_null(answered_at(lab, mac));
	other.source_port++; /* not the party: nothing is learned from it */
	from_link_address(lab, &other, seen_mac);
	other.source_port = 40100;
	other.source_ip++;
	from_link_address(lab, &other, seen_mac);
	assert_null(answered_at(lab, mac));
	from_link_address(lab, &frame, group); /* an address of no station */
	assert_null(answered_at(lab, mac));
	assert_int_equal(jf_lab_command(lab, jf_lab_remote_of(0)), 0);
	assert_int_equal(jf_lab_command(lab, moved), 0);
	from_link_address(lab, &frame, seen_mac);
	assert_non_null(answered_at(lab, mac));
	assert_memory_equal(mac, seen_mac, 6);

	answer.remote = jf_path_remote(&lab->path, 0);
	memcpy(answer.destination, resolved_mac, 6);
	jf_path_set_neighbour(&lab->path, &answer);
	frame.sequence++;
	from_link_address(lab, &frame, seen_mac); /* goes on sending from there */
	assert_non_null(answered_at(lab, mac));
	assert_memory_equal(mac, resolved_mac, 6);
	answer.result = -ENETUNREACH; /* that too is the kernel's to say */
	jf_path_set_neighbour(&lab->path, &answer);
	frame.sequence++;
	from_link_address(lab, &frame, seen_mac);
	assert_null(answered_at(lab, mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_first_packet_tells_where_the_party_is),
	        TEST(each_negotiation_learns_once),
	        TEST(strict_learns_nothing),
	        TEST(rtcp_tells_its_own_port_from_the_learned_address_only),
	        TEST(control_is_told_where_the_party_is),
	        TEST(before_it_is_learned_only_the_sdps_address_is_sent_to),
	        TEST(what_is_malformed_teaches_nothing),
	        TEST(whatever_was_agreed_on_teaches),
	        TEST(a_burst_is_learned_from_once),
	        TEST(a_party_is_answered_at_the_link_address_it_sends_from_until_the_kernel_knows),
	};

	return cmocka_run_group_tests_name("latch", tests, jf_lab_begin, jf_lab_end);
}
