// SPDX-License-Identifier: BSD-3-Clause
/* Our answers to challenges such as those of RFC 7616 section 3.9.1, checked as a server does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_credentials.h"

#define REALM "http-auth@example.org"
#define NONCE "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"

static const char md5[] =
        "Digest realm=\"" REALM "\", qop=\"auth, auth-int\", algorithm=MD5, "
        "nonce=\"" NONCE "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
static const char sha256[] = "Digest realm=\"" REALM "\", qop=\"auth\", algorithm=SHA-256, "
                             "nonce=\"" NONCE "\"";
static const char integrity[] =
        "Digest realm=\"" REALM "\", qop=\"auth-int\", algorithm=MD5, nonce=\"n\"";
static const char old[] = "Digest realm=\"" REALM "\", nonce=\"n\", stale=true";
static const char foreign[] = "Digest realm=\"elsewhere\", nonce=\"n\"";

static struct jf_trunk_credentials mufasa(void)
{
	struct jf_trunk_credentials c = {
	        .user = "Mufasa", .realm = REALM, .has_md5 = true, .has_sha256 = true};
	uint8_t ha1[JF_DIGEST_HA1_MAX];

	assert_int_equal(jf_digest_ha1_make(JF_DIGEST_MD5, c.user, c.realm, "Circle of Life", ha1),
	                 0);
	memcpy(c.md5, ha1, sizeof(c.md5));
	assert_int_equal(
	        jf_digest_ha1_make(JF_DIGEST_SHA256, c.user, c.realm, "Circle of Life", ha1), 0);
	memcpy(c.sha256, ha1, sizeof(c.sha256));
	return c;
}

static int answer(const struct jf_trunk_credentials *c, const char *first, const char *second,
                  char ret_line[JF_CREDENTIALS_LINE_MAX])
{
	struct jf_slice list[] = {jf_slice_of(first), jf_slice_of(second)};
	struct jf_credentials_request request = {
	        .method = "REGISTER", .uri = "sip:carrier.example", .random = 0x1234};
	bool stale = false;

	return jf_credentials_answer(c, list, second ? 2 : 1, &request, ret_line, &stale);
}

/* What the other side makes of it, with the same HA1. */
static bool is_right(const char *line, const uint8_t *ha1, struct jf_digest_answer *ret_answer)
{
	const char *value = strchr(line, ':') + 2;
	struct jf_slice slice = {value, strcspn(value, "\r\n")};

	assert_int_equal(jf_digest_answer_read(slice, ret_answer), 0);
	return jf_digest_proven(ret_answer, JF_SLICE("REGISTER"), ha1);
}

static void the_strongest_is_answered_and_right(void **state)
{
	struct jf_trunk_credentials c = mufasa();
	char line[JF_CREDENTIALS_LINE_MAX];
	struct jf_digest_answer a;

	(void)state;
	assert_int_equal(answer(&c, md5, sha256, line), 0);
	assert_int_equal(strncmp(line, "Authorization: Digest ", 22), 0);
	assert_true(is_right(line, c.sha256, &a));
	assert_int_equal(a.algorithm, JF_DIGEST_SHA256);
	assert_true(jf_slice_is(a.nc, "00000001"));
	c.has_sha256 = false;
	assert_int_equal(answer(&c, sha256, md5, line), 0);
	assert_true(is_right(line, c.md5, &a));
	assert_int_equal(a.algorithm, JF_DIGEST_MD5);
	assert_true(jf_slice_is(a.opaque, "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"));
	assert_true(jf_slice_is(a.qop, "auth"));
}

static void what_we_do_not_do_is_not_answered(void **state)
{
	struct jf_trunk_credentials c = mufasa();
	char line[JF_CREDENTIALS_LINE_MAX];

	(void)state;
	assert_int_equal(answer(&c, integrity, NULL, line), -ENOTSUP);
	assert_int_equal(answer(&c, integrity, sha256, line), 0);
	assert_int_equal(answer(&c, foreign, NULL, line), -EACCES);
	assert_int_equal(answer(&c, foreign, md5, line), 0);
	assert_int_equal(answer(&c, "Basic realm=\"" REALM "\"", NULL, line), -EACCES);
	assert_int_equal(answer(&c, "nonsense", NULL, line), -EACCES);
	c.has_md5 = false;
	assert_int_equal(answer(&c, md5, NULL, line), -ENOTSUP);
}

static void an_old_nonce_is_told_from_a_wrong_password(void **state)
{
	struct jf_trunk_credentials c = mufasa();
	struct jf_slice list[] = {jf_slice_of(old)};
	struct jf_credentials_request request = {
	        .method = "INVITE", .uri = "sip:x", .proxy = true, .random = 1};
	char line[JF_CREDENTIALS_LINE_MAX];
	bool stale = false;

	(void)state;
	assert_int_equal(jf_credentials_answer(&c, list, 1, &request, line, &stale), 0);
	assert_true(stale);
	assert_int_equal(strncmp(line, "Proxy-Authorization: Digest ", 28), 0);
	assert_null(strstr(line, "qop")); /* none was offered: RFC 2069 */
}

static void a_challenge_that_is_too_long_is_not_copied(void **state)
{
	struct jf_trunk_credentials c = mufasa();
	char line[JF_CREDENTIALS_LINE_MAX], challenge[2048], nonce[1500];

	(void)state;
	memset(nonce, 'n', sizeof(nonce) - 1);
	nonce[sizeof(nonce) - 1] = '\0';
	snprintf(challenge, sizeof(challenge), "Digest realm=\"" REALM "\", nonce=\"%s\"", nonce);
	assert_int_equal(answer(&c, challenge, NULL, line), -ENOTSUP);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_strongest_is_answered_and_right),
	        cmocka_unit_test(what_we_do_not_do_is_not_answered),
	        cmocka_unit_test(an_old_nonce_is_told_from_a_wrong_password),
	        cmocka_unit_test(a_challenge_that_is_too_long_is_not_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
