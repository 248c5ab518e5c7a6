// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <errno.h>
#include <stdlib.h>

#include <string.h>
#include <rte_ip.h>

static uint32_t kernel_count(const struct jf_lab *lab)
{
	return rte_ring_count(lab->port.to_kernel);
}

/* ---- Both ways ------------------------------------------------------------------------------ */

static void each_hears_the_other_unchanged_and_in_order(void **state)
{
	struct jf_lab_frame frame, out;
	uint8_t payload[1500];
	uint32_t ssrc = 0, base = 0;
	LAB(state);

	jf_lab_call(lab);
	for (uint16_t i = 0; i < 100; i++) {
		for (uint32_t from = 0; from < 2; from++) {
			uint32_t to = 1 - from;

			frame = jf_lab_from(from, 65500 + i, i * 160);
			jf_lab_receive(lab, &frame);
			assert_true(jf_lab_sent(lab, &out, payload));
			assert_int_equal(out.source_ip, RTE_IPV4(10, 77, 0, 1));
			assert_int_equal(out.source_port, 10000 + 2 * to);
			assert_int_equal(out.target_ip, RTE_IPV4(10, 77, 0, 2 + to));
			assert_int_equal(out.target_port, 40000 + 2 * to);
			assert_int_equal(out.payload_length, JF_LAB_PAYLOAD);
			for (uint16_t b = 0; b < JF_LAB_PAYLOAD; b++)
				assert_int_equal(payload[b], (uint8_t)(frame.sequence + b));
			if (from)
				continue;
			if (i == 0) {
				ssrc = out.ssrc;
				base = out.sequence;
				assert_true(out.marker);
			}
			assert_int_equal(out.ssrc, ssrc);
			assert_int_equal(out.sequence, (uint16_t)(base + i));
		}
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_all_drops(lab), 0);
	assert_int_equal(lab->contract.workers[0].relayed_rtp, 200);
	assert_int_equal(jf_lab_tx(lab, 1).packets, 100);
	assert_int_equal(jf_lab_tx(lab, 1).octets, 100 * JF_LAB_PAYLOAD);
}

static void second_address_has_ports_of_its_own(void **state)
{
	struct jf_lab_frame frame, out;
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 8), 0);
	assert_int_equal(jf_lab_remote(lab, 8), 0);
	assert_int_equal(jf_lab_join(lab, 8, 8), 0);
	frame = jf_lab_from(8, 1, 1);
	frame.target_ip = RTE_IPV4(10, 78, 0, 1);
	frame.target_port = 10000;
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &out, NULL)); /* its own echo */
	assert_int_equal(out.source_ip, RTE_IPV4(10, 78, 0, 1));
	assert_int_equal(out.source_port, 10000);
}

static void frames_padded_by_the_link_go_out_without_the_padding(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 1), out;
	struct rte_mbuf *mbuf;
	LAB(state);

	jf_lab_call(lab);
	frame.payload_length = 2;
	mbuf = jf_lab_mbuf(&frame);
	memset(rte_pktmbuf_append(mbuf, 4), 0xee, 4);
	jf_lab_receive_mbuf(lab, mbuf);
	assert_true(jf_lab_sent(lab, &out, NULL)); /* lengths agree: checked on the way */
	assert_int_equal(out.payload_length, 2);
}

static void payload_types_are_those_of_the_listener(void **state)
{
	struct jf_command remote = jf_lab_remote_of(1);
	struct jf_lab_frame frame, out;
	LAB(state);

	jf_lab_call(lab);
	remote.remote.tx_audio_type = 97;
	remote.remote.tx_event_type = 110;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	frame = jf_lab_from(0, 1, 160);
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &out, NULL));
	assert_int_equal(out.payload_type, 97);

	frame = jf_lab_from(0, 2, 320);
	frame.payload_type = 101;
	frame.payload = (const uint8_t[]){5, 10, 0, 160};
	frame.payload_length = 4;
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &out, NULL));
	assert_int_equal(out.payload_type, 110);

	frame = jf_lab_from(0, 3, 480);
	frame.payload_type = 13;
	jf_lab_receive(lab, &frame);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_UNKNOWN_PAYLOAD_TYPE), 1);
	assert_int_equal(jf_lab_stream_drops(lab, 0, JF_DROP_UNKNOWN_PAYLOAD_TYPE), 1);
	/* It came all the same: not a loss. */
	assert_int_equal(jf_lab_rx(lab, 0).packets, 3);
}

