// SPDX-License-Identifier: BSD-3-Clause
#include "jf_byte_ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SIZE 1024u

static _Alignas(64) uint8_t bytes[SIZE];
static struct jf_byte_ring ring;

static int fresh(void **state)
{
	(void)state;
	return jf_byte_ring_init(&ring, bytes, SIZE);
}

static bool write_one(uint32_t length, uint8_t value)
{
	void *at = jf_byte_ring_reserve(&ring, length);

	if (!at)
		return false;
	assert_int_equal((uintptr_t)at % 8, 0);
	memset(at, value, length);
	jf_byte_ring_commit(&ring);
	return true;
}

static void read_one(uint32_t expected_length, uint8_t value)
{
	uint32_t length = 4711;
	const uint8_t *at = jf_byte_ring_peek(&ring, &length);

	assert_non_null(at);
	assert_int_equal(length, expected_length);
	for (uint32_t i = 0; i < length; i++)
		assert_int_equal(at[i], value);
	jf_byte_ring_release(&ring);
}

static void records_come_out_as_they_went_in(void **state)
{
	uint32_t length;

	(void)state;
	assert_null(jf_byte_ring_peek(&ring, &length));
	assert_true(write_one(10, 1));
	assert_true(write_one(0, 2));
	assert_true(write_one(173, 3));
	/* not seen before they are published */
	assert_null(jf_byte_ring_peek(&ring, &length));
	jf_byte_ring_publish(&ring);
	read_one(10, 1);
	read_one(0, 2);
	read_one(173, 3);
	assert_null(jf_byte_ring_peek(&ring, &length));
}

static void a_reservation_given_up_leaves_nothing(void **state)
{
	(void)state;
	assert_non_null(jf_byte_ring_reserve(&ring, 300));
	assert_true(write_one(20, 7));
	jf_byte_ring_publish(&ring);
	read_one(20, 7);
}

static void a_full_ring_refuses_and_goes_on(void **state)
{
	int written = 0;

	(void)state;
	while (write_one(100, 5))
		written++;
	assert_int_equal(written, 8); /* of 128 bytes each */
	assert_false(write_one(100, 6));
	jf_byte_ring_publish(&ring);
	read_one(100, 5);
	read_one(100, 5);
	assert_true(write_one(100, 6));
	jf_byte_ring_publish(&ring);
	for (int i = 0; i < 6; i++)
		read_one(100, 5);
	read_one(100, 6);
}

static void the_longest_record_always_fits_an_empty_ring(void **state)
{
	uint32_t most = jf_byte_ring_record_max(&ring);

	(void)state;
	assert_int_equal(most, SIZE / 2 - 8);
	assert_null(jf_byte_ring_reserve(&ring, most + 1));
	assert_null(jf_byte_ring_reserve(&ring, UINT32_MAX));
	for (uint32_t offset = 0; offset < 300; offset++) {
		assert_true(write_one(offset % 50, 1));
		jf_byte_ring_publish(&ring);
		read_one(offset % 50, 1);
		assert_true(write_one(most, 2));
		jf_byte_ring_publish(&ring);
		read_one(most, 2);
	}
}

static void sizes_that_cannot_work_are_refused(void **state)
{
	(void)state;
	assert_int_equal(jf_byte_ring_init(&ring, bytes, 256), -EINVAL);
	assert_int_equal(jf_byte_ring_init(&ring, bytes, 1000), -EINVAL);
	assert_int_equal(jf_byte_ring_init(&ring, bytes + 8, 512), -EINVAL);
}

