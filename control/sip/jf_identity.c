// SPDX-License-Identifier: BSD-3-Clause
#include "jf_identity.h"

#include <ctype.h>
#include <stdio.h>

#define ENTRIES_MAX 32u /* of one header's list; more are not read */

/* ---- Addresses --------------------------------------------------------------------------------
 */

/* One member of a list: [name] <uri>;parameters, or uri;parameters. */
struct entry {
	struct jf_slice name, uri, parameters;
};

static struct jf_slice take(struct jf_slice *rest, size_t length)
{
	struct jf_slice taken = {.at = rest->at, .length = length};

	rest->at += length;
	rest->length -= length;
	return taken;
}

/* Up to one of the characters outside of quotes and angle brackets, or to the end. */
static size_t until(struct jf_slice text, const char *ends)
{
	bool quoted = false, bracket = false;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"' && !bracket)
			quoted = !quoted;
		else if (!quoted && !bracket && c && strchr(ends, c))
			return i;
		else if (!quoted && c == '<')
			bracket = true;
		else if (!quoted && c == '>')
			bracket = false;
	}
	return text.length;
}

/* false: that was the last. */
static bool next_entry(struct jf_slice *rest, struct entry *ret_entry)
{
	struct jf_slice whole;
	size_t open, close;

	*rest = jf_slice_trim(*rest);
	if (!rest->length)
		return false;
	whole = take(rest, until(*rest, ","));
	if (rest->length)
		(void)take(rest, 1);
	*ret_entry = (struct entry){.name = {.length = 0}};
	open = until(whole, "<");
	if (open < whole.length) {
		ret_entry->name = jf_slice_trim(take(&whole, open));
		(void)take(&whole, 1);
		for (close = 0; close < whole.length && whole.at[close] != '>';)
			close++;
		ret_entry->uri = jf_slice_trim(take(&whole, close));
		if (whole.length)
			(void)take(&whole, 1);
	} else {
		ret_entry->uri = jf_slice_trim(take(&whole, until(whole, ";")));
	}
	ret_entry->parameters = whole;
	return true;
}

/* The value of a parameter, without quotes; at NULL when it isn't there. */
static struct jf_slice parameter(struct jf_slice parameters, const char *name)
{
	while (parameters.length) {
		struct jf_slice one, key;

		if (parameters.at[0] == ';')
			(void)take(&parameters, 1);
		one = jf_slice_trim(take(&parameters, until(parameters, ";")));
		key = jf_slice_trim(take(&one, until(one, "=")));
		if (!jf_slice_is_nocase(key, name))
			continue;
		if (one.length)
			(void)take(&one, 1);
		one = jf_slice_trim(one);
		if (one.length >= 2 && one.at[0] == '"' && one.at[one.length - 1] == '"')
			one = (struct jf_slice){one.at + 1, one.length - 2};
		return one;
	}
	return (struct jf_slice){.at = NULL};
}

static char printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f ? (char)c : '?';
}

static unsigned nibble(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The user of a sip: or sips: URI or the number of a tel: URI, escapes undone. */
static void user_copy(struct jf_slice uri, char ret_user[JF_IDENTITY_TEXT_MAX])
{
	size_t colon = until(uri, ":"), end, at = 0;
	struct jf_slice scheme = {uri.at, colon}, user;
	bool tel = jf_slice_is_nocase(scheme, "tel");

	ret_user[0] = '\0';
	if (colon == uri.length ||
	    (!tel && !jf_slice_is_nocase(scheme, "sip") && !jf_slice_is_nocase(scheme, "sips")))
		return;
	user = (struct jf_slice){uri.at + colon + 1, uri.length - colon - 1};
	for (end = 0; end < user.length && user.at[end] != '@';)
		end++;
	if (!tel && end == user.length)
		return; /* a host alone */
	for (size_t i = 0; i < end && at < JF_IDENTITY_TEXT_MAX - 1; i++) {
		unsigned char c = (unsigned char)user.at[i];

		if (c == ';' || c == ':' || c == '?')
			break;
		if (c == '%' && i + 2 < end && isxdigit((unsigned char)user.at[i + 1]) &&
		    isxdigit((unsigned char)user.at[i + 2])) {
			c = (unsigned char)(nibble(user.at[i + 1]) << 4 | nibble(user.at[i + 2]));
			i += 2;
		}
		ret_user[at++] = printable(c);
	}
	ret_user[at] = '\0';
}

static void name_copy(struct jf_slice name, char ret_name[JF_IDENTITY_TEXT_MAX])
{
	bool quoted = name.length >= 2 && name.at[0] == '"' && name.at[name.length - 1] == '"';
	size_t at = 0;

	if (quoted)
		name = (struct jf_slice){name.at + 1, name.length - 2};
	for (size_t i = 0; i < name.length && at < JF_IDENTITY_TEXT_MAX - 1; i++) {
		if (quoted && name.at[i] == '\\' && i + 1 < name.length)
			i++;
		ret_name[at++] = printable((unsigned char)name.at[i]);
	}
	ret_name[at] = '\0';
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

void jf_identity_read_asserted(struct jf_slice value, struct jf_identity *identity)
{
	struct entry e;

	for (unsigned i = 0; i < ENTRIES_MAX && next_entry(&value, &e); i++) {
		if (identity->asserted_user[0])
			return;
		user_copy(e.uri, identity->asserted_user);
		if (identity->asserted_user[0])
			name_copy(e.name, identity->asserted_name);
	}
}

void jf_identity_read_privacy(struct jf_slice value, struct jf_identity *identity)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} words[] = {
	        {"id", JF_PRIVACY_ID},           {"user", JF_PRIVACY_USER},
	        {"header", JF_PRIVACY_HEADER},   {"session", JF_PRIVACY_SESSION},
	        {"history", JF_PRIVACY_HISTORY}, {"critical", JF_PRIVACY_CRITICAL},
	        {"none", JF_PRIVACY_NONE},
	};

	while (value.length) {
		struct jf_slice word = jf_slice_trim(take(&value, until(value, ";,")));

		if (value.length)
			(void)take(&value, 1);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (jf_slice_is_nocase(word, words[i].name))
				identity->privacy |= words[i].bit;
	}
}

