// SPDX-License-Identifier: BSD-3-Clause
/* SDP: any bytes as an offer; what is taken is answered, and the answer is read again. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_sdp.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.77.0.9\r\ns=-\r\nc=IN IP4 10.77.0.9\r\nt=0 0\r\n"

static void check_media(const struct jf_media_desc *media)
{
	JF_FUZZ_ASSERT(media->family == 4 && media->rtp_port && media->ptime_ms);
	JF_FUZZ_ASSERT(media->codec_count >= 1 && media->codec_count <= JF_SDP_CODECS);
	JF_FUZZ_ASSERT(media->direction <= JF_SDP_INACTIVE);
	for (uint8_t i = 0; i < media->codec_count; i++)
		JF_FUZZ_ASSERT(media->codecs[i].payload_type < 128 &&
		               (media->codecs[i].law == JF_LAW_PCMU ||
		                media->codecs[i].law == JF_LAW_PCMA));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_sdp_session session = {.id = 1};
	struct jf_media_desc offer, answer;
	struct jf_media_desc local = {.family = 4,
	                              .event_type = 101,
	                              .ptime_ms = 20,
	                              .codec_count = 1,
	                              .rtp_port = 40000,
	                              .rtcp_port = 40001,
	                              .ip_be = 0x0100007f};
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
	local.codecs[0].law = offer.codecs[0].law;
	n = jf_sdp_write_answer(&session, &offer, &local, text, sizeof(text));
	JF_FUZZ_ASSERT(n > 0 && (size_t)n == strlen(text));
	JF_FUZZ_ASSERT(!jf_sdp_read_answer(text, (size_t)n, &session, &offer, &answer, &refusal));
	check_media(&answer);
	JF_FUZZ_ASSERT(answer.rtp_port == 40000 && answer.codec_count == 1);
	JF_FUZZ_ASSERT(answer.codecs[0].payload_type == offer.codecs[0].payload_type);
	JF_FUZZ_ASSERT(answer.event_type == offer.event_type);
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
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
