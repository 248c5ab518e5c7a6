// SPDX-License-Identifier: BSD-3-Clause
/* a=crypto: which lines can be used, and how offers and answers with keys go together; a=rtcp-fb.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "sdp_lab.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 10.77.0.9\r\ns=-\r\nc=IN IP4 10.77.0.9\r\nt=0 0\r\n"

/* Of 30, 28, 44 and 46 octets, counting up from 0. */
#define K30 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define K28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define K44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
#define K46 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ=="

static bool usable(const char *line, struct jf_sdp_crypto *ret_crypto)
{
	return jf_sdp_crypto_read(line, strlen(line), ret_crypto);
}

static void every_suite_is_read_and_written(void **state)
{
	static const struct {
		const char *line;
		enum jf_srtp_suite suite;
		uint8_t octets;
	} cases[] = {
	        {"1 AES_CM_128_HMAC_SHA1_80 inline:" K30, JF_SRTP_AES_CM_128_HMAC_SHA1_80, 30},
	        {"2 AES_CM_128_HMAC_SHA1_32 inline:" K30, JF_SRTP_AES_CM_128_HMAC_SHA1_32, 30},
	        {"3 AES_256_CM_HMAC_SHA1_80 inline:" K46, JF_SRTP_AES_256_CM_HMAC_SHA1_80, 46},
	        {"4 AEAD_AES_128_GCM inline:" K28, JF_SRTP_AEAD_AES_128_GCM, 28},
	        {"999999999 AEAD_AES_256_GCM inline:" K44, JF_SRTP_AEAD_AES_256_GCM, 44},
	};
	char text[JF_SDP_CRYPTO_TEXT_MAX];
	struct jf_sdp_crypto crypto;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(usable(cases[i].line, &crypto));
		assert_int_equal(crypto.suite, cases[i].suite);
		for (uint8_t k = 0; k < JF_SRTP_KEY_MAX; k++)
			assert_int_equal(crypto.key[k], k < cases[i].octets ? k : 0);
		jf_sdp_crypto_write(&crypto, text);
		assert_int_equal(strncmp(text, "a=crypto:", 9), 0);
		assert_string_equal(text + 9, cases[i].line);
	}
}

static void what_changes_nothing_is_let_pass(void **state)
{
	static const char *const lines[] = {
	        "1 aes_cm_128_hmac_sha1_80 INLINE:" K30,
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^20",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^48",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|281474976710656",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " WSH=64",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " -FUTURE=1 WSH=128 ",
	        "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw",
	};
	struct jf_sdp_crypto crypto;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!usable(lines[i], &crypto))
			fail_msg("%s", lines[i]);
}

static void what_cannot_be_served_is_passed_over(void **state)
{
	static const char *const lines[] = {
	        "",
	        "1",
	        "1 AES_CM_128_HMAC_SHA1_80",
	        "0 AES_CM_128_HMAC_SHA1_80 inline:" K30,
	        "-1 AES_CM_128_HMAC_SHA1_80 inline:" K30,
	        "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" K30,
	        "1 F8_128_HMAC_SHA1_80 inline:" K30,
	        "1 none inline:" K30,
	        "1 AES_CM_128_HMAC_SHA1_80 " K30,
	        "1 AES_CM_128_HMAC_SHA1_80 uri:" K30,
	        "1 AES_CM_128_HMAC_SHA1_80 inline:",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K28,
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K46,
	        "1 AEAD_AES_128_GCM inline:" K30,
	        "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=x",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw!",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^19",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^49",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1000",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^20|1:4",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|1:4",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 ";inline:" K30,
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " KDR=1",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " UNENCRYPTED_SRTP",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " UNENCRYPTED_SRTCP",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " UNAUTHENTICATED_SRTP",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " FEC_ORDER=FEC_SRTP",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " WSH=63",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " FUTURE=1",
	        "1 AES_CM_128_HMAC_SHA1_80 inline:" K30 " -",
	};
	struct jf_sdp_crypto crypto;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (usable(lines[i], &crypto))
			fail_msg("%s", lines[i]);
}

static struct jf_media_desc ours(void)
{
	struct jf_media_desc m = media_at("10.77.0.1");

	m.event_type = JF_SDP_NO_EVENT;
	return m;
}

