// SPDX-License-Identifier: BSD-3-Clause
#include "directory_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char acme[] = "tenants:\n"
                           "  - name: acme\n"
                           "  - name: bolt\n"
                           "trunks:\n"
                           "  - {name: carrier, tenant: acme, addresses: [\"10.77.0.0/16\"]}\n"
                           "  - {name: backup, addresses: [10.77.5.1, \"2001:db8::/32\"]}\n"
                           "queues:\n"
                           "  - name: billing\n"
                           "    tenant: acme\n"
                           "    greeting: hello.wav\n"
                           "    music: /usr/share/moh.wav\n"
                           "    ring_timeout_s: 20\n"
                           "    wrap_up_s: 5\n"
                           "  - {name: billing, tenant: bolt, ringback: true}\n";

static const char people[] =
        "agents:\n"
        "  - id: \"1002\"\n"
        "    tenant: acme\n"
        "    ha1: 939E7578ED9E3C518A452ACEE763BCE9\n"
        "    auto_ready: false\n"
        "  - {id: 1001, tenant: acme, name: Desk 1, password: zanzibar, queues: [billing]}\n"
        "numbers:\n"
        "  - {number: \"+3726001000\", tenant: acme, queue: billing}\n"
        "  - {number: 600, tenant: bolt, queue: billing}\n";

static int sound_exists(const char *path, void *arg)
{
	(void)arg;
	return strstr(path, "missing") ? -ENOENT : 0;
}

static const struct jf_directory_options options = {
        .realm = "biloxi.example.com",
        .base = "/srv/acme",
        .sound_check = sound_exists,
};

static struct jf_directory *make(const char *first, const char *second)
{
	struct jf_directory_file files[] = {
	        {"a.yaml", first, strlen(first)},
	        {"b.yaml", second, strlen(second)},
	};
	struct jf_directory_errors errors;
	struct jf_directory *d = NULL;
	int result = jf_directory_parse(files, 2, &options, &d, &errors);

	for (size_t i = 0; i < errors.count; i++)
		print_message("%s:%u:%u: %s\n", errors.list[i].file, errors.list[i].line,
		              errors.list[i].column, errors.list[i].message);
	assert_int_equal(result, 0);
	assert_int_equal(errors.count, 0);
	return d;
}

static void what_was_written_is_found(void **state)
{
	struct jf_directory *d = make(acme, people);
	const struct jf_directory_number *number = jf_directory_number_find(d, "3726001000");
	const struct jf_directory_agent *agent = jf_directory_agent_find(d, "1001");
	const struct jf_directory_queue *queue = jf_directory_queue_find(d, "acme", "billing");

	(void)state;
	assert_non_null(number);
	assert_ptr_equal(number, jf_directory_number_find(d, "+3726001000"));
	assert_null(jf_directory_number_find(d, "+37260010001"));
	assert_null(jf_directory_number_find(d, ""));
	assert_ptr_equal(number->queue, queue);
	assert_string_equal(queue->greeting, "/srv/acme/hello.wav");
	assert_string_equal(queue->music, "/usr/share/moh.wav");
	assert_int_equal(queue->ring_timeout_ms, 20000);
	assert_int_equal(queue->wrap_up_ms, 5000);
	assert_int_equal(queue->n_agents, 1);
	assert_ptr_equal(queue->agents[0], agent);
	assert_string_equal(agent->name, "Desk 1");
	assert_true(agent->auto_ready);
	assert_ptr_equal(agent->queues[0], queue);
	agent = jf_directory_agent_find(d, "1002");
	assert_string_equal(agent->name, "1002");
	assert_string_equal(agent->ha1, "939e7578ed9e3c518a452acee763bce9");
	assert_false(agent->auto_ready);
	assert_int_equal(agent->n_queues, 0);
	queue = jf_directory_queue_find(d, "bolt", "billing");
	assert_null(queue->music);
	assert_null(queue->greeting);
	assert_int_equal(queue->ring_timeout_ms, 15000);
	assert_ptr_equal(jf_directory_number_find(d, "600")->queue, queue);
	assert_null(jf_directory_queue_find(d, "acme", "sales"));
	assert_null(jf_directory_tenant_find(d, "ACME"));
	jf_directory_destroy(d);
}

static void a_password_becomes_its_digest(void **state)
{
	struct jf_directory *d =
	        make("tenants: [{name: t}]", "agents: [{id: bob, tenant: t, password: zanzibar}]");

	(void)state;
	/* echo -n bob:biloxi.example.com:zanzibar | md5sum */
	assert_string_equal(jf_directory_agent_find(d, "bob")->ha1,
	                    "7fc33d266ff5f7fe764efb797bd4ba91");
	jf_directory_destroy(d);
}

