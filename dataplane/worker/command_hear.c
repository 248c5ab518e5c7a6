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
	struct jf_party *party = &path->parties[index];

	if (play->sound_count > JF_CONTRACT_PLAYLIST_MAX || play->flags & ~JF_PLAY_LOOP_LAST)
		return -EINVAL;
	if (play->sound_count && !jf_codec_is_sound(party->codec))
		return -ENOTSUP;
	for (uint32_t i = 0; i < play->sound_count; i++)
		if (!jf_sounds_get(path->sounds, play->sounds[i]))
			return -ENOENT;
	if (party->play_id == play->play_id && (party->hears == JF_HEARS_SOUND || party->play_done))
		return 0;
	if (play->sound_count)
		return jf_path_hear_sounds(path, index, play);
	party->play_id = play->play_id;
	jf_path_hear_nothing(path, index);
	return 0;
}

int jf_command_keyframe(struct jf_path *path, const struct jf_command *command)
{
	jf_path_keyframe_want(path, command->endpoint.index);
	return 0;
}
