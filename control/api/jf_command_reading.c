// SPDX-License-Identifier: BSD-3-Clause
/* A directory of 21,000 agents is a line of 2.5 MB: 30 ms that calls would wait. */
#include "jf_command_socket_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_loop.h"

struct jf_command_reading {
	char *line;
	size_t length;
	int result;
	struct jf_request request;
	struct jf_protocol_error error;
	jf_command_read *read; /* NULL: nobody waits */
	void *arg;
};

static void reading_work(void *arg)
{
	struct jf_command_reading *reading = arg;

	reading->result = jf_request_parse(reading->line, reading->length, &reading->request,
	                                   &reading->error);
	/* It may hold passwords. */
	explicit_bzero(reading->line, reading->length);
	free(reading->line);
}

static void reading_done(void *arg)
{
	struct jf_command_reading *reading = arg;

	if (reading->read)
		reading->read(reading->result ? NULL : &reading->request, &reading->error,
		              reading->arg);
	if (!reading->result)
		jf_request_clear(&reading->request);
	free(reading);
}

int jf_command_reading_start(char *line, size_t length, jf_command_read *read, void *arg,
                             struct jf_command_reading **ret_reading)
{
	struct jf_command_reading *reading = calloc(1, sizeof(*reading));
	int err;

	if (!reading)
		return -ENOMEM;
	reading->line = line;
	reading->length = length;
	reading->read = read;
	reading->arg = arg;
	err = jf_loop_aside_start(reading_work, reading_done, reading, NULL);
	if (err)
		free(reading);
	else
		*ret_reading = reading;
	return err;
}

void jf_command_reading_drop(struct jf_command_reading *reading)
{
	if (reading)
		reading->read = NULL;
}
