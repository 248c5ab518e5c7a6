// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_time.h"

struct jf_media_endpoint *jf_media_endpoint_at(const struct jf_media *media,
                                               struct jf_media_ref ref)
{
	struct jf_media_endpoint *e;

	if (ref.index >= media->n_endpoints)
		return NULL;
	e = &media->endpoints[ref.index];
	return e->use == JF_MEDIA_USED && e->generation == ref.generation ? e : NULL;
}

void jf_media_endpoint_deafen(struct jf_media *media, struct jf_media_endpoint *endpoint)
{
	struct jf_media_endpoint *source = jf_media_endpoint_at(media, endpoint->source);

	if (endpoint->hears == JF_MEDIA_HEARS_STREAM && source)
		source->listener = JF_CONTRACT_NONE;
	if (endpoint->hears == JF_MEDIA_HEARS_LIST)
		jf_media_sounds_release(media, &endpoint->list);
	endpoint->hears = JF_MEDIA_HEARS_NOTHING;
	endpoint->source = (struct jf_media_ref){0};
	free(endpoint->mix);
	endpoint->mix = NULL;
}

void jf_media_endpoint_strip(struct jf_media_endpoint *endpoint)
{
	if (endpoint->locks)
		explicit_bzero(endpoint->locks, sizeof(*endpoint->locks));
	free(endpoint->locks);
	free(endpoint->mix);
	free(endpoint->presses);
	free(endpoint->carried);
	endpoint->locks = NULL;
	endpoint->mix = NULL;
	endpoint->presses = NULL;
	endpoint->carried = NULL;
}

/* Whoever hears the endpoint hears nothing from now on; the dataplane does that by itself. */
static void listener_lose(struct jf_media *media, struct jf_media_endpoint *endpoint)
{
	if (endpoint->listener == JF_CONTRACT_NONE)
		return;
	jf_media_endpoint_deafen(media, &media->endpoints[endpoint->listener]);
	endpoint->listener = JF_CONTRACT_NONE;
}

void jf_media_endpoint_free(struct jf_media *media, uint32_t index)
{
	struct jf_media_endpoint *e = &media->endpoints[index];

	e->use = JF_MEDIA_UNUSED;
	e->freed_ns = media->now_ns;
	e->tap = (struct jf_media_ref){0};
	e->has_remote = false;
	jf_media_endpoint_strip(e);
	jf_list_remove(&e->active);
	jf_media_pool_put(jf_media_pool_of(media, index), index);
}

int jf_media_open(struct jf_media *media, const struct jf_call_id *call, enum jf_media_side side,
                  const struct jf_media_ref *beside, const struct jf_media_address *toward,
                  struct jf_media_ref *ret_endpoint)
{
	struct jf_media_endpoint *e;
	uint32_t index;
	int err;

	if (!media->up)
		return -ENOTCONN;
	if (beside && !jf_media_endpoint_at(media, *beside))
		return -ESTALE;
	if (!beside && media->load.shed == JF_MEDIA_SHED_CALLS)
		return -EBUSY;
	err = jf_media_pool_take(media, beside, toward, &index);
	if (err)
		return err;
	e = &media->endpoints[index];
	jf_list_remove(&e->dirty_link);
	*e = (struct jf_media_endpoint){
	        .use = JF_MEDIA_USED,
	        .side = (uint8_t)side,
	        .call = *call,
	        .listener = JF_CONTRACT_NONE,
	        .generation = e->generation + 1 ? e->generation + 1 : 1,
	        .looked_ns = media->now_ns,
	};
	media->endpoints_used++;
	jf_list_append(&media->active, &e->active);
	*ret_endpoint = (struct jf_media_ref){index, e->generation};
	jf_media_endpoint_dirty(media, index, JF_MEDIA_DIRTY_OPEN);
	jf_media_flush(media);
	return 0;
}

int jf_media_local(const struct jf_media *media, struct jf_media_ref endpoint,
                   struct jf_media_address *ret_address)
{
	const struct jf_contract_address *address;

	if (!jf_media_endpoint_at(media, endpoint))
		return -ESTALE;
	address = &media->shape.addresses[endpoint.index / media->shape.endpoints_per_address];
	*ret_address = (struct jf_media_address){
	        .family = address->family,
	        .port = (uint16_t)(media->shape.port_first +
	                           2 * (endpoint.index % media->shape.endpoints_per_address)),
	};
	memcpy(ret_address->ip, address->ip, sizeof(address->ip));
	return 0;
}

