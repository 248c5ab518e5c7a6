// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"
#include "jf_lateness.h"
#include "jf_shed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct jf_slot_identity identity_of(const struct jf_lab *lab, uint32_t index)
{
	struct jf_slot_identity identity;

	jf_contract_read_identity(&lab->contract.slots[index], &identity);
	return identity;
}

static int open_as(struct jf_lab *lab, uint32_t index, uint32_t generation)
{
	return jf_lab_command(
	        lab, (struct jf_command){.type = JF_COMMAND_OPEN, .endpoint = {index, generation}});
}

static void an_endpoint_lives_for_its_generation_only(void **state)
{
	struct jf_command remote = jf_lab_remote_of(0);
	LAB(state);

	assert_int_equal(jf_lab_command(lab, remote), -ENOENT);
	assert_int_equal(open_as(lab, 0, 0), -EINVAL);
	assert_int_equal(open_as(lab, 0, 5), 0);
	assert_int_equal(open_as(lab, 0, 5), 0); /* again */
	assert_int_equal(open_as(lab, 0, 4), -ESTALE);
	remote.endpoint.generation = 4;
	assert_int_equal(jf_lab_command(lab, remote), -ESTALE);
	remote.endpoint.generation = 6;
	assert_int_equal(jf_lab_command(lab, remote), -ENOENT);
	remote.endpoint.generation = 5;
	assert_int_equal(jf_lab_command(lab, remote), 0);
	assert_int_equal(lab->contract.workers[0].endpoints_open, 1);
	assert_int_equal(open_as(lab, 0, 6), 0); /* control lost track of the one before */
	assert_int_equal(jf_lab_command(lab, remote), -ESTALE);
	assert_int_equal(lab->contract.workers[0].endpoints_open, 1);
	assert_int_equal(identity_of(lab, 0).generation, 6);
	assert_int_equal(identity_of(lab, 0).state, JF_SLOT_OPEN);
}

static void closing_is_final_and_can_be_repeated(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	assert_int_equal(jf_lab_close(lab, 0), 0); /* never there: closed */
	jf_lab_call(lab);
	jf_lab_receive(lab, &frame);
	jf_lab_sent(lab, NULL, NULL);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(jf_lab_close(lab, 0), 0);
	assert_int_equal(jf_lab_open(lab, 0), -ESTALE);
	assert_int_equal(identity_of(lab, 0).state, JF_SLOT_FREE);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 1); /* still to be read */
	/* Who heard it hears nothing now, and goes on without harm. */
	assert_int_equal(identity_of(lab, 1).hears, JF_HEARS_NOTHING);
	frame = jf_lab_from(1, 1, 160);
	jf_lab_receive(lab, &frame);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_NOT_JOINED), 1);
	assert_int_equal(open_as(lab, 0, 2), 0);
	assert_int_equal(jf_lab_rx(lab, 0).packets, 0);
}

static void joining_shows_in_the_slot_and_takes_the_source_over(void **state)
{
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(identity_of(lab, 1).hears, JF_HEARS_ENDPOINT);
	assert_int_equal(identity_of(lab, 1).hears_index, 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
	assert_int_equal(jf_lab_open(lab, 2), 0);
	assert_int_equal(jf_lab_remote(lab, 2), 0);
	assert_int_equal(jf_lab_join(lab, 2, 0), 0);
	assert_int_equal(identity_of(lab, 1).hears, JF_HEARS_NOTHING);
	assert_int_equal(identity_of(lab, 2).hears_index, 0);
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &frame, NULL));
	assert_int_equal(frame.target_port, 40004);
	assert_int_equal(jf_lab_join(lab, 0, 3), -ENOENT);
	assert_int_equal(jf_lab_join(lab, 0, 5), -EINVAL); /* another worker's */
	assert_int_equal(identity_of(lab, 0).hears_index, 1);
}

