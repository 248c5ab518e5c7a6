/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event loop of jf-control: one per process, one thread, everything but LMDB's writer runs in
 * it. All functions are for the loop's thread, except jf_loop_post and jf_loop_now_ns.
 *
 * No handler may hold the loop longer than 5 ms: turns that do are counted (jf_loop_stats). Timers
 * stand in a heap (O(log n) to start and to cancel), on CLOCK_MONOTONIC, and fire to the
 * millisecond, never early. The loop is the SIP library's epoll loop; its own timers stand in the
 * same heap (jf_timer.c says how).
 */
#ifndef JF_LOOP_H
#define JF_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define JF_LOOP_READ   1u
#define JF_LOOP_WRITE  2u
#define JF_LOOP_EXCEPT 4u /* error or hang-up; always reported, asked for or not */

/* Turns longer than this are counted as long. */
#define JF_LOOP_TURN_MAX_NS UINT64_C(5000000)

/* What the loop's time goes to. */
#define JF_LOOP_PARTS(X)                                                                           \
	X(OTHER, "other")                                                                          \
	X(READING, "reading") /* datagrams, and refusing new calls at the door */                  \
	X(SERVING, "serving") /* datagrams that stood in line */                                   \
	X(TIMERS, "timers")                                                                        \
	X(MEDIA, "media")   /* what the dataplane tells */                                         \
	X(ROWS, "rows")     /* of calls and agents, made for the store */                          \
	X(STORED, "stored") /* told that records are durable */                                    \
	X(COMMANDS, "commands")

enum jf_loop_part {
#define X(name, text) JF_LOOP_##name,
	JF_LOOP_PARTS(X)
#undef X
	        JF_LOOP_PART_COUNT
};

const char *jf_loop_part_name(enum jf_loop_part part);

struct jf_loop_turn {
	uint64_t length_ns;
	uint64_t ran_ns; /* of it; the rest the thread wanted to run and did not, or was blocked */
	uint64_t part_ns[JF_LOOP_PART_COUNT];
};

struct jf_loop_stats {
	uint64_t turns;
	uint64_t turns_long;         /* longer than JF_LOOP_TURN_MAX_NS */
	uint64_t turns_held;         /* of those, such as ran for that long, too */
	struct jf_loop_turn longest; /* since start */
	uint64_t busy_ns;            /* in turns, since start; the rest was spent waiting */
	uint64_t part_ns[JF_LOOP_PART_COUNT]; /* of busy_ns */
	uint64_t turn_last_long_ns;           /* when the last long one ended, 0 if none */
	uint32_t timers;                      /* running now, the SIP library's included */
};

/* The part of this turn that took most of it. */
enum jf_loop_part jf_loop_turn_most(const struct jf_loop_turn *turn);

/* From a handler: what it does from here on, until it returns or says so again. */
void jf_loop_part(enum jf_loop_part part);

/*
 * Before anything else of control, in the thread that will run the loop. fds_max: the highest file
 * descriptor + 1 that will ever be watched (0: the process's limit, at most 65,536).
 * 0, -EALREADY, -ENOMEM or the errno of epoll.
 */
int jf_loop_init(int fds_max);

/* Turns until jf_loop_stop; 0, or a negative errno when polling itself failed. */
int jf_loop_run(void);

/* From a handler: jf_loop_run returns after this turn. */
void jf_loop_stop(void);

/* After everything that uses the loop is gone. */
void jf_loop_close(void);

/* CLOCK_MONOTONIC; any thread. */
uint64_t jf_loop_now_ns(void);

struct jf_loop_stats jf_loop_stats_get(void);

/*
 * A timer, embedded in its owner's struct: all zero is "not running". Must not move or be freed
 * while it runs: cancel it first. One shot; its handler may start it again, or free its owner.
 */
typedef void jf_loop_timer_handler(void *arg);

struct jf_loop_timer {
	uint64_t opaque[7];
};

/* Starts, or starts anew, delay_ms from now (0: in the next turn). */
void jf_loop_timer_start(struct jf_loop_timer *timer, uint64_t delay_ms,
                         jf_loop_timer_handler *handler, void *arg);

/* Harmless when it does not run. */
void jf_loop_timer_cancel(struct jf_loop_timer *timer);

bool jf_loop_timer_running(const struct jf_loop_timer *timer);

/* Milliseconds until it fires, 0 if it does not run. */
uint64_t jf_loop_timer_left_ms(const struct jf_loop_timer *timer);

/*
 * Watches fd (non-blocking) for JF_LOOP_READ and/or JF_LOOP_WRITE, level-triggered; calling it
 * again replaces what is watched for and the handler; events 0 stops watching.
 * 0, -EMFILE when fd is beyond fds_max, or the errno of epoll.
 */
typedef void jf_loop_fd_handler(unsigned events, void *arg);

int jf_loop_fd_watch(int fd, unsigned events, jf_loop_fd_handler *handler, void *arg);

/* Stops watching; to be called before close(fd). Harmless when it is not watched. */
void jf_loop_fd_unwatch(int fd);

/*
 * From any thread: has handler(arg) run in the loop's thread, in the order of posting. 0 or
 * -ENOMEM. What is posted and not yet run when the loop closes is run by jf_loop_close.
 */
typedef void jf_loop_post_handler(void *arg);

int jf_loop_post(jf_loop_post_handler *handler, void *arg);

/*
 * Work that is too long for a turn: work(arg) by a thread of its own, which may touch only what
 * nobody else does meanwhile, then done(arg), if not NULL, in the loop. done comes in any case, at
 * the latest from jf_loop_close, which waits for the work. 0; -ENOMEM, -EAGAIN: neither is called.
 * The aside, which lives until done, is for jf_loop_aside_wait, and may be NULL.
 */
struct jf_loop_aside;

int jf_loop_aside_start(jf_loop_post_handler *work, jf_loop_post_handler *done, void *arg,
                        struct jf_loop_aside **ret_aside);

/* Until the work is over: for who must take away what it reads. done is still to come. */
void jf_loop_aside_wait(struct jf_loop_aside *aside);

#endif
