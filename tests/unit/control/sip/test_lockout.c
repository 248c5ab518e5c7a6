// SPDX-License-Identifier: BSD-3-Clause
/* Who has guessed wrong too often, and whom that does not keep out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jf_lockout.h"

#define SECOND UINT64_C(1000000000)

static struct jf_lockouts *lockouts;
static uint64_t now_ns;

static int setup(void **state)
{
	static const uint64_t seed[2] = {1, 2};

	(void)state;
	now_ns = 1000 * SECOND;
	return jf_lockouts_create(seed, &lockouts);
}

static int teardown(void **state)
{
	(void)state;
	jf_lockouts_destroy(lockouts);
	return 0;
}

static struct jf_lockout_who who(const char *account, uint8_t last, bool home)
{
	return (struct jf_lockout_who){
	        .family = 4, .ip = {10, 0, 0, last}, .account = account, .home = home};
}

static uint32_t left(struct jf_lockout_who w)
{
	return jf_lockout_left_s(lockouts, &w, now_ns);
}

static bool wrong(struct jf_lockout_who w)
{
	return jf_lockout_wrong(lockouts, &w, now_ns);
}

static void pauses_grow_to_a_quarter_of_an_hour_and_are_forgotten(void **state)
{
	uint32_t before = 0;

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		assert_false(wrong(who("1001", 1, false)));
	assert_int_equal(left(who("1001", 1, false)), 0);
	for (unsigned i = 0; i < 12; i++) {
		uint32_t pause;

		assert_true(wrong(who("1001", 1, false)));
		pause = left(who("1001", 1, false));
		assert_true(pause == 900 || pause == (before ? 2 * before : 1));
		before = pause;
		now_ns += pause * SECOND;
		assert_int_equal(left(who("1001", 1, false)), 0);
	}
	assert_int_equal(before, 900);
	now_ns += 3601 * SECOND;
	assert_false(wrong(who("1001", 1, false)));
}

static void guesses_from_elsewhere_keep_no_registered_phone_out(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++)
		wrong(who("1001", (uint8_t)i, false));
	assert_true(left(who("1001", 99, false)) > 0); /* the account */
	assert_int_equal(left(who("1001", 7, true)), 0);
	/* a neighbour's phone with the wrong password, behind the same address */
	for (unsigned i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "20%02u", i);
		wrong(who(name, 8, false));
	}
	assert_true(left(who("1002", 8, false)) > 0); /* the address */
	assert_int_equal(left(who("1002", 8, true)), 0);
	/* but whoever guesses the password of a phone at home, at its home, is stopped too */
	for (unsigned i = 0; i < 11; i++)
		wrong(who("1002", 8, true));
	assert_true(left(who("1002", 8, true)) > 0);
	assert_int_equal(left(who("1003", 8, true)), 0);
}

static void addresses_of_ipv6_count_by_their_network(void **state)
{
	struct jf_lockout_who w = {.family = 6, .ip = {0x20, 1, 0xd, 0xb8}, .account = "x"};

	(void)state;
	for (unsigned i = 0; i < 25; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		w.account = name;
		w.ip[15] = (uint8_t)i;
		wrong(w);
	}
	w.account = "fresh";
	w.ip[12] = 77;
	assert_true(left(w) > 0);
	w.ip[7] = 1;
	assert_int_equal(left(w), 0);
}

static void they_are_listed_and_cleared(void **state)
{
	struct jf_lockout one;
	uint32_t cursor = 0;
	unsigned kinds[JF_LOCKOUT_KINDS] = {0};

	(void)state;
	for (unsigned i = 0; i < 25; i++)
		wrong(who("1001", 1, false));
	while (jf_lockout_next(lockouts, &cursor, now_ns, &one)) {
		kinds[one.kind]++;
		assert_int_equal(one.wrong, 25);
		assert_true(one.until_ns > now_ns);
		assert_string_equal(one.account, one.kind == JF_LOCKOUT_SOURCE ? "" : "1001");
	}
	assert_int_equal(kinds[JF_LOCKOUT_SOURCE], 1);
	assert_int_equal(kinds[JF_LOCKOUT_ACCOUNT], 1);
	assert_int_equal(jf_lockout_count(lockouts, now_ns), 2);
	assert_int_equal(jf_lockout_clear(lockouts, "1001", 0, NULL), 1);
	assert_true(left(who("1001", 1, false)) > 0);
	assert_int_equal(jf_lockout_clear(lockouts, NULL, 4, (const uint8_t[16]){10, 0, 0, 1}), 1);
	assert_int_equal(left(who("1001", 1, false)), 0);
	assert_int_equal(jf_lockout_count(lockouts, now_ns), 0);
}

static void a_flood_of_names_fills_no_memory(void **state)
{
	struct jf_lockout one;
	uint32_t cursor = 0, count = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct jf_lockout_who w = {.family = 4, .account = ""};
		char name[16];

		snprintf(name, sizeof(name), "a%u", i);
		memcpy(w.ip, &i, sizeof(i));
		w.account = name;
		now_ns += SECOND / 1000;
		wrong(w);
	}
	while (jf_lockout_next(lockouts, &cursor, now_ns, &one))
		count++;
	assert_true(count <= JF_LOCKOUT_KINDS * JF_LOCKOUT_ENTRIES);
	assert_true(count > JF_LOCKOUT_ENTRIES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(pauses_grow_to_a_quarter_of_an_hour_and_are_forgotten),
	        TEST(guesses_from_elsewhere_keep_no_registered_phone_out),
	        TEST(addresses_of_ipv6_count_by_their_network),
	        TEST(they_are_listed_and_cleared),
	        TEST(a_flood_of_names_fills_no_memory),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