/* ---- Strict source -------------------------------------------------------------------------- */

static void only_the_address_in_the_sdp_is_heard(void **state)
{
	struct jf_lab_frame frame;
	LAB(state);

	jf_lab_call(lab);
	frame = jf_lab_from(0, 1, 160);
	frame.source_ip++;
	jf_lab_receive(lab, &frame);
	frame = jf_lab_from(0, 1, 160);
	frame.source_port++;
	jf_lab_receive(lab, &frame);
	frame = jf_lab_from(1, 1, 160); /* the other party, to the wrong port */
	frame.target_port = 10000;
	jf_lab_receive(lab, &frame);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 3);
	assert_int_equal(jf_lab_stream_drops(lab, 0, JF_DROP_SOURCE_MISMATCH), 3);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 0);
}

static void before_its_remote_is_known_an_endpoint_hears_nobody(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_ENDPOINT), 1);
	assert_int_equal(jf_lab_open(lab, 0), 0);
	jf_lab_receive(lab, &frame);
	frame.source_ip = frame.source_port = 0; /* what an unset remote looks like in memory */
	jf_lab_receive(lab, &frame);
	frame.target_port++;
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 3);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	frame = jf_lab_from(0, 1, 160);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_ENDPOINT), 2);
}

/* ---- Why nothing is sent -------------------------------------------------------------------- */

static void each_reason_for_not_sending_has_its_name(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct jf_command remote = jf_lab_remote_of(1);
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_JOINED), 1);

	assert_int_equal(jf_lab_open(lab, 1), 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_REMOTE), 1);

	lab->neighbours_silent = true;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_NEIGHBOUR), 1);

	lab->neighbours_silent = false;
	remote.remote.rtp_port += 2; /* a re-INVITE moved it */
	assert_int_equal(jf_lab_command(lab, remote), 0);
	remote.remote.direction = JF_DIRECTION_RECV; /* and now it is on hold */
	assert_int_equal(jf_lab_command(lab, remote), 0);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_SENDING), 1);
	assert_false(jf_lab_sent(lab, NULL, NULL));

	remote.remote.direction = JF_DIRECTION_SEND | JF_DIRECTION_RECV;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	frame.sequence++;
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &frame, NULL));
	assert_int_equal(frame.target_port, 40004);
	/* Measured all the while. */
	assert_int_equal(jf_lab_rx(lab, 0).packets, 5);
}

static void malformed_packets_are_counted_by_name(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct rte_mbuf *mbuf;
	LAB(state);

	jf_lab_call(lab);
	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_mtod(mbuf, uint8_t *)[42] = 0x40; /* version 1 */
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_mtod(mbuf, uint8_t *)[42] = 0xa0; /* padding that is longer than the packet */
	rte_pktmbuf_mtod(mbuf, uint8_t *)[42 + 12 + JF_LAB_PAYLOAD - 1] = 200;
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_mtod(mbuf, uint8_t *)[38] = 0x7f; /* UDP length beyond the packet */
	jf_lab_receive_mbuf(lab, mbuf);
	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_trim(mbuf, 20); /* cut off on the way */
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTP), 4);

	frame.target_port++; /* RTCP */
	frame.source_port++;
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTCP), 1);

	frame = jf_lab_from(0, 1, 160);
	frame.payload_type = 101;
	frame.payload_length = 3;
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_EVENT), 1);

	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_mtod(mbuf, uint8_t *)[20] = 0x20; /* more fragments */
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_FRAGMENT), 1);
	assert_false(jf_lab_sent(lab, NULL, NULL));
	assert_int_equal(jf_lab_all_drops(lab), 7);
}

/* ---- What is not ours ----------------------------------------------------------------------- */

