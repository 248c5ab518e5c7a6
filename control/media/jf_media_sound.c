// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sounds. Callers know a sound by its place in the table here; the dataplane
 * by an id made from its path, so that a restarted control arrives at the same ids for what is
 * loaded already. Where an id is taken by another file (-EEXIST) the next one is tried; what a
 * control before this one has loaded, and nobody asks for, is unloaded little by little.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jf_log.h"
#include "jf_time.h"

#define TURN_NS     JF_NS_PER_S        /* longer than any list is being made */
#define LEFTOVER_NS (10 * JF_NS_PER_S) /* after an attach: by then calls are adopted */
#define NOBODYS     UINT32_MAX         /* a request whose answer is for no place */

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
		if (media->sounds[i].path && media->sounds[i].id == id)
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

/* ---- Places ---------------------------------------------------------------------------------- */

static void place_free(struct jf_media_sound *sound)
{
	free(sound->path);
	*sound = (struct jf_media_sound){.use = sound->use};
}

/* The dataplane is to let go of it: its id is free with that command, as commands go in order. */
static void unload(struct jf_media *media, struct jf_media_sound *sound)
{
	if (sound->state == JF_MEDIA_SOUND_NEW) { /* it never heard of it */
		place_free(sound);
		return;
	}
	sound->state = JF_MEDIA_SOUND_LEAVING;
	media->sounds_waiting = true;
}

/* It is not found any more by who asks. */
static bool is_leaving(const struct jf_media_sound *sound)
{
	return sound->state == JF_MEDIA_SOUND_LEAVING;
}

static void let_go(struct jf_media *media, struct jf_media_sound *sound)
{
	sound->unwanted = true;
	if (!sound->listeners && !is_leaving(sound))
		unload(media, sound);
}

/* Those of that file, but for the one with that stamp. */
static void others_let_go(struct jf_media *media, const char *path, uint64_t but)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];

		if (sound->path && sound->stamp != but && !strcmp(sound->path, path))
			let_go(media, sound);
	}
}

/* The one that was asked for longest ago, of those that no list needs, now or in this turn. */
static struct jf_media_sound *place_take_back(struct jf_media *media)
{
	struct jf_media_sound *oldest = NULL;

	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];

		if (!sound->listeners && !is_leaving(sound) &&
		    jf_time_since(sound->used_ns, media->now_ns) >= TURN_NS &&
		    (!oldest || sound->used_ns < oldest->used_ns))
			oldest = sound;
	}
	if (oldest)
		unload(media, oldest);
	jf_media_flush(media);
	return oldest && !oldest->path ? oldest : NULL;
}

static struct jf_media_sound *place_find(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_sounds; i++)
		if (!media->sounds[i].path)
			return &media->sounds[i];
	/* One id stays free, so that the search for one ends. */
	if (media->n_sounds + 1 < JF_CONTRACT_SOUNDS_MAX)
		return &media->sounds[media->n_sounds++];
	return place_take_back(media);
}

static struct jf_media_sound *sound_find(struct jf_media *media, const char *path, uint64_t stamp)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];

		if (sound->path && sound->stamp == stamp && !is_leaving(sound) &&
		    !strcmp(sound->path, path))
			return sound;
	}
	return NULL;
}

int jf_media_sound(struct jf_media *media, const char *path, uint16_t *ret_sound)
{
	struct jf_media_sound *sound;
	struct stat file;
	char *copy;
	uint64_t stamp;

	if (strlen(path) >= JF_CONTRACT_PATH_MAX)
		return -ENAMETOOLONG;
	if (stat(path, &file)) {
		int err = -errno;

		if (err == -ENOENT)
			jf_media_sound_forget(media, path);
		return err;
	}
	stamp = stamp_make(path, &file);
	sound = sound_find(media, path, stamp);
	if (!sound) {
		others_let_go(media, path, stamp);
		copy = strdup(path);
		sound = copy ? place_find(media) : NULL;
		if (!sound) {
			free(copy);
			return copy ? -ENOSPC : -ENOMEM;
		}
		*sound = (struct jf_media_sound){
		        .path = copy,
		        .stamp = stamp,
		        .use = (uint16_t)(sound->use + 1),
		        .id = id_next(media, (uint32_t)(stamp % JF_CONTRACT_SOUNDS_MAX)),
		        .state = JF_MEDIA_SOUND_NEW,
		};
		media->sounds_waiting = true;
	}
	sound->used_ns = media->now_ns;
	sound->unwanted = false;
	*ret_sound = (uint16_t)(sound - media->sounds);
	jf_media_flush(media);
	return 0;
}

void jf_media_sound_forget(struct jf_media *media, const char *path)
{
	others_let_go(media, path, 0);
	jf_media_flush(media);
}

