// SPDX-License-Identifier: BSD-3-Clause
#include "jf_srtp_phone.h"

#include <stdlib.h>
#include <string.h>
#include <rte_ip.h>

#define PHONE_STREAMS 64u

struct jf_srtp *jf_srtp_phones;
static void *memory;

int jf_srtp_phones_begin(void **state)
{
	memory = calloc(1, jf_srtp_memory_size(JF_SRTP_LIBSRTP2, PHONE_STREAMS));
	assert_non_null(memory);
	assert_int_equal(jf_srtp_create(JF_SRTP_LIBSRTP2, PHONE_STREAMS, memory, &jf_srtp_phones),
	                 0);
	return jf_lab_begin(state);
}

int jf_srtp_phones_end(void **state)
{
	jf_srtp_destroy(jf_srtp_phones);
	free(memory);
	return jf_lab_end(state);
}

struct jf_command jf_srtp_phone_keys(uint32_t index, enum jf_srtp_suite suite, uint8_t seed)
{
	struct jf_command command = {.type = JF_COMMAND_KEYS,
	                             .endpoint = {index, 1},
	                             .keys = {.suite = suite, .keys_id = seed}};

	for (uint32_t i = 0; i < JF_SRTP_KEY_MAX; i++) {
		command.keys.rx[i] = (uint8_t)(seed + 3 * i);
		command.keys.tx[i] = (uint8_t)(seed + 5 * i + 1);
	}
	return command;
}

struct jf_srtp_phone jf_srtp_phone_make(const struct jf_command *keys)
{
	struct jf_srtp_phone phone = {.index = keys->endpoint.index};

	assert_int_equal(jf_srtp_open(jf_srtp_phones, JF_SRTP_TX, keys->keys.suite, keys->keys.rx,
	                              &phone.tx),
	                 0);
	assert_int_equal(jf_srtp_open(jf_srtp_phones, JF_SRTP_RX, keys->keys.suite, keys->keys.tx,
	                              &phone.rx),
	                 0);
	return phone;
}

void jf_srtp_phone_forget(const struct jf_srtp_phone *phone)
{
	jf_srtp_close(jf_srtp_phones, phone->tx);
	jf_srtp_close(jf_srtp_phones, phone->rx);
}

void jf_srtp_phone_length(struct rte_mbuf *mbuf, uint16_t length)
{
	uint8_t *at = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t ip_be = rte_cpu_to_be_16(28 + length), udp_be = rte_cpu_to_be_16(8 + length);

	mbuf->data_len = 42 + length;
	mbuf->pkt_len = mbuf->data_len;
	memcpy(at + 16, &ip_be, 2);
	memcpy(at + 38, &udp_be, 2);
}

struct rte_mbuf *jf_srtp_phone_mbuf(const struct jf_srtp_phone *phone,
                                    const struct jf_lab_frame *frame)
{
	struct rte_mbuf *mbuf = jf_lab_mbuf(frame);
	struct jf_srtp_packet packet = {.bytes = rte_pktmbuf_mtod(mbuf, uint8_t *) + 42,
	                                .stream = phone->tx,
	                                .length = 12 + frame->payload_length};

	jf_srtp_protect_burst(jf_srtp_phones, &packet, 1);
	assert_int_equal(packet.verdict, JF_SRTP_OK);
	jf_srtp_phone_length(mbuf, packet.length);
	return mbuf;
}

bool jf_srtp_phone_hears(struct jf_lab *lab, const struct jf_srtp_phone *phone, uint8_t *ret_packet,
                         uint16_t *ret_length)
{
	struct jf_out *out = &lab->path.out[0];
	struct rte_mbuf *mbuf;
	struct jf_srtp_packet packet = {.bytes = ret_packet, .stream = phone->rx};

	jf_path_protect(&lab->path);
	if (out->n == 0)
		return false;
	mbuf = out->mbufs[0];
	packet.length = mbuf->data_len - 42;
	assert_int_equal(rte_be_to_cpu_16(*rte_pktmbuf_mtod_offset(mbuf, uint16_t *, 38)),
	                 8 + packet.length);
	memcpy(ret_packet, rte_pktmbuf_mtod(mbuf, uint8_t *) + 42, packet.length);
	rte_pktmbuf_free(mbuf);
	out->n--;
	memmove(out->mbufs, out->mbufs + 1, out->n * sizeof(out->mbufs[0]));
	if (ret_packet[1] >= 200 && ret_packet[1] <= 207)
		jf_srtp_unprotect_rtcp(jf_srtp_phones, &packet);
	else
		jf_srtp_unprotect_burst(jf_srtp_phones, &packet, 1);
	assert_int_equal(packet.verdict, JF_SRTP_OK);
	*ret_length = packet.length;
	return true;
}
