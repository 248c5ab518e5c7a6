// SPDX-License-Identifier: BSD-3-Clause
/* What is said about calls to the outside, written down again and compared. */
#include <stdio.h>
#include <string.h>

#include "jf_directory_priv.h"

static const char *const forms[] = {
        [JF_DIRECTORY_FORM_PLUS] = "plus",
        [JF_DIRECTORY_FORM_DIGITS] = "digits",
        [JF_DIRECTORY_FORM_NATIONAL] = "national",
};
static const char *const algorithms[] = {
        [JF_DIRECTORY_ALGORITHM_ANY] = "any",
        [JF_DIRECTORY_ALGORITHM_MD5] = "MD5",
        [JF_DIRECTORY_ALGORITHM_SHA256] = "SHA-256",
};

/* ---- Writing --------------------------------------------------------------------------------- */

/* Members of a mapping in one line; the first brings its opening brace. */
struct flow {
	FILE *out;
	const char *lead, *section;
	bool open;
};

static void flow_key(struct flow *flow, const char *key)
{
	if (flow->open)
		fprintf(flow->out, ", %s: ", key);
	else
		fprintf(flow->out, "%s%s: {%s: ", flow->lead, flow->section, key);
	flow->open = true;
}

static void flow_text(struct flow *flow, const char *key, const char *text)
{
	if (!text[0])
		return;
	flow_key(flow, key);
	jf_directory_quoted(flow->out, text);
}

static void flow_number(struct flow *flow, const char *key, uint32_t number)
{
	if (!number)
		return;
	flow_key(flow, key);
	fprintf(flow->out, "%u", number);
}

static void list_write(FILE *out, const char *const *texts, size_t count)
{
	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "", out);
		jf_directory_quoted(out, texts[i]);
	}
	fputc(']', out);
}

static void flow_list(struct flow *flow, const char *key, const char *const *texts, size_t count)
{
	if (!count)
		return;
	flow_key(flow, key);
	list_write(flow->out, texts, count);
}

static void flow_end(const struct flow *flow)
{
	if (flow->open)
		fputs("}\n", flow->out);
}

static void caps_write(FILE *out, const char *lead, const struct jf_directory_caps *caps)
{
	struct flow flow = {out, lead, "caps", false};

	flow_number(&flow, "calls", caps->calls);
	flow_number(&flow, "calls_per_s", caps->calls_per_s);
	flow_number(&flow, "minutes_per_day", caps->minutes_per_day);
	flow_end(&flow);
}

static void plan_write(struct flow *flow, const struct jf_directory_plan *plan)
{
	flow_text(flow, "country", plan->country);
	flow_text(flow, "national_prefix", plan->national_prefix);
	flow_text(flow, "international_prefix", plan->international_prefix);
	if (plan->form)
		flow_text(flow, "form", forms[plan->form]);
	flow_number(flow, "strip", plan->strip);
	flow_text(flow, "prepend", plan->prepend);
	flow_list(flow, "allow", plan->allow, plan->n_allow);
	flow_list(flow, "deny", plan->deny, plan->n_deny);
}

void jf_directory_tenant_outgoing_write(FILE *out, const char *lead,
                                        const struct jf_directory_tenant_outgoing *outgoing)
{
	struct flow flow = {out, lead, "outgoing", false};

	caps_write(out, lead, &outgoing->caps);
	if (!outgoing->permitted)
		return;
	plan_write(&flow, &outgoing->numbers);
	flow_text(&flow, "caller", outgoing->caller);
	flow_end(&flow);
}

static void credentials_write(FILE *out, const char *lead, const struct jf_directory_credentials *c)
{
	struct flow flow = {out, lead, "register", false};

	if (!c->user)
		return;
	flow_text(&flow, "user", c->user);
	flow_text(&flow, "realm", c->realm);
	flow_text(&flow, "algorithm", algorithms[c->algorithm]);
	flow_key(&flow, "expires_s");
	fprintf(out, "%u", c->expires_s);
	flow_text(&flow, "ha1", c->ha1);
	flow_text(&flow, "ha1_sha256", c->ha1_sha256);
	flow_end(&flow);
}

