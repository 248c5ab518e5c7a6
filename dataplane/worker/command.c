// SPDX-License-Identifier: BSD-3-Clause
/* Which command is carried out where, what all of them need, and the ring they come from. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "command_priv.h"

struct row {
	int (*execute)(struct jf_path *path, const struct jf_command *command);
	bool needs_open; /* its endpoint must be open, and of its generation */
};

/* What is missing here is refused: SOUND is for the service thread. */
static const struct row rows[JF_COMMAND_COUNT] = {
        [JF_COMMAND_OPEN] = {jf_command_open, false},
        [JF_COMMAND_REMOTE] = {jf_command_remote, true},
        [JF_COMMAND_KEYS] = {jf_command_keys, true},
        [JF_COMMAND_JOIN] = {jf_command_join, true},
        [JF_COMMAND_PLAY] = {jf_command_play, true},
        [JF_COMMAND_MIX] = {jf_command_mix, true},
        [JF_COMMAND_DIGITS] = {jf_command_digits, true},
        [JF_COMMAND_MASK] = {jf_command_mask, true},
        [JF_COMMAND_KEYFRAME] = {jf_command_keyframe, true},
        [JF_COMMAND_TAP] = {jf_command_tap, true},
        [JF_COMMAND_RECORD] = {jf_command_record, false},
        [JF_COMMAND_RECORD_END] = {jf_command_record_end, false},
        [JF_COMMAND_CLOSE] = {jf_command_close, false},
};

int jf_command_find_open(const struct jf_path *path, const struct jf_endpoint_ref *ref)
{
	uint32_t known;

	if (!jf_command_is_mine(path, ref->index) || ref->generation == 0)
		return -EINVAL;
	known = path->slots[ref->index].identity.generation;
	if (ref->generation == known)
		return path->parties[ref->index].open ? 0 : -ESTALE;
	return known && !jf_command_is_newer(ref->generation, known) ? -ESTALE : -ENOENT;
}

int jf_command_execute(struct jf_path *path, const struct jf_command *command)
{
	const struct row *row;
	int result = 0;

	if (command->type >= JF_COMMAND_COUNT || !rows[command->type].execute)
		return -EINVAL;
	row = &rows[command->type];
	if (row->needs_open)
		result = jf_command_find_open(path, &command->endpoint);
	return result ? result : row->execute(path, command);
}

uint32_t jf_command_poll(struct jf_path *path, uint32_t most)
{
	struct jf_command command;
	uint32_t n = 0;

	while (n < most && jf_contract_take_command(path->contract, path->worker, &command) == 0) {
		const struct jf_answer answer = {
		        .request = command.request,
		        .type = command.type,
		        .endpoint = command.endpoint,
		        .result = jf_command_execute(path, &command),
		};

		/* Control posts no more than there is room for answers. */
		if (jf_contract_answer(path->contract, path->worker, &answer))
			path->counters->invariants++;
		if (command.type == JF_COMMAND_KEYS)
			explicit_bzero(&command, sizeof(command));
		n++;
	}
	return n;
}
