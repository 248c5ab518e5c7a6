// SPDX-License-Identifier: BSD-3-Clause
/* Digest headers read, and the arithmetic against the examples of RFC 7616 3.9.1 and RFC 2617. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_digest.h"

#define MINUTE_NS UINT64_C(60000000000)

static void check_example(enum jf_digest_algorithm algorithm, const char *realm,
                          const char *password, struct jf_digest_answer answer)
{
	char response[JF_DIGEST_HEX_MAX];
	uint8_t ha1[JF_DIGEST_HA1_MAX];

	answer.algorithm = algorithm;
	answer.qop = JF_SLICE("auth");
	answer.nc = JF_SLICE("00000001");
	assert_int_equal(jf_digest_ha1_make(algorithm, "Mufasa", realm, password, ha1), 0);
	assert_int_equal(jf_digest_response_make(&answer, JF_SLICE("GET"), ha1, response), 0);
	assert_true(jf_slice_is(answer.response, response));
	assert_true(jf_digest_proven(&answer, JF_SLICE("GET"), ha1));
	assert_false(jf_digest_proven(&answer, JF_SLICE("PUT"), ha1));
	ha1[0] ^= 1;
	assert_false(jf_digest_proven(&answer, JF_SLICE("GET"), ha1));
	answer.response.length--;
	assert_false(jf_digest_proven(&answer, JF_SLICE("GET"), ha1));
}

static void examples_of_the_standards_come_out(void **state)
{
	static const char nonce[] = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
	static const char cnonce[] = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
	struct jf_digest_answer answer = {.nonce = JF_SLICE(nonce),
	                                  .cnonce = JF_SLICE(cnonce),
	                                  .uri = JF_SLICE("/dir/index.html")};

	(void)state;
	answer.response = JF_SLICE("8ca523f5e9506fed4657c9700eebdbec");
	check_example(JF_DIGEST_MD5, "http-auth@example.org", "Circle of Life", answer);
	answer.response =
	        JF_SLICE("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
	check_example(JF_DIGEST_SHA256, "http-auth@example.org", "Circle of Life", answer);
	answer.nonce = JF_SLICE("dcd98b7102dd2f0e8b11d0f600bfb0c093");
	answer.cnonce = JF_SLICE("0a4f113b");
	answer.response = JF_SLICE("6629fae49393a05397450978507c4ef1");
	check_example(JF_DIGEST_MD5, "testrealm@host.com", "Circle Of Life", answer);
	answer.algorithm = JF_DIGEST_UNKNOWN;
	assert_false(jf_digest_proven(&answer, JF_SLICE("GET"), (uint8_t[32]){0}));
}

static void challenges_are_read(void **state)
{
	struct jf_digest_challenge c;

	(void)state;
	assert_int_equal(jf_digest_challenge_read(
	                         JF_SLICE(" digest realm = \"a \\\" b\" ,nonce=\"n\",\r\n , "
	                                  "algorithm=sha-256, stale=TRUE, qop=\"auth-int, auth\", "
	                                  "charset=UTF-8"),
	                         &c),
	                 0);
	assert_true(jf_slice_is(c.realm, "a \\\" b"));
	assert_true(jf_slice_is(c.nonce, "n"));
	assert_int_equal(c.algorithm, JF_DIGEST_SHA256);
	assert_true(c.stale && c.has_qop && c.qop_auth);
	assert_null(c.opaque.at);
	assert_int_equal(jf_digest_challenge_read(
	                         JF_SLICE("Digest realm=\"\",nonce=n,qop=\"auth-int\""), &c),
	                 0);
	assert_true(c.has_qop && !c.qop_auth);
	assert_int_equal(c.algorithm, JF_DIGEST_MD5);
	assert_int_equal(
	        jf_digest_challenge_read(JF_SLICE("Digest realm=r,nonce=n,algorithm=MD5-sess"), &c),
	        0);
	assert_int_equal(c.algorithm, JF_DIGEST_UNKNOWN);
	assert_int_equal(jf_digest_challenge_read(JF_SLICE("Basic realm=\"r\""), &c), -ENOTSUP);
}

static void broken_headers_are_refused(void **state)
{
	static const char *const broken[] = {
	        "",
	        "Digest",
	        "Digest ",
	        "Digest realm",
	        "Digest realm=\"r",
	        "Digest realm=\"r\\",
	        "Digest realm=\"r\"",
	        "Digest nonce=\"n\"",
	        "Digest realm=\"r\" nonce=\"n\"",
	        "Digest realm=\"r\", nonce=\"\"",
	        "Digest realm=\"r\", nonce=\"n\", realm=\"other\"",
	        "Digest realm=\"r\x01\", nonce=\"n\"",
	        "Digest realm=, nonce=\"n\"",
	        "Digest =x, realm=\"r\", nonce=\"n\"",
	        "Digest realm=\"r\", nonce=\"n\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,",
	};
	struct jf_digest_challenge c;
	struct jf_digest_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_int_equal(jf_digest_challenge_read(jf_slice_of(broken[i]), &c), -EBADMSG);
	assert_int_equal(jf_digest_answer_read(JF_SLICE("Digest username=\"u\",realm=\"r\",nonce=n,"
	                                                "uri=\"sip:h\""),
	                                       &a),
	                 -EBADMSG); /* no response */
	assert_int_equal(jf_digest_answer_read(JF_SLICE("Digest username=\"u\",realm=\"r\",nonce=n,"
	                                                "uri=\"sip:h\",response=\"0\""),
	                                       &a),
	                 0);
}