void jf_directory_outgoing_write(FILE *out, const char *lead,
                                 const struct jf_directory_outgoing *outgoing)
{
	struct flow numbers = {out, lead, "numbers", false};

	if (outgoing->n_uris) {
		fprintf(out, "%sto: ", lead);
		list_write(out, outgoing->hosts, outgoing->n_uris);
		fprintf(out, "\n%spriority: %u\n%sweight: %u\n%soptions_s: %u\n", lead,
		        outgoing->priority, lead, outgoing->weight, lead, outgoing->options_s);
	}
	if (outgoing->transport[0])
		fprintf(out, "%stransport: %s\n", lead, outgoing->transport);
	if (outgoing->domain[0]) {
		fprintf(out, "%sdomain: ", lead);
		jf_directory_quoted(out, outgoing->domain);
		fputc('\n', out);
	}
	credentials_write(out, lead, &outgoing->credentials);
	caps_write(out, lead, &outgoing->caps);
	plan_write(&numbers, &outgoing->numbers);
	flow_end(&numbers);
	if (outgoing->trusted)
		fprintf(out, "%sasserted: trust\n", lead);
	if (outgoing->shows_withheld)
		fprintf(out, "%sprivacy: show\n", lead);
}

/* ---- Difference ------------------------------------------------------------------------------ */

static bool lists_differ(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
	for (size_t i = 0; n_a == n_b && i < n_a; i++)
		if (strcmp(a[i], b[i]) != 0)
			return true;
	return n_a != n_b;
}

bool jf_directory_caps_differ(const struct jf_directory_caps *a, const struct jf_directory_caps *b)
{
	return a->calls != b->calls || a->calls_per_s != b->calls_per_s ||
	       a->minutes_per_day != b->minutes_per_day;
}

bool jf_directory_plan_differ(const struct jf_directory_plan *a, const struct jf_directory_plan *b)
{
	return strcmp(a->country, b->country) != 0 ||
	       strcmp(a->national_prefix, b->national_prefix) != 0 ||
	       strcmp(a->international_prefix, b->international_prefix) != 0 ||
	       strcmp(a->prepend, b->prepend) != 0 || a->form != b->form || a->strip != b->strip ||
	       lists_differ(a->allow, a->n_allow, b->allow, b->n_allow) ||
	       lists_differ(a->deny, a->n_deny, b->deny, b->n_deny);
}

static bool credentials_differ(const struct jf_directory_credentials *a,
                               const struct jf_directory_credentials *b)
{
	if (!a->user || !b->user)
		return a->user != b->user;
	return strcmp(a->user, b->user) != 0 || strcmp(a->realm, b->realm) != 0 ||
	       a->algorithm != b->algorithm || a->expires_s != b->expires_s ||
	       strcmp(a->ha1, b->ha1) != 0 || strcmp(a->ha1_sha256, b->ha1_sha256) != 0;
}

unsigned jf_directory_outgoing_differ(const struct jf_directory_outgoing *a,
                                      const struct jf_directory_outgoing *b,
                                      const char *ret_names[JF_DIRECTORY_OUTGOING_FIELDS])
{
	const struct {
		bool differs;
		const char *name;
	} fields[] = {
	        {lists_differ(a->hosts, a->n_uris, b->hosts, b->n_uris), "to"},
	        {strcmp(a->transport, b->transport) != 0, "transport"},
	        {strcmp(a->domain, b->domain) != 0, "domain"},
	        {a->priority != b->priority, "priority"},
	        {a->weight != b->weight, "weight"},
	        {a->options_s != b->options_s, "options_s"},
	        {credentials_differ(&a->credentials, &b->credentials), "register"},
	        {jf_directory_caps_differ(&a->caps, &b->caps), "caps"},
	        {jf_directory_plan_differ(&a->numbers, &b->numbers), "numbers"},
	        {a->trusted != b->trusted, "asserted"},
	        {a->shows_withheld != b->shows_withheld, "privacy"},
	};
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].differs)
			ret_names[count++] = fields[i].name;
	return count;
}
