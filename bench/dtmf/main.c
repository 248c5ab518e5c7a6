// SPDX-License-Identifier: BSD-3-Clause
/*
 * DTMF in G.711, found by us and by a plain loop over spandsp's detector, which decodes each packet
 * and gives it to the stream's dtmf_rx. One JSON object on standard output.
 *
 *   jf-bench-dtmf speed STREAMS SAMPLES    nanoseconds a packet of 20 ms
 *   jf-bench-dtmf battery                  how many presses of a laboratory's both find
 *   jf-bench-dtmf speech SAMPLES           how many keys each finds where there are none
 *
 * SAMPLES: a file of linear audio, 16 bit at 8 kHz.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <spandsp.h>

#include "jf_dtmf.h"
#include "jf_g711.h"
#include "jf_keys.h"

#define PACKET      160u
#define BURST       32u
#define AHEAD       16u
#define ROUND       200000u /* packets a measurement, at least one of each stream */
#define ROUNDS      5u
#define FOUND_MAX   100000u
#define AUDIO_MAX   (8000u * 30u)
#define SIGNAL_ROOM (8000u * 20u)

static void die(const char *what)
{
	fprintf(stderr, "jf-bench-dtmf: %s\n", what);
	exit(1);
}

static void *room_for(size_t count, size_t size)
{
	void *memory = aligned_alloc(64, (count * size + 63) / 64 * 64);

	if (!memory)
		die("out of memory");
	memset(memory, 0, count * size);
	return memory;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Whole packets of the file, as codes and as the samples that these mean. */
struct audio {
	uint8_t *codes;
	int16_t *samples;
	size_t n;
};

static struct audio audio_of(enum jf_law law, const int16_t *samples, size_t n)
{
	struct audio audio = {
	        .codes = room_for(n, 1), .samples = room_for(n, sizeof(int16_t)), .n = n};

	jf_g711_encode_block(law, samples, n, audio.codes);
	jf_g711_decode_block(law, audio.codes, n, audio.samples);
	return audio;
}

static void audio_free(struct audio *audio)
{
	free(audio->codes);
	free(audio->samples);
}

static int16_t *load(const char *path, size_t *ret_n)
{
	FILE *file = fopen(path, "rb");
	long size = 0;
	int16_t *samples;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 2 * (long)PACKET)
		die(path);
	rewind(file);
	*ret_n = (size_t)size / 2 / PACKET * PACKET;
	samples = room_for(*ret_n, sizeof(*samples));
	if (fread(samples, sizeof(*samples), *ret_n, file) != *ret_n)
		die(path);
	fclose(file);
	return samples;
}

/* ---- Speed -------------------------------------------------------------------------------- */

struct streams {
	uint32_t n;
	uint32_t *order;
	dtmf_rx_state_t **theirs;
	struct jf_dtmf *ours;
	const struct audio *audio;
	struct jf_dtmf_batch *batch;
	uint64_t keys;
	uint32_t timestamp;
};

static void count_key(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	(void)token;
	*(uint64_t *)user += news->kind == JF_DTMF_PRESSED;
}

/* Each stream says another part of the audio. */
static const uint8_t *packet_of(const struct streams *s, uint32_t stream, uint32_t turn)
{
	size_t packets = s->audio->n / PACKET;

	return s->audio->codes + (stream * UINT64_C(7919) + turn) % packets * PACKET;
}

static uint32_t turns_of(const struct streams *s)
{
	return ROUND / s->n + 2;
}

static double run_theirs(struct streams *s)
{
	double begin = now_ns();

	for (uint32_t turn = 0; turn < turns_of(s); turn++) {
		for (uint32_t i = 0; i < s->n; i++) {
			uint32_t stream = s->order[i];
			int16_t samples[PACKET];

			jf_g711_decode_block(stream & 1, packet_of(s, stream, turn), PACKET,
			                     samples);
			dtmf_rx(s->theirs[stream], samples, PACKET);
		}
	}
	return (now_ns() - begin) / ((double)turns_of(s) * s->n);
}