static void reason_copy(struct jf_slice reason, struct jf_identity *identity)
{
	size_t at = 0;

	for (size_t i = 0; i < reason.length && at < sizeof(identity->diverted_reason) - 1; i++)
		identity->diverted_reason[at++] = printable((unsigned char)reason.at[i]);
	identity->diverted_reason[at] = '\0';
}

/* The topmost is the last who diverted (RFC 5806 section 5); each may stand for several. */
void jf_identity_read_diversion(struct jf_slice value, struct jf_identity *identity)
{
	struct entry e;

	for (unsigned i = 0; i < ENTRIES_MAX && next_entry(&value, &e); i++) {
		uint32_t counter = 1;

		if (!jf_slice_u32(parameter(e.parameters, "counter"), &counter) || !counter)
			counter = 1;
		if (!identity->diverted_user[0]) {
			user_copy(e.uri, identity->diverted_user);
			reason_copy(parameter(e.parameters, "reason"), identity);
		}
		counter += identity->diversions;
		identity->diversions = (uint8_t)(counter < UINT8_MAX ? counter : UINT8_MAX);
	}
}

/* The last entry is where the call goes now, the one before it had it until then. */
void jf_identity_read_history(struct jf_slice value, struct jf_identity *identity)
{
	struct entry e, before = {.uri = {.length = 0}}, last = before;
	unsigned count = 0;

	while (count < ENTRIES_MAX && next_entry(&value, &e)) {
		before = last;
		last = e;
		count++;
	}
	if (count < 2 || identity->diversions)
		return;
	user_copy(before.uri, identity->diverted_user);
	/* ;cause= stands in the URI (RFC 4458), or behind it where there are no brackets. */
	reason_copy(parameter((struct jf_slice){last.uri.at + until(last.uri, ";"),
	                                        last.uri.length - until(last.uri, ";")},
	                      "cause"),
	            identity);
	identity->diversions = (uint8_t)(count - 1);
}

bool jf_identity_is_withheld(const struct jf_identity *identity)
{
	return !(identity->privacy & JF_PRIVACY_NONE) &&
	       (identity->privacy & (JF_PRIVACY_ID | JF_PRIVACY_USER | JF_PRIVACY_HEADER));
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

static void keep(const char *from, const char *also, char *ret_text, size_t size)
{
	size_t at = 0;

	for (; *from && at < size - 1; from++)
		if (isalnum((unsigned char)*from) || strchr(also, *from))
			ret_text[at++] = *from;
	ret_text[at] = '\0';
}

static void lines_write(const struct jf_identity_told *told, const char *number, const char *name,
                        struct jf_identity_headers *headers)
{
	char diverted[JF_IDENTITY_TEXT_MAX], called[JF_IDENTITY_TEXT_MAX];
	size_t length = 0;

	keep(told->diverted, "+", diverted, sizeof(diverted));
	keep(told->called, "+", called, sizeof(called));
	if (number[0])
		length = (size_t)snprintf(
		        headers->lines, sizeof(headers->lines),
		        "P-Asserted-Identity: %s%s%s<sip:%s@%.100s;user=phone>\r\n%s",
		        name[0] ? "\"" : "", name, name[0] ? "\" " : "", number, told->domain,
		        told->withheld ? "Privacy: id\r\n" : "");
	if (diverted[0])
		snprintf(headers->lines + length, sizeof(headers->lines) - length,
		         "Diversion: <sip:%s@%.100s;user=phone>;reason=unconditional;counter=1\r\n"
		         "History-Info: <sip:%s@%.100s;user=phone>;index=1,"
		         "<sip:%s@%.100s;user=phone;cause=302>;index=1.1;mp=1\r\n",
		         diverted, told->domain, diverted, told->domain, called, told->domain);
}

void jf_identity_write(const struct jf_identity_told *told, struct jf_identity_headers *ret_headers)
{
	char number[JF_IDENTITY_TEXT_MAX], name[JF_IDENTITY_TEXT_MAX];

	*ret_headers = (struct jf_identity_headers){.from_host = told->domain};
	keep(told->number, "+", number, sizeof(number));
	keep(told->name, " .,+-_'()&", name, sizeof(name));
	if (told->withheld || !number[0]) {
		snprintf(ret_headers->from_user, sizeof(ret_headers->from_user), "anonymous");
		snprintf(ret_headers->from_name, sizeof(ret_headers->from_name), "Anonymous");
		ret_headers->from_host = "anonymous.invalid";
	} else {
		snprintf(ret_headers->from_user, sizeof(ret_headers->from_user), "%s", number);
		snprintf(ret_headers->from_name, sizeof(ret_headers->from_name), "%s", name);
	}
	if (told->trusted)
		lines_write(told, number, name, ret_headers);
}
