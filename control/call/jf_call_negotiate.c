// SPDX-License-Identifier: BSD-3-Clause
/*
 * Offer and answer with a party: what we write, by the policy for it, and what is agreed.
 *
 * Keys (RFC 4568): each offer of ours has a new one for each suite. An offer of the peer's with the
 * key that it has already is answered with the one that we have; with another one, both are new: a
 * key stream is never used twice.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "jf_call_priv.h"

#define EVENT_TYPE 101 /* of telephone-events in our offers */
#define PTIME_MS   20

/* ---- Ours ------------------------------------------------------------------------------------ */

/* Everything but codecs and keys. Every stream is described both ways: what the peer's direction
 * permits is worked out by the SDP layer. */
static int begin(const struct jf_call_party *party, struct jf_media_desc *ret_local)
{
	struct jf_media_address address;

	memset(ret_local, 0, sizeof(*ret_local));
	if (jf_media_local(party->call->calls->config.media, party->endpoint, &address))
		return -ENOTCONN;
	ret_local->family = address.family;
	memcpy(ret_local->ip, address.ip, sizeof(ret_local->ip));
	ret_local->rtp_port = address.port;
	ret_local->rtcp_port = (uint16_t)(address.port + 1);
	ret_local->direction = JF_SDP_SENDRECV;
	ret_local->ptime_ms = PTIME_MS;
	ret_local->event_type = JF_SDP_NO_EVENT;
	return 0;
}

static int key_make(struct jf_sdp_crypto *crypto)
{
	const struct jf_srtp_suite_info *info =
	        jf_srtp_suite_info((enum jf_srtp_suite)crypto->suite);
	size_t length = (size_t)info->key + info->salt;

	return getrandom(crypto->key, length, 0) == (ssize_t)length ? 0 : -EIO;
}

static int keys_offer(struct jf_media_desc *local)
{
	local->savp = 1;
	local->crypto_count = JF_SDP_CRYPTO_LINES;
	for (uint8_t i = 0; i < JF_SDP_CRYPTO_LINES; i++) {
		local->crypto[i] = (struct jf_sdp_crypto){.tag = i + 1u,
		                                          .suite = (uint8_t)jf_sdp_crypto_suite(i)};
		if (key_make(&local->crypto[i]))
			return -EIO;
	}
	return 0;
}

static int keys_answer(const struct jf_call_party *party, const struct jf_media_desc *offer,
                       struct jf_media_desc *local)
{
	const struct jf_media_keys *keys = &party->keys;
	const struct jf_sdp_crypto *theirs =
	        jf_sdp_crypto_choose(offer->crypto, offer->crypto_count);
	struct jf_sdp_crypto *ours = &local->crypto[0];

	/* The key in use stays, if it is among those offered. */
	for (uint8_t i = 0; i < offer->crypto_count; i++)
		if (offer->crypto[i].suite == keys->suite &&
		    memcmp(offer->crypto[i].key, keys->rx, sizeof(keys->rx)) == 0)
			theirs = &offer->crypto[i];
	local->crypto_count = 1;
	*ours = (struct jf_sdp_crypto){.tag = theirs->tag, .suite = theirs->suite};
	if (theirs->suite != keys->suite || memcmp(theirs->key, keys->rx, sizeof(keys->rx)) != 0)
		return key_make(ours);
	memcpy(ours->key, keys->tx, sizeof(keys->tx));
	return 0;
}

static const struct jf_call_party *other_of(const struct jf_call_party *party)
{
	return party == &party->call->caller ? party->call->agent : &party->call->caller;
}

/* What is opaque both must have alike: nobody here can make one of another. */
static bool suits_other(const struct jf_call_party *party, const struct jf_media_desc *offer,
                        unsigned int place)
{
	const struct jf_call_party *other = other_of(party);

	if (!other->leg || !other->has_desc ||
	    (offer->codecs[place].codec != JF_CODEC_OTHER && !jf_call_is_opaque(other)))
		return true;
	return jf_sdp_codec_find(&other->local, offer, place) >= 0;
}

/* The other party's number of telephone-events, or one that the codec does not have. */
static uint8_t event_type(const struct jf_media_desc *like, const struct jf_media_desc *local)
{
	if (like->codec_count && like->event_type != JF_SDP_NO_EVENT)
		return like->event_type;
	return local->codecs[0].payload_type == EVENT_TYPE ? EVENT_TYPE + 1 : EVENT_TYPE;
}

