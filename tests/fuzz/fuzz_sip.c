// SPDX-License-Identifier: BSD-3-Clause
/*
 * SIP: any datagrams, through the library's parser and transactions and all of ours, on the wire
 * and the clock of the unit tests. An input is a sequence of datagrams with 0x1e between them. So
 * that sequences get beyond the first message, @TAG@ stands for our tag in the last message sent,
 * @VIA@ and @CALL@ for its Via and Call-ID, @RACK@ for what acknowledges it when it is a reliable
 * provisional response, @AUTH@ for a good answer to its challenge. Number 7... rings, 8... has
 * early media, 9... makes us call back. After each input every leg is ended, two hours pass, and
 * nothing may be left.
 */
#include <stdio.h>
#include <string.h>

#include <re/re.h>

#include "jf_fuzz.h"
#include "jf_digest.h"
#include "jf_loop.h"
#include "sip_lab.h"
#include "wire.h"

#define LEGS  16
#define NAMES 5

static uint64_t legs[LEGS]; /* ids */
static unsigned n_legs;
static char last_sent[WIRE_TEXT_MAX];

/* Takes the offer's first codec and keys, or is an offer itself. */
static struct jf_media_desc media_for(const struct jf_media_desc *offer)
{
	struct jf_media_desc m = local_media();

	if (!offer)
		return m;
	m.codecs[0] = offer->codecs[0];
	memcpy(m.opaque, offer->opaque, sizeof(m.opaque));
	m.crypto_count = offer->crypto_count > 0;
	m.crypto[0] = offer->crypto[0];
	return m;
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *r, void *arg)
{
	(void)change;
	(void)arg;
	JF_FUZZ_ASSERT(strcmp(r->agent, "1001") == 0);
}

static void printable(const char *text)
{
	for (; *text; text++)
		JF_FUZZ_ASSERT(*text >= 0x20 && *text < 0x7f);
}

static void call_back(void)
{
	const struct jf_leg_target target = {
	        .uri = "sip:1001@127.0.0.1:5070",
	        .peer = {.family = 4, .port = 5070, .ip = {127, 0, 0, 1}},
	        .from_user = "3725550",
	        .to_user = "1001",
	        .redirects = true,
	};
	struct jf_media_desc media = media_for(NULL);
	struct jf_leg *leg;

	if (n_legs < LEGS && !jf_leg_create(sip, &target, &media, NULL, &leg))
		legs[n_legs++] = jf_leg_id(leg);
}

static void refer(struct jf_leg *leg, const struct jf_leg_refer *refer)
{
	printable(refer->uri);
	printable(refer->user);
	printable(refer->referred_by);
	JF_FUZZ_ASSERT(!refer->replaces_header[0] || strstr(refer->replaces_header, "\r\n"));
	(void)jf_leg_refer_answer(leg, refer->user[0] == '6' ? 603 : 202);
	(void)jf_leg_refer_notify(leg, 180);
	(void)jf_leg_refer_notify(leg, 200);
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	struct jf_media_desc media = media_for(invite->offer);

	(void)arg;
	printable(invite->number);
	printable(invite->from_user);
	printable(invite->from_name);
	printable(invite->to_user);
	printable(invite->identity->asserted_user);
	printable(invite->sip_call_id);
	if (n_legs < LEGS)
		legs[n_legs++] = jf_leg_id(leg);
	if (invite->number[0] == '7') {
		(void)jf_leg_ring(leg);
		return;
	}
	if (invite->number[0] == '8')
		(void)jf_leg_ring_early(leg, &media);
	if (invite->number[0] == '9')
		call_back();
	(void)jf_leg_answer(leg, &media);
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	struct jf_leg_state state;
	struct jf_media_desc media;

	(void)arg;
	if (event->type == JF_LEG_REFER)
		refer(leg, event->refer);
	for (unsigned i = 0; event->redirect && i < event->redirect->count; i++)
		printable(event->redirect->contacts[i]);
	if (event->type == JF_LEG_REOFFER) {
		media = media_for(event->media);
		(void)jf_leg_accept(leg, &media);
	}
	if (jf_leg_export(leg, &state) == 0)
		JF_FUZZ_ASSERT(state.id == jf_leg_id(leg));
}

