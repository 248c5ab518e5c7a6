/* SPDX-License-Identifier: BSD-3-Clause */
/* Leads the stack's messages into a trace. Loop thread only. */
#ifndef JF_TRACE_TAP_H
#define JF_TRACE_TAP_H

struct jf_sip;
struct jf_trace;

/* Until the stack is destroyed; one at a time. */
void jf_trace_tap(struct jf_trace *trace, struct jf_sip *sip);

#endif
