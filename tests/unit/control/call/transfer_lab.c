// SPDX-License-Identifier: BSD-3-Clause
#include "transfer_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct jf_leg *caller, *first;

/* A caller talks with 1001; 1002 is ready. */
int set_up(void **state)
{
	(void)state;
	world_begin();
	world_register("1001");
	caller = world_caller("100");
	world_advance(2000);
	first = world_answers("1001", FIRST);
	world_advance(1000);
	world_register("1002");
	return 0;
}

bool hears_music(uint16_t listener)
{
	return strcmp(world_endpoint(listener)->sound, "/moh.wav") == 0;
}

json_int_t number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

const char *text(const json_t *json, const char *key)
{
	const char *found = json_string_value(json_object_get(json, key));

	return found ? found : "";
}

const json_t *segment(size_t i)
{
	return json_array_get(json_object_get(world.last_record, "segments"), i);
}

/* The caller hangs up; its record is there. */
void over(void)
{
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_int_equal(jf_calls_count(world.calls), 0);
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		assert_false(world.endpoints[i].open);
}
