// SPDX-License-Identifier: BSD-3-Clause
/* Recordings, and what goes to them. */
#include <errno.h>

#include "command_priv.h"

int jf_command_tap(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_tap *tap = &command->tap;
	uint32_t index = command->endpoint.index;

	if (tap->side > JF_SIDE_AGENT)
		return -EINVAL;
	if (tap->recording.index == JF_CONTRACT_NONE) {
		path->endpoints[index].flags &= ~JF_ENDPOINT_TAP;
	} else if (jf_tap_is_open(path->tap, tap->recording)) {
		path->endpoints[index].flags |= JF_ENDPOINT_TAP;
	} else {
		return -ENOENT;
	}
	path->slots[index].track.tap = tap->recording;
	path->slots[index].track.tap_side = tap->side;
	path->slots[index].track.tap_packets =
	        tap->recording.index != JF_CONTRACT_NONE &&
	        jf_tap_format(path->tap, tap->recording) == JF_RECORD_PACKETS;
	jf_path_publish(path, index);
	return 0;
}

int jf_command_record(struct jf_path *path, const struct jf_command *command)
{
	return jf_tap_record(path->tap, &command->record, path->now_ns);
}

int jf_command_record_end(struct jf_path *path, const struct jf_command *command)
{
	return jf_tap_record_end(path->tap, command->record_end.recording, path->now_ns);
}
