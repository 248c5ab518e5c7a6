// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the dataplane says. Answers tell what was refused; events only tell where to look: what
 * happened is read from the slots, by the same code as in the sweep that finds lost hints.
 */
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_log.h"
#include "jf_time.h"

/* A turn of the loop is bounded: the rest waits for the next poll, in the same turn if there is
 * time. Most answers say that all is well; an event may be a call's end, whose record is then
 * written. */
#define ANSWERS_PER_POLL 2048
#define EVENTS_PER_POLL  16 /* many end a call: below 1 ms */

void jf_media_emit(struct jf_media *media, const struct jf_media_event *event)
{
	media->emitted++;
	if (media->handler)
		media->handler(event, media->arg);
}

void jf_media_defer(struct jf_media *media, const struct jf_media_event *event)
{
	if (media->n_deferred == media->deferred_room) {
		size_t room = media->deferred_room ? media->deferred_room * 2 : 16;
		struct jf_media_event *grown =
		        realloc(media->deferred, room * sizeof(media->deferred[0]));
		if (!grown) {
			jf_log(JF_LOG_MEDIA, JF_LOG_ERROR, &event->call,
			       "no memory to report that %s failed", event->command);
			return;
		}
		media->deferred = grown;
		media->deferred_room = room;
	}
	media->deferred[media->n_deferred] = *event;
	media->deferred[media->n_deferred].at_ns = media->now_ns;
	media->n_deferred++;
}

/* Handlers may defer more: those are for this turn too. */
static void deferred_emit(struct jf_media *media)
{
	for (size_t i = 0; i < media->n_deferred; i++) {
		struct jf_media_event event = media->deferred[i];
		jf_media_emit(media, &event);
	}
	media->n_deferred = 0;
}

static void endpoint_refused(struct jf_media *media, const struct jf_answer *answer)
{
	struct jf_media_ref ref = {answer->endpoint.index, answer->endpoint.generation};
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, ref);

	if (!e) /* closed meanwhile */
		return;
	jf_log(JF_LOG_MEDIA, JF_LOG_WARNING, &e->call, "endpoint %u: %s refused: %s", ref.index,
	       jf_command_name((enum jf_command_type)answer->type), strerror(-answer->result));
	jf_media_emit(media, &(struct jf_media_event){
	                             .type = JF_MEDIA_FAILED,
	                             .endpoint = ref,
	                             .call = e->call,
	                             .play_id = e->play_id,
	                             .command = jf_command_name((enum jf_command_type)answer->type),
	                             .error = answer->result,
	                             .at_ns = media->now_ns,
	                     });
}

/* The request of RECORD and RECORD_END is the recording's index. */
static void file_refused(struct jf_media *media, const struct jf_answer *answer)
{
	struct jf_media_file *f;

	if (answer->request >= media->n_files)
		return;
	f = &media->files[answer->request];
	if (f->use != JF_MEDIA_USED && f->use != JF_MEDIA_ENDED)
		return;
	/* The first error is the cause; that its end is refused as well only follows from it. */
	f->error = f->error ? f->error : answer->result;
	if (answer->type == JF_COMMAND_RECORD)
		jf_media_file_look(media, answer->request);
	else if (f->use == JF_MEDIA_ENDED)
		jf_media_file_finish(media, answer->request, answer->result);
}

static void answer_take(struct jf_media *media, const struct jf_answer *answer)
{
	if (answer->type == JF_COMMAND_SOUND) {
		jf_media_sound_answer(media, answer);
		return;
	}
	if (answer->result >= 0)
		return;
	media->refused_commands++;
	if (answer->type == JF_COMMAND_RECORD || answer->type == JF_COMMAND_RECORD_END)
		file_refused(media, answer);
	else if (answer->type != JF_COMMAND_CLOSE)
		endpoint_refused(media, answer);
}

static char digit_name(uint8_t event)
{
	static const char names[] = "0123456789*#ABCDF";

	return event < sizeof(names) - 1 ? names[event] : '?';
}

static void digits_report(struct jf_media *media, struct jf_media_ref ref)
{
	struct jf_slot_digits slot;
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, ref);

	jf_contract_read_digits(&media->contract.slots[ref.index], &slot);
	if (slot.count - e->digits > UINT32_MAX / 2) /* of an earlier use: not reset yet */
		return;
	if (slot.count - e->digits > JF_CONTRACT_DIGITS_KEPT) {
		jf_log(JF_LOG_MEDIA, JF_LOG_WARNING, &e->call,
		       "%u digits came too fast and are lost",
		       slot.count - e->digits - JF_CONTRACT_DIGITS_KEPT);
		e->digits = slot.count - JF_CONTRACT_DIGITS_KEPT;
	}
	/* The handler may close the endpoint. */
	while ((e = jf_media_endpoint_at(media, ref)) && e->digits != slot.count) {
		const struct jf_slot_digit *digit = &slot.kept[e->digits % JF_CONTRACT_DIGITS_KEPT];

		bool masked = e->mask || digit->masked;

		e->digits++;
		media->digits++;
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_DIGIT,
		                             .digit = masked ? '\0' : digit_name(digit->event),
		                             .masked = masked,
		                             .endpoint = ref,
		                             .call = e->call,
		                             .at_ns = digit->at_ns,
		                     });
	}
}

