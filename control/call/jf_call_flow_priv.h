/* SPDX-License-Identifier: BSD-3-Clause */
/* A caller in a flow: what the files of that share. */
#ifndef JF_CALL_FLOW_PRIV_H
#define JF_CALL_FLOW_PRIV_H

#include "jf_call_priv.h"
#include "jf_http.h"
#include "jf_ivr.h"

struct jf_call_flow {
	struct jf_ivr *ivr;
	struct jf_loop_timer timer;
	uint32_t play;              /* what the party is being said */
	struct jf_http_ask *asking; /* NULL: no server is */
	uint32_t ask;
	const struct jf_ivr_http *http;
	bool ends; /* end is to be carried out */
	struct jf_ivr_do end;
};

/* One event, and what it brings. */
void jf_call_flow_step(struct jf_call *call, const struct jf_ivr_event *event);

/* jf_call_flow_ask.c: what a node asks for. */
enum jf_ivr_way_type jf_call_flow_calendar(const struct jf_call *call, const char *name);
enum jf_ivr_way_type jf_call_flow_caller(const struct jf_call *call);
int jf_call_flow_http(struct jf_call *call, const struct jf_ivr_do *asked);

/* jf_call_flow_path.c: what is kept of it. */
void jf_call_flow_left(const struct jf_ivr_visit *visit, void *arg);
void jf_call_flow_cut(struct jf_call *call); /* the caller left in the middle of a node */
void jf_call_flow_data_take(struct jf_call *call);
void jf_call_flow_data_give(const struct jf_call *call, struct jf_ivr_data *data);

#endif