static void fields_out_of_range_change_nothing(void **state)
{
	struct jf_command remote, good = jf_lab_remote_of(0);
	LAB(state);

	assert_int_equal(jf_lab_open(lab, 0), 0);
#define REFUSED(field, value, result)                                                              \
	remote = good;                                                                             \
	remote.field = (value);                                                                    \
	assert_int_equal(jf_lab_command(lab, remote), result)
	REFUSED(type, 0, -EINVAL);
	REFUSED(type, JF_COMMAND_COUNT, -EINVAL);
	REFUSED(type, JF_COMMAND_SOUND, -EINVAL);
	REFUSED(endpoint.index, 4, -EINVAL);
	REFUSED(endpoint.index, 24, -EINVAL);
	REFUSED(endpoint.index, UINT32_MAX, -EINVAL);
	REFUSED(endpoint.generation, 0, -EINVAL);
	REFUSED(remote.family, 6, -EINVAL); /* the endpoint has an IPv4 address */
	REFUSED(remote.family, 0, -EINVAL);
	REFUSED(remote.direction, 4, -EINVAL);
	REFUSED(remote.codec, 3, -EINVAL);
	REFUSED(remote.rx_audio_type, 128, -EINVAL);
	REFUSED(remote.tx_audio_type, 255, -EINVAL);
	REFUSED(remote.rx_event_type, 200, -EINVAL);
	REFUSED(remote.rx_event_type, 0, -EINVAL); /* also the audio's */
	REFUSED(remote.ptime_ms, 25, -EINVAL);
	REFUSED(remote.ip[0], 224, -EINVAL);
	REFUSED(remote.ip[0], 127, -EINVAL);
	REFUSED(remote.ip[0], 0, -EINVAL);
#undef REFUSED
	assert_int_equal(lab->path.endpoints[0].rtp_port_be, 0);
	assert_int_equal(jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_OPEN,
	                                                         .endpoint = {1, 1},
	                                                         .open = {.side = 2}}),
	                 -EINVAL);
}

static void a_tap_needs_its_recording(void **state)
{
	struct jf_command tap = {.type = JF_COMMAND_TAP,
	                         .endpoint = {0, 1},
	                         .tap = {.recording = {2, 1}, .side = JF_SIDE_AGENT}};
	struct jf_command record = {.type = JF_COMMAND_RECORD,
	                            .record = {.recording = {2, 1}, .path = "a/b.wav"}};
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, tap), -ENOENT);
	strcpy(record.record.path, "../escape.wav");
	assert_int_equal(jf_lab_command(lab, record), -EINVAL);
	strcpy(record.record.path, "a/b.wav");
	assert_int_equal(jf_lab_command(lab, record), 0);
	assert_int_equal(jf_lab_command(lab, record), 0);
	assert_int_equal(jf_lab_command(lab, tap), 0);
	assert_int_equal(identity_of(lab, 0).tap.index, 2);
	jf_lab_receive(lab, &frame);
	assert_int_equal(lab->contract.workers[0].taped, 1);
	assert_int_equal(
	        jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_RECORD_END,
	                                                .record_end = {.recording = {2, 1}}}),
	        0);
	frame.sequence++;
	jf_lab_receive(lab, &frame); /* the tap was not taken off: it goes nowhere */
	assert_int_equal(lab->contract.workers[0].taped, 2);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_TAP_FULL), 0);
	tap.tap.recording.index = JF_CONTRACT_NONE;
	assert_int_equal(jf_lab_command(lab, tap), 0);
	assert_int_equal(identity_of(lab, 0).tap.index, JF_CONTRACT_NONE);
}

