// SPDX-License-Identifier: BSD-3-Clause
/* RTCP on each leg: what we report, what we learn from the party's reports, and what is refused. */
#include "jf_path_lab.h"

#include <stdlib.h>
#include <string.h>
#include <rte_byteorder.h>

#include "jf_rtcp.h"
#include "jf_time.h"

#define SSRC_OF(leg)   (UINT32_C(0xaa000000) + (leg)) /* what its party sends: jf_lab_from */
#define STEP_NS        (10 * JF_NS_PER_MS)
#define PATIENCE_NS    (8 * JF_NS_PER_S)
#define CNAME_FROM_END 18

struct heard {
	struct jf_lab_frame frame;
	uint8_t packet[1500];
	struct jf_rtcp rtcp; /* as the party reads it */
	uint64_t waited_ns;
};

/* Lets time pass until the leg is sent a report. What others are sent is taken as well. */
static struct heard wait_for(struct jf_lab *lab, uint32_t leg)
{
	struct heard heard = {0};

	for (; heard.waited_ns < PATIENCE_NS; heard.waited_ns += STEP_NS) {
		lab->path.now_ns += STEP_NS;
		jf_path_round(&lab->path);
		while (jf_lab_sent(lab, &heard.frame, heard.packet)) {
			if (heard.frame.target_port != 40001 + 2 * leg)
				continue;
			assert_int_equal(heard.frame.source_port, 10001 + 2 * leg);
			assert_int_equal(jf_rtcp_read(heard.packet, heard.frame.payload_length,
			                              SSRC_OF(leg), &heard.rtcp),
			                 0);
			return heard;
		}
	}
	fail_msg("no report in %u s", (unsigned)(PATIENCE_NS / JF_NS_PER_S));
	return heard;
}

/* n packets from the leg's party, 20 ms apart; gives what was sent on last. */
static struct jf_lab_frame talk(struct jf_lab *lab, uint32_t leg, uint16_t first, uint32_t n)
{
	struct jf_lab_frame out = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct jf_lab_frame frame =
		        jf_lab_from(leg, (uint16_t)(first + i), 160 * (first + i));

		lab->path.now_ns += 20 * JF_NS_PER_MS;
		jf_lab_receive(lab, &frame);
		jf_lab_sent(lab, &out, NULL);
	}
	return out;
}

/* The party of the leg reports. */
static void report(struct jf_lab *lab, uint32_t leg, const struct jf_rtcp_sender *sender,
                   const struct jf_rtcp_block *block)
{
	struct jf_rtcp_report report = {.ssrc = SSRC_OF(leg), .sender = sender, .block = block};
	uint8_t packet[JF_RTCP_REPORT_MAX];

	jf_rtcp_cname(leg, leg, report.cname);
	jf_lab_receive_mbuf(
	        lab, jf_lab_rtcp_mbuf(leg, packet, (uint16_t)jf_rtcp_write(&report, packet)));
}

/* The party of the leg asks for a whole picture of what it is sent. */
static void ask(struct jf_lab *lab, uint32_t leg, enum jf_rtcp_keyframe keyframe)
{
	struct jf_rtcp_report report = {.ssrc = SSRC_OF(leg),
	                                .keyframe = keyframe,
	                                .keyframe_ssrc =
	                                        jf_path_continuity(&lab->path, leg)->ssrc_out};
	uint8_t packet[JF_RTCP_REPORT_MAX];

	jf_lab_receive_mbuf(
	        lab, jf_lab_rtcp_mbuf(leg, packet, (uint16_t)jf_rtcp_write(&report, packet)));
}

/* So many requests the leg is sent while that time passes; the last of them. */
static uint32_t asked(struct jf_lab *lab, uint32_t leg, uint64_t ms, struct heard *ret_last)
{
	uint32_t n = 0;

	for (; ms > 0; ms -= 10) {
		struct heard heard;

		lab->path.now_ns += 10 * JF_NS_PER_MS;
		jf_path_round(&lab->path);
		while (jf_lab_sent(lab, &heard.frame, heard.packet)) {
			if (heard.frame.target_port != 40001 + 2 * leg)
				continue;
			assert_int_equal(jf_rtcp_read(heard.packet, heard.frame.payload_length,
			                              SSRC_OF(leg), &heard.rtcp),
			                 0);
			n += heard.rtcp.wants_keyframe;
			if (heard.rtcp.wants_keyframe)
				*ret_last = heard;
		}
	}
	return n;
}