int jf_call_offer_make(struct jf_call_party *party, enum jf_call_security security,
                       struct jf_media_desc *ret_local)
{
	const struct jf_media_desc *like =
	        party->has_desc ? &party->local : &other_of(party)->local;
	enum jf_codec preferred = JF_CODEC_PCMU;
	uint8_t codecs[3];
	int err = begin(party, ret_local);

	if (err)
		return err;
	if (like->codec_count)
		preferred = (enum jf_codec)like->codecs[0].codec;
	if (preferred == JF_CODEC_OTHER || party->has_desc) {
		/* Only what can be passed on as it is; in a dialog, what is in use. */
		ret_local->codec_count = 1;
		ret_local->codecs[0] = like->codecs[0];
		memcpy(ret_local->opaque, like->opaque, sizeof(ret_local->opaque));
		ret_local->opaque_count = like->opaque_count;
		ret_local->wide_event_type = like->wide_event_type;
		ret_local->wide_event_hz = like->wide_event_hz;
	} else {
		ret_local->codec_count =
		        (uint8_t)jf_call_policy_codecs(&party->policy, preferred, codecs);
		for (uint8_t i = 0; i < ret_local->codec_count; i++)
			ret_local->codecs[i] = (struct jf_sdp_codec){.codec = codecs[i],
			                                             .payload_type = codecs[i]};
	}
	if (!jf_call_policy_events(&party->policy))
		ret_local->wide_event_hz = 0;
	else if (!ret_local->wide_event_hz && jf_sdp_clock_hz(ret_local, 0) == 8000)
		ret_local->event_type = event_type(like, ret_local);
	if (security == JF_CALL_SECURE)
		return keys_offer(ret_local);
	jf_call_video_offer(party, ret_local);
	return 0;
}

int jf_call_answer_make(struct jf_call_party *party, const struct jf_media_desc *offer,
                        struct jf_media_desc *ret_local, const char **ret_why)
{
	int security = jf_call_policy_answer(&party->policy, offer, ret_why);
	int place, err;

	if (security < 0)
		return security;
	place = jf_call_policy_codec(&party->policy, offer, party->has_desc ? &party->local : NULL,
	                             ret_why);
	if (place < 0)
		return place;
	*ret_why = "the other party does not have that codec";
	if (!suits_other(party, offer, (unsigned int)place))
		return -ENOTSUP;
	err = begin(party, ret_local);
	if (err)
		return err;
	*ret_why = "the other family of addresses is needed";
	if (ret_local->family != offer->family)
		return -ENOTSUP;
	ret_local->codec_count = 1;
	ret_local->codecs[0] = offer->codecs[place];
	ret_local->opaque_count = offer->opaque_count;
	memcpy(ret_local->opaque, offer->opaque, sizeof(ret_local->opaque));
	if (jf_call_policy_events(&party->policy)) {
		ret_local->event_type = offer->event_type;
		ret_local->wide_event_type = offer->wide_event_type;
		ret_local->wide_event_hz = offer->wide_event_hz;
	}
	ret_local->savp = offer->savp;
	if (security == JF_CALL_SECURE)
		return keys_answer(party, offer, ret_local);
	jf_call_video_answer(party, offer, ret_local);
	return 0;
}

/* ---- Agreed ---------------------------------------------------------------------------------- */

/* Whether media comes from or goes to another place, or is something else than before. A session
 * refresh, or a hold by its direction alone, is not: what was learned of the peer's address stays.
 */
static bool differs(const struct jf_call_party *party, const struct jf_sdp_codec *codec,
                    const struct jf_media_desc *desc)
{
	const struct jf_media_desc *before = &party->desc;

	return !party->has_desc || before->family != desc->family ||
	       memcmp(before->ip, desc->ip, sizeof(desc->ip)) != 0 ||
	       before->rtp_port != desc->rtp_port || before->rtcp_port != desc->rtcp_port ||
	       memcmp(&party->local.codecs[0], codec, sizeof(*codec)) != 0 ||
	       memcmp(before->video.ip, desc->video.ip, sizeof(desc->video.ip)) != 0 ||
	       before->video.rtp_port != desc->video.rtp_port ||
	       before->video.rtcp_port != desc->video.rtcp_port;
}

