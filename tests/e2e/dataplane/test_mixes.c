// SPDX-License-Identifier: BSD-3-Clause
/*
 * Three who talk at once through the real dataplane: a caller, an agent, and a supervisor who
 * listens to them. Each has a codec and a tone of its own, so that what a phone hears tells whom.
 */
#include "jf_dataplane_lab.h"

#include <math.h>
#include <string.h>

#include "jf_g711.h"
#include "jf_rtp.h"
#include "jf_transcode.h"

static const uint8_t codecs[JF_LAB_PHONES] = {JF_CODEC_PCMU, JF_CODEC_G722, JF_CODEC_PCMA};
static const double tones[JF_LAB_PHONES] = {700, 1100, 1700};

#define TALK_FRAMES 75u
#define EAR_SAMPLES 8000u

static struct {
	struct jf_transcode say[JF_LAB_PHONES], hear[JF_LAB_PHONES];
	uint16_t sequence;
	int16_t ear[JF_LAB_PHONES][EAR_SAMPLES]; /* what came last */
	uint32_t heard[JF_LAB_PHONES], breaks[JF_LAB_PHONES];
	struct jf_rtp before[JF_LAB_PHONES];
} talk;

static void begin_talk(void)
{
	memset(&talk, 0, sizeof(talk));
	for (uint32_t p = 0; p < JF_LAB_PHONES; p++) {
		jf_transcode_init(&talk.say[p], JF_CODEC_PCMU, codecs[p]);
		jf_transcode_init(&talk.hear[p], codecs[p], JF_CODEC_PCMU);
	}
}

static void say_tone(uint32_t phone)
{
	uint8_t packet[12 + 160];

	jf_rtp_write_header(packet, codecs[phone], false, talk.sequence, talk.sequence * 160u,
	                    0x200 + phone);
	for (uint32_t i = 0; i < 160; i++) {
		double t = (talk.sequence * 160.0 + i) / 8000;

		packet[12 + i] = jf_g711_encode(
		        JF_LAW_PCMU, (int16_t)lrint(5000 * sin(2 * M_PI * tones[phone] * t)));
	}
	jf_transcode_run(&talk.say[phone], packet + 12, 160);
	jf_lab_send_packet(phone, packet, sizeof(packet));
}

static void hear_tone(uint32_t phone, uint8_t *packet, size_t length)
{
	struct jf_rtp rtp, *before = &talk.before[phone];
	int16_t *ear = talk.ear[phone];

	assert_int_equal(jf_rtp_parse(packet, length, &rtp), 0);
	assert_int_equal(rtp.payload_type, codecs[phone]);
	assert_int_equal(rtp.payload_length, 160);
	if (talk.heard[phone]++)
		talk.breaks[phone] += rtp.ssrc != before->ssrc ||
		                      rtp.sequence != (uint16_t)(before->sequence + 1);
	*before = rtp;
	jf_transcode_run(&talk.hear[phone], packet + rtp.payload_offset, 160);
	memmove(ear, ear + 160, (EAR_SAMPLES - 160) * sizeof(*ear));
	jf_g711_decode_block(JF_LAW_PCMU, packet + rtp.payload_offset, 160,
	                     ear + EAR_SAMPLES - 160);
}

/* All talk for a while; the last second of what each heard stays. */
static void talk_on(void)
{
	uint64_t next_ns = jf_lab_now_ns();
	uint8_t packet[1500];

	for (uint32_t f = 0; f < TALK_FRAMES; f++, talk.sequence++) {
		next_ns += 20 * JF_NS_PER_MS;
		for (uint32_t p = 0; p < JF_LAB_PHONES; p++)
			say_tone(p);
		while (jf_lab_now_ns() < next_ns) {
			for (uint32_t p = 0; p < JF_LAB_PHONES; p++) {
				size_t n = jf_lab_receive(p, 0, packet);

				if (n)
					hear_tone(p, packet, n);
			}
			jf_lab_sleep_ms(1);
		}
	}
}