static void start(void)
{
	const struct jf_sip_handler rows = {
	        .source_allowed = stand_in_local_trunk,
	        .agent_ha1 = stand_in_ha1,
	        .registration_changed = registration_changed,
	        .leg_incoming = leg_incoming,
	        .leg_event = leg_event,
	};

	if (!sip)
		JF_FUZZ_ASSERT(!sip_lab_start(rows, (struct jf_sip_config){0}));
}

/* What we sent: the last message stays for the placeholders. */
static void look(void)
{
	for (const char *message = wire_sent(); message; message = wire_sent())
		snprintf(last_sent, sizeof(last_sent), "%s", message);
}

static void make_authorization(char *ret_text, size_t size)
{
	const char *at = strstr(last_sent, "nonce=\"");
	char nonce[64] = "";
	uint8_t ha1[JF_DIGEST_HA1_MAX], ha2[16], response[16];

	if (at)
		snprintf(nonce, sizeof(nonce), "%.*s", (int)strcspn(at + 7, "\""), at + 7);
	(void)jf_digest_ha1_make(JF_DIGEST_MD5, "1001", "test", "secret", ha1);
	(void)md5_printf(ha2, "REGISTER:sip:127.0.0.1");
	(void)md5_printf(response, "%w:%s:%w", ha1, (size_t)16, nonce, ha2, sizeof(ha2));
	(void)re_snprintf(ret_text, size,
	                  "Digest username=\"1001\", realm=\"test\", nonce=\"%s\", "
	                  "uri=\"sip:127.0.0.1\", response=\"%w\"",
	                  nonce, response, sizeof(response));
}

static const char *value_of(const char *name, char *ret_text, size_t size)
{
	bool ours_is_to = strncmp(last_sent, "SIP/2.0 ", 8) == 0;
	const char *tag;

	ret_text[0] = '\0';
	if (strcmp(name, "@TAG@") == 0) {
		tag = strstr(wire_header(last_sent, ours_is_to ? "To" : "From"), ";tag=");
		snprintf(ret_text, size, "%.16s", tag ? tag + 5 : "");
	} else if (strcmp(name, "@VIA@") == 0) {
		snprintf(ret_text, size, "%s", wire_header(last_sent, "Via"));
	} else if (strcmp(name, "@CALL@") == 0) {
		snprintf(ret_text, size, "%s", wire_header(last_sent, "Call-ID"));
	} else if (strcmp(name, "@RACK@") == 0) {
		snprintf(ret_text, size, "%.20s 1 INVITE", wire_header(last_sent, "RSeq"));
	} else {
		make_authorization(ret_text, size);
	}
	return ret_text;
}

static void receive(const uint8_t *bytes, size_t length)
{
	static const char *const names[] = {"@TAG@", "@VIA@", "@CALL@", "@RACK@", "@AUTH@"};
	static uint8_t text[2 * 65536];
	char value[1024];
	size_t at = 0;

	for (size_t i = 0; i < length && at < sizeof(text) - sizeof(value);) {
		size_t which = NAMES;

		for (which = 0; bytes[i] == '@' && which < NAMES; which++)
			if (length - i >= strlen(names[which]) &&
			    memcmp(bytes + i, names[which], strlen(names[which])) == 0)
				break;
		if (bytes[i] != '@' || which == NAMES) {
			text[at++] = bytes[i++];
			continue;
		}
		value_of(names[which], value, sizeof(value));
		memcpy(text + at, value, strlen(value));
		at += strlen(value);
		i += strlen(names[which]);
	}
	wire_receive_from("127.0.0.1", 5070, text, at);
	look();
}

