// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-mix: what it costs to mix. Conferences of so many parties, each of which talks all the
 * time and hears everyone else; one worker's path without a wire. Two systems in turn:
 *
 *   ours     the whole of it: RTP in, jitter buffer, decode, conceal, sum, encode, RTP out
 *   scalar   the least that it takes, in plain loops over samples: decode each party, sum for each
 *            listener, encode
 *
 * Takes EAL arguments (one lcore, net_null0), then the number of conferences, of parties in each,
 * of frames, and the codec (pcmu or g722; the scalar loop is G.711 always). Prints one JSON object:
 * nanoseconds for each party and frame, the median over the frames.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "jf_bench_path.h"
#include "jf_bench_plan.h"
#include "jf_g711.h"
#include "jf_pcm.h"
#include "jf_time.h"

#define FRAME_MS      20u
#define FRAME         160u
#define WARM_FRAMES   10u
#define FRAMES_MAX    4096u
#define SCALAR_A_TIME 64u /* conferences of the scalar loop for each of our frames, at most */

#ifdef __clang__
#define PLAIN __attribute__((noinline))
#else
#define PLAIN __attribute__((noinline, optimize("no-tree-vectorize")))
#endif

struct run {
	struct jf_bench_path bench;
	struct jf_path *path;
	uint32_t conferences, parties, frames;
	bool g722;
	uint8_t *codes; /* of all parties, for the scalar loop */
	uint8_t *out;
	/* cycles of each frame */
	uint64_t receiving[FRAMES_MAX], mixing[FRAMES_MAX], scalar[FRAMES_MAX];
};

/* ---- Ours ------------------------------------------------------------------------------------ */

static int use_g722(struct run *run, uint32_t e)
{
	struct jf_bench_socket remote = jf_bench_plan_remote(e);
	uint32_t ip_be = rte_cpu_to_be_32(remote.ip);
	struct jf_command command = {.type = JF_COMMAND_REMOTE, .endpoint = {e, 1}};

	/* under the payload type of the plan's packets */
	command.remote = (struct jf_command_remote){
	        .family = 4,
	        .direction = JF_DIRECTION_SEND | JF_DIRECTION_RECV,
	        .codec = JF_CODEC_G722,
	        .clock_hz = 8000,
	        .rtp_port = remote.port,
	        .rtcp_port = (uint16_t)(remote.port + 1),
	        .rx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .tx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .ptime_ms = FRAME_MS,
	};
	memcpy(command.remote.ip, &ip_be, sizeof(ip_be));
	return jf_bench_path_command(&run->bench, &command);
}

/* The party hears all others of its conference. */
static int mix(struct run *run, uint32_t e)
{
	struct jf_command command = {.type = JF_COMMAND_MIX, .endpoint = {e, 1}};
	uint32_t first = e / run->parties * run->parties;

	for (uint32_t other = first; other < first + run->parties; other++)
		if (other != e)
			command.mix.sources[command.mix.count++] =
			        (struct jf_endpoint_ref){other, 1};
	return jf_bench_path_command(&run->bench, &command);
}

static int open_all(struct run *run)
{
	uint32_t n = run->conferences * run->parties;
	int rc = jf_bench_path_create(1, &run->bench);

	run->path = run->bench.paths[0];
	if (rc == 0)
		rc = jf_mix_create(n, &run->path->mix);
	if (rc == 0)
		rc = jf_bench_path_open(&run->bench, (n + 1) & ~1u);
	for (uint32_t e = 0; rc == 0 && run->g722 && e < n; e++)
		rc = use_g722(run, e);
	for (uint32_t e = 0; rc == 0 && e < n; e++)
		rc = mix(run, e);
	return rc;
}

/* A packet of each party, spread over the 20 ms, and the mixes that come due meanwhile. */
static int our_frame(struct run *run, uint64_t *ret_receiving, uint64_t *ret_mixing)
{
	uint32_t left = run->bench.n_endpoints;
	struct rte_mbuf *mbufs[JF_BENCH_PATH_BURST];

	*ret_receiving = *ret_mixing = 0;
	for (uint32_t ms = 0; ms < FRAME_MS; ms++) {
		uint32_t now = left / (FRAME_MS - ms);
		uint64_t begin;

		run->path->now_ns += JF_NS_PER_MS;
		for (left -= now; now;) {
			uint32_t n = now < JF_BENCH_PATH_BURST ? now : JF_BENCH_PATH_BURST;

			if (jf_bench_path_frames(&run->bench, 0, mbufs, n) != n)
				return -ENOBUFS;
			begin = rte_rdtsc();
			jf_path_run(run->path, run->path->out[0].port, mbufs, (uint16_t)n);
			*ret_receiving += rte_rdtsc() - begin;
			now -= n;
		}
		begin = rte_rdtsc();
		jf_path_mix_out(run->path);
		jf_path_flush(run->path);
		*ret_mixing += rte_rdtsc() - begin;
	}
	return 0;
}

/* ---- The plain loop ----------------------------------------------------------------------------
 */

PLAIN static void scalar_conference(const uint8_t *codes, uint32_t parties, uint8_t *ret_codes)
{
	static int16_t voices[JF_CONTRACT_MIX_MAX + 1][FRAME];
	const int16_t *table = jf_g711_decode_table(JF_LAW_PCMU);

	for (uint32_t p = 0; p < parties; p++)
		for (uint32_t i = 0; i < FRAME; i++)
			voices[p][i] = table[codes[p * FRAME + i]];
	for (uint32_t listener = 0; listener < parties; listener++) {
		for (uint32_t i = 0; i < FRAME; i++) {
			int32_t sum = 0;

			for (uint32_t p = 0; p < parties; p++)
				if (p != listener)
					sum += voices[p][i];
			sum = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
			ret_codes[listener * FRAME + i] = jf_g711_encode(JF_LAW_PCMU, (int16_t)sum);
		}
	}
}

