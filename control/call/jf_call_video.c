// SPDX-License-Identifier: BSD-3-Clause
/*
 * Pictures beside the sound. The caller's video is accepted before anybody knows who will answer,
 * and offered to whomever is called then; where both have the same codec, each is sent the other's
 * packets as they come while the two hear each other alone. Each leg has SRTP or not, by keys of
 * its own and by the policy for its sound. What passes is recorded as packets, readable ones, in a
 * file beside the sound's.
 */
#include <stdio.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_stream_json.h"

static const struct jf_media_ref nobody;

static bool same(struct jf_media_ref a, struct jf_media_ref b)
{
	return a.index == b.index && a.generation == b.generation;
}

/* It was agreed with the party, and there is an endpoint for it. */
static bool shows(const struct jf_call_party *party)
{
	return party && party->video.generation && party->has_desc && party->leg &&
	       party->local.video.rtp_port && party->desc.video.rtp_port;
}

/* ---- Offer and answer ------------------------------------------------------------------------ */

static bool opened(struct jf_call_party *party, const struct jf_media_desc *local)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_address beside = {.family = local->family};

	if (party->video.generation)
		return true;
	memcpy(beside.ip, local->ip, sizeof(beside.ip));
	return jf_media_open(media, &party->call->id, party->side, &party->endpoint, &beside,
	                     &party->video) == 0;
}

/* Ours, of that codec. false: there is no room for it, or it is not wanted. */
static bool describe(struct jf_call_party *party, const struct jf_sdp_video *codec,
                     struct jf_media_desc *local)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_address address;

	if (!jf_call_policy_video(&party->policy) || !opened(party, local) ||
	    jf_media_local(media, party->video, &address) || address.family != local->family)
		return false;
	local->video = (struct jf_sdp_video){
	        .rtp_port = address.port,
	        .rtcp_port = (uint16_t)(address.port + 1),
	        .direction = JF_SDP_SENDRECV,
	        .payload_type = codec->payload_type,
	        .feedback = JF_SDP_FEEDBACK_PLI | JF_SDP_FEEDBACK_FIR,
	        .clock_hz = codec->clock_hz,
	};
	memcpy(local->video.ip, address.ip, sizeof(address.ip));
	memcpy(local->video.name, codec->name, sizeof(codec->name));
	memcpy(local->video.fmtp, codec->fmtp, sizeof(codec->fmtp));
	return true;
}

static const struct jf_call_party *other_of(const struct jf_call_party *party)
{
	return party == &party->call->caller ? party->call->agent : &party->call->caller;
}

int jf_call_video_offer(struct jf_call_party *party, enum jf_call_security security,
                        struct jf_media_desc *local)
{
	bool again = party->has_desc && shows(party);
	const struct jf_call_party *like = party->has_desc ? party : other_of(party);

	if (!shows(like) || !describe(party, &like->local.video, local))
		return 0;
	if (again) {
		local->video.avpf = party->local.video.avpf;
		security = party->local.video.savp ? JF_CALL_SECURE : JF_CALL_PLAIN;
	}
	if (security == JF_CALL_PLAIN)
		return 0;
	local->video.savp = 1;
	local->video.crypto_count = JF_SDP_VIDEO_CRYPTO_LINES;
	return jf_call_keys_offer(local->video.crypto, JF_SDP_VIDEO_CRYPTO_LINES);
}

int jf_call_video_answer(struct jf_call_party *party, const struct jf_media_desc *offer,
                         struct jf_media_desc *local)
{
	const struct jf_call_party *other = other_of(party);
	const struct jf_sdp_video *video = &offer->video;
	const char *why;
	int security;

	if (!video->rtp_port)
		return 0;
	if (other->leg && other->has_desc && !jf_sdp_video_same(&other->local.video, video))
		return 0;
	security = jf_call_policy_answer(&party->policy, video->savp, video->crypto_count, &why);
	if (security < 0 || !describe(party, video, local))
		return 0;
	local->video.savp = video->savp;
	local->video.avpf = video->avpf;
	if (security == JF_CALL_PLAIN)
		return 0;
	local->video.crypto_count = 1;
	return jf_call_keys_answer(&party->video_keys, video->crypto, video->crypto_count,
	                           &local->video.crypto[0]);
}

