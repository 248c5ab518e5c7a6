// SPDX-License-Identifier: BSD-3-Clause
/*
 * From files to a directory: each file against the schema, then all items of one kind sorted
 * together, checked, and filled in; items that others refer to come first.
 */
#include "jf_directory_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_raw_priv.h"
#include "jf_log.h"

#define RING_TIMEOUT_DEFAULT_S 15u
#define SOUND_PATH_SIZE        120u

struct source {
	struct jf_yaml *yaml;
	struct jf_raw_directory *raw;
};

/* One item of some kind, and where it stands. */
struct entry {
	const char *key[2]; /* by which it is sorted and unique */
	const void *raw;
	uint32_t source;
	uint32_t index;
};

struct parse {
	const struct jf_directory_options *options;
	struct source *sources;
	size_t n_sources;
	struct jf_directory *directory;
	struct jf_directory_errors *errors;
	const char *kind; /* the section being worked on: "agents" */
	bool no_memory;
};

/* ---- Mistakes ------------------------------------------------------------------------------- */

static void error_add(struct parse *p, const struct jf_yaml_error *error)
{
	struct jf_directory_error *e;

	if (p->errors->count == JF_DIRECTORY_ERRORS_MAX) {
		p->errors->more = true;
		return;
	}
	e = &p->errors->list[p->errors->count++];
	e->line = error->line;
	e->column = error->column;
	jf_log_escape(error->file, strlen(error->file), e->file, sizeof(e->file));
	jf_log_escape(error->message, strlen(error->message), e->message, sizeof(e->message));
}

/* field: below the item, or NULL for the item itself. */
static void fail(struct parse *p, const struct entry *entry, const char *field, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

static void fail(struct parse *p, const struct entry *entry, const char *field, const char *format,
                 ...)
{
	struct jf_yaml_error error;
	char path[96], message[200];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s[%u]%s%s", p->kind, entry->index, field ? "." : "",
	         field ? field : "");
	(void)jf_yaml_fail(p->sources[entry->source].yaml, &error, path, "%s", message);
	error_add(p, &error);
}

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

/* ---- Pieces --------------------------------------------------------------------------------- */

static const char *keep(struct parse *p, const char *text)
{
	const char *copy = jf_directory_keep_text(p->directory, text);

	if (!copy)
		p->no_memory = true;
	return copy;
}

static void name_check(struct parse *p, const struct entry *entry, const char *field,
                       const char *name)
{
	if (!jf_directory_name_fits(name))
		fail(p, entry, field, "\"%s\": letters, digits, and after the first also . _ -",
		     name);
}

static void media_fill(struct parse *p, const struct entry *entry, const struct jf_raw_media *raw,
                       const struct jf_directory_media *defaults,
                       struct jf_directory_media *ret_media)
{
	char field[JF_DIRECTORY_FIELD_SIZE];

	if (jf_directory_media_take(raw, defaults, ret_media, field))
		fail(p, entry, field, "%s can stand here", jf_directory_media_choices(field));
}

static const char *tenant_check(struct parse *p, const struct entry *entry, const char *name)
{
	const struct jf_directory_tenant *tenant = jf_directory_tenant_find(p->directory, name);

	if (!tenant)
		fail(p, entry, "tenant", "no tenant \"%s\"", name);
	/* The name stands even when it is wrong, so that one mistake does not bring others. */
	return tenant ? tenant->name : keep(p, name);
}

static uint32_t seconds_check(struct parse *p, const struct entry *entry, const char *field,
                              const uint32_t *value, const uint32_t limits[3])
{
	uint32_t s = value ? *value : limits[2];

	if (s < limits[0] || s > limits[1])
		fail(p, entry, field, "%u: from %u to %u seconds", s, limits[0], limits[1]);
	return s * 1000;
}

