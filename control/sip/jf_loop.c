// SPDX-License-Identifier: BSD-3-Clause
#include "jf_loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <re/re.h>

#include "jf_loop_priv.h"
#include "jf_time.h"

#define FDS_MAX 65536

_Static_assert(JF_LOOP_READ == FD_READ && JF_LOOP_WRITE == FD_WRITE && JF_LOOP_EXCEPT == FD_EXCEPT,
               "events are the library's flags");

struct watch {
	jf_loop_fd_handler *handler;
	void *arg;
	int fd;
	unsigned events;
};

struct post {
	struct post *next;
	jf_loop_post_handler *handler;
	void *arg;
};

static struct {
	bool ready;
	int fds_max;
	struct watch **watches; /* by fd, made at first use */
	int wake_fd;
	pthread_mutex_t lock; /* guards first and last: written by any thread */
	struct post *first;
	struct post *last;
} loop = {.wake_fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

uint64_t jf_loop_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* --- work posted by other threads --- */

static void run_posts(void)
{
	struct post *post;

	pthread_mutex_lock(&loop.lock);
	post = loop.first;
	loop.first = loop.last = NULL;
	pthread_mutex_unlock(&loop.lock);
	while (post) {
		struct post *next = post->next;

		post->handler(post->arg);
		free(post);
		post = next;
	}
}

static void wake_handler(unsigned events, void *arg)
{
	uint64_t count;

	(void)events;
	(void)arg;
	(void)!read(loop.wake_fd, &count, sizeof(count));
	run_posts();
}

void jf_loop_again(void)
{
	static const uint64_t one = 1;

	/* Fails only when the counter is full, and then the loop is awake anyway. */
	(void)!write(loop.wake_fd, &one, sizeof(one));
}

int jf_loop_post(jf_loop_post_handler *handler, void *arg)
{
	struct post *post = malloc(sizeof(*post));

	if (!post)
		return -ENOMEM;
	*post = (struct post){.handler = handler, .arg = arg};
	pthread_mutex_lock(&loop.lock);
	if (loop.last)
		loop.last->next = post;
	else
		loop.first = post;
	loop.last = post;
	pthread_mutex_unlock(&loop.lock);
	jf_loop_again();
	return 0;
}

/* --- file descriptors --- */

static void fd_event(int flags, void *arg)
{
	struct watch *watch = arg;

	jf_loop_turn_begin();
	jf_loop_part(JF_LOOP_OTHER);
	if (watch->events)
		watch->handler((unsigned)flags, watch->arg);
}

int jf_loop_fd_watch(int fd, unsigned events, jf_loop_fd_handler *handler, void *arg)
{
	struct watch *watch;
	int err;

	if (!events) {
		jf_loop_fd_unwatch(fd);
		return 0;
	}
	if (fd < 0)
		return -EBADF;
	if (fd >= loop.fds_max)
		return -EMFILE;
	if (!loop.watches[fd]) {
		loop.watches[fd] = calloc(1, sizeof(*watch));
		if (!loop.watches[fd])
			return -ENOMEM;
	}
	watch = loop.watches[fd];
	*watch = (struct watch){.handler = handler, .arg = arg, .fd = fd, .events = events};
	/* With JF_LOOP_EXCEPT alone too: no flags at all would end the watch. */
	err = fd_listen(fd, (int)events, fd_event, watch);
	if (err)
		watch->events = 0;
	return -err;
}

void jf_loop_fd_unwatch(int fd)
{
	if (fd < 0 || fd >= loop.fds_max || !loop.watches[fd] || !loop.watches[fd]->events)
		return;
	loop.watches[fd]->events = 0;
	fd_close(fd);
}

/* --- timers --- */

void jf_loop_timer_start(struct jf_loop_timer *timer, uint64_t delay_ms,
                         jf_loop_timer_handler *handler, void *arg)
{
	tmr_start((struct tmr *)timer, delay_ms, handler, arg);
}

void jf_loop_timer_cancel(struct jf_loop_timer *timer)
{
	tmr_cancel((struct tmr *)timer);
}

bool jf_loop_timer_running(const struct jf_loop_timer *timer)
{
	return tmr_isrunning((const struct tmr *)timer);
}

uint64_t jf_loop_timer_left_ms(const struct jf_loop_timer *timer)
{
	return tmr_get_expire((const struct tmr *)timer);
}

/* --- life --- */

static int fds_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > FDS_MAX)
		return FDS_MAX;
	return (int)limit.rlim_cur;
}

int jf_loop_init(int fds_max)
{
	int err;

	if (loop.ready)
		return -EALREADY;
	loop.fds_max = fds_max > 0 ? fds_max : fds_limit();
	loop.watches = calloc((size_t)loop.fds_max, sizeof(*loop.watches));
	if (!loop.watches)
		return -ENOMEM;
	err = -libre_init();
	if (!err)
		err = -fd_setsize(loop.fds_max);
	if (!err)
		err = -poll_method_set(METHOD_EPOLL);
	if (!err) {
		loop.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (loop.wake_fd < 0)
			err = -errno;
	}
	if (!err)
		err = jf_loop_fd_watch(loop.wake_fd, JF_LOOP_READ, wake_handler, NULL);
	loop.ready = true;
	if (err)
		jf_loop_close();
	return err;
}

int jf_loop_run(void)
{
	return -re_main(NULL);
}

void jf_loop_stop(void)
{
	re_cancel();
}

void jf_loop_close(void)
{
	if (!loop.ready)
		return;
	do
		run_posts(); /* which may put more aside */
	while (jf_loop_asides_wait());
	if (loop.wake_fd >= 0) {
		jf_loop_fd_unwatch(loop.wake_fd);
		close(loop.wake_fd);
		loop.wake_fd = -1;
	}
	for (int fd = 0; fd < loop.fds_max; fd++) {
		jf_loop_fd_unwatch(fd);
		free(loop.watches[fd]);
	}
	free(loop.watches);
	loop.watches = NULL;
	loop.fds_max = 0;
	libre_close();
	jf_timer_close();
	jf_random_close();
	jf_loop_turns_forget();
	loop.ready = false;
}
