/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many agents a load needs: Erlang B, C and A. Pure arithmetic; loads in erlang (arrivals a
 * second times handling time), times in seconds, probabilities from 0 to 1.
 *
 * Erlang C (M/M/n) says nothing for a load of n erlang or more: then everybody waits for ever.
 * Erlang A (M/M/n+M) lets callers give up, with exponential patience, and holds for any load.
 */
#ifndef JF_ERLANG_H
#define JF_ERLANG_H

#include <stdint.h>

/* The probability that all n are busy and the call is lost. */
double jf_erlang_b(uint32_t n, double load);

/* The probability of having to wait; 1 if the load is too much. */
double jf_erlang_c(uint32_t n, double load);

/* The part of all calls answered within threshold_s, and the mean wait; 0 and infinity if the load
 * is too much. */
double jf_erlang_c_service_level(uint32_t n, double load, double handling_s, double threshold_s);
double jf_erlang_c_asa(uint32_t n, double load, double handling_s);

struct jf_erlang_a {
	double waits;         /* probability of having to wait */
	double abandons;      /* of giving up */
	double service_level; /* of being answered within the threshold */
	double wait_s;        /* mean wait of all, those who give up too */
	double occupancy;
};

/* patience_s: mean. 0, or -EINVAL for values that are not positive, -ENOMEM. */
int jf_erlang_a(uint32_t n, double load, double handling_s, double patience_s, double threshold_s,
                struct jf_erlang_a *ret_a);

struct jf_erlang_goal {
	double load, handling_s;
	double patience_s; /* mean; 0: nobody gives up */
	double threshold_s;
	double part; /* of all calls to be answered within the threshold, below 1 */
};

#define JF_ERLANG_AGENTS_MAX 100000u

/* The fewest agents who reach it. 0; -EINVAL: values out of range; -ERANGE: it takes more than
 * JF_ERLANG_AGENTS_MAX; -ENOMEM. */
int jf_erlang_agents_for(const struct jf_erlang_goal *goal, uint32_t *ret_agents);

#endif
