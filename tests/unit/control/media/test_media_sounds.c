// SPDX-License-Identifier: BSD-3-Clause
/* How long sounds stay loaded. */
#include "media_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY 1200u /* more than the dataplane has ids */

static bool is_loaded(const char *path)
{
	for (uint32_t id = 0; id < JF_CONTRACT_SOUNDS_MAX; id++)
		if (!strcmp(fake.sounds[id], path))
			return true;
	return false;
}

static uint32_t loaded(void)
{
	uint32_t n = 0;

	for (uint32_t id = 0; id < JF_CONTRACT_SOUNDS_MAX; id++)
		n += fake.sounds[id][0] != '\0';
	return n;
}

/* The endpoint hears the file, from the beginning. */
static int play(struct jf_media_ref endpoint, const char *path)
{
	struct jf_media_playlist list = {.count = 1};
	int err = jf_media_sound(media, path, &list.sounds[0]);

	return err ? err : jf_media_play(media, endpoint, &list, NULL);
}

static void what_was_heard_is_unloaded_when_nobody_hears_it(void **state)
{
	struct pair p = pair_open();
	struct jf_media_sound_info info[2];

	(void)state;
	assert_int_equal(play(p.caller, hello), 0);
	assert_int_equal(play(p.agent, hello), 0);
	live(30);
	jf_media_sound_forget(media, hello);
	live(30);
	assert_true(is_loaded(hello));
	jf_media_silence(media, p.caller);
	live(30);
	assert_true(is_loaded(hello));
	jf_media_close(media, p.agent);
	live(30);
	assert_false(is_loaded(hello));
	assert_int_equal(jf_media_sounds(media, info, 2), 0);
	/* And asked for again it is there again. */
	assert_int_equal(play(p.caller, hello), 0);
	live(30);
	assert_true(is_loaded(hello));
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

static void what_is_asked_for_again_stays(void **state)
{
	struct pair p = pair_open();

	(void)state;
	assert_int_equal(play(p.caller, hello), 0);
	live(30);
	jf_media_sound_forget(media, hello);
	assert_int_equal(play(p.caller, hello), 0); /* as it plays */
	jf_media_silence(media, p.caller);
	live(30);
	assert_true(is_loaded(hello));
	assert_int_equal(fake.commands[JF_COMMAND_SOUND], 1);
}

static void more_sounds_than_ids_take_turns(void **state)
{
	struct pair p = pair_open();
	char path[128];

	(void)state;
	assert_int_equal(play(p.agent, hello), 0); /* heard all the time */
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "%s/%u.wav", lab_folder, i);
		file_make(path);
		assert_int_equal(play(p.caller, path), 0);
		live(20);
		assert_int_equal(slot_of(p.caller)->hears, JF_HEARS_SOUND);
		assert_string_equal(fake.sounds[fake.last[JF_COMMAND_PLAY].play.sounds[0]], path);
		unlink(path);
	}
	assert_true(is_loaded(hello));
	assert_true(loaded() < JF_CONTRACT_SOUNDS_MAX);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

static void a_list_as_long_as_the_table_is_refused_and_keeps_its_sounds(void **state)
{
	uint16_t sound;
	char path[128];
	int err = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < MANY && !err; i++) { /* all in one turn: none of them may go */
		snprintf(path, sizeof(path), "%s/%u.wav", lab_folder, i);
		file_make(path);
		err = jf_media_sound(media, path, &sound);
		unlink(path);
		if (i % 64 == 0)
			fake_run(&fake, now_ns, 100);
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(i, JF_CONTRACT_SOUNDS_MAX);
}

static void a_file_that_changed_or_went_is_unloaded(void **state)
{
	struct pair p = pair_open();
	uint16_t sound;
	FILE *f;

	(void)state;
	assert_int_equal(play(p.caller, hello), 0);
	live(30);
	f = fopen(hello, "w");
	assert_non_null(f);
	fputs("longer", f);
	fclose(f);
	assert_int_equal(play(p.caller, hello), 0);
	live(30);
	assert_int_equal(loaded(), 1);
	jf_media_silence(media, p.caller);
	unlink(hello);
	assert_int_equal(jf_media_sound(media, hello, &sound), -ENOENT);
	live(30);
	assert_int_equal(loaded(), 0);
	file_make(hello);
}

static void what_nobody_asks_for_goes_after_an_hour(void **state)
{
	struct pair p = pair_open();
	uint16_t sound;

	(void)state;
	assert_int_equal(play(p.caller, hello), 0);
	file_make(broken);
	assert_int_equal(jf_media_sound(media, broken, &sound), 0);
	live(30);
	now_ns += JF_MEDIA_SOUND_IDLE_NS;
	live(1100);
	assert_true(is_loaded(hello));
	jf_media_silence(media, p.caller);
	live(1100);
	assert_true(is_loaded(hello));
	now_ns += JF_MEDIA_SOUND_IDLE_NS;
	live(1100);
	assert_false(is_loaded(hello));
}

static void what_a_control_before_has_loaded_is_unloaded(void **state)
{
	struct pair p = pair_open();
	struct jf_media_kept kept = {.remote = &remote};

	(void)state;
	assert_int_equal(play(p.caller, hello), 0);
	live(30);
	strcpy(fake.sounds[7], "/message.wav");
	jf_media_destroy(media);
	control_start();
	assert_int_equal(jf_media_adopt(media, p.caller, &kept), 0);
	live(30000);
	assert_true(is_loaded(hello)); /* it is heard */
	assert_true(is_loaded("/message.wav"));
	jf_media_silence(media, p.caller);
	assert_int_equal(play(p.caller, hello), 0);
	live(15000);
	assert_true(is_loaded(hello));
	assert_int_equal(loaded(), 1);
	assert_int_equal(seen_of(JF_MEDIA_FAILED), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(what_was_heard_is_unloaded_when_nobody_hears_it),
	        TEST(what_is_asked_for_again_stays),
	        TEST(more_sounds_than_ids_take_turns),
	        TEST(a_list_as_long_as_the_table_is_refused_and_keeps_its_sounds),
	        TEST(a_file_that_changed_or_went_is_unloaded),
	        TEST(what_nobody_asks_for_goes_after_an_hour),
	        TEST(what_a_control_before_has_loaded_is_unloaded),
	};

	return cmocka_run_group_tests_name("media sounds", tests, NULL, NULL);
}
