// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sounds. Callers know a sound by its place in the table here, which never changes; the dataplane
 * by an id made from its path, so that a restarted control arrives at the same ids for what is
 * loaded already. Where an id is taken by another file (-EEXIST) the next one is tried.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jf_log.h"

/* FNV-1a, 64 bits: spreads, no secret. */
static uint64_t hash_add(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t stamp_make(const char *path, const struct stat *stat)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = hash_add(hash, path, strlen(path));
	hash = hash_add(hash, &stat->st_size, sizeof(stat->st_size));
	hash = hash_add(hash, &stat->st_mtim.tv_sec, sizeof(stat->st_mtim.tv_sec));
	return hash_add(hash, &stat->st_mtim.tv_nsec, sizeof(stat->st_mtim.tv_nsec));
}

static bool id_is_taken(const struct jf_media *media, uint16_t id)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		if (media->sounds[i].id == id)
			return true;
	}
	return false;
}

static uint16_t id_next(const struct jf_media *media, uint32_t id)
{
	do {
		id = (id + 1) % JF_CONTRACT_SOUNDS_MAX;
	} while (id_is_taken(media, (uint16_t)id));
	return (uint16_t)id;
}

int jf_media_sound(struct jf_media *media, const char *path, uint16_t *ret_sound)
{
	struct jf_media_sound *sound;
	struct stat file;
	uint64_t stamp;

	if (strlen(path) >= JF_CONTRACT_PATH_MAX)
		return -ENAMETOOLONG;
	if (stat(path, &file))
		return -errno;
	stamp = stamp_make(path, &file);
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		if (media->sounds[i].stamp == stamp && !strcmp(media->sounds[i].path, path)) {
			*ret_sound = (uint16_t)i;
			return 0;
		}
	}
	/* One id stays free, so that the search for one ends. */
	if (media->n_sounds + 1 >= JF_CONTRACT_SOUNDS_MAX)
		return -ENOSPC;
	sound = &media->sounds[media->n_sounds];
	*sound = (struct jf_media_sound){.path = strdup(path), .stamp = stamp};
	if (!sound->path)
		return -ENOMEM;
	sound->id = id_next(media, (uint32_t)(stamp % JF_CONTRACT_SOUNDS_MAX));
	*ret_sound = (uint16_t)media->n_sounds++;
	media->sounds_waiting = true;
	jf_media_flush(media);
	return 0;
}

size_t jf_media_sounds(const struct jf_media *media, struct jf_media_sound_info *ret_list,
                       size_t room)
{
	size_t count = media->n_sounds < room ? media->n_sounds : room;

	for (size_t i = 0; i < count; i++) {
		ret_list[i] = (struct jf_media_sound_info){
		        .path = media->sounds[i].path,
		        .sound = (uint16_t)i,
		        .loaded = media->sounds[i].state == JF_MEDIA_SOUND_LOADED,
		        .error = media->sounds[i].error,
		};
	}
	return count;
}

void jf_media_sounds_again(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		media->sounds[i].state = JF_MEDIA_SOUND_NEW;
		media->sounds[i].error = 0;
		media->sounds[i].tries = 0;
	}
	media->sounds_waiting = media->n_sounds != 0;
}

void jf_media_sounds_flush(struct jf_media *media)
{
	if (!media->sounds_waiting)
		return;
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];
		struct jf_command command = {.type = JF_COMMAND_SOUND, .request = i};

		if (sound->state != JF_MEDIA_SOUND_NEW)
			continue;
		command.sound.sound = sound->id;
		memcpy(command.sound.path, sound->path, strlen(sound->path) + 1);
		if (jf_contract_post(&media->contract, media->n_workers, &command))
			return;
		sound->state = JF_MEDIA_SOUND_SENT;
	}
	media->sounds_waiting = false;
}

void jf_media_sound_answer(struct jf_media *media, const struct jf_answer *answer)
{
	struct jf_media_sound *sound;

	if (answer->request >= media->n_sounds)
		return;
	sound = &media->sounds[answer->request];
	if (sound->state != JF_MEDIA_SOUND_SENT)
		return;
	if (answer->result >= 0) {
		sound->state = JF_MEDIA_SOUND_LOADED;
	} else if (answer->result == -EEXIST && sound->tries < UINT8_MAX) {
		sound->tries++;
		sound->id = id_next(media, sound->id);
		sound->state = JF_MEDIA_SOUND_NEW;
		media->sounds_waiting = true;
	} else {
		sound->state = JF_MEDIA_SOUND_FAILED;
		sound->error = answer->result;
		media->refused_commands++;
		jf_log(JF_LOG_MEDIA, JF_LOG_ERROR, NULL, "sound %s cannot be used: %s", sound->path,
		       strerror(-answer->result));
	}
}

int jf_media_list_resolve(const struct jf_media *media, const struct jf_media_playlist *list,
                          struct jf_command_play *ret_play, int *ret_error)
{
	struct jf_command_play play = {.flags = list->loop_last ? JF_PLAY_LOOP_LAST : 0};

	for (uint8_t i = 0; i < list->count; i++) {
		const struct jf_media_sound *sound = &media->sounds[list->sounds[i]];

		if (sound->state == JF_MEDIA_SOUND_FAILED) {
			*ret_error = *ret_error ? *ret_error : sound->error;
			continue;
		}
		if (sound->state != JF_MEDIA_SOUND_LOADED)
			return -EAGAIN;
		play.sounds[play.sound_count++] = sound->id;
	}
	*ret_play = play;
	return play.sound_count ? 0 : -ENOENT;
}
