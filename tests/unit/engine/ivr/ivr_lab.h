/* SPDX-License-Identifier: BSD-3-Clause */
/* A flow on virtual time: nodes written down shortly, a caller who goes through them. */
#ifndef IVR_LAB_H
#define IVR_LAB_H

#include "jf_ivr.h"

#define LAB_S  UINT64_C(1000000000)
#define LAB_MS UINT64_C(1000000)

/* Ways: {JF_IVR_NEXT, NULL, "b"}. */
#define LAB_WAYS(...)                                                                              \
	.ways = (const struct jf_ivr_way[]){__VA_ARGS__},                                          \
	.n_ways = sizeof((const struct jf_ivr_way[]){__VA_ARGS__}) / sizeof(struct jf_ivr_way)
#define LAB_NEXT(node)                                                                             \
	{                                                                                          \
		JF_IVR_NEXT, NULL, node                                                            \
	}
#define LAB_FAILED(node)                                                                           \
	{                                                                                          \
		JF_IVR_FAILED, NULL, node                                                          \
	}
#define LAB_WAY(type, match, node)                                                                 \
	{                                                                                          \
		JF_IVR_##type, match, node                                                         \
	}
#define LAB_SAYS(...)                                                                              \
	{                                                                                          \
		(const struct jf_ivr_say[]){__VA_ARGS__},                                          \
		        sizeof((const struct jf_ivr_say[]){__VA_ARGS__}) /                         \
		                sizeof(struct jf_ivr_say)                                          \
	}
#define LAB_PROMPT(name)                                                                           \
	{                                                                                          \
		JF_IVR_SAY_PROMPT, name, NULL                                                      \
	}
#define LAB_PLAY(text, to)                                                                         \
	{                                                                                          \
		.name = text, .kind = JF_IVR_PLAY, .says = LAB_SAYS(LAB_PROMPT(text)),             \
		LAB_WAYS(LAB_NEXT(to))                                                             \
	}
#define LAB_HANGUP(text)                                                                           \
	{                                                                                          \
		.name = text, .kind = JF_IVR_HANGUP                                                \
	}

struct lab {
	struct jf_ivr_flows *flows;
	struct jf_ivr *ivr;
	struct jf_ivr_do out;
	uint64_t now_ns;
	char trail[1024]; /* "menu:key=1 play:next" */
};

extern const struct jf_ivr_prompts lab_prompts[2]; /* "en" and "de" */

/* A flow "main" of tenant "acme" in English, of these nodes. */
struct jf_ivr_flow lab_flow(const char *name, const struct jf_ivr_node *nodes, uint32_t n);
#define LAB_FLOW(name, nodes) lab_flow(name, nodes, sizeof(nodes) / sizeof((nodes)[0]))

/* Checked and begun. */
void lab_begin(struct lab *lab, const struct jf_ivr_flow *flows, size_t n);
void lab_begin_with(struct lab *lab, const struct jf_ivr_flow *flows, size_t n,
                    const struct jf_ivr_data *data);
void lab_end(struct lab *lab);

void lab_press(struct lab *lab, const char *keys);
void lab_played(struct lab *lab);
void lab_wait(struct lab *lab, uint64_t time_ns); /* TIMER comes when it is due */
void lab_event(struct lab *lab, const struct jf_ivr_event *event);

/* Names of what is being played: "welcome digits/2 digits/0"; "" for nothing that could be. */
const char *lab_hears(const struct lab *lab);
const char *lab_at(const struct lab *lab);
const char *lab_data(const struct lab *lab, const char *key); /* NULL: none */

/* All mistakes of these flows, one a line: "node field: message". "": none. */
const char *lab_mistakes(const struct jf_ivr_flow *flows, size_t n);

#endif
