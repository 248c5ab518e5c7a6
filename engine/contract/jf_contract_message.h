/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes through the contract's rings: commands, answers and events, and the names of drops.
 * Part of jf_contract.h, which tells how it works.
 */
#ifndef JF_CONTRACT_MESSAGE_H
#define JF_CONTRACT_MESSAGE_H

#include <assert.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_codec.h"
#include "jf_srtp_suite.h"

#define JF_CONTRACT_PATH_MAX     120u /* with the terminating NUL */
#define JF_CONTRACT_PLAYLIST_MAX 32u
#define JF_CONTRACT_MIX_MAX      24u /* sources that one party can hear at once */
#define JF_CONTRACT_SEND_DIGITS  32u /* in one command */
#define JF_CONTRACT_NONE         UINT32_MAX

/* ---- Names shared by both planes --------------------------------------------------------- */

/* Every reason for which a packet can be dropped: name, text. The order is part of the layout. */
#define JF_DROPS(X)                                                                                \
	X(MALFORMED_RTP, "malformed_rtp")     /* RFC 3550 section 5.1 not met */                   \
	X(MALFORMED_RTCP, "malformed_rtcp")   /* RFC 3550 section 6.4 or appendix A.2 */           \
	X(MALFORMED_EVENT, "malformed_event") /* RFC 4733 section 2.3 */                           \
	X(NO_ENDPOINT, "no_endpoint")         /* nobody has opened the port */                     \
	X(NOT_MINE, "not_mine")               /* another worker's port, its ring was full */       \
	X(SOURCE_MISMATCH, "source_mismatch") /* not from the address in the SDP */                \
	X(NO_REMOTE, "no_remote")             /* the listener's address isn't known yet */         \
	X(UNKNOWN_PAYLOAD_TYPE, "unknown_payload_type") /* not negotiated */                       \
	X(NOT_JOINED, "not_joined")                     /* nobody listens; measured and taped */   \
	X(NOT_SENDING, "not_sending")                   /* the listener's SDP forbids sending */   \
	X(NO_NEIGHBOUR, "no_neighbour")                 /* no link address for the next hop yet */ \
	X(FRAGMENT, "fragment")                         /* IP fragment to a media port */          \
	X(TX_FULL, "tx_full")                           /* the device did not take it */           \
	X(EXCEPTION_FULL, "exception_full")             /* the kernel's side did not take it */    \
	X(NO_BUFFER, "no_buffer")                       /* packet pool empty */                    \
	X(TAP_FULL, "tap_full")       /* the recorder was behind: audio went on */                 \
	X(LATE, "late")               /* of what the listener heard before its source changed */   \
	X(NO_REPORT, "no_report")     /* RTCP that begins with neither SR nor RR: a lone APP */    \
	X(LINK_DOWN, "link_down")     /* the way out has no link */                                \
	X(WRONG_PORT, "wrong_port")   /* not by the device and VLAN of its address */              \
	X(RX_MISSED, "rx_missed")     /* the device had no room left: it was polled too late */    \
	X(SRTP_AUTH, "srtp_auth")     /* plain, cut off, or a tag that is not the key's */         \
	X(SRTP_REPLAY, "srtp_replay") /* RFC 3711 section 3.3.2: came before, or is too old */     \
	X(NOT_DECODABLE, "not_decodable") /* the listener's codec can't be made of it */           \
	X(MASKED, "masked")               /* a digit that nobody is to hear */                     \
	X(DIGIT, "digit")                 /* a key press went out in its place */                  \
	X(NO_DIALLER, "no_dialler")       /* a key press that nothing was left to send with */     \
	X(SHED, "shed")                   /* buffers ran out: left out so that others flow */

enum jf_drop {
#define X(name, text) JF_DROP_##name,
	JF_DROPS(X)
#undef X
	        JF_DROP_COUNT
};
static_assert(JF_DROP_COUNT <= 32, "room in the layout");

const char *jf_drop_name(enum jf_drop drop);

/* ---- Commands, answers, events ----------------------------------------------------------- */

