// SPDX-License-Identifier: BSD-3-Clause
#include "jf_path_lab.h"

#include <stdlib.h>
#include <string.h>
#include <rte_eal.h>
#include <rte_ip.h>
#include <rte_mempool.h>
#include <rte_udp.h>

#define MBUFS        1023
#define ENDPOINTS    24u
#define SRTP_STREAMS 12u
#define SRTP_ROOM    (32u * 1024)

static struct rte_mempool *pool;
static const uint8_t engine_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t phone_mac[6] = {2, 0, 0, 0, 0, 9};

/* ---- The resolver's fake ------------------------------------------------------------------- */

static struct jf_neigh_answer next_answer;
static bool has_answer;
static bool silent;

int jf_neigh_ask(struct jf_neigh *neigh, uint32_t worker, const struct jf_neigh_request *request)
{
	(void)neigh;
	assert_int_equal(worker, 0);
	if (request->remote.family == 0)
		return 0;
	next_answer = (struct jf_neigh_answer){.endpoint = request->endpoint,
	                                       .generation = request->generation,
	                                       .remote = request->remote,
	                                       .port = request->port};
	memcpy(next_answer.destination, phone_mac, 6);
	memcpy(next_answer.source, engine_mac, 6);
	has_answer = !silent;
	return 0;
}

uint32_t jf_neigh_take(struct jf_neigh *neigh, uint32_t worker, struct jf_neigh_answer *ret_answers,
                       uint32_t room)
{
	(void)neigh;
	(void)worker;
	if (!has_answer || room == 0)
		return 0;
	ret_answers[0] = next_answer;
	has_answer = false;
	return 1;
}

/* ---- Fixtures ------------------------------------------------------------------------------ */

