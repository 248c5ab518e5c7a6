/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_COMMANDS_PRIV_H
#define JF_COMMANDS_PRIV_H

#include "jf_call_id.h"
#include "jf_commands.h"

struct jf_commands {
	struct jf_commands_config config;
};

typedef void jf_commands_handler(struct jf_commands *commands, const struct jf_request *request,
                                 struct jf_reply *reply);

/* Calls, live and ended: jf_commands_call.c. */
jf_commands_handler jf_commands_calls;
jf_commands_handler jf_commands_call;
jf_commands_handler jf_commands_mask;
jf_commands_handler jf_commands_records;
jf_commands_handler jf_commands_recordings;

/* transfer, consult, swap, join, leave and back: jf_commands_transfer.c. */
jf_commands_handler jf_commands_transfer;

/* Media: jf_commands_media.c. */
jf_commands_handler jf_commands_streams;
jf_commands_handler jf_commands_stream;

/* jf_commands_status.c */
jf_commands_handler jf_commands_status;

/* SIP's listeners and connections: jf_commands_transports.c. */
jf_commands_handler jf_commands_transports;
jf_commands_handler jf_commands_connections;
jf_commands_handler jf_commands_reload_tls;

/* The counters of connections and the certificate, for status. */
json_t *jf_commands_transports_json(const struct jf_sip *sip);

/* Phones: jf_commands_registrations.c. */
jf_commands_handler jf_commands_registrations;

/* jf_commands_flows.c */
jf_commands_handler jf_commands_flows;
jf_commands_handler jf_commands_flow;

/* Wrong passwords: jf_commands_lockouts.c. */
jf_commands_handler jf_commands_lockouts;
jf_commands_handler jf_commands_unlock;

/* Intervals of a queue or an agent: jf_commands_kpi.c. */
jf_commands_handler jf_commands_kpi;

/* Ports: jf_commands_ports.c. */
jf_commands_handler jf_commands_ports;

/* The directory: jf_commands_directory.c. */
jf_commands_handler jf_commands_apply;
jf_commands_handler jf_commands_export;

/* Callbacks and messages: jf_commands_tasks.c. */
jf_commands_handler jf_commands_tasks;
jf_commands_handler jf_commands_task;

/* The rows of a page out of a whole list, which is taken over; the cursor is a place in it. */
void jf_commands_slice(json_t *all, const struct jf_request *request, struct jf_reply *reply);

/* {"rows", "next"}: rows is taken over; next NULL: the last page. */
json_t *jf_commands_page(json_t *rows, const char *next);

#endif