static void nonces_know_their_time_and_address(void **state)
{
	static const uint8_t here[16] = {10, 0, 0, 1}, there[16] = {10, 0, 0, 2};
	struct jf_digest_nonces ours, others;
	char nonce[JF_DIGEST_NONCE_MAX], again[JF_DIGEST_NONCE_MAX];
	uint64_t now_ns = MINUTE_NS, made_ns;

	(void)state;
	jf_digest_nonces_init(&ours);
	jf_digest_nonces_init(&others);
	jf_digest_nonce_make(&ours, now_ns, here, nonce);
	jf_digest_nonce_make(&ours, now_ns, here, again);
	assert_string_not_equal(nonce, again);
	assert_true(jf_digest_nonce_read(&ours, jf_slice_of(nonce), now_ns, here, &made_ns));
	assert_int_equal(made_ns, now_ns);
	assert_true(jf_digest_nonce_read(&ours, jf_slice_of(nonce),
	                                 now_ns + JF_DIGEST_NONCE_LIFE_NS, here, &made_ns));
	assert_false(jf_digest_nonce_read(&ours, jf_slice_of(nonce),
	                                  now_ns + JF_DIGEST_NONCE_LIFE_NS + 1, here, &made_ns));
	assert_false(jf_digest_nonce_read(&ours, jf_slice_of(nonce), now_ns, there, &made_ns));
	assert_false(jf_digest_nonce_read(&others, jf_slice_of(nonce), now_ns, here, &made_ns));
	nonce[3] ^= 1;
	assert_false(jf_digest_nonce_read(&ours, jf_slice_of(nonce), now_ns, here, &made_ns));
	assert_false(jf_digest_nonce_read(&ours, JF_SLICE("0123"), now_ns, here, &made_ns));
}

static void counters_rise_and_old_nonces_do_not_come_back(void **state)
{
	struct jf_digest_memory memory = {0};

	(void)state;
	assert_true(jf_digest_count(&memory, 100, 1));
	assert_false(jf_digest_count(&memory, 100, 1));
	assert_true(jf_digest_count(&memory, 100, 3));
	assert_false(jf_digest_count(&memory, 100, 2));
	for (uint64_t i = 0; i < JF_DIGEST_NONCES; i++) /* the last pushes the first out */
		assert_true(jf_digest_count(&memory, 200 + i, 1));
	assert_false(jf_digest_count(&memory, 100, 9));
	assert_false(jf_digest_count(&memory, 99, 1));
	assert_true(jf_digest_count(&memory, 200, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(examples_of_the_standards_come_out),
	        cmocka_unit_test(challenges_are_read),
	        cmocka_unit_test(broken_headers_are_refused),
	        cmocka_unit_test(nonces_know_their_time_and_address),
	        cmocka_unit_test(counters_rise_and_old_nonces_do_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