int jf_lab_begin(void **state)
{
	char *args[] = {"test", "--no-huge",      "--no-pci", "--no-shconf", "-m",
	                "64",   "--no-telemetry", "-l",       "0",           "--log-level=error"};

	(void)state;
	if (rte_eal_init((int)RTE_DIM(args), args) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("lab", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
	                               SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

int jf_lab_end(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

int jf_lab_make(void **state)
{
	struct jf_contract_shape shape = {
	        .n_workers = 2,
	        .n_addresses = 3,
	        .endpoints_per_address = 8,
	        .n_recordings = 4,
	        .track_frames = 64,
	        .port_first = 10000,
	        .addresses = {{.ip = {10, 77, 0, 1}, .family = 4},
	                      {.ip = {10, 78, 0, 1}, .family = 4},
	                      {.ip = {0xfd, 0x77, [15] = 1}, .family = 6}},
	};
	struct jf_lab *lab = calloc(1, sizeof(*lab));
	uint64_t size;
	void *memory;

	assert_int_equal(jf_contract_size(&shape, &size), 0);
	memory = aligned_alloc(64, size);
	memset(memory, 0, size);
	assert_int_equal(jf_contract_create(memory, &shape, 1, 1, &lab->contract), 0);
	struct jf_endpoint *endpoints = aligned_alloc(64, ENDPOINTS * sizeof(*endpoints));
	memset(endpoints, 0, ENDPOINTS * sizeof(*endpoints));
	struct jf_party *parties = aligned_alloc(64, ENDPOINTS * sizeof(*parties));
	memset(parties, 0, ENDPOINTS * sizeof(*parties));
	assert_int_equal(jf_path_init(&lab->path, &lab->contract, 0, endpoints, parties), 0);
	lab->path.keys = calloc(ENDPOINTS, sizeof(*lab->path.keys));
	lab->srtp_memory = aligned_alloc(64, SRTP_ROOM);
	memset(lab->srtp_memory, 0, SRTP_ROOM);
	assert_true(jf_srtp_memory_size(JF_SRTP_IPSEC_MB, SRTP_STREAMS) <= SRTP_ROOM);
	assert_int_equal(
	        jf_srtp_create(JF_SRTP_IPSEC_MB, SRTP_STREAMS, lab->srtp_memory, &lab->path.srtp),
	        0);
	lab->sounds = calloc(1, sizeof(*lab->sounds));
	lab->path.sounds = lab->sounds;
	assert_int_equal(jf_tap_create(shape.n_recordings, 1 << 20, &lab->path.tap), 0);
	assert_int_equal(jf_transcoders_create(JF_LAB_TRANSCODERS, &lab->path.transcoders), 0);
	assert_int_equal(jf_mix_create(JF_LAB_MIX_INPUTS, &lab->path.mix), 0);
	const struct jf_digits_room room = {.ears = 3, .masks = 2, .diallers = 2};
	struct jf_digits *digits;
	assert_int_equal(jf_digits_create(&room, &digits), 0);
	jf_digits_attach(digits, &lab->path);
	lab->path.pool = pool;
	lab->path.n_out = 1;
	lab->path.out[0].port = &lab->port;
	lab->port.to_kernel = rte_ring_create("to_kernel", 32, SOCKET_ID_ANY, 0);
	lab->path.to_worker[1] = rte_ring_create("to_worker_1", 4, SOCKET_ID_ANY, 0);
	lab->path.now_ns = 1000 * JF_LAB_MS;
	lab->path.wheel_ms = 1000;
	lab->path.random = 42;
	has_answer = silent = false;
	*state = lab;
	return 0;
}

static void empty(struct rte_ring *ring)
{
	struct rte_mbuf *mbuf;

	while (rte_ring_dequeue(ring, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	rte_ring_free(ring);
}

int jf_lab_free(void **state)
{
	struct jf_lab *lab = *state;
	struct jf_sound *sound;

	while (jf_lab_sent(lab, NULL, NULL))
		;
	empty(lab->port.to_kernel);
	empty(lab->path.to_worker[1]);
	for (uint32_t i = 0; i < JF_CONTRACT_SOUNDS_MAX; i++) {
		sound = (void *)(uintptr_t)atomic_load(&lab->sounds->by_id[i]);
		if (sound)
			free((void *)(uintptr_t)sound->pcmu);
		free(sound);
	}
	jf_tap_destroy(lab->path.tap);
	jf_mix_destroy(lab->path.mix);
	jf_transcoders_destroy(lab->path.transcoders);
	jf_srtp_destroy(lab->path.srtp);
	free(lab->srtp_memory);
	free(lab->path.keys);
	jf_digits_destroy(lab->path.digits);
	free(lab->sounds);
	free(lab->path.endpoints);
	free(lab->path.parties);
	free(lab->contract.header);
	free(lab);
	/* Every packet went somewhere, once. */
	assert_int_equal(rte_mempool_avail_count(pool), MBUFS);
	return 0;
}

/* ---- Commands ------------------------------------------------------------------------------ */

int jf_lab_command(struct jf_lab *lab, struct jf_command command)
{
	struct jf_answer answer;

	silent = lab->neighbours_silent;
	command.request = ++lab->request;
	assert_int_equal(jf_contract_post(&lab->contract, 0, &command), 0);
	assert_int_equal(jf_command_poll(&lab->path, 8), 1);
	assert_int_equal(jf_contract_take_answer(&lab->contract, 0, &answer), 0);
	assert_int_equal(answer.request, command.request);
	assert_int_equal(answer.type, command.type);
	jf_command_neighbours(&lab->path);
	return answer.result;
}

int jf_lab_open(struct jf_lab *lab, uint32_t index)
{
	return jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_OPEN,
	                                               .endpoint = {index, 1},
	                                               .open = {.side = index & 1}});
}

struct jf_command jf_lab_remote_of(uint32_t index)
{
	return (struct jf_command){.type = JF_COMMAND_REMOTE,
	                           .endpoint = {index, 1},
	                           .remote = {.ip = {10, 77, 0, (uint8_t)(2 + index)},
	                                      .family = 4,
	                                      .direction = JF_DIRECTION_SEND | JF_DIRECTION_RECV,
	                                      .codec = JF_CODEC_PCMU,
	                                      .clock_hz = 8000,
	                                      .rtp_port = (uint16_t)(40000 + 2 * index),
	                                      .rtcp_port = (uint16_t)(40001 + 2 * index),
	                                      .rx_audio_type = 0,
	                                      .rx_event_type = 101,
	                                      .tx_audio_type = 0,
	                                      .tx_event_type = 101,
	                                      .ptime_ms = 20}};
}

int jf_lab_remote(struct jf_lab *lab, uint32_t index)
{
	return jf_lab_command(lab, jf_lab_remote_of(index));
}

int jf_lab_join(struct jf_lab *lab, uint32_t listener, uint32_t source)
{
	return jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_JOIN,
	                                               .endpoint = {listener, 1},
	                                               .join = {.source = {source, 1}}});
}

int jf_lab_play(struct jf_lab *lab, uint32_t index, uint32_t play_id, const uint16_t *sounds,
                uint8_t count, uint8_t flags)
{
	struct jf_command command = {
	        .type = JF_COMMAND_PLAY,
	        .endpoint = {index, 1},
	        .play = {.play_id = play_id, .sound_count = count, .flags = flags}};

	for (uint8_t i = 0; i < count; i++)
		command.play.sounds[i] = sounds[i];
	return jf_lab_command(lab, command);
}

int jf_lab_close(struct jf_lab *lab, uint32_t index)
{
	return jf_lab_command(
	        lab, (struct jf_command){.type = JF_COMMAND_CLOSE, .endpoint = {index, 1}});
}

void jf_lab_call(struct jf_lab *lab)
{
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(jf_lab_open(lab, i), 0);
		assert_int_equal(jf_lab_remote(lab, i), 0);
	}
	assert_int_equal(jf_lab_join(lab, 0, 1), 0);
	assert_int_equal(jf_lab_join(lab, 1, 0), 0);
}

/* ---- Frames -------------------------------------------------------------------------------- */

struct jf_lab_frame jf_lab_from(uint32_t index, uint16_t sequence, uint32_t timestamp)
{
	return (struct jf_lab_frame){
	        .source_ip = RTE_IPV4(10, 77, 0, 2 + index),
	        .target_ip = RTE_IPV4(10, 77, 0, 1),
	        .source_port = (uint16_t)(40000 + 2 * index),
	        .target_port = (uint16_t)(10000 + 2 * index),
	        .sequence = sequence,
	        .timestamp = timestamp,
	        .ssrc = 0xaa000000 + index,
	        .payload_length = JF_LAB_PAYLOAD,
	};
}

struct rte_mbuf *jf_lab_mbuf(const struct jf_lab_frame *frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint16_t udp_length = 8 + 12 + frame->payload_length;
	uint8_t *at = (uint8_t *)rte_pktmbuf_append(mbuf, 14 + 20 + udp_length);
	struct rte_ipv4_hdr *ip = (void *)(at + 14);
	struct rte_udp_hdr *udp = (void *)(at + 34);

	memcpy(at, engine_mac, 6);
	memcpy(at + 6, phone_mac, 6);
	at[12] = 0x08;
	at[13] = 0x00;
	*ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
	                            .total_length = rte_cpu_to_be_16(20 + udp_length),
	                            .time_to_live = 64,
	                            .next_proto_id = IPPROTO_UDP,
	                            .src_addr = rte_cpu_to_be_32(frame->source_ip),
	                            .dst_addr = rte_cpu_to_be_32(frame->target_ip)};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*udp = (struct rte_udp_hdr){.src_port = rte_cpu_to_be_16(frame->source_port),
	                            .dst_port = rte_cpu_to_be_16(frame->target_port),
	                            .dgram_len = rte_cpu_to_be_16(udp_length)};
	jf_rtp_write_header(at + 42, frame->payload_type, frame->marker, frame->sequence,
	                    frame->timestamp, frame->ssrc);
	for (uint16_t i = 0; i < frame->payload_length; i++)
		at[54 + i] = frame->payload ? frame->payload[i] : (uint8_t)(frame->sequence + i);
	return mbuf;
}

