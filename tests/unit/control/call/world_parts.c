// SPDX-License-Identifier: BSD-3-Clause
/* The parts of the world that only remember: media, analytics. */
#include "world_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "jf_analytics.h"
#include "jf_time.h"

/* ---- Media ----------------------------------------------------------------------------------- */

static char sounds[16][128];
static uint16_t n_sounds;
static uint32_t generation;
static struct {
	struct jf_call_id call;
	char path[120];
	bool open, reported;
} recordings[64];
static uint32_t n_recordings;

static struct world_endpoint *endpoint_get(struct jf_media_ref ref)
{
	struct world_endpoint *e = &world.endpoints[ref.index % WORLD_ENDPOINTS];

	return e->open && e->ref.generation == ref.generation ? e : NULL;
}

bool jf_media_is_up(const struct jf_media *media)
{
	(void)media;
	return !world.media_down;
}

int jf_media_open(struct jf_media *media, const struct jf_call_id *call, enum jf_media_side side,
                  const struct jf_media_ref *beside, const struct jf_media_address *toward,
                  struct jf_media_ref *ret_endpoint)
{
	(void)media;
	(void)toward;
	(void)side;
	(void)beside;
	if (world.media_full)
		return -ENOSPC;
	for (uint32_t i = 0; i < WORLD_ENDPOINTS; i++)
		if (!world.endpoints[i].open) {
			world.endpoints[i] = (struct world_endpoint){
			        .open = true, .ref = {i, ++generation}, .call = *call};
			*ret_endpoint = world.endpoints[i].ref;
			return 0;
		}
	return -ENOSPC;
}

int jf_media_local(const struct jf_media *media, struct jf_media_ref endpoint,
                   struct jf_media_address *ret_address)
{
	(void)media;
	*ret_address = (struct jf_media_address){
	        .ip = {10, 77, 0, 1}, .family = 4, .port = (uint16_t)(16384 + 2 * endpoint.index)};
	return 0;
}

int jf_media_remote(struct jf_media *media, struct jf_media_ref endpoint,
                    const struct jf_media_remote *remote)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->remote = *remote;
	return 0;
}

int jf_media_keys(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_keys *keys)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	/* Before the address: nothing passes in plain between the two. */
	assert_true(keys->suite == JF_SRTP_NONE || !e->remote.rtp.port || e->keys.suite);
	if (e->keys.id == keys->id)
		assert_memory_equal(&e->keys, keys, sizeof(*keys));
	e->keys = *keys;
	return 0;
}

int jf_media_send_digits(struct jf_media *media, struct jf_media_ref endpoint, const char *digits,
                         uint32_t duration_ms)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	(void)duration_ms;
	strncat(e->digits, digits, sizeof(e->digits) - strlen(e->digits) - 1);
	return 0;
}

int jf_media_mask(struct jf_media *media, struct jf_media_ref endpoint, bool on)
{
	(void)media;
	endpoint_get(endpoint)->mask = on;
	return 0;
}

int jf_media_join(struct jf_media *media, struct jf_media_ref endpoint, struct jf_media_ref source)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e || !endpoint_get(source))
		return -ESTALE;
	e->hears = source;
	e->mix.count = 0;
	e->sound[0] = '\0';
	return 0;
}

int jf_media_mix(struct jf_media *media, struct jf_media_ref endpoint,
                 const struct jf_media_mix *mix)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->hears.generation = 0;
	e->sound[0] = '\0';
	e->mix = *mix;
	return 0;
}

int jf_media_keyframe(struct jf_media *media, struct jf_media_ref endpoint)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->keyframes++;
	return 0;
}

int jf_media_silence(struct jf_media *media, struct jf_media_ref endpoint)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->hears.generation = 0;
	e->mix.count = 0;
	e->sound[0] = '\0';
	return 0;
}

int jf_media_close(struct jf_media *media, struct jf_media_ref endpoint)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->open = false;
	return 0;
}

int jf_media_sound(struct jf_media *media, const char *path, uint16_t *ret_sound)
{
	(void)media;
	if (world.missing && strstr(path, world.missing))
		return -ENOENT;
	for (uint16_t i = 0; i < n_sounds; i++)
		if (!strcmp(sounds[i], path)) {
			*ret_sound = i;
			return 0;
		}
	snprintf(sounds[n_sounds], sizeof(sounds[0]), "%s", path);
	*ret_sound = n_sounds++;
	return 0;
}