static void of_several_lines_ours_is_taken(void **state)
{
	struct offered o =
	        read_offer(HEAD "m=audio 4000 RTP/SAVP 0\r\n"
	                        "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" K30 "\r\n"
	                        "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "|2^31|1:4\r\n"
	                        "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n"
	                        "a=crypto:6 AEAD_AES_256_GCM inline:" K44 "\r\n");
	struct jf_media_desc local = ours(), answer;
	const struct jf_sdp_crypto *best;
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.savp, 1);
	assert_int_equal(o.media.crypto_count, 3);
	best = jf_sdp_crypto_choose(o.media.crypto, o.media.crypto_count);
	assert_int_equal(best->tag, 5);
	/* RTP/SAVP is not answered without a key, nor with one that was not asked for. */
	assert_int_equal(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)),
	                 -EINVAL);
	local.crypto_count = 1;
	local.crypto[0] = (struct jf_sdp_crypto){.tag = 6, .suite = best->suite};
	assert_int_equal(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)),
	                 -EINVAL);
	local.crypto[0].tag = 5;
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 40000 RTP/SAVP 0\r\n"
	                             "a=crypto:5 AES_CM_128_HMAC_SHA1_80 "
	                             "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"));
	assert_int_equal(
	        jf_sdp_read_answer(text, strlen(text), &o.session, &o.media, &answer, &refusal), 0);
	assert_int_equal(answer.crypto_count, 1);
	assert_int_equal(answer.crypto[0].tag, 5);
}

static void keys_under_plain_rtp_are_an_invitation(void **state)
{
	struct offered o = read_offer(HEAD "m=audio 4000 RTP/AVP 0\r\n"
	                                   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n");
	struct jf_media_desc local = ours();
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.savp, 0);
	assert_int_equal(o.media.crypto_count, 1);
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_null(strstr(text, "crypto"));
	local.crypto_count = 1;
	local.crypto[0] = o.media.crypto[0];
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 0\r\na=crypto:1 "));
}

static void an_answer_must_fit_what_we_offered(void **state)
{
	static const struct {
		const char *media;
		int err;
	} cases[] = {
	        {"m=audio 4000 RTP/SAVP 0\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
	         0},
	        {"m=audio 4000 RTP/AVP 0\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
	         -ENOTSUP},
	        {"m=audio 4000 RTP/AVP 0\r\n", -ENOTSUP},
	        {"m=audio 4000 RTP/SAVP 0\r\n", -ENOTSUP},
	        {"m=audio 4000 RTP/SAVP 0\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
	         -ENOTSUP},
	        {"m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
	         -ENOTSUP},
	        {"m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_128_GCM inline:" K28 "\r\n"
	         "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n",
	         -ENOTSUP},
	};
	struct jf_sdp_session session = {.id = 5};
	struct jf_media_desc local = ours(), answer;
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	local.savp = 1;
	local.crypto_count = 2;
	local.crypto[0] = (struct jf_sdp_crypto){.tag = 1, .suite = JF_SRTP_AEAD_AES_128_GCM};
	local.crypto[1] =
	        (struct jf_sdp_crypto){.tag = 2, .suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80};
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "RTP/SAVP 0\r\na=crypto:1 AEAD_AES_128_GCM inline:"));
	assert_non_null(strstr(text, "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), HEAD "%s", cases[i].media);
		assert_int_equal(
		        jf_sdp_read_answer(text, strlen(text), &session, &local, &answer, &refusal),
		        cases[i].err);
	}
	/* Keys that nobody asked for are not taken. */
	local.savp = 0;
	local.crypto_count = 0;
	snprintf(text, sizeof(text), HEAD "%s", cases[1].media);
	assert_int_equal(
	        jf_sdp_read_answer(text, strlen(text), &session, &local, &answer, &refusal), 0);
	assert_int_equal(answer.crypto_count, 0);
}

/* ---- Video ----------------------------------------------------------------------------------- */

#define AUDIO "m=audio 4000 RTP/AVP 0\r\n"
#define H264  "a=rtpmap:97 H264/90000\r\n"
#define SAVP  "m=video 5000 RTP/SAVP 97\r\n" H264

/* The codec of it, at a port of ours. */
static struct jf_sdp_video our_video(const struct jf_sdp_video *like)
{
	struct jf_sdp_video video = *like;

	video.rtp_port = 40010;
	video.rtcp_port = 40011;
	video.crypto_count = 0;
	memset(video.crypto, 0, sizeof(video.crypto));
	memcpy(video.ip, ours().ip, sizeof(video.ip));
	return video;
}

