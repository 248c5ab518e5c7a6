/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From blocks to what stands in a WAV file: both sides side by side, G.722 decoded, and for files
 * of samples G.711 decoded and brought to 16,000 a second. Blocks come in the order of the
 * recording, silence between them included: decoders and filters have a state. Pure.
 */
#ifndef JF_RENDER_PRIV_H
#define JF_RENDER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_block_priv.h"
#include "jf_g722.h"
#include "jf_resample.h"

#define JF_RENDER_G711_BYTES   2u /* of a tick */
#define JF_RENDER_LINEAR_BYTES 8u

struct jf_render_side {
	bool has_decoder; /* a G.722 stream is being decoded */
	struct jf_g722_decoder decoder;
	struct jf_resample up;
};

struct jf_render {
	uint8_t law;
	bool is_linear;
	struct jf_render_side sides[2];
};

void jf_render_init(struct jf_render *render, uint8_t law, bool is_linear);

/* Bytes of a tick in the file. */
static inline uint32_t jf_render_bytes(const struct jf_render *render)
{
	return render->is_linear ? JF_RENDER_LINEAR_BYTES : JF_RENDER_G711_BYTES;
}

/* The first ticks of a block, at most JF_BLOCK_TICKS; NULL: silence. */
void jf_render_block(struct jf_render *render, const struct jf_block *block, uint32_t ticks,
                     uint8_t *ret_bytes);

#endif
