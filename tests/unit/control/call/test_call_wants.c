// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_wants.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_acd_skill.h"

static struct jf_acd *acd;
static struct jf_call_wants wants;

static int set_up(void **state)
{
	(void)state;
	memset(&wants, 0, sizeof(wants));
	return jf_acd_create(&acd);
}

static int tear_down(void **state)
{
	(void)state;
	jf_call_wants_clear(&wants);
	jf_acd_destroy(acd);
	return 0;
}

static void what_is_asked_for_gets_less_with_time(void **state)
{
	(void)state;
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "billing >= 3", 700), 0);
	assert_int_equal(wants.steps[0].after_ns, 0);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "billing >=", 800), -EINVAL);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "billing", 0), -EINVAL);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "billing", 30000), 0);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "", 30000), -EINVAL);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "", 60000), 0);
	assert_int_equal(wants.n_steps, 3);
	assert_int_equal(wants.steps[2].requirement, JF_ACD_ANYONE);
	while (wants.n_steps < JF_ACD_STEPS_MAX)
		assert_int_equal(
		        jf_call_wants_require(&wants, acd, 0, "a", 60000 + 1000 * wants.n_steps),
		        0);
	assert_int_equal(jf_call_wants_require(&wants, acd, 0, "a", 100000), -E2BIG);
}

static void data_are_bounded(void **state)
{
	char key[JF_CALL_DATA_KEY_MAX + 2], value[JF_CALL_DATA_VALUE_MAX + 2];

	(void)state;
	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	key[sizeof(key) - 1] = value[sizeof(value) - 1] = '\0';
	assert_int_equal(jf_call_wants_data_set(&wants, key, "x"), -E2BIG);
	assert_int_equal(jf_call_wants_data_set(&wants, "x", value), -E2BIG);
	assert_int_equal(jf_call_wants_data_set(&wants, "", "x"), -EINVAL);
	assert_int_equal(jf_call_wants_data_set(&wants, "x", "\xff"), -EINVAL);
	value[JF_CALL_DATA_VALUE_MAX] = '\0';
	for (unsigned int i = 0; i < JF_CALL_DATA_KEYS_MAX; i++) {
		/* The last few don't fit for their length. */
		snprintf(key, sizeof(key), "key-%u", i);
		assert_int_equal(jf_call_wants_data_set(&wants, key, value),
		                 (i + 1) * (JF_CALL_DATA_VALUE_MAX + 6) - (i < 10 ? i + 1 : 10) >
		                                 JF_CALL_DATA_MAX
		                         ? -E2BIG
		                         : 0);
	}
	assert_int_equal(jf_call_wants_data_set(&wants, "key-0", "short"), 0);
	assert_string_equal(jf_call_wants_data(&wants, "key-0"), "short");
	assert_int_equal(jf_call_wants_data_set(&wants, "key-0", NULL), 0);
	assert_null(jf_call_wants_data(&wants, "key-0"));
	jf_call_wants_clear(&wants);
	for (unsigned int i = 0; i <= JF_CALL_DATA_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "key-%u", i);
		assert_int_equal(jf_call_wants_data_set(&wants, key, ""),
		                 i < JF_CALL_DATA_KEYS_MAX ? 0 : -E2BIG);
	}
}

static void what_is_stored_is_read_again(void **state)
{
	struct jf_call_wants again = {0};
	json_t *json;

	(void)state;
	json = jf_call_wants_json(&wants, acd);
	assert_int_equal(json_object_size(json), 0);
	json_decref(json);

	wants.priority = 700;
	wants.vip = true;
	snprintf(wants.agent, sizeof(wants.agent), "1001");
	wants.agent_ms = 20000;
	snprintf(wants.language, sizeof(wants.language), "et");
	assert_int_equal(jf_call_wants_require(&wants, acd, 4, "(a >= 3) and b", 0), 0);
	assert_int_equal(jf_call_wants_require(&wants, acd, 4, "a", 15000), 0);
	assert_int_equal(jf_call_wants_data_set(&wants, "order", "4711"), 0);
	json = jf_call_wants_json(&wants, acd);
	jf_call_wants_read(&again, acd, 4, json);
	json_decref(json);
	assert_int_equal(again.priority, 700);
	assert_true(again.vip);
	assert_int_equal(again.n_steps, 2);
	assert_int_equal(again.steps[0].requirement, wants.steps[0].requirement);
	assert_int_equal(again.steps[1].after_ns, 15 * JF_NS_PER_S);
	assert_string_equal(again.agent, "1001");
	assert_int_equal(again.agent_ms, 20000);
	assert_string_equal(again.language, "et");
	assert_string_equal(jf_call_wants_data(&again, "order"), "4711");
	jf_call_wants_clear(&again);

	/* A row of another make: nothing out of range comes in. */
	json = json_loads("{\"priority\": 70000, \"requires\": [{\"expression\": \"a >=\"}, 3],"
	                  "\"data\": {\"a\": 1}, \"agent\": 7}",
	                  0, NULL);
	jf_call_wants_read(&again, acd, 4, json);
	json_decref(json);
	assert_int_equal(again.priority, 0);
	assert_int_equal(again.n_steps, 0);
	assert_string_equal(again.agent, "");
	assert_null(again.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(what_is_asked_for_gets_less_with_time, set_up,
	                                        tear_down),
	        cmocka_unit_test_setup_teardown(data_are_bounded, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(what_is_stored_is_read_again, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