static void what_is_not_media_goes_to_the_kernel(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct rte_mbuf *mbuf;
	LAB(state);

	frame.target_port = 5060;
	jf_lab_receive(lab, &frame);
	frame.target_port = 9999; /* one below the first media port, one after the last */
	jf_lab_receive(lab, &frame);
	frame.target_port = 10016;
	jf_lab_receive(lab, &frame);
	frame = jf_lab_from(0, 1, 160);
	frame.target_ip = RTE_IPV4(10, 79, 0, 1);
	jf_lab_receive(lab, &frame);
	frame = jf_lab_from(0, 1, 160);
	for (uint32_t i = 0; i < 4; i++) {
		static const struct {
			uint8_t at, value;
		} change[] = {
		        {13, 0x06}, {23, 6}, {14, 0x46}, {21, 1}}; /* ARP TCP options offset */

		mbuf = jf_lab_mbuf(&frame);
		rte_pktmbuf_mtod(mbuf, uint8_t *)[change[i].at] = change[i].value;
		jf_lab_receive_mbuf(lab, mbuf);
	}
	mbuf = jf_lab_mbuf(&frame);
	rte_pktmbuf_trim(mbuf, rte_pktmbuf_data_len(mbuf) - 20); /* a runt */
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(kernel_count(lab), 9);
	assert_int_equal(lab->contract.workers[0].to_kernel, 9);
	assert_int_equal(jf_lab_all_drops(lab), 0);

	frame.target_port = 5060;
	for (uint32_t i = 0; i < 40; i++)
		jf_lab_receive(lab, &frame);
	assert_int_equal(kernel_count(lab) + jf_lab_drops(lab, JF_DROP_EXCEPTION_FULL), 49);
	assert_true(jf_lab_drops(lab, JF_DROP_EXCEPTION_FULL) > 0);
}

static void other_workers_packets_are_handed_over(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(4, 1, 160);
	LAB(state);

	for (uint32_t i = 0; i < 5; i++)
		jf_lab_receive(lab, &frame);
	assert_int_equal(rte_ring_count(lab->path.to_worker[1]), 3);
	assert_int_equal(lab->contract.workers[0].handed_over, 3);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_MINE), 2);
}

/* ---- Digits --------------------------------------------------------------------------------- */

static void send_event(struct jf_lab *lab, uint16_t sequence, uint32_t timestamp, uint8_t event,
                       bool end, uint16_t duration)
{
	struct jf_lab_frame frame = jf_lab_from(0, sequence, timestamp);
	uint8_t payload[4] = {event, (uint8_t)(end << 7 | 10), (uint8_t)(duration >> 8),
	                      (uint8_t)duration};

	frame.payload_type = 101;
	frame.payload = payload;
	frame.payload_length = sizeof(payload);
	jf_lab_receive(lab, &frame);
	jf_lab_sent(lab, NULL, NULL);
}

static void a_key_press_is_one_digit_however_often_it_is_sent(void **state)
{
	struct jf_slot_digits digits;
	struct jf_event event;
	uint32_t told = 0;
	LAB(state);

	jf_lab_call(lab);
	for (uint16_t i = 0; i < 5; i++)
		send_event(lab, 10 + i, 8000, 5, false, 160 * (i + 1));
	for (uint16_t i = 0; i < 3; i++)
		send_event(lab, 15 + i, 8000, 5, true, 960);
	send_event(lab, 18, 12000, 5, false, 160); /* the same key again */
	send_event(lab, 19, 12000, 5, true, 320);
	send_event(lab, 20, 16000, 11, true, 480); /* its beginning was lost */
	send_event(lab, 14, 8000, 5, false, 800);  /* late from the first press */
	jf_contract_read_digits(&lab->contract.slots[0], &digits);
	assert_int_equal(digits.count, 3);
	assert_int_equal(digits.kept[0].event, 5);
	assert_int_equal(digits.kept[0].duration_ts, 960);
	assert_int_equal(digits.kept[1].event, 5);
	assert_int_equal(digits.kept[2].event, 11);
	while (jf_contract_take_event(&lab->contract, 0, &event) == 0) {
		if (event.type != JF_EVENT_DIGIT)
			continue;
		assert_int_equal(event.detail, told++);
		assert_int_equal(event.endpoint.index, 0);
		assert_int_equal(event.endpoint.generation, 1);
	}
	assert_int_equal(told, 3);
}

/* ---- Measuring ------------------------------------------------------------------------------ */

