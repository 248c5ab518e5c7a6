/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sounds that workers play: prompts, music, ringback, each under the id that control gave it.
 *
 * The service thread loads a WAV file (mono, or the left channel of two, which of a recording is
 * the caller; 8 kHz in PCM 16 bit, mu-law or A-law, or 16 kHz in PCM) into three arrays, one for
 * each law and one for G.722, so that a worker copies payload bytes and computes nothing. All are
 * padded with silence to whole 20 ms packets of 160 bytes. A sound is published with release and
 * never changes. A worker that has seen it (jf_sounds_get, acquire) may keep the pointer until the
 * end of its poll: when a sound is unloaded its memory is given back once every worker has begun
 * another poll since (jf_sounds_reclaim), so a worker asks again in each.
 */
#ifndef JF_SOUND_H
#define JF_SOUND_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_contract.h"

#define JF_SOUND_PACKET_SAMPLES 160u
#define JF_SOUND_SECONDS_MAX    600u

struct jf_sound {
	uint32_t samples;    /* at 8,000 Hz, before padding */
	uint32_t packets;    /* of JF_SOUND_PACKET_SAMPLES; at least 1 */
	const uint8_t *pcmu; /* packets * JF_SOUND_PACKET_SAMPLES bytes */
	const uint8_t *pcma;
	const uint8_t *g722;
	struct jf_sound *retired; /* the next one that is given back with it; service thread */
};

struct jf_sounds {
	_Atomic(const struct jf_sound *) by_id[JF_CONTRACT_SOUNDS_MAX]; /* writer: service thread */
	/* Service thread. Unloaded ones: those the workers may still be at, and those since. */
	struct jf_sound *leaving, *unloaded;
	uint64_t polls[JF_CONTRACT_WORKERS_MAX]; /* of each worker when leaving became what it is */
};

/* 0 or -ENOMEM. */
int jf_sounds_create(struct jf_sounds **ret_sounds);
void jf_sounds_destroy(struct jf_sounds *sounds);

/*
 * Service thread. Loading the same file under the same id again does no harm (0). Else:
 *   -EINVAL   id out of range, path not absolute, not a WAV file, or one without samples
 *   -EEXIST   the id stands for other sound already
 *   -ENOTSUP  sample rate or coding
 *   -EFBIG    longer than JF_SOUND_SECONDS_MAX
 *   -ENOENT, -EACCES, -EIO, ... of the file system; -ENOMEM
 */
int jf_sounds_load(struct jf_sounds *sounds, uint32_t id, const char *path);

/*
 * Service thread. The id stands for nothing any more, and may be loaded anew; whether it stood for
 * something or not. -EINVAL: out of range.
 */
int jf_sounds_unload(struct jf_sounds *sounds, uint32_t id);

/* Service thread, now and then. Gives back what was unloaded and no worker can be at any more. */
void jf_sounds_reclaim(struct jf_sounds *sounds, const struct jf_worker_counters *workers,
                       uint32_t n_workers);

/* Worker. NULL: no such sound (also for an id out of range). */
static inline const struct jf_sound *jf_sounds_get(const struct jf_sounds *sounds, uint32_t id)
{
	if (id >= JF_CONTRACT_SOUNDS_MAX)
		return NULL;
	/* Pairs with the release in jf_sounds_load. */
	return atomic_load_explicit(&sounds->by_id[id], memory_order_acquire);
}

/* The array of a codec that is sound (jf_codec_is_sound). */
static inline const uint8_t *jf_sound_payload(const struct jf_sound *sound, uint8_t codec)
{
	return codec == JF_CODEC_G722   ? sound->g722
	       : codec == JF_CODEC_PCMA ? sound->pcma
	                                : sound->pcmu;
}

/* An octet of silence. */
static inline uint8_t jf_sound_silence(uint8_t codec)
{
	return codec == JF_CODEC_G722 ? 0xfb : codec == JF_CODEC_PCMA ? 0xd5 : 0xff;
}

#endif
