// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets whose key presses are known. Leaves: the same without events of masked parties;
 * their audio becomes what it was JF_MASK_DELAY_TS ago, and silence where a tone was heard in it:
 * from two blocks of the detector before the first one that heard something to one behind the last.
 * That is longer than a tone needs to be heard, so its first sample is silenced as well.
 *
 * Timestamps stay: a masked party is heard a little later, as if the network had become longer.
 * When a mask begins, as much silence comes first; when it ends, as much is left out.
 */
#include "jf_g711.h"
#include "path_digits_priv.h"

#define LATE_TS 8000

/* A code of nothing; in G.722 the one that lets a decoder fade into silence. */
static uint8_t silence_of(uint8_t codec)
{
	return codec == JF_CODEC_PCMA ? jf_g711_silence(JF_LAW_PCMA) : jf_g711_silence(JF_LAW_PCMU);
}

void jf_mask_begin(struct jf_mask *mask, uint8_t codec)
{
	memset(mask->octets, silence_of(codec), sizeof(mask->octets));
	mask->flowing = mask->quiet = false;
}

void jf_mask_quiet(struct jf_mask *mask, uint32_t from_ts, uint32_t until_ts)
{
	/* what was silenced before has gone on, or touches this */
	if (!mask->quiet ||
	    (int32_t)(mask->quiet_until_ts - (mask->next_ts - JF_MASK_DELAY_TS)) < 0)
		mask->quiet_from_ts = from_ts;
	mask->quiet_until_ts = until_ts;
	mask->quiet = true;
}

/* n octets go in, and come back as those that went in first. */
static void delay(struct jf_mask *mask, uint8_t *octets, uint32_t n)
{
	uint8_t oldest[JF_MASK_DELAY_TS];
	uint32_t out = RTE_MIN(n, JF_MASK_DELAY_TS);

	memcpy(oldest, mask->octets, out);
	memmove(mask->octets, mask->octets + out, JF_MASK_DELAY_TS - out);
	memcpy(mask->octets + JF_MASK_DELAY_TS - out, octets + n - out, out);
	memmove(octets + out, octets, n - out);
	memcpy(octets, oldest, out);
}

/* Silences what of n octets from timestamp on is to be. */
static void silence(struct jf_mask *mask, uint8_t codec, uint32_t timestamp, uint8_t *octets,
                    uint32_t n)
{
	int32_t from = (int32_t)(mask->quiet_from_ts - timestamp);
	int32_t until = (int32_t)(mask->quiet_until_ts - timestamp);

	from = RTE_MAX(from, 0);
	until = RTE_MIN(until, (int32_t)n);
	if (from < until)
		memset(octets + from, silence_of(codec), (size_t)(until - from));
	mask->quiet = (int32_t)(mask->quiet_until_ts - timestamp - n) > 0;
}

/* Packets are missing before this one, or the sender began anew. */
static void resume(struct jf_mask *mask, uint8_t codec, uint32_t timestamp)
{
	uint32_t missing = timestamp - mask->next_ts;

	if (!mask->flowing || missing >= JF_MASK_DELAY_TS) {
		jf_mask_begin(mask, codec);
		mask->flowing = true;
		/* an ear that begins amid a stream hears little at first */
		if (codec == JF_CODEC_G722) {
			mask->quiet = true;
			mask->quiet_from_ts = timestamp;
			mask->quiet_until_ts = timestamp + JF_G722_ADAPT_TS;
		}
		return;
	}
	memmove(mask->octets, mask->octets + missing, JF_MASK_DELAY_TS - missing);
	memset(mask->octets + JF_MASK_DELAY_TS - missing, silence_of(codec), missing);
}

/* false: it came late. */
static bool mask_audio(const struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_party *party = &path->parties[packet->index];
	uint8_t *octets = packet->udp + packet->rtp.payload_offset;
	uint32_t n = packet->rtp.payload_length, timestamp = packet->rtp.timestamp;
	struct jf_mask *mask = &path->digits->masks[jf_ear(path, party->ear)->mask - 1];
	int32_t ahead = (int32_t)(timestamp - mask->next_ts);

	if (mask->flowing && ahead < 0 && ahead > -LATE_TS)
		return false;
	if (!mask->flowing || ahead != 0)
		resume(mask, party->codec, timestamp);
	mask->next_ts = timestamp + n;
	delay(mask, octets, n);
	if (mask->quiet)
		silence(mask, party->codec, timestamp - JF_MASK_DELAY_TS, octets, n);
	return true;
}

/* Whether the stream that would hear the packet is at a press of its own. */
static bool listener_dials(const struct jf_path *path, const struct jf_packet *packet)
{
	uint32_t listener = packet->endpoint->listener;

	return listener == JF_CONTRACT_NONE || path->parties[listener].dialler;
}

void jf_path_mask(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		uint8_t verdict = JF_VERDICT_RELAY;

		if (packet->endpoint->flags & JF_ENDPOINT_MASK) {
			if (packet->kind == JF_PACKET_EVENT)
				verdict = JF_DROP_MASKED;
			else if (packet->kind == JF_PACKET_AUDIO &&
			         path->parties[packet->index].ear && !mask_audio(path, packet))
				verdict = JF_DROP_LATE;
		}
		if (unlikely(verdict != JF_VERDICT_RELAY)) {
			/* who listens sees no gap where the press was, only that time has passed */
			if (verdict == JF_DROP_MASKED && !listener_dials(path, packet))
				jf_continuity_switch(&packet->endpoint->continuity);
			jf_path_drop_measured(path, packet, verdict);
			continue;
		}
		if (kept != i)
			burst->rtp[kept] = *packet;
		kept++;
	}
	burst->n_rtp = kept;
}
