// SPDX-License-Identifier: BSD-3-Clause
/* What is said about calls to the outside: where they go, how numbers are written, what is capped.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

#define DIGITS             "0123456789"
#define FIELD_SIZE         48u
#define CALLS_MAX          1000000u
#define MINUTES_MAX        100000000u
#define PRIORITY_MAX       1000u
#define WEIGHT_MAX         1000u
#define WEIGHT_DEFAULT     10u
#define OPTIONS_MAX_S      3600u
#define OPTIONS_DEFAULT_S  5u
#define REGISTER_DEFAULT_S 3600u
#define REGISTER_MIN_S     60u
#define REGISTER_MAX_S     86400u

/* ---- Pieces ---------------------------------------------------------------------------------- */

static uint32_t number_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                             const char *field, const uint32_t *value, const uint32_t limits[3])
{
	uint32_t n = value ? *value : limits[2];

	if (value && (n < limits[0] || n > limits[1]))
		jf_parse_fail(p, entry, field, "%u: from %u to %u", n, limits[0], limits[1]);
	return n;
}

/* The place among choices (ended by NULL); 0 when nothing was said. */
static uint8_t choice_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                            const char *field, const char *text, const char *const *choices)
{
	char list[80] = "";

	for (uint8_t i = 0; text && choices[i]; i++) {
		size_t length = strlen(list);

		if (strcmp(text, choices[i]) == 0)
			return i;
		snprintf(list + length, sizeof(list) - length, "%s%s",
		         !length          ? ""
		         : choices[i + 1] ? ", "
		                          : " or ",
		         choices[i]);
	}
	if (text)
		jf_parse_fail(p, entry, field, "%s can stand here", list);
	return 0;
}

static void caps_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                      const struct jf_raw_caps *raw, struct jf_directory_caps *ret_caps)
{
	static const uint32_t calls[3] = {1, CALLS_MAX, 0};
	static const uint32_t minutes[3] = {1, MINUTES_MAX, 0};

	if (!raw)
		return;
	ret_caps->calls = number_check(p, entry, "caps.calls", raw->calls, calls);
	ret_caps->calls_per_s = number_check(p, entry, "caps.calls_per_s", raw->calls_per_s, calls);
	ret_caps->minutes_per_day =
	        number_check(p, entry, "caps.minutes_per_day", raw->minutes_per_day, minutes);
}

bool jf_parse_is_outside(const char *text)
{
	size_t length = strlen(text);

	return text[0] == '+' && length >= 5 && length <= 16 && text[1] != '0' &&
	       strspn(text + 1, DIGITS) == length - 1;
}

const char *jf_parse_outside(struct jf_parse *p, const struct jf_parse_entry *entry,
                             const char *field, const char *number)
{
	if (!jf_parse_is_outside(number))
		jf_parse_fail(p, entry, field, "\"%s\": a number such as +3726001000 is needed",
		              number);
	return jf_parse_keep(p, number);
}

/* ---- Number plans ---------------------------------------------------------------------------- */

static const char *digits_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                                const char *section, const char *field, const char *text)
{
	char path[FIELD_SIZE];

	snprintf(path, sizeof(path), "%s.%s", section, field);
	if (text && (strlen(text) > 8 || strspn(text, DIGITS) != strlen(text)))
		jf_parse_fail(p, entry, path, "\"%s\": at most 8 digits", text);
	return jf_parse_keep(p, text ? text : "");
}

/* "+372", or without the plus sign a short number. */
static const char *const *prefixes_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                                         const char *field, char *const *raw, unsigned count)
{
	const char **list = jf_parse_array(p, count, sizeof(list[0]));

	for (unsigned i = 0; list && i < count; i++) {
		const char *digits = raw[i] + (raw[i][0] == '+');
		size_t length = strlen(digits);
		char path[FIELD_SIZE];

		snprintf(path, sizeof(path), "%s[%u]", field, i);
		if (!length || length > 15 || strspn(digits, DIGITS) != length)
			jf_parse_fail(p, entry, path,
			              "\"%s\": a prefix such as +372, or a short number as 112",
			              raw[i]);
		list[i] = jf_parse_keep(p, raw[i]);
	}
	return list;
}