static void check_whole_records(void)
{
	uint64_t head[JF_BYTE_RING_HEAD / 8];
	uint8_t payload[200];
	uint64_t cursor;
	uint32_t length;

	for (uint32_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)i;
	for (uint32_t n = 0; n <= sizeof(payload); n++) { /* all ways to fill the last line */
		const uint8_t *at;

		for (uint32_t i = 0; i < sizeof(head); i++)
			((uint8_t *)head)[i] = (uint8_t)(n + i);
		assert_true(jf_byte_ring_write(&ring, 7 * n, head, payload, n));
		jf_byte_ring_publish(&ring);
		at = jf_byte_ring_peek(&ring, &length);
		assert_non_null(at);
		assert_int_equal(length, sizeof(head) + n);
		assert_int_equal(jf_byte_ring_tag(at), 7 * n);
		assert_memory_equal(at, head, sizeof(head));
		assert_memory_equal(at + sizeof(head), payload, n);
		jf_byte_ring_release(&ring);
	}
	assert_false(jf_byte_ring_write(&ring, 0, head, payload, UINT32_MAX));
	cursor = jf_byte_ring_cursor(&ring);
	assert_null(jf_byte_ring_read(&ring, &cursor, &length));
}

static void whole_records_are_written_at_once(void **state)
{
	(void)state;
	check_whole_records(); /* as the processor can */
	ring.wide = false;
	check_whole_records();
}

static void several_records_are_released_at_once(void **state)
{
	uint64_t cursor;
	uint32_t length;

	(void)state;
	for (int turn = 0; turn < 20; turn++) { /* over the end of the ring, too */
		cursor = jf_byte_ring_cursor(&ring);
		for (uint8_t i = 0; i < 5; i++)
			assert_true(write_one(100, i));
		jf_byte_ring_publish(&ring);
		for (uint8_t i = 0; i < 5; i++) {
			const uint8_t *at = jf_byte_ring_read(&ring, &cursor, &length);

			assert_non_null(at);
			assert_int_equal(at[99], i);
		}
		assert_null(jf_byte_ring_read(&ring, &cursor, &length));
		jf_byte_ring_release_to(&ring, cursor);
	}
}

#define RECORDS 200000u

/* Lengths and contents follow from the number alone, so that the consumer knows them. */
static uint32_t length_of(uint32_t number)
{
	return number * 2654435761u >> 24;
}

static void *produce(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint8_t *at;

		if (i % 5 == 0 && length_of(i) >= JF_BYTE_RING_HEAD) {
			uint64_t same[256 / 8];

			memset(same, (int)(i & 255), sizeof(same));
			while (!jf_byte_ring_write(&ring, i, same, (const uint8_t *)same,
			                           length_of(i) - JF_BYTE_RING_HEAD)) {
				jf_byte_ring_publish(&ring);
				sched_yield();
			}
			continue;
		}
		while (!(at = jf_byte_ring_reserve(&ring, length_of(i)))) {
			jf_byte_ring_publish(&ring);
			sched_yield();
		}
		memset(at, (int)(i & 255), length_of(i));
		jf_byte_ring_commit(&ring);
		if (i % 3 == 0)
			jf_byte_ring_publish(&ring);
	}
	jf_byte_ring_publish(&ring);
	return NULL;
}

/* Run a second time under ThreadSanitizer, as threads/engine/base/byte_ring. */
static void two_threads_agree_on_every_byte(void **state)
{
	pthread_t producer;
	uint32_t wrong = 0;

	(void)state;
	assert_int_equal(pthread_create(&producer, NULL, produce, NULL), 0);
	for (uint32_t i = 0; i < RECORDS;) {
		uint32_t length;
		const uint8_t *at = jf_byte_ring_peek(&ring, &length);

		if (!at) {
			sched_yield();
			continue;
		}
		wrong += length != length_of(i);
		for (uint32_t k = 0; k < length; k++)
			wrong += at[k] != (i & 255);
		jf_byte_ring_release(&ring);
		i++;
	}
	pthread_join(producer, NULL);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(records_come_out_as_they_went_in, fresh),
	        cmocka_unit_test_setup(a_reservation_given_up_leaves_nothing, fresh),
	        cmocka_unit_test_setup(a_full_ring_refuses_and_goes_on, fresh),
	        cmocka_unit_test_setup(the_longest_record_always_fits_an_empty_ring, fresh),
	        cmocka_unit_test_setup(whole_records_are_written_at_once, fresh),
	        cmocka_unit_test_setup(several_records_are_released_at_once, fresh),
	        cmocka_unit_test_setup(sizes_that_cannot_work_are_refused, fresh),
	        cmocka_unit_test_setup(two_threads_agree_on_every_byte, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
