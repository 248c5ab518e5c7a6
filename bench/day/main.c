// SPDX-License-Identifier: BSD-3-Clause
/*
 * A simulated day, and many small ones against Erlang's formulas. JSON on standard output.
 *
 *   jf-bench-day day SEED            5,000 agents, 1,000,000 calls
 *   jf-bench-day erlang-c SEEDS      endless patience, one queue: against Erlang C
 *   jf-bench-day erlang-a SEEDS      callers who give up: against Erlang A
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_day.h"
#include "jf_erlang.h"

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(const struct jf_day_config *config, struct jf_day_result *ret_result)
{
	if (jf_day_run(config, ret_result)) {
		fprintf(stderr, "jf-bench-day: the day failed\n");
		exit(1);
	}
}

static void day(uint64_t seed)
{
	struct jf_day_config config = jf_day_large;
	double asa_s = 0, abandons = 0, from = seconds();
	struct jf_day_result r;

	config.seed = seed;
	run(&config, &r);
	from = seconds() - from;
	(void)jf_kpi_asa_s(&r.sums, &asa_s);
	(void)jf_kpi_abandon_rate(&r.sums, &abandons);
	printf("{\"offered\": %" PRIu64 ", \"answered\": %" PRIu64 ", \"abandon_rate\": %.4f, "
	       "\"asa_s\": %.2f, \"occupancy\": %.4f, \"outputs\": %" PRIu64
	       ", \"estimates\": %" PRIu64 ", \"estimate_error\": %.4f, \"seconds\": %.2f, "
	       "\"digest\": \"%016" PRIx64 "\", \"service_level\": %.6f}\n",
	       r.sums.offered, r.sums.answered, abandons, asa_s, r.occupancy, r.outputs,
	       r.estimates, r.estimate_error, from, r.digest, r.service_level);
}

static void erlang(bool gives_up, uint32_t seeds)
{
	struct jf_day_config config = {
	        .agents = 100,
	        .queues = 1,
	        .calls = 600000,
	        .talk_s = 180,
	        .patience_s = gives_up ? 120 : 0,
	        .threshold_s = 20,
	};
	double load = gives_up ? 102 : 92, mean = 0, worst = 0, formula;
	struct jf_erlang_a a = {0};

	config.open_s = config.calls * config.talk_s / load;
	config.warm_s = 3600;
	(void)jf_erlang_a(config.agents, load, config.talk_s, 120, config.threshold_s, &a);
	formula = gives_up ? a.service_level
	                   : jf_erlang_c_service_level(config.agents, load, config.talk_s,
	                                               config.threshold_s);
	for (uint32_t seed = 1; seed <= seeds; seed++) {
		struct jf_day_result r;

		config.seed = seed;
		run(&config, &r);
		mean += r.service_level / seeds;
		if (fabs(r.service_level - formula) > worst)
			worst = fabs(r.service_level - formula);
	}
	printf("{\"formula\": %.4f, \"simulated\": %.4f, \"difference\": %.4f, \"worst_seed\": "
	       "%.4f}\n",
	       formula, mean, fabs(mean - formula), worst);
}

int main(int argc, char **argv)
{
	uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;

	if (n && !strcmp(argv[1], "day"))
		day(n);
	else if (n && !strcmp(argv[1], "erlang-c"))
		erlang(false, (uint32_t)n);
	else if (n && !strcmp(argv[1], "erlang-a"))
		erlang(true, (uint32_t)n);
	else
		fprintf(stderr, "usage: jf-bench-day day SEED | erlang-c SEEDS | erlang-a SEEDS\n");
	return n ? 0 : 1;
}
