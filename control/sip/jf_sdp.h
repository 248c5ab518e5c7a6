/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SDP offer and answer (RFC 4566, RFC 3264) for one audio stream, and one of video beside it: pure
 * functions from text to a neutral description and back. No memory is allocated; nothing here knows
 * SIP, but refusals carry the SIP status and Warning that the peer is to be told.
 *
 * Read: RTP/AVP and RTP/SAVP with keys in a=crypto (jf_sdp_crypto.h; under RTP/AVP they are an
 * invitation, RFC 8643), IPv4 and IPv6 addresses, PCMU, PCMA and G722 (static numbers without
 * rtpmap, or any number with it), any other codec as an opaque one with its rtpmap and fmtp,
 * telephone-event, directions at session and media level, hold (a=sendonly, a=inactive or an
 * address of zeros), a=rtcp, a=ptime and a=maxptime. Which of it is served is the owner's policy.
 * Of the first video stream the first codec, with its fmtp and keys of its own, under RTP/AVP,
 * RTP/SAVP, and both with feedback (RTP/AVPF, RFC 4585; RTP/SAVPF, RFC 5124): it can only be passed
 * on. Refused: other profiles, names for addresses, no codec at all; with port 0: video under other
 * profiles, and whatever else there is beside audio. rtcp-mux is not accepted: it is left out of
 * answers, so RTCP stays on its own port.
 */
#ifndef JF_SDP_H
#define JF_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_codec.h"
#include "jf_sdp_crypto.h"

#define JF_SDP_TEXT_MAX  4096 /* what we write, terminated */
#define JF_SDP_MEDIA_MAX 16   /* m= lines in what we read */
#define JF_SDP_CODECS    8    /* kept of a media description */
#define JF_SDP_OPAQUES   2    /* of them opaque ones */
#define JF_SDP_NO_EVENT  0xff

/* Lines of keys kept of video, and offered with it: the two that we like best. */
#define JF_SDP_VIDEO_CRYPTO_LINES 2

/* As seen by whoever wrote the description: SENDONLY means "I send only". */
enum jf_sdp_direction {
	JF_SDP_SENDRECV,
	JF_SDP_SENDONLY,
	JF_SDP_RECVONLY,
	JF_SDP_INACTIVE,
};

struct jf_sdp_codec {
	uint8_t codec; /* enum jf_codec */
	uint8_t payload_type;
	uint8_t opaque; /* of JF_CODEC_OTHER: its place in opaque */
	uint8_t reserved;
};

/* A codec that the engine does not know, as its writer spells it; printable ASCII. */
struct jf_sdp_opaque {
	uint32_t clock_hz;
	uint8_t channels;
	uint8_t reserved[3];
	char name[24];  /* "opus", "G729" */
	char fmtp[104]; /* "" : none */
};

/* What a decoder may ask of the encoder, by RTCP: a=rtcp-fb lines. */
#define JF_SDP_FEEDBACK_PLI 1u /* "nack pli": a picture was lost (RFC 4585 section 6.3.1) */
#define JF_SDP_FEEDBACK_FIR 2u /* "ccm fir": a whole picture, please (RFC 5104 section 4.3.1) */

/* A stream of video beside the audio, passed on as it comes: the one codec of it that is used. */
struct jf_sdp_video {
	uint16_t rtp_port; /* 0: there is none */
	uint16_t rtcp_port;
	uint8_t direction; /* enum jf_sdp_direction, as its writer says it */
	uint8_t payload_type;
	uint8_t savp;     /* 1: RTP/SAVP, or RTP/SAVPF */
	uint8_t avpf;     /* 1: RTP/AVPF, or RTP/SAVPF */
	uint8_t feedback; /* JF_SDP_FEEDBACK_ bits that its writer understands */
	uint8_t crypto_count;
	uint8_t reserved[2];
	uint32_t clock_hz;
	uint8_t ip[16]; /* of the audio's family */
	char name[16];  /* "H264" */
	char fmtp[80];  /* "": none */
	struct jf_sdp_crypto crypto[JF_SDP_VIDEO_CRYPTO_LINES];
};

/* One side's audio: the peer's as read, or ours as it is to be written. Plain data, storable; with
 * keys in it a secret. */
