// SPDX-License-Identifier: BSD-3-Clause
/* Work that would hold the loop, each piece by a thread of its own. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "jf_loop.h"
#include "jf_loop_priv.h"

struct jf_loop_aside {
	struct jf_loop_aside *next;
	pthread_t thread;
	bool joined;
	jf_loop_post_handler *work, *done;
	void *arg;
};

/* Begun, and not told yet. The loop's thread only. */
static struct jf_loop_aside *asides;

/* In the loop again. */
static void aside_done(void *arg)
{
	struct jf_loop_aside *aside = arg, **link = &asides;
	struct jf_loop_aside was = *aside;

	jf_loop_aside_wait(aside);
	while (*link != aside)
		link = &(*link)->next;
	*link = aside->next;
	free(aside);
	if (was.done)
		was.done(was.arg);
}

static void *aside_run(void *arg)
{
	struct jf_loop_aside *aside = arg;

	aside->work(aside->arg);
	/* Room for the few bytes of a post is what the loop itself can't do without. */
	if (jf_loop_post(aside_done, aside))
		abort();
	return NULL;
}

int jf_loop_aside_start(jf_loop_post_handler *work, jf_loop_post_handler *done, void *arg,
                        struct jf_loop_aside **ret_aside)
{
	struct jf_loop_aside *aside = calloc(1, sizeof(*aside));
	int err;

	if (!aside)
		return -ENOMEM;
	aside->work = work;
	aside->done = done;
	aside->arg = arg;
	err = -pthread_create(&aside->thread, NULL, aside_run, aside);
	if (err) {
		free(aside);
		return err;
	}
	aside->next = asides;
	asides = aside;
	if (ret_aside)
		*ret_aside = aside;
	return 0;
}

void jf_loop_aside_wait(struct jf_loop_aside *aside)
{
	if (aside->joined)
		return;
	pthread_join(aside->thread, NULL);
	aside->joined = true;
}

bool jf_loop_asides_wait(void)
{
	bool any = asides;

	for (struct jf_loop_aside *aside = asides; aside; aside = aside->next)
		jf_loop_aside_wait(aside);
	return any;
}