/* The streams go on from one run to the next: their timestamps do, whatever the way. */
static double run_ours(struct streams *s, const struct jf_dtmf_way *way)
{
	double begin = now_ns();

	jf_dtmf_use(way);
	for (uint32_t turn = 0; turn < turns_of(s); turn++) {
		for (uint32_t i = 0; i < s->n; i++) {
			uint32_t stream = s->order[i];

			if (i + AHEAD < s->n) {
				const struct jf_dtmf *next = &s->ours[s->order[i + AHEAD]];

				__builtin_prefetch(next, 1);
				__builtin_prefetch((const uint8_t *)next + 64, 1);
			}
			jf_dtmf_feed(s->batch, &s->ours[stream], stream, s->timestamp, stream & 1,
			             packet_of(s, stream, turn), PACKET);
			if (i % BURST == BURST - 1)
				jf_dtmf_flush(s->batch);
		}
		jf_dtmf_flush(s->batch);
		s->timestamp += PACKET;
	}
	return (now_ns() - begin) / ((double)turns_of(s) * s->n);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static void shuffle(uint32_t *order, uint32_t n)
{
	uint32_t random = 1;

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t other, kept = order[i];

		random = random * 1664525u + 1013904223u;
		other = (uint32_t)((uint64_t)random * (i + 1) >> 32);
		order[i] = order[other];
		order[other] = kept;
	}
}

static void speed(uint32_t n, const char *path)
{
	size_t samples_n, ways_n;
	int16_t *samples = load(path, &samples_n);
	const struct jf_dtmf_way *ways = jf_dtmf_ways(&ways_n);
	/* as much as a cache holds: packets are there already when a detector gets them */
	struct audio audio =
	        audio_of(JF_LAW_PCMU, samples, samples_n < AUDIO_MAX ? samples_n : AUDIO_MAX);
	struct streams s = {.n = n,
	                    .audio = &audio,
	                    .order = room_for(n, sizeof(uint32_t)),
	                    .theirs = room_for(n, sizeof(dtmf_rx_state_t *)),
	                    .ours = room_for(n, sizeof(struct jf_dtmf)),
	                    .batch = room_for(1, sizeof(struct jf_dtmf_batch))};
	double theirs[ROUNDS], ours[4][ROUNDS], ratios[ROUNDS];
	const char *separator = "";

	shuffle(s.order, n);
	for (uint32_t i = 0; i < n; i++)
		if (!(s.theirs[i] = dtmf_rx_init(NULL, NULL, NULL)))
			die("out of memory");
	jf_dtmf_batch_init(s.batch, count_key, &s.keys);
	run_ours(&s, &ways[0]); /* the first packet of a stream is the only one of its kind */
	for (uint32_t round = 0; round < ROUNDS; round++) {
		theirs[round] = run_theirs(&s);
		for (size_t w = 0; w < ways_n; w++) {
			ours[w][round] = ways[w].usable ? run_ours(&s, &ways[w]) : 0;
			if (ways[w].usable)
				ratios[round] = theirs[round] / ours[w][round];
		}
	}
	printf("{\"streams\": %" PRIu32 ", \"spandsp_ns\": %.1f, \"speedup\": %.2f, \"ways_ns\": {",
	       n, median(theirs, ROUNDS), median(ratios, ROUNDS));
	for (size_t w = 0; w < ways_n; w++) {
		if (!ways[w].usable)
			continue;
		printf("%s\"%s\": %.1f", separator, ways[w].name, median(ours[w], ROUNDS));
		separator = ", ";
	}
	printf("}}\n");
}

/* ---- Answers ------------------------------------------------------------------------------ */

struct score {
	uint64_t sent, spandsp, ours, same;
};

/* The same key at the same place, its length within a block. */
static bool is_same(const struct jf_keys_found *a, const struct jf_keys_found *b)
{
	uint32_t apart = a->begin > b->begin ? a->begin - b->begin : b->begin - a->begin;
	uint32_t longer =
	        a->duration > b->duration ? a->duration - b->duration : b->duration - a->duration;

	return a->key == b->key && apart <= JF_DTMF_BLOCK && longer <= JF_DTMF_BLOCK;
}

static void compare(const int16_t *samples, size_t n, struct score *score)
{
	static struct jf_keys_found theirs[FOUND_MAX], ours[FOUND_MAX];

	for (unsigned law = 0; law < 2; law++) {
		struct audio audio = audio_of(law ? JF_LAW_PCMA : JF_LAW_PCMU, samples, n);
		size_t n_theirs = jf_keys_by_spandsp(audio.samples, n, theirs, FOUND_MAX);
		size_t n_ours = jf_keys_by_us(law ? JF_LAW_PCMA : JF_LAW_PCMU, audio.codes, n, ours,
		                              FOUND_MAX);
		size_t j = 0;

		score->spandsp += n_theirs;
		score->ours += n_ours;
		for (size_t i = 0; i < n_ours && i < FOUND_MAX; i++) {
			while (j < n_theirs && theirs[j].begin + JF_DTMF_BLOCK < ours[i].begin)
				j++;
			score->same += j < n_theirs && is_same(&theirs[j], &ours[i]);
		}
		audio_free(&audio);
	}
}

