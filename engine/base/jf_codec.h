/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The codecs of audio as both planes number them. G.711 and G.722 the engine can decode, encode,
 * mix and record as sound; anything else passes from one party to another as it came.
 *
 * All three have an RTP clock of 8,000 Hz and one octet for each of its ticks, G.722 although it
 * samples at 16,000 Hz (RFC 3551 section 4.5.2): so a packet of one becomes a packet of another
 * without a change of its length.
 */
#ifndef JF_CODEC_H
#define JF_CODEC_H

#include <stdbool.h>

#include "jf_law.h"

enum jf_codec {
	JF_CODEC_PCMU = JF_LAW_PCMU, /* numbered as their static payload types (RFC 3551) */
	JF_CODEC_PCMA = JF_LAW_PCMA,
	JF_CODEC_G722 = 9,
	JF_CODEC_OTHER = 255, /* opaque: Opus, G.729, video */
};

static inline const char *jf_codec_name(enum jf_codec codec)
{
	switch (codec) {
	case JF_CODEC_PCMU:
		return "PCMU";
	case JF_CODEC_PCMA:
		return "PCMA";
	case JF_CODEC_G722:
		return "G722";
	default:
		return "other";
	}
}

static inline bool jf_codec_is_g711(enum jf_codec codec)
{
	return codec == JF_CODEC_PCMU || codec == JF_CODEC_PCMA;
}

static inline bool jf_codec_is_sound(enum jf_codec codec)
{
	return jf_codec_is_g711(codec) || codec == JF_CODEC_G722;
}

#endif
