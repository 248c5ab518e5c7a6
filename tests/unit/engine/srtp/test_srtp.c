// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a stream does with what is not in order, with other keys and other sources; each on both
 * backends, but where libsrtp2 is known to do otherwise.
 */
#include "srtp_lab.h"

#define SSRC 0x5501a0b2u

static const uint8_t key_1[JF_SRTP_KEY_MAX] = {1, 2, 3}, key_2[JF_SRTP_KEY_MAX] = {4, 5, 6};

/* One sender, one receiver, the network between them in hand. */
struct link {
	struct lab lab;
	uint32_t tx, rx;
};

static struct link make_link(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = {.lab = lab_make(backend, 8)};

	link.tx = lab_open(&link.lab, JF_SRTP_TX, suite, key_1);
	link.rx = lab_open(&link.lab, JF_SRTP_RX, suite, key_1);
	return link;
}

static uint16_t sent(struct link *link, uint32_t ssrc, uint16_t sequence, uint8_t *bytes)
{
	uint16_t length = lab_rtp(bytes, ssrc, sequence, 160, (uint8_t)sequence);

	assert_int_equal(lab_one(&link->lab, JF_SRTP_TX, link->tx, bytes, &length), JF_SRTP_OK);
	return length;
}

static enum jf_srtp_verdict arrives(struct link *link, const uint8_t *bytes, uint16_t length)
{
	uint8_t copy[LAB_ROOM];

	memcpy(copy, bytes, length);
	return lab_one(&link->lab, JF_SRTP_RX, link->rx, copy, &length);
}

static enum jf_srtp_verdict passes(struct link *link, uint32_t ssrc, uint16_t sequence)
{
	uint8_t bytes[LAB_ROOM];
	uint16_t length = sent(link, ssrc, sequence, bytes);

	return arrives(link, bytes, length);
}

typedef void (*check_fn)(enum jf_srtp_backend backend, enum jf_srtp_suite suite);

static void each_suite(enum jf_srtp_backend backend, check_fn check)
{
	for (enum jf_srtp_suite s = JF_SRTP_NONE + 1; s < JF_SRTP_SUITE_COUNT; s++)
		check(backend, s);
}

static void check_replay(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t first[LAB_ROOM], late[LAB_ROOM];
	uint16_t length = sent(&link, SSRC, 100, first), late_length = sent(&link, SSRC, 101, late);

	assert_int_equal(arrives(&link, first, length), JF_SRTP_OK);
	assert_int_equal(arrives(&link, first, length), JF_SRTP_REPLAY);
	for (uint16_t i = 102; i < 229; i++)
		assert_int_equal(passes(&link, SSRC, i), JF_SRTP_OK);
	/* 127 behind is in the window, once; 128 behind is too old to tell */
	assert_int_equal(arrives(&link, late, late_length), JF_SRTP_OK);
	assert_int_equal(arrives(&link, late, late_length), JF_SRTP_REPLAY);
	assert_int_equal(arrives(&link, first, length), JF_SRTP_REPLAY);
	lab_free(&link.lab);
}

static void replays_are_refused(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_replay);
	each_suite(JF_SRTP_LIBSRTP2, check_replay);
}

/* The same index for two packets would give away both: the second one isn't sent. */
static void check_index_twice(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t bytes[LAB_ROOM];
	uint16_t length = sent(&link, SSRC, 7, bytes);

	length = lab_rtp(bytes, SSRC, 7, 160, 0xaa);
	assert_int_equal(lab_one(&link.lab, JF_SRTP_TX, link.tx, bytes, &length), JF_SRTP_REPLAY);
	lab_free(&link.lab);
}

static void an_index_is_used_once(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_index_twice);
	each_suite(JF_SRTP_LIBSRTP2, check_index_twice);
}