static bool hears(uint32_t phone, uint32_t source)
{
	double c = 0, s = 0;

	for (uint32_t i = 0; i < EAR_SAMPLES; i++) {
		c += talk.ear[phone][i] * cos(2 * M_PI * tones[source] * i / 8000);
		s += talk.ear[phone][i] * sin(2 * M_PI * tones[source] * i / 8000);
	}
	/* 5,000 when it is there; a stall of the machine may have cost some of it */
	return 2 * sqrt(c * c + s * s) / EAR_SAMPLES > 500;
}

/* For each phone the sources that it hears, as digits. */
static void assert_all_hear(const char *const sources[JF_LAB_PHONES])
{
	talk_on();
	for (uint32_t phone = 0; phone < JF_LAB_PHONES; phone++)
		for (uint32_t source = 0; source < JF_LAB_PHONES; source++)
			if (hears(phone, source) != !!strchr(sources[phone], (int)('0' + source)))
				fail_msg("%u %s %u", phone,
				         hears(phone, source) ? "hears" : "doesn't hear", source);
}

static void join_phones(uint32_t listener, uint32_t source)
{
	assert_int_equal(jf_lab_command((struct jf_command){.type = JF_COMMAND_JOIN,
	                                                    .endpoint = {listener, 2},
	                                                    .join = {.source = {source, 2}}}),
	                 0);
}

static void mix_phones(uint32_t listener, const char *sources)
{
	struct jf_command mix = {.type = JF_COMMAND_MIX, .endpoint = {listener, 2}};

	for (; *sources; sources++)
		mix.mix.sources[mix.mix.count++] =
		        (struct jf_endpoint_ref){(uint32_t)(*sources - '0'), 2};
	assert_int_equal(jf_lab_command(mix), 0);
}

static void a_supervisor_listens_whispers_barges_in_and_takes_over(void **state)
{
	(void)state;
	/* a call before it, so that the way to both is known */
	jf_lab_open_call(1);
	jf_lab_join_call(1);
	jf_lab_until_heard(0);
	jf_lab_until_heard(1);
	for (uint32_t p = 0; p < JF_LAB_PHONES; p++)
		jf_lab_open(p, 2, codecs[p]);
	begin_talk();
	jf_lab_drain();
	/* the call, of which one side speaks G.722 and the other doesn't */
	join_phones(0, 1);
	join_phones(1, 0);
	assert_all_hear((const char *const[JF_LAB_PHONES]){"1", "0", ""});
	mix_phones(2, "01");
	assert_all_hear((const char *const[JF_LAB_PHONES]){"1", "0", "01"});
	mix_phones(1, "02"); /* a whisper, which the caller doesn't hear */
	assert_all_hear((const char *const[JF_LAB_PHONES]){"1", "02", "01"});
	mix_phones(0, "12"); /* barging in */
	assert_all_hear((const char *const[JF_LAB_PHONES]){"12", "02", "01"});
	mix_phones(1, ""); /* taking over */
	join_phones(0, 2);
	join_phones(2, 0);
	assert_all_hear((const char *const[JF_LAB_PHONES]){"2", "", "0"});
	for (uint32_t p = 0; p < JF_LAB_PHONES; p++) {
		assert_true(talk.heard[p] >= 4 * TALK_FRAMES - 20);
		assert_int_equal(talk.breaks[p], 0); /* one stream to each of them */
	}
	for (uint32_t p = 0; p < JF_LAB_PHONES; p++)
		assert_int_equal(jf_lab_command((struct jf_command){.type = JF_COMMAND_CLOSE,
		                                                    .endpoint = {p, 2}}),
		                 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_supervisor_listens_whispers_barges_in_and_takes_over),
	};

	if (!jf_lab_arguments(argc, argv))
		return 77;
	return cmocka_run_group_tests_name("dataplane_mixes", tests, jf_lab_begin, jf_lab_end);
}
