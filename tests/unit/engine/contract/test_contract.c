// SPDX-License-Identifier: BSD-3-Clause
#include "jf_contract.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static const struct jf_contract_shape small = {
        .n_workers = 2,
        .n_addresses = 2,
        .endpoints_per_address = 8,
        .n_recordings = 4,
        .track_frames = 64,
        .port_first = 10000,
        .n_ports = 2,
};

static void *make(struct jf_contract *ret, uint64_t *ret_size)
{
	void *memory;

	assert_int_equal(jf_contract_size(&small, ret_size), 0);
	memory = aligned_alloc(64, *ret_size);
	assert_non_null(memory);
	memset(memory, 0, *ret_size);
	assert_int_equal(jf_contract_create(memory, &small, 7, 42, ret), 0);
	return memory;
}

static void attaching_sees_what_was_made(void **state)
{
	struct jf_contract made, seen;
	uint64_t size;
	void *memory = make(&made, &size);

	(void)state;
	assert_int_equal(jf_contract_attach(memory, size, &seen), 0);
	assert_int_equal(seen.header->epoch, 7);
	assert_int_equal(seen.n_endpoints, 16);
	assert_ptr_equal(seen.recordings, made.recordings);
	assert_ptr_equal(seen.tracks, made.tracks);
	assert_ptr_equal(seen.ports, made.ports);
	free(memory);
}

static void damaged_or_foreign_memory_is_refused(void **state)
{
	struct jf_contract made, seen;
	uint64_t size;
	void *memory = make(&made, &size);

	(void)state;
	assert_int_equal(jf_contract_attach(memory, size - 64, &seen), -EINVAL);
	assert_int_equal(jf_contract_attach(memory, 8, &seen), -EINVAL);
	made.header->version++;
	assert_int_equal(jf_contract_attach(memory, size, &seen), -EPROTO);
	made.header->version--;
	made.header->offset_slots += 64;
	assert_int_equal(jf_contract_attach(memory, size, &seen), -EINVAL);
	made.header->offset_slots -= 64;
	made.header->shape.endpoints_per_address = 30000;
	assert_int_equal(jf_contract_attach(memory, size, &seen), -EINVAL);
	made.header->shape.endpoints_per_address = 8;
	made.header->magic = 0;
	assert_int_equal(jf_contract_attach(memory, size, &seen), -EAGAIN);
	free(memory);
}

static void shapes_out_of_range_are_refused(void **state)
{
	uint64_t size;
	struct jf_contract_shape s;

	(void)state;
#define REFUSED(field, value)                                                                      \
	s = small;                                                                                 \
	s.field = (value);                                                                         \
	assert_int_equal(jf_contract_size(&s, &size), -EINVAL)
	REFUSED(n_ports, JF_CONTRACT_PORTS_MAX + 1);
	REFUSED(n_workers, 0);
	REFUSED(n_workers, 3); /* does not divide the endpoints */
	REFUSED(n_addresses, 17);
	REFUSED(endpoints_per_address, 32002);
	REFUSED(track_frames, 100);
	REFUSED(port_first, 10001);
	REFUSED(port_first, 65530);
	REFUSED(n_recordings, 0);
#undef REFUSED
}

static void endpoint_decides_port_and_worker(void **state)
{
	struct jf_contract c;
	uint64_t size;
	void *memory = make(&c, &size);

	(void)state;
	assert_int_equal(jf_contract_port_of(&c, 0), 10000);
	assert_int_equal(jf_contract_port_of(&c, 7), 10014);
	assert_int_equal(jf_contract_port_of(&c, 8), 10000);
	assert_int_equal(jf_contract_worker_of(&c, 3), 0);
	assert_int_equal(jf_contract_worker_of(&c, 4), 1);
	assert_int_equal(jf_contract_worker_of(&c, 11), 0);
	assert_int_equal(jf_contract_worker_of(&c, 15), 1);
	free(memory);
}

static void commands_arrive_in_order_and_wait_for_their_answers(void **state)
{
	struct jf_contract c;
	uint64_t size;
	void *memory = make(&c, &size);
	struct jf_command command = {.type = JF_COMMAND_OPEN};
	struct jf_answer answer = {0};

	(void)state;
	for (uint32_t i = 0; i < JF_CONTRACT_RING_SIZE; i++) {
		command.request = i;
		assert_int_equal(jf_contract_post(&c, 1, &command), 0);
	}
	assert_int_equal(jf_contract_post(&c, 1, &command), -EAGAIN);
	for (uint32_t i = 0; i < JF_CONTRACT_RING_SIZE; i++) {
		assert_int_equal(jf_contract_take_command(&c, 1, &command), 0);
		assert_int_equal(command.request, i);
		answer.request = i;
		assert_int_equal(jf_contract_answer(&c, 1, &answer), 0);
	}
	assert_int_equal(jf_contract_take_command(&c, 1, &command), -EAGAIN);
	/* All taken, none of the answers read: there would be no room for one more. */
	assert_int_equal(jf_contract_post(&c, 1, &command), -EAGAIN);
	assert_int_equal(jf_contract_take_answer(&c, 1, &answer), 0);
	assert_int_equal(answer.request, 0);
	assert_int_equal(jf_contract_post(&c, 1, &command), 0);
	assert_int_equal(jf_contract_take_command(&c, 0, &command), -EAGAIN);
	free(memory);
}

