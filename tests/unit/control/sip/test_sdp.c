// SPDX-License-Identifier: BSD-3-Clause
/* SDP offer and answer: what is served, what is refused and how, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "sdp_lab.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.77.0.9\r\ns=-\r\nc=IN IP4 10.77.0.9\r\nt=0 0\r\n"

static struct jf_media_desc ours(enum jf_codec codec)
{
	struct jf_media_desc m = media_at("10.77.0.1");

	m.codecs[0] = (struct jf_sdp_codec){.codec = codec, .payload_type = codec};
	return m;
}

static void assert_ip(const struct jf_media_desc *media, const char *text)
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(media->family == 6 ? AF_INET6 : AF_INET, media->ip, ip, sizeof(ip));
	assert_string_equal(ip, text);
}

static void static_types_need_no_rtpmap(void **state)
{
	struct offered o = read_offer(HEAD "m=audio 4000 RTP/AVP 8 0\r\n");

	(void)state;
	assert_int_equal(o.err, 0);
	assert_ip(&o.media, "10.77.0.9");
	assert_int_equal(o.media.rtp_port, 4000);
	assert_int_equal(o.media.rtcp_port, 4001);
	assert_int_equal(o.media.codec_count, 2);
	assert_int_equal(o.media.codecs[0].codec, JF_CODEC_PCMA);
	assert_int_equal(o.media.codecs[1].codec, JF_CODEC_PCMU);
	assert_int_equal(o.media.event_type, JF_SDP_NO_EVENT);
	assert_int_equal(o.media.ptime_ms, 20);
	assert_int_equal(o.media.direction, JF_SDP_SENDRECV);
	assert_int_equal(o.media.hold, 0);
}

static void dynamic_numbers_are_answered_as_offered(void **state)
{
	struct offered o = read_offer(HEAD "m=audio 4000 RTP/AVP 9 96 118\r\n"
	                                   "a=rtpmap:96 pcmu/8000/1\r\n"
	                                   "a=rtpmap:118 telephone-event/8000\r\na=ptime:30\r\n");
	struct jf_media_desc local = ours(JF_CODEC_PCMU);
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.codecs[1].payload_type, 96);
	assert_int_equal(o.media.event_type, 118);
	assert_int_equal(o.media.ptime_ms, 30);
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_string_equal(text, "v=0\r\no=- 77 1 IN IP4 10.77.0.1\r\ns=-\r\n"
	                          "c=IN IP4 10.77.0.1\r\nt=0 0\r\n"
	                          "m=audio 40000 RTP/AVP 96 118\r\n"
	                          "a=rtpmap:96 PCMU/8000\r\n"
	                          "a=rtpmap:118 telephone-event/8000\r\na=fmtp:118 0-15\r\n"
	                          "a=ptime:20\r\na=sendrecv\r\n");
	local = ours(JF_CODEC_PCMA);
	assert_int_equal(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)),
	                 -EINVAL);
}

static void other_streams_are_refused_in_their_places(void **state)
{
	struct offered o = read_offer(HEAD "m=video 5000 RTP/AVP 31\r\n"
	                                   "m=audio 4000 RTP/SAVP 0\r\n"
	                                   "m=audio 4002 RTP/AVP 0\r\n"
	                                   "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
	struct jf_media_desc local = ours(JF_CODEC_PCMU);
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.rtp_port, 4002);
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/SAVP 0\r\n"
	                             "m=audio 40000 RTP/AVP 0\r\n"));
	assert_non_null(strstr(text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
}

static void address_and_direction_of_the_stream_stand_before_the_sessions(void **state)
{
	struct offered o = read_offer("v=0\no=- 1 1 IN IP4 h\nc=IN IP6 ::1\na=inactive\n"
	                              "m=audio 4000 RTP/AVP 0\nc=IN IP4 10.77.0.8/127\n"
	                              "a=recvonly\na=rtcp:4100 IN IP4 10.77.0.8\n");

	(void)state;
	assert_int_equal(o.err, 0);
	assert_ip(&o.media, "10.77.0.8");
	assert_int_equal(o.media.direction, JF_SDP_RECVONLY);
	assert_int_equal(o.media.rtcp_port, 4100);
}

static void hold_is_told_in_three_ways(void **state)
{
	static const struct {
		const char *text;
		const char *answer;
	} cases[] = {
	        {HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly\r\n"},
	        {HEAD "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", "a=inactive\r\n"},
	        {HEAD "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n", "a=inactive\r\n"},
	        {HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "a=recvonly\r\n"},
	};
	struct jf_media_desc local = ours(JF_CODEC_PCMU);
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct offered o = read_offer(cases[i].text);

		assert_int_equal(o.err, 0);
		assert_int_equal(o.media.hold, 1);
		assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) >
		            0);
		assert_non_null(strstr(text, cases[i].answer));
	}
}

static void refused(const char *text, int err, unsigned status, unsigned warn_code)
{
	struct offered o = read_offer(text);

	assert_int_equal(o.err, err);
	assert_int_equal(o.refusal.status, status);
	assert_int_equal(o.refusal.warn_code, warn_code);
	assert_non_null(o.refusal.warning);
	assert_int_equal(o.session.media_count, 0); /* untouched */
}

