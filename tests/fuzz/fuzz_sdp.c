// SPDX-License-Identifier: BSD-3-Clause
/* SDP: any bytes as an offer; what is taken is answered, and the answer is read again. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.77.0.9\r\ns=-\r\nc=IN IP4 10.77.0.9\r\nt=0 0\r\n"

static void check_text(const char *text, size_t size, char least)
{
	JF_FUZZ_ASSERT(memchr(text, '\0', size));
	for (; *text; text++)
		JF_FUZZ_ASSERT(*text >= least && *text < 0x7f);
}

static void check_crypto(const struct jf_sdp_crypto *crypto)
{
	char text[JF_SDP_CRYPTO_TEXT_MAX];
	struct jf_sdp_crypto again;

	JF_FUZZ_ASSERT(crypto->tag && crypto->tag <= 999999999);
	JF_FUZZ_ASSERT(crypto->suite > JF_SRTP_NONE && crypto->suite < JF_SRTP_SUITE_COUNT);
	jf_sdp_crypto_write(crypto, text);
	JF_FUZZ_ASSERT(!strncmp(text, "a=crypto:", 9));
	JF_FUZZ_ASSERT(jf_sdp_crypto_read(text + 9, strlen(text + 9), &again));
	JF_FUZZ_ASSERT(!memcmp(&again, crypto, sizeof(again)));
}

static void check_media(const struct jf_media_desc *media)
{
	JF_FUZZ_ASSERT(media->rtp_port && media->ptime_ms);
	JF_FUZZ_ASSERT(media->family == 4 || media->family == 6);
	JF_FUZZ_ASSERT(media->codec_count >= 1 && media->codec_count <= JF_SDP_CODECS);
	JF_FUZZ_ASSERT(media->opaque_count <= JF_SDP_OPAQUES);
	JF_FUZZ_ASSERT(media->crypto_count <= JF_SDP_CRYPTO_LINES);
	JF_FUZZ_ASSERT(media->crypto_count || !media->savp);
	JF_FUZZ_ASSERT(media->direction <= JF_SDP_INACTIVE);
	for (uint8_t i = 0; i < media->codec_count; i++) {
		JF_FUZZ_ASSERT(media->codecs[i].payload_type < 128);
		JF_FUZZ_ASSERT(media->codecs[i].codec != JF_CODEC_OTHER ||
		               media->codecs[i].opaque < media->opaque_count);
		JF_FUZZ_ASSERT(jf_sdp_codec_find(media, media, i) >= 0);
	}
	for (uint8_t i = 0; i < media->opaque_count; i++) {
		JF_FUZZ_ASSERT(media->opaque[i].clock_hz && media->opaque[i].channels);
		check_text(media->opaque[i].name, sizeof(media->opaque[i].name), '!');
		check_text(media->opaque[i].fmtp, sizeof(media->opaque[i].fmtp), ' ');
	}
	for (uint8_t i = 0; i < media->crypto_count; i++)
		check_crypto(&media->crypto[i]);
	if (media->video.rtp_port) {
		JF_FUZZ_ASSERT(media->video.payload_type < 128 && media->video.clock_hz);
		JF_FUZZ_ASSERT(media->video.name[0] &&
		               jf_sdp_video_same(&media->video, &media->video));
		JF_FUZZ_ASSERT(media->video.crypto_count <= JF_SDP_VIDEO_CRYPTO_LINES);
		JF_FUZZ_ASSERT(media->video.crypto_count || !media->video.savp);
		for (uint8_t i = 0; i < media->video.crypto_count; i++)
			check_crypto(&media->video.crypto[i]);
		check_text(media->video.name, sizeof(media->video.name), '!');
		check_text(media->video.fmtp, sizeof(media->video.fmtp), ' ');
	}
}

/* Of each offer its last codec and its last key. */
static struct jf_media_desc answer_make(const struct jf_media_desc *offer)
{
	struct jf_media_desc local = {.family = 4,
	                              .event_type = 101,
	                              .ptime_ms = 20,
	                              .codec_count = 1,
	                              .rtp_port = 40000,
	                              .rtcp_port = 40001,
	                              .ip = {127, 0, 0, 1}};

