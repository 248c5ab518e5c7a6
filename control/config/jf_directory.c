// SPDX-License-Identifier: BSD-3-Clause
#include "jf_directory_priv.h"

#include <stdlib.h>
#include <string.h>

void *jf_directory_keep(struct jf_directory *directory, size_t size)
{
	struct jf_directory_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = directory->blocks;
	directory->blocks = block;
	return block->bytes;
}

char *jf_directory_keep_text(struct jf_directory *directory, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = jf_directory_keep(directory, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void jf_directory_destroy(struct jf_directory *directory)
{
	if (!directory)
		return;
	for (size_t i = 0; i < directory->n_agents; i++) {
		struct jf_directory_agent *agent = &directory->agents[i];

		explicit_bzero(agent->ha1, sizeof(agent->ha1));
		explicit_bzero(agent->ha1_sha256, sizeof(agent->ha1_sha256));
	}
	for (size_t i = 0; i < directory->n_trunks; i++)
		explicit_bzero(&directory->trunks[i].out.credentials,
		               sizeof(directory->trunks[i].out.credentials));
	jf_ivr_flows_unref(directory->flows);
	for (struct jf_directory_zone *z = directory->zones; z; z = z->next)
		jf_zone_destroy(z->zone);
	while (directory->blocks) {
		struct jf_directory_block *next = directory->blocks->next;
		free(directory->blocks);
		directory->blocks = next;
	}
	free(directory);
}

const char *jf_directory_digits(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

/* Each kind's first member is its name, so one comparison serves three of them. */
static int name_compare(const void *name, const void *item)
{
	return strcmp(name, *(const char *const *)item);
}

#define BEGINS_WITH_NAMES(type)                                                                    \
	_Static_assert(offsetof(type, name) == offsetof(struct jf_directory_named, name) &&        \
	                       offsetof(type, tenant) ==                                           \
	                               offsetof(struct jf_directory_named, tenant),                \
	               "name and tenant come first")

BEGINS_WITH_NAMES(struct jf_directory_team);
BEGINS_WITH_NAMES(struct jf_directory_queue);
BEGINS_WITH_NAMES(struct jf_directory_survey);
BEGINS_WITH_NAMES(struct jf_directory_calendar);
BEGINS_WITH_NAMES(struct jf_ivr_flow);

int jf_directory_named_compare(const void *a, const void *b)
{
	const struct jf_directory_named *x = a;
	const struct jf_directory_named *y = b;
	int order = strcmp(x->tenant, y->tenant);

	return order ? order : strcmp(x->name, y->name);
}

static int number_compare(const void *number, const void *item)
{
	const struct jf_directory_number *n = item;

	return strcmp(jf_directory_digits(number), jf_directory_digits(n->number));
}

static int caller_compare(const void *key, const void *item)
{
	const struct jf_directory_caller *a = key;
	const struct jf_directory_caller *b = item;
	int order = strcmp(a->tenant, b->tenant);

	return order ? order
	             : strcmp(jf_directory_digits(a->number), jf_directory_digits(b->number));
}

const struct jf_directory_number *jf_directory_number_find(const struct jf_directory *directory,
                                                           const char *number)
{
	return bsearch(number, directory->numbers, directory->n_numbers,
	               sizeof(directory->numbers[0]), number_compare);
}

const struct jf_directory_agent *jf_directory_agent_find(const struct jf_directory *directory,
                                                         const char *id)
{
	return bsearch(id, directory->agents, directory->n_agents, sizeof(directory->agents[0]),
	               name_compare);
}

const struct jf_directory_tenant *jf_directory_tenant_find(const struct jf_directory *directory,
                                                           const char *name)
{
	return bsearch(name, directory->tenants, directory->n_tenants,
	               sizeof(directory->tenants[0]), name_compare);
}

const struct jf_directory_caller *jf_directory_caller_find(const struct jf_directory *directory,
                                                           const char *tenant, const char *number)
{
	struct jf_directory_caller key = {.tenant = tenant, .number = number};

	return bsearch(&key, directory->callers, directory->n_callers,
	               sizeof(directory->callers[0]), caller_compare);
}

#define FIND_NAMED(kind, plural)                                                                   \
	const struct jf_directory_##kind *jf_directory_##kind##_find(                              \
	        const struct jf_directory *directory, const char *tenant, const char *name)        \
	{                                                                                          \
		struct jf_directory_named key = {name, tenant};                                    \
                                                                                                   \
		return bsearch(&key, directory->plural, directory->n_##plural,                     \
		               sizeof(directory->plural[0]), jf_directory_named_compare);          \
	}

FIND_NAMED(team, teams)
FIND_NAMED(queue, queues)
FIND_NAMED(survey, surveys)
FIND_NAMED(calendar, calendars)

static bool network_holds(const struct jf_directory_network *network, uint8_t family,
                          const uint8_t ip[16])
{
	unsigned whole = network->prefix / 8;
	unsigned rest = network->prefix % 8;

	if (network->family != family || memcmp(network->ip, ip, whole) != 0)
		return false;
	return rest == 0 || (network->ip[whole] ^ ip[whole]) >> (8 - rest) == 0;
}

const struct jf_directory_trunk *jf_directory_trunk_find(const struct jf_directory *directory,
                                                         uint8_t family, const uint8_t ip[16])
{
	const struct jf_directory_trunk *best = NULL;
	int prefix = -1;

	for (size_t i = 0; i < directory->n_trunks; i++) {
		const struct jf_directory_trunk *trunk = &directory->trunks[i];

		for (size_t k = 0; k < trunk->n_networks; k++) {
			if (trunk->networks[k].prefix > prefix &&
			    network_holds(&trunk->networks[k], family, ip)) {
				prefix = trunk->networks[k].prefix;
				best = trunk;
			}
		}
	}
	return best;
}

#define LISTING(kind, plural)                                                                      \
	const struct jf_directory_##kind *jf_directory_##plural(                                   \
	        const struct jf_directory *directory, size_t *ret_count)                           \
	{                                                                                          \
		*ret_count = directory->n_##plural;                                                \
		return directory->plural;                                                          \
	}

LISTING(tenant, tenants)
LISTING(trunk, trunks)
LISTING(team, teams)
LISTING(queue, queues)
LISTING(agent, agents)
LISTING(number, numbers)
LISTING(calendar, calendars)
LISTING(caller, callers)
