// SPDX-License-Identifier: BSD-3-Clause
#include "jf_digits_lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "jf_g711.h"
#include "jf_telev.h"
#include "jf_tone.h"

struct jf_dial jf_dial;

/* ---- Calls and time ----------------------------------------------------------------------- */

void jf_dial_set_forms(struct jf_lab *lab, uint32_t index, uint8_t rx, uint8_t tx, uint8_t codec)
{
	struct jf_command remote = jf_lab_remote_of(index);

	remote.remote.rx_digits = rx;
	remote.remote.tx_digits = tx;
	remote.remote.codec = codec;
	remote.remote.rx_audio_type = remote.remote.tx_audio_type = codec;
	assert_int_equal(jf_lab_command(lab, remote), 0);
}

void jf_dial_call(struct jf_lab *lab, uint8_t dials, uint8_t takes, uint8_t codec)
{
	memset(&jf_dial, 0, sizeof(jf_dial));
	jf_dial.sequence = 500;
	jf_dial.timestamp = 70000;
	jf_dial.codec = codec;
	jf_g722_encoder_init(&jf_dial.encoder, JF_G722_NARROW);
	jf_lab_call(lab);
	jf_dial_set_forms(lab, JF_DIAL_CALLER, dials, dials, codec);
	jf_dial_set_forms(lab, JF_DIAL_AGENT, takes, takes, codec);
}

void jf_dial_collect(struct jf_lab *lab)
{
	struct jf_lab_frame frame;
	uint8_t payload[1500];

	while (jf_lab_sent(lab, &frame, payload)) {
		struct jf_dial_sent *sent = &jf_dial.sent[jf_dial.n++];

		assert_true(jf_dial.n < JF_DIAL_SENT_MAX &&
		            frame.payload_length <= sizeof(sent->payload));
		assert_int_equal(frame.target_port, 40000 + 2 * JF_DIAL_AGENT);
		sent->frame = frame;
		memcpy(sent->payload, payload, frame.payload_length);
	}
}

void jf_dial_pass(struct jf_lab *lab, uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		lab->path.now_ns += JF_LAB_MS;
		jf_path_play(&lab->path);
		jf_path_mix_out(&lab->path);
		jf_path_digits_out(&lab->path);
		jf_dial_collect(lab);
	}
}

void jf_dial_say(struct jf_lab *lab, enum jf_law law, const int16_t *samples, size_t n)
{
	uint8_t codes[160];

	for (size_t at = 0; at + 160 <= n; at += 160) {
		struct jf_lab_frame frame =
		        jf_lab_from(JF_DIAL_CALLER, jf_dial.sequence++, jf_dial.timestamp);

		if (jf_dial.codec == JF_CODEC_G722)
			jf_g722_encode(&jf_dial.encoder, samples + at, 160, codes);
		else
			jf_g711_encode_block(law, samples + at, 160, codes);
		frame.payload = codes;
		frame.payload_type = jf_dial.codec;
		jf_dial.timestamp += 160;
		jf_lab_receive(lab, &frame);
		jf_dial_collect(lab);
		jf_dial_pass(lab, 20);
	}
}

void jf_dial_hum(struct jf_lab *lab, enum jf_law law, uint32_t ms)
{
	static int16_t samples[8000];

	for (uint32_t i = 0; i < ms * 8; i++)
		samples[i] = (int16_t)(3000 * sin(0.25 * i) + 1000 * sin(0.611 * i));
	jf_dial_say(lab, law, samples, ms * 8);
}

void jf_dial_tone(struct jf_lab *lab, enum jf_law law, uint8_t event, uint32_t ms)
{
	static int16_t samples[16000];
	struct jf_tone tone;
	uint32_t n = (ms * 8 + 159) / 160 * 160;

	jf_tone_key(&tone, event, ms * 8);
	jf_tone_make(&tone, samples, n);
	jf_dial_say(lab, law, samples, n);
}

void jf_dial_event(struct jf_lab *lab, uint8_t event, uint32_t packets)
{
	uint32_t begin_ts = jf_dial.timestamp;

	for (uint32_t i = 1; i <= packets + 2; i++) {
		struct jf_telev telev = {.event = event,
		                         .volume = 8,
		                         .end = i >= packets,
		                         .duration_ts =
		                                 (uint16_t)(160 * (i < packets ? i : packets))};
		struct jf_lab_frame frame =
		        jf_lab_from(JF_DIAL_CALLER, jf_dial.sequence++, begin_ts);
		uint8_t payload[JF_TELEV_SIZE];

		jf_telev_write(&telev, payload);
		frame.payload = payload;
		frame.payload_length = sizeof(payload);
		frame.payload_type = JF_DIAL_EVENTS;
		frame.marker = i == 1;
		jf_lab_receive(lab, &frame);
		jf_dial_collect(lab);
		if (i <= packets)
			jf_dial_pass(lab, 20);
	}
	jf_dial.timestamp = begin_ts + 160 * packets;
}

