// SPDX-License-Identifier: BSD-3-Clause
#include "jf_erlang.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* States beyond this probability are left out. */
#define NEGLIGIBLE 1e-13

double jf_erlang_b(uint32_t n, double load)
{
	double b = 1;

	for (uint32_t i = 1; i <= n; i++)
		b = load * b / (i + load * b);
	return b;
}

double jf_erlang_c(uint32_t n, double load)
{
	double b = jf_erlang_b(n, load);

	return load >= n ? 1 : n * b / (n - load * (1 - b));
}

double jf_erlang_c_service_level(uint32_t n, double load, double handling_s, double threshold_s)
{
	if (load >= n)
		return 0;
	return 1 - jf_erlang_c(n, load) * exp(-(n - load) * threshold_s / handling_s);
}

double jf_erlang_c_asa(uint32_t n, double load, double handling_s)
{
	return load >= n ? INFINITY : jf_erlang_c(n, load) * handling_s / (n - load);
}

/* ---- Erlang A -------------------------------------------------------------------------------- */

/* Rates a second. Of the state with j waiting; with all agents busy and nobody waiting, j is 0. */
struct queue {
	double arrive, serve, give_up; /* serve: all agents together */
	double *waiting;               /* probability, by j */
	uint32_t n;
};

/* The states with somebody waiting, relative to the state in which nobody waits and all work. */
static int queue_make(struct queue *q)
{
	uint32_t room = 256;
	double p = 1, sum = 1;

	q->waiting = malloc(room * sizeof(double));
	if (!q->waiting)
		return -ENOMEM;
	q->waiting[0] = 1;
	for (q->n = 1; p > NEGLIGIBLE * sum; q->n++) {
		if (q->n == room) {
			double *more = realloc(q->waiting, 2 * room * sizeof(double));

			if (!more)
				return -ENOMEM;
			q->waiting = more;
			room *= 2;
		}
		p *= q->arrive / (q->serve + q->n * q->give_up);
		q->waiting[q->n] = p;
		sum += p;
	}
	return 0;
}

/*
 * Who arrives with j waiting is served after j + 1 departures, the i-th of those left at serve +
 * (i - 1) * give_up, unless it gives up itself. Steps through that chain by uniformisation, in
 * pieces short enough for the first term not to vanish. Gives what part was served within time_s;
 * left[i]: with i departures to come, at the beginning and, changed, at the end.
 */
static double served_within(const struct queue *q, double *left, double *next, double time_s)
{
	double fastest = q->serve + (q->n + 1) * q->give_up, served = 0;
	uint32_t pieces = (uint32_t)(fastest * time_s / 50) + 1;
	double mean = fastest * time_s / pieces;

	for (uint32_t piece = 0; piece < pieces; piece++) {
		double term = exp(-mean), gone = 0, done = 0, rest = 1 - term;

		for (uint32_t i = 1; i <= q->n; i++)
			next[i] = term * left[i];
		for (uint32_t k = 1; rest > NEGLIGIBLE && k < 1000; k++) {
			gone += left[1] * q->serve / fastest;
			for (uint32_t i = 1; i <= q->n; i++) {
				double out = q->serve + i * q->give_up;
				double in =
				        i < q->n ? left[i + 1] * (q->serve + i * q->give_up) : 0;

				left[i] = left[i] * (1 - out / fastest) + in / fastest;
			}
			term *= mean / k;
			rest -= term;
			done += term * gone;
			for (uint32_t i = 1; i <= q->n; i++)
				next[i] += term * left[i];
		}
		served += done;
		for (uint32_t i = 1; i <= q->n; i++)
			left[i] = next[i];
	}
	return served;
}

static int service_level(const struct queue *q, double scale, double threshold_s, double *ret_level)
{
	double *left = calloc(2 * ((size_t)q->n + 1), sizeof(double));

	if (!left)
		return -ENOMEM;
	for (uint32_t j = 0; j < q->n; j++)
		left[j + 1] = q->waiting[j] * scale;
	*ret_level = served_within(q, left, left + q->n + 1, threshold_s);
	free(left);
	return 0;
}

int jf_erlang_a(uint32_t n, double load, double handling_s, double patience_s, double threshold_s,
                struct jf_erlang_a *ret_a)
{
	struct queue q = {
	        .arrive = load / handling_s, .serve = n / handling_s, .give_up = 1 / patience_s};
	double sum = 0, mean = 0, all_busy, level = 0;
	int err;

	if (!n || !(load > 0) || !(handling_s > 0) || !(patience_s > 0) || threshold_s < 0)
		return -EINVAL;
	err = queue_make(&q);
	if (err)
		goto out;
	for (uint32_t j = 0; j < q.n; j++) {
		sum += q.waiting[j];
		mean += j * q.waiting[j];
	}
	/* Erlang B is the probability of the state with all busy, if nobody could wait. */
	all_busy = jf_erlang_b(n, load);
	all_busy = all_busy / (1 - all_busy + all_busy * sum);
	err = service_level(&q, all_busy, threshold_s, &level);
	if (err)
		goto out;
	ret_a->waits = all_busy * sum;
	ret_a->abandons = q.give_up * mean * all_busy / q.arrive;
	ret_a->wait_s = mean * all_busy / q.arrive;
	ret_a->service_level = 1 - ret_a->waits + level;
	ret_a->occupancy = load * (1 - ret_a->abandons) / n;
out:
	free(q.waiting);
	return err;
}

/* ---- Staffing -------------------------------------------------------------------------------- */

static int reached(const struct jf_erlang_goal *goal, uint32_t n, bool *ret_reached)
{
	struct jf_erlang_a a;
	int err;

	if (!(goal->patience_s > 0)) {
		*ret_reached = jf_erlang_c_service_level(n, goal->load, goal->handling_s,
		                                         goal->threshold_s) >= goal->part;
		return 0;
	}
	err = jf_erlang_a(n, goal->load, goal->handling_s, goal->patience_s, goal->threshold_s, &a);
	if (!err)
		*ret_reached = a.service_level >= goal->part;
	return err;
}

int jf_erlang_agents_for(const struct jf_erlang_goal *goal, uint32_t *ret_agents)
{
	uint32_t below = 0, n = 1;
	bool enough;
	int err;

	if (!(goal->load > 0) || !(goal->handling_s > 0) || goal->patience_s < 0 ||
	    goal->threshold_s < 0 || !(goal->part > 0 && goal->part < 1))
		return -EINVAL;
	/* One more agent is never worse: doubled until it is enough, then halved between. */
	while (!(err = reached(goal, n, &enough)) && !enough) {
		below = n;
		n *= 2;
		if (below >= JF_ERLANG_AGENTS_MAX)
			return -ERANGE;
	}
	while (!err && n - below > 1) {
		uint32_t half = below + (n - below) / 2;

		err = reached(goal, half, &enough);
		*(enough ? &n : &below) = half;
	}
	if (!err && n > JF_ERLANG_AGENTS_MAX)
		err = -ERANGE;
	if (!err)
		*ret_agents = n;
	return err;
}