static void takes_keyframes(struct jf_lab *lab, uint32_t leg, uint8_t ways)
{
	struct jf_command remote = jf_lab_remote_of(leg);

	remote.remote.keyframes = ways;
	assert_int_equal(jf_lab_command(lab, remote), 0);
}

/* ---- Whole pictures ------------------------------------------------------------------------- */

static void a_request_reaches_who_is_seen_and_not_too_often(void **state)
{
	struct heard last;
	LAB(state);

	jf_lab_call(lab);
	takes_keyframes(lab, 0, JF_KEYFRAME_PLI | JF_KEYFRAME_FIR);
	takes_keyframes(lab, 1, JF_KEYFRAME_FIR);
	talk(lab, 0, 1, 2);
	talk(lab, 1, 1, 2);
	ask(lab, 1, JF_RTCP_KEYFRAME_FIR);
	assert_int_equal(asked(lab, 0, 20, &last), 1);
	assert_int_equal(last.packet[last.frame.payload_length - 12], 0x81); /* as it likes it */
	/* A hundred times in a second: twice. */
	for (int i = 0; i < 100; i++) {
		ask(lab, 1, JF_RTCP_KEYFRAME_PLI);
		asked(lab, 1, 10, &last);
	}
	assert_int_equal(lab->contract.slots[0].rtcp.keyframes_told, 3);
	assert_int_equal(lab->contract.slots[1].rtcp.keyframes_asked, 101);
	/* The last of those within the pause is not forgotten. */
	assert_int_equal(asked(lab, 0, 2000, &last), 1);
	/* The other way round: an FIR, each with another number. */
	ask(lab, 0, JF_RTCP_KEYFRAME_PLI);
	assert_int_equal(asked(lab, 1, 20, &last), 1);
	assert_int_equal(last.packet[last.frame.payload_length - 20], 0x84);
	assert_int_equal(last.packet[last.frame.payload_length - 4], 0);
	asked(lab, 1, 1000, &last);
	ask(lab, 0, JF_RTCP_KEYFRAME_PLI);
	assert_int_equal(asked(lab, 1, 20, &last), 1);
	assert_int_equal(last.packet[last.frame.payload_length - 4], 1);
	asked(lab, 0, 1000, &last);
	assert_int_equal(lab->path.n_keyframes, 0);
}

static void what_has_no_picture_is_not_asked(void **state)
{
	struct jf_event event = {0};
	struct heard last;
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 2);
	ask(lab, 1, JF_RTCP_KEYFRAME_PLI); /* of one with sound alone */
	assert_int_equal(asked(lab, 0, 1000, &last), 0);
	/* Who can't be asked in its media is control's to ask. */
	takes_keyframes(lab, 0, JF_KEYFRAME_INFO);
	ask(lab, 1, JF_RTCP_KEYFRAME_PLI);
	assert_int_equal(asked(lab, 0, 20, &last), 0);
	while (jf_contract_take_event(&lab->contract, 0, &event) == 0)
		;
	assert_int_equal(event.type, JF_EVENT_KEYFRAME);
	assert_int_equal(event.endpoint.index, 0);
}

static void a_request_waits_until_there_is_something_to_ask(void **state)
{
	struct jf_command want = {.type = JF_COMMAND_KEYFRAME, .endpoint = {0, 1}};
	struct heard last;
	LAB(state);

	jf_lab_call(lab);
	takes_keyframes(lab, 0, JF_KEYFRAME_PLI);
	assert_int_equal(jf_lab_command(lab, want), 0);
	assert_int_equal(asked(lab, 0, 1000, &last), 0);
	talk(lab, 0, 1, 1);
	assert_int_equal(asked(lab, 0, 20, &last), 1);
	/* And not for ever. */
	jf_lab_close(lab, 0);
	assert_int_equal(asked(lab, 0, 5000, &last), 0);
	assert_int_equal(lab->path.n_keyframes, 0);
}

/* ---- Ours ----------------------------------------------------------------------------------- */

