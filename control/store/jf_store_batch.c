// SPDX-License-Identifier: BSD-3-Clause
#include "jf_store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024u

void jf_store_list_add(struct jf_store_list *list, struct jf_store_batch *batch)
{
	batch->next = NULL;
	if (list->last)
		list->last->next = batch;
	else
		list->first = batch;
	list->last = batch;
}

void jf_store_list_join(struct jf_store_list *list, struct jf_store_list *from)
{
	if (!from->first)
		return;
	if (list->last)
		list->last->next = from->first;
	else
		list->first = from->first;
	list->last = from->last;
	*from = (struct jf_store_list){0};
}

struct jf_store_batch *jf_store_list_take(struct jf_store_list *list)
{
	struct jf_store_batch *batch = list->first;

	if (!batch)
		return NULL;
	list->first = batch->next;
	if (!list->first)
		list->last = NULL;
	batch->next = NULL;
	return batch;
}

void jf_store_batch_free(struct jf_store_batch *batch)
{
	if (!batch)
		return;
	free(batch->bytes);
	free(batch);
}

struct jf_store_batch *jf_store_batch_begin(struct jf_store *store)
{
	struct jf_store_batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->store = store;
	return batch;
}

static int room_make(struct jf_store_batch *batch, size_t more)
{
	size_t room = batch->room ? batch->room : ROOM_FIRST;
	uint8_t *bytes;

	while (room - batch->used < more)
		room *= 2;
	if (room == batch->room)
		return 0;
	bytes = realloc(batch->bytes, room);
	if (!bytes)
		return -ENOMEM;
	batch->bytes = bytes;
	batch->room = room;
	return 0;
}

static void bytes_add(struct jf_store_batch *batch, const void *bytes, size_t length)
{
	if (length)
		memcpy(batch->bytes + batch->used, bytes, length);
	batch->used += length;
}

static void op_add(struct jf_store_batch *batch, struct jf_store_op op, const void *key,
                   const void *value)
{
	if (!batch || batch->error)
		return;
	if (op.table >= JF_STORE_TABLE_COUNT || op.key_length == 0)
		batch->error = -EINVAL;
	else
		batch->error = room_make(batch, sizeof(op) + op.key_length + op.value_length);
	if (batch->error)
		return;
	bytes_add(batch, &op, sizeof(op));
	bytes_add(batch, key, op.key_length);
	bytes_add(batch, value, op.value_length);
}

/* A length out of range becomes a key of length 0, which op_add refuses. */
static struct jf_store_op op_make(enum jf_store_op_type type, enum jf_store_table table,
                                  size_t key_length, size_t value_length)
{
	bool fits = key_length <= JF_STORE_KEY_MAX && value_length <= JF_STORE_VALUE_MAX;

	return (struct jf_store_op){
	        .type = (uint8_t)type,
	        .table = (uint8_t)table,
	        .key_length = fits ? (uint16_t)key_length : 0,
	        .value_length = fits ? (uint32_t)value_length : 0,
	};
}

void jf_store_batch_put(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                        size_t key_length, const void *value, size_t value_length)
{
	op_add(batch, op_make(JF_STORE_OP_PUT, table, key_length, value_length), key, value);
}

void jf_store_batch_put_once(struct jf_store_batch *batch, enum jf_store_table table,
                             const void *key, size_t key_length, const void *value,
                             size_t value_length)
{
	op_add(batch, op_make(JF_STORE_OP_PUT_ONCE, table, key_length, value_length), key, value);
}

void jf_store_batch_delete(struct jf_store_batch *batch, enum jf_store_table table, const void *key,
                           size_t key_length)
{
	op_add(batch, op_make(JF_STORE_OP_DELETE, table, key_length, 0), key, NULL);
}

int jf_store_batch_commit(struct jf_store_batch *batch, jf_store_done *done, void *arg)
{
	struct jf_store *store;
	int result;

	if (!batch)
		return -ENOMEM;
	store = batch->store;
	result = batch->error;
	batch->done = done;
	batch->arg = arg;
	pthread_mutex_lock(&store->lock);
	if (!result && store->bytes_queued + batch->used > store->queue_bytes_max)
		result = -ENOBUFS;
	if (!result) {
		jf_store_list_add(&store->queue, batch);
		store->batches_queued++;
		store->bytes_queued += batch->used;
		if (!store->pausing)
			pthread_cond_signal(&store->wake);
	}
	pthread_mutex_unlock(&store->lock);
	if (result)
		jf_store_batch_free(batch);
	return result;
}

int jf_store_put(struct jf_store *store, enum jf_store_table table, const void *key,
                 size_t key_length, const void *value, size_t value_length)
{
	struct jf_store_batch *batch = jf_store_batch_begin(store);

	jf_store_batch_put(batch, table, key, key_length, value, value_length);
	return jf_store_batch_commit(batch, NULL, NULL);
}