/* type, text, goes to: W the endpoint's worker, S the service thread */
#define JF_COMMANDS(X)                                                                             \
	X(OPEN, "open")             /* W: endpoint exists; resets its slot for the generation */   \
	X(REMOTE, "remote")         /* W: negotiated address, payload types, direction */          \
	X(KEYS, "keys")             /* W: SRTP both ways, or plain RTP */                          \
	X(JOIN, "join")             /* W: the party here hears that endpoint */                    \
	X(PLAY, "play")             /* W: the party here hears sounds; an empty list: silence */   \
	X(MIX, "mix")               /* W: the party here hears the sum of those endpoints */       \
	X(DIGITS, "digits")         /* W: the party here is sent key presses */                    \
	X(MASK, "mask")             /* W: nobody hears the digits that arrive here */              \
	X(KEYFRAME, "keyframe")     /* W: the party here is asked for a whole picture */           \
	X(TAP, "tap")               /* W: what arrives here goes to that side of a recording */    \
	X(RECORD, "record")         /* W: recording exists, under that path */                     \
	X(RECORD_END, "record_end") /* W: recording is complete; its file is closed */             \
	X(CLOSE, "close")           /* W: endpoint is gone */                                      \
	X(SOUND, "sound")           /* S: sound id is that WAV file */

enum jf_command_type {
	JF_COMMAND_INVALID, /* all zeros is never a command */
#define X(name, text) JF_COMMAND_##name,
	JF_COMMANDS(X)
#undef X
	        JF_COMMAND_COUNT
};

const char *jf_command_name(enum jf_command_type type);

struct jf_endpoint_ref {
	uint32_t index;
	uint32_t generation; /* from control, never 0, new for each call that uses the index */
};

struct jf_recording_ref {
	uint32_t index;
	uint32_t generation;
};

enum jf_side {
	JF_SIDE_CALLER = 0, /* left channel */
	JF_SIDE_AGENT = 1,  /* right channel */
};

/* What a worker does for an endpoint beside relaying. Each costs cycles for each packet. */
#define JF_SERVICE_STATISTICS 1u /* jf_slot_rx and jf_slot_tx are kept */
#define JF_SERVICE_ENERGY     2u /* the energy track is kept */

struct jf_command_open {
	struct jf_call_id call;
	uint8_t side;    /* enum jf_side */
	uint8_t without; /* JF_SERVICE_ bits that this endpoint does without; 0: measured in full */
	uint8_t pad[6];
};

#define JF_DIRECTION_SEND 1u /* we may send to the remote */
#define JF_DIRECTION_RECV 2u /* we expect media from it */

#define JF_PAYLOAD_TYPE_NONE 255u

/* Whether the party may be elsewhere than its SDP says (a NAT). */
enum jf_latch {
	JF_LATCH_STRICT, /* no: only what comes from there is heard */
	JF_LATCH_LEARN,  /* the first valid packet of a negotiation tells where it is; under SRTP
	                    the first authentic one. Then locked until negotiation changes. */
};

/* How a party sends key presses, or takes them. */
enum jf_digit_form {
	JF_DIGITS_NONE,   /* not in its media: SIP INFO, or not at all */
	JF_DIGITS_EVENT,  /* telephone-event (RFC 4733) */
	JF_DIGITS_INBAND, /* tones in its audio (ITU-T Q.23): looked for, and made */
};

/* How a party with video takes a request for a whole picture, in the order of preference. */
#define JF_KEYFRAME_PLI  1u /* RTCP: RFC 4585 section 6.3.1 */
#define JF_KEYFRAME_FIR  2u /* RTCP: RFC 5104 section 4.3.1 */
#define JF_KEYFRAME_INFO 4u /* not in its media: control is told, by JF_EVENT_KEYFRAME */

