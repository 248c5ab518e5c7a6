// SPDX-License-Identifier: BSD-3-Clause
/*
 * The segment: found, mapped, watched. A new file at the path is a new dataplane; the same file
 * with a beat that stopped and went on is the old one, which was only held up.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_time.h"

#define LOOK_EVERY_NS (100 * JF_NS_PER_MS)

void jf_media_detach(struct jf_media *media)
{
	if (media->memory)
		munmap(media->memory, media->memory_size);
	media->memory = NULL;
	media->contract = (struct jf_contract){0};
}

static int segment_map(const char *path, void **ret_memory, struct stat *ret_stat)
{
	/* May be a link to where hugepages are; who may write to its folder is who may be trusted.
	 */
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *memory = MAP_FAILED;
	int result = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_stat))
		result = -errno;
	else if (!S_ISREG(ret_stat->st_mode) || ret_stat->st_size <= 0)
		result = -EINVAL;
	else if (ret_stat->st_uid != geteuid() && ret_stat->st_uid != 0)
		result = -EPERM;
	if (!result) {
		memory = mmap(NULL, (size_t)ret_stat->st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		              fd, 0);
		result = memory == MAP_FAILED ? -errno : 0;
	}
	close(fd);
	if (!result)
		*ret_memory = memory;
	return result;
}

static bool shape_equal(const struct jf_contract_shape *a, const struct jf_contract_shape *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void arrays_free(struct jf_media *media)
{
	for (uint32_t w = 0; w < media->n_workers; w++) {
		for (uint32_t a = 0; a < JF_CONTRACT_ADDRESSES_MAX; a++) {
			free(media->workers[w].pools[a].ring);
			media->workers[w].pools[a].ring = NULL;
		}
	}
	free(media->file_pool.ring);
	media->file_pool.ring = NULL;
	free(media->endpoints);
	media->endpoints = NULL;
	free(media->files);
	media->files = NULL;
	media->n_endpoints = media->n_workers = media->n_files = 0;
}

static int arrays_make(struct jf_media *media)
{
	media->shape = media->contract.header->shape;
	media->n_endpoints = media->contract.n_endpoints;
	media->n_files = media->shape.n_recordings;
	media->endpoints = calloc(media->n_endpoints, sizeof(*media->endpoints));
	media->files = calloc(media->n_files, sizeof(*media->files));
	if (!media->endpoints || !media->files ||
	    !jf_media_pool_init(&media->file_pool, media->n_files))
		return -ENOMEM;
	for (uint32_t w = 0; w < media->shape.n_workers; w++) {
		media->n_workers = w + 1;
		jf_list_init(&media->workers[w].dirty_endpoints);
		jf_list_init(&media->workers[w].dirty_files);
		for (uint32_t a = 0; a < media->shape.n_addresses; a++)
			if (!jf_media_pool_init(&media->workers[w].pools[a],
			                        media->contract.endpoints_per_worker))
				return -ENOMEM;
	}
	return 0;
}

static uint32_t max_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Every index has its state from the slots: free, or open in there and nobody's here. */
static void arrays_fill(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_endpoints; i++) {
		struct jf_media_endpoint *e = &media->endpoints[i];
		struct jf_slot_identity identity;

		jf_contract_read_identity(&media->contract.slots[i], &identity);
		e->generation = max_of(identity.generation, media->first_generation);
		e->listener = JF_CONTRACT_NONE;
		media->next_play_id = max_of(media->next_play_id, identity.play_id + 1);
		media->next_play_id = max_of(media->next_play_id, identity.mix_id + 1);
		if (identity.state == JF_SLOT_OPEN) {
			e->use = JF_MEDIA_FOUND;
			e->generation = identity.generation;
		} else {
			jf_media_pool_put(jf_media_pool_of(media, i), i);
		}
	}
	for (uint32_t i = 0; i < media->n_files; i++) {
		struct jf_media_file *f = &media->files[i];
		struct jf_recording slot;

		jf_contract_read_recording(&media->contract.recordings[i], &slot);
		f->generation = max_of(slot.generation, media->first_generation);
		if (slot.state == JF_RECORDING_OPEN) {
			f->use = JF_MEDIA_FOUND;
			f->generation = slot.generation;
		} else {
			jf_media_pool_put(&media->file_pool, i);
		}
	}
}

