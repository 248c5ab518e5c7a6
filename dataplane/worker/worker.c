// SPDX-License-Identifier: BSD-3-Clause
#include "jf_worker.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "jf_clock.h"
#include "jf_command.h"
#include "jf_lateness.h"
#include "jf_path.h"
#include "jf_shed.h"

#define HANDOVER_RING_SIZE  1024u
#define COMMANDS_A_POLL     4u /* one that opens an endpoint for the first time takes 7 us */
#define POLLS_BETWEEN_CHORE 8u /* polls that only move media, for one that looks around */
#define EMPTY_BEFORE_SLEEP  64u
#define IDLE_SLEEP_NS       100000
#define MANY                16384u /* endpoints: for a share of what they have in common */

struct worker {
	struct jf_path path;
	struct jf_clock clock;
	struct jf_lateness lateness;
	bool idle_sleeps;
	uint32_t empty_polls; /* in a row */
	uint32_t n_devices;
	const struct jf_device *devices[JF_NODE_PORTS_MAX];
	void *srtp_memory;
	size_t srtp_memory_size;
};

struct jf_workers {
	struct jf_endpoint *endpoints;
	struct jf_party *parties;
	struct jf_leg_keys *keys;
	struct rte_ring *handover[JF_CONTRACT_WORKERS_MAX];
	struct worker *workers[JF_CONTRACT_WORKERS_MAX];
	uint32_t n;
	atomic_bool stop; /* written by main, read by all workers */
};

/* ---- The loop ----------------------------------------------------------------------------- */

static void run_received(struct jf_path *path, const struct jf_port *port, struct rte_mbuf **mbufs,
                         uint16_t n)
{
	path->traffic[port->index].rx_packets += n;
	jf_path_run(path, port, mbufs, n);
}

/* Of a device with VLANs: each port's frames by themselves. */
static void run_sorted(struct jf_path *path, const struct jf_device *device,
                       struct rte_mbuf **mbufs, uint16_t n)
{
	struct jf_port_sorted sorted;

	path->counters->drops[JF_DROP_WRONG_PORT] += jf_device_sort(device, mbufs, n, &sorted);
	for (uint32_t p = 0; p < device->n_ports; p++)
		if (sorted.n[p])
			run_received(path, device->ports[p], sorted.mbufs[p], sorted.n[p]);
}

static uint32_t poll_devices(struct worker *worker)
{
	struct jf_path *path = &worker->path;
	struct rte_mbuf *mbufs[JF_BURST_MAX];
	uint32_t found = 0;

	for (uint32_t i = 0; i < worker->n_devices; i++) {
		const struct jf_device *device = worker->devices[i];
		uint16_t n = jf_device_rx(device, path->worker, mbufs, JF_BURST_MAX);

		if (n == 0)
			continue;
		path->counters->rx_packets += n;
		if (unlikely(device->has_vlans))
			run_sorted(path, device, mbufs, n);
		else
			run_received(path, device->ports[0], mbufs, n);
		found += n;
	}
	return found;
}

/* What other workers received for this one. */
static uint32_t poll_handover(struct jf_path *path)
{
	struct rte_mbuf *mbufs[JF_BURST_MAX];
	uint32_t n = rte_ring_dequeue_burst(path->to_worker[path->worker], (void **)mbufs,
	                                    JF_BURST_MAX, NULL);

	if (n)
		jf_path_run_handed_over(path, mbufs, (uint16_t)n);
	return n;
}

/* What the kernel sends, on its way out; worker 0. */
static uint32_t poll_kernel(struct jf_path *path)
{
	struct rte_mbuf *mbufs[JF_BURST_MAX];
	uint32_t found = 0;

	for (uint16_t i = 0; i < path->n_out; i++) {
		uint16_t n = jf_port_from_kernel(path->out[i].port, mbufs, JF_BURST_MAX);

		for (uint16_t m = 0; m < n; m++)
			jf_path_send(path, (uint8_t)i, mbufs[m]);
		path->counters->from_kernel += n;
		found += n;
	}
	return found;
}

/* Between bursts: nothing is on its way out while a command changes where it goes. */
static uint32_t chores(struct jf_path *path)
{
	uint32_t found = jf_command_poll(path, COMMANDS_A_POLL);

	jf_command_neighbours(path);
	jf_srtp_age(path->srtp, path->now_ns);
	return found;
}

/*
 * How many buffers are left. The pool's own count, without what cores keep at hand: that would take
 * a look at the cache of each.
 */
static void look_at_buffers(struct jf_path *path)
{
	struct jf_worker_counters *counters = path->counters;
	uint64_t left = rte_mempool_get_ops(path->pool->ops_index)->get_count(path->pool);

	counters->buffers_free = left;
	if (left < counters->buffers_low)
		counters->buffers_low = left;
	path->shed = (uint8_t)jf_shed_next((enum jf_shed)path->shed, left, counters->buffers);
	counters->shed = path->shed;
}

