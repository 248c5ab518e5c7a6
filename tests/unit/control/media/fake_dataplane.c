// SPDX-License-Identifier: BSD-3-Clause
#include "fake_dataplane.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct jf_contract_shape fake_shape = {
        .n_workers = 2,
        .n_addresses = 1,
        .endpoints_per_address = 8,
        .n_recordings = 4,
        .track_frames = 256,
        .port_first = 20000,
        .addresses = {{.ip = {10, 77, 0, 1}, .family = 4}},
};

void fake_start(struct fake_dataplane *fake, const char *path, uint64_t now_ns)
{
	static uint64_t epoch;
	char temporary[128];
	int fd;

	memset(fake, 0, sizeof(*fake));
	snprintf(fake->path, sizeof(fake->path), "%s", path);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	if (jf_contract_size(&fake_shape, &fake->size))
		abort();
	fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)fake->size))
		abort();
	fake->memory = mmap(NULL, fake->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (fake->memory == MAP_FAILED ||
	    jf_contract_create(fake->memory, &fake_shape, ++epoch, 4711, &fake->contract))
		abort();
	for (uint32_t i = 0; i < fake->contract.n_endpoints; i++)
		fake->contract.slots[i].identity.tap.index = JF_CONTRACT_NONE;
	fake->contract.header->dataplane_beat_ns = now_ns;
	if (rename(temporary, path))
		abort();
}

void fake_stop(struct fake_dataplane *fake)
{
	munmap(fake->memory, fake->size);
	fake->memory = NULL;
}

static void hint(struct fake_dataplane *fake, uint32_t type, uint32_t endpoint)
{
	struct jf_event event = {.type = type, .endpoint.index = endpoint};
	uint32_t ring = type == JF_EVENT_RECORDED
	                        ? fake_shape.n_workers
	                        : jf_contract_worker_of(&fake->contract, endpoint);

	if (!fake->silent_events)
		(void)jf_contract_emit(&fake->contract, ring, &event);
}

static void record(struct fake_dataplane *fake, const struct jf_command *command, uint64_t now_ns)
{
	struct jf_recording *r = &fake->contract.recordings[command->record.recording.index];

	jf_seq_write_begin(&r->seq);
	r->generation = command->record.recording.generation;
	r->call = command->record.call;
	r->law = command->record.law;
	r->state = JF_RECORDING_OPEN;
	r->samples = 0;
	r->started_ns = now_ns;
	memcpy(r->path, command->record.path, sizeof(r->path));
	jf_seq_write_end(&r->seq);
}

static int32_t record_end(struct fake_dataplane *fake, const struct jf_command *command)
{
	struct jf_recording *r = &fake->contract.recordings[command->record_end.recording.index];

	if (r->generation != command->record_end.recording.generation)
		return -ESTALE;
	jf_seq_write_begin(&r->seq);
	r->state = JF_RECORDING_CLOSED;
	r->samples = 16000;
	jf_seq_write_end(&r->seq);
	hint(fake, JF_EVENT_RECORDED, command->record_end.recording.index);
	return 0;
}

static int32_t sound(struct fake_dataplane *fake, const struct jf_command *command)
{
	char *at = fake->sounds[command->sound.sound];

	if (!command->sound.path[0]) {
		at[0] = '\0';
		return 0;
	}
	if (strstr(command->sound.path, "broken"))
		return -EINVAL;
	if (at[0] && strcmp(at, command->sound.path) != 0)
		return -EEXIST;
	memcpy(at, command->sound.path, JF_CONTRACT_PATH_MAX);
	return 0;
}

