// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_trunks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_call_priv.h"
#include "jf_json.h"

#define KEY_MAX (JF_CALL_TEXT_MAX + 8u)

/* What is used of a trunk's or a tenant's caps. */
struct usage_row {
	enum jf_call_usage_of of;
	char name[JF_CALL_TEXT_MAX];
	struct jf_usage usage;
};

struct jf_call_trunks {
	struct jf_calls *calls;
	struct jf_trunks *sip;
	const struct jf_directory *directory;
	struct usage_row *rows;
	size_t n_rows, room;
	struct jf_loop_timer timer;
};

/* ---- The store ------------------------------------------------------------------------------- */

static size_t key_make(enum jf_call_usage_of of, const char *name, char ret_key[KEY_MAX])
{
	return (size_t)snprintf(ret_key, KEY_MAX, "%s/%.63s",
	                        of == JF_CALL_USAGE_TRUNK ? "trunk" : "tenant", name);
}

static uint32_t today(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return jf_usage_day((uint64_t)t.tv_sec * JF_NS_PER_S);
}

/* NULL: there is none. */
static json_t *row_load(struct jf_call_trunks *t, enum jf_call_usage_of of, const char *name)
{
	char key[KEY_MAX];
	size_t length, key_length = key_make(of, name, key);
	void *text;
	json_t *json;

	if (jf_store_get(t->calls->config.store, JF_STORE_TRUNKS, key, key_length, &text, &length))
		return NULL;
	json = json_loadb(text, length, 0, NULL);
	free(text);
	return json;
}

static void row_store(struct jf_call_trunks *t, const struct usage_row *row)
{
	json_t *json = json_pack("{s:I, s:I}", "day", (json_int_t)row->usage.day, "used_ns",
	                         (json_int_t)row->usage.used_ns);
	struct jf_trunk_kept kept;
	char key[KEY_MAX], *text;
	size_t length = key_make(row->of, row->name, key);

	if (row->of == JF_CALL_USAGE_TRUNK && t->sip && !jf_trunks_kept(t->sip, row->name, &kept))
		json_object_set_new(json, "registration",
		                    json_pack("{s:s, s:s, s:I, s:I, s:I}", "boot",
		                              t->calls->boot_id, "call_id", kept.call_id, "cseq",
		                              (json_int_t)kept.cseq, "granted_s",
		                              (json_int_t)kept.granted_s, "expires_ns",
		                              (json_int_t)kept.expires_ns));
	text = json ? jf_json_text(json, NULL) : NULL;
	if (text &&
	    jf_store_put(t->calls->config.store, JF_STORE_TRUNKS, key, length, text, strlen(text)))
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, NULL, "use of %s not stored", key);
	free(text);
	json_decref(json);
}

/* A registration of the process before, if the machine was not restarted meanwhile. */
static bool kept_load(struct jf_call_trunks *t, const char *name, struct jf_trunk_kept *ret_kept)
{
	json_t *row = row_load(t, JF_CALL_USAGE_TRUNK, name);
	const json_t *json = json_object_get(row, "registration");
	const char *boot = json_string_value(json_object_get(json, "boot"));
	const char *call_id = json_string_value(json_object_get(json, "call_id"));
	bool good = boot && call_id && !strcmp(boot, t->calls->boot_id);

	*ret_kept = (struct jf_trunk_kept){.cseq = 0};
	if (good) {
		snprintf(ret_kept->call_id, sizeof(ret_kept->call_id), "%s", call_id);
		ret_kept->cseq = (uint32_t)json_integer_value(json_object_get(json, "cseq"));
		ret_kept->granted_s =
		        (uint32_t)json_integer_value(json_object_get(json, "granted_s"));
		ret_kept->expires_ns =
		        (uint64_t)json_integer_value(json_object_get(json, "expires_ns"));
	}
	json_decref(row);
	return good;
}

/* ---- Usage ----------------------------------------------------------------------------------- */

static struct usage_row *row_find(struct jf_call_trunks *t, enum jf_call_usage_of of,
                                  const char *name)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].of == of && !strcmp(t->rows[i].name, name))
			return &t->rows[i];
	return NULL;
}