/* A million packets that are not authentic, in every way, change nothing for the live stream. */
static void check_flood(enum jf_srtp_backend backend, enum jf_srtp_suite suite, uint32_t n)
{
	struct link link = make_link(backend, suite);
	uint8_t good[LAB_ROOM], bytes[64][LAB_ROOM];
	struct jf_srtp_packet burst[64];
	uint64_t random = suite;
	uint16_t sequence = 0xff00;
	uint16_t length = sent(&link, SSRC, sequence, good);

	assert_int_equal(arrives(&link, good, length), JF_SRTP_OK);
	for (uint32_t done = 0; done < n; done += 64) {
		for (uint32_t i = 0; i < 64; i++) {
			uint64_t r = lab_random(&random);

			memcpy(bytes[i], good, length);
			burst[i] = (struct jf_srtp_packet){
			        .bytes = bytes[i], .stream = link.rx, .length = length};
			if (r & 1) /* a wild number */
				memcpy(bytes[i] + 2, &random, 2);
			if (r & 2) /* another source */
				memcpy(bytes[i] + 8, &random, 4);
			if (r & 4) /* cut off */
				burst[i].length = (uint16_t)(r >> 16) % length;
			bytes[i][length - 1 - (r >> 8 & 3)] ^= 0x10; /* and never a good tag */
		}
		jf_srtp_unprotect_burst(link.lab.srtp, burst, 64);
		for (uint32_t i = 0; i < 64; i++)
			assert_int_not_equal(burst[i].verdict, JF_SRTP_OK);
		if (done % 4096 == 0)
			assert_int_equal(passes(&link, SSRC, ++sequence), JF_SRTP_OK);
	}
	assert_int_equal(arrives(&link, good, length), JF_SRTP_REPLAY);
	assert_int_equal(passes(&link, SSRC, ++sequence), JF_SRTP_OK);
	lab_free(&link.lab);
}

static void bad_packets_change_nothing(void **state)
{
	(void)state;
	for (enum jf_srtp_suite s = JF_SRTP_NONE + 1; s < JF_SRTP_SUITE_COUNT; s++) {
		check_flood(JF_SRTP_IPSEC_MB, s, 1000000 / (JF_SRTP_SUITE_COUNT - 1));
		check_flood(JF_SRTP_LIBSRTP2, s, 4096);
	}
}

/* Another SSRC begins at roll-over counter 0, and what the first one sent can't be played again. */
static void check_sources(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t old[LAB_ROOM];
	uint16_t length;

	/* the first one over a roll-over */
	for (uint32_t i = 0xfff0; i < 0x10010; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	length = sent(&link, SSRC, 0x10, old);
	assert_int_equal(arrives(&link, old, length), JF_SRTP_OK);
	for (uint32_t other = 1; other <= 3; other++)
		for (uint16_t i = 0; i < 200; i++)
			assert_int_equal(passes(&link, SSRC + other, i), JF_SRTP_OK);
	assert_int_equal(arrives(&link, old, length), JF_SRTP_REPLAY);
	assert_int_equal(passes(&link, SSRC + 3, 200), JF_SRTP_OK);
	/* and goes on where it was */
	assert_int_equal(passes(&link, SSRC, 0x11), JF_SRTP_OK);
	lab_free(&link.lab);
}

static void sources_are_apart(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_sources);
	each_suite(JF_SRTP_LIBSRTP2, check_sources);
}

static enum jf_srtp_suite another(enum jf_srtp_suite suite)
{
	return suite + 1 < JF_SRTP_SUITE_COUNT ? suite + 1 : JF_SRTP_NONE + 1;
}

/* New keys in the middle of a call: nothing that is under way is lost, the counter goes on. */
static void check_rekey(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t on_its_way[3][LAB_ROOM];
	uint16_t length[3];

	for (uint32_t i = 0xfff0; i < 0x10010; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	for (uint16_t i = 0; i < 3; i++)
		length[i] = sent(&link, SSRC, 0x10 + i, on_its_way[i]);
	assert_int_equal(jf_srtp_rekey(link.lab.srtp, link.rx, another(suite), key_2, 1000), 0);
	assert_int_equal(arrives(&link, on_its_way[0], length[0]), JF_SRTP_OK);
	assert_int_equal(arrives(&link, on_its_way[0], length[0]), JF_SRTP_REPLAY);
	assert_int_equal(jf_srtp_rekey(link.lab.srtp, link.tx, another(suite), key_2, 1000), 0);
	assert_int_equal(passes(&link, SSRC, 0x13), JF_SRTP_OK);
	assert_int_equal(arrives(&link, on_its_way[1], length[1]), JF_SRTP_OK);
	assert_int_equal(passes(&link, SSRC, 0x14), JF_SRTP_OK);
	jf_srtp_age(link.lab.srtp, 1000 + JF_SRTP_REKEY_GRACE_NS);
	assert_int_equal(arrives(&link, on_its_way[2], length[2]), JF_SRTP_AUTH);
	assert_int_equal(passes(&link, SSRC, 0x15), JF_SRTP_OK);
	lab_free(&link.lab);
}

static void rekeying_loses_nothing(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_rekey);
	each_suite(JF_SRTP_LIBSRTP2, check_rekey);
}

