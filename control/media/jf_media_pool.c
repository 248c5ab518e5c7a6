// SPDX-License-Identifier: BSD-3-Clause
/*
 * Free endpoints, and which of them a party gets: on a worker with room for a whole call, and at an
 * address from which the party can be reached.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "jf_time.h"

#define DISCARD_PORT 9 /* nothing is sent there */

bool jf_media_pool_init(struct jf_media_pool *pool, uint32_t size)
{
	*pool = (struct jf_media_pool){.size = size, .ring = calloc(size, sizeof(uint32_t))};
	return pool->ring != NULL;
}

void jf_media_pool_put(struct jf_media_pool *pool, uint32_t index)
{
	pool->ring[(pool->head + pool->count) % pool->size] = index;
	pool->count++;
}

uint32_t jf_media_pool_first(const struct jf_media_pool *pool)
{
	return pool->count ? pool->ring[pool->head] : JF_CONTRACT_NONE;
}

void jf_media_pool_pop(struct jf_media_pool *pool)
{
	pool->head = (pool->head + 1) % pool->size;
	pool->count--;
}

struct jf_media_pool *jf_media_pool_of(struct jf_media *media, uint32_t index)
{
	return &media->workers[jf_contract_worker_of(&media->contract, index)]
	                .pools[index / media->shape.endpoints_per_address];
}

/* ---- Which address ---------------------------------------------------------------------------
 */

/* The address from which the kernel would send there; false: it has no route. */
static bool ask_kernel(const struct jf_ip *toward, struct jf_ip *ret_from)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(DISCARD_PORT)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(DISCARD_PORT)};
	bool is_v6 = toward->family == 6;
	struct sockaddr *address = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t size = is_v6 ? sizeof(v6) : sizeof(v4);
	int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool known = false;

	if (fd < 0)
		return false;
	if (is_v6)
		memcpy(&v6.sin6_addr, toward->bytes, 16);
	else
		memcpy(&v4.sin_addr, toward->bytes, 4);
	if (!connect(fd, address, size) && !getsockname(fd, address, &size)) {
		*ret_from = is_v6 ? jf_ip_of(6, (const uint8_t *)&v6.sin6_addr)
		                  : jf_ip_of(4, (const uint8_t *)&v4.sin_addr);
		known = true;
	}
	close(fd);
	return known;
}

static struct jf_ip ip_of(const struct jf_contract_address *address)
{
	return jf_ip_of(address->family, address->ip);
}

/* As good as the chosen one: of its family and port, in the same network. */
static bool is_alike(const struct jf_contract_shape *shape, uint32_t chosen, uint32_t other)
{
	const struct jf_contract_address *a = &shape->addresses[chosen];
	const struct jf_contract_address *b = &shape->addresses[other];
	struct jf_ip first = ip_of(a), second = ip_of(b);

	return a->port == b->port && a->prefix_length == b->prefix_length &&
	       jf_ip_common_bits(&first, &second) >= a->prefix_length && a->family == b->family;
}

/* Whether it makes no difference which address of the family that is. */
static bool are_all_alike(const struct jf_contract_shape *shape, uint32_t first)
{
	for (uint32_t a = first + 1; a < shape->n_addresses; a++)
		if (shape->addresses[a].family == shape->addresses[first].family &&
		    !is_alike(shape, first, a))
			return false;
	return true;
}

/*
 * The address with which the kernel would speak to that party; else the one with the longest prefix
 * in which it lies; else the first of its family. -EAFNOSUPPORT: there is none.
 */