	local.codecs[0] = offer->codecs[offer->codec_count - 1];
	memcpy(local.opaque, offer->opaque, sizeof(local.opaque));
	if (offer->crypto_count) {
		local.crypto_count = 1;
		local.crypto[0] = offer->crypto[offer->crypto_count - 1];
	}
	if (offer->video.rtp_port) {
		local.video = offer->video;
		local.video.rtp_port = 40010;
		if (local.video.crypto_count)
			local.video.crypto[0] = local.video.crypto[--local.video.crypto_count];
		local.video.crypto_count = offer->video.crypto_count > 0;
	}
	return local;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_sdp_session session = {.id = 1};
	struct jf_media_desc offer, answer, local;
	struct jf_sdp_refusal refusal = {0};
	char text[JF_SDP_TEXT_MAX];
	int n;

	if (jf_sdp_read_offer((const char *)bytes, length, &session, &offer, &refusal)) {
		JF_FUZZ_ASSERT(refusal.status == 400 || refusal.status == 488);
		JF_FUZZ_ASSERT(session.media_count == 0 && refusal.warning);
		return 0;
	}
	check_media(&offer);
	JF_FUZZ_ASSERT(session.audio_index < session.media_count);
	local = answer_make(&offer);
	n = jf_sdp_write_answer(&session, &offer, &local, text, sizeof(text));
	JF_FUZZ_ASSERT(n > 0 && (size_t)n == strlen(text));
	JF_FUZZ_ASSERT(!jf_sdp_read_answer(text, (size_t)n, &session, &offer, &answer, &refusal));
	check_media(&answer);
	JF_FUZZ_ASSERT(answer.rtp_port == 40000 && answer.codec_count == 1);
	JF_FUZZ_ASSERT(jf_sdp_codec_find(&offer, &answer, 0) >= 0);
	JF_FUZZ_ASSERT((answer.video.rtp_port == 40010) == (offer.video.rtp_port != 0));
	JF_FUZZ_ASSERT(answer.video.savp == offer.video.savp &&
	               answer.video.avpf == offer.video.avpf &&
	               answer.video.feedback == offer.video.feedback &&
	               answer.video.crypto_count == (offer.video.crypto_count > 0));
	JF_FUZZ_ASSERT(answer.savp == offer.savp &&
	               answer.crypto_count == (offer.crypto_count > 0));
	/* What we could read we can offer ourselves. */
	JF_FUZZ_ASSERT(jf_sdp_write_offer(&session, &offer, text, sizeof(text)) > 0);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT(HEAD "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
	                          "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
	                          "a=ptime:20\r\na=rtcp:4001 IN IP4 10.77.0.9\r\na=sendrecv\r\n"),
	        JF_FUZZ_TEXT(HEAD "a=sendonly\r\nm=video 5000 RTP/AVP 31\r\n"
	                          "m=audio 4000 RTP/AVP 96 18\r\nc=IN IP4 0.0.0.0\r\n"
	                          "a=rtpmap:96 PCMA/8000/1\r\na=inactive\r\n"
	                          "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"),
	        JF_FUZZ_TEXT(HEAD "m=audio 4000 RTP/AVP 0\r\nm=video 5000 RTP/AVP 96 97\r\n"
	                          "c=IN IP4 10.77.0.8\r\na=rtpmap:96 rtx/90000\r\n"
	                          "a=rtpmap:97 H264/90000\r\na=recvonly\r\na=rtcp:5009\r\n"
	                          "a=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\n"),
	        JF_FUZZ_TEXT(HEAD "m=audio 4000 RTP/AVP 0\r\nm=video 5000 RTP/SAVPF 97\r\n"
	                          "a=rtpmap:97 H264/90000\r\na=rtcp-fb:97 nack pli\r\n"
	                          "a=rtcp-fb:* ccm fir\r\na=rtcp-fb:97 ccm tmmbr smaxpr=120\r\n"
	                          "a=crypto:1 AES_CM_128_HMAC_SHA1_32 "
	                          "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
	                          "a=crypto:2 AES_CM_128_HMAC_SHA1_80 "
	                          "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31\r\n"
	                          "a=crypto:4 AEAD_AES_128_GCM "
	                          "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==\r\n"),
	        JF_FUZZ_TEXT(
	                HEAD
	                "m=audio 4000 RTP/SAVP 111 9 101 102\r\nc=IN IP6 2001:db8::1\r\n"
	                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	                "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20\r\n"
	                "a=crypto:2 AEAD_AES_256_GCM inline:"
	                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis= WSH=64\r\n"
	                "a=crypto:3 AES_CM_128_HMAC_SHA1_32 "
	                "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31|1:4 KDR=1\r\n"
	                "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
	                "a=rtpmap:102 telephone-event/48000\r\na=maxptime:60\r\n"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