/* How its encoder is asked for a whole picture: as its SDP says; by INFO where it says nothing. */
static uint8_t keyframes_of(const struct jf_sdp_video *video)
{
	uint8_t ways = 0;

	ways |= video->feedback & JF_SDP_FEEDBACK_PLI ? JF_MEDIA_KEYFRAME_PLI : 0;
	ways |= video->feedback & JF_SDP_FEEDBACK_FIR ? JF_MEDIA_KEYFRAME_FIR : 0;
	return ways ? ways : JF_MEDIA_KEYFRAME_INFO;
}

static struct jf_media_remote remote_make(const struct jf_call_party *party)
{
	static const uint8_t nowhere[16];
	const struct jf_sdp_video *desc = &party->desc.video;
	bool is_held = memcmp(desc->ip, nowhere, sizeof(nowhere)) == 0;
	struct jf_media_remote remote = {
	        .rtp = {.family = party->desc.family, .port = is_held ? 0 : desc->rtp_port},
	        .rtcp_port = is_held ? 0 : desc->rtcp_port,
	        .send = desc->direction == JF_SDP_SENDRECV || desc->direction == JF_SDP_RECVONLY,
	        .receive = desc->direction == JF_SDP_SENDRECV || desc->direction == JF_SDP_SENDONLY,
	        .learn = party->policy.media.nat == JF_DIRECTORY_NAT_LEARN,
	        .codec = JF_CODEC_OTHER,
	        .rx_audio_type = party->local.video.payload_type,
	        .tx_audio_type = desc->payload_type,
	        .rx_event_type = JF_MEDIA_NO_TYPE,
	        .tx_event_type = JF_MEDIA_NO_TYPE,
	        .ptime_ms = 20,
	        .clock_hz = desc->clock_hz,
	        .negotiation = party->negotiation,
	        .keyframes = keyframes_of(desc),
	};

	memcpy(remote.rtp.ip, desc->ip, sizeof(desc->ip));
	return remote;
}

void jf_call_video_agreed(struct jf_call_party *party)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_remote remote;
	int err;

	if (!party->video.generation)
		return;
	if (!party->local.video.rtp_port || !party->desc.video.rtp_port) {
		jf_call_video_close(party);
		return;
	}
	/* Keys first: nothing passes in plain between the two. */
	err = party->video_keys.id ? jf_media_keys(media, party->video, &party->video_keys) : 0;
	if (err) {
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &party->call->id, "no keys of video: %s",
		       strerror(-err));
		return;
	}
	remote = remote_make(party);
	jf_media_remote(media, party->video, &remote);
	/* It may have been on hold, or be somewhere else now. */
	jf_call_video_wanted(party);
}

void jf_call_video_wanted(struct jf_call_party *party)
{
	if (party->sees.generation)
		jf_media_keyframe(party->call->calls->config.media, party->sees);
}

/* ---- Who sees whom --------------------------------------------------------------------------- */

static void settle(struct jf_call_party *party)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_ref want = nobody;

	if (!shows(party))
		return;
	if (party->hears.n == 1) {
		const struct jf_call_party *from =
		        jf_call_party_at(party->call, party->hears.sources[0]);

		if (from != party && shows(from))
			want = from->video;
	}
	if (same(want, party->sees))
		return;
	party->sees = want;
	if (want.generation)
		jf_media_join(media, party->video, want);
	else
		jf_media_silence(media, party->video);
	jf_call_video_wanted(party); /* that a picture begins at once */
}

void jf_call_video_settle(struct jf_call *call)
{
	struct jf_call_party *all[] = {&call->caller, call->agent, call->target, call->line};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i])
			settle(all[i]);
}

