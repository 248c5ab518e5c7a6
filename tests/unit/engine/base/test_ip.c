// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ip.h"

static struct jf_ip ip_of(const char *text)
{
	struct jf_ip ip = {0};
	const char *end = NULL;

	assert_int_equal(jf_ip_parse(text, &ip, &end), 0);
	assert_string_equal(end, "");
	return ip;
}

static void addresses_are_read_and_written(void **state)
{
	static const char *const same[] = {
	        "10.77.0.1", "255.255.255.255", "0.0.0.0", "::",          "::1",
	        "fe80::1",   "2001:db8::",      "1::8",    "1:0:0:2::8",  "2001:db8:0:1:1:1:1:1",
	        "ff02::1",   "1:2:3:4:5:6:7:8", "0:1::",   "2001:db8::a", "0:2:3:4:5:6:7:8",
	};
	char text[JF_IP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct jf_ip ip = ip_of(same[i]);

		assert_string_equal(jf_ip_text(&ip, text), same[i]);
	}
	assert_string_equal(jf_ip_text(&(struct jf_ip){0}, text), "-");
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "10.77.0",
	        "10.77.0.256",
	        "1.2.3.4567",
	        "10..1.1",
	        ":",
	        ":::",
	        "1:2",
	        "1::2::3",
	        "1:2:3:4:5:6:7:8:9",
	        "12345::1",
	        "1:2:3:4:5:6:7:",
	        ":1::",
	        "g::1",
	        "1:2:3:4:5:6:7:8::",
	};
	const char *end;
	struct jf_ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int result = jf_ip_parse(bad[i], &ip, &end);

		if (result == 0 && *end == '\0')
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void what_follows_is_left(void **state)
{
	const char *end;
	struct jf_ip ip;

	(void)state;
	assert_int_equal(jf_ip_parse("10.77.0.1/16", &ip, &end), 0);
	assert_string_equal(end, "/16");
	assert_int_equal(jf_ip_parse("2001:db8::1/64", &ip, &end), 0);
	assert_string_equal(end, "/64");
	assert_int_equal(jf_ip_parse("::/0", &ip, &end), 0);
	assert_string_equal(end, "/0");
}

/* The C library's is the oracle, both ways, for addresses with many zeros. */
static void random_addresses_agree_with_the_c_library(void **state)
{
	(void)state;
	srand(1);
	for (int n = 0; n < 20000; n++) {
		char theirs[INET6_ADDRSTRLEN], ours[JF_IP_TEXT];
		struct jf_ip ip = {.family = 6}, back;
		const char *end;

		for (int i = 0; i < 16; i++)
			if (rand() % 3 == 0)
				ip.bytes[i] = (uint8_t)rand();
		inet_ntop(AF_INET6, ip.bytes, theirs, sizeof(theirs));
		jf_ip_text(&ip, ours);
		if (!strchr(theirs, '.')) /* we write no dotted decimal in IPv6 */
			assert_string_equal(ours, theirs);
		assert_int_equal(jf_ip_parse(ours, &back, &end), 0);
		assert_true(jf_ip_equal(&ip, &back));
	}
}

static void hosts_are_told_from_what_is_none(void **state)
{
	static const char *const hosts[] = {"10.0.0.1", "192.0.2.255", "2001:db8::1", "fe80::1",
	                                    "fd00::1"};
	static const char *const others[] = {"0.0.0.0",         "127.0.0.1", "224.0.0.1",
	                                     "255.255.255.255", "::",        "::1",
	                                     "ff02::1",         "::a00:1",   "::ffff:a00:1"};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct jf_ip ip = ip_of(hosts[i]);

		assert_true(jf_ip_is_host(&ip));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct jf_ip ip = ip_of(others[i]);

		assert_false(jf_ip_is_host(&ip));
	}
	assert_false(jf_ip_is_host(&(struct jf_ip){0}));
}

static void common_bits_are_counted(void **state)
{
	struct jf_ip a = ip_of("10.77.0.1"), b = ip_of("10.77.128.1"), c = ip_of("2001:db8::1"),
	             d = ip_of("2001:db8::3");

	(void)state;
	assert_int_equal(jf_ip_common_bits(&a, &b), 16);
	assert_int_equal(jf_ip_common_bits(&a, &a), 32);
	assert_int_equal(jf_ip_common_bits(&c, &d), 126);
	assert_int_equal(jf_ip_common_bits(&c, &c), 128);
	assert_int_equal(jf_ip_common_bits(&a, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(addresses_are_read_and_written),
	        cmocka_unit_test(what_is_no_address_is_refused),
	        cmocka_unit_test(what_follows_is_left),
	        cmocka_unit_test(random_addresses_agree_with_the_c_library),
	        cmocka_unit_test(hosts_are_told_from_what_is_none),
	        cmocka_unit_test(common_bits_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
