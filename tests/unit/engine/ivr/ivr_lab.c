// SPDX-License-Identifier: BSD-3-Clause
#include "ivr_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

const struct jf_ivr_prompts lab_prompts[2] = {{"en", "/prompts/en"}, {"de", "/prompts/de"}};

struct jf_ivr_flow lab_flow(const char *name, const struct jf_ivr_node *nodes, uint32_t n)
{
	static const char *const hosts[] = {"crm.example:8443"};

	return (struct jf_ivr_flow){
	        .name = name,
	        .tenant = "acme",
	        .language = "en",
	        .prompts = lab_prompts,
	        .n_prompts = 2,
	        .hosts = hosts,
	        .n_hosts = 1,
	        .nodes = nodes,
	        .n_nodes = n,
	};
}

static void left(const struct jf_ivr_visit *visit, void *arg)
{
	struct lab *lab = arg;
	size_t length = strlen(lab->trail);

	snprintf(lab->trail + length, sizeof(lab->trail) - length, "%s%s:%s%s%s", length ? " " : "",
	         visit->node->name, visit->way, visit->input ? "=" : "",
	         visit->input ? visit->input : "");
}

void lab_begin_with(struct lab *lab, const struct jf_ivr_flow *flows, size_t n,
                    const struct jf_ivr_data *data)
{
	struct jf_ivr_start start = {.caller = "+3725551234",
	                             .number = "+3726001000",
	                             .call_id = "01ABC",
	                             .left = left,
	                             .arg = lab,
	                             .data = data};

	*lab = (struct lab){.now_ns = 5 * LAB_S};
	assert_string_equal(lab_mistakes(flows, n), "");
	assert_int_equal(jf_ivr_flows_create(flows, n, NULL, &lab->flows), 0);
	start.flows = lab->flows;
	start.flow = jf_ivr_flow_find(lab->flows, "acme", "main");
	assert_non_null(start.flow);
	assert_int_equal(jf_ivr_create(&start, &lab->ivr), 0);
	lab_event(lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_BEGIN});
}

void lab_begin(struct lab *lab, const struct jf_ivr_flow *flows, size_t n)
{
	lab_begin_with(lab, flows, n, NULL);
}

void lab_end(struct lab *lab)
{
	jf_ivr_destroy(lab->ivr);
	jf_ivr_flows_unref(lab->flows);
}

void lab_event(struct lab *lab, const struct jf_ivr_event *event)
{
	jf_ivr_step(lab->ivr, event, lab->now_ns, &lab->out);
}

void lab_press(struct lab *lab, const char *keys)
{
	for (; *keys; keys++)
		lab_event(lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_DIGIT, .digit = *keys});
}

void lab_played(struct lab *lab)
{
	lab_event(lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_PLAYED, .play = lab->out.play});
}

void lab_wait(struct lab *lab, uint64_t time_ns)
{
	uint64_t until_ns = lab->now_ns + time_ns, due_ns;

	while ((due_ns = jf_ivr_due(lab->ivr)) && due_ns <= until_ns) {
		lab->now_ns = due_ns;
		lab_event(lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_TIMER});
	}
	lab->now_ns = until_ns;
}

const char *lab_hears(const struct lab *lab)
{
	static char text[2048];

	text[0] = '\0';
	for (uint32_t i = 0; (lab->out.what & JF_IVR_DO_PLAY) && i < lab->out.n_items; i++) {
		struct jf_ivr_words words;
		size_t length = strlen(text);

		if (jf_ivr_words(lab->ivr, i, false, &words))
			continue;
		if (words.prompt)
			snprintf(text + length, sizeof(text) - length, "%s%s", length ? " " : "",
			         words.prompt);
		for (uint32_t w = 0; !words.prompt && w < words.words.count; w++) {
			length = strlen(text);
			snprintf(text + length, sizeof(text) - length, "%s%s", length ? " " : "",
			         words.words.names[w]);
		}
	}
	return text;
}

const char *lab_at(const struct lab *lab)
{
	return jf_ivr_node_of(lab->ivr)->name;
}

const char *lab_data(const struct lab *lab, const char *key)
{
	const struct jf_ivr_datum *datum = jf_ivr_data_find(jf_ivr_data_of(lab->ivr), key);

	return datum ? datum->value : NULL;
}

/* ---- Mistakes -------------------------------------------------------------------------------- */

struct found {
	const struct jf_ivr_flow *flows;
	char text[4096];
};

static void mistake(const struct jf_ivr_mistake *m, void *arg)
{
	struct found *found = arg;
	const struct jf_ivr_flow *flow = &found->flows[m->flow];
	size_t length = strlen(found->text);

	snprintf(found->text + length, sizeof(found->text) - length, "%s %s: %s\n",
	         m->node == UINT32_MAX ? flow->name : flow->nodes[m->node].name, m->field,
	         m->message);
}

static const char *check(enum jf_ivr_reference what, const char *tenant, const char *name,
                         void *arg)
{
	(void)tenant;
	(void)arg;
	if (what == JF_IVR_REF_PROMPT && strstr(name, "missing"))
		return "No such file or directory";
	if (what == JF_IVR_REF_QUEUE && strcmp(name, "billing") != 0)
		return "there is no such queue";
	if (what == JF_IVR_REF_CALENDAR && strcmp(name, "hours") != 0)
		return "there is no such calendar";
	if (what == JF_IVR_REF_SKILLS && !strchr(name, '='))
		return "is no expression";
	return NULL;
}

const char *lab_mistakes(const struct jf_ivr_flow *flows, size_t n)
{
	static struct found found;
	struct jf_ivr_checks checks = {check, mistake, &found};
	struct jf_ivr_flows *made = NULL;

	found = (struct found){.flows = flows};
	if (!jf_ivr_flows_create(flows, n, &checks, &made))
		assert_string_equal(found.text, "");
	else
		assert_string_not_equal(found.text, "");
	jf_ivr_flows_unref(made);
	return found.text;
}
