// SPDX-License-Identifier: BSD-3-Clause
/* What some parties need beside a stream: SRTP keys, a mix, key presses to be sent, masking. */
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_time.h"

#define PAUSE_MS        60u
#define DURATION_MIN_MS 40u
#define DURATION_MAX_MS 5000u
#define GAIN_MIN_DB     (-60)
#define GAIN_MAX_DB     12

/* ---- Keys ------------------------------------------------------------------------------------ */

int jf_media_keys_keep(struct jf_media_endpoint *endpoint, const struct jf_media_keys *keys)
{
	if ((unsigned)keys->suite >= JF_SRTP_SUITE_COUNT)
		return -EINVAL;
	if (endpoint->locks && endpoint->locks->keys.id == keys->id)
		return 0; /* how far they came stays known */
	if (!endpoint->locks)
		endpoint->locks = malloc(sizeof(*endpoint->locks));
	if (!endpoint->locks)
		return -ENOMEM;
	*endpoint->locks = (struct jf_media_locks){.keys = *keys};
	return 0;
}

/* The counter of the packet with that number which is next to another one's. */
static uint32_t roc_near(uint32_t roc, uint16_t at, uint16_t sequence)
{
	int16_t ahead = (int16_t)(uint16_t)(sequence - at);

	if (ahead > 0)
		return sequence < at ? roc + 1 : roc;
	return sequence > at && roc ? roc - 1 : roc;
}

/*
 * The counter is noted every few seconds, the sequence number with every packet. Of a source that
 * came between two notes: what is known of it from the dataplane before, or its own numbers.
 */
void jf_media_keys_carry(struct jf_media *media, uint32_t index)
{
	struct jf_media_locks *locks = media->endpoints[index].locks;
	struct jf_slot_identity identity;
	struct jf_slot_rtcp noted;
	struct jf_slot_rx rx;
	uint16_t sequence;

	if (!locks || !jf_media_slot_is_ours(media, index, &identity))
		return;
	jf_contract_read_rx(&media->contract.slots[index], &rx);
	jf_contract_read_rtcp(&media->contract.slots[index], &noted);
	if (!rx.first_ns) /* nothing came: what was known before is still so */
		return;
	sequence = (uint16_t)rx.highest;
	if (noted.srtp_ssrc == rx.ssrc)
		locks->rx_roc = roc_near(noted.srtp_roc, noted.srtp_sequence, sequence);
	else if (locks->goes_on && locks->rx_ssrc == rx.ssrc)
		locks->rx_roc = roc_near(locks->rx_roc, locks->rx_sequence, sequence);
	else
		locks->rx_roc = (rx.highest >> 16) - 1; /* its cycles begin at 1 */
	locks->rx_sequence = sequence;
	locks->rx_ssrc = rx.ssrc;
	locks->goes_on = true;
}

void jf_media_keys_fill(const struct jf_media_endpoint *endpoint, struct jf_command *command)
{
	const struct jf_media_locks *locks = endpoint->locks;
	const struct jf_media_keys *keys = &locks->keys;

	command->keys.goes_on = locks->goes_on;
	command->keys.rx_ssrc = locks->rx_ssrc;
	command->keys.rx_roc = locks->rx_roc;
	command->keys.rx_sequence = locks->rx_sequence;
	command->keys.suite = (uint8_t)keys->suite;
	command->keys.keys_id = keys->id;
	memcpy(command->keys.rx, keys->rx, sizeof(keys->rx));
	memcpy(command->keys.tx, keys->tx, sizeof(keys->tx));
}

int jf_media_keys(struct jf_media *media, struct jf_media_ref endpoint,
                  const struct jf_media_keys *keys)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	int result = e ? jf_media_keys_keep(e, keys) : -ESTALE;

	if (result)
		return result;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_KEYS);
	jf_media_flush(media);
	return 0;
}

/* ---- Mixes ----------------------------------------------------------------------------------- */

/* Sources that were closed meanwhile have left the row. */
void jf_media_mix_fill(const struct jf_media *media, const struct jf_media_endpoint *endpoint,
                       struct jf_command *command)
{
	const struct jf_media_mix *mix = endpoint->mix;