static void clean(void)
{
	for (unsigned i = 0; i < n_legs; i++) {
		struct jf_leg *leg = jf_leg_find(sip, legs[i]);

		if (leg)
			jf_leg_end(leg, 0, NULL);
	}
	n_legs = 0;
	wire_advance_ms(7200 * 1000);
	wire_reset();
	JF_FUZZ_ASSERT(jf_sip_stats_get(sip).legs == 0);
	JF_FUZZ_ASSERT(jf_sip_stats_get(sip).registrations == 0);
	JF_FUZZ_ASSERT(jf_loop_stats_get().timers == 0);
	last_sent[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	start();
	while (length) {
		const uint8_t *end = memchr(bytes, 0x1e, length);
		size_t size = end ? (size_t)(end - bytes) : length;

		receive(bytes, size);
		bytes += size + (end != NULL);
		length -= size + (end != NULL);
		wire_advance_ms(20);
		look();
	}
	clean();
	return 0;
}

#define NEXT "\x1e"
#define SDP                                                                                        \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                \
	"m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define TOP(method, branch)                                                                        \
	method " sip:6100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG"  \
	       "4bK" branch "\r\nMax-Forwards: 70\r\n"                                             \
	       "From: \"Caller\" <sip:3725550@127.0.0.1>;tag=peer\r\nCall-ID: call-1\r\n"
#define TOP8(method, branch)                                                                       \
	method " sip:8@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "                                     \
	       "127.0.0.1:5070;rport;branch=z9hG4bK" branch                                        \
	       "\r\nFrom: <sip:3725550@127.0.0.1>;tag=peer\r\nCall-ID: call-1\r\n"
#define REPLY(code, tag)                                                                           \
	"SIP/2.0 " code " X\r\nVia: @VIA@\r\nFrom: <sip:a@b>;tag=@TAG@\r\nTo: <sip:b@b>;tag=" tag  \
	"\r\nCall-ID: @CALL@\r\nCSeq: 1 INVITE\r\nContact: <sip:b@127.0.0.1:5070>\r\n"
#define MORE                                                                                       \
	"Contact: <sip:caller@127.0.0.1:5070>\r\nRecord-Route: <sip:127.0.0.1;lr>\r\n"             \
	"P-Asserted-Identity: <sip:%2B372@x>\r\n"
#define BODY  "Content-Type: application/sdp\r\n\r\n" SDP
#define EMPTY "Content-Length: 0\r\n\r\n"

#define TO    "To: <sip:6100@x>\r\n"
#define TO_US "To: <sip:6100@x>;tag=@TAG@\r\n"

/* clang-format off */
static const struct jf_fuzz_sample samples[] = {
        /* a call with hold, ended by the peer */
        JF_FUZZ_TEXT(TOP("INVITE", "1") TO "CSeq: 1 INVITE\r\n" MORE BODY NEXT
                     TOP("ACK", "2") TO_US "CSeq: 1 ACK\r\n" EMPTY NEXT
                     TOP("INVITE", "3") TO_US "CSeq: 2 INVITE\r\n" MORE BODY "a=sendonly\r\n" NEXT
                     TOP("ACK", "4") TO_US "CSeq: 2 ACK\r\n" EMPTY NEXT
                     TOP("BYE", "5") TO_US "CSeq: 3 BYE\r\n" EMPTY),
        /* late offer, answered in ACK */
        JF_FUZZ_TEXT(TOP("INVITE", "1") TO "CSeq: 1 INVITE\r\n" MORE EMPTY NEXT
                     TOP("ACK", "2") TO_US "CSeq: 1 ACK\r\n" BODY),
        /* ringing, cancelled */
        JF_FUZZ_TEXT(
                "INVITE sip:7@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKc\r\n"
                "f: <sip:a@b>;tag=1\r\nt: sip:7@b\r\ni: 2\r\nCSeq: 7 INVITE\r\n"
                "m: <sip:a@b>\r\nc: application/sdp\r\nl: 0\r\n\r\n" NEXT
                "CANCEL sip:7@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKc\r\n"
                "From: <sip:a@b>;tag=1\r\nTo: <sip:7@b>\r\nCall-ID: 2\r\n"
                "CSeq: 7 CANCEL\r\n" EMPTY),
        /* early media, acknowledged; an UPDATE, a REFER, a refresh */
        JF_FUZZ_TEXT(TOP8("INVITE", "1") TO "CSeq: 1 INVITE\r\nSupported: 100rel, timer\r\n"
                     "Session-Expires: 90;refresher=uac\r\nAllow: UPDATE\r\n" MORE BODY NEXT
                     TOP8("PRACK", "2") TO_US "CSeq: 2 PRACK\r\nRAck: @RACK@\r\n" EMPTY NEXT
                     TOP8("ACK", "3") TO_US "CSeq: 1 ACK\r\n" EMPTY NEXT
                     TOP8("UPDATE", "4") TO_US "CSeq: 3 UPDATE\r\n" MORE BODY NEXT
                     TOP8("REFER", "5") TO_US "CSeq: 4 REFER\r\nRefer-To: <sip:5@h?Replaces="
                     "call-1%3Bto-tag%3D@TAG@%3Bfrom-tag%3Dpeer>\r\nReferred-By: <sip:a@b>\r\n"
                     MORE EMPTY NEXT
                     TOP8("UPDATE", "6") TO_US "CSeq: 5 UPDATE\r\nSession-Expires: 90\r\n" EMPTY),
        /* one that takes the place of another */
        JF_FUZZ_TEXT(TOP("INVITE", "1") TO "CSeq: 1 INVITE\r\n" MORE BODY NEXT
                     "INVITE sip:6100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;"
                     "branch=z9hG4bK9\r\nFrom: <sip:a@b>;tag=x\r\nTo: <sip:b@b>\r\nCall-ID: 2"
                     "\r\nCSeq: 1 INVITE\r\nReplaces: call-1;to-tag=@TAG@;from-tag=peer\r\n"
                     MORE BODY),
        /* our own call: early media of two branches, both answer */
        JF_FUZZ_TEXT("INVITE sip:9@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKd\r\n"
                     "From: <sip:a@b>;tag=1\r\nTo: <sip:9@b>\r\nCall-ID: 2\r\nCSeq: 1 OPTIONS"
                     "\r\n" EMPTY NEXT
                     "INVITE sip:9@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKe\r\n"
                     "From: <sip:a@b>;tag=1\r\nTo: <sip:9@b>\r\nCall-ID: 2\r\nCSeq: 1 INVITE"
                     "\r\nContact: <sip:a@b>\r\n" BODY NEXT
                     REPLY("183", "a") "Require: 100rel\r\nRSeq: 1\r\n" BODY NEXT
                     REPLY("200", "b") BODY NEXT REPLY("200", "a") BODY),
        /* REGISTER, challenged and good, then all removed */
        JF_FUZZ_TEXT(
                "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKr1\r\n"
                "From: <sip:1001@b>;tag=1\r\nTo: <sip:1001@b>\r\nCall-ID: 3\r\n"
                "CSeq: 1 REGISTER\r\nContact: <sip:1001@127.0.0.1:5070>\r\n" EMPTY NEXT
                "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKr2\r\n"
                "From: <sip:1001@b>;tag=1\r\nTo: <sip:1001@b>\r\nCall-ID: 3\r\n"
                "CSeq: 2 REGISTER\r\nAuthorization: @AUTH@\r\nExpires: 600\r\n"
                "Contact: <sip:1001@127.0.0.1:5070>;q=0.5, \"x\" "
                "<sip:1001@h:9>;expires=60\r\n" EMPTY NEXT
                "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKr3\r\n"
                "From: <sip:1001@b>;tag=1\r\nTo: <sip:1001@b>\r\nCall-ID: 3\r\n"
                "CSeq: 3 REGISTER\r\nContact: <sip:1001@127.0.0.1:5070>\r\n" EMPTY NEXT
                "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKr4\r\n"
                "From: <sip:1001@b>;tag=1\r\nTo: <sip:1001@b>\r\nCall-ID: 3\r\n"
                "CSeq: 4 REGISTER\r\nAuthorization: @AUTH@\r\nExpires: 0\r\nContact: "
                "*\r\n" EMPTY),
        JF_FUZZ_TEXT(
                "OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKo\r\n"
                "From: <sip:a@b>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 4\r\nRequire: a, b\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\n" EMPTY),
        JF_FUZZ_TEXT("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKo\r\n"
                     "From: <sip:a@b>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: 4\r\n"
                     "CSeq: 1 INVITE\r\nContact: <sip:b>\r\n" EMPTY),
};
/* clang-format on */

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
