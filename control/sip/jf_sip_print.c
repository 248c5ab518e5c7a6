// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the SIP library would print on stderr and stdout, raw text from the network among it, goes
 * to the log, escaped. As with the timers, its calls reach these definitions through the PLT.
 */
#include <stdio.h>

#include "jf_log.h"
#include "jf_sip_priv.h"

#define DEBUG_MODULE "jackfield"
#define DEBUG_LEVEL  0
#include <re/re_dbg.h>

static void to_log(const char *format, va_list args)
{
	char text[512], escaped[768];
	int n = re_vsnprintf(text, sizeof(text), format, args);
	size_t length = n < 0 ? sizeof(text) - 1 : (size_t)n;

	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		length--;
	jf_log(JF_LOG_SIP, JF_LOG_DEBUG, NULL, "library: %s",
	       jf_log_escape(text, length, escaped, sizeof(escaped)));
}

int re_fprintf(FILE *stream, const char *fmt, ...)
{
	va_list args;

	(void)stream;
	va_start(args, fmt);
	to_log(fmt, args);
	va_end(args);
	return 0;
}

int re_printf(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	to_log(fmt, args);
	va_end(args);
	return 0;
}

/* Its debug lines take another way; whoever handles an error logs it. */
void jf_sip_print_use(void)
{
	dbg_init(DBG_EMERG, DBG_NONE);
}