static struct usage_row *row_add(struct jf_call_trunks *t, enum jf_call_usage_of of,
                                 const char *name)
{
	struct usage_row *row;
	json_t *json;

	if (t->n_rows == t->room) {
		size_t room = t->room ? 2 * t->room : 16;
		struct usage_row *rows = realloc(t->rows, room * sizeof(*rows));

		if (!rows)
			return NULL;
		t->rows = rows;
		t->room = room;
	}
	row = &t->rows[t->n_rows++];
	*row = (struct usage_row){.of = of};
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->usage.counted_ns = jf_loop_now_ns();
	json = row_load(t, of, name);
	row->usage.day = (uint32_t)json_integer_value(json_object_get(json, "day"));
	row->usage.used_ns = (uint64_t)json_integer_value(json_object_get(json, "used_ns"));
	json_decref(json);
	return row;
}

struct jf_usage *jf_call_usage(struct jf_call_trunks *t, enum jf_call_usage_of of, const char *name)
{
	struct usage_row *row = row_find(t, of, name);

	if (!row)
		row = row_add(t, of, name);
	if (!row)
		return NULL;
	jf_usage_count(&row->usage, jf_loop_now_ns(), today());
	return &row->usage;
}

void jf_call_usage_store(struct jf_call_trunks *t, enum jf_call_usage_of of, const char *name)
{
	const struct usage_row *row = row_find(t, of, name);

	if (row)
		row_store(t, row);
}

static void store_talking(void *arg)
{
	struct jf_call_trunks *t = arg;
	uint64_t now_ns = jf_loop_now_ns();

	for (size_t i = 0; i < t->n_rows; i++) {
		jf_usage_count(&t->rows[i].usage, now_ns, today());
		if (t->rows[i].usage.talking)
			row_store(t, &t->rows[i]);
	}
	jf_loop_timer_start(&t->timer, JF_CALL_TRUNKS_STORE_MS, store_talking, t);
}

/* ---- What happens to trunks ------------------------------------------------------------------ */

static void publish(struct jf_call_trunks *t, const char *topic, const char *name,
                    const struct jf_trunk_status *status)
{
	jf_bus_publish(t->calls->config.bus, topic,
	               json_pack("{s:s, s:s, s:s, s:o}", "trunk", name, "state",
	                         jf_trunk_health_name(status->health), "registration",
	                         jf_trunk_registration_name(status->registration), "error",
	                         jf_bus_text(status->error, strlen(status->error))));
}

static void changed(const char *name, enum jf_trunk_change change,
                    const struct jf_trunk_status *status, void *arg)
{
	struct jf_call_trunks *t = arg;
	bool registered = status->registration == JF_TRUNK_REGISTRATION_REGISTERED;
	char error[JF_TRUNK_ERROR_MAX * 4];

	jf_log_escape(status->error, strlen(status->error), error, sizeof(error));
	switch (change) {
	case JF_TRUNK_CHANGE_HEALTH:
		jf_log(JF_LOG_SIP, status->health == JF_TRUNK_DOWN ? JF_LOG_ERROR : JF_LOG_NOTICE,
		       NULL, "trunk %s: %s%s%s", name, jf_trunk_health_name(status->health),
		       status->health == JF_TRUNK_DOWN ? ": " : "",
		       status->health == JF_TRUNK_DOWN ? error : "");
		publish(t, status->health == JF_TRUNK_DOWN ? "trunk.down" : "trunk.up", name,
		        status);
		break;
	case JF_TRUNK_CHANGE_REGISTRATION:
		jf_log(JF_LOG_SIP, registered ? JF_LOG_INFO : JF_LOG_ERROR, NULL,
		       "trunk %s: %s%s%s", name, jf_trunk_registration_name(status->registration),
		       registered ? "" : ": ", registered ? "" : error);
		publish(t, registered ? "trunk.registered" : "trunk.unregistered", name, status);
		(void)jf_call_usage(t, JF_CALL_USAGE_TRUNK, name);
		jf_call_usage_store(t, JF_CALL_USAGE_TRUNK, name);
		break;
	case JF_TRUNK_CHANGE_ALARM:
		publish(t, "trunk.alarm", name, status);
		break;
	}
}

/* ---- The directory --------------------------------------------------------------------------- */

