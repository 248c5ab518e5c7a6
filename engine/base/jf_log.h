/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Log lines: categories in one table, each line with its call's id where there is one. Whoever
 * handles an error logs it, once. Never called on a worker's path.
 *
 * The sink is set once by main before any other thread starts; until then lines go nowhere. Text
 * that came from the network passes jf_log_escape (or %-formats of it) on its way in; as a second
 * line of defence the whole line is stripped of control characters.
 */
#ifndef JF_LOG_H
#define JF_LOG_H

#include <stddef.h>

#include "jf_call_id.h"

enum jf_log_level {
	JF_LOG_ERROR,
	JF_LOG_WARNING,
	JF_LOG_NOTICE,
	JF_LOG_INFO,
	JF_LOG_DEBUG,
};

/* One row a category: JF_LOG_<name>, text, what belongs there. */
#define JF_LOG_CATEGORIES(X)                                                                       \
	X(MAIN, "main", "start, stop, wiring")                                                     \
	X(CONFIG, "config", "node file and directory")                                             \
	X(PORT, "port", "devices, exception path, neighbours")                                     \
	X(WORKER, "worker", "workers and their commands")                                          \
	X(RECORDER, "recorder", "recordings")                                                      \
	X(MEDIA, "media", "control's side of the contract")                                        \
	X(SIP, "sip", "transports, transactions, dialogs")                                         \
	X(REGISTRAR, "registrar", "registrations and digest")                                      \
	X(CALL, "call", "calls and their legs")                                                    \
	X(ACD, "acd", "agents, queues, decisions")                                                 \
	X(STORE, "store", "LMDB")                                                                  \
	X(API, "api", "command socket")

enum jf_log_category {
#define X(name, text, what) JF_LOG_##name,
	JF_LOG_CATEGORIES(X)
#undef X
	        JF_LOG_CATEGORY_COUNT
};

/* line: one line without a newline, printable. Called from any thread; must not log. */
typedef void jf_log_sink(enum jf_log_level level, const char *line, void *arg);

void jf_log_init(jf_log_sink *sink, void *arg, enum jf_log_level most_verbose);

/* call may be NULL. Lines longer than 1,000 bytes are cut. */
void jf_log(enum jf_log_category category, enum jf_log_level level, const struct jf_call_id *call,
            const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Copies text to ret_out with everything outside printable ASCII as \xNN, always terminated and cut
 * to size. Returns ret_out, so that it can stand in an argument list.
 */
const char *jf_log_escape(const char *text, size_t length, char *ret_out, size_t size);

const char *jf_log_level_name(enum jf_log_level level);
const char *jf_log_category_name(enum jf_log_category category);

#endif