static void poll(struct worker *worker)
{
	struct jf_path *path = &worker->path;
	struct jf_worker_counters *counters = path->counters;
	uint64_t begin = rte_rdtsc();
	bool has_chores = counters->polls % POLLS_BETWEEN_CHORE == 0 || worker->empty_polls;
	uint32_t found, others = 0;

	jf_lateness_poll(&worker->lateness, begin, counters);
	path->now_ns = jf_clock_now_ns(&worker->clock, begin);
	jf_tap_publish(path->tap); /* what the last poll taped */
	look_at_buffers(path);
	found = poll_devices(worker);
	if (path->n_workers > 1)
		found += poll_handover(path);
	jf_path_play(path);
	jf_path_mix_out(path);
	jf_path_digits_out(path);
	jf_path_round(path);
	if (has_chores && path->worker == 0)
		others = poll_kernel(path);
	jf_path_flush(path);
	if (has_chores)
		others += chores(path);
	counters->polls++;
	if (found) {
		counters->busy_cycles += rte_rdtsc() - begin;
	} else {
		counters->polls_empty++;
	}
	worker->empty_polls = found + others ? 0 : worker->empty_polls + 1;
}

static int run(void *arg)
{
	static const struct timespec nap = {.tv_nsec = IDLE_SLEEP_NS};
	struct jf_workers *workers = arg;
	struct worker *worker = workers->workers[rte_lcore_id() - 1];

	jf_clock_init(&worker->clock, rte_get_tsc_hz());
	worker->path.wheel_ms = (uint32_t)(worker->clock.set_ns / JF_NS_PER_MS);
	jf_lateness_init(&worker->lateness, rte_rdtsc(), rte_get_tsc_hz());
	while (!atomic_load_explicit(&workers->stop, memory_order_relaxed)) {
		poll(worker);
		if (worker->idle_sleeps && worker->empty_polls >= EMPTY_BEFORE_SLEEP) {
			nanosleep(&nap, NULL);
			jf_lateness_slept(&worker->lateness, rte_rdtsc());
		}
	}
	return 0;
}

/* ---- Life --------------------------------------------------------------------------------- */

static uint64_t utc_offset_ns(void)
{
	struct timespec utc, now;

	clock_gettime(CLOCK_REALTIME, &utc);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(utc.tv_sec - now.tv_sec) * JF_NS_PER_S + (uint64_t)utc.tv_nsec -
	       (uint64_t)now.tv_nsec;
}

/*
 * Streams for all endpoints at once, both ways, and for one in eight being given new keys. Pages
 * are not there before the first call that needs them, and never in a core file.
 */
static int make_srtp(struct worker *worker, enum jf_srtp_backend backend)
{
	uint32_t n = worker->path.contract->n_endpoints / worker->path.n_workers;
	uint32_t n_streams = 2 * n + n / 8 + 16;
	size_t size = jf_srtp_memory_size(backend, n_streams);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -ENOMEM;
	worker->srtp_memory = memory;
	worker->srtp_memory_size = size;
	madvise(memory, size, MADV_HUGEPAGE); /* as good without, only slower */
	madvise(memory, size, MADV_DONTDUMP);
	return jf_srtp_create(backend, n_streams, memory, &worker->path.srtp);
}

static void free_worker(struct worker *worker)
{
	if (!worker)
		return;
	jf_mix_destroy(worker->path.mix);
	jf_transcoders_destroy(worker->path.transcoders);
	jf_srtp_destroy(worker->path.srtp);
	if (worker->srtp_memory)
		munmap(worker->srtp_memory, worker->srtp_memory_size);
	jf_digits_destroy(worker->path.digits);
	rte_free(worker);
}

/* What hangs on the endpoints that need it. */
static int make_pools(struct jf_path *path, const struct jf_contract *contract)
{
	struct jf_digits_room room =
	        jf_digits_room_for(contract->n_endpoints / contract->header->shape.n_workers);
	struct jf_digits *digits;
	int result = jf_digits_create(&room, &digits);

	if (result == 0)
		jf_digits_attach(digits, path);
	return result;
}