static void hear(struct jf_slot_identity *id, const struct jf_command *command)
{
	if (command->type == JF_COMMAND_MIX) {
		id->hears = command->mix.count ? JF_HEARS_MIX : JF_HEARS_NOTHING;
		id->mix_id = command->mix.mix_id;
	} else if (command->type == JF_COMMAND_JOIN) {
		id->hears = JF_HEARS_ENDPOINT;
		id->hears_index = command->join.source.index;
		id->hears_generation = command->join.source.generation;
	} else {
		id->hears = command->play.sound_count ? JF_HEARS_SOUND : JF_HEARS_NOTHING;
		id->play_id = command->play.play_id;
		id->play_done = 0;
	}
}

static void open_slot(struct jf_slot *slot, const struct jf_command *command, uint64_t now_ns)
{
	struct jf_slot_identity *id = &slot->identity;

	id->state = JF_SLOT_OPEN;
	if (id->generation == command->endpoint.generation)
		return;
	memset(&slot->rx, 0, sizeof(slot->rx));
	memset(&slot->rx_rare, 0, sizeof(slot->rx_rare));
	slot->rx_rare.clock_hz = 8000;
	memset(&slot->digits, 0, sizeof(slot->digits));
	id->generation = command->endpoint.generation;
	id->call = command->open.call;
	id->side = command->open.side;
	id->hears = JF_HEARS_NOTHING;
	id->tap.index = JF_CONTRACT_NONE;
	id->opened_ns = now_ns;
}

static int32_t apply(struct fake_dataplane *fake, const struct jf_command *command, uint64_t now_ns)
{
	struct jf_slot *slot;
	struct jf_slot_identity *id;

	switch (command->type) {
	case JF_COMMAND_RECORD:
		record(fake, command, now_ns);
		return 0;
	case JF_COMMAND_RECORD_END:
		return record_end(fake, command);
	case JF_COMMAND_SOUND:
		return sound(fake, command);
	default:
		break;
	}
	if (command->endpoint.index >= fake->contract.n_endpoints)
		return -EINVAL;
	slot = &fake->contract.slots[command->endpoint.index];
	id = &slot->identity;
	if (command->endpoint.generation < id->generation)
		return -ESTALE;
	if (command->type != JF_COMMAND_OPEN &&
	    (id->state != JF_SLOT_OPEN || id->generation != command->endpoint.generation))
		return -ESTALE;
	jf_seq_write_begin(&id->seq);
	if (command->type == JF_COMMAND_OPEN)
		open_slot(slot, command, now_ns);
	else if (command->type == JF_COMMAND_CLOSE)
		id->state = JF_SLOT_FREE;
	else if (command->type == JF_COMMAND_TAP)
		id->tap = command->tap.recording;
	else if (command->type == JF_COMMAND_REMOTE)
		id->codec = command->remote.codec;
	else if (command->type != JF_COMMAND_KEYS && command->type != JF_COMMAND_MASK &&
	         command->type != JF_COMMAND_DIGITS)
		hear(id, command);
	jf_seq_write_end(&id->seq);
	return 0;
}

uint32_t fake_run(struct fake_dataplane *fake, uint64_t now_ns, uint32_t most)
{
	uint32_t count = 0;

	fake->contract.header->dataplane_beat_ns = now_ns;
	for (uint32_t ring = 0; ring <= fake_shape.n_workers; ring++) {
		struct jf_command command;

		if (ring == fake_shape.n_workers && fake->slow_sounds)
			continue;
		for (uint32_t i = 0;
		     i < most && !jf_contract_take_command(&fake->contract, ring, &command); i++) {
			struct jf_answer answer = {
			        .request = command.request,
			        .type = command.type,
			        .endpoint = command.endpoint,
			        .result = fake->refuse[command.type],
			};

			fake->commands[command.type]++;
			fake->last[command.type] = command;
			fake->order[command.type] = ++fake->taken;
			if (!answer.result)
				answer.result = apply(fake, &command, now_ns);
			(void)jf_contract_answer(&fake->contract, ring, &answer);
			count++;
		}
	}
	return count;
}

