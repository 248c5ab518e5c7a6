// SPDX-License-Identifier: BSD-3-Clause
/*
 * An interval in the store (table KPI): key "q/TENANT/QUEUE/" (the letter is the kind's, see
 * jf_kpis_kinds; a tenant's own has no name) and the UTC second in which it begins, 16 hex digits,
 * so that one's intervals stand in order; value: the sums that are not zero, as JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_json.h"
#include "jf_kpis_priv.h"
#include "jf_log.h"

#define STORE_MS 20u   /* what changed is stored so much later */
#define RETRY_MS 1000u /* the store's queue is full */
#define ROWS_MAX 24u   /* made in one turn of the loop */
#define ROW_KEY  (JF_KPIS_KEY_MAX + 20u)

#define SUM(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct jf_kpi_sums, name)                                          \
	}

static const struct {
	const char *name;
	size_t at;
} sums[] = {
        SUM(offered),
        SUM(answered),
        SUM(abandoned),
        SUM(short_abandoned),
        SUM(overflowed),
        SUM(callbacks),
        SUM(left),
        SUM(wait_answered_ns),
        SUM(wait_all_ns),
        SUM(handled),
        SUM(transferred_out),
        SUM(talk_ns),
        SUM(hold_ns),
        SUM(wrapup_ns),
        SUM(ringing_ns),
        SUM(ready_ns),
        SUM(sl_answered),
        SUM(sl_abandoned),
        SUM(sl_reached),
        SUM(released),
        SUM(voicemails),
        SUM(not_ready_ns),
        SUM(abandoned_ringing),
        SUM(arrived),
        SUM(contained),
        SUM(abandoned_ivr),
        SUM(queued),
        SUM(transferred),
        SUM(surveys),
        SUM(surveys_answered),
        SUM(csat_n),
        SUM(csat_top),
        SUM(nps_n),
        SUM(nps_promoters),
        SUM(nps_detractors),
        SUM(ces_n),
        SUM(ces_sum),
};

#define SUMS (sizeof(sums) / sizeof(sums[0]))

_Static_assert(SUMS * sizeof(uint64_t) == sizeof(struct jf_kpi_sums), "every sum is stored");

static uint64_t sum_of(const struct jf_kpi_sums *s, size_t i)
{
	return *(const uint64_t *)(const void *)((const char *)s + sums[i].at);
}

static json_t *sums_json(const struct jf_kpi_sums *s)
{
	json_t *json = json_object();

	for (size_t i = 0; i < SUMS; i++)
		if (sum_of(s, i))
			json_object_set_new(json, sums[i].name,
			                    json_integer((json_int_t)sum_of(s, i)));
	return json;
}

/* Returns up to when an agent's states are in it; 0. */
static uint64_t sums_add(const void *value, size_t length, struct jf_kpi_sums *to)
{
	json_t *json = json_loadb(value, length, 0, NULL);
	uint64_t until_ns = (uint64_t)json_integer_value(json_object_get(json, "until_ns"));

	for (size_t i = 0; i < SUMS; i++)
		*(uint64_t *)(void *)((char *)to + sums[i].at) +=
		        (uint64_t)json_integer_value(json_object_get(json, sums[i].name));
	json_decref(json);
	return until_ns;
}

static size_t row_key(const char *key, uint64_t number, char ret_key[ROW_KEY])
{
	return (size_t)snprintf(ret_key, ROW_KEY, "%s%016" PRIx64, key,
	                        number * JF_KPIS_INTERVAL_S);
}

void jf_kpis_row_get(struct jf_kpis *kpis, const char *key, uint64_t number,
                     struct jf_kpi_sums *ret_sums)
{
	char row[ROW_KEY];
	size_t length = row_key(key, number, row);
	void *value = NULL;

	memset(ret_sums, 0, sizeof(*ret_sums));
	if (jf_store_get(kpis->store, JF_STORE_KPI, row, length, &value, &length))
		return;
	(void)sums_add(value, length, ret_sums);
	free(value);
}

/* ---- Many ------------------------------------------------------------------------------------ */

struct range {
	const char *key;
	size_t key_length;
	uint64_t to_s;
	void (*take)(struct range *range, uint64_t from_s, const struct jf_kpi_sums *sums);
	void *arg;
	uint64_t until_ns; /* the latest of what they say */
	uint32_t left;
	char last[ROW_KEY];
	size_t last_length;
	bool done;
};

static bool row(const void *key, size_t key_length, const void *value, size_t value_length,
                void *arg)
{
	struct range *range = arg;
	struct jf_kpi_sums found = {0};
	char digits[17] = "";
	uint64_t from_s, until_ns;

	if (key_length != range->key_length + 16 || memcmp(key, range->key, range->key_length)) {
		range->done = true;
		return false;
	}
	memcpy(range->last, key, key_length);
	range->last_length = key_length;
	memcpy(digits, (const char *)key + range->key_length, 16);
	from_s = strtoull(digits, NULL, 16);
	if (from_s >= range->to_s || !range->left) {
		range->done = true;
		return false;
	}
	until_ns = sums_add(value, value_length, &found);
	if (until_ns > range->until_ns)
		range->until_ns = until_ns;
	range->take(range, from_s, &found);
	return !range->done;
}

static void rows(struct jf_kpis *kpis, struct range *range, uint64_t from_number)
{
	struct jf_store_page page = {.limit = 500};
	int n;

	range->key_length = strlen(range->key);
	/* Whatever stands behind the row before it. */
	page.after_length = row_key(range->key, from_number ? from_number - 1 : 0, range->last);
	page.after = range->last;
	do {
		n = jf_store_scan(kpis->store, JF_STORE_KPI, &page, row, range);
		page.after_length = range->last_length;
	} while (n == (int)page.limit && !range->done);
}

