// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_grammar.h"

#include <ctype.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool jf_sip_is_token_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-.!%*_+`'~", c));
}

bool jf_sip_is_token(struct jf_slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!jf_sip_is_token_char(text.at[i]))
			return false;
	return text.length > 0;
}

static void drop(struct jf_slice *rest, size_t length)
{
	rest->at += length;
	rest->length -= length;
}

static struct jf_slice take(struct jf_slice *rest, size_t length)
{
	struct jf_slice taken = {.at = rest->at, .length = length};

	drop(rest, length);
	return taken;
}

static void skip_space(struct jf_slice *rest)
{
	while (rest->length && is_space(rest->at[0]))
		drop(rest, 1);
}

/* How many bytes until one of the stops, or all. */
static size_t span(struct jf_slice text, const char *stops)
{
	size_t n = 0;

	while (n < text.length && (!text.at[n] || !strchr(stops, text.at[n])))
		n++;
	return n;
}

static struct jf_slice take_token(struct jf_slice *rest)
{
	size_t n = 0;

	while (n < rest->length && jf_sip_is_token_char(rest->at[n]))
		n++;
	return take(rest, n);
}

/* A quoted string with its quotes: its length, or 0. */
static size_t quoted_length(struct jf_slice text)
{
	for (size_t i = 1; i < text.length; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return i + 1;
	}
	return 0;
}

/* --- URIs --- */

static bool escapes_are_whole(struct jf_slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.at[i] == '%' &&
		    (i + 2 >= text.length || !isxdigit((unsigned char)text.at[i + 1]) ||
		     !isxdigit((unsigned char)text.at[i + 2])))
			return false;
	return true;
}

static bool is_port(struct jf_slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!isdigit((unsigned char)text.at[i]))
			return false;
	return text.length > 0 && text.length <= 5;
}

/* host, [IPv6], and what may follow: a port. */
static bool is_host_port(struct jf_slice text)
{
	size_t n = 0;

	if (text.length && text.at[0] == '[') {
		n = span(text, "]") + 1;
		if (n > text.length)
			return false;
		for (size_t i = 1; i + 1 < n; i++)
			if (!isxdigit((unsigned char)text.at[i]) && !strchr(":.", text.at[i]))
				return false;
	} else {
		while (n < text.length && (isalnum((unsigned char)text.at[n]) ||
		                           (text.at[n] && strchr("-._", text.at[n]))))
			n++;
	}
	if (!n)
		return false;
	drop(&text, n);
	if (!text.length)
		return true;
	drop(&text, 1);
	return text.at[-1] == ':' && is_port(text);
}

static bool is_sip_uri(struct jf_slice rest, bool *ret_headers)
{
	size_t at = span(rest, "@");

	if (!escapes_are_whole(rest))
		return false;
	if (at < rest.length) {
		if (at == 0)
			return false;
		drop(&rest, at + 1);
		if (span(rest, "@") < rest.length)
			return false;
	}
	*ret_headers = span(rest, "?") < rest.length;
	return is_host_port(take(&rest, span(rest, ";?")));
}

bool jf_sip_is_uri(struct jf_slice text, bool *ret_headers)
{
	struct jf_slice scheme = take(&text, span(text, ":"));

	*ret_headers = false;
	if (!text.length || !scheme.length || !isalpha((unsigned char)scheme.at[0]))
		return false;
	for (size_t i = 1; i < scheme.length; i++)
		if (!isalnum((unsigned char)scheme.at[i]) &&
		    (!scheme.at[i] || !strchr("+-.", scheme.at[i])))
			return false;
	drop(&text, 1);
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c <= ' ' || c >= 0x7f || strchr("<>\"", c))
			return false;
	}
	if (jf_slice_is_nocase(scheme, "sip") || jf_slice_is_nocase(scheme, "sips"))
		return is_sip_uri(text, ret_headers);
	return text.length > 0;
}

/* --- parameters --- */

/* ;name[=value] at the front, white space anywhere between. */
static bool take_param(struct jf_slice *rest, struct jf_slice *ret_name, struct jf_slice *ret_value)
{
	*ret_value = (struct jf_slice){0};
	if (rest->at[0] != ';')
		return false;
	drop(rest, 1);
	skip_space(rest);
	*ret_name = take_token(rest);
	if (!ret_name->length)
		return false;
	skip_space(rest);
	if (!rest->length || rest->at[0] != '=')
		return true;
	drop(rest, 1);
	skip_space(rest);
	if (rest->length && rest->at[0] == '"')
		*ret_value = take(rest, quoted_length(*rest));
	else
		*ret_value = take(rest, span(*rest, " \t\r\n;,\"<>="));
	skip_space(rest);
	return ret_value->length > 0;
}