static void short_of_buffers_recordings_stop_first_and_audio_flows(void **state)
{
	struct jf_command tap = {.type = JF_COMMAND_TAP,
	                         .endpoint = {0, 1},
	                         .tap = {.recording = {2, 1}, .side = JF_SIDE_CALLER}};
	struct jf_command record = {.type = JF_COMMAND_RECORD,
	                            .record = {.recording = {2, 1}, .path = "a/b.wav"}};
	struct jf_lab_frame frame = jf_lab_from(0, 1, 160);
	struct jf_worker_counters *counters;
	struct jf_lab_frame heard;
	LAB(state);

	counters = &lab->contract.workers[0];
	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, record), 0);
	assert_int_equal(jf_lab_command(lab, tap), 0);
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &heard, NULL));
	lab->path.shed = JF_SHED_RECORDINGS;
	for (int i = 0; i < 5; i++) {
		frame.sequence++;
		jf_lab_receive(lab, &frame);
		assert_true(jf_lab_sent(lab, &heard, NULL));
	}
	lab->path.shed = JF_SHED_NOTHING;
	frame.sequence++;
	jf_lab_receive(lab, &frame);
	assert_true(jf_lab_sent(lab, &heard, NULL));
	assert_int_equal(counters->taped, 2);
	assert_int_equal(jf_lab_drops(lab, JF_DROP_SHED), 5);
	assert_int_equal(counters->relayed_rtp, 7);
}

static void what_is_shed_comes_early_and_goes_late(void **state)
{
	enum jf_shed level = JF_SHED_NOTHING;

	(void)state;
	/* Of 1,000 buffers: on the way down, and up again. */
	level = jf_shed_next(level, 200, 1000);
	assert_int_equal(level, JF_SHED_NOTHING);
	level = jf_shed_next(level, 120, 1000);
	assert_int_equal(level, JF_SHED_RECORDINGS);
	level = jf_shed_next(level, 130, 1000);
	assert_int_equal(level, JF_SHED_RECORDINGS);
	level = jf_shed_next(level, 60, 1000);
	assert_int_equal(level, JF_SHED_CALLS);
	level = jf_shed_next(level, 0, 1000);
	assert_int_equal(level, JF_SHED_CALLS);
	level = jf_shed_next(level, 120, 1000);
	assert_int_equal(level, JF_SHED_CALLS);
	level = jf_shed_next(level, 130, 1000);
	assert_int_equal(level, JF_SHED_RECORDINGS);
	level = jf_shed_next(level, 249, 1000);
	assert_int_equal(level, JF_SHED_RECORDINGS);
	level = jf_shed_next(level, 250, 1000);
	assert_int_equal(level, JF_SHED_NOTHING);
	assert_int_equal(jf_shed_next(JF_SHED_NOTHING, 10, 1000), JF_SHED_CALLS);
}

static void a_worker_tells_when_its_core_was_taken_away(void **state)
{
	struct jf_worker_counters counters = {0};
	struct jf_lateness lateness;
	uint64_t tsc = 1000;

	(void)state;
	jf_lateness_init(&lateness, tsc, 2000000000);
	for (int i = 0; i < 100; i++)
		jf_lateness_poll(&lateness, tsc += 40000, &counters); /* 20 us */
	jf_lateness_poll(&lateness, tsc += 200000, &counters);        /* 100 us */
	assert_int_equal(counters.polls_late, 0);
	jf_lateness_poll(&lateness, tsc += 900000, &counters); /* 450 us */
	jf_lateness_poll(&lateness, tsc += 200001, &counters);
	assert_int_equal(counters.polls_late, 2);
	assert_int_equal(counters.late_cycles, 1100001);
	assert_int_equal(counters.late_cycles_max, 900000);
	jf_lateness_slept(&lateness, tsc += 9000000);
	jf_lateness_poll(&lateness, tsc += 40000, &counters);
	assert_int_equal(counters.polls_late, 2);
}

