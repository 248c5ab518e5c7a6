// SPDX-License-Identifier: BSD-3-Clause
/* The policy of media against what parties describe: the whole matrix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "jf_call_policy.h"

#define PREFERRED JF_DIRECTORY_SRTP_PREFERRED
#define REQUIRED  JF_DIRECTORY_SRTP_REQUIRED
#define OFF       JF_DIRECTORY_SRTP_OFF

static struct jf_call_policy policy_of(enum jf_directory_srtp srtp, bool keys)
{
	return (struct jf_call_policy){.media = {.srtp = (uint8_t)srtp}, .keys = keys};
}

static void offers_of_srtp_are_answered_by_policy(void **state)
{
	static const struct {
		enum jf_directory_srtp srtp;
		bool keys;
		uint8_t savp, crypto;
		int result;
	} rows[] = {
	        /* over TLS */
	        {PREFERRED, true, 1, 1, JF_CALL_SECURE},
	        {PREFERRED, true, 0, 1, JF_CALL_SECURE},
	        {PREFERRED, true, 0, 0, JF_CALL_PLAIN},
	        {REQUIRED, true, 1, 1, JF_CALL_SECURE},
	        {REQUIRED, true, 0, 1, JF_CALL_SECURE},
	        {REQUIRED, true, 0, 0, -ENOTSUP},
	        {OFF, true, 1, 1, -ENOTSUP},
	        {OFF, true, 0, 1, JF_CALL_PLAIN},
	        {OFF, true, 0, 0, JF_CALL_PLAIN},
	        /* where anybody may listen */
	        {PREFERRED, false, 1, 1, -ENOTSUP},
	        {PREFERRED, false, 0, 1, JF_CALL_PLAIN},
	        {PREFERRED, false, 0, 0, JF_CALL_PLAIN},
	        {REQUIRED, false, 1, 1, -ENOTSUP},
	        {REQUIRED, false, 0, 1, -ENOTSUP},
	        {REQUIRED, false, 0, 0, -ENOTSUP},
	        {OFF, false, 1, 1, -ENOTSUP},
	        {OFF, false, 0, 1, JF_CALL_PLAIN},
	        {OFF, false, 0, 0, JF_CALL_PLAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct jf_call_policy policy = policy_of(rows[i].srtp, rows[i].keys);
		const char *why = NULL;
		int result = jf_call_policy_answer(&policy, rows[i].savp, rows[i].crypto, &why);

		if (result != rows[i].result || (result < 0 && !why))
			fail_msg("row %zu: %d", i, result);
	}
}