void jf_dial_digits(struct jf_lab *lab, struct jf_slot_digits *ret_digits)
{
	jf_contract_read_digits(&lab->contract.slots[JF_DIAL_CALLER], ret_digits);
}

/* ---- What was sent ------------------------------------------------------------------------ */

void jf_dial_check_stream(void)
{
	for (size_t i = 1; i < jf_dial.n; i++) {
		assert_int_equal(jf_dial.sent[i].frame.ssrc, jf_dial.sent[0].frame.ssrc);
		assert_int_equal(jf_dial.sent[i].frame.sequence,
		                 (uint16_t)(jf_dial.sent[i - 1].frame.sequence + 1));
		assert_true((int32_t)(jf_dial.sent[i].frame.timestamp -
		                      jf_dial.sent[i - 1].frame.timestamp) >= 0);
	}
}

void jf_dial_events_sent(char *ret_text, size_t size)
{
	uint32_t timestamp = 0, ends = 0, last = 0;

	ret_text[0] = 0;
	for (size_t i = 0; i < jf_dial.n; i++) {
		struct jf_telev telev;
		size_t at = strlen(ret_text);

		if (jf_dial.sent[i].frame.payload_type != JF_DIAL_EVENTS)
			continue;
		assert_int_equal(jf_telev_parse(jf_dial.sent[i].payload,
		                                jf_dial.sent[i].frame.payload_length, &telev),
		                 0);
		if (ends == 0 && last == 0) {
			assert_true(jf_dial.sent[i].frame.marker);
			timestamp = jf_dial.sent[i].frame.timestamp;
		} else {
			assert_false(jf_dial.sent[i].frame.marker);
		}
		assert_int_equal(jf_dial.sent[i].frame.timestamp, timestamp);
		assert_true(telev.end ? telev.duration_ts >= last : telev.duration_ts > last);
		last = telev.duration_ts;
		ends += telev.end;
		if (ends < 3)
			continue;
		snprintf(ret_text + at, size - at, "%s%s:%u", at ? " " : "",
		         jf_telev_name(telev.event), last);
		ends = last = 0;
	}
	assert_int_equal(ends + last, 0);
}

static void hear(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	struct jf_dial_ear *ear = user;
	size_t at = strlen(ear->keys);

	(void)token;
	if (news->kind == JF_DTMF_PRESSED && at + 1 < sizeof(ear->keys))
		ear->keys[at] = "0123456789*#ABCD"[news->event];
	if (news->duration_ts > ear->longest_ts)
		ear->longest_ts = news->duration_ts;
}

struct jf_dial_ear jf_dial_keys_heard(enum jf_law law)
{
	struct jf_dial_ear ear = {0};
	struct jf_g722_decoder decoder;
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;

	jf_g722_decoder_init(&decoder, JF_G722_NARROW);
	jf_dtmf_batch_init(&batch, hear, &ear);
	for (size_t i = 0; i < jf_dial.n; i++) {
		const struct jf_lab_frame *frame = &jf_dial.sent[i].frame;
		int16_t samples[480];

		if (frame->payload_type == JF_DIAL_EVENTS)
			continue;
		if (jf_dial.codec == JF_CODEC_G722) {
			jf_g722_decode(&decoder, jf_dial.sent[i].payload, frame->payload_length,
			               samples);
			jf_dtmf_feed_linear(&batch, &stream, 0, frame->timestamp, samples,
			                    frame->payload_length);
		} else {
			jf_dtmf_feed(&batch, &stream, 0, frame->timestamp, law,
			             jf_dial.sent[i].payload, frame->payload_length);
		}
	}
	jf_dtmf_flush(&batch);
	return ear;
}

int jf_dial_mask(struct jf_lab *lab, uint32_t index, bool on)
{
	return jf_lab_command(lab, (struct jf_command){.type = JF_COMMAND_MASK,
	                                               .endpoint = {index, 1},
	                                               .mask = {.on = on}});
}

int jf_dial_begin(void **state)
{
	jf_dtmf_init();
	return jf_lab_begin(state);
}
