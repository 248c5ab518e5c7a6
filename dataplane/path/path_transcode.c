// SPDX-License-Identifier: BSD-3-Clause
/*
 * Payloads from one codec to another, for packets on their way from a source to a listener. Touches
 * both parties for their codecs, and one state of the pool.
 */
#include "jf_transcoders.h"

#include <errno.h>
#include <rte_malloc.h>

#include "jf_g711.h"
#include "jf_path.h"
#include "jf_transcode.h"

struct transcoder {
	struct jf_transcode state;
	uint16_t next; /* of those that are free */
};

/* Named by their place plus one; 0 is none. */
struct jf_transcoders {
	struct transcoder *all;
	uint16_t free;
};

uint64_t jf_transcoders_bytes(void)
{
	return sizeof(struct transcoder);
}

int jf_transcoders_create(uint32_t count, struct jf_transcoders **ret_transcoders)
{
	struct jf_transcoders *transcoders =
	        rte_zmalloc("jf_transcoders", sizeof(*transcoders), 64);

	if (!transcoders)
		return -ENOMEM;
	if (count > JF_TRANSCODERS_MAX)
		count = JF_TRANSCODERS_MAX;
	transcoders->all = rte_zmalloc("jf_transcoder", count * sizeof(*transcoders->all), 64);
	if (count && !transcoders->all) {
		rte_free(transcoders);
		return -ENOMEM;
	}
	for (uint32_t i = count; i > 0; i--) {
		transcoders->all[i - 1].next = transcoders->free;
		transcoders->free = (uint16_t)i;
	}
	*ret_transcoders = transcoders;
	return 0;
}

void jf_transcoders_destroy(struct jf_transcoders *transcoders)
{
	if (!transcoders)
		return;
	rte_free(transcoders->all);
	rte_free(transcoders);
}

int jf_transcoders_need(struct jf_transcoders *transcoders, enum jf_codec from, enum jf_codec to,
                        uint16_t *handle)
{
	struct transcoder *transcoder;

	if (!jf_transcode_has_state(from, to)) {
		jf_transcoders_release(transcoders, handle);
		return 0;
	}
	if (*handle == 0) {
		if (!transcoders || transcoders->free == 0)
			return -ENOSPC;
		*handle = transcoders->free;
		transcoder = &transcoders->all[*handle - 1];
		transcoders->free = transcoder->next;
	} else {
		transcoder = &transcoders->all[*handle - 1];
		if (transcoder->state.from == from && transcoder->state.to == to)
			return 0;
	}
	jf_transcode_init(&transcoder->state, from, to);
	return 0;
}

bool jf_transcoders_are_free(const struct jf_transcoders *transcoders)
{
	return transcoders && transcoders->free;
}

void jf_transcoders_release(struct jf_transcoders *transcoders, uint16_t *handle)
{
	if (*handle == 0)
		return;
	transcoders->all[*handle - 1].next = transcoders->free;
	transcoders->free = *handle;
	*handle = 0;
}

void jf_transcoders_run(struct jf_transcoders *transcoders, uint16_t handle, enum jf_codec from,
                        enum jf_codec to, uint8_t *octets, uint32_t n)
{
	if (handle)
		jf_transcode_run(&transcoders->all[handle - 1].state, octets, n);
	else if (jf_codec_is_g711(from) && jf_codec_is_g711(to))
		jf_g711_convert_block((enum jf_law)from, (enum jf_law)to, octets, n, octets);
}

void jf_path_transcode(struct jf_path *path, struct jf_packet *packet)
{
	const struct jf_party *source = &path->parties[packet->index];
	const struct jf_party *listener = &path->parties[packet->endpoint->listener];

	jf_transcoders_run(path->transcoders, source->transcoder, source->codec, listener->codec,
	                   packet->udp + packet->rtp.payload_offset, packet->rtp.payload_length);
}
