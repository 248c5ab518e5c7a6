// SPDX-License-Identifier: BSD-3-Clause
#include "jf_command_socket_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jf_command_buffer_reserve(struct jf_command_buffer *buffer, size_t more)
{
	size_t room = buffer->room ? buffer->room : 4096;
	char *bytes;

	while (room - buffer->length < more)
		room *= 2;
	if (room == buffer->room)
		return 0;
	bytes = realloc(buffer->bytes, room);
	if (!bytes)
		return -ENOMEM;
	buffer->bytes = bytes;
	buffer->room = room;
	return 0;
}

int jf_command_buffer_add(struct jf_command_buffer *buffer, const char *bytes, size_t length)
{
	if (jf_command_buffer_reserve(buffer, length))
		return -ENOMEM;
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
	return 0;
}

int jf_command_buffer_add_line(struct jf_command_buffer *buffer, const char *line, size_t length)
{
	if (jf_command_buffer_reserve(buffer, length + 1))
		return -ENOMEM;
	jf_command_buffer_add(buffer, line, length);
	return jf_command_buffer_add(buffer, "\n", 1);
}

void jf_command_buffer_drop(struct jf_command_buffer *buffer, size_t length)
{
	buffer->length -= length;
	memmove(buffer->bytes, buffer->bytes + length, buffer->length);
}
