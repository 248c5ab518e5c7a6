// SPDX-License-Identifier: BSD-3-Clause
#include "jf_command_table.h"

#include <string.h>

/* Columns come in the order in which people read them; the first one names the row. */
const struct jf_command_spec jf_command_table[] = {
        {
                .name = "status",
                .shape = JF_COMMAND_OBJECT,
                .usage = "",
                .summary = "show whether both planes are well, and the totals since start",
                .example = "jf status",
        },
        {
                .name = "calls",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the calls in progress, the oldest first",
                .example = "jf calls --json | jq '.[].state'",
                .columns = {{"id", "CALL"},
                            {"state", "STATE"},
                            {"tenant", "TENANT"},
                            {"queue", "QUEUE"},
                            {"caller", "CALLER"},
                            {"number", "NUMBER"},
                            {"agent", "AGENT"},
                            {"wait_ms", "WAITED"},
                            {"talk_ms", "TALKED"}},
        },
        {
                .name = "call",
                .shape = JF_COMMAND_OBJECT,
                .usage = "ID",
                .summary = "show one call, live or ended, with every decision made for it",
                .example = "jf call 01JD9",
                .arguments = {{"id", JF_ARGUMENT_TEXT, true, NULL, "calls",
                               "its id, or as much of it as is unique among live calls"}},
        },
        {
                .name = "queues",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the queues with those who wait and those who serve",
                .example = "jf queues",
                .columns = {{"name", "QUEUE"},
                            {"tenant", "TENANT"},
                            {"waiting", "WAITING"},
                            {"oldest_ms", "OLDEST"},
                            {"ringing", "RINGING"},
                            {"talking", "TALKING"},
                            {"members", "AGENTS"},
                            {"agents.ready", "READY"},
                            {"offered", "OFFERED"},
                            {"answered", "ANSWERED"},
                            {"abandoned_queue", "ABANDONED"}},
        },
        {
                .name = "agents",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the agents with their states",
                .example = "jf agents",
                .columns = {{"id", "AGENT"},
                            {"tenant", "TENANT"},
                            {"state", "STATE"},
                            {"reason", "REASON"},
                            {"since_ms", "SINCE"},
                            {"pending", "PENDING"},
                            {"queues", "QUEUES"},
                            {"call", "CALL"},
                            {"registered", "REGISTERED"},
                            {"answered", "ANSWERED"},
                            {"rona", "RONA"}},
        },
        {
                .name = "agent",
                .shape = JF_COMMAND_OBJECT,
                .usage = "ID ready|notready|logout [REASON]",
                .summary = "change an agent's state; during a call, as soon as it has ended",
                .example = "jf agent 1001 notready lunch",
                .arguments = {{"id", JF_ARGUMENT_TEXT, true, NULL, "agents", "the agent's id"},
                              {"state", JF_ARGUMENT_CHOICE, true, "ready|notready|logout", NULL,
                               "the state asked for"},
                              {"reason", JF_ARGUMENT_TEXT, false, NULL, NULL,
                               "why not ready; shown and logged"}},
        },
        {
                .name = "streams",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the media streams: what arrives, what is lost, how it sounds",
                .example = "jf streams",
                .columns = {{"call", "CALL"},
                            {"side", "SIDE"},
                            {"local", "LOCAL"},
                            {"remote", "REMOTE"},
                            {"codec", "CODEC"},
                            {"hears", "HEARS"},
                            {"packets", "PACKETS"},
                            {"lost", "LOST"},
                            {"duplicates", "DUPL"},
                            {"reordered", "REORD"},
                            {"jitter_ms", "JITTER"},
                            {"sent", "SENT"},
                            {"dropped", "DROPPED"},
                            {"level_dbov", "LEVEL"}},
        },
        {
                .name = "records",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the records of ended calls, the newest first",
                .example = "jf records --limit 20",
                .columns = {{"call", "CALL"},
                            {"arrived_utc", "ARRIVED"},
                            {"queue", "QUEUE"},
                            {"caller", "CALLER"},
                            {"agent", "AGENT"},
                            {"outcome", "OUTCOME"},
                            {"end.by", "ENDED BY"},
                            {"wait_ms", "WAITED"},
                            {"talk_ms", "TALKED"},
                            {"duration_ms", "DURATION"}},
        },
        {
                .name = "recordings",
                .shape = JF_COMMAND_LISTING,
                .usage = "",
                .summary = "list the recordings of ended calls, the newest first",
                .example = "jf recordings --limit 10",
                .columns = {{"call", "CALL"},
                            {"started_utc", "STARTED"},
                            {"duration_ms", "DURATION"},
                            {"queue", "QUEUE"},
                            {"caller", "CALLER"},
                            {"agent", "AGENT"},
                            {"talk_share_caller", "CALLER TALKS"},
                            {"talk_share_agent", "AGENT TALKS"},
                            {"state", "STATE"},
                            {"lost", "LOST"},
                            {"path", "PATH"}},
        },
        {
                .name = "events",
                .shape = JF_COMMAND_STREAM,
                .usage = "[TOPIC]",
                .summary = "show what happens while it happens, until Ctrl-C",
                .example = "jf events call.ended --json",
                .arguments = {{"topic", JF_ARGUMENT_TEXT, false, NULL, NULL,
                               "only topics that begin with this, such as call."}},
        },
        {
                .name = "apply",
                .shape = JF_COMMAND_OBJECT,
                .usage = "DIR [--dry-run] [--yes]",
                .summary = "make the *.yaml files of DIR the directory, after showing what changes",
                .example = "jf apply tools/demo/directory --dry-run",
                .arguments = {{"files", JF_ARGUMENT_FILES, true, NULL, NULL,
                               "the folder that holds the files"},
                              {"dry-run", JF_ARGUMENT_FLAG, false, NULL, NULL,
                               "check and show the difference, change nothing"},
                              {"yes", JF_ARGUMENT_LOCAL_FLAG, false, NULL, NULL, "do not ask"}},
        },
        {
                .name = "export",
                .shape = JF_COMMAND_OBJECT,
                .usage = "[DIR]",
                .summary = "write the directory in force as YAML, to DIR or to the terminal",
                .example = "jf export /tmp/backup",
                .arguments = {{"dir", JF_ARGUMENT_LOCAL_TEXT, false, NULL, NULL,
                               "a folder; made if it is not there"}},
        },
};

const size_t jf_command_table_count = sizeof(jf_command_table) / sizeof(jf_command_table[0]);

const struct jf_command_spec *jf_command_find(const char *name)
{
	for (size_t i = 0; i < jf_command_table_count; i++)
		if (strcmp(jf_command_table[i].name, name) == 0)
			return &jf_command_table[i];
	return NULL;
}

const struct jf_argument *jf_command_argument(const struct jf_command_spec *spec, const char *name)
{
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++)
		if (strcmp(spec->arguments[i].name, name) == 0)
			return &spec->arguments[i];
	return NULL;
}