static const struct jf_directory_trunk *trunk_of(const struct jf_directory *d, uint8_t a, uint8_t b,
                                                 uint8_t c, uint8_t e)
{
	uint8_t ip[16] = {a, b, c, e};

	return jf_directory_trunk_find(d, 4, ip);
}

static void the_narrowest_network_names_the_trunk(void **state)
{
	struct jf_directory *d = make(acme, people);
	uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 9};

	(void)state;
	assert_string_equal(trunk_of(d, 10, 77, 5, 2)->name, "carrier");
	assert_string_equal(trunk_of(d, 10, 77, 5, 1)->name, "backup");
	assert_null(trunk_of(d, 10, 78, 0, 1));
	assert_string_equal(jf_directory_trunk_find(d, 6, ipv6)->name, "backup");
	assert_null(jf_directory_trunk_find(d, 4, ipv6));
	jf_directory_destroy(d);
}

static const char policy[] =
        "tenants:\n"
        "  - {name: acme, srtp: required, codecs: [G722, pcma], digits: info, video: off}\n"
        "trunks:\n"
        "  - {name: carrier, addresses: [10.0.0.1], srtp: off, nat: learn, codecs: [PCMU]}\n"
        "  - {name: other, addresses: [10.0.0.2]}\n"
        "agents:\n"
        "  - {id: 1001, tenant: acme, password: a}\n"
        "  - {id: 1002, tenant: acme, password: b, srtp: preferred, digits: inband}\n";

static void agents_have_their_tenants_policy_unless_they_say_otherwise(void **state)
{
	struct jf_directory *d = make(policy, "");
	const struct jf_directory_media *plain = &jf_directory_agent_find(d, "1001")->media;
	const struct jf_directory_media *own = &jf_directory_agent_find(d, "1002")->media;
	size_t n;
	const struct jf_directory_trunk *trunks = jf_directory_trunks(d, &n);

	(void)state;
	assert_int_equal(plain->srtp, JF_DIRECTORY_SRTP_REQUIRED);
	assert_int_equal(plain->digits, JF_DIRECTORY_DIGITS_INFO);
	assert_int_equal(plain->video, JF_DIRECTORY_VIDEO_OFF);
	assert_int_equal(trunks[0].media.video, JF_DIRECTORY_VIDEO_PASS);
	assert_int_equal(plain->nat, JF_DIRECTORY_NAT_STRICT);
	assert_int_equal(plain->n_codecs, 2);
	assert_int_equal(plain->codecs[0], JF_CODEC_G722);
	assert_int_equal(plain->codecs[1], JF_CODEC_PCMA);
	assert_int_equal(own->srtp, JF_DIRECTORY_SRTP_PREFERRED);
	assert_int_equal(own->digits, JF_DIRECTORY_DIGITS_INBAND);
	assert_int_equal(own->n_codecs, 2);
	assert_int_equal(trunks[0].media.srtp, JF_DIRECTORY_SRTP_OFF);
	assert_int_equal(trunks[0].media.nat, JF_DIRECTORY_NAT_LEARN);
	assert_int_equal(trunks[1].media.srtp, JF_DIRECTORY_SRTP_PREFERRED);
	assert_int_equal(trunks[1].media.n_codecs, 0);
	jf_directory_destroy(d);
}

static void policy_survives_the_export_and_is_compared(void **state)
{
	struct jf_directory *d = make(policy, ""), *other;
	struct jf_directory_diff *diff;
	char *yaml = directory_lab_export(d);

	(void)state;
	*strstr(yaml, "G722, PCMA") = 'P';
	memcpy(strstr(yaml, "P722, PCMA"), "PCMA, PCMU", 10);
	other = make(yaml, "");
	assert_int_equal(jf_directory_compare(d, other, &diff), 0);
	/* Its agents inherit it, and are not named each. */
	assert_int_equal(diff->count, 1);
	assert_string_equal(diff->list[0].kind, "tenant");
	assert_string_equal(diff->list[0].fields, "codecs");
	free(diff);
	free(yaml);
	jf_directory_destroy(d);
	jf_directory_destroy(other);
}

static void an_export_makes_no_difference(void **state)
{
	struct jf_directory *d = make(acme, people);
	char *text = directory_lab_export(d);

	(void)state;
	assert_null(strstr(text, "zanzibar"));
	assert_null(strstr(text, "password"));
	free(text);
	jf_directory_destroy(d);
}