void jf_media_endpoint_look(struct jf_media *media, uint32_t index)
{
	struct jf_media_endpoint *e = &media->endpoints[index];
	struct jf_media_ref ref = {index, e->generation};
	struct jf_slot_identity identity;
	struct jf_slot_rx rx;

	jf_contract_read_identity(&media->contract.slots[index], &identity);
	if (e->use != JF_MEDIA_USED || identity.state != JF_SLOT_OPEN ||
	    identity.generation != e->generation)
		return;
	jf_contract_read_rx(&media->contract.slots[index], &rx);
	if (!e->started && rx.first_ns) {
		e->started = true;
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_STARTED,
		                             .endpoint = ref,
		                             .call = e->call,
		                             .at_ns = rx.first_ns,
		                     });
	}
	if (!jf_media_endpoint_at(media, ref))
		return;
	digits_report(media, ref);
	if (!jf_media_endpoint_at(media, ref))
		return;
	if (identity.play_done && identity.play_id == e->play_id && e->played != e->play_id) {
		e->played = e->play_id;
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_PLAYED,
		                             .endpoint = ref,
		                             .call = e->call,
		                             .play_id = e->play_id,
		                             .at_ns = media->now_ns,
		                     });
	}
}

/* What only says itself: of an endpoint that is still there. */
static void pass_on(struct jf_media *media, const struct jf_event *event,
                    enum jf_media_event_type type)
{
	struct jf_media_ref ref = {event->endpoint.index, event->endpoint.generation};
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, ref);

	if (e)
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = type,
		                             .endpoint = ref,
		                             .call = e->call,
		                             .at_ns = event->at_ns,
		                     });
}

static void event_take(struct jf_media *media, const struct jf_event *event)
{
	if (event->type == JF_EVENT_RECORDED) {
		if (event->endpoint.index < media->n_files)
			jf_media_file_look(media, event->endpoint.index);
	} else if (event->endpoint.index < media->n_endpoints) {
		if (event->type == JF_EVENT_DIGITS_SENT)
			jf_media_presses_sent(media, event->endpoint.index, event->value);
		else if (event->type == JF_EVENT_LATCHED)
			pass_on(media, event, JF_MEDIA_LATCHED);
		else if (event->type == JF_EVENT_KEYFRAME)
			pass_on(media, event, JF_MEDIA_KEYFRAME);
		jf_media_endpoint_look(media, event->endpoint.index);
	}
}

/* Those not looked at for a second, the oldest first, until enough was found for one poll: where
 * many hints were lost, many calls have ended. */
static void sweep(struct jf_media *media, uint64_t until_emitted)
{
	struct jf_link *link;

	while (media->emitted < until_emitted && (link = jf_list_first(&media->active))) {
		struct jf_media_endpoint *e = JF_CONTAINER(link, struct jf_media_endpoint, active);

		if (jf_time_since(e->looked_ns, media->now_ns) < JF_MEDIA_SWEEP_NS)
			break;
		e->looked_ns = media->now_ns;
		jf_list_remove(link);
		jf_list_append(&media->active, link);
		jf_media_endpoint_account(media, (uint32_t)(e - media->endpoints));
		jf_media_endpoint_look(media, (uint32_t)(e - media->endpoints));
	}
	while (media->emitted < until_emitted && (link = jf_list_first(&media->active_files))) {
		struct jf_media_file *f = JF_CONTAINER(link, struct jf_media_file, active);

		if (jf_time_since(f->looked_ns, media->now_ns) < JF_MEDIA_SWEEP_NS)
			break;
		f->looked_ns = media->now_ns;
		jf_list_remove(link);
		jf_list_append(&media->active_files, link);
		jf_media_file_look(media, (uint32_t)(f - media->files));
	}
}

bool jf_media_receive(struct jf_media *media)
{
	uint64_t until_emitted;
	int events = 0;

	deferred_emit(media);
	until_emitted = media->emitted + EVENTS_PER_POLL;
	for (uint32_t ring = 0; media->memory && ring <= media->n_workers; ring++) {
		struct jf_answer answer;
		struct jf_event event;

		for (int i = 0; i < ANSWERS_PER_POLL; i++) {
			if (jf_contract_take_answer(&media->contract, ring, &answer))
				break;
			media->busy_ns = media->now_ns;
			answer_take(media, &answer);
		}
		for (; events < EVENTS_PER_POLL; events++) {
			if (jf_contract_take_event(&media->contract, ring, &event))
				break;
			media->busy_ns = media->now_ns;
			event_take(media, &event);
		}
	}
	if (media->memory)
		jf_media_ports_look(media);
	if (media->memory)
		sweep(media, until_emitted);
	return events < EVENTS_PER_POLL && media->emitted < until_emitted;
}
