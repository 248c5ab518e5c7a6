// SPDX-License-Identifier: BSD-3-Clause
#include "jf_store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A transaction holds the map where it is until read_end. */
static int read_begin(struct jf_store *store, MDB_txn **ret_txn)
{
	int code;

	pthread_rwlock_rdlock(&store->map_lock);
	code = store->env ? mdb_txn_begin(store->env, NULL, MDB_RDONLY, ret_txn) : EIO;
	if (code)
		pthread_rwlock_unlock(&store->map_lock);
	return code;
}

static void read_end(struct jf_store *store, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	pthread_rwlock_unlock(&store->map_lock);
}

int jf_store_get(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, void **ret_value, size_t *ret_length)
{
	MDB_val k = {key_length, (void *)(uintptr_t)key};
	MDB_val v;
	MDB_txn *txn;
	char *copy = NULL;
	int code;

	if (key_length == 0 || key_length > JF_STORE_KEY_MAX)
		return -EINVAL;
	code = read_begin(store, &txn);
	if (code)
		return jf_store_errno(code);
	code = mdb_get(txn, store->tables[table], &k, &v);
	if (!code) {
		copy = malloc(v.mv_size + 1);
		if (!copy)
			code = ENOMEM;
	}
	if (copy) {
		memcpy(copy, v.mv_data, v.mv_size);
		copy[v.mv_size] = '\0';
		*ret_value = copy;
		*ret_length = v.mv_size;
	}
	read_end(store, txn);
	return jf_store_errno(code);
}

/* Places the cursor on the page's first row. */
static int page_begin(MDB_cursor *cursor, const struct jf_store_page *page, MDB_val *key,
                      MDB_val *value)
{
	MDB_val after = {page->after_length, (void *)(uintptr_t)page->after};
	int code;

	if (!page->after)
		return mdb_cursor_get(cursor, key, value, page->descending ? MDB_LAST : MDB_FIRST);
	*key = after;
	code = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	if (page->descending) {
		if (code == MDB_NOTFOUND)
			return mdb_cursor_get(cursor, key, value, MDB_LAST);
		return code ? code : mdb_cursor_get(cursor, key, value, MDB_PREV);
	}
	if (!code && key->mv_size == after.mv_size &&
	    memcmp(key->mv_data, after.mv_data, after.mv_size) == 0)
		return mdb_cursor_get(cursor, key, value, MDB_NEXT);
	return code;
}

int jf_store_scan(struct jf_store *store, enum jf_store_table table,
                  const struct jf_store_page *page, jf_store_row *row, void *arg)
{
	MDB_cursor_op step = page->descending ? MDB_PREV : MDB_NEXT;
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	int code, count = 0;

	if (page->after && (page->after_length == 0 || page->after_length > JF_STORE_KEY_MAX))
		return -EINVAL;
	code = read_begin(store, &txn);
	if (code)
		return jf_store_errno(code);
	code = mdb_cursor_open(txn, store->tables[table], &cursor);
	if (code)
		goto out;
	code = page_begin(cursor, page, &key, &value);
	while (!code && (uint32_t)count < page->limit) {
		count++;
		if (!row(key.mv_data, key.mv_size, value.mv_data, value.mv_size, arg))
			break;
		code = mdb_cursor_get(cursor, &key, &value, step);
	}
	mdb_cursor_close(cursor);
out:
	read_end(store, txn);
	return code && code != MDB_NOTFOUND ? jf_store_errno(code) : count;
}