static void events_beyond_the_ring_are_refused(void **state)
{
	struct jf_contract c;
	uint64_t size;
	void *memory = make(&c, &size);
	struct jf_event event = {.type = JF_EVENT_DIGIT};

	(void)state;
	for (uint32_t i = 0; i < JF_CONTRACT_RING_SIZE; i++)
		assert_int_equal(jf_contract_emit(&c, 0, &event), 0);
	assert_int_equal(jf_contract_emit(&c, 0, &event), -EAGAIN);
	assert_int_equal(jf_contract_take_event(&c, 0, &event), 0);
	assert_int_equal(jf_contract_emit(&c, 0, &event), 0);
	free(memory);
}

static void track_gives_what_was_not_overwritten(void **state)
{
	struct jf_contract c;
	uint64_t size;
	void *memory = make(&c, &size);
	uint8_t levels[128];
	struct jf_track_part part;
	struct jf_slot_rx_kept *rx = &c.slots[5].rx;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		jf_seq_write_begin(&rx->seq);
		jf_contract_track(&c, 5)[i % 64] = (uint8_t)i;
		rx->track.recent[i % JF_TRACK_GROUP] = (uint8_t)i;
		rx->track.frames = i + 1;
		jf_seq_write_end(&rx->seq);
	}
	part = jf_contract_read_track(&c, 5, 90, levels, sizeof(levels));
	assert_int_equal(part.first, 90);
	assert_int_equal(part.count, 10);
	assert_int_equal(levels[9], 99);
	part = jf_contract_read_track(&c, 5, 0, levels, sizeof(levels));
	assert_int_equal(part.first, 36);
	assert_int_equal(part.count, 64);
	assert_int_equal(levels[0], 36);
	part = jf_contract_read_track(&c, 5, 100, levels, sizeof(levels));
	assert_int_equal(part.count, 0);
	free(memory);
}

/* Over the 32 bits' wrap, too: what is read is when it came, less a millisecond or so. */
static void the_last_packet_s_time_is_told(void **state)
{
	const uint64_t first_ns[] = {1, UINT64_C(1000000000), (UINT64_C(1) << 52) - 5000000};
	struct jf_contract c;
	uint64_t size;
	void *memory = make(&c, &size);
	struct jf_slot *slot = &c.slots[1];
	struct jf_slot_rx rx;

	(void)state;
	jf_contract_read_rx(slot, &rx);
	assert_int_equal(rx.first_ns, 0);
	assert_int_equal(rx.last_ns, 0);
	for (uint32_t i = 0; i < 3; i++)
		for (uint64_t passed = 0; passed < UINT64_C(4000000000000000);
		     passed = passed * 3 + 1000) {
			uint64_t came = first_ns[i] + passed;

			slot->rx_rare.first_ns = first_ns[i];
			slot->rx.stats.last_tick = jf_slot_tick(came);
			jf_contract_read_rx(slot, &rx);
			assert_in_range(rx.last_ns, first_ns[i], came + (1 << JF_SLOT_TICK_SHIFT));
			assert_true(rx.last_ns + (1 << JF_SLOT_TICK_SHIFT) >= came);
		}
	free(memory);
}

static struct jf_recording busy;
static _Atomic bool is_writing;

static void *write_without_pause(void *arg)
{
	(void)arg;
	for (uint32_t g = 1; is_writing; g++) {
		jf_seq_write_begin(&busy.seq);
		busy.generation = g;
		memset(busy.path, (int)(g & 0x7f), sizeof(busy.path));
		busy.started_ns = g;
		jf_seq_write_end(&busy.seq);
	}
	return NULL;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/*
 * Also when the writer is preempted in the middle, which on few cores it often is. Only a reader
 * that has waited for long gives up, as it must with a writer that died there.
 */
static void a_copy_is_of_one_moment(void **state)
{
	struct jf_recording copy;
	pthread_t writer;
	unsigned torn = 0;

	(void)state;
	is_writing = true;
	assert_int_equal(pthread_create(&writer, NULL, write_without_pause, NULL), 0);
	for (int i = 0; i < 200000; i++) {
		double begun = now_ms();

		jf_contract_read_recording(&busy, &copy);
		if (now_ms() - begun > 5)
			continue;
		torn += copy.generation != copy.started_ns ||
		        copy.path[0] != (char)(copy.generation & 0x7f) ||
		        copy.path[JF_CONTRACT_PATH_MAX - 1] != copy.path[0];
	}
	is_writing = false;
	pthread_join(writer, NULL);
	assert_int_equal(torn, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(attaching_sees_what_was_made),
	        cmocka_unit_test(damaged_or_foreign_memory_is_refused),
	        cmocka_unit_test(shapes_out_of_range_are_refused),
	        cmocka_unit_test(endpoint_decides_port_and_worker),
	        cmocka_unit_test(commands_arrive_in_order_and_wait_for_their_answers),
	        cmocka_unit_test(events_beyond_the_ring_are_refused),
	        cmocka_unit_test(track_gives_what_was_not_overwritten),
	        cmocka_unit_test(the_last_packet_s_time_is_told),
	        cmocka_unit_test(a_copy_is_of_one_moment),
	};

	return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}