static void loss_duplicates_and_energy_stand_in_the_slot(void **state)
{
	struct jf_slot_rx rx;
	struct jf_track_part part;
	uint8_t levels[64], loud[JF_LAB_PAYLOAD];
	struct jf_lab_frame frame;
	struct jf_event event;
	LAB(state);

	memset(loud, 0x80, sizeof(loud)); /* mu-law full scale */
	jf_lab_call(lab);
	for (uint16_t i = 0; i < 20; i++) {
		if (i != 7) {
			frame = jf_lab_from(0, i, i * 160);
			frame.payload = loud;
			jf_lab_receive(lab, &frame);
			if (i == 9)
				jf_lab_receive(lab, &frame);
		}
		lab->path.now_ns += 20 * JF_LAB_MS;
	}
	while (jf_lab_sent(lab, NULL, NULL))
		;
	jf_contract_read_rx(&lab->contract.slots[0], &rx);
	assert_int_equal(rx.packets, 20);
	assert_int_equal(rx.duplicates, 1);
	assert_int_equal(rx.expected, 20);
	assert_int_equal(jf_slot_rx_lost(&rx), 1);
	assert_int_equal(rx.first_ns, 1000 * JF_LAB_MS);
	assert_in_range(rx.last_ns, 1379 * JF_LAB_MS, 1381 * JF_LAB_MS);
	part = jf_contract_read_track(&lab->contract, 0, 0, levels, 64);
	assert_int_equal(part.start_ns, 980 * JF_LAB_MS); /* 20 ms before the packet was there */
	assert_int_equal(part.count, 20);
	assert_in_range(levels[3], 0, 3);
	assert_int_equal(levels[7], JF_TRACK_NOTHING);
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), 0);
	assert_int_equal(event.type, JF_EVENT_MEDIA);
	assert_int_equal(jf_contract_take_event(&lab->contract, 0, &event), -EAGAIN);
}

static void an_endpoint_without_services_is_relayed_and_not_measured(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(
		        jf_lab_command(
		                lab, (struct jf_command){.type = JF_COMMAND_OPEN,
		                                         .endpoint = {i, 1},
		                                         .open = {.without = JF_SERVICE_STATISTICS |
		                                                             JF_SERVICE_ENERGY}}),
		        0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &frame, NULL));
	assert_int_equal(jf_lab_rx(lab, 0).packets, 0);
	assert_int_equal(jf_lab_tx(lab, 1).packets, 0);
	assert_int_equal(lab->contract.slots[0].rx.track.frames, 0);
	assert_int_equal(lab->contract.workers[0].relayed_rtp, 1);
}

/* ---- Anything at all ------------------------------------------------------------------------ */

/* Valid RTP, telephone-events and RTCP with bytes changed and ends cut off. */
static void mutated_frames_do_no_harm(void **state)
{
	LAB(state);

	srand(11);
	jf_lab_call(lab);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t from = rand() & 1;
		struct jf_lab_frame frame = jf_lab_from(from, (uint16_t)i, i * 160);

		if (rand() % 4 == 0) {
			frame.payload_type = 101;
			frame.payload_length = 4;
		}
		jf_lab_receive_mutated(lab,
		                       rand() % 4 ? jf_lab_mbuf(&frame)
		                                  : jf_lab_rtcp_mbuf(from, jf_lab_empty_report,
		                                                     sizeof(jf_lab_empty_report)),
		                       14, 42, 30); /* but for the link's addresses */
	}
	/* Each was sent, read, handed on, or dropped under a name. */
	assert_int_equal(jf_lab_accounted(lab), 100000);
	assert_true(lab->contract.workers[0].relayed_rtp > 10000);
	assert_true(lab->contract.workers[0].rtcp_received > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(each_hears_the_other_unchanged_and_in_order),
	        TEST(second_address_has_ports_of_its_own),
	        TEST(frames_padded_by_the_link_go_out_without_the_padding),
	        TEST(payload_types_are_those_of_the_listener),
	        TEST(only_the_address_in_the_sdp_is_heard),
	        TEST(before_its_remote_is_known_an_endpoint_hears_nobody),
	        TEST(each_reason_for_not_sending_has_its_name),
	        TEST(malformed_packets_are_counted_by_name),
	        TEST(what_is_not_media_goes_to_the_kernel),
	        TEST(other_workers_packets_are_handed_over),
	        TEST(a_key_press_is_one_digit_however_often_it_is_sent),
	        TEST(loss_duplicates_and_energy_stand_in_the_slot),
	        TEST(an_endpoint_without_services_is_relayed_and_not_measured),
	        TEST(mutated_frames_do_no_harm),
	};

	return cmocka_run_group_tests_name("path", tests, jf_lab_begin, jf_lab_end);
}