/* The same keys again, as every re-INVITE without new ones has: the context goes on. */
static void check_same_keys(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t bytes[LAB_ROOM];
	uint16_t length;

	for (uint32_t i = 0xfff0; i < 0x10010; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	length = sent(&link, SSRC, 0x10, bytes);
	assert_int_equal(arrives(&link, bytes, length), JF_SRTP_OK);
	assert_int_equal(jf_srtp_rekey(link.lab.srtp, link.rx, suite, key_1, 1000), 0);
	assert_int_equal(jf_srtp_rekey(link.lab.srtp, link.tx, suite, key_1, 1000), 0);
	assert_int_equal(arrives(&link, bytes, length), JF_SRTP_REPLAY);
	assert_int_equal(passes(&link, SSRC, 0x11), JF_SRTP_OK);
	lab_free(&link.lab);
}

static void the_same_keys_change_nothing(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_same_keys);
	each_suite(JF_SRTP_LIBSRTP2, check_same_keys);
}

/* A peer that takes new keys for a new context sends under roll-over counter 0. */
static void check_counter_anew(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);

	for (uint32_t i = 0xfff0; i < 0x10010; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	jf_srtp_close(link.lab.srtp, link.tx);
	link.tx = lab_open(&link.lab, JF_SRTP_TX, suite, key_2);
	assert_int_equal(jf_srtp_rekey(link.lab.srtp, link.rx, suite, key_2, 1000), 0);
	for (uint16_t i = 0x10; i < 0x200; i++)
		assert_int_equal(passes(&link, SSRC, i), JF_SRTP_OK);
	lab_free(&link.lab);
}

static void a_counter_that_begins_anew_is_understood(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_counter_anew);
}

/* Another receiver takes over past the first roll-over, and past the next one. */
static void check_takeover(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	struct jf_srtp_position position;
	uint8_t last[LAB_ROOM];
	uint16_t length;
	uint32_t fresh = lab_open(&link.lab, JF_SRTP_RX, suite, key_1);

	assert_false(jf_srtp_position_get(link.lab.srtp, link.rx, &position));
	for (uint32_t i = 0xfff0; i < 0x10010; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	length = sent(&link, SSRC, 0x10, last);
	assert_int_equal(arrives(&link, last, length), JF_SRTP_OK);
	assert_true(jf_srtp_position_get(link.lab.srtp, link.rx, &position));
	assert_int_equal(position.index, 0x10010);
	assert_int_equal(position.ssrc, SSRC);
	jf_srtp_close(link.lab.srtp, link.rx);
	link.rx = fresh;
	assert_int_equal(passes(&link, SSRC, 0x20), JF_SRTP_AUTH); /* not told */
	jf_srtp_close(link.lab.srtp, link.rx);
	link.rx = lab_open(&link.lab, JF_SRTP_RX, suite, key_1);
	assert_int_equal(jf_srtp_position_set(link.lab.srtp, link.rx, &position), 0);
	if (backend == JF_SRTP_IPSEC_MB) /* the other one's window begins anew */
		assert_int_equal(arrives(&link, last, length), JF_SRTP_REPLAY);
	for (uint32_t i = 0x21; i < 0x10100; i++)
		assert_int_equal(passes(&link, SSRC, (uint16_t)i), JF_SRTP_OK);
	assert_true(jf_srtp_position_get(link.lab.srtp, link.rx, &position));
	assert_int_equal(position.index, 0x200ff);
	/* another source is one from the beginning, as ever */
	assert_int_equal(passes(&link, SSRC + 1, 7), JF_SRTP_OK);
	position.index = UINT64_C(1) << 48;
	assert_int_equal(jf_srtp_position_set(link.lab.srtp, link.rx, &position), -EINVAL);
	lab_free(&link.lab);
}

static void another_receiver_takes_over(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_takeover);
	check_takeover(JF_SRTP_LIBSRTP2, JF_SRTP_AES_CM_128_HMAC_SHA1_80);
}

