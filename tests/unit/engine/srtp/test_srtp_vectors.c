// SPDX-License-Identifier: BSD-3-Clause
/*
 * The RFCs' own numbers: RFC 3711 appendix B, RFC 6188 section 7, RFC 7714 sections 16 and 17.
 * Those that begin at session keys are put below the key derivation.
 */
#include "srtp_lab.h"

#include "jf_srtp_mb_priv.h"

static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	lab = lab_make(JF_SRTP_IPSEC_MB, 4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_free(&lab);
	return 0;
}

static void assert_hex(const uint8_t *bytes, size_t length, const char *expected)
{
	uint8_t want[512];

	assert_int_equal(length, lab_hex(expected, want));
	assert_memory_equal(bytes, want, length);
}

/* Key stream of counter mode from a salt, SSRC and index 0. */
static void check_key_stream(enum jf_srtp_suite suite, const char *key_text, const char *expected)
{
	_Alignas(16) uint8_t round_keys[ROUND_KEYS_MAX];
	uint8_t key[32], salt[16] = {0}, iv[16], bytes[48] = {0};

	lab_hex(key_text, key);
	lab_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd", salt);
	mb_round_keys(mb_of(lab.srtp), suite, key, round_keys);
	_mm_storeu_si128((__m128i *)iv, cm_iv(salt, 0, 0));
	mb_cipher(mb_of(lab.srtp), is_256(suite), round_keys, iv, bytes, sizeof(bytes));
	assert_hex(bytes, sizeof(bytes), expected);
}

static void key_stream(void **state)
{
	(void)state;
	check_key_stream(JF_SRTP_AES_CM_128_HMAC_SHA1_80, "2b7e151628aed2a6abf7158809cf4f3c",
	                 "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
	                 "41e95b3bb0a2e8dd477901e4fca894c0");
	check_key_stream(JF_SRTP_AES_256_CM_HMAC_SHA1_80,
	                 "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
	                 "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac"
	                 "63c4868b7096d88421b563b8c94c9a31");
}

/* RFC 3711 appendix B.2 goes on to the last block but one of the segment. */
static void key_stream_of_a_segment(void **state)
{
	_Alignas(16) uint8_t round_keys[ROUND_KEYS_MAX];
	uint8_t key[32], salt[16] = {0}, iv[16];
	uint32_t length = 65282 * 16;
	uint8_t *bytes = calloc(1, length);

	(void)state;
	assert_non_null(bytes);
	lab_hex("2b7e151628aed2a6abf7158809cf4f3c", key);
	lab_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd", salt);
	mb_round_keys(mb_of(lab.srtp), JF_SRTP_AES_CM_128_HMAC_SHA1_80, key, round_keys);
	_mm_storeu_si128((__m128i *)iv, cm_iv(salt, 0, 0));
	mb_cipher(mb_of(lab.srtp), false, round_keys, iv, bytes, length);
	assert_hex(bytes + length - 48, 48,
	           "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
	           "6a2cc3787889374fbeb4c81b17ba6c44");
	free(bytes);
}