static void reports_come_from_the_beginning_on_and_keep_coming(void **state)
{
	char cname[2][JF_RTCP_CNAME_LENGTH];
	uint32_t ssrc = 0;
	LAB(state);

	jf_lab_call(lab);
	for (int i = 0; i < 20; i++) {
		struct heard heard = wait_for(lab, 0);
		const uint8_t *name = heard.packet + heard.frame.payload_length - CNAME_FROM_END;

		assert_true(heard.waited_ns >= (i ? 2400 : 1200) * JF_NS_PER_MS);
		assert_true(heard.waited_ns <= (i ? 7600 : 3800) * JF_NS_PER_MS);
		assert_false(heard.rtcp.has_sender || heard.rtcp.has_block);
		if (i) {
			assert_memory_equal(name, cname[0], sizeof(cname[0]));
			assert_int_equal(heard.rtcp.ssrc, ssrc);
		}
		memcpy(cname[0], name, sizeof(cname[0]));
		ssrc = heard.rtcp.ssrc;
	}
	assert_int_equal(lab->contract.slots[0].rtcp.sent, 20);
	assert_true(lab->contract.workers[0].rtcp_sent >= 38);
	/* the other leg has another name */
	struct heard other = wait_for(lab, 1);
	memcpy(cname[1], other.packet + other.frame.payload_length - CNAME_FROM_END,
	       sizeof(cname[1]));
	assert_memory_not_equal(cname[0], cname[1], sizeof(cname[0]));
}

static void what_was_sent_and_what_came_is_reported(void **state)
{
	struct jf_lab_frame last;
	struct heard heard;
	uint64_t said_ns;
	LAB(state);

	jf_lab_call(lab);
	last = talk(lab, 0, 1, 40); /* on its way to leg 1 */
	said_ns = lab->path.now_ns;
	heard = wait_for(lab, 1);
	assert_true(heard.rtcp.has_sender);
	assert_int_equal(heard.rtcp.ssrc, last.ssrc);
	assert_int_equal(heard.rtcp.sender.packets, 40);
	assert_int_equal(heard.rtcp.sender.octets, 40 * 160);
	assert_true(heard.rtcp.sender.ntp ==
	            jf_rtcp_ntp(lab->path.now_ns + lab->path.utc_offset_ns));
	/* the timestamp that a packet sent now would have */
	assert_int_equal(heard.rtcp.sender.timestamp,
	                 last.timestamp + (lab->path.now_ns - said_ns) / 125000);
	assert_false(heard.rtcp.has_block);
}

static void one_stream_is_reported_through_prompt_and_agent(void **state)
{
	static const uint16_t prompt[] = {7};
	struct jf_lab_frame out = {0};
	struct heard heard;
	LAB(state);

	jf_lab_sound(lab, 7, 30, 0);
	jf_lab_call(lab);
	jf_lab_play(lab, 1, 1, prompt, 1, 0);
	for (unsigned i = 0; i < 50; i++) {
		lab->path.now_ns += 20 * JF_NS_PER_MS;
		jf_path_play(&lab->path);
		jf_lab_sent(lab, &out, NULL);
	}
	heard = wait_for(lab, 1);
	assert_int_equal(heard.rtcp.sender.packets, 30);
	assert_int_equal(heard.rtcp.sender.octets, 30 * 160);
	assert_int_equal(heard.rtcp.ssrc, out.ssrc);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	out = talk(lab, 0, 1, 10);
	heard = wait_for(lab, 1);
	assert_int_equal(heard.rtcp.ssrc, out.ssrc);
	assert_int_equal(heard.rtcp.sender.packets, 40);
	assert_true((int32_t)(heard.rtcp.sender.timestamp - out.timestamp) > 0);
}

static void losses_are_reported_for_each_interval(void **state)
{
	struct heard heard;
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 10);
	talk(lab, 0, 21, 10); /* 10 of 30 lost */
	heard = wait_for(lab, 0);
	assert_true(heard.rtcp.has_block);
	assert_int_equal(heard.rtcp.block.ssrc, SSRC_OF(0));
	assert_int_equal(heard.rtcp.block.fraction, 85);
	assert_int_equal(heard.rtcp.block.lost, 10);
	assert_int_equal(heard.rtcp.block.highest, 30);
	assert_int_equal(heard.rtcp.block.last_sr_middle, 0);
	assert_int_equal(heard.rtcp.block.since_sr_middle, 0);
	/* nothing came since: nothing is said of it */
	heard = wait_for(lab, 0);
	assert_false(heard.rtcp.has_block);
	talk(lab, 0, 31, 10);
	talk(lab, 0, 40, 1); /* a duplicate counts against the losses (A.3) */
	heard = wait_for(lab, 0);
	assert_int_equal(heard.rtcp.block.fraction, 0);
	assert_int_equal(heard.rtcp.block.lost, 9);
	assert_int_equal(heard.rtcp.block.highest, 40);
}

