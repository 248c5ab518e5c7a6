// SPDX-License-Identifier: BSD-3-Clause
/* Key presses that a party is sent, and those that nobody hears. */
#include <errno.h>

#include "command_priv.h"

#define SHORTEST_MS 40u /* tone and pause: what any receiver takes (ITU-T Q.24) */
#define LONGEST_MS  5000u

static bool is_length(uint16_t ms)
{
	return ms >= SHORTEST_MS && ms <= LONGEST_MS;
}

int jf_command_digits(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_digits *digits = &command->digits;

	if (digits->digits_id == 0 || digits->count == 0 ||
	    digits->count > JF_CONTRACT_SEND_DIGITS || !is_length(digits->duration_ms) ||
	    !is_length(digits->pause_ms))
		return -EINVAL;
	for (uint8_t i = 0; i < digits->count; i++)
		if (digits->events[i] > JF_TELEV_EVENT_MAX)
			return -EINVAL;
	return jf_path_digits_send(path, command->endpoint.index, digits);
}

int jf_command_mask(struct jf_path *path, const struct jf_command *command)
{
	uint32_t index = command->endpoint.index;
	int result;

	if (command->mask.on > 1)
		return -EINVAL;
	result = jf_path_digits_set(path, index, command->mask.on);
	if (result == 0)
		jf_path_publish(path, index);
	return result;
}