static void video_has_keys_of_its_own(void **state)
{
	struct offered o =
	        read_offer(HEAD AUDIO SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:" K30 "\r\n"
	                                   "a=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:" K46 "\r\n"
	                                   "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n");
	struct jf_media_desc local = ours();
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.crypto_count, 0);
	assert_int_equal(o.media.video.savp, 1);
	/* The two that we like best. */
	assert_int_equal(o.media.video.crypto_count, 2);
	assert_int_equal(o.media.video.crypto[0].tag, 7);
	assert_int_equal(o.media.video.crypto[1].tag, 2);
	/* Without a key, or with one that was not asked for, it is refused; the sound is not. */
	local.video = our_video(&o.media.video);
	for (uint32_t tag = 5; tag <= 6; tag++) {
		assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) >
		            0);
		assert_non_null(strstr(text, "m=video 0 RTP/SAVP 97\r\n"));
		assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 0\r\n"));
		local.video.crypto_count = 1;
		local.video.crypto[0] = (struct jf_sdp_crypto){
		        .tag = tag, .suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80};
	}
	local.video.crypto[0].tag = 7;
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 40010 RTP/SAVP 97\r\n"
	                             "a=crypto:7 AES_CM_128_HMAC_SHA1_80 "
	                             "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" H264));
	/* And without a line that can be used there is none. */
	o = read_offer(HEAD AUDIO SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short\r\n");
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.video.rtp_port, 0);
}

static void an_answer_of_video_must_fit_what_we_offered(void **state)
{
	static const struct {
		const char *media;
		uint16_t port;
	} cases[] = {
	        {SAVP "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n", 5000},
	        {SAVP "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n", 0},
	        {SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" K30 "\r\n", 0},
	        {SAVP, 0},
	        {"m=video 5000 RTP/AVP 97\r\n" H264, 0},
	};
	struct jf_sdp_session session = {.id = 5};
	struct jf_media_desc local = ours(), answer;
	struct jf_sdp_refusal refusal;
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	local.video = (struct jf_sdp_video){.rtp_port = 40010,
	                                    .rtcp_port = 40011,
	                                    .payload_type = 97,
	                                    .clock_hz = 90000,
	                                    .savp = 1,
	                                    .crypto_count = 2,
	                                    .name = "H264"};
	local.video.crypto[0] = (struct jf_sdp_crypto){.tag = 1, .suite = JF_SRTP_AEAD_AES_128_GCM};
	local.video.crypto[1] =
	        (struct jf_sdp_crypto){.tag = 2, .suite = JF_SRTP_AES_CM_128_HMAC_SHA1_80};
	assert_true(jf_sdp_write_offer(&session, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 40010 RTP/SAVP 97\r\n"));
	assert_non_null(strstr(text, "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), HEAD AUDIO "%s", cases[i].media);
		assert_int_equal(
		        jf_sdp_read_answer(text, strlen(text), &session, &local, &answer, &refusal),
		        0);
		assert_int_equal(answer.video.rtp_port, cases[i].port);
	}
}

static void feedback_is_written_anew(void **state)
{
	struct offered o =
	        read_offer(HEAD AUDIO "m=video 5000 RTP/AVPF 97 98\r\n" H264
	                              "a=rtcp-fb:97 nack\r\na=rtcp-fb:97 nack pli\r\n"
	                              "a=rtcp-fb:98 ccm fir\r\na=rtcp-fb:* goog-remb\r\n"
	                              "a=rtcp-fb:97 ccm tmmbr smaxpr=120\r\na=rtcp-fb:\r\n");
	struct jf_media_desc local = ours();
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.video.avpf, 1);
	assert_int_equal(o.media.video.feedback, JF_SDP_FEEDBACK_PLI);
	local.video = our_video(&o.media.video);
	local.video.feedback = JF_SDP_FEEDBACK_PLI | JF_SDP_FEEDBACK_FIR;
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=video 40010 RTP/AVPF 97\r\n" H264
	                             "a=rtcp-fb:97 nack pli\r\na=sendrecv\r\n"));
	o = read_offer(HEAD AUDIO "m=video 5000 RTP/AVP 97\r\n" H264 "a=rtcp-fb:* ccm fir\r\n"
	                          "a=rtcp-fb:* nack pli\r\n");
	assert_int_equal(o.media.video.feedback, JF_SDP_FEEDBACK_PLI | JF_SDP_FEEDBACK_FIR);
	assert_int_equal(o.media.video.avpf, 0);
}

static void an_opaque_codec_goes_back_as_it_came(void **state)
{
	struct offered o =
	        read_offer(HEAD "m=audio 4000 RTP/AVP 111 18 0 101 110\r\n"
	                        "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
	                        "a=rtpmap:111 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
	                        "a=rtpmap:110 telephone-event/48000\r\na=fmtp:18 annexb=no\r\n");
	struct jf_media_desc local = ours();
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.codec_count, 3);
	assert_string_equal(jf_sdp_codec_name(&o.media, 0), "opus");
	assert_int_equal(jf_sdp_clock_hz(&o.media, 0), 48000);
	assert_int_equal(jf_sdp_event_type(&o.media, 0), 110);
	assert_string_equal(jf_sdp_codec_name(&o.media, 1), "G729");
	assert_int_equal(jf_sdp_event_type(&o.media, 1), 101);
	assert_int_equal(jf_sdp_event_type(&o.media, 2), 101);
	local.event_type = 101;
	local.wide_event_hz = 48000;
	local.codecs[0] = o.media.codecs[0];
	memcpy(local.opaque, o.media.opaque, sizeof(local.opaque));
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 111 110\r\n"
	                             "a=rtpmap:111 opus/48000/2\r\n"
	                             "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
	                             "a=rtpmap:110 telephone-event/48000\r\n"));
	local.codecs[0] = o.media.codecs[1];
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 18 101\r\na=rtpmap:18 G729/8000\r\n"
	                             "a=fmtp:18 annexb=no\r\n"));
}