static bool hex_read(const char *text, uint8_t *ret_bytes, size_t size)
{
	for (size_t i = 0; text[0] && i < size; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

		ret_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return text[0] != '\0';
}

static void credentials_make(const struct jf_directory_credentials *from,
                             struct jf_trunk_credentials *ret_credentials)
{
	*ret_credentials = (struct jf_trunk_credentials){.has_md5 = false};
	snprintf(ret_credentials->user, sizeof(ret_credentials->user), "%s", from->user);
	snprintf(ret_credentials->realm, sizeof(ret_credentials->realm), "%s", from->realm);
	ret_credentials->has_md5 =
	        hex_read(from->ha1, ret_credentials->md5, sizeof(ret_credentials->md5));
	ret_credentials->has_sha256 = hex_read(from->ha1_sha256, ret_credentials->sha256,
	                                       sizeof(ret_credentials->sha256));
}

struct prepared {
	struct jf_trunk_credentials credentials;
	struct jf_trunk_kept kept;
};

static void options_make(struct jf_call_trunks *t, const struct jf_directory_trunk *trunk,
                         struct prepared *prepared, struct jf_trunk_options *ret_options)
{
	const struct jf_directory_credentials *c = &trunk->out.credentials;

	*ret_options = (struct jf_trunk_options){
	        .name = trunk->name,
	        .uris = trunk->out.uris,
	        .n_uris = trunk->out.n_uris,
	        .domain = trunk->out.domain,
	        .options_s = trunk->out.options_s,
	};
	if (!c->user)
		return;
	credentials_make(c, &prepared->credentials);
	ret_options->credentials = &prepared->credentials;
	ret_options->register_s = c->expires_s;
	if (c->expires_s && kept_load(t, trunk->name, &prepared->kept))
		ret_options->kept = &prepared->kept;
}

void jf_call_trunks_set(struct jf_call_trunks *t, const struct jf_directory *directory)
{
	const struct jf_directory_trunk *trunks = NULL;
	struct jf_trunk_options *options;
	struct prepared *prepared;
	size_t count = 0;

	t->directory = directory;
	if (directory)
		trunks = jf_directory_trunks(directory, &count);
	options = calloc(count + 1, sizeof(*options));
	prepared = calloc(count + 1, sizeof(*prepared));
	if (options && prepared) {
		for (size_t i = 0; i < count; i++)
			options_make(t, &trunks[i], &prepared[i], &options[i]);
		if (jf_trunks_set(t->sip, options, count))
			jf_log(JF_LOG_SIP, JF_LOG_ERROR, NULL, "no memory for every trunk");
	}
	if (prepared)
		explicit_bzero(prepared, (count + 1) * sizeof(*prepared));
	free(prepared);
	free(options);
}

const struct jf_directory_trunk *jf_call_trunk_find(const struct jf_call_trunks *t,
                                                    const char *name)
{
	const struct jf_directory_trunk *trunks = NULL;
	size_t count = 0;

	if (t->directory)
		trunks = jf_directory_trunks(t->directory, &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(trunks[i].name, name))
			return &trunks[i];
	return NULL;
}

const struct jf_trunk_credentials *jf_call_trunk_credentials(const struct jf_call_trunks *t,
                                                             const char *name)
{
	return t->sip ? jf_trunks_credentials(t->sip, name) : NULL;
}

struct jf_trunks *jf_call_trunks_sip(const struct jf_call_trunks *t)
{
	return t->sip;
}

/* ---- Life ------------------------------------------------------------------------------------ */

int jf_call_trunks_create(struct jf_calls *calls, struct jf_call_trunks **ret_trunks)
{
	struct jf_call_trunks *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->calls = calls;
	err = jf_trunks_create(calls->config.sip, changed, t, &t->sip);
	if (err) {
		free(t);
		return err;
	}
	jf_loop_timer_start(&t->timer, JF_CALL_TRUNKS_STORE_MS, store_talking, t);
	*ret_trunks = t;
	return 0;
}

void jf_call_trunks_stop(struct jf_call_trunks *t)
{
	if (!t || !t->sip)
		return;
	jf_loop_timer_cancel(&t->timer);
	for (size_t i = 0; i < t->n_rows; i++) {
		jf_usage_count(&t->rows[i].usage, jf_loop_now_ns(), today());
		row_store(t, &t->rows[i]);
	}
	jf_trunks_destroy(t->sip);
	t->sip = NULL;
}

void jf_call_trunks_destroy(struct jf_call_trunks *t)
{
	if (!t)
		return;
	jf_call_trunks_stop(t);
	free(t->rows);
	free(t);
}

/* ---- Showing --------------------------------------------------------------------------------- */

static json_int_t since_ms(uint64_t at_ns, uint64_t now_ns)
{
	return (json_int_t)(jf_time_since(at_ns, now_ns) / JF_NS_PER_MS);
}

static json_t *destinations_json(const struct jf_trunk_status *status, uint64_t now_ns)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < status->n_destinations; i++) {
		const struct jf_trunk_destination *d = &status->destinations[i];
		char peer[JF_SIP_PEER_TEXT] = "";
		json_t *one = json_pack("{s:s, s:s, s:I}", "uri", d->uri, "state",
		                        jf_trunk_health_name(d->health), "since_ms",
		                        since_ms(d->since_ns, now_ns));

		if (d->peer.family)
			json_object_set_new(one, "address",
			                    json_string(jf_sip_peer_text(&d->peer, peer)));
		if (d->round_trip_us)
			json_object_set_new(one, "round_trip_ms",
			                    json_real(d->round_trip_us / 1000.0));
		json_array_append_new(list, one);
	}
	return list;
}