static void plan_fill(struct jf_parse *p, const struct jf_parse_entry *entry, const char *section,
                      const struct jf_raw_plan *raw, struct jf_directory_plan *plan)
{
	static const struct jf_raw_plan nothing;
	static const char *const forms[] = {"plus", "digits", "national", NULL};
	static const uint32_t strip[3] = {0, 15, 0};
	char field[FIELD_SIZE];

	raw = raw ? raw : &nothing;
	plan->country = digits_check(p, entry, section, "country", raw->country);
	snprintf(field, sizeof(field), "%s.country", section);
	if (plan->country && (plan->country[0] == '0' || strlen(plan->country) > 3))
		jf_parse_fail(p, entry, field, "\"%s\": a code such as 372", plan->country);
	plan->national_prefix =
	        digits_check(p, entry, section, "national_prefix", raw->national_prefix);
	plan->international_prefix =
	        digits_check(p, entry, section, "international_prefix", raw->international_prefix);
	plan->prepend = digits_check(p, entry, section, "prepend", raw->prepend);
	snprintf(field, sizeof(field), "%s.allow", section);
	plan->allow = prefixes_check(p, entry, field, raw->allow, raw->allow_count);
	plan->n_allow = raw->allow_count;
	snprintf(field, sizeof(field), "%s.deny", section);
	plan->deny = prefixes_check(p, entry, field, raw->deny, raw->deny_count);
	plan->n_deny = raw->deny_count;
	snprintf(field, sizeof(field), "%s.form", section);
	plan->form = choice_check(p, entry, field, raw->form, forms);
	snprintf(field, sizeof(field), "%s.strip", section);
	plan->strip = (uint8_t)number_check(p, entry, field, raw->strip, strip);
	if (plan->form == JF_DIRECTORY_FORM_NATIONAL && plan->country && !plan->country[0])
		jf_parse_fail(p, entry, section, "national numbers need a country code");
}

void jf_parse_tenant_outgoing(struct jf_parse *p, const struct jf_parse_entry *entry,
                              struct jf_directory_tenant_outgoing *ret_outgoing)
{
	const struct jf_raw_tenant *raw = entry->raw;
	const struct jf_raw_plan *plan = raw->outgoing;

	caps_fill(p, entry, raw->caps, &ret_outgoing->caps);
	ret_outgoing->permitted = plan != NULL;
	plan_fill(p, entry, "outgoing", plan, &ret_outgoing->numbers);
	ret_outgoing->caller = plan && plan->caller
	                               ? jf_parse_outside(p, entry, "outgoing.caller", plan->caller)
	                               : jf_parse_keep(p, "");
	if (plan && !plan->allow_count)
		jf_parse_fail(p, entry, "outgoing",
		              "allow: says which numbers may be called; without it none can");
}

/* ---- Where to -------------------------------------------------------------------------------- */

static bool host_fits(const char *host, size_t length)
{
	if (length && host[0] == '[')
		return length > 4 && host[length - 1] == ']' &&
		       strspn(host + 1, DIGITS "abcdefABCDEF:.") == length - 2;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)host[i]) && host[i] != '-' && host[i] != '.')
			return false;
	return length && length < 100 && host[0] != '.' && host[0] != '-';
}

/* "host", "host:port", "[2001:db8::1]:5060" */
static bool to_fits(const char *text)
{
	const char *bracket = text[0] == '[' ? strchr(text, ']') : text;
	const char *colon = bracket ? strchr(bracket, ':') : NULL;
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	if (!bracket || !host_fits(text, length))
		return false;
	if (!colon)
		return true;
	return strlen(colon) > 1 && strlen(colon) < 7 &&
	       strspn(colon + 1, DIGITS) == strlen(colon + 1) && atoi(colon + 1) > 0 &&
	       atoi(colon + 1) < 65536;
}

static void to_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                    struct jf_directory_outgoing *out)
{
	static const char *const transports[] = {"", "udp", "tcp", "tls", NULL};
	const struct jf_raw_trunk *raw = entry->raw;
	const char **uris = jf_parse_array(p, raw->to_count, sizeof(uris[0]));
	const char **hosts = jf_parse_array(p, raw->to_count, sizeof(hosts[0]));

	if (!uris || !hosts)
		return;
	out->transport = jf_parse_keep(
	        p, transports[choice_check(p, entry, "transport", raw->transport, transports)]);
	for (unsigned i = 0; i < raw->to_count && out->transport; i++) {
		char field[FIELD_SIZE], uri[192];

		snprintf(field, sizeof(field), "to[%u]", i);
		if (!to_fits(raw->to[i]))
			jf_parse_fail(p, entry, field,
			              "\"%s\": a name or an address, with or without :port",
			              raw->to[i]);
		snprintf(uri, sizeof(uri), "sip:%s%s%s", raw->to[i],
		         out->transport[0] ? ";transport=" : "", out->transport);
		hosts[i] = jf_parse_keep(p, raw->to[i]);
		uris[i] = jf_parse_keep(p, uri);
	}
	out->hosts = hosts;
	out->uris = uris;
	out->n_uris = raw->to_count;
	out->domain = jf_parse_keep(p, raw->domain ? raw->domain : "");
	if (raw->domain && !host_fits(raw->domain, strlen(raw->domain)))
		jf_parse_fail(p, entry, "domain", "\"%s\" is no name of a host", raw->domain);
}

