/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call's messages as a ladder: who calls us on the left, whom we call on the right, one arrow a
 * message; behind one of ours that refuses, why. Text of messages is escaped (jf_tool_text.h) and
 * cut to its arrow.
 */
#ifndef JF_TOOL_LADDER_H
#define JF_TOOL_LADDER_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#define JF_TOOL_LADDER_DIALOGS 256

struct jf_tool_ladder {
	FILE *out;
	bool sdp;   /* what offers and answers say, below their arrow */
	bool calls; /* name the call at the end of each line */
	double first_ms;
	bool begun;
	char left[64], right[64]; /* peers whose columns are titled */
	unsigned n_dialogs;
	struct {
		char id[64];
		bool right;
	} dialogs[JF_TOOL_LADDER_DIALOGS]; /* the oldest is forgotten */
};

/* message: the data of trace.message. */
void jf_tool_ladder_message(struct jf_tool_ladder *ladder, const json_t *message);

#endif
