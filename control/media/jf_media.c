// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_time.h"

#define IDLE_POLL_MS 10u
#define MORE_POLL_MS 0u /* there is more than one poll takes */
#define BUSY_FOR_NS  (200 * JF_NS_PER_MS)

int jf_media_create(const struct jf_media_options *options, uint64_t now_ns,
                    struct jf_media **ret_media)
{
	struct jf_media *media = calloc(1, sizeof(*media));

	if (!media)
		return -ENOMEM;
	media->segment = strdup(options->segment);
	if (!media->segment) {
		free(media);
		return -ENOMEM;
	}
	/*
	 * An index rests for seconds between two uses, so counting from the seconds of wall time
	 * passes whatever an earlier life of control has reached; the slots are asked as well.
	 */
	media->first_generation = (uint32_t)(options->utc_ns / JF_NS_PER_S);
	media->next_play_id = (uint32_t)(options->utc_ns / JF_NS_PER_S);
	media->now_ns = now_ns;
	jf_list_init(&media->active);
	jf_list_init(&media->active_files);
	jf_media_watch(media);
	/* The handler knows nothing of this object yet: events begin with the first poll. */
	media->handler = options->handler;
	media->arg = options->arg;
	*ret_media = media;
	return 0;
}

void jf_media_destroy(struct jf_media *media)
{
	if (!media)
		return;
	jf_media_detach(media);
	JF_LIST_FOR(link, &media->active)
	jf_media_endpoint_strip(JF_CONTAINER(link, struct jf_media_endpoint, active));
	jf_media_sounds_destroy(media);
	for (uint32_t w = 0; w < media->n_workers; w++)
		for (uint32_t a = 0; a < JF_CONTRACT_ADDRESSES_MAX; a++)
			free(media->workers[w].pools[a].ring);
	free(media->file_pool.ring);
	free(media->endpoints);
	free(media->files);
	free(media->deferred);
	free(media->segment);
	free(media);
}

bool jf_media_is_up(const struct jf_media *media)
{
	return media->up;
}

uint32_t jf_media_poll(struct jf_media *media, uint64_t now_ns)
{
	bool drained;

	media->now_ns = now_ns;
	jf_media_watch(media);
	jf_media_load_watch(media);
	jf_media_sounds_tend(media);
	jf_media_flush_full(media);
	drained = jf_media_receive(media);
	/* What the answers and the handler have asked for. */
	jf_media_flush_full(media);
	if (!drained)
		return MORE_POLL_MS;
	return jf_time_since(media->busy_ns, now_ns) < BUSY_FOR_NS ? JF_MEDIA_POLL_MS
	                                                           : IDLE_POLL_MS;
}
