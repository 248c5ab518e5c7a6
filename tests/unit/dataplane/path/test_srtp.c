// SPDX-License-Identifier: BSD-3-Clause
/*
 * SRTP through the whole path: phones on libsrtp2, with keys of their own on each leg.
 */
#include "jf_srtp_phone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rte_ip.h>

static void phone_sends(struct jf_lab *lab, const struct jf_srtp_phone *phone, uint16_t sequence)
{
	struct jf_lab_frame frame = jf_lab_from(phone->index, sequence, sequence * 160u);

	jf_lab_receive_mbuf(lab, jf_srtp_phone_mbuf(phone, &frame));
}

static void assert_payload_of(uint16_t sequence, const uint8_t *payload, uint16_t length)
{
	assert_int_equal(length, JF_LAB_PAYLOAD);
	for (uint16_t b = 0; b < JF_LAB_PAYLOAD; b++)
		assert_int_equal(payload[b], (uint8_t)(sequence + b));
}

/* A packet from the phone arrives at the other end as it was said. */
static void assert_heard(struct jf_lab *lab, const struct jf_srtp_phone *from,
                         const struct jf_srtp_phone *to, uint16_t sequence)
{
	uint8_t packet[2048];
	uint16_t length;

	phone_sends(lab, from, sequence);
	if (to) {
		assert_true(jf_srtp_phone_hears(lab, to, packet, &length));
		assert_payload_of(sequence, packet + 12, length - 12);
	} else {
		struct jf_lab_frame out;

		assert_true(jf_lab_sent(lab, &out, packet));
		assert_payload_of(sequence, packet, out.payload_length);
	}
	assert_false(jf_lab_sent(lab, NULL, NULL));
	lab->path.now_ns += 20 * JF_LAB_MS;
}

static void keys_on_one_leg(void **state)
{
	uint8_t packet[2048];
	uint16_t length;
	LAB(state);

	jf_lab_call(lab);
	for (enum jf_srtp_suite suite = 1; suite < JF_SRTP_SUITE_COUNT; suite++) {
		struct jf_command keys = jf_srtp_phone_keys(0, suite, (uint8_t)(10 * suite));
		struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);

		assert_int_equal(jf_lab_command(lab, keys), 0);
		for (uint16_t i = 0; i < 100; i++) {
			struct jf_lab_frame plain = jf_lab_from(1, 500 + 100 * suite + i, i * 160);

			assert_heard(lab, &phone, NULL, 100 * suite + i);
			jf_lab_receive(lab, &plain);
			assert_true(jf_srtp_phone_hears(lab, &phone, packet, &length));
			assert_payload_of(plain.sequence, packet + 12, length - 12);
		}
		jf_srtp_phone_forget(&phone);
	}
	assert_int_equal(jf_lab_all_drops(lab), 0);
	assert_int_equal(jf_lab_rx(lab, 0).octets, 500 * JF_LAB_PAYLOAD);
	assert_int_equal(lab->contract.slots[0].identity.suite, JF_SRTP_AEAD_AES_256_GCM);
	assert_int_equal(lab->contract.slots[1].identity.suite, JF_SRTP_NONE);
}

static void keys_on_both_legs(void **state)
{
	struct jf_command keys[2] = {jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_32, 1),
	                             jf_srtp_phone_keys(1, JF_SRTP_AEAD_AES_128_GCM, 2)};
	struct jf_srtp_phone phone[2];
	LAB(state);

	jf_lab_call(lab);
	for (uint32_t i = 0; i < 2; i++) {
		phone[i] = jf_srtp_phone_make(&keys[i]);
		assert_int_equal(jf_lab_command(lab, keys[i]), 0);
	}
	for (uint32_t i = 65400; i < 65700; i++) /* and a roll-over */
		for (uint32_t from = 0; from < 2; from++)
			assert_heard(lab, &phone[from], &phone[1 - from], (uint16_t)i);
	assert_int_equal(jf_lab_all_drops(lab), 0);
	jf_srtp_phone_forget(&phone[0]);
	jf_srtp_phone_forget(&phone[1]);
}

