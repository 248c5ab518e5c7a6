// SPDX-License-Identifier: BSD-3-Clause
/* The sections "tenants" and "trunks". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

JF_PARSE_COLLECT(tenants, raw->name, "", "name")
JF_PARSE_COLLECT(trunks, raw->name, "", "name")

static void tenant_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_tenant *tenant)
{
	const struct jf_raw_tenant *raw = entry->raw;

	jf_parse_name(p, entry, "name", raw->name);
	tenant->name = jf_parse_keep(p, raw->name);
	jf_parse_media(p, entry, &raw->media, NULL, &tenant->media);
	jf_parse_tenant_outgoing(p, entry, &tenant->outgoing);
	jf_parse_desk(p, entry, &tenant->desk);
	tenant->record_consult = !raw->record_consult || *raw->record_consult;
}

JF_PARSE_KIND(tenants, tenant_fill)

/* Which trunk a call comes from must not depend on their order. */
static void network_unique_check(struct jf_parse *p, const struct jf_parse_entry *entry,
                                 const char *field, const struct jf_directory_network *network)
{
	const struct jf_directory *d = p->directory;

	for (size_t i = 0; i < d->n_trunks; i++) {
		for (size_t k = 0; k < d->trunks[i].n_networks; k++) {
			if (memcmp(&d->trunks[i].networks[k], network, sizeof(*network)) == 0)
				jf_parse_fail(p, entry, field,
				              "that network is trunk \"%s\" already",
				              d->trunks[i].name);
		}
	}
}

static void trunk_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_trunk *trunk)
{
	const struct jf_raw_trunk *raw = entry->raw;
	struct jf_directory_network *networks =
	        jf_parse_array(p, raw->addresses_count, sizeof(*networks));

	if (!networks)
		return;
	jf_parse_name(p, entry, "name", raw->name);
	trunk->name = jf_parse_keep(p, raw->name);
	jf_parse_media(p, entry, &raw->media, NULL, &trunk->media);
	trunk->tenant = raw->tenant ? jf_parse_tenant(p, entry, raw->tenant) : NULL;
	trunk->networks = networks;
	for (unsigned i = 0; i < raw->addresses_count; i++) {
		char field[32];
		const char *why;

		snprintf(field, sizeof(field), "addresses[%u]", i);
		if (jf_directory_network_parse(raw->addresses[i], &networks[i], &why))
			network_unique_check(p, entry, field, &networks[i]);
		else
			jf_parse_fail(p, entry, field, "\"%s\": %s", raw->addresses[i], why);
	}
	trunk->n_networks = raw->addresses_count;
	jf_parse_outgoing(p, entry, &trunk->out);
	if (!raw->addresses_count && !raw->to_count)
		jf_parse_fail(p, entry, NULL,
		              "addresses (calls come from there) or to (they go there) is needed");
}

JF_PARSE_KIND(trunks, trunk_fill)