static void what_agents_are_offered(void **state)
{
	static const struct {
		enum jf_directory_srtp srtp;
		bool keys;
		int result;
		bool falls_back;
	} rows[] = {
	        {PREFERRED, true, JF_CALL_SECURE, true}, {PREFERRED, false, JF_CALL_PLAIN, true},
	        {REQUIRED, true, JF_CALL_SECURE, false}, {REQUIRED, false, -EACCES, false},
	        {OFF, true, JF_CALL_PLAIN, false},       {OFF, false, JF_CALL_PLAIN, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct jf_call_policy policy = policy_of(rows[i].srtp, rows[i].keys);

		assert_int_equal(jf_call_policy_offer(&policy), rows[i].result);
		assert_int_equal(jf_call_policy_falls_back(&policy, 488), rows[i].falls_back);
		assert_false(jf_call_policy_falls_back(&policy, 486));
	}
}

static struct jf_media_desc offer_of(const uint8_t *codecs, uint8_t count)
{
	struct jf_media_desc offer = {.codec_count = count};

	for (uint8_t i = 0; i < count; i++)
		offer.codecs[i] = (struct jf_sdp_codec){.codec = codecs[i], .payload_type = i};
	return offer;
}

static void codecs_are_chosen_by_policy(void **state)
{
	static const uint8_t all[] = {JF_CODEC_OTHER, JF_CODEC_G722, JF_CODEC_PCMA, JF_CODEC_PCMU};
	static const uint8_t opaque[] = {JF_CODEC_OTHER};
	struct jf_call_policy any = policy_of(OFF, false), some = any;
	struct jf_media_desc offer = offer_of(all, 4), present = offer_of(&all[3], 1);
	const char *why = NULL;

	(void)state;
	/* As the peer likes, but rather what can be decoded. */
	assert_int_equal(jf_call_policy_codec(&any, &offer, NULL, &why), 1);
	/* What is in use stays. */
	assert_int_equal(jf_call_policy_codec(&any, &offer, &present, &why), 3);
	some.media.n_codecs = 2;
	some.media.codecs[0] = JF_CODEC_PCMU;
	some.media.codecs[1] = JF_CODEC_PCMA;
	assert_int_equal(jf_call_policy_codec(&some, &offer, NULL, &why), 3);
	offer = offer_of(all, 3);
	assert_int_equal(jf_call_policy_codec(&some, &offer, NULL, &why), 2);
	offer = offer_of(all, 2);
	assert_int_equal(jf_call_policy_codec(&some, &offer, NULL, &why), -ENOTSUP);
	assert_non_null(why);
	offer = offer_of(opaque, 1);
	assert_int_equal(jf_call_policy_codec(&any, &offer, NULL, &why), 0);
	assert_int_equal(jf_call_policy_codec(&some, &offer, NULL, &why), -ENOTSUP);
}

static void the_callers_codec_is_offered_first_where_it_may_be(void **state)
{
	struct jf_call_policy any = policy_of(OFF, false), wide = any;
	uint8_t codecs[3];

	(void)state;
	assert_int_equal(jf_call_policy_codecs(&any, JF_CODEC_PCMA, codecs), 3);
	assert_int_equal(codecs[0], JF_CODEC_PCMA);
	assert_int_equal(codecs[1], JF_CODEC_PCMU);
	assert_int_equal(codecs[2], JF_CODEC_G722);
	wide.media.n_codecs = 1;
	wide.media.codecs[0] = JF_CODEC_G722;
	assert_int_equal(jf_call_policy_codecs(&wide, JF_CODEC_PCMA, codecs), 1);
	assert_int_equal(codecs[0], JF_CODEC_G722);
}

static void key_presses_take_the_form_that_was_agreed(void **state)
{
	static const struct {
		enum jf_directory_digits digits;
		bool events, sound, negotiated;
		enum jf_media_digit_form form;
	} rows[] = {
	        {JF_DIRECTORY_DIGITS_AUTO, true, true, true, JF_MEDIA_DIGITS_EVENT},
	        {JF_DIRECTORY_DIGITS_AUTO, false, true, true, JF_MEDIA_DIGITS_INBAND},
	        {JF_DIRECTORY_DIGITS_AUTO, false, false, true, JF_MEDIA_DIGITS_NONE},
	        {JF_DIRECTORY_DIGITS_EVENT, true, true, true, JF_MEDIA_DIGITS_EVENT},
	        {JF_DIRECTORY_DIGITS_EVENT, false, true, true, JF_MEDIA_DIGITS_NONE},
	        {JF_DIRECTORY_DIGITS_INBAND, false, true, false, JF_MEDIA_DIGITS_INBAND},
	        {JF_DIRECTORY_DIGITS_INBAND, false, false, false, JF_MEDIA_DIGITS_NONE},
	        {JF_DIRECTORY_DIGITS_INFO, false, true, false, JF_MEDIA_DIGITS_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct jf_call_policy policy = {.media = {.digits = (uint8_t)rows[i].digits}};

		assert_int_equal(jf_call_policy_events(&policy), rows[i].negotiated);
		assert_int_equal(jf_call_policy_digits(&policy, rows[i].events, rows[i].sound),
		                 rows[i].form);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(offers_of_srtp_are_answered_by_policy),
	        cmocka_unit_test(what_agents_are_offered),
	        cmocka_unit_test(codecs_are_chosen_by_policy),
	        cmocka_unit_test(the_callers_codec_is_offered_first_where_it_may_be),
	        cmocka_unit_test(key_presses_take_the_form_that_was_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
