// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_prompt.h"
#include "media_lab.h"

static char folder[64];

static void record(const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/digits/%s.wav", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(name, file);
	fclose(file);
}

static int with_prompts(void **state)
{
	char digits[80];

	snprintf(folder, sizeof(folder), "/tmp/jf-say-%d", (int)getpid());
	snprintf(digits, sizeof(digits), "%s/digits", folder);
	if (mkdir(folder, 0700) || mkdir(digits, 0700))
		return -1;
	record("1");
	record("1N");
	record("2");
	record("hundred");
	record("3-and");
	record("20");
	return set_up(state);
}

static int without(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return tear_down(state) || system(command);
}

static void a_number_is_played_from_a_folder_of_prompts(void **state)
{
	static const char *const said[] = {"1N", "hundred", "3-and", "20"};
	struct jf_media_playlist list = {0};
	struct jf_prompt_list words = {0};
	const struct jf_command *play = &fake.last[JF_COMMAND_PLAY];
	struct pair pair;

	(void)state;
	live(100);
	pair = pair_open();
	assert_int_equal(
	        jf_prompt_number(jf_prompt_language_find("de"), 123, JF_PROMPT_ALONE, &words), 0);
	assert_int_equal(jf_media_say(media, folder, &words, &list), 0);
	assert_int_equal(jf_media_play(media, pair.caller, &list, NULL), 0);
	live(100);
	assert_int_equal(play->play.sound_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/digits/%s.wav", folder, said[i]);
		assert_string_equal(fake.sounds[play->play.sounds[i]], path);
	}
}

static void what_was_not_recorded_is_told_and_nothing_is_half_said(void **state)
{
	struct jf_media_playlist list = {0};
	struct jf_prompt_list words = {0};
	const struct jf_prompt_language *en = jf_prompt_language_find("en");

	(void)state;
	live(100);
	assert_int_equal(jf_prompt_number(en, 120, JF_PROMPT_ALONE, &words), 0);
	assert_int_equal(jf_media_say(media, folder, &words, &list), 0);
	assert_int_equal(list.count, 3);
	words.count = 0;
	assert_int_equal(jf_prompt_number(en, 250, JF_PROMPT_ALONE, &words), 0);
	assert_int_equal(jf_media_say(media, folder, &words, &list), -ENOENT);
	assert_int_equal(list.count, 3);
}

static void a_list_has_an_end(void **state)
{
	struct jf_media_playlist list = {0};
	struct jf_prompt_list words = {0};

	(void)state;
	live(100);
	assert_int_equal(jf_prompt_digits(jf_prompt_language_find("en"), "12121212", &words), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(jf_media_say(media, folder, &words, &list), 0);
	assert_int_equal(list.count, JF_MEDIA_PLAYLIST_MAX);
	assert_int_equal(jf_media_say(media, folder, &words, &list), -ENOSPC);
	assert_int_equal(list.count, JF_MEDIA_PLAYLIST_MAX);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, with_prompts, without)
	const struct CMUnitTest tests[] = {
	        TEST(a_number_is_played_from_a_folder_of_prompts),
	        TEST(what_was_not_recorded_is_told_and_nothing_is_half_said),
	        TEST(a_list_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
