// SPDX-License-Identifier: BSD-3-Clause
/* An endpoint's SRTP keys: from when on nothing is taken from the party or sent to it in plain. */
#include <errno.h>

#include "command_priv.h"

void jf_command_forget_keys(struct jf_path *path, uint32_t index)
{
	struct jf_leg_keys *keys = path->keys ? &path->keys[index] : NULL;

	if (!keys || keys->suite == JF_SRTP_NONE)
		return;
	jf_srtp_close(path->srtp, keys->rx);
	jf_srtp_close(path->srtp, keys->tx);
	*keys = (struct jf_leg_keys){0};
}

static int go_on(struct jf_path *path, uint32_t rx, const struct jf_command_keys *command)
{
	const struct jf_srtp_position position = {
	        .index = (uint64_t)command->rx_roc << 16 | command->rx_sequence,
	        .ssrc = command->rx_ssrc,
	};

	return command->goes_on ? jf_srtp_position_set(path->srtp, rx, &position) : 0;
}

static int first_keys(struct jf_path *path, struct jf_leg_keys *keys,
                      const struct jf_command_keys *command)
{
	uint32_t rx, tx;
	int result = jf_srtp_open(path->srtp, JF_SRTP_RX, command->suite, command->rx, &rx);

	if (result)
		return result;
	result = go_on(path, rx, command);
	if (!result)
		result = jf_srtp_open(path->srtp, JF_SRTP_TX, command->suite, command->tx, &tx);
	if (result) {
		jf_srtp_close(path->srtp, rx);
		return result;
	}
	keys->rx = rx;
	keys->tx = tx;
	return 0;
}

/* A direction whose key is the same as before goes on as if nothing had been said. */
static int other_keys(struct jf_path *path, const struct jf_leg_keys *keys,
                      const struct jf_command_keys *command)
{
	int result = jf_srtp_rekey(path->srtp, keys->rx, command->suite, command->rx, path->now_ns);

	if (result)
		return result;
	return jf_srtp_rekey(path->srtp, keys->tx, command->suite, command->tx, path->now_ns);
}

int jf_command_keys(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_keys *said = &command->keys;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_leg_keys *keys;
	int result = 0;

	if (said->suite >= JF_SRTP_SUITE_COUNT)
		return -EINVAL;
	if (!path->srtp)
		return said->suite == JF_SRTP_NONE ? 0 : -ENOTSUP;
	keys = &path->keys[index];
	if (said->suite == JF_SRTP_NONE)
		jf_command_forget_keys(path, index);
	else if (keys->suite == JF_SRTP_NONE)
		result = first_keys(path, keys, said);
	else if (keys->keys_id == said->keys_id && keys->suite == said->suite)
		return 0;
	else
		result = other_keys(path, keys, said);
	if (result)
		return result;
	keys->keys_id = said->keys_id;
	keys->suite = said->suite;
	endpoint->flags &= ~JF_ENDPOINT_SRTP;
	endpoint->flags |= said->suite == JF_SRTP_NONE ? 0 : JF_ENDPOINT_SRTP;
	jf_path_way_changed(path, index);
	jf_path_publish(path, index);
	return 0;
}