/* ---- Credentials ----------------------------------------------------------------------------- */

static bool hex_take(const char *from, size_t length, char *ret_text)
{
	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)from[i]))
			return false;
		ret_text[i] = (char)tolower((unsigned char)from[i]);
	}
	ret_text[length] = '\0';
	return true;
}

static bool quotable(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || *c == '"' ||
		    *c == '\\')
			return false;
	return true;
}

/* Out of the password, or as they stand there; only those that may be used. */
static void secrets_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                         const struct jf_raw_register *raw, struct jf_directory_credentials *c)
{
	bool md5 = c->algorithm != JF_DIRECTORY_ALGORITHM_SHA256;
	bool sha256 = c->algorithm != JF_DIRECTORY_ALGORITHM_MD5;

	if (raw->password) {
		if (jf_directory_ha1(raw->user, raw->realm, raw->password, c->ha1, c->ha1_sha256))
			jf_parse_fail(p, entry, "register.password", "cannot be hashed");
		if (!md5)
			explicit_bzero(c->ha1, sizeof(c->ha1));
		if (!sha256)
			explicit_bzero(c->ha1_sha256, sizeof(c->ha1_sha256));
		return;
	}
	if ((md5 && !raw->ha1) || (sha256 && !raw->ha1_sha256))
		jf_parse_fail(p, entry, "register", "a password is needed, or %s",
		              !md5      ? "ha1_sha256"
		              : !sha256 ? "ha1"
		                        : "both ha1 and ha1_sha256");
	if (md5 && raw->ha1 && !hex_take(raw->ha1, 32, c->ha1))
		jf_parse_fail(p, entry, "register.ha1", "32 hexadecimal digits are needed");
	if (sha256 && raw->ha1_sha256 && !hex_take(raw->ha1_sha256, 64, c->ha1_sha256))
		jf_parse_fail(p, entry, "register.ha1_sha256", "64 hexadecimal digits are needed");
}

static void credentials_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                             struct jf_directory_credentials *c)
{
	static const char *const algorithms[] = {"any", "MD5", "SHA-256", NULL};
	const struct jf_raw_trunk *trunk = entry->raw;
	const struct jf_raw_register *raw = trunk->registration;

	if (!raw)
		return;
	if (!trunk->to_count)
		jf_parse_fail(p, entry, "register", "to: says where it registers");
	if (!quotable(raw->user) || !quotable(raw->realm))
		jf_parse_fail(p, entry, "register", "user and realm: printable, without \" and \\");
	c->user = jf_parse_keep(p, raw->user);
	c->realm = jf_parse_keep(p, raw->realm);
	c->algorithm = choice_check(p, entry, "register.algorithm", raw->algorithm, algorithms);
	c->expires_s = raw->expires_s ? *raw->expires_s : REGISTER_DEFAULT_S;
	if (c->expires_s && (c->expires_s < REGISTER_MIN_S || c->expires_s > REGISTER_MAX_S))
		jf_parse_fail(p, entry, "register.expires_s",
		              "%u: 0 (does not register), or from %u to %u seconds", c->expires_s,
		              REGISTER_MIN_S, REGISTER_MAX_S);
	secrets_fill(p, entry, raw, c);
}

void jf_parse_outgoing(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_outgoing *ret_outgoing)
{
	static const uint32_t priority[3] = {1, PRIORITY_MAX, 1};
	static const uint32_t weight[3] = {1, WEIGHT_MAX, WEIGHT_DEFAULT};
	static const uint32_t options[3] = {0, OPTIONS_MAX_S, OPTIONS_DEFAULT_S};
	static const char *const asserted[] = {"ignore", "trust", NULL};
	static const char *const privacy[] = {"hide", "show", NULL};
	const struct jf_raw_trunk *raw = entry->raw;

	to_fill(p, entry, ret_outgoing);
	ret_outgoing->priority = number_check(p, entry, "priority", raw->priority, priority);
	ret_outgoing->weight = number_check(p, entry, "weight", raw->weight, weight);
	ret_outgoing->options_s = number_check(p, entry, "options_s", raw->options_s, options);
	credentials_fill(p, entry, &ret_outgoing->credentials);
	caps_fill(p, entry, raw->caps, &ret_outgoing->caps);
	plan_fill(p, entry, "numbers", raw->numbers, &ret_outgoing->numbers);
	ret_outgoing->trusted = choice_check(p, entry, "asserted", raw->asserted, asserted);
	ret_outgoing->shows_withheld = choice_check(p, entry, "privacy", raw->privacy, privacy);
}