struct rte_mbuf *jf_lab_rtcp_mbuf(uint32_t from, const uint8_t *packet, uint16_t length)
{
	struct jf_lab_frame frame = jf_lab_from(from, 0, 0);
	struct rte_mbuf *mbuf;

	frame.source_port++;
	frame.target_port++;
	frame.payload_length = length - 12;
	mbuf = jf_lab_mbuf(&frame);
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *) + 42, packet, length);
	return mbuf;
}

void jf_lab_receive_mbuf(struct jf_lab *lab, struct rte_mbuf *mbuf)
{
	jf_path_run(&lab->path, &lab->port, &mbuf, 1);
}

void jf_lab_receive(struct jf_lab *lab, const struct jf_lab_frame *frame)
{
	jf_lab_receive_mbuf(lab, jf_lab_mbuf(frame));
}

static void read_frame(const uint8_t *at, uint16_t length, struct jf_lab_frame *ret)
{
	const struct rte_ipv4_hdr *ip = (const void *)(at + 14);
	const struct rte_udp_hdr *udp = (const void *)(at + 34);
	struct jf_rtp rtp = {0};

	assert_memory_equal(at, phone_mac, 6);
	assert_memory_equal(at + 6, engine_mac, 6);
	assert_int_equal(rte_be_to_cpu_16(ip->total_length), length - 14);
	assert_int_equal(rte_be_to_cpu_16(udp->dgram_len), length - 34);
	struct rte_ipv4_hdr copy = *ip;
	copy.hdr_checksum = 0;
	assert_int_equal(ip->hdr_checksum, rte_ipv4_cksum(&copy));
	*ret = (struct jf_lab_frame){.source_ip = rte_be_to_cpu_32(ip->src_addr),
	                             .target_ip = rte_be_to_cpu_32(ip->dst_addr),
	                             .source_port = rte_be_to_cpu_16(udp->src_port),
	                             .target_port = rte_be_to_cpu_16(udp->dst_port),
	                             .payload_length = length - 42};
	if (ret->target_port & 1) /* RTCP: all of it */
		return;
	assert_int_equal(jf_rtp_parse(at + 42, length - 42, &rtp), 0);
	ret->payload_type = rtp.payload_type;
	ret->marker = rtp.marker;
	ret->sequence = rtp.sequence;
	ret->timestamp = rtp.timestamp;
	ret->ssrc = rtp.ssrc;
	ret->payload_length = rtp.payload_length;
}

