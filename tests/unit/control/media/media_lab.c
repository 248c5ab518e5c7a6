// SPDX-License-Identifier: BSD-3-Clause
#include "media_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define UTC_NS (UINT64_C(1800000000) * JF_NS_PER_S)

char lab_folder[64];
char segment[96], hello[96], broken[96];
struct fake_dataplane fake;
struct jf_media *media;
uint64_t now_ns;

struct seen seen;

static void see(const struct jf_media_event *event, void *arg)
{
	(void)arg;
	assert_true(seen.count < SEEN_MAX);
	seen.list[seen.count++] = *event;
	if (event->type == JF_MEDIA_RECORDED)
		assert_int_equal(jf_media_recording(media, event->recording, &seen.recording), 0);
}

void control_start(void)
{
	struct jf_media_options options = {.segment = segment, .utc_ns = UTC_NS, .handler = see};

	assert_int_equal(jf_media_create(&options, now_ns, &media), 0);
}

void file_make(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fclose(f);
}

int set_up(void **state)
{
	(void)state;
	snprintf(lab_folder, sizeof(lab_folder), "/tmp/jf-test-media-XXXXXX");
	if (!mkdtemp(lab_folder))
		return -1;
	snprintf(segment, sizeof(segment), "%s/contract", lab_folder);
	snprintf(hello, sizeof(hello), "%s/hello.wav", lab_folder);
	snprintf(broken, sizeof(broken), "%s/broken.wav", lab_folder);
	file_make(hello);
	file_make(broken);
	memset(&seen, 0, sizeof(seen));
	now_ns = 1000 * JF_NS_PER_S;
	fake_start(&fake, segment, now_ns);
	control_start();
	return 0;
}

int tear_down(void **state)
{
	(void)state;
	jf_media_destroy(media);
	if (fake.memory)
		fake_stop(&fake);
	unlink(hello);
	unlink(broken);
	unlink(segment);
	return rmdir(lab_folder);
}

/* A while of both planes, in steps of 10 ms. */
void live(uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i += 10) {
		now_ns += 10 * JF_NS_PER_MS;
		if (fake.memory)
			fake_run(&fake, now_ns, 1000);
		jf_media_poll(media, now_ns);
	}
}

size_t seen_of(enum jf_media_event_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < seen.count; i++)
		count += seen.list[i].type == type;
	return count;
}

const struct jf_media_event *last_of(enum jf_media_event_type type)
{
	for (size_t i = seen.count; i > 0; i--) {
		if (seen.list[i - 1].type == type)
			return &seen.list[i - 1];
	}
	fail();
	return NULL;
}

const struct jf_call_id call = {{1, 2, 3}};

struct pair pair_open(void)
{
	struct pair p;

	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_CALLER, NULL, NULL, &p.caller), 0);
	assert_int_equal(jf_media_open(media, &call, JF_MEDIA_AGENT, &p.caller, NULL, &p.agent), 0);
	return p;
}

const struct jf_media_remote remote = {
        .rtp = {.ip = {10, 77, 0, 9}, .family = 4, .port = 4000},
        .rtcp_port = 4001,
        .send = true,
        .receive = true,
        .codec = JF_CODEC_PCMA,
        .clock_hz = 8000,
        .rx_digits = JF_MEDIA_DIGITS_EVENT,
        .tx_digits = JF_MEDIA_DIGITS_EVENT,
        .rx_audio_type = 8,
        .tx_audio_type = 8,
        .rx_event_type = 101,
        .tx_event_type = 96,
        .ptime_ms = 20,
};

struct jf_slot_identity *slot_of(struct jf_media_ref ref)
{
	return &fake.contract.slots[ref.index].identity;
}
