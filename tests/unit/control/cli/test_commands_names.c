// SPDX-License-Identifier: BSD-3-Clause
/* Names that one tenant has, that several have, that nobody has. */
#include "jf_commands_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* ---- What the call layer and the socket do ----------------------------------------------------
 */

static const struct jf_view_name *queues;
static size_t n_queues;
static enum jf_protocol_error_code answered;
static char said[300];

bool jf_view_queue_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	(void)calls;
	if (*cursor >= n_queues)
		return false;
	*ret_name = queues[(*cursor)++];
	return true;
}

bool jf_view_team_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	return jf_view_queue_name(calls, cursor, ret_name);
}

bool jf_view_flow_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	return jf_view_queue_name(calls, cursor, ret_name);
}

void jf_reply_error(struct jf_reply *reply, enum jf_protocol_error_code code, const char *format,
                    ...)
{
	va_list args;

	(void)reply;
	answered = code;
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
}

/* ---- */

static const struct jf_view_name some[] = {
        {"acme", "billing"}, {"acme", "sales"}, {"bolt", "billing"}};

static const char *meant(enum jf_commands_kind kind, const char *text)
{
	static char whole[100];
	struct jf_view_name name = {"", ""};

	answered = JF_PROTOCOL_OK;
	if (!jf_commands_name(NULL, kind, text, &name, NULL))
		return NULL;
	assert_int_equal(answered, JF_PROTOCOL_OK);
	snprintf(whole, sizeof(whole), "%s/%s", name.tenant, name.name);
	return whole;
}

static void a_name_is_enough_where_one_tenant_has_it(void **state)
{
	(void)state;
	queues = some;
	n_queues = 3;
	assert_string_equal(meant(JF_COMMANDS_QUEUE, "sales"), "acme/sales");
	assert_string_equal(meant(JF_COMMANDS_QUEUE, "bolt/billing"), "bolt/billing");
	assert_string_equal(meant(JF_COMMANDS_QUEUE, "acme/billing"), "acme/billing");
}

static void several_are_listed(void **state)
{
	(void)state;
	assert_null(meant(JF_COMMANDS_TEAM, "billing"));
	assert_int_equal(answered, JF_PROTOCOL_AMBIGUOUS);
	assert_string_equal(said, "several tenants have a team billing: say one of acme/billing, "
	                          "bolt/billing");
}

static void nobody_is_found(void **state)
{
	static const char *const none[] = {"support",     "acme",          "acme/",
	                                   "/billing",    "acme/support",  "bolt/sales",
	                                   "acmebilling", "acme/billing/", "Billing"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_null(meant(JF_COMMANDS_FLOW, none[i]));
		assert_int_equal(answered, JF_PROTOCOL_NOT_FOUND);
	}
}

/* However many they are, the answer stays within what the protocol carries. */
static void a_long_list_is_cut(void **state)
{
	struct jf_view_name many[40];
	char tenants[40][20];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		snprintf(tenants[i], sizeof(tenants[i]), "tenant-%02zu", i);
		many[i] = (struct jf_view_name){tenants[i], "q"};
	}
	queues = many;
	n_queues = 40;
	assert_null(meant(JF_COMMANDS_QUEUE, "q"));
	assert_true(strlen(said) < JF_PROTOCOL_MESSAGE_MAX);
	assert_non_null(strstr(said, "tenant-00/q, tenant-01/q"));
	assert_string_equal(said + strlen(said) - 5, ", ...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_name_is_enough_where_one_tenant_has_it),
	        cmocka_unit_test(several_are_listed),
	        cmocka_unit_test(nobody_is_found),
	        cmocka_unit_test(a_long_list_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