void jf_media_sound_forget(struct jf_media *media, const char *path)
{
	(void)media;
	snprintf(world.forgotten, sizeof(world.forgotten), "%s", path);
}

static uint32_t last_play_id;

int jf_media_play(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_playlist *list, uint32_t *ret_play_id)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->play_id = list->loop_last ? 0 : ++last_play_id;
	if (ret_play_id)
		*ret_play_id = last_play_id;
	snprintf(e->sound, sizeof(e->sound), "%s", sounds[list->sounds[list->count - 1]]);
	e->hears.generation = 0;
	e->mix.count = 0;
	e->said[0] = '\0';
	for (uint8_t i = 0; i < list->count; i++) {
		const char *name = strrchr(sounds[list->sounds[i]], '/') + 1;
		size_t at = strlen(e->said);

		snprintf(e->said + at, sizeof(e->said) - at, "%s%.*s", i ? " " : "",
		         (int)strcspn(name, "."), name);
	}
	return 0;
}

int jf_media_levels(const struct jf_media *media, struct jf_media_ref endpoint, uint32_t from,
                    uint8_t *ret_levels, uint32_t room, struct jf_media_levels *ret_part)
{
	uint32_t now = (uint32_t)(world.now_ns / (20 * JF_NS_PER_MS));

	(void)media;
	if (!endpoint_get(endpoint))
		return -ESTALE;
	if (now > 64 && from < now - 64)
		from = now - 64;
	*ret_part = (struct jf_media_levels){.first = from};
	/* Words with pauses between them, or the line's noise. */
	for (; ret_part->count < room && from + ret_part->count < now; ret_part->count++)
		ret_levels[ret_part->count] =
		        world.speaks && (from + ret_part->count) % 50 < 30 ? 20 : 65;
	return 0;
}

/* An empty file of that name, with the folders that lead to it. */
static void file_make(const char *path)
{
	char whole[400];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", world.recordings, path);
	for (char *slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	fclose(f);
}

int jf_media_record(struct jf_media *media, struct jf_media_ref beside, enum jf_media_format format,
                    const char *path, struct jf_media_ref *ret_recording)
{
	struct world_endpoint *e = endpoint_get(beside);

	(void)media;
	(void)format;
	if (!e)
		return -ESTALE;
	recordings[n_recordings].call = e->call;
	recordings[n_recordings].open = true;
	file_make(path);
	snprintf(recordings[n_recordings].path, sizeof(recordings[0].path), "%s", path);
	*ret_recording = (struct jf_media_ref){n_recordings++, 1};
	world.recordings_open++;
	return 0;
}

int jf_media_tap(struct jf_media *media, struct jf_media_ref endpoint, enum jf_media_side side,
                 const struct jf_media_ref *recording)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	e->taped = recording != NULL;
	e->tap_side = side;
	snprintf(e->file, sizeof(e->file), "%s",
	         recording ? recordings[recording->index].path : "");
	return 0;
}

int jf_media_record_end(struct jf_media *media, struct jf_media_ref recording)
{
	(void)media;
	if (!recordings[recording.index].open)
		return -ESTALE;
	recordings[recording.index].open = false;
	world.recordings_open--;
	return 0;
}

int jf_media_recording(const struct jf_media *media, struct jf_media_ref recording,
                       struct jf_media_recording *ret)
{
	(void)media;
	*ret = (struct jf_media_recording){.ref = recording,
	                                   .call = recordings[recording.index].call,
	                                   .state = JF_MEDIA_RECORDING_CLOSED,
	                                   .duration_ms = 1000};
	snprintf(ret->path, sizeof(ret->path), "%s", recordings[recording.index].path);
	return 0;
}

void world_played(void)
{
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++) {
		struct world_endpoint *e = &world.endpoints[i];
		struct jf_media_event event = {.type = JF_MEDIA_PLAYED,
		                               .endpoint = e->ref,
		                               .call = e->call,
		                               .play_id = e->play_id};

		if (!e->open || !e->play_id)
			continue;
		e->play_id = 0;
		jf_calls_media_handler(&event, world.calls);
	}
}

