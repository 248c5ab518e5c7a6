// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-spin: how often a core is taken from a loop that does nothing but look at the clock, and
 * what latency a relay with no faults of its own would have because of that. What a worker loses on
 * the same core in the same way is not its own doing.
 *
 * Takes the core's number, then lines of three numbers on standard input: seconds; of these, how
 * many at the begin don't count for latency; and the load of the relay as a share of what it can
 * do. Answers each with one JSON object on one line:
 *
 *   late, late_us, longest_us   absences of more than JF_POLL_LATE_NS, a worker's own measure
 *   histogram                   pairs of us and how many packets: from a packet's arrival to its
 *                               end, one arriving each us and each served for as long as the load
 *                               says, in order, while the core is there
 *   before_ns, after_ns         what a burst of copies takes, before and after that: a core, and
 *                               its way to memory, are slower while the machine works for others
 */
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_contract.h"
#include "jf_time.h"

#define SECONDS_MAX  10.0
#define ABSENT_NS    1000u /* a look at the clock takes some 30 ns */
#define ABSENCES_MAX 100000u
#define WAITS_MAX    10000u /* us; the last counts all that are longer */
#define ARRIVAL_NS   1000u
#define BUFFERS      4096u /* with those that they are copied to 2 MB, as those of a memif */
#define COPIES       256u  /* of a burst */
#define BURSTS       401u

struct absence {
	uint64_t begin_ns, end_ns; /* since the window's begin */
};

struct window {
	uint64_t ns;
	uint64_t before_ns, after_ns;
	uint32_t n;
	struct absence absences[ABSENCES_MAX];
	uint32_t waits[WAITS_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median over bursts, so that a core that was taken away meanwhile doesn't count. */
static uint64_t burst_ns(void)
{
	static uint8_t from[BUFFERS][256], to[BUFFERS][256];
	static uint32_t at;
	uint64_t ns[BURSTS];

	for (uint32_t b = 0; b < BURSTS; b++) {
		uint64_t begin = now_ns();

		for (uint32_t i = 0; i < COPIES; i++) {
			at = (at * 1664525u + 1013904223u) % BUFFERS;
			from[at][0] ^= to[at][255];
			memcpy(to[at], from[(at + BUFFERS / 2) % BUFFERS], sizeof(to[at]));
		}
		ns[b] = now_ns() - begin;
	}
	qsort(ns, BURSTS, sizeof(ns[0]), by_value);
	return ns[BURSTS / 2];
}

static void spin(struct window *window, uint64_t ns)
{
	uint64_t begin = now_ns(), last = begin;

	window->ns = ns;
	window->n = 0;
	while (last - begin < ns) {
		uint64_t now = now_ns();

		if (now - last > ABSENT_NS && window->n < ABSENCES_MAX)
			window->absences[window->n++] = (struct absence){last - begin, now - begin};
		last = now;
	}
}

/* When work of that length, begun at now_ns, is done; *next is the first absence not over by then.
 */
static uint64_t work(const struct window *window, uint32_t *next, uint64_t now_ns, uint64_t work_ns)
{
	for (; *next < window->n; ++*next) {
		const struct absence *a = &window->absences[*next];

		if (now_ns + work_ns <= a->begin_ns)
			break;
		if (a->begin_ns > now_ns)
			work_ns -= a->begin_ns - now_ns;
		if (a->end_ns > now_ns)
			now_ns = a->end_ns;
	}
	return now_ns + work_ns;
}

static void relay(struct window *window, double warm, double load)
{
	uint64_t warm_ns = (uint64_t)(warm * (double)JF_NS_PER_S);
	uint64_t work_ns = (uint64_t)(load * ARRIVAL_NS), free_ns = 0;
	uint32_t next = 0;

	memset(window->waits, 0, sizeof(window->waits));
	for (uint64_t at_ns = 0; at_ns < window->ns; at_ns += ARRIVAL_NS) {
		uint64_t us;

		free_ns = work(window, &next, free_ns > at_ns ? free_ns : at_ns, work_ns);
		us = (free_ns - at_ns + 999) / 1000;
		if (at_ns >= warm_ns)
			window->waits[us < WAITS_MAX ? us : WAITS_MAX - 1]++;
	}
}

static void print(const struct window *window)
{
	uint64_t late = 0, late_ns = 0, longest_ns = 0;

	for (uint32_t i = 0; i < window->n; i++) {
		uint64_t ns = window->absences[i].end_ns - window->absences[i].begin_ns;

		if (ns <= JF_POLL_LATE_NS)
			continue;
		late++;
		late_ns += ns;
		if (ns > longest_ns)
			longest_ns = ns;
	}
	printf("{\"late\": %lu, \"late_us\": %.1f, \"longest_us\": %.1f, \"before_ns\": %lu, "
	       "\"after_ns\": %lu, \"histogram\": [",
	       late, (double)late_ns / 1e3, (double)longest_ns / 1e3, window->before_ns,
	       window->after_ns);
	for (uint32_t us = 0, n = 0; us < WAITS_MAX; us++)
		if (window->waits[us])
			printf("%s[%u, %u]", n++ ? ", " : "", us, window->waits[us]);
	printf("]}\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct window window;
	double seconds, warm, load;
	char line[64];
	cpu_set_t core;

	if (argc != 2) {
		fprintf(stderr,
		        "usage: jf-bench-spin CORE   lines of SECONDS WARM LOAD as input\n");
		return 2;
	}
	CPU_ZERO(&core);
	CPU_SET((size_t)strtoul(argv[1], NULL, 10), &core);
	if (sched_setaffinity(0, sizeof(core), &core) != 0) {
		perror("jf-bench-spin");
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%lf %lf %lf", &seconds, &warm, &load) != 3 ||
		    !(seconds > 0 && seconds <= SECONDS_MAX) || !(load > 0 && load < 1)) {
			fprintf(stderr, "jf-bench-spin: not understood: %s", line);
			return EXIT_FAILURE;
		}
		window.before_ns = burst_ns();
		spin(&window, (uint64_t)(seconds * (double)JF_NS_PER_S));
		window.after_ns = burst_ns();
		relay(&window, warm, load);
		print(&window);
	}
	return EXIT_SUCCESS;
}