static void check_rtcp(enum jf_srtp_backend backend, enum jf_srtp_suite suite)
{
	struct link link = make_link(backend, suite);
	uint8_t first[64], second[64], copy[64];
	struct jf_srtp_packet packet = {.bytes = first, .stream = link.tx, .length = 28};

	memset(first, 0x81, sizeof(first));
	memset(second, 0x81, sizeof(second));
	assert_int_equal(jf_srtp_protect_rtcp(link.lab.srtp, &packet), JF_SRTP_OK);
	packet.bytes = second;
	packet.length = 28;
	assert_int_equal(jf_srtp_protect_rtcp(link.lab.srtp, &packet), JF_SRTP_OK);
	packet.stream = link.rx;
	for (uint32_t i = 0; i < 8; i++) {
		static const struct {
			bool second;
			uint16_t cut, flip;
			enum jf_srtp_verdict verdict;
		} arriving[8] = {
		        {.second = true, .flip = 9, .verdict = JF_SRTP_AUTH},
		        {.second = true, .flip = 2, .verdict = JF_SRTP_AUTH},
		        {.second = true, .verdict = JF_SRTP_OK},
		        {.second = true, .verdict = JF_SRTP_REPLAY},
		        {.verdict = JF_SRTP_OK},
		        {.verdict = JF_SRTP_REPLAY},
		        {.cut = 8, .verdict = JF_SRTP_MALFORMED},
		        {.cut = 20, .verdict = JF_SRTP_MALFORMED},
		};
		uint16_t whole = 28 + 4 + jf_srtp_suite_info(suite)->rtcp_tag;

		memcpy(copy, arriving[i].second ? second : first, sizeof(copy));
		copy[arriving[i].flip] ^= arriving[i].flip ? 1 : 0;
		packet.bytes = copy;
		packet.length = arriving[i].cut ? arriving[i].cut : whole;
		assert_int_equal(jf_srtp_unprotect_rtcp(link.lab.srtp, &packet),
		                 arriving[i].verdict);
		if (arriving[i].verdict == JF_SRTP_OK)
			assert_int_equal(packet.length, 28);
	}
	lab_free(&link.lab);
}

static void rtcp_in_and_out_of_order(void **state)
{
	(void)state;
	each_suite(JF_SRTP_IPSEC_MB, check_rtcp);
}

/* Streams are as many as was said, and come back; those for the grace of re-keying among them. */
static void streams_run_out_and_come_back(void **state)
{
	(void)state;
	for (enum jf_srtp_backend b = 0; b < JF_SRTP_BACKEND_COUNT; b++) {
		struct lab lab = lab_make(b, 3);
		uint32_t streams[3], none = 77;
		const enum jf_srtp_suite suite = JF_SRTP_AEAD_AES_256_GCM;

		for (uint32_t round = 0; round < 3; round++) {
			for (uint32_t i = 0; i < 3; i++)
				streams[i] = lab_open(&lab, JF_SRTP_RX, suite, key_1);
			assert_int_equal(jf_srtp_open(lab.srtp, JF_SRTP_RX, suite, key_1, &none),
			                 -ENOSPC);
			assert_int_equal(none, 77);
			for (uint32_t i = 0; i < 3; i++)
				jf_srtp_close(lab.srtp, streams[i]);
		}
		assert_int_equal(jf_srtp_open(lab.srtp, JF_SRTP_RX, JF_SRTP_NONE, key_1, &none),
		                 -EINVAL);
		assert_int_equal(
		        jf_srtp_open(lab.srtp, JF_SRTP_RX, JF_SRTP_SUITE_COUNT, key_1, &none),
		        -EINVAL);
		lab_free(&lab);
	}
}

/* Nothing of a key is left in the memory of streams that were closed or got other keys. */
static void keys_are_wiped(void **state)
{
	const size_t size = jf_srtp_memory_size(JF_SRTP_IPSEC_MB, 4);
	struct lab lab = lab_make(JF_SRTP_IPSEC_MB, 4);
	uint64_t random = 1;

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		enum jf_srtp_suite suite = 1 + i % (JF_SRTP_SUITE_COUNT - 1);
		uint8_t key[JF_SRTP_KEY_MAX];
		uint32_t rx;

		lab_fill(&random, key, sizeof(key));
		rx = lab_open(&lab, JF_SRTP_RX, suite, key);
		lab_fill(&random, key, sizeof(key));
		assert_int_equal(jf_srtp_rekey(lab.srtp, rx, another(suite), key, 0), 0);
		if (i % 2)
			jf_srtp_age(lab.srtp, JF_SRTP_REKEY_GRACE_NS);
		jf_srtp_close(lab.srtp, rx);
	}
	for (size_t i = 0, set = 0; i < size; i++) {
		set += ((const uint8_t *)lab.memory)[i] != 0;
		assert_true(set <= 4 * 8); /* the list of free ones */
	}
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(replays_are_refused),
	        cmocka_unit_test(an_index_is_used_once),
	        cmocka_unit_test(bad_packets_change_nothing),
	        cmocka_unit_test(sources_are_apart),
	        cmocka_unit_test(rekeying_loses_nothing),
	        cmocka_unit_test(the_same_keys_change_nothing),
	        cmocka_unit_test(a_counter_that_begins_anew_is_understood),
	        cmocka_unit_test(another_receiver_takes_over),
	        cmocka_unit_test(rtcp_in_and_out_of_order),
	        cmocka_unit_test(streams_run_out_and_come_back),
	        cmocka_unit_test(keys_are_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