int jf_media_remote(struct jf_media *media, struct jf_media_ref endpoint,
                    const struct jf_media_remote *remote)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	e->remote = *remote;
	e->has_remote = true;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_REMOTE);
	jf_media_flush(media);
	return 0;
}

int jf_media_join(struct jf_media *media, struct jf_media_ref endpoint, struct jf_media_ref source)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	struct jf_media_endpoint *s = jf_media_endpoint_at(media, source);

	if (!e || !s)
		return -ESTALE;
	jf_media_endpoint_deafen(media, e);
	listener_lose(media, s);
	e->hears = JF_MEDIA_HEARS_STREAM;
	e->source = source;
	s->listener = endpoint.index;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_HEARS);
	jf_media_flush(media);
	return 0;
}

int jf_media_keyframe(struct jf_media *media, struct jf_media_ref endpoint)
{
	const struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	if (!e->remote.keyframes)
		return 0;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_KEYFRAME);
	jf_media_flush(media);
	return 0;
}

int jf_media_silence(struct jf_media *media, struct jf_media_ref endpoint)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	jf_media_endpoint_deafen(media, e);
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_HEARS);
	jf_media_flush(media);
	return 0;
}

int jf_media_play(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_playlist *list, uint32_t *ret_play_id)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	if (list->count < 1 || list->count > JF_MEDIA_PLAYLIST_MAX)
		return -EINVAL;
	for (uint8_t i = 0; i < list->count; i++) {
		if (list->sounds[i] >= media->n_sounds || !media->sounds[list->sounds[i]].path)
			return -EINVAL;
	}
	jf_media_sounds_hold(media, list); /* first: it may be what it heard before */
	jf_media_endpoint_deafen(media, e);
	e->hears = JF_MEDIA_HEARS_LIST;
	e->list = *list;
	e->play_id = media->next_play_id++;
	if (ret_play_id)
		*ret_play_id = e->play_id;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_HEARS);
	jf_media_flush(media);
	return 0;
}

int jf_media_tap(struct jf_media *media, struct jf_media_ref endpoint, enum jf_media_side side,
                 const struct jf_media_ref *recording)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	struct jf_media_file *f = recording ? jf_media_file_at(media, *recording) : NULL;

	if (!e || (recording && (!f || f->use != JF_MEDIA_USED)))
		return -ESTALE;
	e->tap = recording ? *recording : (struct jf_media_ref){0};
	e->tap_side = (uint8_t)side;
	if (f)
		f->taps[side == JF_MEDIA_AGENT] = endpoint;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_TAP);
	jf_media_flush(media);
	return 0;
}

int jf_media_close(struct jf_media *media, struct jf_media_ref endpoint)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	jf_media_endpoint_account(media, endpoint.index);
	jf_media_endpoint_deafen(media, e);
	listener_lose(media, e);
	e->dirty = 0;
	jf_media_endpoint_free(media, endpoint.index);
	media->endpoints_used--;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_CLOSE);
	jf_media_flush(media);
	return 0;
}

uint32_t jf_media_digits(const struct jf_media *media, struct jf_media_ref endpoint)
{
	const struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	return e ? e->digits : 0;
}

/* ---- After a restart of control ------------------------------------------------------------- */

size_t jf_media_found(const struct jf_media *media, uint32_t *cursor,
                      struct jf_media_found *ret_list, size_t room)
{
	size_t count = 0;
	uint32_t i = *cursor;

	for (; media->up && i < media->n_endpoints && count < room; i++) {
		struct jf_slot_identity slot;

		if (media->endpoints[i].use != JF_MEDIA_FOUND)
			continue;
		jf_contract_read_identity(&media->contract.slots[i], &slot);
		ret_list[count] = (struct jf_media_found){
		        .endpoint = {i, slot.generation},
		        .call = slot.call,
		        .side = slot.side == JF_SIDE_AGENT ? JF_MEDIA_AGENT : JF_MEDIA_CALLER,
		        .opened_ns = slot.opened_ns,
		};
		if (slot.hears == JF_HEARS_ENDPOINT)
			ret_list[count].hears =
			        (struct jf_media_ref){slot.hears_index, slot.hears_generation};
		if (slot.tap.index != JF_CONTRACT_NONE)
			ret_list[count].recording =
			        (struct jf_media_ref){slot.tap.index, slot.tap.generation};
		count++;
	}
	*cursor = i;
	return count;
}