/* CSRCs, extension and padding are in plain, encrypted and encrypted. */
static void padding_is_read_after_decryption(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160), out;
	uint8_t padded[JF_LAB_PAYLOAD + 4];
	struct rte_mbuf *mbuf;
	struct jf_srtp_packet packet = {.stream = phone.tx};
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	memset(padded, 4, sizeof(padded));
	frame.payload = padded;
	frame.payload_length = sizeof(padded);
	mbuf = jf_lab_mbuf(&frame);
	packet.bytes = rte_pktmbuf_mtod(mbuf, uint8_t *) + 42;
	packet.bytes[0] |= 0x20;
	packet.length = 12 + sizeof(padded);
	jf_srtp_protect_burst(jf_srtp_phones, &packet, 1);
	jf_srtp_phone_length(mbuf, packet.length);
	jf_lab_receive_mbuf(lab, mbuf);
	assert_true(jf_lab_sent(lab, &out, NULL));
	assert_int_equal(out.payload_length, JF_LAB_PAYLOAD);
	assert_int_equal(jf_lab_rx(lab, 0).octets, JF_LAB_PAYLOAD);
	jf_srtp_phone_forget(&phone);
}

/* Plain RTP, wrong tags, replays, cut off, wild numbers: by name, and nothing else changes. */
static void bad_packets_change_nothing(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	uint64_t refused = 0;
	uint16_t sequence = 1000;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	for (uint32_t i = 0; i < 100000; i++) {
		struct jf_lab_frame frame = jf_lab_from(0, (uint16_t)(i * 7919), i);
		struct rte_mbuf *mbuf;
		uint8_t *rtp;

		if (i % 1000 == 0)
			assert_heard(lab, &phone, NULL, ++sequence);
		frame.ssrc = i & 1 ? i : frame.ssrc;
		mbuf = jf_lab_mbuf(&frame);
		rtp = rte_pktmbuf_mtod(mbuf, uint8_t *) + 42;
		if (i & 2)
			rtp[0] = (uint8_t)(0x80 | i >> 8);
		if (i & 4)
			jf_srtp_phone_length(mbuf, (uint16_t)(i % 172));
		jf_lab_receive_mbuf(lab, mbuf);
		refused++;
		assert_false(jf_lab_sent(lab, NULL, NULL));
	}
	assert_int_equal(jf_lab_all_drops(lab), refused);
	assert_true(jf_lab_drops(lab, JF_DROP_SRTP_AUTH) > 50000);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 100);
	assert_int_equal(jf_lab_rx(lab, 0).ssrc_changes, 0);
	assert_heard(lab, &phone, NULL, ++sequence);
	jf_srtp_phone_forget(&phone);
}

static void replays_are_dropped_by_name(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AEAD_AES_256_GCM, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct rte_mbuf *burst[8];
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	burst[0] = jf_srtp_phone_mbuf(&phone, &frame);
	for (uint32_t i = 1; i < 8; i++)
		burst[i] = rte_pktmbuf_copy(burst[0], lab->path.pool, 0, UINT32_MAX);
	jf_path_run(&lab->path, &lab->port, burst, 4); /* at once ... */
	for (uint32_t i = 4; i < 8; i++)
		jf_lab_receive_mbuf(lab, burst[i]); /* ... and later */
	assert_true(jf_lab_sent(lab, &frame, NULL));
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_REPLAY), 7);
	assert_int_equal(jf_lab_stream_drops(lab, 0, JF_DROP_SRTP_REPLAY), 7);
	jf_srtp_phone_forget(&phone);
}

/* Behind a NAT: the first authentic packet tells where; forged ones before it, nothing. */
static void only_an_authentic_packet_tells_where_a_party_is(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_command stranger_keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 2);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys),
	                     stranger = jf_srtp_phone_make(&stranger_keys);
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct jf_command remote = jf_lab_remote_of(0);
	struct jf_slot_identity slot;
	struct rte_mbuf *replayed;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	remote.remote.latch = JF_LATCH_LEARN;
	remote.remote.negotiation = 1;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	frame.source_ip = RTE_IPV4(10, 77, 0, 66);
	for (uint16_t i = 0; i < 200; i++) {
		frame.sequence = i;
		jf_lab_receive(lab, &frame);
		jf_lab_receive_mbuf(lab, jf_srtp_phone_mbuf(&stranger, &frame));
	}
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 400);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_WAITING);
	assert_int_equal(slot.rtp_port, 40000);
	assert_false(jf_lab_sent(lab, NULL, NULL));

	frame = jf_lab_from(0, 1, 160);
	frame.source_ip = RTE_IPV4(10, 77, 0, 99);
	replayed = jf_srtp_phone_mbuf(&phone, &frame);
	jf_lab_receive_mbuf(lab, rte_pktmbuf_copy(replayed, lab->path.pool, 0, UINT32_MAX));
	assert_true(jf_lab_sent(lab, NULL, NULL));
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_LOCKED);
	assert_int_equal(slot.remote_ip[3], 99);

	/* who heard it can't be learned with it in the next negotiation */
	remote.remote.negotiation = 2;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	jf_lab_receive_mbuf(lab, replayed);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_REPLAY), 1);
	jf_contract_read_identity(&lab->contract.slots[0], &slot);
	assert_int_equal(slot.latch, JF_LATCH_WAITING);
	jf_srtp_phone_forget(&phone);
	jf_srtp_phone_forget(&stranger);
}