static void dial(const struct jf_keys_tone *tone, double ms, double pause_ms, struct score *score)
{
	struct jf_keys_signal signal = jf_keys_make(SIGNAL_ROOM);

	jf_keys_dial(&signal, tone, ms, pause_ms);
	score->sent += 2 * 16;
	compare(signal.samples, signal.n, score);
	jf_keys_free(&signal);
}

static void print_score(const char *name, const struct score *s)
{
	uint64_t all = s->spandsp + s->ours - s->same;

	printf("\"%s\": {\"sent\": %" PRIu64 ", \"spandsp\": %" PRIu64 ", \"ours\": %" PRIu64
	       ", \"same\": %" PRIu64 ", \"agreement\": %.6f}",
	       name, s->sent, s->spandsp, s->ours, s->same,
	       all ? (double)s->same / (double)all : 1.0);
}

/* One sweep of the battery: the tone from one end to the other, in steps. */
struct sweep {
	const char *name;
	struct jf_keys_tone first, last;
	unsigned steps;
	double ms, last_ms;
};

#define TONE(low, high, off, noise, dial)                                                          \
	{                                                                                          \
		.low_dbm0 = (low), .high_dbm0 = (high), .shift = (off), .noise_dbm0 = (noise),     \
		.dial_dbm0 = (dial)                                                                \
	}
#define Q JF_KEYS_QUIET

static const struct sweep sweeps[] = {
        {"twist_normal", TONE(-6, -6, 0, Q, Q), TONE(-6, -18, 0, Q, Q), 25, 50, 50},
        {"twist_reverse", TONE(-6, -6, 0, Q, Q), TONE(-14, -6, 0, Q, Q), 25, 50, 50},
        {"frequency", TONE(-10, -10, -0.04, Q, Q), TONE(-10, -10, 0.04, Q, Q), 33, 60, 60},
        {"level", TONE(0, 0, 0, Q, Q), TONE(-48, -48, 0, Q, Q), 33, 50, 50},
        {"noise", TONE(-10, -10, 0, -40, Q), TONE(-10, -10, 0, -14, Q), 27, 60, 60},
        {"dial_tone", TONE(-10, -10, 0, Q, -50), TONE(-10, -10, 0, Q, -8), 29, 60, 60},
        {"length", TONE(-10, -8, 0, Q, Q), TONE(-10, -8, 0, Q, Q), 61, 10, 70},
};

static double between(double first, double last, double part)
{
	return first + (last - first) * part;
}

static void battery(void)
{
	struct score all = {0};

	printf("{");
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
		const struct sweep *sweep = &sweeps[i];
		struct score score = {0};

		for (unsigned step = 0; step < sweep->steps; step++) {
			double part = step / (sweep->steps - 1.0);
			const struct jf_keys_tone *f = &sweep->first, *l = &sweep->last;
			const struct jf_keys_tone tone =
			        TONE(between(f->low_dbm0, l->low_dbm0, part),
			             between(f->high_dbm0, l->high_dbm0, part),
			             between(f->shift, l->shift, part),
			             between(f->noise_dbm0, l->noise_dbm0, part),
			             between(f->dial_dbm0, l->dial_dbm0, part));

			dial(&tone, between(sweep->ms, sweep->last_ms, part), 45, &score);
		}
		print_score(sweep->name, &score);
		printf(", ");
		all.sent += score.sent;
		all.spandsp += score.spandsp;
		all.ours += score.ours;
		all.same += score.same;
	}
	print_score("all", &all);
	printf("}\n");
}

static void speech(const char *path)
{
	struct score score = {0};
	size_t n;
	int16_t *samples = load(path, &n);

	compare(samples, n, &score);
	printf("{\"seconds\": %.0f, ", (double)n / 8000);
	print_score("found", &score);
	printf("}\n");
	free(samples);
}

int main(int argc, char **argv)
{
	jf_dtmf_init();
	if (argc == 4 && strcmp(argv[1], "speed") == 0) {
		long n = strtol(argv[2], NULL, 10);

		if (n < 1 || n > 10000000)
			die("STREAMS must be 1 .. 10,000,000");
		speed((uint32_t)n, argv[3]);
	} else if (argc == 2 && strcmp(argv[1], "battery") == 0) {
		battery();
	} else if (argc == 3 && strcmp(argv[1], "speech") == 0) {
		speech(argv[2]);
	} else {
		die("usage: speed STREAMS SAMPLES | battery | speech SAMPLES");
	}
	return 0;
}