struct jf_command_remote {
	uint8_t ip[16];        /* IPv4 in the first four bytes; network order */
	uint8_t family;        /* 4 or 6; the family of the endpoint's own address */
	uint8_t direction;     /* JF_DIRECTION_ bits; RTCP flows either way */
	uint8_t codec;         /* enum jf_codec of the audio payload */
	uint8_t latch;         /* enum jf_latch */
	uint16_t rtp_port;     /* host order; 0: no remote, nothing is sent or accepted */
	uint16_t rtcp_port;    /* host order; 0: no RTCP */
	uint8_t rx_audio_type; /* payload types that the remote sends to us (our SDP) */
	uint8_t rx_event_type; /* JF_PAYLOAD_TYPE_NONE: not negotiated */
	uint8_t tx_audio_type; /* and those that we send to it (its SDP) */
	uint8_t tx_event_type;
	uint8_t ptime_ms;     /* of what the engine itself sends: 10, 20, 30, 40 or 60 */
	uint8_t rx_digits;    /* enum jf_digit_form: how it sends them */
	uint8_t tx_digits;    /* and how it takes them */
	uint8_t keyframes;    /* JF_KEYFRAME_ bits: how it is asked for a whole picture; 0: it shows
	                         none */
	uint32_t clock_hz;    /* of the RTP timestamps; 8000 but for JF_CODEC_OTHER */
	uint32_t negotiation; /* counts offers and answers: each lets latching learn once more */
};

/*
 * Keys of SDES (RFC 4568). They stand before REMOTE where both are new, so that no packet is taken
 * or sent in plain between the two. The worker wipes the command after reading it.
 *
 * A new dataplane begins each stream that it sends with another SSRC, so no index is used twice; of
 * what arrives it must be told how often it has rolled over.
 */
struct jf_command_keys {
	uint8_t suite;   /* enum jf_srtp_suite, of both directions; JF_SRTP_NONE: plain RTP */
	uint8_t goes_on; /* 1: rx_ssrc came up to rx_index under these keys, at another dataplane */
	uint8_t pad[2];
	uint32_t keys_id; /* other keys have another one; the same one again: no harm */
	uint32_t rx_ssrc;
	uint32_t rx_roc; /* with rx_sequence the index of RFC 3711 section 3.3.1 */
	uint16_t rx_sequence;
	uint8_t pad1[6];
	uint8_t rx[JF_SRTP_KEY_MAX]; /* master key, then salt: what the remote sends under */
	uint8_t tx[JF_SRTP_KEY_MAX]; /* what we send under */
};

/*
 * A source has one listener: joining a second one to it takes it from the first, whose party then
 * hears nothing. Both endpoints belong to the same worker (-EINVAL otherwise).
 */
struct jf_command_join {
	struct jf_endpoint_ref source; /* what arrives there is sent to the party here */
};

#define JF_PLAY_LOOP_LAST 1u /* the last sound of the list repeats until told otherwise */

struct jf_command_play {
	uint32_t play_id; /* comes back in JF_EVENT_PLAYED and in the slot */
	uint8_t sound_count;
	uint8_t flags;
	uint8_t pad[2];
	uint16_t sounds[JF_CONTRACT_PLAYLIST_MAX];
};

/*
 * One row of the matrix of who hears whom: the party here hears the sum of these sources, each of
 * which may have a listener by JOIN and be in any number of rows. Sources belong to the same worker
 * and can be decoded (-EINVAL, -ENOTSUP otherwise). A source that is closed leaves the rows.
 */
struct jf_command_mix {
	uint32_t mix_id; /* comes back in the slot */
	uint8_t count;   /* 0: silence */
	uint8_t pad[3];
	struct jf_endpoint_ref sources[JF_CONTRACT_MIX_MAX];
	int8_t gain_db[JF_CONTRACT_MIX_MAX]; /* -60 .. 12 */
};

/* The party here is sent these, in the form that it takes (tx_digits), over whatever it hears. */
struct jf_command_digits {
	uint32_t digits_id; /* not 0; comes back in JF_EVENT_DIGITS_SENT; once more: no harm */
	uint8_t count;
	uint8_t pad;
	uint16_t duration_ms;                    /* of each: 40 .. 5000 */
	uint16_t pause_ms;                       /* between two: 40 .. 5000 */
	uint8_t events[JF_CONTRACT_SEND_DIGITS]; /* RFC 4733 section 3.2, 0 .. 16 */
};