/* Whatever would break the lines that we write is no codec. */
static void an_opaque_codec_that_cannot_be_repeated_is_left_out(void **state)
{
	struct offered o = read_offer(HEAD "m=audio 4000 RTP/AVP 96 97 98 99 0\r\n"
	                                   "a=rtpmap:96 bad\x01name/8000\r\n"
	                                   "a=rtpmap:97 fine/8000\r\na=fmtp:97 bad\rline\r\n"
	                                   "a=rtpmap:98 a-name-that-is-longer-than-we-keep/8000\r\n"
	                                   "a=rtpmap:99 fast/2000000\r\n");

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.codec_count, 1);
	assert_int_equal(o.media.opaque_count, 0);
	assert_int_equal(o.media.codecs[0].codec, JF_CODEC_PCMU);
}

static void ipv6_is_read_and_written(void **state)
{
	struct offered o = read_offer("v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\n"
	                              "c=IN IP6 2001:db8::9\r\nt=0 0\r\n"
	                              "m=audio 4000 RTP/AVP 9\r\n");
	struct jf_media_desc local = ours();
	char text[JF_SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.media.family, 6);
	assert_int_equal(o.media.ip[0], 0x20);
	assert_int_equal(o.media.codecs[0].codec, JF_CODEC_G722);
	local.family = 6;
	memset(local.ip, 0, sizeof(local.ip));
	local.ip[0] = 0xfd;
	local.ip[15] = 1;
	local.codecs[0] = o.media.codecs[0];
	assert_true(jf_sdp_write_answer(&o.session, &o.media, &local, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, " IN IP6 fd00::1\r\ns=-\r\nc=IN IP6 fd00::1\r\n"));
	assert_non_null(strstr(text, "m=audio 40000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_suite_is_read_and_written),
	        cmocka_unit_test(what_changes_nothing_is_let_pass),
	        cmocka_unit_test(what_cannot_be_served_is_passed_over),
	        cmocka_unit_test(of_several_lines_ours_is_taken),
	        cmocka_unit_test(keys_under_plain_rtp_are_an_invitation),
	        cmocka_unit_test(an_answer_must_fit_what_we_offered),
	        cmocka_unit_test(video_has_keys_of_its_own),
	        cmocka_unit_test(an_answer_of_video_must_fit_what_we_offered),
	        cmocka_unit_test(feedback_is_written_anew),
	        cmocka_unit_test(an_opaque_codec_goes_back_as_it_came),
	        cmocka_unit_test(an_opaque_codec_that_cannot_be_repeated_is_left_out),
	        cmocka_unit_test(ipv6_is_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
