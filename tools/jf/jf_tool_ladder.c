// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_ladder.h"

#include <string.h>
#include <strings.h>

#include "jf_tool_text.h"

#define LANE 32 /* columns of an arrow */

static const char *text_of(const json_t *message, const char *key)
{
	const char *text = json_string_value(json_object_get(message, key));

	return text ? text : "";
}

/* Is this dialog's peer on the right? That is decided by who spoke first. */
static bool is_right(struct jf_tool_ladder *ladder, const json_t *message)
{
	const char *id = text_of(message, "sip_call_id");
	unsigned n = ladder->n_dialogs < JF_TOOL_LADDER_DIALOGS ? ladder->n_dialogs
	                                                        : JF_TOOL_LADDER_DIALOGS;
	unsigned slot = ladder->n_dialogs % JF_TOOL_LADDER_DIALOGS;
	bool request = json_object_get(message, "method") != NULL;
	bool sent = json_is_true(json_object_get(message, "sent"));

	for (unsigned d = 0; d < n; d++)
		if (strncmp(ladder->dialogs[d].id, id, sizeof(ladder->dialogs[d].id) - 1) == 0)
			return ladder->dialogs[d].right;
	snprintf(ladder->dialogs[slot].id, sizeof(ladder->dialogs[slot].id), "%s", id);
	ladder->dialogs[slot].right = sent == request;
	ladder->n_dialogs++;
	return sent == request;
}

static void repeat(FILE *out, char c, int times)
{
	while (times-- > 0)
		fputc(c, out);
}

/* Above the first arrow, and wherever a column gets another peer. */
static void print_title(struct jf_tool_ladder *ladder, const json_t *message, bool right)
{
	bool sent = json_is_true(json_object_get(message, "sent"));
	char *title = right ? ladder->right : ladder->left;
	char peer[64];

	jf_tool_text(text_of(message, sent ? "to" : "from"), peer, sizeof(peer));
	if (ladder->begun && strcmp(title, peer) == 0)
		return;
	snprintf(title, sizeof(ladder->left), "%s", peer);
	fprintf(ladder->out, "\n   seconds %-28s jackfield %28s\n", ladder->left, ladder->right);
}

static bool has_sdp(const json_t *message)
{
	return strstr(text_of(message, "text"), "\nm=audio ") != NULL;
}

/* "INVITE 6100 (SDP)", "180 Ringing", "200 OK (INVITE, SDP)", "again ...". */
static void label(const json_t *message, char *ret_text, size_t size)
{
	const char *method = text_of(message, "method"), *cseq = text_of(message, "cseq");
	const char *sdp = has_sdp(message) ? "SDP" : "";
	const char *again = json_is_true(json_object_get(message, "again")) ? "again " : "";
	char raw[256];

	if (*method) {
		bool begins = strcmp(method, "INVITE") == 0 || strcmp(method, "REGISTER") == 0;

		snprintf(raw, sizeof(raw), "%s%s%s%s%s", again, method, begins ? " " : "",
		         begins ? text_of(message, "to_user") : "", *sdp ? " (SDP)" : "");
	} else {
		const char *space = strchr(text_of(message, "start"), ' ');
		const char *of = strchr(cseq, ' ');

		snprintf(raw, sizeof(raw), "%s%s (%s%s%s)", again, space ? space + 1 : "?",
		         of ? of + 1 : "?", *sdp ? ", " : "", sdp);
	}
	jf_tool_text(raw, ret_text, size);
}

static void print_arrow(FILE *out, const char *text, bool to_right)
{
	int length = jf_tool_text_width(text), dashes = LANE - 3 - length;
	int before = dashes / 2;

	fputc(to_right ? '-' : '<', out);
	repeat(out, '-', before);
	fprintf(out, " %s ", text);
	repeat(out, '-', dashes - before - 1);
	fputc(to_right ? '>' : '-', out);
}

static void print_sdp(struct jf_tool_ladder *ladder, const json_t *message)
{
	static const char *const shown[] = {
	        "c=", "m=", "a=rtpmap:", "a=crypto:", "a=sendonly", "a=recvonly", "a=inactive"};
	const char *body = strstr(text_of(message, "text"), "\r\n\r\n");
	char line[256], escaped[512];

	for (; body; body = strchr(body, '\n')) {
		size_t length = strcspn(++body, "\r\n");

		for (size_t s = 0; s < sizeof(shown) / sizeof(*shown); s++) {
			if (strncmp(body, shown[s], strlen(shown[s])) != 0)
				continue;
			snprintf(line, sizeof(line), "%.*s", (int)length, body);
			fprintf(ladder->out, "%20s%s\n", "",
			        jf_tool_text(line, escaped, sizeof(escaped)));
		}
	}
}

void jf_tool_ladder_message(struct jf_tool_ladder *ladder, const json_t *message)
{
	double at_ms = json_number_value(json_object_get(message, "at_ms"));
	bool sent = json_is_true(json_object_get(message, "sent"));
	bool right = is_right(ladder, message);
	char text[LANE - 4], call[32], why[64];

	print_title(ladder, message, right);
	if (!ladder->begun)
		ladder->first_ms = at_ms;
	ladder->begun = true;
	label(message, text, sizeof(text));
	fprintf(ladder->out, "%10.3f |", (at_ms - ladder->first_ms) / 1000);
	if (right)
		repeat(ladder->out, ' ', LANE);
	else
		print_arrow(ladder->out, text, !sent);
	fputc('|', ladder->out);
	if (right)
		print_arrow(ladder->out, text, sent);
	else
		repeat(ladder->out, ' ', LANE);
	fputc('|', ladder->out);
	if (ladder->calls)
		fprintf(ladder->out, " %s",
		        jf_tool_text(text_of(message, "call"), call, sizeof(call)));
	if (*text_of(message, "why"))
		fprintf(ladder->out, " refused: %s",
		        jf_tool_text(text_of(message, "why"), why, sizeof(why)));
	fputc('\n', ladder->out);
	if (ladder->sdp && has_sdp(message))
		print_sdp(ladder, message);
}
