// SPDX-License-Identifier: BSD-3-Clause
/* What a party hears. */
#include <errno.h>

#include "command_priv.h"

int jf_command_join(struct jf_path *path, const struct jf_command *command)
{
	int result = jf_command_find_open(path, &command->join.source);

	if (result == 0)
		result =
		        jf_path_can_hear(path, command->endpoint.index, command->join.source.index);
	if (result == 0)
		jf_path_hear_endpoint(path, command->endpoint.index, command->join.source.index);
	return result;
}

int jf_command_play(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_play *play = &command->play;
	uint32_t index = command->endpoint.index;
	struct jf_party *party;
	struct jf_player list = {.count = play->sound_count,
	                         .loop_last = play->flags & JF_PLAY_LOOP_LAST};

	if (play->sound_count > JF_CONTRACT_PLAYLIST_MAX || play->flags & ~JF_PLAY_LOOP_LAST)
		return -EINVAL;
	for (uint32_t i = 0; i < list.count; i++) {
		list.sounds[i] = play->sounds[i];
		if (!jf_sounds_get(path->sounds, play->sounds[i]))
			return -ENOENT;
	}
	party = &path->parties[index];
	if (party->play_id == play->play_id && (party->hears == JF_HEARS_SOUND || party->play_done))
		return 0;
	party->play_id = play->play_id;
	if (list.count)
		jf_path_hear_sounds(path, index, &list);
	else
		jf_path_hear_nothing(path, index);
	return 0;
}
