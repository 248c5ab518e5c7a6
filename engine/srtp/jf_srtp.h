/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SRTP transform (RFC 3711, RFC 6188, RFC 7714) on bursts of packets across streams.
 *
 * A stream here is one direction of one party under one master key: rx unprotects what arrives, tx
 * protects what is sent, both for RTP and RTCP. It keeps the session keys derived from the master
 * key (key derivation rate 0), never the master key, and per SSRC the packet index with its
 * roll-over counter and a replay window of 128 packets. An unknown SSRC begins at roll-over counter
 * 0 (RFC 3711 section 3.3.1), once a packet of it is authentic; the last few SSRCs are remembered,
 * so that what was sent under them can't be replayed.
 *
 * What is not authentic changes nothing in a stream, whatever it says its number is. Tags are
 * compared in constant time; the replay window is asked before and moved after authentication. A
 * packet that would be sent under an index already used is refused as well (JF_SRTP_REPLAY): two
 * different packets under one key stream would give both away.
 *
 * Two backends behind one table:
 *   JF_SRTP_IPSEC_MB  the packets of a burst side by side: through lanes of our own where the
 *                     processor has AVX-512, VAES and VPCLMULQDQ, else through intel-ipsec-mb,
 *                     which makes the keys in any case
 *   JF_SRTP_LIBSRTP2  libsrtp2, packet by packet; allocates when streams are opened and when a new
 *                     SSRC comes. The oracle of the tests, and the way out if the other is in doubt
 *
 * Not offered: MKI, <From, To>, key derivation rates other than 0, unencrypted or unauthenticated
 * sessions (RFC 4568 section 6.3).
 *
 * Threads: a struct jf_srtp and all of its streams belong to one thread. Different ones are
 * independent, but for creating and destroying with JF_SRTP_LIBSRTP2, which is for one thread at a
 * time.
 */
#ifndef JF_SRTP_H
#define JF_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_srtp_suite.h"

#define JF_SRTP_TRAILER_MAX 20u /* octets that protecting adds at most: tag, SRTCP index */
#define JF_SRTP_STREAM_NONE UINT32_MAX

/* How long the key before still opens packets after jf_srtp_rekey: what is under way is heard. */
#define JF_SRTP_REKEY_GRACE_NS UINT64_C(2000000000)

enum jf_srtp_direction {
	JF_SRTP_RX, /* unprotect */
	JF_SRTP_TX, /* protect */
};

/* What became of a packet. All but JF_SRTP_OK: its octets are worthless, drop it. */
enum jf_srtp_verdict {
	JF_SRTP_OK,
	JF_SRTP_MALFORMED, /* cut off, or header fields that point past the end */
	JF_SRTP_AUTH,      /* the tag is not this key's */
	JF_SRTP_REPLAY,    /* came before, or is older than the window */
	JF_SRTP_EXPIRED,   /* 2^48 RTP or 2^31 RTCP packets under one key (section 9.2) */
};

struct jf_srtp_packet {
	uint8_t *bytes;  /* of the RTP or RTCP header; tx: with JF_SRTP_TRAILER_MAX more after the
	                    end */
	uint32_t stream; /* of the direction of the call; open */
	uint16_t length; /* in, and out if the verdict is JF_SRTP_OK */
	uint8_t verdict; /* out: enum jf_srtp_verdict */
};

struct jf_srtp;

/*
 * Octets of memory that n_streams take, beside some 300 KB that jf_srtp_create allocates. Pages of
 * streams that are not used are not touched.
 */
size_t jf_srtp_memory_size(enum jf_srtp_backend backend, uint32_t n_streams);

/*
 * memory: zeroed, aligned to 64, jf_srtp_memory_size octets, the caller's; outlives ret_srtp. A
 * stream takes one of n_streams, a second one from jf_srtp_rekey until the grace is over.
 * 0, -EINVAL, -ENOMEM, or -ENOTSUP: a processor without AES-NI.
 */
int jf_srtp_create(enum jf_srtp_backend backend, uint32_t n_streams, void *memory,
                   struct jf_srtp **ret_srtp);

/* Wipes every key. NULL is allowed. */
void jf_srtp_destroy(struct jf_srtp *srtp);

/*
 * key: master key, then master salt, as long as the suite says (jf_srtp_suite_info); the caller
 * wipes it. 0, -EINVAL: no such suite; -ENOSPC: all streams are taken.
 */
int jf_srtp_open(struct jf_srtp *srtp, enum jf_srtp_direction direction, enum jf_srtp_suite suite,
                 const uint8_t *key, uint32_t *ret_stream);

/*
 * Another master key for the stream, which keeps its name. The same one again changes nothing, the
 * indexes go on. Under another one the roll-over counter goes on as well (RFC 3711 section 3.3.1);
 * in rx it begins at 0 if that is what the first packet is authentic with, and what is under the
 * key before is taken until now_ns + JF_SRTP_REKEY_GRACE_NS.
 * 0, -EINVAL, -ENOSPC; on failure the stream is as it was.
 */
int jf_srtp_rekey(struct jf_srtp *srtp, uint32_t stream, enum jf_srtp_suite suite,
                  const uint8_t *key, uint64_t now_ns);

/* Of the SSRC that flows in a stream: the index of its latest packet, roll-over counter << 16 |
 * sequence number. */
struct jf_srtp_position {
	uint64_t index;
	uint32_t ssrc;
};

/* false: nothing was authentic yet. */
bool jf_srtp_position_get(const struct jf_srtp *srtp, uint32_t stream,
                          struct jf_srtp_position *ret_position);

/*
 * An rx stream, just opened, goes on from where somebody else had it under the same key: without
 * that a source past its first 2^16 packets could not be opened. Packets up to there are taken as
 * seen. 0, -EINVAL (an index of over 48 bits), -ENOMEM.
 */
int jf_srtp_position_set(struct jf_srtp *srtp, uint32_t stream,
                         const struct jf_srtp_position *position);

/* Wipes its keys. */
void jf_srtp_close(struct jf_srtp *srtp, uint32_t stream);

/* Wipes keys whose grace is over. Cheap; call it every few milliseconds. */
void jf_srtp_age(struct jf_srtp *srtp, uint64_t now_ns);

/* ---- On the path ------------------------------------------------------------------------- */

/*
 * Any number of packets, of any streams, in the order in which they came; verdicts in place. No
 * allocation (but see the backends), lock or system call.
 */
void jf_srtp_unprotect_burst(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);
void jf_srtp_protect_burst(struct jf_srtp *srtp, struct jf_srtp_packet *packets, uint32_t n);

/* One compound RTCP packet; rare, so not in bursts. The verdict, also in the packet. */
enum jf_srtp_verdict jf_srtp_unprotect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet);
enum jf_srtp_verdict jf_srtp_protect_rtcp(struct jf_srtp *srtp, struct jf_srtp_packet *packet);

#endif
