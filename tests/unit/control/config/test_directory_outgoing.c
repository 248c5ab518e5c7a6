// SPDX-License-Identifier: BSD-3-Clause
/* Trunks to the outside, and what tenants may call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "directory_lab.h"

static const char whole[] =
        "tenants:\n"
        "  - name: acme\n"
        "    caps: {calls: 50, minutes_per_day: 3000}\n"
        "    outgoing: {country: \"372\", national_prefix: \"0\", international_prefix: \"00\",\n"
        "               allow: [\"+372\", \"112\"], deny: [\"+372900\"], caller: \"+3726001000\"}\n"
        "  - name: bolt\n"
        "trunks:\n"
        "  - name: carrier\n"
        "    tenant: acme\n"
        "    addresses: [10.77.0.2]\n"
        "    to: [sbc.carrier.example, \"10.77.0.2:5080\"]\n"
        "    transport: tcp\n"
        "    domain: carrier.example\n"
        "    priority: 2\n"
        "    weight: 30\n"
        "    options_s: 0\n"
        "    register: {user: acme, realm: carrier.example, password: zanzibar, expires_s: 600}\n"
        "    caps: {calls: 30, calls_per_s: 5, minutes_per_day: 2000}\n"
        "    numbers: {country: \"372\", national_prefix: \"0\", form: national, strip: 1,\n"
        "              prepend: \"99\", allow: [\"+372\"], deny: [\"+372900\"]}\n"
        "    asserted: trust\n"
        "    privacy: show\n"
        "  - {name: plain, to: [\"10.0.0.1\"]}\n"
        "queues: [{name: billing, tenant: acme}]\n"
        "numbers:\n"
        "  - {number: \"+3726001000\", tenant: acme, queue: billing}\n"
        "  - {number: \"+3726001001\", tenant: acme, forward: \"+3725551234\"}\n";

static const struct jf_directory_outgoing *trunk(const struct jf_directory *d, size_t i)
{
	size_t n;
	const struct jf_directory_trunk *trunks = jf_directory_trunks(d, &n);

	assert_true(i < n);
	return &trunks[i].out;
}

static void what_was_written_is_found(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	const struct jf_directory_outgoing *out = trunk(d, 0);
	const struct jf_directory_tenant *acme = jf_directory_tenant_find(d, "acme");
	const struct jf_directory_number *forwarded = jf_directory_number_find(d, "3726001001");

	(void)state;
	assert_int_equal(out->n_uris, 2);
	assert_string_equal(out->uris[0], "sip:sbc.carrier.example;transport=tcp");
	assert_string_equal(out->uris[1], "sip:10.77.0.2:5080;transport=tcp");
	assert_string_equal(out->domain, "carrier.example");
	assert_int_equal(out->priority, 2);
	assert_int_equal(out->weight, 30);
	assert_int_equal(out->options_s, 0);
	assert_int_equal(out->caps.calls_per_s, 5);
	assert_int_equal(out->numbers.form, JF_DIRECTORY_FORM_NATIONAL);
	assert_int_equal(out->numbers.strip, 1);
	assert_true(out->trusted && out->shows_withheld);
	/* printf 'acme:carrier.example:zanzibar' | md5sum, sha256sum */
	assert_string_equal(out->credentials.ha1, "4a7c7505abd207f39ae63098ca2f0cfe");
	assert_int_equal(strlen(out->credentials.ha1_sha256), 64);
	assert_int_equal(out->credentials.expires_s, 600);
	assert_true(acme->outgoing.permitted);
	assert_string_equal(acme->outgoing.caller, "+3726001000");
	assert_string_equal(acme->outgoing.numbers.allow[1], "112");
	assert_int_equal(acme->outgoing.caps.minutes_per_day, 3000);
	assert_string_equal(forwarded->forward, "+3725551234");
	assert_null(forwarded->queue);
	assert_string_equal(forwarded->tenant, "acme");
	jf_directory_destroy(d);
}

static void who_says_nothing_gets_the_careful_defaults(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	const struct jf_directory_outgoing *plain = trunk(d, 1);

	(void)state;
	assert_string_equal(plain->uris[0], "sip:10.0.0.1");
	assert_int_equal(plain->priority, 1);
	assert_int_equal(plain->weight, 10);
	assert_int_equal(plain->options_s, 5);
	assert_false(plain->trusted);
	assert_false(plain->shows_withheld);
	assert_null(plain->credentials.user);
	assert_false(jf_directory_tenant_find(d, "bolt")->outgoing.permitted);
	jf_directory_destroy(d);
}

static void an_export_makes_no_difference_and_holds_no_password(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	char *text = directory_lab_export(d);

	(void)state;
	assert_null(strstr(text, "zanzibar"));
	free(text);
	jf_directory_destroy(d);
}

