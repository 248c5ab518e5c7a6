// SPDX-License-Identifier: BSD-3-Clause
#include "jf_lockout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_siphash.h"
#include "jf_time.h"

#define WAYS        8u /* places for one hash */
#define SETS        (JF_LOCKOUT_ENTRIES / WAYS)
#define PAUSE_MAX_S 900u
#define FORGET_NS   (UINT64_C(3600) * JF_NS_PER_S)

/* What is free. An office behind one address mistypes more than one person does. */
static const uint32_t free_of_charge[JF_LOCKOUT_KINDS] = {
        [JF_LOCKOUT_SOURCE] = 20, [JF_LOCKOUT_ACCOUNT] = 10, [JF_LOCKOUT_HOME] = 10};

struct entry {
	char account[JF_LOCKOUT_ACCOUNT_MAX];
	uint8_t family;
	uint8_t ip[16];
	uint32_t wrong; /* 0: the place is free */
	uint64_t last_ns;
	uint64_t until_ns;
};

struct jf_lockouts {
	uint64_t seed[2];
	struct entry entries[JF_LOCKOUT_KINDS][SETS][WAYS];
};

const char *jf_lockout_kind_name(enum jf_lockout_kind kind)
{
	static const char *const names[] = {[JF_LOCKOUT_SOURCE] = "source",
	                                    [JF_LOCKOUT_ACCOUNT] = "account",
	                                    [JF_LOCKOUT_HOME] = "home"};

	return kind < JF_LOCKOUT_KINDS ? names[kind] : "?";
}

/* Whom an entry of that kind is about; what does not matter is zero. */
static struct entry key_of(enum jf_lockout_kind kind, const struct jf_lockout_who *who)
{
	struct entry key;

	memset(&key, 0, sizeof(key)); /* padding too: it is hashed */
	if (kind != JF_LOCKOUT_SOURCE)
		snprintf(key.account, sizeof(key.account), "%s", who->account);
	if (kind != JF_LOCKOUT_ACCOUNT) {
		key.family = who->family;
		memcpy(key.ip, who->ip, who->family == 6 ? 8 : 4);
	}
	return key;
}

static bool is_about(const struct entry *entry, const struct entry *key)
{
	return entry->wrong && entry->family == key->family &&
	       memcmp(entry->ip, key->ip, sizeof(key->ip)) == 0 &&
	       strcmp(entry->account, key->account) == 0;
}

static struct entry *set_of(const struct jf_lockouts *lockouts, enum jf_lockout_kind kind,
                            const struct entry *key)
{
	uint64_t hash = jf_siphash(lockouts->seed, key, offsetof(struct entry, wrong));

	return (struct entry *)(uintptr_t)lockouts->entries[kind][hash % SETS];
}

static bool is_forgotten(const struct entry *entry, uint64_t now_ns)
{
	return entry->until_ns <= now_ns && jf_time_since(entry->last_ns, now_ns) > FORGET_NS;
}

static struct entry *find(const struct jf_lockouts *lockouts, enum jf_lockout_kind kind,
                          const struct jf_lockout_who *who)
{
	struct entry key = key_of(kind, who), *set = set_of(lockouts, kind, &key);

	for (unsigned i = 0; i < WAYS; i++)
		if (is_about(&set[i], &key))
			return &set[i];
	return NULL;
}

/* Its own place, a free one, or that of who has been quiet for longest. */
static struct entry *place(struct jf_lockouts *lockouts, enum jf_lockout_kind kind,
                           const struct jf_lockout_who *who)
{
	struct entry key = key_of(kind, who), *set = set_of(lockouts, kind, &key);
	struct entry *chosen = find(lockouts, kind, who);

	if (chosen)
		return chosen;
	chosen = &set[0];
	for (unsigned i = 0; i < WAYS && chosen->wrong; i++)
		if (!set[i].wrong || set[i].last_ns < chosen->last_ns)
			chosen = &set[i];
	*chosen = key;
	return chosen;
}