/* The ports that peers were told are not there any more. The handler hears of it in this poll. */
static void endpoints_drop(struct jf_media *media)
{
	JF_LIST_FOR(link, &media->active)
	{
		struct jf_media_endpoint *e = JF_CONTAINER(link, struct jf_media_endpoint, active);

		jf_media_endpoint_deafen(media, e);
		jf_media_defer(media, &(struct jf_media_event){
		                              .type = JF_MEDIA_FAILED,
		                              .endpoint = {(uint32_t)(e - media->endpoints),
		                                           e->generation},
		                              .call = e->call,
		                              .command = "open",
		                              .error = -EADDRNOTAVAIL,
		                      });
		jf_media_endpoint_strip(e);
	}
	jf_list_init(&media->active);
	media->endpoints_used = 0;
}

/* A new dataplane is told everything. */
static void everything_again(struct jf_media *media)
{
	JF_LIST_FOR(link, &media->active)
	{
		struct jf_media_endpoint *e = JF_CONTAINER(link, struct jf_media_endpoint, active);
		unsigned bits = JF_MEDIA_DIRTY_OPEN | JF_MEDIA_DIRTY_HEARS;

		bits |= e->locks ? JF_MEDIA_DIRTY_KEYS : 0;
		bits |= e->mask ? JF_MEDIA_DIRTY_MASK : 0;
		bits |= e->has_remote ? JF_MEDIA_DIRTY_REMOTE : 0;
		bits |= e->tap.generation ? JF_MEDIA_DIRTY_TAP : 0;
		bits |= e->remote.keyframes && e->listener != JF_CONTRACT_NONE
		                ? JF_MEDIA_DIRTY_KEYFRAME
		                : 0;
		if (e->presses)
			e->presses->busy_ns = 0;
		e->started = false;
		e->digits = 0;
		jf_media_endpoint_dirty(media, (uint32_t)(e - media->endpoints), bits);
	}
	JF_LIST_FOR(file_link, &media->active_files)
	{
		struct jf_media_file *f = JF_CONTAINER(file_link, struct jf_media_file, active);

		jf_media_file_dirty(media, (uint32_t)(f - media->files), JF_MEDIA_DIRTY_RECORD);
	}
	jf_media_sounds_again(media);
}

/* The last word about recordings that ended, or about all. The handler may do what it likes. */
static void files_finish(struct jf_media *media, bool all)
{
	bool found;

	do {
		found = false;
		JF_LIST_FOR(link, &media->active_files)
		{
			struct jf_media_file *f = JF_CONTAINER(link, struct jf_media_file, active);
			uint32_t index = (uint32_t)(f - media->files);

			found = all || f->use == JF_MEDIA_ENDED;
			if (!found)
				continue;
			jf_media_file_look(media, index);
			if (f->use == JF_MEDIA_USED || f->use == JF_MEDIA_ENDED)
				jf_media_file_finish(media, index, -EPIPE);
			break;
		}
	} while (found);
}

/* What stands in the segment is reported and added up before it goes. */
static void segment_leave(struct jf_media *media, bool ports_stay)
{
	if (!media->memory)
		return;
	if (media->up)
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_GONE,
		                             .at_ns = media->now_ns,
		                     });
	media->up = false;
	files_finish(media, !ports_stay);
	JF_LIST_FOR(link, &media->active)
	{
		struct jf_media_endpoint *e = JF_CONTAINER(link, struct jf_media_endpoint, active);
		jf_media_endpoint_account(media, (uint32_t)(e - media->endpoints));
		jf_media_endpoint_carry(media, (uint32_t)(e - media->endpoints));
		jf_media_keys_carry(media, (uint32_t)(e - media->endpoints));
		e->counted_packets = e->counted_lost = 0;
		e->window = (struct jf_media_window){0};
	}
	jf_media_workers_account(media);
	jf_media_detach(media);
}