static const char *sound_check(struct parse *p, const struct entry *entry, const char *field,
                               const char *path)
{
	const struct jf_directory_options *o = p->options;
	char whole[512];
	int result;

	if (!path)
		return NULL;
	if (path[0] != '/' && !o->base) {
		fail(p, entry, field, "\"%s\": an absolute path is needed here", path);
		return NULL;
	}
	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else
		snprintf(whole, sizeof(whole), "%s/%s", o->base, path);
	if (strlen(whole) >= SOUND_PATH_SIZE) {
		fail(p, entry, field, "the path is longer than %u characters", SOUND_PATH_SIZE - 1);
		return NULL;
	}
	result = o->sound_check ? o->sound_check(whole, o->arg) : 0;
	if (result)
		fail(p, entry, field, "%s: %s", whole, strerror(-result));
	return keep(p, whole);
}

/* ---- Sorting one kind ----------------------------------------------------------------------- */

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = strcmp(x->key[0], y->key[0]);

	if (!order)
		order = strcmp(x->key[1], y->key[1]);
	if (!order)
		order = (x->source > y->source) - (x->source < y->source);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Sorts, and refuses every item after the first of its name. */
static void entries_order(struct parse *p, struct entry *entries, size_t count, const char *field)
{
	qsort(entries, count, sizeof(entries[0]), entry_compare);
	for (size_t i = 1; i < count; i++) {
		const struct entry *first = &entries[i - 1];
		struct jf_yaml_error where;
		char path[64];

		if (strcmp(first->key[0], entries[i].key[0]) ||
		    strcmp(first->key[1], entries[i].key[1]))
			continue;
		snprintf(path, sizeof(path), "%s[%u]", p->kind, first->index);
		(void)jf_yaml_fail(p->sources[first->source].yaml, &where, path, "%s", "");
		fail(p, &entries[i], field, "\"%s\" is there already: %.60s:%u",
		     entries[i].key[1][0] ? entries[i].key[1] : entries[i].key[0], where.file,
		     where.line);
	}
}

/*
 * For each kind: how many there are, and an entry for each. The section's name in the raw struct,
 * the two keys of an item, and the field to blame when it is there twice.
 */
#define COLLECT(section, key_0, key_1, field)                                                      \
	static struct entry *section##_collect(struct parse *p, size_t *ret_count)                 \
	{                                                                                          \
		struct entry *entries;                                                             \
		size_t count = 0;                                                                  \
                                                                                                   \
		p->kind = #section;                                                                \
		for (size_t s = 0; s < p->n_sources; s++)                                          \
			count += p->sources[s].raw->section##_count;                               \
		entries = calloc(count + 1, sizeof(entries[0]));                                   \
		if (!entries) {                                                                    \
			p->no_memory = true;                                                       \
			return NULL;                                                               \
		}                                                                                  \
		*ret_count = 0;                                                                    \
		for (size_t s = 0; s < p->n_sources; s++) {                                        \
			for (unsigned i = 0; i < p->sources[s].raw->section##_count; i++) {        \
				const __typeof__(p->sources[s].raw->section[0]) *raw =             \
				        &p->sources[s].raw->section[i];                            \
				entries[(*ret_count)++] =                                          \
				        (struct entry){{key_0, key_1}, raw, (uint32_t)s, i};       \
			}                                                                          \
		}                                                                                  \
		entries_order(p, entries, count, field);                                           \
		return entries;                                                                    \
	}

COLLECT(tenants, raw->name, "", "name")
COLLECT(trunks, raw->name, "", "name")
COLLECT(queues, raw->tenant, raw->name, "name")
COLLECT(agents, raw->id, "", "id")
COLLECT(numbers, jf_directory_digits(raw->number), "", "number")

static void *array_keep(struct parse *p, size_t count, size_t size)
{
	void *array = jf_directory_keep(p->directory, count * size);

	if (!array)
		p->no_memory = true;
	return array;
}

/* ---- One function a kind -------------------------------------------------------------------- */

static void tenants_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;
	size_t count = 0;
	struct entry *entries = tenants_collect(p, &count);

	d->tenants = array_keep(p, count, sizeof(d->tenants[0]));
	for (size_t i = 0; i < count && !p->no_memory; i++) {
		const struct jf_raw_tenant *raw = entries[i].raw;

		name_check(p, &entries[i], "name", raw->name);
		d->tenants[i].name = keep(p, raw->name);
		media_fill(p, &entries[i], &raw->media, NULL, &d->tenants[i].media);
	}
	d->n_tenants = p->no_memory ? 0 : count;
	free(entries);
}

