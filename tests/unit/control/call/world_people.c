// SPDX-License-Identifier: BSD-3-Clause
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

int world_set_up(void **state)
{
	world_begin();
	if (*state)
		world_apply(*state);
	return 0;
}

int world_tear_down(void **state)
{
	(void)state;
	world_end();
	return 0;
}

void world_press(struct jf_leg *leg, char key)
{
	world_leg_digit(leg, key);
	world_advance(120); /* an INFO waits whether the key comes in the media, too */
}

struct jf_leg *world_answers_with(const char *who, const struct jf_media_desc *desc)
{
	struct jf_leg *leg = world_leg_to(who);

	assert_non_null(leg);
	assert_false(leg->ended);
	assert_string_equal(leg->said, "invite");
	world_leg(leg, JF_LEG_PROVISIONAL, 180, NULL);
	world_leg(leg, JF_LEG_ANSWERED, 200, desc);
	return leg;
}

struct jf_leg *world_answers(const char *who, uint16_t port)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, port);

	return world_answers_with(who, &desc);
}

struct jf_leg *world_caller_with(const struct jf_media_desc *offer)
{
	struct jf_leg *leg = world_invite_with("100", offer);

	assert_string_equal(leg->said, "answer");
	world_leg(leg, JF_LEG_CONFIRMED, 0, NULL);
	world_played();
	return leg;
}

void world_caller_leaves_a_message(void)
{
	struct jf_leg *leg = world_caller("100");

	world_press(leg, '9');
	world_advance(1);
	world_played();
	world_played();
	world_advance(1);
	world.speaks = true;
	world_advance(4000);
	world.speaks = false;
	world_press(leg, '#');
	world_advance(200);
	assert_string_equal(world_recorded_text("outcome", NULL), "voicemail");
}

int world_order(enum jf_call_order_what what, const char *target)
{
	struct jf_call_order order = {.what = what, .target = target, .actor = "test"};
	json_t *list = jf_view_calls(world.calls, NULL, 1, NULL);
	struct jf_call_id id;
	int err = -ENOENT;

	if (json_array_size(list))
		err = jf_call_id_parse(
		        json_string_value(json_object_get(json_array_get(list, 0), "id")), &id);
	json_decref(list);
	return err ? err : jf_calls_order(world.calls, &id, &order);
}

bool world_hears(uint16_t listener, uint16_t source)
{
	const struct world_endpoint *l = world_endpoint(listener), *s = world_endpoint(source);

	if (!l || !s)
		return false;
	for (unsigned int i = 0; i < l->mix.count; i++)
		if (l->mix.sources[i].index == s->ref.index)
			return true;
	return l->hears.generation && l->hears.index == s->ref.index;
}

const json_t *world_recorded(const char *key, const char *inner)
{
	const json_t *json = json_object_get(world.last_record, key);

	return inner ? json_object_get(json, inner) : json;
}

const char *world_recorded_text(const char *key, const char *inner)
{
	return json_string_value(world_recorded(key, inner));
}

const char *world_task(enum jf_tasks_kind kind, const char *key)
{
	static char text[200];
	json_t *list = jf_view_tasks(world.calls, kind, NULL);
	const char *value = json_string_value(json_object_get(json_array_get(list, 0), key));

	snprintf(text, sizeof(text), "%s", value ? value : "");
	json_decref(list);
	return text;
}