/* ports_stay: what is held here fits the segment. */
static int segment_take(struct jf_media *media, bool ports_stay)
{
	if (!ports_stay) {
		int result;

		if (media->endpoints_used)
			jf_log(JF_LOG_MEDIA, JF_LOG_WARNING, NULL,
			       "the new dataplane has other ports: %u endpoints of calls are lost",
			       media->endpoints_used);
		endpoints_drop(media);
		arrays_free(media);
		result = arrays_make(media);
		if (result) {
			arrays_free(media);
			return result;
		}
		arrays_fill(media);
	}
	everything_again(media);
	return 0;
}

/* true if media is on a segment now on which it wasn't before. */
static bool attach_try(struct jf_media *media)
{
	struct jf_contract contract;
	struct stat stat = {0};
	void *memory = NULL;
	bool ports_stay;
	int result = segment_map(media->segment, &memory, &stat);

	if (result)
		goto out;
	result = jf_contract_attach(memory, (uint64_t)stat.st_size, &contract);
	if (result) {
		munmap(memory, (size_t)stat.st_size);
		goto out;
	}
	ports_stay = media->endpoints && shape_equal(&media->shape, &contract.header->shape);
	segment_leave(media, ports_stay);
	media->contract = contract;
	media->memory = memory;
	media->memory_size = (size_t)stat.st_size;
	media->device = stat.st_dev;
	media->inode = stat.st_ino;
	result = segment_take(media, ports_stay);
	if (result) {
		jf_media_detach(media);
		goto out;
	}
	jf_log(JF_LOG_MEDIA, JF_LOG_NOTICE, NULL,
	       "attached to the dataplane: pid %u, %u workers, %u endpoints",
	       media->contract.header->pid, media->n_workers, media->n_endpoints);
	media->refused = 0;
	return true;
out:
	if (result != -ENOENT && result != -EAGAIN && media->refused != result)
		jf_log(JF_LOG_MEDIA, JF_LOG_ERROR, NULL, "cannot use %s: %s", media->segment,
		       strerror(-result));
	media->refused = result;
	return false;
}

static bool segment_is_new(const struct jf_media *media)
{
	struct stat now;

	if (stat(media->segment, &now))
		return false;
	return !media->memory || now.st_ino != media->inode || now.st_dev != media->device;
}

void jf_media_watch(struct jf_media *media)
{
	struct jf_contract_header *header;
	uint64_t beat_ns;
	bool alive;

	if (!media->memory || media->now_ns - media->looked_ns >= LOOK_EVERY_NS) {
		media->looked_ns = media->now_ns;
		if (segment_is_new(media) && attach_try(media))
			media->fresh = true;
	}
	if (!media->memory)
		return;
	header = media->contract.header;
	beat_ns = atomic_load_explicit(&header->dataplane_beat_ns, memory_order_acquire);
	alive = jf_time_since(beat_ns, media->now_ns) < JF_CONTRACT_STALE_AFTER_NS;
	atomic_store_explicit(&header->control_pid, (uint32_t)getpid(), memory_order_relaxed);
	atomic_store_explicit(&header->control_beat_ns, media->now_ns, memory_order_release);
	if (alive == media->up)
		return;
	media->up = alive;
	jf_log(JF_LOG_MEDIA, alive ? JF_LOG_NOTICE : JF_LOG_ERROR, NULL, "the dataplane is %s",
	       alive ? "up" : "gone: its heart stopped");
	jf_media_emit(media, &(struct jf_media_event){
	                             .type = alive ? JF_MEDIA_BACK : JF_MEDIA_GONE,
	                             .fresh = alive && media->fresh,
	                             .at_ns = media->now_ns,
	                     });
	if (alive)
		media->fresh = false;
}