/* Which trunk a call comes from must not depend on their order. */
static void network_unique_check(struct parse *p, const struct entry *entry, const char *field,
                                 const struct jf_directory_network *network)
{
	const struct jf_directory *d = p->directory;

	for (size_t i = 0; i < d->n_trunks; i++) {
		for (size_t k = 0; k < d->trunks[i].n_networks; k++) {
			if (memcmp(&d->trunks[i].networks[k], network, sizeof(*network)) == 0)
				fail(p, entry, field, "that network is trunk \"%s\" already",
				     d->trunks[i].name);
		}
	}
}

static void trunk_fill(struct parse *p, const struct entry *entry, struct jf_directory_trunk *trunk)
{
	const struct jf_raw_trunk *raw = entry->raw;
	struct jf_directory_network *networks =
	        array_keep(p, raw->addresses_count, sizeof(*networks));

	if (!networks)
		return;
	name_check(p, entry, "name", raw->name);
	trunk->name = keep(p, raw->name);
	media_fill(p, entry, &raw->media, NULL, &trunk->media);
	trunk->tenant = raw->tenant ? tenant_check(p, entry, raw->tenant) : NULL;
	trunk->networks = networks;
	for (unsigned i = 0; i < raw->addresses_count; i++) {
		char field[32];
		const char *why;

		snprintf(field, sizeof(field), "addresses[%u]", i);
		if (jf_directory_network_parse(raw->addresses[i], &networks[i], &why))
			network_unique_check(p, entry, field, &networks[i]);
		else
			fail(p, entry, field, "\"%s\": %s", raw->addresses[i], why);
	}
	trunk->n_networks = raw->addresses_count;
}

static void trunks_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;
	size_t count = 0;
	struct entry *entries = trunks_collect(p, &count);

	d->trunks = array_keep(p, count, sizeof(d->trunks[0]));
	for (size_t i = 0; i < count && !p->no_memory; i++) {
		trunk_fill(p, &entries[i], &d->trunks[i]);
		d->n_trunks = i + 1;
	}
	free(entries);
}

static void queue_fill(struct parse *p, const struct entry *entry, struct jf_directory_queue *queue)
{
	static const uint32_t ring[3] = {1, 300, RING_TIMEOUT_DEFAULT_S};
	static const uint32_t wrap_up[3] = {0, 3600, 0};
	static const uint32_t max_wait[3] = {0, 86400, 0};
	const struct jf_raw_queue *raw = entry->raw;

	name_check(p, entry, "name", raw->name);
	queue->name = keep(p, raw->name);
	queue->tenant = tenant_check(p, entry, raw->tenant);
	queue->greeting = sound_check(p, entry, "greeting", raw->greeting);
	queue->music = sound_check(p, entry, "music", raw->music);
	if (raw->ringback && *raw->ringback == (raw->music != NULL))
		fail(p, entry, "ringback", "either music or the ringing tone, not %s",
		     raw->music ? "both" : "neither");
	queue->ring_timeout_ms =
	        seconds_check(p, entry, "ring_timeout_s", raw->ring_timeout_s, ring);
	queue->wrap_up_ms = seconds_check(p, entry, "wrap_up_s", raw->wrap_up_s, wrap_up);
	queue->max_wait_ms = seconds_check(p, entry, "max_wait_s", raw->max_wait_s, max_wait);
}

static void queues_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;
	size_t count = 0;
	struct entry *entries = queues_collect(p, &count);

	d->queues = array_keep(p, count, sizeof(d->queues[0]));
	for (size_t i = 0; i < count && !p->no_memory; i++)
		queue_fill(p, &entries[i], &d->queues[i]);
	d->n_queues = p->no_memory ? 0 : count;
	free(entries);
}