static void what_cannot_be_served_is_488(void **state)
{
	(void)state;
	refused(HEAD "m=audio 4000 RTP/AVP 13 101 96\r\n"
	             "a=rtpmap:101 telephone-event/8000\r\n",
	        -ENOTSUP, 488, 305);
	refused(HEAD "m=audio 4000 RTP/SAVP 0\r\n", -ENOTSUP, 488, 305);
	refused(HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", -ENOTSUP, 488, 302);
	refused(HEAD "m=audio 4000 RTP/AVPF 0\r\n", -ENOTSUP, 488, 302);
	refused(HEAD "m=audio 4000/2 RTP/AVP 0\r\n", -ENOTSUP, 488, 302);
	refused(HEAD "m=audio 0 RTP/AVP 0\r\n", -ENOTSUP, 488, 304);
	refused(HEAD "m=video 4000 RTP/AVP 31\r\n", -ENOTSUP, 488, 304);
	refused(HEAD, -ENOTSUP, 488, 304);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\nc=ATM NSAP 47\r\n", -ENOTSUP, 488, 300);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ff02::1\r\n", -ENOTSUP, 488, 330);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 10.77.0.9\r\n", -ENOTSUP, 488, 301);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 phone.test\r\n", -ENOTSUP, 488, 301);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 239.1.1.1\r\n", -ENOTSUP, 488, 330);
}

static void what_is_malformed_is_400(void **state)
{
	(void)state;
	refused("", -EBADMSG, 400, 399);
	refused("hello", -EBADMSG, 400, 399);
	refused("v=0\r\nm=audio 4000 RTP/AVP 0\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio x RTP/AVP 0\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio 65536 RTP/AVP 0\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio 4000 RTP/AVP\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio 4000 RTP/AVP 128\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\na=rtpmap:x PCMU/8000\r\n", -EBADMSG, 400, 399);
	refused(HEAD "m=audio 4000 RTP/AVP 0\r\njunk\r\n", -EBADMSG, 400, 399);
	refused("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 4000 RTP/AVP 0\r\n", -EBADMSG, 400, 399);
}

static void our_offer_and_its_answer(void **state)
{
	struct jf_sdp_session session = {.id = 5};
	struct jf_media_desc local = ours(JF_CODEC_PCMA), answer;
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];
	static const char good[] = HEAD "m=audio 4000 RTP/AVP 8 101\r\n"
	                                "a=rtpmap:101 telephone-event/8000\r\n";
	static const char other[] = HEAD "m=audio 4000 RTP/AVP 0\r\n";
	static const char off[] = HEAD "m=audio 0 RTP/AVP 8\r\n";

	(void)state;
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"));
	assert_int_equal(
	        jf_sdp_read_answer(good, strlen(good), &session, &local, &answer, &refusal), 0);
	assert_int_equal(answer.codecs[0].codec, JF_CODEC_PCMA);
	assert_int_equal(answer.event_type, 101);
	assert_int_equal(
	        jf_sdp_read_answer(other, strlen(other), &session, &local, &answer, &refusal),
	        -ENOTSUP);
	assert_int_equal(jf_sdp_read_answer(off, strlen(off), &session, &local, &answer, &refusal),
	                 -ENOTSUP);
	/* The version counts what we write. */
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "o=- 5 2 IN IP4"));
	assert_int_equal(jf_sdp_write_offer(&session, &local, text, 60), -ENOSPC);
	assert_int_equal(session.version, 2);
}

