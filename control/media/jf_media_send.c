// SPDX-License-Identifier: BSD-3-Clause
/*
 * From what shall be to commands. Each worker's ring is served in phases, because a command may
 * name what an earlier one makes: recordings and endpoints, then what is heard and taped, then the
 * ends of recordings. When a ring is full the rest stays dirty for the next time.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <string.h>

#define MAKE_BITS                                                                                  \
	(JF_MEDIA_DIRTY_CLOSE | JF_MEDIA_DIRTY_OPEN | JF_MEDIA_DIRTY_KEYS | JF_MEDIA_DIRTY_MASK |  \
	 JF_MEDIA_DIRTY_REMOTE)
#define WIRE_BITS                                                                                  \
	(JF_MEDIA_DIRTY_HEARS | JF_MEDIA_DIRTY_TAP | JF_MEDIA_DIRTY_DIGITS |                       \
	 JF_MEDIA_DIRTY_KEYFRAME)

void jf_media_endpoint_dirty(struct jf_media *media, uint32_t index, unsigned bits)
{
	struct jf_media_endpoint *e = &media->endpoints[index];
	uint32_t worker = index % media->shape.endpoints_per_address /
	                  (media->shape.endpoints_per_address / media->n_workers);

	e->dirty |= (uint16_t)bits;
	if (!jf_link_linked(&e->dirty_link))
		jf_list_append(&media->workers[worker].dirty_endpoints, &e->dirty_link);
}

void jf_media_file_dirty(struct jf_media *media, uint32_t index, unsigned bits)
{
	struct jf_media_file *f = &media->files[index];

	f->dirty |= (uint8_t)bits;
	if (!jf_link_linked(&f->dirty_link))
		jf_list_append(&media->workers[f->worker].dirty_files, &f->dirty_link);
}

static void open_fill(const struct jf_media_endpoint *e, struct jf_command *command)
{
	command->open.call = e->call;
	command->open.side = e->side;
}

static void remote_fill(const struct jf_media_endpoint *e, struct jf_command *command)
{
	const struct jf_media_remote *r = &e->remote;

	command->remote = (struct jf_command_remote){
	        .family = r->rtp.family,
	        .direction = (uint8_t)((r->send ? JF_DIRECTION_SEND : 0) |
	                               (r->receive ? JF_DIRECTION_RECV : 0)),
	        .codec = (uint8_t)r->codec,
	        .latch = r->learn ? JF_LATCH_LEARN : JF_LATCH_STRICT,
	        .rx_digits = (uint8_t)r->rx_digits,
	        .tx_digits = (uint8_t)r->tx_digits,
	        .keyframes = r->keyframes,
	        .clock_hz = r->clock_hz,
	        .negotiation = r->negotiation,
	        .rtp_port = r->rtp.port,
	        .rtcp_port = r->rtcp_port,
	        .rx_audio_type = r->rx_audio_type,
	        .rx_event_type = r->rx_event_type,
	        .tx_audio_type = r->tx_audio_type,
	        .tx_event_type = r->tx_event_type,
	        .ptime_ms = r->ptime_ms,
	};
	memcpy(command->remote.ip, r->rtp.ip, sizeof(r->rtp.ip));
}

/* false: not to be sent now. */
static bool hears_fill(struct jf_media *media, struct jf_media_endpoint *e,
                       struct jf_command *command)
{
	int error = 0, result;

	switch ((enum jf_media_hears)e->hears) {
	case JF_MEDIA_HEARS_AS_FOUND:
		e->dirty &= (uint16_t)~JF_MEDIA_DIRTY_HEARS;
		return false;
	case JF_MEDIA_HEARS_NOTHING:
		command->type = JF_COMMAND_PLAY;
		return true;
	case JF_MEDIA_HEARS_STREAM:
		command->type = JF_COMMAND_JOIN;
		command->join.source =
		        (struct jf_endpoint_ref){e->source.index, e->source.generation};
		return true;
	case JF_MEDIA_HEARS_MIX:
		command->type = JF_COMMAND_MIX;
		jf_media_mix_fill(media, e, command);
		return true;
	case JF_MEDIA_HEARS_LIST:
		break;
	}
	command->type = JF_COMMAND_PLAY;
	result = jf_media_list_resolve(media, &e->list, &command->play, &error);
	if (result == -EAGAIN)
		return false;
	if (result == -ENOENT)
		jf_media_defer(media, &(struct jf_media_event){
		                              .type = JF_MEDIA_FAILED,
		                              .endpoint = {(uint32_t)(e - media->endpoints),
		                                           e->generation},
		                              .call = e->call,
		                              .play_id = e->play_id,
		                              .command = "play",
		                              .error = error,
		                      });
	/* With none of them left the party hears nothing, as after any list. */
	command->play.play_id = e->play_id;
	return true;
}

static void tap_fill(const struct jf_media_endpoint *e, struct jf_command *command)
{
	command->tap.recording = (struct jf_recording_ref){
	        e->tap.generation ? e->tap.index : JF_CONTRACT_NONE, e->tap.generation};
	command->tap.side = e->tap_side;
}