/* KEYS before REMOTE: from the first packet on nothing goes either way in plain. */
static void nothing_is_in_plain_from_the_first_packet_on(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	struct jf_lab_frame plain = jf_lab_from(0, 1, 160);
	const uint16_t sounds[] = {3};
	uint8_t packet[2048];
	uint16_t length;
	struct jf_event event;
	LAB(state);

	jf_lab_sound(lab, 3, 4, 50);
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_play(lab, 0, 1, sounds, 1, 0), 0);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	jf_lab_receive(lab, &plain);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 1);
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), -EAGAIN);
	for (uint32_t i = 0; i < 4; i++) {
		lab->path.now_ns += 20 * JF_LAB_MS;
		jf_path_play(&lab->path);
		assert_true(jf_srtp_phone_hears(lab, &phone, packet, &length));
		assert_int_equal(length, 172);
		assert_int_equal(packet[100], 50 + i);
	}
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), 0);
	assert_int_equal(event.type, JF_EVENT_PLAYED);
	phone_sends(lab, &phone, 7);
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), 0);
	assert_int_equal(event.type, JF_EVENT_MEDIA);
	jf_srtp_phone_forget(&phone);
}

static void rtcp_is_protected_both_ways(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_32, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	uint8_t rr[64] = {0x80, 201, 0, 1, 9, 9, 9,   9,   0x81, 202, 0, 3,
	                  9,    9,   9, 9, 1, 3, 'a', 'b', 'c',  0,   0, 0};
	struct jf_srtp_packet packet = {.bytes = rr, .stream = phone.tx, .length = 24};
	uint8_t heard[2048];
	uint16_t length;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, rr, 24));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 1);
	assert_int_equal(lab->contract.slots[0].rtcp.received, 0);
	assert_int_equal(jf_srtp_protect_rtcp(jf_srtp_phones, &packet), JF_SRTP_OK);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, rr, packet.length));
	assert_int_equal(lab->contract.slots[0].rtcp.received, 1);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, rr, packet.length));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_REPLAY), 1);
	assert_heard(lab, &phone, NULL, 1);
	for (uint32_t i = 0; i < 1000 && lab->path.n_protect == 0; i++) {
		lab->path.now_ns += 10 * JF_LAB_MS;
		jf_path_round(&lab->path);
		while (lab->path.out[0].n) /* the other leg's, in plain */
			jf_lab_sent(lab, NULL, NULL);
	}
	assert_true(jf_srtp_phone_hears(lab, &phone, heard, &length));
	assert_true(heard[1] == 200 || heard[1] == 201);
	jf_srtp_phone_forget(&phone);
}

/* New keys by a re-INVITE: what is under way is heard, and nothing jumps. */
static void rekeying_loses_nothing(void **state)
{
	struct jf_command first = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_command second = jf_srtp_phone_keys(0, JF_SRTP_AEAD_AES_256_GCM, 2);
	struct jf_srtp_phone before = jf_srtp_phone_make(&first),
	                     after = jf_srtp_phone_make(&second);
	struct jf_lab_frame late = jf_lab_from(0, 10, 10 * 160),
	                    too_late = jf_lab_from(0, 11, 11 * 160);
	struct rte_mbuf *under_way, *lost;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, first), 0);
	for (uint16_t i = 1; i < 10; i++)
		assert_heard(lab, &before, NULL, i);
	under_way = jf_srtp_phone_mbuf(&before, &late);
	lost = jf_srtp_phone_mbuf(&before, &too_late);
	assert_int_equal(jf_lab_command(lab, second), 0);
	assert_int_equal(jf_lab_command(lab, second), 0);
	assert_heard(lab, &after, NULL, 12);
	jf_lab_receive_mbuf(lab, under_way);
	assert_true(jf_lab_sent(lab, &late, NULL));
	jf_srtp_age(lab->path.srtp, lab->path.now_ns + JF_SRTP_REKEY_GRACE_NS);
	jf_lab_receive_mbuf(lab, lost);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 1);
	assert_heard(lab, &after, NULL, 13);
	assert_int_equal(jf_lab_rx(lab, 0).ssrc_changes, 0);
	jf_srtp_phone_forget(&before);
	jf_srtp_phone_forget(&after);
}