void world_recordings_report(void)
{
	for (uint32_t i = 0; i < n_recordings; i++) {
		struct jf_media_event event = {
		        .type = JF_MEDIA_RECORDED, .recording = {i, 1}, .call = recordings[i].call};

		if (recordings[i].open || recordings[i].reported)
			continue;
		recordings[i].reported = true;
		jf_calls_media_handler(&event, world.calls);
	}
}

bool jf_media_serves(const struct jf_media *media, struct jf_media_ref endpoint,
                     const struct jf_media_address *toward)
{
	(void)media;
	(void)endpoint;
	(void)toward;
	return true;
}

bool jf_media_linked(const struct jf_media *media, struct jf_media_ref endpoint,
                     uint64_t *ret_since_ns)
{
	(void)media;
	(void)endpoint;
	*ret_since_ns = world.link_since_ns;
	return !world.link_down;
}

int jf_media_port(const struct jf_media *media, uint32_t index, struct jf_media_port *ret_port)
{
	(void)media;
	(void)index;
	(void)ret_port;
	return -ENOENT;
}

int jf_media_stream(const struct jf_media *media, struct jf_media_ref endpoint,
                    struct jf_media_stream *ret_stream)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	if (!e)
		return -ESTALE;
	*ret_stream = (struct jf_media_stream){.endpoint = endpoint,
	                                       .last_ns = e->last_ns,
	                                       .rtcp_last_ns = e->rtcp_last_ns,
	                                       .round_trip_ms = -1};
	return 0;
}

const char *jf_media_drop_name(unsigned int drop)
{
	(void)drop;
	return NULL;
}

int jf_media_adopt(struct jf_media *media, struct jf_media_ref endpoint,
                   const struct jf_media_kept *kept)
{
	struct world_endpoint *e = endpoint_get(endpoint);

	(void)media;
	/* What is kept is what it has. */
	if (e && kept->keys)
		assert_memory_equal(&e->keys, kept->keys, sizeof(*kept->keys));
	if (e)
		assert_int_equal(e->mask, kept->mask);
	if (e && kept->remote)
		assert_memory_equal(&e->remote, kept->remote, sizeof(e->remote));
	if (e)
		e->found = false;
	return e ? 0 : -ENOENT;
}

uint32_t jf_media_digits(const struct jf_media *media, struct jf_media_ref endpoint)
{
	(void)media;
	(void)endpoint;
	return 0;
}

void jf_media_settle(struct jf_media *media)
{
	(void)media;
	for (unsigned i = 0; i < WORLD_ENDPOINTS; i++)
		if (world.endpoints[i].found)
			world.endpoints[i].open = world.endpoints[i].found = false;
}

/* ---- Analytics ------------------------------------------------------------------------------- */

int jf_analytics_start(struct jf_analytics *analytics, struct jf_media_ref caller,
                       struct jf_media_ref agent, uint64_t joined_ns, const char *saved,
                       struct jf_analytics_session **ret_session)
{
	(void)analytics;
	(void)caller;
	(void)agent;
	(void)joined_ns;
	(void)saved;
	*ret_session = malloc(1);
	return 0;
}

void jf_analytics_stop(struct jf_analytics_session *session)
{
	free(session);
}

void jf_analytics_result(struct jf_analytics_session *session, bool final, uint64_t now_ns,
                         struct jf_speech_result *ret_result)
{
	(void)session;
	(void) final;
	(void)now_ns;
	*ret_result = (struct jf_speech_result){.duration_ms = 1};
}

uint64_t jf_analytics_missed(const struct jf_analytics_session *session)
{
	(void)session;
	return 0;
}

void jf_analytics_save(const struct jf_analytics_session *session,
                       char ret_text[JF_ANALYTICS_TEXT_MAX])
{
	(void)session;
	snprintf(ret_text, JF_ANALYTICS_TEXT_MAX, "saved");
}

const char *world_recording_path(void)
{
	return n_recordings ? recordings[n_recordings - 1].path : "";
}

void world_parts_reset(void)
{
	world_store_reset();
	n_recordings = 0;
	n_sounds = 0;
	memset(recordings, 0, sizeof(recordings));
}
