// SPDX-License-Identifier: BSD-3-Clause
/* What is spoken in pieces: names of prompts to the sounds of a folder. */
#include "jf_media.h"

#include <errno.h>
#include <stdio.h>

#include "jf_prompt.h"

#define PATH_SIZE 256u /* longer than jf_media_sound takes */

int jf_media_say(struct jf_media *media, const char *folder, const struct jf_prompt_list *words,
                 struct jf_media_playlist *list)
{
	uint8_t before = list->count;

	if (before + words->count > JF_MEDIA_PLAYLIST_MAX)
		return -ENOSPC;
	for (uint32_t i = 0; i < words->count; i++) {
		char path[PATH_SIZE];
		int result = -ENAMETOOLONG;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s.wav", folder, words->names[i]) <
		    sizeof(path))
			result = jf_media_sound(media, path, &list->sounds[list->count]);
		if (result) {
			list->count = before;
			return result;
		}
		list->count++;
	}
	return 0;
}