static bool are_params(struct jf_slice rest)
{
	struct jf_slice name, value;

	skip_space(&rest);
	while (rest.length)
		if (!take_param(&rest, &name, &value))
			return false;
	return true;
}

bool jf_sip_param_get(struct jf_slice params, const char *name, struct jf_slice *ret_value)
{
	struct jf_slice found;

	skip_space(&params);
	while (params.length && take_param(&params, &found, ret_value))
		if (jf_slice_is_nocase(found, name))
			return ret_value->length > 0;
	return false;
}

/* --- addresses --- */

/* "Quoted" or tokens, up to the bracket. Bytes beyond ASCII are let pass in both. */
static bool skip_display_name(struct jf_slice *rest)
{
	size_t n;

	if (rest->length && rest->at[0] == '"') {
		n = quoted_length(*rest);
		drop(rest, n);
		skip_space(rest);
		return n > 0 && rest->length && rest->at[0] == '<';
	}
	while (rest->length && rest->at[0] != '<') {
		char c = rest->at[0];

		if (!jf_sip_is_token_char(c) && !is_space(c) && (unsigned char)c < 0x80)
			return false;
		drop(rest, 1);
	}
	return rest->length > 0;
}

bool jf_sip_address_read(struct jf_slice text, struct jf_sip_address *ret_address)
{
	struct jf_slice rest = jf_slice_trim(text);
	bool headers;

	ret_address->bracketed =
	        rest.length && (rest.at[0] == '"' || span(rest, "<\"") < rest.length);
	if (ret_address->bracketed) {
		size_t length;

		/* A quote or bracket in a parameter does not make a name of what is before. */
		if (rest.at[0] != '"' && span(rest, ";") < span(rest, "<"))
			ret_address->bracketed = false;
		else if (!skip_display_name(&rest))
			return false;
		else {
			drop(&rest, 1);
			length = span(rest, ">");
			if (length == rest.length)
				return false;
			ret_address->uri = take(&rest, length);
			drop(&rest, 1);
		}
	}
	if (!ret_address->bracketed)
		ret_address->uri = jf_slice_trim(take(&rest, span(rest, ";")));
	skip_space(&rest);
	ret_address->params = rest;
	return jf_sip_is_uri(ret_address->uri, &headers) && (ret_address->bracketed || !headers) &&
	       are_params(rest);
}

bool jf_sip_list_next(struct jf_slice *list, struct jf_slice *ret_element)
{
	bool quoted = false, bracketed = false;
	size_t n = 0;

	if (!list->at)
		return false;
	for (; n < list->length; n++) {
		char c = list->at[n];

		if (quoted && c == '\\')
			n++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '<' || c == '>'))
			bracketed = c == '<';
		else if (!quoted && !bracketed && c == ',')
			break;
	}
	if (n > list->length)
		n = list->length;
	*ret_element = jf_slice_trim(take(list, n));
	if (list->length)
		drop(list, 1);
	else
		list->at = NULL; /* that was the last */
	return true;
}

/* --- Via --- */

static bool take_separator(struct jf_slice *rest)
{
	skip_space(rest);
	if (!rest->length || rest->at[0] != '/')
		return false;
	drop(rest, 1);
	skip_space(rest);
	return true;
}

bool jf_sip_via_read(struct jf_slice element, struct jf_sip_via *ret_via)
{
	struct jf_slice rest = element, protocol, version, transport, port;
	size_t host;

	skip_space(&rest);
	protocol = take_token(&rest);
	if (!jf_slice_is_nocase(protocol, "SIP") || !take_separator(&rest))
		return false;
	version = take_token(&rest);
	if (!version.length || !take_separator(&rest))
		return false;
	transport = take_token(&rest);
	if (!transport.length || !rest.length || !is_space(rest.at[0]))
		return false;
	skip_space(&rest);
	host = rest.length && rest.at[0] == '[' ? span(rest, "]") + 1 : span(rest, " \t\r\n;:");
	if (host > rest.length)
		return false;
	ret_via->sent_by = take(&rest, host);
	if (!is_host_port(ret_via->sent_by))
		return false;
	skip_space(&rest);
	if (rest.length && rest.at[0] == ':') {
		drop(&rest, 1);
		skip_space(&rest);
		port = take_token(&rest);
		if (!is_port(port))
			return false;
		skip_space(&rest);
	}
	ret_via->params = rest;
	return are_params(rest);
}