/* Whether the keys are other ones than before. */
static bool keys_agree(struct jf_call_party *party)
{
	bool changed;

	struct jf_media_desc *local = &party->local;
	struct jf_media_keys keys = {.id = party->keys.id + 1};

	if (party->desc.crypto_count && local->crypto_count) {
		const struct jf_sdp_crypto *theirs = NULL;

		for (uint8_t i = 0; i < party->desc.crypto_count; i++)
			for (uint8_t k = 0; k < local->crypto_count && !theirs; k++)
				if (party->desc.crypto[i].tag == local->crypto[k].tag) {
					theirs = &party->desc.crypto[i];
					local->crypto[0] = local->crypto[k];
				}
		local->crypto_count = 1;
		if (theirs) {
			keys.suite = (enum jf_srtp_suite)theirs->suite;
			memcpy(keys.rx, theirs->key, sizeof(keys.rx));
			memcpy(keys.tx, local->crypto[0].key, sizeof(keys.tx));
		}
	} else {
		local->crypto_count = 0;
	}
	changed = keys.suite != party->keys.suite ||
	          memcmp(keys.rx, party->keys.rx, sizeof(keys.rx)) != 0 ||
	          memcmp(keys.tx, party->keys.tx, sizeof(keys.tx)) != 0;
	if (changed)
		party->keys = keys;
	explicit_bzero(&keys, sizeof(keys));
	return changed;
}

int jf_call_agree(struct jf_call_party *party, const struct jf_media_desc *local,
                  const struct jf_media_desc *desc)
{
	int place = -ENOENT;
	bool changed;

	/* Of an answer the first that we offered; of an offer the one that we took. */
	for (uint8_t i = 0; i < desc->codec_count && place < 0; i++)
		place = jf_sdp_codec_find(local, desc, i);
	if (local->codec_count == 1)
		place = jf_sdp_codec_find(desc, local, 0) < 0 ? -ENOENT : 0;
	if (place < 0 || desc->family != local->family)
		return -ENOTSUP;
	changed = differs(party, &local->codecs[place], desc);
	party->local = *local;
	party->local.codecs[0] = local->codecs[place];
	party->local.codec_count = 1;
	party->desc = *desc;
	party->has_desc = true;
	if (keys_agree(party) || changed)
		party->negotiation++;
	return 0;
}

enum jf_codec jf_call_codec(const struct jf_call_party *party)
{
	return party->has_desc ? (enum jf_codec)party->local.codecs[0].codec : JF_CODEC_PCMU;
}

bool jf_call_is_opaque(const struct jf_call_party *party)
{
	return party->has_desc && jf_call_codec(party) == JF_CODEC_OTHER;
}

struct jf_media_remote jf_call_remote_make(const struct jf_call_party *party)
{
	const struct jf_media_desc *desc = &party->desc, *local = &party->local;
	int place = jf_sdp_codec_find(desc, local, 0);
	uint8_t rx_event = jf_sdp_event_type(local, 0);
	uint8_t tx_event = place < 0 ? JF_SDP_NO_EVENT : jf_sdp_event_type(desc, (unsigned)place);
	bool events = rx_event != JF_SDP_NO_EVENT && tx_event != JF_SDP_NO_EVENT;
	struct jf_media_remote remote = {
	        .rtp = {.family = desc->family,
	                .port = jf_sdp_has_address(desc) ? desc->rtp_port : 0},
	        .rtcp_port = jf_sdp_has_address(desc) ? desc->rtcp_port : 0,
	        .send = !desc->hold && desc->direction != JF_SDP_SENDONLY &&
	                desc->direction != JF_SDP_INACTIVE,
	        .receive = desc->direction == JF_SDP_SENDRECV || desc->direction == JF_SDP_SENDONLY,
	        .learn = party->policy.media.nat == JF_DIRECTORY_NAT_LEARN,
	        .codec = jf_call_codec(party),
	        .rx_audio_type = local->codecs[0].payload_type,
	        .tx_audio_type = place < 0 ? local->codecs[0].payload_type
	                                   : desc->codecs[place].payload_type,
	        .rx_event_type = events ? rx_event : JF_MEDIA_NO_TYPE,
	        .tx_event_type = events ? tx_event : JF_MEDIA_NO_TYPE,
	        .ptime_ms =
	                desc->max_ptime_ms >= 10 && desc->max_ptime_ms < PTIME_MS ? 10 : PTIME_MS,
	        .clock_hz = jf_sdp_clock_hz(local, 0),
	        .negotiation = party->negotiation,
	};

	memcpy(remote.rtp.ip, desc->ip, sizeof(desc->ip));
	remote.rx_digits = remote.tx_digits =
	        jf_call_policy_digits(&party->policy, events, jf_codec_is_sound(remote.codec));
	return remote;
}