static void another_source_has_an_account_of_its_own(void **state)
{
	struct jf_lab_frame frame;
	struct heard heard;
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 5);
	talk(lab, 0, 16, 5); /* 10 lost */
	heard = wait_for(lab, 0);
	assert_int_equal(heard.rtcp.block.lost, 10);
	for (uint16_t i = 65530; i != 10; i += 2) { /* over the wrap, every other one */
		frame = jf_lab_from(0, i, i);
		frame.ssrc = 0xbb;
		jf_lab_receive(lab, &frame);
		jf_lab_sent(lab, NULL, NULL);
	}
	heard = wait_for(lab, 0);
	jf_rtcp_read(heard.packet, heard.frame.payload_length, 0xbb, &heard.rtcp);
	assert_true(heard.rtcp.has_block);
	assert_int_equal(heard.rtcp.block.lost, 7);
	assert_int_equal(heard.rtcp.block.highest, 65536 + 8);
}

static void a_sender_that_stopped_is_a_receiver_after_two_reports(void **state)
{
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 5);
	assert_true(wait_for(lab, 1).rtcp.has_sender);
	assert_true(wait_for(lab, 1).rtcp.has_sender);
	assert_false(wait_for(lab, 1).rtcp.has_sender);
	talk(lab, 0, 6, 5);
	assert_true(wait_for(lab, 1).rtcp.has_sender);
}

static void reports_go_on_while_media_is_held(void **state)
{
	struct jf_command held = jf_lab_remote_of(0);
	LAB(state);

	jf_lab_call(lab);
	held.remote.direction = 0;
	assert_int_equal(jf_lab_command(lab, held), 0);
	wait_for(lab, 0);
	wait_for(lab, 0);
}

static void nothing_is_said_to_who_wants_or_is_there_no_more(void **state)
{
	struct jf_command mute = jf_lab_remote_of(0);
	LAB(state);

	jf_lab_call(lab);
	wait_for(lab, 0);
	mute.remote.rtcp_port = 0;
	assert_int_equal(jf_lab_command(lab, mute), 0);
	assert_int_equal(jf_lab_close(lab, 1), 0);
	for (unsigned i = 0; i < 2000; i++) {
		lab->path.now_ns += STEP_NS;
		jf_path_round(&lab->path);
		assert_false(jf_lab_sent(lab, NULL, NULL));
	}
	/* and again to who does */
	assert_int_equal(jf_lab_remote(lab, 0), 0);
	assert_true(wait_for(lab, 0).waited_ns < 3800 * JF_NS_PER_MS);
}

static void after_a_stall_reports_are_few_at_a_time(void **state)
{
	unsigned reports;
	LAB(state);

	for (uint32_t i = 0; i < 4; i++) {
		jf_lab_open(lab, i);
		jf_lab_remote(lab, i);
		jf_lab_open(lab, 8 + i); /* the second address */
	}
	for (unsigned stall = 1; stall < 100; stall += 9) {
		lab->path.now_ns += stall * JF_NS_PER_S;
		for (unsigned poll = 0; poll < 20; poll++) {
			uint64_t before = lab->contract.workers[0].rtcp_sent;

			jf_path_round(&lab->path);
			reports = (unsigned)(lab->contract.workers[0].rtcp_sent - before);
			assert_true(reports <= 4);
			while (jf_lab_sent(lab, NULL, NULL))
				;
		}
	}
	wait_for(lab, 0);
	wait_for(lab, 3);
}

/* ---- The party's ----------------------------------------------------------------------------- */