static void status_set(json_t *row, const struct jf_trunk_status *status, bool whole,
                       uint64_t now_ns)
{
	json_object_set_new(row, "state", json_string(jf_trunk_health_name(status->health)));
	json_object_set_new(row, "since_ms", json_integer(since_ms(status->since_ns, now_ns)));
	if (status->registers)
		json_object_set_new(row, "registration",
		                    json_string(jf_trunk_registration_name(status->registration)));
	if (status->expires_ns)
		json_object_set_new(row, "expires_ms",
		                    json_integer(since_ms(now_ns, status->expires_ns)));
	for (unsigned i = 0; i < status->n_destinations; i++)
		if (status->destinations[i].health == status->health &&
		    status->destinations[i].round_trip_us) {
			json_object_set_new(
			        row, "round_trip_ms",
			        json_real(status->destinations[i].round_trip_us / 1000.0));
			break;
		}
	if (status->error[0]) {
		json_object_set_new(row, "error",
		                    jf_bus_text(status->error, strlen(status->error)));
		json_object_set_new(row, "error_age_ms",
		                    json_integer(since_ms(status->error_ns, now_ns)));
	}
	if (whole)
		json_object_set_new(row, "destinations", destinations_json(status, now_ns));
}

static void caps_set(json_t *row, const struct jf_directory_caps *caps)
{
	json_t *json = json_object();

	if (caps->calls)
		json_object_set_new(json, "calls", json_integer(caps->calls));
	if (caps->calls_per_s)
		json_object_set_new(json, "calls_per_s", json_integer(caps->calls_per_s));
	if (caps->minutes_per_day)
		json_object_set_new(json, "minutes_per_day", json_integer(caps->minutes_per_day));
	json_object_set_new(row, "caps", json);
}

static json_int_t incoming(const struct jf_calls *calls, const char *trunk)
{
	json_int_t count = 0;

	JF_LIST_FOR(link, (struct jf_list *)(uintptr_t)&calls->calls)
	{
		const struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		count += call->caller.leg && !strcmp(call->trunk, trunk);
	}
	return count;
}

static json_t *trunk_json(struct jf_call_trunks *t, const struct jf_directory_trunk *trunk,
                          bool whole)
{
	const struct jf_usage *usage = jf_call_usage(t, JF_CALL_USAGE_TRUNK, trunk->name);
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_trunk_status status;
	json_t *row = json_pack("{s:s, s:s?, s:s, s:I, s:I}", "name", trunk->name, "tenant",
	                        trunk->tenant, "state", "incoming only", "in",
	                        incoming(t->calls, trunk->name), "out",
	                        (json_int_t)(usage ? usage->calls : 0));

	if (!row || !trunk->out.n_uris)
		return row;
	caps_set(row, &trunk->out.caps);
	json_object_set_new(row, "minutes_today",
	                    json_real(usage ? (double)usage->used_ns / (60.0 * 1e9) : 0));
	if (t->sip && !jf_trunks_status(t->sip, trunk->name, &status))
		status_set(row, &status, whole, now_ns);
	json_object_set_new(row, "priority", json_integer(trunk->out.priority));
	json_object_set_new(row, "weight", json_integer(trunk->out.weight));
	return row;
}

json_t *jf_call_trunks_json(struct jf_call_trunks *t, const char *name)
{
	const struct jf_directory_trunk *trunks = NULL;
	json_t *list = json_array();
	size_t count = 0;

	if (name) {
		const struct jf_directory_trunk *trunk = jf_call_trunk_find(t, name);

		json_decref(list);
		return trunk ? trunk_json(t, trunk, true) : NULL;
	}
	if (t->directory)
		trunks = jf_directory_trunks(t->directory, &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, trunk_json(t, &trunks[i], false));
	return list;
}