/* What is to be told for one dirty bit. false: nothing now. */
static bool command_fill(struct jf_media *media, struct jf_media_endpoint *e, unsigned bit,
                         struct jf_command *command)
{
	switch (bit) {
	case JF_MEDIA_DIRTY_CLOSE:
		command->type = JF_COMMAND_CLOSE;
		return true;
	case JF_MEDIA_DIRTY_OPEN:
		command->type = JF_COMMAND_OPEN;
		open_fill(e, command);
		return true;
	case JF_MEDIA_DIRTY_KEYS:
		command->type = JF_COMMAND_KEYS;
		jf_media_keys_fill(e, command);
		return true;
	case JF_MEDIA_DIRTY_MASK:
		command->type = JF_COMMAND_MASK;
		command->mask.on = e->mask;
		return true;
	case JF_MEDIA_DIRTY_REMOTE:
		command->type = JF_COMMAND_REMOTE;
		remote_fill(e, command);
		return true;
	case JF_MEDIA_DIRTY_HEARS:
		return hears_fill(media, e, command);
	case JF_MEDIA_DIRTY_KEYFRAME:
		command->type = JF_COMMAND_KEYFRAME;
		return true;
	case JF_MEDIA_DIRTY_DIGITS:
		command->type = JF_COMMAND_DIGITS;
		return jf_media_presses_fill(media, e, command);
	default:
		command->type = JF_COMMAND_TAP;
		tap_fill(e, command);
		return true;
	}
}

/* One command for one dirty bit. 0 (bit cleared, or it has to wait for a sound), -EAGAIN. */
static int endpoint_send(struct jf_media *media, uint32_t worker, struct jf_media_endpoint *e,
                         unsigned bit)
{
	uint32_t index = (uint32_t)(e - media->endpoints);
	struct jf_command command = {
	        .request = index,
	        .endpoint = {index, e->generation},
	};
	int result;

	if (!command_fill(media, e, bit, &command))
		return 0;
	result = jf_contract_post(&media->contract, worker, &command);
	if (bit == JF_MEDIA_DIRTY_KEYS)
		explicit_bzero(&command, sizeof(command));
	if (result)
		return result;
	e->dirty &= (uint16_t)~bit;
	if (bit == JF_MEDIA_DIRTY_DIGITS)
		jf_media_presses_begin(media, e, &command);
	return 0;
}

static int endpoints_send(struct jf_media *media, uint32_t worker, unsigned bits)
{
	struct jf_list *list = &media->workers[worker].dirty_endpoints;

	JF_LIST_FOR(link, list)
	{
		struct jf_media_endpoint *e =
		        JF_CONTAINER(link, struct jf_media_endpoint, dirty_link);

		for (unsigned bit = 1; bit <= JF_MEDIA_DIRTY_CLOSE; bit <<= 1) {
			int result = 0;

			if (e->dirty & bits & bit)
				result = endpoint_send(media, worker, e, bit);
			if (result)
				return result;
		}
		if (!e->dirty)
			jf_list_remove(&e->dirty_link);
	}
	return 0;
}

static int file_send(struct jf_media *media, uint32_t worker, struct jf_media_file *f, unsigned bit)
{
	uint32_t index = (uint32_t)(f - media->files);
	struct jf_recording_ref ref = {index, f->generation};
	struct jf_command command = {.request = index, .endpoint = {index, f->generation}};
	int result;

	if (bit == JF_MEDIA_DIRTY_RECORD) {
		command.type = JF_COMMAND_RECORD;
		command.record.recording = ref;
		command.record.call = f->call;
		command.record.law = f->format == JF_MEDIA_FORMAT_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU;
		command.record.format = f->format == JF_MEDIA_FORMAT_LINEAR    ? JF_RECORD_LINEAR
		                        : f->format == JF_MEDIA_FORMAT_PACKETS ? JF_RECORD_PACKETS
		                                                               : JF_RECORD_G711;
		memcpy(command.record.path, f->path, sizeof(f->path));
	} else {
		command.type = JF_COMMAND_RECORD_END;
		command.record_end.recording = ref;
	}
	result = jf_contract_post(&media->contract, worker, &command);
	if (!result)
		f->dirty &= (uint8_t)~bit;
	return result;
}

static int files_send(struct jf_media *media, uint32_t worker, unsigned bit)
{
	JF_LIST_FOR(link, &media->workers[worker].dirty_files)
	{
		struct jf_media_file *f = JF_CONTAINER(link, struct jf_media_file, dirty_link);
		int result = f->dirty & bit ? file_send(media, worker, f, bit) : 0;

		if (result)
			return result;
		if (!f->dirty)
			jf_list_remove(&f->dirty_link);
	}
	return 0;
}

/* 0, or -EAGAIN: the ring is full. */
static int worker_send(struct jf_media *media, uint32_t worker)
{
	int result = files_send(media, worker, JF_MEDIA_DIRTY_RECORD);

	if (!result)
		result = endpoints_send(media, worker, MAKE_BITS);
	if (!result)
		result = endpoints_send(media, worker, WIRE_BITS);
	if (!result)
		result = files_send(media, worker, JF_MEDIA_DIRTY_RECORD_END);
	return result;
}

void jf_media_flush_full(struct jf_media *media)
{
	for (uint32_t w = 0; w < media->n_workers; w++)
		media->workers[w].full = false;
	jf_media_flush(media);
}

void jf_media_flush(struct jf_media *media)
{
	if (!media->memory)
		return;
	jf_media_sounds_flush(media);
	for (uint32_t w = 0; w < media->n_workers; w++)
		if (!media->workers[w].full)
			media->workers[w].full = worker_send(media, w) != 0;
}