/*
 * Card numbers: from now on no digit that arrives here, in whatever form, reaches a listener, a
 * mixer or a recording, nor does the beginning of its tone: audio from here is delayed for as long
 * as detection takes. Digits still go to the slot, marked as masked.
 */
struct jf_command_mask {
	uint8_t on; /* 0 or 1 */
	uint8_t pad[7];
};

struct jf_command_tap {
	struct jf_recording_ref recording; /* index JF_CONTRACT_NONE: no tap */
	uint8_t side;                      /* enum jf_side */
	uint8_t pad[7];
};

enum jf_record_format {
	JF_RECORD_G711,    /* stereo WAV of law, 8 kHz */
	JF_RECORD_LINEAR,  /* stereo WAV of 16 bit, 16 kHz: one side at least is wideband */
	JF_RECORD_PACKETS, /* what can't be decoded: the RTP packets as they came */
};

struct jf_command_record {
	struct jf_recording_ref recording;
	struct jf_call_id call;
	uint8_t law;    /* enum jf_law of the file, for JF_RECORD_G711 */
	uint8_t format; /* enum jf_record_format */
	uint8_t pad[6];
	char path[JF_CONTRACT_PATH_MAX]; /* under the node's recordings folder; no "..", no leading
	                                    / */
};

struct jf_command_record_end {
	struct jf_recording_ref recording;
};

struct jf_command_sound {
	uint32_t sound;
	uint32_t pad;
	char path[JF_CONTRACT_PATH_MAX]; /* absolute; mono WAV, as jf_sound.h has it. "": the id
	                                    stands for nothing any more, and lists go on without */
};

struct jf_command {
	uint32_t request;                /* control's, comes back in the answer */
	uint32_t type;                   /* enum jf_command_type */
	struct jf_endpoint_ref endpoint; /* not used by RECORD, RECORD_END and SOUND */
	union {
		struct jf_command_open open;
		struct jf_command_remote remote;
		struct jf_command_keys keys;
		struct jf_command_join join;
		struct jf_command_play play;
		struct jf_command_mix mix;
		struct jf_command_digits digits;
		struct jf_command_mask mask;
		struct jf_command_tap tap;
		struct jf_command_record record;
		struct jf_command_record_end record_end;
		struct jf_command_sound sound;
		uint8_t room[240];
	};
};
static_assert(sizeof(struct jf_command) == 256, "layout");

struct jf_answer {
	uint32_t request;
	uint32_t type;
	struct jf_endpoint_ref endpoint;
	int32_t result; /* 0 or a negative errno: -EINVAL, -ESTALE, -ENOENT (sound, recording,
	                   join), -ENOTSUP (address family, sample rate), -ENOSPC, or of the file
	                   system */
	uint32_t pad[3];
};
static_assert(sizeof(struct jf_answer) == 32, "layout");

#define JF_EVENTS(X)                                                                               \
	X(MEDIA, "media")             /* first valid packet of a generation */                     \
	X(DIGIT, "digit")             /* value: JF_DIGITS index; detail: its number in the slot */ \
	X(PLAYED, "played")           /* value: play_id; the list came to its end */               \
	X(RECORDED, "recorded")       /* endpoint.index: recording; its slot has changed */        \
	X(DIGITS_SENT, "digits_sent") /* value: digits_id; all of them */                          \
	X(LATCHED, "latched")         /* the remote was learned; detail: its port */               \
	X(KEYFRAME, "keyframe")       /* whoever sees it wants a whole picture: control asks it */

enum jf_event_type {
	JF_EVENT_INVALID,
#define X(name, text) JF_EVENT_##name,
	JF_EVENTS(X)
#undef X
	        JF_EVENT_COUNT
};

struct jf_event {
	uint32_t type;
	uint32_t value;
	struct jf_endpoint_ref endpoint;
	uint64_t detail;
	uint64_t at_ns;
};
static_assert(sizeof(struct jf_event) == 32, "layout");

#endif