/* One word of the text is another; which fields are told to differ. */
static void assert_differs(const char *from, const char *to, const char *kind, const char *fields)
{
	struct jf_directory *before = directory_lab_make(whole), *after;
	char *changed = strdup(whole), *at = strstr(changed, from);
	struct jf_directory_diff *diff;

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	after = directory_lab_make(changed);
	assert_int_equal(jf_directory_compare(before, after, &diff), 0);
	assert_int_equal(diff->count, 1);
	assert_string_equal(diff->list[0].kind, kind);
	assert_string_equal(diff->list[0].fields, fields);
	free(diff);
	free(changed);
	jf_directory_destroy(before);
	jf_directory_destroy(after);
}

static void differences_are_told_by_field(void **state)
{
	(void)state;
	assert_differs("calls: 50", "calls: 51", "tenant", "caps");
	assert_differs("caller: \"+3726001000\"", "caller: \"+3726001009\"", "tenant", "outgoing");
	assert_differs("sbc.carrier", "sbd.carrier", "trunk", "to");
	assert_differs("zanzibar", "zanzibat", "trunk", "register");
	assert_differs("calls_per_s: 5", "calls_per_s: 6", "trunk", "caps");
	assert_differs("strip: 1", "strip: 2", "trunk", "numbers");
	assert_differs("weight: 30", "weight: 31", "trunk", "weight");
	assert_differs("privacy: show", "privacy: hide", "trunk", "privacy");
	assert_differs("+3725551234", "+3725551235", "number", "forward");
}

static const char wrong[] =
        "tenants:\n"
        "  - {name: acme, outgoing: {country: \"372\"}}\n"
        "  - {name: bolt, caps: {calls: 0}, outgoing: {country: \"0\", allow: [\"+3x\"]}}\n"
        "trunks:\n"
        "  - {name: none}\n"
        "  - {name: a, to: [\"bad host\", \"host:0\"], transport: sctp}\n"
        "  - {name: b, to: [h], priority: 0, asserted: maybe}\n"
        "  - {name: c, to: [h], register: {user: a, realm: r}}\n"
        "  - {name: d, to: [h], register: {user: a, realm: r, password: p, expires_s: 5}}\n"
        "  - {name: e, to: [h], register: {user: a, realm: r, password: p, algorithm: MD4}}\n"
        "  - {name: f, addresses: [10.0.0.1], register: {user: a, realm: r, password: p}}\n"
        "  - {name: g, to: [h], numbers: {form: national}}\n"
        "queues: [{name: q, tenant: acme}]\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme}\n"
        "  - {number: \"101\", tenant: acme, queue: q, forward: \"+3725551234\"}\n"
        "  - {number: \"102\", tenant: acme, forward: \"5551234\"}\n";
static const struct {
	uint32_t line;
	const char *says;
} mistakes[] = {
        {2, "allow: says which numbers may be called"},
        {3, "from 1 to"},
        {3, "\"0\": a code such as 372"},
        {3, "\"+3x\": a prefix"},
        {5, "addresses (calls come from there) or to"},
        {6, "\"bad host\": a name"},
        {6, "\"host:0\": a name"},
        {6, "udp, tcp or tls can stand here"},
        {7, "0: from 1 to"},
        {7, "ignore or trust can stand here"},
        {8, "both ha1 and ha1_sha256"},
        {9, "5: 0 (does not register), or from 60"},
        {10, "any, MD5 or SHA-256 can stand here"},
        {11, "to: says where it registers"},
        {12, "national numbers need a country code"},
        {15, "either a queue, a flow or forward"},
        {16, "either a queue, a flow or forward"},
        {17, "a number such as +3726001000"},
};

static void every_mistake_is_told_with_its_line(void **state)
{
	const struct jf_directory_errors *errors = &directory_lab_errors;

	(void)state;
	assert_null(directory_lab_parse(wrong));
	for (size_t m = 0; m < sizeof(mistakes) / sizeof(mistakes[0]); m++) {
		bool told = false;

		for (size_t i = 0; i < errors->count; i++)
			told |= errors->list[i].line == mistakes[m].line &&
			        errors->list[i].column > 1 &&
			        strstr(errors->list[i].message, mistakes[m].says);
		if (!told)
			print_message("not told: %u %s\n", mistakes[m].line, mistakes[m].says);
		assert_true(told);
	}
	assert_int_equal(errors->count, sizeof(mistakes) / sizeof(mistakes[0]));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_written_is_found),
	        cmocka_unit_test(who_says_nothing_gets_the_careful_defaults),
	        cmocka_unit_test(an_export_makes_no_difference_and_holds_no_password),
	        cmocka_unit_test(differences_are_told_by_field),
	        cmocka_unit_test(every_mistake_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