size_t jf_media_sounds(const struct jf_media *media, struct jf_media_sound_info *ret_list,
                       size_t room)
{
	size_t count = 0;

	for (uint32_t i = 0; i < media->n_sounds && count < room; i++) {
		const struct jf_media_sound *sound = &media->sounds[i];

		if (!sound->path || is_leaving(sound))
			continue;
		ret_list[count++] = (struct jf_media_sound_info){
		        .path = sound->path,
		        .sound = (uint16_t)i,
		        .loaded = sound->state == JF_MEDIA_SOUND_LOADED,
		        .error = sound->error,
		};
	}
	return count;
}

void jf_media_sounds_destroy(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_sounds; i++)
		free(media->sounds[i].path);
}

/* ---- Who hears them -------------------------------------------------------------------------- */

void jf_media_sounds_hold(struct jf_media *media, const struct jf_media_playlist *list)
{
	for (uint8_t i = 0; i < list->count; i++)
		media->sounds[list->sounds[i]].listeners++;
}

void jf_media_sounds_release(struct jf_media *media, const struct jf_media_playlist *list)
{
	for (uint8_t i = 0; i < list->count; i++) {
		struct jf_media_sound *sound = &media->sounds[list->sounds[i]];

		sound->listeners--;
		sound->used_ns = media->now_ns;
		if (sound->unwanted)
			let_go(media, sound);
	}
}

/* One id a poll, for others may wait behind it; and none while sounds play that an earlier control
 * asked for. */
static void leftover_unload(struct jf_media *media)
{
	struct jf_command command = {.type = JF_COMMAND_SOUND, .request = NOBODYS};

	while (media->leftover_id < JF_CONTRACT_SOUNDS_MAX &&
	       id_is_taken(media, (uint16_t)media->leftover_id))
		media->leftover_id++;
	command.sound.sound = media->leftover_id;
	if (media->leftover_id < JF_CONTRACT_SOUNDS_MAX &&
	    !jf_contract_post(&media->contract, media->n_workers, &command))
		media->leftover_id++;
}

static bool leftovers_play(struct jf_media *media)
{
	JF_LIST_FOR(link, &media->active)
	{
		if (JF_CONTAINER(link, struct jf_media_endpoint, active)->hears ==
		    JF_MEDIA_HEARS_AS_FOUND)
			return true;
	}
	return false;
}

static void idle_unload(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];

		if (sound->path && !sound->listeners && !is_leaving(sound) &&
		    jf_time_since(sound->used_ns, media->now_ns) >= JF_MEDIA_SOUND_IDLE_NS)
			unload(media, sound);
	}
}

void jf_media_sounds_tend(struct jf_media *media)
{
	bool has_leftovers = media->up && media->leftover_id < JF_CONTRACT_SOUNDS_MAX &&
	                     media->now_ns >= media->leftover_ns;

	if (jf_time_since(media->tended_ns, media->now_ns) >= JF_NS_PER_S) {
		media->tended_ns = media->now_ns;
		media->leftovers_play = has_leftovers && leftovers_play(media);
		idle_unload(media);
	}
	if (has_leftovers && !media->leftovers_play)
		leftover_unload(media);
}

/* ---- The dataplane --------------------------------------------------------------------------- */

void jf_media_sounds_again(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];

		if (is_leaving(sound))
			place_free(sound);
		if (!sound->path)
			continue;
		sound->state = JF_MEDIA_SOUND_NEW;
		sound->error = 0;
		sound->tries = 0;
		media->sounds_waiting = true;
	}
	media->leftover_id = 0;
	media->leftover_ns = media->now_ns + LEFTOVER_NS;
}

void jf_media_sounds_flush(struct jf_media *media)
{
	if (!media->sounds_waiting)
		return;
	for (uint32_t i = 0; i < media->n_sounds; i++) {
		struct jf_media_sound *sound = &media->sounds[i];
		struct jf_command command = {.type = JF_COMMAND_SOUND, .request = NOBODYS};

		if (sound->state != JF_MEDIA_SOUND_NEW && !is_leaving(sound))
			continue;
		command.sound.sound = sound->id;
		if (!is_leaving(sound)) {
			command.request = (uint32_t)sound->use << 16 | i;
			memcpy(command.sound.path, sound->path, strlen(sound->path) + 1);
		}
		if (jf_contract_post(&media->contract, media->n_workers, &command))
			return;
		if (is_leaving(sound))
			place_free(sound);
		else
			sound->state = JF_MEDIA_SOUND_SENT;
	}
	media->sounds_waiting = false;
}

void jf_media_sound_answer(struct jf_media *media, const struct jf_answer *answer)
{
	uint32_t place = answer->request & UINT16_MAX;
	struct jf_media_sound *sound;

	if (place >= media->n_sounds)
		return;
	sound = &media->sounds[place];
	if (sound->state != JF_MEDIA_SOUND_SENT || sound->use != answer->request >> 16)
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