static void ha1_make(struct parse *p, const struct entry *entry, struct jf_directory_agent *agent)
{
	struct jf_raw_agent *raw = (struct jf_raw_agent *)(uintptr_t)entry->raw;

	if (jf_directory_ha1(raw->id, p->options->realm, raw->password, agent->ha1))
		fail(p, entry, "password", "cannot be hashed");
	explicit_bzero(raw->password, strlen(raw->password));
}

static void secret_fill(struct parse *p, const struct entry *entry,
                        struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;

	if (!raw->password == !raw->ha1) {
		fail(p, entry, raw->ha1 ? "ha1" : NULL, "either password or ha1 is needed");
		return;
	}
	if (raw->password) {
		ha1_make(p, entry, agent);
		return;
	}
	for (unsigned i = 0; i < 32; i++) {
		if (!isxdigit((unsigned char)raw->ha1[i])) {
			fail(p, entry, "ha1", "32 hexadecimal digits are needed");
			return;
		}
		agent->ha1[i] = (char)tolower((unsigned char)raw->ha1[i]);
	}
}

static void memberships_fill(struct parse *p, const struct entry *entry,
                             struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;
	const struct jf_directory_queue **queues =
	        array_keep(p, raw->queues_count, sizeof(queues[0]));

	if (!queues)
		return;
	for (unsigned i = 0; i < raw->queues_count; i++) {
		char field[32];

		snprintf(field, sizeof(field), "queues[%u]", i);
		queues[i] = jf_directory_queue_find(p->directory, raw->tenant, raw->queues[i]);
		if (!queues[i])
			fail(p, entry, field, "tenant \"%s\" has no queue \"%s\"", raw->tenant,
			     raw->queues[i]);
		for (unsigned k = 0; k < i; k++) {
			if (queues[i] && queues[k] == queues[i])
				fail(p, entry, field, "queue \"%s\" is there twice",
				     raw->queues[i]);
		}
	}
	agent->queues = queues;
	agent->n_queues = raw->queues_count;
}

static void agent_fill(struct parse *p, const struct entry *entry, struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;
	const struct jf_directory_tenant *tenant;

	name_check(p, entry, "id", raw->id);
	agent->id = keep(p, raw->id);
	agent->tenant = tenant_check(p, entry, raw->tenant);
	agent->name = raw->name ? keep(p, raw->name) : agent->id;
	for (const char *c = agent->name; c && *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			fail(p, entry, "name", "control characters are not accepted");
			break;
		}
	}
	agent->auto_ready = raw->auto_ready ? *raw->auto_ready : true;
	tenant = jf_directory_tenant_find(p->directory, raw->tenant);
	media_fill(p, entry, &raw->media, tenant ? &tenant->media : NULL, &agent->media);
	secret_fill(p, entry, agent);
	memberships_fill(p, entry, agent);
}

static void agents_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;
	size_t count = 0;
	struct entry *entries = agents_collect(p, &count);

	d->agents = array_keep(p, count, sizeof(d->agents[0]));
	for (size_t i = 0; i < count && !p->no_memory; i++) {
		agent_fill(p, &entries[i], &d->agents[i]);
		d->n_agents = i + 1;
	}
	free(entries);
}

static void number_fill(struct parse *p, const struct entry *entry,
                        struct jf_directory_number *number)
{
	const struct jf_raw_number *raw = entry->raw;
	const char *digits = jf_directory_digits(raw->number);
	size_t length = strlen(digits);

	if (length < 2 || length > 15 || strspn(digits, "0123456789") != length)
		fail(p, entry, "number", "\"%s\": 2 to 15 digits, with or without + in front",
		     raw->number);
	(void)tenant_check(p, entry, raw->tenant);
	number->number = keep(p, raw->number);
	number->queue = jf_directory_queue_find(p->directory, raw->tenant, raw->queue);
	if (!number->queue)
		fail(p, entry, "queue", "tenant \"%s\" has no queue \"%s\"", raw->tenant,
		     raw->queue);
}