static void file_adopt(struct jf_media *media, struct jf_media_ref ref, uint32_t worker)
{
	struct jf_media_file *f = &media->files[ref.index];
	struct jf_recording slot;

	if (f->use != JF_MEDIA_FOUND || f->generation != ref.generation)
		return;
	jf_contract_read_recording(&media->contract.recordings[ref.index], &slot);
	f->use = JF_MEDIA_USED;
	f->format = slot.law == JF_LAW_PCMA ? JF_MEDIA_FORMAT_PCMA : JF_MEDIA_FORMAT_PCMU;
	f->call = slot.call;
	f->worker = worker;
	f->looked_ns = media->now_ns;
	memcpy(f->path, slot.path, sizeof(f->path));
	f->path[sizeof(f->path) - 1] = '\0';
	media->files_used++;
	jf_list_append(&media->active_files, &f->active);
}

static void endpoint_adopt(struct jf_media *media, uint32_t index,
                           const struct jf_slot_identity *slot)
{
	struct jf_media_endpoint *e = &media->endpoints[index];

	e->use = JF_MEDIA_USED;
	e->side = e->tap_side = slot->side;
	e->call = slot->call;
	e->play_id = slot->play_id;
	e->played = slot->play_done ? slot->play_id : 0;
	e->looked_ns = media->now_ns;
	e->started = true;
	e->hears = slot->hears == JF_HEARS_SOUND || slot->hears == JF_HEARS_MIX
	                   ? JF_MEDIA_HEARS_AS_FOUND
	                   : JF_MEDIA_HEARS_NOTHING;
	if (slot->hears == JF_HEARS_ENDPOINT && slot->hears_index < media->n_endpoints) {
		e->hears = JF_MEDIA_HEARS_STREAM;
		e->source = (struct jf_media_ref){slot->hears_index, slot->hears_generation};
		media->endpoints[slot->hears_index].listener = index;
	}
	if (slot->tap.index < media->n_files) {
		e->tap = (struct jf_media_ref){slot->tap.index, slot->tap.generation};
		file_adopt(media, e->tap, jf_contract_worker_of(&media->contract, index));
		media->files[e->tap.index].taps[e->side == JF_MEDIA_AGENT] =
		        (struct jf_media_ref){index, e->generation};
	}
	media->endpoints_used++;
	jf_list_append(&media->active, &e->active);
}

int jf_media_adopt(struct jf_media *media, struct jf_media_ref endpoint,
                   const struct jf_media_kept *kept)
{
	struct jf_slot_identity slot;
	struct jf_media_endpoint *e;
	int result;

	if (!media->up)
		return -ENOTCONN;
	if (endpoint.index >= media->n_endpoints)
		return -ENOENT;
	e = &media->endpoints[endpoint.index];
	jf_contract_read_identity(&media->contract.slots[endpoint.index], &slot);
	if (e->use != JF_MEDIA_FOUND || slot.state != JF_SLOT_OPEN ||
	    slot.generation != endpoint.generation)
		return -ENOENT;
	result = kept->keys ? jf_media_keys_keep(e, kept->keys) : 0;
	if (result)
		return result;
	endpoint_adopt(media, endpoint.index, &slot);
	e->digits = kept->digits;
	e->mask = kept->mask;
	/* Told again in case that they were stored but not told; the same ones do no harm. */
	if (kept->keys)
		jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_KEYS);
	if (kept->mask)
		jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_MASK);
	if (kept->remote) {
		e->remote = *kept->remote;
		e->has_remote = true;
		jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_REMOTE);
	}
	jf_media_flush(media);
	return 0;
}

void jf_media_settle(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->n_endpoints; i++) {
		if (media->endpoints[i].use != JF_MEDIA_FOUND)
			continue;
		listener_lose(media, &media->endpoints[i]);
		jf_media_endpoint_free(media, i);
		jf_media_endpoint_dirty(media, i, JF_MEDIA_DIRTY_CLOSE);
	}
	for (uint32_t i = 0; i < media->n_files; i++) {
		struct jf_media_file *f = &media->files[i];

		if (f->use != JF_MEDIA_FOUND)
			continue;
		f->use = JF_MEDIA_ENDED;
		f->orphan = true;
		f->ended_ns = media->now_ns;
		media->files_used++;
		jf_list_append(&media->active_files, &f->active);
		jf_media_file_dirty(media, i, JF_MEDIA_DIRTY_RECORD_END);
	}
	jf_media_flush(media);
}