	command->mix.mix_id = endpoint->play_id;
	for (uint8_t i = 0; i < mix->count; i++) {
		uint8_t at = command->mix.count;

		if (!jf_media_endpoint_at(media, mix->sources[i]))
			continue;
		command->mix.sources[at] =
		        (struct jf_endpoint_ref){mix->sources[i].index, mix->sources[i].generation};
		command->mix.gain_db[at] = mix->gain_db[i];
		command->mix.count++;
	}
}

int jf_media_mix(struct jf_media *media, struct jf_media_ref endpoint,
                 const struct jf_media_mix *mix)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	struct jf_media_mix *copy;

	if (!e)
		return -ESTALE;
	if (mix->count > JF_MEDIA_MIX_MAX)
		return -EINVAL;
	for (uint8_t i = 0; i < mix->count; i++) {
		if (mix->gain_db[i] < GAIN_MIN_DB || mix->gain_db[i] > GAIN_MAX_DB)
			return -EINVAL;
		if (!jf_media_endpoint_at(media, mix->sources[i]))
			return -ESTALE;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *mix;
	jf_media_endpoint_deafen(media, e);
	e->hears = JF_MEDIA_HEARS_MIX;
	e->mix = copy;
	e->play_id = media->next_play_id++;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_HEARS);
	jf_media_flush(media);
	return 0;
}

/* ---- Key presses ----------------------------------------------------------------------------- */

static const char names[] = "0123456789*#ABCDF";

bool jf_media_presses_fill(struct jf_media *media, const struct jf_media_endpoint *endpoint,
                           struct jf_command *command)
{
	const struct jf_media_presses *p = endpoint->presses;

	if (p->busy_ns > media->now_ns)
		return false;
	command->digits.digits_id = media->next_play_id;
	command->digits.duration_ms = p->duration_ms;
	command->digits.pause_ms = PAUSE_MS;
	command->digits.count = (uint8_t)strlen(p->waiting);
	for (uint8_t i = 0; i < command->digits.count; i++)
		command->digits.events[i] = (uint8_t)(strchr(names, p->waiting[i]) - names);
	return true;
}

void jf_media_presses_begin(struct jf_media *media, struct jf_media_endpoint *endpoint,
                            const struct jf_command *command)
{
	struct jf_media_presses *p = endpoint->presses;
	uint64_t each_ms = command->digits.duration_ms + command->digits.pause_ms;

	media->next_play_id++;
	p->waiting[0] = '\0';
	p->id = command->digits.digits_id;
	/* If the word that they are sent gets lost, the next ones go a second late. */
	p->busy_ns = media->now_ns + JF_NS_PER_S + command->digits.count * each_ms * JF_NS_PER_MS;
}

void jf_media_presses_sent(struct jf_media *media, uint32_t index, uint32_t id)
{
	struct jf_media_endpoint *e = &media->endpoints[index];

	if (e->use == JF_MEDIA_USED && e->presses && e->presses->id == id)
		e->presses->busy_ns = 0;
}

int jf_media_send_digits(struct jf_media *media, struct jf_media_ref endpoint, const char *digits,
                         uint32_t duration_ms)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	size_t length = strlen(digits), waiting;

	if (!e)
		return -ESTALE;
	if (!length || strspn(digits, names) != length || duration_ms < DURATION_MIN_MS ||
	    duration_ms > DURATION_MAX_MS)
		return -EINVAL;
	if (!e->has_remote || e->remote.tx_digits == JF_MEDIA_DIGITS_NONE)
		return -ENOTSUP;
	if (!e->presses)
		e->presses = calloc(1, sizeof(*e->presses));
	if (!e->presses)
		return -ENOMEM;
	waiting = strlen(e->presses->waiting);
	if (waiting + length > JF_MEDIA_SEND_DIGITS_MAX)
		return -ENOSPC;
	memcpy(e->presses->waiting + waiting, digits, length + 1);
	e->presses->duration_ms = (uint16_t)duration_ms;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_DIGITS);
	jf_media_flush(media);
	return 0;
}

/* ---- Masking --------------------------------------------------------------------------------- */

int jf_media_mask(struct jf_media *media, struct jf_media_ref endpoint, bool on)
{
	struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);

	if (!e)
		return -ESTALE;
	e->mask = on;
	jf_media_endpoint_dirty(media, endpoint.index, JF_MEDIA_DIRTY_MASK);
	jf_media_flush(media);
	return 0;
}
