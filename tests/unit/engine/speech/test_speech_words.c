// SPDX-License-Identifier: BSD-3-Clause
/*
 * Real and synthetic voices: words with nothing before and behind them, laid out with pauses on
 * lines of digital silence and of noise, so that the true talk share is known by construction.
 * Needs sox, espeak-ng and the sounds of asterisk-core-sounds-en-wav; skips without them.
 */
#include "jf_speech.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_energy.h"
#include "jf_g711.h"
#include "jf_track.h"
#include "jf_wav.h"

#define SOUNDS "/usr/share/asterisk/sounds/en_US_f_Allison"
/* Percent signs for printf. */
#define TRIM       " silence 1 0.02 0.5%% reverse silence 1 0.02 0.5%% reverse"
#define RATE       8000u
#define WORDS_MAX  16u
#define WORD_MAX   (4 * RATE)
#define LINE_S     120u
#define LINE       (LINE_S * RATE)
#define TRACK_SIZE 8192u

struct word {
	int16_t samples[WORD_MAX];
	size_t n;
};

static struct word recorded[WORDS_MAX], spoken[WORDS_MAX];
static size_t n_recorded, n_spoken;

/* The output of a command that writes a WAV, as a word. */
static int make_word(const char *command, struct word *ret_word)
{
	static uint8_t file[JF_WAV_HEADER_MAX + 2 * WORD_MAX];
	FILE *pipe = popen(command, "r");
	struct jf_wav wav;
	size_t length;

	if (!pipe)
		return -1;
	length = fread(file, 1, sizeof(file), pipe);
	if (pclose(pipe) || jf_wav_parse(file, length, &wav))
		return -1;
	ret_word->n = wav.data_length / 2;
	memcpy(ret_word->samples, file + wav.data_offset, 2 * ret_word->n);
	return 0;
}

static int make_words(void **state)
{
	static const char *const texts[] = {"hello", "billing", "invoice", "tomorrow", "seven"};
	char command[400];

	(void)state;
	jf_energy_init();
	for (int digit = 0; digit < 10; digit++) {
		snprintf(command, sizeof(command),
		         "sox " SOUNDS "/digits/%d.wav -t wav -" TRIM " 2>/dev/null", digit);
		n_recorded += !make_word(command, &recorded[n_recorded]);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(command, sizeof(command),
		         "espeak-ng --stdout %s 2>/dev/null | sox -t wav - -r 8000 -b 16 -t wav "
		         "-" TRIM " 2>/dev/null",
		         texts[i]);
		n_spoken += !make_word(command, &spoken[n_spoken]);
	}
	return 0;
}

/*
 * Two minutes of these words with pauses of 0.5 to 3 s, at gain, over noise of that level (dBov;
 * 127: none). Gives the true talk share.
 */
static double lay_out(const struct word *words, size_t n_words, double gain, int noise_level,
                      int16_t *ret_line)
{
	/* uniform noise of amplitude a has an effective value of a / sqrt(3) */
	double noise = noise_level < 127 ? 32768 * sqrt(3) * pow(10, -noise_level / 20.0) : 0;
	size_t at = RATE / 3, talk = 0;

	for (size_t i = 0; i < LINE; i++)
		ret_line[i] = (int16_t)lrint(noise * (2.0 * rand() / RAND_MAX - 1));
	for (;;) {
		const struct word *word = &words[(size_t)rand() % n_words];

		if (at + word->n > LINE)
			break;
		for (size_t i = 0; i < word->n; i++)
			ret_line[at + i] =
			        (int16_t)lrint(gain * word->samples[i] + ret_line[at + i]);
		talk += word->n;
		at += word->n + RATE / 2 + (size_t)rand() % (5 * RATE / 2);
	}
	return (double)talk / LINE;
}

static double measure(const int16_t *line, enum jf_law law, uint32_t packet_samples)
{
	static uint8_t levels[TRACK_SIZE];
	struct jf_track track;
	struct jf_track_rest rest;
	struct jf_speech speech;
	struct jf_speech_result result;
	uint8_t codes[480];

	jf_track_init(&track, &rest, TRACK_SIZE, law);
	for (uint32_t at = 0; at + packet_samples <= LINE; at += packet_samples) {
		jf_g711_encode_block(law, line + at, packet_samples, codes);
		jf_track_push(&track, &rest, levels,
		              &(struct jf_track_packet){.codes = codes,
		                                        .n = packet_samples,
		                                        .timestamp = at,
		                                        .now_ts = at + packet_samples});
	}
	jf_speech_init(&speech);
	for (uint32_t i = 0; i < track.frames; i++)
		jf_speech_step(&speech, jf_track_level(&track, levels, TRACK_SIZE - 1, i),
		               JF_SPEECH_NOTHING);
	jf_speech_result(&speech, &result);
	return result.party[0].talk_share;
}

static void check(const struct word *words, size_t n_words)
{
	static const struct {
		double gain;
		int noise_level;
		enum jf_law law;
		uint32_t packet_samples;
	} lines[] = {
	        {1.0, 127, JF_LAW_PCMU, 160}, {1.0, 127, JF_LAW_PCMA, 160},
	        {1.0, 70, JF_LAW_PCMU, 240},  {1.0, 60, JF_LAW_PCMA, 160},
	        {0.5, 127, JF_LAW_PCMU, 80},  {0.5, 65, JF_LAW_PCMU, 480},
	        {1.0, 55, JF_LAW_PCMU, 160},
	};
	static int16_t line[LINE];

	if (n_words < 5) {
		print_message("# sox, espeak-ng or the sounds are missing\n");
		skip();
	}
	srand(1);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		double truth = lay_out(words, n_words, lines[i].gain, lines[i].noise_level, line);
		double share = measure(line, lines[i].law, lines[i].packet_samples);

		print_message(
		        "# gain %.1f, noise -%d dBov: talk share %.4f, measured %.4f (%+.1f %%)\n",
		        lines[i].gain, lines[i].noise_level, truth, share,
		        100 * (share / truth - 1));
		assert_true(share > 0.95 * truth && share < 1.05 * truth);
	}
}

static void talk_share_of_recorded_words_is_true(void **state)
{
	(void)state;
	check(recorded, n_recorded);
}

static void talk_share_of_synthetic_words_is_true(void **state)
{
	(void)state;
	check(spoken, n_spoken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(talk_share_of_recorded_words_is_true),
	        cmocka_unit_test(talk_share_of_synthetic_words_is_true),
	};

	return cmocka_run_group_tests(tests, make_words, NULL);
}
