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
	FILE *file = open_memstream((char **)&bytes, &size);

	(void)state;
	assert_int_equal(jf_tool_pcap_begin(file), 0);
	assert_int_equal(jf_tool_pcap_message(file, json), 0);
	json_object_set_new(json, "to", json_string("[2001:db8::1]:5060"));
	assert_int_equal(jf_tool_pcap_message(file, json), -EBADMSG);
	json_object_set_new(json, "from", json_string("[2001:db8::2]:5060"));
	assert_int_equal(jf_tool_pcap_message(file, json), 0);
	json_object_set_new(json, "from", json_string("nonsense"));
	assert_int_equal(jf_tool_pcap_message(file, json), -EBADMSG);
	fclose(file);
	assert_memory_equal(bytes, head, sizeof(head));
	assert_int_equal(bytes[20], 101);
	assert_int_equal(size, 24 + 16 + 31 + 16 + 51);
	assert_int_equal(bytes[40], 0x45);
	assert_memory_equal(bytes + 68, "BYE", 3);
	json_decref(json);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ladder_has_both_legs),
	        cmocka_unit_test(file_is_a_capture_of_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