void jf_call_video_close(struct jf_call_party *party)
{
	if (party->video.generation)
		jf_media_close(party->call->calls->config.media, party->video);
	party->video = party->sees = nobody;
	explicit_bzero(&party->video_keys, sizeof(party->video_keys));
}

/* ---- The recording --------------------------------------------------------------------------- */

void jf_call_video_record(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	struct jf_call_party *both[] = {&call->caller, call->agent};
	char path[JF_CALL_RECORDING_PATH];

	if (!shows(both[0]) || !shows(both[1]))
		return;
	if (!call->video_recording.generation) {
		jf_call_recording_path(call, "-video", JF_MEDIA_FORMAT_PACKETS, path);
		if (jf_media_record(media, call->caller.video, JF_MEDIA_FORMAT_PACKETS, path,
		                    &call->video_recording)) {
			jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "video is not recorded");
			call->video_recording = nobody;
			return;
		}
		call->video_recording_open = true;
		/* What there is to say should the dataplane never tell. */
		call->pictures = json_pack("{s:s, s:s}", "path", path, "state", "unknown");
	}
	for (unsigned int i = 0; i < 2 && call->video_recording_open; i++)
		jf_media_tap(media, both[i]->video, both[i]->side, &call->video_recording);
}

static void put_stream(struct jf_json_writer *w, const char *key, const struct jf_call_party *party)
{
	struct jf_media_stream stream;

	if (party->video.generation &&
	    !jf_media_stream(party->call->calls->config.media, party->video, &stream))
		jf_stream_put(w, key, &stream);
}

bool jf_call_video_finish(struct jf_call *call, struct jf_json_writer *streams)
{
	struct jf_media *media = call->calls->config.media;

	put_stream(streams, "caller_video", &call->caller);
	if (call->answered)
		put_stream(streams, "agent_video", call->agent);
	if (!call->video_recording_open)
		return false;
	return jf_media_record_end(media, call->video_recording) == 0;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static struct jf_call_party *party_of(struct jf_call *call, struct jf_media_ref endpoint)
{
	struct jf_call_party *all[] = {&call->caller, call->agent, call->target, call->line};

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && all[i]->video.generation && same(all[i]->video, endpoint))
			return all[i];
	return NULL;
}

static void recorded(struct jf_call *call, const struct jf_media_event *event)
{
	call->video_recording_open = false;
	json_decref(call->pictures);
	call->pictures = jf_call_recording_json(call, call->video_recording);
	if (event->error)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "recording of video failed: %s",
		       strerror(-event->error));
	if (call->state == JF_CALL_CLOSING && !call->recording_open && !call->asides)
		jf_call_event(call, JF_CALL_EVENT_RECORDED);
}

bool jf_call_video_event(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_party *party;

	if (event->type == JF_MEDIA_RECORDED && call->video_recording.generation &&
	    same(event->recording, call->video_recording)) {
		recorded(call, event);
		return true;
	}
	party = party_of(call, event->endpoint);
	if (!party || event->type == JF_MEDIA_RECORDED)
		return false;
	if (event->type == JF_MEDIA_KEYFRAME && party->leg)
		(void)jf_leg_ask_picture(party->leg);
	/* Without pictures the two go on speaking. */
	if (event->type == JF_MEDIA_FAILED)
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "media refused %s of video: %s",
		       event->command, strerror(-event->error));
	return true;
}

/* ---- After a restart ------------------------------------------------------------------------- */

void jf_call_video_adopt(struct jf_call_party *party)
{
	struct jf_media_remote remote;
	struct jf_media_kept kept = {
	        .remote = party->has_desc ? &remote : NULL,
	        .keys = party->video_keys.id ? &party->video_keys : NULL,
	};

	party->sees = nobody;
	if (!party->video.generation)
		return;
	remote = remote_make(party);
	if (jf_media_adopt(party->call->calls->config.media, party->video, &kept))
		party->video = nobody;
}
