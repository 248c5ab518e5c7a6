// SPDX-License-Identifier: BSD-3-Clause
/* Directory files: mistakes with their places, or a directory whose export makes no difference. */
#include <stdlib.h>
#include <string.h>

#include "jf_directory.h"
#include "jf_fuzz.h"

static const struct jf_directory_options options = {.realm = "jackfield", .base = "/srv"};

static void goes_around(const struct jf_directory *directory)
{
	struct jf_directory_errors errors;
	struct jf_directory_diff *diff = NULL;
	struct jf_directory_file file = {.name = "export.yaml"};
	struct jf_directory *again = NULL;
	char *text = NULL;

	JF_FUZZ_ASSERT(jf_directory_export(directory, &text) == 0);
	file.text = text;
	file.length = strlen(text);
	JF_FUZZ_ASSERT(jf_directory_parse(&file, 1, &options, &again, &errors) == 0);
	JF_FUZZ_ASSERT(jf_directory_compare(directory, again, &diff) == 0);
	JF_FUZZ_ASSERT(diff->count == 0);
	free(diff);
	free(text);
	jf_directory_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_directory_file file = {"d.yaml", (const char *)bytes, length};
	struct jf_directory_errors errors;
	struct jf_directory *directory = NULL;

	if (jf_directory_parse(&file, 1, &options, &directory, &errors) == 0) {
		JF_FUZZ_ASSERT(errors.count == errors.warnings);
		goes_around(directory);
		jf_directory_destroy(directory);
		return 0;
	}
	JF_FUZZ_ASSERT(!directory && errors.count > 0);
	for (size_t i = 0; i < errors.count; i++) {
		JF_FUZZ_ASSERT(errors.list[i].message[0]);
		for (const char *c = errors.list[i].message; *c; c++)
			JF_FUZZ_ASSERT(*c >= 0x20 && *c < 0x7f);
	}
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT(
	                "tenants: [{name: a}]\nqueues: [{name: q, tenant: a}]\nflows:\n"
	                "  - {name: f, tenant: a, language: en, prompts: [{language: en,\n"
	                "     folder: p}], hosts: [h], start: m, nodes: [\n"
	                "    {name: m, menu: {prompts: [x], choices: [{key: \"1\", next: c}],\n"
	                "     tries: 2}, failed: b},\n"
	                "    {name: c, collect: {prompts: [x], key: k, most: 4, luhn: true,\n"
	                "     secret: true}, next: s, failed: b},\n"
	                "    {name: s, say: {prompts: [{amount: \"{k}\", currency: eur}]},\n"
	                "     next: h},\n"
	                "    {name: h, http: {url: \"http://h/{k}\", take: [{key: t, from: "
	                "a.0}]},\n"
	                "     next: d, failed: b},\n"
	                "    {name: d, branch: {cases: [{when: t >= 5, next: q}]}, next: b},\n"
	                "    {name: q, queue: {name: q, requires: [{skills: g}], priority: 3}},\n"
	                "    {name: b, hangup: true}]}\n"
	                "numbers: [{number: \"60\", tenant: a, flow: f}]\n"),
	        JF_FUZZ_TEXT("tenants: [{name: acme}]\n"
	                     "trunks: [{name: t, addresses: [10.0.0.0/8, \"2001:db8::/32\"]}]\n"
	                     "queues:\n  - {name: q, tenant: acme, music: m.wav, wrap_up_s: 5}\n"),
	        JF_FUZZ_TEXT("tenants:\n  - name: a\nqueues:\n  - {name: q, tenant: a}\n"
	                     "agents:\n  - {id: 1, tenant: a, name: \"x \\\"y\\\" \xc3\xb5\",\n"
	                     "     password: s, queues: [q]}\n"
	                     "numbers:\n  - {number: \"+3726\", tenant: a, queue: q}\n"),
	        JF_FUZZ_TEXT("tenants:\n  - name: a\n    caps: {calls: 5, minutes_per_day: 9}\n"
	                     "    outgoing: {country: \"372\", allow: [\"+372\", \"112\"],\n"
	                     "               deny: [\"+372900\"], caller: \"+3726001000\"}\n"
	                     "trunks:\n  - {name: t, to: [sbc.example, \"[2001:db8::1]:5060\"],\n"
	                     "     transport: tls, domain: d.example, priority: 2, weight: 3,\n"
	                     "     options_s: 0, asserted: trust, privacy: show,\n"
	                     "     register: {user: u, realm: r, password: p, algorithm: MD5},\n"
	                     "     numbers: {country: \"44\", form: national, strip: 1,\n"
	                     "               prepend: \"9\"}}\n"
	                     "numbers:\n  - {number: 100, tenant: a, forward: \"+3725551234\"}\n"),
	        JF_FUZZ_TEXT("tenants:\n  - name: a\n    zone: UTC\n"
	                     "    codes: {ready: \"*50\", not_ready: \"*51\"}\n"
	                     "    reasons: [lunch]\n"
	                     "calendars:\n  - {name: o, tenant: a, zone: UTC,\n"
	                     "     week: {mon: [\"09:00-12:00\", \"22:00-06:00\"]},\n"
	                     "     holidays: [{date: 12-24, name: x, open: [\"09:00-24:00\"]},\n"
	                     "                {date: 2027-05-14}]}\n"
	                     "queues:\n  - {name: q, tenant: a, agents_by: round robin,\n"
	                     "     calls_by: \"ageing priority, then age\", ageing: 7,\n"
	                     "     service_level: {threshold_s: 30}, wrap_up: open,\n"
	                     "     requires: [{skills: b >= 3 and not (c or d = 2)},\n"
	                     "                {skills: b, after_s: 9}],\n"
	                     "     overflow: [{after_s: 5, to: r}, {no_agents: true, to: r}],\n"
	                     "     calendar: o, closed: {queue: r, waiting: move}}\n"
	                     "  - {name: r, tenant: a, closed: {forward: \"+3725551234\"}}\n"
	                     "agents:\n  - {id: 1, tenant: a, password: s, skills: [b 3, c],\n"
	                     "     idle_through: [wrap-up]}\n"
	                     "callers:\n  - {number: \"+3726\", tenant: a, vip: true, agent: 1,\n"
	                     "     data: [{name: k, value: v}], requires: [{skills: b}]}\n"),
	};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
