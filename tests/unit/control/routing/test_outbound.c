// SPDX-License-Identifier: BSD-3-Clause
/* Which trunks a call may take, and what is refused. Virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_outbound.h"
#include "jf_time.h"

#define NOW (1000 * JF_NS_PER_S)

static const char text[] =
        "tenants:\n"
        "  - name: acme\n"
        "    caps: {calls: 3, calls_per_s: 2, minutes_per_day: 10}\n"
        "    outgoing: {country: \"372\", international_prefix: \"00\",\n"
        "               allow: [\"+372\", \"+44\"], deny: [\"+372900\"]}\n"
        "  - name: silent\n"
        "trunks:\n"
        "  - {name: a, to: [10.0.0.1], weight: 30}\n"
        "  - {name: b, to: [10.0.0.2], weight: 10}\n"
        "  - {name: backup, to: [10.0.0.3], priority: 2, caps: {calls: 1}}\n"
        "  - {name: estonia, to: [10.0.0.4], priority: 3, numbers: {allow: [\"+372\"]}}\n"
        "  - {name: other, tenant: silent, to: [10.0.0.5]}\n"
        "  - {name: incoming, addresses: [10.0.0.6]}\n";

struct world {
	struct jf_directory *directory;
	const char *down, *unregistered;
	struct jf_usage tenant, backup;
};

static void state_of(const struct jf_directory_trunk *trunk, struct jf_outbound_state *ret_state,
                     void *arg)
{
	const struct world *w = arg;

	ret_state->down = w->down && strchr(w->down, trunk->name[0]);
	ret_state->unregistered = w->unregistered && strcmp(w->unregistered, trunk->name) == 0;
	if (strcmp(trunk->name, "backup") == 0)
		ret_state->usage = w->backup;
}

static struct jf_outbound_choice choose(struct world *w, const char *tenant, const char *number,
                                        uint64_t random)
{
	struct jf_outbound_query query = {
	        .directory = w->directory,
	        .tenant = tenant,
	        .number = number,
	        .now_ns = NOW,
	        .random = random,
	        .tenant_usage = &w->tenant,
	        .state = state_of,
	        .arg = w,
	};
	struct jf_outbound_choice choice;

	jf_outbound_choose(&query, &choice);
	return choice;
}

static int setup(void **state)
{
	static const struct jf_directory_options options = {.realm = "jackfield"};
	struct jf_directory_file file = {"t.yaml", text, strlen(text)};
	struct jf_directory_errors errors;
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(jf_directory_parse(&file, 1, &options, &w->directory, &errors), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	jf_directory_destroy(w->directory);
	free(w);
	return 0;
}

static const char *name(const struct jf_outbound_choice *choice, unsigned i)
{
	return choice->candidates[i].trunk->name;
}

static enum jf_outbound_verdict verdict_of(const struct jf_outbound_choice *choice,
                                           const char *trunk)
{
	for (unsigned i = 0; i < choice->n_candidates; i++)
		if (strcmp(name(choice, i), trunk) == 0)
			return choice->candidates[i].verdict;
	fail_msg("%s is no candidate", trunk);
	return JF_OUTBOUND_IS_ELIGIBLE;
}

static void lower_priorities_come_first_and_weights_share(void **state)
{
	unsigned first_a = 0;

	for (uint64_t random = 0; random < 4000; random++) {
		struct jf_outbound_choice c = choose(*state, "acme", "+3726001000", random);

		assert_int_equal(c.refusal, JF_OUTBOUND_NONE);
		assert_int_equal(c.n_candidates, 4);
		assert_int_equal(c.n_eligible, 4);
		assert_true(strcmp(name(&c, 0), "a") == 0 || strcmp(name(&c, 0), "b") == 0);
		assert_string_not_equal(name(&c, 0), name(&c, 1));
		assert_string_equal(name(&c, 2), "backup");
		assert_string_equal(name(&c, 3), "estonia");
		first_a += strcmp(name(&c, 0), "a") == 0;
	}
	/* 30 of 40, within 4 standard deviations */
	assert_in_range(first_a, 2890, 3110);
}

static void who_is_passed_over_is_told_with_the_reason(void **state)
{
	struct world *w = *state;
	struct jf_outbound_choice c;

	w->down = "a";
	w->unregistered = "b";
	w->backup.calls = 1;
	c = choose(w, "acme", "+442079460000", 1);
	assert_int_equal(c.refusal, JF_OUTBOUND_NO_TRUNK);
	assert_int_equal(c.n_eligible, 0);
	assert_int_equal(verdict_of(&c, "a"), JF_OUTBOUND_IS_DOWN);
	assert_int_equal(verdict_of(&c, "b"), JF_OUTBOUND_IS_UNREGISTERED);
	assert_int_equal(verdict_of(&c, "backup"), JF_OUTBOUND_IS_CALLS);
	assert_int_equal(verdict_of(&c, "estonia"), JF_OUTBOUND_IS_PREFIX);
	c = choose(w, "acme", "6001000", 1);
	assert_int_equal(c.refusal, JF_OUTBOUND_NONE);
	assert_int_equal(c.n_eligible, 1);
	assert_string_equal(name(&c, 0), "estonia");
	assert_string_equal(c.number, "+3726001000");
}

