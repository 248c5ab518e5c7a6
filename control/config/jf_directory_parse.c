// SPDX-License-Identifier: BSD-3-Clause
/*
 * From files to a directory: each file against the schema, then all items of one kind sorted
 * together, checked, and filled in (a file for each kind); items that others refer to come first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

static int error_compare(const void *a, const void *b)
{
	const struct jf_directory_error *x = a;
	const struct jf_directory_error *y = b;
	int order = strcmp(x->file, y->file);

	if (order)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (x->column > y->column) - (x->column < y->column);
}

static int sources_read(struct jf_parse *p, const struct jf_directory_file *files)
{
	for (size_t i = 0; i < p->n_sources; i++) {
		struct jf_yaml_error error;
		struct jf_parse_source *s = &p->sources[i];
		void *raw = NULL;
		int result = jf_yaml_open(files[i].name, files[i].text, files[i].length, &s->yaml,
		                          &error);

		if (!result)
			result = jf_yaml_read(s->yaml, &jf_raw_directory_schema, &raw, &error);
		s->raw = raw;
		if (result == -ENOMEM)
			return result;
		if (result)
			jf_parse_error_add(p, &error);
	}
	return p->errors->count ? -EINVAL : 0;
}

static void sources_free(struct jf_parse *p)
{
	for (size_t i = 0; i < p->n_sources; i++) {
		struct jf_parse_source *s = &p->sources[i];

		for (unsigned a = 0; s->raw && a < s->raw->agents_count; a++) {
			char *password = s->raw->agents[a].password;
			if (password)
				explicit_bzero(password, strlen(password));
		}
		for (unsigned t = 0; s->raw && t < s->raw->trunks_count; t++) {
			const struct jf_raw_register *r = s->raw->trunks[t].registration;
			if (r && r->password)
				explicit_bzero(r->password, strlen(r->password));
		}
		if (s->raw)
			jf_yaml_free(&jf_raw_directory_schema, s->raw);
		if (s->yaml)
			jf_yaml_close(s->yaml);
	}
	free(p->sources);
}

static int directory_fill(struct jf_parse *p)
{
	jf_parse_tenants(p);
	if (!p->no_memory)
		jf_parse_trunks(p);
	if (!p->no_memory)
		jf_parse_surveys(p);
	if (!p->no_memory)
		jf_parse_calendars(p);
	if (!p->no_memory)
		jf_parse_skills(p);
	if (!p->no_memory)
		jf_parse_teams(p);
	if (!p->no_memory)
		jf_parse_queues(p);
	if (!p->no_memory)
		jf_parse_agents(p);
	if (!p->no_memory)
		jf_parse_flows(p);
	if (!p->no_memory)
		jf_parse_numbers(p);
	if (!p->no_memory)
		jf_parse_callers(p);
	if (p->no_memory)
		return -ENOMEM;
	if (jf_parse_failed(p))
		return -EINVAL;
	jf_parse_members(p);
	return p->no_memory ? -ENOMEM : 0;
}

int jf_directory_parse(const struct jf_directory_file *files, size_t n_files,
                       const struct jf_directory_options *options,
                       struct jf_directory **ret_directory, struct jf_directory_errors *ret_errors)
{
	struct jf_parse p = {.options = options, .errors = ret_errors, .n_sources = n_files};
	int result = -ENOMEM;

	ret_errors->count = ret_errors->warnings = 0;
	ret_errors->more = false;
	p.sources = calloc(n_files + 1, sizeof(p.sources[0]));
	p.directory = calloc(1, sizeof(*p.directory));
	if (!p.sources || !p.directory || jf_acd_create(&p.acd))
		goto out;
	result = sources_read(&p, files);
	if (!result)
		result = directory_fill(&p);
	qsort(ret_errors->list, ret_errors->count, sizeof(ret_errors->list[0]), error_compare);
out:
	jf_acd_destroy(p.acd);
	free(p.skills_known);
	if (p.sources)
		sources_free(&p);
	if (result)
		jf_directory_destroy(p.directory);
	else
		*ret_directory = p.directory;
	return result;
}
