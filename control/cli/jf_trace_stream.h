/* SPDX-License-Identifier: BSD-3-Clause */
/* `jf trace`: the trace's messages as lines of the command socket. Loop thread only. */
#ifndef JF_TRACE_STREAM_H
#define JF_TRACE_STREAM_H

#include "jf_command_socket.h"

struct jf_trace;

/* What the command socket is to be given for it; trace outlives it. */
struct jf_stream_handler jf_trace_stream(struct jf_trace *trace);

#endif