static void nobody_calls_out_without_permission(void **state)
{
	assert_int_equal(choose(*state, "silent", "+3726001000", 1).refusal,
	                 JF_OUTBOUND_NOT_PERMITTED);
	assert_int_equal(choose(*state, "nobody", "+3726001000", 1).refusal,
	                 JF_OUTBOUND_NOT_PERMITTED);
	assert_int_equal(choose(*state, "acme", "+3729001000", 1).refusal, JF_OUTBOUND_DENIED);
	assert_int_equal(choose(*state, "acme", "0088213000000", 1).refusal,
	                 JF_OUTBOUND_NOT_ALLOWED);
	assert_int_equal(choose(*state, "acme", "sip", 1).refusal, JF_OUTBOUND_BAD_NUMBER);
	assert_true(jf_outbound_is_alarm(JF_OUTBOUND_NOT_ALLOWED));
	assert_false(jf_outbound_is_alarm(JF_OUTBOUND_NO_TRUNK));
	assert_int_equal(jf_outbound_refusal_code(JF_OUTBOUND_DENIED), 403);
}

static void caps_of_the_tenant_hold(void **state)
{
	struct world *w = *state;

	jf_usage_begin(&w->tenant, NOW);
	jf_usage_begin(&w->tenant, NOW);
	assert_int_equal(choose(w, "acme", "+3726001000", 1).refusal, JF_OUTBOUND_TENANT_RATE);
	w->tenant.second_ns = NOW - JF_NS_PER_S;
	assert_int_equal(choose(w, "acme", "+3726001000", 1).refusal, JF_OUTBOUND_NONE);
	jf_usage_begin(&w->tenant, NOW);
	assert_int_equal(choose(w, "acme", "+3726001000", 1).refusal, JF_OUTBOUND_TENANT_CALLS);
	jf_usage_end(&w->tenant, NOW, false);
	w->tenant.second_ns = NOW - JF_NS_PER_S;
	assert_int_equal(choose(w, "acme", "+3726001000", 1).refusal, JF_OUTBOUND_NONE);
	w->tenant.used_ns = 600 * JF_NS_PER_S;
	assert_int_equal(choose(w, "acme", "+3726001000", 1).refusal, JF_OUTBOUND_TENANT_MINUTES);
}

/* ---- Usage ---- */

static void talked_time_counts_while_it_passes_and_ends_with_the_day(void **state)
{
	struct jf_usage u = {.calls = 0};
	struct jf_directory_caps caps = {.minutes_per_day = 1};
	uint32_t day = jf_usage_day(UINT64_C(1700000000) * JF_NS_PER_S);

	(void)state;
	jf_usage_count(&u, NOW, day);
	jf_usage_begin(&u, NOW);
	jf_usage_begin(&u, NOW);
	jf_usage_answered(&u, NOW);
	jf_usage_answered(&u, NOW);
	jf_usage_count(&u, NOW + 29 * JF_NS_PER_S, day);
	assert_int_equal(jf_usage_check(&u, &caps, NOW), JF_USAGE_FITS);
	jf_usage_count(&u, NOW + 30 * JF_NS_PER_S, day);
	assert_int_equal(jf_usage_check(&u, &caps, NOW), JF_USAGE_MINUTES);
	jf_usage_end(&u, NOW + 31 * JF_NS_PER_S, true);
	assert_int_equal(u.used_ns / JF_NS_PER_S, 62);
	jf_usage_count(&u, NOW + 40 * JF_NS_PER_S, day + 1);
	assert_int_equal(u.used_ns, 0);
	jf_usage_count(&u, NOW + 45 * JF_NS_PER_S, day + 1);
	assert_int_equal(u.used_ns / JF_NS_PER_S, 5);
	jf_usage_end(&u, NOW + 45 * JF_NS_PER_S, true);
	assert_int_equal(u.calls, 0);
	assert_int_equal(u.talking, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
	        TEST(lower_priorities_come_first_and_weights_share),
	        TEST(who_is_passed_over_is_told_with_the_reason),
	        TEST(nobody_calls_out_without_permission),
	        TEST(caps_of_the_tenant_hold),
	        TEST(talked_time_counts_while_it_passes_and_ends_with_the_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
