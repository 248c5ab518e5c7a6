/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RTCP (RFC 3550 section 6) as one end of a stream: what the other end's compound packets say about
 * the two streams between us, and reports of our own.
 *
 * Each leg of a call is a session of two members, us and the party, so the bandwidth rules of
 * section 6.2 always come to their minimum interval (jf_rtcp_interval_ns). NTP times are 64-bit
 * fixed point, seconds since 1900 in the upper half; "middle" is their middle 32 bits, in which LSR
 * and DLSR are given (section 6.4.1): units of 1/65536 s, wrapping after 18 hours.
 *
 * Pure: no clock, no state; any thread.
 */
#ifndef JF_RTCP_H
#define JF_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_RTCP_CNAME_LENGTH 16u  /* RFC 7022 section 4.2: 96 random bits in base 64 */
#define JF_RTCP_REPORT_MAX   100u /* SR with one block, SDES, and an FIR */

/* Section 6.4.1: the sender information of an SR. */
struct jf_rtcp_sender {
	uint64_t ntp;
	uint32_t timestamp; /* RTP clock at that time */
	uint32_t packets;
	uint32_t octets; /* of payload */
};

/* A report block. */
struct jf_rtcp_block {
	uint32_t ssrc;      /* of the stream that it is about */
	int32_t lost;       /* since it began: -2^23 .. 2^23 - 1; duplicates count against it */
	uint32_t highest;   /* extended sequence number */
	uint32_t jitter_ts; /* RTP clock */
	uint32_t last_sr_middle;  /* LSR; 0: had none */
	uint32_t since_sr_middle; /* DLSR */
	uint8_t fraction;         /* lost since the report before, of 256 */
};

/* ---- Reading -------------------------------------------------------------------------------- */

/* What of a compound packet concerns us. */
struct jf_rtcp {
	uint32_t ssrc;       /* of its sender */
	bool has_sender;     /* it is an SR */
	bool has_block;      /* one about the stream that we send was in it */
	bool wants_keyframe; /* a PLI or an FIR about that stream was in it */
	struct jf_rtcp_sender sender;
	struct jf_rtcp_block block;
};

/*
 * Reads a compound packet; ssrc: of the stream that we send. Every part must be complete within its
 * length (appendix A.2), also those that are only stepped over (BYE, APP, XR). One without
 * SDES is taken: section 6.1 demands it of senders, appendix A.2 does not of receivers, and phones
 * leave it out.
 *
 * 0; -EINVAL: malformed; -ENOMSG: in order, but the first part is no SR or RR. That is reduced-size
 * RTCP (RFC 5506), which nobody negotiated with us, or what some phones open their NAT with, a
 * lone APP. A request for a picture is taken all the same: some phones send nothing with it.
 */
int jf_rtcp_read(const uint8_t *packet, size_t length, uint32_t ssrc, struct jf_rtcp *ret_rtcp);

/*
 * Section 6.4.1: the time to the party and back, from a block about our stream that came at
 * now_middle. false: it answers no SR of ours, or says what can't be. 0 us: less than its clock can
 * tell.
 */
bool jf_rtcp_round_trip_us(const struct jf_rtcp_block *block, uint32_t now_middle,
                           uint32_t *ret_us);

/* ---- Writing -------------------------------------------------------------------------------- */

/* Feedback that asks an encoder for a whole picture. */
enum jf_rtcp_keyframe {
	JF_RTCP_KEYFRAME_NONE,
	JF_RTCP_KEYFRAME_PLI, /* RFC 4585 section 6.3.1 */
	JF_RTCP_KEYFRAME_FIR, /* RFC 5104 section 4.3.1 */
};

struct jf_rtcp_report {
	uint32_t ssrc;                       /* of the stream that we send */
	const struct jf_rtcp_sender *sender; /* NULL: nothing was sent lately, so an RR */
	const struct jf_rtcp_block *block;   /* NULL: nothing was heard */
	char cname[JF_RTCP_CNAME_LENGTH];
	enum jf_rtcp_keyframe keyframe; /* asked for with it, of: */
	uint32_t keyframe_ssrc;         /* the stream that we hear */
	uint8_t keyframe_number;        /* of an FIR: another one for each request */
};

/* SR or RR, then SDES with the CNAME, then what is asked for. Gives its length, at most
 * JF_RTCP_REPORT_MAX. */
size_t jf_rtcp_write(const struct jf_rtcp_report *report, uint8_t *ret_packet);

/* 16 characters of 96 bits, of which the upper 32 of high are not used. */
void jf_rtcp_cname(uint64_t high, uint64_t low, char *ret_cname);

/* Appendix A.3: the fraction that a block gives of what was lost between two reports. */
uint8_t jf_rtcp_fraction(uint32_t expected, int32_t lost);

/*
 * Section 6.2 and 6.3.1: how long until the next report, or until the first one: 5 s, half of that
 * for the first, times 0.5 to 1.5 by random, so that legs that began together do not stay so.
 */
uint64_t jf_rtcp_interval_ns(uint32_t random, bool first);

/* ---- Time ----------------------------------------------------------------------------------- */

/* utc_ns: since 1970. */
uint64_t jf_rtcp_ntp(uint64_t utc_ns);

static inline uint32_t jf_rtcp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

#endif