static void display_names_survive_the_export(void **state)
{
	struct jf_directory *d =
	        make("tenants: [{name: t}]", "agents: [{id: a, tenant: t, password: x, "
	                                     "name: \"Jõe \\\"B\\\" \\\\ # : õ\"}]");
	struct jf_directory *again;
	char *text = directory_lab_export(d);

	(void)state;
	again = make(text, "");
	assert_string_equal(jf_directory_agent_find(again, "a")->name, "Jõe \"B\" \\ # : õ");
	free(text);
	jf_directory_destroy(again);
	jf_directory_destroy(d);
}

static void differences_are_told_by_kind_and_field(void **state)
{
	struct jf_directory *before = make(acme, people);
	struct jf_directory *after =
	        make("tenants: [{name: acme}, {name: bolt}]\n"
	             "queues:\n"
	             "  - {name: billing, tenant: acme, greeting: hello.wav, wrap_up_s: 7,\n"
	             "     music: /usr/share/moh.wav, ring_timeout_s: 20}\n"
	             "  - {name: sales, tenant: bolt}\n",
	             "agents:\n"
	             "  - {id: 1001, tenant: acme, name: Desk 1, password: other, queues: []}\n");
	static const struct {
		enum jf_directory_change_type type;
		const char *kind, *name, *fields;
	} expected[] = {
	        {JF_DIRECTORY_REMOVED, "trunk", "backup", ""},
	        {JF_DIRECTORY_REMOVED, "trunk", "carrier", ""},
	        {JF_DIRECTORY_CHANGED, "queue", "acme/billing", "wrap_up_s"},
	        {JF_DIRECTORY_REMOVED, "queue", "bolt/billing", ""},
	        {JF_DIRECTORY_ADDED, "queue", "bolt/sales", ""},
	        {JF_DIRECTORY_CHANGED, "agent", "1001", "password, queues"},
	        {JF_DIRECTORY_REMOVED, "agent", "1002", ""},
	        {JF_DIRECTORY_REMOVED, "number", "+3726001000", ""},
	        {JF_DIRECTORY_REMOVED, "number", "600", ""},
	};
	struct jf_directory_diff *diff;

	(void)state;
	assert_int_equal(jf_directory_compare(before, after, &diff), 0);
	assert_int_equal(diff->count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < diff->count; i++) {
		assert_int_equal(diff->list[i].type, expected[i].type);
		assert_string_equal(diff->list[i].kind, expected[i].kind);
		assert_string_equal(diff->list[i].name, expected[i].name);
		assert_string_equal(diff->list[i].fields, expected[i].fields);
	}
	free(diff);
	assert_int_equal(jf_directory_compare(NULL, after, &diff), 0);
	assert_int_equal(diff->count, 5);
	assert_int_equal(diff->list[0].type, JF_DIRECTORY_ADDED);
	free(diff);
	jf_directory_destroy(before);
	jf_directory_destroy(after);
}

/* One of each kind, and where it is told. */
static const char wrong[] =
        "tenants: [{name: acme}, {name: acme}, {name: \"a b\"}]\n"
        "trunks:\n"
        "  - {name: t1, tenant: nobody, addresses: [10.0.0.0/8, 10.1.0.0/8]}\n"
        "  - {name: t2, addresses: [10.0.0.0/8, 10.0.0.300, 10.0.0.0/33]}\n"
        "queues:\n"
        "  - name: billing\n"
        "    tenant: acme\n"
        "    music: missing.wav\n"
        "    ringback: true\n"
        "    ring_timeout_s: 0\n"
        "agents:\n"
        "  - {id: 1, tenant: acme, password: x, ha1: 00000000000000000000000000000000}\n"
        "  - {id: 2, tenant: acme}\n"
        "  - {id: 3, tenant: acme, password: x, queues: [sales, billing, billing]}\n"
        "  - {id: 4, tenant: acme, ha1: 0000000000000000000000000000000g}\n"
        "numbers:\n"
        "  - {number: \"1\", tenant: acme, queue: billing}\n"
        "  - {number: +12x, tenant: acme, queue: nothing}\n"
        "  - {number: \"+100\", tenant: acme, queue: billing}\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n";
static const struct {
	uint32_t line, column;
	const char *says;
} mistakes[] = {
        {1, 32, "\"acme\" is there already: w.yaml:1"},
        {1, 46, "\"a b\": letters"},
        {3, 24, "no tenant \"nobody\""},
        {3, 56, "bits set after its prefix"},
        {4, 28, "trunk \"t1\" already"},
        {4, 40, "\"10.0.0.300\""},
        {4, 52, "\"10.0.0.0/33\""},
        {8, 12, "/srv/acme/missing.wav: No such file"},
        {9, 15, "not both"},
        {10, 21, "from 1 to 300"},
        {12, 45, "either password or ha1"},
        {13, 5, "either password or ha1"},
        {14, 49, "has no queue \"sales\""},
        {14, 65, "\"billing\" is there twice"},
        {15, 32, "32 hexadecimal digits"},
        {17, 14, "2 to 15 digits"},
        {18, 14, "2 to 15 digits"},
        {18, 41, "has no queue \"nothing\""},
        {20, 14, "\"100\" is there already: w.yaml:19"},
};

