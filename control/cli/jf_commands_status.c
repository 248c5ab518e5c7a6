// SPDX-License-Identifier: BSD-3-Clause
/* status: the media, the store and the loop. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_commands_priv.h"
#include "jf_loop.h"
#include "jf_media.h"
#include "jf_overload_json.h"
#include "jf_sip.h"
#include "jf_sip_admit.h"
#include "jf_store.h"
#include "jf_time.h"
#include "jf_view.h"

/* Only those that happened. */
static json_t *drops_json(const uint64_t *drops, uint64_t *ret_sum)
{
	json_t *named = json_object();

	*ret_sum = 0;
	for (unsigned d = 0; d < JF_MEDIA_DROPS; d++) {
		const char *name = jf_media_drop_name(d);

		*ret_sum += drops[d];
		if (name && drops[d])
			json_object_set_new(named, name, json_integer((json_int_t)drops[d]));
	}
	return named;
}

static json_t *dataplane_status(const struct jf_media_totals *totals)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I}",
	                 "alive", totals->up, "pid", (json_int_t)totals->pid, "workers",
	                 (json_int_t)totals->workers, "endpoints", (json_int_t)totals->endpoints,
	                 "endpoints_open", (json_int_t)totals->endpoints_open, "recordings_open",
	                 (json_int_t)totals->recordings_open, "commands_refused",
	                 (json_int_t)totals->commands_refused, "commands_waiting",
	                 (json_int_t)totals->commands_waiting, "heartbeat_ms",
	                 (json_int_t)(totals->beat_age_ns / JF_NS_PER_MS), "shed",
	                 jf_media_shed_name(totals->load.shed), "buffers",
	                 (json_int_t)totals->buffers, "buffers_free",
	                 (json_int_t)totals->buffers_free, "buffers_low",
	                 (json_int_t)totals->buffers_low, "invariants_broken",
	                 (json_int_t)totals->invariants);
}

/* Whether the workers had their cores. */
static json_t *cores_status(const struct jf_media_totals *totals)
{
	return json_pack("{s:b, s:I, s:f, s:f}", "workers_are_late", totals->load.workers_are_late,
	                 "polls_late", (json_int_t)totals->polls_late, "late_ms",
	                 (double)totals->late_ns / (double)JF_NS_PER_MS, "longest_late_ms",
	                 (double)totals->late_max_ns / (double)JF_NS_PER_MS);
}

/* Between the workers and the disk of the recordings. */
static json_t *recorder_status(const struct jf_media_totals *totals)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I}", "disk_is_slow", totals->load.disk_is_slow,
	                 "buffer_bytes", (json_int_t)totals->record_buffer_bytes,
	                 "buffer_used_bytes", (json_int_t)totals->record_buffer_used_bytes,
	                 "written_bytes", (json_int_t)totals->record_written_bytes, "lost",
	                 (json_int_t)totals->record_lost);
}

static json_t *rtp_status(const struct jf_media_totals *totals)
{
	uint64_t dropped;
	json_t *named = drops_json(totals->drops, &dropped);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "received",
	                 (json_int_t)totals->received, "handed_over",
	                 (json_int_t)totals->handed_over, "lost", (json_int_t)totals->lost,
	                 "relayed", (json_int_t)totals->relayed_rtp, "rtcp_received",
	                 (json_int_t)totals->rtcp_received, "rtcp_sent",
	                 (json_int_t)totals->rtcp_sent, "played", (json_int_t)totals->played,
	                 "mixed", (json_int_t)totals->mixed, "taped", (json_int_t)totals->taped,
	                 "digits", (json_int_t)totals->digits, "dropped", named);
}

static json_t *store_status(struct jf_store *store)
{
	struct jf_store_status status;

	jf_store_status(store, &status);
	return json_pack(
	        "{s:s, s:I, s:I, s:I, s:f}", "state", status.error ? strerror(-status.error) : "up",
	        "records", (json_int_t)status.rows[JF_STORE_RECORDS], "waiting",
	        (json_int_t)status.batches_queued, "used_bytes", (json_int_t)status.used_bytes,
	        "longest_commit_ms", (double)status.longest_commit_ns / (double)JF_NS_PER_MS);
}

static double in_ms(uint64_t ns)
{
	return (double)ns / (double)JF_NS_PER_MS;
}

static json_t *parts_json(const uint64_t part_ns[JF_LOOP_PART_COUNT])
{
	json_t *parts = json_object();

	for (enum jf_loop_part p = 0; p < JF_LOOP_PART_COUNT; p++)
		json_object_set_new(parts, jf_loop_part_name(p), json_real(in_ms(part_ns[p])));
	return parts;
}

static json_t *loop_status(void)
{
	struct jf_loop_stats stats = jf_loop_stats_get();

	return json_pack("{s:I, s:I, s:I, s:f, s:f, s:s, s:o, s:f, s:o, s:I}", "turns",
	                 (json_int_t)stats.turns, "long_turns", (json_int_t)stats.turns_long,
	                 "long_turns_of_work", (json_int_t)stats.turns_held, "longest_turn_ms",
	                 in_ms(stats.longest.length_ns), "longest_turn_ran_ms",
	                 in_ms(stats.longest.ran_ns), "longest_turn_in",
	                 jf_loop_part_name(jf_loop_turn_most(&stats.longest)),
	                 "longest_turn_parts_ms", parts_json(stats.longest.part_ns), "busy_s",
	                 (double)stats.busy_ns / (double)JF_NS_PER_S, "busy_parts_ms",
	                 parts_json(stats.part_ns), "timers", (json_int_t)stats.timers);
}

/* Sounds that callers should hear and don't. */
static json_t *failed_sounds(const struct jf_media *media)
{
	struct jf_media_sound_info sounds[64];
	size_t n = jf_media_sounds(media, sounds, 64);
	json_t *failed = json_array();

	for (size_t i = 0; i < n && i < 64; i++)
		if (sounds[i].error)
			json_array_append_new(failed,
			                      json_pack("{s:s, s:s}", "path", sounds[i].path,
			                                "error", strerror(-sounds[i].error)));
	return failed;
}

void jf_commands_status(struct jf_commands *commands, const struct jf_request *request,
                        struct jf_reply *reply)
{
	json_t *status = jf_view_status(commands->config.calls), *failed;
	struct jf_media_totals totals;
	struct jf_sip_load load;

	(void)request;
	jf_media_totals(commands->config.media, jf_loop_now_ns(), &totals);
	json_object_set_new(status, "dataplane", dataplane_status(&totals));
	json_object_set_new(status, "cores", cores_status(&totals));
	json_object_set_new(status, "recorder", recorder_status(&totals));
	json_object_set_new(status, "rtp", rtp_status(&totals));
	json_object_set_new(status, "store", store_status(commands->config.store));
	json_object_set_new(status, "loop", loop_status());
	jf_sip_load_get(commands->config.sip, &load);
	json_object_set_new(status, "sip_load", jf_overload_json(&load));
	json_object_set_new(status, "transports",
	                    jf_commands_transports_json(commands->config.sip));
	json_object_set_new(status, "locked_out",
	                    json_integer((json_int_t)jf_lockout_count(
	                            jf_sip_lockouts(commands->config.sip), jf_loop_now_ns())));
	json_object_set_new(status, "events",
	                    json_integer((json_int_t)jf_bus_count(commands->config.bus)));
	failed = failed_sounds(commands->config.media);
	if (json_array_size(failed))
		json_object_set(status, "sounds_failed", failed);
	json_decref(failed);
	jf_reply_data(reply, status);
}
