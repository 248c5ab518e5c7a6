// SPDX-License-Identifier: BSD-3-Clause
#include "jf_bench_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_random.h>

#include "jf_bench_plan.h"
#include "jf_time.h"

#define POOL_FRAMES   32767u
#define POOL_CACHE    512u
#define DESCRIPTORS   256u
#define HANDOVER_RING 1024u
#define TRACK_FRAMES  128u
#define TAP_BYTES     (64u << 20)

/* ---- The resolver: every party is behind the plan's gateway ---------------------------------- */

static struct jf_neigh_answer next_answer;
static bool has_answer;

int jf_neigh_ask(struct jf_neigh *neigh, uint32_t worker, const struct jf_neigh_request *request)
{
	const uint8_t gateway[6] = JF_BENCH_GATEWAY_MAC, engine[6] = JF_BENCH_ENGINE_MAC;

	(void)neigh;
	(void)worker;
	next_answer = (struct jf_neigh_answer){.endpoint = request->endpoint,
	                                       .generation = request->generation,
	                                       .remote = request->remote,
	                                       .port = request->port};
	memcpy(next_answer.destination, gateway, sizeof(gateway));
	memcpy(next_answer.source, engine, sizeof(engine));
	has_answer = true;
	return 0;
}

uint32_t jf_neigh_take(struct jf_neigh *neigh, uint32_t worker, struct jf_neigh_answer *ret_answers,
                       uint32_t room)
{
	(void)neigh;
	(void)worker;
	if (!has_answer || room == 0)
		return 0;
	has_answer = false;
	*ret_answers = next_answer;
	return 1;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int open_device(struct jf_bench_path *b)
{
	struct rte_eth_conf conf = {0};
	uint16_t id = (uint16_t)rte_eth_find_next(0);
	int rc;

	if (id >= RTE_MAX_ETHPORTS)
		return -ENODEV;
	rc = rte_eth_dev_configure(id, 1, (uint16_t)b->n_workers, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(id, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, b->pool);
	for (uint16_t w = 0; rc == 0 && w < b->n_workers; w++)
		rc = rte_eth_tx_queue_setup(id, w, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(id);
	b->port->port_id = id;
	b->port->n_addresses = JF_BENCH_ADDRESSES;
	return rc;
}

static int make_contract(struct jf_bench_path *b)
{
	struct jf_contract_shape shape = {
	        .n_workers = b->n_workers,
	        .n_addresses = JF_BENCH_ADDRESSES,
	        .endpoints_per_address = JF_BENCH_ENDPOINTS_PER_ADDRESS,
	        .n_recordings = JF_BENCH_ENDPOINTS_MAX / 2,
	        .track_frames = TRACK_FRAMES,
	        .port_first = JF_BENCH_LOCAL_PORT,
	};
	uint64_t size;
	void *memory;
	int rc;

	for (uint32_t a = 0; a < JF_BENCH_ADDRESSES; a++) {
		uint32_t ip_be = rte_cpu_to_be_32(JF_BENCH_LOCAL_BASE + a);

		memcpy(shape.addresses[a].ip, &ip_be, sizeof(ip_be));
		shape.addresses[a].family = 4;
	}
	rc = jf_contract_size(&shape, &size);
	if (rc)
		return rc;
	memory = rte_zmalloc("bench_contract", size, 64);
	if (!memory)
		return -ENOMEM;
	return jf_contract_create(memory, &shape, 1, 1, &b->contract);
}

static int make_path(struct jf_bench_path *b, uint16_t w, struct jf_endpoint *endpoints,
                     struct jf_party *parties)
{
	struct jf_path *path = rte_zmalloc("bench_path", sizeof(*path), 64);
	struct timespec now;
	int rc;

	if (!path)
		return -ENOMEM;
	b->paths[w] = path;
	rc = jf_path_init(path, &b->contract, w, endpoints, parties);
	path->pool = b->pool;
	path->n_out = 1;
	path->out[0].port = b->port;
	path->random = w + 1;
	clock_gettime(CLOCK_MONOTONIC, &now); /* which the recorder's threads go by as well */
	path->now_ns = (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
	return rc;
}

static int make_rings(struct jf_bench_path *b)
{
	for (uint32_t w = 0; w < b->n_workers; w++) {
		char name[32];
		struct rte_ring *ring;

		snprintf(name, sizeof(name), "bench_to_worker_%u", w);
		ring = rte_ring_create(name, HANDOVER_RING, SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (!ring)
			return -ENOMEM;
		for (uint32_t from = 0; from < b->n_workers; from++)
			b->paths[from]->to_worker[w] = ring;
	}
	return 0;
}

int jf_bench_path_create(uint32_t n_workers, struct jf_bench_path *b)
{
	struct jf_endpoint *endpoints =
	        rte_zmalloc("bench_endpoints", JF_BENCH_ENDPOINTS_MAX * sizeof(*endpoints), 64);
	struct jf_party *parties =
	        rte_zmalloc("bench_parties", JF_BENCH_ENDPOINTS_MAX * sizeof(*parties), 64);
	int rc;

	memset(b, 0, sizeof(*b));
	b->n_workers = n_workers;
	b->pool = rte_pktmbuf_pool_create("bench_frames", POOL_FRAMES, POOL_CACHE, 0,
	                                  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	b->port = rte_zmalloc("bench_port", sizeof(*b->port), 64);
	if (!endpoints || !parties || !b->pool || !b->port)
		return -ENOMEM;
	rc = open_device(b);
	if (rc == 0)
		rc = make_contract(b);
	for (uint16_t w = 0; rc == 0 && w < n_workers; w++)
		rc = make_path(b, w, endpoints, parties);
	return rc ? rc : make_rings(b);
}

/* ---- Endpoints ------------------------------------------------------------------------------- */

int jf_bench_path_command(struct jf_bench_path *b, struct jf_command *command)
{
	struct jf_path *path =
	        b->paths[jf_contract_worker_of(&b->contract, command->endpoint.index)];
	int rc;

	command->request = ++b->request;
	rc = jf_command_execute(path, command);
	jf_command_neighbours(path);
	return rc;
}

static struct jf_command command_for(enum jf_command_type type, uint32_t e)
{
	return (struct jf_command){.type = type, .endpoint = {.index = e, .generation = 1}};
}

static int tape_one(struct jf_bench_path *b, uint32_t e)
{
	struct jf_recording_ref recording = {.index = e / 2, .generation = 1};
	struct jf_command command = command_for(JF_COMMAND_RECORD, e);
	int rc = 0;

	if (!(e & 1)) {
		command.record.recording = recording;
		snprintf(command.record.path, sizeof(command.record.path), "%u.wav", e / 2);
		rc = jf_bench_path_command(b, &command);
	}
	command = command_for(JF_COMMAND_TAP, e);
	command.tap.recording = recording;
	command.tap.side = e & 1 ? JF_SIDE_AGENT : JF_SIDE_CALLER;
	return rc ? rc : jf_bench_path_command(b, &command);
}

/* ---- SRTP ------------------------------------------------------------------------------------ */

static int make_srtp(uint32_t n_streams, struct jf_srtp **ret_srtp)
{
	size_t size = jf_srtp_memory_size(JF_SRTP_IPSEC_MB, n_streams);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	madvise(memory, size, MADV_HUGEPAGE); /* as the worker does */
	return jf_srtp_create(JF_SRTP_IPSEC_MB, n_streams, memory, ret_srtp);
}

static int make_crypto(struct jf_bench_path *b, uint32_t n)
{
	struct jf_path *path = b->paths[0];
	int rc = make_srtp(2 * n, &path->srtp);

	if (rc == 0)
		rc = make_srtp(n, &b->phones);
	path->keys = rte_zmalloc("bench_keys", JF_BENCH_ENDPOINTS_MAX * sizeof(*path->keys), 64);
	b->phone_streams = rte_zmalloc("bench_phones", n * sizeof(*b->phone_streams), 0);
	return rc || (path->keys && b->phone_streams) ? rc : -ENOMEM;
}

static int key_one(struct jf_bench_path *b, uint32_t e)
{
	struct jf_command command = command_for(JF_COMMAND_KEYS, e);

	command.keys.suite = (uint8_t)b->suite;
	command.keys.keys_id = 1;
	for (uint32_t i = 0; i < JF_SRTP_KEY_MAX; i++) {
		command.keys.rx[i] = (uint8_t)(rte_rand() & 0xff);
		command.keys.tx[i] = (uint8_t)(rte_rand() & 0xff);
	}
	int rc = jf_srtp_open(b->phones, JF_SRTP_TX, b->suite, command.keys.rx,
	                      &b->phone_streams[e]);

	return rc ? rc : jf_bench_path_command(b, &command);
}

/* The phones' part; the frame grows by the tag. */
static void protect(struct jf_bench_path *b, struct rte_mbuf **mbufs, const uint32_t *of,
                    uint32_t n)
{
	struct jf_srtp_packet packets[JF_BENCH_PATH_BURST];

	for (uint32_t i = 0; i < n; i++)
		packets[i] = (struct jf_srtp_packet){
		        .bytes = rte_pktmbuf_mtod_offset(mbufs[i], uint8_t *, JF_GEN_AT_RTP),
		        .stream = b->phone_streams[of[i]],
		        .length = JF_GEN_FRAME_BYTES - JF_GEN_AT_RTP,
		};
	jf_srtp_protect_burst(b->phones, packets, n);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
		uint16_t total_be = rte_cpu_to_be_16((uint16_t)(28 + packets[i].length));
		uint16_t udp_be = rte_cpu_to_be_16((uint16_t)(8 + packets[i].length));

		memcpy(frame + JF_GEN_AT_IP + 2, &total_be, sizeof(total_be));
		memcpy(frame + JF_GEN_AT_UDP + 4, &udp_be, sizeof(udp_be));
		mbufs[i]->data_len = (uint16_t)(JF_GEN_AT_RTP + packets[i].length);
		mbufs[i]->pkt_len = mbufs[i]->data_len;
	}
}

static int open_one(struct jf_bench_path *b, uint32_t e)
{
	struct jf_bench_socket remote = jf_bench_plan_remote(e);
	uint32_t ip_be = rte_cpu_to_be_32(remote.ip);
	struct jf_command command = command_for(JF_COMMAND_OPEN, e);
	int rc;

	command.open.side = e & 1 ? JF_SIDE_AGENT : JF_SIDE_CALLER;
	command.open.without = b->measured ? 0 : JF_SERVICE_STATISTICS | JF_SERVICE_ENERGY;
	rc = jf_bench_path_command(b, &command);
	if (rc == 0 && b->suite != JF_SRTP_NONE)
		rc = key_one(b, e);
	if (rc)
		return rc;
	command = command_for(JF_COMMAND_REMOTE, e);
	command.remote = (struct jf_command_remote){
	        .family = 4,
	        .direction = JF_DIRECTION_SEND | JF_DIRECTION_RECV,
	        .codec = JF_CODEC_PCMU,
	        .clock_hz = 8000,
	        .rtp_port = remote.port,
	        .rtcp_port = (uint16_t)(remote.port + 1),
	        .rx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .tx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .ptime_ms = 20,
	};
	memcpy(command.remote.ip, &ip_be, sizeof(ip_be));
	rc = jf_bench_path_command(b, &command);
	return rc || !b->taped ? rc : tape_one(b, e);
}

/* ---- Tapes ----------------------------------------------------------------------------------- */

/* A tap that empties itself: a recorder that does everything but the files. */
static int make_recorder(struct jf_bench_path *b, uint32_t n_recordings)
{
	struct jf_recorder_config config = {
	        .dir = "/tmp",
	        .slots = b->contract.recordings,
	        .n_recordings = n_recordings,
	        .n_taps = 1,
	        .taps = &b->paths[0]->tap,
	        .buffer_bytes = jf_recorder_buffer_bytes(n_recordings),
	        .discards = true,
	};
	int rc = jf_tap_create(n_recordings, TAP_BYTES, &b->paths[0]->tap);

	return rc ? rc : jf_recorder_create(&config, &b->recorder);
}

int jf_bench_path_open(struct jf_bench_path *b, uint32_t n)
{
	int rc = jf_gen_traffic_create(n, &b->traffic);

	if (rc == 0 && b->taped)
		rc = make_recorder(b, n / 2);
	if (rc == 0 && b->suite != JF_SRTP_NONE)
		rc = make_crypto(b, n);

	for (uint32_t e = 0; rc == 0 && e < n; e++)
		rc = open_one(b, e);
	for (uint32_t e = 0; rc == 0 && e < n; e++) {
		struct jf_command command = command_for(JF_COMMAND_JOIN, e);

		command.join.source = (struct jf_endpoint_ref){jf_bench_plan_peer(e), 1};
		rc = jf_bench_path_command(b, &command);
	}
	b->n_endpoints = n;
	return rc;
}

uint32_t jf_bench_path_frames(struct jf_bench_path *b, uint32_t owner, struct rte_mbuf **ret_mbufs,
                              uint32_t n)
{
	uint32_t made = 0, of[JF_BENCH_PATH_BURST];

	n = RTE_MIN(n, JF_BENCH_PATH_BURST);
	if (rte_pktmbuf_alloc_bulk(b->pool, ret_mbufs, n))
		return 0;
	while (made < n) {
		uint32_t e;

		jf_gen_traffic_pick(b->traffic, &e, 1);
		if (jf_contract_worker_of(&b->contract, e) != owner)
			continue;
		if (b->lossy) /* over which the next is written */
			jf_gen_traffic_write(b->traffic, e, 0, ret_mbufs[made]);
		jf_gen_traffic_write(b->traffic, e, 0, ret_mbufs[made]);
		of[made++] = e;
	}
	if (b->suite != JF_SRTP_NONE)
		protect(b, ret_mbufs, of, made);
	return made;
}