static int address_toward(const struct jf_media *media, const struct jf_ip *toward)
{
	const struct jf_contract_shape *shape = &media->shape;
	int first = -EAFNOSUPPORT, best = -1;
	uint32_t best_length = 0;
	struct jf_ip from;

	for (uint32_t a = 0; a < shape->n_addresses; a++) {
		struct jf_ip own = ip_of(&shape->addresses[a]);
		uint32_t length = shape->addresses[a].prefix_length;

		if (own.family != toward->family)
			continue;
		if (first < 0)
			first = (int)a;
		if (jf_ip_common_bits(&own, toward) >= length && length > best_length) {
			best = (int)a;
			best_length = length;
		}
	}
	if (first < 0 || are_all_alike(shape, (uint32_t)first) || !ask_kernel(toward, &from))
		return best >= 0 ? best : first;
	for (uint32_t a = 0; a < shape->n_addresses; a++) {
		struct jf_ip own = ip_of(&shape->addresses[a]);

		if (jf_ip_equal(&own, &from))
			return (int)a;
	}
	return best >= 0 ? best : first;
}

/* ---- Which worker ---------------------------------------------------------------------------- */

/* The next index that has rested long enough, or NONE. */
static uint32_t rested(const struct jf_media *media, const struct jf_media_pool *pool)
{
	uint32_t index = jf_media_pool_first(pool);

	if (index == JF_CONTRACT_NONE)
		return index;
	if (media->endpoints[index].freed_ns &&
	    jf_time_since(media->endpoints[index].freed_ns, media->now_ns) < JF_MEDIA_QUARANTINE_NS)
		return JF_CONTRACT_NONE;
	return index;
}

/* Of the worker's pools for those addresses the fullest one that has a rested port. */
static struct jf_media_pool *pool_of_worker(struct jf_media *media, uint32_t worker,
                                            uint32_t address)
{
	struct jf_media_pool *best = NULL;

	for (uint32_t a = 0; a < media->shape.n_addresses; a++) {
		struct jf_media_pool *pool = &media->workers[worker].pools[a];

		if (is_alike(&media->shape, address, a) &&
		    rested(media, pool) != JF_CONTRACT_NONE && (!best || pool->count > best->count))
			best = pool;
	}
	return best;
}

static uint32_t room_of_worker(const struct jf_media *media, uint32_t worker)
{
	uint32_t room = 0;

	for (uint32_t a = 0; a < media->shape.n_addresses; a++)
		room += media->workers[worker].pools[a].count;
	return room;
}

/* Of the workers that can take a whole call the one with most room. */
static struct jf_media_pool *pool_of_any_worker(struct jf_media *media, uint32_t address)
{
	struct jf_media_pool *best = NULL;
	uint32_t best_room = 0;

	for (uint32_t w = 0; w < media->n_workers; w++) {
		uint32_t room = room_of_worker(media, w);
		struct jf_media_pool *pool = room >= 2 ? pool_of_worker(media, w, address) : NULL;

		if (pool && room > best_room) {
			best = pool;
			best_room = room;
		}
	}
	return best;
}

int jf_media_pool_take(struct jf_media *media, const struct jf_media_ref *beside,
                       const struct jf_media_address *toward, uint32_t *ret_index)
{
	struct jf_media_pool *pool;
	int address = 0;

	if (toward) {
		struct jf_ip ip = jf_ip_of(toward->family, toward->ip);

		address = address_toward(media, &ip);
		if (address < 0)
			return address;
	}
	if (beside)
		pool = pool_of_worker(media, jf_contract_worker_of(&media->contract, beside->index),
		                      (uint32_t)address);
	else
		pool = pool_of_any_worker(media, (uint32_t)address);
	if (!pool)
		return -ENOSPC;
	*ret_index = jf_media_pool_first(pool);
	jf_media_pool_pop(pool);
	return 0;
}

bool jf_media_serves(const struct jf_media *media, struct jf_media_ref endpoint,
                     const struct jf_media_address *toward)
{
	struct jf_ip ip = jf_ip_of(toward->family, toward->ip);
	int address;

	if (!jf_media_endpoint_at(media, endpoint))
		return false;
	address = address_toward(media, &ip);
	return address >= 0 && is_alike(&media->shape, (uint32_t)address,
	                                endpoint.index / media->shape.endpoints_per_address);
}