static uint32_t scalar_conferences(const struct run *run)
{
	return run->conferences < SCALAR_A_TIME ? run->conferences : SCALAR_A_TIME;
}

static uint64_t scalar_frame(struct run *run)
{
	uint64_t begin = rte_rdtsc();

	for (uint32_t c = 0; c < scalar_conferences(run); c++) {
		size_t at = (size_t)c * run->parties * FRAME;

		scalar_conference(run->codes + at, run->parties, run->out + at);
	}
	return rte_rdtsc() - begin;
}

/* The kernels of the mixer on the same voices: the same codes, to the bit. */
static bool agrees(struct run *run)
{
	int16_t voices[FRAME], samples[FRAME];
	int32_t total[FRAME] = {0};
	uint8_t codes[FRAME];

	scalar_conference(run->codes, run->parties, run->out);
	for (uint32_t p = 0; p < run->parties; p++) {
		jf_pcm_from_g711(JF_LAW_PCMU, run->codes + p * FRAME, FRAME, voices);
		jf_pcm->add(total, voices, FRAME, JF_PCM_GAIN_ONE);
	}
	for (uint32_t p = 0; p < run->parties; p++) {
		jf_pcm_from_g711(JF_LAW_PCMU, run->codes + p * FRAME, FRAME, voices);
		jf_pcm->finish(total, voices, FRAME, JF_PCM_GAIN_ONE, samples);
		jf_pcm_to_g711(JF_LAW_PCMU, samples, FRAME, codes);
		if (memcmp(codes, run->out + p * FRAME, FRAME) != 0)
			return false;
	}
	return true;
}

/* ---- Both --------------------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median_ns(uint64_t *cycles, uint32_t n, uint32_t parties)
{
	qsort(cycles, n, sizeof(*cycles), by_size);
	return (double)cycles[n / 2] * 1e9 / (double)rte_get_tsc_hz() / parties;
}

static int measure(struct run *run)
{
	for (uint32_t f = 0; f < WARM_FRAMES + run->frames; f++) {
		uint64_t receiving, mixing, scalar = scalar_frame(run);
		int rc = our_frame(run, &receiving, &mixing);

		if (rc)
			return rc;
		if (f < WARM_FRAMES)
			continue;
		run->scalar[f - WARM_FRAMES] = scalar;
		run->receiving[f - WARM_FRAMES] = receiving;
		run->mixing[f - WARM_FRAMES] = mixing;
	}
	return 0;
}

static int prepare(struct run *run)
{
	size_t n = (size_t)run->conferences * run->parties * FRAME;

	run->codes = malloc(n);
	run->out = malloc(n);
	if (!run->codes || !run->out)
		return -ENOMEM;
	srand(1);
	for (size_t i = 0; i < n; i++)
		run->codes[i] = (uint8_t)rand();
	jf_pcm_init();
	return agrees(run) ? open_all(run) : -EBADMSG;
}

static void print(struct run *run)
{
	uint32_t n = run->conferences * run->parties;
	double receiving = median_ns(run->receiving, run->frames, n);
	double mixing = median_ns(run->mixing, run->frames, n);
	double scalar = median_ns(run->scalar, run->frames, scalar_conferences(run) * run->parties);
	uint64_t drops = 0;

	/* an odd number of parties leaves one of the plan that nobody mixes */
	for (uint32_t i = 0; i < JF_DROP_COUNT; i++)
		drops += i == JF_DROP_NOT_JOINED ? 0 : run->path->counters->drops[i];
	printf("{\"conferences\": %u, \"parties\": %u, \"codec\": \"%s\", \"kernels\": \"%s\", "
	       "\"ns_receive\": %.1f, \"ns_mix\": %.1f, \"ns_party_frame\": %.1f, "
	       "\"ns_scalar\": %.1f, \"sent\": %lu, \"expected\": %lu, \"drops\": %lu}\n",
	       run->conferences, run->parties, run->g722 ? "g722" : "pcmu", jf_pcm->name, receiving,
	       mixing, receiving + mixing, scalar, run->path->counters->mixed,
	       (uint64_t)n * (run->frames + WARM_FRAMES), drops);
}

int main(int argc, char **argv)
{
	static struct run run;
	int used = rte_eal_init(argc, argv), rc;

	if (used < 0 || argc - used != 5) {
		fprintf(stderr, "usage: jf-bench-mix EAL-ARGUMENTS -- CONFERENCES PARTIES FRAMES "
		                "pcmu|g722\n");
		return 2;
	}
	run.conferences = (uint32_t)strtoul(argv[used + 1], NULL, 10);
	run.parties = (uint32_t)strtoul(argv[used + 2], NULL, 10);
	run.frames = (uint32_t)strtoul(argv[used + 3], NULL, 10);
	run.g722 = strcmp(argv[used + 4], "g722") == 0;
	if (run.parties < 2 || run.parties > JF_CONTRACT_MIX_MAX + 1 || run.conferences < 1 ||
	    run.frames < 1 || run.frames > FRAMES_MAX ||
	    (uint64_t)run.conferences * run.parties > JF_MIX_INPUTS_MAX) {
		fprintf(stderr,
		        "jf-bench-mix: 2 to %u parties, 1 to %u frames, %u parties in all\n",
		        JF_CONTRACT_MIX_MAX + 1, FRAMES_MAX, JF_MIX_INPUTS_MAX);
		return 2;
	}
	rc = prepare(&run);
	if (rc == 0)
		rc = measure(&run);
	if (rc)
		fprintf(stderr, "jf-bench-mix: %s\n", strerror(-rc));
	else
		print(&run);
	rte_eal_cleanup();
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
