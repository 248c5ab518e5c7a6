// SPDX-License-Identifier: BSD-3-Clause
#include "jf_retention.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_call_id.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_store.h"

#define FIRST_MS 60000u   /* when control has started */
#define PAUSE_MS 3600000u /* between two rounds */
#define TURN_MS  20u      /* between two turns of a round */
#define RETRY_MS 1000u    /* the store's queue is full */
#define ROWS     128u     /* deleted in a turn */
#define LOOKS    32u      /* at the store in a turn */
#define DAY_S    86400u
#define DIGITS   16u /* of the second at the end of an account's key, in hex */

/* How the rows of a table stand: from old to young, or so under each of many heads. */
struct kind {
	enum jf_store_table table;
	const char *what;
	/* The UTC second that a row is of; false: no such row. */
	bool (*at_s)(const uint8_t *key, size_t length, uint64_t *ret_s);
	/* Makes the key of a young row one behind all others of its head; 0: there is no other. */
	size_t (*pass)(uint8_t *key, size_t length);
};

struct old {
	uint8_t key[JF_STORE_KEY_MAX];
	size_t length;
};

struct jf_retention {
	struct jf_store *store;
	struct jf_loop_timer timer;
	struct jf_retention_days days;
	unsigned int kind; /* that is gone through */
	struct old at;     /* behind it; length 0: from its beginning */
	uint64_t before_s; /* whatever is older goes */
	bool passed;       /* the last look ended at a young row */
	uint32_t n_old;
	uint64_t deleted; /* of this kind, in this round */
	struct old old[ROWS];
};

/* ---- Kinds ------------------------------------------------------------------------------------
 */

/* "q/acme/billing/00000000692d0f00" */
static bool account_at(const uint8_t *key, size_t length, uint64_t *ret_s)
{
	char digits[DIGITS + 1], *end;

	if (length <= DIGITS)
		return false;
	memcpy(digits, key + length - DIGITS, DIGITS);
	digits[DIGITS] = '\0';
	if (strspn(digits, "0123456789abcdef") != DIGITS)
		return false;
	*ret_s = strtoull(digits, &end, 16);
	return true;
}

static size_t account_pass(uint8_t *key, size_t length)
{
	key[length - DIGITS] = 'g';
	return length - DIGITS + 1;
}

static bool record_at(const uint8_t *key, size_t length, uint64_t *ret_s)
{
	struct jf_call_id id;

	if (length != sizeof(id.b))
		return false;
	memcpy(id.b, key, sizeof(id.b));
	*ret_s = jf_call_id_utc_ms(&id) / 1000;
	return true;
}

static size_t record_pass(uint8_t *key, size_t length)
{
	(void)key;
	(void)length;
	return 0;
}

static const struct kind kinds[] = {
        {JF_STORE_KPI, "interval accounts", account_at, account_pass},
        {JF_STORE_RECORDS, "contact records", record_at, record_pass},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- A round ----------------------------------------------------------------------------------
 */

static bool row(const void *key, size_t length, const void *value, size_t value_length, void *arg)
{
	struct jf_retention *r = arg;
	const struct kind *kind = &kinds[r->kind];
	uint64_t at_s;

	(void)value;
	(void)value_length;
	memcpy(r->at.key, key, length);
	r->at.length = length;
	if (!kind->at_s(r->at.key, length, &at_s))
		return true;
	r->passed = at_s >= r->before_s;
	if (r->passed)
		r->at.length = kind->pass(r->at.key, length);
	else
		r->old[r->n_old++] = r->at;
	return !r->passed && r->n_old < ROWS;
}

/* Collects what is to go; true: the table is over. */
static bool collect(struct jf_retention *r)
{
	r->n_old = 0;
	for (unsigned int i = 0; i < LOOKS && r->n_old < ROWS; i++) {
		struct jf_store_page page = {.after = r->at.length ? r->at.key : NULL,
		                             .after_length = r->at.length,
		                             .limit = ROWS - r->n_old};
		struct old after = r->at;
		int n;

		page.after = after.length ? after.key : NULL;
		r->passed = false;
		n = jf_store_scan(r->store, kinds[r->kind].table, &page, row, r);
		if (n <= 0 || (r->passed && !r->at.length))
			return true;
	}
	return false;
}

static bool discard(struct jf_retention *r)
{
	struct jf_store_batch *batch;

	if (!r->n_old)
		return true;
	batch = jf_store_batch_begin(r->store);
	for (uint32_t i = 0; i < r->n_old; i++)
		jf_store_batch_delete(batch, kinds[r->kind].table, r->old[i].key, r->old[i].length);
	if (jf_store_batch_commit(batch, NULL, NULL))
		return false;
	r->deleted += r->n_old;
	return true;
}

static void turn(void *arg);

/* The next kind of which not everything is kept; PAUSE_MS: there is none, all over again. */
static uint32_t next_kind(struct jf_retention *r)
{
	const uint32_t days[KINDS] = {r->days.kpi, r->days.records};

	while (++r->kind < KINDS && !days[r->kind])
		;
	r->at.length = 0;
	r->deleted = 0;
	if (r->kind >= KINDS) {
		r->kind = UINT32_MAX;
		return PAUSE_MS;
	}
	r->before_s = (uint64_t)time(NULL) - (uint64_t)days[r->kind] * DAY_S;
	return TURN_MS;
}

static void turn(void *arg)
{
	struct jf_retention *r = arg;
	struct old from = r->at;
	uint32_t ms = TURN_MS;

	if (r->kind == UINT32_MAX) {
		ms = next_kind(r);
	} else {
		bool over = collect(r);

		if (!discard(r)) {
			r->at = from;
			ms = RETRY_MS;
		} else if (over) {
			if (r->deleted)
				jf_log(JF_LOG_STORE, JF_LOG_NOTICE, NULL,
				       "%llu %s were older than they are kept",
				       (unsigned long long)r->deleted, kinds[r->kind].what);
			ms = next_kind(r);
		}
	}
	jf_loop_timer_start(&r->timer, ms, turn, r);
}

/* ---- Life -------------------------------------------------------------------------------------
 */

int jf_retention_create(struct jf_store *store, const struct jf_retention_days *days,
                        struct jf_retention **ret_retention)
{
	struct jf_retention *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->store = store;
	r->days = *days;
	r->kind = UINT32_MAX;
	jf_loop_timer_start(&r->timer, FIRST_MS, turn, r);
	*ret_retention = r;
	return 0;
}

void jf_retention_destroy(struct jf_retention *r)
{
	if (!r)
		return;
	jf_loop_timer_cancel(&r->timer);
	free(r);
}