bool jf_lab_sent(struct jf_lab *lab, struct jf_lab_frame *ret_frame, uint8_t *ret_payload)
{
	struct jf_out *out = &lab->path.out[0];
	struct rte_mbuf *mbuf;

	if (out->n == 0)
		return false;
	mbuf = out->mbufs[0];
	if (ret_frame) {
		const uint8_t *at = rte_pktmbuf_mtod(mbuf, const uint8_t *);

		assert_int_equal(mbuf->data_len, mbuf->pkt_len);
		read_frame(at, mbuf->data_len, ret_frame);
		if (ret_payload)
			memcpy(ret_payload, at + mbuf->data_len - ret_frame->payload_length,
			       ret_frame->payload_length);
	}
	rte_pktmbuf_free(mbuf);
	out->n--;
	memmove(out->mbufs, out->mbufs + 1, out->n * sizeof(out->mbufs[0]));
	return true;
}

struct jf_slot_rx jf_lab_rx(const struct jf_lab *lab, uint32_t index)
{
	struct jf_slot_rx rx;

	jf_contract_read_rx(&lab->contract.slots[index], &rx);
	return rx;
}

struct jf_slot_tx jf_lab_tx(const struct jf_lab *lab, uint32_t index)
{
	struct jf_slot_tx tx;

	jf_contract_read_tx(&lab->contract, index, &tx);
	return tx;
}

uint32_t jf_lab_stream_drops(const struct jf_lab *lab, uint32_t index, enum jf_drop reason)
{
	uint32_t drops[JF_DROP_COUNT];

	jf_contract_read_drops(&lab->contract.slots[index], drops);
	return drops[reason];
}

uint64_t jf_lab_drops(const struct jf_lab *lab, enum jf_drop reason)
{
	return lab->contract.workers[0].drops[reason];
}

uint64_t jf_lab_all_drops(const struct jf_lab *lab)
{
	uint64_t all = 0;

	for (int i = 0; i < JF_DROP_COUNT; i++)
		all += lab->contract.workers[0].drops[i];
	return all;
}

void jf_lab_sound(struct jf_lab *lab, uint16_t id, uint32_t packets, uint8_t first)
{
	struct jf_sound *sound = calloc(1, sizeof(*sound));
	uint8_t *codes = malloc(packets * JF_SOUND_PACKET_SAMPLES);

	for (uint32_t i = 0; i < packets; i++)
		memset(codes + i * JF_SOUND_PACKET_SAMPLES, (uint8_t)(first + i),
		       JF_SOUND_PACKET_SAMPLES);
	*sound = (struct jf_sound){.samples = packets * JF_SOUND_PACKET_SAMPLES,
	                           .packets = packets,
	                           .pcmu = codes,
	                           .pcma = codes,
	                           .g722 = codes};
	atomic_store(&lab->sounds->by_id[id], sound);
}

void jf_lab_discard_output(struct jf_lab *lab)
{
	struct rte_mbuf *mbuf;

	while (lab->path.out[0].n)
		rte_pktmbuf_free(lab->path.out[0].mbufs[--lab->path.out[0].n]);
	while (rte_ring_dequeue(lab->port.to_kernel, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
	while (rte_ring_dequeue(lab->path.to_worker[1], (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
}

const uint8_t jf_lab_empty_report[24] = {0x80, 201, 0, 1, 1, 2, 3,   4,   0x81, 202, 0, 3,
                                         1,    2,   3, 4, 1, 4, 'n', 'a', 'm',  'e', 0, 0};

void jf_lab_receive_mutated(struct jf_lab *lab, struct rte_mbuf *mbuf, uint32_t headers,
                            uint32_t carried, uint32_t span)
{
	for (int changes = rand() % 4; changes > 0; changes--) {
		uint8_t *at = rte_pktmbuf_mtod(mbuf, uint8_t *);

		at[(rand() & 1 ? headers : carried) + (uint32_t)rand() % span] = (uint8_t)rand();
	}
	if (rand() % 4 == 0)
		rte_pktmbuf_trim(mbuf, (uint16_t)rand() % (rte_pktmbuf_data_len(mbuf) + 1));
	jf_lab_receive_mbuf(lab, mbuf);
	lab->path.now_ns += 5 * JF_LAB_MS;
	jf_lab_discard_output(lab);
}

uint64_t jf_lab_accounted(const struct jf_lab *lab)
{
	const struct jf_worker_counters *counters = &lab->contract.workers[0];

	return jf_lab_all_drops(lab) + counters->relayed_rtp + counters->rtcp_received +
	       counters->to_kernel + counters->handed_over;
}
