// SPDX-License-Identifier: BSD-3-Clause
#include "jf_dtmf_body.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "jf_sdp_priv.h"

static struct jf_reader trimmed(struct jf_reader r)
{
	while (jf_reader_left(&r) && isspace(*r.at))
		r.at++;
	while (jf_reader_left(&r) && isspace(r.end[-1]))
		r.end--;
	return r;
}

/* The key, or the number of its event (RFC 4733 section 3.2); '\0': neither. */
static char key_read(struct jf_reader text)
{
	static const char names[] = "0123456789*#ABCDF";
	uint32_t event;

	text = trimmed(text);
	if (jf_reader_left(&text) == 1) {
		char c = (char)toupper(*text.at);

		return c == '!' ? 'F' : strchr(names, c) ? c : '\0';
	}
	if (jf_sdp_is(&text, "flash") || jf_sdp_is(&text, "hf"))
		return 'F';
	if (jf_reader_left(&text) == 2 && jf_sdp_number(&text, 16, &event) && event >= 10)
		return names[event];
	return '\0';
}

bool jf_dtmf_body_read(bool relay, const char *text, size_t length, char *ret_digit,
                       uint32_t *ret_duration_ms)
{
	struct jf_reader r = trimmed(jf_reader_make(text, length));
	uint32_t duration_ms = JF_DTMF_DURATION_MS;
	char digit = relay ? '\0' : key_read(r);
	bool more_than_one = false;

	while (relay && jf_reader_left(&r)) {
		struct jf_reader line = jf_sdp_word(&r, '\n');
		struct jf_reader name = jf_sdp_word(&line, '=');

		name = trimmed(name);
		if (jf_sdp_is(&name, "Signal")) {
			more_than_one = digit != '\0';
			digit = key_read(line);
		} else if (jf_sdp_is(&name, "Duration")) {
			line = trimmed(line);
			if (!jf_sdp_number(&line, 999999999, &duration_ms))
				duration_ms = JF_DTMF_DURATION_MS;
		}
	}
	if (!digit || more_than_one)
		return false;
	if (duration_ms < JF_DTMF_DURATION_MIN)
		duration_ms = JF_DTMF_DURATION_MIN;
	*ret_duration_ms = duration_ms < JF_DTMF_DURATION_MAX ? duration_ms : JF_DTMF_DURATION_MAX;
	*ret_digit = digit;
	return true;
}

void jf_dtmf_body_write(char digit, uint32_t duration_ms, char ret_text[JF_DTMF_BODY_MAX])
{
	if (digit == 'F')
		snprintf(ret_text, JF_DTMF_BODY_MAX, "Signal=16\r\nDuration=%u\r\n", duration_ms);
	else
		snprintf(ret_text, JF_DTMF_BODY_MAX, "Signal=%c\r\nDuration=%u\r\n", digit,
		         duration_ms);
}