/* Past the first roll-over: what the slot tells is enough for the next dataplane. */
static void another_dataplane_goes_on_where_this_one_was(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 1);
	struct jf_srtp_phone phone = jf_srtp_phone_make(&keys);
	const struct jf_slot_rtcp *noted;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, keys), 0);
	noted = &lab->contract.slots[0].rtcp;
	for (uint32_t i = 65500; i < 65600; i++)
		assert_heard(lab, &phone, NULL, (uint16_t)i);
	for (uint32_t i = 0; i < 1000 && !noted->srtp_ssrc; i++) {
		lab->path.now_ns += 10 * JF_LAB_MS;
		jf_path_round(&lab->path);
		jf_path_protect(&lab->path);
		while (lab->path.out[0].n)
			jf_lab_sent(lab, NULL, NULL);
	}
	assert_int_equal(noted->srtp_ssrc, jf_lab_rx(lab, 0).ssrc);
	assert_int_equal(noted->srtp_roc, 1);
	assert_int_equal(noted->srtp_sequence, 63);
	/* Its keys are made anew, as by another one that does not know the stream ... */
	keys.keys.keys_id++;
	keys.keys.suite = JF_SRTP_NONE;
	assert_int_equal(jf_lab_command(lab, keys), 0);
	keys.keys.keys_id++;
	keys.keys.suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80;
	keys.keys.goes_on = 1;
	keys.keys.rx_ssrc = noted->srtp_ssrc;
	keys.keys.rx_roc = noted->srtp_roc;
	keys.keys.rx_sequence = noted->srtp_sequence;
	assert_int_equal(jf_lab_command(lab, keys), 0);
	for (uint16_t i = 100; i < 200; i++)
		assert_heard(lab, &phone, NULL, i);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 0);
	/* ... and which isn't told. */
	keys.keys.keys_id++;
	keys.keys.suite = JF_SRTP_NONE;
	assert_int_equal(jf_lab_command(lab, keys), 0);
	keys.keys.keys_id++;
	keys.keys.suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80;
	keys.keys.goes_on = 0;
	assert_int_equal(jf_lab_command(lab, keys), 0);
	phone_sends(lab, &phone, 201);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SRTP_AUTH), 1);
	jf_srtp_phone_forget(&phone);
}

static void keys_go_with_the_call(void **state)
{
	LAB(state);

	/* as many calls as one likes, with streams for six endpoints at once */
	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 4; i++) {
			struct jf_command keys = jf_srtp_phone_keys(i, 1 + round % 5, 1);

			keys.endpoint.generation = round + 1;
			assert_int_equal(
			        jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_OPEN,
			                                                .endpoint = keys.endpoint}),
			        0);
			assert_int_equal(jf_lab_command(lab, keys), 0);
			keys.keys.keys_id++;
			keys.keys.suite = JF_SRTP_NONE; /* plain, and back */
			assert_int_equal(jf_lab_command(lab, keys), 0);
			keys.keys.suite = 1 + round % 5;
			keys.keys.keys_id++;
			assert_int_equal(jf_lab_command(lab, keys), 0);
		}
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(
			        jf_lab_command(lab,
			                       (struct jf_command){.type = JF_COMMAND_CLOSE,
			                                           .endpoint = {i, round + 1}}),
			        0);
	}
}

static void wrong_keys_are_refused(void **state)
{
	struct jf_command keys = jf_srtp_phone_keys(0, JF_SRTP_SUITE_COUNT, 1);
	LAB(state);

	assert_int_equal(jf_lab_command(lab, keys), -ENOENT);
	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_command(lab, keys), -EINVAL);
	/* nothing of a command with keys stays in the ring */
	for (size_t i = 0; i < sizeof(lab->contract.commands[0]); i++)
		assert_memory_not_equal((const uint8_t *)&lab->contract.commands[0] +
		                                RTE_MIN(i, sizeof(lab->contract.commands[0]) - 46),
		                        keys.keys.rx, 46);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(keys_on_one_leg),
	        TEST(keys_on_both_legs),
	        TEST(padding_is_read_after_decryption),
	        TEST(bad_packets_change_nothing),
	        TEST(replays_are_dropped_by_name),
	        TEST(only_an_authentic_packet_tells_where_a_party_is),
	        TEST(nothing_is_in_plain_from_the_first_packet_on),
	        TEST(rtcp_is_protected_both_ways),
	        TEST(rekeying_loses_nothing),
	        TEST(another_dataplane_goes_on_where_this_one_was),
	        TEST(keys_go_with_the_call),
	        TEST(wrong_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, jf_srtp_phones_begin, jf_srtp_phones_end);
}
