// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-srtp BACKEND STREAMS PACKETS: the SRTP transform alone, no packet path around it. Bursts
 * of 64 packets of 20 ms of G.711, streams in random order, protected and then unprotected. Prints
 * one JSON object: nanoseconds a packet of both, by suite; the median over bursts, so that a core
 * that was taken away meanwhile doesn't count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "jf_srtp.h"

#define BURST      64u
#define PAYLOAD    160u
#define BURSTS_MAX (1u << 18)

static uint32_t taken_ns[2][BURSTS_MAX]; /* by burst: protect, unprotect */

struct one {
	uint32_t tx, rx;
	uint16_t sequence;
};

static uint64_t random_state = 1;

static uint32_t random32(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 32);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double median_ns(uint32_t *values, uint32_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return (double)values[n / 2] / BURST;
}

static int open_streams(struct jf_srtp *srtp, enum jf_srtp_suite suite, struct one *ones,
                        uint32_t n)
{
	uint8_t key[JF_SRTP_KEY_MAX];

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t b = 0; b < sizeof(key); b++)
			key[b] = (uint8_t)random32();
		if (jf_srtp_open(srtp, JF_SRTP_TX, suite, key, &ones[i].tx) ||
		    jf_srtp_open(srtp, JF_SRTP_RX, suite, key, &ones[i].rx))
			return -1;
		ones[i].sequence = 1;
	}
	return 0;
}

static void fill(uint8_t *packet, uint32_t stream, uint16_t sequence)
{
	const uint8_t header[12] = {0x80,
	                            0,
	                            (uint8_t)(sequence >> 8),
	                            (uint8_t)sequence,
	                            0,
	                            0,
	                            0,
	                            0,
	                            1,
	                            (uint8_t)(stream >> 16),
	                            (uint8_t)(stream >> 8),
	                            (uint8_t)stream};

	memcpy(packet, header, sizeof(header));
	memset(packet + sizeof(header), 0xd5, PAYLOAD);
}

/* One suite: packets through tx, then through rx. Not 0: one was refused. */
static int measure(struct jf_srtp *srtp, struct one *ones, uint32_t n, uint32_t bursts)
{
	static uint8_t bytes[BURST][256];
	struct jf_srtp_packet burst[BURST];
	uint32_t picked[BURST];
	int bad = 0;

	for (uint32_t done = 0; done < bursts; done++) {
		uint64_t begin;

		for (uint32_t i = 0; i < BURST; i++) {
			picked[i] = random32() % n;
			fill(bytes[i], picked[i], ones[picked[i]].sequence++);
			burst[i] = (struct jf_srtp_packet){.bytes = bytes[i],
			                                   .stream = ones[picked[i]].tx,
			                                   .length = 12 + PAYLOAD};
		}
		begin = now_ns();
		jf_srtp_protect_burst(srtp, burst, BURST);
		taken_ns[0][done] = (uint32_t)(now_ns() - begin);
		for (uint32_t i = 0; i < BURST; i++) {
			bad |= burst[i].verdict;
			burst[i].stream = ones[picked[i]].rx;
		}
		begin = now_ns();
		jf_srtp_unprotect_burst(srtp, burst, BURST);
		taken_ns[1][done] = (uint32_t)(now_ns() - begin);
		for (uint32_t i = 0; i < BURST; i++)
			bad |= burst[i].verdict;
	}
	return bad;
}

int main(int argc, char **argv)
{
	enum jf_srtp_backend backend = JF_SRTP_IPSEC_MB;
	uint32_t n = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint64_t asked = argc == 4 ? strtoull(argv[3], NULL, 10) / BURST : 0;
	uint32_t bursts = asked < BURSTS_MAX ? (uint32_t)asked : BURSTS_MAX;
	struct one *ones = calloc(n ? n : 1, sizeof(*ones));

	if (!n || !bursts || !ones) {
		fprintf(stderr, "usage: jf-bench-srtp ipsec-mb|libsrtp2 STREAMS PACKETS\n");
		return 2;
	}
	if (strcmp(argv[1], jf_srtp_backend_name(JF_SRTP_LIBSRTP2)) == 0)
		backend = JF_SRTP_LIBSRTP2;
	printf("{");
	for (enum jf_srtp_suite suite = 1; suite < JF_SRTP_SUITE_COUNT; suite++) {
		size_t size = jf_srtp_memory_size(backend, 2 * n);
		void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		                    -1, 0);
		struct jf_srtp *srtp;

		if (memory == MAP_FAILED || madvise(memory, size, MADV_HUGEPAGE) ||
		    jf_srtp_create(backend, 2 * n, memory, &srtp))
			return EXIT_FAILURE;
		if (open_streams(srtp, suite, ones, n) || measure(srtp, ones, n, bursts))
			return EXIT_FAILURE;
		printf("%s\"%s\": {\"protect\": %.1f, \"unprotect\": %.1f}", suite > 1 ? ", " : "",
		       jf_srtp_suite_info(suite)->name, median_ns(taken_ns[0], bursts),
		       median_ns(taken_ns[1], bursts));
		jf_srtp_destroy(srtp);
		munmap(memory, size);
	}
	printf("}\n");
	return EXIT_SUCCESS;
}