uint32_t jf_lockout_left_s(const struct jf_lockouts *lockouts, const struct jf_lockout_who *who,
                           uint64_t now_ns)
{
	uint64_t left_ns = 0;

	for (enum jf_lockout_kind kind = 0; kind < JF_LOCKOUT_KINDS; kind++) {
		const struct entry *entry;

		if ((kind == JF_LOCKOUT_HOME) != who->home)
			continue;
		entry = find(lockouts, kind, who);
		if (entry && entry->until_ns > now_ns && entry->until_ns - now_ns > left_ns)
			left_ns = entry->until_ns - now_ns;
	}
	return (uint32_t)((left_ns + JF_NS_PER_S - 1) / JF_NS_PER_S);
}

static bool count(struct jf_lockouts *lockouts, enum jf_lockout_kind kind,
                  const struct jf_lockout_who *who, uint64_t now_ns)
{
	struct entry *entry = place(lockouts, kind, who);
	uint64_t pause_s = 1;

	if (is_forgotten(entry, now_ns))
		entry->wrong = 0;
	entry->wrong += entry->wrong < UINT32_MAX;
	entry->last_ns = now_ns;
	if (entry->wrong <= free_of_charge[kind])
		return false;
	for (uint32_t i = free_of_charge[kind] + 1; i < entry->wrong && pause_s < PAUSE_MAX_S; i++)
		pause_s *= 2;
	if (pause_s > PAUSE_MAX_S)
		pause_s = PAUSE_MAX_S;
	entry->until_ns = now_ns + pause_s * JF_NS_PER_S;
	return true;
}

bool jf_lockout_wrong(struct jf_lockouts *lockouts, const struct jf_lockout_who *who,
                      uint64_t now_ns)
{
	bool locked;

	if (who->home)
		return count(lockouts, JF_LOCKOUT_HOME, who, now_ns);
	locked = count(lockouts, JF_LOCKOUT_SOURCE, who, now_ns);
	return count(lockouts, JF_LOCKOUT_ACCOUNT, who, now_ns) || locked;
}

bool jf_lockout_next(const struct jf_lockouts *lockouts, uint32_t *cursor, uint64_t now_ns,
                     struct jf_lockout *ret_lockout)
{
	for (; *cursor < JF_LOCKOUT_KINDS * JF_LOCKOUT_ENTRIES; (*cursor)++) {
		enum jf_lockout_kind kind = *cursor / JF_LOCKOUT_ENTRIES;
		uint32_t at = *cursor % JF_LOCKOUT_ENTRIES;
		const struct entry *entry = &lockouts->entries[kind][at / WAYS][at % WAYS];

		if (!entry->wrong || is_forgotten(entry, now_ns))
			continue;
		*ret_lockout = (struct jf_lockout){.kind = kind,
		                                   .family = entry->family,
		                                   .wrong = entry->wrong,
		                                   .until_ns = entry->until_ns};
		memcpy(ret_lockout->ip, entry->ip, sizeof(entry->ip));
		memcpy(ret_lockout->account, entry->account, sizeof(entry->account));
		(*cursor)++;
		return true;
	}
	return false;
}

uint32_t jf_lockout_count(const struct jf_lockouts *lockouts, uint64_t now_ns)
{
	struct jf_lockout one;
	uint32_t cursor = 0, locked = 0;

	while (jf_lockout_next(lockouts, &cursor, now_ns, &one))
		locked += one.until_ns > now_ns;
	return locked;
}

unsigned jf_lockout_clear(struct jf_lockouts *lockouts, const char *account, uint8_t family,
                          const uint8_t ip[16])
{
	struct entry *all = &lockouts->entries[0][0][0];
	unsigned cleared = 0;

	for (size_t i = 0; i < (size_t)JF_LOCKOUT_KINDS * JF_LOCKOUT_ENTRIES; i++) {
		bool meant = account ? strcmp(all[i].account, account) == 0
		                     : all[i].family == family &&
		                               memcmp(all[i].ip, ip, family == 6 ? 8 : 4) == 0;

		if (!all[i].wrong || !meant)
			continue;
		all[i] = (struct entry){0};
		cleared++;
	}
	return cleared;
}

int jf_lockouts_create(const uint64_t seed[2], struct jf_lockouts **ret_lockouts)
{
	struct jf_lockouts *lockouts = calloc(1, sizeof(*lockouts));

	if (!lockouts)
		return -ENOMEM;
	memcpy(lockouts->seed, seed, sizeof(lockouts->seed));
	*ret_lockouts = lockouts;
	return 0;
}

void jf_lockouts_destroy(struct jf_lockouts *lockouts)
{
	free(lockouts);
}