struct jf_media_desc {
	uint8_t family;          /* 4 or 6 */
	uint8_t direction;       /* enum jf_sdp_direction, as its writer says it */
	uint8_t event_type;      /* payload type of telephone-event/8000, or JF_SDP_NO_EVENT */
	uint8_t wide_event_type; /* of one at another clock, wide_event_hz */
	uint8_t ptime_ms;        /* a=ptime, 20 when absent */
	uint8_t max_ptime_ms;    /* a=maxptime, 0 when absent */
	uint8_t hold; /* 1: the peer asks us not to send (sendonly, inactive or no address) */
	uint8_t savp; /* 1: RTP/SAVP, 0: RTP/AVP */
	uint8_t codec_count, opaque_count, crypto_count;
	uint8_t reserved;
	uint16_t rtp_port; /* 0 only in a refused stream */
	uint16_t rtcp_port;
	uint32_t wide_event_hz;                    /* 0: there is none */
	uint8_t ip[16];                            /* network order, IPv4 in the first four; all
	                                              zeros: none */
	struct jf_sdp_codec codecs[JF_SDP_CODECS]; /* in the writer's order of preference */
	struct jf_sdp_opaque opaque[JF_SDP_OPAQUES];
	struct jf_sdp_crypto crypto[JF_SDP_CRYPTO_LINES]; /* one for each suite at most; of an
	                                                     answer one at most */
	struct jf_sdp_video video;
};

bool jf_sdp_has_address(const struct jf_media_desc *media);

/* The place in media->codecs of what stands in other->codecs[place], or -ENOENT: opaque ones are
 * the same when name, clock and channels are. */
int jf_sdp_codec_find(const struct jf_media_desc *media, const struct jf_media_desc *other,
                      unsigned place);

/* The clock of media->codecs[place], and the payload type of telephone-event that goes with it. */
/* Whether both are of the same codec, and there are both. */
bool jf_sdp_video_same(const struct jf_sdp_video *a, const struct jf_sdp_video *b);

uint32_t jf_sdp_clock_hz(const struct jf_media_desc *media, unsigned place);
uint8_t jf_sdp_event_type(const struct jf_media_desc *media, unsigned place);
const char *jf_sdp_codec_name(const struct jf_media_desc *media, unsigned place);

/*
 * What must be remembered of a session between offer and answer and between re-offers: the m= lines
 * (each description names all of them in their places, RFC 3264 8) and our o= line. Plain data,
 * storable; all zero to begin, but for id.
 */
struct jf_sdp_session {
	uint32_t id;      /* of our o= line; the owner's choice, random */
	uint32_t version; /* of our o= line; counts what we write */
	uint8_t media_count;
	uint8_t audio_index; /* which of them is ours */
	uint8_t video_place; /* and which is our video, counted from 1; 0: none */
	uint8_t reserved[5];
	struct {
		char kind[16];     /* "audio", "video", ... */
		char protocol[24]; /* "RTP/AVP", ... */
		char format[24];   /* its first format, repeated in the refusal */
	} media[JF_SDP_MEDIA_MAX];
};

/* Why a description is refused: status 0 when it is not. warning: text for a Warning header. */
struct jf_sdp_refusal {
	uint16_t status;    /* 400 or 488 */
	uint16_t warn_code; /* RFC 3261 20.43; 0: no Warning */
	const char *warning;
};

/*
 * Reads the peer's offer. 0; -EBADMSG (malformed, status 400) or -ENOTSUP (cannot be served, 488),
 * with *ret_refusal set. On success session holds its m= lines.
 */
int jf_sdp_read_offer(const char *text, size_t length, struct jf_sdp_session *session,
                      struct jf_media_desc *ret_offer, struct jf_sdp_refusal *ret_refusal);

/*
 * Reads the peer's answer to what jf_sdp_write_offer wrote with session and offer: as above;
 * -ENOTSUP when the stream was refused (port 0), holds no codec that we offered, or keys that don't
 * fit those that we offered (another profile, tag or suite, or none).
 */
int jf_sdp_read_answer(const char *text, size_t length, const struct jf_sdp_session *session,
                       const struct jf_media_desc *offer, struct jf_media_desc *ret_answer,
                       struct jf_sdp_refusal *ret_refusal);

/*
 * Writes our answer to the offer that session remembers: local names our address, port, direction
 * and the codec chosen (its first); payload types are those that the offer names. The event type is
 * the offer's unless local has none. Video is answered if both have the same codec. local's only
 * crypto is written when it has one: its tag and suite are those of a line of the offer, the
 * profile is the offer's; so with video's, which is refused when it lacks what the offer's needs.
 * Every other m= line is refused with port 0. The direction is narrowed to
 * what the offer permits. Returns the length, -ENOSPC, or -EINVAL when the offer does not have that
 * codec, or has RTP/SAVP and local no crypto, or a crypto is none of the offer's.
 */
int jf_sdp_write_answer(struct jf_sdp_session *session, const struct jf_media_desc *offer,
                        const struct jf_media_desc *local, char *ret_text, size_t size);

/* Writes an offer of ours: local's codecs and keys in their order. Returns the length or -ENOSPC.
 */
int jf_sdp_write_offer(struct jf_sdp_session *session, const struct jf_media_desc *local,
                       char *ret_text, size_t size);

const char *jf_sdp_direction_name(enum jf_sdp_direction direction);

#endif
