// SPDX-License-Identifier: BSD-3-Clause
/* Offer and answer with a party: what we write, by the policy for it, and what is agreed. */
#include <errno.h>
#include <string.h>

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
	if (security == JF_CALL_SECURE) {
		ret_local->savp = 1;
		ret_local->crypto_count = JF_SDP_CRYPTO_LINES;
		err = jf_call_keys_offer(ret_local->crypto, JF_SDP_CRYPTO_LINES);
	}
	return err ? err : jf_call_video_offer(party, security, ret_local);
}

int jf_call_answer_make(struct jf_call_party *party, const struct jf_media_desc *offer,
                        struct jf_media_desc *ret_local, const char **ret_why)
{
	int security =
	        jf_call_policy_answer(&party->policy, offer->savp, offer->crypto_count, ret_why);
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
	if (security == JF_CALL_SECURE) {
		ret_local->crypto_count = 1;
		err = jf_call_keys_answer(&party->keys, offer->crypto, offer->crypto_count,
		                          &ret_local->crypto[0]);
	}
	return err ? err : jf_call_video_answer(party, offer, ret_local);
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

/* Whether the keys of either stream are other ones than before. */
static bool keys_agree(struct jf_call_party *party)
{
	struct jf_media_desc *local = &party->local, *desc = &party->desc;
	bool sound = jf_call_keys_agree(&party->keys, local->crypto, &local->crypto_count,
	                                desc->crypto, desc->crypto_count);
	bool pictures = jf_call_keys_agree(&party->video_keys, local->video.crypto,
	                                   &local->video.crypto_count, desc->video.crypto,
	                                   desc->video.crypto_count);

	return sound || pictures;
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
