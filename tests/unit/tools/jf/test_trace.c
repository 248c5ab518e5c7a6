// SPDX-License-Identifier: BSD-3-Clause
/* The ladder and the capture file that `jf trace` makes of messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_tool_ladder.h"
#include "jf_tool_pcap.h"

static json_t *message(double at_ms, bool sent, const char *peer, const char *call_id,
                       const char *method, const char *start)
{
	json_t *json = json_pack("{s:f, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at_ms", at_ms,
	                         "sent", sent, "from", sent ? "10.0.0.1:5060" : peer, "to",
	                         sent ? peer : "10.0.0.1:5060", "sip_call_id", call_id, "start",
	                         start, "cseq", "1 INVITE", "to_user", "6100", "text",
	                         "x\r\n\r\nv=0\r\nm=audio 1 RTP/AVP 0\r\na=ptime:20\r\n");

	if (method)
		json_object_set_new(json, "method", json_string(method));
	return json;
}

static void show(struct jf_tool_ladder *ladder, json_t *json)
{
	jf_tool_ladder_message(ladder, json);
	json_decref(json);
}

static void ladder_has_both_legs(void **state)
{
	struct jf_tool_ladder ladder = {.sdp = true};
	char *text = NULL;
	size_t size = 0;
	json_t *again;

	(void)state;
	ladder.out = open_memstream(&text, &size);
	show(&ladder, message(1000, false, "10.0.0.2:5060", "a", "INVITE", "INVITE x SIP/2.0"));
	show(&ladder, message(1250, true, "10.0.0.3:5060", "b", "INVITE", "INVITE y SIP/2.0"));
	show(&ladder, message(1500, false, "10.0.0.3:5060", "b", NULL, "SIP/2.0 180 Ringing"));
	again = message(1600, true, "10.0.0.2:5060", "a", NULL, "SIP/2.0 200 \033[2J");
	json_object_set_new(again, "again", json_true());
	show(&ladder, again);
	fclose(ladder.out);
	assert_non_null(strstr(text, "10.0.0.2:5060"));
	assert_non_null(strstr(text, "     0.000 |------- INVITE 6100 (SDP) ----->|    "));
	assert_non_null(strstr(text, "     0.250 |                                |-"));
	assert_non_null(strstr(text, "0.500 |                                |<"));
	assert_non_null(strstr(text, "180 Ringing"));
	assert_non_null(strstr(text, "     0.600 |<"));
	assert_non_null(strstr(text, "again"));
	assert_non_null(strstr(text, "m=audio 1 RTP/AVP 0\n"));
	assert_null(strstr(text, "ptime"));
	assert_null(strchr(text, '\033'));
	free(text);
}

static void file_is_a_capture_of_ip(void **state)
{
	static const uint8_t head[] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
	json_t *json =
	        json_pack("{s:s, s:s, s:s, s:s}", "from", "10.0.0.1:5060", "to", "10.0.0.2:5070",
	                  "at_utc", "2026-11-22T08:00:00.250000Z", "bytes", "QllF"); /* BYE */
	uint8_t *bytes = NULL;
	size_t size = 0;
	FILE *memory = open_memstream((char **)&bytes, &size);
	struct jf_tool_pcap *file;

	(void)state;
	assert_int_equal(jf_tool_pcap_open(memory, &file), 0);
	assert_int_equal(jf_tool_pcap_message(file, json), 0);
	json_object_set_new(json, "to", json_string("[2001:db8::1]:5060"));
	assert_int_equal(jf_tool_pcap_message(file, json), -EBADMSG);
	json_object_set_new(json, "from", json_string("[2001:db8::2]:5060"));
	assert_int_equal(jf_tool_pcap_message(file, json), 0);
	json_object_set_new(json, "from", json_string("nonsense"));
	assert_int_equal(jf_tool_pcap_message(file, json), -EBADMSG);
	json_object_set_new(json, "from", json_string("[2001:db8::2]:5060"));
	json_object_set_new(json, "transport", json_string("tcp"));
	assert_int_equal(jf_tool_pcap_message(file, json), 0);
	assert_int_equal(jf_tool_pcap_close(file), 0);
	assert_memory_equal(bytes, head, sizeof(head));
	assert_int_equal(bytes[20], 101);
	assert_int_equal(size, 24 + 16 + 31 + 16 + 51 + 4 * (16 + 60) + 16 + 63);
	assert_int_equal(bytes[40], 0x45);
	assert_memory_equal(bytes + 68, "BYE", 3);
	json_decref(json);
	free(bytes);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Flags, sequence, acknowledged, bytes carried: of each segment over IPv4 in the file. */
static size_t segments(const uint8_t *bytes, size_t size, uint32_t (*ret)[4], size_t room)
{
	size_t n = 0, at = 24;

	for (; at < size && n < room; n++) {
		const uint8_t *ip = bytes + at + 16, *tcp = ip + 20;
		uint32_t whole = (uint32_t)bytes[at + 8] | (uint32_t)bytes[at + 9] << 8;

		assert_int_equal(ip[9], 6);
		assert_int_equal(tcp[12], 0x50);
		ret[n][0] = tcp[13];
		ret[n][1] = get32(tcp + 4);
		ret[n][2] = get32(tcp + 8);
		ret[n][3] = whole - 40;
		at += 16 + whole;
	}
	assert_int_equal(at, size);
	return n;
}

static void a_connection_is_told_from_its_handshake_on(void **state)
{
	enum { SYN = 2, ACK = 16, PSH_ACK = 24 };
	static const uint32_t told[][4] = {
	        {SYN, 0, 0, 0}, {SYN | ACK, 0, 1, 0},
	        {ACK, 1, 1, 0}, {PSH_ACK, 1, 1, 3}, /* the first message, there ... */
	        {ACK, 1, 4, 0}, {PSH_ACK, 1, 4, 3}, /* ... the second, back ... */
	        {ACK, 4, 4, 0}, {PSH_ACK, 4, 4, 3}, /* ... and a third, there */
	        {ACK, 4, 7, 0},
	};
	json_t *there = json_pack("{s:s, s:s, s:s, s:s, s:s}", "from", "10.0.0.1:5061", "to",
	                          "10.0.0.2:40000", "transport", "tls", "at_utc",
	                          "2026-11-22T08:00:00.250000Z", "bytes", "QllF");
	json_t *back = json_copy(there);
	uint32_t found[16][4];
	uint8_t *bytes = NULL;
	size_t size = 0, n;
	FILE *memory = open_memstream((char **)&bytes, &size);
	struct jf_tool_pcap *file;

	(void)state;
	json_object_set_new(back, "from", json_string("10.0.0.2:40000"));
	json_object_set_new(back, "to", json_string("10.0.0.1:5061"));
	assert_int_equal(jf_tool_pcap_open(memory, &file), 0);
	assert_int_equal(jf_tool_pcap_message(file, there), 0);
	assert_int_equal(jf_tool_pcap_message(file, back), 0);
	assert_int_equal(jf_tool_pcap_message(file, there), 0);
	assert_int_equal(jf_tool_pcap_close(file), 0);
	n = segments(bytes, size, found, 16);
	assert_int_equal(n, sizeof(told) / sizeof(told[0]));
	assert_memory_equal(found, told, sizeof(told));
	json_decref(there);
	json_decref(back);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ladder_has_both_legs),
	        cmocka_unit_test(file_is_a_capture_of_ip),
	        cmocka_unit_test(a_connection_is_told_from_its_handshake_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
