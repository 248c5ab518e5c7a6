// SPDX-License-Identifier: BSD-3-Clause
/* Who hears whom. */
#include <errno.h>

#include "command_priv.h"

#define GAIN_MIN_DB (-60)
#define GAIN_MAX_DB 12

static int check_source(const struct jf_path *path, const struct jf_command *command, uint8_t i)
{
	const struct jf_command_mix *mix = &command->mix;
	int result = jf_command_find_open(path, &mix->sources[i]);

	if (result)
		return result;
	if (mix->sources[i].index == command->endpoint.index)
		return -EINVAL; /* its own echo */
	if (mix->gain_db[i] < GAIN_MIN_DB || mix->gain_db[i] > GAIN_MAX_DB)
		return -EINVAL;
	for (uint8_t before = 0; before < i; before++)
		if (mix->sources[before].index == mix->sources[i].index)
			return -EINVAL;
	return jf_codec_is_sound(path->parties[mix->sources[i].index].codec) ? 0 : -ENOTSUP;
}

int jf_command_mix(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_mix *mix = &command->mix;

	if (mix->count > JF_CONTRACT_MIX_MAX)
		return -EINVAL;
	if (!jf_codec_is_sound(path->parties[command->endpoint.index].codec))
		return -ENOTSUP;
	for (uint8_t i = 0; i < mix->count; i++) {
		int result = check_source(path, command, i);

		if (result)
			return result;
	}
	return jf_path_hear_mix(path, command->endpoint.index, mix);
}
