// SPDX-License-Identifier: BSD-3-Clause
/*
 * Drives a fuzz target without libFuzzer: every sample as it is and cut off at every length, then
 * seeded random mutations of the samples. Same seed, same inputs, so that a failure can be had
 * again: on a crash the input's number is on stderr, and --only N runs just that one.
 *
 *   fuzz-x [--mutations N] [--seed S] [--only N] [FILE...]
 */
#include "jf_fuzz.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX   65536u
#define CHANGES_MAX 8u

static const struct jf_fuzz_sample *samples;
static size_t n_samples;
static uint64_t random_state;
static volatile unsigned long current;

/* splitmix64 */
static uint64_t random64(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return n ? (size_t)(random64() % n) : 0;
}

/* Exactly as long as it says, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static size_t erase(uint8_t *input, size_t length, size_t at, size_t n)
{
	memmove(input + at, input + at + n, length - at - n);
	return length - n;
}

static size_t insert(uint8_t *input, size_t length, size_t at, const uint8_t *bytes, size_t n)
{
	if (n > INPUT_MAX - length)
		return length;
	memmove(input + at + n, input + at, length - at);
	memcpy(input + at, bytes, n);
	return length + n;
}

/* One change to input, which has room for INPUT_MAX. The new length. */
static size_t change(uint8_t *input, size_t length)
{
	static const uint8_t telling[] = {0,   1,    0x7f, 0x80, 0xff, 0xfe, '\r', '\n',
	                                  ' ', '\t', '"',  '<',  '>',  ':',  ';',  '=',
	                                  ',', '%',  '@',  '\\', '0',  '9',  '-',  '/'};
	const struct jf_fuzz_sample *other = &samples[below(n_samples)];
	uint8_t few[64];
	size_t at = below(length), n;

	switch (below(length ? 9 : 2)) {
	case 0:
		for (n = 0; n < sizeof(few); n++)
			few[n] = (uint8_t)random64();
		return insert(input, length, at, few, 1 + below(sizeof(few)));
	case 1:
		n = below(other->length);
		return insert(input, length, at, (const uint8_t *)other->bytes + n,
		              below(other->length - n + 1));
	case 2:
		input[at] ^= (uint8_t)(1u << below(8));
		return length;
	case 3:
		input[at] = (uint8_t)random64();
		return length;
	case 4:
		input[at] = telling[below(sizeof(telling))];
		return length;
	case 5:
		return at;
	case 6:
		return erase(input, length, at, 1 + below(length - at < 16 ? length - at : 16));
	case 7:
		n = 1 + below(length - at < 32 ? length - at : 32);
		memcpy(few, input + at, n);
		return insert(input, length, below(length), few, n);
	default:
		input[at] = (uint8_t)(input[at] + (random64() & 1 ? 1 : -1));
		return length;
	}
}

static void mutate(uint64_t seed, unsigned long number)
{
	static uint8_t input[INPUT_MAX];
	const struct jf_fuzz_sample *sample;
	size_t length, changes;

	random_state = seed ^ (uint64_t)number << 20;
	sample = &samples[below(n_samples)];
	length = sample->length < INPUT_MAX ? sample->length : INPUT_MAX;
	memcpy(input, sample->bytes, length);
	changes = 1 + below(CHANGES_MAX);
	while (changes--)
		length = change(input, length);
	current = number;
	run(input, length);
}

static void say_which(int signal_number)
{
	char text[80];
	int n = snprintf(text, sizeof(text), "mutation %lu\n", current);

	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		_exit(2);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int run_file(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file) {
		perror(path);
		return 1;
	}
	length = fread(input, 1, sizeof(input), file);
	fclose(file);
	run(input, length);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"mutations", required_argument, NULL, 'm'},
	                                        {"seed", required_argument, NULL, 's'},
	                                        {"only", required_argument, NULL, 'o'},
	                                        {0}};
	unsigned long mutations = 100000, first = 1;
	uint64_t seed = 1;
	int option, failed = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'm')
			mutations = strtoul(optarg, NULL, 10);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			first = mutations = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	signal(SIGABRT, say_which);
	signal(SIGSEGV, say_which);
	samples = jf_fuzz_samples(&n_samples);
	if (optind < argc) {
		for (int i = optind; i < argc; i++)
			failed |= run_file(argv[i]);
		return failed;
	}
	if (first == 1)
		for (size_t i = 0; i < n_samples; i++)
			for (size_t cut = 0; cut <= samples[i].length; cut++)
				run(samples[i].bytes, cut);
	for (unsigned long i = first; i <= mutations; i++)
		mutate(seed, i);
	printf("%lu mutations of %zu samples, seed %llu\n", mutations - first + 1, n_samples,
	       (unsigned long long)seed);
	return 0;
}