static void the_round_trip_is_measured_from_our_reports(void **state)
{
	struct jf_rtcp_block block = {0};
	struct jf_slot_rtcp slot;
	struct heard heard;
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 5);
	heard = wait_for(lab, 1);
	/* the party had it 40 ms later, waited for 2 s, and 60 ms later its report is here */
	block = (struct jf_rtcp_block){.ssrc = heard.rtcp.ssrc,
	                               .lost = 3,
	                               .fraction = 12,
	                               .jitter_ts = 80,
	                               .last_sr_middle = jf_rtcp_middle(heard.rtcp.sender.ntp),
	                               .since_sr_middle = 2 * 65536};
	lab->path.now_ns += 2100 * JF_NS_PER_MS;
	report(lab, 1, NULL, &block);
	jf_contract_read_rtcp(&lab->contract.slots[1], &slot);
	assert_int_equal(slot.known & (JF_RTCP_REMOTE | JF_RTCP_ROUND_TRIP),
	                 JF_RTCP_REMOTE | JF_RTCP_ROUND_TRIP);
	assert_in_range(slot.round_trip_us, 99970, 100030);
	assert_int_equal(slot.remote_lost, 3);
	assert_int_equal(slot.remote_fraction, 12);
	assert_int_equal(slot.remote_jitter_ts, 80);
	assert_int_equal(slot.received, 1);
	assert_true(slot.last_ns == lab->path.now_ns);
	/* one about a stream that is not ours tells nothing */
	block.ssrc++;
	block.lost = 99;
	report(lab, 1, NULL, &block);
	jf_contract_read_rtcp(&lab->contract.slots[1], &slot);
	assert_int_equal(slot.remote_lost, 3);
	assert_int_equal(slot.received, 2);
	assert_int_equal(lab->contract.workers[0].rtcp_received, 2);
	assert_int_equal(jf_lab_all_drops(lab), 0);
}

static void the_partys_clock_comes_back_to_it(void **state)
{
	const struct jf_rtcp_sender sender = {.ntp = UINT64_C(0x1234567890abcdef)};
	struct heard heard;
	uint64_t before_ns;
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 5);
	report(lab, 0, &sender, NULL);
	before_ns = lab->path.now_ns;
	heard = wait_for(lab, 0);
	assert_int_equal(heard.rtcp.block.last_sr_middle, 0x567890ab);
	assert_in_range((uint64_t)heard.rtcp.block.since_sr_middle * 1000 / 65536,
	                (lab->path.now_ns - before_ns) / JF_NS_PER_MS - 1,
	                (lab->path.now_ns - before_ns) / JF_NS_PER_MS);
}

static void reports_go_no_further(void **state)
{
	LAB(state);

	jf_lab_call(lab);
	talk(lab, 0, 1, 5);
	talk(lab, 1, 1, 5);
	report(lab, 0, NULL, NULL);
	assert_false(jf_lab_sent(lab, NULL, NULL));
}

static void what_is_no_report_is_counted_by_name(void **state)
{
	static const uint8_t app[] = {0x80, 204, 0, 2, 1, 2, 3, 4, 'a', 'p', 'p', 's'};
	static const uint8_t cut[] = {0x81, 201, 0, 2, 1, 2, 3, 4, 'a', 'p', 'p', 's'};
	struct rte_mbuf *mbuf;
	LAB(state);

	jf_lab_call(lab);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, app, sizeof(app)));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_REPORT), 1);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, cut, sizeof(cut)));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_MALFORMED_RTCP), 1);
	mbuf = jf_lab_rtcp_mbuf(0, app, sizeof(app));
	rte_pktmbuf_mtod(mbuf, uint8_t *)[35]++; /* source port */
	jf_lab_receive_mbuf(lab, mbuf);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SOURCE_MISMATCH), 1);
	jf_lab_close(lab, 0);
	jf_lab_receive_mbuf(lab, jf_lab_rtcp_mbuf(0, app, sizeof(app)));
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NO_ENDPOINT), 1);
	assert_int_equal(lab->contract.slots[0].rtcp.received, 0);
	assert_int_equal(lab->contract.workers[0].rtcp_received, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(reports_come_from_the_beginning_on_and_keep_coming),
	        TEST(a_request_reaches_who_is_seen_and_not_too_often),
	        TEST(what_has_no_picture_is_not_asked),
	        TEST(a_request_waits_until_there_is_something_to_ask),
	        TEST(what_was_sent_and_what_came_is_reported),
	        TEST(one_stream_is_reported_through_prompt_and_agent),
	        TEST(losses_are_reported_for_each_interval),
	        TEST(another_source_has_an_account_of_its_own),
	        TEST(a_sender_that_stopped_is_a_receiver_after_two_reports),
	        TEST(reports_go_on_while_media_is_held),
	        TEST(nothing_is_said_to_who_wants_or_is_there_no_more),
	        TEST(after_a_stall_reports_are_few_at_a_time),
	        TEST(the_round_trip_is_measured_from_our_reports),
	        TEST(the_partys_clock_comes_back_to_it),
	        TEST(reports_go_no_further),
	        TEST(what_is_no_report_is_counted_by_name),
	};

	return cmocka_run_group_tests_name("rtcp", tests, jf_lab_begin, jf_lab_end);
}