static void every_mistake_is_told_with_its_place(void **state)
{
	struct jf_directory_file file = {"w.yaml", wrong, sizeof(wrong) - 1};
	struct jf_directory_errors errors;
	struct jf_directory *d = NULL;

	(void)state;
	assert_int_equal(jf_directory_parse(&file, 1, &options, &d, &errors), -EINVAL);
	assert_null(d);
	for (size_t i = 0; i < errors.count; i++) {
		if (i >= sizeof(mistakes) / sizeof(mistakes[0]))
			continue;
		assert_string_equal(errors.list[i].file, "w.yaml");
		assert_int_equal(errors.list[i].line, mistakes[i].line);
		assert_int_equal(errors.list[i].column, mistakes[i].column);
		assert_non_null(strstr(errors.list[i].message, mistakes[i].says));
	}
	assert_int_equal(errors.count, sizeof(mistakes) / sizeof(mistakes[0]));
	assert_false(errors.more);
}

static void policy_that_is_none_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
		uint32_t column;
	} cases[] = {
	        {"tenants: [{name: a, srtp: maybe}]", "required, preferred or off", 27},
	        {"tenants: [{name: a, nat: yes}]", "learn or strict", 26},
	        {"tenants: [{name: a, video: maybe}]", "pass or off", 28},
	        {"tenants: [{name: a, digits: rfc2833}]", "auto, event, inband or info", 29},
	        {"tenants: [{name: a, codecs: [PCMU, opus]}]", "PCMU, PCMA and G722", 36},
	        {"tenants: [{name: a, codecs: [PCMU, PCMU]}]", "each once", 36},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		directory_lab_expect(cases[i].text, 1, cases[i].column, cases[i].says);
		assert_int_equal(directory_lab_errors.count, 1);
	}
}

static void broken_files_are_told_each(void **state)
{
	struct jf_directory_file files[] = {
	        {"a.yaml", "tenants: [", 10},
	        {"b.yaml", "queues:\n  - nam: x\n", 19},
	        {"c.yaml", "", 0},
	};
	struct jf_directory_errors errors;
	struct jf_directory *d = NULL;

	(void)state;
	assert_int_equal(jf_directory_parse(files, 3, &options, &d, &errors), -EINVAL);
	assert_int_equal(errors.count, 2);
	assert_string_equal(errors.list[0].file, "a.yaml");
	assert_string_equal(errors.list[1].file, "b.yaml");
	assert_int_equal(errors.list[1].line, 2);
	assert_null(d);
}

static void too_many_mistakes_are_cut(void **state)
{
	char text[4096] = "numbers:\n";
	struct jf_directory_file file = {"n.yaml", text, 0};
	struct jf_directory_errors errors;
	struct jf_directory *d = NULL;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(text, "  - {number: x, tenant: nobody, queue: none}\n");
	file.length = strlen(text);
	assert_int_equal(jf_directory_parse(&file, 1, &options, &d, &errors), -EINVAL);
	assert_int_equal(errors.count, JF_DIRECTORY_ERRORS_MAX);
	assert_true(errors.more);
}

static void nothing_is_an_empty_directory(void **state)
{
	struct jf_directory_errors errors;
	struct jf_directory *d;
	size_t count = 1;

	(void)state;
	assert_int_equal(jf_directory_parse(NULL, 0, &options, &d, &errors), 0);
	assert_null(jf_directory_number_find(d, "100"));
	(void)jf_directory_queues(d, &count);
	assert_int_equal(count, 0);
	jf_directory_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_written_is_found),
	        cmocka_unit_test(a_password_becomes_its_digest),
	        cmocka_unit_test(the_narrowest_network_names_the_trunk),
	        cmocka_unit_test(agents_have_their_tenants_policy_unless_they_say_otherwise),
	        cmocka_unit_test(policy_survives_the_export_and_is_compared),
	        cmocka_unit_test(an_export_makes_no_difference),
	        cmocka_unit_test(display_names_survive_the_export),
	        cmocka_unit_test(differences_are_told_by_kind_and_field),
	        cmocka_unit_test(every_mistake_is_told_with_its_place),
	        cmocka_unit_test(policy_that_is_none_is_told_with_its_place),
	        cmocka_unit_test(broken_files_are_told_each),
	        cmocka_unit_test(too_many_mistakes_are_cut),
	        cmocka_unit_test(nothing_is_an_empty_directory),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
