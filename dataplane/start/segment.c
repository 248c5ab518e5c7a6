// SPDX-License-Identifier: BSD-3-Clause
#include "jf_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE (JF_NODE_PATH_SIZE + 64)

struct jf_segment {
	struct jf_contract contract;
	void *memory;
	uint64_t size;
	int lock;
	bool published;
	char draft[PATH_SIZE]; /* its name until it is published */
	char path[PATH_SIZE];
	char elsewhere[PATH_SIZE]; /* the file that these are links to; "": they are the file */
};

struct jf_contract_shape jf_segment_shape(const struct jf_node *node)
{
	const struct jf_node_dataplane *dataplane = &node->dataplane;
	struct jf_contract_shape shape = {
	        .n_workers = dataplane->n_workers,
	        .endpoints_per_address = dataplane->endpoints_per_address,
	        .n_recordings = dataplane->recordings_max,
	        .track_frames = dataplane->track_frames,
	        .port_first = dataplane->rtp_port_first,
	        .n_ports = (uint16_t)dataplane->n_ports,
	};

	for (uint32_t p = 0; p < dataplane->n_ports; p++) {
		const struct jf_node_port *port = &dataplane->ports[p];

		for (uint32_t a = 0; a < port->n_addresses; a++) {
			struct jf_contract_address *address = &shape.addresses[shape.n_addresses++];

			memcpy(address->ip, port->addresses[a].ip.bytes, sizeof(address->ip));
			address->family = port->addresses[a].ip.family;
			address->prefix_length = port->addresses[a].prefix_length;
			address->port = (uint8_t)p;
		}
	}
	return shape;
}

/* -EBUSY if another process has it. The file stays: removing it would let two in. */
static int take_lock(const char *run_dir, int *ret_lock)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/dataplane.lock", run_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int result = errno == EWOULDBLOCK ? -EBUSY : -errno;

		close(fd);
		return result;
	}
	*ret_lock = fd;
	return 0;
}

/* Whole pages of the file's system: of hugepages there are no parts. */
static uint64_t whole_pages(int fd, uint64_t size)
{
	struct statfs fs;
	uint64_t page = fstatfs(fd, &fs) == 0 && fs.f_bsize > 0 ? (uint64_t)fs.f_bsize : 1;

	return (size + page - 1) / page * page;
}

/* Allocated, not only sized: a full tmpfs is an error here and not a fault on a worker later. */
static int map_draft(struct jf_segment *segment)
{
	const char *file = segment->elsewhere[0] ? segment->elsewhere : segment->draft;
	int fd, result = 0;

	/* Of a dataplane that died: the lock says that it is gone. */
	unlink(segment->draft);
	unlink(file);
	fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0)
		return -errno;
	segment->size = whole_pages(fd, segment->size);
	if (segment->elsewhere[0] && symlink(segment->elsewhere, segment->draft))
		result = -errno;
	if (result == 0)
		result = -posix_fallocate(fd, 0, (off_t)segment->size);
	if (result == 0) {
		segment->memory = mmap(NULL, segment->size, PROT_READ | PROT_WRITE,
		                       MAP_SHARED | MAP_POPULATE, fd, 0);
		if (segment->memory == MAP_FAILED) {
			result = -errno;
			segment->memory = NULL;
		}
	}
	close(fd);
	if (result) {
		unlink(segment->draft);
		unlink(file);
	}
	return result;
}

int jf_segment_create(const char *run_dir, const struct jf_contract_shape *shape,
                      const struct jf_segment_place *place, struct jf_segment **ret_segment)
{
	struct jf_segment *segment = calloc(1, sizeof(*segment));
	struct timespec now;
	int result;

	if (!segment)
		return -ENOMEM;
	segment->lock = -1;
	result = jf_contract_size(shape, &segment->size);
	if (result)
		goto out;
	if (mkdir(run_dir, 0750) && errno != EEXIST) {
		result = -errno;
		goto out;
	}
	result = take_lock(run_dir, &segment->lock);
	if (result)
		goto out;
	snprintf(segment->path, sizeof(segment->path), "%s/contract", run_dir);
	snprintf(segment->draft, sizeof(segment->draft), "%s/contract.new", run_dir);
	if (place->folder)
		snprintf(segment->elsewhere, sizeof(segment->elsewhere), "%s/%s-contract",
		         place->folder, place->name);
	result = map_draft(segment);
	if (result)
		goto out;
	clock_gettime(CLOCK_REALTIME, &now);
	result = jf_contract_create(segment->memory, shape,
	                            (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
	                            (uint32_t)getpid(), &segment->contract);
	if (result)
		goto out;
	*ret_segment = segment;
	return 0;
out:
	jf_segment_destroy(segment);
	return result;
}

struct jf_contract *jf_segment_contract(struct jf_segment *segment)
{
	return &segment->contract;
}

int jf_segment_publish(struct jf_segment *segment)
{
	if (rename(segment->draft, segment->path))
		return -errno;
	segment->published = true;
	return 0;
}

void jf_segment_destroy(struct jf_segment *segment)
{
	if (!segment)
		return;
	if (segment->memory) {
		munmap(segment->memory, segment->size);
		unlink(segment->published ? segment->path : segment->draft);
		if (segment->elsewhere[0])
			unlink(segment->elsewhere);
	}
	if (segment->lock >= 0)
		close(segment->lock);
	free(segment);
}
