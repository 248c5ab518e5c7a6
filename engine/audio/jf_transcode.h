/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stream's payloads from one codec to another: PCMU and PCMA by table, G.722 by way of samples
 * at 8,000 Hz. An octet becomes an octet, so neither length nor timestamps change (RFC 3551 section
 * 4.5.2), and it is done in place.
 *
 * Between the two laws no state is needed; with G.722 there is one for each stream and direction.
 * No allocation; may be called by a worker.
 */
#ifndef JF_TRANSCODE_H
#define JF_TRANSCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_codec.h"
#include "jf_g722.h"

struct jf_transcode {
	uint8_t from; /* enum jf_codec; one that is sound */
	uint8_t to;
	union {
		struct jf_g722_decoder decoder; /* from G.722 */
		struct jf_g722_encoder encoder; /* to G.722 */
	};
};

/* Whether payloads of one codec can be made into payloads of the other, and are not already. */
static inline bool jf_transcode_is_possible(enum jf_codec from, enum jf_codec to)
{
	return from != to && jf_codec_is_sound(from) && jf_codec_is_sound(to);
}

/* Whether that takes a struct jf_transcode: else jf_g711_convert_table does it. */
static inline bool jf_transcode_has_state(enum jf_codec from, enum jf_codec to)
{
	return jf_transcode_is_possible(from, to) && (from == JF_CODEC_G722 || to == JF_CODEC_G722);
}

/* Begins a stream. Both codecs are sound. */
void jf_transcode_init(struct jf_transcode *transcode, enum jf_codec from, enum jf_codec to);

/* n octets, in the order in which they were spoken, as far as they came. */
void jf_transcode_run(struct jf_transcode *transcode, uint8_t *octets, size_t n);

#endif