static int make_worker(struct jf_workers *all, const struct jf_workers_config *config, uint16_t w)
{
	struct worker *worker = rte_zmalloc("jf_worker", sizeof(*worker), 64);
	struct jf_path *path;
	int result;

	if (!worker)
		return -ENOMEM;
	all->workers[w] = worker;
	worker->idle_sleeps = config->idle_sleeps;
	path = &worker->path;
	result = jf_path_init(path, config->contract, w, all->endpoints, all->parties);
	if (result)
		return result;
	path->keys = all->keys;
	result = jf_mix_create(config->mix_inputs, &path->mix);
	if (result == 0)
		result = jf_transcoders_create(config->transcoders, &path->transcoders);
	if (result == 0)
		result = make_srtp(worker, config->srtp_backend);
	if (result)
		return result;
	path->counters->tsc_hz = rte_get_tsc_hz();
	path->random = config->seed + w * UINT64_C(0x632be59bd9b4e019);
	path->cname_key = (uint64_t)jf_path_random(path) << 32 | jf_path_random(path);
	path->utc_offset_ns = utc_offset_ns();
	path->sounds = config->sounds;
	path->tap = config->taps[w];
	path->neigh = jf_ports_neigh(config->ports);
	path->pool = jf_ports_pool(config->ports);
	path->counters->buffers = path->counters->buffers_low = path->pool->size;
	result = make_pools(path, config->contract);
	if (result)
		return result;
	memcpy(path->to_worker, all->handover, sizeof(path->to_worker));
	worker->n_devices = jf_ports_device_count(config->ports);
	for (uint32_t i = 0; i < worker->n_devices; i++)
		worker->devices[i] = jf_ports_device(config->ports, i);
	path->n_out = (uint16_t)jf_ports_count(config->ports);
	for (uint16_t i = 0; i < path->n_out; i++) {
		const struct jf_port *port = jf_ports_get(config->ports, i);

		path->out[i].port = port;
		for (uint16_t a = 0; a < port->n_addresses; a++)
			path->port_of_address[port->first_address + a] = (uint8_t)i;
	}
	return 0;
}

uint64_t jf_workers_endpoint_bytes(void)
{
	struct jf_digits_room room = jf_digits_room_for(MANY);

	return sizeof(struct jf_endpoint) + sizeof(struct jf_party) + sizeof(struct jf_leg_keys) +
	       jf_digits_bytes(&room) / MANY + 1;
}

uint64_t jf_workers_pool_bytes(uint32_t mix_inputs, uint32_t transcoders)
{
	return mix_inputs * jf_mix_bytes() + transcoders * jf_transcoders_bytes();
}

int jf_workers_create(const struct jf_workers_config *config, struct jf_workers **ret_workers)
{
	const struct jf_contract *contract = config->contract;
	uint32_t n_endpoints = contract->n_endpoints;
	struct jf_workers *all = rte_zmalloc("jf_workers", sizeof(*all), 64);
	int result = -ENOMEM;

	if (!all)
		return -ENOMEM;
	all->n = contract->header->shape.n_workers;
	all->endpoints = rte_zmalloc("jf_endpoints", n_endpoints * sizeof(*all->endpoints), 64);
	all->parties = rte_zmalloc("jf_parties", n_endpoints * sizeof(*all->parties), 64);
	all->keys = rte_zmalloc("jf_keys", n_endpoints * sizeof(*all->keys), 64);
	if (!all->endpoints || !all->parties || !all->keys)
		goto out;
	for (uint32_t w = 0; w < all->n; w++) {
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof(name), "jf_to_worker_%u", w);
		all->handover[w] = rte_ring_create(name, HANDOVER_RING_SIZE, (int)rte_socket_id(),
		                                   RING_F_SC_DEQ);
		if (!all->handover[w])
			goto out;
	}
	for (uint32_t w = 0; w < all->n; w++) {
		result = make_worker(all, config, (uint16_t)w);
		if (result)
			goto out;
	}
	*ret_workers = all;
	return 0;
out:
	jf_workers_destroy(all);
	return result;
}

int jf_workers_start(struct jf_workers *workers)
{
	atomic_store(&workers->stop, false);
	for (uint32_t w = 0; w < workers->n; w++) {
		if (!rte_lcore_is_enabled(w + 1) || rte_eal_remote_launch(run, workers, w + 1)) {
			jf_workers_stop(workers);
			return -EBUSY;
		}
	}
	return 0;
}

void jf_workers_stop(struct jf_workers *workers)
{
	atomic_store(&workers->stop, true);
	for (uint32_t w = 0; w < workers->n; w++)
		if (rte_lcore_is_enabled(w + 1))
			rte_eal_wait_lcore(w + 1);
}

void jf_workers_destroy(struct jf_workers *workers)
{
	if (!workers)
		return;
	for (uint32_t w = 0; w < workers->n; w++) {
		struct rte_mbuf *mbuf;

		while (workers->handover[w] &&
		       rte_ring_dequeue(workers->handover[w], (void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
		rte_ring_free(workers->handover[w]);
		free_worker(workers->workers[w]);
	}
	rte_free(workers->endpoints);
	rte_free(workers->parties);
	rte_free(workers->keys);
	rte_free(workers);
}