static void our_reoffer_keeps_the_streams_of_theirs(void **state)
{
	struct offered o = read_offer(HEAD "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\n");
	struct jf_media_desc local = ours(JF_CODEC_PCMU), answer;
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];
	static const char reply[] = HEAD "m=video 0 RTP/AVP 31\r\nm=audio 4006 RTP/AVP 0\r\n";

	(void)state;
	assert_true(jf_sdp_write_offer(&o.session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\nm=audio 40000 RTP/AVP 0"));
	assert_int_equal(
	        jf_sdp_read_answer(reply, strlen(reply), &o.session, &local, &answer, &refusal), 0);
	assert_int_equal(answer.rtp_port, 4006);
}

/* ---- Video ----------------------------------------------------------------------------------- */

#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"
#define H264                                                                                       \
	"m=video 5000 RTP/AVP 120 97 98\r\na=rtpmap:120 rtx/90000\r\n"                             \
	"a=rtpmap:97 H264/90000\r\na=fmtp:97 profile-level-id=42e01f\r\na=rtpmap:98 VP8/90000\r\n"

static struct jf_media_desc with_video(const struct jf_sdp_video *codec)
{
	struct jf_media_desc m = ours(JF_CODEC_PCMU);

	m.video = *codec;
	memcpy(m.video.ip, m.ip, sizeof(m.ip));
	m.video.rtp_port = 40010;
	m.video.rtcp_port = 40011;
	m.video.direction = JF_SDP_SENDRECV;
	return m;
}

static void video_is_answered_in_its_place(void **state)
{
	struct offered o = read_offer(HEAD H264 "a=sendonly\r\n" AUDIO);
	struct jf_media_desc local = with_video(&o.media.video);
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.video.rtp_port, 5000);
	assert_int_equal(o.media.video.rtcp_port, 5001);
	assert_int_equal(o.media.video.payload_type, 97); /* rtx shows nothing by itself */
	assert_int_equal(o.media.video.clock_hz, 90000);
	assert_string_equal(o.media.video.name, "H264");
	assert_string_equal(o.media.video.fmtp, "profile-level-id=42e01f");
	assert_int_equal(o.media.rtp_port, 4000);
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 40010 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n"
	                             "a=fmtp:97 profile-level-id=42e01f\r\na=recvonly\r\n"
	                             "m=audio 40000 RTP/AVP 0\r\n"));
	local.video.rtp_port = 0;
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 120\r\nm=audio 40000"));
}

static void video_that_cannot_pass_is_refused(void **state)
{
	static const char *const bodies[] = {
	        HEAD AUDIO "m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n",
	        HEAD AUDIO "m=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\na=fmtp:x\r\n",
	        HEAD AUDIO "m=video 5000 RTP/SAVP 97\r\na=rtpmap:97 H264/90000\r\n", /* no key */
	        HEAD AUDIO "m=video 5000 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 H264/90000\r\n",
	        HEAD AUDIO "m=video 5000 RTP/AVP 97\r\n",
	        HEAD AUDIO "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 ulpfec/90000\r\n",
	        HEAD AUDIO "m=video 5000/2 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n",
	        HEAD AUDIO "m=video 5000 RTP/AVP 97\r\nc=IN IP6 fd77::2\r\n"
	                   "a=rtpmap:97 H264/90000\r\n",
	        HEAD AUDIO "m=video 5000 RTP/AVP 97\r\nc=IN IP4 phone.example\r\n"
	                   "a=rtpmap:97 H264/90000\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct offered o = read_offer(bodies[i]);

		assert_int_equal(o.err, 0); /* the audio is served all the same */
		assert_int_equal(o.media.video.rtp_port, 0);
		assert_int_equal(o.session.video_place, 0);
	}
}

static void video_of_ours_is_offered_and_its_answer_read(void **state)
{
	static const struct jf_sdp_video codec = {
	        .payload_type = 97, .clock_hz = 90000, .name = "H264"};
	static const struct {
		const char *answer;
		uint16_t port;
	} answers[] = {
	        {"m=video 5000 RTP/AVP 99\r\na=rtpmap:99 h264/90000\r\n", 5000},
	        {"m=video 5000 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n", 0},
	        {"m=video 0 RTP/AVP 97\r\n", 0},
	        {"", 0},
	};
	struct jf_media_desc local = with_video(&codec), answer;
	struct jf_sdp_session session = {.id = 77};
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	inet_pton(AF_INET, "10.77.0.3", local.video.ip);
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 40010 RTP/AVP 97\r\nc=IN IP4 10.77.0.3\r\n"
	                             "a=rtpmap:97 H264/90000\r\na=sendrecv\r\n"));
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		snprintf(text, sizeof(text), HEAD AUDIO "%s", answers[i].answer);
		assert_int_equal(
		        jf_sdp_read_answer(text, strlen(text), &session, &local, &answer, &refusal),
		        0);
		assert_int_equal(answer.video.rtp_port, answers[i].port);
		assert_int_equal(answer.rtp_port, 4000);
	}
	/* again: in the same place */
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_int_equal(session.media_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(static_types_need_no_rtpmap),
	        cmocka_unit_test(dynamic_numbers_are_answered_as_offered),
	        cmocka_unit_test(other_streams_are_refused_in_their_places),
	        cmocka_unit_test(address_and_direction_of_the_stream_stand_before_the_sessions),
	        cmocka_unit_test(hold_is_told_in_three_ways),
	        cmocka_unit_test(what_cannot_be_served_is_488),
	        cmocka_unit_test(what_is_malformed_is_400),
	        cmocka_unit_test(our_offer_and_its_answer),
	        cmocka_unit_test(our_reoffer_keeps_the_streams_of_theirs),
	        cmocka_unit_test(video_is_answered_in_its_place),
	        cmocka_unit_test(video_that_cannot_pass_is_refused),
	        cmocka_unit_test(video_of_ours_is_offered_and_its_answer_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
