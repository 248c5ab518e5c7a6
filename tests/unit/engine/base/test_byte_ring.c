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

static _Alignas(8) uint8_t bytes[SIZE];
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
	assert_int_equal(written, 9); /* of 112 bytes each */
	assert_false(write_one(100, 6));
	jf_byte_ring_publish(&ring);
	read_one(100, 5);
	read_one(100, 5);
	assert_true(write_one(100, 6));
	jf_byte_ring_publish(&ring);
	for (int i = 0; i < 7; i++)
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
	assert_int_equal(jf_byte_ring_init(&ring, bytes, 32), -EINVAL);
	assert_int_equal(jf_byte_ring_init(&ring, bytes, 1000), -EINVAL);
	assert_int_equal(jf_byte_ring_init(&ring, bytes + 1, 512), -EINVAL);
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

/* Built a second time under ThreadSanitizer, as engine/base/byte_ring_threads. */
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
	        cmocka_unit_test_setup(sizes_that_cannot_work_are_refused, fresh),
	        cmocka_unit_test_setup(two_threads_agree_on_every_byte, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
