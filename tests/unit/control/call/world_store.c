// SPDX-License-Identifier: BSD-3-Clause
/* The world's store: rows in memory, and batches that are done when the test says so. */
#include "world_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_store.h"

struct row {
	enum jf_store_table table;
	uint8_t key[64];
	size_t key_length, value_length;
	char *value;
};

static struct row rows[256];
static unsigned int n_rows;

struct jf_store_batch {
	jf_store_done *done;
	void *arg;
	int result;
};

static struct jf_store_batch *finished[64];
static unsigned int n_finished;

static struct row *row_find(enum jf_store_table table, const void *key, size_t length)
{
	for (unsigned int i = 0; i < n_rows; i++)
		if (rows[i].table == table && rows[i].key_length == length &&
		    !memcmp(rows[i].key, key, length))
			return &rows[i];
	return NULL;
}

int jf_store_put(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, const void *value, size_t value_length)
{
	struct row *row = row_find(table, key, key_length);

	(void)store;
	if (!row) {
		assert_true(n_rows < 256 && key_length <= sizeof(row->key));
		row = &rows[n_rows++];
		*row = (struct row){.table = table, .key_length = key_length};
		memcpy(row->key, key, key_length);
	}
	free(row->value);
	row->value = malloc(value_length + 1);
	memcpy(row->value, value, value_length);
	row->value[value_length] = '\0';
	row->value_length = value_length;
	return 0;
}

struct jf_store_batch *jf_store_batch_begin(struct jf_store *store)
{
	(void)store;
	return calloc(1, sizeof(struct jf_store_batch));
}

void jf_store_batch_put(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                        size_t key_length, const void *value, size_t value_length)
{
	(void)batch;
	if (!world.store_full)
		jf_store_put(NULL, table, key, key_length, value, value_length);
}

void jf_store_batch_put_once(struct jf_store_batch *batch, enum jf_store_table table,
                             const void *key, size_t key_length, const void *value,
                             size_t value_length)
{
	if (row_find(table, key, key_length)) {
		batch->result = -EEXIST;
		return;
	}
	world.records += table == JF_STORE_RECORDS;
	jf_store_put(NULL, table, key, key_length, value, value_length);
}

void jf_store_batch_delete(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                           size_t key_length)
{
	struct row *row = row_find(table, key, key_length);

	(void)batch;
	if (row) {
		free(row->value);
		*row = rows[--n_rows];
	}
}

int jf_store_batch_commit(struct jf_store_batch *batch, jf_store_done *done, void *arg)
{
	if (world.store_full) {
		free(batch);
		return -ENOBUFS;
	}
	assert_true(n_finished < 64);
	world.batches++;
	batch->done = done;
	batch->arg = arg;
	finished[n_finished++] = batch;
	return 0;
}

void world_store_deliver(void)
{
	while (n_finished) {
		struct jf_store_batch *batch = finished[0];

		memmove(finished, finished + 1, --n_finished * sizeof(finished[0]));
		if (batch->done)
			batch->done(batch->result, batch->arg);
		free(batch);
	}
}

int jf_store_get(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, void **ret_value, size_t *ret_length)
{
	struct row *row = row_find(table, key, key_length);

	(void)store;
	if (!row)
		return -ENOENT;
	*ret_value = strdup(row->value);
	*ret_length = row->value_length;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	size_t length = x->key_length < y->key_length ? x->key_length : y->key_length;
	int order = memcmp(x->key, y->key, length);

	return order ? order : (x->key_length > y->key_length) - (x->key_length < y->key_length);
}

int jf_store_scan(struct jf_store *store, enum jf_store_table table,
                  const struct jf_store_page *page, jf_store_row *row, void *arg)
{
	struct row after = {.key_length = page->after ? page->after_length : 0};
	const struct row *sorted[256], *first = &after;
	unsigned int n_sorted = 0;
	uint32_t n = 0;

	(void)store;
	if (after.key_length > sizeof(after.key))
		return -EINVAL;
	memcpy(after.key, page->after ? page->after : "", after.key_length);
	for (unsigned int i = 0; i < n_rows; i++)
		if (rows[i].table == table)
			sorted[n_sorted++] = &rows[i];
	qsort(sorted, n_sorted, sizeof(sorted[0]), by_key);
	for (unsigned int i = 0; i < n_sorted && n < page->limit; i++) {
		const struct row *r = sorted[page->descending ? n_sorted - 1 - i : i];
		int order = by_key(&r, &first);

		if (page->after && (page->descending ? order >= 0 : order <= 0))
			continue;
		n++;
		if (!row(r->key, r->key_length, r->value, r->value_length, arg))
			break;
	}
	return (int)n;
}

const char *world_row(void)
{
	for (unsigned int i = 0; i < n_rows; i++)
		if (rows[i].table == JF_STORE_CALLS)
			return rows[i].value;
	return "";
}

void world_store_reset(void)
{
	while (n_rows)
		free(rows[--n_rows].value);
}