static void take_sum(struct range *range, uint64_t from_s, const struct jf_kpi_sums *found)
{
	(void)from_s;
	jf_kpi_add(range->arg, found);
}

void jf_kpis_rows_sum(struct jf_kpis *kpis, struct jf_kpis_subject *s, uint64_t from_number)
{
	struct range range = {
	        .key = s->key, .to_s = UINT64_MAX, .take = take_sum, .arg = &s->today, .left = 1};

	rows(kpis, &range, from_number);
	s->until_utc_ns = range.until_ns;
}

/* ---- Listings ---------------------------------------------------------------------------------
 */

static json_t *utc(uint64_t s)
{
	time_t at = (time_t)s;
	char text[32];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

struct listing {
	json_t *list;
	enum jf_kpis_kind kind;
	uint32_t length_s;
	uint64_t open_s; /* beginning of the interval that is being added up; 0: none */
	struct jf_kpi_sums open;
};

static void listing_close(struct listing *l)
{
	json_t *json;

	if (!l->open_s)
		return;
	json = json_pack("{s:o, s:o}", "from_utc", utc(l->open_s), "to_utc",
	                 utc(l->open_s + l->length_s));
	jf_kpis_figures_add(json, l->kind, &l->open);
	json_object_set_new(json, "sums", sums_json(&l->open));
	json_array_append_new(l->list, json);
	l->open_s = 0;
	memset(&l->open, 0, sizeof(l->open));
}

static void take_listed(struct range *range, uint64_t from_s, const struct jf_kpi_sums *found)
{
	struct listing *l = range->arg;
	uint64_t begin_s = from_s / l->length_s * l->length_s;

	if (l->open_s != begin_s) {
		listing_close(l);
		if (json_array_size(l->list) == range->left) {
			range->done = true;
			return;
		}
		l->open_s = begin_s;
	}
	jf_kpi_add(&l->open, found);
}

json_t *jf_kpis_intervals(struct jf_kpis *kpis, const struct jf_kpis_name *name,
                          const struct jf_kpis_span *span)
{
	struct listing l = {.list = json_array(), .kind = name->kind, .length_s = span->length_s};
	struct jf_kpis_subject *s = jf_kpis_subject(kpis, name);
	struct range range = {.key = s ? s->key : "",
	                      .to_s = (uint64_t)span->to_s,
	                      .take = take_listed,
	                      .arg = &l,
	                      .left = span->limit};

	if (s)
		rows(kpis, &range, (uint64_t)span->from_s / JF_KPIS_INTERVAL_S);
	if (json_array_size(l.list) < span->limit)
		listing_close(&l);
	return l.list;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void due(void *arg)
{
	jf_loop_part(JF_LOOP_ROWS);
	jf_kpis_flush(arg);
}

static void arm(struct jf_kpis *kpis, uint64_t delay_ms)
{
	if (!kpis->stopped && !jf_loop_timer_running(&kpis->store_timer))
		jf_loop_timer_start(&kpis->store_timer, delay_ms, due, kpis);
}

void jf_kpis_dirty(struct jf_kpis *kpis, struct jf_kpis_subject *s)
{
	if (!jf_link_linked(&s->dirty_link))
		jf_list_append(&kpis->dirty, &s->dirty_link);
	arm(kpis, STORE_MS);
}

static void put(struct jf_store_batch *batch, const struct jf_kpis_subject *s,
                const struct jf_kpis_cell *cell)
{
	char key[ROW_KEY], *text;
	size_t length, key_length = row_key(s->key, cell->number, key);
	struct jf_json_writer w;

	jf_json_write(&w);
	for (size_t i = 0; i < SUMS; i++)
		if (sum_of(&cell->sums, i))
			jf_json_put_integer(&w, sums[i].name, (int64_t)sum_of(&cell->sums, i));
	if (s->kind == JF_KPIS_AGENT)
		jf_json_put_integer(&w, "until_ns", (int64_t)s->since_utc_ns);
	text = jf_json_written(&w, &length);
	if (text)
		jf_store_batch_put(batch, JF_STORE_KPI, key, key_length, text, length);
	free(text);
}

void jf_kpis_flush(struct jf_kpis *kpis)
{
	struct jf_store_batch *batch;
	uint32_t n = 0;
	int err;

	if (jf_list_empty(&kpis->dirty))
		return;
	batch = jf_store_batch_begin(kpis->store);
	JF_LIST_FOR(link, &kpis->dirty)
	{
		struct jf_kpis_subject *s = JF_CONTAINER(link, struct jf_kpis_subject, dirty_link);

		if (n++ == ROWS_MAX)
			break;
		for (unsigned int i = 0; i < JF_KPIS_CELLS; i++)
			if (s->cells[i].dirty)
				put(batch, s, &s->cells[i]);
	}
	err = jf_store_batch_commit(batch, NULL, NULL);
	if (err) {
		jf_log(JF_LOG_ACD, JF_LOG_ERROR, NULL, "interval accounts wait for the store: %s",
		       strerror(-err));
		arm(kpis, RETRY_MS);
		return;
	}
	for (n = 0; n < ROWS_MAX && !jf_list_empty(&kpis->dirty); n++) {
		struct jf_kpis_subject *s = JF_CONTAINER(jf_list_first(&kpis->dirty),
		                                         struct jf_kpis_subject, dirty_link);

		for (unsigned int i = 0; i < JF_KPIS_CELLS; i++)
			s->cells[i].dirty = false;
		jf_list_remove(&s->dirty_link);
	}
	if (!jf_list_empty(&kpis->dirty))
		arm(kpis, 0);
}
