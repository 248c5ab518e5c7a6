// SPDX-License-Identifier: BSD-3-Clause
#include "jf_service.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "jf_log.h"
#include "jf_time.h"

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
}

static int load_sound(struct jf_service *service, const struct jf_command_sound *sound)
{
	char shown[2 * JF_CONTRACT_PATH_MAX];
	int result;

	if (!memchr(sound->path, '\0', sizeof(sound->path)))
		return -EINVAL;
	if (!sound->path[0])
		return jf_sounds_unload(service->sounds, sound->sound);
	result = jf_sounds_load(service->sounds, sound->sound, sound->path);
	if (result)
		jf_log(JF_LOG_WORKER, JF_LOG_WARNING, NULL, "sound %u, %s: %s", sound->sound,
		       jf_log_escape(sound->path, strlen(sound->path), shown, sizeof(shown)),
		       strerror(-result));
	return result;
}

/* One a round: loading takes milliseconds, and the kernel's packets wait meanwhile. */
static void take_command(struct jf_service *service)
{
	uint32_t ring = service->contract->header->shape.n_workers;
	struct jf_command command;
	struct jf_answer answer;

	if (jf_contract_take_command(service->contract, ring, &command))
		return;
	answer = (struct jf_answer){
	        .request = command.request,
	        .type = command.type,
	        .endpoint = command.endpoint,
	        .result = command.type == JF_COMMAND_SOUND ? load_sound(service, &command.sound)
	                                                   : -EINVAL,
	};
	if (jf_contract_answer(service->contract, ring, &answer))
		service->contract->workers[ring].invariants++;
}

static void tell_recorded(struct jf_service *service, uint64_t now_ns)
{
	uint32_t ring = service->contract->header->shape.n_workers;
	struct jf_recording_ref recording;

	while (jf_recorder_take_done(service->recorder, &recording) == 0) {
		const struct jf_event event = {
		        .type = JF_EVENT_RECORDED,
		        .endpoint = {.index = recording.index, .generation = recording.generation},
		        .at_ns = now_ns,
		};

		if (jf_contract_emit(service->contract, ring, &event))
			service->contract->workers[ring].events_lost++;
	}
}

static void publish_recorder(struct jf_service *service)
{
	struct jf_recorder_figures *figures = &service->contract->header->recorder;
	struct jf_recorder_stats stats;

	jf_recorder_read_stats(service->recorder, &stats);
	atomic_store_explicit(&figures->buffer_bytes, stats.buffer_bytes, memory_order_relaxed);
	atomic_store_explicit(&figures->buffer_used_bytes, stats.buffer_used_bytes,
	                      memory_order_relaxed);
	atomic_store_explicit(&figures->written_bytes, stats.bytes_written, memory_order_relaxed);
	atomic_store_explicit(&figures->lost_packets, stats.lost, memory_order_relaxed);
	atomic_store_explicit(&figures->ring_bytes, stats.ring_bytes, memory_order_relaxed);
}

void jf_service_round(struct jf_service *service)
{
	_Atomic uint64_t *beat = &service->contract->header->dataplane_beat_ns;
	uint64_t now_ns = monotonic_ns();

	jf_ports_serve(service->ports, now_ns, JF_PORTS_TIMEOUT_US);
	take_command(service);
	jf_sounds_reclaim(service->sounds, service->contract->workers,
	                  service->contract->header->shape.n_workers);
	tell_recorded(service, now_ns);
	if (jf_time_since(atomic_load_explicit(beat, memory_order_relaxed), now_ns) >=
	    JF_CONTRACT_HEARTBEAT_NS) {
		jf_ports_publish(service->ports, service->contract);
		publish_recorder(service);
		atomic_store_explicit(beat, now_ns, memory_order_release);
	}
}