static void numbers_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;
	size_t count = 0;
	struct entry *entries = numbers_collect(p, &count);

	d->numbers = array_keep(p, count, sizeof(d->numbers[0]));
	for (size_t i = 0; i < count && !p->no_memory; i++) {
		number_fill(p, &entries[i], &d->numbers[i]);
		d->n_numbers = i + 1;
	}
	free(entries);
}

/* The other direction of memberships, agents in the order of their ids. */
static void members_fill(struct parse *p)
{
	struct jf_directory *d = p->directory;

	for (size_t i = 0; i < d->n_agents; i++) {
		for (size_t k = 0; k < d->agents[i].n_queues; k++)
			d->queues[d->agents[i].queues[k] - d->queues].n_agents++;
	}
	for (size_t q = 0; q < d->n_queues && !p->no_memory; q++) {
		d->queues[q].agents =
		        array_keep(p, d->queues[q].n_agents, sizeof(d->queues[q].agents[0]));
		d->queues[q].n_agents = 0;
	}
	for (size_t i = 0; i < d->n_agents && !p->no_memory; i++) {
		for (size_t k = 0; k < d->agents[i].n_queues; k++) {
			struct jf_directory_queue *queue =
			        &d->queues[d->agents[i].queues[k] - d->queues];
			const struct jf_directory_agent **list =
			        (const struct jf_directory_agent **)(uintptr_t)queue->agents;

			list[queue->n_agents++] = &d->agents[i];
		}
	}
}

/* ---- The whole ------------------------------------------------------------------------------ */

static int sources_read(struct parse *p, const struct jf_directory_file *files)
{
	for (size_t i = 0; i < p->n_sources; i++) {
		struct jf_yaml_error error;
		struct source *s = &p->sources[i];
		void *raw = NULL;
		int result = jf_yaml_open(files[i].name, files[i].text, files[i].length, &s->yaml,
		                          &error);

		if (!result)
			result = jf_yaml_read(s->yaml, &jf_raw_directory_schema, &raw, &error);
		s->raw = raw;
		if (result == -ENOMEM)
			return result;
		if (result)
			error_add(p, &error);
	}
	return p->errors->count ? -EINVAL : 0;
}

static void sources_free(struct parse *p)
{
	for (size_t i = 0; i < p->n_sources; i++) {
		struct source *s = &p->sources[i];

		for (unsigned a = 0; s->raw && a < s->raw->agents_count; a++) {
			char *password = s->raw->agents[a].password;
			if (password)
				explicit_bzero(password, strlen(password));
		}
		if (s->raw)
			jf_yaml_free(&jf_raw_directory_schema, s->raw);
		if (s->yaml)
			jf_yaml_close(s->yaml);
	}
	free(p->sources);
}

static int directory_fill(struct parse *p)
{
	tenants_fill(p);
	if (!p->no_memory)
		trunks_fill(p);
	if (!p->no_memory)
		queues_fill(p);
	if (!p->no_memory)
		agents_fill(p);
	if (!p->no_memory)
		numbers_fill(p);
	if (p->no_memory)
		return -ENOMEM;
	if (p->errors->count)
		return -EINVAL;
	members_fill(p);
	return p->no_memory ? -ENOMEM : 0;
}

int jf_directory_parse(const struct jf_directory_file *files, size_t n_files,
                       const struct jf_directory_options *options,
                       struct jf_directory **ret_directory, struct jf_directory_errors *ret_errors)
{
	struct parse p = {.options = options, .errors = ret_errors, .n_sources = n_files};
	int result = -ENOMEM;

	ret_errors->count = 0;
	ret_errors->more = false;
	p.sources = calloc(n_files + 1, sizeof(p.sources[0]));
	p.directory = calloc(1, sizeof(*p.directory));
	if (!p.sources || !p.directory)
		goto out;
	result = sources_read(&p, files);
	if (!result)
		result = directory_fill(&p);
	qsort(ret_errors->list, ret_errors->count, sizeof(ret_errors->list[0]), error_compare);
out:
	if (p.sources)
		sources_free(&p);
	if (result)
		jf_directory_destroy(p.directory);
	else
		*ret_directory = p.directory;
	return result;
}
