// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_siphash.h"
#include "jf_time.h"

#define SOURCE_SETS  1024u /* powers of two; four addresses in each */
#define SOURCE_WAYS  4u
#define LOUD         16u   /* requests, beyond its rate */
#define VERDICT_SETS 8192u /* 512 KB; one set is a cache line */
#define VERDICT_WAYS 8u
#define TICK_NS      (JF_NS_PER_S / 16) /* of a verdict's time */

/* --- sources --- */

struct source {
	uint8_t ip[16];
	uint64_t full_ns;  /* when its bucket will be full again: the bucket, as a time */
	uint64_t touch_ns; /* 0: free */
};

struct jf_sip_sources {
	uint64_t secret[2];
	uint64_t token_ns; /* between two requests at the full rate */
	uint64_t burst_ns;
	struct source sources[SOURCE_SETS][SOURCE_WAYS];
};

int jf_sip_sources_create(uint32_t rate, uint32_t burst, const uint64_t secret[2],
                          struct jf_sip_sources **ret_sources)
{
	struct jf_sip_sources *sources = calloc(1, sizeof(*sources));

	if (!sources)
		return -ENOMEM;
	memcpy(sources->secret, secret, sizeof(sources->secret));
	sources->token_ns = JF_NS_PER_S / rate;
	sources->burst_ns = sources->token_ns * burst;
	*ret_sources = sources;
	return 0;
}

void jf_sip_sources_destroy(struct jf_sip_sources *sources)
{
	free(sources);
}

static struct source *source_of(struct jf_sip_sources *sources, const uint8_t ip[16])
{
	struct source *set =
	        sources->sources[jf_siphash(sources->secret, ip, 16) & (SOURCE_SETS - 1)];
	struct source *oldest = set;

	for (unsigned w = 0; w < SOURCE_WAYS; w++) {
		if (set[w].touch_ns && memcmp(set[w].ip, ip, 16) == 0)
			return &set[w];
		if (set[w].touch_ns < oldest->touch_ns)
			oldest = &set[w];
	}
	memcpy(oldest->ip, ip, 16);
	oldest->full_ns = 0;
	return oldest;
}

bool jf_sip_sources_take(struct jf_sip_sources *sources, const uint8_t ip[16], uint64_t now_ns)
{
	struct source *source = source_of(sources, ip);

	source->touch_ns = now_ns ? now_ns : 1;
	if (source->full_ns < now_ns)
		source->full_ns = now_ns;
	if (source->full_ns + sources->token_ns > now_ns + sources->burst_ns)
		return false;
	source->full_ns += sources->token_ns;
	return true;
}

bool jf_sip_sources_loud(struct jf_sip_sources *sources, const uint8_t ip[16], uint64_t now_ns)
{
	return source_of(sources, ip)->full_ns > now_ns + LOUD * sources->token_ns;
}

/* --- verdicts: 40 bits of the key, 4 of why (0: it was served), 20 of the time --- */

#define KEY_MASK   (UINT64_MAX << 24)
#define TIME_BITS  20u
#define TIME_MASK  ((1u << TIME_BITS) - 1)
#define WHY_MASK   15u
#define TIME_LIMIT ((uint32_t)(JF_SIP_VERDICT_S * (JF_NS_PER_S / TICK_NS)))

_Static_assert(JF_SIP_WHY_DOOR_END <= WHY_MASK + 1, "the door's reasons fit");

struct jf_sip_verdicts {
	uint64_t sets[VERDICT_SETS][VERDICT_WAYS]; /* 0: free */
};

int jf_sip_verdicts_create(struct jf_sip_verdicts **ret_verdicts)
{
	struct jf_sip_verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return -ENOMEM;
	*ret_verdicts = verdicts;
	return 0;
}

void jf_sip_verdicts_destroy(struct jf_sip_verdicts *verdicts)
{
	free(verdicts);
}

static uint32_t tick_of(uint64_t now_ns)
{
	return (uint32_t)(now_ns / TICK_NS) & TIME_MASK;
}

static uint32_t age_of(uint64_t entry, uint64_t now_ns)
{
	return (tick_of(now_ns) - (uint32_t)entry) & TIME_MASK;
}

static void put(struct jf_sip_verdicts *verdicts, uint64_t key, enum jf_sip_why why,
                uint64_t now_ns)
{
	uint64_t *set = verdicts->sets[key & (VERDICT_SETS - 1)];
	uint64_t *oldest = set;

	for (unsigned w = 0; w < VERDICT_WAYS; w++) {
		if (!set[w] || (set[w] & KEY_MASK) == (key & KEY_MASK)) {
			oldest = &set[w];
			break;
		}
		if (age_of(set[w], now_ns) > age_of(*oldest, now_ns))
			oldest = &set[w];
	}
	*oldest = (key & KEY_MASK) | (uint64_t)why << TIME_BITS | tick_of(now_ns);
}

void jf_sip_verdicts_serve(struct jf_sip_verdicts *verdicts, uint64_t key, uint64_t now_ns)
{
	put(verdicts, key, JF_SIP_WHY_NONE, now_ns);
}

void jf_sip_verdicts_refuse(struct jf_sip_verdicts *verdicts, uint64_t key, enum jf_sip_why why,
                            uint64_t now_ns)
{
	put(verdicts, key, why, now_ns);
}

enum jf_sip_verdict jf_sip_verdicts_get(const struct jf_sip_verdicts *verdicts, uint64_t key,
                                        enum jf_sip_why *ret_why, uint64_t now_ns)
{
	const uint64_t *set = verdicts->sets[key & (VERDICT_SETS - 1)];
	unsigned w = 0;

	*ret_why = JF_SIP_WHY_NONE;
	while (w < VERDICT_WAYS && (!set[w] || (set[w] & KEY_MASK) != (key & KEY_MASK)))
		w++;
	if (w == VERDICT_WAYS || age_of(set[w], now_ns) >= TIME_LIMIT)
		return JF_SIP_VERDICT_NONE;
	*ret_why = (enum jf_sip_why)(set[w] >> TIME_BITS & WHY_MASK);
	return *ret_why ? JF_SIP_VERDICT_REFUSED : JF_SIP_VERDICT_SERVED;
}
