// SPDX-License-Identifier: BSD-3-Clause
/* Conferences of parties with SRTP keys and without. */
#include "jf_srtp_phone.h"

#include <string.h>
#include <rte_ip.h>

#include "jf_g711.h"
#include "jf_pcm.h"

#define TALKERS 3u

/* Each talker says a level of its own all the time; what is heard is their sum. */
static const int16_t levels[TALKERS] = {1000, 2000, 4000};

static void talk(struct jf_lab *lab, const struct jf_srtp_phone *phone, uint32_t index,
                 uint16_t sequence)
{
	struct jf_lab_frame frame = jf_lab_from(index, sequence, sequence * 160u);
	int16_t samples[JF_LAB_PAYLOAD];
	uint8_t octets[JF_LAB_PAYLOAD];

	for (uint32_t i = 0; i < JF_LAB_PAYLOAD; i++)
		samples[i] = levels[index];
	jf_g711_encode_block(JF_LAW_PCMU, samples, JF_LAB_PAYLOAD, octets);
	frame.payload = octets;
	jf_lab_receive_mbuf(lab, phone ? jf_srtp_phone_mbuf(phone, &frame) : jf_lab_mbuf(&frame));
}

static int16_t level_of(const uint8_t *payload, uint16_t length)
{
	int16_t samples[JF_LAB_PAYLOAD];

	assert_int_equal(length, JF_LAB_PAYLOAD);
	jf_g711_decode_block(JF_LAW_PCMU, payload, length, samples);
	return samples[length - 1];
}

/* Whom the packet is for that was sent first. */
static uint32_t next_listener(const struct jf_lab *lab)
{
	uint16_t port_be;

	memcpy(&port_be, rte_pktmbuf_mtod_offset(lab->path.out[0].mbufs[0], uint8_t *, 36), 2);
	return (uint32_t)(rte_be_to_cpu_16(port_be) - 40000) / 2;
}

/* Takes that packet: how loud it is in the end. */
static void hear(struct jf_lab *lab, const struct jf_srtp_phone *phone, int16_t *ret_level)
{
	uint8_t packet[2048];
	struct jf_lab_frame frame;
	uint16_t length;

	if (phone && jf_srtp_phone_hears(lab, phone, packet, &length))
		*ret_level = level_of(packet + 12, length - 12);
	else if (!phone && jf_lab_sent(lab, &frame, packet))
		*ret_level = level_of(packet, frame.payload_length);
}

static void hears_the_others(struct jf_lab *lab, uint32_t index)
{
	struct jf_command mix = {
	        .type = JF_COMMAND_MIX, .endpoint = {index, 1}, .mix = {.mix_id = 1}};

	for (uint32_t other = 0; other < TALKERS; other++)
		if (other != index)
			mix.mix.sources[mix.mix.count++] = (struct jf_endpoint_ref){other, 1};
	assert_int_equal(jf_lab_command(lab, mix), 0);
}

/* Two with keys of different suites and one in plain: each hears the other two, and not itself. */
static void a_conference_of_legs_with_keys_and_without(void **state)
{
	struct jf_command keys[2] = {jf_srtp_phone_keys(0, JF_SRTP_AEAD_AES_128_GCM, 1),
	                             jf_srtp_phone_keys(1, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 2)};
	struct jf_srtp_phone phone[2], *phones_of[TALKERS] = {&phone[0], &phone[1], NULL};
	int16_t heard[TALKERS] = {0};
	LAB(state);

	jf_pcm_init();
	for (uint32_t i = 0; i < TALKERS; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		if (phones_of[i]) {
			phone[i] = jf_srtp_phone_make(&keys[i]);
			assert_int_equal(jf_lab_command(lab, keys[i]), 0);
		}
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	for (uint32_t i = 0; i < TALKERS; i++)
		hears_the_others(lab, i);
	for (uint32_t ms = 0; ms < 1000; ms++) {
		lab->path.now_ns += JF_LAB_MS;
		if (ms % 20 < TALKERS)
			talk(lab, phones_of[ms % 20], ms % 20, (uint16_t)(ms / 20));
		jf_path_mix_out(&lab->path);
		jf_path_protect(&lab->path);
		while (lab->path.out[0].n) {
			uint32_t to = next_listener(lab);

			hear(lab, phones_of[to], &heard[to]);
		}
	}
	for (uint32_t i = 0; i < TALKERS; i++)
		assert_in_range(heard[i], (7000 - levels[i]) * 95 / 100,
		                (7000 - levels[i]) * 105 / 100);
	assert_int_equal(jf_lab_all_drops(lab), 0);
	jf_srtp_phone_forget(&phone[0]);
	jf_srtp_phone_forget(&phone[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_conference_of_legs_with_keys_and_without,
	                                        jf_lab_make, jf_lab_free),
	};

	return cmocka_run_group_tests(tests, jf_srtp_phones_begin, jf_srtp_phones_end);
}