void fake_media(struct fake_dataplane *fake, uint32_t endpoint, uint64_t packets, uint64_t now_ns)
{
	struct jf_slot_rx_kept *rx = &fake->contract.slots[endpoint].rx;
	struct jf_slot_rx_rare *rare = &fake->contract.slots[endpoint].rx_rare;

	jf_seq_write_begin(&rx->seq);
	if (!rare->first_ns)
		rare->first_ns = now_ns;
	rx->stats.last_tick = jf_slot_tick(now_ns);
	rare->stats.origin = rx->stats.started ? rare->stats.origin : 1;
	rx->stats.started = true;
	rx->stats.packets += (uint32_t)packets;
	rx->stats.highest += (uint32_t)packets + 1; /* one lost each time */
	rare->stats.loss_runs++;
	rx->stats.jitter_ts_q4 = 2 * 8 * 16; /* 2 ms */
	jf_seq_write_end(&rx->seq);
	hint(fake, JF_EVENT_MEDIA, endpoint);
}

void fake_rtcp(struct fake_dataplane *fake, uint32_t endpoint, uint32_t round_trip_us,
               int32_t remote_lost, uint64_t now_ns)
{
	struct jf_slot_rtcp *rtcp = &fake->contract.slots[endpoint].rtcp;

	jf_seq_write_begin(&rtcp->seq);
	rtcp->received++;
	rtcp->sent += 2;
	rtcp->last_ns = now_ns;
	rtcp->round_trip_us = round_trip_us;
	rtcp->remote_lost = remote_lost;
	rtcp->remote_jitter_ts = 40;
	rtcp->known = JF_RTCP_REMOTE | JF_RTCP_ROUND_TRIP;
	jf_seq_write_end(&rtcp->seq);
}

void fake_digit(struct fake_dataplane *fake, uint32_t endpoint, uint8_t event, uint64_t now_ns)
{
	struct jf_slot *slot = &fake->contract.slots[endpoint];
	struct jf_slot_presses *digits = &slot->digits;

	jf_seq_write_begin(&digits->seq);
	digits->kept[digits->count % JF_CONTRACT_DIGITS_KEPT] = (struct jf_slot_press){
	        .event = event, .at_ms = (uint32_t)((now_ns - slot->identity.opened_ns) / 1000000)};
	digits->count++;
	jf_seq_write_end(&digits->seq);
	hint(fake, JF_EVENT_DIGIT, endpoint);
}

void fake_played(struct fake_dataplane *fake, uint32_t endpoint, uint64_t now_ns)
{
	struct jf_slot_identity *id = &fake->contract.slots[endpoint].identity;

	(void)now_ns;
	jf_seq_write_begin(&id->seq);
	id->play_done = 1;
	jf_seq_write_end(&id->seq);
	hint(fake, JF_EVENT_PLAYED, endpoint);
}

/* Those of the last command. */
void fake_digits_sent(struct fake_dataplane *fake, uint32_t endpoint)
{
	struct jf_event event = {
	        .type = JF_EVENT_DIGITS_SENT,
	        .value = fake->last[JF_COMMAND_DIGITS].digits.digits_id,
	        .endpoint = fake->last[JF_COMMAND_DIGITS].endpoint,
	};

	(void)jf_contract_emit(&fake->contract, jf_contract_worker_of(&fake->contract, endpoint),
	                       &event);
}

void fake_frame(struct fake_dataplane *fake, uint32_t endpoint, uint8_t level, uint64_t now_ns)
{
	struct jf_slot *slot = &fake->contract.slots[endpoint];
	struct jf_track *track = &slot->rx.track;

	jf_seq_write_begin(&slot->rx.seq);
	if (!track->frames)
		slot->rx_rare.track_ns = now_ns;
	jf_contract_track(&fake->contract, endpoint)[track->frames % fake_shape.track_frames] =
	        level;
	track->recent[track->frames % JF_TRACK_GROUP] = level;
	track->frames++;
	jf_seq_write_end(&slot->rx.seq);
}