static void derivation(void **state)
{
	struct session_keys keys;
	uint8_t master[JF_SRTP_KEY_MAX];

	(void)state;
	lab_hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6", master);
	mb_derive(mb_of(lab.srtp), JF_SRTP_AES_CM_128_HMAC_SHA1_80, master, false, &keys);
	assert_hex(keys.key, 16, "c61e7a93744f39ee10734afe3ff7a087");
	assert_hex(keys.salt, 14, "30cbbc08863d8c85d49db34a9ae1");
	assert_hex(keys.auth, 20, "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
	lab_hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"
	        "3b04803de51ee7c96423ab5b78d2",
	        master);
	mb_derive(mb_of(lab.srtp), JF_SRTP_AES_256_CM_HMAC_SHA1_80, master, false, &keys);
	assert_hex(keys.key, 32,
	           "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
	assert_hex(keys.salt, 14, "fa31791685ca444a9e07c6c64e93");
	assert_hex(keys.auth, 20, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

struct vector {
	enum jf_srtp_suite suite;
	const char *master; /* NULL: session keys 00 01 02 ..., salt "Quid pro quo" */
	const char *plain;
	const char *protected;
};

/* The same packet there and back. */
static void check_packet(const struct vector *vector)
{
	uint8_t key[JF_SRTP_KEY_MAX] = {0}, bytes[256], plain[256];
	uint16_t length = lab_hex(vector->plain, bytes),
	         plain_length = lab_hex(vector->plain, plain);
	uint32_t tx, rx;

	if (vector->master)
		lab_hex(vector->master, key);
	tx = lab_open(&lab, JF_SRTP_TX, vector->suite, key);
	rx = lab_open(&lab, JF_SRTP_RX, vector->suite, key);
	if (!vector->master) {
		struct session_keys keys = {0};

		for (uint8_t i = 0; i < 32; i++)
			keys.key[i] = i;
		memcpy(keys.salt, "Quid pro quo", 12);
		mb_stream_keys(mb_of(lab.srtp), tx, vector->suite, &keys);
		mb_stream_keys(mb_of(lab.srtp), rx, vector->suite, &keys);
	}
	assert_int_equal(lab_one(&lab, JF_SRTP_TX, tx, bytes, &length), JF_SRTP_OK);
	assert_hex(bytes, length, vector->protected);
	assert_int_equal(lab_one(&lab, JF_SRTP_RX, rx, bytes, &length), JF_SRTP_OK);
	assert_int_equal(length, plain_length);
	assert_memory_equal(bytes, plain, length);
	jf_srtp_close(lab.srtp, tx);
	jf_srtp_close(lab.srtp, rx);
}

#define GALLIA                                                                                     \
	"8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e6973206469766973"                     \
	"6120696e207061727465732074726573"
#define DECAF "800f1234decafbadcafebabeabababababababababababababababab"

static void packets(void **state)
{
	static const struct vector vectors[] = {
	        {JF_SRTP_AEAD_AES_128_GCM, NULL, GALLIA,
	         "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd5"
	         "0d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee439"
	         "0cce"},
	        {JF_SRTP_AEAD_AES_256_GCM, NULL, GALLIA,
	         "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab1801238"
	         "9a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a7"
	         "6c13"},
	        /* the packets of libsrtp2's own test */
	        {JF_SRTP_AES_CM_128_HMAC_SHA1_80,
	         "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6", DECAF,
	         "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc"
	         "99ea179b8dbb"},
	        {JF_SRTP_AES_256_CM_HMAC_SHA1_80,
	         "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"
	         "3b04803de51ee7c96423ab5b78d2",
	         DECAF,
	         "800f1234decafbadcafebabef1d9de17ff251ff1aa007774b0b4b40da08d9d9a"
	         "5b3a55d8873b"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_packet(&vectors[i]);
}

#define MARS                                                                                       \
	"81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"                         \
	"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef"

/* RFC 7714 section 17: index 5d4. */
static void check_rtcp(enum jf_srtp_suite suite, const char *expected)
{
	static const uint8_t key[JF_SRTP_KEY_MAX];
	uint8_t bytes[256], plain[256];
	uint16_t plain_length = lab_hex(MARS, plain);
	struct jf_srtp_packet packet = {.bytes = bytes};
	uint32_t streams[2];

	for (uint32_t i = 0; i < 2; i++) {
		struct session_keys *keys;

		streams[i] = lab_open(&lab, i ? JF_SRTP_RX : JF_SRTP_TX, suite, key);
		keys = &mb_of(lab.srtp)->cold[streams[i]].rtcp_keys;
		for (uint8_t b = 0; b < 32; b++)
			keys->key[b] = b;
		memcpy(keys->salt, "Quid pro quo", 12);
	}
	for (uint32_t i = 1; i <= 0x5d4; i++) {
		memcpy(bytes, plain, plain_length);
		packet.stream = streams[0];
		packet.length = plain_length;
		assert_int_equal(jf_srtp_protect_rtcp(lab.srtp, &packet), JF_SRTP_OK);
	}
	assert_hex(bytes, packet.length, expected);
	packet.stream = streams[1];
	assert_int_equal(jf_srtp_unprotect_rtcp(lab.srtp, &packet), JF_SRTP_OK);
	assert_int_equal(packet.length, plain_length);
	assert_memory_equal(bytes, plain, plain_length);
	jf_srtp_close(lab.srtp, streams[0]);
	jf_srtp_close(lab.srtp, streams[1]);
}

static void rtcp_packets(void **state)
{
	(void)state;
	check_rtcp(JF_SRTP_AEAD_AES_128_GCM,
	           "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d"
	           "c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf872"
	           "45d9eade800005d4");
	check_rtcp(JF_SRTP_AEAD_AES_256_GCM,
	           "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50"
	           "a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6c"
	           "b26ac3be800005d4");
}

/* RFC 7714 section 17.3: authentic, but in plain, which SDES did not agree on. */
static void unencrypted_rtcp_is_refused(void **state)
{
	static const uint8_t key[JF_SRTP_KEY_MAX];
	uint8_t bytes[256];
	uint32_t rx = lab_open(&lab, JF_SRTP_RX, JF_SRTP_AEAD_AES_128_GCM, key);
	struct jf_srtp_packet packet = {.bytes = bytes, .stream = rx};

	(void)state;
	packet.length = lab_hex(MARS "841dd9683dd78ec92ae58790125f62b3000005d4", bytes);
	assert_int_equal(jf_srtp_unprotect_rtcp(lab.srtp, &packet), JF_SRTP_AUTH);
	jf_srtp_close(lab.srtp, rx);
}

/* Packets of all lengths side by side, wide and by jobs: the same octets, and they open again. */
static void wide_is_as_jobs(void **state)
{
	enum { N = 48 };
	static uint8_t bytes[2][N][LAB_ROOM];
	struct lab labs[2] = {lab_make(JF_SRTP_IPSEC_MB, 2 * N), lab_make(JF_SRTP_IPSEC_MB, 2 * N)};
	uint32_t tx[N], rx[N];
	uint64_t random = 7;

	(void)state;
	mb_of(labs[1].srtp)->wide = false; /* with the first one: whatever the processor has */
	for (uint32_t i = 0; i < N; i++) {
		enum jf_srtp_suite suite = 1 + i % (JF_SRTP_SUITE_COUNT - 1);
		uint8_t key[JF_SRTP_KEY_MAX];

		lab_fill(&random, key, sizeof(key));
		for (uint32_t l = 0; l < 2; l++) {
			tx[i] = lab_open(&labs[l], JF_SRTP_TX, suite, key);
			rx[i] = lab_open(&labs[l], JF_SRTP_RX, suite, key);
		}
	}
	for (uint16_t round = 0; round < 300; round++) {
		struct jf_srtp_packet packets[2][N];
		uint32_t n = 1 + round % N;

		for (uint32_t i = 0; i < n; i++) {
			uint16_t payload = round < 250 ? (uint16_t)((round + i) % 256)
			                               : (uint16_t)(lab_random(&random) % 1500);
			uint16_t length = lab_rtp(bytes[0][i], i, round, payload, (uint8_t)i);

			memcpy(bytes[1][i], bytes[0][i], length);
			for (uint32_t l = 0; l < 2; l++)
				packets[l][i] = (struct jf_srtp_packet){
				        .bytes = bytes[l][i], .stream = tx[i], .length = length};
		}
		for (uint32_t l = 0; l < 2; l++)
			jf_srtp_protect_burst(labs[l].srtp, packets[l], n);
		for (uint32_t i = 0; i < n; i++) {
			assert_int_equal(packets[0][i].verdict, JF_SRTP_OK);
			assert_int_equal(packets[0][i].length, packets[1][i].length);
			assert_memory_equal(bytes[0][i], bytes[1][i], packets[0][i].length);
			packets[0][i].stream = packets[1][i].stream = rx[i];
		}
		bytes[0][n - 1][packets[0][n - 1].length - 1] ^= 1;
		bytes[1][n - 1][packets[1][n - 1].length - 1] ^= 1;
		for (uint32_t l = 0; l < 2; l++)
			jf_srtp_unprotect_burst(labs[l].srtp, packets[l], n);
		for (uint32_t i = 0; i < n; i++) {
			uint8_t must = i == n - 1 ? JF_SRTP_AUTH : JF_SRTP_OK;

			assert_int_equal(packets[0][i].verdict, must);
			assert_int_equal(packets[1][i].verdict, must);
			if (i < n - 1)
				assert_memory_equal(bytes[0][i], bytes[1][i], packets[0][i].length);
		}
	}
	lab_free(&labs[0]);
	lab_free(&labs[1]);
}

/* One bit anywhere, from the header to the tag, and the packet is refused and left as it came. */
static void every_octet_is_authentic(void **state)
{
	static const uint16_t payloads[] = {0, 1, 15, 16, 17, 80, 159, 160, 161, 240};
	static const uint8_t key[JF_SRTP_KEY_MAX] = {1};
	uint8_t room[LAB_ROOM], before[LAB_ROOM], *bytes = room + 256;
	uint16_t sequence = 0;

	(void)state;
	for (uint32_t i = 0; i < 2 * sizeof(payloads) / sizeof(*payloads); i++) {
		enum jf_srtp_suite suite =
		        i % 2 ? JF_SRTP_AEAD_AES_128_GCM : JF_SRTP_AEAD_AES_256_GCM;
		uint32_t tx = lab_open(&lab, JF_SRTP_TX, suite, key);
		uint32_t rx = lab_open(&lab, JF_SRTP_RX, suite, key);
		struct jf_srtp_packet packet = {.bytes = bytes, .stream = tx};
		uint16_t plain;

		memset(room, 0xa5, sizeof(room));
		packet.length = plain = lab_rtp(bytes, 1, ++sequence, payloads[i / 2], 0x55);
		memcpy(before, room, sizeof(room));
		jf_srtp_protect_burst(lab.srtp, &packet, 1);
		assert_int_equal(packet.verdict, JF_SRTP_OK);
		assert_memory_equal(room, before, 256 + 12);
		assert_memory_equal(bytes + packet.length, before + 256 + packet.length,
		                    LAB_ROOM - 256u - packet.length);
		packet.stream = rx;
		for (uint16_t at = 0; at < packet.length; at++) {
			bytes[at] ^= 0x10;
			memcpy(before, room, sizeof(room));
			jf_srtp_unprotect_burst(lab.srtp, &packet, 1);
			assert_int_not_equal(packet.verdict, JF_SRTP_OK);
			assert_memory_equal(room, before, sizeof(room));
			bytes[at] ^= 0x10;
		}
		memcpy(before, room, sizeof(room));
		jf_srtp_unprotect_burst(lab.srtp, &packet, 1);
		assert_int_equal(packet.verdict, JF_SRTP_OK);
		assert_int_equal(packet.length, plain);
		memset(before + 256 + 12, 0x55, payloads[i / 2]);
		assert_memory_equal(room, before, sizeof(room));
		jf_srtp_close(lab.srtp, tx);
		jf_srtp_close(lab.srtp, rx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(key_stream),      cmocka_unit_test(key_stream_of_a_segment),
	        cmocka_unit_test(derivation),      cmocka_unit_test(packets),
	        cmocka_unit_test(rtcp_packets),    cmocka_unit_test(unencrypted_rtcp_is_refused),
	        cmocka_unit_test(wide_is_as_jobs), cmocka_unit_test(every_octet_is_authentic),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