static void a_recorder_that_is_behind_costs_the_recording_and_not_the_listener(void **state)
{
	struct jf_command record = {.type = JF_COMMAND_RECORD,
	                            .record = {.recording = {0, 1}, .path = "a.wav"}};
	struct jf_command tap = {
	        .type = JF_COMMAND_TAP, .endpoint = {0, 1}, .tap = {.recording = {0, 1}}};
	struct jf_lab_frame frame;
	uint32_t sent = 0;
	LAB(state);

	jf_lab_call(lab);
	assert_int_equal(jf_lab_command(lab, record), 0);
	assert_int_equal(jf_lab_command(lab, tap), 0);
	for (uint16_t i = 0; i < 10000; i++) {
		frame = jf_lab_from(0, i, i * 160);
		jf_lab_receive(lab, &frame);
		sent += jf_lab_sent(lab, NULL, NULL);
	}
	assert_int_equal(sent, 10000);
	assert_true(jf_lab_drops(lab, JF_DROP_TAP_FULL) > 0);
	assert_int_equal(lab->contract.workers[0].taped + jf_lab_drops(lab, JF_DROP_TAP_FULL),
	                 10000);
}

/* Whatever control writes: nothing outside the worker's own state moves, and nothing falls over. */
static void random_commands_do_no_harm(void **state)
{
	struct jf_lab_frame frame;
	uint32_t accepted = 0;
	LAB(state);

	srand(7);
	jf_lab_sound(lab, 1, 5, 10);
	for (uint32_t i = 0; i < 100000; i++) {
		struct jf_command command = {0};
		uint8_t *bytes = (uint8_t *)&command;

		command.type = (uint32_t)rand() % (JF_COMMAND_COUNT + 1);
		if (command.type == JF_COMMAND_REMOTE)
			command = jf_lab_remote_of((uint32_t)rand() % 4);
		else
			command.endpoint.index = (uint32_t)rand() % 5;
		command.endpoint.generation = 1 + i / 100 - (rand() % 16 == 0);
		if (command.type == JF_COMMAND_JOIN)
			command.join.source = (struct jf_endpoint_ref){(uint32_t)rand() % 5,
			                                               command.endpoint.generation};
		if (command.type == JF_COMMAND_PLAY)
			command.play = (struct jf_command_play){.play_id = (uint32_t)rand() % 3,
			                                        .sound_count = (uint8_t)rand() % 3,
			                                        .sounds = {1, 1}};
		if (rand() % 8 == 0)
			bytes[16 + rand() % 64] = (uint8_t)rand();
		accepted += jf_lab_command(lab, command) == 0;
		frame = jf_lab_from((uint32_t)rand() % 4, (uint16_t)i, i * 160);
		jf_lab_receive(lab, &frame);
		lab->path.now_ns += 5 * JF_LAB_MS;
		jf_path_play(&lab->path);
		while (lab->path.out[0].n)
			rte_pktmbuf_free(lab->path.out[0].mbufs[--lab->path.out[0].n]);
	}
	assert_in_range(accepted, 5000, 100000);
	assert_true(lab->contract.workers[0].relayed_rtp > 100);
	assert_true(lab->contract.workers[0].played > 100);
	assert_int_equal(lab->contract.workers[0].invariants, 0);
	for (uint32_t i = 0; i < 24; i++) {
		const struct jf_endpoint *endpoint = &lab->path.endpoints[i];

		if (i % 8 >= 4)
			assert_int_equal(lab->path.slots[i].identity.generation, 0);
		else if (endpoint->listener != JF_CONTRACT_NONE)
			assert_int_equal(lab->path.parties[endpoint->listener].source, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(an_endpoint_lives_for_its_generation_only),
	        TEST(closing_is_final_and_can_be_repeated),
	        TEST(joining_shows_in_the_slot_and_takes_the_source_over),
	        TEST(fields_out_of_range_change_nothing),
	        TEST(a_tap_needs_its_recording),
	        TEST(short_of_buffers_recordings_stop_first_and_audio_flows),
	        cmocka_unit_test(what_is_shed_comes_early_and_goes_late),
	        cmocka_unit_test(a_worker_tells_when_its_core_was_taken_away),
	        TEST(a_recorder_that_is_behind_costs_the_recording_and_not_the_listener),
	        TEST(random_commands_do_no_harm),
	};

	return cmocka_run_group_tests_name("command", tests, jf_lab_begin, jf_lab_end);
}
