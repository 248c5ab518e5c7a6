/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows as libcyaml reads them; included by jf_directory_raw_priv.h. */
#ifndef JF_DIRECTORY_RAW_FLOWS_H
#define JF_DIRECTORY_RAW_FLOWS_H

#include <stdbool.h>

#include "jf_yaml.h"

struct jf_raw_flow_play {
	char **prompts;
	unsigned prompts_count;
	bool *whole;
};

struct jf_raw_flow_item {
	char *prompt;
	char *number;
	char *ordinal;
	char *digits;
	char *date;
	char *time;
	char *duration;
	char *position;
	char *amount;
	char *currency;
};

struct jf_raw_flow_say {
	struct jf_raw_flow_item *prompts;
	unsigned prompts_count;
	bool *whole;
};

struct jf_raw_flow_choice {
	char *key;
	char *next;
};

/* Of a menu and of a collect. */
struct jf_raw_flow_input {
	char **prompts;
	unsigned prompts_count;
	char **silence;
	unsigned silence_count;
	char **invalid;
	unsigned invalid_count;
	uint32_t *timeout_ms;
	uint32_t *tries;
	char *key;
	bool *whole;
	bool *fresh;
	struct jf_raw_flow_choice *choices;
	unsigned choices_count;
	uint32_t *digit_timeout_ms;
	uint32_t *least;
	uint32_t *most;
	char *end;
	bool *luhn;
	uint64_t *from;
	uint64_t *to;
	bool *secret;
};

struct jf_raw_flow_value {
	char *key;
	char *to;   /* of set */
	char *from; /* of take */
	bool *secret;
};

struct jf_raw_flow_set {
	struct jf_raw_flow_value *values;
	unsigned values_count;
};

struct jf_raw_flow_case {
	char *when;
	char *next;
};

struct jf_raw_flow_branch {
	struct jf_raw_flow_case *cases;
	unsigned cases_count;
};

/* Of calendar and caller. */
struct jf_raw_flow_ask {
	char *name;
	char *open;
	char *closed;
	char *holiday;
	char *vip;
	char *known;
};

struct jf_raw_flow_header {
	char *name;
	char *value;
};

struct jf_raw_flow_http {
	char *method;
	char *url;
	char *body;
	uint32_t *deadline_ms;
	struct jf_raw_flow_header *headers;
	unsigned headers_count;
	struct jf_raw_flow_value *take;
	unsigned take_count;
};

struct jf_raw_flow_step {
	char *skills;
	uint32_t *after_s;
};

/* Of what ends a flow, and of the next one. */
struct jf_raw_flow_end {
	char *name;
	char *queue;
	char *to;
	char *number;
	char *language;
	uint32_t *priority;
	struct jf_raw_flow_step *requires;
	unsigned requires_count;
};

struct jf_raw_flow_node {
	char *name;
	char *next;
	char *failed;
	struct jf_raw_flow_play *play;
	struct jf_raw_flow_say *say;
	struct jf_raw_flow_input *menu, *collect;
	struct jf_raw_flow_set *set;
	struct jf_raw_flow_branch *branch;
	struct jf_raw_flow_ask *calendar, *caller;
	struct jf_raw_flow_http *http;
	struct jf_raw_flow_end *queue, *transfer, *voicemail, *callback, *survey, *flow;
	bool *hangup;
};

struct jf_raw_flow_prompts {
	char *language;
	char *folder;
};

struct jf_raw_flow {
	char *name;
	char *tenant;
	char *language;
	char *start;
	struct jf_raw_flow_prompts *prompts;
	unsigned prompts_count;
	char **hosts;
	unsigned hosts_count;
	struct jf_raw_flow_node *nodes;
	unsigned nodes_count;
};

extern const struct cyaml_schema_value jf_raw_flow_schema;

#endif
